/* A player decodes what strangers sent. What it says afterwards is read as a stranger's word: every member by name,
 * type and range, and its texts cleaned before they reach a log. */
#include "thon/player.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define DETAIL_MAX  4096
#define DAYS_MAX_US (INT64_C(32) * 86400 * 1000000)
#define UP_MAX_US   (INT64_C(36525) * 86400 * 1000000)
#define SPAN_MAX_US UINT64_C(1000000)

static bool decibels(const json_t *doc, const char *member, double *value)
{
        const json_t *number = json_object_get(doc, member);
        double db = json_number_value(number);

        if (!json_is_number(number) || !isfinite(db) || db < -200 || db > 100)
                return false;
        *value = db;
        return true;
}

static bool microseconds(const json_t *doc, const char *member, int64_t max, uint64_t *value)
{
        const json_t *number = json_object_get(doc, member);
        json_int_t us = json_integer_value(number);

        if (!json_is_integer(number) || us < 0 || us > max)
                return false;
        *value = (uint64_t)us;
        return true;
}

static bool flag(const json_t *doc, const char *member, bool *value)
{
        const json_t *said = json_object_get(doc, member);

        *value = json_is_true(said);
        return !said || json_is_boolean(said);
}

static bool trouble(const json_t *doc, struct thon_player_news *news)
{
        static const char *const known[] = {"sink", "input", "format", "too-long", "order", "memory"};
        const char *what = json_string_value(json_object_get(doc, "what"));
        const json_t *detail = json_object_get(doc, "detail");
        struct thon_json_error clean = {0};

        if (!what || (detail && (!json_is_string(detail) || json_string_length(detail) > DETAIL_MAX)))
                return false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
                if (strcmp(what, known[i]) != 0)
                        continue;
                memcpy(news->what, known[i], strlen(known[i]) + 1);
                thon_json_fail(&clean, NULL, "%.*s", (int)sizeof news->detail - 1,
                               detail ? json_string_value(detail) : "");
                memcpy(news->detail, clean.text, strlen(clean.text) + 1);
                return true;
        }
        return false;
}

static bool read_members(const json_t *doc, struct thon_player_news *news)
{
        switch (news->is) {
        case THON_PLAYER_READY:
        case THON_PLAYER_STARTED:
        case THON_PLAYER_SILENT:
                return true;
        case THON_PLAYER_LEVEL:
                return decibels(doc, "db", &news->db) &&
                       microseconds(doc, "from_us", UP_MAX_US, &news->from_us) &&
                       microseconds(doc, "to_us", UP_MAX_US, &news->to_us) && news->from_us <= news->to_us &&
                       news->to_us - news->from_us <= SPAN_MAX_US;
        case THON_PLAYER_DONE:
                return microseconds(doc, "position_us", DAYS_MAX_US, &news->position_us) &&
                       flag(doc, "limit", &news->limit);
        case THON_PLAYER_STOPPED:
                return microseconds(doc, "position_us", DAYS_MAX_US, &news->position_us);
        case THON_PLAYER_PREPARED:
                return microseconds(doc, "length_us", DAYS_MAX_US, &news->length_us) &&
                       decibels(doc, "lufs", &news->lufs) && decibels(doc, "peak_db", &news->peak_db);
        case THON_PLAYER_ERROR:
                return trouble(doc, news);
        }
        return false;
}

int thon_player_news(const char *line, size_t size, struct thon_player_news *ret)
{
        static const struct {
                const char *is, *members[5];
        } known[] = {
                [THON_PLAYER_READY] = {"ready", {"is"}},
                [THON_PLAYER_STARTED] = {"started", {"is"}},
                [THON_PLAYER_LEVEL] = {"level", {"is", "db", "from_us", "to_us"}},
                [THON_PLAYER_SILENT] = {"silent", {"is"}},
                [THON_PLAYER_DONE] = {"done", {"is", "position_us", "limit"}},
                [THON_PLAYER_STOPPED] = {"stopped", {"is", "position_us"}},
                [THON_PLAYER_PREPARED] = {"prepared", {"is", "length_us", "lufs", "peak_db"}},
                [THON_PLAYER_ERROR] = {"error", {"is", "what", "detail"}},
        };
        _cleanup_json_ json_t *doc = NULL;
        const char *is;

        if (thon_json_parse(line, size, THON_PLAYER_LINE_MAX, &doc, NULL) < 0)
                return -EINVAL;
        is = json_string_value(json_object_get(doc, "is"));
        if (!is)
                return -EINVAL;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
                struct thon_player_news news = {.is = (enum thon_player_is)i};

                if (strcmp(is, known[i].is) != 0)
                        continue;
                if (!thon_json_only(doc, NULL, known[i].members, NULL) || !read_members(doc, &news))
                        return -EINVAL;
                *ret = news;
                return 0;
        }
        return -EINVAL;
}
