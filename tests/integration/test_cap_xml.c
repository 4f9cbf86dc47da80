/* Alerts as senders write them, as they should not, and as nobody should. */
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "thon/cap.h"
#include "thon/cleanup.h"
#include "thon/file.h"

#define XMLNS "xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\""
#define HEAD                                                                                         \
        "<identifier>A1</identifier><sender>tin@tinh</sender><sent>2026-11-21T12:00:00+07:00</sent>" \
        "<status>Actual</status><msgType>Alert</msgType><scope>Public</scope>"
#define INFO                                                                                               \
        "<language>vi-VN</language><category>Met</category><event>Lũ</event><urgency>Immediate</urgency>" \
        "<severity>Severe</severity><certainty>Observed</certainty>"
#define ALERT(head, info) "<alert " XMLNS ">" head "<info>" info "</info></alert>"
#define AREA(inner)       "<area><areaDesc>Toàn xã</areaDesc>" inner "</area>"
#define NOON              1795237200

static struct thon_cap *cap;
static char error[160];

static int parse_bytes(const char *xml, size_t size)
{
        cap = thon_cap_free(cap);
        memset(error, '?', sizeof error);
        error[0] = '\0';
        return thon_cap_parse(xml, size, &cap, error);
}

static int parse(const char *xml)
{
        return parse_bytes(xml, strlen(xml));
}

static void parse_file(const char *name)
{
        _cleanup_free_ char *path = NULL, *xml = NULL;
        size_t size;

        ck_assert_int_gt(asprintf(&path, "tests/data/cap/%s.xml", name), 0);
        ck_assert_int_eq(thon_file_read(path, THON_CAP_MAX, &xml, &size), 0);
        ck_assert_msg(parse_bytes(xml, size) == 0, "%s: %s", path, error);
}

static void refused(const char *xml, const char *why)
{
        ck_assert_msg(parse(xml) == -EINVAL, "taken, though: %s", why);
        ck_assert_ptr_null(cap);
        ck_assert_msg(strstr(error, why), "\"%s\" is told as \"%s\"", why, error);
        ck_assert_uint_lt(strnlen(error, sizeof error), sizeof error);
}

/* ---- as they are ---- */

START_TEST(every_example_is_read)
{
        static const char *const names[] = {
                "thunderstorm", "earthquake", "amber",          "homeland",  "bao",
                "lu",           "xa-ho-chua", "xa-ho-chua-huy", "chay-rung", "song-than-dien-tap"};

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                parse_file(names[i]);
}
END_TEST

START_TEST(everything_that_is_used_is_found)
{
        const struct thon_cap_info *info;

        parse_file("bao");
        ck_assert_str_eq(cap->identifier, "VN-KTTV-2026-BAO-12-07");
        ck_assert_str_eq(cap->sender, "dubao@kttv.example.vn");
        ck_assert_int_eq(cap->sent.s, NOON + 2 * 3600);
        ck_assert(cap->status == THON_CAP_ACTUAL && cap->msg == THON_CAP_ALERT &&
                  cap->scope == THON_CAP_PUBLIC);
        ck_assert_uint_eq(cap->n_infos, 2);
        info = &cap->infos[0];
        ck_assert_str_eq(info->language, "vi-VN");
        ck_assert_str_eq(info->event, "Bão khẩn cấp");
        ck_assert_uint_eq(info->category, 1u << 1);
        ck_assert_uint_eq(info->response, THON_CAP_PREPARE | THON_CAP_AVOID);
        ck_assert(info->urgency == THON_CAP_FUTURE && info->severity == THON_CAP_SEVERE &&
                  info->certainty == THON_CAP_LIKELY);
        ck_assert_int_eq(info->onset.s, NOON + 16 * 3600);
        ck_assert_int_eq(info->expires.s, NOON + 26 * 3600);
        ck_assert_uint_eq(info->n_parameters, 1);
        ck_assert_str_eq(info->parameters[0].name, "VN:QD18");
        ck_assert_str_eq(info->parameters[0].value, "3");
        ck_assert_uint_eq(info->n_areas, 1);
        ck_assert_uint_eq(info->areas[0].n_polygons, 1);
        ck_assert_uint_eq(info->areas[0].polygons[0].n, 5);
        ck_assert_double_eq_tol(info->areas[0].polygons[0].points[1].lon, 106.1, 1e-12);
        ck_assert_str_eq(info->areas[0].geocodes[0].value, "16012");
        ck_assert_str_eq(cap->infos[1].event, "Typhoon");
}
END_TEST

START_TEST(prefixes_and_cdata_are_another_way_to_write_it)
{
        parse_file("amber");
        ck_assert_uint_eq(cap->n_infos, 2);
        ck_assert(strstr(cap->infos[0].description, "grey van & has not"));
        ck_assert_str_eq(cap->source, "Desk 5");
}
END_TEST

START_TEST(a_language_that_is_left_out_is_the_standards)
{
        parse_file("thunderstorm");
        ck_assert_str_eq(cap->infos[0].language, "en-US");
        ck_assert(cap->infos[0].onset.s == THON_WALL_NEVER.s);
}
END_TEST

START_TEST(references_are_triples)
{
        parse_file("lu");
        ck_assert_uint_eq(cap->n_references, 1);
        ck_assert_str_eq(cap->references[0].identifier, "VN-KTTV-2026-LU-030");
        ck_assert_int_eq(cap->references[0].sent.s, NOON - 2 * 3600);
        ck_assert_int_eq(parse(ALERT(HEAD "<references> a@b,1,2026-11-21T10:00:00+07:00\n\t"
                                          "Đài tỉnh,số 2,2026-11-21T03:00:00-00:00 </references>",
                                     INFO)),
                         0);
        ck_assert_uint_eq(cap->n_references, 2);
        ck_assert_str_eq(cap->references[1].sender, "Đài tỉnh");
        ck_assert_str_eq(cap->references[1].identifier, "số 2");
        ck_assert_int_eq(cap->references[1].sent.s, NOON - 2 * 3600);
        refused(ALERT(HEAD "<references>a@b,1</references>", INFO), "<references> \"a@b,1\" is no");
        refused(ALERT(HEAD "<references>a@b,1,2026-11-21T10:00:00+07:00 x</references>", INFO),
                "\"x\" is no");
        refused(ALERT(HEAD "<references>,2026-11-21T10:00:00+07:00</references>", INFO), "references");
}
END_TEST

START_TEST(what_is_meant_plainly_is_taken)
{
        ck_assert_int_eq(parse("\xef\xbb\xbf<?xml version=\"1.0\"?>\n" ALERT(HEAD, INFO)), 0);
        ck_assert_int_eq(
                parse("<alert " XMLNS "><!-- x --><identifier> A<!-- y -->1 </identifier>"
                      "<sender>Đài tỉnh</sender><sent>2026-11-21T05:00:00Z</sent>"
                      "<status>actual</status><msgType>ALERT</msgType><scope>Public</scope></alert>"),
                0);
        ck_assert_str_eq(cap->identifier, "A1");
        ck_assert_int_eq(cap->sent.s, NOON);
        /* A polygon left open is closed; extensions and the unknown are passed over. */
        ck_assert_int_eq(parse(ALERT(HEAD "<x:y xmlns:x=\"urn:x\"><x:status>Draft</x:status></x:y>",
                                     INFO AREA("<polygon>20,105 20,106 21,106</polygon><new>1</new>"))),
                         0);
        ck_assert_uint_eq(cap->infos[0].areas[0].polygons[0].n, 4);
        ck_assert(cap->status == THON_CAP_ACTUAL);
}
END_TEST

START_TEST(an_exercise_and_a_cancel)
{
        parse_file("song-than-dien-tap");
        ck_assert(cap->status == THON_CAP_EXERCISE);
        parse_file("xa-ho-chua-huy");
        ck_assert(cap->msg == THON_CAP_CANCEL && cap->n_infos == 0);
        ck_assert_str_eq(cap->note, "Hồ đã đóng cửa xả, nước đang rút.");
}
END_TEST

/* ---- as they should not be ---- */

START_TEST(another_version_is_told_as_such)
{
        refused("<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.1\">" HEAD "</alert>", "CAP 1.1");
        refused("<alert xmlns=\"http://www.incident.com/cap/1.0\">" HEAD "</alert>", "CAP 1.0");
        refused("<alert>" HEAD "</alert>", "no namespace");
        refused("<alert xmlns=\"urn:x\">" HEAD "</alert>", "urn:x");
        refused("<rss version=\"2.0\"/>", "<rss> is no CAP alert");
        refused("<a:alert xmlns:a=\"urn:oasis:names:tc:emergency:cap:1.2\" xmlns=\"urn:oasis:names:tc:emergency:cap:1.1\">" HEAD
                "</a:alert>",
                "has no <identifier>");
}
END_TEST

START_TEST(what_is_missing_is_named)
{
        static const char *const heads[] = {"identifier", "sender", "sent", "status", "msgType", "scope"};
        static const char *const infos[] = {"category", "event", "urgency", "severity", "certainty"};

        for (size_t i = 0; i < 11; i++) {
                const char *name = i < 6 ? heads[i] : infos[i - 6];
                char text[] = ALERT(HEAD, INFO), begin[32], end[32], want[64];

                (void)snprintf(begin, sizeof begin, "<%s>", name);
                (void)snprintf(end, sizeof end, "</%s>", name);
                char *from = strstr(text, begin), *to = strstr(text, end) + strlen(end);
                memmove(from, to, strlen(to) + 1);
                (void)snprintf(want, sizeof want, "has no <%s>", name);
                refused(text, want);
        }
        refused(ALERT(HEAD, INFO "<area><circle>1,1 1</circle></area>"), "<area> has no <areaDesc>");
        refused(ALERT(HEAD, INFO "<parameter><value>1</value></parameter>"),
                "<parameter> has no <valueName>");
        refused("<alert " XMLNS "><identifier/></alert>", "<identifier> is empty");
}
END_TEST

START_TEST(an_unknown_word_is_told_with_its_element_and_line)
{
        refused("<alert " XMLNS ">\n<identifier>A1</identifier><sender>s</sender>\n"
                "<sent>2026-11-21T12:00:00+07:00</sent><status>Live</status><msgType>Alert</msgType>"
                "<scope>Public</scope></alert>",
                "line 3: <status> has no value \"Live\"");
        refused(ALERT(HEAD, "<category>Met</category><event>x</event><urgency>Now</urgency>"
                            "<severity>Severe</severity><certainty>Observed</certainty>"),
                "<urgency> has no value \"Now\"");
        refused(ALERT(HEAD, "<category>Met</category><event>x</event><urgency>Past</urgency>"
                            "<severity>Critical</severity><certainty>Observed</certainty>"),
                "<severity> has no value \"Critical\"");
        refused(ALERT(HEAD, INFO "<responseType>Run</responseType>"), "<responseType>");
        refused(ALERT(HEAD, INFO "<category>Weather</category>"), "<category>");
}
END_TEST

START_TEST(nothing_is_there_twice)
{
        refused(ALERT(HEAD "<status>Exercise</status>", INFO), "<status> is there twice in <alert>");
        refused(ALERT(HEAD, INFO "<severity>Minor</severity>"), "<severity> is there twice in <info>");
        refused(ALERT(HEAD, INFO "<event>Khác</event>"), "<event> is there twice");
        refused(ALERT(HEAD "<identifier>A2</identifier>", INFO), "<identifier> is there twice");
}
END_TEST

START_TEST(a_time_has_its_offset)
{
        static const char *const times[] = {"2026-11-21T12:00:00",       "2026-11-21",
                                            "2026-13-21T12:00:00+07:00", "2026-02-30T12:00:00+07:00",
                                            "2026-11-21T12:00+07:00",    "hôm nay",
                                            "2026-11-21T25:00:00+07:00", "2026-11-21T12:00:00+7",
                                            "2026-11-21T12:00:00+07:00x"};
        char text[512];

        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
                (void)snprintf(text, sizeof text, ALERT(HEAD, INFO "<expires>%s</expires>"), times[i]);
                refused(text, "<expires> \"");
        }
        refused("<alert " XMLNS
                "><identifier>1</identifier><sender>s</sender><sent>2026-11-21T12:00:00</sent></alert>",
                "<sent> \"2026-11-21T12:00:00\" is no date and time with an offset");
}
END_TEST

START_TEST(places_that_cannot_be)
{
        static const struct {
                const char *area, *why;
        } cases[] = {
                {"<polygon>20,105 20,106</polygon>", "fewer than three"},
                {"<polygon>20,105 20,106 20,105</polygon>", "fewer than three"},
                {"<polygon>105,20 106,20 106,21 105,20</polygon>", "\"105,20\" is no"},
                {"<polygon>20,105 x,106 21,106 20,105</polygon>", "\"x,106\" is no"},
                {"<polygon>20,105 nan,106 21,106 20,105</polygon>", "\"nan,106\" is no"},
                {"<polygon>20,105 0x14,106 21,106 20,105</polygon>", "\"0x14,106\" is no"},
                {"<polygon>20,105 1e1,106 21,106 20,105</polygon>", "\"1e1,106\" is no"},
                {"<polygon>20 105 20 106 21 106 20 105</polygon>", "\"20\" is no"},
                {"<polygon>20,105,3 20,106 21,106 20,105</polygon>", "\"20,105,3\" is no"},
                {"<polygon/>", "<polygon> is empty"},
                {"<circle>20,105</circle>", "no radius"},
                {"<circle>20,105 -1</circle>", "no radius"},
                {"<circle>20,105 1 km</circle>", "\"1 km\" is no radius"},
                {"<circle>20,181 1</circle>", "\"20,181\" is no"},
                {"<circle> </circle>", "<circle> is empty"},
        };
        char text[1024];

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                (void)snprintf(text, sizeof text, ALERT(HEAD, INFO AREA("%s")), cases[i].area);
                refused(text, cases[i].why);
        }
}
END_TEST

START_TEST(text_takes_no_elements)
{
        refused(ALERT(HEAD, INFO "<headline>Lũ <b>lớn</b></headline>"), "<b> stands in <headline>");
        refused(ALERT(HEAD, INFO "<headline><headline>x</headline></headline>"), "stands in <headline>");
}
END_TEST

START_TEST(names_are_lines_that_can_be_kept)
{
        char text[1024], name[300];

        memset(name, 'x', sizeof name);
        name[256] = '\0';
        (void)snprintf(text, sizeof text, "<alert " XMLNS "><identifier>%s</identifier></alert>", name);
        refused(text, "longer than 255");
        refused("<alert " XMLNS "><identifier>a\nb</identifier></alert>", "more than one line");
}
END_TEST

/* ---- as nobody should ---- */

START_TEST(no_document_type_no_entities)
{
        refused("<?xml version=\"1.0\"?>\n<!DOCTYPE alert [<!ENTITY a \"x\">]>" ALERT(HEAD, INFO),
                "line 2: a document type is not allowed");
        refused("<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol1 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">"
                "<!ENTITY lol2 \"&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;\">]><alert " XMLNS
                "><identifier>&lol2;</identifier></alert>",
                "document type");
        refused("<!DOCTYPE alert SYSTEM \"http://127.0.0.1:1/x.dtd\"><alert " XMLNS "/>", "document type");
        refused("<!DOCTYPE alert [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><alert " XMLNS
                "><identifier>&x;</identifier></alert>",
                "document type");
        refused("<!DOCTYPE alert [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/\"> %p;]><alert " XMLNS "/>",
                "document type");
        refused("<alert " XMLNS "><identifier>&x;</identifier></alert>", "line 1");
}
END_TEST

START_TEST(includes_are_elements_like_any_other)
{
        ck_assert_int_eq(parse(ALERT(HEAD "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" "
                                          "href=\"file:///etc/passwd\"/>",
                                     INFO)),
                         0);
}
END_TEST

static char *nested(const char *open, const char *close, size_t n)
{
        size_t room = n * (strlen(open) + strlen(close)) + 1000, used = 0;
        char *text = malloc(room);

        used += (size_t)snprintf(text, room, "<alert " XMLNS ">");
        for (size_t i = 0; i < n; i++)
                used += (size_t)snprintf(text + used, room - used, "%s", open);
        for (size_t i = 0; i < n; i++)
                used += (size_t)snprintf(text + used, room - used, "%s", close);
        (void)snprintf(text + used, room - used, HEAD "</alert>");
        return text;
}

START_TEST(depth_numbers_and_attributes_have_limits)
{
        _cleanup_free_ char *deep = nested("<a>", "</a>", 100), *deeper = nested("<a>", "</a>", 60000),
                            *many = nested("<a/>", "", 30000), *tag = malloc(THON_CAP_MAX);
        size_t used = 0;

        refused(deep, "nested too deeply");
        refused(deeper, "nested too deeply");
        refused(many, "too many elements");
        used += (size_t)sprintf(tag, "<alert " XMLNS "><a");
        for (int i = 0; used < THON_CAP_MAX - 100; i++)
                used += (size_t)sprintf(tag + used, " a%d=\"\"", i);
        (void)strcpy(tag + used, "/></alert>");
        refused(tag, "too many attributes");
}
END_TEST

START_TEST(size_has_a_limit)
{
        _cleanup_free_ char *big = malloc(THON_CAP_MAX + 2);

        memset(big, ' ', THON_CAP_MAX + 1);
        memcpy(big, ALERT(HEAD, INFO), strlen(ALERT(HEAD, INFO)));
        ck_assert_int_eq(parse_bytes(big, THON_CAP_MAX + 1), -E2BIG);
        ck_assert(strstr(error, "524288"));
        ck_assert_int_eq(parse_bytes(big, THON_CAP_MAX), 0);
        ck_assert_int_eq(parse_bytes("", 0), -EINVAL);
        ck_assert(strstr(error, "empty"));
}
END_TEST

START_TEST(encodings)
{
        static const char latin[] = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" ALERT(
                HEAD, "<category>Met</category><event>Cr\xfc"
                      "e</event><urgency>Past</urgency><severity>Minor</severity>"
                      "<certainty>Observed</certainty>");
        static const char text[] = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" ALERT(HEAD, "");
        char wide[2 * sizeof text];

        ck_assert_int_eq(parse(latin), 0);
        ck_assert_str_eq(cap->infos[0].event, "Cr\xc3\xbc"
                                              "e");
        /* The same without saying so is no UTF-8. */
        refused(strstr(latin, "<alert"), "line 1");
        wide[0] = '\xff';
        wide[1] = '\xfe';
        for (size_t i = 0; i + 1 < sizeof text; i++) {
                wide[2 + 2 * i] = text[i];
                wide[3 + 2 * i] = '\0';
        }
        ck_assert_int_eq(parse_bytes(wide, 2 * sizeof text), -EINVAL);
        ck_assert_msg(strstr(error, "<info> has no <event>"), "%s", error);
        refused("<?xml version=\"1.0\" encoding=\"UTF-7\"?>" ALERT(HEAD, INFO), "encoding");
        refused("<?xml version=\"1.0\" encoding=\"x-none\"?>" ALERT(HEAD, INFO), "encoding");
}
END_TEST

START_TEST(a_nul_ends_nothing)
{
        static const char text[] = "<alert " XMLNS "><identifier>A\0</identifier></alert>";

        ck_assert_int_eq(parse_bytes(text, sizeof text - 1), -EINVAL);
        ck_assert_uint_gt(strlen(error), 5);
        ck_assert_int_eq(parse_bytes("\0\0\0\0", 4), -EINVAL);
}
END_TEST

START_TEST(every_beginning_of_an_alert_is_refused_in_peace)
{
        _cleanup_free_ char *xml = NULL;
        size_t size;

        ck_assert_int_eq(thon_file_read("tests/data/cap/lu.xml", THON_CAP_MAX, &xml, &size), 0);
        while (size > 0 && xml[size - 1] != '>')
                size--;
        for (size_t n = 0; n < size; n++) {
                /* Of its own size, so that a step too far is seen. */
                _cleanup_free_ char *part = malloc(n + 1);
                memcpy(part, xml, n);
                ck_assert_int_eq(parse_bytes(part, n), -EINVAL);
        }
        ck_assert_int_eq(parse_bytes(xml, size), 0);
}
END_TEST

/* Twice the points may not take four times as long; both are far below what anybody would notice. */
static double seconds_for(size_t points)
{
        size_t room = points * 24 + 4096, used;
        _cleanup_free_ char *text = malloc(room);
        struct timespec a, b;

        used = (size_t)snprintf(
                text, room, "<alert " XMLNS ">" HEAD "<info>" INFO "<area><areaDesc>x</areaDesc><polygon>");
        for (size_t i = 0; i < points; i++)
                used += (size_t)snprintf(text + used, room - used, "%.3f,%.3f ",
                                         19 + (double)(i % 100) / 100, 105 + (double)i / (double)points);
        used += (size_t)snprintf(text + used, room - used, "</polygon></area></info></alert>");
        ck_assert_uint_le(used, THON_CAP_MAX);
        ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a), 0);
        ck_assert_msg(parse_bytes(text, used) == 0, "%s", error);
        ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b), 0);
        ck_assert_uint_eq(cap->infos[0].areas[0].polygons[0].n, points + 1);
        return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

START_TEST(a_polygon_of_thirty_thousand_points_is_read_in_linear_time)
{
        ck_assert_double_lt(seconds_for(10000), 0.5);
        ck_assert_double_lt(seconds_for(30000), 1.5);
}
END_TEST

static void done(void)
{
        cap = thon_cap_free(cap);
}

int main(void)
{
        Suite *suite = suite_create("cap_xml");
        TCase *tc = tcase_create("xml");

        tcase_add_checked_fixture(tc, NULL, done);
        tcase_add_test(tc, every_example_is_read);
        tcase_add_test(tc, everything_that_is_used_is_found);
        tcase_add_test(tc, prefixes_and_cdata_are_another_way_to_write_it);
        tcase_add_test(tc, a_language_that_is_left_out_is_the_standards);
        tcase_add_test(tc, references_are_triples);
        tcase_add_test(tc, what_is_meant_plainly_is_taken);
        tcase_add_test(tc, an_exercise_and_a_cancel);
        tcase_add_test(tc, another_version_is_told_as_such);
        tcase_add_test(tc, what_is_missing_is_named);
        tcase_add_test(tc, an_unknown_word_is_told_with_its_element_and_line);
        tcase_add_test(tc, nothing_is_there_twice);
        tcase_add_test(tc, a_time_has_its_offset);
        tcase_add_test(tc, places_that_cannot_be);
        tcase_add_test(tc, text_takes_no_elements);
        tcase_add_test(tc, names_are_lines_that_can_be_kept);
        tcase_add_test(tc, no_document_type_no_entities);
        tcase_add_test(tc, includes_are_elements_like_any_other);
        tcase_add_test(tc, depth_numbers_and_attributes_have_limits);
        tcase_add_test(tc, size_has_a_limit);
        tcase_add_test(tc, encodings);
        tcase_add_test(tc, a_nul_ends_nothing);
        tcase_add_test(tc, every_beginning_of_an_alert_is_refused_in_peace);
        tcase_add_test(tc, a_polygon_of_thirty_thousand_points_is_read_in_linear_time);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
