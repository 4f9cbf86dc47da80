/* The queue that will act, with a player made of arithmetic: what is started sounds when the amplifier is warm and
 * is over when its length has gone by. Time jumps to whatever comes next (an occurrence, a first sample, an end, or
 * the queue's own wish), so two weeks of a commune cost milliseconds, and no rule is written a second time. */
#include "thon/announce_rehearse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US        (INT64_C(86400) * 1000000)
#define LENGTH_MAX_US (INT64_C(6) * 3600 * 1000000)
#define AFTER_US      (7 * DAY_US) /* how long what is due on the last day may take to end */
#define NEVER_US      INT64_MAX
#define NO_ROW        SIZE_MAX
#define SECOND_US     INT64_C(1000000)

struct row { /* of serial index + 1 */
        struct thon_rehearse_row told;
        size_t item;
        enum thon_air_reason held; /* what kept it back first */
        enum thon_air_reason last; /* of BUSY and NEIGHBOUR */
        const struct thon_announcement *blocker, *interrupter;
        size_t seek; /* the next of those whose `against` is to be found after the look */
};

struct player {     /* of a zone */
        size_t row; /* NO_ROW: silent */
        bool sounds, stop;
        int64_t sound_at, end_at; /* us of the rehearsal */
        uint64_t from_us;
        size_t interrupted; /* the row that the next start interrupts, NO_ROW */
};

struct rehearsal {
        const struct thon_rehearse_station *station;
        const struct thon_rehearse_item *items;
        size_t n_items;
        struct thon_wall from;
        int64_t now, until; /* us since `from` */
        struct thon_air *air;
        struct player *players;
        struct thon_wall *next; /* of each item, NEVER */
        size_t n_rows, room, seek;
        struct row *rows;
};

static struct thon_air_now now_of(const struct rehearsal *r)
{
        return (struct thon_air_now){
                .wall = {r->from.s + r->now / SECOND_US}, .mono = {(uint64_t)r->now + 1}, .trusted = true};
}

static int64_t us_of(const struct rehearsal *r, struct thon_wall at)
{
        int64_t s, us;

        if (__builtin_sub_overflow(at.s, r->from.s, &s) || __builtin_mul_overflow(s, SECOND_US, &us))
                return at.s < r->from.s ? 0 : NEVER_US;
        return us;
}

static void plan_next(struct rehearsal *r, size_t item, struct thon_wall after)
{
        const struct thon_announcement *a = r->items[item].announcement;
        struct thon_wall at;

        r->next[item] = THON_WALL_NEVER;
        if (thon_air_schedule_next(&a->schedule, r->station->zone, after, &at) && us_of(r, at) < r->until &&
            at.s < a->expires.s)
                r->next[item] = at;
}

/* ---- occurrences become airings ---- */

static int add_row(struct rehearsal *r, size_t item, size_t zone)
{
        const struct thon_rehearse_item *i = &r->items[item];
        const struct thon_announcement *a = i->announcement;
        struct row *row;
        int64_t late = a->late_s >= 0 ? a->late_s : r->station->zones[zone].rules.late_s;
        /* As announced has it: a warning that comes late is better than none. */
        bool never_late = a->class == THON_CLASS_EMERGENCY && a->late_s < 0;
        struct thon_airing airing = {.serial = (int64_t)r->n_rows + 1,
                                     .zone = zone,
                                     .class = a->class,
                                     .answered_for = a->by && a->reason,
                                     .due = r->next[item],
                                     .expires = a->expires,
                                     .length_us = i->length_us,
                                     .resume = a->resume,
                                     .ready = true};

        if (r->n_rows == THON_REHEARSE_ROWS_MAX)
                return -E2BIG;
        if (r->n_rows == r->room) {
                size_t room = r->room > 0 ? 2 * r->room : 256;
                struct row *rows = reallocarray(r->rows, room, sizeof(*rows));

                if (!rows)
                        return -ENOMEM;
                r->rows = rows;
                r->room = room;
        }
        row = &r->rows[r->n_rows++];
        *row = (struct row){.told = {.announcement = a,
                                     .zone = zone,
                                     .due = airing.due,
                                     .began = THON_WALL_NEVER,
                                     .state = THON_AIRING_WAITING},
                            .item = item};
        if (i->length_us == 0) {
                row->told.state = THON_AIRING_DROPPED;
                row->told.reason = THON_AIR_NO_SOUND;
                return 0;
        }
        memcpy(airing.announcement, a->id, sizeof(airing.announcement));
        if (never_late || __builtin_add_overflow(airing.due.s, late, &airing.latest.s))
                airing.latest = THON_WALL_NEVER;
        return thon_air_add(r->air, &airing);
}

static int add_due(struct rehearsal *r)
{
        int error;

        for (size_t i = 0; i < r->n_items; i++)
                while (us_of(r, r->next[i]) <= r->now) {
                        for (size_t zone = 0; zone < r->station->n_zones; zone++) {
                                if (!(r->items[i].zones & UINT64_C(1) << zone))
                                        continue;
                                error = add_row(r, i, zone);
                                if (error < 0)
                                        return error;
                        }
                        plan_next(r, i, r->next[i]);
                }
        return 0;
}

/* ---- the player ---- */

static uint64_t position(const struct player *p, int64_t now)
{
        return p->from_us + (p->sounds && now > p->sound_at ? (uint64_t)(now - p->sound_at) : 0);
}

static void end_player(struct rehearsal *r, struct player *p, enum thon_air_ended how)
{
        size_t row = p->row;
        uint64_t at = position(p, r->now);

        p->row = NO_ROW;
        p->stop = false;
        thon_air_ended(r->air, (int64_t)row + 1, how, at, now_of(r));
}

/* True when there was something to tell. */
static bool play(struct rehearsal *r)
{
        bool told = false;

        for (size_t zone = 0; zone < r->station->n_zones; zone++) {
                struct player *p = &r->players[zone];

                if (p->row == NO_ROW)
                        continue;
                if (!p->sounds && !p->stop && p->sound_at <= r->now) {
                        struct thon_rehearse_row *row = &r->rows[p->row].told;

                        p->sounds = true;
                        if (row->began.s == THON_WALL_NEVER.s)
                                row->began = now_of(r).wall;
                        thon_air_started(r->air, (int64_t)p->row + 1, now_of(r));
                        told = true;
                }
                if (p->stop || (p->sounds && p->end_at <= r->now)) {
                        end_player(r, p, p->stop ? THON_AIR_STOPPED : THON_AIR_PLAYED);
                        told = true;
                }
        }
        return told;
}

/* ---- what the queue says ---- */

/* Who is on air where it is in the way: in the zone itself, or where both would be heard. */
static const struct thon_announcement *in_the_way(const struct rehearsal *r, const struct row *row)
{
        for (size_t zone = 0; zone < r->station->n_zones; zone++) {
                size_t other = r->players[zone].row;
                bool here = row->last == THON_AIR_BUSY
                                    ? zone == row->told.zone
                                    : (r->station->zones[row->told.zone].rules.apart & UINT64_C(1) << zone ||
                                       r->station->zones[zone].rules.apart & UINT64_C(1) << row->told.zone);

                if (here && other != NO_ROW && &r->rows[other] != row)
                        return r->rows[other].told.announcement;
        }
        return NULL;
}

static const struct thon_announcement *against(const struct row *row)
{
        if (row->told.reason == THON_AIR_BUSY || row->told.reason == THON_AIR_NEIGHBOUR)
                return row->blocker;
        if (row->told.reason == THON_AIR_INTERRUPTED || row->told.state == THON_AIRING_AIRED)
                return row->interrupter;
        return NULL;
}

static void start(struct rehearsal *r, const struct thon_air_action *action)
{
        struct player *p = &r->players[action->zone];
        size_t row = (size_t)action->serial - 1;
        uint64_t length = r->items[r->rows[row].item].length_us;
        int64_t limit = us_of(r, action->until);

        p->row = row;
        p->sounds = p->stop = false;
        p->from_us = action->from_us;
        p->sound_at = r->now + (int64_t)r->station->zones[action->zone].rules.warm_us;
        p->end_at = p->sound_at + (int64_t)(length > action->from_us ? length - action->from_us : 0);
        if (p->end_at > limit)
                p->end_at = limit > p->sound_at ? limit : p->sound_at;
        if (p->interrupted != NO_ROW && p->interrupted != row) {
                struct row *other = &r->rows[p->interrupted];

                if (!other->interrupter)
                        other->interrupter = r->rows[row].told.announcement;
                /* One that is not to be resumed has ended before. */
                if (other->told.state != THON_AIRING_WAITING)
                        other->told.against = against(other);
                p->interrupted = NO_ROW;
        }
}

static void end(struct rehearsal *r, const struct thon_air_action *action)
{
        struct row *row = &r->rows[action->serial - 1];
        struct thon_rehearse_row *told = &row->told;
        int64_t warm = (int64_t)r->station->zones[told->zone].rules.warm_us;

        told->state = action->state;
        told->reason = action->reason;
        told->seconds = (int64_t)((action->aired_us + SECOND_US / 2) / SECOND_US);
        if (told->state == THON_AIRING_AIRED &&
            us_of(r, told->began) > us_of(r, told->due) + warm + SECOND_US)
                told->reason = row->held;
        if (told->state == THON_AIRING_DROPPED && row->last != THON_AIR_NO_REASON &&
            row->last == told->reason) {
                const struct thon_announcement *now = in_the_way(r, row);

                row->blocker = now ? now : row->blocker;
        }
        told->against = against(row);
}

static void hold(struct rehearsal *r, const struct thon_air_action *action)
{
        struct row *row = &r->rows[action->serial - 1];

        /* Between two pieces of it nothing keeps it from its time any more. */
        if (row->told.began.s != THON_WALL_NEVER.s || action->reason == THON_AIR_NO_REASON)
                return;
        if (row->held == THON_AIR_NO_REASON)
                row->held = action->reason;
        if (action->reason != THON_AIR_BUSY && action->reason != THON_AIR_NEIGHBOUR)
                return;
        row->last = action->reason;
        row->seek = r->seek;
        r->seek = (size_t)action->serial - 1;
}

static int act(const struct thon_air_action *action, void *userdata)
{
        struct rehearsal *r = userdata;
        struct player *p = &r->players[action->zone];

        switch (action->what) {
        case THON_AIR_START:
                start(r, action);
                return 0;
        case THON_AIR_STOP:
                p->stop = p->row == (size_t)action->serial - 1;
                if (p->stop && action->reason == THON_AIR_INTERRUPTED)
                        p->interrupted = p->row;
                return 0;
        case THON_AIR_END:
                end(r, action);
                return 0;
        case THON_AIR_HOLD:
                hold(r, action);
                return 0;
        }
        return -EINVAL;
}

/* ---- time ---- */

static int64_t next_event(const struct rehearsal *r)
{
        struct thon_wall wall;
        struct thon_mono mono;
        int64_t at = NEVER_US, wish;

        for (size_t i = 0; i < r->n_items; i++)
                if (us_of(r, r->next[i]) < at)
                        at = us_of(r, r->next[i]);
        for (size_t zone = 0; zone < r->station->n_zones; zone++) {
                const struct player *p = &r->players[zone];
                int64_t change = p->sounds ? p->end_at : p->sound_at;

                if (p->row != NO_ROW && change < at)
                        at = change;
        }
        thon_air_next(r->air, now_of(r), &wall, &mono);
        wish = us_of(r, wall);
        if (mono.us != THON_MONO_NEVER.us && (int64_t)(mono.us - 1) < wish)
                wish = mono.us > 0 ? (int64_t)(mono.us - 1) : 0;
        /* A wish that lies behind must not stop the clock. */
        if (wish <= r->now)
                wish = r->now + SECOND_US;
        return wish < at ? wish : at;
}

static int run(struct rehearsal *r)
{
        /* Each round at one instant ends an airing or starts one, but for a queue that goes round in circles. */
        for (size_t rounds = 0;; rounds++) {
                int64_t next;
                int error = add_due(r);

                if (error == 0)
                        error = thon_air_look(r->air, now_of(r), act, r);
                if (error < 0)
                        return error;
                /* Only now is it known who was started in this look. */
                for (; r->seek != NO_ROW; r->seek = r->rows[r->seek].seek)
                        r->rows[r->seek].blocker = in_the_way(r, &r->rows[r->seek]);
                if (play(r)) {
                        if (rounds > r->n_rows * 8 + 64)
                                return -ELOOP;
                        continue;
                }
                next = next_event(r);
                if (next > r->until + AFTER_US)
                        return 0;
                if (next > r->now)
                        rounds = 0;
                r->now = next;
        }
}

static int by_due(const void *a, const void *b)
{
        const struct row *x = a, *y = b;

        if (x->told.due.s != y->told.due.s)
                return x->told.due.s < y->told.due.s ? -1 : 1;
        if (x->told.zone != y->told.zone)
                return x->told.zone < y->told.zone ? -1 : 1;
        return x->item < y->item ? -1 : x->item > y->item;
}

static int check(const struct thon_rehearse_station *station, const struct thon_rehearse_item *items,
                 size_t n_items, int days)
{
        if (days < 1 || days > THON_REHEARSE_DAYS_MAX || station->n_zones > THON_ANNOUNCE_ZONES_MAX)
                return -EINVAL;
        for (size_t i = 0; i < n_items; i++)
                if (items[i].length_us > LENGTH_MAX_US ||
                    (station->n_zones < 64 && items[i].zones >> station->n_zones != 0))
                        return -EINVAL;
        for (size_t i = 0; i < station->n_was; i++)
                if (station->was[i].zone >= station->n_zones)
                        return -EINVAL;
        return 0;
}

static int begin(struct rehearsal *r)
{
        const struct thon_rehearse_station *station = r->station;
        struct thon_air_rules *rules = calloc(station->n_zones + 1, sizeof(*rules));
        int error = -ENOMEM;

        r->players = calloc(station->n_zones + 1, sizeof(*r->players));
        r->next = calloc(r->n_items + 1, sizeof(*r->next));
        if (rules && r->players && r->next) {
                for (size_t i = 0; i < station->n_zones; i++) {
                        rules[i] = station->zones[i].rules;
                        r->players[i] = (struct player){.row = NO_ROW, .interrupted = NO_ROW};
                }
                error = thon_air_new(station->zone, rules, station->n_zones, &r->air);
        }
        free(rules);
        if (error < 0)
                return error;
        for (size_t i = 0; i < station->n_was; i++)
                thon_air_was(r->air, station->was[i].zone, station->was[i].announcement,
                             station->was[i].class, station->was[i].began, station->was[i].seconds);
        for (size_t i = 0; i < r->n_items; i++)
                plan_next(r, i, (struct thon_wall){r->from.s - 1});
        return 0;
}

int thon_rehearse(const struct thon_rehearse_station *station, const struct thon_rehearse_item *items,
                  size_t n_items, struct thon_wall from, int days,
                  int (*visit)(const struct thon_rehearse_row *, void *), void *userdata)
{
        struct rehearsal r = {.station = station,
                              .items = items,
                              .n_items = n_items,
                              .from = from,
                              .until = days * DAY_US,
                              .seek = NO_ROW};
        int error = check(station, items, n_items, days);

        if (error == 0)
                error = begin(&r);
        if (error == 0)
                error = run(&r);
        if (error == 0 && r.n_rows > 0)
                qsort(r.rows, r.n_rows, sizeof(*r.rows), by_due);
        for (size_t i = 0; error >= 0 && i < r.n_rows; i++) {
                struct thon_rehearse_row *told = &r.rows[i].told;

                if (told->state == THON_AIRING_WAITING) { /* it has not ended */
                        told->reason = r.rows[i].held;
                        told->against = against(&r.rows[i]);
                        if (told->began.s != THON_WALL_NEVER.s)
                                told->state = THON_AIRING_ON_AIR;
                }
                error = visit(told, userdata);
        }
        r.air = thon_air_free(r.air);
        free(r.players);
        free(r.next);
        free(r.rows);
        return error < 0 ? error : 0;
}
