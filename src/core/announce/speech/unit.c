/* Signs of units, which are signs of units only behind a number: "m", "l" and "h" are letters anywhere else. Case matters
 * (mm, MW) but where people do not keep it (KG, Km). */
#include "unit.h"

#include <string.h>

enum { CLOSE = 1, ALONE = 2, MONEY = 4, ANY_CASE = 8, POWER = 16, TIME = 32, NO_POINT = 64 };

static const struct {
        const char *sign, *name;
        unsigned how;
} units[] = {
        {"mm", "mi li mét", ALONE | POWER},
        {"cm", "xen ti mét", ALONE | POWER},
        {"dm", "đề xi mét", ALONE | POWER},
        {"m", "mét", POWER},
        {"km", "ki lô mét", ALONE | POWER | ANY_CASE},
        {"ha", "héc ta", ANY_CASE},
        {"mg", "mi li gam", ALONE},
        {"mcg", "mi cờ rô gam", ALONE},
        {"g", "gam", 0},
        {"gr", "gam", 0},
        {"kg", "ki lô gam", ALONE | ANY_CASE},
        {"l", "lít", 0},
        {"L", "lít", 0},
        {"ml", "mi li lít", ALONE | ANY_CASE},
        {"cc", "xê xê", 0},
        {"W", "oát", 0},
        {"w", "oát", 0},
        {"kW", "ki lô oát", ALONE | ANY_CASE},
        {"MW", "mê ga oát", ALONE},
        {"MWh", "mê ga oát giờ", ALONE},
        {"kWh", "ki lô oát giờ", ALONE | ANY_CASE},
        {"kWp", "ki lô oát pích", ALONE | ANY_CASE},
        {"V", "vôn", 0},
        {"kV", "ki lô vôn", ALONE | ANY_CASE},
        {"kVA", "ki lô vôn am pe", ALONE | ANY_CASE},
        {"Hz", "héc", 0},
        {"kHz", "ki lô héc", ALONE},
        {"MHz", "mê ga héc", ALONE},
        {"GHz", "gi ga héc", ALONE},
        {"dB", "đề xi ben", ALONE},
        {"dBA", "đề xi ben", ALONE},
        {"MB", "mê ga bai", ALONE},
        {"GB", "gi ga bai", ALONE},
        {"Mbps", "mê ga bít trên giây", ALONE | ANY_CASE},
        {"mmHg", "mi li mét thủy ngân", ALONE | ANY_CASE},
        {"mSv", "mi li xi vớt", ALONE},
        {"UI", "đơn vị", 0},
        {"IU", "đơn vị", 0},
        {"HP", "mã lực", 0},
        {"CV", "mã lực", 0},
        {"ppm", "phần triệu", ALONE | ANY_CASE},
        {"oC", "độ xê", 0},
        {"h", "giờ", TIME},
        {"giờ", "giờ", TIME | NO_POINT},
        {"p", "phút", CLOSE | TIME},
        {"ph", "phút", CLOSE | TIME},
        {"s", "giây", CLOSE | TIME},
        {"đ", "đồng", MONEY},
        {"vnđ", "đồng", MONEY | ANY_CASE},
        {"vnd", "đồng", MONEY | ANY_CASE},
        {"usd", "đô la Mỹ", MONEY | ANY_CASE},
        {"eur", "ơ rô", MONEY | ANY_CASE},
        {"k", "nghìn", CLOSE | MONEY},
        {"K", "nghìn", CLOSE | MONEY},
        {"tr", "triệu", MONEY},
        {"tỷ", "tỷ", CLOSE | MONEY},
};

static bool same(const struct token *token, size_t i)
{
        return (units[i].how & ANY_CASE) ? strcasecmp(token->text, units[i].sign) == 0
                                         : strcmp(token->text, units[i].sign) == 0;
}

static bool of_sign(const struct reader *r, size_t at, struct unit *ret)
{
        const struct token *token = speech_at(r, at);

        *ret = (struct unit){.used = 1};
        switch (token->sign) {
        case '%':
                ret->name = "phần trăm";
                return true;
        case 0x2030:
                ret->name = "phần nghìn";
                return true;
        case '$':
                ret->name = "đô la";
                ret->money = true;
                return true;
        case 0x20ac:
                ret->name = "ơ rô";
                ret->money = true;
                return true;
        case 0xb0:
                if (speech_at(r, at + 1)->kind == TOKEN_WORD && speech_at(r, at + 1)->size == 1 &&
                    (speech_is_word(r, at + 1, "c") || speech_is_word(r, at + 1, "f"))) {
                        ret->name = speech_is_word(r, at + 1, "c") ? "độ xê" : "độ ép";
                        ret->used = 2;
                } else {
                        ret->name = "độ";
                }
                return true;
        case '\'':
                if (token->space || speech_is_close_word(r, at + 1))
                        return false;
                ret->name = "phút";
                ret->duration = true;
                return true;
        default:
                return false;
        }
}

static const char *power_name(const char *sign, bool cube)
{
        static const struct {
                const char *sign, *square, *cube;
        } names[] = {
                {"mm", "mi li mét vuông", "mi li mét khối"}, {"cm", "xen ti mét vuông", "xen ti mét khối"},
                {"dm", "đề xi mét vuông", "đề xi mét khối"}, {"m", "mét vuông", "mét khối"},
                {"km", "ki lô mét vuông", "ki lô mét khối"},
        };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (strcmp(names[i].sign, sign) == 0)
                        return cube ? names[i].cube : names[i].square;
        return NULL;
}

/* "2", "3" and their raised forms behind a length. */
static void take_power(const struct reader *r, size_t at, size_t i, struct unit *ret)
{
        const struct token *token = speech_at(r, at + 1);
        bool square = token->sign == 0xb2 || strcmp(token->text, "2") == 0;
        bool cube = token->sign == 0xb3 || strcmp(token->text, "3") == 0;
        const char *name;

        if (token->space || (!square && !cube) || speech_is_close_word(r, at + 2))
                return;
        name = power_name(units[i].sign, cube);
        if (!name)
                return;
        ret->name = name;
        ret->used = 2;
}

static bool find(const struct reader *r, size_t at, bool alone, struct unit *ret)
{
        const struct token *token = speech_at(r, at);

        if (token->sign)
                return !alone && of_sign(r, at, ret);
        if (token->kind != TOKEN_WORD)
                return false;
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
                if (!same(token, i) || (alone && !(units[i].how & ALONE)) ||
                    ((units[i].how & CLOSE) && token->space))
                        continue;
                *ret = (struct unit){.name = units[i].name,
                                     .money = (units[i].how & MONEY) != 0,
                                     .duration = (units[i].how & TIME) != 0,
                                     .used = 1};
                if (units[i].how & POWER)
                        take_power(r, at, i, ret);
                if (ret->used == 1 && speech_is_close_number(r, at + 1))
                        return false;
                if (strcmp(ret->name, "nghìn") == 0 && r->dialect != THON_DIALECT_NORTH)
                        ret->name = "ngàn";
                return true;
        }
        return false;
}

bool speech_unit(const struct reader *r, size_t at, struct unit *ret)
{
        return find(r, at, false, ret);
}

bool speech_unit_alone(const struct reader *r, size_t at, struct unit *ret)
{
        const struct token *next = speech_at(r, at + 1);

        /* m2 and m³ are units wherever they stand. */
        if (speech_at(r, at)->kind == TOKEN_WORD && strcmp(speech_at(r, at)->text, "m") == 0 &&
            !next->space && find(r, at, false, ret) && ret->used == 2)
                return true;
        return find(r, at, true, ret);
}
