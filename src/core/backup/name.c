/* A copy's time is in its name and nowhere else: the time of a file changes when it is copied to a stick and back. */
#include <stdio.h>
#include <string.h>

#include "thon/backup_keep.h"

#define DAY   86400
#define FIRST (-62167219200) /* 0000-01-01T00:00:00Z */
#define LAST  253402300799   /* 9999-12-31T23:59:59Z */

const char *thon_backup_name(struct thon_wall at, char buf[static THON_BACKUP_NAME])
{
        int64_t s = at.s < FIRST ? FIRST : at.s > LAST ? LAST : at.s;
        int64_t days = s / DAY - (s % DAY < 0), rest = s - days * DAY;
        struct thon_date date = thon_date_of((int32_t)days);

        (void)snprintf(buf, THON_BACKUP_NAME, "thon-%04u%02u%02uT%02u%02u%02uZ.db",
                       (unsigned)date.year % 10000, (unsigned)date.month % 100, (unsigned)date.day % 100,
                       (unsigned)(rest / 3600) % 100, (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
        return buf;
}

/* The number that stands in `n` digits at `text`; they were looked at. */
static int number(const char *text, int n)
{
        int value = 0;

        for (int i = 0; i < n; i++)
                value = value * 10 + (text[i] - '0');
        return value;
}

bool thon_backup_name_parse(const char *name, struct thon_wall *ret)
{
        static const char form[] = "thon-dddddddd"
                                   "Tdddddd"
                                   "Z.db";
        struct thon_date date;
        int hour, minute, second;

        if (strlen(name) != sizeof(form) - 1)
                return false;
        for (size_t i = 0; i < sizeof(form) - 1; i++)
                if (i >= 5 && form[i] == 'd' && i < 20 ? name[i] < '0' || name[i] > '9' : name[i] != form[i])
                        return false;
        date = (struct thon_date){(int16_t)number(name + 5, 4), (int8_t)number(name + 9, 2),
                                  (int8_t)number(name + 11, 2)};
        hour = number(name + 14, 2);
        minute = number(name + 16, 2);
        second = number(name + 18, 2);
        if (!thon_date_valid(date) || hour > 23 || minute > 59 || second > 59)
                return false;
        ret->s = (int64_t)thon_date_days(date) * DAY + hour * 3600 + minute * 60 + second;
        return true;
}
