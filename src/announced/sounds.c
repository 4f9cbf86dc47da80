/* The sounds of an announcement: made when it is submitted, long before it airs, so that who approves it knows how
 * long it is and that it can be played at all. An emergency's go first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/player.h"

/* Said before and after, so that nobody who hears a part of it runs. */
static const char DRILL[] = "Đây là diễn tập.";

#define WARNING_TRIES 3

/* Without a voice, which was ended before and took its jobs along, only what is ours. */
static void sound_drop(struct announced_sound *sound, struct voice *voice)
{
        if (voice)
                voice_cancel(sound->job);
        if (voice && sound->path)
                voice_unhold(voice, sound->path);
        free(sound->path);
        free(sound->problem);
        *sound = (struct announced_sound){.item = sound->item};
}

void announced_sounds_drop(struct announced_item *item)
{
        struct voice *voice = item->daemon->voice;

        for (size_t i = 0; i < THON_DIALECTS; i++) {
                sound_drop(&item->body[i], voice);
                sound_drop(&item->drill[i], voice);
        }
        sound_drop(&item->fallback, voice);
}

static void on_sound(const struct voice_sound *made, const char *problem, void *userdata)
{
        struct announced_sound *sound = userdata;
        struct announced_item *item = sound->item;

        sound->job = NULL;
        sound->tries++;
        free(sound->problem);
        sound->problem = NULL;
        /* A machine that was busy with the storm may do it at the next try. */
        if (!made && item->a.class == THON_CLASS_EMERGENCY && sound->tries < WARNING_TRIES) {
                announced_sounds_want(item);
                return;
        }
        if (made && voice_hold(item->daemon->voice, made->path) == 0)
                sound->path = strdup(made->path);
        if (sound->path) {
                sound->length_us = made->length_us;
        } else {
                sound->problem = strdup(problem ? problem : "no memory");
                thon_warning("%s cannot be made into sound: %s", item->a.id,
                             problem ? problem : "no memory");
        }
        announced_sounds_ready(item);
}

/* A job that cannot even begin is a problem like one that failed. */
static void begun(struct announced_sound *sound, int r)
{
        if (r == 0)
                return;
        sound->job = NULL;
        free(sound->problem);
        sound->problem = strdup(strerror(-r));
}

int announced_reading(const struct announced *d, const struct thon_announcement *a,
                      enum thon_dialect dialect, char **ret)
{
        const struct thon_speech_options options = {.dialect = dialect, .dictionary = d->dictionary};
        char *copy;

        if (!a->reading)
                return thon_speech_read(a->text, &options, ret);
        copy = strdup(a->reading);
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        return 0;
}

static void want_text(struct announced_item *item, struct announced_sound *sound, enum thon_dialect dialect)
{
        struct announced *d = item->daemon;
        _cleanup_free_ char *reading = NULL;
        int r = announced_reading(d, &item->a, dialect, &reading);

        if (r == 0)
                r = voice_say(d->voice, reading, dialect, item->a.class == THON_CLASS_EMERGENCY, on_sound,
                              sound, &sound->job);
        begun(sound, r);
}

static bool wanted(const struct announced_sound *sound)
{
        return !sound->path && !sound->job;
}

void announced_sounds_want(struct announced_item *item)
{
        struct announced *d = item->daemon;
        const struct thon_source_conf *source =
                item->a.source ? thon_announced_conf_source(&d->conf, item->a.source) : NULL;
        bool urgent = item->a.class == THON_CLASS_EMERGENCY;

        item->fallback.item = item;
        for (size_t zone = 0; zone < d->conf.n_zones; zone++) {
                enum thon_dialect dialect = d->conf.zones[zone].dialect;
                struct announced_sound *body = &item->body[dialect], *drill = &item->drill[dialect];

                if (!(item->zones & UINT64_C(1) << zone))
                        continue;
                body->item = drill->item = item;
                if (item->a.text && wanted(body))
                        want_text(item, body, dialect);
                else if (item->a.media && wanted(body))
                        begun(body,
                              voice_media(d->voice, item->a.media, urgent, on_sound, body, &body->job));
                if (item->a.exercise && wanted(drill))
                        begun(drill,
                              voice_say(d->voice, DRILL, dialect, urgent, on_sound, drill, &drill->job));
        }
        if (source && source->fallback && wanted(&item->fallback))
                begun(&item->fallback, voice_media(d->voice, source->fallback, false, on_sound,
                                                   &item->fallback, &item->fallback.job));
}

static bool of_source(const struct announced_item *item)
{
        return item->a.source != NULL;
}

static const char *tone_before(const struct announced_item *item)
{
        return item->a.class == THON_CLASS_EMERGENCY ? "alarm" : item->a.chime ? "chime-in" : NULL;
}

static const char *tone_after(const struct announced_item *item)
{
        return item->a.chime && item->a.class != THON_CLASS_EMERGENCY ? "chime-out" : NULL;
}

uint64_t announced_length(const struct announced_item *item, size_t zone, const char **ret_problem)
{
        const struct announced *d = item->daemon;
        enum thon_dialect dialect = d->conf.zones[zone].dialect;
        const struct announced_sound *body = &item->body[dialect], *drill = &item->drill[dialect];
        uint64_t length = 0;

        if (ret_problem)
                *ret_problem = NULL;
        if (of_source(item) && !thon_announced_conf_source(&d->conf, item->a.source)) {
                if (ret_problem)
                        *ret_problem = "its source is no longer configured";
                return 0;
        }
        if (!of_source(item) && !body->path) {
                if (ret_problem)
                        *ret_problem = body->problem;
                return 0;
        }
        if (item->a.exercise && !drill->path) {
                if (ret_problem)
                        *ret_problem = drill->problem;
                return 0;
        }
        length = of_source(item) ? (uint64_t)item->a.source_s * 1000000 : body->length_us;
        if (item->a.exercise)
                length += 2 * drill->length_us;
        if (tone_before(item))
                length += thon_player_tone_us(tone_before(item));
        if (tone_after(item))
                length += thon_player_tone_us(tone_after(item));
        return length;
}

size_t announced_inputs(const struct announced_item *item, size_t zone,
                        struct plant_input inputs[static ANNOUNCED_INPUTS])
{
        const struct announced *d = item->daemon;
        enum thon_dialect dialect = d->conf.zones[zone].dialect;
        const struct thon_source_conf *source =
                of_source(item) ? thon_announced_conf_source(&d->conf, item->a.source) : NULL;
        size_t n = 0;

        if (tone_before(item))
                inputs[n++] = (struct plant_input){.tone = tone_before(item)};
        if (item->a.exercise)
                inputs[n++] = (struct plant_input){.file = item->drill[dialect].path};
        if (source)
                inputs[n++] = (struct plant_input){.live = source->url,
                                                   .live_us = (uint64_t)item->a.source_s * 1000000,
                                                   .silent_us = (uint64_t)source->silent_s * 1000000};
        else
                inputs[n++] = (struct plant_input){.file = item->body[dialect].path};
        if (item->a.exercise)
                inputs[n++] = (struct plant_input){.file = item->drill[dialect].path};
        if (tone_after(item))
                inputs[n++] = (struct plant_input){.tone = tone_after(item)};
        return n;
}
