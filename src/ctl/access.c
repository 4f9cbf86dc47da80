/* What commands work on: store, broker, zone, files. Each says what to do when it is not to be had. */
#include "ctl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/file.h"
#include "thon/tz.h"

#define TIMEOUT_MS 5000
/* An answer comes once the card has what it says, and a card that others write to, or an old one, takes many seconds for that. So
 * long a daemon may stand still until its watchdog ends it; whom the broker does not know is found out at once. */
#define PATIENCE_MS 30000
#define AGAIN_MS    250

int ctl_open_store(struct ctl *ctl, enum thon_store_mode mode)
{
        _cleanup_free_ char *message = NULL;
        int r;

        r = thon_store_open(ctl->store_path, mode, &ctl->store, &message);
        /* What a command has said to be done, no power cut takes back. */
        if (r == 0 && mode != THON_STORE_READ) {
                r = thon_store_durable(ctl->store, true);
                if (r > 0 && !(message = strdup(thon_store_message(ctl->store))))
                        r = -ENOMEM;
        }
        if (r == 0)
                return CTL_OK;
        if (r == -EACCES || r == -EPERM)
                return ctl_fail(
                        ctl, "access",
                        "%s: no permission. Run thonctl with sudo, or as a member of the group thon.",
                        ctl->store_path);
        if (r < 0)
                return ctl_fail(ctl, "io", "%s: %s", ctl->store_path, strerror(-r));
        return ctl_fail(ctl, thon_store_error_slug(r), "%s",
                        message ? message : "the store cannot be opened");
}

int ctl_zone(struct ctl *ctl)
{
        int r;

        if (ctl->zone)
                return CTL_OK;
        r = thon_tz_load(ctl->site.tz, &ctl->zone);
        return r < 0 ? ctl_fail(ctl, "zone", "no zone \"%s\" in the tz database: %s", ctl->site.tz,
                                strerror(-r))
                     : CTL_OK;
}

static json_t *civil_text(const struct ctl *ctl, const json_t *value)
{
        const char *text = json_string_value(value);
        size_t size = text ? strlen(text) : 0;
        char civil[THON_TIME_TEXT];
        struct thon_wall at;

        /* "2027-02-05T10:31:00Z" and nothing else: a text of a person that happens to be a time is no instant. */
        if (size != 20 || text[size - 1] != 'Z' || !thon_time_parse(NULL, text, &at))
                return NULL;
        return json_string(thon_time_text(ctl->zone, at, civil));
}

void ctl_civil(const struct ctl *ctl, json_t *doc)
{
        const char *key;
        json_t *value, *text;
        void *next;
        size_t i;

        json_object_foreach_safe (doc, next, key, value) {
                text = civil_text(ctl, value);
                if (text)
                        (void)json_object_set_new(doc, key, text);
                else
                        ctl_civil(ctl, value);
        }
        json_array_foreach (doc, i, value)
                ctl_civil(ctl, value);
}

int ctl_connect(struct ctl *ctl)
{
        _cleanup_free_ char *error = NULL;
        int r;

        if (ctl->client)
                return CTL_OK;
        r = thon_mqtt_client_open(&ctl->site, TIMEOUT_MS, &ctl->client, &error);
        if (r == 0)
                return CTL_OK;
        return ctl_fail(ctl, "broker",
                        "the broker at %s:%d cannot be used: %s. Look at: systemctl status mosquitto",
                        ctl->site.broker_host, ctl->site.broker_port, error ? error : strerror(-r));
}

static int publish_touched(struct ctl *ctl, const char *table, char **ret_error)
{
        _cleanup_free_ char *payload = NULL;
        _cleanup_json_ json_t *doc = json_pack("{s:[s]}", "tables", table);
        int r = 0;

        if (!ctl->client)
                r = thon_mqtt_client_open(&ctl->site, 1000, &ctl->client, ret_error);
        payload = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
        return r == 0 && payload
                       ? thon_mqtt_client_publish(ctl->client, "registry/changed", payload, false, 1000)
                       : r;
}

bool ctl_touched_quietly(struct ctl *ctl, const char *table)
{
        _cleanup_free_ char *error = NULL;

        return publish_touched(ctl, table, &error) >= 0;
}

void ctl_touched(struct ctl *ctl, const char *table)
{
        _cleanup_free_ char *error = NULL;
        int r = publish_touched(ctl, table, &error);

        if (r < 0)
                fprintf(stderr,
                        "thonctl: stored, but the daemons could not be told (%s); they see it within half "
                        "an hour, or at "
                        "once after: systemctl reload 'thon-*'\n",
                        error ? error : strerror(-r));
}

int ctl_call(struct ctl *ctl, const char *topic, json_t *payload, const char *daemon, json_t **ret)
{
        return ctl_call_within(ctl, topic, payload, daemon, TIMEOUT_MS, ret);
}

/* Nobody took it, so that it may be said again: a daemon that was restarted, or that the broker sent away, is back in a moment. */
static int call_when_there(struct ctl *ctl, const char *topic, const json_t *payload, const char *daemon,
                           unsigned timeout_ms, json_t **ret)
{
        int r = thon_mqtt_client_call(ctl->client, topic, payload, timeout_ms, ret);

        if (r == -EHOSTUNREACH)
                fprintf(stderr, "thonctl: %s is not there; waiting for it\n", daemon);
        for (unsigned waited = 0; r == -EHOSTUNREACH && waited < TIMEOUT_MS; waited += AGAIN_MS) {
                (void)poll(NULL, 0, AGAIN_MS);
                r = thon_mqtt_client_call(ctl->client, topic, payload, timeout_ms, ret);
        }
        return r;
}

static int answer_of(struct ctl *ctl, int r, const char *topic, const char *daemon, json_t *reply,
                     json_t **ret)
{
        if (r == -EHOSTUNREACH)
                return ctl_fail(ctl, "no-answer",
                                "%s is not running; nothing was changed. Look at: systemctl status %s",
                                daemon, daemon);
        if (r == -ETIMEDOUT)
                return ctl_fail(
                        ctl, "no-answer",
                        "%s does not answer; what was asked of it may be done all the same. Look at: systemctl "
                        "status %s",
                        daemon, daemon);
        if (r == -EACCES)
                return ctl_fail(ctl, "access", "the broker does not let this login send to %s", topic);
        if (r < 0)
                return ctl_fail(ctl, "broker", "%s: %s", topic, strerror(-r));
        if (!json_is_true(json_object_get(reply, "ok"))) {
                const char *error = json_string_value(json_object_get(reply, "error")),
                           *detail = json_string_value(json_object_get(reply, "detail"));
                return ctl_fail(ctl, error ? error : "refused", "%s",
                                detail ? detail : "refused without a reason");
        }
        *ret = json_incref(reply);
        return CTL_OK;
}

int ctl_call_within(struct ctl *ctl, const char *topic, json_t *payload, const char *daemon,
                    unsigned timeout_ms, json_t **ret)
{
        _cleanup_json_ json_t *owned = payload, *reply = NULL;
        int r = ctl_connect(ctl);

        if (r != CTL_OK)
                return r;
        r = call_when_there(ctl, topic, owned, daemon, timeout_ms, &reply);
        if (r == -ETIMEDOUT && timeout_ms < PATIENCE_MS) {
                fprintf(stderr, "thonctl: %s has not answered yet; waiting on\n", daemon);
                r = thon_mqtt_client_wait(ctl->client, PATIENCE_MS - timeout_ms, &reply);
        }
        return answer_of(ctl, r, topic, daemon, reply, ret);
}

int ctl_call_again(struct ctl *ctl, const char *topic, json_t *payload, const char *daemon, json_t **ret)
{
        _cleanup_json_ json_t *owned = payload, *reply = NULL;
        int r = ctl_connect(ctl);

        if (r != CTL_OK)
                return r;
        r = thon_mqtt_client_watch(ctl->client, "status/+", TIMEOUT_MS);
        for (unsigned waited = 0; r >= 0 && waited < PATIENCE_MS; waited += TIMEOUT_MS) {
                r = waited == 0 || thon_mqtt_client_saw_loss(ctl->client)
                            ? call_when_there(ctl, topic, owned, daemon, TIMEOUT_MS, &reply)
                            : thon_mqtt_client_wait(ctl->client, TIMEOUT_MS, &reply);
                if (r != -ETIMEDOUT)
                        break;
                if (waited == 0)
                        fprintf(stderr, "thonctl: %s has not answered yet; waiting on\n", daemon);
                r = 0;
        }
        return answer_of(ctl, r == 0 && !reply ? -ETIMEDOUT : r, topic, daemon, reply, ret);
}

int ctl_read(struct ctl *ctl, const char *path, size_t max, char **ret, size_t *ret_size)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        int r = 0;

        if (strcmp(path, "-") == 0) {
                text = malloc(max + 2);
                if (!text)
                        r = -ENOMEM;
                while (r == 0 && size <= max) {
                        ssize_t n = read(STDIN_FILENO, text + size, max + 1 - size);
                        if (n == 0)
                                break;
                        if (n < 0 && errno != EINTR)
                                r = -errno;
                        size += n > 0 ? (size_t)n : 0;
                }
                if (r == 0 && size > max)
                        r = -EFBIG;
                else if (r == 0)
                        text[size] = '\0';
        } else
                r = thon_file_read(path, max, &text, &size);
        if (r < 0)
                return ctl_fail(ctl, "file", "%s: %s", path, strerror(-r));
        *ret = THON_TAKE(text);
        *ret_size = size;
        return CTL_OK;
}

struct thon_actor ctl_actor(const struct ctl *ctl)
{
        return (struct thon_actor){ctl->by, ctl->now};
}
