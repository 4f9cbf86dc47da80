/* May a device be restarted now? The answer is the first reason why not, in the order of the header, so that who asks learns
 * what concerns the device before what concerns the hour.
 *
 * Every limit is kept in wall time, since it must hold over a restart and a power cut, and every one bears a clock that is set
 * back: a time that lies in the future is taken for now, which makes each wait longer, never shorter. thon_heal_look() writes
 * that down, so that a clock that was far ahead for once does not stop healing for years. */
#include "thon/camera_heal.h"

#define DAY_S 86400

const struct thon_heal_rules thon_heal_defaults = {
        .enabled = true,
        .after_s = 300,
        .attempts = 2,
        .cooldown_s = 3600,
        .at_once = 2,
        .per_day = 4,
        .wait_s = 180,
};

const char *thon_heal_how_slug(enum thon_heal_how how)
{
        switch (how) {
        case THON_HEAL_NONE:
                break;
        case THON_HEAL_REBOOT:
                return "onvif-reboot";
        case THON_HEAL_POWER:
                return "power-cycle";
        }
        return "none";
}

static const struct {
        const char *slug, *text;
} whys[] = {
        [THON_HEAL_MAY] = {"may", "It may be restarted."},
        [THON_HEAL_DISABLED] = {"disabled", "Self-heal is switched off in camerad.conf."},
        [THON_HEAL_NOTHING_WRONG] = {"nothing-wrong", "Nothing is wrong with it."},
        [THON_HEAL_NO_MEANS] = {"no-means", "It has no power circuit, and no ONVIF that answers."},
        [THON_HEAL_NOT_MENDED] = {"not-mended", "No restart mends what is wrong with it."},
        [THON_HEAL_UPLINK] = {"uplink", "Other devices hang on it."},
        [THON_HEAL_SHARED] = {"shared-circuit", "Its power circuit also feeds something that works."},
        [THON_HEAL_MAINTENANCE] = {"maintenance", "It is in maintenance."},
        [THON_HEAL_COMMON_CAUSE] = {"common-cause", "A cause that it shares with others holds it down."},
        [THON_HEAL_TOO_EARLY] = {"too-early", "It has not been down for long enough."},
        [THON_HEAL_UNDER_WAY] = {"under-way", "A restart of it is under way."},
        [THON_HEAL_COOLDOWN] = {"cooldown", "It was restarted a short while ago."},
        [THON_HEAL_ATTEMPTS] = {"attempts", "Restarting did not help; a person must look at it."},
        [THON_HEAL_PER_DAY] = {"per-day", "It was restarted too often within a day."},
        [THON_HEAL_AT_ONCE] = {"at-once", "Enough others are being restarted just now."},
};

const char *thon_heal_why_slug(enum thon_heal_why why)
{
        return whys[why].slug;
}

const char *thon_heal_why_text(enum thon_heal_why why)
{
        return whys[why].text;
}

static struct thon_wall not_after(struct thon_wall t, struct thon_wall now)
{
        return thon_wall_before(now, t) ? now : t;
}

static struct thon_wall later(struct thon_wall t, int64_t seconds)
{
        return __builtin_add_overflow(t.s, seconds, &t.s) ? THON_WALL_NEVER : t;
}

/* Whether switching it off and on can help. What is black, covered or wrongly set up is so after a restart too; a session
 * limit means that somebody is watching; without power nothing restarts. */
static bool mended(enum thon_camera_verdict verdict)
{
        switch (verdict) {
        case THON_CAMERA_NO_NETWORK:
        case THON_CAMERA_CABLE: /* what has crashed to its last byte looks like that */
        case THON_CAMERA_PORT_CLOSED:
        case THON_CAMERA_HUNG:
        case THON_CAMERA_BAD_ANSWER:
        case THON_CAMERA_NO_VIDEO:
        case THON_CAMERA_NO_RTP:
        case THON_CAMERA_FROZEN:
                return true;
        case THON_CAMERA_UNKNOWN:
        case THON_CAMERA_OK:
        case THON_CAMERA_NO_POWER:
        case THON_CAMERA_PASSWORD:
        case THON_CAMERA_CLOCK_SKEW:
        case THON_CAMERA_SESSION_LIMIT:
        case THON_CAMERA_NO_STREAM:
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

/* Good at the last look is good enough to keep our hands off, though it is not confirmed yet. */
static bool wrong(const struct thon_device_state *state)
{
        return state->hard != THON_CAMERA_OK && state->hard != THON_CAMERA_UNKNOWN &&
               state->now != THON_CAMERA_OK;
}

/* It has been so for long enough, and was looked at since we run: what was kept before a restart is hearsay. How long is by the
 * clock that nobody sets, where the failure began under our eyes: a wall clock that is put right by years makes no failure old. */
static struct thon_wall may_begin(const struct thon_device_state *state, const struct thon_heal_rules *rules,
                                  struct thon_wall now)
{
        int64_t stood;

        if (state->last_look.us == UINT64_MAX || state->now == THON_CAMERA_UNKNOWN)
                return THON_WALL_NEVER;
        if (state->since_mono.us == UINT64_MAX)
                return later(not_after(state->since, now), rules->after_s);
        stood = (int64_t)(thon_mono_since(state->since_mono, state->last_look) / 1000000);
        return stood >= rules->after_s ? now : later(now, rules->after_s - stood);
}

static struct thon_wall cool_at(const struct thon_heal_state *heal, const struct thon_heal_rules *rules,
                                struct thon_wall now)
{
        struct thon_wall at = {INT64_MIN};

        for (unsigned i = 0; i < heal->n_tries; i++) {
                struct thon_wall cool = later(not_after(heal->tries[i], now), rules->cooldown_s);
                if (thon_wall_before(at, cool))
                        at = cool;
        }
        return at;
}

/* When fewer than `per_day` lie within the last day. Tries are kept oldest first, also after a clock went back. */
static struct thon_wall day_at(const struct thon_heal_state *heal, const struct thon_heal_rules *rules,
                               struct thon_wall now)
{
        unsigned most = rules->per_day < THON_HEAL_TRIES ? rules->per_day : THON_HEAL_TRIES;

        if (most == 0)
                return THON_WALL_NEVER;
        if (heal->n_tries < most)
                return (struct thon_wall){INT64_MIN};
        return later(not_after(heal->tries[heal->n_tries - most], now), DAY_S);
}

/* The gentler means first, and the other one when that did not help. */
static enum thon_heal_how choose(const struct thon_heal_about *about, unsigned attempts)
{
        bool reboot = about->onvif && about->answers && !about->power_only;
        bool power = about->circuit && !about->shared;

        if (reboot && (attempts == 0 || !power))
                return THON_HEAL_REBOOT;
        return power ? THON_HEAL_POWER : THON_HEAL_NONE;
}

static struct thon_heal_decision no(enum thon_heal_why why, struct thon_wall again)
{
        return (struct thon_heal_decision){.why = why, .how = THON_HEAL_NONE, .again = again};
}

struct thon_heal_decision thon_heal_decide(const struct thon_heal_state *heal,
                                           const struct thon_heal_rules *rules,
                                           const struct thon_heal_about *about, struct thon_wall now)
{
        const struct thon_device_state *state = about->state;
        unsigned attempts = heal->failure.s == state->since.s ? heal->attempts : 0;
        enum thon_heal_how how = choose(about, attempts);
        struct thon_wall at;

        if (!rules->enabled && !about->by_person)
                return no(THON_HEAL_DISABLED, THON_WALL_NEVER);
        if (!wrong(state) && !about->by_person)
                return no(THON_HEAL_NOTHING_WRONG, THON_WALL_NEVER);
        if (how == THON_HEAL_NONE && !(about->circuit && about->shared))
                return no(THON_HEAL_NO_MEANS, THON_WALL_NEVER);
        if (!mended(state->hard) && !about->by_person)
                return no(THON_HEAL_NOT_MENDED, THON_WALL_NEVER);
        if (about->uplink)
                return no(THON_HEAL_UPLINK, THON_WALL_NEVER);
        if (how == THON_HEAL_NONE)
                return no(THON_HEAL_SHARED, THON_WALL_NEVER);
        if (about->maintenance)
                return no(THON_HEAL_MAINTENANCE, THON_WALL_NEVER);
        if (about->common)
                return no(THON_HEAL_COMMON_CAUSE, THON_WALL_NEVER);
        at = may_begin(state, rules, now);
        if (!about->by_person && thon_wall_before(now, at))
                return no(THON_HEAL_TOO_EARLY, at);
        if (heal->under_way != THON_HEAL_NONE)
                return no(THON_HEAL_UNDER_WAY, later(not_after(heal->began, now), rules->wait_s));
        at = cool_at(heal, rules, now);
        if (thon_wall_before(now, at))
                return no(THON_HEAL_COOLDOWN, at);
        if (attempts >= rules->attempts && !about->by_person)
                return no(THON_HEAL_ATTEMPTS, THON_WALL_NEVER);
        at = day_at(heal, rules, now);
        if (thon_wall_before(now, at))
                return no(THON_HEAL_PER_DAY, at);
        if (about->under_way >= rules->at_once)
                return no(THON_HEAL_AT_ONCE, THON_WALL_NEVER);
        return (struct thon_heal_decision){.why = THON_HEAL_MAY, .how = how, .again = THON_WALL_NEVER};
}

/* From here on the waits run from now, if the clock was ahead when they began. */
static void bear_clock(struct thon_heal_state *heal, struct thon_wall now)
{
        for (unsigned i = 0; i < heal->n_tries; i++)
                heal->tries[i] = not_after(heal->tries[i], now);
        heal->began = not_after(heal->began, now);
}

void thon_heal_began(struct thon_heal_state *heal, enum thon_heal_how how, struct thon_wall failure,
                     struct thon_wall now)
{
        bear_clock(heal, now);
        if (heal->n_tries == THON_HEAL_TRIES) {
                for (unsigned i = 1; i < THON_HEAL_TRIES; i++)
                        heal->tries[i - 1] = heal->tries[i];
                heal->n_tries--;
        }
        heal->tries[heal->n_tries++] = now;
        heal->attempts = heal->failure.s == failure.s ? heal->attempts + 1 : 1;
        heal->failure = failure;
        heal->under_way = how;
        heal->began = now;
}

void thon_heal_powered(struct thon_heal_state *heal, struct thon_wall now)
{
        bear_clock(heal, now);
        heal->began = now;
}

void thon_heal_abandoned(struct thon_heal_state *heal)
{
        heal->under_way = THON_HEAL_NONE;
}

enum thon_heal_result thon_heal_look(struct thon_heal_state *heal, const struct thon_heal_rules *rules,
                                     bool good, struct thon_wall now)
{
        bear_clock(heal, now);
        if (heal->under_way == THON_HEAL_NONE)
                return THON_HEAL_WAITS;
        if (!good && thon_wall_before(now, later(heal->began, rules->wait_s)))
                return THON_HEAL_WAITS;
        heal->under_way = THON_HEAL_NONE;
        return good ? THON_HEAL_RECOVERED : THON_HEAL_FAILED;
}
