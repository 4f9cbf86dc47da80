/* Commands: read within limits, and answered later when what they want takes its time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/mqtt.h"

int thon_mqtt_command(const struct thon_mqtt_message *message, const char *const *members, json_t **ret,
                      struct thon_json_error *error)
{
        _cleanup_json_ json_t *doc = NULL;
        int r;

        if (message->size == 0) {
                doc = json_object();
                r = doc ? 0 : -ENOMEM;
        } else {
                r = thon_json_parse(message->payload, message->size, THON_MQTT_PAYLOAD_MAX, &doc, error);
        }
        if (r < 0)
                return r == -ENOMEM ? r : -EINVAL;
        if (!json_is_object(doc)) {
                thon_json_fail(error, "", "must be an object");
                return -EINVAL;
        }
        if (!thon_json_only(doc, "", members, error))
                return -EINVAL;
        *ret = THON_TAKE(doc);
        return 0;
}

struct thon_mqtt_message *thon_mqtt_unkeep(struct thon_mqtt_message *request)
{
        if (!request)
                return NULL;
        free((char *)request->topic);
        free((char *)request->response_topic);
        free((void *)request->correlation);
        free(request);
        return NULL;
}

struct thon_mqtt_message *thon_mqtt_keep(const struct thon_mqtt_message *request)
{
        struct thon_mqtt_message *kept;
        void *correlation = NULL;

        if (!request->response_topic)
                return NULL;
        kept = calloc(1, sizeof(*kept));
        if (!kept)
                return NULL;
        kept->payload = "";
        kept->topic = strdup(request->topic);
        kept->response_topic = strdup(request->response_topic);
        if (request->correlation_size > 0) {
                kept->correlation = correlation = malloc(request->correlation_size);
                kept->correlation_size = request->correlation_size;
        }
        if (!kept->topic || !kept->response_topic || (kept->correlation_size > 0 && !correlation))
                return thon_mqtt_unkeep(kept);
        if (correlation)
                memcpy(correlation, request->correlation, request->correlation_size);
        return kept;
}
