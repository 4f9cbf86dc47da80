/* One form for every reader: what routes, Home Assistant and a person at a terminal see of a lamp they see of a loudspeaker. */
#include "thon/event.h"

#include <stdlib.h>

char *thon_event_payload(const struct thon_event *event, const struct thon_zone *zone, json_t *values)
{
        _cleanup_json_ json_t *doc = NULL;
        char at[THON_TIME_TEXT];

        thon_time_text(zone, event->at, at);
        doc = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:s?}", "id", event->id, "at", at, "state",
                        event->raised ? "raised" : "cleared", "severity", event->severity, "subject",
                        event->subject, "text", event->text, "values", values ? values : json_object(),
                        "cause_id", event->cause_id && *event->cause_id ? event->cause_id : NULL);
        return doc ? json_dumps(doc, JSON_COMPACT) : NULL;
}
