/* Making a sound: the voice command reads the text and writes a WAV of its own kind; the player makes of it, or of
 * a recording, sound that is ready to air. Both are other processes with limits: a voice that does not end, or eats
 * the machine, costs that one text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "thon/json.h"
#include "thon/player.h"
#include "voice_private.h"

#define S              UINT64_C(1000000)
#define VOICE_S        60
#define MEDIA_S        600 /* an hour of sound, on a Pi that does other things as well */
#define URGENT_S       10  /* a Pi under load takes some seconds */
#define URGENT_MEDIA_S 60
#define MEMORY         (UINT64_C(384) * 1024 * 1024) /* the service has 512 MiB */
#define FILE_SIZE      (UINT64_C(1024) * 1024 * 1024)
#define WORDS_MAX      64
#define LINE_MAX_      4096
#define LEAVE_US       (2 * S)

struct render {
        struct children *children;
        sd_event *event;
        bool urgent;
        char *player, *command, *voice, *text;
        char *program; /* of the command, for people */
        char *in, *out;
        bool spoken; /* `in` is ours, to be removed */
        double loudness;
        int64_t max_s;
        struct child *child;
        sd_event_source *timer;
        bool late, prepared;
        uint64_t length_us;
        double lufs;
        char problem[400];
        render_fn fn;
        void *userdata;
};
THON_DEFINE_CLEANUP(struct render *, render_free)

struct render *render_free(struct render *r)
{
        if (!r)
                return NULL;
        (void)child_forget(r->child);
        sd_event_source_disable_unref(r->timer);
        if (r->spoken && r->in)
                (void)remove(
                        r->in); /* also a directory: a voice that can make one is odd, and no reason to fail for ever */
        if (r->out)             /* the cache has taken it, when it was wanted */
                (void)unlink(r->out);
        free(r->player);
        free(r->command);
        free(r->voice);
        free(r->text);
        free(r->program);
        free(r->in);
        free(r->out);
        free(r);
        return NULL;
}

static void problem(struct render *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void problem(struct render *r, const char *format, ...)
{
        va_list args;

        if (r->problem[0]) /* the first says why */
                return;
        va_start(args, format);
        (void)vsnprintf(r->problem, sizeof r->problem, format, args);
        va_end(args);
}

/* The owner may free it in there. */
static void finish(struct render *r)
{
        r->timer = sd_event_source_disable_unref(r->timer);
        r->fn(r->length_us, r->lufs, r->problem[0] ? r->problem : NULL, r->userdata);
}

/* ---- time ---- */

static int on_late(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct render *r = userdata;

        (void)source;
        (void)usec;
        r->late = true;
        if (r->child)
                child_end(r->child, 0);
        return 0;
}

static int give_time(struct render *r, unsigned seconds)
{
        int e;

        r->timer = sd_event_source_disable_unref(r->timer);
        e = sd_event_add_time_relative(r->event, &r->timer, CLOCK_MONOTONIC, seconds * S, 1000, on_late, r);
        return e < 0 ? e : 0;
}

/* ---- the player ---- */

static void on_prepared_line(const char *line, size_t size, void *userdata)
{
        struct render *r = userdata;
        struct thon_player_news news;

        if (!line || thon_player_news(line, size, &news) < 0 ||
            (news.is != THON_PLAYER_PREPARED && news.is != THON_PLAYER_ERROR)) {
                problem(r, "thon-player says what it should not");
                child_end(r->child, 0);
        } else if (news.is == THON_PLAYER_ERROR) {
                if (strcmp(news.what, "too-long") == 0)
                        problem(r,
                                "it is longer than %lld s, the longest that [announce] media_max of announced.conf allows",
                                (long long)r->max_s);
                else
                        problem(r, "%s cannot be used: %s (%s)",
                                r->spoken ? "what the voice wrote" : "the recording", news.detail,
                                news.what);
        } else {
                r->prepared = true;
                r->length_us = news.length_us;
                r->lufs = news.lufs;
                child_close_input(r->child);
        }
}

static void on_prepared_end(bool ok, const char *how, void *userdata)
{
        struct render *r = userdata;

        r->child = NULL;
        if (r->late)
                problem(r, "preparing the sound took too long");
        else if (!ok || !r->prepared)
                problem(r, "thon-player %s without a sound", how);
        finish(r);
}

static int prepare(struct render *r)
{
        static const struct child_ops ops = {.line = on_prepared_line, .ended = on_prepared_end};
        const char *argv[] = {r->player, NULL};
        const struct child_options options = {.argv = argv,
                                              .name = "player, preparing",
                                              .line_max = THON_PLAYER_LINE_MAX,
                                              .expendable = true};
        _cleanup_json_ json_t *order =
                json_pack("{s:s,s:s,s:s,s:f,s:I}", "mode", "prepare", "file", r->in, "out", r->out,
                          "loudness", r->loudness, "max_s", (json_int_t)r->max_s);
        int e;

        if (!order)
                return -ENOMEM;
        e = give_time(r, !r->urgent ? MEDIA_S : r->spoken ? URGENT_S : URGENT_MEDIA_S);
        if (e < 0)
                return e;
        e = child_start(r->children, &options, &ops, r, &r->child);
        if (e < 0)
                return e;
        return child_write_line(r->child, order);
}

/* ---- the voice ---- */

static void on_voice_end(bool ok, const char *how, void *userdata)
{
        struct render *r = userdata;
        struct stat st;
        int e;

        r->child = NULL;
        if (r->late)
                problem(r, "the voice took longer than %d s: a shorter text, or a faster [voice] command",
                        r->urgent ? URGENT_S : VOICE_S);
        else if (!ok)
                problem(r, "the voice %s %s: see the journal, and try [voice] command by hand", r->program,
                        how);
        else if (lstat(r->in, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
                problem(r, "the voice %s wrote no sound to %%o", r->program);
        if (!r->problem[0]) {
                e = prepare(r);
                if (e == 0)
                        return;
                problem(r, "thon-player cannot be run: %s", strerror(-e));
        }
        finish(r);
}

/* %d and %o; the configuration has checked that nothing else follows a "%" than itself. */
static char *expand(const char *word, const char *voice, const char *out)
{
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (const char *p = word; *p; p++) {
                if (*p != '%' || !p[1])
                        (void)fputc(*p, f);
                else if (*++p == 'd')
                        (void)fputs(voice, f);
                else if (*p == 'o')
                        (void)fputs(out, f);
                else
                        (void)fputc(*p, f);
        }
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

/* As a shell would, but of the places that the children have as PATH. */
static char *find_program(const char *name)
{
        static const char *const dirs[] = {"/usr/local/bin", "/usr/bin", "/bin"};

        if (strchr(name, '/'))
                return strdup(name);
        for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s", dirs[i], name) < 0) {
                        path = NULL;
                        return NULL;
                }
                if (access(path, X_OK) == 0)
                        return THON_TAKE(path);
        }
        return strdup(name); /* not there: the start says so */
}

static void words_free(char **words)
{
        for (size_t i = 0; words[i]; i++)
                free(words[i]);
}

static int split(const struct render *r, char *words[static WORDS_MAX + 1])
{
        _cleanup_free_ char *copy = strdup(r->command);
        char *rest = copy, *word;
        size_t n = 0;

        words[0] = NULL;
        if (!copy)
                return -ENOMEM;
        while ((word = strsep(&rest, " \t"))) {
                if (!*word)
                        continue;
                if (n == WORDS_MAX)
                        return -E2BIG;
                words[n] = n == 0 ? find_program(word) : expand(word, r->voice, r->in);
                words[n + 1] = NULL;
                if (!words[n++])
                        return -ENOMEM;
        }
        return n > 0 ? 0 : -EINVAL;
}

static int speak(struct render *r)
{
        static const struct child_ops ops = {.ended = on_voice_end};
        char *words[WORDS_MAX + 1] = {NULL};
        const struct child_options options = {.argv = (const char *const *)words,
                                              .name = "voice",
                                              .line_max = LINE_MAX_,
                                              .expendable = true,
                                              .cpu_s = VOICE_S,
                                              .data = MEMORY,
                                              .file_size = FILE_SIZE};
        int e = split(r, words);

        if (e == 0) {
                r->program = strdup(words[0]);
                e = r->program ? child_start(r->children, &options, &ops, r, &r->child) : -ENOMEM;
        }
        words_free(words);
        if (e == 0)
                e = give_time(r, r->urgent ? URGENT_S : VOICE_S);
        if (e == 0)
                e = child_write(r->child, r->text, strlen(r->text));
        if (e == 0)
                e = child_write(r->child, "\n", 1);
        if (e == 0)
                child_close_input(r->child);
        return e;
}

/* ---- both ---- */

static int on_failed(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        finish(userdata);
        return 0;
}

/* What could not even begin is told as all else is: from the loop. */
static int tell_failed(struct render *r, int e)
{
        if (r->text && (e == -ENOENT || e == -EACCES))
                problem(r,
                        "the voice %s cannot be run (%s): install it (apt install espeak-ng, if it is that one), or set [voice] "
                        "command in announced.conf",
                        r->program ? r->program : r->command, strerror(-e));
        else
                problem(r, "%s cannot be run: %s", r->text ? "the voice" : "thon-player", strerror(-e));
        r->child = child_forget(r->child);
        r->timer = sd_event_source_disable_unref(r->timer);
        e = sd_event_add_time_relative(r->event, &r->timer, CLOCK_MONOTONIC, 0, 1, on_failed, r);
        return e < 0 ? e : 0;
}

static char *copy(const char *text, bool *ok)
{
        char *out = text ? strdup(text) : NULL;

        if (text && !out)
                *ok = false;
        return out;
}

static int render_init(struct render *r, const struct render_options *o)
{
        bool ok = true;

        r->children = o->children;
        r->event = o->event;
        r->urgent = o->urgent;
        r->loudness = o->loudness;
        r->max_s = o->max_s;
        r->spoken = o->text != NULL;
        r->player = copy(o->player, &ok);
        r->command = copy(o->command, &ok);
        r->voice = copy(o->voice, &ok);
        r->text = copy(o->text, &ok);
        r->in = o->text ? cache_path(o->cache, o->key, ".voice.wav") : copy(o->file, &ok);
        r->out = cache_path(o->cache, o->key, ".part.wav");
        return ok && r->in && r->out ? 0 : -ENOMEM;
}

int render_new(const struct render_options *o, render_fn fn, void *userdata, struct render **ret)
{
        _cleanup_(render_freep) struct render *r = calloc(1, sizeof *r);
        int e = r ? render_init(r, o) : -ENOMEM;

        if (e < 0)
                return e;
        r->fn = fn;
        r->userdata = userdata;
        e = r->spoken ? speak(r) : prepare(r);
        if (e < 0)
                e = tell_failed(r, e);
        if (e < 0)
                return e;
        *ret = THON_TAKE(r);
        return 0;
}
