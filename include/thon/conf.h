/* Configuration by table over libinih: one line of a table is one key. Errors name file, line and key. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum thon_conf_type {
        THON_CONF_STRING,   /* char *, owned by the struct; min/max are lengths in bytes */
        THON_CONF_SLUG,     /* thon_slug */
        THON_CONF_INT,      /* int; also unsigned, when `min` is not below 0 */
        THON_CONF_REAL,     /* double */
        THON_CONF_BOOL,     /* bool: yes no true false on off 1 0 */
        THON_CONF_DURATION, /* int64_t seconds: "90", "90s", "15min", "2h", "3d" */
        THON_CONF_SIZE,     /* int64_t bytes: "1024", "500KiB", "10MiB", "1GiB" */
        THON_CONF_PORT,     /* int 1..65535 */
        THON_CONF_PATH,     /* char *, absolute, owned */
        THON_CONF_CUSTOM,   /* `parse` below */
};

struct thon_conf_item {
        const char *section; /* "site"; or "channel " with a trailing space: repeated, with a name */
        const char *key;
        enum thon_conf_type type;
        size_t offset;   /* into the target struct (for repeated sections: into the element) */
        double min, max; /* both 0: unchecked */
        const char *def; /* as written in a file; NULL: zero */
        /* CUSTOM: returns NULL or a constant English sentence that says what is wrong ("must be ..."). STRING, PATH:
         * the same as a check only; `field` is then NULL. */
        const char *(*parse)(const char *value, void *field);
};

/* A repeated section: `get` finds or makes the element for a name (a slug); NULL when there may be no more. It is
 * asked for each key, so that elements may move. */
struct thon_conf_group {
        const char *section; /* "channel " */
        void *(*get)(void *target, const char *name);
};

struct thon_conf_report {
        unsigned errors, warnings;
        void (*tell)(void *userdata, bool is_error, const char *text); /* "thon.conf:12: site.lat: ..." */
        void *userdata;
};

/* Reads DIR/FILE into a zeroed target after filling the defaults. A missing file leaves the defaults. Returns 0, or
 * -EINVAL when anything was an error (all of them told), or -errno; the target is to be freed in every case. Files
 * over 256 KiB are refused.
 *
 * "#" and ";" begin a comment, also behind white space in a line. An indented line goes on with the value above,
 * joined by one space. An empty value is the default. A line has at most 198 bytes. Unknown keys and sections are
 * warnings; a key that is given twice is an error. */
int thon_conf_read(const char *dir, const char *file, const struct thon_conf_item *items, size_t n_items,
                   const struct thon_conf_group *groups, size_t n_groups, void *target,
                   struct thon_conf_report *report);

/* Frees the strings of the non-repeated items; and those of one element of a repeated section. */
void thon_conf_done(const struct thon_conf_item *items, size_t n_items, void *target);
void thon_conf_done_section(const struct thon_conf_item *items, size_t n_items, const char *section,
                            void *element);

/* For `tell`: errors (THON_MSG_CONFIG_INVALID) and warnings to the program's log. */
void thon_conf_tell_log(void *userdata, bool is_error, const char *text);

int thon_duration_parse(const char *text, int64_t *ret_seconds);

/* thon.conf, which every program reads. */
struct thon_site_conf {
        char id[64];
        char *name;
        double lat, lon;
        char *tz;
        char *broker_host; /* numeric, or "localhost" */
        int broker_port;
        char *broker_user; /* NULL: no login */
        char *broker_credential; /* name of a file in $CREDENTIALS_DIRECTORY, or an absolute path; NULL: no password */
        char *store_path; /* never NULL: thon.db below $THON_STATE_DIR (set by --state-dir) by default */
        bool ha_discovery;
        char *ha_prefix;
        unsigned backup_days, backup_weeks, backup_months; /* copies that are kept */
        int64_t backup_min_free;                           /* bytes of the disk that a copy leaves alone */
        int64_t backup_warn_after_s;
        int64_t before_restore_s; /* how long what a restore replaced is kept */
};
/* Where the file names no login, it is the one that the package made for this program, when it is there: user is the
 * program's name; the password the credential "mqtt", or else CONFIG_DIR/credentials/PROGRAM. */
int thon_site_conf_read(const char *config_dir, struct thon_site_conf *ret, struct thon_conf_report *report);
void thon_site_conf_done(struct thon_site_conf *conf);
/* Texts of a configuration, NULL as good as an empty one. */
bool thon_conf_same_text(const char *a, const char *b);
/* In what a daemon takes up only when it starts: id, zone, store and broker. */
bool thon_site_conf_same(const struct thon_site_conf *a, const struct thon_site_conf *b);

/* A secret by the name in the configuration: $CREDENTIALS_DIRECTORY/NAME or an absolute path; trailing newline cut,
 * at most 64 KiB. The caller owns it and ends it with thon_secret_free(), which wipes it. -ENOENT (also without
 * $CREDENTIALS_DIRECTORY), -EINVAL (a name that is a path), -ENODATA (empty), -EBADMSG (a NUL in it), -EFBIG,
 * -errno. */
int thon_secret_read(const char *name, char **ret);
void thon_secret_free(char *secret);
