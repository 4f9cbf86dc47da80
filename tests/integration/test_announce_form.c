/* The forms of announcements: what a person submits, the whole written and read again, and for every mistake the place and the
 * words. */
#include "thon/announce_form.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"

static struct thon_zone *zone;
static struct thon_announce_form_options options;

#define ZONE_TEXT "\"zones\":\"thon-4\",\"text\":\"Mời bà con đi họp.\""

static json_t *parse(const char *text)
{
        struct thon_json_error error = {""};
        json_t *doc = NULL;

        ck_assert_msg(thon_json_parse(text, strlen(text), 1 << 20, &doc, &error) == 0, "%s: %s", text,
                      error.text);
        return doc;
}

static int submit(const char *text, struct thon_announcement *ret, struct thon_json_error *error)
{
        _cleanup_json_ json_t *doc = parse(text);

        return thon_announce_form_read(doc, &options, ret, NULL, error);
}

static struct thon_announcement submitted(const char *text)
{
        struct thon_json_error error = {""};
        struct thon_announcement ret;

        ck_assert_msg(submit(text, &ret, &error) == 0, "%s: %s", text, error.text);
        return ret;
}

static struct thon_wall when(const char *text)
{
        struct thon_wall at;

        ck_assert_msg(thon_time_parse(zone, text, &at), "%s", text);
        return at;
}

/* ---- what is submitted ---- */

START_TEST(test_the_least_that_can_be_said)
{
        struct thon_announcement a = submitted("{" ZONE_TEXT "}");

        ck_assert_str_eq(a.id, "");
        ck_assert_uint_eq(a.n_zones, 1);
        ck_assert_str_eq(a.zones[0], "thon-4");
        ck_assert_str_eq(a.text, "Mời bà con đi họp.");
        ck_assert_ptr_null(a.reading);
        ck_assert_ptr_null(a.title);
        ck_assert_ptr_null(a.by);
        ck_assert_int_eq(a.class, THON_CLASS_NORMAL);
        ck_assert_int_eq(a.resume, THON_RESUME_POSITION);
        ck_assert(a.chime && !a.exercise && !a.lamps && !a.notify);
        ck_assert_int_eq(a.late_s, -1);
        ck_assert_int_eq(a.schedule.kind, THON_AIR_ONCE);
        ck_assert_int_eq(a.schedule.at.s, options.now.s);
        ck_assert_int_eq(a.expires.s, THON_WALL_NEVER.s);
        ck_assert_int_eq(a.state, THON_ANNOUNCE_SUBMITTED);
        ck_assert_int_eq(a.submitted.s, options.now.s);
        ck_assert_int_eq(a.approved.s, THON_WALL_NEVER.s);
        ck_assert_int_eq(a.planned.s, THON_WALL_NEVER.s);
        thon_announcement_done(&a);
}
END_TEST

START_TEST(test_all_that_can_be_said)
{
        struct thon_announcement a = submitted(
                "{\"id\":\"tiem-chung\",\"zones\":[\"thon-4\",\"trung-tam\",\"all\"],\"class\":\"priority\","
                "\"title\":\" Tiêm  chủng \",\"text\":\"Dòng một.\\r\\n\\n\\n\\nDòng\\thai.\\n\","
                "\"reading\":\"Dòng một.\\nDòng hai.\",\"at\":\"2026-11-23T17:00\",\"repeat\":{\"count\":3,"
                "\"every\":600},\"expires\":\"2026-11-23T12:00:00Z\",\"by\":\"Trần Thị Bình\",\"latest\":900,"
                "\"resume\":\"restart\",\"chime\":false,\"exercise\":true,\"reason\":\"Theo lịch của trạm y "
                "tế\",\"lamps\":true,\"notify\":true,\"pin\":\"4821\"}");

        ck_assert_str_eq(a.id, "tiem-chung");
        ck_assert_uint_eq(a.n_zones, 3);
        ck_assert_str_eq(a.zones[2], "all");
        ck_assert_int_eq(a.class, THON_CLASS_PRIORITY);
        ck_assert_str_eq(a.title, "Tiêm chủng");
        ck_assert_str_eq(a.text, "Dòng một.\n\nDòng hai.");
        ck_assert_str_eq(a.reading, "Dòng một.\nDòng hai.");
        ck_assert_int_eq(a.schedule.kind, THON_AIR_COUNT);
        ck_assert_int_eq(a.schedule.at.s, when("2026-11-23T17:00").s);
        ck_assert_uint_eq(a.schedule.count, 3);
        ck_assert_int_eq(a.schedule.every_s, 600);
        ck_assert_int_eq(a.expires.s, when("2026-11-23T19:00").s);
        ck_assert_str_eq(a.by, "Trần Thị Bình");
        ck_assert_str_eq(a.reason, "Theo lịch của trạm y tế");
        ck_assert_int_eq(a.late_s, 900);
        ck_assert_int_eq(a.resume, THON_RESUME_RESTART);
        ck_assert(!a.chime && a.exercise && a.lamps && a.notify);
        thon_announcement_done(&a);
}
END_TEST

START_TEST(test_text_in_pieces_of_letters_is_composed)
{
        /* NFD, as a Mac writes it, with a zero-width space of a chat. */
        struct thon_announcement a =
                submitted("{\"zones\":\"thon-4\",\"text\":\"kha\\u0302\\u0309n\\u200b cấp\"}");

        ck_assert_str_eq(a.text, "khẩn cấp");
        thon_announcement_done(&a);
}
END_TEST

START_TEST(test_a_recording_and_a_station)
{
        struct thon_announcement a = submitted("{\"zones\":\"all\",\"media\":\"bản tin 22-11.mp3\"}");

        ck_assert_str_eq(a.media, "bản tin 22-11.mp3");
        ck_assert_ptr_null(a.text);
        thon_announcement_done(&a);

        a = submitted(
                "{\"zones\":\"all\",\"source\":\"dai-tinh\",\"for\":1800,\"repeat\":{\"at\":\"05:00\"}}");
        ck_assert_str_eq(a.source, "dai-tinh");
        ck_assert_int_eq(a.source_s, 1800);
        ck_assert_int_eq(a.schedule.kind, THON_AIR_CALENDAR);
        ck_assert_uint_eq(a.schedule.n_days, 1);
        ck_assert_int_eq(a.schedule.days[0].every, 1);
        ck_assert_int_eq(a.schedule.times[0], 300);
        thon_announcement_done(&a);
}
END_TEST

START_TEST(test_a_number_repeats_as_soon_as_it_may)
{
        struct thon_announcement a = submitted("{" ZONE_TEXT ",\"repeat\":3}");

        ck_assert_int_eq(a.schedule.kind, THON_AIR_COUNT);
        ck_assert_uint_eq(a.schedule.count, 3);
        ck_assert_int_eq(a.schedule.every_s, 60);
        ck_assert_int_eq(a.schedule.at.s, options.now.s);
        thon_announcement_done(&a);

        a = submitted("{" ZONE_TEXT ",\"repeat\":1}");
        ck_assert_int_eq(a.schedule.kind, THON_AIR_ONCE);
        thon_announcement_done(&a);
}
END_TEST

START_TEST(test_a_calendar)
{
        struct thon_announcement a =
                submitted("{" ZONE_TEXT ",\"repeat\":{\"days\":[{\"lunar\":[\"1\",\"15\"]},{\"tet\":[-7,3]},"
                          "{\"monthdays\":[1,-1]}],\"at\":[\"17:00\",\"05:30\"],\"from\":\"2026-12-01\","
                          "\"until\":\"2027-12-31\",\"except\":{\"weekdays\":[\"sun\"]}}}");
        struct thon_wall at;

        ck_assert_uint_eq(a.schedule.n_days, 3);
        ck_assert_uint_eq(a.schedule.n_except, 1);
        ck_assert_uint_eq(a.schedule.n_times, 2);
        ck_assert_int_eq(a.schedule.times[0], 330);
        ck_assert_int_eq(a.schedule.times[1], 1020);
        ck_assert(thon_air_schedule_next(&a.schedule, zone, options.now, &at));
        ck_assert_int_eq(at.s, when("2026-12-01T05:30").s);
        thon_announcement_done(&a);
}
END_TEST

START_TEST(test_the_pin_is_lent_and_kept_nowhere)
{
        _cleanup_json_ json_t *doc = parse("{" ZONE_TEXT ",\"class\":\"emergency\",\"pin\":\"4821\"}"),
                              *whole = NULL;
        _cleanup_free_ char *text = NULL;
        struct thon_announcement a;
        const char *pin = NULL;

        ck_assert_int_eq(thon_announce_form_read(doc, &options, &a, &pin, NULL), 0);
        ck_assert_str_eq(pin, "4821");
        memcpy(a.id, "x", 2);
        whole = thon_announce_form_write(&a, zone);
        ck_assert_ptr_nonnull(whole);
        text = json_dumps(whole, 0);
        ck_assert_ptr_null(strstr(text, "4821"));
        ck_assert_ptr_null(strstr(text, "pin"));
        thon_announcement_done(&a);
}
END_TEST

/* ---- mistakes ---- */

static const struct {
        const char *doc, *error;
} mistakes[] = {
        {"[]", "must be an object"},
        {"{\"text\":\"a\"}", "member \"zones\" is missing"},
        {"{" ZONE_TEXT ",\"volume\":11}", "unknown member \"volume\""},
        {"{\"zones\":[],\"text\":\"a\"}", "zones: must be 1 to 64 zones, groups or areas"},
        {"{\"zones\":[\"a\",\"a\"],\"text\":\"a\"}", "zones[1]: \"a\" comes twice"},
        {"{\"zones\":[\"Thôn 4\"],\"text\":\"a\"}",
         "zones[0]: must be the id of a zone, a group or an area, or \"all\""},
        {"{\"zones\":{},\"text\":\"a\"}", "zones: must be the id of a zone, a group or an area, or \"all\""},
        {"{\"zones\":\"a\"}", "must have one of \"text\", \"media\", \"source\""},
        {"{\"zones\":\"a\",\"text\":\"a\",\"media\":\"b.mp3\"}", "media: does not go with \"text\""},
        {"{\"zones\":\"a\",\"media\":\"b.mp3\",\"source\":\"b\",\"for\":60}",
         "source: does not go with \"media\""},
        {"{\"zones\":\"a\",\"text\":\" \\n \"}", "text: must not be empty"},
        {"{\"zones\":\"a\",\"text\":\"a\\u0007\"}", "text: must be text without control characters"},
        {"{\"zones\":\"a\",\"text\":7}", "text: must be a string"},
        {"{\"zones\":\"a\",\"text\":null}", "text: must be a string"},
        {"{\"zones\":\"a\",\"media\":\"b.mp3\",\"reading\":\"b\"}", "reading: goes with \"text\" only"},
#define MEDIA                                                                              \
        "media: must be the name of a recording, 1 to 128 bytes, without a slash and not " \
        "beginning with a dot"
        {"{\"zones\":\"a\",\"media\":\"../../etc/passwd\"}", MEDIA},
        {"{\"zones\":\"a\",\"media\":\"/etc/passwd\"}", MEDIA},
        {"{\"zones\":\"a\",\"media\":\"..\"}", MEDIA},
        {"{\"zones\":\"a\",\"media\":\".an\"}", MEDIA},
        {"{\"zones\":\"a\",\"media\":\"\"}", MEDIA},
        {"{\"zones\":\"a\",\"media\":\"a\\nb\"}", MEDIA},
        {"{\"zones\":\"a\",\"source\":\"s\"}", "member \"for\" is missing"},
        {"{\"zones\":\"a\",\"source\":\"s\",\"for\":21601}", "for: must be a whole number from 10 to 21600"},
        {"{" ZONE_TEXT ",\"for\":60}", "for: goes with \"source\" only"},
        {"{" ZONE_TEXT ",\"class\":\"urgent\"}",
         "class: must be one of \"normal\", \"priority\", \"emergency\""},
        {"{" ZONE_TEXT ",\"resume\":\"no\"}", "resume: must be one of \"resume\", \"restart\", \"drop\""},
        {"{" ZONE_TEXT ",\"id\":\"Tin 1\"}",
         "id: must be an id: small letters, digits and hyphens, at most 63"},
        {"{" ZONE_TEXT ",\"latest\":86401}", "latest: must be a whole number from 0 to 86400"},
        {"{" ZONE_TEXT ",\"chime\":1}", "chime: must be true or false"},
        {"{" ZONE_TEXT ",\"by\":\"\"}", "by: must be text of 1 to 200 bytes without control characters"},
        {"{" ZONE_TEXT ",\"pin\":4821}", "pin: must be a PIN in quotation marks"},
        {"{" ZONE_TEXT ",\"at\":\"mai\"}", "at: must be a time such as \"2026-11-21T17:30:00+07:00\""},
        {"{" ZONE_TEXT ",\"at\":\"2025-11-23T17:00\"}", "at: is more than a day ago"},
        {"{" ZONE_TEXT ",\"at\":\"2062-11-23T17:00\"}", "at: is more than 400 days ahead"},
        {"{" ZONE_TEXT ",\"at\":\"2026-11-23T17:00\",\"expires\":\"2026-11-23T17:00\"}",
         "expires: comes before it would first air"},
        {"{" ZONE_TEXT ",\"expires\":\"2026-11-22T06:00\"}", "expires: is over"},
        {"{" ZONE_TEXT ",\"repeat\":0}", "repeat: must be 1 to 100 times"},
        {"{" ZONE_TEXT ",\"repeat\":-9223372036854775808}", "repeat: must be 1 to 100 times"},
        {"{" ZONE_TEXT ",\"repeat\":2.5}",
         "repeat: must be a number, {\"count\",\"every\"} or {\"days\",\"at\",...}"},
        {"{" ZONE_TEXT ",\"repeat\":{\"count\":3,\"every\":59}}",
         "repeat.every: must be a whole number from 60 to 604800"},
        {"{" ZONE_TEXT ",\"repeat\":{\"every\":600}}", "repeat: member \"count\" is missing"},
        {"{" ZONE_TEXT ",\"repeat\":{\"count\":3,\"at\":\"05:30\"}}", "repeat: unknown member \"at\""},
        {"{" ZONE_TEXT ",\"repeat\":{}}", "repeat: member \"at\" is missing"},
        {"{" ZONE_TEXT ",\"repeat\":{\"at\":[]}}", "repeat.at: must be 1 to 12 times"},
        {"{" ZONE_TEXT ",\"repeat\":{\"at\":\"25:00\"}}",
         "repeat.at: must be a time of the day such as \"05:30\""},
        {"{" ZONE_TEXT ",\"repeat\":{\"at\":[\"05:30\",\"5h\"]}}",
         "repeat.at[1]: must be a time of the day such as \"05:30\""},
        {"{" ZONE_TEXT ",\"repeat\":{\"at\":[\"05:30\",\"05:30\"]}}", "repeat.at: 05:30 comes twice"},
        {"{" ZONE_TEXT ",\"at\":\"2026-11-23T17:00\",\"repeat\":{\"at\":\"05:30\"}}",
         "at: does not go with a calendar, which has times of its own"},
        {"{" ZONE_TEXT ",\"repeat\":{\"at\":\"05:30\",\"days\":[{\"every\":1},{\"every\":0}]}}",
         "repeat.days[1].every: must be a whole number from 1 to 366"},
        {"{" ZONE_TEXT ",\"repeat\":{\"at\":\"05:30\",\"except\":[]}}", "repeat.except: must not be empty"},
        {"{" ZONE_TEXT ",\"repeat\":{\"at\":\"05:30\",\"from\":\"2027-02-30\"}}",
         "repeat.from: must be a date such as \"2027-02-05\""},
        {"{" ZONE_TEXT ",\"repeat\":{\"at\":\"05:30\",\"from\":\"2027-02-05\",\"until\":\"2027-02-04\"}}",
         "repeat.until: comes before \"from\""},
        {"{" ZONE_TEXT ",\"repeat\":{\"at\":\"05:30\",\"until\":\"2026-11-21\"}}",
         "repeat: has no time within the next 400 days"},
        {"{" ZONE_TEXT ",\"repeat\":{\"at\":\"05:30\",\"days\":{\"lunar\":[\"1\"]},\"except\":{\"lunar\":"
         "[\"1..2\"]}}}",
         "repeat: has no time within the next 400 days"},
        {"{" ZONE_TEXT ",\"repeat\":{\"at\":\"05:30\"},\"expires\":\"2026-11-22T23:00\"}",
         "expires: comes before it would first air"},
};

START_TEST(test_every_mistake_is_named_with_its_place)
{
        struct thon_json_error error = {""};
        struct thon_announcement a, zero = {0};

        ck_assert_int_eq(submit(mistakes[_i].doc, &a, &error), -EINVAL);
        ck_assert_str_eq(error.text, mistakes[_i].error);
        ck_assert_mem_eq(&a, &zero, sizeof(a));
        /* Without an error it is refused all the same. */
        ck_assert_int_eq(submit(mistakes[_i].doc, &a, NULL), -EINVAL);
}
END_TEST

START_TEST(test_lengths_have_their_ends)
{
        char *text = malloc(THON_ANNOUNCE_TEXT_MAX + 200);
        struct thon_announcement a;
        int n;

        ck_assert_ptr_nonnull(text);
        for (int more = 0; more < 2; more++) {
                n = sprintf(text, "{\"zones\":\"a\",\"text\":\"");
                memset(text + n, 'a', (size_t)(THON_ANNOUNCE_TEXT_MAX + more));
                strcpy(text + n + THON_ANNOUNCE_TEXT_MAX + more, "\"}");
                ck_assert_int_eq(submit(text, &a, NULL), more ? -EINVAL : 0);
                thon_announcement_done(&a);
        }
        n = sprintf(text, "{\"text\":\"a\",\"zones\":[\"a-0\"");
        for (int i = 1; i < 65; i++) {
                n += sprintf(text + n, ",\"a-%d\"", i);
                if (i == 63) {
                        strcpy(text + n, "]}");
                        ck_assert_int_eq(submit(text, &a, NULL), 0);
                        ck_assert_uint_eq(a.n_zones, 64);
                        thon_announcement_done(&a);
                }
        }
        strcpy(text + n, "]}");
        ck_assert_int_eq(submit(text, &a, NULL), -EINVAL);
        free(text);
}
END_TEST

START_TEST(test_what_waited_for_the_broker_is_taken)
{
        struct thon_announcement a = submitted("{" ZONE_TEXT ",\"at\":\"2026-11-22T06:58\"}");

        ck_assert_int_eq(a.schedule.at.s, when("2026-11-22T06:58").s);
        thon_announcement_done(&a);
}
END_TEST

/* ---- the whole ---- */

static void assert_round_trip(const char *text)
{
        _cleanup_json_ json_t *whole = NULL, *again = NULL;
        struct thon_announcement a = submitted(text), b;
        struct thon_json_error error = {""};

        memcpy(a.id, "tin-1", 6);
        whole = thon_announce_form_write(&a, zone);
        ck_assert_ptr_nonnull(whole);
        ck_assert_msg(thon_announce_form_whole(whole, zone, &b, &error) == 0, "%s: %s", text, error.text);
        again = thon_announce_form_write(&b, zone);
        ck_assert_msg(json_equal(whole, again), "%s", text);
        ck_assert_int_eq(a.schedule.kind, b.schedule.kind);
        ck_assert_int_eq(a.schedule.at.s, b.schedule.at.s);
        ck_assert_int_eq(a.expires.s, b.expires.s);
        ck_assert_int_eq(a.planned.s, b.planned.s);
        ck_assert_int_eq(a.late_s, b.late_s);
        thon_announcement_done(&a);
        thon_announcement_done(&b);
}

START_TEST(test_the_whole_is_read_as_it_was_written)
{
        assert_round_trip("{" ZONE_TEXT "}");
        assert_round_trip("{" ZONE_TEXT ",\"repeat\":3,\"expires\":\"2026-11-23T12:00:00Z\",\"latest\":0}");
        assert_round_trip(
                "{\"zones\":[\"a\",\"all\"],\"source\":\"dai-tinh\",\"for\":1800,\"repeat\":{\"at\":"
                "[\"05:00\"],\"days\":[{\"weekdays\":[\"mon\",\"sun\"],\"nth\":[1,5,-1,-5]},"
                "{\"dates\":[\"2027-02-05\",\"2027-02-05..2027-02-10\",\"12-24..01-02\",\"02-29\"]},"
                "{\"lunar\":[\"1\",\"15\",\"23/12..5/1\",\"6/1L\",\"14..16\"]},{\"tet\":[-3,5]},"
                "{\"every\":2,\"phase\":1},{\"monthdays\":[1,31,-1,-31]}],\"except\":{\"weekdays\":"
                "[\"sat\"]},\"from\":\"2026-12-01\"},\"chime\":false,\"exercise\":true}");
        assert_round_trip(
                "{\"zones\":\"a\",\"text\":\"Một.\\nHai.\",\"reading\":\"Một.\",\"title\":\"T\","
                "\"by\":\"B\",\"reason\":\"R\",\"class\":\"emergency\",\"resume\":\"drop\",\"lamps\":"
                "true,\"notify\":true}");
}
END_TEST

START_TEST(test_who_answers_for_it_is_in_the_whole)
{
        struct thon_announcement a = submitted("{" ZONE_TEXT ",\"by\":\"Bình\"}"), b;
        _cleanup_json_ json_t *whole = NULL;

        memcpy(a.id, "tin-1", 6);
        a.state = THON_ANNOUNCE_CANCELLED;
        a.approved_by = strdup("An");
        a.approved = when("2026-11-22T08:00");
        a.ended_by = strdup("Chi");
        a.ended_reason = strdup("Hoãn họp");
        a.ended = when("2026-11-22T09:00");
        a.planned = when("2026-11-22T07:00");
        a.cap = strdup("s,i,2026-11-22T07:00:00+07:00");
        whole = thon_announce_form_write(&a, zone);
        ck_assert_int_eq(thon_announce_form_whole(whole, zone, &b, NULL), 0);
        ck_assert_int_eq(b.state, THON_ANNOUNCE_CANCELLED);
        ck_assert_str_eq(b.by, "Bình");
        ck_assert_str_eq(b.approved_by, "An");
        ck_assert_int_eq(b.approved.s, a.approved.s);
        ck_assert_str_eq(b.ended_by, "Chi");
        ck_assert_str_eq(b.ended_reason, "Hoãn họp");
        ck_assert_int_eq(b.ended.s, a.ended.s);
        ck_assert_int_eq(b.planned.s, a.planned.s);
        ck_assert_int_eq(b.submitted.s, options.now.s);
        ck_assert_str_eq(b.cap, a.cap);
        ck_assert_str_eq(json_string_value(json_object_get(whole, "planned")), "2026-11-22T07:00:00+07:00");
        thon_announcement_done(&a);
        thon_announcement_done(&b);
}
END_TEST

START_TEST(test_what_an_alert_brings_is_longer_than_what_a_person_writes)
{
        struct thon_announcement a = submitted("{" ZONE_TEXT "}"), b;
        _cleanup_json_ json_t *whole = NULL;
        char headline[900] = "";

        memset(headline, 'a', sizeof headline - 1);
        memcpy(a.id, "cap-1", 6);
        a.title = strdup(headline);
        a.reason = strdup(headline);
        a.cap = strdup(headline);
        whole = thon_announce_form_write(&a, zone);
        ck_assert_int_eq(thon_announce_form_whole(whole, zone, &b, NULL), 0);
        ck_assert_str_eq(b.title, headline);
        thon_announcement_done(&a);
        thon_announcement_done(&b);
}
END_TEST

START_TEST(test_a_submission_may_not_say_that_it_is_approved)
{
        struct thon_json_error error = {""};
        struct thon_announcement a;

        ck_assert_int_eq(submit("{" ZONE_TEXT ",\"approved_by\":\"An\"}", &a, &error), -EINVAL);
        ck_assert_str_eq(error.text, "unknown member \"approved_by\"");
        ck_assert_int_eq(submit("{" ZONE_TEXT ",\"state\":\"approved\"}", &a, &error), -EINVAL);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("announce form");
        TCase *tc = tcase_create("announce form");
        SRunner *runner;
        int failed;

        if (thon_zone_fixed(7 * 3600, &zone) < 0)
                return 1;
        options = (struct thon_announce_form_options){.zone = zone, .chime = true};
        options.now = (struct thon_wall){1795305600}; /* 2026-11-22T07:00:00+07:00 */
        tcase_add_test(tc, test_the_least_that_can_be_said);
        tcase_add_test(tc, test_all_that_can_be_said);
        tcase_add_test(tc, test_text_in_pieces_of_letters_is_composed);
        tcase_add_test(tc, test_a_recording_and_a_station);
        tcase_add_test(tc, test_a_number_repeats_as_soon_as_it_may);
        tcase_add_test(tc, test_a_calendar);
        tcase_add_test(tc, test_the_pin_is_lent_and_kept_nowhere);
        tcase_add_loop_test(tc, test_every_mistake_is_named_with_its_place, 0,
                            (int)(sizeof(mistakes) / sizeof(*mistakes)));
        tcase_add_test(tc, test_lengths_have_their_ends);
        tcase_add_test(tc, test_what_waited_for_the_broker_is_taken);
        tcase_add_test(tc, test_the_whole_is_read_as_it_was_written);
        tcase_add_test(tc, test_who_answers_for_it_is_in_the_whole);
        tcase_add_test(tc, test_what_an_alert_brings_is_longer_than_what_a_person_writes);
        tcase_add_test(tc, test_a_submission_may_not_say_that_it_is_approved);
        suite_add_tcase(suite, tc);

        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        zone = thon_zone_free(zone);
        return failed ? 1 : 0;
}
