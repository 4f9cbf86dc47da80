/* thonctl announce rehearse: the next days of air, by the queue that will act, and what one more announcement would
 * change. From the store and announced.conf; no daemon, so that a slip is found before anybody is told to approve
 * it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "announce_rehearse.h"
#include "thon/announce_form.h"
#include "thon/announce_store.h"
#include "thon/cleanup.h"

#define DAYS_DEFAULT 14
#define LATE_S       60 /* later than that is not as asked */
/* Longer than the queue takes: it is damaged. */
#define LENGTH_MAX_MS (6 * 3600 * 1000)

const struct ctl_rehearsed *ctl_rehearsed_of(const struct thon_announcement *announcement)
{
        return (const struct ctl_rehearsed *)(const void *)((const char *)announcement -
                                                            offsetof(struct ctl_rehearsed, a));
}

/* ---- what is there ---- */

static int add_item(struct ctl_rehearsal *r, struct thon_announcement *a, bool of_file)
{
        const char *unknown;
        struct ctl_rehearsed *item, *items = reallocarray(r->items, r->n_items + 1, sizeof(*items));
        size_t zone = 0;

        if (!items)
                return -ENOMEM;
        r->items = items;
        item = &items[r->n_items];
        *item = (struct ctl_rehearsed){.a = *a, .of_file = of_file, .estimated = !a->source};
        item->zones = thon_announced_conf_resolve(&r->conf, a->zones, a->n_zones, &unknown);
        while (zone < r->conf.n_zones && !(item->zones & UINT64_C(1) << zone))
                zone++;
        item->length_us = ctl_announce_length(
                a, zone < r->conf.n_zones ? r->conf.zones[zone].dialect : r->conf.dialect, r->media_dir);
        *a = (struct thon_announcement){.n_zones = 0};
        r->n_items++;
        return 0;
}

/* Newest first. */
static int take_stored(const struct thon_announcement *announcement, void *userdata)
{
        struct ctl_rehearsal *r = userdata;
        struct thon_announcement copy = {.n_zones = 0};
        int error;

        if (r->n_items == CTL_REHEARSE_ITEMS_MAX)
                return -E2BIG;
        error = thon_announcement_copy(announcement, &copy);
        if (error == 0)
                error = add_item(r, &copy, false);
        thon_announcement_done(&copy);
        return error;
}

static void in_order_of_acceptance(struct ctl_rehearsal *r)
{
        for (size_t i = 0; i < r->n_items / 2; i++) {
                struct ctl_rehearsed other = r->items[i];

                r->items[i] = r->items[r->n_items - 1 - i];
                r->items[r->n_items - 1 - i] = other;
        }
}

/* What waits for approval is asked for as of now: its time has gone by, but it may start yet. */
static void bring_forward(const struct ctl_rehearsal *r, struct ctl_rehearsed *item)
{
        struct thon_air_schedule *schedule = &item->a.schedule;
        int64_t late = item->a.late_s;

        for (size_t i = 0; item->a.late_s < 0 && i < r->conf.n_zones; i++)
                if (item->zones & UINT64_C(1) << i && r->conf.zones[i].rules.late_s > late)
                        late = r->conf.zones[i].rules.late_s;
        if (schedule->kind != THON_AIR_CALENDAR && item->a.planned.s == THON_WALL_NEVER.s &&
            schedule->at.s < r->from.s && r->from.s - schedule->at.s <= late)
                schedule->at = r->from;
}

/* What was heard this week counts against the days, and says how long an announcement is. */
static int take_airing(const struct thon_airing_row *row, void *userdata)
{
        struct ctl_rehearsal *r = userdata;
        size_t zone = thon_announced_conf_zone(&r->conf, row->zone);
        struct thon_rehearse_was *was;
        thon_slug *ids;

        if (row->state == THON_AIRING_AIRED && row->seconds_ms > 0 && row->seconds_ms <= LENGTH_MAX_MS)
                for (size_t i = 0; i < r->n_items; i++)
                        if (strcmp(r->items[i].a.id, row->announcement) == 0) {
                                r->items[i].length_us = (uint64_t)row->seconds_ms * 1000;
                                r->items[i].estimated = false;
                        }
        if (zone == SIZE_MAX || row->seconds_ms <= 0 || row->began.s == THON_WALL_NEVER.s ||
            row->began.s < r->from.s - 8 * 86400 || !thon_slug_valid(row->announcement))
                return 0;
        was = reallocarray(r->was, r->n_was + 1, sizeof(*was));
        if (was)
                r->was = was;
        ids = reallocarray(r->was_ids, r->n_was + 1, sizeof(*ids));
        if (ids)
                r->was_ids = ids;
        if (!was || !ids)
                return -ENOMEM;
        memcpy(ids[r->n_was], row->announcement, strlen(row->announcement) + 1);
        was[r->n_was++] = (struct thon_rehearse_was){.zone = zone,
                                                     .class = row->class,
                                                     .began = row->began,
                                                     .seconds = (row->seconds_ms + 999) / 1000};
        return 0;
}

static int read_store(struct ctl_rehearsal *r)
{
        /* Lengths change little: those of the last month will do. */
        const struct thon_airing_span span = {
                .from = {r->ctl->now.s - 31 * 86400}, .to = {r->ctl->now.s + 1}, .oldest_first = true};
        int error = thon_announcements(r->ctl->store, true, 0, take_stored, r);

        if (error == -E2BIG)
                return ctl_fail(r->ctl, "too-many", "more than %d announcements are open",
                                CTL_REHEARSE_ITEMS_MAX);
        in_order_of_acceptance(r);
        if (error == 0)
                error = thon_airings(r->ctl->store, &span, take_airing, r);
        if (error != 0)
                return ctl_fail_store(r->ctl, error);
        for (size_t i = 0; i < r->n_items; i++)
                bring_forward(r, &r->items[i]);
        /* Only now, since the list has moved while it grew. */
        for (size_t i = 0; i < r->n_was; i++)
                r->was[i].announcement = r->was_ids[i];
        return CTL_OK;
}

/* ---- the file ---- */

static int read_form(struct ctl_rehearsal *r, const json_t *doc, size_t index, bool listed)
{
        const struct thon_announce_form_options options = {
                .zone = r->ctl->zone, .now = r->from, .chime = r->conf.chime};
        struct thon_announcement a;
        struct thon_json_error error = {""};
        const char *unknown = NULL;
        char place[40] = "";
        int e;

        if (listed)
                (void)snprintf(place, sizeof(place), "[%zu]", index);
        e = thon_announce_form_read(doc, &options, &a, NULL, &error);
        if (e == -ENOMEM)
                return ctl_fail(r->ctl, "memory", "out of memory");
        if (e < 0)
                return ctl_fail(r->ctl, "invalid", "%s%s: %s", r->file, place, error.text);
        (void)thon_announced_conf_resolve(&r->conf, a.zones, a.n_zones, &unknown);
        if (unknown) {
                e = ctl_fail(r->ctl, "unknown-zone",
                             "%s%s: zones: %s is no zone, group or area of announced.conf", r->file, place,
                             unknown);
                thon_announcement_done(&a);
                return e;
        }
        if (!*a.id)
                (void)snprintf(a.id, sizeof(a.id), "new-%zu", index + 1);
        for (size_t i = 0; i < r->n_items; i++)
                if (strcmp(r->items[i].a.id, a.id) == 0)
                        r->items[i].replaced = true;
        e = add_item(r, &a, true);
        thon_announcement_done(&a);
        if (e < 0)
                return ctl_fail(r->ctl, "memory", "out of memory");
        r->items[r->n_items - 1].soon = !json_object_get(doc, "at") && !json_object_get(doc, "repeat");
        return CTL_OK;
}

static int read_file(struct ctl_rehearsal *r)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};
        const json_t *one;
        size_t size, i;
        int e = ctl_read(r->ctl, r->file, CTL_FORM_MAX, &text, &size);

        if (e != CTL_OK)
                return e;
        if (thon_json_parse(text, size, CTL_FORM_MAX, &doc, &error) < 0)
                return ctl_fail(r->ctl, "invalid", "%s: %s", r->file, error.text);
        if (!json_is_array(doc))
                return read_form(r, doc, 0, false);
        if (json_array_size(doc) == 0)
                return ctl_fail(r->ctl, "invalid", "%s: is an empty list", r->file);
        json_array_foreach (doc, i, one) {
                e = read_form(r, one, i, true);
                if (e != CTL_OK)
                        return e;
        }
        return CTL_OK;
}

/* ---- the days ---- */

struct rows {
        size_t n, room;
        struct thon_rehearse_row *rows;
};

static int take_row(const struct thon_rehearse_row *row, void *userdata)
{
        struct rows *rows = userdata;

        if (rows->n == rows->room) {
                size_t room = rows->room > 0 ? 2 * rows->room : 256;
                struct thon_rehearse_row *more = reallocarray(rows->rows, room, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                rows->rows = more;
                rows->room = room;
        }
        rows->rows[rows->n++] = *row;
        return 0;
}

static int play(struct ctl_rehearsal *r, bool with_file, struct thon_rehearse_row **ret, size_t *ret_n)
{
        const struct thon_rehearse_station station = {.zone = r->ctl->zone,
                                                      .n_zones = r->conf.n_zones,
                                                      .zones = r->zones,
                                                      .n_was = r->n_was,
                                                      .was = r->was};
        _cleanup_free_ struct thon_rehearse_item *items = calloc(r->n_items + 1, sizeof(*items));
        struct rows rows = {.n = 0};
        size_t n = 0;
        int error = items ? 0 : -ENOMEM;

        for (size_t i = 0; items && i < r->n_items; i++) {
                const struct ctl_rehearsed *item = &r->items[i];

                if (with_file ? item->replaced : item->of_file)
                        continue;
                items[n++] = (struct thon_rehearse_item){
                        .announcement = &item->a, .length_us = item->length_us, .zones = item->zones};
        }
        if (error == 0)
                error = thon_rehearse(&station, items, n, r->from, r->days, take_row, &rows);
        *ret = rows.rows;
        *ret_n = rows.n;
        if (error == 0)
                return CTL_OK;
        if (error == -E2BIG || error == -ENOSPC)
                return ctl_fail(r->ctl, "too-many", "so many airings cannot be rehearsed; try fewer --days");
        return ctl_fail(r->ctl, "failed", "the rehearsal cannot be played: %s", strerror(-error));
}

const struct thon_rehearse_row *ctl_rehearse_before(const struct ctl_rehearsal *r,
                                                    const struct thon_rehearse_row *row)
{
        size_t low = 0, high = r->n_before;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (r->before[middle].due.s < row->due.s)
                        low = middle + 1;
                else
                        high = middle;
        }
        for (; low < r->n_before && r->before[low].due.s == row->due.s; low++)
                if (r->before[low].zone == row->zone && r->before[low].announcement == row->announcement)
                        return &r->before[low];
        return NULL;
}

bool ctl_rehearse_surprise(const struct ctl_rehearsal *r, const struct thon_rehearse_row *row)
{
        const struct ctl_rehearsed *item = ctl_rehearsed_of(row->announcement);
        const struct thon_rehearse_row *before;

        if (item->of_file)
                return row->state != THON_AIRING_AIRED ||
                       (!item->soon &&
                        row->began.s - row->due.s >
                                LATE_S + (int64_t)(r->zones[row->zone].rules.warm_us / 1000000));
        before = r->file ? ctl_rehearse_before(r, row) : NULL;
        /* Cut: a second is the rounding's. */
        return before && before->state == THON_AIRING_AIRED &&
               (row->state != THON_AIRING_AIRED || row->began.s - before->began.s > LATE_S ||
                before->seconds - row->seconds > 1);
}

/* ---- the command ---- */

static int read_span(struct ctl_rehearsal *r, const char *from, const char *days)
{
        struct thon_date date;
        long n = DAYS_DEFAULT;

        if (days && !ctl_int(days, 1, THON_REHEARSE_DAYS_MAX, &n))
                return ctl_usage(r->ctl, "--days takes a number from 1 to %d", THON_REHEARSE_DAYS_MAX);
        r->days = (int)n;
        r->from = r->ctl->now;
        if (!from)
                return CTL_OK;
        if (!thon_date_parse(from, &date))
                return ctl_usage(r->ctl, "--from takes a date such as 2027-02-05");
        if (thon_date_days(date) < thon_zone_civil(r->ctl->zone, r->ctl->now).days)
                return ctl_fail(r->ctl, "invalid", "--from %s: what was cannot be rehearsed", from);
        if (thon_date_days(date) > thon_zone_civil(r->ctl->zone, r->ctl->now).days)
                r->from = thon_zone_instant(r->ctl->zone, thon_date_days(date), 0);
        return CTL_OK;
}

static int read_station(struct ctl_rehearsal *r, const char *zone)
{
        struct thon_conf_report report = {.tell = ctl_tell_conf};
        const char *unknown = zone;
        thon_slug name;

        if (thon_announced_conf_read(r->ctl->config_dir, &r->conf, &report) < 0)
                return ctl_fail(r->ctl, "config", "%s/announced.conf cannot be used", r->ctl->config_dir);
        if (r->conf.n_zones == 0)
                return ctl_fail(r->ctl, "config", "%s/announced.conf has no [zone ...]", r->ctl->config_dir);
        for (size_t i = 0; i < r->conf.n_zones; i++)
                r->zones[i] = (struct thon_rehearse_zone){r->conf.zones[i].id, r->conf.zones[i].rules};
        r->shown = UINT64_MAX;
        if (!zone)
                return CTL_OK;
        if (thon_slug_valid(zone)) {
                memcpy(name, zone, strlen(zone) + 1);
                r->shown = thon_announced_conf_resolve(&r->conf, &name, 1, &unknown);
        }
        return !unknown ? CTL_OK
                        : ctl_fail(r->ctl, "unknown-zone", "%s is no zone, group or area of announced.conf",
                                   zone);
}

static int rehearse_with(struct ctl_rehearsal *r, const char *zone, const char *from, const char *days)
{
        size_t of_file = 0, surprises = 0;
        int e;

        if ((e = ctl_zone(r->ctl)) != CTL_OK ||
            (e = ctl_announce_dir(r->ctl, "media", &r->media_dir)) != CTL_OK ||
            (e = read_span(r, from, days)) != CTL_OK || (e = read_station(r, zone)) != CTL_OK ||
            (e = ctl_open_store(r->ctl, THON_STORE_READ)) != CTL_OK || (e = read_store(r)) != CTL_OK ||
            (r->file && (e = read_file(r)) != CTL_OK) ||
            (r->file && (e = play(r, false, &r->before, &r->n_before)) != CTL_OK) ||
            (e = play(r, true, &r->after, &r->n_after)) != CTL_OK)
                return e;
        if (r->ctl->json)
                (void)ctl_print(r->ctl, ctl_rehearse_json(r), NULL);
        else
                ctl_rehearse_page(r);
        if (!r->file)
                return CTL_OK;
        for (size_t i = 0; i < r->n_after; i++) {
                of_file += ctl_rehearsed_of(r->after[i].announcement)->of_file;
                surprises += ctl_rehearse_surprise(r, &r->after[i]);
        }
        if (of_file == 0)
                return ctl_fail(r->ctl, "surprise", "%s: nothing of it would air in these days", r->file);
        if (surprises > 0)
                return ctl_fail(r->ctl, "surprise",
                                "%s: %zu airings would not be as asked, or as they are without it", r->file,
                                surprises);
        return CTL_OK;
}

static int rehearse(struct ctl *ctl, int argc, char **argv)
{
        const char *from = NULL, *days = NULL, *zone = NULL;
        const struct ctl_option options[] = {
                {"from", &from, NULL}, {"days", &days, NULL}, {"zone", &zone, NULL}};
        struct ctl_rehearsal r = {.ctl = ctl};
        int e = ctl_options(ctl, argc, argv, options, 3, &argc);

        if (e != CTL_OK)
                return e;
        if (argc > 1)
                return ctl_usage(
                        ctl, "announce rehearse takes one FILE: what would be submitted, or a list of it");
        r.file = argc == 1 ? argv[0] : NULL;
        e = rehearse_with(&r, zone, from, days);
        for (size_t i = 0; i < r.n_items; i++)
                thon_announcement_done(&r.items[i].a);
        free(r.items);
        free(r.media_dir);
        free(r.was);
        free(r.was_ids);
        free(r.before);
        free(r.after);
        thon_announced_conf_done(&r.conf);
        return e;
}

const struct ctl_command ctl_announce_rehearse_commands[] = {
        {"announce rehearse", "[FILE] [--from D] [--days N] [--zone Z]", rehearse},
        {NULL, NULL, NULL},
};
