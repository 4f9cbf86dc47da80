/* Login challenges as servers write them: the best that we can do is chosen, and what is damaged harms nothing else. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "thon/rtsp.h"

static struct thon_challenge got;

static bool choose(const char *header)
{
        return thon_challenge_choose(&(struct thon_rtsp_text){header, strlen(header)}, 1, &got);
}

START_TEST(a_challenge_is_read_with_all_its_parts)
{
        ck_assert(
                choose("Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
                       "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
                       "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", stale=TRUE"));
        ck_assert_int_eq(got.scheme, THON_CHALLENGE_SHA256);
        ck_assert(got.qop_auth && got.has_opaque && got.stale && !got.session);
        ck_assert_str_eq(got.realm, "http-auth@example.org");
        ck_assert_str_eq(got.nonce, "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v");
        ck_assert_str_eq(got.opaque, "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS");
}
END_TEST

START_TEST(odd_spelling_is_understood)
{
        static const struct {
                const char *header;
                enum thon_challenge_scheme scheme;
                bool session, qop, stale;
                const char *realm, *nonce;
        } odd[] = {
                {"Digest realm=\"a\", nonce=\"n\", stale=\"FALSE\"", THON_CHALLENGE_MD5, false, false, false,
                 "a", "n"},
                {"digest Realm = \"a\" ,NONCE=n", THON_CHALLENGE_MD5, false, false, false, "a", "n"},
                {"DIGEST nonce=\"n\" realm=\"a\" stale=true", THON_CHALLENGE_MD5, false, false, true, "a",
                 "n"},
                {",, Digest realm=\"a, b=\\\"c\\\"\",nonce=\"\",algorithm=\"MD5\",", THON_CHALLENGE_MD5,
                 false, false, false, "a, b=\"c\"", ""},
                {"Digest nonce=\"n\", algorithm=md5-sess, qop=auth, domain=\"/\", userhash=false, charset=UTF-8",
                 THON_CHALLENGE_MD5, true, true, false, "", "n"},
                {"Digest nonce=\"n\", algorithm=SHA-256-sess, qop=\"auth-int,auth\"", THON_CHALLENGE_SHA256,
                 true, true, false, "", "n"},
                {"Digest realm=\"\xc4\x90"
                 "\",nonce=\"n\"",
                 THON_CHALLENGE_MD5, false, false, false, "\xc4\x90", "n"},
                {"Basic", THON_CHALLENGE_BASIC, false, false, false, "", ""},
                {"Basic realm=\"/\"", THON_CHALLENGE_BASIC, false, false, false, "", ""},
        };

        ck_assert(choose(odd[_i].header));
        ck_assert_int_eq(got.scheme, odd[_i].scheme);
        ck_assert_int_eq(got.session, odd[_i].session);
        ck_assert_int_eq(got.qop_auth, odd[_i].qop);
        ck_assert_int_eq(got.stale, odd[_i].stale);
        ck_assert_str_eq(got.realm, odd[_i].realm);
        ck_assert_str_eq(got.nonce, odd[_i].nonce);
}
END_TEST

START_TEST(the_best_is_chosen_in_any_order)
{
        static const char md5[] = "Digest realm=\"m\", nonce=\"m\", algorithm=MD5",
                          sha[] = "Digest realm=\"s\", nonce=\"s\", algorithm=SHA-256, qop=\"auth\"",
                          basic[] = "Basic realm=\"b\"";
        const char *orders[][3] = {{md5, sha, basic}, {basic, md5, sha}, {sha, basic, md5}};
        struct thon_rtsp_text headers[3];
        char one[512] = "";

        for (size_t i = 0; i < 3; i++) {
                headers[i] = (struct thon_rtsp_text){orders[_i][i], strlen(orders[_i][i])};
                if (i > 0)
                        strcat(one, ", ");
                strcat(one, orders[_i][i]);
        }
        ck_assert(thon_challenge_choose(headers, 3, &got));
        ck_assert_int_eq(got.scheme, THON_CHALLENGE_SHA256);
        ck_assert_str_eq(got.nonce, "s");
        ck_assert(choose(one));
        ck_assert_int_eq(got.scheme, THON_CHALLENGE_SHA256);
        ck_assert_str_eq(got.nonce, "s");
        ck_assert(got.qop_auth);
}
END_TEST

START_TEST(what_we_cannot_do_is_passed_over)
{
        static const char *const headers[] = {
                "",
                ",,,",
                "Negotiate",
                "Bearer realm=\"a\"",
                "Digest realm=\"a\"",                                /* no nonce */
                "Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\"", /* we sign no bodies */
                "Digest realm=\"a\", nonce=\"n\", algorithm=SHA-512-256",
                "Digest realm=\"a\", nonce=\"n", /* no end */
                "Digest realm=\"a\", nonce=\"n\\",
                "Digest realm=\"a\", nonce=\"n\r\nX: y\"",
                "Digest realm=\"a\x7f\", nonce=\"n\"",
                "= = = \"\" ;;",
                "Digest ; nonce=\"n\"",
        };

        memset(&got, 0x5a, sizeof got);
        ck_assert(!choose(headers[_i]));
        ck_assert_int_eq(got.realm[0], 0x5a);
}
END_TEST

START_TEST(one_that_is_damaged_leaves_the_others)
{
        ck_assert(choose("Digest nonce=\"s\", algorithm=SHA-256, qop=\"auth-int\", Basic realm=\"b\", "
                         "Digest nonce=\"m\", realm=\"a\""));
        ck_assert_int_eq(got.scheme, THON_CHALLENGE_MD5);
        ck_assert_str_eq(got.nonce, "m");
}
END_TEST

START_TEST(a_nonce_over_the_limit_is_not_cut)
{
        char header[THON_CHALLENGE_TEXT + 64] = "Digest realm=\"a\", nonce=\"";
        size_t n = strlen(header);

        memset(header + n, 'n', THON_CHALLENGE_TEXT - 1);
        strcpy(header + n + THON_CHALLENGE_TEXT - 1, "\"");
        ck_assert(choose(header));
        ck_assert_uint_eq(strlen(got.nonce), THON_CHALLENGE_TEXT - 1);
        strcpy(header + n + THON_CHALLENGE_TEXT - 1, "n\"");
        ck_assert(!choose(header));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("challenge");
        TCase *all = tcase_create("all");
        SRunner *runner;
        int failed;

        tcase_add_test(all, a_challenge_is_read_with_all_its_parts);
        tcase_add_loop_test(all, odd_spelling_is_understood, 0, 9);
        tcase_add_loop_test(all, the_best_is_chosen_in_any_order, 0, 3);
        tcase_add_loop_test(all, what_we_cannot_do_is_passed_over, 0, 13);
        tcase_add_test(all, one_that_is_damaged_leaves_the_others);
        tcase_add_test(all, a_nonce_over_the_limit_is_not_cut);
        suite_add_tcase(suite, all);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? 0 : 1;
}
