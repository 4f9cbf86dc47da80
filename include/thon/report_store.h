/* Citizens' reports in the store. relayd is the only writer; thonctl and the console read. */
#pragma once

#include "thon/json.h"
#include "thon/relay_report.h"
#include "thon/store.h"

struct thon_report {
        int64_t id; /* out */
        enum thon_report_state state;
        char channel[THON_CHANNEL_NAME], address[THON_ADDRESS_MAX];
        char name[256], person[64], household[64], area[64]; /* "" not known */
        char assignee[128], reason[1024];                    /* "" none */
        bool has_place;
        double lat, lon;
        struct thon_wall due, opened_at, updated_at;
};
int thon_report_open(struct thon_store *store, struct thon_report *report);
/* NOT_FOUND. */
int thon_report_get(struct thon_store *store, int64_t id, struct thon_report *ret);
/* The one that is still open in this chat. NOT_FOUND. */
int thon_report_of_chat(struct thon_store *store, const char *channel, const char *address,
                        struct thon_report *ret);
/* State, assignee, reason, place, area and updated_at of `report` replace what is there; closing notes the time. With a
 * row in the audit log when somebody ordered it (`by` not ""). */
int thon_report_update(struct thon_store *store, const struct thon_report *report, const char *by);

struct thon_report_entry {
        struct thon_wall at;
        const char *by;   /* "" the citizen */
        const char *kind; /* "text", "picture", "location", "file", "state", "answer" */
        const char *text;
        const char *file, *type; /* NULL none */
        int64_t size;
};
int thon_report_entry_add(struct thon_store *store, int64_t report, const struct thon_report_entry *entry);
/* How much this chat's citizen has sent since, over all its reports, with attachments that are still to be fetched. */
int thon_report_entries_since(struct thon_store *store, const char *channel, const char *address,
                              struct thon_wall since, int64_t *ret);

/* An update whose attachment is still to be fetched; it is open until thon_inbound_done(). */
struct thon_report_attachment {
        int64_t inbound, report;
        const char *channel, *url;
        bool image;
        struct thon_wall at; /* when it came */
};
int thon_report_attachment_wait(struct thon_store *store, int64_t inbound, int64_t report, const char *url);
/* Those behind that update (0: all), in order. What `visit` returns but 0 ends it, and is returned. */
int thon_report_attachments_waiting(struct thon_store *store, int64_t after,
                                    int (*visit)(const struct thon_report_attachment *, void *),
                                    void *userdata);

/* Removes reports that were closed before that instant, with their entries; `visit` is told of each of their files before.
 * At most 50 a call: again while *ret_n > 0. */
int thon_report_prune(struct thon_store *store, struct thon_wall before,
                      void (*visit)(const char *file, void *), void *userdata, size_t *ret_n);

/* [{"id","state","area","name","opened_at","due","overdue","assignee","text"}], open ones first by due time. */
int thon_report_list(struct thon_store *store, bool open_only, struct thon_wall now, int64_t limit,
                     json_t **ret);
/* With {"entries":[...]}; NOT_FOUND. The citizen's address is not shown: answers go through relayd. */
int thon_report_show(struct thon_store *store, int64_t id, struct thon_wall now, json_t **ret);
