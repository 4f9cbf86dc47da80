/* Texts and addresses in forms. Addresses must be numeric: looking up a name can block for seconds, and a name server that is
 * down would make every camera that is well a camera that is lost. */
#include "form_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <utf8proc.h>

#define TEXT_MAX   255
#define RTSP_PORT  554
#define RTSPS_PORT 322

_Static_assert(FORM_HOST == INET6_ADDRSTRLEN, "an address of either family fits");

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

int form_text(struct form *form, const json_t *doc, const char *key, bool required, bool spaces, char **ret)
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
static bool numeric(const char *text, size_t length, int family, char ret[static FORM_HOST])
{
        struct in6_addr any;

        if (length == 0 || length >= FORM_HOST)
                return false;
        memcpy(ret, text, length);
        ret[length] = '\0';
        if (family == AF_INET && strcmp(ret, "localhost") == 0)
                memcpy(ret, "127.0.0.1", sizeof("127.0.0.1"));
        return inet_pton(family, ret, &any) == 1;
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
                          struct form_address *ret)
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

int form_url(struct form *form, const json_t *doc, const char *key, bool required, bool rtsp,
             struct form_address *ret_address, char **ret)
{
        const char *example = rtsp ? "rtsp://192.168.1.20/stream" : "http://192.168.1.20/";
        const struct scheme *schemes = rtsp ? rtsp_schemes : http_schemes;
        int r;
        const json_t *value = form_member(form, doc, key, required, &r);
        const char *text = json_string_value(value);
        struct form_address address = {.port = 0};

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

int form_host(struct form *form, const json_t *doc, char **ret)
{
        int r;
        const json_t *value = form_member(form, doc, "address", true, &r);
        const char *text = json_string_value(value);
        char host[FORM_HOST];

        if (r < 0)
                return r;
        if (!text ||
            (!numeric(text, strlen(text), AF_INET, host) && !numeric(text, strlen(text), AF_INET6, host)))
                return form_fail_at(
                        form, "address",
                        "must be a numeric address such as 192.168.1.1 or fd00::1, as a name could "
                        "take long to be looked up");
        if (!(*ret = strdup(host)))
                return -ENOMEM;
        return 0;
}
