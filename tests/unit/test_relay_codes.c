/* What providers' answers mean: the tables are whole and in order, and the codes that decide whether a household is
 * reached mean what they must. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "thon/relay_codes.h"
#include "thon/zone.h"

static struct thon_zone *vietnam;

static void setup(void)
{
        ck_assert_int_eq(thon_zone_fixed(7 * 3600, &vietnam), 0);
}

static void teardown(void)
{
        vietnam = thon_zone_free(vietnam);
}

/* An instant of 2027-02-05 in Vietnam; hours beyond 24 are of the days after. */
static struct thon_wall at(int hour, int minute, int second)
{
        int32_t days = thon_date_days((struct thon_date){2027, 2, 5});

        return (struct thon_wall){(int64_t)days * 86400 + hour * 3600 + minute * 60 + second - 7 * 3600};
}

static struct thon_judgement judge(enum thon_code_table table, int64_t code, struct thon_wall now,
                                   double jitter)
{
        struct thon_judgement j;

        memset(&j, 0xa5, sizeof j);
        thon_code_judge(table, code, vietnam, now, jitter, &j);
        ck_assert(j.has_code);
        ck_assert_int_eq(j.code, code);
        ck_assert_ptr_nonnull(j.meaning);
        ck_assert_str_eq(j.detail, "");
        ck_assert_str_eq(j.message_id, "");
        ck_assert_str_eq(j.new_address, "");
        ck_assert_int_eq(j.quota_left, -1);
        return j;
}

static struct thon_judgement http(unsigned status, int64_t retry_after_s)
{
        struct thon_judgement j;

        memset(&j, 0xa5, sizeof j);
        thon_http_judge(status, retry_after_s, &j);
        ck_assert(j.has_code);
        ck_assert_int_eq(j.code, status);
        ck_assert_uint_gt(strlen(j.meaning), 10);
        return j;
}

/* A letter that only Vietnamese needs, or a Latin one with a mark: anything outside of ASCII will do as a sign that the
 * marks were not left out, as long as it is a letter of two or three bytes. */
static bool has_marks(const char *text)
{
        for (; *text; text++)
                if ((unsigned char)*text >= 0xc3 && (unsigned char)*text <= 0xe1)
                        return true;
        return false;
}

START_TEST(test_tables_are_sorted_and_every_code_says_what_to_do)
{
        size_t n;
        const struct thon_code *codes = thon_codes((enum thon_code_table)_i, &n);

        ck_assert_uint_gt(n, 5);
        for (size_t i = 0; i < n; i++) {
                const struct thon_code *c = &codes[i];

                if (i > 0)
                        ck_assert_msg(codes[i - 1].code < c->code, "%lld comes after %lld",
                                      (long long)c->code, (long long)codes[i - 1].code);
                ck_assert_ptr_eq(thon_code_find((enum thon_code_table)_i, c->code), c);
                ck_assert_msg(strlen(c->meaning) > 20 && has_marks(c->meaning), "%lld: \"%s\"",
                              (long long)c->code, c->meaning);
                ck_assert_msg(c->verdict != THON_VERDICT_SENT, "%lld is a success?", (long long)c->code);
        }
}
END_TEST

START_TEST(test_how_long_is_said_where_the_verdict_needs_it_and_nowhere_else)
{
        size_t n;
        const struct thon_code *codes = thon_codes((enum thon_code_table)_i, &n);

        for (size_t i = 0; i < n; i++) {
                const struct thon_code *c = &codes[i];
                struct thon_wall now = at(12, 0, 30);
                struct thon_judgement j = judge((enum thon_code_table)_i, c->code, now, 0.5);
                bool waits = c->verdict == THON_VERDICT_WAIT, defers = c->verdict == THON_VERDICT_DEFER;

                if (waits)
                        ck_assert(j.wait_s >= 1 || (j.wait_s == 0 && thon_wall_before(now, j.until) &&
                                                    j.until.s != INT64_MAX));
                else
                        ck_assert_int_eq(j.wait_s, 0);
                if (defers)
                        ck_assert(thon_wall_before(now, j.until) && j.until.s < now.s + 2 * 86400);
                if (!waits && !defers)
                        ck_assert_int_eq(j.until.s, INT64_MAX);
                ck_assert(c->verdict == THON_VERDICT_PERSON ? j.remember_s >= 86400 : j.remember_s == 0);
        }
}
END_TEST

static const struct {
        enum thon_code_table table;
        int64_t code;
        enum thon_verdict verdict;
} known[] = {
        {THON_CODES_ZALO_OA, -216, THON_VERDICT_REFRESH},
        {THON_CODES_ZALO_OA, -220, THON_VERDICT_REFRESH},
        {THON_CODES_ZALO_OA, -124, THON_VERDICT_REFRESH},
        {THON_CODES_ZALO_ZNS, -124, THON_VERDICT_REFRESH},
        {THON_CODES_ZALO_ZNS, -216, THON_VERDICT_REFRESH},
        {THON_CODES_ZALO_ZNS, -220, THON_VERDICT_REFRESH},
        {THON_CODES_ZALO_OA, -32, THON_VERDICT_WAIT},
        {THON_CODES_ZALO_OA, -211, THON_VERDICT_WAIT},
        {THON_CODES_ZALO_OA, -218, THON_VERDICT_DEFER},
        {THON_CODES_ZALO_OA, -234, THON_VERDICT_DEFER},
        {THON_CODES_ZALO_ZNS, -133, THON_VERDICT_DEFER},
        {THON_CODES_ZALO_ZNS, -144, THON_VERDICT_WAIT},
        {THON_CODES_ZALO_ZNS, -147, THON_VERDICT_DEFER},
        {THON_CODES_ZALO_OA, -213, THON_VERDICT_PERSON},
        {THON_CODES_ZALO_OA, -217, THON_VERDICT_PERSON},
        {THON_CODES_ZALO_OA, -227, THON_VERDICT_PERSON},
        {THON_CODES_ZALO_OA, -230, THON_VERDICT_PERSON},
        {THON_CODES_ZALO_OA, -232, THON_VERDICT_PERSON},
        {THON_CODES_ZALO_OA, -237, THON_VERDICT_PERSON},
        {THON_CODES_ZALO_OA, -403, THON_VERDICT_PERSON},
        {THON_CODES_ZALO_ZNS, -108, THON_VERDICT_PERSON},
        {THON_CODES_ZALO_ZNS, -114, THON_VERDICT_PERSON},
        {THON_CODES_ZALO_ZNS, -118, THON_VERDICT_PERSON},
        {THON_CODES_ZALO_ZNS, -119, THON_VERDICT_PERSON},
        {THON_CODES_ZALO_OA, -204, THON_VERDICT_CHANNEL},
        {THON_CODES_ZALO_OA, -219, THON_VERDICT_CHANNEL},
        {THON_CODES_ZALO_OA, -221, THON_VERDICT_CHANNEL},
        {THON_CODES_ZALO_OA, -223, THON_VERDICT_CHANNEL},
        {THON_CODES_ZALO_OA, -224, THON_VERDICT_CHANNEL},
        {THON_CODES_ZALO_OA, -242, THON_VERDICT_CHANNEL},
        {THON_CODES_ZALO_OA, -320, THON_VERDICT_CHANNEL},
        {THON_CODES_ZALO_OA, -321, THON_VERDICT_CHANNEL},
        {THON_CODES_ZALO_ZNS, -136, THON_VERDICT_CHANNEL},
        {THON_CODES_ZALO_ZNS, -137, THON_VERDICT_CHANNEL},
        {THON_CODES_ZALO_OA, -201, THON_VERDICT_MESSAGE},
        {THON_CODES_ZALO_OA, -210, THON_VERDICT_MESSAGE},
        {THON_CODES_ZALO_OA, -248, THON_VERDICT_MESSAGE},
        {THON_CODES_ZALO_OA, -249, THON_VERDICT_MESSAGE},
        {THON_CODES_ZALO_ZNS, -1122, THON_VERDICT_MESSAGE},
        {THON_CODES_ZALO_ZNS, -131, THON_VERDICT_MESSAGE},
        {THON_CODES_ZALO_OA, -200, THON_VERDICT_RETRY},
        {THON_CODES_ZALO_OA, -100, THON_VERDICT_MESSAGE}, /* an attachment here, */
        {THON_CODES_ZALO_ZNS, -100, THON_VERDICT_RETRY},  /* and anything at all there */
        {THON_CODES_ZALO_BOT, 401, THON_VERDICT_CHANNEL},
        {THON_CODES_ZALO_BOT, 403, THON_VERDICT_PERSON},
        {THON_CODES_TELEGRAM, 401, THON_VERDICT_CHANNEL},
        {THON_CODES_TELEGRAM, 403, THON_VERDICT_PERSON},
        {THON_CODES_TELEGRAM, 429, THON_VERDICT_WAIT},
        {THON_CODES_FACEBOOK, 190, THON_VERDICT_CHANNEL},
        {THON_CODES_FACEBOOK, 32, THON_VERDICT_WAIT},
        {THON_CODES_FACEBOOK, 506, THON_VERDICT_MESSAGE},
        /* never heard of: tried again a few times */
        {THON_CODES_ZALO_OA, -99999, THON_VERDICT_RETRY},
        {THON_CODES_ZALO_ZNS, INT64_MIN, THON_VERDICT_RETRY},
        {THON_CODES_FACEBOOK, INT64_MAX, THON_VERDICT_RETRY},
};

START_TEST(test_known_code)
{
        struct thon_judgement j = judge(known[_i].table, known[_i].code, at(9, 0, 0), 0);

        ck_assert_msg(j.verdict == known[_i].verdict, "%lld: verdict %d, not %d", (long long)known[_i].code,
                      (int)j.verdict, (int)known[_i].verdict);
}
END_TEST

START_TEST(test_too_fast_waits_for_the_next_minute)
{
        ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -32, at(9, 0, 0), 0.9).wait_s, 61);
        ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -32, at(9, 0, 59), 0.9).wait_s, 2);
        ck_assert_int_eq(judge(THON_CODES_ZALO_ZNS, -32, (struct thon_wall){-1}, 0).wait_s, 2);
}
END_TEST

START_TEST(test_an_empty_quota_waits_for_tomorrow)
{
        /* 5 minutes after midnight and up to 20 more; also from the last second of a day, and from the first. */
        ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -211, at(23, 59, 59), 0).until.s, at(24, 5, 0).s);
        ck_assert_int_eq(judge(THON_CODES_ZALO_ZNS, -144, at(0, 0, 0), 0).until.s, at(24, 5, 0).s);
        ck_assert_int_eq(judge(THON_CODES_ZALO_ZNS, -147, at(14, 0, 0), 0.5).until.s, at(24, 15, 0).s);
        ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -211, at(9, 0, 0), 0).wait_s, 0);
}
END_TEST

START_TEST(test_the_night_ends_at_five_past_six_and_not_for_all_at_once)
{
        ck_assert_int_eq(judge(THON_CODES_ZALO_ZNS, -133, at(22, 0, 1), 0).until.s, at(30, 5, 0).s);
        ck_assert_int_eq(judge(THON_CODES_ZALO_ZNS, -133, at(3, 0, 0), 0.5).until.s, at(6, 15, 0).s);
        ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -234, at(6, 4, 59), 0).until.s, at(6, 5, 0).s);
        ck_assert_int_lt(judge(THON_CODES_ZALO_OA, -234, at(23, 0, 0), 0.999999).until.s, at(30, 25, 0).s);
}
END_TEST

START_TEST(test_a_provider_whose_night_lasts_a_little_longer_costs_minutes_not_a_day)
{
        ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -234, at(6, 5, 0), 0).until.s, at(6, 15, 0).s);
        ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -234, at(6, 59, 59), 0).until.s, at(7, 9, 59).s);
        ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -234, at(7, 0, 0), 0).until.s, at(30, 5, 0).s);
}
END_TEST

START_TEST(test_jitter_outside_of_its_range_does_no_harm)
{
        static const double odd[] = {-1, 1, 1e300, -1e300, 0.0 / 0.0};

        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
                ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -234, at(23, 0, 0), odd[i]).until.s,
                                 at(30, 5, 0).s);
}
END_TEST

START_TEST(test_people_are_remembered_for_as_long_as_it_is_likely_to_stay_so)
{
        ck_assert_int_eq(judge(THON_CODES_ZALO_ZNS, -118, at(9, 0, 0), 0).remember_s, 30 * 86400);
        ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -213, at(9, 0, 0), 0).remember_s, 7 * 86400);
        ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -230, at(9, 0, 0), 0).remember_s, 86400);
        ck_assert_int_eq(judge(THON_CODES_ZALO_OA, -237, at(9, 0, 0), 0).remember_s, 86400);
}
END_TEST

START_TEST(test_http_status_alone)
{
        ck_assert_int_eq(http(200, -1).verdict, THON_VERDICT_SENT);
        ck_assert_int_eq(http(204, 17).verdict, THON_VERDICT_SENT);
        ck_assert_int_eq(http(301, -1).verdict, THON_VERDICT_CHANNEL);
        ck_assert_int_eq(http(401, -1).verdict, THON_VERDICT_CHANNEL);
        ck_assert_int_eq(http(403, -1).verdict, THON_VERDICT_CHANNEL);
        ck_assert_int_eq(http(404, -1).verdict, THON_VERDICT_MESSAGE);
        ck_assert_int_eq(http(418, -1).verdict, THON_VERDICT_MESSAGE);
        ck_assert_int_eq(http(408, -1).verdict, THON_VERDICT_RETRY);
        /* broken after it took it, or before: nobody knows */
        for (unsigned status = 500; status < 600; status++)
                ck_assert_int_eq(http(status, -1).verdict, THON_VERDICT_UNKNOWN);
        ck_assert_int_eq(http(500, 30).verdict, THON_VERDICT_UNKNOWN);
        ck_assert_int_eq(http(0, -1).verdict, THON_VERDICT_UNKNOWN);
        ck_assert_int_eq(http(102, -1).verdict, THON_VERDICT_UNKNOWN);
        ck_assert_int_eq(http(999, -1).verdict, THON_VERDICT_UNKNOWN);
}
END_TEST

START_TEST(test_retry_after_is_believed_within_reason)
{
        ck_assert_int_eq(http(429, 17).verdict, THON_VERDICT_WAIT);
        ck_assert_int_eq(http(429, 17).wait_s, 17);
        ck_assert_int_eq(http(429, -1).verdict, THON_VERDICT_WAIT);
        ck_assert_int_eq(http(429, -1).wait_s, 60);
        ck_assert_int_eq(http(429, 0).wait_s, 1);
        ck_assert_int_eq(http(503, 0).verdict, THON_VERDICT_WAIT);
        ck_assert_int_eq(http(503, 120).wait_s, 120);
        ck_assert_int_eq(http(503, INT64_MAX).wait_s, 86400);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("relay_codes");
        TCase *tables = tcase_create("tables"), *rules = tcase_create("rules");

        tcase_add_checked_fixture(tables, setup, teardown);
        tcase_add_loop_test(tables, test_tables_are_sorted_and_every_code_says_what_to_do, 0,
                            THON_CODE_TABLES);
        tcase_add_loop_test(tables, test_how_long_is_said_where_the_verdict_needs_it_and_nowhere_else, 0,
                            THON_CODE_TABLES);
        tcase_add_loop_test(tables, test_known_code, 0, (int)(sizeof known / sizeof *known));
        suite_add_tcase(suite, tables);

        tcase_add_checked_fixture(rules, setup, teardown);
        tcase_add_test(rules, test_too_fast_waits_for_the_next_minute);
        tcase_add_test(rules, test_an_empty_quota_waits_for_tomorrow);
        tcase_add_test(rules, test_the_night_ends_at_five_past_six_and_not_for_all_at_once);
        tcase_add_test(rules, test_a_provider_whose_night_lasts_a_little_longer_costs_minutes_not_a_day);
        tcase_add_test(rules, test_jitter_outside_of_its_range_does_no_harm);
        tcase_add_test(rules, test_people_are_remembered_for_as_long_as_it_is_likely_to_stay_so);
        tcase_add_test(rules, test_http_status_alone);
        tcase_add_test(rules, test_retry_after_is_believed_within_reason);
        suite_add_tcase(suite, rules);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
