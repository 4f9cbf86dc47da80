/* The wire: libmicrohttpd on the loop of the program, and everything a provider can do to a connection.
 *
 * libmicrohttpd has its own epoll set, nested in ours; a request that waits (a delay, a long poll, a provider that
 * never answers) is suspended there and costs nothing. */
#include "fakes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MAX        (4u * 1024 * 1024)
#define CONNECTIONS_MAX 16384u
#define BACKLOG         4096

struct server {
        struct fakes *fakes;
        struct MHD_Daemon *daemon; /* NULL: the door is closed */
        int bound;                 /* while it is closed: keeps the port, refuses everybody; else -1 */
        uint16_t port;
        sd_event_source *io, *again;
        struct request *requests;
};

static enum MHD_Result hang(struct request *request)
{
        request->phase = REQUEST_HUNG;
        request->suspended = true;
        MHD_suspend_connection(request->connection);
        return MHD_YES;
}

/* The answer is known; what becomes of it? */
static enum MHD_Result finish(struct request *request)
{
        switch (request->fault.act) {
        case FAULT_DROP:
                return MHD_NO;
        case FAULT_HANG:
                return hang(request);
        case FAULT_RESET_BEFORE:
        case FAULT_RESET_AFTER:
                return request_reset(request);
        case FAULT_NOT_HTTP:
                return request_speak_nonsense(request);
        case FAULT_NONE:
        case FAULT_STATUS:
        case FAULT_ERROR:
        case FAULT_QUOTA:
        case FAULT_TOKEN:
        case FAULT_HALF:
        case FAULT_GARBAGE:
        case FAULT_HUGE:
        case FAULT_DUPLICATE:
        case FAULT_ACTS:
                break;
        }
        return request_answer(request);
}

/* ---- judging ---- */

static void nobodys(struct answer *answer)
{
        answer_json(answer, 404, json_pack("{s:s}", "error", "no such endpoint"), 404, "no such endpoint");
}

static void misbehave(struct request *request)
{
        const struct provider *provider = providers[request->provider];
        const struct fault *fault = &request->fault;
        struct answer *answer = &request->answer;
        int64_t code = fault->act == FAULT_QUOTA   ? provider->quota_code
                       : fault->act == FAULT_TOKEN ? provider->token_code
                                                   : fault->code;
        const char *message = *fault->message ? fault->message : "fault";

        if (fault->act == FAULT_STATUS)
                answer_json(answer, fault->status, json_pack("{s:s}", "message", message), fault->status,
                            message);
        else
                provider->refuse(request, answer, code, message);
        answer->retry_after = fault->retry_after;
}

static bool replaces_answer(enum fault_act act)
{
        return act == FAULT_STATUS || act == FAULT_ERROR || act == FAULT_QUOTA || act == FAULT_TOKEN;
}

static void judge(struct request *request)
{
        struct fakes *fakes = request->fakes;
        struct answer *answer = &request->answer;
        bool replaced = replaces_answer(request->fault.act);
        int64_t wait_s = 0;

        answer_done(answer);
        if (request->control) {
                control_judge(fakes, request, answer);
                return;
        }
        if (request->provider == PROVIDER_NONE || !request->endpoint) {
                nobodys(answer);
                return;
        }
        if (request->phase == REQUEST_READING &&
            !limits_take(fakes->limits, request->provider, request->at_us, &wait_s)) {
                providers[request->provider]->refuse(
                        request, answer, providers[request->provider]->rate_code, "too many requests");
                answer->retry_after = wait_s;
                return;
        }
        if (request->fault.accepts)
                providers[request->provider]->judge(fakes, request, answer);
        if (replaced && !answer->sleeps) {
                bool accepted = answer->accepted;

                misbehave(request);
                answer->accepted = accepted;
        }
}

static void read_body(struct request *request)
{
        const char *type = request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);

        if (!request->control && type && strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0)
                request->doc = form_parse(request->body ? request->body : "", request->size);
        else if (!request->control && type && strncasecmp(type, "multipart/form-data", 19) == 0)
                request->doc = multipart_parse(type, request->body ? request->body : "", request->size);
        else if (request->size > 0)
                (void)thon_json_parse(request->body, request->size, BODY_MAX, &request->doc, NULL);
}

static int on_delay_over(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct request *request = userdata;

        (void)source;
        (void)usec;
        request->timed_out = true;
        request_wake(request);
        return 0;
}

int request_sleep(struct request *request, uint64_t ms)
{
        int r;

        request->timer = sd_event_source_disable_unref(request->timer);
        r = sd_event_add_time_relative(request->fakes->event, &request->timer, CLOCK_MONOTONIC, ms * 1000,
                                       1000, on_delay_over, request);
        if (r < 0)
                return r;
        request->timed_out = false;
        request->suspended = true;
        MHD_suspend_connection(request->connection);
        return 0;
}

static enum MHD_Result delay(struct request *request)
{
        request->phase = REQUEST_DELAYED;
        return request_sleep(request, request->fault.delay_ms) < 0 ? MHD_NO : MHD_YES;
}

/* The whole request is there, or it was woken. */
static enum MHD_Result turn(struct request *request)
{
        struct fakes *fakes = request->fakes;

        if (request->doomed)
                return MHD_NO;
        if (request->phase == REQUEST_DELAYED)
                return finish(request);
        if (request->phase == REQUEST_READING) {
                read_body(request);
                if (!request->control) {
                        record_request(fakes->record, request);
                        fakes_look(fakes); /* it may sleep now */
                        if (request->provider != PROVIDER_NONE)
                                (void)faults_pick(fakes->faults, request, false, &request->fault);
                }
        }
        judge(request);
        if (request->answer.sleeps) {
                request->phase = REQUEST_SLEEPING;
                return request->suspended ? MHD_YES : MHD_NO;
        }
        if (!request->control) {
                record_verdict(fakes->record, request, &request->answer, &request->fault,
                               fakes_mono_us() - request->at_us);
                fakes_look(fakes);
        }
        return request->fault.delay_ms > 0 ? delay(request) : finish(request);
}

/* ---- libmicrohttpd's callbacks ---- */

static void route(struct request *request)
{
        struct fakes *fakes = request->fakes;
        const char *path = request->whole_path;
        unsigned i;

        request->path = path;
        request->provider = PROVIDER_NONE;
        if (strncmp(path, "/control", 8) == 0 && (path[8] == '/' || path[8] == '\0')) {
                request->control = true;
                request->path = path + 8;
                return;
        }
        for (i = 0; i < PROVIDERS; i++) {
                size_t n = strlen(providers[i]->name);

                if (path[0] == '/' && strncmp(path + 1, providers[i]->name, n) == 0 &&
                    (path[n + 1] == '/' || path[n + 1] == '\0')) {
                        request->provider = (enum provider_id)i;
                        request->path = path[n + 1] ? path + n + 1 : "/";
                        request->endpoint = providers[i]->route(fakes, request->path, true);
                        return;
                }
        }
        for (i = 0; i < PROVIDERS && !request->endpoint; i++) {
                request->endpoint = providers[i]->route(fakes, path, false);
                if (request->endpoint)
                        request->provider = (enum provider_id)i;
        }
}

static struct request *request_begin(struct server *server, struct MHD_Connection *connection,
                                     const char *path, const char *method)
{
        struct request *request = calloc(1, sizeof(*request));

        if (!request)
                return NULL;
        *request = (struct request){.fakes = server->fakes,
                                    .server = server,
                                    .connection = connection,
                                    .method = method,
                                    .whole_path = strdup(path),
                                    .at_us = fakes_mono_us(),
                                    .fault = {.retry_after = -1, .accepts = true}};
        answer_init(&request->answer);
        if (!request->whole_path) {
                free(request);
                return NULL;
        }
        request->next = server->requests;
        if (request->next)
                request->next->prev = request;
        server->requests = request;
        route(request);
        return request;
}

static bool append(struct request *request, const char *data, size_t size)
{
        char *body;

        if (size > BODY_MAX - request->size)
                return false;
        body = realloc(request->body, request->size + size + 1);
        if (!body)
                return false;
        memcpy(body + request->size, data, size);
        request->body = body;
        request->size += size;
        body[request->size] = '\0';
        return true;
}

/* Only the head of it is there, and there will be no more. */
static bool reset_early(struct request *request)
{
        struct fakes *fakes = request->fakes;

        if (request->control || request->provider == PROVIDER_NONE ||
            !faults_pick(fakes->faults, request, true, &request->fault))
                return false;
        record_request(fakes->record, request);
        snprintf(request->answer.verdict, sizeof(request->answer.verdict), "reset before reading");
        record_verdict(fakes->record, request, &request->answer, &request->fault, 0);
        fakes_look(fakes);
        return true;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *size,
                                  void **con_cls)
{
        struct server *server = cls;
        struct request *request = *con_cls;

        (void)version;
        if (!request) {
                request = request_begin(server, connection, url, method);
                *con_cls = request;
                if (!request)
                        return MHD_NO;
                return reset_early(request) ? request_reset(request) : MHD_YES;
        }
        request->method = method;
        if (*size > 0) {
                bool fits = append(request, data, *size);

                *size = 0;
                return fits ? MHD_YES : MHD_NO;
        }
        return turn(request);
}

/* Nothing of the fault stands between the client and the answer. */
static bool answers_well(enum fault_act act)
{
        return act == FAULT_NONE || act == FAULT_DUPLICATE || replaces_answer(act);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                         enum MHD_RequestTerminationCode code)
{
        struct server *server = cls;
        struct request *request = *con_cls;

        (void)connection;
        *con_cls = NULL;
        if (!request)
                return;
        if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK && answers_well(request->fault.act)) {
                if (request->message)
                        record_answered(server->fakes->record, request);
                if (request->update)
                        updates_done(server->fakes, request->provider, request->update);
        }
        updates_forget(request);
        fakes_forget_waiter(request);
        if (request->next)
                request->next->prev = request->prev;
        if (request->prev)
                request->prev->next = request->next;
        else
                server->requests = request->next;
        sd_event_source_disable_unref(request->timer);
        answer_done(&request->answer);
        json_decref(request->doc);
        free(request->body);
        free(request->whole_path);
        free(request);
}

/* ---- the loop ---- */

static void run(struct server *server)
{
        MHD_UNSIGNED_LONG_LONG wait;

        (void)MHD_run(server->daemon);
        if (MHD_get_timeout(server->daemon, &wait) == MHD_YES && wait == 0)
                (void)sd_event_source_set_enabled(server->again, SD_EVENT_ONESHOT);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        (void)source;
        (void)fd;
        (void)events;
        run(userdata);
        return 0;
}

static int on_again(sd_event_source *source, void *userdata)
{
        (void)source;
        run(userdata);
        return 0;
}

void request_wake(struct request *request)
{
        if (!request->suspended)
                return;
        request->timer = sd_event_source_disable_unref(request->timer);
        request->suspended = false;
        MHD_resume_connection(request->connection);
        (void)sd_event_source_set_enabled(request->server->again, SD_EVENT_ONESHOT);
}

bool request_alive(struct request *request)
{
        int fd = request_socket(request);
        char c;

        return fd >= 0 && recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

static int bind_port(uint16_t *port)
{
        _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct sockaddr_in address = {
                .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t size = sizeof(address);
        int on = 1, ready;

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
            bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            getsockname(fd, (struct sockaddr *)&address, &size) < 0)
                return -errno;
        *port = ntohs(address.sin_port);
        ready = fd;
        fd = -1;
        return ready;
}

static int open_door(struct server *server)
{
        const union MHD_DaemonInfo *info;
        int r;

        if (listen(server->bound, BACKLOG) < 0)
                return -errno;
        server->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
                                          on_request, server, MHD_OPTION_LISTEN_SOCKET, server->bound,
                                          MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
                                          MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_END);
        if (!server->daemon)
                return -EIO;
        server->bound = -1; /* libmicrohttpd's now */
        info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        if (!info)
                return -EIO;
        r = sd_event_add_io(server->fakes->event, &server->io, info->epoll_fd, EPOLLIN, on_io, server);
        if (r >= 0)
                r = sd_event_add_defer(server->fakes->event, &server->again, on_again, server);
        return r < 0 ? r : 0;
}

static void close_door(struct server *server)
{
        struct request *request;

        if (!server->daemon)
                return;
        for (request = server->requests; request; request = request->next) {
                request->doomed = true;
                request_wake(request);
        }
        (void)MHD_run(server->daemon);
        server->io = sd_event_source_disable_unref(server->io);
        server->again = sd_event_source_disable_unref(server->again);
        MHD_stop_daemon(server->daemon);
        server->daemon = NULL;
}

bool server_is_open(const struct server *server)
{
        return server->daemon;
}

int server_door(struct server *server, bool open)
{
        if (open == server_is_open(server))
                return 0;
        if (open)
                return open_door(server);
        close_door(server);
        server->bound = bind_port(&server->port);
        return server->bound < 0 ? server->bound : 0;
}

void server_release(struct server *server)
{
        struct request *request;

        for (request = server->requests; request; request = request->next)
                if (request->phase == REQUEST_HUNG) {
                        request->doomed = true;
                        request_wake(request);
                }
}

/* What was forgotten does not come back with a late answer. */
void server_reset(struct server *server)
{
        struct request *request;

        for (request = server->requests; request; request = request->next) {
                if (request->control)
                        continue;
                request->number = request->message = 0;
                request->update = 0;
                if (request->phase == REQUEST_SLEEPING) {
                        request->timed_out = true;
                        request_wake(request);
                }
        }
        server_release(server);
}

int server_new(struct fakes *fakes, uint16_t *port, struct server **ret)
{
        struct server *server = calloc(1, sizeof(*server));
        int r;

        if (!server)
                return -ENOMEM;
        *server = (struct server){.fakes = fakes, .bound = bind_port(port), .port = *port};
        r = server->bound < 0 ? server->bound : open_door(server);
        if (r < 0) {
                server_free(server);
                return r;
        }
        *ret = server;
        return 0;
}

struct server *server_free(struct server *server)
{
        if (!server)
                return NULL;
        close_door(server);
        if (server->bound >= 0)
                (void)close(server->bound);
        free(server);
        return NULL;
}
