/* The reading, a dictionary and the check for personal data on any bytes: a first line is the dictionary. Only words may come out,
 * and they are read again as they stand unless the dictionary says otherwise. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cleanup.h"
#include "thon/speech.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const char *words)
{
        while (*words) {
                int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)words, -1, &c);

                if (n <= 0 || (c != ' ' && (utf8proc_category(c) < UTF8PROC_CATEGORY_LU ||
                                            utf8proc_category(c) > UTF8PROC_CATEGORY_MC)))
                        abort();
                words += n;
        }
}

static void check_private(const char *text)
{
        struct thon_private found[8];
        size_t n = thon_private_find(text, found, 8), end = 0;

        for (size_t i = 0; i < n && i < 8; i++) {
                if (found[i].at < end || found[i].size == 0 || found[i].at + found[i].size > strlen(text))
                        abort();
                end = found[i].at + found[i].size;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
        size_t first = line ? (size_t)(line - data) : 0;
        struct thon_dictionary_problem problem;
        struct thon_dictionary *dictionary = NULL;
        struct thon_speech_options options = {.dialect = (enum thon_dialect)(size % THON_DIALECTS)};
        _cleanup_free_ char *text = strndup((const char *)data + first, size - first), *words = NULL,
                            *spoken = NULL;

        if (!text)
                return 0;
        if (thon_dictionary_parse((const char *)data, first, &dictionary, &problem) == 0)
                options.dictionary = dictionary;
        if (thon_speech_words(text, &options, &words) == 0) {
                check_words(words);
                if (thon_speech_read(text, &options, &spoken) < 0)
                        abort();
        }
        check_private(text);
        dictionary = thon_dictionary_free(dictionary);
        return 0;
}
