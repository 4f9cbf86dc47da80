/* What a restart must not forget: overrides, lock-outs by a person, raised faults with their event ids, and which
 * circuits have topics on the broker. One small file, replaced atomically; the store may be away when it matters. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <systemd/sd-id128.h>

#include "lightd.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define SERIAL_MAX (INT64_C(1) << 62)
/* Of THON_CIRCUITS_MAX circuits with two orders of the longest reasons and every fault, and twice that. */
#define SNAPSHOT_MAX (8u << 20)

static int path_of(const struct lightd *d, char **ret)
{
        return asprintf(ret, "%s/lightd-state.json", d->state_dir) < 0 ? -ENOMEM : 0;
}

/* Tells a restart of the daemon, over which relays hold, from one of the machine. */
static const char *boot_id(char buf[static SD_ID128_STRING_MAX])
{
        sd_id128_t id = SD_ID128_NULL;

        (void)sd_id128_get_boot(&id);
        return sd_id128_to_string(id, buf);
}

static json_t *override_json(const struct thon_override *o)
{
        if (!o->active)
                return json_null();
        return json_pack("{s:b,s:I,s:o,s:I,s:s,s:s}", "on", o->on, "since", (json_int_t)o->since.s, "until",
                         o->until.s == INT64_MAX ? json_null() : json_integer((json_int_t)o->until.s), "for",
                         (json_int_t)o->for_s, "reason", o->reason, "by", o->by);
}

static json_t *circuit_json(const struct lightd_circuit *c)
{
        json_t *faults = json_object();

        for (int i = 0; i < THON_FAULTS; i++) {
                const struct thon_fault_state *f = &c->state.faults[i];
                if (f->raised)
                        (void)json_object_set_new(faults, thon_fault_slug((enum thon_fault)i),
                                                  json_pack("{s:I,s:I,s:f}", "since", (json_int_t)f->since.s,
                                                            "event", (json_int_t)f->event, "value",
                                                            f->value));
        }
        return json_pack("{s:o,s:o,s:b,s:o}", "override", override_json(&c->state.override), "emergency",
                         override_json(&c->state.emergency), "locked", c->locked_by_person, "faults",
                         faults);
}

int lightd_snapshot_save(struct lightd *d)
{
        _cleanup_json_ json_t *doc = NULL, *circuits = json_object();
        _cleanup_free_ char *path = NULL;
        char boot[SD_ID128_STRING_MAX];
        int r;

        for (size_t i = 0; i < d->runtime.n; i++)
                (void)json_object_set_new(circuits, d->runtime.circuits[i].state.conf->id,
                                          circuit_json(&d->runtime.circuits[i]));
        /* What belongs to circuits that the present plan lacks is kept for the plan that has them again. */
        if (d->restored)
                (void)json_object_update_missing(circuits, d->restored);
        doc = json_pack("{s:i,s:s,s:I,s:I,s:O}", "v", 1, "boot", boot_id(boot), "serial",
                        (json_int_t)d->event_serial, "generation", (json_int_t)d->generation_lit, "circuits",
                        circuits);
        r = doc ? path_of(d, &path) : -ENOMEM;
        if (r == 0)
                r = thon_json_write_file(path, doc, 0640);
        d->snapshot_unkept = r < 0;
        return r;
}

void lightd_snapshot_load(struct lightd *d)
{
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_free_ char *path = NULL;
        struct thon_json_error error;
        char boot[SD_ID128_STRING_MAX];
        uint32_t seed = 0;
        int r;

        r = path_of(d, &path);
        if (r == 0)
                r = thon_json_read_file(path, SNAPSHOT_MAX, &doc, &error);
        if (r == 0 && json_is_object(json_object_get(doc, "circuits"))) {
                d->event_serial = json_integer_value(json_object_get(doc, "serial"));
                d->generation_lit = json_integer_value(json_object_get(doc, "generation"));
                d->restored = json_incref(json_object_get(doc, "circuits"));
                const char *before = json_string_value(json_object_get(doc, "boot"));
                d->new_boot = before && strcmp(before, boot_id(boot)) != 0;
                if (d->event_serial > 0 && d->event_serial < SERIAL_MAX)
                        return;
        } else if (r != -ENOENT)
                thon_warning("%s: cannot be used (%s); overrides of before are forgotten",
                             path ? path : "snapshot",
                             r == -EINVAL ? error.text
                             : r < 0      ? strerror(-r)
                                          : "not a snapshot");
        /* Ids of events must not come twice, not even after the file was lost or damaged. */
        if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
                seed = (uint32_t)lightd_now(d).wall.s;
        d->event_serial = (int64_t)seed << 16;
}

static void copy_text(char *dst, size_t size, const json_t *text)
{
        snprintf(dst, size, "%s", json_is_string(text) ? json_string_value(text) : "");
}

/* One that ended while we were away is over: thon_circuit_override() refuses it. */
static void override_restore(struct lightd_circuit *c, const json_t *doc, bool emergency)
{
        const json_t *until = json_object_get(doc, "until");
        struct thon_override o;

        if (!json_is_object(doc))
                return;
        o = (struct thon_override){
                .active = true,
                .on = json_is_true(json_object_get(doc, "on")),
                .since = {json_integer_value(json_object_get(doc, "since"))},
                .until = THON_WALL_NEVER,
                .for_s = json_integer_value(json_object_get(doc, "for")),
        };
        if (json_is_integer(until))
                o.until.s = json_integer_value(until);
        copy_text(o.reason, sizeof(o.reason), json_object_get(doc, "reason"));
        copy_text(o.by, sizeof(o.by), json_object_get(doc, "by"));
        if (thon_circuit_override(&c->state, &o, emergency, lightd_now(c->daemon)) == THON_OVERRIDE_PAST)
                thon_log_id(LOG_INFO, THON_MSG_OVERRIDE, "THON_CIRCUIT", c->state.conf->id,
                            "%s: an override ended while the daemon was down", c->state.conf->id);
}

void lightd_snapshot_restore(struct lightd *d, struct lightd_circuit *c)
{
        const json_t *doc = json_object_get(d->restored, c->state.conf->id), *faults;

        if (!json_is_object(doc))
                return;
        override_restore(c, json_object_get(doc, "override"), false);
        override_restore(c, json_object_get(doc, "emergency"), true);
        c->locked_by_person = json_is_true(json_object_get(doc, "locked"));
        faults = json_object_get(doc, "faults");
        for (int i = 0; i < THON_FAULTS; i++) {
                const json_t *f = json_object_get(faults, thon_fault_slug((enum thon_fault)i));
                if (json_is_object(f))
                        thon_circuit_fault_restore(
                                &c->state, (enum thon_fault)i,
                                (struct thon_wall){json_integer_value(json_object_get(f, "since"))},
                                json_integer_value(json_object_get(f, "event")),
                                json_number_value(json_object_get(f, "value")));
        }
        (void)json_object_del(d->restored, c->state.conf->id);
}
