/* Any bytes as the text of a notice: cleaning comes to rest, parts fit and lose nothing, SMS stay within their alphabet.
 * The first two bytes choose the unit and the room of a part. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/relay_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
        if (!truth)
                abort();
}

/* Appends all but white space; cleaned text has no other than these two. */
static char *pack(char *out, const char *text)
{
        for (; *text; text++)
                if (*text != ' ' && *text != '\n')
                        *out++ = *text;
        *out = '\0';
        return out;
}

static void cut(const char *text, enum thon_text_unit unit, size_t max)
{
        struct thon_text_parts parts = {0};
        _cleanup_free_ char *whole = malloc(strlen(text) + 1), *joined = malloc(strlen(text) + 1);
        char *end = joined;
        int r = thon_text_split(text, unit, max, &parts);

        require(r == 0 || r == -E2BIG);
        require((r == 0 && parts.n == 1) == (thon_text_count(text, unit) <= max));
        if (r < 0)
                return;
        require(whole && joined && parts.n >= 1 && parts.n <= THON_TEXT_PARTS_MAX);
        for (size_t i = 0; i < parts.n; i++) {
                const char *content = parts.n > 1 ? strstr(parts.text[i], ") ") + 2 : parts.text[i];

                require(thon_text_count(parts.text[i], unit) <= max);
                end = pack(end, content);
        }
        (void)pack(whole, text);
        require(strcmp(whole, joined) == 0);
        thon_text_parts_done(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *raw = NULL, *clean = NULL, *again = NULL, *citizen = NULL, *plain = NULL;
        int64_t notice = 0;

        if (size < 2)
                return 0;
        raw = strndup((const char *)data + 2, size - 2);
        require(raw != NULL);
        (void)thon_ack_parse(raw, &notice);
        require(notice >= 0);
        if (thon_notice_text(raw, THON_NOTICE_TEXT_MAX, &clean) < 0) {
                require(thon_citizen_text(raw, THON_NOTICE_TEXT_MAX, &citizen) == -EINVAL);
                return 0;
        }
        require(thon_notice_text(clean, THON_NOTICE_TEXT_MAX, &again) == 0 && strcmp(clean, again) == 0);
        cut(clean, (enum thon_text_unit)(data[0] % 4), 20 + data[1]);

        if (thon_citizen_text(raw, THON_NOTICE_TEXT_MAX, &citizen) == 0)
                require(!strstr(citizen, "[@") && !strstr(citizen, "]("));
        require((thon_sms_parts(clean) == 0) == (*clean == '\0') && thon_sms_parts(clean) != UINT_MAX);
        require(thon_sms_plain(clean, &plain) == 0);
        /* at most two septets a character */
        require(thon_text_count(plain, THON_UNIT_SMS) <=
                (thon_text_count(plain, THON_UNIT_CHARACTER) * 2 * 7 + 7) / 8);
        return 0;
}
