/* thonctl setup: from an installed package to lamps that follow the sun, in a few minutes at the office. */
#include "setup.h"

#include <signal.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/user.h"

struct options {
        const char *id, *name, *lat, *lon, *tz, *area, *chip, *night, *zone, *zone_name, *user, *user_name,
                *password_file;
        struct ctl_list relays;
};

/* ---- options ---- */

static int refused(struct setup *s, const char *option, const char *why)
{
        return why ? ctl_fail(s->ctl, "invalid", "--%s: %s", option, why) : CTL_OK;
}

/* "ID=REST"; *ret_rest is NULL without one. */
static const char *take_pair(struct setup *s, const char *text, char ret_id[static sizeof(thon_slug)],
                             const char **ret_rest)
{
        const char *equals = strchr(text, '=');
        size_t n = equals ? (size_t)(equals - text) : strlen(text);
        char id[sizeof(thon_slug)] = "";

        if (n < sizeof(id))
                memcpy(id, text, n);
        *ret_rest = equals ? equals + 1 : NULL;
        return setup_take_id(s, id, ret_id);
}

static int take_site(struct setup *s, const struct options *o)
{
        const char *why = NULL;
        int r = CTL_OK;

        if (o->id)
                r = refused(s, "id", setup_take_id(s, o->id, s->id));
        if (r == CTL_OK && o->name)
                r = refused(s, "name", setup_take_name(s, o->name, s->name));
        if (r == CTL_OK && o->tz)
                r = refused(s, "tz", setup_take_tz(s, o->tz));
        s->id_known = s->id_known || o->id;
        if (r != CTL_OK || (!o->lat && !o->lon))
                return r;
        if (!o->lat || !o->lon)
                return ctl_usage(s->ctl, "--lat and --lon belong together");
        why = setup_take_degrees(s, o->lat, true);
        if (why)
                return refused(s, "lat", why);
        s->placed = true;
        return refused(s, "lon", setup_take_degrees(s, o->lon, false));
}

/* One part behind the line: the name, or "active-low", "active-high", "lamps=N", "watts=W", "id=ID". */
static const char *take_part(struct setup *s, const char *part, struct setup_relay *relay, int *low)
{
        thon_slug slug;

        if (strcmp(part, "active-low") == 0 || strcmp(part, "active-high") == 0)
                *low = strcmp(part, "active-low") == 0;
        else if (strncmp(part, "lamps=", 6) == 0)
                return setup_take_count(s, part + 6, &relay->lamps);
        else if (strncmp(part, "watts=", 6) == 0)
                return setup_take_watts(s, part + 6, &relay->watts);
        else if (strncmp(part, "id=", 3) == 0)
                return setup_take_id(s, part + 3, relay->circuit);
        else if (*relay->name)
                return setup_refuse(
                        s, "\"%.60s\" không phải là active-low, active-high, lamps=N, watts=W hay id=MÃ.",
                        part);
        else {
                const char *why = setup_take_name(s, part, relay->name);

                setup_slug_of(relay->name, slug);
                if (!why && !*relay->circuit)
                        memcpy(relay->circuit, slug, sizeof(slug));
                return why;
        }
        return NULL;
}

/* What is not said of a circuit that is there stays. */
static void complete(struct setup *s, struct setup_relay *relay, int low)
{
        const json_t *there = setup_circuit_named(s, relay->circuit), *gpio;
        const char *name;

        gpio = json_object_get(json_object_get(json_object_get(there, "config"), "relay"), "gpio");
        name = json_string_value(json_object_get(there, "name"));
        relay->line.active_low = low >= 0 ? low > 0 : json_is_true(json_object_get(gpio, "active_low"));
        /* An id is no name. */
        if (name && strlen(name) <= SETUP_NAME_MAX &&
            (!*relay->name || strcmp(relay->name, relay->circuit) == 0))
                memcpy(relay->name, name, strlen(name) + 1);
}

static const char *take_relay(struct setup *s, const char *text)
{
        struct setup_relay relay = {.lamps = -1, .watts = -1};
        _cleanup_free_ char *copy = strdup(text);
        char *rest = copy, *line = copy ? strsep(&rest, ":") : NULL, *part;
        const struct thon_gpio_survey_line *seen;
        const char *id, *why = NULL;
        int low = -1;

        if (!line)
                return setup_refuse(s, "Không đủ bộ nhớ.");
        while (!why && (part = strsep(&rest, ":")))
                why = take_part(s, part, &relay, &low);
        if (why)
                return why;
        seen = setup_find_pin(s, line);
        id = seen ? json_string_value(json_object_get(setup_circuit_of_line(s, seen), "id")) : NULL;
        if (!*relay.circuit && id && thon_slug_valid(id))
                memcpy(relay.circuit, id, strlen(id) + 1);
        if (!*relay.circuit && !*relay.name) {
                char name[96];

                (void)snprintf(name, sizeof(name), "Đèn %.80s", line);
                why = setup_take_name(s, name, relay.name);
                if (!why)
                        setup_slug_of(name, relay.circuit);
        }
        if (!why && !*relay.circuit)
                why = setup_refuse(s, "Tên \"%.60s\" không thành mã được; thêm id=MÃ.", relay.name);
        if (!why)
                why = setup_take_pin(s, line, relay.circuit, &relay);
        if (why)
                return why;
        complete(s, &relay, low);
        for (size_t i = 0; i < s->n_relays; i++)
                if (strcmp(s->relays[i].circuit, relay.circuit) == 0)
                        return setup_refuse(s, "Mạch đèn %s được khai hai lần.", relay.circuit);
        return setup_add_relay(s, &relay);
}

static int take_lights(struct setup *s, const struct options *o)
{
        const char *rest;
        int r = CTL_OK;

        if (o->area) {
                r = refused(s, "area", take_pair(s, o->area, s->area, &rest));
                if (r == CTL_OK && rest)
                        r = refused(s, "area", setup_take_name(s, rest, s->area_name));
        }
        if (r == CTL_OK && o->night)
                r = refused(s, "night", setup_take_night(s, o->night));
        if (r == CTL_OK && o->chip)
                r = refused(s, "chip", setup_take_chip(s, o->chip));
        if (r == CTL_OK && !s->chip)
                s->chip = setup_pin_default_chip(s);
        for (size_t i = 0; r == CTL_OK && i < o->relays.n; i++)
                r = refused(s, "relay", take_relay(s, o->relays.items[i]));
        return r;
}

static int take_loudspeaker(struct setup *s, const struct options *o)
{
        const char *sink;
        int r;

        if (!o->zone)
                return o->zone_name ? ctl_usage(s->ctl, "--zone-name belongs to --zone") : CTL_OK;
        r = refused(s, "zone", take_pair(s, o->zone, s->sink_zone, &sink));
        if (r != CTL_OK)
                return r;
        setup_preset_zone(s, s->sink_zone);
        s->loudspeaker = true;
        if (sink)
                r = refused(s, "zone", setup_take_sink(s, sink));
        if (r == CTL_OK && o->zone_name)
                r = refused(s, "zone-name", setup_take_name(s, o->zone_name, s->sink_name));
        return r;
}

static int take_user(struct setup *s, const struct options *o)
{
        _cleanup_json_ json_t *there = NULL;
        int r;

        if (!o->user)
                return o->user_name || o->password_file
                               ? ctl_usage(s->ctl, "--user-name and --password-file belong to --user")
                               : CTL_OK;
        s->with_user = true;
        r = refused(s, "user", setup_take_id(s, o->user, s->user));
        if (r == CTL_OK && o->user_name)
                r = refused(s, "user-name", setup_take_name(s, o->user_name, s->user_name));
        if (r == CTL_OK && o->password_file)
                r = ctl_secret_file(s->ctl, "password", o->password_file, "", &s->password);
        if (r == CTL_OK && o->password_file)
                r = refused(s, "password-file", setup_take_password(s));
        if (r != CTL_OK || o->password_file || s->asking)
                return r;
        /* Who is there keeps the password. */
        if (thon_user_show(s->ctl->store, s->user, &there) == 0)
                return CTL_OK;
        return ctl_usage(s->ctl, "--user needs --password-file FILE (- is standard input)");
}

static int take_options(struct setup *s, const struct options *o)
{
        int r = take_site(s, o);

        if (r == CTL_OK)
                r = take_lights(s, o);
        if (r == CTL_OK)
                r = take_loudspeaker(s, o);
        if (r == CTL_OK)
                r = take_user(s, o);
        if (r != CTL_OK || s->asking)
                return r;
        if (!s->id_known || !s->placed)
                return ctl_usage(s->ctl,
                                 "the first time --id, --lat and --lon are needed: who and where is this?");
        return CTL_OK;
}

/* ---- what is shown ---- */

static void warn_all(struct setup *s)
{
        if (s->lat < 8 || s->lat > 24 || s->lon < 102 || s->lon > 118)
                setup_warn(s, "Tọa độ này không ở Việt Nam.");
        for (size_t i = 0; i < s->n_relays; i++)
                setup_pin_warn(s, &s->relays[i]);
        if (s->loudspeaker && setup_zone_is_new(s))
                setup_warn(s, "Cụm loa %s có giờ yên lặng 21:30-05:30; đổi trong announced.conf.",
                           s->sink_zone);
}

static void show_list(struct setup *s, const char *title, const json_t *list, const char *member)
{
        const json_t *item;
        size_t i;

        if (json_array_size(list) == 0)
                return;
        fprintf(s->out, "\n%s\n", title);
        json_array_foreach (list, i, item) {
                const char *text = json_string_value(member ? json_object_get(item, member) : item);

                fprintf(s->out, "  - %s\n", text ? text : "");
        }
}

static json_t *relays_json(const struct setup *s)
{
        json_t *list = json_array();

        for (size_t i = 0; i < s->n_relays; i++) {
                const struct setup_relay *relay = &s->relays[i];

                (void)json_array_append_new(list,
                                            json_pack("{s:s,s:s,s:s,s:b}", "circuit", relay->circuit, "chip",
                                                      relay->line.chip, "line", relay->line.line,
                                                      "active_low", relay->line.active_low));
        }
        return list;
}

static int done(struct setup *s, bool changed)
{
        char rise[6], set[6];
        bool sun = setup_sun(s, rise, set);
        json_t *site = json_pack("{s:s,s:s,s:f,s:f,s:s,s:s?,s:s?}", "id", s->id, "name", s->name, "lat",
                                 s->lat, "lon", s->lon, "tz", s->tz, "sunrise", sun ? rise : NULL, "sunset",
                                 sun ? set : NULL);
        json_t *doc =
                json_pack("{s:b,s:b,s:o,s:o,s:O,s:O}", "dry_run", s->dry, "changed", changed, "site", site,
                          "relays", relays_json(s), "changes", s->changes, "warnings", s->warnings);
        const char *end =
                s->dry     ? "Chạy thử (--dry-run): chưa thay đổi gì."
                : !changed ? "Mọi thứ đã đúng như vậy; không có gì phải thay đổi."
                           : "Xong. Xem đèn: thonctl light list. Lịch đêm nay: thonctl light plan --days 1";

        return ctl_done(s->ctl, doc, "%s", end);
}

/* From here on a Ctrl-C comes too late: what was begun is finished. */
static int perform(struct setup *s)
{
        sigset_t all, before;
        int r;

        (void)sigfillset(&all);
        (void)sigprocmask(SIG_BLOCK, &all, &before);
        r = setup_perform(s);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        return r;
}

static int act(struct setup *s)
{
        bool agreed = true;
        int r = setup_rehearse(s);

        if (r != CTL_OK)
                return r;
        warn_all(s);
        show_list(s, "Sẽ thay đổi:", s->changes, "text");
        show_list(s, "Lưu ý:", s->warnings, NULL);
        fputc('\n', s->out);
        if (s->dry || json_array_size(s->changes) == 0)
                return done(s, false);
        if (s->asking)
                r = setup_ask_yes(s, "Thực hiện?", true, &agreed);
        if (r != CTL_OK)
                return r;
        if (!agreed)
                return setup_cancelled(s);
        r = perform(s);
        return r != CTL_OK ? r : done(s, true);
}

static int work(struct setup *s, const struct options *o)
{
        int r = setup_begin(s);

        if (r == CTL_OK)
                r = take_options(s, o);
        if (r == CTL_OK && s->asking)
                r = setup_talk(s);
        return r == CTL_OK ? act(s) : r;
}

static int setup(struct ctl *ctl, int argc, char **argv)
{
        struct setup s = {.ctl = ctl, .out = ctl->json ? stderr : stdout};
        struct options o = {.id = NULL};
        bool yes = false;
        const struct ctl_option options[] = {{"id", &o.id, NULL},
                                             {"name", &o.name, NULL},
                                             {"lat", &o.lat, NULL},
                                             {"lon", &o.lon, NULL},
                                             {"tz", &o.tz, NULL},
                                             {"area", &o.area, NULL},
                                             {"chip", &o.chip, NULL},
                                             {"night", &o.night, NULL},
                                             {"zone", &o.zone, NULL},
                                             {"zone-name", &o.zone_name, NULL},
                                             {"user", &o.user, NULL},
                                             {"user-name", &o.user_name, NULL},
                                             {"password-file", &o.password_file, NULL},
                                             {"yes", NULL, &yes},
                                             {"dry-run", NULL, &s.dry}};
        int r = ctl_option_list(ctl, &argc, argv, "relay", &o.relays);

        if (r == CTL_OK)
                r = ctl_options(ctl, argc, argv, options, sizeof(options) / sizeof(options[0]), &argc);
        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "setup takes options only, not \"%s\"", argv[0]);
        s.out = ctl->json ? stderr : stdout;
        s.asking = !yes;
        s.warnings = json_array();
        s.changes = json_array();
        r = work(&s, &o);
        setup_end(&s);
        return r;
}

const struct ctl_command ctl_setup_commands[] = {
        {"setup",
         "[--yes] [--dry-run] [--id ID --name NAME --lat DEG --lon DEG --tz ZONE] [--area ID[=NAME]] [--chip CHIP] "
         "[--relay LINE[:NAME][:active-low][:lamps=N][:watts=W][:id=ID]]... [--night whole|saving] "
         "[--zone ID[=SINK]] [--zone-name NAME] [--user ID --user-name NAME --password-file FILE|-]",
         setup},
        {NULL, NULL, NULL},
};
