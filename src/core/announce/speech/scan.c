/* Tokens of a text.
 *
 * Whatever writers use for one sign becomes that sign here (six dashes, four apostrophes, full-width and
 * circled figures), so that no rule needs to know them; what nobody says (emoji, quotation marks, bullets) is
 * space. Letters and figures part from each other, for "7h30", "500kg" and "QL1A" are read in pieces.
 *
 * A line's end is a break unless the text was wrapped there: the next line goes on in lower case, or with a figure
 * behind a long line. */
#include "scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cleanup.h"
#include "thon/speech.h"
#include "thon/text.h"

#define LINE_LONG 60 /* characters; a shorter one was not ended by a margin */

enum glyph { GLYPH_LETTER, GLYPH_MARK, GLYPH_FIGURE, GLYPH_SIGN, GLYPH_SPACE };

static enum glyph glyph_of(int32_t c)
{
        switch ((int)utf8proc_category(c)) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_LM:
                return GLYPH_LETTER;
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
                return GLYPH_MARK;
        case UTF8PROC_CATEGORY_ND:
                return c >= '0' && c <= '9' ? GLYPH_FIGURE : GLYPH_SPACE;
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_NO:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_CN:
        case UTF8PROC_CATEGORY_CO:
        case UTF8PROC_CATEGORY_CS:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_SO:
        case UTF8PROC_CATEGORY_SK:
                return GLYPH_SPACE;
        default:
                return c > ' ' ? GLYPH_SIGN : GLYPH_SPACE;
        }
}

/* Vietnamese letters are Latin; a mark that NFC leaves behind such a one is noise. Other scripts need theirs. */
static bool latin(int32_t c)
{
        return c < 0x250 || (c >= 0x1e00 && c < 0x1f00);
}

/* One sign for those that mean the same; 0 for what nobody says. */
static int32_t sign_of(int32_t c)
{
        switch (c) {
        case 0x2010:
        case 0x2011:
        case 0x2012:
        case 0x2013:
        case 0x2014:
        case 0x2015:
        case 0x2212:
        case 0xfe58:
                return '-';
        case 0x2018:
        case 0x2019:
        case 0x02bc:
        case 0x2032:
                return '\'';
        case 0x00ba: /* "Nº", and what some keyboards have for a degree */
        case 0x02da:
                return 0xb0;
        case 0x2044:
        case 0x2215:
                return 0x2044;
        case 0x2026:
                return '.';
        case 0x00d7:
        case 0x2715:
                return 0xd7;
        case '.':
        case ',':
        case ';':
        case ':':
        case '?':
        case '!':
        case '(':
        case ')':
        case '[':
        case ']':
        case '-':
        case '/':
        case '%':
        case '&':
        case '+':
        case '=':
        case '<':
        case '>':
        case '@':
        case '~':
        case '$':
        case '\'':
        case '_':
        case '#':
        case 0xb0:   /* degree */
        case 0xb1:   /* plus or minus */
        case 0x2030: /* per mille */
        case 0x2248: /* nearly */
        case 0x2264:
        case 0x2265:
        case 0x20ac: /* euro */
        case 0x00f7:
                return c;
        default:
                return 0;
        }
}

struct scanner {
        struct tokens *tokens;
        char *to;           /* where the arena goes on */
        struct token *open; /* the word or number that the next character may belong to */
        bool space, first;
        int32_t last; /* the letter before */
        size_t line_letters;
        bool line_marked; /* its last token is a mark that ends something */
};

static struct token *push(struct scanner *s, enum token_kind kind)
{
        struct token *token = s->tokens->items + s->tokens->n++;

        *token = (struct token){.kind = kind, .space = s->space, .first = s->first, .text = s->to};
        s->space = s->first = false;
        return token;
}

static void put(char **to, int32_t c)
{
        *to += utf8proc_encode_char(c, (utf8proc_uint8_t *)*to);
}

/* The lower-case form stands behind the text, with a NUL behind each. */
static void close_token(struct scanner *s)
{
        struct token *token = s->open;
        const char *p;
        char *end;

        s->open = NULL;
        if (!token)
                return;
        token->size = (size_t)(s->to - token->text);
        *s->to++ = '\0';
        token->lower = s->to;
        token->upper = token->kind == TOKEN_WORD;
        end = s->to;
        for (p = token->text; *p;) {
                int32_t c, low;
                p += utf8proc_iterate((const utf8proc_uint8_t *)p, -1, &c);
                low = utf8proc_tolower(c);
                if (low == c && utf8proc_toupper(c) != c)
                        token->upper = false;
                if (low != c && token->letters == 0)
                        token->capital = true;
                token->letters++;
                put(&end, low);
        }
        if (!token->capital)
                token->upper = false;
        *end++ = '\0';
        s->to = end;
}

static void add_sign(struct scanner *s, int32_t c)
{
        struct token *token;

        close_token(s);
        token = push(s, TOKEN_SIGN);
        token->sign = c;
        put(&s->to, c);
        *s->to++ = '\0';
        token->lower = token->text;
        token->size = strlen(token->text);
        token->letters = 1;
        s->line_marked = c == '.' || c == ',' || c == ';' || c == ':' || c == '?' || c == '!';
}

static void add_char(struct scanner *s, enum token_kind kind, int32_t c)
{
        if (!s->open || s->open->kind != kind) {
                close_token(s);
                s->open = push(s, kind);
                s->line_marked = false;
        }
        put(&s->to, c);
        s->last = c;
}

static void add_space(struct scanner *s)
{
        close_token(s);
        s->space = true;
}

static void add_ascii(struct scanner *s, const char *text)
{
        for (; *text; text++)
                if (*text >= '0' && *text <= '9')
                        add_char(s, TOKEN_NUMBER, *text);
                else
                        add_char(s, TOKEN_WORD, *text);
}

/* Characters that stand for several, or for another: true when it was one. */
static bool add_special(struct scanner *s, int32_t c)
{
        utf8proc_int32_t points[8];
        utf8proc_category_t category;
        utf8proc_ssize_t n;

        switch (c) {
        case 0xb2: /* squared and cubed; behind a letter only they are no figures */
        case 0xb3:
                add_sign(s, c);
                return true;
        case 0x2103:
                add_sign(s, 0xb0);
                add_char(s, TOKEN_WORD, 'C');
                return true;
        case 0x20ab:
                close_token(s);
                add_char(s, TOKEN_WORD, 0x111);
                close_token(s);
                return true;
        case 0x2116:
                add_char(s, TOKEN_WORD, 's');
                add_char(s, TOKEN_WORD, 0x1ed1);
                add_space(s);
                return true;
        default:
                break;
        }
        category = utf8proc_category(c);
        if (c < 0x80 || (category != UTF8PROC_CATEGORY_NO && category != UTF8PROC_CATEGORY_NL &&
                         category != UTF8PROC_CATEGORY_ND && (c < 0xff01 || c > 0xff5e)))
                return false;
        n = utf8proc_decompose_char(c, points, 8, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, NULL);
        if (n < 1 || n > 8 || points[0] == c)
                return false;
        if (category == UTF8PROC_CATEGORY_NO)
                add_space(s);
        for (utf8proc_ssize_t i = 0; i < n; i++) {
                if (points[i] < 0x80 && glyph_of(points[i]) != GLYPH_SIGN) {
                        const char text[2] = {(char)points[i], '\0'};
                        add_ascii(s, text);
                } else if (sign_of(points[i])) {
                        add_sign(s, sign_of(points[i]));
                } else {
                        add_space(s);
                }
        }
        return true;
}

static void add(struct scanner *s, int32_t c)
{
        int32_t sign;

        if (add_special(s, c))
                return;
        sign = sign_of(c);
        if (sign) {
                add_sign(s, sign);
                return;
        }
        switch (glyph_of(c)) {
        case GLYPH_LETTER:
                add_char(s, TOKEN_WORD, c);
                return;
        case GLYPH_MARK:
                if (s->open && s->open->kind == TOKEN_WORD && !latin(s->last))
                        put(&s->to, c);
                return;
        case GLYPH_FIGURE:
                add_char(s, TOKEN_NUMBER, c);
                return;
        case GLYPH_SIGN:
        case GLYPH_SPACE:
                add_space(s);
                return;
        }
}

/* Whether a line goes on with what begins `next`. */
static bool wrapped(const struct scanner *s, const char *next)
{
        int32_t c;
        size_t n = (size_t)utf8proc_iterate((const utf8proc_uint8_t *)next, -1, &c);

        /* "a)" and "b." begin an item */
        if (s->line_marked || next[n] == ')' || next[n] == '.' || next[n] == '/')
                return false;
        if (c >= '0' && c <= '9')
                return s->line_letters >= LINE_LONG;
        return glyph_of(c) == GLYPH_LETTER && utf8proc_toupper(c) != c;
}

/* An end of line: nothing for one that was wrapped, one break for any number of blank lines. */
static void end_line(struct scanner *s, const char *next)
{
        close_token(s);
        s->space = true;
        if (s->tokens->n == 0 || !*next || wrapped(s, next))
                return;
        if (s->tokens->items[s->tokens->n - 1].kind != TOKEN_BREAK) {
                struct token *token = push(s, TOKEN_BREAK);
                token->text = token->lower = "";
        }
        s->space = s->first = true;
        s->line_letters = 0;
        s->line_marked = false;
}

/* Every line in NFC; a blank one stays as an empty one. */
static int normalise(const char *text, char **ret)
{
        _cleanup_free_ char *copy = strdup(text), *out = NULL;
        size_t size = 0, room = strlen(text) * 3 + 2; /* the most that NFC makes of it */
        char *rest = copy, *line;

        out = malloc(room);
        if (!copy || !out)
                return -ENOMEM;
        while ((line = strsep(&rest, "\n"))) {
                _cleanup_free_ char *nfc = NULL;
                size_t n;
                int r;

                if (*line) {
                        r = thon_text_nfc(line, room - size - 2, &nfc);
                        if (r < 0)
                                return r;
                        n = strlen(nfc);
                        memcpy(out + size, nfc, n);
                        size += n;
                }
                out[size++] = '\n';
        }
        out[size] = '\0';
        *ret = THON_TAKE(out);
        return 0;
}

/* The most that a byte of normal text becomes: "½" is two bytes, three tokens and twelve bytes of the arena; a capital
 * of two bytes may have a small letter of three. */
enum { TOKENS_PER_BYTE = 2, ARENA_PER_BYTE = 8 };

int speech_scan(const char *text, struct tokens *ret)
{
        _cleanup_free_ char *normal = NULL;
        struct tokens tokens = {0};
        struct scanner s = {.tokens = &tokens, .space = true, .first = true};
        int r = normalise(text, &normal);

        if (r < 0)
                return r;
        tokens.items = calloc(strlen(normal) * TOKENS_PER_BYTE + 1, sizeof(*tokens.items));
        tokens.arena = s.to = malloc(strlen(normal) * ARENA_PER_BYTE + 1);
        if (!tokens.items || !tokens.arena) {
                speech_tokens_done(&tokens);
                return -ENOMEM;
        }
        for (const char *p = normal; *p;) {
                int32_t c;
                p += utf8proc_iterate((const utf8proc_uint8_t *)p, -1, &c);
                if (c == '\n') {
                        end_line(&s, p);
                } else {
                        s.line_letters++;
                        add(&s, c);
                }
        }
        tokens.items[tokens.n] = (struct token){.kind = TOKEN_END, .text = "", .lower = ""};
        *ret = tokens;
        return 0;
}

void speech_tokens_done(struct tokens *tokens)
{
        free(tokens->items);
        free(tokens->arena);
        *tokens = (struct tokens){0};
}
