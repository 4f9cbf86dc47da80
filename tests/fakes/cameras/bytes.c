/* Bytes that grow. A failure is remembered and seen once, where the answer is sent. */
#include "farm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool bytes_room(struct bytes *bytes, size_t more)
{
        size_t room = bytes->room ? bytes->room : 1024;
        char *data;

        if (bytes->failed)
                return false;
        /* One more than is asked for: who reads puts a NUL behind. */
        while (room - bytes->n <= more)
                room *= 2;
        if (room == bytes->room)
                return true;
        data = realloc(bytes->data, room);
        if (!data) {
                bytes->failed = true;
                return false;
        }
        bytes->data = data;
        bytes->room = room;
        return true;
}

void bytes_add(struct bytes *bytes, const void *data, size_t n)
{
        if (n > 0 && bytes_room(bytes, n)) {
                memcpy(bytes->data + bytes->n, data, n);
                bytes->n += n;
        }
}

void bytes_text(struct bytes *bytes, const char *text)
{
        bytes_add(bytes, text, strlen(text));
}

void bytes_printf(struct bytes *bytes, const char *format, ...)
{
        va_list args;
        int n;

        if (!bytes_room(bytes, 512))
                return;
        va_start(args, format);
        n = vsnprintf(bytes->data + bytes->n, bytes->room - bytes->n, format, args);
        va_end(args);
        if (n >= 0 && (size_t)n >= bytes->room - bytes->n && bytes_room(bytes, (size_t)n)) {
                va_start(args, format);
                n = vsnprintf(bytes->data + bytes->n, bytes->room - bytes->n, format, args);
                va_end(args);
        }
        if (n < 0)
                bytes->failed = true;
        if (!bytes->failed)
                bytes->n += (size_t)n;
}

void bytes_cut(struct bytes *bytes, size_t n)
{
        bytes->n -= n;
        if (bytes->n > 0)
                memmove(bytes->data, bytes->data + n, bytes->n);
}

void bytes_done(struct bytes *bytes)
{
        free(bytes->data);
        *bytes = (struct bytes){0};
}

/* splitmix64: any seed will do, zero too. */
uint64_t dice(uint64_t *state)
{
        uint64_t z = (*state += 0x9e3779b97f4a7c15u);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}
