/* What people read of an incident: whole sentences, at most 400 bytes, and never a letter cut in two. */
#include <stdlib.h>
#include <utf8proc.h>

#include "cause_story.h"
#include "relay_random.h"

static struct thon_cause_device devices[STORY_DEVICES];
static char names[STORY_DEVICES][200];
static char ids[STORY_DEVICES][32];
static size_t members[STORY_DEVICES];
static struct thon_cause *cause;

static void setup(void)
{
        cause = NULL;
        for (size_t i = 0; i < STORY_DEVICES; i++) {
                snprintf(ids[i], sizeof(ids[i]), "cam-%zu", i);
                snprintf(names[i], sizeof(names[i]), "Ngõ %zu", i);
                devices[i] = (struct thon_cause_device){.id = ids[i],
                                                        .name = names[i],
                                                        .area = "thon-4",
                                                        .kind = THON_WATCH_CAMERA,
                                                        .parent = THON_NO_DEVICE};
                members[i] = i + 1;
        }
        devices[0].kind = THON_WATCH_SWITCH;
        snprintf(names[0], sizeof(names[0]), "Tủ mạng thôn 4");
        snprintf(names[1], sizeof(names[1]), "Cổng chùa");
        snprintf(names[2], sizeof(names[2]), "Ngã ba");
}

static void teardown(void)
{
        cause = thon_cause_free(cause);
}

static struct thon_incident incident(enum thon_cause_kind kind, size_t device, size_t n)
{
        if (!cause)
                ck_assert_int_eq(thon_cause_new(&thon_cause_defaults, devices, STORY_DEVICES, NULL, &cause),
                                 0);
        return (struct thon_incident){.kind = kind,
                                      .verdict = THON_CAMERA_NO_NETWORK,
                                      .device = device,
                                      .area = "thon-4",
                                      .members = members,
                                      .n_members = n,
                                      .most = n,
                                      .raised = true};
}

#define reads(x, want)                                               \
        do {                                                         \
                char *text_ = thon_incident_text(cause, x, "20:10"); \
                ck_assert_str_eq(text_, want);                       \
                free(text_);                                         \
        } while (0)
#define ends(x, want)                                                               \
        do {                                                                        \
                char *text_ = thon_incident_end_text(cause, x, "20:25", "15 phút"); \
                ck_assert_str_eq(text_, want);                                      \
                free(text_);                                                        \
        } while (0)

START_TEST(a_switch_and_its_cameras)
{
        struct thon_incident x = incident(THON_CAUSE_PARENT, 0, 3);

        reads(&x,
              "Tủ mạng thôn 4: mất kết nối từ 20:10, 3 camera mất theo (Cổng chùa, Ngã ba, Ngõ 3). Kiểm tra nguồn "
              "điện và đường mạng tới thiết bị, bắt đầu từ tủ mạng gần nhất.");
        x.n_members = 0;
        ends(&x, "Tủ mạng thôn 4: đã có lại lúc 20:25, sau 15 phút.");
        x.n_members = 2;
        ends(&x, "Tủ mạng thôn 4: đã có lại lúc 20:25, sau 15 phút; còn 2 nơi chưa có: Cổng chùa, Ngã ba.");
}
END_TEST

START_TEST(who_passes_it_on_may_say_the_time_itself)
{
        struct thon_incident x = incident(THON_CAUSE_PARENT, 0, 2);
        char *text = thon_incident_text(cause, &x, NULL);

        ck_assert_str_eq(
                text,
                "Tủ mạng thôn 4: mất kết nối, 2 camera mất theo (Cổng chùa, Ngã ba). Kiểm tra nguồn điện và "
                "đường mạng tới thiết bị, bắt đầu từ tủ mạng gần nhất.");
        free(text);
        text = thon_incident_end_text(cause, &x, NULL, NULL);
        ck_assert_str_eq(text, "Tủ mạng thôn 4: đã có lại; còn 2 nơi chưa có: Cổng chùa, Ngã ba.");
        free(text);
}
END_TEST

START_TEST(many_are_counted)
{
        struct thon_incident x = incident(THON_CAUSE_PARENT, 0, 100);
        char *text = thon_incident_text(cause, &x, "20:10");

        ck_assert_ptr_nonnull(strstr(text, "100 camera mất theo (Cổng chùa, Ngã ba, Ngõ 3, "));
        ck_assert_ptr_nonnull(strstr(text, " nơi khác). Kiểm tra "));
        ck_assert_uint_le(strlen(text), 400);
        ck_assert_int_eq(text[strlen(text) - 1], '.');
        free(text);
}
END_TEST

START_TEST(each_kind_says_what_it_is)
{
        struct thon_incident x = incident(THON_CAUSE_DEVICE, 1, 0);
        char *name;

        x.verdict = THON_CAMERA_COVERED;
        reads(&x,
              "Cổng chùa: ống kính bị che (từ 20:10). Đến nơi gỡ vật che ống kính, và xem lại hình trước lúc bị che.");
        ends(&x, "Cổng chùa: đã hoạt động bình thường lúc 20:25, sau 15 phút.");
        x = incident(THON_CAUSE_FLAPPING, 1, 0);
        reads(&x,
              "Cổng chùa: chập chờn, lúc có lúc mất từ 20:10. Kiểm tra bộ nguồn, đầu bấm dây mạng, hoặc sóng và "
              "hướng ăng-ten nếu nối không dây.");
        x = incident(THON_CAUSE_NETWORK, THON_NO_DEVICE, 2);
        x.group = 0xc0a80400;
        reads(&x,
              "Mạng 192.168.4.0/24: 2 camera cùng mất kết nối từ 20:10 (Cổng chùa, Ngã ba). Kiểm tra tủ mạng, nguồn "
              "điện và đường truyền chung của các nơi này.");
        x.group = 0x20010db800010002;
        name = thon_incident_name(cause, &x);
        ck_assert_str_eq(name, "Mạng 2001:db8:1:2::/64");
        free(name);
        x = incident(THON_CAUSE_SELF, THON_NO_DEVICE, 17);
        reads(&x,
              "Máy chủ Thôn: không còn kết nối được tới 17 camera từ 20:10. Kiểm tra dây mạng của máy chủ và bộ "
              "chuyển mạch, bộ định tuyến ở nơi đặt máy chủ.");
        x = incident(THON_CAUSE_AREA, THON_NO_DEVICE, 2);
        name = thon_incident_name(cause, &x);
        ck_assert_str_eq(name, "Khu vực thon-4");
        free(name);
        x = incident(THON_CAUSE_LEARNED, THON_NO_DEVICE, 3);
        x.group = 7;
        name = thon_incident_name(cause, &x);
        ck_assert_str_eq(name, "Nhóm Cổng chùa");
        free(name);
        x = incident(THON_CAUSE_MAINS, 0, 0);
        x.verdict = THON_CAMERA_NO_POWER;
        reads(&x,
              "Tủ mạng thôn 4: mất điện từ 20:10. Kiểm tra điện lưới, aptomat và bộ nguồn cấp cho thiết bị; nếu cả "
              "khu vực mất điện thì chờ điện lực khôi phục.");
}
END_TEST

/* Decomposed and composed Vietnamese, signs of four bytes, names without a blank. */
static void odd_name(char *name, size_t size)
{
        static const char *const pieces[] = {"a", "ử", "u\u031b\u0309", "Đ",     "e\u0302\u0301",
                                             " ", "🎥", "ngõ",           "\u0301"};
        size_t n = 0, length = random_below(121);

        while (n < length) {
                const char *piece = pieces[random_below(sizeof(pieces) / sizeof(*pieces))];

                if (n + strlen(piece) > 120 || n + strlen(piece) >= size)
                        break;
                memcpy(name + n, piece, strlen(piece));
                n += strlen(piece);
        }
        name[n] = '\0';
}

static void whole_letters(const char *text)
{
        size_t size = strlen(text);

        ck_assert_uint_le(size, 400);
        for (size_t at = 0; at < size;) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                      (utf8proc_ssize_t)(size - at), &c);

                ck_assert_msg(n > 0, "cut: %s", text);
                at += (size_t)n;
        }
}

START_TEST(whatever_the_names_are_it_fits_and_is_whole)
{
        random_begin();
        for (int round = 0; round < 300; round++) {
                setup();
                for (size_t i = 0; i < STORY_DEVICES; i++)
                        odd_name(names[i], sizeof(names[i]));
                for (int kind = THON_CAUSE_SELF; kind <= THON_CAUSE_FLAPPING; kind++) {
                        bool rooted = kind == THON_CAUSE_PARENT || kind == THON_CAUSE_CHILDREN ||
                                      kind >= THON_CAUSE_DEVICE;
                        struct thon_incident x =
                                incident((enum thon_cause_kind)kind, rooted ? 0 : THON_NO_DEVICE,
                                         random_below(STORY_DEVICES - 1));
                        char *text;

                        x.verdict = (enum thon_camera_verdict)(1 + random_below(THON_CAMERA_VERDICTS - 1));
                        text = thon_incident_text(cause, &x, "20:10 ngày 22/11");
                        whole_letters(text);
                        ck_assert_int_eq(text[strlen(text) - 1], '.');
                        ck_assert_ptr_nonnull(strstr(text, "20:10"));
                        free(text);
                        text = thon_incident_end_text(cause, &x, "20:25 ngày 23/11", "1 ngày 2 giờ");
                        whole_letters(text);
                        ck_assert_ptr_nonnull(strstr(text, "20:25"));
                        free(text);
                        text = thon_incident_name(cause, &x);
                        whole_letters(text);
                        ck_assert_uint_gt(strlen(text), 0);
                        free(text);
                }
                teardown();
        }
}
END_TEST

START_TEST(a_long_name_is_cut_between_letters)
{
        struct thon_incident x;
        char *name;

        for (size_t i = 0; i < 30; i++)
                memcpy(names[0] + i * 5, "e\u0323\u0302", 6);
        x = incident(THON_CAUSE_DEVICE, 0, 0);
        name = thon_incident_name(cause, &x);
        ck_assert_uint_le(strlen(name), 120);
        ck_assert_str_eq(name + strlen(name) - strlen("…"), "…");
        /* The last letter has both of its marks. */
        ck_assert_str_eq(name + strlen(name) - strlen("\u0323\u0302…"), "\u0323\u0302…");
        free(name);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_incident_words");
        TCase *tc = tcase_create("texts");
        tcase_add_checked_fixture(tc, setup, teardown);
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, a_switch_and_its_cameras);
        tcase_add_test(tc, who_passes_it_on_may_say_the_time_itself);
        tcase_add_test(tc, many_are_counted);
        tcase_add_test(tc, each_kind_says_what_it_is);
        tcase_add_test(tc, whatever_the_names_are_it_fits_and_is_whole);
        tcase_add_test(tc, a_long_name_is_cut_between_letters);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
