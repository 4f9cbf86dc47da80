/* The contacts and the meter of a circuit: requested, told to the state machine, and opened anew when their chip went away.
 * A contact that cannot be read is unknown, never what it was: what that means, for a lock-out above all, is decided in
 * src/core/light. */
#include <stdlib.h>
#include <string.h>

#include "lightd.h"
#include "thon/log.h"

void lightd_inputs_close(struct lightd_circuit *c)
{
        for (size_t i = 0; i < THON_INPUTS; i++)
                c->inputs[i] = thon_gpio_input_close(c->inputs[i]);
        c->meter = thon_gpio_input_close(c->meter);
}

/* A person's lock-out holds without a contact, and over one; lifted, the contact's word counts again, and a contact that
 * is configured and cannot be read locks. */
void lightd_lockout_apply(struct lightd_circuit *c)
{
        thon_circuit_input(&c->state, THON_INPUT_LOCKOUT, c->locked_by_person ? THON_ON : c->contact_lockout,
                           lightd_now(c->daemon));
}

static void take(struct lightd_circuit *c, enum thon_input input, enum thon_tri level)
{
        if (input == THON_INPUT_LOCKOUT) {
                c->contact_lockout = level;
                lightd_lockout_apply(c);
        } else {
                thon_circuit_input(&c->state, input, level, lightd_now(c->daemon));
        }
}

static void on_level(struct lightd_circuit *c, enum thon_input input, bool level)
{
        take(c, input, level ? THON_ON : THON_OFF);
        /* Not at once: contacts that changed with this one are read first, or they would be judged by their old level. */
        lightd_look_soon(c->daemon);
}

/* One callback an input: the kind of input is what a callback's pointer alone cannot carry. */
#define INPUT_FN(name, input)                                        \
        static void name(bool level, unsigned edges, void *userdata) \
        {                                                            \
                (void)edges;                                         \
                on_level(userdata, input, level);                    \
        }
INPUT_FN(on_feedback, THON_INPUT_FEEDBACK)
INPUT_FN(on_door, THON_INPUT_DOOR)
INPUT_FN(on_manual, THON_INPUT_MANUAL)
INPUT_FN(on_lockout, THON_INPUT_LOCKOUT)
INPUT_FN(on_photocell, THON_INPUT_PHOTOCELL)
INPUT_FN(on_mains, THON_INPUT_MAINS)

static void on_pulses(bool level, unsigned edges, void *userdata)
{
        struct lightd_circuit *c = userdata;

        (void)level;
        thon_circuit_pulses(&c->state, edges, lightd_now(c->daemon));
        lightd_look_soon(c->daemon);
}

static void on_lost(int error, void *userdata)
{
        struct lightd_circuit *c = userdata;

        thon_log_full(LOG_ERR, THON_MSG_RELAY_FAILED,
                      (const char *const[]){"THON_CIRCUIT=", c->state.conf->id, NULL},
                      "%s: an input line went away: %s. Trying again every minute.", c->state.conf->id,
                      strerror(-error));
        c->input_lost = true;
        for (size_t i = 0; i < THON_INPUTS; i++) {
                bool level;

                if (c->inputs[i] && thon_gpio_input_get(c->inputs[i], &level) < 0)
                        take(c, (enum thon_input)i, THON_UNKNOWN);
        }
        lightd_look_soon(c->daemon);
        lightd_retry_later(c->daemon);
}

static const struct input {
        const char *what;
        size_t line; /* offset in struct thon_circuit_conf */
        unsigned debounce_us;
        thon_gpio_input_fn fn;
} inputs[THON_INPUTS] = {
        [THON_INPUT_FEEDBACK] = {"feedback", offsetof(struct thon_circuit_conf, feedback), 20000,
                                 on_feedback},
        [THON_INPUT_DOOR] = {"door", offsetof(struct thon_circuit_conf, door), 100000, on_door},
        [THON_INPUT_MANUAL] = {"manual", offsetof(struct thon_circuit_conf, manual), 50000, on_manual},
        [THON_INPUT_LOCKOUT] = {"lockout", offsetof(struct thon_circuit_conf, lockout), 20000, on_lockout},
        [THON_INPUT_PHOTOCELL] = {"photocell", offsetof(struct thon_circuit_conf, photocell), 500000,
                                  on_photocell},
        /* A relay that drops out for a cycle or two is no power cut. */
        [THON_INPUT_MAINS] = {"mains", offsetof(struct thon_circuit_conf, mains), 1000000, on_mains},
};

/* An S0 pulse is at least 30 ms long. */
#define PULSE_DEBOUNCE_US 10000

static int open_input(struct lightd_circuit *c, const struct thon_line_ref *line, const char *what,
                      const struct thon_gpio_input_options *options, thon_gpio_input_fn fn,
                      struct thon_gpio_input **ret)
{
        const char *id = c->state.conf->id;
        bool busy;
        int r;

        if (!thon_line_ref_set(line) || *ret)
                return 0;
        r = thon_gpio_input_open(c->daemon->gpio, line, id, options, fn, c, ret);
        if (r == 0) {
                if (thon_gpio_input_refused(*ret) & THON_GPIO_NO_BIAS)
                        thon_log_id(
                                LOG_INFO, THON_MSG_NONE, "THON_CIRCUIT", id,
                                "%s: %s input %s %s: the chip sets no pull; a resistor must hold the line",
                                id, what, line->chip, line->line);
                return 0;
        }
        if (!c->input_told) {
                c->input_told = true;
                busy = r == THON_GPIO_BUSY;
                thon_log_full(LOG_WARNING, THON_MSG_RELAY_FAILED,
                              (const char *const[]){"THON_CIRCUIT=", id, "THON_LINE=", line->line, NULL},
                              "%s: %s input %s %s cannot be had: %s%s%s. Trying again every minute.", id,
                              what, line->chip, line->line, thon_gpio_error_text(r), busy ? ": " : "",
                              busy ? thon_gpio_holder(c->daemon->gpio) : "");
        }
        return r;
}

/* Contacts pull to ground against a pull-up when they are active-low. */
bool lightd_inputs_open(struct lightd_circuit *c)
{
        const struct thon_circuit_conf *conf = c->state.conf;
        /* Debounce runs in real time, and a simulated line does not bounce. */
        bool all = true, simulated = thon_clock_simulated(c->daemon->clock);

        if (c->input_lost)
                lightd_inputs_close(c);
        c->input_lost = false;
        for (size_t i = 0; i < THON_INPUTS; i++) {
                const struct thon_line_ref *line = (const void *)((const char *)conf + inputs[i].line);
                struct thon_gpio_input_options options = {
                        .bias = line->active_low ? THON_BIAS_UP : THON_BIAS_DOWN,
                        .debounce_us = simulated ? 0 : inputs[i].debounce_us,
                        .lost = on_lost,
                };
                bool level, fresh = !c->inputs[i];

                if (open_input(c, line, inputs[i].what, &options, inputs[i].fn, &c->inputs[i]) != 0)
                        all = false;
                if (!c->inputs[i] || (fresh && thon_gpio_input_get(c->inputs[i], &level) < 0))
                        take(c, (enum thon_input)i, THON_UNKNOWN);
                else if (fresh)
                        take(c, (enum thon_input)i, level ? THON_ON : THON_OFF);
        }
        struct thon_gpio_input_options pulse = {
                .bias = conf->meter.active_low ? THON_BIAS_UP : THON_BIAS_DOWN,
                .debounce_us = simulated ? 0 : PULSE_DEBOUNCE_US,
                .rising_only = true,
                .lost = on_lost,
        };
        if (open_input(c, &conf->meter, "meter", &pulse, on_pulses, &c->meter) != 0)
                all = false;
        if (all)
                c->input_told = false;
        return all;
}
