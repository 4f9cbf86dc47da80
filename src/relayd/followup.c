/* Telling those again, and only those, whom a notice has reached: over the rung that reached them, whatever the registry
 * says by now. Who moved away or lost a role since still learns that it is over. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "routes.h"
#include "thon/relay_told_store.h"

struct reader {
        char *household, *person, *area, *ladder; /* first three may be NULL */
        int rung;
        bool told, left_out;
};

/* A whole commune may have been told: they are found by a hash of what makes them one recipient. */
struct relayd_readers {
        struct reader *items;
        size_t n;
        uint32_t *slots; /* index + 1; 0 free */
        size_t n_slots;  /* a power of two, at least twice n */
};

static void reader_done(struct reader *reader)
{
        free(reader->household);
        free(reader->person);
        free(reader->area);
        free(reader->ladder);
}

struct relayd_readers *relayd_readers_free(struct relayd_readers *readers)
{
        if (!readers)
                return NULL;
        for (size_t i = 0; i < readers->n; i++)
                reader_done(&readers->items[i]);
        free(readers->items);
        free(readers->slots);
        free(readers);
        return NULL;
}

size_t relayd_readers_count(const struct relayd_readers *readers)
{
        size_t n = 0;

        for (size_t i = 0; readers && i < readers->n; i++)
                n += readers->items[i].told && !readers->items[i].left_out;
        return n;
}

static bool same_text(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

/* A household is one recipient, whoever of it was meant; a person without one, or a channel's own chat, is itself. */
static bool same_reader(const struct reader *a, const struct thon_told *b)
{
        if (a->household || b->household)
                return a->household && b->household && strcasecmp(a->household, b->household) == 0;
        if (a->person || b->person)
                return same_text(a->person, b->person);
        return same_text(a->ladder, b->ladder);
}

/* FNV-1a; of a household its small letters, since codes are the same in any case. */
static uint32_t hash_of(const char *household, const char *person, const char *ladder)
{
        const char *text = household ? household : person ? person : ladder;
        uint32_t hash = 2166136261u;

        for (; *text; text++) {
                unsigned char c = (unsigned char)*text;

                if (c >= 'A' && c <= 'Z')
                        c = (unsigned char)(c + 32);
                hash = (hash ^ c) * 16777619u;
        }
        return hash;
}

static struct reader *find(struct relayd_readers *readers, const struct thon_told *told)
{
        if (readers->n_slots == 0)
                return NULL;
        for (size_t i = hash_of(told->household, told->person, told->ladder);; i++) {
                uint32_t slot = readers->slots[i & (readers->n_slots - 1)];

                if (slot == 0)
                        return NULL;
                if (same_reader(&readers->items[slot - 1], told))
                        return &readers->items[slot - 1];
        }
}

static void place(struct relayd_readers *readers, size_t index)
{
        const struct reader *reader = &readers->items[index];
        size_t i = hash_of(reader->household, reader->person, reader->ladder);

        while (readers->slots[i & (readers->n_slots - 1)] != 0)
                i++;
        readers->slots[i & (readers->n_slots - 1)] = (uint32_t)(index + 1);
}

static int make_room(struct relayd_readers *readers)
{
        size_t n_slots = readers->n_slots ? 2 * readers->n_slots : 16;
        struct reader *items;
        uint32_t *slots;

        if (2 * (readers->n + 1) <= readers->n_slots)
                return 0;
        items = reallocarray(readers->items, n_slots / 2, sizeof(*items));
        if (!items)
                return -ENOMEM;
        readers->items = items;
        slots = calloc(n_slots, sizeof(*slots));
        if (!slots)
                return -ENOMEM;
        free(readers->slots);
        readers->slots = slots;
        readers->n_slots = n_slots;
        for (size_t i = 0; i < readers->n; i++)
                place(readers, i);
        return 0;
}

static int copy(const char *text, char **ret)
{
        char *value = text ? strdup(text) : NULL;

        if (text && !value)
                return -ENOMEM;
        free(*ret);
        *ret = value;
        return 0;
}

static int add(struct relayd_readers *readers, const struct thon_told *told)
{
        struct reader *reader = find(readers, told), fresh = {0};
        int r = 0;

        if (!reader) {
                r = make_room(readers);
                if (r < 0)
                        return r;
                reader = &fresh;
        }
        /* The newest one counts: it says over which way they are reached now. */
        if (copy(told->household, &reader->household) < 0 || copy(told->person, &reader->person) < 0 ||
            copy(told->area, &reader->area) < 0 || copy(told->ladder, &reader->ladder) < 0)
                r = -ENOMEM;
        reader->rung = told->rung;
        reader->told = true;
        if (reader != &fresh)
                return r;
        if (r < 0) {
                reader_done(&fresh);
                return r;
        }
        readers->items[readers->n] = fresh;
        place(readers, readers->n++);
        return 0;
}

struct gather {
        struct relayd_readers *readers;
        bool shared;
        int64_t only; /* 0: children too */
        size_t *under_way;
};

static int gather(const struct thon_told *told, void *userdata)
{
        struct gather *g = userdata;

        if (g->only && told->notice != g->only)
                return 0;
        switch (told->outcome) {
        case THON_OUTCOME_SENT:
        case THON_OUTCOME_UNKNOWN:
                break;
        case THON_OUTCOME_PENDING:
                if (!g->shared && !g->under_way)
                        return 0;
                /* Counts as told when nobody waits for it any longer. */
                if (!g->shared)
                        ++*g->under_way;
                break;
        case THON_OUTCOME_NOT_SENT:
        case THON_OUTCOME_VISIT:
        case THON_OUTCOMES:
                return 0;
        }
        return add(g->readers, told);
}

int relayd_readers_add(struct relayd *d, struct relayd_readers **readers, int64_t notice, bool shared,
                       size_t *under_way)
{
        struct gather g = {.shared = shared, .only = shared ? notice : 0, .under_way = under_way};

        if (!*readers)
                *readers = calloc(1, sizeof(**readers));
        if (!*readers)
                return -ENOMEM;
        g.readers = *readers;
        return thon_notice_told(d->store, notice, gather, &g);
}

struct but {
        struct relayd_readers *readers;
        int64_t notice;
};

static int leave_out(const struct thon_told *told, void *userdata)
{
        const struct but *but = userdata;
        struct reader *reader = told->notice == but->notice ? find(but->readers, told) : NULL;

        /* Whom the other notice never reaches either learns of it by this one. */
        if (reader && told->outcome != THON_OUTCOME_NOT_SENT && told->outcome != THON_OUTCOME_VISIT)
                reader->left_out = true;
        return 0;
}

int relayd_readers_but(struct relayd *d, struct relayd_readers *readers, int64_t notice, const char *channel,
                       const char *address)
{
        struct but but = {readers, notice};

        for (size_t i = 0; readers && channel && address && i < readers->n; i++) {
                struct thon_rung rung;

                if (thon_ladder_rung(readers->items[i].ladder, (unsigned)readers->items[i].rung, &rung) &&
                    strcmp(rung.channel, channel) == 0 && strcmp(rung.address, address) == 0)
                        readers->items[i].left_out = true;
        }
        return readers && notice ? thon_notice_told(d->store, notice, leave_out, &but) : 0;
}

/* "to", as the store keeps it for people: exactly these. */
static char *audience(const struct relayd_readers *readers)
{
        _cleanup_json_ json_t *words = json_array();

        for (size_t i = 0; i < readers->n; i++) {
                const struct reader *reader = &readers->items[i];
                struct thon_rung rung;

                if (!reader->told || reader->left_out)
                        continue;
                if (reader->household)
                        (void)json_array_append_new(words, json_sprintf("household:%s", reader->household));
                else if (reader->person)
                        (void)json_array_append_new(words, json_sprintf("person:%s", reader->person));
                else if (thon_ladder_rung(reader->ladder, (unsigned)reader->rung, &rung))
                        (void)json_array_append_new(
                                words, json_sprintf("channel:%s/%s", rung.channel, rung.address));
        }
        return words ? json_dumps(words, JSON_COMPACT) : NULL;
}

int relayd_readers_tell(struct relayd *d, const struct relayd_readers *readers, const char *text,
                        enum thon_class class, enum thon_purpose purpose, int64_t parent, const char *source,
                        const char *by, struct thon_wall expires)
{
        size_t n = relayd_readers_count(readers), i = 0;
        _cleanup_free_ struct thon_recipient *people = NULL;
        _cleanup_free_ struct thon_recipient_first *first = NULL;
        _cleanup_free_ char *to = NULL;
        struct thon_notice notice = {
                .class = class,
                .purpose = purpose,
                .text = text,
                .not_before = THON_WALL_NEVER,
                .expires = expires,
                .parent = parent,
                .source = source,
                .escalate_at = THON_WALL_NEVER,
                .by = by,
                .at = relayd_wall(d),
        };
        bool existing;
        int r;

        if (n == 0)
                return 0;
        people = calloc(n, sizeof(*people));
        first = calloc(n, sizeof(*first));
        to = audience(readers);
        if (!people || !first || !to)
                return -ENOMEM;
        notice.audience = to;
        for (size_t j = 0; j < readers->n; j++) {
                const struct reader *reader = &readers->items[j];

                if (!reader->told || reader->left_out)
                        continue;
                people[i] = (struct thon_recipient){.household = reader->household,
                                                    .person = reader->person,
                                                    .area = reader->area,
                                                    .ladder = reader->ladder};
                first[i].recipient = &people[i];
                first[i].rung =
                        relayd_step(reader->ladder, reader->rung - 1, &first[i].due, &first[i].why, d);
                if (first[i].rung < 0)
                        first[i].rung = relayd_step(reader->ladder, -1, &first[i].due, &first[i].why, d);
                if (first[i].rung < 0) {
                        first[i].ended = THON_OUTCOME_NOT_SENT;
                        first[i].detail = THON_DETAIL_UNREACHABLE;
                }
                i++;
        }
        r = thon_notice_submit(d->store, &notice, first, n, &existing);
        if (r != 0)
                return r;
        relayd_publish_notice(d, notice.id);
        relayd_pump_soon(d);
        return 0;
}
