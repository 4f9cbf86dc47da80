/* From the queue to the calls: each channel is asked whether it may send, and what it may send is claimed in the commit of
 * this turn. Channels know nothing of each other; one that is slow or shut is passed by.
 *
 * What is claimed and not settled at a crash is unknown, so little is claimed at a time: half a second's worth of the
 * channel's rate. That, and the order of lanes in the gate, also lets an emergency overtake a bulk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pump.h"
#include "thon/log.h"

#define CLAIM_MAX 64u
#define FINISH_US UINT64_C(2000000)

/* ---- limits ---- */

static unsigned window_of(const struct thon_channel_conf *conf)
{
        unsigned least = conf->parallel > 0 ? (unsigned)conf->parallel : 1;
        uint64_t half = CLAIM_MAX;

        if (conf->rate.count > 0 && conf->rate.per_us > 0)
                half = (uint64_t)conf->rate.count * 500000 / conf->rate.per_us;
        if (half > CLAIM_MAX)
                half = CLAIM_MAX;
        return half > least ? (unsigned)half : least < CLAIM_MAX ? least : CLAIM_MAX;
}

struct thon_gate_conf relayd_gate_conf(const struct relayd_channel *c)
{
        return (struct thon_gate_conf){
                .rate = c->conf->rate,
                .quota = {c->conf->daily_quota, c->conf->reserve},
                .hours = c->conf->hours,
                .parallel = window_of(c->conf),
        };
}

int32_t relayd_today(const struct relayd *d)
{
        return thon_zone_civil(d->zone, relayd_wall(d)).days;
}

/* ---- rungs ---- */

struct relayd_channel *relayd_channel_find(struct relayd *d, const char *name)
{
        for (size_t i = 0; i < d->n_channels; i++)
                if (strcmp(d->channels[i]->conf->name, name) == 0)
                        return d->channels[i];
        return NULL;
}

static bool usable(const struct thon_rung *rung, void *userdata)
{
        struct relayd *d = userdata;
        struct thon_chat chat = {0};

        if (!relayd_channel_find(d, rung->channel))
                return false;
        return thon_chat_get(d->store, rung->channel, rung->address, &chat) != 0 ||
               chat.bad_until.s <= relayd_wall(d).s;
}

int relayd_step(const char *ladder, int rung, struct thon_wall *due, enum thon_due *why, void *userdata)
{
        struct relayd *d = userdata;

        *due = relayd_wall(d);
        *why = THON_DUE_NOW;
        return thon_ladder_next(ladder, rung, usable, d);
}

/* ---- claiming ---- */

int relayd_queue_claim(struct relayd *d, const char *channel, enum thon_class lane, unsigned limit,
                       int (*visit)(const struct thon_message *, void *), void *userdata, unsigned *ret_n)
{
        return (thon_clock_trusted(d->clock) ? thon_queue_claim : thon_queue_claim_undated)(
                d->store, channel, lane, relayd_wall(d), limit, visit, userdata, ret_n);
}

static void unclaim(struct relayd_send *s)
{
        struct thon_gate *gate = &s->channel->gate;

        if (s->reserved > 0 && gate->used.day == s->reserved_day)
                gate->used.used -=
                        (int64_t)s->reserved < gate->used.used ? (int64_t)s->reserved : gate->used.used;
        if (s->counts)
                s->channel->in_flight--;
        if (s->probe)
                thon_breaker_inconclusive(&gate->breaker);
        TAILQ_REMOVE(&s->channel->sends->list, s, entry);
        (void)relayd_send_free(s);
}

static void on_claimed(struct relayd *d, int result, void *userdata)
{
        struct relayd_channel *c = userdata;
        struct relayd_send *s, *next;

        for (s = TAILQ_FIRST(&c->sends->list); s; s = next) {
                next = TAILQ_NEXT(s, entry);
                if (s->state != RELAYD_SEND_CLAIMED)
                        continue;
                if (result == 0)
                        s->state = RELAYD_SEND_READY;
                else
                        unclaim(s);
        }
        if (result == 0) {
                relayd_sends_run(c);
                relayd_pump_soon(d);
        }
}

/* All parts of a message go on one day, or none. */
static void reserve(struct relayd_send *s)
{
        struct relayd_channel *c = s->channel;
        struct relayd *d = c->daemon;
        struct thon_gate_conf conf = relayd_gate_conf(c);
        unsigned parts = s->parts.n > s->part ? (unsigned)(s->parts.n - s->part) : 1;
        int32_t today = relayd_today(d);

        if (conf.quota.total < 0)
                return;
        if (thon_quota_room(&conf.quota, &c->gate.used, today, s->lane, parts) < parts) {
                s->over_until =
                        thon_hours_next(&conf.hours, d->zone, thon_zone_instant(d->zone, today + 1, 0));
                return;
        }
        thon_quota_count(&c->gate.used, today, parts);
        s->reserved = parts;
        s->reserved_day = today;
}

static int on_row(const struct thon_message *message, void *userdata)
{
        struct relayd_channel *c = userdata;
        struct relayd_send *s = relayd_send_new(c, message);

        if (!s)
                return -ENOMEM;
        s->counts = true;
        s->probe = c->gate.breaker.open;
        c->in_flight++;
        TAILQ_INSERT_TAIL(&c->sends->list, s, entry);
        reserve(s);
        return 0;
}

/* 0 and how many; a failure has ended the batch, and on_claimed() hears of it. */
static int claim(struct relayd_channel *c, enum thon_class lane, unsigned want, unsigned *ret_n)
{
        struct relayd *d = c->daemon;
        int r = relayd_batch_enter(d);

        if (r == 0)
                r = relayd_batch_then(d, on_claimed, c);
        if (r != 0)
                return r;
        r = relayd_queue_claim(d, c->conf->name, lane, want, on_row, c, ret_n);
        if (r != 0)
                return r;
        thon_breaker_started(&c->gate.breaker, *ret_n);
        if (*ret_n > 0 && c->conf->daily_quota >= 0)
                r = thon_channel_day_set(d->store, c->conf->name, c->gate.used.day, c->gate.used.used);
        return r;
}

/* ---- an emergency does not wait for a channel that is held, paused or broken ---- */

/* An emergency that waits here goes on when the channel was shut for that long, whenever it came itself. */
static void be_patient(struct relayd_channel *c)
{
        struct relayd *d = c->daemon;
        struct thon_mono over = thon_mono_add(c->sends->shut_since, (uint64_t)d->conf.patience_s * 1000000);

        if (over.us > relayd_mono(d).us)
                relayd_pump_look(d, THON_WALL_NEVER, over);
        else
                relayd_move_emergencies(c);
}

/* ---- one channel ---- */

/* Written to the rows once: then nothing of that lane is due until then. Emergencies do not wait for tomorrow's quota while
 * there is another channel. */
static void defer(struct relayd_channel *c, const struct thon_gate_answer *answer,
                  const bool waiting[static THON_CLASSES])
{
        struct relayd *d = c->daemon;
        size_t n;

        for (int i = 0; i < THON_CLASSES; i++) {
                if (!waiting[i] || answer->shut[i] == THON_GATE_GO)
                        continue;
                if (i == THON_CLASS_EMERGENCY) {
                        relayd_move_emergencies(c);
                        continue;
                }
                if (relayd_batch_enter(d) != 0)
                        return;
                c->sends->put_off = answer->shut[i];
                c->sends->put_off_to = answer->defer_to[i];
                (void)thon_queue_defer(d->store, c->conf->name, (enum thon_class)i, answer->defer_to[i],
                                       answer->shut[i] == THON_GATE_QUOTA ? THON_DUE_QUOTA : THON_DUE_HOURS,
                                       &n);
        }
}

/* A person may have mended it: one message shows. */
static void try_held(struct relayd_channel *c)
{
        struct thon_mono now = relayd_mono(c->daemon);

        if (!c->gate.held || c->sends->held_until.us == THON_MONO_NEVER.us)
                return;
        if (now.us < c->sends->held_until.us) {
                relayd_pump_look(c->daemon, THON_WALL_NEVER, c->sends->held_until);
                return;
        }
        c->sends->held_until = THON_MONO_NEVER;
        c->gate.held = false;
        c->gate.breaker.open = true;
        c->gate.breaker.probing = false;
        c->gate.breaker.retry_at = now;
}

/* Of a day that comes twice, by a clock that was set back, the store knows what was used. */
static void take_day(struct relayd_channel *c)
{
        int32_t today = relayd_today(c->daemon);
        int64_t used = 0;

        if (c->conf->daily_quota >= 0 && c->gate.used.day != today &&
            thon_channel_day_get(c->daemon->store, c->conf->name, today, &used) == 0)
                c->gate.used = (struct thon_quota_used){today, used};
}

/* By a clock that nobody vouches for it may be night. Whoever is warned is not asked. */
static bool knows_hours(const struct relayd_channel *c, enum thon_class lane)
{
        const struct thon_hours *hours = &c->conf->hours;

        return lane == THON_CLASS_EMERGENCY || hours->from_min == hours->to_min ||
               thon_clock_trusted(c->daemon->clock);
}

/* False: nothing more may go now. */
static bool pump_once(struct relayd_channel *c)
{
        struct relayd *d = c->daemon;
        struct thon_gate_conf conf = relayd_gate_conf(c);
        struct thon_wall wall = relayd_wall(d);
        struct thon_lane_state lanes[THON_CLASSES];
        bool waiting[THON_CLASSES], any = false;
        struct thon_gate_answer answer;
        unsigned n = 0;

        if (thon_queue_look(d->store, c->conf->name, lanes) != 0)
                return false;
        c->sends->why = THON_GATE_IDLE;
        for (int i = 0; i < THON_CLASSES; i++) {
                waiting[i] = lanes[i].due.s <= wall.s;
                if (!waiting[i])
                        relayd_pump_look(d, lanes[i].due, THON_MONO_NEVER);
                if (waiting[i] && !knows_hours(c, (enum thon_class)i)) {
                        waiting[i] = false;
                        c->sends->why = THON_GATE_CLOCK;
                }
                any = any || waiting[i];
        }
        if (!any)
                return false;
        try_held(c);
        take_day(c);
        thon_gate_ask(&conf, &c->gate, d->zone, wall, relayd_mono(d), waiting, c->in_flight, conf.parallel,
                      &answer);
        defer(c, &answer, waiting);
        c->sends->why = answer.why;
        c->sends->look_at = answer.look_mono;
        switch (answer.why) {
        case THON_GATE_HELD:
        case THON_GATE_PAUSED:
        case THON_GATE_BREAKER:
                if (c->sends->shut_since.us == THON_MONO_NEVER.us)
                        c->sends->shut_since = relayd_mono(d);
                if (waiting[THON_CLASS_EMERGENCY])
                        be_patient(c);
                break;
        case THON_GATE_IDLE:
        case THON_GATE_BUSY:
        case THON_GATE_RATE:
        case THON_GATE_QUOTA:
        case THON_GATE_HOURS:
        case THON_GATE_CLOCK:
                break;
        case THON_GATE_GO:
                return claim(c, answer.lane, answer.n, &n) == 0 && n > 0;
        }
        relayd_pump_look(d, THON_WALL_NEVER, answer.look_mono);
        return false;
}

/* A token that is being fetched wakes the pump when it is there. */
static void wait_for_token(struct relayd_channel *c)
{
        struct relayd *d = c->daemon;
        struct thon_lane_state lanes[THON_CLASSES];

        c->sends->why = THON_GATE_HELD;
        c->sends->look_at = THON_MONO_NEVER;
        if (c->sends->shut_since.us == THON_MONO_NEVER.us)
                c->sends->shut_since = relayd_mono(d);
        if (thon_queue_look(d->store, c->conf->name, lanes) == 0 &&
            lanes[THON_CLASS_EMERGENCY].due.s <= relayd_wall(d).s)
                be_patient(c);
}

static void pump(struct relayd *d)
{
        d->pump->wall = THON_WALL_NEVER;
        d->pump->mono = THON_MONO_NEVER;
        if (d->stopping || d->store_error != 0 || !relayd_store(d))
                return;
        relayd_keep_look(d);
        if (d->pump->orphans_at.s <= relayd_wall(d).s)
                relayd_move_orphans(d);
        else
                relayd_pump_look(d, d->pump->orphans_at, THON_MONO_NEVER);
        for (size_t i = 0; i < d->n_channels; i++) {
                struct relayd_channel *c = d->channels[i];

                relayd_settle_again(c);
                relayd_sends_run(c);
                if (!relayd_token_ready(c))
                        wait_for_token(c);
                else
                        for (unsigned turn = 0; turn < CLAIM_MAX && pump_once(c); turn++)
                                ;
        }
        relayd_publish_health(d);
}

void relayd_pump_look(struct relayd *d, struct thon_wall wall, struct thon_mono mono)
{
        struct relayd_pump *p = d->pump;

        if (wall.s >= p->wall.s && mono.us >= p->mono.us)
                return;
        if (wall.s < p->wall.s)
                p->wall = wall;
        if (mono.us < p->mono.us)
                p->mono = mono;
        thon_alarm_set(p->alarm, p->wall, p->mono);
}

static int on_soon(sd_event_source *source, void *userdata)
{
        (void)source;
        pump(userdata);
        return 0;
}

static void on_alarm(void *userdata)
{
        pump(userdata);
}

void relayd_pump_soon(struct relayd *d)
{
        if (d->pump && d->pump->soon)
                (void)sd_event_source_set_enabled(d->pump->soon, SD_EVENT_ONESHOT);
}

/* ---- what expires ---- */

static int on_open(int64_t notice, void *userdata)
{
        relayd_publish_notice(userdata, notice);
        return 0;
}

static void on_expiry(void *userdata)
{
        struct relayd *d = userdata;
        struct thon_wall next = THON_WALL_NEVER;
        size_t n = 0;

        d->pump->expiry_at = THON_WALL_NEVER;
        if (!thon_clock_trusted(d->clock)) /* looked at when it is */
                return;
        if (relayd_batch_enter(d) != 0 || thon_queue_expire(d->store, relayd_wall(d), &n, &next) != 0) {
                relayd_pump_expires(d, (struct thon_wall){relayd_wall(d).s + 60});
                return;
        }
        if (n > 0)
                (void)thon_notice_open_each(d->store, on_open, d);
        relayd_pump_expires(d, next);
}

void relayd_pump_expires(struct relayd *d, struct thon_wall at)
{
        if (at.s >= d->pump->expiry_at.s)
                return;
        d->pump->expiry_at = at;
        thon_alarm_set(d->pump->expiry, at, THON_MONO_NEVER);
}

/* ---- life ---- */

static bool under_way(const struct relayd *d)
{
        const struct relayd_send *s;

        for (size_t i = 0; i < d->n_channels; i++)
                TAILQ_FOREACH (s, &d->channels[i]->sends->list, entry)
                        if (s->state == RELAYD_SEND_CALL || (s->state == RELAYD_SEND_SETTLING && s->written))
                                return true;
        return false;
}

void relayd_pump_ended(struct relayd *d)
{
        if (d->stopping && !under_way(d))
                (void)sd_event_exit(d->event, 0);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct relayd *d = userdata;

        (void)source;
        (void)usec;
        return sd_event_exit(d->event, 0);
}

bool relayd_pump_finish(struct relayd *d)
{
        d->stopping = true;
        relayd_batch_flush(d); /* what was claimed in it is returned unsent */
        for (size_t i = 0; i < d->n_channels; i++)
                relayd_sends_run(d->channels[i]);
        return under_way(d) && sd_event_add_time_relative(d->event, &d->pump->deadline, CLOCK_MONOTONIC,
                                                          FINISH_US, 1, on_deadline, d) >= 0;
}

int relayd_pump_start(struct relayd *d)
{
        struct relayd_pump *p = d->pump = calloc(1, sizeof(*p));
        int r;

        if (!p)
                return -ENOMEM;
        p->wall = p->expiry_at = p->orphans_at = THON_WALL_NEVER;
        p->mono = THON_MONO_NEVER;
        r = sd_event_add_defer(d->event, &p->soon, on_soon, d);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(p->soon, "pump");
        r = thon_alarm_new(d->clock, "pump", on_alarm, d, &p->alarm);
        if (r == 0)
                r = thon_alarm_new(d->clock, "expiry", on_expiry, d, &p->expiry);
        if (r == 0)
                relayd_pump_expires(d, relayd_wall(d));
        return r;
}

void relayd_pump_stop(struct relayd *d)
{
        struct relayd_pump *p = d->pump;

        if (!p)
                return;
        sd_event_source_disable_unref(p->soon);
        sd_event_source_disable_unref(p->deadline);
        thon_alarm_free(p->alarm);
        thon_alarm_free(p->expiry);
        free(p);
        d->pump = NULL;
}
