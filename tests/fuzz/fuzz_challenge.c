/* Login challenges, and what we answer: nothing that a server writes leaves its quotes in our request, and nothing of it
 * overflows. Headers are parted by line feeds, as they would have been by the reader. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/camerad/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void whole(const char *text, size_t room)
{
        size_t n = strnlen(text, room);

        if (n == room)
                abort();
        for (size_t i = 0; i < n; i++)
                if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
                        abort();
}

/* One line, and quotes that all close. */
static void one_line(const char *answer)
{
        bool quoted = false;

        for (const char *p = answer; *p; p++) {
                if ((unsigned char)*p < ' ' || *p == 0x7f)
                        abort();
                if (quoted && *p == '\\') {
                        if (!*++p)
                                abort();
                } else if (*p == '"')
                        quoted = !quoted;
        }
        if (quoted)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct thon_rtsp_text headers[THON_RTSP_CHALLENGES];
        struct thon_challenge challenge;
        char *text = malloc(size ? size : 1), answer[8192];
        size_t n = 0, at = 0;

        if (!text)
                abort();
        if (size > 0)
                memcpy(text, data, size);
        while (n < THON_RTSP_CHALLENGES && at < size) {
                const char *nl = memchr(text + at, '\n', size - at);
                size_t length = nl ? (size_t)(nl - text) - at : size - at;

                headers[n++] = (struct thon_rtsp_text){text + at, length};
                at += length + 1;
        }
        if (thon_challenge_choose(headers, n, &challenge)) {
                struct digest_want want = {&challenge, "quản \"trị\"", "mật:khẩu\\",
                                           "DESCRIBE", "rtsp://h/a",   "00112233445566778899aabbccddeeff",
                                           1};

                if (challenge.scheme == THON_CHALLENGE_NONE)
                        abort();
                whole(challenge.realm, sizeof challenge.realm);
                whole(challenge.nonce, sizeof challenge.nonce);
                whole(challenge.opaque, sizeof challenge.opaque);
                if (digest_authorization(&want, answer, sizeof answer) != 0)
                        abort();
                one_line(answer);
        }
        free(text);
        return 0;
}
