/* The frame of a daemon as systemd sees it: a tiny daemon in a child process, its notifications captured. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/file.h"
#include "thon/log.h"
#include "thon/loop.h"

#define DEADLINE_MS 10000

/* ---- the tiny daemon: its configuration is one number, its status tells it ------------------------------- */

struct thon_daemon {
        const char *config_dir;
        int number;
        struct thon_clock *clock;
        sd_event *event;
        struct thon_alarm *alarm;
};

struct tiny_conf {
        int number;
};

static const struct thon_conf_item tiny_items[] = {
        {"tiny", "number", THON_CONF_INT, offsetof(struct tiny_conf, number), 1, 100, "1", NULL},
};

static int read_number(const char *config_dir, int *ret)
{
        struct thon_conf_report report = {.tell = thon_conf_tell_log};
        struct tiny_conf conf = {0};
        int r = thon_conf_read(config_dir, "tiny.conf", tiny_items, 1, NULL, 0, &conf, &report);

        if (r < 0)
                return r;
        *ret = conf.number;
        return 0;
}

static int tiny_check(const struct thon_options *options)
{
        int number;
        return read_number(options->config_dir, &number);
}

static void on_alarm(void *userdata)
{
        thon_loop_status("alarm at %lld",
                         (long long)thon_clock_wall(((struct thon_daemon *)userdata)->clock).s);
}

/* What start() does besides, by the number: 13 fails, 14 and 15 get a signal meanwhile, 16 fails in the loop, 17 sets an
 * alarm a simulated minute ahead, 18 tells its status twice. */
static int tiny_start(sd_event *event, struct thon_clock *clock, const struct thon_options *options,
                      struct thon_daemon **ret)
{
        struct thon_daemon *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        *d = (struct thon_daemon){.config_dir = options->config_dir, .clock = clock, .event = event};
        r = read_number(options->config_dir, &d->number);
        if (r >= 0 && d->number == 13)
                r = -ENODEV;
        if (r < 0) {
                free(d);
                return r;
        }
        thon_loop_status("number %d", d->number);
        switch (d->number) {
        case 14:
                (void)raise(SIGTERM);
                break;
        case 15:
                (void)raise(SIGHUP);
                break;
        case 16:
                (void)sd_event_exit(event, -EIO);
                break;
        case 17:
                r = thon_alarm_new(clock, "tiny", on_alarm, d, &d->alarm);
                if (r < 0)
                        return r;
                thon_alarm_set(d->alarm, (struct thon_wall){thon_clock_wall(clock).s + 60}, THON_MONO_NEVER);
                break;
        case 18:
                thon_loop_status("number %d", d->number);
                thon_loop_status("two\nlines");
                break;
        }
        *ret = d;
        return 0;
}

static int tiny_reload(struct thon_daemon *d)
{
        int number;
        int r = read_number(d->config_dir, &number);

        if (r < 0)
                return r;
        d->number = number;
        thon_loop_status("number %d", number);
        return 0;
}

static void tiny_stop(struct thon_daemon *d)
{
        thon_alarm_free(d->alarm);
        free(d);
}

static const struct thon_daemon_ops tiny = {
        .name = "tiny",
        .description = "The smallest daemon.",
        .check = tiny_check,
        .start = tiny_start,
        .reload = tiny_reload,
        .stop = tiny_stop,
};

/* ---- systemd, as far as the daemon sees it --------------------------------------------------------------- */

static char dir[] = "/tmp/thon-loop.XXXXXX";
static int notify_fd, output_fd;
static pid_t child;

static void configure(const char *text)
{
        char path[128];

        (void)snprintf(path, sizeof(path), "%s/tiny.conf", dir);
        ck_assert_int_eq(thon_file_write_atomic(path, text, strlen(text), 0600), 0);
}

static void set_up(void)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
        ck_assert_ptr_nonnull(mkdtemp(dir));
        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", dir);
        notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ck_assert_int_ge(notify_fd, 0);
        ck_assert_int_eq(bind(notify_fd, (struct sockaddr *)&address, sizeof(address)), 0);
        ck_assert_int_eq(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
        ck_assert_int_eq(unsetenv("WATCHDOG_USEC"), 0);
        ck_assert_int_eq(unsetenv("THON_DEBUG"), 0);
        ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
        output_fd = memfd_create("output", MFD_CLOEXEC);
        ck_assert_int_ge(output_fd, 0);
        child = 0;
        configure("[tiny]\nnumber = 7\n");
}

static void tear_down(void)
{
        static const char *const names[] = {"/tiny.conf", "/notify", ""};

        if (child > 0) {
                (void)kill(child, SIGKILL);
                (void)waitpid(child, NULL, 0);
        }
        close(notify_fd);
        close(output_fd);
        for (size_t i = 0; i < 3; i++) {
                char path[128];
                (void)snprintf(path, sizeof(path), "%s%s", dir, names[i]);
                (void)remove(path);
        }
}

static void start(const char *option)
{
        char *argv[] = {(char *)"thon-tiny", (char *)"--config-dir", dir, (char *)option, NULL};

        (void)fflush(NULL);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
                (void)dup2(output_fd, STDOUT_FILENO);
                (void)dup2(output_fd, STDERR_FILENO);
                exit(thon_daemon_main(&tiny, option ? 4 : 3, argv));
        }
}

/* The next notification but watchdog pings, "" when there is none in time. */
static const char *next(void)
{
        static char buf[1024];
        struct pollfd pfd = {.fd = notify_fd, .events = POLLIN};

        do {
                if (poll(&pfd, 1, DEADLINE_MS) != 1)
                        return "";
                ssize_t n = recv(notify_fd, buf, sizeof(buf) - 1, 0);
                ck_assert_int_ge(n, 0);
                buf[n] = '\0';
        } while (strcmp(buf, "WATCHDOG=1") == 0);
        return buf;
}

static void no_more(void)
{
        char buf[1024];
        ssize_t n = recv(notify_fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

        if (n >= 0)
                buf[n] = '\0';
        ck_assert_msg(n < 0 && errno == EAGAIN, "one more: %s", n < 0 ? strerror(errno) : buf);
}

/* With a deadline: a daemon that hangs fails the test. */
static int exit_status(void)
{
        struct pollfd pfd = {.fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN};
        int status = 0;

        ck_assert_int_ge(pfd.fd, 0);
        ck_assert_int_eq(poll(&pfd, 1, DEADLINE_MS), 1);
        close(pfd.fd);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        child = 0;
        ck_assert(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static const char *output(void)
{
        static char buf[8192];
        ssize_t n = pread(output_fd, buf, sizeof(buf) - 1, 0);

        ck_assert_int_ge(n, 0);
        buf[n] = '\0';
        return buf;
}

static void has_said(const char *text)
{
        ck_assert_msg(strstr(output(), text) != NULL, "not said: %s\nbut:\n%s", text, output());
}

static void started(const char *status)
{
        ck_assert_str_eq(next(), status);
        ck_assert_str_eq(next(), "READY=1");
}

static void reloading(void)
{
        struct timespec ts;
        unsigned long long usec;

        ck_assert_int_eq(sscanf(next(), "RELOADING=1\nMONOTONIC_USEC=%llu", &usec), 1);
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        unsigned long long now =
                (unsigned long long)ts.tv_sec * 1000000 + (unsigned long long)ts.tv_nsec / 1000;
        ck_assert_uint_le(usec, now);
        ck_assert_uint_lt(now - usec, DEADLINE_MS * 1000ULL);
}

static void stops(void)
{
        ck_assert_int_eq(kill(child, SIGTERM), 0);
        ck_assert_str_eq(next(), "STOPPING=1\nSTATUS=Stopping");
        ck_assert_int_eq(exit_status(), 0);
        no_more();
}

/* ---- stories --------------------------------------------------------------------------------------------- */

START_TEST(it_is_ready_when_it_has_started_and_stops_on_sigterm)
{
        start(NULL);
        started("STATUS=number 7");
        no_more();
        stops();
        has_said("thon-tiny: info: thon-tiny " THON_VERSION " started [THON_VERSION=" THON_VERSION "]\n");
}
END_TEST

START_TEST(it_stops_on_sigint_too)
{
        start(NULL);
        started("STATUS=number 7");
        ck_assert_int_eq(kill(child, SIGINT), 0);
        ck_assert_str_eq(next(), "STOPPING=1\nSTATUS=Stopping");
        ck_assert_int_eq(exit_status(), 0);
}
END_TEST

START_TEST(a_valid_new_configuration_is_taken_on_sighup)
{
        start(NULL);
        started("STATUS=number 7");
        configure("[tiny]\nnumber = 8\n");
        ck_assert_int_eq(kill(child, SIGHUP), 0);
        reloading();
        started("STATUS=number 8");
        stops();
}
END_TEST

START_TEST(an_invalid_one_is_refused_and_the_unit_is_ready_again)
{
        start(NULL);
        started("STATUS=number 7");
        configure("[tiny]\nnumber = 1000\n");
        ck_assert_int_eq(kill(child, SIGHUP), 0);
        reloading();
        started("STATUS=new configuration refused, the old one stays; number 7");
        has_said("thon-tiny: error: tiny.conf:2: tiny.number: must be a whole number from 1 to 100\n");

        configure("[tiny]\nnumber = 9\n");
        ck_assert_int_eq(kill(child, SIGHUP), 0);
        reloading();
        /* The daemon tells its number before the frame knows that all is well. */
        ck_assert_str_eq(next(), "STATUS=new configuration refused, the old one stays; number 9");
        started("STATUS=number 9");
        stops();
}
END_TEST

START_TEST(signals_during_the_start_wait_for_its_end)
{
        configure("[tiny]\nnumber = 14\n");
        start(NULL);
        started("STATUS=number 14");
        ck_assert_str_eq(next(), "STOPPING=1\nSTATUS=Stopping");
        ck_assert_int_eq(exit_status(), 0);

        configure("[tiny]\nnumber = 15\n");
        start(NULL);
        started("STATUS=number 15");
        reloading();
        ck_assert_str_eq(next(), "READY=1");
        stops();
}
END_TEST

START_TEST(a_start_that_fails_is_never_ready)
{
        configure("[tiny]\nnumber = 13\n");
        start(NULL);
        ck_assert_str_eq(next(), "STOPPING=1\nSTATUS=Failed: No such device\nERRNO=19");
        ck_assert_int_eq(exit_status(), 1);
        has_said("thon-tiny: error: Cannot start: No such device\n");
}
END_TEST

START_TEST(a_failure_in_the_loop_is_exit_status_1)
{
        configure("[tiny]\nnumber = 16\n");
        start(NULL);
        started("STATUS=number 16");
        ck_assert_str_eq(next(), "STOPPING=1\nSTATUS=Failed: Input/output error\nERRNO=5");
        ck_assert_int_eq(exit_status(), 1);
        has_said("thon-tiny: error: Cannot go on: Input/output error\n");
}
END_TEST

START_TEST(an_invalid_configuration_at_the_start_is_told_and_fails)
{
        configure("[tiny]\nnumber = x\n");
        start(NULL);
        ck_assert_str_eq(next(), "STATUS=Not started: the configuration is not usable\nERRNO=22");
        ck_assert_int_eq(exit_status(), 1);
        no_more();
        has_said("tiny.conf:2: tiny.number: must be a whole number\n");
}
END_TEST

START_TEST(check_config_says_yes_or_no_and_starts_nothing)
{
        start("--check-config");
        ck_assert_int_eq(exit_status(), 0);
        has_said("is valid.\n");

        configure("[tiny]\ncolour = red\nnumber = 0\n");
        start("--check-config");
        ck_assert_int_eq(exit_status(), 1);
        has_said("thon-tiny: warning: tiny.conf:2: tiny.colour: unknown key, ignored\n");
        has_said("thon-tiny: error: tiny.conf:3: tiny.number: must be a whole number from 1 to 100\n");
        no_more();
}
END_TEST

START_TEST(a_wrong_command_line_is_exit_status_2)
{
        static const char *const wrong[] = {
                "--colour", "-x", "stray", "--sim-clock", "--sim-clock=tomorrow", "--state-dir="};

        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                start(wrong[i]);
                ck_assert_msg(exit_status() == 2, "%s", wrong[i]);
        }
        has_said("Try 'thon-tiny --help'.\n");
        no_more();
}
END_TEST

START_TEST(help_and_version_are_answered)
{
        start("--version");
        ck_assert_int_eq(exit_status(), 0);
        has_said("thon-tiny " THON_VERSION "\n");
        start("--help");
        ck_assert_int_eq(exit_status(), 0);
        has_said("Usage: thon-tiny [OPTION]...\nThe smallest daemon.\n");
        has_said("--check-config");
        no_more();
}
END_TEST

START_TEST(the_watchdog_is_fed_from_the_loop)
{
        char buf[64] = "";

        ck_assert_int_eq(setenv("WATCHDOG_USEC", "200000", 1), 0);
        start(NULL);
        for (int pings = 0; pings < 3;) {
                struct pollfd pfd = {.fd = notify_fd, .events = POLLIN};
                ck_assert_int_eq(poll(&pfd, 1, DEADLINE_MS), 1);
                ssize_t n = recv(notify_fd, buf, sizeof(buf) - 1, 0);
                ck_assert_int_gt(n, 0);
                buf[n] = '\0';
                pings += strcmp(buf, "WATCHDOG=1") == 0;
        }
        stops();
}
END_TEST

START_TEST(a_simulated_clock_is_told_and_runs)
{
        configure("[tiny]\nnumber = 17\n");
        start("--sim-clock=2026-11-21T17:00:00+07:00,x1000");
        started("STATUS=SIMULATED CLOCK; number 17");
        long long at = 0;
        ck_assert_int_eq(sscanf(next(), "STATUS=SIMULATED CLOCK; alarm at %lld", &at), 1);
        ck_assert_int_ge(at, 1795255260);
        ck_assert_int_lt(at, 1795255260 + DEADLINE_MS);
        stops();
        has_said("thon-tiny: warning: Simulated clock: 2026-11-21T17:00:00+07:00,x1000");
}
END_TEST

START_TEST(an_untrusted_clock_and_a_step_are_logged_once)
{
        configure("[tiny]\nnumber = 17\n");
        start("--sim-clock=2026-11-21T17:00:00+07:00,x200,untrusted=40s,step=-5min@50s");
        started("STATUS=SIMULATED CLOCK; number 17");
        /* The alarm at +60 s comes five minutes later, at 1.8 s of real time: by then both were logged. */
        ck_assert_int_eq(strncmp(next(), "STATUS=SIMULATED CLOCK; alarm at ", 33), 0);
        stops();
        has_said("warning: The clock is not trusted");
        has_said("notice: The clock is trusted\n");
        ck_assert_msg(strstr(output(), "notice: The clock was stepped by -300 s") ||
                              strstr(output(), "notice: The clock was stepped by -299 s") ||
                              strstr(output(), "notice: The clock was stepped by -301 s"),
                      "%s", output());
        ck_assert_ptr_eq(strstr(strstr(output(), "stepped") + 1, "The clock was stepped"), NULL);
}
END_TEST

START_TEST(a_status_is_sent_when_it_changes_and_is_one_line)
{
        configure("[tiny]\nnumber = 18\n");
        start(NULL);
        ck_assert_str_eq(next(), "STATUS=number 18");
        started("STATUS=two lines");
        stops();
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("loop");
        TCase *tc = tcase_create("loop");

        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, it_is_ready_when_it_has_started_and_stops_on_sigterm);
        tcase_add_test(tc, it_stops_on_sigint_too);
        tcase_add_test(tc, a_valid_new_configuration_is_taken_on_sighup);
        tcase_add_test(tc, an_invalid_one_is_refused_and_the_unit_is_ready_again);
        tcase_add_test(tc, signals_during_the_start_wait_for_its_end);
        tcase_add_test(tc, a_start_that_fails_is_never_ready);
        tcase_add_test(tc, a_failure_in_the_loop_is_exit_status_1);
        tcase_add_test(tc, an_invalid_configuration_at_the_start_is_told_and_fails);
        tcase_add_test(tc, check_config_says_yes_or_no_and_starts_nothing);
        tcase_add_test(tc, a_wrong_command_line_is_exit_status_2);
        tcase_add_test(tc, help_and_version_are_answered);
        tcase_add_test(tc, the_watchdog_is_fed_from_the_loop);
        tcase_add_test(tc, a_simulated_clock_is_told_and_runs);
        tcase_add_test(tc, an_untrusted_clock_and_a_step_are_logged_once);
        tcase_add_test(tc, a_status_is_sent_when_it_changes_and_is_one_line);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}
