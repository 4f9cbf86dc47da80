/* What is said. */
#include <stdio.h>
#include <utf8proc.h>

#include "cap_story.h"
#include "relay_random.h"

static const char *said(void)
{
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        return story_decision.text;
}

START_TEST(what_stands_in_several_elements_is_said_once)
{
        struct thon_cap_info *info;

        story_begin("Lũ khẩn cấp");
        info = &story_infos[0];
        info->severity = THON_CAP_MODERATE;
        info->sender_name = (char *)"Đài Khí tượng Thủy văn tỉnh";
        info->headline = (char *)"LŨ KHẨN CẤP trên sông Chu";
        info->description = (char *)"Lũ khẩn cấp trên sông Chu. Nước lên 30 cm mỗi giờ. Bà con sơ tán ngay.";
        info->instruction = (char *)"Bà con sơ tán ngay. Không quay lại.";
        ck_assert_str_eq(said(),
                         "Đài Khí tượng Thủy văn tỉnh thông báo: Lũ khẩn cấp trên sông Chu. Nước lên 30 cm "
                         "mỗi giờ. Bà con sơ tán ngay. Không quay lại.");
        ck_assert_str_eq(story_decision.title, "LŨ KHẨN CẤP trên sông Chu");
}
END_TEST

START_TEST(an_event_that_the_headline_does_not_say_is_said)
{
        story_begin("Xả lũ");
        story_infos[0].headline = (char *)"Hồ mở cửa lúc 18 giờ";
        ck_assert_str_eq(said(), "Tin khẩn cấp. Xả lũ. Hồ mở cửa lúc 18 giờ.");
}
END_TEST

START_TEST(words_that_only_begin_alike_are_not_the_same)
{
        story_begin("Mưa");
        story_infos[0].severity = THON_CAP_MINOR;
        story_infos[0].headline = (char *)"Muang lớn về"; /* folded it begins with "mua" */
        ck_assert_str_eq(said(), "Mưa. Muang lớn về.");
}
END_TEST

START_TEST(an_exercise_is_said_before_and_after)
{
        story_begin("Cảnh báo sóng thần");
        story.status = THON_CAP_EXERCISE;
        ck_assert_str_eq(said(), "Đây là diễn tập. Cảnh báo sóng thần. Xin nhắc lại, đây là diễn tập.");
        ck_assert_str_eq(story_decision.title, "Diễn tập: Cảnh báo sóng thần");
        story.status = THON_CAP_TEST;
        story_commune.tests_aired = true;
        ck_assert_str_eq(said(),
                         "Đây là tin thử hệ thống, không phải báo động thật. Cảnh báo sóng thần. Xin nhắc "
                         "lại, đây là tin thử hệ thống.");
}
END_TEST

START_TEST(the_end_of_an_exercise_is_one_too)
{
        story_begin(NULL);
        (void)story_knows("A0", NOON - HOUR);
        story_refers("A0", NOON - HOUR);
        story.msg = THON_CAP_CANCEL;
        story.status = THON_CAP_EXERCISE;
        ck_assert_str_eq(said(),
                         "Đây là diễn tập. Báo yên. Tin cảnh báo phát trước đây đã được hủy, không còn hiệu "
                         "lực. Xin nhắc lại, đây là diễn tập.");
}
END_TEST

START_TEST(an_end_says_of_what_and_why)
{
        story_begin("Xả lũ hồ Cửa Đạt");
        (void)story_knows("A0", NOON - HOUR);
        story_refers("A0", NOON - HOUR);
        story.msg = THON_CAP_CANCEL;
        story.note = (char *)"Hồ đã đóng cửa xả.";
        story_infos[0].sender_name = (char *)"Công ty thủy lợi";
        story_infos[0].instruction = (char *)"Bà con có thể xuống sông.";
        ck_assert_str_eq(said(),
                         "Báo yên. Công ty thủy lợi thông báo: tin Xả lũ hồ Cửa Đạt phát trước đây đã được "
                         "hủy, không còn hiệu lực. Hồ đã đóng cửa xả. Bà con có thể xuống sông.");
        story.note = (char *)"ops: ticket 4711 closed";
        ck_assert(!strstr(said(), "4711"));
}
END_TEST

START_TEST(a_level_that_the_sender_states_is_said_once)
{
        static struct thon_cap_pair level = {(char *)"VN:QD18", (char *)"3"};

        story_begin("Bão");
        story_infos[0].parameters = &level;
        story_infos[0].n_parameters = 1;
        ck_assert(strstr(said(), "Cấp độ rủi ro thiên tai: cấp 3."));
        story_infos[0].description = (char *)"Cấp độ rủi ro thiên tai do bão: cấp 3.";
        ck_assert(!strstr(said(), "thiên tai: cấp 3"));
        level.value = (char *)"33";
        story_infos[0].description = NULL;
        ck_assert(!strstr(said(), "thiên tai"));
}
END_TEST

START_TEST(lines_of_a_page_are_no_sentences_and_items_of_a_list_are)
{
        story_begin("Lũ");
        story_infos[0].description =
                (char *)"Nước lên nhanh\nở hạ du\n\nCần làm ngay:\n- Lên đê\n- Gọi 114\r\n\r\nHết";
        ck_assert_str_eq(said(),
                         "Tin khẩn cấp. Lũ. Nước lên nhanh ở hạ du. Cần làm ngay: Lên đê. Gọi 114. Hết.");
}
END_TEST

START_TEST(a_number_is_not_cut_at_its_dot)
{
        story_begin("Lũ");
        story_infos[0].description = (char *)"Lưu lượng 1.200 m3/s, mực nước 12.5 m. Xong";
        ck_assert_str_eq(said(), "Tin khẩn cấp. Lũ. Lưu lượng 1.200 m3/s, mực nước 12.5 m. Xong.");
}
END_TEST

START_TEST(nothing_unprintable_is_said)
{
        story_begin("Lũ\x01\x7f lớn");
        story_infos[0].severity = THON_CAP_MINOR;
        ck_assert_str_eq(said(), "Lũ lớn.");
        story_infos[0].event = (char *)"\xff\xfe";
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_EMPTY);
        story_infos[0].event = (char *)" ... ";
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_EMPTY);
}
END_TEST

static char *repeated(const char *before, const char *after, int n)
{
        char *text = calloc(1, 64 * (size_t)n + 1);

        for (int i = 0; i < n; i++)
                (void)snprintf(text + strlen(text), 64, "%s%d%s", before, i, after);
        return text;
}

static size_t length_of(const char *text)
{
        size_t n = 0;

        for (; *text; text++)
                n += ((unsigned char)*text & 0xc0) != 0x80;
        return n;
}

START_TEST(a_long_text_ends_with_a_sentence_and_keeps_what_to_do)
{
        char *description = repeated("Trạm số ", " mực nước dâng cao. ", 400),
             *instruction = repeated("Việc cần làm số ", ". ", 10);
        const char *text;

        story_begin("Lũ");
        story_infos[0].description = description;
        story_infos[0].instruction = instruction;
        text = said();
        ck_assert_uint_le(length_of(text), 1600);
        ck_assert_uint_gt(length_of(text), 1200);
        ck_assert(strstr(text, "dâng cao. Việc cần làm số 0."));
        ck_assert_str_eq(text + strlen(text) - strlen("số 9."), "số 9.");
        free(description);
        free(instruction);
}
END_TEST

START_TEST(a_sentence_without_end_is_cut_at_a_word)
{
        char *description = repeated("nước dâng ", " ", 2000);
        const char *text;

        story_begin("Lũ");
        story_infos[0].description = description;
        text = said();
        ck_assert_uint_le(length_of(text), 1600);
        ck_assert_int_eq(text[strlen(text) - 1], '.');
        free(description);
}
END_TEST

/* Whatever the elements hold, what is said is whole UTF-8, of bounded length, and ends as a sentence. */
START_TEST(random_texts)
{
        static const char *const pieces[] = {
                "Lũ",   " ",    ".",    ", ", "\n\n", "\n- ",   "nước",      "…", "?",           "1.200",
                "Đê. ", "\xff", "\x01", ":",  "ở",    "NGAY! ", "e\xcc\x81", "-", "\xe2\x80\x8b"};

        random_begin();
        for (int round = 0; round < 1000; round++) {
                char texts[4][3000];

                story_begin("Lũ");
                for (int k = 0; k < 4; k++) {
                        size_t n = random_below(random_below(8) == 0 ? 250 : 12);

                        texts[k][0] = '\0';
                        for (size_t i = 0; i < n; i++)
                                strcat(texts[k], pieces[random_below(sizeof pieces / sizeof *pieces)]);
                }
                story_infos[0].event = texts[0];
                story_infos[0].headline = texts[1];
                story_infos[0].description = texts[2];
                story_infos[0].instruction = texts[3];
                if (story_decide() != THON_CAP_TAKEN) {
                        ck_assert_refused(story_decision.refusal, THON_CAP_REFUSED_EMPTY);
                        continue;
                }
                const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)story_decision.text;
                utf8proc_int32_t c = 0;
                while (*p) {
                        utf8proc_ssize_t n = utf8proc_iterate(p, -1, &c);
                        ck_assert_int_gt(n, 0);
                        ck_assert(c >= ' ' && c != 0x7f);
                        p += n;
                }
                ck_assert(c == '.' || c == '!' || c == '?' || c == 0x2026);
                ck_assert_uint_le(length_of(story_decision.text), 1700);
                ck_assert(!strstr(story_decision.text, "  "));
        }
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("cap_text");
        TCase *tc = tcase_create("text");

        tcase_add_test(tc, what_stands_in_several_elements_is_said_once);
        tcase_add_test(tc, an_event_that_the_headline_does_not_say_is_said);
        tcase_add_test(tc, words_that_only_begin_alike_are_not_the_same);
        tcase_add_test(tc, an_exercise_is_said_before_and_after);
        tcase_add_test(tc, the_end_of_an_exercise_is_one_too);
        tcase_add_test(tc, an_end_says_of_what_and_why);
        tcase_add_test(tc, a_level_that_the_sender_states_is_said_once);
        tcase_add_test(tc, lines_of_a_page_are_no_sentences_and_items_of_a_list_are);
        tcase_add_test(tc, a_number_is_not_cut_at_its_dot);
        tcase_add_test(tc, nothing_unprintable_is_said);
        tcase_add_test(tc, a_long_text_ends_with_a_sentence_and_keeps_what_to_do);
        tcase_add_test(tc, a_sentence_without_end_is_cut_at_a_word);
        tcase_add_test(tc, random_texts);
        suite_add_tcase(suite, tc);
        return story_run(suite);
}
