/* The plant: what makes the sound of the zones. It switches amplifiers, starts a player for each airing, watches
 * what comes back, and tells what happened; what airs when is not decided here (thon/announce_air.h). A zone of the
 * plant lives as long as its configuration; zones are indices of conf->zones. No part of it blocks, and none holds
 * another zone up. */
#pragma once

#include "thon/announced_conf.h"
#include "thon/clock.h"
#include "thon/gpio.h"
#include "thon/mqtt.h"

struct plant;

enum plant_ended { PLANT_PLAYED, PLANT_STOPPED, PLANT_BROKE };
/* How a programme ended. */
struct plant_end {
        enum plant_ended how;
        uint64_t position_us;  /* from the beginning of the whole */
        uint64_t sounded_us;   /* heard this time */
        double level_db;       /* mean of what was played; NaN */
        double returned_db;    /* loudest that came back; NaN */
        enum thon_proof proof; /* thon_proof_of_programme() */
        const char *why;       /* BROKE: an English clause */
};
struct plant_ops {
        /* First sample handed to the sink. */
        void (*started)(int64_t serial, void *userdata);
        /* Once for each plant_start() that returned 0, from the loop. The player is gone by then, the amplifier
         * holds on. */
        void (*ended)(int64_t serial, const struct plant_end *end, void *userdata);
        /* A relayed source gives no sound; it goes on until stopped. */
        void (*source_silent)(int64_t serial, void *userdata);
        /* Proof of sound changed. */
        void (*proof)(size_t zone, enum thon_proof proof, void *userdata);
        /* "amplifier", "player", "return": a part of the zone fails (what to do, in English) or is well again
         * (NULL). Told when it changes. */
        void (*fault)(size_t zone, const char *part, const char *problem, void *userdata);
};
struct plant_options {
        sd_event *event;
        struct thon_clock *clock;
        struct thon_mqtt *mqtt; /* amplifiers that are circuits, MQTT returns; may be away */
        struct thon_gpio *gpio; /* NULL: none may be used */
        const char *state_dir;  /* STATE_DIR/announce/aired, .../gst-registry */
        const char *player;     /* path of thon-player */
};
/* Options are copied, strings too. Amplifiers of our own lines are requested off. */
int plant_new(const struct plant_options *options, const struct plant_ops *ops, void *userdata,
              struct plant **ret);
struct plant *plant_free(struct plant *plant); /* stops all sound at once, amplifiers go off */

/* Conf is borrowed until the next call, and read by zone. What is on air goes on where its zone is still there with
 * the same sink, and breaks elsewhere. Also at start. */
void plant_conf(struct plant *plant, const struct thon_announced_conf *conf);

struct plant_input {
        const char *file; /* prepared sound */
        const char *tone; /* "chime-in", "chime-out", "alarm" */
        const char *live; /* url of a source */
        uint64_t live_us, silent_us;
};
struct plant_programme {
        int64_t serial;
        size_t zone;
        const struct plant_input *inputs; /* one after the other; borrowed for the call */
        size_t n_inputs;
        uint64_t from_us;
        uint64_t limit_us; /* no more sound than so; UINT64_MAX */
        double gain_db;
        bool emergency; /* does not wait for an amplifier that does not answer longer than its warm-up */
        const char *archive; /* file name below STATE_DIR/announce/aired; NULL: not kept */
};
/* The amplifier first (on, and warmed up since `warm_up`; at once when it is on still), then the player. 0; -EBUSY
 * (the zone has a player: the old one must have ended; it is told to stop first); -errno. The player is started and
 * decodes while the amplifier warms up. */
int plant_start(struct plant *plant, const struct plant_programme *programme);
/* With a fade; ended() follows within 2 s, or the player is killed and it follows then. */
void plant_stop(struct plant *plant, int64_t serial);
/* light/CIRCUIT/state of an amplifier, or an MQTT return: true when it was one of ours. Subscriptions of its own it
 * makes on plant_conf() and on connect. */
bool plant_message(struct plant *plant, const struct thon_mqtt_message *message);
void plant_connected(struct plant *plant);

struct plant_view { /* for zone/<zone>/state */
        bool sounding;
        double level_db, returned_db; /* NaN: nothing known */
        enum thon_proof proof;
        const char *amplifier; /* "on", "off", "warming", "unknown", "none" */
};
void plant_look(const struct plant *plant, size_t zone, struct plant_view *ret);
