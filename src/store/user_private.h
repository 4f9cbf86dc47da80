/* What keeping users and logging them in share. */
#pragma once

#include "tries.h"
#include "user_password.h"

/* Of wrong passwords; a new one forgets them. */
extern const struct thon_tries thon_user_tries;
/* CORRUPT, with what to do. */
int thon_user_damaged(struct thon_store *store, const char *id);
