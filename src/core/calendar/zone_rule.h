/* The rule that continues a zone beyond its table: the POSIX TZ string in the footer of a TZif file, with
 * the hours of -167..167 that RFC 9636 allows. */
#pragma once

#include "thon/time.h"

enum thon_rule_day_kind {
        THON_RULE_JULIAN,  /* Jn: day 1..365, 29 February is never counted */
        THON_RULE_ORDINAL, /* n: day 0..365, 29 February is counted */
        THON_RULE_MONTH,   /* Mm.w.d: weekday d (0 Sunday) of week w (5: the last) of month m */
};

struct thon_zone_rule {
        int32_t std, dst; /* seconds east of UTC */
        bool has_dst;
        struct thon_rule_change {
                enum thon_rule_day_kind kind;
                int16_t month, week, day;
                int32_t second; /* local time of the offset before the change; may lie outside the day */
        } begin, end;           /* of daylight saving time */
};

/* `text` of `size` bytes, not terminated. Returns false when it is anything else. */
bool thon_zone_rule_parse(const char *text, size_t size, struct thon_zone_rule *ret);

/* The offset at an instant and the time until which it holds (INT64_MAX: for ever). */
int32_t thon_zone_rule_at(const struct thon_zone_rule *rule, int64_t at, int64_t *ret_until);
