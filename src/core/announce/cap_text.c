/* What is said of an alert.
 *
 * Senders write for screens: the headline says the event again, the description begins with the headline, the
 * instruction ends the description once more, lines are broken anywhere. Ears have no scroll bar: nothing is said
 * twice, and the whole stays short enough to be repeated. It is cut between sentences only, and what to do (the
 * instruction) has its room before what it is about (the description).
 *
 * Comparison is of folded text, so that "CẢNH BÁO LŨ" and "Cảnh báo lũ" are one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

#include "cap_parts.h"
#include "thon/cleanup.h"
#include "thon/text.h"

/* Characters. Some fifteen are said in a second: a hundred seconds for the worst, half a minute for each that comes along. */
#define FIRST_MAX       1500u
#define OTHERS_MAX      450u
#define INSTRUCTION_MAX 700u
#define TITLE_MAX       120u
#define AREA_MAX        200u
#define RAW_MAX         16384u /* bytes that are looked at, of each element */

/* ---- texts as they come ---- */

static bool is_stop(char c)
{
        return c == '.' || c == '!' || c == '?';
}

/* One line in NFC. A blank line and a bullet end a sentence where the writer left the full stop out; any other line
 * break is but the width of a page. "" for NULL and for what cannot be read. */
static int cleaned(const char *raw, char **ret)
{
        size_t size = raw ? strnlen(raw, RAW_MAX) : 0, n = 0;
        _cleanup_free_ char *text = NULL;
        int r;

        while (size > 0 && size == RAW_MAX && ((unsigned char)raw[size] & 0xc0) == 0x80)
                size--;
        text = malloc(size * 2 + 1); /* a break of one byte may become a stop and a space */
        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < size;) {
                size_t white = strspn(raw + i, " \t\r\n"), lines = 0;

                if (white == 0) {
                        unsigned char c = (unsigned char)raw[i++];
                        text[n++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
                        continue;
                }
                if (white > size - i)
                        white = size - i;
                for (size_t k = 0; k < white; k++)
                        lines += raw[i + k] == '\n';
                i += white;
                if (lines > 0 && (raw[i] == '-' || raw[i] == '*' || raw[i] == '+')) {
                        lines = 2;
                        i++;
                }
                if (lines > 1 && n > 0 && !is_stop(text[n - 1]) && !strchr(":;,", text[n - 1]))
                        text[n++] = '.';
                text[n++] = ' ';
        }
        text[n] = '\0';
        r = thon_text_nfc(text, RAW_MAX * 4, ret);
        if (r == -EINVAL) {
                *ret = strdup("");
                return *ret ? 0 : -ENOMEM;
        }
        return r;
}

static int folded(const char *text, size_t size, char **ret)
{
        _cleanup_free_ char *copy = strndup(text, size);
        int r = copy ? thon_text_fold(copy, RAW_MAX * 4, ret) : -ENOMEM;

        if (r == -EINVAL) {
                *ret = strdup("");
                return *ret ? 0 : -ENOMEM;
        }
        return r;
}

/* Whole words of `part` in a row within `whole`; both folded. */
static bool has_words(const char *whole, const char *part)
{
        size_t n = strlen(part);

        for (const char *p = whole; n > 0 && (p = strstr(p, part)); p++)
                if ((p == whole || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
                        return true;
        return false;
}

static size_t characters(const char *text, size_t size)
{
        size_t n = 0;

        for (size_t i = 0; i < size; i++)
                n += ((unsigned char)text[i] & 0xc0) != 0x80;
        return n;
}

/* The bytes of the first sentence with its stop. A stop ends one before a space only: "5.000" and "v.v." go on. */
static size_t sentence(const char *text)
{
        size_t i = 0;

        while (text[i]) {
                bool stop = is_stop(text[i]) || strncmp(text + i, "…", 3) == 0;

                i += strncmp(text + i, "…", 3) == 0 ? 3 : 1;
                if (stop && (text[i] == ' ' || text[i] == '\0'))
                        return i;
        }
        return i;
}

/* Of `size` bytes those that end within `max` characters, at a comma in their second half, or at a word. */
static size_t cut(const char *text, size_t size, size_t max)
{
        size_t n = 0, word = 0, clause = 0, i;

        for (i = 0; i < size; i++) {
                if (((unsigned char)text[i] & 0xc0) != 0x80 && n++ == max)
                        break;
                if (text[i] == ' ') {
                        word = i;
                        if (i > 0 && strchr(",;:", text[i - 1]))
                                clause = i - 1;
                }
        }
        if (i == size)
                return size;
        return clause * 2 > i ? clause : word ? word : i;
}

/* ---- what is said ---- */

struct said {
        char *text; /* joined so far */
        size_t size;
        char *folds[256]; /* of every sentence, also of those that another part of the text will bring */
        size_t n;
};

static void said_done(struct said *said)
{
        for (size_t i = 0; i < said->n; i++)
                free(said->folds[i]);
        free(said->text);
}

static int add(char **text, size_t *size, const char *what, size_t n)
{
        char *more = realloc(*text, *size + n + 3);

        if (!more)
                return -ENOMEM;
        *text = more;
        if (*size > 0)
                more[(*size)++] = ' ';
        memcpy(more + *size, what, n);
        *size += n;
        while (n > 0 && strchr(",;: ", more[*size - 1])) {
                (*size)--;
                n--;
        }
        if (n > 0 && !is_stop(more[*size - 1]) && !(n > 3 && memcmp(more + *size - 3, "…", 3) == 0))
                more[(*size)++] = '.';
        more[*size] = '\0';
        return 0;
}

/* The sentences of `text` that were not said yet, as far as `max` characters go, added to `*ret`. */
static int tell(struct said *said, const char *text, size_t max, char **ret, size_t *ret_size)
{
        size_t used = 0;

        while (*text) {
                size_t n = sentence(text), length = characters(text, n);
                _cleanup_free_ char *fold = NULL;
                bool again = false;
                int r = folded(text, n, &fold);

                if (r < 0)
                        return r;
                for (size_t i = 0; i < said->n && !again; i++)
                        again = has_words(said->folds[i], fold);
                if (!again && *fold) {
                        if (used + length > max && used > 0)
                                return 0;
                        length = cut(text, n, max);
                        if (length > 0 && (r = add(ret, ret_size, text, length)) < 0)
                                return r;
                        if (length < n)
                                return 0;
                        used += characters(text, n) + 1;
                        if (said->n < sizeof said->folds / sizeof *said->folds)
                                said->folds[said->n++] = THON_TAKE(fold);
                }
                text += n;
                text += strspn(text, " ");
        }
        return 0;
}

static int tell_now(struct said *said, const char *text, size_t max)
{
        return tell(said, text, max, &said->text, &said->size);
}

/* Formatted pieces of our own, said whatever was said before. */
static int declare(struct said *said, const char *text)
{
        return add(&said->text, &said->size, text, strlen(text));
}

struct words {
        char *event, *headline, *description, *instruction, *sender;
};

static void words_done(struct words *words)
{
        free(words->event);
        free(words->headline);
        free(words->description);
        free(words->instruction);
        free(words->sender);
}

static int words_of(const struct thon_cap_info *info, struct words *words)
{
        int r = cleaned(info->event, &words->event);

        if (r == 0)
                r = cleaned(info->headline, &words->headline);
        if (r == 0)
                r = cleaned(info->description, &words->description);
        if (r == 0)
                r = cleaned(info->instruction, &words->instruction);
        return r < 0 ? r : cleaned(info->sender_name, &words->sender);
}

/* `part` is said anyway by one of these: the whole of `a`, the first sentence of `b`. */
static int told_by(const char *part, const char *a, const char *b, bool *ret)
{
        _cleanup_free_ char *fold = NULL, *in_a = NULL, *in_b = NULL;
        int r = folded(part, strlen(part), &fold);

        if (r == 0)
                r = folded(a, strlen(a), &in_a);
        if (r == 0)
                r = folded(b, sentence(b), &in_b);
        if (r == 0)
                *ret = !*fold || has_words(in_a, fold) || has_words(in_b, fold);
        return r;
}

static int tell_areas(struct said *said, const struct thon_cap_info *info)
{
        _cleanup_free_ char *line = strdup("Khu vực: ");
        size_t size = line ? strlen(line) : 0, first = size;

        for (size_t i = 0; line && i < info->n_areas; i++) {
                _cleanup_free_ char *area = NULL;
                int r = cleaned(info->areas[i].description, &area);
                char *more;

                if (r < 0)
                        return r;
                if (!*area)
                        continue;
                more = realloc(line, size + strlen(area) + 3);
                if (!more)
                        return -ENOMEM;
                line = more;
                size += (size_t)snprintf(line + size, strlen(area) + 3, "%s%s", size > first ? ", " : "",
                                         area);
        }
        if (!line)
                return -ENOMEM;
        return size > first ? tell_now(said, line, AREA_MAX) : 0;
}

static int tell_level(struct said *said, const struct thon_cap_info *info)
{
        int level = cap_level_stated(info);
        char line[64];

        for (size_t i = 0; i < said->n; i++)
                if (has_words(said->folds[i], "rui ro thien tai"))
                        return 0;
        if (level == 0)
                return 0;
        (void)snprintf(line, sizeof line, "Cấp độ rủi ro thiên tai: cấp %d.", level);
        return declare(said, line);
}

/* "Đài khí tượng thủy văn tỉnh thông báo:" and the first thing said, as one sentence. */
static int tell_head(struct said *said, const struct words *w, size_t max)
{
        bool no_event = false, no_headline = false, no_sender = false;
        int r = told_by(w->event, w->headline, w->description, &no_event);

        if (r == 0)
                r = told_by(w->headline, "", w->description, &no_headline);
        if (r == 0)
                r = told_by(w->sender, w->headline, w->description, &no_sender);
        if (r == 0 && !no_sender) {
                _cleanup_free_ char *line = NULL;

                if (asprintf(&line, "%s thông báo.", w->sender) < 0)
                        return -ENOMEM;
                r = tell_now(said, line, TITLE_MAX);
                if (r == 0 && said->size > 0)
                        said->text[said->size - 1] = ':';
        }
        if (r == 0 && !no_event)
                r = tell_now(said, w->event, max / 3);
        if (r == 0 && !no_headline)
                r = tell_now(said, w->headline, max / 3);
        return r;
}

static int tell_info(struct said *said, const struct thon_cap_info *info, bool area, size_t max)
{
        _cleanup_(words_done) struct words w = {0};
        _cleanup_free_ char *instruction = NULL;
        size_t before = characters(said->text ? said->text : "", said->size), size = 0, used;
        int r = words_of(info, &w);

        if (r == 0)
                r = tell_head(said, &w, max);
        if (r == 0 && area)
                r = tell_areas(said, info);
        /* Before the description, so that this is what stays where both say the same. */
        if (r == 0)
                r = tell(said, w.instruction, max / 2 < INSTRUCTION_MAX ? max / 2 : INSTRUCTION_MAX,
                         &instruction, &size);
        if (r < 0)
                return r;
        used = characters(said->text ? said->text : "", said->size) - before +
               characters(instruction ? instruction : "", size);
        if (used < max)
                r = tell_now(said, w.description, max - used);
        if (r == 0)
                r = tell_level(said, info);
        if (r == 0 && size > 0)
                r = declare(said, instruction);
        return r;
}

/* ---- an end ---- */

/* Two letters in three carry a mark in Vietnamese, hardly one in ten elsewhere in Latin letters. */
static bool looks_vietnamese(const char *text)
{
        size_t words = 0, marked = 0;
        bool ours = false;

        while (*text) {
                size_t n = strcspn(text, " ");
                bool mark = false, letter = false;

                for (size_t i = 0; i < n;) {
                        utf8proc_int32_t c;
                        utf8proc_ssize_t k = utf8proc_iterate((const utf8proc_uint8_t *)text + i,
                                                              (utf8proc_ssize_t)(n - i), &c);

                        if (k <= 0)
                                return false;
                        mark = mark || (c >= 0xc0 && c <= 0x1ef9);
                        letter = letter || (c | 0x20) >= 'a';
                        ours = ours || (c >= 0x1ea0 && c <= 0x1ef9) || c == 0x1a1 || c == 0x1b0 ||
                               c == 0x111 || c == 0x110;
                        i += (size_t)k;
                }
                words += letter;
                marked += mark;
                text += n;
                text += strspn(text, " ");
        }
        return ours && marked * 2 > words;
}

static int tell_cancel(struct said *said, const struct cap_saying *s)
{
        _cleanup_(words_done) struct words w = {0};
        _cleanup_free_ char *line = NULL, *note = NULL, *fold = NULL;
        const char *subject = "";
        int r = cleaned(s->note, &note);

        if (r == 0 && s->n > 0)
                r = words_of(s->infos[0], &w);
        if (r < 0)
                return r;
        if (s->n > 0)
                subject = *w.event ? w.event : w.headline;
        subject = strlen(subject) <= TITLE_MAX * 2 ? subject : "";
        r = folded(subject, strlen(subject), &fold);
        if (r < 0)
                return r;
        if (asprintf(&line, "%s%s%s%s phát trước đây đã được hủy, không còn hiệu lực.",
                     w.sender && *w.sender ? w.sender : "", w.sender && *w.sender ? " thông báo: " : "",
                     strncmp(fold, "tin ", 4) == 0 ? ""
                     : *subject                    ? "tin "
                                                   : "tin cảnh báo",
                     subject) < 0)
                return -ENOMEM;
        if (line[0] == 't')
                line[0] = 'T';
        r = declare(said, line);
        if (r == 0 && looks_vietnamese(note))
                r = tell_now(said, note, OTHERS_MAX);
        if (r == 0 && s->n > 0) {
                r = tell_now(said, w.headline, TITLE_MAX * 2);
                if (r == 0)
                        r = tell_now(said, w.description, OTHERS_MAX);
                if (r == 0)
                        r = tell_now(said, w.instruction, OTHERS_MAX);
        }
        return r;
}

/* ---- the whole ---- */

int cap_language(const struct thon_cap_info *info, const char *const *languages, size_t n)
{
        size_t primary = strcspn(info->language, "-_");
        _cleanup_free_ char *text = NULL;

        for (size_t i = 0; i < n && languages[i]; i++)
                if (strcasecmp(info->language, languages[i]) == 0)
                        return (int)(2 * i);
        for (size_t i = 0; i < n && languages[i]; i++)
                if (primary > 0 && strcspn(languages[i], "-_") == primary &&
                    strncasecmp(info->language, languages[i], primary) == 0)
                        return (int)(2 * i + 1);
        /* Who leaves <language> out has said English, by the standard's default; the words say what it is. */
        if (strcasecmp(info->language, "en-US") == 0 &&
            cleaned(info->description ? info->description
                    : info->headline  ? info->headline
                                      : info->event,
                    &text) == 0 &&
            looks_vietnamese(text))
                for (size_t i = 0; i < n && languages[i]; i++)
                        if (strncasecmp(languages[i], "vi", 2) == 0)
                                return (int)(2 * n);
        return -1;
}

static int make_title(const struct cap_saying *s, char **ret)
{
        static const char unnamed[] = "Tin cảnh báo đã được hủy";
        const char *before = s->status == THON_CAP_EXERCISE ? "Diễn tập: "
                             : s->status == THON_CAP_TEST   ? "Tin thử: "
                                                            : "",
                   *kind = s->cancel || s->all_clear ? "Báo yên: "
                           : s->update               ? "Cập nhật: "
                                                     : "";
        _cleanup_free_ char *headline = NULL, *event = NULL;
        const char *text;
        int r = cleaned(s->n > 0 ? s->infos[0]->headline : NULL, &headline);

        if (r == 0)
                r = cleaned(s->n > 0 ? s->infos[0]->event : NULL, &event);
        if (r < 0)
                return r;
        text = *headline ? headline : *event ? event : unnamed;
        return asprintf(ret, "%s%s%.*s", before, kind, (int)cut(text, strlen(text), TITLE_MAX), text) < 0
                       ? -ENOMEM
                       : 0;
}

static int tell_all(struct said *said, const struct cap_saying *s)
{
        size_t nothing;
        int r = 0;

        if (s->status == THON_CAP_EXERCISE)
                r = declare(said, "Đây là diễn tập.");
        else if (s->status == THON_CAP_TEST)
                r = declare(said, "Đây là tin thử hệ thống, không phải báo động thật.");
        if (r == 0 && (s->cancel || s->all_clear))
                r = declare(said, "Báo yên.");
        else if (r == 0 && s->class == THON_CLASS_EMERGENCY)
                r = declare(said, "Tin khẩn cấp.");
        if (r == 0 && s->update)
                r = declare(said, "Tin cập nhật.");
        nothing = said->size;
        if (r == 0 && s->cancel)
                r = tell_cancel(said, s);
        for (size_t i = 0; r == 0 && !s->cancel && i < s->n; i++)
                r = tell_info(said, s->infos[i], s->n > 1 || s->by_words[i],
                              i == 0 ? FIRST_MAX : OTHERS_MAX);
        if (r < 0)
                return r;
        if (said->size == nothing) {
                said->size = 0;
                return 0;
        }
        if (s->status == THON_CAP_EXERCISE)
                r = declare(said, "Xin nhắc lại, đây là diễn tập.");
        else if (s->status == THON_CAP_TEST)
                r = declare(said, "Xin nhắc lại, đây là tin thử hệ thống.");
        return r;
}

int cap_say(const struct cap_saying *saying, char **ret_title, char **ret_text)
{
        _cleanup_(said_done) struct said said = {0};
        char *title;
        int r = tell_all(&said, saying);

        if (r == 0)
                r = make_title(saying, &title);
        if (r < 0)
                return r;
        *ret_title = title;
        *ret_text = said.size > 0 ? THON_TAKE(said.text) : NULL;
        return 0;
}
