/* Who is told, and by which ladder: the households of Chí Phúc, one by one. */
#include <check.h>
#include <string.h>

#include "thon/relay_decide.h"

static const struct thon_ladder_channel channels[] = {
        {.name = "nhom"},
        {.name = "oa"},
        {.name = "bot"},
        {.name = "mau", .address_of = "oa"},
        {.name = "sms", .by_phone = true},
};
static struct thon_ladder_conf conf;
static struct thon_recipients got;

static void begin(void)
{
        conf = (struct thon_ladder_conf){.channels = channels, .n_channels = 5, .household_phone = true};
        got = (struct thon_recipients){0};
}

static void end(void)
{
        thon_recipients_done(&got);
}

static void build(struct thon_audience_person *persons, size_t n, struct thon_audience_household *households,
                  size_t m)
{
        struct thon_audience audience = {persons, n, households, m};

        ck_assert_int_eq(thon_recipients_build(&audience, THON_PURPOSE_NOTICES, &conf, &got), 0);
}

#define YES .consent_notices = true, .consent_emergency = true

START_TEST(two_people_of_a_household_are_one_recipient)
{
        struct thon_audience_person persons[] = {
                {.id = "an", .household = "CP-001", .channels = "oa:1", YES, .named = true},
                {.id = "binh", .household = "cp-001", .channels = "oa:2", YES, .named = true},
        };
        struct thon_audience_household households[] = {{.code = "CP-001", .area = "chi-phuc"}};

        build(persons, 2, households, 1);
        ck_assert_uint_eq(got.n, 1);
        ck_assert_str_eq(got.items[0].household, "CP-001");
        ck_assert_str_eq(got.items[0].person, "an");
        ck_assert_str_eq(got.items[0].area, "chi-phuc");
        ck_assert_ptr_nonnull(strstr(got.items[0].ladder, "oa:1 oa:2"));
}
END_TEST

START_TEST(who_is_named_is_meant_and_nobody_else_at_home)
{
        struct thon_audience_person persons[] = {
                {.id = "binh", .household = "CP-001", .channels = "oa:2", YES, .named = true},
                {.id = "an", .household = "CP-001", .channels = "oa:1", YES},
        };
        struct thon_audience_household households[] = {{.code = "CP-001", .phone = "+84900000001"}};

        build(persons, 2, households, 1);
        ck_assert_uint_eq(got.n, 1);
        ck_assert_str_eq(got.items[0].ladder, "oa:2 mau:2");
        thon_recipients_done(&got);
        households[0].named = true;
        build(persons, 2, households, 1);
        ck_assert_uint_eq(got.n, 1);
        ck_assert_str_eq(got.items[0].ladder, "oa:2 oa:1 mau:2 mau:1 sms:+84900000001");
}
END_TEST

START_TEST(a_household_nobody_of_which_agreed_is_left_out_and_counted)
{
        struct thon_audience_person persons[] = {
                {.id = "chi",
                 .household = "CP-002",
                 .channels = "oa:3",
                 .phone = "+84900000002",
                 .consent_emergency = true},
        };
        struct thon_audience_household households[] = {
                {.code = "CP-002", .phone = "+84900000002", .named = true},
                {.code = "CP-003", .named = true},
        };

        build(persons, 1, households, 2);
        ck_assert_uint_eq(got.left_out, 1);
        ck_assert_uint_eq(got.n, 1);
        ck_assert_str_eq(got.items[0].household, "CP-003");
        ck_assert_str_eq(got.items[0].ladder, "");
}
END_TEST

START_TEST(a_number_is_not_used_behind_the_back_of_who_refused)
{
        struct thon_audience_person persons[] = {
                {.id = "an", .household = "CP-002", .channels = "oa:4", YES},
                {.id = "chi", .household = "CP-002", .phone = "+84900000002"},
        };
        struct thon_audience_household households[] = {
                {.code = "CP-002", .phone = "+84900000002", .named = true}};

        build(persons, 2, households, 1);
        ck_assert_uint_eq(got.n, 1);
        ck_assert_str_eq(got.items[0].ladder, "oa:4 mau:4");
}
END_TEST

START_TEST(somebody_without_a_household_is_a_recipient_of_their_own)
{
        struct thon_audience_person persons[] = {
                {.id = "ky-thuat",
                 .area = "sao-mai",
                 .channels = "bot:9;oa:5",
                 .phone = "+84900000005",
                 YES,
                 .named = true},
                {.id = "quen", .channels = "oa:6", .named = true},
        };

        build(persons, 2, NULL, 0);
        ck_assert_uint_eq(got.n, 1);
        ck_assert_uint_eq(got.left_out, 1);
        ck_assert_ptr_null(got.items[0].household);
        ck_assert_str_eq(got.items[0].person, "ky-thuat");
        ck_assert_str_eq(got.items[0].area, "sao-mai");
        ck_assert_msg(strcmp(got.items[0].ladder, "bot:9 oa:5 mau:5 sms:+84900000005") == 0, "%s",
                      got.items[0].ladder);
}
END_TEST

START_TEST(the_ladder_of_the_commune_goes_before_the_order_of_a_person)
{
        static const char *const order[] = {"nhom", "mau", "sms", "visit"};
        struct thon_audience_person persons[] = {
                {.id = "an",
                 .household = "CP-001",
                 .channels = "bot:9;oa:5;nhom:g1",
                 .phone = "+84900000005",
                 YES},
        };
        struct thon_audience_household households[] = {
                {.code = "CP-001", .phone = "+84900000001", .named = true}};

        conf.order = order;
        conf.n_order = 4;
        build(persons, 1, households, 1);
        ck_assert_str_eq(got.items[0].ladder, "nhom:g1 mau:5 sms:+84900000005 sms:+84900000001");
}
END_TEST

START_TEST(channels_that_nobody_knows_any_more_are_passed_over)
{
        struct thon_audience_person persons[] = {
                {.id = "an", .household = "CP-001", .channels = "viber:9;oa:5;", YES},
                {.id = "binh", .household = "CP-001", .channels = ";;oa", YES},
        };
        struct thon_audience_household households[] = {{.code = "CP-001", .named = true}};

        build(persons, 2, households, 1);
        ck_assert_str_eq(got.items[0].ladder, "oa:5 mau:5");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("relay recipients");
        TCase *tc = tcase_create("recipients");

        tcase_add_checked_fixture(tc, begin, end);
        tcase_add_test(tc, two_people_of_a_household_are_one_recipient);
        tcase_add_test(tc, who_is_named_is_meant_and_nobody_else_at_home);
        tcase_add_test(tc, a_household_nobody_of_which_agreed_is_left_out_and_counted);
        tcase_add_test(tc, a_number_is_not_used_behind_the_back_of_who_refused);
        tcase_add_test(tc, somebody_without_a_household_is_a_recipient_of_their_own);
        tcase_add_test(tc, the_ladder_of_the_commune_goes_before_the_order_of_a_person);
        tcase_add_test(tc, channels_that_nobody_knows_any_more_are_passed_over);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
