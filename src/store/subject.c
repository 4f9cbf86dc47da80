/* Who a request is about, and all that the store has on them.
 *
 * People of a household share phones, and so do households: a daughter's Zalo is what reaches her parents' house too. What
 * went over an address that somebody else has as well is no one's alone, and is neither given out nor erased by it. */
#include <errno.h>
#include <string.h>

#include "sql.h"
#include "thon/erasure.h"

static int append(json_t *list, const char *text)
{
        size_t i;
        const json_t *one;

        json_array_foreach (list, i, one)
                if (strcmp(json_string_value(one), text) == 0)
                        return 0;
        return json_array_append_new(list, json_string(text)) < 0 ? -ENOMEM : 0;
}

static int add_phone(json_t *list, const char *phone)
{
        _cleanup_free_ char *text = NULL;

        if (!phone)
                return 0;
        if (asprintf(&text, "*:%s", phone) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return append(list, text);
}

/* "oa:ID;bot:ID" */
static int add_channels(json_t *list, const char *channels)
{
        _cleanup_free_ char *copy = strdup(channels ? channels : "");
        char *rest = copy, *one;
        int r = copy ? 0 : -ENOMEM;

        while (r == 0 && (one = strsep(&rest, ";")))
                if (*one)
                        r = append(list, one);
        return r;
}

/* Whether somebody who is not of the subject has the address too. */
static int is_shared(struct thon_store *store, const char *household, const char *persons,
                     const char *address, bool *ret)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        const char *phone = strncmp(address, "*:", 2) == 0 ? address + 2 : NULL;
        int r = thon_sql_row(
                store, &stmt,
                "SELECT 1 FROM person WHERE id NOT IN (SELECT value FROM json_each(?2))"
                " AND (phone = ?4 OR instr(';' || channels || ';', ';' || ?3 || ';') > 0)"
                " UNION ALL SELECT 1 FROM household WHERE phone = ?4 AND code IS NOT ?1 LIMIT 1",
                SQL_TEXT(household), SQL_TEXT(persons), SQL_TEXT(address), SQL_TEXT(phone));

        if (r == 0)
                *ret = stmt != NULL;
        return r;
}

static int sort_addresses(struct thon_store *store, json_t *subject, const json_t *addresses)
{
        const char *household = json_string_value(json_object_get(subject, "household"));
        _cleanup_free_ char *persons = json_dumps(json_object_get(subject, "persons"), JSON_COMPACT);
        const json_t *one;
        size_t i;

        if (!persons)
                return -ENOMEM;
        json_array_foreach (addresses, i, one) {
                bool shared = false;
                int r = is_shared(store, household, persons, json_string_value(one), &shared);

                if (r == 0)
                        r = append(json_object_get(subject, shared ? "shared" : "addresses"),
                                   json_string_value(one));
                if (r != 0)
                        return r;
        }
        return 0;
}

int thon_subject_read(struct thon_store *store, const char *household, const char *person, json_t **ret)
{
        _cleanup_json_ json_t *subject =
                json_pack("{s:n,s:[],s:[],s:[]}", "household", "persons", "addresses", "shared");
        _cleanup_json_ json_t *addresses = json_array();
        _cleanup_stmt_ struct thon_stmt *stmt = NULL, *people = NULL;
        bool found = false;
        int r = 0;

        if (!subject || !addresses)
                return -ENOMEM;
        if (household) {
                r = thon_sql_row(store, &stmt, "SELECT code, phone FROM household WHERE code = ?1",
                                 SQL_TEXT(household));
                if (r != 0)
                        return r;
                if (!stmt)
                        return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no household %s",
                                                 household);
                if (json_object_set_new(subject, "household",
                                        json_string(thon_column_text_or_empty(stmt, 0))) < 0)
                        return -ENOMEM;
                r = add_phone(addresses, thon_column_text(stmt, 1));
        }
        if (r == 0)
                r = thon_sql_with(
                        store, &people,
                        "SELECT id, phone, channels FROM person WHERE household = ?1 OR id = ?2 ORDER BY id",
                        SQL_TEXT(household), SQL_TEXT(person));
        while (r == 0 && (r = thon_stmt_step(people, &found)) == 0 && found) {
                r = append(json_object_get(subject, "persons"), thon_column_text_or_empty(people, 0));
                if (r == 0)
                        r = add_phone(addresses, thon_column_text(people, 1));
                if (r == 0)
                        r = add_channels(addresses, thon_column_text(people, 2));
        }
        if (r == 0 && person && json_array_size(json_object_get(subject, "persons")) == 0)
                return thon_store_answer(store, THON_STORE_NOT_FOUND, "there is no person %s", person);
        if (r == 0)
                r = sort_addresses(store, subject, addresses);
        if (r == 0)
                *ret = THON_TAKE(subject);
        return r;
}

/* ---- what there is ---- */

#define PERSONS "(SELECT value FROM json_each(?2))"
#define CHAT(channel, address)                                                                        \
        "(" channel " || ':' || " address " IN (SELECT value FROM json_each(?3)) OR '*:' || " address \
        " IN (SELECT value FROM json_each(?3)))"
#define TIME(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column ", 'unixepoch')"

/* One JSON object a row. ?1 household, ?2 people, ?3 addresses. What is secret (the hash of a PIN) is told as there. */
static const struct {
        const char *name, *sql;
} parts[] = {
        {"household",
         "SELECT json_object('code', code, 'area', area, 'house_no', house_no, 'lane', lane, 'head_name', head_name,"
         " 'phone', phone, 'members', members, 'lat', lat, 'lon', lon, 'internet', internet, 'smartphone',"
         " smartphone, 'e_payment', e_payment, 'digital_skills', digital_skills, 'notes', notes)"
         " FROM household WHERE code = ?1"},
        {"people",
         "SELECT json_object('id', id, 'name', name, 'household', household, 'area', area, 'role', role, 'phone',"
         " phone, 'channels', channels, 'consent', consent, 'consent_at', consent_at, 'notes', notes, 'pin',"
         " EXISTS (SELECT 1 FROM person_pin WHERE person = id), 'groups', (SELECT json_group_array(group_id)"
         " FROM group_member WHERE person = id), 'users', (SELECT json_group_array(user.id) FROM user WHERE"
         " user.person = person.id)) FROM person WHERE id IN " PERSONS " ORDER BY id"},
        {"notices",
         "SELECT json_object('notice', d.notification, 'submitted_at', " TIME(
                 "n.submitted_at") ", 'text', n.text, 'household', d.household, 'person', d.person, 'area', d.area,"
                                   " 'ladder', d.ladder, 'outcome', d.outcome, 'receipt', d.receipt, 'detail',"
                                   " d.detail, 'at', " TIME(
                                           "d.at") ") FROM delivery AS d JOIN notification AS n ON n.id ="
                                                   " d.notification WHERE d.household = ?1 OR d.person IN " PERSONS
                                                   " ORDER BY d.id"},
        {"messages",
         "SELECT json_object('id', id, 'channel', channel, 'address', address, 'text', text, 'state',"
         " state, 'at', " TIME("at") ") FROM message WHERE " CHAT("channel", "address") " ORDER BY id"},
        {"chats",
         "SELECT json_object('channel', channel, 'address', address, 'interaction_at', " TIME(
                 "interaction_at") ", 'bad_until', " TIME("bad_until") ", 'bad_detail', bad_detail)"
                                                                       " FROM chat WHERE " CHAT("channel",
                                                                                                "address")},
        {"inbound",
         "SELECT json_object('id', id, 'channel', channel, 'at', " TIME("at") ", 'kind', kind, 'address', address, 'doc', json(doc)) FROM inbound WHERE " CHAT(
                 "channel", "address") " OR " CHAT("channel", "sender") " ORDER BY id"},
        {"reports",
         "SELECT json_object('id', id, 'channel', channel, 'address', address, 'name', name, 'person', person,"
         " 'household', household, 'area', area, 'lat', lat, 'lon', lon, 'state', state, 'reason', reason,"
         " 'opened_at', " TIME("opened_at") ", 'closed_at', " TIME("closed_at") ", 'entries', (SELECT json_group_array(json_object('at', " TIME(
                 "e.at") ", 'by', e.by, 'kind', e.kind, 'text', e.text, 'file', e.file, 'size', e.size)) FROM"
                         " report_entry AS e WHERE e.report = report.id)) FROM report WHERE household = ?1"
                         " OR person IN " PERSONS " OR " CHAT("channel", "address") " ORDER BY id"},
        {"audit",
         "SELECT json_object('id', id, 'at', " TIME(
                 "at") ", 'actor', actor, 'action', action, 'object', object, 'detail', json(detail))"
                       " FROM audit WHERE (action LIKE 'household.%' AND object = ?1 COLLATE NOCASE)"
                       " OR (action LIKE 'person.%' AND object IN " PERSONS
                       ") OR (action IN ('group.join', 'group.leave') AND json_extract(detail, '$.person')"
                       " IN " PERSONS ") ORDER BY id"},
};

static int rows_of(struct thon_store *store, const char *sql, const char *household, const char *persons,
                   const char *addresses, json_t **ret)
{
        _cleanup_json_ json_t *rows = json_array();
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        bool found = false;
        int r = rows ? thon_sql(store, sql, &stmt) : -ENOMEM;

        if (r != 0)
                return r;
        /* Not every part asks for all three. */
        if (strstr(sql, "?1"))
                thon_bind_text(stmt, 1, household);
        if (strstr(sql, "?2"))
                thon_bind_text(stmt, 2, persons);
        if (strstr(sql, "?3"))
                thon_bind_text(stmt, 3, addresses);
        while ((r = thon_stmt_step(stmt, &found)) == 0 && found) {
                json_t *row = json_loads(thon_column_text_or_empty(stmt, 0), 0, NULL);

                if (!row || json_array_append_new(rows, row) < 0)
                        return row ? -ENOMEM
                                   : thon_store_fail(store, THON_STORE_CORRUPT,
                                                     "a row could not be read (thonctl store check)");
        }
        if (r == 0)
                *ret = THON_TAKE(rows);
        return r;
}

int thon_subject_export(struct thon_store *store, const json_t *subject, json_t **ret)
{
        const char *household = json_string_value(json_object_get(subject, "household"));
        _cleanup_free_ char *persons = json_dumps(json_object_get(subject, "persons"), JSON_COMPACT);
        _cleanup_free_ char *addresses = json_dumps(json_object_get(subject, "addresses"), JSON_COMPACT);
        _cleanup_json_ json_t *all = json_object();

        if (!persons || !addresses || !all)
                return -ENOMEM;
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
                json_t *rows = NULL;
                int r = rows_of(store, parts[i].sql, household, persons, addresses, &rows);

                if (r != 0)
                        return r;
                if (json_object_set_new(all, parts[i].name, rows) < 0)
                        return -ENOMEM;
        }
        *ret = THON_TAKE(all);
        return 0;
}
