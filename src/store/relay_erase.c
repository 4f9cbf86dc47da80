/* What the relay keeps of people who asked to be forgotten. Rows go, they are not blanked: how many a notice reached is in the
 * audit log, by numbers. One transaction, and again does no harm.
 *
 * Two things stand against it. A report that is still open is work of the commune, which somebody must end first; and of
 * a message that is going out just now nobody could say afterwards what became of it. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sql.h"
#include "thon/erasure.h"
#include "thon/relay_store.h"

#define PERSONS "(SELECT value FROM json_each(?2))"
#define CHAT(channel, address)                                                                        \
        "(" channel " || ':' || " address " IN (SELECT value FROM json_each(?3)) OR '*:' || " address \
        " IN (SELECT value FROM json_each(?3)))"
#define REPORTS \
        "SELECT id FROM report WHERE household = ?1 OR person IN " PERSONS " OR " CHAT("channel", "address")

struct erase {
        struct thon_store *store;
        const char *household;
        char *persons, *addresses; /* JSON arrays */
        struct thon_wall at;
        json_t *counts;
};

static int step(struct erase *e, const char *sql, struct thon_stmt **ret)
{
        int r = thon_sql(e->store, sql, ret);

        if (r != 0)
                return r;
        if (strstr(sql, "?1"))
                thon_bind_text(*ret, 1, e->household);
        if (strstr(sql, "?2"))
                thon_bind_text(*ret, 2, e->persons);
        if (strstr(sql, "?3"))
                thon_bind_text(*ret, 3, e->addresses);
        return 0;
}

static int run(struct erase *e, const char *count, const char *sql)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = step(e, sql, &stmt);

        if (r == 0)
                r = thon_stmt_run(stmt);
        if (r == 0 && count) {
                json_int_t n = json_integer_value(json_object_get(e->counts, count));

                if (json_object_set_new(e->counts, count, json_integer(n + thon_sql_changes(e->store))) < 0)
                        return -ENOMEM;
        }
        return r;
}

static int refuse(struct erase *e)
{
        _cleanup_stmt_ struct thon_stmt *open = NULL, *sending = NULL;
        bool found = false;
        int r = step(e, REPORTS " INTERSECT SELECT id FROM report WHERE closed_at IS NULL LIMIT 1", &open);

        if (r == 0)
                r = thon_stmt_step(open, &found);
        if (r == 0 && found)
                return thon_store_answer(e->store, THON_STORE_REFERENCED,
                                         "report %" PRId64
                                         " of theirs is still open: end it first (thonctl report)",
                                         thon_column_int(open, 0));
        if (r == 0)
                r = step(
                        e,
                        "SELECT 1 FROM message AS m WHERE (m.state = 1 AND (" CHAT(
                                "m.channel",
                                "m.address") " OR m.id IN (SELECT message FROM delivery WHERE household"
                                             " = ?1 OR person IN " PERSONS "))) OR (m.state = 0 AND " CHAT(
                                                     "m.channel",
                                                     "m.address") " AND EXISTS (SELECT 1 FROM delivery AS d WHERE d.message = m.id AND d.outcome = 0"
                                                                  " AND d.household IS NOT ?1 AND ifnull(d.person, '') NOT IN " PERSONS
                                                                  ")) LIMIT 1",
                        &sending);
        if (r == 0)
                r = thon_stmt_step(sending, &found);
        if (r == 0 && found)
                return thon_store_answer(
                        e->store, THON_STORE_BUSY,
                        "a message to them is going out or waits for its hour: try again when it is"
                        " out, or withdraw it (thonctl notify)");
        return r;
}

/* Notices that lost somebody they waited for may be done. */
static int finish(struct erase *e, const json_t *touched)
{
        const json_t *one;
        size_t i;

        json_array_foreach (touched, i, one) {
                int r = thon_notice_finish(e->store, json_integer_value(one), e->at);

                if (r != 0 && r != THON_STORE_NOT_FOUND)
                        return r;
        }
        return 0;
}

static int touched_by(struct erase *e, json_t *list)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool found = false;
        int r = step(e,
                     "SELECT DISTINCT notification FROM delivery WHERE household = ?1 OR person IN " PERSONS,
                     &stmt);

        while (r == 0 && (r = thon_stmt_step(stmt, &found)) == 0 && found)
                if (json_array_append_new(list, json_integer(thon_column_int(stmt, 0))) < 0)
                        return -ENOMEM;
        return r;
}

static int files(struct erase *e, void (*visit)(const char *, void *), void *userdata)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool found = false;
        int r = step(e, "SELECT file FROM report_entry WHERE file IS NOT NULL AND report IN (" REPORTS ")",
                     &stmt);

        while (r == 0 && (r = thon_stmt_step(stmt, &found)) == 0 && found)
                if (visit)
                        visit(thon_column_text_or_empty(stmt, 0), userdata);
        return r;
}

/* In this order: what refers to a row goes before it, and what is found by a row too. */
static const struct {
        const char *count, *sql;
} steps[] = {
        /* To nobody else: its words may be about them ("kết quả hồ sơ của ông ..."). */
        {"notices",
         "DELETE FROM notification WHERE json_array_length(audience) > 0 AND NOT EXISTS (SELECT 1"
         " FROM json_each(audience) WHERE value NOT IN (SELECT 'person:' || value FROM json_each(?2))"
         " AND lower(value) IS NOT lower('household:' || ?1))"},
        /* Told to who was to see to their report, and whatever else repeats its words. */
        {"notices", "DELETE FROM notification WHERE source IN (SELECT 'report:' || id FROM (" REPORTS "))"},
        {"notices",
         "DELETE FROM notification WHERE state <> 0 AND EXISTS (SELECT 1 FROM report_entry AS e WHERE"
         " e.report IN (" REPORTS ") AND e.by = '' AND e.kind = 'text' AND length(e.text) >= 8"
         " AND instr(notification.text, substr(e.text, 1, 40)) > 0)"},
        {NULL,
         "UPDATE notification SET audience = (SELECT json_group_array(value) FROM json_each(audience) WHERE"
         " value NOT IN (SELECT 'person:' || value FROM json_each(?2)) AND lower(value) IS NOT"
         " lower('household:' || ?1)) WHERE EXISTS (SELECT 1 FROM json_each(audience) WHERE value IN (SELECT"
         " 'person:' || value FROM json_each(?2)) OR lower(value) = lower('household:' || ?1))"},
        {NULL, "UPDATE notification SET ack_by = '' WHERE ack_by IN " PERSONS
               " OR ack_by IN (SELECT value FROM json_each(?3))"},
        {"messages",
         "DELETE FROM message WHERE " CHAT(
                 "channel",
                 "address") " OR id IN (SELECT message FROM"
                            " delivery AS d WHERE (d.household = ?1 OR d.person IN " PERSONS
                            ") AND NOT EXISTS (SELECT 1 FROM delivery AS o WHERE o.message = d.message AND o.household IS"
                            " NOT ?1 AND ifnull(o.person, '') NOT IN " PERSONS "))"},
        {"deliveries", "DELETE FROM delivery WHERE household = ?1 OR person IN " PERSONS},
        /* Ladders of others that led over them: what is done needs none. */
        {NULL,
         "UPDATE delivery SET ladder = '' WHERE outcome <> 0 AND EXISTS (SELECT 1 FROM json_each(?3) AS a WHERE"
         " instr(' ' || ladder || ' ', ' ' || a.value || ' ') > 0 OR (a.value LIKE '*:%'"
         " AND instr(ladder || ' ', ':' || substr(a.value, 3) || ' ') > 0))"},
        {"chats", "DELETE FROM chat WHERE " CHAT("channel", "address")},
        {"inbound", "DELETE FROM inbound WHERE " CHAT("channel", "address") " OR " CHAT(
                            "channel", "sender") " OR"
                                                 " report IN (" REPORTS ")"},
        {"reports", "DELETE FROM report WHERE id IN (" REPORTS ")"},
};

static int erase(struct erase *e, void (*visit)(const char *, void *), void *userdata)
{
        _cleanup_json_ json_t *touched = json_array();
        int r = touched ? touched_by(e, touched) : -ENOMEM;

        /* The rows of a report's files are gone with the commit; a file that outlives a crash in between is found by its
         * row's absence (thonctl retention). */
        if (r == 0)
                r = files(e, visit, userdata);
        for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
                r = run(e, steps[i].count, steps[i].sql);
        return r == 0 ? finish(e, touched) : r;
}

int thon_relay_erase(struct thon_store *store, const json_t *subject, bool regardless, struct thon_wall at,
                     void (*visit)(const char *file, void *userdata), void *userdata, json_t **ret)
{
        const json_t *household = json_object_get(subject, "household"),
                     *persons = json_object_get(subject, "persons"),
                     *addresses = json_object_get(subject, "addresses");
        struct erase e = {.store = store, .household = json_string_value(household), .at = at};
        bool own = false;
        int r, answer = 0;

        e.persons = persons ? json_dumps(persons, JSON_COMPACT) : strdup("[]");
        e.addresses = addresses ? json_dumps(addresses, JSON_COMPACT) : strdup("[]");
        e.counts = json_object();
        r = e.persons && e.addresses && e.counts ? thon_sql_enter(store, &own) : -ENOMEM;
        if (r == 0) {
                answer = regardless ? 0 : refuse(&e);
                if (answer < 0 ||
                    (answer > 0 && answer != THON_STORE_REFERENCED && answer != THON_STORE_BUSY))
                        r = answer;
                if (answer == 0)
                        r = erase(&e, visit, userdata);
                r = thon_sql_leave(store, own, r);
        }
        if (r == 0)
                r = answer;
        if (r == 0)
                *ret = THON_TAKE(e.counts);
        json_decref(e.counts);
        free(e.persons);
        free(e.addresses);
        return r;
}
