/* The form of a calendar: which program holds in which night, by a list of rules whose order is their priority. */
#include "form.h"
#include "thon/light_form.h"

#include <errno.h>
#include <string.h>

#include "thon/cleanup.h"

/* The index of the program named by a member; without a list of programs any id will do. */
static int read_program(struct form *form, const json_t *doc, const char *key,
                        const struct thon_program *programs, size_t n_programs, size_t *ret)
{
        thon_slug id;
        size_t i = 0;
        int r;

        r = form_slug(form, doc, key, true, id);
        if (r < 0)
                return r;
        while (programs && i < n_programs && strcmp(programs[i].id, id) != 0)
                i++;
        if (programs && i == n_programs)
                return form_fail_at(form, key, "there is no program \"%s\"", id);
        *ret = i;
        return 0;
}

static int read_rule(struct form *form, const json_t *doc, const struct thon_program *programs,
                     size_t n_programs, struct thon_rule *ret)
{
        static const char *const members[] = {"days", "program", NULL};
        const json_t *days;
        size_t back;
        int r;

        r = form_object(form, doc, members);
        if (r < 0)
                return r;
        days = form_member(form, doc, "days", true, &r);
        if (r < 0)
                return r;
        back = form_enter(form, "days");
        r = form_days(form, days, &ret->days);
        if (r < 0)
                return r;
        form_leave(form, back);
        return read_program(form, doc, "program", programs, n_programs, &ret->program);
}

static int read_members(struct form *form, const json_t *doc, const struct thon_program *programs,
                        size_t n_programs, struct thon_calendar *calendar)
{
        static const char *const members[] = {"id", "name", "rules", "default", NULL};
        const json_t *rules, *rule;
        size_t i;
        int r;

        r = form_object(form, doc, members);
        if (r < 0)
                return r;
        r = form_slug(form, doc, "id", true, calendar->id);
        if (r < 0)
                return r;
        r = form_name(form, doc, "name", calendar->id, &calendar->name);
        if (r < 0)
                return r;
        r = form_array(form, doc, "rules", false, THON_RULES_MAX, &rules);
        if (r < 0)
                return r;
        if (json_array_size(rules) > 0) {
                calendar->rules = calloc(json_array_size(rules), sizeof(*calendar->rules));
                if (!calendar->rules)
                        return -ENOMEM;
                calendar->n_rules = json_array_size(rules);
        }
        json_array_foreach (rules, i, rule) {
                size_t back = form_enter_index(form, "rules", i);

                r = read_rule(form, rule, programs, n_programs, &calendar->rules[i]);
                if (r < 0)
                        return r;
                form_leave(form, back);
        }
        return read_program(form, doc, "default", programs, n_programs, &calendar->default_program);
}

int form_calendar(struct form *form, const json_t *doc, const struct thon_program *programs,
                  size_t n_programs, struct thon_calendar *ret)
{
        struct thon_calendar calendar = {.n_rules = 0};
        size_t back = form->length;
        int r;

        r = read_members(form, doc, programs, n_programs, &calendar);
        form_leave(form, back);
        if (r < 0)
                thon_calendar_done(&calendar);
        *ret = calendar;
        return r;
}

int thon_calendar_from_json(const json_t *doc, const struct thon_program *programs, size_t n_programs,
                            struct thon_calendar *ret, struct thon_json_error *error)
{
        struct form form = {.error = error};

        return form_calendar(&form, doc, programs, n_programs, ret);
}
