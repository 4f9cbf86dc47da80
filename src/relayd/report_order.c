/* report/<n>/set: what the office does with a report. The citizen is told each of it in the same chat, and who is to see to
 * it, when that is somebody of the registry. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "reports.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/relay_text.h"

#define BY_MAX     64
#define ANSWER_MAX 4000

struct order {
        struct thon_report_order what;
        const char *by;
        char *answer; /* owned */
};

static void order_done(struct order *order)
{
        free(order->answer);
}

/* 0; -EINVAL with `error`; -ENOMEM. Strings but the answer are borrowed from the document. */
static int read_order(const json_t *doc, struct order *ret, struct thon_json_error *error)
{
        const size_t assignee_max = sizeof(((struct thon_report *)0)->assignee) - 1;
        const size_t reason_max = sizeof(((struct thon_report *)0)->reason) - 1;
        const json_t *text = json_object_get(doc, "text");
        const char *state;
        int r;

        if (!thon_json_line(doc, "state", 20, &state, error) ||
            !thon_json_line(doc, "assignee", assignee_max, &ret->what.assignee, error) ||
            !thon_json_line(doc, "reason", reason_max, &ret->what.reason, error) ||
            !thon_json_line(doc, "by", BY_MAX, &ret->by, error))
                return -EINVAL;
        if (state &&
            (!thon_report_state_parse(state, &ret->what.state) || ret->what.state == THON_REPORT_NEW)) {
                thon_json_fail(error, "state", "must be assigned, in-progress, done or refused");
                return -EINVAL;
        }
        ret->what.has_state = state != NULL;
        if (!ret->by || !*ret->by)
                ret->by = "?";
        if (!text || json_is_null(text))
                return 0;
        /* An answer may have lines. */
        r = json_is_string(text) ? thon_notice_text(json_string_value(text), ANSWER_MAX, &ret->answer)
                                 : -EINVAL;
        if (r == -EINVAL)
                thon_json_fail(error, "text", "must be a text of at most %d bytes", ANSWER_MAX);
        ret->what.answer = ret->answer;
        return r;
}

static int tell_assignee(struct relayd *d, const struct thon_report *report, const struct order *order)
{
        char to[sizeof("person:") + sizeof(report->assignee)], source[40];
        const char *list[] = {to};
        _cleanup_free_ char *text = NULL;
        struct relayd_submission submission = {
                .to = list,
                .n_to = 1,
                .class = THON_CLASS_PRIORITY,
                .not_before = THON_WALL_NEVER,
                .expires = THON_WALL_NEVER,
                .source = source,
                .by = order->by,
        };
        struct relayd_submitted submitted;
        struct relayd_refusal refusal;
        int r;

        if (!thon_slug_valid(report->assignee))
                return 0;
        (void)snprintf(to, sizeof(to), "person:%s", report->assignee);
        (void)snprintf(source, sizeof(source), "report:%" PRId64, report->id);
        if (asprintf(&text,
                     "Phản ánh số %" PRId64 " được giao cho anh/chị. Xem: thonctl report show %" PRId64,
                     report->id, report->id) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        submission.text = text;
        r = relayd_batch_mark(d);
        if (r != 0)
                return r;
        r = relayd_batch_unmark(d, relayd_submit(d, &submission, &submitted, &refusal));
        /* A name that the registry does not know is fine: the office tells them by voice. */
        return r == THON_STORE_INVALID || r == THON_STORE_NOT_FOUND || r == -EINVAL ? 0 : r;
}

static int note(struct relayd *d, const struct thon_report *report, const struct order *order)
{
        struct thon_report_entry entry = {.at = report->updated_at, .by = order->by, .kind = "state"};
        _cleanup_free_ char *state = NULL;
        int r = 0;

        if (order->what.has_state) {
                const char *word = thon_report_state_text(order->what.state);
                const char *more = order->what.reason     ? order->what.reason
                                   : order->what.assignee ? order->what.assignee
                                                          : NULL;

                if (asprintf(&state, "%s%s%s", word, more ? ": " : "", more ? more : "") < 0) {
                        state = NULL;
                        return -ENOMEM;
                }
                entry.text = state;
                r = thon_report_entry_add(d->store, report->id, &entry);
        }
        if (r == 0 && order->answer && *order->answer) {
                entry.kind = "answer";
                entry.text = order->answer;
                r = thon_report_entry_add(d->store, report->id, &entry);
        }
        return r;
}

static int carry_out(struct relayd *d, struct thon_report *report, const struct order *order)
{
        const struct thon_report_order *what = &order->what;
        struct thon_report_facts facts;
        int r;

        if (what->has_state)
                report->state = what->state;
        if (what->assignee)
                (void)snprintf(report->assignee, sizeof(report->assignee), "%s", what->assignee);
        if (what->reason)
                (void)snprintf(report->reason, sizeof(report->reason), "%s", what->reason);
        report->updated_at = relayd_wall(d);
        r = thon_report_update(d->store, report, order->by);
        if (r == 0)
                r = note(d, report, order);
        facts = relayd_report_facts(d, report);
        facts.answer = order->answer;
        if (r == 0)
                r = relayd_report_say(d, report->channel, report->address,
                                      what->has_state ? THON_REPORT_SAID_STATE : THON_REPORT_SAID_ANSWER,
                                      &facts);
        if (r == 0 && what->has_state && what->state == THON_REPORT_ASSIGNED)
                r = tell_assignee(d, report, order);
        if (r == 0 && what->has_state && thon_report_closed(report->state))
                relayd_report_announce(d, report, NULL);
        return r;
}

/* The order as it stands in the message. False: it was answered. */
static bool take(struct relayd *d, const struct thon_mqtt_message *message, int64_t *ret_id,
                 json_t **ret_doc, struct order *ret)
{
        static const char *const members[] = {"state", "assignee", "reason", "text", "by", NULL};
        struct thon_json_error error = {{0}};
        int end = 0, r;

        if (message->retained) {
                thon_warning("%s: a retained command was ignored; publish commands without the retain flag",
                             message->topic);
                return false;
        }
        if (sscanf(message->topic, "report/%18" SCNd64 "/set%n", ret_id, &end) != 1 || end == 0 ||
            message->topic[end] != '\0' || *ret_id <= 0) {
                thon_mqtt_reply_error(d->mqtt, message, "not-found", "there is no such report");
                return false;
        }
        r = thon_mqtt_command(message, members, ret_doc, &error);
        if (r == 0)
                r = read_order(*ret_doc, ret, &error);
        if (r < 0)
                thon_mqtt_reply_invalid(d->mqtt, message, r, &error);
        return r == 0;
}

void relayd_report_command(struct relayd *d, const struct thon_mqtt_message *message)
{
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_(order_done) struct order order = {.by = NULL};
        struct thon_report report;
        const char *problem = NULL;
        int64_t id = 0;
        int r;

        if (!take(d, message, &id, &doc, &order))
                return;
        r = relayd_batch_mark(d);
        if (r == 0) {
                r = thon_report_get(d->store, id, &report);
                problem = r == 0 ? thon_report_problem(report.state, &order.what) : NULL;
                if (r == 0 && !problem)
                        r = carry_out(d, &report, &order);
                r = relayd_batch_unmark(d, r);
        }
        if (r == 0 && problem)
                thon_mqtt_reply_error(d->mqtt, message, "invalid", "report %" PRId64 ": %s", id, problem);
        else if (r == THON_STORE_NOT_FOUND)
                thon_mqtt_reply_error(d->mqtt, message, "not-found", "there is no report %" PRId64, id);
        else if (r != 0)
                relayd_reply_store(d, message, r);
        else
                relayd_reply_after_commit(d, message,
                                          json_pack("{s:I,s:s}", "id", (json_int_t)id, "state",
                                                    thon_report_state_text(report.state)));
}
