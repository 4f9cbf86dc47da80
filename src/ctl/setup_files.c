/* thon.conf and announced.conf: keys are changed in place, and what came of it is read by the daemons' own code before
 * anything is replaced, from a directory of its own. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "setup.h"
#include "thon/cleanup.h"
#include "thon/conf_edit.h"
#include "thon/file.h"

#define TEXT_MAX 262144
#define QUIET    "21:30-05:30"

int setup_change(struct setup *s, const char *what, const char *id, const char *change, const char *format,
                 ...)
{
        _cleanup_free_ char *text = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        if (r < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return json_array_append_new(s->changes, json_pack("{s:s,s:s,s:s,s:s}", "what", what, "id", id,
                                                           "change", change, "text", text)) < 0
                       ? -ENOMEM
                       : 0;
}

struct text {
        char *path, *now; /* now: as it is to be */
        bool changed;
};

static void text_done(struct text *text)
{
        free(text->path);
        free(text->now);
}

static int text_read(struct setup *s, const char *name, struct text *ret)
{
        int r;

        if (asprintf(&ret->path, "%s/%s", s->ctl->config_dir, name) < 0) {
                ret->path = NULL;
                return -ENOMEM;
        }
        r = thon_file_read(ret->path, TEXT_MAX, &ret->now, NULL);
        if (r == -ENOENT) {
                ret->now = strdup("");
                r = ret->now ? 0 : -ENOMEM;
        }
        return r;
}

/* A value that stands, or is the default, stays as it is written. */
static int set(struct setup *s, struct text *text, const char *file, const char *section, const char *key,
               const char *value, const char *present)
{
        bool there = thon_conf_edit_has(text->now, section, key);
        char *now;
        int r;

        if (present && strcmp(present, value) == 0)
                return 0;
        r = thon_conf_edit_set(text->now, section, key, value, &now);
        if (r < 0)
                return r;
        free(text->now);
        text->now = now;
        text->changed = true;
        return setup_change(s, file, key, there ? "set" : "add", "%s: [%s] %s = %s%s%s%s", text->path,
                            section, key, value, there && present ? " (trước đây: " : "",
                            there && present ? present : "", there && present ? ")" : "");
}

static int edit_site(struct setup *s, struct text *text)
{
        const struct thon_site_conf *site = &s->ctl->site;
        char lat[24], lon[24], old_lat[24], old_lon[24];
        bool placed =
                thon_conf_edit_has(text->now, "site", "lat") && thon_conf_edit_has(text->now, "site", "lon");
        int r;

        setup_degrees(s->lat, lat);
        setup_degrees(s->lon, lon);
        setup_degrees(site->lat, old_lat);
        setup_degrees(site->lon, old_lon);
        r = set(s, text, "thon.conf", "site", "id", s->id,
                thon_conf_edit_has(text->now, "site", "id") ? site->id : NULL);
        if (r == 0)
                r = set(s, text, "thon.conf", "site", "name", s->name, site->name);
        if (r == 0 && s->placed)
                r = set(s, text, "thon.conf", "site", "lat", lat, placed ? old_lat : NULL);
        if (r == 0 && s->placed)
                r = set(s, text, "thon.conf", "site", "lon", lon, placed ? old_lon : NULL);
        if (r == 0)
                r = set(s, text, "thon.conf", "site", "tz", s->tz, site->tz);
        return r;
}

static int edit_announced(struct setup *s, struct text *text)
{
        char section[sizeof("zone ") + THON_SLUG_MAX], present[SETUP_SINK_MAX] = "";
        size_t i = thon_announced_conf_zone(&s->announced, s->sink_zone);
        const struct thon_air_zone_conf *zone = i == SIZE_MAX ? NULL : &s->announced.zones[i];
        int r;

        if (!s->loudspeaker)
                return 0;
        if (!s->announced_read)
                return -EINVAL;
        (void)snprintf(section, sizeof(section), "zone %s", s->sink_zone);
        if (zone)
                setup_sink_text(&zone->sink, present);
        r = set(s, text, "announced.conf", section, "name", s->sink_name, zone ? zone->name : NULL);
        if (r == 0)
                r = set(s, text, "announced.conf", section, "sink", s->sink, zone ? present : NULL);
        if (r == 0 && !zone && *s->area)
                r = set(s, text, "announced.conf", section, "areas", s->area, NULL);
        if (r == 0 && !zone)
                r = set(s, text, "announced.conf", section, "quiet", QUIET, NULL);
        return r;
}

/* ---- checking ---- */

static int check_site(struct setup *s, const char *dir)
{
        struct thon_conf_report report = {.tell = ctl_tell_conf};
        struct thon_site_conf conf;
        int r = thon_site_conf_read(dir, &conf, &report);

        if (r < 0)
                return r;
        /* Nobody's words may turn into a comment on the way. */
        r = strcmp(conf.id, s->id) == 0 && strcmp(conf.name, s->name) == 0 && strcmp(conf.tz, s->tz) == 0
                    ? 0
                    : -EINVAL;
        thon_site_conf_done(&conf);
        return r;
}

static int check_announced(const char *dir)
{
        struct thon_conf_report report = {.tell = ctl_tell_conf};
        struct thon_announced_conf conf = {.n_zones = 0};
        int r = thon_announced_conf_read(dir, &conf, &report);

        if (r == 0)
                thon_announced_conf_done(&conf);
        return r;
}

static int check_in(struct setup *s, const char *dir, const char *name, const struct text *text)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (asprintf(&path, "%s/%s", dir, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = thon_file_write_atomic(path, text->now, strlen(text->now), 0600);
        if (r == 0)
                r = strcmp(name, "thon.conf") == 0 ? check_site(s, dir) : check_announced(dir);
        (void)unlink(path);
        return r;
}

static int check(struct setup *s, const char *name, const struct text *text)
{
        char dir[] = "/tmp/thon-setup-XXXXXX";
        int r;

        if (!text->changed)
                return 0;
        if (!mkdtemp(dir))
                return -errno;
        r = check_in(s, dir, name, text);
        (void)rmdir(dir);
        return r;
}

/* ---- */

void setup_files_done(struct setup_files *files)
{
        files->site = thon_file_draft_free(files->site);
        files->announced = thon_file_draft_free(files->announced);
}

static int fail(struct setup *s, const struct text *text, int r)
{
        if (r == -EINVAL)
                return ctl_fail(s->ctl, "config", "%s sẽ không dùng được như vậy; chưa thay đổi gì",
                                text->path);
        return ctl_fail(s->ctl, r == -ENOSPC || r == -EDQUOT || r == -EFBIG ? "full" : "io",
                        "%s không ghi được: %s; chưa thay đổi gì", text->path, strerror(-r));
}

static int draft(const struct text *text, struct thon_file_draft **ret)
{
        return text->changed
                       ? thon_file_draft(text->path, text->now, strlen(text->now), THON_FILE_AS_IT_IS, ret)
                       : 0;
}

int setup_files_prepare(struct setup *s, bool write, struct setup_files *ret)
{
        _cleanup_(text_done) struct text site = {.changed = false}, announced = {.changed = false};
        int r = text_read(s, "thon.conf", &site);

        if (r == 0)
                r = edit_site(s, &site);
        if (r == 0)
                r = check(s, "thon.conf", &site);
        if (r == 0 && write)
                r = draft(&site, &ret->site);
        if (r < 0)
                return fail(s, &site, r);
        r = text_read(s, "announced.conf", &announced);
        if (r == 0)
                r = edit_announced(s, &announced);
        if (r == 0)
                r = check(s, "announced.conf", &announced);
        if (r == 0 && write)
                r = draft(&announced, &ret->announced);
        if (r < 0)
                return fail(s, &announced, r);
        ret->restart = strcmp(s->id, s->ctl->site.id) != 0 || strcmp(s->tz, s->ctl->site.tz) != 0;
        return CTL_OK;
}

const char *setup_files_publish(struct setup_files *files, int *ret_error)
{
        *ret_error = files->site ? thon_file_draft_publish(files->site) : 0;
        if (*ret_error < 0)
                return "thon.conf";
        *ret_error = files->announced ? thon_file_draft_publish(files->announced) : 0;
        return *ret_error < 0 ? "announced.conf" : NULL;
}
