/* An RTSP client (RFC 2326, as cameras speak it) on the loop: one connection, one check, then TEARDOWN and away. Ours and not
 * libcurl's: no name cache, no threads, answers of odd cameras are told apart (docs/decisions.md).
 *
 * One TCP connection does OPTIONS, DESCRIBE (again with a login when it is asked for: Digest with SHA-256 or MD5, else
 * Basic), SETUP of the first video track over TCP (interleaved), PLAY, listens for RTP, and ends what it set up with TEARDOWN,
 * which is sent also when the check failed or timed out. Every wait has a deadline, every buffer a limit (answer head
 * 16 KiB, SDP 64 KiB, interleaved frames are counted and thrown away). rtsps:// is TLS without a check of the certificate
 * (cameras sign their own), told in docs. */
#pragma once

#include <sys/socket.h>
#include <systemd/sd-event.h>

#include "thon/camera.h"

struct rtsp_check;

struct rtsp_want {
        struct sockaddr_storage address; /* with the port */
        socklen_t address_size;
        const char *url;             /* as it goes over the wire; no user, no password. Copied */
        const char *user, *password; /* NULL: none, or not to be tried. Copied, wiped at the end */
        bool tls;
        enum thon_rung up_to; /* THON_RUNG_TCP (connects and hangs up), OPTIONS, DESCRIBE or RTP */
        uint64_t connect_us, answer_us, rtp_us; /* deadlines of each wait, real time */
};
/* Called once, from the loop, never from within rtsp_check_start(); the check is over and freed when it returns. `reached`,
 * `failure`, `status`, `error`, auth, video, codec, RTP counts, times and detail are filled; pings are not. */
typedef void (*rtsp_check_fn)(const struct thon_probe *probe, void *userdata);

/* 0, or -errno of ours: nothing was begun. -EMFILE, -ENOMEM; -EINVAL: a URL that is none (above THON_RUNG_TCP), user or
 * password over 255 bytes. */
int rtsp_check_start(sd_event *event, const struct rtsp_want *want, rtsp_check_fn fn, void *userdata,
                     struct rtsp_check **ret);
/* Its function is not called any more; a session that was set up is torn down as far as the socket takes it at once. */
struct rtsp_check *rtsp_check_cancel(struct rtsp_check *check);
