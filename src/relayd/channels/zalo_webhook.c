/* Events of Zalo's webhook: what people write to the Official Account, who follows it, what was delivered and seen.
 *
 * The signature is a plain SHA-256 with the secret at its end, not an HMAC. Sources disagree on its first term (the
 * app's id or the account's) and on which secret it is; both first terms are taken, and the secret is a setting of its
 * own. Zalo delivers an event again until it is answered: the update's id is made of what identifies the event. */
#include <ctype.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "zalo.h"

#define BODY_MAX    (64 * 1024)
#define EVENT_MAX   64
#define RECEIPT_MAX 100 /* of one event */

/* ---- the signature ---- */

static bool from_hex(const char *hex, unsigned char digest[static 32])
{
        for (size_t i = 0; i < 64; i++) {
                char c = hex[i];
                unsigned n;

                if (c >= '0' && c <= '9')
                        n = (unsigned)(c - '0');
                else if (c >= 'a' && c <= 'f')
                        n = (unsigned)(c - 'a' + 10);
                else if (c >= 'A' && c <= 'F')
                        n = (unsigned)(c - 'A' + 10);
                else
                        return false;
                digest[i / 2] = (unsigned char)(i % 2 == 0 ? n << 4 : digest[i / 2] | n);
        }
        return hex[64] == '\0';
}

static void free_context(EVP_MD_CTX **context)
{
        EVP_MD_CTX_free(*context);
}

static bool signed_with(const char *first, const char *body, size_t size, const char *timestamp,
                        const char *secret, const unsigned char want[static 32])
{
        _cleanup_(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned n = 0;

        return context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
               EVP_DigestUpdate(context, first, strlen(first)) && EVP_DigestUpdate(context, body, size) &&
               EVP_DigestUpdate(context, timestamp, strlen(timestamp)) &&
               EVP_DigestUpdate(context, secret, strlen(secret)) &&
               EVP_DigestFinal_ex(context, digest, &n) && n == 32 && CRYPTO_memcmp(digest, want, 32) == 0;
}

bool relayd_zalo_signature_ok(const struct relayd_secrets *secrets, const char *body, size_t size,
                              const char *timestamp, const char *signature)
{
        static const char prefix[] = "mac=";
        const char *firsts[] = {secrets->app_id, secrets->oa_id};
        const char *secret = secrets->oa_secret_key ? secrets->oa_secret_key : secrets->secret_key;
        _cleanup_json_ json_t *doc = NULL;
        unsigned char want[32];
        char in_body[32];
        bool ok = false;

        if (!wire_secret(secret) || !signature)
                return false;
        if (strncmp(signature, prefix, sizeof prefix - 1) == 0)
                signature += sizeof prefix - 1;
        if (!from_hex(signature, want))
                return false;
        if (!timestamp) {
                if (thon_json_parse(body, size, BODY_MAX, &doc, NULL) < 0 ||
                    !wire_id(json_object_get(doc, "timestamp"), in_body, sizeof in_body))
                        return false;
                timestamp = in_body;
        }
        for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++)
                ok |= wire_secret(firsts[i]) && signed_with(firsts[i], body, size, timestamp, secret, want);
        return ok;
}

/* ---- the events ---- */

struct event {
        const json_t *doc, *message;
        char name[EVENT_MAX], id[THON_MESSAGE_ID]; /* id: of the message, or of user and time; "" nothing */
        struct wire_updates *updates;
};

static bool begins(const char *text, const char *prefix)
{
        return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Makes an update that is told from all others by event, message and `nth` (of one event). */
static struct relayd_update *add(const struct event *event, const char *id, size_t nth)
{
        struct relayd_update *update = wire_updates_add(event->updates);
        int n;

        if (!update)
                return NULL;
        if (nth == 0)
                n = asprintf(&update->update_id, "%s:%s", event->name, id);
        else
                n = asprintf(&update->update_id, "%s:%s:%zu", event->name, id, nth);
        if (n < 0) {
                update->update_id = NULL;
                return NULL;
        }
        update->at = wire_instant(json_object_get(event->doc, "timestamp"));
        return update;
}

/* The documents are silent on where a group's id stands; programs that took part look in these places, in this order. */
static char *group_of(const struct event *event)
{
        const json_t *places[] = {
                WIRE_AT(event->doc, "recipient", "group_id"), WIRE_AT(event->doc, "group_id"),
                WIRE_AT(event->message, "conversation_id"),   WIRE_AT(event->doc, "conversation", "id"),
                WIRE_AT(event->doc, "recipient", "id"),
        };

        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                char *address = wire_address(places[i]);

                if (address)
                        return address;
        }
        return NULL;
}

static void place_of(const struct event *event, const json_t *payload, struct relayd_update *update)
{
        const json_t *at = json_object_get(payload, "coordinates");
        const json_t *lat, *lon;

        if (!at)
                at = json_object_get(event->message, "location");
        if (!at)
                at = payload;
        lat = json_object_get(at, "latitude");
        lon = json_object_get(at, "longitude");
        if (!lat)
                lat = json_object_get(at, "lat");
        if (!lon)
                lon = json_object_get(at, "long");
        if (!lon)
                lon = json_object_get(at, "lon");
        wire_place(update, lat, lon);
}

static bool lacks_its_matter(const struct relayd_update *update)
{
        switch (update->kind) {
        case RELAYD_TEXT:
                return !update->text;
        case RELAYD_IMAGE:
        case RELAYD_FILE:
                return !update->url;
        case RELAYD_LOCATION:
                return !update->has_place;
        case RELAYD_RECEIPT:
        case RELAYD_FOLLOW:
        case RELAYD_UNFOLLOW:
        case RELAYD_OTHER:
                break;
        }
        return false;
}

/* user_send_X and user_send_group_X: one update, or one for each attachment; the words are the first one's. */
static int said(const struct event *event, const char *what, bool group)
{
        enum { ATTACHMENTS = 10 };
        static const struct {
                const char *what;
                enum relayd_update_kind kind;
        } kinds[] = {
                {"text", RELAYD_TEXT},  {"link", RELAYD_TEXT},         {"image", RELAYD_IMAGE},
                {"gif", RELAYD_IMAGE},  {"file", RELAYD_FILE},         {"audio", RELAYD_FILE},
                {"video", RELAYD_FILE}, {"location", RELAYD_LOCATION},
        };
        const json_t *attachments = json_object_get(event->message, "attachments");
        enum relayd_update_kind kind = RELAYD_OTHER;
        size_t n = json_array_size(attachments);

        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
                if (strcmp(what, kinds[i].what) == 0)
                        kind = kinds[i].kind;
        n = n == 0 || kind == RELAYD_OTHER || kind == RELAYD_TEXT ? 1 : n > ATTACHMENTS ? ATTACHMENTS : n;

        for (size_t i = 0; i < n; i++) {
                const json_t *payload = json_object_get(json_array_get(attachments, i), "payload");
                struct relayd_update *update = add(event, event->id, i);

                if (!update)
                        return -ENOMEM;
                update->group = group;
                update->interaction = !group;
                update->sender = wire_address(WIRE_AT(event->doc, "sender", "id"));
                update->address = group ? group_of(event) : update->sender ? strdup(update->sender) : NULL;
                if (!update->address || !update->sender)
                        continue; /* nobody whom one could answer: OTHER */
                update->kind = kind;
                if (i == 0)
                        update->text = wire_string(json_object_get(event->message, "text"), BODY_MAX);
                if (kind == RELAYD_IMAGE || kind == RELAYD_FILE || kind == RELAYD_TEXT)
                        update->url = wire_string(json_object_get(payload, "url"), WIRE_URL_MAX);
                if (kind == RELAYD_FILE && !update->text)
                        update->text = wire_string(json_object_get(payload, "name"), WIRE_NAME_MAX);
                if (kind == RELAYD_LOCATION)
                        place_of(event, payload, update);
                if (kind == RELAYD_TEXT && !update->text)
                        update->text = THON_TAKE(update->url); /* a link without words */
                if (lacks_its_matter(update))
                        update->kind = update->text ? RELAYD_TEXT : RELAYD_OTHER;
        }
        return 0;
}

/* Our tracking id is worth more than Zalo's: it is known even if the answer that held Zalo's was lost. */
static bool is_ours(const char *tracking)
{
        return tracking[0] == 'm' && tracking[1] &&
               strspn(tracking + 1, "0123456789") == strlen(tracking + 1);
}

static int receipt(const struct event *event, enum thon_receipt receipt)
{
        const json_t *list = json_object_get(event->message, "msg_ids");
        const json_t *when = json_object_get(event->message,
                                             receipt == THON_RECEIPT_SEEN ? "seen_time" : "delivery_time");
        size_t n = json_is_array(list) ? json_array_size(list) : 1;
        char tracking[THON_MESSAGE_ID], id[THON_MESSAGE_ID];

        (void)wire_id(json_object_get(event->message, "tracking_id"), tracking, sizeof tracking);
        for (size_t i = 0; i < n && i < RECEIPT_MAX; i++) {
                const json_t *value = json_is_array(list) ? json_array_get(list, i)
                                                          : json_object_get(event->message, "msg_id");
                struct thon_wall at = wire_instant(when);
                struct relayd_update *update;

                if (!json_is_array(list) && is_ours(tracking))
                        memcpy(id, tracking, sizeof id);
                else if (!wire_id(value, id, sizeof id))
                        continue;
                update = add(event, id, 0);
                if (!update)
                        return -ENOMEM;
                update->message_id = strdup(id);
                if (!update->message_id)
                        return -ENOMEM;
                update->address = wire_address(WIRE_AT(event->doc, "recipient", "id"));
                update->kind = RELAYD_RECEIPT;
                update->receipt = receipt;
                if (at.s != INT64_MAX)
                        update->at = at;
        }
        return 0;
}

/* follow, unfollow and all else. */
static int other(const struct event *event)
{
        static const char *const taps[] = {"user_click_", "user_submit_info", "user_reacted_message",
                                           "user_call_oa"};
        struct relayd_update *update = add(event, event->id, 0);
        const json_t *who = WIRE_AT(event->doc, "follower", "id");

        if (!update)
                return -ENOMEM;
        update->sender = wire_address(who ? who : WIRE_AT(event->doc, "sender", "id"));
        update->address = update->sender ? strdup(update->sender) : NULL;
        if (!update->address)
                return 0;
        if (strcmp(event->name, "follow") == 0) {
                update->kind = RELAYD_FOLLOW;
                update->interaction = true;
        } else if (strcmp(event->name, "unfollow") == 0)
                update->kind = RELAYD_UNFOLLOW;
        for (size_t i = 0; i < sizeof taps / sizeof *taps; i++)
                update->interaction = update->interaction || begins(event->name, taps[i]);
        return 0;
}

/* False: it cannot be told from others, so that it could be counted twice. */
static bool identify(struct event *event)
{
        char who[THON_ADDRESS_MAX], when[32];
        const json_t *user = WIRE_AT(event->doc, "follower", "id");
        int n;

        if (wire_id(json_object_get(event->message, "msg_id"), event->id, sizeof event->id))
                return true;
        (void)wire_id(user ? user : WIRE_AT(event->doc, "sender", "id"), who, sizeof who);
        if (!wire_id(json_object_get(event->doc, "timestamp"), when, sizeof when))
                return false;
        n = snprintf(event->id, sizeof event->id, "%s:%s", who, when);
        return n > 0 && (size_t)n < sizeof event->id;
}

int zalo_read_webhook(const char *body, size_t size, struct relayd_update **ret, size_t *ret_n,
                      struct thon_json_error *error)
{
        static const char user_send[] = "user_send_", group_send[] = "user_send_group_";
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_updates_ struct wire_updates updates = {0};
        struct event event = {.updates = &updates};
        int r;

        r = thon_json_parse(body, size, BODY_MAX, &doc, error);
        if (r < 0)
                return r == -ENOMEM ? r : -EINVAL;
        event.doc = doc;
        event.message = json_object_get(doc, "message");
        if (!wire_id(json_object_get(doc, "event_name"), event.name, sizeof event.name)) {
                thon_json_fail(error, "event_name", "must be a word");
                return -EINVAL;
        }
        if (!identify(&event)) {
                thon_json_fail(error, "message.msg_id", "missing, and no timestamp either");
                return -EINVAL;
        }

        if (begins(event.name, group_send))
                r = said(&event, event.name + sizeof group_send - 1, true);
        else if (begins(event.name, user_send))
                r = said(&event, event.name + sizeof user_send - 1, false);
        else if (strcmp(event.name, "user_received_message") == 0)
                r = receipt(&event, THON_RECEIPT_DELIVERED);
        else if (strcmp(event.name, "user_seen_message") == 0)
                r = receipt(&event, THON_RECEIPT_SEEN);
        else
                r = other(&event);
        if (r < 0)
                return r;
        wire_updates_take(&updates, ret, ret_n);
        return 0;
}
