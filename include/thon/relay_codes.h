/* What providers' answers mean: one table a kind of channel, code by code, with its meaning in Vietnamese. Sources and
 * how sure each is: docs/channels.md. Pure; parsing the answer is the channel's. */
#pragma once

#include "thon/relay.h"

struct thon_code {
        int64_t code;
        enum thon_verdict verdict;
        int64_t seconds; /* WAIT: pause; DEFER: so long; PERSON: remembered; 0: see `until` */
        enum {
                THON_UNTIL_NONE,
                THON_UNTIL_MINUTE,   /* WAIT: the next minute of the clock */
                THON_UNTIL_MORNING,  /* 06:05 */
                THON_UNTIL_TOMORROW, /* 00:05 of the next civil day */
        } until;                     /* DEFER, WAIT; the last two spread over 20 minutes by `jitter` */
        const char *meaning;         /* Vietnamese: what it is and what to do */
};
enum thon_code_table {
        THON_CODES_ZALO_OA,  /* consultation, group, template by UID, on openapi.zalo.me */
        THON_CODES_ZALO_ZNS, /* template by phone, on business.openapi.zalo.me */
        THON_CODES_ZALO_BOT,
        THON_CODES_TELEGRAM,
        THON_CODES_FACEBOOK,
        THON_CODES_HTTP, /* by status, for every other kind and for answers without a code of their own */
        THON_CODE_TABLES
};
/* NULL: not in the table. */
const struct thon_code *thon_code_find(enum thon_code_table table, int64_t code);
/* In order of code, for docs and tests. */
const struct thon_code *thon_codes(enum thon_code_table table, size_t *ret_n);

/* A judgement from a table; message_id, new_address, detail are empty and quota_left is -1, for the caller to fill.
 * `until` needs the civil time. `jitter` in [0, 1).
 *
 * A code that is not in the table is a refusal all the same, for the provider answered plainly: RETRY, and its words are
 * told. A provider's night ends by its clock, not ours: said between 06:05 and 07:00, it means minutes, not a day. */
struct thon_zone;
void thon_code_judge(enum thon_code_table table, int64_t code, const struct thon_zone *zone,
                     struct thon_wall now, double jitter, struct thon_judgement *ret);
/* HTTP status alone, with Retry-After in seconds (-1: none; at most a day of it is believed): 2xx SENT; 429, and 503 with
 * Retry-After, WAIT; other 5xx UNKNOWN; 401, 403 and redirects (none is followed) CHANNEL; 408 and 425 RETRY; other 4xx
 * MESSAGE. What is no final status at all: UNKNOWN. Filled as above. */
void thon_http_judge(unsigned status, int64_t retry_after_s, struct thon_judgement *ret);
