/* What was taken, and what ended it. In the store the row of an alert says only that it is over; by what is told
 * here until a restart, after which the order of messages is known a little less finely. */
#include "known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void one_done(struct known_alert *alert)
{
        free(alert->sender);
        free(alert->identifier);
        *alert = (struct known_alert){0};
}

int known_add(struct known_alerts *known, const struct known_alert *alert)
{
        struct known_alert one = *alert;

        one.sender = strdup(alert->sender);
        one.identifier = strdup(alert->identifier);
        if (!one.sender || !one.identifier) {
                one_done(&one);
                return -ENOMEM;
        }
        if (known->n == KNOWN_MAX) {
                one_done(&known->list[0]);
                memmove(known->list, known->list + 1, (KNOWN_MAX - 1) * sizeof(*known->list));
                known->n--;
        }
        known->list[known->n++] = one;
        return 0;
}

static int load_one(const struct thon_cap_row *row, void *userdata)
{
        struct known_alert one = {.sender = (char *)row->sender,
                                  .identifier = (char *)row->identifier,
                                  .sent = row->sent,
                                  .expires = row->expires,
                                  .over = row->over};

        if (!row->taken)
                return 0;
        strncpy(one.announcement, row->announcement ? row->announcement : "", sizeof(one.announcement) - 1);
        return known_add(userdata, &one);
}

/* What came while the store was away came after all that it has. */
void known_load(struct announced *d, struct known_alerts *known)
{
        struct known_alerts all = {.loaded = true};
        int r;

        if (known->loaded || !announced_store(d))
                return;
        r = thon_caps(d->store, KNOWN_MAX, load_one, &all);
        if (r != 0) {
                known_done(&all);
                announced_store_failed(d, r);
                return;
        }
        /* The store gives the newest first. */
        for (size_t i = 0; i < all.n / 2; i++) {
                struct known_alert swap = all.list[i];

                all.list[i] = all.list[all.n - 1 - i];
                all.list[all.n - 1 - i] = swap;
        }
        for (size_t i = 0; i < known->n; i++)
                (void)known_add(&all, &known->list[i]);
        known_done(known);
        *known = all;
}

size_t known_view(const struct known_alerts *known, struct thon_air_now now,
                  struct thon_cap_known ret[static KNOWN_MAX])
{
        for (size_t i = 0; i < known->n; i++) {
                const struct known_alert *one = &known->list[i];

                ret[i] = (struct thon_cap_known){.sender = one->sender,
                                                 .identifier = one->identifier,
                                                 .sent = one->sent,
                                                 .over = one->over ||
                                                         (now.trusted && one->expires.s <= now.wall.s),
                                                 .ended_by = one->ended_by};
        }
        return known->n;
}

void known_end(struct announced *d, struct known_alerts *known, uint64_t ends, struct thon_wall by,
               const char *actor)
{
        for (size_t i = 0; i < known->n; i++) {
                struct known_alert *one = &known->list[i];
                struct announced_item *item;
                int r = 0;

                if (!(ends & UINT64_C(1) << i) || one->over)
                        continue;
                one->over = true;
                one->ended_by = by;
                item = announced_find(d, one->announcement);
                if (item &&
                    (item->a.state == THON_ANNOUNCE_APPROVED || item->a.state == THON_ANNOUNCE_SUBMITTED))
                        announced_item_end(item, THON_ANNOUNCE_CANCELLED, THON_AIR_REPLACED, actor,
                                           "thay bằng bản tin mới hơn");
                if (announced_store(d))
                        r = thon_cap_over(d->store, one->sender, one->identifier, one->sent);
                if (r != 0)
                        announced_store_failed(d, r);
        }
}

static bool is_known(const struct known_alerts *known, const struct thon_cap_reference *reference)
{
        for (size_t i = 0; i < known->n; i++)
                if (known->list[i].sent.s == reference->sent.s &&
                    strcmp(known->list[i].sender, reference->sender) == 0 &&
                    strcmp(known->list[i].identifier, reference->identifier) == 0)
                        return true;
        return false;
}

void known_close(struct known_alerts *known, const struct thon_cap *cap)
{
        /* At most half of what is remembered: a message with hundreds of them shall not make all else forgotten. */
        for (size_t i = 0; i < cap->n_references && i < KNOWN_MAX / 2; i++) {
                const struct thon_cap_reference *reference = &cap->references[i];
                const struct known_alert one = {.sender = reference->sender,
                                                .identifier = reference->identifier,
                                                .sent = reference->sent,
                                                .expires = THON_WALL_NEVER,
                                                .ended_by = cap->sent,
                                                .over = true};

                if (strcmp(reference->sender, cap->sender) == 0 && !is_known(known, reference))
                        (void)known_add(known, &one);
        }
}

void known_done(struct known_alerts *known)
{
        for (size_t i = 0; i < known->n; i++)
                one_done(&known->list[i]);
        known->n = 0;
}
