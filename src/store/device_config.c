/* What a device's configuration may say.
 *
 * A kind that a daemon of Thôn acts on is checked member by member, so that a slip of the technician is refused while
 * he stands at the keyboard and not found at dusk. Any other kind is somebody else's: an object within the limits of
 * JSON. */
#include "device_config.h"

#include <errno.h>
#include <string.h>

#include "form.h"
#include "thon/json.h"
#include "thon/light.h"
#include "thon/light_form.h"

#define TEXT_MAX  255
#define PORTS_MAX 32
#define DAY_S     86400

enum rule { RULE_URL, RULE_TEXT, RULE_SLUG, RULE_SECONDS, RULE_PORTS, RULE_OBJECT, RULE_FLAG };

struct member {
        const char *name;
        enum rule rule;
        bool required;
};

static const struct member camera[] = {
        {"url", RULE_URL, true},        {"user", RULE_TEXT, false},   {"snapshot_url", RULE_URL, false},
        {"onvif_url", RULE_URL, false}, {"parent", RULE_SLUG, false}, {"interval", RULE_SECONDS, false},
        {"power", RULE_OBJECT, false},  {"ptz", RULE_FLAG, false},    {0},
};
static const struct member host[] = {
        {"address", RULE_TEXT, true},
        {"ports", RULE_PORTS, false},
        {"parent", RULE_SLUG, false},
        {0},
};
static const struct {
        const char *kind;
        const struct member *members;
} kinds[] = {{"camera", camera}, {"switch", host}, {"access-point", host}, {"host", host}};

/* The text of a string of 1 to TEXT_MAX printable bytes; NULL for anything else. */
static const char *plain_text(const json_t *value)
{
        const char *text = json_string_value(value);
        size_t n = text ? strlen(text) : 0;

        if (n == 0 || n > TEXT_MAX)
                return NULL;
        for (const char *p = text; *p; p++)
                if (*p >= 0 && (*p < ' ' || *p == 0x7f))
                        return NULL;
        return text;
}

/* A password in an address would be shown wherever the address is. */
static const char *url_problem(const json_t *value)
{
        static const char *const schemes[] = {"rtsp://", "rtsps://", "http://", "https://"};
        const char *text = plain_text(value);

        if (!text || strchr(text, ' '))
                return "is not an address such as rtsp://192.168.1.20/stream";
        for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
                size_t n = strlen(schemes[i]), authority;

                if (strncmp(text, schemes[i], n) != 0)
                        continue;
                authority = strcspn(text + n, "/?#");
                if (authority == 0)
                        break;
                if (memchr(text + n, '@', authority))
                        return "holds a user or a password: give \"user\"; a password is no part of a configuration";
                return NULL;
        }
        return "is not an address with rtsp, rtsps, http or https and a host";
}

static const char *ports_problem(const json_t *value)
{
        const char *rule = "is not a list of 1 to 32 ports from 1 to 65535";
        const json_t *port;
        size_t i;

        if (!json_is_array(value) || json_array_size(value) == 0 || json_array_size(value) > PORTS_MAX)
                return rule;
        json_array_foreach (value, i, port)
                if (!json_is_integer(port) || json_integer_value(port) < 1 ||
                    json_integer_value(port) > 65535)
                        return rule;
        return NULL;
}

static const char *value_problem(enum rule rule, const json_t *value)
{
        switch (rule) {
        case RULE_URL:
                return url_problem(value);
        case RULE_TEXT:
                return plain_text(value) ? NULL : "is not a text of 1 to 255 bytes";
        case RULE_SLUG:
                return json_is_string(value) && thon_slug_valid(json_string_value(value))
                               ? NULL
                               : "is not the id of a device";
        case RULE_SECONDS:
                return json_is_integer(value) && json_integer_value(value) >= 1 &&
                                       json_integer_value(value) <= DAY_S
                               ? NULL
                               : "is not a number of seconds from 1 to 86400";
        case RULE_PORTS:
                return ports_problem(value);
        case RULE_OBJECT:
                return json_is_object(value) ? NULL : "is not an object";
        case RULE_FLAG:
                return json_is_boolean(value) ? NULL : "is neither true nor false";
        }
        return NULL;
}

static const struct member *find_member(const struct member *members, const char *name)
{
        for (; members->name; members++)
                if (strcmp(members->name, name) == 0)
                        return members;
        return NULL;
}

static int check_members(const struct member *members, json_t *config, struct thon_reason *reason)
{
        const char *name, *wrong;
        json_t *value;

        json_object_foreach (config, name, value) {
                const struct member *member = find_member(members, name);

                if (!member)
                        return thon_reason_set(reason, "has a member \"%.60s\" that is not known", name);
                wrong = value_problem(member->rule, value);
                if (wrong)
                        return thon_reason_set(reason, "is wrong: %s %s", name, wrong);
        }
        for (; members->name; members++)
                if (members->required && !json_object_get(config, members->name))
                        return thon_reason_set(reason, "lacks \"%s\"", members->name);
        return 0;
}

static int check_circuit(struct thon_store *store, const char *id, const char *area, const char *name,
                         const json_t *config, struct thon_reason *reason)
{
        const char *calendar = json_string_value(json_object_get(config, "calendar"));
        struct thon_circuit_conf circuit;
        struct thon_json_error error;
        int64_t one;
        int r;

        r = thon_circuit_from_json(id, name, area, config, NULL, 0, &circuit, &error);
        if (r == -EINVAL)
                return thon_reason_set(reason, "is wrong: %s", error.text);
        if (r < 0)
                return r;
        thon_circuit_conf_done(&circuit);
        r = thon_sql_integer(store, "SELECT 1 FROM light_calendar WHERE id = ?1", calendar, &one);
        if (r == THON_STORE_NOT_FOUND)
                return thon_reason_set(reason, "is wrong: calendar: there is no calendar \"%s\"", calendar);
        return r;
}

int thon_device_config_check(struct thon_store *store, const char *id, const char *kind, const char *area,
                             const char *name, const char *config, struct thon_reason *reason)
{
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error;
        int r;

        r = thon_json_parse(config, strlen(config), SIZE_MAX, &doc, &error);
        if (r < 0)
                return r == -ENOMEM ? r : thon_reason_set(reason, "is not JSON: %s", error.text);
        if (strcmp(kind, "circuit") == 0)
                return check_circuit(store, id, area, name, doc, reason);
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
                if (strcmp(kinds[i].kind, kind) == 0)
                        return check_members(kinds[i].members, doc, reason);
        return 0;
}

/* Takes in what a stored circuit claims. What cannot be read claims nothing: the compiler of plans tells it. */
static int claim(struct form_uses **uses, const char *id, const char *config, struct thon_json_error *error)
{
        _cleanup_json_ json_t *doc = NULL;
        struct thon_circuit_conf circuit;
        struct form form = {.error = error};
        int r;

        r = thon_json_parse(config, strlen(config), SIZE_MAX, &doc, NULL);
        if (r == 0)
                r = thon_circuit_from_json(id, NULL, NULL, doc, NULL, 0, &circuit, NULL);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        r = form_uses_add(&form, uses, &circuit);
        thon_circuit_conf_done(&circuit);
        return r;
}

static void uses_freep(struct form_uses **uses)
{
        form_uses_free(*uses);
}

/* The others first, so that the blame falls on what is new; by node, for each has lines of its own. */
int thon_device_check_lines(struct thon_store *store, bool (*is_new)(void *userdata, const char *id),
                            void (*tell)(void *userdata, const char *id, const char *reason), void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        _cleanup_(uses_freep) struct form_uses *uses = NULL;
        _cleanup_free_ char *node = NULL;
        int r;

        r = thon_sql(
                store,
                "SELECT id, config, pass, coalesce(json_extract(config, '$.node'), '') AS node FROM device, "
                "(SELECT 0 AS pass UNION ALL SELECT 1) WHERE kind = 'circuit' ORDER BY node, pass, id",
                &stmt);
        if (r != 0)
                return r;
        for (;;) {
                struct thon_json_error error;
                const char *id, *at;
                bool row, new;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                id = thon_column_text(stmt, 0);
                at = thon_column_text(stmt, 3);
                if (!id || !at)
                        return -ENOMEM;
                if (!node || strcmp(node, at) != 0) {
                        free(node);
                        node = strdup(at);
                        if (!node)
                                return -ENOMEM;
                        uses = form_uses_free(uses);
                }
                new = is_new(userdata, id);
                if (new != (thon_column_int(stmt, 2) == 1))
                        continue;
                r = claim(&uses, id, thon_column_text(stmt, 1), &error);
                if (r == -ENOMEM)
                        return r;
                if (r < 0 && new)
                        tell(userdata, id, error.text);
        }
}
