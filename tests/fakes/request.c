/* A request as judges see it: where it belongs, its fields, and the answers they give. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fakes.h"

const struct provider *const providers[PROVIDERS] = {
        [ZALO_OA] = &zalo_oa,   [ZALO_OAUTH] = &zalo_oauth, [ZALO_ZNS] = &zalo_zns,
        [ZALO_BOT] = &zalo_bot, [TELEGRAM] = &telegram,     [NTFY] = &ntfy,
        [FACEBOOK] = &facebook, [WEBHOOK] = &webhook,
};

enum provider_id provider_find(const char *name)
{
        unsigned i;

        for (i = 0; name && i < PROVIDERS; i++)
                if (strcmp(providers[i]->name, name) == 0)
                        return (enum provider_id)i;
        return PROVIDER_NONE;
}

const char *request_header(const struct request *request, const char *name)
{
        return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *request_query(const struct request *request, const char *name)
{
        return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

json_t *request_query_json(const struct request *request, const char *name)
{
        const char *text = request_query(request, name);
        json_t *doc = NULL;

        if (text)
                (void)thon_json_parse(text, strlen(text), 65536, &doc, NULL);
        return doc;
}

const char *request_text(const struct request *request, const char *name)
{
        return json_string_value(json_object_get(request->doc, name));
}

bool request_is_post(const struct request *request)
{
        return strcmp(request->method, "POST") == 0;
}

uint64_t request_argument(const struct request *request, const char *name, uint64_t def)
{
        const char *text = request_query(request, name);
        char *end = NULL;
        unsigned long long value;

        if (!text || *text < '0' || *text > '9')
                return def;
        errno = 0;
        value = strtoull(text, &end, 10);
        return errno || *end ? def : value;
}

const char *request_address(const struct request *request, char buf[static 32])
{
        static const char *const members[] = {"user_id", "group_id", "phone", "chat_id", "topic"};
        const json_t *recipient = json_object_get(request->doc, "recipient");
        const json_t *object = json_is_object(recipient) ? recipient : request->doc;
        size_t i;

        for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
                const json_t *value = json_object_get(object, members[i]);

                if (json_is_string(value))
                        return json_string_value(value);
                if (json_is_integer(value)) {
                        snprintf(buf, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
                        return buf;
                }
        }
        return "";
}

static int hex_digit(char c)
{
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
}

/* The text of [from, to), with %XX and + undone; NULL: damaged, or no memory. */
static char *form_decode(const char *from, const char *to)
{
        char *text = malloc((size_t)(to - from) + 1), *out = text;

        for (; text && from < to; from++) {
                if (*from == '+') {
                        *out++ = ' ';
                } else if (*from == '%') {
                        int high = to - from > 2 ? hex_digit(from[1]) : -1;
                        int low = high >= 0 ? hex_digit(from[2]) : -1;

                        if (low < 0 || (high == 0 && low == 0)) {
                                free(text);
                                return NULL;
                        }
                        *out++ = (char)(high * 16 + low);
                        from += 2;
                } else {
                        *out++ = *from;
                }
        }
        if (text)
                *out = '\0';
        return text;
}

json_t *form_parse(const char *text, size_t size)
{
        _cleanup_json_ json_t *form = json_object();
        const char *end = text + size;

        while (text < end) {
                const char *stop = memchr(text, '&', (size_t)(end - text));
                const char *equals;
                _cleanup_free_ char *name = NULL, *value = NULL;

                if (!stop)
                        stop = end;
                equals = memchr(text, '=', (size_t)(stop - text));
                if (equals) {
                        name = form_decode(text, equals);
                        value = form_decode(equals + 1, stop);
                        if (!name || !value || json_object_set_new(form, name, json_string(value)) < 0)
                                return NULL;
                }
                text = stop + 1;
        }
        return THON_TAKE(form);
}

void answer_init(struct answer *answer)
{
        *answer = (struct answer){.status = 200, .retry_after = -1};
}

void answer_done(struct answer *answer)
{
        json_decref(answer->doc);
        free(answer->body);
        answer_init(answer);
}

void answer_json(struct answer *answer, unsigned status, json_t *doc, int64_t code, const char *verdict)
{
        /* It goes out empty, which a client takes for the provider's word; tests want standard error silent. */
        if (!doc)
                fprintf(stderr, "fake-providers: no answer could be made for \"%s\"\n", verdict);
        json_decref(answer->doc);
        answer->doc = doc;
        answer->status = status;
        answer->code = code;
        snprintf(answer->verdict, sizeof(answer->verdict), "%s", verdict);
}

void answer_text(struct answer *answer, unsigned status, const char *type, const char *text)
{
        free(answer->body);
        answer->body = strdup(text);
        answer->size = answer->body ? strlen(text) : 0;
        answer->status = status;
        answer->type = type;
}

size_t count_characters(const char *text)
{
        size_t n = 0;

        for (; *text; text++)
                n += ((unsigned char)*text & 0xc0) != 0x80;
        return n;
}

/* What lies beyond the basic plane takes two: in UTF-8 it begins with 0xf0 or more. */
size_t count_utf16(const char *text)
{
        size_t n = count_characters(text);

        for (; *text; text++)
                n += (unsigned char)*text >= 0xf0;
        return n;
}
