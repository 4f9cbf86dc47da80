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
        "nguyễn", "trần",  "lê",     "phạm",  "hoàng", "huỳnh",  "phan",  "vũ",    "võ",   "đặng",  "bùi",
        "đỗ",     "hồ",    "ngô",    "dương", "lý",    "đinh",   "trịnh", "mai",   "đào",  "lương", "hà",
        "tạ",     "đoàn",  "trương", "lâm",   "cao",   "châu",   "lưu",   "tô",    "thái", "quách", "kiều",
        "tống",   "vương", "triệu",  "hứa",   "nông",  "lò",     "vàng",  "giàng", "sùng", "thào",  "quàng",
        "bế",     "ma",    "mùa",    "cầm",   "lục",   "chu",    "phùng", "tăng",  "đàm",  "khổng", "mạc",
        "thạch",  "lường", "bạch",   "doãn",  "ninh",  "nghiêm", "hầu",   "cù",    "tôn",  "âu",    "đậu",
        "lã",     "mã",    "ksor",   "siu",   "rơ",    NULL,
};

/* What begins like a name and is none. */
static const char *const no_names[][2] = {
        {"hà", "nội"},     {"hà", "tĩnh"},    {"hà", "giang"},    {"hà", "nam"},      {"hà", "đông"},
        {"hà", "trung"},   {"cao", "bằng"},   {"cao", "lãnh"},    {"thái", "bình"},   {"thái", "nguyên"},
        {"thái", "lan"},   {"lâm", "đồng"},   {"ninh", "bình"},   {"ninh", "thuận"},  {"châu", "phi"},
        {"châu", "âu"},    {"châu", "á"},     {"châu", "mỹ"},     {"châu", "đốc"},    {"hoàng", "sa"},
        {"hoàng", "mai"},  {"hoàng", "hóa"},  {"hoàng", "liên"},  {"lý", "sơn"},      {"phan", "thiết"},
        {"phan", "rang"},  {"vũ", "hán"},     {"hồ", "chí"},      {"đoàn", "thanh"},  {"đoàn", "tncs"},
        {"bạch", "đằng"},  {"mai", "châu"},   {"mai", "sơn"},     {"lương", "sơn"},   {"lương", "tài"},
        {"nông", "cống"},  {"nông", "thôn"},  {"nông", "nghiệp"}, {"cầm", "thủy"},    {"tô", "lịch"},
        {"âu", "lạc"},     {"đào", "tạo"},    {"mã", "lai"},      {"thạch", "thành"}, {"thạch", "hà"},
        {"dương", "tính"}, {"vương", "quốc"}, {"cao", "đẳng"},
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
static const char *const no_persons[] = {"rịa",   "nà",   "trưng", "triệu", "đen",
                                         "huyện", "điểm", "chiểu", "lãnh",  NULL};

static bool no_name(const struct piece *piece, const struct piece *next)
{
        for (size_t i = 0; i < sizeof(no_names) / sizeof(no_names[0]); i++)
                if (strcmp(piece->lower, no_names[i][0]) == 0 && strcmp(next->lower, no_names[i][1]) == 0)
                        return true;
        return false;
}

/* Whether what stands before makes a name a place's; "gia đình" is a family and no temple. */
static bool of_place(const struct pieces *pieces, size_t i)
{
        const struct piece *before = pieces->items + i - 1;

        if (i == 0 || before->sentence != pieces->items[i].sentence || !among(before, places))
                return false;
        return !(i >= 2 && strcmp(before->lower, "đình") == 0 && strcmp(before[-1].lower, "gia") == 0);
}

static bool starts_name(const struct pieces *pieces, size_t i)
{
        const struct piece *piece = pieces->items + i, *next = piece + 1;

        if (!piece->capital || !among(piece, families) || i + 1 >= pieces->n || !next->capital ||
            next->sentence != piece->sentence || no_name(piece, next))
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

                if (of_place(pieces, i))
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
