/* Roman numerals, where they are numerals: behind what is counted with them (Đại hội XIV, quý IV), in a list with one, at the
 * head of a section. Elsewhere only those that are no word and no abbreviation (XIV, III): "VI PHẠM" is a heading and "XI
 * MĂNG" cement, "vitamin C" a letter. */
#include <string.h>

#include "number.h"
#include "reader.h"

enum { ROMAN_MAX = 3999 };

static unsigned letter_value(char c)
{
        switch (c) {
        case 'I':
                return 1;
        case 'V':
                return 5;
        case 'X':
                return 10;
        case 'L':
                return 50;
        case 'C':
                return 100;
        case 'D':
                return 500;
        case 'M':
                return 1000;
        default:
                return 0;
        }
}

/* The value of a well-formed numeral, the form a mason would cut; 0 for anything else. */
static unsigned value_of(const char *text)
{
        static const struct {
                unsigned value;
                const char *text;
        } parts[] = {{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
                     {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};
        unsigned value = 0, rest;
        const char *p = text;

        for (size_t i = 0; text[i]; i++) {
                unsigned v = letter_value(text[i]);
                if (v == 0 || i > 14)
                        return 0;
                value += v < letter_value(text[i + 1]) ? 0 - v : v;
        }
        rest = value;
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && rest <= ROMAN_MAX;)
                if (rest >= parts[i].value && strncmp(p, parts[i].text, strlen(parts[i].text)) == 0) {
                        rest -= parts[i].value;
                        p += strlen(parts[i].text);
                } else if (rest >= parts[i].value) {
                        return 0;
                } else {
                        i++;
                }
        return rest == 0 && *p == '\0' ? value : 0;
}

static bool plainly(const char *text)
{
        return text[1] && text[strspn(text, "IVX")] == '\0' && strcmp(text, "VI") != 0 &&
               strcmp(text, "XI") != 0;
}

/* In a list or a range that began with one. */
static bool in_list(const struct reader *r, size_t at)
{
        if (!r->roman || at == 0)
                return false;
        return speech_is_sign(r, at - 1, ',') || speech_is_sign(r, at - 1, '-') ||
               speech_is_sign(r, at - 1, '/') || (r->about & ABOUT_LINK);
}

static bool heads_section(const struct reader *r, size_t at)
{
        return speech_at(r, at)->first &&
               (speech_is_close_sign(r, at + 1, '.') || speech_is_close_sign(r, at + 1, ')') ||
                speech_is_close_sign(r, at + 1, '/')) &&
               speech_at(r, at + 2)->kind == TOKEN_WORD && speech_at(r, at + 2)->space;
}

size_t speech_read_roman(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);
        unsigned value;
        size_t used = 1;
        bool short_form = token->text[strspn(token->text, "IVX")] == '\0';

        if (token->kind != TOKEN_WORD || !token->upper || speech_is_close_number(r, at + 1) ||
            (at > 0 && !token->space && speech_is_number(r, at - 1)) ||
            speech_is_close_sign(r, at + 1, '\''))
                return 0;
        value = value_of(token->text);
        if (value == 0 || (!short_form && (token->letters < 3 || !(r->about & ABOUT_ROMAN))))
                return 0;
        if (!(r->about & ABOUT_ROMAN) && !plainly(token->text) && !in_list(r, at) && !heads_section(r, at))
                return 0;
        if ((r->about & ABOUT_ORDINAL) && value == 1)
                speech_say(&r->out, "nhất");
        else if ((r->about & ABOUT_ORDINAL) && value == 4)
                speech_say(&r->out, "tư");
        else
                speech_say_value(r, value);
        if (heads_section(r, at) && !(r->about & ABOUT_ROMAN)) {
                speech_mark(&r->out, '.');
                used = 2;
        } else if (speech_is_close_sign(r, at + 1, '/') && speech_is_close_number(r, at + 2) &&
                   speech_at(r, at + 2)->size == 4) {
                speech_say(&r->out, "năm");
                speech_say_value(r, speech_value(speech_at(r, at + 2)));
                used = 3;
        }
        speech_said_number(r, value);
        r->roman = true;
        return used;
}
