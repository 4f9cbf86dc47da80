/* Personal data in a text that is to be said aloud.
 *
 * A number is what the nearest word before it says ("STK", "CCCD"), else what its figures look like: a mobile phone, an
 * identity card (twelve figures, the first a zero), an insurance card, a bank card whose check figure is right. Money,
 * dates and numbers of documents look like none of them. Illness, debt and a house number are personal only near a name:
 * an announcement against dengue is none.
 *
 * It points out and forbids nothing: a hamlet head's phone is in half of all announcements, on purpose. */
#include "privacy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/speech.h"

enum { NEAR_WORDS = 20, CONTEXT_WORDS = 10, GROUPS_MAX = 8, FIGURES_MAX = 20 };

static const struct {
        const char *slug, *text;
} kinds[THON_PRIVATE_KINDS] = {
        [THON_PRIVATE_IDENTITY] =
                {"identity",
                 "Số giấy tờ của một người (căn cước, bảo hiểm): không đọc lên loa, mời người đó "
                 "đến gặp hoặc gọi riêng."},
        [THON_PRIVATE_PHONE] =
                {"phone",
                 "Số điện thoại riêng: chỉ đọc khi chủ số đã đồng ý; nên dùng số trực của cơ quan."},
        [THON_PRIVATE_ACCOUNT] =
                {"account",
                 "Số tài khoản hoặc số thẻ ngân hàng: không đọc lên loa, nên dán ở bảng tin hoặc gửi riêng."},
        [THON_PRIVATE_HEALTH] =
                {"health",
                 "Bệnh tật của một người được nêu tên: không đọc lên loa, báo riêng cho gia đình."},
        [THON_PRIVATE_DEBT] =
                {"debt",
                 "Nợ nần hoặc hoàn cảnh nghèo của một người được nêu tên: không đọc lên loa, báo riêng cho gia đình."},
        [THON_PRIVATE_ADDRESS] = {"address",
                                  "Nhà của một người được nêu tên: chỉ đọc khi người đó đã đồng ý."},
};

const char *thon_private_slug(enum thon_private_kind kind)
{
        return kinds[kind].slug;
}

const char *thon_private_text(enum thon_private_kind kind)
{
        return kinds[kind].text;
}

struct finder {
        const char *text;
        struct pieces pieces;
        size_t *name_before, *name_after; /* the nearest piece with a name, SIZE_MAX: none */
        struct thon_private *found;
        size_t max, n;
};

static void tell(struct finder *f, enum thon_private_kind kind, size_t first, size_t last)
{
        const struct piece *a = f->pieces.items + first, *b = f->pieces.items + last;

        if (f->n < f->max)
                f->found[f->n] =
                        (struct thon_private){.kind = kind, .at = a->at, .size = b->at + b->size - a->at};
        f->n++;
}

static bool name_near(const struct finder *f, size_t i)
{
        const struct piece *items = f->pieces.items;
        size_t before = f->name_before[i], after = f->name_after[i];

        return (before != SIZE_MAX && i - before <= NEAR_WORDS &&
                items[before].sentence == items[i].sentence) ||
               (after != SIZE_MAX && after - i <= NEAR_WORDS && items[after].sentence == items[i].sentence);
}

/* ---- numbers ---- */
enum context { CONTEXT_NONE, CONTEXT_IDENTITY, CONTEXT_ACCOUNT, CONTEXT_PHONE, CONTEXT_PUBLIC };

static const struct {
        const char *phrase;
        enum context context;
} contexts[] = {
        {"căn cước", CONTEXT_IDENTITY},
        {"cccd", CONTEXT_IDENTITY},
        {"cmnd", CONTEXT_IDENTITY},
        {"cmt", CONTEXT_IDENTITY},
        {"chứng minh nhân dân", CONTEXT_IDENTITY},
        {"chứng minh thư", CONTEXT_IDENTITY},
        {"định danh", CONTEXT_IDENTITY},
        {"hộ chiếu", CONTEXT_IDENTITY},
        {"bhxh", CONTEXT_IDENTITY},
        {"bhyt", CONTEXT_IDENTITY},
        {"bảo hiểm", CONTEXT_IDENTITY},
        {"tài khoản", CONTEXT_ACCOUNT},
        {"stk", CONTEXT_ACCOUNT},
        {"tk", CONTEXT_ACCOUNT},
        {"số thẻ", CONTEXT_ACCOUNT},
        {"chuyển khoản", CONTEXT_ACCOUNT},
        {"điện thoại", CONTEXT_PHONE},
        {"sđt", CONTEXT_PHONE},
        {"đt", CONTEXT_PHONE},
        {"gọi", CONTEXT_PHONE},
        {"liên hệ", CONTEXT_PHONE},
        {"zalo", CONTEXT_PHONE},
        {"số máy", CONTEXT_PHONE},
        {"đường dây nóng", CONTEXT_PUBLIC},
        {"hotline", CONTEXT_PUBLIC},
        {"tổng đài", CONTEXT_PUBLIC},
        {"mã số thuế", CONTEXT_PUBLIC},
        {"mst", CONTEXT_PUBLIC},
        {"hồ sơ", CONTEXT_PUBLIC},
        {"đơn hàng", CONTEXT_PUBLIC},
        {"công tơ", CONTEXT_PUBLIC},
        {"khách hàng", CONTEXT_PUBLIC},
};

static enum context context_of(const struct finder *f, size_t i)
{
        for (size_t back = 1; back <= CONTEXT_WORDS && back <= i; back++) {
                if (f->pieces.items[i - back].sentence != f->pieces.items[i].sentence)
                        break;
                for (size_t c = 0; c < sizeof(contexts) / sizeof(contexts[0]); c++)
                        if (privacy_phrase(&f->pieces, i - back, contexts[c].phrase) > 0)
                                return contexts[c].context;
        }
        return CONTEXT_NONE;
}

struct figures {
        char text[FIGURES_MAX + 1];
        size_t n, groups;
        size_t last; /* piece */
};

/* One space, point or dash, or a bracket closed, between two groups of figures. */
static bool joined(const struct finder *f, size_t i)
{
        const struct piece *a = f->pieces.items + i, *b = a + 1;
        const char *p = f->text + a->at + a->size;
        size_t gap = b->at - a->at - a->size;

        if (i + 1 >= f->pieces.n || !b->number)
                return false;
        return (gap == 1 && strchr(" .-", *p)) ||
               (gap == 2 && (p[0] == ')' || p[0] == '.' || p[0] == '-') && p[1] == ' ');
}

static bool take(const struct finder *f, size_t i, size_t groups, struct figures *ret)
{
        *ret = (struct figures){0};
        for (;; i++) {
                const struct piece *piece = f->pieces.items + i;

                if (ret->n + piece->size > FIGURES_MAX)
                        return false;
                memcpy(ret->text + ret->n, f->text + piece->at, piece->size);
                ret->n += piece->size;
                ret->last = i;
                if (++ret->groups == groups)
                        return true;
                if (!joined(f, i))
                        return false;
        }
}

static bool telephone(const struct figures *figures, bool plus)
{
        const char *t = figures->text;

        if (plus)
                return figures->n >= 9 && figures->n <= 15;
        if (figures->n == 11 && strncmp(t, "84", 2) == 0 && strchr("35789", t[2]))
                return true;
        return (figures->n == 10 && t[0] == '0' && strchr("35789", t[1])) ||
               (figures->n == 11 && t[0] == '0' && t[1] == '2');
}

static bool luhn(const struct figures *figures)
{
        unsigned sum = 0;

        for (size_t i = 0; i < figures->n; i++) {
                unsigned digit = (unsigned)(figures->text[figures->n - 1 - i] - '0');
                if (i % 2 == 1)
                        digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
                sum += digit;
        }
        return sum % 10 == 0;
}

static bool money_follows(const struct finder *f, size_t i)
{
        static const char *const words[] = {"đồng", "đ", "vnđ", "vnd", "nghìn", "triệu", "tỷ", "usd"};

        for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
                if (privacy_phrase(&f->pieces, i, words[w]) > 0)
                        return true;
        return false;
}

/* The kind of figures by what stands before them and by their look; false when they are nobody's. */
static bool kind_of(const struct figures *figures, enum context context, bool plus,
                    enum thon_private_kind *ret)
{
        if (context == CONTEXT_PUBLIC)
                return false;
        if (context == CONTEXT_IDENTITY &&
            (figures->n == 9 || figures->n == 10 || figures->n == 12 || figures->n == 13)) {
                *ret = THON_PRIVATE_IDENTITY;
                return true;
        }
        if (context == CONTEXT_ACCOUNT && figures->n >= 6) {
                *ret = THON_PRIVATE_ACCOUNT;
                return true;
        }
        if (telephone(figures, plus)) {
                *ret = THON_PRIVATE_PHONE;
                return true;
        }
        if (figures->n == 12 && figures->text[0] == '0') {
                *ret = THON_PRIVATE_IDENTITY;
                return true;
        }
        if ((figures->n == 16 || figures->n == 19) && luhn(figures) && figures->text[0] != '0') {
                *ret = THON_PRIVATE_ACCOUNT;
                return true;
        }
        return false;
}

/* A stroke on either side makes figures a document's or a date's. */
static bool in_document(const struct finder *f, size_t first, size_t last)
{
        const struct piece *a = f->pieces.items + first, *b = f->pieces.items + last;
        const char *after = f->text + b->at + b->size;

        return (a->at > 0 && f->text[a->at - 1] == '/' && last == first && b->size <= 4) ||
               (*after == '/' && b->size <= 4 && first == last) || *after == '%';
}

/* Two letters and thirteen figures, in any groups: a card of health insurance. */
static size_t find_insurance(struct finder *f, size_t i)
{
        const struct piece *letters = f->pieces.items + i, *next = letters + 1;
        struct figures figures;

        if (letters->number || letters->size != 2 || !letters->upper || i + 1 >= f->pieces.n ||
            !next->number || next->at - letters->at - letters->size > 1)
                return 0;
        for (size_t groups = GROUPS_MAX; groups > 0; groups--)
                if (take(f, i + 1, groups, &figures) && figures.n == 13) {
                        tell(f, THON_PRIVATE_IDENTITY, i, figures.last);
                        return figures.last - i + 1;
                }
        return 0;
}

/* "(0237) 3712345": the bracket is a part of the number. */
static bool opened(const struct finder *f, size_t first, size_t last)
{
        const struct piece *a = f->pieces.items + first;

        return a->at > 0 && f->text[a->at - 1] == '(' && last > first && f->text[a->at + a->size] == ')';
}

/* A letter and seven figures behind "hộ chiếu". */
static size_t find_passport(struct finder *f, size_t i)
{
        const struct piece *letter = f->pieces.items + i, *next = letter + 1;

        if (letter->number || letter->size != 1 || !letter->capital || i + 1 >= f->pieces.n ||
            !next->number || next->size != 7 || next->at != letter->at + 1 ||
            context_of(f, i) != CONTEXT_IDENTITY)
                return 0;
        tell(f, THON_PRIVATE_IDENTITY, i, i + 1);
        return 2;
}

static size_t find_number(struct finder *f, size_t i)
{
        const struct piece *piece = f->pieces.items + i;
        bool plus = piece->at > 0 && f->text[piece->at - 1] == '+';
        enum context context;

        if (!piece->number)
                return 0;
        context = context_of(f, i);
        for (size_t groups = GROUPS_MAX; groups > 0; groups--) {
                struct figures figures;
                enum thon_private_kind kind;

                if (!take(f, i, groups, &figures) || !kind_of(&figures, context, plus, &kind) ||
                    money_follows(f, figures.last + 1) || in_document(f, i, figures.last))
                        continue;
                tell(f, kind, i, figures.last);
                if ((plus || opened(f, i, figures.last)) && f->n <= f->max) {
                        f->found[f->n - 1].at--;
                        f->found[f->n - 1].size++;
                }
                return figures.last - i + 1;
        }
        return 0;
}

/* Numbers that are nobody's are passed by whole, so that none of their groups is looked at alone. */
static size_t pass_number(const struct finder *f, size_t i)
{
        size_t n = 1;

        while (f->pieces.items[i].number && n < GROUPS_MAX && joined(f, i + n - 1) &&
               f->pieces.items[i + n].size == 3)
                n++;
        return n;
}

/* ---- words near a name ---- */
static const char *const illnesses[] = {
        "hiv",
        "aids",
        "ung thư",
        "bệnh lao",
        "lao phổi",
        "tâm thần",
        "dương tính",
        "mắc bệnh",
        "bị bệnh",
        "nhiễm bệnh",
        "bệnh hiểm nghèo",
        "nghiện",
        "cai nghiện",
        "ma túy",
        "ma tuý",
        "trầm cảm",
        "động kinh",
        "giang mai",
        "viêm gan",
        "tiểu đường",
        "đái tháo đường",
        "xơ gan",
        "chạy thận",
        "suy thận",
        "đột quỵ",
        "phá thai",
        "mang thai",
        "khuyết tật",
        "thiểu năng",
        "bị nhiễm",
        "sốt xuất huyết",
        "covid",
        "f 0",
        "tai biến",
        "bệnh phong",
        "bệnh tim",
        "huyết áp",
        "vô sinh",
        "tự tử",
        "tự kỷ",
        "bại liệt",
        "mổ tim",
        "bệnh nhân",
};
static const char *const debts[] = {
        "nợ",
        "chưa nộp",
        "chậm nộp",
        "không nộp",
        "chưa đóng",
        "chậm đóng",
        "không đóng",
        "trốn đóng",
        "trốn nộp",
        "hộ nghèo",
        "cận nghèo",
        "truy thu",
        "phá sản",
        "vay nặng lãi",
        "cầm cố",
        "quá hạn",
        "xiết nợ",
        "siết nợ",
        "khó khăn về kinh tế",
        "hoàn cảnh khó khăn",
        "hoàn cảnh đặc biệt khó khăn",
        "trốn thuế",
        "cưỡng chế",
        "chưa trả",
};

static size_t longest(const struct finder *f, size_t i, const char *const *list, size_t n)
{
        size_t best = 0;

        for (size_t p = 0; p < n; p++) {
                size_t words = privacy_phrase(&f->pieces, i, list[p]);
                if (words > best)
                        best = words;
        }
        return best;
}

static size_t find_words(struct finder *f, size_t i)
{
        size_t words;

        if (f->pieces.items[i].name || !name_near(f, i))
                return 0;
        words = longest(f, i, illnesses, sizeof(illnesses) / sizeof(illnesses[0]));
        if (words > 0) {
                tell(f, THON_PRIVATE_HEALTH, i, i + words - 1);
                return words;
        }
        words = longest(f, i, debts, sizeof(debts) / sizeof(debts[0]));
        if (words > 0)
                tell(f, THON_PRIVATE_DEBT, i, i + words - 1);
        return words;
}

/* "số nhà 12", "nhà số 12", "số 12 đường ..." with a name in the sentence. */
static size_t find_address(struct finder *f, size_t i)
{
        static const char *const ways[] = {"đường", "phố", "ngõ",  "ngách", "hẻm",
                                           "kiệt",  "tổ",  "thôn", "xóm",   "ấp"};
        const struct piece *items = f->pieces.items;
        size_t number = 0;

        if (privacy_phrase(&f->pieces, i, "số nhà") || privacy_phrase(&f->pieces, i, "nhà số"))
                number = i + 2;
        else if (privacy_phrase(&f->pieces, i, "số"))
                number = i + 1;
        if (number == 0 || number >= f->pieces.n || !items[number].number ||
            items[number].sentence != items[i].sentence || !name_near(f, i))
                return 0;
        if (number == i + 1) {
                size_t after = number + 1;

                while (after < number + 3 && after < f->pieces.n &&
                       (items[after].number || items[after].size == 1))
                        after++;
                if (longest(f, after, ways, sizeof(ways) / sizeof(ways[0])) == 0)
                        return 0;
        }
        tell(f, THON_PRIVATE_ADDRESS, i, number);
        return number - i + 1;
}

/* For every piece the nearest one with a name, on either side. */
static bool place_names(struct finder *f)
{
        size_t n = f->pieces.n, nearest = SIZE_MAX;

        f->name_before = malloc((n + 1) * sizeof(*f->name_before));
        f->name_after = malloc((n + 1) * sizeof(*f->name_after));
        if (!f->name_before || !f->name_after)
                return false;
        privacy_mark_names(&f->pieces);
        for (size_t i = 0; i < n; i++) {
                if (f->pieces.items[i].name)
                        nearest = i;
                f->name_before[i] = nearest;
        }
        nearest = SIZE_MAX;
        for (size_t i = n; i-- > 0;) {
                if (f->pieces.items[i].name)
                        nearest = i;
                f->name_after[i] = nearest;
        }
        return true;
}

size_t thon_private_find(const char *text, struct thon_private *ret, size_t max)
{
        struct finder f = {.text = text, .found = ret, .max = max};

        if (privacy_pieces(text, &f.pieces) && place_names(&f))
                for (size_t i = 0; i < f.pieces.n;) {
                        size_t used = find_insurance(&f, i);

                        if (used == 0)
                                used = find_passport(&f, i);
                        if (used == 0)
                                used = find_number(&f, i);
                        if (used == 0)
                                used = find_address(&f, i);
                        if (used == 0)
                                used = find_words(&f, i);
                        i += used > 0 ? used : pass_number(&f, i);
                }
        free(f.name_before);
        free(f.name_after);
        privacy_pieces_done(&f.pieces);
        return f.n;
}
