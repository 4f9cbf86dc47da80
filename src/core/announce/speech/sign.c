/* Signs: which are said, which are pauses, which are nothing. A dash is the hardest: "đến" between two numbers of which the
 * second is the greater, "âm" before a number that nothing else stands before, a pause between words. */
#include <string.h>

#include "letters.h"
#include "numeral.h"
#include "reader.h"
#include "unit.h"

/* What may stand behind "một" in "2 lần/ngày", "50.000 đồng/người". */
static bool per_noun(const struct reader *r, size_t at)
{
        static const char *const nouns[] = {
                "ngày", "tuần", "tháng", "năm", "quý", "giờ",    "phút", "giây",  "người", "hộ",  "khẩu",
                "nhân", "suất", "lượt",  "lần", "con", "cây",    "sào",  "mẫu",   "công",  "cân", "lít",
                "gia",  "em",   "cháu",  "học", "trẻ", "thôn",   "buổi", "đêm",   "vụ",    "tạ",  "tấn",
                "yến",  "bao",  "chai",  "lao", "đầu", "chuyến", "xe",   "phòng", "khối",  "mét", "bữa",
                "mũi",  "liều", "kỳ",    "lớp", "đợt", "khóm",   "gốc",  "bụi",   NULL};

        return speech_is_one_of(r, at, nouns);
}

/* km/giờ, m3/giây: a speed, not a share. */
static bool instant(const struct reader *r, size_t at)
{
        static const char *const words[] = {"giờ", "phút", "giây", NULL};

        return speech_is_one_of(r, at, words);
}

static bool money_word(const struct reader *r, size_t at)
{
        static const char *const words[] = {"đồng", "nghìn", "ngàn", "triệu", "tỷ", "tỉ", "đ", "vnđ", NULL};

        return speech_is_one_of(r, at, words);
}

static size_t read_stroke(struct reader *r, size_t at)
{
        bool money = r->last == LAST_MONEY || (at > 0 && money_word(r, at - 1));
        struct unit unit;

        if (speech_at(r, at + 1)->kind == TOKEN_WORD &&
            (r->counted || r->last == LAST_UNIT || r->last == LAST_MONEY)) {
                if (speech_unit(r, at + 1, &unit) &&
                    (r->last == LAST_UNIT || money || r->last == LAST_WORD)) {
                        speech_say(&r->out, money ? "một" : "trên");
                        speech_say(&r->out, unit.name);
                        r->last = LAST_UNIT;
                        return 1 + unit.used;
                }
                if (strcmp(speech_at(r, at + 1)->text, "s") == 0 && r->last == LAST_UNIT) {
                        speech_say(&r->out, "trên giây");
                        return 2;
                }
                if (per_noun(r, at + 1)) {
                        speech_say(&r->out, r->last == LAST_UNIT && instant(r, at + 1) ? "trên" : "một");
                        r->last = LAST_WORD;
                        return 1;
                }
        }
        if (r->last == LAST_UNIT && speech_is_number(r, at + 1)) {
                speech_say(&r->out, "trên"); /* mm/24h */
                return 1;
        }
        speech_mark(&r->out, ',');
        r->last = LAST_MARK;
        return 1;
}

static bool numeric(enum last last)
{
        return last == LAST_NUMBER || last == LAST_UNIT || last == LAST_MONEY;
}

static bool said_before(const struct reader *r, size_t at, const char *lower)
{
        for (size_t back = 1; back <= 4 && back <= at; back++)
                if (speech_is_word(r, at - back, lower))
                        return true;
        return false;
}

/* "thứ 2 - thứ 6", "ngày 5 - ngày 9": the same word opens both ends. */
static bool same_kind_follows(const struct reader *r, size_t at)
{
        static const char *const words[] = {"thứ",  "ngày", "tháng", "cấp",  "tuần",
                                            "mùng", "quý",  "năm",   "khóa", NULL};
        const struct token *next = speech_at(r, at + 1);

        if (speech_is_word(r, at + 1, "cn") && (r->about & ABOUT_ORDINAL))
                return true;
        if (speech_is_word(r, at + 1, "chủ") && speech_is_word(r, at + 2, "nhật") &&
            (r->about & ABOUT_ORDINAL))
                return true;
        if (strcmp(next->text, "T") == 0 && speech_is_close_number(r, at + 2))
                return true;
        if (speech_is_one_of(r, at + 1, words))
                return said_before(r, at, next->lower);
        /* "từ thôn 1 - thôn 5", while "thôn 1 - thôn 5" are two */
        return next->kind == TOKEN_WORD && at >= 3 && speech_is_word(r, at - 3, "từ") &&
               speech_is_word(r, at - 2, next->lower) && speech_is_number(r, at + 2);
}

/* "7h sáng - 5h chiều", "7 giờ - 9 giờ", "100 triệu - 200 triệu" */
static bool span_follows(const struct reader *r, size_t at)
{
        static const char *const parts[] = {"sáng", "trưa", "chiều", "tối", "đêm", NULL};
        static const char *const hours[] = {"h", "g", "giờ", NULL};

        if (r->last != LAST_WORD || at < 2 || !speech_is_number(r, at + 1))
                return false;
        if (speech_is_one_of(r, at - 1, parts))
                return speech_is_one_of(r, at + 2, hours) || speech_is_close_sign(r, at + 2, ':');
        return speech_is_number(r, at - 2) && speech_at(r, at - 1)->kind == TOKEN_WORD &&
               speech_is_word(r, at + 2, speech_at(r, at - 1)->lower);
}

static bool roman_follows(const struct reader *r, size_t at)
{
        const struct token *next = speech_at(r, at + 1);

        return next->kind == TOKEN_WORD && next->upper && next->text[strspn(next->text, "IVX")] == '\0';
}

/* "thứ 2-6", "tháng 5-7", "ngày 5-9 tháng 10": the second one is heard as such only with its word. */
static void say_kind_again(struct reader *r, size_t next)
{
        if (r->last != LAST_NUMBER || r->value == UINT64_MAX || speech_at(r, next)->sign == '/')
                return;
        if (r->about & ABOUT_ORDINAL)
                speech_say(&r->out, "thứ");
        else if (r->about & ABOUT_MONTH)
                speech_say(&r->out, "tháng");
        else if (r->about & ABOUT_DAY)
                speech_say(&r->out, "ngày");
}

/* Whether a dash between two numbers is "đến". A smaller second one ends no range, but of hours (22h-5h), of days, and of money
 * whose second amount is in millions. */
static bool is_range(const struct reader *r, size_t next)
{
        static const char *const hours[] = {"h", "g", "giờ", NULL};
        struct numeral numeral;
        uint64_t value;

        if (r->about & (ABOUT_PHONE | ABOUT_SCORE))
                return false;
        speech_numeral(r, next, &numeral);
        value = speech_numeral_value(&numeral);
        if (r->value == UINT64_MAX || value == UINT64_MAX || r->last == LAST_MONEY)
                return true;
        if ((r->about & ABOUT_PAIR) && value == r->value + 1)
                return false;
        next += numeral.used;
        return value > r->value || speech_is_one_of(r, next, hours) ||
               (speech_is_close_sign(r, next, ':') && speech_is_close_number(r, next + 1)) ||
               (r->last == LAST_NUMBER && (r->about & (ABOUT_DATE | ABOUT_DAY)) &&
                speech_is_close_sign(r, next, '/'));
}

static size_t read_dash(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at), *next = speech_at(r, at + 1);

        if (speech_is_close_sign(r, at + 1, '>')) {
                speech_mark(&r->out, ',');
                return 2;
        }
        if (numeric(r->last) && next->kind == TOKEN_NUMBER) {
                if (is_range(r, at + 1)) {
                        speech_say(&r->out, "đến");
                        say_kind_again(r, at + 2);
                } else {
                        speech_mark(&r->out, ',');
                }
                r->last = LAST_MARK;
                return 1;
        }
        if (span_follows(r, at)) {
                speech_say(&r->out, "đến");
                return 1;
        }
        if (numeric(r->last) && ((r->roman && roman_follows(r, at)) || same_kind_follows(r, at))) {
                speech_say(&r->out, "đến");
                return 1;
        }
        if (next->kind == TOKEN_NUMBER && !next->space &&
            (token->space || at == 0 || r->last == LAST_MARK)) {
                speech_say(&r->out, "âm");
                return 1;
        }
        if (token->space || next->space)
                speech_mark(&r->out, ',');
        r->last = LAST_MARK;
        return 1;
}

static void say_between(struct reader *r, size_t at, const char *words)
{
        if (speech_at(r, at + 1)->kind == TOKEN_NUMBER || speech_at(r, at + 1)->kind == TOKEN_WORD)
                speech_say(&r->out, words);
}

/* $100 is said as 100 $. */
static size_t read_currency(struct reader *r, size_t at, const char *name)
{
        size_t used;

        if (!speech_is_close_number(r, at + 1)) {
                speech_say(&r->out, name);
                return 1;
        }
        used = speech_read_quantity(r, at + 1);
        if (speech_is_word(r, at + 1 + used, "triệu") || speech_is_word(r, at + 1 + used, "tỷ")) {
                speech_say(&r->out, speech_at(r, at + 1 + used)->lower);
                used++;
        }
        speech_say(&r->out, name);
        r->last = LAST_MONEY;
        return 1 + used;
}

/* A point inside of something: "N.V.A", "QĐ.15", "2.5". */
static bool inner_point(const struct reader *r, size_t at)
{
        const struct token *before = speech_at(r, at - 1), *next = speech_at(r, at + 1);

        if (speech_at(r, at)->space || next->space || at == 0)
                return false;
        if (next->kind == TOKEN_NUMBER)
                return before->kind == TOKEN_WORD || before->kind == TOKEN_NUMBER;
        return next->kind == TOKEN_WORD && before->kind == TOKEN_WORD && before->letters == 1;
}

static size_t end_sentence(struct reader *r, char mark)
{
        speech_mark(&r->out, mark);
        r->about = 0;
        r->counted = r->roman = false;
        r->last = LAST_MARK;
        return 1;
}

/* Signs that are said alike wherever they stand, or whenever they stand between two things. */
static void say_plain(struct reader *r, size_t at, int32_t sign)
{
        static const struct {
                int32_t sign;
                const char *words;
                bool between;
        } signs[] = {
                {'%', "phần trăm", false},
                {0x2030, "phần nghìn", false}, /* ‰ */
                {0xb0, "độ", false},           /* ° */
                {'&', "và", false},
                {'@', "a còng", false},
                {'<', "dưới", true},
                {'>', "trên", true},
                {0x2264, "nhỏ hơn hoặc bằng", true}, /* ≤ */
                {0x2265, "lớn hơn hoặc bằng", true}, /* ≥ */
                {'~', "khoảng", true},
                {0x2248, "khoảng", true}, /* ≈ */
                {0xb1, "cộng trừ", true}, /* ± */
                {0xd7, "nhân", true},     /* × */
                {0xf7, "chia", true},     /* ÷ */
        };

        for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
                if (signs[i].sign == sign && signs[i].between)
                        say_between(r, at, signs[i].words);
                else if (signs[i].sign == sign)
                        speech_say(&r->out, signs[i].words);
}

size_t speech_read_sign(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);

        switch (token->sign) {
        case '.':
                if (inner_point(r, at)) {
                        if (speech_is_number(r, at + 1) && speech_is_number(r, at - 1))
                                speech_say(&r->out, "chấm");
                        return 1;
                }
                return end_sentence(r, '.');
        case '?':
        case '!':
        case ';':
                return end_sentence(r, (char)token->sign);
        case ',':
        case ':':
                speech_mark(&r->out, (char)token->sign);
                r->last = LAST_MARK;
                r->counted = false;
                return 1;
        case '(':
        case ')':
        case '[':
        case ']':
                speech_mark(&r->out, ',');
                if (token->sign == '(' || token->sign == '[')
                        r->last = LAST_MARK;
                return 1;
        case '-':
                return read_dash(r, at);
        case '/':
                return read_stroke(r, at);
        case '+':
                if (speech_at(r, at - 1)->kind == TOKEN_WORD && !token->space)
                        speech_say(&r->out, "cộng"); /* A+ */
                else
                        say_between(r, at, "cộng");
                break;
        case '=':
                if (speech_is_close_sign(r, at + 1, '>')) {
                        speech_mark(&r->out, ','); /* an arrow */
                        return 2;
                }
                say_between(r, at, "bằng");
                break;
        case '#':
                if (speech_is_close_word(r, at + 1) &&
                    speech_say_syllables(&r->out, speech_at(r, at + 1)->lower)) {
                        r->last = LAST_WORD;
                        return 2;
                }
                break;
        case '$':
                return read_currency(r, at, "đô la");
        case 0x20ac:
                return read_currency(r, at, "ơ rô");
        default:
                say_plain(r, at, token->sign);
                break;
        }
        r->last = LAST_WORD;
        return 1;
}
