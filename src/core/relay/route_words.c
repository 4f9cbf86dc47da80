/* The small words of notices: spans and times as people say them, who was told, and text that grows. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route.h"
#include "thon/cleanup.h"

void words_add(struct words *words, const char *format, ...)
{
        va_list args;
        int n;

        if (words->failed)
                return;
        va_start(args, format);
        n = vsnprintf(NULL, 0, format, args);
        va_end(args);
        if (n < 0) {
                words->failed = true;
                return;
        }
        if ((size_t)n >= words->room - words->n) {
                size_t room = 2 * words->room + (size_t)n + 128;
                char *text = realloc(words->text, room);

                if (!text) {
                        words->failed = true;
                        return;
                }
                words->text = text;
                words->room = room;
        }
        va_start(args, format);
        (void)vsnprintf(words->text + words->n, words->room - words->n, format, args);
        va_end(args);
        words->n += (size_t)n;
}

char *words_take(struct words *words)
{
        if (words->failed || !words->text) {
                free(words->text);
                words->text = NULL;
        }
        return THON_TAKE(words->text);
}

const char *thon_span_text(int64_t seconds, char buf[static THON_SPAN_TEXT])
{
        int64_t minutes = seconds < 0 ? 0 : seconds / 60, hours = minutes / 60, days = hours / 24;

        if (minutes == 0)
                snprintf(buf, THON_SPAN_TEXT, "dưới 1 phút");
        else if (hours == 0)
                snprintf(buf, THON_SPAN_TEXT, "%" PRId64 " phút", minutes);
        else if (days == 0 && minutes % 60 != 0)
                snprintf(buf, THON_SPAN_TEXT, "%" PRId64 " giờ %" PRId64 " phút", hours, minutes % 60);
        else if (days == 0)
                snprintf(buf, THON_SPAN_TEXT, "%" PRId64 " giờ", hours);
        else if (hours % 24 != 0)
                snprintf(buf, THON_SPAN_TEXT, "%" PRId64 " ngày %" PRId64 " giờ", days, hours % 24);
        else
                snprintf(buf, THON_SPAN_TEXT, "%" PRId64 " ngày", days);
        return buf;
}

const char *thon_clock_text(const struct thon_zone *zone, struct thon_wall at, struct thon_wall now,
                            char buf[static THON_CLOCK_TEXT])
{
        struct thon_civil civil = thon_zone_civil(zone, at);
        int hour = civil.second / 3600, minute = civil.second / 60 % 60;

        if (civil.days == thon_zone_civil(zone, now).days) {
                snprintf(buf, THON_CLOCK_TEXT, "%02d:%02d", hour, minute);
        } else {
                struct thon_date date = thon_date_of(civil.days);

                snprintf(buf, THON_CLOCK_TEXT, "%02d:%02d ngày %d/%d", hour, minute, date.day, date.month);
        }
        return buf;
}

static const struct {
        const char *role, *text;
} roles[] = {
        {"chair", "chủ tịch xã"},       {"vice-chair", "phó chủ tịch xã"},
        {"officer", "cán bộ xã"},       {"technician", "kỹ thuật viên"},
        {"hamlet-head", "trưởng thôn"}, {"police", "công an xã"},
        {"health", "trạm y tế"},        {"duty", "trực ban"},
};

static void add_addressee(struct words *words, const char *word)
{
        const char *colon = strchr(word, ':'), *id = colon ? colon + 1 : word;
        size_t kind = colon ? (size_t)(colon - word) : 0;

        if (strcmp(word, "all") == 0) {
                words_add(words, "toàn xã");
        } else if (kind == 4 && memcmp(word, "role", 4) == 0) {
                for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
                        if (strcmp(id, roles[i].role) == 0) {
                                words_add(words, "%s", roles[i].text);
                                return;
                        }
                words_add(words, "vai trò %s", id);
        } else if (kind == 5 && memcmp(word, "group", 5) == 0) {
                words_add(words, "nhóm %s", id);
        } else if (kind == 4 && memcmp(word, "area", 4) == 0) {
                words_add(words, "khu vực %s", id);
        } else if (kind == 9 && memcmp(word, "household", 9) == 0) {
                words_add(words, "hộ %s", id);
        } else if (kind == 7 && memcmp(word, "channel", 7) == 0) {
                words_add(words, "kênh %s", id);
        } else {
                words_add(words, "%s", id);
        }
}

char *thon_audience_text(const char *const *to, size_t n)
{
        struct words words = {0};

        words_add(&words, "%s", "");
        for (size_t i = 0; i < n; i++) {
                words_add(&words, "%s", i > 0 ? ", " : "");
                add_addressee(&words, to[i]);
        }
        return words_take(&words);
}

char *thon_number_fill(const char *text, int64_t number)
{
        const char *mark = NULL;
        struct words words = {0};

        /* The last one is ours; an earlier one came with somebody's words. */
        for (const char *p = strstr(text, "{so}"); p; p = strstr(p + 1, "{so}"))
                mark = p;
        if (mark)
                words_add(&words, "%.*s%" PRId64 "%s", (int)(mark - text), text, number, mark + 4);
        else
                words_add(&words, "%s", text);
        return words_take(&words);
}

#define HEADLINE_MAX 200

static bool skip(const char **text, const char *prefix)
{
        size_t n = strlen(prefix);

        if (strncmp(*text, prefix, n) != 0)
                return false;
        *text += n;
        return true;
}

char *thon_notice_headline(const char *text)
{
        const char *answer, *end;
        struct words words = {0};
        size_t characters = 0;

        if (!skip(&text, "⚠ "))
                (void)skip(&text, "ℹ ");
        end = text + strcspn(text, "\n");
        answer = strstr(text, " Trả lời «ok ");
        if (answer && answer < end)
                end = answer;
        while (end > text && (end[-1] == '.' || end[-1] == ' ' || end[-1] == ':'))
                end--;
        for (const char *p = text; p < end; p++) {
                if (((unsigned char)*p & 0xc0) == 0x80)
                        continue;
                if (characters++ == HEADLINE_MAX - 1) {
                        words_add(&words, "%.*s…", (int)(p - text), text);
                        return words_take(&words);
                }
        }
        words_add(&words, "%.*s", (int)(end - text), text);
        return words_take(&words);
}

char *thon_escalation_text(const char *headline, const char *const *told, size_t n_told, int64_t waited_s)
{
        _cleanup_free_ char *whom = thon_audience_text(told, n_told);
        char span[THON_SPAN_TEXT];
        struct words words = {0};

        if (!whom)
                return NULL;
        words_add(&words, "⚠ Đã %s chưa ai nhận", thon_span_text(waited_s, span));
        if (*whom)
                words_add(&words, " (đã báo: %s)", whom);
        words_add(&words, ": %s. Trả lời «ok {so}» khi đã nhận.", headline);
        return words_take(&words);
}

char *thon_taken_text(const char *by, struct thon_wall at, const struct thon_zone *zone,
                      const char *headline)
{
        char clock[THON_CLOCK_TEXT];
        struct words words = {0};

        words_add(&words, "✓ %s đã nhận lúc %s: %s", *by ? by : "Có người",
                  thon_clock_text(zone, at, at, clock), headline);
        return words_take(&words);
}
