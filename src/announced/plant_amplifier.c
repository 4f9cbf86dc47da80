/* Amplifiers are never left on: an amplifier of 500 W that hums through the night is found by its bill, or by a
 * fire.
 *
 * A circuit of lightd is ordered on for a minute and a half and the order is renewed: when we die, it goes off by
 * itself. A line of our own has nobody else who would do it: it is off from the moment it is requested, and at our
 * end; after a crash the next start does it.
 *
 * All is decided in one place (work()) from what is wanted and what is known, whenever anything happened. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plant_private.h"
#include "thon/log.h"

#define BY            "thon-announced"
#define ORDER_S       90
#define RENEW_US      (20 * PLANT_S)
#define AGAIN_US      (3 * PLANT_S)  /* ordered on and not so */
#define ANSWER_US     (5 * PLANT_S)  /* then it is a fault */
#define OFF_US        (15 * PLANT_S) /* ordered off and still on: a fault */
#define LINE_RETRY_US (2 * PLANT_S)
#define DOC_MAX       65536

enum is { IS_UNKNOWN, IS_OFF, IS_ON };

struct plant_amplifier {
        struct plant *plant;
        struct plant_amplifier *next;
        struct thon_amplifier conf;
        unsigned zones, needed;
        uint64_t hold_until;
        bool wanted;
        uint64_t wanted_since; /* it, or not */
        enum is is;
        uint64_t on_since;
        uint64_t ordered; /* last order that went out, 0: none of this wish */
        uint64_t again;   /* one that did not go out is not tried again before */
        bool off_owed;    /* we ordered on, and have not yet taken it back */
        struct thon_gpio_output *output;
        uint64_t line_tried;
        char problem[320];
        sd_event_source *timer;
};

static void amplifier_work(struct plant_amplifier *a);

static void problem(struct plant_amplifier *a, const char *text)
{
        if (strcmp(a->problem, text) == 0)
                return;
        (void)snprintf(a->problem, sizeof a->problem, "%s", text);
        plant_changed(a->plant);
}

/* True when it is news. */
static bool known(struct plant_amplifier *a, enum is is, uint64_t now)
{
        if (a->is == is)
                return false;
        a->is = is;
        if (is == IS_ON)
                a->on_since = now;
        return true;
}

/* ---- a line of our own ---- */

static void line_failed(struct plant_amplifier *a, int r)
{
        char text[320];

        a->output = thon_gpio_output_close(a->output);
        a->is = IS_UNKNOWN;
        (void)snprintf(text, sizeof text, "its line %s of %s cannot be switched: %s%s%s", a->conf.line.line,
                       a->conf.line.chip, thon_gpio_error_text(r), r == THON_GPIO_BUSY ? ", held by " : "",
                       r == THON_GPIO_BUSY ? thon_gpio_holder(a->plant->gpio) : "");
        problem(a, text);
}

static uint64_t line_work(struct plant_amplifier *a, uint64_t now)
{
        int r = 0;

        if (!a->plant->gpio) {
                problem(a, "no GPIO may be used");
                return PLANT_NEVER;
        }
        if (!a->output) {
                if (a->line_tried && now < a->line_tried + LINE_RETRY_US)
                        return a->line_tried + LINE_RETRY_US;
                a->line_tried = now;
                r = thon_gpio_output_open(a->plant->gpio, &a->conf.line, "amplifier", a->wanted, &a->output);
        } else if (a->is != (a->wanted ? IS_ON : IS_OFF)) {
                r = thon_gpio_output_set(a->output, a->wanted);
        }
        if (r != 0) {
                line_failed(a, r);
                return now + LINE_RETRY_US;
        }
        if (known(a, a->wanted ? IS_ON : IS_OFF, now))
                plant_changed(a->plant);
        problem(a, "");
        return PLANT_NEVER;
}

/* ---- a circuit of lightd ---- */

static int order(struct plant_amplifier *a, bool on)
{
        char topic[THON_SLUG_MAX + 16];
        _cleanup_json_ json_t *doc =
                on ? json_pack("{s:b,s:i,s:s,s:s}", "on", 1, "for", ORDER_S, "reason", "loa đang phát", "by",
                               BY)
                   : json_pack("{s:b,s:s,s:s}", "auto", 1, "reason", "loa phát xong", "by", BY);

        if (!doc)
                return -ENOMEM;
        if (!a->plant->mqtt)
                return -ENOTCONN;
        (void)snprintf(topic, sizeof topic, "light/%s/set", a->conf.circuit);
        return thon_mqtt_publish_json(a->plant->mqtt, topic, doc, false);
}

static uint64_t circuit_on(struct plant_amplifier *a, uint64_t now)
{
        uint64_t due = a->ordered == 0 ? now : a->ordered + (a->is == IS_ON ? RENEW_US : AGAIN_US);
        char text[320];
        int r = 0;

        /* Not renewed in time it has gone off, whatever was said last: what says it is away with the broker. */
        if (a->ordered && now >= a->ordered + ORDER_S * PLANT_S) {
                a->ordered = 0;
                a->wanted_since = now - ANSWER_US;
                (void)known(a, IS_UNKNOWN, now);
                due = now;
        }
        if (now >= due) {
                r = order(a, true);
                if (r == 0) {
                        a->ordered = now;
                        a->off_owed = true;
                }
                due = now + (a->is == IS_ON && r == 0 ? RENEW_US : AGAIN_US);
        }
        if (a->is == IS_ON) {
                problem(a, "");
        } else if (now >= a->wanted_since + ANSWER_US) {
                (void)snprintf(text, sizeof text,
                               "circuit %s %s: look at thon-lightd, and whether the circuit is locked out",
                               a->conf.circuit,
                               a->ordered == 0   ? "cannot be ordered on, the broker is away"
                               : a->is == IS_OFF ? "stays off though it is ordered on"
                                                 : "does not say that it is on");
                problem(a, text);
        } else if (due > a->wanted_since + ANSWER_US) {
                due = a->wanted_since + ANSWER_US;
        }
        return due;
}

static uint64_t circuit_off(struct plant_amplifier *a, uint64_t now)
{
        char text[320];

        if (a->off_owed) {
                if (now < a->again)
                        return a->again;
                if (order(a, false) != 0) { /* our order ends by itself, if nothing else helps */
                        a->again = now + AGAIN_US;
                        return a->again;
                }
                a->off_owed = false;
                a->ordered = now;
        }
        if (a->is == IS_OFF)
                a->ordered = 0; /* believed: who switches it on from now on has their reasons */
        if (a->is != IS_ON) {
                problem(a, "");
                return PLANT_NEVER;
        }
        if (a->ordered == 0)
                return PLANT_NEVER;
        if (now < a->ordered + OFF_US)
                return a->ordered + OFF_US;
        (void)snprintf(
                text, sizeof text,
                "circuit %s is still on though nothing airs: look at its program, or who ordered it on",
                a->conf.circuit);
        problem(a, text);
        return PLANT_NEVER;
}

static enum is said(const json_t *doc, const char *member)
{
        const char *text = json_string_value(json_object_get(doc, member));

        return !text ? IS_UNKNOWN : !strcmp(text, "on") ? IS_ON : !strcmp(text, "off") ? IS_OFF : IS_UNKNOWN;
}

void amplifier_heard(struct plant_amplifier *a, const char *payload, size_t size)
{
        _cleanup_json_ json_t *doc = NULL;
        const json_t *override;
        const char *by;
        enum is is;

        /* Nothing retained any more, or nonsense: then nothing is known. */
        if (thon_json_parse(payload, size, DOC_MAX, &doc, NULL) < 0)
                doc = NULL;
        is = said(doc, "physical");
        if (is == IS_UNKNOWN)
                is = said(doc, "in_effect");
        override = json_object_get(doc, "override");
        by = json_string_value(json_object_get(override, "by"));
        /* Ordered on by a run of ours that did not live to take it back. */
        if (!a->wanted && !a->ordered && by && strcmp(by, BY) == 0 &&
            json_is_true(json_object_get(override, "on")))
                a->off_owed = true;
        if (known(a, is, plant_now(a->plant)))
                plant_changed(a->plant);
        amplifier_work(a);
}

/* What was said while we were away may be lost: all anew. */
void amplifier_connected(struct plant_amplifier *a)
{
        if (a->conf.kind != THON_AMPLIFIER_CIRCUIT)
                return;
        if (a->wanted)
                a->ordered = 0;
        a->again = 0;
        amplifier_work(a);
}

/* ---- both ---- */

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        amplifier_work(userdata);
        return 0;
}

static void amplifier_work(struct plant_amplifier *a)
{
        uint64_t now = plant_now(a->plant), next = PLANT_NEVER;
        bool wanted = a->needed > 0 || now < a->hold_until;

        if (wanted != a->wanted || a->wanted_since == 0) {
                a->wanted = wanted;
                a->wanted_since = now;
                a->ordered = a->again = 0;
        }
        if (a->conf.kind == THON_AMPLIFIER_GPIO)
                next = line_work(a, now);
        else
                next = a->wanted ? circuit_on(a, now) : circuit_off(a, now);
        if (a->needed == 0 && a->wanted && a->hold_until < next)
                next = a->hold_until;
        if (plant_timer(a->plant, &a->timer, next, on_timer, a) < 0)
                thon_error("An amplifier has no timer: it is looked at when something happens only");
}

static bool same(const struct thon_amplifier *a, const struct thon_amplifier *b)
{
        if (a->kind != b->kind)
                return false;
        return a->kind == THON_AMPLIFIER_GPIO ? thon_line_ref_equal(&a->line, &b->line)
                                              : strcmp(a->circuit, b->circuit) == 0;
}

int amplifier_join(struct plant *plant, const struct thon_amplifier *conf, struct plant_amplifier **ret)
{
        struct plant_amplifier *a;

        if (conf->kind == THON_AMPLIFIER_NONE) {
                *ret = NULL;
                return 0;
        }
        for (a = plant->amplifiers; a; a = a->next) {
                if (same(&a->conf, conf)) {
                        a->zones++;
                        *ret = a;
                        return 0;
                }
        }
        a = calloc(1, sizeof *a);
        if (!a)
                return -ENOMEM;
        *a = (struct plant_amplifier){.plant = plant, .next = plant->amplifiers, .conf = *conf, .zones = 1};
        plant->amplifiers = a;
        amplifier_work(a);
        *ret = a;
        return 0;
}

struct plant_amplifier *amplifier_leave(struct plant_amplifier *a)
{
        if (!a || --a->zones > 0)
                return NULL;
        for (struct plant_amplifier **p = &a->plant->amplifiers; *p; p = &(*p)->next) {
                if (*p == a) {
                        *p = a->next;
                        break;
                }
        }
        if (a->output && thon_gpio_output_set(a->output, false) != 0)
                thon_error("The amplifier at line %s of %s could not be switched off", a->conf.line.line,
                           a->conf.line.chip);
        if (a->off_owed && order(a, false) != 0)
                thon_warning(
                        "The amplifier at circuit %s cannot be ordered off now: it goes off by itself within %d s",
                        a->conf.circuit, ORDER_S);
        a->output = thon_gpio_output_close(a->output);
        sd_event_source_disable_unref(a->timer);
        free(a);
        return NULL;
}

void amplifier_need(struct plant_amplifier *a)
{
        if (!a)
                return;
        a->needed++;
        amplifier_work(a);
}

void amplifier_done(struct plant_amplifier *a, uint64_t hold_us)
{
        uint64_t until;

        if (!a)
                return;
        a->needed--;
        until = plant_now(a->plant) + hold_us;
        if (until > a->hold_until)
                a->hold_until = until;
        amplifier_work(a);
}

uint64_t amplifier_warm_at(const struct plant_amplifier *a, uint64_t warm_up_us)
{
        if (!a)
                return 0;
        return a->is == IS_ON ? a->on_since + warm_up_us : PLANT_NEVER;
}

const char *amplifier_state(const struct plant_amplifier *a)
{
        return a->is == IS_ON ? "on" : a->is == IS_OFF ? "off" : "unknown";
}

const char *amplifier_problem(const struct plant_amplifier *a)
{
        return a && a->problem[0] ? a->problem : NULL;
}

const char *amplifier_circuit(const struct plant_amplifier *a)
{
        return a->conf.kind == THON_AMPLIFIER_CIRCUIT ? a->conf.circuit : NULL;
}
