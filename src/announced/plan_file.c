/* What is approved, kept beside the store: a station whose database is gone still airs the bulletins of the month.
 * Written when an announcement comes, changes or ends, which is some times a day; what was aired since is not in
 * it, so after a start from it each announcement goes on with its next time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "thon/announce_form.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define PLAN     "announced-plan.json"
#define PLAN_MAX (16 * 1024 * 1024)

static char *plan_path(const struct announced *d)
{
        char *path;

        return asprintf(&path, "%s/%s", d->state_dir, PLAN) < 0 ? NULL : path;
}

void announced_plan_write(struct announced *d)
{
        _cleanup_json_ json_t *all = json_array();
        _cleanup_free_ char *path = plan_path(d);
        int r = all && path ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < d->n_items; i++) {
                const struct thon_announcement *a = &d->items[i]->a;

                if (a->state == THON_ANNOUNCE_APPROVED &&
                    json_array_append_new(all, thon_announce_form_write(a, d->tz)) < 0)
                        r = -ENOMEM;
        }
        if (r == 0)
                r = thon_json_write_file(path, all, 0640);
        if (r < 0)
                thon_warning("What is approved could not be kept for a start without the store: %s",
                             strerror(-r));
}

static int take(struct announced *d, const json_t *doc)
{
        struct thon_announcement a = {0};
        struct thon_json_error error = {""};
        struct announced_item *item;
        struct thon_wall now = announced_now(d).wall;
        int r = thon_announce_form_whole(doc, d->tz, &a, &error);

        if (r == -EINVAL) {
                thon_warning("%s: %s: an announcement is passed over", PLAN, error.text);
                return 0;
        }
        if (r < 0)
                return r;
        /* Whether its last time was aired is not known here: not again. */
        if (a.planned.s == THON_WALL_NEVER.s || a.planned.s < now.s)
                a.planned = now;
        r = announced_item_new(d, &a, true, &item);
        return r == -EEXIST ? 0 : r;
}

int announced_plan_read(struct announced *d)
{
        _cleanup_json_ json_t *all = NULL;
        _cleanup_free_ char *path = plan_path(d);
        struct thon_json_error error = {""};
        int r = path ? thon_json_read_file(path, PLAN_MAX, &all, &error) : -ENOMEM;

        if (r == 0 && !json_is_array(all))
                r = -EINVAL;
        for (size_t i = 0; r == 0 && i < json_array_size(all); i++)
                r = take(d, json_array_get(all, i));
        if (r == 0)
                thon_log_full(LOG_NOTICE, THON_MSG_PLAN_KEPT, NULL,
                              "Announcements are taken from %s, since the store is away: %zu", path,
                              d->n_items);
        return r;
}
