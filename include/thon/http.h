/* HTTP requests on the loop: one curl multi for all channels, so that connections are reused and HTTP/2 is used where
 * the server has it. http and https only, no redirects, no proxy from the environment, no cookies; the size of an answer
 * and every wait are bounded. Nothing is ever sent twice behind our back: traps and how each is met are told in
 * src/platform/http.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct thon_http;
struct thon_http_call;

enum thon_http_result {
        THON_HTTP_ANSWERED,  /* `status` and `body` are there */
        THON_HTTP_NOT_SENT,  /* the request never went out: name, connection, TLS */
        THON_HTTP_UNKNOWN,   /* it went out, at least in part, and no whole answer came */
        THON_HTTP_TOO_LARGE, /* the answer is over `max_answer`: `status` is there, the body is not */
};
struct thon_http_answer {
        enum thon_http_result result;
        unsigned status;
        const char *body; /* NUL-terminated, may hold NULs before; borrowed for the callback */
        size_t size;
        int64_t retry_after_s;    /* of Retry-After, both forms; -1 none */
        int64_t date_s;           /* of Date, seconds since 1970; -1 none */
        const char *content_type; /* borrowed; NULL none */
        const char *error; /* English, for the log; NULL when answered. Never holds the URL's secrets */
        bool offline;      /* NOT_SENT because no network: name lookup, unreachable, refused */
};
struct thon_http_request {
        const char *method;         /* "POST", "GET", "PUT" */
        const char *url;            /* may hold a token (bots): never logged */
        const char *const *headers; /* "Name: value" as they go out, NULL-terminated; NULL none */
        const void *body;           /* copied */
        size_t size;
        unsigned connect_ms, total_ms; /* 0: 10,000 and 30,000 */
        size_t max_answer;             /* 0: 256 KiB */
        const char *
                file; /* the answer's body (2xx) is written to this path instead, created 0640; for attachments */
};
/* Called once, from the loop, never from within thon_http_send(). It may send and cancel other calls. */
typedef void (*thon_http_fn)(const struct thon_http_answer *answer, void *userdata);

int thon_http_new(sd_event *event, struct thon_http **ret);
/* Cancels all calls (their functions are not called). */
struct thon_http *thon_http_free(struct thon_http *http);
/* 0, -EINVAL (URL: not http or https, or cannot be), -ENOMEM. *ret may be NULL when nobody cancels. */
int thon_http_send(struct thon_http *http, const struct thon_http_request *request, thon_http_fn fn,
                   void *userdata, struct thon_http_call **ret);
/* Its function is not called any more. */
void thon_http_cancel(struct thon_http_call *call);

/* True for a URL whose host is this machine (127.0.0.0/8, ::1, localhost): the only ones under --sim-clock. */
bool thon_http_local(const char *url);
/* NULL, or what is wrong with a URL in a configuration ("must be ..."): scheme, host, no user:password. */
const char *thon_http_url_problem(const char *url);
