/* Zalo Bot Platform: `error_code` speaks the language of HTTP. No list of its own was ever published; the few that are
 * seen follow Telegram's, whose shape the platform copies. */
#include "codes.h"

static const struct thon_code codes[] = {
        {400, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE,
         "Zalo Bot cho là yêu cầu không hợp lệ; xem lời của Zalo kèm theo"},
        {401, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Mã bot (token) sai hoặc đã bị thay; lấy mã mới ở bot.zaloplatforms.com"},
        {403, THON_VERDICT_PERSON, CODES_MONTH, THON_UNTIL_NONE,
         "Người nhận đã chặn bot hoặc chưa nhắn cho bot lần nào; dùng kênh khác"},
        {404, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Không có bot hoặc lệnh này; kiểm tra mã bot (token) và api_url"},
        {408, THON_VERDICT_UNKNOWN, 0, THON_UNTIL_NONE,
         "Zalo Bot xử lý quá lâu; không rõ tin đã được nhận hay chưa"},
        {409, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Bot đang đặt webhook nên không nhận tin bằng cách hỏi; xóa webhook của bot"},
        {413, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE, "Tin quá dài; rút gọn thông báo"},
        {429, THON_VERDICT_WAIT, 60, THON_UNTIL_NONE,
         "Gửi quá nhanh so với mức Zalo Bot cho phép; kênh tự nghỉ một lúc, nếu hay gặp thì giảm rate"},
};
const struct code_list codes_zalo_bot = CODE_LIST(codes);
