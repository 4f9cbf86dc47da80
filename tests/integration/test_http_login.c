/* HTTP with a login, as cameras want it. The server checks what a real one checks, and keeps the bodies that it read: a
 * request that is signed must still not be done twice. */
#include "hostile_http.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "thon/cleanup.h"
#include "thon/http.h"

#define DEADLINE_US 20000000u
#define USER        "operator"
#define PASSWORD    "ngõ \"5\": bí mật"
#define REALM       "IP Camera(C2345)"

static struct hostile server;
static sd_event *event;
static struct thon_http *http;
static unsigned answers;
static struct {
        enum thon_http_result result;
        unsigned status;
        char body[256];
        size_t size;
} got;
static atomic_uint bodies;    /* requests with a body */
static atomic_uint basics;    /* requests that show the password */
static atomic_uint digests;   /* requests that are signed */
static const char *challenge; /* headers of the 401 */
static bool lose_signed;      /* hang up on a signed request */

/* ---- the server's side of RFC 7616 ---- */

static void hash(const EVP_MD *kind, const char *text, char ret[static 65])
{
        unsigned char sum[EVP_MAX_MD_SIZE];
        unsigned size = 0;

        ck_assert_int_eq(EVP_Digest(text, strlen(text), sum, &size, kind, NULL), 1);
        for (unsigned i = 0; i < size; i++)
                (void)snprintf(ret + 2 * i, 3, "%02x", sum[i]);
}

/* A parameter of the Authorization header, without its quotes. */
static const char *parameter(const char *head, const char *name, char *ret, size_t room)
{
        char key[32];
        const char *p = strcasestr(head, "\r\nAuthorization: Digest ");
        size_t n;

        (void)snprintf(key, sizeof key, " %s=", name);
        p = p ? strcasestr(p, key) : NULL;
        ret[0] = '\0';
        if (!p)
                return ret;
        p += strlen(key);
        n = *p == '"' ? strcspn(++p, "\"") : strcspn(p, ",\r");
        (void)snprintf(ret, room, "%.*s", (int)n, p);
        return ret;
}

static bool is_signed(const struct hostile_request *r)
{
        char nonce[80], nc[16], cnonce[120], response[80], uri[300], algorithm[16], a1[300], a2[400],
                one[65], two[65], all[600], want[65];
        const EVP_MD *kind;

        parameter(r->text, "algorithm", algorithm, sizeof algorithm);
        kind = strcasecmp(algorithm, "SHA-256") == 0 ? EVP_sha256() : EVP_md5();
        parameter(r->text, "uri", uri, sizeof uri);
        (void)snprintf(a1, sizeof a1, "%s:%s:%s", USER, REALM, PASSWORD);
        (void)snprintf(a2, sizeof a2, "%s:%s", r->method, uri);
        hash(kind, a1, one);
        hash(kind, a2, two);
        (void)snprintf(all, sizeof all, "%s:%s:%s:%s:auth:%s", one,
                       parameter(r->text, "nonce", nonce, sizeof nonce),
                       parameter(r->text, "nc", nc, sizeof nc),
                       parameter(r->text, "cnonce", cnonce, sizeof cnonce), two);
        hash(kind, all, want);
        return strcmp(uri, r->path) == 0 &&
               strcmp(want, parameter(r->text, "response", response, sizeof response)) == 0;
}

static bool guard(int fd, const struct hostile_request *r, void *userdata)
{
        bool basic = strcasestr(r->text, "\r\nAuthorization: Basic ") != NULL;
        bool digest = strcasestr(r->text, "\r\nAuthorization: Digest ") != NULL;
        bool good = digest ? is_signed(r) : basic && strcmp(r->path, "/wrong") != 0;

        (void)userdata;
        atomic_fetch_add(&bodies, r->body_size > 0);
        atomic_fetch_add(&basics, basic);
        atomic_fetch_add(&digests, digest);
        if (!challenge) /* it asks nobody */
                hostile_answer(fd, 200, "", r->body_size > 0 ? r->body : "come in");
        else if (!good)
                hostile_answer(fd, 401, challenge, "who are you?");
        else if (lose_signed)
                return false;
        else if (strcmp(r->path, "/binary") == 0) {
                hostile_tell(fd, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
                hostile_say(fd, "\xff\xd8\0\0\0\0\xff\xd9", 8);
        } else
                hostile_answer(fd, 200, "", r->body_size > 0 ? r->body : "welcome");
        return true;
}

#define DIGEST_MD5 "WWW-Authenticate: Digest realm=\"" REALM "\", qop=\"auth\", nonce=\"abc123\"\r\n"
#define DIGEST_SHA256 \
        "WWW-Authenticate: Digest realm=\"" REALM "\", qop=\"auth\", nonce=\"abc123\", algorithm=SHA-256\r\n"
#define BASIC "WWW-Authenticate: Basic realm=\"" REALM "\"\r\n"

/* ---- our side ---- */

static uint64_t monotonic_us(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void keep(const struct thon_http_answer *answer, void *userdata)
{
        (void)userdata;
        answers++;
        got.result = answer->result;
        got.status = answer->status;
        got.size = answer->size;
        memset(got.body, 0, sizeof got.body);
        memcpy(got.body, answer->body, answer->size < sizeof got.body ? answer->size : sizeof got.body - 1);
}

static void begin(const char *asked)
{
        challenge = asked;
        lose_signed = false;
        atomic_store(&bodies, 0);
        atomic_store(&basics, 0);
        atomic_store(&digests, 0);
        answers = 0;
        (void)signal(SIGPIPE, SIG_IGN);
        hostile_begin(&server, guard, NULL);
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(thon_http_new(event, &http), 0);
}

static void end(void)
{
        http = thon_http_free(http);
        event = sd_event_unref(event);
        hostile_end(&server);
}

static void await(unsigned n)
{
        uint64_t deadline = monotonic_us() + DEADLINE_US;

        while (answers < n) {
                ck_assert_msg(monotonic_us() < deadline, "%u answers, not %u", answers, n);
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        }
}

static void ask(const char *method, const char *path, const char *password, bool basic)
{
        bool get = strcmp(method, "GET") == 0;
        char url[128];
        unsigned before = answers;

        (void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", server.port, path);
        ck_assert_int_eq(thon_http_send(http,
                                        &(struct thon_http_request){.method = method,
                                                                    .url = url,
                                                                    .body = get ? NULL : "reboot",
                                                                    .size = get ? 0 : 6,
                                                                    .user = USER,
                                                                    .password = password,
                                                                    .basic = basic},
                                        keep, NULL, NULL),
                         0);
        await(before + 1);
}

static void expect(unsigned status, const char *body, unsigned requests, unsigned with_body)
{
        ck_assert_int_eq(got.result, THON_HTTP_ANSWERED);
        ck_assert_uint_eq(got.status, status);
        ck_assert_str_eq(got.body, body);
        ck_assert_uint_eq(atomic_load(&server.requests), requests);
        ck_assert_uint_eq(atomic_load(&bodies), with_body);
}

/* ---- stories ---- */

START_TEST(a_challenge_is_met_on_the_same_connection)
{
        begin(DIGEST_MD5);
        ask("GET", "/picture", PASSWORD, false);
        expect(200, "welcome", 2, 0);
        ck_assert_uint_eq(atomic_load(&server.connections), 1);
        ck_assert_uint_eq(atomic_load(&digests), 1);
        end();
}
END_TEST

START_TEST(sha_256_is_spoken)
{
        begin(DIGEST_SHA256);
        ask("GET", "/picture", PASSWORD, false);
        expect(200, "welcome", 2, 0);
        end();
}
END_TEST

START_TEST(an_answer_behind_a_login_is_whole_with_its_zeros)
{
        begin(DIGEST_MD5);
        ask("GET", "/binary", PASSWORD, true);
        ck_assert_uint_eq(got.size, 8);
        ck_assert_mem_eq(got.body, "\xff\xd8\0\0\0\0\xff\xd9", 8);
        end();
}
END_TEST

START_TEST(a_wrong_password_is_tried_once)
{
        begin(DIGEST_MD5);
        ask("GET", "/picture", "guess", true);
        expect(401, "who are you?", 2, 0);
        ask("POST", "/act", "guess", false);
        expect(401, "who are you?", 4, 1);
        end();
        begin(BASIC);
        ask("GET", "/wrong", "guess", true);
        expect(401, "who are you?", 2, 0);
        end();
}
END_TEST

START_TEST(the_password_is_shown_only_where_that_is_allowed)
{
        begin(BASIC);
        ask("GET", "/picture", PASSWORD, false);
        expect(401, "who are you?", 1, 0);
        ck_assert_uint_eq(atomic_load(&basics), 0);
        ask("GET", "/picture", PASSWORD, true);
        expect(200, "welcome", 3, 0);
        end();
}
END_TEST

START_TEST(who_offers_both_is_not_shown_the_password)
{
        begin(BASIC DIGEST_MD5);
        ask("GET", "/picture", PASSWORD, true);
        expect(200, "welcome", 2, 0);
        ask("POST", "/act", PASSWORD, true);
        ck_assert_uint_eq(got.status, 200);
        ck_assert_uint_eq(atomic_load(&basics), 0);
        ck_assert_uint_eq(atomic_load(&digests), 2);
        end();
}
END_TEST

START_TEST(a_body_behind_digest_goes_out_once)
{
        begin(DIGEST_MD5);
        ask("POST", "/act", PASSWORD, false);
        expect(200, "reboot", 2, 1);
        ask("PUT", "/act", PASSWORD, false);
        expect(200, "reboot", 4, 2);
        end();
}
END_TEST

START_TEST(a_server_that_asks_nobody_gets_the_body_once)
{
        begin(NULL);
        ask("POST", "/act", PASSWORD, false);
        ck_assert_str_eq(got.body, "reboot");
        ck_assert_uint_eq(atomic_load(&bodies), 1);
        end();
}
END_TEST

START_TEST(a_refused_body_goes_out_again_with_the_login)
{
        begin(BASIC);
        ask("POST", "/act", PASSWORD, true);
        expect(200, "reboot", 2, 2); /* of which one was refused */
        end();
}
END_TEST

START_TEST(a_signed_body_whose_answer_is_lost_does_not_go_out_again)
{
        static const char *const asked[] = {DIGEST_MD5, BASIC, BASIC DIGEST_MD5};

        for (unsigned i = 0; i < sizeof asked / sizeof *asked; i++)
                for (unsigned basic = i == 1; basic < 2; basic++) {
                        begin(asked[i]);
                        lose_signed = true;
                        ask("POST", "/act", PASSWORD, basic);
                        ck_assert_int_eq(got.result, THON_HTTP_UNKNOWN);
                        unsigned signed_ones = atomic_load(&digests) + atomic_load(&basics);
                        ck_assert_uint_eq(signed_ones, 1);
                        end();
                }
}
END_TEST

START_TEST(busy_counts_what_is_under_way)
{
        struct thon_http_call *call;

        begin(DIGEST_MD5);
        ck_assert_uint_eq(thon_http_busy(http), 0);
        ck_assert_int_eq(
                thon_http_send(http,
                               &(struct thon_http_request){.method = "GET", .url = "http://127.0.0.1:1/"},
                               keep, NULL, &call),
                0);
        ck_assert_uint_eq(thon_http_busy(http), 1);
        thon_http_cancel(call);
        ck_assert_uint_eq(thon_http_busy(http), 0);
        ask("GET", "/picture", PASSWORD, false);
        ck_assert_uint_eq(thon_http_busy(http), 0);
        end();
}
END_TEST

/* ---- certificates that cameras sign themselves ---- */

static pid_t spawn(char *const argv[], int out)
{
        pid_t pid = fork();

        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                int null = open("/dev/null", O_RDWR);

                (void)dup2(null, 0);
                (void)dup2(out >= 0 ? out : null, 1);
                (void)dup2(null, 2);
                (void)execvp(argv[0], argv);
                _exit(127);
        }
        return pid;
}

static unsigned accepted_port(int fd)
{
        char text[512];
        size_t n = 0;
        unsigned port;

        while (n < sizeof text - 1) {
                ssize_t r = read(fd, text + n, sizeof text - 1 - n);
                const char *at;

                ck_assert_msg(r > 0, "openssl s_server has ended");
                n += (size_t)r;
                text[n] = '\0';
                at = strstr(text, "ACCEPT 127.0.0.1:");
                if (at && strchr(at, '\n') && sscanf(at + 17, "%u", &port) == 1)
                        return port;
        }
        ck_abort_msg("no port in %s", text);
}

START_TEST(a_certificate_of_its_own_is_taken_only_where_that_is_allowed)
{
        char dir[] = "/tmp/thon-tls-XXXXXX", key[64], cert[64], url[64];
        int out[2], status;
        pid_t pid;

        ck_assert_ptr_nonnull(mkdtemp(dir));
        (void)snprintf(key, sizeof key, "%s/key", dir);
        (void)snprintf(cert, sizeof cert, "%s/cert", dir);
        pid = spawn((char *[]){"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                               "/CN=camera", "-keyout", key, "-out", cert, NULL},
                    -1);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);
        ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
        pid = spawn((char *[]){"openssl", "s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert", cert,
                               "-www", NULL},
                    out[1]);
        (void)close(out[1]);
        (void)snprintf(url, sizeof url, "https://127.0.0.1:%u/", accepted_port(out[0]));

        begin(NULL);
        for (unsigned i = 0; i < 3; i++) { /* and a connection that was let through serves nobody else */
                struct thon_http_request request = {.method = "GET", .url = url, .insecure = i == 1};

                ck_assert_int_eq(thon_http_send(http, &request, keep, NULL, NULL), 0);
                await(i + 1);
                ck_assert_int_eq(got.result, i == 1 ? THON_HTTP_ANSWERED : THON_HTTP_NOT_SENT);
        }
        end();
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
        (void)close(out[0]);
        (void)unlink(key);
        (void)unlink(cert);
        (void)rmdir(dir);
}
END_TEST

/* ---- where a URL points ---- */

START_TEST(hosts_are_compared_as_numbers)
{
        ck_assert(thon_http_url_is_at("http://192.168.4.21/a", "192.168.4.21"));
        ck_assert(thon_http_url_is_at("http://192.168.1045:8080/a", "192.168.4.21"));
        ck_assert(thon_http_url_is_at("https://[2001:DB8:0::1]/a", "2001:db8::1"));
        ck_assert(!thon_http_url_is_at("http://192.168.4.210/a", "192.168.4.21"));
        ck_assert(!thon_http_url_is_at("http://192.168.4.21.evil.example/a", "192.168.4.21"));
        ck_assert(!thon_http_url_is_at("http://camera.local/a", "192.168.4.21"));
        ck_assert(!thon_http_url_is_at("http://192.168.4.21@evil.example/a", "192.168.4.21"));
        ck_assert(!thon_http_url_is_at("nonsense", "192.168.4.21"));
        ck_assert(thon_http_url_same_host("http://10.1:81/x", "https://10.0.0.1/y"));
        ck_assert(thon_http_url_same_host("http://Cam.local/x", "http://cam.LOCAL:8080/y"));
        ck_assert(!thon_http_url_same_host("http://cam.local/x", "http://10.0.0.1/"));
}
END_TEST

START_TEST(a_url_moves_with_its_host)
{
        static const struct {
                const char *url, *address, *moved;
        } cases[] = {
                {"http://192.168.4.21:8080/s?a=1&b=2", "10.0.0.9", "http://10.0.0.9:8080/s?a=1&b=2"},
                {"https://192.168.4.21/", "2001:db8::7", "https://[2001:db8::7]/"},
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *url = thon_http_url_moved(cases[i].url, cases[i].address);

                ck_assert_str_eq(url, cases[i].moved);
        }
        _cleanup_free_ char *joined = thon_http_url_joined("http://10.0.0.9:8080/onvif/device_service?x=1",
                                                           "http://192.168.1.64/onvif/Media");
        ck_assert_str_eq(joined, "http://10.0.0.9:8080/onvif/Media");
        ck_assert_ptr_null(thon_http_url_moved("nonsense", "10.0.0.9"));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("http login");
        TCase *login = tcase_create("login"), *once = tcase_create("once"), *where = tcase_create("where");
        SRunner *runner = srunner_create(suite);

        tcase_set_timeout(login, 60);
        tcase_add_test(login, a_challenge_is_met_on_the_same_connection);
        tcase_add_test(login, sha_256_is_spoken);
        tcase_add_test(login, an_answer_behind_a_login_is_whole_with_its_zeros);
        tcase_add_test(login, a_wrong_password_is_tried_once);
        tcase_add_test(login, the_password_is_shown_only_where_that_is_allowed);
        tcase_add_test(login, who_offers_both_is_not_shown_the_password);
        tcase_add_test(login, a_certificate_of_its_own_is_taken_only_where_that_is_allowed);
        tcase_set_timeout(once, 60);
        tcase_add_test(once, a_body_behind_digest_goes_out_once);
        tcase_add_test(once, a_server_that_asks_nobody_gets_the_body_once);
        tcase_add_test(once, a_refused_body_goes_out_again_with_the_login);
        tcase_add_test(once, a_signed_body_whose_answer_is_lost_does_not_go_out_again);
        tcase_add_test(once, busy_counts_what_is_under_way);
        tcase_add_test(where, hosts_are_compared_as_numbers);
        tcase_add_test(where, a_url_moves_with_its_host);
        suite_add_tcase(suite, login);
        suite_add_tcase(suite, once);
        suite_add_tcase(suite, where);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
