/* A daemon's connection against a real broker: what it does when the broker is late, dies, freezes, refuses or is
 * flooded, and what reaches the other side. */
#include "thon/mqtt.h"

#include "broker.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define ROOT "thon/1/chi-phuc/"

static struct broker broker;
static struct observer observer;
static sd_event *event;
static struct thon_site_conf site;
static struct thon_mqtt *mqtt;

/* What the callbacks saw. */
static unsigned connects, disconnects, rooms;
static int64_t last_tag;
static unsigned n_published;
static int published_error;
static unsigned n_messages;
static char message_topic[64], message_payload[64];
static bool message_retained;
static const char *publish_on_connect; /* retained state of the daemon */

static char log_text[4096];
static unsigned lost_lines, back_lines;

static void remember_log(int level, enum thon_msg msg, const char *line, void *userdata)
{
        (void)userdata;
        if (level > LOG_NOTICE)
                return;
        lost_lines += msg == THON_MSG_BROKER_LOST;
        back_lines += msg == THON_MSG_BROKER_BACK;
        strncat(log_text, line, sizeof log_text - strlen(log_text) - 1);
        strncat(log_text, "\n", sizeof log_text - strlen(log_text) - 1);
}

static void on_connect(void *userdata)
{
        (void)userdata;
        connects++;
        if (publish_on_connect)
                ck_assert_int_eq(thon_mqtt_publish(mqtt, "light/a/state", publish_on_connect, true), 0);
}

static void on_disconnect(void *userdata)
{
        (void)userdata;
        disconnects++;
}

static void on_published(int64_t tag, int error, void *userdata)
{
        (void)userdata;
        last_tag = tag;
        n_published++;
        published_error = error;
}

static void on_room(void *userdata)
{
        (void)userdata;
        rooms++;
}

/* A daemon's habit: an order is answered, and what follows from it is published. */
static void on_message(const struct thon_mqtt_message *m, void *userdata)
{
        (void)userdata;
        n_messages++;
        (void)snprintf(message_topic, sizeof message_topic, "%s", m->topic);
        (void)snprintf(message_payload, sizeof message_payload, "%s", m->payload);
        message_retained = m->retained;
        ck_assert_uint_eq(strlen(m->payload), m->size);

        if (strcmp(m->payload, "twice") == 0) {
                thon_mqtt_reply_ok(mqtt, m, json_pack("{s:i}", "n", 1));
                thon_mqtt_reply_ok(mqtt, m, json_pack("{s:i}", "n", 2));
        } else if (strcmp(m->payload, "wrong") == 0) {
                thon_mqtt_reply_error(mqtt, m, "no-such-circuit", "there is no circuit \"%s\"", "\xff\n");
        } else if (strcmp(m->payload, "huge") == 0) {
                char *text = calloc(1, THON_MQTT_PAYLOAD_MAX + 1);

                ck_assert_ptr_nonnull(text);
                memset(text, 'x', THON_MQTT_PAYLOAD_MAX);
                thon_mqtt_reply_ok(mqtt, m, json_pack("{s:s}", "text", text));
                free(text);
        } else {
                thon_mqtt_reply_ok(mqtt, m, NULL);
        }
}

static const struct thon_mqtt_ops ops = {
        .on_connect = on_connect,
        .on_disconnect = on_disconnect,
        .on_message = on_message,
        .on_published = on_published,
        .on_room = on_room,
};

static void fill_site(void)
{
        site = (struct thon_site_conf){
                .id = "chi-phuc", .broker_host = (char *)"localhost", .broker_port = broker.port};
}

static void daemon_open(void)
{
        struct thon_mqtt_options options = {.site = &site,
                                            .client_id = "thon-testd",
                                            .status_topic = "status/testd",
                                            .node = "pi",
                                            .keepalive_s = 5};

        ck_assert_int_eq(thon_mqtt_new(event, &options, &ops, NULL, &mqtt), 0);
}

static void daemon_connected(void)
{
        daemon_open();
        UNTIL(event, NULL, 5000, connects == 1);
}

static void set_up(void)
{
        broker_open(&broker, NULL);
        fill_site();
        ck_assert_int_eq(sd_event_new(&event), 0);
        thon_log_set_sink(remember_log, NULL);
}

static void tear_down(void)
{
        mqtt = thon_mqtt_free(mqtt);
        if (observer.session)
                observer_close(&observer);
        event = sd_event_unref(event);
        broker_close(&broker);
}

START_TEST(a_daemon_that_starts_before_the_broker_connects_when_it_comes)
{
        broker_kill(&broker);
        daemon_open();
        UNTIL(event, NULL, 5000, lost_lines == 1);
        ck_assert_msg(strstr(log_text, "Connection refused"), "%s", log_text);

        broker_start(&broker);
        UNTIL(event, NULL, 10000, connects == 1);
        ck_assert_uint_eq(back_lines, 1);
        ck_assert(thon_mqtt_connected(mqtt));

        observer_open(&observer, &broker, ROOT "status/#", event);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "status/testd", "\"online\""));
        ck_assert(saw(&observer, ROOT "status/testd", "\"node\":\"pi\"")->retained);
}
END_TEST

START_TEST(a_broker_that_was_killed_and_restarted_is_served_as_before)
{
        daemon_connected();
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "light/a/state", "{}", true), 0);
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "light/+/set"), 0);

        broker_kill(&broker);
        UNTIL(event, NULL, 5000, disconnects == 1);
        ck_assert(!thon_mqtt_connected(mqtt));
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "light/a/state", "{}", true), -ENOTCONN);

        broker_start(&broker);
        UNTIL(event, NULL, 10000, connects == 2);
        observer_open(&observer, &broker, ROOT "status/#", event);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "status/testd", "\"online\""));
        observer_send(&observer, ROOT "light/a/set", "ON", 2, false, NULL, NULL);
        UNTIL(event, &observer, 5000, n_messages == 1);
        ck_assert_str_eq(message_topic, "light/a/set");
        ck_assert_str_eq(message_payload, "ON");
        ck_assert_uint_eq(lost_lines, 1);
        ck_assert_uint_eq(back_lines, 1);
}
END_TEST

/* The library by itself would send the unacknowledged state again on the new connection. */
START_TEST(an_old_state_is_not_sent_again_beside_a_newer_one)
{
        publish_on_connect = "old";
        daemon_connected();
        observer_open(&observer, &broker, ROOT "light/#", event);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "light/a/state", "old"));
        observer_close(&observer);

        broker_freeze(&broker);
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "light/a/state", "unacknowledged", true), 0);
        broker_kill(&broker);
        UNTIL(event, NULL, 5000, disconnects == 1);

        publish_on_connect = "new";
        broker_start(&broker);
        observer_open(&observer, &broker, ROOT "#", NULL); /* there before the daemon is */
        UNTIL(event, &observer, 10000, connects == 2);
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "event/end", "{}", false), 0);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "event/end", "{}"));
        ck_assert(saw(&observer, ROOT "light/a/state", "new"));
        ck_assert_uint_eq(saw_count(&observer, ROOT "light/a/state"), 1);
}
END_TEST

START_TEST(the_last_will_says_offline_when_the_daemon_is_killed)
{
        pid_t pid;

        observer_open(&observer, &broker, ROOT "status/#", NULL);
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (sd_event_new(&event) < 0) /* the parent's may not be used here */
                        _exit(1);
                daemon_open();
                (void)sd_event_loop(event);
                _exit(1);
        }
        UNTIL(NULL, &observer, 5000, saw(&observer, ROOT "status/testd", "\"online\""));
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        UNTIL(NULL, &observer, 5000, saw(&observer, ROOT "status/testd", "\"offline\""));
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(a_clean_end_says_offline_even_behind_a_full_window)
{
        daemon_connected();
        observer_open(&observer, &broker, ROOT "status/#", event);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "status/testd", "\"online\""));
        for (int i = 0; i < 200; i++)
                ck_assert_int_eq(thon_mqtt_publish(mqtt, "event/many", "{}", false), 0);
        mqtt = thon_mqtt_free(mqtt);
        UNTIL(NULL, &observer, 5000, saw(&observer, ROOT "status/testd", "\"offline\""));
}
END_TEST

/* Measures how long the loop is kept from a timer: by the clock, for a call that waits, and in time of the processor, for
 * work without end. The clock's limits are wide, since a busy machine may hold this process up too. */
struct ticker {
        uint64_t last_ms, worst_ms, last_cpu_ms, worst_cpu_ms, ticks;
};

static uint64_t cpu_ms(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
        return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int tick(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct ticker *t = userdata;
        uint64_t now = mono_ms(), cpu = cpu_ms();

        (void)usec;
        if (now - t->last_ms > t->worst_ms)
                t->worst_ms = now - t->last_ms;
        if (cpu - t->last_cpu_ms > t->worst_cpu_ms)
                t->worst_cpu_ms = cpu - t->last_cpu_ms;
        t->last_ms = now;
        t->last_cpu_ms = cpu;
        t->ticks++;
        ck_assert_int_ge(sd_event_source_set_time_relative(source, 20000), 0);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static sd_event_source *start_ticker(struct ticker *t)
{
        sd_event_source *source = NULL;

        *t = (struct ticker){.last_ms = mono_ms(), .last_cpu_ms = cpu_ms()};
        ck_assert_int_ge(sd_event_add_time_relative(event, &source, CLOCK_MONOTONIC, 20000, 1, tick, t), 0);
        return source;
}

START_TEST(a_frozen_broker_is_noticed_while_the_loop_turns_and_the_memory_stays_bounded)
{
        struct ticker ticker;
        sd_event_source *source;
        char *payload = calloc(1, 4097);
        unsigned taken = 0;
        int r = 0;

        daemon_connected();
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "light/+/set"), 0);
        source = start_ticker(&ticker);
        UNTIL(event, NULL, 5000, ticker.ticks > 1);
        broker_freeze(&broker);

        ck_assert_ptr_nonnull(payload);
        memset(payload, 'x', 4096);
        while (taken < 100000 && (r = thon_mqtt_publish(mqtt, "event/flood", payload, false)) == 0)
                taken++;
        free(payload);
        ck_assert_int_eq(r, -ENOBUFS);
        ck_assert_uint_le((uint64_t)taken * 4096, THON_MQTT_PENDING_BYTES_MAX);
        ck_assert_uint_gt(taken, 500);

        UNTIL(event, NULL, 14000, disconnects == 1);
        /* The kernel of a frozen broker still accepts connections: that is no answer. */
        ck_assert_msg(strstr(log_text, "Not connected to the broker"), "%s", log_text);
        ck_assert_uint_lt(ticker.worst_ms, 1000);

        broker_thaw(&broker);
        UNTIL(event, NULL, 20000, connects == 2);
        sd_event_source_disable_unref(source);
        observer_open(&observer, &broker, ROOT "status/#", event);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "status/testd", "\"online\""));
        observer_send(&observer, ROOT "light/a/set", "ON", 2, false, NULL, NULL);
        UNTIL(event, &observer, 5000, n_messages == 1);
}
END_TEST

START_TEST(a_broker_that_accepts_and_says_nothing_is_given_up)
{
        struct ticker ticker;
        sd_event_source *source = start_ticker(&ticker);

        broker_freeze(&broker);
        daemon_open();
        UNTIL(event, NULL, 8000, lost_lines == 1);
        ck_assert_msg(strstr(log_text, "it does not answer"), "%s", log_text);
        ck_assert_uint_lt(ticker.worst_ms, 1000);
        broker_thaw(&broker);
        UNTIL(event, NULL, 15000, connects == 1);
        sd_event_source_disable_unref(source);
}
END_TEST

START_TEST(there_is_room_again_when_a_slow_broker_has_caught_up)
{
        unsigned taken = 0;

        daemon_connected();
        broker_freeze(&broker);
        while (thon_mqtt_publish(mqtt, "event/many", "{}", false) == 0)
                ck_assert_uint_le(++taken, THON_MQTT_PENDING_MAX);
        broker_thaw(&broker);
        UNTIL(event, NULL, 10000, rooms == 1);
        ck_assert_uint_eq(disconnects, 0);
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "event/many", "{}", false), 0);
}
END_TEST

START_TEST(writing_to_a_broker_that_died_does_not_kill_us)
{
        daemon_connected();
        broker_kill(&broker);
        /* Without a turn of the loop: the second write meets a socket that was reset. */
        for (int i = 0; i < 3; i++)
                (void)thon_mqtt_publish(mqtt, "event/last-words", "{}", false);
        UNTIL(event, NULL, 5000, disconnects == 1);
}
END_TEST

START_TEST(two_replies_from_inside_a_callback_both_arrive)
{
        daemon_connected();
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "light/+/set"), 0);
        observer_open(&observer, &broker, ROOT "reply/#", event);
        observer_send(&observer, ROOT "light/a/set", "twice", 5, false, ROOT "reply/me", "7");
        UNTIL(event, &observer, 5000,
              saw(&observer, ROOT "reply/me", "\"n\":1") && saw(&observer, ROOT "reply/me", "\"n\":2"));
}
END_TEST

START_TEST(a_command_is_answered_with_its_correlation_when_somebody_waits)
{
        const struct seen *answer;

        daemon_connected();
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "light/+/set"), 0);
        observer_open(&observer, &broker, ROOT "#", event);

        observer_send(&observer, ROOT "light/a/set", "ON", 2, false, ROOT "reply/me", "c-42");
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "reply/me", "\"ok\":true"));
        answer = saw(&observer, ROOT "reply/me", "");
        ck_assert_str_eq(answer->payload, "{\"ok\":true}");
        ck_assert_mem_eq(answer->correlation, "c-42", 4);
        ck_assert_uint_eq(answer->correlation_size, 4);
        ck_assert(!answer->retained);

        observer_send(&observer, ROOT "light/a/set", "wrong", 5, false, ROOT "reply/me", "c-43");
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "reply/me", "\"ok\":false"));
        answer = saw(&observer, ROOT "reply/me", "no-such-circuit");
        ck_assert_ptr_nonnull(answer);
        ck_assert_mem_eq(answer->correlation, "c-43", 4);

        observer_send(&observer, ROOT "light/a/set", "huge", 4, false, ROOT "reply/me", "c-44");
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "reply/me", "\"too-large\""));
}
END_TEST

START_TEST(a_command_for_which_nobody_waits_is_executed_in_silence)
{
        daemon_connected();
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "light/+/set"), 0);
        observer_open(&observer, &broker, ROOT "#", event);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "status/testd", "online"));
        observer_send(&observer, ROOT "light/a/set", "ON", 2, false, NULL, "c-1");
        UNTIL(event, &observer, 5000, n_messages == 1);

        /* Whatever was sent before this has arrived before it. */
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "event/end", "{}", false), 0);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "event/end", "{}"));
        ck_assert_uint_eq(observer.n, 3); /* status, the command itself, the end */
}
END_TEST

START_TEST(nobody_borrows_our_right_to_write_states_and_commands)
{
        static const char *const topics[] = {ROOT "light/all/set", ROOT "status/lightd", "#",
                                             ROOT "event/x"};

        daemon_connected();
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "light/a/set"), 0);
        observer_open(&observer, &broker, ROOT "#", event);
        for (unsigned i = 0; i < sizeof topics / sizeof *topics; i++) {
                if (strchr(topics[i], '#')) /* the library refuses to send it */
                        continue;
                observer_send(&observer, ROOT "light/a/set", "ON", 2, false, topics[i], NULL);
        }
        UNTIL(event, &observer, 5000, n_messages == 3);
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "event/end", "{}", false), 0);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "event/end", "{}"));
        for (unsigned i = 0; i < sizeof topics / sizeof *topics; i++)
                ck_assert_ptr_null(saw(&observer, topics[i], "\"ok\""));
        ck_assert_msg(strstr(log_text, "may not have one"), "%s", log_text);
}
END_TEST

START_TEST(payloads_that_are_no_text_or_too_large_are_refused_and_answered)
{
        char *large = calloc(1, THON_MQTT_PAYLOAD_MAX + 1);

        ck_assert_ptr_nonnull(large);
        memset(large, 'x', THON_MQTT_PAYLOAD_MAX + 1);
        daemon_connected();
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "light/+/set"), 0);
        observer_open(&observer, &broker, ROOT "reply/#", event);

        observer_send(&observer, ROOT "light/a/set", large, THON_MQTT_PAYLOAD_MAX + 1, false, ROOT "reply/1",
                      NULL);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "reply/1", "\"too-large\""));
        observer_send(&observer, ROOT "light/a/set", "\xc3(", 2, false, ROOT "reply/2", NULL);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "reply/2", "\"not-utf8\""));
        observer_send(&observer, ROOT "light/a/set", "O\0N", 3, false, ROOT "reply/3", NULL);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "reply/3", "\"not-utf8\""));
        ck_assert_uint_eq(n_messages, 0);

        observer_send(&observer, ROOT "light/a/set", large, THON_MQTT_PAYLOAD_MAX, false, ROOT "reply/4",
                      NULL);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "reply/4", "\"ok\":true"));
        ck_assert_uint_eq(n_messages, 1);
        free(large);
}
END_TEST

START_TEST(a_retained_command_can_be_told_from_a_fresh_one)
{
        observer_open(&observer, &broker, ROOT "light/#", NULL);
        observer_send(&observer, ROOT "light/a/set", "ON", 2, true, NULL, NULL);
        UNTIL(NULL, &observer, 5000, saw(&observer, ROOT "light/a/set", "ON"));

        daemon_connected();
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "light/+/set"), 0);
        UNTIL(event, &observer, 5000, n_messages == 1);
        ck_assert(message_retained);
        observer_send(&observer, ROOT "light/a/set", "OFF", 3, false, NULL, NULL);
        UNTIL(event, &observer, 5000, n_messages == 2);
        ck_assert(!message_retained);
}
END_TEST

static void long_daemon_open(void)
{
        struct thon_mqtt_options options = {
                .site = &site, .client_id = "thon-testd", .keepalive_s = 5, .session_expiry_s = 600};

        ck_assert_int_eq(thon_mqtt_new(event, &options, &ops, NULL, &mqtt), 0);
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "event/#"), 0);
}

/* Two messages have come over the subscription: the broker has it. */
static void subscribed_for_long(void)
{
        observer_open(&observer, &broker, ROOT "event/#", NULL);
        observer_send(&observer, ROOT "event/a", "first", 5, true, NULL, NULL);
        UNTIL(NULL, &observer, 5000, saw(&observer, ROOT "event/a", "first"));
        long_daemon_open();
        UNTIL(event, &observer, 5000, n_messages == 1);
        observer_send(&observer, ROOT "event/a", "", 0, true, NULL, NULL);
        UNTIL(event, &observer, 5000, n_messages == 2);
}

/* Commands and events of the minute in which a daemon restarts. */
START_TEST(what_came_while_we_were_away_waits_at_the_broker_when_we_asked_for_it)
{
        subscribed_for_long();

        mqtt = thon_mqtt_free(mqtt);
        observer_send(&observer, ROOT "event/b", "second", 6, false, NULL, NULL);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "event/b", "second"));
        long_daemon_open();
        UNTIL(event, &observer, 5000, n_messages == 3);
        ck_assert_str_eq(message_topic, "event/b");
        ck_assert_str_eq(message_payload, "second");
        ck_assert(!message_retained);
}
END_TEST

/* The window that we ask of the broker is 200 messages: who acknowledges none gets no more. */
START_TEST(what_came_is_acknowledged_when_we_let_go)
{
        subscribed_for_long();

        thon_mqtt_hold(mqtt, true);
        for (unsigned i = 0; i < 300; i++)
                observer_send(&observer, ROOT "event/b", "more", 4, false, NULL, NULL);
        observer_send(&observer, ROOT "event/c", "last", 4, false, NULL, NULL);
        UNTIL(event, &observer, 5000, n_messages >= 201 && saw(&observer, ROOT "event/c", "last"));
        /* The acknowledgement of the one before may be held too. */
        ck_assert_uint_le(n_messages, 202);
        thon_mqtt_hold(mqtt, false);
        UNTIL(event, &observer, 5000, n_messages == 303);
        ck_assert_str_eq(message_topic, "event/c");
}
END_TEST

/* A commit has ended, and the next one's work was waiting for it. */
static int commit(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)usec;
        (void)userdata;
        thon_mqtt_hold(mqtt, false);
        thon_mqtt_hold(mqtt, true);
        ck_assert_int_ge(sd_event_source_set_time_relative(source, 5000), 0);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* So it is on a slow card: held again before the loop has come by the socket. */
START_TEST(what_is_held_again_at_once_goes_out_all_the_same)
{
        sd_event_source *commits = NULL;

        subscribed_for_long();
        mqtt = thon_mqtt_free(mqtt);

        long_daemon_open(); /* its first words too */
        thon_mqtt_hold(mqtt, true);
        ck_assert_int_ge(sd_event_add_time_relative(event, &commits, CLOCK_MONOTONIC, 5000, 1, commit, NULL),
                         0);
        for (unsigned i = 0; i < 300; i++)
                observer_send(&observer, ROOT "event/b", "more", 4, false, NULL, NULL);
        UNTIL(event, &observer, 5000, n_messages == 302);
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "event/answer", "yes", false), 0);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "event/answer", "yes"));
        sd_event_source_disable_unref(commits);
}
END_TEST

/* A busy broker has not read our last words when we end. Were its answer to the first of them to find nobody, it would not read the
 * others, which acknowledge what came. */
START_TEST(what_was_acknowledged_before_the_end_does_not_come_again)
{
        pid_t child;

        subscribed_for_long();
        thon_mqtt_hold(mqtt, true);
        /* The answer to the first tells the broker's machine that we are gone, the answer to the second the broker. */
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "light/a/state", "on", true), 0);
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "light/b/state", "on", true), 0);
        observer_send(&observer, ROOT "event/b", "once", 4, false, NULL, NULL);
        UNTIL(event, &observer, 5000, n_messages == 3);
        broker_freeze(&broker);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
                (void)poll(NULL, 0, 300);
                (void)kill(broker.pid, SIGCONT);
                _exit(0);
        }
        mqtt = thon_mqtt_free(mqtt);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        long_daemon_open();
        observer_send(&observer, ROOT "event/c", "last", 4, false, NULL, NULL);
        UNTIL(event, &observer, 5000, strcmp(message_topic, "event/c") == 0);
        ck_assert_uint_eq(n_messages, 4);
}
END_TEST

START_TEST(topics_outside_of_the_root_are_reached_with_a_slash)
{
        daemon_connected();
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "/stat/tasmota/POWER1"), 0);
        observer_open(&observer, &broker, "cmnd/#", event);
        observer_send(&observer, "stat/tasmota/POWER1", "ON", 2, false, NULL, NULL);
        UNTIL(event, &observer, 5000, n_messages == 1);
        ck_assert_str_eq(message_topic, "stat/tasmota/POWER1");
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "/cmnd/tasmota/POWER1", "OFF", false), 0);
        UNTIL(event, &observer, 5000, saw(&observer, "cmnd/tasmota/POWER1", "OFF"));

        ck_assert_int_eq(thon_mqtt_unsubscribe(mqtt, "/stat/tasmota/POWER1"), 0);
        ck_assert_int_eq(thon_mqtt_unsubscribe(mqtt, "/stat/tasmota/POWER1"), -ENOENT);
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "", "x", false), -EINVAL);
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "/", "x", false), -EINVAL);
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "light/+/state", "x", false), -EINVAL);
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "light/\n/state", "x", false), -EINVAL);
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "light/a/state", "\xff", false), -EINVAL);
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "light/a#"), -EINVAL);
}
END_TEST

START_TEST(what_the_broker_has_taken_is_told_by_its_tag_and_what_it_refuses_too)
{
        static const char acl[] = "topic readwrite " ROOT "event/#\ntopic readwrite " ROOT "status/#\n";

        broker_close(&broker);
        broker_prepare(&broker, "allow_anonymous true\nacl_file %s/acl\n");
        write_text(broker.dir, "acl", "%s", acl);
        broker_start(&broker);
        fill_site();
        daemon_connected();

        for (int64_t tag = 100; tag < 150; tag++)
                ck_assert_int_eq(thon_mqtt_publish_tagged(mqtt, "event/light-dark", "{}", tag), 0);
        UNTIL(event, NULL, 5000, n_published == 50);
        ck_assert_int_eq(last_tag, 149);
        ck_assert_int_eq(published_error, 0);

        ck_assert_int_eq(thon_mqtt_publish_tagged(mqtt, "camera/x/state", "{}", 7), 0);
        UNTIL(event, NULL, 5000, n_published == 51);
        ck_assert_int_eq(last_tag, 7);
        ck_assert_int_eq(published_error, -EACCES);
        ck_assert_msg(strstr(log_text, "camera/x/state"), "%s", log_text);
}
END_TEST

static const char with_passwords[] = "allow_anonymous false\npassword_file %s/passwords\n";

static void add_user(const char *user, const char *password)
{
        char path[96];

        (void)snprintf(path, sizeof path, "%s/passwords", broker.dir);
        run((const char *const[]){"mosquitto_passwd", "-b", "-c", path, user, password, NULL});
}

static void start_with_user(const char *user, const char *password)
{
        broker_close(&broker);
        broker_prepare(&broker, with_passwords);
        add_user(user, password);
        broker_start(&broker);
        fill_site();
}

START_TEST(a_wrong_password_is_called_that_and_mended_without_a_restart)
{
        char path[96];

        start_with_user("lightd", "right");
        (void)snprintf(path, sizeof path, "%s/secret", broker.dir);
        write_text(broker.dir, "secret", "wrong\n");
        site.broker_user = (char *)"lightd";
        site.broker_credential = path;

        daemon_open();
        UNTIL(event, NULL, 5000, lost_lines == 1);
        ck_assert_msg(strstr(log_text, "refuses the login of \"lightd\""), "%s", log_text);
        ck_assert_ptr_null(strstr(log_text, "wrong"));
        ck_assert_uint_eq(connects, 0);

        write_text(broker.dir, "secret", "right\n");
        UNTIL(event, NULL, 10000, connects == 1);
        ck_assert_uint_eq(back_lines, 1);
}
END_TEST

START_TEST(a_credential_that_cannot_be_read_stops_no_daemon)
{
        char path[96];

        start_with_user("lightd", "right");
        (void)snprintf(path, sizeof path, "%s/secret", broker.dir);
        site.broker_user = (char *)"lightd";
        site.broker_credential = path;
        daemon_open();
        UNTIL(event, NULL, 5000, lost_lines == 1);
        ck_assert_msg(strstr(log_text, "No such file"), "%s", log_text);
        write_text(broker.dir, "secret", "right\n");
        UNTIL(event, NULL, 10000, connects == 1);
}
END_TEST

START_TEST(a_host_name_is_a_configuration_error)
{
        struct thon_mqtt_options options = {.site = &site, .client_id = "thon-testd"};
        struct thon_mqtt *none = NULL;

        site.broker_host = (char *)"broker.example";
        ck_assert_ptr_nonnull(strstr(thon_mqtt_problem(&site), "numeric address"));
        ck_assert_int_eq(thon_mqtt_new(event, &options, &ops, NULL, &none), -EINVAL);
        ck_assert_ptr_null(none);
        ck_assert_msg(strstr(log_text, "numeric address"), "%s", log_text);
        site.broker_host = (char *)"::1";
        ck_assert_ptr_null(thon_mqtt_problem(&site));
}
END_TEST

START_TEST(health_is_published_when_it_changes_and_only_then)
{
        daemon_connected();
        observer_open(&observer, &broker, ROOT "#", event);
        thon_mqtt_health(mqtt, json_pack("{s:i}", "circuits", 47));
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "status/testd", "\"circuits\":47"));
        thon_mqtt_health(mqtt, json_pack("{s:i}", "circuits", 47));
        ck_assert_int_eq(thon_mqtt_publish(mqtt, "event/end", "{}", false), 0);
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "event/end", "{}"));
        ck_assert_uint_eq(saw_count(&observer, ROOT "status/testd"), 2);
}
END_TEST

START_TEST(online_since_is_the_start_of_the_daemon_in_the_zone_of_the_site)
{
        struct thon_mqtt_options options = {
                .site = &site, .client_id = "thon-testd", .status_topic = "status/testd"};
        struct thon_clock *clock = NULL;
        struct ticker ticker;
        sd_event_source *source;

        site.tz = (char *)"Asia/Ho_Chi_Minh";
        ck_assert_int_eq(thon_clock_new(event, "2026-11-21T10:00:00Z,x100", &clock), 0);
        options.clock = clock;
        ck_assert_int_eq(thon_mqtt_new(event, &options, &ops, NULL, &mqtt), 0);
        UNTIL(event, NULL, 5000, connects == 1);
        source = start_ticker(&ticker);
        UNTIL(event, NULL, 5000, ticker.ticks >= 50); /* at least 100 s of simulated time */
        sd_event_source_disable_unref(source);

        observer_open(&observer, &broker, ROOT "status/#", event);
        thon_mqtt_health(mqtt, json_object());
        UNTIL(event, &observer, 5000, saw(&observer, ROOT "status/testd", "\"health\":{}"));
        ck_assert(saw(&observer, ROOT "status/testd", "\"since\":\"2026-11-21T17:00:"));
        mqtt = thon_mqtt_free(mqtt);
        UNTIL(NULL, &observer, 5000, saw(&observer, ROOT "status/testd", "\"offline\""));
        ck_assert(strstr(saw(&observer, ROOT "status/testd", "\"offline\"")->payload, "+07:00"));
        thon_clock_free(clock);
}
END_TEST

START_TEST(two_daemons_of_one_name_do_not_fight_at_full_speed)
{
        struct thon_mqtt_options options = {.site = &site, .client_id = "thon-testd", .keepalive_s = 5};
        struct thon_mqtt *twin = NULL;
        struct ticker ticker;
        sd_event_source *source;

        daemon_connected();
        ck_assert_int_eq(thon_mqtt_new(event, &options, &ops, NULL, &twin), 0);
        UNTIL(event, NULL, 5000, disconnects >= 1);
        source = start_ticker(&ticker);
        UNTIL(event, NULL, 10000, ticker.ticks >= 100);
        ck_assert_uint_le(connects, 8);
        sd_event_source_disable_unref(source);
        twin = thon_mqtt_free(twin);
}
END_TEST

#define FLOOD 20000

static bool flood_taken;

static void on_flood_published(struct mosquitto *s, void *userdata, int mid)
{
        (void)s;
        flood_taken = mid == *(const int *)userdata;
}

static void flood(void)
{
        struct mosquitto *s;
        int last = 0;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        s = mosquitto_new(NULL, true, &last);
        if (!s || mosquitto_connect(s, "127.0.0.1", broker.port, 60) != 0)
                _exit(1);
        mosquitto_publish_callback_set(s, on_flood_published);
        for (int i = 0; i < FLOOD; i++) {
                if (mosquitto_publish(s, NULL, ROOT "light/a/set", 8, "\xff garbage", 0, false) != 0)
                        _exit(1);
                while (mosquitto_want_write(s))
                        if (mosquitto_loop(s, 1000, 1) != 0)
                                _exit(1);
        }
        /* Its arrival ends the test. At QoS 1, since the broker drops what a slow reader does not take at QoS 0. */
        if (mosquitto_publish(s, &last, ROOT "light/a/set", 3, "END", 1, false) != 0)
                _exit(1);
        while (!flood_taken)
                if (mosquitto_loop(s, 1000, 1) != 0)
                        _exit(1);
        _exit(0);
}

START_TEST(a_flood_of_garbage_does_not_starve_the_timers)
{
        struct ticker ticker;
        sd_event_source *source;
        uint64_t began;
        pid_t pid;

        daemon_connected();
        ck_assert_int_eq(thon_mqtt_subscribe(mqtt, "light/+/set"), 0);
        source = start_ticker(&ticker);
        began = cpu_ms();
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
                flood();
        UNTIL(event, NULL, 30000, n_messages == 1);
        ck_assert_str_eq(message_payload, "END");
        ck_assert_uint_lt(ticker.worst_cpu_ms, 200);
        ck_assert_uint_lt(ticker.worst_ms, 1000);
        ck_assert_uint_gt(ticker.ticks * 20 * 2 + 100, cpu_ms() - began);
        /* One line tells of it, not 20,000. */
        ck_assert_ptr_nonnull(strstr(log_text, "not-utf8"));
        ck_assert_ptr_null(strstr(strstr(log_text, "not-utf8") + 1, "not-utf8"));
        sd_event_source_disable_unref(source);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("mqtt");
        TCase *tc = tcase_create("mqtt");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, a_daemon_that_starts_before_the_broker_connects_when_it_comes);
        tcase_add_test(tc, a_broker_that_was_killed_and_restarted_is_served_as_before);
        tcase_add_test(tc, an_old_state_is_not_sent_again_beside_a_newer_one);
        tcase_add_test(tc, the_last_will_says_offline_when_the_daemon_is_killed);
        tcase_add_test(tc, a_clean_end_says_offline_even_behind_a_full_window);
        tcase_add_test(tc, a_frozen_broker_is_noticed_while_the_loop_turns_and_the_memory_stays_bounded);
        tcase_add_test(tc, a_broker_that_accepts_and_says_nothing_is_given_up);
        tcase_add_test(tc, there_is_room_again_when_a_slow_broker_has_caught_up);
        tcase_add_test(tc, writing_to_a_broker_that_died_does_not_kill_us);
        tcase_add_test(tc, two_replies_from_inside_a_callback_both_arrive);
        tcase_add_test(tc, a_command_is_answered_with_its_correlation_when_somebody_waits);
        tcase_add_test(tc, a_command_for_which_nobody_waits_is_executed_in_silence);
        tcase_add_test(tc, nobody_borrows_our_right_to_write_states_and_commands);
        tcase_add_test(tc, payloads_that_are_no_text_or_too_large_are_refused_and_answered);
        tcase_add_test(tc, a_retained_command_can_be_told_from_a_fresh_one);
        tcase_add_test(tc, what_came_while_we_were_away_waits_at_the_broker_when_we_asked_for_it);
        tcase_add_test(tc, what_came_is_acknowledged_when_we_let_go);
        tcase_add_test(tc, what_is_held_again_at_once_goes_out_all_the_same);
        tcase_add_test(tc, what_was_acknowledged_before_the_end_does_not_come_again);
        tcase_add_test(tc, topics_outside_of_the_root_are_reached_with_a_slash);
        tcase_add_test(tc, what_the_broker_has_taken_is_told_by_its_tag_and_what_it_refuses_too);
        tcase_add_test(tc, a_wrong_password_is_called_that_and_mended_without_a_restart);
        tcase_add_test(tc, a_credential_that_cannot_be_read_stops_no_daemon);
        tcase_add_test(tc, a_host_name_is_a_configuration_error);
        tcase_add_test(tc, health_is_published_when_it_changes_and_only_then);
        tcase_add_test(tc, online_since_is_the_start_of_the_daemon_in_the_zone_of_the_site);
        tcase_add_test(tc, two_daemons_of_one_name_do_not_fight_at_full_speed);
        tcase_add_test(tc, a_flood_of_garbage_does_not_starve_the_timers);
        suite_add_tcase(suite, tc);

        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}
