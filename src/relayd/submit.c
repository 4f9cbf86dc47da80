/* A notice from what somebody wants said to rows on disk: the text as people will read it, everyone whom it concerns, and
 * for each the first way that works. The caller's transaction holds it all; nothing is sent from here. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people.h"
#include "pump.h"
#include "thon/cleanup.h"

#define KEY_MAX 200

/* What one submission gathers on its way. */
struct gathered {
        char *text, *values, *audience, *ack;
        char digest[2 * EVP_MAX_MD_SIZE + 1];
        struct relayd_people people;
        struct thon_recipient_first *first;
        size_t n;
};

static void gathered_done(struct gathered *g)
{
        free(g->first);
        relayd_people_done(&g->people);
        free(g->text);
        free(g->values);
        free(g->audience);
        free(g->ack);
}

/* ---- words ---- */

static int values_json(const struct relayd_submission *in, char **ret)
{
        _cleanup_json_ json_t *doc = json_object();

        for (size_t i = 0; doc && i < in->n_values; i++)
                if (json_object_set_new(doc, in->values[i].name, json_string(in->values[i].value)) < 0)
                        return -ENOMEM;
        *ret = doc ? json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
        return *ret ? 0 : -ENOMEM;
}

static int from_template(struct relayd *d, const struct relayd_submission *in, char **ret,
                         struct relayd_refusal *refusal)
{
        struct thon_template template = {0};
        char error[200] = "";
        int r = thon_relayd_template(&d->conf, in->template_id, &template, error);

        if (r == -ENOENT)
                return relayd_refuse(refusal, "unknown-template", "template: there is no template %s",
                                     in->template_id);
        if (r == -EINVAL)
                return relayd_refuse(refusal, "invalid", "template %s: %s", in->template_id, error);
        if (r < 0)
                return r;
        r = thon_template_render(&template, in->values, in->n_values, ret, error);
        thon_template_done(&template);
        return r == -EINVAL ? relayd_refuse(refusal, "invalid", "values: %s", error) : r;
}

static int take_text(struct relayd *d, const struct relayd_submission *in, struct gathered *g,
                     struct relayd_refusal *refusal)
{
        _cleanup_free_ char *rendered = NULL;
        int r;

        if (!in->text == !in->template_id)
                return relayd_refuse(refusal, "invalid", "text: give either text, or template with values");
        if (in->template_id) {
                r = from_template(d, in, &rendered, refusal);
                if (r == 0)
                        r = values_json(in, &g->values);
                if (r < 0)
                        return r;
        }
        r = thon_notice_text(rendered ? rendered : in->text, THON_NOTICE_TEXT_MAX, &g->text);
        if (r == -EINVAL && strlen(rendered ? rendered : in->text) > THON_NOTICE_TEXT_MAX)
                return relayd_refuse(refusal, "too-long", "text: must be at most %d bytes",
                                     THON_NOTICE_TEXT_MAX);
        if (r == -EINVAL)
                return relayd_refuse(refusal, "invalid", "text: must be UTF-8 of at most %d bytes",
                                     THON_NOTICE_TEXT_MAX);
        if (r == 0 && !*g->text)
                return relayd_refuse(refusal, "invalid", "text: is empty");
        return r;
}

/* ---- people ---- */

static void place(struct relayd *d, const struct thon_recipient *recipient, struct thon_wall not_before,
                  struct gathered *g, struct relayd_submitted *out)
{
        struct thon_recipient_first *first = &g->first[g->n++];
        struct thon_wall due;
        enum thon_due why;

        *first = (struct thon_recipient_first){.recipient = recipient};
        first->rung = relayd_step(recipient->ladder, -1, &due, &why, d);
        first->due = due;
        first->why = why;
        if (not_before.s != THON_WALL_NEVER.s && not_before.s > due.s) {
                first->due = not_before;
                first->why = THON_DUE_NOT_BEFORE;
        }
        if (first->rung < 0) {
                first->ended = recipient->household ? THON_OUTCOME_VISIT : THON_OUTCOME_NOT_SENT;
                first->detail = THON_DETAIL_UNREACHABLE;
                out->unreachable++;
        }
}

static int take_people(struct relayd *d, const struct relayd_submission *in, enum thon_purpose purpose,
                       struct gathered *g, struct relayd_submitted *out, struct relayd_refusal *refusal)
{
        const struct relayd_people *people = &g->people;
        int r;

        if (in->n_to == 0)
                return relayd_refuse(refusal, "invalid", "to: names nobody");
        r = relayd_people_load(d, d->store, in->to, in->n_to, in->class, purpose, &g->people, refusal);
        if (r != 0)
                return r;
        g->first = calloc(people->recipients.n + people->n_posts + 1, sizeof(*g->first));
        if (!g->first)
                return -ENOMEM;
        for (size_t i = 0; i < people->recipients.n; i++)
                place(d, &people->recipients.items[i], in->not_before, g, out);
        for (size_t i = 0; i < people->n_posts; i++)
                place(d, &people->posts[i], in->not_before, g, out);
        out->recipients = g->n;
        out->left_out = people->recipients.left_out;
        return 0;
}

/* ---- who is to acknowledge it ---- */

/* Words that are wrong now would be found wrong at night, when somebody should have been woken. */
static int check_step(struct relayd *d, const json_t *step, enum thon_class class,
                      struct relayd_refusal *refusal)
{
        _cleanup_free_ const char **to =
                calloc(json_array_size(json_object_get(step, "to")) + 1, sizeof(*to));
        struct relayd_people people = {0};
        const json_t *word;
        size_t i;
        int r;

        if (!to)
                return -ENOMEM;
        json_array_foreach (json_object_get(step, "to"), i, word)
                to[i] = json_string_value(word);
        r = relayd_people_load(d, d->store, to, i, class, THON_PURPOSE_NOTICES, &people, refusal);
        relayd_people_done(&people);
        return r;
}

static int take_ack(struct relayd *d, const struct relayd_submission *in, struct gathered *g,
                    struct thon_wall *escalate_at, struct relayd_refusal *refusal)
{
        const json_t *steps = json_object_get(in->ack, "escalate"), *step;
        struct thon_wall from = relayd_wall(d);
        size_t i;
        int r;

        if (!in->ack)
                return 0;
        g->ack = json_dumps(in->ack, JSON_COMPACT);
        if (!g->ack)
                return -ENOMEM;
        json_array_foreach (steps, i, step) {
                r = check_step(d, step, in->class, refusal);
                if (r != 0)
                        return r;
        }
        if (in->not_before.s != THON_WALL_NEVER.s && in->not_before.s > from.s)
                from = in->not_before;
        if (json_array_size(steps) > 0)
                escalate_at->s =
                        from.s + json_integer_value(json_object_get(json_array_get(steps, 0), "after"));
        return 0;
}

/* ---- the same again ---- */

/* Of all that decides what is said to whom: the same key with other words is a mistake, not a repetition. */
static int take_digest(const struct relayd_submission *in, enum thon_purpose purpose, struct gathered *g)
{
        unsigned char hash[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        _cleanup_json_ json_t *doc = json_pack("[s,i,i,s,s?,s?,I,I,I,I,s?]", g->audience, (int)in->class,
                                               (int)purpose, g->text, in->template_id, g->values,
                                               (json_int_t)in->not_before.s, (json_int_t)in->expires.s,
                                               (json_int_t)in->supersedes, (json_int_t)in->parent, g->ack);
        _cleanup_free_ char *text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;

        if (!text || EVP_Digest(text, strlen(text), hash, &size, EVP_sha256(), NULL) != 1)
                return -ENOMEM;
        for (unsigned i = 0; i < size; i++)
                snprintf(g->digest + 2 * i, 3, "%02x", hash[i]);
        return 0;
}

static int take_audience(const struct relayd_submission *in, struct gathered *g)
{
        _cleanup_json_ json_t *words = json_array();

        for (size_t i = 0; words && i < in->n_to; i++)
                if (json_array_append_new(words, json_string(in->to[i])) < 0)
                        return -ENOMEM;
        g->audience = words ? json_dumps(words, JSON_COMPACT) : NULL;
        return g->audience ? 0 : -ENOMEM;
}

static int check_times(struct relayd *d, const struct relayd_submission *in, struct relayd_refusal *refusal)
{
        if (in->expires.s <= relayd_wall(d).s && thon_clock_trusted(d->clock))
                return relayd_refuse(refusal, "expired", "expires: is over already");
        if (in->not_before.s != THON_WALL_NEVER.s && in->expires.s <= in->not_before.s)
                return relayd_refuse(refusal, "invalid", "expires: must lie after not_before");
        if (in->key && (!*in->key || strnlen(in->key, KEY_MAX + 1) > KEY_MAX))
                return relayd_refuse(refusal, "invalid", "key: must be a text of 1 to %d bytes", KEY_MAX);
        return 0;
}

static int submit(struct relayd *d, const struct relayd_submission *in, struct gathered *g,
                  struct relayd_submitted *out, struct relayd_refusal *refusal)
{
        struct thon_notice notice = {
                .class = in->class,
                .purpose = in->has_purpose                     ? in->purpose
                           : in->class == THON_CLASS_EMERGENCY ? THON_PURPOSE_EMERGENCY
                                                               : THON_PURPOSE_NOTICES,
                .template_id = in->template_id,
                .not_before = in->not_before,
                .expires = in->expires,
                .key = in->key,
                .supersedes = in->supersedes,
                .parent = in->parent,
                .source = in->source ? in->source : "",
                .escalate_at = THON_WALL_NEVER,
                .by = in->by ? in->by : "",
                .at = relayd_wall(d),
        };
        int r = check_times(d, in, refusal);

        if (r == 0)
                r = take_text(d, in, g, refusal);
        if (r == 0)
                r = take_audience(in, g);
        if (r == 0)
                r = take_ack(d, in, g, &notice.escalate_at, refusal);
        if (r == 0)
                r = take_digest(in, notice.purpose, g);
        if (r == 0)
                r = take_people(d, in, notice.purpose, g, out, refusal);
        if (r != 0)
                return r;
        notice.audience = g->audience;
        notice.text = g->text;
        notice.values = g->values;
        notice.picture = in->picture;
        notice.ack = g->ack;
        notice.digest = g->digest;
        notice.left_out = out->left_out;
        r = thon_notice_submit(d->store, &notice, g->first, g->n, &out->existing);
        out->id = notice.id;
        return r;
}

int relayd_submit(struct relayd *d, const struct relayd_submission *submission, struct relayd_submitted *ret,
                  struct relayd_refusal *refusal)
{
        struct relayd_submitted out = {0};
        struct gathered g = {0};
        int r;

        *refusal = (struct relayd_refusal){.slug = NULL};
        r = relayd_batch_mark(d);
        if (r != 0)
                return r;
        r = relayd_batch_unmark(d, submit(d, submission, &g, &out, refusal));
        gathered_done(&g);
        if (r != 0)
                return r;
        if (submission->expires.s != THON_WALL_NEVER.s)
                relayd_pump_expires(d, submission->expires);
        if (submission->supersedes)
                relayd_publish_notice(d, submission->supersedes);
        relayd_publish_notice(d, out.id);
        relayd_pump_soon(d);
        if (submission->ack)
                relayd_escalations_look(d);
        *ret = out;
        return 0;
}
