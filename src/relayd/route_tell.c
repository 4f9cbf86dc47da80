/* What the router decided, done: notices submitted, ends told. Everything is in one transaction with what the router keeps,
 * so that after a crash it knows exactly what was said. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "routes.h"
#include "thon/log.h"
#include "thon/relay_told_store.h"

static enum thon_purpose purpose_of(const struct thon_route_action *action)
{
        if (action->route)
                return action->route->purpose;
        return action->class == THON_CLASS_EMERGENCY ? THON_PURPOSE_EMERGENCY : THON_PURPOSE_NOTICES;
}

/* A route that reaches nobody is a person's mistake, and would else be found in the night that matters. Said once; its
 * own event may well take another route. */
static void tell_nobody(struct relayd *d, const struct thon_route_action *action, bool nobody,
                        const char *why)
{
        struct thon_json_error text; /* cut at a character: `why` may quote a name */

        if (nobody)
                thon_json_fail(&text, NULL, "Tuyến báo %s không đến được ai: %s", action->route->name, why);
        else
                thon_json_fail(&text, NULL, "Tuyến báo %s đã có người nhận", action->route->name);
        relayd_event(d, "route", action->route->name, nobody, "warning", text.text);
        if (nobody)
                thon_log_full(LOG_WARNING, THON_MSG_NONE,
                              (const char *const[]){"THON_ROUTE=", action->route->name, NULL},
                              "Route %s reaches nobody: %s", action->route->name, why);
}

static int submit(struct relayd *d, struct thon_router *router, const struct thon_route_action *action)
{
        _cleanup_json_ json_t *ack = action->ack ? json_object() : NULL;
        _cleanup_free_ char *text = NULL;
        char source[THON_SLUG_MAX + 8];
        struct relayd_submission submission = {
                .to = action->to,
                .n_to = action->n_to,
                .class = action->class,
                .has_purpose = true,
                .purpose = purpose_of(action),
                .text = action->text,
                .picture = action->picture,
                .not_before = THON_WALL_NEVER,
                .expires = action->expires,
                .supersedes = action->supersedes,
                .parent = action->parent,
                .source = source,
                .by = source,
                .ack = ack,
        };
        struct relayd_submitted submitted;
        struct relayd_refusal refusal;
        int r;

        if (action->ack && !ack)
                return -ENOMEM;
        snprintf(source, sizeof(source), "route:%s", action->route->name);
        r = relayd_submit(d, &submission, &submitted, &refusal);
        if (r == THON_STORE_NOT_FOUND && submission.supersedes) {
                submission.supersedes = 0; /* pruned long ago */
                r = relayd_submit(d, &submission, &submitted, &refusal);
        }
        if (r == -EINVAL || r == THON_STORE_INVALID) {
                tell_nobody(d, action, true, r < 0 ? refusal.text : thon_store_message(d->store));
                return thon_router_submitted(router, action, 0);
        }
        if (r != 0)
                return r;
        tell_nobody(d, action, submitted.recipients == 0, "không có ai trong danh sách người nhận");
        if (action->ack) {
                text = thon_number_fill(action->text, submitted.id);
                r = text ? thon_notice_text_set(d->store, submitted.id, text) : -ENOMEM;
                if (r != 0)
                        return r;
        }
        thon_log_full(LOG_INFO, THON_MSG_NONE,
                      (const char *const[]){"THON_ROUTE=", action->route->name, NULL},
                      "Route %s: notice %" PRId64 " to %zu", action->route->name, submitted.id,
                      submitted.recipients);
        return thon_router_submitted(router, action, submitted.id);
}

/* ---- ends --------------------------------------------------------------------------------------------------------- */

struct family {
        int64_t *open;
        size_t n;
};

static int note_open(const struct thon_told *told, void *userdata)
{
        struct family *family = userdata;
        /* What is done may go on: the provider is still asked of what is unknown, and a no would send it again. */
        bool goes_on = told->state == THON_NOTICE_OPEN ||
                       (told->state == THON_NOTICE_DONE && told->outcome == THON_OUTCOME_UNKNOWN);

        if (!goes_on || (family->n > 0 && family->open[family->n - 1] == told->notice))
                return 0;
        int64_t *open = reallocarray(family->open, family->n + 1, sizeof(*open));
        if (!open)
                return -ENOMEM;
        family->open = open;
        open[family->n++] = told->notice;
        return 0;
}

/* Whatever of it nobody has read yet, nobody need read any more. */
static int withdraw(struct relayd *d, int64_t root, const char *by)
{
        struct family family = {0};
        int r = thon_notice_told(d->store, root, note_open, &family);

        for (size_t i = 0; r == 0 && i < family.n; i++) {
                size_t n;

                r = thon_notice_withdraw(d->store, family.open[i], THON_NOTICE_WITHDRAWN,
                                         THON_DETAIL_WITHDRAWN, by, relayd_wall(d), &n);
                if (r == 0)
                        relayd_publish_notice(d, family.open[i]);
        }
        free(family.open);
        return r;
}

static int end(struct relayd *d, struct thon_router *router, const struct thon_route_action *action,
               struct thon_route_now now)
{
        const struct thon_route_ending *ending = thon_router_ending(router, action->endings[0]);
        _cleanup_(relayd_readers_freep) struct relayd_readers *readers = NULL;
        char source[THON_SLUG_MAX + 8];
        size_t under_way = 0;
        int64_t parent = 0;
        int r = 0;

        if (!ending)
                return 0;
        snprintf(source, sizeof(source), "route:%s", ending->route);
        for (size_t i = 0; r == 0 && i < ending->n_roots; i++) {
                if (!ending->roots[i].shared) {
                        r = withdraw(d, ending->roots[i].notice, source);
                        parent = parent ? parent : ending->roots[i].notice;
                }
                if (r == 0)
                        r = relayd_readers_add(d, &readers, ending->roots[i].notice, ending->roots[i].shared,
                                               &under_way);
        }
        if (r == 0 && ending->digest)
                r = relayd_readers_but(d, readers, ending->digest, NULL, NULL);
        if (r != 0)
                return r;
        size_t told = relayd_readers_count(readers);
        switch (thon_ending_decide(ending, told, under_way, now.wall)) {
        case THON_ENDING_WAIT:
                thon_router_ending_waits(router, ending->id, now);
                return 0;
        case THON_ENDING_TELL:
                /* Without an end of its own: who read that it broke will be glad of it tomorrow, too. */
                r = relayd_readers_tell(d, readers, ending->text, ending->class, purpose_of(action), parent,
                                        source, source, THON_WALL_NEVER);
                break;
        case THON_ENDING_NOTHING:
                break;
        }
        if (r == 0)
                thon_router_ended(router, ending->id);
        return r;
}

int relayd_route_act(struct relayd *d, struct thon_router *router, const struct thon_route_action *action,
                     struct thon_route_now now)
{
        switch (action->what) {
        case THON_ROUTE_RAISED:
        case THON_ROUTE_UPDATE:
        case THON_ROUTE_REPEAT:
        case THON_ROUTE_ESCALATE:
        case THON_ROUTE_DIGEST:
                return submit(d, router, action);
        case THON_ROUTE_END:
                return end(d, router, action, now);
        }
        return 0;
}
