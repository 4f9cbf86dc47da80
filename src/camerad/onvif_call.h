/* ONVIF calls over HTTP, each with the camera's own time in its login. */
#pragma once

#include "thon/camera_form.h"
#include "thon/http.h"
#include "thon/onvif.h"

struct onvif_call;
struct onvif_want {
        const struct thon_watch_device *device;
        const char *address;         /* NULL: as configured */
        const char *user, *password; /* NULL */
        struct thon_wall now;
};
struct onvif_told {
        enum thon_http_result http; /* of the last step; ANSWERED when it failed between two of them */
        unsigned status;
        int error; /* thon_onvif_error; DAMAGED too when `http` is not ANSWERED, or the call needs what is not told */
        bool skew_known;
        int64_t skew_s;
        const struct thon_onvif_answer
                *answer;    /* when error is 0; `profile` is the one that was asked with */
        const char *detail; /* English, printable, one line: which step, and what; NULL when error is 0 */
};
typedef void (*onvif_fn)(const struct onvif_told *told, void *userdata);
/* Asks the time first, then (media and search calls) for the service's address, then the call itself, and for SNAPSHOT_URI and
 * STREAM_URI without `profile` the profiles before. A service's address is believed when it is the same host; else its path is
 * asked of the address that we know. Without a login where the camera asks for none; by HTTP Digest where it answers 401 to
 * the login in the envelope. Each request ends within 8 s, and there are at most seven. A reboot that may have gone out is not sent again.
 *
 * The function is called once, from the loop, never from within onvif_call_start(); the call is over and freed when it returns,
 * and not to be cancelled by it. -EBUSY beyond 32 calls of this `http` at
 * once; -EINVAL: no address; -ENOMEM. `ret` is not touched then. */
int onvif_call_start(struct thon_http *http, enum thon_onvif_call call, const char *profile,
                     const struct onvif_want *want, onvif_fn fn, void *userdata, struct onvif_call **ret);
struct onvif_call *onvif_call_cancel(struct onvif_call *call);
/* "http://host/onvif/device_service" of a device, its configured address replaced when it was found elsewhere. Owned; NULL: it
 * has no address, or no memory. */
char *onvif_device_url(const struct thon_watch_device *device, const char *address);
/* `url` with `address` for its host where the device's configured one stands in it; else as it is. Owned. */
char *onvif_url_followed(const struct thon_watch_device *device, const char *address, const char *url);
