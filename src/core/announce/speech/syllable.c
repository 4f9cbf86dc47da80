/* Whether a word is a Vietnamese syllable: an onset, a rime, a tone.
 *
 * Capitals alone do not tell an abbreviation: headings are in capitals. "THÔNG BÁO" is made of syllables and "BCHQS" is
 * not; "BOT" and "CAP" are not either, for a syllable that ends in a stop has sắc or nặng. The lists are closed: the
 * language has no other onsets and rimes. */
#include "syllable.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cleanup.h"

#define PLAIN_MAX 32 /* bytes of a syllable without its tone; the longest, "nghiêng", has nine */

enum tone { TONE_LEVEL, TONE_STOP, TONE_OTHER }; /* sắc and nặng are what a stop takes */

/* By strcmp(). */
static const char *const onsets[] = {"b", "c", "ch", "d",  "g",   "gh", "gi", "h",  "k", "kh",
                                     "l", "m", "n",  "ng", "ngh", "nh", "p",  "ph", "q", "qu",
                                     "r", "s", "t",  "th", "tr",  "v",  "x",  "đ"};

static const char *const rimes[] = {
        "a",   "ac",   "ach",  "ai",  "am",   "an",   "ang",  "anh",  "ao",   "ap",  "at",  "au",   "ay",
        "e",   "ec",   "em",   "en",  "eng",  "eo",   "ep",   "et",   "i",    "ia",  "ich", "im",   "in",
        "inh", "ip",   "it",   "iu",  "iêc",  "iêm",  "iên",  "iêng", "iêp",  "iêt", "iêu", "o",    "oa",
        "oac", "oach", "oai",  "oam", "oan",  "oang", "oanh", "oao",  "oap",  "oat", "oay", "oc",   "oe",
        "oen", "oeo",  "oet",  "oi",  "om",   "on",   "ong",  "ooc",  "oong", "op",  "ot",  "oă",   "oăc",
        "oăm", "oăn",  "oăng", "oăt", "u",    "ua",   "uan",  "uang", "uc",   "ue",  "ui",  "um",   "un",
        "ung", "up",   "ut",   "uy",  "uya",  "uych", "uyn",  "uynh", "uyp",  "uyt", "uyu", "uyên", "uyêt",
        "uâ",  "uân",  "uâng", "uât", "uây",  "uê",   "uêch", "uênh", "uôc",  "uôi", "uôm", "uôn",  "uông",
        "uôt", "uơ",   "uơn",  "y",   "yêm",  "yên",  "yêng", "yêt",  "yêu",  "âc",  "âm",  "ân",   "âng",
        "âp",  "ât",   "âu",   "ây",  "ê",    "êch",  "êm",   "ên",   "ênh",  "êp",  "êt",  "êu",   "ô",
        "ôc",  "ôi",   "ôm",   "ôn",  "ông",  "ôp",   "ôt",   "ăc",   "ăm",   "ăn",  "ăng", "ăp",   "ăt",
        "ơ",   "ơi",   "ơm",   "ơn",  "ơp",   "ơt",   "ư",    "ưa",   "ưc",   "ưi",  "ưng", "ưt",   "ưu",
        "ươc", "ươi",  "ươm",  "ươn", "ương", "ươp",  "ươt",  "ươu",
};

static int compare(const void *key, const void *item)
{
        return strcmp(key, *(const char *const *)item);
}

#define IN(word, list) \
        (bsearch(word, list, sizeof(list) / sizeof((list)[0]), sizeof((list)[0]), compare) != NULL)

static bool consonant(int32_t c)
{
        return (c >= 'a' && c <= 'z' && !strchr("aeiouy", (int)c)) || c == 0x111;
}

/* Lower case without the tone; the hat, breve and horn stay, for they make other letters. False for what no syllable has. */
static bool plain(const char *word, size_t size, char ret[static PLAIN_MAX], enum tone *ret_tone)
{
        size_t used = 0, out = 0;

        *ret_tone = TONE_LEVEL;
        while (used < size) {
                int32_t c, points[4];
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)word + used,
                                                      (utf8proc_ssize_t)(size - used), &c);
                if (n <= 0)
                        return false;
                used += (size_t)n;
                c = utf8proc_tolower(c);
                n = utf8proc_decompose_char(c, points, 4, UTF8PROC_DECOMPOSE, NULL);
                if (n < 1 || n > 4)
                        return false;
                c = points[0];
                for (utf8proc_ssize_t i = 1; i < n; i++)
                        switch (points[i]) {
                        case 0x300: /* huyền */
                        case 0x303: /* ngã */
                        case 0x309: /* hỏi */
                                *ret_tone = TONE_OTHER;
                                break;
                        case 0x301: /* sắc */
                        case 0x323: /* nặng */
                                *ret_tone = TONE_STOP;
                                break;
                        case 0x302:
                                c = c == 'a' ? 0xe2 : c == 'e' ? 0xea : c == 'o' ? 0xf4 : 0;
                                break;
                        case 0x306:
                                c = c == 'a' ? 0x103 : 0;
                                break;
                        case 0x31b:
                                c = c == 'o' ? 0x1a1 : c == 'u' ? 0x1b0 : 0;
                                break;
                        default:
                                return false;
                        }
                if (c == 0 || out + 5 > PLAIN_MAX)
                        return false;
                out += (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)ret + out);
        }
        ret[out] = '\0';
        return out > 0;
}

bool speech_syllable(const char *word, size_t size, bool tones)
{
        char text[PLAIN_MAX], onset[4];
        enum tone tone;
        size_t n = 0, length;
        char last;

        if (size >= PLAIN_MAX || !plain(word, size, text, &tone))
                return false;
        length = strlen(text);
        last = text[length - 1];
        if (tones && tone != TONE_STOP && length > 1 &&
            (last == 'p' || last == 't' || last == 'c' || (last == 'h' && text[length - 2] == 'c')))
                return false;
        while (n < 3 && consonant((unsigned char)text[n]))
                n++;
        if (n == 0 && strncmp(text, "đ", 2) == 0)
                n = 2;
        memcpy(onset, text, n);
        onset[n] = '\0';
        if (n > 0 && !IN(onset, onsets))
                return false;
        /* "gi" and "qu" take their vowel; "gì" and "quốc" lend it back. */
        if (strcmp(onset, "q") == 0)
                return text[1] == 'u' && (IN(text + 2, rimes) || IN(text + 1, rimes));
        if (strcmp(onset, "g") == 0 && text[1] == 'i')
                return text[2] == '\0' || IN(text + 2, rimes) || IN(text + 1, rimes);
        if (strcmp(onset, "k") == 0 && !strchr("iey", text[1]) && strncmp(text + 1, "ê", 2) != 0)
                return false;
        return IN(text + n, rimes);
}

bool speech_sayable(const char *word)
{
        size_t before = 0, after = 0, vowels = 0;

        for (const char *p = word; *p;) {
                int32_t c;
                p += utf8proc_iterate((const utf8proc_uint8_t *)p, -1, &c);
                c = utf8proc_tolower(c);
                if (!consonant(c)) {
                        if (after > 2)
                                return false;
                        vowels++;
                        after = 0;
                } else if (vowels == 0) {
                        before++;
                } else {
                        after++;
                }
        }
        return vowels > 0 && before <= 3 && after <= 2;
}
