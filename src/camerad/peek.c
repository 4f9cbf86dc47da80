/* Whether anything answers at an address that a device may have, without a login, before it is checked there. What it needs of
 * the device is copied: the registry may take the device away meanwhile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"
#include "thon/cleanup.h"

struct camerad_peek {
        struct camerad *daemon;
        struct thon_watch_device host;
        struct prober_check *check;
        camerad_peek_fn fn;
        void *userdata;
};

static void on_probe(const struct thon_probe *probe, void *userdata)
{
        struct camerad_peek *peek = userdata;
        bool answers = probe->failure == THON_PROBE_FINE || probe->reached >= THON_RUNG_TCP;

        peek->check = NULL;
        peek->fn(camerad_find(peek->daemon, peek->host.id), peek->host.id, peek->host.host, answers,
                 peek->userdata);
        (void)camerad_peek_cancel(peek);
}

int camerad_peek_start(const struct camerad_device *c, const char *address, camerad_peek_fn fn,
                       void *userdata, struct camerad_peek **ret)
{
        struct camerad_peek *peek = calloc(1, sizeof *peek);
        struct prober_want want = {.auth_stopped = true, .up_to = THON_RUNG_TCP};
        int r;

        if (!peek)
                return -ENOMEM;
        peek->daemon = c->daemon;
        peek->fn = fn;
        peek->userdata = userdata;
        peek->host.kind = THON_WATCH_HOST;
        peek->host.id = strdup(c->conf->id);
        peek->host.host = strdup(address);
        peek->host.ports[0] = c->conf->port;
        peek->host.n_ports = 1;
        want.device = &peek->host;
        r = peek->host.id && peek->host.host
                    ? prober_start(peek->daemon->prober, &want, on_probe, peek, &peek->check)
                    : -ENOMEM;
        if (r < 0) {
                camerad_peek_cancel(peek);
                return r;
        }
        *ret = peek;
        return 0;
}

struct camerad_peek *camerad_peek_cancel(struct camerad_peek *peek)
{
        if (!peek)
                return NULL;
        (void)prober_cancel(peek->check);
        free(peek->host.id);
        free(peek->host.host);
        free(peek);
        return NULL;
}
