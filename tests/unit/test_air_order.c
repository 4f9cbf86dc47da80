/* Who speaks, who waits, who must stop: the classes of Circular 39 in one zone and in several. */
#include "air_story.h"

START_TEST(a_bulletin_airs_at_its_time_and_ends)
{
        open_station();
        add(airing(1, 0, "05:30", 600));
        says_at("05:00", "");
        ck_assert_str_eq(asks(), "05:30:00");
        says_at("05:30", "start 1");
        plays_to("05:40", 1, 600);
        says("end 1 aired 600s");
        ck_assert_str_eq(asks(), "never");
}
END_TEST

START_TEST(class_then_due_time_then_serial)
{
        struct thon_airing priority = airing(4, 0, "06:00", 60);

        open_station();
        priority.class = THON_CLASS_PRIORITY;
        add(airing(3, 0, "05:59", 60));
        add(airing(2, 0, "05:59", 60));
        add(airing(1, 0, "06:00", 60));
        add(priority);
        says_at("06:00", "start 4; hold 2 busy; hold 3 busy; hold 1 busy");
        plays_to("06:01", 4, 60);
        says("end 4 aired 60s; start 2");
        plays_to("06:02", 2, 60);
        says("end 2 aired 60s; start 3");
        plays_to("06:03", 3, 60);
        says("end 3 aired 60s; start 1");
}
END_TEST

START_TEST(priority_waits_for_the_end_of_what_is_on_air)
{
        struct thon_airing priority = airing(2, 0, "06:01", 60);

        open_station();
        priority.class = THON_CLASS_PRIORITY;
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        started(1);
        add(priority);
        says_at("06:01", "hold 2 busy");
        go("06:10");
        ended(1, THON_AIR_PLAYED, 600);
        says("end 1 aired 600s; start 2");
}
END_TEST

START_TEST(an_emergency_interrupts_and_what_it_interrupted_goes_on)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        started(1);
        go("06:04");
        add(emergency(2, 0, "06:04", 60));
        says("stop 1 interrupted; hold 2 busy");
        ended(1, THON_AIR_STOPPED, 240);
        says("start 2; hold 1 busy");
        plays_to("06:05", 2, 60);
        says("end 2 aired 60s; start 1 from 240s");
        plays_to("06:11", 1, 600);
        says("end 1 aired 600s");
}
END_TEST

START_TEST(what_has_begun_goes_before_what_was_due_earlier_but_after_priority)
{
        struct thon_airing earlier = airing(3, 0, "05:50", 0), priority = airing(4, 0, "06:01", 60);

        open_station();
        earlier.ready = false;
        priority.class = THON_CLASS_PRIORITY;
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        started(1);
        add(earlier);
        add(priority);
        add(emergency(2, 0, "06:01", 60));
        says_at("06:01", "stop 1 interrupted; hold 2 busy; hold 4 busy; hold 3 no-sound");
        ended(1, THON_AIR_STOPPED, 60);
        thon_air_ready(story.air, 3, 60000000);
        says("start 2; hold 3 busy; hold 1 busy");
        plays_to("06:02", 2, 60);
        says("end 2 aired 60s; start 4");
        plays_to("06:03", 4, 60);
        says("end 4 aired 60s; start 1 from 60s");
}
END_TEST

START_TEST(it_starts_again_or_is_dropped_where_that_is_its_rule)
{
        struct thon_airing again = airing(1, 0, "06:00", 600), dropped = airing(2, 1, "06:00", 600);

        open_station();
        again.resume = THON_RESUME_RESTART;
        dropped.resume = THON_RESUME_DROP;
        add(again);
        add(dropped);
        says_at("06:00", "start 1; start 2");
        started(1);
        started(2);
        go("06:04");
        add(emergency(3, 0, "06:04", 60));
        add(emergency(4, 1, "06:04", 60));
        says("stop 1 interrupted; stop 2 interrupted; hold 3 busy; hold 4 busy");
        ended(1, THON_AIR_STOPPED, 240);
        ended(2, THON_AIR_STOPPED, 240);
        says("end 2 dropped interrupted 240s; start 3; start 4; hold 1 busy");
        started(4);
        plays_to("06:05", 3, 60);
        ended(4, THON_AIR_PLAYED, 60);
        says("end 3 aired 60s; end 4 aired 60s; start 1");
        plays_to("06:15", 1, 600);
        says("end 1 aired 840s");
}
END_TEST

START_TEST(one_that_was_stopped_before_it_was_heard_just_waits_again)
{
        struct thon_airing dropped = airing(1, 0, "06:00", 600);

        open_station();
        dropped.resume = THON_RESUME_DROP;
        add(dropped);
        says_at("06:00", "start 1");
        add(emergency(2, 0, "06:00", 60));
        says("stop 1 interrupted; hold 2 busy");
        ended(1, THON_AIR_STOPPED, 0);
        says("start 2; hold 1 busy");
        plays_to("06:01", 2, 60);
        says("end 2 aired 60s; start 1");
}
END_TEST

START_TEST(emergencies_take_turns)
{
        open_station();
        add(emergency(1, 0, "06:00", 60));
        add(emergency(2, 0, "06:00", 60));
        says_at("06:00", "start 1; hold 2 busy");
        plays_to("06:01", 1, 60);
        says("end 1 aired 60s; start 2");
}
END_TEST

START_TEST(an_emergency_nobody_answers_for_is_a_priority_one)
{
        struct thon_airing nameless = emergency(2, 0, "06:01", 60);

        quiet(1, "21:30-05:30");
        open_station();
        nameless.answered_for = false;
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        add(nameless);
        says_at("06:01", "hold 2 busy");
        nameless.serial = 3;
        nameless.zone = 1;
        nameless.due = when("22:00");
        add(nameless);
        go("06:10");
        started(1);
        ended(1, THON_AIR_PLAYED, 600);
        says("end 1 aired 600s; start 2");
        plays_to("06:11", 2, 60);
        says("end 2 aired 60s");
        says_at("22:00", "hold 3 quiet");
}
END_TEST

START_TEST(an_emergency_without_sound_interrupts_nobody)
{
        struct thon_airing silent = emergency(2, 0, "06:01", 0);

        open_station();
        silent.ready = false;
        add(airing(1, 0, "06:00", 600));
        says_at("06:00", "start 1");
        started(1);
        add(silent);
        says_at("06:01", "hold 2 no-sound");
        thon_air_ready(story.air, 2, 30000000);
        says("stop 1 interrupted; hold 2 busy");
        ended(1, THON_AIR_STOPPED, 60);
        says("start 2; hold 1 busy");
}
END_TEST

START_TEST(no_zone_waits_for_another)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        add(airing(2, 1, "06:00", 60));
        add(airing(3, 1, "06:00", 60));
        says_at("06:00", "start 1; start 2; hold 3 busy");
        plays_to("06:01", 2, 60);
        says("end 2 aired 60s; start 3");
}
END_TEST

START_TEST(an_announcement_begins_in_all_its_free_zones_together)
{
        open_station();
        for (size_t zone = 0; zone < STORY_ZONES; zone++) {
                struct thon_airing it = airing((int64_t)zone + 1, zone, "06:00", 60);

                (void)snprintf(it.announcement, sizeof it.announcement, "bao-so-3");
                add(it);
        }
        says_at("06:00", "start 1; start 2; start 3; start 4");
}
END_TEST

START_TEST(neighbours_are_never_on_air_together)
{
        /* Written at one of them only. */
        story.rules[1].apart = 1u << 0;
        open_station();
        add(airing(1, 0, "06:00", 60));
        add(airing(2, 1, "06:00", 60));
        add(airing(3, 2, "06:00", 60));
        says_at("06:00", "start 1; start 3; hold 2 neighbour");
        plays_to("06:01", 1, 60);
        says("end 1 aired 60s; start 2");
}
END_TEST

START_TEST(the_earlier_one_goes_first_whatever_its_zone)
{
        story.rules[0].apart = 1u << 1;
        open_station();
        add(airing(1, 0, "06:00", 60));
        add(airing(2, 1, "06:00", 60));
        add(airing(3, 0, "06:01", 60));
        says_at("06:00", "start 1; hold 2 neighbour");
        plays_to("06:01", 1, 60);
        says("end 1 aired 60s; start 2; hold 3 neighbour");
}
END_TEST

START_TEST(an_emergency_does_not_wait_for_neighbours)
{
        story.rules[0].apart = 1u << 1;
        open_station();
        add(airing(1, 0, "06:00", 120));
        add(airing(3, 0, "06:02", 60));
        says_at("06:00", "start 1");
        add(emergency(2, 1, "06:01", 120));
        says_at("06:01", "start 2");
        started(2);
        /* But nothing that can wait begins beside it. */
        plays_to("06:02", 1, 120);
        says("end 1 aired 120s; hold 3 neighbour");
        go("06:03");
        ended(2, THON_AIR_PLAYED, 120);
        says("end 2 aired 120s; start 3");
}
END_TEST

START_TEST(what_is_cancelled_ends_and_on_air_it_is_stopped_first)
{
        open_station();
        add(airing(1, 0, "06:00", 600));
        add(airing(2, 0, "06:00", 600));
        add(airing(3, 0, "07:00", 600));
        says_at("06:00", "start 1; hold 2 busy");
        started(1);
        go("06:01");
        thon_air_cancel(story.air, 1, THON_AIR_CANCELLED);
        thon_air_cancel(story.air, 2, THON_AIR_REPLACED);
        thon_air_cancel(story.air, 3, THON_AIR_NO_ZONE);
        says("end 2 dropped replaced; end 3 dropped no-zone; stop 1 cancelled");
        ended(1, THON_AIR_STOPPED, 61);
        says("end 1 cancelled cancelled 60s");
        ck_assert_str_eq(asks(), "never");
}
END_TEST

START_TEST(what_the_shell_adds_while_it_is_told_is_seen_in_the_same_look)
{
        open_station();
        add(airing(1, 0, "06:00", 60));
        says_at("06:00", "start 1");
        plays_to("06:01", 1, 60);
        add(airing(2, 0, "06:01", 60));
        says("end 1 aired 60s; start 2");
}
END_TEST

static int add_next(const struct thon_air_action *action, void *userdata)
{
        unsigned *left = userdata;

        story_visit(action, NULL);
        if (action->what == THON_AIR_END && *left > 0) {
                --*left;
                add(emergency(100 + *left, *left % STORY_ZONES, "06:00", 60));
        }
        return 0;
}

START_TEST(an_emergency_that_is_added_in_a_look_starts_in_it)
{
        unsigned left = 1;

        open_station();
        add(airing(1, 0, "06:00", 60));
        thon_air_cancel(story.air, 1, THON_AIR_CANCELLED);
        go("06:00");
        ck_assert_int_eq(thon_air_look(story.air, story.now, add_next, &left), 0);
        ck_assert_str_eq(story.said, "end 1 cancelled cancelled; start 100");
}
END_TEST

static int fail_after(const struct thon_air_action *action, void *userdata)
{
        int *left = userdata;

        story_visit(action, NULL);
        return --*left < 0 ? -12 : 0;
}

START_TEST(a_look_that_was_broken_off_is_finished_by_the_next)
{
        int left = 1;

        open_station();
        for (int64_t serial = 1; serial <= 4; serial++)
                add(airing(serial, (size_t)serial - 1, "06:00", 60));
        go("06:00");
        ck_assert_int_eq(thon_air_look(story.air, story.now, fail_after, &left), -12);
        ck_assert_str_eq(story.said, "start 1; start 2");
        ck_assert_str_eq(asks(), "+0.0s");
        says("start 3; start 4");
}
END_TEST

START_TEST(an_end_that_was_not_told_is_asked_for_at_once)
{
        int left = 0;

        open_station();
        for (int64_t serial = 1; serial <= 2; serial++) {
                add(airing(serial, 0, "06:00", 60));
                thon_air_cancel(story.air, serial, THON_AIR_CANCELLED);
        }
        ck_assert_int_eq(thon_air_look(story.air, story.now, fail_after, &left), -12);
        ck_assert_str_eq(story.said, "end 1 cancelled cancelled");
        ck_assert_str_eq(asks(), "+0.0s");
        says("end 2 cancelled cancelled");
        ck_assert_str_eq(asks(), "never");
}
END_TEST

static int list(const struct thon_air_view *view, void *userdata)
{
        char *to = (char *)userdata + strlen(userdata);

        (void)sprintf(to, "%d%s%s%s ", (int)view->airing->serial, view->on_air ? "!" : "",
                      view->interrupted ? "~" : "", view->held ? "?" : "");
        return 0;
}

START_TEST(it_shows_what_is_on_air_and_what_comes_next)
{
        struct thon_airing priority = airing(3, 0, "07:00", 60);
        char text[256] = "";

        open_station();
        priority.class = THON_CLASS_PRIORITY;
        add(airing(5, 0, "05:50", 60));
        add(airing(1, 0, "06:00", 600));
        add(airing(2, 0, "06:30", 600));
        add(airing(6, 1, "06:30", 600));
        add(priority);
        thon_air_cancel(story.air, 5, THON_AIR_CANCELLED);
        says_at("06:00", "end 5 cancelled cancelled; start 1");
        started(1);
        add(emergency(4, 0, "06:01", 60));
        says_at("06:01", "stop 1 interrupted; hold 4 busy");
        ended(1, THON_AIR_STOPPED, 60);
        says("start 4; hold 1 busy");
        ck_assert_int_eq(thon_air_each(story.air, 0, list, text), 0);
        ck_assert_str_eq(text, "4! 3 1~? 2 ");
        text[0] = '\0';
        ck_assert_int_eq(thon_air_each(story.air, SIZE_MAX, list, text), 0);
        ck_assert_str_eq(text, "4! 3 1~? 2 6 ");
}
END_TEST

START_TEST(what_makes_no_sense_is_not_taken)
{
        struct thon_airing it;

        open_station();
        add(airing(1, 0, "06:00", 60));
        it = airing(1, 1, "06:00", 60);
        ck_assert_int_eq(thon_air_add(story.air, &it), -EEXIST);
        it = airing(0, 0, "06:00", 60);
        ck_assert_int_eq(thon_air_add(story.air, &it), -EINVAL);
        it = airing(2, STORY_ZONES, "06:00", 60);
        ck_assert_int_eq(thon_air_add(story.air, &it), -EINVAL);
        it = airing(2, 0, "06:00", 0);
        ck_assert_int_eq(thon_air_add(story.air, &it), -EINVAL);
        it = airing(2, 0, "06:00", 6 * HOUR + 1);
        ck_assert_int_eq(thon_air_add(story.air, &it), -EINVAL);
        it = airing(2, 0, "06:00", 60);
        it.latest = when("05:59");
        ck_assert_int_eq(thon_air_add(story.air, &it), -EINVAL);
        it = airing(2, 0, "06:00", 60);
        it.due = THON_WALL_NEVER;
        ck_assert_int_eq(thon_air_add(story.air, &it), -EINVAL);
        it = airing(2, 0, "06:00", 60);
        it.class = THON_CLASSES;
        ck_assert_int_eq(thon_air_add(story.air, &it), -EINVAL);
}
END_TEST

START_TEST(there_is_room_for_4096_and_no_more)
{
        struct thon_airing it;

        open_station();
        for (int64_t serial = 1; serial <= THON_AIR_MAX; serial++)
                add(airing(serial, (size_t)serial % STORY_ZONES, "06:00", 60));
        it = airing(THON_AIR_MAX + 1, 0, "06:00", 60);
        ck_assert_int_eq(thon_air_add(story.air, &it), -ENOSPC);
        thon_air_cancel(story.air, 7, THON_AIR_CANCELLED);
        says_at("00:01", "end 7 cancelled cancelled");
        add(it);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("air_order");
        TCase *tc = tcase_create("air_order");

        tcase_add_checked_fixture(tc, story_begin, story_end);
        tcase_add_test(tc, a_bulletin_airs_at_its_time_and_ends);
        tcase_add_test(tc, class_then_due_time_then_serial);
        tcase_add_test(tc, priority_waits_for_the_end_of_what_is_on_air);
        tcase_add_test(tc, an_emergency_interrupts_and_what_it_interrupted_goes_on);
        tcase_add_test(tc, what_has_begun_goes_before_what_was_due_earlier_but_after_priority);
        tcase_add_test(tc, it_starts_again_or_is_dropped_where_that_is_its_rule);
        tcase_add_test(tc, one_that_was_stopped_before_it_was_heard_just_waits_again);
        tcase_add_test(tc, emergencies_take_turns);
        tcase_add_test(tc, an_emergency_nobody_answers_for_is_a_priority_one);
        tcase_add_test(tc, an_emergency_without_sound_interrupts_nobody);
        tcase_add_test(tc, no_zone_waits_for_another);
        tcase_add_test(tc, an_announcement_begins_in_all_its_free_zones_together);
        tcase_add_test(tc, neighbours_are_never_on_air_together);
        tcase_add_test(tc, the_earlier_one_goes_first_whatever_its_zone);
        tcase_add_test(tc, an_emergency_does_not_wait_for_neighbours);
        tcase_add_test(tc, what_is_cancelled_ends_and_on_air_it_is_stopped_first);
        tcase_add_test(tc, what_the_shell_adds_while_it_is_told_is_seen_in_the_same_look);
        tcase_add_test(tc, an_emergency_that_is_added_in_a_look_starts_in_it);
        tcase_add_test(tc, a_look_that_was_broken_off_is_finished_by_the_next);
        tcase_add_test(tc, an_end_that_was_not_told_is_asked_for_at_once);
        tcase_add_test(tc, it_shows_what_is_on_air_and_what_comes_next);
        tcase_add_test(tc, what_makes_no_sense_is_not_taken);
        tcase_add_test(tc, there_is_room_for_4096_and_no_more);
        suite_add_tcase(suite, tc);
        return story_main(suite);
}
