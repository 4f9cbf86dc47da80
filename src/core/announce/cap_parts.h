/* The parts of a decision on an alert: weight (cap_map.c), place (cap_area.c), words (cap_text.c). cap_decide.c joins them. */
#pragma once

#include "thon/cap.h"

/* ---- cap_map.c ---- */
struct cap_weight {
        enum thon_class class;
        int level; /* 1..5; 0 not known */
        bool lamps;
        unsigned repeats, every_s;
};
struct cap_weight cap_weigh(const struct thon_cap_info *info);
/* The level that the sender states itself in a parameter, 1..5; 0: none. */
int cap_level_stated(const struct thon_cap_info *info);

/* ---- cap_area.c ---- */
struct cap_place {
        bool us;        /* it means this commune, or a zone of it */
        bool by_words;  /* only because its areas have no shape that could be compared */
        uint64_t zones; /* bits by index */
};
struct cap_place cap_place(const struct thon_cap_info *info, const struct thon_cap_commune *commune);

/* ---- cap_text.c ---- */
/* How well an info's language suits: the lower the better, -1 not at all. */
int cap_language(const struct thon_cap_info *info, const char *const *languages, size_t n);

#define CAP_SAID_MAX 8 /* infos of one alert that are read */
struct cap_saying {
        enum thon_cap_status status;
        enum thon_class class;
        bool update, cancel, all_clear;
        const char *note;                                /* of a Cancel; NULL */
        const struct thon_cap_info *infos[CAP_SAID_MAX]; /* the worst first; a Cancel may have none */
        bool by_words[CAP_SAID_MAX];
        size_t n;
};
/* 0 or -ENOMEM. `*ret_text` is NULL when there is nothing to say. */
int cap_say(const struct cap_saying *saying, char **ret_title, char **ret_text);
