/* Players that fail, die, lie or come too late: the station goes on, and what became of each airing is said. */
#include "air_story.h"

START_TEST(one_that_broke_is_tried_again_where_it_was_twice)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        add(airing(2, 0, "06:01", 60));
        says_at("06:00", "start 1");
        started(1);
        go("06:02");
        ended(1, THON_AIR_BROKE, 100);
        says("hold 1 failed; hold 2 busy");
        ck_assert_str_eq(asks(), "+2.0s");
        says_at("06:02:02", "start 1 from 100s");
        started(1);
        go("06:03:02");
        ended(1, THON_AIR_BROKE, 150);
        says("hold 1 failed");
        says_at("06:03:04", "start 1 from 150s");
        started(1);
        go("06:04:04");
        ended(1, THON_AIR_BROKE, 200);
        says("end 1 dropped failed 200s; start 2");
}
END_TEST

START_TEST(an_emergency_is_tried_five_times_from_its_beginning)
{
        static const char *const again[] = {"06:00", "06:00:01", "06:00:03", "06:00:07", "06:00:15"};

        open_station();
        add(emergency(1, 0, "06:00", 60));
        add(airing(2, 0, "06:00", 60));
        says_at("06:00", "start 1; hold 2 busy");
        ended(1, THON_AIR_BROKE, 0);
        for (int i = 0; i < 5; i++) {
                ck_assert_str_eq(look_at(again[i]), "start 1");
                ended(1, THON_AIR_BROKE, 0);
                if (i < 4)
                        (void)look();
        }
        says("end 1 dropped failed; start 2");
}
END_TEST

START_TEST(an_emergency_that_broke_in_its_midst_is_said_from_its_beginning)
{
        open_station();
        add(emergency(1, 0, "06:00", 60));
        says_at("06:00", "start 1");
        started(1);
        go("06:00:30");
        ended(1, THON_AIR_BROKE, 30);
        says("start 1");
        plays_to("06:01:30", 1, 60);
        says("end 1 aired 90s");
}
END_TEST

START_TEST(while_one_is_to_be_tried_again_an_emergency_goes_its_way)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        started(1);
        go("06:01");
        ended(1, THON_AIR_BROKE, 60);
        says("hold 1 failed");
        add(emergency(2, 0, "06:01", 60));
        says("start 2");
        plays_to("06:02", 2, 60);
        says("end 2 aired 60s; start 1 from 60s");
}
END_TEST

START_TEST(stopped_without_an_order_is_broken)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        started(1);
        go("06:01");
        ended(1, THON_AIR_STOPPED, 60);
        says("hold 1 failed");
        says_at("06:01:02", "start 1 from 60s");
}
END_TEST

START_TEST(one_that_died_when_it_was_to_stop_has_stopped)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        started(1);
        add(emergency(2, 0, "06:01", 60));
        says_at("06:01", "stop 1 interrupted; hold 2 busy");
        ended(1, THON_AIR_BROKE, 60);
        says("start 2; hold 1 busy");
        plays_to("06:02", 2, 60);
        says("end 2 aired 60s; start 1 from 60s");
}
END_TEST

START_TEST(one_that_died_behind_its_last_word_has_aired)
{
        open_station();
        add(airing(1, 0, "06:00", 60));
        says_at("06:00", "start 1");
        started(1);
        go("06:00:58");
        ended(1, THON_AIR_BROKE, 58);
        says("end 1 aired 58s");
}
END_TEST

START_TEST(completed_without_a_sound_is_not_aired)
{
        open_station();
        add(airing(1, 0, "06:00", 60));
        says_at("06:00", "start 1");
        go("06:00:01");
        ended(1, THON_AIR_PLAYED, 60);
        says("hold 1 failed");
        says_at("06:00:03", "start 1");
}
END_TEST

START_TEST(nobody_comes_further_than_time_goes_by)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        started(1);
        go("06:00:30");
        ended(1, THON_AIR_BROKE, 599);
        says("hold 1 failed");
        says_at("06:00:32", "start 1 from 30s");
        started(1);
        go("06:00:42");
        ended(1, THON_AIR_BROKE, 5); /* before it began */
        says("hold 1 failed");
        says_at("06:00:44", "start 1 from 40s");
}
END_TEST

START_TEST(news_of_others_and_news_twice_change_nothing)
{
        open_station();
        add(airing(1, 0, "06:00", 60));
        started(1);
        ended(1, THON_AIR_PLAYED, 60);
        started(99);
        ended(99, THON_AIR_BROKE, 60);
        thon_air_cancel(story.air, 99, THON_AIR_CANCELLED);
        thon_air_ready(story.air, 99, 1);
        says_at("05:00", "");
        says_at("06:00", "start 1");
        started(1);
        started(1);
        thon_air_ready(story.air, 1, 0);
        go("06:01");
        ended(1, THON_AIR_PLAYED, 60);
        ended(1, THON_AIR_BROKE, 0);
        started(1);
        says("end 1 aired 60s");
        ended(1, THON_AIR_BROKE, 0);
        says("");
}
END_TEST

START_TEST(a_broken_player_uses_no_airtime_that_was_not_heard)
{
        int64_t day, week;

        story.rules[0].day_s = 120;
        open_station();
        add(airing(1, 0, "06:00", 60));
        says_at("06:00", "start 1 until 06:02:00");
        go("06:00:10");
        ended(1, THON_AIR_BROKE, 0);
        says("hold 1 failed");
        thon_air_used(story.air, 0, story.now.wall, &day, &week);
        ck_assert_int_eq(day, 0);
        says_at("06:00:12", "start 1 until 06:02:12");
        plays_to("06:01:13", 1, 60);
        thon_air_used(story.air, 0, story.now.wall, &day, &week);
        ck_assert_msg(day == 60,
                      "a sound is never longer than it is, though its end was told a second later");
}
END_TEST

START_TEST(a_retry_obeys_the_rules)
{
        quiet(0, "06:10-07:00");
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1 until 06:10:00");
        started(1);
        go("06:04");
        ended(1, THON_AIR_BROKE, 0); /* it hung: nothing is known of it but the time */
        says("hold 1 failed");
        /* Ten minutes are left of it, and six until quiet hours. */
        says_at("06:04:02", "hold 1 quiet");
        says_at("06:30:01", "end 1 dropped failed");
}
END_TEST

START_TEST(what_never_began_is_dropped_at_its_latest_as_failed)
{
        struct thon_airing it = airing(1, 0, "06:00", 60);

        open_station();
        it.latest = when("06:00");
        add(it);
        says_at("06:00", "start 1");
        go("06:00:01");
        ended(1, THON_AIR_BROKE, 0);
        says("end 1 dropped failed");
}
END_TEST

START_TEST(cancelled_while_it_is_to_be_tried_again)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        add(airing(2, 0, "06:00", 60));
        says_at("06:00", "start 1; hold 2 busy");
        started(1);
        go("06:01");
        ended(1, THON_AIR_BROKE, 60);
        says("hold 1 failed");
        thon_air_cancel(story.air, 1, THON_AIR_CANCELLED);
        says("end 1 cancelled cancelled 60s; start 2");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("air_player");
        TCase *tc = tcase_create("air_player");

        tcase_add_checked_fixture(tc, story_begin, story_end);
        tcase_add_test(tc, one_that_broke_is_tried_again_where_it_was_twice);
        tcase_add_test(tc, an_emergency_is_tried_five_times_from_its_beginning);
        tcase_add_test(tc, an_emergency_that_broke_in_its_midst_is_said_from_its_beginning);
        tcase_add_test(tc, while_one_is_to_be_tried_again_an_emergency_goes_its_way);
        tcase_add_test(tc, stopped_without_an_order_is_broken);
        tcase_add_test(tc, one_that_died_when_it_was_to_stop_has_stopped);
        tcase_add_test(tc, one_that_died_behind_its_last_word_has_aired);
        tcase_add_test(tc, completed_without_a_sound_is_not_aired);
        tcase_add_test(tc, nobody_comes_further_than_time_goes_by);
        tcase_add_test(tc, news_of_others_and_news_twice_change_nothing);
        tcase_add_test(tc, a_broken_player_uses_no_airtime_that_was_not_heard);
        tcase_add_test(tc, a_retry_obeys_the_rules);
        tcase_add_test(tc, what_never_began_is_dropped_at_its_latest_as_failed);
        tcase_add_test(tc, cancelled_while_it_is_to_be_tried_again);
        suite_add_tcase(suite, tc);
        return story_main(suite);
}
