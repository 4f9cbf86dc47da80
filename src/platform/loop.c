/* The frame of every daemon.
 *
 * What systemd expects of a service is here once, so that no daemon can forget it: READY=1 when the daemon
 * really serves, RELOADING=1 and then READY=1 in any case (a missing one leaves the unit "reloading" until
 * it is killed), STOPPING=1, the watchdog pinged from the loop, and a STATUS= line that never hides a
 * simulated clock or a refused configuration.
 *
 * Signals are blocked before anything starts, so that a SIGHUP during a slow start waits for the loop
 * instead of killing the process. */
#include "thon/loop.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "options.h"
#include "thon/cleanup.h"
#include "thon/log.h"

/* A wall clock read in whole seconds may differ by one without a step. */
#define STEP_S 2

struct frame {
        const struct thon_daemon_ops *ops;
        struct thon_options options;
        struct thon_daemon *daemon;

        sd_event *event;
        sd_event_source *term_source;
        sd_event_source *int_source;
        sd_event_source *hup_source;

        struct thon_clock *clock;
        bool trusted, finishing;
        int64_t wall_minus_mono_s; /* changes only when the wall clock is stepped */
};

/* The status line belongs to the process as its log does; systemd keeps one of each. */
static struct {
        bool simulated;
        bool config_refused;
        char *daemon_text;
        char *sent;
} the_status;

/* ---- status ------------------------------------------------------------------------------------------- */

static void send_status(void)
{
        char *text = NULL;

        if (asprintf(&text, "%s%s%s", the_status.simulated ? "SIMULATED CLOCK; " : "",
                     the_status.config_refused ? "new configuration refused, the old one stays; " : "",
                     the_status.daemon_text ? the_status.daemon_text : "running") < 0)
                return;
        if (the_status.sent && strcmp(the_status.sent, text) == 0) {
                free(text);
                return;
        }
        (void)sd_notifyf(0, "STATUS=%s", text);
        free(the_status.sent);
        the_status.sent = text;
}

void thon_loop_status(const char *format, ...)
{
        char *text = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        if (r < 0)
                return;
        /* A second line would be a second assignment to the service manager. */
        for (char *p = text; *p; p++)
                if (*p == '\n')
                        *p = ' ';
        free(the_status.daemon_text);
        the_status.daemon_text = text;
        send_status();
}

static void forget_status(void)
{
        free(the_status.daemon_text);
        free(the_status.sent);
        memset(&the_status, 0, sizeof(the_status));
}

/* ---- clock -------------------------------------------------------------------------------------------- */

static int64_t wall_minus_mono_s(const struct thon_clock *clock)
{
        return thon_clock_wall(clock).s - (int64_t)(thon_clock_mono(clock).us / 1000000);
}

static void log_trust(const struct frame *frame)
{
        if (frame->trusted)
                thon_log_full(LOG_NOTICE, THON_MSG_CLOCK_TRUSTED, NULL, "The clock is trusted");
        else
                thon_log_full(
                        LOG_WARNING, THON_MSG_CLOCK_UNTRUSTED, NULL,
                        "The clock is not trusted: neither time synchronisation nor a hardware clock vouches "
                        "for it");
}

static void on_clock(void *userdata)
{
        struct frame *frame = userdata;
        int64_t difference = wall_minus_mono_s(frame->clock);
        int64_t step = difference - frame->wall_minus_mono_s;
        bool trusted = thon_clock_trusted(frame->clock);
        char seconds[24];

        if (step >= STEP_S || step <= -STEP_S) {
                (void)snprintf(seconds, sizeof(seconds), "%+" PRId64, step);
                thon_log_id(LOG_NOTICE, THON_MSG_CLOCK_STEPPED, "THON_STEP_SECONDS", seconds,
                            "The clock was stepped by %s s", seconds);
        }
        frame->wall_minus_mono_s = difference;
        if (trusted != frame->trusted) {
                frame->trusted = trusted;
                log_trust(frame);
        }
}

static int start_clock(struct frame *frame)
{
        int r = thon_clock_new(frame->event, frame->options.sim_clock, &frame->clock);

        if (r < 0)
                return r;
        /* Before the daemon's own watch, so that the log tells the reason before what follows from it. */
        r = thon_clock_watch(frame->clock, on_clock, frame);
        if (r < 0)
                return r;
        frame->trusted = thon_clock_trusted(frame->clock);
        frame->wall_minus_mono_s = wall_minus_mono_s(frame->clock);
        the_status.simulated = thon_clock_simulated(frame->clock);
        if (the_status.simulated)
                thon_log_id(LOG_WARNING, THON_MSG_SIM_CLOCK, "THON_SIM_CLOCK", frame->options.sim_clock,
                            "Simulated clock: %s", frame->options.sim_clock);
        if (!frame->trusted)
                log_trust(frame);
        return 0;
}

/* ---- signals ------------------------------------------------------------------------------------------ */

static int on_terminate(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        struct frame *frame = userdata;

        (void)source;
        thon_info("%s received, stopping", info->ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
        if (!frame->finishing && frame->daemon && frame->ops->finish) {
                frame->finishing = true;
                if (frame->ops->finish(frame->daemon))
                        return 0;
        }
        return sd_event_exit(frame->event, 0);
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
        struct frame *frame = userdata;
        struct timespec ts;
        int r;

        (void)source;
        (void)info;
        /* The manager tells by this time whether the READY=1 that follows answers this reload
         * (Type=notify-reload). */
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
                         (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);

        r = frame->ops->reload ? frame->ops->reload(frame->daemon) : 0;
        the_status.config_refused = r < 0;
        if (r < 0)
                thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL,
                              "The new configuration is refused, the old one stays in force: %s",
                              strerror(-r));
        else
                thon_log_full(LOG_INFO, THON_MSG_RELOADED, NULL, "Configuration reloaded");

        send_status();
        (void)sd_notify(0, "READY=1");
        return 0;
}

static int add_signal(struct frame *frame, int signo, sd_event_signal_handler_t handler, const char *name,
                      sd_event_source **ret)
{
        int r = sd_event_add_signal(frame->event, ret, signo, handler, frame);

        return r < 0 ? r : sd_event_source_set_description(*ret, name);
}

static int start_event(struct frame *frame)
{
        sigset_t blocked;
        int r;

        /* A peer that hangs up is an error of write(), not the end of the daemon. */
        (void)signal(SIGPIPE, SIG_IGN);
        /* So is a file that may not grow any more: it is a full disk. */
        (void)signal(SIGXFSZ, SIG_IGN);
        (void)sigemptyset(&blocked);
        (void)sigaddset(&blocked, SIGTERM);
        (void)sigaddset(&blocked, SIGINT);
        (void)sigaddset(&blocked, SIGHUP);
        if (sigprocmask(SIG_BLOCK, &blocked, NULL) < 0)
                return -errno;

        r = sd_event_default(&frame->event);
        if (r >= 0)
                r = add_signal(frame, SIGTERM, on_terminate, "sigterm", &frame->term_source);
        if (r >= 0)
                r = add_signal(frame, SIGINT, on_terminate, "sigint", &frame->int_source);
        if (r >= 0)
                r = add_signal(frame, SIGHUP, on_reload, "sighup", &frame->hup_source);
        if (r >= 0)
                r = sd_event_set_watchdog(frame->event, true);
        return r;
}

/* ---- life --------------------------------------------------------------------------------------------- */

static void frame_done(struct frame *frame)
{
        if (frame->daemon)
                frame->ops->stop(frame->daemon);
        (void)thon_clock_free(frame->clock);
        sd_event_source_disable_unref(frame->term_source);
        sd_event_source_disable_unref(frame->int_source);
        sd_event_source_disable_unref(frame->hup_source);
        sd_event_unref(frame->event);
        forget_status();
}

/* Returns the code given to sd_event_exit(), or -errno of what failed. */
static int run(struct frame *frame)
{
        int r;

        r = start_event(frame);
        if (r < 0)
                return r;
        r = start_clock(frame);
        if (r < 0)
                return r;
        r = frame->ops->start(frame->event, frame->clock, &frame->options, &frame->daemon);
        if (r < 0)
                return r;

        thon_log_id(LOG_INFO, THON_MSG_STARTED, "THON_VERSION", THON_VERSION, "thon-%s %s started",
                    frame->ops->name, THON_VERSION);
        send_status();
        (void)sd_notify(0, "READY=1");
        return sd_event_loop(frame->event);
}

int thon_daemon_main(const struct thon_daemon_ops *ops, int argc, char **argv)
{
        struct frame frame = {.ops = ops};
        _cleanup_free_ char *ident = NULL;
        int r;

        switch (thon_options_parse(ops, argc, argv, &frame.options)) {
        case THON_OPTIONS_RUN:
                break;
        case THON_OPTIONS_DONE:
                return 0;
        case THON_OPTIONS_USAGE:
                return 2;
        }
        if (asprintf(&ident, "thon-%s", ops->name) < 0) {
                ident = NULL;
                return 1;
        }
        thon_log_open(ident, frame.options.debug ? LOG_DEBUG : LOG_INFO);
        /* What has a default below the state directory (thon.conf: store.path) follows the option too. */
        if (setenv("THON_STATE_DIR", frame.options.state_dir, 1) < 0)
                return 1;

        r = ops->check(&frame.options);
        if (frame.options.check_config) {
                if (r >= 0)
                        printf("The configuration in %s is valid.\n", frame.options.config_dir);
                return r < 0;
        }
        if (r < 0) {
                thon_log_full(LOG_ERR, THON_MSG_CONFIG_INVALID, NULL,
                              "The configuration in %s is not usable, not starting: %s",
                              frame.options.config_dir, strerror(-r));
                (void)sd_notifyf(0, "STATUS=Not started: the configuration is not usable\nERRNO=%d", -r);
                return 1;
        }

        r = run(&frame);
        if (r < 0) {
                thon_error("Cannot %s: %s", frame.daemon ? "go on" : "start", strerror(-r));
                (void)sd_notifyf(0, "STOPPING=1\nSTATUS=Failed: %s\nERRNO=%d", strerror(-r), -r);
        } else {
                (void)sd_notify(0, "STOPPING=1\nSTATUS=Stopping");
        }
        frame_done(&frame);
        return r != 0;
}
