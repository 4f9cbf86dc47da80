/* Global options and dispatch: the longest command whose words begin the line runs. */
#include "ctl.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/log.h"

static const struct ctl_command *const tables[] = {
        ctl_status_commands,
        ctl_store_commands,
        ctl_restore_commands,
        ctl_backup_commands,
        ctl_calendar_commands,
        ctl_registry_commands,
        ctl_subject_commands,
        ctl_retention_commands,
        ctl_lightplan_commands,
        ctl_rehearse_commands,
        ctl_lightdoc_commands,
        ctl_lightlog_commands,
        ctl_light_commands,
        ctl_notify_commands,
        ctl_reach_commands,
        ctl_report_commands,
        ctl_camera_commands,
        ctl_camera_order_commands,
        ctl_camera_log_commands,
        ctl_camera_report_commands,
        ctl_camera_discover_commands,
        ctl_secret_commands,
        ctl_user_commands,
        ctl_setup_commands,
        ctl_announce_commands,
        ctl_announce_submit_commands,
        ctl_announce_order_commands,
        ctl_announce_log_commands,
        ctl_announce_evidence_commands,
        ctl_announce_rehearse_commands,
        ctl_announce_report_commands,
        ctl_announce_read_commands,
        ctl_announce_cap_commands,
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

/* How many words the line has in common with the command from its beginning; *ret_all: so many has the command. */
static int common(const struct ctl_command *c, int argc, char **argv, int *ret_all)
{
        int n = 0, all = 0;

        for (const char *word = c->words; *word; all++) {
                size_t length = strcspn(word, " ");

                if (n == all && n < argc && strlen(argv[n]) == length && strncmp(argv[n], word, length) == 0)
                        n++;
                word += length;
                word += strspn(word, " ");
        }
        *ret_all = all;
        return n;
}

static const struct ctl_command *find(int argc, char **argv, int *ret_words)
{
        const struct ctl_command *best = NULL;

        *ret_words = 0;
        for (size_t t = 0; t < TABLES; t++)
                for (const struct ctl_command *c = tables[t]; c->words; c++) {
                        int all, n = common(c, argc, argv, &all);

                        if (n == all && n > *ret_words) {
                                best = c;
                                *ret_words = n;
                        }
                }
        return best;
}

/* Whether there are commands that begin with all of these words. */
static bool begins(int n, char **words)
{
        int all;

        for (size_t t = 0; t < TABLES; t++)
                for (const struct ctl_command *c = tables[t]; c->words; c++)
                        if (common(c, n, words, &all) == n)
                                return true;
        return false;
}

static int unknown(struct ctl *ctl, int argc, char **argv)
{
        if (argc == 0)
                return ctl_usage(ctl, "a command is missing");
        return ctl_usage(ctl, "unknown command \"%s%s%s\"", argv[0], argc > 1 ? " " : "",
                         argc > 1 ? argv[1] : "");
}

/* The commands that begin with these words, which may be none: all of them. */
static int help(struct ctl *ctl, int n, char **words)
{
        json_t *rows = ctl->json ? json_array() : NULL;
        int all;

        if (!begins(n, words)) {
                json_decref(rows);
                return unknown(ctl, n, words);
        }
        if (!ctl->json)
                printf("usage: thonctl [--json] [--store PATH] [--broker HOST:PORT] [--config-dir DIR] [--by "
                       "NAME] NOUN VERB ...\n"
                       "\n");
        for (size_t t = 0; t < TABLES; t++)
                for (const struct ctl_command *c = tables[t]; c->words; c++) {
                        if (common(c, n, words, &all) < n)
                                continue;
                        if (!ctl->json)
                                printf("  thonctl %s%s%s\n", c->words, *c->args ? " " : "", c->args);
                        else if (json_array_append_new(rows, json_pack("{s:s,s:s}", "command", c->words,
                                                                       "args", c->args)) < 0) {
                                json_decref(rows);
                                return ctl_fail(ctl, "memory", "out of memory");
                        }
                }
        if (ctl->json)
                return ctl_print(ctl, rows, NULL);
        printf("\nTimes: RFC 3339 or \"YYYY-MM-DD HH:MM\" in the site's zone. Durations: 90, 15min, 2h, 3d.\n"
               "Exit status: 0 done, 1 refused or failed, 2 usage. One noun: thonctl NOUN --help. See thonctl(1).\n");
        return CTL_OK;
}

/* "help light on", "light on --help", and "light help" where that is no command. Behind anything that is no word of a command
 * --help may be a value, and is left to the command. False: nobody asked. */
static bool asks_help(int argc, char **argv, int *ret_n, char ***ret_words)
{
        int n = 0, words;

        while (n < argc && strcmp(argv[n], "--help") != 0)
                n++;
        *ret_n = n;
        *ret_words = argv;
        if (n > 0 && n < argc && begins(n, argv))
                return true;
        *ret_n = argc - 1;
        if (argc > 1 && strcmp(argv[argc - 1], "help") == 0 && !find(argc, argv, &words))
                return true;
        *ret_words = argv + 1;
        return argc > 0 && strcmp(argv[0], "help") == 0;
}

static char *login_name(void)
{
        const char *sudo = secure_getenv("SUDO_USER");
        const struct passwd *pw;

        if (sudo && *sudo)
                return strdup(sudo);
        pw = getpwuid(getuid());
        return strdup(pw ? pw->pw_name : "unknown");
}

static int set_broker(struct ctl *ctl, const char *text)
{
        const char *colon = strrchr(text, ':');
        long port = 1883;

        if (colon && !ctl_int(colon + 1, 1, 65535, &port))
                return ctl_usage(ctl, "--broker takes HOST:PORT, not \"%s\"", text);
        free(ctl->site.broker_host);
        ctl->site.broker_host = strndup(text, colon ? (size_t)(colon - text) : strlen(text));
        ctl->site.broker_port = (int)port;
        return ctl->site.broker_host ? CTL_OK : ctl_fail(ctl, "memory", "out of memory");
}

static int now_of(struct ctl *ctl)
{
        struct thon_clock *clock = NULL;
        sd_event *event = NULL;
        int r = sd_event_new(&event);

        if (r >= 0)
                r = thon_clock_new(event, NULL, &clock);
        if (r >= 0) {
                ctl->now = thon_clock_wall(clock);
                ctl->clock_trusted = thon_clock_trusted(clock);
        }
        clock = thon_clock_free(clock);
        event = sd_event_unref(event);
        return r;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
        const char *broker = NULL, *by = NULL;
        bool want_help = false, version = false;
        struct thon_conf_report report = {.tell = ctl_tell_conf};
        const struct ctl_command *c;
        int r, i = 1, words, asked;
        char **about;

        /* Global options stand before the noun, so that they cannot be taken for a field of a record. */
        for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
                const char **value = NULL, *name = argv[i] + 2, *equals = strchr(name, '=');
                size_t n = equals ? (size_t)(equals - name) : strlen(name);

                if (n == 6 && strncmp(name, "broker", n) == 0)
                        value = &broker;
                else if (n == 5 && strncmp(name, "store", n) == 0)
                        value = &ctl->store_path;
                else if (n == 10 && strncmp(name, "config-dir", n) == 0)
                        value = &ctl->config_dir;
                else if (n == 2 && strncmp(name, "by", n) == 0)
                        value = &by;
                else if (strcmp(name, "json") == 0)
                        ctl->json = true;
                else if (strcmp(name, "help") == 0)
                        want_help = true;
                else if (strcmp(name, "version") == 0)
                        version = true;
                else
                        return ctl_usage(ctl, "unknown option %s", argv[i]);
                if (!value)
                        continue;
                if (!equals && i + 1 >= argc)
                        return ctl_usage(ctl, "%s needs a value", argv[i]);
                *value = equals ? equals + 1 : argv[++i];
        }
        argc -= i;
        argv += i;
        if (version) {
                printf("thonctl %s\n", THON_VERSION);
                return CTL_OK;
        }
        if (argc > 0 && begins(1, argv))
                ctl->noun = argv[0];
        if (want_help)
                return help(ctl, argc, argv);
        if (asks_help(argc, argv, &asked, &about))
                return help(ctl, asked, about);
        c = find(argc, argv, &words);
        if (!c)
                return unknown(ctl, argc, argv);

        r = thon_site_conf_read(ctl->config_dir, &ctl->site, &report);
        if (r < 0)
                return ctl_fail(ctl, "config", "%s/thon.conf cannot be used: %s", ctl->config_dir,
                                strerror(-r));
        if (!ctl->store_path)
                ctl->store_path = ctl->site.store_path;
        if (broker && (r = set_broker(ctl, broker)) != CTL_OK)
                return r;
        ctl->by = by ? strdup(by) : login_name();
        r = now_of(ctl);
        if (r < 0 || !ctl->by)
                return ctl_fail(ctl, "io", "%s", strerror(r < 0 ? -r : ENOMEM));
        return c->run(ctl, argc - words, argv + words);
}

int ctl_main(int argc, char **argv)
{
        const char *dir = secure_getenv("THON_CONFIG_DIR"), *debug = secure_getenv("THON_DEBUG");
        struct ctl ctl = {.config_dir = dir && *dir ? dir : "/etc/thon"};
        int r;

        /* A file that may not grow is a full disk, not the end in the midst of a backup. */
        (void)signal(SIGXFSZ, SIG_IGN);
        thon_log_open("thonctl", debug && *debug && strcmp(debug, "0") != 0 ? LOG_DEBUG : LOG_WARNING);
        r = run(&ctl, argc, argv);
        ctl.client = thon_mqtt_client_close(ctl.client);
        ctl.store = thon_store_close(ctl.store);
        ctl.zone = thon_zone_free(ctl.zone);
        thon_site_conf_done(&ctl.site);
        free(ctl.by);
        if (fflush(stdout) != 0 && r == CTL_OK) {
                fprintf(stderr, "thonctl: standard output: %s\n", strerror(errno));
                r = CTL_FAILED;
        }
        return r;
}
