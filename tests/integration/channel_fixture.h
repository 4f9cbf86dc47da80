/* A noon in Vietnam, and an emergency to be sent. */
#pragma once

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/relayd/channel.h"

static struct thon_zone *vietnam;
static struct thon_wall now; /* 2027-02-05 12:00 in Vietnam */

static void setup(void)
{
        ck_assert_int_eq(thon_zone_fixed(7 * 3600, &vietnam), 0);
        now.s = (int64_t)thon_date_days((struct thon_date){2027, 2, 5}) * 86400 + 5 * 3600;
}

static void teardown(void)
{
        vietnam = thon_zone_free(vietnam);
}

static struct relayd_outgoing notice(const char *address)
{
        return (struct relayd_outgoing){.message = 42,
                                        .class = THON_CLASS_EMERGENCY,
                                        .address = address,
                                        .text = "Lũ về",
                                        .at = now};
}
