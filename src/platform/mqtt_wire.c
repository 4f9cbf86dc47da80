/* Names and limits at the border to the broker.
 *
 * libmosquitto checks a topic only for wildcards and length, and payloads not at all; both go on into logs,
 * JSON replies and tables, so they are checked here once, for both kinds of client.
 * mosquitto_validate_utf8() would not do for payloads: it refuses control characters, and with them every
 * pretty-printed JSON text. */
#include "mqtt_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cleanup.h"
#include "thon/digest.h"
#include "thon/slug.h"

#define CLIENT_ID_DIGITS 16
/* Unacknowledged messages on the way to the broker; more wait in the library. */
#define WINDOW 20
/* That the broker sends before we have acknowledged the first. What comes in one turn of relayd's loop shares a commit, and a
 * card takes 10 ms for one: with the library's 20 it would accept a third. etc/mosquitto-thon.conf has the same. */
#define TAKEN_MAX 200

static bool is_utf8(const char *text, size_t size, bool printable)
{
        size_t at = 0;

        while (at < size) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                      (utf8proc_ssize_t)(size - at), &c);

                if (n <= 0 || c == 0)
                        return false;
                if (printable && (c < 0x20 || (c >= 0x7f && c < 0xa0)))
                        return false;
                at += (size_t)n;
        }
        return true;
}

static bool is_numeric(const char *host)
{
        struct in6_addr address;

        return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

const char *thon_mqtt_address(const char *host)
{
        if (!host)
                return NULL;
        if (strcmp(host, "localhost") == 0)
                return "127.0.0.1";
        return is_numeric(host) ? host : NULL;
}

const char *thon_mqtt_problem(const struct thon_site_conf *site)
{
        if (!site->broker_host || !*site->broker_host)
                return "broker.host is empty: give the numeric address of the broker, or localhost";
        if (!thon_mqtt_address(site->broker_host))
                return "broker.host must be a numeric address or localhost: looking up a name could stop the daemon; "
                       "for a broker elsewhere, bridge the local one to it";
        if (site->broker_port < 1 || site->broker_port > UINT16_MAX)
                return "broker.port must be 1 to 65535";
        if (!thon_slug_valid(site->id))
                return "site.id must be a slug (a-z, 0-9 and -, beginning with a letter or digit, at most 63): it is "
                       "part of every topic";
        if (site->broker_credential && *site->broker_credential &&
            !(site->broker_user && *site->broker_user))
                return "broker.credential is set but broker.user is not";
        return NULL;
}

int thon_mqtt_root_of(const char *site, char **ret)
{
        char *root;

        if (!thon_slug_valid(site))
                return -EINVAL;
        if (asprintf(&root, "thon/1/%s/", site) < 0)
                return -ENOMEM;
        *ret = root;
        return 0;
}

/* Length checked first: neither call below sees more than is allowed. */
static bool is_name(const char *text)
{
        size_t size = strnlen(text, THON_MQTT_TOPIC_MAX + 1);

        return size > 0 && size <= THON_MQTT_TOPIC_MAX && is_utf8(text, size, true);
}

bool thon_mqtt_topic_valid(const char *topic)
{
        return is_name(topic) && mosquitto_pub_topic_check(topic) == MOSQ_ERR_SUCCESS;
}

static bool filter_valid(const char *filter)
{
        return is_name(filter) && mosquitto_sub_topic_check(filter) == MOSQ_ERR_SUCCESS;
}

int thon_mqtt_resolve(const char *root, const char *topic, bool filter, char **ret)
{
        _cleanup_free_ char *whole = NULL;

        if (!*topic || strnlen(topic, THON_MQTT_TOPIC_MAX + 1) > THON_MQTT_TOPIC_MAX)
                return -EINVAL;
        if (topic[0] == '/')
                whole = strdup(topic + 1);
        else if (asprintf(&whole, "%s%s", root, topic) < 0)
                whole = NULL;
        if (!whole)
                return -ENOMEM;
        if (filter ? !filter_valid(whole) : !thon_mqtt_topic_valid(whole))
                return -EINVAL;

        *ret = THON_TAKE(whole);
        return 0;
}

const char *thon_mqtt_below(const char *root, const char *topic)
{
        size_t size = strlen(root);

        return strncmp(topic, root, size) == 0 && topic[size] ? topic + size : topic;
}

const char *thon_mqtt_payload_problem(const void *payload, size_t size)
{
        if (size > THON_MQTT_PAYLOAD_MAX)
                return "too-large";
        if (size > 0 && !is_utf8(payload, size, false))
                return "not-utf8";
        return NULL;
}

bool thon_mqtt_may_answer_on(const char *root, const char *topic)
{
        static const char *const ours[] = {"status/", "light/",  "camera/",  "announce/", "zone/",
                                           "notify/", "report/", "inbound/", "event/",    "registry/"};
        const char *below = thon_mqtt_below(root, topic);

        if (!thon_mqtt_topic_valid(topic) || topic[0] == '$')
                return false;
        if (below == topic)
                return true;
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
                if (strncmp(below, ours[i], strlen(ours[i])) == 0)
                        return false;
        return true;
}

/* NULL where the login has none; the caller frees it with thon_secret_free(). */
static int read_password(const struct thon_site_conf *site, char **ret)
{
        if (!site->broker_user || !*site->broker_user || !site->broker_credential ||
            !*site->broker_credential) {
                *ret = NULL;
                return 0;
        }
        return thon_secret_read(site->broker_credential, ret);
}

int thon_mqtt_client_id(const struct thon_site_conf *site, const char *name, char **ret)
{
        char *secret = NULL, *text = NULL, digest[THON_DIGEST_TEXT];
        int r, n;

        r = read_password(site, &secret);
        if (r < 0)
                return r;
        if (!secret) {
                *ret = strdup(name);
                return *ret ? 0 : -ENOMEM;
        }
        n = asprintf(&text, "client id of %s\n%s", name, secret);
        thon_secret_free(secret);
        if (n < 0)
                return -ENOMEM;
        r = thon_digest(text, (size_t)n, digest);
        thon_secret_free(text);
        if (r < 0)
                return r;
        if (asprintf(&text, "%s-%.*s", name, CLIENT_ID_DIGITS, digest) < 0)
                return -ENOMEM;

        *ret = text;
        return 0;
}

static int set_login(struct mosquitto *session, const struct thon_site_conf *site)
{
        char *secret = NULL;
        int r;

        if (!site->broker_user || !*site->broker_user)
                return 0;
        r = read_password(site, &secret);
        if (r < 0)
                return r;
        r = thon_mqtt_errno(mosquitto_username_pw_set(session, site->broker_user, secret));
        thon_secret_free(secret);
        return r;
}

int thon_mqtt_session(const struct thon_site_conf *site, const char *client_id, bool fresh, void *userdata,
                      struct mosquitto **ret)
{
        struct mosquitto *session;
        int r;

        session = mosquitto_new(client_id, fresh, userdata);
        if (!session)
                return errno == ENOMEM ? -ENOMEM : -EINVAL;

        if (mosquitto_int_option(session, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5) != MOSQ_ERR_SUCCESS ||
            mosquitto_int_option(session, MOSQ_OPT_SEND_MAXIMUM, WINDOW) != MOSQ_ERR_SUCCESS ||
            mosquitto_int_option(session, MOSQ_OPT_RECEIVE_MAXIMUM, TAKEN_MAX) != MOSQ_ERR_SUCCESS ||
            mosquitto_int_option(session, MOSQ_OPT_TCP_NODELAY, 1) != MOSQ_ERR_SUCCESS)
                r = -EINVAL;
        else
                r = set_login(session, site);
        if (r < 0) {
                mosquitto_destroy(session);
                return r;
        }

        *ret = session;
        return 0;
}

void thon_mqtt_ignore_sigpipe(void)
{
        struct sigaction now;

        if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
                (void)signal(SIGPIPE, SIG_IGN);
}

int thon_mqtt_errno(int rc)
{
        switch (rc) {
        case MOSQ_ERR_SUCCESS:
                return 0;
        case MOSQ_ERR_NOMEM:
                return -ENOMEM;
        case MOSQ_ERR_INVAL:
        case MOSQ_ERR_MALFORMED_UTF8:
                return -EINVAL;
        case MOSQ_ERR_PAYLOAD_SIZE:
        case MOSQ_ERR_OVERSIZE_PACKET:
                return -EMSGSIZE;
        case MOSQ_ERR_AUTH:
        case MOSQ_ERR_ACL_DENIED:
        case MQTT_RC_NOT_AUTHORIZED:
        case MQTT_RC_BAD_USERNAME_OR_PASSWORD:
                return -EACCES;
        case MOSQ_ERR_PROTOCOL:
        case MOSQ_ERR_MALFORMED_PACKET:
                return -EPROTO;
        default:
                return rc >= MQTT_RC_UNSPECIFIED ? -EPERM : -ENOTCONN;
        }
}

const char *thon_mqtt_words(int rc, int error)
{
        if (rc >= MQTT_RC_UNSPECIFIED)
                return mosquitto_reason_string(rc);
        switch (rc) {
        case MOSQ_ERR_ERRNO:
                return strerror(error);
        case MOSQ_ERR_CONN_LOST:
                return "it closed the connection";
        case MOSQ_ERR_KEEPALIVE:
                return "it no longer answers";
        default:
                return mosquitto_strerror(rc);
        }
}
