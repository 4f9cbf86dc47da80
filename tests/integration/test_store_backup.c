/* Copies of the store: made while others write, put back in its place, and refused when they would do harm. */
#include "store_fixture.h"

#include "../../src/store/handle.h"

static char copy_path[PATH_MAX + 32];

static void make_scratch(void)
{
        scratch_make();
        (void)snprintf(copy_path, sizeof(copy_path), "%s/copy.db", scratch);
}

static void make_store(const char *area)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(add_area(store, area));
        thon_store_close(store);
}

static bool has_area(const char *area)
{
        struct thon_store *store = must_open(THON_STORE_WRITE);
        int64_t n = -1;
        must(thon_sql_integer(store, "SELECT count(*) FROM area WHERE id = ?1", area, &n));
        thon_store_close(store);
        return n == 1;
}

static void damage(const char *path, off_t first)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        char junk[4096];
        (void)memset(junk, 0xA5, sizeof(junk));
        for (off_t page = first; page < 30; page++)
                ck_assert_int_eq(pwrite(fd, junk, sizeof(junk), page * 4096), (ssize_t)sizeof(junk));
        (void)close(fd);
}

static unsigned files_in_scratch;
static int count_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st, (void)ftw;
        files_in_scratch += type == FTW_F && !strstr(path, "-lock");
        return 0;
}

static unsigned count_files(void)
{
        files_in_scratch = 0;
        ck_assert_int_eq(nftw(scratch, count_file, 16, FTW_PHYS), 0);
        return files_in_scratch;
}

START_TEST(a_backup_is_one_sound_file_for_the_group_alone)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(add_area(store, "thon-1"));
        must(thon_store_backup(store, copy_path));
        thon_store_close(store);

        struct stat st;
        ck_assert_int_eq(stat(copy_path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0640);
        ck_assert_uint_eq(count_files(), 2);
        /* Any SQLite reads it, without a WAL beside it. */
        sqlite3 *db;
        ck_assert_int_eq(sqlite3_open_v2(copy_path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
        sqlite3_stmt *stmt;
        ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT count(*) FROM area", -1, &stmt, NULL), SQLITE_OK);
        ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
        ck_assert_int_eq(sqlite3_column_int(stmt, 0), 1);
        ck_assert_int_eq(sqlite3_finalize(stmt), SQLITE_OK);
        ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
        ck_assert_uint_eq(count_files(), 2);
}
END_TEST

START_TEST(a_backup_made_while_another_program_writes_is_one_instant)
{
        thon_store_close(must_open(THON_STORE_CREATE));
        int said[2];
        ck_assert_int_eq(pipe(said), 0);
        pid_t pid = fork();
        if (pid == 0) {
                struct thon_store *store = NULL;
                child_require(thon_store_open(store_path, THON_STORE_WRITE, &store, NULL) == 0);
                for (unsigned i = 0;; i++) {
                        char id[32];
                        child_require(thon_store_begin(store) == 0);
                        (void)snprintf(id, sizeof(id), "left-%u", i);
                        child_require(add_area(store, id) == 0);
                        (void)snprintf(id, sizeof(id), "right-%u", i);
                        child_require(add_area(store, id) == 0);
                        child_require(thon_store_commit(store) == 0);
                        if (i == 20)
                                child_require(write(said[1], "g", 1) == 1);
                }
        }
        (void)close(said[1]);
        (void)await(said[0]);
        struct thon_store *store = must_open(THON_STORE_READ);
        for (int i = 0; i < 5; i++) {
                must(thon_store_backup(store, copy_path));
                char kept[sizeof(store_path)];
                (void)memcpy(kept, store_path, sizeof(kept));
                (void)snprintf(store_path, sizeof(store_path), "%s/copy.db", scratch);
                struct thon_store *copy = must_open(THON_STORE_READ);
                ck_assert_int_gt(integer(copy, "SELECT count(*) FROM area"), 40);
                ck_assert_int_eq(
                        integer(copy, "SELECT sum(id LIKE 'left-%') - sum(id LIKE 'right-%') FROM area"), 0);
                thon_store_close(copy);
                (void)memcpy(store_path, kept, sizeof(kept));
        }
        thon_store_close(store);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        int status;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status));
        (void)close(said[0]);
}
END_TEST

START_TEST(a_damaged_store_does_not_push_out_the_last_good_copy)
{
        make_store("thon-1");
        struct thon_store *store = must_open(THON_STORE_WRITE);
        must(thon_store_backup(store, copy_path));
        thon_store_close(store);
        damage(store_path, 20);

        struct stat before, after;
        ck_assert_int_eq(stat(copy_path, &before), 0);
        store = must_open(THON_STORE_READ);
        ck_assert_int_eq(thon_store_backup(store, copy_path), THON_STORE_CORRUPT);
        ck_assert_ptr_nonnull(strstr(thon_store_message(store), "no copy was made"));
        thon_store_close(store);
        ck_assert_int_eq(stat(copy_path, &after), 0);
        ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(a_backup_does_not_overwrite_the_store_itself)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        ck_assert_int_eq(thon_store_backup(store, store_path), THON_STORE_INVALID);
        (void)snprintf(copy_path, sizeof(copy_path), "%s/missing/copy.db", scratch);
        ck_assert_int_eq(thon_store_backup(store, copy_path), THON_STORE_MISSING);
        must(thon_store_begin(store));
        ck_assert_int_eq(thon_store_backup(store, copy_path), THON_STORE_INVALID);
        thon_store_rollback(store);
        thon_store_close(store);
}
END_TEST

START_TEST(a_backup_takes_the_place_of_nothing_but_a_backup)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        struct stat st;

        /* thonctl store backup /dev/null, as root, would take the machine down. */
        ck_assert_int_eq(mkfifo(copy_path, 0600), 0);
        ck_assert_int_eq(thon_store_backup(store, copy_path), THON_STORE_INVALID);
        ck_assert(lstat(copy_path, &st) == 0 && S_ISFIFO(st.st_mode));
        ck_assert_int_eq(unlink(copy_path), 0);

        FILE *f = fopen(copy_path, "we");
        ck_assert(f && fputs("[site]\nid = thon\n", f) > 0 && fclose(f) == 0);
        ck_assert_int_eq(thon_store_backup(store, copy_path), THON_STORE_INVALID);
        ck_assert(lstat(copy_path, &st) == 0 && st.st_size == 17);

        ck_assert_int_eq(truncate(copy_path, 0), 0);
        must(thon_store_backup(store, copy_path));
        must(thon_store_backup(store, copy_path));
        thon_store_close(store);
        ck_assert_uint_eq(count_files(), 2);
}
END_TEST

/* The store has thon-1 and thon-2, the copy thon-1 only. */
static void make_store_and_copy(void)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(add_area(store, "thon-1"));
        must(thon_store_backup(store, copy_path));
        must(add_area(store, "thon-2"));
        thon_store_close(store);
}

static int restore_into(const char *path, char **message)
{
        const struct thon_restore order = {
                .path = path, .backup = copy_path, .by = "test", .now = {1795266000}};
        return thon_store_restore(&order, NULL, message);
}

static int restore(char **message)
{
        *message = NULL;
        return restore_into(store_path, message);
}

START_TEST(a_restore_puts_the_copy_in_place_and_keeps_what_was_there)
{
        make_store_and_copy();
        char *message;
        must(restore(&message));
        ck_assert(has_area("thon-1"));
        ck_assert(!has_area("thon-2"));

        (void)strcat(store_path, ".before-restore");
        ck_assert(has_area("thon-2"));
}
END_TEST

/* A Pi without a battery for its clock, and without the Internet, is restored in 1970. */
START_TEST(what_may_have_been_sent_is_unknown_whatever_the_clock_says)
{
        make_store_and_copy();
        sqlite3 *db;
        struct stat st;
        ck_assert_int_eq(stat(store_path, &st), 0);
        char *sql = sqlite3_mprintf("INSERT INTO message (channel, address, class, state, due, at) VALUES"
                                    " ('oa', '1', 1, 0, %lld, 0), ('oa', '2', 1, 0, %lld, 0)",
                                    (long long)st.st_mtim.tv_sec - 60, (long long)st.st_mtim.tv_sec + 86400);
        ck_assert_int_eq(sqlite3_open(copy_path, &db), SQLITE_OK);
        ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_free(sql);
        (void)sqlite3_close(db);

        const struct thon_restore order = {
                .path = store_path, .backup = copy_path, .by = "test", .now = {1000}};
        size_t unknown = 0;
        must(thon_store_restore(&order, &unknown, NULL));
        ck_assert_uint_eq(unknown, 1);
}
END_TEST

START_TEST(a_restore_on_a_new_machine_makes_the_store)
{
        make_store_and_copy();
        (void)snprintf(store_path, sizeof(store_path), "%s/new/thon.db", scratch);
        char *message;
        must(restore(&message));
        ck_assert(has_area("thon-1"));
        struct stat st;
        ck_assert_int_eq(stat(store_path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(a_store_in_use_is_not_replaced)
{
        make_store_and_copy();
        struct thon_store *daemon = must_open(THON_STORE_WRITE);
        char *message;
        ck_assert_int_eq(restore(&message), THON_STORE_BUSY);
        ck_assert_ptr_nonnull(strstr(message, "systemctl stop thon.target"));
        free(message);
        must(add_area(daemon, "thon-3"));
        thon_store_close(daemon);
        ck_assert(has_area("thon-2"));
        ck_assert(has_area("thon-3"));
        ck_assert_int_eq(access(copy_path, F_OK), 0);
}
END_TEST

START_TEST(a_store_that_a_foreign_tool_has_open_is_not_replaced)
{
        make_store_and_copy();
        pid_t pid;
        int said[2], tell[2];
        ck_assert_int_eq(pipe(said), 0);
        ck_assert_int_eq(pipe(tell), 0);
        pid = fork();
        if (pid == 0) {
                sqlite3 *db;
                (void)close(tell[1]);
                child_require(sqlite3_open(store_path, &db) == SQLITE_OK);
                child_require(sqlite3_exec(db, "SELECT * FROM area", NULL, NULL, NULL) == SQLITE_OK);
                child_require(write(said[1], "o", 1) == 1);
                char byte;
                (void)!read(tell[0], &byte, 1);
                (void)sqlite3_close(db);
                _exit(0);
        }
        (void)await(said[0]);
        char *message;
        ck_assert_int_eq(restore(&message), THON_STORE_BUSY);
        free(message);
        (void)close(tell[1]);
        await_child(pid);
        must(restore(&message));
        ck_assert(!has_area("thon-2"));
}
END_TEST

START_TEST(a_damaged_store_is_replaced_and_its_wal_not_read_into_the_new_one)
{
        make_store_and_copy();
        /* A writer that died left a WAL; then the card lost the file's first pages. */
        pid_t pid = fork();
        if (pid == 0) {
                struct thon_store *store = NULL;
                child_require(thon_store_open(store_path, THON_STORE_WRITE, &store, NULL) == 0);
                child_require(add_area(store, "thon-4") == 0);
                (void)kill(getpid(), SIGKILL);
        }
        int status;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        static const char JUNK[4096] = "lost";
        int fd = open(store_path, O_WRONLY | O_CLOEXEC);
        ck_assert_int_eq(pwrite(fd, JUNK, sizeof(JUNK), 0), (ssize_t)sizeof(JUNK));
        (void)close(fd);

        char *message;
        int r = restore(&message);
        ck_assert_msg(r == 0, "%d %s", r, message ? message : "");
        ck_assert(has_area("thon-1"));
        ck_assert(!has_area("thon-4"));
        struct thon_store *store = must_open(THON_STORE_READ);
        must(thon_store_check(store, NULL, NULL));
        thon_store_close(store);
}
END_TEST

START_TEST(the_wal_of_a_store_that_was_removed_is_not_read_into_the_new_one)
{
        make_store_and_copy();
        pid_t pid = fork();
        if (pid == 0) {
                struct thon_store *store = NULL;
                child_require(thon_store_open(store_path, THON_STORE_WRITE, &store, NULL) == 0);
                child_require(add_area(store, "thon-4") == 0);
                (void)kill(getpid(), SIGKILL);
        }
        int status;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(unlink(store_path), 0);
        char *message;
        must(restore(&message));
        ck_assert(has_area("thon-1"));
        ck_assert(!has_area("thon-4"));
}
END_TEST

START_TEST(an_emptied_store_is_replaced)
{
        make_store_and_copy();
        ck_assert_int_eq(truncate(store_path, 0), 0);
        char *message;
        must(restore(&message));
        ck_assert(has_area("thon-1"));
}
END_TEST

START_TEST(a_copy_that_is_damaged_newer_or_missing_changes_nothing)
{
        make_store_and_copy();
        char *message;
        sqlite3 *db;
        ck_assert_int_eq(sqlite3_open(copy_path, &db), SQLITE_OK);
        ck_assert_int_eq(sqlite3_exec(db, "PRAGMA user_version = 9999", NULL, NULL, NULL), SQLITE_OK);
        ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
        ck_assert_int_eq(restore(&message), THON_STORE_NEWER);
        free(message);

        damage(copy_path, 1);
        ck_assert_int_ne(restore(&message), 0);
        free(message);

        ck_assert_int_eq(unlink(copy_path), 0);
        ck_assert_int_eq(restore(&message), THON_STORE_MISSING);
        ck_assert_ptr_nonnull(strstr(message, "there is no file"));
        free(message);
        ck_assert(has_area("thon-2"));
        ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(a_damaged_page_of_the_copy_is_found_before_it_is_used)
{
        make_store_and_copy();
        damage(copy_path, 20);
        char *message;
        ck_assert_int_eq(restore(&message), THON_STORE_CORRUPT);
        free(message);
        ck_assert(has_area("thon-2"));
}
END_TEST

START_TEST(a_copy_of_an_older_version_is_brought_up_to_date)
{
        make_store("thon-9");
        int fd = open(copy_path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
        ck_assert_int_ge(fd, 0);
        (void)close(fd);
        struct thon_store *old = NULL;
        must(thon_store_connect(copy_path, SQLITE_OPEN_READWRITE, false, &old));
        must(thon_migrate(old, thon_schema, 1));
        must(add_area(old, "thon-1"));
        thon_store_close(old);

        char *message;
        must(restore(&message));
        struct thon_store *store = must_open(THON_STORE_READ);
        ck_assert_int_eq(thon_store_version(store), (int)thon_schema_count);
        thon_store_close(store);
        ck_assert(has_area("thon-1"));
}
END_TEST

START_TEST(a_restore_that_is_killed_leaves_the_old_store_or_the_new_one)
{
        srandom(seed());
        for (int round = 0; round < 20; round++) {
                scratch_remove();
                ck_assert_int_eq(mkdir(scratch, 0700), 0);
                make_store_and_copy();
                pid_t pid = fork();
                if (pid == 0) {
                        child_require(restore_into(store_path, NULL) == 0);
                        (void)pause();
                }
                struct timespec moment = {.tv_nsec = random() % 40000000};
                (void)ppoll(NULL, 0, &moment, NULL);
                ck_assert_int_eq(kill(pid, SIGKILL), 0);
                int status;
                ck_assert_int_eq(waitpid(pid, &status, 0), pid);
                ck_assert_msg(WIFSIGNALED(status), "the restore failed by itself");
                ck_assert(has_area("thon-1"));
                struct thon_store *store = must_open(THON_STORE_WRITE);
                must(thon_store_check(store, NULL, NULL));
                thon_store_close(store);
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("store backup");
        const struct {
                const char *name;
                const TTest *tests[16];
        } CASES[] = {
                {"backup",
                 {a_backup_is_one_sound_file_for_the_group_alone,
                  a_backup_made_while_another_program_writes_is_one_instant,
                  a_damaged_store_does_not_push_out_the_last_good_copy,
                  a_backup_does_not_overwrite_the_store_itself,
                  a_backup_takes_the_place_of_nothing_but_a_backup}},
                {"restore",
                 {a_restore_puts_the_copy_in_place_and_keeps_what_was_there,
                  what_may_have_been_sent_is_unknown_whatever_the_clock_says,
                  a_restore_on_a_new_machine_makes_the_store, a_store_in_use_is_not_replaced,
                  a_store_that_a_foreign_tool_has_open_is_not_replaced,
                  a_damaged_store_is_replaced_and_its_wal_not_read_into_the_new_one,
                  the_wal_of_a_store_that_was_removed_is_not_read_into_the_new_one,
                  an_emptied_store_is_replaced, a_copy_that_is_damaged_newer_or_missing_changes_nothing,
                  a_damaged_page_of_the_copy_is_found_before_it_is_used,
                  a_copy_of_an_older_version_is_brought_up_to_date,
                  a_restore_that_is_killed_leaves_the_old_store_or_the_new_one}},
        };
        for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
                TCase *tc = tcase_create(CASES[i].name);
                tcase_add_checked_fixture(tc, make_scratch, scratch_remove);
                tcase_set_timeout(tc, 120);
                for (const TTest *const *t = CASES[i].tests; *t; t++)
                        tcase_add_test(tc, *t);
                suite_add_tcase(suite, tc);
        }
        return run_suite(suite);
}
