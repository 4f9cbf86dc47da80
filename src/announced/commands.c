/* Commands about an announcement that was submitted: its reading edited, approved by another person, cancelled.
 * Checked whole before anything changes, and on the disk before it is answered. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "submit.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/text.h"

struct order {
        json_t *doc;
        const char *by, *text, *pin; /* borrowed from doc */
};

static bool take(struct announced *d, const struct thon_mqtt_message *m, const char *member, size_t max,
                 struct order *ret)
{
        const char *const members[] = {"by", member, NULL};
        struct thon_json_error error = {""};
        int r = thon_mqtt_command(m, members, &ret->doc, &error);

        if (r == 0 && (!thon_json_line(ret->doc, "by", 63, &ret->by, &error)))
                r = -EINVAL;
        if (r == 0 && (!ret->by || !*ret->by)) {
                thon_json_fail(&error, "by", "somebody must answer for it");
                r = -EINVAL;
        }
        if (r == 0 && !thon_json_line(ret->doc, member, max, &ret->text, &error))
                r = -EINVAL;
        if (r < 0)
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
        return r == 0;
}

/* As it is said of somebody: "Nguyễn Văn An" and "nguyen van an" are one. */
static bool same_person(const char *a, const char *b)
{
        _cleanup_free_ char *x = NULL, *y = NULL;

        if (thon_text_fold(a, 256, &x) < 0 || thon_text_fold(b, 256, &y) < 0)
                return strcmp(a, b) == 0;
        return strcmp(x, y) == 0;
}

static void answer(struct announced *d, const struct thon_mqtt_message *m, const struct announced_item *item)
{
        thon_mqtt_reply_ok(
                d->mqtt, m,
                json_pack("{s:s,s:s}", "id", item->a.id, "state", thon_announce_state_text(item->a.state)));
}

static void edit(struct announced *d, struct announced_item *item, const struct thon_mqtt_message *m)
{
        struct order order = {0};
        char *old, *reading;
        int r;

        if (!take(d, m, "reading", THON_ANNOUNCE_TEXT_MAX, &order)) {
                json_decref(order.doc);
                return;
        }
        if (item->a.state != THON_ANNOUNCE_SUBMITTED || !item->a.text || !order.text ||
            order.text[strspn(order.text, " ")] == '\0') {
                if (item->a.state != THON_ANNOUNCE_SUBMITTED)
                        thon_mqtt_reply_error(d->mqtt, m, "state",
                                              "%s is %s: only what waits for approval is edited", item->a.id,
                                              thon_announce_state_text(item->a.state));
                else
                        thon_mqtt_reply_error(d->mqtt, m, "invalid", "reading: %s",
                                              item->a.text ? "is missing"
                                                           : "it has no text, but a recording or a source");
                json_decref(order.doc);
                return;
        }
        reading = strdup(order.text);
        old = item->a.reading;
        if (reading)
                item->a.reading = reading;
        announced_item_changed(item, "announce-edit", order.by);
        r = reading ? announced_keep(d, true) : -ENOMEM;
        if (r == 0)
                r = item->refused;
        if (r != 0) {
                item->a.reading = old;
                item->n_changes -= item->n_changes > 0;
                free(reading);
                announced_reply_store(d, m, r);
        } else {
                free(old);
                announced_sounds_drop(item);
                announced_sounds_want(item);
                announced_publish_item(item, false);
                answer(d, m, item);
        }
        json_decref(order.doc);
}

/* Who asked for "as soon as possible" means: when it may. */
static void start_now(struct announced *d, struct announced_item *item)
{
        struct thon_announcement *a = &item->a;

        if (a->schedule.kind != THON_AIR_CALENDAR && a->schedule.at.s <= a->submitted.s)
                a->schedule.at = announced_now(d).wall;
}

static void approve(struct announced *d, struct announced_item *item, const struct thon_mqtt_message *m)
{
        struct thon_announcement *a = &item->a;
        struct thon_air_schedule before = a->schedule;
        struct order order = {0};
        int r = 0;

        if (!take(d, m, "pin", 64, &order)) {
                json_decref(order.doc);
                return;
        }
        if (a->state != THON_ANNOUNCE_SUBMITTED) {
                thon_mqtt_reply_error(d->mqtt, m, "state", "%s is %s already", a->id,
                                      thon_announce_state_text(a->state));
        } else if (d->conf.approval && same_person(order.by, a->by ? a->by : "")) {
                thon_mqtt_reply_error(d->mqtt, m, "same-person", "another person than %s must approve it",
                                      a->by);
        } else if (!order.text || announced_pin_right(d, m, order.by, order.text)) {
                a->approved_by = strdup(order.by);
                a->approved = announced_now(d).wall;
                a->state = THON_ANNOUNCE_APPROVED;
                start_now(d, item);
                announced_item_changed(item, "announce-approve", order.by);
                r = a->approved_by ? announced_keep(d, true) : -ENOMEM;
                if (r == 0)
                        r = item->refused;
                if (r == 0) {
                        announced_publish_item(item, false);
                        answer(d, m, item);
                        announced_look(d);
                }
        }
        if (r != 0) {
                free(a->approved_by);
                a->approved_by = NULL;
                a->approved = THON_WALL_NEVER;
                a->state = THON_ANNOUNCE_SUBMITTED;
                a->schedule = before;
                item->n_changes -= item->n_changes > 0;
                announced_reply_store(d, m, r);
        }
        json_decref(order.doc);
}

static void cancel(struct announced *d, struct announced_item *item, const struct thon_mqtt_message *m)
{
        struct order order = {0};

        if (take(d, m, "reason", 500, &order)) {
                if (item->a.state != THON_ANNOUNCE_SUBMITTED && item->a.state != THON_ANNOUNCE_APPROVED) {
                        thon_mqtt_reply_error(d->mqtt, m, "state", "%s is over already", item->a.id);
                } else {
                        /* What must be silent is silent first; the store follows. */
                        announced_item_end(item, THON_ANNOUNCE_CANCELLED, THON_AIR_CANCELLED, order.by,
                                           order.text);
                        answer(d, m, item);
                        announced_look(d);
                        (void)announced_keep(d, true);
                }
        }
        json_decref(order.doc);
}

void announced_command(struct announced *d, const struct thon_mqtt_message *m)
{
        static const struct {
                const char *verb;
                void (*run)(struct announced *, struct announced_item *, const struct thon_mqtt_message *);
        } verbs[] = {{"edit", edit}, {"approve", approve}, {"cancel", cancel}};
        const char *rest = m->topic + strlen("announce/"), *slash = strchr(rest, '/');
        struct announced_item *item;
        thon_slug id;

        if (m->retained)
                return;
        if (strcmp(rest, "submit") == 0) {
                announced_submit(d, m);
                return;
        }
        if (!slash || (size_t)(slash - rest) >= sizeof(id))
                return;
        snprintf(id, sizeof(id), "%.*s", (int)(slash - rest), rest);
        for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
                if (strcmp(slash + 1, verbs[i].verb) != 0)
                        continue;
                item = announced_find(d, id);
                if (item)
                        verbs[i].run(d, item, m);
                else
                        thon_mqtt_reply_error(d->mqtt, m, "not-found",
                                              "there is no announcement %s that is not over", id);
                return;
        }
}
