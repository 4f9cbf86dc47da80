/* Requests hold secrets: in a header, in the URL of a bot. They are owned by the request and wiped with it, and what
 * would break out of its line (a newline that an editor left in a credential) is refused here, for all kinds. */
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire.h"

bool wire_secret(const char *secret)
{
        if (!secret || !*secret)
                return false;
        for (; *secret; secret++)
                if (*secret <= ' ' || *secret > '~')
                        return false;
        return true;
}

const char *wire_text_unfit(const struct relayd_outgoing *out, enum thon_text_unit unit, size_t max)
{
        size_t n;

        if (!out->text || !*out->text)
                return "Thông báo không có nội dung";
        n = thon_text_count(out->text, unit);
        if (n == SIZE_MAX)
                return "Nội dung thông báo không phải chữ UTF-8";
        return n > max ? "Thông báo dài quá mức của kênh này" : NULL;
}

char *wire_text(const struct relayd_outgoing *out, enum thon_text_unit unit, size_t max)
{
        char *both;

        if (out->part > 0 || !out->title || !*out->title)
                return strdup(out->text);
        if (asprintf(&both, "%s\n%s", out->title, out->text) < 0)
                return NULL;
        if (thon_text_count(both, unit) <= max)
                return both;
        free(both);
        return strdup(out->text);
}

__attribute__((format(printf, 3, 0))) static int url_printf(struct relayd_request *request, const char *base,
                                                            const char *format, va_list args)
{
        _cleanup_free_ char *rest = NULL;
        size_t n = strlen(base);

        while (n > 0 && base[n - 1] == '/')
                n--;
        if (n > WIRE_URL_MAX)
                return -EINVAL;
        if (vasprintf(&rest, format, args) < 0) {
                rest = NULL;
                return -ENOMEM;
        }
        if (asprintf(&request->url, "%.*s%s", (int)n, base, rest) < 0) {
                request->url = NULL;
                return -ENOMEM;
        }
        explicit_bzero(rest, strlen(rest));
        return wire_secret(request->url) ? 0 : -EINVAL;
}

int wire_url(struct relayd_request *request, const struct thon_channel_conf *conf,
             const struct relayd_kind *kind, const char *format, ...)
{
        const char *base = conf->api_url ? conf->api_url : kind->api_url;
        va_list args;
        int r;

        if (!base)
                return -EINVAL;
        va_start(args, format);
        r = url_printf(request, base, format, args);
        va_end(args);
        return r;
}

int wire_bot_url(struct relayd_request *request, const struct thon_channel_conf *conf,
                 const struct relayd_kind *kind, const struct relayd_secrets *secrets, const char *method)
{
        const char *token = secrets ? secrets->token : NULL;

        /* It becomes a part of the path: nothing that would end it. */
        if (!wire_secret(token) || strpbrk(token, "/?#%"))
                return -ENOKEY;
        return wire_url(request, conf, kind, "/bot%s/%s", token, method);
}

int wire_header(struct relayd_request *request, const char *name, const char *value)
{
        size_t n = 0;

        for (const char *p = value; *p; p++)
                if (*p < ' ' || *p > '~')
                        return -EINVAL;
        while (request->headers[n])
                n++;
        if (n + 1 >= sizeof request->headers / sizeof *request->headers)
                return -EINVAL;
        if (asprintf(&request->headers[n], "%s: %s", name, value) < 0) {
                request->headers[n] = NULL;
                return -ENOMEM;
        }
        return 0;
}

int wire_json(struct relayd_request *request, json_t *body)
{
        _cleanup_json_ json_t *doc = body;

        if (!doc)
                return -ENOMEM;
        request->method = "POST";
        request->body = json_dumps(doc, JSON_COMPACT);
        if (!request->body)
                return -ENOMEM;
        request->size = strlen(request->body);
        return wire_header(request, "Content-Type", "application/json");
}

char *wire_escape(const char *text)
{
        static const char hex[] = "0123456789ABCDEF";
        char *escaped = malloc(strlen(text) * 3 + 1), *p = escaped;

        if (!escaped)
                return NULL;
        for (; *text; text++) {
                unsigned char c = (unsigned char)*text;

                if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    strchr("-._~", c)) {
                        *p++ = *text;
                        continue;
                }
                *p++ = '%';
                *p++ = hex[c >> 4];
                *p++ = hex[c & 15];
        }
        *p = '\0';
        return escaped;
}

void wire_hand_over(struct relayd_request *from, struct relayd_request *ret)
{
        *ret = *from;
        *from = (struct relayd_request){0};
}

int wire_hmac(const char *key, const void *data, size_t size, char ret[static WIRE_HMAC])
{
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned n = 0;

        if (strlen(key) > INT32_MAX || !HMAC(EVP_sha256(), key, (int)strlen(key), data, size, digest, &n) ||
            n != 32)
                return -ENOMEM;
        for (unsigned i = 0; i < n; i++)
                snprintf(ret + 2 * i, 3, "%02x", digest[i]);
        return 0;
}

int wire_bot_message(const struct thon_channel_conf *conf, const struct relayd_kind *kind,
                     const struct relayd_secrets *secrets, const struct relayd_outgoing *out,
                     struct relayd_request *ret)
{
        _cleanup_request_ struct relayd_request request = {0};
        _cleanup_free_ char *text = wire_text(out, kind->unit, kind->text_max);
        int r;

        if (!text)
                return -ENOMEM;
        r = wire_bot_url(&request, conf, kind, secrets, "sendMessage");
        if (r == 0)
                r = wire_json(&request, json_pack("{ssss}", "chat_id", out->address, "text", text));
        if (r < 0)
                return r;
        wire_hand_over(&request, ret);
        return 0;
}
