/* thonctl camera history, incidents: what happened. From the store; no daemon. */
#include <errno.h>
#include <string.h>

#include "camera.h"
#include "thon/cleanup.h"

int ctl_camera_span(struct ctl *ctl, const char *from, const char *to, int days, struct thon_wall *ret_from,
                    struct thon_wall *ret_to)
{
        struct thon_wall end = {ctl->now.s + 1}, begin;

        if (to && !thon_time_parse(ctl->zone, to, &end))
                return ctl_usage(ctl, "--to takes a time such as \"2026-11-21 06:00\"");
        begin.s = end.s - (int64_t)days * 86400;
        if (from && !thon_time_parse(ctl->zone, from, &begin))
                return ctl_usage(ctl, "--from takes a time such as \"2026-11-20 17:00\"");
        *ret_from = begin;
        *ret_to = end;
        return CTL_OK;
}

struct rows {
        const struct ctl *ctl;
        json_t *list;
};

/* What is no UTF-8 came from outside; one such row must not hide the others. */
static json_t *text_json(const char *text)
{
        json_t *json = json_string(text);

        return json ? json : json_string("\xEF\xBF\xBD");
}

static int add_did(const struct thon_camera_did *row, void *userdata)
{
        struct rows *rows = userdata;
        json_t *one = json_pack("{s:o,s:o,s:s,s:o,s:o,s:o,s:o}", "at", ctl_time_json(rows->ctl, row->at),
                                "camera", text_json(row->device), "what", thon_camera_what_slug(row->what),
                                "value", text_json(row->value), "seconds",
                                row->seconds > 0 ? json_integer(row->seconds) : json_null(), "by",
                                text_json(row->by), "detail", text_json(row->detail));

        return json_array_append_new(rows->list, one) < 0 ? -ENOMEM : 0;
}

int ctl_camera_history(struct ctl *ctl, const char *id, struct thon_wall from, struct thon_wall to,
                       size_t limit, json_t **ret)
{
        const struct thon_camera_span span = {.device = id, .from = from, .to = to, .limit = limit};
        _cleanup_json_ json_t *list = json_array(), *turned = json_array();
        struct rows rows = {ctl, list};
        int r = thon_camera_history(ctl->store, &span, add_did, &rows);

        if (r != 0)
                return ctl_fail_store(ctl, r);
        for (size_t i = json_array_size(list); i-- > 0;)
                (void)json_array_append(turned, json_array_get(list, i));
        *ret = THON_TAKE(turned);
        return CTL_OK;
}

static int history(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"at",      "camera", "what",   "value",
                                              "seconds", "by",     "detail", NULL};
        const char *from = NULL, *to = NULL, *limit = NULL, *id = NULL;
        const struct ctl_option options[] = {
                {"from", &from, NULL}, {"to", &to, NULL}, {"limit", &limit, NULL}};
        struct thon_wall begin, end;
        json_t *rows;
        long n = 1000;
        int r = ctl_options(ctl, argc, argv, options, 3, &argc);

        if (r == CTL_OK && argc > 0)
                r = ctl_camera_id(ctl, argc, argv, "history", &id);
        if (r == CTL_OK && limit && !ctl_int(limit, 1, 1000000, &n))
                r = ctl_usage(ctl, "--limit takes 1 to 1000000");
        if (r == CTL_OK)
                r = ctl_zone(ctl);
        if (r == CTL_OK)
                r = ctl_camera_span(ctl, from, to, 7, &begin, &end);
        if (r == CTL_OK)
                r = ctl_camera_open(ctl);
        if (r == CTL_OK)
                r = ctl_camera_history(ctl, id, begin, end, (size_t)n, &rows);
        return r == CTL_OK ? ctl_print(ctl, rows, columns) : r;
}

static int add_incident(const struct thon_incident_row *row, void *userdata)
{
        struct rows *rows = userdata;
        json_t *members = json_array(), *one;
        int64_t end = row->ended.s < rows->ctl->now.s ? row->ended.s : rows->ctl->now.s;
        int64_t lasted = end > row->began.s ? end - row->began.s : 0;

        for (size_t i = 0; i < row->n_members; i++)
                (void)json_array_append_new(members, text_json(row->members[i]));
        one = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:o,s:o,s:o}", "id", text_json(row->id),
                        "cause", text_json(row->cause), "verdict", text_json(row->verdict), "root",
                        text_json(row->root), "name", text_json(row->name), "area", text_json(row->area),
                        "began", ctl_time_json(rows->ctl, row->began), "ended",
                        ctl_time_json(rows->ctl, row->ended), "minutes", (json_int_t)((lasted + 30) / 60),
                        "most", (json_int_t)row->most, "members", members, "text", text_json(row->text),
                        "end_text", text_json(row->end_text));
        return json_array_append_new(rows->list, one) < 0 ? -ENOMEM : 0;
}

static int incidents(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"began", "ended",   "cause", "verdict", "name",
                                              "most",  "minutes", "text",  NULL};
        const char *from = NULL, *to = NULL;
        bool all = false;
        const struct ctl_option options[] = {{"from", &from, NULL}, {"to", &to, NULL}, {"all", NULL, &all}};
        struct thon_wall begin, end;
        _cleanup_json_ json_t *list = json_array();
        struct rows rows = {ctl, list};
        int r = ctl_options(ctl, argc, argv, options, 3, &argc);

        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "camera incidents takes options only");
        r = ctl_zone(ctl);
        if (r == CTL_OK)
                r = ctl_camera_span(ctl, from, to, 31, &begin, &end);
        if (r == CTL_OK)
                r = ctl_camera_open(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_camera_incidents(ctl->store, !all && !from && !to, begin, end, add_incident, &rows);
        return r != 0 ? ctl_fail_store(ctl, r) : ctl_print(ctl, THON_TAKE(list), columns);
}

const struct ctl_command ctl_camera_log_commands[] = {
        {"camera history", "[C] [--from T] [--to T] [--limit N]", history},
        {"camera incidents", "[--all] [--from T] [--to T]", incidents},
        {NULL, NULL, NULL},
};
