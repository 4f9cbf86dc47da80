/* What an update leads to (a receipt, an acknowledgement, a report), written in the transaction that notes the update
 * itself, so that a crash neither loses nor repeats it; one that a provider delivers twice is told apart by its id.
 *
 * One account of a provider may be several channels here (a group and its OA, templates), of which only one hears: an
 * answer counts for whichever of them the notice went out on. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inbound.h"
#include "reports.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define UNFOLLOWED_S (180 * 86400)
#define NOTED_MAX    1000 /* bytes of a text in the row of its update; the report has all of it */

static const char *kind_text(enum relayd_update_kind kind)
{
        switch (kind) {
        case RELAYD_TEXT:
                return "text";
        case RELAYD_IMAGE:
                return "image";
        case RELAYD_FILE:
                return "file";
        case RELAYD_LOCATION:
                return "location";
        case RELAYD_RECEIPT:
                return "receipt";
        case RELAYD_FOLLOW:
                return "follow";
        case RELAYD_UNFOLLOW:
                return "unfollow";
        case RELAYD_OTHER:
                break;
        }
        return "other";
}

static json_t *text_or_null(const char *text)
{
        json_t *value = text ? json_stringn(text, thon_report_cut(text, NOTED_MAX)) : NULL;

        return value ? value : json_null();
}

static char *doc_of(const struct relayd_update *u)
{
        _cleanup_json_ json_t *doc = json_pack("{s:o,s:o,s:o}", "text", text_or_null(u->text), "message_id",
                                               text_or_null(u->message_id), "name", text_or_null(u->name));

        if (doc && u->has_place)
                (void)json_object_set_new(doc, "place", json_pack("[f,f]", u->lat, u->lon));
        return doc ? json_dumps(doc, JSON_COMPACT) : NULL;
}

/* ---- who, and on which channel ---- */

/* `nth` 0 is the channel itself. NULL: no more. */
static const char *account(struct relayd *d, const struct relayd_channel *channel, size_t nth)
{
        if (nth == 0)
                return channel->conf->name;
        for (size_t i = 0; i < d->n_channels && channel->secrets; i++) {
                const struct relayd_channel *other = d->channels[i];

                if (other != channel && other->secrets == channel->secrets && --nth == 0)
                        return other->conf->name;
        }
        return NULL;
}

int relayd_sender_find(struct relayd *d, const struct relayd_channel *channel, const char *address,
                       struct thon_sender *ret)
{
        struct thon_sender sender = {.person = ""};
        const char *name;
        int r = 0;

        for (size_t i = 0;
             r == 0 && !sender.person[0] && !sender.household[0] && (name = account(d, channel, i)); i++)
                r = thon_sender_find(d->store, name, address, &sender);
        if (r == 0)
                *ret = sender;
        return r;
}

/* ---- what it may be ---- */

static int take_receipt(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                        struct thon_wall at)
{
        int64_t notice = 0;
        int r = u->message_id ? thon_message_receipt(d->store, channel->conf->name, u->message_id,
                                                     u->receipt, at, &notice)
                              : THON_STORE_NOT_FOUND;

        if (r == 0 && notice != 0)
                relayd_publish_notice(d, notice);
        return r;
}

static int acknowledge(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                       int64_t asked, const char *by)
{
        const char *name;
        int r = THON_STORE_NOT_FOUND;

        for (size_t i = 0; r == THON_STORE_NOT_FOUND && (name = account(d, channel, i)); i++) {
                int64_t id;
                bool first;

                r = relayd_acknowledge(d, asked, by, name, u->address, &id, &first);
                if (r == 0)
                        relayd_publish_notice(d, id);
        }
        return r;
}

/* "ok 17". 1: it was one, and is dealt with. */
static int take_acknowledgement(struct relayd *d, struct relayd_channel *channel,
                                const struct relayd_update *u)
{
        _cleanup_free_ char *name = NULL;
        struct thon_sender sender;
        int64_t asked = 0;
        int r;

        if (u->kind != RELAYD_TEXT || !u->text || !u->address || !thon_ack_parse(u->text, &asked))
                return 0;
        r = relayd_sender_find(d, channel, u->group ? (u->sender ? u->sender : "") : u->address, &sender);
        if (r != 0)
                return r;
        if (sender.person[0] || sender.household[0]) {
                name = strdup(sender.name[0] ? sender.name : sender.person);
        } else if (u->group) {
                /* Anybody may be in a group, and "đã nhận" may be said of anything there. */
                thon_info(
                        "%s: somebody who is not in the registry acknowledges in a group; it does not count",
                        channel->conf->name);
                return 1;
        } else if (!u->name || thon_citizen_text(u->name, sizeof(sender.name), &name) < 0 || !*name) {
                free(name);
                name = strdup(u->address);
        }
        if (!name)
                return -ENOMEM;
        r = acknowledge(d, channel, u, asked, name);
        if (r != THON_STORE_NOT_FOUND)
                return r == 0 ? 1 : r;
        if (u->group)
                return 1;
        /* "Vâng ạ" may go on with a report; who gives a number believes to have taken something on. */
        return asked == 0 ? 0 : relayd_report_no_notice(d, channel, u->address, asked);
}

static int take_words(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                      int64_t inbound, bool *waits)
{
        int r = take_acknowledgement(d, channel, u);

        if (r == 0 && !u->group)
                r = relayd_report_take(d, channel, u, inbound, waits);
        return r == 1 ? 0 : r;
}

static int dispatch(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                    int64_t inbound, bool *waits)
{
        const char *name = channel->conf->name;
        struct thon_wall now = relayd_wall(d), at = u->at.s > now.s ? now : u->at;
        int r = 0;

        if (u->interaction && u->address && *u->address)
                r = thon_chat_interaction(d->store, name, u->address, at);
        if (r != 0)
                return r;
        switch (u->kind) {
        case RELAYD_RECEIPT:
                r = take_receipt(d, channel, u, at);
                break;
        case RELAYD_FOLLOW:
                r = thon_chat_bad(d->store, name, u->address, (struct thon_wall){0}, false, 0, "");
                if (r == 0 && u->interaction && !u->group)
                        r = relayd_report_greet(d, channel, u->address);
                break;
        case RELAYD_UNFOLLOW:
                r = thon_chat_bad(d->store, name, u->address, (struct thon_wall){at.s + UNFOLLOWED_S}, false,
                                  0, "người nhận đã bỏ quan tâm hoặc chặn tin");
                break;
        case RELAYD_TEXT:
        case RELAYD_IMAGE:
        case RELAYD_FILE:
        case RELAYD_LOCATION:
                r = take_words(d, channel, u, inbound, waits);
                break;
        case RELAYD_OTHER:
                break;
        }
        return r;
}

/* ---- all of it, once ---- */

/* The store may take it later. All else would be the same again. */
static bool may_pass(int error)
{
        return error == -ENODEV || error == -ENOMEM ||
               (error > 0 && error != THON_STORE_INVALID && error != THON_STORE_NOT_FOUND &&
                error != THON_STORE_EXISTS && error != THON_STORE_REFERENCED);
}

/* An update whose effects are refused is noted all the same. */
static int dispatch_marked(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                           int64_t inbound)
{
        bool waits = false;
        int r = relayd_batch_mark(d);

        if (r != 0)
                return r;
        r = relayd_batch_unmark(d, dispatch(d, channel, u, inbound, &waits));
        if (r != 0 && may_pass(r))
                return r;
        if (r != 0 && r != THON_STORE_NOT_FOUND)
                thon_warning("%s: an update (%s) cannot be taken: %s", channel->conf->name,
                             kind_text(u->kind), r < 0 ? strerror(-r) : thon_store_message(d->store));
        return r == 0 && waits ? 0 : thon_inbound_done(d->store, inbound);
}

int relayd_update_take(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                       bool *ret_fresh)
{
        _cleanup_free_ char *doc = doc_of(u);
        struct thon_inbound row = {
                .channel = channel->conf->name,
                .update_id = u->update_id,
                .kind = kind_text(u->kind),
                .address = u->address ? u->address : "",
                .sender = u->sender ? u->sender : "",
                .doc = doc,
                .at = relayd_wall(d),
        };
        int64_t id = 0;
        int r;

        if (!doc)
                return -ENOMEM;
        r = relayd_batch_mark(d);
        if (r != 0)
                return r;
        r = thon_inbound_add(d->store, &row, &id);
        if (r == 0)
                r = dispatch_marked(d, channel, u, id);
        r = relayd_batch_unmark(d, r);
        if (r != 0 && may_pass(r))
                return r;
        if (r != 0 && r != THON_STORE_EXISTS)
                thon_warning("%s: an update (%s) cannot be noted: %s", channel->conf->name,
                             kind_text(u->kind), r < 0 ? strerror(-r) : thon_store_message(d->store));
        *ret_fresh = r == 0;
        return 0;
}
