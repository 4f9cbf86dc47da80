/* What is kept of a household or a person, and that it is erased: for the right of access and the right to have personal
 * data deleted. docs/privacy.md says what stays and why.
 *
 * A subject is a JSON object: {"household":CODE or null, "persons":[ID...], "addresses":["oa:123", "*:+84912345678"...],
 * "shared":[...]}. Addresses are those of its people, "*" for a phone on whatever channel; `shared` are those that somebody
 * else has too, whose messages are therefore no one's alone: they are left. */
#pragma once

#include "thon/json.h"
#include "thon/registry.h"
#include "thon/store.h"

/* Of a household with its people, or of one person (the other is NULL). NOT_FOUND. */
int thon_subject_read(struct thon_store *store, const char *household, const char *person, json_t **ret);

/* All that the store has on it, by table. */
int thon_subject_export(struct thon_store *store, const json_t *subject, json_t **ret);

/* relayd's part, in the open transaction or one of its own: deliveries, messages, chats, what came in, reports that are
 * closed with their files (`visit` is told of each), notices to nobody else. REFERENCED: a report is still open (the message
 * names it); BUSY: a message to them is going out just now, or waits. Then nothing was written. `regardless` is for a copy
 * that was restored, where all that is of another day. *ret: counts by table; again on what is erased already: zeros. */
int thon_relay_erase(struct thon_store *store, const json_t *subject, bool regardless, struct thon_wall at,
                     void (*visit)(const char *file, void *userdata), void *userdata, json_t **ret);

/* To be asked before relayd's part: REFERENCED when one of the people is a user of the console (the message names him). */
int thon_erasure_allowed(struct thon_store *store, const json_t *subject);

/* The registry's part, one transaction: the people, the household, what names them in the audit log, with a row in
 * `erasure` for each. *ret as above. */
int thon_registry_erase(struct thon_store *store, const json_t *subject, const struct thon_actor *actor,
                        json_t **ret);

/* Overwrites what SQLite has let go of but not written over, and empties the WAL. BUSY when somebody reads for long: the
 * bytes are then gone with the next call. */
int thon_store_scrub(struct thon_store *store);

/* The list of who was erased, backups/erased.json: it must outlive the store. PATH is the store's. Adds the subject and what
 * the store's table has. 0, -errno, or a thon_store_error: INVALID when the list that is there cannot be read. */
int thon_erasure_note(struct thon_store *store, const char *path, const json_t *subject,
                      struct thon_wall at);
/* The same of what the table has alone; nothing is written when the list has it. */
int thon_erasure_keep(struct thon_store *store, const char *path);
/* After a restore of a copy from before: erases again whoever is in the list, or in the erased.json that lies beside the file
 * `copy` (may be NULL), and not in the table of the copy; then the table has all of both. The store is open for writing, and
 * no daemon runs. *ret_n: so many households and people. INVALID as above, with nothing changed. */
int thon_store_erase_again(struct thon_store *store, const char *path, const char *copy,
                           const struct thon_actor *actor, size_t *ret_n);

/* ---- the audit log ---- */

/* Blanks rows that name the subject; `every` blanks the details of all rows that earlier versions wrote about households and
 * people. One row more says which. *ret_n: so many. */
int thon_audit_blank(struct thon_store *store, const json_t *subject, bool every,
                     const struct thon_actor *actor, const char *object, size_t *ret_n);

/* Rows that cannot be recomputed, until the row comes that vouches for them. */
struct thon_audit_gaps {
        struct thon_audit_gap {
                int64_t id;
                char hash[65];
        } * rows;
        size_t n;
};
void thon_audit_gaps_done(struct thon_audit_gaps *gaps);
/* True when it was blanked: its digest is to be taken as it stands. */
bool thon_audit_is_blank(const struct thon_audit_row *row);
/* 0 or -ENOMEM. Call open for a blank row, close for every other that matches its own digest. */
int thon_audit_gap_open(struct thon_audit_gaps *gaps, const struct thon_audit_row *row);
void thon_audit_gap_close(struct thon_audit_gaps *gaps, const struct thon_audit_row *row);
