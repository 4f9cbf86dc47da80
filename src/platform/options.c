/* The command line of every daemon, the same for all so that a technician learns it once. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_clock.h"

#define CONFIG_DIR "/etc/thon"
#define STATE_DIR  "/var/lib/thon"

enum { OPT_CONFIG_DIR = 256, OPT_STATE_DIR, OPT_CHECK_CONFIG, OPT_SIM_CLOCK, OPT_DEBUG, OPT_VERSION };

static const struct option long_options[] = {
        {"config-dir", required_argument, NULL, OPT_CONFIG_DIR},
        {"state-dir", required_argument, NULL, OPT_STATE_DIR},
        {"check-config", no_argument, NULL, OPT_CHECK_CONFIG},
        {"sim-clock", required_argument, NULL, OPT_SIM_CLOCK},
        {"debug", no_argument, NULL, OPT_DEBUG},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPT_VERSION},
        {NULL, 0, NULL, 0},
};

static void print_help(const struct thon_daemon_ops *ops)
{
        printf("Usage: thon-%s [OPTION]...\n"
               "%s\n\n"
               "  --config-dir DIR      read the configuration in DIR ($THON_CONFIG_DIR, " CONFIG_DIR ")\n"
               "  --state-dir DIR       keep state in DIR ($THON_STATE_DIR, " STATE_DIR ")\n"
               "  --check-config        check the configuration and exit: 0 valid, 1 not\n"
               "  --sim-clock TIME[,xSPEED][,untrusted[=FOR]][,step=BY@AFTER]\n"
               "                        run on a simulated clock, with simulated hardware only\n"
               "  --debug               log more ($THON_DEBUG=1)\n"
               "  --help, -h            show this\n"
               "  --version             show the version\n\n"
               "SIGHUP reads the configuration again. See thon-%s(8) and thon.conf(5).\n",
               ops->name, ops->description, ops->name);
}

static const char *from_environment(const char *name, const char *otherwise)
{
        const char *value = getenv(name);

        return value && *value ? value : otherwise;
}

static enum thon_options_outcome usage_error(const struct thon_daemon_ops *ops, const char *what,
                                             const char *value)
{
        fprintf(stderr, "thon-%s: %s%s\nTry 'thon-%s --help'.\n", ops->name, what, value, ops->name);
        return THON_OPTIONS_USAGE;
}

enum thon_options_outcome thon_options_parse(const struct thon_daemon_ops *ops, int argc, char **argv,
                                             struct thon_options *ret)
{
        struct thon_options options = {
                .config_dir = from_environment("THON_CONFIG_DIR", CONFIG_DIR),
                .state_dir = from_environment("THON_STATE_DIR", STATE_DIR),
                .debug = strcmp(from_environment("THON_DEBUG", "0"), "0") != 0,
        };
        struct thon_sim sim;
        int c;

        /* 0, not 1: glibc then forgets what an earlier call left behind. */
        optind = 0;
        while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
                switch (c) {
                case OPT_CONFIG_DIR:
                        options.config_dir = optarg;
                        break;
                case OPT_STATE_DIR:
                        options.state_dir = optarg;
                        break;
                case OPT_CHECK_CONFIG:
                        options.check_config = true;
                        break;
                case OPT_SIM_CLOCK:
                        if (thon_sim_parse(optarg, &sim) < 0)
                                return usage_error(ops,
                                                   "--sim-clock wants TIME[,xSPEED], such as "
                                                   "2026-11-21T17:00:00+07:00,x60; not ",
                                                   optarg);
                        options.sim_clock = optarg;
                        break;
                case OPT_DEBUG:
                        options.debug = true;
                        break;
                case OPT_VERSION:
                        printf("thon-%s %s\n", ops->name, THON_VERSION);
                        return THON_OPTIONS_DONE;
                case 'h':
                        print_help(ops);
                        return THON_OPTIONS_DONE;
                case '?':
                        /* getopt has said what is wrong. */
                        fprintf(stderr, "Try 'thon-%s --help'.\n", ops->name);
                        return THON_OPTIONS_USAGE;
                }
        }
        if (optind < argc)
                return usage_error(ops, "takes no arguments: ", argv[optind]);
        if (*options.config_dir == '\0' || *options.state_dir == '\0')
                return usage_error(ops, "a directory may not be empty", "");

        *ret = options;
        return THON_OPTIONS_RUN;
}
