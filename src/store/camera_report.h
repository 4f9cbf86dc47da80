/* The lists of a report. `area` NULL: all; else that and all below it. */
#pragma once

#include "registry_area.h"
#include "sql.h"
#include "thon/json.h"
#include "thon/zone.h"

/* SQL: column `area` lies at or below ?1, which may be NULL for all. */
#define THON_SQL_IN_AREA " (?1 IS NULL OR area IN " THON_SQL_AREA_BELOW("?1") ")"

struct report_span {
        struct thon_store *store;
        const struct thon_zone *zone;
        struct thon_wall from, to;
};
/* null for NEVER. */
json_t *report_time_json(const struct thon_zone *zone, struct thon_wall at);
int report_incidents_json(const struct report_span *report, const char *area, json_t *list);
int report_healed_json(const struct report_span *report, const char *area, json_t *list);
int report_never_json(const struct report_span *report, const char *area, json_t *list);
