/* The forms of announcements from hostile bytes. What is accepted keeps its promises to those behind it, and is the same after it
 * was written and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/announce_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
        if (!condition)
                abort();
}

static void look(const struct thon_announcement *a, const struct thon_announce_form_options *options)
{
        struct thon_wall next;

        require(a->n_zones >= 1 && a->n_zones <= THON_ANNOUNCE_ZONES_MAX);
        for (size_t i = 0; i < a->n_zones; i++)
                require(thon_slug_valid(a->zones[i]));
        require(!a->text + !a->media + !a->source == 2);
        require(!a->text || (*a->text && strlen(a->text) <= THON_ANNOUNCE_TEXT_MAX));
        require(!a->reading || a->text);
        require(!a->media || (*a->media != '.' && !strchr(a->media, '/')));
        require(!a->source ||
                (a->source_s >= THON_ANNOUNCE_SOURCE_MIN && a->source_s <= THON_ANNOUNCE_SOURCE_MAX));
        require(a->late_s >= -1 && a->late_s <= THON_ANNOUNCE_LATE_MAX);
        require(a->schedule.n_times <= THON_AIR_TIMES_MAX);
        (void)thon_air_schedule_next(&a->schedule, options->zone, options->now, &next);
}

static void again(const json_t *whole, const struct thon_announce_form_options *options)
{
        struct thon_announcement a;
        json_t *written;

        require(thon_announce_form_whole(whole, options->zone, &a, NULL) == 0);
        written = thon_announce_form_write(&a, options->zone);
        require(written && json_equal(whole, written));
        json_decref(written);
        thon_announcement_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_json_ json_t *doc = NULL;
        struct thon_announce_form_options options = {.now = {1795305600}};
        struct thon_json_error error = {""};
        struct thon_announcement a;
        struct thon_zone *zone = NULL;

        if (thon_json_parse((const char *)data, size, 65536, &doc, NULL) < 0 ||
            thon_zone_fixed(7 * 3600, &zone) < 0)
                return 0;
        options.zone = zone;
        if (thon_announce_form_read(doc, &options, &a, NULL, &error) == 0) {
                json_t *whole;

                look(&a, &options);
                memcpy(a.id, "tin", 4);
                whole = thon_announce_form_write(&a, zone);
                require(whole);
                again(whole, &options);
                json_decref(whole);
                thon_announcement_done(&a);
        } else {
                require(*error.text);
        }
        if (thon_announce_form_whole(doc, zone, &a, NULL) == 0) {
                look(&a, &options);
                thon_announcement_done(&a);
        }
        zone = thon_zone_free(zone);
        return 0;
}
