/* A cause in words: the officer finds in the forms, letter by letter, what the plan or the history shows. What does not
 * fit is cut and marked; the ids come first, so that they never are. */
#include "thon/light_schedule.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
        char *buf;
        size_t n;
        bool cut;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
        static const char mark[] = "...";
        size_t room = THON_CAUSE_TEXT - text->n;
        va_list args;

        if (text->cut)
                return;
        va_start(args, format);
        int n = vsnprintf(text->buf + text->n, room, format, args);
        va_end(args);
        if (n >= 0 && (size_t)n < room) {
                text->n += (size_t)n;
                return;
        }
        memcpy(text->buf + THON_CAUSE_TEXT - sizeof mark, mark, sizeof mark);
        text->cut = true;
}

static void put_clock(struct text *text, const char *before, int minutes)
{
        put(text, "%s%02d:%02d", before, minutes / 60, minutes % 60);
}

static void put_point(struct text *text, const struct thon_point *point)
{
        const char *name = "";

        switch (point->kind) {
        case THON_POINT_CLOCK:
                put_clock(text, "", point->minutes);
                return;
        case THON_POINT_SUNRISE:
                name = "sunrise";
                break;
        case THON_POINT_SUNSET:
                name = "sunset";
                break;
        case THON_POINT_DAWN:
                name = "dawn";
                break;
        case THON_POINT_DUSK:
                name = "dusk";
                break;
        }
        put(text, "%s", name);
        if (point->minutes != 0)
                put(text, "%+d", point->minutes);
        if (point->not_before >= 0)
                put_clock(text, " not_before ", point->not_before);
        if (point->not_after >= 0)
                put_clock(text, " not_after ", point->not_after);
}

static void put_date(struct text *text, struct thon_date date)
{
        char buf[THON_DATE_TEXT];

        if (date.year == 0)
                put(text, "%02d-%02d", date.month, date.day);
        else
                put(text, "%s", thon_date_text(date, buf));
}

static void put_lunar(struct text *text, int day, int month, bool leap)
{
        if (month == 0)
                put(text, "%d", day);
        else
                put(text, "%d/%d%s", day, month, leap ? "L" : "");
}

static void put_days(struct text *text, const struct thon_days *days)
{
        static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
        const char *comma = "";

        switch (days->kind) {
        case THON_DAYS_DATES:
                put(text, "dates ");
                for (size_t i = 0; i < days->n; i++, comma = ",") {
                        const struct thon_date_range *range = &days->dates[i];

                        put(text, "%s", comma);
                        put_date(text, range->from);
                        if (memcmp(&range->from, &range->to, sizeof range->from) != 0) {
                                put(text, "..");
                                put_date(text, range->to);
                        }
                }
                return;
        case THON_DAYS_WEEKDAYS:
                put(text, "weekdays ");
                for (size_t i = 0; i < 7; i++) {
                        if (!(days->weekdays & 1u << i))
                                continue;
                        put(text, "%s%s", comma, weekdays[i]);
                        comma = ",";
                }
                comma = " nth ";
                for (int i = 0; i < 10; i++) {
                        int nth = i < 5 ? i + 1 : 4 - i;

                        if (!(days->nth & 1u << (i < 5 ? i : i + 3)))
                                continue;
                        put(text, "%s%d", comma, nth);
                        comma = ",";
                }
                return;
        case THON_DAYS_LUNAR:
                put(text, "lunar ");
                for (size_t i = 0; i < days->n; i++, comma = ",") {
                        const struct thon_lunar_range *range = &days->lunar[i];

                        put(text, "%s", comma);
                        put_lunar(text, range->from.day, range->from.month, range->from.leap);
                        if (range->from.day != range->to.day || range->from.month != range->to.month ||
                            range->from.leap != range->to.leap) {
                                put(text, "..");
                                put_lunar(text, range->to.day, range->to.month, range->to.leap);
                        }
                }
                return;
        case THON_DAYS_TET:
                put(text, "tet %d..%d", days->tet_from, days->tet_to);
                return;
        case THON_DAYS_EVERY:
                put(text, "every %d phase %d", days->every, days->phase);
                return;
        case THON_DAYS_MONTHDAYS:
                put(text, "monthdays ");
                for (int i = 0; i < 62; i++) {
                        uint32_t mask = i < 31 ? days->monthdays : days->monthdays_ahead;

                        if (!(mask & UINT32_C(1) << i % 31))
                                continue;
                        put(text, "%s%d", comma, i < 31 ? i + 1 : 30 - i);
                        comma = ",";
                }
                return;
        }
}

const char *thon_light_cause_text(const struct thon_light_plan *plan, const struct thon_light_cause *cause,
                                  char buf[static THON_CAUSE_TEXT])
{
        struct text text = {.buf = buf};

        /* A cause may be older than the plan it is read with. */
        if (cause->program >= plan->n_programs || cause->calendar >= plan->n_calendars ||
            (cause->step >= 0 && (size_t)cause->step >= plan->programs[cause->program].n_steps) ||
            (cause->rule >= 0 && (size_t)cause->rule >= plan->calendars[cause->calendar].n_rules)) {
                put(&text, "?");
                return buf;
        }

        const struct thon_program *program = &plan->programs[cause->program];
        const struct thon_calendar *calendar = &plan->calendars[cause->calendar];
        put(&text, "%s / ", program->id);
        if (cause->step < 0)
                put(&text, "start");
        else
                put_point(&text, &program->steps[cause->step].at);
        put(&text, " (%s: ", calendar->id);
        if (cause->rule < 0)
                put(&text, "default");
        else
                put_days(&text, &calendar->rules[cause->rule].days);
        put(&text, ")");
        return buf;
}
