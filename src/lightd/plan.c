/* Where the plan comes from: the registry in the store, a message for a cabinet's own Pi, or the last good one on disk.
 * What runs is only ever replaced by something that was read whole and found sound. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lightd.h"
#include "thon/cleanup.h"
#include "thon/light_form.h"
#include "thon/log.h"
#include "thon/registry.h"

#define PLAN_MAX (4u << 20)

static int path_of(const struct lightd *d, char **ret)
{
        return asprintf(ret, "%s/lightd-plan.json", d->state_dir) < 0 ? -ENOMEM : 0;
}

/* The card is not written when nothing changed. */
static void save(struct lightd *d, const json_t *doc)
{
        _cleanup_json_ json_t *before = NULL;
        _cleanup_free_ char *path = NULL;
        int r;

        r = path_of(d, &path);
        d->plan_unkept = false;
        if (r == 0 && thon_json_read_file(path, PLAN_MAX, &before, NULL) == 0 && json_equal(before, doc))
                return;
        if (r == 0)
                r = thon_json_write_file(path, doc, 0640);
        d->plan_unkept = r < 0;
        if (r < 0)
                thon_warning(
                        "%s: the plan could not be kept on disk: %s. A restart without the store would be by the "
                        "plan before.",
                        path ? path : "plan", strerror(-r));
}

static int use(struct lightd *d, const json_t *doc, const char *from, struct thon_json_error *error)
{
        struct thon_light_plan *plan = NULL;
        int r;

        /* A household's new phone counts the registry up, and is no reason to touch a line. */
        if (d->runtime.plan && json_equal(doc, d->plan)) {
                d->plan_from = from;
                return 0;
        }
        r = thon_light_plan_from_json(doc, &plan, error);
        if (r != 0)
                return r;
        size_t n = plan->n_circuits;
        r = lightd_runtime_swap(d, plan);
        if (r < 0) {
                thon_json_fail(error, "tz", "the plan cannot be run: %s", strerror(-r));
                return r;
        }
        d->plan_from = from;
        json_decref(d->plan);
        d->plan = json_incref((json_t *)doc);
        thon_log_full(LOG_INFO, THON_MSG_PLAN_LOADED, (const char *const[]){"THON_PLAN=", from, NULL},
                      "Plan from %s: %zu circuits, %zu of them here", from, n, d->runtime.n);
        return 0;
}

static void keep_running(struct lightd *d, const char *from, const char *reason)
{
        thon_log_full(LOG_WARNING, THON_MSG_PLAN_KEPT, (const char *const[]){"THON_PLAN=", from, NULL},
                      "The plan from %s cannot be used: %s. %s", from, reason,
                      d->runtime.plan ? "The last good one goes on."
                                      : "There is none before it: no lamp is switched.");
}

static void from_disk(struct lightd *d)
{
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_free_ char *path = NULL;
        struct thon_json_error error = {""};
        int r;

        r = path_of(d, &path);
        if (r == 0)
                r = thon_json_read_file(path, PLAN_MAX, &doc, &error);
        if (r == 0)
                r = use(d, doc, "disk", &error);
        if (r < 0)
                keep_running(d, "disk", error.text[0] ? error.text : strerror(-r));
}

static void tell_left_out(void *userdata, const char *circuit, const char *problem)
{
        (void)userdata;
        thon_log_id(LOG_ERR, THON_MSG_PLAN_KEPT, "THON_CIRCUIT", circuit,
                    "%s: left out of the plan: %s. Mend it with thonctl device set.", circuit, problem);
}

static int compile(struct lightd *d, const char *node, json_t **ret)
{
        struct thon_place place = {d->site.lat, d->site.lon};
        struct thon_store *store = lightd_keep_store(d);
        int r;

        if (!store)
                return -ENOENT;
        r = thon_light_plan_compile(store, d->site.id, place, d->site.tz, node, ret,
                                    node ? tell_left_out : NULL, NULL);
        if (r > 0) {
                lightd_keep_failed(d, r);
                return -EIO;
        }
        return r;
}

static void note_lit(struct lightd *d, int64_t generation)
{
        int r;

        d->registry_lost = false;
        if (d->generation_lit == generation)
                return;
        d->generation_lit = generation;
        r = lightd_snapshot_save(d);
        if (r < 0)
                thon_warning("The state could not be kept on disk: %s", strerror(-r));
}

static int from_registry(struct lightd *d)
{
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};
        int64_t generation = -1;
        struct thon_store *store = lightd_keep_store(d);
        int r;

        if (!store)
                return -ENOENT;
        r = thon_registry_generation(store, &generation);
        if (r > 0)
                lightd_keep_failed(d, r);
        if (r != 0)
                return -EIO;
        if (d->runtime.plan && d->generation == generation && strcmp(d->plan_from, "registry") == 0)
                return 0;
        r = compile(d, d->conf.node, &doc);
        if (r < 0)
                return r;
        /* A registry in which nobody ever wrote, or less than in the one that had circuits, is a lost store, and no
         * decision to have no lamps: its first area must not put them out. */
        d->registry_lost = generation == 0 || generation < d->generation_lit;
        bool none = json_array_size(json_object_get(doc, "circuits")) == 0;
        if (d->registry_lost && none && d->runtime.n > 0) {
                keep_running(
                        d, "registry",
                        "the store is new and has no circuits; restore a backup, or import the registry");
                return 0;
        }
        if (d->registry_lost && none && !d->runtime.plan)
                return -ENODATA;
        r = use(d, doc, "registry", &error);
        if (r < 0) {
                keep_running(d, "registry", error.text[0] ? error.text : strerror(-r));
                return r;
        }
        d->generation = generation;
        save(d, doc);
        if (!none)
                note_lit(d, generation);
        lightd_plan_publish(d);
        return 0;
}

void lightd_plan_load(struct lightd *d)
{
        if (d->plan_unkept)
                save(d, d->plan);
        if (d->conf.plan == THON_PLAN_REGISTRY && from_registry(d) == 0)
                return;
        if (!d->runtime.plan)
                from_disk(d);
}

int lightd_plan_take(struct lightd *d, const char *payload, size_t size, struct thon_json_error *error)
{
        _cleanup_json_ json_t *doc = NULL;
        int r;

        r = thon_json_parse(payload, size, THON_MQTT_PAYLOAD_MAX, &doc, error);
        if (r == 0)
                r = use(d, doc, "mqtt", error);
        if (r < 0) {
                keep_running(d, "mqtt", error->text[0] ? error->text : strerror(-r));
                return r;
        }
        save(d, doc);
        return 0;
}

/* Circuits that left the registry while we were down, or that another machine has now, have their last state still lying
 * at the broker. */
static void forget_circuits(struct lightd *d, const json_t *all)
{
        const char *id;
        json_t *doc;
        void *next;

        json_object_foreach_safe (d->restored, next, id, doc) {
                const json_t *circuit;
                size_t i;
                bool known = false;

                json_array_foreach (json_object_get(all, "circuits"), i, circuit)
                        known = known || strcmp(id, json_string_value(json_object_get(circuit, "id"))) == 0;
                if (known)
                        continue;
                lightd_unpublish(d, id);
                (void)json_object_del(d->restored, id);
        }
}

/* Every cabinet that a circuit names gets its own plan, retained. One that is no longer named gets a plan without
 * circuits: an empty payload would leave its lamps on the plan before. */
void lightd_plan_publish(struct lightd *d)
{
        _cleanup_json_ json_t *all = NULL, *nodes = json_object();
        const char *node;
        json_t *circuit, *flag;
        size_t i;

        if (d->conf.plan != THON_PLAN_REGISTRY || !thon_mqtt_connected(d->mqtt) ||
            (d->generation >= 0 && d->generation == d->generation_told) || compile(d, NULL, &all) < 0)
                return;
        if (json_array_size(json_object_get(all, "circuits")) > 0) {
                if (d->generation >= 0)
                        note_lit(d, d->generation);
        } else if (d->registry_lost) {
                return; /* cabinets, too, go on by their last good plan */
        }
        d->generation_told = d->generation;
        forget_circuits(d, all);
        (void)json_object_clear(d->elsewhere);
        json_object_foreach (d->nodes, node, flag)
                (void)json_object_set(nodes, node, flag);
        json_array_foreach (json_object_get(all, "circuits"), i, circuit) {
                node = json_string_value(json_object_get(json_object_get(circuit, "config"), "node"));
                if (!node || strcmp(node, d->conf.node) == 0)
                        continue;
                (void)json_object_set_new(d->elsewhere, json_string_value(json_object_get(circuit, "id")),
                                          json_true());
                if (*node)
                        (void)json_object_set_new(nodes, node, json_true());
        }
        (void)json_object_update(d->nodes, nodes);
        json_object_foreach (nodes, node, flag) {
                _cleanup_json_ json_t *plan = NULL;
                char topic[THON_SLUG_MAX + 16];

                (void)flag;
                snprintf(topic, sizeof(topic), "light/plan/%s", node);
                if (compile(d, node, &plan) == 0) {
                        int r = thon_mqtt_publish_json(d->mqtt, topic, plan, true);
                        if (r == -ENOBUFS || r == -ENOTCONN)
                                d->generation_told = -1;
                        else if (r < 0)
                                thon_warning("%s: the plan of the cabinet could not be sent: %s", topic,
                                             strerror(-r));
                }
        }
}
