/* The chain of tokens.
 *
 * A refresh token works once. Whoever asks with it and does not keep the answer has lost the chain, and a person must
 * go to the provider's web site for a new one. Hence:
 *
 * - Before it is asked, the attempt is written into the file. This counts it over a crash, and shows that the disk takes
 *   a file now: when it does not, nothing is asked.
 * - The answer is written before it is used. When the disk is full after all, the pair stays in memory and is written
 *   as soon as there is room; nothing else is asked meanwhile.
 * - What is not clear is asked once more with the same token, late enough for a provider to have got well while the
 *   access token lives. A refusal in plain words is the end.
 *
 * Only the time between two runs is taken from the wall clock, and only when it is trusted: within a run, what is due
 * is monotonic. An age that cannot be known counts as a token that is refreshed in an hour; if it is dead before,
 * the provider says so (relayd_token_refused()). */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "thon/cleanup.h"
#include "thon/conf.h"
#include "thon/file.h"
#include "thon/log.h"
#include "token_private.h"

#define US            UINT64_C(1000000)
#define REFRESH_MAX_S (20 * INT64_C(3600))
#define AGE_UNKNOWN_S 3600
#define CLOCK_SLACK_S 300 /* a time of the file may lie so far ahead */
#define TRUST_LOOK_US (10 * RELAYD_MINUTE_US)
#define SAVE_MIN_US   (5 * US)
#define SAVE_MAX_US   RELAYD_MINUTE_US

THON_DEFINE_CLEANUP(struct relayd_token *, relayd_token_free)
THON_DEFINE_CLEANUP(char *, thon_secret_free)

static bool reached(struct thon_mono at, struct thon_mono now)
{
        return at.us <= now.us;
}

static struct thon_mono later(struct thon_mono a, struct thon_mono b)
{
        return a.us > b.us ? a : b;
}

static struct thon_mono earlier(struct thon_mono a, struct thon_mono b)
{
        return a.us < b.us ? a : b;
}

/* ---- state ---- */

static void arm(struct relayd_token *t)
{
        struct thon_mono at = THON_MONO_NEVER;

        if (t->unsaved)
                at = t->save_at;
        else if (t->state == RELAYD_TOKEN_GOOD || t->state == RELAYD_TOKEN_WAITING)
                at = t->due;
        if (t->unsure)
                at = earlier(at, thon_mono_add(relayd_token_now(t), TRUST_LOOK_US));
        thon_alarm_set(t->alarm, THON_WALL_NEVER, at);
}

/* `format` NULL: nothing is wrong. Tells only what changed. */
void relayd_token_become(struct relayd_token *t, enum relayd_token_state state, const char *format, ...)
{
        char trouble[sizeof t->trouble] = "";
        bool changed;
        va_list args;

        if (format) {
                va_start(args, format);
                (void)vsnprintf(trouble, sizeof trouble, format, args);
                va_end(args);
        }
        changed = state != t->state || strcmp(trouble, t->trouble) != 0;
        t->state = state;
        memcpy(t->trouble, trouble, sizeof trouble);
        arm(t);
        if (changed)
                t->fn(t, state, t->userdata);
}

void relayd_token_lost(struct relayd_token *t, const char *why)
{
        thon_error("token %s: the chain is lost, a new pair is needed: %s", t->name, why);
        relayd_token_become(t, RELAYD_TOKEN_LOST, "cần cấp cặp token mới: %s", why);
}

/* ---- the file ---- */

int relayd_token_save(struct relayd_token *t)
{
        _cleanup_(thon_secret_freep) char *text = relayd_token_file_text(&t->file);

        return text ? thon_file_write_atomic(t->path, text, strlen(text), 0600) : -ENOMEM;
}

static int set_access(struct relayd_token *t)
{
        char *copy = t->file.now.access ? strdup(t->file.now.access) : NULL;

        if (t->file.now.access && !copy)
                return -ENOMEM;
        thon_secret_free(t->secrets->access_token);
        t->secrets->access_token = copy;
        return 0;
}

void relayd_token_save_pair(struct relayd_token *t)
{
        bool was = t->unsaved;
        int r = relayd_token_save(t);

        t->unsaved = r < 0;
        if (set_access(t) < 0)
                thon_error("token %s: out of memory; the old access token is used on", t->name);
        if (r < 0) {
                if (!was)
                        thon_error("token %s: the new pair is in memory only, it cannot be written: %s",
                                   t->name, strerror(-r));
                t->save_backoff_us = relayd_token_doubled(t->save_backoff_us, SAVE_MIN_US, SAVE_MAX_US);
                t->save_at = thon_mono_add(relayd_token_now(t), t->save_backoff_us);
                relayd_token_become(t, RELAYD_TOKEN_WAITING, RELAYD_SAVE_TROUBLE, strerror(-r));
                return;
        }
        if (was)
                thon_info("token %s: the new pair is on disk", t->name);
        t->save_backoff_us = 0;
        relayd_token_become(t, RELAYD_TOKEN_GOOD, NULL);
}

/* ---- time ---- */

int64_t relayd_token_refresh_after(int64_t lifetime_s)
{
        int64_t s = lifetime_s / 5 * 4;

        return s < REFRESH_MAX_S ? s : REFRESH_MAX_S;
}

/* When a pair that was not made in this run is to be refreshed. */
static void plan(struct relayd_token *t)
{
        const struct relayd_pair *pair = &t->file.now;
        struct thon_mono now = relayd_token_now(t);
        int64_t wall = thon_clock_wall(t->clock).s, life = RELAYD_LIFETIME_S, age, left;

        t->unsure = false;
        t->ends = THON_MONO_NEVER;
        t->due = now;
        if (!pair->access)
                return;
        t->due = thon_mono_add(now, AGE_UNKNOWN_S * US);
        if (pair->refreshed.s <= 0)
                return;
        if (!thon_clock_trusted(t->clock)) {
                t->unsure = true;
                return;
        }
        if (pair->refreshed.s > wall + CLOCK_SLACK_S)
                return;
        if (pair->expires.s != THON_WALL_NEVER.s && pair->expires.s > pair->refreshed.s &&
            pair->expires.s - pair->refreshed.s <= INT64_C(400) * 86400)
                life = pair->expires.s - pair->refreshed.s;
        age = wall > pair->refreshed.s ? wall - pair->refreshed.s : 0;
        left = relayd_token_refresh_after(life) - age;
        t->due = thon_mono_add(now, left > 0 ? (uint64_t)left * US : 0);
        t->ends = thon_mono_add(now, life > age ? (uint64_t)(life - age) * US : 0);
}

static void look(struct relayd_token *t)
{
        struct thon_mono now = relayd_token_now(t);

        if (t->unsure && thon_clock_trusted(t->clock))
                plan(t);
        if (t->unsaved && reached(t->save_at, now))
                relayd_token_save_pair(t);
        if (!t->unsaved && (t->state == RELAYD_TOKEN_GOOD || t->state == RELAYD_TOKEN_WAITING)) {
                if (t->tried.us != UINT64_MAX)
                        t->due = later(t->due, thon_mono_add(t->tried, RELAYD_MINUTE_US));
                if (reached(t->due, now)) {
                        relayd_token_refresh(t);
                        return;
                }
        }
        arm(t);
}

static void on_alarm(void *userdata)
{
        look(userdata);
}

/* ---- what others call ---- */

enum relayd_token_state relayd_token_state(const struct relayd_token *t)
{
        return t->state;
}

const char *relayd_token_trouble(const struct relayd_token *t)
{
        return t->trouble[0] ? t->trouble : NULL;
}

bool relayd_token_usable(const struct relayd_token *t)
{
        return t->secrets->access_token && !t->refused && t->state != RELAYD_TOKEN_REFRESHING &&
               !reached(t->ends, relayd_token_now(t));
}

void relayd_token_refused(struct relayd_token *t, const char *access_token)
{
        struct thon_mono now = relayd_token_now(t);

        if (!t->secrets->access_token || strcmp(access_token, t->secrets->access_token) != 0 ||
            t->state == RELAYD_TOKEN_REFRESHING || t->state == RELAYD_TOKEN_LOST)
                return;
        t->refused = true;
        if (t->refreshed.us != UINT64_MAX && thon_mono_since(t->refreshed, now) < RELAYD_MINUTE_US) {
                relayd_token_lost(t, "token vừa làm mới đã bị từ chối");
                return;
        }
        t->due = now;
        look(t);
}

struct thon_wall relayd_token_expires(const struct relayd_token *t)
{
        struct thon_mono now = relayd_token_now(t);
        struct thon_wall wall = thon_clock_wall(t->clock);

        if (t->ends.us == UINT64_MAX)
                return t->file.now.expires;
        /* What was measured in this run stays right when the wall clock is set. */
        return (struct thon_wall){wall.s + (int64_t)(thon_mono_since(now, t->ends) / US) -
                                  (int64_t)(thon_mono_since(t->ends, now) / US)};
}

/* ---- start and end ---- */

/* A file that makes no sense is put aside, for a person to look at. */
static int load(struct relayd_token *t, struct relayd_token_file *ret)
{
        _cleanup_(thon_secret_freep) char *text = NULL;
        _cleanup_free_ char *aside = NULL;
        size_t size;
        int r = thon_file_read(t->path, RELAYD_TOKEN_FILE_MAX, &text, &size);

        if (r == 0)
                r = relayd_token_file_read(text, size, ret);
        if (r != -EBADMSG && r != -EFBIG)
                return r;
        thon_error("token %s: %s makes no sense, it is put aside as .damaged", t->name, t->path);
        if (asprintf(&aside, "%s.damaged", t->path) < 0) {
                aside = NULL;
                return -ENOMEM;
        }
        return rename(t->path, aside) < 0 ? -errno : -ENOENT;
}

static int begin_with_credential(struct relayd_token *t, const char *seed)
{
        struct relayd_pair pair = {.expires = THON_WALL_NEVER};

        if (t->secrets->access_token)
                pair.access = strdup(t->secrets->access_token);
        pair.refresh = strdup(t->secrets->refresh_token);
        if (!pair.refresh || (t->secrets->access_token && !pair.access)) {
                relayd_pair_done(&pair);
                return -ENOMEM;
        }
        relayd_pair_done(&t->file.previous);
        t->file.previous = t->file.now;
        t->file.now = pair;
        t->file.tries = 0;
        memcpy(t->file.seed, seed, RELAYD_SEED);
        thon_info("token %s: the chain begins with the pair of the credential", t->name);
        return 0;
}

static int begin(struct relayd_token *t)
{
        char seed[RELAYD_SEED] = "";
        bool given = t->secrets->refresh_token, kept;
        int r = load(t, &t->file);

        if (r < 0 && r != -ENOENT)
                return r;
        kept = r == 0;
        if (given) {
                r = relayd_token_seed(t->secrets->access_token, t->secrets->refresh_token, seed);
                if (r < 0)
                        return r;
        }
        if (!given && !kept)
                return -ENOKEY;
        if (given && (!kept || strcmp(seed, t->file.seed) != 0)) {
                r = begin_with_credential(t, seed);
                if (r < 0)
                        return r;
                r = relayd_token_save(t);
                if (r < 0) {
                        t->unsaved = true;
                        t->save_at = relayd_token_now(t);
                        t->state = RELAYD_TOKEN_WAITING;
                        (void)snprintf(t->trouble, sizeof t->trouble, RELAYD_SAVE_TROUBLE, strerror(-r));
                }
        }
        if (t->file.tries >= RELAYD_TOKEN_TRIES) {
                t->state = RELAYD_TOKEN_LOST;
                (void)snprintf(t->trouble, sizeof t->trouble,
                               "cần cấp cặp token mới: lần làm mới trước đã thất bại");
        }
        plan(t);
        return set_access(t);
}

static bool name_fits(const char *name)
{
        return *name && *name != '.' && !strchr(name, '/') && strlen(name) < 200;
}

int relayd_token_new(struct thon_clock *clock, struct thon_http *http, const struct relayd_token_conf *conf,
                     struct relayd_secrets *secrets, relayd_token_fn fn, void *userdata,
                     struct relayd_token **ret)
{
        _cleanup_(relayd_token_freep) struct relayd_token *t = NULL;
        _cleanup_free_ char *dir = NULL;
        int r;

        if (!name_fits(conf->name) || thon_http_url_problem(conf->oauth_url))
                return -EINVAL;
        if (!secrets->app_id || !secrets->secret_key)
                return -ENOKEY;
        t = calloc(1, sizeof *t);
        if (!t)
                return -ENOMEM;
        *t = (struct relayd_token){.clock = clock,
                                   .http = http,
                                   .secrets = secrets,
                                   .fn = fn,
                                   .userdata = userdata,
                                   .file = {.now = {.expires = THON_WALL_NEVER}},
                                   .ends = THON_MONO_NEVER,
                                   .tried = THON_MONO_NEVER,
                                   .refreshed = THON_MONO_NEVER};
        t->name = strdup(conf->name);
        t->url = strdup(conf->oauth_url);
        if (asprintf(&dir, "%s/relay", conf->state_dir) < 0)
                dir = NULL;
        if (!dir || asprintf(&t->path, "%s/token-%s.json", dir, conf->name) < 0)
                t->path = NULL;
        if (!t->name || !t->url || !t->path)
                return -ENOMEM;
        if (mkdir(dir, 0700) < 0 && errno != EEXIST)
                return -errno;
        r = thon_alarm_new(clock, "token", on_alarm, t, &t->alarm);
        if (r == 0)
                r = begin(t);
        if (r < 0)
                return r;
        arm(t);
        *ret = THON_TAKE(t);
        return 0;
}

struct relayd_token *relayd_token_free(struct relayd_token *t)
{
        if (!t)
                return NULL;
        thon_http_cancel(t->call);
        if (t->unsaved && relayd_token_save(t) < 0)
                thon_error("token %s: the pair in memory could not be written and is lost", t->name);
        thon_alarm_free(t->alarm);
        relayd_token_file_done(&t->file);
        free(t->name);
        free(t->path);
        free(t->url);
        free(t);
        return NULL;
}
