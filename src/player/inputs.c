/* Inputs follow each other without a gap because nothing but counting lies between them: a block may end one input
 * and begin the next. A file that is prepared and a tone are there as soon as they are asked for; of what is live
 * there is always a sample too, if only of silence (live.c). So the only thing that the sound waits for is the
 * sink. */
#include "inputs.h"

#include <errno.h>
#include <string.h>

#include "live.h"
#include "thon/cleanup.h"
#include "wav.h"

struct part {
        const struct player_input *order;
        uint64_t length;
        struct player_wav wav; /* PLAYER_FILE */
        struct live *live;     /* PLAYER_LIVE */
};
struct player_programme {
        size_t n, current;
        uint64_t position, length, at; /* at: within the current part */
        struct part parts[PLAYER_INPUTS_MAX];
};

static int open_part(const struct player_input *order, struct part *ret, enum player_trouble *trouble,
                     struct thon_json_error *error)
{
        int r = 0;

        *ret = (struct part){.order = order, .wav.fd = -1};
        switch (order->kind) {
        case PLAYER_FILE:
                r = player_wav_open(order->address, &ret->wav);
                if (r < 0) {
                        *trouble = r == -EBADMSG ? PLAYER_FORMAT : PLAYER_INPUT;
                        thon_json_fail(error, order->address, "%s",
                                       r == -EBADMSG ? "no prepared sound" : strerror(-r));
                        return r;
                }
                ret->length = ret->wav.samples;
                return 0;
        case PLAYER_TONE:
                ret->length = player_tone_length(order->tone);
                return 0;
        case PLAYER_LIVE:
                ret->length = player_samples(order->for_us);
                r = live_open(order->address, player_samples(order->silent_us), &ret->live, error);
                if (r < 0)
                        *trouble = r == -ENOMEM ? PLAYER_MEMORY : PLAYER_INPUT;
                return r;
        }
        return -EINVAL;
}

/* Past the parts that are over. */
static void settle(struct player_programme *p)
{
        while (p->current < p->n && p->at >= p->parts[p->current].length) {
                p->at -= p->parts[p->current].length;
                p->current++;
        }
}

int player_programme_open(const struct player_order *order, struct player_programme **ret,
                          enum player_trouble *trouble, struct thon_json_error *error)
{
        struct player_programme *p = calloc(1, sizeof *p);
        int r;

        if (!p) {
                *trouble = PLAYER_MEMORY;
                return -ENOMEM;
        }
        for (; p->n < order->n_inputs; p->n++) {
                r = open_part(&order->inputs[p->n], &p->parts[p->n], trouble, error);
                if (r < 0) {
                        player_programme_free(p);
                        return r;
                }
                p->length += p->parts[p->n].length;
        }
        p->position = player_samples(order->from_us);
        if (p->position > p->length)
                p->position = p->length;
        p->at = p->position;
        settle(p);
        *ret = p;
        return 0;
}

int player_programme_start(struct player_programme *p, struct thon_json_error *error)
{
        for (size_t i = p->current; i < p->n; i++) {
                int r = p->parts[i].live ? live_start(p->parts[i].live, error) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

struct player_programme *player_programme_free(struct player_programme *p)
{
        if (!p)
                return NULL;
        for (size_t i = 0; i < p->n; i++) {
                player_wav_close(&p->parts[i].wav);
                live_free(p->parts[i].live);
        }
        free(p);
        return NULL;
}

uint64_t player_programme_length(const struct player_programme *p)
{
        return p->length;
}

uint64_t player_programme_position(const struct player_programme *p)
{
        return p->position;
}

static int read_part(struct part *part, uint64_t at, int16_t *ret, size_t n, bool *ret_silent,
                     struct thon_json_error *error)
{
        int r;

        switch (part->order->kind) {
        case PLAYER_FILE:
                r = player_wav_read(&part->wav, at, ret, n);
                if (r < 0)
                        thon_json_fail(error, part->order->address, "%s",
                                       r == -ENODATA ? "became shorter" : strerror(-r));
                return r;
        case PLAYER_TONE:
                player_tone_fill(part->order->tone, at, ret, n);
                return 0;
        case PLAYER_LIVE:
                return live_read(part->live, ret, n, ret_silent, error);
        }
        return -EINVAL;
}

int player_programme_read(struct player_programme *p, int16_t *ret, size_t n, bool *ret_silent,
                          struct thon_json_error *error)
{
        size_t done = 0;

        *ret_silent = false;
        while (done < n && p->current < p->n) {
                struct part *part = &p->parts[p->current];
                uint64_t left = part->length - p->at;
                size_t now = n - done < left ? n - done : (size_t)left;
                bool silent = false;
                int r = read_part(part, p->at, ret + done, now, &silent, error);

                if (r < 0)
                        return r;
                if (r == LIVE_OVER) { /* a recording that was shorter than its time */
                        p->length -= left;
                        part->length = p->at;
                        settle(p);
                        continue;
                }
                *ret_silent |= silent;
                done += now;
                p->at += now;
                p->position += now;
                settle(p);
        }
        return (int)done;
}
