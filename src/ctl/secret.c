/* thonctl device secret: the password of a device. From the terminal without an echo, twice, or one line of standard input;
 * never from the command line, which every process of the machine can read and every shell writes down. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "ctl.h"
#include "thon/camera_form.h"
#include "thon/cleanup.h"

#define SECRET_MAX 255

struct secret {
        char text[SECRET_MAX + 2]; /* and one more, by which too long a one is seen */
        size_t size;
};

static void secret_done(struct secret *secret)
{
        explicit_bzero(secret, sizeof(*secret));
}

/* A line, byte by byte: nothing of it stays in a buffer of the library's, and nothing behind it is taken. 0, -errno;
 * -EINTR when somebody gave up, -ENODATA without a line. */
static int read_line(struct secret *ret)
{
        for (;;) {
                char c;
                ssize_t n = read(STDIN_FILENO, &c, 1);

                if (n < 0)
                        return -errno;
                if (n == 0)
                        return ret->size > 0 ? 0 : -ENODATA;
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
static int wait_line(const char *prompt, struct secret *ret)
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
        r = ppoll(&fd, 1, NULL, &before) < 0 ? -errno : read_line(ret);
        fputc('\n', stderr);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
        return r;
}

static int ask(const char *prompt, struct secret *ret)
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

static int read_secret(struct ctl *ctl, const char *id, struct secret *ret)
{
        _cleanup_(secret_done) struct secret again = {.size = 0};
        _cleanup_free_ char *prompt = NULL;
        int r;

        if (!isatty(STDIN_FILENO)) {
                r = read_line(ret);
                /* Lines of another system end otherwise, and no password does. */
                if (r == 0 && ret->size > 0 && ret->text[ret->size - 1] == '\r')
                        ret->text[--ret->size] = '\0';
        } else {
                if (asprintf(&prompt, "Password of %s: ", id) < 0)
                        prompt = NULL;
                r = ask(prompt ? prompt : "Password: ", ret);
                if (r == 0)
                        r = ask("Once more: ", &again);
                if (r == 0 && (ret->size != again.size || memcmp(ret->text, again.text, ret->size) != 0))
                        return ctl_fail(ctl, "invalid", "the two are not the same; nothing was changed");
        }
        if (r == -ENODATA || (r == 0 && ret->size == 0))
                return ctl_fail(
                        ctl, "invalid",
                        "no password was given; nothing was changed. To take it away: thonctl device "
                        "secret %s --remove",
                        id);
        if (r == -EFBIG)
                return ctl_fail(ctl, "invalid", "a password has at most %d bytes", SECRET_MAX);
        if (r == -EBADMSG)
                return ctl_fail(ctl, "invalid", "a password is printable text");
        if (r == -EINTR)
                return ctl_fail(ctl, "cancelled", "nothing was changed");
        return r < 0 ? ctl_fail(ctl, "io", "standard input: %s", strerror(-r)) : CTL_OK;
}

/* Said before the password is asked for. */
static int check_device(struct ctl *ctl, const char *id)
{
        _cleanup_json_ json_t *device = NULL;
        int r = thon_registry_show(ctl->store, THON_DEVICE, id, &device);

        return r != 0 ? ctl_fail_store(ctl, r) : CTL_OK;
}

static int secret(struct ctl *ctl, int argc, char **argv)
{
        _cleanup_(secret_done) struct secret password = {.size = 0};
        struct thon_actor actor = ctl_actor(ctl);
        bool away = false;
        const struct ctl_option options[] = {{"remove", NULL, &away}};
        int r = ctl_options(ctl, argc, argv, options, 1, &argc);

        if (r != CTL_OK)
                return r;
        if (argc != 1)
                return ctl_usage(ctl,
                                 "device secret takes one device; the password is asked for, or read from "
                                 "standard input");
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r == CTL_OK)
                r = check_device(ctl, argv[0]);
        if (r == CTL_OK && !away)
                r = read_secret(ctl, argv[0], &password);
        if (r != CTL_OK)
                return r;
        r = thon_device_secret_set(ctl->store, argv[0], away ? NULL : password.text, &actor);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, "device_secret");
        return ctl_done(ctl, json_pack("{s:s}", "id", argv[0]), "device %s: its password is %s", argv[0],
                        away ? "removed" : "set");
}

const struct ctl_command ctl_secret_commands[] = {
        {"device secret", "ID [--remove]", secret},
        {NULL, NULL, NULL},
};
