/* A month of the loudspeakers in numbers, for the People's Committee: what each zone aired by class, what it did
 * not and why, and what of the plant failed. Pure: fed with airings and faults in any order. */
#pragma once

#include "thon/announce.h"

/* An airing that began so long after its time is late. */
#define THON_REPORT_LATE_S 60

struct thon_announce_count {
        unsigned airings;                   /* all that were due */
        unsigned aired;                     /* to their end */
        unsigned partly;                    /* dropped or cancelled, but some of it was heard */
        unsigned dropped;                   /* by a rule or a fault; with those of `partly` */
        unsigned cancelled;                 /* by a person; with those of `partly` */
        unsigned open;                      /* not ended yet */
        unsigned late;                      /* of those that began */
        unsigned silent;                    /* aired, but the proof of sound says that nothing came out */
        int64_t ms;                         /* of sound, all pieces together */
        unsigned reasons[THON_AIR_REASONS]; /* of dropped and cancelled */
};
void thon_announce_count_add(struct thon_announce_count *sum, const struct thon_announce_count *one);

struct thon_announce_fault_count {
        char fault[32]; /* "silent", "stuck", ... */
        unsigned number;
        int64_t seconds; /* within the span */
        bool stands;     /* one of them has not ended */
};
#define THON_REPORT_FAULTS_MAX 12 /* kinds in a zone; what is beyond is counted as "other" */

struct thon_announce_report_zone {
        thon_slug id;
        struct thon_announce_count classes[THON_CLASSES];
        size_t n_faults;
        struct thon_announce_fault_count faults[THON_REPORT_FAULTS_MAX];
};

struct thon_announce_report;
/* Airings due in [from, to). Faults are clipped to it; `to` is not after now. */
int thon_announce_report_new(struct thon_wall from, struct thon_wall to, struct thon_announce_report **ret);
struct thon_announce_report *thon_announce_report_free(struct thon_announce_report *report);

struct thon_announce_report_airing {
        const char *announcement, *zone;
        enum thon_class class;
        struct thon_wall due, began; /* NEVER: it did not begin */
        enum thon_airing_state state;
        enum thon_air_reason reason;
        int64_t ms;
        bool silent;
};
/* What is due outside the span is passed over. 0, -EINVAL (no zone), -ENOMEM. */
int thon_announce_report_airing(struct thon_announce_report *report,
                                const struct thon_announce_report_airing *airing);
/* `ended` NEVER: it stands. */
int thon_announce_report_fault(struct thon_announce_report *report, const char *zone, const char *fault,
                               struct thon_wall began, struct thon_wall ended);

/* In order of their ids; borrowed until the next call that feeds it. */
const struct thon_announce_report_zone *thon_announce_report_zones(struct thon_announce_report *report,
                                                                   size_t *ret_n);
/* Different announcements that had an airing. */
size_t thon_announce_report_announcements(const struct thon_announce_report *report);
