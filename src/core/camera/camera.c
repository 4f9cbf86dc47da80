/* What each verdict is called, how bad it is and what to do about it. One table: whoever adds a verdict adds its words
 * for people in the same line, and cannot forget them. The sentences go to a hamlet head's phone: what he sees first, the
 * technical cause after it; the actions name what a person can do on the spot before they name whom to call. */
#include "thon/camera.h"

#include <string.h>

struct words {
        const char *slug;
        enum thon_camera_severity severity;
        bool down;
        const char *sentence, *action;
};

static const struct words table[THON_CAMERA_VERDICTS] = {
        [THON_CAMERA_UNKNOWN] = {"unknown", THON_CAMERA_FINE, false, "chưa kiểm tra được",
                                 "Chờ lần kiểm tra tới; nếu kéo dài, xem nhật ký của dịch vụ thon-camerad."},
        [THON_CAMERA_OK] = {"ok", THON_CAMERA_FINE, false, "hoạt động bình thường", "Không cần làm gì."},
        [THON_CAMERA_NO_POWER] = {"no-power", THON_CAMERA_CRITICAL, true, "mất điện",
                                  "Kiểm tra điện lưới, aptomat và bộ nguồn cấp cho thiết bị; nếu cả khu vực "
                                  "mất điện thì chờ điện lực khôi phục."},
        [THON_CAMERA_NO_NETWORK] = {"no-network", THON_CAMERA_CRITICAL, true,
                                    "mất kết nối, không có phản hồi từ thiết bị",
                                    "Kiểm tra nguồn điện và đường mạng tới thiết bị, bắt đầu từ tủ mạng gần "
                                    "nhất."},
        [THON_CAMERA_CABLE] = {"cable", THON_CAMERA_CRITICAL, true,
                               "mất tín hiệu trong khi tủ mạng vẫn chạy, nghi đứt hoặc lỏng dây",
                               "Kiểm tra dây mạng, đầu bấm và cổng trên bộ chuyển mạch; với thiết bị nối "
                               "không dây thì kiểm tra bộ phát và hướng ăng-ten."},
        [THON_CAMERA_PORT_CLOSED] = {"port-closed", THON_CAMERA_CRITICAL, true,
                                     "thiết bị còn chạy nhưng cổng dịch vụ không mở",
                                     "Khởi động lại thiết bị; nếu vẫn vậy, kiểm tra số cổng và dịch vụ RTSP "
                                     "trong phần cấu hình của thiết bị."},
        [THON_CAMERA_HUNG] =
                {"hung", THON_CAMERA_CRITICAL, true, "bị treo, nhận kết nối nhưng không trả lời",
                 "Khởi động lại thiết bị bằng cách ngắt điện khoảng 10 giây; nếu hay lặp lại thì "
                 "cập nhật phần mềm hoặc thay thiết bị."},
        [THON_CAMERA_BAD_ANSWER] = {"bad-answer", THON_CAMERA_CRITICAL, true,
                                    "trả lời sai giao thức, không giống một camera",
                                    "Kiểm tra địa chỉ và số cổng đã khai báo: có thể một thiết bị khác đang "
                                    "dùng địa chỉ này."},
        [THON_CAMERA_PASSWORD] =
                {"password", THON_CAMERA_CRITICAL, true, "từ chối tên đăng nhập hoặc mật khẩu",
                 "Khai báo lại tên đăng nhập và mật khẩu cho đúng với thiết bị; hệ thống đã "
                 "ngừng thử để tài khoản không bị khóa."},
        [THON_CAMERA_CLOCK_SKEW] = {"clock-skew", THON_CAMERA_WARNING, false,
                                    "đồng hồ của thiết bị chạy sai, hình ghi lại mang sai giờ",
                                    "Bật đồng bộ giờ (NTP) trên thiết bị và đặt múi giờ GMT+7."},
        [THON_CAMERA_SESSION_LIMIT] = {"session-limit", THON_CAMERA_WARNING, false,
                                       "đang chạy nhưng đã hết lượt xem cùng lúc",
                                       "Đóng bớt các phần mềm đang xem camera, hoặc tăng số kết nối tối đa "
                                       "trong phần cấu hình của camera."},
        [THON_CAMERA_NO_STREAM] = {"no-stream", THON_CAMERA_CRITICAL, true,
                                   "không có luồng hình ở đường dẫn đã khai báo",
                                   "Kiểm tra đường dẫn RTSP đã khai báo và luồng hình đã bật trên camera."},
        [THON_CAMERA_NO_VIDEO] = {"no-video", THON_CAMERA_CRITICAL, true, "luồng không có hình",
                                  "Bật mã hóa hình trên camera, hoặc khai báo đường dẫn của luồng có hình."},
        [THON_CAMERA_NO_RTP] =
                {"no-rtp", THON_CAMERA_CRITICAL, true, "kết nối được nhưng không truyền hình",
                 "Khởi động lại camera; nếu vẫn vậy, giảm độ phân giải hoặc kiểm tra chất lượng "
                 "đường truyền."},
        [THON_CAMERA_FROZEN] = {"frozen", THON_CAMERA_CRITICAL, true, "hình đứng yên, không thay đổi",
                                "Khởi động lại camera, rồi xem lại hình trực tiếp."},
        [THON_CAMERA_BLACK] =
                {"black", THON_CAMERA_CRITICAL, true, "hình đen",
                 "Kiểm tra ống kính, đèn hồng ngoại và ánh sáng tại chỗ; nếu vẫn đen thì cảm biến "
                 "hình có thể đã hỏng."},
        [THON_CAMERA_COVERED] = {"covered", THON_CAMERA_CRITICAL, true, "ống kính bị che",
                                 "Đến nơi gỡ vật che ống kính, và xem lại hình trước lúc bị che."},
        [THON_CAMERA_SPRAYED] =
                {"sprayed", THON_CAMERA_CRITICAL, true, "ống kính bị phun sơn hoặc bôi bẩn",
                 "Đến nơi lau hoặc thay kính, lưu lại hình trước lúc bị phá và báo công an xã."},
        [THON_CAMERA_DEFOCUSED] =
                {"defocused", THON_CAMERA_WARNING, false, "hình mờ, mất nét",
                 "Lau ống kính và chỉnh lại tiêu cự; kiểm tra hơi nước hoặc mạng nhện trước "
                 "ống kính."},
        [THON_CAMERA_MOVED] =
                {"moved", THON_CAMERA_WARNING, false, "bị lệch hướng nhìn",
                 "Chỉnh lại hướng và siết chặt giá đỡ; nếu cố ý đổi hướng thì lấy lại hình mẫu."},
        [THON_CAMERA_RECORDER_DISK] = {"recorder-disk", THON_CAMERA_WARNING, false,
                                       "đã nhiều giờ không ghi hình",
                                       "Kiểm tra ổ cứng hoặc thẻ nhớ của đầu ghi và lịch ghi hình."},
        [THON_CAMERA_CHILDREN] =
                {"children", THON_CAMERA_CRITICAL, true,
                 "thiết bị còn chạy nhưng mọi thiết bị nối qua nó đều mất kết nối",
                 "Kiểm tra nguồn cấp qua mạng (PoE) và các cổng của thiết bị, rồi khởi động "
                 "lại nó."},
};

static const struct words *words_of(enum thon_camera_verdict verdict)
{
        return &table[(unsigned)verdict < THON_CAMERA_VERDICTS ? verdict : THON_CAMERA_UNKNOWN];
}

const char *thon_camera_slug(enum thon_camera_verdict verdict)
{
        return words_of(verdict)->slug;
}

bool thon_camera_parse(const char *slug, enum thon_camera_verdict *ret)
{
        for (unsigned i = 0; i < THON_CAMERA_VERDICTS; i++)
                if (!strcmp(slug, table[i].slug)) {
                        *ret = (enum thon_camera_verdict)i;
                        return true;
                }
        return false;
}

const char *thon_camera_sentence(enum thon_camera_verdict verdict)
{
        return words_of(verdict)->sentence;
}

const char *thon_camera_action(enum thon_camera_verdict verdict)
{
        return words_of(verdict)->action;
}

enum thon_camera_severity thon_camera_severity(enum thon_camera_verdict verdict)
{
        return words_of(verdict)->severity;
}

const char *thon_camera_severity_text(enum thon_camera_severity severity)
{
        switch (severity) {
        case THON_CAMERA_FINE:
                break;
        case THON_CAMERA_WARNING:
                return "warning";
        case THON_CAMERA_CRITICAL:
                return "critical";
        }
        return "info";
}

bool thon_camera_down(enum thon_camera_verdict verdict)
{
        return words_of(verdict)->down;
}

bool thon_camera_silent(enum thon_camera_verdict verdict)
{
        return verdict == THON_CAMERA_NO_POWER || verdict == THON_CAMERA_NO_NETWORK ||
               verdict == THON_CAMERA_CABLE;
}

const char *thon_rung_text(enum thon_rung rung)
{
        switch (rung) {
        case THON_RUNG_NONE:
                break;
        case THON_RUNG_PING:
                return "ping";
        case THON_RUNG_TCP:
                return "tcp";
        case THON_RUNG_OPTIONS:
                return "OPTIONS";
        case THON_RUNG_DESCRIBE:
                return "DESCRIBE";
        case THON_RUNG_SETUP:
                return "SETUP";
        case THON_RUNG_PLAY:
                return "PLAY";
        case THON_RUNG_RTP:
                return "RTP";
        }
        return "none";
}
