/* What was to air when we ended, taken up again. An airing that was in the midst of sounding when the station died
 * cannot be known: an emergency airs again from its beginning while it stands, all else is told as unknown and not
 * repeated. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "thon/cleanup.h"
#include "thon/log.h"

static int take_item(const struct thon_announcement *a, void *userdata)
{
        struct announced *d = userdata;
        struct thon_announcement copy = {0};
        struct announced_item *item;
        int r;

        if (announced_find(d, a->id))
                return 0; /* known from the plan's file, or taken while the store was away */
        r = thon_announcement_copy(a, &copy);
        if (r == 0)
                r = announced_item_new(d, &copy, true, &item);
        if (r < 0)
                thon_error("Announcement %s cannot be taken up: %s", a->id, strerror(-r));
        return r == -ENOMEM ? r : 0;
}

static bool known(const struct announced *d, const struct thon_airing_row *row)
{
        for (size_t i = 0; i < d->n_airings; i++) {
                struct announced_airing *airing = d->airings[i];

                if (airing->row == row->serial)
                        return true;
                /* Planned from the file while the store was away: the same airing. */
                if (airing->row == 0 && airing->due.s == row->due.s &&
                    strcmp(airing->announcement, row->announcement) == 0 &&
                    strcmp(airing->zone_id, row->zone) == 0) {
                        airing->row = row->serial;
                        airing->dirty = true;
                        return true;
                }
        }
        return false;
}

static int take_airing(const struct thon_airing_row *row, void *userdata)
{
        struct announced *d = userdata;
        struct announced_item *item = announced_find(d, row->announcement);
        size_t zone = thon_announced_conf_zone(&d->conf, row->zone);
        bool open = item && item->a.state == THON_ANNOUNCE_APPROVED;
        bool again = row->state == THON_AIRING_WAITING || row->class == THON_CLASS_EMERGENCY;
        int r;

        if (known(d, row))
                return 0;
        if (open && zone != SIZE_MAX && again)
                r = announced_airing_resume(d, item, row, zone);
        else
                r = announced_airing_lost(d, item, row,
                                          row->state == THON_AIRING_ON_AIR ? THON_AIR_UNKNOWN
                                          : zone == SIZE_MAX               ? THON_AIR_NO_ZONE
                                                                           : THON_AIR_CANCELLED);
        if (r < 0)
                thon_error("An airing of %s in %s cannot be taken up: %s", row->announcement, row->zone,
                           strerror(-r));
        return r == -ENOMEM ? r : 0;
}

void announced_load(struct announced *d)
{
        const struct thon_airing_span open = {
                .from = {INT64_MIN}, .to = THON_WALL_NEVER, .open = true, .oldest_first = true};
        int r;

        if (!announced_store(d)) {
                r = d->loaded ? 0 : announced_plan_read(d);
                if (r < 0 && r != -ENOENT)
                        thon_error("The plan that was kept for a start without the store cannot be read: %s",
                                   strerror(-r));
                return;
        }
        if (d->loaded)
                return;
        r = thon_announcements(d->store, true, 0, take_item, d);
        if (r ==
            THON_STORE_CORRUPT) { /* one row of it: the others were given. A file that is damaged fails below */
                thon_error("Not every announcement can be read: %s", thon_store_message(d->store));
                r = 0;
        }
        if (r == 0)
                r = thon_airings(d->store, &open, take_airing, d);
        if (r == 0) {
                d->loaded = true;
                announced_air_history(d);
        } else {
                announced_store_failed(d, r);
        }
}
