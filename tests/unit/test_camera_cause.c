/* One cause, one message: stories of a commune whose plant is declared. */
#include <errno.h>

#include "cause_story.h"

#define NET UINT64_C(0xc0a80400)

/* Switch (0), 16 cameras behind it (1..16), and a camera elsewhere (17). */
static struct story *hamlet(void)
{
        struct story *s = calloc(1, sizeof(*s));

        story_init(s);
        story_device(s, THON_WATCH_SWITCH, "tu-thon-4", "thon-4", THON_NO_DEVICE, NET);
        story_cameras(s, "cam", 16, "thon-4", 0, NET);
        story_device(s, THON_WATCH_CAMERA, "uy-ban", "trung-tam", THON_NO_DEVICE, NET + 0x100);
        return s;
}

static void done(struct story *s)
{
        story_end(s);
        free(s);
}

START_TEST(sixteen_cameras_behind_a_switch_are_one_message_and_one_back)
{
        struct story *s = hamlet();
        int64_t cut;

        story_begin(s);
        passes(s, 600);
        told_so_far(s, 0);
        cut = s->now.wall.s;
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 400);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_PARENT);
        ck_assert_uint_eq(told(s, 0)->device, 0);
        ck_assert_uint_eq(told(s, 0)->n_members, 16);
        ck_assert_int_le(told(s, 0)->began, cut + 61);
        ck_assert_int_le(told(s, 0)->at, cut + 60 + 90 + 45 + 20);
        passes(s, 3600);
        told_so_far(s, 1);
        turns(s, 0, 17, THON_CAMERA_OK);
        passes(s, 1200);
        told_so_far(s, 2);
        told_is(s, 1, THON_CAUSE_CLEAR, THON_CAUSE_PARENT);
        ck_assert_str_eq(told(s, 1)->id, told(s, 0)->id);
        ck_assert_uint_eq(told(s, 1)->n_members, 0);
        ck_assert_uint_eq(thon_cause_count(s->cause), 0);
        done(s);
}
END_TEST

START_TEST(two_that_do_not_come_back_are_named)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 900);
        turns(s, 0, 17, THON_CAMERA_OK);
        turns(s, 3, 2, THON_CAMERA_CABLE);
        passes(s, 100);
        told_so_far(s, 1);
        passes(s, 600);
        told_so_far(s, 4);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        told_is(s, 2, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        told_is(s, 3, THON_CAUSE_CLEAR, THON_CAUSE_PARENT);
        ck_assert_str_eq(told(s, 1)->cause_id, told(s, 0)->id);
        ck_assert_str_eq(told(s, 2)->cause_id, told(s, 0)->id);
        ck_assert_uint_eq(told(s, 3)->n_members, 2);
        ck_assert_uint_eq(told(s, 3)->members[0], 3);
        ck_assert_uint_eq(told(s, 3)->members[1], 4);
        turns(s, 3, 2, THON_CAMERA_OK);
        passes(s, 300);
        told_so_far(s, 6);
        done(s);
}
END_TEST

START_TEST(one_camera_is_itself)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        s->world[5] = THON_CAMERA_CABLE;
        passes(s, 600);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        ck_assert_uint_eq(told(s, 0)->device, 5);
        s->world[5] = THON_CAMERA_OK;
        passes(s, 300);
        told_so_far(s, 2);
        told_is(s, 1, THON_CAUSE_CLEAR, THON_CAUSE_DEVICE);
        done(s);
}
END_TEST

/* ---- who is the root ---- */
START_TEST(its_parent_is_looked_at_first_and_then_those_beside_it)
{
        struct story *s = hamlet();
        struct thon_cause_actions actions;
        bool seen[STORY_DEVICES] = {false};

        story_begin(s);
        passes(s, 300);
        s->world[5] = THON_CAMERA_NO_NETWORK;
        story_look_at_device(s, 5);
        ck_assert_int_eq(thon_cause_look(s->cause, s->now, &actions), 0);
        ck_assert_uint_eq(actions.n, 16);
        ck_assert_uint_eq(actions.items[0].device, 0);
        for (size_t i = 0; i < actions.n; i++) {
                ck_assert_int_eq(actions.items[i].what, THON_CAUSE_RECHECK);
                ck_assert(!seen[actions.items[i].device]);
                seen[actions.items[i].device] = true;
        }
        ck_assert(!seen[5] && !seen[17]);
        thon_cause_actions_done(&actions);
        ck_assert_int_eq(thon_cause_look(s->cause, s->now, &actions), 0);
        ck_assert_uint_eq(actions.n, 0);
        thon_cause_actions_done(&actions);
        done(s);
}
END_TEST

START_TEST(of_many_beside_it_a_few_are_looked_at_and_not_again_at_once)
{
        struct story *s = calloc(1, sizeof(*s));
        struct thon_cause_actions actions;

        story_init(s);
        story_device(s, THON_WATCH_SWITCH, "tu", "thon-4", THON_NO_DEVICE, NET);
        story_cameras(s, "cam", 100, "thon-4", 0, NET);
        story_begin(s);
        passes(s, 300);
        s->world[50] = s->world[60] = THON_CAMERA_NO_NETWORK;
        story_look_at_device(s, 50);
        ck_assert_int_eq(thon_cause_look(s->cause, s->now, &actions), 0);
        ck_assert_uint_eq(actions.n, 1 + 32);
        ck_assert_uint_eq(actions.items[0].device, 0);
        ck_assert_uint_eq(actions.items[1].device, 51);
        thon_cause_actions_done(&actions);
        story_look_at_device(s, 60);
        ck_assert_int_eq(thon_cause_look(s->cause, s->now, &actions), 0);
        ck_assert_uint_eq(actions.n, 0);
        thon_cause_actions_done(&actions);
        done(s);
}
END_TEST

START_TEST(nothing_is_healed_while_many_are_down)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        ck_assert(!thon_cause_common(s->cause, 5));
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        s->world[17] = THON_CAMERA_HUNG;
        /* As soon as the switch is seen to be silent, long before anybody is told. */
        passes(s, 70);
        told_so_far(s, 0);
        for (size_t i = 0; i < 17; i++)
                ck_assert(i == 0 || thon_cause_common(s->cause, i));
        ck_assert(!thon_cause_common(s->cause, 17));
        passes(s, 600);
        for (size_t i = 0; i < 17; i++)
                ck_assert(thon_cause_common(s->cause, i));
        ck_assert(!thon_cause_common(s->cause, 17));
        turns(s, 0, 18, THON_CAMERA_OK);
        passes(s, 900);
        ck_assert(!thon_cause_common(s->cause, 5));
        done(s);
}
END_TEST

START_TEST(a_parent_that_is_soft_still_is_waited_for)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        /* The camera is found dead 100 s before its switch is. */
        s->world[5] = THON_CAMERA_NO_NETWORK;
        story_look_at_device(s, 5);
        passes(s, 100);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 60);
        told_so_far(s, 0);
        passes(s, 400);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_PARENT);
        ck_assert_uint_eq(told(s, 0)->n_members, 16);
        done(s);
}
END_TEST

START_TEST(a_parent_that_nobody_could_look_at_silences_no_dead_camera)
{
        struct story *s = hamlet();

        s->unseen[0] = true;
        story_begin(s);
        passes(s, 300);
        s->world[5] = THON_CAMERA_NO_NETWORK;
        passes(s, 250);
        told_so_far(s, 0);
        passes(s, 200);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        done(s);
}
END_TEST

START_TEST(the_highest_silent_parent_is_the_one)
{
        struct story *s = calloc(1, sizeof(*s));
        size_t uplink, left, right, first;

        story_init(s);
        uplink = story_device(s, THON_WATCH_SWITCH, "cau-vo-tuyen", "trung-tam", THON_NO_DEVICE, NET);
        left = story_device(s, THON_WATCH_SWITCH, "tu-1", "thon-1", uplink, NET);
        right = story_device(s, THON_WATCH_SWITCH, "tu-2", "thon-2", uplink, NET);
        first = s->n;
        story_cameras(s, "mot", 8, "thon-1", left, NET);
        story_cameras(s, "hai", 8, "thon-2", right, NET);
        story_device(s, THON_WATCH_HOST, "may-chu", "trung-tam", THON_NO_DEVICE, NET + 0x100);
        story_begin(s);
        passes(s, 300);
        turns(s, 0, first + 16, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_PARENT);
        ck_assert_uint_eq(told(s, 0)->device, uplink);
        ck_assert_uint_eq(told(s, 0)->n_members, 18);
        /* The uplink is back, the right switch is not: it is the next cause, with all of its own. */
        turns(s, 0, first + 8, THON_CAMERA_OK);
        s->world[right] = THON_CAMERA_CABLE;
        passes(s, 900);
        told_so_far(s, 3);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_PARENT);
        told_is(s, 2, THON_CAUSE_CLEAR, THON_CAUSE_PARENT);
        ck_assert_uint_eq(told(s, 1)->device, right);
        ck_assert_str_eq(told(s, 1)->cause_id, told(s, 0)->id);
        ck_assert_uint_eq(told(s, 1)->n_members, 8);
        ck_assert_uint_eq(told(s, 2)->n_members, 9);
        turns(s, 0, s->n, THON_CAMERA_OK);
        passes(s, 900);
        told_so_far(s, 4);
        done(s);
}
END_TEST

START_TEST(a_camera_told_alone_is_absorbed_by_its_switch)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        s->world[5] = THON_CAMERA_CABLE;
        passes(s, 230);
        told_so_far(s, 1);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 400);
        told_so_far(s, 3);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_PARENT);
        told_is(s, 2, THON_CAUSE_CLEAR, THON_CAUSE_DEVICE);
        ck_assert_str_eq(told(s, 2)->id, told(s, 0)->id);
        ck_assert_str_eq(told(s, 2)->absorbed_by, told(s, 1)->id);
        ck_assert_uint_eq(told(s, 1)->n_members, 16);
        done(s);
}
END_TEST

START_TEST(a_camera_that_was_dead_for_long_stays_its_own_matter)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        s->world[5] = THON_CAMERA_CABLE;
        passes(s, 7200);
        told_so_far(s, 1);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 2);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_PARENT);
        ck_assert_uint_eq(told(s, 1)->n_members, 15);
        turns(s, 0, 17, THON_CAMERA_OK);
        s->world[5] = THON_CAMERA_CABLE;
        passes(s, 900);
        told_so_far(s, 3);
        told_is(s, 2, THON_CAUSE_CLEAR, THON_CAUSE_PARENT);
        ck_assert_uint_eq(told(s, 2)->n_members, 0);
        ck_assert_ptr_nonnull(thon_cause_of(s->cause, 5));
        done(s);
}
END_TEST

START_TEST(a_switch_that_answers_while_all_on_it_fell_is_named)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        turns(s, 1, 16, THON_CAMERA_CABLE);
        passes(s, 600);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_CHILDREN);
        ck_assert_uint_eq(told(s, 0)->device, 0);
        ck_assert_uint_eq(told(s, 0)->n_members, 16);
        turns(s, 1, 15, THON_CAMERA_OK);
        passes(s, 900);
        told_so_far(s, 3);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        told_is(s, 2, THON_CAUSE_CLEAR, THON_CAUSE_CHILDREN);
        ck_assert_uint_eq(told(s, 2)->members[0], 16);
        done(s);
}
END_TEST

START_TEST(one_that_was_dead_before_hides_no_common_cause)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        s->world[7] = THON_CAMERA_CABLE;
        passes(s, 7200);
        told_so_far(s, 1);
        turns(s, 1, 16, THON_CAMERA_CABLE);
        passes(s, 600);
        told_so_far(s, 2);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_CHILDREN);
        ck_assert_uint_eq(told(s, 1)->n_members, 15);
        done(s);
}
END_TEST

START_TEST(then_the_switch_dies_too_and_nobody_is_told_again)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        turns(s, 1, 16, THON_CAMERA_CABLE);
        passes(s, 600);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 1);
        ck_assert_int_eq(thon_cause_of(s->cause, 3)->kind, THON_CAUSE_PARENT);
        turns(s, 0, 17, THON_CAMERA_OK);
        passes(s, 900);
        told_so_far(s, 2);
        done(s);
}
END_TEST

/* ---- masses that nobody declared ---- */
START_TEST(most_of_a_subnet_is_one_message)
{
        struct story *s = calloc(1, sizeof(*s));

        story_init(s);
        story_cameras(s, "a", 10, "", THON_NO_DEVICE, NET);
        story_cameras(s, "b", 10, "", THON_NO_DEVICE, NET + 0x100);
        story_begin(s);
        passes(s, 300);
        turns(s, 0, 8, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_NETWORK);
        ck_assert_uint_eq(told(s, 0)->n_members, 8);
        ck_assert_int_eq(thon_cause_of(s->cause, 0)->group, (int64_t)NET);
        /* One that falls an hour later is another matter. */
        passes(s, 3600);
        s->world[9] = THON_CAMERA_NO_NETWORK;
        passes(s, 600);
        told_so_far(s, 2);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        turns(s, 0, 10, THON_CAMERA_OK);
        passes(s, 900);
        told_so_far(s, 4);
        done(s);
}
END_TEST

START_TEST(most_of_an_area_is_one_message)
{
        struct story *s = calloc(1, sizeof(*s));

        story_init(s);
        story_cameras(s, "a", 10, "thon-1", THON_NO_DEVICE, 0);
        story_cameras(s, "b", 10, "thon-2", THON_NO_DEVICE, 0);
        story_begin(s);
        passes(s, 300);
        turns(s, 10, 6, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_AREA);
        ck_assert_str_eq(thon_cause_of(s->cause, 10)->area, "thon-2");
        turns(s, 10, 6, THON_CAMERA_OK);
        passes(s, 600);
        told_so_far(s, 2);
        done(s);
}
END_TEST

START_TEST(half_of_a_subnet_is_single_cameras)
{
        struct story *s = calloc(1, sizeof(*s));

        story_init(s);
        story_cameras(s, "a", 10, "", THON_NO_DEVICE, NET);
        story_begin(s);
        passes(s, 300);
        turns(s, 0, 5, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 5);
        done(s);
}
END_TEST

START_TEST(everything_silent_at_once_is_our_own_network)
{
        struct story *s = calloc(1, sizeof(*s));
        size_t left, right;

        story_init(s);
        left = story_device(s, THON_WATCH_SWITCH, "tu-1", "thon-1", THON_NO_DEVICE, NET);
        right = story_device(s, THON_WATCH_SWITCH, "tu-2", "thon-2", THON_NO_DEVICE, NET);
        story_cameras(s, "mot", 8, "thon-1", left, NET);
        story_cameras(s, "hai", 8, "thon-2", right, NET);
        story_begin(s);
        passes(s, 300);
        turns(s, 0, s->n, THON_CAMERA_NO_NETWORK);
        passes(s, 900);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_SELF);
        ck_assert_uint_eq(told(s, 0)->n_members, 18);
        /* Back, but for the second switch. */
        turns(s, 0, s->n, THON_CAMERA_OK);
        s->world[right] = THON_CAMERA_NO_NETWORK;
        turns(s, 10, 8, THON_CAMERA_NO_NETWORK);
        passes(s, 900);
        told_so_far(s, 3);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_PARENT);
        told_is(s, 2, THON_CAUSE_CLEAR, THON_CAUSE_SELF);
        ck_assert_uint_eq(told(s, 2)->n_members, 9);
        turns(s, 0, s->n, THON_CAMERA_OK);
        passes(s, 900);
        told_so_far(s, 4);
        done(s);
}
END_TEST

/* ---- the mains ---- */
static struct story *with_mains(size_t *ret_mains)
{
        static const char *const areas[] = {"thon-4", "thon-4-xom-1"};
        struct story *s = hamlet();

        story_cameras(s, "xom", 4, "thon-4-xom-1", THON_NO_DEVICE, NET + 0x100);
        *ret_mains = story_device(s, THON_WATCH_MAINS, "dien-thon-4", "thon-4", THON_NO_DEVICE, 0);
        s->devices[*ret_mains].areas = areas;
        s->devices[*ret_mains].n_areas = 2;
        return s;
}

START_TEST(a_power_cut_is_told_at_once_and_takes_the_rest_with_it)
{
        size_t mains;
        struct story *s = with_mains(&mains);
        int64_t cut;

        story_begin(s);
        passes(s, 300);
        cut = s->now.wall.s;
        mains_says(s, mains, false);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        turns(s, 18, 4, THON_CAMERA_NO_NETWORK);
        passes(s, 3);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_MAINS);
        ck_assert_uint_eq(told(s, 0)->device, mains);
        ck_assert_int_eq(told(s, 0)->began, cut);
        passes(s, 1800);
        told_so_far(s, 1);
        ck_assert_uint_eq(thon_cause_of(s->cause, mains)->n_members, 21);
        mains_says(s, mains, true);
        turns(s, 0, 22, THON_CAMERA_OK);
        s->world[7] = THON_CAMERA_CABLE;
        passes(s, 900);
        told_so_far(s, 3);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        told_is(s, 2, THON_CAUSE_CLEAR, THON_CAUSE_MAINS);
        ck_assert_uint_eq(told(s, 2)->n_members, 1);
        ck_assert_uint_eq(told(s, 2)->members[0], 7);
        done(s);
}
END_TEST

START_TEST(who_hangs_on_the_mains_itself_is_cut_off_with_it)
{
        size_t mains;
        struct story *s = with_mains(&mains);

        s->devices[17].parent = mains; /* elsewhere, on the same line */
        story_begin(s);
        passes(s, 300);
        mains_says(s, mains, false);
        s->world[17] = THON_CAMERA_NO_NETWORK;
        passes(s, 900);
        told_so_far(s, 1);
        ck_assert_uint_eq(thon_cause_of(s->cause, 17)->device, mains);
        done(s);
}
END_TEST

START_TEST(an_input_that_tells_late_takes_over_what_was_concluded)
{
        static const char *const fed[] = {"thon-1"};
        struct story *s = calloc(1, sizeof(*s));
        size_t left, right, mains;

        story_init(s);
        left = story_device(s, THON_WATCH_SWITCH, "tu-1", "thon-1", THON_NO_DEVICE, NET);
        right = story_device(s, THON_WATCH_SWITCH, "tu-2", "thon-1", THON_NO_DEVICE, NET);
        story_cameras(s, "mot", 4, "thon-1", left, NET);
        story_cameras(s, "hai", 4, "thon-1", right, NET);
        story_cameras(s, "ba", 8, "thon-2", THON_NO_DEVICE, NET + 0x100);
        mains = story_device(s, THON_WATCH_MAINS, "dien", "thon-1", THON_NO_DEVICE, 0);
        s->devices[mains].areas = fed;
        s->devices[mains].n_areas = 1;
        s->rules.hold_s = 5;
        s->state_rules.confirm_s = 20;
        story_begin(s);
        passes(s, 300);
        turns(s, 0, 10, THON_CAMERA_NO_NETWORK);
        passes(s, 110);
        told_so_far(s, 1);
        mains_says(s, mains, false);
        passes(s, 60);
        told_so_far(s, 3);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_MAINS);
        told_is(s, 2, THON_CAUSE_CLEAR, THON_CAUSE_MAINS);
        ck_assert_uint_eq(told(s, 1)->device, mains);
        ck_assert_str_eq(told(s, 2)->absorbed_by, told(s, 1)->id);
        done(s);
}
END_TEST

START_TEST(a_power_cut_that_the_batteries_bridge_ends_at_once)
{
        size_t mains;
        struct story *s = with_mains(&mains);

        story_begin(s);
        passes(s, 300);
        mains_says(s, mains, false);
        passes(s, 1200);
        mains_says(s, mains, true);
        passes(s, 5);
        told_so_far(s, 2);
        told_is(s, 1, THON_CAUSE_CLEAR, THON_CAUSE_MAINS);
        done(s);
}
END_TEST

START_TEST(two_switches_of_an_area_at_once_are_the_mains)
{
        struct story *s = calloc(1, sizeof(*s));
        size_t left, right;

        story_init(s);
        left = story_device(s, THON_WATCH_SWITCH, "tu-1", "thon-1", THON_NO_DEVICE, NET);
        right = story_device(s, THON_WATCH_SWITCH, "tu-2", "thon-1", THON_NO_DEVICE, NET);
        story_cameras(s, "mot", 8, "thon-1", left, NET);
        story_cameras(s, "hai", 8, "thon-1", right, NET);
        story_cameras(s, "ba", 8, "thon-2", THON_NO_DEVICE, NET + 0x100);
        story_begin(s);
        passes(s, 300);
        turns(s, 0, 18, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_MAINS);
        ck_assert_uint_eq(told(s, 0)->device, THON_NO_DEVICE);
        ck_assert_uint_eq(told(s, 0)->n_members, 18);
        turns(s, 0, 18, THON_CAMERA_OK);
        turns(s, 4, 2, THON_CAMERA_CABLE);
        passes(s, 900);
        told_so_far(s, 4);
        told_is(s, 3, THON_CAUSE_CLEAR, THON_CAUSE_MAINS);
        ck_assert_uint_eq(told(s, 3)->n_members, 2);
        done(s);
}
END_TEST

/* ---- failures that have no common cause ---- */
START_TEST(three_that_go_black_in_one_evening_are_three)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        turns(s, 3, 3, THON_CAMERA_BLACK);
        passes(s, 600);
        told_so_far(s, 3);
        for (size_t i = 0; i < 3; i++)
                told_is(s, i, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        done(s);
}
END_TEST

START_TEST(a_warning_that_becomes_a_failure_is_told_on_by_it)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        s->world[17] = THON_CAMERA_CLOCK_SKEW;
        passes(s, 4000);
        told_so_far(s, 1);
        s->world[17] = THON_CAMERA_NO_RTP;
        passes(s, 400);
        told_so_far(s, 3);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        told_is(s, 2, THON_CAUSE_CLEAR, THON_CAUSE_DEVICE);
        ck_assert_str_eq(told(s, 2)->id, told(s, 0)->id);
        ck_assert_str_eq(told(s, 2)->absorbed_by, told(s, 1)->id);
        /* Mended, but for the clock. */
        s->world[17] = THON_CAMERA_CLOCK_SKEW;
        passes(s, 400);
        told_so_far(s, 5);
        told_is(s, 3, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        told_is(s, 4, THON_CAUSE_CLEAR, THON_CAUSE_DEVICE);
        ck_assert_str_eq(told(s, 4)->id, told(s, 1)->id);
        ck_assert_str_eq(told(s, 4)->absorbed_by, "");
        ck_assert_uint_eq(told(s, 4)->n_members, 0);
        done(s);
}
END_TEST

START_TEST(what_was_black_goes_silent_with_its_switch_and_comes_back_black)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        s->world[5] = THON_CAMERA_BLACK;
        passes(s, 5000);
        told_so_far(s, 1);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 3);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_PARENT);
        ck_assert_str_eq(told(s, 2)->absorbed_by, told(s, 1)->id);
        ck_assert_int_ge(told(s, 1)->began, STORY_BEGAN + 5000);
        turns(s, 0, 17, THON_CAMERA_OK);
        s->world[5] = THON_CAMERA_BLACK;
        passes(s, 900);
        told_so_far(s, 5);
        told_is(s, 3, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        told_is(s, 4, THON_CAUSE_CLEAR, THON_CAUSE_PARENT);
        ck_assert_int_eq(thon_cause_of(s->cause, 5)->verdict, THON_CAMERA_BLACK);
        done(s);
}
END_TEST

/* ---- flapping ---- */
START_TEST(a_flapping_switch_is_one_message_and_its_cameras_none)
{
        struct story *s = hamlet();

        s->state_rules.confirm_s = 200; /* so that none of it is confirmed */
        story_begin(s);
        passes(s, 300);
        for (int i = 0; i < 12; i++) {
                turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
                passes(s, 100);
                turns(s, 0, 17, THON_CAMERA_OK);
                passes(s, 100);
        }
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_FLAPPING);
        ck_assert_uint_eq(told(s, 0)->device, 0);
        passes(s, 3600);
        told_so_far(s, 2);
        done(s);
}
END_TEST

START_TEST(a_camera_that_dies_below_a_flapping_switch_is_told)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        for (int i = 0; i < 30; i++) {
                s->world[0] = THON_CAMERA_NO_NETWORK;
                if (i == 12)
                        s->world[5] = THON_CAMERA_CABLE;
                passes(s, 80);
                s->world[0] = THON_CAMERA_OK;
                passes(s, 80);
        }
        passes(s, 300);
        told_so_far(s, 2);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_FLAPPING);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        ck_assert_uint_eq(told(s, 1)->device, 5);
        done(s);
}
END_TEST

START_TEST(a_flapping_camera_whose_switch_dies_is_absorbed)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        for (int i = 0; i < 6; i++) {
                s->world[5] = THON_CAMERA_NO_NETWORK;
                passes(s, 80);
                s->world[5] = THON_CAMERA_OK;
                passes(s, 80);
        }
        told_so_far(s, 1);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 400);
        told_so_far(s, 3);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_PARENT);
        told_is(s, 2, THON_CAUSE_CLEAR, THON_CAUSE_FLAPPING);
        ck_assert_str_eq(told(s, 2)->absorbed_by, told(s, 1)->id);
        passes(s, 3600);
        told_so_far(s, 3);
        turns(s, 0, 17, THON_CAMERA_OK);
        passes(s, 900);
        told_so_far(s, 4);
        told_is(s, 3, THON_CAUSE_CLEAR, THON_CAUSE_PARENT);
        done(s);
}
END_TEST

/* ---- maintenance ---- */
START_TEST(work_on_the_switch_is_announced_to_nobody)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        thon_cause_maintenance(s->cause, 0, true);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 3600);
        told_so_far(s, 0);
        /* The time is over, and it is still silent. */
        thon_cause_maintenance(s->cause, 0, false);
        s->next = s->now.mono;
        passes(s, 5);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_PARENT);
        ck_assert_uint_eq(told(s, 0)->n_members, 16);
        /* Somebody goes there and says so; afterwards it is told anew, as another event. */
        thon_cause_maintenance(s->cause, 0, true);
        s->next = s->now.mono;
        passes(s, 600);
        told_so_far(s, 2);
        told_is(s, 1, THON_CAUSE_CLEAR, THON_CAUSE_PARENT);
        ck_assert_uint_eq(told(s, 1)->n_members, 0);
        thon_cause_maintenance(s->cause, 0, false);
        s->next = s->now.mono;
        passes(s, 5);
        told_so_far(s, 3);
        ck_assert_str_ne(told(s, 2)->id, told(s, 0)->id);
        done(s);
}
END_TEST

START_TEST(a_camera_in_maintenance_is_no_member_and_no_incident)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        thon_cause_maintenance(s->cause, 5, true);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 1);
        ck_assert_uint_eq(told(s, 0)->n_members, 15);
        ck_assert_ptr_null(thon_cause_of(s->cause, 5));
        done(s);
}
END_TEST

/* ---- over a restart ---- */
static void restart(struct story *s)
{
        struct thon_incident kept[8];
        size_t n = thon_cause_count(s->cause), members[8][STORY_DEVICES];
        struct thon_cause *next;

        ck_assert_uint_le(n, 8);
        for (size_t i = 0; i < n; i++) {
                kept[i] = *thon_cause_at(s->cause, i);
                memcpy(members[i], kept[i].members, kept[i].n_members * sizeof(size_t));
                kept[i].members = members[i];
        }
        ck_assert_int_eq(thon_cause_new(&s->rules, s->devices, s->n, s->learn, &next), 0);
        for (size_t i = 0; i < n; i++)
                ck_assert_int_eq(thon_cause_restore(next, &kept[i]), 0);
        if (n)
                ck_assert_int_eq(thon_cause_restore(next, &kept[0]), -EEXIST);
        thon_cause_free(s->cause);
        s->cause = next;
        s->now.mono.us = 777 * STORY_SECOND; /* the machine was started anew */
        for (size_t i = 0; i < s->n; i++) {
                struct thon_device_state was = s->states[i];

                thon_device_state_restore(&s->states[i], was.hard, was.since, was.flapping,
                                          was.flapping_since);
                s->due[i] = (struct thon_mono){s->now.mono.us + (20 + i) * STORY_SECOND};
        }
        s->next = s->now.mono;
}

START_TEST(over_a_restart_nothing_is_told_twice_and_the_end_is)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        s->world[17] = THON_CAMERA_HUNG;
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 2);
        restart(s);
        ck_assert_uint_eq(thon_cause_count(s->cause), 2);
        passes(s, 10);
        ck_assert_uint_eq(thon_cause_of(s->cause, 4)->n_members, 16);
        passes(s, 600);
        told_so_far(s, 2);
        restart(s);
        turns(s, 0, 17, THON_CAMERA_OK);
        s->world[9] = THON_CAMERA_CABLE;
        passes(s, 900);
        told_so_far(s, 4);
        told_is(s, 2, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        told_is(s, 3, THON_CAUSE_CLEAR, THON_CAUSE_PARENT);
        ck_assert_uint_eq(told(s, 3)->n_members, 1);
        ck_assert_uint_eq(told(s, 3)->members[0], 9);
        done(s);
}
END_TEST

START_TEST(a_mass_and_the_mains_survive_a_restart)
{
        size_t mains;
        struct story *s = with_mains(&mains);

        story_begin(s);
        passes(s, 300);
        mains_says(s, mains, false);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 1);
        restart(s);
        passes(s, 600);
        told_so_far(s, 1);
        ck_assert_uint_eq(thon_cause_of(s->cause, mains)->n_members, 17);
        mains_says(s, mains, true);
        turns(s, 0, 17, THON_CAMERA_OK);
        passes(s, 600);
        told_so_far(s, 2);
        done(s);
}
END_TEST

START_TEST(what_came_back_while_we_were_away_is_ended)
{
        struct story *s = hamlet();

        story_begin(s);
        passes(s, 300);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        restart(s);
        turns(s, 0, 17, THON_CAMERA_OK);
        passes(s, 300);
        told_so_far(s, 2);
        told_is(s, 1, THON_CAUSE_CLEAR, THON_CAUSE_PARENT);
        ck_assert_uint_eq(told(s, 1)->n_members, 0);
        done(s);
}
END_TEST

START_TEST(without_its_switch_in_the_registry_an_incident_ends_and_its_cameras_speak_for_themselves)
{
        struct story *s = hamlet();
        struct thon_incident kept;
        size_t members[] = {3, THON_NO_DEVICE, 4, 999};

        story_begin(s);
        kept = (struct thon_incident){.id = "camera-tu-cu-1",
                                      .kind = THON_CAUSE_PARENT,
                                      .verdict = THON_CAMERA_NO_NETWORK,
                                      .device = THON_NO_DEVICE,
                                      .area = "gone",
                                      .began = {STORY_BEGAN - 100},
                                      .members = members,
                                      .n_members = 4,
                                      .most = 4,
                                      .raised = true};
        ck_assert_int_eq(thon_cause_restore(s->cause, &kept), 0);
        kept.id[0] = '\0';
        ck_assert_int_eq(thon_cause_restore(s->cause, &kept), -EINVAL);
        turns(s, 3, 2, THON_CAMERA_CABLE);
        passes(s, 900);
        told_so_far(s, 3);
        told_is(s, 0, THON_CAUSE_CLEAR, THON_CAUSE_PARENT);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        told_is(s, 2, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        done(s);
}
END_TEST

/* ---- the plant ---- */
START_TEST(a_cycle_of_parents_is_cut_and_one_out_of_range_refused)
{
        struct story *s = hamlet();
        struct thon_cause *cause = NULL;

        s->devices[0].parent = 5; /* and 5 hangs on 0 */
        s->devices[17].parent = 17;
        story_begin(s);
        passes(s, 300);
        turns(s, 0, 17, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_PARENT);
        s->devices[3].parent = s->n;
        ck_assert_int_eq(thon_cause_new(&s->rules, s->devices, s->n, NULL, &cause), -EINVAL);
        ck_assert_ptr_null(cause);
        done(s);
}
END_TEST

START_TEST(subnets_have_numbers)
{
        ck_assert_uint_eq(thon_watch_network("192.168.4.7"), 0xc0a80400);
        ck_assert_uint_eq(thon_watch_network("2001:db8:1:2::7"), UINT64_C(0x20010db800010002));
        ck_assert_uint_eq(thon_watch_network("camera.local"), 0);
        ck_assert_uint_eq(thon_watch_network(""), 0);
        ck_assert_uint_eq(thon_watch_network(NULL), 0);
}
END_TEST

START_TEST(kinds_have_names)
{
        enum thon_watch_kind kind;

        for (int i = THON_WATCH_CAMERA; i <= THON_WATCH_MAINS; i++) {
                ck_assert(thon_watch_kind_parse(thon_watch_kind_text((enum thon_watch_kind)i), &kind));
                ck_assert_int_eq(kind, i);
        }
        ck_assert(!thon_watch_kind_parse("toaster", &kind));
        ck_assert_str_eq(thon_cause_slug(THON_CAUSE_FLAPPING), "flapping");
        ck_assert_str_eq(thon_cause_slug(THON_CAUSE_SELF), "self");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_cause");
        TCase *tc = tcase_create("stories");
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, sixteen_cameras_behind_a_switch_are_one_message_and_one_back);
        tcase_add_test(tc, two_that_do_not_come_back_are_named);
        tcase_add_test(tc, one_camera_is_itself);
        tcase_add_test(tc, its_parent_is_looked_at_first_and_then_those_beside_it);
        tcase_add_test(tc, of_many_beside_it_a_few_are_looked_at_and_not_again_at_once);
        tcase_add_test(tc, nothing_is_healed_while_many_are_down);
        tcase_add_test(tc, a_parent_that_is_soft_still_is_waited_for);
        tcase_add_test(tc, a_parent_that_nobody_could_look_at_silences_no_dead_camera);
        tcase_add_test(tc, the_highest_silent_parent_is_the_one);
        tcase_add_test(tc, a_camera_told_alone_is_absorbed_by_its_switch);
        tcase_add_test(tc, a_camera_that_was_dead_for_long_stays_its_own_matter);
        tcase_add_test(tc, a_switch_that_answers_while_all_on_it_fell_is_named);
        tcase_add_test(tc, one_that_was_dead_before_hides_no_common_cause);
        tcase_add_test(tc, then_the_switch_dies_too_and_nobody_is_told_again);
        tcase_add_test(tc, most_of_a_subnet_is_one_message);
        tcase_add_test(tc, most_of_an_area_is_one_message);
        tcase_add_test(tc, half_of_a_subnet_is_single_cameras);
        tcase_add_test(tc, everything_silent_at_once_is_our_own_network);
        tcase_add_test(tc, a_power_cut_is_told_at_once_and_takes_the_rest_with_it);
        tcase_add_test(tc, who_hangs_on_the_mains_itself_is_cut_off_with_it);
        tcase_add_test(tc, an_input_that_tells_late_takes_over_what_was_concluded);
        tcase_add_test(tc, a_power_cut_that_the_batteries_bridge_ends_at_once);
        tcase_add_test(tc, two_switches_of_an_area_at_once_are_the_mains);
        tcase_add_test(tc, three_that_go_black_in_one_evening_are_three);
        tcase_add_test(tc, a_warning_that_becomes_a_failure_is_told_on_by_it);
        tcase_add_test(tc, what_was_black_goes_silent_with_its_switch_and_comes_back_black);
        tcase_add_test(tc, a_flapping_switch_is_one_message_and_its_cameras_none);
        tcase_add_test(tc, a_camera_that_dies_below_a_flapping_switch_is_told);
        tcase_add_test(tc, a_flapping_camera_whose_switch_dies_is_absorbed);
        tcase_add_test(tc, work_on_the_switch_is_announced_to_nobody);
        tcase_add_test(tc, a_camera_in_maintenance_is_no_member_and_no_incident);
        tcase_add_test(tc, over_a_restart_nothing_is_told_twice_and_the_end_is);
        tcase_add_test(tc, a_mass_and_the_mains_survive_a_restart);
        tcase_add_test(tc, what_came_back_while_we_were_away_is_ended);
        tcase_add_test(
                tc,
                without_its_switch_in_the_registry_an_incident_ends_and_its_cameras_speak_for_themselves);
        tcase_add_test(tc, a_cycle_of_parents_is_cut_and_one_out_of_range_refused);
        tcase_add_test(tc, subnets_have_numbers);
        tcase_add_test(tc, kinds_have_names);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
