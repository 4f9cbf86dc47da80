/* Lines to announced, on standard output; see thon/player.h. Only the main thread tells. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum player_trouble {
        PLAYER_NO_TROUBLE,
        PLAYER_SINK,
        PLAYER_INPUT,
        PLAYER_FORMAT,
        PLAYER_TOO_LONG,
        PLAYER_ORDER,
        PLAYER_MEMORY
};

void player_tell(const char *is);
/* Measured from..to, monotonic. */
void player_tell_level(double db, uint64_t from_us, uint64_t to_us);
void player_tell_done(uint64_t position_us, bool limit);
void player_tell_stopped(uint64_t position_us);
void player_tell_prepared(uint64_t length_us, double lufs, double peak_db);
void player_tell_error(enum player_trouble what, const char *detail);

/* From now on, until it is called with PLAYER_NO_TROUBLE: should `seconds` pass, the player says that this hung and ends. For
 * what may block before there is a second thread that watches. */
void player_deadline(enum player_trouble what, unsigned seconds);

/* Ends now, without what exit() would wait for. */
_Noreturn void player_end(int status);
