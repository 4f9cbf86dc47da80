/* The words of CAP 1.2, both ways, and what a refusal is called.
 *
 * The lists stand in the order of the enums, so that a value is the place of its word. */
#include <stdint.h>
#include <strings.h>

#include "thon/cap.h"

static const char *const statuses[] = {"Actual", "Exercise", "System", "Test", "Draft"};
static const char *const messages[] = {"Alert", "Update", "Cancel", "Ack", "Error"};
static const char *const scopes[] = {"Public", "Restricted", "Private"};
static const char *const urgencies[] = {"Immediate", "Expected", "Future", "Past", "Unknown"};
static const char *const severities[] = {"Extreme", "Severe", "Moderate", "Minor", "Unknown"};
static const char *const certainties[] = {"Observed", "Likely", "Possible", "Unlikely", "Unknown"};
static const char *const responses[] = {"Shelter", "Evacuate", "Prepare",  "Execute", "Avoid",
                                        "Monitor", "Assess",   "AllClear", "None"};
static const char *const categories[] = {"Geo",    "Met", "Safety",    "Security", "Rescue", "Fire",
                                         "Health", "Env", "Transport", "Infra",    "CBRNE",  "Other"};

#define LIST(a)                            \
        {                                  \
                a, sizeof(a) / sizeof *(a) \
        }
static const struct {
        const char *const *words;
        size_t n;
} lists[THON_CAP_LISTS] = {
        [THON_CAP_LIST_STATUS] = LIST(statuses),     [THON_CAP_LIST_MSG] = LIST(messages),
        [THON_CAP_LIST_SCOPE] = LIST(scopes),        [THON_CAP_LIST_URGENCY] = LIST(urgencies),
        [THON_CAP_LIST_SEVERITY] = LIST(severities), [THON_CAP_LIST_CERTAINTY] = LIST(certainties),
        [THON_CAP_LIST_RESPONSE] = LIST(responses),  [THON_CAP_LIST_CATEGORY] = LIST(categories),
};

const char *thon_cap_word(enum thon_cap_list list, unsigned value)
{
        return value < lists[list].n ? lists[list].words[value] : NULL;
}

int thon_cap_word_find(enum thon_cap_list list, const char *word)
{
        for (size_t i = 0; i < lists[list].n; i++)
                if (strcasecmp(lists[list].words[i], word) == 0)
                        return (int)i;
        return -1;
}

const char *thon_cap_refusal_slug(enum thon_cap_refusal refusal)
{
        switch (refusal) {
        case THON_CAP_TAKEN:
                return "taken";
        case THON_CAP_REFUSED_UNSIGNED:
                return "unsigned";
        case THON_CAP_REFUSED_SIGNATURE:
                return "signature";
        case THON_CAP_REFUSED_STRANGER:
                return "stranger";
        case THON_CAP_REFUSED_DRAFT:
                return "draft";
        case THON_CAP_REFUSED_SYSTEM:
                return "system";
        case THON_CAP_REFUSED_TEST:
                return "test";
        case THON_CAP_REFUSED_SCOPE:
                return "scope";
        case THON_CAP_REFUSED_MSG:
                return "message-type";
        case THON_CAP_REFUSED_KNOWN:
                return "known";
        case THON_CAP_REFUSED_OLD:
                return "old";
        case THON_CAP_REFUSED_REFERENCE:
                return "reference";
        case THON_CAP_REFUSED_EXPIRED:
                return "expired";
        case THON_CAP_REFUSED_FUTURE:
                return "future";
        case THON_CAP_REFUSED_AREA:
                return "area";
        case THON_CAP_REFUSED_LANGUAGE:
                return "language";
        case THON_CAP_REFUSED_EMPTY:
                return "empty";
        case THON_CAP_REFUSED_PAST:
                return "past";
        }
        return "taken";
}

const char *thon_cap_refusal_text(enum thon_cap_refusal refusal)
{
        switch (refusal) {
        case THON_CAP_TAKEN:
                return "Đã nhận.";
        case THON_CAP_REFUSED_UNSIGNED:
                return "Tin không có chữ ký số; đài không nhận tin không ký.";
        case THON_CAP_REFUSED_SIGNATURE:
                return "Chữ ký số sai: tin đã bị sửa, hoặc chữ ký không bao trùm cả tin.";
        case THON_CAP_REFUSED_STRANGER:
                return "Chữ ký số của nơi chưa được xã tin cậy, hoặc chứng thư đã hết hạn.";
        case THON_CAP_REFUSED_DRAFT:
                return "Tin mới là bản nháp (Draft).";
        case THON_CAP_REFUSED_SYSTEM:
                return "Tin kỹ thuật của hệ thống (System), không dành cho người dân.";
        case THON_CAP_REFUSED_TEST:
                return "Tin thử kỹ thuật (Test); đài chỉ ghi lại, không phát.";
        case THON_CAP_REFUSED_SCOPE:
                return "Tin không dành cho mọi người (Restricted hoặc Private).";
        case THON_CAP_REFUSED_MSG:
                return "Tin trả lời giữa các hệ thống (Ack, Error), không có gì để phát.";
        case THON_CAP_REFUSED_KNOWN:
                return "Tin này đã nhận rồi.";
        case THON_CAP_REFUSED_OLD:
                return "Tin cũ: đã có tin mới hơn thay thế hoặc hủy tin này.";
        case THON_CAP_REFUSED_REFERENCE:
                return "Tin hủy không nêu tin nào mà đài đã nhận từ cùng nơi gửi.";
        case THON_CAP_REFUSED_EXPIRED:
                return "Tin đã hết hiệu lực.";
        case THON_CAP_REFUSED_FUTURE:
                return "Giờ gửi của tin ở tương lai; đồng hồ nơi gửi sai.";
        case THON_CAP_REFUSED_AREA:
                return "Vùng cảnh báo không có xã này.";
        case THON_CAP_REFUSED_LANGUAGE:
                return "Tin không có nội dung bằng ngôn ngữ mà đài đọc được.";
        case THON_CAP_REFUSED_EMPTY:
                return "Tin không có nội dung để phát.";
        case THON_CAP_REFUSED_PAST:
                return "Việc nhỏ đã qua, không có điều gì người dân phải làm.";
        }
        return "";
}
