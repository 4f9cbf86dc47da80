/* Telegram's Bot API: `error_code` is the HTTP status. 400 covers much; telegram.c tells by the description when it is
 * the chat and not the message that is wrong. */
#include "codes.h"

static const struct thon_code codes[] = {
        {400, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE,
         "Telegram cho là yêu cầu không hợp lệ; xem lời của Telegram kèm theo"},
        {401, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Mã bot (token) sai hoặc đã bị thay; lấy mã mới từ BotFather"},
        {403, THON_VERDICT_PERSON, CODES_MONTH, THON_UNTIL_NONE,
         "Người nhận đã chặn bot, hoặc bot đã bị đưa khỏi nhóm; dùng kênh khác hoặc thêm bot lại"},
        {404, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Không có bot này; kiểm tra mã bot (token) và api_url"},
        {409, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Mã bot này đang được một chương trình khác hoặc một webhook dùng; dừng bên kia"},
        {413, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE, "Tin quá dài; rút gọn thông báo"},
        {420, THON_VERDICT_WAIT, 60, THON_UNTIL_NONE,
         "Gửi quá nhanh so với mức Telegram cho phép; kênh tự nghỉ một lúc"},
        {429, THON_VERDICT_WAIT, 30, THON_UNTIL_NONE,
         "Gửi quá nhanh so với mức Telegram cho phép; kênh tự nghỉ theo số giây Telegram bảo"},
};
const struct code_list codes_telegram = CODE_LIST(codes);
