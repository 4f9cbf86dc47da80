/* What announced and thon-player say to each other: one JSON document a line, over the player's standard input and output. The player has no
 * other link to the station: no store, no broker, no configuration. It ends when its input ends.
 *
 * First line to it, one of
 *   {"mode":"air","inputs":[INPUT...],"sink":"alsa:default","delay_ms","gain_db","highpass_hz","from_us","limit_us",
 *    "archive":"/path.opus"|null,"start":"go"|"now"}
 *       INPUT {"file":"/x.wav"} prepared sound | {"tone":"chime-in"|"chime-out"|"alarm"} | {"live":"https://...","for_us","silent_us"}
 *       `from_us`: begins so far into the whole; `limit_us`: no sound longer than so, counted from the first sample, whatever it plays
 *   {"mode":"prepare","file":"/any.mp3","out":"/x.wav","loudness":-16,"max_s":2700}
 *   {"mode":"listen","source":"alsa:PCM"}
 *   {"mode":"warm"}   makes GStreamer's registry (GST_REGISTRY) when it is old or not there, and exits 0
 * Then, to "air": {"do":"go"} begins (with "start":"go" it opens the sink, is ready, and waits), {"do":"stop","fade_ms":80}
 * Lines from it:
 *   {"is":"ready"}                      air: decoded, the sink is open
 *   {"is":"started"}                    first sample handed to the sink
 *   {"is":"level","db":-21.4,"from_us":N,"to_us":N}
 *                                       air, listen: RMS of half a second, dBFS, -120 at least, and when that was (CLOCK_MONOTONIC); shorter
 *                                       where the card has left something out
 *   {"is":"silent"}                     air: a live input gave no sound for its silent_us; it goes on until stopped
 *   {"is":"done","position_us":N}       air: played to the end (also of limit_us: then "limit":true), all of it heard
 *   {"is":"stopped","position_us":N}    as ordered; position counts from the beginning of the whole
 *   {"is":"prepared","length_us":N,"lufs":-15.9,"peak_db":-1.2}
 *   {"is":"error","what":"sink"|"input"|"format"|"too-long"|"order"|"memory","detail":"..."}   then it exits 1
 * Prepared sound is WAV, 48 kHz, mono, 16 bit, at the wanted loudness (EBU R128, gated; peak at most -1 dBTP). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/json.h"

#define THON_PLAYER_LINE_MAX 65536

enum thon_player_is {
        THON_PLAYER_READY,
        THON_PLAYER_STARTED,
        THON_PLAYER_LEVEL,
        THON_PLAYER_SILENT,
        THON_PLAYER_DONE,
        THON_PLAYER_STOPPED,
        THON_PLAYER_PREPARED,
        THON_PLAYER_ERROR
};
struct thon_player_news {
        enum thon_player_is is;
        double db, lufs, peak_db;
        uint64_t position_us, length_us;
        uint64_t from_us, to_us; /* of a level */
        bool limit;
        char what[16], detail[200]; /* of an error; cleaned for the log */
};
/* One line (without its end) of a player, which is not to be believed: 0 or -EINVAL. */
int thon_player_news(const char *line, size_t size, struct thon_player_news *ret);
/* Tones "chime-in" and "chime-out", and "alarm": how long they sound, for what is planned around them. */
#define THON_PLAYER_CHIME_MS 2000
#define THON_PLAYER_ALARM_MS 6000
/* Length of a tone; 0: there is none of that name. */
uint64_t thon_player_tone_us(const char *tone);
