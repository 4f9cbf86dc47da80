/* The payload of event/<kind>, alike for all daemons: docs/mqtt-api.md. */
#pragma once

#include "thon/json.h"
#include "thon/zone.h"

struct thon_event {
        const char *id; /* raised and cleared share it */
        struct thon_wall at;
        bool raised;
        const char *severity; /* "info", "warning", "critical" */
        const char *subject;  /* id of what it is about */
        const char *text;     /* for people, in Vietnamese */
        const char *cause_id; /* the event that explains this one; NULL or "": none is known */
};
/* As text, owned; `values` (by kind; NULL: none) is stolen. NULL: no memory, or a text is not UTF-8. */
char *thon_event_payload(const struct thon_event *event, const struct thon_zone *zone, json_t *values);
