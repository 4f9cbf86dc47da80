/* The forms of watched devices. A technician stands at the keyboard when one is written and on a ladder when it is found
 * wrong, so everything that can be checked is checked here, with the place and what would be right. */
#include "thon/camera_form.h"

#include <errno.h>
#include <string.h>

#include "form_address.h"
#include "thon/text.h"

#define INTERVAL_MIN 1
#define INTERVAL_MAX 86400
#define OFF_MIN      3
#define OFF_MAX      120
#define OFF_DEFAULT  10

static int read_ports(struct form *form, const json_t *doc, struct thon_watch_device *device)
{
        const json_t *list, *item;
        size_t i;
        int r = form_array(form, doc, "ports", false, THON_WATCH_PORTS, &list);

        if (r < 0)
                return r;
        json_array_foreach (list, i, item) {
                json_int_t port = json_integer_value(item);

                if (!json_is_integer(item) || port < 1 || port > 65535) {
                        size_t back = form_enter_index(form, "ports", i);
                        r = form_fail(form, "must be a port from 1 to 65535");
                        form_leave(form, back);
                        return r;
                }
                device->ports[device->n_ports++] = (int)port;
        }
        return 0;
}

static int read_power(struct form *form, const json_t *doc, bool camera, struct thon_watch_power *ret)
{
        static const char *const of_camera[] = {"circuit", "off", "reboot", NULL};
        static const char *const of_host[] = {"circuit", "off", NULL};
        const json_t *power = json_object_get(doc, "power");
        size_t back;
        int r;

        ret->off_s = OFF_DEFAULT;
        ret->reboot = camera;
        if (!power)
                return 0;
        back = form_enter(form, "power");
        r = form_object(form, power, camera ? of_camera : of_host);
        if (r == 0)
                r = form_slug(form, power, "circuit", !camera, ret->circuit);
        if (r == 0)
                r = form_integer(form, power, "off", OFF_MIN, OFF_MAX, OFF_DEFAULT, &ret->off_s);
        if (r == 0)
                r = form_bool(form, power, "reboot", camera, &ret->reboot);
        form_leave(form, back);
        return r;
}

/* What all have that are checked by address. */
static int read_common(struct form *form, const json_t *doc, struct thon_watch_device *device)
{
        int r = form_slug(form, doc, "parent", false, device->parent);

        if (r == 0 && strcmp(device->parent, device->id) == 0)
                r = form_fail_at(form, "parent", "must be another device");
        if (r == 0)
                r = form_integer(form, doc, "interval", INTERVAL_MIN, INTERVAL_MAX, INTERVAL_MIN,
                                 &device->interval_s);
        if (r == 0 && !json_object_get(doc, "interval"))
                device->interval_s = 0;
        if (r == 0)
                r = read_power(form, doc, device->kind == THON_WATCH_CAMERA, &device->power);
        return r;
}

static int read_camera(struct form *form, const json_t *doc, struct thon_watch_device *device)
{
        static const char *const members[] = {"url",      "user",  "snapshot_url", "onvif_url", "parent",
                                              "interval", "power", "ptz",          "recorder",  "pictures",
                                              NULL};
        struct form_address address;
        int r = form_object(form, doc, members);

        if (r == 0)
                r = form_url(form, doc, "url", true, true, &address, &device->url);
        if (r < 0)
                return r;
        device->port = address.port;
        device->tls = address.tls;
        device->host = strdup(address.host);
        r = device->host ? 0 : -ENOMEM;
        if (r == 0)
                r = form_text(form, doc, "user", false, true, &device->user);
        /* In Basic a colon ends the user. */
        if (r == 0 && device->user && strchr(device->user, ':'))
                r = form_fail_at(form, "user", "must not hold a colon");
        if (r == 0)
                r = form_url(form, doc, "snapshot_url", false, false, NULL, &device->snapshot_url);
        if (r == 0)
                r = form_url(form, doc, "onvif_url", false, false, NULL, &device->onvif_url);
        if (r == 0)
                r = read_common(form, doc, device);
        if (r == 0)
                r = form_bool(form, doc, "ptz", false, &device->ptz);
        if (r == 0)
                r = form_bool(form, doc, "recorder", false, &device->recorder);
        if (r == 0)
                r = form_bool(form, doc, "pictures", true, &device->pictures);
        return r;
}

static int read_host(struct form *form, const json_t *doc, struct thon_watch_device *device)
{
        static const char *const members[] = {"address", "ports", "parent", "interval", "power", NULL};
        int r = form_object(form, doc, members);

        if (r == 0)
                r = form_host(form, doc, &device->host);
        if (r == 0)
                r = read_ports(form, doc, device);
        return r == 0 ? read_common(form, doc, device) : r;
}

static int read_said(struct form *form, const json_t *doc, const char *key, const char *fallback, char **ret)
{
        int r = form_text(form, doc, key, false, true, ret);

        if (r == 0 && !*ret && !(*ret = strdup(fallback)))
                r = -ENOMEM;
        return r;
}

static int read_mains(struct form *form, const json_t *doc, struct thon_watch_mains *ret)
{
        static const char *const members[] = {"circuit", "topic", "member", "on", "off", NULL};
        static const char *const of_circuit[] = {"circuit", NULL};
        bool circuit = json_object_get(doc, "circuit");
        int r = form_object(form, doc, circuit ? of_circuit : members);

        if (r < 0)
                return r;
        if (circuit)
                return form_slug(form, doc, "circuit", true, ret->circuit);
        if (!json_object_get(doc, "topic"))
                return form_fail(form, "must have either \"circuit\" or \"topic\"");
        r = form_text(form, doc, "topic", true, true, &ret->topic);
        if (r < 0)
                return r;
        if (strpbrk(ret->topic, "+#") || *ret->topic == '$')
                return form_fail_at(form, "topic",
                                    "must be one topic, without + and #, not of the broker's own");
        r = form_text(form, doc, "member", false, true, &ret->member);
        if (r == 0)
                r = read_said(form, doc, "on", "ON", &ret->on);
        if (r == 0)
                r = read_said(form, doc, "off", "OFF", &ret->off);
        if (r == 0 && strcmp(ret->on, ret->off) == 0)
                r = form_fail_at(form, "off", "must differ from \"on\"");
        return r;
}

static int read_device(struct form *form, const json_t *config, struct thon_watch_device *device)
{
        switch (device->kind) {
        case THON_WATCH_CAMERA:
                return read_camera(form, config, device);
        case THON_WATCH_SWITCH:
        case THON_WATCH_ACCESS_POINT:
        case THON_WATCH_HOST:
                return read_host(form, config, device);
        case THON_WATCH_MAINS:
                return read_mains(form, config, &device->mains);
        }
        return -EINVAL;
}

int thon_watch_device_from_json(const char *id, enum thon_watch_kind kind, const char *name,
                                const char *area, const json_t *config, struct thon_watch_device *ret,
                                struct thon_json_error *error)
{
        struct thon_watch_device device = {.kind = kind};
        struct form form = {.error = error};
        int r;

        memset(ret, 0, sizeof(*ret));
        if (!thon_slug_valid(id))
                return form_fail_at(&form, "id",
                                    "must be an id: small letters, digits and hyphens, at most %d",
                                    THON_SLUG_MAX);
        if (area && *area && !thon_slug_valid(area))
                return form_fail_at(&form, "area", "must be an id");
        device.id = strdup(id);
        device.area = strdup(area ? area : "");
        r = device.id && device.area ? 0 : -ENOMEM;
        if (r == 0)
                r = thon_text_nfc(name && *name ? name : id, FORM_NAME_MAX, &device.name);
        if (r == -EINVAL)
                r = form_fail_at(&form, "name", "must be text of at most %d bytes", FORM_NAME_MAX);
        if (r == 0)
                r = read_device(&form, config, &device);
        if (r < 0) {
                thon_watch_device_done(&device);
                return r;
        }
        *ret = device;
        return 0;
}

void thon_watch_device_done(struct thon_watch_device *device)
{
        free(device->id);
        free(device->name);
        free(device->area);
        free(device->host);
        free(device->url);
        free(device->snapshot_url);
        free(device->onvif_url);
        free(device->user);
        free(device->mains.topic);
        free(device->mains.member);
        free(device->mains.on);
        free(device->mains.off);
        memset(device, 0, sizeof(*device));
}
