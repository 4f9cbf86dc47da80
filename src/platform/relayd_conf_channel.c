/* [channel X]: what each kind of channel needs, and what it takes when nothing is said.
 *
 * The defaults are those under which the providers' own limits are never met: a channel that is refused for its speed is
 * slower than one that waits. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "relayd_conf_private.h"
#include "thon/cleanup.h"
#include "thon/http.h"

#define ZALO_API       "https://openapi.zalo.me"
#define ZALO_OAUTH     "https://oauth.zaloapp.com/v4/oa/access_token"
#define ZALO_TEMPLATES "https://business.openapi.zalo.me/message/template"

static const struct kind {
        const char *name, *api_url, *rate;
        bool tokens;     /* Zalo's OAuth: shares its chain with others of one credential */
        bool credential; /* is nothing without one */
        bool receipts;   /* can settle an unknown by a receipt or by its history */
        bool polls;
        int parallel, max_parts;
} kinds[THON_CHANNEL_KINDS] = {
        [THON_KIND_ZALO_OA] = {"zalo-oa", ZALO_API, "10/s", true, true, true, false, 4, 5},
        [THON_KIND_ZALO_TEMPLATE] = {"zalo-template", ZALO_API, "10/s", true, true, true, false, 4, 5},
        [THON_KIND_ZALO_GROUP] = {"zalo-group", ZALO_API, "10/s", true, true, true, false, 4, 5},
        [THON_KIND_ZALO_BOT] = {"zalo-bot", "https://bot-api.zaloplatforms.com", "5/s", false, true, false,
                                true, 4, 5},
        [THON_KIND_TELEGRAM] = {"telegram", "https://api.telegram.org", "25/s", false, true, false, true, 4,
                                5},
        [THON_KIND_NTFY] = {"ntfy", NULL, "10/s", false, false, false, false, 4, 5},
        [THON_KIND_FACEBOOK_PAGE] = {"facebook-page", "https://graph.facebook.com/v21.0", "1/s", false, true,
                                     false, false, 4, 5},
        [THON_KIND_SMS] = {"sms", NULL, "10/min", false, false, false, false, 1, 3},
        [THON_KIND_WEBHOOK] = {"webhook", NULL, "50/s", false, false, false, false, 4, 5},
};

const char *thon_channel_kind_text(enum thon_channel_kind kind)
{
        return kinds[kind].name;
}

/* ---- values ------------------------------------------------------------------------------------------- */

enum { KIND_MISSING = -1, KIND_WRONG = -2 };

static const char *parse_kind(const char *value, void *field)
{
        for (int i = 0; i < THON_CHANNEL_KINDS; i++)
                if (strcmp(kinds[i].name, value) == 0) {
                        *(int *)field = i;
                        return NULL;
                }
        *(int *)field = KIND_WRONG;
        return "must be zalo-oa, zalo-template, zalo-group, zalo-bot, telegram, ntfy, facebook-page, sms or webhook";
}

static const char *parse_unknown(const char *value, void *field)
{
        static const char *const names[] = {"ask", "receipt", "repeat"};

        for (int i = 0; i < 3; i++)
                if (strcmp(names[i], value) == 0) {
                        *(int *)field = i;
                        return NULL;
                }
        return "must be ask, receipt or repeat";
}

static const char *parse_by(const char *value, void *field)
{
        if (strcmp(value, "phone") != 0 && strcmp(value, "uid") != 0)
                return "must be phone or uid";
        *(int *)field = strcmp(value, "phone") == 0;
        return NULL;
}

static const char *parse_quota(const char *value, void *field)
{
        int64_t n = 0;

        if (strcmp(value, "none") == 0) {
                *(int64_t *)field = -1;
                return NULL;
        }
        for (const char *p = value; *p; p++) {
                if (*p < '0' || *p > '9' || n > 100000000)
                        return "must be a whole number up to 1000000000, or none";
                n = n * 10 + (*p - '0');
        }
        *(int64_t *)field = n;
        return NULL;
}

static const char *check_rate(const char *value, void *field)
{
        struct thon_rate rate;

        (void)field;
        return thon_rate_parse(value, &rate);
}

static const char *check_hours(const char *value, void *field)
{
        struct thon_hours hours;

        (void)field;
        return thon_hours_parse(value, &hours);
}

static const char *check_url(const char *value, void *field)
{
        (void)field;
        return thon_http_url_problem(value);
}

static bool is_of(const char *value, const char *more)
{
        for (const char *p = value; *p; p++)
                if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
                      strchr(more, *p)))
                        return false;
        return true;
}

/* It is the name of a file in $CREDENTIALS_DIRECTORY and, for tokens, of one in the state directory. */
static const char *check_credential(const char *value, void *field)
{
        (void)field;
        return is_of(value, "-_.") && *value != '.'
                       ? NULL
                       : "must be a credential's name: of letters, digits, - _ .";
}

static const char *check_id(const char *value, void *field)
{
        (void)field;
        return is_of(value, "-_") ? NULL : "must be of letters, digits, - and _";
}

static const char *check_address(const char *value, void *field)
{
        (void)field;
        for (const char *p = value; *p; p++)
                if (*p <= ' ' || *p > '~')
                        return "must be printable ASCII without spaces";
        return NULL;
}

static const char *check_modem(const char *value, void *field)
{
        (void)field;
        return strcmp(value, "any") == 0 || (*value == '/' && is_of(value, "/_"))
                       ? NULL
                       : "must be any, or the modem's object path (mmcli -L)";
}

#define SECTION      "channel "
#define CONF(member) offsetof(struct relayd_channel_file, conf.member)
#define READ(member) offsetof(struct relayd_channel_file, member)

const struct thon_conf_item relayd_channel_items[] = {
        {SECTION, "kind", THON_CONF_CUSTOM, READ(kind), 0, 0, NULL, parse_kind},
        {SECTION, "enabled", THON_CONF_BOOL, CONF(enabled), 0, 0, "yes", NULL},
        {SECTION, "api_url", THON_CONF_STRING, CONF(api_url), 0, 0, NULL, check_url},
        {SECTION, "oauth_url", THON_CONF_STRING, CONF(oauth_url), 0, 0, NULL, check_url},
        {SECTION, "template_url", THON_CONF_STRING, CONF(template_url), 0, 0, NULL, check_url},
        {SECTION, "credential", THON_CONF_STRING, CONF(credential), 1, 63, NULL, check_credential},
        {SECTION, "addresses", THON_CONF_SLUG, CONF(addresses), 0, 0, NULL, NULL},
        {SECTION, "rate", THON_CONF_STRING, READ(rate), 0, 0, NULL, check_rate},
        {SECTION, "daily_quota", THON_CONF_CUSTOM, CONF(daily_quota), 0, 0, "none", parse_quota},
        {SECTION, "reserve", THON_CONF_CUSTOM, CONF(reserve), 0, 0, "0", parse_quota},
        {SECTION, "hours", THON_CONF_STRING, READ(hours), 0, 0, NULL, check_hours},
        {SECTION, "parallel", THON_CONF_INT, CONF(parallel), 1, 64, NULL, NULL},
        {SECTION, "unknown", THON_CONF_CUSTOM, READ(unknown), 0, 0, NULL, parse_unknown},
        {SECTION, "unknown_emergency", THON_CONF_CUSTOM, READ(unknown_emergency), 0, 0, NULL, parse_unknown},
        {SECTION, "appsecret_proof", THON_CONF_BOOL, CONF(appsecret_proof), 0, 0, "no", NULL},
        {SECTION, "by", THON_CONF_CUSTOM, READ(by), 0, 0, NULL, parse_by},
        {SECTION, "template", THON_CONF_STRING, CONF(template), 1, 64, NULL, check_id},
        {SECTION, "text_parameter", THON_CONF_STRING, CONF(text_parameter), 1, 64, NULL, check_id},
        {SECTION, "text_parameter_max", THON_CONF_INT, CONF(text_parameter_max), 20, 2000, "300", NULL},
        {SECTION, "receive", THON_CONF_BOOL, CONF(receive), 0, 0, "yes", NULL},
        {SECTION, "topic", THON_CONF_STRING, CONF(topic), 1, 64, NULL, check_id},
        {SECTION, "page", THON_CONF_STRING, CONF(page), 1, 64, NULL, check_id},
        {SECTION, "chat", THON_CONF_STRING, CONF(chat), 1, THON_ADDRESS_MAX - 1, NULL, check_address},
        {SECTION, "plain", THON_CONF_BOOL, CONF(plain), 0, 0, "no", NULL},
        {SECTION, "max_parts", THON_CONF_INT, CONF(max_parts), 1, THON_TEXT_PARTS_MAX, NULL, NULL},
        {SECTION, "modem", THON_CONF_STRING, CONF(modem), 1, 200, NULL, check_modem},
};
const size_t relayd_n_channel_items = sizeof relayd_channel_items / sizeof *relayd_channel_items;

void *relayd_channel_get(void *target, const char *name)
{
        struct relayd_file *file = target;
        struct relayd_channel_file *channel;

        for (size_t i = 0; i < file->n_channels; i++)
                if (strcmp(file->channels[i].conf.name, name) == 0)
                        return &file->channels[i];
        if (file->n_channels == RELAYD_CHANNELS_MAX)
                return NULL;
        channel = &file->channels[file->n_channels++];
        memcpy(channel->conf.name, name, strlen(name) + 1);
        channel->kind = KIND_MISSING;
        channel->by = channel->unknown = channel->unknown_emergency = -1;
        return channel;
}

const struct thon_channel_conf *relayd_channel_named(const struct relayd_file *file, const char *name,
                                                     size_t size)
{
        for (size_t i = 0; i < file->n_channels; i++)
                if (strlen(file->channels[i].conf.name) == size &&
                    memcmp(file->channels[i].conf.name, name, size) == 0)
                        return &file->channels[i].conf;
        return NULL;
}

void relayd_channel_done(struct thon_channel_conf *conf)
{
        free(conf->api_url);
        free(conf->oauth_url);
        free(conf->template_url);
        free(conf->credential);
        free(conf->template);
        free(conf->text_parameter);
        free(conf->topic);
        free(conf->page);
        free(conf->chat);
        free(conf->modem);
        *conf = (struct thon_channel_conf){0};
}

/* ---- defaults by kind --------------------------------------------------------------------------------- */

static int default_string(char **field, const char *value)
{
        if (*field || !value)
                return 0;
        *field = strdup(value);
        return *field ? 0 : -ENOMEM;
}

static int fill_strings(struct thon_channel_conf *conf)
{
        const struct kind *kind = &kinds[conf->kind];
        int r;

        r = default_string(&conf->api_url, kind->api_url);
        if (r == 0 && kind->tokens)
                r = default_string(&conf->oauth_url, ZALO_OAUTH);
        if (r == 0 && conf->kind == THON_KIND_ZALO_TEMPLATE)
                r = default_string(&conf->template_url, ZALO_TEMPLATES);
        if (r == 0 && conf->kind == THON_KIND_ZALO_TEMPLATE)
                r = default_string(&conf->text_parameter, "noi_dung");
        if (r == 0 && conf->kind == THON_KIND_SMS)
                r = default_string(&conf->modem, "any");
        return r;
}

static int fill(struct relayd_channel_file *channel)
{
        struct thon_channel_conf *conf = &channel->conf;
        const struct kind *kind = &kinds[channel->kind];
        const char *hours = conf->kind == THON_KIND_ZALO_TEMPLATE ? "06:00-22:00" : "always";

        /* Both were checked when they were read. */
        (void)thon_rate_parse(channel->rate ? channel->rate : kind->rate, &conf->rate);
        (void)thon_hours_parse(channel->hours ? channel->hours : hours, &conf->hours);
        if (conf->parallel == 0)
                conf->parallel = kind->parallel;
        if (conf->max_parts == 0)
                conf->max_parts = kind->max_parts;
        conf->unknown = channel->unknown >= 0 ? (enum thon_unknown_policy)channel->unknown
                        : kind->receipts      ? THON_UNKNOWN_RECEIPT
                                              : THON_UNKNOWN_ASK;
        conf->unknown_emergency = channel->unknown_emergency >= 0
                                          ? (enum thon_unknown_policy)channel->unknown_emergency
                                          : THON_UNKNOWN_REPEAT;
        conf->by_phone =
                conf->kind == THON_KIND_SMS || (conf->kind == THON_KIND_ZALO_TEMPLATE && channel->by != 0);
        conf->receive = conf->receive && kind->polls;
        return fill_strings(conf);
}

/* ---- checks ------------------------------------------------------------------------------------------- */

#define OF(kind) (1u << THON_KIND_##kind)

/* A key that its kind never looks at is most likely meant for another one. */
static void check_misplaced(const struct thon_channel_conf *conf, struct relayd_checks *checks)
{
        const struct {
                const char *key, *value;
                unsigned kinds;
        } keys[] = {
                {"oauth_url", conf->oauth_url, OF(ZALO_OA) | OF(ZALO_TEMPLATE) | OF(ZALO_GROUP)},
                {"template_url", conf->template_url, OF(ZALO_TEMPLATE)},
                {"template", conf->template, OF(ZALO_TEMPLATE)},
                {"text_parameter", conf->text_parameter, OF(ZALO_TEMPLATE)},
                {"topic", conf->topic, OF(NTFY)},
                {"page", conf->page, OF(FACEBOOK_PAGE)},
                {"modem", conf->modem, OF(SMS)},
                {"api_url", conf->api_url, ~OF(SMS)},
                {"plain", conf->plain ? "yes" : NULL, OF(SMS)},
        };

        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
                if (keys[i].value && !(keys[i].kinds & 1u << conf->kind))
                        relayd_check_tell(checks, false, "[channel %s]: %s: means nothing to kind %s",
                                          conf->name, keys[i].key, kinds[conf->kind].name);
}

static void check_needs(const struct thon_channel_conf *conf, struct relayd_checks *checks)
{
        if (kinds[conf->kind].credential && !conf->credential)
                relayd_check_tell(checks, true, "[channel %s]: credential: missing, kind %s needs one",
                                  conf->name, kinds[conf->kind].name);
        if (!conf->api_url && conf->kind != THON_KIND_SMS)
                relayd_check_tell(checks, true, "[channel %s]: api_url: missing, kind %s has no default",
                                  conf->name, kinds[conf->kind].name);
        if (conf->kind != THON_KIND_WEBHOOK && conf->api_url && strpbrk(conf->api_url, "?#"))
                relayd_check_tell(checks, true, "[channel %s]: api_url: must be a base, without ? and #",
                                  conf->name);
}

static void check_quota(const struct thon_channel_conf *conf, struct relayd_checks *checks)
{
        if (conf->reserve < 0)
                relayd_check_tell(checks, true, "[channel %s]: reserve: must be a whole number", conf->name);
        else if (conf->reserve > 0 && conf->daily_quota < 0)
                relayd_check_tell(checks, true, "[channel %s]: reserve: of no daily_quota", conf->name);
        else if (conf->daily_quota >= 0 && conf->reserve > conf->daily_quota)
                relayd_check_tell(checks, true, "[channel %s]: reserve: must not be more than daily_quota",
                                  conf->name);
}

static void check_name(const struct thon_channel_conf *conf, struct relayd_checks *checks)
{
        if (strlen(conf->name) >= THON_CHANNEL_NAME)
                relayd_check_tell(checks, true, "[channel %s]: the name must have at most %d characters",
                                  conf->name, THON_CHANNEL_NAME - 1);
        if (strcmp(conf->name, "visit") == 0)
                relayd_check_tell(checks, true,
                                  "[channel visit]: \"visit\" is the rung of those who go on foot");
}

/* Two that would hurt each other: one poll takes the updates from the other; one chain has one server. */
static void check_pair(const struct thon_channel_conf *a, const struct thon_channel_conf *b,
                       struct relayd_checks *checks)
{
        if (!a->enabled || !b->enabled || !a->credential || !b->credential ||
            strcmp(a->credential, b->credential) != 0)
                return;
        if (a->kind == b->kind && a->receive && b->receive)
                relayd_check_tell(
                        checks, true,
                        "[channel %s]: receive: [channel %s] receives with this credential already", b->name,
                        a->name);
        if (a->oauth_url && b->oauth_url && strcmp(a->oauth_url, b->oauth_url) != 0)
                relayd_check_tell(
                        checks, true,
                        "[channel %s]: oauth_url: another than that of [channel %s], which has the same "
                        "credential",
                        b->name, a->name);
}

static void check_addresses(const struct relayd_file *file, const struct thon_channel_conf *conf,
                            struct relayd_checks *checks)
{
        if (conf->addresses[0] == '\0')
                return;
        if (strcmp(conf->addresses, conf->name) == 0 ||
            !relayd_channel_named(file, conf->addresses, strlen(conf->addresses)))
                relayd_check_tell(checks, true, "[channel %s]: addresses: no other channel is named \"%s\"",
                                  conf->name, conf->addresses);
}

/* User ids are per OA, and a template by uid goes to those of the OA whose token it uses. */
static void default_addresses(const struct relayd_file *file, struct thon_channel_conf *conf)
{
        if (conf->kind != THON_KIND_ZALO_TEMPLATE || conf->by_phone || conf->addresses[0] ||
            !conf->credential)
                return;
        for (size_t i = 0; i < file->n_channels; i++) {
                const struct relayd_channel_file *other = &file->channels[i];

                if (other->kind == THON_KIND_ZALO_OA && other->conf.credential &&
                    strcmp(other->conf.credential, conf->credential) == 0) {
                        memcpy(conf->addresses, other->conf.name, sizeof conf->addresses);
                        return;
                }
        }
}

int relayd_channels_resolve(struct relayd_file *file, struct relayd_checks *checks)
{
        for (size_t i = 0; i < file->n_channels; i++) {
                struct relayd_channel_file *channel = &file->channels[i];
                struct thon_channel_conf *conf = &channel->conf;
                int r;

                check_name(conf, checks);
                check_addresses(file, conf, checks);
                if (channel->kind == KIND_MISSING)
                        relayd_check_tell(checks, true, "[channel %s]: kind: missing", conf->name);
                if (channel->kind < 0)
                        continue;
                conf->kind = (enum thon_channel_kind)channel->kind;
                check_misplaced(conf, checks);
                r = fill(channel);
                if (r < 0)
                        return r;
                default_addresses(file, conf);
                check_quota(conf, checks);
                /* One that is being prepared, or rests, may be incomplete. */
                if (conf->enabled)
                        check_needs(conf, checks);
                for (size_t j = 0; j < i; j++)
                        check_pair(&file->channels[j].conf, conf, checks);
        }
        return 0;
}
