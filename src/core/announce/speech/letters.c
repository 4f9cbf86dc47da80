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
#define TONED_MAX    (SYLLABLE_MAX * 2 + 4)

/* A toneless syllable as a voice needs it: "viet" is "viét" with its hat and a tone, since a syllable that ends in a stop has
 * one; without it the voice takes the word for a foreign one and speaks English. False: it is no syllable. */
static bool toned(const char *plain, size_t n, char ret[static TONED_MAX])
{
        static const char *const acute[][2] = {{"a", "á"}, {"e", "é"}, {"i", "í"}, {"o", "ó"},
                                               {"u", "ú"}, {"y", "ý"}, {"ê", "ế"}, {"ô", "ố"}};
        const char *vowel = NULL;
        char letters[TONED_MAX];
        size_t size = 0, end;

        if (n > SYLLABLE_MAX)
                return false;
        memcpy(ret, plain, n);
        ret[n] = '\0';
        if (speech_syllable(ret, n, true))
                return true;
        for (size_t i = 0; i < n; i++)
                if (i > 0 && plain[i] == 'e' && (plain[i - 1] == 'i' || plain[i - 1] == 'y') && i + 1 < n) {
                        memcpy(letters + size, "ê", 2);
                        size += 2;
                } else if (i > 0 && plain[i] == 'o' && plain[i - 1] == 'u' && i + 1 < n) {
                        memcpy(letters + size, "ô", 2);
                        size += 2;
                } else {
                        letters[size++] = plain[i];
                }
        letters[size] = '\0';
        end = size;
        if (size > 2 && strcmp(letters + size - 2, "ch") == 0)
                end -= 2;
        else if (size > 1 && strchr("ptc", letters[size - 1]))
                end -= 1;
        if (end == size) {
                memcpy(ret, letters, size + 1);
                return speech_syllable(ret, size, true);
        }
        for (size_t i = 0; i < sizeof(acute) / sizeof(acute[0]); i++) {
                size_t m = strlen(acute[i][0]);

                if (m <= end && memcmp(letters + end - m, acute[i][0], m) == 0 &&
                    (m == 2 || (letters[end - 1] & 0x80) == 0)) {
                        vowel = acute[i][1];
                        memcpy(ret, letters, end - m);
                        memcpy(ret + end - m, vowel, strlen(vowel));
                        memcpy(ret + end - m + strlen(vowel), letters + end, size - end + 1);
                }
        }
        return vowel && speech_syllable(ret, strlen(ret), true);
}

bool speech_say_syllables(struct speech_out *out, const char *lower)
{
        size_t size = strlen(lower), at = 0;
        unsigned char fewest[RUN_MAX + 1], step[RUN_MAX + 1] = {0};
        char syllable[TONED_MAX];

        if (size > RUN_MAX)
                return false;
        /* The fewest syllables from each place to the end, from behind, one that begins with a vowel or ends in a
         * stop counting for two: "dich vu cong" and not "dich vuc ong". The longer one first where that is the
         * same. */
        memset(fewest, 0xff, sizeof(fewest));
        fewest[size] = 0;
        for (size_t i = size; i-- > 0;)
                for (size_t n = 1; n <= SYLLABLE_MAX && i + n <= size; n++) {
                        int cost = fewest[i + n] + 1 + (strchr("aeiouy", lower[i]) != NULL) +
                                   (strchr("ptch", lower[i + n - 1]) && n > 1 &&
                                    !(lower[i + n - 1] == 'h' && lower[i + n - 2] == 'n'));
                        if (fewest[i + n] != 0xff && cost <= fewest[i] && toned(lower + i, n, syllable)) {
                                fewest[i] = (unsigned char)cost;
                                step[i] = (unsigned char)n;
                        }
                }
        if (size == 0 || fewest[0] == 0xff)
                return false;
        for (; at < size; at += step[at])
                if (toned(lower + at, step[at], syllable))
                        speech_say(out, syllable);
        return true;
}
