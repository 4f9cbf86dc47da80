/* The command line that every daemon has. */
#pragma once

#include "thon/loop.h"

enum thon_options_outcome {
        THON_OPTIONS_RUN,   /* `ret` is filled */
        THON_OPTIONS_DONE,  /* --help or --version were answered on standard output */
        THON_OPTIONS_USAGE, /* told on standard error */
};

/* The strings of `ret` are borrowed from `argv` and the environment. */
enum thon_options_outcome thon_options_parse(const struct thon_daemon_ops *ops, int argc, char **argv,
                                             struct thon_options *ret);
