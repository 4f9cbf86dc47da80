/* Who exists. A test names its people by rule, so that ten thousand need no set-up, and says only what is special:
 *
 *   zalo-oa    81 or 82 and more digits follow the OA and wrote an hour ago; groups begin with g
 *   zalo-zns   Vietnamese mobile numbers, 84 and 3 5 7 8 9, all with Zalo
 *   zalo-bot   91 and more digits wrote to the bot; groups begin with 93
 *   telegram   7 and more digits started the bot; groups are negative
 *
 * Everybody else is a stranger to that provider. */
#include "fakes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHAT_MAX 50
#define HOUR_MS  3600000

struct people {
        json_t *known; /* "provider address": what was said about them, and what they said */
};

struct people *people_new(void)
{
        struct people *people = calloc(1, sizeof(*people));

        if (people && !(people->known = json_object())) {
                free(people);
                people = NULL;
        }
        return people;
}

struct people *people_free(struct people *people)
{
        if (people)
                json_decref(people->known);
        free(people);
        return NULL;
}

static bool digits(const char *text, size_t min, size_t max)
{
        size_t n = strspn(text, "0123456789");

        return text[n] == '\0' && n >= min && n <= max;
}

static bool begins(const char *address, const char *one, const char *other)
{
        return strncmp(address, one, 2) == 0 || strncmp(address, other, 2) == 0;
}

static bool exists_by_rule(enum provider_id provider, const char *address)
{
        switch (provider) {
        case ZALO_OA:
                return *address == 'g' || (begins(address, "81", "82") && digits(address, 8, 19));
        case ZALO_ZNS:
                return strncmp(address, "84", 2) == 0 && digits(address, 11, 11) &&
                       strchr("35789", address[2]);
        case ZALO_BOT:
                return begins(address, "91", "93") && digits(address, 3, 19);
        case TELEGRAM:
                return *address == '-' ? digits(address + 1, 1, 16)
                                       : *address == '7' && digits(address, 2, 16);
        case ZALO_OAUTH:
        case NTFY:
        case FACEBOOK:
        case WEBHOOK:
        case PROVIDERS:
                break;
        }
        return true;
}

static void key_of(enum provider_id provider, const char *address, char ret[static 256])
{
        snprintf(ret, 256, "%s %.200s", providers[provider]->name, address);
}

static json_t *known(struct fakes *fakes, enum provider_id provider, const char *address, bool make)
{
        char key[256];
        json_t *doc;

        key_of(provider, address, key);
        doc = json_object_get(fakes->people->known, key);
        if (!doc && make) {
                doc = json_object();
                if (json_object_set_new(fakes->people->known, key, doc) < 0)
                        return NULL;
        }
        return doc;
}

void people_find(struct fakes *fakes, enum provider_id provider, const char *address, struct person *ret)
{
        const json_t *doc = known(fakes, provider, address, false), *value;
        const char *migrated = json_string_value(json_object_get(doc, "migrated_to"));

        *ret = (struct person){.exists = exists_by_rule(provider, address),
                               .interacted = true,
                               .last_ms = fakes_now_ms(fakes) - HOUR_MS};
        if ((value = json_object_get(doc, "exists")))
                ret->exists = json_is_true(value);
        if ((value = json_object_get(doc, "last_ms"))) {
                ret->interacted = json_is_integer(value);
                ret->last_ms = json_integer_value(value);
        }
        ret->error = json_integer_value(json_object_get(doc, "error"));
        ret->replies = json_integer_value(json_object_get(doc, "replies"));
        ret->chat = json_object_get(doc, "chat");
        if (migrated)
                snprintf(ret->migrated_to, sizeof(ret->migrated_to), "%s", migrated);
}

int people_interact(struct fakes *fakes, enum provider_id provider, const char *address)
{
        json_t *doc = known(fakes, provider, address, true);

        return doc && json_object_set_new(doc, "exists", json_true()) == 0 &&
                               json_object_set_new(doc, "last_ms", json_integer(fakes_now_ms(fakes))) == 0 &&
                               json_object_set_new(doc, "replies", json_integer(0)) == 0
                       ? 0
                       : -ENOMEM;
}

int people_count_reply(struct fakes *fakes, enum provider_id provider, const char *address)
{
        json_t *doc = known(fakes, provider, address, true);
        json_int_t replies = json_integer_value(json_object_get(doc, "replies"));

        return doc && json_object_set_new(doc, "replies", json_integer(replies + 1)) == 0 ? 0 : -ENOMEM;
}

int people_say(struct fakes *fakes, enum provider_id provider, const char *address, json_t *line)
{
        json_t *doc = known(fakes, provider, address, true);
        json_t *chat = json_object_get(doc, "chat");

        if (doc && !chat) {
                chat = json_array();
                if (json_object_set_new(doc, "chat", chat) < 0)
                        chat = NULL;
        }
        if (!chat || json_array_append_new(chat, line) < 0)
                return -ENOMEM;
        if (json_array_size(chat) > CHAT_MAX)
                (void)json_array_remove(chat, 0);
        return 0;
}

/* {"provider","address", and any of: "exists":bool, "idle_s":N or null (never wrote), "error":code, "migrated_to"}. */
bool people_set(struct fakes *fakes, const json_t *doc, struct thon_json_error *error)
{
        static const char *const members[] = {"provider", "address",     "exists", "idle_s",
                                              "error",    "migrated_to", NULL};
        const char *address = json_string_value(json_object_get(doc, "address"));
        enum provider_id provider = provider_find(json_string_value(json_object_get(doc, "provider")));
        const json_t *idle = json_object_get(doc, "idle_s");
        json_t *person;

        if (!thon_json_only(doc, "", members, error))
                return false;
        if (!address || provider == PROVIDER_NONE ||
            (idle && !json_is_integer(idle) && !json_is_null(idle))) {
                thon_json_fail(error, "", "wants provider, address, and idle_s as seconds or null");
                return false;
        }
        person = known(fakes, provider, address, true);
        if (!person)
                return false;
        if (idle)
                (void)json_object_set_new(
                        person, "last_ms",
                        json_is_null(idle)
                                ? json_null()
                                : json_integer(fakes_now_ms(fakes) - json_integer_value(idle) * 1000));
        (void)json_object_del(person, "migrated_to");
        (void)json_object_update(person, (json_t *)doc);
        (void)json_object_del(person, "idle_s");
        return true;
}
