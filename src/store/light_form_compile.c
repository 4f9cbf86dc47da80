/* From the registry to a plan.
 *
 * What people wrote is checked when it is written, but programs, calendars and devices change apart from each other, and
 * a store may have been restored from a copy. So the compiler takes nothing on trust; and one bad circuit must not leave
 * the others dark: it is left out, and the officer is told which and why. */
#include "form.h"
#include "thon/light_form.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/registry.h"

/* Reading while someone else writes: the lists are read again until no write fell between them. */
#define READ_TRIES 5

struct document {
        const json_t *doc; /* borrowed from the lists */
        const char *id;    /* borrowed, "" when it has none */
        bool usable, wanted;
        struct thon_json_error error;
};

struct compiler {
        json_t *program_list, *calendar_list, *device_list;
        size_t n_programs, n_calendars;
        struct document *program_docs, *calendar_docs;
        struct thon_program *programs;   /* by index of the document; zeroed when it is not usable */
        struct thon_calendar *calendars; /* likewise */
        struct form_uses *uses;
        json_t *circuits;
        void (*tell)(void *userdata, const char *circuit, const char *problem);
        void *userdata;
};

static void compiler_done(struct compiler *c)
{
        for (size_t i = 0; c->programs && i < c->n_programs; i++)
                thon_program_done(&c->programs[i]);
        for (size_t i = 0; c->calendars && i < c->n_calendars; i++)
                thon_calendar_done(&c->calendars[i]);
        free(c->programs);
        free(c->calendars);
        free(c->program_docs);
        free(c->calendar_docs);
        form_uses_free(c->uses);
        json_decref(c->circuits);
        json_decref(c->program_list);
        json_decref(c->calendar_list);
        json_decref(c->device_list);
}

static void drop_lists(struct compiler *c)
{
        json_decref(c->program_list);
        json_decref(c->calendar_list);
        json_decref(c->device_list);
        c->program_list = c->calendar_list = c->device_list = NULL;
}

static int read_lists(struct thon_store *store, struct compiler *c)
{
        int r;

        r = thon_light_doc_list(store, THON_DOC_PROGRAM, &c->program_list);
        if (r != 0)
                return r;
        r = thon_light_doc_list(store, THON_DOC_CALENDAR, &c->calendar_list);
        if (r != 0)
                return r;
        return thon_registry_list(store, THON_DEVICE, NULL, "circuit", &c->device_list);
}

static int read_registry(struct thon_store *store, struct compiler *c)
{
        for (int i = 0; i < READ_TRIES; i++) {
                int64_t before, after;
                int r;

                drop_lists(c);
                r = thon_registry_generation(store, &before);
                if (r != 0)
                        return r;
                r = read_lists(store, c);
                if (r != 0)
                        return r;
                r = thon_registry_generation(store, &after);
                if (r != 0)
                        return r;
                if (before == after)
                        return 0;
        }
        return THON_STORE_BUSY;
}

static const char *text_of(const json_t *object, const char *key)
{
        const char *text = json_string_value(json_object_get(object, key));

        return text ? text : "";
}

static int compile_programs(struct compiler *c)
{
        c->n_programs = json_array_size(c->program_list);
        c->programs = calloc(c->n_programs + 1, sizeof(*c->programs));
        c->program_docs = calloc(c->n_programs + 1, sizeof(*c->program_docs));
        if (!c->programs || !c->program_docs)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_programs; i++) {
                struct document *d = &c->program_docs[i];
                int r;

                d->doc = json_array_get(c->program_list, i);
                d->id = text_of(d->doc, "id");
                r = thon_program_from_json(d->doc, &c->programs[i], &d->error);
                if (r == -ENOMEM)
                        return r;
                d->usable = r == 0;
        }
        return 0;
}

/* A calendar that names a broken program is broken with the program's error, not with "there is no program". */
static const struct document *broken_program(const struct compiler *c, const struct thon_calendar *calendar)
{
        for (size_t i = 0; i <= calendar->n_rules; i++) {
                size_t program =
                        i < calendar->n_rules ? calendar->rules[i].program : calendar->default_program;

                if (!c->program_docs[program].usable)
                        return &c->program_docs[program];
        }
        return NULL;
}

static int compile_calendars(struct compiler *c)
{
        /* By the ids of all documents, so that an index is an index of both. */
        struct thon_program *by_id = calloc(c->n_programs + 1, sizeof(*by_id));
        int r = 0;

        c->n_calendars = json_array_size(c->calendar_list);
        c->calendars = calloc(c->n_calendars + 1, sizeof(*c->calendars));
        c->calendar_docs = calloc(c->n_calendars + 1, sizeof(*c->calendar_docs));
        if (!by_id || !c->calendars || !c->calendar_docs) {
                free(by_id);
                return -ENOMEM;
        }
        for (size_t i = 0; i < c->n_programs; i++)
                (void)snprintf(by_id[i].id, sizeof(by_id[i].id), "%s", c->program_docs[i].id);

        for (size_t i = 0; i < c->n_calendars && r != -ENOMEM; i++) {
                struct document *d = &c->calendar_docs[i];
                const struct document *broken;

                d->doc = json_array_get(c->calendar_list, i);
                d->id = text_of(d->doc, "id");
                r = thon_calendar_from_json(d->doc, by_id, c->n_programs, &c->calendars[i], &d->error);
                if (r < 0)
                        continue;
                broken = broken_program(c, &c->calendars[i]);
                if (broken)
                        thon_json_fail(&d->error, NULL, "program \"%s\": %s", broken->id,
                                       broken->error.text);
                d->usable = !broken;
        }
        free(by_id);
        return r == -ENOMEM ? r : 0;
}

static void leave_out(const struct compiler *c, const char *circuit, const char *problem)
{
        if (c->tell)
                c->tell(c->userdata, circuit, problem);
}

/* Checked against the calendars by id first: a broken one is told with its own error. */
static int check_circuit(struct compiler *c, const json_t *device, struct thon_circuit_conf *ret,
                         struct thon_json_error *error)
{
        const json_t *config = json_object_get(device, "config");
        const char *calendar = text_of(config, "calendar");
        struct form form = {.error = error};
        int r;

        for (size_t i = 0; i < c->n_calendars; i++) {
                const struct document *d = &c->calendar_docs[i];

                if (d->usable || strcmp(d->id, calendar) != 0)
                        continue;
                thon_json_fail(error, NULL, "calendar \"%s\": %s", calendar, d->error.text);
                return -EINVAL;
        }
        r = thon_circuit_from_json(text_of(device, "id"), text_of(device, "name"), text_of(device, "area"),
                                   config, c->calendars, c->n_calendars, ret, error);
        if (r < 0)
                return r;
        r = form_uses_add(&form, &c->uses, ret);
        if (r < 0)
                thon_circuit_conf_done(ret);
        return r;
}

static void want(struct compiler *c, size_t calendar_index)
{
        const struct thon_calendar *calendar = &c->calendars[calendar_index];

        c->calendar_docs[calendar_index].wanted = true;
        c->program_docs[calendar->default_program].wanted = true;
        for (size_t i = 0; i < calendar->n_rules; i++)
                c->program_docs[calendar->rules[i].program].wanted = true;
}

static int compile_circuit(struct compiler *c, const json_t *device)
{
        struct thon_circuit_conf circuit;
        struct thon_json_error error = {""};
        const char *area = text_of(device, "area");
        json_t *row;
        int r;

        if (json_array_size(c->circuits) >= THON_CIRCUITS_MAX) {
                leave_out(c, text_of(device, "id"), "there are more circuits than a plan can hold");
                return 0;
        }
        r = check_circuit(c, device, &circuit, &error);
        if (r == -EINVAL) {
                leave_out(c, text_of(device, "id"), error.text);
                return 0;
        }
        if (r < 0)
                return r;

        want(c, circuit.calendar);
        row = json_pack("{s:s, s:s, s:O}", "id", circuit.id, "name", circuit.name, "config",
                        json_object_get(device, "config"));
        thon_circuit_conf_done(&circuit);
        if (row && *area && json_object_set_new(row, "area", json_string(area)) < 0) {
                json_decref(row);
                row = NULL;
        }
        return json_array_append_new(c->circuits, row) < 0 ? -ENOMEM : 0;
}

static int compile_circuits(struct compiler *c, const char *node)
{
        const json_t *device;
        size_t i;
        int r;

        c->circuits = json_array();
        if (!c->circuits)
                return -ENOMEM;
        json_array_foreach (c->device_list, i, device) {
                if (node && strcmp(text_of(json_object_get(device, "config"), "node"), node) != 0)
                        continue;
                r = compile_circuit(c, device);
                if (r < 0)
                        return r;
        }
        return 0;
}

static json_t *chosen(const struct document *docs, size_t n, bool all)
{
        json_t *list = json_array();

        for (size_t i = 0; list && i < n; i++)
                if (docs[i].usable && (all || docs[i].wanted) &&
                    json_array_append(list, (json_t *)docs[i].doc) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

int thon_light_plan_compile(struct thon_store *store, const char *site, struct thon_place place,
                            const char *zone, const char *node, json_t **ret,
                            void (*tell)(void *userdata, const char *circuit, const char *problem),
                            void *userdata)
{
        _cleanup_(compiler_done) struct compiler c = {.tell = tell, .userdata = userdata};
        json_t *programs, *calendars, *plan;
        int r;

        r = read_registry(store, &c);
        if (r != 0)
                return r;
        r = compile_programs(&c);
        if (r < 0)
                return r;
        r = compile_calendars(&c);
        if (r < 0)
                return r;
        r = compile_circuits(&c, node);
        if (r < 0)
                return r;

        /* A node's plan goes over MQTT: only what its circuits need. */
        programs = chosen(c.program_docs, c.n_programs, !node);
        calendars = chosen(c.calendar_docs, c.n_calendars, !node);
        plan = json_pack("{s:i, s:s, s:{s:f, s:f}, s:s, s:o, s:o, s:O}", "v", 1, "site", site, "place",
                         "lat", place.lat, "lon", place.lon, "tz", zone, "programs", programs, "calendars",
                         calendars, "circuits", c.circuits);
        if (!plan)
                return -ENOMEM;
        *ret = plan;
        return 0;
}
