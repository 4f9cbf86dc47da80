/* What is there before anything is asked: who may not write is told first, and what stands in brackets behind a question is what
 * the registry, the files and the board say now. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "setup.h"
#include "thon/cleanup.h"
#include "thon/conf_edit.h"
#include "thon/file.h"
#include "thon/light_conf.h"
#include "thon/user.h"

static const char *text_of(const json_t *object, const char *member)
{
        const char *text = json_string_value(json_object_get(object, member));

        return text ? text : "";
}

int setup_fail_store(struct setup *s, int r, const char *message)
{
        const char *why = "kho dữ liệu từ chối";

        if (r == THON_STORE_BUSY)
                why = "kho dữ liệu đang bận; thử lại sau ít phút";
        else if (r == THON_STORE_FULL)
                why = "thẻ nhớ đã đầy";
        else if (r == THON_STORE_READONLY)
                why = "thẻ nhớ chỉ cho đọc";
        else if (r == THON_STORE_CORRUPT)
                why = "kho dữ liệu bị hỏng; khôi phục bằng: thonctl store restore";
        else if (r == THON_STORE_NEWER)
                why = "kho dữ liệu của bản Thôn mới hơn";
        else if (r < 0)
                why = "không ghi được kho dữ liệu";
        return ctl_fail(s->ctl, r < 0 ? "io" : thon_store_error_slug(r), "%s; chưa thay đổi gì (%s)", why,
                        r < 0     ? strerror(-r)
                        : message ? message
                                  : "");
}

static int open_store(struct setup *s)
{
        _cleanup_free_ char *message = NULL;
        int r = thon_store_open(s->ctl->store_path, THON_STORE_WRITE, &s->ctl->store, &message);

        if (r == -EACCES || r == -EPERM || r == THON_STORE_READONLY)
                return ctl_fail(s->ctl, "access",
                                "không ghi được %s: chạy lại với quyền quản trị, sudo thonctl setup",
                                s->ctl->store_path);
        if (r == THON_STORE_MISSING)
                return ctl_fail(s->ctl, "missing",
                                "chưa có kho dữ liệu %s: chạy trước lệnh sudo thonctl store init",
                                s->ctl->store_path);
        if (r != 0)
                return setup_fail_store(s, r, message);
        /* What was said to be done, no power cut takes back. */
        r = thon_store_durable(s->ctl->store, true);
        return r != 0 ? setup_fail_store(s, r, thon_store_message(s->ctl->store)) : CTL_OK;
}

static int read_registry(struct setup *s)
{
        _cleanup_json_ json_t *users = NULL;
        const json_t *user;
        size_t i;
        int r = thon_registry_list(s->ctl->store, THON_DEVICE, NULL, "circuit", &s->circuits);

        if (r == 0)
                r = thon_user_list(s->ctl->store, &users);
        if (r != 0)
                return setup_fail_store(s, r, thon_store_message(s->ctl->store));
        json_array_foreach (users, i, user)
                if (strcmp(text_of(user, "role"), "admin") == 0 &&
                    !json_is_true(json_object_get(user, "disabled")))
                        s->admin_there = true;
        return CTL_OK;
}

/* Simulated chips are lightd's to use when its configuration says so. */
static int survey(struct setup *s)
{
        struct thon_light_conf conf = {.history_s = 0};
        int r = thon_light_conf_read(s->ctl->config_dir, &conf, NULL);

        if (r == 0) {
                r = thon_gpio_survey(conf.gpio_sim_dir, &s->survey);
                thon_light_conf_done(&conf);
        } else
                r = thon_gpio_survey(NULL, &s->survey);
        return r < 0 ? ctl_fail(s->ctl, "io", "không xem được các chân GPIO: %s", strerror(-r)) : CTL_OK;
}

void setup_preset_zone(struct setup *s, const char *id)
{
        size_t i = thon_announced_conf_zone(&s->announced, id);
        const struct thon_air_zone_conf *zone = i == SIZE_MAX ? NULL : &s->announced.zones[i];

        memmove(s->sink_zone, id, strlen(id) + 1);
        (void)snprintf(s->sink_name, sizeof(s->sink_name), "%s", zone ? zone->name : id);
        (void)snprintf(s->sink, sizeof(s->sink), "alsa:default");
        if (zone)
                setup_sink_text(&zone->sink, s->sink);
}

bool setup_zone_is_new(const struct setup *s)
{
        return thon_announced_conf_zone(&s->announced, s->sink_zone) == SIZE_MAX;
}

/* A file of the loudspeakers that cannot be used is in the way of nothing but loudspeakers. */
static void read_announced(struct setup *s)
{
        struct thon_conf_report report = {.tell = ctl_tell_conf};

        s->announced_read = thon_announced_conf_read(s->ctl->config_dir, &s->announced, &report) == 0;
        if (s->announced_read && s->announced.n_zones > 0) {
                setup_preset_zone(s, s->announced.zones[0].id);
                s->loudspeaker = true;
        } else
                (void)snprintf(s->sink, sizeof(s->sink), "alsa:default");
}

static int read_site(struct setup *s)
{
        const struct thon_site_conf *site = &s->ctl->site;
        _cleanup_free_ char *path = NULL, *text = NULL;
        const char *refused;
        int r;

        if (asprintf(&path, "%s/thon.conf", s->ctl->config_dir) < 0) {
                path = NULL;
                return ctl_fail(s->ctl, "memory", "không đủ bộ nhớ");
        }
        r = thon_file_read(path, CTL_FORM_MAX, &text, NULL);
        if (r < 0 && r != -ENOENT)
                return ctl_fail(s->ctl, "io", "%s: %s", path, strerror(-r));
        memcpy(s->id, site->id, sizeof(s->id));
        (void)snprintf(s->name, sizeof(s->name), "%s", site->name);
        s->lat = site->lat;
        s->lon = site->lon;
        s->id_known = text && thon_conf_edit_has(text, "site", "id");
        s->placed =
                text && thon_conf_edit_has(text, "site", "lat") && thon_conf_edit_has(text, "site", "lon");
        refused = setup_take_tz(s, site->tz);
        return refused ? ctl_fail(s->ctl, "zone", "%s", refused) : CTL_OK;
}

void setup_end(struct setup *s)
{
        ctl_secret_done(&s->password);
        thon_announced_conf_done(&s->announced);
        s->survey = thon_gpio_survey_free(s->survey);
        s->zone = thon_zone_free(s->zone);
        json_decref(s->circuits);
        json_decref(s->warnings);
        json_decref(s->changes);
}

int setup_begin(struct setup *s)
{
        int r;

        if (access(s->ctl->config_dir, W_OK) < 0)
                return ctl_fail(s->ctl, "access",
                                "không ghi được thư mục %s (%s): chạy lại với quyền quản trị, sudo thonctl "
                                "setup",
                                s->ctl->config_dir, strerror(errno));
        r = open_store(s);
        if (r == CTL_OK)
                r = read_site(s);
        if (r == CTL_OK)
                r = read_registry(s);
        if (r != CTL_OK)
                return r;
        read_announced(s);
        return survey(s);
}
