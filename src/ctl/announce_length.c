/* How long an announcement that was never aired would be. Rehearsal needs no voice and no player, so that it can be
 * asked anywhere: a text is counted in syllables, which in Vietnamese are the words between spaces, and a recording
 * is measured by its size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "announce_rehearse.h"
#include "thon/cleanup.h"
#include "thon/player.h"

/* espeak-ng as announced.conf runs it (150 a minute) reads notices at 3.2 to 3.6, pauses included: rather too long
 * than too short. */
#define SYLLABLES_PER_S 3.3
/* Bytes a second of what is usual for speech: WAV 44.1 kHz mono, MP3 at 128 kbit/s, Ogg and Opus at 64. */
#define WAV_RATE   88200
#define MP3_RATE   16000
#define OGG_RATE   8000
#define MEDIA_S    180 /* when the file is not to be had */
#define LENGTH_MAX (UINT64_C(6) * 3600 * 1000000)

static uint64_t length_of_text(const char *text, enum thon_dialect dialect)
{
        _cleanup_free_ char *words = NULL;
        const struct thon_speech_options options = {.dialect = dialect};
        size_t n = 0;
        bool inside = false;

        if (thon_speech_words(text, &options, &words) < 0)
                return 0;
        for (const char *p = words; *p; p++) {
                bool space = *p == ' ' || *p == '\n';

                n += !space && !inside;
                inside = !space;
        }
        return (uint64_t)((double)n / SYLLABLES_PER_S * 1e6);
}

static uint64_t length_of_media(const char *dir, const char *media)
{
        const char *dot = strrchr(media, '.');
        int64_t rate = !dot || strcasecmp(dot, ".mp3") == 0 ? MP3_RATE
                       : strcasecmp(dot, ".wav") == 0       ? WAV_RATE
                                                            : OGG_RATE;
        _cleanup_free_ char *path = NULL;
        struct stat st;

        if (asprintf(&path, "%s/%s", dir, media) < 0)
                path = NULL;
        if (!path || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
                return UINT64_C(1000000) * MEDIA_S;
        return (uint64_t)(st.st_size / rate + 1) * 1000000;
}

uint64_t ctl_announce_length(const struct thon_announcement *a, enum thon_dialect dialect,
                             const char *media_dir)
{
        bool emergency = a->class == THON_CLASS_EMERGENCY;
        uint64_t length = a->source  ? (uint64_t)a->source_s * 1000000
                          : a->media ? length_of_media(media_dir, a->media)
                                     : length_of_text(a->reading ? a->reading : a->text, dialect);

        if (length == 0)
                return 0;
        if (a->exercise)
                length += 2 * length_of_text("Đây là diễn tập.", dialect);
        if (emergency)
                length += thon_player_tone_us("alarm");
        else if (a->chime)
                length += thon_player_tone_us("chime-in") + thon_player_tone_us("chime-out");
        return length < LENGTH_MAX ? length : LENGTH_MAX;
}
