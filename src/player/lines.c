/* Standard input is how announced holds the player: as long as it is open somebody answers for the sound. */
#include "lines.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

int lines_fill(struct lines *lines)
{
        ssize_t n;

        memmove(lines->buffer, lines->buffer + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
        if (lines->end == sizeof lines->buffer)
                return -E2BIG;
        do
                n = read(STDIN_FILENO, lines->buffer + lines->end, sizeof lines->buffer - lines->end);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        lines->end += (size_t)n;
        return n == 0 ? -EPIPE : 0;
}

const char *lines_next(struct lines *lines, size_t *ret_size)
{
        char *begin = lines->buffer + lines->begin, *end = memchr(begin, '\n', lines->end - lines->begin);

        if (!end)
                return NULL;
        lines->begin += (size_t)(end - begin) + 1;
        *ret_size = (size_t)(end - begin);
        return begin;
}

bool lines_ended(void)
{
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        char passed[512];

        while (poll(&in, 1, 0) > 0) {
                ssize_t n = read(STDIN_FILENO, passed, sizeof passed);

                if (n == 0 || (n < 0 && errno != EINTR))
                        return true;
        }
        return false;
}
