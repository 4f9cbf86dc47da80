/* Numbers in words. */
#pragma once

#include <stddef.h>

#include "say.h"
#include "thon/speech.h"

#define SPEECH_NUMBER_MAX 15 /* figures: up to nine hundred ninety-nine thousand billion */

/* A whole number of up to SPEECH_NUMBER_MAX figures; zeros before it are not said. */
void speech_number(struct speech_out *out, const char *figures, size_t n, enum thon_dialect dialect);
/* One figure after the other. */
void speech_figures(struct speech_out *out, const char *figures, size_t n);
/* The same in groups with a pause between, so that a long one can be written down by who hears it. */
void speech_figure_groups(struct speech_out *out, const char *figures, size_t n);
/* The part behind a decimal comma: as a number up to three figures that begin with no zero, else figure by figure. */
void speech_decimals(struct speech_out *out, const char *figures, size_t n, enum thon_dialect dialect);
