/* The forms of watched devices. A technician stands at the keyboard when one is written and on a ladder when it is found
 * wrong, so everything that can be checked is checked here, with the place and what would be right.
 *
 * Addresses must be numeric: looking up a name can block for seconds, and a name server that is down would make every
 * camera that is fine a camera that is lost. */
#include "thon/camera_form.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <utf8proc.h>

#include "form.h"
#include "thon/cleanup.h"
#include "thon/text.h"

#define TEXT_MAX     255
#define INTERVAL_MIN 1
#define INTERVAL_MAX 86400
#define OFF_MIN      3
#define OFF_MAX      120
#define OFF_DEFAULT  10
#define RTSP_PORT    554
#define RTSPS_PORT   322

/* 1 to TEXT_MAX bytes of UTF-8 without control characters and, unless `spaces`, without white space. */
static bool plain(const char *text, bool spaces)
{
        size_t length = text ? strlen(text) : 0;

        if (length == 0 || length > TEXT_MAX)
                return false;
        for (size_t i = 0; i < length;) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + i,
                                                      (utf8proc_ssize_t)(length - i), &c);

                if (n <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || (c == ' ' && !spaces))
                        return false;
                i += (size_t)n;
        }
        return true;
}

/* NULL (and 0) when it is not there and not required. */
static int read_text(struct form *form, const json_t *doc, const char *key, bool required, bool spaces,
                     char **ret)
{
        int r;
        const json_t *value = form_member(form, doc, key, required, &r);
        char *copy;

        if (r < 0 || !value)
                return r;
        if (!plain(json_string_value(value), spaces))
                return form_fail_at(form, key, "must be text of 1 to %d bytes%s", TEXT_MAX,
                                    spaces ? "" : " without spaces");
        copy = strdup(json_string_value(value));
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        return 0;
}

/* "localhost" is what people write for a test; it needs no look-up. */
static bool numeric(const char *text, size_t length, int family, char ret[static INET6_ADDRSTRLEN])
{
        struct in6_addr any;

        if (length == 0 || length >= INET6_ADDRSTRLEN)
                return false;
        memcpy(ret, text, length);
        ret[length] = '\0';
        if (family == AF_INET && strcmp(ret, "localhost") == 0)
                memcpy(ret, "127.0.0.1", sizeof("127.0.0.1"));
        return inet_pton(family, ret, &any) == 1;
}

static int copy_host(const char *host, char **ret)
{
        char *copy = strdup(host);

        if (!copy)
                return -ENOMEM;
        free(*ret);
        *ret = copy;
        return 0;
}

struct scheme {
        const char *text;
        int port;
        bool tls;
};
static const struct scheme rtsp_schemes[] = {
        {"rtsp://", RTSP_PORT, false}, {"rtsps://", RTSPS_PORT, true}, {NULL, 0, false}};
static const struct scheme http_schemes[] = {
        {"http://", 80, false}, {"https://", 443, true}, {NULL, 0, false}};

struct address {
        char host[INET6_ADDRSTRLEN];
        int port;
        bool tls;
};

/* ":8554" behind the host, or nothing. */
static bool read_port(const char *text, size_t length, int *ret)
{
        int port = 0;

        if (length == 0)
                return true;
        if (*text != ':' || length < 2 || length > 6)
                return false;
        for (size_t i = 1; i < length; i++) {
                if (text[i] < '0' || text[i] > '9')
                        return false;
                port = port * 10 + (text[i] - '0');
        }
        if (port < 1 || port > 65535)
                return false;
        *ret = port;
        return true;
}

static int read_authority(struct form *form, const char *key, const char *text, size_t length,
                          struct address *ret)
{
        const char *end, *host = text;
        int family = AF_INET;
        size_t size;

        /* A password in an address would be shown wherever the address is. */
        if (memchr(text, '@', length))
                return form_fail_at(form, key,
                                    "holds a user or a password: give \"user\"; a password is no part of a "
                                    "configuration (thonctl device secret ID)");
        if (length > 0 && *text == '[') {
                family = AF_INET6;
                host = text + 1;
                end = memchr(text, ']', length);
                size = end ? (size_t)(end - host) : 0;
                end = end ? end + 1 : text;
        } else {
                end = memchr(text, ':', length);
                end = end ? end : text + length;
                size = (size_t)(end - host);
        }
        if (!numeric(host, size, family, ret->host))
                return form_fail_at(form, key,
                                    "must be a numeric address: the host is an IPv4 address such as "
                                    "192.168.1.20 or an IPv6 address in brackets, as a name could take long "
                                    "to be looked up");
        if (!read_port(end, length - (size_t)(end - text), &ret->port))
                return form_fail_at(form, key, "has behind the host no port from 1 to 65535");
        return 0;
}

static int read_url(struct form *form, const json_t *doc, const char *key, bool required,
                    const struct scheme *schemes, struct address *ret_address, char **ret)
{
        const char *example =
                schemes == rtsp_schemes ? "rtsp://192.168.1.20/stream" : "http://192.168.1.20/";
        int r;
        const json_t *value = form_member(form, doc, key, required, &r);
        const char *text = json_string_value(value);
        struct address address = {.port = 0};

        if (r < 0 || !value)
                return r;
        if (!plain(text, false))
                return form_fail_at(form, key, "must be an address such as %s, at most %d bytes", example,
                                    TEXT_MAX);
        for (; schemes->text; schemes++) {
                size_t n = strlen(schemes->text);

                if (strncmp(text, schemes->text, n) != 0)
                        continue;
                address.port = schemes->port;
                address.tls = schemes->tls;
                r = read_authority(form, key, text + n, strcspn(text + n, "/?#"), &address);
                if (r < 0)
                        return r;
                if (!(*ret = strdup(text)))
                        return -ENOMEM;
                if (ret_address)
                        *ret_address = address;
                return 0;
        }
        return form_fail_at(form, key, "must begin as %s does", example);
}

static int read_address(struct form *form, const json_t *doc, char **ret)
{
        int r;
        const json_t *value = form_member(form, doc, "address", true, &r);
        const char *text = json_string_value(value);
        char host[INET6_ADDRSTRLEN];

        if (r < 0)
                return r;
        if (!text ||
            (!numeric(text, strlen(text), AF_INET, host) && !numeric(text, strlen(text), AF_INET6, host)))
                return form_fail_at(
                        form, "address",
                        "must be a numeric address such as 192.168.1.1 or fd00::1, as a name could "
                        "take long to be looked up");
        return copy_host(host, ret);
}

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
        struct address address;
        int r = form_object(form, doc, members);

        if (r == 0)
                r = read_url(form, doc, "url", true, rtsp_schemes, &address, &device->url);
        if (r < 0)
                return r;
        device->port = address.port;
        device->tls = address.tls;
        r = copy_host(address.host, &device->host);
        if (r == 0)
                r = read_text(form, doc, "user", false, true, &device->user);
        /* In Basic a colon ends the user. */
        if (r == 0 && device->user && strchr(device->user, ':'))
                r = form_fail_at(form, "user", "must not hold a colon");
        if (r == 0)
                r = read_url(form, doc, "snapshot_url", false, http_schemes, NULL, &device->snapshot_url);
        if (r == 0)
                r = read_url(form, doc, "onvif_url", false, http_schemes, NULL, &device->onvif_url);
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
                r = read_address(form, doc, &device->host);
        if (r == 0)
                r = read_ports(form, doc, device);
        return r == 0 ? read_common(form, doc, device) : r;
}

static int read_said(struct form *form, const json_t *doc, const char *key, const char *fallback, char **ret)
{
        int r = read_text(form, doc, key, false, true, ret);

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
        r = read_text(form, doc, "topic", true, true, &ret->topic);
        if (r < 0)
                return r;
        if (strpbrk(ret->topic, "+#") || *ret->topic == '$')
                return form_fail_at(form, "topic",
                                    "must be one topic, without + and #, not of the broker's own");
        r = read_text(form, doc, "member", false, true, &ret->member);
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
