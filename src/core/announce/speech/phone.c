/* Numbers that name and do not count, figure by figure: telephones, identity cards, accounts. The groups a writer made are
 * kept as pauses, for that is how people take a number down. */
#include <string.h>

#include "number.h"
#include "reader.h"

enum { GROUPS_MAX = 6, FIGURES_MAX = 15 };

struct run {
        size_t groups, used; /* tokens, with the separators */
        size_t figures;
        char text[FIGURES_MAX + 1];
};

/* Groups with a space, a point or a dash between, from a number at `at`; up to `groups` of them. */
static bool run_of(const struct reader *r, size_t at, size_t groups, struct run *ret)
{
        *ret = (struct run){0};
        for (;;) {
                const struct token *token = speech_at(r, at + ret->used);

                if (token->kind != TOKEN_NUMBER || ret->figures + token->size > FIGURES_MAX)
                        return false;
                memcpy(ret->text + ret->figures, token->text, token->size);
                ret->figures += token->size;
                ret->used++;
                if (++ret->groups == groups)
                        return true;
                if ((speech_is_close_sign(r, at + ret->used, '.') ||
                     speech_is_close_sign(r, at + ret->used, '-')) &&
                    speech_is_close_number(r, at + ret->used + 1))
                        ret->used++;
                else if (speech_is_close_sign(r, at + ret->used, ')') && ret->groups == 1 &&
                         *token->text == '0')
                        ret->used++;
                else if (!speech_is_number(r, at + ret->used))
                        return false;
        }
}

/* `first`: figures of the first group; 18.007.969 are millions. */
static bool telephone(const struct run *run, size_t first)
{
        const char *t = run->text;

        if (run->figures == 10 && t[0] == '0' && (strchr("35789", t[1]) || strncmp(t, "069", 3) == 0))
                return true;
        if (run->figures == 11 && t[0] == '0' && t[1] == '2')
                return true;
        return (run->figures == 8 || run->figures == 10) && first >= 4 &&
               (strncmp(t, "1800", 4) == 0 || strncmp(t, "1900", 4) == 0);
}

static bool ends_here(const struct reader *r, size_t at)
{
        if (speech_is_close_number(r, at) || speech_is_close_word(r, at) || speech_is_close_sign(r, at, '%'))
                return false;
        return !((speech_is_close_sign(r, at, '.') || speech_is_close_sign(r, at, ',')) &&
                 speech_is_close_number(r, at + 1));
}

static void say_run(struct reader *r, size_t at, const struct run *run)
{
        if (run->groups == 1) {
                speech_figure_groups(&r->out, run->text, run->figures);
        } else {
                for (size_t i = 0; i < run->used; i++) {
                        const struct token *token = speech_at(r, at + i);
                        if (token->kind != TOKEN_NUMBER)
                                continue;
                        if (i > 0)
                                speech_mark(&r->out, ',');
                        speech_figures(&r->out, token->text, token->size);
                }
        }
        speech_said_number(r, UINT64_MAX);
        r->about = ABOUT_PHONE;
}

static size_t read_telephone(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);
        struct run run;

        for (size_t groups = GROUPS_MAX; groups > 0; groups--)
                if (run_of(r, at, groups, &run) && telephone(&run, token->size) &&
                    ends_here(r, at + run.used)) {
                        say_run(r, at, &run);
                        return run.used;
                }
        return 0;
}

/* +84 912 345 678 */
static size_t read_abroad(struct reader *r, size_t at)
{
        struct run run;

        if (!speech_is_sign(r, at, '+') || !speech_is_close_number(r, at + 1))
                return 0;
        for (size_t groups = GROUPS_MAX; groups > 0; groups--)
                if (run_of(r, at + 1, groups, &run) && run.figures >= 9 && ends_here(r, at + 1 + run.used)) {
                        speech_say(&r->out, "cộng");
                        if (run.groups == 1 && run.figures > 2 && strncmp(run.text, "84", 2) == 0) {
                                speech_figures(&r->out, run.text, 2);
                                speech_mark(&r->out, ',');
                                speech_figure_groups(&r->out, run.text + 2, run.figures - 2);
                                speech_said_number(r, UINT64_MAX);
                        } else {
                                say_run(r, at + 1, &run);
                        }
                        return 1 + run.used;
                }
        return 0;
}

/* 113, 114, 1022 and the rest of a telephone whose area code stands before, in brackets. */
static bool short_telephone(const struct token *token)
{
        uint64_t value = speech_value(token);

        if (token->size == 3)
                return value >= 110 && value <= 119;
        if (token->size == 4)
                return value >= 1000 && value <= 1099;
        return token->size >= 6 && token->size <= 8;
}

/* Groups of at least three figures behind a word such as "tài khoản". */
static size_t read_identity(struct reader *r, size_t at)
{
        size_t used = 0, figures = 0;

        while (used < 12 && speech_is_number(r, at + used) && speech_at(r, at + used)->size >= 3) {
                figures += speech_at(r, at + used)->size;
                used++;
                if (speech_is_close_sign(r, at + used, '.') && speech_is_close_number(r, at + used + 1))
                        used++;
                else if (!speech_is_number(r, at + used))
                        break;
        }
        if (figures < 6 || !ends_here(r, at + used))
                return 0;
        for (size_t i = 0; i < used; i++) {
                const struct token *token = speech_at(r, at + i);
                if (token->kind != TOKEN_NUMBER)
                        continue;
                if (i > 0)
                        speech_mark(&r->out, ',');
                speech_figure_groups(&r->out, token->text, token->size);
        }
        speech_said_number(r, UINT64_MAX);
        return used;
}

size_t speech_read_phone(struct reader *r, size_t at)
{
        static const char *const money[] = {"đồng", "đ", "vnđ", "vnd", "triệu", "tỷ", "người", "hộ", NULL};
        const struct token *token = speech_at(r, at);
        size_t used = read_abroad(r, at);

        if (used > 0 || token->kind != TOKEN_NUMBER)
                return used;
        used = read_telephone(r, at);
        if (used > 0)
                return used;
        if (at < r->phone_end && short_telephone(token) && ends_here(r, at + 1) &&
            !speech_is_sign(r, at + 1, '/') && !speech_is_one_of(r, at + 1, money)) {
                speech_figure_groups(&r->out, token->text, token->size);
                speech_said_number(r, UINT64_MAX);
                return 1;
        }
        return at < r->id_end ? read_identity(r, at) : 0;
}
