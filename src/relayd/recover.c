/* The store between two lives, and over the years.
 *
 * After a restart nobody knows what became of the messages that were SENDING. Each is settled by its channel's policy
 * before anything new is claimed, so that an emergency is repeated knowingly, and all else is asked of the provider or of
 * a person. What ended long ago is removed, little by little. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "pump.h"
#include "reports.h"
#include "thon/log.h"

#define PRUNE_US     UINT64_C(21600000000)
#define AGAIN_US     UINT64_C(1000000)
#define UNTRUSTED_US UINT64_C(3600000000)

struct relayd_keep {
        struct thon_alarm *prune;
        bool recovered;
};

struct recovery {
        struct relayd *daemon;
        size_t n;
        struct orphan {
                int64_t id;
                unsigned part;
        } * orphans;
        size_t n_orphans;
        int error;
};

/* Still under way in this process: the store had been away for a while. */
static bool is_ours(const struct relayd_channel *c, int64_t id)
{
        const struct relayd_send *s;

        TAILQ_FOREACH (s, &c->sends->list, entry)
                if (s->id == id)
                        return true;
        return false;
}

static int on_interrupted(const struct thon_message *m, void *userdata)
{
        struct recovery *recovery = userdata;
        struct relayd_channel *c = relayd_channel_find(recovery->daemon, m->channel);
        struct relayd_send *s;

        if (!c) {
                struct orphan *more =
                        reallocarray(recovery->orphans, recovery->n_orphans + 1, sizeof(*more));
                if (!more)
                        return -ENOMEM;
                recovery->orphans = more;
                more[recovery->n_orphans++] = (struct orphan){m->id, m->part};
                return 0;
        }
        if (is_ours(c, m->id))
                return 0;
        s = relayd_send_new(c, m);
        if (!s)
                return -ENOMEM;
        s->state = RELAYD_SEND_CLAIMED; /* settled below: the walk is still on */
        s->called_at = m->at;
        TAILQ_INSERT_TAIL(&c->sends->list, s, entry);
        recovery->n++;
        return 0;
}

static void settle_orphans(struct relayd *d, const struct recovery *recovery)
{
        for (size_t i = 0; i < recovery->n_orphans; i++) {
                struct thon_settle settle = {.message = recovery->orphans[i].id,
                                             .next = THON_NEXT_UNKNOWN,
                                             .part = recovery->orphans[i].part,
                                             .detail = "thon-relayd bị ngắt khi đang gửi; kênh không còn",
                                             .at = relayd_wall(d)};
                if (relayd_batch_enter(d) != 0 ||
                    thon_message_settle(d->store, &settle, relayd_step, d) != 0)
                        return;
        }
}

int relayd_recover(struct relayd *d)
{
        struct recovery recovery = {.daemon = d};
        struct relayd_send *s, *next;
        int32_t today = relayd_today(d);
        int r;

        if (!relayd_store(d))
                return -ENODEV;
        for (size_t i = 0; i < d->n_channels; i++) {
                struct relayd_channel *c = d->channels[i];
                int64_t used = 0;
                if (thon_channel_day_get(d->store, c->conf->name, today, &used) == 0)
                        c->gate.used = (struct thon_quota_used){today, used};
        }
        r = thon_queue_interrupted(d->store, on_interrupted, &recovery);
        settle_orphans(d, &recovery);
        if (recovery.n + recovery.n_orphans > 0)
                thon_log(
                        LOG_WARNING,
                        "%zu messages were under way when relayd ended last; nobody knows whether they were sent",
                        recovery.n + recovery.n_orphans);
        free(recovery.orphans);
        for (size_t i = 0; i < d->n_channels; i++)
                for (s = TAILQ_FIRST(&d->channels[i]->sends->list); s; s = next) {
                        next = TAILQ_NEXT(s, entry);
                        if (s->state == RELAYD_SEND_CLAIMED && !s->counts)
                                relayd_send_interrupted(s, "thon-relayd bị ngắt khi đang gửi");
                }
        return r;
}

void relayd_keep_look(struct relayd *d)
{
        if (d->keep && !d->keep->recovered)
                d->keep->recovered = relayd_recover(d) == 0;
}

void relayd_keep_again(struct relayd *d)
{
        if (d->keep)
                d->keep->recovered = false;
}

static void on_prune(void *userdata)
{
        struct relayd *d = userdata;
        size_t n = 0;
        int r;

        /* By a clock that is years ahead everything is old. */
        if (!thon_clock_trusted(d->clock)) {
                thon_alarm_set(d->keep->prune, THON_WALL_NEVER, thon_mono_add(relayd_mono(d), UNTRUSTED_US));
                return;
        }
        r = relayd_batch_enter(d);
        if (r == 0)
                r = thon_notice_prune(d->store, (struct thon_wall){relayd_wall(d).s - d->conf.keep_s}, &n);
        relayd_move_orphans(d);
        if (r == 0 && n > 0)
                thon_info("%zu notices that ended long ago were removed", n);
        if (r == 0)
                relayd_reports_prune(d);
        thon_alarm_set(d->keep->prune, THON_WALL_NEVER,
                       thon_mono_add(relayd_mono(d), r == 0 && n > 0 ? AGAIN_US : PRUNE_US));
}

int relayd_keep_start(struct relayd *d)
{
        int r;

        d->keep = calloc(1, sizeof(*d->keep));
        if (!d->keep)
                return -ENOMEM;
        r = thon_alarm_new(d->clock, "prune", on_prune, d, &d->keep->prune);
        if (r < 0)
                return r;
        relayd_keep_look(d);
        thon_alarm_set(d->keep->prune, THON_WALL_NEVER, thon_mono_add(relayd_mono(d), 60 * AGAIN_US));
        return 0;
}

void relayd_keep_stop(struct relayd *d)
{
        if (!d->keep)
                return;
        thon_alarm_free(d->keep->prune);
        free(d->keep);
        d->keep = NULL;
}
