/* thonctl announce approve, edit, cancel: orders to announced. */
#include "announce.h"

#include <string.h>

#include "secret.h"
#include "thon/cleanup.h"

/* announce/<id>/<verb> by the one who runs us; `payload` is taken over. */
static int send_order(struct ctl *ctl, const char *id, const char *verb, json_t *payload, json_t **ret)
{
        char topic[THON_SLUG_MAX + 32];

        (void)json_object_set_new(payload, "by", json_string(ctl->by));
        (void)snprintf(topic, sizeof(topic), "announce/%s/%s", id, verb);
        return ctl_call(ctl, topic, payload, CTL_ANNOUNCED, ret);
}

int ctl_announce_put_pin(struct ctl *ctl, json_t *doc, const char *file, bool wanted)
{
        _cleanup_(ctl_secret_done) struct ctl_secret pin = {.size = 0};
        char prompt[128];
        int r;

        if (!file && !(wanted && isatty(STDIN_FILENO)))
                return CTL_OK;
        (void)snprintf(prompt, sizeof(prompt), "PIN of %.63s: ", ctl->by);
        r = ctl_secret_file(ctl, "PIN", file ? file : "-", prompt, &pin);
        if (r == CTL_OK && pin.size > 0 && json_object_set_new(doc, "pin", json_string(pin.text)) < 0)
                return ctl_fail(ctl, "invalid", "a PIN is digits");
        return r;
}

static void say_text(struct ctl *ctl, const char *what, const char *text)
{
        _cleanup_free_ char *clean = strdup(text);

        /* Nothing of it acts on a terminal. */
        for (char *p = clean; p && *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = *p == '\n' ? ' ' : '?';
        ctl_say(ctl, "%s: %s", what, clean ? clean : "");
}

void ctl_announce_say_answer(struct ctl *ctl, const json_t *reply)
{
        const char *dialect;
        const json_t *value;
        size_t i;

        json_object_foreach (json_object_get(reply, "reading"), dialect, value)
                if (json_is_string(value))
                        say_text(ctl, dialect, json_string_value(value));
        json_array_foreach (json_object_get(reply, "private"), i, value) {
                const char *text = json_string_value(json_object_get(value, "text")),
                           *quote = json_string_value(json_object_get(value, "quote"));
                _cleanup_free_ char *what = NULL;

                if (asprintf(&what, "look at this before it is approved (%s)", text ? text : "") >= 0)
                        say_text(ctl, what, quote ? quote : "");
        }
        json_array_foreach (json_object_get(reply, "warnings"), i, value)
                if (json_is_string(value))
                        say_text(ctl, "note", json_string_value(value));
}

/* ---- the verbs ---- */

static int put_reading(struct ctl *ctl, json_t *doc, const char *file)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        int r = ctl_read(ctl, file, THON_ANNOUNCE_TEXT_MAX, &text, &size);

        if (r != CTL_OK)
                return r;
        while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
                size--;
        if (size == 0)
                return ctl_fail(ctl, "invalid", "%s is empty: nothing was changed", file);
        if (json_object_set_new(doc, "reading", json_stringn(text, size)) < 0)
                return ctl_fail(ctl, "not-utf8", "%s is not UTF-8: save it as UTF-8", file);
        return CTL_OK;
}

static int send_reading(struct ctl *ctl, const char *id, const char *file, json_t **ret)
{
        _cleanup_json_ json_t *doc = json_object();
        int r = put_reading(ctl, doc, file);

        return r == CTL_OK ? send_order(ctl, id, "edit", THON_TAKE(doc), ret) : r;
}

static int edit(struct ctl *ctl, int argc, char **argv)
{
        const char *file = NULL, *id = NULL;
        const struct ctl_option options[] = {{"reading", &file, NULL}};
        _cleanup_json_ json_t *reply = NULL;
        int r = ctl_options(ctl, argc, argv, options, 1, &argc);

        if (r == CTL_OK)
                r = ctl_announce_id(ctl, argc, argv, "edit", &id);
        if (r == CTL_OK && !file)
                r = ctl_usage(ctl, "announce edit needs --reading FILE: the words as they shall be spoken");
        if (r == CTL_OK)
                r = send_reading(ctl, id, file, &reply);
        if (r != CTL_OK)
                return r;
        ctl_announce_say_answer(ctl, reply);
        return ctl_done(ctl, json_incref(reply), "%s: its reading is changed", id);
}

static int approve(struct ctl *ctl, int argc, char **argv)
{
        const char *file = NULL, *pin = NULL, *id = NULL;
        const struct ctl_option options[] = {{"reading", &file, NULL}, {"pin-file", &pin, NULL}};
        _cleanup_json_ json_t *doc = json_object(), *edited = NULL, *reply = NULL;
        int r = ctl_options(ctl, argc, argv, options, 2, &argc);

        if (r == CTL_OK)
                r = ctl_announce_id(ctl, argc, argv, "approve", &id);
        if (r == CTL_OK)
                r = ctl_announce_put_pin(ctl, doc, pin, false);
        if (r == CTL_OK && file)
                r = send_reading(ctl, id, file, &edited);
        if (r == CTL_OK)
                r = send_order(ctl, id, "approve", THON_TAKE(doc), &reply);
        if (r != CTL_OK)
                return r;
        ctl_announce_say_answer(ctl, reply);
        return ctl_done(ctl, json_incref(reply), "%s is approved by %s", id, ctl->by);
}

static int cancel(struct ctl *ctl, int argc, char **argv)
{
        const char *reason = NULL, *id = NULL;
        const struct ctl_option options[] = {{"reason", &reason, NULL}};
        _cleanup_json_ json_t *reply = NULL;
        json_t *doc;
        int r = ctl_options(ctl, argc, argv, options, 1, &argc);

        if (r == CTL_OK)
                r = ctl_announce_id(ctl, argc, argv, "cancel", &id);
        if (r != CTL_OK)
                return r;
        doc = json_object();
        if (reason && json_object_set_new(doc, "reason", json_string(reason)) < 0) {
                json_decref(doc);
                return ctl_usage(ctl, "--reason takes UTF-8 text");
        }
        r = send_order(ctl, id, "cancel", doc, &reply);
        return r != CTL_OK ? r : ctl_done(ctl, json_incref(reply), "%s is cancelled", id);
}

const struct ctl_command ctl_announce_order_commands[] = {
        {"announce approve", "ID [--reading FILE] [--pin-file FILE|-]", approve},
        {"announce edit", "ID --reading FILE", edit},
        {"announce cancel", "ID [--reason TEXT]", cancel},
        {NULL, NULL, NULL},
};
