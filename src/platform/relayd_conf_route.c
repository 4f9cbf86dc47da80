/* [route X] and [inhibit X]: which events are told to whom, and which are not told while another stands. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "relayd_conf_private.h"
#include "thon/cleanup.h"

#define STEPS_MAX  16
#define WORDS_MAX  100
#define NAME_BYTES 200

/* ---- words -------------------------------------------------------------------------------------------- */

static bool parts_words(char c)
{
        return c == ' ' || c == '\t' || c == ',' || c == '\n' || c == '\r';
}

int thon_words_split(const char *text, char ***ret, size_t *ret_n)
{
        char **words = calloc(1, sizeof *words);
        size_t n = 0;

        for (const char *p = text; words;) {
                const char *start;
                char **more;

                while (parts_words(*p))
                        p++;
                if (*p == '\0') {
                        *ret = words;
                        *ret_n = n;
                        return 0;
                }
                for (start = p; *p && !parts_words(*p);)
                        p++;
                more = reallocarray(words, n + 2, sizeof *words);
                if (!more)
                        break;
                words = more;
                words[n] = strndup(start, (size_t)(p - start));
                if (!words[n])
                        break;
                words[++n] = NULL;
        }
        thon_words_free(words);
        return -ENOMEM;
}

void thon_words_free(char **words)
{
        for (char **word = words; word && *word; word++)
                free(*word);
        free(words);
}

/* ---- values ------------------------------------------------------------------------------------------- */

static const char *parse_class(const char *value, void *field)
{
        return thon_class_parse(value, field) ? NULL : "must be normal, priority or emergency";
}

static const char *parse_purpose(const char *value, void *field)
{
        enum thon_purpose purpose;

        if (!thon_purpose_parse(value, &purpose))
                return "must be notices or emergency";
        *(int *)field = (int)purpose;
        return NULL;
}

static const char *parse_severity(const char *value, void *field)
{
        return thon_severity_parse(value, field) ? NULL : "must be info, warning or critical";
}

static const char *parse_yes(const char *value, void *field)
{
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
                return "must be yes or no";
        *(int *)field = strcmp(value, "yes") == 0;
        return NULL;
}

static const char *parse_quiet(const char *value, void *field)
{
        return thon_hours_parse(value, field) ? "must be hours such as 21:30-05:30" : NULL;
}

static const char *check_member(const char *value, void *field)
{
        (void)field;
        for (const char *p = value; *p; p++)
                if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_'))
                        return "must be area, subject, cause_id or the name of a value: of a-z, 0-9 and _";
        return NULL;
}

#define ROUTE(member)   offsetof(struct relayd_route_file, member)
#define INHIBIT(member) offsetof(struct relayd_inhibit_file, member)
#define DAY             86400.0

const struct thon_conf_item relayd_route_items[] = {
        {"route ", "match", THON_CONF_STRING, ROUTE(match), 0, 0, NULL, NULL},
        {"route ", "to", THON_CONF_STRING, ROUTE(to), 0, 0, NULL, NULL},
        {"route ", "class", THON_CONF_CUSTOM, ROUTE(conf.class), 0, 0, "normal", parse_class},
        {"route ", "purpose", THON_CONF_CUSTOM, ROUTE(purpose), 0, 0, NULL, parse_purpose},
        {"route ", "severity", THON_CONF_CUSTOM, ROUTE(conf.severity), 0, 0, "info", parse_severity},
        {"route ", "group_wait", THON_CONF_DURATION, ROUTE(conf.group_wait_s), 0, 3600, "1s", NULL},
        {"route ", "group_interval", THON_CONF_DURATION, ROUTE(conf.group_interval_s), 1, DAY, "5min", NULL},
        {"route ", "repeat", THON_CONF_DURATION, ROUTE(conf.repeat_s), 0, 31 * DAY, "0", NULL},
        {"route ", "expires", THON_CONF_DURATION, ROUTE(conf.expires_s), 60, 31 * DAY, "24h", NULL},
        {"route ", "quiet", THON_CONF_CUSTOM, ROUTE(conf.quiet), 0, 0, NULL, parse_quiet},
        {"route ", "cleared", THON_CONF_BOOL, ROUTE(conf.cleared), 0, 0, "yes", NULL},
        {"route ", "ack", THON_CONF_CUSTOM, ROUTE(ack), 0, 0, NULL, parse_yes},
        {"route ", "escalate", THON_CONF_STRING, ROUTE(escalate), 0, 0, NULL, NULL},
        {"inhibit ", "source", THON_CONF_STRING, INHIBIT(source), 0, 0, NULL, NULL},
        {"inhibit ", "target", THON_CONF_STRING, INHIBIT(target), 0, 0, NULL, NULL},
        {"inhibit ", "same", THON_CONF_STRING, INHIBIT(conf.same), 1, 63, NULL, check_member},
};
const size_t relayd_n_route_items = sizeof relayd_route_items / sizeof *relayd_route_items;

void *relayd_route_get(void *target, const char *name)
{
        struct relayd_file *file = target;
        struct relayd_route_file *route;

        for (size_t i = 0; i < file->n_routes; i++)
                if (strcmp(file->routes[i].conf.name, name) == 0)
                        return &file->routes[i];
        if (file->n_routes == RELAYD_ROUTES_MAX)
                return NULL;
        route = &file->routes[file->n_routes++];
        memcpy(route->conf.name, name, strlen(name) + 1);
        route->purpose = route->ack = -1;
        return route;
}

void *relayd_inhibit_get(void *target, const char *name)
{
        struct relayd_file *file = target;
        struct relayd_inhibit_file *inhibit;

        for (size_t i = 0; i < file->n_inhibits; i++)
                if (strcmp(file->inhibits[i].conf.name, name) == 0)
                        return &file->inhibits[i];
        if (file->n_inhibits == RELAYD_INHIBITS_MAX)
                return NULL;
        inhibit = &file->inhibits[file->n_inhibits++];
        memcpy(inhibit->conf.name, name, strlen(name) + 1);
        return inhibit;
}

void relayd_route_done(struct thon_route_conf *conf)
{
        thon_words_free(conf->match);
        thon_words_free(conf->to);
        for (size_t i = 0; i < conf->n_escalate; i++)
                thon_words_free(conf->escalate[i].to);
        free(conf->escalate);
        *conf = (struct thon_route_conf){0};
}

void relayd_inhibit_done(struct thon_inhibit_conf *conf)
{
        thon_words_free(conf->source);
        thon_words_free(conf->target);
        free(conf->same);
        *conf = (struct thon_inhibit_conf){0};
}

/* ---- checks ------------------------------------------------------------------------------------------- */

/* Where a mistake is, for its message. */
struct place {
        const struct relayd_file *file;
        struct relayd_checks *checks;
        const char *kind, *name, *key; /* [kind name]: key */
};

static void wrong(const struct place *place, const char *word, const char *why)
{
        relayd_check_tell(place->checks, true, "[%s %s]: %s: \"%.80s\" %s", place->kind, place->name,
                          place->key, word, why);
}

static bool valid_code(const char *text)
{
        size_t n = 0;

        while ((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= 'A' && text[n] <= 'Z') ||
               (text[n] >= '0' && text[n] <= '9') || (text[n] && strchr("-._", text[n])))
                n++;
        return n > 0 && n <= THON_SLUG_MAX && text[n] == '\0';
}

static bool valid_name(const char *text)
{
        return *text != '\0' && strlen(text) <= NAME_BYTES;
}

static bool valid_address(const char *text)
{
        size_t n = 0;

        while (text[n] > ' ' && text[n] <= '~')
                n++;
        return n > 0 && n < THON_ADDRESS_MAX && text[n] == '\0';
}

/* "NAME" or "NAME/ADDRESS": a post to the channel itself, which must know where that is. */
static const char *channel_problem(const struct place *place, const char *target)
{
        const char *slash = strchr(target, '/');
        const struct thon_channel_conf *channel =
                relayd_channel_named(place->file, target, slash ? (size_t)(slash - target) : strlen(target));

        if (!channel)
                return "names no channel of this file";
        if (slash)
                return valid_address(slash + 1)
                               ? NULL
                               : "must have an address of printable ASCII without spaces behind the slash";
        if (channel->chat || channel->topic || channel->page || channel->kind == THON_KIND_WEBHOOK)
                return NULL;
        return "names a channel without a chat, topic or page of its own: channel:NAME/ADDRESS";
}

static const char *to_problem(const struct place *place, const char *word)
{
        static const struct {
                const char *prefix;
                bool (*valid)(const char *text);
                const char *why;
        } forms[] = {
                {"household:", valid_code, "must have a household's code"},
                {"person:", thon_slug_valid, "must have a person's id"},
                {"group:", thon_slug_valid, "must have a group's id"},
                {"role:", valid_name, "must have a role"},
                {"area:", valid_name, "must have an area's id"},
        };

        if (strcmp(word, "all") == 0)
                return NULL;
        if (strncmp(word, "channel:", strlen("channel:")) == 0)
                return channel_problem(place, word + strlen("channel:"));
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
                size_t n = strlen(forms[i].prefix);

                if (strncmp(word, forms[i].prefix, n) == 0)
                        return forms[i].valid(word + n) ? NULL : forms[i].why;
        }
        return "must be household:ID, person:ID, group:ID, role:ROLE, area:ID, channel:NAME or all";
}

static const char *kind_problem(const struct place *place, const char *word)
{
        (void)place;
        for (const char *p = word; *p; p++)
                if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-' || *p == '*'))
                        return "must be a kind of event, of a-z, 0-9, - and *";
        return strlen(word) <= THON_SLUG_MAX ? NULL : "is too long for a kind of event";
}

/* Splits and checks a list that must not be empty. */
static int take_words(const struct place *place, const char *text, char ***ret, size_t *ret_n,
                      const char *(*problem)(const struct place *place, const char *word))
{
        int r = thon_words_split(text ? text : "", ret, ret_n);

        if (r < 0)
                return r;
        if (*ret_n == 0 || *ret_n > WORDS_MAX)
                relayd_check_tell(place->checks, true, "[%s %s]: %s: %s", place->kind, place->name,
                                  place->key, *ret_n == 0 ? "missing" : "more than 100 words");
        for (size_t i = 0; i < *ret_n; i++) {
                const char *why = problem(place, (*ret)[i]);

                if (why)
                        wrong(place, (*ret)[i], why);
        }
        return 0;
}

/* ---- escalation --------------------------------------------------------------------------------------- */

/* "WORD... after DURATION" without the comma behind it; `text` is changed. */
static int take_step(const struct place *place, char *text, struct thon_escalate_step *ret)
{
        static const char *const form = "must be \"TO... after DURATION\"";
        char *after = strstr(text, " after ");

        if (!after) {
                wrong(place, text + strspn(text, " "), form);
                return 0;
        }
        *after = '\0';
        after += strlen(" after ");
        after += strspn(after, " ");
        for (size_t n = strlen(after); n > 0 && after[n - 1] == ' '; n--)
                after[n - 1] = '\0';
        if (thon_duration_parse(after, &ret->after_s) < 0 || ret->after_s < 1 || ret->after_s > 31 * 86400) {
                wrong(place, after, "must be a duration from 1s to 31d, such as 10min");
                ret->after_s = 0;
        }
        return take_words(place, text, &ret->to, &ret->n_to, to_problem);
}

static int take_escalation(const struct place *place, const char *value, struct thon_route_conf *conf)
{
        _cleanup_free_ char *copy = strdup(value);
        char *next = copy;
        int r;

        if (!copy)
                return -ENOMEM;
        conf->escalate = calloc(STEPS_MAX, sizeof *conf->escalate);
        if (!conf->escalate)
                return -ENOMEM;
        for (char *step = strsep(&next, ","); step; step = strsep(&next, ",")) {
                struct thon_escalate_step *last = &conf->escalate[conf->n_escalate];

                if (conf->n_escalate == STEPS_MAX) {
                        wrong(place, step, "is one step too many, there may be 16");
                        return 0;
                }
                r = take_step(place, step, last);
                if (r < 0)
                        return r;
                if (conf->n_escalate > 0 && last->after_s > 0 && last->after_s <= last[-1].after_s)
                        wrong(place, step + strspn(step, " "), "must come later than the step before it");
                conf->n_escalate++;
        }
        return 0;
}

/* ---- all of it ---------------------------------------------------------------------------------------- */

static int resolve_route(const struct relayd_file *file, struct relayd_route_file *route,
                         struct relayd_checks *checks)
{
        struct thon_route_conf *conf = &route->conf;
        struct place place = {file, checks, "route", conf->name, "match"};
        int r;

        r = take_words(&place, route->match, &conf->match, &conf->n_match, kind_problem);
        if (r < 0)
                return r;
        place.key = "to";
        r = take_words(&place, route->to, &conf->to, &conf->n_to, to_problem);
        if (r < 0)
                return r;
        place.key = "escalate";
        if (route->escalate)
                r = take_escalation(&place, route->escalate, conf);
        if (r < 0)
                return r;
        conf->ack = route->ack >= 0 ? route->ack == 1 : route->escalate != NULL;
        if (route->escalate && !conf->ack)
                relayd_check_tell(checks, true, "[route %s]: ack: must be yes where there is escalate",
                                  conf->name);
        if (conf->quiet.from_min != conf->quiet.to_min && conf->class != THON_CLASS_NORMAL)
                relayd_check_tell(checks, false,
                                  "[route %s]: quiet: means nothing here, only class normal waits",
                                  conf->name);
        conf->purpose = route->purpose >= 0                   ? (enum thon_purpose)route->purpose
                        : conf->class == THON_CLASS_EMERGENCY ? THON_PURPOSE_EMERGENCY
                                                              : THON_PURPOSE_NOTICES;
        return 0;
}

static int resolve_inhibit(const struct relayd_file *file, struct relayd_inhibit_file *inhibit,
                           struct relayd_checks *checks)
{
        struct thon_inhibit_conf *conf = &inhibit->conf;
        struct place place = {file, checks, "inhibit", conf->name, "source"};
        int r = take_words(&place, inhibit->source, &conf->source, &conf->n_source, kind_problem);

        if (r < 0)
                return r;
        place.key = "target";
        return take_words(&place, inhibit->target, &conf->target, &conf->n_target, kind_problem);
}

int relayd_routes_resolve(struct relayd_file *file, struct relayd_checks *checks)
{
        int r = 0;

        for (size_t i = 0; i < file->n_routes && r == 0; i++)
                r = resolve_route(file, &file->routes[i], checks);
        for (size_t i = 0; i < file->n_inhibits && r == 0; i++)
                r = resolve_inhibit(file, &file->inhibits[i], checks);
        return r;
}
