/* Commands over MQTT. A command is checked whole before anything is written, and answered when the disk has what it wrote;
 * of what was refused, nothing was. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define BY_MAX 64

void relayd_reply_store(struct relayd *d, const struct thon_mqtt_message *m, int error)
{
        if (error == -ENODEV)
                thon_mqtt_reply_error(
                        d->mqtt, m, d->store_error > 0 ? thon_store_error_slug(d->store_error) : "no-store",
                        "the store is away: nothing is accepted until it is back");
        else if (error == -ENOMEM)
                thon_mqtt_reply_error(d->mqtt, m, "no-memory", "out of memory");
        else
                thon_mqtt_reply_error(d->mqtt, m, error < 0 ? "io" : thon_store_error_slug(error), "%s",
                                      d->store ? thon_store_message(d->store) : "the store is away");
}

/* ---- notify/<id>/... ---- */

static void log_order(const char *what, int64_t id, const char *by, size_t n)
{
        thon_log_full(LOG_NOTICE, THON_MSG_NONE, (const char *const[]){"THON_BY=", by ? by : "", NULL},
                      "Notice %" PRId64 ": %s%s%s, %zu deliveries", id, what, by ? " by " : "", by ? by : "",
                      n);
}

/* The common end of all of them. */
static void done(struct relayd *d, const struct thon_mqtt_message *m, int64_t id, int r, const char *what,
                 const char *by, size_t n)
{
        r = relayd_batch_unmark(d, r);
        if (r != 0) {
                relayd_reply_store(d, m, r);
                return;
        }
        log_order(what, id, by, n);
        relayd_reply_after_commit(d, m,
                                  json_pack("{s:I,s:I}", "id", (json_int_t)id, "deliveries", (json_int_t)n));
        relayd_publish_notice(d, id);
        relayd_pump_soon(d);
}

static void acknowledge(struct relayd *d, const struct thon_mqtt_message *m, int64_t id)
{
        static const char *const members[] = {"by", NULL};
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};
        const char *by;
        bool first = false;
        int64_t found = id;
        int r = thon_mqtt_command(m, members, &doc, &error);

        if (r == 0 && !thon_json_line(doc, "by", BY_MAX, &by, &error))
                r = -EINVAL;
        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        r = relayd_batch_mark(d);
        if (r == 0)
                r = relayd_batch_unmark(d,
                                        relayd_acknowledge(d, id, by ? by : "", NULL, NULL, &found, &first));
        if (r != 0) {
                relayd_reply_store(d, m, r);
                return;
        }
        relayd_reply_after_commit(d, m, json_pack("{s:I,s:b}", "id", (json_int_t)found, "first", first));
        relayd_publish_notice(d, found);
}

/* As thonctl says it, and as the outcomes are spelled. */
static bool take_outcome(const json_t *doc, enum thon_outcome *ret, struct thon_json_error *error)
{
        static const struct {
                const char *word;
                enum thon_outcome outcome;
        } words[] = {{"sent", THON_OUTCOME_SENT},
                     {"not-sent", THON_OUTCOME_NOT_SENT},
                     {"not_sent", THON_OUTCOME_NOT_SENT},
                     {"repeat", THON_OUTCOME_PENDING}};
        const char *as = json_string_value(json_object_get(doc, "as"));

        for (size_t i = 0; as && i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(as, words[i].word) == 0) {
                        *ret = words[i].outcome;
                        return true;
                }
        thon_json_fail(error, "as", "must be sent, not-sent or repeat");
        return false;
}

static void resolve(struct relayd *d, const struct thon_mqtt_message *m, int64_t id)
{
        static const char *const members[] = {"as", "household", "person", "by", NULL};
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};
        const char *by, *household, *person;
        enum thon_outcome as = THON_OUTCOME_PENDING;
        size_t n = 0;
        int r = thon_mqtt_command(m, members, &doc, &error);

        if (r == 0 && (!take_outcome(doc, &as, &error) || !thon_json_line(doc, "by", BY_MAX, &by, &error) ||
                       !thon_json_line(doc, "household", BY_MAX, &household, &error) ||
                       !thon_json_line(doc, "person", BY_MAX, &person, &error)))
                r = -EINVAL;
        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        r = relayd_batch_mark(d);
        if (r != 0) {
                relayd_reply_store(d, m, r);
                return;
        }
        r = thon_notice_resolve(d->store, id, household, person, as, by ? by : "", relayd_wall(d),
                                relayd_step, d, &n);
        done(d, m, id, r, "unknown deliveries resolved", by, n);
}

static void retry_or_cancel(struct relayd *d, const struct thon_mqtt_message *m, int64_t id, bool retry)
{
        static const char *const members[] = {"by", NULL};
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};
        const char *by;
        size_t n = 0;
        int r = thon_mqtt_command(m, members, &doc, &error);

        if (r == 0 && !thon_json_line(doc, "by", BY_MAX, &by, &error))
                r = -EINVAL;
        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        r = relayd_batch_mark(d);
        if (r != 0) {
                relayd_reply_store(d, m, r);
                return;
        }
        if (retry)
                r = thon_notice_retry(d->store, id, by ? by : "", relayd_wall(d), relayd_step, d, &n);
        else
                r = thon_notice_withdraw(d->store, id, THON_NOTICE_WITHDRAWN, THON_DETAIL_WITHDRAWN,
                                         by ? by : "", relayd_wall(d), &n);
        done(d, m, id, r, retry ? "tried again" : "withdrawn", by, n);
}

void relayd_command(struct relayd *d, const struct thon_mqtt_message *m)
{
        char verb[16];
        int64_t id = 0;
        int end = 0;

        /* It would be executed again at every connect. */
        if (m->retained) {
                thon_warning("%s: a retained command was ignored; publish commands without the retain flag",
                             m->topic);
                return;
        }
        if (strcmp(m->topic, "notify/submit") == 0) {
                relayd_command_submit(d, m);
                return;
        }
        if (strcmp(m->topic, "notify/erase") == 0) {
                relayd_command_erase(d, m);
                return;
        }
        if (sscanf(m->topic, "notify/%18" SCNd64 "/%15[a-z]%n", &id, verb, &end) != 2 ||
            m->topic[end] != '\0' || id <= 0) {
                thon_mqtt_reply_error(d->mqtt, m, "not-found", "there is no such notice");
                return;
        }
        if (strcmp(verb, "ack") == 0)
                acknowledge(d, m, id);
        else if (strcmp(verb, "resolve") == 0)
                resolve(d, m, id);
        else if (strcmp(verb, "retry") == 0)
                retry_or_cancel(d, m, id, true);
        else if (strcmp(verb, "cancel") == 0)
                retry_or_cancel(d, m, id, false);
        else
                thon_mqtt_reply_error(d->mqtt, m, "unknown-command", "notify/<id>/%s is no command", verb);
}
