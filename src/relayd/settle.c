/* From an answer to the disk: what is decided about a message is written in the next commit, and is kept here until the
 * store has it. A crash before that is an unknown, and is told as one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pump.h"
#include "thon/log.h"

/* Before that it may still be on its way there. */
#define DOUBT_US      UINT64_C(65000000)
#define INQUIRIES_MAX 2u

static void leave(struct relayd_send *s)
{
        struct relayd_channel *c = s->channel;

        TAILQ_REMOVE(&c->sends->list, s, entry);
        (void)relayd_send_free(s);
}

/* It is no longer under way, for the gate. */
static void landed(struct relayd_send *s)
{
        if (s->counts)
                s->channel->in_flight--;
        s->counts = false;
}

static int on_notice(int64_t notice, void *userdata)
{
        relayd_publish_notice(userdata, notice);
        return 0;
}

static void on_written(struct relayd *d, int result, void *userdata)
{
        struct relayd_send *s = userdata;

        s->written = false;
        if (result != 0)
                return; /* the store tells when it is back */
        if (d->store)
                (void)thon_message_notices(d->store, s->id, on_notice, d);
        if (s->settle.next == THON_NEXT_UNKNOWN && s->may_ask)
                relayd_send_doubt(s);
        else
                leave(s);
        relayd_pump_soon(d);
        relayd_pump_ended(d);
}

/* What it was given of the quota and did not use. */
static void give_back(struct relayd_send *s)
{
        struct thon_gate *gate = &s->channel->gate;

        if (s->reserved > 0 && gate->used.day == s->reserved_day)
                gate->used.used -=
                        (int64_t)s->reserved < gate->used.used ? (int64_t)s->reserved : gate->used.used;
        s->reserved = 0;
}

static void write_down(struct relayd_send *s)
{
        struct relayd_channel *c = s->channel;
        struct relayd *d = c->daemon;
        int r;

        if (relayd_batch_enter(d) != 0 || relayd_batch_then(d, on_written, s) != 0)
                return;
        s->written = true;
        give_back(s);
        /* A failure ends the batch, and on_written() hears of it. */
        r = thon_message_settle(d->store, &s->settle, relayd_step, d);
        if (r == THON_STORE_NOT_FOUND)
                thon_debug("%s: message %" PRId64 " had ended before", c->conf->name, s->id);
        if (c->conf->daily_quota >= 0)
                (void)thon_channel_day_set(d->store, c->conf->name, c->gate.used.day, c->gate.used.used);
        if (s->remember_s > 0)
                (void)thon_chat_bad(d->store, c->conf->name, s->address,
                                    (struct thon_wall){s->settle.at.s + s->remember_s}, s->settle.has_code,
                                    s->settle.code, s->detail);
}

void relayd_settle_again(struct relayd_channel *c)
{
        struct relayd_send *s;

        TAILQ_FOREACH (s, &c->sends->list, entry)
                if (s->state == RELAYD_SEND_SETTLING && !s->written)
                        write_down(s);
}

static void settle(struct relayd_send *s)
{
        struct relayd_channel *c = s->channel;

        landed(s);
        if (s->probe)
                thon_breaker_inconclusive(&c->gate.breaker);
        s->state = RELAYD_SEND_SETTLING;
        s->settle.message = s->id;
        s->settle.detail = s->detail;
        s->settle.part = s->part;
        s->settle.at = relayd_wall(c->daemon);
        write_down(s);
}

void relayd_send_end(struct relayd_send *s, enum thon_next next, struct thon_wall due, enum thon_due why,
                     const char *detail)
{
        s->settle = (struct thon_settle){.next = next, .due = due, .why = why, .uncount = !s->counted};
        snprintf(s->detail, sizeof(s->detail), "%s", detail);
        settle(s);
}

static bool was_refreshed(const struct relayd_channel *c, int64_t message)
{
        const size_t n = sizeof(c->sends->refreshed) / sizeof(c->sends->refreshed[0]);

        for (size_t i = 0; i < n; i++)
                if (c->sends->refreshed[i] == message)
                        return true;
        return false;
}

static void refresh(struct relayd_send *s)
{
        struct relayd_channel *c = s->channel;
        const size_t n = sizeof(c->sends->refreshed) / sizeof(c->sends->refreshed[0]);

        c->sends->refreshed[c->sends->n_refreshed++ % n] = s->id;
        if (c->token)
                relayd_token_refused(c->token, s->access_token ? s->access_token : "");
}

/* What the answer says of the channel. */
static void tell_gate(struct relayd_send *s, const struct thon_judgement *j,
                      const struct thon_decision *decision)
{
        struct relayd_channel *c = s->channel;
        struct relayd *d = c->daemon;
        struct thon_gate_conf conf = relayd_gate_conf(c);
        struct thon_mono now = relayd_mono(d);
        /* A refusal of our own says nothing of the channel, and a doubt that lasts nothing new. */
        bool heard = s->state == RELAYD_SEND_CALL || s->state == RELAYD_SEND_WINDOW ||
                     (s->state == RELAYD_SEND_INQUIRY && j->verdict != THON_VERDICT_UNKNOWN);

        if (heard && decision->channel_alive) {
                thon_breaker_succeeded(&c->gate.breaker, conf.parallel);
                relayd_channel_alive(c);
                s->probe = false;
        } else if (heard && decision->channel_failed) {
                bool opened = thon_breaker_failed(&c->gate.breaker, now, relayd_jitter());
                relayd_channel_failing(c, j->meaning, opened);
                s->probe = false;
        }
        if (decision->pause_s > 0) {
                struct thon_mono until = thon_mono_add(now, (uint64_t)decision->pause_s * 1000000);
                if (until.us > c->gate.paused_until.us)
                        c->gate.paused_until = until;
        }
        if (decision->hold)
                relayd_channel_hold(c, j->meaning);
        if (j->quota_left >= 0)
                thon_quota_told(&conf.quota, &c->gate.used, relayd_today(d), j->quota_left);
}

static void log_judged(const struct relayd_send *s, const struct thon_judgement *j,
                       const struct thon_decision *decision)
{
        char id[24], code[24] = "";

        if (j->verdict == THON_VERDICT_SENT)
                return;
        snprintf(id, sizeof(id), "%" PRId64, s->id);
        if (j->has_code)
                snprintf(code, sizeof(code), " %" PRId64, j->code);
        /* One line a message at most for what a person reads; what repeats by itself is for debugging. */
        thon_log_full(
                decision->next == THON_NEXT_UNKNOWN ? LOG_WARNING
                : decision->next == THON_NEXT_RUNG  ? LOG_INFO
                                                    : LOG_DEBUG,
                THON_MSG_NONE,
                (const char *const[]){"THON_CHANNEL=", s->channel->conf->name, "THON_MESSAGE=", id, NULL},
                "%s: message %s: %s%s: %s%s%s", s->channel->conf->name, id, thon_verdict_text(j->verdict),
                code, j->meaning, j->detail[0] ? ": " : "", j->detail);
}

static enum thon_due why_of(const struct thon_judgement *j)
{
        switch (j->verdict) {
        case THON_VERDICT_DEFER:
        case THON_VERDICT_WAIT:
                return THON_DUE_PROVIDER;
        case THON_VERDICT_RETRY:
        case THON_VERDICT_UNKNOWN:
                return THON_DUE_BACKOFF;
        case THON_VERDICT_SENT:
        case THON_VERDICT_REFRESH:
        case THON_VERDICT_PERSON:
        case THON_VERDICT_MESSAGE:
        case THON_VERDICT_CHANNEL:
        case THON_VERDICTS:
                break;
        }
        return THON_DUE_NOW;
}

/* The next part of a longer text goes when the pacer lets it. */
static bool goes_on(struct relayd_send *s, const struct thon_judgement *j)
{
        if (j->verdict != THON_VERDICT_SENT || ++s->part >= s->parts.n)
                return false;
        s->state = RELAYD_SEND_READY;
        s->inquiries = 0;
        return true;
}

/* Of a picture that it cannot read, or does not let into this chat, a provider says what it says of a bad message or
 * chat. So what was refused with a picture is judged by what becomes of its words. */
static bool goes_bare(struct relayd_send *s, const struct thon_judgement *j)
{
        if (!s->picture || s->state != RELAYD_SEND_CALL ||
            (j->verdict != THON_VERDICT_MESSAGE && j->verdict != THON_VERDICT_PERSON))
                return false;
        thon_warning("%s: message %" PRId64 " goes without its picture, with which it was refused: %s%s%s",
                     s->channel->conf->name, s->id, j->meaning, j->detail[0] ? ": " : "", j->detail);
        relayd_send_drop_picture(s);
        s->state = RELAYD_SEND_READY;
        return true;
}

void relayd_send_doubt(struct relayd_send *s)
{
        if (s->inquiries >= INQUIRIES_MAX || s->channel->daemon->stopping || s->channel->retired) {
                leave(s);
                return;
        }
        s->state = RELAYD_SEND_DOUBT;
        s->look_at = thon_mono_add(relayd_mono(s->channel->daemon), DOUBT_US << s->inquiries);
        relayd_pump_look(s->channel->daemon, THON_WALL_NEVER, s->look_at);
}

void relayd_send_interrupted(struct relayd_send *s, const char *why)
{
        const struct thon_judgement j = {
                .verdict = THON_VERDICT_UNKNOWN, .meaning = why, .until = THON_WALL_NEVER, .quota_left = -1};

        s->spent = s->state == RELAYD_SEND_CALL;
        relayd_send_judged(s, &j);
}

void relayd_send_judged(struct relayd_send *s, const struct thon_judgement *j)
{
        struct relayd_channel *c = s->channel;
        struct relayd *d = c->daemon;
        enum thon_unknown_policy policy =
                s->lane == THON_CLASS_EMERGENCY ? c->conf->unknown_emergency : c->conf->unknown;
        const struct thon_message_state state = {
                .lane = s->lane,
                .attempts = s->attempts,
                .unknowns = s->unknowns,
                .refreshed = was_refreshed(c, s->id),
                .expires = s->expires,
                .more_rungs = s->more_rungs,
        };
        struct thon_decision decision =
                thon_relay_decide(&state, j, policy, relayd_wall(d), relayd_jitter());

        if (s->spent && s->reserved > 0 &&
            (j->verdict == THON_VERDICT_SENT || j->verdict == THON_VERDICT_UNKNOWN))
                s->reserved--;
        s->spent = false;
        tell_gate(s, j, &decision);
        if (goes_on(s, j) || goes_bare(s, j))
                return;
        /* Which part went out last is not known after a crash. */
        s->may_ask = policy == THON_UNKNOWN_RECEIPT && c->kind->inquire &&
                     (s->parts.n == 1 || s->state == RELAYD_SEND_CALL) && !d->stopping && !c->retired;
        log_judged(s, j, &decision);
        if (decision.next == THON_NEXT_REFRESH)
                refresh(s);
        snprintf(s->message_id, sizeof(s->message_id), "%s", j->message_id);
        snprintf(s->new_address, sizeof(s->new_address), "%s", j->new_address);
        snprintf(s->detail, sizeof(s->detail), "%s%s%s", j->verdict == THON_VERDICT_SENT ? "" : j->meaning,
                 j->verdict != THON_VERDICT_SENT && j->detail[0] ? ": " : "",
                 j->verdict == THON_VERDICT_SENT ? "" : j->detail);
        s->remember_s = decision.remember ? j->remember_s : 0;
        s->settle = (struct thon_settle){
                .next = decision.next == THON_NEXT_REFRESH ? THON_NEXT_AGAIN : decision.next,
                .due = decision.due,
                .why = why_of(j),
                .uncount = !decision.counts_as_attempt,
                .repeats = j->verdict == THON_VERDICT_UNKNOWN,
                .message_id = s->message_id[0] ? s->message_id : NULL,
                .has_code = j->has_code,
                .code = j->code,
                .address = s->new_address[0] ? s->new_address : NULL,
        };
        settle(s);
}
