/* Any bytes as a time zone file: refused, or a zone that answers every question within reason and agrees with itself. */
#include <stdint.h>
#include <stdlib.h>

#include "thon/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
        if (!truth)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const int64_t instants[] = {INT64_MIN,  -62135596800, -2208988800, 0,
                                           1000000000, 1795294556,   4102444800,  INT64_MAX};
        struct thon_zone *zone = NULL;
        int r = thon_zone_parse(data, size, &zone);

        require(r == THON_ZONE_OK || r == THON_ZONE_INVALID);
        require((zone != NULL) == (r == THON_ZONE_OK));
        if (!zone)
                return 0;
        for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
                struct thon_wall at = {instants[i]}, back;
                struct thon_civil civil = thon_zone_civil(zone, at);
                char text[THON_TIME_TEXT];

                require(civil.second >= 0 && civil.second < 86400);
                /* The first time that this civil time comes is not after the time at which it was seen. */
                back = thon_zone_instant(zone, civil.days, civil.second);
                if (i > 0 && i < sizeof instants / sizeof *instants - 1)
                        require(back.s <= at.s && back.s >= at.s - 2 * 26 * 3600);
                (void)thon_time_text(zone, at, text);
        }
        thon_zone_free(zone);
        return 0;
}
