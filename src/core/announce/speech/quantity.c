/* Numbers that are nothing more special: an amount with its unit, a rank, a year, a number of something. */
#include "numeral.h"
#include "reader.h"
#include "unit.h"

enum { COUNT_FIGURES_MAX = 9 }; /* more without points are a number of something, not an amount */

static bool amount_follows(const struct reader *r, size_t at)
{
        static const char *const words[] = {"đồng", "đ", "vnđ", "vnd", "usd", "người", "tấn", NULL};

        return speech_is_one_of(r, at, words);
}

static size_t read_sections(struct reader *r, size_t at)
{
        size_t used = 0;

        for (;;) {
                struct token const *token = speech_at(r, at + used);
                if (token->size > SPEECH_NUMBER_MAX)
                        speech_figure_groups(&r->out, token->text, token->size);
                else
                        speech_number(&r->out, token->text, token->size, r->dialect);
                used++;
                if (!speech_is_close_sign(r, at + used, '.') || !speech_is_close_number(r, at + used + 1))
                        break;
                speech_say(&r->out, "chấm");
                used++;
        }
        speech_said_number(r, UINT64_MAX);
        return used;
}

static bool read_rank(struct reader *r, const struct numeral *numeral)
{
        uint64_t value = speech_numeral_value(numeral);

        if ((r->about & ABOUT_ORDINAL) && value == 1)
                speech_say(&r->out, "nhất");
        else if ((r->about & (ABOUT_ORDINAL | ABOUT_MONTH)) && value == 4)
                speech_say(&r->out, "tư");
        else
                return false;
        return true;
}

/* "100+ hộ", "18+" */
static void read_more_than(struct reader *r, size_t next, const struct numeral *numeral)
{
        bool noun = speech_at(r, next)->kind == TOKEN_WORD;

        speech_say(&r->out, noun ? "hơn" : "từ");
        speech_say_numeral(r, numeral);
        if (!noun)
                speech_say(&r->out, "trở lên");
        speech_said_number(r, UINT64_MAX);
}

size_t speech_read_quantity(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);
        struct numeral numeral;
        struct unit unit;
        size_t used;

        if (token->kind != TOKEN_NUMBER)
                return 0;
        speech_numeral(r, at, &numeral);
        if (numeral.sections)
                return read_sections(r, at);
        used = numeral.used;
        if (numeral.whole_n == 0 ||
            (used == 1 && ((*token->text == '0' && token->size > 2) ||
                           (token->size > COUNT_FIGURES_MAX && !amount_follows(r, at + 1))))) {
                speech_figure_groups(&r->out, token->text, token->size);
                speech_said_number(r, UINT64_MAX);
                return 1;
        }
        if (speech_is_close_sign(r, at + used, '+') && !speech_is_close_number(r, at + used + 1)) {
                read_more_than(r, at + used + 1, &numeral);
                return used + 1;
        }
        if (!read_rank(r, &numeral))
                speech_say_numeral(r, &numeral);
        speech_said_number(r, speech_numeral_value(&numeral));
        if (speech_unit(r, at + used, &unit)) {
                speech_say(&r->out, unit.name);
                used += unit.used;
                r->last = unit.money ? LAST_MONEY : LAST_UNIT;
                r->about &= ABOUT_HOUR | ABOUT_DATE | ABOUT_SPAN;
        }
        return used;
}
