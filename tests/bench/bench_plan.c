/* A year of a thousand circuits: every change of every lamp, by the code that will act.
 *
 * Two plans. A commune's: a thousand circuits on forty calendars and twelve programs, as people make them (dusk to dawn,
 * part of the night, alternate nights, lunar days, Tết). The worst that the limits invite: every circuit has a calendar
 * and three programs of its own, so that nothing computed for one serves another. */
#include "bench.h"
#include "thon/cleanup.h"
#include "thon/light_schedule.h"
#include "thon/tz.h"

#define CIRCUITS 1000
#define NIGHTS   365
#define FROM     20818 /* 2026-12-31: Tết of 2027 and the whole year after it lie ahead */
#define RUNS     9

THON_DEFINE_CLEANUP(struct thon_light_plan *, thon_light_plan_free)
THON_DEFINE_CLEANUP(struct thon_schedule *, thon_schedule_free)
THON_DEFINE_CLEANUP(struct thon_zone *, thon_zone_free)

static void *make(size_t n, size_t size)
{
        void *p = calloc(n, size);

        if (!p)
                bench_die("out of memory");
        return p;
}

static struct thon_step sun(enum thon_point_kind kind, int minutes, bool on)
{
        return (struct thon_step){.at = {kind, (int16_t)minutes, -1, -1}, .on = on};
}

static struct thon_step clock_at(int hour, int minute, bool on)
{
        return (struct thon_step){.at = {THON_POINT_CLOCK, (int16_t)(hour * 60 + minute), -1, -1}, .on = on};
}

/* Three kinds in turn: the whole night, part of it, three times a night; each some minutes apart from the others. */
static void make_program(struct thon_program *p, size_t i)
{
        int shift = (int)(i % 30);

        p->steps = make(6, sizeof(*p->steps));
        p->steps[p->n_steps] = sun(THON_POINT_DUSK, shift - 15, true);
        p->steps[p->n_steps].at.not_before = 17 * 60;
        p->steps[p->n_steps++].at.not_after = 19 * 60 + 15;
        if (i % 3 > 0) {
                p->steps[p->n_steps++] = clock_at(22, shift, false);
                p->steps[p->n_steps++] = clock_at(4, shift, true);
        }
        if (i % 3 > 1) {
                p->steps[p->n_steps++] = clock_at(0, shift, true);
                p->steps[p->n_steps++] = clock_at(1, shift, false);
        }
        p->steps[p->n_steps++] = sun(THON_POINT_SUNRISE, -shift, false);
}

static struct thon_lunar_range lunar(int8_t day, int8_t month, int8_t to_day, int8_t to_month)
{
        return (struct thon_lunar_range){.from = {day, month, false}, .to = {to_day, to_month, false}};
}

/* Six rules: Tết, lunar days, dates, the last Saturday, weekends, alternate nights. */
static void make_calendar(struct thon_calendar *c, size_t i, size_t first_program, size_t n_programs)
{
        struct thon_rule *r = c->rules = make(6, sizeof(*c->rules));

        c->n_rules = 6;
        c->default_program = first_program + i % n_programs;
        r[0] = (struct thon_rule){.days.kind = THON_DAYS_TET, .days.tet_from = -7, .days.tet_to = 7};
        r[1] = (struct thon_rule){
                .days.kind = THON_DAYS_LUNAR, .days.n = 3, .days.lunar = make(3, sizeof(*r->days.lunar))};
        r[1].days.lunar[0] = lunar(1, 0, 1, 0);
        r[1].days.lunar[1] = lunar(14, 0, 15, 0);
        r[1].days.lunar[2] = lunar(10, 3, 12, 3);
        r[2] = (struct thon_rule){
                .days.kind = THON_DAYS_DATES, .days.n = 2, .days.dates = make(2, sizeof(*r->days.dates))};
        r[2].days.dates[0] = (struct thon_date_range){{0, 9, 2}, {0, 9, 2}};
        r[2].days.dates[1] = (struct thon_date_range){{0, 12, 24}, {0, 1, 1}};
        r[3] = (struct thon_rule){
                .days.kind = THON_DAYS_WEEKDAYS, .days.weekdays = 1 << 5, .days.nth = 1 << 8};
        r[4] = (struct thon_rule){.days.kind = THON_DAYS_WEEKDAYS, .days.weekdays = 3 << 5};
        r[5] = (struct thon_rule){
                .days.kind = THON_DAYS_EVERY, .days.every = 2, .days.phase = (int16_t)(i % 2)};
        for (size_t j = 0; j < c->n_rules; j++)
                r[j].program = first_program + (i + j) % n_programs;
}

static struct thon_light_plan *make_plan(size_t n_calendars, size_t n_programs, bool own)
{
        struct thon_light_plan *plan = make(1, sizeof(*plan));

        plan->place = (struct thon_place){19.99, 105.65};
        plan->n_programs = n_programs;
        plan->n_calendars = n_calendars;
        plan->n_circuits = CIRCUITS;
        plan->programs = make(n_programs, sizeof(*plan->programs));
        plan->calendars = make(n_calendars, sizeof(*plan->calendars));
        plan->circuits = make(CIRCUITS, sizeof(*plan->circuits));
        for (size_t i = 0; i < n_programs; i++)
                make_program(&plan->programs[i], i);
        for (size_t i = 0; i < n_calendars; i++)
                make_calendar(&plan->calendars[i], i, own ? 3 * i : 0, own ? 3 : n_programs);
        for (size_t i = 0; i < CIRCUITS; i++)
                plan->circuits[i].calendar = i % n_calendars;
        return plan;
}

static int count(const struct thon_switch *change, void *userdata)
{
        (void)change;
        (*(size_t *)userdata)++;
        return 0;
}

static double year(const struct thon_light_plan *plan, const struct thon_zone *zone, size_t *ret_changes)
{
        _cleanup_(thon_schedule_freep) struct thon_schedule *schedule = NULL;
        double began = bench_now();

        *ret_changes = 0;
        if (thon_schedule_new(plan, zone, &schedule) < 0)
                bench_die("the plan is refused");
        for (size_t i = 0; i < CIRCUITS; i++)
                if (thon_schedule_plan(schedule, i, FROM, NIGHTS, count, ret_changes, NULL) < 0)
                        bench_die("the plan cannot be walked");
        return bench_now() - began;
}

static void measure(const char *name, const struct thon_light_plan *plan, const struct thon_zone *zone,
                    const char *told)
{
        double seconds[RUNS];
        char text[512];
        size_t changes = 0;

        for (size_t i = 0; i < RUNS; i++)
                seconds[i] = year(plan, zone, &changes);
        if (changes < (size_t)CIRCUITS * NIGHTS)
                bench_die("%s: only %zu changes in a year", name, changes);
        snprintf(
                text, sizeof(text),
                "%s: %s; %zu changes in %d nights from 2026-12-31, schedule built anew each time; median of "
                "n=%d",
                name, told, changes, NIGHTS, RUNS);
        bench_method(text);
        bench_figure(name, bench_quantile(seconds, RUNS, 0.5), "s");
}

int main(void)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *commune = make_plan(40, 12, false);
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *worst =
                make_plan(CIRCUITS, (size_t)3 * CIRCUITS, true);
        _cleanup_(thon_zone_freep) struct thon_zone *zone = NULL;

        if (thon_tz_load("Asia/Ho_Chi_Minh", &zone) < 0)
                bench_die("no zone Asia/Ho_Chi_Minh");
        measure("light.plan_year", commune, zone,
                "1,000 circuits on 40 calendars of 6 rules (Tết, lunar, dates, nth weekday, weekend, every "
                "second night) and 12 programs");
        measure("light.plan_year_own", worst, zone,
                "1,000 circuits, each with a calendar of 6 rules and 3 programs of its own");
        return 0;
}
