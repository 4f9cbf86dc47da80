/* Two numbers with a stroke or a colon that are no date and no hour: shares ("hai phần ba diện tích", "mười lăm trên mười chín
 * tiêu chí"), scales, house numbers. A part of up to ten is a fraction; more than that people say with "trên". */
#include "numeral.h"
#include "reader.h"

enum { PARTS_MAX = 10 };

static bool counted_follows(const struct reader *r, size_t at)
{
        static const char *const nouns[] = {
                "hộ",    "người", "thôn", "xã",  "tiêu", "chỉ", "đại", "em",  "cháu",   "trường",
                "đảng",  "phiếu", "hội",  "ấp",  "xóm",  "tổ",  "khu", "bản", "phường", "tỉnh",
                "huyện", "câu",   "điểm", "trẻ", "cơ",   "đơn", "chi", "h",   "giờ",    NULL};

        return speech_is_one_of(r, at, nouns);
}

static bool house_before(const struct reader *r, size_t at)
{
        static const char *const nouns[] = {"số",   "nhà", "ngõ", "ngách", "hẻm", "kiệt", "lô",
                                            "thửa", "tờ",  "căn", "sn",    "lệ",  "áp",   NULL};

        return at > 0 && speech_is_one_of(r, at - 1, nouns);
}

static bool stroke(const struct reader *r, size_t at)
{
        return (speech_is_close_sign(r, at, '/') ||
                ((r->about & ABOUT_RATIO) && speech_is_sign(r, at, ':'))) &&
               speech_is_number(r, at + 1) &&
               (speech_is_close_number(r, at + 1) || speech_is_sign(r, at, ':')) &&
               speech_at(r, at + 1)->size <= SPEECH_NUMBER_MAX;
}

static void say_parts(struct reader *r, uint64_t parts)
{
        speech_say(&r->out, "phần");
        if (parts == 4)
                speech_say(&r->out, "tư");
        else
                speech_say_value(r, parts);
}

size_t speech_read_fraction(struct reader *r, size_t at)
{
        struct numeral first, second;
        uint64_t a, b;
        size_t used;

        if (!speech_is_number(r, at) || speech_at(r, at)->size > SPEECH_NUMBER_MAX)
                return 0;
        if (speech_is_close_sign(r, at + 1, 0x2044) && speech_is_number(r, at + 2)) {
                speech_say_value(r, speech_value(speech_at(r, at)));
                say_parts(r, speech_value(speech_at(r, at + 2)));
                speech_said_number(r, UINT64_MAX);
                return 3;
        }
        speech_numeral(r, at, &first);
        if (first.sections || !stroke(r, at + first.used))
                return 0;
        used = first.used + 1;
        speech_numeral(r, at + used, &second);
        if (second.sections || second.whole_n == 0)
                return 0;
        used += second.used;
        a = speech_numeral_value(&first);
        b = speech_numeral_value(&second);
        speech_say_numeral(r, &first);
        if (a < b && b <= PARTS_MAX && !house_before(r, at) && !counted_follows(r, at + used) &&
            !(r->about & (ABOUT_RATIO | ABOUT_ENUM))) {
                say_parts(r, b);
        } else {
                speech_say(&r->out, "trên");
                speech_say_numeral(r, &second);
                /* 12/34/5 is a lane of a lane */
                while (stroke(r, at + used) && used < 16) {
                        speech_numeral(r, at + used + 1, &second);
                        if (second.whole_n == 0)
                                break;
                        speech_say(&r->out, "trên");
                        speech_say_numeral(r, &second);
                        used += 1 + second.used;
                }
        }
        speech_said_number(r, UINT64_MAX);
        if (speech_is_close_word(r, at + used) && speech_is_word(r, at + used, "h")) {
                speech_say(&r->out, "giờ");
                used++;
        }
        return used;
}
