/* A report goes forward, may go to somebody else, and ends with an answer. What the citizen is told stands here, so that
 * every channel says the same. */
#include "thon/relay_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/relay_text.h"
#include "thon/text.h"

static const char *const state_text[THON_REPORT_STATES] = {
        [THON_REPORT_NEW] = "new",
        [THON_REPORT_ASSIGNED] = "assigned",
        [THON_REPORT_IN_PROGRESS] = "in-progress",
        [THON_REPORT_DONE] = "done",
        [THON_REPORT_REFUSED] = "refused",
};

const char *thon_report_state_text(enum thon_report_state state)
{
        return state_text[state];
}

bool thon_report_state_parse(const char *text, enum thon_report_state *ret)
{
        for (int i = 0; i < THON_REPORT_STATES; i++)
                if (strcmp(text, state_text[i]) == 0) {
                        *ret = (enum thon_report_state)i;
                        return true;
                }
        return false;
}

bool thon_report_closed(enum thon_report_state state)
{
        return state == THON_REPORT_DONE || state == THON_REPORT_REFUSED;
}

static bool given(const char *text)
{
        return text && *text;
}

const char *thon_report_problem(enum thon_report_state from, const struct thon_report_order *order)
{
        if (!order->has_state && !given(order->answer))
                return "neither a state nor an answer is given";
        if (!order->has_state)
                return NULL;
        if (thon_report_closed(from))
                return "it is closed; the citizen's next message opens a new one";
        switch (order->state) {
        case THON_REPORT_NEW:
                return "it does not become new again; assign it to somebody else";
        case THON_REPORT_ASSIGNED:
                return given(order->assignee) ? NULL : "assigned needs an assignee";
        case THON_REPORT_REFUSED:
                return given(order->reason) ? NULL : "refused needs a reason, which the citizen is told";
        case THON_REPORT_IN_PROGRESS:
        case THON_REPORT_DONE:
        case THON_REPORT_STATES:
                break;
        }
        return NULL;
}

static int say(char **ret, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int say(char **ret, const char *format, ...)
{
        va_list args;
        char *text;
        int n;

        va_start(args, format);
        n = vasprintf(&text, format, args);
        va_end(args);
        if (n < 0)
                return -ENOMEM;
        *ret = text;
        return 0;
}

static int say_state(const struct thon_report_facts *f, char **ret)
{
        const char *answer = given(f->answer) ? f->answer : "", *line = given(f->answer) ? "\n" : "";

        switch (f->state) {
        case THON_REPORT_NEW:
        case THON_REPORT_ASSIGNED:
                return say(ret, "%s: phản ánh số %" PRId64 " đã được giao cho người phụ trách.%s%s",
                           f->sender, f->id, line, answer);
        case THON_REPORT_IN_PROGRESS:
                return say(ret, "%s: phản ánh số %" PRId64 " đang được xử lý.%s%s", f->sender, f->id, line,
                           answer);
        case THON_REPORT_DONE:
                return say(ret, "%s: phản ánh số %" PRId64 " đã xử lý xong.%s%s\nCảm ơn ông/bà đã báo.",
                           f->sender, f->id, line, answer);
        case THON_REPORT_REFUSED:
        case THON_REPORT_STATES:
                break;
        }
        return say(ret, "%s: phản ánh số %" PRId64 " không thuộc phạm vi xử lý. Lý do: %s%s%s", f->sender,
                   f->id, given(f->reason) ? f->reason : "", line, answer);
}

int thon_report_say(enum thon_report_word word, const struct thon_report_facts *f, char **ret)
{
        struct thon_date due = thon_date_of(thon_zone_civil(f->zone, f->due).days);

        switch (word) {
        case THON_REPORT_SAID_OPENED:
                return say(ret,
                           "%s đã nhận phản ánh số %" PRId64 ". Hạn trả lời: ngày %d/%d/%d.\n"
                           "Ông/bà có thể gửi thêm ảnh hoặc vị trí vào đây.",
                           f->sender, f->id, due.day, due.month, due.year);
        case THON_REPORT_SAID_ADDED:
                return say(ret, "Đã ghi thêm vào phản ánh số %" PRId64 ".", f->id);
        case THON_REPORT_SAID_HELP:
                return say(
                        ret,
                        "%s xin chào. Ông/bà cần phản ánh việc gì, xin viết vào đây; có thể gửi kèm ảnh và vị trí.",
                        f->sender);
        case THON_REPORT_SAID_TOO_BIG:
                return say(
                        ret,
                        "Không nhận được tệp vừa gửi: tệp quá lớn hoặc không phải ảnh, PDF. Xin gửi ảnh nhỏ hơn.");
        case THON_REPORT_SAID_BUSY:
                return say(
                        ret,
                        "Đã nhận nhiều tin liên tiếp. Xin chờ một giờ rồi gửi tiếp; việc khẩn cấp xin gọi điện.");
        case THON_REPORT_SAID_STATE:
                return say_state(f, ret);
        case THON_REPORT_SAID_NO_NOTICE:
                return say(ret, "Không có thông báo số %" PRId64 " nào đang chờ ông/bà xác nhận.", f->id);
        case THON_REPORT_SAID_ANSWER:
                break;
        }
        return say(ret, "%s trả lời phản ánh số %" PRId64 ":\n%s", f->sender, f->id,
                   given(f->answer) ? f->answer : "");
}

/* ---- words ---- */

static bool one_of(const char *word, size_t size, const char *const *list, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (strlen(list[i]) == size && memcmp(list[i], word, size) == 0)
                        return true;
        return false;
}

enum thon_courtesy thon_report_courtesy(const char *text)
{
        /* Folded. One of the first, among nothing but the others: whoever says more may have something to say. */
        static const char *const greetings[] = {"chao", "alo", "hi", "hello", "helo", "start", "test", "lo"};
        static const char *const thanks[] = {"on", "thanks", "thank", "ok", "oke", "vang", "da"};
        static const char *const around[] = {"xin", "a",   "anh",  "chi",   "em",  "ban", "bac",
                                             "co",  "chu", "ong",  "ba",    "uy",  "can", "bo",
                                             "xa",  "cam", "you",  "nhieu", "nhe", "nha", "roi",
                                             "toi", "cac", "minh", "thon",  "lam"};
        _cleanup_free_ char *folded = NULL;
        enum thon_courtesy courtesy = THON_COURTESY_NONE;
        int64_t notice = 0;

        if (thon_ack_parse(text, &notice))
                return THON_COURTESY_THANKS;
        if (strlen(text) > 200 || thon_text_fold(text, 200, &folded) < 0)
                return THON_COURTESY_NONE;
        if (folded[0] == '\0')
                return THON_COURTESY_GREETING;
        for (const char *word = folded; *word;) {
                size_t size = strcspn(word, " ");

                if (one_of(word, size, thanks, sizeof(thanks) / sizeof(thanks[0])))
                        courtesy = THON_COURTESY_THANKS;
                else if (one_of(word, size, greetings, sizeof(greetings) / sizeof(greetings[0])))
                        courtesy = courtesy == THON_COURTESY_THANKS ? courtesy : THON_COURTESY_GREETING;
                else if (!one_of(word, size, around, sizeof(around) / sizeof(around[0])))
                        return THON_COURTESY_NONE;
                word += size;
                word += strspn(word, " ");
        }
        return courtesy;
}

size_t thon_report_cut(const char *text, size_t max)
{
        size_t size = strnlen(text, max + 1);

        if (size <= max)
                return size;
        for (size = max; size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80;)
                size--;
        return size;
}

int thon_report_words(const char *text, size_t max, char **ret)
{
        static const char more[] = " […]";
        _cleanup_free_ char *clean = NULL, *cut = NULL;
        size_t size;
        int r = thon_notice_text(text, max, ret);

        if (r != -EINVAL || max < sizeof(more))
                return r;
        /* Too long, or no UTF-8, which a shorter text is not either. The normal form of a character has at most three
         * times its bytes. */
        size = thon_report_cut(text, (max - sizeof(more)) / 3);
        cut = strndup(text, size);
        if (!cut)
                return -ENOMEM;
        r = thon_notice_text(cut, max, &clean);
        return r < 0 ? r : say(ret, "%s%s", clean, text[size] ? more : "");
}
