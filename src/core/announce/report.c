/* Counting, and nothing else: each airing falls into one class of one zone, and into exactly one of aired, dropped,
 * cancelled and open, so that the columns of the page add up. */
#include "thon/announce_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct thon_announce_report {
        struct thon_wall from, to;
        size_t n_zones, n_ids;
        struct thon_announce_report_zone *zones;
        thon_slug *ids; /* of announcements, ascending */
        size_t ids_room;
};

int thon_announce_report_new(struct thon_wall from, struct thon_wall to, struct thon_announce_report **ret)
{
        struct thon_announce_report *report;

        if (from.s >= to.s)
                return -EINVAL;
        report = calloc(1, sizeof(*report));
        if (!report)
                return -ENOMEM;
        report->from = from;
        report->to = to;
        *ret = report;
        return 0;
}

struct thon_announce_report *thon_announce_report_free(struct thon_announce_report *report)
{
        if (!report)
                return NULL;
        free(report->zones);
        free(report->ids);
        free(report);
        return NULL;
}

static int zone_of(struct thon_announce_report *report, const char *id,
                   struct thon_announce_report_zone **ret)
{
        struct thon_announce_report_zone *zones;

        if (!thon_slug_valid(id))
                return -EINVAL;
        for (size_t i = 0; i < report->n_zones; i++)
                if (strcmp(report->zones[i].id, id) == 0) {
                        *ret = &report->zones[i];
                        return 0;
                }
        zones = reallocarray(report->zones, report->n_zones + 1, sizeof(*zones));
        if (!zones)
                return -ENOMEM;
        report->zones = zones;
        *ret = &zones[report->n_zones++];
        **ret = (struct thon_announce_report_zone){.n_faults = 0};
        memcpy((*ret)->id, id, strlen(id) + 1);
        return 0;
}

static int count_announcement(struct thon_announce_report *report, const char *id)
{
        size_t low = 0, high = report->n_ids;

        if (!thon_slug_valid(id))
                return -EINVAL;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int order = strcmp(report->ids[middle], id);

                if (order == 0)
                        return 0;
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        if (report->n_ids == report->ids_room) {
                size_t room = report->ids_room > 0 ? 2 * report->ids_room : 64;
                thon_slug *ids = reallocarray(report->ids, room, sizeof(*ids));

                if (!ids)
                        return -ENOMEM;
                report->ids = ids;
                report->ids_room = room;
        }
        memmove(report->ids + low + 1, report->ids + low, (report->n_ids - low) * sizeof(*report->ids));
        memcpy(report->ids[low], id, strlen(id) + 1);
        report->n_ids++;
        return 0;
}

int thon_announce_report_airing(struct thon_announce_report *report,
                                const struct thon_announce_report_airing *airing)
{
        struct thon_announce_report_zone *zone;
        struct thon_announce_count *count;
        int r;

        if (airing->due.s < report->from.s || airing->due.s >= report->to.s)
                return 0;
        r = zone_of(report, airing->zone, &zone);
        if (r == 0)
                r = count_announcement(report, airing->announcement);
        if (r < 0)
                return r;
        count = &zone->classes[airing->class];
        count->airings++;
        count->ms += airing->ms > 0 ? airing->ms : 0;
        if (airing->began.s != THON_WALL_NEVER.s && airing->began.s - airing->due.s > THON_REPORT_LATE_S)
                count->late++;
        switch (airing->state) {
        case THON_AIRING_AIRED:
                count->aired++;
                count->silent += airing->silent;
                break;
        case THON_AIRING_DROPPED:
                count->dropped++;
                break;
        case THON_AIRING_CANCELLED:
                count->cancelled++;
                break;
        case THON_AIRING_WAITING:
        case THON_AIRING_ON_AIR:
        case THON_AIRING_STATES:
                count->open++;
                break;
        }
        if (airing->state == THON_AIRING_DROPPED || airing->state == THON_AIRING_CANCELLED) {
                count->partly += airing->ms > 0;
                count->reasons[airing->reason]++;
        }
        return 0;
}

int thon_announce_report_fault(struct thon_announce_report *report, const char *zone_id, const char *fault,
                               struct thon_wall began, struct thon_wall ended)
{
        struct thon_announce_report_zone *zone;
        struct thon_announce_fault_count *count = NULL;
        int64_t from = began.s > report->from.s ? began.s : report->from.s,
                to = ended.s < report->to.s ? ended.s : report->to.s;
        int r;

        /* One that began and ended in one second was a fault all the same. */
        if (began.s >= report->to.s || ended.s < report->from.s || ended.s < began.s)
                return 0;
        r = zone_of(report, zone_id, &zone);
        if (r < 0)
                return r;
        if (strlen(fault) >= sizeof(count->fault))
                fault = "other";
        for (int pass = 0; pass < 2 && !count; pass++) {
                for (size_t i = 0; i < zone->n_faults && !count; i++)
                        if (strcmp(zone->faults[i].fault, fault) == 0)
                                count = &zone->faults[i];
                if (!count && zone->n_faults < THON_REPORT_FAULTS_MAX) {
                        /* The last place is kept for all others together. */
                        if (zone->n_faults == THON_REPORT_FAULTS_MAX - 1)
                                fault = "other";
                        count = &zone->faults[zone->n_faults++];
                        *count = (struct thon_announce_fault_count){.number = 0};
                        memcpy(count->fault, fault, strlen(fault) + 1);
                }
                fault = "other";
        }
        if (!count)
                return -EINVAL;
        count->number++;
        count->seconds += to > from ? to - from : 0;
        count->stands |= ended.s == THON_WALL_NEVER.s;
        return 0;
}

static int by_id(const void *a, const void *b)
{
        const struct thon_announce_report_zone *x = a, *y = b;

        return strcmp(x->id, y->id);
}

const struct thon_announce_report_zone *thon_announce_report_zones(struct thon_announce_report *report,
                                                                   size_t *ret_n)
{
        if (report->n_zones > 0)
                qsort(report->zones, report->n_zones, sizeof(*report->zones), by_id);
        *ret_n = report->n_zones;
        return report->zones;
}

size_t thon_announce_report_announcements(const struct thon_announce_report *report)
{
        return report->n_ids;
}

void thon_announce_count_add(struct thon_announce_count *sum, const struct thon_announce_count *one)
{
        sum->airings += one->airings;
        sum->aired += one->aired;
        sum->partly += one->partly;
        sum->dropped += one->dropped;
        sum->cancelled += one->cancelled;
        sum->open += one->open;
        sum->late += one->late;
        sum->silent += one->silent;
        sum->ms += one->ms;
        for (size_t i = 0; i < THON_AIR_REASONS; i++)
                sum->reasons[i] += one->reasons[i];
}
