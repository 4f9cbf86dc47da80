/* Too many requests: so many in a window that begins with the first of them. */
#include <stdlib.h>

#include "fakes.h"

struct limit {
        uint64_t count, per_us; /* count 0: none */
        uint64_t began_us, taken;
};

struct limits {
        struct limit items[PROVIDERS];
};

struct limits *limits_new(void)
{
        return calloc(1, sizeof(struct limits));
}

struct limits *limits_free(struct limits *limits)
{
        free(limits);
        return NULL;
}

bool limits_set(struct limits *limits, const json_t *doc, struct thon_json_error *error)
{
        static const char *const members[] = {"provider", "count", "per_ms", NULL};
        enum provider_id provider = provider_find(json_string_value(json_object_get(doc, "provider")));
        json_int_t count = json_integer_value(json_object_get(doc, "count"));
        json_int_t per_ms = json_integer_value(json_object_get(doc, "per_ms"));

        if (!thon_json_only(doc, "", members, error))
                return false;
        if (provider == PROVIDER_NONE || count < 0 || (count > 0 && per_ms < 1)) {
                thon_json_fail(error, "", "wants provider, count (0: no limit) and per_ms");
                return false;
        }
        limits->items[provider] =
                (struct limit){.count = (uint64_t)count, .per_us = (uint64_t)per_ms * 1000};
        return true;
}

bool limits_take(struct limits *limits, enum provider_id provider, uint64_t now_us, int64_t *ret_wait_s)
{
        struct limit *limit = &limits->items[provider];

        if (limit->count == 0)
                return true;
        if (now_us >= limit->began_us + limit->per_us) {
                limit->began_us = now_us;
                limit->taken = 0;
        }
        if (limit->taken < limit->count) {
                limit->taken++;
                return true;
        }
        *ret_wait_s = (int64_t)((limit->began_us + limit->per_us - now_us + 999999) / 1000000);
        return false;
}
