/* Citizens' reports: the first message of a chat opens one, the next ones go on with it until it is closed.
 *
 * Nothing that a citizen says is thrown away but courtesy, and what comes faster than a person writes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define HOUR_S   3600
#define PER_HOUR 30 /* of one chat; more is a machine, or somebody who leans on the phone */

static const struct thon_report none;

static int open_report(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                       struct thon_report *ret)
{
        struct thon_report report = {.state = THON_REPORT_NEW, .opened_at = relayd_wall(d)};
        _cleanup_free_ char *name = NULL;
        struct thon_report_facts facts;
        struct thon_sender sender;
        int r = relayd_sender_find(d, channel, u->address, &sender);

        if (r != 0)
                return r;
        report.updated_at = report.opened_at;
        report.due.s = report.opened_at.s + d->conf.report_due_s;
        (void)snprintf(report.channel, sizeof(report.channel), "%.*s", THON_CHANNEL_NAME - 1,
                       channel->conf->name);
        (void)snprintf(report.address, sizeof(report.address), "%s", u->address);
        (void)snprintf(report.person, sizeof(report.person), "%s", sender.person);
        (void)snprintf(report.household, sizeof(report.household), "%s", sender.household);
        (void)snprintf(report.area, sizeof(report.area), "%s", sender.area);
        /* What a stranger calls himself is shown to the office, and relayed. */
        if (sender.name[0])
                (void)snprintf(report.name, sizeof(report.name), "%s", sender.name);
        else if (u->name && thon_citizen_text(u->name, sizeof(report.name) - 1, &name) == 0) {
                for (char *p = name; (p = strchr(p, '\n'));)
                        *p = ' ';
                (void)snprintf(report.name, sizeof(report.name), "%s", name);
        }
        r = thon_report_open(d->store, &report);
        facts = relayd_report_facts(d, &report);
        if (r == 0)
                r = relayd_report_say(d, report.channel, report.address, THON_REPORT_SAID_OPENED, &facts);
        if (r != 0)
                return r;
        thon_info("Report %" PRId64 " was opened over %s", report.id, report.channel);
        relayd_report_announce(d, &report, u->text);
        *ret = report;
        return 0;
}

static int add_words(struct relayd *d, struct thon_report *report, const struct relayd_update *u)
{
        _cleanup_free_ char *text = NULL;
        char place[64] = "";
        struct thon_report_entry entry = {.at = relayd_wall(d), .by = "", .kind = "text"};
        int r = 0;

        if (u->text)
                r = thon_report_words(u->text, THON_NOTICE_TEXT_MAX, &text);
        if (r == 0 && text && *text) {
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

static void on_attachment(struct relayd *d, int result, void *userdata)
{
        (void)userdata;
        if (result == 0)
                relayd_attachments_look(d);
}

static int add_attachment(struct relayd *d, const struct thon_report *report, const struct relayd_update *u,
                          int64_t inbound)
{
        int r = thon_report_attachment_wait(d->store, inbound, report->id, u->url);

        return r == 0 ? relayd_batch_then(d, on_attachment, NULL) : r;
}

static enum thon_courtesy courtesy_of(const struct relayd_update *u)
{
        if (u->kind != RELAYD_TEXT)
                return THON_COURTESY_NONE;
        return u->text ? thon_report_courtesy(u->text) : THON_COURTESY_THANKS;
}

/* Nothing is reported, and no report is open. */
static int answer_courtesy(struct relayd *d, const struct relayd_channel *channel, const char *address,
                           enum thon_courtesy courtesy)
{
        return courtesy == THON_COURTESY_GREETING ? relayd_report_greet(d, channel, address) : 0;
}

int relayd_report_take(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                       int64_t inbound, bool *ret_waits)
{
        struct thon_report report = none;
        struct thon_report_facts facts = relayd_report_facts(d, &none);
        const char *name = channel->conf->name;
        enum thon_courtesy courtesy = courtesy_of(u);
        bool opened = false,
             attachment = (u->kind == RELAYD_IMAGE || u->kind == RELAYD_FILE) && u->url && *u->url;
        int64_t lately = 0;
        int r;

        *ret_waits = false;
        if (!u->address || !*u->address || strlen(u->address) >= THON_ADDRESS_MAX)
                return 0;
        r = thon_report_entries_since(d->store, name, u->address,
                                      (struct thon_wall){relayd_wall(d).s - HOUR_S}, &lately);
        /* This one, whose row is open, is among them. */
        if (r == 0 && lately > PER_HOUR)
                return relayd_report_say_once(d, name, u->address, THON_REPORT_SAID_BUSY, &facts);
        if (r == 0)
                r = thon_report_of_chat(d->store, name, u->address, &report);
        if (r == THON_STORE_NOT_FOUND && courtesy != THON_COURTESY_NONE)
                return answer_courtesy(d, channel, u->address, courtesy);
        if (r == THON_STORE_NOT_FOUND) {
                r = open_report(d, channel, u, &report);
                opened = true;
        }
        if (r == 0)
                r = add_words(d, &report, u);
        if (r == 0 && attachment)
                r = add_attachment(d, &report, u, inbound);
        if (r != 0)
                return r;
        *ret_waits = attachment;
        facts = relayd_report_facts(d, &report);
        return opened || courtesy != THON_COURTESY_NONE
                       ? 0
                       : relayd_report_say_once(d, name, u->address, THON_REPORT_SAID_ADDED, &facts);
}

int relayd_report_greet(struct relayd *d, const struct relayd_channel *channel, const char *address)
{
        struct thon_report_facts facts = relayd_report_facts(d, &none);

        return relayd_report_say_once(d, channel->conf->name, address, THON_REPORT_SAID_HELP, &facts);
}

int relayd_report_no_notice(struct relayd *d, const struct relayd_channel *channel, const char *address,
                            int64_t notice)
{
        struct thon_report_facts facts = relayd_report_facts(d, &none);
        int r;

        facts.id = notice;
        r = relayd_report_say_once(d, channel->conf->name, address, THON_REPORT_SAID_NO_NOTICE, &facts);
        return r == 0 ? 1 : r;
}

void relayd_reports_prune(struct relayd *d)
{
        size_t n = 0;
        int r;

        do {
                r = relayd_batch_enter(d);
                if (r == 0)
                        r = thon_report_prune(d->store,
                                              (struct thon_wall){relayd_wall(d).s - d->conf.keep_s},
                                              relayd_attachment_unlink, d, &n);
                if (r == 0 && n > 0)
                        thon_info("%zu reports that were closed long ago were removed", n);
        } while (r == 0 && n > 0);
}

int relayd_reports_start(struct relayd *d)
{
        int r = relayd_said_new(&d->said);

        return r == 0 ? relayd_attachments_start(d) : r;
}

void relayd_reports_stop(struct relayd *d)
{
        relayd_attachments_stop(d);
        free(d->said);
        d->said = NULL;
}
