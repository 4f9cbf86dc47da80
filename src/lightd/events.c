/* Events: a fault raised, the same fault cleared, under one id. How they go out is told in thon/outbox.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lightd.h"
#include "thon/cleanup.h"
#include "thon/event.h"
#include "thon/log.h"

/* What an officer reads. The circuit's name stands in front. */
static const char *text_of(enum thon_fault fault, bool raised)
{
        static const char *const raised_text[THON_FAULTS] = {
                [THON_FAULT_STUCK_ON] = "đã ra lệnh tắt nhưng đèn vẫn sáng; kiểm tra công tắc tơ",
                [THON_FAULT_STUCK_OFF] =
                        "đã ra lệnh bật nhưng đèn không sáng; kiểm tra công tắc tơ, cầu dao",
                [THON_FAULT_DARK] =
                        "đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp",
                [THON_FAULT_ENERGY_OFF] = "đèn đã tắt nhưng công tơ vẫn quay; có thể bị câu trộm điện",
                [THON_FAULT_LAMPS] = "công suất thấp hơn số đèn đã đăng ký; có bóng hỏng",
                [THON_FAULT_OVERLOAD] = "công suất cao hơn số đèn đã đăng ký; có phụ tải lạ hoặc chạm chập",
                [THON_FAULT_NO_ENERGY] = "đèn đang bật nhưng công tơ không quay",
                [THON_FAULT_DOOR] = "cửa tủ điện đang mở",
                [THON_FAULT_MANUAL] = "công tắc tại tủ đang ở chế độ bằng tay",
                [THON_FAULT_SILENT] = "rơ le từ xa không trả lời",
                [THON_FAULT_CLOCK] = "đồng hồ chưa đúng giờ; đèn chạy theo chế độ dự phòng",
                [THON_FAULT_RELAY] = "không điều khiển được rơ le",
                [THON_FAULT_PHOTOCELL] = "cảm biến ánh sáng không đổi trạng thái quá lâu; có thể hỏng",
        };
        static const char *const cleared_text[THON_FAULTS] = {
                [THON_FAULT_STUCK_ON] = "đèn đã tắt theo lệnh",
                [THON_FAULT_STUCK_OFF] = "đèn đã sáng theo lệnh",
                [THON_FAULT_DARK] = "đèn đã sáng lại",
                [THON_FAULT_ENERGY_OFF] = "công tơ đã dừng khi đèn tắt",
                [THON_FAULT_LAMPS] = "công suất đã trở lại bình thường",
                [THON_FAULT_OVERLOAD] = "công suất đã trở lại bình thường",
                [THON_FAULT_NO_ENERGY] = "công tơ đã quay lại",
                [THON_FAULT_DOOR] = "cửa tủ điện đã đóng",
                [THON_FAULT_MANUAL] = "công tắc tại tủ đã về chế độ tự động",
                [THON_FAULT_SILENT] = "rơ le từ xa đã trả lời",
                [THON_FAULT_CLOCK] = "đồng hồ đã đúng giờ",
                [THON_FAULT_RELAY] = "đã điều khiển được rơ le",
                [THON_FAULT_PHOTOCELL] = "cảm biến ánh sáng đã hoạt động lại",
        };
        return (raised ? raised_text : cleared_text)[fault];
}

static char *payload_of(const struct lightd_circuit *c, const struct thon_fault_change *change,
                        const char *words)
{
        const struct lightd *d = c->daemon;
        const char *circuit = c->state.conf->id, *name = c->state.conf->name ? c->state.conf->name : circuit;
        char since[THON_TIME_TEXT], id[2 * THON_SLUG_MAX + 32];
        _cleanup_free_ char *text = NULL;
        struct thon_event event;

        snprintf(id, sizeof(id), "light-%s%s%s-%" PRId64, d->conf.node, d->conf.node[0] ? "-" : "", circuit,
                 change->state.event);
        thon_time_text(d->runtime.zone, change->state.since, since);
        if (asprintf(&text, "%s: %s", name, words) < 0)
                return NULL;
        event = (struct thon_event){.id = id,
                                    .at = lightd_now(d).wall,
                                    .raised = change->raised,
                                    .severity = thon_fault_severity(change->fault),
                                    .subject = circuit,
                                    .text = text};
        return thon_event_payload(&event, d->runtime.zone,
                                  json_pack("{s:s,s:s,s:s,s:s,s:s,s:f}", "fault",
                                            thon_fault_slug(change->fault), "circuit", circuit, "name", name,
                                            "area", c->state.conf->area, "since", since, "value",
                                            change->state.value));
}

static void tell(struct lightd_circuit *c, const struct thon_fault_change *change, const char *words)
{
        struct lightd *d = c->daemon;
        _cleanup_free_ char *payload = payload_of(c, change, words);
        char topic[64];

        thon_log_full(change->raised && strcmp(thon_fault_severity(change->fault), "critical") == 0
                              ? LOG_ERR
                              : LOG_WARNING,
                      change->raised ? THON_MSG_FAULT_RAISED : THON_MSG_FAULT_CLEARED,
                      (const char *const[]){"THON_CIRCUIT=", c->state.conf->id,
                                            "THON_FAULT=", thon_fault_slug(change->fault), NULL},
                      "%s: fault %s %s (value %.3g)", c->state.conf->id, thon_fault_slug(change->fault),
                      change->raised ? "raised" : "cleared", change->state.value);
        if (!payload)
                return;
        snprintf(topic, sizeof(topic), "event/light-%s", thon_fault_slug(change->fault));
        thon_outbox_add(d->outbox, d->mqtt, topic, payload);
}

void lightd_event_fault(struct lightd_circuit *c, const struct thon_fault_change *change)
{
        tell(c, change, text_of(change->fault, change->raised));
}

void lightd_event_leave(struct lightd_circuit *c)
{
        for (int i = 0; i < THON_FAULTS; i++) {
                struct thon_fault_change change = {.fault = (enum thon_fault)i, .state = c->state.faults[i]};

                if (change.state.raised)
                        tell(c, &change, "tuyến đèn này đã được gỡ khỏi danh sách thiết bị");
        }
}

static struct thon_store *store_of(void *userdata)
{
        return ((struct lightd *)userdata)->store;
}

static void store_failed(int error, void *userdata)
{
        lightd_keep_failed(userdata, error);
}

static void flush(void *userdata)
{
        struct lightd *d = userdata;

        thon_outbox_flush(d->outbox, d->mqtt);
}

int lightd_events_start(struct lightd *d)
{
        static const struct thon_outbox_ops ops = {
                .store = store_of, .store_failed = store_failed, .flush = flush};

        return thon_outbox_new(d->event, THON_EVENT_LIGHT, &ops, d, &d->outbox);
}
