/* The form of a lighting program: what happens in one night, as a list of points and levels. */
#include "form.h"
#include "thon/light_form.h"

#include <errno.h>
#include <string.h>

#include "thon/cleanup.h"

static const char *const levels[] = {"off", "on", NULL};

/* "sunset+30": the offset behind a sun event's name, -1 when it is none. */
static bool parse_offset(const char *text, int16_t *ret)
{
        int minutes = 0, digits = 0;
        char sign = *text;

        if (!*text) {
                *ret = 0;
                return true;
        }
        if (sign != '+' && sign != '-')
                return false;
        for (text++; *text >= '0' && *text <= '9' && digits < 4; text++, digits++)
                minutes = minutes * 10 + (*text - '0');
        if (*text || digits == 0 || minutes > THON_OFFSET_MAX)
                return false;
        *ret = (int16_t)(sign == '-' ? -minutes : minutes);
        return true;
}

static bool parse_point(const char *text, struct thon_point *ret)
{
        static const struct {
                const char *name;
                enum thon_point_kind kind;
        } events[] = {
                {"sunrise", THON_POINT_SUNRISE},
                {"sunset", THON_POINT_SUNSET},
                {"dawn", THON_POINT_DAWN},
                {"dusk", THON_POINT_DUSK},
        };
        int minutes;

        if (thon_clock_parse(text, &minutes)) {
                ret->kind = THON_POINT_CLOCK;
                ret->minutes = (int16_t)minutes;
                return true;
        }
        for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
                size_t length = strlen(events[i].name);

                if (strncmp(text, events[i].name, length) != 0)
                        continue;
                ret->kind = events[i].kind;
                return parse_offset(text + length, &ret->minutes);
        }
        return false;
}

/* A clamp as minutes of the day, -1 when there is none. */
static int read_clamp(struct form *form, const json_t *step, const char *key, int16_t *ret)
{
        const json_t *value = json_object_get(step, key);
        int minutes = -1;

        if (value && (!json_is_string(value) || !thon_clock_parse(json_string_value(value), &minutes)))
                return form_fail_at(form, key, "must be a time from \"00:00\" to \"23:59\"");
        *ret = (int16_t)minutes;
        return 0;
}

static int read_step(struct form *form, const json_t *doc, struct thon_step *ret)
{
        static const char *const members[] = {"at", "set", "not_before", "not_after", NULL};
        const json_t *at;
        int r, on;

        r = form_object(form, doc, members);
        if (r < 0)
                return r;
        at = form_member(form, doc, "at", true, &r);
        if (r < 0)
                return r;
        if (!json_is_string(at) || !parse_point(json_string_value(at), &ret->at))
                return form_fail_at(
                        form, "at",
                        "must be \"HH:MM\", or sunset, sunrise, dusk or dawn with an offset of at most "
                        "%d minutes, such as \"sunset+15\"",
                        THON_OFFSET_MAX);
        r = form_word(form, doc, "set", levels, -1, &on);
        if (r < 0)
                return r;
        ret->on = on == 1;
        r = read_clamp(form, doc, "not_before", &ret->at.not_before);
        if (r < 0)
                return r;
        r = read_clamp(form, doc, "not_after", &ret->at.not_after);
        if (r < 0)
                return r;
        if (ret->at.not_before >= 0 && ret->at.not_after >= 0 &&
            (ret->at.not_before < 720) == (ret->at.not_after < 720) &&
            ret->at.not_before > ret->at.not_after)
                return form_fail_at(form, "not_after", "must not be earlier than not_before");
        return 0;
}

static int read_members(struct form *form, const json_t *doc, struct thon_program *program)
{
        static const char *const members[] = {"id", "name", "start", "steps", NULL};
        const json_t *steps, *step;
        size_t i;
        int r, start;

        r = form_object(form, doc, members);
        if (r < 0)
                return r;
        r = form_slug(form, doc, "id", true, program->id);
        if (r < 0)
                return r;
        r = form_name(form, doc, "name", program->id, &program->name);
        if (r < 0)
                return r;
        r = form_word(form, doc, "start", levels, 0, &start);
        if (r < 0)
                return r;
        program->start_on = start == 1;

        r = form_array(form, doc, "steps", true, THON_STEPS_MAX, &steps);
        if (r < 0)
                return r;
        if (json_array_size(steps) == 0)
                return 0;
        program->steps = calloc(json_array_size(steps), sizeof(*program->steps));
        if (!program->steps)
                return -ENOMEM;
        program->n_steps = json_array_size(steps);
        json_array_foreach (steps, i, step) {
                size_t back = form_enter_index(form, "steps", i);

                r = read_step(form, step, &program->steps[i]);
                if (r < 0)
                        return r;
                form_leave(form, back);
        }
        return 0;
}

int form_program(struct form *form, const json_t *doc, struct thon_program *ret)
{
        struct thon_program program = {.n_steps = 0};
        size_t back = form->length;
        int r;

        r = read_members(form, doc, &program);
        form_leave(form, back);
        if (r < 0)
                thon_program_done(&program);
        *ret = program;
        return r;
}

int thon_program_from_json(const json_t *doc, struct thon_program *ret, struct thon_json_error *error)
{
        struct form form = {.error = error};

        return form_program(&form, doc, ret);
}
