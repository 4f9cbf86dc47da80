/* Citizens' reports at work: opened by the first message of a chat, continued by the next ones, answered through the same
 * chat, and told to the office as events (`event/relay-report`), which routes bring to whoever sees to them. */
#include "reports.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/log.h"

#define HOUR_S        3600
#define PER_HOUR      30 /* messages of one chat; more is a machine, or somebody who leans on the phone */
#define ANSWER_LIFE_S (2 * 86400)
#define TEXT_MAX      8000
#define EVENT_TEXT    600
/* Chats that were told something lately, so that ten pictures are not answered ten times. */
#define RECENT 128

struct said {
        char channel[THON_CHANNEL_NAME], address[THON_ADDRESS_MAX];
        enum thon_report_word word;
        struct thon_mono at;
};

struct relayd_reports {
        struct said said[RECENT];
        size_t next;
};

/* False when the same was said in this chat within the hour. */
static bool may_say(struct relayd *d, const char *channel, const char *address, enum thon_report_word word)
{
        struct relayd_reports *reports = d->reports;
        struct said *s;

        for (size_t i = 0; i < RECENT; i++) {
                s = &reports->said[i];
                if (s->word == word && strcmp(s->address, address) == 0 &&
                    strcmp(s->channel, channel) == 0 &&
                    thon_mono_since(s->at, relayd_mono(d)) < (uint64_t)HOUR_S * 1000000)
                        return false;
        }
        s = &reports->said[reports->next++ % RECENT];
        *s = (struct said){.word = word, .at = relayd_mono(d)};
        (void)snprintf(s->channel, sizeof(s->channel), "%s", channel);
        (void)snprintf(s->address, sizeof(s->address), "%s", address);
        return true;
}

static struct thon_report_facts facts_of(const struct relayd *d, const struct thon_report *report)
{
        return (struct thon_report_facts){
                .id = report->id,
                .state = report->state,
                .sender = d->conf.sender ? d->conf.sender
                          : d->site.name ? d->site.name
                                         : "UBND xã",
                .reason = report->reason,
                .due = report->due,
                .zone = d->zone,
        };
}

/* In a batch. */
static int say(struct relayd *d, const char *channel, const char *address, enum thon_report_word word,
               const struct thon_report_facts *facts)
{
        _cleanup_free_ char *text = NULL;
        int64_t id;
        int r = thon_report_say(word, facts, &text);

        if (r == 0)
                r = thon_message_add(d->store, channel, address, THON_CLASS_PRIORITY, text,
                                     (struct thon_wall){relayd_wall(d).s + ANSWER_LIFE_S}, relayd_wall(d),
                                     &id);
        if (r == 0)
                relayd_pump_soon(d);
        return r;
}

void relayd_report_tell(struct relayd *d, int64_t id, enum thon_report_word word)
{
        struct thon_report report;
        struct thon_report_facts facts;
        int r = relayd_batch_enter(d);

        if (r == 0)
                r = relayd_batch_mark(d);
        if (r != 0)
                return;
        r = thon_report_get(d->store, id, &report);
        facts = facts_of(d, &report);
        if (r == 0 && may_say(d, report.channel, report.address, word))
                r = say(d, report.channel, report.address, word, &facts);
        (void)relayd_batch_unmark(d, r);
}

/* ---- what the office is told ---- */

static void tell_office(struct relayd *d, const struct thon_report *report, const char *words)
{
        _cleanup_free_ char *clean = NULL, *text = NULL;
        char subject[24];
        bool open = !thon_report_closed(report->state);

        (void)snprintf(subject, sizeof(subject), "%" PRId64, report->id);
        if (words && thon_citizen_text(words, TEXT_MAX, &clean) == 0 && strlen(clean) > EVENT_TEXT) {
                size_t end = EVENT_TEXT;
                while (end > 0 && ((unsigned char)clean[end] & 0xc0) == 0x80)
                        end--;
                clean[end] = '\0';
        }
        if (asprintf(&text, open ? "Phản ánh số %s%s%s%s: %s" : "Phản ánh số %s%s%s%s đã kết thúc%s",
                     subject, report->name[0] ? " của " : "", report->name,
                     report->household[0] ? " (hộ có trong danh sách)" : "",
                     open && clean && *clean ? clean
                     : open                  ? "ảnh hoặc vị trí"
                                             : "") < 0) {
                text = NULL;
                return;
        }
        relayd_event(d, "report", subject, open, "info", text);
}

/* ---- messages of citizens ---- */

static int open_report(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                       struct thon_report *ret)
{
        struct thon_report report = {.state = THON_REPORT_NEW, .opened_at = relayd_wall(d)};
        struct thon_sender sender;
        struct thon_report_facts facts;
        int r;

        report.updated_at = report.opened_at;
        report.due.s = report.opened_at.s + d->conf.report_due_s;
        (void)snprintf(report.channel, sizeof(report.channel), "%.*s", THON_CHANNEL_NAME - 1,
                       channel->conf->name);
        (void)snprintf(report.address, sizeof(report.address), "%s", u->address);
        (void)snprintf(report.name, sizeof(report.name), "%s", u->name ? u->name : "");
        r = thon_sender_find(d->store, channel->conf->name, u->address, &sender);
        if (r == 0) {
                (void)snprintf(report.name, sizeof(report.name), "%s", sender.name);
                (void)snprintf(report.person, sizeof(report.person), "%s", sender.person);
                (void)snprintf(report.household, sizeof(report.household), "%s", sender.household);
                (void)snprintf(report.area, sizeof(report.area), "%s", sender.area);
        }
        if (r != 0 && r != THON_STORE_NOT_FOUND)
                return r;
        r = thon_report_open(d->store, &report);
        facts = facts_of(d, &report);
        if (r == 0)
                r = say(d, report.channel, report.address, THON_REPORT_SAID_OPENED, &facts);
        if (r == 0) {
                thon_info("Report %" PRId64 " was opened over %s", report.id, report.channel);
                tell_office(d, &report, u->text);
                *ret = report;
        }
        return r;
}

static int add_words(struct relayd *d, struct thon_report *report, const struct relayd_update *u)
{
        _cleanup_free_ char *text = NULL;
        char place[64] = "";
        struct thon_report_entry entry = {.at = relayd_wall(d), .by = "", .kind = "text"};
        int r = 0;

        if (u->text && *u->text && thon_notice_text(u->text, TEXT_MAX, &text) == 0 && *text) {
                entry.text = text;
                r = thon_report_entry_add(d->store, report->id, &entry);
        }
        if (r == 0 && u->has_place) {
                (void)snprintf(place, sizeof(place), "%.6f, %.6f", u->lat, u->lon);
                entry.kind = "location";
                entry.text = place;
                r = thon_report_entry_add(d->store, report->id, &entry);
                report->has_place = true;
                report->lat = u->lat;
                report->lon = u->lon;
        }
        report->updated_at = relayd_wall(d);
        return r == 0 ? thon_report_update(d->store, report, "") : r;
}

/* The file's place is noted with the update; it is fetched when that is on the disk. */
struct wanted {
        struct relayd_channel *channel;
        int64_t inbound, report;
        bool image;
        char *url;
};

static void fetch(struct relayd *d, int result, void *userdata)
{
        struct wanted *w = userdata;

        if (result == 0 && relayd_attachment_add(d, w->channel, w->inbound, w->report, w->image, w->url) < 0)
                thon_warning("Report %" PRId64
                             ": too many attachments wait; it is fetched after the next restart",
                             w->report);
        free(w->url);
        free(w);
}

static int want(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                int64_t inbound, int64_t report)
{
        struct wanted *w = calloc(1, sizeof(*w));
        int r;

        if (!w || !(w->url = strdup(u->url))) {
                free(w);
                return -ENOMEM;
        }
        w->channel = channel;
        w->inbound = inbound;
        w->report = report;
        w->image = u->kind == RELAYD_IMAGE;
        r = thon_report_attachment_wait(d->store, inbound, report, u->url);
        if (r == 0)
                r = relayd_batch_then(d, fetch, w);
        if (r != 0) {
                free(w->url);
                free(w);
        }
        return r;
}

int relayd_report_take(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                       int64_t inbound, bool *ret_waits)
{
        struct thon_report report;
        struct thon_report_facts facts = facts_of(d, &(struct thon_report){0});
        const char *name = channel->conf->name;
        bool opened = false,
             attachment = (u->kind == RELAYD_IMAGE || u->kind == RELAYD_FILE) && u->url && *u->url;
        int64_t lately = 0;
        int r;

        *ret_waits = false;
        if (!u->address || strlen(u->address) == 0 || strlen(u->address) >= THON_ADDRESS_MAX)
                return 0;
        r = thon_report_entries_since(d->store, name, u->address,
                                      (struct thon_wall){relayd_wall(d).s - HOUR_S}, &lately);
        if (r != 0)
                return r;
        if (lately >= PER_HOUR)
                return may_say(d, name, u->address, THON_REPORT_SAID_BUSY)
                               ? say(d, name, u->address, THON_REPORT_SAID_BUSY, &facts)
                               : 0;
        r = thon_report_of_chat(d->store, name, u->address, &report);
        if (r == THON_STORE_NOT_FOUND && u->kind == RELAYD_TEXT &&
            (!u->text || thon_report_greeting(u->text)))
                return may_say(d, name, u->address, THON_REPORT_SAID_HELP)
                               ? say(d, name, u->address, THON_REPORT_SAID_HELP, &facts)
                               : 0;
        if (r == THON_STORE_NOT_FOUND) {
                r = open_report(d, channel, u, &report);
                opened = true;
        }
        if (r == 0)
                r = add_words(d, &report, u);
        if (r == 0 && attachment)
                r = want(d, channel, u, inbound, report.id);
        facts = facts_of(d, &report);
        if (r == 0 && !opened && may_say(d, name, u->address, THON_REPORT_SAID_ADDED))
                r = say(d, name, u->address, THON_REPORT_SAID_ADDED, &facts);
        *ret_waits = r == 0 && attachment;
        return r;
}

/* ---- orders: report/<n>/set ---- */

struct order {
        struct thon_report_order what;
        const char *by;
};

/* NULL, or what is wrong. Strings are borrowed from the document. */
static const char *read_order(const json_t *doc, struct order *ret, struct thon_json_error *error)
{
        static const char *const members[] = {"state", "assignee", "reason", "text", "by", NULL};
        const char *state = json_string_value(json_object_get(doc, "state"));

        if (!thon_json_only(doc, "report", members, error))
                return error->text;
        for (size_t i = 0; members[i]; i++) {
                const json_t *value = json_object_get(doc, members[i]);
                if (value && (!json_is_string(value) || json_string_length(value) > 2000))
                        return "members are texts of at most 2,000 bytes";
        }
        *ret = (struct order){.by = json_string_value(json_object_get(doc, "by"))};
        ret->what.assignee = json_string_value(json_object_get(doc, "assignee"));
        ret->what.reason = json_string_value(json_object_get(doc, "reason"));
        ret->what.answer = json_string_value(json_object_get(doc, "text"));
        if (state && !thon_report_state_parse(state, &ret->what.state))
                return "state must be assigned, in-progress, done or refused";
        ret->what.has_state = state != NULL;
        if (!ret->by || !*ret->by)
                ret->by = "?";
        return NULL;
}

/* Who is to see to it is told, when that is somebody of the registry. */
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
                     report->id, report->id) < 0)
                return -ENOMEM;
        submission.text = text;
        r = relayd_batch_mark(d);
        if (r != 0)
                return r;
        r = relayd_batch_unmark(d, relayd_submit(d, &submission, &submitted, &refusal));
        /* A name that the registry does not know is fine: the office tells them by voice. */
        return r == THON_STORE_INVALID || r == THON_STORE_NOT_FOUND || r == -EINVAL ? 0 : r;
}

static int carry_out(struct relayd *d, struct thon_report *report, const struct order *order)
{
        struct thon_report_entry entry = {.at = relayd_wall(d), .by = order->by, .kind = "state"};
        struct thon_report_facts facts;
        int r;

        if (order->what.has_state) {
                report->state = order->what.state;
                entry.text = order->what.reason ? order->what.reason : thon_report_state_text(report->state);
                if (order->what.assignee)
                        (void)snprintf(report->assignee, sizeof(report->assignee), "%s",
                                       order->what.assignee);
                if (order->what.reason)
                        (void)snprintf(report->reason, sizeof(report->reason), "%s", order->what.reason);
        }
        report->updated_at = relayd_wall(d);
        r = thon_report_update(d->store, report, order->by);
        if (r == 0 && order->what.has_state)
                r = thon_report_entry_add(d->store, report->id, &entry);
        if (r == 0 && order->what.answer) {
                entry.kind = "answer";
                entry.text = order->what.answer;
                r = thon_report_entry_add(d->store, report->id, &entry);
        }
        facts = facts_of(d, report);
        facts.answer = order->what.answer;
        if (r == 0)
                r = say(d, report->channel, report->address,
                        order->what.has_state ? THON_REPORT_SAID_STATE : THON_REPORT_SAID_ANSWER, &facts);
        if (r == 0 && order->what.has_state && order->what.state == THON_REPORT_ASSIGNED)
                r = tell_assignee(d, report, order);
        return r;
}

void relayd_report_command(struct relayd *d, const struct thon_mqtt_message *message)
{
        const char *number = message->topic + strlen("report/");
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {{0}};
        struct thon_report report;
        struct order order;
        const char *problem;
        char *end;
        int64_t id;
        int r;

        if (message->retained)
                return;
        errno = 0;
        id = strtoll(number, &end, 10);
        if (errno != 0 || end == number || strcmp(end, "/set") != 0 || id < 1) {
                thon_mqtt_reply_error(d->mqtt, message, "invalid", "\"%s\" is no number of a report",
                                      number);
                return;
        }
        r = thon_json_parse(message->payload, message->size, THON_MQTT_PAYLOAD_MAX, &doc, &error);
        problem = r < 0 ? error.text : read_order(doc, &order, &error);
        if (problem) {
                thon_mqtt_reply_error(d->mqtt, message, "invalid", "%s", problem);
                return;
        }
        r = relayd_batch_mark(d);
        if (r == 0) {
                r = thon_report_get(d->store, id, &report);
                problem = r == 0 ? thon_report_problem(report.state, &order.what) : NULL;
                if (r == 0 && !problem)
                        r = carry_out(d, &report, &order);
                r = relayd_batch_unmark(d, r);
        }
        if (problem)
                thon_mqtt_reply_error(d->mqtt, message, "invalid", "report %" PRId64 ": %s", id, problem);
        else if (r == THON_STORE_NOT_FOUND)
                thon_mqtt_reply_error(d->mqtt, message, "not-found", "there is no report %" PRId64, id);
        else if (r != 0)
                thon_mqtt_reply_error(d->mqtt, message, r > 0 ? thon_store_error_slug(r) : "store",
                                      "the store takes nothing now; see: journalctl -u thon-relayd");
        else
                relayd_reply_after_commit(d, message,
                                          json_pack("{s:I,s:s}", "id", (json_int_t)id, "state",
                                                    thon_report_state_text(report.state)));
        if (r == 0 && !problem && thon_report_closed(report.state))
                tell_office(d, &report, NULL);
}

int relayd_reports_start(struct relayd *d)
{
        d->reports = calloc(1, sizeof(*d->reports));
        return d->reports ? relayd_attachments_start(d) : -ENOMEM;
}

void relayd_reports_stop(struct relayd *d)
{
        relayd_attachments_stop(d);
        free(d->reports);
        d->reports = NULL;
}
