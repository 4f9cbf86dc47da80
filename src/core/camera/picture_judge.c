/* What a picture shows, told from its features and from what the camera usually sees.
 *
 * The order matters: black says more than covered, paint more than a cover, and neither focus nor direction can be judged of
 * what is covered. Each rule has its own enemy, whose pictures it was measured on (tests/integration/test_picture_verdicts.c):
 * - covered: fog. It takes edges too, but from far to near, so that many blocks keep some of them, and it comes up slowly.
 * - moved: a lorry that stops before the camera. It takes one half.
 * - defocused: dusk, when noise is all the detail there is. Below a certain light focus is not judged.
 * - frozen: a still night. Its noise differs from picture to picture in nearly every block; in a frozen one no block does but
 *   those of the overlay's clock.
 * What cannot be told is no verdict: it counts neither for nor against, and is not learned. */
#include <string.h>

#include "thon/camera_picture.h"

enum {
        APART_S = 60,      /* pictures nearer to each other than this count once */
        QUIET_S = 300,     /* after day has turned to night, or back */
        MORNING_S = 1800,  /* after infrared has ended */
        HAZE_S = 3 * 3600, /* no fog is taken for a reason for longer */
        RECOVERED = 2,
        KEEP_EVERY = 256, /* about a day */
        COLUMNS = THON_PICTURE_BLOCKS_W,
        CLOCK_BLOCKS = 24, /* of all blocks: an overlay, two lines of half the width */
};
static const double too_dark = 24; /* mean luma */

const char *thon_picture_mode_slug(enum thon_picture_mode mode)
{
        switch (mode) {
        case THON_PICTURE_DAY:
                return "day";
        case THON_PICTURE_NIGHT:
                return "night";
        case THON_PICTURE_INFRARED:
        case THON_PICTURE_MODES:
                break;
        }
        return "infrared";
}

static bool verdict_of_pictures(enum thon_camera_verdict verdict)
{
        return verdict == THON_CAMERA_FROZEN || verdict == THON_CAMERA_BLACK ||
               verdict == THON_CAMERA_COVERED || verdict == THON_CAMERA_SPRAYED ||
               verdict == THON_CAMERA_DEFOCUSED || verdict == THON_CAMERA_MOVED;
}

void thon_picture_watch_init(struct thon_picture_watch *watch)
{
        *watch = (struct thon_picture_watch){
                .standing = THON_CAMERA_OK, .voted_at = THON_MONO_NEVER, .infrared_at = THON_MONO_NEVER};
}

void thon_picture_restore(struct thon_picture_watch *watch, enum thon_camera_verdict standing)
{
        if (!verdict_of_pictures(standing))
                return;
        watch->standing = standing;
        watch->good_pictures = 0;
}

void thon_picture_relearn(struct thon_picture_watch *watch)
{
        thon_picture_watch_init(watch);
        watch->dirty = true;
}

static bool within(struct thon_mono then, struct thon_mono now, uint64_t seconds)
{
        return thon_mono_since(then, now) < seconds * 1000000;
}

/* ---- frozen ---- */
/* All is the same but blocks that a clock may stand in: few, and within two rows of them. */
static bool same_picture(const struct thon_picture_print *a, const struct thon_picture_print *b)
{
        size_t changed = 0, first = THON_PICTURE_BLOCKS, last = 0;

        if (a->digest == b->digest)
                return true;
        for (size_t i = 0; i < THON_PICTURE_BLOCKS; i++)
                if (a->blocks[i] != b->blocks[i]) {
                        changed++;
                        first = i < first ? i : first;
                        last = i;
                }
        return changed == 0 || (changed <= CLOCK_BLOCKS && last / COLUMNS - first / COLUMNS < 2);
}

/* ---- day, night, infrared ---- */
static enum thon_picture_mode mode_of(const struct thon_picture_watch *watch,
                                      const struct thon_picture *picture,
                                      const struct thon_picture_features *f)
{
        bool was_infrared = watch->any && watch->mode == THON_PICTURE_INFRARED;
        bool was_night = watch->any && watch->mode == THON_PICTURE_NIGHT;

        /* Infrared has one tint or none; a grey morning in fog still has the noise of three colours. */
        if (picture->colour_apart < (was_infrared ? .8 : .5))
                return THON_PICTURE_INFRARED;
        return f->mean < (was_night ? 52 : 44) ? THON_PICTURE_NIGHT : THON_PICTURE_DAY;
}

/* ---- one picture ---- */
/* Paint in the dark is dark too, but it has a colour. */
static bool is_black(const struct thon_picture *picture, const struct thon_picture_features *f)
{
        return f->dark >= .98 && f->structure < .1 && picture->colour < 10;
}

static bool is_sprayed(const struct thon_picture_features *f, const struct thon_baseline_match *m, bool ptz)
{
        if (!m->known)
                return f->one_colour >= .9 && f->structure < .3;
        return f->one_colour >= .8 &&
               (ptz ? m->flat >= .4 && m->lost - m->faded >= .17 : m->lost >= .45 || m->total < .3);
}

/* Little is left of anything, or much of it nothing at all and of the rest about all. A camera on its round has no one past to
 * be measured against place by place: there much of the picture must have gone flat too. */
static bool is_covered(const struct thon_baseline_match *m, bool ptz, bool twilight)
{
        if (m->total < .16 || (!ptz && m->total < .25 && m->faded < .4))
                return true;
        return m->lost >= .38 && m->lost - m->faded >= (twilight ? .3 : .17) &&
               (ptz ? m->flat >= .35 : (m->gained < .15 || m->flat >= .4) && m->total < .95);
}

/* The view is the same, and it is soft. What a camera on its round sees differs in sharpness by itself. */
static bool is_blurred(const struct thon_picture_features *f, const struct thon_baseline *baseline,
                       const struct thon_baseline_match *m, bool ptz)
{
        double agrees = m->alike + m->layout;

        return m->sharp < (ptz ? .3 : .4) && m->total >= .12 && m->faded >= .15 &&
               (agrees >= .9 || (agrees >= .3 && m->gained < .02)) &&
               baseline->sharpness - f->sharpness > (ptz ? 1.8 : 3) * baseline->sharpness_dev;
}

/* Dusk and dawn, in the minutes before the mode changes: neither the one nor the other. */
static bool is_twilight(const struct thon_picture_features *f, const struct thon_baseline_match *m)
{
        return f->mean < too_dark || m->light < .64 || m->light > 1.8;
}

/* Of more noise than ever the fine detail cannot be told. */
static bool is_noisy(const struct thon_picture_features *f, const struct thon_baseline *baseline)
{
        return f->grain > 1.6 * baseline->grain + .3;
}

static bool is_moved(const struct thon_baseline_match *m)
{
        double agrees = m->alike + m->layout;

        return m->total >= .35 &&
               (agrees < .3 || (m->gained >= .02 && (agrees < .8 || (agrees < 1.2 && m->faded < .42))));
}

static bool is_hazy(const struct thon_baseline_match *m)
{
        return m->known && (m->faded >= .35 || m->total < .7) && m->alike + m->layout >= 1.2;
}

/* By night a baseline may not be there yet; by day it is, and edges are measured for the light that there is. */
static const struct thon_baseline *baseline_for(const struct thon_picture_watch *watch)
{
        const struct thon_baseline *own = &watch->baselines[watch->mode];

        if (watch->mode == THON_PICTURE_NIGHT && own->pictures < THON_BASELINE_ENOUGH)
                return &watch->baselines[THON_PICTURE_DAY];
        return own;
}

static enum thon_camera_verdict judge(const struct thon_picture_watch *watch, bool black,
                                      const struct thon_picture_features *f, bool same, bool ptz)
{
        const struct thon_baseline *baseline = baseline_for(watch);
        struct thon_baseline_match m;

        thon_baseline_match(baseline, f, &m);
        if (black)
                return THON_CAMERA_BLACK;
        if (same)
                return watch->quiet ? THON_CAMERA_UNKNOWN : THON_CAMERA_FROZEN;
        bool twilight = m.known && is_twilight(f, &m), unsure = watch->quiet || twilight;
        bool blurred = m.known && is_blurred(f, baseline, &m, ptz);
        /* In fog a little is left of everything; under a hand, nothing. */
        bool fog = (watch->hazy || watch->quiet || watch->morning) && m.total >= .1;
        if (is_sprayed(f, &m, ptz) && !(ptz && blurred))
                return fog ? THON_CAMERA_UNKNOWN : THON_CAMERA_SPRAYED;
        if (!m.known)
                return THON_CAMERA_OK;
        if (blurred && (ptz || m.layout >= .5 || !is_covered(&m, ptz, twilight)))
                return unsure || is_noisy(f, baseline) ? THON_CAMERA_UNKNOWN : THON_CAMERA_DEFOCUSED;
        if (is_covered(&m, ptz, twilight))
                return fog ? THON_CAMERA_UNKNOWN : THON_CAMERA_COVERED;
        if (!ptz && is_moved(&m))
                return unsure || watch->hazy ? THON_CAMERA_UNKNOWN : THON_CAMERA_MOVED;
        return !ptz && is_hazy(&m) && !watch->haze_lasts ? THON_CAMERA_UNKNOWN : THON_CAMERA_OK;
}

/* ---- many ---- */
static void vote(struct thon_picture_watch *watch, enum thon_camera_verdict verdict, struct thon_mono now)
{
        if (watch->voted_at.us != THON_MONO_NEVER.us && within(watch->voted_at, now, APART_S))
                return;
        watch->voted_at = now;
        for (size_t v = 0; v < THON_CAMERA_VERDICTS; v++) {
                uint8_t *votes = &watch->votes[v];
                if (v == (size_t)verdict && v != THON_CAMERA_OK)
                        *votes = (uint8_t)(*votes < THON_PICTURE_AGREE ? *votes + 1 : *votes);
                else
                        *votes = (uint8_t)(*votes > 0 ? *votes - 1 : 0);
        }
        if (verdict == THON_CAMERA_OK) {
                if (++watch->good_pictures >= RECOVERED) {
                        watch->standing = THON_CAMERA_OK;
                        memset(watch->votes, 0, sizeof(watch->votes));
                }
                return;
        }
        watch->good_pictures = 0;
        if (watch->votes[verdict] >= THON_PICTURE_AGREE)
                watch->standing = verdict;
}

static bool suspected(const struct thon_picture_watch *watch)
{
        for (size_t v = 0; v < THON_CAMERA_VERDICTS; v++)
                if (watch->votes[v] > 0)
                        return true;
        return false;
}

static void see_mode(struct thon_picture_watch *watch, enum thon_picture_mode mode, struct thon_mono now)
{
        if (watch->any && mode != watch->mode) {
                watch->quiet = true;
                watch->mode_since = now;
        }
        if (watch->quiet && !within(watch->mode_since, now, QUIET_S))
                watch->quiet = false;
        watch->mode = mode;
        if (mode == THON_PICTURE_INFRARED)
                watch->infrared_at = now;
        watch->morning = mode != THON_PICTURE_INFRARED && watch->infrared_at.us != THON_MONO_NEVER.us &&
                         within(watch->infrared_at, now, MORNING_S);
}

/* Fog comes up while nothing else is wrong, or it is there when infrared ends in the morning, and it ends with a clear picture.
 * What was put before the lens just then is found when no fog would last so long; what is then still a little paler than ever
 * is how this camera sees now, and is learned. */
static void see_haze(struct thon_picture_watch *watch, const struct thon_picture_features *f,
                     enum thon_camera_verdict verdict, struct thon_mono now)
{
        struct thon_baseline_match m;

        thon_baseline_match(baseline_for(watch), f, &m);
        bool hazy = is_hazy(&m),
             may_be = hazy || (watch->morning && m.known && m.total >= .1 && m.total < .7);
        if (verdict == THON_CAMERA_OK && !hazy) {
                watch->hazy = watch->haze_lasts = false;
        } else if (watch->hazy && !within(watch->hazy_since, now, HAZE_S)) {
                watch->hazy = false;
                watch->haze_lasts = true;
        } else if (may_be && !watch->hazy && !watch->haze_lasts && verdict == THON_CAMERA_UNKNOWN &&
                   !suspected(watch) && watch->standing == THON_CAMERA_OK) {
                watch->hazy = true;
                watch->hazy_since = now;
        }
}

/* What is lost with the power is learned again in an hour; what is written all day long wears the card out. */
static void learn(struct thon_picture_watch *watch, const struct thon_picture_features *f)
{
        struct thon_baseline *baseline = &watch->baselines[watch->mode];

        thon_baseline_learn(baseline, f);
        watch->learned++;
        if (baseline->pictures == THON_BASELINE_ENOUGH || watch->learned >= KEEP_EVERY) {
                watch->learned = 0;
                watch->dirty = true;
        }
}

struct thon_picture_judgement thon_picture_look(struct thon_picture_watch *watch,
                                                const struct thon_picture *picture, bool ptz,
                                                struct thon_mono now)
{
        struct thon_picture_features f;
        bool same = watch->any && same_picture(&watch->last, &picture->print);

        thon_picture_features(picture, &f);
        /* Black has no colour, and is no night. */
        bool black = is_black(picture, &f);
        see_mode(watch, black && watch->any ? watch->mode : mode_of(watch, picture, &f), now);
        watch->any = true;
        if (!same)
                watch->last = picture->print;

        enum thon_camera_verdict verdict = judge(watch, black, &f, same, ptz);
        if (!ptz)
                see_haze(watch, &f, verdict, now);
        if (verdict != THON_CAMERA_UNKNOWN)
                vote(watch, verdict, now);
        bool calm = verdict == THON_CAMERA_OK && watch->standing == THON_CAMERA_OK && !suspected(watch);
        if (calm && !watch->quiet)
                learn(watch, &f);
        return (struct thon_picture_judgement){
                .this_one = verdict,
                .standing = watch->standing,
                .sooner = verdict != THON_CAMERA_UNKNOWN && verdict != watch->standing,
                .good = calm,
        };
}
