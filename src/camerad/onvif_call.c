/* A conversation with a camera: one step an HTTP request, each step's failure told by its own name.
 *
 * The order is forced by what cameras do. A login bears a time, and one that is seconds off is refused, so the camera's
 * own time is asked first, which needs no login. Media and search live at addresses that only the camera knows, and it
 * tells them as it sees itself: behind a forwarded port, or after it moved, they lead elsewhere. So an address is used
 * when it names the host that we talk to, and else only its path.
 *
 * Which login a camera wants cannot be known: the envelope's by the standard, HTTP Digest in practice for some. The
 * first is sent with the first request, the second only after a 401, which says that nothing was done. Nothing else is
 * ever sent again: a reboot whose answer was lost may be under way. */
#include "onvif_call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "thon/cleanup.h"
#include "thon/time.h"

#define CONNECT_MS 3000u
#define REQUEST_MS 8000u
#define CALLS      32u
#define ANSWER_MAX (256u * 1024)
#define DETAIL     240

enum step { STEP_TIME, STEP_CAPABILITIES, STEP_SERVICES, STEP_PROFILES, STEP_CALL };

struct onvif_call {
        struct thon_http *http;
        enum thon_onvif_call call;
        onvif_fn fn;
        void *userdata;
        struct thon_wall now; /* when `begun_us` was */
        uint64_t begun_us;
        char *user, *password, *profile;
        char *device_url, *service_url; /* NULL: not known yet */

        enum step step;
        bool digest; /* HTTP wants a login, too */
        struct thon_http_call *request;
        bool skew_known;
        int64_t skew_s;
};

THON_DEFINE_CLEANUP(struct onvif_call *, onvif_call_cancel)

/* ---- addresses ---- */

char *onvif_url_followed(const struct thon_watch_device *device, const char *address, const char *url)
{
        if (!address || !address[0] || !device->host || !thon_http_url_is_at(url, device->host))
                return strdup(url);
        return thon_http_url_moved(url, address);
}

char *onvif_device_url(const struct thon_watch_device *device, const char *address)
{
        const char *host = address && address[0] ? address : device->host;
        char *url = NULL;

        if (device->onvif_url)
                return onvif_url_followed(device, address, device->onvif_url);
        if (!host || asprintf(&url,
                              strchr(host, ':') ? "http://[%s]/onvif/device_service"
                                                : "http://%s/onvif/device_service",
                              host) < 0)
                return NULL;
        return url;
}

/* Where a service is, by what the camera says of it. Owned. */
static char *service_url(const char *device_url, const char *told)
{
        if (thon_http_url_problem(told))
                return strdup(device_url); /* many serve all from there */
        return thon_http_url_same_host(device_url, told) ? strdup(told)
                                                         : thon_http_url_joined(device_url, told);
}

/* ---- what each step asks ---- */

static enum thon_onvif_call asked(const struct onvif_call *call)
{
        switch (call->step) {
        case STEP_TIME:
                return THON_ONVIF_TIME;
        case STEP_CAPABILITIES:
                return THON_ONVIF_CAPABILITIES;
        case STEP_SERVICES:
                return THON_ONVIF_SERVICES;
        case STEP_PROFILES:
                return THON_ONVIF_PROFILES;
        case STEP_CALL:
                return call->call;
        }
        return call->call;
}

static const char *name_of(enum thon_onvif_call call)
{
        return strrchr(thon_onvif_action(call), '/') + 1;
}

static bool of_media(enum thon_onvif_call call)
{
        return call == THON_ONVIF_PROFILES || call == THON_ONVIF_SNAPSHOT_URI ||
               call == THON_ONVIF_STREAM_URI;
}

static bool with_profile(enum thon_onvif_call call)
{
        return call == THON_ONVIF_SNAPSHOT_URI || call == THON_ONVIF_STREAM_URI;
}

static uint64_t loop_us(const struct thon_http *http)
{
        uint64_t us = 0;

        (void)sd_event_now(thon_http_event(http), CLOCK_BOOTTIME, &us);
        return us;
}

static struct thon_wall now_of(const struct onvif_call *call)
{
        return (struct thon_wall){call->now.s + (int64_t)((loop_us(call->http) - call->begun_us) / 1000000)};
}

static char *envelope(const struct onvif_call *call)
{
        struct thon_onvif_login login = {
                .user = call->user,
                .password = call->password ? call->password : "",
                .created = {now_of(call).s + (call->skew_known ? call->skew_s : 0)}};

        if (!call->user || call->step == STEP_TIME)
                return thon_onvif_request(asked(call), NULL, call->profile);
        if (getrandom(login.nonce, sizeof login.nonce, GRND_NONBLOCK) != (ssize_t)sizeof login.nonce)
                return NULL;
        return thon_onvif_request(asked(call), &login, call->profile);
}

static void on_answer(const struct thon_http_answer *answer, void *userdata);

static int ask(struct onvif_call *call)
{
        _cleanup_free_ char *body = envelope(call), *type = NULL;
        const char *headers[] = {NULL, NULL};

        if (!body || asprintf(&type, "Content-Type: application/soap+xml; charset=utf-8; action=\"%s\"",
                              thon_onvif_action(asked(call))) < 0)
                return -ENOMEM;
        headers[0] = type;
        return thon_http_send(call->http,
                              &(struct thon_http_request){
                                      .method = "POST",
                                      .url = call->service_url ? call->service_url : call->device_url,
                                      .headers = headers,
                                      .body = body,
                                      .size = strlen(body),
                                      .connect_ms = CONNECT_MS,
                                      .total_ms = REQUEST_MS,
                                      .max_answer = ANSWER_MAX,
                                      .user = call->digest ? call->user : NULL,
                                      .password = call->digest ? call->password : NULL,
                                      .insecure = true,
                              },
                              on_answer, call, &call->request);
}

/* ---- telling ---- */

static void tell(struct onvif_call *call, struct onvif_told *told, const char *detail)
{
        char text[DETAIL];

        if (detail) {
                (void)snprintf(text, sizeof text, "%s: %s", name_of(asked(call)), detail);
                told->detail = text;
        }
        told->skew_known = call->skew_known;
        told->skew_s = call->skew_s;
        call->fn(told, call->userdata);
        (void)onvif_call_cancel(call);
}

static void tell_error(struct onvif_call *call, unsigned status, int error, const char *detail)
{
        tell(call, &(struct onvif_told){.http = THON_HTTP_ANSWERED, .status = status, .error = error},
             detail);
}

static void tell_done(struct onvif_call *call, unsigned status, struct thon_onvif_answer *answer)
{
        if (with_profile(call->call) && call->profile)
                (void)snprintf(answer->profile, sizeof answer->profile, "%s", call->profile);
        tell(call, &(struct onvif_told){.http = THON_HTTP_ANSWERED, .status = status, .answer = answer},
             NULL);
}

/* ---- what follows on what ---- */

static void go(struct onvif_call *call, enum step step)
{
        call->step = step;
        if (ask(call) < 0)
                tell(call, &(struct onvif_told){.http = THON_HTTP_NOT_SENT, .error = THON_ONVIF_DAMAGED},
                     "it could not be asked: out of memory, or a login or an address that cannot be sent");
}

static void after_services(struct onvif_call *call)
{
        go(call, with_profile(call->call) && !call->profile ? STEP_PROFILES : STEP_CALL);
}

/* Of GetCapabilities, then of GetServices; without either the device's own address is tried for media, as many serve all
 * from there. */
static void take_addresses(struct onvif_call *call, unsigned status, int error,
                           const struct thon_onvif_answer *answer)
{
        const char *told = error ? "" : of_media(call->call) ? answer->media : answer->search;

        if (told[0]) {
                call->service_url = service_url(call->device_url, told);
                after_services(call);
        } else if (call->step == STEP_CAPABILITIES)
                go(call, STEP_SERVICES);
        else if (of_media(call->call))
                after_services(call);
        else
                tell_error(call, status, THON_ONVIF_NOT_SUPPORTED, "it names no such service");
}

static void take_time(struct onvif_call *call, const struct thon_onvif_answer *answer)
{
        if (answer->has_time) {
                call->skew_known = true;
                call->skew_s = answer->utc.s - now_of(call).s;
        }
        go(call,
           of_media(call->call) || call->call == THON_ONVIF_RECORDINGS ? STEP_CAPABILITIES : STEP_CALL);
}

static void take_profile(struct onvif_call *call, unsigned status, const struct thon_onvif_answer *answer)
{
        if (!answer->profile[0]) {
                tell_error(call, status, THON_ONVIF_NOT_SUPPORTED, "it has no profile with video");
                return;
        }
        call->profile = strdup(answer->profile);
        if (call->profile)
                go(call, STEP_CALL);
        else
                tell_error(call, status, THON_ONVIF_DAMAGED, "out of memory");
}

/* What an answer says, by its envelope or else by its status. */
static int error_of(unsigned status, int read)
{
        if (status == 401)
                return THON_ONVIF_NOT_AUTHORISED;
        if (status / 100 == 2 || read > THON_ONVIF_DAMAGED)
                return read;
        switch (status) {
        case 403:
                return THON_ONVIF_NOT_AUTHORISED;
        case 404:
        case 405:
        case 501:
                return THON_ONVIF_NOT_SUPPORTED;
        default:
                return THON_ONVIF_FAULT;
        }
}

/* A camera that answers the question for the time with a fault may still answer others; one that speaks no ONVIF there, or has
 * refused a login already, does not. */
static bool goes_on(const struct onvif_call *call, unsigned status, int error)
{
        if (call->step == STEP_TIME && call->call != THON_ONVIF_TIME)
                return error != THON_ONVIF_DAMAGED && status != 401 && status != 404;
        return (call->step == STEP_CAPABILITIES || call->step == STEP_SERVICES) &&
               error != THON_ONVIF_NOT_AUTHORISED;
}

static void take(struct onvif_call *call, unsigned status, int error, struct thon_onvif_answer *answer)
{
        if (error && !goes_on(call, status, error)) {
                char detail[200];

                if (answer->text[0])
                        (void)snprintf(detail, sizeof detail, "%s (HTTP %u)", answer->text, status);
                else
                        (void)snprintf(detail, sizeof detail, "HTTP %u", status);
                tell_error(call, status, error, detail);
                return;
        }
        switch (call->step) {
        case STEP_TIME:
                if (call->call != THON_ONVIF_TIME) {
                        take_time(call, answer);
                        return;
                }
                if (answer->has_time) {
                        call->skew_known = true;
                        call->skew_s = answer->utc.s - now_of(call).s;
                }
                tell_done(call, status, answer);
                return;
        case STEP_CAPABILITIES:
        case STEP_SERVICES:
                take_addresses(call, status, error, answer);
                return;
        case STEP_PROFILES:
                take_profile(call, status, answer);
                return;
        case STEP_CALL:
                tell_done(call, status, answer);
                return;
        }
}

static void on_answer(const struct thon_http_answer *answer, void *userdata)
{
        struct onvif_call *call = userdata;
        struct thon_onvif_answer read = {0};
        int r;

        call->request = NULL;
        if (answer->result != THON_HTTP_ANSWERED) {
                tell(call,
                     &(struct onvif_told){
                             .http = answer->result, .status = answer->status, .error = THON_ONVIF_DAMAGED},
                     answer->error);
                return;
        }
        if (answer->status == 401 && call->user && !call->digest) {
                call->digest = true;
                go(call, call->step);
                return;
        }
        r = thon_onvif_read(asked(call), answer->body, answer->size, &read);
        if (r < 0) {
                tell_error(call, answer->status, THON_ONVIF_DAMAGED, "out of memory");
                return;
        }
        if (r == THON_ONVIF_DAMAGED && answer->status / 100 != 2)
                read.text[0] = '\0'; /* the page of an error: its status says it all */
        take(call, answer->status, error_of(answer->status, r), &read);
}

/* ---- beginning and end ---- */

static bool copy_text(char **to, const char *text)
{
        *to = text && text[0] ? strdup(text) : NULL;
        return !text || !text[0] || *to;
}

static bool copy(struct onvif_call *call, const char *profile, const struct onvif_want *want)
{
        call->device_url = onvif_device_url(want->device, want->address);
        return call->device_url && copy_text(&call->user, want->user) &&
               copy_text(&call->password, want->password) && copy_text(&call->profile, profile);
}

int onvif_call_start(struct thon_http *http, enum thon_onvif_call what, const char *profile,
                     const struct onvif_want *want, onvif_fn fn, void *userdata, struct onvif_call **ret)
{
        _cleanup_(onvif_call_cancelp) struct onvif_call *call = NULL;
        int r;

        if (thon_http_busy(http) >= CALLS)
                return -EBUSY;
        if (!want->device->host && !want->device->onvif_url)
                return -EINVAL;
        call = calloc(1, sizeof *call);
        if (!call)
                return -ENOMEM;
        *call = (struct onvif_call){.http = http,
                                    .call = what,
                                    .fn = fn,
                                    .userdata = userdata,
                                    .now = want->now,
                                    .begun_us = loop_us(http)};
        if (!copy(call, profile, want))
                return -ENOMEM;
        r = ask(call);
        if (r < 0)
                return r;
        *ret = THON_TAKE(call);
        return 0;
}

struct onvif_call *onvif_call_cancel(struct onvif_call *call)
{
        if (!call)
                return NULL;
        thon_http_cancel(call->request);
        if (call->password)
                explicit_bzero(call->password, strlen(call->password));
        free(call->password);
        free(call->user);
        free(call->profile);
        free(call->device_url);
        free(call->service_url);
        free(call);
        return NULL;
}
