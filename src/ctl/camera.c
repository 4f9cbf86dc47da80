/* thonctl camera list, show: cameras, and what is watched like them, as they are. By the retained states of camerad; when
 * neither it nor the broker says anything, as the store had them last, and then it is said so: a technician looks here
 * first when everything is dark. */
#include "camera.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "thon/camera_form.h"
#include "thon/cleanup.h"

#define CONNECT_MS   2000
#define TIMEOUT_MS   5000
#define UPTIME_S     (30 * 86400)
#define SHOW_HISTORY 10

int ctl_camera_id(struct ctl *ctl, int argc, char **argv, const char *verb, const char **ret)
{
        if (argc != 1 || !thon_slug_valid(argv[0]))
                return ctl_usage(ctl, "camera %s takes one camera, or another device that is watched", verb);
        *ret = argv[0];
        return CTL_OK;
}

int ctl_camera_open(struct ctl *ctl)
{
        int r = ctl_zone(ctl);

        return r == CTL_OK && !ctl->store ? ctl_open_store(ctl, THON_STORE_READ) : r;
}

int ctl_camera_area(struct ctl *ctl, const char *text, json_t **ret)
{
        int r = ctl_camera_open(ctl);

        if (r != CTL_OK)
                return r;
        r = thon_registry_show(ctl->store, THON_AREA, text, ret);
        return r != 0 ? ctl_fail_store(ctl, r) : CTL_OK;
}

json_t *ctl_time_json(const struct ctl *ctl, struct thon_wall at)
{
        char text[THON_TIME_TEXT];

        return at.s == INT64_MAX ? json_null() : json_string(thon_time_text(ctl->zone, at, text));
}

/* ---- from the broker ---- */

/* {"camera/ID/state": document}; NULL with a reason when there is nothing to be had. */
static json_t *retained(struct ctl *ctl, const char *id, char **ret_reason)
{
        _cleanup_free_ char *error = NULL;
        char filter[THON_SLUG_MAX + 32];
        json_t *all = NULL;
        int r = 0;

        if (!ctl->client)
                r = thon_mqtt_client_open(&ctl->site, CONNECT_MS, &ctl->client, &error);
        (void)snprintf(filter, sizeof(filter), "camera/%s/state", id ? id : "+");
        if (r == 0)
                r = thon_mqtt_client_retained(ctl->client, filter, TIMEOUT_MS, &all);
        if (r < 0) {
                *ret_reason = error ? THON_TAKE(error) : strdup(strerror(-r));
                return NULL;
        }
        if (json_object_size(all) > 0)
                return all;
        json_decref(all);
        *ret_reason = strdup("thon-camerad has told no state to the broker");
        return NULL;
}

/* The document with its camera in front. */
static json_t *row_of(const char *topic, const json_t *state)
{
        const char *id = strchr(topic, '/');
        json_t *row = json_object();

        id = id ? id + 1 : topic;
        (void)json_object_set_new(row, "camera", json_stringn(id, strcspn(id, "/")));
        (void)json_object_update(row, (json_t *)state);
        return row;
}

/* ---- from the store ---- */

struct stored {
        struct ctl *ctl;
        const struct thon_watch_device *devices;
        size_t n;
        json_t **docs; /* of each; NULL: camerad never wrote one */
};

static int by_id(const void *key, const void *device)
{
        return strcmp(key, ((const struct thon_watch_device *)device)->id);
}

static json_t *maintenance_json(const struct ctl *ctl, const struct thon_camera_row *row)
{
        if (row->maintenance_until.s == 0)
                return json_null();
        return json_pack("{s:o,s:s,s:s}", "until", ctl_time_json(ctl, row->maintenance_until), "reason",
                         row->maintenance_reason, "by", row->maintenance_by);
}

/* As camerad tells it, as far as the store knows. */
static json_t *stored_json(const struct ctl *ctl, const struct thon_watch_device *device,
                           const struct thon_camera_row *row, double uptime)
{
        enum thon_camera_verdict v = row->verdict;
        bool known = v != THON_CAMERA_UNKNOWN;

        return json_pack("{s:s,s:s,s:s,s:o,s:b,s:s,s:s,s:s?,s:o,s:s,s:s,s:s,s:o,s:b}", "camera", device->id,
                         "verdict", thon_camera_slug(v), "severity",
                         thon_camera_severity_text(thon_camera_severity(v)), "since",
                         known ? ctl_time_json(ctl, row->since) : json_null(), "down", thon_camera_down(v),
                         "sentence", known ? thon_camera_sentence(v) : "", "action",
                         known && v != THON_CAMERA_OK ? thon_camera_action(v) : "", "parent",
                         *device->parent ? device->parent : NULL, "uptime_30d",
                         uptime < 0 ? json_null() : json_real(uptime), "name", device->name, "area",
                         device->area, "kind", thon_watch_kind_text(device->kind), "maintenance",
                         maintenance_json(ctl, row), "flapping", row->flapping);
}

static int take_stored(const struct thon_camera_row *row, void *userdata)
{
        struct stored *stored = userdata;
        const struct thon_watch_device *device =
                bsearch(row->device, stored->devices, stored->n, sizeof(*device), by_id);
        struct thon_uptime uptime;
        int r;

        if (!device)
                return 0; /* it is no longer in the registry, and camerad has not seen that yet */
        r = thon_camera_uptime(stored->ctl->store, row->device,
                               (struct thon_wall){stored->ctl->now.s - UPTIME_S}, stored->ctl->now, &uptime);
        if (r != 0)
                return r;
        json_decref(stored->docs[device - stored->devices]);
        stored->docs[device - stored->devices] =
                stored_json(stored->ctl, device, row, thon_uptime_share(&uptime));
        return 0;
}

static int add_stored(struct stored *stored, json_t *rows)
{
        const struct thon_camera_row nothing = {.device = ""};
        int r = stored->n > 0 ? thon_camera_rows(stored->ctl->store, take_stored, stored) : 0;

        for (size_t i = 0; i < stored->n; i++) {
                json_t *doc = stored->docs[i] ? stored->docs[i]
                                              : stored_json(stored->ctl, &stored->devices[i], &nothing, -1);
                if (json_array_append_new(rows, doc) < 0)
                        r = -ENOMEM;
        }
        return r;
}

static int from_store(struct ctl *ctl, json_t *rows)
{
        struct thon_watch_device *devices = NULL;
        struct stored stored = {.ctl = ctl};
        int r = ctl_camera_open(ctl);

        if (r != CTL_OK)
                return r;
        r = thon_watch_devices_load(ctl->store, &devices, &stored.n, NULL, NULL);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        stored.devices = devices;
        stored.docs = calloc(stored.n + 1, sizeof(json_t *));
        r = stored.docs ? add_stored(&stored, rows) : -ENOMEM;
        free(stored.docs);
        thon_watch_devices_free(devices, stored.n);
        return r != 0 ? ctl_fail_store(ctl, r) : CTL_OK;
}

/* ---- either ---- */

static int by_camera(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In order of id. */
static int take_states(struct ctl *ctl, const json_t *all, json_t *rows)
{
        _cleanup_free_ const char **topics = calloc(json_object_size(all) + 1, sizeof(*topics));
        const char *topic;
        json_t *state;
        size_t n = 0;

        if (!topics)
                return ctl_fail(ctl, "memory", "out of memory");
        json_object_foreach ((json_t *)all, topic, state)
                if (json_is_object(state))
                        topics[n++] = topic;
        if (n > 0)
                qsort(topics, n, sizeof(*topics), by_camera);
        for (size_t i = 0; i < n; i++)
                (void)json_array_append_new(rows, row_of(topics[i], json_object_get(all, topics[i])));
        return CTL_OK;
}

static int states(struct ctl *ctl, const char *id, json_t *rows)
{
        _cleanup_free_ char *reason = NULL;
        _cleanup_json_ json_t *all = retained(ctl, id, &reason);

        if (all)
                return take_states(ctl, all, rows);
        fprintf(stderr, "thonctl: as the store had it last, since %s\n",
                reason ? reason : "memory is short");
        return from_store(ctl, rows);
}

static const char *text_of(const json_t *row, const char *member)
{
        const char *text = json_string_value(json_object_get(row, member));

        return text ? text : "";
}

static bool is_bad(const json_t *row)
{
        const char *verdict = text_of(row, "verdict");

        return json_is_true(json_object_get(row, "flapping")) ||
               (strcmp(verdict, "ok") != 0 && strcmp(verdict, "unknown") != 0);
}

/* Takes out what lies in no area of the list, and with `bad` what is well. */
static void narrow(json_t *rows, char *const *areas, size_t n, bool bad)
{
        for (size_t i = json_array_size(rows); i-- > 0;) {
                const json_t *row = json_array_get(rows, i);
                bool stays = !areas;

                for (size_t k = 0; k < n && !stays; k++)
                        stays = strcmp(areas[k], text_of(row, "area")) == 0;
                if (!stays || (bad && !is_bad(row)))
                        (void)json_array_remove(rows, i);
        }
}

static int narrow_to(struct ctl *ctl, json_t *rows, const char *area, bool bad)
{
        _cleanup_json_ json_t *place = NULL;
        char **areas = NULL;
        size_t n = 0;
        int r = CTL_OK;

        if (area) {
                r = ctl_camera_area(ctl, area, &place);
                if (r != CTL_OK)
                        return r;
                r = thon_area_below(ctl->store, text_of(place, "id"), &areas, &n);
                if (r != 0)
                        return ctl_fail_store(ctl, r);
        }
        narrow(rows, areas, n, bad);
        for (size_t i = 0; i < n; i++)
                free(areas[i]);
        free(areas);
        return CTL_OK;
}

/* "98.52 %", cut and not rounded: what was down was not up all the time. */
static json_t *percent_of(const json_t *row)
{
        const json_t *share = json_object_get(row, "uptime_30d");

        return json_is_number(share)
                       ? json_sprintf("%.2f %%", floor(json_number_value(share) * 10000 + 1e-9) / 100)
                       : json_null();
}

/* What a line of the table says beside the verdict. */
static json_t *notes_of(const json_t *row)
{
        static const char *const flags[][2] = {{"flapping", "flapping"}, {"login_stopped", "login stopped"}};
        const char *soft = text_of(row, "soft"), *healing = text_of(row, "healing");
        char text[160] = "";
        size_t used = 0;

        for (size_t i = 0; i < 2; i++)
                if (json_is_true(json_object_get(row, flags[i][0])))
                        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "",
                                                 flags[i][1]);
        if (json_is_object(json_object_get(row, "maintenance")))
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%smaintenance",
                                         used ? ", " : "");
        if (*soft)
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%slooks %.20s", used ? ", " : "",
                                         soft);
        if (*healing)
                (void)snprintf(text + used, sizeof(text) - used, "%sunder way: %.20s", used ? ", " : "",
                               healing);
        return json_string(text);
}

static int list(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"camera",     "kind", "verdict", "since", "notes",
                                              "uptime_30d", "area", "name",    NULL};
        const char *area = NULL;
        bool bad = false;
        const struct ctl_option options[] = {{"area", &area, NULL}, {"bad", NULL, &bad}};
        _cleanup_json_ json_t *rows = json_array();
        json_t *row;
        size_t i, n;
        int r;

        r = ctl_options(ctl, argc, argv, options, 2, &argc);
        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "camera list takes options only");
        r = states(ctl, NULL, rows);
        n = json_array_size(rows);
        if (r == CTL_OK)
                r = narrow_to(ctl, rows, area, bad);
        if (r != CTL_OK)
                return r;
        if (n == 0)
                fprintf(stderr,
                        "thonctl: nothing is known of any camera. Is there one (thonctl device list "
                        "--kind camera), and does thon-camerad run (systemctl status thon-camerad)?\n");
        if (!ctl->json) {
                json_array_foreach (rows, i, row) {
                        (void)json_object_set_new(row, "notes", notes_of(row));
                        (void)json_object_set_new(row, "uptime_30d", percent_of(row));
                }
        }
        return ctl_print(ctl, THON_TAKE(rows), columns);
}

/* The store adds what was before; without it the state alone is shown. */
static json_t *past_of(struct ctl *ctl, const char *id)
{
        json_t *history = NULL;

        if (ctl_zone(ctl) != CTL_OK)
                return NULL;
        if (!ctl->store && thon_store_open(ctl->store_path, THON_STORE_READ, &ctl->store, NULL) != 0)
                return NULL;
        return ctl_camera_history(ctl, id, (struct thon_wall){0}, THON_WALL_NEVER, SHOW_HISTORY, &history) ==
                               CTL_OK
                       ? history
                       : NULL;
}

static int show(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"at", "what", "value", "seconds", "by", "detail", NULL};
        _cleanup_json_ json_t *rows = json_array(), *found = NULL, *past = NULL;
        const char *id = NULL;
        json_t *row;
        size_t i;
        int r = ctl_camera_id(ctl, argc, argv, "show", &id);

        if (r == CTL_OK)
                r = states(ctl, id, rows);
        if (r != CTL_OK)
                return r;
        json_array_foreach (rows, i, row)
                if (strcmp(text_of(row, "camera"), id) == 0)
                        found = json_incref(row);
        if (!found)
                return ctl_fail(ctl, "not-found", "nothing is known of %s. See: thonctl camera list", id);
        past = past_of(ctl, id);
        if (ctl->json) {
                if (past)
                        (void)json_object_set(found, "history", past);
                return ctl_print(ctl, THON_TAKE(found), NULL);
        }
        (void)ctl_print(ctl, THON_TAKE(found), NULL);
        if (json_array_size(past) == 0)
                return CTL_OK;
        putchar('\n');
        return ctl_print(ctl, THON_TAKE(past), columns);
}

const struct ctl_command ctl_camera_commands[] = {
        {"camera list", "[--area A] [--bad]", list},
        {"camera show", "C", show},
        {NULL, NULL, NULL},
};
