/* The limit of relayd.conf, by itself: its types and announced's have names in common. */
#include "retention.h"

#include "thon/relayd_conf.h"

int ctl_retention_relay(const char *config_dir, struct thon_conf_report *report, int64_t *ret_s)
{
        struct thon_relayd_conf relay = {0};
        int r = thon_relayd_conf_read(config_dir, &relay, report);

        if (r >= 0)
                *ret_s = relay.keep_s;
        thon_relayd_conf_done(&relay);
        return r;
}
