/* URLs, read by curl's own parser: what is checked here must be what curl connects to later ("http://127.1/",
 * "http://good@evil/" and their kin). */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "thon/cleanup.h"
#include "thon/http.h"

#define URL_MAX 4096

THON_DEFINE_CLEANUP(CURLU *, curl_url_cleanup)
THON_DEFINE_CLEANUP(char *, curl_free)

static CURLU *parse(const char *url)
{
        CURLU *u = curl_url();

        if (u && curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
                curl_url_cleanup(u);
                return NULL;
        }
        return u;
}

static bool has(CURLU *u, CURLUPart part)
{
        _cleanup_(curl_freep) char *text = NULL;

        return curl_url_get(u, part, &text, 0) == CURLUE_OK && text;
}

static bool plain(const char *text)
{
        for (; *text; text++)
                if ((unsigned char)*text <= ' ' || *text == 0x7f)
                        return false;
        return true;
}

const char *thon_http_url_problem(const char *url)
{
        _cleanup_(curl_url_cleanupp) CURLU *u = NULL;
        _cleanup_(curl_freep) char *scheme = NULL;

        if (strnlen(url, URL_MAX + 1) > URL_MAX)
                return "must be at most 4096 bytes";
        if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
                return "must begin with http:// or https://";
        if (!plain(url))
                return "must be without spaces and control characters";
        u = parse(url);
        /* curl would take a path for the host: "http:///api" */
        if (!u || !has(u, CURLUPART_HOST) || strchr(url, ':')[3] == '/')
                return "must be a URL with a host";
        if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
            (strcasecmp(scheme, "http") != 0 && strcasecmp(scheme, "https") != 0))
                return "must begin with http:// or https://";
        if (has(u, CURLUPART_USER) || has(u, CURLUPART_PASSWORD))
                return "must be without a user and a password: they belong into a credential";
        if (has(u, CURLUPART_FRAGMENT))
                return "must be without a fragment (#)";
        return NULL;
}

bool thon_http_local(const char *url)
{
        _cleanup_(curl_url_cleanupp) CURLU *u = parse(url);
        _cleanup_(curl_freep) char *host = NULL;
        struct in_addr v4;
        struct in6_addr v6;
        size_t size;

        if (!u || curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK || !host)
                return false;
        if (strcasecmp(host, "localhost") == 0)
                return true;
        if (inet_pton(AF_INET, host, &v4) == 1)
                return ntohl(v4.s_addr) >> 24 == 127;
        size = strlen(host);
        if (size < 2 || host[0] != '[' || host[size - 1] != ']')
                return false;
        host[size - 1] = '\0';
        return inet_pton(AF_INET6, host + 1, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* ---- addresses: cameras name themselves in what they answer, rightly or not ---- */

/* curl has made "127.1" and its kin whole when it read them. False: a name. */
static bool host_address(CURLU *u, unsigned char ret[static 16], int *ret_family)
{
        _cleanup_(curl_freep) char *host = NULL;
        size_t size;

        if (curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK || !host)
                return false;
        *ret_family = AF_INET;
        if (inet_pton(AF_INET, host, ret) == 1)
                return true;
        size = strlen(host);
        if (size < 2 || host[0] != '[' || host[size - 1] != ']')
                return false;
        host[size - 1] = '\0';
        *ret_family = AF_INET6;
        return inet_pton(AF_INET6, host + 1, ret) == 1;
}

bool thon_http_url_is_at(const char *url, const char *address)
{
        _cleanup_(curl_url_cleanupp) CURLU *u = parse(url);
        unsigned char host[16], wanted[16];
        int family;

        if (!u || !host_address(u, host, &family) || inet_pton(family, address, wanted) != 1)
                return false;
        return memcmp(host, wanted, family == AF_INET ? 4 : 16) == 0;
}

bool thon_http_url_same_host(const char *a, const char *b)
{
        _cleanup_(curl_url_cleanupp) CURLU *one = parse(a), *other = parse(b);
        _cleanup_(curl_freep) char *name = NULL, *other_name = NULL;
        unsigned char host[16], other_host[16];
        int family, other_family;

        if (!one || !other)
                return false;
        if (host_address(one, host, &family) && host_address(other, other_host, &other_family))
                return family == other_family && memcmp(host, other_host, family == AF_INET ? 4 : 16) == 0;
        return curl_url_get(one, CURLUPART_HOST, &name, 0) == CURLUE_OK && name &&
               curl_url_get(other, CURLUPART_HOST, &other_name, 0) == CURLUE_OK && other_name &&
               strcasecmp(name, other_name) == 0;
}

static char *whole(CURLU *u)
{
        _cleanup_(curl_freep) char *text = NULL;

        if (curl_url_get(u, CURLUPART_URL, &text, 0) != CURLUE_OK || !text)
                return NULL;
        return strdup(text);
}

char *thon_http_url_moved(const char *url, const char *address)
{
        _cleanup_(curl_url_cleanupp) CURLU *u = parse(url);
        char host[INET6_ADDRSTRLEN + 2];
        bool v6 = strchr(address, ':') != NULL;

        if (!u || snprintf(host, sizeof host, v6 ? "[%s]" : "%s", address) >= (int)sizeof host ||
            curl_url_set(u, CURLUPART_HOST, host, 0) != CURLUE_OK)
                return NULL;
        return whole(u);
}

char *thon_http_url_joined(const char *authority_of, const char *path_of)
{
        _cleanup_(curl_url_cleanupp) CURLU *u = parse(authority_of);
        _cleanup_(curl_url_cleanupp) CURLU *from = parse(path_of);
        _cleanup_(curl_freep) char *path = NULL, *query = NULL;

        if (!u || !from || curl_url_get(from, CURLUPART_PATH, &path, 0) != CURLUE_OK)
                return NULL;
        (void)curl_url_get(from, CURLUPART_QUERY, &query, 0);
        if (curl_url_set(u, CURLUPART_PATH, path, 0) != CURLUE_OK ||
            curl_url_set(u, CURLUPART_QUERY, query, 0) != CURLUE_OK)
                return NULL;
        return whole(u);
}
