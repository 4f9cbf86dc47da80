/* A picture from cameras that lie about where it is, what it is, and how large. */
#include "soap_camera.h"

#include <errno.h>
#include <sys/resource.h>

#include "../../src/camerad/snapshot.h"

static struct soap_camera camera;
static sd_event *event;
static struct thon_http *http;
static unsigned told_n;
static struct {
        enum snapshot_result result;
        size_t size;
        unsigned char first[4], last[4];
        char profile[80], url[300], detail[300];
        bool skew_known;
        int64_t skew_s;
} got;
static char url_at[8][300];
static struct thon_watch_device device;
static struct snapshot_want want;

/* ---- the camera's web server ---- */

static void jpeg(int fd, size_t size, const char *after)
{
        static _Thread_local char body[8192];
        char head[200];

        memset(body, 'x', sizeof body);
        body[0] = body[size - 2] = '\xff';
        body[1] = '\xd8';
        body[size - 1] = '\xd9';
        (void)snprintf(
                head, sizeof head,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nDate: Sat, 21 Nov 2026 20:16:30 GMT\r\n"
                "Content-Length: %zu\r\n\r\n",
                size + strlen(after));
        hostile_tell(fd, head);
        hostile_say(fd, body, size);
        hostile_tell(fd, after);
}

static void for_ever(int fd, const char *head, const char *piece, size_t size)
{
        char probe;

        hostile_tell(fd, head);
        while (send(fd, piece, size, MSG_NOSIGNAL) > 0 && recv(fd, &probe, 1, MSG_DONTWAIT) != 0)
                ;
}

static bool page(int fd, const struct hostile_request *r, struct soap_camera *c)
{
        static char filler[16384];
        const char *p = r->path;
        bool signed_in = strcasestr(r->text, "\r\nAuthorization: ") != NULL;

        (void)c;
        if (strcmp(p, "/ok") == 0)
                jpeg(fd, 4000, "");
        else if (strcmp(p, "/padded") == 0)
                jpeg(fd, 4000, "\r\n");
        else if (strcmp(p, "/login") == 0 || strcmp(p, "/refuse") == 0) {
                if (signed_in && strcmp(p, "/login") == 0)
                        jpeg(fd, 4000, "");
                else
                        hostile_answer(fd, 401,
                                       "WWW-Authenticate: Digest realm=\"x\", qop=\"auth\", nonce=\"n\"\r\n",
                                       "");
        } else if (strcmp(p, "/tiny") == 0)
                jpeg(fd, 1024, "");
        else if (strcmp(p, "/cut") == 0)
                jpeg(fd, 4000, "more of it");
        else if (strcmp(p, "/page") == 0) {
                memset(filler, ' ', 3000);
                filler[3000] = '\0';
                hostile_answer(fd, 200, "Content-Type: image/jpeg\r\n", filler);
        } else if (strcmp(p, "/empty") == 0)
                hostile_answer(fd, 200, "Content-Type: image/jpeg\r\n", "");
        else if (strcmp(p, "/partial") == 0) {
                hostile_answer(fd, 206, "", "part");
        } else if (strcmp(p, "/elsewhere") == 0)
                hostile_answer(fd, 302, "Location: /ok\r\n", "");
        else if (strcmp(p, "/endless") == 0)
                for_ever(fd, "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8", filler,
                         sizeof filler);
        else if (strcmp(p, "/said-too-large") == 0) {
                hostile_tell(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4194305\r\n\r\n\xff\xd8");
                hostile_wait_for_end(fd);
                return false;
        } else if (strcmp(p, "/bomb") == 0) {
                ck_assert_ptr_null(strcasestr(r->text, "Accept-Encoding"));
                hostile_answer(fd, 200, "Content-Encoding: gzip\r\n",
                               "\x1f\x8b\x08 whatever it is, it stays packed");
        } else if (strcmp(p, "/hang-up") == 0)
                return false;
        else
                hostile_answer(fd, 404, "", "<html>not here</html>");
        return strcmp(p, "/endless") != 0;
}

/* ---- our side ---- */

static void keep(const struct snapshot_answer *a, void *userdata)
{
        (void)userdata;
        told_n++;
        got.result = a->result;
        got.size = a->size;
        ck_assert_int_eq(a->result == SNAPSHOT_TAKEN, a->data != NULL);
        ck_assert_int_eq(a->result == SNAPSHOT_TAKEN, a->detail == NULL);
        if (a->data) {
                memcpy(got.first, a->data, 2);
                memcpy(got.last, (const char *)a->data + a->size - 2, 2);
        }
        (void)snprintf(got.profile, sizeof got.profile, "%s", a->profile);
        (void)snprintf(got.url, sizeof got.url, "%s", a->snapshot_url);
        (void)snprintf(got.detail, sizeof got.detail, "%s", a->detail ? a->detail : "");
        got.skew_known = a->skew_known;
        got.skew_s = a->skew_s;
}

static char *at(const char *host, const char *path)
{
        static unsigned next;
        char *p = url_at[next++ % 8];

        (void)snprintf(p, sizeof url_at[0], "http://%s:%u%s", host, camera.server.port, path);
        return p;
}

static void begin(void)
{
        soap_begin(&camera);
        camera.page = page;
        told_n = 0;
        memset(&got, 0, sizeof got);
        device = (struct thon_watch_device){.id = "cong-chua",
                                            .kind = THON_WATCH_CAMERA,
                                            .host = "127.0.0.1",
                                            .onvif_url = at("127.0.0.1", "/onvif/device_service")};
        device.onvif_url = strdup(device.onvif_url);
        want = (struct snapshot_want){.device = &device,
                                      .user = CAMERA_USER,
                                      .password = CAMERA_PASSWORD,
                                      .profile = "",
                                      .snapshot_url = "",
                                      .now = {CAMERA_NOW}};
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(thon_http_new(event, &http), 0);
}

static void end(void)
{
        http = thon_http_free(http);
        event = sd_event_unref(event);
        free(device.onvif_url);
        hostile_end(&camera.server);
}

static void await(unsigned n)
{
        uint64_t deadline = soap_monotonic_us() + CAMERA_DEADLINE;

        while (told_n < n) {
                ck_assert_msg(soap_monotonic_us() < deadline, "%u answers, not %u", told_n, n);
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        }
}

static void take(void)
{
        struct snapshot *s;
        unsigned n = told_n;

        ck_assert_int_eq(snapshot_start(http, &want, keep, NULL, &s), 0);
        ck_assert_uint_eq(told_n, n);
        await(n + 1);
}

static void expect_taken(void)
{
        ck_assert_msg(got.result == SNAPSHOT_TAKEN, "%d: %s", got.result, got.detail);
        ck_assert_uint_eq(got.size, 4000);
        ck_assert_mem_eq(got.first, "\xff\xd8", 2);
        ck_assert_mem_eq(got.last, "\xff\xd9", 2);
}

static unsigned asked(enum thon_onvif_call call)
{
        return atomic_load(&camera.asked[call]);
}

/* ---- configured ---- */

START_TEST(a_configured_address_is_asked_as_it_is)
{
        begin();
        device.snapshot_url = at("127.0.0.1", "/ok");
        take();
        expect_taken();
        ck_assert_str_eq(got.url, ""); /* nothing to be kept */
        ck_assert(got.skew_known);
        ck_assert_int_eq(got.skew_s, 60); /* by the Date of HTTP */
        device.snapshot_url = at("127.0.0.1", "/padded");
        take();
        expect_taken();
        device.snapshot_url = at("127.0.0.1", "/login");
        take();
        expect_taken();
        ck_assert_uint_eq(asked(THON_ONVIF_TIME), 0);
        end();
}
END_TEST

static const struct {
        const char *path;
        enum snapshot_result result;
} lies[] = {
        {"/page", SNAPSHOT_LIES},         {"/empty", SNAPSHOT_LIES},
        {"/partial", SNAPSHOT_LIES},      {"/elsewhere", SNAPSHOT_LIES},
        {"/tiny", SNAPSHOT_LIES},         {"/cut", SNAPSHOT_LIES},
        {"/bomb", SNAPSHOT_LIES},         {"/nowhere", SNAPSHOT_LIES},
        {"/refuse", SNAPSHOT_REFUSED},    {"/said-too-large", SNAPSHOT_TOO_LARGE},
        {"/endless", SNAPSHOT_TOO_LARGE}, {"/hang-up", SNAPSHOT_UNREACHABLE},
};

START_TEST(what_is_no_picture_is_told_by_its_name)
{
        begin();
        device.snapshot_url = at("127.0.0.1", lies[_i].path);
        take();
        ck_assert_msg(got.result == lies[_i].result, "%s: %d, %s", lies[_i].path, got.result, got.detail);
        ck_assert_str_ne(got.detail, "");
        ck_assert_uint_eq(asked(THON_ONVIF_TIME), 0); /* a person wrote it: it is not asked anew */
        end();
}
END_TEST

START_TEST(an_endless_answer_costs_bounded_memory_and_time)
{
        struct rusage before, after;
        uint64_t began;

        begin();
        device.snapshot_url = at("127.0.0.1", "/endless");
        (void)getrusage(RUSAGE_SELF, &before);
        began = soap_monotonic_us();
        for (unsigned i = 0; i < 10; i++)
                take();
        (void)getrusage(RUSAGE_SELF, &after);
        ck_assert_uint_lt(soap_monotonic_us() - began, 15000000);
#ifndef __SANITIZE_ADDRESS__                                         /* which keeps what was freed */
        ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 16384); /* KiB */
#endif
        end();
}
END_TEST

START_TEST(who_is_away_is_unreachable)
{
        begin();
        device.snapshot_url = (char[]){"http://127.0.0.1:1/ok"};
        take();
        ck_assert_int_eq(got.result, SNAPSHOT_UNREACHABLE);
        ck_assert(!got.skew_known);
        end();
}
END_TEST

/* ---- by ONVIF ---- */

START_TEST(onvif_names_the_address_and_it_is_kept)
{
        begin();
        camera.uri = at("127.0.0.1", "/login");
        camera.clock_s = -3600;
        take();
        expect_taken();
        ck_assert_str_eq(got.profile, "sub");
        ck_assert_str_eq(got.url, camera.uri);
        ck_assert_int_le(llabs(got.skew_s + 3600), 3); /* ONVIF's, not that of HTTP */
        end();
}
END_TEST

START_TEST(a_kept_address_is_used_until_it_fails_and_then_asked_for_once)
{
        begin();
        camera.uri = at("127.0.0.1", "/ok");
        want.profile = "sub";
        want.snapshot_url = at("127.0.0.1", "/padded");
        take();
        expect_taken();
        ck_assert_str_eq(got.url, "");
        ck_assert_uint_eq(asked(THON_ONVIF_SNAPSHOT_URI), 0);

        want.snapshot_url = at("127.0.0.1", "/page");
        take();
        expect_taken();
        ck_assert_str_eq(got.url, camera.uri);
        ck_assert_uint_eq(asked(THON_ONVIF_SNAPSHOT_URI), 1);
        ck_assert_uint_eq(asked(THON_ONVIF_PROFILES), 0);

        camera.uri = at("127.0.0.1", "/nowhere");
        take();
        ck_assert_int_eq(got.result, SNAPSHOT_LIES);
        ck_assert_str_eq(got.detail, "HTTP 404 instead of a picture");
        ck_assert_str_eq(got.url, "");
        ck_assert_uint_eq(asked(THON_ONVIF_SNAPSHOT_URI), 2);
        end();
}
END_TEST

START_TEST(a_token_of_old_firmware_is_asked_for_anew)
{
        begin();
        camera.uri = at("127.0.0.1", "/ok");
        want.profile = "of-old-firmware";
        take();
        expect_taken();
        ck_assert_str_eq(got.profile, "sub");
        ck_assert_uint_eq(asked(THON_ONVIF_SNAPSHOT_URI), 2);
        end();
}
END_TEST

START_TEST(an_address_elsewhere_is_not_asked)
{
        static const struct {
                const char *uri;
                enum snapshot_result result;
        } cases[] = {{"rtsp://127.0.0.1/stream", SNAPSHOT_LIES},
                     {"http://192.0.2.1/snap.jpg", SNAPSHOT_LIES},
                     {"https://cloud.example/127.0.0.1/snap.jpg", SNAPSHOT_LIES},
                     {"http://127.0.0.1@cloud.example/snap.jpg", SNAPSHOT_LIES},
                     {"file:///etc/passwd", SNAPSHOT_LIES},
                     {"/snap.jpg", SNAPSHOT_LIES},
                     {"(null)", SNAPSHOT_NO_ADDRESS},
                     {"", SNAPSHOT_NO_ADDRESS}};

        begin();
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                camera.uri = cases[i].uri;
                take();
                ck_assert_msg(got.result == cases[i].result, "%s: %d %s", cases[i].uri, got.result,
                              got.detail);
        }
        /* Nor one that was kept. */
        camera.uri = at("127.0.0.1", "/ok");
        want.snapshot_url = "http://192.0.2.1/snap.jpg";
        take();
        expect_taken();
        ck_assert_uint_eq(atomic_load(&camera.pictures), 1);
        end();
}
END_TEST

START_TEST(a_refused_login_is_tried_no_further)
{
        begin();
        want.password = "guess";
        want.snapshot_url = at("127.0.0.1", "/refuse");
        take();
        ck_assert_int_eq(got.result, SNAPSHOT_REFUSED);
        ck_assert_uint_eq(asked(THON_ONVIF_TIME), 0);
        want.snapshot_url = "";
        take();
        ck_assert_int_eq(got.result, SNAPSHOT_REFUSED);
        ck_assert_uint_eq(atomic_load(&camera.with_login), 1);
        end();
}
END_TEST

START_TEST(a_camera_without_onvif_has_no_address)
{
        begin();
        camera.not_found = "GetSystemDateAndTime";
        take();
        ck_assert_int_eq(got.result, SNAPSHOT_NO_ADDRESS);
        ck_assert_str_eq(got.detail, "GetSystemDateAndTime: HTTP 404");
        end();
}
END_TEST

START_TEST(a_camera_that_moved_is_asked_where_it_is)
{
        begin();
        device.host = "127.0.0.77"; /* nobody lives there any more */
        want.address = "127.0.0.1";
        device.snapshot_url = at("127.0.0.77", "/ok");
        take();
        expect_taken();
        device.snapshot_url = NULL;
        want.snapshot_url = at("127.0.0.77", "/ok");
        take();
        expect_taken();
        want.snapshot_url = "";
        camera.uri = at("127.0.0.77", "/ok"); /* it has not noticed itself */
        take();
        expect_taken();
        end();
}
END_TEST

START_TEST(a_snapshot_can_be_cancelled_at_any_step)
{
        begin();
        camera.uri = at("127.0.0.1", "/ok");
        for (unsigned steps = 0; steps < 40; steps++) {
                struct snapshot *s;
                unsigned before = told_n;

                ck_assert_int_eq(snapshot_start(http, &want, keep, NULL, &s), 0);
                for (unsigned i = 0; i < steps && told_n == before; i++)
                        ck_assert_int_ge(sd_event_run(event, 1000), 0);
                if (told_n == before)
                        ck_assert_ptr_null(snapshot_cancel(s));
                ck_assert_uint_eq(thon_http_busy(http), 0);
        }
        end();
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("snapshot");
        TCase *t = tcase_create("snapshot");
        SRunner *runner = srunner_create(suite);

        tcase_set_timeout(t, 60);
        tcase_add_test(t, a_configured_address_is_asked_as_it_is);
        tcase_add_loop_test(t, what_is_no_picture_is_told_by_its_name, 0, (int)(sizeof lies / sizeof *lies));
        tcase_add_test(t, an_endless_answer_costs_bounded_memory_and_time);
        tcase_add_test(t, who_is_away_is_unreachable);
        tcase_add_test(t, onvif_names_the_address_and_it_is_kept);
        tcase_add_test(t, a_kept_address_is_used_until_it_fails_and_then_asked_for_once);
        tcase_add_test(t, a_token_of_old_firmware_is_asked_for_anew);
        tcase_add_test(t, an_address_elsewhere_is_not_asked);
        tcase_add_test(t, a_refused_login_is_tried_no_further);
        tcase_add_test(t, a_camera_without_onvif_has_no_address);
        tcase_add_test(t, a_camera_that_moved_is_asked_where_it_is);
        tcase_add_test(t, a_snapshot_can_be_cancelled_at_any_step);
        suite_add_tcase(suite, t);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
