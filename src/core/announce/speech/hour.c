/* Hours of the day: 7h30, 7g30, 19:30, 7 giờ 30. Full hours have no minutes in speech ("năm giờ" for 05h00), and a
 * minute below ten is said with its word, else "bảy giờ năm" is half a sentence. */
#include "numeral.h"
#include "reader.h"

/* Minutes at `at`: two figures below sixty, that begin nothing else. */
static bool minutes(const struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);

        if (token->kind != TOKEN_NUMBER || token->size != 2 || speech_value(token) > 59)
                return false;
        if (speech_is_close_sign(r, at + 1, '/') || speech_is_close_sign(r, at + 1, '%'))
                return false;
        return !((speech_is_close_sign(r, at + 1, '.') || speech_is_close_sign(r, at + 1, ',')) &&
                 speech_is_close_number(r, at + 2));
}

/* The minutes' sign or word at `at`, which is said by who says the minutes. */
static size_t minutes_word(const struct reader *r, size_t at)
{
        static const char *const words[] = {"p", "ph", "phút", NULL};

        if (speech_is_close_sign(r, at, '\''))
                return speech_is_close_sign(r, at + 1, '\'') ? 2 : 1;
        return speech_is_one_of(r, at, words) ? 1 : 0;
}

static size_t say_minutes(struct reader *r, size_t at)
{
        uint64_t value = speech_value(speech_at(r, at));
        size_t word = minutes_word(r, at + 1);

        if (value > 0) {
                speech_say_value(r, value);
                if (value < 10 || speech_is_word(r, at + 1, "phút"))
                        speech_say(&r->out, "phút");
        }
        return 1 + word;
}

/* "6:00 AM" */
static size_t say_half(struct reader *r, size_t at, uint64_t hour)
{
        bool morning = speech_is_word(r, at, "am");

        if (!morning && !speech_is_word(r, at, "pm"))
                return 0;
        speech_say(&r->out, morning ? "sáng" : hour % 12 < 6 ? "chiều" : "tối");
        return 1;
}

static size_t with_colon(struct reader *r, size_t at)
{
        const struct token *hour = speech_at(r, at);
        size_t used = 2;

        if ((r->about & ABOUT_RATIO) || hour->size > 2 || speech_value(hour) > 24 ||
            !speech_is_close_sign(r, at + 1, ':') || !speech_is_close_number(r, at + 2) ||
            !minutes(r, at + 2))
                return 0;
        speech_say_value(r, speech_value(hour));
        speech_say(&r->out, "giờ");
        used += say_minutes(r, at + 2);
        if (used == 3 && speech_is_close_sign(r, at + 3, ':') && speech_is_close_number(r, at + 4) &&
            minutes(r, at + 4)) {
                if (speech_value(speech_at(r, at + 4)) > 0) {
                        speech_say(&r->out, "phút");
                        speech_say_value(r, speech_value(speech_at(r, at + 4)));
                        speech_say(&r->out, "giây");
                }
                used = 5;
        }
        if (speech_is_word(r, at + used, "h") || speech_is_word(r, at + used, "giờ"))
                used++;
        used += say_half(r, at + used, speech_value(hour));
        return used;
}

size_t speech_read_hour(struct reader *r, size_t at)
{
        static const char *const words[] = {"h", "g", "giờ", NULL};
        const struct token *hour = speech_at(r, at);
        bool gram = speech_is_word(r, at + 1, "g");
        size_t used;

        if (hour->kind != TOKEN_NUMBER)
                return 0;
        used = with_colon(r, at);
        if (used > 0)
                goto said;
        if (hour->size > 2 || speech_value(hour) > 24 || !speech_is_one_of(r, at + 1, words))
                return 0;
        if (minutes(r, at + 2) && (!gram || speech_is_close_number(r, at + 2))) {
                speech_say_value(r, speech_value(hour));
                speech_say(&r->out, "giờ");
                used = 2 + say_minutes(r, at + 2);
        } else if (gram && (r->about & ABOUT_HOUR) && !speech_is_close_number(r, at + 2)) {
                speech_say_value(r, speech_value(hour));
                speech_say(&r->out, "giờ");
                used = 2;
        } else {
                return 0;
        }
said:
        speech_said_number(r, UINT64_MAX);
        r->about = (r->about & ABOUT_HOUR) | ABOUT_DATE;
        return used;
}
