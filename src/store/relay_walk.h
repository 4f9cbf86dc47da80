/* Deliveries on their ladders, and the messages that they share, inside the caller's transaction. */
#pragma once

#include "sql.h"
#include "thon/relay_store.h"

/* The notice whose deliveries walk. */
struct thon_walk {
        struct thon_store *store;
        int64_t notice;
        enum thon_class class;
        enum thon_notice_state state;
        int64_t round;
        struct thon_wall expires, at;
        thon_step_fn step; /* NULL: there are no further rungs */
        void *userdata;
        bool doubt;   /* an earlier try may have been received: the end is unknown rather than not sent */
        bool pending; /* some delivery became pending by it */
};
struct thon_walker {
        int64_t delivery;
        bool household; /* it ends with a visit */
        const char *ladder;
        int rung;
};

/* Loads the notice; *ret_found false when there is none. */
int thon_walk_begin(struct thon_store *store, int64_t notice, struct thon_wall at, thon_step_fn step,
                    void *userdata, struct thon_walk *ret, bool *ret_found);
/* Puts a delivery on a rung: makes the message of its chat, or joins it and takes what became of it; where that was not
 * sent, goes on by `step`. */
int thon_walk_place(struct thon_walk *walk, const struct thon_walker *walker, int rung, struct thon_wall due,
                    enum thon_due why);
/* Every undecided delivery of a message that was not sent goes on with its next rung; `detail` says why it was not. */
int thon_walk_message(struct thon_walk *walk, int64_t message, const char *detail);
/* An unknown delivery alone, as above. */
int thon_walk_on(struct thon_walk *walk, const struct thon_walker *walker, const char *detail);
/* A notice that was done is open again when a delivery became pending. */
int thon_walk_finish(struct thon_walk *walk);

/* A message ends, with its undecided deliveries. SENT, NOT_SENT or UNKNOWN. */
int thon_message_end(struct thon_store *store, int64_t message, enum thon_message_phase state,
                     const char *detail, struct thon_wall at);
/* Its undecided deliveries alone. */
int thon_deliveries_end(struct thon_store *store, int64_t message, enum thon_message_phase state,
                        const char *detail, struct thon_wall at);
/* The unknown deliveries of a message that was queued again, of those that it carries too, are pending again, and their
 * notices open. */
int thon_message_reopen(struct thon_store *store, int64_t message, struct thon_wall at);
/* A queued or sending message that expired, or that nobody wants sent any more: not sent, or unknown when an earlier try
 * was. A carrier lets go of what it carried: that is queued again, or ended if expired too. */
int thon_message_drop(struct thon_store *store, int64_t message, const char *detail, struct thon_wall at);
/* What a carrier carried is queued again by itself, or ended if it expired. */
int thon_carrier_release(struct thon_store *store, int64_t carrier, struct thon_wall at);
/* The carried message behind ret->id (0: the first); id 0 when there is none. */
struct thon_carried {
        int64_t id, notice;
};
int thon_carried_next(struct thon_store *store, int64_t carrier, struct thon_carried *ret);

/* Queued messages of a notice are dropped, its pending deliveries end; what is sending stays. */
int thon_notice_drop(struct thon_store *store, int64_t notice, const char *detail, struct thon_wall at,
                     size_t *ret_n);

/* Columns of a struct thon_message, FROM message AS m LEFT JOIN notification AS n. */
#define THON_MESSAGE_COLUMNS                                                                                  \
        "m.id, m.notification, m.class, m.channel, m.address, coalesce(m.text, n.text, ''),"                  \
        " CASE WHEN m.text IS NULL THEN n.template END, CASE WHEN m.text IS NULL THEN n.template_values END," \
        " m.attempts, m.unknowns, m.part, m.expires, m.at, CASE WHEN m.text IS NULL THEN n.picture END"
#define THON_MESSAGE_N_COLUMNS 14 /* what else a statement selects comes behind them */
#define THON_MESSAGE_FROM      " FROM message AS m LEFT JOIN notification AS n ON n.id = m.notification "
/* Of the row that such a statement stands on; borrowed from it. Reads the deliveries. */
int thon_message_read(struct thon_store *store, struct thon_stmt *stmt, struct thon_message *ret);

/* In a damaged file the next row may be one that was seen: that would never end. */
int thon_relay_damaged(struct thon_store *store);
