/* Questions over whatever terminal there is: an SSH window, a screen, a serial console. One line out, one line in; no colours
 * and no moving of the cursor, so that nothing depends on what the other end understands.
 *
 * Ctrl-C and the end of input mean the same: it was not meant, and nothing was changed. Signals are let in while it waits
 * and at no other time. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "setup.h"
#include "thon/cleanup.h"
#include "thon/text.h"

#define ANSWER_MAX 1024

int setup_cancelled(struct setup *s)
{
        fputc('\n', s->out);
        (void)fflush(s->out);
        return ctl_fail(s->ctl, "cancelled", "đã dừng; chưa thay đổi gì");
}

static void give_up(int number)
{
        (void)number;
}

/* Byte by byte: what follows may be a password, which is not to be in a buffer of the library's. -EINTR, -ENODATA at the
 * end of input; what is too long is read to its end and -EFBIG. */
static int read_line(const sigset_t *let_in, char *line, size_t size)
{
        size_t n = 0;
        bool too_long = false;

        for (;;) {
                struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
                char c;
                ssize_t got;

                if (ppoll(&fd, 1, NULL, let_in) < 0)
                        return -errno;
                got = read(STDIN_FILENO, &c, 1);
                if (got < 0)
                        return -errno;
                if (got == 0)
                        return -ENODATA;
                if (c == '\n')
                        break;
                if (c == '\0' || n + 1 >= size)
                        too_long = true;
                else
                        line[n++] = c;
        }
        if (n > 0 && line[n - 1] == '\r')
                n--;
        line[n] = '\0';
        return too_long ? -EFBIG : 0;
}

static int wait_line(FILE *out, const char *question, const char *preset, char *line, size_t size)
{
        static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
        const struct sigaction action = {.sa_handler = give_up};
        struct sigaction before[sizeof(numbers) / sizeof(numbers[0])];
        sigset_t ours, let_in;
        int r;

        (void)sigemptyset(&ours);
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                (void)sigaddset(&ours, numbers[i]);
        (void)sigprocmask(SIG_BLOCK, &ours, &let_in);
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                (void)sigaction(numbers[i], &action, &before[i]);
        fprintf(out, *preset ? "%s [%s]: " : "%s: ", question, preset);
        (void)fflush(out);
        r = read_line(&let_in, line, size);
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                (void)sigaction(numbers[i], &before[i], NULL);
        (void)sigprocmask(SIG_SETMASK, &let_in, NULL);
        return r;
}

int setup_ask(struct setup *s, const char *question, const char *preset, char *ret, size_t size)
{
        for (;;) {
                _cleanup_free_ char *nfc = NULL;
                char line[ANSWER_MAX];
                int r;

                r = wait_line(s->out, question, preset, line, sizeof(line));
                if (r == -EINTR || r == -ENODATA)
                        return setup_cancelled(s);
                if (r < 0 && r != -EFBIG)
                        return ctl_fail(s->ctl, "io", "standard input: %s", strerror(-r));
                if (r == 0)
                        r = thon_text_nfc(line, sizeof(line), &nfc);
                if (r == -EINVAL)
                        fprintf(s->out,
                                "Không đọc được: cửa sổ dòng lệnh phải dùng bảng mã UTF-8. Gõ lại.\n");
                else if (r < 0 || strlen(*nfc ? nfc : preset) >= size)
                        fprintf(s->out, "Dài quá. Gõ lại.\n");
                else {
                        const char *answer = *nfc ? nfc : preset;

                        memmove(ret, answer, strlen(answer) + 1);
                        /* What is piped in is not seen otherwise. */
                        if (!isatty(STDIN_FILENO))
                                fprintf(s->out, "%s\n", nfc);
                        return CTL_OK;
                }
        }
}

int setup_ask_yes(struct setup *s, const char *question, bool preset, bool *ret)
{
        for (;;) {
                _cleanup_free_ char *folded = NULL;
                char full[SETUP_ERROR_MAX], answer[64];
                int r;

                (void)snprintf(full, sizeof(full), "%s (c = có, k = không)", question);
                r = setup_ask(s, full, preset ? "c" : "k", answer, sizeof(answer));
                if (r != CTL_OK)
                        return r;
                if (thon_text_fold(answer, sizeof(answer), &folded) == 0) {
                        bool yes = strcmp(folded, "c") == 0 || strcmp(folded, "co") == 0 ||
                                   strcmp(folded, "y") == 0 || strcmp(folded, "yes") == 0,
                             no = strcmp(folded, "k") == 0 || strcmp(folded, "khong") == 0 ||
                                  strcmp(folded, "n") == 0 || strcmp(folded, "no") == 0;

                        if (yes || no) {
                                *ret = yes;
                                return CTL_OK;
                        }
                }
                fprintf(s->out, "Gõ c (có) hoặc k (không).\n");
        }
}
