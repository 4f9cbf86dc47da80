/* The tables behind thon_code_find(), one file a provider, in order of code. */
#pragma once

#include "thon/relay_codes.h"

struct code_list {
        const struct thon_code *codes;
        size_t n;
};
extern const struct code_list codes_zalo_oa, codes_zalo_zns, codes_zalo_bot, codes_telegram, codes_facebook,
        codes_http;

enum { CODES_DAY = 86400, CODES_WEEK = 7 * CODES_DAY, CODES_MONTH = 30 * CODES_DAY };

#define CODE_LIST(array)                                 \
        {                                                \
                (array), sizeof(array) / sizeof *(array) \
        }
