/* Contacts as they are: bouncing, fast, slow, stuck, and read late. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "thon/debounce.h"

#define MS UINT64_C(1000)

static unsigned seed(void)
{
        const char *given = getenv("THON_SEED");
        unsigned value = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
        printf("seed %u (THON_SEED)\n", value);
        return value;
}

static uint64_t draw(uint64_t *state, uint64_t below)
{
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (*state >> 33) % below;
}

START_TEST(level_counts_after_it_held)
{
        struct thon_debounce contact = thon_debounce_start(10 * MS, false, 0);
        ck_assert_uint_eq(thon_debounce_due(&contact), UINT64_MAX);
        ck_assert_int_eq(thon_debounce_edge(&contact, true, 100 * MS), THON_DEBOUNCE_SAME);
        ck_assert_uint_eq(thon_debounce_due(&contact), 110 * MS);
        ck_assert_int_eq(thon_debounce_settle(&contact, 110 * MS - 1), THON_DEBOUNCE_SAME);
        ck_assert_int_eq(thon_debounce_settle(&contact, 110 * MS), THON_DEBOUNCE_ROSE);
        ck_assert_int_eq(thon_debounce_settle(&contact, 500 * MS), THON_DEBOUNCE_SAME);
        ck_assert_uint_eq(thon_debounce_due(&contact), UINT64_MAX);
}
END_TEST

START_TEST(bounces_of_one_closing_count_once)
{
        struct thon_debounce contact = thon_debounce_start(10 * MS, false, 0);
        static const unsigned at_ms[] = {100, 101, 103, 104, 107, 108, 109}; /* ends closed */
        bool level = false;
        for (size_t i = 0; i < sizeof at_ms / sizeof *at_ms; i++) {
                level = !level;
                ck_assert_int_eq(thon_debounce_edge(&contact, level, at_ms[i] * MS), THON_DEBOUNCE_SAME);
        }
        ck_assert_int_eq(thon_debounce_settle(&contact, 118 * MS), THON_DEBOUNCE_SAME);
        ck_assert_int_eq(thon_debounce_settle(&contact, 119 * MS), THON_DEBOUNCE_ROSE);
}
END_TEST

START_TEST(glitch_shorter_than_the_hold_is_nothing)
{
        struct thon_debounce contact = thon_debounce_start(10 * MS, false, 0);
        ck_assert_int_eq(thon_debounce_edge(&contact, true, 100 * MS), THON_DEBOUNCE_SAME);
        ck_assert_int_eq(thon_debounce_edge(&contact, false, 110 * MS - 1), THON_DEBOUNCE_SAME);
        ck_assert_uint_eq(thon_debounce_due(&contact), UINT64_MAX);
        ck_assert_int_eq(thon_debounce_settle(&contact, 1000 * MS), THON_DEBOUNCE_SAME);
        ck_assert(!contact.level);
}
END_TEST

/* What a 1,000 imp/kWh meter sends at 1 kW, and at 72 kW: pulses of 30 ms, each edge bouncing for 3 ms. */
static unsigned count_s0(unsigned pulses, uint64_t period_us, uint64_t *random)
{
        struct thon_debounce contact = thon_debounce_start(10 * MS, false, 0);
        unsigned rose = 0;
        uint64_t at = 1000 * MS;
        for (unsigned i = 0; i < pulses; i++, at += period_us) {
                for (int half = 0; half < 2; half++) {
                        uint64_t t = at + (half ? 30 * MS : 0);
                        bool level = half == 0;
                        rose += thon_debounce_edge(&contact, level, t) == THON_DEBOUNCE_ROSE;
                        for (uint64_t bounces = draw(random, 4); bounces > 0; bounces--) {
                                t += 1 + draw(random, 500);
                                rose += thon_debounce_edge(&contact, !level, t) == THON_DEBOUNCE_ROSE;
                                t += 1 + draw(random, 400);
                                rose += thon_debounce_edge(&contact, level, t) == THON_DEBOUNCE_ROSE;
                        }
                }
        }
        ck_assert_int_ne(thon_debounce_settle(&contact, at), THON_DEBOUNCE_ROSE);
        return rose;
}

START_TEST(every_pulse_of_a_meter_counts)
{
        uint64_t random = seed();
        ck_assert_uint_eq(count_s0(160, 60 * 1000 * MS / 16, &random), 160);
        ck_assert_uint_eq(count_s0(2000, 50 * MS, &random), 2000);
}
END_TEST

START_TEST(meter_that_stops_high_counts_once)
{
        struct thon_debounce contact = thon_debounce_start(10 * MS, false, 0);
        unsigned rose = 0;
        rose += thon_debounce_edge(&contact, true, 100 * MS) == THON_DEBOUNCE_ROSE;
        for (uint64_t t = 101 * MS; t < 3600 * 1000 * MS; t += 1000 * MS)
                rose += thon_debounce_settle(&contact, t) == THON_DEBOUNCE_ROSE;
        ck_assert_uint_eq(rose, 1);
        ck_assert(contact.level);
}
END_TEST

START_TEST(missed_edge_restarts_the_hold)
{
        struct thon_debounce contact = thon_debounce_start(10 * MS, false, 0);
        ck_assert_int_eq(thon_debounce_edge(&contact, true, 100 * MS), THON_DEBOUNCE_SAME);
        ck_assert_int_eq(thon_debounce_edge(&contact, true, 108 * MS), THON_DEBOUNCE_SAME);
        ck_assert_int_eq(thon_debounce_settle(&contact, 111 * MS), THON_DEBOUNCE_SAME);
        ck_assert_int_eq(thon_debounce_settle(&contact, 118 * MS), THON_DEBOUNCE_ROSE);
}
END_TEST

START_TEST(without_hold_every_change_counts)
{
        struct thon_debounce contact = thon_debounce_start(0, false, 0);
        ck_assert_int_eq(thon_debounce_edge(&contact, true, 5), THON_DEBOUNCE_ROSE);
        ck_assert_int_eq(thon_debounce_edge(&contact, true, 5), THON_DEBOUNCE_SAME);
        ck_assert_int_eq(thon_debounce_edge(&contact, false, 5), THON_DEBOUNCE_FELL);
        ck_assert_int_eq(thon_debounce_edge(&contact, true, 6), THON_DEBOUNCE_ROSE);
        ck_assert_uint_eq(thon_debounce_due(&contact), UINT64_MAX);
}
END_TEST

START_TEST(stamps_out_of_order_and_at_the_end_of_time)
{
        struct thon_debounce contact = thon_debounce_start(10 * MS, false, 0);
        ck_assert_int_eq(thon_debounce_edge(&contact, true, 100 * MS), THON_DEBOUNCE_SAME);
        ck_assert_int_eq(thon_debounce_edge(&contact, false, 50 * MS), THON_DEBOUNCE_SAME);
        ck_assert_int_eq(thon_debounce_settle(&contact, 20 * MS), THON_DEBOUNCE_SAME);
        ck_assert_int_eq(thon_debounce_edge(&contact, true, UINT64_MAX - 1), THON_DEBOUNCE_SAME);
        ck_assert_uint_eq(thon_debounce_due(&contact), UINT64_MAX);
        ck_assert_int_eq(thon_debounce_settle(&contact, UINT64_MAX), THON_DEBOUNCE_SAME);
}
END_TEST

START_TEST(rises_among_lost_edges)
{
        for (unsigned lost = 0; lost < 20; lost++) {
                for (int first = 0; first < 2; first++) {
                        bool level = first;
                        unsigned rose = 0;
                        for (unsigned i = 0; i < lost; i++) {
                                level = !level;
                                rose += level;
                        }
                        ck_assert_uint_eq(thon_debounce_lost(first, lost), rose);
                }
        }
}
END_TEST

/* When the program looks changes when it learns of a level, never how many rises it counts. */
START_TEST(looking_late_counts_the_same)
{
        uint64_t random = seed();
        for (int round = 0; round < 500; round++) {
                struct thon_debounce prompt = thon_debounce_start(10 * MS, false, 0);
                struct thon_debounce late = prompt;
                unsigned rose_prompt = 0, rose_late = 0;
                uint64_t at = 0;
                bool level = false;
                for (int i = 0; i < 100; i++) {
                        uint64_t next = at + draw(&random, 25 * MS);
                        level = draw(&random, 8) == 0 ? level : !level;
                        for (uint64_t look = at; look < next; look += MS)
                                rose_prompt += thon_debounce_settle(&prompt, look) == THON_DEBOUNCE_ROSE;
                        rose_prompt += thon_debounce_edge(&prompt, level, next) == THON_DEBOUNCE_ROSE;
                        rose_late += thon_debounce_edge(&late, level, next) == THON_DEBOUNCE_ROSE;
                        at = next;
                }
                rose_prompt += thon_debounce_settle(&prompt, at + 10 * MS) == THON_DEBOUNCE_ROSE;
                rose_late += thon_debounce_settle(&late, at + 10 * MS) == THON_DEBOUNCE_ROSE;
                ck_assert_uint_eq(rose_prompt, rose_late);
                ck_assert_int_eq(prompt.level, level);
                ck_assert_int_eq(late.level, level);
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("debounce");
        TCase *tc = tcase_create("contacts");
        tcase_add_test(tc, level_counts_after_it_held);
        tcase_add_test(tc, bounces_of_one_closing_count_once);
        tcase_add_test(tc, glitch_shorter_than_the_hold_is_nothing);
        tcase_add_test(tc, every_pulse_of_a_meter_counts);
        tcase_add_test(tc, meter_that_stops_high_counts_once);
        tcase_add_test(tc, missed_edge_restarts_the_hold);
        tcase_add_test(tc, without_hold_every_change_counts);
        tcase_add_test(tc, stamps_out_of_order_and_at_the_end_of_time);
        tcase_add_test(tc, rises_among_lost_edges);
        tcase_add_test(tc, looking_late_counts_the_same);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
