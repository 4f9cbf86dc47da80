/* What relayd says of itself: to the broker as health, and in one line to systemd. For each channel the one thing that holds
 * it back, so that whoever looks need not guess. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pump.h"

static const char *gate_text(enum thon_gate_why why)
{
        switch (why) {
        case THON_GATE_RATE:
                return "rate";
        case THON_GATE_QUOTA:
                return "quota";
        case THON_GATE_HOURS:
                return "hours";
        case THON_GATE_PAUSED:
                return "paused";
        case THON_GATE_BREAKER:
                return "failing";
        case THON_GATE_HELD:
                return "token";
        case THON_GATE_CLOCK:
                return "clock";
        case THON_GATE_BUSY:
                return "busy";
        case THON_GATE_GO:
        case THON_GATE_IDLE:
                break;
        }
        return NULL;
}

/* The civil time at which a monotonic instant will be. */
static struct thon_wall wall_of(const struct relayd *d, struct thon_mono at)
{
        if (at.us == THON_MONO_NEVER.us)
                return THON_WALL_NEVER;
        return (struct thon_wall){relayd_wall(d).s +
                                  (int64_t)(thon_mono_since(relayd_mono(d), at) / 1000000)};
}

/* What holds it now, also when all that waits was put off for it and the gate is asked nothing. */
static const char *why_of(const struct relayd_channel *c, struct thon_wall *ret_until)
{
        struct relayd *d = c->daemon;

        *ret_until = THON_WALL_NEVER;
        if (c->gate.held)
                return "held";
        if (c->gate.paused_until.us > relayd_mono(d).us) {
                *ret_until = wall_of(d, c->gate.paused_until);
                return gate_text(THON_GATE_PAUSED);
        }
        if (c->gate.breaker.open) {
                *ret_until = wall_of(d, c->gate.breaker.retry_at);
                return gate_text(THON_GATE_BREAKER);
        }
        if (c->sends->why != THON_GATE_IDLE && c->sends->why != THON_GATE_GO) {
                *ret_until = c->sends->why == THON_GATE_HOURS || c->sends->why == THON_GATE_QUOTA
                                     ? c->sends->put_off_to
                                     : wall_of(d, c->sends->look_at);
                return gate_text(c->sends->why);
        }
        if (c->sends->put_off_to.s > relayd_wall(d).s) {
                *ret_until = c->sends->put_off_to;
                return gate_text(c->sends->put_off);
        }
        return NULL;
}

static const char *token_text(const struct relayd_channel *c)
{
        if (!c->token)
                return NULL;
        switch (relayd_token_state(c->token)) {
        case RELAYD_TOKEN_GOOD:
                return "good";
        case RELAYD_TOKEN_REFRESHING:
                return "refreshing";
        case RELAYD_TOKEN_WAITING:
                return "waiting";
        case RELAYD_TOKEN_LOST:
                return "lost";
        }
        return NULL;
}

static json_t *channel_json(struct relayd_channel *c, int64_t *ret_queued)
{
        struct relayd *d = c->daemon;
        int64_t queued[THON_CLASSES] = {0}, sum = 0;
        struct thon_wall until;
        const char *why;
        struct thon_wall expires = c->token ? relayd_token_expires(c->token) : THON_WALL_NEVER;
        char text[THON_TIME_TEXT], expires_text[THON_TIME_TEXT];
        json_t *doc;

        if (relayd_store(d))
                (void)thon_queue_count(d->store, c->conf->name, queued);
        for (int i = 0; i < THON_CLASSES; i++)
                sum += queued[i];
        *ret_queued += sum;
        why = why_of(c, &until);
        if (sum == 0 && why && strcmp(why, "held") != 0 && strcmp(why, "failing") != 0)
                why = NULL;
        doc = json_pack("{s:s,s:I,s:I,s:I,s:s?,s:s?,s:s?,s:s?,s:s?}", "kind",
                        thon_channel_kind_text(c->conf->kind), "queued", (json_int_t)sum, "emergencies",
                        (json_int_t)queued[THON_CLASS_EMERGENCY], "in_flight", (json_int_t)c->in_flight,
                        "why", why, "until",
                        why && until.s != INT64_MAX ? thon_time_text(d->zone, until, text) : NULL, "trouble",
                        c->trouble[0] ? c->trouble : NULL, "token", token_text(c), "token_expires",
                        expires.s != INT64_MAX ? thon_time_text(d->zone, expires, expires_text) : NULL);
        if (doc && c->conf->daily_quota >= 0)
                (void)json_object_set_new(
                        doc, "quota",
                        json_pack("{s:I,s:I,s:I}", "used",
                                  (json_int_t)(c->gate.used.day == relayd_today(d) ? c->gate.used.used : 0),
                                  "total", (json_int_t)c->conf->daily_quota, "reserve",
                                  (json_int_t)c->conf->reserve));
        return doc;
}

/* "3 channels, 120 waiting, oa paused until 08:10" */
static void tell_status(struct relayd *d, int64_t queued)
{
        char shut[120] = "";

        for (size_t i = 0; i < d->n_channels && !shut[0]; i++) {
                const struct relayd_channel *c = d->channels[i];
                struct thon_wall until;
                const char *why = why_of(c, &until);
                char text[THON_TIME_TEXT];

                if (!why || strcmp(why, "busy") == 0 || strcmp(why, "rate") == 0)
                        continue;
                if (until.s == INT64_MAX)
                        snprintf(shut, sizeof(shut), ", %s %s", c->conf->name, why);
                else
                        snprintf(shut, sizeof(shut), ", %s %s until %.5s", c->conf->name, why,
                                 thon_time_text(d->zone, until, text) + 11);
        }
        thon_loop_status("%zu channels, %" PRId64 " waiting%s%s%s", d->n_channels, queued, shut,
                         relayd_offline(d) ? ", offline" : "", d->store_error ? ", store away" : "");
}

void relayd_health_tell(struct relayd *d)
{
        json_t *channels = json_object(), *daemons = relayd_watch_health(d);
        const char *store = relayd_store_slug(d);
        int64_t queued = 0;

        for (size_t i = 0; channels && i < d->n_channels; i++)
                (void)json_object_set_new(channels, d->channels[i]->conf->name,
                                          channel_json(d->channels[i], &queued));
        tell_status(d, queued);
        thon_mqtt_health(d->mqtt,
                         json_pack("{s:o,s:o,s:I,s:s,s:b,s:s}", "channels",
                                   channels ? channels : json_object(), "daemons",
                                   daemons ? daemons : json_object(), "waiting", (json_int_t)queued, "store",
                                   store ? store : "ok", "offline", relayd_offline(d), "clock",
                                   thon_clock_simulated(d->clock) ? "simulated"
                                   : thon_clock_trusted(d->clock) ? "trusted"
                                                                  : "untrusted"));
}
