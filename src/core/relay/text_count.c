/* Every provider has its own idea of how long a text is; what they agree on is refusing one that is too long. */
#include <stdint.h>

#include "measure.h"
#include "points.h"
#include "thon/cleanup.h"

void thon_measure_add(struct thon_measure *measure, int32_t c)
{
        unsigned septets = thon_gsm_septets(c);

        measure->points++;
        measure->utf16 += c > 0xffff ? 2 : 1;
        measure->bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        measure->septets += septets;
        measure->beyond_gsm = measure->beyond_gsm || septets == 0;
}

size_t thon_measure_units(const struct thon_measure *measure)
{
        switch (measure->unit) {
        case THON_UNIT_CHARACTER:
                return measure->points;
        case THON_UNIT_UTF16:
                return measure->utf16;
        case THON_UNIT_BYTE:
                return measure->bytes;
        case THON_UNIT_SMS:
                return measure->beyond_gsm ? measure->utf16 * 2 : (measure->septets * 7 + 7) / 8;
        }
        return SIZE_MAX;
}

size_t thon_text_count(const char *text, enum thon_text_unit unit)
{
        _cleanup_free_ int32_t *points = NULL;
        struct thon_measure measure = {.unit = unit};
        size_t n;

        if (thon_points_decode(text, SIZE_MAX, &points, &n) < 0 || thon_points_nfc(&points, &n) < 0)
                return SIZE_MAX;
        for (size_t i = 0; i < n; i++)
                thon_measure_add(&measure, points[i]);
        return thon_measure_units(&measure);
}
