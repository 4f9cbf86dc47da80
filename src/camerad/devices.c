/* From the registry to what is watched. A new registry is put under the living states: what did not change goes on without
 * noticing, what changed begins its checks anew and keeps its state, what is gone is ended and told.
 *
 * All that can fail is done before anything is touched. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camerad.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/registry.h"

static int by_id(const void *key, const void *item)
{
        const struct camerad_device *const *c = item;
        return strcmp(key, (*c)->conf->id);
}

static struct camerad_device *find_in(struct camerad_device **devices, size_t n, const char *id)
{
        struct camerad_device **found = n > 0 ? bsearch(id, devices, n, sizeof(*devices), by_id) : NULL;

        return found ? *found : NULL;
}

struct camerad_device *camerad_find(struct camerad *d, const char *id)
{
        return find_in(d->devices, d->n, id);
}

/* ---- one device ------------------------------------------------------------------------------------------------------ */

static void free_areas(char **areas)
{
        for (size_t i = 0; areas && areas[i]; i++)
                free(areas[i]);
        free(areas);
}

static struct thon_watch_device *conf_free(struct thon_watch_device *conf)
{
        if (conf)
                thon_watch_device_done(conf);
        free(conf);
        return NULL;
}

static struct camerad_device *device_free(struct camerad_device *c)
{
        if (!c)
                return NULL;
        camerad_publish_done(c);
        free_areas(c->areas);
        free(c->baselines);
        thon_secret_free(c->password);
        conf_free(c->conf);
        free(c);
        return NULL;
}

static struct camerad_device *device_new(struct camerad *d, struct thon_watch_device *conf)
{
        struct camerad_device *c = calloc(1, sizeof(*c));

        if (!c)
                return NULL;
        c->daemon = d;
        c->conf = conf;
        c->due = c->last_play = c->uptime_at = c->auth_asked = c->healed = THON_MONO_NEVER;
        c->checked = THON_WALL_NEVER;
        c->picture = c->recorded = THON_CAMERA_OK;
        c->recorded_until = THON_WALL_NEVER;
        c->uptime = -1;
        thon_device_state_init(&c->state);
        return c;
}

/* Whatever is under way with it; its state stays. */
static void halt(struct camerad_device *c)
{
        camerad_sweep_forget(c);
        camerad_pictures_forget(c);
        camerad_heal_forget(c);
        c->recorder = onvif_call_cancel(c->recorder);
}

static bool same_conf(const struct thon_watch_device *a, const struct thon_watch_device *b)
{
        if (a->n_ports != b->n_ports || memcmp(a->ports, b->ports, a->n_ports * sizeof(a->ports[0])) != 0)
                return false;
        return a->kind == b->kind && a->port == b->port && a->tls == b->tls && a->ptz == b->ptz &&
               a->interval_s == b->interval_s && a->recorder == b->recorder && a->pictures == b->pictures &&
               thon_conf_same_text(a->name, b->name) && thon_conf_same_text(a->area, b->area) &&
               thon_conf_same_text(a->host, b->host) && thon_conf_same_text(a->url, b->url) &&
               thon_conf_same_text(a->snapshot_url, b->snapshot_url) &&
               thon_conf_same_text(a->onvif_url, b->onvif_url) && thon_conf_same_text(a->user, b->user) &&
               thon_conf_same_text(a->parent, b->parent) &&
               thon_conf_same_text(a->power.circuit, b->power.circuit) && a->power.off_s == b->power.off_s &&
               a->power.reboot == b->power.reboot &&
               thon_conf_same_text(a->mains.circuit, b->mains.circuit) &&
               thon_conf_same_text(a->mains.topic, b->mains.topic) &&
               thon_conf_same_text(a->mains.member, b->mains.member) &&
               thon_conf_same_text(a->mains.on, b->mains.on) &&
               thon_conf_same_text(a->mains.off, b->mains.off);
}

/* ---- loading --------------------------------------------------------------------------------------------------------- */

struct loading {
        struct camerad *d;
        struct thon_store *store;
        struct thon_watch_device *confs; /* each is taken out when it has found its device */
        size_t n_confs;
        struct camerad_device **next, **mains;
        bool *fresh;
        size_t n;
        struct orphan {
                char *id, address[46];
        } * orphans; /* of rows: devices that were removed while we did not run */
        size_t n_orphans;
        bool changed;
};

static void loading_done(struct loading *l)
{
        for (size_t i = 0; i < l->n && l->next; i++)
                if (l->fresh[i])
                        device_free(l->next[i]);
        free(l->next);
        free(l->mains);
        free(l->fresh);
        thon_watch_devices_free(l->confs, l->n_confs);
        for (size_t i = 0; i < l->n_orphans; i++)
                free(l->orphans[i].id);
        free(l->orphans);
}

static void tell_problem(void *userdata, const char *id, const char *problem)
{
        (void)userdata;
        thon_log_id(LOG_WARNING, THON_MSG_CONFIG_INVALID, "THON_CAMERA", id,
                    "Device %s cannot be watched, and is left out: %s", id, problem);
}

static bool loopback(const char *host)
{
        struct in_addr four;
        struct in6_addr six;

        if (inet_pton(AF_INET, host, &four) == 1)
                return ntohl(four.s_addr) >> 24 == 127;
        return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* With a clock of one's own, nothing but this machine is bothered. */
static bool wanted(const struct camerad *d, const struct thon_watch_device *conf)
{
        if (!conf->host || !thon_clock_simulated(d->clock) || loopback(conf->host))
                return true;
        tell_problem(NULL, conf->id, "a simulated clock goes with addresses of this machine only");
        return false;
}

static int take_confs(struct loading *l)
{
        struct camerad *d = l->d;
        int r = thon_watch_devices_load(l->store, &l->confs, &l->n_confs, tell_problem, NULL);

        if (r != 0)
                return r;
        l->next = calloc(l->n_confs + 1, sizeof(struct camerad_device *));
        l->mains = calloc(l->n_confs + 1, sizeof(struct camerad_device *));
        l->fresh = calloc(l->n_confs + 1, sizeof(bool));
        if (!l->next || !l->mains || !l->fresh)
                return -ENOMEM;
        for (size_t i = 0; i < l->n_confs; i++) {
                struct thon_watch_device *conf;
                struct camerad_device *c = camerad_find(d, l->confs[i].id);

                if (!wanted(d, &l->confs[i]))
                        continue;
                if (c && c->conf->kind != l->confs[i].kind)
                        c = NULL; /* another thing by the same name */
                l->fresh[l->n] = c == NULL;
                if (!c) {
                        conf = malloc(sizeof(*conf));
                        c = conf ? device_new(d, conf) : NULL;
                        if (!c) {
                                free(conf);
                                return -ENOMEM;
                        }
                        *conf = l->confs[i];
                        l->confs[i] = (struct thon_watch_device){0};
                        l->changed = true;
                } else if (!same_conf(c->conf, &l->confs[i])) {
                        l->changed = true;
                }
                l->next[l->n++] = c;
        }
        l->changed |= l->n != d->n;
        return 0;
}

static void copy(char *into, size_t size, const char *text)
{
        snprintf(into, size, "%s", text ? text : "");
}

static int restore_row(const struct thon_camera_row *row, void *userdata)
{
        struct loading *l = userdata;
        struct camerad_device *c = find_in(l->next, l->n, row->device);

        if (!c) {
                struct orphan *more = find_in(l->d->devices, l->d->n, row->device)
                                              ? NULL /* the end of the living is told in its place */
                                              : reallocarray(l->orphans, l->n_orphans + 1, sizeof(*more));
                if (more) {
                        l->orphans = more;
                        more[l->n_orphans].id = strdup(row->device);
                        copy(more[l->n_orphans].address, sizeof(more->address), row->address);
                        l->n_orphans += more[l->n_orphans].id != NULL;
                }
                return 0;
        }
        if (c->checked.s != THON_WALL_NEVER.s || camerad_find(l->d, row->device) == c)
                return 0;
        if (row->verdict != THON_CAMERA_UNKNOWN)
                thon_device_state_restore(&c->state, row->verdict, row->since, row->flapping,
                                          row->flapping_since);
        c->maintenance.on = row->maintenance_until.s != 0;
        c->maintenance.until = row->maintenance_until;
        copy(c->maintenance.by, sizeof(c->maintenance.by), row->maintenance_by);
        copy(c->maintenance.reason, sizeof(c->maintenance.reason), row->maintenance_reason);
        c->heal = row->heal;
        c->auth_refused = row->auth_refused;
        copy(c->auth_tag, sizeof(c->auth_tag), row->auth_tag);
        copy(c->mac, sizeof(c->mac), row->mac);
        copy(c->endpoint, sizeof(c->endpoint), row->endpoint);
        copy(c->address, sizeof(c->address), row->address);
        copy(c->profile, sizeof(c->profile), row->profile);
        copy(c->snapshot_url, sizeof(c->snapshot_url), row->snapshot_url);
        free(c->baselines);
        c->baselines = row->baselines && *row->baselines ? strdup(row->baselines) : NULL;
        return 0;
}

/* A simulated clock never follows what a real one found elsewhere. */
static void distrust(struct loading *l)
{
        for (size_t i = 0; i < l->n; i++)
                if (l->fresh[i] && thon_clock_simulated(l->d->clock) && !loopback(l->next[i]->address))
                        l->next[i]->address[0] = '\0';
}

static bool same_list(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
        if (n_a != n_b)
                return false;
        for (size_t i = 0; i < n_a; i++)
                if (strcmp(a[i], b[i]) != 0)
                        return false;
        return true;
}

/* The finder has those of before in its hands: they are exchanged when it is gone. */
struct fed {
        char **areas;
        size_t n;
};

static int read_areas(struct loading *l, struct fed *fed)
{
        for (size_t i = 0; i < l->n; i++) {
                const struct camerad_device *c = l->next[i];
                const struct thon_watch_device *conf = c->conf;
                const char *area = conf->area;
                int r;

                if (conf->kind != THON_WATCH_MAINS)
                        continue;
                /* The areas of the new configuration, which is still on its way. */
                for (size_t k = 0; k < l->n_confs && !l->fresh[i]; k++)
                        if (l->confs[k].id && strcmp(l->confs[k].id, conf->id) == 0)
                                area = l->confs[k].area;
                if (!area || !*area)
                        continue;
                r = thon_area_below(l->store, area, &fed[i].areas, &fed[i].n);
                if (r != 0)
                        return r;
                l->changed |= !same_list(c->areas, c->n_areas, fed[i].areas, fed[i].n);
        }
        return 0;
}

/* ---- from here nothing fails ---- */

static void end_device(struct camerad *d, struct camerad_device *c)
{
        const char *id = c->conf->id;

        halt(c);
        camerad_command_gone(c);
        camerad_unpublish(d, id);
        camerad_follow_over(d, id, c->conf->name, c->address);
        thon_learn_forget(d->learn, id);
        thon_info("%s is no longer watched", id);
}

static void take_conf(struct camerad_device *c, struct thon_watch_device *conf)
{
        struct thon_watch_device old = *c->conf;
        bool moved = !thon_conf_same_text(old.host, conf->host);

        halt(c);
        c->picture_refused = c->recorder_refused = 0;
        /* What was heard was of another wire; the new one is heard of with the subscriptions. */
        if (!thon_conf_same_text(old.power.circuit, conf->power.circuit))
                c->circuit_off = false;
        if (c->conf->kind == THON_WATCH_MAINS &&
            (!thon_conf_same_text(old.mains.circuit, conf->mains.circuit) ||
             !thon_conf_same_text(old.mains.topic, conf->mains.topic) ||
             !thon_conf_same_text(old.mains.member, conf->mains.member)))
                c->reach = THON_CAMERA_UNKNOWN;
        *c->conf = *conf;
        *conf = old;
        if (moved) {
                camerad_follow_over(c->daemon, c->conf->id, c->conf->name, c->address);
                free(c->baselines);
                c->baselines = NULL;
                c->address[0] = c->profile[0] = c->snapshot_url[0] = '\0';
                c->auth_refused = 0;
                c->skew_known = false;
                camerad_keep_row(c, false);
        }
}

static void remove_row(struct loading *l, const char *id)
{
        int r = l->d->store ? thon_camera_row_remove(l->d->store, id) : 0;

        if (r != 0 && r != THON_STORE_NOT_FOUND)
                camerad_store_failed(l->d, r);
}

static void commit(struct loading *l, struct fed *fed)
{
        struct camerad *d = l->d;
        struct camerad_device **gone = d->devices;
        size_t n_gone = 0, n_old = d->n;
        bool *plan = l->fresh; /* becomes: to be planned */

        /* It borrows from what is exchanged now. */
        d->cause = thon_cause_free(d->cause);
        for (size_t i = 0; i < n_old; i++)
                if (find_in(l->next, l->n, gone[i]->conf->id) != gone[i]) {
                        end_device(d, gone[i]);
                        remove_row(l, gone[i]->conf->id);
                        gone[n_gone++] = gone[i];
                }
        for (size_t i = 0, k = 0; i < l->n; i++) {
                struct camerad_device *c = l->next[i];

                c->index = i;
                free_areas(c->areas);
                c->areas = THON_TAKE(fed[i].areas);
                c->n_areas = fed[i].n;
                if (plan[i])
                        continue;
                while (k < l->n_confs && (!l->confs[k].id || strcmp(l->confs[k].id, c->conf->id) != 0))
                        k++;
                if (k < l->n_confs && !same_conf(c->conf, &l->confs[k])) {
                        take_conf(c, &l->confs[k]);
                        plan[i] = true;
                }
        }
        d->devices = THON_TAKE(l->next);
        d->n = l->n;
        free(d->mains);
        d->mains = THON_TAKE(l->mains);
        d->n_mains = 0;
        for (size_t i = 0; i < d->n; i++)
                if (d->devices[i]->conf->kind == THON_WATCH_MAINS)
                        d->mains[d->n_mains++] = d->devices[i];
        for (size_t i = 0; i < n_gone; i++)
                device_free(gone[i]);
        free(gone);
        for (size_t i = 0; i < l->n_orphans; i++) {
                const struct orphan *orphan = &l->orphans[i];

                camerad_unpublish(d, orphan->id);
                camerad_follow_over(d, orphan->id, orphan->id, orphan->address);
                remove_row(l, orphan->id);
        }
}

static void begin(struct loading *l)
{
        struct camerad *d = l->d;

        for (size_t i = 0; i < d->n; i++) {
                struct camerad_device *c = d->devices[i];

                if (!l->fresh[i])
                        continue;
                if (c->conf->kind != THON_WATCH_MAINS)
                        camerad_sweep_plan(c, false);
                if (c->conf->kind == THON_WATCH_CAMERA)
                        camerad_pictures_plan(c);
                camerad_publish(c, true);
                camerad_discovery_publish(d, c);
        }
        camerad_heal_subscribe(d);
        camerad_judge_tick(d);
}

static int load(struct loading *l, int64_t generation)
{
        struct camerad *d = l->d;
        _cleanup_free_ struct fed *fed = NULL;
        int r = take_confs(l);

        if (r == 0)
                r = thon_camera_rows(l->store, restore_row, l);
        if (r != 0)
                return r;
        distrust(l);
        fed = calloc(l->n + 1, sizeof(*fed));
        r = fed ? read_areas(l, fed) : -ENOMEM;
        if (r == 0 && (l->changed || !d->cause)) {
                commit(l, fed);
                r = camerad_incidents_rebuild(d);
                if (r < 0)
                        thon_error("Causes cannot be found until the registry is read again: %s",
                                   strerror(-r));
                begin(l);
                thon_info("%zu devices are watched", d->n);
        }
        for (size_t i = 0; fed && i < l->n; i++)
                free_areas(fed[i].areas);
        if (r == 0)
                r = camerad_logins_load(d, l->store);
        if (r == 0)
                d->generation = generation;
        return r;
}

void camerad_devices_load(struct camerad *d, bool force)
{
        struct loading l = {.d = d, .store = camerad_store(d)};
        int64_t generation = -1;
        int r;

        if (!l.store || d->stopping)
                return;
        r = thon_registry_generation(l.store, &generation);
        if (r == 0 && !force && generation == d->generation && d->cause)
                return;
        if (r == 0)
                r = load(&l, generation);
        loading_done(&l);
        if (r == -ENOMEM)
                thon_error(
                        "The registry could not be taken over for lack of memory; it is read again later");
        else if (r != 0)
                camerad_store_failed(d, r);
        camerad_publish_health(d);
        camerad_look_soon(d);
}

void camerad_devices_done(struct camerad *d)
{
        d->cause = thon_cause_free(d->cause);
        for (size_t i = 0; i < d->n; i++) {
                halt(d->devices[i]);
                camerad_command_gone(d->devices[i]);
                device_free(d->devices[i]);
        }
        free(d->devices);
        free(d->mains);
        d->devices = d->mains = NULL;
        d->n = d->n_mains = 0;
}
