/* Which of its signs belong to a number.
 *
 * The law writes 1.234.567,89. People also write 1,234,567.89, 1 234 567, 3.5 for 3,5, and 1,2,3 for a list. A point
 * before exactly three figures is one of thousands (10.000), any other a decimal point (3.5); a comma is decimal but where
 * two of them part threes, or where money is spoken of (10,000 đồng). After what is numbered ("thôn 1,2") it parts a
 * list. A zero before the first point makes it decimal: nobody writes 0.500 for five hundred. */
#include "numeral.h"

#include <string.h>

static bool close_three(const struct reader *r, size_t at, int32_t sign)
{
        return speech_is_close_sign(r, at, sign) && speech_is_close_number(r, at + 1) &&
               speech_at(r, at + 1)->size == 3;
}

/* Threes behind `sign` from `at` on; how many, or 0 when what follows them is no three after all. */
static size_t threes(const struct reader *r, size_t at, int32_t sign)
{
        size_t n = 0;

        while (n <= SPEECH_NUMBER_MAX / 3 && close_three(r, at + 2 * n, sign))
                n++;
        if (speech_is_close_sign(r, at + 2 * n, sign) && speech_is_close_number(r, at + 2 * n + 1))
                return 0;
        return n;
}

static bool money_follows(const struct reader *r, size_t at)
{
        static const char *const words[] = {"đồng", "đ", "vnđ", "vnd", "usd", NULL};

        return speech_is_one_of(r, at, words);
}

static bool zeros(const struct token *token)
{
        return strcmp(token->text, "000") == 0;
}

/* Threes parted by spaces: 8 500 000. One alone must be money or thousands without a doubt. */
static size_t spaced(const struct reader *r, size_t at)
{
        size_t n = 0;

        while (n <= SPEECH_NUMBER_MAX / 3 && speech_is_number(r, at + n) && speech_at(r, at + n)->space &&
               speech_at(r, at + n)->size == 3)
                n++;
        if (n == 0 || speech_is_close_word(r, at + n) || speech_is_close_sign(r, at + n, '/') ||
            (speech_is_number(r, at + n) && n > 0))
                return 0;
        return n >= 2 || (zeros(speech_at(r, at)) && money_follows(r, at + n)) ? n : 0;
}

static bool add(struct numeral *ret, const struct token *token)
{
        if (ret->whole_n + token->size > SPEECH_NUMBER_MAX)
                return false;
        memcpy(ret->whole + ret->whole_n, token->text, token->size);
        ret->whole_n += token->size;
        return true;
}

static bool add_threes(const struct reader *r, size_t at, size_t n, size_t step, struct numeral *ret)
{
        for (size_t i = 0; i < n; i++)
                if (!add(ret, speech_at(r, at + step * i + step - 1)))
                        return false;
        ret->used += n * step;
        return true;
}

/* A sign and figures that are the last ones. */
static bool decimals(const struct reader *r, size_t at, int32_t sign, struct numeral *ret)
{
        if (!speech_is_close_sign(r, at, sign) || !speech_is_close_number(r, at + 1))
                return false;
        if ((speech_is_close_sign(r, at + 2, ',') || speech_is_close_sign(r, at + 2, '.')) &&
            speech_is_close_number(r, at + 3))
                return false;
        ret->decimals = speech_at(r, at + 1)->text;
        ret->decimals_n = speech_at(r, at + 1)->size;
        ret->used += 2;
        return true;
}

static void begin(const struct token *token, struct numeral *ret)
{
        *ret = (struct numeral){.used = 1};
        (void)add(ret, token);
}

void speech_numeral(const struct reader *r, size_t at, struct numeral *ret)
{
        const struct token *token = speech_at(r, at);
        bool leads = token->size <= 3 && *token->text != '0';
        bool list = (r->about & ABOUT_ENUM) ||
                    (at >= 2 && !token->space && speech_is_close_sign(r, at - 1, ',') &&
                     speech_is_number(r, at - 2));
        size_t n;

        begin(token, ret);
        if (token->size > SPEECH_NUMBER_MAX)
                return;
        if ((r->about & ABOUT_SECTION) && speech_is_close_sign(r, at + 1, '.') &&
            speech_is_close_number(r, at + 2)) {
                ret->sections = true;
                return;
        }
        if (leads && (n = threes(r, at + 1, '.')) > 0) {
                if (add_threes(r, at + 1, n, 2, ret)) {
                        if (!speech_is_close_sign(r, at + ret->used + 2, '.'))
                                (void)decimals(r, at + ret->used, ',', ret);
                        return;
                }
                begin(token, ret);
        }
        if (leads && !list && (n = threes(r, at + 1, ',')) > 0) {
                bool point = close_three(r, at + 1 + 2 * n, '.') ||
                             (speech_is_close_sign(r, at + 1 + 2 * n, '.') &&
                              speech_is_close_number(r, at + 2 + 2 * n));
                if ((n >= 2 || point || zeros(speech_at(r, at + 2)) || money_follows(r, at + 1 + 2 * n)) &&
                    add_threes(r, at + 1, n, 2, ret)) {
                        (void)decimals(r, at + ret->used, '.', ret);
                        return;
                }
                begin(token, ret);
        }
        if (leads && (n = spaced(r, at + 1)) > 0) {
                if (add_threes(r, at + 1, n, 1, ret))
                        return;
                begin(token, ret);
        }
        if (!list && decimals(r, at + 1, ',', ret))
                return;
        if (speech_is_close_sign(r, at + 1, '.') && speech_is_close_number(r, at + 2)) {
                if (speech_is_close_sign(r, at + 3, '.') && speech_is_close_number(r, at + 4))
                        ret->sections = true;
                else
                        (void)decimals(r, at + 1, '.', ret);
        }
}

uint64_t speech_numeral_value(const struct numeral *numeral)
{
        uint64_t value = 0;

        if (numeral->decimals || numeral->whole_n == 0)
                return UINT64_MAX;
        for (size_t i = 0; i < numeral->whole_n; i++)
                value = value * 10 + (uint64_t)(numeral->whole[i] - '0');
        return value;
}

void speech_say_numeral(struct reader *r, const struct numeral *numeral)
{
        speech_number(&r->out, numeral->whole, numeral->whole_n, r->dialect);
        if (numeral->decimals) {
                speech_say(&r->out, "phẩy");
                speech_decimals(&r->out, numeral->decimals, numeral->decimals_n, r->dialect);
        }
}

void speech_say_value(struct reader *r, uint64_t value)
{
        char figures[20];
        size_t n = sizeof(figures);

        do {
                figures[--n] = (char)('0' + value % 10);
                value /= 10;
        } while (value > 0 && n > sizeof(figures) - SPEECH_NUMBER_MAX);
        speech_number(&r->out, figures + n, sizeof(figures) - n, r->dialect);
}
