/* What holds for every text: only words come out, what came out is read as it stands, a number's words tell the number, and the
 * time grows with the length alone. */
#include <errno.h>
#include <stdint.h>
#include <time.h>
#include <utf8proc.h>

#include "speech_cases.h"

static uint64_t state;

static uint64_t next_random(void)
{
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
}

static void seed(void)
{
        const char *text = getenv("THON_SEED");

        state = text ? strtoull(text, NULL, 10) : (uint64_t)time(NULL) * 2654435761U + 1;
        printf("THON_SEED=%llu\n", (unsigned long long)state);
}

/* ---- an independent reader of number words, by value and not by place ---- */
static int digit_of(const char *word)
{
        static const char *const words[] = {"không", "một", "hai", "ba",  "bốn",
                                            "năm",   "sáu", "bảy", "tám", "chín"};

        for (int i = 0; i < 10; i++)
                if (strcmp(words[i], word) == 0)
                        return i;
        if (strcmp(word, "mốt") == 0)
                return 1;
        if (strcmp(word, "tư") == 0)
                return 4;
        return strcmp(word, "lăm") == 0 ? 5 : -1;
}

static uint64_t value_of(const char *words)
{
        _cleanup_free_ char *copy = strdup(words);
        uint64_t billions = 0, total = 0, group = 0, digit = 0;
        char *rest = copy, *word;

        while ((word = strsep(&rest, " "))) {
                if (strcmp(word, "mươi") == 0) {
                        group += digit * 10;
                        digit = 0;
                } else if (strcmp(word, "mười") == 0) {
                        group += 10;
                } else if (strcmp(word, "trăm") == 0) {
                        group += digit * 100;
                        digit = 0;
                } else if (strcmp(word, "linh") == 0 || strcmp(word, "lẻ") == 0) {
                        ck_assert_uint_eq(digit, 0);
                } else if (strcmp(word, "nghìn") == 0 || strcmp(word, "ngàn") == 0) {
                        total += (group + digit) * 1000;
                        group = digit = 0;
                } else if (strcmp(word, "triệu") == 0) {
                        total += (group + digit) * 1000000;
                        group = digit = 0;
                } else if (strcmp(word, "tỷ") == 0) {
                        billions = total + group + digit;
                        total = group = digit = 0;
                } else {
                        ck_assert_msg(digit_of(word) >= 0, "no number word: %s in %s", word, words);
                        digit = (uint64_t)digit_of(word);
                }
        }
        return billions * 1000000000 + total + group + digit;
}

START_TEST(test_number_words_tell_the_number)
{
        seed();
        for (int i = 0; i < 60000; i++) {
                uint64_t bound = 1, value;
                char text[40];
                size_t n = 0;

                for (uint64_t k = next_random() % 15 + 1; k > 0; k--)
                        bound *= 10;
                value = i < 20000 ? (uint64_t)i : next_random() % bound;
                /* noughts inside are where readers go wrong */
                if (next_random() % 2)
                        value = value / 1000 * 1000 + next_random() % 10;
                for (uint64_t step = 1000000000000; step > 1; step /= 1000)
                        if (value >= step)
                                n += (size_t)snprintf(text + n, sizeof(text) - n, n ? "%03u." : "%u.",
                                                      (unsigned)(value / step % 1000));
                (void)snprintf(text + n, sizeof(text) - n, n ? "%03u" : "%u", (unsigned)(value % 1000));
                for (int d = 0; d < THON_DIALECTS; d++) {
                        _cleanup_free_ char *words = words_of(text, (enum thon_dialect)d);
                        ck_assert_msg(value_of(words) == value, "%s: %s", text, words);
                }
        }
}
END_TEST

/* ---- texts of pieces that meet in every way ---- */
static void random_text(char *text, size_t size)
{
        static const char *const pieces[] = {
                "7h30",    "5/9",      "30/12/2025", "8.500.000", "đồng",  "đ",       "%",          "°C",
                "m3/s",    "-",        " - ",        "/",         ",",     ".",       ":",          "(",
                ")",       "ngày",     "từ",         "đến",       "thứ",   "tháng",   "năm",        "quý",
                "IV",      "I",        "UBND",       "QĐ-UBND",   "NĐ-CP", "số",      "0912",       "345",
                "678",     "+84",      "gọi",        "114",       "CCCD",  "A",       "b",          "x",
                "T2",      "H5N1",     "²",          "½",         "\n",    "\n- ",    "\n1. ",      "🏠",
                "v.v.",    "TP.",      "HCM",        "@",         "vn",    "www.",    "http://",    "=",
                "<",       ">",        "~",          "&",         "'",     "H'leo",   "kg",         "km",
                "12,5",    "1.2",      "000",        "5",         "21",    "2026",    "Khóa",       "XYZ",
                "ẮĐ",      "хо",       "字",         "ก็",         "é",     "a\u0323", "\u0302",     "５",
                "Ⅳ",       "①",        "…",          "–",         "\t",    "thuế",    "36A-123.45", "mùng",
                "âm lịch", "COVID-19",
        };
        size_t n = 0;

        text[0] = '\0';
        for (uint64_t k = next_random() % 24 + 1; k > 0; k--) {
                const char *piece = pieces[next_random() % (sizeof(pieces) / sizeof(pieces[0]))];
                n += (size_t)snprintf(text + n, size - n, "%s%s", piece, next_random() % 2 ? " " : "");
                ck_assert_uint_lt(n, size);
        }
}

static void check_only_words(const char *text, const char *words, bool marks)
{
        int32_t c, before = ' ';

        for (const char *p = words; *p; before = c) {
                utf8proc_category_t category;
                p += utf8proc_iterate((const utf8proc_uint8_t *)p, -1, &c);
                category = utf8proc_category(c);
                if (c == ' ') {
                        ck_assert_msg(before != ' ' && *p, "spaces in \"%s\" of: %s", words, text);
                        continue;
                }
                if (marks && strchr(".,;:?!", c < 0x80 ? (int)c : 'x')) {
                        ck_assert_msg(before != ' ' && (*p == ' ' || !*p), "marks in \"%s\" of: %s", words,
                                      text);
                        continue;
                }
                ck_assert_msg(category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_MC,
                              "U+%04X in \"%s\" of: %s", (unsigned)c, words, text);
        }
}

START_TEST(test_only_words_come_out_and_stay)
{
        seed();
        for (int i = 0; i < 20000; i++) {
                const struct thon_speech_options options = {
                        .dialect = (enum thon_dialect)(next_random() % THON_DIALECTS)};
                _cleanup_free_ char *words = NULL, *again = NULL, *spoken = NULL, *spoken_again = NULL;
                char text[1024];
                int r;

                random_text(text, sizeof(text));
                r = thon_speech_words(text, &options, &words);
                ck_assert_msg(r == 0 || r == -EINVAL, "%d of: %s", r, text);
                ck_assert_int_eq(thon_speech_read(text, &options, &spoken), r);
                if (r < 0)
                        continue;
                check_only_words(text, words, false);
                check_only_words(text, spoken, true);
                ck_assert_int_eq(thon_speech_words(words, &options, &again), 0);
                ck_assert_msg(strcmp(words, again) == 0, "%s\n  words: %s\n  again: %s", text, words, again);
                ck_assert_int_eq(thon_speech_read(spoken, &options, &spoken_again), 0);
                ck_assert_msg(strcmp(spoken, spoken_again) == 0, "%s\n  spoken: %s\n  again:  %s", text,
                              spoken, spoken_again);
                strip_marks(spoken);
                ck_assert_str_eq(words, spoken);
        }
}
END_TEST

/* ---- limits ---- */
static double seconds_of(const char *piece)
{
        _cleanup_free_ char *text = malloc(THON_SPEECH_MAX + 1), *words = NULL;
        size_t n = strlen(piece), size = THON_SPEECH_MAX / n * n;
        struct timespec a, b;

        for (size_t i = 0; i < size; i++)
                text[i] = piece[i % n];
        text[size] = '\0';
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
        (void)thon_speech_words(text, NULL, &words);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
        return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/* Sixteen KiB of whatever makes a rule look far. Twenty times what the slowest needs here, sanitizers included; a quadratic rule
 * would need minutes. */
static const char *const hostile[] = {
        "7",   "7 ",      "1.",        "1.000.", "1,",
        "1/",  "1-",      "a.",        "a@",     "A-",
        "1:",  "0912 ",   "CCCD 123 ", "(",      "-",
        "đ",   "II-",     "\n1",       "số ",    "x.vn/",
        "T2-", "1/2/",    "1 000 ",    "Ă",      "tài khoản 123 ",
        "+",   "UBND-",   "1/QĐ-",     "v.",     "H'",
        "½",   "ngày 5-",
};

START_TEST(test_time_is_linear)
{
        ck_assert_msg(seconds_of(hostile[_i]) < 5, "%s", hostile[_i]);
}
END_TEST

START_TEST(test_long_figures_are_read_in_groups)
{
        _cleanup_free_ char *text = malloc(THON_SPEECH_MAX + 1), *spoken = NULL;
        size_t run = 0;

        memset(text, '7', THON_SPEECH_MAX);
        text[THON_SPEECH_MAX] = '\0';
        ck_assert_int_eq(thon_speech_read(text, NULL, &spoken), 0);
        for (const char *p = spoken; *p; p++) {
                run = *p == ',' ? 0 : run + (*p == ' ');
                ck_assert_uint_le(run, 4);
        }
}
END_TEST

START_TEST(test_what_is_refused)
{
        static const char *const texts[] = {"",     " ",      "\n\n", "…",     "—",  "🏠",
                                            "\x01", "a\x1bz", "\xff", "a\xc3", "..."};
        _cleanup_free_ char *large = malloc(THON_SPEECH_MAX + 2);
        char *out = (char *)"untouched";

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                ck_assert_msg(thon_speech_read(texts[i], NULL, &out) == -EINVAL, "%zu", i);
        memset(large, 'a', THON_SPEECH_MAX + 1);
        large[THON_SPEECH_MAX + 1] = '\0';
        ck_assert_int_eq(thon_speech_words(large, NULL, &out), -E2BIG);
        ck_assert_str_eq(out, "untouched");
}
END_TEST

START_TEST(test_any_normal_form_reads_alike)
{
        _cleanup_free_ char *composed = words_of("Thông báo khẩn: đê sông Hồng", THON_DIALECT_NORTH);
        _cleanup_free_ char *apart =
                words_of("Tho\u0302ng ba\u0301o kha\u0302\u0309n: \u0111e\u0302 so\u0302ng Ho\u0302\u0300ng",
                         THON_DIALECT_NORTH);

        ck_assert_str_eq(composed, "Thông báo khẩn đê sông Hồng");
        ck_assert_str_eq(apart, composed);
}
END_TEST

static const struct {
        const char *text, *north, *central, *south;
} dialects[] = {
        {"1.105 đồng", "một nghìn một trăm linh năm đồng", "một ngàn một trăm linh năm đồng",
         "một ngàn một trăm lẻ năm đồng"},
        {"500k", "năm trăm nghìn", "năm trăm ngàn", "năm trăm ngàn"},
        {"24", "hai mươi tư", "hai mươi tư", "hai mươi tư"},
        {"21, 15, 55", "hai mươi mốt mười lăm năm mươi lăm", "hai mươi mốt mười lăm năm mươi lăm",
         "hai mươi mốt mười lăm năm mươi lăm"},
        {"10 nghìn", "mười nghìn", "mười nghìn", "mười nghìn"},
        {"2026", "hai nghìn không trăm hai mươi sáu", "hai ngàn không trăm hai mươi sáu",
         "hai ngàn không trăm hai mươi sáu"},
        {"năm 2005", "năm hai nghìn không trăm linh năm", "năm hai ngàn không trăm linh năm",
         "năm hai ngàn không trăm lẻ năm"},
};

START_TEST(test_dialects)
{
        _cleanup_free_ char *north = words_of(dialects[_i].text, THON_DIALECT_NORTH);
        _cleanup_free_ char *central = words_of(dialects[_i].text, THON_DIALECT_CENTRAL);
        _cleanup_free_ char *south = words_of(dialects[_i].text, THON_DIALECT_SOUTH);

        ck_assert_str_eq(north, dialects[_i].north);
        ck_assert_str_eq(central, dialects[_i].central);
        ck_assert_str_eq(south, dialects[_i].south);
}
END_TEST

START_TEST(test_dialects_have_names)
{
        enum thon_dialect dialect = THON_DIALECT_NORTH;

        for (int i = 0; i < THON_DIALECTS; i++) {
                ck_assert(thon_dialect_parse(thon_dialect_text((enum thon_dialect)i), &dialect));
                ck_assert_int_eq(dialect, i);
        }
        ck_assert(!thon_dialect_parse("North", &dialect));
        ck_assert(!thon_dialect_parse("", &dialect));
        ck_assert_int_eq(dialect, THON_DIALECT_SOUTH);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("speech property");
        TCase *tcase = tcase_create("property");

        tcase_set_timeout(tcase, 120);
        tcase_add_test(tcase, test_number_words_tell_the_number);
        tcase_add_test(tcase, test_only_words_come_out_and_stay);
        tcase_add_loop_test(tcase, test_time_is_linear, 0, (int)(sizeof(hostile) / sizeof(hostile[0])));
        tcase_add_test(tcase, test_long_figures_are_read_in_groups);
        tcase_add_test(tcase, test_what_is_refused);
        tcase_add_test(tcase, test_any_normal_form_reads_alike);
        tcase_add_loop_test(tcase, test_dialects, 0, (int)(sizeof(dialects) / sizeof(dialects[0])));
        tcase_add_test(tcase, test_dialects_have_names);
        suite_add_tcase(suite, tcase);
        return run_suite(suite);
}
