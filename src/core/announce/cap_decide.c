/* What this commune does about an alert: one look at everything that speaks against it, in an order that tells the
 * most useful reason, and then what the infos that mean us add up to.
 *
 * Messages overtake one another. What a message refers to is over from the moment that message came, whether or not
 * the other has come; and an update of something that a later message ended is old news, even when no one refers to
 * it. Only an alert's own sender ends it, and no message ends what was sent after it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cap_parts.h"

#define DAY_S         86400
#define AHEAD_S       600 /* a sender's clock may be so much before ours */
#define KNOWN_MAX     64
#define CLEAR_TIMES   2
#define CLEAR_EVERY_S 600

/* One info that counts: ours, in our language, not over. */
struct candidate {
        const struct thon_cap_info *info;
        struct cap_weight weight;
        struct cap_place place;
        bool clear; /* it says that there is nothing to fear (any more) */
};
/* Those that are said, worst first. What they come to is added up over all, said or not. */
struct chosen {
        struct candidate list[CAP_SAID_MAX];
        size_t n;
        bool clear; /* all of them */
};

static enum thon_cap_refusal refused_by_trust(enum thon_cap_signed how, bool unsigned_accepted)
{
        switch (how) {
        case THON_CAP_SIGNED:
                return THON_CAP_TAKEN;
        case THON_CAP_UNSIGNED:
                return unsigned_accepted ? THON_CAP_TAKEN : THON_CAP_REFUSED_UNSIGNED;
        case THON_CAP_STRANGER:
                /* Where the same alert without its signature would be taken, this one is no worse. */
                return unsigned_accepted ? THON_CAP_TAKEN : THON_CAP_REFUSED_STRANGER;
        case THON_CAP_BAD:
                return THON_CAP_REFUSED_SIGNATURE;
        }
        return THON_CAP_REFUSED_SIGNATURE;
}

static enum thon_cap_refusal refused_by_kind(const struct thon_cap *cap, bool tests_aired)
{
        switch (cap->status) {
        case THON_CAP_ACTUAL:
        case THON_CAP_EXERCISE:
                break;
        case THON_CAP_TEST:
                if (!tests_aired)
                        return THON_CAP_REFUSED_TEST;
                break;
        case THON_CAP_SYSTEM:
                return THON_CAP_REFUSED_SYSTEM;
        case THON_CAP_DRAFT:
                return THON_CAP_REFUSED_DRAFT;
        }
        if (cap->scope != THON_CAP_PUBLIC)
                return THON_CAP_REFUSED_SCOPE;
        switch (cap->msg) {
        case THON_CAP_ALERT:
        case THON_CAP_UPDATE:
        case THON_CAP_CANCEL:
                return THON_CAP_TAKEN;
        case THON_CAP_ACK:
        case THON_CAP_ERROR:
                return THON_CAP_REFUSED_MSG;
        }
        return THON_CAP_REFUSED_MSG;
}

static bool same(const char *a, const char *b)
{
        return strcmp(a, b) == 0;
}

/* The standard's triple; a sender that writes the time of its own alert otherwise is understood by the rest of it. */
static bool refers(const struct thon_cap *cap, const struct thon_cap_known *known)
{
        if (!same(cap->sender, known->sender) || thon_wall_before(cap->sent, known->sent))
                return false;
        for (size_t i = 0; i < cap->n_references; i++)
                if (same(cap->references[i].sender, known->sender) &&
                    same(cap->references[i].identifier, known->identifier))
                        return true;
        return false;
}

/* Who names the first of a chain means the one that has taken its place since. */
static size_t heir(const struct thon_cap *cap, const struct thon_cap_known *known, size_t n, size_t i)
{
        for (size_t k = 0; k < n && known[i].over && known[i].ended_by.s > 0; k++)
                if (same(known[k].sender, cap->sender) && known[k].sent.s == known[i].ended_by.s &&
                    known[k].sent.s > known[i].sent.s && known[k].sent.s < cap->sent.s)
                        return heir(cap, known, n, k);
        return i;
}

static enum thon_cap_refusal refused_by_history(const struct thon_cap *cap,
                                                const struct thon_cap_known *known, size_t n,
                                                uint64_t *ret_ends)
{
        bool referred = false, overtaken = false, seen = false, over = false;

        for (size_t i = 0; i < n; i++) {
                size_t last;

                if (same(cap->sender, known[i].sender) && same(cap->identifier, known[i].identifier) &&
                    cap->sent.s == known[i].sent.s) {
                        seen = true;
                        over = over || known[i].over;
                        continue;
                }
                if (cap->msg == THON_CAP_ALERT || !refers(cap, &known[i]))
                        continue;
                referred = true;
                last = heir(cap, known, n, i);
                if (!known[last].over)
                        *ret_ends |= UINT64_C(1) << last;
                else if (known[last].ended_by.s > cap->sent.s)
                        overtaken = true;
        }
        if (seen)
                return over ? THON_CAP_REFUSED_OLD : THON_CAP_REFUSED_KNOWN;
        if (overtaken)
                return THON_CAP_REFUSED_OLD;
        if (cap->msg == THON_CAP_CANCEL && !*ret_ends)
                return referred ? THON_CAP_REFUSED_OLD : THON_CAP_REFUSED_REFERENCE;
        return THON_CAP_TAKEN;
}

static struct thon_wall later(struct thon_wall at, int64_t s)
{
        return (struct thon_wall){at.s > INT64_MAX - 1 - s ? INT64_MAX - 1 : at.s + s};
}

static struct thon_wall expires_of(const struct thon_cap *cap, const struct thon_cap_info *info)
{
        return info && info->expires.s != THON_WALL_NEVER.s ? info->expires : later(cap->sent, DAY_S);
}

/* One part may be safe while another must still go: that one speaks. */
static bool is_clear(const struct thon_cap_info *info)
{
        return (info->response & THON_CAP_ALL_CLEAR) &&
               !(info->response & (THON_CAP_EVACUATE | THON_CAP_SHELTER));
}

static bool is_worse(const struct candidate *a, const struct candidate *b)
{
        if (a->clear != b->clear)
                return b->clear;
        if (a->weight.class != b->weight.class)
                return a->weight.class > b->weight.class;
        return a->weight.level > b->weight.level;
}

/* In order of weight; of equals the sender's order. One too many is the least. */
static void insert(struct chosen *chosen, const struct candidate *c)
{
        size_t at = chosen->n;

        while (at > 0 && is_worse(c, &chosen->list[at - 1]))
                at--;
        if (at == CAP_SAID_MAX)
                return;
        if (chosen->n < CAP_SAID_MAX)
                chosen->n++;
        memmove(&chosen->list[at + 1], &chosen->list[at], (chosen->n - 1 - at) * sizeof *chosen->list);
        chosen->list[at] = *c;
}

static void add_up(const struct thon_cap *cap, const struct candidate *c, struct thon_wall now,
                   bool clock_trusted, struct thon_cap_decision *d)
{
        struct thon_wall expires = expires_of(cap, c->info), begins = now;

        if (c->weight.class > d->class)
                d->class = c->weight.class;
        if (c->weight.level > d->level)
                d->level = c->weight.level;
        d->lamps = d->lamps || c->weight.lamps;
        d->zones |= c->place.zones;
        if (expires.s > d->expires.s)
                d->expires = expires;
        if (clock_trusted && c->info->effective.s != THON_WALL_NEVER.s && c->info->effective.s > now.s &&
            c->info->effective.s < expires.s)
                begins = c->info->effective;
        if (begins.s < d->begins.s)
                d->begins = begins;
}

/* Nothing is left to do: said of the rest only, since an end and a call to act are always worth their air. */
static bool is_idle(const struct thon_cap *cap, const struct thon_cap_info *info)
{
        return cap->msg == THON_CAP_ALERT && info->urgency == THON_CAP_PAST &&
               info->severity == THON_CAP_MINOR && (!info->instruction || !*info->instruction) &&
               !(info->response & THON_CAP_ALL_CLEAR);
}

/* The infos that count; or why there are none. */
static enum thon_cap_refusal choose(const struct thon_cap *cap, const struct thon_cap_commune *commune,
                                    struct thon_wall now, bool clock_trusted, struct chosen *ret,
                                    struct thon_cap_decision *d)
{
        static const char *const vietnamese[] = {"vi-VN"};
        const char *const *languages = commune->languages[0] ? commune->languages : vietnamese;
        size_t n_languages = commune->languages[0] ? 4 : 1;
        bool current = false, ours = false, read = false;
        int best = -1;

        ret->clear = true;
        d->begins = THON_WALL_NEVER;
        d->expires = (struct thon_wall){INT64_MIN};
        for (size_t pass = 0; pass < 2; pass++)
                for (size_t i = 0; i < cap->n_infos; i++) {
                        struct candidate c = {.info = &cap->infos[i]};
                        int language;

                        if (clock_trusted && expires_of(cap, c.info).s <= now.s)
                                continue;
                        current = true;
                        c.place = cap_place(c.info, commune);
                        if (!c.place.us)
                                continue;
                        ours = true;
                        language = cap_language(c.info, languages, n_languages);
                        if (language < 0)
                                continue;
                        if (pass == 0 && (best < 0 || language < best))
                                best = language;
                        if (pass == 0 || language != best)
                                continue;
                        read = true;
                        if (is_idle(cap, c.info))
                                continue;
                        c.weight = cap_weigh(c.info);
                        c.clear = is_clear(c.info);
                        ret->clear = ret->clear && c.clear;
                        if (c.clear) {
                                c.weight.lamps = false;
                                if (c.weight.class > THON_CLASS_PRIORITY)
                                        c.weight.class = THON_CLASS_PRIORITY;
                        }
                        insert(ret, &c);
                        add_up(cap, &c, now, clock_trusted, d);
                }
        if (ret->n > 0)
                return THON_CAP_TAKEN;
        return cap->n_infos == 0 ? THON_CAP_REFUSED_EMPTY
               : !current        ? THON_CAP_REFUSED_EXPIRED
               : !ours           ? THON_CAP_REFUSED_AREA
               : !read           ? THON_CAP_REFUSED_LANGUAGE
                                 : THON_CAP_REFUSED_PAST;
}

/* What it comes to: how often, and what an exercise and an end may not do. */
static void settle(const struct thon_cap *cap, const struct chosen *chosen, struct thon_cap_decision *d)
{
        d->repeats = chosen->n > 0 ? chosen->list[0].weight.repeats : CLEAR_TIMES;
        d->every_s = chosen->n > 0 ? chosen->list[0].weight.every_s : CLEAR_EVERY_S;
        d->exercise = cap->status == THON_CAP_EXERCISE || cap->status == THON_CAP_TEST;
        d->all_clear = cap->msg == THON_CAP_CANCEL || chosen->clear;
        if (d->all_clear) {
                d->class = THON_CLASS_PRIORITY;
                d->lamps = false;
                d->repeats = CLEAR_TIMES;
                d->every_s = CLEAR_EVERY_S;
        }
        if (d->exercise) {
                d->repeats = 1;
                if (d->class > THON_CLASS_PRIORITY)
                        d->class = THON_CLASS_PRIORITY;
        }
        d->lamps = d->lamps && cap->status != THON_CAP_TEST;
        d->notify = d->class >= THON_CLASS_PRIORITY && cap->status != THON_CAP_TEST;
}

/* A Cancel says an end even where it says nothing else: it needs no text, and no area, of its own. */
static void cancel_everywhere(const struct thon_cap *cap, const struct thon_cap_commune *commune,
                              struct thon_wall now, struct thon_cap_decision *d)
{
        d->zones = commune->n_zones >= 64 ? UINT64_MAX : (UINT64_C(1) << commune->n_zones) - 1;
        d->begins = now;
        d->expires = later(cap->sent, DAY_S);
}

int thon_cap_decide(const struct thon_cap *cap, enum thon_cap_signed how,
                    const struct thon_cap_commune *commune, const struct thon_cap_known *known,
                    size_t n_known, struct thon_wall now, bool clock_trusted, struct thon_cap_decision *ret)
{
        struct thon_cap_decision d = {.repeats = 1, .begins = now, .expires = now};
        struct cap_saying saying = {.status = cap->status,
                                    .update = cap->msg == THON_CAP_UPDATE,
                                    .cancel = cap->msg == THON_CAP_CANCEL,
                                    .note = cap->note};
        struct chosen chosen = {.n = 0};
        int r;

        d.refusal = refused_by_trust(how, commune->unsigned_accepted);
        if (d.refusal == THON_CAP_TAKEN)
                d.refusal = refused_by_kind(cap, commune->tests_aired);
        if (d.refusal == THON_CAP_TAKEN && clock_trusted && cap->sent.s > later(now, AHEAD_S).s)
                d.refusal = THON_CAP_REFUSED_FUTURE;
        d.closes = d.refusal == THON_CAP_TAKEN;
        if (d.refusal == THON_CAP_TAKEN)
                d.refusal = refused_by_history(cap, known, n_known < KNOWN_MAX ? n_known : KNOWN_MAX,
                                               &d.ends_known);
        if (d.refusal == THON_CAP_TAKEN) {
                d.refusal = choose(cap, commune, now, clock_trusted, &chosen, &d);
                if (d.refusal != THON_CAP_TAKEN && saying.cancel) {
                        cancel_everywhere(cap, commune, now, &d);
                        d.refusal = THON_CAP_TAKEN;
                }
        }
        if (d.refusal != THON_CAP_TAKEN) {
                /* Nobody is left without the old text because the new one cannot be read. */
                if (d.refusal == THON_CAP_REFUSED_LANGUAGE || d.refusal == THON_CAP_REFUSED_EMPTY)
                        d.ends_known = 0;
                d.begins = d.expires = now;
                *ret = d;
                return 0;
        }

        settle(cap, &chosen, &d);
        for (; saying.n < chosen.n; saying.n++) {
                saying.infos[saying.n] = chosen.list[saying.n].info;
                saying.by_words[saying.n] = chosen.list[saying.n].place.by_words;
        }
        saying.class = d.class;
        saying.all_clear = d.all_clear;
        r = cap_say(&saying, &d.title, &d.text);
        if (r < 0)
                return r;
        if (!d.text) {
                d.refusal = THON_CAP_REFUSED_EMPTY;
                d.ends_known = 0;
                free(d.title);
                d.title = NULL;
        }
        *ret = d;
        return 0;
}

void thon_cap_decision_done(struct thon_cap_decision *decision)
{
        free(decision->title);
        free(decision->text);
        decision->title = decision->text = NULL;
}
