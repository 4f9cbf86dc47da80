/* Membership: one table of pairs, which a person's list of groups and a group's list of people both write. */
#include "registry_group.h"

#include <errno.h>
#include <string.h>

#include "registry_record.h"
#include "registry_write.h"
#include "thon/slug.h"

struct side {
        const char *exists, *what, *clear, *add;
};

static const struct side groups_of_person = {
        "SELECT 1 FROM group_ WHERE id = ?1",
        "group",
        "DELETE FROM group_member WHERE person = ?1",
        "INSERT OR IGNORE INTO group_member (person, group_id) VALUES (?1, ?2)",
};
static const struct side members_of_group = {
        "SELECT 1 FROM person WHERE id = ?1",
        "person",
        "DELETE FROM group_member WHERE group_id = ?1",
        "INSERT OR IGNORE INTO group_member (group_id, person) VALUES (?1, ?2)",
};

static const struct side *side_of(enum thon_field_type type)
{
        return type == THON_FIELD_GROUPS ? &groups_of_person : &members_of_group;
}

/* The next id of the list into `id`; false at its end. Ids were checked as slugs. */
static bool next_id(const char **ids, char id[static THON_SLUG_MAX + 1])
{
        size_t n;

        *ids += strspn(*ids, " ");
        n = strcspn(*ids, " ");
        if (n == 0 || n > THON_SLUG_MAX)
                return false;
        memcpy(id, *ids, n);
        id[n] = '\0';
        *ids += n;
        return true;
}

int thon_group_check_ids(struct thon_store *store, enum thon_field_type type, const char *ids,
                         struct thon_reason *reason)
{
        const struct side *side = side_of(type);
        thon_slug id;

        while (next_id(&ids, id)) {
                int64_t one;
                int r = thon_sql_integer(store, side->exists, id, &one);

                if (r == THON_STORE_NOT_FOUND)
                        return thon_reason_set(reason, "there is no %s %s", side->what, id);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int run(struct thon_store *store, const char *sql, const char *one, const char *two)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r;

        r = thon_sql(store, sql, &stmt);
        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, one);
        if (two)
                thon_bind_text(stmt, 2, two);
        return thon_stmt_run(stmt);
}

int thon_group_write_ids(struct thon_store *store, enum thon_field_type type, const char *key,
                         const char *ids)
{
        const struct side *side = side_of(type);
        thon_slug id;
        int r;

        r = run(store, side->clear, key, NULL);
        while (r == 0 && ids && next_id(&ids, id))
                r = run(store, side->add, key, id);
        return r;
}

static int change_member(struct thon_store *store, const char *group, const char *person, bool add,
                         const struct thon_actor *actor)
{
        _cleanup_json_ json_t *detail = NULL;
        int64_t one;
        int r;

        r = thon_sql_integer(store, members_of_group.exists, person, &one);
        if (r == THON_STORE_NOT_FOUND)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no person %s", person);
        if (r == 0)
                r = thon_sql_integer(store, groups_of_person.exists, group, &one);
        if (r == THON_STORE_NOT_FOUND)
                return thon_store_fail(store, THON_STORE_NOT_FOUND, "there is no group %s", group);
        if (r == 0)
                r = run(store,
                        add ? members_of_group.add
                            : "DELETE FROM group_member WHERE group_id = ?1 AND person = ?2",
                        group, person);
        if (r != 0 || thon_sql_changes(store) == 0)
                return r;
        detail = json_pack("{s:s}", "person", person);
        return detail ? thon_registry_wrote(store, actor, "group", add ? "join" : "leave", group, detail)
                      : -ENOMEM;
}

int thon_group_member(struct thon_store *store, const char *group, const char *person, bool add,
                      const struct thon_actor *actor)
{
        bool own = false;
        int r;

        r = thon_sql_enter(store, &own);
        if (r == 0)
                r = change_member(store, group, person, add, actor);
        return thon_sql_leave(store, own, r);
}
