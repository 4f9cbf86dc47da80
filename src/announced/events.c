/* Events of ours, as they stand in docs/mqtt-api.md: what a person must know of, in words for people. Faults of a zone are raised once and
 * cleared once, with one id, and stand in the store for the month's report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "thon/cleanup.h"
#include "thon/event.h"
#include "thon/log.h"

void announced_event(struct announced *d, const char *kind, const char *id, struct thon_wall when,
                     bool raised, const char *severity, const char *subject, const char *text,
                     json_t *values)
{
        const struct thon_event event = {.id = id,
                                         .at = when,
                                         .raised = raised,
                                         .severity = severity,
                                         .subject = subject,
                                         .text = text};
        _cleanup_free_ char *payload = thon_event_payload(&event, d->tz, values);
        char topic[THON_SLUG_MAX + 16];

        if (!payload) {
                thon_error("Event %s could not be written, and is lost", id);
                return;
        }
        snprintf(topic, sizeof(topic), "event/%s", kind);
        thon_outbox_hold(d->outbox, topic, payload);
        announced_keep_soon(d);
        if (!d->looking)
                thon_outbox_flush(d->outbox, d->mqtt);
}

static const struct {
        const char *kind, *slug;                 /* of the event; of the fault in the store */
        const char *severity, *raised, *cleared; /* %s: the zone's name */
} PART[] = {
        [PART_SILENT] =
                {"announce-silent", "silent", "critical",
                 "%s: đang phát nhưng không có tiếng. Kiểm tra tăng âm, dây loa và nguồn điện của cụm loa.",
                 "%s đã có tiếng trở lại."},
        [PART_STUCK] =
                {"announce-stuck", "stuck", "critical",
                 "%s có tiếng khi không phát bản tin nào: tăng âm bị kẹt, hoặc có nguồn lạ chen vào. Tắt tăng âm "
                 "và kiểm tra đường tín hiệu.",
                 "%s không còn tiếng lạ."},
        [PART_RETURN] =
                {"announce-return", "return-lost", "warning",
                 "%s: mất đường kiểm tra tiếng, không biết loa có kêu hay không. Kiểm tra đầu vào kiểm tra.",
                 "%s: đường kiểm tra tiếng đã hoạt động lại."},
        [PART_PLAYER] =
                {"announce-player", "player", "warning",
                 "%s: trình phát gặp lỗi và được thay. Nếu lặp lại, kiểm tra card âm thanh hoặc đường truyền tới loa.",
                 "%s: trình phát đã hoạt động bình thường."},
        [PART_AMPLIFIER] =
                {"announce-amplifier", "amplifier", "critical",
                 "%s: tăng âm không bật hoặc không tắt theo lệnh. Kiểm tra rơ le và công tắc của tăng âm.",
                 "%s: tăng âm đã theo lệnh trở lại."},
};

static void keep_fault(struct announced *d, size_t zone, enum announced_part part, struct thon_wall ended)
{
        const struct announced_fault *fault = &d->zones[zone].faults[part];
        int r;

        if (!announced_store(d)) {
                thon_warning("Zone %s: %s will be missing in the month's report: the store is away",
                             d->conf.zones[zone].id, PART[part].slug);
                return;
        }
        r = thon_zone_fault(d->store, d->conf.zones[zone].id, PART[part].slug,
                            fault->problem ? fault->problem : "", fault->began, ended);
        if (r != 0)
                announced_store_failed(d, r);
}

static void tell(struct announced *d, size_t zone, enum announced_part part, bool raised)
{
        const struct thon_air_zone_conf *conf = &d->conf.zones[zone];
        const struct announced_fault *fault = &d->zones[zone].faults[part];
        _cleanup_free_ char *text = NULL;
        const char *form = raised ? PART[part].raised : PART[part].cleared;
        const char *name = strstr(form, "%s");

        if (asprintf(&text, "%.*s%s%s", (int)(name - form), form, conf->name, name + 2) < 0)
                return;
        announced_event(d, PART[part].kind, fault->id, announced_now(d).wall, raised, PART[part].severity,
                        conf->id, text,
                        json_pack("{s:s,s:s,s:s,s:s}", "zone", conf->id, "name", conf->name, "area",
                                  conf->n_areas > 0 ? conf->areas[0] : "", "detail", fault->problem));
        thon_log_full(raised ? LOG_WARNING : LOG_NOTICE,
                      raised ? THON_MSG_FAULT_RAISED : THON_MSG_FAULT_CLEARED,
                      (const char *const[]){"THON_ZONE=", conf->id, NULL}, "Zone %s: %s %s: %s", conf->id,
                      PART[part].slug, raised ? "raised" : "cleared", fault->problem);
}

void announced_zone_fault(struct announced *d, size_t zone, enum announced_part part, const char *problem)
{
        struct announced_fault *fault = &d->zones[zone].faults[part];

        if (problem && fault->problem)
                return; /* it stands */
        if (problem) {
                fault->problem = strdup(problem);
                if (!fault->problem)
                        return;
                fault->began = announced_now(d).wall;
                snprintf(fault->id, sizeof(fault->id), "%s-%.40s-%lld", PART[part].slug,
                         d->conf.zones[zone].id, (long long)fault->began.s);
                keep_fault(d, zone, part, THON_WALL_NEVER);
                tell(d, zone, part, true);
        } else if (fault->problem) {
                keep_fault(d, zone, part, announced_now(d).wall);
                tell(d, zone, part, false);
                free(fault->problem);
                fault->problem = NULL;
        }
}

/* What was promised to people and did not come: who submitted it must know, in time to do something else. */
void announced_told_dropped(struct announced *d, const struct announced_airing *airing)
{
        _cleanup_free_ char *text = NULL, *id = NULL;
        bool emergency = airing->class == THON_CLASS_EMERGENCY;
        size_t zone = thon_announced_conf_zone(&d->conf, airing->zone_id);
        const char *name = zone == SIZE_MAX ? airing->zone_id : d->conf.zones[zone].name;

        if (asprintf(&text, "Bản tin “%s” không được phát%s ở %s: %s.",
                     *airing->title ? airing->title : airing->announcement,
                     airing->sounded_us > 0 ? " hết" : "", name, thon_air_reason_text(airing->reason)) < 0)
                return;
        if (asprintf(&id, "dropped-%.40s-%.40s-%lld", airing->announcement, airing->zone_id,
                     (long long)airing->due.s) < 0)
                return;
        announced_event(d, "announce-dropped", id, announced_now(d).wall, true,
                        emergency ? "critical" : "warning", airing->zone_id, text,
                        json_pack("{s:s,s:s,s:s,s:s,s:s}", "name", name, "announcement",
                                  airing->announcement, "zone", airing->zone_id, "reason",
                                  thon_air_reason_slug(airing->reason), "class",
                                  thon_class_text(airing->class)));
        thon_log_full(emergency ? LOG_ERR : LOG_WARNING, THON_MSG_NOT_AIRED,
                      (const char *const[]){"THON_ANNOUNCEMENT=", airing->announcement, NULL},
                      "%s is dropped in %s: %s", airing->announcement, airing->zone_id,
                      thon_air_reason_slug(airing->reason));
}
