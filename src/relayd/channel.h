/* A kind of channel: how its requests look, what its answers mean, what comes in. One file a kind in channels/; all else
 * (queue, limits, tokens, retries) is the same for all and knows no provider.
 *
 * Functions are pure but for the loop-less SMS kind: they build and read bytes, and neither send nor log. */
#pragma once

#include "thon/http.h"
#include "thon/json.h"
#include "thon/relay_codes.h"
#include "thon/relayd_conf.h"
#include "thon/zone.h"

/* Secrets of a credential, parsed; all may be NULL. Owned by credential.c, wiped when freed. */
struct relayd_secrets {
        char *app_id, *secret_key, *oa_secret_key, *oa_id; /* zalo; oa_secret_key signs webhooks */
        char *access_token;                                /* zalo: of the token chain, as it is now */
        char *refresh_token; /* zalo: as the credential gives it; only the token chain uses it */
        char *token, *user,
                *password; /* bot token; ntfy; facebook page token; webhook's signing key in `token` */
};

/* One part of a message, ready to go. */
struct relayd_outgoing {
        int64_t message; /* tracking id "m<id>" */
        unsigned part;   /* 0 ... */
        enum thon_class class;
        const char *address, *title /* NULL */, *text; /* `title` goes in front of part 0 if both fit */
        struct thon_wall at;     /* now: it is a part of what a webhook signs; an inquiry looks around it */
        const char *template_id; /* Zalo's, of the notice's template or of the channel; NULL none */
        const json_t *values;    /* of that template; NULL none */
        const void *picture; /* a JPEG that goes with the text, of a kind with picture_text_max; NULL none */
        size_t picture_size;
        const char *attachment; /* what attach() made of it; NULL none */
};

/* A request that owns its strings; free with relayd_request_done(), which wipes them. total_ms 0: thon_http's own. */
struct relayd_request {
        const char *method; /* constant */
        char *url;
        char *headers[8]; /* NULL-terminated */
        char *body;       /* `size` bytes, which may hold any */
        size_t size;
        unsigned total_ms;
};
void relayd_request_done(struct relayd_request *request);

/* What an update means. Strings owned; relayd_update_done(). */
enum relayd_update_kind {
        RELAYD_TEXT,
        RELAYD_IMAGE,
        RELAYD_FILE,
        RELAYD_LOCATION,
        RELAYD_RECEIPT,
        RELAYD_FOLLOW,
        RELAYD_UNFOLLOW,
        RELAYD_OTHER
};
struct relayd_update {
        enum relayd_update_kind kind;
        char *update_id; /* the provider's, or made of what identifies the update */
        char *address;   /* where an answer goes */
        char *sender, *name;
        char *text; /* TEXT, captions, a file's name; as it came */
        char *url;  /* IMAGE, FILE: where it is; Telegram: file id */
        bool has_place;
        double lat, lon;
        char *message_id; /* RECEIPT: of ours */
        enum thon_receipt receipt;
        struct thon_wall at; /* NEVER: not told */
        bool group;          /* from a group chat: never opens a report by itself */
        bool interaction;    /* counts for the 48 h and 7 day windows */
};
void relayd_update_done(struct relayd_update *update);

struct relayd_kind {
        enum thon_channel_kind kind;
        enum thon_text_unit unit;
        size_t text_max; /* units of one part; zalo-template: at most text_parameter_max, if that is set */
        bool by_phone;   /* address is +84...; zalo-template: unless by = uid */
        bool tokens;     /* OAuth v4 chain (zalo oa, template, group) */
        enum thon_code_table codes;
        const char *api_url, *rate; /* defaults, as relayd.conf has them; api_url NULL: none */
        /* A message that this kind can never carry (no template, text too long for it): NULL, or why, in Vietnamese. */
        const char *(*unfit)(const struct thon_channel_conf *conf, const struct relayd_outgoing *out);
        /* 0, -EINVAL (unfit), -ENOKEY (a secret is missing or cannot be one), -ENOMEM. NULL (and judge too): sms. */
        int (*prepare)(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                       const struct relayd_outgoing *out, struct relayd_request *ret);
        /* A text of so many units may take a picture with it, in the same message; 0: never. */
        size_t picture_text_max;
        /* Where a picture is to be left with the provider first, and what it is called there (owned; -EBADMSG: it was not
         * taken, and the text goes without). NULL: it is part of the message. */
        int (*attach)(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                      const void *jpeg, size_t size, struct relayd_request *ret);
        int (*read_attach)(const struct thon_http_answer *answer, char **ret_attachment);
        /* Every answer, also NOT_SENT, UNKNOWN and TOO_LARGE. */
        void (*judge)(const struct thon_channel_conf *conf, const struct thon_http_answer *answer,
                      const struct thon_zone *zone, struct thon_wall now, double jitter,
                      struct thon_judgement *ret);
        /* May this address be written to? Zalo OA: the quota call that tells the last interaction. NULL: needs none. */
        int (*ask_window)(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                          const char *address, struct relayd_request *ret);
        /* 0 and the last interaction (NEVER: never); -EBADMSG with a judgement, which is never SENT nor UNKNOWN. */
        int (*read_window)(const struct thon_http_answer *answer, const struct thon_zone *zone,
                           struct thon_wall now, double jitter, struct thon_wall *ret_last,
                           struct thon_judgement *ret);
        /* Settles an unknown: asks the provider's history for `out`, sent at about `at`; not within a minute of it, for
         * it may still be on its way there. NULL: cannot. */
        int (*inquire)(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                       const struct relayd_outgoing *out, struct relayd_request *ret);
        /* 1 it was sent (message_id filled), 0 it was not, -EAGAIN cannot be told. */
        int (*read_inquiry)(const struct thon_http_answer *answer, const struct relayd_outgoing *out,
                            struct thon_wall at, char message_id[static THON_MESSAGE_ID]);
        /* Long-poll: the next request, given the cursor of the last (NULL at first), and what came. Updates come in
         * order; *ret_cursor (owned; NULL: as before) is stored with them before the next poll. 0 (the judgement says
         * SENT); -EBADMSG with a judgement, which is never SENT nor UNKNOWN; -ENOMEM. NULL: none. */
        int (*poll)(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                    const char *cursor, struct relayd_request *ret);
        int (*read_poll)(const struct thon_http_answer *answer, struct relayd_update **ret, size_t *ret_n,
                         char **ret_cursor, struct thon_judgement *ret_judgement);
        /* The body of a webhook, its signature checked before. 0, -EINVAL (error filled), -ENOMEM. NULL: none. */
        int (*read_webhook)(const char *body, size_t size, struct relayd_update **ret, size_t *ret_n,
                            struct thon_json_error *error);
        /* Where a file of an update is, when its `url` is only a name (Telegram): the request that asks, and the address in
         * the answer (owned; it may hold the token). NULL: `url` is the address. */
        int (*file)(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                    const char *name, struct relayd_request *ret);
        int (*read_file)(const struct thon_channel_conf *conf, const struct relayd_secrets *secrets,
                         const struct thon_http_answer *answer, char **ret_url);
};
extern const struct relayd_kind relayd_zalo_oa, relayd_zalo_template, relayd_zalo_group, relayd_zalo_bot,
        relayd_telegram, relayd_ntfy, relayd_facebook_page, relayd_sms, relayd_webhook;
const struct relayd_kind *relayd_kind_of(enum thon_channel_kind kind);

/* channels/zalo_webhook.c: X-ZEvent-Signature "mac=<hex>": SHA-256 of app_id or oa_id, the raw body, the timestamp in
 * it and the webhook's secret, in constant time. `timestamp` NULL: it is read from the body. */
bool relayd_zalo_signature_ok(const struct relayd_secrets *secrets, const char *body, size_t size,
                              const char *timestamp, const char *signature);

/* SMS goes through ModemManager over D-Bus, not HTTP. */
struct relayd_modem;
/* Called once, from the loop, never from within relayd_modem_send(). It may send, and does not free the modem. */
typedef void (*relayd_modem_fn)(const struct thon_judgement *judgement, void *userdata);
/* `modem`: ModemManager's object path of one, or "any". Neither the bus nor a modem need be there yet: sends WAIT until one
 * is, and come to it by themselves. The bus is the system's, or $DBUS_SYSTEM_BUS_ADDRESS. 0, -EINVAL (no such path can
 * be), -errno. */
int relayd_modem_new(sd_event *event, const char *modem, struct relayd_modem **ret);
/* Functions of what is under way are not called. */
struct relayd_modem *relayd_modem_free(struct relayd_modem *modem);
/* `number` +84... or a short one of digits; `text` is not empty. Both copied. A text longer than one SMS goes out in several
 * that the phone joins. The judgement is SENT when the network took it, UNKNOWN when nobody answered after it was handed to
 * the modem, and else something that was not sent. 0, -EINVAL, -ENOMEM. */
int relayd_modem_send(struct relayd_modem *modem, const char *number, const char *text, relayd_modem_fn fn,
                      void *userdata);
/* What comes in: RELAYD_TEXT of a number, RELAYD_RECEIPT of what was sent (message_id as in the judgement). Borrowed for the
 * call. It stays on the modem, and is told again after a restart of either, until relayd_modem_taken(). NULL: nobody
 * listens, and nothing is read. */
typedef void (*relayd_modem_update_fn)(const struct relayd_update *update, void *userdata);
void relayd_modem_listen(struct relayd_modem *modem, relayd_modem_update_fn fn, void *userdata);
/* It is stored: the modem may forget it. May be called from within the function. */
void relayd_modem_taken(struct relayd_modem *modem, const char *update_id);
