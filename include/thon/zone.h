/* A civil time zone, from the bytes of a TZif file (RFC 8536, versions 1 to 4).
 *
 * The platform reads the file; this is a pure function of its bytes, so that the core can convert times without the
 * process-wide TZ of the C library. */
#pragma once

#include "thon/time.h"

struct thon_zone;

enum thon_zone_error {
        THON_ZONE_OK,
        THON_ZONE_INVALID, /* not a TZif file, cut short, or over its limits (64 KiB) */
};

/* Returns 0, THON_ZONE_INVALID or -ENOMEM. The zone owns copies of what it needs. */
int thon_zone_parse(const void *tzif, size_t size, struct thon_zone **ret);

/* UTC+h as a zone, for places and tests that need no file. `offset_s` within ±26 h. */
int thon_zone_fixed(int32_t offset_s, struct thon_zone **ret);

struct thon_zone *thon_zone_free(struct thon_zone *zone);

/* Seconds east of UTC at that instant. Defined for every instant: the footer's POSIX rule continues the table. */
int32_t thon_zone_offset(const struct thon_zone *zone, struct thon_wall at);

/* Civil date (days since 1970-01-01) and second of the day (0..86399) at an instant. */
struct thon_civil {
        int32_t days;
        int32_t second;
};
struct thon_civil thon_zone_civil(const struct thon_zone *zone, struct thon_wall at);

/* The instant of a civil time, `second` 0..86400. A time that the zone skips gives the instant of the jump; one that
 * comes twice, the first. */
struct thon_wall thon_zone_instant(const struct thon_zone *zone, int32_t days, int32_t second);

/* RFC 3339 with the zone's offset: "2026-11-21T17:31:00+07:00". */
#define THON_TIME_TEXT 40
const char *thon_time_text(const struct thon_zone *zone, struct thon_wall at,
                           char buf[static THON_TIME_TEXT]);

/* RFC 3339 with "Z" or an offset; fractions of a second are cut off. With `zone`, also "YYYY-MM-DDTHH:MM[:SS]" or
 * with a space, without an offset, as civil time there. Returns false when it is anything else. */
bool thon_time_parse(const struct thon_zone *zone, const char *text, struct thon_wall *ret);
