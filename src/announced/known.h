/* The alerts that were taken before, the latest: what an Update or a Cancel may name. */
#pragma once

#include "announced.h"
#include "thon/cap.h"

#define KNOWN_MAX 64

struct known_alert {
        char *sender, *identifier;
        struct thon_wall sent, expires, ended_by;
        bool over;
        thon_slug announcement; /* "": none, it came after its own end */
};
struct known_alerts {
        struct known_alert list[KNOWN_MAX]; /* in order of coming */
        size_t n;
        bool loaded;
};

void known_load(struct announced *d, struct known_alerts *known);
/* 0 or -ENOMEM. The oldest goes when there are too many. */
int known_add(struct known_alerts *known, const struct known_alert *alert);
/* As the core takes them; expired ones are over, by a trusted clock. Returns their number. */
size_t known_view(const struct known_alerts *known, struct thon_air_now now,
                  struct thon_cap_known ret[static KNOWN_MAX]);
/* Those with a bit in `ends` are over by what was sent at `by`, and so is what they air. */
void known_end(struct announced *d, struct known_alerts *known, uint64_t ends, struct thon_wall by,
               const char *actor);
/* References of an alert to its own sender's that never came: should they come, they are over. */
void known_close(struct known_alerts *known, const struct thon_cap *cap);
void known_done(struct known_alerts *known);
