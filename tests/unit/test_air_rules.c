/* What a zone's rules forbid: sound in quiet hours, more airtime than there is, a bulletin too often, too late, or after it expired. */
#include "air_story.h"

START_TEST(at_0315_nothing_sounds)
{
        quiet(0, "21:30-05:30");
        open_station();
        add(airing(1, 0, "03:15", 1200));
        says_at("03:15", "hold 1 quiet");
        /* It is dropped in silence at 03:45: its latest start. */
        ck_assert_str_eq(asks(), "03:45:01");
        says_at("03:45", "");
        says_at("03:45:01", "end 1 dropped quiet");
}
END_TEST

START_TEST(but_an_emergency_does)
{
        quiet(0, "21:30-05:30");
        story.rules[0].day_s = 60;
        open_station();
        add(emergency(1, 0, "03:15", 1200));
        says_at("03:15", "start 1");
        plays_to("03:35", 1, 1200);
        says("end 1 aired 1200s");
}
END_TEST

START_TEST(what_would_reach_into_quiet_hours_does_not_begin)
{
        struct thon_airing longer = airing(1, 0, "21:00", 1801), exact = airing(2, 1, "21:00", 1800);

        quiet(0, "21:30-05:30");
        quiet(1, "21:30-05:30");
        open_station();
        longer.latest = when("21:59");
        add(longer);
        add(exact);
        add(airing(3, 0, "21:10", 60));
        says_at("21:00", "start 2 until 21:30:00; hold 1 quiet");
        plays_to("21:05", 2, 1800);
        /* What is short goes before it meanwhile. */
        says_at("21:10", "end 2 aired 1800s; start 3 until 21:30:00");
        plays_to("21:11", 3, 60);
        says("end 3 aired 60s");
        ck_assert_str_eq(asks(), "21:59:01");
        says_at("21:59:01", "end 1 dropped quiet");
}
END_TEST

START_TEST(held_over_quiet_hours_it_airs_when_they_end)
{
        struct thon_airing it = airing(1, 0, "05:00", 60);

        quiet(0, "21:30-05:30");
        open_station();
        it.latest = when("06:00");
        add(it);
        says_at("05:00", "hold 1 quiet");
        ck_assert_str_eq(asks(), "05:30:00");
        says_at("05:29:59", "");
        says_at("05:30", "start 1 until 21:30:00");
}
END_TEST

START_TEST(the_warm_up_of_the_amplifier_counts)
{
        quiet(0, "21:30-05:30");
        story.rules[0].warm_us = 2000000;
        open_station();
        add(airing(1, 0, "21:28:59", 60));
        add(airing(2, 0, "21:28:58", 60));
        says_at("21:28:58", "start 2 until 21:30:00");
        go("21:28:59");
        thon_air_cancel(story.air, 2, THON_AIR_CANCELLED);
        says("stop 2 cancelled; hold 1 quiet");
}
END_TEST

START_TEST(several_quiet_hours_and_those_that_touch)
{
        struct thon_airing it = airing(1, 0, "11:20", 1200);

        quiet(0, "11:30-12:00");
        quiet(0, "12:00-13:30");
        quiet(0, "21:30-05:30");
        open_station();
        it.latest = when("14:00");
        add(it);
        says_at("11:20", "hold 1 quiet");
        ck_assert_str_eq(asks(), "13:30:00");
        says_at("13:30", "start 1 until 21:30:00");
}
END_TEST

START_TEST(a_zone_that_is_always_quiet_is_for_emergencies)
{
        quiet(0, "always");
        open_station();
        add(airing(1, 0, "09:00", 60));
        add(emergency(2, 0, "09:00", 60));
        says_at("09:00", "start 2; hold 1 quiet");
        ck_assert_str_eq(asks(), "09:30:01");
}
END_TEST

START_TEST(one_that_should_have_ended_is_stopped_when_quiet_hours_begin)
{
        quiet(0, "21:30-05:30");
        open_station();
        add(airing(1, 0, "21:00", 1500));
        says_at("21:00", "start 1 until 21:30:00");
        go("21:10"); /* the source was slow to come */
        started(1);
        says("");
        ck_assert_str_eq(asks(), "21:30:00");
        says_at("21:30", "stop 1 quiet");
        ended(1, THON_AIR_STOPPED, 1200);
        says("end 1 dropped quiet 1200s");
}
END_TEST

START_TEST(where_the_player_stops_by_itself_it_is_the_same)
{
        quiet(0, "21:30-05:30");
        open_station();
        add(airing(1, 0, "21:00", 1500));
        says_at("21:00", "start 1 until 21:30:00");
        go("21:10");
        started(1);
        go("21:30");
        ended(1, THON_AIR_PLAYED, 1200);
        says("end 1 dropped quiet 1200s");
}
END_TEST

START_TEST(a_source_that_ends_early_has_aired)
{
        quiet(0, "21:30-05:30");
        open_station();
        add(airing(1, 0, "19:00", 1800));
        says_at("19:00", "start 1 until 21:30:00");
        plays_to("19:10", 1, 600);
        says("end 1 aired 600s");
}
END_TEST

START_TEST(airtime_of_a_day_is_three_bulletins_of_a_quarter_of_an_hour)
{
        story.rules[0].day_s = 45 * MINUTE;
        open_station();
        for (int i = 0; i < 3; i++) {
                char from[6], to[6];

                (void)snprintf(from, sizeof from, "%02d:00", 6 + i);
                (void)snprintf(to, sizeof to, "%02d:15", 6 + i);
                add(airing(i + 1, 0, from, 900));
                ck_assert_ptr_nonnull(strstr(look_at(from), "start"));
                plays_to(to, i + 1, 900);
                ck_assert_ptr_nonnull(strstr(look(), "aired"));
        }
        add(airing(4, 0, "09:00", 1));
        says_at("09:00", "hold 4 day");
        says_at("09:30:01", "end 4 dropped day");
        /* Tomorrow there is as much again. */
        next_day();
        add(airing(5, 0, "00:00", 900));
        says_at("00:00", "start 5 until 00:45:00");
}
END_TEST

START_TEST(what_waits_for_airtime_waits_for_midnight)
{
        struct thon_airing it = airing(2, 0, "22:00", 60);

        story.rules[0].day_s = 10 * MINUTE;
        open_station();
        thon_air_was(story.air, 0, "hom-nay", THON_CLASS_NORMAL, when("06:00"), 10 * MINUTE);
        it.latest.s = when("23:59").s + HOUR;
        add(it);
        says_at("22:00", "hold 2 day");
        ck_assert_str_eq(asks(), "00:00:00");
        next_day();
        says_at("00:00", "start 2 until 00:10:00");
}
END_TEST

START_TEST(sound_over_midnight_counts_on_both_days)
{
        struct thon_airing it = airing(1, 0, "23:50", 600);
        int64_t day, week;

        story.rules[0].day_s = 10 * MINUTE;
        open_station();
        thon_air_was(story.air, 0, "hom-nay", THON_CLASS_NORMAL, when("06:00"), 6 * MINUTE);
        it.latest.s = when("23:59").s + HOUR;
        add(it);
        says_at("23:50", "hold 1 day");
        /* Four minutes are left of today; the other six are tomorrow's. */
        ck_assert_str_eq(asks(), "23:56:00");
        go("23:56");
        ck_assert_ptr_nonnull(strstr(look(), "start 1"));
        started(1);
        next_day();
        go("00:06");
        ended(1, THON_AIR_PLAYED, 600);
        says("end 1 aired 600s");
        thon_air_used(story.air, 0, when("00:06"), &day, &week);
        ck_assert_int_eq(day, 6 * MINUTE);
        ck_assert_int_eq(week, 16 * MINUTE);
}
END_TEST

START_TEST(midnight_parts_it_the_worse_way_when_the_amplifier_is_cold)
{
        struct thon_airing it = airing(1, 0, "23:59:58", 62);

        story.rules[0].day_s = 60;
        story.rules[0].warm_us = 2000000;
        open_station();
        it.latest.s = it.due.s + HOUR;
        add(it);
        /* With a warm one two seconds of it were today's; so all of it is tomorrow's, and too long. */
        says_at("23:59:58", "hold 1 day");
}
END_TEST

START_TEST(airtime_of_a_week_begins_anew_on_monday)
{
        struct thon_airing it = airing(1, 0, "20:00", 600);

        story.rules[0].week_s = 60 * MINUTE;
        open_station();
        thon_air_was(story.air, 0, "thu-hai", THON_CLASS_NORMAL, when("06:00"), 30 * MINUTE);
        story.day += 6; /* Sunday */
        thon_air_was(story.air, 0, "chu-nhat", THON_CLASS_PRIORITY, when("06:00"), 25 * MINUTE);
        thon_air_was(story.air, 0, "bao", THON_CLASS_EMERGENCY, when("06:00"), 60 * MINUTE);
        it = airing(1, 0, "20:00", 600);
        it.latest.s = it.due.s + 12 * HOUR;
        add(it);
        says_at("20:00", "hold 1 week");
        ck_assert_str_eq(asks(), "23:55:00");
        go("23:55");
        ck_assert_ptr_nonnull(strstr(look(), "start 1"));
}
END_TEST

START_TEST(an_emergency_uses_no_airtime)
{
        int64_t day, week;

        story.rules[0].day_s = 60;
        open_station();
        add(emergency(1, 0, "06:00", 1200));
        says_at("06:00", "start 1");
        plays_to("06:20", 1, 1200);
        says("end 1 aired 1200s");
        thon_air_used(story.air, 0, story.now.wall, &day, &week);
        ck_assert_int_eq(day + week, 0);
}
END_TEST

START_TEST(what_was_heard_of_an_interrupted_one_counts)
{
        int64_t day, week;

        story.rules[0].day_s = HOUR;
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1 until 07:00:00");
        started(1);
        add(emergency(2, 0, "06:04", 60));
        says_at("06:04", "stop 1 interrupted; hold 2 busy");
        thon_air_used(story.air, 0, story.now.wall, &day, &week);
        ck_assert_int_eq(day, 240);
        ended(1, THON_AIR_STOPPED, 240);
        thon_air_used(story.air, 0, story.now.wall, &day, &week);
        ck_assert_int_eq(day, 240);
        ck_assert_int_eq(week, 240);
}
END_TEST

START_TEST(one_announcement_airs_no_more_often_a_day_than_allowed)
{
        story.rules[0].repeats = 2;
        open_station();
        for (int i = 0; i < 3; i++) {
                struct thon_airing it = airing(i + 1, 0, i == 0 ? "06:00" : i == 1 ? "07:00" : "08:00", 60);

                (void)snprintf(it.announcement, sizeof it.announcement, "tiem-chung");
                add(it);
        }
        add(airing(4, 0, "08:00", 60));
        says_at("06:00", "start 1");
        plays_to("06:01", 1, 60);
        says_at("07:00", "end 1 aired 60s; start 2");
        plays_to("07:01", 2, 60);
        says_at("08:00", "end 2 aired 60s; start 4; hold 3 repeats");
        plays_to("08:01", 4, 60);
        says_at("08:30:01", "end 3 dropped repeats; end 4 aired 60s");
}
END_TEST

START_TEST(an_interrupted_one_is_the_same_repeat_when_it_goes_on)
{
        story.rules[0].repeats = 1;
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        started(1);
        add(emergency(2, 0, "06:01", 60));
        says_at("06:01", "stop 1 interrupted; hold 2 busy");
        ended(1, THON_AIR_STOPPED, 60);
        says("start 2; hold 1 busy");
        plays_to("06:02", 2, 60);
        says("end 2 aired 60s; start 1 from 60s");
}
END_TEST

START_TEST(repeats_of_before_a_restart_count_too)
{
        story.rules[0].repeats = 1;
        open_station();
        thon_air_was(story.air, 0, "tin-1", THON_CLASS_NORMAL, when("06:00"), 60);
        add(airing(1, 0, "07:00", 60));
        says_at("07:00", "hold 1 repeats");
}
END_TEST

START_TEST(a_stale_bulletin_is_dropped_and_says_so)
{
        struct thon_airing own = airing(2, 1, "06:00", 60);

        open_station();
        own.latest = when("06:05");
        add(airing(1, 0, "06:00", 60));
        add(own);
        /* Nobody looked for half an hour. */
        says_at("06:30:01", "end 1 dropped late; end 2 dropped late");
}
END_TEST

START_TEST(at_its_latest_start_it_may_still_begin)
{
        open_station();
        add(airing(1, 0, "06:00", 60));
        says_at("06:30", "start 1");
}
END_TEST

START_TEST(what_waited_too_long_for_another_says_that)
{
        open_station();
        add(airing(1, 0, "06:00", HOUR));
        add(airing(2, 0, "06:00", 60));
        says_at("06:00", "start 1; hold 2 busy");
        ck_assert_str_eq(asks(), "06:30:01");
        says_at("06:30:01", "end 2 dropped busy");
}
END_TEST

START_TEST(what_expired_is_not_said_be_it_an_emergency)
{
        struct thon_airing it = airing(1, 0, "06:00", 60), flood = emergency(2, 0, "07:00", 60);

        open_station();
        it.expires = when("06:00");
        flood.expires = when("06:30");
        add(it);
        add(flood);
        says_at("06:00", "end 1 dropped expired");
        ck_assert_str_eq(asks(), "06:30:00");
        says_at("06:30", "end 2 dropped expired");
}
END_TEST

START_TEST(an_emergency_has_no_latest_start_but_its_own)
{
        struct thon_airing own = emergency(2, 0, "06:00", 60);

        quiet(0, "05:00-10:00"); /* which are not why it was late */
        open_station();
        own.latest = when("06:01");
        add(emergency(1, 0, "06:00", 60));
        add(own);
        says_at("09:00", "end 2 dropped late; start 1");
}
END_TEST

START_TEST(one_without_sound_is_dropped_at_its_latest_or_when_that_is_known)
{
        struct thon_airing first = airing(1, 0, "06:00", 0), second = airing(2, 0, "06:00", 0);

        open_station();
        first.ready = second.ready = false;
        add(first);
        add(second);
        says_at("06:00", "hold 1 no-sound; hold 2 no-sound");
        thon_air_ready(story.air, 1, 0);
        says("end 1 dropped no-sound");
        says_at("06:30:01", "end 2 dropped no-sound");
}
END_TEST

START_TEST(it_goes_on_after_an_interruption_although_its_latest_start_went_by)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:29", "start 1");
        started(1);
        add(emergency(2, 0, "06:30", 300));
        says_at("06:30", "stop 1 interrupted; hold 2 busy");
        ended(1, THON_AIR_STOPPED, 60);
        says("start 2; hold 1 busy");
        plays_to("06:35", 2, 300);
        says("end 2 aired 300s; start 1 from 60s");
}
END_TEST

START_TEST(but_not_after_a_quarter_of_an_hour)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:29", "start 1");
        started(1);
        add(emergency(2, 0, "06:30", 1200));
        says_at("06:30", "stop 1 interrupted; hold 2 busy");
        ended(1, THON_AIR_STOPPED, 60);
        says("start 2; hold 1 busy");
        started(2);
        says("");
        ck_assert_str_eq(asks(), "06:30:01");
        says_at("06:30:01", "");
        ck_assert_str_eq(asks(), "+899.0s");
        says_at("06:44:59", "");
        says_at("06:45", "end 1 dropped interrupted 60s");
}
END_TEST

START_TEST(nor_into_quiet_hours)
{
        quiet(0, "06:40-07:00");
        open_station();
        add(airing(1, 0, "06:20", 900));
        says_at("06:20", "start 1 until 06:40:00");
        started(1);
        add(emergency(2, 0, "06:30", 60));
        says_at("06:30", "stop 1 interrupted; hold 2 busy");
        ended(1, THON_AIR_STOPPED, 300); /* it had come no further: ten minutes are left of it */
        says("start 2; hold 1 busy");
        plays_to("06:31", 2, 60);
        says("end 2 aired 60s; hold 1 quiet");
        says_at("06:50:01", "end 1 dropped interrupted 300s");
}
END_TEST

START_TEST(what_was_interrupted_at_its_very_end_has_aired)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        started(1);
        add(emergency(2, 0, "06:09:58", 60));
        says_at("06:09:58", "stop 1 interrupted; hold 2 busy");
        ended(1, THON_AIR_STOPPED, 598);
        says("end 1 aired 598s; start 2");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("air_rules");
        TCase *tc = tcase_create("air_rules");

        tcase_add_checked_fixture(tc, story_begin, story_end);
        tcase_add_test(tc, at_0315_nothing_sounds);
        tcase_add_test(tc, but_an_emergency_does);
        tcase_add_test(tc, what_would_reach_into_quiet_hours_does_not_begin);
        tcase_add_test(tc, held_over_quiet_hours_it_airs_when_they_end);
        tcase_add_test(tc, the_warm_up_of_the_amplifier_counts);
        tcase_add_test(tc, several_quiet_hours_and_those_that_touch);
        tcase_add_test(tc, a_zone_that_is_always_quiet_is_for_emergencies);
        tcase_add_test(tc, one_that_should_have_ended_is_stopped_when_quiet_hours_begin);
        tcase_add_test(tc, where_the_player_stops_by_itself_it_is_the_same);
        tcase_add_test(tc, a_source_that_ends_early_has_aired);
        tcase_add_test(tc, airtime_of_a_day_is_three_bulletins_of_a_quarter_of_an_hour);
        tcase_add_test(tc, what_waits_for_airtime_waits_for_midnight);
        tcase_add_test(tc, sound_over_midnight_counts_on_both_days);
        tcase_add_test(tc, midnight_parts_it_the_worse_way_when_the_amplifier_is_cold);
        tcase_add_test(tc, airtime_of_a_week_begins_anew_on_monday);
        tcase_add_test(tc, an_emergency_uses_no_airtime);
        tcase_add_test(tc, what_was_heard_of_an_interrupted_one_counts);
        tcase_add_test(tc, one_announcement_airs_no_more_often_a_day_than_allowed);
        tcase_add_test(tc, an_interrupted_one_is_the_same_repeat_when_it_goes_on);
        tcase_add_test(tc, repeats_of_before_a_restart_count_too);
        tcase_add_test(tc, a_stale_bulletin_is_dropped_and_says_so);
        tcase_add_test(tc, at_its_latest_start_it_may_still_begin);
        tcase_add_test(tc, what_waited_too_long_for_another_says_that);
        tcase_add_test(tc, what_expired_is_not_said_be_it_an_emergency);
        tcase_add_test(tc, an_emergency_has_no_latest_start_but_its_own);
        tcase_add_test(tc, one_without_sound_is_dropped_at_its_latest_or_when_that_is_known);
        tcase_add_test(tc, it_goes_on_after_an_interruption_although_its_latest_start_went_by);
        tcase_add_test(tc, but_not_after_a_quarter_of_an_hour);
        tcase_add_test(tc, nor_into_quiet_hours);
        tcase_add_test(tc, what_was_interrupted_at_its_very_end_has_aired);
        suite_add_tcase(suite, tc);
        return story_main(suite);
}
