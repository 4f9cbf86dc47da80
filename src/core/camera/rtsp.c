/* The stream of an RTSP connection cut into answers and interleaved frames.
 *
 * A camera may send picture data before the answer to PLAY, a frame in many pieces, a head byte by byte, or anything at
 * all. So the reader keeps how far it has looked, skips what is left of a frame without having it held, and refuses before
 * it would have to hold more than one answer. What cannot be RTSP at the very beginning is told at its first byte: the port
 * belongs to something else. Later, a few lost bytes between frames are passed over, since some firmware counts its own
 * frames wrongly. */
#include "rtsp_head.h"

#include <string.h>

#define CHANNELS_PLAUSIBLE 8  /* when we search for the next frame in garbage */
#define METHOD_MAX         24 /* of a request to us, with the blank */

static const char prefix[] = "RTSP/";

enum beginning { NO, MAYBE, YES };

static enum beginning begins_answer(const char *p, size_t size)
{
        for (size_t i = 0; i < sizeof prefix - 1; i++)
                if (i == size)
                        return MAYBE;
                else if (thon_rtsp_upper(p[i]) != prefix[i])
                        return NO;
        return YES;
}

/* "ANNOUNCE " */
static enum beginning begins_request(const char *p, size_t size)
{
        for (size_t i = 0; i < METHOD_MAX; i++)
                if (i == size)
                        return MAYBE;
                else if (p[i] == ' ')
                        return i >= 3 ? YES : NO;
                else if (!(p[i] >= 'A' && p[i] <= 'Z') && p[i] != '_')
                        return NO;
        return NO;
}

/* Lost among garbage we are more careful: a '$' may be a part of it. */
static enum beginning begins(const struct thon_rtsp_reader *r, const char *p, size_t size)
{
        enum beginning answer;

        if (*p == '$' && !r->lost)
                return r->spoke ? YES : NO;
        if (*p == '$')
                return size < 2 ? MAYBE : (unsigned char)p[1] < CHANNELS_PLAUSIBLE ? YES : NO;
        answer = begins_answer(p, size);
        return answer == NO && r->spoke && !r->lost ? begins_request(p, size) : answer;
}

/* Looks for the empty line that ends a head, from where the last call stopped. CR LF, LF, and mixtures. */
static bool head_ends(struct thon_rtsp_reader *r, const char *p, size_t size)
{
        while (r->scanned < size) {
                const char *nl = memchr(p + r->scanned, '\n', size - r->scanned);
                size_t length;

                if (!nl) {
                        r->scanned = size;
                        return false;
                }
                length = (size_t)(nl - p) - r->line;
                r->scanned = r->line = (size_t)(nl - p) + 1;
                if (length == 0 || (length == 1 && nl[-1] == '\r')) {
                        r->head = r->scanned;
                        return true;
                }
        }
        return false;
}

static int frame(struct thon_rtsp_reader *r, const char *p, size_t size, size_t *used,
                 struct thon_rtsp_item *ret)
{
        const uint8_t *u = (const uint8_t *)p;
        size_t whole, shown;

        if (size < 4)
                return THON_RTSP_FINE;
        whole = (size_t)u[2] << 8 | u[3];
        shown = whole < THON_RTSP_FRAME_HEAD ? whole : THON_RTSP_FRAME_HEAD;
        if (size - 4 < shown)
                return THON_RTSP_FINE;
        ret->kind = THON_RTSP_FRAME;
        ret->frame = (struct thon_rtsp_frame){u[1], (uint16_t)whole, u + 4, shown};
        if (size - 4 < whole) {
                r->skip = whole - (size - 4);
                *used += size;
        } else
                *used += 4 + whole;
        return THON_RTSP_FINE;
}

static int message(struct thon_rtsp_reader *r, char *p, size_t size, size_t *used,
                   struct thon_rtsp_item *ret)
{
        bool answer = begins_answer(p, size) == YES;
        int e;

        if (r->head == 0) {
                bool ends = head_ends(r, p, size);

                if ((ends ? r->head : size) > THON_RTSP_HEAD_MAX)
                        return THON_RTSP_TOO_LONG;
                if (!ends)
                        return THON_RTSP_FINE;
                e = thon_rtsp_head_read(p, r->head, answer, &ret->answer);
                if (e)
                        return e;
                r->whole = r->head + ret->answer.body.size;
                if (size < r->whole)
                        return THON_RTSP_FINE;
        } else {
                if (size < r->whole)
                        return THON_RTSP_FINE;
                e = thon_rtsp_head_read(p, r->head, answer, &ret->answer);
                if (e)
                        return e;
        }
        ret->answer.body.at = p + r->head;
        ret->kind = answer ? THON_RTSP_ANSWER : THON_RTSP_REQUEST;
        *used += r->whole;
        r->scanned = r->line = r->head = r->whole = 0;
        r->spoke = true;
        return THON_RTSP_FINE;
}

/* To where a message begins, or may. */
static int seek(struct thon_rtsp_reader *r, const char *data, size_t size, size_t *used, enum beginning *ret)
{
        *ret = NO;
        for (; *used < size; ++*used) {
                if (!r->lost && (data[*used] == '\r' || data[*used] == '\n'))
                        continue;
                *ret = begins(r, data + *used, size - *used);
                if (*ret != NO)
                        break;
                if (!r->spoke || ++r->garbage > THON_RTSP_GARBAGE_MAX)
                        return THON_RTSP_NOT_RTSP;
                r->lost = true;
        }
        if (*ret == YES)
                r->lost = false;
        return THON_RTSP_FINE;
}

int thon_rtsp_read(struct thon_rtsp_reader *r, char *data, size_t size, size_t *ret_used,
                   struct thon_rtsp_item *ret)
{
        size_t used = r->skip < size ? r->skip : size;
        enum beginning begun = YES;
        int e = THON_RTSP_FINE;

        ret->kind = THON_RTSP_MORE;
        r->skip -= used;
        if (r->scanned == 0)
                e = seek(r, data, size, &used, &begun);
        if (!e && begun == YES && used < size)
                e = data[used] == '$' ? frame(r, data + used, size - used, &used, ret)
                                      : message(r, data + used, size - used, &used, ret);
        if (e)
                return e;
        *ret_used = used;
        return THON_RTSP_FINE;
}

uint32_t thon_rtsp_cseq_next(struct thon_rtsp_cseq *c)
{
        c->unanswered = c->unanswered << 1 | 1;
        return ++c->last;
}

enum thon_rtsp_match thon_rtsp_cseq_match(struct thon_rtsp_cseq *c, const struct thon_rtsp_answer *answer)
{
        uint32_t age = c->last - answer->cseq;

        if (answer->has_cseq && age > 0 && age < 32 && c->unanswered >> age & 1) {
                c->unanswered &= ~(UINT32_C(1) << age);
                return THON_RTSP_STALE;
        }
        c->unanswered &= ~UINT32_C(1);
        return answer->has_cseq && age == 0 ? THON_RTSP_MATCH : THON_RTSP_ODD;
}
