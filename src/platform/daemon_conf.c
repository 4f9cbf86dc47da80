/* Both files are read also when the first has a mistake: whoever mends them sees all mistakes at once. */
#include "thon/daemon_conf.h"

#include <errno.h>

#include "thon/cleanup.h"
#include "thon/good_conf.h"
#include "thon/log.h"
#include "thon/mqtt.h"

int thon_daemon_conf_read(const struct thon_daemon_conf *kind, const char *config_dir, bool tell,
                          struct thon_site_conf *site, void *conf)
{
        struct thon_conf_report report = {.tell = tell ? thon_conf_tell_log : NULL};
        const char *problem = NULL;
        int r, r2;

        r = thon_site_conf_read(config_dir, site, &report);
        r2 = kind->read(config_dir, conf, &report);
        if (r == 0)
                problem = thon_mqtt_problem(site);
        if (r == 0 && r2 == 0 && !problem)
                return 0;
        if (problem && tell)
                thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL, "thon.conf: %s", problem);
        thon_site_conf_done(site);
        kind->done(conf);
        return r < 0 ? r : r2 < 0 ? r2 : -EINVAL;
}

int thon_daemon_conf_read_good(const struct thon_daemon_conf *kind, const char *state_dir,
                               const char *config_dir, bool tell, struct thon_site_conf *site, void *conf)
{
        _cleanup_free_ char *dir = NULL;
        int r = thon_good_conf_find(state_dir, kind->daemon, &dir);

        if (r == 0)
                r = thon_daemon_conf_read(kind, dir, false, site, conf);
        if (r == 0 && tell)
                thon_log_full(
                        LOG_ERR, THON_MSG_CONFIG_INVALID, NULL,
                        "The configuration in %s is not usable; starting with the last one that was: %s",
                        config_dir, dir);
        return r;
}

int thon_daemon_conf_check(const struct thon_daemon_conf *kind, const struct thon_options *options,
                           void *conf)
{
        struct thon_site_conf site = {0};
        int r = thon_daemon_conf_read(kind, options->config_dir, true, &site, conf);

        if (r < 0 && !options->check_config &&
            thon_daemon_conf_read_good(kind, options->state_dir, options->config_dir, true, &site, conf) ==
                    0)
                r = 0;
        if (r == 0) {
                thon_site_conf_done(&site);
                kind->done(conf);
        }
        return r;
}
