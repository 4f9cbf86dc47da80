/* An announcement's form as the text of its column: what is to be said, to whom, when. Who answers for it and how
 * far it came are columns of their own. Members stand in order of their names, so that equal forms have equal
 * digests. */
#pragma once

#include "thon/announce.h"
#include "thon/json.h"

/* 0, -EINVAL (the form would not be read again; error filled), -ENOMEM. */
int thon_announce_doc_write(const struct thon_announcement *announcement, json_t **ret,
                            struct thon_json_error *error);
/* Into a zeroed struct: id, state and form. 0, -EINVAL (damaged), -ENOMEM. */
int thon_announce_doc_read(const char *text, const char *id, enum thon_announce_state state,
                           struct thon_announcement *ret);

/* As the column has it; NULL: no memory. */
char *thon_announce_doc_text(const json_t *doc);
