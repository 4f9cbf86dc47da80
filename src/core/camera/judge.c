/* From what a check saw to one cause. The order is that of a technician: does anything answer at all, does the way there lose
 * packets, does the service answer, what does it say. What could not be seen (our own trouble) is never turned into a fault
 * of the device. */
#include "thon/camera.h"

#define SKEW_LIMIT_S 60
/* ONVIF logins bear a time and are refused beyond about this; some RTSP servers follow the same clock. */
#define LOGIN_SKEW_S 5
/* So few echoes tell nothing about loss. */
#define LOSS_OF_MANY 4
#define LOSS_OF_FEW  3

static bool skewed(const struct thon_probe *probe, int64_t limit)
{
        return probe->skew_known && (probe->skew_s > limit || probe->skew_s < -limit);
}

/* Half of them lost or more, but not all: none at all is what a device shows that answers no ping. */
static bool loses(const struct thon_probe *probe, int at_least)
{
        return probe->pings >= at_least && probe->pongs > 0 && probe->pongs <= probe->pings - probe->pongs;
}

static enum thon_camera_verdict judge_silent(const struct thon_probe_around *around)
{
        if (around->power_off)
                return THON_CAMERA_NO_POWER;
        return around->parent_known && around->parent_answers ? THON_CAMERA_CABLE : THON_CAMERA_NO_NETWORK;
}

/* A packet went unanswered, or the network says that it did not get there. */
static enum thon_camera_verdict judge_unanswered(const struct thon_probe *probe,
                                                 const struct thon_probe_around *around)
{
        switch (probe->reached) {
        case THON_RUNG_NONE:
                if (probe->pongs == 0)
                        return judge_silent(around);
                break;
        case THON_RUNG_PING:
                break;
        case THON_RUNG_TCP:
        case THON_RUNG_OPTIONS:
        case THON_RUNG_DESCRIBE:
        case THON_RUNG_SETUP:
                return THON_CAMERA_HUNG;
        case THON_RUNG_PLAY:
        case THON_RUNG_RTP:
                return THON_CAMERA_NO_RTP;
        }
        /* It lives, and no connection comes about: the way there is bad, or nobody listens. */
        return loses(probe, LOSS_OF_FEW) ? THON_CAMERA_CABLE : THON_CAMERA_PORT_CLOSED;
}

static enum thon_camera_verdict judge_status(const struct thon_probe *probe)
{
        if (probe->server_limit)
                return THON_CAMERA_SESSION_LIMIT;
        switch (probe->status) {
        case 401: /* Unauthorized */
        case 403: /* Forbidden: what cameras say to a user without the right, or to a locked account */
        case 407: /* Proxy Authentication Required */
                return skewed(probe, LOGIN_SKEW_S) ? THON_CAMERA_CLOCK_SKEW : THON_CAMERA_PASSWORD;
        case 453: /* Not Enough Bandwidth */
        case 503: /* Service Unavailable */
                return THON_CAMERA_SESSION_LIMIT;
        }
        /* PLAY was refused: all was there but the picture. */
        return probe->reached >= THON_RUNG_SETUP ? THON_CAMERA_NO_RTP : THON_CAMERA_NO_STREAM;
}

enum thon_camera_verdict thon_probe_judge(const struct thon_probe *probe,
                                          const struct thon_probe_around *around)
{
        switch (probe->failure) {
        case THON_PROBE_FINE:
                break;
        case THON_PROBE_LOCAL:
                return THON_CAMERA_UNKNOWN;
        case THON_PROBE_TIMEOUT:
        case THON_PROBE_UNREACHABLE:
                return judge_unanswered(probe, around);
        case THON_PROBE_REFUSED:
                return THON_CAMERA_PORT_CLOSED;
        case THON_PROBE_RESET:
                return probe->reached >= THON_RUNG_PLAY ? THON_CAMERA_NO_RTP : THON_CAMERA_HUNG;
        case THON_PROBE_STATUS:
                return judge_status(probe);
        case THON_PROBE_MALFORMED:
                return THON_CAMERA_BAD_ANSWER;
        case THON_PROBE_NO_VIDEO:
                return THON_CAMERA_NO_VIDEO;
        case THON_PROBE_STALLED:
                return THON_CAMERA_NO_RTP;
        }

        if (probe->ports_asked && probe->port_failed != 0)
                return THON_CAMERA_PORT_CLOSED;
        if (loses(probe, LOSS_OF_MANY))
                return THON_CAMERA_CABLE;
        if (skewed(probe, around->skew_limit_s > 0 ? around->skew_limit_s : SKEW_LIMIT_S))
                return THON_CAMERA_CLOCK_SKEW;
        return THON_CAMERA_OK;
}
