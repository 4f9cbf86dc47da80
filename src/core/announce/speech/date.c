/* Days: 30/12/2025, 5/9, 25-30/9/2026, 5/2026.
 *
 * Two numbers with a stroke are a day where the words before say so, where the first is the greater, or where it is padded
 * with a zero; else a small one before a greater may be a fraction ("1/2 diện tích") and is left to that rule. The word
 * "ngày" is said unless the text has it; streets and schools that bear a day have none ("đường ba mươi tháng tư").
 * Days of the lunar calendar are counted otherwise: mùng một to mùng mười, tháng Giêng, tháng Chạp. */
#include <string.h>

#include "numeral.h"
#include "reader.h"

enum { YEAR_MIN = 1900, YEAR_MAX = 2199 };

struct day {
        uint64_t day, month, year; /* 0: not there */
        bool lunar;
        size_t used;
};

static bool year_at(const struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);

        return token->kind == TOKEN_NUMBER && token->size == 4 && speech_value(token) >= YEAR_MIN &&
               speech_value(token) <= YEAR_MAX;
}

static bool day_month(uint64_t day, uint64_t month)
{
        static const unsigned char lengths[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

        return month >= 1 && month <= 12 && day >= 1 && day <= lengths[month - 1];
}

static bool short_number(const struct reader *r, size_t at)
{
        return speech_is_number(r, at) && speech_at(r, at)->size <= 2;
}

/* Whether figures go on behind a date: then it was none. */
static bool goes_on(const struct reader *r, size_t at, int32_t separator)
{
        return (speech_is_close_sign(r, at, separator) || speech_is_close_sign(r, at, '/')) &&
               (speech_is_close_number(r, at + 1) || speech_is_close_word(r, at + 1));
}

static bool lunar_follows(const struct reader *r, size_t at)
{
        if (speech_is_sign(r, at, '('))
                at++;
        return (speech_is_word(r, at, "âm") && speech_is_word(r, at + 1, "lịch")) ||
               speech_is_word(r, at, "âl");
}

/* What counts things stands behind "15/19", a share of them. */
static bool counted_follows(const struct reader *r, size_t at)
{
        static const char *const nouns[] = {
                "hộ",     "người",  "thôn", "xã",    "tiêu",  "chỉ",  "đại",  "em",    "cháu",
                "trường", "số",     "diện", "dân",   "lượng", "tổng", "đảng", "phiếu", "thành",
                "hội",    "ấp",     "xóm",  "tổ",    "khu",   "cơ",   "đơn",  "ngày",  "công",
                "sào",    "mẫu",    "trẻ",  "chiều", "quãng", "đoạn", "giá",  "mức",   "số",
                "bản",    "phường", "tỉnh", "huyện", "câu",   "điểm", "lít",  "ki",    "kg",
                "ha",     "m",      "con",  "cây",   "chi",   NULL};

        return speech_is_one_of(r, at, nouns);
}

static bool house_before(const struct reader *r, size_t at)
{
        static const char *const nouns[] = {"số",  "nhà",  "ngõ", "ngách", "hẻm", "kiệt",
                                            "lô",  "thửa", "tờ",  "căn",   "hộ",  "lớp",
                                            "lực", "độ",   "hóa", "hoá",   "sn",  NULL};

        return at > 0 && speech_is_one_of(r, at - 1, nouns);
}

static bool without_year_is_day(const struct reader *r, size_t at, const struct day *day)
{
        bool padded = *speech_at(r, at)->text == '0' || *speech_at(r, at + 2)->text == '0';

        if (r->about & (ABOUT_DAY | ABOUT_STREET) || lunar_follows(r, at + 3))
                return true;
        if (house_before(r, at) || counted_follows(r, at + 3))
                return false;
        if (r->about & (ABOUT_DATE | ABOUT_ORDINAL) || padded)
                return true;
        if (at > 0 && speech_is_sign(r, at - 1, '(') && speech_is_sign(r, at + 3, ')'))
                return true;
        if (day->day == 24 && day->month == 7) /* at all hours */
                return false;
        return day->day >= day->month || (day->month > 5 && day->month != 10);
}

/* d/m, d/m/y, d.m.y, d-m-y, and with "ngày" before also d.m and 20-11. */
static bool parse(const struct reader *r, size_t at, struct day *ret)
{
        int32_t separator = speech_at(r, at + 1)->sign;

        if (!short_number(r, at) || (separator != '/' && separator != '.' && separator != '-') ||
            !speech_is_close_sign(r, at + 1, separator) || !speech_is_close_number(r, at + 2) ||
            !short_number(r, at + 2))
                return false;
        *ret = (struct day){.day = speech_value(speech_at(r, at)),
                            .month = speech_value(speech_at(r, at + 2)),
                            .used = 3};
        if (!day_month(ret->day, ret->month))
                return false;
        if (speech_is_close_sign(r, at + 3, separator) && speech_is_close_number(r, at + 4)) {
                const struct token *year = speech_at(r, at + 4);

                if (goes_on(r, at + 5, separator))
                        return false;
                if (year_at(r, at + 4))
                        ret->year = speech_value(year);
                else if (separator == '/' && year->size == 2)
                        ret->year = 2000 + speech_value(year);
                else
                        return false;
                ret->used = 5;
                return true;
        }
        if (goes_on(r, at + 3, separator))
                return false;
        if (separator == '/')
                return without_year_is_day(r, at, ret);
        if (!(r->about & ABOUT_DAY) || speech_is_close_word(r, at + 3) ||
            speech_is_close_sign(r, at + 3, '%'))
                return false;
        return separator == '.' || (!(r->about & ABOUT_SPAN) && !speech_is_word(r, at + 3, "tháng") &&
                                    (ret->day > ret->month || *speech_at(r, at)->text == '0' ||
                                     *speech_at(r, at + 2)->text == '0'));
}

static bool parse_iso(const struct reader *r, size_t at, struct day *ret)
{
        if (!year_at(r, at) || !speech_is_close_sign(r, at + 1, '-') || !speech_is_close_number(r, at + 2) ||
            !short_number(r, at + 2) || !speech_is_close_sign(r, at + 3, '-') ||
            !speech_is_close_number(r, at + 4) || !short_number(r, at + 4))
                return false;
        *ret = (struct day){.day = speech_value(speech_at(r, at + 4)),
                            .month = speech_value(speech_at(r, at + 2)),
                            .year = speech_value(speech_at(r, at)),
                            .used = 5};
        return day_month(ret->day, ret->month);
}

static void say_day(struct reader *r, uint64_t day, bool lunar, bool word)
{
        if (word)
                speech_say(&r->out, "ngày");
        if (lunar && day <= 10)
                speech_say(&r->out, "mùng");
        speech_say_value(r, day);
}

static void say_month(struct reader *r, uint64_t month, bool lunar, bool word)
{
        if (word)
                speech_say(&r->out, "tháng");
        if (lunar && (month == 1 || month == 12))
                speech_say(&r->out, month == 1 ? "Giêng" : "Chạp");
        else if (month == 4)
                speech_say(&r->out, "tư");
        else
                speech_say_value(r, month);
}

static void say_year(struct reader *r, uint64_t year)
{
        speech_say(&r->out, "năm");
        speech_say_value(r, year);
}

static bool mung_before(const struct reader *r, size_t at)
{
        static const char *const words[] = {"mùng", "mồng", "rằm", NULL};

        return at > 0 && speech_is_one_of(r, at - 1, words);
}

static void say(struct reader *r, size_t at, const struct day *day)
{
        bool said = mung_before(r, at), lunar = said || day->lunar || lunar_follows(r, at + day->used);

        say_day(r, day->day, lunar && !said, !(r->about & (ABOUT_DAY | ABOUT_STREET)));
        say_month(r, day->month, lunar, true);
        if (day->year)
                say_year(r, day->year);
        speech_said_number(r, UINT64_MAX);
        r->about = (r->about & ABOUT_HOUR) | ABOUT_DATE;
}

static size_t dash(const struct reader *r, size_t at)
{
        return speech_is_sign(r, at, '-') ? 1 : 0;
}

/* "25-30/9/2026" and "5-7/2026": what the second has holds for the first. */
static size_t read_span(struct reader *r, size_t at)
{
        struct day day;
        bool mung;
        uint64_t first = speech_value(speech_at(r, at));

        if (!short_number(r, at) || !dash(r, at + 1) || !short_number(r, at + 2) || first == 0)
                return 0;
        if ((r->about & ABOUT_DAY) && speech_is_close_sign(r, at + 3, '/') && year_at(r, at + 4) &&
            day_month(first, speech_value(speech_at(r, at + 2)))) {
                day = (struct day){.day = first,
                                   .month = speech_value(speech_at(r, at + 2)),
                                   .used = 5,
                                   .year = speech_value(speech_at(r, at + 4))};
                say(r, at, &day);
                return day.used;
        }
        if (speech_is_close_sign(r, at + 3, '/') && year_at(r, at + 4) && !goes_on(r, at + 5, '/') &&
            first <= 12 && speech_value(speech_at(r, at + 2)) <= 12) {
                say_month(r, first, false, !(r->about & ABOUT_MONTH));
                speech_say(&r->out, "đến");
                say_month(r, speech_value(speech_at(r, at + 2)), false, true);
                say_year(r, speech_value(speech_at(r, at + 4)));
                speech_said_number(r, UINT64_MAX);
                return 5;
        }
        if (!parse(r, at + 2, &day) || first >= day.day || !speech_is_close_sign(r, at + 3, '/'))
                return 0;
        mung = mung_before(r, at);
        day.lunar = mung || lunar_follows(r, at + 2 + day.used);
        say_day(r, first, day.lunar && !mung, !(r->about & (ABOUT_DAY | ABOUT_STREET)));
        speech_say(&r->out, "đến");
        if (!mung)
                r->about &= ~(unsigned)(ABOUT_DAY | ABOUT_STREET);
        say(r, at + 2, &day);
        return 2 + day.used;
}

/* "5/2026" is a month; "quý 3/2026", "số 15/2026" are the third and the fifteenth of a year. */
static size_t read_month(struct reader *r, size_t at)
{
        static const char *const others[] = {"số", "quý", "quí", "tuần", "đợt", "kỳ", "lần", NULL};
        uint64_t month = speech_value(speech_at(r, at));
        bool other = at > 0 && speech_is_one_of(r, at - 1, others);

        if (!short_number(r, at) || !speech_is_close_sign(r, at + 1, '/') || !year_at(r, at + 2) ||
            speech_at(r, at + 2)->space || goes_on(r, at + 3, '/') || month == 0)
                return 0;
        if (other || month > 12) {
                speech_say_value(r, month);
                speech_mark(&r->out, ',');
        } else {
                say_month(r, month, lunar_follows(r, at + 3), !(r->about & ABOUT_MONTH));
        }
        say_year(r, speech_value(speech_at(r, at + 2)));
        speech_said_number(r, UINT64_MAX);
        return 3;
}

/* A day or month alone that the lunar calendar names: "mùng 1 tháng 1 âm lịch", "ngày 5 âm lịch". */
static size_t read_lunar(struct reader *r, size_t at)
{
        uint64_t value = speech_value(speech_at(r, at));
        bool lunar = lunar_follows(r, at + 1);

        if (!short_number(r, at) || speech_is_close_sign(r, at + 1, '/'))
                return 0;
        if ((r->about & ABOUT_MONTH) && lunar && value >= 1 && value <= 12) {
                say_month(r, value, true, false);
        } else if ((r->about & ABOUT_DAY) && !mung_before(r, at) && value >= 1 && value <= 10 &&
                   (lunar || (speech_is_word(r, at + 1, "tháng") && lunar_follows(r, at + 3)))) {
                say_day(r, value, true, false);
        } else {
                return 0;
        }
        speech_said_number(r, value);
        return 1;
}

size_t speech_read_date(struct reader *r, size_t at)
{
        struct day day;
        size_t used;

        if (!speech_is_number(r, at))
                return 0;
        used = read_span(r, at);
        if (used > 0)
                return used;
        used = read_month(r, at);
        if (used > 0)
                return used;
        if (parse_iso(r, at, &day) || parse(r, at, &day)) {
                say(r, at, &day);
                return day.used;
        }
        return read_lunar(r, at);
}
