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
                THON_UNTIL_MORNING,
                THON_UNTIL_TOMORROW
        } until;             /* DEFER, WAIT: 06:05 + jitter; the next civil day */
        const char *meaning; /* Vietnamese: what it is and what to do */
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
/* NULL: not in the table. An unknown code below zero or above 399 of a provider that answered plainly is a refusal:
 * callers use THON_VERDICT_RETRY for it, and log the provider's words. */
const struct thon_code *thon_code_find(enum thon_code_table table, int64_t code);
/* In order of code, for docs and tests. */
const struct thon_code *thon_codes(enum thon_code_table table, size_t *ret_n);

/* Fills verdict, meaning, code, wait_s, until and remember_s of a judgement from a table. `until` needs the civil time.
 * Unknown codes: RETRY, "mã lỗi chưa biết". */
struct thon_zone;
void thon_code_judge(enum thon_code_table table, int64_t code, const struct thon_zone *zone,
                     struct thon_wall now, double jitter, struct thon_judgement *ret);
/* HTTP status alone, with Retry-After in seconds (-1: none): 2xx SENT, 429 and 503 with Retry-After WAIT, other 5xx
 * UNKNOWN, 401/403 CHANNEL, other 4xx MESSAGE. */
void thon_http_judge(unsigned status, int64_t retry_after_s, struct thon_judgement *ret);
