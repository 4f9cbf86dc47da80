/* What camerad keeps: standing states, history, incidents, attempts to heal, pictures. camerad is the only writer; thonctl
 * and webd read. Texts are borrowed for the call or the visit. All lists: what `visit` returns other than 0 ends the walk
 * and is returned. Writes join an open transaction. */
#pragma once

#include "thon/camera_cause.h"
#include "thon/camera_heal.h"
#include "thon/camera_report.h"
#include "thon/json.h"
#include "thon/store.h"

/* ---- one row a device: what must outlive a restart ---- */
struct thon_camera_row {
        const char *device;
        enum thon_camera_verdict verdict;
        struct thon_wall since;
        bool flapping;
        struct thon_wall flapping_since;
        struct thon_wall maintenance_until; /* {0}: none; NEVER: until ended */
        const char *maintenance_by, *maintenance_reason;
        struct thon_heal_state heal;
        unsigned auth_refused; /* 401s in a row with the login that `auth_tag` stands for */
        const char *auth_tag;
        const char *mac, *endpoint;         /* ONVIF endpoint UUID; "" not known */
        const char *address;                /* found at another address than configured; "" */
        const char *baselines;              /* thon_baselines_text(); "" */
        const char *profile, *snapshot_url; /* what ONVIF said last; "" */
};
int thon_camera_row_put(struct thon_store *store, const struct thon_camera_row *row);
int thon_camera_rows(struct thon_store *store, int (*visit)(const struct thon_camera_row *, void *),
                     void *userdata);
int thon_camera_row_remove(struct thon_store *store, const char *device);

/* ---- history ---- */
enum thon_camera_what {
        THON_CAMERA_DID_VERDICT, /* value: slug; detail: of the check; incident: that it belongs to or 0 */
        THON_CAMERA_DID_BLIP,    /* value: slug; seconds */
        THON_CAMERA_DID_FLAP,    /* value: begin, end */
        THON_CAMERA_DID_MAINTENANCE, /* value: begin, end; detail: reason; by */
        THON_CAMERA_DID_HEAL, /* value: onvif-reboot, power-cycle; detail: "began", "recovered", "failed: WHY",
                           * "refused: WHY"; by */
        THON_CAMERA_DID_ADDRESS, /* value: the new one */
};
const char *thon_camera_what_slug(enum thon_camera_what what); /* "verdict", "blip", ... */
struct thon_camera_did {
        int64_t id;
        struct thon_wall at;
        const char *device;
        enum thon_camera_what what;
        const char *value, *detail, *by; /* never NULL */
        int64_t seconds, incident;
};
int thon_camera_did(struct thon_store *store, const struct thon_camera_did *row);
/* Newest first unless `oldest_first`; `device` NULL: all; at most `limit` (0: all). */
struct thon_camera_span {
        const char *device;
        struct thon_wall from, to; /* [from, to) */
        bool oldest_first;
        size_t limit;
};
int thon_camera_history(struct thon_store *store, const struct thon_camera_span *span,
                        int (*visit)(const struct thon_camera_did *, void *), void *userdata);

/* When camerad was watching at all: a row is opened at start and drawn out at least every hour, so that a gap shows. */
int thon_camera_watching(struct thon_store *store, struct thon_wall since, struct thon_wall until);

/* ---- incidents ---- */
/* Written when it is raised, when its members change and when it ends (`ended` NEVER: it stands). `text` is what was told. */
struct thon_incident_row {
        int64_t serial; /* of the store */
        const char *id, *cause, *verdict, *root, *name, *area, *cause_id, *text, *end_text;
        int64_t group;
        struct thon_wall began, ended;
        size_t most;
        const char *const *members; /* ids of those that it holds down now */
        size_t n_members;
};
int thon_camera_incident_put(struct thon_store *store, const struct thon_incident_row *row);
/* For thon_camera_did.incident. NOT_FOUND. */
int thon_camera_incident_serial(struct thon_store *store, const char *id, int64_t *ret);
/* In order of their beginning; those that stood at some time in [from, to). */
int thon_camera_incidents(struct thon_store *store, bool standing_only, struct thon_wall from,
                          struct thon_wall to, int (*visit)(const struct thon_incident_row *, void *),
                          void *userdata);

/* ---- learned groups ---- */
int thon_camera_learned_put(struct thon_store *store, int64_t group,
                            const char *doc); /* NULL: it is no more */
int thon_camera_learned(struct thon_store *store,
                        int (*visit)(int64_t group, const char *doc, void *userdata), void *userdata);

/* ---- pictures: files below STATE_DIR/pictures, rows here ---- */
/* A sheet is what goes with a message: what was to be seen and what is. */
enum thon_camera_picture_kind { THON_PICTURE_GOOD, THON_PICTURE_BAD, THON_PICTURE_SHEET };
struct thon_camera_picture_row {
        int64_t id;
        struct thon_wall at;
        const char *device,
                *file; /* "cong-chua/2026-11-22T031500-bad.jpg", relative to STATE_DIR/pictures */
        enum thon_camera_picture_kind kind;
        enum thon_camera_verdict verdict;
        int64_t size;
};
int thon_camera_picture_add(struct thon_store *store, const struct thon_camera_picture_row *row);
/* Newest first; `device` NULL: all. */
int thon_camera_pictures(struct thon_store *store, const char *device,
                         int (*visit)(const struct thon_camera_picture_row *, void *), void *userdata);
/* The oldest beyond `keep` or while all together are over `max_bytes`, never the newest good and the newest bad one of a
 * device: told to `visit`, which removes the file, and removed. */
int thon_camera_pictures_prune(struct thon_store *store, struct thon_wall before, int64_t max_bytes,
                               int (*visit)(const struct thon_camera_picture_row *, void *), void *userdata);

/* ---- report and retention ---- */
/* Uptime of one device in [from, to); the caller bounds `to` by now. A device without history is all unknown. */
int thon_camera_uptime(struct thon_store *store, const char *device, struct thon_wall from,
                       struct thon_wall to, struct thon_uptime *ret);
/* {"from","to","total":SUM,"devices":[{"id","name","area","kind",TIMES}],"areas":[{"id","name","parent",SUM}],
 *  "incidents":[{"id","cause","verdict","root","name","area","began","ended","minutes","most","text"}],
 *  "healed":[{"device","how","at","result","by"}],"never":[ids that never answered]}
 * TIMES: "uptime" (0..1, null: nothing known), "up","warned","down","maintenance","unknown" (seconds), "failures", "longest";
 * SUM: the same with "devices" (their number) and "kinds": {KIND: {"devices","uptime"}}. Devices and areas come worst first, an
 * area counts what lies below it too, incidents in order of time. Inputs of the mains are not in it. "ended" and
 * "result" are null while they are not known. Times RFC 3339 in `zone`. `area` NULL: all. */
struct thon_zone;
int thon_camera_report(struct thon_store *store, const char *area, struct thon_wall from,
                       struct thon_wall to, const struct thon_zone *zone, json_t **ret);
int thon_camera_prune(struct thon_store *store,
                      struct thon_wall before); /* history, incidents, spans of watching; at most 1,000 rows
                                                 * of each in a call: call it every day */
