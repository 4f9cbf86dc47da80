/* Letters by name, and what is no word: abbreviations, codes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "say.h"

/* A letter's name, "bê" of "B"; NULL for what is no Latin letter. */
const char *speech_letter_name(int32_t letter);
/* Every letter of a word by its name; letters without one as they are. */
void speech_spell(struct speech_out *out, const char *word);
/* A toneless run such as "thanhhoa" in syllables, each a word, where it falls into them; false (nothing said) where it does
 * not. */
bool speech_say_syllables(struct speech_out *out, const char *lower);
