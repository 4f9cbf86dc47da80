/* What announced keeps: announcements and who answers for them, airings and how each ended, alerts that came in,
 * sound that was aired. announced is the only writer of all but PINs; thonctl and webd read. Texts are borrowed for
 * the call or the visit. All lists: what `visit` returns other than 0 ends the walk and is returned. Writes join an
 * open transaction. */
#pragma once

#include "thon/announce.h"
#include "thon/json.h"
#include "thon/registry.h"
#include "thon/store.h"

/* ---- announcements ---- */
/* In open transactions EXISTS and NOT_FOUND are answers: the transaction goes on. INVALID: too long, no UTF-8.
 * Written with a row in the audit log that names what changed and who did it (`action`: "announce-submit", "-edit",
 * "-approve", "-cancel", "-refuse", "-done", always with "announce-" before it; `actor` a person, or
 * "thon-announced"). The first put of an id is EXISTS when it is there already. */
int thon_announcement_add(struct thon_store *store, const struct thon_announcement *announcement,
                          const char *actor, struct thon_wall at);
int thon_announcement_put(struct thon_store *store, const struct thon_announcement *announcement,
                          const char *action, const char *actor, struct thon_wall at);
/* `planned` alone: no audit row. */
int thon_announcement_planned(struct thon_store *store, const char *id, struct thon_wall planned);
/* NOT_FOUND. Into a zeroed struct, owned. */
int thon_announcement_get(struct thon_store *store, const char *id, struct thon_announcement *ret);
/* Newest first; `open` those that are SUBMITTED or APPROVED only; `limit` 0: all. `visit` may write. CORRUPT when
 * one could not be read, but only after all others were visited. */
int thon_announcements(struct thon_store *store, bool open, size_t limit,
                       int (*visit)(const struct thon_announcement *, void *), void *userdata);
/* "a-20261122-3": a free id of a civil day. */
int thon_announcement_id(struct thon_store *store, struct thon_date day, thon_slug ret);

/* ---- airings ---- */
struct thon_airing_row {
        int64_t serial;                          /* given by thon_airing_add(), counts up for ever */
        const char *announcement, *zone, *title; /* title: for lists, of the announcement */
        enum thon_class class;
        struct thon_wall due, began, ended; /* NEVER: not yet */
        enum thon_airing_state state;
        enum thon_air_reason reason;
        int64_t seconds_ms;           /* of sound that was heard, ms */
        int64_t position_ms;          /* how far it came, to go on after a restart, ms */
        double level_db, returned_db; /* mean of what was played, loudest that came back; NaN: not known */
        const char *proof;            /* thon_proof_text(), worst of it; "" */
        const char *audio;            /* a file name below STATE_DIR/announce/aired; "" */
        int64_t audio_size;           /* bytes, for what is kept of it together; 0: none */
        const char *audio_sha256;     /* 64 lower-case digits, of the file as it was closed; "": not known */
        const char *by;               /* who answers for it */
};
/* Texts may be NULL for "". One that ends and was on air, or is an emergency, gets an audit row ("announce-aired",
 * "airing:SERIAL"): its digest of the sound should be there by then. put: NOT_FOUND. */
int thon_airing_add(struct thon_store *store, const struct thon_airing_row *row, int64_t *ret_serial);
int thon_airing_put(struct thon_store *store, const struct thon_airing_row *row);
struct thon_airing_span {
        const char *announcement, *zone; /* NULL: all */
        struct thon_wall from, to;       /* due in [from, to); to {0} or NEVER: without an end */
        bool open;                       /* those that have not ended only */
        bool oldest_first;
        size_t limit; /* 0: all */
};
int thon_airings(struct thon_store *store, const struct thon_airing_span *span,
                 int (*visit)(const struct thon_airing_row *, void *), void *userdata);

/* ---- faults of zones, for the report: "silent", "stuck", "return-lost", "player", "amplifier" ---- */
int thon_zone_fault(struct thon_store *store, const char *zone, const char *fault, const char *detail,
                    struct thon_wall began, struct thon_wall ended /* NEVER: it stands */);
struct thon_zone_fault_row {
        const char *zone, *fault, *detail;
        struct thon_wall began, ended;
};
int thon_zone_faults(struct thon_store *store, struct thon_wall from, struct thon_wall to,
                     int (*visit)(const struct thon_zone_fault_row *, void *), void *userdata);

/* ---- CAP alerts ---- */
struct thon_cap_row {
        int64_t id;
        const char *sender, *identifier, *origin, *signer, *announcement, *reason; /* "": none */
        struct thon_wall sent, received, expires;
        bool taken, over;
};
int thon_cap_add(struct thon_store *store, const struct thon_cap_row *row, const char *xml, size_t size);
int thon_cap_over(struct thon_store *store, const char *sender, const char *identifier,
                  struct thon_wall sent);
int thon_caps(struct thon_store *store, size_t limit, int (*visit)(const struct thon_cap_row *, void *),
              void *userdata);

/* ---- PINs of persons who may air emergencies: written by thonctl, as part of the registry. Only a yescrypt hash is kept. ---- */
/* 4..12 digits, not all alike nor a run; NULL takes it away. INVALID, NOT_FOUND (no such person). Audited without the PIN. */
int thon_pin_set(struct thon_store *store, const char *person, const char *pin,
                 const struct thon_actor *actor);
enum thon_pin { THON_PIN_RIGHT, THON_PIN_WRONG, THON_PIN_NONE /* this person has none */, THON_PIN_LOCKED };
/* Costs some 0.1 s. After 5 wrong ones in a row a person's is locked for 15 minutes, over restarts too: that is
 * written here (the counter is announced's), before it is answered, and after each further one again. Not in an
 * open transaction. Also on a disk that takes nothing: then this handle has 5 tries. *ret_name (may be NULL;
 * owned): the person's name, NULL of an unknown one. */
int thon_pin_check(struct thon_store *store, const char *person, const char *pin, struct thon_wall now,
                   enum thon_pin *ret, char **ret_name);

/* ---- retention and evidence ---- */
/* Airings, faults, alerts and closed announcements from before `before` go, and sound from before `audio_before` or
 * over `audio_max` bytes together, oldest first: each file is told to `visit`, which removes it. The audit log
 * stays. At most 200 rows a call: again while *ret_n > 0. */
int thon_announce_prune(struct thon_store *store, struct thon_wall before, struct thon_wall audio_before,
                        int64_t audio_max, int (*visit)(const char *audio, void *), void *userdata,
                        size_t *ret_n);
/* What was aired in [from, to) with who answers for it, and the audit rows from the one before the first that
 * concerns it to the head, so that the chain can be checked:
 * {"from","to","site","announcements","airings","faults","alerts","audit":{"rows":[...],"head"}}. */
int thon_announce_evidence(struct thon_store *store, struct thon_wall from, struct thon_wall to,
                           json_t **ret);
