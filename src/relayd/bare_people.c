/* The routes' own words, but without what routes remember: a role or an area is looked up in what can still be read of the store,
 * or else in a copy of the night. An address that is new since that night is not known; without it nobody would be told. */
#include "bare_people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people.h"
#include "thon/backup_dir.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/relay_route.h"

#define COPIES_MAX 3

void relayd_ladders_done(struct relayd_ladders *l)
{
        for (size_t i = 0; i < l->n; i++)
                free(l->items[i]);
        l->n = 0;
}

void relayd_ladders_drop(struct relayd_ladders *l, size_t i)
{
        free(l->items[i]);
        l->n--;
        memmove(l->items + i, l->items + i + 1, (l->n - i) * sizeof(l->items[0]));
}

static void add_ladder(struct relayd_ladders *l, const char *ladder)
{
        if (!*ladder)
                return;
        for (size_t i = 0; i < l->n; i++)
                if (strcmp(l->items[i], ladder) == 0)
                        return;
        if (l->n == RELAYD_BARE_MAX || !(l->items[l->n] = strdup(ladder)))
                l->left_out++;
        else
                l->n++;
}

/* The stores that may know who they are: the one itself, as far as it can be read, and copies of it. */
struct sources {
        struct thon_store *stores[1 + COPIES_MAX];
        size_t n;
};

static void open_sources(const struct relayd *d, struct sources *ret)
{
        _cleanup_free_ char *dir = thon_backup_dir(d->site.store_path);
        struct thon_backup_list copies = {0};

        if (thon_store_open(d->site.store_path, THON_STORE_READ, &ret->stores[ret->n], NULL) == 0)
                ret->n++;
        if (!dir || thon_backup_list(dir, &copies) < 0)
                return;
        for (size_t i = 0; i < copies.n && i < COPIES_MAX; i++) {
                _cleanup_free_ char *path = NULL;

                if (asprintf(&path, "%s/%s", dir, copies.copies[i].name) < 0)
                        path = NULL;
                else if (thon_store_open(path, THON_STORE_READ, &ret->stores[ret->n], NULL) == 0)
                        ret->n++;
        }
        thon_backup_list_done(&copies);
}

/* From the first that can answer; one that knows nobody by this word may be a store that was made anew. */
static void add_word(struct relayd *d, const struct thon_route_conf *route, const char *kind,
                     const char *word, const struct sources *from, struct relayd_ladders *l)
{
        bool post = strncmp(word, "channel:", 8) == 0;
        struct relayd_people people;
        struct relayd_refusal refusal = {.text = "out of memory"};
        bool some = false;

        for (size_t i = 0; !some && i < (post ? 1 : from->n); i++) {
                people = (struct relayd_people){0};
                if (relayd_people_load(d, post ? NULL : from->stores[i], &word, 1, route->class,
                                       route->purpose, &people, &refusal) == 0) {
                        for (size_t k = 0; k < people.recipients.n; k++)
                                add_ladder(l, people.recipients.items[k].ladder);
                        for (size_t k = 0; k < people.n_posts; k++)
                                add_ladder(l, people.posts[k].ladder);
                        some = people.recipients.n + people.n_posts > 0;
                }
                relayd_people_done(&people);
        }
        if (!some)
                thon_error("Of %s nobody is told by \"to = %s\" of [route %s]: %s", kind, word, route->name,
                           post ? refusal.text : "neither the store nor a copy of it knows anybody");
}

/* What knows no quiet hours wakes nobody at home: it is for those in charge, by name, role or group. */
static bool is_homes(const char *word)
{
        return strcmp(word, "all") == 0 || strncmp(word, "area:", 5) == 0 ||
               strncmp(word, "household:", 10) == 0;
}

static bool matches(const struct thon_route_conf *route, const char *kind)
{
        for (size_t i = 0; i < route->n_match; i++)
                if (thon_kind_match(route->match[i], kind))
                        return true;
        return false;
}

void relayd_bare_people(struct relayd *d, const char *kind, struct relayd_ladders *ret)
{
        struct sources from = {0};
        size_t routes = 0;

        open_sources(d, &from);
        for (size_t i = 0; i < d->conf.n_routes; i++) {
                const struct thon_route_conf *route = &d->conf.routes[i];

                if (!matches(route, kind))
                        continue;
                routes++;
                for (size_t k = 0; k < route->n_to; k++)
                        if (is_homes(route->to[k]))
                                thon_error(
                                        "Of %s nobody is told by \"to = %s\" of [route %s]: it comes at any hour, and is for those "
                                        "in charge; name them with role:, person: or group:",
                                        kind, route->to[k], route->name);
                        else
                                add_word(d, route, kind, route->to[k], &from, ret);
        }
        for (size_t i = 0; i < from.n; i++)
                thon_store_close(from.stores[i]);
        if (routes == 0)
                thon_error("Nobody is told of %s: no [route ...] of relayd.conf matches it", kind);
        else if (ret->left_out > 0)
                thon_error("%zu are not told of %s: more than %d at once", ret->left_out, kind,
                           RELAYD_BARE_MAX);
}
