/* Letters as schools name them (bê, xê, dê, đê), not as children sound them. A word by letters is told from one by
 * syllables so that "thanhhoa.gov.vn" is heard as its owner says it. */
#include "letters.h"

#include <string.h>
#include <utf8proc.h>

#include "syllable.h"

const char *speech_letter_name(int32_t letter)
{
        static const char *const names[26] = {
                "a",     "bê", "xê",   "dê",    "e",      "ép",     "giê",   "hát", "i",
                "gi",    "ca", "e lờ", "em mờ", "en nờ",  "o",      "pê",    "quy", "e rờ",
                "ét sì", "tê", "u",    "vê",    "vê kép", "ích xì", "i dài", "dét",
        };

        letter = utf8proc_tolower(letter);
        if (letter == 0x111)
                return "đê";
        return letter >= 'a' && letter <= 'z' ? names[letter - 'a'] : NULL;
}

/* Bytes up to the next letter that has a name: a mark stays with its letter. */
static size_t nameless(const char *word)
{
        size_t size = 0;

        while (word[size]) {
                int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)word + size, -1, &c);

                if (speech_letter_name(c))
                        break;
                size += (size_t)n;
        }
        return size;
}

void speech_spell(struct speech_out *out, const char *word)
{
        while (*word) {
                int32_t c;
                size_t n = (size_t)utf8proc_iterate((const utf8proc_uint8_t *)word, -1, &c);
                const char *name = speech_letter_name(c);

                if (name) {
                        speech_say(out, name);
                } else {
                        n = nameless(word);
                        speech_say_n(out, word, n);
                }
                word += n;
        }
}

#define RUN_MAX      64 /* bytes; longer runs are no names */
#define SYLLABLE_MAX 7

bool speech_say_syllables(struct speech_out *out, const char *lower)
{
        size_t size = strlen(lower), at = 0;
        unsigned char fewest[RUN_MAX + 1], step[RUN_MAX + 1] = {0};

        if (size > RUN_MAX)
                return false;
        /* The fewest syllables from each place to the end, from behind, one that begins with a vowel counting for two:
         * "dich vu cong" and not "dich vuc ong". The longer one first where that is the same. */
        memset(fewest, 0xff, sizeof(fewest));
        fewest[size] = 0;
        for (size_t i = size; i-- > 0;)
                for (size_t n = 1; n <= SYLLABLE_MAX && i + n <= size; n++) {
                        int cost = fewest[i + n] + (strchr("aeiouy", lower[i]) ? 2 : 1);
                        if (fewest[i + n] != 0xff && cost <= fewest[i] &&
                            speech_syllable(lower + i, n, false)) {
                                fewest[i] = (unsigned char)cost;
                                step[i] = (unsigned char)n;
                        }
                }
        if (size == 0 || fewest[0] == 0xff)
                return false;
        for (; at < size; at += step[at])
                speech_say_n(out, lower + at, step[at]);
        return true;
}
