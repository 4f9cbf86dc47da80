/* An answer is judged from the outside in: did one come, does its status settle it, can it be read at all. Only then does
 * a provider's code count.
 *
 * Whoever stands between (a proxy, a hotel's Wi-Fi) also answers 200, with a page of its own; so a 2xx that cannot be
 * understood is unknown, and never sent. What strangers say goes into journals and onto screens: servers like to quote
 * the path that they did not find, and the path of a bot holds its token. */
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "wire.h"

#define BODY_MAX (256 * 1024)

static void unanswered(struct thon_judgement *ret, enum thon_verdict verdict, const char *meaning,
                       const char *error)
{
        *ret = (struct thon_judgement){
                .verdict = verdict,
                .meaning = meaning,
                .until = THON_WALL_NEVER,
                .quota_left = -1,
        };
        wire_detail(ret, error);
}

static bool success(const struct thon_http_answer *answer)
{
        return answer->status >= 200 && answer->status < 300;
}

static void unreadable(struct thon_judgement *ret, unsigned status)
{
        unanswered(ret, THON_VERDICT_UNKNOWN,
                   "Không hiểu được câu trả lời của máy chủ; không rõ tin đã được nhận hay chưa", NULL);
        ret->has_code = true;
        ret->code = status;
}

/* The sentence in an error object: each provider has its place for it. */
static const char *words_of(const json_t *doc)
{
        const json_t *error = json_object_get(doc, "error");
        const char *text = json_string_value(json_object_get(error, "message"));

        if (!text)
                text = json_string_value(json_object_get(doc, "message"));
        if (!text)
                text = json_string_value(json_object_get(doc, "description"));
        return text ? text : json_string_value(error);
}

bool wire_settled(const struct thon_http_answer *answer, json_t **ret_doc, struct thon_judgement *ret)
{
        json_t *doc = NULL;

        *ret_doc = NULL;
        switch (answer->result) {
        case THON_HTTP_NOT_SENT:
                unanswered(
                        ret, THON_VERDICT_RETRY,
                        answer->offline
                                ? "Không có mạng; tin được giữ lại và gửi khi có mạng"
                                : "Không nối được tới máy chủ của kênh (tên miền, kết nối, chứng chỉ); tự thử lại",
                        answer->error);
                return true;
        case THON_HTTP_UNKNOWN:
                unanswered(ret, THON_VERDICT_UNKNOWN,
                           "Đã gửi đi mà không nhận được câu trả lời; không rõ tin đã được nhận hay chưa",
                           answer->error);
                return true;
        case THON_HTTP_TOO_LARGE:
                if (success(answer))
                        unreadable(ret, answer->status);
                else
                        thon_http_judge(answer->status, answer->retry_after_s, ret);
                wire_detail(ret, answer->error);
                return true;
        case THON_HTTP_ANSWERED:
                break;
        }

        /* Fails for what is no JSON, and when memory is short: either way nothing was understood. */
        if (thon_json_parse(answer->body, answer->size, BODY_MAX, &doc, NULL) == 0 && !json_is_object(doc)) {
                json_decref(doc);
                doc = NULL;
        }
        if (doc &&
            (success(answer) || (answer->status >= 400 && answer->status < 500 && answer->status != 429))) {
                *ret_doc = doc;
                return false;
        }

        if (success(answer))
                unreadable(ret, answer->status);
        else
                thon_http_judge(answer->status, answer->retry_after_s, ret);
        wire_detail(ret, doc ? words_of(doc) : answer->body);
        *ret_doc = doc;
        return true;
}

void wire_unclear(const struct thon_http_answer *answer, const json_t *doc, struct thon_judgement *ret)
{
        if (success(answer))
                unreadable(ret, answer->status);
        else
                thon_http_judge(answer->status, answer->retry_after_s, ret);
        wire_detail(ret, words_of(doc));
}

void wire_sent(const struct thon_http_answer *answer, const json_t *id, struct thon_judgement *ret)
{
        thon_http_judge(answer->status, -1, ret);
        (void)wire_id(id, ret->message_id, sizeof ret->message_id);
}

void wire_refused(const struct thon_http_answer *answer, const json_t *doc, enum thon_code_table table,
                  int64_t code, const struct thon_zone *zone, struct thon_wall now, double jitter,
                  struct thon_judgement *ret)
{
        bool http = table == THON_CODES_TELEGRAM || table == THON_CODES_ZALO_BOT;

        /* Bots' codes are those of HTTP, also where they come with another status. */
        if (http && code >= 400 && code < 600 && !thon_code_find(table, code))
                thon_http_judge((unsigned)code, answer->retry_after_s, ret);
        else
                thon_code_judge(table, code, zone, now, jitter, ret);
        if (ret->verdict == THON_VERDICT_WAIT && ret->wait_s > 0 && answer->retry_after_s > ret->wait_s) {
                struct thon_judgement patience;

                thon_http_judge(429, answer->retry_after_s, &patience);
                ret->wait_s = patience.wait_s;
        }
        wire_detail(ret, words_of(doc));
}

void wire_only_asked(struct thon_judgement *judgement)
{
        if (judgement->verdict != THON_VERDICT_UNKNOWN && judgement->verdict != THON_VERDICT_SENT)
                return;
        judgement->verdict = THON_VERDICT_RETRY;
        judgement->meaning = "Hỏi máy chủ mà không được câu trả lời rõ ràng; tự hỏi lại";
}

bool wire_names_chat(const json_t *doc)
{
        static const char *const words[] = {
                "chat not found",         "user not found",    "chat_id is empty",
                "PEER_ID_INVALID",        "CHANNEL_PRIVATE",   "CHAT_WRITE_FORBIDDEN",
                "have no rights to send", "not enough rights", "user is deactivated",
        };
        const char *text = words_of(doc);

        for (size_t i = 0; text && i < sizeof words / sizeof *words; i++)
                if (strcasestr(text, words[i]))
                        return true;
        return false;
}

void wire_no_such_chat(struct thon_judgement *judgement)
{
        enum { MONTH = 30 * 86400 };

        judgement->verdict = THON_VERDICT_PERSON;
        judgement->remember_s = MONTH;
        judgement->meaning = "Không có cuộc trò chuyện này, hoặc bot không được viết vào đó; dùng kênh khác";
}

static bool of_token(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               (c && strchr("_-.:=+/~%", c));
}

void wire_detail(struct thon_judgement *judgement, const char *text)
{
        enum { TOKEN_LIKE = 24 };
        size_t n = 0;

        judgement->detail[0] = '\0';
        while (text && *text && n + 5 < sizeof judgement->detail) {
                size_t run = 0;
                utf8proc_int32_t c;
                utf8proc_ssize_t length;

                while (of_token(text[run]))
                        run++;
                if (run >= TOKEN_LIKE) {
                        memcpy(judgement->detail + n, "***", 3);
                        n += 3;
                        text += run;
                        continue;
                }
                length = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)strnlen(text, 4),
                                          &c);
                if (length <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029) {
                        if (n > 0 && judgement->detail[n - 1] != ' ')
                                judgement->detail[n++] = ' ';
                        text += length > 0 ? length : 1;
                        continue;
                }
                memcpy(judgement->detail + n, text, (size_t)length);
                n += (size_t)length;
                text += length;
        }
        while (n > 0 && judgement->detail[n - 1] == ' ')
                n--;
        judgement->detail[n] = '\0';
}
