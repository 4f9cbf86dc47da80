/* announce/submit: read whole, checked against the station, on the disk, then acknowledged. The answer brings the
 * reading back, since what a voice makes of a text is to be seen before it is heard, and points out what should not
 * be said in public. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "announced.h"
#include "submit.h"
#include "thon/announce_form.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define PRIVATE_MAX 32
#define ANSWER_MAX  (THON_MQTT_PAYLOAD_MAX - 1024)

void announced_reply_store(struct announced *d, const struct thon_mqtt_message *m, int r)
{
        if (r == -ENOMEM)
                thon_mqtt_reply_error(d->mqtt, m, "no-memory", "no memory");
        else
                thon_mqtt_reply_error(d->mqtt, m, "store",
                                      "it cannot be kept (%s): nothing was changed; try again later",
                                      r > 0 ? thon_store_error_slug(r) : strerror(-r));
}

bool announced_pin_right(struct announced *d, const struct thon_mqtt_message *m, const char *by,
                         const char *pin)
{
        enum thon_pin found = THON_PIN_NONE;
        int r;

        if (!d->conf.pin)
                return true;
        if (!pin) {
                thon_mqtt_reply_error(d->mqtt, m, "pin",
                                      "an emergency needs the PIN of the person who answers for it");
                return false;
        }
        if (!announced_store_now(d)) {
                announced_reply_store(d, m, d->store_error);
                return false;
        }
        r = thon_pin_check(d->store, by, pin, announced_now(d).wall, &found, NULL);
        if (r != 0) {
                announced_store_failed(d, r);
                announced_reply_store(d, m, r);
                return false;
        }
        switch (found) {
        case THON_PIN_RIGHT:
                return true;
        case THON_PIN_WRONG:
                thon_warning("A wrong PIN was given for %s", by);
                thon_mqtt_reply_error(d->mqtt, m, "pin", "the PIN is wrong");
                return false;
        case THON_PIN_NONE:
                thon_mqtt_reply_error(d->mqtt, m, "pin", "%s has no PIN: thonctl person pin %s sets one", by,
                                      by);
                return false;
        case THON_PIN_LOCKED:
                thon_mqtt_reply_error(
                        d->mqtt, m, "pin-locked",
                        "too many wrong PINs for %s: locked for 15 minutes; another person may do it", by);
                return false;
        }
        return false;
}

/* ---- what the answer brings ---- */

static json_t *readings(const struct announced *d, const struct announced_item *item)
{
        json_t *all = json_object();

        for (size_t zone = 0; all && item->a.text && zone < d->conf.n_zones; zone++) {
                enum thon_dialect dialect = d->conf.zones[zone].dialect;
                _cleanup_free_ char *reading = NULL;

                if (item->zones & UINT64_C(1) << zone &&
                    announced_reading(d, &item->a, dialect, &reading) == 0)
                        (void)json_object_set_new(all, thon_dialect_text(dialect), json_string(reading));
        }
        return all;
}

static json_t *private_data(const char *text)
{
        struct thon_private found[PRIVATE_MAX];
        size_t n = text ? thon_private_find(text, found, PRIVATE_MAX) : 0;
        json_t *all = json_array();

        for (size_t i = 0; all && i < n && i < PRIVATE_MAX; i++)
                (void)json_array_append_new(all, json_pack("{s:s,s:s,s:s%}", "kind",
                                                           thon_private_slug(found[i].kind), "text",
                                                           thon_private_text(found[i].kind), "quote",
                                                           text + found[i].at, found[i].size));
        return all;
}

static json_t *answer(const struct announced *d, const struct announced_item *item)
{
        const struct thon_air_schedule *schedule = &item->a.schedule;
        struct thon_wall first = THON_WALL_NEVER, after = announced_now(d).wall;
        json_t *all;

        if (schedule->kind != THON_AIR_CALENDAR)
                first = schedule->at;
        else if (!thon_air_schedule_next(schedule, d->tz, after, &first))
                first = THON_WALL_NEVER;
        all = json_pack("{s:s,s:s,s:o,s:o,s:o}", "id", item->a.id, "state",
                        thon_announce_state_text(item->a.state), "reading", readings(d, item), "private",
                        private_data(item->a.text), "first", announced_time_json(d, first));
        /* What was taken must not be told as refused, only because it becomes long when it is read. */
        if (all && json_dumpb(all, NULL, 0, JSON_COMPACT) > ANSWER_MAX)
                (void)json_object_set_new(all, "reading", json_object());
        return all;
}

/* ---- what is refused ---- */

static bool media_there(const struct announced *d, const char *media)
{
        _cleanup_free_ char *path = NULL;
        struct stat st;

        return asprintf(&path, "%s/announce/media/%s", d->state_dir, media) > 0 && lstat(path, &st) == 0 &&
               S_ISREG(st.st_mode);
}

static bool never_airs(const struct announced *d, const struct thon_announcement *a)
{
        struct thon_wall now = announced_now(d).wall, next;

        if (a->expires.s <= now.s)
                return true;
        return a->schedule.kind == THON_AIR_CALENDAR &&
               (!thon_air_schedule_next(&a->schedule, d->tz, now, &next) || next.s >= a->expires.s);
}

/* NULL, or the slug of an error with its words. */
static const char *refusal(const struct announced *d, const struct thon_announcement *a, char *detail,
                           size_t size)
{
        const char *unknown = NULL;
        uint64_t zones = thon_announced_conf_resolve(&d->conf, a->zones, a->n_zones, &unknown);

        if (unknown) {
                snprintf(detail, size, "%s is no zone, group or area of announced.conf", unknown);
                return "unknown-zone";
        }
        if (zones == 0) {
                snprintf(detail, size, "no zone is configured: see announced.conf");
                return "unknown-zone";
        }
        if (!a->by) {
                snprintf(detail, size, "by: somebody must answer for it");
                return "invalid";
        }
        if (a->class == THON_CLASS_EMERGENCY && !a->reason) {
                snprintf(detail, size, "reason: an emergency needs one; it passes quiet hours");
                return "invalid";
        }
        if (a->media && !media_there(d, a->media)) {
                snprintf(detail, size, "media: there is no %s in %s/announce/media", a->media, d->state_dir);
                return "invalid";
        }
        if (a->source && !thon_announced_conf_source(&d->conf, a->source)) {
                snprintf(detail, size, "source: announced.conf has no [source %s]", a->source);
                return "invalid";
        }
        if (thon_clock_trusted(d->clock) && never_airs(d, a)) {
                snprintf(detail, size, "it would be over before its first time");
                return "late";
        }
        return NULL;
}

/* Also by one that is over long since. */
static bool id_taken(struct announced *d, const char *id)
{
        struct thon_announcement there = {0};
        bool taken = announced_find(d, id) != NULL;

        if (!taken && announced_store(d))
                taken = thon_announcement_get(d->store, id, &there) == 0;
        thon_announcement_done(&there);
        return taken;
}

static int name(struct announced *d, struct thon_announcement *a)
{
        struct thon_civil civil = thon_zone_civil(d->tz, announced_now(d).wall);
        struct thon_date date = thon_date_of(civil.days);

        if (a->id[0])
                return 0;
        if (announced_store(d) && announced_keep(d, false) == 0)
                return thon_announcement_id(d->store, date, a->id);
        snprintf(a->id, sizeof(a->id), "a-%04d%02d%02d-t%05d-%u", date.year, date.month, date.day,
                 civil.second, (unsigned)(d->n_items % 1000));
        return 0;
}

/* ---- taking it ---- */

int announced_take(struct announced *d, struct thon_announcement *a, const char *actor,
                   struct announced_item **ret)
{
        struct announced_item *item = NULL;
        bool emergency = a->class == THON_CLASS_EMERGENCY;
        int r = name(d, a);

        if (r != 0) {
                thon_announcement_done(a);
                return r;
        }
        r = announced_item_new(d, a, false, &item);
        if (r < 0)
                return r;
        actor = actor ? actor : item->a.by;
        announced_item_changed(item, "announce-submit", actor);
        if (item->a.state == THON_ANNOUNCE_APPROVED)
                announced_item_changed(item, "announce-approve", actor);
        r = announced_keep(d, true);
        if (r == 0)
                r = item->refused; /* an id of an earlier time, a text that no row takes */
        /* A warning is aired also while nothing can be written. */
        if (r != 0 && !(emergency && r != THON_STORE_EXISTS)) {
                announced_item_withdraw(item);
                return r;
        }
        announced_publish_item(item, true);
        announced_look(d);
        *ret = item;
        return 0;
}

void announced_submit(struct announced *d, const struct thon_mqtt_message *m)
{
        const struct thon_announce_form_options options = {
                .zone = d->tz, .now = announced_now(d).wall, .chime = d->conf.chime};
        _cleanup_json_ json_t *doc = NULL;
        struct thon_announcement a = {0};
        struct announced_item *item = NULL;
        struct thon_json_error error = {""};
        char detail[512] = "";
        const char *pin = NULL, *slug;
        int r = thon_json_parse(m->payload, m->size, THON_MQTT_PAYLOAD_MAX, &doc, &error);

        if (r == 0)
                r = thon_announce_form_read(doc, &options, &a, &pin, &error);
        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        slug = refusal(d, &a, detail, sizeof(detail));
        if (!slug && a.id[0] && id_taken(d, a.id)) {
                slug = "exists";
                snprintf(detail, sizeof(detail), "%s is there already", a.id);
        }
        if (slug) {
                thon_mqtt_reply_error(d->mqtt, m, slug, "%s", detail);
                thon_announcement_done(&a);
                return;
        }
        if (a.class == THON_CLASS_EMERGENCY && !announced_pin_right(d, m, a.by, pin)) {
                thon_announcement_done(&a);
                return;
        }
        if (a.class == THON_CLASS_EMERGENCY || !d->conf.approval) {
                a.state = THON_ANNOUNCE_APPROVED;
                a.approved = options.now;
                a.approved_by = strdup(a.by);
        }
        r = announced_take(d, &a, NULL, &item);
        if (r == 0)
                thon_mqtt_reply_ok(d->mqtt, m, answer(d, item));
        else if (r == THON_STORE_EXISTS)
                thon_mqtt_reply_error(d->mqtt, m, "exists", "an announcement with that id is there already");
        else if (r == -ENOSPC)
                thon_mqtt_reply_error(d->mqtt, m, "busy", "too many announcements wait: cancel some");
        else
                announced_reply_store(d, m, r);
}
