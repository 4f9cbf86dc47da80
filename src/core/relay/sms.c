/* SMS: 140 octets of user data, in which GSM 03.38 packs 160 septets and UCS-2 has 70 code units; in a longer text 6 (or
 * 7 septets) of each part go to the header that joins them. The alphabet has é and à, but hardly a word of Vietnamese is
 * made of it, and one letter outside it makes the whole text UCS-2, more than twice as dear. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <utf8proc.h>

#include "measure.h"
#include "points.h"
#include "thon/cleanup.h"

/* What is not ASCII; sorted. Septets as in 3GPP TS 23.038, table 6.2.1 and its extension. */
static const uint16_t basic[] = {
        0xa1, 0xa3, 0xa4, 0xa5,  0xa7,  0xbf,  0xc4,  0xc5,  0xc6,  0xc7,  0xc9,  0xd1,  0xd6,
        0xd8, 0xdc, 0xdf, 0xe0,  0xe4,  0xe5,  0xe6,  0xe8,  0xe9,  0xec,  0xf1,  0xf2,  0xf6,
        0xf8, 0xf9, 0xfc, 0x393, 0x394, 0x398, 0x39b, 0x39e, 0x3a0, 0x3a3, 0x3a6, 0x3a8, 0x3a9,
};

unsigned thon_gsm_septets(int32_t c)
{
        if (c == 0x20ac)
                return 2;
        if (c >= 0x80) {
                for (size_t i = 0; i < sizeof basic / sizeof *basic; i++)
                        if (basic[i] == c)
                                return 1;
                return 0;
        }
        if (c <= 0)
                return 0;
        if (strchr("^{}\\[~]|\f", c))
                return 2;
        return c == '\n' || c == '\r' || (c >= ' ' && c != '`' && c != 0x7f);
}

/* Parts of `room` units each, where a character of two units is never torn. */
static unsigned parts_of(const int32_t *points, size_t n, bool gsm, unsigned room)
{
        unsigned parts = 1, used = 0;

        for (size_t i = 0; i < n; i++) {
                unsigned units = gsm ? thon_gsm_septets(points[i]) : points[i] > 0xffff ? 2 : 1;

                if (used + units > room) {
                        parts++;
                        used = 0;
                }
                used += units;
        }
        return parts;
}

unsigned thon_sms_parts(const char *text)
{
        _cleanup_free_ int32_t *points = NULL;
        struct thon_measure measure = {.unit = THON_UNIT_SMS};
        size_t n;
        bool gsm;

        if (thon_points_decode(text, THON_NOTICE_TEXT_MAX, &points, &n) < 0 ||
            thon_points_nfc(&points, &n) < 0)
                return UINT_MAX;
        for (size_t i = 0; i < n; i++)
                thon_measure_add(&measure, points[i]);
        gsm = !measure.beyond_gsm;
        if (n == 0)
                return 0;
        if ((gsm ? measure.septets <= 160 : measure.utf16 <= 70))
                return 1;
        return parts_of(points, n, gsm, gsm ? 153 : 67);
}

/* What neither loses a mark nor is decomposed, and still has a plain look. */
static const char *plain_look(int32_t c)
{
        switch (c) {
        case 0x110: /* Đ */
                return "D";
        case 0x111:  /* đ */
        case 0x20ab: /* ₫ */
                return "d";
        case 0x2018 ... 0x201b: /* single quotes, high and low */
        case 0x2032:            /* prime */
        case '`':
        case 0xb4:
                return "'";
        case 0x201c ... 0x201f: /* double quotes */
        case 0x2033:
        case 0xab: /* guillemets */
        case 0xbb:
                return "\"";
        case 0x2010 ... 0x2015: /* hyphens and dashes */
        case 0x2212:            /* minus */
        case 0x2022:            /* bullet */
        case 0xb7:
                return "-";
        case 0x2044: /* of ½ */
                return "/";
        case 0xd7:
                return "x";
        case 0x2190:
                return "<-";
        case 0x2192:
                return "->";
        case 0x2264:
                return "<=";
        case 0x2265:
                return ">=";
        case 0xb0: /* degree */
                return "o";
        }
        return NULL;
}

static bool is_picture(int32_t c)
{
        utf8proc_category_t category = utf8proc_category(c);

        /* "So": dingbats, arrows, emoji; skin tones are modifier symbols, and regional indicators are So too. */
        return category == UTF8PROC_CATEGORY_SO || category == UTF8PROC_CATEGORY_CN ||
               (c >= 0x1f3fb && c <= 0x1f3ff);
}

/* Appends what a code point without its marks looks like. A picture leaves nothing, not even a second blank. */
static void append_plain(char *out, size_t *size, int32_t c)
{
        const char *look = plain_look(c);

        if (c == ' ' && (*size == 0 || out[*size - 1] == ' ' || out[*size - 1] == '\n'))
                return;
        while (c == '\n' && *size > 0 && out[*size - 1] == ' ')
                (*size)--;
        if (look) {
                memcpy(out + *size, look, strlen(look));
                *size += strlen(look);
        } else if (c == '\n' || (c >= ' ' && c < 0x7f))
                out[(*size)++] = (char)c;
        else if (thon_gsm_septets(c) > 0)
                *size += (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)out + *size);
        else if (!is_picture(c))
                out[(*size)++] = '?';
}

int thon_sms_plain(const char *text, char **ret)
{
        static const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
                                                 UTF8PROC_IGNORE | UTF8PROC_STRIPMARK;
        _cleanup_free_ int32_t *points = NULL;
        _cleanup_free_ char *clean = NULL, *out = NULL;
        utf8proc_ssize_t n;
        size_t size = 0;
        int r;

        r = thon_notice_text(text, THON_NOTICE_TEXT_MAX, &clean);
        if (r < 0)
                return r;
        n = utf8proc_decompose((const utf8proc_uint8_t *)clean, (utf8proc_ssize_t)strlen(clean), NULL, 0,
                               options);
        if (n < 0)
                return n == UTF8PROC_ERROR_NOMEM ? -ENOMEM : -EINVAL;
        points = malloc(((size_t)n + 1) * sizeof *points);
        if (!points)
                return -ENOMEM;
        if (utf8proc_decompose((const utf8proc_uint8_t *)clean, (utf8proc_ssize_t)strlen(clean), points, n,
                               options) != n)
                return -EINVAL;
        out = malloc((size_t)n * 4 + 1);
        if (!out)
                return -ENOMEM;
        for (utf8proc_ssize_t i = 0; i < n; i++)
                append_plain(out, &size, points[i]);
        while (size > 0 && (out[size - 1] == ' ' || out[size - 1] == '\n'))
                size--;
        out[size] = '\0';
        *ret = THON_TAKE(out);
        return 0;
}
