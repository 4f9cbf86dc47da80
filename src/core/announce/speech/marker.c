/* What begins a line without being said like the rest: bullets are nothing, "1." and "a)" are said with a pause. */
#include <string.h>

#include "letters.h"
#include "numeral.h"
#include "reader.h"

static bool closes(const struct reader *r, size_t at)
{
        return (speech_is_close_sign(r, at, '.') || speech_is_close_sign(r, at, ')') ||
                speech_is_close_sign(r, at, '/')) &&
               speech_at(r, at + 1)->kind != TOKEN_BREAK && speech_at(r, at + 1)->kind != TOKEN_END &&
               (speech_at(r, at + 1)->space ||
                (speech_is_number(r, at - 1) && speech_at(r, at + 1)->capital &&
                 !speech_at(r, at + 1)->upper));
}

/* 1. 1) 1/ 1.2. and 1.2 before a capital */
static size_t read_number(struct reader *r, size_t at)
{
        size_t used = 1;
        bool closed;

        while (used < 8 && speech_at(r, at + used - 1)->size <= 2 &&
               speech_is_close_sign(r, at + used, '.') && speech_is_close_number(r, at + used + 1))
                used += 2;
        if (speech_at(r, at + used - 1)->size > 2)
                return 0;
        closed = closes(r, at + used);
        if (!closed && (used == 1 || !speech_at(r, at + used)->space || !speech_at(r, at + used)->capital))
                return 0;
        for (size_t i = 0; i < used; i++)
                if (speech_is_number(r, at + i))
                        speech_say_value(r, speech_value(speech_at(r, at + i)));
                else
                        speech_say(&r->out, "chấm");
        return used + closed;
}

static size_t read_letter(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);
        const char *name;

        /* "I." and "V." are numerals there, "Ô." is somebody */
        if (token->letters != 1 || !closes(r, at + 1) ||
            (token->upper && (*token->text == 'I' || *token->text == 'V' || *token->text == 'X')))
                return 0;
        name = speech_letter_name((unsigned char)*token->text);
        if (token->size > 1)
                name = speech_is_word(r, at, "đ") ? "đê" : NULL;
        if (!name)
                return 0;
        speech_say(&r->out, strchr("aeiouy", *token->lower) ? token->text : name);
        return 2;
}

/* "-5°C" and "-2%" at a line's beginning are below zero; "-5 người" is a bullet. */
static bool degrees(const struct reader *r, size_t at)
{
        struct numeral numeral;

        speech_numeral(r, at, &numeral);
        at += numeral.used;
        return speech_is_sign(r, at, 0xb0) || speech_is_sign(r, at, '%') || speech_is_word(r, at, "độ") ||
               speech_is_word(r, at, "oc");
}

size_t speech_read_marker(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at), *next = speech_at(r, at + 1);
        size_t used = 0;

        if (!token->first)
                return 0;
        if (token->sign == '-' || token->sign == '+') {
                return next->kind == TOKEN_NUMBER && !next->space &&
                                       (token->sign == '+' || degrees(r, at + 1))
                               ? 0
                               : 1;
        }
        if (token->kind == TOKEN_NUMBER)
                used = read_number(r, at);
        else if (token->kind == TOKEN_WORD)
                used = read_letter(r, at);
        if (used > 0) {
                speech_mark(&r->out, '.');
                r->last = LAST_MARK;
        }
        return used;
}
