/* Facebook's Graph API, posts of a page: error.code. Permissions fill 200 to 299; the ones that a page's post meets are
 * listed, facebook_page.c takes the others of that range for 200. */
#include "codes.h"

#define BUSY "Facebook báo gửi quá nhiều; kênh tự nghỉ 15 phút, nếu hay gặp thì giảm rate"

static const struct thon_code codes[] = {
        {1, THON_VERDICT_RETRY, 0, THON_UNTIL_NONE, "Facebook gặp lỗi chưa rõ; tự thử lại vài lần"},
        {2, THON_VERDICT_RETRY, 0, THON_UNTIL_NONE, "Dịch vụ của Facebook tạm ngừng; tự thử lại vài lần"},
        {3, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Ứng dụng không được dùng chức năng này; kiểm tra quyền của ứng dụng Facebook"},
        {4, THON_VERDICT_WAIT, 900, THON_UNTIL_NONE, BUSY},
        {10, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Ứng dụng không có quyền đăng bài lên trang; cấp lại quyền pages_manage_posts"},
        {17, THON_VERDICT_WAIT, 900, THON_UNTIL_NONE, BUSY},
        {32, THON_VERDICT_WAIT, 900, THON_UNTIL_NONE, BUSY},
        {100, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE,
         "Facebook cho là bài đăng có thông tin không hợp lệ; xem lời của Facebook kèm theo"},
        {102, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Mã truy cập của trang đã hết hạn hoặc bị thu hồi; lấy mã mới"},
        {190, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Mã truy cập của trang đã hết hạn hoặc bị thu hồi; lấy mã mới"},
        {200, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Ứng dụng không có quyền đăng bài lên trang; cấp lại quyền pages_manage_posts"},
        {341, THON_VERDICT_WAIT, 3600, THON_UNTIL_NONE,
         "Ứng dụng đã dùng hết mức Facebook cho phép; kênh tự nghỉ một giờ"},
        {368, THON_VERDICT_CHANNEL, 0, THON_UNTIL_NONE,
         "Facebook tạm khóa việc đăng bài vì cho là vi phạm quy định; xem trang hỗ trợ của Facebook"},
        {506, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE,
         "Bài giống hệt bài vừa đăng nên Facebook không nhận; xem trang, có thể bài đã lên từ trước"},
        {613, THON_VERDICT_WAIT, 900, THON_UNTIL_NONE, BUSY},
        {80001, THON_VERDICT_WAIT, 900, THON_UNTIL_NONE, BUSY},
        {1609005, THON_VERDICT_MESSAGE, 0, THON_UNTIL_NONE,
         "Facebook không đọc được đường dẫn trong bài; kiểm tra hoặc bỏ đường dẫn"},
};
const struct code_list codes_facebook = CODE_LIST(codes);
