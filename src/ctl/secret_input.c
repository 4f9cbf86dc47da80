/* The terminal's echo is off only while somebody types, and is put back whatever happens meanwhile. */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "thon/cleanup.h"

void ctl_secret_done(struct ctl_secret *secret)
{
        explicit_bzero(secret, sizeof(*secret));
}

/* A line, byte by byte: nothing of it stays in a buffer of the library's, and nothing behind it is taken. 0, -errno;
 * -EINTR when somebody gave up, -ENODATA without a line. */
static int read_line(int fd, struct ctl_secret *ret)
{
        for (;;) {
                char c;
                ssize_t n = read(fd, &c, 1);

                if (n < 0)
                        return -errno;
                if (n == 0) {
                        ret->ended = ret->size == 0;
                        return ret->ended ? -ENODATA : 0;
                }
                if (c == '\n')
                        return 0;
                if (c == '\0')
                        return -EBADMSG;
                if (ret->size == sizeof(ret->text) - 1)
                        return -EFBIG;
                ret->text[ret->size++] = c;
        }
}

/* Only there so that waiting ends and the echo is put back. */
static void give_up(int number)
{
        (void)number;
}

#define SIGNALS 5
static const int signals[SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

/* Signals are let in while it waits and at no other time, so that none falls between a look and the wait. At a terminal
 * there is a whole line when it is readable. */
static int wait_line(const char *prompt, struct ctl_secret *ret)
{
        struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
        sigset_t ours, before;
        int r;

        (void)sigemptyset(&ours);
        for (size_t i = 0; i < SIGNALS; i++)
                (void)sigaddset(&ours, signals[i]);
        (void)sigprocmask(SIG_BLOCK, &ours, &before);
        fputs(prompt, stderr);
        (void)fflush(stderr);
        r = ppoll(&fd, 1, NULL, &before) < 0 ? -errno : read_line(STDIN_FILENO, ret);
        fputc('\n', stderr);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        return r;
}

static int ask(const char *prompt, struct ctl_secret *ret)
{
        const struct sigaction action = {.sa_handler = give_up};
        struct sigaction before[SIGNALS];
        struct termios as_it_was, quiet;
        int r;

        if (tcgetattr(STDIN_FILENO, &as_it_was) < 0)
                return -errno;
        quiet = as_it_was;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        quiet.c_lflag |= ICANON;
        for (size_t i = 0; i < SIGNALS; i++)
                (void)sigaction(signals[i], &action, &before[i]);
        r = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) < 0 ? -errno : 0;
        if (r == 0) {
                r = wait_line(prompt, ret);
                (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &as_it_was);
        }
        for (size_t i = 0; i < SIGNALS; i++)
                (void)sigaction(signals[i], &before[i], NULL);
        return r;
}

/* 0 also of an empty line or none. */
static int told(struct ctl *ctl, int r, const char *what, const char *where)
{
        if (r == -EFBIG)
                return ctl_fail(ctl, "invalid", "a %s has at most %d bytes", what, CTL_SECRET_MAX);
        if (r == -EBADMSG)
                return ctl_fail(ctl, "invalid", "a %s is printable text", what);
        if (r == -EINTR)
                return ctl_fail(ctl, "cancelled", "nothing was changed");
        return r < 0 && r != -ENODATA ? ctl_fail(ctl, "io", "%s: %s", where, strerror(-r)) : CTL_OK;
}

/* Lines of another system end otherwise, and no secret does. */
static int read_from(int fd, struct ctl_secret *ret)
{
        int r = read_line(fd, ret);

        if (r == 0 && ret->size > 0 && ret->text[ret->size - 1] == '\r')
                ret->text[--ret->size] = '\0';
        return r;
}

int ctl_secret_ask(struct ctl *ctl, const char *what, const char *prompt, bool confirm,
                   struct ctl_secret *ret)
{
        _cleanup_(ctl_secret_done) struct ctl_secret again = {.size = 0};
        int r;

        if (!isatty(STDIN_FILENO))
                return told(ctl, read_from(STDIN_FILENO, ret), what, "standard input");
        r = ask(prompt, ret);
        if (r == 0 && confirm)
                r = ask("Once more: ", &again);
        if (r == 0 && confirm && (ret->size != again.size || memcmp(ret->text, again.text, ret->size) != 0))
                return ctl_fail(ctl, "invalid", "the two are not the same; nothing was changed");
        return told(ctl, r, what, "standard input");
}

int ctl_secret_file(struct ctl *ctl, const char *what, const char *path, const char *prompt,
                    struct ctl_secret *ret)
{
        _cleanup_close_ int fd = -1;

        if (strcmp(path, "-") == 0)
                return ctl_secret_ask(ctl, what, prompt, false, ret);
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        return told(ctl, fd < 0 ? -errno : read_from(fd, ret), what, path);
}
