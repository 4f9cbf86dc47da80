/* ONVIF, as little of it as a watchdog needs: SOAP envelopes out, answers in. Neither network nor clock is touched here:
 * whoever calls sends `body` by HTTP POST and gives back what came. Answers are hostile: at most 256 KiB, depth 64, no DTD, no
 * entities, no network (libxml2). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/time.h"

/* WS-Security UsernameToken with digest. `created` is the camera's time, which GetSystemDateAndTime tells without a login:
 * some refuse a login that is 5 s off. `nonce` is 16 random bytes of the caller's. */
struct thon_onvif_login {
        const char *user, *password;
        struct thon_wall created;
        unsigned char nonce[16];
};
enum thon_onvif_call {
        THON_ONVIF_TIME,         /* device: GetSystemDateAndTime; no login */
        THON_ONVIF_CAPABILITIES, /* device: GetCapabilities (All): media and search addresses; */
        THON_ONVIF_SERVICES,     /* device: GetServices */
        THON_ONVIF_INFORMATION,  /* device: GetDeviceInformation */
        THON_ONVIF_INTERFACES,   /* device: GetNetworkInterfaces: MAC */
        THON_ONVIF_REBOOT,       /* device: SystemReboot */
        THON_ONVIF_PROFILES,     /* media: GetProfiles */
        THON_ONVIF_SNAPSHOT_URI, /* media: GetSnapshotUri; `profile` */
        THON_ONVIF_STREAM_URI,   /* media: GetStreamUri; `profile` */
        THON_ONVIF_RECORDINGS,   /* search: GetRecordingSummary */
};
/* Owned by the caller. `profile` NULL where none is asked for; `login` NULL: without. NULL: no memory, or a text that XML cannot
 * hold. */
char *thon_onvif_request(enum thon_onvif_call call, const struct thon_onvif_login *login,
                         const char *profile);
/* The SOAP action, for the parameter of that name in the header Content-Type ("application/soap+xml; action=..."). */
const char *thon_onvif_action(enum thon_onvif_call call);

enum thon_onvif_error {
        THON_ONVIF_OK,
        THON_ONVIF_DAMAGED,        /* no XML, no SOAP, over a limit, or a value that cannot be */
        THON_ONVIF_NOT_AUTHORISED, /* ter:NotAuthorized, wsse:FailedAuthentication, ter:SenderNotAuthorized */
        THON_ONVIF_NOT_SUPPORTED,  /* ter:ActionNotSupported, OptionalActionNotImplemented */
        THON_ONVIF_FAULT,          /* another fault: `text` says which */
};
struct thon_onvif_answer {
        bool has_time;
        struct thon_wall utc; /* TIME */
        bool local_as_utc; /* UTC was missing: local time was used, by its zone, or as it stands when it tells none */
        char media[256], search[256];                        /* CAPABILITIES, SERVICES: XAddr; "" not told */
        char maker[64], model[64], firmware[64], serial[64]; /* INFORMATION */
        char mac[18]; /* INTERFACES: "00:11:22:33:44:55", lower case; "" */
        char profile
                [72]; /* PROFILES: token of the first with video, the smallest picture of at least 320 pixels wide */
        unsigned profile_width; /* 0 not told */
        char uri[512];          /* SNAPSHOT_URI, STREAM_URI; "" it has none ("(null)" is none) */
        bool has_recordings;
        struct thon_wall recorded_until; /* RECORDINGS */
        char text[160];                  /* of a fault; printable, one line */
};
/* 0, or a positive thon_onvif_error (text filled). Only what the call asks for is filled. -ENOMEM. */
int thon_onvif_read(enum thon_onvif_call call, const char *body, size_t size, struct thon_onvif_answer *ret);

/* ---- WS-Discovery (UDP multicast 239.255.255.250:3702) ---- */
/* A Probe for NetworkVideoTransmitter; `uuid` is a fresh one of the caller's. Owned. */
char *thon_onvif_probe(const char *uuid);
struct thon_onvif_match {
        char endpoint[80]; /* "urn:uuid:..." as it stands there, lower case */
        char xaddr
                [256]; /* the first http(s) one with a numeric IPv4 address that is not link-local, else the first */
        char name[64], hardware[64], location[64]; /* of the scopes, percent-decoded; "" */
};
/* Of a ProbeMatches (several matches in one packet are possible: at most `room`); the number of them, -EINVAL (no
 * ProbeMatches, or over a limit: 8 KiB, depth 64) or -ENOMEM. Its RelatesTo must be `uuid`, written bare, as "uuid:" or as
 * "urn:uuid:". Devices that say they are something else (printers) are left out. */
int thon_onvif_matches(const char *body, size_t size, const char *uuid, struct thon_onvif_match *ret,
                       size_t room);
