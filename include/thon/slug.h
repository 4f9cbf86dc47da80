/* Ids that people choose: of circuits, areas, channels, templates; also the last part of topics. */
#pragma once

#include <stdbool.h>

#define THON_SLUG_MAX 63 /* characters: [a-z0-9][a-z0-9-]{0,62} */
typedef char thon_slug[THON_SLUG_MAX + 1];

bool thon_slug_valid(const char *text);
