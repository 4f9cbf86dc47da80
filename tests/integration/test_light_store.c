/* What lightd writes and what is computed from it: intervals of light, kWh, counters, events that wait for the broker. */
#include "store_fixture.h"

#include <math.h>

#include "thon/light_energy.h"
#include "thon/light_store.h"

static struct thon_store *store;

static void make(void)
{
        scratch_make();
        store = must_open(THON_STORE_CREATE);
}

static void drop(void)
{
        store = thon_store_close(store);
        scratch_remove();
}

static struct thon_wall at(int64_t s)
{
        return (struct thon_wall){s};
}

static void happened(int64_t s, const char *what, const char *value)
{
        const struct thon_light_history row = {.at = at(s),
                                               .circuit = "duong-lang",
                                               .what = what,
                                               .value = value,
                                               .cause = "",
                                               .by = "",
                                               .kwh = -1};
        must(thon_light_history_add(store, &row, 1));
}

static void read_meter(int64_t s, double kwh, const char *cause)
{
        const struct thon_light_history row = {.at = at(s),
                                               .circuit = "duong-lang",
                                               .what = "meter",
                                               .value = "",
                                               .cause = cause,
                                               .by = "",
                                               .kwh = kwh};
        must(thon_light_history_add(store, &row, 1));
}

/* "100-200 300-400" */
static const char *lit_text(int64_t from, int64_t to)
{
        static char text[512];
        struct thon_lit_interval *lit = NULL;
        size_t n = 99, used = 0;
        must(thon_light_lit(store, "duong-lang", at(from), at(to), &lit, &n));
        text[0] = '\0';
        for (size_t i = 0; i < n; i++)
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%" PRId64 "-%" PRId64,
                                         i ? " " : "", lit[i].from.s, lit[i].to.s);
        free(lit);
        return text;
}

static double metered(int64_t from, int64_t to)
{
        double kwh = 99;
        must(thon_light_metered(store, "duong-lang", at(from), at(to), &kwh));
        return kwh;
}

/* ---- history ---- */

START_TEST(the_history_tells_what_happened_when_and_why)
{
        const struct thon_light_history rows[] = {
                {.at = at(1801823400),
                 .circuit = "duong-lang",
                 .what = "in_effect",
                 .value = "on",
                 .cause = "program toi: sunset+10",
                 .by = "",
                 .kwh = 12.5},
                {.at = at(1801823460),
                 .circuit = "ngo-dong",
                 .what = "override",
                 .value = "off",
                 .cause = "sửa đèn",
                 .by = "Nguyễn Văn Ân",
                 .kwh = -1},
        };
        must(thon_light_history_add(store, rows, 2));
        json_t *list = NULL;
        must(thon_light_history_list(store, NULL, at(0), THON_WALL_NEVER, 10, &list));
        char *text = json_dumps(list, JSON_COMPACT | JSON_SORT_KEYS);
        ck_assert_str_eq(
                text, "[{\"at\":\"2027-02-05T10:30:00Z\",\"by\":\"\",\"cause\":\"program toi: sunset+10\","
                      "\"circuit\":\"duong-lang\",\"kwh\":12.5,\"value\":\"on\",\"what\":\"in_effect\"},"
                      "{\"at\":\"2027-02-05T10:31:00Z\",\"by\":\"Nguyễn Văn Ân\",\"cause\":\"sửa đèn\","
                      "\"circuit\":\"ngo-dong\",\"kwh\":null,\"value\":\"off\",\"what\":\"override\"}]");
        free(text);
        json_decref(list);
}
END_TEST

static char *list_ats(const char *circuit, int64_t from, int64_t to, int64_t limit)
{
        json_t *list = NULL, *row;
        size_t i, used = 0;
        static char text[512];
        must(thon_light_history_list(store, circuit, at(from), at(to), limit, &list));
        text[0] = '\0';
        json_array_foreach (list, i, row)
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
                                         json_string_value(json_object_get(row, "at")) + 17);
        json_decref(list);
        return text;
}

START_TEST(a_list_is_the_latest_rows_of_a_span_in_order)
{
        static const char *const WHATS[] = {"in_effect", "physical", "override",
                                            "fault",     "meter",    "lockout"};
        for (int i = 8; i >= 0; i--)
                happened(i, WHATS[i % 6], "on");
        const struct thon_light_history other = {
                .at = at(4), .circuit = "ngo-dong", .what = "fault", .value = "x"};
        must(thon_light_history_add(store, &other, 1));

        ck_assert_str_eq(list_ats("duong-lang", 0, 100, 100), "00Z 01Z 02Z 03Z 04Z 05Z 06Z 07Z 08Z");
        ck_assert_str_eq(list_ats("duong-lang", 2, 5, 100), "02Z 03Z 04Z");
        ck_assert_str_eq(list_ats("duong-lang", 0, 100, 3), "06Z 07Z 08Z");
        ck_assert_str_eq(list_ats(NULL, 2, 5, 100), "02Z 03Z 04Z 04Z");
        ck_assert_str_eq(list_ats(NULL, 0, 100, 2), "07Z 08Z");
        ck_assert_str_eq(list_ats("nobody", 0, 100, 3), "");
}
END_TEST

START_TEST(rows_of_one_call_are_written_all_or_none)
{
        const struct thon_light_history rows[] = {
                {.at = at(1), .circuit = "duong-lang", .what = "in_effect", .value = "on", .kwh = -1},
                {.at = at(1), .circuit = "duong-lang", .what = "mood", .value = "on", .kwh = -1},
        };
        ck_assert_int_eq(thon_light_history_add(store, rows, 2), THON_STORE_INVALID);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM light_history"), 0);
        must(thon_light_history_add(store, NULL, 0));
}
END_TEST

START_TEST(text_that_is_no_utf8_does_not_hide_the_other_rows)
{
        happened(1, "fault", "raised \xff\xfe");
        happened(2, "fault", "cleared");
        ck_assert_str_eq(list_ats("duong-lang", 0, 100, 100), "01Z 02Z");
}
END_TEST

START_TEST(pruning_keeps_what_held_at_the_cut)
{
        happened(100, "in_effect", "off");
        happened(200, "in_effect", "on");
        happened(210, "physical", "on");
        happened(400, "in_effect", "off");
        happened(410, "physical", "off");
        must(thon_light_history_prune(store, at(300)));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM light_history"), 4);
        ck_assert_str_eq(lit_text(300, 500), "300-410");
}
END_TEST

/* ---- light ---- */

START_TEST(light_by_the_relay_alone)
{
        ck_assert_str_eq(lit_text(0, 1000), "");
        happened(100, "in_effect", "on");
        happened(200, "in_effect", "off");
        happened(300, "in_effect", "on");
        ck_assert_str_eq(lit_text(0, 1000), "100-200 300-1000");
        ck_assert_str_eq(lit_text(150, 350), "150-200 300-350");
        ck_assert_str_eq(lit_text(200, 300), "");
        ck_assert_str_eq(lit_text(120, 180), "120-180");
        ck_assert_str_eq(lit_text(180, 120), "");
        ck_assert_str_eq(lit_text(100, 200), "100-200");
}
END_TEST

START_TEST(what_the_contact_shows_beats_what_the_relay_was_told)
{
        happened(100, "in_effect", "on");
        happened(102, "physical", "on");
        happened(150, "physical", "off"); /* the thief */
        happened(180, "physical", "on");
        happened(200, "in_effect", "off");
        happened(202, "physical", "off");
        ck_assert_str_eq(lit_text(0, 1000), "100-150 180-202");
        /* A contact that nobody knows leaves it to the relay. */
        happened(300, "in_effect", "on");
        happened(310, "physical", "unknown");
        happened(400, "in_effect", "off");
        ck_assert_str_eq(lit_text(250, 1000), "310-400");
}
END_TEST

START_TEST(rows_that_say_the_same_again_do_not_part_an_interval)
{
        happened(100, "in_effect", "on");
        happened(150, "in_effect", "on");
        happened(200, "override", "off");
        happened(250, "in_effect", "off");
        happened(250, "in_effect", "on");
        happened(300, "in_effect", "off");
        ck_assert_str_eq(lit_text(0, 1000), "100-300");
}
END_TEST

/* Every instant of a random history, against a walk over its rows. */
START_TEST(light_ends_with_the_last_sign_of_life_before_a_power_cut)
{
        happened(1000, "in_effect", "on");
        happened(1001, "physical", "on");
        must(thon_light_close_outage(store, "duong-lang", at(2800)));
        happened(9000, "in_effect", "on");
        happened(9001, "physical", "on");
        ck_assert_str_eq(lit_text(0, 10000), "1000-2800 9001-10000");
        /* A cut right after the switching: there is no sign of life after it. */
        must(thon_light_close_outage(store, "duong-lang", at(2800)));
        ck_assert_str_eq(lit_text(9001, 20000), "");
        /* What was dark before the cut gets no row. */
        must(thon_light_close_outage(store, "duong-lang", at(30000)));
        ck_assert_str_eq(lit_text(9001, 40000), "");
}
END_TEST

START_TEST(intervals_agree_with_the_state_of_every_second)
{
        enum { SECONDS = 200 };
        srandom(seed());
        for (int round = 0; round < 20; round++) {
                must(thon_sql_exec(store, "DELETE FROM light_history"));
                static const char *const VALUES[] = {"on", "off", "unknown"};
                bool want[SECONDS] = {false};
                int effect = 2, physical = 2;
                for (int s = 0; s < SECONDS; s++) {
                        if (random() % 10 == 0) {
                                effect = (int)(random() % 3);
                                happened(s, "in_effect", VALUES[effect]);
                        }
                        if (random() % 10 == 0) {
                                physical = (int)(random() % 3);
                                happened(s, "physical", VALUES[physical]);
                        }
                        want[s] = (physical == 2 ? effect : physical) == 0;
                }
                int64_t from = random() % SECONDS, to = from + random() % (SECONDS - from);
                struct thon_lit_interval *lit;
                size_t n;
                must(thon_light_lit(store, "duong-lang", at(from), at(to), &lit, &n));
                bool got[SECONDS] = {false};
                for (size_t i = 0; i < n; i++) {
                        ck_assert_int_lt(lit[i].from.s, lit[i].to.s);
                        if (i > 0)
                                ck_assert_int_lt(lit[i - 1].to.s, lit[i].from.s);
                        for (int64_t s = lit[i].from.s; s < lit[i].to.s; s++)
                                got[s] = true;
                }
                for (int64_t s = 0; s < SECONDS; s++)
                        ck_assert_int_eq(got[s], want[s] && s >= from && s < to);
                free(lit);
        }
}
END_TEST

/* ---- energy ---- */

START_TEST(energy_is_the_difference_of_readings)
{
        read_meter(0, 10, "");
        read_meter(1000, 20, "");
        read_meter(2000, 20, "");
        read_meter(3000, 50, "");
        ck_assert_double_eq_tol(metered(0, 3000), 40, 1e-9);
        ck_assert_double_eq_tol(metered(1000, 2000), 0, 1e-9);
        ck_assert_double_eq_tol(metered(500, 2500), 5 + 15, 1e-9);
        ck_assert_double_eq_tol(metered(100, 200), 1, 1e-9);
        /* The night that is still on: up to the last reading. */
        ck_assert_double_eq_tol(metered(2000, 9000), 30, 1e-9);
}
END_TEST

START_TEST(energy_without_readings_is_unknown_and_not_nothing)
{
        ck_assert_double_lt(metered(0, 100), 0);
        read_meter(50, 1, "");
        ck_assert_double_lt(metered(0, 100), 0);  /* nothing before */
        ck_assert_double_lt(metered(60, 100), 0); /* nothing after */
        happened(70, "in_effect", "on");          /* a row without a meter is no reading */
        ck_assert_double_lt(metered(60, 100), 0);
        read_meter(90, 3, "");
        ck_assert_double_eq_tol(metered(50, 100), 2, 1e-9);
}
END_TEST

START_TEST(a_correction_or_an_exchanged_meter_is_not_energy)
{
        read_meter(0, 10, "");
        read_meter(100, 12, "");
        read_meter(100, 5000, "corrected");
        read_meter(200, 5003, "");
        read_meter(300, 0, ""); /* exchanged */
        read_meter(400, 4, "");
        ck_assert_double_eq_tol(metered(0, 400), 2 + 3 + 4, 1e-9);
}
END_TEST

/* ---- counters ---- */

START_TEST(counters_outlive_a_restart)
{
        struct thon_light_counter rows[2] = {{.circuit = "duong-lang",
                                              .operations = 7,
                                              .on_seconds = 36000,
                                              .pulses = UINT64_C(1) << 40,
                                              .remote_kwh = 1.5,
                                              .remote_kwh_base = 2.25,
                                              .kwh_offset = -3.125},
                                             {.circuit = "ngo-dong", .operations = 1}};
        must(thon_light_counter_save(store, rows, 2));
        rows[0].operations = 8;
        must(thon_light_counter_save(store, rows, 1));
        store = thon_store_close(store);
        store = must_open(THON_STORE_WRITE);

        struct thon_light_counter got = {.circuit = "duong-lang"};
        must(thon_light_counter_load(store, got.circuit, &got));
        ck_assert_str_eq(got.circuit, "duong-lang");
        ck_assert_uint_eq(got.operations, 8);
        ck_assert_uint_eq(got.on_seconds, 36000);
        ck_assert_uint_eq(got.pulses, UINT64_C(1) << 40);
        ck_assert_double_eq(got.remote_kwh, 1.5);
        ck_assert_double_eq(got.remote_kwh_base, 2.25);
        ck_assert_double_eq(got.kwh_offset, -3.125);
        must(thon_light_counter_load(store, "ngo-dong", &got));
        ck_assert_uint_eq(got.operations, 1);
}
END_TEST

START_TEST(a_circuit_without_counters_is_told_apart)
{
        struct thon_light_counter got = {.pulses = 5};
        ck_assert_int_eq(thon_light_counter_load(store, "new", &got), THON_STORE_NOT_FOUND);
        ck_assert_uint_eq(got.pulses, 5);
}
END_TEST

START_TEST(a_counter_out_of_range_is_refused_with_all_of_its_call)
{
        struct thon_light_counter rows[2] = {{.circuit = "a"}, {.circuit = "b", .pulses = UINT64_MAX}};
        ck_assert_int_eq(thon_light_counter_save(store, rows, 2), THON_STORE_INVALID);
        rows[1] = (struct thon_light_counter){.circuit = "b", .remote_kwh = (double)INFINITY};
        ck_assert_int_eq(thon_light_counter_save(store, rows, 2), THON_STORE_INVALID);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM light_counter"), 0);
}
END_TEST

/* ---- events ---- */

static char seen[256];

static int see(const struct thon_event_row *row, void *userdata)
{
        size_t used = strlen(seen);
        (void)snprintf(seen + used, sizeof(seen) - used, "%s:%s ", row->topic, row->payload);
        return userdata ? thon_event_done(userdata, THON_EVENT_LIGHT, row->serial) : 0;
}

START_TEST(events_wait_in_order_until_the_broker_took_them)
{
        int64_t first, second, third;
        must(thon_event_push(store, THON_EVENT_LIGHT, "event/a", "1", &first));
        must(thon_event_push(store, THON_EVENT_LIGHT, "event/b", "2", &second));
        must(thon_event_push(store, THON_EVENT_LIGHT, "event/c", "3", &third));
        ck_assert_int_lt(first, second);
        ck_assert_int_lt(second, third);
        must(thon_event_done(store, THON_EVENT_LIGHT, second));
        must(thon_event_done(store, THON_EVENT_LIGHT, second)); /* acknowledged twice */
        store = thon_store_close(store);
        store = must_open(THON_STORE_WRITE);
        seen[0] = '\0';
        must(thon_event_each(store, THON_EVENT_LIGHT, 0, see, NULL));
        ck_assert_str_eq(seen, "event/a:1 event/c:3 ");
}
END_TEST

START_TEST(a_walk_may_remove_what_it_is_given)
{
        int64_t serial;
        for (int i = 0; i < 5; i++)
                must(thon_event_push(store, THON_EVENT_LIGHT, "e", "x", &serial));
        seen[0] = '\0';
        must(thon_event_each(store, THON_EVENT_LIGHT, 0, see, store));
        ck_assert_str_eq(seen, "e:x e:x e:x e:x e:x ");
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM light_event"), 0);
}
END_TEST

START_TEST(a_serial_is_never_given_twice)
{
        int64_t first, second;
        must(thon_event_push(store, THON_EVENT_LIGHT, "e", "x", &first));
        must(thon_event_done(store, THON_EVENT_LIGHT, first));
        must(thon_event_push(store, THON_EVENT_LIGHT, "e", "x", &second));
        ck_assert_int_gt(second, first);
}
END_TEST

START_TEST(an_event_longer_than_a_message_is_refused)
{
        static char payload[64 * 1024 + 2];
        int64_t serial;
        (void)memset(payload, 'x', sizeof(payload) - 1);
        ck_assert_int_eq(thon_event_push(store, THON_EVENT_LIGHT, "e", payload, &serial),
                         THON_STORE_INVALID);
        payload[64 * 1024] = '\0';
        must(thon_event_push(store, THON_EVENT_LIGHT, "e", payload, &serial));
}
END_TEST

START_TEST(the_queue_of_events_has_an_end_that_is_told)
{
        int64_t serial;
        must(thon_sql_exec(
                store, "INSERT INTO light_event (topic, payload)"
                       " WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50000)"
                       " SELECT 'e', 'x' FROM n"));
        ck_assert_int_eq(thon_event_push(store, THON_EVENT_LIGHT, "e", "x", &serial), THON_STORE_FULL);
        ck_assert_ptr_nonnull(strstr(thon_store_message(store), "broker"));
        /* One old event that is stuck does not close the queue. */
        must(thon_sql_exec(store, "DELETE FROM light_event WHERE serial BETWEEN 2 AND 49999"));
        must(thon_event_push(store, THON_EVENT_LIGHT, "e", "x", &serial));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light store");
        const TTest *const TESTS[] = {the_history_tells_what_happened_when_and_why,
                                      a_list_is_the_latest_rows_of_a_span_in_order,
                                      rows_of_one_call_are_written_all_or_none,
                                      text_that_is_no_utf8_does_not_hide_the_other_rows,
                                      pruning_keeps_what_held_at_the_cut,
                                      light_by_the_relay_alone,
                                      what_the_contact_shows_beats_what_the_relay_was_told,
                                      rows_that_say_the_same_again_do_not_part_an_interval,
                                      intervals_agree_with_the_state_of_every_second,
                                      light_ends_with_the_last_sign_of_life_before_a_power_cut,
                                      energy_is_the_difference_of_readings,
                                      energy_without_readings_is_unknown_and_not_nothing,
                                      a_correction_or_an_exchanged_meter_is_not_energy,
                                      counters_outlive_a_restart,
                                      a_circuit_without_counters_is_told_apart,
                                      a_counter_out_of_range_is_refused_with_all_of_its_call,
                                      events_wait_in_order_until_the_broker_took_them,
                                      a_walk_may_remove_what_it_is_given,
                                      a_serial_is_never_given_twice,
                                      an_event_longer_than_a_message_is_refused,
                                      the_queue_of_events_has_an_end_that_is_told};
        TCase *tc = tcase_create("light store");
        tcase_add_checked_fixture(tc, make, drop);
        tcase_set_timeout(tc, 60);
        for (size_t i = 0; i < sizeof(TESTS) / sizeof(TESTS[0]); i++)
                tcase_add_test(tc, TESTS[i]);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}
