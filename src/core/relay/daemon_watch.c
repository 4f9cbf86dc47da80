/* Daemons that stay away, and daemons that come back only to die again.
 *
 * Units are restarted for ever, so systemd never calls one failed, and nobody would hear of a daemon that dies every two
 * seconds. What the broker says of each is enough to know. A last will alone proves no death: it comes of a lost
 * connection as well, and of every daemon when the broker is restarted. It was a death when the process that is heard next is
 * younger than the silence. */
#include "thon/daemon_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/slug.h"

/* Between the end of a process and the broker's word of it, and for seconds that are cut off. */
#define SLACK_US UINT64_C(3000000)

struct watched {
        char *daemon;
        enum thon_watch_word word;
        struct thon_mono since;                     /* of the word, as we heard it */
        struct thon_mono deaths[THON_WATCH_DEATHS]; /* the last ones, oldest first */
        unsigned n_deaths;
        bool heard; /* else only its deaths are known */
        enum thon_watch_trouble trouble, told;
};

struct thon_watch {
        struct watched *items;
        size_t n;
        bool connected;
        struct thon_mono connected_at;
};

const char *thon_watch_trouble_text(enum thon_watch_trouble trouble)
{
        switch (trouble) {
        case THON_WATCH_NONE:
                break;
        case THON_WATCH_AWAY:
                return "stopped";
        case THON_WATCH_DEAD:
                return "dead";
        case THON_WATCH_DYING:
                return "dying";
        }
        return "none";
}

struct thon_watch *thon_watch_new(void)
{
        return calloc(1, sizeof(struct thon_watch));
}

struct thon_watch *thon_watch_free(struct thon_watch *watch)
{
        if (!watch)
                return NULL;
        for (size_t i = 0; i < watch->n; i++)
                free(watch->items[i].daemon);
        free(watch->items);
        free(watch);
        return NULL;
}

void thon_watch_connected(struct thon_watch *watch, bool connected, struct thon_mono now)
{
        watch->connected = connected;
        if (!connected)
                return;
        watch->connected_at = now;
        /* The last wills that came with the end of the old connection are the broker's end, not theirs. */
        for (size_t i = 0; i < watch->n; i++)
                if (watch->items[i].heard && watch->items[i].since.us < now.us)
                        watch->items[i].since = now;
}

static struct watched *find(struct thon_watch *watch, const char *daemon)
{
        for (size_t i = 0; i < watch->n; i++)
                if (strcmp(watch->items[i].daemon, daemon) == 0)
                        return &watch->items[i];
        return NULL;
}

static int find_or_add(struct thon_watch *watch, const char *daemon, struct watched **ret)
{
        struct watched *w = find(watch, daemon), *more;
        char *name;

        if (w) {
                *ret = w;
                return 0;
        }
        if (!thon_slug_valid(daemon))
                return -EINVAL;
        if (watch->n >= THON_WATCH_MAX)
                return -ENOSPC;
        more = reallocarray(watch->items, watch->n + 1, sizeof(*more));
        if (!more)
                return -ENOMEM;
        watch->items = more;
        name = strdup(daemon);
        if (!name)
                return -ENOMEM;
        w = &more[watch->n++];
        *w = (struct watched){.daemon = name};
        *ret = w;
        return 0;
}

static void count_death(struct watched *w, struct thon_mono at)
{
        if (w->n_deaths == THON_WATCH_DEATHS) {
                memmove(w->deaths, w->deaths + 1, (THON_WATCH_DEATHS - 1) * sizeof(w->deaths[0]));
                w->n_deaths--;
        }
        w->deaths[w->n_deaths++] = at;
}

int thon_watch_heard(struct thon_watch *watch, const char *daemon, enum thon_watch_word word,
                     uint64_t age_us, struct thon_mono now)
{
        struct watched *w = NULL;
        int r = find_or_add(watch, daemon, &w);

        if (r < 0)
                return r;
        if (w->heard && w->word == word)
                return 0;
        if (w->heard && w->word == THON_WATCH_DIED && word == THON_WATCH_ONLINE &&
            age_us <= thon_mono_since(w->since, now) + SLACK_US)
                count_death(w, w->since);
        if (word == THON_WATCH_STOPPED) /* somebody has taken it in hand */
                w->n_deaths = 0;
        w->word = word;
        w->since = now;
        w->heard = true;
        return 0;
}

int thon_watch_died(struct thon_watch *watch, const char *daemon, struct thon_mono at)
{
        struct watched *w = NULL;
        int r = find_or_add(watch, daemon, &w);

        if (r == 0)
                count_death(w, at);
        return r;
}

void thon_watch_forget(struct thon_watch *watch, const char *daemon)
{
        struct watched *w = find(watch, daemon);

        if (!w)
                return;
        free(w->daemon);
        *w = watch->items[--watch->n];
}

/* ---- the judgement ---- */

static unsigned recent_deaths(const struct watched *w, struct thon_mono now)
{
        unsigned n = 0;

        for (unsigned i = 0; i < w->n_deaths; i++)
                n += thon_mono_since(w->deaths[i], now) <= THON_WATCH_WITHIN_US;
        return n;
}

/* How long it must have lived to be believed. */
static uint64_t steady_us(const struct watched *w)
{
        uint64_t mean = 0;

        if (w->n_deaths > 1)
                mean = thon_mono_since(w->deaths[0], w->deaths[w->n_deaths - 1]) / (w->n_deaths - 1);
        return 2 * mean > THON_WATCH_STEADY_US ? 2 * mean : THON_WATCH_STEADY_US;
}

static enum thon_watch_trouble judge(struct watched *w, struct thon_mono now, struct thon_mono *ret_next)
{
        uint64_t so_long = thon_mono_since(w->since, now), limit = 0;
        enum thon_watch_trouble then = THON_WATCH_NONE, before = THON_WATCH_NONE;

        if (w->trouble == THON_WATCH_DYING && w->n_deaths == 0)
                w->trouble = THON_WATCH_NONE;
        if (w->trouble == THON_WATCH_DYING || recent_deaths(w, now) >= THON_WATCH_DEATHS) {
                if (!w->heard || w->word != THON_WATCH_ONLINE || so_long < steady_us(w)) {
                        *ret_next = w->heard && w->word == THON_WATCH_ONLINE
                                            ? thon_mono_add(w->since, steady_us(w))
                                            : THON_MONO_NEVER;
                        return THON_WATCH_DYING;
                }
                w->n_deaths = 0;
        }
        switch (w->word) {
        case THON_WATCH_ONLINE:
                limit = w->trouble == THON_WATCH_DEAD ? THON_WATCH_WELL_US : 0;
                before = w->trouble;
                break;
        case THON_WATCH_STOPPED:
                limit = THON_WATCH_STOPPED_US;
                then = THON_WATCH_AWAY;
                before = w->trouble == THON_WATCH_AWAY ? THON_WATCH_AWAY : THON_WATCH_NONE;
                break;
        case THON_WATCH_DIED:
                limit = THON_WATCH_DEAD_US;
                then = THON_WATCH_DEAD;
                /* It stays what it was called, also over a new connection. */
                before = w->trouble == THON_WATCH_DEAD ? THON_WATCH_DEAD : THON_WATCH_NONE;
                break;
        }
        if (!w->heard)
                return THON_WATCH_NONE;
        if (so_long >= limit)
                return then;
        *ret_next = thon_mono_add(w->since, limit);
        return before;
}

static struct thon_watch_finding finding_of(const struct watched *w)
{
        return (struct thon_watch_finding){.daemon = w->daemon,
                                           .trouble = w->trouble,
                                           .online = w->heard && w->word == THON_WATCH_ONLINE,
                                           .changed = w->trouble != w->told};
}

void thon_watch_each(const struct thon_watch *watch,
                     void (*visit)(const struct thon_watch_finding *, void *), void *userdata)
{
        for (size_t i = 0; i < watch->n; i++) {
                const struct thon_watch_finding finding = finding_of(&watch->items[i]);

                visit(&finding, userdata);
        }
}

struct thon_mono thon_watch_look(struct thon_watch *watch, struct thon_mono now,
                                 void (*visit)(const struct thon_watch_finding *, void *), void *userdata)
{
        struct thon_mono next = THON_MONO_NEVER;

        for (size_t i = 0; i < watch->n; i++) {
                struct watched *w = &watch->items[i];
                struct thon_mono at = THON_MONO_NEVER;

                if (watch->connected)
                        w->trouble = judge(w, now, &at);
                if (at.us < next.us)
                        next = at;
                struct thon_watch_finding finding = finding_of(w);
                w->told = w->trouble;
                visit(&finding, userdata);
        }
        return next;
}
