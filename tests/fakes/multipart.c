/* multipart/form-data as far as the providers' clients send it: text fields as strings, a file as what can be told of it. */
#include "fakes.h"

#include <openssl/evp.h>
#include <string.h>

static const char *find(const char *from, const char *end, const char *what)
{
        return memmem(from, (size_t)(end - from), what, strlen(what));
}

static json_t *file_json(const char *data, size_t size)
{
        unsigned char hash[EVP_MAX_MD_SIZE];
        char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
        unsigned n = 0;

        if (EVP_Digest(data, size, hash, &n, EVP_sha256(), NULL) != 1)
                return NULL;
        for (unsigned i = 0; i < n; i++)
                snprintf(hex + 2 * i, 3, "%02x", hash[i]);
        return json_pack("{s:I, s:s, s:b}", "size", (json_int_t)size, "sha256", hex, "jpeg",
                         size > 4 && memcmp(data, "\xff\xd8\xff", 3) == 0);
}

/* One part: its head tells name and whether it is a file. */
static bool take_part(json_t *form, const char *part, const char *end)
{
        const char *head_end = find(part, end, "\r\n\r\n"), *name, *stop;
        _cleanup_free_ char *key = NULL;

        if (!head_end)
                return false;
        name = find(part, head_end, " name=\"");
        stop = name ? memchr(name + 7, '"', (size_t)(head_end - name - 7)) : NULL;
        if (!stop)
                return false;
        key = strndup(name + 7, (size_t)(stop - name - 7));
        part = head_end + 4;
        return key && json_object_set_new(form, key,
                                          find(name, head_end, "filename=\"")
                                                  ? file_json(part, (size_t)(end - part))
                                                  : json_stringn(part, (size_t)(end - part))) == 0;
}

json_t *multipart_parse(const char *type, const char *body, size_t size)
{
        _cleanup_json_ json_t *form = json_object();
        _cleanup_free_ char *line = NULL;
        const char *boundary = strstr(type, "boundary="), *end = body + size, *at, *next;

        if (!boundary || strlen(boundary + 9) > 70 || asprintf(&line, "\r\n--%s", boundary + 9) < 0) {
                line = NULL;
                return NULL;
        }
        at = size > strlen(line) - 2 && memcmp(body, line + 2, strlen(line) - 2) == 0
                     ? body + strlen(line) - 2
                     : NULL;
        for (; at && end - at >= 2 && memcmp(at, "--", 2) != 0; at = next + strlen(line)) {
                next = find(at, end, line);
                if (!next || !take_part(form, at, next))
                        return NULL;
        }
        return at ? THON_TAKE(form) : NULL;
}
