/* Approved templates: which parameters each has, how long they may be, and whether it may go to a user id. */
#include <stdlib.h>
#include <string.h>

#include "fakes.h"

json_t *templates_new(void)
{
        return json_pack("{s:{s:{s:i}, s:b, s:b}, s:{s:{s:i, s:i, s:i}, s:b, s:b}, s:{s:{s:i}, s:b, s:b}, "
                         "s:{s:{s:i}, s:b, s:b}}",
                         "100001", "params", "noi_dung", 300, "uid", 1, "enabled", 1, /* free text */
                         "100002", "params", "ho_ten", 30, "ma_hs", 20, "ngay", 20, "uid", 1, "enabled", 1,
                         "100003", "params", "noi_dung", 300, "uid", 0, "enabled", 1, "100004", "params",
                         "noi_dung", 300, "uid", 1, "enabled", 0);
}

/* {"ID":{"params":{NAME:MAX},"uid":bool,"enabled":bool}}; null removes one. */
bool templates_set(json_t *templates, const json_t *doc, struct thon_json_error *error)
{
        static const char *const members[] = {"params", "uid", "enabled", NULL};
        const char *id, *name;
        json_t *template, *max;

        json_object_foreach ((json_t *)doc, id, template) {
                if (json_is_null(template)) {
                        (void)json_object_del(templates, id);
                        continue;
                }
                if (!thon_json_only(template, id, members, error))
                        return false;
                json_object_foreach (json_object_get(template, "params"), name, max) {
                        if (!json_is_integer(max)) {
                                thon_json_fail(error, name, "must be the longest length");
                                return false;
                        }
                }
                (void)json_object_set(templates, id, template);
        }
        return true;
}

bool templates_by_uid(const json_t *templates, const char *id)
{
        return json_is_true(json_object_get(json_object_get(templates, id), "uid"));
}

int64_t templates_check(const json_t *templates, const char *id, const json_t *data,
                        const char **ret_message)
{
        const json_t *template = id ? json_object_get(templates, id) : NULL;
        json_t *params = json_object_get(template, "params");
        const char *name;
        json_t *max, *value;

        *ret_message = "Template is invalid";
        if (!template)
                return -109;
        *ret_message = "Template is not approved";
        if (!json_is_true(json_object_get(template, "enabled")))
                return -131;
        *ret_message = "Template data is invalid";
        if (!json_is_object(data))
                return -112;
        json_object_foreach ((json_t *)data, name, value) {
                *ret_message = "A parameter is not of this template";
                if (!json_object_get(params, name))
                        return -112;
                *ret_message = "A parameter has a wrong format";
                if (!json_is_string(value))
                        return -1124;
        }
        json_object_foreach (params, name, max) {
                const char *text = json_string_value(json_object_get(data, name));

                *ret_message = "A parameter is missing";
                if (!text || !*text)
                        return -1122;
                *ret_message = "A parameter is too long";
                if ((json_int_t)count_characters(text) > json_integer_value(max))
                        return -1121;
        }
        return 0;
}

char *templates_text(const json_t *data)
{
        const char *only = json_string_value(json_object_get(data, "noi_dung"));

        return only ? strdup(only) : json_dumps(data, JSON_COMPACT);
}
