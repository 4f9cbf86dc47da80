/* relayd.conf while it is read: what needs the whole file to be understood (defaults by kind, lists of words) is kept as
 * it was written, and resolved when all of it is there. */
#pragma once

#include "thon/relayd_conf.h"

#define RELAYD_CHANNELS_MAX 32
#define RELAYD_ROUTES_MAX   64
#define RELAYD_INHIBITS_MAX 64

struct relayd_channel_file {
        struct thon_channel_conf conf;
        int kind, by, unknown, unknown_emergency; /* below 0: not given */
        char *rate, *hours;
};
struct relayd_route_file {
        struct thon_route_conf conf;
        int purpose, ack; /* -1: not given */
        char *match, *to, *escalate;
};
struct relayd_inhibit_file {
        struct thon_inhibit_conf conf;
        char *source, *target;
};
struct relayd_file {
        struct thon_relayd_conf conf; /* of [relay]; the arrays are filled at the end */
        char *ladder[THON_CLASSES];
        struct relayd_channel_file channels[RELAYD_CHANNELS_MAX];
        struct relayd_route_file routes[RELAYD_ROUTES_MAX];
        struct relayd_inhibit_file inhibits[RELAYD_INHIBITS_MAX];
        size_t n_channels, n_routes, n_inhibits;
};

/* Tables of the sections, for thon_conf_read(). */
extern const struct thon_conf_item relayd_channel_items[], relayd_route_items[];
extern const size_t relayd_n_channel_items, relayd_n_route_items;
void *relayd_channel_get(void *file, const char *name);
void *relayd_route_get(void *file, const char *name);
void *relayd_inhibit_get(void *file, const char *name);

/* What is wrong with the whole is told here, all of it. */
struct relayd_checks {
        struct thon_conf_report *report; /* NULL: nobody listens */
        unsigned errors;
};
void relayd_check_tell(struct relayd_checks *checks, bool is_error, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Resolve and check what was read; 0 or -ENOMEM. Mistakes are told and counted. */
int relayd_channels_resolve(struct relayd_file *file, struct relayd_checks *checks);
int relayd_routes_resolve(struct relayd_file *file, struct relayd_checks *checks);
const struct thon_channel_conf *relayd_channel_named(const struct relayd_file *file, const char *name,
                                                     size_t size);

/* Free the elements' own strings. */
void relayd_channel_done(struct thon_channel_conf *conf);
void relayd_route_done(struct thon_route_conf *conf);
void relayd_inhibit_done(struct thon_inhibit_conf *conf);
