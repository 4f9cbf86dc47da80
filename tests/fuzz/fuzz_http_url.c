/* Addresses that a provider names, of a citizen's picture above all: what is found in order has no control character, is its own
 * host and at its own place; and what is made of two such is in order again. The first line is the one, the rest the other. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *text(const uint8_t *data, size_t size)
{
        char *copy = malloc(size + 1);

        if (!copy)
                abort();
        if (size > 0)
                memcpy(copy, data, size);
        copy[size] = '\0';
        return copy;
}

static void made(char *url)
{
        if (url && thon_http_url_problem(url))
                abort();
        free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
        size_t first = end ? (size_t)(end - data) : size;
        char *a = text(data, first), *b = end ? text(end + 1, size - first - 1) : text(data, 0);
        bool good = thon_http_url_problem(a) == NULL;

        if (good) {
                for (const char *p = a; *p; p++)
                        if ((unsigned char)*p <= ' ' || *p == 0x7f)
                                abort();
                if (!thon_http_url_same_host(a, a))
                        abort();
        }
        (void)thon_http_local(a);
        (void)thon_http_url_is_at(a, b);
        if (good && thon_http_url_problem(b) == NULL) {
                if (thon_http_url_same_host(a, b) != thon_http_url_same_host(b, a))
                        abort();
                made(thon_http_url_joined(a, b));
        }
        free(a);
        free(b);
        return 0;
}
