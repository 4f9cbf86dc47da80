/* Watched devices as they stand in the registry: kinds camera, switch, access-point, host and mains, in JSON. Unknown
 * members, wrong types and values out of range are errors that name the place. docs/camera-forms.md has all members. */
#pragma once

#include "thon/camera_cause.h"
#include "thon/json.h"
#include "thon/store.h"

#define THON_WATCH_PORTS 32

/* How a device is switched off and on again: a circuit of lightd ("load": "equipment"), which does it as an override that
 * ends by itself, so that a crash of ours leaves nothing dark. */
struct thon_watch_power {
        thon_slug circuit; /* "" none */
        int off_s;         /* 3 to 120, default 10 */
        bool reboot;       /* ONVIF SystemReboot may be used; default yes */
};
/* Where the mains is read. */
struct thon_watch_mains {
        thon_slug circuit; /* member "mains" of light/<circuit>/state; or */
        char *topic;       /* any topic of the broker, absolute, no wildcards */
        char *member;      /* of a JSON object there, with dots; NULL: the bare payload */
        char *on, *off;    /* what it says; default "ON"/"OFF" */
};
struct thon_watch_device {
        char *id, *name, *area; /* area "" none */
        enum thon_watch_kind kind;
        char *host; /* numeric address, as written in the URL or "address" (an IPv6 one without brackets); NULL: mains */
        int port;                              /* camera: of the URL, default 554 (rtsps 322) */
        bool tls;                              /* rtsps:// */
        char *url;                             /* camera: as configured */
        char *snapshot_url, *onvif_url, *user; /* NULL: none */
        thon_slug parent;                      /* "" none */
        int interval_s;                        /* 0: of camerad.conf */
        int ports[THON_WATCH_PORTS];
        size_t n_ports;
        bool ptz;
        bool recorder; /* ONVIF Profile G is asked whether it records */
        bool pictures; /* default yes */
        struct thon_watch_power power;
        struct thon_watch_mains mains;
};
/* 0, -EINVAL (error filled) or -ENOMEM. `*ret` is zeroed on failure. `name` and `area` may be NULL. */
int thon_watch_device_from_json(const char *id, enum thon_watch_kind kind, const char *name,
                                const char *area, const json_t *config, struct thon_watch_device *ret,
                                struct thon_json_error *error);
void thon_watch_device_done(struct thon_watch_device *device);

/* All of them, in order of id, from one state of the registry. One that cannot be read is left out and told. 0, a positive
 * thon_store_error or -errno. */
int thon_watch_devices_load(struct thon_store *store, struct thon_watch_device **ret, size_t *ret_n,
                            void (*tell)(void *userdata, const char *id, const char *problem),
                            void *userdata);
void thon_watch_devices_free(struct thon_watch_device *devices, size_t n);
/* Ids of an area and of all below it; owned, NULL-terminated. Also of an area that is no more (itself alone). */
int thon_area_below(struct thon_store *store, const char *area, char ***ret, size_t *ret_n);

/* ---- passwords of devices: table device_secret, written by thonctl and webd, never shown ---- */
/* 1 to 255 bytes of printable text. Audit tells that it was set, not what. NOT_FOUND: no such device. `password` NULL
 * removes it. */
struct thon_actor;
int thon_device_secret_set(struct thon_store *store, const char *id, const char *password,
                           const struct thon_actor *actor);
/* *ret NULL when there is none; end it with thon_secret_free(). `*ret_serial` differs after every change. */
int thon_device_secret_get(struct thon_store *store, const char *id, char **ret, int64_t *ret_serial);
