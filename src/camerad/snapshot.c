/* A picture, from an address that is only believed as far as it can be checked.
 *
 * Cameras name addresses that are no pictures: rtsp://, "(null)", a cloud, a page that says "not found" with status 200. So
 * what ONVIF names must be http(s) and the same host, and what comes must begin and end as a JPEG does, be more than 1 KiB
 * and at most 4 MiB; what the server calls it counts for nothing. An address that ONVIF named once is kept by our caller,
 * and asked for anew, once, when no picture comes from it: firmware updates change both it and the profile's token.
 *
 * A refused login ends it at once. Cameras lock accounts, and the same password is not better at another address. */
#include "snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onvif_call.h"
#include "thon/cleanup.h"

#define CONNECT_MS 3000u
#define TOTAL_MS   10000u
#define CALLS      32u
#define LEAST      1024u
#define MOST       (4u * 1024 * 1024)
#define DETAIL     240

struct snapshot {
        struct thon_http *http;
        snapshot_fn fn;
        void *userdata;
        struct thon_watch_device
                device; /* host and ONVIF's address alone: the registry's may go while we ask */
        struct thon_wall now;
        char *address, *user, *password;
        char *url;       /* that is asked now */
        char *profile;   /* ONVIF is asked with; NULL: it is asked which */
        bool configured; /* a person wrote the address: there is nothing to be asked anew */
        bool renewed;    /* ONVIF was asked: not twice */
        bool skew_known;
        int64_t skew_s;
        struct thon_http_call *request;
        struct onvif_call *onvif;
};

THON_DEFINE_CLEANUP(struct snapshot *, snapshot_cancel)

/* ---- telling ---- */

static void tell(struct snapshot *s, struct snapshot_answer *answer, const char *detail)
{
        bool keep = answer->result == SNAPSHOT_TAKEN && s->renewed;

        answer->profile = keep && s->profile ? s->profile : "";
        answer->snapshot_url = keep ? s->url : "";
        answer->skew_known = s->skew_known;
        answer->skew_s = s->skew_s;
        answer->detail = detail;
        s->fn(answer, s->userdata);
        (void)snapshot_cancel(s);
}

static void tell_failed(struct snapshot *s, enum snapshot_result result, const char *detail)
{
        tell(s, &(struct snapshot_answer){.result = result}, detail);
}

/* ---- is it a picture ---- */

/* Some end with a line break, or filled up with zeros; that is cut off. 0: it is none. */
static size_t jpeg_size(const unsigned char *p, size_t size)
{
        while (size > 0 && (p[size - 1] == 0 || p[size - 1] == '\r' || p[size - 1] == '\n'))
                size--;
        if (size <= LEAST || p[0] != 0xff || p[1] != 0xd8 || p[size - 2] != 0xff || p[size - 1] != 0xd9)
                return 0;
        return size;
}

/* ---- the address ---- */

static bool is_host(const struct snapshot *s, const char *url)
{
        return (s->device.host && thon_http_url_is_at(url, s->device.host)) ||
               (s->address && thon_http_url_is_at(url, s->address));
}

/* NULL, or what is wrong with an address that the camera named. */
static const char *problem_of(const struct snapshot *s, const char *url)
{
        if (thon_http_url_problem(url))
                return "ONVIF names an address that is no http address";
        return is_host(s, url) ? NULL : "ONVIF names an address on another host";
}

static void on_picture(const struct thon_http_answer *answer, void *userdata);

static int fetch(struct snapshot *s, const char *url)
{
        char *followed = onvif_url_followed(&s->device, s->address, url);

        if (!followed)
                return -ENOMEM;
        free(s->url);
        s->url = followed;
        return thon_http_send(s->http,
                              &(struct thon_http_request){
                                      .method = "GET",
                                      .url = s->url,
                                      .connect_ms = CONNECT_MS,
                                      .total_ms = TOTAL_MS,
                                      .max_answer = MOST,
                                      .user = s->user,
                                      .password = s->password,
                                      .basic = true,
                                      .insecure = true,
                              },
                              on_picture, s, &s->request);
}

/* ---- by ONVIF ---- */

static void on_onvif(const struct onvif_told *told, void *userdata);

static int ask_onvif(struct snapshot *s)
{
        const struct onvif_want want = {.device = &s->device,
                                        .address = s->address,
                                        .user = s->user,
                                        .password = s->password,
                                        .now = s->now};

        s->renewed = true;
        return onvif_call_start(s->http, THON_ONVIF_SNAPSHOT_URI, s->profile, &want, on_onvif, s, &s->onvif);
}

static void take_onvif_failed(struct snapshot *s, const struct onvif_told *told)
{
        if (told->http == THON_HTTP_TOO_LARGE)
                tell_failed(s, SNAPSHOT_LIES, told->detail);
        else if (told->http != THON_HTTP_ANSWERED)
                tell_failed(s, SNAPSHOT_UNREACHABLE, told->detail);
        else if (told->error == THON_ONVIF_NOT_AUTHORISED)
                tell_failed(s, SNAPSHOT_REFUSED, told->detail);
        else if (s->profile) { /* a token of old firmware, maybe */
                s->profile = (free(s->profile), NULL);
                if (ask_onvif(s) < 0)
                        tell_failed(s, SNAPSHOT_NO_ADDRESS, told->detail);
        } else
                tell_failed(s, SNAPSHOT_NO_ADDRESS, told->detail);
}

static void on_onvif(const struct onvif_told *told, void *userdata)
{
        struct snapshot *s = userdata;
        const char *problem;

        s->onvif = NULL;
        if (told->skew_known) {
                s->skew_known = true;
                s->skew_s = told->skew_s;
        }
        if (told->error) {
                take_onvif_failed(s, told);
                return;
        }
        if (!told->answer->uri[0]) {
                tell_failed(s, SNAPSHOT_NO_ADDRESS, "ONVIF names no address for a snapshot");
                return;
        }
        problem = problem_of(s, told->answer->uri);
        if (problem) {
                tell_failed(s, SNAPSHOT_LIES, problem);
                return;
        }
        free(s->profile);
        s->profile = strdup(told->answer->profile);
        if (!s->profile || fetch(s, told->answer->uri) < 0)
                tell_failed(s, SNAPSHOT_NO_ADDRESS, "out of memory");
}

/* ---- what came ---- */

/* What the address gave is no picture. */
static void lies(struct snapshot *s, const char *detail)
{
        if (s->configured || s->renewed || ask_onvif(s) < 0)
                tell_failed(s, SNAPSHOT_LIES, detail);
}

static void take_picture(struct snapshot *s, const struct thon_http_answer *answer)
{
        char detail[DETAIL];
        size_t size;

        if (answer->status == 401 || answer->status == 403) {
                (void)snprintf(detail, sizeof detail, "HTTP %u: %s", answer->status,
                               s->user ? "the login is refused" : "a login is wanted");
                tell_failed(s, SNAPSHOT_REFUSED, detail);
                return;
        }
        if (answer->status != 200) {
                (void)snprintf(detail, sizeof detail, "HTTP %u instead of a picture", answer->status);
                lies(s, detail);
                return;
        }
        size = jpeg_size((const unsigned char *)answer->body, answer->size);
        if (size == 0) {
                (void)snprintf(detail, sizeof detail, "%zu bytes that are no JPEG, or a part of one",
                               answer->size);
                lies(s, detail);
                return;
        }
        tell(s, &(struct snapshot_answer){.result = SNAPSHOT_TAKEN, .data = answer->body, .size = size},
             NULL);
}

static void on_picture(const struct thon_http_answer *answer, void *userdata)
{
        struct snapshot *s = userdata;

        s->request = NULL;
        /* ONVIF's is better: the Date of HTTP is that of a web server inside the camera. */
        if (answer->date_s >= 0 && !s->skew_known) {
                s->skew_known = true;
                s->skew_s = answer->date_s - s->now.s;
        }
        switch (answer->result) {
        case THON_HTTP_ANSWERED:
                take_picture(s, answer);
                return;
        case THON_HTTP_TOO_LARGE:
                tell_failed(s, SNAPSHOT_TOO_LARGE, answer->error);
                return;
        case THON_HTTP_NOT_SENT:
        case THON_HTTP_UNKNOWN:
                tell_failed(s, SNAPSHOT_UNREACHABLE, answer->error);
                return;
        }
}

/* ---- beginning and end ---- */

static bool copy_text(char **to, const char *text)
{
        *to = text ? strdup(text) : NULL;
        return !text || *to;
}

static bool copy(struct snapshot *s, const struct snapshot_want *want)
{
        const char *address = want->address && want->address[0] ? want->address : NULL;
        const char *profile = want->profile && want->profile[0] ? want->profile : NULL;

        return copy_text(&s->device.host, want->device->host) &&
               copy_text(&s->device.onvif_url, want->device->onvif_url) && copy_text(&s->address, address) &&
               copy_text(&s->user, want->user) && copy_text(&s->password, want->password) &&
               copy_text(&s->profile, profile);
}

int snapshot_start(struct thon_http *http, const struct snapshot_want *want, snapshot_fn fn, void *userdata,
                   struct snapshot **ret)
{
        _cleanup_(snapshot_cancelp) struct snapshot *s = NULL;
        int r;

        if (thon_http_busy(http) >= CALLS)
                return -EBUSY;
        s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        *s = (struct snapshot){.http = http,
                               .fn = fn,
                               .userdata = userdata,
                               .now = want->now,
                               .configured = want->device->snapshot_url != NULL};
        if (!copy(s, want))
                return -ENOMEM;
        if (s->configured)
                r = fetch(s, want->device->snapshot_url);
        else if (want->snapshot_url && want->snapshot_url[0] && !problem_of(s, want->snapshot_url))
                r = fetch(s, want->snapshot_url);
        else
                r = ask_onvif(s);
        if (r < 0)
                return r;
        *ret = THON_TAKE(s);
        return 0;
}

struct snapshot *snapshot_cancel(struct snapshot *s)
{
        if (!s)
                return NULL;
        thon_http_cancel(s->request);
        (void)onvif_call_cancel(s->onvif);
        if (s->password)
                explicit_bzero(s->password, strlen(s->password));
        free(s->password);
        free(s->user);
        free(s->address);
        free(s->profile);
        free(s->url);
        free(s->device.host);
        free(s->device.onvif_url);
        free(s);
        return NULL;
}
