/* The relay's words: what a notice is, what an answer means, what became of a delivery. Shared by the core, the store,
 * relayd and thonctl; the texts here are those of MQTT, the store and --json.
 *
 * A *notice* is what somebody wants said. It has one *delivery* for each recipient: a household, or a person who lives
 * in none. A delivery walks a *ladder* of *rungs*; a rung is a channel and an address on it ("oa" and a user id). What
 * goes out on a rung is a *message*: one notice to one chat. Households that share a chat share its message.
 *
 * See docs/relay.md. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/class.h"
#include "thon/time.h"

/* What people gave or refused their consent for. */
enum thon_purpose { THON_PURPOSE_NOTICES, THON_PURPOSE_EMERGENCY, THON_PURPOSES };

enum thon_outcome {
        THON_OUTCOME_PENDING,
        THON_OUTCOME_SENT,     /* a provider has accepted it; not yet proof that it was read */
        THON_OUTCOME_NOT_SENT, /* expired, superseded, withdrawn, or a person whom no rung reaches */
        THON_OUTCOME_UNKNOWN,  /* it may have been sent; never repeated unless somebody decides so */
        THON_OUTCOME_VISIT,    /* no rung reaches this household: somebody goes there on foot */
        THON_OUTCOMES
};

enum thon_receipt {
        THON_RECEIPT_NONE,
        THON_RECEIPT_DELIVERED,
        THON_RECEIPT_SEEN,
        THON_RECEIPT_ACKNOWLEDGED, /* somebody there answered that they know */
        THON_RECEIPTS
};

/* What an answer of a provider means for the message and for its channel. */
enum thon_verdict {
        THON_VERDICT_SENT,
        THON_VERDICT_REFRESH, /* the token is not valid any more: refresh once, then the same message again */
        THON_VERDICT_DEFER,   /* not accepted, for this address, until `until`: quota of a receiver, hours */
        THON_VERDICT_WAIT,    /* not accepted; the whole channel pauses for `wait_s` or until `until` */
        THON_VERDICT_RETRY,   /* not accepted for no reason of ours: a few tries with back-off */
        THON_VERDICT_PERSON,  /* this address never accepts it (for `remember_s`): next rung at once */
        THON_VERDICT_MESSAGE, /* this channel never accepts this message: next rung at once */
        THON_VERDICT_CHANNEL, /* the channel is shut for all (package, rights, disabled): a person must act */
        THON_VERDICT_UNKNOWN, /* nobody can tell whether it was accepted */
        THON_VERDICTS
};

const char *thon_outcome_text(
        enum thon_outcome value); /* "pending", "sent", "not_sent", "unknown", "visit" */
const char *thon_receipt_text(
        enum thon_receipt value); /* NULL for NONE, "delivered", "seen", "acknowledged" */
const char *thon_verdict_text(enum thon_verdict value); /* "sent", "refresh", ... for logs */
const char *thon_purpose_text(enum thon_purpose value); /* "notices", "emergency" */
bool thon_purpose_parse(const char *text, enum thon_purpose *ret);

#define THON_CHANNEL_NAME 32  /* with NUL; a slug: the X of [channel X] */
#define THON_ADDRESS_MAX  160 /* with NUL; printable ASCII without spaces */
#define THON_MESSAGE_ID   160 /* with NUL: a provider's id of a message */

/* What channels judge (thon/relay_codes.h has the tables). */
struct thon_judgement {
        enum thon_verdict verdict;
        const char *meaning; /* Vietnamese, for the officer; constant, never NULL */
        bool has_code;       /* `code` is the provider's, or the HTTP status when it gave none */
        int64_t code;
        char detail[200]; /* what the provider said, made printable and cut; "" nothing. Never a secret */
        int64_t wait_s;   /* WAIT: >= 1, or 0 when `until` says it */
        struct thon_wall until; /* WAIT, DEFER; NEVER when not known */
        int64_t remember_s;     /* PERSON: how long the address is not tried again; 0 only this message */
        char message_id[THON_MESSAGE_ID];   /* SENT: "" when the provider gave none */
        char new_address[THON_ADDRESS_MAX]; /* Telegram's migrate_to_chat_id; "" none. Goes with RETRY */
        int64_t quota_left;                 /* as the provider counts; -1 not told */
};
