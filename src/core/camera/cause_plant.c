/* The plant as it was declared, laid out once so that every look is linear in it: parents before children, and the sets
 * that can fail as one. A cycle of parents is a mistake of who typed it in; it is cut at one link and the rest holds. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cause.h"
#include "thon/cleanup.h"

uint64_t thon_watch_network(const char *address)
{
        struct in_addr four;
        struct in6_addr six;
        uint64_t upper = 0;

        if (!address)
                return 0;
        if (inet_pton(AF_INET, address, &four) == 1)
                return ntohl(four.s_addr) & UINT32_C(0xffffff00);
        if (inet_pton(AF_INET6, address, &six) != 1)
                return 0;
        for (int i = 0; i < 8; i++)
                upper = upper << 8 | six.s6_addr[i];
        return upper;
}

/* Walks up from each device and paints the path; meeting one's own paint again is a cycle, and the link that closed it is cut. */
static int cut_cycles(struct thon_cause *f)
{
        _cleanup_free_ size_t *paint = calloc(f->n ? f->n : 1, sizeof(*paint));

        if (!paint)
                return -ENOMEM;
        for (size_t i = 0; i < f->n; i++) {
                for (size_t at = i; !paint[at];) {
                        size_t parent = f->devices[at].parent;

                        paint[at] = i + 1;
                        if (parent == NONE)
                                break;
                        if (paint[parent] == i + 1)
                                f->devices[at].parent = NONE;
                        at = parent;
                }
        }
        return 0;
}

static int lay_out_children(struct thon_cause *f)
{
        size_t at = 0, done = 0;

        f->children = calloc(f->n ? f->n : 1, sizeof(*f->children));
        f->order = calloc(f->n ? f->n : 1, sizeof(*f->order));
        f->children_rechecked = calloc(f->n ? f->n : 1, sizeof(*f->children_rechecked));
        if (!f->children || !f->order || !f->children_rechecked)
                return -ENOMEM;
        for (size_t i = 0; i < f->n; i++)
                if (f->devices[i].parent != NONE)
                        f->devices[f->devices[i].parent].n_children++;
        for (size_t i = 0; i < f->n; i++) {
                f->devices[i].first_child = at;
                at += f->devices[i].n_children;
                f->devices[i].n_children = 0;
        }
        for (size_t i = 0; i < f->n; i++) {
                struct watched *parent =
                        f->devices[i].parent != NONE ? &f->devices[f->devices[i].parent] : NULL;

                if (parent)
                        f->children[parent->first_child + parent->n_children++] = i;
                else
                        f->order[done++] = i;
        }
        for (size_t i = 0; i < done; i++) {
                const struct watched *d = &f->devices[f->order[i]];

                for (size_t k = 0; k < d->n_children; k++)
                        f->order[done++] = f->children[d->first_child + k];
        }
        return 0;
}

static int by_area(const void *a, const void *b, void *arg)
{
        const struct watched *devices = arg;
        size_t x = *(const size_t *)a, y = *(const size_t *)b;
        int order = strcmp(devices[x].conf.area, devices[y].conf.area);

        return order ? order : (x > y) - (x < y);
}

static int by_network(const void *a, const void *b, void *arg)
{
        const struct watched *devices = arg;
        size_t x = *(const size_t *)a, y = *(const size_t *)b;
        uint64_t m = devices[x].conf.network, n = devices[y].conf.network;

        return m != n ? (m > n) - (m < n) : (x > y) - (x < y);
}

static int lay_out_sets(struct thon_cause *f)
{
        size_t room = f->n ? f->n : 1;

        f->by_area = calloc(room, sizeof(*f->by_area));
        f->by_network = calloc(room, sizeof(*f->by_network));
        f->areas = calloc(room, sizeof(*f->areas));
        f->networks = calloc(room, sizeof(*f->networks));
        f->area_rechecked = calloc(room, sizeof(*f->area_rechecked));
        f->network_rechecked = calloc(room, sizeof(*f->network_rechecked));
        if (!f->by_area || !f->by_network || !f->areas || !f->networks || !f->area_rechecked ||
            !f->network_rechecked)
                return -ENOMEM;
        for (size_t i = 0; i < f->n; i++)
                f->by_area[i] = f->by_network[i] = i;
        qsort_r(f->by_area, f->n, sizeof(*f->by_area), by_area, f->devices);
        qsort_r(f->by_network, f->n, sizeof(*f->by_network), by_network, f->devices);
        for (size_t i = 0; i < f->n; i++) {
                struct watched *d = &f->devices[f->by_area[i]];

                if (!*d->conf.area)
                        continue;
                if (!f->n_areas || strcmp(f->devices[f->by_area[i - 1]].conf.area, d->conf.area) != 0)
                        f->areas[f->n_areas++] = (struct set){.first = i};
                f->areas[f->n_areas - 1].n++;
                d->area = f->n_areas - 1;
        }
        for (size_t i = 0; i < f->n; i++) {
                struct watched *d = &f->devices[f->by_network[i]];

                if (!d->conf.network)
                        continue;
                if (!f->n_networks || f->devices[f->by_network[i - 1]].conf.network != d->conf.network)
                        f->networks[f->n_networks++] = (struct set){.first = i};
                f->networks[f->n_networks - 1].n++;
                d->network = f->n_networks - 1;
        }
        return 0;
}

size_t plant_area(const struct thon_cause *f, const char *area)
{
        size_t low = 0, high = f->n_areas;

        while (low < high) {
                size_t mid = low + (high - low) / 2;
                int order = strcmp(f->devices[f->by_area[f->areas[mid].first]].conf.area, area);

                if (!order)
                        return mid;
                if (order < 0)
                        low = mid + 1;
                else
                        high = mid;
        }
        return NONE;
}

int plant_lay_out(struct thon_cause *f)
{
        int r = cut_cycles(f);

        if (r >= 0)
                r = lay_out_children(f);
        return r < 0 ? r : lay_out_sets(f);
}
