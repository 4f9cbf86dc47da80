/* The parts of the voice among themselves. */
#pragma once

#include "child.h"
#include "thon/cleanup.h"
#include "voice.h"

/* ---- the cache (voice_cache.c): STATE_DIR/announce/cache/KEY.wav, and KEY.json with what is known of it ---- */

#define VOICE_KEY 65 /* SHA-256 in hexadecimal, with its NUL */

struct voice_cache;
/* Makes the directory when it is not there; what is no whole entry in it is removed. */
int cache_open(const char *state_dir, struct voice_cache **ret);
struct voice_cache *cache_close(struct voice_cache *cache);
void cache_limit(struct voice_cache *cache, int64_t bytes);
/* For a warning: on a disk that is full, what was kept for it is given up, and then what nobody holds. */
void cache_make_room(struct voice_cache *cache);
/* True: it is there, whole, and now the last used; `ret` is good until the cache is touched again. What is damaged
 * is removed. */
bool cache_find(struct voice_cache *cache, const char *key, struct voice_sound *ret);
/* "KEY" with what belongs to it: the caller frees it. NULL: no memory. Of ".part.wav" becomes an entry: */
char *cache_path(const struct voice_cache *cache, const char *key, const char *suffix);
/* -EBADMSG: it is no sound as it is wanted. */
int cache_add(struct voice_cache *cache, const char *key, uint64_t length_us, double lufs);
int cache_hold(struct voice_cache *cache, const char *path);
void cache_unhold(struct voice_cache *cache, const char *path);

/* ---- what a recording is (voice_digest.c) ---- */

struct digest;
/* `r` 0: `key` is the SHA-256 of the file; -errno. Called once, from the loop; the digest is freed by its owner,
 * here or later. */
typedef void (*digest_fn)(int r, const char *key, void *userdata);
/* Reads the file in pieces, a piece a turn of the loop. 0 or -errno. */
int digest_new(sd_event *event, const char *path, digest_fn fn, void *userdata, struct digest **ret);
struct digest *digest_free(struct digest *digest);
/* Of texts, with their ends, so that none can pose as others. */
int digest_texts(const char *const *texts, size_t n, char ret[static VOICE_KEY]);

/* ---- making it (voice_render.c) ---- */

struct render_options {
        struct children *children;
        sd_event *event;
        const struct voice_cache *cache;
        const char *key;
        bool urgent;
        const char *player;
        const char *command, *voice, *text; /* what is to be spoken; or */
        const char *file;                   /* a recording */
        double loudness;
        int64_t max_s;
};
struct render;
/* It lies at cache_path(".part.wav") then, `problem` NULL; or the problem. The render is freed by its owner, here or later. */
typedef void (*render_fn)(uint64_t length_us, double lufs, const char *problem, void *userdata);
/* 0, and `fn` is called once from the loop; or -errno. Options are copied. */
int render_new(const struct render_options *options, render_fn fn, void *userdata, struct render **ret);
struct render *render_free(struct render *render);
