/* What a discovery found, beside what the registry knows: who is new, who is known, and who is not where the list says. */
#include <arpa/inet.h>
#include <string.h>

#include "follow.h"
#include "thon/cleanup.h"

#define REPLY_MAX (THON_MQTT_PAYLOAD_MAX - 4096)

/* An IPv4 address has one way to be written, and there are many of them to compare; IPv6 has many. */
bool camerad_same_address(const char *a, const char *b)
{
        unsigned char one[16], other[16];

        if (!strchr(a, ':') || !strchr(b, ':'))
                return strcmp(a, b) == 0;
        return inet_pton(AF_INET6, a, one) == 1 && inet_pton(AF_INET6, b, other) == 1 &&
               memcmp(one, other, sizeof one) == 0;
}

const char *camerad_address_of(const struct camerad_device *c)
{
        return c->address[0] ? c->address : c->conf->host;
}

bool camerad_lives_at(const struct camerad_device *c, const char *address)
{
        return camerad_address_of(c) && camerad_same_address(camerad_address_of(c), address);
}

static const struct camerad_device *known_as(const struct camerad *d, const struct discover_found *found)
{
        const struct camerad_device *by_name = NULL;

        for (size_t i = 0; i < d->n; i++) {
                const struct camerad_device *c = d->devices[i];

                if (c->conf->kind != THON_WATCH_CAMERA)
                        continue;
                if (camerad_lives_at(c, found->address) ||
                    (c->conf->host && camerad_same_address(c->conf->host, found->address)))
                        return c;
                if ((c->endpoint[0] && strcmp(c->endpoint, found->match.endpoint) == 0) ||
                    (c->mac[0] && strcmp(c->mac, found->mac) == 0))
                        by_name = c;
        }
        return by_name;
}

static json_t *found_json(const struct camerad *d, const struct discover_found *found)
{
        const struct camerad_device *c = known_as(d, found);
        bool moved = c && c->conf->host && !camerad_same_address(c->conf->host, found->address);

        return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s?,s:b}", "endpoint", found->match.endpoint, "address",
                         found->address, "mac", found->mac, "name", found->match.name, "hardware",
                         found->match.hardware, "xaddr", found->match.xaddr, "known", c ? c->conf->id : NULL,
                         "moved", moved);
}

/* What does not fit into a message any more is counted. */
json_t *camerad_found_json(const struct camerad *d, const struct discover_found *found, size_t n)
{
        _cleanup_json_ json_t *list = json_array();
        size_t used = 0, left_out = 0;

        if (!list)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                json_t *one = found_json(d, &found[i]);
                size_t size = one ? json_dumpb(one, NULL, 0, JSON_COMPACT) + 1 : 0;

                if (!one || used + size > REPLY_MAX) {
                        json_decref(one);
                        left_out++;
                        continue;
                }
                used += size;
                if (json_array_append_new(list, one) < 0)
                        return NULL;
        }
        return left_out ? json_pack("{s:O,s:I}", "found", list, "left_out", (json_int_t)left_out)
                        : json_pack("{s:O}", "found", list);
}
