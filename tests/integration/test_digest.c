/* Logins: the examples of RFC 2069 (as corrected by its erratum), 2617, 7616 and 7617 give what they say, and nothing that a
 * server or an officer wrote can leave its quotes. The -sess values were computed apart from this code. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/camerad/digest.h"

static char got[4096];

static struct thon_challenge challenge(const char *header)
{
        struct thon_challenge ret;

        ck_assert(thon_challenge_choose(&(struct thon_rtsp_text){header, strlen(header)}, 1, &ret));
        return ret;
}

#define RFC2617 "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\""
#define RFC7616                                                            \
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", " \
        "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "         \
        "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""

START_TEST(the_examples_of_the_standards_come_out)
{
        static const struct {
                const char *header, *password, *cnonce, *want;
        } examples[] = {
                {RFC2617, "CircleOfLife", NULL, "response=\"1949323746fe6a43ef61f9606e7febea\""},
                {RFC2617 ", qop=\"auth,auth-int\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
                 "Circle Of Life", "0a4f113b", "response=\"6629fae49393a05397450978507c4ef1\""},
                {RFC7616 ", algorithm=MD5", "Circle of Life", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                 "response=\"8ca523f5e9506fed4657c9700eebdbec\""},
                {RFC7616 ", algorithm=SHA-256", "Circle of Life",
                 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                 "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""},
                {RFC7616 ", algorithm=MD5-sess", "Circle of Life",
                 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                 "response=\"e783283f46242139c486a698fec7211d\""},
                {RFC7616 ", algorithm=SHA-256-sess", "Circle of Life",
                 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                 "response=\"2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7\""},
        };
        struct thon_challenge ch = challenge(examples[_i].header);
        struct digest_want want = {.challenge = &ch,
                                   .user = "Mufasa",
                                   .password = examples[_i].password,
                                   .method = "GET",
                                   .uri = "/dir/index.html",
                                   .cnonce = examples[_i].cnonce,
                                   .count = 1};

        ck_assert_int_eq(digest_authorization(&want, got, sizeof got), 0);
        ck_assert_msg(strstr(got, examples[_i].want), "%s", got);
        ck_assert_int_eq(strstr(got, "qop=auth, nc=00000001") != NULL, examples[_i].cnonce != NULL);
        ck_assert_int_eq(digest_wants_cnonce(&ch), examples[_i].cnonce != NULL);
        if (examples[_i].cnonce) {
                want.cnonce = NULL;
                ck_assert_int_eq(digest_authorization(&want, got, sizeof got), -EINVAL);
        }
}
END_TEST

START_TEST(the_whole_line_is_as_the_standard_has_it)
{
        struct thon_challenge ch = challenge(RFC2617 ", qop=\"auth\", opaque=\"5ccc\"");
        struct digest_want want = {&ch, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b", 1};

        ck_assert_int_eq(digest_authorization(&want, got, sizeof got), 0);
        ck_assert_str_eq(got, "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                              "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
                              "response=\"6629fae49393a05397450978507c4ef1\", algorithm=MD5, "
                              "cnonce=\"0a4f113b\", qop=auth, nc=00000001, opaque=\"5ccc\"");
}
END_TEST

START_TEST(basic_is_the_pair_in_base64)
{
        static const struct {
                const char *user, *password, *want;
        } pairs[] = {{"Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
                     {"quản trị", "mật khẩu", "Basic cXXhuqNuIHRy4buLOm3huq10IGto4bqpdQ=="},
                     {"", "", "Basic Og=="}};
        struct thon_challenge ch = challenge("Basic realm=\"a\"");
        struct digest_want want = {&ch, pairs[_i].user, pairs[_i].password, "DESCRIBE", "rtsp://h/a", NULL,
                                   1};

        ck_assert_int_eq(digest_authorization(&want, got, sizeof got), 0);
        ck_assert_str_eq(got, pairs[_i].want);
}
END_TEST

START_TEST(quotes_and_backslashes_stay_inside)
{
        struct thon_challenge ch = challenge("Digest realm=\"re\\\"al\", nonce=\"n\\\"n\", opaque=\"\\\\\"");
        struct digest_want want = {&ch, "a\"b\\c", "p\"w", "DESCRIBE", "rtsp://h/a", NULL, 1};

        ck_assert_int_eq(digest_authorization(&want, got, sizeof got), 0);
        ck_assert_str_eq(got, "Digest username=\"a\\\"b\\\\c\", realm=\"re\\\"al\", nonce=\"n\\\"n\", "
                              "uri=\"rtsp://h/a\", response=\"7fe2280138f2ee53aeb510f2ca14b52f\", "
                              "opaque=\"\\\\\"");
}
END_TEST

START_TEST(nothing_writes_a_line_of_its_own)
{
        struct thon_challenge digest = challenge("Digest realm=\"a\", nonce=\"n\""),
                              basic = challenge("Basic realm=\"a\""), none = {.scheme = THON_CHALLENGE_NONE};
        struct digest_want want[] = {
                {&digest, "a\r\nX: y", "p", "DESCRIBE", "rtsp://h/a", NULL, 1},
                {&digest, "a\x7f", "p", "DESCRIBE", "rtsp://h/a", NULL, 1},
                {&digest, "a", "p", "DESCRIBE", "rtsp://h/a\"", NULL, 1},
                {&digest, "a", "p", "DESCRIBE", "rtsp://h/a\n", NULL, 1},
                {&basic, "a:b", "p", "DESCRIBE", "rtsp://h/a", NULL, 1},
                {&none, "a", "p", "DESCRIBE", "rtsp://h/a", NULL, 1},
        };

        ck_assert_int_eq(digest_authorization(&want[_i], got, sizeof got), -EINVAL);
}
END_TEST

START_TEST(what_does_not_fit_is_not_cut_and_leaves_nothing_behind)
{
        struct thon_challenge chs[] = {challenge("Digest realm=\"a\", nonce=\"n\""),
                                       challenge("Basic realm=\"a\"")};
        struct digest_want want = {&chs[_i], "user", "password", "DESCRIBE", "rtsp://h/a", NULL, 1};
        size_t size;

        ck_assert_int_eq(digest_authorization(&want, got, sizeof got), 0);
        size = strlen(got) + 1;
        for (size_t room = 1; room < size; room++) {
                memset(got, 'x', sizeof got);
                ck_assert_int_eq(digest_authorization(&want, got, room), -ENOBUFS);
                for (size_t i = 0; i < sizeof got; i++)
                        ck_assert_int_eq(got[i], i < room ? '\0' : 'x');
        }
        ck_assert_int_eq(digest_authorization(&want, got, size), 0);
}
END_TEST

START_TEST(a_cnonce_is_never_the_same)
{
        char a[DIGEST_CNONCE], b[DIGEST_CNONCE];

        ck_assert_int_eq(digest_cnonce(a), 0);
        ck_assert_int_eq(digest_cnonce(b), 0);
        ck_assert_uint_eq(strlen(a), DIGEST_CNONCE - 1);
        ck_assert_uint_eq(strspn(a, "0123456789abcdef"), DIGEST_CNONCE - 1);
        ck_assert_str_ne(a, b);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("digest");
        TCase *all = tcase_create("all");
        SRunner *runner;
        int failed;

        tcase_add_loop_test(all, the_examples_of_the_standards_come_out, 0, 6);
        tcase_add_test(all, the_whole_line_is_as_the_standard_has_it);
        tcase_add_loop_test(all, basic_is_the_pair_in_base64, 0, 3);
        tcase_add_test(all, quotes_and_backslashes_stay_inside);
        tcase_add_loop_test(all, nothing_writes_a_line_of_its_own, 0, 6);
        tcase_add_loop_test(all, what_does_not_fit_is_not_cut_and_leaves_nothing_behind, 0, 2);
        tcase_add_test(all, a_cnonce_is_never_the_same);
        suite_add_tcase(suite, all);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? 0 : 1;
}
