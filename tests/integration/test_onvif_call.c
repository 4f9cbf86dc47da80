/* Conversations with a camera that checks logins by a clock of its own, names addresses that lead elsewhere, and loses the
 * answer to a reboot. */
#include "soap_camera.h"

#include <errno.h>

#include "../../src/camerad/onvif_call.h"

static struct soap_camera camera;
static sd_event *event;
static struct thon_http *http;
static unsigned told_n;
static struct onvif_told told;
static struct thon_onvif_answer answer;
static char detail[512], onvif_url[64];
static struct thon_watch_device device;
static const char *password;

static void keep(const struct onvif_told *t, void *userdata)
{
        (void)userdata;
        told_n++;
        told = *t;
        answer = t->answer ? *t->answer : (struct thon_onvif_answer){0};
        (void)snprintf(detail, sizeof detail, "%s", t->detail ? t->detail : "");
        ck_assert_int_eq(t->error == 0, t->answer != NULL);
        ck_assert_int_eq(t->error == 0, t->detail == NULL);
}

static void begin(void)
{
        soap_begin(&camera);
        password = CAMERA_PASSWORD;
        told_n = 0;
        (void)snprintf(onvif_url, sizeof onvif_url, "http://127.0.0.1:%u/onvif/device_service",
                       camera.server.port);
        device = (struct thon_watch_device){
                .id = "cong-chua", .kind = THON_WATCH_CAMERA, .host = "127.0.0.1", .onvif_url = onvif_url};
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(thon_http_new(event, &http), 0);
}

static void end(void)
{
        http = thon_http_free(http);
        event = sd_event_unref(event);
        hostile_end(&camera.server);
}

static void start(enum thon_onvif_call call, const char *profile, const char *address,
                  struct onvif_call **ret)
{
        const struct onvif_want want = {.device = &device,
                                        .address = address,
                                        .user = password ? CAMERA_USER : NULL,
                                        .password = password,
                                        .now = {CAMERA_NOW}};

        ck_assert_int_eq(onvif_call_start(http, call, profile, &want, keep, NULL, ret), 0);
}

static void await(unsigned n)
{
        uint64_t deadline = soap_monotonic_us() + CAMERA_DEADLINE;

        while (told_n < n) {
                ck_assert_msg(soap_monotonic_us() < deadline, "%u answers, not %u", told_n, n);
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        }
}

static void call(enum thon_onvif_call what, const char *profile)
{
        struct onvif_call *c;
        unsigned n = told_n;

        start(what, profile, NULL, &c);
        ck_assert_uint_eq(told_n, n); /* never from within */
        await(n + 1);
}

static unsigned asked(enum thon_onvif_call what)
{
        return atomic_load(&camera.asked[what]);
}

/* ---- logins and clocks ---- */

START_TEST(a_login_bears_the_cameras_own_time)
{
        static const int64_t skews[] = {0, 3600, -86400 * 200, 7 * 3600};

        for (size_t i = 0; i < sizeof skews / sizeof *skews; i++) {
                begin();
                camera.clock_s = skews[i];
                call(THON_ONVIF_INFORMATION, NULL);
                ck_assert_msg(told.error == 0, "%s", detail);
                ck_assert_str_eq(answer.model, "DS-1");
                ck_assert(told.skew_known);
                ck_assert_int_le(llabs(told.skew_s - skews[i]), 3);
                end();
        }
}
END_TEST

START_TEST(local_time_alone_is_enough)
{
        begin();
        camera.local_only = true;
        call(THON_ONVIF_INFORMATION, NULL);
        ck_assert_msg(told.error == 0, "%s", detail);
        end();
}
END_TEST

START_TEST(a_camera_that_keeps_its_time_to_itself_is_signed_with_ours)
{
        begin();
        camera.time_fault = true;
        call(THON_ONVIF_INFORMATION, NULL);
        ck_assert_msg(told.error == 0, "%s", detail);
        ck_assert(!told.skew_known);
        end();
}
END_TEST

START_TEST(a_wrong_password_is_tried_once_and_named)
{
        begin();
        camera.clock_s = 40;
        password = "guess";
        call(THON_ONVIF_SNAPSHOT_URI, NULL);
        ck_assert_int_eq(told.error, THON_ONVIF_NOT_AUTHORISED);
        ck_assert_int_eq(told.http, THON_HTTP_ANSWERED);
        ck_assert_str_eq(detail, "GetCapabilities: ter:NotAuthorized: NotAuthorized it is (HTTP 400)");
        ck_assert(told.skew_known); /* whoever judges knows that the clock is off, too */
        ck_assert_uint_eq(atomic_load(&camera.with_login), 1);
        end();
}
END_TEST

START_TEST(http_digest_is_given_where_the_server_wants_it)
{
        begin();
        camera.http_digest = true;
        call(THON_ONVIF_SNAPSHOT_URI, NULL);
        ck_assert_msg(told.error == 0, "%s", detail);
        ck_assert_uint_eq(asked(THON_ONVIF_TIME), 1);
        ck_assert_uint_eq(asked(THON_ONVIF_SNAPSHOT_URI), 1);
        ck_assert_uint_eq(atomic_load(&camera.with_digest),
                          5); /* time, capabilities, services, profiles, uri */
        end();
}
END_TEST

START_TEST(without_a_login_a_401_is_told)
{
        begin();
        camera.http_digest = true;
        password = NULL;
        call(THON_ONVIF_INFORMATION, NULL);
        ck_assert_int_eq(told.error, THON_ONVIF_NOT_AUTHORISED);
        ck_assert_uint_eq(told.status, 401);
        ck_assert_str_eq(detail, "GetSystemDateAndTime: HTTP 401");
        ck_assert_uint_eq(atomic_load(&camera.server.requests), 1);
        end();
}
END_TEST

START_TEST(an_open_camera_gets_no_login)
{
        begin();
        camera.login = false;
        password = NULL;
        call(THON_ONVIF_STREAM_URI, NULL);
        ck_assert_msg(told.error == 0, "%s", detail);
        ck_assert_uint_eq(atomic_load(&camera.with_login), 0);
        end();
}
END_TEST

/* ---- addresses and profiles ---- */

START_TEST(the_profile_is_asked_for_and_told)
{
        begin();
        camera.uri = "http://127.0.0.1/s.jpg";
        call(THON_ONVIF_SNAPSHOT_URI, NULL);
        ck_assert_str_eq(answer.uri, "http://127.0.0.1/s.jpg");
        ck_assert_str_eq(answer.profile, "sub");
        call(THON_ONVIF_SNAPSHOT_URI, "sub");
        ck_assert_str_eq(answer.profile, "sub");
        ck_assert_uint_eq(asked(THON_ONVIF_PROFILES), 1);
        call(THON_ONVIF_SNAPSHOT_URI, "of-old-firmware");
        ck_assert_int_eq(told.error, THON_ONVIF_FAULT);
        ck_assert_str_eq(detail, "GetSnapshotUri: ter:NoProfile: NoProfile it is (HTTP 400)");
        camera.profiles = "";
        call(THON_ONVIF_SNAPSHOT_URI, NULL);
        ck_assert_int_eq(told.error, THON_ONVIF_NOT_SUPPORTED);
        ck_assert_str_eq(detail, "GetProfiles: it has no profile with video");
        end();
}
END_TEST

START_TEST(an_address_that_leads_elsewhere_is_asked_here)
{
        char here[64];

        begin();
        camera.media = "http://192.0.2.1/onvif/Media";
        call(THON_ONVIF_SNAPSHOT_URI, NULL);
        ck_assert_msg(told.error == 0, "%s", detail);
        camera.media = "rtsp://127.0.0.1/onvif/Media";
        call(THON_ONVIF_SNAPSHOT_URI, NULL);
        ck_assert_msg(told.error == 0, "%s", detail);
        (void)snprintf(here, sizeof here, "http://127.1:%u/onvif/Media", camera.server.port);
        camera.media = here;
        call(THON_ONVIF_SNAPSHOT_URI, NULL);
        ck_assert_msg(told.error == 0, "%s", detail);
        end();
}
END_TEST

START_TEST(services_are_asked_where_capabilities_are_silent)
{
        begin();
        camera.media = camera.search = NULL;
        call(THON_ONVIF_RECORDINGS, NULL);
        ck_assert_msg(told.error == 0, "%s", detail);
        ck_assert(answer.has_recordings);
        ck_assert_int_eq(answer.recorded_until.s, CAMERA_NOW - 930);
        ck_assert_uint_eq(asked(THON_ONVIF_SERVICES), 1);
        camera.search = "";
        call(THON_ONVIF_RECORDINGS, NULL);
        ck_assert_int_eq(told.error, THON_ONVIF_NOT_SUPPORTED);
        ck_assert_str_eq(detail, "GetServices: it names no such service");
        camera.media = "";
        camera.not_found = "GetCapabilities";
        call(THON_ONVIF_SNAPSHOT_URI, NULL); /* many serve media where the device is */
        ck_assert_msg(told.error == 0, "%s", detail);
        end();
}
END_TEST

START_TEST(a_camera_is_asked_where_it_was_found)
{
        struct onvif_call *c;
        char *url;

        begin();
        (void)snprintf(onvif_url, sizeof onvif_url, "http://127.0.0.77:%u/onvif/device_service",
                       camera.server.port);
        device.host = "127.0.0.77";
        start(THON_ONVIF_INFORMATION, NULL, "127.0.0.1", &c);
        await(1);
        ck_assert_msg(told.error == 0, "%s", detail);

        device.onvif_url = NULL;
        url = onvif_device_url(&device, NULL);
        ck_assert_str_eq(url, "http://127.0.0.77/onvif/device_service");
        free(url);
        url = onvif_device_url(&device, "2001:db8::5");
        ck_assert_str_eq(url, "http://[2001:db8::5]/onvif/device_service");
        free(url);
        device.onvif_url = "http://192.0.2.9/x"; /* somebody wrote another host: it stays */
        url = onvif_device_url(&device, "127.0.0.1");
        ck_assert_str_eq(url, "http://192.0.2.9/x");
        free(url);
        device.host = device.onvif_url = NULL;
        ck_assert_ptr_null(onvif_device_url(&device, NULL));
        end();
}
END_TEST

/* ---- what must not be done twice, and what does not end ---- */

START_TEST(a_reboot_whose_answer_is_lost_is_unknown_and_not_repeated)
{
        for (unsigned digest = 0; digest < 2; digest++) {
                begin();
                camera.http_digest = digest;
                camera.hang_up_on = "SystemReboot";
                call(THON_ONVIF_REBOOT, NULL);
                ck_assert_int_eq(told.http, THON_HTTP_UNKNOWN);
                ck_assert_int_eq(told.error, THON_ONVIF_DAMAGED);
                ck_assert_uint_eq(asked(THON_ONVIF_REBOOT), 1);
                end();
        }
}
END_TEST

START_TEST(a_reboot_is_done_once)
{
        begin();
        call(THON_ONVIF_REBOOT, NULL);
        ck_assert_int_eq(told.error, 0);
        ck_assert_uint_eq(asked(THON_ONVIF_REBOOT), 1);
        ck_assert_uint_eq(asked(THON_ONVIF_CAPABILITIES), 0);
        end();
}
END_TEST

START_TEST(who_speaks_no_onvif_is_asked_no_more)
{
        begin();
        camera.not_found = "GetSystemDateAndTime";
        call(THON_ONVIF_REBOOT, NULL);
        ck_assert_int_eq(told.error, THON_ONVIF_NOT_SUPPORTED);
        ck_assert_str_eq(detail, "GetSystemDateAndTime: HTTP 404");
        ck_assert_uint_eq(atomic_load(&camera.server.requests), 1);
        end();
}
END_TEST

START_TEST(who_is_away_was_not_asked)
{
        begin();
        device.onvif_url = "http://127.0.0.1:1/onvif/device_service";
        call(THON_ONVIF_REBOOT, NULL);
        ck_assert_int_eq(told.http, THON_HTTP_NOT_SENT);
        end();
}
END_TEST

START_TEST(a_conversation_can_be_ended)
{
        struct onvif_call *c, *many[32];

        begin();
        start(THON_ONVIF_PROFILES, NULL, NULL, &c);
        (void)sd_event_run(event, 1000);
        ck_assert_ptr_null(onvif_call_cancel(c));
        ck_assert_uint_eq(thon_http_busy(http), 0);
        for (unsigned i = 0; i < 32; i++)
                start(THON_ONVIF_TIME, NULL, NULL, &many[i]);
        ck_assert_int_eq(onvif_call_start(http, THON_ONVIF_TIME, NULL,
                                          &(struct onvif_want){.device = &device, .now = {CAMERA_NOW}}, keep,
                                          NULL, &c),
                         -EBUSY);
        await(32);
        ck_assert_int_eq(told.error, 0);
        ck_assert(answer.has_time);
        device.host = device.onvif_url = NULL;
        ck_assert_int_eq(onvif_call_start(http, THON_ONVIF_TIME, NULL,
                                          &(struct onvif_want){.device = &device, .now = {CAMERA_NOW}}, keep,
                                          NULL, &c),
                         -EINVAL);
        end();
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("onvif calls");
        TCase *t = tcase_create("calls");
        SRunner *runner = srunner_create(suite);

        tcase_set_timeout(t, 60);
        tcase_add_test(t, a_login_bears_the_cameras_own_time);
        tcase_add_test(t, local_time_alone_is_enough);
        tcase_add_test(t, a_camera_that_keeps_its_time_to_itself_is_signed_with_ours);
        tcase_add_test(t, a_wrong_password_is_tried_once_and_named);
        tcase_add_test(t, http_digest_is_given_where_the_server_wants_it);
        tcase_add_test(t, without_a_login_a_401_is_told);
        tcase_add_test(t, an_open_camera_gets_no_login);
        tcase_add_test(t, the_profile_is_asked_for_and_told);
        tcase_add_test(t, an_address_that_leads_elsewhere_is_asked_here);
        tcase_add_test(t, services_are_asked_where_capabilities_are_silent);
        tcase_add_test(t, a_camera_is_asked_where_it_was_found);
        tcase_add_test(t, a_reboot_whose_answer_is_lost_is_unknown_and_not_repeated);
        tcase_add_test(t, a_reboot_is_done_once);
        tcase_add_test(t, who_speaks_no_onvif_is_asked_no_more);
        tcase_add_test(t, who_is_away_was_not_asked);
        tcase_add_test(t, a_conversation_can_be_ended);
        suite_add_tcase(suite, t);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
