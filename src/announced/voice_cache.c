/* Prepared sound on disk. An entry is its sound and, written after it, the few figures that say what it must be
 * like: a power cut leaves both or none that is believed. Nothing is waited for with fsync(): what was lost is made
 * anew.
 *
 * Full, it drops what was used longest ago and nobody holds; when each was used last is the sound's own time on
 * disk.
 *
 * A disk that is full must not silence a warning: room for one is kept in a file, and given up for it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "thon/json.h"
#include "thon/log.h"
#include "voice_private.h"

#define HEADER_MAX  256
#define META_MAX    1024
#define RATE        48000
#define FRAME       2 /* bytes: mono, 16 bit */
#define ENTRIES_MAX 65536
#define RESERVE     "reserve"
#define ROOM        (UINT64_C(16) * 1024 * 1024) /* two minutes of sound, with what the voice wrote */
#define AMPLE       (4 * ROOM)

struct entry {
        char key[VOICE_KEY];
        char *path;
        uint64_t size, length_us;
        double lufs;
        struct timespec used;
        unsigned held;
};
struct voice_cache {
        char *dir;
        int64_t max;
        uint64_t size;
        struct entry *entries;
        size_t n, room;
};

THON_DEFINE_CLEANUP(struct voice_cache *, cache_close)

char *cache_path(const struct voice_cache *cache, const char *key, const char *suffix)
{
        char *path;

        return asprintf(&path, "%s/%s%s", cache->dir, key, suffix) < 0 ? NULL : path;
}

static void remove_file(const struct voice_cache *cache, const char *key, const char *suffix)
{
        _cleanup_free_ char *path = cache_path(cache, key, suffix);

        if (path && unlink(path) < 0 && errno != ENOENT)
                thon_warning("%s cannot be removed: %s", path, strerror(errno));
}

/* ---- what a sound must be like ---- */

static uint32_t le32(const unsigned char *p)
{
        return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint16_t le16(const unsigned char *p)
{
        return (uint16_t)(p[0] | p[1] << 8);
}

/* Bytes of sound of a WAV as the player prepares it; 0: it is none, or not whole. */
static uint64_t sound_bytes(const unsigned char *head, size_t n, uint64_t file_size)
{
        bool format = false;
        size_t at = 12;

        if (n < 12 || memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "WAVE", 4) != 0)
                return 0;
        while (at + 8 <= n) {
                uint32_t size = le32(head + at + 4);

                if (memcmp(head + at, "data", 4) == 0)
                        return format && size > 0 && at + 8 + (uint64_t)size <= file_size ? size : 0;
                if (memcmp(head + at, "fmt ", 4) == 0 && size >= 16 && at + 24 <= n)
                        format = le16(head + at + 8) == 1 && le16(head + at + 10) == 1 &&
                                 le32(head + at + 12) == RATE && le16(head + at + 22) == 8 * FRAME;
                if (size > n)
                        return 0;
                at += 8 + size + (size & 1);
        }
        return 0;
}

static int look_at(const char *path, struct stat *ret_st, uint64_t *ret_us)
{
        unsigned char head[HEADER_MAX];
        _cleanup_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        uint64_t bytes;
        ssize_t n;

        if (fd < 0 || fstat(fd, ret_st) < 0)
                return -errno;
        if (!S_ISREG(ret_st->st_mode) || ret_st->st_size <= 0)
                return -EBADMSG;
        n = pread(fd, head, sizeof head, 0);
        if (n < 0)
                return -errno;
        bytes = sound_bytes(head, (size_t)n, (uint64_t)ret_st->st_size);
        if (bytes < FRAME)
                return -EBADMSG;
        *ret_us = bytes / FRAME * 1000000 / RATE;
        return 0;
}

/* The player's own figure may be rounded otherwise. */
static bool same_length(uint64_t a, uint64_t b)
{
        return (a > b ? a - b : b - a) <= 1000;
}

/* ---- entries ---- */

static struct entry *find_key(const struct voice_cache *cache, const char *key)
{
        for (size_t i = 0; i < cache->n; i++)
                if (strcmp(cache->entries[i].key, key) == 0)
                        return &cache->entries[i];
        return NULL;
}

static struct entry *find_path(const struct voice_cache *cache, const char *path)
{
        for (size_t i = 0; i < cache->n; i++)
                if (strcmp(cache->entries[i].path, path) == 0)
                        return &cache->entries[i];
        return NULL;
}

static void drop(struct voice_cache *cache, struct entry *e)
{
        remove_file(cache, e->key, ".json");
        remove_file(cache, e->key, ".wav");
        cache->size -= e->size;
        free(e->path);
        *e = cache->entries[--cache->n];
}

static bool older(const struct timespec *a, const struct timespec *b)
{
        return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static bool drop_oldest(struct voice_cache *cache, const char *but)
{
        struct entry *oldest = NULL;

        for (size_t i = 0; i < cache->n; i++) {
                struct entry *e = &cache->entries[i];

                if (e->held == 0 && (!but || strcmp(e->key, but) != 0) &&
                    (!oldest || older(&e->used, &oldest->used)))
                        oldest = e;
        }
        if (oldest)
                drop(cache, oldest);
        return oldest != NULL;
}

static void make_room(struct voice_cache *cache, const char *but)
{
        while (cache->max > 0 && cache->size > (uint64_t)cache->max && drop_oldest(cache, but))
                ;
}

/* ---- room on the disk ---- */

static bool has_free(const struct voice_cache *cache, uint64_t bytes)
{
        struct statvfs st;

        return statvfs(cache->dir, &st) < 0 || (uint64_t)st.f_bavail * st.f_frsize >= bytes;
}

/* Where there is ample room; a file system that keeps none ahead has no reserve. */
static void keep_reserve(const struct voice_cache *cache)
{
        _cleanup_free_ char *path = cache_path(cache, RESERVE, "");
        _cleanup_close_ int fd = -1;

        if (!path || access(path, F_OK) == 0 || !has_free(cache, AMPLE))
                return;
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        if (fd >= 0 && fallocate(fd, 0, 0, (off_t)ROOM) < 0)
                (void)unlink(path);
}

void cache_make_room(struct voice_cache *cache)
{
        if (has_free(cache, ROOM))
                return;
        remove_file(cache, RESERVE, "");
        while (!has_free(cache, ROOM / 2) && drop_oldest(cache, NULL))
                ;
}

static int append(struct voice_cache *cache, const char *key, const struct stat *st, uint64_t length_us,
                  double lufs)
{
        struct entry *e;

        if (cache->n >= ENTRIES_MAX)
                return -ENOSPC;
        if (cache->n == cache->room) {
                size_t room = cache->room ? cache->room * 2 : 64;

                e = reallocarray(cache->entries, room, sizeof *e);
                if (!e)
                        return -ENOMEM;
                cache->entries = e;
                cache->room = room;
        }
        e = &cache->entries[cache->n];
        *e = (struct entry){
                .size = (uint64_t)st->st_size, .length_us = length_us, .lufs = lufs, .used = st->st_mtim};
        (void)snprintf(e->key, sizeof e->key, "%s", key);
        e->path = cache_path(cache, key, ".wav");
        if (!e->path)
                return -ENOMEM;
        cache->n++;
        cache->size += e->size;
        return 0;
}

bool cache_find(struct voice_cache *cache, const char *key, struct voice_sound *ret)
{
        struct entry *e = find_key(cache, key);
        struct stat st;
        uint64_t us;

        if (!e)
                return false;
        if (look_at(e->path, &st, &us) < 0 || (uint64_t)st.st_size != e->size ||
            !same_length(us, e->length_us)) {
                thon_warning("%s is damaged: it is made anew", e->path);
                if (e->held == 0)
                        drop(cache, e);
                return false;
        }
        (void)utimensat(AT_FDCWD, e->path, NULL, 0);
        (void)clock_gettime(CLOCK_REALTIME, &e->used);
        *ret = (struct voice_sound){.path = e->path, .length_us = e->length_us, .lufs = e->lufs};
        return true;
}

static int write_meta(const struct voice_cache *cache, const char *key, uint64_t length_us, double lufs,
                      uint64_t size)
{
        _cleanup_free_ char *path = cache_path(cache, key, ".json"), *text = NULL;
        _cleanup_json_ json_t *doc = json_pack("{s:I,s:f,s:I}", "length_us", (json_int_t)length_us, "lufs",
                                               lufs, "size", (json_int_t)size);
        _cleanup_close_ int fd = -1;
        size_t n;

        text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
        if (!path || !text)
                return -ENOMEM;
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
        if (fd < 0)
                return -errno;
        n = strlen(text);
        return write(fd, text, n) == (ssize_t)n ? 0 : -EIO;
}

int cache_add(struct voice_cache *cache, const char *key, uint64_t length_us, double lufs)
{
        _cleanup_free_ char *part = cache_path(cache, key, ".part.wav"),
                            *path = cache_path(cache, key, ".wav");
        struct entry *old = find_key(cache, key);
        unsigned held = old ? old->held : 0;
        struct stat st;
        uint64_t us;
        int r;

        if (!part || !path)
                return -ENOMEM;
        r = look_at(part, &st, &us);
        if (r == 0 && !same_length(us, length_us))
                r = -EBADMSG;
        if (r < 0)
                return r;
        if (old) /* damaged, and held: those who hold it have the new one */
                drop(cache, old);
        if (rename(part, path) < 0)
                return -errno;
        r = write_meta(cache, key, length_us, lufs, (uint64_t)st.st_size);
        if (r == 0)
                r = append(cache, key, &st, length_us, lufs);
        if (r < 0)
                return r;
        cache->entries[cache->n - 1].held = held;
        make_room(cache, key);
        keep_reserve(cache);
        return 0;
}

int cache_hold(struct voice_cache *cache, const char *path)
{
        struct entry *e = find_path(cache, path);

        if (!e)
                return -ENOENT;
        e->held++;
        return 0;
}

void cache_unhold(struct voice_cache *cache, const char *path)
{
        struct entry *e = find_path(cache, path);

        if (e && e->held > 0 && --e->held == 0)
                make_room(cache, NULL);
}

void cache_limit(struct voice_cache *cache, int64_t bytes)
{
        cache->max = bytes;
        make_room(cache, NULL);
}

/* ---- the directory ---- */

/* True: it was an entry, and is one. */
static bool take_entry(struct voice_cache *cache, const char *key)
{
        _cleanup_free_ char *meta = cache_path(cache, key, ".json"), *path = cache_path(cache, key, ".wav");
        _cleanup_json_ json_t *doc = NULL;
        const json_t *length, *lufs, *size;
        struct stat st;
        uint64_t us;

        if (!meta || !path || thon_json_read_file(meta, META_MAX, &doc, NULL) < 0 ||
            look_at(path, &st, &us) < 0)
                return false;
        length = json_object_get(doc, "length_us");
        lufs = json_object_get(doc, "lufs");
        size = json_object_get(doc, "size");
        if (!json_is_integer(length) || !json_is_number(lufs) || !json_is_integer(size) ||
            json_integer_value(size) != st.st_size || json_integer_value(length) < 0 ||
            !same_length((uint64_t)json_integer_value(length), us))
                return false;
        return append(cache, key, &st, (uint64_t)json_integer_value(length), json_number_value(lufs)) == 0;
}

static bool is_key(const char *name, char ret[static VOICE_KEY], const char **ret_suffix)
{
        size_t n = strspn(name, "0123456789abcdef");

        if (n != VOICE_KEY - 1)
                return false;
        memcpy(ret, name, n);
        ret[n] = '\0';
        *ret_suffix = name + n;
        return true;
}

static void take_name(struct voice_cache *cache, const char *name)
{
        char key[VOICE_KEY];
        const char *suffix;

        if (!is_key(name, key, &suffix))
                return; /* none of ours: whoever laid it there may want it */
        if (strcmp(suffix, ".json") == 0 && find_key(cache, key))
                return;
        if (strcmp(suffix, ".json") == 0 || strcmp(suffix, ".wav") == 0) {
                if (find_key(cache, key) || take_entry(cache, key))
                        return;
        }
        remove_file(cache, key, suffix); /* half of one, or a part of what was being made */
}

int cache_open(const char *state_dir, struct voice_cache **ret)
{
        _cleanup_(cache_closep) struct voice_cache *cache = calloc(1, sizeof *cache);
        struct dirent *entry;
        DIR *dir;

        if (!cache)
                return -ENOMEM;
        if (asprintf(&cache->dir, "%s/announce", state_dir) < 0) {
                cache->dir = NULL;
                return -ENOMEM;
        }
        if (mkdir(cache->dir, 0750) < 0 && errno != EEXIST)
                return -errno;
        free(cache->dir);
        if (asprintf(&cache->dir, "%s/announce/cache", state_dir) < 0) {
                cache->dir = NULL;
                return -ENOMEM;
        }
        if (mkdir(cache->dir, 0750) < 0 && errno != EEXIST)
                return -errno;
        dir = opendir(cache->dir);
        if (!dir)
                return -errno;
        while ((entry = readdir(dir)))
                take_name(cache, entry->d_name);
        (void)closedir(dir);
        keep_reserve(cache);
        *ret = THON_TAKE(cache);
        return 0;
}

struct voice_cache *cache_close(struct voice_cache *cache)
{
        if (!cache)
                return NULL;
        for (size_t i = 0; i < cache->n; i++)
                free(cache->entries[i].path);
        free(cache->entries);
        free(cache->dir);
        free(cache);
        return NULL;
}
