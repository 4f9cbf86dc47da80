/* The store, as seen by a station that goes on without it. Announcements, airings and events wait in memory while
 * it is away; the way back is tried every minute. What a person was told is accepted is on the disk before; what
 * happens on air is written within seconds, in one commit for all zones. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define GATHER_US UINT64_C(2000000)
#define RETRY_US  UINT64_C(60000000)
#define HOUR_US   UINT64_C(3600000000)
#define DAY_S     86400
#define PRUNES    50 /* calls in a row; the rest is of the next hour */

/* ---- away and back ---- */

static void away(struct announced *d, int error, const char *message)
{
        const char *slug = error > 0 ? thon_store_error_slug(error) : "io";

        if (d->store_error == 0)
                thon_log_full(
                        LOG_WARNING, THON_MSG_STORE_TROUBLE,
                        (const char *const[]){"THON_ERROR=", slug, NULL},
                        "Store is away (%s): %s. What is approved airs as before, CAP alerts are taken, all else "
                        "is refused until it is back.",
                        slug, message);
        d->store_error = error;
        d->store_failed = thon_clock_mono(d->clock);
        d->store = thon_store_close(d->store);
        announced_alarm_within(d, d->retry, RETRY_US);
        announced_publish_soon(d);
}

void announced_store_failed(struct announced *d, int error)
{
        away(d, error,
             error < 0  ? strerror(-error)
             : d->store ? thon_store_message(d->store)
                        : d->site.store_path);
}

static struct thon_store *open_store(struct announced *d)
{
        _cleanup_free_ char *message = NULL;
        int r = thon_store_open(d->site.store_path, THON_STORE_WRITE, &d->store, &message);

        if (r != 0) {
                d->store = NULL;
                away(d, r, r < 0 ? strerror(-r) : message ? message : d->site.store_path);
                return NULL;
        }
        if (d->store_error != 0)
                thon_log_full(LOG_NOTICE, THON_MSG_STORE_BACK, NULL, "Store is back: %s",
                              d->site.store_path);
        d->store_error = 0;
        if (d->outbox)
                thon_outbox_store_changed(d->outbox);
        announced_publish_soon(d);
        return d->store;
}

/* A try at one that is locked holds the loop up for its time-out: once a minute. */
struct thon_store *announced_store(struct announced *d)
{
        if (d->store)
                return d->store;
        if (d->store_error != 0 && thon_mono_since(d->store_failed, thon_clock_mono(d->clock)) < RETRY_US)
                return NULL;
        return open_store(d);
}

struct thon_store *announced_store_now(struct announced *d)
{
        return d->store ? d->store : open_store(d);
}

static void on_retry(void *userdata)
{
        struct announced *d = userdata;

        if (!d->store && !open_store(d))
                return; /* which has set the next try */
        announced_load(d);
        (void)announced_keep(d, false);
        thon_outbox_flush(d->outbox, d->mqtt);
        announced_look_soon(d);
}

/* ---- writing ---- */

/* One that the store refuses must not hold up the others for ever: 0 then too, and it is told. */
static int refused_is_done(struct announced *d, int r, const char *what, const char *id)
{
        r = thon_store_unmark(d->store, r);
        if (r == THON_STORE_INVALID || r == THON_STORE_NOT_FOUND || r == THON_STORE_EXISTS ||
            r == THON_STORE_REFERENCED) {
                thon_error("%s %s is refused by the store and lost: %s", what, id,
                           thon_store_message(d->store));
                return 0;
        }
        return r;
}

static int put_item(struct announced *d, struct announced_item *item)
{
        bool stored = item->stored;
        int r = 0;

        for (size_t i = 0; r == 0 && i < item->n_changes; i++) {
                const struct announced_change *change = &item->changes[i];

                if (!stored)
                        r = thon_announcement_add(d->store, &item->a, change->actor, change->at);
                else
                        r = thon_announcement_put(d->store, &item->a, change->action, change->actor,
                                                  change->at);
                /* A store that was replaced under us by an older one, or a new one. */
                if (stored && r == THON_STORE_NOT_FOUND)
                        r = thon_announcement_add(d->store, &item->a, change->actor, change->at);
                stored = true;
        }
        if (r == 0 && stored && item->n_changes == 0 && item->planned_dirty)
                r = thon_announcement_planned(d->store, item->a.id, item->a.planned);
        return r;
}

static int put_airing(struct announced *d, struct announced_airing *airing)
{
        struct thon_airing_row row = {
                .serial = airing->row,
                .announcement = airing->announcement,
                .zone = airing->zone_id,
                .title = airing->title,
                .class = airing->class,
                .due = airing->due,
                .began = airing->began,
                .ended = airing->ended,
                .state = airing->state,
                .reason = airing->reason,
                .seconds_ms = (int64_t)(airing->sounded_us / 1000),
                .position_ms = (int64_t)(airing->position_us / 1000),
                .level_db = airing->sounded_us > 0 && airing->level_energy > 0
                                    ? 10 * log10(airing->level_energy / (double)airing->sounded_us)
                                    : (double)NAN,
                .returned_db = airing->returned_db,
                .proof = airing->proof == THON_PROOF_NONE ? "" : thon_proof_text(airing->proof),
                .audio = airing->audio,
                .audio_size = airing->audio_size,
                .audio_sha256 = airing->audio_digest,
                .by = airing->by,
        };

        if (airing->row > 0)
                return thon_airing_put(d->store, &row);
        return thon_airing_add(d->store, &row, &airing->row);
}

static int put_all(struct announced *d)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < d->n_items; i++) {
                struct announced_item *item = d->items[i];

                if (item->n_changes == 0 && !item->planned_dirty)
                        continue;
                r = thon_store_mark(d->store);
                if (r != 0)
                        break;
                item->refused = put_item(d, item);
                r = refused_is_done(d, item->refused, "Announcement", item->a.id);
        }
        for (size_t i = 0; r == 0 && i < d->n_airings; i++) {
                struct announced_airing *airing = d->airings[i];

                if (!airing->dirty)
                        continue;
                r = thon_store_mark(d->store);
                if (r == 0)
                        r = refused_is_done(d, put_airing(d, airing), "An airing of", airing->announcement);
        }
        return r;
}

static int write_all(struct announced *d, bool with_events)
{
        int r = thon_store_begin(d->store);

        if (r == 0 && with_events)
                r = thon_outbox_keep(d->outbox, d->store);
        if (r == 0)
                r = put_all(d);
        if (r == 0)
                r = thon_store_commit(d->store);
        if (r != 0)
                thon_store_rollback(d->store);
        return r;
}

/* A row number of a transaction that was rolled back is nobody's. */
static void forget_rows(struct announced *d, const int64_t *rows)
{
        for (size_t i = 0; rows && i < d->n_airings; i++)
                d->airings[i]->row = rows[i];
}

static bool anything(const struct announced *d)
{
        for (size_t i = 0; i < d->n_items; i++)
                if (d->items[i]->n_changes > 0 || d->items[i]->planned_dirty)
                        return true;
        for (size_t i = 0; i < d->n_airings; i++)
                if (d->airings[i]->dirty)
                        return true;
        return false;
}

static void kept(struct announced *d)
{
        bool plan = false;

        for (size_t i = 0; i < d->n_items; i++) {
                struct announced_item *item = d->items[i];

                plan = plan || item->n_changes > 0;
                item->stored = item->stored || (item->n_changes > 0 && item->refused == 0);
                item->n_changes = 0;
                item->planned_dirty = false;
        }
        for (size_t i = 0; i < d->n_airings; i++)
                d->airings[i]->dirty = false;
        if (plan)
                announced_plan_write(d);
        announced_airings_reap(d);
        announced_items_reap(d);
}

int announced_keep(struct announced *d, bool durable)
{
        _cleanup_free_ int64_t *rows = NULL;
        bool with_events = d->outbox != NULL;
        int r = 0;

        if (!announced_store(d))
                return d->store_error ? d->store_error : -EIO;
        if (!anything(d) && !(with_events && thon_outbox_waiting(d->outbox) > 0))
                return 0;
        rows = calloc(d->n_airings ? d->n_airings : 1, sizeof(*rows));
        for (size_t i = 0; rows && i < d->n_airings; i++)
                rows[i] = d->airings[i]->row;
        if (!rows)
                return -ENOMEM;
        if (durable)
                r = thon_store_durable(d->store, true);
        if (r == 0)
                r = write_all(d, with_events);
        if (r == THON_STORE_FULL && with_events) {
                /* Too many events wait for the broker already: no reason not to keep all else. */
                forget_rows(d, rows);
                with_events = false;
                r = write_all(d, false);
        }
        if (r != 0) {
                forget_rows(d, rows);
                announced_store_failed(d, r);
                return r;
        }
        if (durable && (r = thon_store_durable(d->store, false)) != 0)
                announced_store_failed(d, r);
        if (with_events)
                thon_outbox_kept(d->outbox);
        kept(d);
        return 0;
}

void announced_keep_soon(struct announced *d)
{
        if (d->gather && !d->stopping)
                announced_alarm_within(d, d->gather, GATHER_US);
}

static void on_gather(void *userdata)
{
        struct announced *d = userdata;

        (void)announced_keep(d, false);
        thon_outbox_flush(d->outbox, d->mqtt);
}

/* ---- housekeeping ---- */

static int remove_audio(const char *audio, void *userdata)
{
        struct announced *d = userdata;
        _cleanup_free_ char *path = NULL;

        /* A name in the store that leads elsewhere is no name of ours. */
        if (!*audio || strchr(audio, '/') || *audio == '.')
                return 0;
        if (asprintf(&path, "%s/announce/aired/%s", d->state_dir, audio) < 0)
                return -ENOMEM;
        return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

static void prune(struct announced *d)
{
        struct thon_wall now = announced_now(d).wall;
        size_t n = 1;
        int r = 0;

        /* By a clock that nobody has set yet everything may be old. */
        if (!d->store || !thon_clock_trusted(d->clock) ||
            (now.s >= d->pruned.s && now.s - d->pruned.s < DAY_S))
                return;
        for (int i = 0; r == 0 && n > 0 && i < PRUNES; i++)
                r = thon_announce_prune(d->store, (struct thon_wall){now.s - d->conf.history_s},
                                        (struct thon_wall){now.s - d->conf.audio_s}, d->conf.audio_max,
                                        remove_audio, d, &n);
        if (r != 0)
                announced_store_failed(d, r);
        else
                d->pruned = now;
}

static void on_hour(void *userdata)
{
        struct announced *d = userdata;

        prune(d);
        announced_alarm_in(d, d->hour, HOUR_US);
}

int announced_keep_start(struct announced *d)
{
        int r = thon_alarm_new(d->clock, "gather", on_gather, d, &d->gather);

        if (r == 0)
                r = thon_alarm_new(d->clock, "hour", on_hour, d, &d->hour);
        if (r == 0)
                r = thon_alarm_new(d->clock, "store", on_retry, d, &d->retry);
        if (r < 0)
                return r;
        announced_alarm_in(d, d->hour, HOUR_US);
        (void)open_store(d);
        return 0;
}

void announced_keep_stop(struct announced *d)
{
        if (d->gather && (d->store || open_store(d)))
                (void)announced_keep(d, true);
        d->gather = thon_alarm_free(d->gather);
        d->hour = thon_alarm_free(d->hour);
        d->retry = thon_alarm_free(d->retry);
        d->store = thon_store_close(d->store);
}
