/* A notice from what somebody wants said to rows on disk: the text as people will read it, everyone whom it concerns, and
 * for each the first way that works. The caller's transaction holds it all; nothing is sent from here. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pump.h"
#include "thon/cleanup.h"

#define KEY_MAX 200

static int __attribute__((format(printf, 3, 4)))
refuse(struct relayd_refusal *refusal, const char *slug, const char *format, ...)
{
        struct thon_json_error printable;
        char text[THON_JSON_ERROR];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        thon_json_fail(&printable, NULL, "%s", text); /* may quote the request */
        refusal->slug = slug;
        snprintf(refusal->text, sizeof(refusal->text), "%s", printable.text);
        return -EINVAL;
}

/* What one submission gathers on its way. */
struct gathered {
        char *text, *values, *audience, *ack;
        char digest[2 * EVP_MAX_MD_SIZE + 1];
        struct thon_audience *people;
        struct thon_recipients recipients;
        struct thon_recipient *posts; /* to = channel:... */
        size_t n_posts;
        struct thon_recipient_first *first;
        size_t n;
};

static void gathered_done(struct gathered *g)
{
        for (size_t i = 0; i < g->n_posts; i++)
                free(g->posts[i].ladder);
        free(g->posts);
        free(g->first);
        thon_recipients_done(&g->recipients);
        thon_audience_free(g->people);
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
                return refuse(refusal, "unknown-template", "template: there is no template %s",
                              in->template_id);
        if (r == -EINVAL)
                return refuse(refusal, "invalid", "template %s: %s", in->template_id, error);
        if (r < 0)
                return r;
        r = thon_template_render(&template, in->values, in->n_values, ret, error);
        thon_template_done(&template);
        return r == -EINVAL ? refuse(refusal, "invalid", "values: %s", error) : r;
}

static int take_text(struct relayd *d, const struct relayd_submission *in, struct gathered *g,
                     struct relayd_refusal *refusal)
{
        _cleanup_free_ char *rendered = NULL;
        int r;

        if (!in->text == !in->template_id)
                return refuse(refusal, "invalid", "text: give either text, or template with values");
        if (in->template_id) {
                r = from_template(d, in, &rendered, refusal);
                if (r == 0)
                        r = values_json(in, &g->values);
                if (r < 0)
                        return r;
        }
        r = thon_notice_text(rendered ? rendered : in->text, THON_NOTICE_TEXT_MAX, &g->text);
        if (r == -EINVAL && strlen(rendered ? rendered : in->text) > THON_NOTICE_TEXT_MAX)
                return refuse(refusal, "too-long", "text: must be at most %d bytes", THON_NOTICE_TEXT_MAX);
        if (r == -EINVAL)
                return refuse(refusal, "invalid", "text: must be UTF-8 of at most %d bytes",
                              THON_NOTICE_TEXT_MAX);
        if (r == 0 && !*g->text)
                return refuse(refusal, "invalid", "text: is empty");
        return r;
}

/* ---- people ---- */

/* channel:NAME or channel:NAME/ADDRESS: a post on the channel itself. */
static int take_post(struct relayd *d, const char *word, struct gathered *g, struct relayd_refusal *refusal)
{
        const char *name = word + strlen("channel:"), *slash = strchr(name, '/'), *address;
        size_t n = slash ? (size_t)(slash - name) : strlen(name);
        char ladder[THON_LADDER_MAX] = "", buf[THON_CHANNEL_NAME];
        struct thon_recipient *more;
        struct relayd_channel *c = NULL;

        if (n < sizeof(buf)) {
                memcpy(buf, name, n);
                buf[n] = '\0';
                c = relayd_channel_find(d, buf);
        }
        if (!c)
                return refuse(refusal, "unknown-channel", "to: there is no enabled channel %.*s", (int)n,
                              name);
        address = slash            ? slash + 1
                  : c->conf->chat  ? c->conf->chat
                  : c->conf->topic ? c->conf->topic
                                   : c->conf->page;
        if (!address || !*address)
                return refuse(refusal, "invalid",
                              "to: channel %s has no chat of its own; give channel:%s/ADDRESS", buf, buf);
        if (!thon_ladder_add(ladder, buf, address))
                return refuse(refusal, "invalid", "to: %s is no address", address);
        more = reallocarray(g->posts, g->n_posts + 1, sizeof(*more));
        if (!more)
                return -ENOMEM;
        g->posts = more;
        more[g->n_posts] = (struct thon_recipient){.ladder = strdup(ladder)};
        if (!more[g->n_posts].ladder)
                return -ENOMEM;
        g->n_posts++;
        return 0;
}

static int build(struct relayd *d, enum thon_class class, enum thon_purpose purpose, struct gathered *g)
{
        _cleanup_free_ struct thon_ladder_channel *channels = calloc(d->n_channels + 1, sizeof(*channels));
        struct thon_ladder_conf conf = {
                .channels = channels,
                .n_channels = d->n_channels,
                .order = (const char *const *)d->conf.ladder[class],
                .n_order = d->conf.n_ladder[class],
                .household_phone = d->conf.household_phone,
        };

        if (!channels)
                return -ENOMEM;
        for (size_t i = 0; i < d->n_channels; i++) {
                const struct relayd_channel *c = d->channels[i];

                channels[i] = (struct thon_ladder_channel){
                        .name = c->conf->name,
                        .by_phone = c->conf->by_phone || c->conf->kind == THON_KIND_SMS,
                        .address_of = c->conf->addresses[0] ? c->conf->addresses : NULL};
        }
        return thon_recipients_build(g->people, purpose, &conf, &g->recipients);
}

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
        int r = 0;

        if (in->n_to == 0)
                return refuse(refusal, "invalid", "to: names nobody");
        for (size_t i = 0; r == 0 && i < in->n_to; i++)
                if (strncmp(in->to[i], "channel:", 8) == 0)
                        r = take_post(d, in->to[i], g, refusal);
        if (r == 0)
                r = thon_audience_load(d->store, in->to, in->n_to, &g->people);
        if (r == 0)
                r = build(d, in->class, purpose, g);
        if (r != 0)
                return r;
        g->first = calloc(g->recipients.n + g->n_posts + 1, sizeof(*g->first));
        if (!g->first)
                return -ENOMEM;
        for (size_t i = 0; i < g->recipients.n; i++)
                place(d, &g->recipients.items[i], in->not_before, g, out);
        for (size_t i = 0; i < g->n_posts; i++)
                place(d, &g->posts[i], in->not_before, g, out);
        out->recipients = g->n;
        out->left_out = g->recipients.left_out;
        return 0;
}

/* ---- who is to acknowledge it ---- */

/* Words that are wrong now would be found wrong at night, when somebody should have been woken. */
static int check_step(struct relayd *d, const json_t *step, struct relayd_refusal *refusal)
{
        _cleanup_free_ const char **to =
                calloc(json_array_size(json_object_get(step, "to")) + 1, sizeof(*to));
        struct thon_audience *people = NULL;
        const json_t *word;
        size_t i;
        int r;

        if (!to)
                return -ENOMEM;
        json_array_foreach (json_object_get(step, "to"), i, word) {
                struct gathered none = {0};

                to[i] = json_string_value(word);
                r = strncmp(to[i], "channel:", 8) == 0 ? take_post(d, to[i], &none, refusal) : 0;
                gathered_done(&none);
                if (r < 0)
                        return r;
        }
        r = thon_audience_load(d->store, to, i, &people);
        thon_audience_free(people);
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
                r = check_step(d, step, refusal);
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
                return refuse(refusal, "expired", "expires: is over already");
        if (in->not_before.s != THON_WALL_NEVER.s && in->expires.s <= in->not_before.s)
                return refuse(refusal, "invalid", "expires: must lie after not_before");
        if (in->key && (!*in->key || strnlen(in->key, KEY_MAX + 1) > KEY_MAX))
                return refuse(refusal, "invalid", "key: must be a text of 1 to %d bytes", KEY_MAX);
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
