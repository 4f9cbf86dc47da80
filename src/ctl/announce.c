/* thonctl announce list, show: what is to be said, and what became of it. From the store, so it is there while nothing runs. */
#include "announce.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "thon/announce_form.h"
#include "thon/cleanup.h"

int ctl_announce_id(struct ctl *ctl, int argc, char **argv, const char *verb, const char **ret)
{
        if (argc != 1 || !thon_slug_valid(argv[0]))
                return ctl_usage(ctl, "announce %s takes the id of one announcement", verb);
        *ret = argv[0];
        return CTL_OK;
}

int ctl_announce_open(struct ctl *ctl)
{
        int r = ctl_zone(ctl);

        return r == CTL_OK && !ctl->store ? ctl_open_store(ctl, THON_STORE_READ) : r;
}

json_t *ctl_announce_time(const struct ctl *ctl, struct thon_wall at)
{
        char text[THON_TIME_TEXT];

        return at.s == INT64_MAX ? json_null() : json_string(thon_time_text(ctl->zone, at, text));
}

/* What is no UTF-8 came from a damaged card; one such row must not hide the others. */
static json_t *text_json(const char *text)
{
        json_t *json = json_string(text);

        return json ? json : json_string("\xEF\xBF\xBD");
}

static json_t *level_json(double db)
{
        return isfinite(db) ? json_real(round(db * 10) / 10) : json_null();
}

json_t *ctl_airing_json(const struct ctl *ctl, const struct thon_airing_row *row)
{
        return json_pack(
                "{s:I,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:s,s:s,s:s,s:f,s:o,s:o,s:o,s:o,s:o,s:o}", "serial",
                (json_int_t)row->serial, "announcement", text_json(row->announcement), "title",
                text_json(row->title), "zone", text_json(row->zone), "class", thon_class_text(row->class),
                "due", ctl_announce_time(ctl, row->due), "began", ctl_announce_time(ctl, row->began),
                "ended", ctl_announce_time(ctl, row->ended), "state", thon_airing_state_text(row->state),
                "reason", thon_air_reason_slug(row->reason), "why", thon_air_reason_text(row->reason),
                "seconds", (double)row->seconds_ms / 1000, "level_db", level_json(row->level_db),
                "returned_db", level_json(row->returned_db), "proof", text_json(row->proof), "audio",
                text_json(row->audio), "sha256", text_json(row->audio_sha256), "by", text_json(row->by));
}

/* ---- list ---- */

struct rows {
        const struct ctl *ctl;
        json_t *list;
};

static struct thon_wall next_of(const struct ctl *ctl, const struct thon_announcement *a)
{
        struct thon_wall next;

        if (a->state != THON_ANNOUNCE_SUBMITTED && a->state != THON_ANNOUNCE_APPROVED)
                return THON_WALL_NEVER;
        if (a->schedule.kind == THON_AIR_ONCE)
                return a->schedule.at;
        return thon_air_schedule_next(&a->schedule, ctl->zone, (struct thon_wall){ctl->now.s - 1}, &next)
                       ? next
                       : THON_WALL_NEVER;
}

static json_t *zones_json(const struct thon_announcement *a)
{
        json_t *list = json_array();

        for (size_t i = 0; i < a->n_zones; i++)
                (void)json_array_append_new(list, json_string(a->zones[i]));
        return list;
}

static int add_announcement(const struct thon_announcement *a, void *userdata)
{
        struct rows *rows = userdata;
        json_t *one =
                json_pack("{s:s,s:s,s:s,s:o,s:o,s:s?,s:s?,s:s}", "id", a->id, "state",
                          thon_announce_state_text(a->state), "class", thon_class_text(a->class), "next",
                          ctl_announce_time(rows->ctl, next_of(rows->ctl, a)), "zones", zones_json(a), "by",
                          a->by, "approved_by", a->approved_by, "title", a->title ? a->title : "");

        return json_array_append_new(rows->list, one) < 0 ? -ENOMEM : 0;
}

static int list(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"id", "state",       "class", "next", "zones",
                                              "by", "approved_by", "title", NULL};
        const char *limit = NULL;
        bool all = false;
        const struct ctl_option options[] = {{"all", NULL, &all}, {"limit", &limit, NULL}};
        _cleanup_json_ json_t *found = json_array();
        struct rows rows = {ctl, found};
        long n = 0;
        int r = ctl_options(ctl, argc, argv, options, 2, &argc);

        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "announce list takes options only");
        if (limit && !ctl_int(limit, 1, 1000000, &n))
                return ctl_usage(ctl, "--limit takes 1 to 1000000");
        r = ctl_announce_open(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_announcements(ctl->store, !all, (size_t)n, add_announcement, &rows);
        if (r != 0 && r != THON_STORE_CORRUPT)
                return ctl_fail_store(ctl, r);
        /* One that is damaged hides none of the others. */
        if (r == THON_STORE_CORRUPT)
                fprintf(stderr, "thonctl: %s\n", thon_store_message(ctl->store));
        (void)ctl_print(ctl, THON_TAKE(found), columns);
        return r == 0 ? CTL_OK : CTL_FAILED;
}

/* ---- show ---- */

static int add_airing(const struct thon_airing_row *row, void *userdata)
{
        struct rows *rows = userdata;

        return json_array_append_new(rows->list, ctl_airing_json(rows->ctl, row)) < 0 ? -ENOMEM : 0;
}

int ctl_announce_airings(struct ctl *ctl, const char *id, json_t **ret)
{
        const struct thon_airing_span span = {
                .announcement = id, .from = {INT64_MIN}, .to = THON_WALL_NEVER, .oldest_first = true};
        _cleanup_json_ json_t *found = json_array();
        struct rows rows = {ctl, found};
        int r = thon_airings(ctl->store, &span, add_airing, &rows);

        if (r != 0)
                return ctl_fail_store(ctl, r);
        *ret = THON_TAKE(found);
        return CTL_OK;
}

static int show(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"due",     "zone",  "state", "began",
                                              "seconds", "proof", "why",   NULL};
        _cleanup_(thon_announcement_done) struct thon_announcement a = {.n_zones = 0};
        _cleanup_json_ json_t *doc = NULL, *airings = NULL;
        const char *id = NULL;
        int r = ctl_announce_id(ctl, argc, argv, "show", &id);

        if (r == CTL_OK)
                r = ctl_announce_open(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_announcement_get(ctl->store, id, &a);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        doc = thon_announce_form_write(&a, ctl->zone);
        if (!doc)
                return ctl_fail(ctl, "memory", "out of memory");
        r = ctl_announce_airings(ctl, id, &airings);
        if (r != CTL_OK)
                return r;
        if (ctl->json)
                (void)json_object_set(doc, "airings", airings);
        r = ctl_print(ctl, THON_TAKE(doc), NULL);
        if (ctl->json || json_array_size(airings) == 0)
                return r;
        putchar('\n');
        return ctl_print(ctl, THON_TAKE(airings), columns);
}

const struct ctl_command ctl_announce_commands[] = {
        {"announce list", "[--all] [--limit N]", list},
        {"announce show", "ID", show},
        {NULL, NULL, NULL},
};
