/* The relay's bookkeeping by its typed calls, in this process: notices accepted onto the disk, and deliveries claimed and
 * settled, in groups as relayd commits them.
 *
 * usage: bench_relay_store DIR; a store is made in it. */
#include "bench.h"
#include "thon/cleanup.h"
#include "thon/relay_store.h"

#define NOTICES 20000
#define BULK    10000
#define GROUP   100

THON_DEFINE_CLEANUP(struct thon_store *, thon_store_close)

static const struct thon_wall now = {1800000000};
static int64_t ids[GROUP];
static unsigned n_ids;

#define must(store, call)                                                                 \
        do {                                                                              \
                int must_r = (call);                                                      \
                if (must_r != 0)                                                          \
                        bench_die("%s: %d %s", #call, must_r, thon_store_message(store)); \
        } while (0)

static struct thon_notice notice(const char *key)
{
        return (struct thon_notice){
                .purpose = THON_PURPOSE_NOTICES,
                .audience = "[\"all\"]",
                .text = "Mời bà con đi tiêm phòng sáng mai, 7 giờ, tại nhà văn hóa thôn.",
                .not_before = THON_WALL_NEVER,
                .expires = THON_WALL_NEVER,
                .key = key,
                .digest = "0123456789abcdef0123456789abcdef",
                .source = "",
                .escalate_at = THON_WALL_NEVER,
                .by = "officer",
                .at = now};
}

struct household {
        char code[16], ladder[48];
        struct thon_recipient recipient;
};

static void household(struct household *h, int i, struct thon_recipient_first *first)
{
        (void)snprintf(h->code, sizeof(h->code), "H-%06d", i);
        (void)snprintf(h->ladder, sizeof(h->ladder), "oa:%d sms:+84912%06d", 100000000 + i, i);
        h->recipient = (struct thon_recipient){.household = h->code, .area = "thon-4", .ladder = h->ladder};
        *first = (struct thon_recipient_first){.recipient = &h->recipient, .due = now};
}

/* Seconds for NOTICES of one recipient each. */
static double submit(struct thon_store *store)
{
        double began = bench_now();
        for (int i = 0; i < NOTICES; i++) {
                struct household one;
                struct thon_recipient_first first;
                struct thon_notice doc;
                char key[24];
                bool existing;
                if (i % GROUP == 0)
                        must(store, thon_store_begin(store));
                (void)snprintf(key, sizeof(key), "key-%d", i);
                doc = notice(key);
                household(&one, i, &first);
                must(store, thon_notice_submit(store, &doc, &first, 1, &existing));
                if (i % GROUP == GROUP - 1)
                        must(store, thon_store_commit(store));
        }
        return bench_now() - began;
}

static int note(const struct thon_message *message, void *userdata)
{
        (void)userdata;
        ids[n_ids++] = message->id;
        return 0;
}

/* One commit for what the last group came to and for the next one, as relayd's turns of the loop. */
static double send_all(struct thon_store *store, int expected)
{
        double began = bench_now();
        int done = 0;
        n_ids = 0;
        for (;;) {
                unsigned settled = n_ids, claimed;
                must(store, thon_store_begin(store));
                for (unsigned i = 0; i < settled; i++) {
                        char id[40];
                        (void)snprintf(id, sizeof(id), "%032lx", (long)ids[i]);
                        const struct thon_settle s = {.message = ids[i],
                                                      .next = THON_NEXT_DONE,
                                                      .message_id = id,
                                                      .detail = "",
                                                      .at = now};
                        must(store, thon_message_settle(store, &s, NULL, NULL));
                }
                n_ids = 0;
                must(store,
                     thon_queue_claim(store, "oa", THON_CLASS_NORMAL, now, GROUP, note, NULL, &claimed));
                must(store, thon_store_commit(store));
                done += (int)settled;
                if (settled == 0 && n_ids == 0)
                        break;
        }
        if (done != expected)
                bench_die("%d of %d messages went out", done, expected);
        return bench_now() - began;
}

/* One notice to BULK households. */
static double submit_bulk(struct thon_store *store)
{
        struct household *households = calloc(BULK, sizeof(*households));
        struct thon_recipient_first *firsts = calloc(BULK, sizeof(*firsts));
        struct thon_notice doc = notice(NULL);
        bool existing;
        if (!households || !firsts)
                bench_die("no memory");
        for (int i = 0; i < BULK; i++)
                household(&households[i], i, &firsts[i]);
        double began = bench_now();
        must(store, thon_notice_submit(store, &doc, firsts, BULK, &existing));
        began = bench_now() - began;
        free(households);
        free(firsts);
        return began;
}

int main(int argc, char **argv)
{
        _cleanup_(thon_store_closep) struct thon_store *store = NULL;
        _cleanup_free_ char *message = NULL;
        char path[512];

        if (argc != 2)
                bench_die("usage: bench_relay_store DIR");
        (void)snprintf(path, sizeof(path), "%s/relay.db", argv[1]);
        if (thon_store_open(path, THON_STORE_CREATE, &store, &message) != 0)
                bench_die("%s: %s", path, message ? message : "");
        must(store, thon_store_durable(store, true));
        bench_method(
                "relay.store_*: the store's calls in this process, synchronous=FULL, 100 notices or messages "
                "a commit: 20,000 notices of one recipient with key and audit row; each claimed, and "
                "settled as sent with the next group's claim; then one notice to 10,000 households");
        bench_figure("relay.store_submit", NOTICES / submit(store), "1/s");
        bench_figure("relay.store_deliveries", NOTICES / send_all(store, NOTICES), "1/s");
        bench_figure("relay.store_submit_bulk", BULK / submit_bulk(store), "1/s");
        bench_figure("relay.store_deliveries_bulk", BULK / send_all(store, BULK), "1/s");
        return 0;
}
