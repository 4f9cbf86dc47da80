/* lightd.conf as tables. The tariff lives here and not in the registry, because it is the supplier's price list and
 * not a decision of the commune. */
#include "thon/light_conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file as it is read; the names of bands are only needed while it is. */
struct file {
        struct thon_light_conf conf;
        thon_slug band_names[THON_TARIFF_BANDS_MAX];
};

static const char *parse_plan(const char *value, void *field)
{
        enum thon_plan_source *plan = field;

        if (strcmp(value, "registry") == 0)
                *plan = THON_PLAN_REGISTRY;
        else if (strcmp(value, "mqtt") == 0)
                *plan = THON_PLAN_MQTT;
        else
                return "must be registry or mqtt";
        return NULL;
}

static const char *parse_minute(const char *value, void *field)
{
        int minutes;

        if (!thon_clock_parse(value, &minutes))
                return "must be a time of day, HH:MM";
        *(int16_t *)field = (int16_t)minutes;
        return NULL;
}

#define CONF(member) offsetof(struct file, conf.member)
#define BAND(member) offsetof(struct thon_tariff_band, member)

static const struct thon_conf_item items[] = {
        {"light", "node", THON_CONF_SLUG, CONF(node), 0, 0, NULL, NULL},
        {"light", "plan", THON_CONF_CUSTOM, CONF(plan), 0, 0, "registry", parse_plan},
        {"light", "gpio_sim_dir", THON_CONF_STRING, CONF(gpio_sim_dir), 0, 4000, "", NULL},
        {"light", "override_default", THON_CONF_DURATION, CONF(override_default_s), 0, 31 * 86400, "12h",
         NULL},
        {"light", "stagger_ms", THON_CONF_INT, CONF(stagger_ms), 1, 10000, "300", NULL},
        {"light", "history", THON_CONF_DURATION, CONF(history_s), 86400, 3660.0 * 86400, "1100d", NULL},
        {"light", "save", THON_CONF_DURATION, CONF(save_s), 60, 86400, "30min", NULL},
        {"tariff", "vnd_per_kwh", THON_CONF_REAL, CONF(tariff.vnd_per_kwh), 0, 100000, "0", NULL},
        {"band ", "from", THON_CONF_CUSTOM, BAND(from_min), 0, 0, NULL, parse_minute},
        {"band ", "to", THON_CONF_CUSTOM, BAND(to_min), 0, 0, NULL, parse_minute},
        {"band ", "vnd_per_kwh", THON_CONF_REAL, BAND(vnd_per_kwh), 0, 100000, NULL, NULL},
};

static void *get_band(void *target, const char *name)
{
        struct file *file = target;
        struct thon_tariff *tariff = &file->conf.tariff;

        for (size_t i = 0; i < tariff->n_bands; i++)
                if (strcmp(file->band_names[i], name) == 0)
                        return &tariff->bands[i];
        if (tariff->n_bands == THON_TARIFF_BANDS_MAX)
                return NULL;
        memcpy(file->band_names[tariff->n_bands], name, strlen(name) + 1);
        return &tariff->bands[tariff->n_bands++];
}

static const struct thon_conf_group groups[] = {{"band ", get_band}};

static int fail(struct thon_conf_report *report, const char *text)
{
        if (report) {
                report->errors++;
                if (report->tell)
                        report->tell(report->userdata, true, text);
        }
        return -EINVAL;
}

/* A band without both of its ends is empty: its price would never be asked for. */
static int check_bands(const struct file *file, struct thon_conf_report *report)
{
        int r = 0;

        for (size_t i = 0; i < file->conf.tariff.n_bands; i++) {
                const struct thon_tariff_band *band = &file->conf.tariff.bands[i];
                char text[THON_SLUG_MAX + 80];

                if (band->from_min != band->to_min)
                        continue;
                (void)snprintf(text, sizeof(text),
                               "lightd.conf: [band %s]: from and to must be given, and differ",
                               file->band_names[i]);
                r = fail(report, text);
        }
        return r;
}

int thon_light_conf_read(const char *config_dir, struct thon_light_conf *ret,
                         struct thon_conf_report *report)
{
        struct file file = {0};
        int r;

        r = thon_conf_read(config_dir, "lightd.conf", items, sizeof(items) / sizeof(items[0]), groups, 1,
                           &file, report);
        file.conf.has_tariff = file.conf.tariff.vnd_per_kwh > 0;
        if (r == 0 && !file.conf.has_tariff && file.conf.tariff.n_bands > 0)
                r = fail(report,
                         "lightd.conf: tariff.vnd_per_kwh: missing, though there are [band] sections");
        if (r == 0 && file.conf.plan == THON_PLAN_MQTT && file.conf.node[0] == '\0')
                r = fail(report, "lightd.conf: light.node: must be set when light.plan = mqtt");
        if (r == 0)
                r = check_bands(&file, report);
        if (r < 0) {
                thon_light_conf_done(&file.conf);
                return r;
        }
        *ret = file.conf;
        return 0;
}

void thon_light_conf_done(struct thon_light_conf *conf)
{
        free(conf->gpio_sim_dir);
        *conf = (struct thon_light_conf){0};
}
