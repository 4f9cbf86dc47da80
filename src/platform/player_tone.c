/* What the daemon and thonctl know of the player's tones without its code: their lengths. src/player/tones.c is
 * held to the same figures when it is compiled. */
#include <string.h>

#include "thon/player.h"

uint64_t thon_player_tone_us(const char *tone)
{
        static const struct {
                const char *name;
                unsigned ms;
        } tones[] = {{"chime-in", THON_PLAYER_CHIME_MS},
                     {"chime-out", THON_PLAYER_CHIME_MS},
                     {"alarm", THON_PLAYER_ALARM_MS}};

        for (size_t i = 0; i < sizeof(tones) / sizeof(tones[0]); i++)
                if (strcmp(tones[i].name, tone) == 0)
                        return tones[i].ms * UINT64_C(1000);
        return 0;
}
