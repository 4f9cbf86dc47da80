/* What commands share: the words for a store that refuses. */
#pragma once

#include "relayd.h"

void relayd_command(struct relayd *d, const struct thon_mqtt_message *message);
void relayd_command_submit(struct relayd *d, const struct thon_mqtt_message *message);
void relayd_command_erase(struct relayd *d, const struct thon_mqtt_message *message); /* erase.c */

/* What a store call or relayd_batch_enter() said, at once. */
void relayd_reply_store(struct relayd *d, const struct thon_mqtt_message *message, int error);
