/* An announcement's memory: it is handed from the store to the planner and to those who rehearse, each with a copy
 * of its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/announce.h"

static const size_t texts[] = {
        offsetof(struct thon_announcement, title),        offsetof(struct thon_announcement, text),
        offsetof(struct thon_announcement, reading),      offsetof(struct thon_announcement, media),
        offsetof(struct thon_announcement, source),       offsetof(struct thon_announcement, cap),
        offsetof(struct thon_announcement, by),           offsetof(struct thon_announcement, reason),
        offsetof(struct thon_announcement, approved_by),  offsetof(struct thon_announcement, ended_by),
        offsetof(struct thon_announcement, ended_reason),
};
#define N_TEXTS (sizeof texts / sizeof *texts)

static char **text_at(struct thon_announcement *announcement, size_t i)
{
        return (char **)(void *)((char *)announcement + texts[i]);
}

static const char *text_of(const struct thon_announcement *announcement, size_t i)
{
        return *(char *const *)(const void *)((const char *)announcement + texts[i]);
}

void thon_announcement_done(struct thon_announcement *announcement)
{
        for (size_t i = 0; i < N_TEXTS; i++)
                free(*text_at(announcement, i));
        free(announcement->zones);
        thon_air_schedule_done(&announcement->schedule);
        *announcement = (struct thon_announcement){0};
}

int thon_announcement_copy(const struct thon_announcement *from, struct thon_announcement *ret)
{
        struct thon_announcement copy = *from;

        /* Nothing of the original may be reached from a half-made copy. */
        for (size_t i = 0; i < N_TEXTS; i++)
                *text_at(&copy, i) = NULL;
        copy.zones = NULL;
        copy.n_zones = 0;
        copy.schedule = (struct thon_air_schedule){0};

        if (thon_air_schedule_copy(&from->schedule, &copy.schedule) < 0)
                goto fail;
        for (size_t i = 0; i < N_TEXTS; i++) {
                const char *text = text_of(from, i);

                if (text && !(*text_at(&copy, i) = strdup(text)))
                        goto fail;
        }
        if (from->n_zones > 0) {
                copy.zones = calloc(from->n_zones, sizeof *copy.zones);
                if (!copy.zones)
                        goto fail;
                memcpy(copy.zones, from->zones, from->n_zones * sizeof *copy.zones);
                copy.n_zones = from->n_zones;
        }
        *ret = copy;
        return 0;
fail:
        thon_announcement_done(&copy);
        return -ENOMEM;
}
