/* What commands share: strict members, and the words for a store that refuses. */
#pragma once

#include "relayd.h"

void relayd_command(struct relayd *d, const struct thon_mqtt_message *message);
void relayd_command_submit(struct relayd *d, const struct thon_mqtt_message *message);

/* The payload as an object without any other member; an empty one is {}. 0; -EINVAL with `error`; -ENOMEM. */
int relayd_take_command(const struct thon_mqtt_message *message, const char *const *members, json_t **ret,
                        struct thon_json_error *error);
/* One line of text of at most `max` bytes, borrowed; NULL when it is not there or null. */
bool relayd_take_text(const json_t *doc, const char *member, size_t max, const char **ret,
                      struct thon_json_error *error);

/* What a store call or relayd_batch_enter() said, at once. */
void relayd_reply_store(struct relayd *d, const struct thon_mqtt_message *message, int error);
