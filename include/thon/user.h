/* Who may use the console: users, their roles and passwords.
 *
 * A user stands for a person of the registry, or for nobody in it (a guest of the province, a screen on a wall: then it
 * has a name of its own). What areas a hamlet head sees are those of the person. A password is kept as a yescrypt hash that
 * no list, export, audit row or event ever reads. Writes are as those of thon/registry.h: one IMMEDIATE transaction with
 * an audit row, followed by registry/changed. */
#pragma once

#include "thon/registry.h"
#include "thon/slug.h"

enum thon_role {
        THON_ROLE_ADMIN,       /* all, users too */
        THON_ROLE_OFFICER,     /* all of the daily work */
        THON_ROLE_HAMLET_HEAD, /* that of the own area */
        THON_ROLE_TECHNICIAN,  /* lights, cameras, loudspeakers; no notices, no households */
        THON_ROLE_VIEWER,      /* looks */
        THON_ROLES
};
const char *thon_role_text(enum thon_role role); /* "hamlet-head"; constant */
bool thon_role_parse(const char *text, enum thon_role *ret);

#define THON_PASSWORD_MIN 10  /* characters */
#define THON_PASSWORD_MAX 128 /* characters */
/* NULL, or what is wrong with it, as an English sentence that ends "a password ..."; constant. Compared in NFC, white space as
 * one space; `id` and `name` (may be NULL) are what it must not be. */
const char *thon_password_refused(const char *password, const char *id, const char *name);

/* NULL: as it is (when adding: none, the person's name, viewer); "" clears. */
struct thon_user_fields {
        const char *name, *person, *role;
};
/* EXISTS; NOT_FOUND when there is no such person; INVALID. */
int thon_user_add(struct thon_store *store, const char *id, const struct thon_user_fields *fields,
                  const char *password, const struct thon_actor *actor);
/* The last administrator who is not disabled stays one: INVALID, here and below. */
int thon_user_set(struct thon_store *store, const char *id, const struct thon_user_fields *fields,
                  const struct thon_actor *actor);
/* Also ends a lock. */
int thon_user_password(struct thon_store *store, const char *id, const char *password,
                       const struct thon_actor *actor);
/* Whether it is the present one. No log-in: nothing is counted. */
int thon_user_password_same(struct thon_store *store, const char *id, const char *password, bool *ret);
int thon_user_disable(struct thon_store *store, const char *id, bool disabled,
                      const struct thon_actor *actor);
int thon_user_remove(struct thon_store *store, const char *id, const struct thon_actor *actor);

/* {"id","name","person","role","disabled","created_at","changed_at"}; times as "2027-02-05T10:31:00Z". */
int thon_user_show(struct thon_store *store, const char *id, json_t **ret);
int thon_user_list(struct thon_store *store, json_t **ret);

/* A log-in. */
enum thon_login {
        THON_LOGIN_RIGHT,
        THON_LOGIN_WRONG, /* or nobody has that name, or it is disabled */
        THON_LOGIN_LOCKED /* after five wrong ones in a row, for a quarter of an hour; not to be told apart outside */
};
struct thon_user {
        thon_slug id, person; /* "" without a person */
        enum thon_role role;
        int64_t serial; /* a session of another one is over */
};
/* Takes the same time for names that nobody has. `ret_user` is filled when it is RIGHT. */
int thon_user_check(struct thon_store *store, const char *id, const char *password, struct thon_wall now,
                    enum thon_login *ret, struct thon_user *ret_user);
/* Of somebody who is logged in; NOT_FOUND when gone or disabled. */
int thon_user_get(struct thon_store *store, const char *id, struct thon_user *ret);
