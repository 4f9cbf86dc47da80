/* RTSP as cameras speak it (RFC 2326, and what odd firmware makes of it), with what it carries: login challenges (RFC 2617,
 * 7616), session descriptions (RFC 4566) and RTP (RFC 3550, 6184, 7798, 2435). Pure: bytes go in, borrowed parts of them come
 * out, nothing is allocated. All of it is hostile: lengths, counts and nesting are bounded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of the caller's bytes, not terminated. `at` NULL: it was not there. */
struct thon_rtsp_text {
        const char *at;
        size_t size;
};
/* For log and history: at most `room` - 1 bytes of it, what is not printable ASCII as '?'. */
void thon_rtsp_printable(struct thon_rtsp_text text, char *ret, size_t room);

/* ---- what the server sends (src/core/camera/rtsp.c, rtsp_head.c) ---- */
#define THON_RTSP_HEAD_MAX    (16u * 1024)
#define THON_RTSP_BODY_MAX    (64u * 1024)
#define THON_RTSP_GARBAGE_MAX 4096u /* between messages, before we give up */
#define THON_RTSP_FRAME_HEAD  160u  /* so much of an interleaved frame is shown; the rest is skipped */
#define THON_RTSP_CHALLENGES  6
#define THON_RTSP_SESSION_MAX 127

struct thon_rtsp_answer {
        int status; /* 100 to 999 */
        struct thon_rtsp_text reason;
        bool has_cseq;
        uint32_t cseq;
        bool closes;                   /* Connection: close */
        struct thon_rtsp_text session; /* printable, 1 to THON_RTSP_SESSION_MAX, without its parameters */
        unsigned session_timeout_s;    /* 60 where none is told */
        struct thon_rtsp_text transport, content_base, content_location, content_type;
        struct thon_rtsp_text
                challenges[THON_RTSP_CHALLENGES]; /* of WWW-Authenticate; further ones are left out */
        size_t n_challenges;
        struct thon_rtsp_text body;
};
struct thon_rtsp_frame {
        uint8_t channel;
        uint16_t size;       /* of the whole frame, without its four bytes */
        const uint8_t *head; /* min(size, THON_RTSP_FRAME_HEAD) bytes */
        size_t head_size;
};
enum thon_rtsp_kind {
        THON_RTSP_MORE,    /* nothing whole yet: call again with more bytes */
        THON_RTSP_ANSWER,  /* `answer` */
        THON_RTSP_FRAME,   /* `frame` */
        THON_RTSP_REQUEST, /* the server asks something of us (ANNOUNCE, OPTIONS): nothing we must answer */
};
struct thon_rtsp_item {
        enum thon_rtsp_kind kind;
        union {
                struct thon_rtsp_answer answer;
                struct thon_rtsp_frame frame;
        };
};
enum thon_rtsp_error {
        THON_RTSP_FINE,
        THON_RTSP_NOT_RTSP, /* the first thing it says is no RTSP, or there is too much garbage later */
        THON_RTSP_TOO_LONG, /* head or body over the limit */
        THON_RTSP_DAMAGED,  /* RTSP that cannot be: no status, two lengths */
};
/* Zeroed to begin with, one a connection. */
struct thon_rtsp_reader {
        size_t scanned, line; /* of the message that begins: looked at so far, begin of the last line */
        size_t head, whole;   /* its size once known; 0 */
        size_t skip;          /* of a frame, to come */
        size_t garbage;
        bool spoke; /* it has said something in RTSP */
        bool lost;  /* among garbage */
};
/* `data` are the bytes that came and were not used yet, in order; folded header lines are made one in place. `*ret_used` bytes
 * from the front are done with: the caller drops them and calls again until MORE. Parts of an item are borrowed from
 * `data`. 0 or a positive thon_rtsp_error (nothing more can be read then). A caller with room for 4 + THON_RTSP_HEAD_MAX +
 * THON_RTSP_BODY_MAX bytes is never stuck, and work is linear in what comes, drop by drop too. */
int thon_rtsp_read(struct thon_rtsp_reader *reader, char *data, size_t size, size_t *ret_used,
                   struct thon_rtsp_item *ret);

/* Numbers of requests. Some cameras answer with none, or always the same one: that answer is taken. The answer to a request
 * that was given up comes late, and is not taken for that of the next one. */
struct thon_rtsp_cseq {
        uint32_t last;
        uint32_t unanswered; /* bit i: request last - i */
};
uint32_t thon_rtsp_cseq_next(struct thon_rtsp_cseq *cseq);
enum thon_rtsp_match { THON_RTSP_MATCH, THON_RTSP_ODD, THON_RTSP_STALE };
enum thon_rtsp_match thon_rtsp_cseq_match(struct thon_rtsp_cseq *cseq,
                                          const struct thon_rtsp_answer *answer);

/* The channel of RTP in a Transport header ("...;interleaved=2-3"); false when it names none. */
bool thon_rtsp_interleaved(struct thon_rtsp_text transport, uint8_t *ret_channel);

/* ---- addresses of tracks (src/core/camera/rtsp_url.c) ---- */
#define THON_RTSP_URL_MAX 1024
/* rtsp:// or rtsps://, at most THON_RTSP_URL_MAX - 1 bytes, nothing that would end a request line or a quoted string. */
bool thon_rtsp_url_fine(struct thon_rtsp_text url);
/* What controls are relative to: Content-Base, else Content-Location, else the address that was asked for. 0 or -EINVAL. */
int thon_rtsp_base(const struct thon_rtsp_answer *answer, const char *url,
                   char ret[static THON_RTSP_URL_MAX]);
/* A control of the SDP: absolute, relative (appended after a slash, as cameras and players do, and not by RFC 1808, which
 * would drop the last part), "*" or none (the base itself). 0 or -EINVAL. */
int thon_rtsp_resolve(const char *base, struct thon_rtsp_text control, char ret[static THON_RTSP_URL_MAX]);

/* ---- login challenges (src/core/camera/challenge.c) ---- */
#define THON_CHALLENGE_TEXT 256
enum thon_challenge_scheme { /* a higher one is better */
                             THON_CHALLENGE_NONE,
                             THON_CHALLENGE_BASIC,
                             THON_CHALLENGE_MD5,
                             THON_CHALLENGE_SHA256,
};
struct thon_challenge {
        enum thon_challenge_scheme scheme;
        bool session;  /* MD5-sess, SHA-256-sess */
        bool qop_auth; /* qop "auth" is offered; without any qop it is RFC 2069 */
        bool stale, has_opaque;
        char realm[THON_CHALLENGE_TEXT], nonce[THON_CHALLENGE_TEXT],
                opaque[THON_CHALLENGE_TEXT]; /* without quotes and escapes; no control characters */
};
/* The best that we can do of what WWW-Authenticate headers offer (several in one are read too): SHA-256, MD5, Basic. What is
 * damaged, too long, or wants what we have not (auth-int alone, SHA-512-256) is passed over. False: none, *ret untouched. */
bool thon_challenge_choose(const struct thon_rtsp_text *headers, size_t n, struct thon_challenge *ret);

/* ---- session description (src/core/camera/sdp.c) ---- */
enum thon_video_codec { THON_VIDEO_OTHER, THON_VIDEO_H264, THON_VIDEO_H265, THON_VIDEO_JPEG };
struct thon_sdp {
        bool video;
        int payload_type; /* of the first format; -1 none */
        enum thon_video_codec codec;
        char codec_name[16];                   /* "H264", "H265", "JPEG", another in capitals; "" unknown */
        struct thon_rtsp_text session_control; /* of the whole; borrowed */
        struct thon_rtsp_text control;         /* of the first video track; borrowed */
};
/* 0, or -EINVAL: no session description (or over THON_RTSP_BODY_MAX). */
int thon_sdp_read(const char *body, size_t size, struct thon_sdp *ret);

/* ---- RTP (src/core/camera/rtp.c) ---- */
struct thon_rtp {
        bool marker;
        uint8_t payload_type;
        uint16_t sequence;
        uint32_t timestamp, ssrc;
        const uint8_t *payload; /* borrowed; of it what was in `data` */
        size_t payload_size;
};
/* 0, or -EINVAL: no RTP (RTCP on the same channel too). `data` may be the beginning of a packet only. */
int thon_rtp_read(const uint8_t *data, size_t size, struct thon_rtp *ret);
/* It belongs to a picture that stands alone: IDR of H.264 (single, STAP-A, FU-A), IRAP of H.265 (single, AP, FU), any JPEG. */
bool thon_rtp_keyframe(enum thon_video_codec codec, const uint8_t *payload, size_t size);

/* Whether packets that come are a moving stream: sequence numbers go on, and timestamps change. Zeroed to begin with. */
struct thon_rtp_watch {
        unsigned packets, damaged;
        unsigned forward; /* times that the sequence number went on */
        unsigned moments; /* times that the timestamp changed */
        bool keyframe;
        uint16_t sequence;
        uint32_t timestamp;
};
void thon_rtp_watch(struct thon_rtp_watch *watch, enum thon_video_codec codec, const uint8_t *data,
                    size_t size);
bool thon_rtp_advancing(const struct thon_rtp_watch *watch);
