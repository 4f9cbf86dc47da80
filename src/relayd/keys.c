/* Credentials at run time. Channels that name the same one share its secrets and its chain of tokens; one that cannot be read
 * holds its channels and no others. Over a reload a chain goes on for as long as its file says the same, since breaking it
 * off may cost it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credential.h"
#include "pump.h"
#include "thon/cleanup.h"
#include "thon/log.h"

void relayd_credential_lost(struct relayd_credential *credential)
{
        struct relayd *d = credential->daemon;
        const char *trouble = relayd_token_trouble(credential->token);

        for (size_t i = 0; i < d->n_channels; i++) {
                struct relayd_channel *c = d->channels[i];

                if (c->token != credential->token)
                        continue;
                relayd_channel_hold(c, trouble ? trouble : "mất chuỗi mã truy cập Zalo; cần cấp cặp mã mới");
                c->sends->held_until = THON_MONO_NEVER; /* no message can show anything without it */
        }
}

static void on_token(struct relayd_token *token, enum relayd_token_state state, void *userdata)
{
        struct relayd_credential *credential = userdata;
        struct relayd *d = credential->daemon;

        switch (state) {
        case RELAYD_TOKEN_LOST:
                if (credential->told != RELAYD_TOKEN_LOST)
                        thon_log_full(LOG_CRIT, THON_MSG_TOKEN_LOST,
                                      (const char *const[]){"THON_CREDENTIAL=", credential->name, NULL},
                                      "The tokens of credential %s are lost: a person must give a new pair",
                                      credential->name);
                relayd_credential_lost(credential);
                break;
        case RELAYD_TOKEN_GOOD:
                for (size_t i = 0; i < d->n_channels && credential->told == RELAYD_TOKEN_LOST; i++)
                        if (d->channels[i]->token == token)
                                d->channels[i]->gate.held = false;
                break;
        case RELAYD_TOKEN_REFRESHING:
        case RELAYD_TOKEN_WAITING:
                break;
        }
        credential->told = state;
        relayd_pump_soon(d);
        relayd_publish_health(d);
}

static struct relayd_credential *credential_free(struct relayd_credential *credential)
{
        if (!credential)
                return NULL;
        relayd_token_free(credential->token);
        relayd_secrets_free(credential->secrets);
        relayd_secrets_free(credential->seed);
        free(credential->name);
        free(credential->oauth_url);
        free(credential);
        return NULL;
}

/* The service manager calls the files of a directory by its own name for that in front: oa is "relay_oa". */
static int read_credential(const char *name, struct relayd_secrets **ret)
{
        _cleanup_free_ char *loaded = NULL;
        int r = relayd_credential_read(name, ret);

        if (r != -ENOENT || strchr(name, '/'))
                return r;
        if (asprintf(&loaded, "relay_%s", name) < 0) {
                loaded = NULL;
                return -ENOMEM;
        }
        return relayd_credential_read(loaded, ret);
}

static bool same_secrets(const struct relayd_secrets *a, const struct relayd_secrets *b)
{
        return thon_conf_same_text(a->app_id, b->app_id) &&
               thon_conf_same_text(a->secret_key, b->secret_key) &&
               thon_conf_same_text(a->oa_secret_key, b->oa_secret_key) &&
               thon_conf_same_text(a->oa_id, b->oa_id) &&
               thon_conf_same_text(a->access_token, b->access_token) &&
               thon_conf_same_text(a->refresh_token, b->refresh_token) &&
               thon_conf_same_text(a->token, b->token) && thon_conf_same_text(a->user, b->user) &&
               thon_conf_same_text(a->password, b->password);
}

/* Reads the file (again). What it said before stands while it cannot be read, and its chain while it says the same. */
static void take_secrets(struct relayd_credential *credential)
{
        struct relayd_secrets *seed = NULL, *secrets = NULL;
        int r = read_credential(credential->name, &seed);

        if (r == 0 && credential->seed && same_secrets(seed, credential->seed)) {
                relayd_secrets_free(seed);
                return;
        }
        if (r == 0)
                r = read_credential(credential->name, &secrets);
        if (r < 0) {
                relayd_secrets_free(seed);
                thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL, "Credential %s cannot be read: %s. %s",
                              credential->name, strerror(-r),
                              credential->seed ? "The one before stays in force."
                                               : "Its channels are held.");
                return;
        }
        credential->token = relayd_token_free(credential->token);
        relayd_secrets_free(credential->secrets);
        relayd_secrets_free(credential->seed);
        credential->secrets = secrets;
        credential->seed = seed;
}

static void take_chain(struct relayd_credential *credential, const char *oauth_url)
{
        struct relayd *d = credential->daemon;
        const struct relayd_token_conf conf = {credential->name, oauth_url, d->state_dir};
        int r;

        if (credential->token && thon_conf_same_text(credential->oauth_url, oauth_url))
                return;
        credential->token = relayd_token_free(credential->token);
        free(credential->oauth_url);
        credential->oauth_url = strdup(oauth_url ? oauth_url : "");
        r = relayd_token_new(d->clock, d->http, &conf, credential->secrets, on_token, credential,
                             &credential->token);
        if (r < 0)
                thon_log_full(LOG_ERR, THON_MSG_TOKEN_LOST,
                              (const char *const[]){"THON_CREDENTIAL=", credential->name, NULL},
                              "Credential %s gives no tokens: %s", credential->name, strerror(-r));
        else
                credential->told = relayd_token_state(credential->token);
}

struct relayd_credential *relayd_credential_of(struct relayd *d, const struct thon_channel_conf *conf,
                                               bool tokens)
{
        struct relayd_credential *credential;

        if (!conf->credential)
                return NULL;
        for (credential = d->credentials; credential; credential = credential->next)
                if (strcmp(credential->name, conf->credential) == 0)
                        break;
        if (!credential) {
                credential = calloc(1, sizeof(*credential));
                if (!credential || !(credential->name = strdup(conf->credential)))
                        return credential_free(credential);
                credential->daemon = d;
                credential->next = d->credentials;
                d->credentials = credential;
        }
        if (!credential->used)
                take_secrets(credential);
        credential->used = true;
        if (tokens && credential->secrets)
                take_chain(credential, conf->oauth_url);
        return credential;
}

void relayd_credentials_unuse(struct relayd *d)
{
        for (struct relayd_credential *p = d->credentials; p; p = p->next)
                p->used = false;
}

void relayd_credentials_sweep(struct relayd *d)
{
        for (struct relayd_credential **p = &d->credentials; *p;) {
                struct relayd_credential *gone = *p;

                if (gone->used) {
                        p = &gone->next;
                        continue;
                }
                *p = gone->next;
                (void)credential_free(gone);
        }
}
