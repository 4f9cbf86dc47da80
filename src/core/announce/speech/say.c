/* Marks wait until a word follows, so that "(5 m²)," leaves one pause and not three. */
#include "say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"

static int strength(char mark)
{
        static const char order[] = ",:;.!?";
        const char *at = mark ? strchr(order, mark) : NULL;

        return at ? (int)(at - order) + 1 : 0;
}

static void append(struct speech_out *out, const char *text, size_t n)
{
        if (out->error < 0)
                return;
        if (out->size + n + 1 > out->room) {
                size_t room = (out->size + n + 1) * 2;
                char *text_new = realloc(out->text, room);
                if (!text_new) {
                        out->error = -ENOMEM;
                        return;
                }
                out->text = text_new;
                out->room = room;
        }
        memcpy(out->text + out->size, text, n);
        out->size += n;
        out->text[out->size] = '\0';
}

void speech_say_n(struct speech_out *out, const char *words, size_t size)
{
        while (size > 0) {
                size_t n = 0;

                while (n < size && words[n] != ' ' && strength(words[n]) == 0)
                        n++;
                if (n > 0) {
                        if (out->size > 0) {
                                if (out->mark && out->marks)
                                        append(out, &out->mark, 1);
                                append(out, " ", 1);
                        }
                        out->mark = 0;
                        append(out, words, n);
                } else {
                        speech_mark(out, *words);
                        n = 1;
                }
                words += n;
                size -= n;
        }
}

void speech_say(struct speech_out *out, const char *words)
{
        speech_say_n(out, words, strlen(words));
}

void speech_mark(struct speech_out *out, char mark)
{
        if (out->size > 0 && strength(mark) > strength(out->mark))
                out->mark = mark;
}

int speech_out_take(struct speech_out *out, char **ret)
{
        if (out->mark && out->marks)
                append(out, &out->mark, 1);
        out->mark = 0;
        if (out->error < 0)
                return out->error;
        if (out->size == 0)
                return -EINVAL;
        *ret = THON_TAKE(out->text);
        out->size = out->room = 0;
        return 0;
}

void speech_out_done(struct speech_out *out)
{
        free(out->text);
        *out = (struct speech_out){0};
}
