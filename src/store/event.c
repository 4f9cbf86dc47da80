/* Events that the broker has not taken: on disk before they are published, gone when it acknowledged them. A power cut
 * in between publishes one twice, with the same id; it never loses one. The queue is bounded by saying no: with the
 * broker gone for months something must give way, and what was accepted earlier must not. */
#include "thon/light_store.h"

#include <inttypes.h>
#include <string.h>

#include "sql.h"

#define TOPIC_MAX   512
#define PAYLOAD_MAX (64 * 1024)
#define WAITING_MAX 50000

static int push(struct thon_store *store, const char *topic, const char *payload, int64_t *ret_serial)
{
        /* Serials from the first to the last: no fewer than the rows, and found without counting them. */
        int64_t waiting;
        int r = thon_sql_integer(store,
                                 "SELECT ifnull((SELECT max(serial) FROM light_event)"
                                 " - (SELECT min(serial) FROM light_event) + 1, 0)",
                                 NULL, &waiting);
        if (r != 0)
                return r;
        if (waiting >= WAITING_MAX) {
                r = thon_sql_integer(store, "SELECT count(*) FROM light_event", NULL, &waiting);
                if (r != 0)
                        return r;
        }
        if (waiting >= WAITING_MAX)
                return thon_store_fail(store, THON_STORE_FULL,
                                       "%d events wait for the broker already: see why it takes none",
                                       WAITING_MAX);

        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        r = thon_sql(store, "INSERT INTO light_event (topic, payload) VALUES (?1, ?2)", &stmt);
        if (r != 0)
                return r;
        thon_bind_text(stmt, 1, topic);
        thon_bind_text(stmt, 2, payload);
        r = thon_stmt_run(stmt);
        if (r == 0)
                *ret_serial = thon_sql_last_id(store);
        return r;
}

int thon_event_push(struct thon_store *store, const char *topic, const char *payload, int64_t *ret_serial)
{
        if (strnlen(topic, TOPIC_MAX + 1) > TOPIC_MAX || strnlen(payload, PAYLOAD_MAX + 1) > PAYLOAD_MAX)
                return thon_store_fail(store, THON_STORE_INVALID,
                                       "an event is longer than MQTT messages may be");
        int64_t serial = 0;
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = push(store, topic, payload, &serial);
        r = thon_sql_leave(store, own, r);
        if (r == 0)
                *ret_serial = serial;
        return r;
}

int thon_event_each(struct thon_store *store, int (*visit)(const struct thon_event_row *, void *),
                    void *userdata)
{
        /* One row a statement: `visit` may remove what it is given, and no read lock lasts for the whole walk. */
        for (int64_t after = 0;;) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql(store,
                                 "SELECT serial, topic, payload FROM light_event WHERE serial > ?1"
                                 " ORDER BY serial LIMIT 1",
                                 &stmt);
                if (r != 0)
                        return r;
                thon_bind_int(stmt, 1, after);
                bool found;
                r = thon_stmt_step(stmt, &found);
                if (r != 0 || !found)
                        return r;
                struct thon_event_row row = {.serial = thon_column_int(stmt, 0),
                                             .topic = thon_column_text_or_empty(stmt, 1),
                                             .payload = thon_column_text_or_empty(stmt, 2)};
                /* In a damaged file the next row may be one that was seen: that would never end. */
                if (row.serial <= after)
                        return thon_store_fail(
                                store, THON_STORE_CORRUPT,
                                "the events are damaged: restore a backup (thonctl store restore FILE)");
                r = visit(&row, userdata);
                if (r != 0)
                        return r;
                after = row.serial;
        }
}

int thon_event_done(struct thon_store *store, int64_t serial)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                r = thon_sql(store, "DELETE FROM light_event WHERE serial = ?1", &stmt);
                if (r == 0) {
                        thon_bind_int(stmt, 1, serial);
                        r = thon_stmt_run(stmt);
                }
        }
        return thon_sql_leave(store, own, r);
}
