/* Citizens' reports in the store: continued while open, never changed, shown without the citizen's address. */
#include "store_fixture.h"
#include "thon/report_store.h"

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

static int64_t opened(const char *address, int64_t at, int64_t due)
{
        struct thon_report report = {.channel = "bot",
                                     .name = "Trịnh Thị Dung",
                                     .area = "chi-phuc",
                                     .due = {due},
                                     .opened_at = {at}};

        (void)snprintf(report.address, sizeof(report.address), "%s", address);
        must(thon_report_open(store, &report));
        ck_assert_int_gt(report.id, 0);
        return report.id;
}

static void says(int64_t report, const char *kind, const char *text, int64_t at)
{
        must(thon_report_entry_add(
                store, report,
                &(struct thon_report_entry){.at = {at}, .by = "", .kind = kind, .text = text}));
}

START_TEST(a_chat_goes_on_with_its_report_until_that_is_closed)
{
        int64_t first = opened("z1", 1800000000, 1800432000);
        struct thon_report report;

        must(thon_report_of_chat(store, "bot", "z1", &report));
        ck_assert_int_eq(report.id, first);
        ck_assert_int_eq(thon_report_of_chat(store, "bot", "z2", &report), THON_STORE_NOT_FOUND);
        ck_assert_int_eq(thon_report_of_chat(store, "oa", "z1", &report), THON_STORE_NOT_FOUND);
        must(thon_report_get(store, first, &report));
        report.state = THON_REPORT_DONE;
        report.updated_at.s = 1800001000;
        must(thon_report_update(store, &report, "can-bo-nga"));
        ck_assert_int_eq(thon_report_of_chat(store, "bot", "z1", &report), THON_STORE_NOT_FOUND);
        ck_assert_int_ne(opened("z1", 1800002000, 1800434000), first);
        ck_assert_int_eq(
                integer(store,
                        "SELECT count(*) FROM audit WHERE action = 'report.set' AND object = 'report:1'"),
                1);
}
END_TEST

START_TEST(the_list_begins_with_what_is_due_first)
{
        json_t *rows;
        int64_t later = opened("z1", 1800000000, 1800900000), sooner = opened("z2", 1800000100, 1800100000);

        says(later, "text", "Đèn ngõ Đông tắt từ tối qua", 1800000000);
        says(later, "text", "Vẫn chưa sáng", 1800000500);
        must(thon_report_list(store, true, (struct thon_wall){1800200000}, 10, &rows));
        ck_assert_uint_eq(json_array_size(rows), 2);
        ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(rows, 0), "id")), sooner);
        ck_assert(json_is_true(json_object_get(json_array_get(rows, 0), "overdue")));
        ck_assert(json_is_false(json_object_get(json_array_get(rows, 1), "overdue")));
        ck_assert_str_eq(json_string_value(json_object_get(json_array_get(rows, 1), "text")),
                         "Đèn ngõ Đông tắt từ tối qua");
        json_decref(rows);
}
END_TEST

START_TEST(all_that_was_said_is_shown_and_the_address_is_not)
{
        json_t *doc;
        int64_t id = opened("9007199254740993001", 1800000000, 1800900000);
        char *text;

        says(id, "text", "Cống tắc 🌧", 1800000000);
        must(thon_report_entry_add(store, id,
                                   &(struct thon_report_entry){.at = {1800000060},
                                                               .by = "",
                                                               .kind = "picture",
                                                               .file = "1-2.jpg",
                                                               .type = "image/jpeg",
                                                               .size = 12345}));
        must(thon_report_show(store, id, (struct thon_wall){1800000100}, &doc));
        ck_assert_uint_eq(json_array_size(json_object_get(doc, "entries")), 2);
        text = json_dumps(doc, 0);
        ck_assert_ptr_nonnull(strstr(text, "1-2.jpg"));
        ck_assert_ptr_null(strstr(text, "9007199254740993001"));
        free(text);
        json_decref(doc);
        ck_assert_int_eq(thon_report_show(store, id + 1, (struct thon_wall){0}, &doc), THON_STORE_NOT_FOUND);
}
END_TEST

START_TEST(who_writes_without_end_is_counted_over_all_reports)
{
        int64_t id = opened("z1", 1800000000, 1800900000), n;
        struct thon_report report;

        for (int i = 0; i < 7; i++)
                says(id, "text", "alo", 1800000000 + i * 1000);
        must(thon_report_get(store, id, &report));
        report.updated_at.s = 1800006000;
        must(thon_report_update(store, &report, ""));
        must(thon_report_entries_since(store, "bot", "z1", (struct thon_wall){1800003600}, &n));
        ck_assert_int_eq(n, 3);
        must(thon_report_entries_since(store, "bot", "z2", (struct thon_wall){0}, &n));
        ck_assert_int_eq(n, 0);
}
END_TEST

static int count_attachment(const struct thon_report_attachment *row, void *userdata)
{
        ck_assert_str_eq(row->url, "https://provider.example/a.jpg");
        ck_assert(row->image);
        ++*(int *)userdata;
        return 0;
}

START_TEST(an_attachment_waits_over_a_restart)
{
        int64_t id = opened("z1", 1800000000, 1800900000);
        int64_t entries;
        int n = 0;

        must(thon_sql_exec(store, "INSERT INTO inbound (channel, update_id, at, kind, address, doc) VALUES"
                                  " ('bot', 'u1', 1800000000, 'image', 'z1', '{}')"));
        must(thon_report_attachment_wait(store, 1, id, "https://provider.example/a.jpg"));
        store = thon_store_close(store);
        store = must_open(THON_STORE_WRITE);
        must(thon_report_attachments_waiting(store, 0, count_attachment, &n));
        ck_assert_int_eq(n, 1);
        must(thon_report_attachments_waiting(store, 1, count_attachment, &n));
        ck_assert_int_eq(n, 1);
        must(thon_report_entries_since(store, "bot", "z1", (struct thon_wall){0}, &entries));
        ck_assert_int_eq(entries, 1);
        must(thon_sql_exec(store, "UPDATE inbound SET done = 1"));
        must(thon_report_attachments_waiting(store, 0, count_attachment, &n));
        ck_assert_int_eq(n, 1);
        must(thon_report_entries_since(store, "bot", "z1", (struct thon_wall){0}, &entries));
        ck_assert_int_eq(entries, 0);
}
END_TEST

static void note_file(const char *file, void *userdata)
{
        ck_assert_str_eq(file, "1-7.jpg");
        ++*(int *)userdata;
}

START_TEST(what_was_closed_long_ago_goes_with_its_files)
{
        int64_t old = opened("z1", 1700000000, 1700400000), open = opened("z2", 1700000000, 1700400000);
        struct thon_report report;
        size_t n;
        int files = 0;

        must(thon_report_entry_add(store, old,
                                   &(struct thon_report_entry){.at = {1700000000},
                                                               .kind = "picture",
                                                               .file = "1-7.jpg",
                                                               .type = "image/jpeg",
                                                               .size = 5}));
        says(old, "text", "Đèn tắt", 1700000000);
        must(thon_report_get(store, old, &report));
        report.state = THON_REPORT_DONE;
        report.updated_at.s = 1700100000;
        must(thon_report_update(store, &report, "can-bo-nga"));

        must(thon_report_prune(store, (struct thon_wall){1700100000}, note_file, &files, &n));
        ck_assert_uint_eq(n, 0);
        ck_assert_int_eq(files, 0);
        must(thon_report_prune(store, (struct thon_wall){1700100001}, note_file, &files, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_int_eq(files, 1);
        ck_assert_int_eq(thon_report_get(store, old, &report), THON_STORE_NOT_FOUND);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM report_entry"), 0);
        must(thon_report_get(store, open, &report));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("report store");
        TCase *tc = tcase_create("reports");

        tcase_add_checked_fixture(tc, make, drop);
        tcase_add_test(tc, a_chat_goes_on_with_its_report_until_that_is_closed);
        tcase_add_test(tc, the_list_begins_with_what_is_due_first);
        tcase_add_test(tc, all_that_was_said_is_shown_and_the_address_is_not);
        tcase_add_test(tc, who_writes_without_end_is_counted_over_all_reports);
        tcase_add_test(tc, an_attachment_waits_over_a_restart);
        tcase_add_test(tc, what_was_closed_long_ago_goes_with_its_files);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}
