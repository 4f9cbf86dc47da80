/* What comes in, what is known of chats and channels, what routes remember, and relayd's own events. */
#include "relay_store_fixture.h"

static struct thon_inbound update(const char *channel, const char *id, const char *doc)
{
        return (struct thon_inbound){.channel = channel,
                                     .update_id = id,
                                     .kind = "text",
                                     .address = "5",
                                     .sender = "6",
                                     .doc = doc,
                                     .at = now};
}

START_TEST(an_update_is_taken_once_whatever_became_of_it)
{
        struct thon_inbound first = update("bot", "u1", "{\"text\":\"keep\"}"),
                            other = update("oa", "u1", "{}");
        int64_t id = 0, other_id = 0;
        must_do(thon_store_begin(store));
        must_do(thon_inbound_add(store, &first, &id));
        ck_assert_int_eq(id, 1);
        refused(thon_inbound_add(store, &first, &id), THON_STORE_EXISTS, "before");
        must_do(thon_inbound_add(store, &other, &other_id));
        ck_assert_int_ne(other_id, id);
        must_do(thon_store_commit(store));
        store = thon_store_close(store);
        store = must_open(THON_STORE_WRITE);
        refused(thon_inbound_add(store, &other, &other_id), THON_STORE_EXISTS, "before");
        must_do(thon_inbound_done(store, id));
        refused(thon_inbound_add(store, &first, &id), THON_STORE_EXISTS, "before");
}
END_TEST

START_TEST(what_is_no_object_is_refused)
{
        struct thon_inbound bad = update("bot", "u1", "[1]");
        int64_t id;
        ck_assert_int_eq(thon_inbound_add(store, &bad, &id), THON_STORE_INVALID);
}
END_TEST

START_TEST(a_poll_goes_on_where_it_stood)
{
        char *cursor = NULL;
        must_do(thon_poll_cursor_get(store, "bot", &cursor));
        ck_assert_ptr_null(cursor);
        must_do(thon_poll_cursor_set(store, "bot", "41"));
        must_do(thon_poll_cursor_set(store, "bot", "42"));
        must_do(thon_poll_cursor_get(store, "bot", &cursor));
        ck_assert_str_eq(cursor, "42");
        free(cursor);
}
END_TEST

START_TEST(a_chat_remembers_its_last_interaction_and_that_it_is_of_no_use)
{
        struct thon_chat chat;
        must_do(thon_chat_get(store, "oa", "1", &chat));
        ck_assert_int_eq(chat.interaction_at.s, INT64_MAX);
        ck_assert_int_eq(chat.bad_until.s, 0);
        must_do(thon_chat_bad(store, "oa", "1", in(3600), true, -201, "đã chặn"));
        must_do(thon_chat_get(store, "oa", "1", &chat));
        ck_assert_int_eq(chat.bad_until.s, now.s + 3600);
        ck_assert_int_eq(chat.interaction_at.s, INT64_MAX);
        must_do(thon_chat_interaction(store, "oa", "1", in(10)));
        must_do(thon_chat_interaction(store, "oa", "1", in(5))); /* came late */
        must_do(thon_chat_get(store, "oa", "1", &chat));
        ck_assert_int_eq(chat.interaction_at.s, now.s + 10);
        ck_assert_int_eq(chat.bad_until.s, 0);
        must_do(thon_chat_bad(store, "oa", "1", THON_WALL_NEVER, false, 0, ""));
        must_do(thon_chat_get(store, "oa", "1", &chat));
        ck_assert_int_eq(chat.bad_until.s, INT64_MAX);
}
END_TEST

START_TEST(a_days_quota_is_kept_for_the_day)
{
        int64_t used = -1;
        must_do(thon_channel_day_get(store, "oa", 20778, &used));
        ck_assert_int_eq(used, 0);
        must_do(thon_channel_day_set(store, "oa", 20778, 499));
        must_do(thon_channel_day_set(store, "oa", 20778, 500));
        must_do(thon_channel_day_get(store, "oa", 20778, &used));
        ck_assert_int_eq(used, 500);
        must_do(thon_channel_day_get(store, "oa", 20779, &used));
        ck_assert_int_eq(used, 0);
        ck_assert_int_eq(thon_channel_day_set(store, "oa", 20778, -1), THON_STORE_INVALID);
}
END_TEST

static int see_incident(const char *id, const char *route, const char *doc, void *userdata)
{
        char *text = userdata;
        size_t used = strlen(text);
        (void)snprintf(text + used, 200 - used, "%s %s %s; ", id, route, doc);
        return strcmp(id, "b") == 0 ? thon_incident_remove(store, id) : 0;
}

START_TEST(incidents_outlive_a_restart)
{
        char text[200] = "";
        must_do(thon_incident_put(store, "b", "lamps", "{\"n\":1}", now));
        must_do(thon_incident_put(store, "a", "lamps", "{}", now));
        must_do(thon_incident_put(store, "b", "lamps", "{\"n\":2}", now));
        store = thon_store_close(store);
        store = must_open(THON_STORE_WRITE);
        must_do(thon_incident_each(store, see_incident, text));
        ck_assert_str_eq(text, "a lamps {}; b lamps {\"n\":2}; ");
        text[0] = '\0';
        must_do(thon_incident_each(store, see_incident, text));
        ck_assert_str_eq(text, "a lamps {}; ");
}
END_TEST

static int see_event(const struct thon_event_row *row, void *userdata)
{
        char *text = userdata;
        size_t used = strlen(text);
        (void)snprintf(text + used, 200 - used, "%" PRId64 ":%s ", row->serial, row->topic);
        return 0;
}

START_TEST(each_daemon_has_its_own_events_and_goes_on_behind_the_last_one_sent)
{
        char text[200] = "";
        int64_t serial;
        must_do(thon_event_push(store, THON_EVENT_RELAY, "event/relay-a", "{}", &serial));
        must_do(thon_event_push(store, THON_EVENT_LIGHT, "event/light-b", "{}", &serial));
        must_do(thon_event_push(store, THON_EVENT_RELAY, "event/relay-c", "{}", &serial));
        ck_assert_int_eq(serial, 2);
        must_do(thon_event_each(store, THON_EVENT_RELAY, 0, see_event, text));
        ck_assert_str_eq(text, "1:event/relay-a 2:event/relay-c ");
        text[0] = '\0';
        must_do(thon_event_each(store, THON_EVENT_RELAY, 1, see_event, text));
        ck_assert_str_eq(text, "2:event/relay-c ");
        must_do(thon_event_done(store, THON_EVENT_RELAY, 1));
        text[0] = '\0';
        must_do(thon_event_each(store, THON_EVENT_LIGHT, 0, see_event, text));
        ck_assert_str_eq(text, "1:event/light-b ");
}
END_TEST

int main(void)
{
        const TTest *const TESTS[] = {an_update_is_taken_once_whatever_became_of_it,
                                      what_is_no_object_is_refused,
                                      a_poll_goes_on_where_it_stood,
                                      a_chat_remembers_its_last_interaction_and_that_it_is_of_no_use,
                                      a_days_quota_is_kept_for_the_day,
                                      incidents_outlive_a_restart,
                                      each_daemon_has_its_own_events_and_goes_on_behind_the_last_one_sent};
        return run_tests("relay inbound", TESTS, sizeof(TESTS) / sizeof(TESTS[0]), relay_make);
}
