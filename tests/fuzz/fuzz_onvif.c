/* Answers of cameras, and of whoever answers in their place: every call reads the same bytes, and so does discovery. Whatever
 * is accepted must be one printable line that ends within its field, and none of it may be larger than it says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/onvif.h"

#define UUID "5f5a69c2-e0ae-504f-829b-00fa1c8c4f3e"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
        if (!condition)
                abort();
}

static void must_be_line(const char *text, size_t room)
{
        size_t left = strnlen(text, room);

        must(left < room);
        while (left > 0) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n =
                        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)left, &c);

                must(n > 0 && c >= ' ' && c != 0x7f && (c < 0x80 || c > 0x9f) && c != 0x202e);
                text += n;
                left -= (size_t)n;
        }
}
#define MUST_BE_LINE(field) must_be_line((field), sizeof(field))

static void read_one(enum thon_onvif_call call, const char *text, size_t size)
{
        struct thon_onvif_answer answer = {0};
        int r = thon_onvif_read(call, text, size, &answer);

        must(r >= THON_ONVIF_OK && r <= THON_ONVIF_FAULT);
        must((r != 0) == (answer.text[0] != '\0'));
        MUST_BE_LINE(answer.text);
        MUST_BE_LINE(answer.media);
        MUST_BE_LINE(answer.search);
        MUST_BE_LINE(answer.maker);
        MUST_BE_LINE(answer.model);
        MUST_BE_LINE(answer.firmware);
        MUST_BE_LINE(answer.serial);
        MUST_BE_LINE(answer.mac);
        MUST_BE_LINE(answer.profile);
        MUST_BE_LINE(answer.uri);
        must(!answer.mac[0] || strlen(answer.mac) == 17);
        must(!strchr(answer.uri, ' ') && !strchr(answer.media, ' '));
        /* What came can be asked with. */
        if (answer.profile[0]) {
                char *request = thon_onvif_request(THON_ONVIF_SNAPSHOT_URI, NULL, answer.profile);

                must(request);
                free(request);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct thon_onvif_match matches[4] = {0};
        int n = thon_onvif_matches((const char *)data, size, UUID, matches, 4);

        must(n <= 4);
        for (int i = 0; i < n; i++) {
                MUST_BE_LINE(matches[i].endpoint);
                MUST_BE_LINE(matches[i].xaddr);
                MUST_BE_LINE(matches[i].name);
                MUST_BE_LINE(matches[i].hardware);
                MUST_BE_LINE(matches[i].location);
        }
        for (int call = THON_ONVIF_TIME; call <= THON_ONVIF_RECORDINGS; call++)
                read_one((enum thon_onvif_call)call, (const char *)data, size);
        return 0;
}
