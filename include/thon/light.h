/* The words of street lighting: points, steps, programs, rules, calendars, circuits. Data only.
 *
 * The model follows TALQ: a circuit has a calendar; a calendar is a list of rules, the first that matches a night
 * names the program; a program says what happens in that night. A night runs from noon to noon and bears the date of
 * the noon on which it begins. JSON forms: docs/light-forms.md; they are read by src/store/light_form.c. */
#pragma once

#include <string.h>

#include "thon/days.h"
#include "thon/slug.h"
#include "thon/sun.h"
#include "thon/time.h"

#define THON_STEPS_MAX    48
#define THON_RULES_MAX    64
#define THON_OFFSET_MAX   720 /* minutes before or after a sun event */
#define THON_CIRCUITS_MAX 1000

enum thon_point_kind {
        THON_POINT_CLOCK,
        THON_POINT_SUNRISE,
        THON_POINT_SUNSET,
        THON_POINT_DAWN,
        THON_POINT_DUSK,
};

/* `minutes` is the minute of the day of a clock point, an offset of a sun point. The clamps are minutes of the day or
 * -1, and act on sun points only, on the same side of midnight as the point. */
struct thon_point {
        enum thon_point_kind kind;
        int16_t minutes;
        int16_t not_before;
        int16_t not_after;
};

struct thon_step {
        struct thon_point at;
        bool on;
};

struct thon_program {
        thon_slug id;
        char *name; /* owned */
        bool start_on;
        size_t n_steps;
        struct thon_step *steps; /* owned */
};

struct thon_rule {
        struct thon_days days;
        size_t program; /* index into the plan's programs */
};

struct thon_calendar {
        thon_slug id;
        char *name; /* owned */
        size_t n_rules;
        struct thon_rule *rules; /* owned */
        size_t default_program;  /* index into the plan's programs */
};

/* A line of a GPIO chip, found by what does not change: `chip` is a chip label or a device-tree compatible (or
 * "sim:NAME"), `line` a line name or a decimal offset. */
struct thon_line_ref {
        char chip[64];
        char line[64];
        bool active_low;
};
static inline bool thon_line_ref_set(const struct thon_line_ref *ref)
{
        return ref->chip[0] != '\0';
}
static inline bool thon_line_ref_equal(const struct thon_line_ref *a, const struct thon_line_ref *b)
{
        return strcmp(a->chip, b->chip) == 0 && strcmp(a->line, b->line) == 0 &&
               a->active_low == b->active_low;
}

enum thon_relay_kind { THON_RELAY_GPIO, THON_RELAY_MQTT };
enum thon_relay_driver {
        THON_DRIVER_TASMOTA,
        THON_DRIVER_SHELLY2,
        THON_DRIVER_ZIGBEE2MQTT,
        THON_DRIVER_PLAIN
};

/* `topic` is the device's own topic (Tasmota's %topic%, Shelly's prefix, Zigbee2MQTT's friendly name with base, the
 * common prefix of a plain relay); `channel` counts from 1 for Tasmota and from 0 for Shelly, as they do. */
struct thon_relay_conf {
        enum thon_relay_kind kind;
        struct thon_line_ref gpio;
        enum thon_relay_driver driver;
        char topic[128];
        int channel;
        bool has_feedback; /* MQTT: the device reports its own state */
        bool has_energy;   /* MQTT: the device reports kWh */
};

enum thon_photocell_join { THON_PHOTOCELL_NONE, THON_PHOTOCELL_AND, THON_PHOTOCELL_OR };
enum thon_untrusted { THON_UNTRUSTED_PHOTOCELL, THON_UNTRUSTED_PLAN, THON_UNTRUSTED_ON, THON_UNTRUSTED_OFF };

struct thon_circuit_conf {
        thon_slug id;
        char *name;      /* owned */
        thon_slug area;  /* "" when none */
        thon_slug node;  /* "" = this machine; else the cabinet's own Pi that runs it */
        size_t calendar; /* index into the plan's calendars */
        int lamps;
        double watts; /* of one lamp with its ballast */
        struct thon_relay_conf relay;
        bool equipment; /* "load": it feeds cameras or other devices: no order to all lamps is one to it */
        struct thon_line_ref feedback, meter, door, manual, lockout, photocell, mains;
        enum thon_photocell_join photocell_join;
        double photocell_delay_s; /* hysteresis in time: darkness or light must last this long (default 120) */
        int pulses_per_kwh;
        int min_dwell_s; /* default 60, of equipment 3 */
        enum thon_untrusted untrusted;
};

/* All that lightd needs to light for years with nothing else at hand; compiled from the registry, kept on disk. */
struct thon_light_plan {
        thon_slug site;
        struct thon_place place;
        char zone[64];
        size_t n_programs, n_calendars, n_circuits;
        struct thon_program *programs;      /* owned */
        struct thon_calendar *calendars;    /* owned */
        struct thon_circuit_conf *circuits; /* owned */
};

struct thon_light_plan *thon_light_plan_free(struct thon_light_plan *plan);
void thon_program_done(struct thon_program *program);
void thon_calendar_done(struct thon_calendar *calendar);
void thon_circuit_conf_done(struct thon_circuit_conf *circuit);
