/* From the registry to a plan: whole, per node, and with damage that must not leave the other roads dark. */
#include "registry_fixture.h"

#include "thon/light_form.h"

#define SITE "xa-thuong-xuan", ((struct thon_place){19.9, 105.3}), "Asia/Ho_Chi_Minh"

static char told[2000];

static void tell(void *userdata, const char *circuit, const char *problem)
{
        size_t length = strlen(told);

        ck_assert_ptr_eq(userdata, told);
        (void)snprintf(told + length, sizeof told - length, "%s: %s\n", circuit, problem);
}

static json_t *compile(const char *node)
{
        json_t *doc = NULL;

        told[0] = '\0';
        must_do(thon_light_plan_compile(store, SITE, node, &doc, tell, told));
        return doc;
}

/* What was compiled is a plan; the caller frees it. */
static struct thon_light_plan *plan_of(const char *node)
{
        _cleanup_json_ json_t *doc = compile(node);
        struct thon_json_error error = {""};
        struct thon_light_plan *plan = NULL;

        ck_assert_msg(thon_light_plan_from_json(doc, &plan, &error) == 0, "%s", error.text);
        return plan;
}

static void write_doc(enum thon_light_doc kind, const char *text)
{
        _cleanup_json_ json_t *doc = json_loads(text, 0, NULL);

        must_do(thon_light_doc_set(store, kind, doc, &officer));
}

static void write_circuit(const char *id, const char *calendar, const char *relay, const char *more)
{
        char config[1000];

        (void)snprintf(config, sizeof config, "{\"calendar\":\"%s\",\"relay\":%s%s}", calendar, relay, more);
        add(THON_DEVICE, id, "kind", "circuit", "name", id, "area", "chi-phuc", "config", config);
}

#define GPIO(line) "{\"gpio\":{\"chip\":\"sim:relays\",\"line\":\"" line "\"}}"

static void setup(void)
{
        store_make();
        make_commune();
        write_doc(THON_DOC_PROGRAM, "{\"id\":\"ca-dem\",\"steps\":[{\"at\":\"dusk\",\"set\":\"on\"},{\"at\":"
                                    "\"dawn\",\"set\":\"off\"}]}");
        write_doc(THON_DOC_PROGRAM, "{\"id\":\"tiet-kiem\",\"steps\":[{\"at\":\"dusk\",\"set\":\"on\"},{"
                                    "\"at\":\"23:00\",\"set\":\"off\"}]}");
        write_doc(THON_DOC_CALENDAR, "{\"id\":\"chinh\",\"default\":\"ca-dem\"}");
        write_doc(THON_DOC_CALENDAR, "{\"id\":\"ngo\",\"default\":\"tiet-kiem\",\"rules\":[{\"days\":{"
                                     "\"lunar\":[\"15\"]},\"program\":\"ca-dem\"}]}");
        write_circuit("duong-chinh", "chinh", GPIO("1"), "");
        write_circuit("ngo-dong", "ngo", GPIO("2"), "");
        write_circuit("xa-xoi", "ngo", GPIO("1"), ",\"node\":\"tu-2\"");
}

/* What no call of ours would write. */
static void damage(const char *sql)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;

        must_do(thon_sql(store, sql, &stmt));
        must_do(thon_stmt_run(stmt));
}

START_TEST(test_this_machine_gets_its_circuits_and_what_they_need)
{
        struct thon_light_plan *plan = plan_of("");

        ck_assert_str_eq(told, "");
        ck_assert_str_eq(plan->site, "xa-thuong-xuan");
        ck_assert_str_eq(plan->zone, "Asia/Ho_Chi_Minh");
        ck_assert_double_eq_tol(plan->place.lat, 19.9, 1e-9);
        ck_assert_uint_eq(plan->n_circuits, 2);
        ck_assert_str_eq(plan->circuits[0].id, "duong-chinh");
        ck_assert_str_eq(plan->circuits[0].area, "chi-phuc");
        ck_assert_str_eq(plan->calendars[plan->circuits[0].calendar].id, "chinh");
        ck_assert_str_eq(plan->calendars[plan->circuits[1].calendar].id, "ngo");
        ck_assert_uint_eq(plan->n_programs, 2);
        thon_light_plan_free(plan);
}
END_TEST

START_TEST(test_a_node_gets_no_calendar_that_it_does_not_need)
{
        struct thon_light_plan *plan;

        write_doc(THON_DOC_PROGRAM, "{\"id\":\"thua\",\"steps\":[]}");
        plan = plan_of("tu-2");
        ck_assert_uint_eq(plan->n_circuits, 1);
        ck_assert_str_eq(plan->circuits[0].id, "xa-xoi");
        ck_assert_str_eq(plan->circuits[0].node, "tu-2");
        ck_assert_uint_eq(plan->n_calendars, 1);
        ck_assert_uint_eq(plan->n_programs, 2);
        thon_light_plan_free(plan);
}
END_TEST

START_TEST(test_a_node_without_circuits_gets_an_empty_plan)
{
        struct thon_light_plan *plan = plan_of("tu-9");

        ck_assert_uint_eq(plan->n_circuits + plan->n_calendars + plan->n_programs, 0);
        thon_light_plan_free(plan);
}
END_TEST

START_TEST(test_all_together_hold_every_program_and_lines_are_a_matter_of_each_node)
{
        struct thon_light_plan *plan;

        write_doc(THON_DOC_PROGRAM, "{\"id\":\"thua\",\"steps\":[]}");
        plan = plan_of(NULL);
        ck_assert_str_eq(told, "");
        ck_assert_uint_eq(plan->n_circuits, 3); /* line 1 of tu-2 is another one */
        ck_assert_uint_eq(plan->n_programs, 3);
        thon_light_plan_free(plan);
}
END_TEST

START_TEST(test_a_circuit_on_a_taken_line_is_left_out_and_told)
{
        struct thon_light_plan *plan;

        damage("INSERT INTO device (id, kind, name, config) SELECT 'thua', kind, 'x', config FROM device "
               "WHERE id = 'ngo-dong'");
        plan = plan_of("");
        ck_assert_uint_eq(plan->n_circuits, 2);
        ck_assert_str_eq(
                told, "thua: relay.gpio: line \"2\" of \"sim:relays\" is relay.gpio of circuit \"ngo-dong\" "
                      "already\n");
        thon_light_plan_free(plan);
}
END_TEST

START_TEST(test_a_damaged_circuit_leaves_the_others_alight)
{
        struct thon_light_plan *plan;

        damage("UPDATE device SET config = '{\"calendar\":\"chinh\",\"relay\":7}' WHERE id = 'duong-chinh'");
        plan = plan_of("");
        ck_assert_uint_eq(plan->n_circuits, 1);
        ck_assert_str_eq(told, "duong-chinh: relay: must be an object\n");
        thon_light_plan_free(plan);
}
END_TEST

START_TEST(test_a_damaged_program_is_named_to_each_circuit_that_needs_it)
{
        struct thon_light_plan *plan;

        damage("UPDATE light_program SET doc = '{\"id\":\"tiet-kiem\"}' WHERE id = 'tiet-kiem'");
        plan = plan_of("");
        ck_assert_uint_eq(plan->n_circuits, 1);
        ck_assert_str_eq(plan->circuits[0].id, "duong-chinh");
        ck_assert_str_eq(told,
                         "ngo-dong: calendar \"ngo\": program \"tiet-kiem\": member \"steps\" is missing\n");
        thon_light_plan_free(plan);
}
END_TEST

START_TEST(test_a_missing_program_and_a_missing_calendar_are_told)
{
        struct thon_light_plan *plan;

        damage("DELETE FROM light_program WHERE id = 'tiet-kiem'");
        damage("DELETE FROM light_calendar WHERE id = 'chinh'");
        plan = plan_of("");
        ck_assert_uint_eq(plan->n_circuits, 0);
        ck_assert_str_eq(told, "duong-chinh: calendar: there is no calendar \"chinh\"\n"
                               "ngo-dong: calendar \"ngo\": default: there is no program \"tiet-kiem\"\n");
        thon_light_plan_free(plan);
}
END_TEST

START_TEST(test_without_a_listener_the_plan_is_the_same)
{
        json_t *doc = NULL;

        damage("UPDATE device SET config = '{}' WHERE id = 'duong-chinh'");
        must_do(thon_light_plan_compile(store, SITE, "", &doc, NULL, NULL));
        ck_assert_uint_eq(json_array_size(json_object_get(doc, "circuits")), 1);
        json_decref(doc);
}
END_TEST

START_TEST(test_a_store_opened_for_reading_is_enough)
{
        struct thon_light_plan *plan;

        store = thon_store_close(store);
        store = must_open(THON_STORE_READ);
        plan = plan_of("");
        ck_assert_uint_eq(plan->n_circuits, 2);
        thon_light_plan_free(plan);
}
END_TEST

START_TEST(test_the_same_registry_gives_the_same_document)
{
        _cleanup_json_ json_t *one = compile(""), *two = compile("");

        ck_assert(json_equal(one, two));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light compile");
        TCase *tc = tcase_create("registry to plan");

        tcase_add_checked_fixture(tc, setup, store_drop);
        tcase_add_test(tc, test_this_machine_gets_its_circuits_and_what_they_need);
        tcase_add_test(tc, test_a_node_gets_no_calendar_that_it_does_not_need);
        tcase_add_test(tc, test_a_node_without_circuits_gets_an_empty_plan);
        tcase_add_test(tc, test_all_together_hold_every_program_and_lines_are_a_matter_of_each_node);
        tcase_add_test(tc, test_a_circuit_on_a_taken_line_is_left_out_and_told);
        tcase_add_test(tc, test_a_damaged_circuit_leaves_the_others_alight);
        tcase_add_test(tc, test_a_damaged_program_is_named_to_each_circuit_that_needs_it);
        tcase_add_test(tc, test_a_missing_program_and_a_missing_calendar_are_told);
        tcase_add_test(tc, test_without_a_listener_the_plan_is_the_same);
        tcase_add_test(tc, test_a_store_opened_for_reading_is_enough);
        tcase_add_test(tc, test_the_same_registry_gives_the_same_document);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}
