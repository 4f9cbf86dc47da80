/* The log: one line an event, the journal with fields when the service manager reads us, standard error otherwise. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/platform/log_ids.h"
#include "thon/cleanup.h"
#include "thon/log.h"

struct heard {
        int level;
        enum thon_msg msg;
        char line[256];
        unsigned count;
};

static void hear(int level, enum thon_msg msg, const char *line, void *userdata)
{
        struct heard *heard = userdata;

        heard->level = level;
        heard->msg = msg;
        (void)snprintf(heard->line, sizeof(heard->line), "%s", line);
        heard->count++;
}

START_TEST(a_sink_takes_the_lines_up_to_the_level)
{
        struct heard heard = {0};

        thon_log_open("thon-test", LOG_INFO);
        thon_log_set_sink(hear, &heard);
        thon_debug("not this");
        ck_assert_uint_eq(heard.count, 0);
        thon_log_id(LOG_WARNING, THON_MSG_RELAY_FAILED, "THON_CIRCUIT", "duong-lang", "Relay %d", 7);
        ck_assert_uint_eq(heard.count, 1);
        ck_assert_int_eq(heard.level, LOG_WARNING);
        ck_assert_int_eq(heard.msg, THON_MSG_RELAY_FAILED);
        ck_assert_str_eq(heard.line, "Relay 7");
        thon_log_open("thon-test", LOG_DEBUG);
        thon_debug("but this");
        ck_assert_uint_eq(heard.count, 2);
}
END_TEST

START_TEST(what_is_quoted_cannot_forge_a_line_nor_drive_a_terminal)
{
        struct heard heard = {0};

        thon_log_set_sink(hear, &heard);
        thon_info("payload: %s", "x\nthon-lightd: error: burn\r\x1b[2J\x7f đèn");
        ck_assert_str_eq(heard.line, "payload: x thon-lightd: error: burn  [2J  đèn");
}
END_TEST

START_TEST(logging_keeps_errno)
{
        struct heard heard = {0};

        thon_log_set_sink(hear, &heard);
        errno = ENOSPC;
        thon_error("%s", strerror(ENOENT));
        ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

/* What a child writes to standard error. */
static void capture(void (*fn)(void), char *buf, size_t size)
{
        int fd = memfd_create("stderr", MFD_CLOEXEC), status;
        pid_t pid = fork();

        if (pid == 0) {
                (void)dup2(fd, STDERR_FILENO);
                fn();
                _exit(0);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);
        ssize_t n = pread(fd, buf, size - 1, 0);
        ck_assert_int_ge(n, 0);
        buf[n] = '\0';
        close(fd);
}

static void say_something(void)
{
        static const char *const fields[] = {"THON_CIRCUIT=", "duong-lang", "THON_FAULT=", "dark\n", NULL};

        thon_log_open("thon-test", LOG_INFO);
        thon_info("plain");
        thon_log_full(LOG_ERR, THON_MSG_FAULT_RAISED, fields, "%s", "dark");
}

static const char plain[] = "thon-test: info: plain\n"
                            "thon-test: error: dark [THON_CIRCUIT=duong-lang THON_FAULT=dark ]\n";

START_TEST(without_the_service_manager_lines_go_to_standard_error)
{
        char text[512];

        ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
        capture(say_something, text, sizeof(text));
        ck_assert_str_eq(text, plain);
}
END_TEST

START_TEST(redirected_standard_error_is_followed)
{
        char text[512];

        ck_assert_int_eq(setenv("JOURNAL_STREAM", "1:2", 1), 0);
        capture(say_something, text, sizeof(text));
        ck_assert_str_eq(text, plain);
        ck_assert_int_eq(setenv("JOURNAL_STREAM", "nonsense", 1), 0);
        capture(say_something, text, sizeof(text));
        ck_assert_str_eq(text, plain);
}
END_TEST

/* A journald of our own at the one place where libsystemd looks for it, in a mount namespace. -1 where this machine
 * does not let us. */
static int fake_journald(void)
{
        struct sockaddr_un address = {AF_UNIX, "/run/systemd/journal/socket"};
        int fd;

        if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) < 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("none", "/run", "tmpfs", 0, NULL) < 0)
                return -1;
        ck_assert_int_eq(mkdir("/run/systemd", 0755), 0);
        ck_assert_int_eq(mkdir("/run/systemd/journal", 0755), 0);
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        return fd;
}

static void expect_line(const char *entry, const char *name, const char *value)
{
        char line[256];

        (void)snprintf(line, sizeof(line), "\n%s=%s\n", name, value);
        ck_assert_msg(strstr(entry, line) != NULL, "no %s in:%s", line, entry);
}

START_TEST(the_journal_gets_fields_and_the_message_id)
{
        static const char *const fields[] = {"THON_CIRCUIT=", "duong-lang", NULL};
        char entry[2048] = "\n", stream[64], id[SD_ID128_STRING_MAX];
        struct stat st;
        int fd = fake_journald();

        if (fd < 0) {
                printf("no mount namespace here, the journal is left to the virtual machines\n");
                return;
        }
        ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
        (void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
        ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
        thon_log_open("thon-test", LOG_INFO);
        thon_log_full(LOG_WARNING, THON_MSG_FAULT_RAISED, fields, "dark: %s", "đường làng");

        ssize_t n = recv(fd, entry + 1, sizeof(entry) - 2, 0);
        ck_assert_int_gt(n, 0);
        expect_line(entry, "MESSAGE", "dark: đường làng");
        expect_line(entry, "PRIORITY", "4");
        expect_line(entry, "SYSLOG_IDENTIFIER", "thon-test");
        expect_line(entry, "THON_CIRCUIT", "duong-lang");
        expect_line(entry, "MESSAGE_ID", sd_id128_to_string(THON_ID_FAULT_RAISED, id));
        ck_assert_ptr_null(strstr(entry, "CODE_FILE"));
        close(fd);
}
END_TEST

START_TEST(repeats_are_limited_by_time)
{
        unsigned long last = 0;

        ck_assert(thon_log_ratelimit(&last, 3600));
        ck_assert(!thon_log_ratelimit(&last, 3600));
        ck_assert(thon_log_ratelimit(&last, 0));
        last = last > 10 ? last - 10 : last;
        ck_assert(thon_log_ratelimit(&last, 5));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("log");
        TCase *tc = tcase_create("log");

        tcase_add_test(tc, a_sink_takes_the_lines_up_to_the_level);
        tcase_add_test(tc, what_is_quoted_cannot_forge_a_line_nor_drive_a_terminal);
        tcase_add_test(tc, logging_keeps_errno);
        tcase_add_test(tc, without_the_service_manager_lines_go_to_standard_error);
        tcase_add_test(tc, redirected_standard_error_is_followed);
        tcase_add_test(tc, the_journal_gets_fields_and_the_message_id);
        tcase_add_test(tc, repeats_are_limited_by_time);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}
