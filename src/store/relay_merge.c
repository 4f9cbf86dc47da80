/* After an outage: what waits for one chat becomes one message.
 *
 * The new message is their carrier; they keep their place in the store, each with its notice and deliveries, and end as it
 * does. It expires with the first of them, so that nothing is told too late; the others are then queued again. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "relay_walk.h"

struct waiting {
        char *channel, *address;
        int64_t id;
};
struct queue {
        struct waiting *items;
        size_t n, room;
};
static void queue_done(struct queue *queue)
{
        for (size_t i = 0; i < queue->n; i++) {
                free(queue->items[i].channel);
                free(queue->items[i].address);
        }
        free(queue->items);
}

static int queue_add(struct queue *queue, const char *channel, const char *address, int64_t id)
{
        if (queue->n == queue->room) {
                size_t room = queue->room ? 2 * queue->room : 64;
                struct waiting *items = reallocarray(queue->items, room, sizeof(*items));
                if (!items)
                        return -ENOMEM;
                queue->items = items;
                queue->room = room;
        }
        struct waiting *item = &queue->items[queue->n];
        *item = (struct waiting){strdup(channel), strdup(address), id};
        queue->n++;
        return item->channel && item->address ? 0 : -ENOMEM;
}

/* Every one that may be merged, those of a chat together in order of time. Answers to citizens, and what a chat has a part of
 * already, stay by themselves. */
static int list(struct thon_store *store, struct thon_wall before, struct queue *queue)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(store, &stmt,
                              "SELECT channel, address, id FROM message WHERE state = 0 AND class = 0"
                              " AND due < ?1 AND notification IS NOT NULL AND part = 0 AND unknowns = 0"
                              " ORDER BY channel, address, id",
                              SQL_INT(before.s));
        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        break;
                r = queue_add(queue, thon_column_text_or_empty(stmt, 0), thon_column_text_or_empty(stmt, 1),
                              thon_column_int(stmt, 2));
        }
        return r;
}

/* The messages of one chat, with copies of their texts, three for each. */
struct held {
        struct thon_message *messages;
        char **texts;
        size_t n;
};
static void held_done(struct held *held)
{
        for (size_t i = 0; i < 3 * held->n; i++)
                free(held->texts[i]);
        free(held->texts);
        free(held->messages);
}

static int hold(struct held *held, const struct waiting *chat, const struct thon_message *message)
{
        char **texts = held->texts + 3 * held->n;
        struct thon_message *copy = &held->messages[held->n++];
        *copy = *message;
        copy->channel = chat->channel;
        copy->picture = NULL; /* what is merged is text */
        copy->address = chat->address;
        copy->text = texts[0] = strdup(message->text);
        copy->template_id = texts[1] = message->template_id ? strdup(message->template_id) : NULL;
        copy->values = texts[2] = message->values ? strdup(message->values) : NULL;
        return copy->text && !copy->template_id == !message->template_id && !copy->values == !message->values
                       ? 0
                       : -ENOMEM;
}

static int visit_chat(struct thon_store *store, const struct waiting *chat, size_t n,
                      int (*visit)(const struct thon_merge *, void *), void *userdata)
{
        _cleanup_(held_done) struct held held = {.messages = calloc(n, sizeof(*held.messages)),
                                                 .texts = calloc(3 * n, sizeof(*held.texts))};
        if (!held.messages || !held.texts)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                struct thon_message message;
                int r = thon_sql_row(store, &stmt,
                                     "SELECT " THON_MESSAGE_COLUMNS THON_MESSAGE_FROM "WHERE m.id = ?1"
                                     " AND m.state = 0",
                                     SQL_INT(chat[i].id));
                if (r == 0 && stmt)
                        r = thon_message_read(store, stmt, &message);
                if (r == 0 && stmt)
                        r = hold(&held, chat, &message);
                if (r != 0)
                        return r;
        }
        const struct thon_merge merge = {chat->channel, chat->address, held.messages, held.n};
        return visit(&merge, userdata);
}

int thon_queue_mergeable(struct thon_store *store, struct thon_wall before, size_t min,
                         int (*visit)(const struct thon_merge *, void *), void *userdata)
{
        _cleanup_(queue_done) struct queue queue = {0};
        int r = list(store, before, &queue);
        for (size_t i = 0, n; r == 0 && i < queue.n; i += n) {
                const struct waiting *chat = &queue.items[i];
                for (n = 1; i + n < queue.n && strcmp(chat[n].channel, chat->channel) == 0 &&
                            strcmp(chat[n].address, chat->address) == 0;)
                        n++;
                if (n >= min && n >= 2)
                        r = visit_chat(store, chat, n, visit, userdata);
        }
        return r;
}

static int merge_into(struct thon_store *store, const struct thon_merge *merge, const char *text,
                      struct thon_wall at, int64_t *ret_id)
{
        struct thon_wall expires = THON_WALL_NEVER;
        for (size_t i = 0; i < merge->n; i++)
                if (thon_wall_before(merge->messages[i].expires, expires))
                        expires = merge->messages[i].expires;
        int r = thon_message_add(store, merge->channel, merge->address, THON_CLASS_NORMAL, text, expires, at,
                                 ret_id);
        for (size_t i = 0; r == 0 && i < merge->n; i++) {
                r = thon_sql_do(store,
                                "UPDATE message SET state = 5, carrier = ?2 WHERE id = ?1 AND state = 0",
                                SQL_INT(merge->messages[i].id), SQL_INT(*ret_id));
                if (r == 0 && thon_sql_changes(store) == 0)
                        r = thon_store_fail(store, THON_STORE_INVALID,
                                            "message %" PRId64 " does not wait any more",
                                            merge->messages[i].id);
        }
        return r;
}

int thon_messages_merge(struct thon_store *store, const struct thon_merge *merge, const char *text,
                        struct thon_wall at, int64_t *ret_id)
{
        bool own = false;
        int64_t id = 0;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = merge_into(store, merge, text, at, &id);
        r = thon_sql_leave(store, own, r);
        if (r == 0)
                *ret_id = id;
        return r;
}

int thon_message_add(struct thon_store *store, const char *channel, const char *address,
                     enum thon_class lane, const char *text, struct thon_wall expires, struct thon_wall at,
                     int64_t *ret_id)
{
        bool own = false;
        int64_t id = 0;
        int r = thon_sql_enter(store, &own);
        if (r == 0)
                r = thon_sql_do(
                        store,
                        "INSERT INTO message (channel, address, class, state, due, expires, text, at)"
                        " VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?4)",
                        SQL_TEXT(channel), SQL_TEXT(address), SQL_INT(lane), SQL_INT(at.s),
                        SQL_TIME(expires), SQL_TEXT(text));
        if (r == 0)
                id = thon_sql_last_id(store);
        r = thon_sql_leave(store, own, r);
        if (r == 0)
                *ret_id = id;
        return r;
}
