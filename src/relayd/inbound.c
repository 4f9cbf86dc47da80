/* What comes in: long polls, which work behind any router, and webhooks that webd hands on.
 *
 * An update is in the store before the next poll asks for more, since asking is what tells the provider that it may
 * forget. What an update leads to (a receipt, an acknowledgement, a report) is written in the same transaction, so that a
 * crash neither loses nor repeats it; a provider that delivers it twice is told apart by the update's id. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reports.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define FIRST_S      2
#define LONGEST_S    300
#define SECRET_S     900 /* a token that is refused is not asked about every few seconds */
#define UNFOLLOWED_S (180 * 86400)

struct poll {
        struct relayd *daemon;
        struct relayd_channel *channel;
        struct thon_http_call *call;
        struct thon_alarm *again;
        unsigned failures;
        bool told;
        /* Read, and not in the store yet. */
        struct relayd_update *updates;
        size_t n;
        char *cursor;
        bool storing;
};

struct relayd_inbound {
        struct poll *polls;
        size_t n;
};

static void begin(struct poll *p);
static void keep(struct poll *p);

static void free_updates(struct relayd_update *updates, size_t n)
{
        for (size_t i = 0; i < n; i++)
                relayd_update_done(&updates[i]);
        free(updates);
}

static void later(struct poll *p, int64_t seconds)
{
        struct thon_mono at = thon_mono_add(relayd_mono(p->daemon), (uint64_t)seconds * 1000000);

        if (thon_alarm_set(p->again, THON_WALL_NEVER, at) < 0)
                thon_error("%s: out of memory; nothing is received until a restart", p->channel->conf->name);
}

/* ---- one update ---- */

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
        json_t *value = text ? json_string(text) : NULL;

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

/* "ok 17". 1: it was one, and is dealt with. */
static int take_acknowledgement(struct relayd *d, struct relayd_channel *channel,
                                const struct relayd_update *u)
{
        struct thon_sender sender;
        int64_t asked = 0, id;
        const char *by = u->name && *u->name ? u->name : u->address;
        bool first;
        int r;

        if (u->kind != RELAYD_TEXT || !u->text || !thon_ack_parse(u->text, &asked))
                return 0;
        /* In a group the chat is everybody's: who wrote is known by the sender. */
        r = thon_sender_find(d->store, channel->conf->name, u->group && u->sender ? u->sender : u->address,
                             &sender);
        if (r == 0 && sender.name[0])
                by = sender.name;
        r = relayd_acknowledge(d, asked, by, channel->conf->name, u->address, &id, &first);
        if (r == 0)
                relayd_publish_notice(d, id);
        return r == 0 || r == THON_STORE_NOT_FOUND ? 1 : r;
}

static int dispatch(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u,
                    int64_t inbound, bool *waits)
{
        const char *name = channel->conf->name;
        struct thon_wall at =
                u->at.s == THON_WALL_NEVER.s || u->at.s > relayd_wall(d).s ? relayd_wall(d) : u->at;
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
                break;
        case RELAYD_UNFOLLOW:
                r = thon_chat_bad(d->store, name, u->address, (struct thon_wall){at.s + UNFOLLOWED_S}, false,
                                  0, "người nhận đã bỏ quan tâm hoặc chặn tin");
                break;
        case RELAYD_TEXT:
        case RELAYD_IMAGE:
        case RELAYD_FILE:
        case RELAYD_LOCATION:
                r = take_acknowledgement(d, channel, u);
                if (r == 0 && !u->group)
                        return relayd_report_take(d, channel, u, inbound, waits);
                r = r == 1 ? 0 : r;
                break;
        case RELAYD_OTHER:
                break;
        }
        return r == THON_STORE_NOT_FOUND ? 0 : r;
}

/* In a batch. What is refused is this update's affair; any other error the batch's. */
static int take(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *u)
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
        bool waits = false;
        int64_t id = 0;
        int r;

        if (!doc)
                return -ENOMEM;
        r = relayd_batch_mark(d);
        if (r != 0)
                return r;
        r = thon_inbound_add(d->store, &row, &id);
        if (r == 0)
                r = dispatch(d, channel, u, id, &waits);
        if (r == 0 && !waits)
                r = thon_inbound_done(d->store, id);
        r = relayd_batch_unmark(d, r);
        if (r == THON_STORE_INVALID || r == THON_STORE_NOT_FOUND || r == THON_STORE_REFERENCED) {
                thon_warning("%s: an update could not be taken: %s", channel->conf->name,
                             thon_store_message(d->store));
                return 0;
        }
        return r == THON_STORE_EXISTS ? 0 : r;
}

/* ---- polls ---- */

static void on_stored(struct relayd *d, int result, void *userdata)
{
        struct poll *p = userdata;

        (void)d;
        p->storing = false;
        if (result != 0) {
                later(p, FIRST_S);
                return;
        }
        free_updates(p->updates, p->n);
        p->updates = NULL;
        p->n = 0;
        begin(p);
}

/* Into the store; asked for again until it is there. */
static void keep(struct poll *p)
{
        struct relayd *d = p->daemon;
        int r = relayd_batch_enter(d);

        for (size_t i = 0; r == 0 && i < p->n; i++)
                r = take(d, p->channel, &p->updates[i]);
        if (r == 0 && p->cursor)
                r = thon_poll_cursor_set(d->store, p->channel->conf->name, p->cursor);
        if (r == 0)
                r = relayd_batch_then(d, on_stored, p);
        p->storing = r == 0;
        if (r != 0)
                later(p, FIRST_S);
}

static void failed(struct poll *p, const struct thon_judgement *judgement)
{
        int64_t wait = thon_backoff(++p->failures, FIRST_S, LONGEST_S, relayd_jitter());

        if (judgement->verdict == THON_VERDICT_WAIT && judgement->wait_s > wait)
                wait = judgement->wait_s < 3600 ? judgement->wait_s : 3600;
        if (judgement->verdict == THON_VERDICT_CHANNEL)
                wait = SECRET_S;
        if (!p->told)
                thon_warning("%s: messages cannot be received: %s%s%s; trying on", p->channel->conf->name,
                             thon_verdict_text(judgement->verdict), judgement->detail[0] ? ", " : "",
                             judgement->detail);
        p->told = true;
        later(p, wait);
}

static void on_answer(const struct thon_http_answer *answer, void *userdata)
{
        struct poll *p = userdata;
        struct thon_judgement judgement = {
                .verdict = THON_VERDICT_RETRY, .meaning = "", .until = THON_WALL_NEVER};
        char *cursor = NULL;
        int r;

        p->call = NULL;
        r = p->channel->kind->read_poll(answer, &p->updates, &p->n, &cursor, &judgement);
        if (r < 0) {
                p->updates = NULL;
                p->n = 0;
                failed(p, &judgement);
                return;
        }
        if (p->told)
                thon_info("%s: messages are received again", p->channel->conf->name);
        p->told = false;
        p->failures = 0;
        if (cursor) {
                free(p->cursor);
                p->cursor = cursor;
        }
        if (p->n == 0)
                begin(p);
        else
                keep(p);
}

static void begin(struct poll *p)
{
        struct relayd_request request = {0};
        int r;

        if (p->daemon->stopping)
                return;
        r = p->channel->kind->poll(p->channel->conf, p->channel->secrets, p->cursor, &request);
        if (r == 0)
                r = relayd_call(p->daemon, &request, on_answer, p, &p->call);
        relayd_request_done(&request);
        if (r < 0) {
                struct thon_judgement judgement = {.verdict = THON_VERDICT_CHANNEL, .meaning = ""};
                (void)snprintf(judgement.detail, sizeof(judgement.detail), "%s",
                               r == -ENOKEY ? "the credential has no token" : strerror(-r));
                failed(p, &judgement);
        }
}

static void on_again(void *userdata)
{
        struct poll *p = userdata;

        if (p->updates)
                keep(p);
        else
                begin(p);
}

static int start_poll(struct relayd *d, struct poll *p, struct relayd_channel *channel)
{
        int r;

        *p = (struct poll){.daemon = d, .channel = channel};
        r = thon_alarm_new(d->clock, "poll", on_again, p, &p->again);
        if (r < 0)
                return r;
        if (relayd_store(d)) {
                r = thon_poll_cursor_get(d->store, channel->conf->name, &p->cursor);
                if (r != 0 && r != THON_STORE_NOT_FOUND)
                        thon_warning("%s: where the last poll ended cannot be read: %s", channel->conf->name,
                                     thon_store_message(d->store));
        }
        later(p, 0);
        return 0;
}

int relayd_inbound_start(struct relayd *d)
{
        struct relayd_inbound *in = calloc(1, sizeof(*in));
        int r = 0;

        if (!in)
                return -ENOMEM;
        d->inbound = in;
        in->polls = calloc(d->n_channels + 1, sizeof(*in->polls));
        if (!in->polls)
                return -ENOMEM;
        for (size_t i = 0; i < d->n_channels && r == 0; i++) {
                struct relayd_channel *channel = d->channels[i];
                if (!channel->kind->poll || !channel->conf->receive)
                        continue;
                r = start_poll(d, &in->polls[in->n], channel);
                if (r == 0)
                        in->n++;
        }
        return r < 0 ? r : relayd_reports_start(d);
}

void relayd_inbound_stop(struct relayd *d)
{
        struct relayd_inbound *in = d->inbound;

        if (!in)
                return;
        relayd_reports_stop(d);
        /* What is being stored calls back into the polls. */
        relayd_batch_flush(d);
        for (size_t i = 0; i < in->n; i++) {
                struct poll *p = &in->polls[i];
                if (p->call)
                        thon_http_cancel(p->call);
                thon_alarm_free(p->again);
                free_updates(p->updates, p->n);
                free(p->cursor);
        }
        free(in->polls);
        free(in);
        d->inbound = NULL;
}

/* ---- webhooks, from webd ---- */

static const char *header(const json_t *headers, const char *name)
{
        const char *key;
        json_t *value;

        json_object_foreach ((json_t *)headers, key, value)
                if (strcasecmp(key, name) == 0)
                        return json_string_value(value);
        return NULL;
}

/* "timestamp" of the body as it stands there, a string or a number. */
static bool timestamp_of(const char *body, size_t size, char ret[static 32])
{
        _cleanup_json_ json_t *doc = NULL;
        const json_t *value;

        if (thon_json_parse(body, size, THON_MQTT_PAYLOAD_MAX, &doc, NULL) < 0)
                return false;
        value = json_object_get(doc, "timestamp");
        if (json_is_string(value) && json_string_length(value) < 32)
                (void)snprintf(ret, 32, "%s", json_string_value(value));
        else if (json_is_integer(value))
                (void)snprintf(ret, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        else
                return false;
        return true;
}

/* NULL, or why a webhook is not believed. */
static const char *doubt(const struct relayd_channel *channel, const json_t *headers, const char *body,
                         size_t size)
{
        const char *signature = header(headers, "X-ZEvent-Signature");
        char timestamp[32];

        if (!channel->secrets || !channel->secrets->oa_secret_key)
                return "the credential has no oa_secret_key to check signatures with";
        if (!signature)
                return "it bears no X-ZEvent-Signature";
        if (!timestamp_of(body, size, timestamp))
                return "it has no timestamp";
        if (!relayd_zalo_signature_ok(channel->secrets, body, size, timestamp, signature))
                return "its signature is wrong";
        return NULL;
}

void relayd_inbound_webhook(struct relayd *d, const char *name, const struct thon_mqtt_message *message)
{
        struct relayd_channel *channel = relayd_channel_find(d, name);
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {{0}};
        struct relayd_update *updates = NULL;
        const json_t *body;
        const char *problem = NULL;
        size_t n = 0;
        int r;

        if (message->retained)
                return;
        if (!channel || !channel->kind->read_webhook) {
                thon_warning("inbound/%s: no such channel, or one that has no webhooks", name);
                return;
        }
        r = thon_json_parse(message->payload, message->size, THON_MQTT_PAYLOAD_MAX, &doc, &error);
        body = json_object_get(doc, "body");
        if (r < 0 || !json_is_string(body))
                problem = "it is not {\"headers\":{...},\"body\":\"...\"}";
        if (!problem)
                problem = doubt(channel, json_object_get(doc, "headers"), json_string_value(body),
                                json_string_length(body));
        if (problem) {
                thon_warning("inbound/%s: a webhook is not taken: %s", name, problem);
                return;
        }
        r = channel->kind->read_webhook(json_string_value(body), json_string_length(body), &updates, &n,
                                        &error);
        if (r < 0)
                thon_warning("inbound/%s: a webhook is not understood: %s", name, error.text);
        if (r == 0)
                r = relayd_batch_enter(d);
        for (size_t i = 0; r == 0 && i < n; i++)
                r = take(d, channel, &updates[i]);
        if (r > 0 || r == -ENODEV)
                thon_error("inbound/%s: an update is lost: the store takes nothing", name);
        free_updates(updates, n);
}
