/* Whether an answer in a chat says "I know".
 *
 * What is taken for an acknowledgement stops the escalation, so a doubt must not be one: every word of the message has
 * to be known here. "ok nhưng đèn vẫn tắt" has words of its own, and goes to people instead. Words may stand in any order,
 * because they do. */
#include <stdint.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/relay_text.h"
#include "thon/text.h"

#define ANSWER_MAX    120
#define PHRASE_WORDS  3
#define NUMBER_DIGITS 15

/* Folded: without marks, lower case. Longer ones first where one begins another. */
static const char *const acknowledging[] = {
        "da tiep nhan", "da xac nhan", "nhan duoc", "tiep nhan", "xac nhan", "nghe ro",
        "nam duoc",     "nam ro",      "da nhan",   "da biet",   "biet roi", "da xem",
        "xem roi",      "da doc",      "doc roi",   "da nghe",   "da hieu",  "hieu roi",
        "da ro",        "okie",        "okay",      "okey",      "oke",      "oki",
        "okk",          "ok",          "nhan",      "ro",        "roger",    "vang",
};
/* Politeness, and what is acknowledged; alone they say nothing. */
static const char *const around[] = {
        "thong bao", "gia dinh", "chung toi", "cam on", "nhe", "nha", "roi",  "a",    "da",  "em",
        "toi",       "anh",      "chi",       "bac",    "chu", "ong", "ba",   "co",   "tin", "so",
        "tb",        "thanks",   "ho",        "minh",   "ah",  "u",   "xong", "duoc",
};

struct words {
        char text[2 * ANSWER_MAX + 2]; /* each word ends with a NUL */
        const char *at[ANSWER_MAX];
        size_t n;
};

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* Words of letters and words of digits: "ok17" is two. */
static void split(const char *folded, struct words *ret)
{
        size_t size = 0;

        for (const char *p = folded; *p; p++) {
                bool first = p == folded || p[-1] == ' ' || is_digit(p[-1]) != is_digit(*p);

                if (*p == ' ')
                        continue;
                if (first) {
                        if (size > 0)
                                ret->text[size++] = '\0';
                        ret->at[ret->n++] = ret->text + size;
                }
                ret->text[size++] = *p;
        }
        ret->text[size] = '\0';
}

/* How many words from `from` on are a phrase of the list; 0 none. */
static size_t match(const struct words *words, size_t from, const char *const *list, size_t n_list)
{
        for (size_t i = 0; i < n_list; i++) {
                const char *phrase = list[i];
                size_t taken = 0;

                while (from + taken < words->n && taken < PHRASE_WORDS) {
                        size_t length = strlen(words->at[from + taken]);

                        if (strncmp(phrase, words->at[from + taken], length) != 0)
                                break;
                        taken++;
                        phrase += length;
                        if (*phrase == '\0')
                                return taken;
                        if (*phrase++ != ' ')
                                break;
                }
        }
        return 0;
}

static bool parse_number(const char *word, int64_t *ret)
{
        int64_t n = 0;

        if (strlen(word) > NUMBER_DIGITS)
                return false;
        for (const char *p = word; *p; p++)
                n = n * 10 + (*p - '0');
        *ret = n;
        return n > 0;
}

/* What turns the words around it into a question or a refusal, and folding would drop: "vắng" (absent) is not "vâng". */
static bool doubts(const char *text)
{
        static const char *const marks[] = {"?", "？", "👎",    "❌",    "🙅",   "🚫",
                                            "⛔", " à", "vắng", "Vắng", "VẮNG"};

        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
                if (strstr(text, marks[i]))
                        return true;
        return false;
}

/* Nothing but thumbs and ticks; skin tones and emoji style belong to them. */
static bool is_sign(const char *text)
{
        static const char *const signs[] = {"👍", "👌", "✅", "🆗", "✔"};
        static const char *const trimmings[] = {"🏻", "🏼",         "🏽", "🏾",
                                                "🏿", "\xef\xb8\x8f", " ",    "\n"};
        bool any = false;

        while (*text) {
                size_t took = 0;

                for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
                        if (strncmp(text, signs[i], strlen(signs[i])) == 0) {
                                took = strlen(signs[i]);
                                any = true;
                        }
                for (size_t i = 0; any && i < sizeof trimmings / sizeof *trimmings; i++)
                        if (strncmp(text, trimmings[i], strlen(trimmings[i])) == 0)
                                took = strlen(trimmings[i]);
                if (took == 0)
                        return false;
                text += took;
        }
        return any;
}

bool thon_ack_parse(const char *text, int64_t *ret_notice)
{
        _cleanup_free_ char *clean = NULL, *folded = NULL;
        struct words words = {.n = 0};
        bool acknowledged = false;
        int64_t notice = 0;

        if (thon_notice_text(text, ANSWER_MAX, &clean) < 0 || doubts(clean) ||
            thon_text_fold(clean, ANSWER_MAX, &folded) < 0)
                return false;
        if (is_sign(clean)) {
                *ret_notice = 0;
                return true;
        }
        split(folded, &words);
        for (size_t i = 0; i < words.n;) {
                size_t took = 1;

                if (is_digit(words.at[i][0])) {
                        if (notice > 0 || !parse_number(words.at[i], &notice))
                                return false;
                } else {
                        took = match(&words, i, acknowledging, sizeof acknowledging / sizeof *acknowledging);
                        acknowledged = acknowledged || took > 0;
                        if (took == 0)
                                took = match(&words, i, around, sizeof around / sizeof *around);
                        if (took == 0)
                                return false;
                }
                i += took;
        }
        if (!acknowledged)
                return false;
        *ret_notice = notice;
        return true;
}
