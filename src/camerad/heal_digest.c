/* In the morning, once: what was restarted, and who must look at what. It is made from the history, so that a restart of ours
 * in the night loses nothing of it; up to when it was told stands in a small file, so that one morning has one digest. Its
 * id bears the date: told again after a crash between the two, it is the same event to whoever hears it.
 *
 * An event that nobody ends stands for ever at whoever counts them: the news of the morning is over by the evening. */
#include "heal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/file.h"
#include "thon/log.h"

#define RETRY_US  UINT64_C(60000000) /* the store is away */
#define DAY_S     86400
#define STANDS_S  (12 * 3600)
#define TOLD_MAX  1000 /* of one digest */
#define FILE_MAX  4096
#define FILE_NAME "camera-digest.json"
#define KIND      "camera-digest"

struct digest {
        struct camerad *d;
        struct thon_heal_told *told;
        json_t *values;
        size_t n;
};

static int note(const struct thon_camera_did *row, void *userdata)
{
        struct digest *digest = userdata;
        struct camerad *d = digest->d;
        const struct camerad_device *c = camerad_find(d, row->device);
        bool recovered = strcmp(row->detail, "recovered") == 0;
        struct thon_heal_told *one;
        struct thon_heal_told told = {.recovered = recovered, .began = {row->at.s - row->seconds}};

        /* What a person ordered that person was told of; how it began says nothing yet. */
        if (row->what != THON_CAMERA_DID_HEAL || !c || digest->n == TOLD_MAX ||
            strcmp(row->by, "thon-camerad") != 0 || (!recovered && strncmp(row->detail, "failed", 6) != 0))
                return 0;
        told.how = strcmp(row->value, thon_heal_how_slug(THON_HEAL_POWER)) == 0 ? THON_HEAL_POWER
                                                                                : THON_HEAL_REBOOT;
        told.name = c->conf->name;
        one = reallocarray(digest->told, digest->n + 1, sizeof(struct thon_heal_told));
        if (!one)
                return -ENOMEM;
        digest->told = one;
        one[digest->n++] = told;
        return json_array_append_new(digest->values,
                                     json_pack("{s:s,s:s,s:s,s:o,s:s}", "device", row->device, "name",
                                               c->conf->name, "how", row->value, "at",
                                               camerad_time_json(d, told.began), "result",
                                               recovered ? "recovered" : "failed"))
                       ? -ENOMEM
                       : 0;
}

static void take_back(struct camerad_healer *healer)
{
        struct camerad *d = healer->d;

        if (!healer->standing[0])
                return;
        camerad_event(d, KIND, healer->standing, camerad_now(d).wall, false, "info", KIND,
                      "Tin sáng về camera đã cũ.", NULL, NULL);
        healer->standing[0] = '\0';
}

static void tell(struct camerad_healer *healer, const struct digest *digest, struct thon_wall now)
{
        struct camerad *d = healer->d;
        struct thon_date today = thon_date_of(thon_zone_civil(d->zone, now).days);
        char date[THON_DATE_TEXT], id[64];
        _cleanup_free_ char *text = thon_heal_digest_text(digest->told, digest->n, d->zone, now);
        json_int_t recovered = 0;

        if (!text) {
                thon_error("The morning digest could not be written: no memory");
                return;
        }
        for (size_t i = 0; i < digest->n; i++)
                recovered += digest->told[i].recovered;
        (void)snprintf(id, sizeof id, KIND "-%s", thon_date_text(today, date));
        if (strcmp(id, healer->standing) != 0)
                take_back(healer);
        (void)snprintf(healer->standing, sizeof healer->standing, "%s", id);
        healer->since = now;
        camerad_event(d, KIND, id, camerad_now(d).wall, true, "info", KIND, text,
                      json_pack("{s:i,s:i,s:O}", "recovered", (int)recovered, "failed",
                                (int)digest->n - (int)recovered, "healed", digest->values),
                      NULL);
}

static char *path_of(const struct camerad *d)
{
        char *path = NULL;

        return asprintf(&path, "%s/" FILE_NAME, d->state_dir) < 0 ? NULL : path;
}

static void keep(struct camerad_healer *healer)
{
        _cleanup_free_ char *path = path_of(healer->d);
        _cleanup_json_ json_t *doc =
                json_pack("{s:I,s:s,s:I}", "told", (json_int_t)healer->told.s, "standing", healer->standing,
                          "since", (json_int_t)healer->since.s);
        int r = path && doc ? thon_json_write_file(path, doc, 0640) : -ENOMEM;

        if (r < 0)
                thon_warning(
                        "That the morning digest was told could not be kept, and a restart may tell it again: %s",
                        strerror(-r));
}

static struct thon_wall next(const struct camerad_healer *healer)
{
        const struct camerad *d = healer->d;
        int minute = d->conf.digest_min;

        return minute >= 0 ? thon_heal_digest_next(minute, d->zone, healer->told) : THON_WALL_NEVER;
}

void heal_digest_plan(struct camerad_healer *healer)
{
        struct thon_wall at, now = camerad_now(healer->d).wall;

        /* What lies so far in the future was told by a clock that was ahead. */
        if (healer->told.s > now.s + DAY_S || healer->told.s < 0)
                healer->told = now;
        if (thon_wall_before(now, healer->since))
                healer->since = now;
        at = next(healer);
        if (healer->standing[0] && healer->since.s + STANDS_S < at.s)
                at.s = healer->since.s + STANDS_S;
        thon_alarm_set(healer->digest, at, THON_MONO_NEVER);
}

static void tell_night(struct camerad_healer *healer)
{
        struct camerad *d = healer->d;
        struct thon_wall now = camerad_now(d).wall;
        struct digest digest = {.d = d};
        struct thon_store *store;
        int r = 0;

        camerad_keep_flush(d);
        store = camerad_store(d);
        digest.values = json_array();
        if (store && digest.values) {
                const struct thon_camera_span span = {
                        .from = healer->told, .to = {now.s + 1}, .oldest_first = true};
                r = thon_camera_history(store, &span, note, &digest);
                if (r > 0)
                        camerad_store_failed(d, r);
        }
        if (!store || !digest.values || r != 0) {
                thon_alarm_set(healer->digest, THON_WALL_NEVER,
                               thon_mono_add(thon_clock_mono(d->clock), RETRY_US));
        } else {
                if (digest.n > 0)
                        tell(healer, &digest, now);
                healer->told = (struct thon_wall){now.s + 1};
                keep(healer);
                heal_digest_plan(healer);
        }
        json_decref(digest.values);
        free(digest.told);
}

static void on_digest(void *userdata)
{
        struct camerad_healer *healer = userdata;
        struct thon_wall now = camerad_now(healer->d).wall;

        if (healer->standing[0] && now.s - healer->since.s >= STANDS_S) {
                take_back(healer);
                keep(healer);
        }
        if (thon_wall_before(now, next(healer)))
                heal_digest_plan(healer);
        else
                tell_night(healer);
}

static void on_step(void *userdata)
{
        struct camerad *d = userdata;

        if (d->healer)
                heal_digest_plan(d->healer);
}

/* The first time there is nothing to tell of. */
int heal_digest_start(struct camerad_healer *healer)
{
        struct camerad *d = healer->d;
        _cleanup_free_ char *path = path_of(d);
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};
        struct thon_wall now = camerad_now(d).wall;
        const json_t *told;
        const char *standing;
        int r = path ? thon_json_read_file(path, FILE_MAX, &doc, &error) : -ENOMEM;

        if (r == -ENOMEM)
                return r;
        if (r < 0 && r != -ENOENT)
                thon_warning("Up to when the morning digest was told is not known: %s", error.text);
        told = json_object_get(doc, "told");
        healer->told = now;
        if (json_is_integer(told))
                healer->told.s = json_integer_value(told);
        standing = json_string_value(json_object_get(doc, "standing"));
        if (standing && strncmp(standing, KIND "-", sizeof KIND) == 0) {
                (void)snprintf(healer->standing, sizeof healer->standing, "%s", standing);
                healer->since.s = json_integer_value(json_object_get(doc, "since"));
        }
        if (healer->since.s < 0)
                healer->since.s = 0;
        if (!doc)
                keep(healer);
        r = thon_alarm_new(d->clock, "digest", on_digest, healer, &healer->digest);
        if (r == 0)
                r = thon_clock_watch(d->clock, on_step, d);
        if (r == 0)
                heal_digest_plan(healer);
        return r;
}
