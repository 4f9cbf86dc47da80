/* thon.conf: who and where this commune is, and where broker and store are. Every program reads it. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/conf.h"
#include "thon/tz.h"

/* Where the sun is computed for when nobody has said where the commune is: Hà Nội. */
#define DEFAULT_LAT 21.0285
#define DEFAULT_LON 105.8542

THON_DEFINE_CLEANUP(struct thon_zone *, thon_zone_free)

static const char *check_tz(const char *value, void *field)
{
        _cleanup_(thon_zone_freep) struct thon_zone *zone = NULL;

        (void)field;
        return thon_tz_load(value, &zone) < 0 ? "is no zone of the tz database (package tzdata)" : NULL;
}

/* Numeric: looking a name up would block the loop, and the lights with it, while the network is down. */
static const char *check_host(const char *value, void *field)
{
        unsigned char address[sizeof(struct in6_addr)];

        (void)field;
        if (strcmp(value, "localhost") == 0 || inet_pton(AF_INET, value, address) == 1 ||
            inet_pton(AF_INET6, value, address) == 1)
                return NULL;
        return "must be a numeric address or \"localhost\"";
}

static const char *check_prefix(const char *value, void *field)
{
        (void)field;
        return strpbrk(value, "+#. ") || *value == '/' || *value == '$' || value[strlen(value) - 1] == '/'
                       ? "must be part of a topic: without + # . and spaces, without / at its ends"
                       : NULL;
}

#define ITEM(name) .offset = offsetof(struct thon_site_conf, name)

static const struct thon_conf_item items[] = {
        {"site", "id", THON_CONF_SLUG, ITEM(id), .def = "commune"},
        {"site", "name", THON_CONF_STRING, ITEM(name), .max = 150, .def = "Thôn"},
        {"site", "lat", THON_CONF_REAL, ITEM(lat), .min = -90, .max = 90},
        {"site", "lon", THON_CONF_REAL, ITEM(lon), .min = -180, .max = 180},
        {"site", "tz", THON_CONF_STRING, ITEM(tz), .def = "Asia/Ho_Chi_Minh", .parse = check_tz},
        {"broker", "host", THON_CONF_STRING, ITEM(broker_host), .def = "localhost", .parse = check_host},
        {"broker", "port", THON_CONF_PORT, ITEM(broker_port), .def = "1883"},
        {"broker", "user", THON_CONF_STRING, ITEM(broker_user), .max = 64},
        {"broker", "credential", THON_CONF_STRING, ITEM(broker_credential), .max = 190},
        {"store", "path", THON_CONF_PATH, ITEM(store_path)},
        {"homeassistant", "discovery", THON_CONF_BOOL, ITEM(ha_discovery), .def = "no"},
        {"homeassistant", "prefix", THON_CONF_STRING, ITEM(ha_prefix), .max = 64, .def = "homeassistant",
         .parse = check_prefix},
        {"backup", "days", THON_CONF_INT, ITEM(backup_days), .max = 366, .def = "7"},
        {"backup", "weeks", THON_CONF_INT, ITEM(backup_weeks), .max = 520, .def = "4"},
        {"backup", "months", THON_CONF_INT, ITEM(backup_months), .max = 120, .def = "6"},
        {"backup", "min_free", THON_CONF_SIZE, ITEM(backup_min_free), .max = 1e12, .def = "256MiB"},
        {"backup", "warn_after", THON_CONF_DURATION, ITEM(backup_warn_after_s), .min = 3600,
         .max = 366.0 * 86400, .def = "3d"},
        {"retention", "before_restore", THON_CONF_DURATION, ITEM(before_restore_s), .max = 366.0 * 86400,
         .def = "30d"},
};

#define N_ITEMS (sizeof(items) / sizeof(items[0]))

/* The login that the package made for this program, and nobody else's: each may write its own topics only. As a
 * service it is the unit's credential "mqtt"; by hand (thonctl) a file that only root can read. */
static int find_credential(const char *config_dir, char **ret)
{
        const char *credentials = getenv("CREDENTIALS_DIRECTORY");
        _cleanup_free_ char *path = NULL, *dir = NULL;

        if (credentials && *credentials) {
                if (asprintf(&path, "%s/mqtt", credentials) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                if (access(path, R_OK) == 0) {
                        *ret = strdup("mqtt");
                        return *ret ? 0 : -ENOMEM;
                }
                free(THON_TAKE(path));
        }

        dir = realpath(config_dir, NULL);
        if (!dir)
                return 0;
        if (asprintf(&path, "%s/credentials/%s", dir, program_invocation_short_name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (access(path, R_OK) == 0)
                *ret = THON_TAKE(path);
        return 0;
}

static int complete_login(const char *config_dir, struct thon_site_conf *conf)
{
        int r;

        if (!conf->broker_user && !conf->broker_credential) {
                r = find_credential(config_dir, &conf->broker_credential);
                if (r < 0)
                        return r;
        }
        if (conf->broker_credential && !conf->broker_user) {
                conf->broker_user = strdup(program_invocation_short_name);
                if (!conf->broker_user)
                        return -ENOMEM;
        }
        return 0;
}

/* What no table can say. */
static int complete(const char *config_dir, struct thon_site_conf *conf, struct thon_conf_report *report)
{
        const char *state_dir = getenv("THON_STATE_DIR");

        if (conf->lat == 0 && conf->lon == 0) {
                conf->lat = DEFAULT_LAT;
                conf->lon = DEFAULT_LON;
                if (report) {
                        report->warnings++;
                        if (report->tell)
                                report->tell(
                                        report->userdata, false,
                                        "thon.conf: site.lat, site.lon: not set, the sun is taken as in Hà Nội");
                }
        }
        if (!conf->store_path && asprintf(&conf->store_path, "%s/thon.db",
                                          state_dir && *state_dir ? state_dir : "/var/lib/thon") < 0) {
                conf->store_path = NULL;
                return -ENOMEM;
        }
        return complete_login(config_dir, conf);
}

int thon_site_conf_read(const char *config_dir, struct thon_site_conf *ret, struct thon_conf_report *report)
{
        struct thon_site_conf conf = {0};
        int r;

        r = thon_conf_read(config_dir, "thon.conf", items, N_ITEMS, NULL, 0, &conf, report);
        if (r >= 0)
                r = complete(config_dir, &conf, report);
        if (r < 0) {
                thon_site_conf_done(&conf);
                return r;
        }
        *ret = conf;
        return 0;
}

void thon_site_conf_done(struct thon_site_conf *conf)
{
        thon_conf_done(items, N_ITEMS, conf);
}

bool thon_site_conf_same(const struct thon_site_conf *a, const struct thon_site_conf *b)
{
        return thon_conf_same_text(a->id, b->id) && thon_conf_same_text(a->tz, b->tz) &&
               thon_conf_same_text(a->store_path, b->store_path) &&
               thon_conf_same_text(a->broker_host, b->broker_host) && a->broker_port == b->broker_port &&
               thon_conf_same_text(a->broker_user, b->broker_user) &&
               thon_conf_same_text(a->broker_credential, b->broker_credential);
}
