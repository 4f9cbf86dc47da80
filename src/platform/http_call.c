/* One request, as it goes out; its answer is in http_answer.c.
 *
 * What must not happen is that a notice goes out twice, or that we say it did not go out when it did.
 *
 * - curl re-sends a request by itself, and reports no error, when a connection that it reused ends without an answer. It
 *   cannot do so with a body that comes from a function and cannot be rewound: the call then fails. So every body is
 *   given that way. A request that has none and is no GET takes a connection of its own; a GET may be repeated.
 * - A login is the one exception: the server must refuse the request before curl knows how to sign it. With Digest alone
 *   curl asks for the challenge with an empty body. Where Basic is allowed too, the body goes out at once, and a second
 *   time after a 401. That is safe, since a 401 says in so many words that nothing was done; so the body may be
 *   rewound once after each whole head that was one, and never else.
 * - curl waits for the thread that looks a name up when such a call ends, and holds the loop for as long as a silent
 *   name server likes; CURLOPT_QUICK_EXIT leaves the thread to itself.
 * - "Expect: 100-continue" would hold every larger body for a second; it is switched off.
 * - No encoding is asked for, so that no answer is inflated. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_private.h"
#include "thon/cleanup.h"

#define CONNECT_MS 10000u
#define TOTAL_MS   30000u
#define MAX_ANSWER (256u * 1024)
#define IDLE_MAX_S 20L

THON_DEFINE_CLEANUP(struct thon_http_call *, thon_http_call_free)

/* ---- what goes out ---- */

static size_t give(char *buf, size_t size, size_t n, void *userdata)
{
        struct thon_http_call *call = userdata;
        size_t room = size * n, left = call->size - call->given;

        /* Asked again after the end, curl has lost what it had taken: never send a part for the whole. */
        if (left == 0)
                return CURL_READFUNC_ABORT;
        if (left < room)
                room = left;
        memcpy(buf, call->body + call->given, room);
        call->given += room;
        call->challenged = false;
        return room;
}

/* Only with a login. To the beginning, before anything went out or after a refusal. */
static int rewind_body(void *userdata, curl_off_t offset, int origin)
{
        struct thon_http_call *call = userdata;

        if (offset != 0 || origin != SEEK_SET || (call->given > 0 && !call->challenged))
                return CURL_SEEKFUNC_FAIL;
        call->given = 0;
        return CURL_SEEKFUNC_OK;
}

static bool printable(const char *text)
{
        for (; *text; text++)
                if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
                        return false;
        return true;
}

static int add_line(struct curl_slist **list, const char *line)
{
        struct curl_slist *more = curl_slist_append(*list, line);

        if (!more)
                return -ENOMEM;
        *list = more;
        return 0;
}

/* curl takes "Name:" for "leave it out", and "Name;" for one without a value. */
static int add_header(struct curl_slist **list, const char *line)
{
        const char *colon = strchr(line, ':');
        _cleanup_free_ char *empty = NULL;

        if (!colon || colon == line || !printable(line))
                return -EINVAL;
        if (colon[1 + strspn(colon + 1, " \t")])
                return add_line(list, line);
        empty = strndup(line, (size_t)(colon - line) + 1);
        if (!empty)
                return -ENOMEM;
        empty[colon - line] = ';';
        return add_line(list, empty);
}

static int set_headers(struct thon_http_call *call, const char *const *headers)
{
        bool typed = false;
        int r = add_line(&call->headers, "Expect:");

        for (; r == 0 && headers && *headers; headers++) {
                typed = typed || strncasecmp(*headers, "Content-Type:", 13) == 0;
                r = add_header(&call->headers, *headers);
        }
        /* curl would call any body a form. */
        if (r == 0 && !typed)
                r = add_line(&call->headers, "Content-Type:");
        return r;
}

static bool set_method(struct thon_http_call *call, const struct thon_http_request *request)
{
        CURL *easy = call->easy;

        if (strcmp(request->method, "GET") == 0)
                return request->size == 0 && curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
        if (curl_easy_setopt(easy, CURLOPT_READFUNCTION, give) != CURLE_OK ||
            curl_easy_setopt(easy, CURLOPT_READDATA, call) != CURLE_OK ||
            curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request->size == 0 ? 1L : 0L) != CURLE_OK)
                return false;
        if (strcmp(request->method, "POST") == 0)
                return curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
                       curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->size) ==
                               CURLE_OK;
        return strcmp(request->method, "PUT") == 0 &&
               curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->size) == CURLE_OK;
}

/* ---- building it ---- */

static long limit_ms(unsigned given, unsigned def)
{
        return given > INT_MAX ? INT_MAX : (long)(given ? given : def);
}

static bool set_bounds(struct thon_http_call *call, const struct thon_http_request *request)
{
        CURL *easy = call->easy;
        long connect_ms = limit_ms(request->connect_ms, CONNECT_MS);
        long total_ms = limit_ms(request->total_ms, TOTAL_MS);

        return curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, total_ms) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)call->max) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_MAX_S) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
}

static bool set_wire(struct thon_http_call *call, const char *url)
{
        CURL *easy = call->easy;

        return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_USERAGENT, "thon/" THON_VERSION) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK;
}

static bool set_login(struct thon_http_call *call, const struct thon_http_request *request)
{
        CURL *easy = call->easy;
        long how = (long)(request->basic ? CURLAUTH_DIGEST | CURLAUTH_BASIC : CURLAUTH_DIGEST);

        if (!request->user)
                return true;
        return curl_easy_setopt(easy, CURLOPT_HTTPAUTH, how) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_USERNAME, request->user) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password ? request->password : "") ==
                       CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_body) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_SEEKDATA, call) == CURLE_OK;
}

/* curl shares no connection between calls that check a certificate and calls that do not. */
static bool set_trust(struct thon_http_call *call, const struct thon_http_request *request)
{
        long check = request->insecure ? 0 : 1;

        return curl_easy_setopt(call->easy, CURLOPT_SSL_VERIFYPEER, check) == CURLE_OK &&
               curl_easy_setopt(call->easy, CURLOPT_SSL_VERIFYHOST, check * 2) == CURLE_OK;
}

static bool known_method(const char *method)
{
        return strcmp(method, "GET") == 0 || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;
}

static bool copy(struct thon_http_call *call, const struct thon_http_request *request)
{
        call->max = request->max_answer ? request->max_answer : MAX_ANSWER;
        call->size = request->size;
        call->body = malloc(request->size + 1);
        call->path = request->file ? strdup(request->file) : NULL;
        call->easy = curl_easy_init();
        if (!call->body || !call->easy || (request->file && !call->path))
                return false;
        if (request->size > 0)
                memcpy(call->body, request->body, request->size);
        return true;
}

int thon_http_call_new(struct thon_http *http, const struct thon_http_request *request, thon_http_fn fn,
                       void *userdata, struct thon_http_call **ret)
{
        _cleanup_(thon_http_call_freep) struct thon_http_call *call = NULL;
        int r;

        if (!known_method(request->method) || thon_http_url_problem(request->url) ||
            (request->size > 0 && strcmp(request->method, "GET") == 0))
                return -EINVAL;
        call = calloc(1, sizeof *call);
        if (!call)
                return -ENOMEM;
        *call = (struct thon_http_call){.http = http, .fn = fn, .userdata = userdata, .fd = -1};
        if (!copy(call, request))
                return -ENOMEM;
        r = set_headers(call, request->headers);
        if (r < 0)
                return r;
        if (!set_method(call, request) || !set_wire(call, request->url) || !set_bounds(call, request) ||
            !set_login(call, request) || !set_trust(call, request) || !thon_http_call_listen(call))
                return -ENOMEM;
        *ret = THON_TAKE(call);
        return 0;
}

static void wipe_headers(struct curl_slist *list)
{
        for (struct curl_slist *line = list; line; line = line->next)
                explicit_bzero(line->data, strlen(line->data));
        curl_slist_free_all(list);
}

struct thon_http_call *thon_http_call_free(struct thon_http_call *call)
{
        if (!call)
                return NULL;
        thon_http_call_drop_file(call);
        curl_easy_cleanup(call->easy);
        wipe_headers(call->headers);
        if (call->body)
                explicit_bzero(call->body, call->size);
        if (call->answer)
                explicit_bzero(call->answer, call->got);
        free(call->body);
        free(call->answer);
        free(call->path);
        free(call);
        return NULL;
}
