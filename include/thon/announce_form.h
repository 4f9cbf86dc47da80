/* The JSON forms of announcements: what a person or a program submits, and the whole as topics and lists show it.
 * Unknown members, wrong types, values out of range and contradictions are errors that name the place.
 * docs/announce-forms.md */
#pragma once

#include "thon/announce.h"
#include "thon/json.h"

#define THON_ANNOUNCE_LINE_MAX    200 /* bytes of a title and of a name */
#define THON_ANNOUNCE_REASON_MAX  500
#define THON_ANNOUNCE_READING_MAX (4 * THON_ANNOUNCE_TEXT_MAX) /* figures become words */
#define THON_ANNOUNCE_WHOLE_MAX   1024 /* of a line in the whole: alerts have long headlines */
#define THON_ANNOUNCE_CAP_MAX     4096
#define THON_ANNOUNCE_MEDIA_MAX   128
#define THON_ANNOUNCE_DAYS_MAX    16    /* DAYS in "days", and in "except" */
#define THON_ANNOUNCE_LATE_MAX    86400 /* s */
#define THON_ANNOUNCE_SOURCE_MIN  10    /* s that a station is relayed */
#define THON_ANNOUNCE_SOURCE_MAX  21600
#define THON_ANNOUNCE_COUNT_MAX   100
#define THON_ANNOUNCE_EVERY_MAX   (7 * 86400) /* s between the starts of a count */
#define THON_ANNOUNCE_PAST_MAX \
        86400 /* s: a message may have waited for the broker; what is older is a slip */

struct thon_announce_form_options {
        const struct thon_zone *zone; /* of civil times, and of times without an offset */
        struct thon_wall now;         /* "at" where none is given */
        bool chime;                   /* where the form does not say */
};

/* What is submitted: SUBMITTED, at now; id "" when none is given. `*ret_pin` (may be NULL) is borrowed from `doc`,
 * NULL: none; the PIN is nowhere else. Whether zones, media and source exist is not known here. 0, -EINVAL (error
 * filled) or -ENOMEM; `*ret` is zeroed on failure. */
int thon_announce_form_read(const json_t *doc, const struct thon_announce_form_options *options,
                            struct thon_announcement *ret, const char **ret_pin,
                            struct thon_json_error *error);

/* The whole, without what is not given; times with the zone's offset. NULL: no memory. */
json_t *thon_announce_form_write(const struct thon_announcement *announcement, const struct thon_zone *zone);

/* What thon_announce_form_write() wrote gives the same announcement again; as strict as above. */
int thon_announce_form_whole(const json_t *doc, const struct thon_zone *zone, struct thon_announcement *ret,
                             struct thon_json_error *error);
