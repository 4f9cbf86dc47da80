/* What a notice may contain, in one form.
 *
 * Texts come from Word, from phones, from chats and from strangers. What shows nothing can still do harm: direction
 * marks turn an amount around, zero-width characters make equal texts unequal and hide words, a lone CR makes lines
 * overwrite each other. So everything invisible goes, except what holds an emoji together: without its joiners a family
 * falls apart into four faces. */
#include <errno.h>
#include <string.h>
#include <utf8proc.h>

#include "points.h"
#include "thon/cleanup.h"
#include "thon/relay_text.h"

/* Decomposed Vietnamese takes up to 6 bytes for what NFC says in 3, and rubbish is dropped before it is measured. */
#define INPUT_FACTOR 4

enum { ZERO_WIDTH_JOINER = 0x200d, TEXT_STYLE = 0xfe0e, EMOJI_STYLE = 0xfe0f, BLACK_FLAG = 0x1f3f4 };

static bool is_line_break(int32_t c)
{
        return c == '\n' || c == '\v' || c == '\f' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* Tags spell the region of a flag ("Scotland") behind the black one. */
static bool is_tag(int32_t c)
{
        return c >= 0xe0020 && c <= 0xe007f;
}

static bool is_skin(int32_t c)
{
        return c >= 0x1f3fb && c <= 0x1f3ff;
}

static bool is_keycap(int32_t c)
{
        return (c >= '0' && c <= '9') || c == '#' || c == '*';
}

static bool is_noncharacter(int32_t c)
{
        return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

/* Whether something that shows nothing holds an emoji together here. `before` is what was kept last, `after` what comes
 * next; 0 at the ends. */
static bool holds_emoji(int32_t before, int32_t c, int32_t after)
{
        if (c == ZERO_WIDTH_JOINER)
                return thon_point_is_pictograph(after) &&
                       (thon_point_is_pictograph(before) || before == EMOJI_STYLE || is_skin(before) ||
                        is_tag(before));
        if (c == TEXT_STYLE || c == EMOJI_STYLE)
                return thon_point_is_pictograph(before) || is_keycap(before);
        if (is_tag(c))
                return before == BLACK_FLAG || is_tag(before);
        return false;
}

static bool is_invisible(int32_t c)
{
        utf8proc_category_t category = utf8proc_category(c);

        return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
               utf8proc_get_property(c)->ignorable || is_noncharacter(c);
}

/* In place: line breaks become LF, every other space a blank, invisible characters go. */
static void drop_invisible(int32_t *points, size_t *n)
{
        size_t kept = 0;

        for (size_t i = 0; i < *n; i++) {
                int32_t c = points[i], before = kept > 0 ? points[kept - 1] : 0;
                int32_t after = i + 1 < *n ? points[i + 1] : 0;

                if (c == '\r' && after == '\n')
                        continue;
                if (is_line_break(c))
                        points[kept++] = '\n';
                else if (thon_point_is_space(c))
                        points[kept++] = ' ';
                else if (!is_invisible(c) || holds_emoji(before, c, after))
                        points[kept++] = c;
        }
        *n = kept;
}

/* In place: no blanks at the ends of lines, no more than one empty line, nothing empty around the whole. */
static void trim_lines(int32_t *points, size_t *n)
{
        size_t kept = 0, blanks = 0, breaks = 0;

        for (size_t i = 0; i < *n; i++) {
                if (points[i] == '\n') {
                        breaks++;
                        blanks = 0;
                        continue;
                }
                if (points[i] == ' ') {
                        blanks++;
                        continue;
                }
                if (kept > 0) {
                        for (size_t j = 0; j < (breaks > 2 ? 2 : breaks); j++)
                                points[kept++] = '\n';
                        for (; blanks > 0; blanks--)
                                points[kept++] = ' ';
                }
                breaks = blanks = 0;
                points[kept++] = points[i];
        }
        *n = kept;
}

static int finish(const int32_t *points, size_t n, size_t max, char **ret)
{
        _cleanup_free_ char *text = thon_points_text(points, n);

        if (!text)
                return -ENOMEM;
        if (strlen(text) > max)
                return -EINVAL;
        *ret = THON_TAKE(text);
        return 0;
}

static int clean(const char *text, size_t max, int32_t **ret, size_t *ret_n)
{
        _cleanup_free_ int32_t *points = NULL;
        size_t n;
        int r;

        r = thon_points_decode(text, max > SIZE_MAX / INPUT_FACTOR ? SIZE_MAX : max * INPUT_FACTOR, &points,
                               &n);
        if (r < 0)
                return r;
        drop_invisible(points, &n);
        r = thon_points_nfc(&points, &n);
        if (r < 0)
                return r;
        trim_lines(points, &n);
        *ret = THON_TAKE(points);
        *ret_n = n;
        return 0;
}

int thon_notice_text(const char *text, size_t max, char **ret)
{
        _cleanup_free_ int32_t *points = NULL;
        size_t n;
        int r;

        r = clean(text, max, &points, &n);
        return r < 0 ? r : finish(points, n, max, ret);
}

static bool is_letter(int32_t c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What an address of electronic mail may have in front of its "@". */
static bool is_word(int32_t c)
{
        utf8proc_category_t category = utf8proc_category(c);

        return c == '_' || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
               (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

/* Whether a provider may take `c` and what follows for a code: "[@id]" and "@everyone" (a mention), "](" (a link in
 * Markdown), "<a" and "<@" (HTML, a mention). "an@example.vn" and "a < b" are none. */
static bool begins_code(int32_t before, int32_t c, int32_t after)
{
        if (after == 0 || after == ' ' || after == '\n')
                return false;
        switch (c) {
        case '[':
                return after == '@';
        case ']':
                return after == '(';
        case '<':
                return is_letter(after) || after == '/' || after == '!' || after == '@';
        case '@':
                return before == '[' || !is_word(before);
        }
        return false;
}

int thon_citizen_text(const char *text, size_t max, char **ret)
{
        _cleanup_free_ int32_t *points = NULL, *parted = NULL;
        size_t n, size = 0;
        int r;

        r = clean(text, max, &points, &n);
        if (r < 0)
                return r;
        parted = reallocarray(NULL, n + 1, 2 * sizeof *parted);
        if (!parted)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                parted[size++] = points[i];
                if (begins_code(i > 0 ? points[i - 1] : 0, points[i], i + 1 < n ? points[i + 1] : 0))
                        parted[size++] = ' ';
        }
        return finish(parted, size, max, ret);
}
