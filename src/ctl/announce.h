/* What the files of `thonctl announce` share. */
#pragma once

#include "ctl.h"
#include "thon/announce_store.h"

#define CTL_ANNOUNCED "thon-announced"

/* The one argument of a command; CTL_USAGE (told) for anything else. */
int ctl_announce_id(struct ctl *ctl, int argc, char **argv, const char *verb, const char **ret);
/* The store for reading and the site's zone. */
int ctl_announce_open(struct ctl *ctl);
/* In the site's zone; null for NEVER. */
json_t *ctl_announce_time(const struct ctl *ctl, struct thon_wall at);
/* [--from T] [--to T]: the last `days` days up to now unless given. */
int ctl_announce_span(struct ctl *ctl, const char *from, const char *to, int days,
                      struct thon_wall *ret_from, struct thon_wall *ret_to);
/* One airing as a document: serial, announcement, title, zone, class, due, began, ended, state, reason, why (in
 * Vietnamese, ""), seconds, level_db, returned_db, proof, audio, sha256, by. */
json_t *ctl_airing_json(const struct ctl *ctl, const struct thon_airing_row *row);
/* Airings of one announcement, oldest first. CTL_OK or told. */
int ctl_announce_airings(struct ctl *ctl, const char *id, json_t **ret);

/* Adds "pin": from `file` ("-": terminal or standard input); without one from the terminal, if there is one and `wanted`. */
int ctl_announce_put_pin(struct ctl *ctl, json_t *doc, const char *file, bool wanted);
/* The words as they will be spoken, and what should not be said in public, of an answer of announced; for people. */
void ctl_announce_say_answer(struct ctl *ctl, const json_t *reply);

/* Where announced keeps its files: $THON_STATE_DIR, else /var/lib/thon, with /announce/PART behind it. */
int ctl_announce_dir(struct ctl *ctl, const char *part, char **ret);
/* A recording as announced finds it: FILE is copied below announce/media under a name of its digest; a bare name
 * that is there already stays as it is. *ret owned. */
int ctl_announce_media(struct ctl *ctl, const char *file, char **ret);
