/* HTTP requests on the loop: one curl multi for all channels, so that connections are reused and HTTP/2 is used where
 * the server has it. http and https only, no redirects, no proxy from the environment, no cookies; the size of an answer
 * and every wait are bounded. Nothing is ever sent twice behind our back: traps and how each is met are told in
 * src/platform/http_call.c. The process ignores SIGPIPE (thon/loop.h does). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct thon_http;
struct thon_http_call;

enum thon_http_result {
        THON_HTTP_ANSWERED, /* `status` and `body` are there */
        THON_HTTP_NOT_SENT, /* the request never went out: name, connection, TLS */
        THON_HTTP_UNKNOWN, /* it went out, at least in part, and no whole answer came (or `file` took it not) */
        THON_HTTP_TOO_LARGE, /* the answer is over `max_answer`: `status` is there, the body is not */
};
struct thon_http_answer {
        enum thon_http_result result;
        unsigned status;
        const char *body; /* NUL-terminated, may hold NULs before; borrowed for the callback */
        size_t size;
        size_t file_size;         /* bytes in `file`; 0 when none was asked for or made */
        int64_t retry_after_s;    /* of Retry-After, both forms, at most 10 years; -1 none */
        int64_t date_s;           /* of Date, seconds since 1970; -1 none */
        const char *content_type; /* borrowed; NULL none */
        const char *error; /* English, for the log; NULL when answered. Never holds the URL's secrets */
        bool offline; /* NOT_SENT because no network: name lookup, unreachable, refused, no connection in time */
};
struct thon_http_request {
        const char *method;         /* "POST", "GET", "PUT" */
        const char *url;            /* may hold a token (bots): never logged */
        const char *const *headers; /* "Name: value" in printable text, NULL-terminated; NULL none */
        const void *body;           /* copied */
        size_t size;
        unsigned connect_ms, total_ms; /* 0: 10,000 and 30,000 */
        size_t max_answer;             /* 0: 256 KiB */
        /* NULL, or the path of a new file (0640) that takes the body of a 2xx answer instead; `body` is then empty. It is
         * on disk when the function is called, and gone unless the result is ANSWERED. */
        const char *file;
        /* NULL: no login. Digest (MD5, SHA-256) where the server offers it, else Basic if `basic` allows it: the password is
         * then readable on the wire. The server's challenge costs a second request on the same connection. Not kept here:
         * curl has the only copy. */
        const char *user, *password;
        bool basic;
        /* For cameras and recorders, which sign their own: https without a look at the certificate. It keeps a listener out,
         * not somebody who sits in between. Never for what carries a token. */
        bool insecure;
};
/* Called once, from the loop, never from within thon_http_send(). It may send and cancel other calls; its own is over, and
 * thon_http_free() is not for it. */
typedef void (*thon_http_fn)(const struct thon_http_answer *answer, void *userdata);

int thon_http_new(sd_event *event, struct thon_http **ret);
/* Cancels all calls (their functions are not called). */
struct thon_http *thon_http_free(struct thon_http *http);
/* 0, -EINVAL (the URL has a problem, see below; a header with control characters; another method; GET with a body),
 * -ENOMEM. `ret` may be NULL when nobody cancels. */
int thon_http_send(struct thon_http *http, const struct thon_http_request *request, thon_http_fn fn,
                   void *userdata, struct thon_http_call **ret);
/* Its function is not called any more. NULL is no call. */
void thon_http_cancel(struct thon_http_call *call);
/* Calls under way. */
unsigned thon_http_busy(const struct thon_http *http);
sd_event *thon_http_event(const struct thon_http *http); /* borrowed */

/* True for a URL whose host is this machine (127.0.0.0/8, ::1, localhost): the only ones under --sim-clock. */
bool thon_http_local(const char *url);
/* NULL, or what is wrong with a URL in a configuration ("must be ..."): scheme, host, no user:password, no fragment, at
 * most 4,096 bytes. */
const char *thon_http_url_problem(const char *url);

/* The URL's host is this numeric address, however each is written ("[::1]", "127.1"); a name is no address. `address` an IPv6
 * one without brackets. */
bool thon_http_url_is_at(const char *url, const char *address);
/* Both have the same host: the same numeric address, or the same name. Ports may differ. */
bool thon_http_url_same_host(const char *a, const char *b);
/* The URL with another numeric address for its host, or `authority_of` with the path and query of `path_of`. Owned; NULL: one
 * of them is no URL, or no memory. */
char *thon_http_url_moved(const char *url, const char *address);
char *thon_http_url_joined(const char *authority_of, const char *path_of);
