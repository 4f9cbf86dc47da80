/* Names of persons: a family name and a capital behind it ("Nguyễn Văn An"), or a word of address and a capital ("ông Nam").
 * Streets, schools and communes are named after persons; the word before tells them. */
#include <string.h>

#include "privacy.h"

static bool among(const struct piece *piece, const char *const *list)
{
        for (; *list; list++)
                if (strcmp(piece->lower, *list) == 0)
                        return true;
        return false;
}

static const char *const families[] = {
        "nguyễn", "trần",  "lê",   "phạm",  "hoàng",  "huỳnh",  "phan",  "vũ",    "võ",   "đặng",
        "bùi",    "đỗ",    "hồ",   "ngô",   "dương",  "lý",     "đinh",  "trịnh", "mai",  "đào",
        "lương",  "hà",    "tạ",   "đoàn",  "trương", "lâm",    "cao",   "châu",  "lưu",  "tô",
        "thái",   "quách", "kiều", "tống",  "vương",  "triệu",  "hứa",   "nông",  "lò",   "vàng",
        "giàng",  "sùng",  "thào", "quàng", "bế",     "ma",     "mùa",   "cầm",   "lục",  "chu",
        "phùng",  "tăng",  "văn",  "đàm",   "khổng",  "mạc",    "thạch", "sơn",   "kim",  "danh",
        "lường",  "bạch",  "la",   "doãn",  "ninh",   "nghiêm", "lại",   "thân",  "viên", "vi",
        "hầu",    "cù",    "từ",   "tôn",   "âu",     "ông",    "đậu",   "trang", "cung", "phí",
        "lã",     "mã",    "ksor", "siu",   "rơ",     "y",      "h",     "k",     NULL,
};

static const char *const titles[] = {"ông", "bà",  "anh", "chị",  "cháu", "cụ",  "chú", "cô", "bác",
                                     "dì",  "cậu", "mợ",  "thím", "em",   "đ/c", "chí", NULL};

/* "đường Lê Lợi", "trường THCS Nguyễn Du", "xã Hoàng Long" */
static const char *const places[] = {
        "đường", "phố",  "trường", "xã",   "phường", "thôn",  "làng", "xóm",  "ấp",    "bản",  "buôn",
        "huyện", "tỉnh", "chợ",    "cầu",  "viên",   "viện",  "hồ",   "sông", "núi",   "đình", "chùa",
        "đền",   "ngõ",  "tổ",     "khu",  "thcs",   "thpt",  "học",  "non",  "thông", "quận", "phà",
        "bến",   "đèo",  "đảo",    "kênh", "cống",   "tượng", "cs",   "th",   "mn",    "vua",  "trạm",
        "công",  "ty",   "thị",    "mặt",  "tp",     "phố",   "lăng", NULL};

/* Bà Rịa, Bà Nà, Hai Bà Trưng: no persons of ours. */
static const char *const no_persons[] = {"rịa", "nà", "trưng", "triệu", "đen", "huyện", "điểm", NULL};

static bool starts_name(const struct pieces *pieces, size_t i)
{
        const struct piece *piece = pieces->items + i, *next = piece + 1;

        if (!piece->capital || !among(piece, families) || i + 1 >= pieces->n || !next->capital ||
            next->sentence != piece->sentence)
                return false;
        if (piece->upper)
                return strcmp(next->lower, "văn") == 0 || strcmp(next->lower, "thị") == 0;
        return !next->upper;
}

void privacy_mark_names(struct pieces *pieces)
{
        for (size_t i = 0; i < pieces->n; i++) {
                struct piece *piece = pieces->items + i;
                const struct piece *before = i > 0 ? piece - 1 : NULL;
                size_t first = i;

                if (before && before->sentence == piece->sentence && among(before, places))
                        continue;
                if (!starts_name(pieces, i)) {
                        const struct piece *next = piece + 1;

                        if (!among(piece, titles) || piece->upper || i + 1 >= pieces->n || !next->capital ||
                            next->sentence != piece->sentence || among(next, no_persons) ||
                            (piece->capital && before && before->capital &&
                             before->sentence == piece->sentence))
                                continue;
                        first = i + 1;
                }
                while (first < pieces->n && pieces->items[first].capital &&
                       pieces->items[first].sentence == piece->sentence)
                        pieces->items[first++].name = true;
                i = first - 1;
        }
}
