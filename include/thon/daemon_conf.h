/* What a daemon is configured by: thon.conf and a file of its own, read together, and the ones that were last found
 * sound when these are not. */
#pragma once

#include "thon/conf.h"
#include "thon/loop.h"

struct thon_daemon_conf {
        const char *daemon; /* "camerad" */
        /* Of its own file, into a zeroed struct; as thon_site_conf_read() and thon_site_conf_done(). */
        int (*read)(const char *config_dir, void *conf, struct thon_conf_report *report);
        void (*done)(void *conf);
};

/* Into zeroed structs, which are done with again after a failure. Every mistake of both files is told, with `tell`.
 * 0 or -errno. */
int thon_daemon_conf_read(const struct thon_daemon_conf *kind, const char *config_dir, bool tell,
                          struct thon_site_conf *site, void *conf);
/* The last sound ones (thon/good_conf.h), in the place of config_dir; with `tell` it is said that they are used. */
int thon_daemon_conf_read_good(const struct thon_daemon_conf *kind, const char *state_dir,
                               const char *config_dir, bool tell, struct thon_site_conf *site, void *conf);
/* `check` of thon_daemon_ops; `conf` a zeroed struct, free again afterwards. */
int thon_daemon_conf_check(const struct thon_daemon_conf *kind, const struct thon_options *options,
                           void *conf);
