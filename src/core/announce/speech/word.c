/* Words that no rule and no dictionary knows: most are said as they stand. Single consonants are called by their names, and
 * so are capitals that are no syllables, for they are abbreviations. In a heading in capitals a foreign name ("TỈNH KON TUM")
 * is none. */
#include <string.h>

#include "letters.h"
#include "lexicon.h"
#include "reader.h"
#include "syllable.h"
#include "unit.h"

/* Words of several letters in capitals on either side. */
static bool in_heading(const struct reader *r, size_t at)
{
        const struct token *around[2] = {speech_at(r, at - 1), speech_at(r, at + 1)};

        for (size_t i = 0; i < 2; i++)
                if (around[i]->kind == TOKEN_WORD && around[i]->upper && around[i]->letters > 1 &&
                    speech_syllable(around[i]->text, around[i]->size, true))
                        return true;
        return false;
}

static bool has_vowel(const struct token *token)
{
        for (const char *p = token->lower; *p; p++) {
                if (strchr("aeiouy", *p))
                        return true;
                /* a letter of two bytes or more that is not đ */
                if ((unsigned char)*p >= 0x80) {
                        if (strncmp(p, "đ", 2) != 0)
                                return true;
                        p++;
                }
        }
        return false;
}

/* Abbreviations are made of first letters, and so have no tones: "ĐẮK LẮK" is a name. */
static bool has_tone(const struct token *token)
{
        for (const char *p = token->lower; *p; p++)
                if ((unsigned char)*p >= 0xc3 && strncmp(p, "đ", 2) != 0)
                        return true;
        return false;
}

static bool spelled(const struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);

        if (token->letters < 2)
                return false;
        if (!has_vowel(token))
                return true;
        if (!token->upper || speech_syllable(token->text, token->size, true))
                return false;
        if (token->letters == 2 || !speech_sayable(token->text))
                return true;
        return token->letters < 5 && !has_tone(token) && !in_heading(r, at);
}

/* "K'Bang", "H'Lê": the consonant of the highlands has a vowel of its own. */
static size_t read_highland(struct reader *r, size_t at)
{
        static const struct {
                char letter;
                const char *name, *capital;
        } names[] = {{'h', "hờ", "Hờ"}, {'k', "cờ", "Cờ"}, {'m', "mờ", "Mờ"}, {'r', "rờ", "Rờ"},
                     {'b', "bờ", "Bờ"}, {'d', "đờ", "Đờ"}, {'n', "nờ", "Nờ"}, {'s', "sờ", "Sờ"}};
        const struct token *token = speech_at(r, at);

        if (token->letters != 1 || !speech_is_close_sign(r, at + 1, '\'') ||
            !speech_is_close_word(r, at + 2))
                return 0;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (*token->lower == names[i].letter) {
                        speech_say(&r->out, token->capital ? names[i].capital : names[i].name);
                        return 2;
                }
        return 0;
}

static void read_letter(struct reader *r, size_t at)
{
        static const char *const amounts[] = {"nghìn", "ngàn", "triệu", "tỷ", "tỉ", "trăm", NULL};
        const struct token *token = speech_at(r, at);
        const char *name = speech_letter_name(token->size == 1 ? (unsigned char)*token->text : 0);

        if (strcmp(token->text, "đ") == 0 &&
            (speech_is_close_sign(r, at + 1, '/') || (at > 0 && speech_is_one_of(r, at - 1, amounts)))) {
                speech_say(&r->out, "đồng");
                r->last = LAST_MONEY;
                return;
        }
        if (strcmp(token->text, "x") == 0 && speech_is_number(r, at + 1) && r->counted) {
                speech_say(&r->out, "nhân");
                return;
        }
        if (strcmp(token->lower, "đ") == 0)
                name = "đê";
        /* a vowel is its own name; an I that was no numeral must not be read as one by who reads this again */
        if (strcmp(token->text, "I") != 0 && (!name || strchr("aeiouy", *token->lower)))
                speech_say(&r->out, token->text);
        else
                speech_say(&r->out, name);
}

static void spoke(struct reader *r, size_t at)
{
        const struct token *before = speech_at(r, at - 1);
        unsigned about =
                speech_about(before->kind == TOKEN_WORD ? before->lower : "", speech_at(r, at)->lower);

        r->about = (about & ABOUT_LINK) ? r->about | about : about;
        if (!(about & ABOUT_LINK))
                r->roman = false;
        if (about & ABOUT_PHONE)
                r->phone_end = at + 14;
        if (about & ABOUT_ID)
                r->id_end = at + 8;
        r->last = LAST_WORD;
}

size_t speech_read_lexicon(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);
        const char *words;
        size_t used;

        if (token->kind == TOKEN_BREAK)
                return 0;
        words = speech_lexicon_find(r, at, &used);
        if (!words)
                return 0;
        speech_say(&r->out, words);
        spoke(r, at);
        return used;
}

size_t speech_read_word(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);
        struct unit unit;
        size_t used;

        if (token->kind != TOKEN_WORD)
                return 0;
        used = read_highland(r, at);
        if (used > 0)
                return used;
        if (speech_unit_alone(r, at, &unit)) {
                speech_say(&r->out, unit.name);
                r->last = LAST_UNIT;
                r->about = 0;
                return unit.used;
        }
        if (token->letters == 1) {
                read_letter(r, at);
                if (r->last == LAST_MONEY)
                        return 1;
        } else if (spelled(r, at)) {
                speech_spell(&r->out, token->text);
        } else {
                speech_say(&r->out, token->text);
        }
        spoke(r, at);
        return 1;
}
