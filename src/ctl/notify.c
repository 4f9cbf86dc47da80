/* thonctl notify send, cancel, ack, resolve, retry: orders to thon-relayd, which is the only one that writes notices. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "thon/cleanup.h"
#include "thon/relay_text.h"

#define DAEMON "thon-relayd"

struct send_options {
        const char *class, *text, *file, *template, *not_before, *expires, *key, *supersedes, *purpose;
        bool ack;
        struct ctl_list to, values, escalate;
};

/* A time, or how long from now: "2h". */
static int put_time(struct ctl *ctl, json_t *doc, const char *name, const char *option, const char *value)
{
        char text[THON_TIME_TEXT];
        struct thon_wall at = ctl->now;
        int64_t seconds;

        if (!value)
                return CTL_OK;
        if (thon_duration_parse(value, &seconds) == 0 && seconds > 0)
                at.s += seconds;
        else if (!thon_time_parse(ctl->zone, value, &at))
                return ctl_usage(ctl,
                                 "--%s takes a time such as \"2026-11-21 06:00\", or how long from now: 2h",
                                 option);
        (void)json_object_set_new(doc, name, json_string(thon_time_text(ctl->zone, at, text)));
        return CTL_OK;
}

/* "ho_ten=Nguyễn Văn A" */
static int put_values(struct ctl *ctl, json_t *doc, const struct ctl_list *values)
{
        json_t *object = json_object();

        for (size_t i = 0; i < values->n; i++) {
                const char *equals = strchr(values->items[i], '=');
                _cleanup_free_ char *name =
                        equals ? strndup(values->items[i], (size_t)(equals - values->items[i])) : NULL;
                if (!name || !*name || json_object_set_new(object, name, json_string(equals + 1)) < 0) {
                        json_decref(object);
                        return ctl_usage(ctl, "--value takes NAME=TEXT in UTF-8, not \"%s\"",
                                         values->items[i]);
                }
        }
        return json_object_set_new(doc, "values", object) < 0 ? ctl_fail(ctl, "memory", "out of memory")
                                                              : CTL_OK;
}

/* Recipients, also several in one word, as in relayd.conf. */
static json_t *words_of(const char *text, size_t size)
{
        json_t *list = json_array();

        while (size > 0) {
                size_t skip = strspn(text, " ,");
                size_t word = strcspn(text + skip, " ,");
                if (skip >= size)
                        break;
                if (word > size - skip)
                        word = size - skip;
                (void)json_array_append_new(list, json_stringn(text + skip, word));
                text += skip + word;
                size -= skip + word;
        }
        return list;
}

/* "role:officer after 10min" */
static int put_escalation(struct ctl *ctl, json_t *ack, const struct ctl_list *steps)
{
        json_t *list = json_array();

        if (json_object_set_new(ack, "escalate", list) < 0)
                return ctl_fail(ctl, "memory", "out of memory");
        for (size_t i = 0; i < steps->n; i++) {
                const char *after = strstr(steps->items[i], " after ");
                json_t *to = after ? words_of(steps->items[i], (size_t)(after - steps->items[i])) : NULL;
                int64_t seconds;

                if (!to || json_array_size(to) == 0 || thon_duration_parse(after + 7, &seconds) < 0 ||
                    seconds < 1) {
                        json_decref(to);
                        return ctl_usage(
                                ctl,
                                "--escalate takes \"WHO after DURATION\", such as \"role:officer after 10min\"");
                }
                (void)json_array_append_new(list,
                                            json_pack("{s:o,s:I}", "to", to, "after", (json_int_t)seconds));
        }
        return CTL_OK;
}

static int put_text(struct ctl *ctl, json_t *doc, const struct send_options *o)
{
        _cleanup_free_ char *file = NULL;
        size_t size = 0;
        int r;

        if ((o->text != NULL) + (o->file != NULL) + (o->template != NULL) != 1)
                return ctl_usage(ctl, "notify send takes one of --text, --file and --template");
        if (o->values.n > 0 && !o->template)
                return ctl_usage(ctl, "--value belongs to --template");
        if (o->template) {
                (void)json_object_set_new(doc, "template", json_string(o->template));
                return put_values(ctl, doc, &o->values);
        }
        if (o->file) {
                r = ctl_read(ctl, o->file, THON_NOTICE_TEXT_MAX, &file, &size);
                if (r != CTL_OK)
                        return r;
        }
        if (json_object_set_new(doc, "text", o->file ? json_stringn(file, size) : json_string(o->text)) < 0)
                return ctl_fail(ctl, "not-utf8",
                                "the text is not UTF-8: save it as UTF-8 and send it again");
        return CTL_OK;
}

static int make_submission(struct ctl *ctl, const struct send_options *o, json_t *doc)
{
        json_t *to = json_array(), *ack;
        long supersedes;
        int r = CTL_OK;

        (void)json_object_set_new(doc, "to", to);
        for (size_t i = 0; i < o->to.n; i++) {
                _cleanup_json_ json_t *words = words_of(o->to.items[i], strlen(o->to.items[i]));
                (void)json_array_extend(to, words);
        }
        if (json_array_size(to) == 0)
                return ctl_usage(
                        ctl,
                        "notify send needs --to: household:ID person:ID group:ID role:ROLE area:ID or all");
        if (o->class)
                (void)json_object_set_new(doc, "class", json_string(o->class));
        if (o->purpose)
                (void)json_object_set_new(doc, "purpose", json_string(o->purpose));
        if (o->key)
                (void)json_object_set_new(doc, "key", json_string(o->key));
        if (o->supersedes) {
                if (!ctl_int(o->supersedes, 1, INT32_MAX, &supersedes))
                        return ctl_usage(ctl, "--supersedes takes the number of a notice");
                (void)json_object_set_new(doc, "supersedes", json_integer(supersedes));
        }
        r = put_text(ctl, doc, o);
        if (r == CTL_OK)
                r = put_time(ctl, doc, "not_before", "not-before", o->not_before);
        if (r == CTL_OK)
                r = put_time(ctl, doc, "expires", "expires", o->expires);
        if (r == CTL_OK && (o->ack || o->escalate.n > 0)) {
                ack = json_object();
                (void)json_object_set_new(doc, "ack", ack);
                if (o->escalate.n > 0)
                        r = put_escalation(ctl, ack, &o->escalate);
        }
        (void)json_object_set_new(doc, "by", json_string(ctl->by));
        return r;
}

static json_int_t number_of(const json_t *reply, const char *name)
{
        return json_integer_value(json_object_get(reply, name));
}

static int send_notice(struct ctl *ctl, int argc, char **argv)
{
        struct send_options o = {0};
        const struct ctl_option options[] = {{"class", &o.class, NULL},
                                             {"text", &o.text, NULL},
                                             {"file", &o.file, NULL},
                                             {"template", &o.template, NULL},
                                             {"expires", &o.expires, NULL},
                                             {"key", &o.key, NULL},
                                             {"not-before", &o.not_before, NULL},
                                             {"purpose", &o.purpose, NULL},
                                             {"supersedes", &o.supersedes, NULL},
                                             {"ack", NULL, &o.ack}};
        _cleanup_json_ json_t *doc = json_object(), *reply = NULL;
        int r;

        r = ctl_option_list(ctl, &argc, argv, "to", &o.to);
        if (r == CTL_OK)
                r = ctl_option_list(ctl, &argc, argv, "value", &o.values);
        if (r == CTL_OK)
                r = ctl_option_list(ctl, &argc, argv, "escalate", &o.escalate);
        if (r == CTL_OK)
                r = ctl_options(ctl, argc, argv, options, sizeof(options) / sizeof(options[0]), &argc);
        if (r == CTL_OK)
                r = ctl_zone(ctl);
        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "notify send takes options only, not \"%s\"", argv[0]);
        r = make_submission(ctl, &o, doc);
        if (r == CTL_OK)
                r = ctl_call(ctl, "notify/submit", THON_TAKE(doc), DAEMON, &reply);
        if (r != CTL_OK)
                return r;
        if (json_is_true(json_object_get(reply, "existing")))
                return ctl_done(ctl, json_incref(reply),
                                "notice %" JSON_INTEGER_FORMAT " was accepted under this key before",
                                number_of(reply, "id"));
        return ctl_done(ctl, json_incref(reply),
                        "notice %" JSON_INTEGER_FORMAT " accepted: %" JSON_INTEGER_FORMAT
                        " recipients, %" JSON_INTEGER_FORMAT
                        " of them without any channel, %" JSON_INTEGER_FORMAT " left out without consent",
                        number_of(reply, "id"), number_of(reply, "recipients"),
                        number_of(reply, "unreachable"), number_of(reply, "left_out"));
}

/* notify/<id>/<verb>, by the one who runs us. */
static int order(struct ctl *ctl, const char *id, const char *verb, json_t *payload, json_t **ret)
{
        _cleanup_json_ json_t *owned = payload;
        char topic[64];
        long number;

        if (!ctl_int(id, 1, INT32_MAX, &number))
                return ctl_usage(ctl, "notify %s takes the number of a notice, not \"%s\"", verb, id);
        (void)json_object_set_new(owned, "by", json_string(ctl->by));
        (void)snprintf(topic, sizeof(topic), "notify/%ld/%s", number, verb);
        return ctl_call(ctl, topic, THON_TAKE(owned), DAEMON, ret);
}

static int simple(struct ctl *ctl, int argc, char **argv, const char *verb, const char *done)
{
        _cleanup_json_ json_t *reply = NULL;
        int r;

        r = ctl_options(ctl, argc, argv, NULL, 0, &argc);
        if (r != CTL_OK)
                return r;
        if (argc != 1)
                return ctl_usage(ctl, "notify %s takes the number of a notice", verb);
        r = order(ctl, argv[0], verb, json_object(), &reply);
        if (r != CTL_OK)
                return r;
        return ctl_done(ctl, json_incref(reply), "notice %s %s", argv[0], done);
}

static int cancel(struct ctl *ctl, int argc, char **argv)
{
        return simple(ctl, argc, argv, "cancel", "is withdrawn; what was sent already stays sent");
}

static int acknowledge(struct ctl *ctl, int argc, char **argv)
{
        return simple(ctl, argc, argv, "ack", "is acknowledged");
}

static int retry(struct ctl *ctl, int argc, char **argv)
{
        return simple(ctl, argc, argv, "retry", "is tried again where it did not arrive");
}

static int resolve(struct ctl *ctl, int argc, char **argv)
{
        static const char *const words[] = {"sent", "not-sent", "repeat"};
        const char *as = NULL, *household = NULL, *person = NULL;
        const struct ctl_option options[] = {
                {"as", &as, NULL}, {"household", &household, NULL}, {"person", &person, NULL}};
        _cleanup_json_ json_t *reply = NULL;
        json_t *doc;
        bool known = false;
        int r;

        r = ctl_options(ctl, argc, argv, options, 3, &argc);
        if (r != CTL_OK)
                return r;
        for (size_t i = 0; i < 3; i++)
                known = known || (as && strcmp(as, words[i]) == 0);
        if (argc != 1 || !known)
                return ctl_usage(
                        ctl,
                        "notify resolve takes the number of a notice and --as sent, not-sent or repeat");
        doc = json_pack("{s:s}", "as", as);
        if (household)
                (void)json_object_set_new(doc, "household", json_string(household));
        if (person)
                (void)json_object_set_new(doc, "person", json_string(person));
        r = order(ctl, argv[0], "resolve", doc, &reply);
        if (r != CTL_OK)
                return r;
        return ctl_done(ctl, json_incref(reply),
                        "notice %s: %" JSON_INTEGER_FORMAT " unknown deliveries resolved as %s", argv[0],
                        number_of(reply, "deliveries"), as);
}

const struct ctl_command ctl_notify_commands[] = {
        {"notify send",
         "--to WHO... --text TEXT|--file FILE|--template ID [--value NAME=TEXT...] [--class C] [--not-before T] "
         "[--expires T] [--key K] [--supersedes ID] [--purpose P] [--ack] [--escalate \"WHO after D\"...]",
         send_notice},
        {"notify cancel", "ID", cancel},
        {"notify ack", "ID", acknowledge},
        {"notify resolve", "ID --as sent|not-sent|repeat [--household CODE|--person ID]", resolve},
        {"notify retry", "ID", retry},
        {NULL, NULL, NULL},
};
