/* The first line to a player: what it is to do. Nothing is done of an order that is not understood as a whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/announced_conf.h"
#include "thon/json.h"
#include "tones.h"

#define PLAYER_INPUTS_MAX  64
#define PLAYER_TEXT_MAX    4096 /* of paths and addresses */
#define PLAYER_DAY_US      (UINT64_C(86400) * 1000000)
#define PLAYER_FADE_MS     80
#define PLAYER_FADE_MS_MAX 5000

enum player_mode { PLAYER_AIR, PLAYER_PREPARE, PLAYER_LISTEN, PLAYER_WARM };
enum player_input_kind { PLAYER_FILE, PLAYER_TONE, PLAYER_LIVE };

struct player_input {
        enum player_input_kind kind;
        const char *address; /* path, or address of what is live; borrowed from the order */
        enum player_tone tone;
        uint64_t for_us, silent_us; /* live; silent_us 0: silence is not told */
};
struct player_order {
        json_t *doc; /* owns the texts */
        enum player_mode mode;
        /* air */
        size_t n_inputs;
        struct player_input inputs[PLAYER_INPUTS_MAX];
        struct thon_sink sink;
        int delay_ms, highpass_hz;
        double gain_db;
        uint64_t from_us, limit_us;
        const char *archive; /* or NULL */
        bool wait;           /* for "go" */
        /* prepare */
        const char *file, *out;
        double loudness;
        uint64_t max_s;
        /* listen */
        const char *pcm;
};

/* 0, -EINVAL (error filled) or -ENOMEM. */
int player_order_read(const char *line, size_t size, struct player_order *ret,
                      struct thon_json_error *error);
void player_order_done(struct player_order *order);

enum player_command { PLAYER_GO, PLAYER_STOP };
/* A later line to "air"; `ret_fade_ms` is set for PLAYER_STOP. 0 or -EINVAL. */
int player_command_read(const char *line, size_t size, enum player_command *ret, int *ret_fade_ms);
