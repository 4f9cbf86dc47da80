/* thonctl announce log: what was aired, where, when, how long, how loud, by whom. From the store; no daemon. */
#include "announce.h"

#include <errno.h>

#include "thon/cleanup.h"

int ctl_announce_span(struct ctl *ctl, const char *from, const char *to, int days,
                      struct thon_wall *ret_from, struct thon_wall *ret_to)
{
        struct thon_wall end = {ctl->now.s + 1}, begin;

        if (to && !thon_time_parse(ctl->zone, to, &end))
                return ctl_usage(ctl, "--to takes a time such as \"2026-11-21 06:00\"");
        begin.s = end.s - (int64_t)days * 86400;
        if (from && !thon_time_parse(ctl->zone, from, &begin))
                return ctl_usage(ctl, "--from takes a time such as \"2026-11-20 17:00\"");
        if (begin.s >= end.s)
                return ctl_usage(ctl, "--from must come before --to");
        *ret_from = begin;
        *ret_to = end;
        return CTL_OK;
}

struct rows {
        const struct ctl *ctl;
        json_t *list;
};

static int add(const struct thon_airing_row *row, void *userdata)
{
        struct rows *rows = userdata;

        return json_array_append_new(rows->list, ctl_airing_json(rows->ctl, row)) < 0 ? -ENOMEM : 0;
}

static int log_aired(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"due",     "zone",     "class", "state", "began",
                                              "seconds", "level_db", "proof", "by",    "announcement",
                                              "title",   "why",      NULL};
        struct thon_airing_span span = {.limit = 1000};
        const char *from = NULL, *to = NULL, *limit = NULL;
        const struct ctl_option options[] = {{"zone", &span.zone, NULL},
                                             {"from", &from, NULL},
                                             {"to", &to, NULL},
                                             {"limit", &limit, NULL}};
        _cleanup_json_ json_t *found = json_array(), *turned = json_array();
        struct rows rows = {ctl, found};
        long n = 1000;
        int r = ctl_options(ctl, argc, argv, options, 4, &argc);

        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "announce log takes options only");
        if (limit && !ctl_int(limit, 1, 100000, &n))
                return ctl_usage(ctl, "--limit takes 1 to 100000");
        span.limit = (size_t)n;
        r = ctl_zone(ctl);
        if (r == CTL_OK)
                r = ctl_announce_span(ctl, from, to, 7, &span.from, &span.to);
        if (r == CTL_OK)
                r = ctl_announce_open(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_airings(ctl->store, &span, add, &rows);
        /* The newest are taken, and read in order of time. */
        for (size_t i = json_array_size(found); i-- > 0;)
                (void)json_array_append(turned, json_array_get(found, i));
        return r != 0 ? ctl_fail_store(ctl, r) : ctl_print(ctl, THON_TAKE(turned), columns);
}

const struct ctl_command ctl_announce_log_commands[] = {
        {"announce log", "[--zone Z] [--from T] [--to T] [--limit N]", log_aired},
        {NULL, NULL, NULL},
};
