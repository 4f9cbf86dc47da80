/* What is spoken of decides how a number is read: "1/2 diện tích" and "ngày 1/2", "thứ 4" and "lớp 4". One table of the
 * words that decide, and small questions to the tokens. */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

static const struct {
        const char *words;
        unsigned about;
} about_words[] = {
        {"ngày", ABOUT_DATE | ABOUT_DAY | ABOUT_ENUM},
        {"mùng", ABOUT_DATE | ABOUT_DAY},
        {"mồng", ABOUT_DATE | ABOUT_DAY},
        {"mung", ABOUT_DATE | ABOUT_DAY},
        {"rằm", ABOUT_DATE | ABOUT_DAY},
        {"hôm", ABOUT_DATE},
        {"hôm nay", ABOUT_DATE},
        {"nay", ABOUT_DATE},
        {"mai", ABOUT_DATE},
        {"sáng", ABOUT_DATE | ABOUT_HOUR},
        {"trưa", ABOUT_DATE | ABOUT_HOUR},
        {"chiều", ABOUT_DATE | ABOUT_HOUR},
        {"tối", ABOUT_DATE | ABOUT_HOUR},
        {"đêm", ABOUT_DATE | ABOUT_HOUR},
        {"khuya", ABOUT_DATE | ABOUT_HOUR},
        {"trước", ABOUT_DATE | ABOUT_HOUR},
        {"sau", ABOUT_DATE | ABOUT_HOUR},
        {"vào", ABOUT_DATE | ABOUT_HOUR},
        {"lúc", ABOUT_DATE | ABOUT_HOUR},
        {"hồi", ABOUT_DATE | ABOUT_HOUR},
        {"từ", ABOUT_DATE | ABOUT_HOUR | ABOUT_SPAN},
        {"khoảng", ABOUT_HOUR | ABOUT_SPAN},
        {"đến", ABOUT_LINK | ABOUT_DATE | ABOUT_HOUR},
        {"tới", ABOUT_LINK | ABOUT_DATE | ABOUT_HOUR},
        {"hết", ABOUT_DATE | ABOUT_HOUR},
        {"kể", ABOUT_DATE},
        {"hạn", ABOUT_DATE},
        {"chót", ABOUT_DATE},
        {"gian", ABOUT_DATE | ABOUT_HOUR}, /* thời gian */
        {"lễ", ABOUT_DATE},
        {"dịp", ABOUT_DATE},
        {"mừng", ABOUT_DATE},
        {"niệm", ABOUT_DATE},
        {"khánh", ABOUT_DATE},
        {"tết", ABOUT_DATE},
        {"sinh", ABOUT_DATE},
        {"nghỉ", ABOUT_DATE},
        {"động", ABOUT_DATE}, /* Quốc tế lao động 1/5 */
        {"nhi", ABOUT_DATE},  /* Quốc tế thiếu nhi 1/6 */
        {"phụ nữ", ABOUT_DATE},
        {"liệt sĩ", ABOUT_DATE},
        {"thứ", ABOUT_ORDINAL | ABOUT_ROMAN | ABOUT_ENUM},
        {"nhật", ABOUT_DATE},
        {"cn", ABOUT_DATE},
        {"tháng", ABOUT_MONTH | ABOUT_ENUM},
        {"năm", ABOUT_YEAR | ABOUT_ENUM},
        {"thị lực", ABOUT_RATIO},
        {"năm học", ABOUT_PAIR},
        {"khóa học", ABOUT_PAIR},
        {"đông xuân", ABOUT_PAIR},
        {"niên khóa", ABOUT_PAIR | ABOUT_ROMAN},
        {"niên khoá", ABOUT_PAIR | ABOUT_ROMAN},
        {"vụ", ABOUT_PAIR},
        {"quý", ABOUT_ROMAN | ABOUT_ENUM},
        {"quí", ABOUT_ROMAN | ABOUT_ENUM},
        {"kỷ", ABOUT_ROMAN},
        {"kỉ", ABOUT_ROMAN},
        {"hội", ABOUT_ROMAN}, /* Đại hội, Quốc hội */
        {"đảng", ABOUT_ROMAN},
        {"khóa", ABOUT_ROMAN | ABOUT_ENUM},
        {"khoá", ABOUT_ROMAN | ABOUT_ENUM},
        {"chương", ABOUT_ROMAN | ABOUT_ENUM | ABOUT_SECTION},
        {"phần", ABOUT_ROMAN | ABOUT_ENUM | ABOUT_SECTION},
        {"mục", ABOUT_ROMAN | ABOUT_ENUM | ABOUT_SECTION},
        {"phụ lục", ABOUT_ROMAN | ABOUT_ENUM | ABOUT_SECTION},
        {"bảng", ABOUT_ROMAN | ABOUT_ENUM | ABOUT_SECTION},
        {"hình", ABOUT_ENUM | ABOUT_SECTION},
        {"bản", ABOUT_SECTION}, /* phiên bản */
        {"loại", ABOUT_ROMAN | ABOUT_ENUM},
        {"hạng", ABOUT_ROMAN | ABOUT_ENUM},
        {"cấp", ABOUT_ROMAN | ABOUT_ENUM},
        {"bậc", ABOUT_ROMAN | ABOUT_ENUM},
        {"nhóm", ABOUT_ROMAN | ABOUT_ENUM},
        {"vùng", ABOUT_ROMAN | ABOUT_ENUM},
        {"đợt", ABOUT_ROMAN | ABOUT_ENUM},
        {"kỳ", ABOUT_ROMAN},
        {"kì", ABOUT_ROMAN},
        {"đoạn", ABOUT_ROMAN | ABOUT_ENUM}, /* giai đoạn */
        {"khu", ABOUT_ROMAN | ABOUT_ENUM},
        {"khu vực", ABOUT_ROMAN | ABOUT_ENUM},
        {"tập", ABOUT_ROMAN | ABOUT_ENUM},
        {"lần", ABOUT_ROMAN | ABOUT_ENUM},
        {"giới", ABOUT_ROMAN}, /* chiến tranh thế giới */
        {"thế giới", ABOUT_ROMAN},
        {"đời", ABOUT_ROMAN},
        {"quyển", ABOUT_ROMAN | ABOUT_ENUM},
        {"thôn", ABOUT_ENUM},
        {"xóm", ABOUT_ENUM},
        {"tổ", ABOUT_ENUM},
        {"ấp", ABOUT_ENUM},
        {"bản làng", ABOUT_ENUM},
        {"buôn", ABOUT_ENUM},
        {"khóm", ABOUT_ENUM},
        {"phố", ABOUT_ENUM | ABOUT_STREET},
        {"phường", ABOUT_ENUM},
        {"quận", ABOUT_ENUM},
        {"đội", ABOUT_ENUM},
        {"cụm", ABOUT_ENUM},
        {"tuyến", ABOUT_ENUM},
        {"lớp", ABOUT_ENUM},
        {"khối", ABOUT_ENUM},
        {"số", ABOUT_ENUM},
        {"điều", ABOUT_ENUM | ABOUT_SECTION},
        {"khoản", ABOUT_ENUM},
        {"điểm", ABOUT_ENUM},
        {"câu", ABOUT_ENUM},
        {"bài", ABOUT_ENUM},
        {"buổi", ABOUT_ENUM},
        {"tuần", ABOUT_ENUM},
        {"bàn", ABOUT_ENUM},
        {"phòng", ABOUT_ENUM},
        {"trang", ABOUT_ENUM},
        {"đường", ABOUT_STREET},
        {"trường", ABOUT_STREET},
        {"viện", ABOUT_STREET},
        {"các", ABOUT_SPAN},
        {"các ngày", ABOUT_DATE | ABOUT_DAY | ABOUT_ENUM | ABOUT_SPAN},
        {"từ ngày", ABOUT_DATE | ABOUT_DAY | ABOUT_ENUM | ABOUT_SPAN},
        {"quốc lộ", ABOUT_ROAD},
        {"tỉnh lộ", ABOUT_ROAD},
        {"điện thoại", ABOUT_PHONE},
        {"gọi", ABOUT_PHONE},
        {"dây nóng", ABOUT_PHONE},
        {"hotline", ABOUT_PHONE},
        {"tổng đài", ABOUT_PHONE},
        {"số máy", ABOUT_PHONE},
        {"liên hệ", ABOUT_PHONE},
        {"liên lạc", ABOUT_PHONE},
        {"sđt", ABOUT_PHONE},
        {"đt", ABOUT_PHONE},
        {"đtdđ", ABOUT_PHONE},
        {"di động", ABOUT_PHONE},
        {"zalo", ABOUT_PHONE},
        {"báo", ABOUT_PHONE},
        {"căn cước", ABOUT_ID},
        {"định danh", ABOUT_ID},
        {"chứng minh", ABOUT_ID},
        {"cccd", ABOUT_ID},
        {"cmnd", ABOUT_ID},
        {"cmt", ABOUT_ID},
        {"bhyt", ABOUT_ID},
        {"bhxh", ABOUT_ID},
        {"mst", ABOUT_ID},
        {"số thuế", ABOUT_ID},
        {"tài khoản", ABOUT_ID},
        {"stk", ABOUT_ID},
        {"tk", ABOUT_ID},
        {"mã số", ABOUT_ID},
        {"mã", ABOUT_ID},
        {"số thẻ", ABOUT_ID},
        {"số sổ", ABOUT_ID},
        {"số hiệu", ABOUT_ID},
        {"mật khẩu", ABOUT_ID},
        {"mã xác", ABOUT_ID},
        {"hộ chiếu", ABOUT_ID},
        {"biển số", ABOUT_PLATE},
        {"biển", ABOUT_PLATE},
        {"bks", ABOUT_PLATE},
        {"kiểm soát", ABOUT_PLATE},
        {"tỷ lệ", ABOUT_RATIO},
        {"tỉ lệ", ABOUT_RATIO},
        {"tỷ số", ABOUT_SCORE | ABOUT_RATIO},
        {"tỉ số", ABOUT_SCORE | ABOUT_RATIO},
        {"thắng", ABOUT_SCORE},
        {"thua", ABOUT_SCORE},
        {"hòa", ABOUT_SCORE},
        {"và", ABOUT_LINK},
        {"hoặc", ABOUT_LINK},
        {"hay", ABOUT_LINK},
        {"cùng", ABOUT_LINK},
        {"với", ABOUT_LINK},
        {"ngày mồng", ABOUT_DATE | ABOUT_DAY},
        {"ngày mùng", ABOUT_DATE | ABOUT_DAY},
};

unsigned speech_about(const char *before, const char *lower)
{
        size_t length = strlen(before), size = strlen(lower);
        unsigned alone = 0;

        for (size_t i = 0; i < sizeof(about_words) / sizeof(about_words[0]); i++) {
                const char *words = about_words[i].words, *gap = strchr(words, ' ');

                if (!gap) {
                        if (strcmp(words, lower) == 0)
                                alone |= about_words[i].about;
                } else if ((size_t)(gap - words) == length && strlen(gap + 1) == size &&
                           memcmp(words, before, length) == 0 && memcmp(gap + 1, lower, size) == 0) {
                        return about_words[i].about;
                }
        }
        return alone;
}

static const struct token end_token = {.kind = TOKEN_END, .text = "", .lower = ""};

const struct token *speech_at(const struct reader *r, size_t at)
{
        return at < r->n ? r->tokens + at : &end_token;
}

bool speech_is_sign(const struct reader *r, size_t at, int32_t sign)
{
        return speech_at(r, at)->sign == sign;
}

bool speech_is_close_sign(const struct reader *r, size_t at, int32_t sign)
{
        return speech_at(r, at)->sign == sign && !speech_at(r, at)->space;
}

bool speech_is_word(const struct reader *r, size_t at, const char *lower)
{
        return speech_at(r, at)->kind == TOKEN_WORD && strcmp(speech_at(r, at)->lower, lower) == 0;
}

bool speech_is_number(const struct reader *r, size_t at)
{
        return speech_at(r, at)->kind == TOKEN_NUMBER;
}

bool speech_is_close_number(const struct reader *r, size_t at)
{
        return speech_is_number(r, at) && !speech_at(r, at)->space;
}

bool speech_is_close_word(const struct reader *r, size_t at)
{
        return speech_at(r, at)->kind == TOKEN_WORD && !speech_at(r, at)->space;
}

bool speech_is_one_of(const struct reader *r, size_t at, const char *const *list)
{
        for (; *list; list++)
                if (speech_is_word(r, at, *list))
                        return true;
        return false;
}

uint64_t speech_value(const struct token *token)
{
        uint64_t value = 0;

        if (token->kind != TOKEN_NUMBER || token->size > 15)
                return UINT64_MAX;
        for (const char *p = token->text; *p; p++)
                value = value * 10 + (uint64_t)(*p - '0');
        return value;
}

void speech_said_number(struct reader *r, uint64_t value)
{
        r->last = LAST_NUMBER;
        r->roman = false;
        r->counted = true;
        r->value = value;
}
