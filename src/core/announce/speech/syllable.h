/* Vietnamese syllables: what a Vietnamese voice can say. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether a word (NFC, any case) is one. With `tones` a stop at the end must carry sắc or nặng, as it does in every
 * true word: "hat" is none then, and "hát" is one. */
bool speech_syllable(const char *word, size_t size, bool tones);
/* Whether somebody could say it: a consonant or two, vowels, a consonant or two ("KON", "ĐẮK", "KRÔNG"). */
bool speech_sayable(const char *word);
