/* Citizens' reports (phản ánh): their states, which order leads from one to the next, and what the citizen is told.
 * Pure. */
#pragma once

#include "thon/relay.h"
#include "thon/zone.h"

enum thon_report_state {
        THON_REPORT_NEW,
        THON_REPORT_ASSIGNED,
        THON_REPORT_IN_PROGRESS,
        THON_REPORT_DONE,
        THON_REPORT_REFUSED, /* with a reason, always */
        THON_REPORT_STATES
};
/* "new", "assigned", "in-progress", "done", "refused". */
const char *thon_report_state_text(enum thon_report_state state);
bool thon_report_state_parse(const char *text, enum thon_report_state *ret);
/* A closed report is done or refused: what the citizen writes next opens another one. */
bool thon_report_closed(enum thon_report_state state);

/* What a person orders; members that they did not give are NULL. `state` alone may be the same as before (an answer
 * without a change). Returns NULL, or an English sentence that says why not. */
struct thon_report_order {
        bool has_state;
        enum thon_report_state state;
        const char *assignee; /* a person's id or a name */
        const char *reason;
        const char *answer; /* to the citizen */
};
const char *thon_report_problem(enum thon_report_state from, const struct thon_report_order *order);

/* What a citizen is told. */
enum thon_report_word {
        THON_REPORT_SAID_OPENED,
        THON_REPORT_SAID_ADDED,   /* once per report and hour, not for each picture */
        THON_REPORT_SAID_HELP,    /* to a greeting */
        THON_REPORT_SAID_TOO_BIG, /* an attachment that is not kept */
        THON_REPORT_SAID_BUSY,    /* too many messages from one chat */
        THON_REPORT_SAID_STATE,   /* assigned, in progress, done, refused */
        THON_REPORT_SAID_ANSWER,
        THON_REPORT_SAID_NO_NOTICE, /* "ok 17": no notice `id` waits for it in that chat */
};
struct thon_report_facts {
        int64_t id;
        enum thon_report_state state;
        const char *sender;          /* "UBND xã Sao Mai" */
        const char *reason, *answer; /* NULL none */
        struct thon_wall due;
        const struct thon_zone *zone;
};
/* Vietnamese; the caller frees. 0 or -ENOMEM. */
int thon_report_say(enum thon_report_word word, const struct thon_report_facts *facts, char **ret);

/* Words that report nothing: "Xin chào", "alo", 👋; "cảm ơn anh", "vâng ạ", "đã nhận". */
enum thon_courtesy { THON_COURTESY_NONE, THON_COURTESY_GREETING, THON_COURTESY_THANKS };
enum thon_courtesy thon_report_courtesy(const char *text);

/* How many bytes of a UTF-8 text are at most `max` and end between two characters. */
size_t thon_report_cut(const char *text, size_t max);
/* Words as they are kept: thon_notice_text() of at most `max` bytes; of a longer text the beginning, and "[…]".
 * 0, -EINVAL (not UTF-8), -ENOMEM. */
int thon_report_words(const char *text, size_t max, char **ret);
