/* A small commune that is told things, and the steps that the tests of the relay's store share.
 *
 * Households H-1 ... are recipients by their ladders, given as text; channels in `broken` are passed over. */
#pragma once

#include "registry_fixture.h"

#include "thon/relay_store.h"

static struct thon_wall now = {NOON};
static char broken[100]; /* channels that are not usable, parted by spaces */

static inline void relay_make(void)
{
        store_make();
        now = (struct thon_wall){NOON};
        broken[0] = '\0';
}

static inline struct thon_wall in(int64_t seconds)
{
        return (struct thon_wall){now.s + seconds};
}

static inline bool usable(const struct thon_rung *rung, void *userdata)
{
        (void)userdata;
        return !strstr(broken, rung->channel);
}

static inline int step(const char *ladder, int rung, struct thon_wall *due, enum thon_due *why,
                       void *userdata)
{
        (void)userdata;
        *due = now;
        *why = THON_DUE_NOW;
        return thon_ladder_next(ladder, rung, usable, NULL);
}

/* ---- submitting ---- */

static inline struct thon_notice notice_of(const char *text)
{
        return (struct thon_notice){.class = THON_CLASS_NORMAL,
                                    .purpose = THON_PURPOSE_NOTICES,
                                    .audience = "[\"all\"]",
                                    .text = text,
                                    .not_before = THON_WALL_NEVER,
                                    .expires = THON_WALL_NEVER,
                                    .source = "",
                                    .escalate_at = THON_WALL_NEVER,
                                    .by = "officer",
                                    .at = now};
}

#define RECIPIENTS_MAX 16

/* Ladders of H-1, H-2, ...; "@ladder" is that of a person p-1, p-2, ... who lives in no household. */
static inline int try_submit(struct thon_notice *notice, const char *const *ladders, size_t n,
                             bool *ret_existing)
{
        static char names[RECIPIENTS_MAX][16];
        struct thon_recipient recipients[RECIPIENTS_MAX];
        struct thon_recipient_first firsts[RECIPIENTS_MAX];
        ck_assert_uint_le(n, RECIPIENTS_MAX);
        for (size_t i = 0; i < n; i++) {
                bool person = ladders[i][0] == '@';
                (void)snprintf(names[i], sizeof(names[i]), person ? "p-%zu" : "H-%zu", i + 1);
                recipients[i] = (struct thon_recipient){.household = person ? NULL : names[i],
                                                        .person = person ? names[i] : NULL,
                                                        .ladder = (char *)(uintptr_t)ladders[i] + person};
                firsts[i] = (struct thon_recipient_first){
                        .recipient = &recipients[i],
                        .rung = thon_ladder_next(recipients[i].ladder, -1, usable, NULL),
                        .ended = person ? THON_OUTCOME_NOT_SENT : THON_OUTCOME_VISIT,
                        .detail = THON_DETAIL_UNREACHABLE,
                        .due = now};
        }
        return thon_notice_submit(store, notice, firsts, n, ret_existing);
}

static inline int64_t submit_notice(struct thon_notice notice, const char *const *ladders, size_t n)
{
        bool existing = true;
        must_do(try_submit(&notice, ladders, n, &existing));
        ck_assert(!existing);
        return notice.id;
}
#define LADDERS(...) \
        (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
#define submit(text, ...) submit_notice(notice_of(text), LADDERS(__VA_ARGS__))

/* ---- sending ---- */

static inline int note_claim(const struct thon_message *message, void *userdata)
{
        char *text = userdata;
        size_t used = strlen(text);
        (void)snprintf(text + used, 1000 - used, "%s%s:%s %s", used ? "; " : "", message->channel,
                       message->address, message->text);
        return 0;
}

/* What goes out now, as "oa:1 text; oa:2 text". */
static inline const char *claim_lane(const char *channel, enum thon_class lane, unsigned limit)
{
        static char text[1000];
        unsigned n = 99;
        text[0] = '\0';
        must_do(thon_queue_claim(store, channel, lane, now, limit, note_claim, text, &n));
        return text;
}
#define claims(channel, want) ck_assert_str_eq(claim_lane(channel, THON_CLASS_NORMAL, 10), want)

/* The message to a chat, the newest. */
static inline int64_t message_to(const char *channel, const char *address)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        must_do(thon_sql_row(store, &stmt,
                             "SELECT id FROM message WHERE channel = ?1 AND address = ?2 ORDER BY id DESC"
                             " LIMIT 1",
                             SQL_TEXT(channel), SQL_TEXT(address)));
        ck_assert_msg(stmt != NULL, "no message to %s:%s", channel, address);
        return thon_column_int(stmt, 0);
}

static inline struct thon_settle settle_of(int64_t message, enum thon_next next, const char *detail)
{
        return (struct thon_settle){
                .message = message, .next = next, .due = now, .detail = detail, .at = now};
}

static inline void settle_as(int64_t message, enum thon_next next, const char *detail)
{
        struct thon_settle s = settle_of(message, next, detail);
        must_do(thon_message_settle(store, &s, step, NULL));
}

/* Claims everything that is due on a channel, and settles it all. */
static inline int collect_id(const struct thon_message *message, void *userdata)
{
        int64_t *ids = userdata;
        ids[++ids[0]] = message->id;
        return 0;
}
static inline void try_all(const char *channel, enum thon_next next, const char *detail)
{
        int64_t ids[101] = {0};
        unsigned n;
        for (int lane = 0; lane < THON_CLASSES; lane++)
                must_do(thon_queue_claim(store, channel, (enum thon_class)lane, now, 30, collect_id, ids,
                                         &n));
        for (int64_t i = 1; i <= ids[0]; i++)
                settle_as(ids[i], next, detail);
}

/* ---- what became of it ---- */

/* "H-1 oa sent; H-2 - visit", with "+seen" after an outcome with a receipt. */
static inline const char *deliveries(int64_t id)
{
        static char text[1000];
        _cleanup_json_ json_t *object = NULL;
        json_t *one;
        size_t i, used = 0;
        must_do(thon_notice_show(store, id, true, &object));
        text[0] = '\0';
        json_array_foreach (json_object_get(object, "deliveries"), i, one) {
                const char *household = json_string_value(json_object_get(one, "household")),
                           *person = json_string_value(json_object_get(one, "person")),
                           *channel = json_string_value(json_object_get(one, "channel")),
                           *receipt = json_string_value(json_object_get(one, "receipt"));
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s %s%s%s", i ? "; " : "",
                                         household ? household : person, channel ? channel : "-",
                                         json_string_value(json_object_get(one, "outcome")),
                                         receipt ? "+" : "", receipt ? receipt : "");
                ck_assert_uint_lt(used, sizeof(text));
        }
        return text;
}
#define stands(id, want) ck_assert_str_eq(deliveries(id), want)

/* A member of a delivery as compact JSON. */
static inline const char *of_delivery(int64_t id, size_t index, const char *name)
{
        static char text[1000];
        _cleanup_json_ json_t *object = NULL;
        must_do(thon_notice_show(store, id, true, &object));
        json_t *one = json_array_get(json_object_get(object, "deliveries"), index);
        ck_assert_msg(json_object_get(one, name) != NULL, "no member %s", name);
        char *dump = json_dumps(json_object_get(one, name), JSON_COMPACT | JSON_ENCODE_ANY);
        (void)snprintf(text, sizeof(text), "%s", dump);
        free(dump);
        return text;
}

static inline const char *of_notice(int64_t id, const char *name)
{
        static char text[1000];
        _cleanup_json_ json_t *object = NULL;
        must_do(thon_notice_show(store, id, false, &object));
        ck_assert_msg(json_object_get(object, name) != NULL, "no member %s", name);
        char *dump = json_dumps(json_object_get(object, name), JSON_COMPACT | JSON_ENCODE_ANY);
        (void)snprintf(text, sizeof(text), "%s", dump);
        free(dump);
        return text;
}

static inline int64_t count_of(int64_t id, const char *name)
{
        _cleanup_json_ json_t *counts = NULL;
        bool done;
        must_do(thon_notice_counts(store, id, &counts, &done));
        ck_assert_msg(json_is_integer(json_object_get(counts, name)), "no count %s", name);
        return json_integer_value(json_object_get(counts, name));
}

static inline int run_tests(const char *name, const TTest *const *tests, size_t n, void (*make)(void))
{
        Suite *suite = suite_create(name);
        TCase *tc = tcase_create(name);
        tcase_add_checked_fixture(tc, make, store_drop);
        tcase_set_timeout(tc, 60);
        for (size_t i = 0; i < n; i++)
                tcase_add_test(tc, tests[i]);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}
