/* The audit log: what an inspector can recompute with nothing of this program, and what he sees when someone has been at
 * it with sqlite3. */
#include "store_fixture.h"

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

static void add_rows(int n)
{
        for (int i = 0; i < n; i++) {
                char object[32];
                (void)snprintf(object, sizeof(object), "area thon-%d", i);
                must(thon_audit_add(store, (struct thon_wall){1800000000 + i}, "thonctl", "set", object,
                                    "{\"n\":1}"));
        }
}

/* As an intruder with the file would: the triggers are no obstacle to him. */
static void tamper(const char *sql)
{
        must(thon_sql_exec(store, "DROP TRIGGER IF EXISTS audit_stays; DROP TRIGGER IF EXISTS audit_keeps"));
        must(thon_sql_exec(store, sql));
}

static void expect_broken(int64_t row, const char *why)
{
        struct thon_audit_result result;
        ck_assert_int_eq(thon_audit_verify(store, NULL, &result), THON_STORE_CORRUPT);
        ck_assert_int_eq(result.first_broken, row);
        ck_assert_int_eq(result.rows, row - 1);
        ck_assert_msg(strstr(thon_store_message(store), why), "%s", thon_store_message(store));
}

START_TEST(the_digests_are_those_of_the_documentation)
{
        /* Computed by the Python program of docs/store.md. */
        static const char FIRST[] = "1e56d3d119125cd0f8bfd641e0d33dcbd5bd9f4af01b2ec3e975978c3da7f671";
        static const char SECOND[] = "cfa910aaf83a9a5a2190ac79281eaaa74d01431c9f32d6784d7d178aef6a2c32";
        struct thon_audit_result result;
        must(thon_audit_add(store, (struct thon_wall){1800000000}, "Nguyễn Văn Ân", "add", "household a-1",
                            "{\"members\":4}"));
        must(thon_audit_verify(store, NULL, &result));
        ck_assert_str_eq(result.head, FIRST);
        must(thon_audit_add(store, (struct thon_wall){1800000060}, "thonctl", "remove", "person x", NULL));
        must(thon_audit_verify(store, NULL, &result));
        ck_assert_str_eq(result.head, SECOND);
        ck_assert_int_eq(result.rows, 2);
        ck_assert_int_eq(result.first_broken, 0);
}
END_TEST

START_TEST(an_empty_log_is_sound)
{
        struct thon_audit_result result;
        must(thon_audit_verify(store, NULL, &result));
        ck_assert_int_eq(result.rows, 0);
        ck_assert_uint_eq(strspn(result.head, "0"), 64);
        must(thon_audit_verify(store, result.head, &result));
}
END_TEST

START_TEST(the_log_goes_on_after_opening_again)
{
        add_rows(3);
        store = thon_store_close(store);
        store = must_open(THON_STORE_WRITE);
        add_rows(2);
        struct thon_audit_result result;
        must(thon_audit_verify(store, NULL, &result));
        ck_assert_int_eq(result.rows, 5);
}
END_TEST

START_TEST(a_row_lives_and_dies_with_the_callers_transaction)
{
        struct thon_audit_result result;
        add_rows(1);
        must(thon_store_begin(store));
        add_rows(2);
        thon_store_rollback(store);
        must(thon_audit_verify(store, NULL, &result));
        ck_assert_int_eq(result.rows, 1);
        must(thon_store_begin(store));
        add_rows(2);
        must(thon_store_commit(store));
        must(thon_audit_verify(store, NULL, &result));
        ck_assert_int_eq(result.rows, 3);
}
END_TEST

START_TEST(a_detail_that_is_no_object_is_refused)
{
        ck_assert_int_eq(thon_audit_add(store, (struct thon_wall){1}, "a", "b", "c", "[1]"),
                         THON_STORE_INVALID);
        ck_assert_int_eq(thon_audit_add(store, (struct thon_wall){1}, "a", "b", "c", ""),
                         THON_STORE_INVALID);
}
END_TEST

START_TEST(rows_are_not_changed_or_removed_by_mistake)
{
        add_rows(2);
        ck_assert_int_eq(thon_sql_exec(store, "UPDATE audit SET actor = 'x'"), THON_STORE_INVALID);
        ck_assert_int_eq(thon_sql_exec(store, "DELETE FROM audit"), THON_STORE_INVALID);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit WHERE actor = 'thonctl'"), 2);
}
END_TEST

START_TEST(every_changed_field_is_seen_in_its_row)
{
        static const char *const CHANGES[] = {
                "UPDATE audit SET at = at + 1 WHERE id = 4",
                "UPDATE audit SET actor = 'webd' WHERE id = 4",
                "UPDATE audit SET action = 'remove' WHERE id = 4",
                "UPDATE audit SET object = 'area thon-9' WHERE id = 4",
                "UPDATE audit SET detail = '{\"n\":2}' WHERE id = 4",
                "UPDATE audit SET hash = replace(hash, substr(hash, 1, 4), 'beef') WHERE id = 4",
                /* A letter that moves over the border of two fields. */
                "UPDATE audit SET actor = 'thonctls', action = 'et' WHERE id = 4",
                /* Behind a NUL, where a program in C does not look. */
                "UPDATE audit SET object = object || char(0) || ' and area thon-9' WHERE id = 4",
        };
        add_rows(6);
        for (size_t i = 0; i < sizeof(CHANGES) / sizeof(CHANGES[0]); i++) {
                tamper("SAVEPOINT before_the_change");
                tamper(CHANGES[i]);
                expect_broken(4, "own digest");
                tamper("ROLLBACK TO before_the_change; RELEASE before_the_change");
        }
        struct thon_audit_result result;
        must(thon_audit_verify(store, NULL, &result));
}
END_TEST

START_TEST(a_removed_row_is_named)
{
        add_rows(6);
        tamper("DELETE FROM audit WHERE id = 3");
        expect_broken(3, "is missing");
}
END_TEST

START_TEST(a_gap_that_was_closed_by_renumbering_is_seen)
{
        add_rows(6);
        tamper("DELETE FROM audit WHERE id = 3");
        tamper("UPDATE audit SET id = id - 1 WHERE id = 4");
        expect_broken(3, "digest of the row before");
}
END_TEST

START_TEST(rows_that_changed_places_are_seen)
{
        add_rows(6);
        tamper("UPDATE audit SET id = 100 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3;"
               "UPDATE audit SET id = 3 WHERE id = 100");
        expect_broken(2, "digest of the row before");
}
END_TEST

START_TEST(a_row_slipped_in_at_the_end_is_seen)
{
        add_rows(2);
        tamper("INSERT INTO audit SELECT 3, at, actor, action, object, detail, hash, hash FROM audit WHERE "
               "id = 2");
        expect_broken(3, "own digest");
}
END_TEST

START_TEST(a_log_cut_at_its_end_is_seen_by_an_earlier_head)
{
        struct thon_audit_result noted, result;
        add_rows(4);
        must(thon_audit_verify(store, NULL, &noted));
        add_rows(2);
        /* The noted head is in the log, though no longer its end. */
        must(thon_audit_verify(store, noted.head, &result));
        ck_assert_int_eq(result.rows, 6);

        tamper("DELETE FROM audit WHERE id > 3");
        must(thon_audit_verify(store, NULL, &result));
        ck_assert_int_eq(thon_audit_verify(store, noted.head, &result), THON_STORE_CORRUPT);
        ck_assert_int_eq(result.first_broken, 4);
        ck_assert_int_eq(result.rows, 3);

        /* And a log that was then filled up again with other rows. */
        add_rows(3);
        must(thon_audit_verify(store, NULL, &result));
        ck_assert_int_eq(thon_audit_verify(store, noted.head, &result), THON_STORE_CORRUPT);
}
END_TEST

struct walk {
        int64_t last;
        int rows, stop_at;
};

static int visit(const struct thon_audit_row *row, void *userdata)
{
        struct walk *walk = userdata;
        ck_assert_int_gt(row->id, walk->last);
        ck_assert_str_eq(row->actor, "thonctl");
        ck_assert_str_eq(row->detail, "{\"n\":1}");
        ck_assert_uint_eq(strlen(row->hash), 64);
        ck_assert_int_eq(row->at.s, 1800000000 + row->id - 1);
        walk->last = row->id;
        return ++walk->rows == walk->stop_at ? -ECANCELED : 0;
}

START_TEST(the_log_is_read_from_any_row_on)
{
        add_rows(10);
        struct walk walk = {0};
        must(thon_audit_each(store, 0, visit, &walk));
        ck_assert_int_eq(walk.rows, 10);
        walk = (struct walk){.last = 7};
        must(thon_audit_each(store, 7, visit, &walk));
        ck_assert_int_eq(walk.rows, 3);
        walk = (struct walk){.stop_at = 4};
        ck_assert_int_eq(thon_audit_each(store, 0, visit, &walk), -ECANCELED);
        ck_assert_int_eq(walk.rows, 4);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("audit");
        const TTest *const TESTS[] = {the_digests_are_those_of_the_documentation,
                                      an_empty_log_is_sound,
                                      the_log_goes_on_after_opening_again,
                                      a_row_lives_and_dies_with_the_callers_transaction,
                                      a_detail_that_is_no_object_is_refused,
                                      rows_are_not_changed_or_removed_by_mistake,
                                      every_changed_field_is_seen_in_its_row,
                                      a_removed_row_is_named,
                                      a_gap_that_was_closed_by_renumbering_is_seen,
                                      rows_that_changed_places_are_seen,
                                      a_row_slipped_in_at_the_end_is_seen,
                                      a_log_cut_at_its_end_is_seen_by_an_earlier_head,
                                      the_log_is_read_from_any_row_on};
        TCase *tc = tcase_create("audit");
        tcase_add_checked_fixture(tc, make, drop);
        for (size_t i = 0; i < sizeof(TESTS) / sizeof(TESTS[0]); i++)
                tcase_add_test(tc, TESTS[i]);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}
