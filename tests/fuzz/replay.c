/* Runs a fuzz target over files instead of libFuzzer: every argument is a file, or a directory whose files
 * are taken. `make test` replays the corpus with it, with any compiler and under the sanitizers. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "thon/cleanup.h"
#include "thon/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path, unsigned *count)
{
        _cleanup_free_ char *content = NULL;
        _cleanup_free_ uint8_t *exact = NULL;
        size_t size;

        int r = thon_file_read(path, 16 << 20, &content, &size);
        if (r < 0)
                return r;

        /* A block of exactly that size, without a NUL behind it, so that the sanitizer sees a read past the
         * end. */
        exact = malloc(size > 0 ? size : 1);
        if (!exact)
                return -ENOMEM;
        memcpy(exact, content, size);
        (void)LLVMFuzzerTestOneInput(exact, size);
        (*count)++;
        return 0;
}

static int replay(const char *path, unsigned *count)
{
        struct dirent **entries;
        struct stat st;

        if (stat(path, &st) < 0)
                return -errno;
        if (!S_ISDIR(st.st_mode))
                return replay_file(path, count);

        int n = scandir(path, &entries, NULL, alphasort);
        if (n < 0)
                return -errno;

        int r = 0;
        for (int i = 0; i < n; i++) {
                _cleanup_free_ struct dirent *entry = entries[i];
                _cleanup_free_ char *below = NULL;
                if (entry->d_name[0] == '.' || r < 0)
                        continue;
                if (asprintf(&below, "%s/%s", path, entry->d_name) < 0)
                        below = NULL;
                r = below ? replay(below, count) : -ENOMEM;
        }
        free(entries);
        return r;
}

int main(int argc, char **argv)
{
        unsigned count = 0;

        for (int i = 1; i < argc; i++) {
                int r = replay(argv[i], &count);
                if (r < 0) {
                        fprintf(stderr, "%s: %s\n", argv[i], strerror(-r));
                        return 1;
                }
        }
        printf("replayed %u inputs\n", count);
        return count > 0 ? 0 : 1;
}
