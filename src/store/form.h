/* Reading a JSON form strictly, with the place of every error: "rules[2].days.dates[0]: no such date".
 *
 * A struct form is the place where reading stands. The readers take a member of an object by name and type within its
 * range; they return 0, -EINVAL with the error filled, or -ENOMEM, and leave their result untouched on failure. */
#pragma once

#include "thon/announce_form.h"
#include "thon/json.h"
#include "thon/light.h"

#define FORM_NAME_MAX 200 /* bytes of a name for people */

struct form {
        struct thon_json_error *error; /* may be NULL */
        size_t length;
        char at[200];
};

/* Descends into a member or an element and returns where to come back to; too deep a place is cut. */
size_t form_enter(struct form *form, const char *member);
size_t form_enter_index(struct form *form, const char *member, size_t index);
void form_leave(struct form *form, size_t back);

/* Always -EINVAL, so that a reader can end with it. */
int form_fail(struct form *form, const char *format, ...) __attribute__((format(printf, 2, 3)));
int form_fail_at(struct form *form, const char *member, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* An object with no other members than these. */
int form_object(struct form *form, const json_t *value, const char *const *members);

/* NULL when it is missing; `*ret_r` then is -EINVAL when it was required. */
const json_t *form_member(struct form *form, const json_t *object, const char *key, bool required,
                          int *ret_r);

/* For people: NFC, 1..FORM_NAME_MAX bytes. `fallback` NULL: required. The caller frees it. */
int form_name(struct form *form, const json_t *object, const char *key, const char *fallback, char **ret);
int form_slug(struct form *form, const json_t *object, const char *key, bool required, thon_slug ret);
/* One of `words` (NULL-terminated) as its index; `fallback` < 0: required. */
int form_word(struct form *form, const json_t *object, const char *key, const char *const *words,
              int fallback, int *ret);
/* `fallback` < min: required. */
int form_integer(struct form *form, const json_t *object, const char *key, int min, int max, int fallback,
                 int *ret);
int form_number(struct form *form, const json_t *object, const char *key, double min, double max,
                double fallback, double *ret);
int form_bool(struct form *form, const json_t *object, const char *key, bool fallback, bool *ret);
/* NULL (and 0) when it is not there and not required. */
int form_array(struct form *form, const json_t *object, const char *key, bool required, size_t max,
               const json_t **ret);

/* The forms of lighting at a place; the public calls of thon/light_form.h begin at the root. */
int form_program(struct form *form, const json_t *doc, struct thon_program *ret);
int form_calendar(struct form *form, const json_t *doc, const struct thon_program *programs,
                  size_t n_programs, struct thon_calendar *ret);
int form_circuit(struct form *form, const json_t *config, const struct thon_calendar *calendars,
                 size_t n_calendars, struct thon_circuit_conf *ret);

/* DAYS, of lighting and of announcements. On failure what `*ret` holds so far is left to the caller's thon_days_done(). */
int form_days(struct form *form, const json_t *doc, struct thon_days *ret);
/* NULL: no memory. Reading it again gives the same days. */
json_t *form_days_write(const struct thon_days *days);

/* "at" and "repeat" of an announcement. THON_WALL_NEVER for `now`: "at" must be there where there is no calendar.
 * What it holds on failure is left to the caller's thon_air_schedule_done(). */
int form_air_schedule(struct form *form, const json_t *doc, const struct thon_zone *zone,
                      struct thon_wall now, struct thon_air_schedule *ret);
/* Sets the members in `doc`. 0 or -ENOMEM. */
int form_air_schedule_write(json_t *doc, const struct thon_air_schedule *schedule,
                            const struct thon_zone *zone);
/* A time of a form; NEVER when it is not there. */
int form_time(struct form *form, const json_t *doc, const char *key, const struct thon_zone *zone,
              struct thon_wall *ret);
int form_time_write(json_t *doc, const char *key, struct thon_wall at, const struct thon_zone *zone);

/* What the circuits of a plan occupy: no relay, feedback or meter of a node may serve two of them. Contacts that belong to the
 * cabinet (door, manual switch, lock-out, photocell) may, in the same role and with the same polarity. */
struct form_uses;
struct form_uses *form_uses_free(struct form_uses *uses);
/* Takes the circuit in, or returns -EINVAL with the error at the member in question, and takes in nothing of it. */
int form_uses_add(struct form *form, struct form_uses **uses, const struct thon_circuit_conf *circuit);
