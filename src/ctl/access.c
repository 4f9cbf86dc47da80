/* What commands work on: store, broker, zone, files. Each says what to do when it is not to be had. */
#include "ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/file.h"
#include "thon/tz.h"

#define TIMEOUT_MS 5000

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

int ctl_call_within(struct ctl *ctl, const char *topic, json_t *payload, const char *daemon,
                    unsigned timeout_ms, json_t **ret)
{
        _cleanup_json_ json_t *owned = payload, *reply = NULL;
        int r = ctl_connect(ctl);

        if (r != CTL_OK)
                return r;
        r = thon_mqtt_client_call(ctl->client, topic, owned, timeout_ms, &reply);
        if (r == -EHOSTUNREACH || r == -ETIMEDOUT)
                return ctl_fail(ctl, "no-answer",
                                "%s %s; nothing is known to have changed. Look at: systemctl status %s",
                                daemon, r == -ETIMEDOUT ? "does not answer" : "is not running", daemon);
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
        *ret = THON_TAKE(reply);
        return CTL_OK;
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
