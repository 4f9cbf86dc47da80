/* thonctl's side: calls end in time with the answer, or with an error that says what is wrong. */
#include "broker.h"
#include "thon/cleanup.h"
#include "thon/mqtt.h"

#define ROOT "thon/1/chi-phuc/"

static struct broker broker;
static struct thon_site_conf site;
static struct thon_mqtt_client *client;
static struct thon_mqtt *mqtt;
static struct observer observer;

static void use(const char *user, const char *credential)
{
        site = (struct thon_site_conf){.id = "chi-phuc",
                                       .broker_host = (char *)"127.0.0.1",
                                       .broker_port = broker.port,
                                       .broker_user = (char *)user,
                                       .broker_credential = (char *)credential};
}

static void set_up(void)
{
        broker_open(&broker, NULL);
        use(NULL, NULL);
}

static void tear_down(void)
{
        client = thon_mqtt_client_close(client);
        if (observer.session)
                observer_close(&observer);
        broker_close(&broker);
}

static void client_open(void)
{
        char *error = NULL;
        int r = thon_mqtt_client_open(&site, 5000, &client, &error);

        ck_assert_msg(r == 0, "%s", error ? error : strerror(-r));
        ck_assert_ptr_null(error);
}

/* Opens, which must fail so and say so. */
static void client_refused(int expected, const char *words, unsigned timeout_ms)
{
        _cleanup_free_ char *error = NULL;
        uint64_t began = mono_ms();
        int r = thon_mqtt_client_open(&site, timeout_ms, &client, &error);

        ck_assert_int_eq(r, expected);
        ck_assert_ptr_null(client);
        ck_assert_ptr_nonnull(error);
        ck_assert_msg(strstr(error, words), "%s", error);
        ck_assert_uint_lt(mono_ms() - began, timeout_ms + 1000);
}

/* ---- a daemon in a process of its own, which answers by what it is told ---- */

static void on_message(const struct thon_mqtt_message *m, void *userdata)
{
        (void)userdata;
        if (strstr(m->payload, "silence"))
                return;
        if (strstr(m->payload, "no object")) {
                _cleanup_free_ char *topic = NULL;

                ck_assert_int_ge(asprintf(&topic, "/%s", m->response_topic), 0);
                /* Without the correlation it is no answer at all; with it, a wrong one. */
                (void)thon_mqtt_publish(mqtt, topic, "[]", false);
                return;
        }
        if (strstr(m->payload, "refuse"))
                thon_mqtt_reply_error(mqtt, m, "no-such-circuit", "no");
        else
                thon_mqtt_reply_ok(mqtt, m, json_pack("{s:s}", "topic", m->topic));
}

static pid_t start_daemon(void)
{
        static const struct thon_mqtt_ops ops = {.on_message = on_message};
        struct thon_mqtt_options options = {
                .site = &site, .client_id = "thon-testd", .status_topic = "status/testd"};
        sd_event *event = NULL;
        pid_t pid;

        observer_open(&observer, &broker, ROOT "#", NULL);
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (sd_event_new(&event) < 0 || thon_mqtt_new(event, &options, &ops, NULL, &mqtt) < 0 ||
                    thon_mqtt_subscribe(mqtt, "light/+/set") < 0)
                        _exit(1);
                (void)sd_event_loop(event);
                _exit(1);
        }
        /* The subscriptions went before the status. */
        UNTIL(NULL, &observer, 5000, saw(&observer, ROOT "status/testd", "online"));
        return pid;
}

static void stop_daemon(pid_t pid)
{
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static int call(const char *topic, const char *word, unsigned timeout_ms, json_t **ret)
{
        _cleanup_json_ json_t *payload = json_pack("{s:s}", "word", word);

        return thon_mqtt_client_call(client, topic, payload, timeout_ms, ret);
}

START_TEST(a_call_brings_the_answer_of_the_daemon)
{
        pid_t daemon = start_daemon();

        client_open();
        for (int i = 0; i < 3; i++) {
                _cleanup_json_ json_t *answer = NULL;

                ck_assert_int_eq(call("light/a/set", "do", 5000, &answer), 0);
                ck_assert(json_is_true(json_object_get(answer, "ok")));
                ck_assert_str_eq(json_string_value(json_object_get(answer, "topic")), "light/a/set");
        }
        _cleanup_json_ json_t *no = NULL;
        ck_assert_int_eq(call("light/a/set", "refuse", 5000, &no), 0);
        ck_assert_str_eq(json_string_value(json_object_get(no, "error")), "no-such-circuit");
        stop_daemon(daemon);
}
END_TEST

START_TEST(a_daemon_that_says_nothing_costs_the_timeout_and_no_more)
{
        pid_t daemon = start_daemon();
        json_t *answer = NULL;
        uint64_t began;

        client_open();
        began = mono_ms();
        ck_assert_int_eq(call("light/a/set", "silence", 300, &answer), -ETIMEDOUT);
        ck_assert_uint_ge(mono_ms() - began, 299);
        ck_assert_uint_lt(mono_ms() - began, 2000);
        /* A message on our topic without our correlation is nobody's answer. */
        ck_assert_int_eq(call("light/a/set", "no object", 300, &answer), -ETIMEDOUT);
        ck_assert_ptr_null(answer);

        _cleanup_json_ json_t *next = NULL;
        ck_assert_int_eq(call("light/a/set", "do", 5000, &next), 0);
        stop_daemon(daemon);
}
END_TEST

START_TEST(a_daemon_that_is_not_there_is_told_at_once)
{
        json_t *answer = NULL;
        uint64_t began = mono_ms();

        client_open();
        ck_assert_int_eq(call("light/a/set", "do", 20000, &answer), -EHOSTUNREACH);
        ck_assert_uint_lt(mono_ms() - began, 5000);
        ck_assert_int_eq(call("light/+/set", "do", 1000, &answer), -EINVAL);
}
END_TEST

START_TEST(an_answer_that_is_no_object_is_a_bad_message)
{
        json_t *answer = NULL;
        pid_t pid;

        client_open();
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) { /* somebody who answers with a number */
                struct observer other;

                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                observer_open(&other, &broker, ROOT "light/a/set", NULL);
                observer_send(&other, ROOT "event/ready", "1", 1, true, NULL, NULL);
                UNTIL(NULL, &other, 5000, other.n == 1);
                mosquitto_property *props = NULL;
                (void)mosquitto_property_add_binary(&props, MQTT_PROP_CORRELATION_DATA,
                                                    other.seen[0].correlation,
                                                    (uint16_t)other.seen[0].correlation_size);
                (void)mosquitto_publish_v5(other.session, NULL, other.seen[0].response, 2, "42", 1, false,
                                           props);
                for (;;)
                        turn(NULL, &other, mono_ms() + 1000);
        }
        observer_open(&observer, &broker, ROOT "event/ready", NULL);
        UNTIL(NULL, &observer, 5000, observer.n == 1);
        ck_assert_int_eq(call("light/a/set", "do", 5000, &answer), -EBADMSG);
        stop_daemon(pid);
}
END_TEST

#define MANY 3000

START_TEST(all_retained_messages_are_gathered_though_there_are_thousands)
{
        _cleanup_json_ json_t *all = NULL, *none = NULL, *again = NULL;
        char topic[64], payload[64];

        client_open();
        for (int i = 0; i < MANY; i++) {
                (void)snprintf(topic, sizeof topic, "light/c%d/state", i);
                (void)snprintf(payload, sizeof payload, "{\"n\":%d}", i);
                ck_assert_int_eq(thon_mqtt_client_publish(client, topic, payload, true, 5000), 0);
        }
        ck_assert_int_eq(thon_mqtt_client_publish(client, "light/plain/state", "ON", true, 5000), 0);
        ck_assert_int_eq(thon_mqtt_client_publish(client, "event/fleeting", "{}", false, 5000), 0);

        ck_assert_int_eq(thon_mqtt_client_retained(client, "light/+/state", 20000, &all), 0);
        ck_assert_uint_eq(json_object_size(all), MANY + 1);
        ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(all, "light/c2999/state"), "n")),
                         2999);
        ck_assert_str_eq(json_string_value(json_object_get(all, "light/plain/state")), "ON");

        ck_assert_int_eq(thon_mqtt_client_retained(client, "camera/+/state", 5000, &none), 0);
        ck_assert_uint_eq(json_object_size(none), 0);
        ck_assert_int_eq(thon_mqtt_client_retained(client, "#", 20000, &again), 0);
        ck_assert_uint_eq(json_object_size(again), MANY + 1);

        ck_assert_int_eq(thon_mqtt_client_publish(client, "light/plain/state", NULL, true, 5000), 0);
        json_decref(THON_TAKE(again));
        ck_assert_int_eq(thon_mqtt_client_retained(client, "light/plain/state", 5000, &again), 0);
        ck_assert_uint_eq(json_object_size(again), 0);
}
END_TEST

START_TEST(no_broker_a_silent_one_and_a_dying_one_are_three_errors)
{
        json_t *answer = NULL;

        client_open();
        broker_kill(&broker);
        ck_assert_int_eq(call("light/a/set", "do", 5000, &answer), -ENOTCONN);
        client = thon_mqtt_client_close(client);

        client_refused(-ECONNREFUSED, "Connection refused", 5000);
        broker_start(&broker);
        broker_freeze(&broker);
        client_refused(-ETIMEDOUT, "does not answer", 300);
        broker_thaw(&broker);

        site.broker_host = (char *)"broker.example";
        client_refused(-EINVAL, "numeric address", 1000);
}
END_TEST

START_TEST(a_broker_that_freezes_under_a_call_costs_the_timeout)
{
        json_t *answer = NULL;
        uint64_t began;

        client_open();
        broker_freeze(&broker);
        began = mono_ms();
        ck_assert_int_eq(call("light/a/set", "do", 300, &answer), -ETIMEDOUT);
        ck_assert_int_eq(thon_mqtt_client_publish(client, "event/x", "{}", false, 300), -ETIMEDOUT);
        ck_assert_uint_lt(mono_ms() - began, 3000);
        broker_thaw(&broker);
}
END_TEST

START_TEST(a_refused_login_and_a_refused_topic_are_told)
{
        char path[96];

        broker_close(&broker);
        broker_prepare(&broker, "allow_anonymous false\npassword_file %s/passwords\nacl_file %s/acl\n");
        (void)snprintf(path, sizeof path, "%s/passwords", broker.dir);
        run((const char *const[]){"mosquitto_passwd", "-b", "-c", path, "ctl", "right", NULL});
        write_text(broker.dir, "acl",
                   "user ctl\ntopic readwrite " ROOT "reply/#\ntopic write " ROOT "light/#\n");
        write_text(broker.dir, "secret", "wrong\n");
        broker_start(&broker);
        (void)snprintf(path, sizeof path, "%s/secret", broker.dir);
        use("ctl", path);

        client_refused(-EACCES, "refuses the login of \"ctl\"", 5000);
        write_text(broker.dir, "secret", "right\n");
        client_open();
        ck_assert_int_eq(thon_mqtt_client_publish(client, "light/a/state", "x", false, 5000), 0);
        ck_assert_int_eq(thon_mqtt_client_publish(client, "camera/a/state", "x", false, 5000), -EACCES);

        client = thon_mqtt_client_close(client);
        use("ctl", "/nowhere/secret");
        client_refused(-ENOENT, "credential", 5000);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("mqtt_client");
        TCase *tc = tcase_create("mqtt_client");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, a_call_brings_the_answer_of_the_daemon);
        tcase_add_test(tc, a_daemon_that_says_nothing_costs_the_timeout_and_no_more);
        tcase_add_test(tc, a_daemon_that_is_not_there_is_told_at_once);
        tcase_add_test(tc, an_answer_that_is_no_object_is_a_bad_message);
        tcase_add_test(tc, all_retained_messages_are_gathered_though_there_are_thousands);
        tcase_add_test(tc, no_broker_a_silent_one_and_a_dying_one_are_three_errors);
        tcase_add_test(tc, a_broker_that_freezes_under_a_call_costs_the_timeout);
        tcase_add_test(tc, a_refused_login_and_a_refused_topic_are_told);
        suite_add_tcase(suite, tc);

        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}
