/* The store, as seen by a daemon that must light without it. Rows wait in memory while it is away, the oldest go first
 * when there are too many; the way back is tried every minute, and when there is a reason to look. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lightd.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define ROWS_MAX 2000
/* Dusk lights fifty circuits one by one, and each tells of its contact: as one transaction they write much less to the card.
 * Orders, faults and the end of a wave do not wait. A power cut takes this minute, as it may take more of the counters. */
#define GATHER_US   UINT64_C(60000000)
#define GATHER_ROWS 200

struct lightd_row {
        struct thon_light_history row; /* its strings point into `text` */
        char *text;
};

static char *pack(const char *const *texts, size_t n, const char **out)
{
        size_t size = 0;
        char *all, *p;

        for (size_t i = 0; i < n; i++)
                size += strlen(texts[i]) + 1;
        all = p = malloc(size);
        for (size_t i = 0; all && i < n; i++) {
                out[i] = p;
                p = stpcpy(p, texts[i]) + 1;
        }
        return all;
}

static void drop(struct lightd *d, size_t n)
{
        if (n == 0)
                return;
        for (size_t i = 0; i < n; i++)
                free(d->rows[i].text);
        memmove(d->rows, d->rows + n, (d->n_rows - n) * sizeof(*d->rows));
        d->n_rows -= n;
}

void lightd_keep_history(struct lightd_circuit *c, const char *what, const char *value, const char *cause,
                         const char *by)
{
        struct lightd *d = c->daemon;
        const char *texts[] = {c->state.conf->id, what, value, cause, by}, *out[5];
        struct lightd_row *rows, row;

        if (d->n_rows == ROWS_MAX)
                drop(d, ROWS_MAX / 10);
        rows = reallocarray(d->rows, d->n_rows + 1, sizeof(*rows));
        if (!rows)
                return;
        d->rows = rows;
        row.text = pack(texts, 5, out);
        if (!row.text)
                return;
        row.row = (struct thon_light_history){
                .at = lightd_now(d).wall,
                .circuit = out[0],
                .what = out[1],
                .value = out[2],
                .cause = out[3],
                .by = out[4],
                .kwh = thon_circuit_kwh(&c->state),
        };
        d->rows[d->n_rows++] = row;
}

static void away(struct lightd *d, int error, const char *message)
{
        const char *slug = error > 0 ? thon_store_error_slug(error) : "io";

        if (d->store_error == 0)
                thon_log_full(
                        LOG_WARNING, THON_MSG_STORE_TROUBLE,
                        (const char *const[]){"THON_ERROR=", slug, NULL},
                        "Store is away (%s): %s. Lights go on by the last good plan; history waits in memory.",
                        slug, message);
        d->store_error = error;
        d->store_failed = thon_clock_mono(d->clock);
        d->store = thon_store_close(d->store);
        lightd_retry_later(d);
}

void lightd_keep_failed(struct lightd *d, int error)
{
        away(d, error,
             error < 0  ? strerror(-error)
             : d->store ? thon_store_message(d->store)
                        : d->site.store_path);
}

struct thon_store *lightd_keep_store(struct lightd *d)
{
        _cleanup_free_ char *message = NULL;
        int r;

        if (d->store)
                return d->store;
        /* Each try at a locked one holds the loop up for its time-out: not at every word of whoever asks. */
        if (d->store_error == THON_STORE_BUSY &&
            thon_mono_since(d->store_failed, thon_clock_mono(d->clock)) < LIGHTD_RETRY_US)
                return NULL;
        r = thon_store_open(d->site.store_path, THON_STORE_WRITE, &d->store, &message);
        if (r != 0) {
                away(d, r, r < 0 ? strerror(-r) : message ? message : d->site.store_path);
                return NULL;
        }
        /* An event that is in the outbox is told even after a power cut; commits are few a day. */
        r = thon_store_durable(d->store, true);
        if (r != 0)
                thon_warning("The store cannot be made durable: %s", thon_store_message(d->store));
        if (d->store_error != 0)
                thon_log_full(LOG_NOTICE, THON_MSG_STORE_BACK, NULL, "Store is back: %s",
                              d->site.store_path);
        d->store_error = 0;
        thon_outbox_store_changed(d->outbox);
        lightd_keep_flush(d);
        for (size_t i = 0; i < d->runtime.n && d->store; i++)
                lightd_keep_load_counter(&d->runtime.circuits[i]);
        return d->store;
}

void lightd_keep_flush(struct lightd *d)
{
        struct thon_light_history *rows;
        size_t n = d->n_rows;
        int r;

        if (n == 0 || !d->store)
                return;
        rows = calloc(n, sizeof(*rows));
        if (!rows)
                return;
        for (size_t i = 0; i < n; i++)
                rows[i] = d->rows[i].row;
        r = thon_light_history_add(d->store, rows, n);
        free(rows);
        if (r == THON_STORE_INVALID) {
                /* Kept, they would be refused again for ever and hold up all that come after. */
                thon_error("%zu rows of history are refused by the store and lost: %s", n,
                           thon_store_message(d->store));
                drop(d, n);
        } else if (r != 0)
                lightd_keep_failed(d, r);
        else
                drop(d, n);
}

void lightd_keep_flush_soon(struct lightd *d)
{
        if (d->n_rows >= GATHER_ROWS)
                lightd_keep_flush(d);
        else if (d->n_rows > 0 && d->store)
                lightd_alarm_within(d, d->flush, GATHER_US);
}

static void counter_of(const struct lightd_circuit *c, struct thon_light_counter *ret)
{
        *ret = (struct thon_light_counter){
                .operations = c->state.operations,
                .on_seconds = c->state.on_seconds,
                .pulses = c->state.pulses,
                .remote_kwh = c->state.remote_kwh,
                .remote_kwh_base = c->state.remote_kwh_base,
                .kwh_offset = c->state.kwh_offset,
        };
        memcpy(ret->circuit, c->state.conf->id, sizeof(ret->circuit));
}

/* Only what moved is written: an idle night costs the card nothing. */
void lightd_keep_counters(struct lightd *d)
{
        _cleanup_free_ struct thon_light_counter *rows = calloc(d->runtime.n + 1, sizeof(*rows));
        size_t n = 0;
        int r;

        if (!rows || !d->store)
                return;
        for (size_t i = 0; i < d->runtime.n; i++) {
                counter_of(&d->runtime.circuits[i], &rows[n]);
                /* A counter whose past is unknown would overwrite it. */
                if (!d->runtime.circuits[i].counted)
                        continue;
                if (memcmp(&rows[n], &d->runtime.circuits[i].saved, sizeof(rows[n])) != 0)
                        n++;
        }
        if (n == 0)
                return;
        for (size_t i = 0; i < n; i++)
                rows[i].saved_at = lightd_now(d).wall;
        r = thon_light_counter_save(d->store, rows, n);
        if (r != 0) {
                lightd_keep_failed(d, r);
                return;
        }
        for (size_t i = 0; i < d->runtime.n; i++)
                if (d->runtime.circuits[i].counted)
                        counter_of(&d->runtime.circuits[i], &d->runtime.circuits[i].saved);
}

/* Added to what was counted meanwhile: a store that comes late must not set a meter back. */
void lightd_keep_load_counter(struct lightd_circuit *c)
{
        struct thon_light_counter row = {0};
        int r;

        if (c->counted || !c->daemon->store)
                return;
        r = thon_light_counter_load(c->daemon->store, c->state.conf->id, &row);
        if (r != 0 && r != THON_STORE_NOT_FOUND) {
                lightd_keep_failed(c->daemon, r);
                return;
        }
        c->counted = true;
        if (c->daemon->new_boot &&
            (r = thon_light_close_outage(c->daemon->store, c->state.conf->id, row.saved_at)) != 0)
                lightd_keep_failed(c->daemon, r);
        c->state.operations += row.operations;
        c->state.on_seconds += row.on_seconds;
        c->state.pulses += row.pulses;
        c->state.kwh_offset += row.kwh_offset;
        if (row.remote_kwh > c->state.remote_kwh)
                c->state.remote_kwh = row.remote_kwh;
        c->state.remote_kwh_base += row.remote_kwh_base;
        counter_of(c, &c->saved);
}

void lightd_keep_prune(struct lightd *d)
{
        struct thon_instant now = lightd_now(d);

        if (!d->store || !now.trusted || now.wall.s - d->pruned.s < 86400)
                return;
        int r = thon_light_history_prune(d->store, (struct thon_wall){now.wall.s - d->conf.history_s});
        if (r != 0)
                lightd_keep_failed(d, r);
        else
                d->pruned = now.wall;
}

void lightd_keep_done(struct lightd *d)
{
        lightd_keep_flush(d);
        lightd_keep_counters(d);
        drop(d, d->n_rows);
        free(d->rows);
        d->rows = NULL;
        d->store = thon_store_close(d->store);
}
