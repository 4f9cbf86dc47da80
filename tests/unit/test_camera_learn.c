/* Learning what hangs together from what fell together: rules one by one, then synthetic years with a hidden topology of
 * which precision and recall are known, then through the cause finder. */
#include <errno.h>

#include "cause_story.h"
#include "relay_random.h"

static struct thon_learn *learn;

static void setup(void)
{
        ck_assert_int_eq(thon_learn_new(&learn), 0);
}

static void teardown(void)
{
        learn = thon_learn_free(learn);
}

#define ids(...) ((const char *const[]){__VA_ARGS__})
#define teach(at, n, ...) \
        ck_assert_int_eq(thon_learn_teach(learn, ids(__VA_ARGS__), n, (struct thon_wall){at}), 0)
#define match(share, n, ...) thon_learn_match(learn, ids(__VA_ARGS__), n, share)

static bool is_member(int64_t group, const char *id)
{
        const char *members[64];
        size_t n = thon_learn_members(learn, group, members, 64);

        for (size_t i = 0; i < n && i < 64; i++)
                if (strcmp(members[i], id) == 0)
                        return true;
        return false;
}

START_TEST(once_is_a_coincidence_twice_is_believed)
{
        int64_t group;

        teach(100, 3, "a", "b", "c");
        ck_assert_int_eq(match(50, 3, "a", "b", "c"), 0);
        teach(200, 3, "c", "a", "b");
        group = match(50, 3, "b", "c", "a");
        ck_assert_int_gt(group, 0);
        ck_assert_uint_eq(thon_learn_members(learn, group, NULL, 0), 3);
        ck_assert_int_eq(match(50, 2, "a", "b"), group);
        ck_assert_int_eq(match(80, 2, "a", "b"), 0);
        ck_assert_int_eq(match(50, 3, "x", "y", "z"), 0);
}
END_TEST

START_TEST(a_stranger_who_fell_in_the_same_minute_is_not_taken_in)
{
        int64_t group;

        teach(100, 4, "a", "b", "c", "stranger");
        teach(200, 3, "a", "b", "c");
        group = match(50, 3, "a", "b", "c");
        ck_assert(!is_member(group, "stranger"));
        teach(300, 4, "a", "b", "c", "other");
        ck_assert_int_eq(match(50, 3, "a", "b", "c"), group);
        ck_assert(!is_member(group, "other"));
}
END_TEST

START_TEST(who_was_dead_already_stays_a_member)
{
        int64_t group;

        for (int i = 0; i < 4; i++)
                teach(100 + i, 5, "a", "b", "c", "d", "e");
        teach(200, 4, "a", "b", "c", "d");
        group = match(50, 5, "a", "b", "c", "d", "e");
        ck_assert(is_member(group, "e"));
}
END_TEST

START_TEST(who_moved_to_another_switch_is_let_go)
{
        int64_t first, second;

        for (int i = 0; i < 8; i++) {
                teach(100 + i, 5, "a", "b", "c", "d", "mover");
                teach(200 + i, 4, "p", "q", "r", "s");
        }
        for (int i = 0; i < 5; i++) {
                teach(300 + i, 4, "a", "b", "c", "d");
                teach(400 + i, 5, "p", "q", "r", "s", "mover");
        }
        first = match(50, 4, "a", "b", "c", "d");
        second = match(50, 4, "p", "q", "r", "s");
        ck_assert_int_ne(first, second);
        ck_assert(!is_member(first, "mover"));
        ck_assert(is_member(second, "mover"));
}
END_TEST

START_TEST(one_that_is_gone_is_forgotten)
{
        int64_t group;

        teach(100, 3, "a", "b", "c");
        teach(200, 3, "a", "b", "c");
        thon_learn_forget(learn, "b");
        group = match(50, 2, "a", "c");
        ck_assert_int_gt(group, 0);
        ck_assert(!is_member(group, "b"));
        thon_learn_forget(learn, "a");
        thon_learn_forget(learn, "c");
        ck_assert_int_eq(match(50, 2, "a", "c"), 0);
}
END_TEST

START_TEST(what_makes_no_group_is_refused)
{
        static const char *many[THON_LEARN_MEMBERS + 1];
        static char names[THON_LEARN_MEMBERS + 1][16];

        ck_assert_int_eq(thon_learn_teach(learn, ids("a", "Not A Slug"), 2, (struct thon_wall){1}), -EINVAL);
        teach(1, 1, "a");
        teach(1, 2, "a", "a");
        for (size_t i = 0; i <= THON_LEARN_MEMBERS; i++) {
                snprintf(names[i], sizeof(names[i]), "cam-%zu", i);
                many[i] = names[i];
        }
        ck_assert_int_eq(thon_learn_teach(learn, many, THON_LEARN_MEMBERS + 1, (struct thon_wall){1}), 0);
        ck_assert(!thon_learn_changed(learn));
}
END_TEST

/* ---- keeping ---- */
struct kept {
        char docs[THON_LEARN_GROUPS + 4][512];
        int64_t groups[THON_LEARN_GROUPS + 4];
        size_t n, gone, stop_after;
};

static int keep_it(int64_t group, const char *doc, void *userdata)
{
        struct kept *kept = userdata;

        if (kept->stop_after && kept->n >= kept->stop_after)
                return -EIO;
        if (!doc) {
                kept->gone++;
                return 0;
        }
        kept->groups[kept->n] = group;
        snprintf(kept->docs[kept->n++], sizeof(kept->docs[0]), "%s", doc);
        return 0;
}

START_TEST(what_is_kept_is_the_same_afterwards)
{
        struct kept kept = {.n = 0}, again = {.n = 0};
        struct thon_learn *other;
        int64_t group;

        for (int i = 0; i < 3; i++) {
                teach(100 + i, 3, "a", "b", "c");
                teach(200 + i, 4, "p", "q", "r", "s");
        }
        ck_assert(thon_learn_changed(learn));
        ck_assert_int_eq(thon_learn_keep(learn, keep_it, &kept), 0);
        ck_assert_uint_eq(kept.n, 2);
        ck_assert(!thon_learn_changed(learn));
        ck_assert_int_eq(thon_learn_keep(learn, keep_it, &again), 0);
        ck_assert_uint_eq(again.n, 0);
        ck_assert_int_eq(thon_learn_new(&other), 0);
        for (size_t i = 0; i < kept.n; i++)
                ck_assert_int_eq(thon_learn_restore(other, kept.groups[i], kept.docs[i]), 0);
        ck_assert(!thon_learn_changed(other));
        ck_assert_int_eq(thon_learn_restore(other, kept.groups[0], kept.docs[0]), -EINVAL);
        group = match(50, 3, "a", "b", "c");
        thon_learn_free(learn);
        learn = other;
        ck_assert_int_eq(match(50, 3, "a", "b", "c"), group);
        teach(300, 3, "x", "y", "z");
        teach(301, 3, "x", "y", "z");
        ck_assert_int_ne(match(50, 3, "x", "y", "z"), group);
}
END_TEST

START_TEST(what_could_not_be_written_is_written_the_next_time)
{
        struct kept kept = {.stop_after = 1};

        teach(100, 3, "a", "b", "c");
        teach(200, 4, "p", "q", "r", "s");
        ck_assert_int_eq(thon_learn_keep(learn, keep_it, &kept), -EIO);
        ck_assert(thon_learn_changed(learn));
        kept.stop_after = 0;
        ck_assert_int_eq(thon_learn_keep(learn, keep_it, &kept), 0);
        ck_assert_uint_eq(kept.n, 2);
        ck_assert(!thon_learn_changed(learn));
}
END_TEST

START_TEST(damaged_rows_are_passed_over)
{
        static const char *const bad[] = {"",
                                          "1",
                                          "2 1 1 a:01",
                                          "1 1 1",
                                          "1 1 1 ",
                                          "1 1 0 a:01",
                                          "1 x 1 a:01",
                                          "1 1 1 a:0",
                                          "1 1 1 a:00",
                                          "1 1 1 a:zz",
                                          "1 1 1 a",
                                          "1 1 1 A:01",
                                          "1 1 1 a:01x",
                                          "1 1 1 b:01 a:01",
                                          "1 1 1 a:01 a:01",
                                          "1 99999999999999999999 1 a:01",
                                          "1 1 1 :01"};

        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
                ck_assert_msg(thon_learn_restore(learn, 1, bad[i]) == -EINVAL, "%s", bad[i]);
        ck_assert_int_eq(thon_learn_restore(learn, 0, "1 1 1 a:01 b:01"), -EINVAL);
        ck_assert_int_eq(thon_learn_restore(learn, -4, "1 1 1 a:01 b:01"), -EINVAL);
        ck_assert_int_eq(thon_learn_restore(learn, 4, "1 1 1 a:01 b:ff"), 0);
}
END_TEST

START_TEST(groups_are_bounded_and_the_believed_stay)
{
        struct kept kept = {.n = 0};

        random_begin();
        teach(1, 3, "a", "b", "c");
        teach(2, 3, "a", "b", "c");
        for (int i = 0; i < 2000; i++) {
                char one[16], two[16], three[16];

                snprintf(one, sizeof(one), "x-%d", i);
                snprintf(two, sizeof(two), "y-%d", i);
                snprintf(three, sizeof(three), "z-%d", i);
                teach(100 + i, 3, one, two, three);
        }
        ck_assert_int_gt(match(50, 3, "a", "b", "c"), 0);
        ck_assert_int_eq(thon_learn_keep(learn, keep_it, &kept), 0);
        ck_assert_uint_eq(kept.n, THON_LEARN_GROUPS);
        ck_assert_uint_gt(kept.gone, 0);
}
END_TEST

/* ---- years of a commune of which we know the wiring ---- */
#define CAMERAS  117
#define SWITCHES 12

START_TEST(hidden_switches_are_found)
{
        double found_all = 0, learned_all = 0, right_all = 0;

        random_begin();
        for (int round = 0; round < 20; round++) {
                size_t on[CAMERAS], faults[SWITCHES] = {0};
                char names[CAMERAS][16];
                size_t learned = 0, right = 0, wanted = 0;

                teardown();
                setup();
                for (size_t i = 0; i < CAMERAS; i++) {
                        on[i] = random_below(SWITCHES + 1); /* the last: on none */
                        snprintf(names[i], sizeof(names[i]), "cam-%zu", i);
                }
                for (int event = 0; event < 150; event++) {
                        const char *fell[CAMERAS];
                        size_t n = 0, which = random_below(SWITCHES),
                               also = random_below(12) == 0 ? random_below(SWITCHES) : SWITCHES;

                        /* Somebody moves a cable. */
                        if (random_below(30) == 0)
                                on[random_below(CAMERAS)] = random_below(SWITCHES + 1);
                        for (size_t i = 0; i < CAMERAS; i++) {
                                bool down = on[i] == which || (on[i] == also && also < SWITCHES);

                                /* A few were dead already; now and then a stranger falls in the same minute. */
                                if (down ? random_below(100) >= 4 : random_below(300) == 0)
                                        fell[n++] = names[i];
                        }
                        if (n < 3)
                                continue;
                        faults[which]++;
                        ck_assert_int_eq(thon_learn_teach(learn, fell, n, (struct thon_wall){event}), 0);
                }
                /* What the finder would say of each switch that fails now. */
                for (size_t w = 0; w < SWITCHES; w++) {
                        const char *members[CAMERAS], *fell[CAMERAS];
                        size_t n = 0, m;
                        int64_t group;

                        for (size_t i = 0; i < CAMERAS; i++)
                                if (on[i] == w)
                                        fell[n++] = names[i];
                        if (n < 3 || faults[w] < 3)
                                continue;
                        wanted += n;
                        group = thon_learn_match(learn, fell, n, 60);
                        m = thon_learn_members(learn, group, members, CAMERAS);
                        learned += m;
                        for (size_t i = 0; i < m; i++) {
                                size_t k = 0;

                                while (k < n && strcmp(fell[k], members[i]) != 0)
                                        k++;
                                right += k < n;
                        }
                }
                found_all += (double)wanted;
                learned_all += (double)learned;
                right_all += (double)right;
        }
        printf("learned membership of hidden switches: precision %.3f, recall %.3f\n",
               right_all / learned_all, right_all / found_all);
        ck_assert_double_ge(right_all / learned_all, 0.95);
        ck_assert_double_ge(right_all / found_all, 0.95);
}
END_TEST

/* ---- through the cause finder ---- */
/* 30 cameras of one subnet; 8 of them hang on a switch of which nobody told us. */
START_TEST(the_second_time_a_hidden_switch_is_one_message)
{
        struct story *s = calloc(1, sizeof(*s));

        story_init(s);
        story_cameras(s, "cam", 30, "", THON_NO_DEVICE, 0xc0a80100);
        ck_assert_int_eq(thon_learn_new(&s->learn), 0);
        story_begin(s);
        passes(s, 300);
        turns(s, 4, 8, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        told_so_far(s, 8);
        turns(s, 4, 8, THON_CAMERA_OK);
        passes(s, 7200);
        told_so_far(s, 16);
        s->n_told = 0;
        turns(s, 4, 8, THON_CAMERA_NO_NETWORK);
        s->world[20] = THON_CAMERA_CABLE; /* in the same minute */
        passes(s, 600);
        told_so_far(s, 2);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_LEARNED);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        ck_assert_uint_eq(told(s, 0)->n_members, 8);
        ck_assert_uint_eq(told(s, 1)->device, 20);
        turns(s, 0, 30, THON_CAMERA_OK);
        s->world[6] = THON_CAMERA_CABLE;
        passes(s, 900);
        told_so_far(s, 5);
        ck_assert_uint_eq(thon_cause_count(s->cause), 1);
        ck_assert_uint_eq(thon_cause_of(s->cause, 6)->device, 6);
        story_end(s);
        free(s);
}
END_TEST

START_TEST(what_a_declared_parent_explains_is_not_taught)
{
        struct story *s = calloc(1, sizeof(*s));

        story_init(s);
        story_device(s, THON_WATCH_SWITCH, "tu", "thon-4", THON_NO_DEVICE, 0xc0a80100);
        story_cameras(s, "cam", 8, "thon-4", 0, 0xc0a80100);
        story_cameras(s, "le", 3, "", THON_NO_DEVICE, 0xc0a80200);
        ck_assert_int_eq(thon_learn_new(&s->learn), 0);
        story_begin(s);
        passes(s, 300);
        turns(s, 0, 9, THON_CAMERA_NO_NETWORK);
        passes(s, 600);
        turns(s, 0, 9, THON_CAMERA_OK);
        passes(s, 600);
        turns(s, 1, 8, THON_CAMERA_CABLE);
        passes(s, 900);
        ck_assert(!thon_learn_changed(s->learn));
        story_end(s);
        free(s);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_learn");
        TCase *tc = tcase_create("groups");
        tcase_add_checked_fixture(tc, setup, teardown);
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, once_is_a_coincidence_twice_is_believed);
        tcase_add_test(tc, a_stranger_who_fell_in_the_same_minute_is_not_taken_in);
        tcase_add_test(tc, who_was_dead_already_stays_a_member);
        tcase_add_test(tc, who_moved_to_another_switch_is_let_go);
        tcase_add_test(tc, one_that_is_gone_is_forgotten);
        tcase_add_test(tc, what_makes_no_group_is_refused);
        tcase_add_test(tc, what_is_kept_is_the_same_afterwards);
        tcase_add_test(tc, what_could_not_be_written_is_written_the_next_time);
        tcase_add_test(tc, damaged_rows_are_passed_over);
        tcase_add_test(tc, groups_are_bounded_and_the_believed_stay);
        tcase_add_test(tc, hidden_switches_are_found);
        tcase_add_test(tc, the_second_time_a_hidden_switch_is_one_message);
        tcase_add_test(tc, what_a_declared_parent_explains_is_not_taught);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
