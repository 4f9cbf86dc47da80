/* thonctl report: citizens' reports. Looking needs no daemon; what changes one goes through thon-relayd, which tells the
 * citizen. */
#include <inttypes.h>
#include <string.h>

#include "ctl.h"
#include "thon/cleanup.h"
#include "thon/report_store.h"

static int open_for_reading(struct ctl *ctl)
{
        int r = ctl_zone(ctl);

        return r == CTL_OK ? ctl_open_store(ctl, THON_STORE_READ) : r;
}

static int list(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"id",       "state", "due",  "overdue", "area",
                                              "assignee", "name",  "text", NULL};
        const char *limit = NULL;
        bool all = false;
        const struct ctl_option options[] = {{"limit", &limit, NULL}, {"all", NULL, &all}};
        json_t *rows;
        long n = 200;
        int r;

        r = ctl_options(ctl, argc, argv, options, 2, &argc);
        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "report list takes options only");
        if (limit && !ctl_int(limit, 1, 1000000, &n))
                return ctl_usage(ctl, "--limit takes 1 to 1000000");
        r = open_for_reading(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_report_list(ctl->store, !all, ctl->now, n, &rows);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_civil(ctl, rows);
        return ctl_print(ctl, rows, columns);
}

static int show(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"at", "by", "kind", "text", "file", NULL};
        _cleanup_json_ json_t *doc = NULL;
        json_t *entries;
        long id;
        int r;

        if (argc != 1 || !ctl_int(argv[0], 1, INT32_MAX, &id))
                return ctl_usage(ctl, "report show takes the number of a report");
        r = open_for_reading(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_report_show(ctl->store, id, ctl->now, &doc);
        if (r == THON_STORE_NOT_FOUND)
                return ctl_fail(ctl, "not-found", "there is no report %ld. See: thonctl report list --all",
                                id);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_civil(ctl, doc);
        if (ctl->json)
                return ctl_print(ctl, THON_TAKE(doc), NULL);
        entries = json_incref(json_object_get(doc, "entries"));
        (void)json_object_del(doc, "entries");
        (void)ctl_print(ctl, THON_TAKE(doc), NULL);
        putchar('\n');
        return ctl_print(ctl, entries, columns);
}

/* report/<n>/set */
static int order(struct ctl *ctl, const char *number, json_t *payload, const char *done)
{
        _cleanup_json_ json_t *owned = payload, *reply = NULL;
        char topic[64];
        long id;
        int r;

        if (!ctl_int(number, 1, INT32_MAX, &id))
                return ctl_usage(ctl, "\"%s\" is no number of a report", number);
        (void)json_object_set_new(owned, "by", json_string(ctl->by));
        (void)snprintf(topic, sizeof(topic), "report/%ld/set", id);
        r = ctl_call(ctl, topic, THON_TAKE(owned), "thon-relayd", &reply);
        if (r != CTL_OK)
                return r;
        return ctl_done(ctl, json_incref(reply), "report %ld %s", id, done);
}

static int assign(struct ctl *ctl, int argc, char **argv)
{
        if (argc != 2)
                return ctl_usage(ctl, "report assign takes the number of a report and who sees to it");
        return order(ctl, argv[0], json_pack("{s:s,s:s}", "state", "assigned", "assignee", argv[1]),
                     "is assigned");
}

static int start(struct ctl *ctl, int argc, char **argv)
{
        if (argc != 1)
                return ctl_usage(ctl, "report start takes the number of a report");
        return order(ctl, argv[0], json_pack("{s:s}", "state", "in-progress"), "is in progress");
}

static int answer(struct ctl *ctl, int argc, char **argv)
{
        if (argc != 2)
                return ctl_usage(ctl, "report answer takes the number of a report and the text");
        return order(ctl, argv[0], json_pack("{s:s}", "text", argv[1]), "is answered");
}

static int close_report(struct ctl *ctl, int argc, char **argv)
{
        const char *refused = NULL, *text = NULL;
        const struct ctl_option options[] = {{"refused", &refused, NULL}, {"text", &text, NULL}};
        json_t *payload;
        int r;

        r = ctl_options(ctl, argc, argv, options, 2, &argc);
        if (r != CTL_OK)
                return r;
        if (argc != 1)
                return ctl_usage(ctl, "report close takes the number of a report");
        payload = refused ? json_pack("{s:s,s:s}", "state", "refused", "reason", refused)
                          : json_pack("{s:s}", "state", "done");
        if (text)
                (void)json_object_set_new(payload, "text", json_string(text));
        return order(ctl, argv[0], payload, refused ? "is refused; the citizen is told why" : "is done");
}

const struct ctl_command ctl_report_commands[] = {
        {"report list", "[--all] [--limit N]", list},
        {"report show", "N", show},
        {"report assign", "N WHO", assign},
        {"report start", "N", start},
        {"report answer", "N TEXT", answer},
        {"report close", "N [--refused REASON] [--text ANSWER]", close_report},
        {NULL, NULL, NULL},
};
