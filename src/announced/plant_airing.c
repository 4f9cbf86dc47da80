/* One airing: a player from its start to its reaping. The player is not trusted in anything: it has so long for each step, what it says is checked against
 * the clock, and whatever it does ends in exactly one ended(), after which nothing of it is left.
 *
 *   OPENING -- ready --> READY -- amplifier warm, group together: "go" --> GOING -- started --> SOUNDING -- done, stopped, error --> LEAVING -- exit
 *
 * A stop before "go" kills it: nothing was heard. Deadlines are looked at in one place (look()), whatever happened. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plant_private.h"
#include "thon/log.h"

#define OPEN_US      (15 * PLANT_S) /* a big file, a distant source */
#define URGENT_US    (5 * PLANT_S)  /* an emergency is tried again sooner */
#define AMPLIFIER_US (10 * PLANT_S) /* beyond its warm-up */
#define START_US     (3 * PLANT_S)
#define LINE_US      (2500 * PLANT_MS) /* levels come twice a second; with TERM_US within 3 s */
#define TERM_US      (300 * PLANT_MS)
#define STOP_US      (1500 * PLANT_MS)
#define LEAVE_US     (1000 * PLANT_MS)
#define REAP_US      (1000 * PLANT_MS) /* after SIGKILL: then it hangs in the kernel, and is told without it */
#define OVER_US      (2 * PLANT_S)     /* beyond its limit */
#define TOGETHER_US  (400 * PLANT_MS)
#define FADE_MS      80
#define LINES_MAX    500 /* a second: also after we stood still for minutes */

enum phase { OPENING, READY, GOING, SOUNDING, LEAVING };

struct plant_airing {
        struct plant *plant;
        struct plant_airing *next;
        struct plant_zone *zone; /* NULL: no longer configured */
        int64_t serial;
        bool emergency;
        uint64_t from_us, limit_us, delay_us, warm_up_us;
        uint64_t group; /* the turn of the loop in which it began */
        struct child *child;
        enum phase phase;
        uint64_t began, able, gone, sounded, last_line, stopped, left, killed; /* when; 0: not */
        uint64_t go_by; /* once able: it waits for the others no longer */
        bool term;
        /* how it ends, once `left` */
        enum plant_ended how;
        uint64_t position_us, heard_us;
        char why[280];
        double power;
        unsigned levels;
        uint64_t second;
        unsigned lines;
        sd_event_source *timer;
};

static void look(struct plant_airing *a);

/* ---- its end ---- */

static uint64_t heard(const struct plant_airing *a, uint64_t until)
{
        uint64_t us = a->sounded && until > a->sounded ? until - a->sounded : 0;

        return us < a->limit_us ? us : a->limit_us;
}

double airing_level(const struct plant_airing *a)
{
        return a->levels > 0 ? 10 * log10(a->power / a->levels) : NAN;
}

static void airing_free(struct plant_airing *a)
{
        (void)child_forget(a->child);
        sd_event_source_disable_unref(a->timer);
        free(a);
}

/* Told when nothing of it is left. Until then the zone is on air: what its return has said meanwhile may lie behind what the player
 * said last. The callback may start the next one in the zone. */
static void finish(struct plant_airing *a)
{
        struct plant *plant = a->plant;
        struct plant_zone *z = a->zone;
        const struct plant_end ended = {.how = a->how,
                                        .position_us = a->position_us,
                                        .sounded_us = a->heard_us,
                                        .level_db = airing_level(a),
                                        .returned_db = z ? z->returned_db : NAN,
                                        .proof = z && a->gone ? thon_proof_of_programme(&z->proof, &z->rules)
                                                              : THON_PROOF_NONE,
                                        .why = a->how == PLANT_BROKE ? a->why : NULL};

        for (struct plant_airing **p = &plant->airings; *p; p = &(*p)->next) {
                if (*p == a) {
                        *p = a->next;
                        break;
                }
        }
        if (z) {
                z->airing = NULL;
                plant_on_air(z, false);
                amplifier_done(z->amplifier, (uint64_t)z->conf->hold_s * PLANT_S);
                if (a->how == PLANT_BROKE)
                        plant_fault(z, PART_PLAYER, a->why);
        }
        plant_changed(plant); /* those who waited for it */
        plant->ops.ended(a->serial, &ended, plant->userdata);
        airing_free(a);
}

static void leave(struct plant_airing *a, enum plant_ended how, uint64_t position_us, uint64_t heard_us)
{
        a->phase = LEAVING;
        a->left = plant_now(a->plant);
        a->how = how;
        a->position_us = position_us;
        a->heard_us = heard_us;
}

static void end_player(struct plant_airing *a, uint64_t grace_us)
{
        if (!a->child || (a->term && grace_us > 0))
                return;
        a->term = true;
        a->killed = plant_now(a->plant) + grace_us;
        child_end(a->child, grace_us);
}

static void broke(struct plant_airing *a, const char *why)
{
        uint64_t until = a->last_line > a->sounded ? a->last_line : a->sounded;

        if (a->phase == LEAVING)
                return;
        /* Ordered to be silent, and so it will be: that is what was asked for. */
        if (a->stopped) {
                thon_warning("Announcement %lld: its player was ended: %s", (long long)a->serial, why);
                leave(a, PLANT_STOPPED, a->from_us + heard(a, a->stopped), heard(a, a->stopped));
        } else {
                (void)snprintf(a->why, sizeof a->why, "%s", why);
                leave(a, PLANT_BROKE, a->from_us + heard(a, until), heard(a, until));
        }
        end_player(a, TERM_US);
        look(a);
}

void airing_break(struct plant_airing *a, const char *why, bool zone_gone)
{
        if (zone_gone) {
                amplifier_done(a->zone->amplifier, 0);
                a->zone->airing = NULL;
                a->zone = NULL;
        }
        broke(a, why);
        if (zone_gone)
                end_player(a, 0);
}

/* ---- what the player says ---- */

/* Where it says that it ended, but never further than time allows. */
static void ended_by_itself(struct plant_airing *a, enum plant_ended how, uint64_t position_us)
{
        uint64_t now = plant_now(a->plant), most = heard(a, now + PLANT_S), us;

        us = position_us > a->from_us ? position_us - a->from_us : 0;
        if (us > most)
                us = most;
        leave(a, how, a->from_us + us, us);
        child_close_input(a->child);
}

static void player_error(struct plant_airing *a, const struct thon_player_news *news)
{
        char why[280];

        (void)snprintf(why, sizeof why, "the player says %s: %s", news->what, news->detail);
        broke(a, why);
}

/* False: it must not say that now. */
static bool news(struct plant_airing *a, const struct thon_player_news *news, uint64_t now)
{
        switch (news->is) {
        case THON_PLAYER_READY:
                if (a->phase != OPENING)
                        return false;
                a->phase = READY;
                plant_changed(a->plant);
                return true;
        case THON_PLAYER_STARTED:
                if (a->phase != GOING)
                        return false;
                a->phase = SOUNDING;
                a->sounded = now;
                if (a->zone)
                        plant_fault(a->zone, PART_PLAYER, NULL);
                a->plant->ops.started(a->serial, a->plant->userdata);
                return true;
        case THON_PLAYER_LEVEL:
                if (a->phase != SOUNDING)
                        return a->phase == GOING;
                a->power += pow(10, news->db / 10);
                a->levels++;
                if (a->zone)
                        plant_played(a->zone, news->db, news->from_us, news->to_us);
                return true;
        case THON_PLAYER_SILENT:
                if (a->phase != SOUNDING && a->phase != GOING)
                        return false;
                a->plant->ops.source_silent(a->serial, a->plant->userdata);
                return true;
        case THON_PLAYER_DONE:
                if (a->phase != SOUNDING)
                        return false;
                ended_by_itself(a, PLANT_PLAYED, news->position_us);
                return true;
        case THON_PLAYER_STOPPED:
                if (!a->stopped)
                        return false;
                ended_by_itself(a, PLANT_STOPPED, news->position_us);
                return true;
        case THON_PLAYER_ERROR:
                player_error(a, news);
                return true;
        case THON_PLAYER_PREPARED:
                return false;
        }
        return false;
}

static bool too_many(struct plant_airing *a, uint64_t now)
{
        if (now - a->second >= PLANT_S) {
                a->second = now;
                a->lines = 0;
        }
        return ++a->lines > LINES_MAX;
}

static void on_line(const char *line, size_t size, void *userdata)
{
        struct plant_airing *a = userdata;
        struct thon_player_news said;
        uint64_t now = plant_now(a->plant);

        if (a->phase == LEAVING)
                return;
        if (!line || thon_player_news(line, size, &said) < 0 || too_many(a, now) || !news(a, &said, now)) {
                broke(a, "the player says what it should not");
                return;
        }
        a->last_line = now;
        look(a);
}

static void on_ended(bool ok, const char *how, void *userdata)
{
        struct plant_airing *a = userdata;
        char why[96];

        (void)ok;
        a->child = NULL;
        if (a->phase != LEAVING) {
                (void)snprintf(why, sizeof why, "the player %s", how);
                broke(a, why);
        }
        finish(a);
}

/* ---- deadlines ---- */

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct plant_airing *a = userdata;

        (void)source;
        (void)usec;
        if (a->phase == LEAVING && !a->child) {
                finish(a);
                return 0;
        }
        look(a);
        if (a->phase == READY)
                plant_changed(a->plant);
        return 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

static uint64_t warm_at(const struct plant_airing *a)
{
        uint64_t at = a->zone ? amplifier_warm_at(a->zone->amplifier, a->warm_up_us) : 0;

        /* Somebody's life hangs on it: the relay may have pulled though nobody says so. */
        return a->emergency ? earlier(at, a->began + a->warm_up_us) : at;
}

static uint64_t stopping_deadline(struct plant_airing *a, uint64_t now)
{
        uint64_t at = a->stopped + STOP_US;

        if (now < at)
                return at;
        broke(a, "it did not stop in time");
        return PLANT_NEVER;
}

/* What the airing waits for now, and until when; PLANT_NEVER also when that was too long ago and it broke. */
static uint64_t deadline(struct plant_airing *a, uint64_t now)
{
        uint64_t at = PLANT_NEVER;
        char why[280];

        if (a->stopped)
                return stopping_deadline(a, now);
        switch (a->phase) {
        case OPENING:
                at = a->began + (a->emergency ? URGENT_US : OPEN_US);
                (void)snprintf(why, sizeof why, "the player did not get ready in time");
                break;
        case READY:
                if (a->zone && a->zone->amplifier && !a->emergency) {
                        const char *text = amplifier_problem(a->zone->amplifier);

                        at = a->began + a->warm_up_us + AMPLIFIER_US;
                        (void)snprintf(why, sizeof why, "the amplifier did not come on: %s",
                                       text ? text : "no answer");
                }
                break;
        case GOING:
                at = a->gone + START_US + a->delay_us;
                (void)snprintf(why, sizeof why, "the player hangs: no sound came of it");
                break;
        case SOUNDING:
                at = a->last_line + LINE_US + a->delay_us;
                (void)snprintf(why, sizeof why, "the player hangs: it says nothing any more");
                if (a->limit_us != UINT64_MAX && a->sounded + a->limit_us + a->delay_us + OVER_US < at) {
                        at = a->sounded + a->limit_us + a->delay_us + OVER_US;
                        (void)snprintf(why, sizeof why, "the player did not keep its limit");
                }
                break;
        case LEAVING:
                return PLANT_NEVER;
        }
        if (now < at)
                return at;
        broke(a, why);
        return PLANT_NEVER;
}

/* After the last word, the process must go as well. */
static uint64_t leaving_deadline(struct plant_airing *a, uint64_t now)
{
        if (!a->child)
                return now;
        if (!a->term) {
                if (now < a->left + LEAVE_US)
                        return a->left + LEAVE_US;
                end_player(a, TERM_US);
        }
        if (now < a->killed + REAP_US)
                return a->killed + REAP_US;
        thon_error("The player of announcement %lld does not die: it is left to the kernel",
                   (long long)a->serial);
        a->child = child_forget(a->child);
        return now;
}

static void look(struct plant_airing *a)
{
        uint64_t now = plant_now(a->plant), next;

        if (a->phase == LEAVING) {
                next = leaving_deadline(a, now);
        } else {
                next = deadline(a, now);
                if (a->phase == LEAVING) /* it broke, and was looked at by that */
                        return;
                if (a->phase == READY)
                        next = earlier(next, a->able ? a->go_by : warm_at(a));
        }
        if (plant_timer(a->plant, &a->timer, next, on_timer, a) < 0)
                thon_error("A player cannot be watched: no timer");
}

/* ---- together ---- */

static void go(struct plant_airing *a, uint64_t now)
{
        static const char line[] = "{\"do\":\"go\"}\n";

        a->phase = GOING;
        a->gone = a->last_line = now;
        /* From here on sound may come of it, and who holds us up may let us hear of its beginning only when it is over. */
        if (a->zone)
                plant_on_air(a->zone, true);
        if (child_write(a->child, line, sizeof line - 1) < 0)
                broke(a, "the player takes no orders");
        else
                look(a);
}

static bool waits(const struct plant_airing *a)
{
        return (a->phase == OPENING || a->phase == READY) && !a->stopped;
}

/* What began in one turn of the loop begins to sound at one instant, since zones that hear each other would else
 * echo. One that is not ready does not hold the others up for long; a warm-up is waited for, but not in an
 * emergency. */
static void group_look(struct plant *plant, uint64_t group, uint64_t now)
{
        uint64_t latest = PLANT_NEVER, warm = 0;
        bool all = true;

        for (struct plant_airing *a = plant->airings; a; a = a->next) {
                if (a->group != group || !waits(a))
                        continue;
                if (a->phase == READY && now >= warm_at(a)) {
                        if (a->able == 0)
                                a->able = now;
                        latest = earlier(latest, a->able + TOGETHER_US);
                } else {
                        all = false;
                }
                if (!a->emergency && a->zone && a->zone->amplifier &&
                    a->began + a->warm_up_us + TOGETHER_US > warm)
                        warm = a->began + a->warm_up_us + TOGETHER_US;
        }
        if (latest == PLANT_NEVER)
                return;
        if (latest < warm)
                latest = warm;
        for (struct plant_airing *a = plant->airings, *next; a; a = next) {
                next = a->next;
                if (a->group != group || !waits(a) || a->able == 0)
                        continue;
                a->go_by = latest;
                if (all || now >= latest)
                        go(a, now);
                else
                        look(a);
        }
}

void airings_look(struct plant *plant)
{
        uint64_t now = plant_now(plant);

        for (struct plant_airing *a = plant->airings; a; a = a->next) {
                if (!waits(a) || a->phase != READY)
                        continue;
                look(a); /* when it will be warm may be known only now */
                group_look(plant, a->group, now);
        }
}

/* ---- its beginning, and its stop ---- */

int airing_start(struct plant_zone *z, const struct plant_programme *p)
{
        static const struct child_ops ops = {.line = on_line, .ended = on_ended};
        _cleanup_json_ json_t *order = NULL;
        struct plant *plant = z->plant;
        struct plant_airing *a;
        char name[THON_SLUG_MAX + 16];
        int r;

        if (p->n_inputs == 0 || p->limit_us == 0 ||
            (p->archive && (strchr(p->archive, '/') || p->archive[0] == '.')))
                return -EINVAL;
        order = airing_order(z, p);
        a = calloc(1, sizeof *a);
        if (!order || !a) {
                free(a);
                return -ENOMEM;
        }
        *a = (struct plant_airing){.plant = plant,
                                   .zone = z,
                                   .serial = p->serial,
                                   .emergency = p->emergency,
                                   .from_us = p->from_us,
                                   .limit_us = p->limit_us,
                                   .delay_us = (uint64_t)z->conf->delay_ms * PLANT_MS,
                                   .warm_up_us = z->amplifier ? (uint64_t)z->conf->warm_up_ms * PLANT_MS : 0,
                                   .began = plant_now(plant),
                                   .go_by = PLANT_NEVER,
                                   .position_us = p->from_us};
        (void)sd_event_get_iteration(plant->event, &a->group);
        (void)snprintf(name, sizeof name, "player of %s", z->id);
        r = player_start(plant, name, order, &ops, a, &a->child);
        if (r < 0) {
                free(a);
                return r;
        }
        a->next = plant->airings;
        plant->airings = a;
        z->airing = a;
        z->returned_db = NAN;
        amplifier_need(z->amplifier);
        look(a);
        return 0;
}

void airing_stop(struct plant_airing *a)
{
        char line[64];

        if (a->phase == LEAVING || a->stopped)
                return;
        a->stopped = plant_now(a->plant);
        if (a->phase == OPENING || a->phase == READY) {
                leave(a, PLANT_STOPPED, a->from_us, 0);
                end_player(a, 0);
        } else {
                (void)snprintf(line, sizeof line, "{\"do\":\"stop\",\"fade_ms\":%d}\n", FADE_MS);
                if (child_write(a->child, line, strlen(line)) < 0)
                        end_player(a, 0);
        }
        look(a);
}

bool airing_sounds(const struct plant_airing *a)
{
        return a->phase == SOUNDING;
}

bool airing_may_sound(const struct plant_airing *a)
{
        return a->phase == GOING || a->phase == SOUNDING;
}

bool airing_warms(const struct plant_airing *a)
{
        return (a->phase == OPENING || a->phase == READY) && warm_at(a) > plant_now(a->plant);
}

int64_t airing_serial(const struct plant_airing *a)
{
        return a->serial;
}

struct plant_airing *airing_next(const struct plant_airing *a)
{
        return a->next;
}

void airings_free(struct plant *plant)
{
        while (plant->airings) {
                struct plant_airing *a = plant->airings;

                plant->airings = a->next;
                if (a->zone)
                        a->zone->airing = NULL;
                airing_free(a);
        }
}
