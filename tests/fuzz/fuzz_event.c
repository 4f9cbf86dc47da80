/* Events as anybody may publish them, a line each, and what a router makes of them: it looks after every line, in quiet hours
 * and out of them, and what it keeps must be read again. A line that begins with + lets that many minutes pass. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/relayd/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *all[] = {"*"}, *lights[] = {"light-*"}, *power[] = {"power-*"}, *to[] = {"role:technician"};
static struct thon_escalate_step step = {to, 1, 600};
static const struct thon_route_conf routes[] = {
        {.name = "all",
         .match = all,
         .n_match = 1,
         .to = to,
         .n_to = 1,
         .cleared = true,
         .quiet = {1290, 330}},
        {.name = "lights",
         .match = lights,
         .n_match = 1,
         .to = to,
         .n_to = 1,
         .class = THON_CLASS_PRIORITY,
         .ack = true,
         .repeat_s = 3600,
         .escalate = &step,
         .n_escalate = 1,
         .group_wait_s = 1,
         .group_interval_s = 300},
};
static const struct thon_inhibit_conf inhibit = {.name = "power",
                                                 .source = power,
                                                 .n_source = 1,
                                                 .target = lights,
                                                 .n_target = 1,
                                                 .same = (char *)"area"};

struct world {
        struct thon_zone *zone;
        struct thon_router *router, *again; /* what is kept goes into the second */
        struct thon_route_now now;
        int64_t notices;
};

static int keep(enum thon_route_record what, const char *key, const void *record, void *userdata)
{
        struct world *w = userdata;
        char *doc = record ? relayd_record_doc(what, record) : NULL;

        (void)key;
        if (doc && what != THON_RECORD_EVENT) {
                int r = relayd_record_restore(w->again, what, "all", doc);

                if (r != 0 && r != -EINVAL) /* there already */
                        abort();
        }
        free(doc);
        return 0;
}

static void look(struct world *w)
{
        struct thon_route_actions actions;

        if (thon_router_look(w->router, w->now, &actions) != 0)
                abort();
        for (size_t i = 0; i < actions.n; i++) {
                const struct thon_route_action *action = &actions.items[i];

                if (action->what == THON_ROUTE_END) {
                        thon_router_ended(w->router, action->endings[0]);
                        continue;
                }
                if (!action->text || strlen(action->text) > THON_NOTICE_TEXT_MAX ||
                    (action->ack && !strstr(action->text, "{so}")))
                        abort();
                if (thon_router_submitted(w->router, action, ++w->notices) != 0)
                        abort();
        }
        if (actions.next_mono.us <= w->now.mono.us || actions.next_wall.s <= w->now.wall.s)
                abort();
        thon_route_actions_done(&actions);
        if (thon_router_new(routes, 2, &inhibit, 1, w->zone, &w->again) != 0)
                abort();
        if (thon_router_keep(w->router, keep, w) != 0)
                abort();
        w->again = thon_router_free(w->again);
}

static void line_of(struct world *w, const char *line, size_t n)
{
        struct thon_json_error error = {""};
        struct relayd_heard heard;
        char *copy;

        if (n > 0 && line[0] == '+') {
                uint64_t minutes = n > 1 ? (unsigned char)line[1] : 1;

                w->now.wall.s += (int64_t)minutes * 60;
                w->now.mono.us += minutes * 60000000;
                look(w);
                return;
        }
        copy = malloc(n + 1);
        if (!copy)
                return;
        memcpy(copy, line, n);
        copy[n] = '\0';
        if (relayd_event_read(n % 3 == 0 ? "power-cut" : "light-dark", copy, strlen(copy), w->zone,
                              w->now.wall, &heard, &error) == 0) {
                struct thon_event_in in = relayd_heard_in(&heard);

                if (thon_router_event(w->router, &in, w->now) != 0)
                        abort(); /* what was read is within the limits */
                relayd_heard_done(&heard);
        } else if (error.text[0] == '\0') {
                abort();
        }
        free(copy);
        look(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct world w = {.now = {{1795266600}, {1000000000}}};
        const char *text = (const char *)data;

        if (thon_zone_fixed(7 * 3600, &w.zone) != 0 ||
            thon_router_new(routes, 2, &inhibit, 1, w.zone, &w.router) != 0)
                abort();
        while (size > 0) {
                const char *end = memchr(text, '\n', size);
                size_t n = end ? (size_t)(end - text) : size;

                line_of(&w, text, n);
                n += end != NULL;
                text += n;
                size -= n;
        }
        thon_router_free(w.router);
        thon_zone_free(w.zone);
        return 0;
}
