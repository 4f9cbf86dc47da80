/* A pair of tokens: what the provider's answer to a refresh says, and the file that keeps it. No clock and no network,
 * so that any bytes can be tried on it. */
#pragma once

#include "thon/json.h"
#include "thon/time.h"

#define RELAYD_TOKEN_TRIES 2 /* with one refresh token: the first, and once more after an unclear answer */

struct relayd_pair {
        char *access, *refresh;     /* access may be NULL (a credential without one); both NULL: no pair */
        struct thon_wall expires;   /* NEVER: not known */
        struct thon_wall refreshed; /* {0}: not by us */
};
/* Text that can stand in a header as it is: 1 to 4,096 printable ASCII characters without spaces. */
bool relayd_token_fits(const char *text);
/* Wipes; the struct may be used again. */
void relayd_pair_done(struct relayd_pair *pair);

/* ---- the answer ---- */
#define RELAYD_LIFETIME_S 90000 /* of an access token that does not tell: 25 h */

struct relayd_token_answer {
        char *access, *refresh; /* owned; refresh NULL: the old one goes on */
        int64_t lifetime_s;     /* 10 s to 400 days */
        int64_t code;           /* refused: the provider's, not 0 */
        char words
                [100]; /* refused: its name, printable; "" none. Nothing that was in the answer beside it */
};
void relayd_token_answer_done(struct relayd_token_answer *answer);

enum relayd_token_reading {
        RELAYD_READ_PAIR,    /* access, refresh, lifetime_s */
        RELAYD_READ_REFUSED, /* code, words */
        RELAYD_READ_UNCLEAR, /* neither a pair nor a refusal */
};
/* One of the above, or -ENOMEM. `ret` is filled in any case, and to be done with. */
int relayd_token_answer_read(const char *body, size_t size, struct relayd_token_answer *ret);

/* ---- the file ---- */
#define RELAYD_SEED 65 /* SHA-256 in hex and a NUL */

struct relayd_token_file {
        struct relayd_pair now, previous;
        char seed[RELAYD_SEED]; /* of the credential's pair that the chain began with */
        int tries;              /* refreshes that were asked for with `now` and have no clear answer */
};
#define RELAYD_TOKEN_FILE_MAX (64u * 1024)

/* 0, -EBADMSG, -ENOMEM (`ret` untouched). */
int relayd_token_file_read(const char *text, size_t size, struct relayd_token_file *ret);
/* Owned, wiped by the caller (thon_secret_free()); NULL: no memory. */
char *relayd_token_file_text(const struct relayd_token_file *file);
void relayd_token_file_done(struct relayd_token_file *file);
/* 0, -ENOMEM. */
int relayd_token_seed(const char *access, const char *refresh, char ret[static RELAYD_SEED]);
