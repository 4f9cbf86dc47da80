/* Random weeks of a station: bulletins, emergencies, cancellations, sounds that come late or never, players that fail, die, hang, lie and
 * report late, clocks that are set. What was heard is written down by whoever makes the sound, and judged second by second by rules that are
 * written here once more, without a line of the queue's.
 *
 * THON_SEED=N repeats a run. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/announce_air.h"

#define ZONES      4
#define ITEMS_MAX  400
#define SOUNDS_MAX 8000
#define LOG_MAX    20000
#define STEPS_MAX  120
#define SECOND     UINT64_C(1000000)
#define NEVER      UINT64_MAX
#define MINUTE     60
#define HOUR       3600
#define DAY        86400
#define OFFSET     (7 * HOUR)

/* Of what a town is made: the same plan can be lived through in several ways. */
struct plan {
        unsigned seed;
        int64_t seconds; /* airings are due within; it goes on until all have ended */
        unsigned items;
        bool faults, steps, whole_seconds, apart;
        int only_zone;     /* -1: all */
        bool every_second; /* look all the time, and not only when it asks */
};

enum part { WAITS, ON_AIR, OVER };

struct item {
        struct thon_airing a;
        bool emergency, added, cancelled, ready, lied;
        enum part part;
        unsigned attempts;
        bool begun, repeat_counted;
        uint64_t add_at, cancel_at, ready_at, ready_length; /* mono; NEVER */
        uint64_t paused_at, heard_us;
        struct thon_wall latest;
};

struct player {
        struct item *item; /* NULL: none */
        bool stopping, dies;
        uint64_t begin, end; /* of the sound; begin >= end: none */
        uint64_t tell_start, tell_end;
        enum thon_air_ended how;
        uint64_t from_us, claim; /* claim NEVER: says the truth */
        bool twice;
};

struct sound {
        size_t zone;
        const struct item *item;
        uint64_t from, to;
};

struct line {
        uint64_t at;
        int64_t serial;
        int what, state, reason;
        uint64_t from_us;
};

struct step {
        uint64_t at;
        int64_t by;
        bool trust;
};

struct town {
        struct plan plan;
        struct thon_zone *civil;
        struct thon_air *air;
        struct thon_air_rules rules[ZONES];
        struct item items[ITEMS_MAX];
        size_t n_items;
        struct player players[ZONES];
        struct sound sounds[SOUNDS_MAX];
        size_t n_sounds;
        struct line log[LOG_MAX];
        size_t n_log;
        struct step steps[STEPS_MAX];
        size_t n_steps, next_step;
        uint64_t mono;
        int64_t wall0, first_wall;
        bool trusted;
        unsigned looks, events;
};

/* ---- chance -------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
        x += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        return x ^ x >> 31;
}

/* Chance that belongs to a thing and not to the order in which it is asked. */
struct dice {
        uint64_t state;
};

static struct dice dice_of(const struct town *t, uint64_t kind, uint64_t a, uint64_t b)
{
        return (struct dice){mix(t->plan.seed ^ mix(kind ^ mix(a ^ mix(b))))};
}

static uint64_t roll(struct dice *d, uint64_t n)
{
        d->state = mix(d->state);
        return n ? d->state % n : 0;
}

static bool chance(struct dice *d, unsigned percent)
{
        return roll(d, 100) < percent;
}

static uint64_t span(const struct town *t, struct dice *d, uint64_t max_s)
{
        uint64_t us = roll(d, max_s * SECOND + 1);

        return t->plan.whole_seconds ? us / SECOND * SECOND : us;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

/* ---- clocks -------------------------------------------------------------------------------------------- */

static struct thon_air_now now_of(const struct town *t)
{
        return (struct thon_air_now){{t->wall0 + (int64_t)(t->mono / SECOND)}, {t->mono}, t->trusted};
}

static uint64_t mono_of(const struct town *t, struct thon_wall wall)
{
        if (wall.s == THON_WALL_NEVER.s)
                return NEVER;
        return wall.s <= t->wall0 ? 0 : (uint64_t)(wall.s - t->wall0) * SECOND;
}

/* ---- the town ------------------------------------------------------------------------------------------ */

static void make_rules(struct town *t)
{
        for (size_t i = 0; i < ZONES; i++) {
                struct dice d = dice_of(t, 1, i, 0);
                struct thon_air_rules *rules = &t->rules[i];

                rules->late_s = (int64_t)(1 + roll(&d, 90)) * MINUTE;
                if (chance(&d, 50))
                        rules->warm_us = span(t, &d, 5);
                /* The last zone has no rule: nothing but its own queue keeps it back. */
                if (i == ZONES - 1)
                        continue;
                for (rules->n_quiet = roll(&d, 3); chance(&d, 30) && rules->n_quiet < THON_QUIET_MAX;)
                        rules->n_quiet++;
                for (size_t k = 0; k < rules->n_quiet; k++) {
                        rules->quiet[k].from_min = (int16_t)roll(&d, 1440);
                        rules->quiet[k].to_min =
                                (int16_t)((rules->quiet[k].from_min + 5 + (int)roll(&d, 500)) % 1440);
                }
                if (chance(&d, 60))
                        rules->day_s = (int64_t)(1 + roll(&d, 60)) * MINUTE;
                if (chance(&d, 60))
                        rules->week_s = (int64_t)(1 + roll(&d, 180)) * MINUTE;
                rules->repeats = (unsigned)roll(&d, 4);
        }
        if (t->plan.apart) {
                t->rules[0].apart = 1u << 1;
                t->rules[1].apart = 1u << 2;
        }
}

static void make_item(struct town *t, size_t index)
{
        struct dice d = dice_of(t, 2, index, 0);
        struct item *it = &t->items[t->n_items];
        uint64_t due = (uint64_t)span(t, &d, (uint64_t)t->plan.seconds), length;
        size_t zone = roll(&d, ZONES);

        if (t->plan.only_zone >= 0 && zone != (size_t)t->plan.only_zone)
                return;
        length = (chance(&d, 80) ? 5 : 600) * SECOND + span(t, &d, chance(&d, 80) ? 600 : 3600);
        *it = (struct item){
                .a = {.serial = (int64_t)index + 1,
                      .zone = zone,
                      .class = chance(&d, 15)   ? THON_CLASS_EMERGENCY
                               : chance(&d, 25) ? THON_CLASS_PRIORITY
                                                : THON_CLASS_NORMAL,
                      .answered_for = chance(&d, 80),
                      .due = {t->wall0 + (int64_t)(due / SECOND)},
                      .latest = THON_WALL_NEVER,
                      .expires = THON_WALL_NEVER,
                      .length_us = length,
                      .resume = (enum thon_announce_resume)roll(&d, 3),
                      .ready = chance(&d, 85)},
                .cancel_at = NEVER,
                .ready_at = NEVER,
                .ready_length = length,
        };
        (void)snprintf(it->a.announcement, sizeof it->a.announcement, "tin-%d", (int)roll(&d, 12));
        if (chance(&d, 30))
                it->a.latest.s = it->a.due.s + (int64_t)roll(&d, 6 * HOUR);
        if (chance(&d, 30))
                it->a.expires.s = it->a.due.s + (int64_t)roll(&d, 12 * HOUR) - HOUR;
        it->add_at = chance(&d, 70) ? 0 : due - span(t, &d, due / SECOND);
        it->ready = it->a.ready;
        if (!it->a.ready) {
                it->a.length_us = chance(&d, 50) ? length : 0;
                it->ready_at = chance(&d, 80) ? due + span(t, &d, HOUR) : NEVER;
                it->ready_length = chance(&d, 80) ? length : 0;
        }
        if (chance(&d, 10))
                it->cancel_at = due + span(t, &d, HOUR);
        it->emergency = it->a.class == THON_CLASS_EMERGENCY && it->a.answered_for;
        it->latest = it->a.latest;
        if (it->a.latest.s == THON_WALL_NEVER.s && !it->emergency)
                it->latest.s = it->a.due.s + t->rules[zone].late_s;
        /* What may wait for ever would never end. */
        if (it->emergency && !it->a.ready && it->ready_at == NEVER)
                it->a.expires.s = it->a.due.s + HOUR;
        t->n_items++;
}

static void make_steps(struct town *t)
{
        struct dice d = dice_of(t, 3, 0, 0);
        size_t n;

        if (!t->plan.steps)
                return;
        t->trusted = false;
        /* One in a little less than an hour: some come while a bulletin is on air. */
        n = earlier(STEPS_MAX, (uint64_t)t->plan.seconds / 2900);
        for (t->n_steps = 0; t->n_steps < n; t->n_steps++)
                t->steps[t->n_steps] = (struct step){
                        (t->n_steps * (uint64_t)t->plan.seconds / n + roll(&d, 2900)) * SECOND,
                        (int64_t)roll(&d, 4 * HOUR) - 2 * HOUR, t->n_steps > 0 || chance(&d, 50)};
}

static struct town *town_new(const struct plan *plan)
{
        struct town *t = calloc(1, sizeof *t);
        struct dice d;

        ck_assert_ptr_nonnull(t);
        t->plan = *plan;
        t->trusted = true;
        d = dice_of(t, 0, 0, 0);
        /* Any hour of the days about a Sunday in March. */
        t->wall0 = (int64_t)thon_date_days((struct thon_date){2027, 3, 5}) * DAY + (int64_t)roll(&d, DAY);
        t->first_wall = t->wall0;
        ck_assert_int_eq(thon_zone_fixed(OFFSET, &t->civil), 0);
        make_rules(t);
        ck_assert_int_eq(thon_air_new(t->civil, t->rules, ZONES, &t->air), 0);
        for (size_t i = 0; i < plan->items; i++)
                make_item(t, i);
        make_steps(t);
        return t;
}

static void town_free(struct town *t)
{
        thon_air_free(t->air);
        thon_zone_free(t->civil);
        free(t);
}

static struct item *item_of(struct town *t, int64_t serial)
{
        for (size_t i = 0; i < t->n_items; i++)
                if (t->items[i].a.serial == serial)
                        return &t->items[i];
        ck_abort_msg("seed %u: nobody knows airing %d", t->plan.seed, (int)serial);
        return NULL;
}

#define never_happens(condition, ...)                                                             \
        do {                                                                                      \
                if (condition) {                                                                  \
                        printf("THON_SEED=%u, at %.3f s: ", t->plan.seed, (double)t->mono / 1e6); \
                        ck_abort_msg(__VA_ARGS__);                                                \
                }                                                                                 \
        } while (0)

/* ---- players ------------------------------------------------------------------------------------------- */

static void play(struct town *t, struct item *it, const struct thon_air_action *action)
{
        struct dice d = dice_of(t, 4, (uint64_t)it->a.serial, it->attempts);
        struct player *p = &t->players[it->a.zone];
        uint64_t rest = it->a.length_us - action->from_us, kind = t->plan.faults ? roll(&d, 12) : 11;
        uint64_t until = mono_of(t, action->until);

        *p = (struct player){.item = it, .how = THON_AIR_PLAYED, .from_us = action->from_us, .claim = NEVER};
        p->begin = t->mono + (chance(&d, 30) ? 0 : t->rules[it->a.zone].warm_us) + span(t, &d, 2);
        p->end = p->begin + rest;
        p->tell_end = 0;
        switch (kind) {
        case 0: /* cannot begin */
                p->end = p->begin;
                p->how = THON_AIR_BROKE;
                p->claim = roll(&d, 2) ? 0 : roll(&d, NEVER);
                break;
        case 1: /* dies in its midst */
        case 2:
                p->end = p->begin + span(t, &d, rest / SECOND);
                p->how = THON_AIR_BROKE;
                break;
        case 3: /* hangs, and is killed */
                p->end = p->begin + span(t, &d, rest / SECOND);
                p->tell_end = p->begin + rest + 20 * SECOND;
                p->how = THON_AIR_BROKE;
                p->claim = roll(&d, 2) ? 0 : roll(&d, NEVER);
                it->lied = true;
                break;
        case 4: /* "completed" */
                p->end = p->begin;
                p->claim = it->a.length_us;
                break;
        case 5: /* stops of itself */
                p->end = p->begin + span(t, &d, rest / SECOND);
                p->how = THON_AIR_STOPPED;
                break;
        case 6:
                p->twice = true;
                break;
        }
        /* The player is given the limit too. */
        if (p->end > until)
                p->end = until;
        p->tell_start = p->begin < p->end ? p->begin + span(t, &d, 2) : NEVER;
        if (p->tell_start != NEVER && p->tell_start > p->end)
                p->tell_start = p->end;
        if (p->tell_end == 0)
                p->tell_end = (p->end > p->begin ? p->end : t->mono + SECOND) + span(t, &d, 2);
        it->attempts++;
}

static void stop_playing(struct town *t, struct player *p)
{
        struct dice d = dice_of(t, 5, (uint64_t)p->item->a.serial, p->item->attempts);
        uint64_t fade = t->mono + span(t, &d, 1), told = fade + span(t, &d, 2);

        p->stopping = true;
        if (p->end > fade)
                p->end = fade;
        if (p->end <= p->begin)
                p->tell_start = NEVER;
        if (told < p->tell_end) {
                p->tell_end = told;
                p->how = chance(&d, 80) ? THON_AIR_STOPPED : THON_AIR_BROKE;
                p->claim = NEVER;
        }
        if (p->tell_start != NEVER && p->tell_start > p->tell_end)
                p->tell_start = p->tell_end;
}

static int32_t day_of(int64_t wall)
{
        return (int32_t)((wall + OFFSET) / DAY);
}

/* Distinct airings of one announcement that began in a zone on the day of now. */
static void begins(struct town *t, struct item *it)
{
        unsigned n = 1;

        it->begun = true;
        if (it->emergency || it->repeat_counted || t->plan.steps)
                return;
        it->repeat_counted = true;
        it->paused_at = t->mono; /* for the count below: when it began */
        for (size_t i = 0; i < t->n_log; i++)
                if (t->log[i].what == 100 && t->log[i].serial != it->a.serial) {
                        const struct item *other = item_of(t, t->log[i].serial);

                        n += other->a.zone == it->a.zone && !other->emergency &&
                             strcmp(other->a.announcement, it->a.announcement) == 0 &&
                             day_of(t->wall0 + (int64_t)(t->log[i].at / SECOND)) == day_of(now_of(t).wall.s);
                }
        ck_assert_uint_lt(t->n_log, LOG_MAX);
        t->log[t->n_log++] = (struct line){t->mono, it->a.serial, 100, 0, 0, 0};
        never_happens(t->rules[it->a.zone].repeats > 0 && n > t->rules[it->a.zone].repeats,
                      "%s aired %u times in a day", it->a.announcement, n);
}

static void tell(struct town *t, struct player *p)
{
        struct item *it = p->item;
        uint64_t heard = p->end > p->begin ? p->end - p->begin : 0;

        if (p->tell_start <= t->mono) {
                p->tell_start = NEVER;
                t->events++;
                begins(t, it);
                thon_air_started(t->air, it->a.serial, now_of(t));
                if (p->twice)
                        thon_air_started(t->air, it->a.serial, now_of(t));
        }
        if (p->tell_end > t->mono)
                return;
        t->events++;
        if (heard > 0) {
                ck_assert_uint_lt(t->n_sounds, SOUNDS_MAX);
                t->sounds[t->n_sounds++] = (struct sound){it->a.zone, it, p->begin, p->end};
        }
        it->heard_us += heard;
        it->part = WAITS;
        it->paused_at = t->mono;
        p->item = NULL;
        thon_air_ended(t->air, it->a.serial, p->how, p->claim == NEVER ? p->from_us + heard : p->claim,
                       now_of(t));
        if (p->twice) {
                thon_air_ended(t->air, it->a.serial, THON_AIR_BROKE, 0, now_of(t));
                thon_air_started(t->air, it->a.serial, now_of(t));
        }
}

/* ---- quiet hours, once more ------------------------------------------------------------------------------ */

static bool quiet_second(const struct thon_air_rules *rules, int64_t wall)
{
        int64_t minute = (wall + OFFSET) % DAY / 60;

        for (size_t i = 0; i < rules->n_quiet; i++) {
                int64_t from = rules->quiet[i].from_min, to = rules->quiet[i].to_min;

                if (from <= to ? minute >= from && minute < to : minute >= from || minute < to)
                        return true;
        }
        return false;
}

/* Of a past moment, by the clock as it was then. */
static int64_t wall_at(const struct town *t, uint64_t mono)
{
        int64_t wall = t->first_wall + (int64_t)(mono / SECOND);

        for (size_t i = 0; i < t->next_step && t->steps[i].at <= mono; i++)
                wall += t->steps[i].by;
        return wall;
}

/* A clock that is set takes the player's limit away: then the order to stop is what silences it, with a fade. */
static bool fades(const struct town *t, const struct sound *sound, uint64_t at)
{
        bool set = false;

        for (size_t i = 0; i < t->next_step; i++) {
                set = set || (t->steps[i].at + 20 * SECOND > sound->from && t->steps[i].at <= at);
                if (t->steps[i].at <= at && at < t->steps[i].at + 2 * SECOND)
                        return true;
        }
        return set && sound->to <= at + SECOND;
}

/* ---- what it says -------------------------------------------------------------------------------------- */

static void judge_start(struct town *t, struct item *it, const struct thon_air_action *action)
{
        struct thon_air_now now = now_of(t);
        uint64_t apart = t->rules[it->a.zone].apart;

        never_happens(t->players[it->a.zone].item, "two are on air in one zone");
        never_happens(it->part != WAITS || it->cancelled, "%d starts, but does not wait", (int)it->a.serial);
        never_happens(!it->ready, "%d starts without a sound", (int)it->a.serial);
        never_happens(!now.trusted && !it->emergency, "a bulletin by a clock that is not trusted");
        never_happens(now.wall.s >= it->a.expires.s, "%d starts when it has expired", (int)it->a.serial);
        never_happens(!it->begun && now.wall.s > it->latest.s, "%d starts behind its latest start",
                      (int)it->a.serial);
        never_happens(it->begun && now.wall.s > it->latest.s && t->mono >= it->paused_at + 900 * SECOND,
                      "%d goes on too late", (int)it->a.serial);
        never_happens(action->from_us >= it->a.length_us, "%d starts behind its end", (int)it->a.serial);
        never_happens(!it->begun && it->attempts == 0 && it->a.due.s > now.wall.s,
                      "%d starts before it is due", (int)it->a.serial);
        /* The limit takes the fraction of a second that it may be too long. */
        for (uint64_t at = t->mono / SECOND * SECOND,
                      end = at + t->rules[it->a.zone].warm_us + it->a.length_us - action->from_us;
             !it->emergency && at < end; at += SECOND)
                never_happens(quiet_second(&t->rules[it->a.zone], t->wall0 + (int64_t)(at / SECOND)),
                              "%d starts, and would sound into quiet hours", (int)it->a.serial);
        for (size_t i = 0; i < ZONES; i++)
                if (i != it->a.zone && (apart >> i & 1 || t->rules[i].apart >> it->a.zone & 1))
                        never_happens(!it->emergency && t->players[i].item, "neighbours on air together");
}

static int visit(const struct thon_air_action *action, void *userdata)
{
        struct town *t = userdata;
        struct item *it = item_of(t, action->serial);

        never_happens(it->part == OVER, "%d has ended, and is told of again", (int)action->serial);
        never_happens(action->zone != it->a.zone, "another zone");
        never_happens(strcmp(action->announcement, it->a.announcement) != 0, "another announcement");
        ck_assert_uint_lt(t->n_log, LOG_MAX);
        if (action->what != THON_AIR_HOLD)
                t->log[t->n_log++] = (struct line){t->mono,
                                                   action->serial,
                                                   (int)action->what,
                                                   action->what == THON_AIR_END ? (int)action->state : 0,
                                                   (int)action->reason,
                                                   action->from_us};
        switch (action->what) {
        case THON_AIR_START:
                judge_start(t, it, action);
                it->part = ON_AIR;
                play(t, it, action);
                break;
        case THON_AIR_STOP:
                never_happens(it->part != ON_AIR, "%d is stopped, but not on air", (int)action->serial);
                never_happens(t->players[it->a.zone].stopping, "%d is stopped twice", (int)action->serial);
                stop_playing(t, &t->players[it->a.zone]);
                break;
        case THON_AIR_END:
                never_happens(it->part != WAITS, "%d ends while it is on air", (int)action->serial);
                never_happens(action->state != THON_AIRING_AIRED && action->reason == THON_AIR_NO_REASON,
                              "dropped without a reason");
                never_happens(action->state == THON_AIRING_CANCELLED && !it->cancelled,
                              "cancelled by nobody");
                never_happens(action->state == THON_AIRING_AIRED && !it->lied &&
                                      it->heard_us + 4 * SECOND < it->a.length_us,
                              "%d has aired, but was not heard", (int)action->serial);
                it->part = OVER;
                break;
        case THON_AIR_HOLD:
                never_happens(action->reason == THON_AIR_NO_REASON, "held for nothing");
                break;
        }
        return 0;
}

/* No emergency waits for anything but another emergency; and no zone without rules waits at all. */
static void judge_look(struct town *t)
{
        struct thon_air_now now = now_of(t);

        for (size_t i = 0; i < t->n_items; i++) {
                const struct item *it = &t->items[i];
                const struct player *p = &t->players[it->a.zone];

                if (!it->added || it->part != WAITS || !it->ready || it->a.due.s > now.wall.s ||
                    it->attempts > 0)
                        continue;
                if (it->emergency) {
                        never_happens(!p->item, "emergency %d waits for nobody", (int)it->a.serial);
                        never_happens(!p->item->emergency && !p->stopping, "emergency %d waits for %d",
                                      (int)it->a.serial, (int)p->item->a.serial);
                }
        }
        for (size_t i = 0; i < t->n_items; i++) {
                const struct item *it = &t->items[i];
                bool retry = false;

                if (it->a.zone != ZONES - 1 || !it->added || it->part != WAITS || !it->ready ||
                    !now.trusted || it->a.due.s > now.wall.s || t->players[it->a.zone].item)
                        continue;
                for (size_t j = 0; j < t->n_items; j++)
                        retry = retry || (t->items[j].a.zone == it->a.zone && t->items[j].part == WAITS &&
                                          t->items[j].attempts > 0);
                never_happens(!retry, "%d waits in a free zone", (int)it->a.serial);
        }
}

/* ---- life ---------------------------------------------------------------------------------------------- */

static uint64_t next_event(const struct town *t)
{
        uint64_t at = t->next_step < t->n_steps ? t->steps[t->next_step].at : NEVER;

        for (size_t i = 0; i < t->n_items; i++) {
                const struct item *it = &t->items[i];

                if (it->part == OVER)
                        continue;
                if (!it->added)
                        at = earlier(at, it->add_at);
                else {
                        at = earlier(at, it->cancel_at);
                        at = earlier(at, it->ready_at);
                }
        }
        for (size_t i = 0; i < ZONES; i++)
                if (t->players[i].item)
                        at = earlier(at, earlier(t->players[i].tell_start, t->players[i].tell_end));
        return at;
}

static void happen(struct town *t)
{
        while (t->next_step < t->n_steps && t->steps[t->next_step].at <= t->mono) {
                t->wall0 += t->steps[t->next_step].by;
                t->trusted = t->steps[t->next_step].trust;
                t->next_step++;
                t->events++;
        }
        for (size_t i = 0; i < t->n_items; i++) {
                struct item *it = &t->items[i];

                if (!it->added && it->add_at <= t->mono) {
                        ck_assert_int_eq(thon_air_add(t->air, &it->a), 0);
                        it->added = true;
                        t->events++;
                }
                if (it->added && it->part != OVER && it->cancel_at <= t->mono) {
                        thon_air_cancel(t->air, it->a.serial, THON_AIR_CANCELLED);
                        it->cancelled = true;
                        it->cancel_at = NEVER;
                        t->events++;
                }
                if (it->added && it->part == WAITS && it->ready_at <= t->mono) {
                        thon_air_ready(t->air, it->a.serial, it->ready_length);
                        it->ready = it->ready_length > 0;
                        it->a.length_us = it->ready ? it->ready_length : it->a.length_us;
                        it->ready_at = NEVER;
                        t->events++;
                }
        }
        for (size_t i = 0; i < ZONES; i++)
                if (t->players[i].item)
                        tell(t, &t->players[i]);
}

static bool all_over(const struct town *t)
{
        for (size_t i = 0; i < t->n_items; i++)
                if (t->items[i].part != OVER)
                        return false;
        return true;
}

static void look(struct town *t)
{
        ck_assert_int_eq(thon_air_look(t->air, now_of(t), visit, t), 0);
        t->looks++;
        judge_look(t);
}

static void live(struct town *t)
{
        while (!all_over(t)) {
                struct thon_wall wall;
                struct thon_mono mono;
                uint64_t at = next_event(t), asked;

                thon_air_next(t->air, now_of(t), &wall, &mono);
                asked = earlier(mono_of(t, wall), mono.us);
                if (t->plan.every_second)
                        asked = (t->mono / SECOND + 1) * SECOND;
                at = earlier(at, asked);
                never_happens(at == NEVER, "it sleeps for ever, and not all has ended");
                never_happens(t->mono > (uint64_t)(t->plan.seconds + 9 * DAY) * SECOND, "some never end");
                if (at > t->mono)
                        t->mono = at;
                happen(t);
                look(t);
                never_happens(!t->plan.every_second && t->looks > 20 * t->events + 2000,
                              "it polls: %u looks for %u events", t->looks, t->events);
        }
}

/* ---- the judge of sound -------------------------------------------------------------------------------- */

static void judge_quiet(struct town *t)
{
        for (size_t i = 0; i < t->n_sounds; i++) {
                const struct sound *s = &t->sounds[i];

                for (uint64_t at = s->from; !s->item->emergency && at < s->to;) {
                        t->mono = at;
                        never_happens(quiet_second(&t->rules[s->zone], wall_at(t, at)) && !fades(t, s, at),
                                      "%d sounds in quiet hours", (int)s->item->a.serial);
                        at = (at / SECOND + 1) * SECOND;
                }
        }
}

/* Of clocks that were not set. */
static void judge_sound(struct town *t)
{
        static uint64_t day_us[ZONES][64], week_us[ZONES][16];
        int32_t first = day_of(t->wall0);

        memset(day_us, 0, sizeof day_us);
        memset(week_us, 0, sizeof week_us);
        for (size_t i = 0; i < t->n_sounds; i++) {
                const struct sound *s = &t->sounds[i];
                const struct thon_air_rules *rules = &t->rules[s->zone];

                if (s->item->emergency)
                        continue;
                for (uint64_t at = s->from; at < s->to;) {
                        uint64_t next = earlier((at / SECOND + 1) * SECOND, s->to);
                        int32_t day = day_of(t->wall0 + (int64_t)(at / SECOND));

                        day_us[s->zone][day - first] += next - at;
                        week_us[s->zone][(day + 3) / 7 - (first + 3) / 7] += next - at;
                        at = next;
                }
                for (size_t j = 0; j < i; j++) {
                        const struct sound *o = &t->sounds[j];

                        never_happens(!o->item->emergency && o->zone != s->zone &&
                                              (rules->apart >> o->zone & 1 ||
                                               t->rules[o->zone].apart >> s->zone & 1) &&
                                              o->from < s->to && s->from < o->to,
                                      "neighbours sound together");
                        never_happens(o->zone == s->zone && o->from < s->to && s->from < o->to,
                                      "two sounds in one zone");
                }
        }
        for (size_t zone = 0; zone < ZONES; zone++) {
                const struct thon_air_rules *rules = &t->rules[zone];

                for (size_t i = 0; i < 64; i++)
                        never_happens(rules->day_s > 0 && day_us[zone][i] > (uint64_t)rules->day_s * SECOND,
                                      "zone %zu sounds %.3f s in a day of %d s", zone,
                                      (double)day_us[zone][i] / 1e6, (int)rules->day_s);
                for (size_t i = 0; i < 16; i++)
                        never_happens(rules->week_s > 0 &&
                                              week_us[zone][i] > (uint64_t)rules->week_s * SECOND,
                                      "zone %zu sounds %.3f s in a week of %d s", zone,
                                      (double)week_us[zone][i] / 1e6, (int)rules->week_s);
        }
}

static unsigned seed_of(int run)
{
        const char *given = getenv("THON_SEED");
        unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20270305u + (unsigned)run * 7919u;

        printf("THON_SEED=%u\n", seed);
        return seed;
}

START_TEST(a_random_week_keeps_every_rule)
{
        const struct plan plan = {.seed = seed_of(_i),
                                  .seconds = 9 * DAY,
                                  .items = 300,
                                  .faults = _i % 3 != 0,
                                  .apart = _i % 2 == 0,
                                  .only_zone = -1};
        struct town *t = town_new(&plan);
        unsigned aired = 0;

        live(t);
        for (size_t i = 0; i < t->n_log; i++)
                aired += t->log[i].what == THON_AIR_END && t->log[i].state == THON_AIRING_AIRED;
        ck_assert_msg(aired > t->n_items / 10, "seed %u: a station that says nothing keeps every rule",
                      plan.seed);
        judge_quiet(t);
        judge_sound(t);
        town_free(t);
}
END_TEST

START_TEST(a_week_of_clocks_that_are_set_loses_nothing_and_doubles_nothing)
{
        const struct plan plan = {.seed = seed_of(_i),
                                  .seconds = 4 * DAY,
                                  .items = 150,
                                  .faults = _i % 2 == 0,
                                  .steps = true,
                                  .apart = true,
                                  .only_zone = -1};
        struct town *t = town_new(&plan);

        live(t);
        judge_quiet(t);
        town_free(t);
}
END_TEST

static void compare(const struct town *a, const struct town *b, size_t zone)
{
        size_t j = 0;

        for (size_t i = 0; i < a->n_log; i++) {
                const struct line *x = &a->log[i], *y;

                if (zone != SIZE_MAX && item_of((struct town *)a, x->serial)->a.zone != zone)
                        continue;
                ck_assert_msg(j < b->n_log, "seed %u: airing %d at %.3f s is missing", a->plan.seed,
                              (int)x->serial, (double)x->at / 1e6);
                y = &b->log[j++];
                ck_assert_msg(x->at == y->at && x->serial == y->serial && x->what == y->what &&
                                      x->state == y->state && x->reason == y->reason &&
                                      x->from_us == y->from_us,
                              "seed %u: at %.3f s %d is told %d/%d/%d, at %.3f s %d is told %d/%d/%d",
                              a->plan.seed, (double)x->at / 1e6, (int)x->serial, x->what, x->state,
                              x->reason, (double)y->at / 1e6, (int)y->serial, y->what, y->state, y->reason);
        }
        ck_assert_uint_eq(j, b->n_log);
}

START_TEST(looking_when_it_asks_is_as_good_as_looking_every_second)
{
        struct plan plan = {.seed = seed_of(_i),
                            .seconds = 10 * HOUR,
                            .items = 60,
                            .faults = true,
                            .steps = _i % 2 == 1,
                            .whole_seconds = true,
                            .apart = true,
                            .only_zone = -1};
        struct town *asked = town_new(&plan), *always;

        plan.every_second = true;
        always = town_new(&plan);
        live(asked);
        live(always);
        compare(always, asked, SIZE_MAX);
        ck_assert_uint_lt(asked->looks, always->looks / 10);
        town_free(asked);
        town_free(always);
}
END_TEST

START_TEST(no_zone_changes_anything_in_another)
{
        struct plan plan = {
                .seed = seed_of(_i), .seconds = 4 * DAY, .items = 300, .faults = true, .only_zone = -1};
        struct town *all = town_new(&plan);

        live(all);
        for (int zone = 0; zone < ZONES; zone++) {
                struct town *alone;

                plan.only_zone = zone;
                alone = town_new(&plan);
                live(alone);
                compare(all, alone, (size_t)zone);
                town_free(alone);
        }
        town_free(all);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("air_property");
        TCase *tc = tcase_create("air_property");
        SRunner *runner;
        int failed;

        tcase_set_timeout(tc, 120);
        tcase_add_loop_test(tc, a_random_week_keeps_every_rule, 0, 60);
        tcase_add_loop_test(tc, a_week_of_clocks_that_are_set_loses_nothing_and_doubles_nothing, 0, 40);
        tcase_add_loop_test(tc, looking_when_it_asks_is_as_good_as_looking_every_second, 0, 16);
        tcase_add_loop_test(tc, no_zone_changes_anything_in_another, 0, 20);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
