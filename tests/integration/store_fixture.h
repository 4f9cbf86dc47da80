/* A directory for a test's store, and the few steps that the store's tests share. */
#pragma once

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "../../src/store/sql.h"
#include "thon/store.h"

static char scratch[PATH_MAX];
static char store_path[PATH_MAX + 16];

static inline void scratch_make(void)
{
        const char *base = getenv("TMPDIR");
        (void)snprintf(scratch, sizeof(scratch), "%s/thon-test-XXXXXX", base ? base : "/tmp");
        ck_assert_ptr_nonnull(mkdtemp(scratch));
        (void)snprintf(store_path, sizeof(store_path), "%s/thon.db", scratch);
}

static inline int scratch_drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

static inline void scratch_remove(void)
{
        (void)nftw(scratch, scratch_drop, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct thon_store *must_open(enum thon_store_mode mode)
{
        struct thon_store *store = NULL;
        char *message = NULL;
        int r = thon_store_open(store_path, mode, &store, &message);
        ck_assert_msg(r == 0, "open: %d %s", r, message ? message : "");
        return store;
}

/* The error, with the message that goes with it in `message` (freed by the test). */
static inline int open_error(enum thon_store_mode mode, char **message)
{
        struct thon_store *store = NULL;
        *message = NULL;
        int r = thon_store_open(store_path, mode, &store, message);
        ck_assert_msg(r != 0, "opened, though it should not");
        ck_assert_ptr_null(store);
        return r;
}

static inline int64_t integer(struct thon_store *store, const char *sql)
{
        int64_t value = -1;
        int r = thon_sql_integer(store, sql, NULL, &value);
        ck_assert_msg(r == 0, "%s: %d %s", sql, r, thon_store_message(store));
        return value;
}

static inline int add_area(struct thon_store *store, const char *id)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql(store, "INSERT INTO area (id, name) VALUES (?1, ?1)", &stmt);
        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, id);
        return thon_stmt_run(stmt);
}

#define must(call)                                                \
        do {                                                      \
                int must_r = (call);                              \
                ck_assert_msg(must_r == 0, #call ": %d", must_r); \
        } while (0)

static inline double monotonic(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Printed, so that a failure can be repeated with THON_SEED. */
static inline unsigned seed(void)
{
        const char *given = getenv("THON_SEED");
        unsigned value =
                given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL) ^ (unsigned)getpid() << 8;
        printf("THON_SEED=%u\n", value);
        (void)fflush(stdout);
        return value;
}

/* One byte from a child, or the test fails. */
static inline char await(int fd)
{
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ck_assert_int_eq(poll(&p, 1, 20000), 1);
        char byte = 0;
        ck_assert_int_eq(read(fd, &byte, 1), 1);
        return byte;
}

/* A child's verdict: it must leave with 0. */
static inline void await_child(pid_t pid)
{
        int status = 0;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child ended with %#x",
                      (unsigned)status);
}

/* Inside a child: says what is wrong and leaves; check's own asserts would run on in two processes. */
#define child_require(condition)                                                                     \
        do {                                                                                         \
                if (!(condition)) {                                                                  \
                        (void)fprintf(stderr, "%s:%d: child: %s\n", __FILE__, __LINE__, #condition); \
                        _exit(1);                                                                    \
                }                                                                                    \
        } while (0)

static inline int run_suite(Suite *suite)
{
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? 0 : 1;
}
