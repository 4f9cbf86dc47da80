/* Tones are computed, so that a station chimes and warns even when its files are gone.
 *
 * The chimes are three notes of a major triad, rising before and falling after, struck like a bell: an octave and a twelfth
 * above each that die away sooner. The alarm is the emergency signal of DIN 33404-3: a tone that falls from 1200 to 500 Hz each
 * second. Its phase is the integral of the falling frequency, and overtones keep it audible through horns and to
 * those who no longer hear high notes. */
#include "tones.h"

#include <math.h>
#include <string.h>

#include "thon/player.h"

#define NOTES         3
#define NOTE_EVERY_MS 400  /* from one note to the next */
#define NOTE_RINGS_MS 1200 /* until it is silent */
#define NOTE_EVERY    (NOTE_EVERY_MS / 1000.0)
#define NOTE_RINGS    (NOTE_RINGS_MS / 1000.0)
#define ATTACK        0.004
#define ALARM_FALL_MS 1000
#define ALARM_FALL    (ALARM_FALL_MS / 1000.0)
#define ALARM_FALLS   6
#define ALARM_HIGH    1200.0
#define ALARM_LOW     500.0

_Static_assert((NOTES - 1) * NOTE_EVERY_MS + NOTE_RINGS_MS == THON_PLAYER_CHIME_MS,
               "a chime is as long as its notes");
_Static_assert(THON_PLAYER_ALARM_MS == ALARM_FALLS * ALARM_FALL_MS, "the alarm is as long as its falls");

static const double triad[NOTES] = {523.25, 659.26, 783.99}; /* c'' e'' g'' */

bool player_tone_named(const char *name, enum player_tone *ret)
{
        static const char *const names[] = {
                [PLAYER_CHIME_IN] = "chime-in", [PLAYER_CHIME_OUT] = "chime-out", [PLAYER_ALARM] = "alarm"};

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (strcmp(name, names[i]) == 0) {
                        *ret = (enum player_tone)i;
                        return true;
                }
        return false;
}

uint64_t player_tone_length(enum player_tone tone)
{
        switch (tone) {
        case PLAYER_CHIME_IN:
        case PLAYER_CHIME_OUT:
                return (uint64_t)THON_PLAYER_CHIME_MS * PLAYER_RATE / 1000;
        case PLAYER_ALARM:
                return (uint64_t)THON_PLAYER_ALARM_MS * PLAYER_RATE / 1000;
        }
        return 0;
}

/* A struck note `t` seconds after its stroke. */
static double note(double hz, double t)
{
        double turn = 2 * M_PI * hz * t, sound;

        if (t < 0 || t >= NOTE_RINGS)
                return 0;
        sound = exp(-4 * t) * sin(turn) + 0.35 * exp(-7 * t) * sin(2 * turn) +
                0.15 * exp(-11 * t) * sin(3 * turn);
        if (t < ATTACK)
                sound *= t / ATTACK;
        if (t > NOTE_RINGS - 0.05) /* to true silence */
                sound *= (NOTE_RINGS - t) / 0.05;
        return sound;
}

static double chime(double t, bool rising)
{
        double sound = 0;

        for (int i = 0; i < NOTES; i++)
                sound += note(triad[rising ? i : NOTES - 1 - i], t - i * NOTE_EVERY);
        return 0.5 * sound;
}

static double alarm_at(double t)
{
        double fall = fmod(t, ALARM_FALL), edge = fmin(fall, ALARM_FALL - fall) / ATTACK;
        double turn =
                2 * M_PI * (ALARM_HIGH * fall - (ALARM_HIGH - ALARM_LOW) * fall * fall / (2 * ALARM_FALL));

        return 0.42 * fmin(edge, 1) * (sin(turn) + 0.4 * sin(2 * turn) + 0.3 * sin(3 * turn));
}

void player_tone_fill(enum player_tone tone, uint64_t at, int16_t *ret, size_t n)
{
        uint64_t length = player_tone_length(tone);

        for (size_t i = 0; i < n; i++) {
                double t = (double)(at + i) / PLAYER_RATE, sound = 0;

                if (at + i < length)
                        sound = tone == PLAYER_ALARM ? alarm_at(t) : chime(t, tone == PLAYER_CHIME_IN);
                ret[i] = (int16_t)lrint(sound * INT16_MAX);
        }
}
