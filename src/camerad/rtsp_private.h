/* The inside of an RTSP check, shared by rtsp_client.c (its life: connection, bytes, deadlines), rtsp_ladder.c (what follows
 * from an answer) and rtsp_request.c (what is sent). */
#pragma once

#include "digest.h"
#include "rtsp_client.h"
#include "rtsp_transport.h"

#define RTSP_REQUEST_MAX 8192
#define RTSP_INPUT       4096 /* grows for a larger answer only */
#define RTSP_INPUT_MAX   (4 + THON_RTSP_HEAD_MAX + THON_RTSP_BODY_MAX)
#define RTSP_BYTES_MAX   (32u << 20) /* of one check: beyond, it is a flood */
#define RTSP_RENEWALS    4           /* of a nonce, in one check */
#define RTSP_TEARDOWN_US 1000000u
#define RTSP_KEYFRAME_US 500000u /* so long we go on listening for one when all else is well */

enum rtsp_step {
        RTSP_CONNECT,
        RTSP_SECURE,
        RTSP_OPTIONS,
        RTSP_DESCRIBE,
        RTSP_SETUP,
        RTSP_PLAY,
        RTSP_LISTEN,
        RTSP_TEARDOWN,
        RTSP_DONE, /* whoever called us from the loop ends it */
};

struct rtsp_check {
        sd_event *event;
        rtsp_check_fn fn;
        void *userdata;
        sd_event_source *io, *timer;
        uint64_t began, end;      /* end: of the whole check, but for TEARDOWN */
        uint64_t deadline, armed; /* of the wait under way; when `timer` fires, never after it */

        struct sockaddr_storage address;
        socklen_t address_size;
        bool tls;
        enum thon_rung up_to;
        uint64_t connect_us, answer_us, rtp_us;

        enum rtsp_step step, resume; /* resume: once connected */
        struct rtsp_transport link;
        int connect_error;  /* errno of a connection that failed at once: told from the loop */
        bool answered;      /* on this connection */
        bool reconnected;   /* once a check */
        bool has_challenge; /* of the first 401: used for all that follows */
        bool has_login;     /* the request under way bears a login */
        bool accepted;      /* a login was accepted in this check */
        bool set_up;        /* there is a session to end */
        bool lingers;       /* all is well, a keyframe would be nice */
        unsigned renewals, count;
        struct thon_challenge challenge;
        char cnonce[DIGEST_CNONCE];
        struct thon_rtsp_cseq cseq;

        struct thon_rtsp_reader reader;
        char *in; /* `first`, or larger and owned */
        size_t room, filled;
        size_t early; /* of these, so many came before the request under way was sent */
        size_t bytes;
        char *out; /* what the socket did not take at once; owned */
        size_t out_size, out_sent;

        char *track, *aggregate; /* owned */
        char session[THON_RTSP_SESSION_MAX + 1];
        uint8_t channel;
        enum thon_video_codec codec;
        struct thon_rtp_watch watch;

        struct thon_probe probe;
        const char *url, *user; /* in `text`; user NULL: no login */
        char *password;
        size_t text_size;
        char first[RTSP_INPUT];
        char text[]; /* wiped at the end */
};

/* ---- rtsp_client.c ---- */
/* The wait that begins now ends in `us`, or with the whole check. */
void rtsp_wait(struct rtsp_check *c, uint64_t us);
/* A new connection, after which the step goes on. */
void rtsp_reconnect(struct rtsp_check *c);

/* ---- rtsp_request.c ---- */
/* Sends the request of the step and waits for its answer. 0 or -errno: the connection is no good, or -ENOBUFS. */
int rtsp_ask(struct rtsp_check *c, enum rtsp_step step);
int rtsp_flush(struct rtsp_check *c);

/* ---- rtsp_ladder.c ---- */
void rtsp_connected(struct rtsp_check *c); /* and secured */
void rtsp_answered(struct rtsp_check *c, const struct thon_rtsp_answer *answer);
void rtsp_framed(struct rtsp_check *c, const struct thon_rtsp_frame *frame);
/* The connection ended: 0 (in order), or -errno. */
void rtsp_hung_up(struct rtsp_check *c, int error);
void rtsp_timed_out(struct rtsp_check *c);
/* The verdict stands. What was set up is torn down first. */
void rtsp_verdict(struct rtsp_check *c, enum thon_probe_failure failure, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
const char *rtsp_step_text(enum rtsp_step step);
