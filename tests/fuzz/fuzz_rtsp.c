/* What a camera sends, cut anywhere: every byte is used once, nothing is borrowed from outside of what was given, lengths
 * keep their limits, and cutting changes nothing. The first byte says into what pieces the rest is cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/rtsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM (4 + THON_RTSP_HEAD_MAX + THON_RTSP_BODY_MAX)

struct heard {
        unsigned answers, frames, requests, sum;
        int error;
};

static void inside(struct thon_rtsp_text t, const char *data, size_t size)
{
        volatile char touched = 0;

        if (!t.at)
                return;
        if (t.at < data || t.at > data + size || t.size > (size_t)(data + size - t.at))
                abort();
        for (size_t i = 0; i < t.size; i++)
                touched = (char)(touched ^ t.at[i]);
}

static void answer(const struct thon_rtsp_answer *a, const char *data, size_t size, struct heard *heard)
{
        char url[THON_RTSP_URL_MAX];
        uint8_t channel;

        if (a->status < 100 || a->status > 999 || a->body.size > THON_RTSP_BODY_MAX ||
            a->n_challenges > THON_RTSP_CHALLENGES || a->session.size > THON_RTSP_SESSION_MAX ||
            a->session_timeout_s == 0)
                abort();
        inside(a->reason, data, size);
        inside(a->session, data, size);
        inside(a->transport, data, size);
        inside(a->content_base, data, size);
        inside(a->content_location, data, size);
        inside(a->body, data, size);
        for (size_t i = 0; i < a->n_challenges; i++)
                inside(a->challenges[i], data, size);
        (void)thon_rtsp_interleaved(a->transport, &channel);
        if (thon_rtsp_base(a, "rtsp://host/", url) < 0 || strpbrk(url, "\r\n \"\\"))
                abort();
        if (thon_rtsp_resolve("rtsp://host/", a->transport, url) == 0 && strpbrk(url, "\r\n \"\\"))
                abort();
        heard->answers++;
        heard->sum = heard->sum * 31 + (unsigned)a->status + (unsigned)a->body.size;
}

static struct heard listen_to(const uint8_t *said, size_t size, size_t piece)
{
        struct thon_rtsp_reader reader = {0};
        struct thon_rtp_watch watch = {0};
        struct heard heard = {0};
        char *data = malloc(ROOM);
        size_t filled = 0, at = 0, used;

        if (!data)
                abort();
        while (at < size && !heard.error) {
                size_t n = size - at < piece ? size - at : piece;
                struct thon_rtsp_item item;
                char *exact;

                if (n > ROOM - filled)
                        n = ROOM - filled;
                if (n == 0)
                        abort(); /* stuck */
                memcpy(data + filled, said + at, n);
                filled += n;
                at += n;
                do {
                        /* A copy of its own size, so that a byte too far is seen. */
                        exact = malloc(filled ? filled : 1);
                        if (!exact)
                                abort();
                        memcpy(exact, data, filled);
                        heard.error = thon_rtsp_read(&reader, exact, filled, &used, &item);
                        if (!heard.error) {
                                if (used > filled)
                                        abort();
                                if (item.kind == THON_RTSP_ANSWER)
                                        answer(&item.answer, exact, filled, &heard);
                                else if (item.kind == THON_RTSP_FRAME) {
                                        inside((struct thon_rtsp_text){(const char *)item.frame.head,
                                                                       item.frame.head_size},
                                               exact, filled);
                                        for (int c = THON_VIDEO_OTHER; c <= THON_VIDEO_JPEG; c++)
                                                thon_rtp_watch(&watch, (enum thon_video_codec)c,
                                                               item.frame.head, item.frame.head_size);
                                        heard.frames++;
                                        heard.sum = heard.sum * 31 + item.frame.size;
                                } else if (item.kind == THON_RTSP_REQUEST)
                                        heard.requests++;
                                memcpy(data, exact, filled); /* folded lines are made one in place */
                                memmove(data, data + used, filled - used);
                                filled -= used;
                        }
                        free(exact);
                } while (!heard.error && item.kind != THON_RTSP_MORE);
        }
        free(data);
        return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct heard whole, cut;

        if (size < 1)
                return 0;
        whole = listen_to(data + 1, size - 1, ROOM);
        cut = listen_to(data + 1, size - 1, 1u + data[0]);
        /* An error ends both; what was cut may have given one more item before it was seen, never one less. */
        if (!whole.error && !cut.error &&
            (whole.answers != cut.answers || whole.frames != cut.frames || whole.requests != cut.requests ||
             whole.sum != cut.sum))
                abort();
        return 0;
}
