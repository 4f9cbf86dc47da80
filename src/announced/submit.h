/* How an announcement is taken, for commands and alerts. */
#pragma once

#include "announced.h"

void announced_submit(struct announced *d, const struct thon_mqtt_message *message);
/* Takes what `a` owns. On the disk when it returns 0 (an emergency: or in memory while the store is away), and
 * aired as soon as its sound is there. `actor` NULL: `a->by`. 0, -ENOSPC, -ENOMEM, or the store's error; EXISTS. */
int announced_take(struct announced *d, struct thon_announcement *a, const char *actor,
                   struct announced_item **ret);
/* False: it is answered why. */
bool announced_pin_right(struct announced *d, const struct thon_mqtt_message *message, const char *by,
                         const char *pin);
void announced_reply_store(struct announced *d, const struct thon_mqtt_message *message, int r);
