/* A channel's credential: a JSON object in a file of the service manager ($CREDENTIALS_DIRECTORY) or at an absolute path,
 * with the members of struct relayd_secrets that its kind needs. Other members are passed over, since consoles of
 * providers hand out more than is needed. */
#pragma once

#include "channel.h"
#include "token.h"

/* ---- credential.c: the file ---- */

/* 0; what thon_secret_read() returns; -EBADMSG: it is no JSON object, or a member is no text (numbers are taken for ids)
 * of at most 4,096 printable ASCII characters; -ENOMEM. What was wrong is not told: the words would hold the secret. */
int relayd_credential_read(const char *name, struct relayd_secrets **ret);
/* The same of a text that was read. */
int relayd_credential_parse(const char *text, size_t size, struct relayd_secrets **ret);
/* Wipes. */
struct relayd_secrets *relayd_secrets_free(struct relayd_secrets *secrets);

/* ---- keys.c: at run time, shared by the channels that name it ---- */
struct relayd;
struct relayd_credential {
        struct relayd_credential *next;
        struct relayd *daemon;
        char *name, *oauth_url;         /* the latter of its chain */
        struct relayd_secrets *secrets; /* NULL: it could not be read */
        struct relayd_secrets *seed;    /* as the file was; `secrets` moves on with the chain */
        struct relayd_token *token;     /* NULL: no chain */
        enum relayd_token_state told;
        bool used;
};
/* The one that a channel names, read when it is new or not used yet since relayd_credentials_unuse(). NULL: none is named,
 * or no memory. `tokens`: the channel's kind wants the chain. */
struct relayd_credential *relayd_credential_of(struct relayd *d, const struct thon_channel_conf *conf,
                                               bool tokens);
/* Its chain is lost: holds its channels until a person gives a new pair. */
void relayd_credential_lost(struct relayd_credential *credential);
/* Around a reload: what nobody has named in between is freed. */
void relayd_credentials_unuse(struct relayd *d);
void relayd_credentials_sweep(struct relayd *d);
