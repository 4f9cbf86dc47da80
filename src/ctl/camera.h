/* What the files of `thonctl camera` share. */
#pragma once

#include "ctl.h"
#include "thon/camera_store.h"

/* The one argument of a command; CTL_USAGE (told) for anything else. */
int ctl_camera_id(struct ctl *ctl, int argc, char **argv, const char *verb, const char **ret);
/* The store for reading and the site's zone. */
int ctl_camera_open(struct ctl *ctl);
/* An area by its id, its name, or the id of one that was merged into it; told when there is none. */
int ctl_camera_area(struct ctl *ctl, const char *text, json_t **ret);
/* In the site's zone; null for NEVER. */
json_t *ctl_time_json(const struct ctl *ctl, struct thon_wall at);
/* [--from T] [--to T]: the last `days` days up to now unless given. */
int ctl_camera_span(struct ctl *ctl, const char *from, const char *to, int days, struct thon_wall *ret_from,
                    struct thon_wall *ret_to);
/* The history of one camera (NULL: all), oldest first, the last `limit` rows. CTL_OK or told. */
int ctl_camera_history(struct ctl *ctl, const char *id, struct thon_wall from, struct thon_wall to,
                       size_t limit, json_t **ret);

/* ---- words of the report, in Vietnamese; borrowed, or in the caller's buffer ---- */
/* "98,52 %", cut and not rounded; "chưa rõ" of null. */
const char *ctl_share_text(const json_t *value, char buf[static 24]);
/* "2 giờ 05 phút" */
const char *ctl_span_text(int64_t s, char buf[static 40]);
/* An instant of a document, which is in the site's zone, as "20:00 21/11/2026". */
const char *ctl_clock_text(const char *at, char buf[static 24]);
/* Slugs that are not known are given back. */
const char *ctl_kind_text(const char *kind);
const char *ctl_cause_text(const char *cause);
const char *ctl_verdict_text(const char *slug); /* "" of unknown */
const char *ctl_result_text(const char *result);
