/* Letters and figures in one: number plates, insurance cards, H5N1, rice called ST25. Letters by name; figures as a number up
 * to three of them, one by one beyond, for nobody hears "một nghìn không trăm linh ..." as a code. */
#include <string.h>

#include "letters.h"
#include "number.h"
#include "reader.h"

enum { CODE_TOKENS = 10, CODE_NUMBER = 3 };

static void say_figures(struct reader *r, const struct token *token)
{
        if (token->size <= CODE_NUMBER && *token->text != '0')
                speech_number(&r->out, token->text, token->size, r->dialect);
        else
                speech_figure_groups(&r->out, token->text, token->size);
}

static bool short_capitals(const struct reader *r, size_t at, size_t most)
{
        const struct token *token = speech_at(r, at);

        return token->kind == TOKEN_WORD && token->upper && token->letters <= most &&
               token->size <= most + 1;
}

/* 36A-123.45, 29B1-123.45, 36 AB 123.45, 30A-1234: a county, a series, a number. */
static size_t read_plate(struct reader *r, size_t at)
{
        const struct token *county = speech_at(r, at);
        size_t used = 1, series, more = 0;
        bool dash, said = (r->about & ABOUT_PLATE) != 0;

        if (county->kind != TOKEN_NUMBER || county->size != 2 || (at > 0 && !county->space && !said))
                return 0;
        if (said && speech_is_close_sign(r, at + used, '-'))
                used++;
        series = at + used;
        if (!short_capitals(r, series, 2) || (speech_at(r, series)->space && !said))
                return 0;
        used++;
        if (speech_is_close_number(r, at + used) && speech_at(r, at + used)->size == 1) {
                more = at + used;
                used++;
        }
        dash = speech_is_sign(r, at + used, '-');
        if (dash || speech_is_sign(r, at + used, '.'))
                used++;
        if (!speech_is_number(r, at + used))
                return 0;
        if (speech_at(r, at + used)->size == 3 && speech_is_close_sign(r, at + used + 1, '.') &&
            speech_is_close_number(r, at + used + 2) && speech_at(r, at + used + 2)->size == 2) {
                said = said || dash || speech_at(r, at + used)->space;
                used += 3;
        } else if ((speech_at(r, at + used)->size == 4 || speech_at(r, at + used)->size == 5) &&
                   (said || dash)) {
                used++;
                said = true;
        } else {
                return 0;
        }
        if (!said)
                return 0;
        speech_say_value(r, speech_value(county));
        speech_spell(&r->out, speech_at(r, series)->text);
        if (more)
                speech_say_value(r, speech_value(speech_at(r, more)));
        speech_mark(&r->out, ',');
        for (size_t i = (more ? more : series) + 1; i < at + used; i++)
                if (speech_is_number(r, i))
                        speech_figures(&r->out, speech_at(r, i)->text, speech_at(r, i)->size);
        speech_said_number(r, UINT64_MAX);
        return used;
}

/* Capitals with figures behind them, and so on. */
static size_t read_letters(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);
        size_t used = 0;

        if (token->kind != TOKEN_WORD || !token->upper || token->letters > 4 ||
            !speech_is_close_number(r, at + 1))
                return 0;
        do {
                token = speech_at(r, at + used);
                if (token->kind == TOKEN_NUMBER)
                        say_figures(r, token);
                else
                        speech_spell(&r->out, token->text);
                used++;
                token = speech_at(r, at + used);
        } while (used < CODE_TOKENS && !token->space &&
                 (token->kind == TOKEN_NUMBER ||
                  (token->kind == TOKEN_WORD && token->upper && token->letters <= 4)));
        speech_said_number(r, UINT64_MAX);
        r->last = LAST_WORD; /* a dash behind it is no range */
        return used;
}

/* T2 to T7 are days of the week, T8 to T12 and T5/2026 months. */
static size_t read_short_day(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at + 1);
        uint64_t value = speech_value(token);
        bool year;

        if (!speech_is_word(r, at, "t") || !speech_at(r, at)->upper || !speech_is_close_number(r, at + 1) ||
            token->size > 2 || *token->text == '0' || speech_is_close_word(r, at + 2))
                return 0;
        year = speech_is_close_sign(r, at + 2, '/') && speech_is_close_number(r, at + 3) &&
               speech_at(r, at + 3)->size == 4;
        if (value < 1 || value > 12 || (value == 1 && !year))
                return 0;
        if (year || value > 7) {
                speech_say(&r->out, "tháng");
                r->about = ABOUT_MONTH;
        } else {
                speech_say(&r->out, "thứ");
                r->about = ABOUT_ORDINAL;
        }
        if (value == 4)
                speech_say(&r->out, "tư");
        else
                speech_say_value(r, value);
        if (year) {
                speech_say(&r->out, "năm");
                speech_say_value(r, speech_value(speech_at(r, at + 3)));
        }
        speech_said_number(r, value);
        return year ? 4 : 2;
}

/* QL1A, ĐT.605, ĐT 512, HL 5 */
static size_t read_road(struct reader *r, size_t at)
{
        static const struct {
                const char *sign, *name;
        } roads[] = {{"QL", "quốc lộ"}, {"TL", "tỉnh lộ"}, {"ĐT", "đường tỉnh"}, {"HL", "hương lộ"}};
        size_t number = at + 1;

        if (speech_at(r, at)->kind != TOKEN_WORD)
                return 0;
        if (speech_is_close_sign(r, number, '.'))
                number++;
        if (!speech_is_number(r, number) || speech_at(r, number)->size > 3 ||
            *speech_at(r, number)->text == '0' || speech_is_close_sign(r, number + 1, '/'))
                return 0;
        for (size_t i = 0; i < sizeof(roads) / sizeof(roads[0]); i++)
                if (strcmp(roads[i].sign, speech_at(r, at)->text) == 0) {
                        speech_say(&r->out, roads[i].name);
                        r->about = ABOUT_ROAD;
                        r->last = LAST_WORD;
                        return number - at;
                }
        return 0;
}

/* A card of health insurance: two letters and thirteen figures, in any groups. */
static size_t read_card(struct reader *r, size_t at)
{
        size_t used = 1, figures = 0;

        if (!short_capitals(r, at, 2) || speech_at(r, at)->letters != 2)
                return 0;
        while (figures < 13 && speech_is_number(r, at + used))
                figures += speech_at(r, at + used++)->size;
        if (figures != 13 || speech_is_close_number(r, at + used) || speech_is_close_word(r, at + used))
                return 0;
        speech_spell(&r->out, speech_at(r, at)->text);
        for (size_t i = 1; i < used; i++) {
                speech_mark(&r->out, ',');
                speech_figure_groups(&r->out, speech_at(r, at + i)->text, speech_at(r, at + i)->size);
        }
        speech_said_number(r, UINT64_MAX);
        return used;
}

/* Behind "mã hồ sơ" and the like: 000.00.12.H56-260905-0001. */
static size_t read_dossier(struct reader *r, size_t at)
{
        size_t n = 0, separators = 0;

        if (at >= r->id_end)
                return 0;
        while (n < 2 * CODE_TOKENS) {
                const struct token *token = speech_at(r, at + n);
                bool separator = token->sign == '.' || token->sign == '-';

                if ((n > 0 && token->space) || (separator && (n == 0 || speech_at(r, at + n + 1)->space)))
                        break;
                if (!separator && token->kind != TOKEN_NUMBER &&
                    !(token->kind == TOKEN_WORD && token->upper))
                        break;
                if (separator && speech_at(r, at + n + 1)->kind != TOKEN_NUMBER &&
                    speech_at(r, at + n + 1)->kind != TOKEN_WORD)
                        break;
                separators += separator;
                n++;
        }
        if (separators < 2 || n < 5)
                return 0;
        for (size_t i = at; i < at + n; i++) {
                const struct token *token = speech_at(r, i);

                if (token->sign)
                        speech_mark(&r->out, ',');
                else if (token->kind == TOKEN_NUMBER)
                        speech_figure_groups(&r->out, token->text, token->size);
                else
                        speech_spell(&r->out, token->text);
        }
        speech_said_number(r, UINT64_MAX);
        return n;
}

size_t speech_read_code(struct reader *r, size_t at)
{
        size_t used = read_plate(r, at);

        if (used == 0)
                used = read_road(r, at);
        if (used == 0)
                used = read_card(r, at);
        return used > 0 ? used : read_dossier(r, at);
}

size_t speech_read_letters(struct reader *r, size_t at)
{
        size_t used = read_short_day(r, at);

        return used > 0 ? used : read_letters(r, at);
}
