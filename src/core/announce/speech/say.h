/* What will be spoken, as it grows: words with one space between, and the marks between them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct speech_out {
        char *text; /* NUL-terminated once something was said */
        size_t size, room;
        bool marks; /* whether they are written */
        char mark;  /* what is to stand before the next word; 0: nothing */
        int error;  /* -ENOMEM; everything after it is in vain */
};

/* Words, borrowed, without a space at either end; marks in them are kept if marks are. */
void speech_say(struct speech_out *out, const char *words);
void speech_say_n(struct speech_out *out, const char *words, size_t size);
/* One of . , ; : ? ! The strongest of a row stands; none before the first word. */
void speech_mark(struct speech_out *out, char mark);
/* Writes the last mark. 0, -EINVAL (nothing was said), -ENOMEM; the caller frees. */
int speech_out_take(struct speech_out *out, char **ret);
void speech_out_done(struct speech_out *out);
