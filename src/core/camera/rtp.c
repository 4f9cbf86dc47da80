/* RTP, as far as one must look to tell a living stream from a dead one: counters that go on, and a picture among them that
 * stands alone. Only the beginning of each packet is there: that is where all of this is. */
#include "thon/rtsp.h"

#include <errno.h>

static uint16_t be16(const uint8_t *p)
{
        return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
        return (uint32_t)be16(p) << 16 | be16(p + 2);
}

int thon_rtp_read(const uint8_t *data, size_t size, struct thon_rtp *ret)
{
        size_t at = 12;

        if (size < 12 || data[0] >> 6 != 2)
                return -EINVAL;
        if (data[1] >= 192 && data[1] <= 223) /* RTCP (RFC 5761, 4) */
                return -EINVAL;
        at += (size_t)(data[0] & 15) * 4;
        if (data[0] & 16) { /* an extension; its payload may lie beyond what we were shown */
                if (at + 4 <= size)
                        at += 4 + (size_t)be16(data + at + 2) * 4;
                else
                        at = size;
        }
        if (at > size)
                at = size;
        *ret = (struct thon_rtp){
                .marker = data[1] & 128,
                .payload_type = data[1] & 127,
                .sequence = be16(data + 2),
                .timestamp = be32(data + 4),
                .ssrc = be32(data + 8),
                .payload = data + at,
                .payload_size = size - at,
        };
        return 0;
}

/* RFC 6184: 5 is a slice of an IDR picture, 24 STAP-A, 28 FU-A. */
static bool h264(const uint8_t *p, size_t size)
{
        uint8_t type = p[0] & 31;

        if (type == 28)
                return size >= 2 && (p[1] & 31) == 5;
        if (type != 24)
                return type == 5;
        for (size_t at = 1; at + 2 < size; at += 2 + (size_t)be16(p + at))
                if ((p[at + 2] & 31) == 5)
                        return true;
        return false;
}

static bool irap(uint8_t type)
{
        return type >= 16 && type <= 23;
}

/* RFC 7798: heads have two bytes; 48 is an aggregation packet, 49 a fragment. */
static bool h265(const uint8_t *p, size_t size)
{
        uint8_t type = p[0] >> 1 & 63;

        if (type == 49)
                return size >= 3 && irap(p[2] & 63);
        if (type != 48)
                return irap(type);
        for (size_t at = 2; at + 2 < size; at += 2 + (size_t)be16(p + at))
                if (irap(p[at + 2] >> 1 & 63))
                        return true;
        return false;
}

bool thon_rtp_keyframe(enum thon_video_codec codec, const uint8_t *payload, size_t size)
{
        if (size == 0)
                return false;
        switch (codec) {
        case THON_VIDEO_H264:
                return h264(payload, size);
        case THON_VIDEO_H265:
                return h265(payload, size);
        case THON_VIDEO_JPEG:
                return true;
        case THON_VIDEO_OTHER:
                return false;
        }
        return false;
}

void thon_rtp_watch(struct thon_rtp_watch *w, enum thon_video_codec codec, const uint8_t *data, size_t size)
{
        struct thon_rtp rtp;

        if (thon_rtp_read(data, size, &rtp) < 0) {
                w->damaged++;
                return;
        }
        if (w->packets++ > 0) {
                uint16_t step = (uint16_t)(rtp.sequence - w->sequence);

                w->forward += step > 0 && step < 0x8000;
                w->moments += rtp.timestamp != w->timestamp;
        }
        w->sequence = rtp.sequence;
        w->timestamp = rtp.timestamp;
        w->keyframe = w->keyframe || thon_rtp_keyframe(codec, rtp.payload, rtp.payload_size);
}

bool thon_rtp_advancing(const struct thon_rtp_watch *w)
{
        return w->forward >= 2 && w->moments >= 1;
}
