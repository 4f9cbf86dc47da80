/* announced.conf: the tables of zones, groups and sources are beside this; here are the sections that are there
 * once, and the whole is put together. What refers to what is not there is an error when the file is loaded, and
 * not at the hour of the storm. */
#include "thon/announced_conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced_conf_private.h"
#include "thon/cleanup.h"

#define DAY      86400.0
#define YEARS_10 (3660 * DAY)
#define MIB      (1024.0 * 1024)
#define LIST_MAX 64

/* ---- values ------------------------------------------------------------------------------------------- */

static const char *check_command(const char *value, void *field)
{
        bool out = false;

        (void)field;
        if (*value == '%')
                return "must begin with a program";
        for (const char *p = strchr(value, '%'); p; p = strchr(p + 2, '%')) {
                if (p[1] == 'o')
                        out = true;
                else if (p[1] != 'd' && p[1] != '%')
                        return "must have no other % than %d (voice), %o (file to write) and %%";
        }
        return out ? NULL : "must have %o, the WAV file to write; the text comes on standard input";
}

static const char *parse_unsigned(const char *value, void *field)
{
        bool accept = strcmp(value, "accept") == 0;

        if (!accept && strcmp(value, "refuse") != 0)
                return "must be refuse or accept";
        *(bool *)field = accept;
        return NULL;
}

static const char *parse_dialect(const char *value, void *field)
{
        return thon_dialect_parse(value, field) ? NULL : "must be north, central or south";
}

#define CONF(member)   offsetof(struct announced_file, conf.member)
#define VOICE(dialect) (CONF(voices) + (dialect) * sizeof(char *))

static const struct thon_conf_item items[] = {
        {"announce", "chime", THON_CONF_BOOL, CONF(chime), 0, 0, "yes", NULL},
        {"announce", "approval", THON_CONF_BOOL, CONF(approval), 0, 0, "yes", NULL},
        {"announce", "pin", THON_CONF_BOOL, CONF(pin), 0, 0, "yes", NULL},
        {"announce", "gpio_sim_dir", THON_CONF_PATH, CONF(gpio_sim_dir), 0, 0, NULL, NULL},
        {"announce", "history", THON_CONF_DURATION, CONF(history_s), DAY, YEARS_10, "1100d", NULL},
        {"announce", "audio_keep", THON_CONF_DURATION, CONF(audio_s), 0, YEARS_10, "90d", NULL},
        {"announce", "audio_max", THON_CONF_SIZE, CONF(audio_max), MIB, 1048576 * MIB, "1GiB", NULL},
        {"announce", "cache_max", THON_CONF_SIZE, CONF(cache_max), MIB, 1048576 * MIB, "512MiB", NULL},
        {"announce", "media_max", THON_CONF_DURATION, CONF(media_max_s), 60, 6 * 3600, "45min", NULL},
        {"voice", "command", THON_CONF_STRING, CONF(voice), 1, 1000,
         "espeak-ng -v %d -s 150 -b 1 -w %o --stdin", check_command},
        {"voice", "north", THON_CONF_STRING, VOICE(THON_DIALECT_NORTH), 1, 200, "vi", NULL},
        {"voice", "central", THON_CONF_STRING, VOICE(THON_DIALECT_CENTRAL), 1, 200, "vi-vn-x-central", NULL},
        {"voice", "south", THON_CONF_STRING, VOICE(THON_DIALECT_SOUTH), 1, 200, "vi-vn-x-south", NULL},
        {"voice", "dialect", THON_CONF_CUSTOM, CONF(dialect), 0, 0, "north", parse_dialect},
        {"voice", "loudness", THON_CONF_REAL, CONF(loudness), -40, -5, "-16", NULL},
        {"cap", "unsigned", THON_CONF_CUSTOM, CONF(cap_unsigned), 0, 0, "refuse", parse_unsigned},
        {"cap", "tests", THON_CONF_BOOL, CONF(cap_tests), 0, 0, "no", NULL},
        {"cap", "certificates", THON_CONF_PATH, CONF(cap_certificates), 0, 0, NULL, NULL},
        {"cap", "inbox", THON_CONF_PATH, CONF(cap_inbox), 0, 0, NULL, NULL},
        {"cap", "geocodes", THON_CONF_STRING, offsetof(struct announced_file, geocodes), 0, 0, NULL, NULL},
        {"cap", "poll", THON_CONF_STRING, offsetof(struct announced_file, polls), 0, 0, NULL, NULL},
        {"cap", "poll_every", THON_CONF_DURATION, CONF(poll_s), 10, 3600, "60s", NULL},
        {"cap", "reach", THON_CONF_REAL, CONF(reach_km), 0.1, 200, "5", NULL},
        {"cap", "lamps", THON_CONF_BOOL, CONF(cap_lamps), 0, 0, "yes", NULL},
        {"cap", "notify", THON_CONF_BOOL, CONF(cap_notify), 0, 0, "yes", NULL},
};
#define N_ITEMS (sizeof items / sizeof *items)

static const struct thon_conf_group groups[] = {
        {"zone ", announced_zone_get},
        {"group ", announced_group_get},
        {"source ", announced_source_get},
};

/* ---- telling ------------------------------------------------------------------------------------------ */

void announced_check_tell(struct announced_checks *checks, bool is_error, const char *format, ...)
{
        char text[400] = "announced.conf: ";
        size_t n = strlen(text);
        va_list ap;

        checks->errors += is_error;
        if (!checks->report)
                return;
        if (is_error)
                checks->report->errors++;
        else
                checks->report->warnings++;
        if (!checks->report->tell)
                return;
        va_start(ap, format);
        (void)vsnprintf(text + n, sizeof text - n, format, ap);
        va_end(ap);
        checks->report->tell(checks->report->userdata, is_error, text);
}

/* ---- lists and places --------------------------------------------------------------------------------- */

static const char *geocode_problem(const char *text)
{
        const char *colon = strchr(text, ':');

        return strlen(text) <= 200 && colon != text && (!colon || colon[1]) ? NULL : "must be NAME:VALUE";
}

static int take_words(struct announced_checks *checks, const char *key, const char *text,
                      const char *(*problem)(const char *word), char ***ret, size_t *ret_n)
{
        const char *next = text;
        char word[512];
        char **words;

        if (!text)
                return 0;
        words = calloc(LIST_MAX, sizeof *words);
        if (!words)
                return -ENOMEM;
        *ret = words;
        while (announced_piece(&next, " ,", word, sizeof word)) {
                const char *why = *word ? problem(word) : NULL;

                if (*word == '\0')
                        continue;
                if (*ret_n == LIST_MAX) {
                        announced_check_tell(checks, true, "cap.%s: more than %d", key, LIST_MAX);
                        return 0;
                }
                if (why)
                        announced_check_tell(checks, true, "cap.%s: \"%.80s\" %s", key, word, why);
                words[*ret_n] = strdup(word);
                if (!words[*ret_n])
                        return -ENOMEM;
                ++*ret_n;
        }
        return 0;
}

static int default_path(char **path, const char *dir, const char *name)
{
        if (*path || asprintf(path, "%s/%s", dir, name) >= 0)
                return 0;
        *path = NULL;
        return -ENOMEM;
}

static int complete(const char *config_dir, struct announced_file *file, struct thon_conf_report *report)
{
        const char *state_dir = getenv("THON_STATE_DIR");
        struct announced_checks checks = {.report = report};
        struct thon_announced_conf *conf = &file->conf;
        int r = announced_zones_resolve(file, &checks);

        if (r == 0)
                r = take_words(&checks, "geocodes", file->geocodes, geocode_problem, &conf->geocodes,
                               &conf->n_geocodes);
        if (r == 0)
                r = take_words(&checks, "poll", file->polls, announced_url_problem, &conf->polls,
                               &conf->n_polls);
        if (r == 0)
                r = default_path(&conf->cap_certificates, config_dir, "cap.d");
        if (r == 0)
                r = default_path(&conf->cap_inbox, state_dir && *state_dir ? state_dir : "/var/lib/thon",
                                 "cap");
        return r < 0 ? r : checks.errors > 0 ? -EINVAL : 0;
}

/* ---- all of it ---------------------------------------------------------------------------------------- */

static int read_tables(const char *config_dir, struct announced_file *file, struct thon_conf_report *report)
{
        size_t n = N_ITEMS + announced_n_zone_items;
        _cleanup_free_ struct thon_conf_item *all = calloc(n, sizeof *all);

        if (!all)
                return -ENOMEM;
        memcpy(all, items, sizeof items);
        memcpy(all + N_ITEMS, announced_zone_items, announced_n_zone_items * sizeof *all);
        return thon_conf_read(config_dir, "announced.conf", all, n, groups, sizeof groups / sizeof *groups,
                              file, report);
}

/* Hands the elements over, each kind in an array of its own. */
static int hand_over(struct announced_file *file)
{
        struct thon_announced_conf *conf = &file->conf;

        conf->zones = calloc(file->n_zones + 1, sizeof *conf->zones);
        conf->groups = calloc(file->n_groups + 1, sizeof *conf->groups);
        conf->sources = calloc(file->n_sources + 1, sizeof *conf->sources);
        if (!conf->zones || !conf->groups || !conf->sources)
                return -ENOMEM;
        for (; conf->n_zones < file->n_zones; conf->n_zones++) {
                conf->zones[conf->n_zones] = file->zones[conf->n_zones].conf;
                file->zones[conf->n_zones].conf = (struct thon_air_zone_conf){0};
        }
        for (; conf->n_groups < file->n_groups; conf->n_groups++)
                conf->groups[conf->n_groups] = file->groups[conf->n_groups].conf;
        for (; conf->n_sources < file->n_sources; conf->n_sources++) {
                conf->sources[conf->n_sources] = file->sources[conf->n_sources];
                file->sources[conf->n_sources] = (struct thon_source_conf){0};
        }
        return 0;
}

static struct announced_file *file_free(struct announced_file *file)
{
        for (size_t i = 0; i < file->n_zones; i++)
                announced_zone_done(&file->zones[i]);
        for (size_t i = 0; i < file->n_groups; i++)
                free(file->groups[i].zones);
        for (size_t i = 0; i < file->n_sources; i++)
                announced_source_done(&file->sources[i]);
        free(file->geocodes);
        free(file->polls);
        thon_announced_conf_done(&file->conf);
        free(file);
        return NULL;
}

THON_DEFINE_CLEANUP(struct announced_file *, file_free)

int thon_announced_conf_read(const char *config_dir, struct thon_announced_conf *ret,
                             struct thon_conf_report *report)
{
        _cleanup_(file_freep) struct announced_file *file = calloc(1, sizeof *file);
        int r, whole;

        if (!file)
                return -ENOMEM;
        r = read_tables(config_dir, file, report);
        if (r < 0 && r != -EINVAL)
                return r;
        /* Also when a line is wrong: a technician should need one round. */
        whole = complete(config_dir, file, report);
        if (r == 0 || whole == -ENOMEM)
                r = whole;
        if (r == 0)
                r = hand_over(file);
        if (r < 0)
                return r;
        *ret = file->conf;
        file->conf = (struct thon_announced_conf){0};
        return 0;
}

static void words_free(char **words, size_t n)
{
        for (size_t i = 0; i < n; i++)
                free(words[i]);
        free(words);
}

void thon_announced_conf_done(struct thon_announced_conf *conf)
{
        for (size_t i = 0; i < conf->n_zones; i++)
                free(conf->zones[i].name);
        free(conf->zones);
        free(conf->groups);
        for (size_t i = 0; i < conf->n_sources; i++)
                announced_source_done(&conf->sources[i]);
        free(conf->sources);
        words_free(conf->geocodes, conf->n_geocodes);
        words_free(conf->polls, conf->n_polls);
        free(conf->voice);
        for (int i = 0; i < THON_DIALECTS; i++)
                free(conf->voices[i]);
        free(conf->gpio_sim_dir);
        free(conf->cap_certificates);
        free(conf->cap_inbox);
        *conf = (struct thon_announced_conf){0};
}

/* ---- names -------------------------------------------------------------------------------------------- */

size_t thon_announced_conf_zone(const struct thon_announced_conf *conf, const char *id)
{
        for (size_t i = 0; i < conf->n_zones; i++)
                if (strcmp(conf->zones[i].id, id) == 0)
                        return i;
        return SIZE_MAX;
}

const struct thon_source_conf *thon_announced_conf_source(const struct thon_announced_conf *conf,
                                                          const char *id)
{
        for (size_t i = 0; i < conf->n_sources; i++)
                if (strcmp(conf->sources[i].id, id) == 0)
                        return &conf->sources[i];
        return NULL;
}

static uint64_t zones_of_group(const struct thon_announced_conf *conf,
                               const struct thon_zone_group_conf *group)
{
        uint64_t zones = 0;

        for (size_t i = 0; i < group->n_zones; i++)
                zones |= UINT64_C(1) << thon_announced_conf_zone(conf, group->zones[i]);
        return zones;
}

/* 0: nothing has that name. A zone goes before a group, a group before an area. */
static uint64_t zones_named(const struct thon_announced_conf *conf, const char *name)
{
        size_t zone = thon_announced_conf_zone(conf, name);
        uint64_t zones = 0;

        if (zone != SIZE_MAX)
                return UINT64_C(1) << zone;
        if (strcmp(name, "all") == 0)
                return conf->n_zones == 64 ? UINT64_MAX : (UINT64_C(1) << conf->n_zones) - 1;
        for (size_t i = 0; i < conf->n_groups; i++)
                if (strcmp(conf->groups[i].id, name) == 0)
                        return zones_of_group(conf, &conf->groups[i]);
        for (size_t i = 0; i < conf->n_zones; i++)
                for (size_t j = 0; j < conf->zones[i].n_areas; j++)
                        if (strcmp(conf->zones[i].areas[j], name) == 0)
                                zones |= UINT64_C(1) << i;
        return zones;
}

uint64_t thon_announced_conf_resolve(const struct thon_announced_conf *conf, const thon_slug *names,
                                     size_t n, const char **ret_unknown)
{
        uint64_t zones = 0;

        *ret_unknown = NULL;
        for (size_t i = 0; i < n; i++) {
                uint64_t some = zones_named(conf, names[i]);

                /* Of a station without zones "all" is nothing, but not unknown. */
                if (some == 0 && !*ret_unknown && strcmp(names[i], "all") != 0)
                        *ret_unknown = names[i];
                zones |= some;
        }
        return zones;
}
