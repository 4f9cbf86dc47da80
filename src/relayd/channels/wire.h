/* What the kinds share: putting a request together, and reading answers and updates that anybody may have written.
 * Private to this directory. */
#pragma once

#include "../channel.h"
#include "thon/cleanup.h"
#include "thon/relay_text.h"

/* ---- request.c. All return 0, -EINVAL (cannot be written as HTTP) or -ENOMEM. ---- */

/* True for a secret that is there and can stand in a header or a URL. */
bool wire_secret(const char *secret);
/* NULL, or why this text can never go out as one part of at most `max` units. */
const char *wire_text_unfit(const struct relayd_outgoing *out, enum thon_text_unit unit, size_t max);
/* What is sent: the title goes in front of the first part, unless the two are more than `max` units together. Owned;
 * NULL: no memory. */
char *wire_text(const struct relayd_outgoing *out, enum thon_text_unit unit, size_t max);
/* conf->api_url or the kind's, without a slash at its end, and the rest. */
int wire_url(struct relayd_request *request, const struct thon_channel_conf *conf,
             const struct relayd_kind *kind, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* .../bot<token>/<method>; -ENOKEY without a token. */
int wire_bot_url(struct relayd_request *request, const struct thon_channel_conf *conf,
                 const struct relayd_kind *kind, const struct relayd_secrets *secrets, const char *method);
/* A bot's sendMessage of a text that is not unfit: Zalo's bots took it over from Telegram's. */
int wire_bot_message(const struct thon_channel_conf *conf, const struct relayd_kind *kind,
                     const struct relayd_secrets *secrets, const struct relayd_outgoing *out,
                     struct relayd_request *ret);
/* "Name: value". */
int wire_header(struct relayd_request *request, const char *name, const char *value);
/* A POST of JSON; `body` is taken, and NULL is -ENOMEM. */
int wire_json(struct relayd_request *request, json_t *body);
/* A POST of a form with fields {name: text} (taken; NULL is -ENOMEM) and one JPEG as file `name`. */
int wire_form(struct relayd_request *request, json_t *fields, const char *name, const void *jpeg,
              size_t size);
/* For a URL's query; owned, NULL: no memory. */
char *wire_escape(const char *text);
void wire_hand_over(struct relayd_request *from, struct relayd_request *ret);
#define _cleanup_request_ _cleanup_(relayd_request_done)

/* Hex of HMAC-SHA256. 0 or -ENOMEM. */
#define WIRE_HMAC 65
int wire_hmac(const char *key, const void *data, size_t size, char ret[static WIRE_HMAC]);

/* ---- answer.c ---- */

/* What can be said of an answer before its words are understood: true when `ret` is final (nothing came back, the status
 * decides, or there is no object to read). Otherwise *ret_doc is the object, of a 2xx or of a 4xx that its provider's
 * code judges. *ret_doc may also be there, or NULL, with true. */
bool wire_settled(const struct thon_http_answer *answer, json_t **ret_doc, struct thon_judgement *ret);
/* An object that is not what this provider says: unknown for 2xx, else by the status. */
void wire_unclear(const struct thon_http_answer *answer, const json_t *doc, struct thon_judgement *ret);
/* Accepted, with the provider's id of the message (any JSON; only what is an id counts). */
void wire_sent(const struct thon_http_answer *answer, const json_t *id, struct thon_judgement *ret);
/* thon_code_judge(), with the provider's words, and Retry-After when it asks for more patience than the table. */
void wire_refused(const struct thon_http_answer *answer, const json_t *doc, enum thon_code_table table,
                  int64_t code, const struct thon_zone *zone, struct thon_wall now, double jitter,
                  struct thon_judgement *ret);
/* Bots say 400 of everything: does the description name the chat, and not the message, as what is wrong? */
bool wire_names_chat(const json_t *doc);
void wire_no_such_chat(struct thon_judgement *judgement);
/* Nothing was to be delivered: not being sure is no more than a reason to ask again. */
void wire_only_asked(struct thon_judgement *judgement);
/* Makes what a stranger said printable, short and free of anything that looks like a token. */
void wire_detail(struct thon_judgement *judgement, const char *text);

/* ---- values.c: JSON of strangers ---- */

/* An integer, or a string of one. */
bool wire_int(const json_t *value, int64_t *ret);
/* A number, or a string of one; finite. */
bool wire_number(const json_t *value, double *ret);
/* An id as text: a string of printable ASCII without spaces, or an integer, exactly; it must fit. False leaves `buf`
 * empty. */
bool wire_id(const json_t *value, char *buf, size_t size);
/* The same as an address; owned, NULL: none (or no memory). */
char *wire_address(const json_t *value);
/* A string that is not empty and at most `max` bytes long; owned, NULL: none (or no memory). */
char *wire_string(const json_t *value, size_t max);
/* Seconds or, when that large, milliseconds since 1970, as number or string; NEVER: neither. */
struct thon_wall wire_instant(const json_t *value);
/* Follows members; NULL when one is not there. */
const json_t *wire_at(const json_t *doc, const char *const *path);
#define WIRE_AT(doc, ...) wire_at((doc), (const char *const[]){__VA_ARGS__, NULL})

#define WIRE_URL_MAX  2000
#define WIRE_NAME_MAX 200

/* Updates that grow; taken by wire_updates_take(). */
struct wire_updates {
        struct relayd_update *items;
        size_t n;
};
/* A new one at the end, all empty; NULL: no memory. */
struct relayd_update *wire_updates_add(struct wire_updates *updates);
void wire_updates_done(struct wire_updates *updates);
void wire_updates_take(struct wire_updates *updates, struct relayd_update **ret, size_t *ret_n);
#define _cleanup_updates_ _cleanup_(wire_updates_done)
/* Latitude and longitude, when both can be. */
void wire_place(struct relayd_update *update, const json_t *lat, const json_t *lon);
