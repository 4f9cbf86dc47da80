/* The store by its typed calls, in this process: search, backup, the audit chain.
 *
 * usage: bench_store STORE DIR; STORE holds the households that tests/bench/run imported, what is made goes into DIR. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "thon/cleanup.h"
#include "thon/registry.h"
#include "thon/store.h"

#define FINDS   100
#define BACKUPS 5
#define AUDITS  100000
#define CHECKS  3

THON_DEFINE_CLEANUP(struct thon_store *, thon_store_close)

static struct thon_store *open_store(const char *path, enum thon_store_mode mode)
{
        struct thon_store *store = NULL;
        char *message = NULL;
        int r = thon_store_open(path, mode, &store, &message);

        if (r != 0)
                bench_die("%s: %d %s", path, r, message ? message : "");
        return store;
}

/* As people look for somebody: a whole name, a given name alone, without diacritics, a lane, a code, a beginning, and
 * what is not there. The budget is held against the slowest of them. */
static void find(struct thon_store *store)
{
        static const char *const texts[] = {
                "Nguyễn Văn An",  "nguyen van an", "Hồng",      "tran thi", "ngõ Đông",
                "hoa ngo dong",   "H-004711",      "le minh",   "t",        "khong co ai",
                "pham quoc tuan", "123",           "đường Làng"};
        enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
        double ms[TEXTS][FINDS], slowest = 0;
        size_t found = 0;

        for (size_t i = 0; i < FINDS; i++)
                for (size_t t = 0; t < TEXTS; t++) {
                        json_t *rows = NULL;
                        double began = bench_now();
                        int r = thon_household_find(store, texts[t], 20, &rows);
                        ms[t][i] = (bench_now() - began) * 1e3;
                        if (r != 0)
                                bench_die("find: %s", thon_store_message(store));
                        found += json_array_size(rows);
                        json_decref(rows);
                }
        if (found < (size_t)10 * FINDS)
                bench_die("find: only %zu rows in all", found);
        for (size_t t = 0; t < TEXTS; t++) {
                double median = bench_quantile(ms[t], FINDS, 0.5);
                slowest = median > slowest ? median : slowest;
        }
        bench_method("store.find: thon_household_find() in this process over 10,000 households, 20 results "
                     "at most, 13 "
                     "texts in turn (names with and without diacritics, lanes, a code, one letter, misses): "
                     "the slowest "
                     "text's median of n=100, and the p99 of all 1,300");
        bench_figure("store.find", slowest, "ms");
        bench_figure("store.find_p99", bench_quantile(&ms[0][0], (size_t)TEXTS * FINDS, 0.99), "ms");
}

/* What a backup cannot be faster than: the same bytes read, written and put on the disk. */
static double copy(const char *from, const char *to)
{
        static char buf[1 << 16];
        double began = bench_now();
        int in = open(from, O_RDONLY | O_CLOEXEC),
            out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ssize_t n;

        if (in < 0 || out < 0)
                bench_die("%s cannot be copied", from);
        while ((n = read(in, buf, sizeof(buf))) > 0)
                if (write(out, buf, (size_t)n) != n)
                        bench_die("%s cannot be written", to);
        if (n < 0 || fsync(out) < 0)
                bench_die("%s cannot be copied", from);
        (void)close(in);
        (void)close(out);
        return bench_now() - began;
}

static void backup(struct thon_store *store, const char *path, const char *dir)
{
        double seconds[BACKUPS], peer[BACKUPS];
        char target[512], text[256];
        struct stat st;

        (void)snprintf(target, sizeof(target), "%s/backup.db", dir);
        for (size_t i = 0; i < BACKUPS; i++) {
                double began = bench_now();
                if (thon_store_backup(store, target) != 0)
                        bench_die("backup: %s", thon_store_message(store));
                seconds[i] = bench_now() - began;
                if (stat(target, &st) < 0 || unlink(target) < 0)
                        bench_die("there is no %s", target);
                peer[i] = copy(path, target);
                (void)unlink(target);
        }
        (void)snprintf(
                text, sizeof(text),
                "store.backup: thon_store_backup() of %.1f MB, on the disk when it returns; beside it read, "
                "write and fsync of the same file; median of n=%d",
                (double)st.st_size / 1e6, BACKUPS);
        bench_method(text);
        bench_beside("store.backup", bench_quantile(seconds, BACKUPS, 0.5), "s", "copy and fsync",
                     bench_quantile(peer, BACKUPS, 0.5));
}

static void audit(const char *dir)
{
        struct thon_audit_result result;
        double seconds[CHECKS];
        char path[512], object[64];

        (void)snprintf(path, sizeof(path), "%s/audit.db", dir);
        _cleanup_(thon_store_closep) struct thon_store *store = open_store(path, THON_STORE_CREATE);
        int r = thon_store_begin(store);
        for (int i = 0; r == 0 && i < AUDITS; i++) {
                (void)snprintf(object, sizeof(object), "household H-%06d", i);
                r = thon_audit_add(store, (struct thon_wall){1800000000 + i}, "truong-thon", "household.set",
                                   object,
                                   "{\"changed\":{\"members\":[4,5],\"phone\":[null,\"+84912345678\"]}}");
        }
        if (r == 0)
                r = thon_store_commit(store);
        for (size_t i = 0; r == 0 && i < CHECKS; i++) {
                double began = bench_now();
                r = thon_audit_verify(store, NULL, &result);
                seconds[i] = bench_now() - began;
        }
        if (r != 0 || result.rows != AUDITS)
                bench_die("audit: %s", thon_store_message(store));
        bench_method("store.audit_verify: the chain of 100,000 rows of about 150 bytes checked whole; "
                     "median of n=3");
        bench_figure("store.audit_verify_100k", bench_quantile(seconds, CHECKS, 0.5), "s");
}

int main(int argc, char **argv)
{
        if (argc != 3)
                bench_die("usage: bench_store STORE DIR");
        _cleanup_(thon_store_closep) struct thon_store *store = open_store(argv[1], THON_STORE_WRITE);
        find(store);
        backup(store, argv[1], argv[2]);
        audit(argv[2]);
        return 0;
}
