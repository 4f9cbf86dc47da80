/* Credentials.
 *
 * Parsers quote what they did not understand, and here that is a secret: errors are codes only. Ids of providers are
 * longer than a double is exact; written as numbers they are taken as integers. */
#include "credential.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/conf.h"

#define VALUE_MAX 4096
#define FILE_MAX  (64u * 1024)

static const struct {
        const char *name;
        size_t offset;
} MEMBERS[] = {
        {"app_id", offsetof(struct relayd_secrets, app_id)},
        {"secret_key", offsetof(struct relayd_secrets, secret_key)},
        {"oa_secret_key", offsetof(struct relayd_secrets, oa_secret_key)},
        {"oa_id", offsetof(struct relayd_secrets, oa_id)},
        {"access_token", offsetof(struct relayd_secrets, access_token)},
        {"refresh_token", offsetof(struct relayd_secrets, refresh_token)},
        {"token", offsetof(struct relayd_secrets, token)},
        {"user", offsetof(struct relayd_secrets, user)},
        {"password", offsetof(struct relayd_secrets, password)},
};
#define N_MEMBERS (sizeof MEMBERS / sizeof MEMBERS[0])

THON_DEFINE_CLEANUP(char *, thon_secret_free)
THON_DEFINE_CLEANUP(struct relayd_secrets *, relayd_secrets_free)

static char **field(struct relayd_secrets *secrets, size_t i)
{
        return (char **)(void *)((char *)secrets + MEMBERS[i].offset);
}

/* It will stand in a header or a URL. */
static bool fits(const char *text)
{
        size_t n = 0;

        for (; text[n]; n++)
                if (n == VALUE_MAX || text[n] < ' ' || text[n] > '~')
                        return false;
        return true;
}

/* An empty value is one that is not there. */
static int take(const json_t *value, char **ret)
{
        if (json_is_null(value))
                return 0;
        if (json_is_integer(value)) {
                if (asprintf(ret, "%" JSON_INTEGER_FORMAT, json_integer_value(value)) < 0) {
                        *ret = NULL;
                        return -ENOMEM;
                }
                return 0;
        }
        if (!json_is_string(value) || !fits(json_string_value(value)))
                return -EBADMSG;
        if (json_string_length(value) == 0)
                return 0;
        *ret = strdup(json_string_value(value));
        return *ret ? 0 : -ENOMEM;
}

int relayd_credential_parse(const char *text, size_t size, struct relayd_secrets **ret)
{
        _cleanup_(relayd_secrets_freep) struct relayd_secrets *secrets = NULL;
        _cleanup_json_ json_t *doc = NULL;
        int r;

        r = thon_json_parse(text, size, FILE_MAX, &doc, NULL);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !json_is_object(doc))
                return -EBADMSG;
        secrets = calloc(1, sizeof *secrets);
        if (!secrets)
                return -ENOMEM;
        for (size_t i = 0; i < N_MEMBERS; i++) {
                const json_t *value = json_object_get(doc, MEMBERS[i].name);

                r = value ? take(value, field(secrets, i)) : 0;
                if (r < 0)
                        return r;
        }
        *ret = THON_TAKE(secrets);
        return 0;
}

int relayd_credential_read(const char *name, struct relayd_secrets **ret)
{
        _cleanup_(thon_secret_freep) char *text = NULL;
        int r = thon_secret_read(name, &text);

        return r < 0 ? r : relayd_credential_parse(text, strlen(text), ret);
}

struct relayd_secrets *relayd_secrets_free(struct relayd_secrets *secrets)
{
        if (!secrets)
                return NULL;
        for (size_t i = 0; i < N_MEMBERS; i++)
                thon_secret_free(*field(secrets, i));
        free(secrets);
        return NULL;
}
