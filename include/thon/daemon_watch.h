/* Whether the daemons of a site live: from what the broker says of each (status/<daemon>, docs/mqtt-api.md) and the time, the
 * word that a person should have. Pure.
 *
 * One that died and came back is nobody's business, and neither is a reboot, a restart of the broker or a package that is
 * upgraded. What is: a daemon that stays away, and one that comes back only to die again, which the service manager would
 * let it do for ever. */
#pragma once

#include "thon/time.h"

/* A daemon that died, or lost its broker, is dead when it has not come back for so long: longer than a broker that froze is
 * given up (75 s) and tried again (60 s). */
#define THON_WATCH_DEAD_US UINT64_C(180000000)
/* One that a person has stopped was perhaps forgotten. */
#define THON_WATCH_STOPPED_US UINT64_C(1800000000)
/* So many deaths within so long are no accident. */
#define THON_WATCH_DEATHS    3
#define THON_WATCH_WITHIN_US UINT64_C(3600000000)
/* What was dead is well after so long online. What died again and again is well after so long, or after twice the mean time
 * between its last deaths, whichever is longer. */
#define THON_WATCH_WELL_US   UINT64_C(60000000)
#define THON_WATCH_STEADY_US UINT64_C(600000000)

#define THON_WATCH_MAX 256 /* daemons and cabinets of one site */

enum thon_watch_word {
        THON_WATCH_ONLINE,
        THON_WATCH_STOPPED, /* said so itself */
        THON_WATCH_DIED,    /* its last will */
};

enum thon_watch_trouble {
        THON_WATCH_NONE,
        THON_WATCH_AWAY,  /* stopped, and not started again */
        THON_WATCH_DEAD,  /* died, and does not come back */
        THON_WATCH_DYING, /* comes back, and dies again */
};
const char *thon_watch_trouble_text(
        enum thon_watch_trouble trouble); /* "none", "stopped", "dead", "dying" */

struct thon_watch;
/* NULL: no memory. */
struct thon_watch *thon_watch_new(void);
struct thon_watch *thon_watch_free(struct thon_watch *watch);

/* We have a connection to the broker, or none. Without one nothing is known and nothing is judged; with a new one everybody else
 * may need as long as we did to find it. */
void thon_watch_connected(struct thon_watch *watch, bool connected, struct thon_mono now);

/* What `daemon` ("lightd", "lightd-<node>") was heard to say. `age_us`: of ONLINE, how long its process runs already; one that is
 * older than its silence has lost its connection, and did not die. 0; -EINVAL (no slug), -ENOSPC (THON_WATCH_MAX), -ENOMEM. */
int thon_watch_heard(struct thon_watch *watch, const char *daemon, enum thon_watch_word word,
                     uint64_t age_us, struct thon_mono now);
/* It died at `at`, as is known from elsewhere. As thon_watch_heard(). */
int thon_watch_died(struct thon_watch *watch, const char *daemon, struct thon_mono at);
/* It is no longer of this site. */
void thon_watch_forget(struct thon_watch *watch, const char *daemon);

struct thon_watch_finding {
        const char *daemon; /* borrowed */
        enum thon_watch_trouble trouble;
        bool online;
        bool changed; /* since the last look */
};
/* Every daemon as it is now, in no order; `visit` does not change the watch. Returns when to look again if nothing is heard
 * until then, NEVER if that can change nothing. */
struct thon_mono thon_watch_look(struct thon_watch *watch, struct thon_mono now,
                                 void (*visit)(const struct thon_watch_finding *, void *), void *userdata);

/* As of the last look; nothing changes. */
void thon_watch_each(const struct thon_watch *watch,
                     void (*visit)(const struct thon_watch_finding *, void *), void *userdata);

/* "Chương trình đèn (thon-lightd)"; "Tủ đèn tu-3 (thon-lightd-tu-3)". Returns `buf`. */
#define THON_WATCH_NAME 160
const char *thon_watch_name(const char *daemon, char buf[static THON_WATCH_NAME]);
/* What is wrong, what that means, and what to do: Vietnamese, at most THON_WATCH_TEXT_MAX bytes. Of NONE: how it ended. NULL: no
 * memory. */
#define THON_WATCH_TEXT_MAX 400
char *thon_watch_text(const struct thon_watch_finding *finding);
/* "critical": lights or loudspeakers are without it. "info": a person stopped what nothing else hangs on. Else "warning". */
const char *thon_watch_severity(const struct thon_watch_finding *finding);
