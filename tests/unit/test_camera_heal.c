/* When a device may be restarted: each reason why not, and the limits as properties over random lives with a clock that is set
 * back and forth, restarts and orders of people. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "relay_random.h"
#include "thon/camera_heal.h"

#define SECOND UINT64_C(1000000)
#define HOUR   3600
#define DAY    (24 * HOUR)
#define NOON   ((struct thon_wall){1800000000})

static struct thon_heal_rules rules;
static struct thon_heal_state heal;
static struct thon_device_state state;
static struct thon_heal_about about;

/* A camera that hung an hour ago, was looked at since, and has both means. */
static void setup(void)
{
        rules = thon_heal_defaults;
        heal = (struct thon_heal_state){0};
        memset(&state, 0, sizeof state);
        state.hard = state.now = THON_CAMERA_HUNG;
        state.since = (struct thon_wall){NOON.s - HOUR};
        state.soft_since = state.last_good = state.since_mono = THON_MONO_NEVER;
        state.last_look = (struct thon_mono){1};
        about = (struct thon_heal_about){.state = &state, .onvif = true, .circuit = true, .answers = true};
}

static struct thon_wall after(int64_t seconds)
{
        return (struct thon_wall){NOON.s + seconds};
}

static void assert_why(enum thon_heal_why why, struct thon_wall now)
{
        struct thon_heal_decision decision = thon_heal_decide(&heal, &rules, &about, now);

        ck_assert_str_eq(thon_heal_why_slug(decision.why), thon_heal_why_slug(why));
        ck_assert_int_eq(decision.how == THON_HEAL_NONE, why != THON_HEAL_MAY);
}

static void assert_how(enum thon_heal_how how)
{
        struct thon_heal_decision decision = thon_heal_decide(&heal, &rules, &about, NOON);

        ck_assert_str_eq(thon_heal_why_slug(decision.why), "may");
        ck_assert_str_eq(thon_heal_how_slug(decision.how), thon_heal_how_slug(how));
}

/* ---- how ---- */

START_TEST(test_a_reboot_comes_first_and_the_power_when_that_did_not_help)
{
        assert_how(THON_HEAL_REBOOT);
        thon_heal_began(&heal, THON_HEAL_REBOOT, state.since, after(-2 * HOUR));
        ck_assert_int_eq(thon_heal_look(&heal, &rules, false, NOON), THON_HEAL_FAILED);
        assert_how(THON_HEAL_POWER);
        about.circuit = false;
        assert_how(THON_HEAL_REBOOT);
}
END_TEST

START_TEST(test_what_does_not_answer_cannot_be_told_to_reboot)
{
        about.answers = false;
        assert_how(THON_HEAL_POWER);
        about.circuit = false;
        assert_why(THON_HEAL_NO_MEANS, NOON);
}
END_TEST

START_TEST(test_an_order_of_a_power_cycle_is_never_a_reboot)
{
        about.by_person = about.power_only = true;
        assert_how(THON_HEAL_POWER);
        about.circuit = false;
        assert_why(THON_HEAL_NO_MEANS, NOON);
}
END_TEST

START_TEST(test_a_circuit_that_feeds_others_is_left_alone_and_a_reboot_is_not)
{
        about.shared = true;
        assert_how(THON_HEAL_REBOOT);
        about.answers = false;
        assert_why(THON_HEAL_SHARED, NOON);
        about.by_person = about.power_only = true;
        assert_why(THON_HEAL_SHARED, NOON);
}
END_TEST

/* ---- why not ---- */

START_TEST(test_each_reason_by_itself)
{
        rules.enabled = false;
        assert_why(THON_HEAL_DISABLED, NOON);
        setup();
        state.hard = THON_CAMERA_OK;
        assert_why(THON_HEAL_NOTHING_WRONG, NOON);
        setup();
        state.now = THON_CAMERA_OK; /* just back, not confirmed */
        assert_why(THON_HEAL_NOTHING_WRONG, NOON);
        setup();
        about.onvif = about.circuit = false;
        assert_why(THON_HEAL_NO_MEANS, NOON);
        setup();
        about.uplink = true;
        assert_why(THON_HEAL_UPLINK, NOON);
        setup();
        about.maintenance = true;
        assert_why(THON_HEAL_MAINTENANCE, NOON);
        setup();
        about.common = true;
        assert_why(THON_HEAL_COMMON_CAUSE, NOON);
        setup();
        about.under_way = rules.at_once;
        assert_why(THON_HEAL_AT_ONCE, NOON);
        setup();
        state.last_look = THON_MONO_NEVER; /* known from before a restart only */
        assert_why(THON_HEAL_TOO_EARLY, NOON);
        setup();
        heal.under_way = THON_HEAL_REBOOT;
        heal.began = after(-10);
        assert_why(THON_HEAL_UNDER_WAY, NOON);
}
END_TEST

START_TEST(test_what_no_restart_mends_is_not_restarted)
{
        static const char *const mended[] = {"no-network", "cable",    "port-closed", "hung",
                                             "bad-answer", "no-video", "no-rtp",      "frozen"};
        enum thon_camera_verdict verdict = (enum thon_camera_verdict)_i;
        bool listed = false;

        for (size_t i = 0; i < sizeof mended / sizeof *mended; i++)
                listed |= !strcmp(mended[i], thon_camera_slug(verdict));
        state.hard = state.now = verdict;
        if (verdict == THON_CAMERA_OK || verdict == THON_CAMERA_UNKNOWN)
                assert_why(THON_HEAL_NOTHING_WRONG, NOON);
        else
                assert_why(listed ? THON_HEAL_MAY : THON_HEAL_NOT_MENDED, NOON);
}
END_TEST

START_TEST(test_it_says_when_time_alone_will_allow_it)
{
        struct thon_heal_decision decision;

        state.since = after(-100);
        decision = thon_heal_decide(&heal, &rules, &about, NOON);
        ck_assert_int_eq(decision.why, THON_HEAL_TOO_EARLY);
        ck_assert_int_eq(decision.again.s, after(200).s);
        assert_why(THON_HEAL_TOO_EARLY, after(199));
        assert_why(THON_HEAL_MAY, after(200));

        setup();
        thon_heal_began(&heal, THON_HEAL_REBOOT, state.since, after(-600));
        decision = thon_heal_decide(&heal, &rules, &about, NOON);
        ck_assert_int_eq(decision.why, THON_HEAL_UNDER_WAY);
        ck_assert_int_eq(decision.again.s, after(-600 + 180).s);
        ck_assert_int_eq(thon_heal_look(&heal, &rules, false, NOON), THON_HEAL_FAILED);
        decision = thon_heal_decide(&heal, &rules, &about, NOON);
        ck_assert_int_eq(decision.why, THON_HEAL_COOLDOWN);
        ck_assert_int_eq(decision.again.s, after(HOUR - 600).s);
        assert_why(THON_HEAL_COOLDOWN, after(HOUR - 601));
        assert_why(THON_HEAL_MAY, after(HOUR - 600));
}
END_TEST

START_TEST(test_a_clock_that_is_put_right_by_years_makes_no_failure_old)
{
        struct thon_wall now = after(9 * 365 * (int64_t)DAY);
        struct thon_heal_decision decision;

        state.since_mono = (struct thon_mono){50 * SECOND};
        state.last_look = (struct thon_mono){150 * SECOND};
        decision = thon_heal_decide(&heal, &rules, &about, now);
        ck_assert_int_eq(decision.why, THON_HEAL_TOO_EARLY);
        ck_assert_int_eq(decision.again.s, now.s + 200);
        state.last_look = (struct thon_mono){350 * SECOND};
        assert_why(THON_HEAL_MAY, now);
        /* Nor is it young for ever when the clock goes back. */
        assert_why(THON_HEAL_MAY, after(-DAY));
}
END_TEST

static void failed_tries(int n, int64_t first, int64_t apart)
{
        for (int i = 0; i < n; i++) {
                struct thon_wall at = after(first + i * apart);

                thon_heal_began(&heal, THON_HEAL_POWER, state.since, at);
                ck_assert_int_eq(
                        thon_heal_look(&heal, &rules, false, (struct thon_wall){at.s + rules.wait_s}),
                        THON_HEAL_FAILED);
        }
}

START_TEST(test_after_two_tries_in_vain_a_person_must_look)
{
        state.since = after(-5 * HOUR);
        failed_tries(2, -4 * HOUR, 2 * HOUR);
        assert_why(THON_HEAL_ATTEMPTS, NOON);
        assert_why(THON_HEAL_ATTEMPTS, after(30 * DAY));
        state.since = after(-HOUR); /* another failure */
        assert_why(THON_HEAL_MAY, NOON);
}
END_TEST

START_TEST(test_a_device_that_fails_again_and_again_is_not_restarted_all_day)
{
        struct thon_heal_decision decision;

        for (int i = 0; i < 4; i++) {
                thon_heal_began(&heal, THON_HEAL_POWER, after(-20 * HOUR + i * 4 * HOUR - 600),
                                after(-20 * HOUR + i * 4 * HOUR));
                ck_assert_int_eq(thon_heal_look(&heal, &rules, true, after(-20 * HOUR + i * 4 * HOUR + 60)),
                                 THON_HEAL_RECOVERED);
        }
        decision = thon_heal_decide(&heal, &rules, &about, NOON);
        ck_assert_int_eq(decision.why, THON_HEAL_PER_DAY);
        ck_assert_int_eq(decision.again.s, after(4 * HOUR).s);
        assert_why(THON_HEAL_MAY, after(4 * HOUR));
}
END_TEST

START_TEST(test_a_person_may_do_more_but_not_what_harms_others)
{
        about.by_person = true;
        rules.enabled = false;
        state.hard = state.now = THON_CAMERA_OK;
        state.last_look = THON_MONO_NEVER;
        assert_why(THON_HEAL_MAY, NOON);
        state.hard = state.now = THON_CAMERA_PASSWORD;
        state.since = NOON;
        assert_why(THON_HEAL_MAY, NOON);
        heal.failure = state.since;
        heal.attempts = 9;
        assert_why(THON_HEAL_MAY, NOON);

        about.uplink = true;
        assert_why(THON_HEAL_UPLINK, NOON);
        about.uplink = false, about.maintenance = true;
        assert_why(THON_HEAL_MAINTENANCE, NOON);
        about.maintenance = false, about.common = true;
        assert_why(THON_HEAL_COMMON_CAUSE, NOON);
        about.common = false, about.under_way = 2;
        assert_why(THON_HEAL_AT_ONCE, NOON);
        about.under_way = 0;
        thon_heal_began(&heal, THON_HEAL_POWER, state.since, NOON);
        assert_why(THON_HEAL_UNDER_WAY, after(1));
        ck_assert_int_eq(thon_heal_look(&heal, &rules, true, after(60)), THON_HEAL_RECOVERED);
        assert_why(THON_HEAL_COOLDOWN, after(61));
}
END_TEST

/* ---- what became of it ---- */

START_TEST(test_it_waits_for_the_device_and_then_says_what_became_of_it)
{
        ck_assert_int_eq(thon_heal_look(&heal, &rules, true, NOON), THON_HEAL_WAITS); /* nothing was done */
        thon_heal_began(&heal, THON_HEAL_POWER, state.since, NOON);
        ck_assert_int_eq(thon_heal_look(&heal, &rules, false, after(179)), THON_HEAL_WAITS);
        struct thon_heal_state before = heal;
        ck_assert_int_eq(thon_heal_look(&heal, &rules, true, after(179)), THON_HEAL_RECOVERED);
        ck_assert_int_eq(heal.under_way, THON_HEAL_NONE);
        heal = before; /* a restart of ours in between */
        ck_assert_int_eq(thon_heal_look(&heal, &rules, false, after(180)), THON_HEAL_FAILED);
        ck_assert_int_eq(heal.under_way, THON_HEAL_NONE);
        ck_assert_int_eq(thon_heal_look(&heal, &rules, false, after(181)), THON_HEAL_WAITS);
}
END_TEST

START_TEST(test_a_clock_that_was_years_ahead_for_once_does_not_stop_healing_for_years)
{
        thon_heal_began(&heal, THON_HEAL_POWER, state.since, after(9 * 365 * DAY));
        ck_assert_int_eq(thon_heal_look(&heal, &rules, false, NOON), THON_HEAL_WAITS);
        ck_assert_int_eq(thon_heal_look(&heal, &rules, false, after(180)), THON_HEAL_FAILED);
        assert_why(THON_HEAL_COOLDOWN, after(HOUR - 1));
        assert_why(THON_HEAL_MAY, after(HOUR));
}
END_TEST

START_TEST(test_numbers_at_the_ends_of_time_do_no_harm)
{
        state.since = (struct thon_wall){INT64_MAX};
        assert_why(THON_HEAL_TOO_EARLY, NOON);
        state.since = (struct thon_wall){INT64_MIN};
        rules.after_s = INT64_MAX;
        assert_why(THON_HEAL_MAY, NOON); /* -1, which is long over */
        setup();
        rules.cooldown_s = rules.wait_s = INT64_MAX;
        thon_heal_began(&heal, THON_HEAL_POWER, state.since, NOON);
        assert_why(THON_HEAL_UNDER_WAY, after(99 * 365 * (int64_t)DAY));
        rules = thon_heal_defaults;
        rules.per_day = 1000; /* more than are remembered */
        heal = (struct thon_heal_state){0};
        for (int i = 0; i < 3 * THON_HEAL_TRIES; i++)
                thon_heal_began(&heal, THON_HEAL_POWER, after(i), after(-2 * HOUR + i));
        ck_assert_uint_eq(heal.n_tries, THON_HEAL_TRIES);
        heal.under_way = THON_HEAL_NONE;
        assert_why(THON_HEAL_PER_DAY, NOON);
        rules.per_day = 0;
        heal = (struct thon_heal_state){0};
        assert_why(THON_HEAL_PER_DAY, NOON);
}
END_TEST

/* ---- random lives ---- */

enum { DEVICES = 7, STEPS = 20000 };

struct life {
        struct thon_heal_state heal, kept; /* kept: as it is on disk */
        struct thon_device_state state;
        struct thon_heal_about about;
        int64_t tries[STEPS]; /* true time */
        int n_tries, automatic;
        int64_t failed, first_of_failure; /* true time; index of the first try of it */
        unsigned attempts;
};
static struct life lives[DEVICES];

static void begin_failure(struct life *life, int64_t truth, struct thon_wall now)
{
        static const enum thon_camera_verdict bad[] = {THON_CAMERA_HUNG, THON_CAMERA_NO_NETWORK,
                                                       THON_CAMERA_NO_RTP, THON_CAMERA_PASSWORD};

        life->state.hard = life->state.now = bad[random_below(4)];
        /* Another failure begins at another second; two of one second would be one to us. */
        life->state.since = (struct thon_wall){now.s == life->heal.failure.s ? now.s + 1 : now.s};
        life->state.last_look = life->state.since_mono = (struct thon_mono){(uint64_t)truth * SECOND};
        life->failed = truth;
        life->attempts = 0;
}

static unsigned under_way(void)
{
        unsigned n = 0;

        for (int i = 0; i < DEVICES; i++)
                n += lives[i].heal.under_way != THON_HEAL_NONE;
        return n;
}

static void act(struct life *life, int64_t truth, struct thon_wall now, bool back_only)
{
        struct thon_heal_decision decision;

        life->about.state = &life->state;
        life->about.under_way = under_way();
        life->about.answers = random_below(2);
        life->about.by_person = random_below(20) == 0;
        life->about.power_only = life->about.by_person && random_below(2);
        decision = thon_heal_decide(&life->heal, &rules, &life->about, now);
        if (decision.why != THON_HEAL_MAY) {
                ck_assert_int_eq(decision.how, THON_HEAL_NONE);
                return;
        }

        ck_assert(!life->about.uplink && !life->about.maintenance && !life->about.common);
        ck_assert_uint_lt(life->about.under_way, rules.at_once);
        ck_assert_int_eq(life->heal.under_way, THON_HEAL_NONE);
        if (decision.how == THON_HEAL_REBOOT)
                ck_assert(life->about.onvif && life->about.answers && !life->about.power_only);
        else
                ck_assert(life->about.circuit && !life->about.shared);
        if (!life->about.by_person) {
                ck_assert_int_ne(life->state.hard, THON_CAMERA_OK);
                ck_assert_int_ne(life->state.hard, THON_CAMERA_PASSWORD);
                ck_assert_uint_lt(life->attempts, rules.attempts);
        }
        if (!life->about.by_person && life->state.since_mono.us != UINT64_MAX)
                ck_assert_int_ge(truth - life->failed, rules.after_s);
        /* In true time, as long as the clock is only ever set back. */
        if (back_only) {
                int within = 0;

                if (!life->about.by_person)
                        ck_assert_int_ge(truth - life->failed, rules.after_s);
                if (life->n_tries > 0)
                        ck_assert_int_ge(truth - life->tries[life->n_tries - 1], rules.cooldown_s);
                for (int i = 0; i < life->n_tries; i++)
                        within += truth - life->tries[i] < DAY;
                ck_assert_int_lt(within, (int)rules.per_day);
        }
        thon_heal_began(&life->heal, decision.how, life->state.since, now);
        life->kept = life->heal; /* on disk before it is done */
        life->tries[life->n_tries++] = truth;
        life->attempts++;
        life->automatic += !life->about.by_person;
}

static void live(bool back_only)
{
        int64_t truth = 0, shift = 0;
        int acted = 0;

        memset(lives, 0, sizeof lives);
        for (int i = 0; i < DEVICES; i++) {
                struct life *life = &lives[i];

                life->about = (struct thon_heal_about){
                        .onvif = i % 2 == 0, .circuit = i % 3 != 0, .uplink = i == 5, .shared = i == 4};
                life->state.last_look = life->state.since_mono = THON_MONO_NEVER;
        }
        for (int step = 0; step < STEPS; step++) {
                struct life *life = &lives[random_below(DEVICES)];
                struct thon_wall now;

                truth += (int64_t)random_below(200);
                if (random_below(1000) == 0)
                        shift -= (int64_t)random_below(6 * HOUR);
                if (!back_only && random_below(1000) == 0)
                        shift += (int64_t)random_below(6 * HOUR);
                now = (struct thon_wall){NOON.s + truth + shift};
                life->about.maintenance = random_below(30) == 0;
                life->about.common = random_below(10) == 0;

                switch (random_below(12)) {
                case 0: /* it fails */
                        if (life->state.hard == THON_CAMERA_OK || life->state.hard == THON_CAMERA_UNKNOWN)
                                begin_failure(life, truth, now);
                        break;
                case 1: /* it comes back */
                        life->state.hard = life->state.now = THON_CAMERA_OK;
                        life->state.since = now;
                        life->state.since_mono = (struct thon_mono){(uint64_t)truth * SECOND};
                        life->attempts = 0;
                        (void)thon_heal_look(&life->heal, &rules, true, now);
                        life->kept = life->heal;
                        break;
                case 2: /* we are restarted: what is on disk holds, and nothing was looked at */
                        if (random_below(10) == 0)
                                for (int i = 0; i < DEVICES; i++) {
                                        lives[i].heal = lives[i].kept;
                                        lives[i].state.last_look = lives[i].state.since_mono =
                                                THON_MONO_NEVER;
                                }
                        break;
                default: /* a look */
                        life->state.last_look = (struct thon_mono){(uint64_t)truth * SECOND};
                        (void)thon_heal_look(&life->heal, &rules, false, now);
                        life->kept = life->heal;
                        act(life, truth, now, back_only);
                }
                ck_assert_uint_le(under_way(), rules.at_once);
        }
        for (int i = 0; i < DEVICES; i++)
                acted += lives[i].automatic;
        ck_assert_int_eq(lives[5].n_tries, 0); /* the uplink */
        ck_assert_int_gt(acted, 200);
}

START_TEST(test_the_limits_hold_in_any_life_with_a_clock_that_is_set_back)
{
        random_begin();
        (void)fflush(stdout); /* a failure ends the process */
        for (int i = 0; i < 20; i++)
                live(true);
}
END_TEST

START_TEST(test_what_does_not_hang_on_time_holds_with_any_clock)
{
        random_begin();
        (void)fflush(stdout); /* a failure ends the process */
        for (int i = 0; i < 20; i++)
                live(false);
}
END_TEST

/* ---- the morning digest ---- */

/* 02:12 in the night to `NOON`'s day, and other hours of it, in Vietnam. */
static struct thon_zone *vietnam(void)
{
        struct thon_zone *zone = NULL;

        ck_assert_int_eq(thon_zone_fixed(7 * HOUR, &zone), 0);
        return zone;
}

static struct thon_wall hour(const struct thon_zone *zone, int days, int h, int minute)
{
        return thon_zone_instant(zone, thon_zone_civil(zone, NOON).days + days, h * HOUR + minute * 60);
}

static void assert_digest(const struct thon_heal_told *told, size_t n, const char *wanted)
{
        struct thon_zone *zone = vietnam();
        char *text = thon_heal_digest_text(told, n, zone, hour(zone, 0, 7, 0));

        ck_assert_ptr_nonnull(text);
        ck_assert_str_eq(text, wanted);
        free(text);
        thon_zone_free(zone);
}

START_TEST(test_the_digest_says_what_was_done_and_who_must_be_looked_at_first)
{
        struct thon_zone *zone = vietnam();
        struct thon_heal_told told[] = {
                {"Camera cổng chùa", THON_HEAL_REBOOT, true, hour(zone, 0, 2, 12)},
                {"Camera ngã ba", THON_HEAL_POWER, false, hour(zone, 0, 3, 5)},
                {"Camera nhà văn hóa", THON_HEAL_POWER, true, hour(zone, -1, 22, 40)},
        };

        assert_digest(told, 1, "Đêm qua: Camera cổng chùa tự khởi động lại lúc 02:12, đã hoạt động");
        assert_digest(
                told, 3,
                "Đêm qua: Camera ngã ba được tự động ngắt điện và bật lại lúc 03:05, vẫn chưa hoạt động, "
                "cần người đến kiểm tra; Camera cổng chùa tự khởi động lại lúc 02:12, đã hoạt động; Camera "
                "nhà văn hóa được tự động ngắt điện và bật lại lúc 22:40 hôm qua, đã hoạt động");
        told[0].began = hour(zone, -1, 14, 0);
        assert_digest(told, 1,
                      "Từ hôm qua: Camera cổng chùa tự khởi động lại lúc 14:00 hôm qua, đã hoạt động");
        told[0].began = hour(zone, -3, 14, 0);
        struct thon_date date = thon_date_of(thon_zone_civil(zone, told[0].began).days);
        char wanted[200];
        (void)snprintf(
                wanted, sizeof wanted,
                "Những ngày qua: Camera cổng chùa tự khởi động lại lúc 14:00 ngày %d/%d, đã hoạt động",
                date.day, date.month);
        assert_digest(told, 1, wanted);
        ck_assert_ptr_null(thon_heal_digest_text(told, 0, zone, NOON));
        thon_zone_free(zone);
}
END_TEST

START_TEST(test_a_digest_is_cut_between_devices_and_says_so)
{
        struct thon_zone *zone = vietnam();
        struct thon_heal_told told[40];
        char names[40][256], *text;

        random_begin();
        (void)fflush(stdout);
        for (int round = 0; round < 500; round++) {
                size_t n = 1 + random_below(40), shown = 0;

                for (size_t i = 0; i < n; i++) {
                        size_t length = random_below(round % 2 ? 20 : 80);

                        /* Two bytes a letter: nothing may be cut in the midst of one. */
                        names[i][0] = '\0';
                        for (size_t k = 0; k < length; k++)
                                strcat(names[i], "đ");
                        told[i] = (struct thon_heal_told){names[i], THON_HEAL_POWER, random_below(2),
                                                          hour(zone, 0, 2, 0)};
                }
                text = thon_heal_digest_text(told, n, zone, hour(zone, 0, 7, 0));
                ck_assert_ptr_nonnull(text);
                ck_assert_uint_le(strlen(text), 400);
                for (const char *s = text; (s = strstr(s, " lúc ")); s++)
                        shown++;
                if (shown < n) {
                        char wanted[64];

                        (void)snprintf(wanted, sizeof wanted, "%zu thiết bị", n - shown);
                        ck_assert_msg(strstr(text, wanted), "%s lacks %s", text, wanted);
                } else {
                        ck_assert_ptr_null(strstr(text, "thiết bị"));
                }
                free(text);
        }
        thon_zone_free(zone);
}
END_TEST

START_TEST(test_there_is_one_digest_a_day)
{
        struct thon_zone *zone = vietnam();
        struct thon_wall at = hour(zone, 0, 7, 0);

        ck_assert_int_eq(thon_heal_digest_next(420, zone, hour(zone, 0, 6, 59)).s, at.s);
        ck_assert_int_eq(thon_heal_digest_next(420, zone, at).s, at.s + DAY);
        ck_assert_int_eq(thon_heal_digest_next(420, zone, (struct thon_wall){at.s + 1}).s, at.s + DAY);
        ck_assert_int_eq(thon_heal_digest_next(0, zone, at).s, at.s + 17 * HOUR);
        thon_zone_free(zone);
}
END_TEST

START_TEST(test_every_reason_has_words)
{
        const char *slug = thon_heal_why_slug((enum thon_heal_why)_i),
                   *text = thon_heal_why_text((enum thon_heal_why)_i);

        ck_assert_uint_eq(strspn(slug, "abcdefghijklmnopqrstuvwxyz-"), strlen(slug));
        ck_assert_uint_gt(strlen(slug), 0);
        ck_assert_int_eq(text[strlen(text) - 1], '.');
        for (int i = 0; i < _i; i++)
                ck_assert_str_ne(slug, thon_heal_why_slug((enum thon_heal_why)i));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_heal");
        TCase *tcase = tcase_create("heal"), *random = tcase_create("random lives");

        tcase_add_checked_fixture(tcase, setup, NULL);
        tcase_add_test(tcase, test_a_reboot_comes_first_and_the_power_when_that_did_not_help);
        tcase_add_test(tcase, test_what_does_not_answer_cannot_be_told_to_reboot);
        tcase_add_test(tcase, test_an_order_of_a_power_cycle_is_never_a_reboot);
        tcase_add_test(tcase, test_a_circuit_that_feeds_others_is_left_alone_and_a_reboot_is_not);
        tcase_add_test(tcase, test_each_reason_by_itself);
        tcase_add_loop_test(tcase, test_what_no_restart_mends_is_not_restarted, 0, THON_CAMERA_VERDICTS);
        tcase_add_test(tcase, test_it_says_when_time_alone_will_allow_it);
        tcase_add_test(tcase, test_after_two_tries_in_vain_a_person_must_look);
        tcase_add_test(tcase, test_a_device_that_fails_again_and_again_is_not_restarted_all_day);
        tcase_add_test(tcase, test_a_person_may_do_more_but_not_what_harms_others);
        tcase_add_test(tcase, test_it_waits_for_the_device_and_then_says_what_became_of_it);
        tcase_add_test(tcase, test_a_clock_that_was_years_ahead_for_once_does_not_stop_healing_for_years);
        tcase_add_test(tcase, test_numbers_at_the_ends_of_time_do_no_harm);
        tcase_add_test(tcase, test_a_clock_that_is_put_right_by_years_makes_no_failure_old);
        tcase_add_test(tcase, test_the_digest_says_what_was_done_and_who_must_be_looked_at_first);
        tcase_add_test(tcase, test_a_digest_is_cut_between_devices_and_says_so);
        tcase_add_test(tcase, test_there_is_one_digest_a_day);
        tcase_add_loop_test(tcase, test_every_reason_has_words, 0, THON_HEAL_AT_ONCE + 1);
        suite_add_tcase(suite, tcase);

        tcase_add_checked_fixture(random, setup, NULL);
        tcase_set_timeout(random, 60);
        tcase_add_test(random, test_the_limits_hold_in_any_life_with_a_clock_that_is_set_back);
        tcase_add_test(random, test_what_does_not_hang_on_time_holds_with_any_clock);
        suite_add_tcase(suite, random);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
