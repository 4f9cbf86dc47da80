/* camerad.conf, which camerad runs by and thonctl reads for reports. */
#pragma once

#include "thon/camera_cause.h"
#include "thon/camera_heal.h"
#include "thon/conf.h"

struct thon_camera_conf {
        /* [camera] */
        int64_t interval_s;                /* default 60: each device is checked so often */
        int64_t retry_s;                   /* default 15: while something is wrong */
        int64_t play_s;                    /* default 600: how often the ladder goes up to RTP; 0 never */
        int64_t picture_s;                 /* default 300: how often a snapshot is taken; 0 never */
        int64_t recorder_s;                /* default 3600 */
        int64_t recorder_behind_s;         /* default 6 h: no recording for so long is a fault */
        int connect_ms, answer_ms, rtp_ms; /* 3000, 4000, 3000 */
        bool ping;         /* default yes; no: networks here drop ICMP, its silence says nothing */
        int in_flight;     /* default 256: checks at once */
        int64_t skew_s;    /* default 60 */
        char *user;        /* of cameras that name none; NULL */
        char *credential;  /* of cameras whose password was not set; as thon_secret_read() takes it; NULL */
        int64_t history_s; /* default 1100 d */
        int64_t pictures_keep_s; /* default 30 d; last good and last bad are kept in any case */
        int64_t pictures_max;    /* bytes of all pictures; default 256 MiB; the oldest go first */
        struct thon_state_rules state;
        struct thon_cause_rules cause; /* hold, together, settle */
        struct thon_heal_rules heal;   /* [heal] */
        int digest_min; /* [heal] digest: minute of the civil day at which the morning digest is told; -1 never */
        bool discover; /* [discover] follow: a camera found at another address is followed; default yes */
        char *discover_probe; /* ADDRESS:PORT, probed instead of the multicast group; NULL */
};
int thon_camera_conf_read(const char *config_dir, struct thon_camera_conf *ret,
                          struct thon_conf_report *report);
void thon_camera_conf_done(struct thon_camera_conf *conf);
