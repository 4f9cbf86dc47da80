/* What a check saw becomes one cause; each cause has its words, and no two are alike. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "thon/camera.h"

static struct thon_probe_around alone = {.skew_limit_s = 60};

static void assert_cause(const struct thon_probe *probe, const struct thon_probe_around *around,
                         const char *slug)
{
        ck_assert_str_eq(thon_camera_slug(thon_probe_judge(probe, around)), slug);
}

/* ---- words ---- */

/* Enough to catch a sentence that lost its diacritics on the way: every one of ours has some. */
static bool has_diacritics(const char *text)
{
        for (; *text; text++)
                if ((unsigned char)*text >= 0xc3)
                        return true;
        return false;
}

START_TEST(test_every_verdict_has_a_slug_a_sentence_and_an_action_of_its_own)
{
        enum thon_camera_verdict verdict = (enum thon_camera_verdict)_i, back = THON_CAMERA_VERDICTS;
        const char *slug = thon_camera_slug(verdict), *sentence = thon_camera_sentence(verdict),
                   *action = thon_camera_action(verdict);

        ck_assert_uint_eq(strspn(slug, "abcdefghijklmnopqrstuvwxyz-"), strlen(slug));
        ck_assert(thon_camera_parse(slug, &back));
        ck_assert_int_eq(back, verdict);

        ck_assert(has_diacritics(sentence));
        ck_assert_msg(sentence[0] < 'A' || sentence[0] > 'Z', "\"%s\" follows a colon", sentence);
        ck_assert_int_ne(sentence[strlen(sentence) - 1], '.');
        ck_assert(has_diacritics(action));
        ck_assert_int_eq(action[strlen(action) - 1], '.');
        ck_assert_uint_le(strlen(sentence) + strlen(action), 300); /* two of them fit a message of 400 */

        for (int i = 0; i < _i; i++) {
                ck_assert_str_ne(sentence, thon_camera_sentence((enum thon_camera_verdict)i));
                ck_assert_str_ne(action, thon_camera_action((enum thon_camera_verdict)i));
        }
}
END_TEST

START_TEST(test_what_is_no_slug_changes_nothing)
{
        enum thon_camera_verdict verdict = THON_CAMERA_BLACK;

        ck_assert(!thon_camera_parse("", &verdict));
        ck_assert(!thon_camera_parse("OK", &verdict));
        ck_assert(!thon_camera_parse("no_power", &verdict));
        ck_assert_int_eq(verdict, THON_CAMERA_BLACK);
}
END_TEST

START_TEST(test_a_number_that_is_no_verdict_reads_as_unknown)
{
        ck_assert_str_eq(thon_camera_slug(THON_CAMERA_VERDICTS), "unknown");
        ck_assert_str_eq(thon_camera_slug((enum thon_camera_verdict) - 1), "unknown");
}
END_TEST

START_TEST(test_only_what_leaves_the_police_without_a_picture_is_down)
{
        static const char *const up[] = {"unknown",   "ok",    "clock-skew",   "session-limit",
                                         "defocused", "moved", "recorder-disk"};
        unsigned n_up = 0;

        for (int i = 0; i < THON_CAMERA_VERDICTS; i++) {
                enum thon_camera_verdict verdict = (enum thon_camera_verdict)i;
                bool listed = false;

                for (size_t u = 0; u < sizeof up / sizeof *up; u++)
                        listed |= !strcmp(up[u], thon_camera_slug(verdict));
                n_up += listed;
                ck_assert_msg(thon_camera_down(verdict) == !listed, "%s", thon_camera_slug(verdict));
                /* What is down is critical, and nothing else is. */
                ck_assert_msg((thon_camera_severity(verdict) == THON_CAMERA_CRITICAL) == !listed, "%s",
                              thon_camera_slug(verdict));
                ck_assert(!thon_camera_silent(verdict) || thon_camera_down(verdict));
        }
        ck_assert_uint_eq(n_up, sizeof up / sizeof *up);
        ck_assert_str_eq(thon_camera_severity_text(thon_camera_severity(THON_CAMERA_OK)), "info");
        ck_assert_str_eq(thon_camera_severity_text(thon_camera_severity(THON_CAMERA_MOVED)), "warning");
        ck_assert_str_eq(thon_camera_severity_text(thon_camera_severity(THON_CAMERA_HUNG)), "critical");
}
END_TEST

/* ---- nothing answers ---- */

static const struct thon_probe silent = {.failure = THON_PROBE_TIMEOUT, .pings = 3};

START_TEST(test_a_silent_device_of_which_nothing_is_known_has_no_network)
{
        assert_cause(&silent, &alone, "no-network");
        struct thon_probe_around forgotten = {.parent_answers = true}; /* not checked lately */
        assert_cause(&silent, &forgotten, "no-network");
        struct thon_probe_around dead = {.parent_known = true};
        assert_cause(&silent, &dead, "no-network");
        struct thon_probe no_ping_here = {.failure = THON_PROBE_UNREACHABLE};
        assert_cause(&no_ping_here, &alone, "no-network");
}
END_TEST

START_TEST(test_a_silent_device_on_a_switch_that_answers_has_a_broken_cable)
{
        struct thon_probe_around fine = {.parent_known = true, .parent_answers = true};

        assert_cause(&silent, &fine, "cable");
}
END_TEST

START_TEST(test_a_silent_device_whose_circuit_is_off_has_no_power)
{
        struct thon_probe_around off = {.parent_known = true, .parent_answers = true, .power_off = true};

        assert_cause(&silent, &off, "no-power");
}
END_TEST

START_TEST(test_a_device_that_answers_has_power_whatever_the_circuit_says)
{
        struct thon_probe_around off = {.power_off = true};
        struct thon_probe fine = {.reached = THON_RUNG_DESCRIBE, .video = true};
        struct thon_probe refused = {.failure = THON_PROBE_REFUSED};

        assert_cause(&fine, &off, "ok");
        assert_cause(&refused, &off, "port-closed");
}
END_TEST

/* ---- the device answers, its service does not ---- */

static const struct {
        const char *name;
        struct thon_probe probe;
        const char *cause;
} rungs[] = {
        {"refused", {.failure = THON_PROBE_REFUSED}, "port-closed"},
        {"ping answers, the port does not",
         {.failure = THON_PROBE_TIMEOUT, .reached = THON_RUNG_PING, .pings = 3, .pongs = 3},
         "port-closed"},
        {"it pings, though the rung was not noted",
         {.failure = THON_PROBE_TIMEOUT, .pings = 3, .pongs = 3},
         "port-closed"},
        {"a firewall says no", {.failure = THON_PROBE_UNREACHABLE, .pings = 3, .pongs = 3}, "port-closed"},
        {"one of three echoes comes back",
         {.failure = THON_PROBE_TIMEOUT, .reached = THON_RUNG_PING, .pings = 3, .pongs = 1},
         "cable"},
        {"says nothing after the connection",
         {.failure = THON_PROBE_TIMEOUT, .reached = THON_RUNG_TCP},
         "hung"},
        {"answers OPTIONS and no more",
         {.failure = THON_PROBE_TIMEOUT, .reached = THON_RUNG_OPTIONS},
         "hung"},
        {"hangs at SETUP", {.failure = THON_PROBE_TIMEOUT, .reached = THON_RUNG_DESCRIBE}, "hung"},
        {"hangs at PLAY", {.failure = THON_PROBE_TIMEOUT, .reached = THON_RUNG_SETUP}, "hung"},
        {"hangs up", {.failure = THON_PROBE_RESET, .reached = THON_RUNG_TCP}, "hung"},
        {"hangs up instead of data", {.failure = THON_PROBE_RESET, .reached = THON_RUNG_PLAY}, "no-rtp"},
        {"no RTSP", {.failure = THON_PROBE_MALFORMED, .reached = THON_RUNG_TCP}, "bad-answer"},
        {"no data after PLAY", {.failure = THON_PROBE_TIMEOUT, .reached = THON_RUNG_PLAY}, "no-rtp"},
        {"PLAY is refused",
         {.failure = THON_PROBE_STATUS, .status = 455, .reached = THON_RUNG_SETUP},
         "no-rtp"},
        {"counters stand still", {.failure = THON_PROBE_STALLED, .reached = THON_RUNG_PLAY}, "no-rtp"},
        {"no video", {.failure = THON_PROBE_NO_VIDEO, .reached = THON_RUNG_DESCRIBE}, "no-video"},
        {"login refused", {.failure = THON_PROBE_STATUS, .status = 401, .auth_sent = true}, "password"},
        {"login not set", {.failure = THON_PROBE_STATUS, .status = 401, .auth_asked = true}, "password"},
        {"login not tried any more",
         {.failure = THON_PROBE_STATUS, .status = 401, .auth_stopped = true},
         "password"},
        {"user without the right",
         {.failure = THON_PROBE_STATUS, .status = 403, .auth_sent = true},
         "password"},
        {"no such path",
         {.failure = THON_PROBE_STATUS, .status = 404, .reached = THON_RUNG_OPTIONS},
         "no-stream"},
        {"server trouble",
         {.failure = THON_PROBE_STATUS, .status = 500, .reached = THON_RUNG_OPTIONS},
         "no-stream"},
        {"no TCP transport",
         {.failure = THON_PROBE_STATUS, .status = 461, .reached = THON_RUNG_DESCRIBE},
         "no-stream"},
        {"453",
         {.failure = THON_PROBE_STATUS, .status = 453, .reached = THON_RUNG_DESCRIBE},
         "session-limit"},
        {"503 at SETUP",
         {.failure = THON_PROBE_STATUS, .status = 503, .server_limit = true, .reached = THON_RUNG_DESCRIBE},
         "session-limit"},
        {"our own trouble", {.failure = THON_PROBE_LOCAL, .error = 24, .pings = 3}, "unknown"},
        {"a host's port is shut",
         {.reached = THON_RUNG_PING, .ports_asked = true, .port_failed = 443, .pings = 4, .pongs = 4},
         "port-closed"},
        {"all well", {.reached = THON_RUNG_RTP, .video = true, .pings = 0}, "ok"},
};

START_TEST(test_what_stops_at_a_rung_names_the_cause_of_that_rung)
{
        const char *cause = thon_camera_slug(thon_probe_judge(&rungs[_i].probe, &alone));

        ck_assert_msg(!strcmp(cause, rungs[_i].cause), "%s: %s, not %s", rungs[_i].name, cause,
                      rungs[_i].cause);
}
END_TEST

/* ---- clocks ---- */

START_TEST(test_a_login_refused_while_the_clock_is_wrong_is_the_clocks_fault)
{
        struct thon_probe probe = {.failure = THON_PROBE_STATUS,
                                   .status = 401,
                                   .auth_sent = true,
                                   .skew_known = true,
                                   .skew_s = -6};

        assert_cause(&probe, &alone, "clock-skew");
        probe.skew_s = 5; /* within what logins bear */
        assert_cause(&probe, &alone, "password");
        probe.skew_s = 36000;
        probe.skew_known = false; /* not seen: no excuse */
        assert_cause(&probe, &alone, "password");
}
END_TEST

START_TEST(test_a_wrong_clock_is_a_fault_beyond_the_limit_in_both_directions)
{
        struct thon_probe probe = {.reached = THON_RUNG_DESCRIBE, .skew_known = true, .skew_s = 60};
        struct thon_probe_around strict = {.skew_limit_s = 10}, unset = {.skew_limit_s = 0};

        assert_cause(&probe, &alone, "ok");
        assert_cause(&probe, &unset, "ok");
        assert_cause(&probe, &strict, "clock-skew");
        probe.skew_s = 61;
        assert_cause(&probe, &alone, "clock-skew");
        assert_cause(&probe, &unset, "clock-skew");
        probe.skew_s = -61;
        assert_cause(&probe, &alone, "clock-skew");
        probe.skew_s = INT64_MIN;
        assert_cause(&probe, &alone, "clock-skew");
}
END_TEST

/* ---- loss ---- */

START_TEST(test_half_of_four_echoes_lost_is_a_bad_cable)
{
        struct thon_probe probe = {.reached = THON_RUNG_PING, .pings = 4, .pongs = 2};

        assert_cause(&probe, &alone, "cable");
        probe.pongs = 3;
        assert_cause(&probe, &alone, "ok");
        probe.pings = 3, probe.pongs = 1; /* too few to tell */
        assert_cause(&probe, &alone, "ok");
}
END_TEST

START_TEST(test_a_host_that_answers_no_ping_but_its_ports_is_well)
{
        struct thon_probe probe = {.reached = THON_RUNG_TCP, .ports_asked = true, .pings = 4, .pongs = 0};

        assert_cause(&probe, &alone, "ok");
}
END_TEST

START_TEST(test_whatever_a_check_saw_has_a_cause)
{
        /* Every combination of the small fields: a verdict of the table, UNKNOWN only for our own trouble, OK only where
         * nothing failed, and silence only where nothing answered. */
        for (int reached = THON_RUNG_NONE; reached <= THON_RUNG_RTP; reached++)
                for (int failure = THON_PROBE_FINE; failure <= THON_PROBE_LOCAL; failure++)
                        for (int pongs = 0; pongs <= 4; pongs++)
                                for (int around = 0; around < 8; around++) {
                                        struct thon_probe probe = {
                                                .reached = (enum thon_rung)reached,
                                                .failure = (enum thon_probe_failure)failure,
                                                .status = failure == THON_PROBE_STATUS ? 500 : 0,
                                                .pings = 4,
                                                .pongs = pongs};
                                        struct thon_probe_around known = {.parent_known = around & 1,
                                                                          .parent_answers = around & 2,
                                                                          .power_off = around & 4};
                                        enum thon_camera_verdict verdict = thon_probe_judge(&probe, &known);

                                        ck_assert_int_lt(verdict, THON_CAMERA_VERDICTS);
                                        ck_assert_int_eq(verdict == THON_CAMERA_UNKNOWN,
                                                         failure == THON_PROBE_LOCAL);
                                        if (verdict == THON_CAMERA_OK)
                                                ck_assert_int_eq(failure, THON_PROBE_FINE);
                                        if (verdict == THON_CAMERA_NO_POWER ||
                                            verdict == THON_CAMERA_NO_NETWORK) {
                                                ck_assert_int_eq(reached, THON_RUNG_NONE);
                                                ck_assert_int_eq(pongs, 0);
                                        }
                                }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_judge");
        TCase *words = tcase_create("words"), *causes = tcase_create("causes");

        tcase_add_loop_test(words, test_every_verdict_has_a_slug_a_sentence_and_an_action_of_its_own, 0,
                            THON_CAMERA_VERDICTS);
        tcase_add_test(words, test_what_is_no_slug_changes_nothing);
        tcase_add_test(words, test_a_number_that_is_no_verdict_reads_as_unknown);
        tcase_add_test(words, test_only_what_leaves_the_police_without_a_picture_is_down);
        suite_add_tcase(suite, words);

        tcase_add_test(causes, test_a_silent_device_of_which_nothing_is_known_has_no_network);
        tcase_add_test(causes, test_a_silent_device_on_a_switch_that_answers_has_a_broken_cable);
        tcase_add_test(causes, test_a_silent_device_whose_circuit_is_off_has_no_power);
        tcase_add_test(causes, test_a_device_that_answers_has_power_whatever_the_circuit_says);
        tcase_add_loop_test(causes, test_what_stops_at_a_rung_names_the_cause_of_that_rung, 0,
                            (int)(sizeof rungs / sizeof *rungs));
        tcase_add_test(causes, test_a_login_refused_while_the_clock_is_wrong_is_the_clocks_fault);
        tcase_add_test(causes, test_a_wrong_clock_is_a_fault_beyond_the_limit_in_both_directions);
        tcase_add_test(causes, test_half_of_four_echoes_lost_is_a_bad_cable);
        tcase_add_test(causes, test_a_host_that_answers_no_ping_but_its_ports_is_well);
        tcase_add_test(causes, test_whatever_a_check_saw_has_a_cause);
        suite_add_tcase(suite, causes);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
