/* OAuth v4 of Zalo: one chain a credential, one refresher, refresh tokens that are used once.
 *
 * The new pair is on disk (fsync, rename, fsync of the directory) before it is used; the one before is kept beside it;
 * nothing of an error body is ever written. A refresh without an answer may have used the token up: it is asked for
 * once more with the same token, and then it is an alarm that a person answers with a new credential. Channels that share a credential share its chain.
 *
 * It is refreshed after 80 % of its life, at most 20 h, and at most once a minute; intervals are monotonic, so that a
 * clock that jumps changes nothing. */
#pragma once

#include "channel.h"
#include "thon/clock.h"

struct relayd_token;

enum relayd_token_state {
        RELAYD_TOKEN_GOOD,
        RELAYD_TOKEN_REFRESHING, /* nothing is sent meanwhile */
        RELAYD_TOKEN_WAITING, /* tried again by itself: no network, no room on the disk, or an answer that was not clear
                               * (once); the access token is used while relayd_token_usable() */
        RELAYD_TOKEN_LOST, /* a person must give a new pair */
};
struct relayd_token_conf {
        const char *name;      /* of the credential; the file is STATE_DIR/relay/token-NAME.json, 0600 */
        const char *oauth_url; /* whole */
        const char *state_dir;
};
/* Called on every change of state or of relayd_token_trouble(), also from within relayd_token_refused(), not
 * from within relayd_token_new(). It does not free the token. */
typedef void (*relayd_token_fn)(struct relayd_token *token, enum relayd_token_state state, void *userdata);
/* Makes STATE_DIR/relay (0700). Reads the file in it, or seeds it from the credential when there is none, or when the
 * credential's pair is another one than it was seeded from (a person gave a new one). -ENOKEY: neither has a refresh
 * token, or app_id or secret_key is missing; -EINVAL: oauth_url or name cannot be; -errno. `secrets` is borrowed and
 * outlives us; its access_token is replaced as tokens change (NULL: none yet). */
int relayd_token_new(struct thon_clock *clock, struct thon_http *http, const struct relayd_token_conf *conf,
                     struct relayd_secrets *secrets, relayd_token_fn fn, void *userdata,
                     struct relayd_token **ret);
/* While it is REFRESHING this gives the answer up, and the next one asks once more as after an unclear answer: keep a
 * chain over a reload. */
struct relayd_token *relayd_token_free(struct relayd_token *token);
enum relayd_token_state relayd_token_state(const struct relayd_token *token);
/* There is an access token, it has not ended, and no provider has refused it: messages may go out with it. False while
 * it is being refreshed. */
bool relayd_token_usable(const struct relayd_token *token);
/* What is wrong, in Vietnamese, for `health` and the event; NULL: nothing. Borrowed until the next call of `fn`. */
const char *relayd_token_trouble(const struct relayd_token *token);
/* A provider said that `access_token` is not valid: refreshes once, unless it was replaced meanwhile, is being refreshed,
 * or was refreshed less than a minute ago and is refused again (then LOST). */
void relayd_token_refused(struct relayd_token *token, const char *access_token);
/* When the access token ends, for `health`; NEVER: not known. */
struct thon_wall relayd_token_expires(const struct relayd_token *token);
