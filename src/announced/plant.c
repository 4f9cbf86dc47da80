/* The zones of the plant: what each has by the configuration, what fails of it, and what its return proves. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "plant_private.h"
#include "thon/log.h"

THON_DEFINE_CLEANUP(struct plant *, plant_free)

uint64_t plant_now(const struct plant *plant)
{
        uint64_t now = 0;

        if (sd_event_now(plant->event, CLOCK_MONOTONIC, &now) < 0)
                return 0;
        return now;
}

int plant_timer(struct plant *plant, sd_event_source **timer, uint64_t at, sd_event_time_handler_t fn,
                void *userdata)
{
        int r;

        if (!*timer) {
                if (at == PLANT_NEVER)
                        return 0;
                r = sd_event_add_time(plant->event, timer, CLOCK_MONOTONIC, at, 1000, fn, userdata);
                /* After all that was said meanwhile: when we stood still, a player that did not is not to be blamed. */
                return r < 0 ? r : sd_event_source_set_priority(*timer, SD_EVENT_PRIORITY_NORMAL + 10);
        }
        if (at == PLANT_NEVER)
                return sd_event_source_set_enabled(*timer, SD_EVENT_OFF);
        r = sd_event_source_set_time(*timer, at);
        return r < 0 ? r : sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT);
}

void plant_fault(struct plant_zone *z, enum plant_part part, const char *problem)
{
        static const char *const names[PLANT_PARTS] = {
                [PART_AMPLIFIER] = "amplifier", [PART_PLAYER] = "player", [PART_RETURN] = "return"};
        char *copy = NULL;

        if (!problem && !z->problems[part])
                return;
        if (problem && z->problems[part] && strcmp(problem, z->problems[part]) == 0)
                return;
        if (problem) {
                copy = strdup(problem);
                if (!copy)
                        return; /* told the next time */
        }
        free(z->problems[part]);
        z->problems[part] = copy;
        z->plant->ops.fault(z->index, names[part], problem, z->plant->userdata);
}

static int on_look(sd_event_source *source, void *userdata)
{
        struct plant *plant = userdata;

        (void)source;
        for (size_t i = 0; i < plant->n_zones; i++)
                plant_fault(plant->zones[i], PART_AMPLIFIER, amplifier_problem(plant->zones[i]->amplifier));
        airings_look(plant);
        return 0;
}

void plant_changed(struct plant *plant)
{
        (void)sd_event_source_set_enabled(plant->look, SD_EVENT_ONESHOT);
}

/* ---- proof of sound ---- */

static struct thon_mono mono(const struct plant_zone *z)
{
        return (struct thon_mono){plant_now(z->plant)};
}

static int on_proof(sd_event_source *source, uint64_t usec, void *userdata);

static void proven(struct plant_zone *z, bool changed, struct thon_mono at)
{
        if (plant_timer(z->plant, &z->proof_timer, at.us, on_proof, z) < 0)
                thon_error("Proof of sound of %s has no timer", z->id);
        if (changed)
                z->plant->ops.proof(z->index, z->proof.proof, z->plant->userdata);
}

static int on_proof(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct plant_zone *z = userdata;
        struct thon_mono at = THON_MONO_NEVER;
        bool changed = thon_proof_look(&z->proof, mono(z), &at);

        (void)source;
        (void)usec;
        proven(z, changed, at);
        return 0;
}

void plant_on_air(struct plant_zone *z, bool on_air)
{
        struct thon_mono at = THON_MONO_NEVER;
        bool changed;

        if (!z->back)
                return;
        changed = thon_proof_programme(&z->proof, on_air, mono(z), &at);
        proven(z, changed, at);
        if (on_air)
                return_on_air(z->back);
}

/* A player is not believed to have measured what is yet to come. */
static struct thon_proof_span span_of(const struct plant_zone *z, uint64_t from_us, uint64_t to_us)
{
        uint64_t now = plant_now(z->plant), to = to_us < now ? to_us : now;

        return (struct thon_proof_span){{from_us < to ? from_us : to}, {to}};
}

void plant_played(struct plant_zone *z, double db, uint64_t from_us, uint64_t to_us)
{
        struct thon_mono at = THON_MONO_NEVER;
        bool changed;

        if (!z->back)
                return;
        changed = thon_proof_played(&z->proof, &z->rules, db, span_of(z, from_us, to_us), &at);
        proven(z, changed, at);
}

void plant_returned(struct plant_zone *z, double db, uint64_t from_us, uint64_t to_us)
{
        struct thon_mono at = THON_MONO_NEVER;
        bool changed;

        if (z->airing && airing_sounds(z->airing) && !(z->returned_db >= db))
                z->returned_db = db;
        changed = thon_proof_returned(&z->proof, &z->rules, db, span_of(z, from_us, to_us), &at);
        proven(z, changed, at);
}

/* ---- zones ---- */

static bool same_sink(const struct thon_sink *a, const struct thon_sink *b)
{
        return a->kind == b->kind && strcmp(a->address, b->address) == 0 && a->port == b->port &&
               a->opus == b->opus;
}

/* A simulated night must not wake a real village. */
static const char *refused(const struct plant *plant, const struct thon_sink *sink)
{
        if (!thon_clock_simulated(plant->clock))
                return NULL;
        switch (sink->kind) {
        case THON_SINK_FILE:
                return NULL;
        case THON_SINK_RTP:
                if (strncmp(sink->address, "127.", 4) == 0 || strcmp(sink->address, "::1") == 0)
                        return NULL;
                break;
        case THON_SINK_ALSA:
        case THON_SINK_SNAPCAST:
                break;
        }
        return "its sink is real: under a simulated clock only files and RTP on loopback are played to";
}

static int zone_return(struct plant_zone *z)
{
        struct thon_mono at = THON_MONO_NEVER;
        int r;

        if (return_same(z->back, z->conf))
                return 0;
        z->back = return_free(z->back);
        plant_fault(z, PART_RETURN, NULL);
        z->rules = (struct thon_proof_rules){
                .level_db = z->conf->back.kind == THON_RETURN_ALSA ? z->conf->return_level : -45,
                .hysteresis = 3,
                .silent_us = 4 * PLANT_S + (uint64_t)z->conf->delay_ms * PLANT_MS,
                .stuck_us = 4 * PLANT_S,
                .settle_us = 2 * PLANT_S};
        thon_proof_init(&z->proof, z->conf->back.kind != THON_RETURN_NONE, mono(z));
        r = return_new(z, &z->back);
        if (r == 0 && z->back && z->airing && airing_may_sound(z->airing))
                plant_on_air(z, true);
        if (r == 0 && z->back)
                proven(z, thon_proof_look(&z->proof, mono(z), &at), at);
        return r;
}

static int zone_amplifier(struct plant_zone *z)
{
        struct plant_amplifier *next = NULL;
        int r = amplifier_join(z->plant, &z->conf->amplifier, &next);

        if (r < 0)
                return r;
        if (z->airing) { /* the new one first: when it is the same it does not go off */
                amplifier_need(next);
                amplifier_done(z->amplifier, 0);
        }
        (void)amplifier_leave(z->amplifier);
        z->amplifier = next;
        return 0;
}

static void zone_conf(struct plant_zone *z, size_t index, const struct thon_air_zone_conf *conf)
{
        int r;

        z->index = index;
        z->conf = conf;
        if (!same_sink(&z->sink, &conf->sink)) {
                if (z->airing)
                        airing_break(z->airing, "the sink of its zone was changed", false);
                z->sink = conf->sink;
                plant_fault(z, PART_PLAYER, refused(z->plant, &z->sink));
        }
        r = zone_amplifier(z);
        plant_fault(z, PART_AMPLIFIER, r < 0 ? strerror(-r) : amplifier_problem(z->amplifier));
        r = zone_return(z);
        if (r < 0)
                plant_fault(z, PART_RETURN, strerror(-r));
}

static struct plant_zone *zone_free(struct plant_zone *z)
{
        if (z->airing)
                airing_break(z->airing, "its zone is no longer configured", true);
        z->back = return_free(z->back);
        z->amplifier = amplifier_leave(z->amplifier);
        sd_event_source_disable_unref(z->proof_timer);
        for (size_t i = 0; i < PLANT_PARTS; i++)
                free(z->problems[i]);
        free(z);
        return NULL;
}

static struct plant_zone *zone_new(struct plant *plant, const char *id)
{
        struct plant_zone *z = calloc(1, sizeof *z);

        if (!z)
                return NULL;
        *z = (struct plant_zone){.plant = plant, .returned_db = NAN};
        (void)snprintf(z->id, sizeof z->id, "%s", id);
        thon_proof_init(&z->proof, false, mono(z));
        return z;
}

/* Out of the old list, where it is then NULL. */
static struct plant_zone *take_zone(struct plant_zone **zones, size_t n, const char *id)
{
        for (size_t i = 0; i < n; i++)
                if (zones[i] && strcmp(zones[i]->id, id) == 0)
                        return THON_TAKE(zones[i]);
        return NULL;
}

/* ---- what we hear by the broker ---- */

static void filters_done(struct plant *plant)
{
        for (size_t i = 0; i < plant->n_filters; i++)
                free(plant->filters[i]);
        free(plant->filters);
        plant->filters = NULL;
        plant->n_filters = 0;
}

static int filter_add(struct plant *plant, const char *before, const char *name, const char *after)
{
        _cleanup_free_ char *filter = NULL;
        char **filters;

        if (asprintf(&filter, "%s%s%s", before, name, after) < 0) {
                filter = NULL;
                return -ENOMEM;
        }
        for (size_t i = 0; i < plant->n_filters; i++)
                if (strcmp(plant->filters[i], filter) == 0)
                        return 0;
        filters = reallocarray(plant->filters, plant->n_filters + 1, sizeof *filters);
        if (!filters)
                return -ENOMEM;
        plant->filters = filters;
        filters[plant->n_filters++] = THON_TAKE(filter);
        return 0;
}

/* All of them anew, so that the broker tells once more what it keeps: an amplifier that came with this
 * configuration learns how it is. */
static void subscribe(struct plant *plant)
{
        int r = 0;

        if (!plant->mqtt)
                return;
        for (size_t i = 0; i < plant->n_filters; i++)
                (void)thon_mqtt_unsubscribe(plant->mqtt, plant->filters[i]);
        filters_done(plant);
        for (size_t i = 0; r == 0 && i < plant->n_zones; i++) {
                const struct plant_zone *z = plant->zones[i];
                const char *circuit = z->amplifier ? amplifier_circuit(z->amplifier) : NULL;
                const char *topic = return_topic(z->back);

                if (circuit)
                        r = filter_add(plant, "light/", circuit, "/state");
                if (r == 0 && topic)
                        r = filter_add(plant, topic[0] == '/' ? "" : "/", topic, "");
        }
        for (size_t i = 0; r == 0 && i < plant->n_filters; i++)
                r = thon_mqtt_subscribe(plant->mqtt, plant->filters[i]);
        if (r < 0)
                thon_error("Amplifiers and returns cannot be listened to: %s", strerror(-r));
}

/* Topics below our own root come without it. */
static bool is_topic(const struct plant *plant, const char *wanted, const char *topic)
{
        const char *root = thon_mqtt_root(plant->mqtt);
        size_t n = strlen(root);

        wanted += *wanted == '/';
        return strcmp(wanted, topic) == 0 ||
               (strncmp(wanted, root, n) == 0 && strcmp(wanted + n, topic) == 0);
}

bool plant_message(struct plant *plant, const struct thon_mqtt_message *m)
{
        char circuit[THON_SLUG_MAX + 1];
        struct plant_amplifier *heard = NULL;
        bool ours = false;
        int rest = 0;

        if (sscanf(m->topic, "light/%63[a-z0-9-]/state%n", circuit, &rest) != 1 || rest == 0 ||
            m->topic[rest])
                circuit[0] = '\0';
        for (size_t i = 0; i < plant->n_zones; i++) {
                struct plant_zone *z = plant->zones[i];
                const char *name = z->amplifier ? amplifier_circuit(z->amplifier) : NULL;
                const char *topic = return_topic(z->back);

                if (name && circuit[0] && strcmp(name, circuit) == 0) {
                        if (z->amplifier != heard) /* one that several zones share, once */
                                amplifier_heard(z->amplifier, m->payload, m->size);
                        heard = z->amplifier;
                        ours = true;
                }
                if (topic && is_topic(plant, topic, m->topic)) {
                        return_heard(z->back, m->payload, m->size);
                        ours = true;
                }
        }
        return ours;
}

void plant_connected(struct plant *plant)
{
        for (size_t i = 0; i < plant->n_zones; i++)
                if (plant->zones[i]->amplifier)
                        amplifier_connected(plant->zones[i]->amplifier);
}

/* ---- the plant ---- */

void plant_conf(struct plant *plant, const struct thon_announced_conf *conf)
{
        struct plant_zone **old = plant->zones,
                          **zones = calloc(conf->n_zones ? conf->n_zones : 1, sizeof(struct plant_zone *));
        size_t n_old = plant->n_zones, n = 0;

        /* Without memory for so little nothing works: what can no longer be followed is silent. */
        for (size_t i = 0; zones && i < conf->n_zones; i++) {
                struct plant_zone *z = take_zone(old, n_old, conf->zones[i].id);

                if (!z)
                        z = zone_new(plant, conf->zones[i].id);
                if (!z)
                        break;
                zones[n++] = z;
        }
        if (n < conf->n_zones)
                thon_error("Not all zones can be used: %s", strerror(ENOMEM));
        plant->zones = zones;
        plant->n_zones = n;
        plant->conf = conf;
        for (size_t i = 0; i < n; i++)
                zone_conf(zones[i], i, &conf->zones[i]);
        for (size_t i = 0; i < n_old; i++)
                if (old[i])
                        old[i] = zone_free(old[i]);
        free(old);
        subscribe(plant);
        if (plant->gpio)
                thon_gpio_release_unused(plant->gpio);
        plant_changed(plant);
}

int plant_start(struct plant *plant, const struct plant_programme *programme)
{
        struct plant_zone *z = programme->zone < plant->n_zones ? plant->zones[programme->zone] : NULL;
        const char *why;

        if (!z)
                return -EINVAL;
        if (z->airing) {
                airing_stop(z->airing);
                return -EBUSY;
        }
        why = refused(plant, &z->sink);
        if (why) {
                plant_fault(z, PART_PLAYER, why);
                return -EPERM;
        }
        return airing_start(z, programme);
}

void plant_stop(struct plant *plant, int64_t serial)
{
        for (struct plant_airing *a = plant->airings; a; a = airing_next(a)) {
                if (airing_serial(a) == serial) {
                        airing_stop(a);
                        return;
                }
        }
}

void plant_look(const struct plant *plant, size_t zone, struct plant_view *ret)
{
        const struct plant_zone *z;

        *ret = (struct plant_view){
                .level_db = NAN, .returned_db = NAN, .proof = THON_PROOF_NONE, .amplifier = "none"};
        if (zone >= plant->n_zones)
                return;
        z = plant->zones[zone];
        if (z->airing) {
                ret->sounding = airing_sounds(z->airing);
                ret->level_db = airing_level(z->airing);
        }
        ret->returned_db = z->returned_db;
        ret->proof = z->proof.proof;
        if (z->amplifier)
                ret->amplifier =
                        z->airing && airing_warms(z->airing) ? "warming" : amplifier_state(z->amplifier);
}

static int make_dir(const char *state_dir, const char *name)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/%s", state_dir, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return mkdir(path, 0750) < 0 && errno != EEXIST ? -errno : 0;
}

static int plant_init(struct plant *plant, const struct plant_options *options, const struct plant_ops *ops,
                      void *userdata)
{
        int r;

        plant->event = sd_event_ref(options->event);
        plant->clock = options->clock;
        plant->mqtt = options->mqtt;
        plant->gpio = options->gpio;
        plant->state_dir = strdup(options->state_dir);
        plant->player = strdup(options->player);
        plant->ops = *ops;
        plant->userdata = userdata;
        if (!plant->state_dir || !plant->player)
                return -ENOMEM;
        r = make_dir(plant->state_dir, "announce");
        if (r == 0)
                r = make_dir(plant->state_dir, "announce/aired");
        if (r == 0)
                r = sd_event_add_defer(plant->event, &plant->look, on_look, plant);
        if (r >= 0)
                r = sd_event_source_set_enabled(plant->look, SD_EVENT_OFF);
        if (r >= 0)
                r = children_new(plant->event, plant->state_dir, &plant->children);
        return r < 0 ? r : warming_start(plant, &plant->warming);
}

int plant_new(const struct plant_options *options, const struct plant_ops *ops, void *userdata,
              struct plant **ret)
{
        _cleanup_(plant_freep) struct plant *plant = calloc(1, sizeof *plant);
        int r = plant ? plant_init(plant, options, ops, userdata) : -ENOMEM;

        if (r < 0)
                return r;
        *ret = THON_TAKE(plant);
        return 0;
}

struct plant *plant_free(struct plant *plant)
{
        if (!plant)
                return NULL;
        airings_free(plant);
        for (size_t i = 0; i < plant->n_zones; i++)
                plant->zones[i] = zone_free(plant->zones[i]);
        free(plant->zones);
        warming_free(plant->warming);
        children_free(plant->children);
        filters_done(plant);
        sd_event_source_disable_unref(plant->look);
        sd_event_unref(plant->event);
        free(plant->state_dir);
        free(plant->player);
        free(plant);
        return NULL;
}
