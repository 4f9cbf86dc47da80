/* What an answer leads to. One switch over the verdicts: whoever wants to know when something is repeated reads this. */
#include "thon/relay_decide.h"

#include "thon/relay_limits.h"

#define RETRY_BASE_S 5
#define RETRY_CAP_S  (15 * 60)
/* What an emergency may lose on one rung before it goes on to the next. */
#define EMERGENCY_PATIENCE_S 60
#define PAUSE_MAX_S          (24 * 3600)
/* A deferral without a time. */
#define DEFER_S 3600

static struct thon_wall later(struct thon_wall now, int64_t by)
{
        return (struct thon_wall){now.s > INT64_MAX - by ? INT64_MAX : now.s + by};
}

static void again(struct thon_decision *d, struct thon_wall due)
{
        d->next = THON_NEXT_AGAIN;
        d->due = due;
}

/* Seconds that a judgement asks to wait, from its duration or its instant. */
static int64_t wait_of(const struct thon_judgement *judgement, struct thon_wall now, int64_t otherwise)
{
        int64_t wait = judgement->wait_s;

        if (wait <= 0 && judgement->until.s != THON_WALL_NEVER.s && judgement->until.s > now.s)
                wait = judgement->until.s - now.s;
        return wait > 0 ? wait : otherwise;
}

static void on_unknown(const struct thon_message_state *message, enum thon_unknown_policy policy,
                       struct thon_wall now, double jitter, struct thon_decision *d)
{
        if (policy != THON_UNKNOWN_REPEAT || message->unknowns > 0)
                d->next = THON_NEXT_UNKNOWN;
        else if (message->lane == THON_CLASS_EMERGENCY)
                again(d, now);
        else
                again(d, later(now, thon_backoff(message->attempts, RETRY_BASE_S, RETRY_CAP_S, jitter)));
}

struct thon_decision thon_relay_decide(const struct thon_message_state *message,
                                       const struct thon_judgement *judgement,
                                       enum thon_unknown_policy policy, struct thon_wall now, double jitter)
{
        struct thon_decision d = {.counts_as_attempt = true, .due = now};
        bool hurry = message->lane == THON_CLASS_EMERGENCY && message->more_rungs;
        int64_t wait;

        switch (judgement->verdict) {
        case THON_VERDICT_SENT:
                d.next = THON_NEXT_DONE;
                d.channel_alive = true;
                break;
        case THON_VERDICT_REFRESH:
                d.counts_as_attempt = false;
                if (message->refreshed) { /* a new token is refused as well: the chain is at fault, not the message */
                        again(&d, now);
                        d.hold = true;
                } else {
                        d.next = THON_NEXT_REFRESH;
                }
                break;
        case THON_VERDICT_DEFER:
                d.counts_as_attempt = false;
                d.channel_alive = true;
                wait = wait_of(judgement, now, DEFER_S);
                if (hurry && wait > EMERGENCY_PATIENCE_S)
                        d.next = THON_NEXT_RUNG;
                else
                        again(&d, later(now, wait));
                break;
        case THON_VERDICT_WAIT:
                d.counts_as_attempt = false;
                d.channel_alive = true;
                wait = wait_of(judgement, now, 60);
                d.pause_s = wait > PAUSE_MAX_S ? PAUSE_MAX_S : wait;
                if (hurry && wait > EMERGENCY_PATIENCE_S)
                        d.next = THON_NEXT_RUNG;
                else
                        again(&d, later(now, d.pause_s));
                break;
        case THON_VERDICT_RETRY:
                d.channel_failed = true;
                if (judgement->new_address[0] != '\0') { /* the chat has moved: that is no failure */
                        again(&d, now);
                        d.channel_failed = false;
                        d.channel_alive = true;
                } else if (message->attempts >= THON_RETRIES_MAX || (hurry && message->attempts >= 2)) {
                        d.next = THON_NEXT_RUNG;
                } else {
                        again(&d, later(now,
                                        thon_backoff(message->attempts, RETRY_BASE_S, RETRY_CAP_S, jitter)));
                }
                break;
        case THON_VERDICT_PERSON:
                d.next = THON_NEXT_RUNG;
                d.channel_alive = true;
                d.remember = judgement->remember_s > 0;
                break;
        case THON_VERDICT_MESSAGE:
                d.next = THON_NEXT_RUNG;
                d.channel_alive = true;
                break;
        case THON_VERDICT_CHANNEL:
                d.counts_as_attempt = false;
                d.hold = true;
                again(&d, now);
                break;
        case THON_VERDICT_UNKNOWN:
        case THON_VERDICTS:
                d.channel_failed = true;
                on_unknown(message, policy, now, jitter, &d);
                break;
        }
        if (d.next == THON_NEXT_AGAIN && message->expires.s <= d.due.s)
                d.next = THON_NEXT_EXPIRED;
        return d;
}
