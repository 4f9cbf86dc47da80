/* A long notice in parts.
 *
 * First every place where the text may be cut gets a grade, then parts are filled one after the other: each ends at the
 * best place that still leaves it reasonably full. A part that is cut short costs another message for every household, a
 * cut inside "TP. Thanh Hóa" or "1.500 đ" costs only a moment's reading, so fullness wins in the end.
 *
 * The number in front of a part depends on how many there will be. So the parts are laid out for fewer than ten, and
 * when that does not suffice for up to 99: the numbers then only get shorter, never longer than the room left for them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "measure.h"
#include "points.h"
#include "thon/cleanup.h"

#define MAX_UNITS_MIN 20
#define NUMBER_TEXT   16

/* How good a cut before this code point is. */
enum cut {
        CUT_NEVER,    /* inside a grapheme cluster: only when a cluster does not fit at all */
        CUT_CLUSTER,  /* inside a word */
        CUT_BOUND,    /* between words that belong together */
        CUT_WORD,     /* and better: at these a part must be filled to the share below */
        CUT_SENTENCE, /* or line */
        CUT_PARAGRAPH,
        CUTS
};

/* The least share of what would fit that a cut must use, in percent: else the next lesser one is looked for. */
static const unsigned least_share[CUTS] = {
        [CUT_NEVER] = 100, [CUT_CLUSTER] = 0,   [CUT_BOUND] = 20,
        [CUT_WORD] = 40,   [CUT_SENTENCE] = 50, [CUT_PARAGRAPH] = 60,
};

struct range {
        size_t from, to; /* [from, to) of the code points, without the white space around it */
};

/* ---- grading ------------------------------------------------------------------------------------------ */

static bool is_digit(int32_t c)
{
        return c >= '0' && c <= '9';
}

static bool is_closing(int32_t c)
{
        utf8proc_category_t category = utf8proc_category(c);

        return category == UTF8PROC_CATEGORY_PE || category == UTF8PROC_CATEGORY_PF || c == '"' || c == '\'';
}

static bool is_upper(int32_t c)
{
        utf8proc_category_t category = utf8proc_category(c);

        return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
}

static bool is_lower(int32_t c)
{
        return utf8proc_category(c) == UTF8PROC_CATEGORY_LL;
}

static bool is_sentence_sign(int32_t c)
{
        return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x3002 || c == 0xff01 || c == 0xff1f;
}

static bool range_is_one_of(const int32_t *points, struct range word, const char *const *list, size_t n)
{
        char text[64];

        if (word.to - word.from >= sizeof text / 4)
                return false;
        (void)thon_points_encode(points + word.from, word.to - word.from, text);
        for (size_t i = 0; i < n; i++)
                if (strcmp(text, list[i]) == 0)
                        return true;
        return false;
}

/* A full stop behind these does not end a sentence. Single letters (P. Q. X.) need no entry. */
static bool is_abbreviation(const int32_t *points, struct range word)
{
        static const char *const list[] = {
                "TP", "Tp", "tp", "TX",  "Tx",  "tx",  "TT", "Tt",  "tt", "Tr", "tr",  "tk",
                "TK", "TS", "Ts", "ThS", "Ths", "PGS", "GS", "BS",  "Bs", "KS", "CN",  "LS",
                "DS", "ĐT", "đt", "ĐC",  "đc",  "vd",  "VD", "Vd",  "vv", "tg", "Cty", "cty",
                "DN", "No", "Nr", "st",  "St",  "Mr",  "Ms", "Mrs", "Dr",
        };

        return range_is_one_of(points, word, list, sizeof list / sizeof *list);
}

/* These belong to the number before them ("1.500 đ", "5 giờ"), or are themselves of it ("10 triệu đồng"). */
static bool is_measure_word(const int32_t *points, struct range word)
{
        static const char *const list[] = {
                "đ",   "₫",    "đồng",  "VND", "VNĐ",  "nghìn", "ngàn", "triệu", "tỷ",   "tỉ",
                "%",   "kg",   "g",     "tạ",  "tấn",  "yến",   "lít",  "ml",    "m",    "m2",
                "m²",  "m3",   "m³",    "km",  "cm",   "mm",    "ha",   "sào",   "mẫu",  "giờ",
                "h",   "phút", "giây",  "kWh", "kW",   "W",     "ngày", "đêm",   "tuần", "tháng",
                "năm", "tuổi", "người", "hộ",  "cháu", "liều",  "bao",  "con",   "độ",   "°C",
        };

        return range_is_one_of(points, word, list, sizeof list / sizeof *list);
}

/* These take the number after them along: "số 12", "ngày 5", "thôn 3". */
static bool takes_number(const int32_t *points, struct range word)
{
        static const char *const list[] = {
                "số",    "Số",   "ngày", "Ngày", "tháng", "Tháng", "năm", "Năm", "thứ", "Thứ",    "quý",
                "khoản", "Điều", "điều", "thôn", "Thôn",  "tổ",    "Tổ",  "ngõ", "Ngõ", "khu",    "Khu",
                "đội",   "Đội",  "xóm",  "Xóm",  "cấp",   "mùng",  "lúc", "từ",  "đến", "khoảng", "dưới",
                "trên",  "tel",  "QĐ",   "NĐ",   "TT",    "CV",    "QL",  "TL",
        };

        return range_is_one_of(points, word, list, sizeof list / sizeof *list);
}

static struct range word_before(const int32_t *points, size_t gap)
{
        struct range word = {gap, gap};

        while (word.from > 0 && !thon_point_is_space(points[word.from - 1]))
                word.from--;
        return word;
}

static struct range word_at(const int32_t *points, size_t n, size_t from)
{
        struct range word = {from, from};

        while (word.to < n && !thon_point_is_space(points[word.to]))
                word.to++;
        return word;
}

/* Without the punctuation around it: "(TP" is TP, "đồng," is đồng. */
static struct range bare(const int32_t *points, struct range word)
{
        while (word.from < word.to && (is_closing(points[word.from]) || points[word.from] == '(' ||
                                       utf8proc_category(points[word.from]) == UTF8PROC_CATEGORY_PI))
                word.from++;
        while (word.to > word.from && (is_closing(points[word.to - 1]) || points[word.to - 1] == ',' ||
                                       points[word.to - 1] == ';' || points[word.to - 1] == ':' ||
                                       is_sentence_sign(points[word.to - 1])))
                word.to--;
        return word;
}

static bool begins_line(const int32_t *points, size_t at)
{
        while (at > 0 && points[at - 1] == ' ')
                at--;
        return at == 0 || points[at - 1] == '\n';
}

/* "TP." and "P.", "PGS.TS.", and what numbers a list: "1." and "IV." where a line begins. */
static bool stop_abbreviates(const int32_t *points, struct range word)
{
        struct range inner = bare(points, word), last;
        size_t length = inner.to - inner.from;

        if (length == 0)
                return false;
        /* the piece behind an inner full stop: "TS" of "PGS.TS" */
        last = inner;
        for (size_t i = inner.from; i < inner.to; i++)
                if (points[i] == '.')
                        last.from = i + 1;
        if (last.from < last.to &&
            (is_abbreviation(points, last) || (last.to - last.from == 1 && !is_digit(points[last.from]))))
                return true;
        return length <= 4 && begins_line(points, word.from);
}

/* Whether a sentence ends with `word`, and `next` begins another. */
static bool ends_sentence(const int32_t *points, size_t n, struct range word, size_t next)
{
        size_t end = word.to, begin = next;

        while (end > word.from && is_closing(points[end - 1]))
                end--;
        if (end == word.from || !is_sentence_sign(points[end - 1]))
                return false;
        while (begin < n && (utf8proc_category(points[begin]) == UTF8PROC_CATEGORY_PI ||
                             utf8proc_category(points[begin]) == UTF8PROC_CATEGORY_PS ||
                             points[begin] == '"' || points[begin] == '\''))
                begin++;
        if (begin < n && is_lower(points[begin]))
                return false;
        return points[end - 1] != '.' || !stop_abbreviates(points, word);
}

/* Whether two words of one sentence belong together. */
static bool are_bound(const int32_t *points, struct range word, struct range next)
{
        struct range left = bare(points, word), right = bare(points, next);
        bool paused = left.to < word.to && points[word.to - 1] != '.';

        if (left.from == left.to || right.from == right.to)
                return false;
        if (word.to > left.to && points[left.to] == '.')
                return true;
        if (paused)
                return false;
        if (is_digit(points[left.to - 1]) &&
            (is_digit(points[right.from]) || is_measure_word(points, right)))
                return true;
        if (is_measure_word(points, left) && is_measure_word(points, right))
                return true;
        if (is_digit(points[right.from]) && takes_number(points, left))
                return true;
        if (range_is_one_of(points, right, (const char *const[]){"số"}, 1))
                return true;
        return is_upper(points[left.from]) && is_upper(points[right.from]);
}

static enum cut grade_gap(const int32_t *points, size_t n, size_t gap, size_t next)
{
        struct range word = word_before(points, gap);
        size_t breaks = 0;

        for (size_t i = gap; i < next; i++)
                breaks += points[i] == '\n';
        if (breaks > 1)
                return CUT_PARAGRAPH;
        if (breaks == 1 || ends_sentence(points, n, word, next))
                return CUT_SENTENCE;
        return are_bound(points, word, word_at(points, n, next)) ? CUT_BOUND : CUT_WORD;
}

/* Grades the cut before each code point; white space is never cut before, but after. */
static unsigned char *grade(const int32_t *points, size_t n)
{
        unsigned char *cuts = calloc(n + 1, 1);
        utf8proc_int32_t state = 0;
        size_t gap = 0;

        if (!cuts)
                return NULL;
        for (size_t i = 1; i < n; i++) {
                bool boundary = utf8proc_grapheme_break_stateful(points[i - 1], points[i], &state);

                if (thon_point_is_space(points[i])) {
                        if (!thon_point_is_space(points[i - 1]))
                                gap = i;
                } else if (thon_point_is_space(points[i - 1]))
                        cuts[i] = (unsigned char)grade_gap(points, n, gap, i);
                else
                        cuts[i] = boundary ? CUT_CLUSTER : CUT_NEVER;
        }
        return cuts;
}

/* ---- filling ------------------------------------------------------------------------------------------ */

struct layout {
        const int32_t *points;
        const unsigned char *cuts;
        size_t n;
        enum thon_text_unit unit;
        size_t max;
        struct range parts[THON_TEXT_PARTS_MAX];
        size_t n_parts;
};

static struct thon_measure measure_number(const struct layout *layout, size_t number, size_t total)
{
        struct thon_measure measure = {.unit = layout->unit};
        char text[NUMBER_TEXT];

        (void)snprintf(text, sizeof text, "(%zu/%zu) ", number, total);
        for (const char *p = text; *p; p++)
                thon_measure_add(&measure, *p);
        return measure;
}

/* The first code point that does not fit any more; spaces count only when something follows them in the part. */
static size_t fill(const struct layout *layout, size_t from, struct thon_measure measure)
{
        size_t i;

        for (i = from; i < layout->n; i++) {
                thon_measure_add(&measure, layout->points[i]);
                if (!thon_point_is_space(layout->points[i]) && thon_measure_units(&measure) > layout->max)
                        break;
        }
        return i;
}

/* Where the part that begins at `from` ends, when all before `limit` fits. */
static size_t choose(const struct layout *layout, size_t from, size_t limit)
{
        size_t last[CUTS] = {0};

        for (size_t i = from + 1; i <= limit; i++)
                for (unsigned cut = CUT_CLUSTER; cut <= layout->cuts[i]; cut++)
                        last[cut] = i;
        for (unsigned cut = CUT_PARAGRAPH; cut >= CUT_CLUSTER; cut--)
                if (last[cut] > from && (last[cut] - from) * 100 >= (limit - from) * least_share[cut])
                        return last[cut];
        return limit;
}

static size_t skip_space(const struct layout *layout, size_t from)
{
        while (from < layout->n && thon_point_is_space(layout->points[from]))
                from++;
        return from;
}

/* -E2BIG when more parts are needed than `total` or than are allowed. */
static int lay_out(struct layout *layout, size_t total)
{
        size_t from = skip_space(layout, 0);

        layout->n_parts = 0;
        while (from < layout->n) {
                size_t limit, end, to;

                if (layout->n_parts == THON_TEXT_PARTS_MAX || layout->n_parts == total)
                        return -E2BIG;
                limit = fill(layout, from, measure_number(layout, layout->n_parts + 1, total));
                end = limit < layout->n ? choose(layout, from, limit) : limit;
                for (to = end; to > from && thon_point_is_space(layout->points[to - 1]);)
                        to--;
                layout->parts[layout->n_parts++] = (struct range){from, to};
                from = skip_space(layout, end);
        }
        return 0;
}

/* ---- writing ------------------------------------------------------------------------------------------ */

static char *write_part(const struct layout *layout, size_t i)
{
        struct range part = layout->parts[i];
        char *text = malloc(NUMBER_TEXT + (part.to - part.from) * 4 + 1);
        int number = 0;

        if (!text)
                return NULL;
        if (layout->n_parts > 1)
                number = snprintf(text, NUMBER_TEXT, "(%zu/%zu) ", i + 1, layout->n_parts);
        (void)thon_points_encode(layout->points + part.from, part.to - part.from, text + number);
        return text;
}

static int write_parts(const struct layout *layout, struct thon_text_parts *ret)
{
        _cleanup_(thon_text_parts_done) struct thon_text_parts parts = {0};

        parts.text = calloc(layout->n_parts, sizeof *parts.text);
        if (!parts.text)
                return -ENOMEM;
        for (; parts.n < layout->n_parts; parts.n++) {
                parts.text[parts.n] = write_part(layout, parts.n);
                if (!parts.text[parts.n])
                        return -ENOMEM;
        }
        *ret = parts;
        parts = (struct thon_text_parts){0};
        return 0;
}

int thon_text_split(const char *text, enum thon_text_unit unit, size_t max, struct thon_text_parts *ret)
{
        _cleanup_free_ int32_t *points = NULL;
        _cleanup_free_ unsigned char *cuts = NULL;
        struct layout layout = {.unit = unit, .max = max};
        struct thon_measure whole = {.unit = unit};
        size_t from;
        int r;

        if (max < MAX_UNITS_MIN)
                return -EINVAL;
        r = thon_points_decode(text, SIZE_MAX, &points, &layout.n);
        if (r >= 0)
                r = thon_points_nfc(&points, &layout.n);
        if (r < 0)
                return r;
        layout.points = points;
        while (layout.n > 0 && thon_point_is_space(points[layout.n - 1]))
                layout.n--;
        from = skip_space(&layout, 0);
        for (size_t i = from; i < layout.n; i++)
                thon_measure_add(&whole, points[i]);
        if (thon_measure_units(&whole) <= max) {
                layout.parts[0] = (struct range){from, layout.n};
                layout.n_parts = 1;
                return write_parts(&layout, ret);
        }
        cuts = grade(points, layout.n);
        if (!cuts)
                return -ENOMEM;
        layout.cuts = cuts;
        r = lay_out(&layout, 9);
        if (r == -E2BIG)
                r = lay_out(&layout, 99);
        return r < 0 ? r : write_parts(&layout, ret);
}

void thon_text_parts_done(struct thon_text_parts *parts)
{
        for (size_t i = 0; i < parts->n; i++)
                free(parts->text[i]);
        free(parts->text);
        *parts = (struct thon_text_parts){0};
}
