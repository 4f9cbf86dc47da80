/* One call at a time, down each ladder in turn. What pump.c and send.c do for thousands with a row for each step is too much
 * here and could not be done: without the store there is no row. The channels' own pace is not asked either; a handful of calls,
 * one after the other, is below any. */
#include "bare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pump.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define ROUND_US     UINT64_C(5000000)
#define ROUND_MAX_US UINT64_C(300000000)
/* A modem that was taken away tells nobody. Longer than any call over HTTP. */
#define CALL_US UINT64_C(180000000)

struct addressee {
        char *ladder;
        int rung;              /* under way, or tried last in this round; -1 none yet */
        bool has_it, in_doubt; /* nobody could tell, once */
};

struct relayd_bare {
        struct relayd *daemon;
        relayd_bare_fn fn;
        void *userdata;
        struct thon_alarm *alarm; /* the next round; or the end of patience with a call */
        uint64_t pause_us;
        char *text;
        struct addressee *items;
        size_t n, at;
        struct relayd_request request;
        struct thon_http_call *call;
        /* A call that cannot be cancelled is under way; or was, and until then may still be answered, for words or a person that are
         * not the present ones. */
        bool by_modem;
        struct thon_mono modem_until;
};

static void go(struct relayd_bare *b);

static void alarm_in(struct relayd_bare *b, uint64_t us)
{
        thon_alarm_set(b->alarm, THON_WALL_NEVER, thon_mono_add(relayd_mono(b->daemon), us));
}

static void forget_words(struct relayd_bare *b)
{
        for (size_t i = 0; i < b->n; i++)
                free(b->items[i].ladder);
        free(b->items);
        free(b->text);
        b->items = NULL;
        b->text = NULL;
        b->n = b->at = 0;
}

static void hang_up(struct relayd_bare *b)
{
        if (b->call)
                thon_http_cancel(THON_TAKE(b->call));
        relayd_request_done(&b->request);
        if (b->by_modem)
                b->modem_until = thon_mono_add(relayd_mono(b->daemon), CALL_US);
        b->by_modem = false;
}

/* ---- one rung ---- */

/* The pump alone opens a channel that is held, and it stands still with the store: here it is open when its time is over. */
static bool usable(const struct thon_rung *rung, void *userdata)
{
        const struct relayd_channel *c = relayd_channel_find(userdata, rung->channel);

        return c && relayd_token_ready(c) &&
               (!c->gate.held || relayd_mono(userdata).us >= c->sends->held_until.us);
}

/* The channel that the present one is tried on; NULL: it has gone from the configuration meanwhile. */
static struct relayd_channel *present(const struct relayd_bare *b, struct thon_rung *ret_rung)
{
        const struct addressee *to = &b->items[b->at];

        if (to->rung < 0 || !thon_ladder_rung(to->ladder, (unsigned)to->rung, ret_rung))
                return NULL;
        return relayd_channel_find(b->daemon, ret_rung->channel);
}

static void ended(struct relayd_bare *b, const struct thon_judgement *j)
{
        struct thon_rung rung;
        const struct relayd_channel *c = present(b, &rung);
        struct addressee *to = &b->items[b->at];

        hang_up(b);
        /* What perhaps went out is said once more, and not for ever. */
        if (c && (j->verdict == THON_VERDICT_SENT || (j->verdict == THON_VERDICT_UNKNOWN && to->in_doubt))) {
                to->has_it = true;
                thon_info("%s has taken a message without the store", rung.channel);
                b->fn(&rung, b->userdata);
        } else if (c) {
                to->in_doubt |= j->verdict == THON_VERDICT_UNKNOWN;
                thon_warning("%s does not take a message without the store: %s%s%s", rung.channel,
                             j->meaning, j->detail[0] ? ": " : "", j->detail);
        }
        go(b);
}

static void on_answer(const struct thon_http_answer *answer, void *userdata)
{
        struct relayd_bare *b = userdata;
        struct relayd *d = b->daemon;
        struct thon_judgement j = {.verdict = THON_VERDICT_RETRY,
                                   .meaning = "không kết nối được tới máy chủ"};
        struct thon_rung rung;
        const struct relayd_channel *c = present(b, &rung);

        b->call = NULL;
        if (c && answer->result != THON_HTTP_NOT_SENT)
                c->kind->judge(c->conf, answer, d->zone, relayd_wall(d), relayd_jitter(), &j);
        ended(b, &j);
}

static void on_modem(const struct thon_judgement *judgement, void *userdata)
{
        struct relayd_bare *b = userdata;

        if (!b->by_modem) { /* patience ended before, or something else is to be said */
                b->modem_until = (struct thon_mono){0};
                return;
        }
        b->by_modem = false;
        ended(b, judgement);
}

/* A number says nothing of who writes. */
static int words_for(const struct relayd_bare *b, const struct relayd_channel *c, char **ret)
{
        const char *sender = b->daemon->conf.sender;
        bool named = c->kind->kind == THON_KIND_SMS && sender && *sender;
        _cleanup_free_ char *text = NULL;

        if (asprintf(&text, "%s%s%s", named ? sender : "", named ? ": " : "", b->text) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        if (c->conf->plain)
                return thon_sms_plain(text, ret);
        *ret = THON_TAKE(text);
        return 0;
}

static int call(struct relayd_bare *b, struct relayd_channel *c, const struct thon_rung *rung)
{
        struct relayd *d = b->daemon;
        _cleanup_free_ char *text = NULL;
        int r = words_for(b, c, &text);

        if (r < 0)
                return r;
        struct relayd_outgoing out = {
                .message = relayd_wall(d).s, /* no row has such a number */
                .class = THON_CLASS_EMERGENCY,
                .address = rung->address,
                .text = text,
                .at = relayd_wall(d),
                .template_id = c->conf->template,
        };
        if (c->kind->unfit && c->kind->unfit(c->conf, &out))
                return -EINVAL;
        if (c->modem) {
                if (relayd_mono(d).us < b->modem_until.us)
                        return -EBUSY;
                r = relayd_modem_send(c->modem, rung->address, text, on_modem, b);
                b->by_modem = r == 0;
                return r;
        }
        r = c->kind->prepare(c->conf, c->secrets, &out, &b->request);
        return r < 0 ? r : relayd_call(d, &b->request, on_answer, b, &b->call);
}

/* ---- rounds ---- */

static bool try_next_rung(struct relayd_bare *b)
{
        struct addressee *to = &b->items[b->at];
        struct thon_rung rung;

        while ((to->rung = thon_ladder_next(to->ladder, to->rung, usable, b->daemon)) >= 0) {
                struct relayd_channel *c = present(b, &rung);
                int r = c ? call(b, c, &rung) : -ENOENT;

                if (r == 0)
                        return true;
                hang_up(b);
                thon_warning("%s cannot take a message without the store: %s", rung.channel, strerror(-r));
        }
        return false;
}

static void go(struct relayd_bare *b)
{
        bool left = false;

        for (; b->at < b->n; b->at++) {
                if (b->items[b->at].has_it)
                        continue;
                if (try_next_rung(b)) {
                        alarm_in(b, CALL_US);
                        return;
                }
        }
        b->at = 0;
        for (size_t i = 0; i < b->n; i++) {
                b->items[i].rung = -1;
                left |= !b->items[i].has_it;
        }
        if (!left) {
                thon_alarm_set(b->alarm, THON_WALL_NEVER, THON_MONO_NEVER);
                return;
        }
        alarm_in(b, b->pause_us);
        b->pause_us = 2 * b->pause_us < ROUND_MAX_US ? 2 * b->pause_us : ROUND_MAX_US;
}

static void on_alarm(void *userdata)
{
        struct relayd_bare *b = userdata;

        hang_up(b);
        go(b);
}

int relayd_bare_say(struct relayd_bare *b, const char *text, const char *const *ladders, size_t n)
{
        char *words = strdup(text);
        struct addressee *items = calloc(n + 1, sizeof(*items));
        bool whole = words && items;

        if (n > RELAYD_BARE_MAX)
                whole = false;
        for (size_t i = 0; whole && i < n; i++) {
                items[i] = (struct addressee){.ladder = strdup(ladders[i]), .rung = -1};
                whole = items[i].ladder != NULL;
        }
        if (!whole) {
                for (size_t i = 0; items && i < n; i++)
                        free(items[i].ladder);
                free(items);
                free(words);
                return n > RELAYD_BARE_MAX ? -E2BIG : -ENOMEM;
        }
        hang_up(b);
        forget_words(b);
        b->text = words;
        b->items = items;
        b->n = n;
        b->pause_us = ROUND_US;
        alarm_in(b, 0);
        return 0;
}

/* ---- life ---- */

int relayd_bare_new(struct relayd *d, relayd_bare_fn fn, void *userdata, struct relayd_bare **ret)
{
        struct relayd_bare *b = calloc(1, sizeof(*b));
        int r;

        if (!b)
                return -ENOMEM;
        *b = (struct relayd_bare){.daemon = d, .fn = fn, .userdata = userdata};
        r = thon_alarm_new(d->clock, "bare", on_alarm, b, &b->alarm);
        if (r < 0) {
                free(b);
                return r;
        }
        *ret = b;
        return 0;
}

struct relayd_bare *relayd_bare_free(struct relayd_bare *b)
{
        if (!b)
                return NULL;
        hang_up(b);
        forget_words(b);
        thon_alarm_free(b->alarm);
        free(b);
        return NULL;
}
