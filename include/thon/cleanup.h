/* Scope-bound release, as in systemd: _cleanup_(x_freep) on the variable, THON_TAKE() to hand it over. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

#define THON_DEFINE_CLEANUP(type, func)     \
        static inline void func##p(type *p) \
        {                                   \
                if (*p)                     \
                        func(*p);           \
        }

#define THON_TAKE(ptr)                      \
        ({                                  \
                __typeof__(ptr) _p = (ptr); \
                (ptr) = NULL;               \
                _p;                         \
        })

static inline void thon_freep(void *p)
{
        free(*(void **)p);
}

static inline void thon_closep(int *fd)
{
        if (*fd >= 0)
                (void)close(*fd);
}

#define _cleanup_free_  _cleanup_(thon_freep)
#define _cleanup_close_ _cleanup_(thon_closep)
