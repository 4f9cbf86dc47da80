/* Strict reading of JSON forms. People write them by hand, and a mistake that is passed over in silence is a dark road;
 * so every error says where it is and what would be right. */
#include "form.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "thon/text.h"

static size_t descend(struct form *form, const char *format, ...) __attribute__((format(printf, 2, 3)));
static size_t descend(struct form *form, const char *format, ...)
{
        size_t back = form->length, room = sizeof(form->at) - form->length;
        va_list args;
        int n;

        va_start(args, format);
        n = vsnprintf(form->at + form->length, room, format, args);
        va_end(args);
        if (n > 0)
                form->length += (size_t)n < room ? (size_t)n : room - 1;
        return back;
}

size_t form_enter(struct form *form, const char *member)
{
        return descend(form, "%s%s", form->length > 0 ? "." : "", member);
}

size_t form_enter_index(struct form *form, const char *member, size_t index)
{
        return descend(form, "%s%s[%zu]", form->length > 0 && *member ? "." : "", member, index);
}

void form_leave(struct form *form, size_t back)
{
        form->length = back;
        form->at[back] = '\0';
}

static int fail_with(struct form *form, const char *format, va_list args)
        __attribute__((format(printf, 2, 0)));
static int fail_with(struct form *form, const char *format, va_list args)
{
        char text[THON_JSON_ERROR];

        (void)vsnprintf(text, sizeof(text), format, args);
        thon_json_fail(form->error, form->at, "%s", text);
        return -EINVAL;
}

int form_fail(struct form *form, const char *format, ...)
{
        va_list args;
        int r;

        va_start(args, format);
        r = fail_with(form, format, args);
        va_end(args);
        return r;
}

int form_fail_at(struct form *form, const char *member, const char *format, ...)
{
        size_t back = form_enter(form, member);
        va_list args;
        int r;

        va_start(args, format);
        r = fail_with(form, format, args);
        va_end(args);
        form_leave(form, back);
        return r;
}

int form_object(struct form *form, const json_t *value, const char *const *members)
{
        return thon_json_only(value, form->at, members, form->error) ? 0 : -EINVAL;
}

const json_t *form_member(struct form *form, const json_t *object, const char *key, bool required,
                          int *ret_r)
{
        const json_t *value = json_object_get(object, key);

        *ret_r = 0;
        if (!value && required)
                *ret_r = form_fail(form, "member \"%s\" is missing", key);
        return value;
}

int form_name(struct form *form, const json_t *object, const char *key, const char *fallback, char **ret)
{
        int r;
        const json_t *value = form_member(form, object, key, !fallback, &r);
        char *name;

        if (r < 0)
                return r;
        if (value && !json_is_string(value))
                return form_fail_at(form, key, "must be a string");
        r = thon_text_nfc(value ? json_string_value(value) : fallback, FORM_NAME_MAX, &name);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return form_fail_at(form, key, "must be text of at most %d bytes without control characters",
                                    FORM_NAME_MAX);
        if (!*name) {
                free(name);
                return form_fail_at(form, key, "must not be empty");
        }
        *ret = name;
        return 0;
}

int form_slug(struct form *form, const json_t *object, const char *key, bool required, thon_slug ret)
{
        int r;
        const json_t *value = form_member(form, object, key, required, &r);

        if (r < 0)
                return r;
        if (!value) {
                ret[0] = '\0';
                return 0;
        }
        if (!json_is_string(value) || !thon_slug_valid(json_string_value(value)))
                return form_fail_at(form, key,
                                    "must be an id: small letters, digits and hyphens, at most %d",
                                    THON_SLUG_MAX);
        memcpy(ret, json_string_value(value), json_string_length(value) + 1);
        return 0;
}

int form_word(struct form *form, const json_t *object, const char *key, const char *const *words,
              int fallback, int *ret)
{
        char list[120] = "";
        size_t length = 0;
        int r;
        const json_t *value = form_member(form, object, key, fallback < 0, &r);

        if (r < 0)
                return r;
        if (!value) {
                *ret = fallback;
                return 0;
        }
        for (int i = 0; words[i]; i++) {
                int n = snprintf(list + length, sizeof(list) - length, "%s\"%s\"", i > 0 ? ", " : "",
                                 words[i]);

                if (json_is_string(value) && strcmp(json_string_value(value), words[i]) == 0) {
                        *ret = i;
                        return 0;
                }
                if (n > 0 && (size_t)n < sizeof(list) - length)
                        length += (size_t)n;
        }
        list[length] = '\0';
        return form_fail_at(form, key, "must be one of %s", list);
}

int form_integer(struct form *form, const json_t *object, const char *key, int min, int max, int fallback,
                 int *ret)
{
        int r;
        const json_t *value = form_member(form, object, key, fallback < min, &r);

        if (r < 0)
                return r;
        if (!value) {
                *ret = fallback;
                return 0;
        }
        if (!json_is_integer(value) || json_integer_value(value) < min || json_integer_value(value) > max)
                return form_fail_at(form, key, "must be a whole number from %d to %d", min, max);
        *ret = (int)json_integer_value(value);
        return 0;
}

int form_number(struct form *form, const json_t *object, const char *key, double min, double max,
                double fallback, double *ret)
{
        int r;
        const json_t *value = form_member(form, object, key, fallback < min, &r);
        double number;

        if (r < 0)
                return r;
        if (!value) {
                *ret = fallback;
                return 0;
        }
        number = json_number_value(value);
        if (!json_is_number(value) || !(number >= min && number <= max))
                return form_fail_at(form, key, "must be a number from %g to %g", min, max);
        *ret = number;
        return 0;
}

int form_bool(struct form *form, const json_t *object, const char *key, bool fallback, bool *ret)
{
        const json_t *value = json_object_get(object, key);

        if (value && !json_is_boolean(value))
                return form_fail_at(form, key, "must be true or false");
        *ret = value ? json_is_true(value) : fallback;
        return 0;
}

int form_array(struct form *form, const json_t *object, const char *key, bool required, size_t max,
               const json_t **ret)
{
        int r;
        const json_t *value = form_member(form, object, key, required, &r);

        if (r < 0)
                return r;
        if (value && !json_is_array(value))
                return form_fail_at(form, key, "must be a list");
        if (json_array_size(value) > max)
                return form_fail_at(form, key, "has more than %zu entries", max);
        *ret = value;
        return 0;
}
