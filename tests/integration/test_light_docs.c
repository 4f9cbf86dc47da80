/* Lighting programs and calendars in the registry, and the circuits that use them. */
#include "registry_fixture.h"

#define PROGRAM(id)                                                                                 \
        "{\"id\":\"" id "\",\"name\":\"Cả đêm\",\"steps\":[{\"at\":\"sunset\",\"set\":\"on\"}," \
        "{\"at\":\"sunrise\",\"set\":\"off\"}]}"
#define CALENDAR(id, program)                                                                        \
        "{\"id\":\"" id                                                                              \
        "\",\"name\":\"Quanh năm\",\"rules\":[{\"days\":{\"lunar\":[\"15\"]},\"program\":\"" program \
        "\"}],\"default\":\"all-night\"}"
#define CIRCUIT(calendar, line)     \
        "{\"calendar\":\"" calendar \
        "\",\"lamps\":8,\"watts\":100,\"relay\":{\"gpio\":{\"chip\":\"sim:relays\",\"line\":" line "}}}"

static int set_doc(enum thon_light_doc kind, const char *text)
{
        _cleanup_json_ json_t *doc = json_loads(text, 0, NULL);

        ck_assert_ptr_nonnull(doc);
        return thon_light_doc_set(store, kind, doc, &officer);
}

static void make_calendar(void)
{
        must_do(set_doc(THON_DOC_PROGRAM, PROGRAM("all-night")));
        must_do(set_doc(THON_DOC_PROGRAM, PROGRAM("festive")));
        must_do(set_doc(THON_DOC_CALENDAR, CALENDAR("year", "festive")));
}

static const char *doc_ids(enum thon_light_doc kind)
{
        static char text[500];
        _cleanup_json_ json_t *list = NULL;
        json_t *doc;
        size_t i, size = 0;

        must_do(thon_light_doc_list(store, kind, &list));
        text[0] = '\0';
        json_array_foreach (list, i, doc)
                size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", i ? " " : "",
                                         json_string_value(json_object_get(doc, "id")));
        return text;
}

START_TEST(a_document_is_kept_as_it_was_written)
{
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_free_ char *text = NULL;
        int64_t generation, later;

        make_calendar();
        must_do(thon_light_doc_get(store, THON_DOC_CALENDAR, "year", &doc));
        text = json_dumps(doc, JSON_COMPACT);
        ck_assert_str_eq(text, CALENDAR("year", "festive"));
        ck_assert_str_eq(doc_ids(THON_DOC_PROGRAM), "all-night festive");
        ck_assert_str_eq(doc_ids(THON_DOC_CALENDAR), "year");
        ck_assert_str_eq(last_audit(), "officer calendar.set year {\"before\":null,\"after\":" CALENDAR(
                                               "year", "festive") "}");

        must_do(thon_registry_generation(store, &generation));
        must_do(set_doc(THON_DOC_CALENDAR, CALENDAR("year", "festive")));
        must_do(thon_registry_generation(store, &later));
        ck_assert_int_eq(later, generation);
        must_do(set_doc(THON_DOC_CALENDAR, CALENDAR("year", "all-night")));
        must_do(thon_registry_generation(store, &later));
        ck_assert_int_eq(later, generation + 1);
}
END_TEST

START_TEST(a_wrong_document_is_refused_at_its_place)
{
        refused(set_doc(THON_DOC_PROGRAM, "{\"id\":\"p\",\"steps\":[{\"at\":\"sunsett\",\"set\":\"on\"}]}"),
                THON_STORE_INVALID, "steps[0].at");
        refused(set_doc(THON_DOC_PROGRAM, "[]"), THON_STORE_INVALID, "program");
        refused(set_doc(THON_DOC_CALENDAR, CALENDAR("year", "festive")), THON_STORE_INVALID, "festive");
        ck_assert_str_eq(doc_ids(THON_DOC_PROGRAM), "");
        ck_assert_str_eq(doc_ids(THON_DOC_CALENDAR), "");
}
END_TEST

START_TEST(what_lights_a_road_is_not_removed)
{
        json_t *doc;

        make_calendar();
        add(THON_DEVICE, "duong-lang", "kind", "circuit", "config", CIRCUIT("year", "0"));
        refused(thon_light_doc_remove(store, THON_DOC_PROGRAM, "festive", &officer), THON_STORE_REFERENCED,
                "calendar year");
        refused(thon_light_doc_remove(store, THON_DOC_PROGRAM, "all-night", &officer), THON_STORE_REFERENCED,
                "calendar year");
        refused(thon_light_doc_remove(store, THON_DOC_CALENDAR, "year", &officer), THON_STORE_REFERENCED,
                "circuit duong-lang");
        must_do(thon_registry_remove(store, THON_DEVICE, "duong-lang", &officer));
        must_do(thon_light_doc_remove(store, THON_DOC_CALENDAR, "year", &officer));
        must_do(thon_light_doc_remove(store, THON_DOC_PROGRAM, "festive", &officer));
        refused(thon_light_doc_remove(store, THON_DOC_PROGRAM, "festive", &officer), THON_STORE_NOT_FOUND,
                "festive");
        refused(thon_light_doc_get(store, THON_DOC_PROGRAM, "festive", &doc), THON_STORE_NOT_FOUND,
                "festive");
}
END_TEST

START_TEST(a_circuit_is_checked_by_its_form)
{
        make_calendar();
        refused(try_add(THON_DEVICE, "a", "kind", "circuit", NULL), THON_STORE_INVALID, "calendar");
        refused(try_add(THON_DEVICE, "a", "kind", "circuit", "config", CIRCUIT("none", "0"), NULL),
                THON_STORE_INVALID, "no calendar \"none\"");
        refused(try_add(THON_DEVICE, "a", "kind", "circuit", "config", CIRCUIT("year", "-1"), NULL),
                THON_STORE_INVALID, "relay.gpio.line");
        add(THON_DEVICE, "a", "kind", "mạch đèn", "config", CIRCUIT("year", "0"));
        is(THON_DEVICE, "a", "kind", "\"circuit\"");
}
END_TEST

START_TEST(two_circuits_do_not_share_a_relay)
{
        make_calendar();
        add(THON_DEVICE, "a", "kind", "circuit", "config", CIRCUIT("year", "0"));
        int64_t before = audits();
        refused(try_add(THON_DEVICE, "b", "kind", "circuit", "config", CIRCUIT("year", "\"0\""), NULL),
                THON_STORE_INVALID, "circuit \"a\" already");
        ck_assert_str_eq(ids(THON_DEVICE, NULL, NULL), "a");
        ck_assert_int_eq(audits(), before);
        add(THON_DEVICE, "b", "kind", "circuit", "config", CIRCUIT("year", "1"));
        refused(try_set(THON_DEVICE, "a", "config", CIRCUIT("year", "1"), NULL), THON_STORE_INVALID,
                "circuit \"b\" already");
        /* another cabinet has lines of its own */
        add(THON_DEVICE, "c", "kind", "circuit", "config",
            "{\"calendar\":\"year\",\"node\":\"tu-2\",\"relay\":{\"gpio\":{\"chip\":\"sim:relays\",\"line\":"
            "0}}}");
}
END_TEST

static void tell(void *userdata, const struct thon_import_problem *problem)
{
        (void)snprintf(userdata, 300, "%u %s: %s", problem->line, problem->column, problem->reason);
}

START_TEST(circuits_exchange_their_relays_in_one_file)
{
        static const char swap[] =
                "id;config\n"
                "a;\"{\"\"calendar\"\":\"\"year\"\",\"\"relay\"\":{\"\"gpio\"\":{\"\"chip\"\":"
                "\"\"sim:relays\"\",\"\"line\"\":1}}}\"\n"
                "b;\"{\"\"calendar\"\":\"\"year\"\",\"\"relay\"\":{\"\"gpio\"\":{\"\"chip\"\":"
                "\"\"sim:relays\"\",\"\"line\"\":0}}}\"\n";
        char told[300] = "";
        struct thon_import_report report = {.tell = tell, .userdata = told};
        const char *second = strstr(swap, "\nb;") + 1;
        size_t header = 10, first = (size_t)(second - swap);

        make_calendar();
        add(THON_DEVICE, "a", "kind", "circuit", "config", CIRCUIT("year", "0"));
        add(THON_DEVICE, "b", "kind", "circuit", "config", CIRCUIT("year", "1"));
        must_do(thon_registry_import(store, THON_DEVICE, swap, sizeof swap - 1, false, &officer, &report));
        ck_assert_uint_eq(report.changed, 2);

        /* the first row alone, now the other way about: line 1 of `a` is wanted by nobody, line 0 is taken by `b` */
        char half[400];
        (void)snprintf(half, sizeof half, "%.*s%.*s", (int)header, swap, (int)(first - header),
                       swap + header);
        *strchr(half, '1') = '0';
        ck_assert_int_eq(
                thon_registry_import(store, THON_DEVICE, half, strlen(half), false, &officer, &report),
                THON_STORE_INVALID);
        ck_assert_msg(strstr(told, "2 config: ") == told && strstr(told, "circuit \"b\" already"), "%s",
                      told);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light_docs");
        TCase *tc = tcase_create("light_docs");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(tc, store_make, store_drop);
        tcase_set_timeout(tc, 30);
        tcase_add_test(tc, a_document_is_kept_as_it_was_written);
        tcase_add_test(tc, a_wrong_document_is_refused_at_its_place);
        tcase_add_test(tc, what_lights_a_road_is_not_removed);
        tcase_add_test(tc, a_circuit_is_checked_by_its_form);
        tcase_add_test(tc, two_circuits_do_not_share_a_relay);
        tcase_add_test(tc, circuits_exchange_their_relays_in_one_file);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
