/* The store, as seen by a daemon that goes on checking without it. History, standing states and incidents wait in memory
 * while it is away, the oldest history goes first when there is too much; the way back is tried every minute.
 *
 * Everything that is written goes together, within half a minute of the first: a switch that takes a hundred cameras with it
 * is one commit to the card. A power cut takes the last half minute; then the states are what they were before, and are found
 * anew. What must not be repeated after a power cut (a restart of a device) is written at once, and to the disk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "camerad.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define ROWS_MAX   20000
#define ROWS_NOW   1000 /* written at once when so many wait */
#define GATHER_US  UINT64_C(30000000)
#define RETRY_US   UINT64_C(60000000)
#define HOUR_US    UINT64_C(3600000000)
#define DAY_S      86400
#define DETAIL_MAX 400

struct row {
        struct thon_camera_did did; /* its strings point into `text` */
        char *text;
};

struct camerad_keep {
        struct thon_alarm *gather, *hour, *retry;
        struct row *rows;
        size_t n, room;
        struct thon_wall began, pruned;
        struct thon_mono failed;
        bool learned; /* what was learned before was read */
        bool lost;    /* rows, told once */
};

static void drop(struct camerad_keep *keep, size_t n)
{
        for (size_t i = 0; i < n; i++)
                free(keep->rows[i].text);
        keep->n -= n;
        if (keep->n > 0)
                memmove(keep->rows, keep->rows + n, keep->n * sizeof(*keep->rows));
}

static void lose(struct camerad_keep *keep, const char *why)
{
        if (!keep->lost)
                thon_warning("History is lost: %s", why);
        keep->lost = true;
}

static struct row *room_for_one(struct camerad_keep *keep)
{
        if (keep->n == ROWS_MAX) {
                lose(keep, "too much of it waits for the store; the oldest goes first");
                drop(keep, ROWS_MAX / 10);
        }
        if (keep->n == keep->room) {
                size_t room = keep->room ? 2 * keep->room : 64;
                struct row *rows = reallocarray(keep->rows, room, sizeof(*rows));

                if (!rows)
                        return NULL;
                keep->rows = rows;
                keep->room = room;
        }
        return &keep->rows[keep->n];
}

/* One allocation for all texts of a row. */
static char *packed(const char *const *texts, const char **const *into, size_t n)
{
        size_t size = 0;
        char *all, *p;

        for (size_t i = 0; i < n; i++)
                size += strlen(texts[i] ? texts[i] : "") + 1;
        p = all = malloc(size);
        for (size_t i = 0; all && i < n; i++) {
                *into[i] = p;
                p = stpcpy(p, texts[i] ? texts[i] : "") + 1;
        }
        return all;
}

void camerad_keep_did_at(struct camerad_device *c, struct thon_wall at, enum thon_camera_what what,
                         const char *value, const char *detail, const char *by, int64_t seconds,
                         int64_t incident)
{
        struct camerad *d = c->daemon;
        struct camerad_keep *keep = d->keep;
        struct row *row = keep ? room_for_one(keep) : NULL;
        const char *const texts[] = {c->conf->id, value, detail, by};

        if (!row) {
                if (keep)
                        lose(keep, "no memory");
                return;
        }
        *row = (struct row){
                .did = {.at = at, .what = what, .seconds = seconds < 0 ? 0 : seconds, .incident = incident}};
        const char **const into[] = {&row->did.device, &row->did.value, &row->did.detail, &row->did.by};

        row->text = packed(texts, into, sizeof(texts) / sizeof(texts[0]));
        if (!row->text) {
                lose(keep, "no memory");
                return;
        }
        keep->n++;
        camerad_keep_soon(d);
}

void camerad_keep_did(struct camerad_device *c, enum thon_camera_what what, const char *value,
                      const char *detail, const char *by, int64_t seconds, int64_t incident)
{
        camerad_keep_did_at(c, camerad_now(c->daemon).wall, what, value, detail, by, seconds, incident);
}

/* ---- away and back -------------------------------------------------------------------------------------------------- */

static void away(struct camerad *d, int error, const char *message)
{
        const char *slug = error > 0 ? thon_store_error_slug(error) : "io";

        if (d->store_error == 0)
                thon_log_full(
                        LOG_WARNING, THON_MSG_STORE_TROUBLE,
                        (const char *const[]){"THON_ERROR=", slug, NULL},
                        "Store is away (%s): %s. Cameras are checked and told of as before; history waits in memory.",
                        slug, message);
        d->store_error = error;
        d->keep->failed = thon_clock_mono(d->clock);
        d->store = thon_store_close(d->store);
        camerad_alarm_within(d, d->keep->retry, RETRY_US);
        camerad_publish_health(d);
}

void camerad_store_failed(struct camerad *d, int error)
{
        if (!d->keep)
                return;
        away(d, error,
             error < 0  ? strerror(-error)
             : d->store ? thon_store_message(d->store)
                        : d->site.store_path);
}

static int restore_group(int64_t group, const char *doc, void *userdata)
{
        struct camerad *d = userdata;
        int r = thon_learn_restore(d->learn, group, doc);

        if (r == -EINVAL)
                thon_warning("What was learned of group %lld cannot be read, and is passed over",
                             (long long)group);
        return r == -EINVAL ? 0 : r;
}

static struct thon_store *open_store(struct camerad *d)
{
        _cleanup_free_ char *message = NULL;
        int r = thon_store_open(d->site.store_path, THON_STORE_WRITE, &d->store, &message);

        if (r == 0 && !d->keep->learned) {
                r = thon_camera_learned(d->store, restore_group, d);
                d->keep->learned = r == 0;
        }
        if (r != 0) {
                away(d, r, r < 0 ? strerror(-r) : message ? message : d->site.store_path);
                return NULL;
        }
        if (d->store_error != 0) {
                thon_log_full(LOG_NOTICE, THON_MSG_STORE_BACK, NULL, "Store is back: %s",
                              d->site.store_path);
                camerad_publish_health(d);
        }
        d->store_error = 0;
        if (d->outbox)
                thon_outbox_store_changed(d->outbox);
        return d->store;
}

/* A try at one that is locked holds the loop up for its time-out, and events come in crowds: once a minute. */
struct thon_store *camerad_store(struct camerad *d)
{
        if (d->store || !d->keep)
                return d->store;
        if (d->store_error != 0 && thon_mono_since(d->keep->failed, thon_clock_mono(d->clock)) < RETRY_US)
                return NULL;
        return open_store(d);
}

static void on_retry(void *userdata)
{
        struct camerad *d = userdata;

        if (!d->store && !open_store(d))
                return; /* which has set the next try */
        camerad_devices_load(d, false);
        camerad_keep_flush(d);
        thon_outbox_flush(d->outbox, d->mqtt);
        camerad_look_soon(d);
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

/* One row that the store refuses must not hold up the others for ever: 0 then too, and it is told. */
static int refused_is_done(struct camerad *d, int r, const char *what)
{
        r = thon_store_unmark(d->store, r);
        if (r == THON_STORE_INVALID || r == THON_STORE_NOT_FOUND || r == THON_STORE_EXISTS ||
            r == THON_STORE_REFERENCED) {
                thon_error("%s is refused by the store and lost: %s", what, thon_store_message(d->store));
                return 0;
        }
        return r;
}

static int put_row(struct camerad *d, const struct camerad_device *c)
{
        char baselines[THON_BASELINES_TEXT] = "";
        const struct thon_device_state *s = &c->state;
        struct thon_camera_row row = {
                .device = c->conf->id,
                .verdict = s->hard,
                .since = s->since,
                .flapping = s->flapping,
                .flapping_since = s->flapping_since,
                .maintenance_by = c->maintenance.by,
                .maintenance_reason = c->maintenance.reason,
                .heal = c->heal,
                .auth_refused = c->auth_refused,
                .auth_tag = c->auth_tag,
                .mac = c->mac,
                .endpoint = c->endpoint,
                .address = c->address,
                .baselines = baselines,
                .profile = c->profile,
                .snapshot_url = c->snapshot_url,
        };

        if (c->maintenance.on)
                row.maintenance_until = c->maintenance.until;
        if (c->baselines)
                row.baselines = c->baselines;
        else
                camerad_pictures_baselines(c, baselines);
        return thon_camera_row_put(d->store, &row);
}

static int put_rows(struct camerad *d)
{
        struct camerad_keep *keep = d->keep;
        int r = 0;

        for (size_t i = 0; r == 0 && i < keep->n; i++) {
                r = thon_store_mark(d->store);
                if (r == 0)
                        r = refused_is_done(d, thon_camera_did(d->store, &keep->rows[i].did),
                                            "A row of history");
        }
        for (size_t i = 0; r == 0 && i < d->n; i++) {
                if (!d->devices[i]->row_dirty)
                        continue;
                r = thon_store_mark(d->store);
                if (r == 0)
                        r = refused_is_done(d, put_row(d, d->devices[i]), "The state of a device");
        }
        return r;
}

static int put_group(int64_t group, const char *doc, void *userdata)
{
        struct camerad *d = userdata;
        return thon_camera_learned_put(d->store, group, doc);
}

static int watching(struct camerad *d)
{
        return thon_camera_watching(d->store, d->keep->began, camerad_now(d).wall);
}

/* In one transaction. */
static int write_all(struct camerad *d, bool with_events)
{
        int r = thon_store_begin(d->store);

        if (r == 0 && with_events)
                r = thon_outbox_keep(d->outbox, d->store);
        if (r == 0)
                r = put_rows(d);
        if (r == 0)
                r = camerad_incidents_keep(d);
        if (r == 0 && thon_learn_changed(d->learn))
                r = thon_learn_keep(d->learn, put_group, d);
        if (r == 0)
                r = watching(d);
        if (r == 0)
                r = thon_store_commit(d->store);
        if (r != 0)
                thon_store_rollback(d->store);
        return r;
}

void camerad_keep_flush(struct camerad *d)
{
        bool with_events = d->outbox != NULL;
        int r;

        if (!d->keep || !camerad_store(d))
                return;
        r = write_all(d, with_events);
        if (r == THON_STORE_FULL && with_events) {
                /* Too many events wait for the broker already: no reason not to keep all else. */
                with_events = false;
                r = write_all(d, false);
        }
        if (r != 0) {
                camerad_store_failed(d, r);
                return;
        }
        if (with_events)
                thon_outbox_kept(d->outbox);
        drop(d->keep, d->keep->n);
        d->keep->lost = false;
        for (size_t i = 0; i < d->n; i++)
                d->devices[i]->row_dirty = false;
        camerad_incidents_kept(d);
}

void camerad_keep_now(struct camerad *d)
{
        int r;

        if (!d->keep || !camerad_store(d))
                return;
        r = thon_store_durable(d->store, true);
        if (r != 0) {
                camerad_store_failed(d, r);
                return;
        }
        camerad_keep_flush(d);
        if (d->store && (r = thon_store_durable(d->store, false)) != 0)
                camerad_store_failed(d, r);
}

void camerad_keep_last(struct camerad *d)
{
        if (d->keep && (d->store || open_store(d)))
                camerad_keep_flush(d);
}

void camerad_keep_soon(struct camerad *d)
{
        if (!d->keep)
                return;
        if (d->keep->n >= ROWS_NOW && d->store)
                camerad_keep_flush(d);
        else
                camerad_alarm_within(d, d->keep->gather, GATHER_US);
}

void camerad_keep_row(struct camerad_device *c, bool at_once)
{
        struct camerad *d = c->daemon;
        int r;

        c->row_dirty = true;
        if (!at_once || !camerad_store(d)) {
                camerad_keep_soon(d);
                return;
        }
        r = thon_store_durable(d->store, true);
        if (r == 0)
                r = put_row(d, c);
        if (r == 0) {
                c->row_dirty = false;
                r = thon_store_durable(d->store, false);
        }
        if (r != 0)
                camerad_store_failed(d, r);
}

/* ---- housekeeping --------------------------------------------------------------------------------------------------- */

static void prune(struct camerad *d)
{
        struct thon_wall now = camerad_now(d).wall;
        int r;

        /* By a clock that nobody has set yet everything may be old. */
        if (!d->store || !thon_clock_trusted(d->clock) ||
            (now.s >= d->keep->pruned.s && now.s - d->keep->pruned.s < DAY_S))
                return;
        r = thon_camera_prune(d->store, (struct thon_wall){now.s - d->conf.history_s});
        if (r != 0)
                camerad_store_failed(d, r);
        else
                d->keep->pruned = now;
}

static void on_gather(void *userdata)
{
        camerad_keep_flush(userdata);
}

/* Also draws out the span in which somebody watched, and sees a registry that changed while the broker was away. */
static void on_hour(void *userdata)
{
        struct camerad *d = userdata;

        camerad_devices_load(d, false);
        camerad_keep_flush(d);
        prune(d);
        camerad_alarm_in(d, d->keep->hour, HOUR_US);
}

int camerad_keep_start(struct camerad *d)
{
        struct camerad_keep *keep = d->keep = calloc(1, sizeof(*keep));
        int r;

        if (!keep)
                return -ENOMEM;
        keep->began = camerad_now(d).wall;
        r = thon_alarm_new(d->clock, "gather", on_gather, d, &keep->gather);
        if (r == 0)
                r = thon_alarm_new(d->clock, "hour", on_hour, d, &keep->hour);
        if (r == 0)
                r = thon_alarm_new(d->clock, "store", on_retry, d, &keep->retry);
        if (r < 0)
                return r;
        camerad_alarm_in(d, keep->hour, HOUR_US);
        camerad_alarm_within(d, keep->gather, GATHER_US);
        (void)open_store(d);
        return 0;
}

void camerad_keep_stop(struct camerad *d)
{
        struct camerad_keep *keep = d->keep;

        if (!keep)
                return;
        if (d->store)
                camerad_keep_flush(d);
        d->keep = NULL;
        drop(keep, keep->n);
        free(keep->rows);
        thon_alarm_free(keep->gather);
        thon_alarm_free(keep->hour);
        thon_alarm_free(keep->retry);
        free(keep);
        d->store = thon_store_close(d->store);
}
