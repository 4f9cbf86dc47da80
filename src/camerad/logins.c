/* Users and passwords of cameras, and what became of them. Many cameras lock an account that is tried on, and with it the
 * commune's recorder: what was refused twice is not tried again until it changes or somebody asks for a check. A digest of what
 * was refused outlives a restart, and tells a new password from the old one. */
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camerad.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/registry.h"

#define REFUSED_ENOUGH 2

static const char *user_of(const struct camerad_device *c)
{
        return c->conf->user ? c->conf->user : c->daemon->conf.user;
}

/* Stands for user and password in the store, and tells nobody what they are. */
static void tag_of(const struct camerad_device *c, char ret[static 20])
{
        const char *user = user_of(c), *id = c->conf->id;
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned int size = 0;
        char *text = NULL;
        int n;

        memset(ret, 0, 20);
        if (!c->password)
                return;
        n = asprintf(&text, "%s\n%s", user ? user : "", c->password);
        if (n < 0)
                return;
        if (HMAC(EVP_sha256(), id, (int)strlen(id), (const unsigned char *)text, (size_t)n, digest, &size) &&
            size >= 8)
                for (size_t i = 0; i < 8; i++)
                        snprintf(ret + 2 * i, 3, "%02x", digest[i]);
        explicit_bzero(text, (size_t)n);
        free(text);
}

static void take_password(struct camerad_device *c, char *password)
{
        char tag[20];

        thon_secret_free(c->password);
        c->password = password;
        tag_of(c, tag);
        if (strcmp(tag, c->auth_tag) == 0)
                return;
        memcpy(c->auth_tag, tag, sizeof(tag));
        if (c->auth_refused > 0)
                camerad_sweep_plan(c, true);
        c->auth_refused = c->picture_refused = c->recorder_refused = 0;
        camerad_keep_row(c, false);
}

int camerad_logins_load(struct camerad *d, struct thon_store *store)
{
        for (size_t i = 0; i < d->n; i++) {
                struct camerad_device *c = d->devices[i];
                char *password = NULL;
                int64_t serial = 0;
                int r;

                if (c->conf->kind != THON_WATCH_CAMERA)
                        continue;
                r = thon_device_secret_get(store, c->conf->id, &password, &serial);
                if (r == 0 && !password && d->password) {
                        password = strdup(d->password);
                        r = password ? 0 : -ENOMEM;
                }
                if (r != 0)
                        return r;
                take_password(c, password);
        }
        return 0;
}

bool camerad_login_stopped(const struct camerad_device *c)
{
        return c->auth_refused >= REFUSED_ENOUGH;
}

void camerad_login(const struct camerad_device *c, const char **ret_user, const char **ret_password,
                   bool *ret_stopped)
{
        const char *user = user_of(c);
        bool stopped = camerad_login_stopped(c), any = user && c->password && !stopped;

        *ret_user = any ? user : NULL;
        *ret_password = any ? c->password : NULL;
        *ret_stopped = stopped;
}

void camerad_login_told(struct camerad_device *c, bool refused)
{
        if (!refused) {
                if (c->auth_refused > 0) {
                        c->auth_refused = 0;
                        camerad_keep_row(c, false);
                }
                return;
        }
        if (camerad_login_stopped(c))
                return;
        c->auth_refused++;
        /* At once: a daemon that is restarted in a loop must not lock the account by trying on. */
        camerad_keep_row(c, true);
        if (camerad_login_stopped(c))
                thon_log_id(LOG_WARNING, THON_MSG_LOGIN_STOPPED, "THON_CAMERA", c->conf->id,
                            "%s: user and password were refused twice; they are not tried again until they "
                            "change or somebody asks for a check",
                            c->conf->id);
}

void camerad_web_login_told(struct camerad_device *c, unsigned *count, bool refused)
{
        if (!refused)
                *count = 0;
        else if (*count < REFUSED_ENOUGH && ++*count == REFUSED_ENOUGH)
                thon_log_id(LOG_WARNING, THON_MSG_LOGIN_STOPPED, "THON_CAMERA", c->conf->id,
                            "%s: its web server refused user and password twice; they are not tried there "
                            "again until they change or somebody asks for a check",
                            c->conf->id);
}

bool camerad_web_login_stopped(unsigned count)
{
        return count >= REFUSED_ENOUGH;
}
