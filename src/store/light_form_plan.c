/* The form of a whole plan: the file from which a daemon lights with nothing else at hand, and what a cabinet's own Pi
 * is sent. It may come from a disk that lost power or over a network, so that it is checked as a whole: every id
 * resolves, none comes twice, no relay serves two circuits. */
#include "form.h"
#include "thon/light_form.h"

#include <errno.h>
#include <string.h>

#include "thon/cleanup.h"

#define DOCUMENTS_MAX 1000 /* programs, and calendars */

THON_DEFINE_CLEANUP(struct thon_light_plan *, thon_light_plan_free)
THON_DEFINE_CLEANUP(struct form_uses *, form_uses_free)

/* "Asia/Ho_Chi_Minh": names a file below the zone database, so it may not lead out of it. */
static bool zone_name_valid(const char *zone)
{
        if (!*zone || strlen(zone) >= sizeof(((struct thon_light_plan *)0)->zone) || *zone == '/' ||
            strstr(zone, ".."))
                return false;
        return zone[strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/.")] ==
               '\0';
}

static int read_place(struct form *form, const json_t *doc, struct thon_place *ret)
{
        static const char *const members[] = {"lat", "lon", NULL};
        const json_t *place;
        size_t back;
        int r;

        place = form_member(form, doc, "place", true, &r);
        if (r < 0)
                return r;
        back = form_enter(form, "place");
        r = form_object(form, place, members);
        if (r < 0)
                return r;
        r = form_number(form, place, "lat", -90, 90, -1000, &ret->lat);
        if (r < 0)
                return r;
        r = form_number(form, place, "lon", -180, 180, -1000, &ret->lon);
        if (r < 0)
                return r;
        form_leave(form, back);
        return 0;
}

static int read_head(struct form *form, const json_t *doc, struct thon_light_plan *plan)
{
        static const char *const members[] = {"v",        "site",      "place",    "tz",
                                              "programs", "calendars", "circuits", NULL};
        const json_t *zone;
        int r, version;

        r = form_object(form, doc, members);
        if (r < 0)
                return r;
        r = form_integer(form, doc, "v", 1, 1, 0, &version);
        if (r < 0)
                return r;
        r = form_slug(form, doc, "site", true, plan->site);
        if (r < 0)
                return r;
        r = read_place(form, doc, &plan->place);
        if (r < 0)
                return r;
        zone = form_member(form, doc, "tz", true, &r);
        if (r < 0)
                return r;
        if (!json_is_string(zone) || !zone_name_valid(json_string_value(zone)))
                return form_fail_at(form, "tz",
                                    "must be the name of a time zone, such as \"Asia/Ho_Chi_Minh\"");
        memcpy(plan->zone, json_string_value(zone), json_string_length(zone) + 1);
        return 0;
}

/* Room for the elements of a list; the plan counts only those that are read, so that it can be freed at any time. */
static int open_list(struct form *form, const json_t *doc, const char *key, size_t max, size_t element,
                     const json_t **ret_list, void *ret_room)
{
        void *room = NULL;
        int r;

        r = form_array(form, doc, key, true, max, ret_list);
        if (r < 0)
                return r;
        if (json_array_size(*ret_list) > 0) {
                room = calloc(json_array_size(*ret_list), element);
                if (!room)
                        return -ENOMEM;
        }
        memcpy(ret_room, &room, sizeof(room));
        return 0;
}

static int twice(struct form *form, const char *id)
{
        return form_fail_at(form, "id", "\"%s\" comes twice", id);
}

static int read_programs(struct form *form, const json_t *doc, struct thon_light_plan *plan)
{
        const json_t *list, *item;
        size_t i;
        int r;

        r = open_list(form, doc, "programs", DOCUMENTS_MAX, sizeof(*plan->programs), &list, &plan->programs);
        if (r < 0)
                return r;
        json_array_foreach (list, i, item) {
                struct thon_program *program = &plan->programs[i];
                size_t back = form_enter_index(form, "programs", i);

                r = form_program(form, item, program);
                if (r < 0)
                        return r;
                plan->n_programs++;
                for (size_t j = 0; j < i; j++)
                        if (strcmp(plan->programs[j].id, program->id) == 0)
                                return twice(form, program->id);
                form_leave(form, back);
        }
        return 0;
}

static int read_calendars(struct form *form, const json_t *doc, struct thon_light_plan *plan)
{
        const json_t *list, *item;
        size_t i;
        int r;

        r = open_list(form, doc, "calendars", DOCUMENTS_MAX, sizeof(*plan->calendars), &list,
                      &plan->calendars);
        if (r < 0)
                return r;
        json_array_foreach (list, i, item) {
                struct thon_calendar *calendar = &plan->calendars[i];
                size_t back = form_enter_index(form, "calendars", i);

                /* An empty list still resolves ids: to none. */
                r = form_calendar(form, item,
                                  plan->programs ? plan->programs : &(struct thon_program){.n_steps = 0},
                                  plan->n_programs, calendar);
                if (r < 0)
                        return r;
                plan->n_calendars++;
                for (size_t j = 0; j < i; j++)
                        if (strcmp(plan->calendars[j].id, calendar->id) == 0)
                                return twice(form, calendar->id);
                form_leave(form, back);
        }
        return 0;
}

static int read_circuit(struct form *form, const json_t *doc, const struct thon_light_plan *plan,
                        struct form_uses **uses, struct thon_circuit_conf *ret)
{
        static const char *const members[] = {"id", "name", "area", "config", NULL};
        const struct thon_calendar none = {.n_rules = 0};
        const json_t *config;
        size_t back;
        int r;

        r = form_object(form, doc, members);
        if (r < 0)
                return r;
        r = form_slug(form, doc, "id", true, ret->id);
        if (r < 0)
                return r;
        r = form_name(form, doc, "name", ret->id, &ret->name);
        if (r < 0)
                return r;
        r = form_slug(form, doc, "area", false, ret->area);
        if (r < 0)
                return r;
        config = form_member(form, doc, "config", true, &r);
        if (r < 0)
                return r;
        back = form_enter(form, "config");
        r = form_circuit(form, config, plan->calendars ? plan->calendars : &none, plan->n_calendars, ret);
        if (r < 0)
                return r;
        r = form_uses_add(form, uses, ret);
        if (r < 0)
                return r;
        form_leave(form, back);
        return 0;
}

static int read_circuits(struct form *form, const json_t *doc, struct thon_light_plan *plan)
{
        _cleanup_(form_uses_freep) struct form_uses *uses = NULL;
        const json_t *list, *item;
        size_t i;
        int r;

        r = open_list(form, doc, "circuits", THON_CIRCUITS_MAX, sizeof(*plan->circuits), &list,
                      &plan->circuits);
        if (r < 0)
                return r;
        json_array_foreach (list, i, item) {
                struct thon_circuit_conf *circuit = &plan->circuits[i];
                size_t back = form_enter_index(form, "circuits", i);

                plan->n_circuits++;
                r = read_circuit(form, item, plan, &uses, circuit);
                if (r < 0)
                        return r;
                for (size_t j = 0; j < i; j++)
                        if (strcmp(plan->circuits[j].id, circuit->id) == 0)
                                return twice(form, circuit->id);
                form_leave(form, back);
        }
        return 0;
}

int thon_light_plan_from_json(const json_t *doc, struct thon_light_plan **ret, struct thon_json_error *error)
{
        _cleanup_(thon_light_plan_freep) struct thon_light_plan *plan = calloc(1, sizeof(*plan));
        struct form form = {.error = error};
        int r;

        if (!plan)
                return -ENOMEM;
        r = read_head(&form, doc, plan);
        if (r < 0)
                return r;
        r = read_programs(&form, doc, plan);
        if (r < 0)
                return r;
        r = read_calendars(&form, doc, plan);
        if (r < 0)
                return r;
        r = read_circuits(&form, doc, plan);
        if (r < 0)
                return r;
        *ret = THON_TAKE(plan);
        return 0;
}
