/* When the Internet is down: it is noticed from what every channel lives through, said once, and survived. Nothing is
 * asked of the network for the sake of asking; the probes of the channels' breakers find out when it is back. On return
 * what several notices would have told one chat is told in one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pump.h"
#include "thon/cleanup.h"
#include "thon/log.h"

/* Requests that did not go out, in a row, before a channel counts as cut off. */
#define LOSSES    3u
#define MERGE_MIN 2

struct relayd_network {
        bool offline;
        struct thon_mono since;
};

static bool on_network(const struct relayd_channel *c)
{
        return c->conf->kind != THON_KIND_SMS;
}

/* Some channel is cut off, and none has heard an answer since that began. */
static bool look(const struct relayd *d, struct thon_mono *ret_since)
{
        struct thon_mono since = THON_MONO_NEVER;

        for (size_t i = 0; i < d->n_channels; i++) {
                const struct relayd_channel *c = d->channels[i];

                if (on_network(c) && c->sends->losses >= LOSSES && c->sends->lost_since.us < since.us)
                        since = c->sends->lost_since;
        }
        for (size_t i = 0; i < d->n_channels; i++)
                if (on_network(d->channels[i]) && d->channels[i]->sends->answered_at.us > since.us)
                        return false;
        *ret_since = since;
        return since.us != THON_MONO_NEVER.us;
}

/* ---- merging ---- */

static int compose(const struct thon_merge *merge, char **ret)
{
        _cleanup_free_ char *text = NULL;
        char *more;

        if (asprintf(&text, "Trong lúc mất mạng có %zu thông báo:", merge->n) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        for (size_t i = 0; i < merge->n; i++) {
                if (asprintf(&more, "%s\n\n%zu. %s", text, i + 1, merge->messages[i].text) < 0)
                        return -ENOMEM;
                free(text);
                text = more;
        }
        *ret = THON_TAKE(text);
        return 0;
}

/* Templates say what they were approved for, and a text that is too long in one piece is not in several. */
static bool mergeable(const struct relayd_channel *c, const char *text)
{
        struct thon_text_parts parts = {0};
        bool fits;

        if (c->kind->kind == THON_KIND_ZALO_TEMPLATE || c->kind->kind == THON_KIND_FACEBOOK_PAGE ||
            c->kind->kind == THON_KIND_WEBHOOK || strlen(text) > THON_NOTICE_TEXT_MAX)
                return false;
        if (thon_text_split(text, c->kind->unit, c->kind->text_max, &parts) < 0)
                return false;
        fits = c->conf->max_parts <= 0 || parts.n <= (size_t)c->conf->max_parts;
        thon_text_parts_done(&parts);
        return fits;
}

static int on_chat(const struct thon_merge *merge, void *userdata)
{
        struct relayd *d = userdata;
        struct relayd_channel *c = relayd_channel_find(d, merge->channel);
        _cleanup_free_ char *text = NULL;
        int64_t id;
        int r;

        if (!c)
                return 0;
        r = compose(merge, &text);
        if (r < 0)
                return r;
        return mergeable(c, text) ? thon_messages_merge(d->store, merge, text, relayd_wall(d), &id) : 0;
}

static void merge(struct relayd *d)
{
        size_t n = 0;
        struct thon_wall next;
        int r = relayd_batch_enter(d);

        if (r == 0 && thon_clock_trusted(d->clock))
                r = thon_queue_expire(d->store, relayd_wall(d), &n, &next);
        if (r == 0)
                r = thon_queue_mergeable(d->store, relayd_wall(d), MERGE_MIN, on_chat, d);
        if (r != 0)
                thon_warning("What waited for the network could not be merged: %s",
                             r > 0 && d->store ? thon_store_message(d->store) : strerror(-r));
}

/* ---- gone and back ---- */

static void gone(struct relayd *d, struct thon_mono since)
{
        d->network->offline = true;
        d->network->since = since;
        thon_log_full(LOG_WARNING, THON_MSG_OFFLINE, NULL,
                      "No channel reaches the network: everything is kept until it is back");
        relayd_event(d, "offline", "internet", true, "warning",
                     "Mất kết nối Internet: thông báo được giữ lại và gửi khi có mạng");
        relayd_publish_health(d);
}

static void back(struct relayd *d)
{
        uint64_t away = thon_mono_since(d->network->since, relayd_mono(d)) / 1000000;

        d->network->offline = false;
        thon_log_full(LOG_NOTICE, THON_MSG_ONLINE, NULL, "The network is back after %" PRIu64 " s", away);
        relayd_event(d, "offline", "internet", false, "warning", "Đã có lại kết nối Internet");
        if (away >= (uint64_t)d->conf.merge_after_s)
                merge(d);
        relayd_publish_health(d);
        relayd_pump_soon(d);
}

void relayd_offline_seen(struct relayd *d, struct relayd_channel *c, bool reachable)
{
        struct thon_mono since;

        if (!d->network || !on_network(c))
                return;
        c->reachable = reachable;
        if (reachable) {
                c->sends->losses = 0;
                c->sends->lost_since = THON_MONO_NEVER;
                c->sends->answered_at = relayd_mono(d);
                if (d->network->offline)
                        back(d);
                return;
        }
        if (c->sends->losses++ == 0)
                c->sends->lost_since = relayd_mono(d);
        if (!d->network->offline && look(d, &since))
                gone(d, since);
}

bool relayd_offline(const struct relayd *d)
{
        return d->network && d->network->offline;
}

int relayd_offline_start(struct relayd *d)
{
        d->network = calloc(1, sizeof(*d->network));
        return d->network ? 0 : -ENOMEM;
}

void relayd_offline_stop(struct relayd *d)
{
        free(d->network);
        d->network = NULL;
}
