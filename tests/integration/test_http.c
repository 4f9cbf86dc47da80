/* HTTP against servers that lie, stall and vanish. The count of whole requests that the server read is the truth that
 * every result is held against: a notice that goes out twice is worse than one whose fate is unknown. */
#include "hostile_http.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "thon/cleanup.h"
#include "thon/http.h"

#define DEADLINE_US 20000000u

static struct hostile server;
static sd_event *event;
static struct thon_http *http;
static unsigned answers, answered;
static struct {
        enum thon_http_result result;
        unsigned status;
        char body[8192], type[64], error[300];
        size_t size, file_size;
        int64_t retry_after_s, date_s;
        bool offline;
} got;

static uint64_t monotonic_us(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void chunks_for_ever(int fd)
{
        char chunk[1024 + 16];
        size_t n = (size_t)snprintf(chunk, sizeof chunk, "400\r\n%1024s\r\n", "x");
        char probe;

        hostile_tell(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (send(fd, chunk, n, MSG_NOSIGNAL) > 0 && recv(fd, &probe, 1, MSG_DONTWAIT) != 0)
                ;
}

static void headers_for_ever(int fd)
{
        static const char line[] = "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";

        hostile_tell(fd, "HTTP/1.1 200 OK\r\n");
        while (send(fd, line, sizeof line - 1, MSG_NOSIGNAL) > 0)
                ;
}

static bool misbehave(int fd, const struct hostile_request *r, void *userdata)
{
        const char *p = r->path;

        (void)userdata;
        if (strcmp(p, "/ok") == 0)
                hostile_answer(fd, 200, "Content-Type: text/plain\r\n", "ok");
        else if (strcmp(p, "/echo") == 0) {
                static _Thread_local char all[HOSTILE_MAX];
                memcpy(all, r->text, r->head + r->body_size);
                all[r->head + r->body_size] = '\0';
                hostile_answer(fd, 200, "", all);
        } else if (strcmp(p, "/close") == 0)
                return false;
        else if (strcmp(p, "/reset") == 0) {
                hostile_reset(fd);
                return false;
        } else if (strcmp(p, "/never") == 0) {
                hostile_wait_for_end(fd);
                return false;
        } else if (strcmp(p, "/half") == 0) {
                hostile_tell(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"error\":0");
                return false;
        } else if (strcmp(p, "/half-chunked") == 0) {
                hostile_tell(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
                return false;
        } else if (strcmp(p, "/trailer") == 0) {
                hostile_tell(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "5\r\nwhole\r\n0\r\nX-Sum: 1\r\n\r\n");
        } else if (strcmp(p, "/head") == 0) {
                hostile_tell(fd, "HTTP/1.1 200 OK\r\nContent-Le");
                return false;
        } else if (strcmp(p, "/continue") == 0) {
                hostile_tell(fd, "HTTP/1.1 100 Continue\r\n\r\n");
                hostile_answer(fd, 200, "", "at last");
        } else if (strcmp(p, "/continue-only") == 0) {
                hostile_tell(fd, "HTTP/1.1 100 Continue\r\n\r\n");
                return false;
        } else if (strcmp(p, "/large") == 0) {
                hostile_tell(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{");
                hostile_wait_for_end(fd);
                return false;
        } else if (strcmp(p, "/large-chunked") == 0) {
                chunks_for_ever(fd);
                return false;
        } else if (strcmp(p, "/headers") == 0) {
                headers_for_ever(fd);
                return false;
        } else if (strcmp(p, "/garbage") == 0) {
                hostile_tell(fd,
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{\"error\":0}\r\n");
                hostile_wait_for_end(fd);
                return false;
        } else if (strcmp(p, "/noise") == 0) {
                {
                        static const char noise[] = "\0\377\1\2 no HTTP at all\r\n\r\n";
                        hostile_say(fd, noise, sizeof noise - 1);
                }
                return false;
        } else if (strcmp(p, "/gzip") == 0)
                hostile_answer(fd, 200, "Content-Encoding: gzip\r\n", "not inflated");
        else if (strcmp(p, "/redirect") == 0)
                hostile_answer(fd, 302, "Location: /ok\r\n", "");
        else if (strcmp(p, "/cookie") == 0)
                hostile_answer(fd, 200, "Set-Cookie: a=b\r\n", "");
        else if (strcmp(p, "/wait-7") == 0)
                hostile_answer(fd, 429, "Retry-After: 7\r\n", "");
        else if (strcmp(p, "/wait-long") == 0)
                hostile_answer(fd, 503, "Retry-After: 99999999999999999999999\r\n", "");
        else if (strcmp(p, "/wait-date") == 0)
                hostile_answer(
                        fd, 503,
                        "Date: Fri, 05 Feb 2027 23:59:00 GMT\r\nRetry-After: Sat, 06 Feb 2027 00:01:00 GMT\r\n",
                        "");
        else if (strcmp(p, "/wait-past") == 0)
                hostile_answer(
                        fd, 503,
                        "Date: Fri, 05 Feb 2027 23:59:00 GMT\r\nRetry-After: Thu, 04 Feb 2027 00:01:00 GMT\r\n",
                        "");
        else if (strcmp(p, "/wait-words") == 0)
                hostile_answer(fd, 503, "Retry-After: -5 or so\r\n", "");
        else
                hostile_answer(fd, 404, "", "no such page");
        return true;
}

static void keep(const struct thon_http_answer *answer, void *userdata)
{
        (void)userdata;
        answers++;
        answered += answer->result == THON_HTTP_ANSWERED;
        got.result = answer->result;
        got.status = answer->status;
        got.size = answer->size;
        got.file_size = answer->file_size;
        got.retry_after_s = answer->retry_after_s;
        got.date_s = answer->date_s;
        got.offline = answer->offline;
        ck_assert_uint_eq((unsigned char)answer->body[answer->size], 0);
        (void)snprintf(got.body, sizeof got.body, "%s", answer->body);
        (void)snprintf(got.type, sizeof got.type, "%s", answer->content_type ? answer->content_type : "");
        (void)snprintf(got.error, sizeof got.error, "%s", answer->error ? answer->error : "");
        ck_assert_int_eq(answer->error == NULL, answer->result == THON_HTTP_ANSWERED);
}

static void begin_client(void)
{
        (void)signal(SIGPIPE, SIG_IGN);
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(thon_http_new(event, &http), 0);
        answers = answered = 0;
        memset(&got, 0xff, sizeof got);
}

static void end_client(void)
{
        http = thon_http_free(http);
        event = sd_event_unref(event);
}

static void begin(void)
{
        hostile_begin(&server, misbehave, NULL);
        begin_client();
}

static void end(void)
{
        end_client();
        hostile_end(&server);
}

static void await(unsigned n)
{
        uint64_t deadline = monotonic_us() + DEADLINE_US;

        while (answers < n) {
                ck_assert_msg(monotonic_us() < deadline, "%u answers, not %u", answers, n);
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        }
        ck_assert_uint_eq(answers, n);
}

static const char *url_of(const char *path)
{
        static char url[4][400];
        static unsigned next;
        char *p = url[next++ % 4];

        (void)snprintf(p, sizeof url[0], "http://127.0.0.1:%u%s", server.port, path);
        return p;
}

static void send_request(const struct thon_http_request *request)
{
        ck_assert_int_eq(thon_http_send(http, request, keep, NULL, NULL), 0);
}

static void ask(const char *method, const char *path)
{
        bool get = strcmp(method, "GET") == 0;
        unsigned before = answers;

        send_request(&(struct thon_http_request){.method = method,
                                                 .url = url_of(path),
                                                 .body = get ? NULL : "{\"text\":\"mưa to\"}",
                                                 .size = get ? 0 : 19,
                                                 .total_ms = strcmp(path, "/never") == 0 ? 200 : 10000});
        ck_assert_uint_eq(answers, before);
        await(before + 1);
}

static unsigned seen(void)
{
        return atomic_load(&server.requests);
}

/* ---- the plain case ---- */

START_TEST(a_post_arrives_as_it_was_written_and_its_answer_comes_back)
{
        begin();
        static const char *const headers[] = {"access_token: s3cret", "Content-Type: application/json",
                                              "X-Empty:", NULL};
        send_request(&(struct thon_http_request){.method = "POST",
                                                 .url = url_of("/echo"),
                                                 .headers = headers,
                                                 .body = "{\"a\":1}",
                                                 .size = 7});
        await(1);
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        ck_assert_uint_eq(got.status, 200);
        ck_assert_ptr_nonnull(strstr(got.body, "POST /echo HTTP/1.1\r\n"));
        ck_assert_ptr_nonnull(strstr(got.body, "\r\naccess_token: s3cret\r\n"));
        ck_assert_ptr_nonnull(strstr(got.body, "\r\nContent-Type: application/json\r\n"));
        ck_assert_ptr_nonnull(strstr(got.body, "\r\nX-Empty:"));
        ck_assert_ptr_nonnull(strstr(got.body, "\r\n\r\n{\"a\":1}"));
        ck_assert_ptr_null(strcasestr(got.body, "Expect:"));
        ck_assert_ptr_null(strcasestr(got.body, "Accept-Encoding:"));
        ck_assert_int_eq(got.retry_after_s, -1);
        ck_assert_int_eq(got.date_s, -1);
        end();
}
END_TEST

START_TEST(put_and_get_and_a_post_without_a_body_go_out)
{
        begin();
        ask("PUT", "/echo");
        ck_assert_ptr_nonnull(strstr(got.body, "PUT /echo "));
        ck_assert_ptr_nonnull(strstr(got.body, "\r\n\r\n{\"text\""));
        ask("GET", "/echo");
        ck_assert_ptr_nonnull(strstr(got.body, "GET /echo "));
        send_request(&(struct thon_http_request){.method = "POST", .url = url_of("/echo")});
        await(3);
        ck_assert_ptr_nonnull(strstr(got.body, "POST /echo "));
        ck_assert_ptr_nonnull(strstr(got.body, "Content-Length: 0\r\n"));
        end();
}
END_TEST

START_TEST(a_large_body_arrives_whole)
{
        begin();
        size_t size = 60000;
        char *body = malloc(size);
        memset(body, 'x', size);
        send_request(&(struct thon_http_request){
                .method = "POST", .url = url_of("/echo"), .body = body, .size = size});
        free(body); /* copied */
        await(1);
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        ck_assert_uint_gt(got.size, size);
        end();
}
END_TEST

START_TEST(a_connection_is_used_again)
{
        begin();
        for (unsigned i = 0; i < 20; i++)
                ask("POST", "/ok");
        ck_assert_uint_eq(seen(), 20);
        ck_assert_uint_eq(atomic_load(&server.connections), 1);
        ck_assert_str_eq(got.type, "text/plain");
        end();
}
END_TEST

START_TEST(nothing_is_followed_kept_or_inflated)
{
        begin();
        ask("POST", "/redirect");
        ck_assert_uint_eq(got.status, 302);
        ck_assert_uint_eq(seen(), 1);
        ask("POST", "/cookie");
        ask("POST", "/echo");
        ck_assert_ptr_null(strcasestr(got.body, "cookie"));
        ask("POST", "/gzip");
        ck_assert_str_eq(got.body, "not inflated");
        end();
}
END_TEST

START_TEST(the_environment_gives_no_proxy)
{
        (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
        (void)setenv("all_proxy", "http://127.0.0.1:1", 1);
        begin();
        ask("POST", "/ok");
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        end();
}
END_TEST

static const struct {
        const char *path;
        int64_t seconds;
} WAITS[] = {{"/wait-7", 7},
             {"/wait-long", INT64_C(10) * 366 * 86400},
             {"/wait-date", 120},
             {"/wait-past", 0},
             {"/wait-words", -1}};

START_TEST(retry_after_is_read_in_both_forms)
{
        begin();
        ask("POST", WAITS[_i].path);
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        ck_assert_int_eq(got.retry_after_s, WAITS[_i].seconds);
        end();
}
END_TEST

START_TEST(the_servers_date_is_told)
{
        begin();
        ask("POST", "/wait-date");
        ck_assert_int_eq(got.date_s, 1801871940);
        end();
}
END_TEST

/* ---- lost in the midst ---- */

static const struct {
        const char *path;
        unsigned whole; /* requests that the server read to the end */
} LOST[] = {{"/close", 1}, {"/reset", 1},         {"/never", 1},   {"/half", 1},  {"/half-chunked", 1},
            {"/head", 1},  {"/continue-only", 1}, {"/garbage", 1}, {"/noise", 1}, {"/half-read", 0}};
#define N_LOST (int)(sizeof LOST / sizeof LOST[0])

START_TEST(a_post_without_a_whole_answer_is_unknown_and_went_out_once)
{
        begin();
        ask("POST", LOST[_i].path);
        ck_assert_int_eq(got.result, THON_HTTP_UNKNOWN);
        ck_assert(!got.offline);
        ck_assert_uint_eq(seen(), LOST[_i].whole);
        ck_assert_uint_eq(atomic_load(&server.connections), 1);
        end();
}
END_TEST

START_TEST(nor_does_it_go_out_twice_when_the_connection_was_used_before)
{
        begin();
        ask("POST", "/ok");
        ask("POST", LOST[_i].path);
        ck_assert_int_eq(got.result, THON_HTTP_UNKNOWN);
        ck_assert_uint_eq(seen(), 1 + LOST[_i].whole);
        end();
}
END_TEST

START_TEST(nor_a_put)
{
        begin();
        ask("PUT", "/ok");
        ask("PUT", LOST[_i].path);
        ck_assert_int_eq(got.result, THON_HTTP_UNKNOWN);
        ck_assert_uint_eq(seen(), 1 + LOST[_i].whole);
        end();
}
END_TEST

START_TEST(nor_a_post_without_a_body)
{
        begin();
        ask("POST", "/ok");
        send_request(&(struct thon_http_request){
                .method = "POST", .url = url_of(LOST[_i].path), .total_ms = 300});
        await(2);
        ck_assert_int_eq(got.result, THON_HTTP_UNKNOWN);
        ck_assert_uint_eq(seen(), 2);
        end();
}
END_TEST

START_TEST(after_a_loss_the_next_one_goes_through)
{
        begin();
        for (int i = 0; i < N_LOST; i++) {
                ask("POST", LOST[i].path);
                ask("POST", "/ok");
                ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        }
        end();
}
END_TEST

START_TEST(continue_is_no_answer_yet)
{
        begin();
        ask("POST", "/continue");
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        ck_assert_uint_eq(got.status, 200);
        ck_assert_str_eq(got.body, "at last");
        end();
}
END_TEST

START_TEST(a_trailer_belongs_to_the_answer)
{
        begin();
        ask("POST", "/trailer");
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        ck_assert_str_eq(got.body, "whole");
        end();
}
END_TEST

static const char *const LARGE[] = {"/large", "/large-chunked", "/headers"};

START_TEST(what_is_too_large_is_not_taken)
{
        begin();
        ask("POST", LARGE[_i]);
        ck_assert_int_eq(got.result, THON_HTTP_TOO_LARGE);
        ck_assert_uint_eq(got.status, 200);
        ck_assert_uint_eq(got.size, 0);
        ck_assert_uint_eq(seen(), 1);
        end();
}
END_TEST

START_TEST(an_answer_of_exactly_the_limit_is_taken)
{
        begin();
        send_request(&(struct thon_http_request){.method = "GET", .url = url_of("/ok"), .max_answer = 2});
        await(1);
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        send_request(&(struct thon_http_request){.method = "GET", .url = url_of("/ok"), .max_answer = 1});
        await(2);
        ck_assert_int_eq(got.result, THON_HTTP_TOO_LARGE);
        end();
}
END_TEST

/* ---- never out ---- */

START_TEST(refused_is_not_sent)
{
        begin_client();
        (void)close(hostile_socket(&server.port));
        ask("POST", "/ok");
        ck_assert_int_eq(got.result, THON_HTTP_NOT_SENT);
        ck_assert(got.offline);
        end_client();
}
END_TEST

START_TEST(a_host_that_drops_every_packet_is_not_sent)
{
        begin_client();
        int fd = hostile_socket(&server.port), fill[8];
        ck_assert_int_eq(listen(fd, 0), 0);
        /* With its queue full, the kernel ignores whoever knocks. */
        for (size_t i = 0; i < 8; i++) {
                struct sockaddr_in at = {.sin_family = AF_INET,
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                         .sin_port = htons(server.port)};
                fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
                (void)connect(fill[i], (struct sockaddr *)&at, sizeof at);
        }
        send_request(&(struct thon_http_request){
                .method = "POST", .url = url_of("/ok"), .body = "x", .size = 1, .connect_ms = 200});
        await(1);
        ck_assert_int_eq(got.result, THON_HTTP_NOT_SENT);
        ck_assert(got.offline);
        for (size_t i = 0; i < 8; i++)
                (void)close(fill[i]);
        (void)close(fd);
        end_client();
}
END_TEST

START_TEST(a_name_that_cannot_be_is_not_sent)
{
        begin_client();
        char url[128];
        (void)snprintf(url, sizeof url, "http://%064d.invalid/", 1);
        send_request(&(struct thon_http_request){.method = "POST", .url = url, .body = "x", .size = 1});
        await(1);
        ck_assert_int_eq(got.result, THON_HTTP_NOT_SENT);
        ck_assert(got.offline);
        end_client();
}
END_TEST

START_TEST(a_failed_handshake_is_not_sent_though_there_is_a_network)
{
        begin();
        char url[64];
        (void)snprintf(url, sizeof url, "https://127.0.0.1:%u/bot123:SECRET/send", server.port);
        send_request(&(struct thon_http_request){.method = "POST", .url = url, .body = "x", .size = 1});
        await(1);
        ck_assert_int_eq(got.result, THON_HTTP_NOT_SENT);
        ck_assert(!got.offline);
        ck_assert_ptr_null(strstr(got.error, "SECRET"));
        ck_assert_uint_eq(seen(), 0);
        end();
}
END_TEST

/* A network of its own where the only name server keeps silent. */
static bool silent_name_server(void)
{
        char conf[] = "/tmp/thon-resolv.XXXXXX";
        struct ifreq lo = {.ifr_name = "lo"};
        uid_t uid = geteuid();
        gid_t gid = getegid();
        if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0) {
                if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) < 0)
                        return false;
                char map[64];
                const struct {
                        const char *path;
                        unsigned id;
                } MAPS[] = {{"/proc/self/setgroups", 0},
                            {"/proc/self/uid_map", uid},
                            {"/proc/self/gid_map", gid}};
                for (size_t i = 0; i < 3; i++) {
                        int n = i == 0 ? snprintf(map, sizeof map, "deny")
                                       : snprintf(map, sizeof map, "0 %u 1", MAPS[i].id);
                        int fd = open(MAPS[i].path, O_WRONLY | O_CLOEXEC);
                        if (fd < 0 || write(fd, map, (size_t)n) != n)
                                return false;
                        (void)close(fd);
                }
        }
        int fd = mkstemp(conf);
        static const char line[] = "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n";
        bool ok = fd >= 0 && write(fd, line, sizeof line - 1) == (ssize_t)sizeof line - 1 &&
                  mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                  mount(conf, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0;
        (void)unlink(conf);
        if (fd >= 0)
                (void)close(fd);
        int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ok = ok && ioctl(sock, SIOCGIFFLAGS, &lo) == 0;
        lo.ifr_flags |= IFF_UP;
        struct sockaddr_in at = {
                .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(53)};
        return ok && ioctl(sock, SIOCSIFFLAGS, &lo) == 0 &&
               bind(sock, (struct sockaddr *)&at, sizeof at) == 0;
}

START_TEST(a_silent_name_server_does_not_hold_the_loop)
{
        if (!silent_name_server()) {
                printf("not tried: this machine does not let us have a network of our own\n");
                return;
        }
        begin_client();
        struct thon_http_request request = {.method = "POST",
                                            .url = "http://provider.thon.example/",
                                            .body = "x",
                                            .size = 1,
                                            .connect_ms = 200};
        struct thon_http_call *call;
        uint64_t before = monotonic_us();
        send_request(&request);
        await(1);
        ck_assert_int_eq(got.result, THON_HTTP_NOT_SENT);
        ck_assert(got.offline);
        ck_assert_int_eq(thon_http_send(http, &request, keep, NULL, &call), 0);
        ck_assert_int_ge(sd_event_run(event, 0), 0);
        thon_http_cancel(call);
        end_client();
        /* The resolver gives up after 10 s. */
        ck_assert_uint_lt(monotonic_us() - before, 5000000);
}
END_TEST

/* ---- several at once ---- */

START_TEST(one_that_hangs_holds_no_other)
{
        begin();
        struct thon_http_call *hanging[8];
        for (size_t i = 0; i < 8; i++)
                ck_assert_int_eq(thon_http_send(http,
                                                &(struct thon_http_request){.method = "POST",
                                                                            .url = url_of("/never"),
                                                                            .body = "x",
                                                                            .size = 1},
                                                keep, NULL, &hanging[i]),
                                 0);
        ask("POST", "/ok");
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        for (size_t i = 0; i < 8; i++)
                thon_http_cancel(hanging[i]);
        ask("POST", "/ok");
        ck_assert_uint_eq(answers, 2);
        end();
}
END_TEST

START_TEST(many_at_once_are_all_answered)
{
        begin();
        for (unsigned i = 0; i < 200; i++)
                send_request(&(struct thon_http_request){
                        .method = "POST", .url = url_of("/ok"), .body = "x", .size = 1});
        await(200);
        ck_assert_uint_eq(answered, 200);
        ck_assert_uint_eq(seen(), 200);
        end();
}
END_TEST

struct chain {
        struct thon_http_call *other;
        unsigned left;
};

static void on_chain(const struct thon_http_answer *answer, void *userdata)
{
        struct chain *chain = userdata;

        keep(answer, NULL);
        thon_http_cancel(THON_TAKE(chain->other));
        if (chain->left-- > 0)
                ck_assert_int_eq(thon_http_send(http,
                                                &(struct thon_http_request){.method = "POST",
                                                                            .url = url_of("/ok"),
                                                                            .body = "x",
                                                                            .size = 1},
                                                on_chain, chain, NULL),
                                 0);
}

START_TEST(an_answer_may_send_and_cancel)
{
        begin();
        struct chain chain = {.left = 5};
        ck_assert_int_eq(
                thon_http_send(http,
                               &(struct thon_http_request){
                                       .method = "POST", .url = url_of("/never"), .body = "x", .size = 1},
                               keep, NULL, &chain.other),
                0);
        ck_assert_int_eq(thon_http_send(http,
                                        &(struct thon_http_request){.method = "GET", .url = url_of("/ok")},
                                        on_chain, &chain, NULL),
                         0);
        await(6);
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        end();
}
END_TEST

START_TEST(what_is_under_way_at_the_end_is_not_told)
{
        begin();
        send_request(&(struct thon_http_request){
                .method = "POST", .url = url_of("/never"), .body = "x", .size = 1});
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        while (seen() == 0) {
                ck_assert_uint_lt(monotonic_us(), deadline);
                ck_assert_int_ge(sd_event_run(event, 10000), 0);
        }
        end();
        ck_assert_uint_eq(answers, 0);
}
END_TEST

/* ---- into a file ---- */

static char scratch[64], path[128];

static void begin_file(void)
{
        (void)snprintf(scratch, sizeof scratch, "/tmp/thon-http.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(scratch));
        (void)snprintf(path, sizeof path, "%s/anh.jpg", scratch);
        begin();
}

static void fetch(const char *what)
{
        send_request(&(struct thon_http_request){
                .method = "GET", .url = url_of(what), .max_answer = 5000, .file = path});
        await(answers + 1);
}

static void end_file(void)
{
        (void)unlink(path);
        ck_assert_int_eq(rmdir(scratch), 0); /* nothing else was left */
        end();
}

START_TEST(an_attachment_goes_into_its_file)
{
        (void)umask(0077);
        begin_file();
        fetch("/ok");
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        ck_assert_uint_eq(got.file_size, 2);
        ck_assert_uint_eq(got.size, 0);
        struct stat st;
        ck_assert_int_eq(lstat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0640);
        ck_assert_int_eq(st.st_size, 2);
        end_file();
}
END_TEST

static const char *const BAD_FILES[] = {"/half", "/large", "/large-chunked", "/garbage", "/close"};

START_TEST(what_did_not_come_whole_leaves_no_file)
{
        begin_file();
        fetch(BAD_FILES[_i]);
        ck_assert_int_ne(got.result, THON_HTTP_ANSWERED);
        ck_assert_int_eq(access(path, F_OK), -1);
        end_file();
}
END_TEST

START_TEST(the_text_of_a_refusal_is_no_attachment)
{
        begin_file();
        fetch("/nowhere");
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        ck_assert_uint_eq(got.status, 404);
        ck_assert_str_eq(got.body, "no such page");
        ck_assert_int_eq(access(path, F_OK), -1);
        end_file();
}
END_TEST

START_TEST(a_file_that_is_there_stays_as_it_is)
{
        begin_file();
        ck_assert_int_eq(symlink("/nonexistent/elsewhere", path), 0);
        fetch("/ok");
        ck_assert_int_eq(got.result, THON_HTTP_UNKNOWN);
        char target[64];
        ck_assert_int_eq(readlink(path, target, sizeof target), 22);
        end_file();
}
END_TEST

START_TEST(a_cancelled_attachment_leaves_no_file)
{
        begin_file();
        struct thon_http_call *call;
        ck_assert_int_eq(thon_http_send(http,
                                        &(struct thon_http_request){.method = "GET",
                                                                    .url = url_of("/large"),
                                                                    .max_answer = 2000000,
                                                                    .file = path},
                                        keep, NULL, &call),
                         0);
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        while (access(path, F_OK) < 0) {
                ck_assert_uint_lt(monotonic_us(), deadline);
                ck_assert_int_ge(sd_event_run(event, 10000), 0);
        }
        thon_http_cancel(call);
        ck_assert_int_eq(access(path, F_OK), -1);
        end_file();
}
END_TEST

/* ---- URLs and headers ---- */

static const struct {
        const char *url;
        bool good, local;
} URLS[] = {
        {"https://openapi.zalo.me", true, false},
        {"https://openapi.zalo.me/v3.0/oa/message/cs?a=b", true, false},
        {"http://127.0.0.1:8080/x", true, true},
        {"http://127.9.8.7/", true, true},
        {"http://127.1/", true, true}, /* the same to whoever connects */
        {"http://localhost:1/", true, true},
        {"http://LOCALHOST/", true, true},
        {"http://[::1]:80/", true, true},
        {"http://[::2]/", true, false},
        {"http://localhost.example/", true, false},
        {"http://128.0.0.1/", true, false},
        {"http://127.0.0.1.example/", true, false},
        {"https://127.0.0.1@evil.example/", false, false},
        {"https://user:pass@host/", false, false},
        {"https://user@host/", false, false},
        {"file:///etc/passwd", false, false},
        {"ftp://host/", false, false},
        {"gopher://127.0.0.1/", false, true},
        {"", false, false},
        {"host/path", false, false},
        {"http://", false, false},
        {"http:///path", false, false},
        {"http://host:99999/", false, false},
        {"http://host/a b", false, false},
        {"http://host/a\r\nX: y", false, false},
        {"http://host/#part", false, false},
};

START_TEST(urls_are_checked)
{
        const char *problem = thon_http_url_problem(URLS[_i].url);
        ck_assert_msg((problem == NULL) == URLS[_i].good, "%s: %s", URLS[_i].url,
                      problem ? problem : "good");
        ck_assert_int_eq(thon_http_local(URLS[_i].url), URLS[_i].local);
        begin_client();
        if (!URLS[_i].good)
                ck_assert_int_eq(
                        thon_http_send(http,
                                       &(struct thon_http_request){.method = "GET", .url = URLS[_i].url},
                                       keep, NULL, NULL),
                        -EINVAL);
        end_client();
}
END_TEST

START_TEST(a_url_without_end_is_refused)
{
        char url[5000];
        memset(url, 'a', sizeof url);
        memcpy(url, "http://h/", 9);
        url[sizeof url - 1] = '\0';
        ck_assert_ptr_nonnull(thon_http_url_problem(url));
}
END_TEST

static const char *const BAD_HEADERS[] = {"X: a\r\nY: b", "X: a\nY: b", "no colon", ": empty", "X: \x01"};

START_TEST(a_header_cannot_smuggle_another)
{
        begin();
        ck_assert_int_eq(thon_http_send(http,
                                        &(struct thon_http_request){
                                                .method = "GET",
                                                .url = url_of("/ok"),
                                                .headers = (const char *const[]){BAD_HEADERS[_i], NULL}},
                                        keep, NULL, NULL),
                         -EINVAL);
        end();
}
END_TEST

START_TEST(other_methods_are_refused)
{
        begin();
        struct thon_http_request request = {.method = "DELETE", .url = url_of("/ok")};
        ck_assert_int_eq(thon_http_send(http, &request, keep, NULL, NULL), -EINVAL);
        request = (struct thon_http_request){.method = "GET", .url = url_of("/ok"), .body = "x", .size = 1};
        ck_assert_int_eq(thon_http_send(http, &request, keep, NULL, NULL), -EINVAL);
        end();
}
END_TEST

static TCase *tcase(Suite *s, const char *name)
{
        TCase *t = tcase_create(name);
        tcase_set_timeout(t, 60);
        suite_add_tcase(s, t);
        return t;
}

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
        Suite *s = suite_create("http");
        TCase *t = tcase(s, "plain");
        tcase_add_test(t, a_post_arrives_as_it_was_written_and_its_answer_comes_back);
        tcase_add_test(t, put_and_get_and_a_post_without_a_body_go_out);
        tcase_add_test(t, a_large_body_arrives_whole);
        tcase_add_test(t, a_connection_is_used_again);
        tcase_add_test(t, nothing_is_followed_kept_or_inflated);
        tcase_add_test(t, the_environment_gives_no_proxy);
        tcase_add_loop_test(t, retry_after_is_read_in_both_forms, 0, N(WAITS));
        tcase_add_test(t, the_servers_date_is_told);

        t = tcase(s, "lost");
        tcase_add_loop_test(t, a_post_without_a_whole_answer_is_unknown_and_went_out_once, 0, N_LOST);
        tcase_add_loop_test(t, nor_does_it_go_out_twice_when_the_connection_was_used_before, 0, N_LOST);
        tcase_add_loop_test(t, nor_a_put, 0, N_LOST);
        tcase_add_loop_test(t, nor_a_post_without_a_body, 0, N_LOST - 1); /* not the one read by half */
        tcase_add_test(t, after_a_loss_the_next_one_goes_through);
        tcase_add_test(t, continue_is_no_answer_yet);
        tcase_add_test(t, a_trailer_belongs_to_the_answer);
        tcase_add_loop_test(t, what_is_too_large_is_not_taken, 0, N(LARGE));
        tcase_add_test(t, an_answer_of_exactly_the_limit_is_taken);

        t = tcase(s, "not sent");
        tcase_add_test(t, refused_is_not_sent);
        tcase_add_test(t, a_host_that_drops_every_packet_is_not_sent);
        tcase_add_test(t, a_name_that_cannot_be_is_not_sent);
        tcase_add_test(t, a_failed_handshake_is_not_sent_though_there_is_a_network);
        tcase_add_test(t, a_silent_name_server_does_not_hold_the_loop);

        t = tcase(s, "several");
        tcase_add_test(t, one_that_hangs_holds_no_other);
        tcase_add_test(t, many_at_once_are_all_answered);
        tcase_add_test(t, an_answer_may_send_and_cancel);
        tcase_add_test(t, what_is_under_way_at_the_end_is_not_told);

        t = tcase(s, "file");
        tcase_add_test(t, an_attachment_goes_into_its_file);
        tcase_add_loop_test(t, what_did_not_come_whole_leaves_no_file, 0, N(BAD_FILES));
        tcase_add_test(t, the_text_of_a_refusal_is_no_attachment);
        tcase_add_test(t, a_file_that_is_there_stays_as_it_is);
        tcase_add_test(t, a_cancelled_attachment_leaves_no_file);

        t = tcase(s, "what is asked");
        tcase_add_loop_test(t, urls_are_checked, 0, N(URLS));
        tcase_add_test(t, a_url_without_end_is_refused);
        tcase_add_loop_test(t, a_header_cannot_smuggle_another, 0, N(BAD_HEADERS));
        tcase_add_test(t, other_methods_are_refused);

        SRunner *r = srunner_create(s);
        srunner_run_all(r, CK_ENV);
        int failed = srunner_ntests_failed(r);
        srunner_free(r);
        return failed ? 1 : 0;
}
