#pragma once

#include "thon/conf.h"

/* Seconds that relayd keeps what is over. 0 or as thon_conf_read(). */
int ctl_retention_relay(const char *config_dir, struct thon_conf_report *report, int64_t *ret_s);
