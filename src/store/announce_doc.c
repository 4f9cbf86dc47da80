/* The column holds the public form (thon/announce_form.h) with its times in UTC, so that an inspector reads in a
 * pack what he reads in the documentation. What cannot be read again is not written: a restart must find every
 * announcement that was accepted. */
#include "announce_doc.h"

#include <errno.h>
#include <string.h>

#include "thon/announce_form.h"
#include "thon/cleanup.h"

THON_DEFINE_CLEANUP(struct thon_zone *, thon_zone_free)

/* What whole forms have besides, and the row has as columns. */
static int set_columns(json_t *doc, const char *id, enum thon_announce_state state)
{
        return json_object_set_new(doc, "id", json_string(id)) < 0 ||
                               json_object_set_new(doc, "state",
                                                   json_string(thon_announce_state_text(state))) < 0
                       ? -ENOMEM
                       : 0;
}

static int read_whole(json_t *doc, struct thon_announcement *ret, struct thon_json_error *error)
{
        _cleanup_(thon_zone_freep) struct thon_zone *utc = NULL;
        int r = thon_zone_fixed(0, &utc);

        return r == 0 ? thon_announce_form_whole(doc, utc, ret, error) : r;
}

int thon_announce_doc_write(const struct thon_announcement *announcement, json_t **ret,
                            struct thon_json_error *error)
{
        _cleanup_(thon_announcement_done) struct thon_announcement again = {.n_zones = 0};
        _cleanup_(thon_zone_freep) struct thon_zone *utc = NULL;
        struct thon_announcement form = *announcement;
        _cleanup_json_ json_t *doc = NULL;
        int r = thon_zone_fixed(0, &utc);

        if (r != 0)
                return r;
        form.by = form.approved_by = form.ended_by = form.ended_reason = NULL;
        form.submitted = form.approved = form.ended = form.planned = THON_WALL_NEVER;
        doc = thon_announce_form_write(&form, utc);
        /* Of texts that are no UTF-8 there is none either. */
        if (!doc)
                return -ENOMEM;
        r = read_whole(doc, &again, error);
        if (r < 0)
                return r;
        (void)json_object_del(doc, "id");
        (void)json_object_del(doc, "state");
        *ret = THON_TAKE(doc);
        return 0;
}

char *thon_announce_doc_text(const json_t *doc)
{
        return json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS);
}

int thon_announce_doc_read(const char *text, const char *id, enum thon_announce_state state,
                           struct thon_announcement *ret)
{
        _cleanup_json_ json_t *doc = NULL;
        int r = thon_json_parse(text, strlen(text), SIZE_MAX, &doc, NULL);

        if (r == 0 && !json_is_object(doc))
                r = -EINVAL;
        if (r == 0)
                r = set_columns(doc, id, state);
        if (r == 0)
                r = read_whole(doc, ret, NULL);
        return r == 0 || r == -ENOMEM ? r : -EINVAL;
}
