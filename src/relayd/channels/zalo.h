/* What Zalo's three ways of sending through an Official Account share. Private to this directory. */
#pragma once

#include "wire.h"

#define ZALO_API      "https://openapi.zalo.me"
#define ZALO_TEXT_MAX 2000

/* Token and, where it is wanted, its proof. -ENOKEY, -EINVAL, -ENOMEM. */
int zalo_headers(struct relayd_request *request, const struct thon_channel_conf *conf,
                 const struct relayd_secrets *secrets);
/* A POST of `body` (taken) to `path` of the OpenAPI. */
int zalo_post(struct relayd_request *request, const struct thon_channel_conf *conf,
              const struct relayd_kind *kind, const struct relayd_secrets *secrets, const char *path,
              json_t *body);
/* What consultation and group messages share, as a kind's `unfit`, `prepare` and `judge`. `member` of "recipient" takes the
 * address. */
const char *zalo_text_unfit(const struct thon_channel_conf *conf, const struct relayd_outgoing *out);
int zalo_text_message(const struct thon_channel_conf *conf, const struct relayd_kind *kind,
                      const struct relayd_secrets *secrets, const char *path, const char *member,
                      const struct relayd_outgoing *out, struct relayd_request *ret);
void zalo_judge_text(const struct thon_channel_conf *conf, const struct thon_http_answer *answer,
                     const struct thon_zone *zone, struct thon_wall now, double jitter,
                     struct thon_judgement *ret);
/* The envelope {"error","message","data"}. With a second table, codes that the first does not know are looked up
 * there. True when it is a success; *ret_data, borrowed from *ret_doc (owned), may be NULL then. */
bool zalo_judge(const struct thon_http_answer *answer, enum thon_code_table table,
                enum thon_code_table second, const struct thon_zone *zone, struct thon_wall now,
                double jitter, json_t **ret_doc, const json_t **ret_data, struct thon_judgement *ret);
/* That of a message: its id and what is left of the quota. */
void zalo_judge_message(const struct thon_http_answer *answer, enum thon_code_table table,
                        enum thon_code_table second, const struct thon_zone *zone, struct thon_wall now,
                        double jitter, struct thon_judgement *ret);
/* zalo_webhook.c */
int zalo_read_webhook(const char *body, size_t size, struct relayd_update **ret, size_t *ret_n,
                      struct thon_json_error *error);
