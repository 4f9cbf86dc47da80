/* What is remembered beside the messages: of an address, when its person last wrote and whether it is of any use; of a
 * channel, how much of a day's quota is used and where its long-poll goes on. */
#include <errno.h>
#include <string.h>

#include "relay_walk.h"

int thon_chat_get(struct thon_store *store, const char *channel, const char *address, struct thon_chat *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(
                store, &stmt,
                "SELECT interaction_at, bad_until FROM chat WHERE channel = ?1 AND address = ?2",
                SQL_TEXT(channel), SQL_TEXT(address));
        if (r != 0)
                return r;
        *ret = (struct thon_chat){
                .interaction_at = stmt ? thon_column_time(stmt, 0) : THON_WALL_NEVER,
                .bad_until = {stmt && !thon_column_null(stmt, 1) ? thon_column_int(stmt, 1) : 0}};
        return 0;
}

static int put(struct thon_store *store, const char *sql, const struct thon_bind *values, size_t n)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_done(store, sql, values, n);
        return thon_sql_leave(store, own, r);
}

int thon_chat_interaction(struct thon_store *store, const char *channel, const char *address,
                          struct thon_wall at)
{
        /* Updates may come out of order. Whoever writes is not unreachable. */
        return put(store,
                   "INSERT INTO chat (channel, address, interaction_at) VALUES (?1, ?2, ?3)"
                   " ON CONFLICT (channel, address) DO UPDATE SET interaction_at ="
                   " max(ifnull(interaction_at, ?3), ?3), bad_until = NULL, bad_code = NULL,"
                   " bad_detail = NULL",
                   SQL_VALUES(SQL_TEXT(channel), SQL_TEXT(address), SQL_INT(at.s)));
}

int thon_chat_bad(struct thon_store *store, const char *channel, const char *address, struct thon_wall until,
                  bool has_code, int64_t code, const char *detail)
{
        struct thon_bind number = has_code ? SQL_INT(code) : SQL_TEXT(NULL);
        return put(store,
                   "INSERT INTO chat (channel, address, bad_until, bad_code, bad_detail) VALUES (?1, ?2,"
                   " ?3, ?4, ?5) ON CONFLICT (channel, address) DO UPDATE SET bad_until = ?3,"
                   " bad_code = ?4, bad_detail = ?5",
                   SQL_VALUES(SQL_TEXT(channel), SQL_TEXT(address), SQL_INT(until.s), number,
                              SQL_TEXT(detail)));
}

int thon_channel_day_get(struct thon_store *store, const char *channel, int32_t day, int64_t *ret_used)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT used FROM channel_day WHERE channel = ?1 AND day = ?2",
                             SQL_TEXT(channel), SQL_INT(day));
        if (r == 0)
                *ret_used = stmt ? thon_column_int(stmt, 0) : 0;
        return r;
}

int thon_channel_day_set(struct thon_store *store, const char *channel, int32_t day, int64_t used)
{
        return put(store,
                   "INSERT INTO channel_day (channel, day, used) VALUES (?1, ?2, ?3)"
                   " ON CONFLICT (channel, day) DO UPDATE SET used = ?3",
                   SQL_VALUES(SQL_TEXT(channel), SQL_INT(day), SQL_INT(used)));
}

int thon_poll_cursor_get(struct thon_store *store, const char *channel, char **ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_row(store, &stmt, "SELECT cursor FROM poll_cursor WHERE channel = ?1",
                             SQL_TEXT(channel));
        if (r != 0)
                return r;
        char *cursor = stmt ? strdup(thon_column_text_or_empty(stmt, 0)) : NULL;
        if (stmt && !cursor)
                return -ENOMEM;
        *ret = cursor;
        return 0;
}

int thon_poll_cursor_set(struct thon_store *store, const char *channel, const char *cursor)
{
        return put(store,
                   "INSERT INTO poll_cursor (channel, cursor) VALUES (?1, ?2)"
                   " ON CONFLICT (channel) DO UPDATE SET cursor = ?2",
                   SQL_VALUES(SQL_TEXT(channel), SQL_TEXT(cursor)));
}
