/* The forms of watched devices from hostile bytes: each document is tried as every kind. What is accepted must be such that
 * nothing behind it has to look again: an address that needs no look-up, ports that are ports, texts without a line end. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/camera_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
        if (!condition)
                abort();
}

static void text_is_plain(const char *text)
{
        require(!text || (*text && strlen(text) <= 255 && !strpbrk(text, "\r\n\t\x7f")));
}

static void look(const struct thon_watch_device *d)
{
        unsigned char address[sizeof(struct in6_addr)];

        require(strcmp(d->id, "d-1") == 0 && strcmp(d->area, "thon-4") == 0 && *d->name);
        require((d->kind == THON_WATCH_MAINS) == !d->host);
        if (d->host)
                require(inet_pton(strchr(d->host, ':') ? AF_INET6 : AF_INET, d->host, address) == 1);
        if (d->kind == THON_WATCH_CAMERA)
                require(d->url && d->port >= 1 && d->port <= 65535);
        require(d->n_ports <= THON_WATCH_PORTS);
        for (size_t i = 0; i < d->n_ports; i++)
                require(d->ports[i] >= 1 && d->ports[i] <= 65535);
        require(d->interval_s >= 0 && d->interval_s <= 86400);
        require(!*d->parent || (thon_slug_valid(d->parent) && strcmp(d->parent, d->id) != 0));
        require(!*d->power.circuit || (thon_slug_valid(d->power.circuit) && d->power.off_s >= 3));
        if (d->kind == THON_WATCH_MAINS) {
                require(!*d->mains.circuit == (d->mains.topic != NULL));
                require(!d->mains.topic ||
                        (!strpbrk(d->mains.topic, "+#") && strcmp(d->mains.on, d->mains.off) != 0));
        }
        text_is_plain(d->url);
        text_is_plain(d->user);
        text_is_plain(d->snapshot_url);
        text_is_plain(d->onvif_url);
        text_is_plain(d->mains.topic);
        text_is_plain(d->mains.member);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};

        if (thon_json_parse((const char *)data, size, 65536, &doc, &error) < 0)
                return 0;
        for (int kind = THON_WATCH_CAMERA; kind <= THON_WATCH_MAINS; kind++) {
                struct thon_watch_device device;
                int r = thon_watch_device_from_json("d-1", (enum thon_watch_kind)kind, "Cổng chùa", "thon-4",
                                                    doc, &device, &error);

                if (r == 0) {
                        look(&device);
                        thon_watch_device_done(&device);
                } else {
                        require(!device.id && (r != -EINVAL || *error.text));
                }
        }
        return 0;
}
