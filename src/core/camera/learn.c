/* Groups are learned from what fell together, because nobody draws the wiring of a hamlet, and whoever did has moved two
 * cables since. What happened once may be a coincidence, so a group is believed when it happened again; and a member is one
 * by majority of the last eight times, so that a stranger who fell in the same minute is not taken in, and one that was
 * moved to another switch is let go without anybody's telling us. */
#include "thon/camera_learn.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/slug.h"

#define RING      8
#define TIMES_MAX 1000000

struct member {
        thon_slug id;
        uint8_t fell; /* bit 0: the last time that the group fell */
};

struct group {
        int64_t id;
        struct thon_wall at;
        unsigned times;
        struct member *members; /* in order of id; some have too few bits to belong */
        size_t n;
        bool changed;
};

struct thon_learn {
        struct group groups[THON_LEARN_GROUPS];
        size_t n;
        int64_t last_id;
        int64_t gone[THON_LEARN_GROUPS *
                     2]; /* to be told to the store; beyond, a stale row is all that is left */
        size_t n_gone;
};

int thon_learn_new(struct thon_learn **ret)
{
        struct thon_learn *learn = calloc(1, sizeof(*learn));

        if (!learn)
                return -ENOMEM;
        *ret = learn;
        return 0;
}

struct thon_learn *thon_learn_free(struct thon_learn *learn)
{
        if (!learn)
                return NULL;
        for (size_t i = 0; i < learn->n; i++)
                free(learn->groups[i].members);
        free(learn);
        return NULL;
}

static bool belongs(const struct group *group, const struct member *member)
{
        unsigned times = group->times < RING ? group->times : RING;
        unsigned fell = (unsigned)__builtin_popcount(member->fell & ((1u << times) - 1));

        return fell * 2 > times;
}

static bool believed(const struct group *group)
{
        return group->times >= THON_LEARN_BELIEVE;
}

static void remove_group(struct thon_learn *learn, size_t i)
{
        if (learn->n_gone < sizeof(learn->gone) / sizeof(*learn->gone))
                learn->gone[learn->n_gone++] = learn->groups[i].id;
        free(learn->groups[i].members);
        learn->n--;
        memmove(learn->groups + i, learn->groups + i + 1, (learn->n - i) * sizeof(*learn->groups));
}

static int by_text(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once. */
static int sorted(const char *const *ids, size_t n, const char ***ret, size_t *ret_n)
{
        const char **copy = malloc((n ? n : 1) * sizeof(*copy));
        size_t kept = 0;

        if (!copy)
                return -ENOMEM;
        if (n)
                memcpy(copy, ids, n * sizeof(*copy));
        qsort(copy, n, sizeof(*copy), by_text);
        for (size_t i = 0; i < n; i++)
                if (!kept || strcmp(copy[kept - 1], copy[i]) != 0)
                        copy[kept++] = copy[i];
        *ret = copy;
        *ret_n = kept;
        return 0;
}

/* How many of those that belong to the group are among `ids` (sorted); and how many belong to it. */
static size_t common(const struct group *group, const char *const *ids, size_t n, size_t *ret_belong)
{
        size_t both = 0, belong = 0, k = 0;

        for (size_t i = 0; i < group->n; i++) {
                if (!belongs(group, &group->members[i]))
                        continue;
                belong++;
                while (k < n && strcmp(ids[k], group->members[i].id) < 0)
                        k++;
                if (k < n && strcmp(ids[k], group->members[i].id) == 0)
                        both++;
        }
        *ret_belong = belong;
        return both;
}

/* The group that this was, by overlap over union: more than half, or it was another one. */
static struct group *nearest(struct thon_learn *learn, const char *const *ids, size_t n)
{
        struct group *best = NULL;
        size_t best_both = 0, best_all = 1;

        for (size_t i = 0; i < learn->n; i++) {
                size_t belong, both = common(&learn->groups[i], ids, n, &belong), all = belong + n - both;

                if (both * 2 > all && both * best_all > best_both * all) {
                        best = &learn->groups[i];
                        best_both = both;
                        best_all = all;
                }
        }
        return best;
}

/* Least believed, then oldest: that one gives way. */
static void make_room(struct thon_learn *learn)
{
        size_t worst = 0;

        if (learn->n < THON_LEARN_GROUPS)
                return;
        for (size_t i = 1; i < learn->n; i++) {
                const struct group *a = &learn->groups[i], *b = &learn->groups[worst];

                if (believed(a) != believed(b) ? believed(b) : a->at.s < b->at.s)
                        worst = i;
        }
        remove_group(learn, worst);
}

static void set_member(struct member *member, const char *id, uint8_t fell)
{
        *member = (struct member){.fell = fell};
        memcpy(member->id, id, strlen(id) + 1);
}

/* Both sorted: those that fell get a bit, the others none; who has no bit left is forgotten. */
static int merge(struct group *group, const char *const *ids, size_t n, struct thon_wall at)
{
        struct member *members = malloc((group->n + n) * sizeof(*members));
        size_t i = 0, k = 0, kept = 0;

        if (!members)
                return -ENOMEM;
        while (i < group->n || k < n) {
                int order = i == group->n ? 1 : k == n ? -1 : strcmp(group->members[i].id, ids[k]);

                if (order <= 0) {
                        members[kept] = group->members[i++];
                        members[kept].fell = (uint8_t)(members[kept].fell << 1 | (order == 0));
                        k += order == 0;
                } else {
                        set_member(&members[kept], ids[k++], 1);
                }
                if (members[kept].fell)
                        kept++;
        }
        free(group->members);
        group->members = members;
        group->n = kept;
        group->at = at;
        if (group->times < TIMES_MAX)
                group->times++;
        group->changed = true;
        return 0;
}

int thon_learn_teach(struct thon_learn *learn, const char *const *ids, size_t n, struct thon_wall at)
{
        _cleanup_free_ const char **set = NULL;
        struct group fresh = {.id = learn->last_id + 1}, *group;
        int r;

        for (size_t i = 0; i < n; i++)
                if (!thon_slug_valid(ids[i]))
                        return -EINVAL;
        if (n < 2 || n > THON_LEARN_MEMBERS)
                return 0;
        r = sorted(ids, n, &set, &n);
        if (r < 0)
                return r;
        if (n < 2)
                return 0;
        group = nearest(learn, set, n);
        if (group)
                return merge(group, set, n, at);
        r = merge(&fresh, set, n, at);
        if (r < 0)
                return r;
        make_room(learn);
        learn->groups[learn->n++] = fresh;
        learn->last_id++;
        return 0;
}

int64_t thon_learn_match(const struct thon_learn *learn, const char *const *ids, size_t n,
                         unsigned share_percent)
{
        _cleanup_free_ const char **set = NULL;
        size_t most = 0;
        int64_t best = 0;

        if (!learn->n || sorted(ids, n, &set, &n) < 0)
                return 0;
        for (size_t i = 0; i < learn->n; i++) {
                const struct group *group = &learn->groups[i];
                size_t belong, both = common(group, set, n, &belong);

                if (!believed(group) || belong < 2 || both <= most || both * 100 < belong * share_percent)
                        continue;
                most = both;
                best = group->id;
        }
        return best;
}

static const struct group *find(const struct thon_learn *learn, int64_t id)
{
        for (size_t i = 0; i < learn->n; i++)
                if (learn->groups[i].id == id)
                        return &learn->groups[i];
        return NULL;
}

size_t thon_learn_members(const struct thon_learn *learn, int64_t group, const char **ret, size_t room)
{
        const struct group *found = find(learn, group);
        size_t n = 0;

        for (size_t i = 0; found && i < found->n; i++) {
                if (!belongs(found, &found->members[i]))
                        continue;
                if (n < room)
                        ret[n] = found->members[i].id;
                n++;
        }
        return n;
}

void thon_learn_forget(struct thon_learn *learn, const char *id)
{
        for (size_t i = learn->n; i-- > 0;) {
                struct group *group = &learn->groups[i];

                for (size_t k = 0; k < group->n; k++) {
                        if (strcmp(group->members[k].id, id) != 0)
                                continue;
                        group->n--;
                        memmove(group->members + k, group->members + k + 1,
                                (group->n - k) * sizeof(*group->members));
                        group->changed = true;
                        break;
                }
                if (!group->n)
                        remove_group(learn, i);
        }
}

/* ---- keeping: "1 SECONDS TIMES ID:HH ID:HH ..." with HH the ring in hexadecimal ---- */
static char *document(const struct group *group)
{
        size_t room = 64 + group->n * (THON_SLUG_MAX + 5), at;
        char *doc = malloc(room);

        if (!doc)
                return NULL;
        at = (size_t)snprintf(doc, room, "1 %" PRId64 " %u", group->at.s, group->times);
        for (size_t i = 0; i < group->n; i++)
                at += (size_t)snprintf(doc + at, room - at, " %s:%02x", group->members[i].id,
                                       group->members[i].fell);
        return doc;
}

int thon_learn_keep(struct thon_learn *learn, int (*visit)(int64_t group, const char *doc, void *userdata),
                    void *userdata)
{
        int r;

        for (; learn->n_gone; learn->n_gone--) {
                r = visit(learn->gone[learn->n_gone - 1], NULL, userdata);
                if (r)
                        return r;
        }
        for (size_t i = 0; i < learn->n; i++) {
                _cleanup_free_ char *doc = NULL;

                if (!learn->groups[i].changed)
                        continue;
                doc = document(&learn->groups[i]);
                if (!doc)
                        return -ENOMEM;
                r = visit(learn->groups[i].id, doc, userdata);
                if (r)
                        return r;
                learn->groups[i].changed = false;
        }
        return 0;
}

/* Digits up to `end`; nothing else, no more than `max`. */
static bool number(const char **p, char end, int64_t max, int64_t *ret)
{
        int64_t value = 0;
        const char *s = *p;

        if (*s < '0' || *s > '9')
                return false;
        for (; *s >= '0' && *s <= '9'; s++) {
                if (value > (max - (*s - '0')) / 10)
                        return false;
                value = value * 10 + (*s - '0');
        }
        if (*s != end)
                return false;
        *p = s + 1;
        *ret = value;
        return true;
}

static int hex(char c)
{
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool member_of(const char **p, struct member *ret)
{
        const char *colon = strchr(*p, ':');
        size_t size = colon ? (size_t)(colon - *p) : 0;
        int high, low;

        if (!size || size > THON_SLUG_MAX)
                return false;
        *ret = (struct member){0};
        memcpy(ret->id, *p, size);
        high = hex(colon[1]);
        low = high < 0 ? -1 : hex(colon[2]);
        if (low < 0 || !thon_slug_valid(ret->id))
                return false;
        ret->fell = (uint8_t)(high << 4 | low);
        if (!ret->fell || (colon[3] != '\0' && colon[3] != ' '))
                return false;
        *p = colon + 3 + (colon[3] == ' ');
        return true;
}

int thon_learn_restore(struct thon_learn *learn, int64_t group, const char *doc)
{
        _cleanup_free_ struct member *members = NULL;
        size_t n = 0, room = 1;
        int64_t at, times;

        if (group <= 0 || group == INT64_MAX || find(learn, group) || strncmp(doc, "1 ", 2) != 0)
                return -EINVAL;
        doc += 2;
        if (!number(&doc, ' ', INT64_MAX, &at) || !number(&doc, ' ', TIMES_MAX, &times) || !times)
                return -EINVAL;
        for (const char *p = doc; *p; p++)
                room += *p == ' ';
        /* Each time at most THON_LEARN_MEMBERS more, and whoever lacked eight times is gone. */
        if (room > THON_LEARN_MEMBERS * RING)
                return -EINVAL;
        members = malloc(room * sizeof(*members));
        if (!members)
                return -ENOMEM;
        while (*doc) {
                if (n == room || !member_of(&doc, &members[n]) ||
                    (n && strcmp(members[n - 1].id, members[n].id) >= 0))
                        return -EINVAL;
                n++;
        }
        if (!n)
                return -EINVAL;
        make_room(learn);
        learn->groups[learn->n++] = (struct group){
                .id = group, .at = {at}, .times = (unsigned)times, .members = THON_TAKE(members), .n = n};
        if (group > learn->last_id)
                learn->last_id = group;
        return 0;
}

bool thon_learn_changed(const struct thon_learn *learn)
{
        if (learn->n_gone)
                return true;
        for (size_t i = 0; i < learn->n; i++)
                if (learn->groups[i].changed)
                        return true;
        return false;
}
