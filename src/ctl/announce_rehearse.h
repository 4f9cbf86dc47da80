/* What the files of `thonctl announce rehearse` share. */
#pragma once

#include "ctl.h"
#include "thon/announce_rehearse.h"
#include "thon/announced_conf.h"

#define CTL_REHEARSE_ITEMS_MAX 2000

struct ctl_rehearsed {
        struct thon_announcement a;
        uint64_t zones, length_us;
        bool estimated; /* the length: it has not been aired yet */
        bool of_file;   /* of the file that is tried */
        bool soon;      /* of the file, and asked for as soon as it may */
        bool replaced;  /* by one of the file with the same id */
};
struct ctl_rehearsal {
        struct ctl *ctl;
        struct thon_announced_conf conf;
        char *media_dir;
        struct thon_rehearse_zone zones[THON_ANNOUNCE_ZONES_MAX];
        uint64_t shown; /* bits: zones that were asked for */
        struct thon_wall from;
        int days;
        const char *file; /* NULL: as it is */
        size_t n_items;
        struct ctl_rehearsed
                *items; /* as they were accepted; those of the file last; never moved once rows are made */
        size_t n_was;
        struct thon_rehearse_was *was;
        thon_slug *was_ids;
        size_t n_before, n_after;
        struct thon_rehearse_row *before, *after; /* without the file, and with it */
};

const struct ctl_rehearsed *ctl_rehearsed_of(const struct thon_announcement *announcement);
/* The row before, of the same occurrence in the same zone; NULL: there is none, or it is of the file. */
const struct thon_rehearse_row *ctl_rehearse_before(const struct ctl_rehearsal *rehearsal,
                                                    const struct thon_rehearse_row *row);
/* One of the file that would not air as asked, or one that the file keeps from airing, delays or cuts. */
bool ctl_rehearse_surprise(const struct ctl_rehearsal *rehearsal, const struct thon_rehearse_row *row);

/* How long it would sound with chimes and the words of an exercise; 0: there is nothing to say. An estimate.
 * Recordings are looked for in `media_dir`. */
uint64_t ctl_announce_length(const struct thon_announcement *announcement, enum thon_dialect dialect,
                             const char *media_dir);

void ctl_rehearse_page(const struct ctl_rehearsal *rehearsal);
json_t *ctl_rehearse_json(const struct ctl_rehearsal *rehearsal);
