/* Players are started ahead where that is foreseen: when one is told to stop, something louder is probably next, and its player can load
 * GStreamer, a third of a second on a Pi, while the old one fades. One that waits takes any order, since it is told all it needs in its first line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plant_private.h"
#include "thon/log.h"

#define SPARES_MAX 8
#define SPARE_US   (10 * PLANT_S) /* unused for so long it goes */
#define WARM_US    (120 * PLANT_S)

struct spare {
        struct player_pool *pool;
        struct child *child;
        sd_event_source *timer;
};

struct player_pool {
        struct plant *plant;
        struct spare spares[SPARES_MAX];
        struct spare warm; /* the one that fills the registry */
};

static void spare_done(struct spare *spare)
{
        spare->child = child_forget(spare->child);
        spare->timer = sd_event_source_disable_unref(spare->timer);
}

static int on_spare_old(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        spare_done(userdata);
        return 0;
}

/* One that speaks before it is asked is none of ours. */
static void on_spare_line(const char *line, size_t size, void *userdata)
{
        (void)line;
        (void)size;
        spare_done(userdata);
}

static void on_spare_ended(bool ok, const char *how, void *userdata)
{
        struct spare *spare = userdata;

        (void)ok;
        thon_debug("A player in waiting %s", how);
        spare_done(spare);
}

static int player_start(struct plant *plant, const char *name, const struct child_ops *ops, void *userdata,
                        struct child **ret)
{
        const char *argv[] = {plant->player, NULL};
        const struct child_options options = {.argv = argv, .name = name, .line_max = THON_PLAYER_LINE_MAX};

        return child_start(plant->children, &options, ops, userdata, ret);
}

static int spare_fill(struct spare *spare, const char *name, const struct child_ops *ops, uint64_t us)
{
        struct plant *plant = spare->pool->plant;
        int r = player_start(plant, name, ops, spare, &spare->child);

        if (r == 0)
                r = plant_timer(plant, &spare->timer, plant_now(plant) + us, on_spare_old, spare);
        if (r < 0)
                spare_done(spare);
        return r;
}

void pool_prepare(struct player_pool *pool)
{
        static const struct child_ops ops = {.line = on_spare_line, .ended = on_spare_ended};

        for (size_t i = 0; i < SPARES_MAX; i++) {
                if (!pool->spares[i].child) {
                        int r = spare_fill(&pool->spares[i], "player in waiting", &ops, SPARE_US);

                        if (r < 0)
                                thon_debug("No player could be started ahead: %s", strerror(-r));
                        return;
                }
        }
}

static int send_line(struct child *child, const json_t *order)
{
        _cleanup_free_ char *text = json_dumps(order, JSON_COMPACT);
        size_t size;

        if (!text)
                return -ENOMEM;
        size = strlen(text);
        if (size + 1 > THON_PLAYER_LINE_MAX)
                return -E2BIG;
        text[size] = '\n'; /* in place of the NUL */
        return child_write(child, text, size + 1);
}

int pool_take(struct player_pool *pool, const char *name, const json_t *order, const struct child_ops *ops,
              void *userdata, struct child **ret)
{
        struct child *child = NULL;
        int r;

        for (size_t i = 0; i < SPARES_MAX && !child; i++) {
                struct spare *spare = &pool->spares[i];

                if (spare->child && child_hand_over(spare->child, name, ops, userdata) == 0) {
                        child = THON_TAKE(spare->child);
                        spare_done(spare);
                }
        }
        if (!child) {
                r = player_start(pool->plant, name, ops, userdata, &child);
                if (r < 0)
                        return r;
        }
        r = send_line(child, order);
        if (r < 0) {
                (void)child_forget(child);
                return r;
        }
        *ret = child;
        return 0;
}

static void on_warm_ended(bool ok, const char *how, void *userdata)
{
        if (!ok)
                thon_warning("The player that was to load GStreamer once %s: the first sound may be late",
                             how);
        spare_done(userdata);
}

static void on_warm_line(const char *line, size_t size, void *userdata)
{
        (void)size;
        (void)userdata;
        if (line)
                thon_debug("Player, warming: %.200s", line);
}

void pool_warm(struct player_pool *pool)
{
        static const struct child_ops ops = {.line = on_warm_line, .ended = on_warm_ended};
        _cleanup_json_ json_t *order = json_pack("{s:s}", "mode", "warm");
        int r = order ? spare_fill(&pool->warm, "player, warming", &ops, WARM_US) : -ENOMEM;

        if (r == 0)
                r = send_line(pool->warm.child, order);
        if (r < 0)
                thon_error("%s cannot be run, nothing can be aired: %s", pool->plant->player, strerror(-r));
}

int pool_new(struct plant *plant, struct player_pool **ret)
{
        struct player_pool *pool = calloc(1, sizeof *pool);

        if (!pool)
                return -ENOMEM;
        pool->plant = plant;
        pool->warm.pool = pool;
        for (size_t i = 0; i < SPARES_MAX; i++)
                pool->spares[i].pool = pool;
        *ret = pool;
        return 0;
}

struct player_pool *pool_free(struct player_pool *pool)
{
        if (!pool)
                return NULL;
        for (size_t i = 0; i < SPARES_MAX; i++)
                spare_done(&pool->spares[i]);
        spare_done(&pool->warm);
        free(pool);
        return NULL;
}
