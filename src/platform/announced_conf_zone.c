/* [zone X], [group X] and [source X]: where it sounds, by which rules, and what may be relayed there. A rule that
 * is written wrong here is a village woken at 03:15, so that nothing is guessed: what is not understood is an
 * error, and a zone without quiet hours is pointed out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced_conf_private.h"
#include "conf_value.h"
#include "thon/cleanup.h"

#define MINUTE 60
#define DAY    86400
#define WEEK   (7 * DAY)

/* ---- values ------------------------------------------------------------------------------------------- */

static const char *parse_sink(const char *value, void *field)
{
        struct announced_zone_file *zone = field;

        zone->sink_given = true;
        return thon_sink_parse(value, &zone->conf.sink);
}

static const char *parse_quiet(const char *value, void *field)
{
        struct announced_zone_file *zone = field;
        struct thon_air_rules *rules = &zone->conf.rules;
        const char *next = value;
        char piece[16];

        zone->quiet_given = true;
        if (strcmp(value, "none") == 0)
                return NULL;
        while (announced_piece(&next, ",", piece, sizeof piece)) {
                struct thon_hours hours;

                if (rules->n_quiet == THON_QUIET_MAX)
                        return "must not have more than four parts";
                if (thon_hours_parse(piece, &hours))
                        return "must be hours such as 21:30-05:30, several parted by commas; always; or none";
                /* "22:00-22:00" may have been meant as nothing or as everything. */
                if (hours.from_min == hours.to_min && strcmp(piece, "always") != 0)
                        return "must not end when it begins: write always, or none";
                rules->quiet[rules->n_quiet++] = hours;
        }
        return NULL;
}

static const char *parse_airtime(const char *value, void *field)
{
        static const char *const form = "must be a time a day or a week, such as 45min/day, 3h/week";
        struct thon_air_rules *rules = field;
        int64_t day = 0, week = 0, *limit;
        const char *next = value;
        char piece[32];

        while (announced_piece(&next, ",", piece, sizeof piece)) {
                char *slash = strchr(piece, '/');
                int64_t most;

                if (!slash)
                        return form;
                *slash = '\0';
                limit = strcmp(slash + 1, "day") == 0 ? &day : strcmp(slash + 1, "week") == 0 ? &week : NULL;
                most = limit == &day ? DAY : WEEK;
                if (!limit || *limit != 0 || thon_duration_parse(piece, limit) < 0)
                        return form;
                if (*limit < MINUTE || *limit > most)
                        return "must be from 1min to 24h a day, and to 7d a week";
        }
        if (day > 0 && week > 0 && day > week)
                return "must not be more in a day than in a week";
        rules->day_s = day;
        rules->week_s = week;
        return NULL;
}

/* "1500ms" or a duration. */
static const char *take_ms(const char *value, int64_t max_ms, int64_t *ret)
{
        size_t n = strlen(value);
        char digits[8];
        int64_t ms;

        if (n > 2 && n - 2 < sizeof digits && strcmp(value + n - 2, "ms") == 0) {
                memcpy(digits, value, n - 2);
                digits[n - 2] = '\0';
                if (strspn(digits, "0123456789") != n - 2 || thon_duration_parse(digits, &ms) < 0)
                        return "must be a time such as 350ms or 2s";
        } else if (thon_duration_parse(value, &ms) < 0 || __builtin_mul_overflow(ms, 1000, &ms))
                return "must be a time such as 350ms or 2s";
        if (ms > max_ms)
                return max_ms == 5000 ? "must not be more than 5s" : "must not be more than 30s";
        *ret = ms;
        return NULL;
}

static const char *parse_warm_up(const char *value, void *field)
{
        return take_ms(value, 30000, field);
}

static const char *parse_delay(const char *value, void *field)
{
        int64_t ms = 0;
        const char *why = take_ms(value, 5000, &ms);

        if (!why)
                *(int *)field = (int)ms;
        return why;
}

static const char *parse_zone_dialect(const char *value, void *field)
{
        enum thon_dialect dialect;

        if (!thon_dialect_parse(value, &dialect))
                return "must be north, central or south";
        *(int *)field = (int)dialect;
        return NULL;
}

static bool take_real(const char *text, double min, double max, double *ret)
{
        const struct thon_conf_item item = {.type = THON_CONF_REAL, .min = min, .max = max};
        _cleanup_free_ char *why = NULL;

        return thon_conf_value_set(&item, ret, text, &why) == 0;
}

/* "19.8067,105.7764", and how far it is heard: "800m" or "1.5km". */
static const char *parse_place(const char *value, void *field)
{
        static const char *const form = "must be LAT,LON and how far it is heard, such as 19.8067,105.7764 "
                                        "800m";
        struct thon_air_zone_conf *zone = field;
        char lat[24], rest[64], *lon = rest, *reach;
        const char *next = value;
        double unit = 1;
        size_t n;

        if (!announced_piece(&next, ",", lat, sizeof lat) || !announced_piece(&next, "", rest, sizeof rest))
                return form;
        reach = strchr(lon, ' ');
        if (reach) {
                *reach++ = '\0';
                reach += strspn(reach, " ");
                n = strlen(reach);
                if (n > 2 && strcmp(reach + n - 2, "km") == 0)
                        reach[n - 2] = '\0';
                else if (n > 1 && reach[n - 1] == 'm') {
                        reach[n - 1] = '\0';
                        unit = 0.001;
                }
                if (!take_real(reach, 0.01 / unit, 50 / unit, &zone->reach_km))
                        return form;
                zone->reach_km *= unit;
        }
        if (!take_real(lat, -90, 90, &zone->place.lat) || !take_real(lon, -180, 180, &zone->place.lon))
                return form;
        zone->placed = true;
        return NULL;
}

static bool web_address(const char *text)
{
        const char *host = strncmp(text, "http://", 7) == 0    ? text + 7
                           : strncmp(text, "https://", 8) == 0 ? text + 8
                                                               : NULL;
        size_t n = host ? strcspn(host, "/?#") : 0;

        if (n == 0 || memchr(host, '@', n))
                return false;
        while (*host > ' ' && *host <= '~')
                host++;
        return *host == '\0';
}

const char *announced_url_problem(const char *text)
{
        return web_address(text) ? NULL : "must be an address of http:// or https:// without a login in it";
}

static const char *check_source(const char *value, void *field)
{
        struct thon_sink place;
        char rtp[sizeof place.address];

        (void)field;
        if (strncmp(value, "http", 4) == 0)
                return announced_url_problem(value);
        if (strncmp(value, "rtp://", 6) == 0) {
                int n = snprintf(rtp, sizeof rtp, "rtp:%s", value + 6);

                return n < (int)sizeof rtp && !thon_sink_parse(rtp, &place)
                               ? NULL
                               : "must have a numeric address and a port behind rtp://";
        }
        if ((strncmp(value, "alsa:", 5) == 0 || strncmp(value, "file:/", 6) == 0) &&
            !thon_sink_parse(value, &place))
                return NULL;
        return "must be http://..., https://..., rtp://GROUP:PORT, alsa:PCM or file:/PATH";
}

/* A recording is named from its directory, and from nowhere else. */
static const char *check_recording(const char *value, void *field)
{
        (void)field;
        if (*value == '/' || *value == '.' || strstr(value, "/."))
                return "must be the name of a recording in the station's media directory";
        return NULL;
}

#define ZONE(member)   offsetof(struct announced_zone_file, member)
#define GROUP(member)  offsetof(struct announced_group_file, member)
#define SOURCE(member) offsetof(struct thon_source_conf, member)

const struct thon_conf_item announced_zone_items[] = {
        {"zone ", "name", THON_CONF_STRING, ZONE(conf.name), 1, 150, NULL, NULL},
        {"zone ", "sink", THON_CONF_CUSTOM, 0, 0, 0, NULL, parse_sink},
        {"zone ", "areas", THON_CONF_STRING, ZONE(areas), 0, 0, NULL, NULL},
        {"zone ", "quiet", THON_CONF_CUSTOM, 0, 0, 0, NULL, parse_quiet},
        {"zone ", "airtime", THON_CONF_CUSTOM, ZONE(conf.rules), 0, 0, NULL, parse_airtime},
        {"zone ", "repeats", THON_CONF_INT, ZONE(conf.rules.repeats), 0, 100, "0", NULL},
        {"zone ", "latest", THON_CONF_DURATION, ZONE(conf.rules.late_s), MINUTE, DAY, "30min", NULL},
        {"zone ", "neighbours", THON_CONF_STRING, ZONE(neighbours), 0, 0, NULL, NULL},
        {"zone ", "amplifier", THON_CONF_CUSTOM, ZONE(conf.amplifier), 0, 0, NULL,
         announced_amplifier_parse},
        {"zone ", "warm_up", THON_CONF_CUSTOM, ZONE(conf.warm_up_ms), 0, 0, "2s", parse_warm_up},
        {"zone ", "hold", THON_CONF_DURATION, ZONE(conf.hold_s), 0, 3600, "20s", NULL},
        {"zone ", "return", THON_CONF_CUSTOM, ZONE(conf.back), 0, 0, NULL, announced_return_parse},
        {"zone ", "return_level", THON_CONF_REAL, ZONE(conf.return_level), 0, 0, "-45", NULL},
        {"zone ", "delay", THON_CONF_CUSTOM, ZONE(conf.delay_ms), 0, 0, "0", parse_delay},
        {"zone ", "gain", THON_CONF_CUSTOM, ZONE(conf.gain), 0, 0, "0", announced_gain_parse},
        {"zone ", "highpass", THON_CONF_INT, ZONE(conf.highpass_hz), 0, 1000, "0", NULL},
        {"zone ", "dialect", THON_CONF_CUSTOM, ZONE(dialect), 0, 0, NULL, parse_zone_dialect},
        {"zone ", "place", THON_CONF_CUSTOM, ZONE(conf), 0, 0, NULL, parse_place},
        {"group ", "zones", THON_CONF_STRING, GROUP(zones), 0, 0, NULL, NULL},
        {"source ", "name", THON_CONF_STRING, SOURCE(name), 1, 150, NULL, NULL},
        {"source ", "url", THON_CONF_STRING, SOURCE(url), 1, 500, NULL, check_source},
        {"source ", "fallback", THON_CONF_STRING, SOURCE(fallback), 1, 200, NULL, check_recording},
        {"source ", "silent", THON_CONF_DURATION, SOURCE(silent_s), 2, 300, "10s", NULL},
};
const size_t announced_n_zone_items = sizeof announced_zone_items / sizeof *announced_zone_items;

void *announced_zone_get(void *target, const char *name)
{
        struct announced_file *file = target;
        struct announced_zone_file *zone;

        for (size_t i = 0; i < file->n_zones; i++)
                if (strcmp(file->zones[i].conf.id, name) == 0)
                        return &file->zones[i];
        if (file->n_zones == THON_ANNOUNCE_ZONES_MAX)
                return NULL;
        zone = &file->zones[file->n_zones++];
        memcpy(zone->conf.id, name, strlen(name) + 1);
        zone->dialect = -1;
        zone->conf.reach_km = 1;
        return zone;
}

void *announced_group_get(void *target, const char *name)
{
        struct announced_file *file = target;
        struct announced_group_file *group;

        for (size_t i = 0; i < file->n_groups; i++)
                if (strcmp(file->groups[i].conf.id, name) == 0)
                        return &file->groups[i];
        if (file->n_groups == ANNOUNCED_GROUPS_MAX)
                return NULL;
        group = &file->groups[file->n_groups++];
        memcpy(group->conf.id, name, strlen(name) + 1);
        return group;
}

void *announced_source_get(void *target, const char *name)
{
        struct announced_file *file = target;
        struct thon_source_conf *source;

        for (size_t i = 0; i < file->n_sources; i++)
                if (strcmp(file->sources[i].id, name) == 0)
                        return &file->sources[i];
        if (file->n_sources == ANNOUNCED_SOURCES_MAX)
                return NULL;
        source = &file->sources[file->n_sources++];
        memcpy(source->id, name, strlen(name) + 1);
        return source;
}

void announced_zone_done(struct announced_zone_file *zone)
{
        free(zone->conf.name);
        free(zone->areas);
        free(zone->neighbours);
        *zone = (struct announced_zone_file){0};
}

void announced_source_done(struct thon_source_conf *source)
{
        free(source->name);
        free(source->url);
        free(source->fallback);
        *source = (struct thon_source_conf){0};
}

/* ---- checks ------------------------------------------------------------------------------------------- */

/* Where a mistake is, for its message. */
struct place {
        struct announced_checks *checks;
        const char *kind, *name, *key; /* [kind name]: key */
};

static size_t zone_named(const struct announced_file *file, const char *id)
{
        for (size_t i = 0; i < file->n_zones; i++)
                if (strcmp(file->zones[i].conf.id, id) == 0)
                        return i;
        return SIZE_MAX;
}

/* A list of ids, each once. */
static void take_slugs(const struct place *place, const char *text, size_t max, thon_slug *ret,
                       size_t *ret_n)
{
        const char *next = text;
        char word[THON_SLUG_MAX + 1];
        size_t n = 0;

        while (announced_piece(&next, " ,", word, sizeof word)) {
                bool twice = false;

                if (*word == '\0') /* ", " is two of them */
                        continue;
                if (!thon_slug_valid(word)) {
                        announced_check_tell(place->checks, true,
                                             "[%s %s]: %s: \"%s\" must be of a-z, 0-9 and -", place->kind,
                                             place->name, place->key, word);
                        continue;
                }
                for (size_t i = 0; i < n; i++)
                        twice = twice || strcmp(ret[i], word) == 0;
                if (twice)
                        continue;
                if (n == max) {
                        announced_check_tell(place->checks, true, "[%s %s]: %s: more than %zu", place->kind,
                                             place->name, place->key, max);
                        break;
                }
                memcpy(ret[n++], word, sizeof word);
        }
        *ret_n = n;
}

static int take_name(char **name, const char *id)
{
        if (!*name)
                *name = strdup(id);
        return *name ? 0 : -ENOMEM;
}

static bool same_sink(const struct thon_sink *a, const struct thon_sink *b)
{
        return a->kind == b->kind && a->port == b->port && strcmp(a->address, b->address) == 0;
}

static void check_return(const struct thon_air_zone_conf *zone, struct announced_checks *checks)
{
        if (zone->back.kind == THON_RETURN_ALSA && (zone->return_level < -100 || zone->return_level > 0))
                announced_check_tell(checks, true, "[zone %s]: return_level: must be dB from -100 to 0",
                                     zone->id);
        /* One device cannot be opened twice, and what we play is no proof of itself. */
        if (zone->back.kind == THON_RETURN_ALSA && zone->sink.kind == THON_SINK_ALSA &&
            strcmp(zone->back.address, zone->sink.address) == 0 &&
            strcmp(zone->sink.address, "default") != 0)
                announced_check_tell(checks, false, "[zone %s]: return: is the same device as the sink",
                                     zone->id);
        if (zone->back.kind == THON_RETURN_GPIO && zone->amplifier.kind == THON_AMPLIFIER_GPIO &&
            thon_line_ref_equal(&zone->back.line, &zone->amplifier.line))
                announced_check_tell(checks, true, "[zone %s]: return: is the line of the amplifier",
                                     zone->id);
}

static int resolve_zone(struct announced_file *file, size_t index, struct announced_checks *checks)
{
        struct announced_zone_file *zone = &file->zones[index];
        struct thon_air_zone_conf *conf = &zone->conf;
        struct place place = {checks, "zone", conf->id, "areas"};

        if (strcmp(conf->id, "all") == 0)
                announced_check_tell(checks, true, "[zone all]: \"all\" means every zone");
        if (!zone->sink_given)
                announced_check_tell(checks, true, "[zone %s]: sink: missing", conf->id);
        for (size_t i = 0; i < index && zone->sink_given; i++)
                if (file->zones[i].sink_given && same_sink(&file->zones[i].conf.sink, &conf->sink))
                        announced_check_tell(checks, true, "[zone %s]: sink: is that of [zone %s]", conf->id,
                                             file->zones[i].conf.id);
        if (!zone->quiet_given)
                announced_check_tell(checks, false,
                                     "[zone %s]: quiet: not set, it may sound at any hour (none, if that is "
                                     "meant)",
                                     conf->id);
        take_slugs(&place, zone->areas, sizeof conf->areas / sizeof *conf->areas, conf->areas,
                   &conf->n_areas);
        place.key = "neighbours";
        take_slugs(&place, zone->neighbours, sizeof conf->neighbours / sizeof *conf->neighbours,
                   conf->neighbours, &conf->n_neighbours);
        for (size_t i = 0; i < conf->n_neighbours; i++) {
                size_t other = zone_named(file, conf->neighbours[i]);

                if (other == SIZE_MAX || other == index) {
                        announced_check_tell(checks, true, "[zone %s]: neighbours: %s is no other zone",
                                             conf->id, conf->neighbours[i]);
                        continue;
                }
                /* Who hears the one hears the other: it is written at either. */
                conf->rules.apart |= UINT64_C(1) << other;
                file->zones[other].conf.rules.apart |= UINT64_C(1) << index;
        }
        check_return(conf, checks);
        if (zone->dialect >= 0)
                conf->dialect = (enum thon_dialect)zone->dialect;
        else
                conf->dialect = file->conf.dialect;
        if (conf->amplifier.kind != THON_AMPLIFIER_NONE)
                conf->rules.warm_us = (uint64_t)conf->warm_up_ms * 1000;
        return take_name(&conf->name, conf->id);
}

static void resolve_group(const struct announced_file *file, struct announced_group_file *group,
                          struct announced_checks *checks)
{
        struct thon_zone_group_conf *conf = &group->conf;
        const struct place place = {checks, "group", conf->id, "zones"};

        if (strcmp(conf->id, "all") == 0 || zone_named(file, conf->id) != SIZE_MAX)
                announced_check_tell(checks, true, "[group %s]: a zone has that name", conf->id);
        take_slugs(&place, group->zones, THON_ANNOUNCE_ZONES_MAX, conf->zones, &conf->n_zones);
        if (conf->n_zones == 0)
                announced_check_tell(checks, true, "[group %s]: zones: missing", conf->id);
        for (size_t i = 0; i < conf->n_zones; i++)
                if (zone_named(file, conf->zones[i]) == SIZE_MAX)
                        announced_check_tell(checks, true, "[group %s]: zones: there is no zone %s",
                                             conf->id, conf->zones[i]);
}

/* One line is one amplifier's, or a zone's end would switch another off in its midst. A circuit of lightd may feed several. */
static void check_lines(const struct announced_file *file, struct announced_checks *checks)
{
        for (size_t i = 0; i < file->n_zones; i++)
                for (size_t j = 0; j < i; j++) {
                        const struct thon_amplifier *a = &file->zones[i].conf.amplifier,
                                                    *b = &file->zones[j].conf.amplifier;

                        if (a->kind == THON_AMPLIFIER_GPIO && b->kind == THON_AMPLIFIER_GPIO &&
                            strcmp(a->line.chip, b->line.chip) == 0 &&
                            strcmp(a->line.line, b->line.line) == 0 &&
                            a->line.active_low != b->line.active_low)
                                announced_check_tell(
                                        checks, true,
                                        "[zone %s]: amplifier: is active low in one of [zone %s] and here",
                                        file->zones[i].conf.id, file->zones[j].conf.id);
                }
}

int announced_zones_resolve(struct announced_file *file, struct announced_checks *checks)
{
        for (size_t i = 0; i < file->n_zones; i++) {
                int r = resolve_zone(file, i, checks);

                if (r < 0)
                        return r;
        }
        check_lines(file, checks);
        for (size_t i = 0; i < file->n_groups; i++)
                resolve_group(file, &file->groups[i], checks);
        for (size_t i = 0; i < file->n_sources; i++) {
                int r = take_name(&file->sources[i].name, file->sources[i].id);

                if (r < 0)
                        return r;
                if (!file->sources[i].url)
                        announced_check_tell(checks, true, "[source %s]: url: missing", file->sources[i].id);
        }
        return 0;
}
