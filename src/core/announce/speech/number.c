/* Number words as schools teach them (Toán 4): 105 "một trăm linh năm", 21 "hai mươi mốt", 24 "hai mươi tư", 15
 * "mười lăm", 700 000 231 "bảy trăm triệu không nghìn hai trăm ba mươi mốt": an empty class between two that are said is
 * said too, else "bảy trăm triệu hai trăm ..." would be heard as thousands. Above the billion the words begin anew:
 * "nghìn tỷ", "triệu tỷ". */
#include "number.h"

#include <stdbool.h>

static const char *const digit_words[10] = {"không", "một", "hai", "ba",  "bốn",
                                            "năm",   "sáu", "bảy", "tám", "chín"};

static void say_digit(struct speech_out *out, char c)
{
        speech_say(out, digit_words[c - '0']);
}

/* What stands behind "mươi". */
static const char *unit_word(char c)
{
        switch (c) {
        case '1':
                return "mốt";
        case '4':
                return "tư";
        case '5':
                return "lăm";
        default:
                return digit_words[c - '0'];
        }
}

/* Three figures; `inner` when a higher class was said. */
static void say_class(struct speech_out *out, const char figures[static 3], bool inner,
                      enum thon_dialect dialect)
{
        char h = figures[0], t = figures[1], u = figures[2];

        if (inner && h == '0' && t == '0' && u == '0') {
                speech_say(out, "không");
                return;
        }
        if (h != '0' || inner) {
                say_digit(out, h);
                speech_say(out, "trăm");
        }
        if (t == '0') {
                if (u == '0')
                        return;
                if (h != '0' || inner)
                        speech_say(out, dialect == THON_DIALECT_SOUTH ? "lẻ" : "linh");
                say_digit(out, u);
        } else if (t == '1') {
                speech_say(out, "mười");
                if (u != '0')
                        speech_say(out, u == '5' ? "lăm" : digit_words[u - '0']);
        } else {
                say_digit(out, t);
                speech_say(out, "mươi");
                if (u != '0')
                        speech_say(out, unit_word(u));
        }
}

static bool all_zero(const char *figures, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (figures[i] != '0')
                        return false;
        return true;
}

/* Up to nine figures. */
static void say_below_billion(struct speech_out *out, const char *figures, size_t n, bool inner,
                              enum thon_dialect dialect)
{
        const char *const classes[3] = {"triệu", dialect == THON_DIALECT_NORTH ? "nghìn" : "ngàn", NULL};
        char padded[9];

        for (size_t i = 0; i < 9; i++)
                padded[i] = i < 9 - n ? '0' : figures[i - (9 - n)];
        for (size_t i = 0; i < 3; i++) {
                const char *three = padded + 3 * i;

                if (all_zero(three, 9 - 3 * i))
                        return;
                if (!inner && all_zero(three, 3))
                        continue;
                say_class(out, three, inner, dialect);
                if (classes[i])
                        speech_say(out, classes[i]);
                inner = true;
        }
}

void speech_number(struct speech_out *out, const char *figures, size_t n, enum thon_dialect dialect)
{
        bool inner = false;

        while (n > 1 && *figures == '0') {
                figures++;
                n--;
        }
        if (all_zero(figures, n)) {
                speech_say(out, digit_words[0]);
                return;
        }
        if (n > 9) {
                say_below_billion(out, figures, n - 9, false, dialect);
                speech_say(out, "tỷ");
                figures += n - 9;
                n = 9;
                inner = true;
        }
        say_below_billion(out, figures, n, inner, dialect);
}

void speech_figures(struct speech_out *out, const char *figures, size_t n)
{
        for (size_t i = 0; i < n; i++)
                say_digit(out, figures[i]);
}

/* Ten are a telephone's 4-3-3; others go by three, and four rather than one left alone. */
void speech_figure_groups(struct speech_out *out, const char *figures, size_t n)
{
        size_t first = n == 10 ? 4 : n == 8 || n == 11 || n == 16 ? 4 : 3;

        while (n > 0) {
                size_t k = n < first ? n : first;

                if (n - k == 1)
                        k = n;
                speech_figures(out, figures, k);
                figures += k;
                n -= k;
                if (n > 0)
                        speech_mark(out, ',');
                if (first == 4 && (n == 6 || n == 7))
                        first = n == 6 ? 3 : 4;
        }
}

void speech_decimals(struct speech_out *out, const char *figures, size_t n, enum thon_dialect dialect)
{
        if (n <= 3 && figures[0] != '0')
                speech_number(out, figures, n, dialect);
        else
                speech_figures(out, figures, n);
}
