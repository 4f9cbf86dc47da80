/* The limits of a channel, each by itself, and all of them at the gate. */
#include <check.h>
#include <string.h>

#include "relay_random.h"
#include "thon/relay_limits.h"

static struct thon_zone *vietnam;

static void zone_begin(void)
{
        ck_assert_int_eq(thon_zone_fixed(7 * 3600, &vietnam), 0);
}

static void zone_end(void)
{
        thon_zone_free(vietnam);
}

static struct thon_wall at(const char *text)
{
        struct thon_wall wall;

        ck_assert_msg(thon_time_parse(vietnam, text, &wall), "%s is no time", text);
        return wall;
}

static struct thon_mono second(uint64_t s)
{
        return (struct thon_mono){s * 1000000};
}

START_TEST(backoff_doubles_and_stays_within_its_bounds)
{
        ck_assert_int_eq(thon_backoff(1, 5, 900, 0), 5);
        ck_assert_int_eq(thon_backoff(2, 5, 900, 0), 10);
        ck_assert_int_eq(thon_backoff(8, 5, 900, 0), 640);
        ck_assert_int_eq(thon_backoff(9, 5, 900, 0), 900);
        ck_assert_int_eq(thon_backoff(UINT32_MAX, INT64_MAX, INT64_MAX, 0), INT64_MAX);
}
END_TEST

START_TEST(backoff_is_half_to_whole_whatever_the_jitter)
{
        random_begin();
        for (int i = 0; i < 20000; i++) {
                unsigned attempt = (unsigned)random_below(70);
                int64_t base = (int64_t)random_below(100), cap = (int64_t)random_below(100000);
                int64_t whole = thon_backoff(attempt, base, cap, 0);
                int64_t wait = thon_backoff(attempt, base, cap, random_unit());

                ck_assert_int_ge(wait, 1);
                ck_assert_int_le(wait, whole);
                ck_assert_int_ge(wait * 2, whole);
                ck_assert_int_le(whole, cap < 1 ? 1 : cap);
        }
}
END_TEST

START_TEST(a_rate_is_written_as_people_write_it)
{
        struct thon_rate rate;

        ck_assert_ptr_null(thon_rate_parse("10/s", &rate));
        ck_assert_uint_eq(rate.count, 10);
        ck_assert_uint_eq(rate.per_us, 1000000);
        ck_assert_ptr_null(thon_rate_parse("20/min", &rate));
        ck_assert_uint_eq(rate.per_us, 60000000);
        ck_assert_ptr_null(thon_rate_parse("unlimited", &rate));
        ck_assert_uint_eq(rate.count, 0);
        static const char *const wrong[] = {"",      "10",       "0/s",   "-1/s", "10/day",
                                            "1e9/s", "999999/s", "10/s ", "/s"};
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
                ck_assert_msg(thon_rate_parse(wrong[i], &rate) != NULL, "%s was taken", wrong[i]);
}
END_TEST

START_TEST(no_second_holds_more_than_the_rate)
{
        static const uint32_t rates[] = {1, 7, 10, 25, 100, 1000, 10000};

        random_begin();
        for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
                struct thon_rate rate = {rates[r], 1000000};
                struct thon_pacer pacer = {0};
                uint64_t now = random_below(1000000) + 1, sent[40000];
                size_t n = 0, first = 0;

                while (n < 30000 && n < rates[r] * 20u) {
                        struct thon_mono next = THON_MONO_NEVER;
                        unsigned took = thon_pacer_take(&pacer, &rate, (struct thon_mono){now},
                                                        1 + (unsigned)random_below(64), &next);
                        for (unsigned i = 0; i < took; i++)
                                sent[n++] = now;
                        if (took == 0) {
                                ck_assert_uint_gt(next.us, now);
                                now = next.us;
                        }
                        now += random_below(3) == 0 ? random_below(5000000 / rates[r] + 2) : 0;
                }
                for (size_t i = 0; i < n; i++) {
                        while (sent[i] - sent[first] >= 1000000)
                                first++;
                        ck_assert_uint_le(i - first + 1, rates[r] + rates[r] / 100 + 1);
                }
        }
}
END_TEST

START_TEST(a_rate_is_reached_when_asked_in_time)
{
        struct thon_rate rate = {10, 1000000};
        struct thon_pacer pacer = {0};
        struct thon_mono now = second(5), next;
        unsigned sent = 0;

        while (now.us < second(65).us) {
                unsigned took = thon_pacer_take(&pacer, &rate, now, 64, &next);
                sent += took;
                if (took == 0)
                        now = next;
        }
        ck_assert_uint_eq(sent, 600);
}
END_TEST

START_TEST(hours_over_the_day_and_over_midnight)
{
        struct thon_hours day, night, always;

        ck_assert_ptr_null(thon_hours_parse("06:00-22:00", &day));
        ck_assert_ptr_null(thon_hours_parse("21:30-05:30", &night));
        ck_assert_ptr_null(thon_hours_parse("always", &always));
        ck_assert(!thon_hours_open(&day, vietnam, at("2027-02-05 05:59:59")));
        ck_assert(thon_hours_open(&day, vietnam, at("2027-02-05 06:00")));
        ck_assert(thon_hours_open(&day, vietnam, at("2027-02-05 21:59:59")));
        ck_assert(!thon_hours_open(&day, vietnam, at("2027-02-05 22:00")));
        ck_assert(thon_hours_open(&night, vietnam, at("2027-02-05 03:15")));
        ck_assert(!thon_hours_open(&night, vietnam, at("2027-02-05 12:00")));
        ck_assert(thon_hours_open(&always, vietnam, at("2027-02-05 03:15")));
        ck_assert_int_eq(thon_hours_next(&day, vietnam, at("2027-02-05 22:30")).s, at("2027-02-06 06:00").s);
        ck_assert_int_eq(thon_hours_next(&day, vietnam, at("2027-02-05 00:30")).s, at("2027-02-05 06:00").s);
        ck_assert_int_eq(thon_hours_next(&day, vietnam, at("2027-02-05 12:30")).s, at("2027-02-05 12:30").s);
        ck_assert_int_eq(thon_hours_next(&night, vietnam, at("2027-02-05 12:30")).s,
                         at("2027-02-05 21:30").s);
        static const char *const wrong[] = {
                "", "6:00-22:00", "06:00", "06:00-25:00", "06:00 22:00", "06:00-22:00h"};
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
                ck_assert_msg(thon_hours_parse(wrong[i], &day) != NULL, "%s was taken", wrong[i]);
}
END_TEST

START_TEST(the_reserve_is_for_emergencies_alone)
{
        struct thon_quota quota = {100, 20};
        struct thon_quota_used used = {5, 75};

        ck_assert_uint_eq(thon_quota_room(&quota, &used, 5, THON_CLASS_NORMAL, 50), 5);
        ck_assert_uint_eq(thon_quota_room(&quota, &used, 5, THON_CLASS_EMERGENCY, 50), 25);
        thon_quota_count(&used, 5, 5);
        ck_assert_uint_eq(thon_quota_room(&quota, &used, 5, THON_CLASS_PRIORITY, 1), 0);
        ck_assert_uint_eq(thon_quota_room(&quota, &used, 5, THON_CLASS_EMERGENCY, 50), 20);
        ck_assert_uint_eq(thon_quota_room(&quota, &used, 6, THON_CLASS_NORMAL, 500), 80);
        /* What the provider counts beside us (somebody else used the account) is believed, but never to our gain. */
        thon_quota_told(&quota, &used, 5, 3);
        ck_assert_uint_eq(thon_quota_room(&quota, &used, 5, THON_CLASS_EMERGENCY, 50), 3);
        thon_quota_told(&quota, &used, 5, 99);
        ck_assert_uint_eq(thon_quota_room(&quota, &used, 5, THON_CLASS_EMERGENCY, 50), 3);
}
END_TEST

START_TEST(windows_of_two_and_seven_days)
{
        struct thon_wall now = at("2027-02-10 12:00");

        ck_assert_int_eq(thon_interaction_window(at("2027-02-08 12:00"), now), THON_WINDOW_FREE);
        ck_assert_int_eq(thon_interaction_window(at("2027-02-08 11:59"), now), THON_WINDOW_PAID);
        ck_assert_int_eq(thon_interaction_window(at("2027-02-03 12:00"), now), THON_WINDOW_PAID);
        ck_assert_int_eq(thon_interaction_window(at("2027-02-03 11:59"), now), THON_WINDOW_SHUT);
        ck_assert_int_eq(thon_interaction_window(at("2027-02-10 12:05"), now), THON_WINDOW_FREE);
        ck_assert_int_eq(thon_interaction_window(THON_WALL_NEVER, now), THON_WINDOW_UNKNOWN);
}
END_TEST

START_TEST(a_dead_channel_is_probed_by_one_and_comes_back_slowly)
{
        struct thon_breaker b;
        struct thon_mono when = THON_MONO_NEVER;

        thon_breaker_init(&b, 8);
        ck_assert_uint_eq(thon_breaker_room(&b, second(0), 2, 8, &when), 6);
        ck_assert(!thon_breaker_failed(&b, second(1), 0));
        ck_assert(!thon_breaker_failed(&b, second(1), 0));
        ck_assert(thon_breaker_failed(&b, second(1), 0));
        ck_assert_uint_eq(thon_breaker_room(&b, second(2), 0, 8, &when), 0);
        ck_assert_uint_eq(when.us, second(6).us);
        ck_assert_uint_eq(thon_breaker_room(&b, second(6), 0, 8, &when), 1);
        thon_breaker_started(&b, 1);
        ck_assert_uint_eq(thon_breaker_room(&b, second(6), 0, 8, &when), 0);
        ck_assert_msg(!thon_breaker_failed(&b, second(7), 0), "it was open already: nobody is told again");
        ck_assert_uint_eq(thon_breaker_room(&b, second(16), 0, 8, &when), 0);
        ck_assert_uint_eq(when.us, second(17).us);
        thon_breaker_started(&b, 1);
        thon_breaker_succeeded(&b, 8);
        ck_assert_uint_eq(thon_breaker_room(&b, second(20), 0, 8, &when), 1);
        thon_breaker_succeeded(&b, 8);
        ck_assert_uint_eq(thon_breaker_room(&b, second(20), 0, 8, &when), 2);
        for (int i = 0; i < 5; i++)
                thon_breaker_succeeded(&b, 8);
        ck_assert_uint_eq(thon_breaker_room(&b, second(20), 0, 8, &when), 8);
}
END_TEST

START_TEST(late_answers_of_an_open_channel_do_not_put_the_probe_off)
{
        struct thon_breaker b;
        struct thon_mono when = THON_MONO_NEVER;

        thon_breaker_init(&b, 8);
        for (int i = 0; i < 3; i++)
                thon_breaker_failed(&b, second(1), 0);
        for (uint64_t s = 2; s < 6; s++)
                thon_breaker_failed(&b, second(s), 0);
        ck_assert_uint_eq(thon_breaker_room(&b, second(6), 0, 8, &when), 1);
}
END_TEST

START_TEST(no_lane_starves_and_an_emergency_is_next)
{
        struct thon_lanes lanes = {0};
        unsigned since[THON_CLASSES] = {0};

        random_begin();
        for (int i = 0; i < 200000; i++) {
                bool waiting[THON_CLASSES];
                int lane;

                for (int c = 0; c < THON_CLASSES; c++)
                        waiting[c] = since[c] > 0 || random_below(3) > 0;
                lane = thon_lanes_next(&lanes, waiting);
                if (!waiting[0] && !waiting[1] && !waiting[2]) {
                        ck_assert_int_eq(lane, -1);
                        continue;
                }
                ck_assert_int_ge(lane, 0);
                ck_assert(waiting[lane]);
                for (int c = 0; c < THON_CLASSES; c++)
                        since[c] = c == lane || !waiting[c] ? 0 : since[c] + 1;
                ck_assert_uint_le(since[THON_CLASS_EMERGENCY], 1);
                ck_assert_uint_le(since[THON_CLASS_PRIORITY], 64);
                ck_assert_uint_le(since[THON_CLASS_NORMAL], 32 * 5);
        }
}
END_TEST

START_TEST(priority_goes_before_normal_four_to_one)
{
        struct thon_lanes lanes = {0};
        unsigned n[THON_CLASSES] = {0};

        for (int i = 0; i < 1000; i++)
                n[thon_lanes_next(&lanes, (bool[]){true, true, false})]++;
        ck_assert_uint_eq(n[THON_CLASS_NORMAL], 200);
        ck_assert_uint_eq(n[THON_CLASS_PRIORITY], 800);
}
END_TEST

static struct thon_gate gate;
static struct thon_gate_conf conf;
static struct thon_gate_answer answer;

static void gate_begin(void)
{
        zone_begin();
        conf = (struct thon_gate_conf){{10, 1000000}, {-1, 0}, {6 * 60, 22 * 60}, 4};
        gate = (struct thon_gate){0};
        thon_breaker_init(&gate.breaker, conf.parallel);
}

static enum thon_gate_why ask(const char *wall, uint64_t mono_s, bool normal, bool emergency,
                              unsigned in_flight)
{
        thon_gate_ask(&conf, &gate, vietnam, at(wall), second(mono_s), (bool[]){normal, false, emergency},
                      in_flight, 16, &answer);
        return answer.why;
}

START_TEST(by_night_only_an_emergency_passes)
{
        ck_assert_int_eq(ask("2027-02-05 23:00", 1, true, false, 0), THON_GATE_HOURS);
        ck_assert_int_eq(answer.defer_to[THON_CLASS_NORMAL].s, at("2027-02-06 06:00").s);
        ck_assert_int_eq(ask("2027-02-05 23:00", 1, true, true, 0), THON_GATE_GO);
        ck_assert_int_eq(answer.lane, THON_CLASS_EMERGENCY);
        ck_assert_int_eq(answer.shut[THON_CLASS_NORMAL], THON_GATE_HOURS);
}
END_TEST

START_TEST(a_quota_used_up_waits_for_tomorrow_morning)
{
        conf.quota = (struct thon_quota){10, 2};
        gate.used = (struct thon_quota_used){thon_zone_civil(vietnam, at("2027-02-05 12:00")).days, 8};
        ck_assert_int_eq(ask("2027-02-05 12:00", 1, true, false, 0), THON_GATE_QUOTA);
        ck_assert_int_eq(answer.defer_to[THON_CLASS_NORMAL].s, at("2027-02-06 06:00").s);
        ck_assert_int_eq(ask("2027-02-05 12:00", 1, true, true, 0), THON_GATE_GO);
        thon_quota_count(&gate.used, gate.used.day, 2);
        ck_assert_int_eq(ask("2027-02-05 12:00", 2, false, true, 0), THON_GATE_QUOTA);
        ck_assert_int_eq(answer.defer_to[THON_CLASS_EMERGENCY].s, at("2027-02-06 00:00").s);
        ck_assert_int_eq(ask("2027-02-06 06:00", 3, true, false, 0), THON_GATE_GO);
}
END_TEST

START_TEST(the_gate_says_what_holds_it)
{
        ck_assert_int_eq(ask("2027-02-05 12:00", 1, false, false, 0), THON_GATE_IDLE);
        ck_assert_int_eq(ask("2027-02-05 12:00", 1, true, false, 4), THON_GATE_BUSY);
        ck_assert_int_eq(ask("2027-02-05 12:00", 1, true, false, 0), THON_GATE_GO);
        ck_assert_int_eq(ask("2027-02-05 12:00", 1, true, false, 1), THON_GATE_RATE);
        ck_assert_uint_eq(answer.look_mono.us, 1100000);
        gate.paused_until = second(30);
        ck_assert_int_eq(ask("2027-02-05 12:00", 2, true, true, 0), THON_GATE_PAUSED);
        ck_assert_uint_eq(answer.look_mono.us, second(30).us);
        gate.held = true;
        ck_assert_int_eq(ask("2027-02-05 12:00", 40, true, true, 0), THON_GATE_HELD);
        gate.held = false;
        for (int i = 0; i < 3; i++)
                thon_breaker_failed(&gate.breaker, second(40), 0);
        ck_assert_int_eq(ask("2027-02-05 12:00", 41, true, true, 0), THON_GATE_BREAKER);
        ck_assert_uint_eq(answer.look_mono.us, second(45).us);
}
END_TEST

START_TEST(a_gate_that_sends_nothing_leaves_the_lanes_as_they_were)
{
        struct thon_lanes before;

        ck_assert_int_eq(ask("2027-02-05 12:00", 1, true, true, 0), THON_GATE_GO);
        before = gate.lanes;
        ck_assert_int_eq(ask("2027-02-05 12:00", 1, true, true, 0), THON_GATE_RATE);
        ck_assert_mem_eq(&before, &gate.lanes, sizeof(before));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("relay limits");
        TCase *parts = tcase_create("parts"), *whole = tcase_create("gate");

        tcase_add_checked_fixture(parts, zone_begin, zone_end);
        tcase_add_test(parts, backoff_doubles_and_stays_within_its_bounds);
        tcase_add_test(parts, backoff_is_half_to_whole_whatever_the_jitter);
        tcase_add_test(parts, a_rate_is_written_as_people_write_it);
        tcase_add_test(parts, no_second_holds_more_than_the_rate);
        tcase_add_test(parts, a_rate_is_reached_when_asked_in_time);
        tcase_add_test(parts, hours_over_the_day_and_over_midnight);
        tcase_add_test(parts, the_reserve_is_for_emergencies_alone);
        tcase_add_test(parts, windows_of_two_and_seven_days);
        tcase_add_test(parts, a_dead_channel_is_probed_by_one_and_comes_back_slowly);
        tcase_add_test(parts, late_answers_of_an_open_channel_do_not_put_the_probe_off);
        tcase_add_test(parts, no_lane_starves_and_an_emergency_is_next);
        tcase_add_test(parts, priority_goes_before_normal_four_to_one);
        tcase_add_checked_fixture(whole, gate_begin, zone_end);
        tcase_add_test(whole, by_night_only_an_emergency_passes);
        tcase_add_test(whole, a_quota_used_up_waits_for_tomorrow_morning);
        tcase_add_test(whole, the_gate_says_what_holds_it);
        tcase_add_test(whole, a_gate_that_sends_nothing_leaves_the_lanes_as_they_were);
        suite_add_tcase(suite, parts);
        suite_add_tcase(suite, whole);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed != 0;
}
