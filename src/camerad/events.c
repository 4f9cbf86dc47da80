/* Events of ours, as they stand in docs/mqtt-api.md. */
#include <stdio.h>
#include <stdlib.h>

#include "camerad.h"
#include "thon/cleanup.h"
#include "thon/log.h"

void camerad_event(struct camerad *d, const char *kind, const char *id, struct thon_wall when, bool raised,
                   const char *severity, const char *subject, const char *text, json_t *values,
                   const char *cause_id)
{
        char at[THON_TIME_TEXT], topic[THON_SLUG_MAX + 16];
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_free_ char *payload = NULL;

        thon_time_text(d->zone, when, at);
        doc = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:s?}", "id", id, "at", at, "state",
                        raised ? "raised" : "cleared", "severity", severity, "subject", subject, "text",
                        text, "values", values ? values : json_object(), "cause_id",
                        cause_id && *cause_id ? cause_id : NULL);
        payload = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
        if (!payload) {
                thon_error("Event %s could not be written, and is lost", id);
                return;
        }
        snprintf(topic, sizeof(topic), "event/%s", kind);
        thon_outbox_hold(d->outbox, topic, payload);
        if (!d->looking)
                thon_outbox_flush(d->outbox, d->mqtt);
}
