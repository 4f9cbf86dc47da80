/* The month of a report for the commune's meeting. */
#include <string.h>

#include "ctl.h"

static struct thon_wall first_of(const struct ctl *ctl, int year, int month)
{
        struct thon_date date = {.year = (int16_t)(month > 12 ? year + 1 : year),
                                 .month = (int8_t)(month > 12 ? 1 : month),
                                 .day = 1};

        return thon_zone_instant(ctl->zone, thon_date_days(date), 0);
}

int ctl_month(struct ctl *ctl, const char *text, struct ctl_month *ret)
{
        struct thon_date date = thon_date_of(thon_zone_civil(ctl->zone, ctl->now).days);
        struct ctl_month month;
        char day[16];

        if (text) {
                (void)snprintf(day, sizeof(day), "%.10s-01", text);
                if (strlen(text) != 7 || !thon_date_parse(day, &date))
                        return ctl_usage(ctl, "--month takes a month such as 2026-11");
                if (date.year < 1970 || date.year > 9998)
                        return ctl_usage(ctl, "--month takes a year from 1970 on");
        } else if (--date.month == 0) {
                date.month = 12;
                date.year--;
        }
        month = (struct ctl_month){.year = date.year, .month = date.month};
        month.from = first_of(ctl, date.year, date.month);
        month.to = first_of(ctl, date.year, date.month + 1);
        if (!thon_wall_before(month.from, ctl->now))
                return ctl_fail(ctl, "invalid", "%04d-%02d has not begun yet", month.year, month.month);
        month.running = ctl->now.s < month.to.s;
        if (month.running)
                month.to = ctl->now;
        *ret = month;
        return CTL_OK;
}
