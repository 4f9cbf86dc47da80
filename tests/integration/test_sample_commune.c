/* The sample commune of the demo is a commune: its lists go in as an officer would bring them, and its roads are lit. */
#include "registry_fixture.h"

#include <dirent.h>

#include "thon/file.h"
#include "thon/light_form.h"

#define COMMUNE "demo/commune"

static void import_file(enum thon_noun noun, const char *name, unsigned rows)
{
        struct thon_import_report report = {0};
        _cleanup_free_ char *csv = NULL;
        char path[200];
        size_t size;

        (void)snprintf(path, sizeof path, COMMUNE "/%s", name);
        ck_assert_int_eq(thon_file_read(path, 1 << 20, &csv, &size), 0);
        must_do(thon_registry_import(store, noun, csv, size, false, &officer, &report));
        ck_assert_uint_eq(report.rows, rows);
}

static void set_docs(enum thon_light_doc kind, const char *directory)
{
        char path[300];
        struct dirent *entry;
        DIR *dir = opendir(directory);

        ck_assert_ptr_nonnull(dir);
        while ((entry = readdir(dir))) {
                _cleanup_json_ json_t *doc = NULL;
                struct thon_json_error error;

                if (entry->d_name[0] == '.')
                        continue;
                (void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
                ck_assert_int_eq(thon_json_read_file(path, 1 << 16, &doc, &error), 0);
                must_do(thon_light_doc_set(store, kind, doc, &officer));
        }
        (void)closedir(dir);
}

static void load_commune(void)
{
        import_file(THON_AREA, "areas.csv", 9);
        import_file(THON_HOUSEHOLD, "households.csv", 126);
        import_file(THON_PERSON, "people.csv", 46);
        import_file(THON_GROUP, "groups.csv", 6);
        set_docs(THON_DOC_PROGRAM, COMMUNE "/programs");
        set_docs(THON_DOC_CALENDAR, COMMUNE "/calendars");
        import_file(THON_DEVICE, "devices.csv", 5);
}

START_TEST(its_lists_go_in)
{
        load_commune();
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM household WHERE area = 'chi-phuc'"), 126);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM person WHERE consent LIKE '%emergency%'"), 39);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM person WHERE role = 'hamlet-head'"), 1);
        ck_assert_int_gt(integer(store, "SELECT count(*) FROM household WHERE internet = 0"), 20);
        ck_assert_int_eq(integer(store, "SELECT count(DISTINCT kind) FROM group_"), 6);
        ck_assert_int_eq(integer(store, "SELECT sum(json_extract(config, '$.lamps')) FROM device"), 40);
        ck_assert_str_eq(ids(THON_DEVICE, "chi-phuc", "circuit"),
                         "canh-dong duong-lang ngo-dong ngo-tay nha-van-hoa");
}
END_TEST

START_TEST(bringing_them_again_changes_nothing)
{
        load_commune();
        int64_t before = audits();
        load_commune();
        ck_assert_int_eq(audits(), before);
}
END_TEST

START_TEST(a_circuit_is_the_same_in_both_its_files)
{
        _cleanup_json_ json_t *list = NULL;
        const json_t *device;
        size_t i;

        load_commune();
        must_do(thon_registry_list(store, THON_DEVICE, NULL, "circuit", &list));
        json_array_foreach (list, i, device) {
                _cleanup_json_ json_t *config = NULL;
                struct thon_json_error error;
                char path[300];

                (void)snprintf(path, sizeof path, COMMUNE "/circuits/%s.json",
                               json_string_value(json_object_get(device, "id")));
                ck_assert_int_eq(thon_json_read_file(path, 1 << 16, &config, &error), 0);
                ck_assert_msg(json_equal(config, json_object_get(device, "config")), "%s", path);
        }
}
END_TEST

static void no_problem(void *userdata, const char *circuit, const char *problem)
{
        (void)userdata;
        ck_abort_msg("%s: %s", circuit, problem);
}

START_TEST(its_roads_make_a_plan)
{
        _cleanup_json_ json_t *doc = NULL;
        struct thon_light_plan *plan = NULL;
        struct thon_json_error error = {""};

        load_commune();
        must_do(thon_light_plan_compile(store, "chi-phuc", (struct thon_place){.lat = 19.99, .lon = 105.65},
                                        "Asia/Ho_Chi_Minh", "", &doc, no_problem, NULL));
        int r = thon_light_plan_from_json(doc, &plan, &error);
        ck_assert_msg(r == 0, "%s", error.text);
        ck_assert_uint_eq(plan->n_circuits, 5);
        ck_assert_uint_eq(plan->n_calendars, 5);
        ck_assert_uint_eq(plan->n_programs, 5);
        thon_light_plan_free(plan);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("sample_commune");
        TCase *tc = tcase_create("sample_commune");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(tc, store_make, store_drop);
        tcase_set_timeout(tc, 30);
        tcase_add_test(tc, its_lists_go_in);
        tcase_add_test(tc, bringing_them_again_changes_nothing);
        tcase_add_test(tc, a_circuit_is_the_same_in_both_its_files);
        tcase_add_test(tc, its_roads_make_a_plan);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
