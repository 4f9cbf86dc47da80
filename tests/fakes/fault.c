/* Faults on order: which requests they hit, and how often. What they do to the answer is server.c's. */
#include "fakes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RULES_MAX 64

struct rule {
        int64_t id;
        struct fault fault;
        enum provider_id provider; /* PROVIDER_NONE: any */
        char endpoint[48];         /* "" any */
        char address[64];          /* "" any */
        int64_t skip;              /* so many pass before it begins */
        int64_t next;              /* so many are left; -1 always */
        int64_t every;             /* the Nth, 2Nth ...; 0 all */
        double probability;        /* 1 all */
        uint64_t random;           /* state of its own generator: the same seed, the same requests */
        int64_t met, fired;
};

struct faults {
        struct rule rules[RULES_MAX];
        size_t n;
        int64_t last;
};

static const char *const names[FAULT_ACTS] = {
        [FAULT_NONE] = "delay",
        [FAULT_STATUS] = "http_status",
        [FAULT_ERROR] = "error_code",
        [FAULT_QUOTA] = "quota",
        [FAULT_TOKEN] = "token",
        [FAULT_DROP] = "drop",
        [FAULT_HANG] = "hang",
        [FAULT_RESET_BEFORE] = "reset_before",
        [FAULT_RESET_AFTER] = "reset_after",
        [FAULT_HALF] = "half",
        [FAULT_GARBAGE] = "garbage",
        [FAULT_NOT_HTTP] = "not_http",
        [FAULT_HUGE] = "huge",
        [FAULT_DUPLICATE] = "duplicate",
};

const char *fault_name(enum fault_act act)
{
        return names[act];
}

struct faults *faults_new(void)
{
        return calloc(1, sizeof(struct faults));
}

struct faults *faults_free(struct faults *faults)
{
        free(faults);
        return NULL;
}

/* splitmix64. */
static double draw(uint64_t *state)
{
        uint64_t z = *state += 0x9e3779b97f4a7c15u;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        return (double)(z >> 11) / 9007199254740992.0;
}

static bool concerns(const struct rule *rule, const struct request *request, bool early)
{
        char buf[32];

        if (rule->next == 0 || early != (rule->fault.act == FAULT_RESET_BEFORE))
                return false;
        if (rule->provider != PROVIDER_NONE && rule->provider != request->provider)
                return false;
        if (*rule->endpoint && (!request->endpoint || strcmp(rule->endpoint, request->endpoint) != 0))
                return false;
        return !*rule->address || strcmp(rule->address, request_address(request, buf)) == 0;
}

static bool fires(struct rule *rule)
{
        rule->met++;
        if (rule->met <= rule->skip)
                return false;
        if (rule->every > 0 && (rule->met - rule->skip) % rule->every != 0)
                return false;
        if (rule->probability < 1 && draw(&rule->random) >= rule->probability)
                return false;
        if (rule->next > 0)
                rule->next--;
        rule->fired++;
        return true;
}

bool faults_pick(struct faults *faults, const struct request *request, bool early, struct fault *ret)
{
        size_t i;

        for (i = 0; i < faults->n; i++)
                if (concerns(&faults->rules[i], request, early) && fires(&faults->rules[i])) {
                        *ret = faults->rules[i].fault;
                        return true;
                }
        return false;
}

/* ---- orders ---- */

static bool take_act(struct rule *rule, const char *name, struct thon_json_error *error)
{
        unsigned i;

        for (i = 0; name && i < FAULT_ACTS; i++)
                if (strcmp(names[i], name) == 0) {
                        rule->fault.act = (enum fault_act)i;
                        return true;
                }
        thon_json_fail(error, "do", "is no fault");
        return false;
}

/* By nature: a refusal takes nothing, a torn answer was preceded by acceptance. */
static bool accepts_by_itself(enum fault_act act)
{
        return act == FAULT_NONE || act >= FAULT_DROP;
}

static bool take_numbers(struct rule *rule, const json_t *doc, struct thon_json_error *error)
{
        struct {
                const char *name;
                json_int_t min, max;
                int64_t value;
        } fields[] = {
                {"status", 100, 599, 503},   {"code", -1000000, 1000000, 0}, {"retry_after", 0, 1000000, -1},
                {"delay_ms", 0, 3600000, 0}, {"size", 1, 1LL << 40, 0},      {"next", 1, 1000000000, -1},
                {"every", 1, 1000000000, 0}, {"after", 0, 1000000000, 0},    {"seed", 0, INT64_MAX, 1},
        };
        size_t i;

        for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
                const json_t *value = json_object_get(doc, fields[i].name);

                if (!value)
                        continue;
                if (!json_is_integer(value) || json_integer_value(value) < fields[i].min ||
                    json_integer_value(value) > fields[i].max) {
                        thon_json_fail(error, fields[i].name, "must be a number from %lld to %lld",
                                       (long long)fields[i].min, (long long)fields[i].max);
                        return false;
                }
                fields[i].value = json_integer_value(value);
        }
        rule->fault.status = (unsigned)fields[0].value;
        rule->fault.code = fields[1].value;
        rule->fault.retry_after = fields[2].value;
        rule->fault.delay_ms = (uint64_t)fields[3].value;
        rule->fault.size = fields[4].value;
        rule->next = fields[5].value;
        rule->every = fields[6].value;
        rule->skip = fields[7].value;
        rule->random = (uint64_t)fields[8].value;
        return true;
}

static bool take_text(const json_t *doc, const char *name, char *buf, size_t size,
                      struct thon_json_error *error)
{
        const json_t *value = json_object_get(doc, name);

        if (!value)
                return true;
        if (!json_is_string(value) || json_string_length(value) >= size) {
                thon_json_fail(error, name, "must be text shorter than %zu bytes", size);
                return false;
        }
        memcpy(buf, json_string_value(value), json_string_length(value) + 1);
        return true;
}

static bool take_provider(struct rule *rule, const json_t *doc, struct thon_json_error *error)
{
        const json_t *name = json_object_get(doc, "provider");

        rule->provider = provider_find(json_string_value(name));
        if (!name || rule->provider != PROVIDER_NONE)
                return true;
        thon_json_fail(error, "provider", "is none");
        return false;
}

static bool take_probability(struct rule *rule, const json_t *doc, struct thon_json_error *error)
{
        const json_t *value = json_object_get(doc, "probability");

        rule->probability = value ? json_number_value(value) : 1;
        if (!value || (json_is_number(value) && rule->probability >= 0 && rule->probability <= 1))
                return true;
        thon_json_fail(error, "probability", "must be from 0 to 1");
        return false;
}

bool faults_add(struct faults *faults, const json_t *doc, int64_t *ret_id, struct thon_json_error *error)
{
        static const char *const members[] = {"do",     "provider",    "endpoint",    "address", "next",
                                              "every",  "after",       "probability", "seed",    "status",
                                              "code",   "retry_after", "delay_ms",    "message", "size",
                                              "accept", NULL};
        struct rule rule = {.id = faults->last + 1};
        const json_t *accepts;

        if (!thon_json_only(doc, "", members, error) ||
            !take_act(&rule, json_string_value(json_object_get(doc, "do")), error) ||
            !take_provider(&rule, doc, error) || !take_numbers(&rule, doc, error) ||
            !take_probability(&rule, doc, error) ||
            !take_text(doc, "endpoint", rule.endpoint, sizeof(rule.endpoint), error) ||
            !take_text(doc, "address", rule.address, sizeof(rule.address), error) ||
            !take_text(doc, "message", rule.fault.message, sizeof(rule.fault.message), error))
                return false;
        accepts = json_object_get(doc, "accept");
        rule.fault.accepts = accepts ? json_is_true(accepts) : accepts_by_itself(rule.fault.act);
        if (rule.fault.act == FAULT_RESET_BEFORE && *rule.address) {
                thon_json_fail(error, "address",
                               "is not known yet when a connection is reset before reading");
                return false;
        }
        if (faults->n == RULES_MAX) {
                thon_json_fail(error, "", "at most %d faults at a time", RULES_MAX);
                return false;
        }
        faults->rules[faults->n++] = rule;
        faults->last = *ret_id = rule.id;
        return true;
}

json_t *faults_list(const struct faults *faults)
{
        json_t *list = json_array();
        size_t i;

        for (i = 0; i < faults->n; i++) {
                const struct rule *rule = &faults->rules[i];

                (void)json_array_append_new(
                        list,
                        json_pack("{s:I, s:s, s:s?, s:s, s:s, s:I, s:I, s:I}", "id", (json_int_t)rule->id,
                                  "do", names[rule->fault.act], "provider",
                                  rule->provider == PROVIDER_NONE ? NULL : providers[rule->provider]->name,
                                  "endpoint", rule->endpoint, "address", rule->address, "left",
                                  (json_int_t)rule->next, "met", (json_int_t)rule->met, "fired",
                                  (json_int_t)rule->fired));
        }
        return list;
}

bool faults_remove(struct faults *faults, int64_t id)
{
        size_t i, n = 0;

        for (i = 0; i < faults->n; i++)
                if (id != 0 && faults->rules[i].id != id)
                        faults->rules[n++] = faults->rules[i];
        i = faults->n;
        faults->n = n;
        return n < i;
}
