/* What a camera, or another watched device, can be found to be, and why. Pure: what a check saw goes in, a verdict comes
 * out. Each verdict names another cause, with a sentence and a next action in Vietnamese for who reads the message. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/time.h"

enum thon_camera_verdict {
        THON_CAMERA_UNKNOWN, /* not checked yet, or we could not look (no descriptors, no memory) */
        THON_CAMERA_OK,
        /* Nothing answers. */
        THON_CAMERA_NO_POWER,   /* its power circuit is off, or the mains of its area is away */
        THON_CAMERA_NO_NETWORK, /* it is silent, and so is what it hangs on, or nothing is known about that */
        THON_CAMERA_CABLE, /* it is silent, or loses most of its packets, while what it hangs on answers */
        /* The device answers, its service does not. */
        THON_CAMERA_PORT_CLOSED,
        THON_CAMERA_HUNG,       /* accepts the connection and says nothing, or hangs up without an answer */
        THON_CAMERA_BAD_ANSWER, /* what it says is no RTSP, or over our limits */
        THON_CAMERA_PASSWORD,   /* it refuses user and password, or none is set */
        THON_CAMERA_CLOCK_SKEW, /* its clock is wrong: pictures bear a wrong time, ONVIF logins fail */
        THON_CAMERA_SESSION_LIMIT, /* it works, but has no session left for us (453, 503) */
        THON_CAMERA_NO_STREAM,     /* no such path (404), or another refusal of DESCRIBE or SETUP */
        THON_CAMERA_NO_VIDEO,      /* the SDP has no video */
        THON_CAMERA_NO_RTP, /* PLAY is answered and no picture data comes, or its counters stand still */
        /* There is a picture, and it shows nothing. thon/camera_picture.h */
        THON_CAMERA_FROZEN,
        THON_CAMERA_BLACK,
        THON_CAMERA_COVERED, /* something is before the lens */
        THON_CAMERA_SPRAYED, /* paint on it: one colour over most of the picture */
        THON_CAMERA_DEFOCUSED,
        THON_CAMERA_MOVED, /* it looks somewhere else */
        /* The recorder. */
        THON_CAMERA_RECORDER_DISK, /* it has not recorded for hours */
        /* Of a parent that answers while all that hangs on it is silent. */
        THON_CAMERA_CHILDREN,
        THON_CAMERA_VERDICTS
};

enum thon_camera_severity { THON_CAMERA_FINE, THON_CAMERA_WARNING, THON_CAMERA_CRITICAL };

/* Borrowed, constant. Slug as in topics, events and tables ("no-power"). `sentence` follows a name and a colon and begins
 * in lower case ("mất điện"), `action` says what to do next, as a sentence of its own ("Kiểm tra ..."). */
const char *thon_camera_slug(enum thon_camera_verdict verdict);
bool thon_camera_parse(const char *slug, enum thon_camera_verdict *ret);
const char *thon_camera_sentence(enum thon_camera_verdict verdict);
const char *thon_camera_action(enum thon_camera_verdict verdict);
enum thon_camera_severity thon_camera_severity(enum thon_camera_verdict verdict);
const char *thon_camera_severity_text(
        enum thon_camera_severity severity); /* "info", "warning", "critical" */
/* The police would have no picture: it counts as down in reports. False for warnings (clock, session limit, moved,
 * defocused, recorder) and for UNKNOWN. */
bool thon_camera_down(enum thon_camera_verdict verdict);
/* Nothing answers at all: NO_POWER, NO_NETWORK, CABLE. What hangs on it cannot be judged. */
bool thon_camera_silent(enum thon_camera_verdict verdict);

/* ---- what a check saw ---- */
enum thon_rung {
        THON_RUNG_NONE,
        THON_RUNG_PING,
        THON_RUNG_TCP,
        THON_RUNG_OPTIONS,
        THON_RUNG_DESCRIBE,
        THON_RUNG_SETUP,
        THON_RUNG_PLAY,
        THON_RUNG_RTP,
};
const char *thon_rung_text(enum thon_rung rung); /* "ping", "tcp", "OPTIONS", ... */

enum thon_probe_failure {
        THON_PROBE_FINE,    /* every rung that was asked for was reached */
        THON_PROBE_TIMEOUT, /* at the rung after `reached` */
        THON_PROBE_REFUSED, /* connection refused: the host is alive */
        THON_PROBE_UNREACHABLE,
        THON_PROBE_RESET,     /* hung up, with or without RST, before an answer */
        THON_PROBE_STATUS,    /* an answer that is no success: `status` */
        THON_PROBE_MALFORMED, /* no RTSP, or over a limit */
        THON_PROBE_NO_VIDEO,  /* in the SDP */
        THON_PROBE_STALLED,   /* RTP came, but its sequence numbers or timestamps stand still */
        THON_PROBE_LOCAL,     /* our own: no descriptor, no memory; nothing is known of the device */
};

#define THON_PROBE_DETAIL 160
struct thon_probe {
        enum thon_rung reached; /* the highest rung that held */
        enum thon_probe_failure failure;
        int status;           /* of RTSP, of the last answer; 0 none */
        int error;            /* errno of a failed connection; 0 none */
        int pings, pongs;     /* sent and answered; pings 0: not asked, or not allowed here */
        bool ports_asked;     /* a host with ports: `reached` TCP is all of them */
        int port_failed;      /* the first that did not open; 0 none */
        bool auth_asked;      /* it wanted a login */
        bool auth_sent;       /* we gave one; with status 401 it was refused */
        bool auth_stopped;    /* we did not give one, since it was refused twice */
        bool auth_basic;      /* it takes Basic: the password goes over the wire as it is */
        bool server_limit;    /* 453, or 503 at SETUP */
        bool video;           /* in the SDP */
        char codec[16];       /* "H264", "H265", "JPEG"; "" unknown */
        unsigned rtp_packets; /* counted while we listened */
        bool keyframe;        /* seen among them */
        uint64_t connect_us, total_us;
        bool skew_known;
        int64_t skew_s; /* the device's clock less ours, by ONVIF or HTTP Date */
        char detail
                [THON_PROBE_DETAIL]; /* English, printable, one line: what happened, for log and history; "" */
};

/* What is known around the device when it is judged. */
struct thon_probe_around {
        bool parent_known; /* it has a parent that was checked lately */
        bool parent_answers;
        bool power_off;       /* its power circuit is off, or the mains of its area is away */
        int64_t skew_limit_s; /* beyond, the clock is a fault: 60 unless configured */
};
/* A silent device without a parent is NO_NETWORK; refused login with a skew over 5 s is CLOCK_SKEW, not PASSWORD (ONVIF
 * and some RTSP servers refuse a good password then). 50 % of at least 4 pings lost is CABLE when all else is well. */
enum thon_camera_verdict thon_probe_judge(const struct thon_probe *probe,
                                          const struct thon_probe_around *around);
