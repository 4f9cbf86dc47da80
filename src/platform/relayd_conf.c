/* relayd.conf: its tables are in the files beside this one; here the whole is put together. A name that leads nowhere, a
 * template that cannot be filled, a ladder of rungs that do not exist: all of it would show when a storm is coming, so
 * all of it is an error when the file is loaded. */
#include "thon/relayd_conf.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "relayd_conf_private.h"
#include "thon/cleanup.h"
#include "thon/file.h"

#define TEMPLATE_FILE_MAX (64u * 1024)
#define TEMPLATES_MAX     500

THON_DEFINE_CLEANUP(DIR *, closedir)

/* ---- [relay] ------------------------------------------------------------------------------------------ */

#define CONF(member)  offsetof(struct relayd_file, conf.member)
#define LADDER(class) (offsetof(struct relayd_file, ladder) + (class) * sizeof(char *))
#define DAY           86400.0

static const struct thon_conf_item relay_items[] = {
        {"relay", "ladder", THON_CONF_STRING, LADDER(THON_CLASS_NORMAL), 0, 0, NULL, NULL},
        {"relay", "ladder_priority", THON_CONF_STRING, LADDER(THON_CLASS_PRIORITY), 0, 0, NULL, NULL},
        {"relay", "ladder_emergency", THON_CONF_STRING, LADDER(THON_CLASS_EMERGENCY), 0, 0, NULL, NULL},
        {"relay", "household_phone", THON_CONF_BOOL, CONF(household_phone), 0, 0, "yes", NULL},
        {"relay", "patience", THON_CONF_DURATION, CONF(patience_s), 1, DAY, "60s", NULL},
        {"relay", "merge_after", THON_CONF_DURATION, CONF(merge_after_s), 60, 31 * DAY, "10min", NULL},
        {"relay", "keep", THON_CONF_DURATION, CONF(keep_s), DAY, 3660 * DAY, "1100d", NULL},
        {"relay", "templates", THON_CONF_PATH, CONF(templates), 0, 0, NULL, NULL},
        {"relay", "report_due", THON_CONF_DURATION, CONF(report_due_s), 3600, 366 * DAY, "5d", NULL},
        {"relay", "attachment_max", THON_CONF_SIZE, CONF(attachment_max), 0, 100.0 * 1024 * 1024, "10MiB",
         NULL},
        {"relay", "sender", THON_CONF_STRING, CONF(sender), 1, 60, NULL, NULL},
};
#define N_RELAY_ITEMS (sizeof relay_items / sizeof *relay_items)

static const struct thon_conf_group groups[] = {
        {"channel ", relayd_channel_get},
        {"route ", relayd_route_get},
        {"inhibit ", relayd_inhibit_get},
};

/* ---- telling ------------------------------------------------------------------------------------------ */

void relayd_check_tell(struct relayd_checks *checks, bool is_error, const char *format, ...)
{
        char text[400] = "relayd.conf: ";
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

/* ---- ladders ------------------------------------------------------------------------------------------ */

static void check_ladder(const struct relayd_file *file, const char *key, char *const *words, size_t n,
                         struct relayd_checks *checks)
{
        for (size_t i = 0; i < n; i++) {
                const struct thon_channel_conf *channel =
                        relayd_channel_named(file, words[i], strlen(words[i]));

                for (size_t j = 0; j < i; j++)
                        if (strcmp(words[i], words[j]) == 0)
                                relayd_check_tell(checks, true, "relay.%s: \"%s\" is there twice", key,
                                                  words[i]);
                if (strcmp(words[i], "visit") == 0) {
                        if (i + 1 < n)
                                relayd_check_tell(checks, true, "relay.%s: \"visit\" must be the last", key);
                } else if (!channel)
                        relayd_check_tell(checks, true,
                                          "relay.%s: \"%.80s\" must be the name of a channel, or visit", key,
                                          words[i]);
                else if (!channel->enabled)
                        relayd_check_tell(checks, false, "relay.%s: [channel %s] is not enabled", key,
                                          words[i]);
        }
}

static int resolve_ladders(struct relayd_file *file, struct relayd_checks *checks)
{
        static const char *const keys[THON_CLASSES] = {"ladder", "ladder_priority", "ladder_emergency"};

        for (unsigned class = 0; class < THON_CLASSES; class ++) {
                const char *text =
                        file->ladder[class] ? file->ladder[class] : file->ladder[THON_CLASS_NORMAL];
                int r = thon_words_split(text ? text : "", &file->conf.ladder[class],
                                         &file->conf.n_ladder[class]);

                if (r < 0)
                        return r;
                if (file->ladder[class])
                        check_ladder(file, keys[class], file->conf.ladder[class], file->conf.n_ladder[class],
                                     checks);
        }
        return 0;
}

/* ---- templates ---------------------------------------------------------------------------------------- */

static int read_template(const char *dir, const char *id, struct thon_template *ret, char error[static 200])
{
        _cleanup_free_ char *path = NULL, *content = NULL;
        size_t size;
        int r;

        if (asprintf(&path, "%s/%s.txt", dir, id) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = thon_file_read(path, TEMPLATE_FILE_MAX, &content, &size);
        if (r == -EFBIG || r == -EINVAL) {
                (void)snprintf(error, 200, "%s", r == -EFBIG ? "too large" : "no regular file");
                return -EINVAL;
        }
        return r < 0 ? r : thon_template_parse(content, size, ret, error);
}

int thon_relayd_template(const struct thon_relayd_conf *conf, const char *id, struct thon_template *ret,
                         char error[static 200])
{
        return thon_slug_valid(id) ? read_template(conf->templates, id, ret, error) : -ENOENT;
}

/* The id in "ID.txt"; false for a file that is no template. */
static bool template_id(const char *name, thon_slug ret)
{
        size_t n = strlen(name);

        if (n <= 4 || n - 4 > THON_SLUG_MAX || strcmp(name + n - 4, ".txt") != 0)
                return false;
        memcpy(ret, name, n - 4);
        ret[n - 4] = '\0';
        return thon_slug_valid(ret);
}

static int check_template(const char *dir, const char *id, struct relayd_checks *checks)
{
        _cleanup_(thon_template_done) struct thon_template template = {0};
        char error[200];
        int r = read_template(dir, id, &template, error);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                relayd_check_tell(checks, true, "templates/%s.txt: %s", id,
                                  r == -EINVAL ? error : strerror(-r));
        return 0;
}

/* `named`: the configuration says where they are, so that they must be there. */
static int check_templates(const char *path, bool named, struct relayd_checks *checks)
{
        _cleanup_(closedirp) DIR *dir = opendir(path);
        struct dirent *entry;
        unsigned n = 0;

        if (!dir) {
                if (errno != ENOENT || named)
                        relayd_check_tell(checks, true, "relay.templates: %s: %s", path, strerror(errno));
                return 0;
        }
        while ((entry = readdir(dir))) {
                thon_slug id;
                int r;

                if (entry->d_name[0] == '.')
                        continue;
                /* What an editor or dpkg leaves behind. */
                if (!template_id(entry->d_name, id)) {
                        relayd_check_tell(
                                checks, false,
                                "templates/%.100s: no template, ignored: a name of a-z, 0-9 and - must "
                                "stand before .txt",
                                entry->d_name);
                        continue;
                }
                if (++n > TEMPLATES_MAX) {
                        relayd_check_tell(checks, true, "relay.templates: more than %d files",
                                          TEMPLATES_MAX);
                        return 0;
                }
                r = check_template(path, id, checks);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int resolve_templates(struct relayd_file *file, const char *config_dir, struct relayd_checks *checks)
{
        bool named = file->conf.templates != NULL;

        if (!named && asprintf(&file->conf.templates, "%s/templates", config_dir) < 0) {
                file->conf.templates = NULL;
                return -ENOMEM;
        }
        return check_templates(file->conf.templates, named, checks);
}

/* ---- all of it ---------------------------------------------------------------------------------------- */

static int read_tables(const char *config_dir, struct relayd_file *file, struct thon_conf_report *report)
{
        size_t n = N_RELAY_ITEMS + relayd_n_channel_items + relayd_n_route_items;
        _cleanup_free_ struct thon_conf_item *items = calloc(n, sizeof *items);

        if (!items)
                return -ENOMEM;
        memcpy(items, relay_items, sizeof relay_items);
        memcpy(items + N_RELAY_ITEMS, relayd_channel_items, relayd_n_channel_items * sizeof *items);
        memcpy(items + N_RELAY_ITEMS + relayd_n_channel_items, relayd_route_items,
               relayd_n_route_items * sizeof *items);
        return thon_conf_read(config_dir, "relayd.conf", items, n, groups, sizeof groups / sizeof *groups,
                              file, report);
}

static int resolve(const char *config_dir, struct relayd_file *file, struct thon_conf_report *report)
{
        struct relayd_checks checks = {.report = report};
        int r;

        r = relayd_channels_resolve(file, &checks);
        if (r == 0)
                r = relayd_routes_resolve(file, &checks);
        if (r == 0)
                r = resolve_ladders(file, &checks);
        if (r == 0)
                r = resolve_templates(file, config_dir, &checks);
        return r < 0 ? r : checks.errors > 0 ? -EINVAL : 0;
}

/* Hands the elements over, each kind in an array of its own. */
static int hand_over(struct relayd_file *file)
{
        struct thon_relayd_conf *conf = &file->conf;

        conf->channels = calloc(file->n_channels + 1, sizeof *conf->channels);
        conf->routes = calloc(file->n_routes + 1, sizeof *conf->routes);
        conf->inhibits = calloc(file->n_inhibits + 1, sizeof *conf->inhibits);
        if (!conf->channels || !conf->routes || !conf->inhibits)
                return -ENOMEM;
        for (; conf->n_channels < file->n_channels; conf->n_channels++) {
                conf->channels[conf->n_channels] = file->channels[conf->n_channels].conf;
                file->channels[conf->n_channels].conf = (struct thon_channel_conf){0};
        }
        for (; conf->n_routes < file->n_routes; conf->n_routes++) {
                conf->routes[conf->n_routes] = file->routes[conf->n_routes].conf;
                file->routes[conf->n_routes].conf = (struct thon_route_conf){0};
        }
        for (; conf->n_inhibits < file->n_inhibits; conf->n_inhibits++) {
                conf->inhibits[conf->n_inhibits] = file->inhibits[conf->n_inhibits].conf;
                file->inhibits[conf->n_inhibits].conf = (struct thon_inhibit_conf){0};
        }
        return 0;
}

static struct relayd_file *file_free(struct relayd_file *file)
{
        for (size_t i = 0; i < file->n_channels; i++) {
                relayd_channel_done(&file->channels[i].conf);
                free(file->channels[i].rate);
                free(file->channels[i].hours);
        }
        for (size_t i = 0; i < file->n_routes; i++) {
                relayd_route_done(&file->routes[i].conf);
                free(file->routes[i].match);
                free(file->routes[i].to);
                free(file->routes[i].escalate);
        }
        for (size_t i = 0; i < file->n_inhibits; i++) {
                relayd_inhibit_done(&file->inhibits[i].conf);
                free(file->inhibits[i].source);
                free(file->inhibits[i].target);
        }
        for (unsigned class = 0; class < THON_CLASSES; class ++)
                free(file->ladder[class]);
        thon_relayd_conf_done(&file->conf);
        free(file);
        return NULL;
}

THON_DEFINE_CLEANUP(struct relayd_file *, file_free)

int thon_relayd_conf_read(const char *config_dir, struct thon_relayd_conf *ret,
                          struct thon_conf_report *report)
{
        _cleanup_(file_freep) struct relayd_file *file = calloc(1, sizeof *file);
        int r, whole;

        if (!file)
                return -ENOMEM;
        r = read_tables(config_dir, file, report);
        if (r < 0 && r != -EINVAL)
                return r;
        /* Also when a line is wrong: a technician should need one round. */
        whole = resolve(config_dir, file, report);
        if (r == 0)
                r = whole;
        if (r == 0)
                r = hand_over(file);
        if (r < 0)
                return r;
        *ret = file->conf;
        file->conf = (struct thon_relayd_conf){0};
        return 0;
}

void thon_relayd_conf_done(struct thon_relayd_conf *conf)
{
        for (size_t i = 0; i < conf->n_channels; i++)
                relayd_channel_done(&conf->channels[i]);
        for (size_t i = 0; i < conf->n_routes; i++)
                relayd_route_done(&conf->routes[i]);
        for (size_t i = 0; i < conf->n_inhibits; i++)
                relayd_inhibit_done(&conf->inhibits[i]);
        free(conf->channels);
        free(conf->routes);
        free(conf->inhibits);
        for (unsigned class = 0; class < THON_CLASSES; class ++)
                thon_words_free(conf->ladder[class]);
        free(conf->templates);
        free(conf->sender);
        *conf = (struct thon_relayd_conf){0};
}
