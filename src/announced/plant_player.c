/* How a player is started. It loads GStreamer only for what needs it, so that one is ready some hundredths of a
 * second after it was started, and none is kept in waiting. What GStreamer knows of its plugins it finds out once,
 * in the background, when we start: a fresh machine would else spend seconds on that before its first stream. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plant_private.h"
#include "thon/log.h"

#define WARM_US (120 * PLANT_S)

struct warming {
        struct plant *plant;
        struct child *child;
        sd_event_source *timer;
};

int player_start(struct plant *plant, const char *name, const json_t *order, const struct child_ops *ops,
                 void *userdata, struct child **ret)
{
        const char *argv[] = {plant->player, NULL};
        const struct child_options options = {.argv = argv, .name = name, .line_max = THON_PLAYER_LINE_MAX};
        struct child *child;
        int r;

        r = child_start(plant->children, &options, ops, userdata, &child);
        if (r < 0)
                return r;
        r = child_write_line(child, order);
        if (r < 0) {
                (void)child_forget(child);
                return r;
        }
        *ret = child;
        return 0;
}

static void on_warm_ended(bool ok, const char *how, void *userdata)
{
        struct warming *w = userdata;

        w->child = NULL;
        w->timer = sd_event_source_disable_unref(w->timer);
        if (!ok)
                thon_warning("The player that was to load GStreamer once %s: the first stream may be late",
                             how);
}

static int on_warm_late(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct warming *w = userdata;

        (void)source;
        (void)usec;
        if (w->child)
                child_end(w->child, 0);
        return 0;
}

int warming_start(struct plant *plant, struct warming **ret)
{
        static const struct child_ops ops = {.ended = on_warm_ended};
        _cleanup_json_ json_t *order = json_pack("{s:s}", "mode", "warm");
        struct warming *w = calloc(1, sizeof *w);
        int r;

        if (!w || !order) {
                free(w);
                return -ENOMEM;
        }
        w->plant = plant;
        r = player_start(plant, "player, warming", order, &ops, w, &w->child);
        if (r == 0)
                r = plant_timer(plant, &w->timer, plant_now(plant) + WARM_US, on_warm_late, w);
        if (r < 0) /* each airing will say so again */
                thon_error("%s cannot be run, nothing can be aired: %s", plant->player, strerror(-r));
        *ret = w;
        return 0;
}

struct warming *warming_free(struct warming *w)
{
        if (!w)
                return NULL;
        (void)child_forget(w->child);
        sd_event_source_disable_unref(w->timer);
        free(w);
        return NULL;
}
