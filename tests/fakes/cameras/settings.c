/* How a camera behaves, as the scene file and the control API write it: one table of members, read and written by it. */
#include "farm.h"

#include <stdio.h>
#include <string.h>

const struct settings settings_default = {
        .onvif = true,
        .discoverable = true,
        .delay_ms = 1000,
        .drip_ms = 1000,
        .session_s = 60,
        .boot_s = 5,
        .hour = -1,
        .user = "thon",
        .password = "camera",
        .realm = "IP Camera",
        .path = "/live",
        .snapshot_path = "/snapshot.jpg",
        .maker = "Thon",
        .model = "Farm 2",
        .firmware = "1.0.0",
};

static const char *const modes[] = {"ok",       "silent",  "refused",     "hung",        "hang-up",
                                    "reset",    "401",     "close-401",   "wrong-nonce", "slow",
                                    "drip",     "endless", "huge-length", "garbage",     "404",
                                    "no-video", "no-rtp",  "stalled",     "503",         NULL};
static const char *const scopes[] = {"both", "rtsp", "http", NULL};
static const char *const logins[] = {"md5", "sha256", "both", "basic", "any", "none", NULL};
static const char *const pictures[] = {"ok",      "frozen", "stuck",    "black", "covered", "sprayed",
                                       "blurred", "moved",  "infrared", "page",  "empty",   "truncated",
                                       "scans",   "giant",  "flood",    "404",   NULL};
static const char *const uris[] = {"ok", "rtsp", "null", "foreign", "gone", NULL};
static const char *const recorders[] = {"none", "recording", "stopped", NULL};
static const char *const healers[] = {"never", "reboot", "power", NULL};

enum kind { CHOICE, FLAG, NUMBER, TEXT };
struct member {
        const char *name;
        enum kind kind;
        size_t offset;
        const char *const *names; /* CHOICE */
        int64_t min, max;         /* NUMBER; TEXT: max is its room */
};
#define AT(member)   offsetof(struct settings, member)
#define SIZE(member) (int64_t)sizeof(((struct settings *)0)->member)
static const struct member members[] = {
        {"mode", CHOICE, AT(mode), modes, 0, 0},
        {"scope", CHOICE, AT(scope), scopes, 0, 0},
        {"login", CHOICE, AT(login), logins, 0, 0},
        {"picture", CHOICE, AT(picture), pictures, 0, 0},
        {"snapshot_uri", CHOICE, AT(uri), uris, 0, 0},
        {"recorder", CHOICE, AT(recorder), recorders, 0, 0},
        {"healed_by", CHOICE, AT(healed_by), healers, 0, 0},
        {"login_options", FLAG, AT(login_options), NULL, 0, 0},
        {"qop", FLAG, AT(qop), NULL, 0, 0},
        {"audio", FLAG, AT(audio), NULL, 0, 0},
        {"local_clock", FLAG, AT(local_clock), NULL, 0, 0},
        {"onvif", FLAG, AT(onvif), NULL, 0, 0},
        {"discoverable", FLAG, AT(discoverable), NULL, 0, 0},
        {"delay_ms", NUMBER, AT(delay_ms), NULL, 0, 3600000},
        {"drip_ms", NUMBER, AT(drip_ms), NULL, 1, 60000},
        {"skew_s", NUMBER, AT(skew_s), NULL, -2000000000, 2000000000},
        {"sessions", NUMBER, AT(sessions), NULL, 0, 1000},
        {"session_s", NUMBER, AT(session_s), NULL, 1, 3600},
        {"boot_s", NUMBER, AT(boot_s), NULL, 0, 3600},
        {"seed", NUMBER, AT(seed), NULL, 0, INT64_MAX},
        {"lock_after", NUMBER, AT(lock_after), NULL, 0, 1000},
        {"stopped_s", NUMBER, AT(stopped_s), NULL, 0, 2000000000},
        {"scene", NUMBER, AT(scene), NULL, 0, 1000000},
        {"hour", NUMBER, AT(hour), NULL, -1, 23},
        {"strength", NUMBER, AT(strength), NULL, 0, 1000},
        {"variant", NUMBER, AT(variant), NULL, 0, 1000},
        {"user", TEXT, AT(user), NULL, 0, SIZE(user)},
        {"password", TEXT, AT(password), NULL, 0, SIZE(password)},
        {"realm", TEXT, AT(realm), NULL, 0, SIZE(realm)},
        {"path", TEXT, AT(path), NULL, 0, SIZE(path)},
        {"snapshot_path", TEXT, AT(snapshot_path), NULL, 0, SIZE(snapshot_path)},
        {"maker", TEXT, AT(maker), NULL, 0, SIZE(maker)},
        {"model", TEXT, AT(model), NULL, 0, SIZE(model)},
        {"firmware", TEXT, AT(firmware), NULL, 0, SIZE(firmware)},
        {"name", TEXT, AT(name), NULL, 0, SIZE(name)},
        {"mac", TEXT, AT(mac), NULL, 0, SIZE(mac)},
        {"endpoint", TEXT, AT(endpoint), NULL, 0, SIZE(endpoint)},
};
#define N_MEMBERS (sizeof(members) / sizeof(members[0]))
_Static_assert(sizeof(modes) / sizeof(modes[0]) == MODES + 1, "a name for every mode");
_Static_assert(sizeof(pictures) / sizeof(pictures[0]) == PICTURES + 1, "a name for every picture");
_Static_assert(sizeof(logins) / sizeof(logins[0]) == LOGINS + 1, "a name for every login");

const char *mode_text(enum mode mode)
{
        return modes[mode];
}

static bool read_member(const struct member *member, char *at, const json_t *value,
                        struct thon_json_error *error)
{
        const char *text = json_string_value(value);
        int i;

        switch (member->kind) {
        case CHOICE:
                for (i = 0; text && member->names[i]; i++)
                        if (strcmp(text, member->names[i]) == 0) {
                                memcpy(at, &i, sizeof(i));
                                return true;
                        }
                thon_json_fail(error, member->name, "not one of its names");
                return false;
        case FLAG:
                if (!json_is_boolean(value)) {
                        thon_json_fail(error, member->name, "wants true or false");
                        return false;
                }
                *(bool *)at = json_is_true(value);
                return true;
        case NUMBER: {
                int64_t number = json_integer_value(value);

                if (!json_is_integer(value) || number < member->min || number > member->max) {
                        thon_json_fail(error, member->name, "wants a whole number in its range");
                        return false;
                }
                memcpy(at, &number, sizeof(number));
                return true;
        }
        case TEXT:
                if (!text || strlen(text) >= (size_t)member->max) {
                        thon_json_fail(error, member->name, "wants a text, not too long");
                        return false;
                }
                memcpy(at, text, strlen(text) + 1);
                return true;
        }
        return false;
}

static const struct member *find(const char *name)
{
        size_t i;

        for (i = 0; i < N_MEMBERS; i++)
                if (strcmp(members[i].name, name) == 0)
                        return &members[i];
        return NULL;
}

static bool is_among(const char *name, const char *const *names)
{
        for (; names && *names; names++)
                if (strcmp(*names, name) == 0)
                        return true;
        return false;
}

bool settings_read(struct settings *settings, const json_t *doc, const char *const *also,
                   struct thon_json_error *error)
{
        struct settings read = *settings;
        const char *name;
        json_t *value;

        if (!json_is_object(doc)) {
                thon_json_fail(error, "", "wants an object");
                return false;
        }
        json_object_foreach ((json_t *)(uintptr_t)doc, name, value) {
                const struct member *member = find(name);

                if (!member && is_among(name, also))
                        continue;
                if (!member) {
                        thon_json_fail(error, name, "no such setting");
                        return false;
                }
                if (!read_member(member, (char *)&read + member->offset, value, error))
                        return false;
        }
        *settings = read;
        return true;
}

json_t *settings_json(const struct settings *settings)
{
        json_t *doc = json_object();
        size_t i;

        for (i = 0; i < N_MEMBERS; i++) {
                const struct member *member = &members[i];
                const char *at = (const char *)settings + member->offset;
                json_t *value = NULL;
                int choice;
                int64_t number;

                switch (member->kind) {
                case CHOICE:
                        memcpy(&choice, at, sizeof(choice));
                        value = json_string(member->names[choice]);
                        break;
                case FLAG:
                        value = json_boolean(*(const bool *)at);
                        break;
                case NUMBER:
                        memcpy(&number, at, sizeof(number));
                        value = json_integer(number);
                        break;
                case TEXT:
                        value = json_string(at);
                        break;
                }
                (void)json_object_set_new(doc, member->name, value);
        }
        return doc;
}
