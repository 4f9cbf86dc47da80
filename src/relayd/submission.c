/* notify/submit: the JSON of a submission, read strictly. What is not understood is refused: a misspelt "expires" would
 * be a notice that is sent next week. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "thon/cleanup.h"

#define TO_MAX     512
#define WORD_MAX   200
#define VALUES_MAX 64
#define STEPS_MAX  10
#define AFTER_MAX  (30 * 86400)
#define NAME_MAX_  64
#define ID_MAX     ((json_int_t)1 << 53)

static int bad(struct thon_json_error *error, const char *where, const char *what)
{
        thon_json_fail(error, where, "%s", what);
        return -EINVAL;
}

/* A word or a list of words; `*ret` borrows them, and is freed by the caller. */
static int take_words(const json_t *value, const char *where, const char ***ret, size_t *ret_n,
                      struct thon_json_error *error)
{
        size_t n = json_is_string(value) ? 1 : json_array_size(value);
        const char **words;

        if (n == 0)
                return bad(error, where, "must be a recipient, or a list of at least one");
        if (n > TO_MAX)
                return bad(error, where, "has more than 512 words: use areas or groups");
        words = calloc(n + 1, sizeof(*words));
        if (!words)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                words[i] = json_string_value(json_is_string(value) ? value : json_array_get(value, i));
                if (!words[i] || !*words[i] || strlen(words[i]) > WORD_MAX) {
                        free(words);
                        return bad(error, where, "must be words such as area:thon-4, role:officer or all");
                }
        }
        *ret = words;
        *ret_n = n;
        return 0;
}

static int take_class(const json_t *doc, struct relayd_submission *s, struct thon_json_error *error)
{
        const json_t *class = json_object_get(doc, "class"), *purpose = json_object_get(doc, "purpose");
        const char *text = json_string_value(purpose);

        if (class && (!json_is_string(class) || !thon_class_parse(json_string_value(class), &s->class)))
                return bad(error, "class", "must be normal, priority or emergency");
        if (!purpose || json_is_null(purpose))
                return 0;
        s->has_purpose = true;
        if (!text || !thon_purpose_parse(text, &s->purpose))
                return bad(error, "purpose", "must be notices or emergency");
        return 0;
}

static int take_values(const json_t *doc, struct relayd_submission *s, struct thon_value_pair *pairs,
                       struct thon_json_error *error)
{
        const json_t *values = json_object_get(doc, "values"), *value;
        const char *name;

        if (!values || json_is_null(values))
                return 0;
        if (!json_is_object(values) || json_object_size(values) > VALUES_MAX)
                return bad(error, "values", "must be an object of at most 64 texts");
        if (!s->template_id)
                return bad(error, "values", "goes with template only");
        json_object_foreach ((json_t *)values, name, value) {
                if (!json_is_string(value))
                        return bad(error, "values", "must be texts, numbers too");
                pairs[s->n_values++] = (struct thon_value_pair){name, json_string_value(value)};
        }
        s->values = pairs;
        return 0;
}

static int take_time(const struct relayd *d, const json_t *doc, const char *member, struct thon_wall *ret,
                     struct thon_json_error *error)
{
        const json_t *value = json_object_get(doc, member);

        *ret = THON_WALL_NEVER;
        if (!value || json_is_null(value))
                return 0;
        if (!json_is_string(value) || !thon_time_parse(d->zone, json_string_value(value), ret))
                return bad(error, member, "must be a time such as 2026-11-21T23:00:00+07:00");
        return 0;
}

static bool seconds(const json_t *value)
{
        return json_is_integer(value) && json_integer_value(value) >= 1 &&
               json_integer_value(value) <= AFTER_MAX;
}

static int check_step(const json_t *step, json_int_t before, struct thon_json_error *error)
{
        static const char *const members[] = {"to", "after", NULL};
        _cleanup_free_ const char **to = NULL;
        size_t n;

        if (!thon_json_only(step, "ack.escalate", members, error))
                return -EINVAL;
        if (!seconds(json_object_get(step, "after")) ||
            json_integer_value(json_object_get(step, "after")) < before)
                return bad(error, "ack.escalate.after",
                           "must be seconds since the notice, 1 to 30 days, none before the step before it");
        if (!json_is_array(json_object_get(step, "to")))
                return bad(error, "ack.escalate.to", "must be a list");
        return take_words(json_object_get(step, "to"), "ack.escalate.to", &to, &n, error);
}

/* {"within":s} is short for nobody to escalate to: it is only shown who has not answered. */
static int take_ack(const json_t *doc, struct relayd_submission *s, struct thon_json_error *error)
{
        static const char *const members[] = {"within", "escalate", NULL};
        const json_t *ack = json_object_get(doc, "ack"), *steps, *step, *within;
        json_int_t before = 0;
        size_t i;
        int r;

        if (!ack || json_is_null(ack))
                return 0;
        if (!thon_json_only(ack, "ack", members, error))
                return -EINVAL;
        within = json_object_get(ack, "within");
        if (within && !seconds(within))
                return bad(error, "ack.within", "must be seconds, 1 to 30 days");
        steps = json_object_get(ack, "escalate");
        if (steps && (!json_is_array(steps) || json_array_size(steps) > STEPS_MAX))
                return bad(error, "ack.escalate", "must be a list of at most 10 steps");
        json_array_foreach (steps, i, step) {
                r = check_step(step, before, error);
                if (r < 0)
                        return r;
                before = json_integer_value(json_object_get(step, "after"));
        }
        s->ack = ack;
        return 0;
}

static int take_rest(const struct relayd *d, const json_t *doc, struct relayd_submission *s,
                     struct thon_json_error *error)
{
        const json_t *text = json_object_get(doc, "text"), *supersedes = json_object_get(doc, "supersedes");
        int r;

        if (text && !json_is_string(text))
                return bad(error, "text", "must be a text");
        s->text = json_string_value(text);
        if (supersedes && !json_is_null(supersedes) &&
            (!json_is_integer(supersedes) || json_integer_value(supersedes) < 1 ||
             json_integer_value(supersedes) > ID_MAX))
                return bad(error, "supersedes", "must be the id of a notice");
        s->supersedes = json_integer_value(supersedes);
        if (!thon_json_line(doc, "template", NAME_MAX_, &s->template_id, error) ||
            !thon_json_line(doc, "key", WORD_MAX, &s->key, error) ||
            !thon_json_line(doc, "by", NAME_MAX_, &s->by, error))
                return -EINVAL;
        r = take_time(d, doc, "not_before", &s->not_before, error);
        return r < 0 ? r : take_time(d, doc, "expires", &s->expires, error);
}

static void answer_refusal(struct relayd *d, const struct thon_mqtt_message *m, int r,
                           const struct relayd_refusal *refusal)
{
        if (r == -EINVAL && refusal->slug)
                thon_mqtt_reply_error(d->mqtt, m, refusal->slug, "%s", refusal->text);
        else
                relayd_reply_store(d, m, r);
}

void relayd_command_submit(struct relayd *d, const struct thon_mqtt_message *m)
{
        static const char *const members[] = {"to",     "class",      "purpose", "text",       "template",
                                              "values", "not_before", "expires", "supersedes", "key",
                                              "ack",    "by",         NULL};
        _cleanup_json_ json_t *doc = NULL;
        _cleanup_free_ const char **to = NULL;
        struct thon_value_pair pairs[VALUES_MAX];
        struct thon_json_error error = {""};
        struct relayd_submission s = {.class = THON_CLASS_NORMAL, .source = ""};
        struct relayd_submitted out;
        struct relayd_refusal refusal;
        int r = thon_mqtt_command(m, members, &doc, &error);

        if (r == 0)
                r = take_words(json_object_get(doc, "to"), "to", &to, &s.n_to, &error);
        if (r == 0)
                r = take_class(doc, &s, &error);
        if (r == 0)
                r = take_rest(d, doc, &s, &error);
        if (r == 0)
                r = take_values(doc, &s, pairs, &error);
        if (r == 0)
                r = take_ack(doc, &s, &error);
        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        s.to = to;
        r = relayd_submit(d, &s, &out, &refusal);
        if (r != 0) {
                answer_refusal(d, m, r, &refusal);
                return;
        }
        relayd_reply_after_commit(d, m,
                                  json_pack("{s:I,s:I,s:I,s:I,s:b}", "id", (json_int_t)out.id, "recipients",
                                            (json_int_t)out.recipients, "left_out", (json_int_t)out.left_out,
                                            "unreachable", (json_int_t)out.unreachable, "existing",
                                            out.existing));
}
