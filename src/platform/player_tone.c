/* How long the player's tones sound: known here as well, for what is planned around them. tests/integration/test_player_tone.c holds both
 * together. */
#include <string.h>

#include "thon/player.h"

uint64_t thon_player_tone_us(const char *tone)
{
        static const struct {
                const char *name;
                uint64_t us;
        } tones[] = {{"chime-in", 2000000}, {"chime-out", 2000000}, {"alarm", 6000000}};

        for (size_t i = 0; i < sizeof(tones) / sizeof(tones[0]); i++)
                if (strcmp(tones[i].name, tone) == 0)
                        return tones[i].us;
        return 0;
}
