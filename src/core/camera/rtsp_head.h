/* The head of one RTSP message, whole. */
#pragma once

#include "thon/rtsp.h"

static inline char thon_rtsp_upper(char c)
{
        return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}
/* ASCII, whatever the locale; `name` in capitals. */
static inline bool thon_rtsp_is(struct thon_rtsp_text text, const char *name)
{
        size_t i = 0;
        for (; i < text.size && name[i]; i++)
                if (thon_rtsp_upper(text.at[i]) != name[i])
                        return false;
        return i == text.size && !name[i];
}
struct thon_rtsp_text thon_rtsp_trim(struct thon_rtsp_text text);
/* Decimal digits alone, up to `max`; false else. */
bool thon_rtsp_number(struct thon_rtsp_text text, uint32_t max, uint32_t *ret);

/* `size` bytes with the empty line at their end. Lines that are folded are made one. Of a request (`answer` false) only the
 * length of the body is of interest. `ret->body.size` is what Content-Length says; `at` is the caller's to fill. 0 or a
 * positive thon_rtsp_error. */
int thon_rtsp_head_read(char *head, size_t size, bool answer, struct thon_rtsp_answer *ret);
