/* Who writes to us: an address stands among somebody's channels, and a number is a person's, else a household's. There is no
 * index for either: people write a few times a day, and a registry is walked in milliseconds. */
#include <errno.h>
#include <stdio.h>

#include "sql.h"
#include "thon/relay_store.h"

static void copy(struct thon_stmt *stmt, int column, char *ret, size_t size)
{
        (void)snprintf(ret, size, "%s", thon_column_text_or_empty(stmt, column));
}

int thon_sender_find(struct thon_store *store, const char *channel, const char *address,
                     struct thon_sender *ret)
{
        _cleanup_free_ char *entry = NULL;
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        struct thon_sender sender = {0};
        if (asprintf(&entry, ";%s:%s;", channel, address) < 0) {
                entry = NULL;
                return -ENOMEM;
        }
#define SENDER                                                                                             \
        "p.id, h.code, coalesce(p.area, h.area), p.name, p.role FROM person AS p LEFT JOIN household AS h" \
        " ON h.code = p.household"
        int r = thon_sql_row(store, &stmt,
                             "SELECT " SENDER
                             " WHERE p.channels IS NOT NULL AND instr(';' || p.channels || ';', ?1) LIMIT 1",
                             SQL_TEXT(entry));
        if (r == 0 && !stmt && address[0] == '+')
                r = thon_sql_row(store, &stmt, "SELECT " SENDER " WHERE p.phone = ?1 ORDER BY p.id LIMIT 1",
                                 SQL_TEXT(address));
        if (r == 0 && !stmt && address[0] == '+')
                r = thon_sql_row(store, &stmt,
                                 "SELECT NULL, code, area, head_name, NULL FROM household"
                                 " WHERE phone = ?1 ORDER BY code LIMIT 1",
                                 SQL_TEXT(address));
        if (r != 0)
                return r;
        if (stmt) {
                copy(stmt, 0, sender.person, sizeof(sender.person));
                copy(stmt, 1, sender.household, sizeof(sender.household));
                copy(stmt, 2, sender.area, sizeof(sender.area));
                copy(stmt, 3, sender.name, sizeof(sender.name));
                copy(stmt, 4, sender.role, sizeof(sender.role));
        }
        *ret = sender;
        return 0;
}
