/* What clock.c and alarm.c share. */
#pragma once

#include "sim_clock.h"
#include "thon/clock.h"

struct thon_clock_watcher {
        thon_clock_step_fn fn;
        void *userdata;
        struct thon_clock_watcher *next;
};

struct thon_clock {
        sd_event *event;

        bool simulated;
        struct thon_sim sim;
        uint64_t boot_start_us;       /* CLOCK_BOOTTIME at which the simulation began */
        int64_t stepped_us;           /* how far simulated steps have moved the wall clock */
        struct thon_alarm *alarms;    /* to be moved when the simulated wall clock steps */
        struct thon_alarm *sim_trust; /* the simulated clock's own events */
        struct thon_alarm *sim_step;

        const char *root;              /* before /run and /sys; "" but in tests */
        bool was_trusted;              /* once vouched for, it stays so: see clock.c */
        int step_fd;                   /* realtime timerfd that is cancelled by a step */
        sd_event_source *step_source;  /* on step_fd; dropped before it is closed */
        sd_event_source *sync_source;  /* inotify: THON_TIMESYNC_DIR */
        sd_event_source *above_source; /* inotify: the directory in which that one appears */
        sd_event_source *look_source;  /* timer: a look at the kernel while the clock is not trusted */
        struct thon_clock_watcher *watchers;
};

struct thon_alarm {
        struct thon_clock *clock;
        thon_alarm_fn fn;
        void *userdata;
        struct thon_wall wall;
        struct thon_mono mono;
        sd_event_source *wall_source; /* CLOCK_REALTIME; NULL under simulation */
        sd_event_source *mono_source; /* CLOCK_BOOTTIME; under simulation for both halves */
        struct thon_alarm *next, **link;
};

/* thon_clock_new() for the real clock of a machine whose /run and /sys lie below `root`, which is borrowed. */
int thon_clock_new_real(sd_event *event, const char *root, struct thon_clock **ret);

/* Arms the sources for the alarm's times as the clock is now. */
void thon_alarm_arm(struct thon_alarm *alarm);
