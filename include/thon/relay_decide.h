/* What becomes of a message after an answer, and of a delivery after its message: the one place where it is decided
 * whether something is repeated, moved to the next rung, or asked of a person. Pure. */
#pragma once

#include "thon/relay.h"

enum thon_unknown_policy {
        THON_UNKNOWN_ASK,     /* stays unknown until a person resolves it */
        THON_UNKNOWN_RECEIPT, /* a receipt, or the provider's history, may still settle it; then as ASK */
        THON_UNKNOWN_REPEAT,  /* sent again knowingly, once; a second unknown stays so */
};

/* A message as the decision needs it. */
struct thon_message_state {
        enum thon_class lane;
        unsigned attempts;        /* with this one; >= 1 */
        unsigned unknowns;        /* how often it was unknown before, and repeated */
        bool refreshed;           /* its token was refreshed for it already */
        struct thon_wall expires; /* NEVER */
        bool more_rungs;          /* some delivery of it has another rung */
};

enum thon_next {
        THON_NEXT_DONE,    /* sent */
        THON_NEXT_AGAIN,   /* queued again, not before `due` */
        THON_NEXT_RUNG,    /* this rung is over: each delivery goes on with its next one, or ends */
        THON_NEXT_UNKNOWN, /* stays unknown */
        THON_NEXT_REFRESH, /* token first, then again */
        THON_NEXT_EXPIRED, /* would only go after it expired: dropped */
};
struct thon_decision {
        enum thon_next next;
        struct thon_wall due;               /* AGAIN */
        bool counts_as_attempt;             /* WAIT, DEFER, CHANNEL and REFRESH do not use up tries */
        int64_t pause_s;                    /* the channel pauses so long; 0 not */
        bool hold;                          /* the channel is held for a person */
        bool channel_failed, channel_alive; /* for the breaker; neither: inconclusive */
        bool remember;                      /* the address, for judgement->remember_s */
};
#define THON_RETRIES_MAX 6 /* RETRY verdicts of one message on one rung, then the next rung */
/* An emergency does not wait: DEFER beyond 60 s with more rungs goes on at once. jitter in [0, 1). */
struct thon_decision thon_relay_decide(const struct thon_message_state *message,
                                       const struct thon_judgement *judgement,
                                       enum thon_unknown_policy policy, struct thon_wall now, double jitter);

/* ---- ladders: "oa:1234567 bot:99 sms:+84912345678", in the order in which they are tried; at most 24 rungs, 2,000
 * bytes. Channel names are slugs, addresses have no space. */
#define THON_LADDER_MAX 2000
#define THON_RUNGS_MAX  24
struct thon_rung {
        char channel[THON_CHANNEL_NAME];
        char address[THON_ADDRESS_MAX];
};
/* The rung of that number (0 ...); false behind the last, or when the text is damaged. */
bool thon_ladder_rung(const char *ladder, unsigned rung, struct thon_rung *ret);
/* Appends; false when it is full, or the rung is there already or cannot be written. */
bool thon_ladder_add(char ladder[static THON_LADDER_MAX], const char *channel, const char *address);

/* ---- recipients: who is to be told, from what the registry knows (thon_audience_load()). */
struct thon_audience_person {
        const char *id, *household /* NULL */, *area /* own or the household's; NULL */, *phone /* NULL */;
        const char *channels; /* "oa:ID;bot:ID" or NULL */
        bool consent_notices, consent_emergency;
        bool named; /* by person:, role: or group: itself, not only through the household */
};
struct thon_audience_household {
        const char *code, *area /* NULL */, *phone /* NULL */;
        bool named; /* by household:, area: or all */
};
struct thon_audience {
        struct thon_audience_person *persons; /* sorted by household, then named ones first, then id */
        size_t n_persons;
        struct thon_audience_household
                *households; /* sorted by code; every household of a person is here too */
        size_t n_households;
};

/* What a ladder is made of: the channels of relayd.conf. */
struct thon_ladder_channel {
        const char *name;
        bool by_phone; /* the address is the phone number (sms, template by phone) */
        const char *
                address_of; /* whose addresses serve who has none on this one (user ids are per OA); NULL none */
};
struct thon_ladder_conf {
        const struct thon_ladder_channel *channels; /* in the order of the file */
        size_t n_channels;
        const char *const
                *order; /* [relay] ladder for this class; n 0: each person's own order, then by phone */
        size_t n_order;
        bool household_phone; /* a household's own number may be used when no person there has it */
};

struct thon_recipient {
        const char *household, *person,
                *area; /* NULL or borrowed from the audience; person: the first one meant */
        char *ladder;  /* owned; "": nobody can be reached by any channel */
};
struct thon_recipients {
        struct thon_recipient *items;
        size_t n;
        size_t left_out; /* recipients without consent for the purpose: households or persons, not messages */
};
/* One recipient a household, and one for each named person who lives in none. When persons of a household were named,
 * only their addresses are used. A household all of whose persons refused is left out; a household without anybody
 * known is a recipient with an empty ladder. 0 or -ENOMEM. */
int thon_recipients_build(const struct thon_audience *audience, enum thon_purpose purpose,
                          const struct thon_ladder_conf *conf, struct thon_recipients *ret);
void thon_recipients_done(struct thon_recipients *recipients);

/* Where a delivery goes on after rung `rung` ended without success, by `usable` (the channel exists, the address is not
 * remembered as bad): the number of the next rung, or -1. */
int thon_ladder_next(const char *ladder, int rung, bool (*usable)(const struct thon_rung *, void *),
                     void *userdata);
