/* The words of announcements, spelled once for MQTT, the store, --json and the log. What people read of a reason is
 * a clause that fits behind "chưa phát:", "không phát:" and "ngừng phát:" alike. */
#include <string.h>

#include "thon/announce.h"

static const char *const state_text[THON_ANNOUNCE_STATES] = {
        [THON_ANNOUNCE_SUBMITTED] = "submitted", [THON_ANNOUNCE_APPROVED] = "approved",
        [THON_ANNOUNCE_DONE] = "done",           [THON_ANNOUNCE_CANCELLED] = "cancelled",
        [THON_ANNOUNCE_REFUSED] = "refused",
};

static const char *const airing_text[THON_AIRING_STATES] = {
        [THON_AIRING_WAITING] = "waiting",     [THON_AIRING_ON_AIR] = "on-air",
        [THON_AIRING_AIRED] = "aired",         [THON_AIRING_DROPPED] = "dropped",
        [THON_AIRING_CANCELLED] = "cancelled",
};

static const struct {
        const char *slug, *text;
} reasons[THON_AIR_REASONS] = {
        [THON_AIR_NO_REASON] = {"", ""},
        [THON_AIR_QUIET] = {"quiet", "đang trong giờ yên tĩnh"},
        [THON_AIR_LATE] = {"late", "đã quá giờ muộn nhất được bắt đầu"},
        [THON_AIR_EXPIRED] = {"expired", "tin đã hết hạn"},
        [THON_AIR_DAY] = {"day", "cụm loa đã hết thời lượng phát trong ngày"},
        [THON_AIR_WEEK] = {"week", "cụm loa đã hết thời lượng phát trong tuần"},
        [THON_AIR_REPEATS] = {"repeats", "tin đã phát đủ số lần trong ngày"},
        [THON_AIR_CLOCK] = {"clock", "đồng hồ chưa đáng tin cậy, chỉ tin khẩn cấp được phát"},
        [THON_AIR_BUSY] = {"busy", "cụm loa đang phát tin khác"},
        [THON_AIR_NEIGHBOUR] = {"neighbour", "cụm loa gần kề đang phát, nghe chồng lên nhau"},
        [THON_AIR_INTERRUPTED] = {"interrupted", "bị tin quan trọng hơn ngắt và không phát tiếp"},
        [THON_AIR_MISSED] = {"missed", "đến giờ phát thì đài không hoạt động"},
        [THON_AIR_CANCELLED] = {"cancelled", "đã bị hủy"},
        [THON_AIR_REPLACED] = {"replaced", "đã được thay bằng tin cập nhật"},
        [THON_AIR_NO_ZONE] = {"no-zone", "cụm loa không còn trong cấu hình"},
        [THON_AIR_NO_SOUND] = {"no-sound", "không có âm thanh để phát"},
        [THON_AIR_FAILED] = {"failed", "trình phát gặp lỗi"},
        [THON_AIR_UNKNOWN] = {"unknown", "đài dừng đột ngột khi đang phát, không rõ đã phát được bao nhiêu"},
};

static bool find(const char *const *texts, int n, const char *text, int *ret)
{
        for (int i = 0; i < n; i++)
                if (strcmp(texts[i], text) == 0) {
                        *ret = i;
                        return true;
                }
        return false;
}

const char *thon_announce_state_text(enum thon_announce_state state)
{
        return state_text[state];
}

bool thon_announce_state_parse(const char *text, enum thon_announce_state *ret)
{
        int i;

        if (!find(state_text, THON_ANNOUNCE_STATES, text, &i))
                return false;
        *ret = (enum thon_announce_state)i;
        return true;
}

const char *thon_airing_state_text(enum thon_airing_state state)
{
        return airing_text[state];
}

bool thon_airing_state_parse(const char *text, enum thon_airing_state *ret)
{
        int i;

        if (!find(airing_text, THON_AIRING_STATES, text, &i))
                return false;
        *ret = (enum thon_airing_state)i;
        return true;
}

const char *thon_air_reason_slug(enum thon_air_reason reason)
{
        return reasons[reason].slug;
}

const char *thon_air_reason_text(enum thon_air_reason reason)
{
        return reasons[reason].text;
}

bool thon_air_reason_parse(const char *slug, enum thon_air_reason *ret)
{
        for (int i = 0; i < THON_AIR_REASONS; i++)
                if (strcmp(reasons[i].slug, slug) == 0) {
                        *ret = (enum thon_air_reason)i;
                        return true;
                }
        return false;
}
