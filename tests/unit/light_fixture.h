/* Plans for the tests of lighting, written as shortly as a person would say them. */
#pragma once

#include "thon/cleanup.h"
#include "thon/light_schedule.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

THON_DEFINE_CLEANUP(struct thon_schedule *, thon_schedule_free)
THON_DEFINE_CLEANUP(struct thon_light_plan *, thon_light_plan_free)
THON_DEFINE_CLEANUP(struct thon_zone *, thon_zone_free)

#define CLOCK(hh, mm)                                    \
        {                                                \
                THON_POINT_CLOCK, (hh)*60 + (mm), -1, -1 \
        }
#define SUN(kind, offset)                         \
        {                                         \
                THON_POINT_##kind, offset, -1, -1 \
        }
#define CLAMPED(kind, offset, before, after)             \
        {                                                \
                THON_POINT_##kind, offset, before, after \
        }
#define HM(hh, mm) ((hh)*60 + (mm))
#define NO_CLAMP   (-1)
#define STEPS(...)                           \
        ((struct thon_step[]){__VA_ARGS__}), \
                sizeof((struct thon_step[]){__VA_ARGS__}) / sizeof(struct thon_step)

static const struct thon_place ha_noi = {21.0285, 105.8542};

static inline void set_id(thon_slug id, const char *text)
{
        ck_assert(thon_slug_valid(text));
        memcpy(id, text, strlen(text) + 1);
}

static inline struct thon_light_plan *plan_at(struct thon_place place)
{
        struct thon_light_plan *plan = calloc(1, sizeof *plan);

        ck_assert_ptr_nonnull(plan);
        set_id(plan->site, "chi-phuc");
        plan->place = place;
        return plan;
}

static inline size_t add_program(struct thon_light_plan *plan, const char *id, bool start_on,
                                 const struct thon_step *steps, size_t n)
{
        plan->programs = reallocarray(plan->programs, plan->n_programs + 1, sizeof *plan->programs);
        ck_assert_ptr_nonnull(plan->programs);
        struct thon_program *p = &plan->programs[plan->n_programs];

        *p = (struct thon_program){
                .start_on = start_on, .n_steps = n, .steps = calloc(n + 1, sizeof *steps)};
        ck_assert_ptr_nonnull(p->steps);
        set_id(p->id, id);
        if (n)
                memcpy(p->steps, steps, n * sizeof *steps);
        return plan->n_programs++;
}

static inline size_t add_calendar(struct thon_light_plan *plan, const char *id, size_t default_program)
{
        plan->calendars = reallocarray(plan->calendars, plan->n_calendars + 1, sizeof *plan->calendars);
        ck_assert_ptr_nonnull(plan->calendars);
        plan->calendars[plan->n_calendars] = (struct thon_calendar){.default_program = default_program};
        set_id(plan->calendars[plan->n_calendars].id, id);
        return plan->n_calendars++;
}

/* The ranges are copied, so that a test may give compound literals. */
static inline void add_rule(struct thon_light_plan *plan, size_t calendar, struct thon_rule rule)
{
        struct thon_calendar *c = &plan->calendars[calendar];

        c->rules = reallocarray(c->rules, c->n_rules + 1, sizeof *c->rules);
        ck_assert_ptr_nonnull(c->rules);
        struct thon_rule copy = {.program = rule.program};
        ck_assert_int_eq(thon_days_copy(&rule.days, &copy.days), 0);
        c->rules[c->n_rules++] = copy;
}

static inline size_t add_circuit(struct thon_light_plan *plan, const char *id, size_t calendar)
{
        plan->circuits = reallocarray(plan->circuits, plan->n_circuits + 1, sizeof *plan->circuits);
        ck_assert_ptr_nonnull(plan->circuits);
        plan->circuits[plan->n_circuits] =
                (struct thon_circuit_conf){.calendar = calendar, .lamps = 8, .watts = 50};
        set_id(plan->circuits[plan->n_circuits].id, id);
        return plan->n_circuits++;
}

/* One circuit that follows one program every night. */
static inline struct thon_light_plan *plan_of(bool start_on, const struct thon_step *steps, size_t n)
{
        struct thon_light_plan *plan = plan_at(ha_noi);

        add_circuit(plan, "duong-lang",
                    add_calendar(plan, "ca-nam", add_program(plan, "thuong", start_on, steps, n)));
        return plan;
}

static inline struct thon_zone *zone_named(const char *name)
{
        char path[128];
        uint8_t buf[65536];
        struct thon_zone *zone = NULL;

        (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
        FILE *file = fopen(path, "rbe");
        ck_assert_msg(file != NULL, "%s", path);
        size_t n = fread(buf, 1, sizeof buf, file);
        (void)fclose(file);
        ck_assert_int_eq(thon_zone_parse(buf, n, &zone), THON_ZONE_OK);
        return zone;
}

static inline struct thon_schedule *schedule_of(const struct thon_light_plan *plan,
                                                const struct thon_zone *zone)
{
        struct thon_schedule *schedule = NULL;

        ck_assert_int_eq(thon_schedule_new(plan, zone, &schedule), 0);
        return schedule;
}

static inline int32_t day(const char *text)
{
        struct thon_date date;

        ck_assert_msg(thon_date_parse(text, &date), "%s", text);
        return thon_date_days(date);
}

static inline struct thon_wall when(const struct thon_zone *zone, const char *text)
{
        struct thon_wall wall;

        ck_assert_msg(thon_time_parse(zone, text, &wall), "%s", text);
        return wall;
}

/* "21 17:31 on, 21 23:00 off": day of the month and clock, with seconds where there are some. */
struct told {
        const struct thon_zone *zone;
        char text[2048];
};

static inline int tell(const struct thon_switch *change, void *userdata)
{
        struct told *told = userdata;
        struct thon_civil civil = thon_zone_civil(told->zone, change->at);
        size_t n = strlen(told->text);
        int s = civil.second;

        n += (size_t)snprintf(told->text + n, sizeof told->text - n, "%s%02d %02d:%02d", n ? ", " : "",
                              thon_date_of(civil.days).day, s / 3600, s / 60 % 60);
        ck_assert_uint_lt(n + 16, sizeof told->text);
        if (s % 60)
                n += (size_t)snprintf(told->text + n, sizeof told->text - n, ":%02d", s % 60);
        (void)snprintf(told->text + n, sizeof told->text - n, " %s", change->on ? "on" : "off");
        return 0;
}

/* Every switch of `nights` nights from the date on. */
static inline void assert_plan(const struct thon_light_plan *plan, const char *zone_name, size_t circuit,
                               const char *from, int nights, const char *want)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = zone_named(zone_name);
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = schedule_of(plan, zone);
        struct told told = {.zone = zone};

        ck_assert_int_eq(thon_schedule_plan(schedule, circuit, day(from), nights, tell, &told, NULL), 0);
        ck_assert_str_eq(told.text, want);
}

/* ---- random plans: splitmix64, seeded by THON_SEED ---- */

struct random {
        uint64_t state;
};

static inline uint64_t seed_of_run(void)
{
        const char *given = getenv("THON_SEED");
        uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);

        printf("THON_SEED=%llu\n", (unsigned long long)seed);
        return seed;
}

static inline uint64_t draw(struct random *r)
{
        uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

static inline int between(struct random *r, int low, int high)
{
        return low + (int)(draw(r) % (uint64_t)(high - low + 1));
}

static inline struct thon_point random_point(struct random *r)
{
        struct thon_point point = {
                .kind = (enum thon_point_kind)between(r, 0, 4), .not_before = -1, .not_after = -1};

        /* Round minutes, so that steps often meet. */
        if (point.kind == THON_POINT_CLOCK) {
                point.minutes = (int16_t)(between(r, 0, 95) * 15);
                return point;
        }
        point.minutes = (int16_t)(between(r, 0, 3) ? between(r, -60, 60) : between(r, -720, 720));
        if (between(r, 0, 3) == 0)
                point.not_before = (int16_t)(between(r, 0, 95) * 15);
        if (between(r, 0, 3) == 0)
                point.not_after = (int16_t)(between(r, 0, 95) * 15);
        return point;
}

static inline struct thon_rule random_rule(struct random *r, size_t n_programs)
{
        struct thon_rule rule = {.days.kind = (enum thon_days_kind)between(r, 0, 5),
                                 .program = (size_t)between(r, 0, (int)n_programs - 1)};

        switch (rule.days.kind) {
        case THON_DAYS_DATES:
                rule.days.n = 1;
                rule.days.dates = calloc(1, sizeof *rule.days.dates);
                rule.days.dates[0].from =
                        (struct thon_date){0, (int8_t)between(r, 1, 12), (int8_t)between(r, 1, 28)};
                rule.days.dates[0].to =
                        (struct thon_date){0, (int8_t)between(r, 1, 12), (int8_t)between(r, 1, 28)};
                break;
        case THON_DAYS_WEEKDAYS:
                rule.days.weekdays = (uint8_t)between(r, 1, 127);
                rule.days.nth =
                        (uint16_t)(between(r, 0, 1) ? 0 : between(r, 0, 31) | between(r, 0, 31) << 8);
                break;
        case THON_DAYS_LUNAR:
                rule.days.n = 1;
                rule.days.lunar = calloc(1, sizeof *rule.days.lunar);
                if (between(r, 0, 1)) {
                        rule.days.lunar[0].from.month = (int8_t)between(r, 1, 12);
                        rule.days.lunar[0].to.month = (int8_t)between(r, 1, 12);
                }
                rule.days.lunar[0].from.day = (int8_t)between(r, 1, 30);
                rule.days.lunar[0].to.day = (int8_t)between(r, 1, 30);
                break;
        case THON_DAYS_TET:
                rule.days.tet_from = (int16_t)between(r, -30, 20);
                rule.days.tet_to = (int16_t)(rule.days.tet_from + between(r, 0, 30));
                break;
        case THON_DAYS_EVERY:
                rule.days.every = (int16_t)between(r, 1, 9);
                rule.days.phase = (int16_t)between(r, 0, 8);
                break;
        case THON_DAYS_MONTHDAYS:
                rule.days.monthdays = UINT32_C(1) << between(r, 0, 30);
                rule.days.monthdays_ahead = UINT32_C(1) << between(r, 0, 30);
                break;
        }
        return rule;
}

static inline struct thon_light_plan *random_plan(struct random *r)
{
        struct thon_light_plan *plan = plan_at(
                (struct thon_place){between(r, 0, 3) ? between(r, -45, 45) : between(r, -90, 90), 0});

        for (int n = between(r, 1, 4), i = 0; i < n; i++) {
                struct thon_step steps[THON_STEPS_MAX];
                int count = between(r, 0, 7) ? between(r, 0, 6) : between(r, 0, THON_STEPS_MAX);

                for (int j = 0; j < count; j++)
                        steps[j] = (struct thon_step){random_point(r), between(r, 0, 1) != 0};
                add_program(plan, "p", between(r, 0, 3) == 0, steps, (size_t)count);
        }
        for (int n = between(r, 1, 3), i = 0; i < n; i++) {
                size_t calendar = add_calendar(plan, "c", (size_t)between(r, 0, (int)plan->n_programs - 1));

                for (int rules = between(r, 0, 4), j = 0; j < rules; j++) {
                        struct thon_rule rule = random_rule(r, plan->n_programs);
                        add_rule(plan, calendar, rule);
                        thon_days_done(&rule.days);
                }
                add_circuit(plan, "x", calendar);
        }
        return plan;
}
