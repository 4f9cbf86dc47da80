/* See thon/cap_answer.h: here, so that a dry run cannot differ from what the daemon will do and say. */
#include "thon/cap_answer.h"

#include <string.h>

void thon_cap_commune_of(const struct thon_announced_conf *conf, struct thon_geo site,
                         struct thon_cap_zone zones[static THON_ANNOUNCE_ZONES_MAX],
                         struct thon_cap_commune *ret)
{
        for (size_t i = 0; i < conf->n_zones; i++)
                zones[i] = (struct thon_cap_zone){.id = conf->zones[i].id,
                                                  .placed = conf->zones[i].placed,
                                                  .place = conf->zones[i].place,
                                                  .reach_km = conf->zones[i].reach_km};
        *ret = (struct thon_cap_commune){.geocodes = (const char *const *)conf->geocodes,
                                         .n_geocodes = conf->n_geocodes,
                                         .place = site,
                                         .reach_km = conf->reach_km,
                                         .zones = zones,
                                         .n_zones = conf->n_zones,
                                         .languages = {"vi-VN"},
                                         .unsigned_accepted = conf->cap_unsigned,
                                         .tests_aired = conf->cap_tests};
}

static const char *signed_text(enum thon_cap_signed how)
{
        switch (how) {
        case THON_CAP_SIGNED:
                return "signed";
        case THON_CAP_UNSIGNED:
                return "unsigned";
        case THON_CAP_BAD:
                return "bad";
        case THON_CAP_STRANGER:
                return "stranger";
        }
        return "bad";
}

static json_t *time_json(const struct thon_zone *zone, struct thon_wall at)
{
        char text[THON_TIME_TEXT];

        return json_string(thon_time_text(zone, at, text));
}

static json_t *zones_json(uint64_t bits, const struct thon_cap_commune *commune)
{
        json_t *zones = json_array();

        for (size_t i = 0; i < commune->n_zones && i < 64; i++)
                if (bits & UINT64_C(1) << i)
                        (void)json_array_append_new(zones, json_string(commune->zones[i].id));
        return zones;
}

json_t *thon_cap_answer(const struct thon_cap *cap, enum thon_cap_signed how, const char *signer,
                        const struct thon_cap_decision *d, const struct thon_cap_commune *commune,
                        const struct thon_zone *zone)
{
        bool taken = d->refusal == THON_CAP_TAKEN;
        json_t *doc = json_pack("{s:b, s:s?, s:s, s:s, s:s, s:o, s:s, s:s, s:b, s:s, s:s?}", "accepted",
                                taken, "reason", taken ? NULL : thon_cap_refusal_slug(d->refusal), "detail",
                                thon_cap_refusal_text(d->refusal), "identifier", cap->identifier, "sender",
                                cap->sender, "sent", time_json(zone, cap->sent), "status",
                                thon_cap_word(THON_CAP_LIST_STATUS, cap->status), "msg_type",
                                thon_cap_word(THON_CAP_LIST_MSG, cap->msg), "signed", how == THON_CAP_SIGNED,
                                "signature", signed_text(how), "signer", signer);
        json_t *what =
                taken ? json_pack("{s:s, s:o, s:o, s:s, s:s, s:o, s:o, s:i, s:i, s:b, s:b, s:b, s:b}",
                                  "class", thon_class_text(d->class), "level",
                                  d->level > 0 ? json_integer(d->level) : json_null(), "zones",
                                  zones_json(d->zones, commune), "title", d->title, "text", d->text,
                                  "begins", time_json(zone, d->begins), "expires",
                                  time_json(zone, d->expires), "repeats", (int)d->repeats, "every",
                                  (int)d->every_s, "lamps", d->lamps, "notify", d->notify, "exercise",
                                  d->exercise, "all_clear", d->all_clear)
                      : json_pack("{s:n, s:n, s:[], s:n, s:n, s:n, s:n, s:n, s:n, s:b, s:b, s:b, s:b}",
                                  "class", "level", "zones", "title", "text", "begins", "expires", "repeats",
                                  "every", "lamps", 0, "notify", 0, "exercise",
                                  cap->status == THON_CAP_EXERCISE || cap->status == THON_CAP_TEST,
                                  "all_clear", 0);

        if (!doc || !what || json_object_update(doc, what) < 0) {
                json_decref(doc);
                doc = NULL;
        }
        json_decref(what);
        return doc;
}

json_t *thon_cap_answer_invalid(const char *error)
{
        return json_pack(
                "{s:b, s:s, s:s, s:n, s:n, s:[], s:n, s:n, s:n, s:n, s:n, s:n, s:b, s:b, s:b, s:b, s:n, s:n, "
                "s:n, s:n, s:n, s:b, s:n, s:n}",
                "accepted", 0, "reason", "invalid", "detail", error, "class", "level", "zones", "title",
                "text", "begins", "expires", "repeats", "every", "lamps", 0, "notify", 0, "exercise", 0,
                "all_clear", 0, "identifier", "sender", "sent", "status", "msg_type", "signed", 0,
                "signature", "signer");
}
