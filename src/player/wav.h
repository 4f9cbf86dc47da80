/* WAV as this program writes it: 48 kHz, 16 bit, little endian, one channel. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PLAYER_WAV_HEADER 44

struct player_wav { /* opened for reading */
        int fd;
        off_t begins;     /* of the samples */
        uint64_t samples; /* as many as are really there */
};

/* Prepared sound: 0, -errno of the file, or -EBADMSG for anything else than that. */
int player_wav_open(const char *path, struct player_wav *ret);
/* n samples from `at` on, all within `samples`. 0 or -errno; -ENODATA when the file became shorter. */
int player_wav_read(const struct player_wav *wav, uint64_t at, int16_t *ret, size_t n);
void player_wav_close(struct player_wav *wav);

/* The header of a file that has `samples`. Beyond 4 GiB it says 4 GiB. */
void player_wav_header(uint64_t samples, uint8_t ret[static PLAYER_WAV_HEADER]);
