/* Logins for RTSP: the value of an Authorization header. Digest by RFC 2069, 2617 and 7616 (MD5, SHA-256, their -sess forms,
 * qop auth), and Basic. */
#pragma once

#include "thon/rtsp.h"

#define DIGEST_CNONCE 33 /* 32 hexadecimal digits and a NUL */
struct digest_want {
        const struct thon_challenge *challenge;
        const char *user, *password;
        const char *method, *uri; /* as they stand in the request line */
        const char *cnonce;       /* hexadecimal; only asked for with qop auth or -sess */
        unsigned count;           /* of requests with this nonce, from 1 */
};
/* "Digest username=..." or "Basic ...", terminated, for the caller to wipe. 0, -EINVAL (nothing to answer; a user with control
 * characters, or for Basic with a colon; a URI that a quoted string cannot hold), -ENOBUFS (more than `room`), -EIO
 * (libcrypto). What is in `ret` on failure is wiped. */
int digest_authorization(const struct digest_want *want, char *ret, size_t room);
/* True when the answer to the challenge holds a cnonce. */
bool digest_wants_cnonce(const struct thon_challenge *challenge);
/* Of 128 random bits. 0 or -errno. */
int digest_cnonce(char ret[static DIGEST_CNONCE]);
