/* What a player says is believed only where it keeps to its own contract. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/player.h"

static int news(const char *line, struct thon_player_news *ret)
{
        return thon_player_news(line, strlen(line), ret);
}

START_TEST(every_line_of_the_contract_is_read)
{
        struct thon_player_news n;

        ck_assert_int_eq(news("{\"is\":\"ready\"}", &n), 0);
        ck_assert_int_eq(n.is, THON_PLAYER_READY);
        ck_assert_int_eq(news("{\"is\":\"started\"}", &n), 0);
        ck_assert_int_eq(n.is, THON_PLAYER_STARTED);
        ck_assert_int_eq(news("{\"is\":\"silent\"}", &n), 0);
        ck_assert_int_eq(n.is, THON_PLAYER_SILENT);
        ck_assert_int_eq(
                news("{\"is\":\"level\",\"db\":-21.5,\"from_us\":9000000000000,\"to_us\":9000000500000}",
                     &n),
                0);
        ck_assert_int_eq(n.is, THON_PLAYER_LEVEL);
        ck_assert_double_eq_tol(n.db, -21.5, 1e-9);
        ck_assert_uint_eq(n.from_us, 9000000000000);
        ck_assert_uint_eq(n.to_us, 9000000500000);
        ck_assert_int_eq(news("{\"is\":\"level\",\"db\":-120,\"from_us\":7,\"to_us\":7}", &n), 0);
        ck_assert_double_eq_tol(n.db, -120, 1e-9);
        ck_assert_int_eq(news("{\"is\":\"done\",\"position_us\":1250000}", &n), 0);
        ck_assert_int_eq(n.is, THON_PLAYER_DONE);
        ck_assert_uint_eq(n.position_us, 1250000);
        ck_assert(!n.limit);
        ck_assert_int_eq(news("{\"is\":\"done\",\"position_us\":7,\"limit\":true}", &n), 0);
        ck_assert(n.limit);
        ck_assert_int_eq(news("{\"is\":\"stopped\",\"position_us\":0}", &n), 0);
        ck_assert_int_eq(n.is, THON_PLAYER_STOPPED);
        ck_assert_int_eq(
                news("{\"is\":\"prepared\",\"length_us\":60000000,\"lufs\":-15.9,\"peak_db\":-1.2}", &n), 0);
        ck_assert_int_eq(n.is, THON_PLAYER_PREPARED);
        ck_assert_uint_eq(n.length_us, 60000000);
        ck_assert_double_eq_tol(n.lufs, -15.9, 1e-9);
        ck_assert_double_eq_tol(n.peak_db, -1.2, 1e-9);
        ck_assert_int_eq(
                news("{\"is\":\"error\",\"what\":\"too-long\",\"detail\":\"longer than 2700 s\"}", &n), 0);
        ck_assert_int_eq(n.is, THON_PLAYER_ERROR);
        ck_assert_str_eq(n.what, "too-long");
        ck_assert_str_eq(n.detail, "longer than 2700 s");
}
END_TEST

static const char *const refused[] = {
        "",
        "null",
        "[]",
        "\"ready\"",
        "{}",
        "{\"is\":1}",
        "{\"is\":\"playing\"}",
        "{\"is\":\"ready\",\"db\":-3}",
        "{\"is\":\"ready\"}{\"is\":\"ready\"}",
        "{\"is\":\"ready\",\"is\":\"started\"}",
        "{\"is\":\"level\"}",
        "{\"is\":\"level\",\"db\":-3}",
        "{\"is\":\"level\",\"db\":-3,\"from_us\":1}",
        "{\"is\":\"level\",\"db\":\"-3\",\"from_us\":1,\"to_us\":2}",
        "{\"is\":\"level\",\"db\":1e300,\"from_us\":1,\"to_us\":2}",
        "{\"is\":\"level\",\"db\":1e999,\"from_us\":1,\"to_us\":2}",
        "{\"is\":\"level\",\"db\":-3,\"from_us\":2,\"to_us\":1}",
        "{\"is\":\"level\",\"db\":-3,\"from_us\":1,\"to_us\":1000002}",
        "{\"is\":\"level\",\"db\":-3,\"from_us\":-1,\"to_us\":1}",
        "{\"is\":\"level\",\"db\":-3,\"from_us\":9223372036854775807,\"to_us\":9223372036854775807}",
        "{\"is\":\"done\"}",
        "{\"is\":\"done\",\"position_us\":-1}",
        "{\"is\":\"done\",\"position_us\":1.5}",
        "{\"is\":\"done\",\"position_us\":9223372036854775807}",
        "{\"is\":\"done\",\"position_us\":1,\"limit\":1}",
        "{\"is\":\"stopped\",\"position_us\":1,\"limit\":true}",
        "{\"is\":\"prepared\",\"length_us\":1,\"lufs\":-16}",
        "{\"is\":\"error\"}",
        "{\"is\":\"error\",\"what\":\"bored\",\"detail\":\"\"}",
        "{\"is\":\"error\",\"what\":\"sink\",\"detail\":7}",
        "{\"is\":\"error\",\"what\":\"sink\",\"detail\":\"\xff\"}",
};

START_TEST(nothing_else_is_taken)
{
        struct thon_player_news n = {.position_us = 42};

        ck_assert_msg(news(refused[_i], &n) == -EINVAL, "%s", refused[_i]);
        ck_assert_uint_eq(n.position_us, 42);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_refused)
{
        size_t size = THON_PLAYER_LINE_MAX + 1;
        struct thon_player_news n;
        char *line = malloc(size);

        ck_assert_ptr_nonnull(line);
        memset(line, ' ', size);
        memcpy(line, "{\"is\":\"ready\"}", 14);
        ck_assert_int_eq(thon_player_news(line, size, &n), -EINVAL);
        ck_assert_int_eq(thon_player_news(line, size - 1, &n), 0);
        free(line);
}
END_TEST

START_TEST(a_detail_is_fit_for_a_log)
{
        char line[2048] = "{\"is\":\"error\",\"what\":\"format\",\"detail\":\"one\\ntwo\\u001b[31m ";
        struct thon_player_news n;

        while (strlen(line) < 1000)
                strcat(line, "ệ");
        strcat(line, "\"}");
        ck_assert_int_eq(news(line, &n), 0);
        ck_assert_int_eq(strncmp(n.detail, "one two [31m ", 13), 0);
        ck_assert_uint_lt(strlen(n.detail), sizeof n.detail);
        ck_assert_uint_gt(strlen(n.detail), sizeof n.detail - 5); /* cut between two letters */
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("player_news");
        TCase *tests = tcase_create("news");
        SRunner *runner;
        int failed;

        tcase_add_test(tests, every_line_of_the_contract_is_read);
        tcase_add_loop_test(tests, nothing_else_is_taken, 0, (int)(sizeof refused / sizeof *refused));
        tcase_add_test(tests, a_line_that_is_too_long_is_refused);
        tcase_add_test(tests, a_detail_is_fit_for_a_log);
        suite_add_tcase(suite, tests);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}
