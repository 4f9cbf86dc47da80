/* One cause, one message: stories of a commune whose plant is declared. */
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

int main(void)
{
        Suite *suite = suite_create("camera_cause");
        TCase *tc = tcase_create("stories");
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, sixteen_cameras_behind_a_switch_are_one_message_and_one_back);
        tcase_add_test(tc, two_that_do_not_come_back_are_named);
        tcase_add_test(tc, one_camera_is_itself);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
