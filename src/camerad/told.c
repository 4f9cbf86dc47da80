/* The memory of incidents that people were told of: in here until the store has it, and from the store after a restart. */
#include "told.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/log.h"

#define TOLD_MAX 4096

char *told_text(const char *text)
{
        return strdup(text ? text : "");
}

void told_let_go(struct told *t)
{
        for (size_t i = 0; i < t->n_members; i++)
                free(t->members[i]);
        free(t->members);
        t->members = NULL;
        t->n_members = 0;
}

static void told_done(struct told *t)
{
        told_let_go(t);
        free(t->root);
        free(t->name);
        free(t->area);
        free(t->text);
        free(t->end_text);
        *t = (struct told){0};
}

void told_remove(struct camerad_told *told, size_t i)
{
        told_done(&told->items[i]);
        told->n--;
        memmove(told->items + i, told->items + i + 1, (told->n - i) * sizeof(*told->items));
}

struct told *told_find(struct camerad *d, const char *id)
{
        for (size_t i = 0; d->told && i < d->told->n; i++)
                if (d->told->items[i].ended.s == THON_WALL_NEVER.s && strcmp(d->told->items[i].id, id) == 0)
                        return &d->told->items[i];
        return NULL;
}

struct told *told_add(struct camerad *d, const char *id)
{
        struct camerad_told *told = d->told;
        struct told *t = NULL;

        for (size_t i = 0; told->n >= TOLD_MAX && i < told->n; i++)
                if (told->items[i].ended.s != THON_WALL_NEVER.s)
                        told_remove(told, i--);
        if (told->n == told->room) {
                size_t room = told->room ? 2 * told->room : 16;
                struct told *items = reallocarray(told->items, room, sizeof(*items));

                if (!items)
                        return NULL;
                told->items = items;
                told->room = room;
        }
        t = &told->items[told->n++];
        *t = (struct told){.ended = THON_WALL_NEVER, .dirty = true};
        snprintf(t->id, sizeof(t->id), "%s", id);
        return t;
}

/* ---- from the store ---- */

static bool cause_parse(const char *slug, enum thon_cause_kind *ret)
{
        for (int i = 0; i <= THON_CAUSE_FLAPPING; i++)
                if (strcmp(thon_cause_slug((enum thon_cause_kind)i), slug) == 0) {
                        *ret = (enum thon_cause_kind)i;
                        return true;
                }
        return false;
}

static int load_one(const struct thon_incident_row *row, void *userdata)
{
        struct camerad *d = userdata;
        struct told *t;
        enum thon_cause_kind cause;
        enum thon_camera_verdict verdict;

        if (!cause_parse(row->cause, &cause) || !thon_camera_parse(row->verdict, &verdict)) {
                thon_warning("Incident %s in the store cannot be read, and is passed over", row->id);
                return 0;
        }
        t = told_find(d, row->id) ? NULL : told_add(d, row->id);
        if (!t)
                return told_find(d, row->id) ? 0 : -ENOMEM;
        t->cause = cause;
        t->verdict = verdict;
        t->group = row->group;
        t->began = row->began;
        t->most = row->most;
        t->dirty = false;
        snprintf(t->cause_id, sizeof(t->cause_id), "%s", row->cause_id ? row->cause_id : "");
        t->root = told_text(row->root);
        t->name = told_text(row->name);
        t->area = told_text(row->area);
        t->text = told_text(row->text);
        t->members = calloc(row->n_members + 1, sizeof(*t->members));
        for (size_t i = 0; t->members && i < row->n_members; i++)
                if ((t->members[t->n_members] = strdup(row->members[i])))
                        t->n_members++;
        return t->root && t->name && t->area && t->text && t->members ? 0 : -ENOMEM;
}

static bool holds(const struct told *wider, const char *id)
{
        for (size_t i = 0; i < wider->n_members; i++)
                if (strcmp(wider->members[i], id) == 0)
                        return true;
        return strcmp(wider->root, id) == 0;
}

/* What names a standing incident as its cause, and is held down by that, had been taken over. */
static void find_absorbed(struct camerad_told *told)
{
        for (size_t i = 0; i < told->n; i++)
                for (size_t k = 0; k < told->n; k++) {
                        struct told *t = &told->items[i];
                        const struct told *wider = &told->items[k];

                        if (i != k && t->cause_id[0] && strcmp(t->cause_id, wider->id) == 0)
                                t->absorbed = holds(wider, t->n_members > 0 ? t->members[0] : t->root);
                }
        told->loaded = true;
}

int told_load(struct camerad *d)
{
        int r;

        if (!d->told) {
                d->told = calloc(1, sizeof(*d->told));
                if (!d->told)
                        return -ENOMEM;
        }
        if (d->told->loaded || !camerad_store(d))
                return 0;
        r = thon_camera_incidents(d->store, true, (struct thon_wall){0}, THON_WALL_NEVER, load_one, d);
        if (r > 0)
                camerad_store_failed(d, r);
        else if (r == 0)
                find_absorbed(d->told);
        return r < 0 ? r : 0;
}

/* ---- to the store ---- */

static int put(struct camerad *d, const struct told *t)
{
        const struct thon_incident_row row = {
                .id = t->id,
                .cause = thon_cause_slug(t->cause),
                .verdict = thon_camera_slug(t->verdict),
                .root = t->root,
                .name = t->name,
                .area = t->area,
                .cause_id = t->cause_id,
                .text = t->text,
                .end_text = t->end_text ? t->end_text : "",
                .group = t->group,
                .began = t->began,
                .ended = t->ended,
                .most = t->most,
                .members = (const char *const *)t->members,
                .n_members = t->n_members,
        };

        return thon_camera_incident_put(d->store, &row);
}

int camerad_incidents_keep(struct camerad *d)
{
        int r = 0;

        for (size_t i = 0; d->told && i < d->told->n; i++)
                d->told->items[i].written = false;
        for (size_t i = 0; r == 0 && d->told && i < d->told->n; i++) {
                struct told *t = &d->told->items[i];

                if (!t->dirty)
                        continue;
                r = thon_store_mark(d->store);
                if (r != 0)
                        break;
                r = thon_store_unmark(d->store, put(d, t));
                if (r == THON_STORE_INVALID) {
                        thon_error("Incident %s is refused by the store and lost to it: %s", t->id,
                                   thon_store_message(d->store));
                        r = 0;
                }
                t->written = r == 0;
        }
        return r;
}

void camerad_incidents_kept(struct camerad *d)
{
        for (size_t i = 0; d->told && i < d->told->n; i++) {
                struct told *t = &d->told->items[i];

                if (t->written)
                        t->dirty = t->written = false;
                if (!t->dirty && t->ended.s != THON_WALL_NEVER.s)
                        told_remove(d->told, i--);
        }
}

void camerad_incidents_done(struct camerad *d)
{
        for (size_t i = 0; d->told && i < d->told->n; i++)
                told_done(&d->told->items[i]);
        if (d->told)
                free(d->told->items);
        free(d->told);
        d->told = NULL;
}
