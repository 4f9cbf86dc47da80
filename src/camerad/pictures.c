/* Who shows what: a snapshot of each camera every few minutes, judged by src/core/camera, a verdict when three of them agree.
 *
 * The last good picture of each camera is kept in memory, 8 MiB of them in all, and goes to the card once a week and when
 * something goes wrong, so that the alert shows the minutes before it and the card is not worn by 117 pictures every five
 * minutes. Of a district's cameras most have only the weekly one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "album.h"
#include "thon/cleanup.h"
#include "thon/jpeg.h"
#include "thon/log.h"

#define AT_ONCE     4
#define MEMORY      (8u * 1024 * 1024)
#define ONE_MEMORY  (256u * 1024)
#define MESSAGE_MAX (1024 * 1024) /* more than that no message carries: the sheet of it alone is smaller */
#define WEEK_S      (7 * 86400)
#define SOONER_US   UINT64_C(60000000)
#define NEVER_LATER UINT64_C(5000000) /* when all hands are busy */

struct camerad_pictures {
        struct camerad_device *c;
        struct thon_picture_watch watch;
        struct snapshot *taking;
        struct thon_mono due;
        char *last_good; /* in memory; NULL */
        size_t last_good_size;
        char *good, *bad, *sheet; /* paths; NULL */
        struct thon_wall kept;    /* when the one at `good` was written */
        int64_t good_size;        /* of its file */
        struct thon_wall at;      /* of the last picture; NEVER */
        bool failing;             /* none could be had; said once */
};

struct camerad_album {
        struct thon_alarm *alarm, *prune;
        struct thon_jpeg *jpeg;
        unsigned taking;
        size_t memory;
};

static void look(struct camerad *d);

static void look_at(struct camerad *d)
{
        struct thon_mono next = THON_MONO_NEVER, now = thon_clock_mono(d->clock);

        for (size_t i = 0; i < d->n; i++) {
                const struct camerad_pictures *p = d->devices[i]->pictures;

                if (p && !p->taking && p->due.us < next.us)
                        next = p->due;
        }
        if (next.us <= now.us) /* waits for a hand, or for its camera */
                next = thon_mono_add(now, NEVER_LATER);
        thon_alarm_set(d->album->alarm, THON_WALL_NEVER, next);
}

static void due_in(struct camerad_pictures *p, uint64_t us)
{
        p->due = thon_mono_add(thon_clock_mono(p->c->daemon->clock), us);
}

static uint64_t interval_us(const struct camerad *d)
{
        return (uint64_t)d->conf.picture_s * 1000000;
}

/* ---- keeping ---- */

static void keep(struct camerad_pictures *p, enum thon_camera_picture_kind kind,
                 enum thon_camera_verdict verdict, const void *data, size_t size, char **path)
{
        struct camerad *d = p->c->daemon;
        char *kept;
        int r = album_keep(d, p->c->conf->id, kind, verdict, data, size, &kept);

        if (r < 0) {
                thon_log_id(LOG_WARNING, THON_MSG_STORE_TROUBLE, "THON_CAMERA", p->c->conf->id,
                            "%s: a picture is not kept: %s", p->c->conf->id, strerror(-r));
                return;
        }
        free(*path);
        *path = kept;
        if (!thon_alarm_pending(d->album->prune))
                camerad_alarm_in(d, d->album->prune, UINT64_C(3600000000));
}

static void keep_good(struct camerad_pictures *p, const void *data, size_t size)
{
        keep(p, THON_PICTURE_GOOD, THON_CAMERA_OK, data, size, &p->good);
        p->kept = camerad_now(p->c->daemon).wall;
        p->good_size = (int64_t)size;
}

static void forget_good(struct camerad_pictures *p)
{
        p->c->daemon->album->memory -= p->last_good_size;
        free(p->last_good);
        p->last_good = NULL;
        p->last_good_size = 0;
}

static void remember_good(struct camerad_pictures *p, const void *data, size_t size)
{
        struct camerad_album *album = p->c->daemon->album;
        struct thon_wall now = camerad_now(p->c->daemon).wall;

        if (now.s - p->kept.s >= WEEK_S || now.s < p->kept.s)
                keep_good(p, data, size);
        forget_good(p);
        if (size > ONE_MEMORY || album->memory + size > MEMORY || !(p->last_good = malloc(size)))
                return;
        memcpy(p->last_good, data, size);
        p->last_good_size = size;
        album->memory += size;
}

/* The last good one to the card, if that has an older one. */
static void put_down_good(struct camerad_pictures *p)
{
        if (p->last_good) {
                keep_good(p, p->last_good, p->last_good_size);
                forget_good(p);
        }
}

static void make_sheet(struct camerad_pictures *p, struct camerad_pictures *const *of, size_t n,
                       const void *now, size_t now_size)
{
        struct camerad *d = p->c->daemon;
        struct thon_jpeg_part parts[THON_JPEG_SHEET];
        char *read[THON_JPEG_SHEET] = {NULL};
        size_t n_parts = 0, size;
        void *sheet = NULL;

        /* Where this one fails, that of another day must not go with the message. */
        free(p->sheet);
        p->sheet = NULL;
        for (size_t i = 0; i < n && n_parts + (now ? 1 : 0) < THON_JPEG_SHEET; i++)
                if (of[i]->good && album_read(d, of[i]->good, &read[n_parts], &size) == 0) {
                        parts[n_parts] = (struct thon_jpeg_part){read[n_parts], size};
                        n_parts++;
                }
        if (now)
                parts[n_parts++] = (struct thon_jpeg_part){now, now_size};
        if (n_parts > 0 && thon_jpeg_sheet(parts, n_parts, &sheet, &size) == 0)
                keep(p, THON_PICTURE_SHEET, p->watch.standing, sheet, size, &p->sheet);
        free(sheet);
        for (size_t i = 0; i < THON_JPEG_SHEET; i++)
                free(read[i]);
}

char *camerad_pictures_sheet(struct camerad_device *const *devices, size_t n)
{
        struct camerad_pictures *of[THON_JPEG_SHEET];
        size_t n_of = 0;

        for (size_t i = 0; i < n && n_of < THON_JPEG_SHEET; i++) {
                struct camerad_pictures *p = devices[i]->pictures;

                if (!p)
                        continue;
                /* A picture that was found bad has its own. */
                if (n == 1 && p->watch.standing != THON_CAMERA_OK)
                        return p->sheet ? strdup(p->sheet) : NULL;
                put_down_good(p);
                if (p->good)
                        of[n_of++] = p;
        }
        if (n_of == 0)
                return NULL;
        if (n_of == 1 && of[0]->good_size <= MESSAGE_MAX)
                return strdup(of[0]->good);
        make_sheet(of[0], of, n_of, NULL, 0);
        return of[0]->sheet ? strdup(of[0]->sheet) : NULL;
}

/* ---- judging ---- */

static void judged(struct camerad_pictures *p, const struct thon_picture_judgement *j, const void *data,
                   size_t size)
{
        struct camerad_device *c = p->c;
        enum thon_camera_verdict before = c->picture;

        c->picture = j->standing;
        if (j->standing != before && j->standing != THON_CAMERA_OK) {
                put_down_good(p);
                keep(p, THON_PICTURE_BAD, j->standing, data, size, &p->bad);
                make_sheet(p, &p, 1, data, size);
        } else if (j->good && j->standing == THON_CAMERA_OK) {
                remember_good(p, data, size);
        }
        /* With what the next hour brings: a commit for each of 117 cameras a day is what wears the card out. */
        if (p->watch.dirty)
                c->row_dirty = true;
        if (j->standing != before)
                camerad_judge(c, true);
        else
                camerad_publish(c, false);
}

static void failing(struct camerad_pictures *p, const char *why)
{
        if (!p->failing)
                thon_log_id(LOG_WARNING, THON_MSG_NONE, "THON_CAMERA", p->c->conf->id, "%s: no picture: %s",
                            p->c->conf->id, why);
        p->failing = true;
}

static void take(struct camerad_pictures *p, const struct snapshot_answer *answer)
{
        struct camerad_device *c = p->c;
        struct camerad *d = c->daemon;
        struct thon_picture picture;
        struct thon_picture_judgement j;
        int r = thon_jpeg_read(d->album->jpeg, answer->data, answer->size, &picture, NULL, NULL);

        if (r != 0) {
                failing(p, r < 0 ? strerror(-r) : thon_jpeg_error_text((enum thon_jpeg_error)r));
                return;
        }
        if (p->failing)
                thon_log_id(LOG_INFO, THON_MSG_NONE, "THON_CAMERA", c->conf->id, "%s: pictures come again",
                            c->conf->id);
        p->failing = false;
        p->at = camerad_now(d).wall;
        j = thon_picture_look(&p->watch, &picture, c->conf->ptz, camerad_now(d).mono);
        if (j.sooner && SOONER_US < interval_us(d))
                due_in(p, SOONER_US);
        judged(p, &j, answer->data, answer->size);
}

static void on_answer(const struct snapshot_answer *answer, void *userdata)
{
        struct camerad_pictures *p = userdata;
        struct camerad_device *c = p->c;
        struct camerad *d = c->daemon;

        p->taking = NULL;
        d->album->taking--;
        if (answer->skew_known) {
                c->skew_known = true;
                c->skew_s = answer->skew_s;
        }
        if (*answer->snapshot_url && strcmp(answer->snapshot_url, c->snapshot_url) != 0) {
                snprintf(c->profile, sizeof(c->profile), "%s", answer->profile);
                snprintf(c->snapshot_url, sizeof(c->snapshot_url), "%s", answer->snapshot_url);
                camerad_keep_row(c, false);
        }
        switch (answer->result) {
        case SNAPSHOT_TAKEN:
                camerad_web_login_told(c, &c->picture_refused, false);
                take(p, answer);
                break;
        case SNAPSHOT_REFUSED:
                failing(p, answer->detail);
                camerad_web_login_told(c, &c->picture_refused, true);
                break;
        case SNAPSHOT_NO_ADDRESS:
        case SNAPSHOT_UNREACHABLE:
        case SNAPSHOT_LIES:
        case SNAPSHOT_TOO_LARGE:
                failing(p, answer->detail);
                break;
        }
        look(d);
}

/* ---- when ---- */

/* Somebody who works on it, a dead line, or a login that is refused makes no picture worth judging. */
static bool may_take(const struct camerad_device *c)
{
        const char *user, *password;
        bool stopped;

        camerad_login(c, &user, &password, &stopped);
        return !stopped && !camerad_web_login_stopped(c->picture_refused) && !c->maintenance.on &&
               !thon_camera_down(c->reach) && c->reach != THON_CAMERA_UNKNOWN &&
               c->reach != THON_CAMERA_SESSION_LIMIT;
}

static void begin(struct camerad_pictures *p)
{
        struct camerad_device *c = p->c;
        struct camerad *d = c->daemon;
        struct snapshot_want want = {
                .device = c->conf,
                .address = c->address[0] ? c->address : NULL,
                .profile = c->profile,
                .snapshot_url = c->snapshot_url,
                .now = camerad_now(d).wall,
        };
        bool stopped;
        int r;

        due_in(p, interval_us(d));
        if (!may_take(c))
                return;
        camerad_login(c, &want.user, &want.password, &stopped);
        r = snapshot_start(d->http, &want, on_answer, p, &p->taking);
        if (r == 0)
                d->album->taking++;
        else if (r == -EBUSY)
                due_in(p, NEVER_LATER);
        else if (r != -EINVAL) /* no address at all: it has no pictures */
                failing(p, strerror(-r));
}

/* Who waits longest, so that some dozens whose web servers hang do not keep those behind them waiting for ever. */
static struct camerad_pictures *longest_due(const struct camerad *d, struct thon_mono now)
{
        struct camerad_pictures *next = NULL;

        for (size_t i = 0; i < d->n; i++) {
                struct camerad_pictures *p = d->devices[i]->pictures;

                if (p && !p->taking && p->due.us <= now.us && (!next || p->due.us < next->due.us))
                        next = p;
        }
        return next;
}

static void look(struct camerad *d)
{
        struct thon_mono now = thon_clock_mono(d->clock);
        struct camerad_pictures *p;

        if (d->stopping)
                return;
        while (d->album->taking < AT_ONCE && (p = longest_due(d, now)))
                begin(p);
        look_at(d);
}

static void on_alarm(void *userdata)
{
        look(userdata);
}

static void on_prune(void *userdata)
{
        album_prune(userdata);
}

/* ---- devices that come and go ---- */

static int begin_device(struct camerad_device *c)
{
        struct camerad *d = c->daemon;
        struct camerad_pictures *p = calloc(1, sizeof(*p));
        struct album_newest newest = {0};
        uint32_t phase = 2166136261u;

        if (!p)
                return -ENOMEM;
        p->c = c;
        p->at = THON_WALL_NEVER;
        thon_picture_watch_init(&p->watch);
        if (c->baselines && *c->baselines && !thon_baselines_parse(&p->watch, c->baselines))
                thon_log_id(LOG_WARNING, THON_MSG_NONE, "THON_CAMERA", c->conf->id,
                            "%s: what was learned of its pictures cannot be read, and is learned anew",
                            c->conf->id);
        thon_picture_restore(&p->watch, c->state.hard);
        c->picture = p->watch.standing;
        free(c->baselines);
        c->baselines = NULL;
        (void)album_newest(d, c->conf->id, &newest);
        p->good = newest.good;
        p->bad = newest.bad;
        p->good_size = newest.good_size;
        p->kept = newest.good ? newest.good_at : (struct thon_wall){INT64_MIN / 2};
        /* Spread over the interval, and the first one soon: the whole commune within one interval. */
        for (const char *s = c->conf->id; *s; s++)
                phase = (phase ^ (uint8_t)*s) * 16777619u;
        due_in(p, interval_us(d) / 1000 * (phase % 1000));
        c->pictures = p;
        return 0;
}

void camerad_pictures_plan(struct camerad_device *c)
{
        struct camerad *d = c->daemon;
        bool wanted = d->conf.picture_s > 0 && c->conf->kind == THON_WATCH_CAMERA && c->conf->pictures &&
                      (c->conf->snapshot_url || c->conf->onvif_url);

        if (!wanted) {
                camerad_pictures_forget(c);
                return;
        }
        if (!c->pictures && begin_device(c) < 0) {
                thon_error("%s: no memory for its pictures", c->conf->id);
                return;
        }
        if (c->pictures->due.us > thon_mono_add(thon_clock_mono(d->clock), interval_us(d)).us)
                due_in(c->pictures, interval_us(d));
        look_at(d);
}

void camerad_pictures_forget(struct camerad_device *c)
{
        struct camerad_pictures *p = c->pictures;
        char baselines[THON_BASELINES_TEXT] = "";

        if (!p)
                return;
        if (p->taking) {
                p->taking = snapshot_cancel(p->taking);
                c->daemon->album->taking--;
        }
        forget_good(p);
        /* What was learned of it is taken up again when it is planned anew, and is written till then. */
        thon_baselines_text(&p->watch, baselines);
        if (*baselines) {
                free(c->baselines);
                c->baselines = strdup(baselines);
        }
        c->pictures = NULL;
        c->picture = THON_CAMERA_OK;
        free(p->good);
        free(p->bad);
        free(p->sheet);
        free(p);
}

void camerad_pictures_now(struct camerad_device *c)
{
        if (!c->pictures || c->pictures->taking)
                return;
        due_in(c->pictures, 0);
        camerad_alarm_in(c->daemon, c->daemon->album->alarm, 0);
}

json_t *camerad_pictures_json(const struct camerad_device *c)
{
        const struct camerad_pictures *p = c->pictures;
        char at[THON_TIME_TEXT];

        if (!p)
                return NULL;
        return json_pack(
                "{s:s?,s:s?,s:s?,s:s,s:s?}", "good", p->good, "bad", p->bad, "at",
                p->at.s == THON_WALL_NEVER.s ? NULL : thon_time_text(c->daemon->zone, p->at, at), "verdict",
                thon_camera_slug(p->at.s == THON_WALL_NEVER.s ? THON_CAMERA_UNKNOWN : p->watch.standing),
                "baseline", p->watch.any ? thon_picture_mode_slug(p->watch.mode) : NULL);
}

int camerad_pictures_relearn(struct camerad_device *c)
{
        if (!c->pictures)
                return -ENOENT;
        thon_picture_relearn(&c->pictures->watch);
        camerad_keep_row(c, false);
        return 0;
}

void camerad_pictures_baselines(const struct camerad_device *c, char buf[static THON_BASELINES_TEXT])
{
        buf[0] = '\0';
        if (c->pictures) {
                thon_baselines_text(&c->pictures->watch, buf);
                c->pictures->watch.dirty = false;
        }
}

/* ---- start and stop ---- */

int camerad_pictures_start(struct camerad *d)
{
        struct camerad_album *album = d->album = calloc(1, sizeof(*album));
        int r;

        if (!album)
                return -ENOMEM;
        r = thon_jpeg_new(&album->jpeg);
        if (r == 0)
                r = thon_alarm_new(d->clock, "pictures", on_alarm, d, &album->alarm);
        if (r == 0)
                r = thon_alarm_new(d->clock, "album", on_prune, d, &album->prune);
        return r;
}

void camerad_pictures_stop(struct camerad *d)
{
        struct camerad_album *album = d->album;

        if (!album)
                return;
        for (size_t i = 0; i < d->n; i++)
                camerad_pictures_forget(d->devices[i]);
        d->album = NULL;
        thon_alarm_free(album->alarm);
        thon_alarm_free(album->prune);
        thon_jpeg_free(album->jpeg);
        free(album);
}
