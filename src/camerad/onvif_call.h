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
        enum thon_http_result http;
        unsigned status;
        int error; /* thon_onvif_error */
        bool skew_known;
        int64_t skew_s;
        const struct thon_onvif_answer *answer; /* when error is 0 */
        const char *detail;                     /* English */
};
typedef void (*onvif_fn)(const struct onvif_told *told, void *userdata);
/* Asks the time first, then (media and search calls) for the service's address, then the call itself, and for SNAPSHOT_URI and
 * STREAM_URI without `profile` the profiles before. -EBUSY beyond 32 at once. The function is called once, from the loop. */
int onvif_call_start(struct thon_http *http, enum thon_onvif_call call, const char *profile,
                     const struct onvif_want *want, onvif_fn fn, void *userdata, struct onvif_call **ret);
struct onvif_call *onvif_call_cancel(struct onvif_call *call);
/* "http://host/onvif/device_service" of a device, its configured address replaced when it was found elsewhere. Owned. */
char *onvif_device_url(const struct thon_watch_device *device, const char *address);
