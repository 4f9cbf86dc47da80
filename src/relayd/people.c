/* Words of `to` into ladders: people of the registry by their roles, areas and groups, and posts on a channel itself, which needs
 * no registry. */
#include "people.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"

int relayd_refuse(struct relayd_refusal *refusal, const char *slug, const char *format, ...)
{
        struct thon_json_error printable;
        char text[THON_JSON_ERROR];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        thon_json_fail(&printable, NULL, "%s", text); /* may quote the request */
        refusal->slug = slug;
        snprintf(refusal->text, sizeof(refusal->text), "%s", printable.text);
        return -EINVAL;
}

/* channel:NAME or channel:NAME/ADDRESS: a post on the channel itself. */
static int take_post(struct relayd *d, const char *word, struct relayd_people *people,
                     struct relayd_refusal *refusal)
{
        const char *name = word + strlen("channel:"), *slash = strchr(name, '/'), *address;
        size_t n = slash ? (size_t)(slash - name) : strlen(name);
        char ladder[THON_LADDER_MAX] = "", buf[THON_CHANNEL_NAME];
        struct thon_recipient *more;
        struct relayd_channel *c = NULL;

        if (n < sizeof(buf)) {
                memcpy(buf, name, n);
                buf[n] = '\0';
                c = relayd_channel_find(d, buf);
        }
        if (!c)
                return relayd_refuse(refusal, "unknown-channel", "to: there is no enabled channel %.*s",
                                     (int)n, name);
        address = slash            ? slash + 1
                  : c->conf->chat  ? c->conf->chat
                  : c->conf->topic ? c->conf->topic
                                   : c->conf->page;
        if (!address || !*address)
                return relayd_refuse(refusal, "invalid",
                                     "to: channel %s has no chat of its own; give channel:%s/ADDRESS", buf,
                                     buf);
        if (!thon_ladder_add(ladder, buf, address))
                return relayd_refuse(refusal, "invalid", "to: %s is no address", address);
        more = reallocarray(people->posts, people->n_posts + 1, sizeof(*more));
        if (!more)
                return -ENOMEM;
        people->posts = more;
        more[people->n_posts] = (struct thon_recipient){.ladder = strdup(ladder)};
        if (!more[people->n_posts].ladder)
                return -ENOMEM;
        people->n_posts++;
        return 0;
}

static int build(struct relayd *d, enum thon_class class, enum thon_purpose purpose,
                 struct relayd_people *people)
{
        _cleanup_free_ struct thon_ladder_channel *channels = calloc(d->n_channels + 1, sizeof(*channels));
        struct thon_ladder_conf conf = {
                .channels = channels,
                .n_channels = d->n_channels,
                .order = (const char *const *)d->conf.ladder[class],
                .n_order = d->conf.n_ladder[class],
                .household_phone = d->conf.household_phone,
        };

        if (!channels)
                return -ENOMEM;
        for (size_t i = 0; i < d->n_channels; i++) {
                const struct relayd_channel *c = d->channels[i];

                channels[i] = (struct thon_ladder_channel){
                        .name = c->conf->name,
                        .by_phone = c->conf->by_phone || c->conf->kind == THON_KIND_SMS,
                        .address_of = c->conf->addresses[0] ? c->conf->addresses : NULL};
        }
        return thon_recipients_build(people->audience, purpose, &conf, &people->recipients);
}

int relayd_people_load(struct relayd *d, struct thon_store *store, const char *const *to, size_t n,
                       enum thon_class class, enum thon_purpose purpose, struct relayd_people *ret,
                       struct relayd_refusal *refusal)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < n; i++)
                if (strncmp(to[i], "channel:", 8) == 0)
                        r = take_post(d, to[i], ret, refusal);
        if (r == 0)
                r = thon_audience_load(store, to, n, &ret->audience);
        return r == 0 ? build(d, class, purpose, ret) : r;
}

void relayd_people_done(struct relayd_people *people)
{
        for (size_t i = 0; i < people->n_posts; i++)
                free(people->posts[i].ladder);
        free(people->posts);
        thon_recipients_done(&people->recipients);
        thon_audience_free(people->audience);
        *people = (struct relayd_people){0};
}
