/* announced.conf while it is read: what needs the whole file to be understood (lists of zones, defaults of other
 * sections) is kept as it was written, and resolved when all of it is there. */
#pragma once

#include "thon/announced_conf.h"

#define ANNOUNCED_GROUPS_MAX  64
#define ANNOUNCED_SOURCES_MAX 32

struct announced_zone_file {
        struct thon_air_zone_conf conf;
        bool sink_given, quiet_given;
        int dialect; /* -1: that of [voice] */
        char *areas, *neighbours;
};
struct announced_group_file {
        struct thon_zone_group_conf conf;
        char *zones;
};
struct announced_file {
        struct thon_announced_conf
                conf; /* of the sections that are there once; arrays are filled at the end */
        char *geocodes, *polls;
        struct announced_zone_file zones[THON_ANNOUNCE_ZONES_MAX];
        struct announced_group_file groups[ANNOUNCED_GROUPS_MAX];
        struct thon_source_conf sources[ANNOUNCED_SOURCES_MAX];
        size_t n_zones, n_groups, n_sources;
};

/* Tables of the repeated sections, for thon_conf_read(). */
extern const struct thon_conf_item announced_zone_items[];
extern const size_t announced_n_zone_items;
void *announced_zone_get(void *file, const char *name);
void *announced_group_get(void *file, const char *name);
void *announced_source_get(void *file, const char *name);

/* What is wrong with the whole is told here, all of it. */
struct announced_checks {
        struct thon_conf_report *report; /* NULL: nobody listens */
        unsigned errors;
};
void announced_check_tell(struct announced_checks *checks, bool is_error, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Resolves and checks zones, groups and sources; 0 or -ENOMEM. Mistakes are told and counted. */
int announced_zones_resolve(struct announced_file *file, struct announced_checks *checks);

/* The next of several parted by the separators, without blanks around it: false when there is none, or it does not
 * fit (then `ret` is empty, which is no valid form of anything). */
bool announced_piece(const char **text, const char *separators, char *ret, size_t size);

/* NULL or what is wrong: "http://...", "https://...". */
const char *announced_url_problem(const char *text);

/* For tables. */
const char *announced_return_parse(const char *value, void *field);
const char *announced_amplifier_parse(const char *value, void *field);
const char *announced_gain_parse(const char *value, void *field);

void announced_zone_done(struct announced_zone_file *zone);
void announced_source_done(struct thon_source_conf *source);
