/* The inside of HTTP, shared by http.c (the multi on the loop), http_call.c (one request) and http_answer.c (its answer). */
#pragma once

#include <curl/curl.h>
#include <sys/queue.h>

#include "thon/http.h"

struct thon_http {
        sd_event *event;
        CURLM *multi;
        sd_event_source *timer;
        bool global; /* curl's own set-up is ours to undo */
        TAILQ_HEAD(thon_http_calls, thon_http_call) calls;
        unsigned busy;
};

struct thon_http_call {
        struct thon_http *http;
        TAILQ_ENTRY(thon_http_call) entry;
        thon_http_fn fn;
        void *userdata;

        CURL *easy;
        struct curl_slist *headers;
        char *body; /* goes out */
        size_t size, given;

        char *answer; /* comes in */
        size_t got, room, max;
        size_t header_bytes;
        bool whole_head; /* its last line, which is empty, has come */
        bool challenged; /* that head was a 401, and nothing of the body has gone out since */
        bool too_large;
        char *path;
        int fd; /* of `path`, once made; -1 */
        int file_error;
        char trouble[CURL_ERROR_SIZE]; /* curl's own words */
};

/* Builds it, without starting it. Errors as thon_http_send(). */
int thon_http_call_new(struct thon_http *http, const struct thon_http_request *request, thon_http_fn fn,
                       void *userdata, struct thon_http_call **ret);
/* http_answer.c: sets the functions that take the answer; false: out of memory. */
bool thon_http_call_listen(struct thon_http_call *call);
/* Tells its function. The easy handle has left the multi. */
void thon_http_call_finish(struct thon_http_call *call, CURLcode code);
/* Removes the file that was made for the answer, unless it has been handed over. */
void thon_http_call_drop_file(struct thon_http_call *call);
struct thon_http_call *thon_http_call_free(struct thon_http_call *call);
