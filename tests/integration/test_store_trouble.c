/* The store in bad days: a disk that is full or read-only, a file that is damaged or locked, a path that is a trap, a
 * program that is killed in the midst. docs/store.md promises what is proved here. */
#include "store_fixture.h"

#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "../../src/store/handle.h"
#include "thon/light_store.h"

/* ---- paths ---- */

START_TEST(a_symbolic_link_is_not_followed_to_a_file)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        thon_store_close(store);
        char target[sizeof(store_path)];
        (void)snprintf(target, sizeof(target), "%s", store_path);
        (void)snprintf(store_path, sizeof(store_path), "%s/link.db", scratch);
        ck_assert_int_eq(symlink(target, store_path), 0);
        for (int mode = THON_STORE_READ; mode <= THON_STORE_CREATE; mode++) {
                char *message;
                ck_assert_int_eq(open_error((enum thon_store_mode)mode, &message), THON_STORE_INVALID);
                ck_assert_ptr_nonnull(strstr(message, "symbolic link"));
                free(message);
        }
}
END_TEST

START_TEST(a_directory_may_be_a_symbolic_link)
{
        char real[PATH_MAX + 16], link[PATH_MAX + 16];
        (void)snprintf(real, sizeof(real), "%s/ssd", scratch);
        (void)snprintf(link, sizeof(link), "%s/var", scratch);
        ck_assert_int_eq(mkdir(real, 0750), 0);
        ck_assert_int_eq(symlink(real, link), 0);
        (void)snprintf(store_path, sizeof(store_path), "%s/var/thon.db", scratch);
        thon_store_close(must_open(THON_STORE_CREATE));
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
        char *message;
        ck_assert_int_eq(mkfifo(store_path, 0640), 0);
        ck_assert_int_eq(open_error(THON_STORE_WRITE, &message), THON_STORE_INVALID);
        free(message);
        (void)snprintf(store_path, sizeof(store_path), "%s/", scratch);
        ck_assert_int_eq(open_error(THON_STORE_CREATE, &message), THON_STORE_INVALID);
        free(message);
}
END_TEST

START_TEST(a_mode_that_lets_others_read_is_tightened)
{
        thon_store_close(must_open(THON_STORE_CREATE));
        ck_assert_int_eq(chmod(store_path, 0666), 0);
        thon_store_close(must_open(THON_STORE_WRITE));
        struct stat st;
        ck_assert_int_eq(stat(store_path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(a_file_of_another_user_where_everyone_may_write_is_a_trap)
{
        if (geteuid() != 0) {
                printf("not tried: only root can give a file away\n");
                return;
        }
        thon_store_close(must_open(THON_STORE_CREATE));
        ck_assert_int_eq(chown(store_path, 65534, 65534), 0);
        ck_assert_int_eq(chmod(scratch, 01777), 0);
        char *message;
        ck_assert_int_eq(open_error(THON_STORE_WRITE, &message), THON_STORE_INVALID);
        ck_assert_ptr_nonnull(strstr(message, "another user"));
        free(message);
}
END_TEST

START_TEST(what_root_makes_belongs_to_the_owner_of_the_directory)
{
        if (geteuid() != 0) {
                printf("not tried: only root can give a file away\n");
                return;
        }
        ck_assert_int_eq(chown(scratch, 65534, 65534), 0);
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(add_area(store, "thon-1"));
        static const char *const SUFFIXES[] = {"", "-wal", "-shm", "-lock"};
        for (size_t i = 0; i < 4; i++) {
                char name[sizeof(store_path) + 8];
                struct stat st;
                (void)snprintf(name, sizeof(name), "%s%s", store_path, SUFFIXES[i]);
                ck_assert_int_eq(stat(name, &st), 0);
                ck_assert_msg(st.st_uid == 65534 && st.st_gid == 65534, "%s", name);
        }
        thon_store_close(store);
}
END_TEST

/* SQLite would read it into the new store. */
START_TEST(the_wal_of_a_store_that_was_removed_is_not_read_into_a_new_one)
{
        pid_t pid = fork();
        if (pid == 0) {
                struct thon_store *store = NULL;
                child_require(thon_store_open(store_path, THON_STORE_CREATE, &store, NULL) == 0);
                child_require(add_area(store, "thon-1") == 0);
                (void)kill(getpid(), SIGKILL);
        }
        int status;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status));
        ck_assert_int_eq(unlink(store_path), 0);
        char *message;
        ck_assert_int_eq(open_error(THON_STORE_CREATE, &message), THON_STORE_INVALID);
        ck_assert_ptr_nonnull(strstr(message, "-wal"));
        free(message);
}
END_TEST

/* ---- locked ---- */

struct holder {
        pid_t pid;
        int said, tell;
};

/* Another program that holds the write lock until it is told to let go, or for `ms`. */
static struct holder hold(int ms)
{
        int said[2], tell[2];
        ck_assert_int_eq(pipe(said), 0);
        ck_assert_int_eq(pipe(tell), 0);
        pid_t pid = fork();
        if (pid == 0) {
                struct thon_store *store = NULL;
                child_require(thon_store_open(store_path, THON_STORE_WRITE, &store, NULL) == 0);
                child_require(thon_store_begin(store) == 0);
                child_require(add_area(store, "theirs") == 0);
                child_require(write(said[1], "b", 1) == 1);
                struct pollfd p = {.fd = tell[0], .events = POLLIN};
                (void)poll(&p, 1, ms);
                child_require(thon_store_commit(store) == 0);
                thon_store_close(store);
                _exit(0);
        }
        (void)close(said[1]);
        (void)close(tell[0]);
        (void)await(said[0]);
        return (struct holder){.pid = pid, .said = said[0], .tell = tell[1]};
}

static void let_go(struct holder h)
{
        ck_assert_int_eq(write(h.tell, "g", 1), 1);
        await_child(h.pid);
        (void)close(h.said);
        (void)close(h.tell);
}

START_TEST(a_locked_store_says_busy_after_two_seconds_and_can_be_read)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(add_area(store, "ours"));
        struct holder h = hold(60000);

        double since = monotonic();
        ck_assert_int_eq(add_area(store, "late"), THON_STORE_BUSY);
        double waited = monotonic() - since;
        ck_assert_msg(waited > 1.5 && waited < 10, "waited %.2f s", waited);
        ck_assert_ptr_nonnull(strstr(thon_store_message(store), "locked"));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 1);

        let_go(h);
        must(add_area(store, "late"));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 3);
        thon_store_close(store);
}
END_TEST

START_TEST(a_short_lock_is_waited_for)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        struct holder h = hold(200);
        must(add_area(store, "ours"));
        await_child(h.pid);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 2);
        thon_store_close(store);
}
END_TEST

START_TEST(a_locked_store_can_be_opened)
{
        thon_store_close(must_open(THON_STORE_CREATE));
        struct holder h = hold(60000);
        struct thon_store *store = must_open(THON_STORE_WRITE);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 0);
        thon_store_close(store);
        let_go(h);
}
END_TEST

/* ---- full ---- */

/* One transaction of about 12 kB. */
static int add_much(struct thon_store *store, int i)
{
        char id[32];
        bool own = false;
        int r = thon_sql_enter(store, &own);
        for (int k = 0; r == 0 && k < 100; k++) {
                (void)snprintf(id, sizeof(id), "thon-%d-%d", i, k);
                r = add_area(store, id);
        }
        return thon_sql_leave(store, own, r);
}

/* Until it fails; returns the number of transactions that did not. */
static int fill(struct thon_store *store, int from, int *ret_error)
{
        for (int i = from;; i++) {
                *ret_error = add_much(store, i);
                if (*ret_error != 0 || i > 100000)
                        return i;
        }
}

START_TEST(a_full_store_keeps_what_it_has_and_goes_on_when_there_is_room)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(thon_sql_exec(store, "PRAGMA max_page_count = 60"));
        int error, n = fill(store, 0, &error);
        ck_assert_int_eq(error, THON_STORE_FULL);
        ck_assert_ptr_nonnull(strstr(thon_store_message(store), "no space left"));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 100 * n);
        ck_assert_int_eq(add_much(store, n), THON_STORE_FULL);
        must(thon_store_check(store, NULL, NULL));

        must(thon_sql_exec(store, "PRAGMA max_page_count = 1000"));
        must(add_much(store, n));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 100 * (n + 1));
        thon_store_close(store);
}
END_TEST

START_TEST(a_call_that_finds_the_disk_full_leaves_nothing_of_its_transaction)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        must(thon_sql_exec(store, "PRAGMA max_page_count = 60"));
        must(thon_store_begin(store));
        int r = 0, i = 0;
        while (r == 0 && i < 100000)
                r = add_much(store, i++);
        ck_assert_int_eq(r, THON_STORE_FULL);
        /* SQLite has rolled back by itself; a later call must not be committed alone. */
        ck_assert_int_eq(add_area(store, "alone"), THON_STORE_FULL);
        ck_assert_int_eq(thon_store_commit(store), THON_STORE_FULL);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 0);
        thon_store_close(store);
}
END_TEST

START_TEST(a_file_size_limit_is_a_full_disk)
{
        thon_store_close(must_open(THON_STORE_CREATE));
        int said[2];
        ck_assert_int_eq(pipe(said), 0);
        pid_t pid = fork();
        if (pid == 0) {
                struct rlimit limit = {.rlim_cur = 300000, .rlim_max = RLIM_INFINITY};
                child_require(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
                child_require(getrlimit(RLIMIT_FSIZE, &limit) == 0);
                limit.rlim_cur = 300000;
                child_require(setrlimit(RLIMIT_FSIZE, &limit) == 0);

                struct thon_store *store = NULL;
                child_require(thon_store_open(store_path, THON_STORE_WRITE, &store, NULL) == 0);
                int error, n = fill(store, 0, &error);
                child_require(error == THON_STORE_FULL);
                child_require(n > 3);
                int64_t rows = -1;
                child_require(thon_sql_integer(store, "SELECT count(*) FROM area", NULL, &rows) == 0);
                child_require(rows == 100 * n);

                limit.rlim_cur = limit.rlim_max;
                child_require(setrlimit(RLIMIT_FSIZE, &limit) == 0);
                child_require(add_much(store, n) == 0);
                thon_store_close(store);
                _exit(0);
        }
        await_child(pid);
        struct thon_store *store = must_open(THON_STORE_WRITE);
        must(thon_store_check(store, NULL, NULL));
        thon_store_close(store);
}
END_TEST

/* A file system of our own at the scratch directory. False when this machine does not let us. */
static bool own_disk(const char *options)
{
        uid_t uid = geteuid();
        gid_t gid = getegid();
        if (unshare(CLONE_NEWNS) < 0) {
                if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
                        return false;
                char map[64];
                const struct {
                        const char *path;
                        unsigned id;
                } MAPS[] = {{"/proc/self/setgroups", 0},
                            {"/proc/self/uid_map", uid},
                            {"/proc/self/gid_map", gid}};
                for (size_t i = 0; i < 3; i++) {
                        int n = i == 0 ? snprintf(map, sizeof(map), "deny")
                                       : snprintf(map, sizeof(map), "0 %u 1", MAPS[i].id);
                        int fd = open(MAPS[i].path, O_WRONLY | O_CLOEXEC);
                        if (fd < 0 || write(fd, map, (size_t)n) != n)
                                return false;
                        (void)close(fd);
                }
        }
        return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
               mount("thon-test", scratch, "tmpfs", 0, options) == 0;
}

enum { NOT_PERMITTED = 77 };

/* A verdict as with await_child(), or a note that it could not be tried here. */
static void await_disk_child(pid_t pid)
{
        int status = 0;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_PERMITTED)
                printf("not tried: this machine does not let us mount\n");
        else
                ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child ended with %#x",
                              (unsigned)status);
}

START_TEST(a_real_full_disk_loses_nothing)
{
        pid_t pid = fork();
        if (pid == 0) {
                if (!own_disk("size=1m,mode=0750"))
                        _exit(NOT_PERMITTED);
                struct thon_store *store = NULL;
                child_require(thon_store_open(store_path, THON_STORE_CREATE, &store, NULL) == 0);
                child_require(add_much(store, 0) == 0);

                char name[PATH_MAX + 16];
                (void)snprintf(name, sizeof(name), "%s/filler", scratch);
                int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
                static const char BLOCK[4096];
                child_require(fd >= 0);
                while (write(fd, BLOCK, sizeof(BLOCK)) > 0)
                        ;
                child_require(errno == ENOSPC);

                int error, n = fill(store, 1, &error);
                child_require(error == THON_STORE_FULL);
                int64_t rows = -1;
                child_require(thon_sql_integer(store, "SELECT count(*) FROM area", NULL, &rows) == 0);
                child_require(rows == 100 * n);
                /* A program that starts now says why it cannot, or can at least read. */
                struct thon_store *second = NULL;
                error = thon_store_open(store_path, THON_STORE_WRITE, &second, NULL);
                child_require(error == 0 || error == THON_STORE_FULL);
                thon_store_close(second);
                char copy[PATH_MAX + 16];
                (void)snprintf(copy, sizeof(copy), "%s/copy.db", scratch);
                child_require(thon_store_backup(store, copy) == THON_STORE_FULL);
                child_require(access(copy, F_OK) < 0);

                (void)close(fd);
                child_require(unlink(name) == 0);
                child_require(add_much(store, n) == 0);
                child_require(thon_store_check(store, NULL, NULL) == 0);
                thon_store_close(store);
                _exit(0);
        }
        await_disk_child(pid);
}
END_TEST

START_TEST(a_store_is_not_made_on_a_full_disk_and_leaves_nothing)
{
        pid_t pid = fork();
        if (pid == 0) {
                if (!own_disk("size=64k,mode=0750"))
                        _exit(NOT_PERMITTED);
                struct thon_store *store = NULL;
                char *message = NULL;
                child_require(thon_store_open(store_path, THON_STORE_CREATE, &store, &message) ==
                              THON_STORE_FULL);
                child_require(strstr(message, "no space left"));
                child_require(access(store_path, F_OK) < 0);
                free(message);
                _exit(0);
        }
        await_disk_child(pid);
}
END_TEST

/* ---- read-only ---- */

static bool remount_read_only(void)
{
        return mount("none", scratch, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0;
}

START_TEST(a_store_on_a_read_only_disk_can_be_read)
{
        pid_t pid = fork();
        if (pid == 0) {
                if (!own_disk("size=2m,mode=0750"))
                        _exit(NOT_PERMITTED);
                struct thon_store *store = NULL;
                child_require(thon_store_open(store_path, THON_STORE_CREATE, &store, NULL) == 0);
                child_require(add_area(store, "thon-1") == 0);
                thon_store_close(store);
                child_require(remount_read_only());

                store = NULL;
                child_require(thon_store_open(store_path, THON_STORE_READ, &store, NULL) == 0);
                int64_t rows = -1;
                child_require(thon_sql_integer(store, "SELECT count(*) FROM area", NULL, &rows) == 0);
                child_require(rows == 1);
                child_require(thon_store_check(store, NULL, NULL) == 0);
                child_require(add_area(store, "thon-2") == THON_STORE_READONLY);
                thon_store_close(store);

                char *message = NULL;
                store = NULL;
                child_require(thon_store_open(store_path, THON_STORE_WRITE, &store, &message) ==
                              THON_STORE_READONLY);
                child_require(strstr(message, "ead-only"));
                free(message);
                _exit(0);
        }
        await_disk_child(pid);
}
END_TEST

START_TEST(a_disk_that_turns_read_only_is_told_and_what_was_written_can_be_read)
{
        pid_t pid = fork();
        if (pid == 0) {
                if (!own_disk("size=2m,mode=0750"))
                        _exit(NOT_PERMITTED);
                /* The daemon died with changes in its WAL, then the kernel found errors and remounted. */
                pid_t victim = fork();
                if (victim == 0) {
                        struct thon_store *store = NULL;
                        child_require(thon_store_open(store_path, THON_STORE_CREATE, &store, NULL) == 0);
                        child_require(add_area(store, "thon-1") == 0);
                        (void)kill(getpid(), SIGKILL);
                }
                int status;
                child_require(waitpid(victim, &status, 0) == victim && WIFSIGNALED(status));
                child_require(remount_read_only());

                struct thon_store *store = NULL;
                char *message = NULL;
                int r = thon_store_open(store_path, THON_STORE_READ, &store, &message);
                if (r == 0) {
                        int64_t rows = -1;
                        child_require(thon_sql_integer(store, "SELECT count(*) FROM area", NULL, &rows) ==
                                      0);
                        child_require(rows == 1);
                } else {
                        child_require(r == THON_STORE_READONLY && strstr(message, "-wal"));
                }
                thon_store_close(store);
                free(message);
                _exit(0);
        }
        await_disk_child(pid);
}
END_TEST

/* A user who may look into the directory but write nothing in it. */
static void become_reader(void)
{
        if (geteuid() != 0)
                return;
        child_require(setgroups(0, NULL) == 0);
        child_require(setresgid(65534, 65534, 65534) == 0);
        child_require(setresuid(65534, 65534, 65534) == 0);
}

START_TEST(a_user_who_may_not_write_is_told_what_to_do)
{
        thon_store_close(must_open(THON_STORE_CREATE));
        ck_assert_int_eq(chmod(store_path, 0444), 0);
        ck_assert_int_eq(chmod(scratch, 0555), 0);
        pid_t pid = fork();
        if (pid == 0) {
                become_reader();
                struct thon_store *store = NULL;
                char *message = NULL;
                child_require(thon_store_open(store_path, THON_STORE_WRITE, &store, &message) ==
                              THON_STORE_READONLY);
                child_require(strstr(message, "sudo -u thon"));
                free(message);
                child_require(thon_store_open(store_path, THON_STORE_READ, &store, &message) ==
                              THON_STORE_READONLY);
                child_require(strstr(message, "sudo -u thon"));
                free(message);
                _exit(0);
        }
        await_child(pid);
        ck_assert_int_eq(chmod(scratch, 0755), 0);
}
END_TEST

START_TEST(a_member_of_the_group_reads_while_a_daemon_writes)
{
        struct thon_store *daemon = must_open(THON_STORE_CREATE);
        must(add_area(daemon, "thon-1"));
        static const char *const SUFFIXES[] = {"", "-wal", "-shm"};
        for (size_t i = 0; i < 3; i++) {
                char name[sizeof(store_path) + 8];
                (void)snprintf(name, sizeof(name), "%s%s", store_path, SUFFIXES[i]);
                ck_assert_int_eq(chmod(name, 0444), 0);
        }
        ck_assert_int_eq(chmod(scratch, 0555), 0);
        pid_t pid = fork();
        if (pid == 0) {
                become_reader();
                struct thon_store *store = NULL;
                int64_t rows = -1;
                child_require(thon_store_open(store_path, THON_STORE_READ, &store, NULL) == 0);
                child_require(thon_sql_integer(store, "SELECT count(*) FROM area", NULL, &rows) == 0);
                child_require(rows == 1);
                thon_store_close(store);
                _exit(0);
        }
        await_child(pid);
        ck_assert_int_eq(chmod(scratch, 0755), 0);
        thon_store_close(daemon);
}
END_TEST

/* ---- damaged ---- */

static void make_rich_store(void)
{
        struct thon_store *store = must_open(THON_STORE_CREATE);
        for (int i = 0; i < 5; i++)
                must(add_much(store, i));
        for (int i = 0; i < 200; i++) {
                const struct thon_light_history row = {.at = {i},
                                                       .circuit = "duong-lang",
                                                       .what = "in_effect",
                                                       .value = i % 2 ? "on" : "off",
                                                       .cause = "program",
                                                       .by = "",
                                                       .kwh = i};
                int64_t serial;
                must(thon_light_history_add(store, &row, 1));
                must(thon_audit_add(store, row.at, "chi-phuc", "set", "area thon-1", NULL));
                must(thon_event_push(store, THON_EVENT_LIGHT, "thon/1/x/event/light-dark", "{}", &serial));
        }
        thon_store_close(store);
}

static void overwrite(off_t offset, const void *bytes, size_t n)
{
        int fd = open(store_path, O_WRONLY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(pwrite(fd, bytes, n, offset), (ssize_t)n);
        (void)close(fd);
}

static void count_finding(void *userdata, const char *finding)
{
        ck_assert_int_gt((int)strlen(finding), 0);
        ++*(unsigned *)userdata;
}

START_TEST(what_is_no_database_is_called_damaged)
{
        static const char TEXT[8192] = "This is a letter, not a database.";
        int fd = open(store_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0640);
        ck_assert_int_eq(write(fd, TEXT, sizeof(TEXT)), (ssize_t)sizeof(TEXT));
        (void)close(fd);
        char *message;
        for (int mode = THON_STORE_READ; mode <= THON_STORE_CREATE; mode++) {
                ck_assert_int_eq(open_error((enum thon_store_mode)mode, &message), THON_STORE_CORRUPT);
                ck_assert_ptr_nonnull(strstr(message, "restore"));
                free(message);
        }
        /* It is still what it was. */
        fd = open(store_path, O_RDONLY | O_CLOEXEC);
        char now[sizeof(TEXT)];
        ck_assert_int_eq(read(fd, now, sizeof(now)), (ssize_t)sizeof(now));
        ck_assert_mem_eq(now, TEXT, sizeof(TEXT));
        (void)close(fd);
}
END_TEST

START_TEST(a_file_that_a_power_cut_emptied_is_not_taken_for_a_new_store)
{
        int fd = open(store_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0640);
        ck_assert_int_ge(fd, 0);
        (void)close(fd);
        char *message;
        ck_assert_int_eq(open_error(THON_STORE_CREATE, &message), THON_STORE_CORRUPT);
        ck_assert_ptr_nonnull(strstr(message, "empty"));
        free(message);
}
END_TEST

START_TEST(a_database_of_another_program_is_left_alone)
{
        sqlite3 *db;
        ck_assert_int_eq(sqlite3_open(store_path, &db), SQLITE_OK);
        ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE t (x); PRAGMA user_version = 1", NULL, NULL, NULL),
                         0);
        ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
        char *message;
        ck_assert_int_eq(open_error(THON_STORE_CREATE, &message), THON_STORE_CORRUPT);
        ck_assert_ptr_nonnull(strstr(message, "not a store"));
        free(message);
}
END_TEST

START_TEST(a_page_that_was_overwritten_is_found_by_the_check)
{
        make_rich_store();
        struct thon_store *store = must_open(THON_STORE_WRITE);
        int64_t root = integer(store, "SELECT rootpage FROM sqlite_schema WHERE name = 'light_history'");
        thon_store_close(store);
        char junk[4096];
        (void)memset(junk, 0xA5, sizeof(junk));
        overwrite((off_t)((root - 1) * 4096), junk, sizeof(junk));

        store = must_open(THON_STORE_WRITE);
        unsigned findings = 0;
        ck_assert_int_eq(thon_store_check(store, count_finding, &findings), THON_STORE_CORRUPT);
        ck_assert_uint_gt(findings, 0);
        ck_assert_ptr_nonnull(strstr(thon_store_message(store), "thonctl store restore"));
        /* What is sound is still served; what is not, says so. */
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 500);
        int64_t rows;
        ck_assert_int_eq(
                thon_sql_integer(store, "SELECT sum(at) FROM light_history NOT INDEXED", NULL, &rows),
                THON_STORE_CORRUPT);
        thon_store_close(store);
}
END_TEST

START_TEST(a_file_that_was_cut_short_is_found)
{
        make_rich_store();
        struct stat st;
        ck_assert_int_eq(stat(store_path, &st), 0);
        ck_assert_int_eq(truncate(store_path, st.st_size / 2), 0);
        struct thon_store *store = NULL;
        int r = thon_store_open(store_path, THON_STORE_WRITE, &store, NULL);
        if (r == 0)
                r = thon_store_check(store, NULL, NULL);
        ck_assert_int_eq(r, THON_STORE_CORRUPT);
        thon_store_close(store);
}
END_TEST

static int ignore_row(const struct thon_audit_row *row, void *userdata)
{
        (void)row, (void)userdata;
        return 0;
}

static int ignore_event(const struct thon_event_row *row, void *userdata)
{
        (void)row, (void)userdata;
        return 0;
}

/* Every call; what they return does not matter as long as they return. */
static void use_everything(void)
{
        struct thon_store *store = NULL;
        if (thon_store_open(store_path, THON_STORE_WRITE, &store, NULL) != 0)
                return;
        json_t *list = NULL;
        struct thon_audit_result result;
        struct thon_lit_interval *lit = NULL;
        struct thon_light_counter counter = {.circuit = "duong-lang"};
        size_t n;
        double kwh;
        int64_t serial;
        (void)thon_store_check(store, NULL, NULL);
        (void)thon_audit_verify(store, NULL, &result);
        (void)thon_audit_each(store, 0, ignore_row, NULL);
        (void)thon_event_each(store, THON_EVENT_LIGHT, 0, ignore_event, NULL);
        (void)thon_light_history_list(store, NULL, (struct thon_wall){0}, THON_WALL_NEVER, 50, &list);
        (void)thon_light_lit(store, "duong-lang", (struct thon_wall){0}, (struct thon_wall){900}, &lit, &n);
        (void)thon_light_metered(store, "duong-lang", (struct thon_wall){0}, (struct thon_wall){900}, &kwh);
        (void)thon_light_counter_save(store, &counter, 1);
        (void)thon_light_counter_load(store, "duong-lang", &counter);
        (void)thon_event_push(store, THON_EVENT_LIGHT, "t", "{}", &serial);
        (void)thon_audit_add(store, (struct thon_wall){0}, "a", "b", "c", NULL);
        (void)add_much(store, 99);
        (void)thon_light_history_prune(store, (struct thon_wall){100});
        json_decref(list);
        free(lit);
        thon_store_close(store);
}

static void damage_and_use(unsigned from_seed)
{
        make_rich_store();
        struct stat st;
        ck_assert_int_eq(stat(store_path, &st), 0);
        char *sound = malloc((size_t)st.st_size);
        int fd = open(store_path, O_RDONLY | O_CLOEXEC);
        ck_assert_int_eq(read(fd, sound, (size_t)st.st_size), st.st_size);
        (void)close(fd);

        srandom(from_seed);
        for (int round = 0; round < 60; round++) {
                thon_store_unlink(store_path);
                fd = open(store_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0640);
                ck_assert_int_eq(write(fd, sound, (size_t)st.st_size), st.st_size);
                (void)close(fd);
                long spots = 1 + random() % 20;
                for (long i = 0; i < spots; i++) {
                        unsigned char junk[64];
                        for (size_t k = 0; k < sizeof(junk); k++)
                                junk[k] = (unsigned char)random();
                        size_t n = 1 + (size_t)random() % sizeof(junk);
                        /* Page headers and cell pointers are where damage does most harm. */
                        off_t at = random() % (st.st_size - (off_t)n);
                        if (random() % 2)
                                at = at / 4096 * 4096 + (at < 4096 ? 100 : 0);
                        overwrite(at, junk, n);
                }
                use_everything();
        }
        free(sound);
}

START_TEST(no_damage_makes_a_program_crash_or_hang)
{
        damage_and_use(seed());
}
END_TEST

/* A walk over the events went round in a circle: the row after the last one was the first again. */
START_TEST(a_circle_in_a_damaged_table_ends)
{
        damage_and_use(1796409371);
}
END_TEST

/* ---- killed ---- */

/* What one transaction writes; a whole one has one of each. */
static void write_for_ever(int tell)
{
        struct thon_store *store = NULL;
        child_require(thon_store_open(store_path, THON_STORE_WRITE, &store, NULL) == 0);
        struct thon_light_counter counter = {.circuit = "duong-lang"};
        (void)thon_light_counter_load(store, counter.circuit, &counter);
        for (;;) {
                const struct thon_light_history rows[2] = {
                        {.circuit = "duong-lang", .what = "in_effect", .value = "on", .kwh = -1},
                        {.circuit = "duong-lang", .what = "physical", .value = "on", .kwh = -1},
                };
                counter.operations++;
                int r = thon_store_begin(store);
                if (r == 0)
                        r = thon_light_history_add(store, rows, 2);
                if (r == 0)
                        r = thon_light_counter_save(store, &counter, 1);
                if (r == 0)
                        r = thon_audit_add(store, (struct thon_wall){1}, "x", "on", "circuit duong-lang",
                                           NULL);
                if (r == 0)
                        r = thon_store_commit(store);
                child_require(r == 0);
                child_require(write(tell, "c", 1) == 1);
        }
}

START_TEST(a_writer_that_is_killed_leaves_whole_transactions)
{
        thon_store_close(must_open(THON_STORE_CREATE));
        srandom(seed());
        int64_t told = 0;
        for (int round = 0; round < 25; round++) {
                int said[2];
                ck_assert_int_eq(pipe(said), 0);
                pid_t pid = fork();
                if (pid == 0)
                        write_for_ever(said[1]);
                (void)close(said[1]);
                for (long k = random() % 60; k > 0; k--) {
                        (void)await(said[0]);
                        told++;
                }
                struct timespec moment = {.tv_nsec = random() % 2000000};
                (void)ppoll(NULL, 0, &moment, NULL);
                ck_assert_int_eq(kill(pid, SIGKILL), 0);
                int status;
                ck_assert_int_eq(waitpid(pid, &status, 0), pid);
                ck_assert_msg(WIFSIGNALED(status), "the writer failed by itself");
                for (char byte; read(said[0], &byte, 1) == 1;)
                        told++;
                (void)close(said[0]);

                struct thon_store *store = must_open(THON_STORE_WRITE);
                must(thon_store_check(store, NULL, NULL));
                struct thon_audit_result audit;
                must(thon_audit_verify(store, NULL, &audit));
                /* All that was committed is there; at most one more, which was not told any more. */
                ck_assert_int_ge(audit.rows, told);
                ck_assert_int_le(audit.rows, told + 1);
                ck_assert_int_eq(integer(store, "SELECT count(*) FROM light_history"), 2 * audit.rows);
                if (audit.rows > 0)
                        ck_assert_int_eq(integer(store, "SELECT operations FROM light_counter"), audit.rows);
                told = audit.rows;
                thon_store_close(store);
        }
}
END_TEST

START_TEST(a_creation_that_is_killed_leaves_no_store_or_a_whole_one)
{
        srandom(seed());
        for (int round = 0; round < 25; round++) {
                thon_store_unlink(store_path);
                pid_t pid = fork();
                if (pid == 0) {
                        struct thon_store *store = NULL;
                        child_require(thon_store_open(store_path, THON_STORE_CREATE, &store, NULL) == 0);
                        (void)pause();
                }
                struct timespec moment = {.tv_nsec = random() % 30000000};
                (void)ppoll(NULL, 0, &moment, NULL);
                ck_assert_int_eq(kill(pid, SIGKILL), 0);
                int status;
                ck_assert_int_eq(waitpid(pid, &status, 0), pid);
                ck_assert_msg(WIFSIGNALED(status), "the creation failed by itself");

                struct thon_store *store = must_open(THON_STORE_CREATE);
                must(thon_store_check(store, NULL, NULL));
                ck_assert_int_eq(thon_store_version(store), (int)thon_schema_count);
                thon_store_close(store);
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("store in trouble");
        const struct {
                const char *name;
                const TTest *tests[12];
        } CASES[] = {
                {"paths",
                 {a_symbolic_link_is_not_followed_to_a_file, a_directory_may_be_a_symbolic_link,
                  what_is_no_file_is_refused, a_mode_that_lets_others_read_is_tightened,
                  a_file_of_another_user_where_everyone_may_write_is_a_trap,
                  what_root_makes_belongs_to_the_owner_of_the_directory,
                  the_wal_of_a_store_that_was_removed_is_not_read_into_a_new_one}},
                {"locked",
                 {a_locked_store_says_busy_after_two_seconds_and_can_be_read, a_short_lock_is_waited_for,
                  a_locked_store_can_be_opened}},
                {"full",
                 {a_full_store_keeps_what_it_has_and_goes_on_when_there_is_room,
                  a_call_that_finds_the_disk_full_leaves_nothing_of_its_transaction,
                  a_file_size_limit_is_a_full_disk, a_real_full_disk_loses_nothing,
                  a_store_is_not_made_on_a_full_disk_and_leaves_nothing}},
                {"read-only",
                 {a_store_on_a_read_only_disk_can_be_read,
                  a_disk_that_turns_read_only_is_told_and_what_was_written_can_be_read,
                  a_user_who_may_not_write_is_told_what_to_do,
                  a_member_of_the_group_reads_while_a_daemon_writes}},
                {"damaged",
                 {what_is_no_database_is_called_damaged,
                  a_file_that_a_power_cut_emptied_is_not_taken_for_a_new_store,
                  a_database_of_another_program_is_left_alone,
                  a_page_that_was_overwritten_is_found_by_the_check, a_file_that_was_cut_short_is_found,
                  no_damage_makes_a_program_crash_or_hang, a_circle_in_a_damaged_table_ends}},
                {"killed",
                 {a_writer_that_is_killed_leaves_whole_transactions,
                  a_creation_that_is_killed_leaves_no_store_or_a_whole_one}},
        };
        for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
                TCase *tc = tcase_create(CASES[i].name);
                tcase_add_checked_fixture(tc, scratch_make, scratch_remove);
                tcase_set_timeout(tc, 120);
                for (const TTest *const *t = CASES[i].tests; *t; t++)
                        tcase_add_test(tc, *t);
                suite_add_tcase(suite, tc);
        }
        return run_suite(suite);
}
