/* A station for a test: two zones whose sinks are files, a simulated chip, and all that the plant tells. PLANT_PLAYER is the path of the player, seen from the
 * top of the tree. */
#pragma once

#include "../../src/announced/plant.h"

#include <math.h>

#include "broker.h"
#include "thon/log.h"

#define EVENTS 64

struct told {
        int64_t serial;
        enum plant_ended how;
        uint64_t position_us, sounded_us, at_ms;
        double level_db, returned_db;
        enum thon_proof proof;
        char why[300];
};

static char dir[64], player[512];
static sd_event *event;
static struct thon_clock *clock_;
static struct thon_gpio *gpio;
static struct plant *plant;
static struct thon_announced_conf conf;
static struct thon_air_zone_conf zones[3];
static struct told ended[EVENTS];
static size_t n_ended, n_started, n_silent;
static int64_t started[EVENTS];
static uint64_t started_ms[EVENTS];
static char faults[3][3][400]; /* zone, part */
static enum thon_proof proof[3];
static uint64_t proof_ms[3];
static unsigned proof_told[THON_PROOF_LOST + 1]; /* of all zones */
static void (*at_start)(void); /* what happens once a programme has begun, and holds the station up */
static unsigned log_lines;

/* ---- what the plant tells ---- */

static inline void on_started(int64_t serial, void *userdata)
{
        (void)userdata;
        ck_assert_uint_lt(n_started, EVENTS);
        started_ms[n_started] = mono_ms();
        started[n_started++] = serial;
        if (at_start)
                at_start();
}

static inline void on_ended(int64_t serial, const struct plant_end *end, void *userdata)
{
        struct told *t = &ended[n_ended];

        (void)userdata;
        ck_assert_uint_lt(n_ended, EVENTS);
        for (size_t i = 0; i < n_ended; i++)
                ck_assert_msg(ended[i].serial != serial, "%lld ended twice", (long long)serial);
        ck_assert((end->how == PLANT_BROKE) == (end->why != NULL));
        *t = (struct told){.serial = serial,
                           .how = end->how,
                           .position_us = end->position_us,
                           .sounded_us = end->sounded_us,
                           .at_ms = mono_ms(),
                           .level_db = end->level_db,
                           .returned_db = end->returned_db,
                           .proof = end->proof};
        (void)snprintf(t->why, sizeof t->why, "%s", end->why ? end->why : "");
        n_ended++;
}

static inline void on_silent(int64_t serial, void *userdata)
{
        (void)serial;
        (void)userdata;
        n_silent++;
}

static inline void on_proof(size_t zone, enum thon_proof is, void *userdata)
{
        (void)userdata;
        ck_assert_uint_lt(zone, 3);
        proof[zone] = is;
        proof_told[is]++;
        proof_ms[zone] = mono_ms();
}

static inline void on_fault(size_t zone, const char *part, const char *problem, void *userdata)
{
        int i = strcmp(part, "amplifier") == 0 ? 0 : strcmp(part, "player") == 0 ? 1 : 2;

        (void)userdata;
        ck_assert_uint_lt(zone, 3);
        (void)snprintf(faults[zone][i], sizeof faults[zone][i], "%s", problem ? problem : "");
}
#define AMPLIFIER(zone) faults[zone][0]
#define PLAYER(zone)    faults[zone][1]
#define RETURN(zone)    faults[zone][2]

static inline void on_log(int level, enum thon_msg msg, const char *line, void *userdata)
{
        (void)level;
        (void)msg;
        (void)userdata;
        for (const char *p = line; *p; p++)
                ck_assert_msg((unsigned char)*p >= 0x20, "raw byte %d in the log", *p);
        log_lines++;
}

static const struct plant_ops ops = {.started = on_started,
                                     .ended = on_ended,
                                     .source_silent = on_silent,
                                     .proof = on_proof,
                                     .fault = on_fault};

/* ---- the station ---- */

static inline void sink_of(size_t zone, char ret[static 160])
{
        ck_assert_int_lt(snprintf(ret, 160, "%s/sink-%zu", dir, zone), 160);
}

static inline void zone_set(size_t i, const char *id)
{
        zones[i] = (struct thon_air_zone_conf){
                .sink.kind = THON_SINK_FILE, .warm_up_ms = 300, .hold_s = 1, .return_level = -45};
        (void)snprintf(zones[i].id, sizeof zones[i].id, "%s", id);
        sink_of(i, zones[i].sink.address);
        conf.zones = zones;
        if (conf.n_zones <= i)
                conf.n_zones = i + 1;
}

static inline void line_ref(struct thon_line_ref *ref, const char *line)
{
        *ref = (struct thon_line_ref){.chip = "sim:amps"};
        (void)snprintf(ref->line, sizeof ref->line, "%s", line);
}

static inline void amplifier_line(size_t zone, const char *line)
{
        zones[zone].amplifier.kind = THON_AMPLIFIER_GPIO;
        line_ref(&zones[zone].amplifier.line, line);
}

static inline void plant_open(struct thon_mqtt *mqtt)
{
        struct plant_options options = {.event = event,
                                        .clock = clock_,
                                        .mqtt = mqtt,
                                        .gpio = gpio,
                                        .state_dir = dir,
                                        .player = player};

        ck_assert_int_eq(plant_new(&options, &ops, NULL, &plant), 0);
        plant_conf(plant, &conf);
}

static inline void setup(void)
{
        char sim[96];

        (void)snprintf(dir, sizeof dir, "/tmp/thon-plant-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(dir));
        ck_assert_ptr_nonnull(realpath(PLANT_PLAYER, player));
        ck_assert_int_eq(sd_event_new(&event), 0);
        ck_assert_int_eq(thon_clock_new(event, NULL, &clock_), 0);
        (void)snprintf(sim, sizeof sim, "%s/gpio", dir);
        (void)setenv("THON_GPIO_SIM_LOG", "1", 1);
        ck_assert_int_eq(
                thon_gpio_new(event, &(struct thon_gpio_options){.consumer = "test", .sim_dir = sim}, &gpio),
                0);
        thon_log_set_sink(on_log, NULL);
        zone_set(0, "xom-1");
        zone_set(1, "xom-2");
}

/* No child of ours lives, and none is a zombie. */
static inline bool no_children(void)
{
        siginfo_t si;

        return waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

static inline void teardown(void)
{
        plant = plant_free(plant);
        ck_assert(no_children());
        gpio = thon_gpio_free(gpio);
        clock_ = thon_clock_free(clock_);
        event = sd_event_unref(event);
        (void)nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static inline int air_from(size_t zone, int64_t serial, const char *file, uint64_t from_us, bool emergency)
{
        struct plant_input input = {.file = file};
        struct plant_programme p = {.serial = serial,
                                    .zone = zone,
                                    .inputs = &input,
                                    .n_inputs = 1,
                                    .from_us = from_us,
                                    .limit_us = UINT64_MAX,
                                    .emergency = emergency};

        return plant_start(plant, &p);
}

static inline void air(size_t zone, int64_t serial, const char *file)
{
        ck_assert_int_eq(air_from(zone, serial, file, 0, false), 0);
}
