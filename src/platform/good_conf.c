/* The configuration that was last found sound, kept beside the plan. A mistake in /etc/thon is refused by a reload and
 * forgotten there; the next power cut must not turn it into dark roads and cameras that nobody watches, when nobody stands at
 * the machine. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/file.h"
#include "thon/good_conf.h"
#include "thon/slug.h"

#define CONF_MAX (1u << 20)

static int dir_of(const char *state_dir, const char *daemon, char **ret)
{
        return asprintf(ret, "%s/%s-conf", state_dir, daemon) < 0 ? -ENOMEM : 0;
}

/* Without thon.conf, which is written last, it would be the defaults: another commune, or nowhere. */
int thon_good_conf_find(const char *state_dir, const char *daemon, char **ret)
{
        _cleanup_free_ char *dir = NULL, *file = NULL;
        int r = dir_of(state_dir, daemon, &dir);

        if (r < 0 || asprintf(&file, "%s/thon.conf", dir) < 0)
                return -ENOMEM;
        if (access(file, R_OK) < 0)
                return -errno;
        *ret = THON_TAKE(dir);
        return 0;
}

/* The card is not written when nothing changed. A file that is not there is part of a configuration too. */
static int keep(const char *from_dir, const char *to_dir, const char *name)
{
        _cleanup_free_ char *from = NULL, *to = NULL, *text = NULL, *before = NULL;
        size_t size = 0, size_before = 0;
        int r;

        if (asprintf(&from, "%s/%s", from_dir, name) < 0 || asprintf(&to, "%s/%s", to_dir, name) < 0)
                return -ENOMEM;
        r = thon_file_read(from, CONF_MAX, &text, &size);
        if (r == -ENOENT)
                return unlink(to) < 0 && errno != ENOENT ? -errno : 0;
        if (r < 0)
                return r;
        if (thon_file_read(to, CONF_MAX, &before, &size_before) == 0 && size == size_before &&
            memcmp(text, before, size) == 0)
                return 0;
        return thon_file_write_atomic(to, text, size, 0640);
}

int thon_good_conf_keep(const char *config_dir, const char *state_dir, const char *daemon)
{
        char own[THON_SLUG_MAX + 8];
        const char *const names[] = {own, "thon.conf"};
        _cleanup_free_ char *dir = NULL;
        int r;

        snprintf(own, sizeof(own), "%s.conf", daemon);
        r = dir_of(state_dir, daemon, &dir);
        if (r == 0 && mkdir(dir, 0750) < 0 && errno != EEXIST)
                r = -errno;
        for (size_t i = 0; r == 0 && i < sizeof(names) / sizeof(names[0]); i++)
                r = keep(config_dir, dir, names[i]);
        return r;
}
