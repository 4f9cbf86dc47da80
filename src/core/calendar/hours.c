/* Hours of every day: closed, open, and when they open next. */
#include <string.h>

#include "thon/hours.h"

const char *thon_hours_parse(const char *text, struct thon_hours *ret)
{
        static const char *const wrong = "must be hours such as 06:00-22:00, or always";
        char from[6], to[6];
        int from_min, to_min;

        if (strcmp(text, "always") == 0) {
                *ret = (struct thon_hours){0, 0};
                return NULL;
        }
        if (strlen(text) != 11 || text[5] != '-')
                return wrong;
        memcpy(from, text, 5);
        memcpy(to, text + 6, 5);
        from[5] = to[5] = '\0';
        /* 24:00 is how people write the end of the day. */
        if (strcmp(to, "24:00") == 0)
                memcpy(to, "00:00", 6);
        if (!thon_clock_parse(from, &from_min) || !thon_clock_parse(to, &to_min))
                return wrong;
        *ret = (struct thon_hours){(int16_t)from_min, (int16_t)to_min};
        return NULL;
}

bool thon_hours_open(const struct thon_hours *hours, const struct thon_zone *zone, struct thon_wall at)
{
        int32_t minute = thon_zone_civil(zone, at).second / 60;

        if (hours->from_min == hours->to_min)
                return true;
        if (hours->from_min < hours->to_min)
                return minute >= hours->from_min && minute < hours->to_min;
        return minute >= hours->from_min || minute < hours->to_min;
}

struct thon_wall thon_hours_next(const struct thon_hours *hours, const struct thon_zone *zone,
                                 struct thon_wall at)
{
        struct thon_civil civil;

        if (thon_hours_open(hours, zone, at))
                return at;
        civil = thon_zone_civil(zone, at);
        /* Today's opening, or tomorrow's; one more for a day whose opening the zone's jump swallowed. */
        for (int32_t day = civil.days; day <= civil.days + 2; day++) {
                struct thon_wall opening = thon_zone_instant(zone, day, hours->from_min * 60);
                if (opening.s > at.s && thon_hours_open(hours, zone, opening))
                        return opening;
        }
        return thon_zone_instant(zone, civil.days + 1, hours->from_min * 60);
}
