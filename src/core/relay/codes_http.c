/* HTTP's own statuses (RFC 9110), for kinds whose provider says no more, and for answers that never came from the
 * provider: a proxy's, a load balancer's. What a 5xx means for the message cannot be known: the server may have broken
 * after it took it. */
#include "codes.h"

static const struct thon_code codes[] = {
        {400, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE,
         "Máy chủ cho là yêu cầu không hợp lệ; xem lời kèm theo"},
        {401, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Máy chủ không chấp nhận thông tin đăng nhập; kiểm tra tệp thông tin đăng nhập của kênh"},
        {403, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Máy chủ từ chối quyền gửi; kiểm tra quyền của tài khoản trên máy chủ ấy"},
        {404, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE,
         "Máy chủ không có địa chỉ này; kiểm tra api_url và địa chỉ người nhận"},
        {405, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE, "Máy chủ không nhận cách gửi này; kiểm tra api_url"},
        {408, THON_VERDICT_RETRY, 0, THON_UNTIL_NONE,
         "Máy chủ chờ quá lâu mà chưa nhận đủ yêu cầu; tự thử lại vài lần"},
        {410, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE,
         "Địa chỉ này đã bị bỏ hẳn; sửa địa chỉ người nhận hoặc api_url"},
        {413, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE, "Tin quá dài; rút gọn thông báo"},
        {415, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE,
         "Máy chủ không nhận kiểu dữ liệu này; kiểm tra api_url"},
        {422, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE,
         "Máy chủ hiểu nhưng không nhận nội dung này; xem lời kèm theo"},
        {425, THON_VERDICT_RETRY, 0, THON_UNTIL_NONE, "Máy chủ bảo gửi lại sau; tự thử lại vài lần"},
        {429, THON_VERDICT_WAIT, 60, THON_UNTIL_NONE,
         "Gửi quá nhanh so với mức máy chủ cho phép; kênh tự nghỉ theo lời máy chủ"},
        {500, THON_VERDICT_UNKNOWN, 0, THON_UNTIL_NONE,
         "Máy chủ bị lỗi khi xử lý; không rõ tin đã được nhận hay chưa"},
        {502, THON_VERDICT_UNKNOWN, 0, THON_UNTIL_NONE,
         "Cổng của máy chủ bị lỗi; không rõ tin đã được nhận hay chưa"},
        {503, THON_VERDICT_UNKNOWN, 0, THON_UNTIL_NONE,
         "Máy chủ đang quá tải hoặc bảo trì; không rõ tin đã được nhận hay chưa"},
        {504, THON_VERDICT_UNKNOWN, 0, THON_UNTIL_NONE,
         "Máy chủ trả lời quá chậm; không rõ tin đã được nhận hay chưa"},
};
const struct code_list codes_http = CODE_LIST(codes);
