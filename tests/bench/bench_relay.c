/* The relay's store by its typed calls, in this process, without broker and network: what a delivery costs in bookkeeping.
 *
 * The calls and the commits are those of thon-relayd when it is busy: in one transaction the outcomes of the last messages
 * are written and the next ones claimed, and nothing of them goes out before it is on the disk. Beside each figure stands
 * what the same number of waits for the disk costs by itself.
 *
 * usage: bench_relay DIR RECIPIENTS */
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"
#include "thon/cleanup.h"
#include "thon/relay_store.h"
#include "thon/store.h"

#define WINDOW   64u /* relayd's own: what it claims at a time, of each channel */
#define CHANNELS 4
#define ROUNDS   5
#define WHEN     ((struct thon_wall){1795140000})

THON_DEFINE_CLEANUP(struct thon_store *, thon_store_close)

static void must(struct thon_store *store, int r, const char *what)
{
        if (r != 0)
                bench_die("%s: %d %s", what, r, thon_store_message(store));
}

static struct thon_store *open_store(const char *dir)
{
        struct thon_store *store = NULL;
        char path[512], *message = NULL;

        (void)snprintf(path, sizeof(path), "%s/relay.db", dir);
        int r = thon_store_open(path, THON_STORE_CREATE, &store, &message);
        if (r != 0)
                bench_die("%s: %d %s", path, r, message ? message : "");
        must(store, thon_store_durable(store, true), "durable");
        return store;
}

static const char *const channels[CHANNELS] = {"oa", "mau", "bot", "sms"};

/* A notice to so many households, over so many channels, on the disk when it returns; seconds. */
static double submit(struct thon_store *store, size_t n, size_t n_channels)
{
        struct thon_recipient *recipients = calloc(n, sizeof(*recipients));
        struct thon_recipient_first *firsts = calloc(n, sizeof(*firsts));
        struct thon_notice notice = {.class = THON_CLASS_NORMAL,
                                     .purpose = THON_PURPOSE_NOTICES,
                                     .audience = "[\"all\"]",
                                     .text = "Mai 7 giờ tiêm phòng tại nhà văn hóa thôn.",
                                     .not_before = THON_WALL_NEVER,
                                     .expires = THON_WALL_NEVER,
                                     .source = "",
                                     .escalate_at = THON_WALL_NEVER,
                                     .by = "bench",
                                     .at = WHEN};
        bool existing;

        if (!recipients || !firsts)
                bench_die("out of memory");
        for (size_t i = 0; i < n; i++) {
                char *household = NULL;

                if (asprintf(&household, "H-%06zu", i) < 0 ||
                    asprintf(&recipients[i].ladder, "%s:81%015zu tele:7%08zu visit",
                             channels[i % n_channels], i, i) < 0)
                        bench_die("out of memory");
                recipients[i].household = household;
                firsts[i] = (struct thon_recipient_first){.recipient = &recipients[i], .due = WHEN};
        }
        double began = bench_now();
        must(store, thon_notice_submit(store, &notice, firsts, n, &existing), "submit");
        double seconds = bench_now() - began;
        for (size_t i = 0; i < n; i++) {
                free((char *)(uintptr_t)recipients[i].household);
                free(recipients[i].ladder);
        }
        free(recipients);
        free(firsts);
        return seconds;
}

struct window {
        int64_t ids[CHANNELS * WINDOW];
        unsigned n;
};

static int on_claimed(const struct thon_message *message, void *userdata)
{
        struct window *w = userdata;

        w->ids[w->n++] = message->id;
        return 0;
}

static int no_step(const char *ladder, int rung, struct thon_wall *due, enum thon_due *why, void *userdata)
{
        (void)ladder;
        (void)rung;
        (void)due;
        (void)why;
        (void)userdata;
        return -1;
}

/* Everything that is queued is claimed and settled as sent; how many. */
static size_t work_off(struct thon_store *store, size_t n_channels, size_t *ret_commits)
{
        struct window last = {.n = 0};
        size_t done = 0, commits = 0;

        do {
                struct window next = {.n = 0};
                unsigned n;

                must(store, thon_store_begin(store), "begin");
                for (unsigned i = 0; i < last.n; i++) {
                        char id[32];

                        (void)snprintf(id, sizeof(id), "%020lld", (long long)last.ids[i]);
                        const struct thon_settle settle = {.message = last.ids[i],
                                                           .next = THON_NEXT_DONE,
                                                           .part = 1,
                                                           .message_id = id,
                                                           .detail = "",
                                                           .at = WHEN};
                        must(store, thon_message_settle(store, &settle, no_step, NULL), "settle");
                }
                for (size_t c = 0; c < n_channels; c++)
                        must(store,
                             thon_queue_claim(store, channels[c], THON_CLASS_NORMAL, WHEN, WINDOW,
                                              on_claimed, &next, &n),
                             "claim");
                must(store, thon_store_commit(store), "commit");
                commits++;
                done += last.n;
                last = next;
        } while (last.n > 0);
        *ret_commits = commits;
        return done;
}

/* Seconds of so many writes of a page, each waited for. */
static double disk_alone(const char *dir, size_t commits)
{
        static const char page[4096];
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/pages", dir);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0)
                bench_die("%s cannot be made", path);
        double began = bench_now();
        for (size_t i = 0; i < commits; i++)
                if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page) || fdatasync(fd) < 0)
                        bench_die("%s cannot be written", path);
        double seconds = bench_now() - began;
        (void)close(fd);
        (void)unlink(path);
        return seconds;
}

struct figures {
        double queue, rate, processor, disk, page; /* as they are told below */
};

static struct figures measure(struct thon_store *store, const char *dir, size_t n, size_t n_channels)
{
        double queue[ROUNDS], rate[ROUNDS], processor[ROUNDS], disk[ROUNDS], page[ROUNDS];

        for (size_t i = 0; i < ROUNDS; i++) {
                size_t commits;

                queue[i] = submit(store, n, n_channels) * 1e4 / (double)n;
                double began = bench_now(), cpu = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
                size_t done = work_off(store, n_channels, &commits);
                rate[i] = (double)done / (bench_now() - began);
                processor[i] = (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e4 / (double)done;
                if (done != n)
                        bench_die("%zu of %zu messages were worked off", done, n);
                page[i] = disk_alone(dir, commits);
                disk[i] = (double)n / page[i];
                page[i] = page[i] / (double)commits * 1e3;
        }
        return (struct figures){bench_quantile(queue, ROUNDS, 0.5), bench_quantile(rate, ROUNDS, 0.5),
                                bench_quantile(processor, ROUNDS, 0.5), bench_quantile(disk, ROUNDS, 0.5),
                                bench_quantile(page, ROUNDS, 0.5)};
}

int main(int argc, char **argv)
{
        static const char peer[] = "as many waits for the disk alone";
        char text[400];
        size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

        if (n < WINDOW)
                bench_die("usage: bench_relay DIR RECIPIENTS");
        _cleanup_(thon_store_closep) struct thon_store *store = open_store(argv[1]);
        const struct figures all = measure(store, argv[1], n, CHANNELS), one = measure(store, argv[1], n, 1);

        (void)snprintf(
                text, sizeof(text),
                "relay.bookkeeping: %zu messages over %d channels claimed and settled by the typed "
                "calls as by a busy thon-relayd, up to %u of each channel in a transaction, each commit "
                "waited for (synchronous=FULL); _one_channel: the same over one. relay.queue: one notice "
                "to %zu households, on the disk; medians of n=%d",
                n, CHANNELS, WINDOW, n, ROUNDS);
        bench_method(text);
        bench_beside("relay.bookkeeping", all.rate, "deliveries/s", peer, all.disk);
        bench_beside("relay.bookkeeping_one_channel", one.rate, "deliveries/s", peer, one.disk);
        bench_figure("relay.bookkeeping_cpu", all.processor, "CPU-s/10,000");
        bench_figure("relay.queue", all.queue, "s/10,000");
        bench_figure("relay.fsync", one.page, "ms");
        return 0;
}
