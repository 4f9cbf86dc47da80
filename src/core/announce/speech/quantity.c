/* Numbers that are nothing more special: an amount with its unit, a rank, a year, a number of something. */
#include <string.h>

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

/* "1tr2", "2tr250": millions, and thousands in hundreds; how many tokens behind the number. */
static size_t read_millions(struct reader *r, size_t at)
{
        const struct token *rest = speech_at(r, at + 1);
        char figures[4] = "000";

        if (!speech_is_close_word(r, at) || !speech_is_word(r, at, "tr") ||
            !speech_is_close_number(r, at + 1) || rest->size > 3 || speech_is_close_word(r, at + 2))
                return 0;
        memcpy(figures, rest->text, rest->size);
        speech_say(&r->out, "triệu");
        speech_number(&r->out, figures, 3, r->dialect);
        speech_say(&r->out, r->dialect == THON_DIALECT_NORTH ? "nghìn" : "ngàn");
        r->last = LAST_MONEY;
        return 2;
}

/* "05 (năm) suất": a number that its words follow in brackets, as officials write it, is said once. */
static size_t skip_words_of(const struct reader *r, size_t at, const struct numeral *numeral)
{
        struct speech_out words = {0};
        const char *p;
        size_t n = 1;

        if (!speech_is_sign(r, at, '(') || numeral->decimals || speech_at(r, at + 1)->kind != TOKEN_WORD)
                return 0;
        speech_number(&words, numeral->whole, numeral->whole_n, r->dialect);
        p = words.text;
        if (speech_is_word(r, at + n, "không") && *numeral->whole == '0' && numeral->whole_n > 1)
                n++;
        while (p && *p && speech_at(r, at + n)->kind == TOKEN_WORD) {
                size_t size = strlen(speech_at(r, at + n)->lower);

                if (strncmp(p, speech_at(r, at + n)->lower, size) != 0 || (p[size] && p[size] != ' '))
                        break;
                p += size + (p[size] == ' ');
                n++;
        }
        n = p && !*p && speech_is_sign(r, at + n, ')') ? n + 1 : 0;
        speech_out_done(&words);
        return n;
}

size_t speech_read_quantity(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);
        struct numeral numeral;
        struct unit unit;
        size_t used, more;

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
        used += skip_words_of(r, at + used, &numeral);
        if ((more = read_millions(r, at + used)) > 0)
                return used + more;
        if (speech_unit(r, at + used, &unit)) {
                speech_say(&r->out, unit.name);
                used += unit.used;
                r->last = unit.money ? LAST_MONEY : LAST_UNIT;
                r->about &= ABOUT_HOUR | ABOUT_DATE | ABOUT_SPAN;
        }
        return used;
}
