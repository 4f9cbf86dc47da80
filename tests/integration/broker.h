/* A private broker for a test, and an observer beside the code under test.
 *
 * The broker is the real mosquitto on a free port; it can be killed, frozen, thawed and started again on its port, and it
 * dies with the test process. The observer is plain libmosquitto, so that what is tested does not judge itself. Nothing
 * sleeps: every wait is for an event, with a deadline, after which the test fails. */
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

/* ---- time ---- */

static inline uint64_t mono_ms(void)
{
        struct timespec t;

        ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &t), 0);
        return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static inline int left_ms(uint64_t deadline_ms)
{
        uint64_t now = mono_ms();

        return now >= deadline_ms ? 0 : (int)(deadline_ms - now);
}

/* ---- the broker ---- */

struct broker {
        char dir[64];
        int port;
        pid_t pid;
        int log; /* its stderr */
};

static inline int free_port(void)
{
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof a;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &size), 0);
        (void)close(fd);
        return ntohs(a.sin_port);
}

static inline void write_text(const char *dir, const char *name, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
static inline void write_text(const char *dir, const char *name, const char *format, ...)
{
        char path[256];
        va_list args;
        FILE *f;

        ck_assert_int_lt(snprintf(path, sizeof path, "%s/%s", dir, name), (int)sizeof path);
        f = fopen(path, "we");
        ck_assert_ptr_nonnull(f);
        va_start(args, format);
        ck_assert_int_ge(vfprintf(f, format, args), 0);
        va_end(args);
        ck_assert_int_eq(fclose(f), 0);
}

/* Runs a program to its end; it must succeed. */
static inline void run(const char *const *argv)
{
        int status;
        pid_t pid = fork();

        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                execvp(argv[0], (char *const *)argv);
                _exit(127);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s failed", argv[0]);
}

/* True when mosquitto says that it runs; false when it ended instead (its port was taken). */
static inline bool broker_wait_running(struct broker *b)
{
        char text[8192];
        size_t size = 0;
        uint64_t deadline = mono_ms() + 10000;

        for (;;) {
                struct pollfd p = {.fd = b->log, .events = POLLIN};
                ssize_t n;

                ck_assert_msg(poll(&p, 1, left_ms(deadline)) == 1, "mosquitto did not start in time");
                n = read(b->log, text + size, sizeof text - 1 - size);
                if (n <= 0)
                        return false;
                size += (size_t)n;
                text[size] = '\0';
                if (strstr(text, " running"))
                        return true;
        }
}

static inline bool broker_try_start(struct broker *b)
{
        char conf[96], path[] = "/usr/sbin:/usr/local/sbin:/usr/bin:/bin";
        int fds[2];

        ck_assert_int_lt(snprintf(conf, sizeof conf, "%s/mosquitto.conf", b->dir), (int)sizeof conf);
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        b->pid = fork();
        ck_assert_int_ge(b->pid, 0);
        if (b->pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)dup2(fds[1], STDERR_FILENO);
                (void)dup2(fds[1], STDOUT_FILENO);
                (void)setenv("PATH", path, 1);
                execlp("mosquitto", "mosquitto", "-c", conf, (char *)NULL);
                _exit(127);
        }
        (void)close(fds[1]);
        b->log = fds[0];
        /* Nobody reads on once it runs. */
        (void)fcntl(b->log, F_SETPIPE_SZ, 1 << 20);
        if (broker_wait_running(b))
                return true;
        (void)waitpid(b->pid, NULL, 0);
        (void)close(b->log);
        b->pid = 0;
        return false;
}

/* A directory and a free port, not started yet. `extra` is added to the configuration, in which %s stands for the
 * directory (NULL: anybody may connect). */
static inline void broker_prepare(struct broker *b, const char *extra)
{
        char more[512] = "allow_anonymous true\n";

        *b = (struct broker){.dir = "/tmp/thon-test-XXXXXX", .log = -1};
        ck_assert_ptr_nonnull(mkdtemp(b->dir));
        b->port = free_port();
        if (extra) {
                char *out = more;
                size_t left = sizeof more;

                for (const char *p = extra; *p;) {
                        int n = p[0] == '%' && p[1] == 's' ? snprintf(out, left, "%s", b->dir)
                                                           : snprintf(out, left, "%c", *p);

                        ck_assert_int_lt(n, (int)left);
                        out += n;
                        left -= (size_t)n;
                        p += p[0] == '%' && p[1] == 's' ? 2 : 1;
                }
        }
        write_text(b->dir, "mosquitto.conf",
                   "%slistener %d 127.0.0.1\n%s"
                   "persistence false\nconnection_messages false\nlog_dest stderr\nlog_type notice\n"
                   "log_type information\nlog_type error\n",
                   getuid() == 0 ? "user root\n" : "", b->port, more);
}

static inline void broker_start(struct broker *b)
{
        ck_assert_msg(broker_try_start(b), "mosquitto does not start on port %d", b->port);
}

static inline void broker_open(struct broker *b, const char *extra)
{
        for (int i = 0; i < 10; i++) {
                broker_prepare(b, extra);
                if (broker_try_start(b))
                        return;
        }
        ck_abort_msg("mosquitto does not start");
}

static inline void broker_kill(struct broker *b)
{
        if (b->pid <= 0)
                return;
        (void)kill(b->pid, SIGKILL);
        (void)waitpid(b->pid, NULL, 0);
        (void)close(b->log);
        b->pid = 0;
        b->log = -1;
}

static inline void broker_freeze(struct broker *b)
{
        int status;

        ck_assert_int_eq(kill(b->pid, SIGSTOP), 0);
        ck_assert_int_eq(waitpid(b->pid, &status, WUNTRACED), b->pid);
        ck_assert(WIFSTOPPED(status));
}

static inline void broker_thaw(struct broker *b)
{
        ck_assert_int_eq(kill(b->pid, SIGCONT), 0);
}

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st;
        (void)type;
        (void)ftw;
        return remove(path);
}

static inline void broker_close(struct broker *b)
{
        broker_kill(b);
        if (b->dir[0])
                (void)nftw(b->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        b->dir[0] = '\0';
}

/* ---- the observer ---- */

struct seen {
        char *topic, *payload;
        size_t size;
        bool retained;
        char correlation[64];
        size_t correlation_size;
        char *response; /* the response topic, NULL when nobody waits */
};

struct observer {
        struct mosquitto *session;
        struct seen *seen;
        size_t n;
        bool connected, subscribed;
};

static inline void observer_on_connect(struct mosquitto *s, void *userdata, int rc, int flags,
                                       const mosquitto_property *props)
{
        (void)s;
        (void)flags;
        (void)props;
        ck_assert_int_eq(rc, 0);
        ((struct observer *)userdata)->connected = true;
}

static inline void observer_on_subscribe(struct mosquitto *s, void *userdata, int mid, int n,
                                         const int *granted, const mosquitto_property *props)
{
        (void)s;
        (void)mid;
        (void)n;
        (void)granted;
        (void)props;
        ((struct observer *)userdata)->subscribed = true;
}

static inline void observer_on_message(struct mosquitto *s, void *userdata,
                                       const struct mosquitto_message *m, const mosquitto_property *props)
{
        struct observer *o = userdata;
        struct seen *seen;
        void *correlation = NULL;
        uint16_t size = 0;

        (void)s;
        o->seen = reallocarray(o->seen, o->n + 1, sizeof *o->seen);
        ck_assert_ptr_nonnull(o->seen);
        seen = &o->seen[o->n++];
        *seen = (struct seen){.topic = strdup(m->topic),
                              .payload = calloc(1, (size_t)m->payloadlen + 1),
                              .size = (size_t)m->payloadlen,
                              .retained = m->retain};
        ck_assert(seen->topic && seen->payload);
        if (m->payloadlen > 0)
                memcpy(seen->payload, m->payload, (size_t)m->payloadlen);
        (void)mosquitto_property_read_string(props, MQTT_PROP_RESPONSE_TOPIC, &seen->response, false);
        if (mosquitto_property_read_binary(props, MQTT_PROP_CORRELATION_DATA, &correlation, &size, false)) {
                ck_assert_uint_le(size, sizeof seen->correlation);
                memcpy(seen->correlation, correlation, size);
                seen->correlation_size = size;
                free(correlation);
        }
}

/* Lets the loop under test (may be NULL) and the observer (may be NULL) work until something happens at either, at most
 * until the deadline. */
static inline void turn(sd_event *event, struct observer *o, uint64_t deadline_ms)
{
        struct pollfd fds[2] = {{.fd = -1}, {.fd = -1}};
        int r;

        if (event) {
                /* Also runs what became ready while the observer was looked at. */
                r = sd_event_prepare(event);
                ck_assert_int_ge(r, 0);
                if (r > 0) {
                        ck_assert_int_ge(sd_event_dispatch(event), 0);
                        return;
                }
                fds[0] = (struct pollfd){.fd = sd_event_get_fd(event), .events = POLLIN};
        }
        if (o) {
                fds[1] = (struct pollfd){.fd = mosquitto_socket(o->session), .events = POLLIN};
                if (mosquitto_want_write(o->session))
                        fds[1].events |= POLLOUT;
        }
        ck_assert(poll(fds, 2, left_ms(deadline_ms)) >= 0 || errno == EINTR);
        if (o && (fds[1].revents & POLLOUT))
                (void)mosquitto_loop_write(o->session, 1);
        if (o && (fds[1].revents & (POLLIN | POLLHUP | POLLERR)))
                (void)mosquitto_loop_read(o->session, 1);
        if (event) {
                r = sd_event_wait(event, 0);
                ck_assert_int_ge(r, 0);
                if (r > 0)
                        ck_assert_int_ge(sd_event_dispatch(event), 0);
        }
}

/* Waits until `condition` holds; the test fails after `ms`. */
#define UNTIL(event, observer, ms, condition)                                                    \
        do {                                                                                     \
                uint64_t deadline_ = mono_ms() + (ms);                                           \
                while (!(condition)) {                                                           \
                        ck_assert_msg(left_ms(deadline_) > 0, "not within %d ms: %s", (int)(ms), \
                                      #condition);                                               \
                        turn((event), (observer), deadline_);                                    \
                }                                                                                \
        } while (0)

/* Connected and subscribed when it returns. */
static inline void observer_open(struct observer *o, const struct broker *b, const char *filter,
                                 sd_event *event)
{
        *o = (struct observer){.session = NULL};
        (void)mosquitto_lib_init();
        o->session = mosquitto_new(NULL, true, o);
        ck_assert_ptr_nonnull(o->session);
        ck_assert_int_eq(mosquitto_int_option(o->session, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5), 0);
        mosquitto_connect_v5_callback_set(o->session, observer_on_connect);
        mosquitto_subscribe_v5_callback_set(o->session, observer_on_subscribe);
        mosquitto_message_v5_callback_set(o->session, observer_on_message);
        ck_assert_int_eq(mosquitto_connect_async(o->session, "127.0.0.1", b->port, 60), 0);
        UNTIL(event, o, 5000, o->connected);
        ck_assert_int_eq(mosquitto_subscribe(o->session, NULL, filter, 1), 0);
        UNTIL(event, o, 5000, o->subscribed);
}

static inline void observer_close(struct observer *o)
{
        for (size_t i = 0; i < o->n; i++) {
                free(o->seen[i].topic);
                free(o->seen[i].payload);
                free(o->seen[i].response);
        }
        free(o->seen);
        if (o->session)
                mosquitto_destroy(o->session);
        (void)mosquitto_lib_cleanup();
        *o = (struct observer){.session = NULL};
}

/* A message with `part` in its payload on that topic, the last one when there are several. */
static inline const struct seen *saw(const struct observer *o, const char *topic, const char *part)
{
        for (size_t i = o->n; i > 0; i--)
                if (strcmp(o->seen[i - 1].topic, topic) == 0 && strstr(o->seen[i - 1].payload, part))
                        return &o->seen[i - 1];
        return NULL;
}

static inline size_t saw_count(const struct observer *o, const char *topic)
{
        size_t n = 0;

        for (size_t i = 0; i < o->n; i++)
                n += strcmp(o->seen[i].topic, topic) == 0;
        return n;
}

static inline void observer_send(struct observer *o, const char *topic, const void *payload, size_t size,
                                 bool retain, const char *response, const char *correlation)
{
        mosquitto_property *props = NULL;

        if (response)
                ck_assert_int_eq(mosquitto_property_add_string(&props, MQTT_PROP_RESPONSE_TOPIC, response),
                                 0);
        if (correlation)
                ck_assert_int_eq(mosquitto_property_add_binary(&props, MQTT_PROP_CORRELATION_DATA,
                                                               correlation, (uint16_t)strlen(correlation)),
                                 0);
        ck_assert_int_eq(mosquitto_publish_v5(o->session, NULL, topic, (int)size, payload, 1, retain, props),
                         0);
        mosquitto_property_free_all(&props);
}
