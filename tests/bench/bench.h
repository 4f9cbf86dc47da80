/* What the measuring programs share: two clocks, quantiles, and how a figure is told.
 *
 * A program prints one JSON object a line: {"method":TEXT} says how the figures that follow are measured, and
 * {"name","value","unit",...} is a figure. tests/bench/run reads them, knows the budgets, and prints the table. Whatever
 * fails ends the program with a message: a figure of something that failed would be worse than none. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline void __attribute__((noreturn, format(printf, 1, 2))) bench_die(const char *format, ...)
{
        va_list args;

        va_start(args, format);
        (void)vfprintf(stderr, format, args);
        va_end(args);
        (void)fputc('\n', stderr);
        exit(1);
}

static inline double bench_seconds(clockid_t id)
{
        struct timespec t;

        if (clock_gettime(id, &t) < 0)
                bench_die("clock_gettime failed");
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* By the clock on the wall: what somebody waits. */
static inline double bench_now(void)
{
        return bench_seconds(CLOCK_MONOTONIC);
}

static inline int bench_compare(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

/* The smallest value that at least the share `q` of all does not exceed. Sorts. */
static inline double bench_quantile(double *values, size_t n, double q)
{
        size_t rank = (size_t)(q * (double)n + 0.999999);

        qsort(values, n, sizeof(*values), bench_compare);
        return values[rank < 1 ? 0 : rank > n ? n - 1 : rank - 1];
}

/* `text` is printed as it is into JSON: no quotes, no backslashes, no control characters. */
static inline void bench_method(const char *text)
{
        printf("{\"method\":\"%s\"}\n", text);
}

static inline void bench_figure(const char *name, double value, const char *unit)
{
        printf("{\"name\":\"%s\",\"value\":%.9g,\"unit\":\"%s\"}\n", name, value, unit);
}

/* `what` is what was measured beside, in the same run. */
static inline void bench_beside(const char *name, double value, const char *unit, const char *what,
                                double peer)
{
        printf("{\"name\":\"%s\",\"value\":%.9g,\"unit\":\"%s\",\"peer\":\"%s\",\"peer_value\":%.9g}\n",
               name, value, unit, what, peer);
}
