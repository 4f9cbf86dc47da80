/* Addresses of the web and of mail, in syllables where they fall into them ("thanh hoa chấm gov chấm vn"), else letter
 * by letter. The scheme and "www" are not said: nobody needs them. */
#include <string.h>

#include "letters.h"
#include "number.h"
#include "reader.h"

enum { RUN_MAX = 48 };

static const char *const ends[] = {"vn", "com", "net", "org", "edu", "gov", "info", "me", NULL};

static bool part(const struct token *token)
{
        if (token->kind == TOKEN_WORD || token->kind == TOKEN_NUMBER)
                return true;
        switch (token->sign) {
        case '.':
        case '-':
        case '_':
        case '/':
        case '@':
        case ':':
        case '?':
        case '=':
        case '&':
        case '%':
        case '#':
        case '~':
        case '+':
                return true;
        default:
                return false;
        }
}

/* Tokens that hang together from `at`, without the marks of the sentence behind them. */
static size_t run_of(const struct reader *r, size_t at)
{
        size_t n = 1;

        while (n < RUN_MAX && part(speech_at(r, at + n)) && !speech_at(r, at + n)->space)
                n++;
        while (n > 1 && speech_at(r, at + n - 1)->sign && speech_at(r, at + n - 1)->sign != '/')
                n--;
        return n;
}

static bool has(const struct reader *r, size_t at, size_t n, int32_t sign)
{
        for (size_t i = at; i < at + n; i++)
                if (speech_is_sign(r, i, sign))
                        return true;
        return false;
}

/* Whether a name before a stroke or the end closes with a known ending: "xa.gov.vn", "zalo.me/123". */
static bool named(const struct reader *r, size_t at, size_t n)
{
        size_t host = 0;

        while (host < n && !speech_is_sign(r, at + host, '/'))
                host++;
        return host >= 3 && speech_is_sign(r, at + host - 2, '.') &&
               speech_is_one_of(r, at + host - 1, ends) && !speech_at(r, at + host - 1)->capital;
}

static void say_sign(struct reader *r, int32_t sign)
{
        static const struct {
                char sign;
                const char *name;
        } names[] = {{'.', "chấm"},   {'-', "gạch ngang"}, {'_', "gạch dưới"}, {'/', "gạch chéo"},
                     {'@', "a còng"}, {':', "hai chấm"},   {'?', "chấm hỏi"},  {'=', "bằng"},
                     {'&', "và"},     {'%', "phần trăm"},  {'#', "thăng"},     {'~', "ngã"},
                     {'+', "cộng"}};

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (names[i].sign == sign)
                        speech_say(&r->out, names[i].name);
}

static void say_part(struct reader *r, const struct token *token)
{
        static const struct {
                const char *part, *words;
        } known[] = {{"vn", "vê en nờ"}, {"vietnam", "việt nam"},  {"com", "com"},
                     {"net", "nét"},     {"org", "o rờ gờ"},       {"edu", "e đu"},
                     {"gov", "gốp"},     {"gmail", "gi meo"},      {"yahoo", "da hu"},
                     {"zalo", "da lô"},  {"facebook", "phây búc"}, {"youtube", "diu túp"},
                     {"info", "in phô"}};

        if (token->sign) {
                say_sign(r, token->sign);
                return;
        }
        if (token->kind == TOKEN_NUMBER) {
                speech_figures(&r->out, token->text, token->size);
                return;
        }
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (strcmp(known[i].part, token->lower) == 0) {
                        speech_say(&r->out, known[i].words);
                        return;
                }
        if (speech_say_syllables(&r->out, token->lower))
                return;
        /* ubndxa@..., the commonest of all communes' addresses */
        if (strncmp(token->lower, "ubnd", 4) == 0) {
                speech_spell(&r->out, "ubnd");
                if (!token->lower[4] || speech_say_syllables(&r->out, token->lower + 4))
                        return;
                speech_spell(&r->out, token->lower + 4);
                return;
        }
        speech_spell(&r->out, token->lower);
}

size_t speech_read_address(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);
        size_t n, i = 0, end;

        if ((token->kind != TOKEN_WORD && token->kind != TOKEN_NUMBER) ||
            (!token->space && at > 0 && part(speech_at(r, at - 1))))
                return 0;
        n = run_of(r, at);
        end = n;
        if ((speech_is_word(r, at, "http") || speech_is_word(r, at, "https")) && n > 4 &&
            speech_is_sign(r, at + 1, ':') && speech_is_sign(r, at + 2, '/') &&
            speech_is_sign(r, at + 3, '/'))
                i = 4;
        else if (!(speech_is_word(r, at, "www") && n > 2) && !named(r, at, n) &&
                 !(has(r, at, n, '@') && has(r, at, n, '.')))
                return 0;
        if (speech_is_word(r, at + i, "www") && speech_is_sign(r, at + i + 1, '.') && i + 2 < n)
                i += 2;
        while (end > i + 1 && speech_is_sign(r, at + end - 1, '/'))
                end--;
        for (; i < end; i++)
                say_part(r, speech_at(r, at + i));
        r->last = LAST_WORD;
        return n;
}
