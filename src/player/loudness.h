/* Sound at the loudness that is wanted: measured by EBU R128, turned up or down, and kept from clipping between the
 * samples too. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define LOUDNESS_PEAK_DB (-1.0)  /* dBTP at most */
#define LOUDNESS_SILENCE (-60.0) /* LUFS; below it is no speech and no music */

struct loudness {
        double lufs, peak_db; /* dBTP */
};
/* Called now and then; <0 ends the work with it. */
typedef int (*loudness_moment)(void);

/* 0, -ENOMEM, or -errno of `moment`. */
int loudness_measure(const float *samples, size_t n, loudness_moment moment, double *ret_lufs);
/* Writes the samples as WAV to `fd`, from its beginning, at `wanted` LUFS; `lufs` is what was measured of them. What is
 * next to silence is not turned up to more than silence would be. 0 or -errno. */
int loudness_write(const float *samples, size_t n, double lufs, double wanted, int fd,
                   loudness_moment moment, struct loudness *ret);
