/* The frame of every daemon: sd-event with clean exit, reload, watchdog and status. */
#pragma once

#include <systemd/sd-event.h>

#include "thon/clock.h"
#include "thon/conf.h"

/* What every daemon takes on its command line. */
struct thon_options {
        const char *config_dir; /* --config-dir, $THON_CONFIG_DIR, /etc/thon */
        const char *state_dir;  /* --state-dir, $THON_STATE_DIR, /var/lib/thon */
        const char *sim_clock;  /* --sim-clock, as thon_clock_new() takes it, or NULL */
        bool check_config;
        bool debug;
};

struct thon_daemon; /* the daemon's own state */

struct thon_daemon_ops {
        const char *name;        /* "lightd"; the unit and the client id are thon-NAME */
        const char *description; /* for --help */
        /* Reads and checks the configuration; used by --check-config and at start. 0 or negative errno, told. */
        int (*check)(const struct thon_options *options);
        /* Builds everything; READY=1 is sent after it returned 0. */
        int (*start)(sd_event *event, struct thon_clock *clock, const struct thon_options *options,
                     struct thon_daemon **ret);
        /* SIGHUP: parse into new objects, swap only when valid; the old stay on a negative return. */
        int (*reload)(struct thon_daemon *daemon);
        /* SIGTERM, SIGINT: begins an orderly end. True: it calls sd_event_exit() itself, soon; false, NULL, and a second
         * signal: the loop ends at once. */
        bool (*finish)(struct thon_daemon *daemon);
        void (*stop)(struct thon_daemon *daemon); /* frees it; the loop has ended */
};

/* Everything of main() but its name: options, --help, --version, --check-config, log, signals, watchdog, RELOADING=1,
 * STOPPING=1. Returns the process's exit status: 0, 1 (failed), 2 (usage).
 *
 * It logs what the clock does (simulated, stepped, trusted or not) and whether a reload was taken, so the daemon does
 * not. SIGTERM, SIGINT and SIGHUP are blocked, SIGPIPE and SIGXFSZ are ignored: a daemon that starts a program undoes
 * that before exec. THON_STATE_DIR is set to the state directory in use. */
int thon_daemon_main(const struct thon_daemon_ops *ops, int argc, char **argv);

/* STATUS= for systemctl status; sent only when it differs from the last one. */
void thon_loop_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
