/* An event as anybody with the right to publish one may send it: read with limits, and cleaned before anyone reads it. What
 * is too long for a notice is cut; what identifies it is refused. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "routes.h"
#include "thon/cleanup.h"
#include "thon/text.h"

void relayd_heard_done(struct relayd_heard *heard)
{
        free(heard->kind);
        free(heard->id);
        free(heard->subject);
        free(heard->name);
        free(heard->text);
        free(heard->area);
        free(heard->cause_id);
        for (size_t i = 0; i < heard->n_values; i++) {
                free((char *)heard->values[i].name);
                free((char *)heard->values[i].value);
        }
        *heard = (struct relayd_heard){0};
}

struct thon_event_in relayd_heard_in(const struct relayd_heard *heard)
{
        return (struct thon_event_in){
                .id = heard->id,
                .kind = heard->kind,
                .subject = heard->subject,
                .name = heard->name,
                .text = heard->text,
                .area = heard->area,
                .cause_id = heard->cause_id,
                .values = heard->values,
                .n_values = heard->n_values,
                .severity = heard->severity,
                .raised = heard->raised,
                .at = heard->at,
        };
}

/* Ids are compared, never shown: printable ASCII without spaces. Those of the router itself are not for others. */
static bool is_id(const char *text)
{
        size_t n = strnlen(text, THON_EVENT_ID_MAX + 1);

        if (n == 0 || n > THON_EVENT_ID_MAX || strncmp(text, "flapping:", 9) == 0)
                return false;
        for (size_t i = 0; i < n; i++)
                if (text[i] <= ' ' || text[i] > '~')
                        return false;
        return true;
}

static int clean(const char *text, size_t max, char **ret)
{
        size_t n = strlen(text);
        _cleanup_free_ char *cut = NULL;
        int r;

        for (;; max -= max / 8 + 1) {
                size_t end = n <= max ? n : max;

                while (n > max && end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
                        end--;
                free(cut);
                cut = strndup(text, end);
                if (!cut)
                        return -ENOMEM;
                for (char *p = cut; *p; p++)
                        if ((unsigned char)*p < ' ' || *p == 0x7f)
                                *p = ' ';
                /* NFC may be longer than what it was made of. */
                r = thon_text_nfc(cut, THON_EVENT_TEXT_MAX < max ? THON_EVENT_TEXT_MAX : max, ret);
                if (r != -EINVAL || max < 32)
                        return r;
        }
}

static const char *string_of(const json_t *object, const char *key)
{
        const char *text = json_string_value(json_object_get(object, key));

        return text ? text : "";
}

static int take_value(struct relayd_heard *heard, const char *name, const json_t *value)
{
        char number[40];
        const char *text = number;
        struct thon_value_pair *into;

        if (json_is_string(value))
                text = json_string_value(value);
        else if (json_is_integer(value))
                snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        else if (json_is_boolean(value))
                text = json_is_true(value) ? "true" : "false";
        else
                return 0;
        /* Only to be compared with each other: what is longer than a name is none. */
        if (heard->n_values == THON_EVENT_VALUES_MAX ||
            strnlen(name, THON_EVENT_NAME_MAX + 1) > THON_EVENT_NAME_MAX ||
            strnlen(text, THON_EVENT_NAME_MAX + 1) > THON_EVENT_NAME_MAX)
                return 0;
        into = &heard->values[heard->n_values++];
        into->name = strdup(name);
        into->value = strdup(text);
        return into->name && into->value ? 0 : -ENOMEM;
}

static int fail(struct thon_json_error *error, const char *where, const char *what)
{
        thon_json_fail(error, where, "%s", what);
        return -EINVAL;
}

static int take(const json_t *doc, const char *kind, const struct thon_zone *zone, struct thon_wall now,
                struct relayd_heard *heard, struct thon_json_error *error)
{
        const char *id = string_of(doc, "id"), *state = string_of(doc, "state"),
                   *cause = string_of(doc, "cause_id"), *severity = string_of(doc, "severity");
        json_t *values = json_object_get(doc, "values"), *value;
        const char *name;
        int r;

        if (!json_is_object(doc))
                return fail(error, NULL, "is no object");
        if (!is_id(id))
                return fail(error, "id", "must be an id of printable characters");
        if (*cause && !is_id(cause))
                return fail(error, "cause_id", "must be an id of printable characters");
        if (strcmp(state, "raised") != 0 && strcmp(state, "cleared") != 0)
                return fail(error, "state", "must be raised or cleared");
        if (!thon_severity_parse(severity, &heard->severity))
                return fail(error, "severity", "must be info, warning or critical");
        if (!thon_time_parse(zone, string_of(doc, "at"), &heard->at))
                heard->at = now;
        heard->raised = strcmp(state, "raised") == 0;
        heard->kind = strdup(kind);
        heard->id = strdup(id);
        heard->cause_id = strdup(cause);
        if (!heard->kind || !heard->id || !heard->cause_id)
                return -ENOMEM;
        name = string_of(values, "name");
        r = clean(string_of(doc, "subject"), THON_EVENT_NAME_MAX, &heard->subject);
        if (r == 0)
                r = clean(*name ? name : heard->subject, THON_EVENT_NAME_MAX, &heard->name);
        if (r == 0)
                r = clean(string_of(doc, "text"), THON_EVENT_TEXT_MAX, &heard->text);
        if (r == 0)
                r = clean(string_of(values, "area"), THON_EVENT_NAME_MAX, &heard->area);
        if (r == -EINVAL)
                return fail(error, NULL, "has a text with control characters");
        json_object_foreach (values, name, value)
                if (r == 0)
                        r = take_value(heard, name, value);
        return r;
}

int relayd_event_read(const char *kind, const char *payload, size_t size, const struct thon_zone *zone,
                      struct thon_wall now, struct relayd_heard *ret, struct thon_json_error *error)
{
        _cleanup_json_ json_t *doc = NULL;
        struct relayd_heard heard = {0};
        int r;

        if (!thon_slug_valid(kind))
                return fail(error, "kind", "must be a slug");
        r = thon_json_parse(payload, size, THON_MQTT_PAYLOAD_MAX, &doc, error);
        if (r == 0)
                r = take(doc, kind, zone, now, &heard, error);
        if (r == 0)
                *ret = heard;
        else
                relayd_heard_done(&heard);
        return r == -E2BIG ? -EINVAL : r;
}
