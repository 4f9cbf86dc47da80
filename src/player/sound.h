/* The thread that makes the sound: from the programme through the shape to the sink, block by block. All that it does may wait
 * for nothing but the sink; who orders it and who is told of it is the main thread, through here. */
#pragma once

#include "archive.h"
#include "inputs.h"
#include "order.h"
#include "shape.h"
#include "sink.h"
#include "tell.h"

#define SOUND_BLOCK 960 /* samples, 20 ms */

enum sound_end { SOUND_GOES_ON, SOUND_DONE, SOUND_STOPPED, SOUND_FAILED };

/* What came since it was asked for last. */
struct sound_news {
        bool started, level, silent;
        double db;
        uint64_t level_us; /* monotonic: when the half second had been given */
        enum sound_end end;
        uint64_t position_us;
        bool limit;
        enum player_trouble trouble;
        struct thon_json_error error;
        uint64_t waiting_us;            /* monotonic, since when it waits for the sink; 0: it does not */
        struct thon_json_error archive; /* why the archive ended early; "" */
};

struct sound;

/* Borrows all of it; `archive` may be NULL. 0 or -errno. */
int sound_new(const struct player_order *order, struct player_programme *programme, struct sink *sink,
              struct archive *archive, struct sound **ret);
/* Begins the thread. */
int sound_start(struct sound *sound);
/* Becomes readable when there is news. */
int sound_fd(const struct sound *sound);
void sound_news(struct sound *sound, struct sound_news *ret);
/* Fades out from here and ends. */
void sound_stop(struct sound *sound, int fade_ms);
