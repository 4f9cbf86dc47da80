/* Who asks for a sound has it at once when it was made before. What must be made is made once, however many ask: a
 * text for ten zones of one dialect is one rendering with ten jobs. Two are made at a time, since a Pi has other
 * work; an emergency does not wait for its turn, but for other emergencies: a storm of alerts, all made at once,
 * would leave each too late. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "thon/log.h"
#include "voice_private.h"

#define AT_A_TIME        2
#define URGENT_AT_A_TIME 4
#define SPEECH_S         3600 /* the longest that a text may become */
#define DIGESTS_MAX      64   /* recordings whose digest is remembered */

struct rendering;

struct voice_job {
        struct voice *voice;
        struct voice_job *next; /* of its list */
        voice_fn fn;
        void *userdata;
        bool urgent;
        enum thon_dialect dialect;
        char *text, *media;          /* one of them */
        char content[VOICE_KEY];     /* digest of the recording */
        struct rendering *rendering; /* it waits for it */
        struct digest *digest;       /* of its recording; or */
        struct stat file;            /* what it was like when that began */
        bool listed;                 /* among those that are answered next turn */
};

struct rendering {
        struct rendering *next;
        struct voice *voice;
        char key[VOICE_KEY];
        bool urgent;
        char *text, *media;
        /* As it was when the key was made of it. */
        struct stat file;
        char *command, *spoken_by;
        double loudness;
        struct render *render; /* NULL: it waits for its turn */
        bool answering;
        struct voice_job *jobs;
};

struct known_digest {
        struct stat file;
        char digest[VOICE_KEY];
};

struct voice {
        sd_event *event;
        char *state_dir, *player;
        const struct thon_announced_conf *conf;
        struct children *children;
        struct voice_cache *cache;
        struct rendering *renderings; /* in the order in which they were asked for */
        struct voice_job *digesting, *ready;
        sd_event_source *turn;
        struct known_digest digests[DIGESTS_MAX];
        size_t n_digests, next_digest;
};
THON_DEFINE_CLEANUP(struct voice *, voice_free)

/* ---- jobs ---- */

static void job_free(struct voice_job *job)
{
        digest_free(job->digest);
        free(job->text);
        free(job->media);
        free(job);
}

static void job_push(struct voice_job **list, struct voice_job *job)
{
        while (*list)
                list = &(*list)->next;
        job->next = NULL;
        *list = job;
}

static bool job_remove(struct voice_job **list, const struct voice_job *job)
{
        for (; *list; list = &(*list)->next) {
                if (*list == job) {
                        *list = job->next;
                        return true;
                }
        }
        return false;
}

static void answer(struct voice_job *job, const struct voice_sound *sound, const char *problem)
{
        voice_fn fn = job->fn;
        void *userdata = job->userdata;

        job_free(job);
        fn(sound, problem, userdata);
}

/* ---- renderings ---- */

/* Of the same content, as far as can be known without reading it. */
static bool same_file(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
               memcmp(&a->st_mtim, &b->st_mtim, sizeof a->st_mtim) == 0 &&
               memcmp(&a->st_ctim, &b->st_ctim, sizeof a->st_ctim) == 0;
}

static char *media_path(const struct voice *v, const char *media)
{
        char *path;

        return asprintf(&path, "%s/announce/media/%s", v->state_dir, media) < 0 ? NULL : path;
}

static void rendering_free(struct rendering *r)
{
        for (struct rendering **p = &r->voice->renderings; *p; p = &(*p)->next) {
                if (*p == r) {
                        *p = r->next;
                        break;
                }
        }
        render_free(r->render);
        free(r->text);
        free(r->media);
        free(r->command);
        free(r->spoken_by);
        free(r);
}

static void pump(struct voice *v);

/* Who is answered may ask again, which is for the next turn, and cancel others of the same. */
static void rendering_answer(struct rendering *r, const char *problem)
{
        struct voice *v = r->voice;
        struct voice_job *job;
        char key[VOICE_KEY];

        (void)snprintf(key, sizeof key, "%s", r->key);
        r->answering = true;
        while ((job = r->jobs)) {
                struct voice_sound sound;
                bool found = !problem && cache_find(v->cache, key, &sound);

                r->jobs = job->next;
                job->rendering = NULL;
                answer(job, found ? &sound : NULL,
                       found     ? NULL
                       : problem ? problem
                                 : "the sound is gone from the disk");
        }
        rendering_free(r);
        pump(v);
}

/* Then what was made may be of other content than its key says. */
static bool changed(const struct rendering *r)
{
        _cleanup_free_ char *path = media_path(r->voice, r->media);
        struct stat st;

        return !path || lstat(path, &st) < 0 || !same_file(&st, &r->file);
}

static void on_rendered(uint64_t length_us, double lufs, const char *problem, void *userdata)
{
        struct rendering *r = userdata;
        char text[400];
        int e;

        if (problem) {
                (void)snprintf(text, sizeof text, "%s", problem);
        } else if (r->media && changed(r)) {
                (void)snprintf(text, sizeof text,
                               "the recording was changed while it was made ready: ask for it again");
        } else {
                text[0] = '\0';
                e = cache_add(r->voice->cache, r->key, length_us, lufs);
                if (e == -EBADMSG || e == -ENOENT)
                        (void)snprintf(text, sizeof text,
                                       "thon-player made no sound of it that could be played");
                else if (e < 0)
                        (void)snprintf(text, sizeof text, "the sound cannot be kept on disk: %s",
                                       strerror(-e));
        }
        if (text[0])
                thon_warning("No sound of %s: %s", r->media ? r->media : "a text", text);
        rendering_answer(r, text[0] ? text : NULL);
}

static int begin(struct rendering *r)
{
        struct voice *v = r->voice;
        _cleanup_free_ char *file = NULL;
        struct render_options o = {.children = v->children,
                                   .event = v->event,
                                   .cache = v->cache,
                                   .key = r->key,
                                   .urgent = r->urgent,
                                   .player = v->player,
                                   .loudness = r->loudness,
                                   .max_s = SPEECH_S};

        if (r->urgent)
                cache_make_room(v->cache);
        if (r->media) {
                file = media_path(v, r->media);
                if (!file)
                        return -ENOMEM;
                o.file = file;
                o.max_s = v->conf->media_max_s;
        } else {
                o.command = r->command;
                o.voice = r->spoken_by;
                o.text = r->text;
        }
        return render_new(&o, on_rendered, r, &r->render);
}

static void pump(struct voice *v)
{
        size_t running[2] = {0, 0};

        for (const struct rendering *r = v->renderings; r; r = r->next)
                running[r->urgent] += r->render != NULL;
        for (bool urgent = true;; urgent = false) {
                for (struct rendering *r = v->renderings, *next; r; r = next) {
                        int e;

                        next = r->next;
                        if (r->render || r->answering || r->urgent != urgent ||
                            (urgent ? running[true] >= URGENT_AT_A_TIME
                                    : running[true] + running[false] >= AT_A_TIME))
                                continue;
                        e = begin(r);
                        if (e < 0) {
                                rendering_answer(r, strerror(-e)); /* looks at all of them again */
                                return;
                        }
                        running[urgent]++;
                }
                if (!urgent)
                        return;
        }
}

static const char *spoken_by(const struct voice_job *job)
{
        const char *name = job->text ? job->voice->conf->voices[job->dialect] : NULL;

        return name ? name : "";
}

static int rendering_new(const struct voice_job *job, const char *key, struct rendering **ret)
{
        struct voice *v = job->voice;
        struct rendering *r = calloc(1, sizeof *r), **end = &v->renderings;

        if (!r)
                return -ENOMEM;
        r->voice = v;
        (void)snprintf(r->key, sizeof r->key, "%s", key);
        r->loudness = v->conf->loudness;
        r->command = strdup(v->conf->voice);
        r->spoken_by = strdup(spoken_by(job));
        r->text = job->text ? strdup(job->text) : NULL;
        r->media = job->media ? strdup(job->media) : NULL;
        r->file = job->file;
        while (*end)
                end = &(*end)->next;
        *end = r;
        if (!r->command || !r->spoken_by || (!r->text && !r->media)) {
                rendering_free(r);
                return -ENOMEM;
        }
        *ret = r;
        return 0;
}

/* ---- from a job to its sound ---- */

/* The sound's name says all that it was made of. */
static int name_sound(const struct voice_job *job, char ret[static VOICE_KEY])
{
        char loudness[32];

        (void)snprintf(loudness, sizeof loudness, "%.2f", job->voice->conf->loudness);
        if (job->media)
                return digest_texts((const char *const[]){"media 1", job->content, loudness}, 3, ret);
        return digest_texts((const char *const[]){"text 1", job->voice->conf->voice, spoken_by(job),
                                                  loudness, job->text},
                            5, ret);
}

static void ready(struct voice_job *job)
{
        job->listed = true;
        job_push(&job->voice->ready, job);
        (void)sd_event_source_set_enabled(job->voice->turn, SD_EVENT_ONESHOT);
}

static void wait_for(struct voice_job *job, struct rendering *r)
{
        job->rendering = r;
        job_push(&r->jobs, job);
        r->urgent = r->urgent || job->urgent;
}

/* From the loop: the sound is there, or is made. */
static void place(struct voice_job *job)
{
        struct voice *v = job->voice;
        struct voice_sound sound;
        struct rendering *r;
        char key[VOICE_KEY];
        int e = name_sound(job, key);

        if (e < 0) {
                answer(job, NULL, strerror(-e));
                return;
        }
        for (r = v->renderings; r && (r->answering || strcmp(r->key, key) != 0); r = r->next)
                ;
        if (!r && cache_find(v->cache, key, &sound)) {
                bool over = job->media && sound.length_us > (uint64_t)v->conf->media_max_s * 1000000;

                answer(job, over ? NULL : &sound,
                       over ? "it is longer than [announce] media_max of announced.conf allows" : NULL);
                return;
        }
        if (!r)
                e = rendering_new(job, key, &r);
        if (e < 0) {
                answer(job, NULL, strerror(-e));
                return;
        }
        wait_for(job, r);
        pump(v);
}

static int on_turn(sd_event_source *source, void *userdata)
{
        struct voice *v = userdata;
        struct voice_job *last = v->ready, *job;

        (void)source;
        while (last && last->next)
                last = last->next;
        /* Not those that come meanwhile. */
        while ((job = v->ready)) {
                bool end = job == last;

                v->ready = job->next;
                job->listed = false;
                place(job);
                if (end)
                        break;
        }
        if (v->ready)
                (void)sd_event_source_set_enabled(v->turn, SD_EVENT_ONESHOT);
        return 0;
}

/* ---- recordings ---- */

static void remember(struct voice *v, const struct stat *st, const char *digest)
{
        struct known_digest *k = &v->digests[v->next_digest];

        k->file = *st;
        (void)snprintf(k->digest, sizeof k->digest, "%s", digest);
        v->next_digest = (v->next_digest + 1) % DIGESTS_MAX;
        if (v->n_digests < DIGESTS_MAX)
                v->n_digests++;
}

static void on_digest(int r, const char *key, void *userdata)
{
        struct voice_job *job = userdata;
        char problem[300];

        (void)job_remove(&job->voice->digesting, job);
        job->digest = digest_free(job->digest);
        if (r == 0) {
                remember(job->voice, &job->file, key);
                (void)snprintf(job->content, sizeof job->content, "%s", key);
                place(job);
                return;
        }
        (void)snprintf(problem, sizeof problem, "the recording %s cannot be read: %s", job->media,
                       strerror(-r));
        answer(job, NULL, problem);
}

/* Positive: it must be read first. */
static int know_media(struct voice_job *job)
{
        struct voice *v = job->voice;
        _cleanup_free_ char *path = media_path(v, job->media);
        int r;

        if (!path)
                return -ENOMEM;
        if (lstat(path, &job->file) < 0)
                return -errno;
        for (size_t i = 0; i < v->n_digests; i++) {
                if (same_file(&v->digests[i].file, &job->file)) {
                        (void)snprintf(job->content, sizeof job->content, "%s", v->digests[i].digest);
                        return 0;
                }
        }
        r = digest_new(v->event, path, on_digest, job, &job->digest);
        return r < 0 ? r : 1;
}

/* ---- the interface ---- */

static int job_new(struct voice *v, const char *text, const char *media, bool urgent, voice_fn fn,
                   void *userdata, struct voice_job **ret)
{
        struct voice_job *job;

        if (!v->conf)
                return -EAGAIN;
        job = calloc(1, sizeof *job);
        if (!job)
                return -ENOMEM;
        *job = (struct voice_job){.voice = v, .fn = fn, .userdata = userdata, .urgent = urgent};
        job->text = text ? strdup(text) : NULL;
        job->media = media ? strdup(media) : NULL;
        if (!job->text && !job->media) {
                free(job);
                return -ENOMEM;
        }
        *ret = job;
        return 0;
}

int voice_say(struct voice *v, const char *reading, enum thon_dialect dialect, bool urgent, voice_fn fn,
              void *userdata, struct voice_job **ret)
{
        struct voice_job *job;
        int r;

        if (!*reading || (unsigned)dialect >= THON_DIALECTS)
                return -EINVAL;
        r = job_new(v, reading, NULL, urgent, fn, userdata, &job);
        if (r < 0)
                return r;
        job->dialect = dialect;
        ready(job);
        *ret = job;
        return 0;
}

int voice_media(struct voice *v, const char *media, bool urgent, voice_fn fn, void *userdata,
                struct voice_job **ret)
{
        struct voice_job *job;
        int r;

        if (!*media || *media == '.' || strchr(media, '/'))
                return -EINVAL;
        r = job_new(v, NULL, media, urgent, fn, userdata, &job);
        if (r < 0)
                return r;
        r = know_media(job);
        if (r < 0) {
                job_free(job);
                return r;
        }
        if (r > 0)
                job_push(&v->digesting, job);
        else
                ready(job);
        *ret = job;
        return 0;
}

void voice_cancel(struct voice_job *job)
{
        struct rendering *r;
        struct voice *v;

        if (!job)
                return;
        v = job->voice;
        r = job->rendering;
        if (r) {
                (void)job_remove(&r->jobs, job);
                if (!r->jobs && !r->answering)
                        rendering_free(r);
        } else {
                (void)job_remove(job->listed ? &v->ready : &v->digesting, job);
        }
        job_free(job);
        pump(v);
}

int voice_hold(struct voice *v, const char *path)
{
        return cache_hold(v->cache, path);
}

void voice_unhold(struct voice *v, const char *path)
{
        cache_unhold(v->cache, path);
}

void voice_conf(struct voice *v, const struct thon_announced_conf *conf)
{
        v->conf = conf;
        cache_limit(v->cache, conf->cache_max);
}

static int voice_init(struct voice *v, const struct voice_options *options)
{
        _cleanup_free_ char *media = NULL;
        int r;

        v->event = sd_event_ref(options->event);
        v->state_dir = strdup(options->state_dir);
        v->player = strdup(options->player);
        if (!v->state_dir || !v->player)
                return -ENOMEM;
        r = cache_open(v->state_dir, &v->cache);
        if (r < 0)
                return r;
        media = media_path(v, "");
        if (!media)
                return -ENOMEM;
        if (mkdir(media, 0750) < 0 && errno != EEXIST)
                return -errno;
        r = children_new(v->event, v->state_dir, &v->children);
        if (r == 0)
                r = sd_event_add_defer(v->event, &v->turn, on_turn, v);
        return r < 0 ? r : sd_event_source_set_enabled(v->turn, SD_EVENT_OFF);
}

int voice_new(const struct voice_options *options, struct voice **ret)
{
        _cleanup_(voice_freep) struct voice *v = calloc(1, sizeof *v);
        int r = v ? voice_init(v, options) : -ENOMEM;

        if (r < 0)
                return r;
        *ret = THON_TAKE(v);
        return 0;
}

static void jobs_free(struct voice_job *job)
{
        while (job) {
                struct voice_job *next = job->next;

                job_free(job);
                job = next;
        }
}

struct voice *voice_free(struct voice *v)
{
        if (!v)
                return NULL;
        while (v->renderings) {
                jobs_free(THON_TAKE(v->renderings->jobs));
                rendering_free(v->renderings);
        }
        jobs_free(v->digesting);
        jobs_free(v->ready);
        children_free(v->children);
        cache_close(v->cache);
        sd_event_source_disable_unref(v->turn);
        sd_event_unref(v->event);
        free(v->state_dir);
        free(v->player);
        free(v);
        return NULL;
}
