/* A clock that is not to be trusted, that is set forward and back, and that has summer time. */
#include "air_story.h"

START_TEST(by_a_clock_that_is_not_trusted_only_emergencies_air)
{
        open_station();
        story.now.trusted = false;
        add(airing(1, 0, "06:00", 60));
        add(emergency(2, 0, "06:00", 60));
        says_at("06:00", "start 2; hold 1 clock");
        plays_to("06:01", 2, 60);
        says("end 2 aired 60s");
        ck_assert_str_eq(asks(), "never");
        story.now.trusted = true;
        says("start 1");
}
END_TEST

START_TEST(when_it_is_trusted_what_is_late_goes_and_the_rest_airs)
{
        struct thon_airing expired = airing(3, 1, "06:00", 60);

        open_station();
        story.now.trusted = false;
        expired.expires = when("06:30");
        add(airing(1, 0, "06:00", 60));
        add(airing(2, 0, "09:00", 60));
        add(expired);
        says_at("06:00", "hold 1 clock; hold 3 clock");
        says_at("08:00", ""); /* by that clock it would be late: by that clock it is not judged */
        story.now.trusted = true;
        set_clock("09:10");
        says("end 1 dropped clock; end 3 dropped expired; start 2");
}
END_TEST

START_TEST(an_expired_emergency_is_not_said_whatever_the_clock)
{
        struct thon_airing it = emergency(1, 0, "06:00", 60);

        open_station();
        story.now.trusted = false;
        it.expires = when("06:30");
        add(it);
        says_at("06:30", "end 1 dropped expired");
}
END_TEST

START_TEST(set_forward_over_its_latest_start_it_is_dropped)
{
        open_station();
        add(airing(1, 0, "06:00", 60));
        says_at("05:00", "");
        set_clock("09:00");
        says("end 1 dropped late");
}
END_TEST

START_TEST(set_forward_into_quiet_hours_what_is_on_air_stops)
{
        quiet(0, "21:30-05:30");
        open_station();
        add(airing(1, 0, "20:00", 600));
        says_at("20:00", "start 1 until 21:30:00");
        started(1);
        go("20:05");
        set_clock("22:05");
        says("stop 1 quiet");
        ended(1, THON_AIR_STOPPED, 300);
        says("end 1 dropped quiet 300s");
}
END_TEST

START_TEST(set_back_while_on_air_it_goes_on_and_airs_once)
{
        int64_t day, week;

        open_station();
        story.rules[0].day_s = HOUR;
        thon_air_free(story.air);
        open_station();
        add(airing(1, 0, "06:00", 600));
        add(airing(2, 0, "06:20", 60));
        says_at("06:00", "start 1 until 07:00:00");
        started(1);
        go("06:05");
        set_clock("05:30");
        says("");
        go("05:35");
        ended(1, THON_AIR_PLAYED, 600);
        says("end 1 aired 600s");
        thon_air_used(story.air, 0, story.now.wall, &day, &week);
        ck_assert_int_eq(day, 600);
        says_at("06:00", "");
        says_at("06:20", "start 2 until 07:10:00");
}
END_TEST

START_TEST(what_was_interrupted_goes_on_though_the_clock_was_set_back)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        started(1);
        add(emergency(2, 0, "06:01", 60));
        says_at("06:01", "stop 1 interrupted; hold 2 busy");
        ended(1, THON_AIR_STOPPED, 60);
        set_clock("03:00");
        /* The emergency is not due by this clock; what has begun needs no due time. */
        says("start 1 from 60s");
        started(1);
        says_at("06:01", "stop 1 interrupted; hold 2 busy");
}
END_TEST

START_TEST(sound_counts_on_the_day_on_which_it_was_heard)
{
        int64_t day, week;

        story.rules[0].day_s = HOUR;
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1 until 07:00:00");
        started(1);
        go("06:04");
        next_day();
        set_clock("12:00");
        says("");
        go("12:06");
        ended(1, THON_AIR_PLAYED, 600);
        thon_air_used(story.air, 0, story.now.wall, &day, &week);
        ck_assert_int_eq(day, 360);
        ck_assert_int_eq(week, 600);
        story.day--;
        thon_air_used(story.air, 0, when("12:00"), &day, &week);
        ck_assert_int_eq(day, 240);
}
END_TEST

START_TEST(a_budget_does_not_come_back_by_a_clock_that_was_wrong_for_a_while)
{
        story.rules[0].day_s = 600;
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1 until 06:10:00");
        plays_to("06:10", 1, 600);
        says("end 1 aired 600s");
        story.day += 3000;
        set_clock("12:00");
        says("");
        story.day -= 3000;
        set_clock("06:11");
        add(airing(2, 0, "06:11", 60));
        says("hold 2 day");
}
END_TEST

/* ---- summer time ----------------------------------------------------------------------------------------- */

static void in_berlin(int month, int day)
{
        static unsigned char buf[65536];
        FILE *file = fopen("/usr/share/zoneinfo/Europe/Berlin", "rbe");
        size_t n;

        ck_assert_ptr_nonnull(file);
        n = fread(buf, 1, sizeof buf, file);
        fclose(file);
        thon_zone_free(story.civil);
        ck_assert_int_eq(thon_zone_parse(buf, n, &story.civil), THON_ZONE_OK);
        story.day = thon_date_days((struct thon_date){2027, (int8_t)month, (int8_t)day});
        story.now.wall = thon_zone_instant(story.civil, story.day, 0);
}

START_TEST(hours_that_come_twice_are_quiet_twice)
{
        struct thon_airing it;
        struct thon_wall again;

        quiet(0, "02:15-02:30");
        in_berlin(10, 31); /* 03:00 becomes 02:00 */
        open_station();
        it = airing(1, 0, "02:40", 1800);
        it.latest.s = it.due.s + HOUR;
        add(it);
        again.s = when("02:15").s + HOUR;
        /* 02:40 the first time: thirty-five minutes on it is 02:15 once more. */
        says_at("02:40", "start 1 until 02:15:00");
        started(1);
        go("02:40");
        story.now.mono.us += (uint64_t)(again.s - story.now.wall.s) * 1000000;
        story.now.wall = again;
        says("stop 1 quiet");
}
END_TEST

START_TEST(what_does_not_fit_before_they_come_again_is_held)
{
        struct thon_airing it;

        quiet(0, "02:15-02:30");
        in_berlin(10, 31);
        open_station();
        it = airing(1, 0, "02:50", 1800);
        it.latest.s = it.due.s + HOUR;
        add(it);
        says_at("02:50", "hold 1 quiet");
        ck_assert_str_eq(asks(), "02:30:00");
}
END_TEST

START_TEST(quiet_hours_whose_beginning_is_skipped_begin_at_the_jump)
{
        struct thon_airing late;

        quiet(0, "02:30-04:00");
        in_berlin(3, 28); /* 02:00 becomes 03:00 */
        open_station();
        add(airing(1, 0, "01:50", 600));
        late = airing(2, 0, "01:59", 61);
        late.latest.s = late.due.s + 3 * HOUR;
        add(late);
        says_at("01:50", "start 1 until 03:00:00");
        plays_to("01:59", 1, 600);
        says("end 1 aired 600s; hold 2 quiet");
        ck_assert_str_eq(asks(), "04:00:00");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("air_clock");
        TCase *tc = tcase_create("air_clock");

        tcase_add_checked_fixture(tc, story_begin, story_end);
        tcase_add_test(tc, by_a_clock_that_is_not_trusted_only_emergencies_air);
        tcase_add_test(tc, when_it_is_trusted_what_is_late_goes_and_the_rest_airs);
        tcase_add_test(tc, an_expired_emergency_is_not_said_whatever_the_clock);
        tcase_add_test(tc, set_forward_over_its_latest_start_it_is_dropped);
        tcase_add_test(tc, set_forward_into_quiet_hours_what_is_on_air_stops);
        tcase_add_test(tc, set_back_while_on_air_it_goes_on_and_airs_once);
        tcase_add_test(tc, what_was_interrupted_goes_on_though_the_clock_was_set_back);
        tcase_add_test(tc, sound_counts_on_the_day_on_which_it_was_heard);
        tcase_add_test(tc, a_budget_does_not_come_back_by_a_clock_that_was_wrong_for_a_while);
        tcase_add_test(tc, hours_that_come_twice_are_quiet_twice);
        tcase_add_test(tc, what_does_not_fit_before_they_come_again_is_held);
        tcase_add_test(tc, quiet_hours_whose_beginning_is_skipped_begin_at_the_jump);
        suite_add_tcase(suite, tc);
        return story_main(suite);
}
