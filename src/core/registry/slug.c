/* One spelling for ids wherever they stand: in topics, file names, sections of configuration and on the command line. */
#include "thon/slug.h"

#include <string.h>

static bool slug_char(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool thon_slug_valid(const char *text)
{
        size_t n = strnlen(text, THON_SLUG_MAX + 1);

        if (n == 0 || n > THON_SLUG_MAX || !slug_char(text[0]))
                return false;
        for (size_t i = 1; i < n; i++)
                if (!slug_char(text[i]) && text[i] != '-')
                        return false;
        return true;
}
