/* Long polls: they work behind any router.
 *
 * Asking for more is what tells the provider that it may forget, so what came is on the disk before the next poll; and while
 * the store is away nothing is asked for. A provider that answers at once, be it with nothing, the same again or garbage,
 * is asked at a walking pace. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "inbound.h"
#include "reports.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define SECOND_US UINT64_C(1000000)
#define FRESH_US  (SECOND_US / 10) /* from poll to poll, when they bring something */
#define FIRST_S   2
#define LONGEST_S 300
#define WAIT_S    3600 /* a provider that asks for more patience is asked again all the same */
#define SECRET_S  900  /* a token that is refused is not asked about every few seconds */

struct poll {
        LIST_ENTRY(poll) entry;
        struct relayd *daemon;
        struct relayd_channel *channel;
        struct thon_http_call *call;
        struct thon_alarm *again;
        struct thon_mono asked_at;
        unsigned failures;
        bool told, resumed; /* resumed: the cursor is that of the store */
        char *cursor;
};

struct relayd_inbound {
        LIST_HEAD(poll_list, poll) polls;
};

static void ask(struct poll *p);

static void later(struct poll *p, uint64_t us)
{
        thon_alarm_set(p->again, THON_WALL_NEVER, thon_mono_add(relayd_mono(p->daemon), us));
}

static void go_on(struct poll *p, bool fresh)
{
        uint64_t pace = fresh ? FRESH_US : SECOND_US;
        uint64_t passed = thon_mono_since(p->asked_at, relayd_mono(p->daemon));

        if (passed < pace)
                later(p, pace - passed);
        else
                ask(p);
}

static void on_stored(void *userdata, bool stored, size_t fresh)
{
        if (stored)
                go_on(userdata, fresh > 0);
}

static void failed(struct poll *p, const struct thon_judgement *judgement)
{
        int64_t wait = thon_backoff(++p->failures, FIRST_S, LONGEST_S, relayd_jitter());

        if (judgement->verdict == THON_VERDICT_WAIT && judgement->wait_s > wait)
                wait = judgement->wait_s < WAIT_S ? judgement->wait_s : WAIT_S;
        if (judgement->verdict == THON_VERDICT_CHANNEL)
                wait = SECRET_S;
        if (!p->told)
                thon_warning("%s: messages cannot be received: %s%s%s; trying on", p->channel->conf->name,
                             thon_verdict_text(judgement->verdict), judgement->detail[0] ? ", " : "",
                             judgement->detail);
        p->told = true;
        later(p, (uint64_t)wait * SECOND_US);
}

static void on_answer(const struct thon_http_answer *answer, void *userdata)
{
        struct poll *p = userdata;
        struct thon_judgement judgement = {
                .verdict = THON_VERDICT_RETRY, .meaning = "", .until = THON_WALL_NEVER};
        struct relayd_update *updates = NULL;
        char *cursor = NULL;
        size_t n = 0;
        int r;

        p->call = NULL;
        r = p->channel->kind->read_poll(answer, &updates, &n, &cursor, &judgement);
        if (r < 0) {
                failed(p, &judgement);
                return;
        }
        if (p->told)
                thon_info("%s: messages are received again", p->channel->conf->name);
        p->told = false;
        p->failures = 0;
        if (cursor) {
                free(p->cursor);
                p->cursor = cursor;
        }
        if (n == 0) {
                relayd_updates_free(updates, n);
                go_on(p, false);
                return;
        }
        r = relayd_intake_add(p->daemon, p->channel->conf->name, updates, n, p->cursor, on_stored, p);
        if (r < 0) {
                /* Where there is an offset, the same come again. */
                thon_error("%s: %zu updates cannot be held: %s", p->channel->conf->name, n, strerror(-r));
                p->resumed = false;
                later(p, FIRST_S * SECOND_US);
        }
}

/* Where the last poll that was stored ended. */
static int resume(struct poll *p)
{
        struct relayd *d = p->daemon;
        char *cursor = NULL;
        int r;

        if (!relayd_store(d) || d->store_error != 0)
                return -ENODEV;
        if (p->resumed)
                return 0;
        r = thon_poll_cursor_get(d->store, p->channel->conf->name, &cursor);
        if (r != 0)
                return r;
        free(p->cursor);
        p->cursor = cursor;
        p->resumed = true;
        return 0;
}

static void ask(struct poll *p)
{
        struct relayd_request request = {0};
        int r;

        if (p->daemon->stopping)
                return;
        if (resume(p) != 0) {
                later(p, FIRST_S * SECOND_US);
                return;
        }
        p->asked_at = relayd_mono(p->daemon);
        r = p->channel->kind->poll(p->channel->conf, p->channel->secrets, p->cursor, &request);
        if (r == 0)
                r = relayd_call(p->daemon, &request, on_answer, p, &p->call);
        relayd_request_done(&request);
        if (r < 0) {
                struct thon_judgement judgement = {.verdict = THON_VERDICT_CHANNEL, .meaning = ""};
                (void)snprintf(judgement.detail, sizeof(judgement.detail), "%s",
                               r == -ENOKEY ? "the credential has no token" : strerror(-r));
                failed(p, &judgement);
        }
}

static void on_again(void *userdata)
{
        ask(userdata);
}

/* ---- which channels are polled ---- */

static bool receives(const struct relayd_channel *channel)
{
        return channel->kind->poll && channel->conf->receive;
}

static struct poll *poll_free(struct poll *p)
{
        if (!p)
                return NULL;
        relayd_intake_forget(p->daemon, p);
        thon_http_cancel(p->call);
        thon_alarm_free(p->again);
        free(p->cursor);
        free(p);
        return NULL;
}
THON_DEFINE_CLEANUP(struct poll *, poll_free)

static int begin(struct relayd *d, struct relayd_channel *channel)
{
        _cleanup_(poll_freep) struct poll *p = calloc(1, sizeof(*p));
        int r;

        if (!p)
                return -ENOMEM;
        p->daemon = d;
        p->channel = channel;
        r = thon_alarm_new(d->clock, "poll", on_again, p, &p->again);
        if (r < 0)
                return r;
        later(p, 0);
        LIST_INSERT_HEAD(&d->inbound->polls, p, entry);
        p = NULL;
        return 0;
}

static struct poll *find(struct relayd *d, const struct relayd_channel *channel)
{
        struct poll *p;

        LIST_FOREACH (p, &d->inbound->polls, entry)
                if (p->channel == channel)
                        return p;
        return NULL;
}

static int begin_missing(struct relayd *d)
{
        int r = 0;

        for (size_t i = 0; i < d->n_channels && r == 0; i++)
                if (receives(d->channels[i]) && !find(d, d->channels[i]))
                        r = begin(d, d->channels[i]);
        return r;
}

static bool stands(const struct relayd *d, const struct relayd_channel *channel)
{
        for (size_t i = 0; i < d->n_channels; i++)
                if (d->channels[i] == channel)
                        return receives(channel);
        return false;
}

int relayd_inbound_start(struct relayd *d)
{
        int r;

        d->inbound = calloc(1, sizeof(*d->inbound));
        if (!d->inbound)
                return -ENOMEM;
        LIST_INIT(&d->inbound->polls);
        r = relayd_intake_start(d);
        if (r == 0)
                r = relayd_reports_start(d);
        return r == 0 ? begin_missing(d) : r;
}

/* A poll that is under way is left alone: what its answer brings may come only once. */
int relayd_inbound_reload(struct relayd *d)
{
        struct poll *next;

        for (struct poll *p = LIST_FIRST(&d->inbound->polls); p; p = next) {
                next = LIST_NEXT(p, entry);
                if (!stands(d, p->channel)) {
                        LIST_REMOVE(p, entry);
                        (void)poll_free(p);
                } else if (thon_alarm_pending(p->again)) {
                        p->failures = 0; /* what was refused may have been mended */
                        later(p, 0);
                }
        }
        return begin_missing(d);
}

void relayd_inbound_stop(struct relayd *d)
{
        struct relayd_inbound *in = d->inbound;
        struct poll *p;

        if (!in)
                return;
        while ((p = LIST_FIRST(&in->polls))) {
                LIST_REMOVE(p, entry);
                (void)poll_free(p);
        }
        relayd_intake_stop(d);
        relayd_reports_stop(d);
        free(in);
        d->inbound = NULL;
}
