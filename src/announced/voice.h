/* Sound that is ready to air: texts through the voice command, recordings through the player's "prepare", both into
 * a cache below STATE_DIR/announce/cache by what they are made of. What is there already answers from the next turn
 * of the loop. */
#pragma once

#include <systemd/sd-event.h>

#include "thon/announced_conf.h"
#include "thon/clock.h"

struct voice;
struct voice_options {
        sd_event *event;
        const char *state_dir, *player; /* copied */
};
int voice_new(const struct voice_options *options, struct voice **ret);
struct voice *voice_free(struct voice *voice); /* ends its children; no function is called */
/* Command, voices, loudness, longest recording, size of the cache. Borrowed until the next call. Cached sound of
 * another command or loudness is made anew when it is asked for. */
void voice_conf(struct voice *voice, const struct thon_announced_conf *conf);

struct voice_sound {
        const char *path; /* borrowed for the call; stays on disk while anybody holds it with voice_hold() */
        uint64_t length_us;
        double lufs;
};
/* `sound` NULL: there is none, and `problem` says in English why and what to do. */
typedef void (*voice_fn)(const struct voice_sound *sound, const char *problem, void *userdata);
struct voice_job;
/* Two at a time, emergencies (`urgent`) before others and at once. A voice that takes over 60 s (urgent 10 s) is
 * killed. 0 or -errno; the function is called once, from the loop. */
int voice_say(struct voice *voice, const char *reading, enum thon_dialect dialect, bool urgent, voice_fn fn,
              void *userdata, struct voice_job **ret);
/* `media` a file name below STATE_DIR/announce/media. */
int voice_media(struct voice *voice, const char *media, bool urgent, voice_fn fn, void *userdata,
                struct voice_job **ret);
void voice_cancel(struct voice_job *job); /* NULL is none */
/* What is held is not dropped when the cache is full (least recently used first). By path; counts. */
int voice_hold(struct voice *voice, const char *path);
void voice_unhold(struct voice *voice, const char *path);
