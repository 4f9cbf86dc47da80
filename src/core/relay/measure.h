/* How long a text is for a channel, grown code point by code point, so that a cut is found in one pass. */
#pragma once

#include "thon/relay_text.h"

struct thon_measure {
        enum thon_text_unit unit;
        size_t points, utf16, bytes, septets;
        bool beyond_gsm; /* a character that makes the whole SMS UCS-2 */
};
void thon_measure_add(struct thon_measure *measure, int32_t c);
size_t thon_measure_units(const struct thon_measure *measure);

/* Septets of a code point in the default alphabet of GSM 03.38 and its extension: 1 or 2; 0 when it is in neither. */
unsigned thon_gsm_septets(int32_t c);
