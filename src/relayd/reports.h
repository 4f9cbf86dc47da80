/* Reports, between the files that make them: inbound.c, reports.c, attachments.c. */
#pragma once

#include "relayd.h"
#include "thon/report_store.h"

/* A private message of a citizen, in a batch: opens a report or goes on with the one of that chat. *ret_waits: its update
 * stays open in the store until its attachment is there. */
int relayd_report_take(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *update,
                       int64_t inbound, bool *ret_waits);
/* Something told to the citizen of a report, by message. */
void relayd_report_tell(struct relayd *d, int64_t report, enum thon_report_word word);
int relayd_reports_start(struct relayd *d);
void relayd_reports_stop(struct relayd *d);

/* ---- attachments.c ---- */
/* Fetched after the present batch is on the disk. -ENOBUFS when too many wait. */
int relayd_attachment_add(struct relayd *d, struct relayd_channel *channel, int64_t inbound, int64_t report,
                          bool image, const char *url);
int relayd_attachments_start(struct relayd *d);
void relayd_attachments_stop(struct relayd *d);
