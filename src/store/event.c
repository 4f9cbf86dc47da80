/* Events that the broker has not taken: on disk before they are published, gone when it acknowledged them. A power cut
 * in between publishes one twice, with the same id; it never loses one. The queue is bounded by saying no: with the
 * broker gone for months something must give way, and what was accepted earlier must not. */
#include "thon/event_store.h"

#include <inttypes.h>
#include <string.h>

#include "sql.h"

#define TOPIC_MAX   512
#define PAYLOAD_MAX (64 * 1024)
#define WAITING_MAX 50000

struct outbox {
        const char *span, *count, *insert, *next, *remove;
};
/* Serials from the first to the last: no fewer than the rows, and found without counting them. */
#define OUTBOX(table)                                                               \
        {                                                                           \
                .span = "SELECT ifnull((SELECT max(serial) FROM " table             \
                        ") - (SELECT min(serial) FROM " table ") + 1, 0)",          \
                .count = "SELECT count(*) FROM " table,                             \
                .insert = "INSERT INTO " table " (topic, payload) VALUES (?1, ?2)", \
                .next = "SELECT serial, topic, payload FROM " table                 \
                        " WHERE serial > ?1 ORDER BY serial LIMIT 1",               \
                .remove = "DELETE FROM " table " WHERE serial = ?1",                \
        }
static const struct outbox OUTBOXES[] = {
        [THON_EVENT_LIGHT] = OUTBOX("light_event"),
        [THON_EVENT_RELAY] = OUTBOX("relay_event"),
        [THON_EVENT_CAMERA] = OUTBOX("camera_event"),
        [THON_EVENT_ANNOUNCE] = OUTBOX("announce_event"),
};

static int push(struct thon_store *store, const struct outbox *outbox, const char *topic,
                const char *payload, int64_t *ret_serial)
{
        int64_t waiting;
        int r = thon_sql_integer(store, outbox->span, NULL, &waiting);
        if (r != 0)
                return r;
        if (waiting >= WAITING_MAX) {
                r = thon_sql_integer(store, outbox->count, NULL, &waiting);
                if (r != 0)
                        return r;
        }
        if (waiting >= WAITING_MAX)
                return thon_store_fail(store, THON_STORE_FULL,
                                       "%d events wait for the broker already: see why it takes none",
                                       WAITING_MAX);

        r = thon_sql_do(store, outbox->insert, SQL_TEXT(topic), SQL_TEXT(payload));
        if (r == 0)
                *ret_serial = thon_sql_last_id(store);
        return r;
}

int thon_event_push(struct thon_store *store, enum thon_event_owner owner, const char *topic,
                    const char *payload, int64_t *ret_serial)
{
        if (strnlen(topic, TOPIC_MAX + 1) > TOPIC_MAX || strnlen(payload, PAYLOAD_MAX + 1) > PAYLOAD_MAX)
                return thon_store_fail(store, THON_STORE_INVALID,
                                       "an event is longer than MQTT messages may be");
        int64_t serial = 0;
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = push(store, &OUTBOXES[owner], topic, payload, &serial);
        r = thon_sql_leave(store, own, r);
        if (r == 0)
                *ret_serial = serial;
        return r;
}

int thon_event_each(struct thon_store *store, enum thon_event_owner owner, int64_t after,
                    int (*visit)(const struct thon_event_row *, void *), void *userdata)
{
        /* One row a statement: `visit` may remove what it is given, and no read lock lasts for the whole walk. */
        for (;;) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(store, &stmt, OUTBOXES[owner].next, SQL_INT(after));
                if (r != 0 || !stmt)
                        return r;
                struct thon_event_row row = {.serial = thon_column_int(stmt, 0),
                                             .topic = thon_column_text_or_empty(stmt, 1),
                                             .payload = thon_column_text_or_empty(stmt, 2)};
                /* In a damaged file the next row may be one that was seen: that would never end. */
                if (row.serial <= after)
                        return thon_store_fail(
                                store, THON_STORE_CORRUPT,
                                "the events are damaged: restore a backup (sudo thonctl store restore --stop)");
                r = visit(&row, userdata);
                if (r != 0)
                        return r;
                after = row.serial;
        }
}

int thon_event_done(struct thon_store *store, enum thon_event_owner owner, int64_t serial)
{
        bool own = false;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(store, OUTBOXES[owner].remove, SQL_INT(serial));
        return thon_sql_leave(store, own, r);
}
