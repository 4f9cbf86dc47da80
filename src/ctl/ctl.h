/* thonctl: the command line. One file a noun; what they share is here: options, output, the store, the broker.
 *
 * Exit status: 0 done, 1 refused or failed (the reason on standard error), 2 usage. With --json exactly one document goes
 * to standard output, also on failure: {"ok":false,"error":slug,"detail":text}. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "thon/clock.h"
#include "thon/conf.h"
#include "thon/json.h"
#include "thon/mqtt.h"
#include "thon/registry.h"
#include "thon/store.h"
#include "thon/zone.h"

enum { CTL_OK, CTL_FAILED, CTL_USAGE };

struct ctl {
        bool json;
        const char *store_path; /* --store, else of thon.conf */
        const char *config_dir;
        const char *noun; /* of the command, for the hint at its help; NULL: not known */
        char *by;         /* who acts, for the audit log: --by, $SUDO_USER, the login name */
        struct thon_site_conf site;
        struct thon_wall now;
        bool clock_trusted;     /* `now` is the time that others have */
        struct thon_zone *zone; /* of the site; made by ctl_zone() */
        struct thon_store *store;
        struct thon_mqtt_client *client;
        bool answered; /* something went to standard output already */
};

/* The whole program; the exit status. */
int ctl_main(int argc, char **argv);

struct ctl_command {
        const char *words; /* "light plan": noun and verb; a trailing "*" takes nothing for granted */
        const char *args;  /* for the usage line */
        int (*run)(struct ctl *ctl, int argc, char **argv);
};

/* ---- options: --name VALUE or --name=VALUE, in any order among the arguments ---- */
struct ctl_option {
        const char *name;   /* without the dashes */
        const char **value; /* NULL: a flag */
        bool *flag;
};
/* Takes the options out of argv and leaves `*ret_n` positional arguments. CTL_OK or CTL_USAGE (told). */
int ctl_options(struct ctl *ctl, int argc, char **argv, const struct ctl_option *options, size_t n,
                int *ret_n);
/* Takes an option that may stand several times (--to A --to B) out of argv, before ctl_options(). */
#define CTL_LIST_MAX 64
struct ctl_list {
        const char *items[CTL_LIST_MAX];
        size_t n;
};
int ctl_option_list(struct ctl *ctl, int *argc, char **argv, const char *name, struct ctl_list *ret);
int ctl_usage(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool ctl_int(const char *text, long min, long max, long *ret);

/* ---- output ---- */
/* Told on standard error, and as the one document with --json. Returns CTL_FAILED. */
int ctl_fail(struct ctl *ctl, const char *error, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
int ctl_fail_store(struct ctl *ctl, int r);
/* `tell` of a struct thon_conf_report: to standard error. */
void ctl_tell_conf(void *userdata, bool is_error, const char *text);
/* A line for people; nothing with --json. */
void ctl_say(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The one document. With --json it is printed; else as a table of `columns` ("key" or "key=HEADING", NULL-terminated), or
 * as "key: value" lines for an object when columns is NULL. Takes the reference; returns CTL_OK. */
int ctl_print(struct ctl *ctl, json_t *doc, const char *const *columns);
/* Rows as CSV for a spreadsheet: "key=HEADING" columns, strings and integers. */
int ctl_csv(struct ctl *ctl, const json_t *rows, const char *const *columns);
/* {"ok":true,...} and a sentence for people. */
int ctl_done(struct ctl *ctl, json_t *extra, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- what commands work on ---- */
int ctl_open_store(struct ctl *ctl, enum thon_store_mode mode);
int ctl_zone(struct ctl *ctl);
int ctl_connect(struct ctl *ctl);
/* The store keeps instants in UTC; people read civil time. Every member of the document, however deep, whose value is
 * such an instant is rewritten in the site's zone, which ctl_zone() has made. */
void ctl_civil(const struct ctl *ctl, json_t *doc);
struct ctl_month {
        int year, month;
        struct thon_wall from, to;
        bool running; /* it is not over yet: up to now */
};
/* "2026-11", or the month that ended last; with the zone made. CTL_OK or told. */
int ctl_month(struct ctl *ctl, const char *text, struct ctl_month *ret);
/* After a registry write: tells the daemons. A broker that is away is only mentioned: they look for themselves later. */
void ctl_touched(struct ctl *ctl, const char *table);
/* The same; false when they could not be told, which is not mentioned. */
bool ctl_touched_quietly(struct ctl *ctl, const char *table);
/* One command to a daemon and its answer; fails with the daemon's own words. */
int ctl_call(struct ctl *ctl, const char *topic, json_t *payload, const char *daemon, json_t **ret);
/* The same for a command that may be carried out twice without harm: it is said again when a daemon went away from the broker
 * meanwhile, since it, or its answer, may have gone with the connection. */
int ctl_call_again(struct ctl *ctl, const char *topic, json_t *payload, const char *daemon, json_t **ret);
/* The same as ctl_call() for what takes the daemon longer than to write a row. */
int ctl_call_within(struct ctl *ctl, const char *topic, json_t *payload, const char *daemon,
                    unsigned timeout_ms, json_t **ret);
#define CTL_FORM_MAX 262144 /* bytes of a file with programs and calendars */
/* A file's content, "-" is standard input; -EFBIG told as such. */
int ctl_read(struct ctl *ctl, const char *path, size_t max, char **ret, size_t *ret_size);
struct thon_actor ctl_actor(const struct ctl *ctl);

extern const struct ctl_command ctl_calendar_commands[];
extern const struct ctl_command ctl_store_commands[];
extern const struct ctl_command ctl_restore_commands[];
extern const struct ctl_command ctl_backup_commands[];
extern const struct ctl_command ctl_registry_commands[];
extern const struct ctl_command ctl_subject_commands[];
extern const struct ctl_command ctl_retention_commands[];
extern const struct ctl_command ctl_light_commands[];
extern const struct ctl_command ctl_lightplan_commands[];
extern const struct ctl_command ctl_rehearse_commands[];
extern const struct ctl_command ctl_lightdoc_commands[];
extern const struct ctl_command ctl_lightlog_commands[];
extern const struct ctl_command ctl_notify_commands[];
extern const struct ctl_command ctl_reach_commands[];
extern const struct ctl_command ctl_report_commands[];
extern const struct ctl_command ctl_camera_commands[];
extern const struct ctl_command ctl_camera_order_commands[];
extern const struct ctl_command ctl_camera_log_commands[];
extern const struct ctl_command ctl_camera_report_commands[];
extern const struct ctl_command ctl_camera_discover_commands[];
extern const struct ctl_command ctl_announce_commands[];
extern const struct ctl_command ctl_announce_submit_commands[];
extern const struct ctl_command ctl_announce_order_commands[];
extern const struct ctl_command ctl_announce_log_commands[];
extern const struct ctl_command ctl_announce_evidence_commands[];
extern const struct ctl_command ctl_announce_rehearse_commands[];
extern const struct ctl_command ctl_announce_report_commands[];
extern const struct ctl_command ctl_secret_commands[];
extern const struct ctl_command ctl_user_commands[];
extern const struct ctl_command ctl_setup_commands[];
extern const struct ctl_command ctl_announce_read_commands[];
extern const struct ctl_command ctl_announce_cap_commands[];
extern const struct ctl_command ctl_status_commands[];
