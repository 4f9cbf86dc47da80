/* Who is checked when. Each device has its time (thon_check_next() spreads them); one alarm stands for the earliest of all, and a
 * check that ends lets the next one in. Nothing is polled.
 *
 * What must not happen is that devices which hang, each holding its socket until the deadline, keep the others waiting. A
 * quarter of the sockets is for devices that answered promptly the last time: those come and go within milliseconds, so
 * that a quarter is plenty. All else (hung, silent, slow, never seen) shares the other three quarters, in the order in which
 * it is due; where there is more of that than fits, its own turns come later, and nobody else's.
 *
 * So there are two heaps, since whoever waits at the top of one must not stand before the other. A device can change
 * sides only when its check ends, and then it is in neither. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "camerad.h"
#include "due_heap.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define SECOND_US UINT64_C(1000000)
#define PROMPT_US (2 * SECOND_US) /* slower than that is no better than hung */
#define AGAIN_US  SECOND_US       /* never sooner than that, whatever the plan says */

enum side { PROMPT, DOUBTFUL, SIDES };

struct camerad_sweep {
        struct camerad *d;
        struct thon_alarm *alarm;
        struct due_heap due[SIDES];
        unsigned busy[SIDES];
        struct thon_mono began;
};

static enum side side_of(const struct camerad_device *c)
{
        const struct thon_probe *last = &c->probe;

        if (last->total_us == 0)
                return DOUBTFUL; /* never seen yet */
        switch (last->failure) {
        case THON_PROBE_TIMEOUT:
        case THON_PROBE_UNREACHABLE:
        case THON_PROBE_LOCAL:
                return DOUBTFUL;
        case THON_PROBE_FINE:
        case THON_PROBE_REFUSED:
        case THON_PROBE_RESET:
        case THON_PROBE_STATUS:
        case THON_PROBE_MALFORMED:
        case THON_PROBE_NO_VIDEO:
        case THON_PROBE_STALLED:
                break;
        }
        return last->total_us <= PROMPT_US ? PROMPT : DOUBTFUL;
}

/* FNV-1a: the same phase in every run, and neighbours by name far apart. */
static uint64_t phase_of(const struct camerad_device *c)
{
        uint64_t hash = UINT64_C(0xcbf29ce484222325);

        for (const char *s = c->conf->id; *s; s++)
                hash = (hash ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
        return hash;
}

static struct thon_mono next_due(const struct camerad_device *c)
{
        const struct thon_camera_conf *conf = &c->daemon->conf;
        const struct thon_check_plan plan = {
                .interval_s = c->conf->interval_s > 0 ? c->conf->interval_s : conf->interval_s,
                .retry_s = conf->retry_s,
                .phase = phase_of(c),
        };

        return thon_check_next(&plan, &c->state, camerad_now(c->daemon));
}

/* ---- what a check looks at ---- */

/* Found above DESCRIBE, or what may lie there: only the same rung can tell that it is over. What hangs at PLAY would be
 * well at each DESCRIBE and hung at each PLAY else. */
static bool play_tells(enum thon_camera_verdict verdict)
{
        switch (verdict) {
        case THON_CAMERA_NO_POWER:
        case THON_CAMERA_NO_NETWORK:
        case THON_CAMERA_CABLE:
        case THON_CAMERA_PORT_CLOSED:
        case THON_CAMERA_HUNG:
        case THON_CAMERA_BAD_ANSWER:
        case THON_CAMERA_SESSION_LIMIT:
        case THON_CAMERA_NO_STREAM:
        case THON_CAMERA_NO_RTP:
                return true;
        case THON_CAMERA_UNKNOWN:
        case THON_CAMERA_OK:
        case THON_CAMERA_PASSWORD:
        case THON_CAMERA_CLOCK_SKEW:
        case THON_CAMERA_NO_VIDEO:
        case THON_CAMERA_FROZEN:
        case THON_CAMERA_BLACK:
        case THON_CAMERA_COVERED:
        case THON_CAMERA_SPRAYED:
        case THON_CAMERA_DEFOCUSED:
        case THON_CAMERA_MOVED:
        case THON_CAMERA_RECORDER_DISK:
        case THON_CAMERA_CHILDREN:
        case THON_CAMERA_VERDICTS:
                break;
        }
        return false;
}

static bool play_due(const struct camerad_device *c)
{
        const struct camerad *d = c->daemon;
        struct thon_mono now = thon_clock_mono(d->clock);
        uint64_t every;

        if (c->play_next)
                return true;
        if (d->conf.play_s <= 0)
                return false;
        if (play_tells(c->reach) || play_tells(c->state.hard))
                return true;
        every = (uint64_t)d->conf.play_s * SECOND_US;
        /* The first time after a start is spread too: thousands of streams at once would fill the uplink. */
        if (c->last_play.us == THON_MONO_NEVER.us)
                return thon_mono_since(d->sweep->began, now) >= phase_of(c) % every;
        return thon_mono_since(c->last_play, now) >= every;
}

static void on_checked(const struct thon_probe *probe, void *userdata);

static int start_check(struct camerad_device *c)
{
        struct camerad *d = c->daemon;
        struct prober_want want = {
                .device = c->conf,
                .address = c->address[0] ? c->address : NULL,
                .up_to = c->conf->n_ports > 0 ? THON_RUNG_TCP : THON_RUNG_PING,
        };
        int r;

        if (c->conf->kind == THON_WATCH_CAMERA) {
                camerad_login(c, &want.user, &want.password, &want.auth_stopped);
                want.up_to = play_due(c) ? THON_RUNG_RTP : THON_RUNG_DESCRIBE;
        }
        r = prober_start(d->prober, &want, on_checked, c, &c->check);
        if (r < 0)
                return r;
        d->sweep->busy[side_of(c)]++;
        if (want.up_to == THON_RUNG_RTP) {
                c->play_next = false;
                c->last_play = thon_clock_mono(d->clock);
        }
        return 0;
}

/* ---- turns ---- */

static unsigned most_of(const struct camerad_sweep *sweep, enum side side)
{
        unsigned all = sweep->d->conf.in_flight > 0 ? (unsigned)sweep->d->conf.in_flight : 1;

        return side == PROMPT ? all : all - all / 4;
}

/* The earliest that has a place; `*ret_side` of it. */
static struct camerad_device *next_of(const struct camerad_sweep *sweep, enum side *ret_side)
{
        struct camerad_device *next = NULL;

        if (sweep->busy[PROMPT] + sweep->busy[DOUBTFUL] >= most_of(sweep, PROMPT))
                return NULL;
        for (enum side side = PROMPT; side < SIDES; side++) {
                struct camerad_device *c = due_heap_top(&sweep->due[side]);

                if (!c || (side == DOUBTFUL && sweep->busy[side] >= most_of(sweep, side)))
                        continue;
                if (!next || c->due.us < next->due.us) {
                        next = c;
                        *ret_side = side;
                }
        }
        return next;
}

/* Nothing to be done by time: what holds the places ends some time, and lets the next one in. */
static void arm(struct camerad_sweep *sweep)
{
        enum side side;
        const struct camerad_device *c = next_of(sweep, &side);

        thon_alarm_set(sweep->alarm, THON_WALL_NEVER, c ? c->due : THON_MONO_NEVER);
}

static void plan_at(struct camerad_device *c, struct thon_mono due)
{
        struct camerad_sweep *sweep = c->daemon->sweep;

        c->due = due;
        if (due_heap_push(&sweep->due[side_of(c)], c) < 0)
                /* Room is made for all in the first seconds; a device that has none is planned by the next reload. */
                thon_error("%s is not checked: no memory", c->conf->id);
}

static void run(struct camerad_sweep *sweep)
{
        struct thon_mono now = thon_clock_mono(sweep->d->clock);
        struct camerad_device *c;
        enum side side;

        while ((c = next_of(sweep, &side)) && c->due.us <= now.us) {
                int r;

                due_heap_remove(&sweep->due[side], c);
                r = start_check(c);
                if (r < 0) {
                        thon_debug("%s cannot be checked now: %s", c->conf->id, strerror(-r));
                        plan_at(c, thon_mono_add(now, r == -EBUSY ? AGAIN_US
                                                                  : (uint64_t)sweep->d->conf.retry_s *
                                                                            SECOND_US));
                        if (r == -EBUSY)
                                break;
                }
        }
        arm(sweep);
}

static void on_alarm(void *userdata)
{
        run(userdata);
}

static void on_checked(const struct thon_probe *probe, void *userdata)
{
        struct camerad_device *c = userdata;
        struct camerad *d = c->daemon;
        struct camerad_sweep *sweep = d->sweep;
        struct thon_mono soonest, due;

        c->check = NULL;
        sweep->busy[side_of(c)]--;
        c->probe = *probe;
        if (c->probe.total_us == 0)
                c->probe.total_us = 1; /* seen */
        camerad_checked(c, &c->probe);

        /* What it was judged to be may have planned it already. */
        due = next_due(c);
        soonest = thon_mono_add(thon_clock_mono(d->clock), probe->failure == THON_PROBE_LOCAL
                                                                   ? (uint64_t)d->conf.retry_s * SECOND_US
                                                           : c->play_next ? 0
                                                                          : AGAIN_US);
        if (c->play_next || due.us < soonest.us)
                due = soonest;
        if (!due_heap_has(&sweep->due[PROMPT], c) && !due_heap_has(&sweep->due[DOUBTFUL], c))
                plan_at(c, due);
        run(sweep);
}

/* ---- what others ask ---- */

static void take_out(struct camerad_sweep *sweep, struct camerad_device *c)
{
        for (enum side side = PROMPT; side < SIDES; side++)
                due_heap_remove(&sweep->due[side], c);
}

void camerad_sweep_plan(struct camerad_device *c, bool soon)
{
        struct camerad_sweep *sweep = c->daemon->sweep;

        /* One that is being checked is planned when that ends. */
        if (!sweep || c->check || c->conf->kind == THON_WATCH_MAINS)
                return;
        take_out(sweep, c);
        plan_at(c, soon ? thon_clock_mono(c->daemon->clock) : next_due(c));
        arm(sweep);
}

void camerad_sweep_forget(struct camerad_device *c)
{
        struct camerad_sweep *sweep = c->daemon->sweep;

        if (!sweep)
                return;
        if (c->check) {
                c->check = prober_cancel(c->check);
                sweep->busy[side_of(c)]--;
        }
        take_out(sweep, c);
        c->due = THON_MONO_NEVER;
        arm(sweep);
}

int camerad_sweep_start(struct camerad *d)
{
        struct camerad_sweep *sweep = calloc(1, sizeof(struct camerad_sweep));
        int r;

        if (!sweep)
                return -ENOMEM;
        sweep->d = d;
        sweep->began = thon_clock_mono(d->clock);
        r = thon_alarm_new(d->clock, "sweep", on_alarm, sweep, &sweep->alarm);
        if (r < 0) {
                free(sweep);
                return r;
        }
        d->sweep = sweep;
        return 0;
}

void camerad_sweep_stop(struct camerad *d)
{
        struct camerad_sweep *sweep = THON_TAKE(d->sweep);

        if (!sweep)
                return;
        for (size_t i = 0; i < d->n; i++)
                d->devices[i]->check = prober_cancel(d->devices[i]->check);
        for (enum side side = PROMPT; side < SIDES; side++)
                due_heap_done(&sweep->due[side]);
        thon_alarm_free(sweep->alarm);
        free(sweep);
}
