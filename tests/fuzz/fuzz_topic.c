/* Topics and payloads from the broker. Input: a response topic, NUL, a topic, NUL, a payload. What is accepted must be
 * fit for a log, a JSON reply and the broker. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/platform/mqtt_wire.h"
#include "thon/cleanup.h"

#define ROOT "thon/1/chi-phuc/"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
        if (!condition)
                abort();
}

/* Cuts the text before the next NUL from the input. The caller frees it. */
static char *cut(const uint8_t **data, size_t *size)
{
        const uint8_t *end = memchr(*data, 0, *size);
        size_t length = end ? (size_t)(end - *data) : *size;
        char *text = strndup((const char *)*data, length);

        must(text);
        *data += end ? length + 1 : length;
        *size -= end ? length + 1 : length;
        return text;
}

static void try_name(const char *name, bool filter)
{
        _cleanup_free_ char *whole = NULL;
        _cleanup_json_ json_t *text = NULL;

        if (thon_mqtt_resolve(ROOT, name, filter, &whole) != 0) {
                must(!whole);
                return;
        }
        text = json_string(whole);
        must(text && strlen(whole) <= THON_MQTT_TOPIC_MAX && !strchr(whole, '\n'));
        must(filter || (!strchr(whole, '+') && !strchr(whole, '#')));
        /* The name leads back to itself, unless it says with a slash what lies below the root anyway. */
        if (name[0] != '/')
                must(strcmp(thon_mqtt_below(ROOT, whole), name) == 0);
        else
                must(strcmp(whole, name + 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *at = size > 0 ? data : (const uint8_t *)""; /* libFuzzer gives NULL for nothing */
        _cleanup_free_ char *response = cut(&at, &size), *topic = cut(&at, &size);
        _cleanup_json_ json_t *payload = NULL;

        try_name(topic, false);
        try_name(topic, true);
        if (thon_mqtt_may_answer_on(ROOT, response)) {
                must(thon_mqtt_topic_valid(response));
                must(strncmp(response, ROOT "light/", strlen(ROOT "light/")) != 0);
                must(strncmp(response, ROOT "status/", strlen(ROOT "status/")) != 0);
        }
        if (!thon_mqtt_payload_problem(at, size)) {
                payload = json_stringn((const char *)at, size);
                must(payload && size <= THON_MQTT_PAYLOAD_MAX && !memchr(at, 0, size));
        }
        return 0;
}
