/* What was told of incidents, by names and not by places, and every word of it: the finder is made anew with each registry, the
 * store may be away for hours, and the end of an incident must go by the kind under which it began. */
#pragma once

#include "camerad.h"

struct told {
        char id[THON_INCIDENT_ID], cause_id[THON_INCIDENT_ID];
        enum thon_cause_kind cause;
        enum thon_camera_verdict verdict; /* as it was told */
        char *root, *name, *area, *text, *end_text;
        int64_t group;
        struct thon_wall began, ended; /* NEVER: it stands */
        size_t most;
        char **members; /* ids */
        size_t n_members;
        bool absorbed; /* a wider incident, cause_id, has taken it over: its end is told with that one's */
        bool dirty, written; /* not yet in the store; in a transaction that is open */
};

struct camerad_told {
        struct told *items;
        size_t n, room;
        bool loaded; /* what stood when we ended last was read */
};

char *told_text(const char *text); /* a copy; "" of NULL */
/* One that stands, or NULL. */
struct told *told_find(struct camerad *d, const char *id);
/* The caller fills it. NULL: no memory. Ended ones that the store has not taken for long give way. */
struct told *told_add(struct camerad *d, const char *id);
void told_remove(struct camerad_told *told, size_t i);
void told_let_go(struct told *told); /* of its members */
/* d->told, and once what stood when we ended last. 0 too while the store is away; -ENOMEM. */
int told_load(struct camerad *d);
