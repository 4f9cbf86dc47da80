/* What a player says, after a stranger's file has had its way with it: what is taken lies within its ranges, and its texts are fit for a log. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/player.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
        if (!ok)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct thon_player_news news;

        if (thon_player_news((const char *)data, size, &news) != 0)
                return 0;
        must(isfinite(news.db) && isfinite(news.lufs) && isfinite(news.peak_db));
        must(news.position_us <= INT64_MAX && news.length_us <= INT64_MAX);
        must(news.from_us <= news.to_us && news.to_us <= INT64_MAX);
        must(memchr(news.what, '\0', sizeof news.what) && memchr(news.detail, '\0', sizeof news.detail));
        must((news.is == THON_PLAYER_ERROR) == (news.what[0] != '\0'));
        for (const char *p = news.detail; *p; p++)
                must((unsigned char)*p >= ' ' && *p != 0x7f);
        return 0;
}
