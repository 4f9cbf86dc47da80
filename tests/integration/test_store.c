/* The store in good days: made, opened, brought up to date, written in transactions. What it does in bad days is in
 * test_store_trouble.c, copies are in test_store_backup.c. */
#include "store_fixture.h"

#include "../../src/store/handle.h"

START_TEST(a_new_store_belongs_to_its_group_alone)
{
        (void)snprintf(store_path, sizeof(store_path), "%s/state/thon.db", scratch);
        struct thon_store *store = must_open(THON_STORE_CREATE);
        ck_assert_int_eq(thon_store_version(store), (int)thon_schema_count);

        char name[PATH_MAX + 64];
        struct stat st;
        ck_assert_int_eq(stat(store_path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0640);
        (void)snprintf(name, sizeof(name), "%s/state", scratch);
        ck_assert_int_eq(stat(name, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0750);
        must(add_area(store, "thon-1"));
        (void)snprintf(name, sizeof(name), "%s-wal", store_path);
        ck_assert_int_eq(stat(name, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0640);
        ck_assert_ptr_null(thon_store_close(store));
}
END_TEST

START_TEST(what_was_written_is_there_after_opening_again)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(add_area(store, "thon-1"));
        thon_store_close(store);
        store = must_open(THON_STORE_READ);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 1);
        thon_store_close(store);
}
END_TEST

START_TEST(creating_an_existing_store_keeps_it)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(add_area(store, "thon-1"));
        thon_store_close(store);
        store = must_open(THON_STORE_CREATE);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 1);
        thon_store_close(store);
}
END_TEST

START_TEST(a_missing_store_is_not_made_by_the_way)
{
        char *message;
        ck_assert_int_eq(open_error(THON_STORE_WRITE, &message), THON_STORE_MISSING);
        ck_assert_ptr_nonnull(strstr(message, "thonctl store init"));
        free(message);
        ck_assert_int_eq(open_error(THON_STORE_READ, &message), THON_STORE_MISSING);
        free(message);
        ck_assert_int_eq(access(store_path, F_OK), -1);
}
END_TEST

START_TEST(programs_that_create_at_once_share_one_store)
{
        enum { PROGRAMS = 6 };
        int gate[2];
        ck_assert_int_eq(pipe(gate), 0);
        pid_t pids[PROGRAMS];
        for (int i = 0; i < PROGRAMS; i++) {
                pids[i] = fork();
                if (pids[i] == 0) {
                        char byte;
                        (void)close(gate[1]);
                        (void)!read(gate[0], &byte, 1);
                        struct thon_store *store = NULL;
                        char id[32];
                        (void)snprintf(id, sizeof(id), "thon-%d", i);
                        child_require(thon_store_open(store_path, THON_STORE_CREATE, &store, NULL) == 0);
                        child_require(add_area(store, id) == 0);
                        thon_store_close(store);
                        _exit(0);
                }
        }
        (void)close(gate[0]);
        (void)close(gate[1]);
        for (int i = 0; i < PROGRAMS; i++)
                await_child(pids[i]);

        struct thon_store *store = must_open(THON_STORE_WRITE);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), PROGRAMS);
        must(thon_store_check(store, NULL, NULL));
        thon_store_close(store);
}
END_TEST

START_TEST(the_settings_are_those_of_the_documentation)
{
        static const struct {
                const char *sql;
                int64_t value;
        } WANT[] = {
                {"PRAGMA foreign_keys", 1},
                {"PRAGMA synchronous", 1},
                {"PRAGMA temp_store", 2},
                {"PRAGMA mmap_size", 0},
                {"PRAGMA cache_size", -512},
                {"PRAGMA journal_size_limit", 4194304},
                {"PRAGMA busy_timeout", 2000},
                {"PRAGMA wal_autocheckpoint", 1000},
                {"PRAGMA application_id", THON_APPLICATION_ID},
                {"SELECT (SELECT journal_mode FROM pragma_journal_mode) = 'wal'", 1},
        };
        struct thon_store *store = must_open(THON_STORE_CREATE);
        for (size_t i = 0; i < sizeof(WANT) / sizeof(WANT[0]); i++)
                ck_assert_msg(integer(store, WANT[i].sql) == WANT[i].value, "%s", WANT[i].sql);
        must(thon_store_durable(store, true));
        ck_assert_int_eq(integer(store, "PRAGMA synchronous"), 2);
        must(thon_store_durable(store, false));
        ck_assert_int_eq(integer(store, "PRAGMA synchronous"), 1);
        thon_store_close(store);
}
END_TEST

START_TEST(every_table_is_strict)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        ck_assert_int_gt(integer(store, "SELECT count(*) FROM pragma_table_list WHERE strict"), 10);
        ck_assert_int_eq(integer(store,
                                 "SELECT count(*) FROM pragma_table_list WHERE NOT strict AND type = 'table'"
                                 " AND name NOT LIKE 'sqlite_%'"),
                         0);
        thon_store_close(store);
}
END_TEST

START_TEST(a_reader_cannot_write)
{
        thon_store_close(must_open(THON_STORE_CREATE));
        struct thon_store *store = must_open(THON_STORE_READ);
        ck_assert_int_eq(add_area(store, "thon-1"), THON_STORE_READONLY);
        ck_assert_int_eq(thon_store_begin(store), THON_STORE_READONLY);
        thon_store_close(store);
}
END_TEST

/* ---- versions ---- */

START_TEST(a_store_of_a_newer_thon_is_refused)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(thon_sql_exec(store, "PRAGMA user_version = 9999"));
        thon_store_close(store);
        char *message;
        ck_assert_int_eq(open_error(THON_STORE_WRITE, &message), THON_STORE_NEWER);
        ck_assert_ptr_nonnull(strstr(message, "9999"));
        free(message);
        ck_assert_int_eq(open_error(THON_STORE_READ, &message), THON_STORE_NEWER);
        free(message);
}
END_TEST

/* A file of version 1, as the first release would have left it. */
static void make_version_one(void)
{
        int fd = open(store_path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
        ck_assert_int_ge(fd, 0);
        (void)close(fd);
        struct thon_store *store = NULL;
        must(thon_store_connect(store_path, SQLITE_OPEN_READWRITE, false, &store));
        must(thon_migrate(store, thon_schema, 1));
        must(add_area(store, "thon-1"));
        thon_store_close(store);
}

START_TEST(an_older_store_is_brought_up_to_date_by_the_first_writer)
{
        make_version_one();
        char *message;
        ck_assert_int_eq(open_error(THON_STORE_READ, &message), THON_STORE_INVALID);
        ck_assert_ptr_nonnull(strstr(message, "older"));
        free(message);

        struct thon_store *store = must_open(THON_STORE_WRITE);
        ck_assert_int_eq(thon_store_version(store), (int)thon_schema_count);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit"), 0);
        ck_assert_int_eq(integer(store, "PRAGMA foreign_keys"), 1);
        thon_store_close(store);
}
END_TEST

START_TEST(a_step_that_fails_leaves_the_version_before)
{
        static const char *const STEPS[] = {
                "CREATE TABLE one (x INTEGER) STRICT;",
                "CREATE TABLE two (x INTEGER) STRICT;",
                "CREATE TABLE three (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);",
        };
        int fd = open(store_path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
        ck_assert_int_ge(fd, 0);
        (void)close(fd);
        struct thon_store *store = NULL;
        must(thon_store_connect(store_path, SQLITE_OPEN_READWRITE, false, &store));
        ck_assert_int_ne(thon_migrate(store, STEPS, 3), 0);
        ck_assert_ptr_nonnull(strstr(thon_store_message(store), "nowhere"));
        ck_assert_int_eq(integer(store, "PRAGMA user_version"), 2);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'two'"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'three'"), 0);
        thon_store_close(store);
}
END_TEST

START_TEST(a_step_that_leaves_a_dangling_reference_is_undone)
{
        static const char *const STEPS[] = {
                "CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT;"
                "CREATE TABLE b (a INTEGER REFERENCES a (id)) STRICT;"
                "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1);",
                "DELETE FROM a;",
        };
        int fd = open(store_path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
        ck_assert_int_ge(fd, 0);
        (void)close(fd);
        struct thon_store *store = NULL;
        must(thon_store_connect(store_path, SQLITE_OPEN_READWRITE, false, &store));
        ck_assert_int_eq(thon_migrate(store, STEPS, 2), THON_STORE_CORRUPT);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM a"), 1);
        thon_store_close(store);
}
END_TEST

/* ---- transactions and statements ---- */

START_TEST(a_transaction_is_whole_or_not_at_all)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(thon_store_begin(store));
        must(add_area(store, "thon-1"));
        must(add_area(store, "thon-2"));
        must(thon_store_commit(store));
        must(thon_store_begin(store));
        must(add_area(store, "thon-3"));
        thon_store_rollback(store);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 2);
        thon_store_close(store);
}
END_TEST

START_TEST(after_a_failure_nothing_more_is_written)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(add_area(store, "thon-1"));
        must(thon_store_begin(store));
        must(add_area(store, "thon-2"));
        ck_assert_int_eq(add_area(store, "thon-1"), THON_STORE_EXISTS);
        /* The caller did not look at the result; what follows must not be committed by itself. */
        ck_assert_int_eq(add_area(store, "thon-3"), THON_STORE_EXISTS);
        ck_assert_int_eq(thon_store_commit(store), THON_STORE_EXISTS);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 1);
        must(add_area(store, "thon-4"));
        thon_store_close(store);
}
END_TEST

START_TEST(a_transaction_does_not_nest)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(thon_store_begin(store));
        ck_assert_int_eq(thon_store_begin(store), THON_STORE_INVALID);
        ck_assert_int_eq(thon_store_commit(store), THON_STORE_INVALID);
        ck_assert_int_eq(thon_store_commit(store), THON_STORE_INVALID);
        must(thon_store_begin(store));
        must(thon_store_commit(store));
        thon_store_close(store);
}
END_TEST

START_TEST(a_handle_that_is_closed_in_a_transaction_writes_nothing)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(thon_store_begin(store));
        must(add_area(store, "thon-1"));
        thon_store_close(store);
        store = must_open(THON_STORE_READ);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 0);
        thon_store_close(store);
}
END_TEST

START_TEST(constraints_have_errors_of_their_own)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(add_area(store, "thon-1"));
        must(thon_sql_exec(store,
                           "INSERT INTO household (code, area, search) VALUES ('a-1', 'thon-1', '')"));
        ck_assert_int_eq(add_area(store, "thon-1"), THON_STORE_EXISTS);
        ck_assert_int_eq(add_area(store, ""), THON_STORE_INVALID);
        ck_assert_int_eq(thon_sql_exec(store, "DELETE FROM area"), THON_STORE_REFERENCED);
        ck_assert_int_eq(
                thon_sql_exec(store, "INSERT INTO area (id, name, lat, lon) VALUES ('x', 'x', 91, 0)"),
                THON_STORE_INVALID);
        ck_assert_int_eq(
                thon_sql_exec(store, "INSERT INTO area (id, name, lat, lon) VALUES ('x', 'x', 'north', 0)"),
                THON_STORE_INVALID);
        ck_assert_int_eq(
                thon_sql_exec(store, "INSERT INTO household (code, area, search) VALUES ('a-2', 'no', '')"),
                THON_STORE_REFERENCED);
        ck_assert_int_eq(thon_sql_exec(store, "UPDATE household SET phone = '0912345678'"),
                         THON_STORE_INVALID);
        thon_store_close(store);
}
END_TEST

START_TEST(a_loop_may_run_inside_a_loop_over_the_same_text)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(add_area(store, "a"));
        must(add_area(store, "b"));
        static const char SQL[] = "SELECT id FROM area ORDER BY id";
        char seen[32] = "";
        _cleanup_stmt_ struct thon_stmt *outer = NULL;
        must(thon_sql(store, SQL, &outer));
        for (bool row; thon_stmt_step(outer, &row) == 0 && row;) {
                _cleanup_stmt_ struct thon_stmt *inner = NULL;
                must(thon_sql(store, SQL, &inner));
                while (thon_stmt_step(inner, &row) == 0 && row) {
                        (void)strcat(seen, thon_column_text(outer, 0));
                        (void)strcat(seen, thon_column_text(inner, 0));
                        (void)strcat(seen, " ");
                }
        }
        ck_assert_str_eq(seen, "aa ab ba bb ");
        outer = thon_stmt_done(outer);
        thon_store_close(store);
}
END_TEST

START_TEST(more_statements_than_the_cache_holds_work)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        for (int round = 0; round < 3; round++) {
                struct thon_stmt *open[2 * THON_STMT_CACHE];
                for (int i = 0; i < 2 * THON_STMT_CACHE; i++) {
                        char sql[32];
                        (void)snprintf(sql, sizeof(sql), "SELECT %d", i);
                        must(thon_sql(store, sql, &open[i]));
                }
                for (int i = 0; i < 2 * THON_STMT_CACHE; i++) {
                        bool row = false;
                        must(thon_stmt_step(open[i], &row));
                        ck_assert(row);
                        ck_assert_int_eq(thon_column_int(open[i], 0), i);
                        thon_stmt_done(open[i]);
                }
        }
        thon_store_close(store);
}
END_TEST

START_TEST(a_parameter_that_does_not_exist_is_reported_by_the_step)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        must(thon_sql(store, "SELECT ?1", &stmt));
        thon_bind_int(stmt, 7, 1);
        bool row;
        ck_assert_int_ne(thon_stmt_step(stmt, &row), 0);
        stmt = thon_stmt_done(stmt);
        thon_store_close(store);
}
END_TEST

START_TEST(every_error_has_a_slug_of_its_own)
{
        for (int i = THON_STORE_OK; i <= THON_STORE_IO; i++) {
                ck_assert_str_ne(thon_store_error_slug(i), "unknown");
                for (int j = THON_STORE_OK; j < i; j++)
                        ck_assert_str_ne(thon_store_error_slug(i), thon_store_error_slug(j));
        }
        ck_assert_str_eq(thon_store_error_slug(-ENOMEM), "system");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("store");
        const struct {
                const char *name;
                const TTest *tests[12];
        } CASES[] = {
                {"opening",
                 {a_new_store_belongs_to_its_group_alone, what_was_written_is_there_after_opening_again,
                  creating_an_existing_store_keeps_it, a_missing_store_is_not_made_by_the_way,
                  programs_that_create_at_once_share_one_store, the_settings_are_those_of_the_documentation,
                  every_table_is_strict, a_reader_cannot_write}},
                {"versions",
                 {a_store_of_a_newer_thon_is_refused,
                  an_older_store_is_brought_up_to_date_by_the_first_writer,
                  a_step_that_fails_leaves_the_version_before,
                  a_step_that_leaves_a_dangling_reference_is_undone}},
                {"transactions",
                 {a_transaction_is_whole_or_not_at_all, after_a_failure_nothing_more_is_written,
                  a_transaction_does_not_nest, a_handle_that_is_closed_in_a_transaction_writes_nothing,
                  constraints_have_errors_of_their_own, a_loop_may_run_inside_a_loop_over_the_same_text,
                  more_statements_than_the_cache_holds_work,
                  a_parameter_that_does_not_exist_is_reported_by_the_step,
                  every_error_has_a_slug_of_its_own}},
        };
        for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
                TCase *tc = tcase_create(CASES[i].name);
                tcase_add_checked_fixture(tc, scratch_make, scratch_remove);
                tcase_set_timeout(tc, 60);
                for (const TTest *const *t = CASES[i].tests; *t; t++)
                        tcase_add_test(tc, *t);
                suite_add_tcase(suite, tc);
        }
        return run_suite(suite);
}
