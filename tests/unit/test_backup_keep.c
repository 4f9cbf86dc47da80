/* Which copies of the store are kept: years of nights, clocks that are wrong, and names that are not ours. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "relay_random.h"
#include "thon/backup_keep.h"

#define DAY 86400
#define MAX 2000

static const struct thon_keep week_month_half = {7, 4, 6};

static struct thon_wall at(const char *date, int hour)
{
        struct thon_date day;

        ck_assert(thon_date_parse(date, &day));
        return (struct thon_wall){(int64_t)thon_date_days(day) * DAY + hour * 3600};
}

/* What a directory has, and what a night does to it. */
struct shelf {
        struct thon_wall at[MAX];
        size_t n;
};

static void night(struct shelf *shelf, struct thon_wall made, const struct thon_keep *keep,
                  struct thon_wall now)
{
        bool go[MAX];
        size_t kept = 0;

        ck_assert_uint_lt(shelf->n, MAX);
        shelf->at[shelf->n++] = made;
        ck_assert_int_eq(thon_backup_keep(shelf->at, shelf->n, shelf->n - 1, keep, now, go), 0);
        for (size_t i = 0; i < shelf->n; i++)
                if (!go[i])
                        shelf->at[kept++] = shelf->at[i];
        shelf->n = kept;
}

static bool has(const struct shelf *shelf, struct thon_wall wanted)
{
        for (size_t i = 0; i < shelf->n; i++)
                if (shelf->at[i].s == wanted.s)
                        return true;
        return false;
}

START_TEST(test_after_a_year_of_nights_there_are_days_weeks_and_months)
{
        static struct shelf shelf;
        struct thon_wall last = at("2027-12-31", 19);

        shelf.n = 0;
        for (int64_t s = at("2027-01-01", 19).s; s <= last.s; s += DAY)
                night(&shelf, (struct thon_wall){s}, &week_month_half, (struct thon_wall){s});
        /* The nights of UTC 19 h are the next day's in Vietnam, 02:00. */
        for (int i = 0; i < 7; i++)
                ck_assert(has(&shelf, (struct thon_wall){last.s - i * DAY}));
        ck_assert(has(&shelf, at("2027-12-25", 19))); /* Sunday the 26th in Vietnam, the last of its week */
        ck_assert(has(&shelf, at("2027-12-18", 19)));
        ck_assert(has(&shelf, at("2027-11-29", 19)) || has(&shelf, at("2027-11-30", 19)));
        ck_assert(has(&shelf, at("2027-08-30", 19))); /* the 31st in Vietnam: the last of August */
        ck_assert(!has(&shelf, at("2027-06-29", 19)));
        ck_assert_uint_le(shelf.n, 7 + 4 + 6);
}
END_TEST

START_TEST(test_a_night_in_1970_costs_no_copy)
{
        static struct shelf shelf;

        shelf.n = 0;
        for (int i = 0; i < 7; i++)
                night(&shelf, (struct thon_wall){at("2027-03-01", 19).s + i * DAY}, &week_month_half,
                      THON_WALL_NEVER);
        ck_assert_uint_eq(shelf.n, 7);
        night(&shelf, (struct thon_wall){600}, &week_month_half, THON_WALL_NEVER);
        ck_assert_uint_eq(shelf.n, 8);
        ck_assert(has(&shelf, (struct thon_wall){600}));
        /* The next good night takes the place of the oldest day's; the one of 1970 is a month's and a week's of its own. */
        night(&shelf, at("2027-03-08", 19), &week_month_half, at("2027-03-08", 19));
        ck_assert(has(&shelf, at("2027-03-07", 19)));
        ck_assert(!has(&shelf, (struct thon_wall){600}));
}
END_TEST

START_TEST(test_a_copy_from_the_future_pushes_out_nothing_but_its_own_place)
{
        static struct shelf shelf;
        struct thon_wall odd = at("2099-01-01", 0);

        shelf.n = 0;
        night(&shelf, odd, &week_month_half, THON_WALL_NEVER);
        for (int i = 0; i < 400; i++) {
                struct thon_wall now = {at("2027-03-01", 19).s + i * DAY};

                night(&shelf, now, &week_month_half, now);
                ck_assert(has(&shelf, now));
        }
        ck_assert(has(&shelf, odd));
        for (int i = 394; i < 400; i++)
                ck_assert(has(&shelf, (struct thon_wall){at("2027-03-01", 19).s + i * DAY}));
}
END_TEST

START_TEST(test_a_summer_in_the_cupboard_costs_only_what_is_too_old)
{
        static struct shelf shelf;
        struct thon_wall back = at("2027-12-01", 19);

        shelf.n = 0;
        for (int i = 0; i < 30; i++)
                night(&shelf, (struct thon_wall){at("2027-05-01", 19).s + i * DAY}, &week_month_half,
                      THON_WALL_NEVER);
        night(&shelf, back, &week_month_half, back);
        ck_assert(has(&shelf, at("2027-05-30", 19)));
        back.s += 60 * DAY;
        night(&shelf, back, &week_month_half, back);
        ck_assert_uint_eq(shelf.n, 2);
}
END_TEST

START_TEST(test_nothing_to_keep_still_keeps_the_newest)
{
        struct thon_keep none = {0, 0, 0};
        struct thon_wall times[2] = {{5 * DAY}, {4 * DAY}};
        bool go[2];

        ck_assert_int_eq(thon_backup_keep(times, 2, 1, &none, at("2027-01-01", 0), go), 0);
        ck_assert(go[0]);
        ck_assert(!go[1]);
        ck_assert_int_eq(thon_backup_keep(times, 0, 0, &none, THON_WALL_NEVER, go), 0);
}
END_TEST

START_TEST(test_whatever_was_made_the_newest_stays_and_space_is_bounded)
{
        random_begin();
        for (int round = 0; round < 300; round++) {
                static struct shelf shelf;
                struct thon_keep keep = {(unsigned)random_below(10), (unsigned)random_below(6),
                                         (unsigned)random_below(12)};
                int64_t clock = (int64_t)random_below(4000000000);

                shelf.n = 0;
                for (int i = 0; i < 60; i++) {
                        bool trusted = random_below(3) > 0;
                        struct thon_wall made;

                        if (random_below(10) == 0)
                                clock = (int64_t)random_below(4000000000);
                        clock += (int64_t)random_below(40 * DAY);
                        made = (struct thon_wall){clock};
                        night(&shelf, made, &keep, trusted ? made : THON_WALL_NEVER);
                        ck_assert(has(&shelf, made));
                        ck_assert_uint_le(shelf.n, keep.days + keep.weeks + keep.months + 1);
                        for (size_t k = 0; trusted && k < shelf.n; k++)
                                ck_assert(shelf.at[k].s >= clock - thon_keep_longest(&keep));
                }
        }
}
END_TEST

START_TEST(test_a_name_is_read_as_it_was_written)
{
        char name[THON_BACKUP_NAME];
        struct thon_wall back;

        ck_assert_str_eq(thon_backup_name((struct thon_wall){0}, name), "thon-19700101T000000Z.db");
        random_begin();
        for (int i = 0; i < 20000; i++) {
                struct thon_wall t = {(int64_t)random_below(315569520000) - 62167219200};

                ck_assert(thon_backup_name_parse(thon_backup_name(t, name), &back));
                ck_assert_int_eq(back.s, t.s);
        }
        ck_assert_str_eq(thon_backup_name((struct thon_wall){INT64_MAX}, name), "thon-99991231T235959Z.db");
        ck_assert_str_eq(thon_backup_name((struct thon_wall){INT64_MIN}, name), "thon-00000101T000000Z.db");
}
END_TEST

START_TEST(test_names_that_are_not_ours_are_no_copies)
{
        static const char *const foreign[] = {
                "",
                "thon.db",
                "thon-20270310T193000Z.db.new-a8Xk2q",
                "thon-20270310T193000Z.db-wal",
                "thon-20270230T193000Z.db",
                "thon-20270310T243000Z.db",
                "thon-20270310T196000Z.db",
                "thon-20270310T193060Z.db",
                "thon-20270310t193000Z.db",
                "thon-2027031dT193000Z.db",
                "thon-ddddddddTddddddZ.db",
                "Thon-20270310T193000Z.db",
                "thon-20270310T193000Z.dB",
                "thon-+0270310T193000Z.db",
                "before-20270310T193000Z.db",
        };
        struct thon_wall t;

        for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
                ck_assert_msg(!thon_backup_name_parse(foreign[i], &t), "%s", foreign[i]);
        ck_assert(thon_backup_name_parse("thon-20270310T193000Z.db", &t));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("backup_keep");
        TCase *rules = tcase_create("rules");
        SRunner *runner;
        int failed;

        tcase_add_test(rules, test_after_a_year_of_nights_there_are_days_weeks_and_months);
        tcase_add_test(rules, test_a_night_in_1970_costs_no_copy);
        tcase_add_test(rules, test_a_copy_from_the_future_pushes_out_nothing_but_its_own_place);
        tcase_add_test(rules, test_a_summer_in_the_cupboard_costs_only_what_is_too_old);
        tcase_add_test(rules, test_nothing_to_keep_still_keeps_the_newest);
        tcase_add_test(rules, test_whatever_was_made_the_newest_stays_and_space_is_bounded);
        tcase_add_test(rules, test_a_name_is_read_as_it_was_written);
        tcase_add_test(rules, test_names_that_are_not_ours_are_no_copies);
        suite_add_tcase(suite, rules);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
