/* The channels of relayd.conf at run time: what they hold, when they are shut and why, and how a new configuration takes
 * their place without losing what is under way. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credential.h"
#include "inbound.h"
#include "pump.h"
#include "thon/cleanup.h"
#include "thon/log.h"

/* A person may have mended what the provider complained of: one message shows. */
#define HELD_US UINT64_C(900000000)

/* ---- shut and open ---- */

static void tell(struct relayd_channel *c, int level, enum thon_msg msg, bool raised, const char *text)
{
        thon_log_full(level, msg, (const char *const[]){"THON_CHANNEL=", c->conf->name, NULL},
                      "Channel %s: %s", c->conf->name, text);
        relayd_event(c->daemon, "channel", c->conf->name, raised, "critical", text);
}

void relayd_channel_hold(struct relayd_channel *c, const char *reason)
{
        bool fresh = c->trouble[0] == '\0' || c->sends->shut_since.us == THON_MONO_NEVER.us;

        snprintf(c->trouble, sizeof(c->trouble), "%s", reason);
        c->gate.held = true;
        c->sends->held_until = thon_mono_add(relayd_mono(c->daemon), HELD_US);
        if (c->sends->shut_since.us == THON_MONO_NEVER.us)
                c->sends->shut_since = relayd_mono(c->daemon);
        if (!c->sends->told) {
                char text[300];

                snprintf(text, sizeof(text), "Kênh %s ngừng gửi: %s", c->conf->name, reason);
                tell(c, LOG_ERR, THON_MSG_CHANNEL_HELD, true, text);
        }
        c->sends->told = true;
        if (fresh)
                relayd_publish_health(c->daemon);
}

void relayd_channel_failing(struct relayd_channel *c, const char *why, bool opened)
{
        if (c->failing_since.us == THON_MONO_NEVER.us)
                c->failing_since = relayd_mono(c->daemon);
        snprintf(c->trouble, sizeof(c->trouble), "%s", why);
        if (opened)
                thon_log_full(LOG_WARNING, THON_MSG_NONE,
                              (const char *const[]){"THON_CHANNEL=", c->conf->name, NULL},
                              "Channel %s does not work (%s): it is tried again from time to time",
                              c->conf->name, why);
}

void relayd_channel_alive(struct relayd_channel *c)
{
        /* What is urgent does not wait out a back-off that was the channel's. */
        if (c->failing_since.us != THON_MONO_NEVER.us && relayd_batch_enter(c->daemon) == 0 &&
            thon_queue_hurry(c->daemon->store, c->conf->name, relayd_wall(c->daemon)) == 0)
                relayd_pump_soon(c->daemon);
        c->failing_since = THON_MONO_NEVER;
        c->sends->shut_since = THON_MONO_NEVER;
        c->trouble[0] = '\0';
        if (c->sends->told) {
                char text[100];

                snprintf(text, sizeof(text), "Kênh %s đã gửi lại được", c->conf->name);
                tell(c, LOG_NOTICE, THON_MSG_CHANNEL_BACK, false, text);
        }
        c->sends->told = false;
}

bool relayd_token_ready(const struct relayd_channel *c)
{
        return !c->token || relayd_token_usable(c->token);
}

/* ---- channels ---- */

static struct relayd_channel *channel_free(struct relayd_channel *c)
{
        struct relayd_send *s;

        if (!c)
                return NULL;
        if (c->sends) {
                relayd_modem_free(c->modem);
                while ((s = TAILQ_FIRST(&c->sends->list))) {
                        TAILQ_REMOVE(&c->sends->list, s, entry);
                        (void)relayd_send_free(s);
                }
                free(c->sends);
        }
        free(c);
        return NULL;
}

static int bind(struct relayd_channel *c, const struct thon_channel_conf *conf)
{
        struct relayd *d = c->daemon;
        struct relayd_credential *credential;

        c->conf = conf;
        c->kind = relayd_kind_of(conf->kind);
        credential = relayd_credential_of(d, conf, c->kind->tokens);
        c->secrets = credential ? credential->secrets : NULL;
        c->token = credential && c->kind->tokens ? credential->token : NULL;
        c->gate.held = false;
        if (conf->credential && (!c->secrets || (c->kind->tokens && !c->token))) {
                relayd_channel_hold(c, "không đọc được tệp khóa của kênh");
                c->sends->held_until = THON_MONO_NEVER;
        } else if (c->token && relayd_token_state(c->token) == RELAYD_TOKEN_LOST) {
                relayd_credential_lost(credential);
        }
        if (conf->kind == THON_KIND_SMS && !c->modem) {
                int r = relayd_modem_new(d->event, conf->modem ? conf->modem : "any", &c->modem);

                if (r < 0)
                        return r;
                relayd_modem_listen(c->modem, relayd_inbound_sms, c);
        }
        return 0;
}

static int channel_new(struct relayd *d, const struct thon_channel_conf *conf, struct relayd_channel **ret)
{
        struct relayd_channel *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->daemon = d;
        c->conf = conf;
        c->reachable = true;
        c->failing_since = THON_MONO_NEVER;
        c->sends = calloc(1, sizeof(*c->sends));
        if (!c->sends) {
                free(c);
                return -ENOMEM;
        }
        TAILQ_INIT(&c->sends->list);
        c->sends->held_until = c->sends->shut_since = c->sends->look_at = c->sends->lost_since =
                THON_MONO_NEVER;
        thon_breaker_init(&c->gate.breaker, relayd_gate_conf(c).parallel);
        r = bind(c, conf);
        if (r < 0) {
                (void)channel_free(c);
                return r;
        }
        *ret = c;
        return 0;
}

int relayd_channels_start(struct relayd *d)
{
        int r = 0;

        d->channels = calloc(d->conf.n_channels + 1, sizeof(*d->channels));
        if (!d->channels)
                return -ENOMEM;
        for (size_t i = 0; r == 0 && i < d->conf.n_channels; i++)
                if (d->conf.channels[i].enabled) {
                        r = channel_new(d, &d->conf.channels[i], &d->channels[d->n_channels]);
                        if (r == 0)
                                d->n_channels++;
                }
        return r;
}

static struct relayd_channel *take(struct relayd_channel **old, size_t n,
                                   const struct thon_channel_conf *conf)
{
        for (size_t i = 0; i < n; i++)
                if (old[i] && old[i]->conf->kind == conf->kind &&
                    strcmp(old[i]->conf->name, conf->name) == 0)
                        return THON_TAKE(old[i]);
        return NULL;
}

/* What is under way on a channel that is gone is given up: its outcome is unknown. */
static void retire(struct relayd_channel *c)
{
        struct relayd *d = c->daemon;

        c->retired = true;
        relayd_sends_give_up(c);
        relayd_batch_flush(d);
        /* What the store did not take is found there as SENDING when it is back. */
        if (!TAILQ_EMPTY(&c->sends->list))
                relayd_keep_again(d);
        if (c->sends->told)
                relayd_event(d, "channel", c->conf->name, false, "critical",
                             "Kênh đã được gỡ khỏi cấu hình");
        (void)channel_free(c);
}

int relayd_channels_swap(struct relayd *d)
{
        const struct thon_relayd_conf *conf = &d->conf;
        struct relayd_channel **old = d->channels, **new;
        size_t n_old = d->n_channels;

        new = calloc(conf->n_channels + 1, sizeof(*new));
        if (!new)
                return -ENOMEM;
        /* Nobody who waits for a commit holds on to a channel after it. */
        relayd_batch_flush(d);
        relayd_credentials_unuse(d);
        d->channels = new;
        d->n_channels = 0;
        for (size_t i = 0; i < conf->n_channels; i++) {
                struct relayd_channel *c;
                int r;

                if (!conf->channels[i].enabled)
                        continue;
                c = take(old, n_old, &conf->channels[i]);
                r = c ? bind(c, &conf->channels[i]) : channel_new(d, &conf->channels[i], &c);
                if (r == 0 || c)
                        new[d->n_channels++] = c;
                if (r < 0)
                        thon_error("Channel %s cannot be started: %s", conf->channels[i].name, strerror(-r));
        }
        for (size_t i = 0; i < n_old; i++)
                if (old[i])
                        retire(old[i]);
        free(old);
        relayd_credentials_sweep(d);
        return 0;
}

void relayd_channels_stop(struct relayd *d)
{
        for (size_t i = 0; i < d->n_channels; i++)
                (void)channel_free(d->channels[i]);
        free(d->channels);
        d->channels = NULL;
        d->n_channels = 0;
        relayd_credentials_unuse(d);
        relayd_credentials_sweep(d);
}
