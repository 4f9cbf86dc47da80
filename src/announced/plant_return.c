/* What comes back from a zone. A capture device has a player of its own, which listens for as long as we live and
 * is started again when it dies; a contact and a value of MQTT say something only when they change, and so what
 * they said last is said again while it can still be believed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plant_private.h"
#include "thon/log.h"

#define AGAIN_US (500 * PLANT_MS) /* a contact, a value: while there is something to compare */
#define QUIET_AGAIN_US \
        (4 * PLANT_S) /* silence while nothing is on air: not lost is all that is to be known */
#define KNOWN_US        (2 * AGAIN_US) /* when we stood still: so much of that it was what it was last */
#define BELIEVED_US     (600 * PLANT_S)
#define OPEN_US         (15 * PLANT_S)
#define LINE_US         (5 * PLANT_S)
#define BACK_OFF_US     (1 * PLANT_S)
#define BACK_OFF_MAX_US (60 * PLANT_S)
#define SOUND_DB        0.0
#define NO_SOUND_DB     (-120.0)
#define DEBOUNCE_US     20000
#define DOC_MAX         65536

struct plant_return {
        struct plant_zone *zone;
        struct thon_return conf;
        double level;
        sd_event_source *timer;
        /* a capture device */
        struct child *child;
        bool heard;
        uint64_t back_off_us;
        uint64_t due; /* the player must have said something by then, or is to be started */
        char last[256];
        /* a contact, a value: what it is, and up to when that was told */
        double db;
        uint64_t told_until; /* 0: it is not known */
        struct thon_gpio_input *input;
        uint64_t value_at; /* 0: none */
};

static void work(struct plant_return *b);

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        work(userdata);
        return 0;
}

static void wake_at(struct plant_return *b, uint64_t at)
{
        if (plant_timer(b->zone->plant, &b->timer, at, on_timer, b) < 0)
                thon_error("The return of %s has no timer", b->zone->id);
}

static void fault(struct plant_return *b, const char *problem)
{
        plant_fault(b->zone, PART_RETURN, problem);
}

/* ---- a capture device ---- */

static void listen_failed(struct plant_return *b, const char *how)
{
        char text[480];

        b->child = child_forget(b->child);
        b->due = plant_now(b->zone->plant) + b->back_off_us;
        b->back_off_us = b->back_off_us * 2 < BACK_OFF_MAX_US ? b->back_off_us * 2 : BACK_OFF_MAX_US;
        (void)snprintf(text, sizeof text, "alsa:%s cannot be listened to: %s", b->conf.address,
                       b->last[0] ? b->last : how);
        fault(b, text);
}

static void on_line(const char *line, size_t size, void *userdata)
{
        struct plant_return *b = userdata;
        struct thon_player_news news;

        if (!line || thon_player_news(line, size, &news) < 0) {
                listen_failed(b, "the player says what it should not");
        } else if (news.is == THON_PLAYER_ERROR) {
                (void)snprintf(b->last, sizeof b->last, "%s: %s", news.what, news.detail);
                return; /* its end follows */
        } else if (news.is == THON_PLAYER_LEVEL) {
                b->heard = true;
                b->last[0] = '\0';
                b->back_off_us = BACK_OFF_US;
                b->due = plant_now(b->zone->plant) + LINE_US;
                fault(b, NULL);
                plant_returned(b->zone, news.db, news.from_us, news.to_us);
        }
        work(b);
}

static void on_ended(bool ok, const char *how, void *userdata)
{
        struct plant_return *b = userdata;
        char text[96];

        (void)ok;
        b->child = NULL;
        (void)snprintf(text, sizeof text, "the player %s", how);
        listen_failed(b, text);
        work(b);
}

static void listen_start(struct plant_return *b)
{
        static const struct child_ops ops = {.line = on_line, .ended = on_ended};
        struct plant *plant = b->zone->plant;
        _cleanup_json_ json_t *order = NULL;
        char name[THON_SLUG_MAX + 24], source[sizeof b->conf.address + 8];
        int r;

        (void)snprintf(source, sizeof source, "alsa:%s", b->conf.address);
        (void)snprintf(name, sizeof name, "player on %s's return", b->zone->id);
        order = json_pack("{s:s,s:s}", "mode", "listen", "source", source);
        r = order ? player_start(plant, name, order, &ops, b, &b->child) : -ENOMEM;
        if (r < 0) {
                b->child = NULL;
                listen_failed(b, strerror(-r));
        } else {
                b->heard = false;
                b->due = plant_now(plant) + OPEN_US;
        }
}

static uint64_t listen_work(struct plant_return *b, uint64_t now)
{
        if (thon_clock_simulated(b->zone->plant->clock)) {
                fault(b, "no real device is listened to under a simulated clock");
                return PLANT_NEVER;
        }
        if (now >= b->due) {
                if (b->child)
                        listen_failed(b, "the player hangs");
                else
                        listen_start(b);
        }
        return b->due;
}

/* ---- what says something only when it changes ---- */

/* Up to now it was what it was; from now on it is `db`. */
static void note(struct plant_return *b, double db)
{
        uint64_t now = plant_now(b->zone->plant),
                 from = b->told_until && b->told_until + KNOWN_US > now ? b->told_until : now - KNOWN_US;

        if (b->told_until)
                plant_returned(b->zone, b->db, from, now);
        else
                plant_returned(b->zone, db, now, now);
        b->told_until = now;
        b->db = db;
}

static uint64_t again(const struct plant_return *b, uint64_t now)
{
        bool compared = b->zone->proof.on_air || (b->told_until && b->db == SOUND_DB);

        return now + (compared ? AGAIN_US : QUIET_AGAIN_US);
}

/* ---- a contact ---- */

static void on_level(bool level, unsigned edges, void *userdata)
{
        struct plant_return *b = userdata;

        (void)edges;
        note(b, level ? SOUND_DB : NO_SOUND_DB);
        wake_at(b, again(b, plant_now(b->zone->plant)));
}

static uint64_t contact_work(struct plant_return *b, uint64_t now)
{
        const struct thon_gpio_input_options options = {.bias = THON_BIAS_AS_IS, .debounce_us = DEBOUNCE_US};
        struct thon_gpio *gpio = b->zone->plant->gpio;
        char text[200];
        bool level = false;
        int r = 0;

        if (!gpio) {
                fault(b, "no GPIO may be used");
                return PLANT_NEVER;
        }
        if (!b->input)
                r = thon_gpio_input_open(gpio, &b->conf.line, "return", &options, on_level, b, &b->input);
        if (r == 0)
                r = thon_gpio_input_get(b->input, &level);
        if (r == 0) {
                fault(b, NULL);
                note(b, level ? SOUND_DB : NO_SOUND_DB);
        } else {
                b->told_until = 0;
                b->input = thon_gpio_input_close(b->input);
                (void)snprintf(text, sizeof text, "line %s of %s cannot be read: %s", b->conf.line.line,
                               b->conf.line.chip, thon_gpio_error_text(r));
                fault(b, text);
        }
        return again(b, now);
}

/* ---- a value ---- */

static bool number_of(const char *payload, size_t size, double *ret)
{
        _cleanup_json_ json_t *doc = NULL;
        const json_t *value;

        if (thon_json_parse(payload, size, DOC_MAX, &doc, NULL) < 0)
                return false;
        value = json_is_object(doc) ? json_object_get(doc, "value") : doc;
        if (!json_is_number(value))
                return false;
        *ret = json_number_value(value);
        return true;
}

void return_heard(struct plant_return *b, const char *payload, size_t size)
{
        double value;

        if (!number_of(payload, size, &value)) {
                fault(b, "its topic says neither a number nor an object with \"value\"");
                b->value_at = b->told_until = 0;
        } else {
                fault(b, NULL);
                note(b, value > b->level ? SOUND_DB : NO_SOUND_DB);
                b->value_at = plant_now(b->zone->plant);
        }
        work(b);
}

static uint64_t value_work(struct plant_return *b, uint64_t now)
{
        if (b->value_at == 0)
                return PLANT_NEVER;
        if (now >= b->value_at + BELIEVED_US || !thon_mqtt_connected(b->zone->plant->mqtt))
                b->told_until = 0;
        else
                note(b, b->db);
        return again(b, now);
}

/* ---- all ---- */

static void work(struct plant_return *b)
{
        uint64_t now = plant_now(b->zone->plant), next = PLANT_NEVER;

        switch (b->conf.kind) {
        case THON_RETURN_NONE:
                break;
        case THON_RETURN_ALSA:
                next = listen_work(b, now);
                break;
        case THON_RETURN_GPIO:
                next = contact_work(b, now);
                break;
        case THON_RETURN_MQTT:
                next = value_work(b, now);
                break;
        }
        wake_at(b, next);
}

void return_on_air(struct plant_return *b)
{
        if (b->conf.kind != THON_RETURN_ALSA)
                work(b);
}

int return_new(struct plant_zone *zone, struct plant_return **ret)
{
        struct plant_return *b;

        if (zone->conf->back.kind == THON_RETURN_NONE) {
                *ret = NULL;
                return 0;
        }
        b = calloc(1, sizeof *b);
        if (!b)
                return -ENOMEM;
        *b = (struct plant_return){.zone = zone,
                                   .conf = zone->conf->back,
                                   .level = zone->conf->return_level,
                                   .back_off_us = BACK_OFF_US};
        *ret = b;
        work(b);
        return 0;
}

struct plant_return *return_free(struct plant_return *b)
{
        if (!b)
                return NULL;
        (void)child_forget(b->child);
        (void)thon_gpio_input_close(b->input);
        sd_event_source_disable_unref(b->timer);
        free(b);
        return NULL;
}

bool return_same(const struct plant_return *b, const struct thon_air_zone_conf *conf)
{
        const struct thon_return *a = &conf->back;

        if (!b || a->kind == THON_RETURN_NONE)
                return !b && a->kind == THON_RETURN_NONE;
        return b->conf.kind == a->kind && b->level == conf->return_level &&
               strcmp(b->conf.address, a->address) == 0 && thon_line_ref_equal(&b->conf.line, &a->line);
}

const char *return_topic(const struct plant_return *b)
{
        return b && b->conf.kind == THON_RETURN_MQTT ? b->conf.address : NULL;
}
