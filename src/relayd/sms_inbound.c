/* SMS that come in: the modem keeps each until it is in the store, and is told so after the commit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inbound.h"
#include "thon/cleanup.h"
#include "thon/log.h"

struct taken {
        struct relayd *daemon;
        char *channel, *update_id;
};

static struct taken *taken_free(struct taken *taken)
{
        if (!taken)
                return NULL;
        free(taken->channel);
        free(taken->update_id);
        free(taken);
        return NULL;
}
THON_DEFINE_CLEANUP(struct taken *, taken_free)

static void on_stored(void *userdata, bool stored, size_t fresh)
{
        _cleanup_(taken_freep) struct taken *taken = userdata;
        const struct relayd_channel *channel = relayd_channel_find(taken->daemon, taken->channel);

        (void)fresh; /* told again after a restart, it is known */
        if (stored && channel && channel->modem)
                relayd_modem_taken(channel->modem, taken->update_id);
}

static bool copy_text(const char *text, char **ret)
{
        *ret = text ? strdup(text) : NULL;
        return !text || *ret;
}

static struct relayd_update *copy_update(const struct relayd_update *u)
{
        struct relayd_update *copy = malloc(sizeof(*copy));
        bool ok;

        if (!copy)
                return NULL;
        *copy = *u;
        ok = copy_text(u->update_id, &copy->update_id);
        ok = copy_text(u->address, &copy->address) && ok;
        ok = copy_text(u->sender, &copy->sender) && ok;
        ok = copy_text(u->name, &copy->name) && ok;
        ok = copy_text(u->text, &copy->text) && ok;
        ok = copy_text(u->url, &copy->url) && ok;
        ok = copy_text(u->message_id, &copy->message_id) && ok;
        if (ok)
                return copy;
        relayd_updates_free(copy, 1);
        return NULL;
}

void relayd_inbound_sms(const struct relayd_update *update, void *userdata)
{
        struct relayd_channel *channel = userdata;
        struct relayd *d = channel->daemon;
        _cleanup_(taken_freep) struct taken *taken = NULL;
        struct relayd_update *copy;
        int r = -ENOMEM;

        if (!d->intake || d->stopping)
                return;
        taken = calloc(1, sizeof(*taken));
        copy = copy_update(update);
        if (taken && copy) {
                taken->daemon = d;
                taken->channel = strdup(channel->conf->name);
                taken->update_id = strdup(update->update_id);
                if (taken->channel && taken->update_id)
                        r = relayd_intake_add(d, channel->conf->name, THON_TAKE(copy), 1, NULL, on_stored,
                                              taken);
        }
        relayd_updates_free(copy, copy != NULL);
        if (r < 0)
                thon_warning("%s: an SMS stays on the modem: %s", channel->conf->name, strerror(-r));
        else
                taken = NULL;
}
