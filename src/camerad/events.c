/* Events of ours, as they stand in docs/mqtt-api.md. */
#include <stdio.h>
#include <stdlib.h>

#include "camerad.h"
#include "thon/cleanup.h"
#include "thon/event.h"
#include "thon/log.h"

void camerad_event(struct camerad *d, const char *kind, const char *id, struct thon_wall when, bool raised,
                   const char *severity, const char *subject, const char *text, json_t *values,
                   const char *cause_id)
{
        const struct thon_event event = {.id = id,
                                         .at = when,
                                         .raised = raised,
                                         .severity = severity,
                                         .subject = subject,
                                         .text = text,
                                         .cause_id = cause_id};
        _cleanup_free_ char *payload = thon_event_payload(&event, d->zone, values);
        char topic[THON_SLUG_MAX + 16];

        if (!payload) {
                thon_error("Event %s could not be written, and is lost", id);
                return;
        }
        snprintf(topic, sizeof(topic), "event/%s", kind);
        thon_outbox_hold(d->outbox, topic, payload);
        if (!d->looking)
                thon_outbox_flush(d->outbox, d->mqtt);
}
