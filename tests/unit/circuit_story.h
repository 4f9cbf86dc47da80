/* A circuit and its shell, for stories: time passes as the daemon lets it pass, that is, the circuit is asked at its
 * own instants and after events only. */
#pragma once

#include "thon/light_control.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000)
#define HOUR   3600

struct story {
        struct thon_circuit_conf conf;
        struct thon_circuit c;
        struct thon_commanded commanded;
        struct thon_instant now;
        struct thon_circuit_actions last;
        int64_t serial;
        unsigned told, asked; /* the relay */
        bool level;           /* as last told */
        bool hold;
        double flowed; /* energy since the last pulse, in pulses */
        struct {
                unsigned raised, cleared;
                uint64_t raised_us;
                int64_t raise_event, clear_event;
        } seen[THON_FAULTS];
};

static inline struct thon_line_ref a_line(const char *line)
{
        struct thon_line_ref ref = {.chip = "sim:cabinet"};

        snprintf(ref.line, sizeof(ref.line), "%s", line);
        return ref;
}

static inline void note(struct story *s)
{
        if (s->last.set) {
                s->told++;
                s->level = s->last.on;
        }
        s->asked += s->last.query;
        for (size_t i = 0; i < s->last.n_faults; i++) {
                const struct thon_fault_change *change = &s->last.faults[i];

                if (change->raised) {
                        s->seen[change->fault].raised++;
                        s->seen[change->fault].raised_us = s->now.mono.us;
                        s->seen[change->fault].raise_event = change->state.event;
                } else {
                        s->seen[change->fault].cleared++;
                        s->seen[change->fault].clear_event = change->state.event;
                }
        }
}

static inline void look(struct story *s)
{
        thon_circuit_decide_commanded(&s->c, &s->commanded, s->now, s->hold, &s->last);
        note(s);
        if (!s->last.held) {
                ck_assert_msg(s->last.again_mono.us > s->now.mono.us, "asks again without time passing");
                ck_assert_msg(s->last.again_wall.s > s->now.wall.s, "asks again without civil time passing");
        }
}

/* A GPIO circuit of 5 lamps of 100 W with every input, at 20:00 somewhere, with the program off. Change `conf` after it
 * as the story needs, before start(). */
static inline void a_circuit(struct story *s)
{
        memset(s, 0, sizeof(*s));
        s->conf = (struct thon_circuit_conf){
                .id = "duong-lang",
                .lamps = 5,
                .watts = 100,
                .relay = {.kind = THON_RELAY_GPIO, .gpio = a_line("relay")},
                .photocell_delay_s = 120,
                .min_dwell_s = 60,
                .untrusted = THON_UNTRUSTED_PLAN,
        };
        s->now = (struct thon_instant){{1800000000}, {1000 * SECOND}, true};
        s->commanded.next = THON_WALL_NEVER;
        s->serial = 41;
}

static inline void start(struct story *s)
{
        thon_circuit_init(&s->c, &s->conf, &s->serial);
        look(s);
}

static inline void pass(struct story *s, uint64_t seconds)
{
        uint64_t end = s->now.mono.us + seconds * SECOND;

        for (;;) {
                uint64_t at = s->last.again_mono.us;

                if (s->last.again_wall.s != INT64_MAX) {
                        uint64_t wall_us =
                                (uint64_t)(s->last.again_wall.s - s->now.wall.s) * SECOND + s->now.mono.us;

                        at = wall_us < at ? wall_us : at;
                }
                if (at > end)
                        break;
                s->now.wall.s += (int64_t)((at - s->now.mono.us) / SECOND);
                s->now.mono.us = at;
                look(s);
        }
        s->now.wall.s += (int64_t)((end - s->now.mono.us) / SECOND);
        s->now.mono.us = end;
}

static inline void program(struct story *s, bool on)
{
        s->commanded.on = on;
        look(s);
}

static inline void input(struct story *s, enum thon_input which, enum thon_tri level)
{
        thon_circuit_input(&s->c, which, level, s->now);
        look(s);
}

static inline void pulses(struct story *s, unsigned count)
{
        thon_circuit_pulses(&s->c, count, s->now);
        look(s);
}

static inline void report(struct story *s, enum thon_tri state, double kwh, double watts)
{
        thon_circuit_remote(&s->c, state, kwh, watts, s->now);
        look(s);
}

static inline void online(struct story *s, bool yes)
{
        thon_circuit_remote_online(&s->c, yes, s->now);
        look(s);
}

static inline int order(struct story *s, bool on, int64_t for_s, bool emergency)
{
        struct thon_override o = {
                .active = true,
                .on = on,
                .since = s->now.wall,
                .until = for_s > 0 ? (struct thon_wall){s->now.wall.s + for_s} : THON_WALL_NEVER,
                .for_s = for_s,
                .reason = "lễ hội làng",
                .by = "can-bo",
        };
        int r = thon_circuit_override(&s->c, &o, emergency, s->now);

        look(s);
        return r;
}

static inline void automatic(struct story *s, bool emergency)
{
        struct thon_override none = {.active = false};

        ck_assert_int_eq(thon_circuit_override(&s->c, &none, emergency, s->now), THON_OVERRIDE_OK);
        look(s);
}

static inline void assert_level(const struct story *s, bool on, enum thon_light_why why)
{
        ck_assert_msg(s->c.decided && s->c.in_effect == on, "in effect is %d", s->c.in_effect);
        ck_assert_msg(s->level == on, "the relay was told %d", s->level);
        ck_assert_str_eq(thon_light_why_slug(s->c.why), thon_light_why_slug(why));
}

static inline bool raised(const struct story *s, enum thon_fault fault)
{
        return s->c.faults[fault].raised;
}

static inline int run_suite(Suite *suite)
{
        SRunner *runner = srunner_create(suite);
        int failed;

        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
