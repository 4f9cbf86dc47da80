/* Any bytes as CSV: the reader comes to an end, keeps its limits, and what it read is written and read back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void csv_freep(struct thon_csv **csv)
{
        thon_csv_free(*csv);
}

static void require(bool truth)
{
        if (!truth)
                abort();
}

/* A word in front, so that the row is not blank, and the separator is sure. */
static void write_and_read(const char *const *fields, size_t n)
{
        _cleanup_(csv_freep) struct thon_csv *csv = NULL;
        _cleanup_free_ char *buffer = NULL;
        const char *const *again;
        size_t size = 0, n_again;

        require(thon_csv_append(&buffer, &size, "a", ';', false) == 0 &&
                thon_csv_append(&buffer, &size, "b", ';', true) == 0 &&
                thon_csv_append(&buffer, &size, "x", ';', n == 0) == 0);
        for (size_t i = 0; i < n; i++)
                require(thon_csv_append(&buffer, &size, fields[i], ';', i + 1 == n) == 0);
        require(thon_csv_new(buffer, size, &csv) == 0);
        require(thon_csv_next(csv, &again, &n_again) == THON_CSV_OK && n_again == 2);
        require(thon_csv_next(csv, &again, &n_again) == THON_CSV_OK && n_again == n + 1);
        for (size_t i = 0; i < n; i++)
                require(strcmp(fields[i], again[i + 1]) == 0);
        require(thon_csv_next(csv, &again, &n_again) == THON_CSV_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(csv_freep) struct thon_csv *csv = NULL;
        unsigned line = 0;

        require(thon_csv_new((const char *)data, size, &csv) == 0);
        for (;;) {
                const char *const *fields;
                bool fits = true;
                size_t n;
                int r = thon_csv_next(csv, &fields, &n);

                if (r == THON_CSV_END)
                        return 0;
                require(thon_csv_line(csv) > line);
                line = thon_csv_line(csv);
                if (r == THON_CSV_INVALID) {
                        require(thon_csv_message(csv)[0] != '\0');
                        continue;
                }
                require(n >= 1 && n <= THON_CSV_COLUMNS_MAX);
                for (size_t i = 0; i < n; i++) {
                        require(strlen(fields[i]) <= THON_CSV_FIELD_MAX);
                        /* one byte is left for the apostrophe */
                        fits = fits && strlen(fields[i]) < THON_CSV_FIELD_MAX;
                }
                if (fits && n < THON_CSV_COLUMNS_MAX)
                        write_and_read(fields, n);
        }
}
