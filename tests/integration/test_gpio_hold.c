/* What the service manager is given and what it gives back; it is played by this test, and the lines are pipes. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/platform/gpio_hold.h"

static char dir[] = "/tmp/thon-hold-XXXXXX";
static int manager;
static struct thon_gpio_hold *hold;

static void setup(void)
{
        strcpy(dir + sizeof dir - 7, "XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(dir));
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", dir);
        manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ck_assert_int_ge(manager, 0);
        struct timeval patience = {.tv_sec = 5};
        ck_assert_int_eq(setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
        ck_assert_int_eq(bind(manager, (struct sockaddr *)&address, sizeof address), 0);
        ck_assert_int_eq(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
        ck_assert_int_eq(thon_gpio_hold_new(&hold), 0);
}

static void teardown(void)
{
        hold = thon_gpio_hold_free(hold);
        (void)unlink(getenv("NOTIFY_SOCKET"));
        (void)unsetenv("NOTIFY_SOCKET");
        (void)close(manager);
        ck_assert_int_eq(rmdir(dir), 0);
}

/* The manager's next message, and the descriptor that came with it or -1. */
static int hear(char text[static 256])
{
        union {
                struct cmsghdr header;
                char buf[256]; /* credentials may come along */
        } control;
        struct iovec iov = {.iov_base = text, .iov_len = 255};
        struct msghdr msg = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        ssize_t n = recvmsg(manager, &msg, MSG_CMSG_CLOEXEC);
        ck_assert_msg(n >= 0, "the manager hears nothing: %s", strerror(errno));
        text[n] = '\0';
        int fd = -1;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
                if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
                        memcpy(&fd, CMSG_DATA(c), sizeof fd);
        return fd;
}

static int some_line(void)
{
        int ends[2];
        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
        (void)close(ends[1]);
        return ends[0];
}

static bool same(int a, int b)
{
        struct stat st_a, st_b;
        ck_assert_int_eq(fstat(a, &st_a), 0);
        ck_assert_int_eq(fstat(b, &st_b), 0);
        return st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino;
}

START_TEST(manager_gets_a_copy)
{
        struct thon_gpio_held *held = NULL;
        ck_assert_int_eq(thon_gpio_hold_add(hold, "254-0-17", some_line(), &held), 0);
        char text[256];
        int copy = hear(text);
        ck_assert_str_eq(text, "FDSTORE=1\nFDNAME=gpio-254-0-17");
        ck_assert(same(copy, thon_gpio_held_fd(held)));
        (void)close(copy);
}
END_TEST

START_TEST(line_in_use_is_not_found_twice)
{
        struct thon_gpio_held *held = NULL;
        ck_assert_int_eq(thon_gpio_hold_add(hold, "254-0-17", some_line(), &held), 0);
        ck_assert_ptr_eq(thon_gpio_hold_find(hold, "254-0-17"), held);
        ck_assert_ptr_null(thon_gpio_hold_find(hold, "254-0-1"));
        thon_gpio_held_use(held, true);
        ck_assert_ptr_null(thon_gpio_hold_find(hold, "254-0-17"));
        thon_gpio_held_use(held, false);
        ck_assert_ptr_eq(thon_gpio_hold_find(hold, "254-0-17"), held);
}
END_TEST

START_TEST(unused_lines_are_given_up)
{
        struct thon_gpio_held *used = NULL, *unused = NULL;
        ck_assert_int_eq(thon_gpio_hold_add(hold, "254-0-17", some_line(), &used), 0);
        ck_assert_int_eq(thon_gpio_hold_add(hold, "254-0-18", some_line(), &unused), 0);
        thon_gpio_held_use(used, true);
        char text[256];
        (void)close(hear(text));
        (void)close(hear(text));

        thon_gpio_hold_drop_unused(hold);
        ck_assert_int_eq(hear(text), -1);
        ck_assert_str_eq(text, "FDSTOREREMOVE=1\nFDNAME=gpio-254-0-18");
        ck_assert_ptr_null(thon_gpio_hold_find(hold, "254-0-18"));
        thon_gpio_held_use(used, false);
        ck_assert_ptr_eq(thon_gpio_hold_find(hold, "254-0-17"), used);
}
END_TEST

/* In a child, where the numbers from 3 on are free to be what the manager passes. Its exit status says what is wrong. */
static int next_run(int line, int other)
{
        /* Out of the way first: they may be 3 or 4 themselves. */
        line = fcntl(line, F_DUPFD, 20);
        other = fcntl(other, F_DUPFD, 20);
        char pid[16];
        (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
        if (dup2(line, 3) != 3 || dup2(other, 4) != 4 || setenv("LISTEN_PID", pid, 1) < 0 ||
            setenv("LISTEN_FDS", "2", 1) < 0 || setenv("LISTEN_FDNAMES", "gpio-254-0-17:http", 1) < 0)
                return 1;
        struct thon_gpio_hold *next = NULL;
        if (thon_gpio_hold_new(&next) != 0)
                return 2;
        struct thon_gpio_held *held = thon_gpio_hold_find(next, "254-0-17");
        if (!held || !same(thon_gpio_held_fd(held), line))
                return 3;
        if (thon_gpio_hold_find(next, "http") || fcntl(4, F_GETFD) < 0)
                return 4; /* not ours to take, nor to close */
        if (!(fcntl(thon_gpio_held_fd(held), F_GETFD) & FD_CLOEXEC))
                return 5;
        next = thon_gpio_hold_free(next);
        if (fcntl(3, F_GETFD) >= 0)
                return 6;
        return 0;
}

START_TEST(next_run_goes_on_with_the_line)
{
        int line = some_line(), other = some_line();
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
                _exit(next_run(line, other));
        int status = 0;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);
        (void)close(line);
        (void)close(other);
}
END_TEST

START_TEST(without_a_manager_it_is_a_list)
{
        ck_assert_int_eq(unsetenv("NOTIFY_SOCKET"), 0);
        struct thon_gpio_held *held = NULL;
        int line = some_line();
        ck_assert_int_eq(thon_gpio_hold_add(hold, "254-0-17", line, &held), 0);
        thon_gpio_hold_drop(hold, held);
        ck_assert_int_eq(fcntl(line, F_GETFD), -1);
        ck_assert_int_eq(errno, EBADF);

        char path[64];
        (void)snprintf(path, sizeof path, "%s/notify", dir);
        ck_assert_int_eq(setenv("NOTIFY_SOCKET", path, 1), 0);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("gpio_hold");
        TCase *tc = tcase_create("lines");
        tcase_add_checked_fixture(tc, setup, teardown);
        tcase_set_timeout(tc, 30);
        tcase_add_test(tc, manager_gets_a_copy);
        tcase_add_test(tc, line_in_use_is_not_found_twice);
        tcase_add_test(tc, unused_lines_are_given_up);
        tcase_add_test(tc, next_run_goes_on_with_the_line);
        tcase_add_test(tc, without_a_manager_it_is_a_list);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
