/* One picture of a camera, over HTTP or HTTPS with its login; the address is the configured one, or what ONVIF names and then
 * believed only when it is the same host. Nothing is judged here but that it is a JPEG. */
#pragma once

#include "thon/camera_form.h"
#include "thon/http.h"

struct snapshot;
struct snapshot_want {
        const struct thon_watch_device *device;
        const char *address;         /* where it was found last; NULL: as configured */
        const char *user, *password; /* NULL */
        const char *profile,
                *snapshot_url; /* what ONVIF said last ("" not known): asked again when they fail */
        struct thon_wall now;
};
enum snapshot_result {
        SNAPSHOT_TAKEN,
        SNAPSHOT_NO_ADDRESS, /* nothing configured, and ONVIF has none either */
        SNAPSHOT_UNREACHABLE,
        SNAPSHOT_REFUSED, /* login */
        SNAPSHOT_LIES,    /* another host, no http, no JPEG: `detail` */
        SNAPSHOT_TOO_LARGE,
};
struct snapshot_answer {
        enum snapshot_result result;
        const void *data; /* borrowed for the callback */
        size_t size;
        const char *profile, *snapshot_url; /* to be kept for the next time; "" unchanged or none */
        bool skew_known;
        int64_t skew_s;     /* of ONVIF's time, or the Date of HTTP: the camera's less ours */
        const char *detail; /* English, printable, one line; NULL when taken */
};
typedef void (*snapshot_fn)(const struct snapshot_answer *answer, void *userdata);
/* Called once, from the loop, never from within snapshot_start(); it is over and freed when the function returns, and not to be
 * cancelled by it. -EBUSY beyond 32 calls of this `http` at once; -EINVAL: the
 * device has neither an address nor a URL that can be asked; -ENOMEM. */
int snapshot_start(struct thon_http *http, const struct snapshot_want *want, snapshot_fn fn, void *userdata,
                   struct snapshot **ret);
struct snapshot *snapshot_cancel(struct snapshot *snapshot);
