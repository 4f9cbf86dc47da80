/* thonctl setup: what a technician decides at the office, asked for or given by options, and then done as a whole.
 *
 * One struct holds what is wanted. Options and answers go through the same setters (setup_value.c, setup_pin.c), so that a
 * script and a person are refused for the same reasons. What would change is found by doing it in a transaction that is
 * rolled back (setup_write.c): the rehearsal is the act. */
#pragma once

#include "ctl.h"
#include "secret.h"
#include "thon/announced_conf.h"
#include "thon/gpio_survey.h"
#include "thon/light.h"
#include "thon/slug.h"

#define SETUP_RELAYS_MAX 32
#define SETUP_NAME_MAX   150 /* bytes; of a site's name in thon.conf */
#define SETUP_ERROR_MAX  400
#define SETUP_SINK_MAX   192

struct setup_relay {
        thon_slug circuit;
        char name[SETUP_NAME_MAX + 1];
        struct thon_line_ref line;
        const struct thon_gpio_survey_line *seen; /* of the survey */
        int lamps;                                /* -1: as they are */
        double watts;
};

/* Programs and calendars that setup knows to make. */
enum setup_night { SETUP_NIGHT_WHOLE, SETUP_NIGHT_SAVING, SETUP_NIGHTS };

struct setup {
        struct ctl *ctl;
        FILE *out;   /* what is said to people; standard error with --json */
        bool asking; /* questions on standard input */
        bool dry;
        char error[SETUP_ERROR_MAX]; /* what a setter says no with, in Vietnamese */

        /* the site; at first as thon.conf has it */
        thon_slug id;
        char name[SETUP_NAME_MAX + 1];
        bool id_known, placed; /* in thon.conf, or given now */
        double lat, lon;
        char tz[64];
        struct thon_zone *zone; /* of tz */

        thon_slug area; /* "": none */
        char area_name[SETUP_NAME_MAX + 1];

        struct thon_gpio_survey *survey;
        const struct thon_gpio_survey_chip *chip; /* NULL: none is chosen, or there is none */
        json_t *circuits;                         /* of the registry, as they are */
        struct setup_relay relays[SETUP_RELAYS_MAX];
        size_t n_relays;
        enum setup_night night;
        bool night_given;

        struct thon_announced_conf announced; /* as it is */
        bool announced_read;                  /* false: it cannot be used */
        bool loudspeaker;
        thon_slug sink_zone;
        char sink_name[SETUP_NAME_MAX + 1], sink[SETUP_SINK_MAX];

        bool with_user;
        thon_slug user;
        char user_name[SETUP_NAME_MAX + 1];
        bool admin_there;
        struct ctl_secret password;

        json_t *warnings; /* sentences */
        json_t *changes;  /* [{"what","id","change","text"}]: what would be done, or was */
};

/* ---- setup_value.c: NULL, or why not, a sentence in Vietnamese that stays until the next call ---- */
const char *setup_refuse(struct setup *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void setup_warn(struct setup *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *setup_take_id(struct setup *s, const char *text, char ret[static sizeof(thon_slug)]);
const char *setup_take_name(struct setup *s, const char *text, char ret[static SETUP_NAME_MAX + 1]);
/* "19.8067, 105.7766" as maps give it; decimal commas when the two are parted by a space. */
const char *setup_take_place(struct setup *s, const char *text);
const char *setup_take_degrees(struct setup *s, const char *text, bool lat);
const char *setup_take_tz(struct setup *s, const char *text);
const char *setup_take_sink(struct setup *s, const char *text);
/* As announced.conf has it. */
void setup_sink_text(const struct thon_sink *sink, char ret[static SETUP_SINK_MAX]);
const char *setup_take_count(struct setup *s, const char *text, int *ret);
const char *setup_take_watts(struct setup *s, const char *text, double *ret);
const char *setup_take_night(struct setup *s, const char *text);
const char *setup_take_password(struct setup *s);
/* "Nguyễn Văn Ân" becomes "nguyen-van-an"; "" when nothing is left. */
void setup_slug_of(const char *name, char ret[static sizeof(thon_slug)]);
/* Today's sunset and sunrise there, as a person reads them; false where there is none. */
bool setup_sun(const struct setup *s, char ret_rise[static 6], char ret_set[static 6]);
/* Degrees as they are written into a file. */
void setup_degrees(double degrees, char ret[static 24]);

/* ---- setup_pin.c ---- */
const char *setup_take_chip(struct setup *s, const char *text);
/* The chip of a Raspberry Pi's header, or else the only one; NULL when somebody must say. */
const struct thon_gpio_survey_chip *setup_pin_default_chip(const struct setup *s);
/* "17", "GPIO17", or the line's name on the chosen chip; NULL: there is none. Borrowed. */
const struct thon_gpio_survey_line *setup_find_pin(const struct setup *s, const char *text);
/* The same for that circuit ("" when it is not known yet): refused when it is not there, held by another
 * program, used otherwise, or the board's own. */
const char *setup_take_pin(struct setup *s, const char *text, const char *circuit, struct setup_relay *ret);
/* What is to be known of it before it is wired. */
void setup_pin_warn(struct setup *s, const struct setup_relay *relay);
/* "GPIO17 (chân 11)" */
const char *setup_pin_text(const struct setup *s, const struct thon_gpio_survey_line *line,
                           char buf[static 96]);
/* The circuit of the registry whose relay this is, or that has this id; NULL. Borrowed. */
const json_t *setup_circuit_of_line(const struct setup *s, const struct thon_gpio_survey_line *line);
const json_t *setup_circuit_named(const struct setup *s, const char *id);
/* Puts it among the wanted ones, in the place of one with the same circuit. */
const char *setup_add_relay(struct setup *s, const struct setup_relay *relay);
void setup_list_pins(const struct setup *s);

/* ---- setup_ask.c: CTL_OK, or told ---- */
/* A line, in NFC, outer space cut; the default when it is empty. "cancelled" at the end of input and at Ctrl-C. */
int setup_ask(struct setup *s, const char *question, const char *preset, char *ret, size_t size);
int setup_ask_yes(struct setup *s, const char *question, bool preset, bool *ret);
int setup_cancelled(struct setup *s);
/* ---- setup_talk.c ---- */
int setup_talk(struct setup *s);

/* ---- setup_begin.c ---- */
/* Why the store did not take it, in Vietnamese; nothing was changed. Returns CTL_FAILED. */
int setup_fail_store(struct setup *s, int r, const char *message);
/* Whoever may not write is told before he answers anything. Opens the store, reads what is there. */
int setup_begin(struct setup *s);
void setup_end(struct setup *s);
/* What announced.conf says of that zone, else what a new one begins with. */
void setup_preset_zone(struct setup *s, const char *id);
bool setup_zone_is_new(const struct setup *s);

/* ---- setup_write.c ---- */
/* Fills `changes`, and changes nothing. */
int setup_rehearse(struct setup *s);
/* Does it. */
int setup_perform(struct setup *s);

/* ---- setup_files.c: thon.conf and announced.conf ---- */
struct thon_file_draft;
struct setup_files {
        struct thon_file_draft *site, *announced; /* NULL: as it is */
        bool restart;                             /* daemons take it up when they start */
};
/* What they would become is checked by the daemons' own code first. With `write` they are on the disk, and not yet in
 * place. Adds to `changes`. */
int setup_files_prepare(struct setup *s, bool write, struct setup_files *ret);
/* What is told of a failure: NULL, or the file that could not be replaced, -errno in *ret_error. */
const char *setup_files_publish(struct setup_files *files, int *ret_error);
void setup_files_done(struct setup_files *files);
int setup_change(struct setup *s, const char *what, const char *id, const char *change, const char *format,
                 ...) __attribute__((format(printf, 5, 6)));
