/* An order comes from announced, our own program, and is read as strictly as if it did not: the player is where rules are
 * enforced a second time, and an order with a member that this player does not know may mean a rule that it would not keep. */
#include "order.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/player.h"

static bool text_of(const json_t *object, const char *member, const char **ret,
                    struct thon_json_error *error)
{
        if (!thon_json_line(object, member, PLAYER_TEXT_MAX, ret, error))
                return false;
        if (*ret && **ret)
                return true;
        thon_json_fail(error, member, "is missing");
        return false;
}

static bool path_of(const json_t *object, const char *member, const char **ret,
                    struct thon_json_error *error)
{
        if (!text_of(object, member, ret, error))
                return false;
        if (**ret == '/')
                return true;
        thon_json_fail(error, member, "must be an absolute path");
        return false;
}

/* A whole number within [low, high]; absent it stays as it is, unless it must be there. */
static bool whole_of(const json_t *object, const char *member, bool must, int64_t low, int64_t high,
                     int64_t *value, struct thon_json_error *error)
{
        const json_t *doc = json_object_get(object, member);

        if (!doc && !must)
                return true;
        if (!json_is_integer(doc) || json_integer_value(doc) < low || json_integer_value(doc) > high) {
                thon_json_fail(error, member, "must be a whole number from %lld to %lld", (long long)low,
                               (long long)high);
                return false;
        }
        *value = json_integer_value(doc);
        return true;
}

static bool decibels_of(const json_t *object, const char *member, double low, double high, double *value,
                        struct thon_json_error *error)
{
        const json_t *doc = json_object_get(object, member);
        double number = json_number_value(doc);

        if (!doc)
                return true;
        if (!json_is_number(doc) || !isfinite(number) || number < low || number > high) {
                thon_json_fail(error, member, "must be a number from %g to %g", low, high);
                return false;
        }
        *value = number;
        return true;
}

static bool read_live(const json_t *doc, struct player_input *ret, struct thon_json_error *error)
{
        static const char *const members[] = {"live", "for_us", "silent_us", NULL};
        static const char *const schemes[] = {"http://", "https://", "rtp://", "alsa:", "file:/"};
        int64_t for_us = 0, silent_us = 0;
        bool known = false;

        if (!thon_json_only(doc, "live", members, error) || !text_of(doc, "live", &ret->address, error) ||
            !whole_of(doc, "for_us", true, 1, (int64_t)PLAYER_DAY_US, &for_us, error) ||
            !whole_of(doc, "silent_us", false, 0, (int64_t)PLAYER_DAY_US, &silent_us, error))
                return false;
        for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
                known |= strncmp(ret->address, schemes[i], strlen(schemes[i])) == 0;
        if (!known) {
                thon_json_fail(error, "live", "is no address of a stream");
                return false;
        }
        ret->kind = PLAYER_LIVE;
        ret->for_us = (uint64_t)for_us;
        ret->silent_us = (uint64_t)silent_us;
        return true;
}

static bool read_input(const json_t *doc, struct player_input *ret, struct thon_json_error *error)
{
        static const char *const file_members[] = {"file", NULL}, *const tone_members[] = {"tone", NULL};
        const char *tone;

        if (json_object_get(doc, "live"))
                return read_live(doc, ret, error);
        if (json_object_get(doc, "tone")) {
                ret->kind = PLAYER_TONE;
                if (!thon_json_only(doc, "tone", tone_members, error) || !text_of(doc, "tone", &tone, error))
                        return false;
                if (player_tone_named(tone, &ret->tone))
                        return true;
                thon_json_fail(error, "tone", "\"%s\" is not known", tone);
                return false;
        }
        ret->kind = PLAYER_FILE;
        return thon_json_only(doc, "file", file_members, error) &&
               path_of(doc, "file", &ret->address, error);
}

static bool read_inputs(const json_t *doc, struct player_order *ret, struct thon_json_error *error)
{
        size_t n = json_array_size(doc);

        if (n < 1 || n > PLAYER_INPUTS_MAX) {
                thon_json_fail(error, "inputs", "must be a list of 1 to %d", PLAYER_INPUTS_MAX);
                return false;
        }
        for (ret->n_inputs = 0; ret->n_inputs < n; ret->n_inputs++)
                if (!read_input(json_array_get(doc, ret->n_inputs), &ret->inputs[ret->n_inputs], error))
                        return false;
        return true;
}

static bool read_start(const json_t *doc, struct player_order *ret, struct thon_json_error *error)
{
        const char *start;

        if (!text_of(doc, "start", &start, error))
                return false;
        ret->wait = strcmp(start, "go") == 0;
        if (ret->wait || strcmp(start, "now") == 0)
                return true;
        thon_json_fail(error, "start", "must be \"go\" or \"now\"");
        return false;
}

static bool read_air(const json_t *doc, struct player_order *ret, struct thon_json_error *error)
{
        static const char *const members[] = {"mode",    "inputs",      "sink",    "delay_ms",
                                              "gain_db", "highpass_hz", "from_us", "limit_us",
                                              "archive", "start",       NULL};
        int64_t delay = 0, highpass = 0, from = 0, limit = 0;
        const char *sink, *wrong;
        const json_t *archive;

        if (!thon_json_only(doc, NULL, members, error) ||
            !read_inputs(json_object_get(doc, "inputs"), ret, error) ||
            !text_of(doc, "sink", &sink, error) ||
            !whole_of(doc, "delay_ms", false, 0, 5000, &delay, error) ||
            !decibels_of(doc, "gain_db", -90, 30, &ret->gain_db, error) ||
            !whole_of(doc, "highpass_hz", false, 0, 2000, &highpass, error) ||
            !whole_of(doc, "from_us", false, 0, (int64_t)PLAYER_DAY_US, &from, error) ||
            !whole_of(doc, "limit_us", true, 1, (int64_t)PLAYER_DAY_US, &limit, error) ||
            !read_start(doc, ret, error))
                return false;
        wrong = thon_sink_parse(sink, &ret->sink);
        if (wrong) {
                thon_json_fail(error, "sink", "%s", wrong);
                return false;
        }
        archive = json_object_get(doc, "archive");
        if (archive && !json_is_null(archive) && !path_of(doc, "archive", &ret->archive, error))
                return false;
        ret->delay_ms = (int)delay;
        ret->highpass_hz = (int)highpass;
        ret->from_us = (uint64_t)from;
        ret->limit_us = (uint64_t)limit;
        return true;
}

static bool read_prepare(const json_t *doc, struct player_order *ret, struct thon_json_error *error)
{
        static const char *const members[] = {"mode", "file", "out", "loudness", "max_s", NULL};
        int64_t max_s = 0;

        ret->loudness = -16;
        if (!thon_json_only(doc, NULL, members, error) || !path_of(doc, "file", &ret->file, error) ||
            !path_of(doc, "out", &ret->out, error) ||
            !decibels_of(doc, "loudness", -40, -5, &ret->loudness, error) ||
            !whole_of(doc, "max_s", true, 1, 86400, &max_s, error))
                return false;
        ret->max_s = (uint64_t)max_s;
        return true;
}

static bool read_listen(const json_t *doc, struct player_order *ret, struct thon_json_error *error)
{
        static const char *const members[] = {"mode", "source", NULL};
        const char *source;

        if (!thon_json_only(doc, NULL, members, error) || !text_of(doc, "source", &source, error))
                return false;
        if (strncmp(source, "alsa:", 5) != 0 || !source[5]) {
                thon_json_fail(error, "source", "must be alsa:PCM");
                return false;
        }
        ret->pcm = source + 5;
        return true;
}

static bool read_mode(const json_t *doc, struct player_order *ret, struct thon_json_error *error)
{
        static const char *const warm_members[] = {"mode", NULL};
        const char *mode;

        if (!json_is_object(doc)) {
                thon_json_fail(error, NULL, "must be an object");
                return false;
        }
        if (!text_of(doc, "mode", &mode, error))
                return false;
        if (strcmp(mode, "air") == 0) {
                ret->mode = PLAYER_AIR;
                return read_air(doc, ret, error);
        }
        if (strcmp(mode, "prepare") == 0) {
                ret->mode = PLAYER_PREPARE;
                return read_prepare(doc, ret, error);
        }
        if (strcmp(mode, "listen") == 0) {
                ret->mode = PLAYER_LISTEN;
                return read_listen(doc, ret, error);
        }
        if (strcmp(mode, "warm") == 0) {
                ret->mode = PLAYER_WARM;
                return thon_json_only(doc, NULL, warm_members, error);
        }
        thon_json_fail(error, "mode", "\"%s\" is not known", mode);
        return false;
}

int player_order_read(const char *line, size_t size, struct player_order *ret, struct thon_json_error *error)
{
        struct player_order order = {0};
        int r;

        r = thon_json_parse(line, size, THON_PLAYER_LINE_MAX, &order.doc, error);
        if (r == -E2BIG)
                r = -EINVAL;
        if (r < 0)
                return r;
        if (!read_mode(order.doc, &order, error)) {
                player_order_done(&order);
                return -EINVAL;
        }
        *ret = order;
        return 0;
}

void player_order_done(struct player_order *order)
{
        json_decref(THON_TAKE(order->doc));
}

int player_command_read(const char *line, size_t size, enum player_command *ret, int *ret_fade_ms)
{
        static const char *const go_members[] = {"do", NULL}, *const stop_members[] = {"do", "fade_ms",
                                                                                       NULL};
        _cleanup_json_ json_t *doc = NULL;
        int64_t fade = PLAYER_FADE_MS;
        const char *verb;
        int r;

        r = thon_json_parse(line, size, THON_PLAYER_LINE_MAX, &doc, NULL);
        if (r < 0)
                return r == -ENOMEM ? r : -EINVAL;
        if (!json_is_object(doc) || !text_of(doc, "do", &verb, NULL))
                return -EINVAL;
        if (strcmp(verb, "go") == 0) {
                if (!thon_json_only(doc, NULL, go_members, NULL))
                        return -EINVAL;
                *ret = PLAYER_GO;
                return 0;
        }
        if (strcmp(verb, "stop") != 0 || !thon_json_only(doc, NULL, stop_members, NULL) ||
            !whole_of(doc, "fade_ms", false, 0, PLAYER_FADE_MS_MAX, &fade, NULL))
                return -EINVAL;
        *ret = PLAYER_STOP;
        *ret_fade_ms = (int)fade;
        return 0;
}
