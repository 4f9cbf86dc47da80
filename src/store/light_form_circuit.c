/* The form of a circuit: its relay, its inputs, its lamps. */
#include "form.h"
#include "thon/light_form.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/text.h"

/* Order of the enums of thon/light.h. */
static const char *const drivers[] = {"tasmota", "shelly2", "zigbee2mqtt", "plain", NULL};
static const char *const joins[] = {"none", "and", "or", NULL};
static const char *const policies[] = {"photocell", "plan", "on", "off", NULL};
static const char *const loads[] = {"light", "equipment", NULL};

#define LAMPS_MAX       10000
#define WATTS_MAX       5000
#define DWELL_DEFAULT   60
#define DWELL_EQUIPMENT 3 /* it is switched off and on again at once; nothing in it has to cool down */
#define DWELL_MAX       3600
#define PHOTOCELL_DELAY 120
#define PHOTOCELL_MAX   3600
#define PULSES_DEFAULT  1000
#define PULSES_MAX      100000
#define OFFSET_MAX      1023

static bool graphic(const char *text)
{
        for (; *text; text++)
                if (*text < 0x21 || *text > 0x7e)
                        return false;
        return true;
}

/* A name that follows the order in which the kernel found the chips, which no one can rely on. */
static bool by_number(const char *chip)
{
        const char *digits = strncmp(chip, "gpiochip", 8) == 0 ? chip + 8 : chip;

        return strncmp(chip, "/dev/", 5) == 0 || digits[strspn(digits, "0123456789")] == '\0';
}

static int read_chip(struct form *form, const json_t *doc, char ret[static 64])
{
        int r;
        const json_t *value = form_member(form, doc, "chip", true, &r);
        const char *chip = json_string_value(value);

        if (r < 0)
                return r;
        if (!chip || !*chip || strlen(chip) > 63 || !graphic(chip))
                return form_fail_at(form, "chip",
                                    "must be a chip's label or device-tree compatible, at most 63 "
                                    "characters, or \"sim:NAME\"");
        if (by_number(chip))
                return form_fail_at(form, "chip",
                                    "is a number, which changes from boot to boot; give the label, such "
                                    "as \"pinctrl-bcm2711\" (gpiodetect shows it)");
        memcpy(ret, chip, strlen(chip) + 1);
        return 0;
}

/* A name, or an offset as a number or as digits. */
static int read_line(struct form *form, const json_t *doc, char ret[static 64])
{
        int r;
        const json_t *value = form_member(form, doc, "line", true, &r);
        const char *line = json_string_value(value);

        if (r < 0)
                return r;
        if (json_is_integer(value) && json_integer_value(value) >= 0 &&
            json_integer_value(value) <= OFFSET_MAX) {
                (void)snprintf(ret, 64, "%d", (int)json_integer_value(value));
                return 0;
        }
        if (!line || !*line || strlen(line) > 63 || !graphic(line))
                return form_fail_at(form, "line",
                                    "must be a line's name, at most 63 characters, or its offset, 0 to %d",
                                    OFFSET_MAX);
        memcpy(ret, line, strlen(line) + 1);
        return 0;
}

static int read_gpio(struct form *form, const json_t *parent, struct thon_line_ref *ret)
{
        static const char *const members[] = {"chip", "line", "active_low", NULL};
        struct thon_line_ref ref = {.active_low = false};
        size_t back = form->length;
        const json_t *doc;
        int r;

        doc = form_member(form, parent, "gpio", true, &r);
        if (r < 0)
                return r;
        (void)form_enter(form, "gpio");
        r = form_object(form, doc, members);
        if (r < 0)
                return r;
        r = read_chip(form, doc, ref.chip);
        if (r < 0)
                return r;
        r = read_line(form, doc, ref.line);
        if (r < 0)
                return r;
        r = form_bool(form, doc, "active_low", false, &ref.active_low);
        if (r < 0)
                return r;
        form_leave(form, back);
        *ret = ref;
        return 0;
}

/* The device's own topic: it becomes part of others, and of subscriptions. */
static bool topic_valid(const char *topic)
{
        size_t length = strlen(topic);
        utf8proc_int32_t c;

        if (length == 0 || length >= sizeof(((struct thon_relay_conf *)0)->topic))
                return false;
        if (topic[0] == '/' || topic[0] == '$' || topic[length - 1] == '/' || strpbrk(topic, "+#"))
                return false;
        for (size_t i = 0; i < length;) {
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)topic + i,
                                                      (utf8proc_ssize_t)(length - i), &c);

                if (n <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
                        return false;
                i += (size_t)n;
        }
        return true;
}

static int read_channel(struct form *form, const json_t *doc, enum thon_relay_driver driver, int *ret)
{
        switch (driver) {
        case THON_DRIVER_TASMOTA:
                return form_integer(form, doc, "channel", 1, 32, 1, ret);
        case THON_DRIVER_SHELLY2:
                /* The fallback lies within the range: the member is not required. */
                return form_integer(form, doc, "channel", 0, 15, 0, ret);
        case THON_DRIVER_ZIGBEE2MQTT:
        case THON_DRIVER_PLAIN:
                if (json_object_get(doc, "channel"))
                        return form_fail_at(form, "channel",
                                            "only tasmota and shelly2 have channels; each relay has a "
                                            "topic of its own here");
                *ret = 0;
                return 0;
        }
        return -EINVAL;
}

static int read_mqtt(struct form *form, const json_t *parent, struct thon_relay_conf *ret)
{
        static const char *const members[] = {"driver", "topic", "channel", "feedback", "energy", NULL};
        const json_t *doc = json_object_get(parent, "mqtt"), *topic;
        size_t back = form_enter(form, "mqtt");
        int r, driver;

        r = form_object(form, doc, members);
        if (r < 0)
                return r;
        r = form_word(form, doc, "driver", drivers, -1, &driver);
        if (r < 0)
                return r;
        ret->driver = (enum thon_relay_driver)driver;
        topic = form_member(form, doc, "topic", true, &r);
        if (r < 0)
                return r;
        if (!json_is_string(topic) || !topic_valid(json_string_value(topic)))
                return form_fail_at(
                        form, "topic",
                        "must be the device's topic, 1 to %zu bytes without + # and without / at its ends",
                        sizeof(ret->topic) - 1);
        /* An order to such a relay would be an order to us: to one circuit, or to all. */
        if (strncmp(json_string_value(topic), "thon/", 5) == 0)
                return form_fail_at(form, "topic", "must not lie below thon/, where our own topics are");
        memcpy(ret->topic, json_string_value(topic), json_string_length(topic) + 1);
        r = read_channel(form, doc, ret->driver, &ret->channel);
        if (r < 0)
                return r;
        r = form_bool(form, doc, "feedback", true, &ret->has_feedback);
        if (r < 0)
                return r;
        r = form_bool(form, doc, "energy", false, &ret->has_energy);
        if (r < 0)
                return r;
        form_leave(form, back);
        return 0;
}

static int read_relay(struct form *form, const json_t *config, struct thon_relay_conf *ret)
{
        static const char *const members[] = {"gpio", "mqtt", NULL};
        const json_t *doc;
        size_t back;
        int r;

        doc = form_member(form, config, "relay", true, &r);
        if (r < 0)
                return r;
        back = form_enter(form, "relay");
        r = form_object(form, doc, members);
        if (r < 0)
                return r;
        if (json_object_size(doc) != 1)
                return form_fail(form, "must have either \"gpio\" or \"mqtt\"");
        ret->kind = json_object_get(doc, "mqtt") ? THON_RELAY_MQTT : THON_RELAY_GPIO;
        r = ret->kind == THON_RELAY_MQTT ? read_mqtt(form, doc, ret) : read_gpio(form, doc, &ret->gpio);
        if (r < 0)
                return r;
        form_leave(form, back);
        return 0;
}

/* {"gpio":{...}}, and with `more` further members, which the caller reads from *ret_doc (NULL: not given). */
static int read_input(struct form *form, const json_t *config, const char *key, const char *const *members,
                      struct thon_line_ref *ret, const json_t **ret_doc)
{
        const json_t *doc = json_object_get(config, key);
        size_t back;
        int r;

        *ret_doc = doc;
        if (!doc)
                return 0;
        back = form_enter(form, key);
        r = form_object(form, doc, members);
        if (r < 0)
                return r;
        r = read_gpio(form, doc, ret);
        if (r < 0)
                return r;
        form_leave(form, back);
        return 0;
}

static int read_contacts(struct form *form, const json_t *config, struct thon_circuit_conf *ret)
{
        static const char *const members[] = {"gpio", NULL};
        const struct {
                const char *key;
                struct thon_line_ref *ref;
        } contacts[] = {
                {"feedback", &ret->feedback}, {"door", &ret->door},   {"manual", &ret->manual},
                {"lockout", &ret->lockout},   {"mains", &ret->mains},
        };

        for (size_t i = 0; i < sizeof(contacts) / sizeof(*contacts); i++) {
                const json_t *doc;
                int r = read_input(form, config, contacts[i].key, members, contacts[i].ref, &doc);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_meter(struct form *form, const json_t *config, struct thon_circuit_conf *ret)
{
        static const char *const members[] = {"gpio", "pulses_per_kwh", NULL};
        const json_t *doc;
        size_t back;
        int r;

        r = read_input(form, config, "meter", members, &ret->meter, &doc);
        if (r < 0 || !doc)
                return r;
        back = form_enter(form, "meter");
        r = form_integer(form, doc, "pulses_per_kwh", 1, PULSES_MAX, PULSES_DEFAULT, &ret->pulses_per_kwh);
        if (r < 0)
                return r;
        form_leave(form, back);
        return 0;
}

static int read_photocell(struct form *form, const json_t *config, struct thon_circuit_conf *ret)
{
        static const char *const members[] = {"gpio", "join", "delay", NULL};
        const json_t *doc;
        size_t back;
        int r, join;

        ret->photocell_delay_s = PHOTOCELL_DELAY;
        r = read_input(form, config, "photocell", members, &ret->photocell, &doc);
        if (r < 0 || !doc)
                return r;
        back = form_enter(form, "photocell");
        r = form_word(form, doc, "join", joins, THON_PHOTOCELL_NONE, &join);
        if (r < 0)
                return r;
        ret->photocell_join = (enum thon_photocell_join)join;
        r = form_number(form, doc, "delay", 0, PHOTOCELL_MAX, PHOTOCELL_DELAY, &ret->photocell_delay_s);
        if (r < 0)
                return r;
        form_leave(form, back);
        return 0;
}

static int read_calendar(struct form *form, const json_t *config, const struct thon_calendar *calendars,
                         size_t n_calendars, size_t *ret)
{
        thon_slug id;
        size_t i = 0;
        int r;

        r = form_slug(form, config, "calendar", true, id);
        if (r < 0)
                return r;
        while (calendars && i < n_calendars && strcmp(calendars[i].id, id) != 0)
                i++;
        if (calendars && i == n_calendars)
                return form_fail_at(form, "calendar", "there is no calendar \"%s\"", id);
        *ret = i;
        return 0;
}

static int read_members(struct form *form, const json_t *config, const struct thon_calendar *calendars,
                        size_t n_calendars, struct thon_circuit_conf *circuit)
{
        static const char *const members[] = {"calendar",        "node",     "lamps",     "watts",
                                              "relay",           "feedback", "meter",     "door",
                                              "manual",          "lockout",  "photocell", "min_dwell",
                                              "untrusted_clock", "load",     "mains",     NULL};
        int r, policy, load;

        r = form_object(form, config, members);
        if (r < 0)
                return r;
        r = read_calendar(form, config, calendars, n_calendars, &circuit->calendar);
        if (r < 0)
                return r;
        r = form_slug(form, config, "node", false, circuit->node);
        if (r < 0)
                return r;
        r = form_integer(form, config, "lamps", 0, LAMPS_MAX, 0, &circuit->lamps);
        if (r < 0)
                return r;
        r = form_number(form, config, "watts", 0, WATTS_MAX, 0, &circuit->watts);
        if (r < 0)
                return r;
        r = read_relay(form, config, &circuit->relay);
        if (r < 0)
                return r;
        r = read_contacts(form, config, circuit);
        if (r < 0)
                return r;
        r = read_meter(form, config, circuit);
        if (r < 0)
                return r;
        r = read_photocell(form, config, circuit);
        if (r < 0)
                return r;
        r = form_word(form, config, "load", loads, 0, &load);
        if (r < 0)
                return r;
        circuit->equipment = load == 1;
        r = form_integer(form, config, "min_dwell", 0, DWELL_MAX,
                         circuit->equipment ? DWELL_EQUIPMENT : DWELL_DEFAULT, &circuit->min_dwell_s);
        if (r < 0)
                return r;
        r = form_word(form, config, "untrusted_clock", policies,
                      circuit->equipment                       ? THON_UNTRUSTED_ON
                      : thon_line_ref_set(&circuit->photocell) ? THON_UNTRUSTED_PHOTOCELL
                                                               : THON_UNTRUSTED_PLAN,
                      &policy);
        if (r < 0)
                return r;
        circuit->untrusted = (enum thon_untrusted)policy;
        return 0;
}

int form_circuit(struct form *form, const json_t *config, const struct thon_calendar *calendars,
                 size_t n_calendars, struct thon_circuit_conf *ret)
{
        struct form_uses *uses = NULL;
        size_t back = form->length;
        int r;

        r = read_members(form, config, calendars, n_calendars, ret);
        form_leave(form, back);
        if (r < 0)
                return r;
        r = form_uses_add(form, &uses, ret); /* against itself */
        form_uses_free(uses);
        return r;
}

int thon_circuit_from_json(const char *id, const char *name, const char *area, const json_t *config,
                           const struct thon_calendar *calendars, size_t n_calendars,
                           struct thon_circuit_conf *ret, struct thon_json_error *error)
{
        struct thon_circuit_conf circuit = {.lamps = 0};
        struct form form = {.error = error};
        int r;

        memset(ret, 0, sizeof(*ret));
        if (!thon_slug_valid(id))
                return form_fail_at(&form, "id",
                                    "must be an id: small letters, digits and hyphens, at most %d",
                                    THON_SLUG_MAX);
        /* light/all/set is the order to all circuits, light/plan/ is where cabinets find theirs. */
        if (strcmp(id, "all") == 0 || strcmp(id, "plan") == 0)
                return form_fail_at(&form, "id", "\"%s\" has a meaning of its own: choose another", id);
        if (area && *area && !thon_slug_valid(area))
                return form_fail_at(&form, "area", "must be an id");
        memcpy(circuit.id, id, strlen(id) + 1);
        if (area && *area)
                memcpy(circuit.area, area, strlen(area) + 1);

        r = form_circuit(&form, config, calendars, n_calendars, &circuit);
        if (r < 0)
                return r;
        r = thon_text_nfc(name && *name ? name : id, FORM_NAME_MAX, &circuit.name);
        if (r == -EINVAL)
                return form_fail_at(&form, "name", "must be text of at most %d bytes", FORM_NAME_MAX);
        if (r < 0)
                return r;
        *ret = circuit;
        return 0;
}
