/* Messages that go on to their next rung without having been tried here: emergencies whose channel is shut, and what waits
 * for a channel that is no longer in the configuration. They are claimed and settled in one commit, so that none of them
 * was ever SENDING in the eyes of a restart. */
#include <string.h>

#include "pump.h"
#include "thon/log.h"

#define MOVE_MAX 64
/* An emergency that found no other way is looked at again so long after. */
#define STUCK_S 15
/* After a failure of the store. */
#define ORPHANS_S 60

struct moving {
        struct relayd *daemon;
        struct {
                int64_t id;
                unsigned part;
                bool more;
        } rows[MOVE_MAX];
        size_t n;
        bool stuck; /* some delivery of the present one has nowhere to go */
};

static int on_row(const struct thon_message *m, void *userdata)
{
        struct moving *moving = userdata;

        if (moving->n == MOVE_MAX)
                return 1;
        moving->rows[moving->n].id = m->id;
        moving->rows[moving->n].part = m->part;
        moving->rows[moving->n++].more = m->more_rungs;
        return 0;
}

static int step(const char *ladder, int rung, struct thon_wall *due, enum thon_due *why, void *userdata)
{
        struct moving *moving = userdata;
        int next = relayd_step(ladder, rung, due, why, moving->daemon);

        moving->stuck = moving->stuck || next < 0;
        return next;
}

static int on_notice(int64_t notice, void *userdata)
{
        relayd_publish_notice(userdata, notice);
        return 0;
}

static int move_on(struct moving *moving, size_t i, const char *detail)
{
        struct relayd *d = moving->daemon;
        const struct thon_settle settle = {.message = moving->rows[i].id,
                                           .next = THON_NEXT_RUNG,
                                           .part = moving->rows[i].part,
                                           .detail = detail,
                                           .at = relayd_wall(d)};
        int r = thon_message_settle(d->store, &settle, step, moving);

        return r != 0 ? r : thon_message_notices(d->store, settle.message, on_notice, d);
}

static int stay(struct moving *moving, size_t i)
{
        struct relayd *d = moving->daemon;
        const struct thon_settle settle = {.message = moving->rows[i].id,
                                           .next = THON_NEXT_AGAIN,
                                           .due = {relayd_wall(d).s + STUCK_S},
                                           .why = THON_DUE_BACKOFF,
                                           .uncount = true,
                                           .part = moving->rows[i].part,
                                           .detail = "kênh đang không gửi được",
                                           .at = relayd_wall(d)};

        return thon_message_settle(d->store, &settle, step, moving);
}

/* One of which any delivery has no other way stays as a whole: the channel may come back. */
static int move_or_stay(struct moving *moving, size_t i)
{
        struct relayd *d = moving->daemon;
        int r;

        moving->stuck = !moving->rows[i].more;
        if (!moving->stuck) {
                r = relayd_batch_mark(d);
                if (r != 0)
                        return r;
                r = move_on(moving, i, "kênh không gửi được, tin khẩn chuyển sang kênh khác");
                r = relayd_batch_unmark(d, r == 0 && moving->stuck ? THON_STORE_NOT_FOUND : r);
                if (r != 0 && !moving->stuck)
                        return r;
        }
        return moving->stuck ? stay(moving, i) : 0;
}

void relayd_move_emergencies(struct relayd_channel *c)
{
        struct relayd *d = c->daemon;
        struct moving moving = {.daemon = d};
        unsigned n;
        int r = relayd_batch_enter(d);

        if (r == 0)
                r = relayd_queue_claim(d, c->conf->name, THON_CLASS_EMERGENCY, MOVE_MAX, on_row, &moving,
                                       &n);
        for (size_t i = 0; r == 0 && i < moving.n; i++)
                r = move_or_stay(&moving, i);
        if (r == 0 && moving.n > 0)
                relayd_pump_soon(d);
}

/* Disabled ones keep what waits for them: somebody means to enable them again. */
static bool configured(const struct relayd *d, const char *channel)
{
        for (size_t i = 0; i < d->conf.n_channels; i++)
                if (strcmp(d->conf.channels[i].name, channel) == 0)
                        return true;
        return false;
}

/* What its sender or a retry put off keeps its time. */
static int next_orphan(struct relayd *d, const char *channel)
{
        struct thon_lane_state lanes[THON_CLASSES];
        int r = thon_queue_look(d->store, channel, lanes);

        for (int lane = 0; r == 0 && lane < THON_CLASSES; lane++)
                if (lanes[lane].due.s < d->pump->orphans_at.s)
                        d->pump->orphans_at = lanes[lane].due;
        return r;
}

static int on_channel(const char *channel, void *userdata)
{
        struct relayd *d = userdata;
        size_t sum = 0;
        int r = 0;

        if (configured(d, channel))
                return 0;
        for (int lane = THON_CLASSES - 1; lane >= 0 && r == 0; lane--) {
                struct moving moving;
                unsigned n;
                do {
                        moving = (struct moving){.daemon = d};
                        r = relayd_queue_claim(d, channel, (enum thon_class)lane, MOVE_MAX, on_row, &moving,
                                               &n);
                        for (size_t i = 0; r == 0 && i < moving.n; i++)
                                r = move_on(&moving, i, "kênh không còn trong cấu hình");
                        sum += moving.n;
                } while (r == 0 && moving.n == MOVE_MAX);
        }
        if (r == 0)
                r = next_orphan(d, channel);
        if (sum > 0)
                thon_log_full(
                        LOG_WARNING, THON_MSG_NONE, (const char *const[]){"THON_CHANNEL=", channel, NULL},
                        "Channel %s is no longer in the configuration: %zu messages that waited for it go on "
                        "without it",
                        channel, sum);
        return r;
}

void relayd_move_orphans(struct relayd *d)
{
        int r = relayd_batch_enter(d);

        d->pump->orphans_at = THON_WALL_NEVER;
        if (r == 0)
                r = thon_queue_channels(d->store, on_channel, d);
        if (r != 0)
                d->pump->orphans_at = (struct thon_wall){relayd_wall(d).s + ORPHANS_S};
        relayd_pump_look(d, d->pump->orphans_at, THON_MONO_NEVER);
}
