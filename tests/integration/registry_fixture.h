/* A store with a small commune in it, and the steps that the registry's tests share. */
#pragma once

#include "store_fixture.h"

#include "thon/registry.h"

/* 2026-11-21T12:00:00Z */
#define NOON 1795262400

static struct thon_store *store;
static const struct thon_actor officer = {"officer", {NOON}};

static inline void store_make(void)
{
        scratch_make();
        store = must_open(THON_STORE_CREATE);
}

static inline void store_drop(void)
{
        store = thon_store_close(store);
        scratch_remove();
}

/* Fields as "name", "value", ..., NULL. */
static inline int write_fields(bool add, enum thon_noun noun, const char *id, va_list args)
{
        struct thon_field fields[20];
        size_t n = 0;
        const char *name;

        while ((name = va_arg(args, const char *))) {
                ck_assert_uint_lt(n, 20);
                fields[n].name = name;
                fields[n++].value = va_arg(args, const char *);
        }
        return add ? thon_registry_add(store, noun, id, fields, n, &officer)
                   : thon_registry_set(store, noun, id, fields, n, &officer);
}

static inline int try_add(enum thon_noun noun, const char *id, ...)
{
        va_list args;
        va_start(args, id);
        int r = write_fields(true, noun, id, args);
        va_end(args);
        return r;
}

static inline int try_set(enum thon_noun noun, const char *id, ...)
{
        va_list args;
        va_start(args, id);
        int r = write_fields(false, noun, id, args);
        va_end(args);
        return r;
}

#define add(...) must_do(try_add(__VA_ARGS__, NULL))
#define set(...) must_do(try_set(__VA_ARGS__, NULL))
#define must_do(call)                                                                              \
        do {                                                                                       \
                int must_r = (call);                                                               \
                ck_assert_msg(must_r == 0, "%s: %d %s", #call, must_r, thon_store_message(store)); \
        } while (0)

/* A call that must be refused, with a word of the message. */
#define refused(call, error, word)                                                    \
        do {                                                                          \
                int refused_r = (call);                                               \
                ck_assert_msg(refused_r == (int)(error), "%s: %d", #call, refused_r); \
                ck_assert_msg(strstr(thon_store_message(store), word), "message: %s", \
                              thon_store_message(store));                             \
        } while (0)

/* One member of a record as compact JSON, in a static buffer. */
static inline const char *member(enum thon_noun noun, const char *id, const char *name)
{
        static char text[2000];
        _cleanup_json_ json_t *object = NULL;
        _cleanup_free_ char *dump = NULL;

        must_do(thon_registry_show(store, noun, id, &object));
        ck_assert_msg(json_object_get(object, name) != NULL, "no member %s", name);
        dump = json_dumps(json_object_get(object, name),
                          JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
        (void)snprintf(text, sizeof text, "%s", dump);
        return text;
}
#define is(noun, id, name, want) ck_assert_str_eq(member(noun, id, name), want)

/* The ids of a list, parted by spaces. */
static inline const char *ids(enum thon_noun noun, const char *area, const char *kind)
{
        static char text[2000];
        _cleanup_json_ json_t *list = NULL;
        json_t *object;
        size_t i, size = 0;

        must_do(thon_registry_list(store, noun, area, kind, &list));
        text[0] = '\0';
        json_array_foreach (list, i, object) {
                const char *id =
                        json_string_value(json_object_get(object, noun == THON_HOUSEHOLD ? "code" : "id"));
                size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", i ? " " : "", id);
                ck_assert_uint_lt(size, sizeof text);
        }
        return text;
}

/* The codes that a search finds, best first. */
static inline const char *found(const char *query)
{
        static char text[2000];
        _cleanup_json_ json_t *list = NULL;
        json_t *object;
        size_t i, size = 0;

        must_do(thon_household_find(store, query, 20, &list));
        text[0] = '\0';
        json_array_foreach (list, i, object)
                size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", i ? " " : "",
                                         json_string_value(json_object_get(object, "code")));
        return text;
}

/* The last row of the audit log as "actor action object detail". */
static inline const char *last_audit(void)
{
        static char text[4000];
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool row;

        must_do(thon_sql(store,
                         "SELECT actor || ' ' || action || ' ' || object || ' ' || detail FROM audit "
                         "ORDER BY id DESC LIMIT 1",
                         &stmt));
        must_do(thon_stmt_step(stmt, &row));
        ck_assert(row);
        (void)snprintf(text, sizeof text, "%s", thon_column_text(stmt, 0));
        return text;
}
static inline int64_t audits(void)
{
        return integer(store, "SELECT count(*) FROM audit");
}

/* Xã Thường Xuân with hamlets Chí Phúc and Hồng Kỳ, and lane Đông in the first. */
static inline void make_commune(void)
{
        add(THON_AREA, "thuong-xuan", "name", "Xã Thường Xuân", "kind", "xã");
        add(THON_AREA, "chi-phuc", "name", "Thôn Chí Phúc", "kind", "thôn", "parent", "thuong-xuan");
        add(THON_AREA, "hong-ky", "name", "Thôn Hồng Kỳ", "kind", "thôn", "parent", "thuong-xuan");
        add(THON_AREA, "ngo-dong", "name", "Ngõ Đông", "kind", "ngõ", "parent", "chi-phuc");
}
