/* A card that gives nothing is gone, whatever it says. */
#include "capture.h"

#include <alsa/asoundlib.h>
#include <errno.h>

#include "inputs.h"
#include "pace.h"
#include "thon/cleanup.h"

#define BUFFER_US 500000
#define AHEAD_US  300000 /* of a PCM without a clock of its own (type null or file) */

struct capture {
        snd_pcm_t *pcm;
        struct pace pace;
        bool overran;
};

int capture_open(const char *pcm, struct capture **ret, struct thon_json_error *error)
{
        struct capture *c = calloc(1, sizeof *c);
        int r;

        if (!c)
                return -ENOMEM;
        r = snd_pcm_open(&c->pcm, pcm, SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK);
        if (r >= 0)
                r = snd_pcm_set_params(c->pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED, 1,
                                       PLAYER_RATE, 1, BUFFER_US);
        if (r >= 0)
                r = snd_pcm_start(c->pcm);
        if (r < 0) {
                thon_json_fail(error, pcm, "%s", snd_strerror(r));
                capture_free(c);
                return r;
        }
        *ret = c;
        return 0;
}

static int capture_failed(int r, struct thon_json_error *error)
{
        thon_json_fail(error, NULL, "the sound card: %s",
                       r == -ETIMEDOUT ? "it gives nothing any more" : snd_strerror(r));
        return r;
}

int capture_read(struct capture *c, int16_t *ret, size_t n, struct thon_json_error *error)
{
        c->overran = false;
        for (;;) {
                snd_pcm_sframes_t done = snd_pcm_readi(c->pcm, ret, n);
                int r;

                if (done > 0) {
                        pace_wait(&c->pace, (size_t)done, AHEAD_US);
                        return (int)done;
                }
                if (done < 0 && done != -EAGAIN) {
                        c->overran = true;
                        r = snd_pcm_recover(c->pcm, (int)done, 1); /* an overrun goes on */
                        if (r >= 0)
                                r = snd_pcm_start(c->pcm);
                        if (r < 0)
                                return capture_failed(r, error);
                }
                r = snd_pcm_wait(c->pcm, CAPTURE_PATIENCE_MS);
                if (r == 0)
                        return capture_failed(-ETIMEDOUT, error);
                if (r < 0) {
                        c->overran = true;
                        if (snd_pcm_recover(c->pcm, r, 1) < 0)
                                return capture_failed(r, error);
                }
        }
}

bool capture_overran(const struct capture *c)
{
        return c->overran;
}

uint64_t capture_waits_us(const struct capture *c)
{
        snd_pcm_sframes_t n = snd_pcm_avail(c->pcm);

        return n > 0 ? player_us((uint64_t)n) : 0; /* an error is found by who reads */
}

struct capture *capture_free(struct capture *c)
{
        if (!c)
                return NULL;
        if (c->pcm)
                (void)snd_pcm_close(c->pcm);
        free(c);
        return NULL;
}
