/* libmosquitto on sd-event.
 *
 * Why it is as it is: the library was written for its own thread, and an external loop meets these traps.
 *
 * - It closes its socket before on_disconnect, and the number may be reused at once. Dropping an event
 *   source after that would silently take the new owner's fd out of epoll. Hence the first statement of
 *   on_disconnect, and the order in drop_session(): source first.
 * - What is published inside its callbacks is only queued. Output is therefore re-armed after every dispatch
 *   (settle()), and what may be done after a callback is done after it: connecting, subscribing, telling our
 *   user.
 * - It never forgets an unacknowledged QoS 1 message and sends it again on the next connection, where a newer
 *   state may have gone before it. A connection therefore gets a new session and nothing is carried over; state
 *   is published anew, and events come from their outbox. A daemon that may miss nothing asks the broker to keep its
 *   side of the session (session_expiry_s); ours is new all the same.
 * - It acknowledges a message before it calls us, and writes that at once unless it takes us for threaded: then whatever
 *   it has to say waits for mosquitto_loop_write(), and thon_mqtt_hold() can keep it back until the disk has the message.
 *   What was kept back is written by the release itself. Left to the socket's next turn it may wait for ever: on a slow card
 *   there is always work due when a commit ends, which opens the next batch, and holds, before that turn comes.
 * - Only its blocking connect takes the property of such a session. To this machine that is no wait; another one is first asked
 *   for a sign of life, for a second at most.
 * - Its queue has no bound: see mqtt_pending.h.
 * - A broker that accepts TCP and then says nothing (stopped, swapping) is noticed by the keepalive of a
 *   connection that stands, but not while connecting: that has a deadline here.
 * - mosquitto_loop_misc() is meant to be called each second. It only compares times in whole seconds with
 *   the keepalive; a quarter of that finds a silent broker no later than the protocol allows and wakes the
 *   processor less.
 * - A broker's socket has Nagle's algorithm unless its configuration says otherwise: the next message to us waits until
 *   we acknowledged the last, which our kernel puts off for 40 ms. What was read is therefore acknowledged at once.
 * - Name look-ups block, and reconnecting inside a callback is not allowed: numeric addresses, and a timer.
 * - TLS with an asynchronous connect does not work in an external loop: the broker is local, a bridge goes
 *   further. */
#include "mqtt_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/tz.h"

#define SECOND_US       UINT64_C(1000000)
#define CONNECT_LIMIT_S 10u
#define RETRY_MAX_US    (60 * SECOND_US)
/* A connection that lasted as long earns an immediate retry and a fresh back-off; one that did not (a second
 * daemon of the same name, say, taking turns with us) does not. */
#define STABLE_US         (10 * SECOND_US)
#define KEEPALIVE_DEFAULT 30u
#define KEEPALIVE_MIN     5u /* the library's */
#define FLUSH_STEPS       4
#define FLUSH_STEP_MS     50
/* How long the broker may take to read our last words, whatever it says meanwhile. */
#define HEAR_OUT_US (3 * SECOND_US)

static void tell_lost(struct thon_mqtt *m)
{
        enum thon_mqtt_told kind = m->refused ? THON_TOLD_REFUSED : THON_TOLD_AWAY;
        const char *const fields[] = {"THON_BROKER=", m->site.broker_host, NULL};

        /* Once an outage; and once more when it turns out that waiting will not help. */
        if (m->told >= kind || !thon_log_ratelimit(&m->log_lost[kind], THON_MQTT_LOG_INTERVAL))
                return;
        m->told = kind;
        thon_log_full(m->refused ? LOG_ERR : LOG_WARNING, THON_MSG_BROKER_LOST, fields,
                      "Not connected to the broker at %s port %d: %s. Going on without it, trying again.",
                      m->site.broker_host, m->site.broker_port, m->reason);
}

static void tell_back(struct thon_mqtt *m)
{
        const char *const fields[] = {"THON_BROKER=", m->site.broker_host, NULL};

        if (m->told != THON_TOLD_NOTHING)
                thon_log_full(LOG_NOTICE, THON_MSG_BROKER_BACK, fields, "The broker at %s port %d is back.",
                              m->site.broker_host, m->site.broker_port);
        else
                thon_debug("Connected to the broker at %s port %d.", m->site.broker_host,
                           m->site.broker_port);
        m->told = THON_TOLD_NOTHING;
}

static void __attribute__((format(printf, 2, 3))) give_reason(struct thon_mqtt *m, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)vsnprintf(m->reason, sizeof m->reason, format, args);
        va_end(args);
}

static void on_connect(struct mosquitto *session, void *userdata, int rc, int flags,
                       const mosquitto_property *props)
{
        struct thon_mqtt *m = userdata;

        (void)session;
        (void)flags;
        (void)props;
        if (rc == 0) {
                m->greeted = true;
                return;
        }
        m->refused = true;
        if (m->site.broker_user && *m->site.broker_user)
                give_reason(m, "it refuses the login of \"%s\": %s (check user and credential in [broker])",
                            m->site.broker_user, thon_mqtt_words(rc, 0));
        else
                give_reason(m, "it refuses us without a login: %s (set user and credential in [broker])",
                            thon_mqtt_words(rc, 0));
}

static void on_disconnect(struct mosquitto *session, void *userdata, int rc, const mosquitto_property *props)
{
        struct thon_mqtt *m = userdata;
        int error = errno;

        m->io = sd_event_source_disable_unref(m->io);
        (void)session;
        (void)props;
        m->lost = true;
        if (!m->refused)
                give_reason(m, "%s", thon_mqtt_words(rc, error));
}

static void drop_session(struct thon_mqtt *m)
{
        m->io = sd_event_source_disable_unref(m->io);
        if (m->session)
                mosquitto_destroy(m->session);
        m->session = NULL;
        m->state = THON_MQTT_DOWN;
        m->greeted = m->lost = false;
        thon_pending_clear(&m->pending);
        for (size_t i = 0; i < m->n_subscriptions; i++)
                m->subscriptions[i].mid = 0;
}

/* 1 s to 60 s, doubling, the whole span random: daemons that lost one broker do not come back as one. */
static uint64_t retry_delay(unsigned tries)
{
        uint64_t most = tries < 7 ? SECOND_US << tries : RETRY_MAX_US, dice;

        if (most > RETRY_MAX_US)
                most = RETRY_MAX_US;
        if (getrandom(&dice, sizeof dice, GRND_NONBLOCK) != (ssize_t)sizeof dice)
                return most;
        return SECOND_US + dice % (most - SECOND_US + 1);
}

static void arm_timer(struct thon_mqtt *m, uint64_t in_us, uint64_t accuracy_us)
{
        int r;

        r = sd_event_source_set_time_accuracy(m->timer, accuracy_us);
        if (r >= 0)
                r = sd_event_source_set_time_relative(m->timer, in_us);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->timer, SD_EVENT_ONESHOT);
        if (r < 0)
                thon_debug("MQTT: the timer could not be set: %s", strerror(-r));
}

static void arm_keepalive(struct thon_mqtt *m)
{
        arm_timer(m, m->keepalive_s * SECOND_US / 4, SECOND_US);
}

/* The connection, or the attempt at one, is over, for m->reason. */
static void end_connection(struct thon_mqtt *m)
{
        bool was_up = m->state == THON_MQTT_UP;
        uint64_t now = 0, delay = 0;

        drop_session(m);
        tell_lost(m);

        (void)sd_event_now(m->event, CLOCK_MONOTONIC, &now);
        if (was_up && now - m->up_since_us >= STABLE_US) {
                m->tries = 0;
        } else {
                delay = retry_delay(m->tries);
                if (m->tries < 7)
                        m->tries++;
        }
        arm_timer(m, delay, delay ? SECOND_US / 4 : 1);

        if (was_up && m->ops.on_disconnect)
                m->ops.on_disconnect(m->userdata);
}

static void begin_service(struct thon_mqtt *m)
{
        m->greeted = false;
        m->state = THON_MQTT_UP;
        (void)sd_event_now(m->event, CLOCK_MONOTONIC, &m->up_since_us);
        arm_keepalive(m);
        tell_back(m);
        thon_mqtt_renew(m);
        thon_mqtt_status_publish(m);
        if (m->ops.on_connect)
                m->ops.on_connect(m->userdata);
}

/* OUT while the library has something to write; without it on an open socket the loop would spin. */
void thon_mqtt_rearm(struct thon_mqtt *m)
{
        uint32_t want = EPOLLIN, have = 0;
        int r;

        if (!m->io)
                return;
        if (!m->held && mosquitto_want_write(m->session))
                want |= EPOLLOUT;
        r = sd_event_source_get_io_events(m->io, &have);
        if (r >= 0 && have != want)
                r = sd_event_source_set_io_events(m->io, want);
        if (r < 0)
                thon_debug("MQTT: the socket could not be watched: %s", strerror(-r));
}

/* After every dispatch, outside of the library's callbacks. */
static void settle(struct thon_mqtt *m)
{
        if (m->greeted && !m->lost)
                begin_service(m);
        if (!m->lost && thon_pending_again(&m->pending) && m->ops.on_room)
                m->ops.on_room(m->userdata);
        if (m->lost)
                end_connection(m);
        else
                thon_mqtt_rearm(m);
}

/* A failure that the library did not tell through on_disconnect ends the connection too: its socket would
 * stay ready for ever. */
static void check(struct thon_mqtt *m, int rc)
{
        int error = errno;

        if (rc == MOSQ_ERR_SUCCESS || m->lost)
                return;
        m->lost = true;
        give_reason(m, "%s", thon_mqtt_words(rc, error));
}

/* The kernel forgets it with the next answer of ours, so it is said after every read. */
static void acknowledge_now(int fd)
{
        const int on = 1;

        (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on); /* else it is slower, no more */
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        struct thon_mqtt *m = userdata;

        (void)source;
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
                m->reading = true;
                check(m, mosquitto_loop_read(m->session, 1));
                m->reading = false;
                if (!m->lost)
                        acknowledge_now(fd);
        }
        if (!m->lost && !m->held && ((events & EPOLLOUT) || mosquitto_want_write(m->session)))
                check(m, mosquitto_loop_write(m->session, 1));
        settle(m);
        return 0;
}

/* Within a second; what listens there is not asked anything. */
static bool answers(const char *host, int port)
{
        struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
        struct addrinfo *found = NULL;
        _cleanup_close_ int fd = -1;
        char service[12];
        int error = ETIMEDOUT;
        socklen_t size = sizeof error;

        (void)snprintf(service, sizeof service, "%d", port);
        if (getaddrinfo(host, service, &hints, &found) != 0)
                return false;
        fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0 && (connect(fd, found->ai_addr, found->ai_addrlen) == 0 || errno == EINPROGRESS)) {
                struct pollfd p = {.fd = fd, .events = POLLOUT};

                if (poll(&p, 1, 1000) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
                        error = ETIMEDOUT;
        }
        freeaddrinfo(found);
        errno = error;
        return error == 0;
}

static int connect_session(struct thon_mqtt *m, const char *host)
{
        mosquitto_property *props = NULL;
        int rc;

        if (m->session_expiry_s == 0)
                return mosquitto_connect_async(m->session, host, m->site.broker_port, (int)m->keepalive_s);
        /* Another machine may be gone without a word. */
        if (strncmp(host, "127.", 4) != 0 && strcmp(host, "::1") != 0 && !answers(host, m->site.broker_port))
                return MOSQ_ERR_ERRNO;
        rc = mosquitto_property_add_int32(&props, MQTT_PROP_SESSION_EXPIRY_INTERVAL, m->session_expiry_s);
        if (rc == MOSQ_ERR_SUCCESS)
                rc = mosquitto_connect_bind_v5(m->session, host, m->site.broker_port, (int)m->keepalive_s,
                                               NULL, props);
        int error = errno;
        mosquitto_property_free_all(&props);
        errno = error;
        return rc;
}

static int open_session(struct thon_mqtt *m)
{
        _cleanup_free_ char *will = NULL, *id = NULL;
        int rc, r;

        r = thon_mqtt_client_id(&m->site, m->client_id, &id);
        if (r == 0)
                r = thon_mqtt_session(&m->site, id, m->session_expiry_s == 0, m, &m->session);
        if (r < 0) {
                m->refused = true;
                give_reason(m, "cannot make a login with credential \"%s\": %s",
                            m->site.broker_credential ? m->site.broker_credential : "", strerror(-r));
                return r;
        }
        if (m->session_expiry_s > 0)
                (void)mosquitto_threaded_set(m->session,
                                             true); /* without it acknowledgements are not held */
        mosquitto_connect_v5_callback_set(m->session, on_connect);
        mosquitto_disconnect_v5_callback_set(m->session, on_disconnect);
        thon_mqtt_hook(m);

        if (m->status_topic) {
                /* When the will goes out is not known here: "since" is null. */
                will = thon_mqtt_status_will(m);
                rc = will ? mosquitto_will_set_v5(m->session, m->status_topic, (int)strlen(will), will, 1,
                                                  true, NULL)
                          : MOSQ_ERR_NOMEM;
                if (rc != MOSQ_ERR_SUCCESS) {
                        check(m, rc);
                        return thon_mqtt_errno(rc);
                }
        }

        rc = connect_session(m, thon_mqtt_address(m->site.broker_host));
        if (rc != MOSQ_ERR_SUCCESS) {
                check(m, rc);
                return thon_mqtt_errno(rc);
        }

        /* Timers of the daemon go before messages, however many come. The CONNECT waits for OUT. */
        r = sd_event_add_io(m->event, &m->io, mosquitto_socket(m->session), EPOLLIN | EPOLLOUT, on_io, m);
        if (r >= 0)
                r = sd_event_source_set_priority(m->io, SD_EVENT_PRIORITY_NORMAL + 10);
        if (r < 0) {
                give_reason(m, "the socket could not be watched: %s", strerror(-r));
                return r;
        }
        (void)sd_event_source_set_description(m->io, "mqtt-socket");
        return 0;
}

static void attempt(struct thon_mqtt *m)
{
        m->refused = false;
        m->reason[0] = '\0';
        m->state = THON_MQTT_CONNECTING;
        if (open_session(m) < 0) {
                end_connection(m);
                return;
        }
        arm_timer(m, (m->keepalive_s < CONNECT_LIMIT_S ? m->keepalive_s : CONNECT_LIMIT_S) * SECOND_US,
                  SECOND_US / 4);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct thon_mqtt *m = userdata;

        (void)source;
        (void)usec;
        if (m->lost) {
                settle(m);
                return 0;
        }
        switch (m->state) {
        case THON_MQTT_DOWN:
                attempt(m);
                break;
        case THON_MQTT_CONNECTING:
                give_reason(m, "it does not answer");
                end_connection(m);
                break;
        case THON_MQTT_UP:
                arm_keepalive(m);
                check(m, mosquitto_loop_misc(m->session));
                settle(m);
                break;
        }
        return 0;
}

static int copy_text(const char *text, char **ret)
{
        if (!text)
                return 0;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

static int copy_options(struct thon_mqtt *m, const struct thon_mqtt_options *o)
{
        char host[256] = "";
        const char *node = o->node;
        int r;

        if (!node && gethostname(host, sizeof(host) - 1) == 0)
                node = host;

        (void)snprintf(m->site.id, sizeof m->site.id, "%s", o->site->id);
        m->site.broker_port = o->site->broker_port;
        m->clock = o->clock;
        m->session_expiry_s = o->session_expiry_s;
        m->keepalive_s = o->keepalive_s ? o->keepalive_s : KEEPALIVE_DEFAULT;
        if (m->keepalive_s < KEEPALIVE_MIN)
                m->keepalive_s = KEEPALIVE_MIN;
        if (m->keepalive_s > UINT16_MAX)
                m->keepalive_s = UINT16_MAX;

        if (!o->site->tz || thon_tz_load(o->site->tz, &m->zone) < 0) {
                r = thon_zone_fixed(0, &m->zone);
                if (r != 0)
                        return -ENOMEM;
        }
        r = copy_text(o->site->broker_host, &m->site.broker_host);
        if (r == 0)
                r = copy_text(o->site->broker_user, &m->site.broker_user);
        if (r == 0)
                r = copy_text(o->site->broker_credential, &m->site.broker_credential);
        if (r == 0)
                r = copy_text(o->client_id, &m->client_id);
        if (r == 0)
                r = copy_text(node, &m->node);
        if (r == 0)
                r = thon_mqtt_root_of(m->site.id, &m->root);
        if (r == 0 && o->status_topic)
                r = thon_mqtt_resolve(m->root, o->status_topic, false, &m->status_topic);
        return r;
}

THON_DEFINE_CLEANUP(struct thon_mqtt *, thon_mqtt_free)

int thon_mqtt_new(sd_event *event, const struct thon_mqtt_options *options, const struct thon_mqtt_ops *ops,
                  void *userdata, struct thon_mqtt **ret)
{
        _cleanup_(thon_mqtt_freep) struct thon_mqtt *m = NULL;
        const char *problem = thon_mqtt_problem(options->site);
        int r;

        if (problem) {
                thon_error("%s", problem);
                return -EINVAL;
        }
        /* Counted by the library; thon_mqtt_free() gives it back. */
        if (mosquitto_lib_init() != MOSQ_ERR_SUCCESS)
                return -ENOMEM;
        m = calloc(1, sizeof *m);
        if (!m) {
                (void)mosquitto_lib_cleanup();
                return -ENOMEM;
        }
        thon_mqtt_ignore_sigpipe();

        m->event = sd_event_ref(event);
        m->ops = *ops;
        m->userdata = userdata;
        thon_pending_init(&m->pending);
        r = copy_options(m, options);
        if (r < 0)
                return r;
        if (m->clock)
                m->began = thon_clock_mono(m->clock);

        /* The first try is the loop's first turn: callbacks come only from the loop. */
        r = sd_event_add_time_relative(event, &m->timer, CLOCK_MONOTONIC, 0, 1, on_timer, m);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(m->timer, "mqtt-timer");

        *ret = THON_TAKE(m);
        return 0;
}

static uint64_t monotonic_us(void)
{
        struct timespec ts = {0};

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * SECOND_US + (uint64_t)ts.tv_nsec / 1000;
}

/* Until the broker has closed its side, and with that has read all of ours. Were we gone before, its answer to our first words would
 * fail, whereupon it drops the others unread, and brings again what they acknowledged. */
static void hear_out(int fd)
{
        char chunk[4096];
        uint64_t end = monotonic_us() + HEAR_OUT_US;

        (void)shutdown(fd, SHUT_WR);
        for (uint64_t now; (now = monotonic_us()) < end;) {
                struct pollfd p = {.fd = fd, .events = POLLIN};
                ssize_t n;

                if (poll(&p, 1, (int)((end - now) / 1000) + 1) <= 0)
                        continue;
                n = read(fd, chunk, sizeof chunk);
                if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
                        return;
        }
        thon_debug("MQTT: the broker did not hear us out");
}

/* The status goes out at QoS 0: at QoS 1 it might wait in the library behind a full window, while the
 * DISCONNECT would not, and the broker would then hold us for online for ever. */
static void say_goodbye(struct thon_mqtt *m)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_close_ int fd = fcntl(mosquitto_socket(m->session), F_DUPFD_CLOEXEC, 3);

        if (m->status_topic) {
                text = thon_mqtt_status_offline(m);
                if (!text)
                        return; /* without a DISCONNECT the broker publishes the will */
                if (mosquitto_publish_v5(m->session, NULL, m->status_topic, (int)strlen(text), text, 0, true,
                                         NULL))
                        return;
        }
        (void)mosquitto_disconnect_v5(m->session, 0, NULL);
        for (unsigned i = 0; i < FLUSH_STEPS && mosquitto_socket(m->session) >= 0; i++) {
                struct pollfd p = {.fd = mosquitto_socket(m->session), .events = POLLOUT};

                if (!mosquitto_want_write(m->session) || poll(&p, 1, FLUSH_STEP_MS) < 0)
                        break;
                if (p.revents && mosquitto_loop_write(m->session, 1) != MOSQ_ERR_SUCCESS)
                        break;
        }
        /* The library has closed its own after the DISCONNECT, or never came so far. */
        if (fd >= 0 && mosquitto_socket(m->session) < 0)
                hear_out(fd);
}

struct thon_mqtt *thon_mqtt_free(struct thon_mqtt *m)
{
        if (!m)
                return NULL;

        m->io = sd_event_source_disable_unref(m->io);
        if (m->state == THON_MQTT_UP && !m->lost)
                say_goodbye(m);
        m->timer = sd_event_source_disable_unref(m->timer);
        drop_session(m);
        thon_mqtt_subscriptions_clear(m);
        json_decref(m->health);
        free(m->site.broker_host);
        free(m->site.broker_user);
        free(m->site.broker_credential);
        free(m->client_id);
        free(m->root);
        free(m->status_topic);
        free(m->node);
        thon_zone_free(m->zone);
        sd_event_unref(m->event);
        free(m);
        (void)mosquitto_lib_cleanup();
        return NULL;
}

/* At once: whoever holds again before the loop comes by the socket would keep it back once more, and again. Inside of the
 * library's callbacks nothing may be written; the socket's own turn is not over then. */
static void let_go(struct thon_mqtt *m)
{
        if (m->reading || m->lost || m->state == THON_MQTT_DOWN || !mosquitto_want_write(m->session))
                return;
        check(m, mosquitto_loop_write(m->session, 1));
        if (m->lost)
                arm_timer(m, 0, 1); /* callbacks come only from the loop */
}

void thon_mqtt_hold(struct thon_mqtt *m, bool hold)
{
        bool was = m->held;

        m->held = hold && m->session_expiry_s > 0;
        if (was && !m->held)
                let_go(m);
        thon_mqtt_rearm(m);
}

bool thon_mqtt_connected(const struct thon_mqtt *m)
{
        return m->state == THON_MQTT_UP && !m->lost;
}

const char *thon_mqtt_root(const struct thon_mqtt *m)
{
        return m->root;
}
