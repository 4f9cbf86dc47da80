/* Telephone numbers as people and Excel write them, in E.164.
 *
 * Most lists reach the office through Excel, which cuts the leading zero of everything that looks like a number. A
 * number of nine digits that would be a mobile one with its zero is therefore taken as such; the numbering plan
 * (mobile 03 05 07 08 09 and ten digits since 2018, fixed 02 and eleven since 2017) decides, and anything that it
 * does not know is refused rather than kept to fail on the day of a flood. */
#include <stdbool.h>
#include <string.h>

#include "thon/text.h"

#define E164_DIGITS_MIN 7
#define E164_DIGITS_MAX 15

/* A national number without its zero. */
static bool national_valid(const char *digits, size_t n)
{
        return (n == 9 && strchr("35789", digits[0])) || (n == 10 && digits[0] == '2');
}

/* Spaces, dots, hyphens and brackets between digits mean nothing. Returns the length, or 0 for anything
 * else. */
static size_t strip(const char *text, char *digits, size_t room, bool *ret_plus)
{
        size_t n = 0;

        *ret_plus = false;
        for (; *text; text++) {
                if (*text >= '0' && *text <= '9') {
                        if (n == room)
                                return 0;
                        digits[n++] = *text;
                } else if (*text == '+') {
                        if (n > 0 || *ret_plus)
                                return 0;
                        *ret_plus = true;
                } else if ((unsigned char)text[0] == 0xc2 && (unsigned char)text[1] == 0xa0) {
                        text++; /* no-break space */
                } else if (!strchr(" .-()", *text)) {
                        return 0;
                }
        }
        return n;
}

int thon_phone_normalise(const char *text, char ret[static THON_PHONE_TEXT])
{
        char digits[E164_DIGITS_MAX + 3]; /* "00" or "+84 (0)" before the longest */
        const char *national = digits;
        size_t n;
        bool plus;

        n = strip(text, digits, sizeof digits, &plus);
        if (!plus && n > 2 && digits[0] == '0' && digits[1] == '0') {
                plus = true;
                national += 2;
                n -= 2;
        }
        if (plus && (n < 2 || memcmp(national, "84", 2) != 0)) {
                if (n < E164_DIGITS_MIN || n > E164_DIGITS_MAX || national[0] == '0')
                        return THON_PHONE_INVALID;
                ret[0] = '+';
                memcpy(ret + 1, national, n);
                ret[n + 1] = '\0';
                return THON_PHONE_OK;
        }

        /* "84..." without a plus is the country only when too long for a national number: 084 is a mobile
         * prefix too. */
        if (plus || (n > 10 && memcmp(national, "84", 2) == 0)) {
                national += 2;
                n -= 2;
        }
        if (n > 0 && national[0] == '0') {
                national++;
                n--;
        }
        if (!national_valid(national, n))
                return THON_PHONE_INVALID;
        memcpy(ret, "+84", 3);
        memcpy(ret + 3, national, n);
        ret[n + 3] = '\0';
        return THON_PHONE_OK;
}
