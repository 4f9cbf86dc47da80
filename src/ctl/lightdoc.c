/* thonctl light program, light calendar: the forms as people wrote them. */
#include <string.h>

#include "ctl.h"
#include "thon/cleanup.h"

static const char *const doc_names[] = {[THON_DOC_PROGRAM] = "program", [THON_DOC_CALENDAR] = "calendar"};

static int doc_list(struct ctl *ctl, enum thon_light_doc kind, int argc)
{
        static const char *const columns[] = {"id", "name", NULL};
        json_t *rows;
        int r;

        if (argc > 0)
                return ctl_usage(ctl, "light %s list takes no arguments", doc_names[kind]);
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_light_doc_list(ctl->store, kind, &rows);
        return r != 0 ? ctl_fail_store(ctl, r) : ctl_print(ctl, rows, columns);
}

static int doc_show(struct ctl *ctl, enum thon_light_doc kind, int argc, char **argv)
{
        json_t *doc;
        int r;

        if (argc != 1)
                return ctl_usage(ctl, "light %s show takes one ID", doc_names[kind]);
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_light_doc_get(ctl->store, kind, argv[0], &doc);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl->json = true; /* a form is JSON for people too: it is edited and set again */
        return ctl_print(ctl, doc, NULL);
}

static int doc_set(struct ctl *ctl, enum thon_light_doc kind, int argc, char **argv)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ json_t *doc = NULL;
        struct thon_actor actor = ctl_actor(ctl);
        struct thon_json_error error;
        const char *id;
        size_t size;
        int r;

        if (argc != 1)
                return ctl_usage(ctl, "light %s set takes one FILE", doc_names[kind]);
        r = ctl_read(ctl, argv[0], CTL_FORM_MAX, &text, &size);
        if (r != CTL_OK)
                return r;
        if (thon_json_parse(text, size, CTL_FORM_MAX, &doc, &error) < 0)
                return ctl_fail(ctl, "invalid", "%s: %s", argv[0], error.text);
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r != CTL_OK)
                return r;
        r = thon_light_doc_set(ctl->store, kind, doc, &actor);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, doc_names[kind]);
        id = json_string_value(json_object_get(doc, "id"));
        return ctl_done(ctl, json_pack("{s:s}", "id", id), "%s %s is set", doc_names[kind], id);
}

static int doc_remove(struct ctl *ctl, enum thon_light_doc kind, int argc, char **argv)
{
        struct thon_actor actor = ctl_actor(ctl);
        int r;

        if (argc != 1)
                return ctl_usage(ctl, "light %s remove takes one ID", doc_names[kind]);
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r != CTL_OK)
                return r;
        r = thon_light_doc_remove(ctl->store, kind, argv[0], &actor);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, doc_names[kind]);
        return ctl_done(ctl, json_pack("{s:s}", "id", argv[0]), "%s %s is removed", doc_names[kind],
                        argv[0]);
}

#define DOC(name, KIND)                                                  \
        static int name##_list(struct ctl *ctl, int argc, char **argv)   \
        {                                                                \
                (void)argv;                                              \
                return doc_list(ctl, KIND, argc);                        \
        }                                                                \
        static int name##_show(struct ctl *ctl, int argc, char **argv)   \
        {                                                                \
                return doc_show(ctl, KIND, argc, argv);                  \
        }                                                                \
        static int name##_set(struct ctl *ctl, int argc, char **argv)    \
        {                                                                \
                return doc_set(ctl, KIND, argc, argv);                   \
        }                                                                \
        static int name##_remove(struct ctl *ctl, int argc, char **argv) \
        {                                                                \
                return doc_remove(ctl, KIND, argc, argv);                \
        }
DOC(program, THON_DOC_PROGRAM)
DOC(calendar, THON_DOC_CALENDAR)

const struct ctl_command ctl_lightdoc_commands[] = {
        {"light program list", "", program_list},
        {"light program show", "ID", program_show},
        {"light program set", "FILE", program_set},
        {"light program remove", "ID", program_remove},
        {"light calendar list", "", calendar_list},
        {"light calendar show", "ID", calendar_show},
        {"light calendar set", "FILE", calendar_set},
        {"light calendar remove", "ID", calendar_remove},
        {NULL, NULL, NULL},
};
