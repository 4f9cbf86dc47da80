/* A sound card, through libasound itself: what matters here is to know which sample is heard, to hear of a card that is gone or
 * hangs, and to be the first to sound; a pipeline between us and the card would hide the first two and delay the third.
 *
 * The card's own clock is the beat. Against PCMs that have none (type null or file) there is a bound from the system's clock,
 * wide enough for any card's error. */
#include <alsa/asoundlib.h>
#include <errno.h>

#include "inputs.h"
#include "pace.h"
#include "sink.h"
#include "thon/cleanup.h"
#include "tones.h"

#define BUFFER_US  160000 /* rides out the scheduler's delays, and is heard after a stop */
#define AHEAD_US   300000
#define DRAIN_MS   10
#define RECOVERIES 50 /* in a row without a sample taken */

struct alsa_sink {
        struct sink sink;
        snd_pcm_t *pcm;
        struct pace pace;
        snd_pcm_uframes_t period;
};

static int alsa_failed(int r, struct thon_json_error *error)
{
        thon_json_fail(error, NULL, "the sound card: %s",
                       r == -ETIMEDOUT ? "it takes nothing any more" : snd_strerror(r));
        return r;
}

/* All n samples, waiting for room. */
static int alsa_give(struct alsa_sink *s, const int16_t *samples, size_t n)
{
        int recoveries = 0;

        while (n > 0) {
                snd_pcm_sframes_t done = snd_pcm_writei(s->pcm, samples, n);
                int r;

                if (done > 0) {
                        samples += done;
                        n -= (size_t)done;
                        recoveries = 0;
                        continue;
                }
                if (done == 0 || done == -EAGAIN) {
                        r = snd_pcm_wait(s->pcm, SINK_PATIENCE_MS);
                        if (r == 0)
                                return -ETIMEDOUT;
                        if (r > 0)
                                continue;
                        done = r;
                }
                /* An underrun or a suspended card goes on; what is gone stays gone. */
                r = snd_pcm_recover(s->pcm, (int)done, 1);
                if (r < 0)
                        return r;
                if (++recoveries > RECOVERIES)
                        return -EIO;
        }
        return 0;
}

static int alsa_write(struct sink *sink, const int16_t *samples, size_t n, struct thon_json_error *error)
{
        struct alsa_sink *s = (struct alsa_sink *)sink;
        int r;

        pace_wait(&s->pace, n, AHEAD_US + player_us(s->pace.samples) / 50);
        r = alsa_give(s, samples, n);
        return r < 0 ? alsa_failed(r, error) : 0;
}

/* A card plays whole periods: the last is filled up, so that nothing old is heard behind the end. */
static int alsa_drain(struct sink *sink, struct thon_json_error *error)
{
        static const int16_t silence[PLAYER_RATE / 10];
        struct alsa_sink *s = (struct alsa_sink *)sink;
        size_t rest = s->period < PLAYER_RATE / 10 ? s->period : PLAYER_RATE / 10;
        struct pace wait = {0};
        int r;

        r = alsa_give(s, silence, rest);
        if (r < 0)
                return alsa_failed(r, error);
        r = snd_pcm_drain(s->pcm); /* does not wait: the PCM is non-blocking */
        if (r < 0 && r != -EAGAIN)
                return alsa_failed(r, error);
        for (int waited = 0; waited < SINK_PATIENCE_MS; waited += DRAIN_MS) {
                if (snd_pcm_state(s->pcm) != SND_PCM_STATE_DRAINING) {
                        pace_wait(&s->pace, 0, 0);
                        return 0;
                }
                pace_wait(&wait, DRAIN_MS * PLAYER_RATE / 1000, 0);
        }
        return alsa_failed(-ETIMEDOUT, error);
}

static void alsa_free(struct sink *sink)
{
        struct alsa_sink *s = (struct alsa_sink *)sink;

        if (s->pcm)
                (void)snd_pcm_close(s->pcm);
        free(s);
}

static void say_nothing(const char *file, int line, const char *function, int error, const char *format, ...)
{
        (void)file;
        (void)line;
        (void)function;
        (void)error;
        (void)format;
}

int sink_alsa_open(const char *pcm, struct sink **ret, struct thon_json_error *error)
{
        static const struct sink_ops ops = {.write = alsa_write, .drain = alsa_drain, .free = alsa_free};
        snd_pcm_uframes_t buffer;
        struct alsa_sink *s = calloc(1, sizeof *s);
        int r;

        if (!s)
                return -ENOMEM;
        s->sink.ops = &ops;
        (void)snd_lib_error_set_handler(say_nothing);
        r = snd_pcm_open(&s->pcm, pcm, SND_PCM_STREAM_PLAYBACK, SND_PCM_NONBLOCK);
        if (r >= 0)
                r = snd_pcm_set_params(s->pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED, 1,
                                       PLAYER_RATE, 1, BUFFER_US);
        if (r >= 0)
                r = snd_pcm_get_params(s->pcm, &buffer, &s->period);
        if (r < 0) {
                thon_json_fail(error, pcm, "%s", snd_strerror(r));
                alsa_free(&s->sink);
                return r;
        }
        *ret = &s->sink;
        return 0;
}
