/* The curl multi on the loop.
 *
 * curl tells which sockets to watch and when to wake; we tell it what happened. Four things are not obvious:
 *
 * - The source of a socket goes before the socket does: a number that is reused would else be dropped from epoll
 *   with the old source. curl says CURL_POLL_REMOVE before it closes.
 * - curl asks for a timer once and does not ask again when it is woken a moment early, so that a call would stand
 *   for ever. After each timer it is asked what is left.
 * - A callback that fails kills the whole multi and every call in it. When a socket cannot be watched, its call
 *   ends at its time limit instead.
 * - Connections are kept for seconds only. A server or a router on the way that has forgotten an idle connection
 *   costs more than a handshake: what was written into it has an unknown fate, and a person may have to settle it. A
 *   bulk keeps its connections busy, and a single notice can afford the handshake. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#include "http_private.h"
#include "thon/cleanup.h"

#define IDLE_CONNECTIONS 16L
#define TIMER_SLACK_US   1000u

THON_DEFINE_CLEANUP(struct thon_http *, thon_http_free)

/* Ends what is over. A call's function may send and cancel, so that the list of the multi is asked anew each time. */
static void reap(struct thon_http *http)
{
        struct CURLMsg *msg;
        int left;

        while ((msg = curl_multi_info_read(http->multi, &left))) {
                struct thon_http_call *call = NULL;
                CURLcode code = msg->data.result;
                CURL *easy = msg->easy_handle;

                if (msg->msg != CURLMSG_DONE)
                        continue;
                (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&call);
                (void)curl_multi_remove_handle(http->multi, easy);
                TAILQ_REMOVE(&http->calls, call, entry);
                http->busy--;
                thon_http_call_finish(call, code);
                thon_http_call_free(call);
        }
}

static int arm(struct thon_http *http, long timeout_ms)
{
        int r;

        if (timeout_ms < 0)
                return sd_event_source_set_enabled(http->timer, SD_EVENT_OFF);
        r = sd_event_source_set_time_relative(http->timer, (uint64_t)timeout_ms * 1000);
        return r < 0 ? r : sd_event_source_set_enabled(http->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct thon_http *http = userdata;
        int running, enabled;
        long left_ms = -1;

        (void)usec;
        (void)curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        if (sd_event_source_get_enabled(source, &enabled) == 0 &&
            curl_multi_timeout(http->multi, &left_ms) == CURLM_OK && left_ms >= 0)
                (void)arm(http, left_ms);
        reap(http);
        return 0;
}

static int on_socket(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct thon_http *http = userdata;
        int action = 0, running;

        (void)source;
        if (revents & EPOLLIN)
                action |= CURL_CSELECT_IN;
        if (revents & EPOLLOUT)
                action |= CURL_CSELECT_OUT;
        if (revents & (EPOLLERR | EPOLLHUP))
                action |= CURL_CSELECT_ERR;
        (void)curl_multi_socket_action(http->multi, fd, action, &running);
        reap(http);
        return 0;
}

static uint32_t wanted(int what)
{
        switch (what) {
        case CURL_POLL_IN:
                return EPOLLIN;
        case CURL_POLL_OUT:
                return EPOLLOUT;
        case CURL_POLL_INOUT:
                return EPOLLIN | EPOLLOUT;
        default:
                return 0;
        }
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *socket_data)
{
        struct thon_http *http = userdata;
        sd_event_source *source = socket_data;

        (void)easy;
        if (what == CURL_POLL_REMOVE) {
                (void)curl_multi_assign(http->multi, fd, NULL);
                sd_event_source_disable_unref(source);
                return 0;
        }
        if (source) {
                (void)sd_event_source_set_io_events(source, wanted(what));
                return 0;
        }
        if (sd_event_add_io(http->event, &source, fd, wanted(what), on_socket, http) < 0)
                return 0;
        (void)sd_event_source_set_description(source, "http-socket");
        if (curl_multi_assign(http->multi, fd, source) != CURLM_OK)
                sd_event_source_disable_unref(source);
        return 0;
}

static int watch_time(CURLM *multi, long timeout_ms, void *userdata)
{
        (void)multi;
        (void)arm(userdata, timeout_ms);
        return 0;
}

int thon_http_new(sd_event *event, struct thon_http **ret)
{
        _cleanup_(thon_http_freep) struct thon_http *http = calloc(1, sizeof *http);
        int r;

        if (!http)
                return -ENOMEM;
        TAILQ_INIT(&http->calls);
        http->event = sd_event_ref(event);
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return -ENOMEM;
        http->global = true;
        r = sd_event_add_time_relative(event, &http->timer, CLOCK_MONOTONIC, 0, TIMER_SLACK_US, on_timer,
                                       http);
        if (r >= 0)
                r = sd_event_source_set_enabled(http->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(http->timer, "http-timer");

        http->multi = curl_multi_init();
        if (!http->multi ||
            curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch_socket) != CURLM_OK ||
            curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) != CURLM_OK ||
            curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, watch_time) != CURLM_OK ||
            curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http) != CURLM_OK ||
            curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX) != CURLM_OK ||
            curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS) != CURLM_OK)
                return -ENOMEM;
        *ret = THON_TAKE(http);
        return 0;
}

struct thon_http *thon_http_free(struct thon_http *http)
{
        struct thon_http_call *call;

        if (!http)
                return NULL;
        while ((call = TAILQ_FIRST(&http->calls)))
                thon_http_cancel(call);
        /* Closes the kept connections, which calls watch_socket() for the last time. */
        (void)curl_multi_cleanup(http->multi);
        sd_event_source_disable_unref(http->timer);
        sd_event_unref(http->event);
        if (http->global)
                curl_global_cleanup();
        free(http);
        return NULL;
}

int thon_http_send(struct thon_http *http, const struct thon_http_request *request, thon_http_fn fn,
                   void *userdata, struct thon_http_call **ret)
{
        struct thon_http_call *call;
        int r;

        r = thon_http_call_new(http, request, fn, userdata, &call);
        if (r < 0)
                return r;
        if (curl_multi_add_handle(http->multi, call->easy) != CURLM_OK) {
                thon_http_call_free(call);
                return -ENOMEM;
        }
        TAILQ_INSERT_TAIL(&http->calls, call, entry);
        http->busy++;
        if (ret)
                *ret = call;
        return 0;
}

void thon_http_cancel(struct thon_http_call *call)
{
        if (!call)
                return;
        (void)curl_multi_remove_handle(call->http->multi, call->easy);
        TAILQ_REMOVE(&call->http->calls, call, entry);
        call->http->busy--;
        thon_http_call_free(call);
}

sd_event *thon_http_event(const struct thon_http *http)
{
        return http->event;
}

unsigned thon_http_busy(const struct thon_http *http)
{
        return http->busy;
}
