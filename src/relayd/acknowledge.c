/* Somebody takes it on, or nobody does and the next one is asked.
 *
 * Notices of routes are escalated by the router, which knows what stands; those that a person or a program submitted with
 * steps of their own are escalated here, by the store's clock. Who was told of either learns once who took it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "routes.h"
#include "thon/log.h"
#include "thon/relay_told_store.h"

#define RETRY_US    UINT64_C(5000000)
#define TAKEN_FOR_S 86400
#define DUE_AT_ONCE 256

struct relayd_acks {
        struct thon_alarm *alarm;
};

/* ---- acknowledging -------------------------------------------------------------------------------------------------- */

static bool escalates(const char *ack)
{
        _cleanup_json_ json_t *doc = NULL;

        return ack && thon_json_parse(ack, strlen(ack), THON_MQTT_PAYLOAD_MAX, &doc, NULL) == 0 &&
               json_array_size(json_object_get(doc, "escalate")) > 0;
}

/* A storm warning that all households confirm tells nobody who did; what one person has to do, everybody asked. What is
 * over by now is no news either. */
static int tell_taken(struct relayd *d, int64_t root, const struct thon_notice_words *words, const char *by,
                      const char *channel, const char *address)
{
        _cleanup_(relayd_readers_freep) struct relayd_readers *readers = NULL;
        _cleanup_free_ char *headline = NULL, *text = NULL;
        struct thon_wall now = relayd_wall(d);
        int r;

        if (strncmp(words->source, "route:", 6) == 0) {
                r = relayd_routes_taken(d, root, &headline);
                if (r != 0 || !headline)
                        return r;
        } else if (escalates(words->ack)) {
                headline = thon_notice_headline(words->text);
        } else {
                return 0;
        }
        text = headline ? thon_taken_text(by, now, d->zone, headline) : NULL;
        if (!text)
                return -ENOMEM;
        r = relayd_readers_add(d, &readers, root, false, NULL);
        if (r == 0)
                r = relayd_readers_but(d, readers, 0, channel, address);
        return r != 0 ? r
                      : relayd_readers_tell(d, readers, text, words->class, words->purpose, root,
                                            words->source, by, (struct thon_wall){now.s + TAKEN_FOR_S});
}

int relayd_acknowledge(struct relayd *d, int64_t id, const char *by, const char *channel,
                       const char *address, int64_t *ret_id, bool *ret_first)
{
        _cleanup_(thon_notice_words_done) struct thon_notice_words words = {0};
        int64_t root = 0;
        bool first = false;
        int r = relayd_batch_enter(d);

        if (r == 0 && channel)
                r = thon_notice_waiting(d->store, channel, address, id, &id);
        if (r == 0)
                r = thon_notice_root(d->store, id, &root);
        if (r == 0)
                r = thon_notice_words(d->store, root, &words);
        if (r == 0)
                r = thon_notice_acknowledge(d->store, id, by, channel, address, relayd_wall(d), &first);
        /* Of the family: who answers to the news that somebody has it is not the first. */
        first = first && !words.acknowledged;
        if (r == 0 && first)
                r = tell_taken(d, root, &words, by, channel, address);
        if (r != 0)
                return r;
        if (first) {
                thon_log(LOG_INFO, "Notice %" PRId64 " was acknowledged by %.100s", id, by);
                relayd_publish_notice(d, root);
        }
        *ret_id = id;
        *ret_first = first;
        return 0;
}

/* ---- escalating ----------------------------------------------------------------------------------------------------- */

struct due {
        struct {
                int64_t id;
                unsigned done;
        } items[DUE_AT_ONCE];
        size_t n;
};

/* The steps write, so they come after the walk. */
static int note(const struct thon_escalation *escalation, void *userdata)
{
        struct due *due = userdata;

        if (due->n == DUE_AT_ONCE)
                return 0;
        due->items[due->n].id = escalation->id;
        due->items[due->n++].done = escalation->done;
        return 0;
}

/* Borrows the words. */
static int words_of(const json_t *list, const char ***ret, size_t *ret_n)
{
        const char **words = calloc(json_array_size(list) + 1, sizeof(*words));
        const json_t *word;
        size_t i, n = 0;

        if (!words)
                return -ENOMEM;
        json_array_foreach (list, i, word)
                if (json_is_string(word))
                        words[n++] = json_string_value(word);
        *ret = words;
        *ret_n = n;
        return 0;
}

static int ask_next(struct relayd *d, int64_t id, const struct thon_notice_words *words, const json_t *step,
                    int64_t waited_s)
{
        _cleanup_json_ json_t *told = NULL, *ack = json_object();
        _cleanup_free_ const char **to = NULL, **before = NULL;
        _cleanup_free_ char *headline = thon_notice_headline(words->text), *text = NULL, *numbered = NULL;
        struct relayd_submission submission = {
                .class = words->class,
                .has_purpose = true,
                .purpose = words->purpose,
                .not_before = THON_WALL_NEVER,
                .expires = words->expires,
                .parent = id,
                .source = words->source,
                .by = "relayd",
                .ack = ack,
        };
        struct relayd_submitted submitted;
        struct relayd_refusal refusal;
        size_t n_before = 0;
        int r;

        if (!headline || !ack)
                return -ENOMEM;
        if (thon_json_parse(words->audience, strlen(words->audience), THON_MQTT_PAYLOAD_MAX, &told, NULL) ==
            0) {
                r = words_of(told, &before, &n_before);
                if (r < 0)
                        return r;
        }
        r = words_of(json_object_get(step, "to"), &to, &submission.n_to);
        if (r < 0)
                return r;
        text = thon_escalation_text(headline, before, n_before, waited_s);
        if (!text)
                return -ENOMEM;
        submission.to = to;
        submission.text = text;
        r = relayd_submit(d, &submission, &submitted, &refusal);
        if (r == -EINVAL || r == THON_STORE_INVALID) {
                thon_warning("Notice %" PRId64 " cannot be escalated: %s", id,
                             r < 0 ? refusal.text : thon_store_message(d->store));
                return 0; /* the next step may still reach somebody */
        }
        if (r != 0)
                return r;
        numbered = thon_number_fill(text, submitted.id);
        return numbered ? thon_notice_text_set(d->store, submitted.id, numbered) : -ENOMEM;
}

static int escalate(struct relayd *d, int64_t id, unsigned done)
{
        _cleanup_(thon_notice_words_done) struct thon_notice_words words = {0};
        _cleanup_json_ json_t *ack = NULL;
        struct thon_wall now = relayd_wall(d), from, next = THON_WALL_NEVER;
        const json_t *steps, *after;
        int r = thon_notice_words(d->store, id, &words);

        if (r != 0)
                return r;
        /* What cannot be read was written by no one of ours, and would be due for ever. */
        if (!words.ack ||
            thon_json_parse(words.ack, strlen(words.ack), THON_MQTT_PAYLOAD_MAX, &ack, NULL) < 0 ||
            words.expires.s <= now.s)
                return thon_escalation_done(d->store, id, done, THON_WALL_NEVER);
        steps = json_object_get(ack, "escalate");
        from = words.not_before.s != THON_WALL_NEVER.s && words.not_before.s > words.submitted_at.s
                       ? words.not_before
                       : words.submitted_at;
        if (done < json_array_size(steps)) {
                r = ask_next(d, id, &words, json_array_get(steps, done), now.s - from.s);
                if (r != 0)
                        return r;
        }
        after = json_object_get(json_array_get(steps, done + 1), "after");
        if (json_is_integer(after)) {
                int64_t since = json_integer_value(after) -
                                json_integer_value(json_object_get(json_array_get(steps, done), "after"));

                /* The clock may have been set back since: no step waits longer for that. */
                next.s = from.s + json_integer_value(after);
                if (next.s > now.s + since)
                        next.s = now.s + since;
        }
        return thon_escalation_done(d->store, id, done + 1, next);
}

static int escalate_due(struct relayd *d)
{
        struct due due = {.n = 0};
        struct thon_wall next;
        int r = thon_escalation_due(d->store, relayd_wall(d), note, &due, &next);

        for (size_t i = 0; r == 0 && i < due.n; i++)
                r = escalate(d, due.items[i].id, due.items[i].done);
        if (r != 0)
                return r;
        /* Later steps of the same notices are found by the next look. */
        if (due.n > 0)
                next = relayd_wall(d);
        thon_alarm_set(d->acks->alarm, next, THON_MONO_NEVER);
        return 0;
}

static void on_alarm(void *userdata)
{
        struct relayd *d = userdata;
        int r;

        if (d->stopping)
                return;
        r = relayd_batch_mark(d);
        if (r == 0)
                r = relayd_batch_unmark(d, escalate_due(d));
        if (r != 0)
                thon_alarm_set(d->acks->alarm, THON_WALL_NEVER, thon_mono_add(relayd_mono(d), RETRY_US));
}

/* In the next turn of the loop: it is asked for in the middle of submissions. */
void relayd_escalations_look(struct relayd *d)
{
        if (d->acks)
                thon_alarm_set(d->acks->alarm, THON_WALL_NEVER, relayd_mono(d));
}

int relayd_acks_start(struct relayd *d)
{
        int r;

        if (d->acks)
                return 0;
        d->acks = calloc(1, sizeof(*d->acks));
        if (!d->acks)
                return -ENOMEM;
        r = thon_alarm_new(d->clock, "escalations", on_alarm, d, &d->acks->alarm);
        if (r == 0)
                relayd_escalations_look(d);
        return r;
}

void relayd_acks_stop(struct relayd *d)
{
        if (!d->acks)
                return;
        thon_alarm_free(d->acks->alarm);
        free(d->acks);
        d->acks = NULL;
}
