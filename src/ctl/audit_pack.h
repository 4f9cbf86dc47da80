/* Whether an evidence pack of announcements is what it says: for an inspector who has the pack, its sound, and a
 * head that was noted. */
#pragma once

#include "thon/json.h"
#include "thon/time.h"

#define CTL_PACK_FINDINGS 100

struct ctl_pack_result {
        size_t rows, announcements, airings, alerts; /* that were proved */
        size_t sounds, missing; /* files beside it that are as they were aired; those that are not there */
        char head[65];
        json_t *findings; /* what is wrong, in English, at most CTL_PACK_FINDINGS; owned by the caller */
};
/* `dir`: where the sound is looked for; NULL: nowhere. `head` (may be NULL) must be in the chain. `pack` is of any
 * form. 0 or -ENOMEM. */
int ctl_pack_check(const json_t *pack, const char *dir, const char *head, struct ctl_pack_result *ret);
