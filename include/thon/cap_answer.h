/* Around a decision on an alert, alike in the daemon and in a dry run: the commune as it is configured, and the
 * answer that people and programs get. */
#pragma once

#include <jansson.h>

#include "thon/announced_conf.h"
#include "thon/cap.h"
#include "thon/zone.h"

/* Borrows from `conf`; `zones` (as many as conf->n_zones) are filled, and have its order. */
void thon_cap_commune_of(const struct thon_announced_conf *conf, struct thon_geo site,
                         struct thon_cap_zone zones[static THON_ANNOUNCE_ZONES_MAX],
                         struct thon_cap_commune *ret);

/* {"accepted","reason","detail","class","level","zones","title","text","begins","expires","repeats","every","lamps","notify","exercise",
 * "all_clear","identifier","sender","sent","status","msg_type","signed","signature","signer"}: what does not apply
 * is null. `reason` is a slug (of thon_cap_refusal_slug()), null when it is taken; `detail` says it in Vietnamese.
 * NULL: no memory. */
json_t *thon_cap_answer(const struct thon_cap *cap, enum thon_cap_signed how, const char *signer,
                        const struct thon_cap_decision *decision, const struct thon_cap_commune *commune,
                        const struct thon_zone *zone);
/* The same for what is no alert: reason "invalid", detail the error. */
json_t *thon_cap_answer_invalid(const char *error);
