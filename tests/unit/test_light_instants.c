/* The instants that a decision asks for are exact: a circuit that is asked only then and after events does the same, second
 * by second, as one that is asked every second. Random programs, inputs, relays, meters and clock steps. */
#include "circuit_story.h"

#include <inttypes.h>

#define ROUNDS  2000
#define SECONDS 4000

static uint64_t state;

/* SplitMix64: the same on every machine. */
static uint64_t draw_bits(void)
{
        uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

static unsigned below(unsigned n)
{
        return (unsigned)(draw_bits() % n);
}

enum what {
        NOTHING,
        PROGRAM_PLAN,
        INPUT,
        PULSES,
        REPORT,
        ONLINE,
        RELAY_FAILED,
        OVERRIDE,
        AUTO,
        STEP,
        TRUST
};

struct event {
        enum what what;
        unsigned a, b;
        int64_t step;
};

struct script {
        struct thon_circuit_conf conf;
        int64_t start_wall;
        struct event events[SECONDS];
        /* The program: toggles of civil time, ascending. */
        int64_t toggles[40];
        bool first;
};

static struct thon_commanded program_at(const struct script *script, int64_t wall)
{
        struct thon_commanded c = {.on = script->first, .next = THON_WALL_NEVER};

        for (size_t i = 0; i < 40; i++) {
                if (script->toggles[i] > wall) {
                        c.next.s = script->toggles[i];
                        break;
                }
                c.on = !c.on;
        }
        return c;
}

static void invent(struct script *script)
{
        static const double delays[] = {0, 30, 120};
        static const int dwells[] = {0, 5, 60, 600};
        int64_t at;

        memset(script, 0, sizeof(*script));
        script->conf = (struct thon_circuit_conf){
                .id = "duong-lang",
                .lamps = 5,
                .watts = 100,
                .photocell_delay_s = delays[below(3)],
                .photocell_join = below(3),
                .min_dwell_s = dwells[below(4)],
                .untrusted = below(4),
        };
        if (below(2)) {
                script->conf.relay = (struct thon_relay_conf){
                        .kind = THON_RELAY_MQTT,
                        .driver = below(4),
                        .topic = "tu-dien",
                        .has_feedback = below(4) != 0,
                        .has_energy = below(2),
                };
        } else {
                script->conf.relay.gpio = a_line("relay");
        }
        if (below(2))
                script->conf.feedback = a_line("feedback");
        if (below(2))
                script->conf.lockout = a_line("lockout");
        if (below(2))
                script->conf.meter = a_line("meter");
        script->conf.pulses_per_kwh = below(2) ? 1000 : 100000;

        script->start_wall = 1800000000 + below(100000);
        script->first = below(2);
        at = script->start_wall;
        for (size_t i = 0; i < 40; i++)
                script->toggles[i] = at += 1 + below(below(2) ? 20 : 400);

        /* Quiet spells and busy ones. */
        for (unsigned i = 0, busy = 1; i < SECONDS; i++) {
                struct event *e = &script->events[i];

                if (below(200) == 0)
                        busy = 1 + below(60);
                if (below(busy) != 0)
                        continue;
                *e = (struct event){.what = 1 + below(TRUST), .a = below(5), .b = below(2)};
                if (e->what == STEP)
                        e->step = (int64_t)below(2000) - 1000;
                if (e->what == OVERRIDE)
                        e->step = below(600);
        }
}

/* One of the two lives of a circuit. */
struct life {
        struct thon_circuit c;
        struct thon_circuit_actions last;
        int64_t serial;
        unsigned looks, told, asked;
};

static void live(struct life *l, const struct script *script, struct thon_instant now)
{
        struct thon_commanded commanded = program_at(script, now.wall.s);

        thon_circuit_decide_commanded(&l->c, &commanded, now, false, &l->last);
        l->looks++;
        l->told += l->last.set;
        l->asked += l->last.query;
}

static void happen(struct life *l, const struct event *e, struct thon_instant now, double *kwh)
{
        struct thon_override o = {.active = e->what == OVERRIDE, .on = e->b, .since = now.wall};

        switch (e->what) {
        case NOTHING:
        case PROGRAM_PLAN:
        case STEP:
        case TRUST:
                break;
        case INPUT:
                thon_circuit_input(&l->c, e->a, e->b ? THON_ON : THON_OFF, now);
                break;
        case PULSES:
                thon_circuit_pulses(&l->c, 1 + e->a, now);
                break;
        case REPORT:
                *kwh += e->a * 0.01;
                thon_circuit_remote(&l->c,
                                    e->b   ? THON_ON
                                    : e->a ? THON_OFF
                                           : THON_UNKNOWN,
                                    *kwh, e->a == 3 ? 480 : -1, now);
                break;
        case ONLINE:
                thon_circuit_remote_online(&l->c, e->a != 0, now);
                break;
        case RELAY_FAILED:
                thon_circuit_relay_failed(&l->c, e->a == 0, now);
                break;
        case OVERRIDE:
                o.until = e->step < 500 ? (struct thon_wall){now.wall.s + e->step} : THON_WALL_NEVER;
                o.for_s = e->a < 3 ? e->step : 0;
                (void)thon_circuit_override(&l->c, &o, e->a == 0, now);
                break;
        case AUTO:
                (void)thon_circuit_override(&l->c, &o, e->a == 0, now);
                break;
        }
}

static const char *difference(const struct life *a, const struct life *b)
{
#define DIFFERS(member)                 \
        if (a->c.member != b->c.member) \
                return #member;
        DIFFERS(decided)
        DIFFERS(in_effect)
        DIFFERS(why)
        DIFFERS(physical)
        DIFFERS(dark)
        DIFFERS(dark_known)
        DIFFERS(operations)
        DIFFERS(override.active)
        DIFFERS(override.until.s)
        DIFFERS(emergency.active)
        DIFFERS(remote_silent)
        DIFFERS(remote_tries)
        DIFFERS(watts)
        DIFFERS(off_over)
        for (enum thon_fault f = 0; f < THON_FAULTS; f++)
                if (a->c.faults[f].raised != b->c.faults[f].raised ||
                    a->c.faults[f].event != b->c.faults[f].event ||
                    a->c.faults[f].since.s != b->c.faults[f].since.s)
                        return thon_fault_slug(f);
        if (a->told != b->told)
                return "told";
        return a->asked != b->asked ? "asked" : NULL;
}

START_TEST(test_deciding_at_the_instants_alone_is_deciding_all_the_time)
{
        const char *given = getenv("THON_SEED");
        uint64_t seed = given ? strtoull(given, NULL, 10) : 20270206, always = 0, seldom = 0;
        static struct script script;

        printf("seed %" PRIu64 "\n", seed);
        state = seed;
        for (int round = 0; round < ROUNDS; round++) {
                struct thon_instant now = {{0}, {below(1000) * SECOND}, true};
                struct life each = {.serial = 1}, wise = {.serial = 1};
                double kwh_each = 0, kwh_wise = 0;
                const char *differs;

                invent(&script);
                now.wall.s = script.start_wall;
                thon_circuit_init(&each.c, &script.conf, &each.serial);
                thon_circuit_init(&wise.c, &script.conf, &wise.serial);
                live(&each, &script, now);
                live(&wise, &script, now);

                for (unsigned second = 0; second < SECONDS; second++) {
                        const struct event *e = &script.events[second];

                        /* Time passes by a second; then what the instants asked for; then what happens. */
                        now.wall.s++;
                        now.mono.us += SECOND;
                        live(&each, &script, now);
                        if (now.mono.us >= wise.last.again_mono.us || now.wall.s >= wise.last.again_wall.s)
                                live(&wise, &script, now);
                        if (e->what != NOTHING) {
                                now.wall.s += e->step * (e->what == STEP);
                                now.trusted = e->what == TRUST ? e->a != 0 : now.trusted;
                                happen(&each, e, now, &kwh_each);
                                happen(&wise, e, now, &kwh_wise);
                                live(&each, &script, now);
                                live(&wise, &script, now);
                        }
                        differs = difference(&each, &wise);
                        if (differs)
                                ck_abort_msg("round %d, second %u: %s", round, second, differs);
                }
                /* Light is counted when someone looks. */
                live(&each, &script, now);
                live(&wise, &script, now);
                ck_assert_uint_eq(each.c.on_seconds, wise.c.on_seconds);
                always += each.looks;
                seldom += wise.looks;
        }
        ck_assert_msg(seldom < always, "the instants are no instants");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light instants");
        TCase *tc = tcase_create("properties");

        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, test_deciding_at_the_instants_alone_is_deciding_all_the_time);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}
