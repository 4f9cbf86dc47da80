/* Video as RTP within the RTSP connection (RFC 6184: single NAL units, and FU-A for what is larger than a packet). */
#include "farm.h"

#include <string.h>

#define FRAME_US   40000
#define FRAME_TICK 3600 /* of 90 kHz */
#define PAYLOAD    1400
#define BEHIND     262144 /* a client that reads so little loses frames, as from a camera */

static void packet(struct session *session, const uint8_t *head, size_t n_head, const uint8_t *data,
                   size_t n, bool last)
{
        struct bytes *out = &session->conn->out;
        size_t size = 12 + n_head + n;
        const uint8_t rtp[16] = {'$',
                                 session->channel,
                                 (uint8_t)(size >> 8),
                                 (uint8_t)size,
                                 0x80,
                                 (uint8_t)(last ? 0x80 | 96 : 96),
                                 (uint8_t)(session->sequence >> 8),
                                 (uint8_t)session->sequence,
                                 (uint8_t)(session->stamp >> 24),
                                 (uint8_t)(session->stamp >> 16),
                                 (uint8_t)(session->stamp >> 8),
                                 (uint8_t)session->stamp,
                                 (uint8_t)(session->source >> 24),
                                 (uint8_t)(session->source >> 16),
                                 (uint8_t)(session->source >> 8),
                                 (uint8_t)session->source};

        bytes_add(out, rtp, sizeof(rtp));
        bytes_add(out, head, n_head);
        bytes_add(out, data, n);
        host_count(session->host, N_RTP);
        if (!host_does(session->host, SERVICE_RTSP, MODE_STALLED))
                session->sequence++;
}

static void unit(struct session *session, const uint8_t *nal, size_t size, bool last)
{
        uint8_t head[2] = {(uint8_t)((nal[0] & 0x60) | 28), (uint8_t)((nal[0] & 0x1f) | 0x80)};

        if (size <= PAYLOAD) {
                packet(session, NULL, 0, nal, size, last);
                return;
        }
        for (nal++, size--; size > 0;) {
                size_t n = size < PAYLOAD - 2 ? size : PAYLOAD - 2;

                if (n == size)
                        head[1] |= 0x40;
                packet(session, head, sizeof(head), nal, n, last && n == size);
                head[1] &= 0x1f;
                nal += n;
                size -= n;
        }
}

static void frame(struct session *session)
{
        const struct video_frame *f = video_frame(session->host->farm->video, session->frame);
        unsigned i;

        for (i = 0; i < f->n; i++)
                unit(session, f->nals[i], f->sizes[i], i + 1 == f->n);
        if (host_does(session->host, SERVICE_RTSP, MODE_STALLED))
                return;
        session->frame++;
        session->stamp += FRAME_TICK;
}

static void tick(struct timer *timer)
{
        struct session *session = container(timer, struct session, timer);
        struct conn *conn = session->conn;

        (void)timer_set(&session->host->farm->loop, timer, FRAME_US);
        if (session->host->silent || conn->held || conn->flow != FLOW_PLAIN || conn->out.n > BEHIND ||
            host_does(session->host, SERVICE_RTSP, MODE_NO_RTP))
                return;
        frame(session);
        conn_flush(conn);
}

void session_stream(struct session *session)
{
        session->playing = true;
        session->timer.fn = tick;
        session->frame = 0;
        tick(&session->timer);
}
