/* What comes in, between the files that bring it to the disk: poll.c and webhook.c read it, intake.c holds it until it is
 * stored, update.c says what it leads to. */
#pragma once

#include "relayd.h"

/* Updates that nobody gives a second time are held until they are on the disk, over any trouble of the store but the end of
 * the process. Takes over `updates`; `cursor` (NULL) is stored with them. `fn` (NULL) is called once, from the loop, when
 * they are there, `fresh` of them for the first time; or, not stored, at the end. -ENOBUFS and -ENOMEM: they are lost, and
 * `fn` is not called. */
typedef void (*relayd_intake_fn)(void *userdata, bool stored, size_t fresh);
int relayd_intake_add(struct relayd *d, const char *channel, struct relayd_update *updates, size_t n,
                      const char *cursor, relayd_intake_fn fn, void *userdata);
/* `fn` is not called any more for this userdata. */
void relayd_intake_forget(struct relayd *d, const void *userdata);
int relayd_intake_start(struct relayd *d);
void relayd_intake_stop(struct relayd *d);

/* One update and all that it leads to, in the open batch, once. 0 and whether it is new; else the store's trouble, and it is
 * to be tried again. */
int relayd_update_take(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *update,
                       bool *ret_fresh);
/* sms_inbound.c; as relayd_modem_update_fn, userdata is the channel. */
void relayd_inbound_sms(const struct relayd_update *update, void *userdata);
void relayd_updates_free(struct relayd_update *updates, size_t n);
