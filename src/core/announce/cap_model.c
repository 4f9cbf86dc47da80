/* The alert as it is held: who owns what. */
#include <stdlib.h>

#include "thon/cap.h"

static void pairs_free(struct thon_cap_pair *pairs, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                free(pairs[i].name);
                free(pairs[i].value);
        }
        free(pairs);
}

static void area_done(struct thon_cap_area *area)
{
        for (size_t i = 0; i < area->n_polygons; i++)
                free(area->polygons[i].points);
        free(area->polygons);
        free(area->circles);
        pairs_free(area->geocodes, area->n_geocodes);
        free(area->description);
}

static void info_done(struct thon_cap_info *info)
{
        for (size_t i = 0; i < info->n_areas; i++)
                area_done(&info->areas[i]);
        free(info->areas);
        pairs_free(info->parameters, info->n_parameters);
        pairs_free(info->event_codes, info->n_event_codes);
        free(info->language);
        free(info->event);
        free(info->headline);
        free(info->description);
        free(info->instruction);
        free(info->sender_name);
        free(info->audience);
}

struct thon_cap *thon_cap_free(struct thon_cap *cap)
{
        if (!cap)
                return NULL;
        for (size_t i = 0; i < cap->n_infos; i++)
                info_done(&cap->infos[i]);
        free(cap->infos);
        for (size_t i = 0; i < cap->n_references; i++) {
                free(cap->references[i].sender);
                free(cap->references[i].identifier);
        }
        free(cap->references);
        free(cap->identifier);
        free(cap->sender);
        free(cap->source);
        free(cap->restriction);
        free(cap->addresses);
        free(cap->note);
        free(cap);
        return NULL;
}
