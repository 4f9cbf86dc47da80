/* thonctl sun, thonctl lunar: pure calendar, no daemon and no store. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "thon/cleanup.h"
#include "thon/lunar.h"
#include "thon/sun.h"
#include "thon/tz.h"

#define DAYS_MAX 3660

static bool take_days(const char *date, const char *days, int32_t today, int32_t *ret_from, long *ret_days)
{
        struct thon_date d;

        *ret_from = today;
        *ret_days = 1;
        if (date) {
                if (!thon_date_parse(date, &d))
                        return false;
                *ret_from = thon_date_days(d);
        }
        return !days || ctl_int(days, 1, DAYS_MAX, ret_days);
}

static json_t *event_json(const struct thon_zone *zone, struct thon_place place, int32_t day,
                          enum thon_sun_event event)
{
        struct thon_wall at;
        char text[THON_TIME_TEXT];

        if (!thon_sun(zone, place, day, event, &at))
                return json_null();
        return json_string(thon_time_text(zone, at, text));
}

/* "LAT,LON" in decimal degrees. The C locale holds: no program of ours sets another. */
static bool take_place(const char *text, struct thon_place *ret)
{
        char *end;
        double lat, lon;

        lat = strtod(text, &end);
        if (end == text || *end != ',')
                return false;
        text = end + 1;
        lon = strtod(text, &end);
        if (end == text || *end != '\0' || !(lat >= -90 && lat <= 90) || !(lon >= -180 && lon <= 180))
                return false;
        *ret = (struct thon_place){lat, lon};
        return true;
}

static int sun(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"date", "civil_dawn", "sunrise", "sunset", "civil_dusk", NULL};
        const char *at = NULL, *tz = NULL, *date = NULL, *days = NULL;
        const struct ctl_option options[] = {
                {"at", &at, NULL}, {"tz", &tz, NULL}, {"date", &date, NULL}, {"days", &days, NULL}};
        struct thon_place place = {ctl->site.lat, ctl->site.lon};
        char text[THON_DATE_TEXT];
        int32_t from;
        long n;
        json_t *rows;
        int r;

        r = ctl_options(ctl, argc, argv, options, 4, &argc);
        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "sun takes options only, not \"%s\"", argv[0]);
        if (at && !take_place(at, &place))
                return ctl_usage(ctl, "--at takes LAT,LON in decimal degrees, such as 19.99,105.65");
        if (tz) {
                free(ctl->site.tz);
                ctl->site.tz = strdup(tz);
                if (!ctl->site.tz)
                        return ctl_fail(ctl, "memory", "out of memory");
        }
        r = ctl_zone(ctl);
        if (r != CTL_OK)
                return r;
        if (!take_days(date, days, thon_zone_civil(ctl->zone, ctl->now).days, &from, &n))
                return ctl_usage(ctl, "--date takes YYYY-MM-DD and --days 1 to %d", DAYS_MAX);

        rows = json_array();
        for (int32_t day = from; day < from + n; day++)
                (void)json_array_append_new(
                        rows,
                        json_pack("{s:s,s:o,s:o,s:o,s:o}", "date", thon_date_text(thon_date_of(day), text),
                                  "sunrise", event_json(ctl->zone, place, day, THON_SUN_RISE), "sunset",
                                  event_json(ctl->zone, place, day, THON_SUN_SET), "civil_dawn",
                                  event_json(ctl->zone, place, day, THON_SUN_DAWN), "civil_dusk",
                                  event_json(ctl->zone, place, day, THON_SUN_DUSK)));
        return ctl_print(ctl, rows, columns);
}

/* "6/4/2020" or "6/4L/2020". */
static bool take_lunar(const char *text, struct thon_lunar *ret)
{
        _cleanup_free_ char *copy = strdup(text);
        char *save = copy, *part[3];
        long value[3];
        bool leap = false;

        for (int i = 0; i < 3; i++) {
                part[i] = copy ? strsep(&save, "/") : NULL;
                if (!part[i])
                        return false;
        }
        size_t n = strlen(part[1]);
        if (n > 0 && (part[1][n - 1] == 'L' || part[1][n - 1] == 'l')) {
                leap = true;
                part[1][n - 1] = '\0';
        }
        if (save || !ctl_int(part[0], 1, 30, &value[0]) || !ctl_int(part[1], 1, 12, &value[1]) ||
            !ctl_int(part[2], 1800, 2300, &value[2]))
                return false;
        *ret = (struct thon_lunar){(int16_t)value[2], (int8_t)value[1], (int8_t)value[0], leap};
        return true;
}

static int to_solar(struct ctl *ctl, const char *text)
{
        char date[THON_DATE_TEXT];
        struct thon_lunar lunar;
        int32_t days;

        if (!take_lunar(text, &lunar))
                return ctl_usage(ctl, "--to-solar takes DAY/MONTH/YEAR, a leap month as 4L: 6/4L/2020");
        if (!thon_lunar_days(lunar, &days))
                return ctl_fail(ctl, "no-such-date",
                                "the lunar date %s does not exist, or lies outside 1900 to 2199", text);
        return ctl_print(ctl, json_pack("{s:s}", "date", thon_date_text(thon_date_of(days), date)), NULL);
}

static int lunar(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"date", "day", "month", "leap", "year", "can_chi", NULL};
        const char *date = NULL, *days = NULL, *solar = NULL;
        const struct ctl_option options[] = {
                {"date", &date, NULL}, {"days", &days, NULL}, {"to-solar", &solar, NULL}};
        char text[THON_DATE_TEXT], name[THON_CAN_CHI_TEXT];
        int32_t from;
        long n;
        json_t *rows;
        int r;

        r = ctl_options(ctl, argc, argv, options, 3, &argc);
        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "lunar takes options only, not \"%s\"", argv[0]);
        if (solar)
                return date || days ? ctl_usage(ctl, "--to-solar stands alone") : to_solar(ctl, solar);
        r = ctl_zone(ctl);
        if (r != CTL_OK)
                return r;
        if (!take_days(date, days, thon_zone_civil(ctl->zone, ctl->now).days, &from, &n))
                return ctl_usage(ctl, "--date takes YYYY-MM-DD and --days 1 to %d", DAYS_MAX);

        rows = json_array();
        for (int32_t day = from; day < from + n; day++) {
                struct thon_lunar l;
                if (!thon_lunar_of(day, &l)) {
                        json_decref(rows);
                        return ctl_fail(ctl, "out-of-range", "%s lies outside 1900-01-31 to 2199-12-31",
                                        thon_date_text(thon_date_of(day), text));
                }
                (void)json_array_append_new(rows,
                                            json_pack("{s:s,s:i,s:i,s:b,s:i,s:s}", "date",
                                                      thon_date_text(thon_date_of(day), text), "day", l.day,
                                                      "month", l.month, "leap", l.leap, "year", l.year,
                                                      "can_chi", thon_lunar_can_chi(l.year, name)));
        }
        return ctl_print(ctl, rows, columns);
}

const struct ctl_command ctl_calendar_commands[] = {
        {"sun", "[--at LAT,LON] [--tz ZONE] [--date D] [--days N]", sun},
        {"lunar", "[--date D] [--days N] | --to-solar DAY/MONTH[L]/YEAR", lunar},
        {NULL, NULL, NULL},
};
