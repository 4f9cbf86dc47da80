/* Every position is a count of samples of the whole programme. Where the sound ends (its natural end, its limit, a stop) is one
 * number, `end`, that can only come nearer; a fade is two numbers before it. The limit is held here once more, whatever
 * announced reckoned. */
#include "sound.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pace.h"
#include "thon/cleanup.h"

#define FADE_IN (PLAYER_RATE / 200) /* of what begins in its middle: 5 ms, against a click */

struct sound {
        const struct player_order *order;
        struct player_programme *programme;
        struct sink *sink;
        struct archive *archive;
        int wake;

        pthread_mutex_t lock; /* of what follows */
        struct sound_news news;
        bool stop;
        int fade_ms;

        /* of the thread alone */
        struct player_shape shape;
        struct player_meter meter;
        uint64_t begin, end, fade_from, fade_to;
        bool limited, stopping, started;
};

static void wake(const struct sound *s)
{
        static const uint64_t one = 1;

        (void)!write(s->wake, &one, sizeof one);
}

static void fail(struct sound *s, enum player_trouble trouble, const struct thon_json_error *error)
{
        pthread_mutex_lock(&s->lock);
        s->news.end = SOUND_FAILED;
        s->news.trouble = trouble;
        s->news.error = *error;
        pthread_mutex_unlock(&s->lock);
        wake(s);
}

static void finish(struct sound *s)
{
        pthread_mutex_lock(&s->lock);
        s->news.end = s->stopping ? SOUND_STOPPED : SOUND_DONE;
        s->news.position_us = player_us(player_programme_position(s->programme));
        s->news.limit = s->limited;
        pthread_mutex_unlock(&s->lock);
        wake(s);
}

/* While the sink has the thread, the main thread watches how long. */
static void waiting(struct sound *s, bool begins)
{
        pthread_mutex_lock(&s->lock);
        s->news.waiting_us = begins ? pace_now_us() : 0;
        pthread_mutex_unlock(&s->lock);
}

static bool give(struct sound *s, const int16_t *samples, size_t n)
{
        struct thon_json_error error = {.text = "out of memory"};
        int r;

        waiting(s, true);
        r = sink_write(s->sink, samples, n, &error);
        waiting(s, false);
        if (r < 0)
                fail(s, PLAYER_SINK, &error);
        return r >= 0;
}

/* The archive is a record of the sound; its trouble is no reason to be silent. */
static void keep(struct sound *s, const int16_t *samples, size_t n)
{
        struct thon_json_error error;

        if (!s->archive || archive_push(s->archive, samples, n, &error) >= 0)
                return;
        s->archive = NULL;
        pthread_mutex_lock(&s->lock);
        s->news.archive = error;
        pthread_mutex_unlock(&s->lock);
        wake(s);
}

static void measure(struct sound *s, const int16_t *samples, size_t n)
{
        while (n > 0) {
                bool full;
                double db = 0;
                size_t taken = player_meter_take(&s->meter, samples, n, &full, &db);

                samples += taken;
                n -= taken;
                if (!full)
                        continue;
                pthread_mutex_lock(&s->lock);
                s->news.level = true;
                s->news.db = db;
                s->news.level_us = pace_now_us();
                pthread_mutex_unlock(&s->lock);
                wake(s);
        }
}

/* An order to stop brings the end near; a fade that has begun stays as it is. */
static void obey(struct sound *s, uint64_t here)
{
        uint64_t fade, to;
        bool stop;

        pthread_mutex_lock(&s->lock);
        stop = s->stop && !s->stopping;
        fade = (uint64_t)s->fade_ms * PLAYER_RATE / 1000;
        pthread_mutex_unlock(&s->lock);
        if (!stop)
                return;
        s->stopping = true;
        to = here + fade;
        if (here >= s->fade_from || to >= s->end)
                return;
        s->end = s->fade_to = to;
        s->fade_from = here;
        s->limited = false;
}

/* False: it failed, and that is said. */
static bool play_block(struct sound *s, uint64_t here)
{
        size_t want = s->end - here < SOUND_BLOCK ? (size_t)(s->end - here) : SOUND_BLOCK;
        struct thon_json_error error = {.text = "out of memory"};
        int16_t block[SOUND_BLOCK];
        bool silent;
        int n = player_programme_read(s->programme, block, want, &silent, &error);

        if (n < 0) {
                fail(s, PLAYER_INPUT, &error);
                return false;
        }
        if (n == 0) { /* a recording was shorter than its time */
                s->end = here;
                s->limited = false;
                return true;
        }
        player_shape(&s->shape, block, (size_t)n);
        player_fade(block, (size_t)n, here, s->fade_from, s->fade_to, true);
        if (s->begin > 0)
                player_fade(block, (size_t)n, here, s->begin, s->begin + FADE_IN, false);
        if (!give(s, block, (size_t)n))
                return false;
        if (!s->started || silent) {
                pthread_mutex_lock(&s->lock);
                s->news.started |= !s->started;
                s->news.silent |= silent;
                pthread_mutex_unlock(&s->lock);
                s->started = true;
                wake(s);
        }
        keep(s, block, (size_t)n);
        measure(s, block, (size_t)n);
        return true;
}

static bool play_delay(struct sound *s)
{
        static const int16_t silence[SOUND_BLOCK];
        size_t left = (size_t)s->order->delay_ms * PLAYER_RATE / 1000;

        while (left > 0 && !s->stopping) {
                size_t n = left < SOUND_BLOCK ? left : SOUND_BLOCK;

                if (!give(s, silence, n))
                        return false;
                left -= n;
                obey(s, s->begin);
                if (s->stopping)
                        s->end = s->begin; /* nothing was heard yet, and nothing will be */
        }
        return true;
}

static void *play(void *userdata)
{
        struct thon_json_error error = {.text = "out of memory"};
        struct sound *s = userdata;
        uint64_t here;
        int r;

        if (!play_delay(s))
                return NULL;
        while ((here = player_programme_position(s->programme)) < s->end) {
                if (!play_block(s, here))
                        return NULL;
                obey(s, player_programme_position(s->programme));
        }
        waiting(s, true);
        r = sink_drain(s->sink, &error);
        waiting(s, false);
        if (r < 0) {
                fail(s, PLAYER_SINK, &error);
                return NULL;
        }
        if (s->archive && archive_finish(s->archive, &error) < 0) {
                pthread_mutex_lock(&s->lock);
                s->news.archive = error;
                pthread_mutex_unlock(&s->lock);
        }
        finish(s);
        return NULL;
}

int sound_new(const struct player_order *order, struct player_programme *programme, struct sink *sink,
              struct archive *archive, struct sound **ret)
{
        static const uint64_t fade = (uint64_t)PLAYER_FADE_MS * PLAYER_RATE / 1000;
        uint64_t limit = player_samples(order->limit_us);
        struct sound *s = calloc(1, sizeof *s);

        if (!s)
                return -ENOMEM;
        s->order = order;
        s->programme = programme;
        s->sink = sink;
        s->archive = archive;
        s->shape = player_shape_of(order->gain_db, order->highpass_hz);
        s->begin = player_programme_position(programme);
        s->end = player_programme_length(programme);
        s->fade_from = s->fade_to = UINT64_MAX;
        if (s->end - s->begin > limit) {
                s->limited = true;
                s->end = s->fade_to = s->begin + limit;
                s->fade_from = s->end - (limit < fade ? limit : fade);
        }
        s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (s->wake < 0) {
                free(s);
                return -errno;
        }
        (void)pthread_mutex_init(&s->lock, NULL);
        *ret = s;
        return 0;
}

int sound_start(struct sound *s)
{
        pthread_t thread;
        int r = pthread_create(&thread, NULL, play, s);

        if (r == 0)
                (void)pthread_detach(thread);
        return -r;
}

int sound_fd(const struct sound *s)
{
        return s->wake;
}

void sound_news(struct sound *s, struct sound_news *ret)
{
        uint64_t count;

        (void)!read(s->wake, &count, sizeof count);
        pthread_mutex_lock(&s->lock);
        *ret = s->news;
        s->news.started = s->news.level = s->news.silent = false;
        s->news.archive.text[0] = '\0';
        pthread_mutex_unlock(&s->lock);
}

void sound_stop(struct sound *s, int fade_ms)
{
        pthread_mutex_lock(&s->lock);
        s->stop = true;
        s->fade_ms = fade_ms;
        pthread_mutex_unlock(&s->lock);
}
