/* Flapping of one device, for state.c alone. */
#pragma once

#include "thon/camera_state.h"

/* Changes within the window. */
unsigned flap_recent(const struct thon_device_state *state, const struct thon_state_rules *rules,
                     struct thon_mono now);
/* A change that counts; true: flapping begins with it. */
bool flap_change(struct thon_device_state *state, const struct thon_state_rules *rules,
                 struct thon_state_now now);
/* True: it ends now. */
bool flap_tick(struct thon_device_state *state, const struct thon_state_rules *rules, struct thon_mono now);
/* When it ends if nothing changes; NEVER: it does not flap. */
struct thon_mono flap_due(const struct thon_device_state *state, const struct thon_state_rules *rules);
