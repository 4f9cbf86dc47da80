/* event/store-down: the store is damaged, full, read-only or gone, as this daemon or another one of the site finds; told to the people
 * of the routes that match it, without the store. docs/faults.md. */
#pragma once

#include "relayd.h"

int relayd_store_down_start(struct relayd *d); /* after the channels */
void relayd_store_down_stop(struct relayd *d); /* after the channels, before d->http is freed */

/* What a daemon says of the store: a slug of thon_store_error_slug(), "io", or NULL for nothing to say against it. */
void relayd_store_seen(struct relayd *d, const char *daemon, const char *slug);
/* status/<daemon>, of which only the health's word about the store is read. */
void relayd_store_message(struct relayd *d, const char *daemon, const struct thon_mqtt_message *message);
/* The broker is there: what stands is told to it, and an end that it has not heard. */
void relayd_store_connected(struct relayd *d);
/* What is published under this tag, which no row of the outbox has, the broker has taken. */
#define RELAYD_STORE_END_TAG INT64_C(-1)
void relayd_store_end_taken(struct relayd *d);
