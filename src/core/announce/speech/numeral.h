/* A number as it is written: with points for thousands, a decimal comma, or the other way about. */
#pragma once

#include "number.h"
#include "reader.h"

struct numeral {
        char whole[SPEECH_NUMBER_MAX + 1]; /* figures; empty when there are too many of them */
        size_t whole_n;
        const char *decimals; /* borrowed of the token; NULL without */
        size_t decimals_n;
        bool sections; /* "1.2.3": figures with points between, not one number */
        size_t used;   /* tokens */
};

/* The longest number that begins at `at`, which is a TOKEN_NUMBER. */
void speech_numeral(const struct reader *r, size_t at, struct numeral *ret);
/* The whole part; UINT64_MAX with decimals. */
uint64_t speech_numeral_value(const struct numeral *numeral);
void speech_say_numeral(struct reader *r, const struct numeral *numeral);
