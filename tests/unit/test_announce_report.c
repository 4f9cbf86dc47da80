/* A month of the loudspeakers in numbers: every airing is counted once, and every second of a fault within the month. */
#include "thon/announce_report.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FROM 1000000
#define TO   2000000

static struct thon_announce_report *report;

static void begin(void)
{
        ck_assert_int_eq(thon_announce_report_new((struct thon_wall){FROM}, (struct thon_wall){TO}, &report),
                         0);
}

static void end(void)
{
        report = thon_announce_report_free(report);
}

static const struct thon_announce_report_zone *zone(const char *id)
{
        size_t n;
        const struct thon_announce_report_zone *zones = thon_announce_report_zones(report, &n);

        for (size_t i = 0; i < n; i++)
                if (strcmp(zones[i].id, id) == 0)
                        return &zones[i];
        return NULL;
}

static const struct thon_announce_fault_count *fault(const char *id, const char *what)
{
        const struct thon_announce_report_zone *z = zone(id);

        for (size_t i = 0; z && i < z->n_faults; i++)
                if (strcmp(z->faults[i].fault, what) == 0)
                        return &z->faults[i];
        return NULL;
}

static void aired(const char *announcement, const char *zone_id, int64_t due, int64_t began, int64_t ms)
{
        ck_assert_int_eq(thon_announce_report_airing(
                                 report, &(struct thon_announce_report_airing){.announcement = announcement,
                                                                               .zone = zone_id,
                                                                               .due = {due},
                                                                               .began = {began},
                                                                               .state = THON_AIRING_AIRED,
                                                                               .ms = ms}),
                         0);
}

START_TEST(test_what_was_aired)
{
        const struct thon_announce_count *count;
        size_t n;

        aired("tin-1", "thon-4", FROM, FROM + 2, 90000);
        aired("tin-1", "thon-5", FROM, FROM + 2, 90000);
        aired("tin-2", "thon-4", TO - 1, TO + 600, 30500); /* late */
        aired("tin-3", "thon-4", FROM - 1, FROM, 1);       /* of the month before */
        aired("tin-3", "thon-4", TO, TO, 1);               /* of the month after */
        (void)thon_announce_report_zones(report, &n);
        ck_assert_uint_eq(n, 2);
        count = &zone("thon-4")->classes[THON_CLASS_NORMAL];
        ck_assert_uint_eq(count->airings, 2);
        ck_assert_uint_eq(count->aired, 2);
        ck_assert_uint_eq(count->late, 1);
        ck_assert_int_eq(count->ms, 120500);
        ck_assert_uint_eq(thon_announce_report_announcements(report), 2);
}
END_TEST

START_TEST(test_what_was_not_aired_and_why)
{
        struct thon_announce_report_airing airing = {.announcement = "tin-1",
                                                     .zone = "thon-4",
                                                     .class = THON_CLASS_PRIORITY,
                                                     .due = {FROM + 5},
                                                     .began = THON_WALL_NEVER,
                                                     .state = THON_AIRING_DROPPED,
                                                     .reason = THON_AIR_QUIET};
        const struct thon_announce_count *count;

        ck_assert_int_eq(thon_announce_report_airing(report, &airing), 0);
        ck_assert_int_eq(thon_announce_report_airing(report, &airing), 0);
        airing.reason = THON_AIR_FAILED;
        airing.ms = 7000;
        airing.began = airing.due;
        ck_assert_int_eq(thon_announce_report_airing(report, &airing), 0);
        airing.state = THON_AIRING_CANCELLED;
        airing.reason = THON_AIR_CANCELLED;
        airing.ms = 0;
        ck_assert_int_eq(thon_announce_report_airing(report, &airing), 0);
        airing.state = THON_AIRING_WAITING;
        ck_assert_int_eq(thon_announce_report_airing(report, &airing), 0);

        count = &zone("thon-4")->classes[THON_CLASS_PRIORITY];
        ck_assert_uint_eq(count->airings, 5);
        ck_assert_uint_eq(count->dropped, 3);
        ck_assert_uint_eq(count->cancelled, 1);
        ck_assert_uint_eq(count->open, 1);
        ck_assert_uint_eq(count->partly, 1);
        ck_assert_uint_eq(count->reasons[THON_AIR_QUIET], 2);
        ck_assert_uint_eq(count->reasons[THON_AIR_FAILED], 1);
        ck_assert_uint_eq(count->reasons[THON_AIR_CANCELLED], 1);
        ck_assert_uint_eq(zone("thon-4")->classes[THON_CLASS_NORMAL].airings, 0);
}
END_TEST

START_TEST(test_aired_but_silent)
{
        struct thon_announce_report_airing airing = {.announcement = "tin-1",
                                                     .zone = "thon-4",
                                                     .due = {FROM},
                                                     .began = {FROM},
                                                     .state = THON_AIRING_AIRED,
                                                     .ms = 60000,
                                                     .silent = true};

        ck_assert_int_eq(thon_announce_report_airing(report, &airing), 0);
        ck_assert_uint_eq(zone("thon-4")->classes[THON_CLASS_NORMAL].silent, 1);
        ck_assert_uint_eq(zone("thon-4")->classes[THON_CLASS_NORMAL].aired, 1);
}
END_TEST

static void failed(const char *what, int64_t from, int64_t to)
{
        ck_assert_int_eq(thon_announce_report_fault(report, "thon-4", what, (struct thon_wall){from},
                                                    (struct thon_wall){to}),
                         0);
}

START_TEST(test_a_fault_counts_within_the_month)
{
        failed("silent", FROM - 100, FROM + 50); /* over its beginning */
        failed("silent", TO - 30, INT64_MAX);    /* it stands */
        failed("silent", FROM - 100, FROM - 50);
        failed("silent", TO, TO + 1);
        failed("stuck", FROM + 7, FROM + 7); /* within a second */
        ck_assert_uint_eq(fault("thon-4", "silent")->number, 2);
        ck_assert_int_eq(fault("thon-4", "silent")->seconds, 80);
        ck_assert(fault("thon-4", "silent")->stands);
        ck_assert_uint_eq(fault("thon-4", "stuck")->number, 1);
        ck_assert_int_eq(fault("thon-4", "stuck")->seconds, 0);
        ck_assert(!fault("thon-4", "stuck")->stands);
}
END_TEST

START_TEST(test_more_kinds_of_faults_than_places)
{
        char what[8];

        for (int i = 0; i < 40; i++) {
                (void)snprintf(what, sizeof what, "f-%d", i);
                failed(what, FROM, FROM + 1);
        }
        ck_assert_uint_eq(zone("thon-4")->n_faults, THON_REPORT_FAULTS_MAX);
        ck_assert_uint_eq(fault("thon-4", "other")->number, 40 - THON_REPORT_FAULTS_MAX + 1);
        ck_assert_uint_eq(fault("thon-4", "f-3")->number, 1);
}
END_TEST

START_TEST(test_what_makes_no_sense_is_refused)
{
        struct thon_announce_report *none = NULL;

        ck_assert_int_eq(thon_announce_report_new((struct thon_wall){TO}, (struct thon_wall){TO}, &none),
                         -EINVAL);
        ck_assert_ptr_null(none);
        ck_assert_int_eq(
                thon_announce_report_airing(report,
                                            &(struct thon_announce_report_airing){
                                                    .announcement = "a", .zone = "", .due = {FROM}}),
                -EINVAL);
}
END_TEST

/* Whatever comes in, the columns add up. */
START_TEST(test_the_columns_add_up)
{
        struct thon_announce_count sum = {0};
        unsigned state = 12345, due = 0;
        size_t n;

        for (int i = 0; i < 5000; i++) {
                char announcement[16], id[16];
                struct thon_announce_report_airing airing = {.announcement = announcement, .zone = id};

                state = state * 1103515245u + 12345u;
                (void)snprintf(announcement, sizeof announcement, "tin-%u", state >> 8 & 63);
                (void)snprintf(id, sizeof id, "thon-%u", state >> 14 & 7);
                airing.class = (enum thon_class)((state >> 17) % THON_CLASSES);
                airing.state = (enum thon_airing_state)((state >> 19) % THON_AIRING_STATES);
                airing.reason = (enum thon_air_reason)((state >> 22) % THON_AIR_REASONS);
                airing.due.s = FROM - 1000 + (int64_t)(state >> 4) % (TO - FROM + 2000);
                airing.began = airing.due;
                airing.ms = state >> 27;
                due += airing.due.s >= FROM && airing.due.s < TO;
                ck_assert_int_eq(thon_announce_report_airing(report, &airing), 0);
        }
        const struct thon_announce_report_zone *zones = thon_announce_report_zones(report, &n);
        for (size_t i = 0; i < n; i++) {
                ck_assert(i == 0 || strcmp(zones[i - 1].id, zones[i].id) < 0);
                for (size_t j = 0; j < THON_CLASSES; j++) {
                        const struct thon_announce_count *c = &zones[i].classes[j];
                        unsigned reasons = 0;

                        for (size_t k = 0; k < THON_AIR_REASONS; k++)
                                reasons += c->reasons[k];
                        ck_assert_uint_eq(c->airings, c->aired + c->dropped + c->cancelled + c->open);
                        ck_assert_uint_eq(reasons, c->dropped + c->cancelled);
                        ck_assert_uint_le(c->partly, reasons);
                        thon_announce_count_add(&sum, c);
                }
        }
        ck_assert_uint_eq(sum.airings, due);
        ck_assert_uint_eq(thon_announce_report_announcements(report), 64);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("announce report");
        TCase *tc = tcase_create("announce report");

        tcase_add_checked_fixture(tc, begin, end);
        tcase_add_test(tc, test_what_was_aired);
        tcase_add_test(tc, test_what_was_not_aired_and_why);
        tcase_add_test(tc, test_aired_but_silent);
        tcase_add_test(tc, test_a_fault_counts_within_the_month);
        tcase_add_test(tc, test_more_kinds_of_faults_than_places);
        tcase_add_test(tc, test_what_makes_no_sense_is_refused);
        tcase_add_test(tc, test_the_columns_add_up);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
