/* Reports, between the files that make them: update.c, reports.c, report_say.c, report_order.c, attachments.c. All of it in
 * a batch. */
#pragma once

#include "relayd.h"
#include "thon/report_store.h"

/* ---- update.c ---- */
/* On the channel, or on another one of the same account. All "" when nobody knows the address. */
int relayd_sender_find(struct relayd *d, const struct relayd_channel *channel, const char *address,
                       struct thon_sender *ret);

/* ---- reports.c ---- */
/* A private message of a citizen: opens a report or goes on with the one of that chat. *ret_waits: its update stays open in
 * the store until its attachment is there. */
int relayd_report_take(struct relayd *d, struct relayd_channel *channel, const struct relayd_update *update,
                       int64_t inbound, bool *ret_waits);
/* Somebody came. */
int relayd_report_greet(struct relayd *d, const struct relayd_channel *channel, const char *address);
/* Somebody acknowledges what does not wait for it. */
int relayd_report_no_notice(struct relayd *d, const struct relayd_channel *channel, const char *address,
                            int64_t notice);
/* Closed ones that are older than the configuration keeps, with their files. */
void relayd_reports_prune(struct relayd *d);
int relayd_reports_start(struct relayd *d);
void relayd_reports_stop(struct relayd *d);

/* ---- report_say.c ---- */
struct thon_report_facts relayd_report_facts(const struct relayd *d, const struct thon_report *report);
/* To the chat, by message. */
int relayd_report_say(struct relayd *d, const char *channel, const char *address, enum thon_report_word word,
                      const struct thon_report_facts *facts);
/* The same, unless it was said in this chat within the hour. */
int relayd_report_say_once(struct relayd *d, const char *channel, const char *address,
                           enum thon_report_word word, const struct thon_report_facts *facts);
/* Told to whoever sees to reports: event/relay-report, raised with the citizen's words, cleared when it is closed. */
void relayd_report_announce(struct relayd *d, const struct thon_report *report, const char *words);
struct relayd_said;
int relayd_said_new(struct relayd_said **ret);

/* ---- attachments.c ---- */
/* Attachments wait in the store, and are on the disk. */
void relayd_attachments_look(struct relayd *d);
/* Of one that is removed. */
void relayd_attachment_unlink(const char *file, void *userdata);
int relayd_attachments_start(struct relayd *d);
void relayd_attachments_stop(struct relayd *d);
