/* The queue's orders carried out, and what the plant says of them told to the queue. Actions are gathered first:
 * the queue is not to be spoken to while it speaks. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "thon/cleanup.h"
#include "thon/log.h"

struct orders {
        struct thon_air_action *list;
        size_t n, room;
};

static int gather(const struct thon_air_action *action, void *userdata)
{
        struct orders *orders = userdata;

        if (orders->n == orders->room) {
                size_t room = orders->room ? 2 * orders->room : 16;
                struct thon_air_action *more = reallocarray(orders->list, room, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                orders->list = more;
                orders->room = room;
        }
        orders->list[orders->n++] = *action;
        return 0;
}

/* ---- starting -------------------------------------------------------------------------------------------------------- */

#define LIMIT_MARGIN_US UINT64_C(5000000)

/* How long it may sound at most, from its first sample, which comes when the amplifier is warm: to its own end, and
 * no longer than the rules leave. */
static uint64_t limit_of(const struct announced_airing *airing, const struct thon_air_action *order,
                         struct thon_wall now)
{
        uint64_t length = announced_length(airing->item, airing->zone, NULL);
        uint64_t own = (length > order->from_us ? length - order->from_us : 0) + LIMIT_MARGIN_US;
        uint64_t warm = airing->item->daemon->conf.zones[airing->zone].rules.warm_us, rules;

        if (order->until.s == THON_WALL_NEVER.s)
                return own;
        rules = order->until.s > now.s ? (uint64_t)(order->until.s - now.s) * 1000000 : 0;
        rules = rules > warm ? rules - warm : 1;
        return rules < own ? rules : own;
}

static int play(struct announced *d, struct announced_airing *airing, const struct plant_input *inputs,
                size_t n, uint64_t from_us, uint64_t limit_us)
{
        struct plant_programme programme = {
                .serial = airing->serial,
                .zone = airing->zone,
                .inputs = inputs,
                .n_inputs = n,
                .from_us = from_us,
                .limit_us = limit_us,
                .gain_db = thon_gain_at(&d->conf.zones[airing->zone].gain, d->tz, announced_now(d).wall),
                .emergency = airing->class == THON_CLASS_EMERGENCY,
        };

        programme.archive = announced_audio_begin(d, airing);
        return plant_start(d->plant, &programme);
}

static void begin(struct announced *d, struct announced_airing *airing, const struct thon_air_action *order)
{
        struct plant_input inputs[ANNOUNCED_INPUTS];
        struct thon_air_now now = announced_now(d);
        size_t n = airing->item ? announced_inputs(airing->item, airing->zone, inputs) : 0;
        int r = -ENOENT;

        for (size_t i = 0; i < n && (inputs[i].file || inputs[i].tone || inputs[i].live); i++)
                if (i + 1 == n)
                        r = play(d, airing, inputs, n, order->from_us, limit_of(airing, order, now.wall));
        airing->held = THON_AIR_NO_REASON;
        if (r == 0)
                return;
        thon_error("%s cannot be started in %s: %s", airing->announcement, airing->zone_id, strerror(-r));
        thon_air_ended(d->air, airing->serial, THON_AIR_BROKE, order->from_us, now);
}

static void carry_out(struct announced *d, const struct thon_air_action *order)
{
        struct announced_airing *airing = announced_airing_find(d, order->serial);

        if (!airing)
                return;
        switch (order->what) {
        case THON_AIR_START:
                begin(d, airing, order);
                break;
        case THON_AIR_STOP:
                airing->failing_over = false;
                plant_stop(d->plant, order->serial);
                break;
        case THON_AIR_END:
                announced_airing_end(d, airing, order->state, order->reason);
                break;
        case THON_AIR_HOLD:
                airing->held = order->reason;
                break;
        }
        if (airing->item)
                announced_publish_item(airing->item, false);
}

void announced_look(struct announced *d)
{
        _cleanup_free_ struct thon_air_action *list = NULL;
        struct orders orders = {0};
        struct thon_wall planned, wall;
        struct thon_mono mono;
        bool more = true;
        int r = 0;

        if (d->looking || d->stopping)
                return;
        d->looking = true;
        /* What ends may let the next begin, and an announcement be over. */
        for (int round = 0; more && round < 8; round++) {
                planned = announced_plan(d);
                orders.n = 0;
                r = thon_air_look(d->air, announced_now(d), gather, &orders);
                list = orders.list;
                for (size_t i = 0; i < orders.n; i++)
                        carry_out(d, &orders.list[i]);
                more = orders.n > 0;
        }
        if (r < 0)
                thon_error("The queue could not be looked at whole: %s", strerror(-r));
        thon_air_next(d->air, announced_now(d), &wall, &mono);
        if (planned.s < wall.s)
                wall = planned;
        if (r < 0 || more)
                mono = thon_mono_add(thon_clock_mono(d->clock), 1000000);
        thon_alarm_set(d->look, wall, mono);
        d->looking = false;
        thon_outbox_flush(d->outbox, d->mqtt);
        announced_publish_soon(d);
        announced_conf_take(d);
}

void announced_look_soon(struct announced *d)
{
        if (!d->looking)
                thon_alarm_set(d->look, THON_WALL_NEVER, thon_clock_mono(d->clock));
}

void announced_sounds_ready(struct announced_item *item)
{
        struct announced *d = item->daemon;

        for (size_t i = 0; i < d->n_airings; i++) {
                struct announced_airing *airing = d->airings[i];
                const char *problem = NULL;
                uint64_t length;

                if (airing->item != item || airing->state != THON_AIRING_WAITING || airing->zone == SIZE_MAX)
                        continue;
                length = announced_length(item, airing->zone, &problem);
                if (length > 0 || problem)
                        thon_air_ready(d->air, airing->serial, length);
        }
        announced_publish_item(item, false);
        announced_look_soon(d);
}

/* ---- what the plant says --------------------------------------------------------------------------------------------- */

static void on_started(int64_t serial, void *userdata)
{
        struct announced *d = userdata;
        struct announced_airing *airing = announced_airing_find(d, serial);
        struct thon_air_now now = announced_now(d);

        if (!airing)
                return;
        thon_air_started(d->air, serial, now);
        airing->state = THON_AIRING_ON_AIR;
        if (airing->began.s == THON_WALL_NEVER.s)
                airing->began = now.wall;
        airing->dirty = true;
        thon_log_full(LOG_NOTICE, THON_MSG_AIRED,
                      (const char *const[]){"THON_ANNOUNCEMENT=", airing->announcement, NULL},
                      "On air in %s: %s%s%s", airing->zone_id, airing->announcement,
                      *airing->by ? ", by " : "", airing->by);
        announced_keep_soon(d);
        announced_look_soon(d);
        if (airing->item)
                announced_publish_item(airing->item, false);
}

static bool fall_back(struct announced *d, struct announced_airing *airing, uint64_t position_us)
{
        const struct announced_item *item = airing->item;
        const struct plant_input input = {.file = item ? item->fallback.path : NULL};
        uint64_t left = item && item->a.source_s > 0 && (uint64_t)item->a.source_s * 1000000 > position_us
                                ? (uint64_t)item->a.source_s * 1000000 - position_us
                                : 0;

        if (!input.file || left == 0 || play(d, airing, &input, 1, 0, left) != 0)
                return false;
        airing->on_fallback = true;
        airing->fallback_from_us = position_us;
        return true;
}

static void add_proof(struct announced_airing *airing, const struct plant_end *end)
{
        if (!isnan(end->level_db))
                airing->level_energy += (double)end->sounded_us * pow(10, end->level_db / 10);
        if (!isnan(end->returned_db) && !(airing->returned_db >= end->returned_db))
                airing->returned_db = end->returned_db;
        airing->proof = thon_proof_worse(airing->proof, end->proof);
}

static void on_ended(int64_t serial, const struct plant_end *end, void *userdata)
{
        static const enum thon_air_ended as[] = {[PLANT_PLAYED] = THON_AIR_PLAYED,
                                                 [PLANT_STOPPED] = THON_AIR_STOPPED,
                                                 [PLANT_BROKE] = THON_AIR_BROKE};
        struct announced *d = userdata;
        struct announced_airing *airing = announced_airing_find(d, serial);
        struct thon_air_now now = announced_now(d);
        uint64_t position_us = end->position_us;

        if (!airing)
                return;
        announced_audio_piece(d, airing);
        airing->sounded_us += end->sounded_us;
        add_proof(airing, end);
        if (airing->on_fallback) /* it stands in for what is left of the programme */
                position_us += airing->fallback_from_us;
        airing->position_us = position_us;
        if (end->how == PLANT_BROKE)
                thon_warning("%s broke off in %s: %s", airing->announcement, airing->zone_id,
                             end->why ? end->why : "unknown");
        if ((airing->failing_over || (end->how == PLANT_BROKE && airing->item && airing->item->a.source)) &&
            !airing->on_fallback && fall_back(d, airing, position_us)) {
                airing->failing_over = false;
                thon_warning("%s gives no sound: its fallback goes on air in %s", airing->item->a.source,
                             airing->zone_id);
                return;
        }
        airing->failing_over = false;
        thon_air_ended(d->air, serial, as[end->how], position_us, now);
        airing->dirty = true;
        announced_keep_soon(d);
        announced_look_soon(d);
}

/* The source is a higher station whose programme is over, or whose line is dead: the commune hears the fallback, or nothing. */
static void on_source_silent(int64_t serial, void *userdata)
{
        struct announced *d = userdata;
        struct announced_airing *airing = announced_airing_find(d, serial);

        if (!airing || airing->on_fallback || airing->failing_over)
                return;
        airing->failing_over = airing->item && airing->item->fallback.path;
        if (airing->failing_over)
                plant_stop(d->plant, serial);
        else
                thon_air_cancel(d->air, serial, THON_AIR_NO_SOUND);
        announced_look_soon(d);
}

static void on_proof(size_t zone, enum thon_proof proof, void *userdata)
{
        struct announced *d = userdata;

        if (zone >= d->conf.n_zones)
                return;
        d->zones[zone].proof = proof;
        announced_zone_fault(d, zone, PART_SILENT,
                             proof == THON_PROOF_SILENT ? "on air, but nothing is heard at the return input"
                                                        : NULL);
        announced_zone_fault(d, zone, PART_STUCK,
                             proof == THON_PROOF_STUCK ? "sound at the return input, but nothing is on air"
                                                       : NULL);
        announced_publish_soon(d);
}

static void on_fault(size_t zone, const char *part, const char *problem, void *userdata)
{
        struct announced *d = userdata;

        if (zone >= d->conf.n_zones)
                return;
        if (strcmp(part, "amplifier") == 0)
                announced_zone_fault(d, zone, PART_AMPLIFIER, problem);
        else if (strcmp(part, "return") == 0)
                announced_zone_fault(d, zone, PART_RETURN, problem);
        else
                announced_zone_fault(d, zone, PART_PLAYER, problem);
        announced_publish_soon(d);
}

const struct plant_ops announced_plant_ops = {
        .started = on_started,
        .ended = on_ended,
        .source_silent = on_source_silent,
        .proof = on_proof,
        .fault = on_fault,
};

/* ---- the queue anew -------------------------------------------------------------------------------------------------- */

struct was {
        struct announced *d;
        bool anew; /* what is in memory is counted by that, and not by its row */
};

static bool waits_to_be_kept(const struct announced_airing *airing)
{
        return airing->dirty && airing->sounded_us > 0;
}

static int was_on_air(const struct thon_airing_row *row, void *userdata)
{
        const struct was *was = userdata;
        struct announced *d = was->d;
        size_t zone = thon_announced_conf_zone(&d->conf, row->zone);

        for (size_t i = 0; was->anew && i < d->n_airings; i++)
                if (d->airings[i]->row == row->serial && waits_to_be_kept(d->airings[i]))
                        return 0;
        if (zone != SIZE_MAX && row->seconds_ms > 0 && row->began.s != THON_WALL_NEVER.s)
                thon_air_was(d->air, zone, row->announcement, row->class, row->began,
                             (row->seconds_ms + 999) / 1000);
        return 0;
}

static void history(struct announced *d, bool anew)
{
        struct thon_wall now = announced_now(d).wall;
        const struct thon_airing_span span = {
                .from = {now.s - 15 * 86400}, .to = {now.s + 86400}, .oldest_first = true};
        struct was was = {d, anew};
        int r;

        if (!announced_store(d))
                return;
        r = thon_airings(d->store, &span, was_on_air, &was);
        if (r != 0)
                announced_store_failed(d, r);
}

void announced_air_history(struct announced *d)
{
        history(d, false);
}

/* A queue that is new knows nothing of what was aired a moment ago, nor does the store yet. */
static void count_unkept(struct announced *d)
{
        for (size_t i = 0; i < d->n_airings; i++) {
                const struct announced_airing *airing = d->airings[i];
                size_t zone = thon_announced_conf_zone(&d->conf, airing->zone_id);

                if (waits_to_be_kept(airing) && zone != SIZE_MAX && airing->began.s != THON_WALL_NEVER.s)
                        thon_air_was(d->air, zone, airing->announcement, airing->class, airing->began,
                                     (int64_t)(airing->sounded_us + 999999) / 1000000);
        }
}

int announced_air_rebuild(struct announced *d)
{
        struct thon_air_rules *rules = calloc(d->conf.n_zones ? d->conf.n_zones : 1, sizeof(*rules));
        struct thon_air *air = NULL;
        int r = rules ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < d->conf.n_zones; i++)
                rules[i] = d->conf.zones[i].rules;
        if (r == 0)
                r = thon_air_new(d->tz, rules, d->conf.n_zones, &air);
        free(rules);
        if (r < 0)
                return r;
        thon_air_free(d->air);
        d->air = air;
        for (size_t i = 0; i < d->n_airings; i++) {
                struct announced_airing *airing = d->airings[i];

                if (airing->state != THON_AIRING_WAITING)
                        continue;
                airing->zone = thon_announced_conf_zone(&d->conf, airing->zone_id);
                r = airing->zone == SIZE_MAX || !airing->item ? -ENOENT : announced_airing_queue(d, airing);
                if (r < 0)
                        announced_airing_end(d, airing, THON_AIRING_DROPPED, THON_AIR_NO_ZONE);
        }
        history(d, true);
        count_unkept(d);
        return 0;
}
