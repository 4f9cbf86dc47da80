/* announced.conf, which announced runs by and thonctl reads for rehearsals and dry runs.
 * docs/man/thon-announced.conf.5 says it for people. */
#pragma once

#include "thon/announce_air.h"
#include "thon/announce_proof.h"
#include "thon/cap.h"
#include "thon/conf.h"
#include "thon/light.h"
#include "thon/speech.h"

enum thon_sink_kind { THON_SINK_ALSA, THON_SINK_RTP, THON_SINK_SNAPCAST, THON_SINK_FILE };
struct thon_sink {
        enum thon_sink_kind kind;
        char address
                [160]; /* PCM; numeric multicast or unicast address; path of a pipe; path of a file or directory */
        int port;  /* RTP */
        bool opus; /* rtp:GROUP:PORT/opus; default L16 at 44.1 kHz, payload type 11 (mono), RFC 3551 */
};
/* NULL, or what is wrong. "alsa:default", "rtp:239.1.2.3:5004", "rtp:239.1.2.3:5004/opus",
 * "snapcast:/run/snapfifo", "file:/x/y.wav" */
const char *thon_sink_parse(const char *text, struct thon_sink *ret);

enum thon_return_kind { THON_RETURN_NONE, THON_RETURN_ALSA, THON_RETURN_GPIO, THON_RETURN_MQTT };
struct thon_return { /* "alsa:PCM", "gpio:CHIP/LINE[/low]", "mqtt:TOPIC" (a number, or JSON with "value"; above `level` is sound) */
        enum thon_return_kind kind;
        char address[160];
        struct thon_line_ref line;
};
enum thon_amplifier_kind { THON_AMPLIFIER_NONE, THON_AMPLIFIER_CIRCUIT, THON_AMPLIFIER_GPIO };
struct thon_amplifier { /* "CIRCUIT": of lightd, equipment; or "gpio:CHIP/LINE[/low]": our own, which needs no broker */
        enum thon_amplifier_kind kind;
        thon_slug circuit;
        struct thon_line_ref line;
};

#define THON_GAIN_HOURS_MAX 6
struct thon_gain { /* "0; 19:00-21:00 -6; 05:30-06:30 -3": dB */
        double db;
        size_t n;
        struct {
                struct thon_hours hours;
                double db;
        } at[THON_GAIN_HOURS_MAX];
};

struct thon_air_zone_conf {
        thon_slug id;
        char *name; /* default: the id */
        struct thon_sink sink;
        size_t n_areas;
        thon_slug areas[16];
        struct thon_air_rules rules; /* quiet, airtime, repeats, late, apart, warm_up */
        size_t n_neighbours;
        thon_slug neighbours[16]; /* as written; rules.apart is made of them when all is read */
        struct thon_amplifier amplifier;
        int64_t warm_up_ms, hold_s; /* default 2000, 20 */
        struct thon_return back;
        double return_level; /* dB, or a plain number of an MQTT return; default -45 */
        int delay_ms;        /* 0..5000 */
        struct thon_gain gain;
        int highpass_hz; /* 0: none; default 0; 300 for horns */
        enum thon_dialect dialect;
        bool placed;
        struct thon_geo place;
        double reach_km; /* default 1 */
};
struct thon_zone_group_conf {
        thon_slug id;
        size_t n_zones;
        thon_slug zones[THON_ANNOUNCE_ZONES_MAX];
};
struct thon_source_conf {
        thon_slug id;
        char *name, *url; /* http(s)://, rtp://GROUP:PORT, alsa:PCM, file:/... */
        char *fallback;   /* a recording below STATE_DIR/announce/media, or NULL: then it ends */
        int64_t silent_s; /* default 10: so long without sound is silence */
};

struct thon_announced_conf {
        /* [announce] */
        bool chime;          /* default yes */
        bool approval;       /* default yes: what is no emergency needs another person's approval */
        bool pin;            /* default yes: an emergency needs the PIN of the person who answers for it */
        char *gpio_sim_dir;  /* of lines of chips "sim:NAME"; NULL: none may be used */
        int64_t history_s;   /* default 1100 d */
        int64_t audio_s;     /* default 90 d: what was aired, as Opus; 0: not kept */
        int64_t audio_max;   /* bytes; default 1 GiB */
        int64_t cache_max;   /* bytes; default 512 MiB */
        int64_t media_max_s; /* longest recording; default 45 min */
        /* [voice] */
        char *voice; /* command, words parted by spaces, no shell: %d dialect's voice, %o WAV to write; text on stdin */
        char *voices[THON_DIALECTS]; /* what %d becomes: north, central, south */
        enum thon_dialect dialect;
        double loudness; /* LUFS of what is spoken or played; default -16 */
        /* [cap] */
        bool cap_unsigned, cap_tests;
        char *cap_certificates, *cap_inbox; /* paths */
        size_t n_geocodes;
        char **geocodes; /* owned */
        size_t n_polls;
        char **polls;               /* URLs, owned */
        int64_t poll_s;             /* default 60 */
        double reach_km;            /* of the commune, default 5 */
        bool cap_lamps, cap_notify; /* default yes */

        size_t n_zones, n_groups, n_sources;
        struct thon_air_zone_conf *zones; /* at most THON_ANNOUNCE_ZONES_MAX, in order of the file; owned */
        struct thon_zone_group_conf *groups;
        struct thon_source_conf *sources;
};
int thon_announced_conf_read(const char *config_dir, struct thon_announced_conf *ret,
                             struct thon_conf_report *report);
void thon_announced_conf_done(struct thon_announced_conf *conf);

/* SIZE_MAX: there is none. */
size_t thon_announced_conf_zone(const struct thon_announced_conf *conf, const char *id);
const struct thon_source_conf *thon_announced_conf_source(const struct thon_announced_conf *conf,
                                                          const char *id);
/* Zones, groups, areas (of the zones that serve them) and "all" as bits; *ret_unknown: the first that is none of
 * these, or NULL. */
uint64_t thon_announced_conf_resolve(const struct thon_announced_conf *conf, const thon_slug *names,
                                     size_t n, const char **ret_unknown);
/* dB at a civil time. */
double thon_gain_at(const struct thon_gain *gain, const struct thon_zone *zone, struct thon_wall at);
