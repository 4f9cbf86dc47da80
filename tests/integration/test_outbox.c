/* Events of a daemon at a real broker that was killed and knows nobody any more: they wait for who reads them, and not for ever. */
#include "broker.h"
#include "store_fixture.h"
#include "thon/cleanup.h"
#include "thon/outbox.h"

#define ROOT       "thon/1/chi-phuc/"
#define LONG_WAIT  60u
#define SHORT_WAIT 1u

static struct broker broker;
static struct observer observer;
static sd_event *event;
static struct thon_site_conf site;
static struct thon_mqtt *mqtt;
static struct thon_store *store;
static struct thon_outbox *outbox;
static unsigned connects, disconnects, heard, taken;
static uint64_t connected_ms;

/* ---- a daemon, as far as its events go ---- */

static struct thon_store *store_of(void *userdata)
{
        (void)userdata;
        return store;
}

static void store_failed(int error, void *userdata)
{
        (void)userdata;
        ck_abort_msg("the store failed: %d", error);
}

static void flush(void *userdata)
{
        (void)userdata;
        thon_outbox_flush(outbox, mqtt);
}

static void on_connect(void *userdata)
{
        (void)userdata;
        connects++;
        connected_ms = mono_ms();
        thon_outbox_connected(outbox);
        thon_outbox_flush(outbox, mqtt);
}

static void on_disconnect(void *userdata)
{
        (void)userdata;
        disconnects++;
}

static void on_message(const struct thon_mqtt_message *m, void *userdata)
{
        (void)userdata;
        thon_outbox_reader(outbox, mqtt, m);
        heard++;
}

static void on_published(int64_t tag, int error, void *userdata)
{
        (void)userdata;
        ck_assert_int_eq(error, 0);
        thon_outbox_taken(outbox, tag);
        taken++;
}

static void daemon_connected(unsigned wait_s)
{
        static const struct thon_mqtt_ops mqtt_ops = {.on_connect = on_connect,
                                                      .on_disconnect = on_disconnect,
                                                      .on_message = on_message,
                                                      .on_published = on_published};
        const struct thon_outbox_ops ops = {
                .store = store_of, .store_failed = store_failed, .flush = flush, .reader_wait_s = wait_s};
        const struct thon_mqtt_options options = {.site = &site, .client_id = "thon-testd", .node = "pi"};

        ck_assert_int_eq(thon_outbox_new(event, THON_EVENT_CAMERA, &ops, NULL, &outbox), 0);
        ck_assert_int_eq(thon_mqtt_new(event, &options, &mqtt_ops, NULL, &mqtt), 0);
        ck_assert_int_eq(thon_mqtt_subscribe_states(mqtt, THON_OUTBOX_READER), 0);
        UNTIL(event, NULL, 5000, connects == 1);
}

static void set_up(void)
{
        broker_open(&broker, NULL);
        site = (struct thon_site_conf){
                .id = "chi-phuc", .broker_host = (char *)"localhost", .broker_port = broker.port};
        ck_assert_int_eq(sd_event_new(&event), 0);
        scratch_make();
        store = must_open(THON_STORE_CREATE);
}

static void tear_down(void)
{
        outbox = thon_outbox_free(outbox);
        mqtt = thon_mqtt_free(mqtt);
        if (observer.session)
                observer_close(&observer);
        event = sd_event_unref(event);
        store = thon_store_close(store);
        broker_close(&broker);
        scratch_remove();
}

/* ---- stories ---- */

static void reader_speaks(void)
{
        unsigned before = heard;

        observer_send(&observer, ROOT THON_OUTBOX_READER, "{}", 2, true, NULL, NULL);
        UNTIL(event, &observer, 5000, heard > before);
}

/* The reader was there; the broker was killed, and we are back before the reader. The observer was there before us. */
static void back_at_one_that_forgot(unsigned wait_s)
{
        daemon_connected(wait_s);
        observer_open(&observer, &broker, ROOT "event/#", event);
        reader_speaks();
        observer_close(&observer);
        broker_kill(&broker);
        UNTIL(event, NULL, 5000, disconnects == 1);
        broker_start(&broker);
        observer_open(&observer, &broker, ROOT "event/#", NULL);
        UNTIL(event, &observer, 20000, connects == 2);
}

START_TEST(what_waits_goes_when_the_reader_is_there)
{
        back_at_one_that_forgot(LONG_WAIT);
        thon_outbox_add(outbox, mqtt, "event/a", "first");
        thon_outbox_add(outbox, mqtt, "event/b", "second");
        reader_speaks();
        UNTIL(event, &observer, 5000, taken == 2 && observer.n == 2);
        ck_assert_str_eq(observer.seen[0].payload, "first");
        ck_assert_str_eq(observer.seen[1].payload, "second");
        ck_assert_uint_lt(mono_ms() - connected_ms, LONG_WAIT * 1000);
}
END_TEST

START_TEST(what_waits_for_a_reader_that_never_comes_goes_without_another_event)
{
        back_at_one_that_forgot(SHORT_WAIT);
        thon_outbox_add(outbox, mqtt, "event/a", "alone");
        UNTIL(event, &observer, 20000, taken == 1 && saw(&observer, ROOT "event/a", "alone"));
        /* As the loop counts, which looked at its clock a moment before. */
        ck_assert_uint_ge(mono_ms() - connected_ms, SHORT_WAIT * 1000 - 100);
        ck_assert_uint_eq(observer.n, 1);
}
END_TEST

START_TEST(nothing_waits_for_a_reader_that_nobody_ever_heard_of)
{
        daemon_connected(LONG_WAIT);
        observer_open(&observer, &broker, ROOT "event/#", event);
        thon_outbox_add(outbox, mqtt, "event/a", "alone");
        UNTIL(event, &observer, 5000, taken == 1 && observer.n == 1);
        ck_assert_uint_lt(mono_ms() - connected_ms, LONG_WAIT * 1000);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("outbox");
        TCase *tc = tcase_create("outbox");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, what_waits_goes_when_the_reader_is_there);
        tcase_add_test(tc, what_waits_for_a_reader_that_never_comes_goes_without_another_event);
        tcase_add_test(tc, nothing_waits_for_a_reader_that_nobody_ever_heard_of);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
