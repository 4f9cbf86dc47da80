/* MQTT relays as data: what each make is told, and what of its reports is believed. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/lightd/driver.h"

#define US "thon-chi-phuc-duong-lang"

static struct thon_relay_conf relay(enum thon_relay_driver driver, const char *topic, int channel)
{
        struct thon_relay_conf conf = {.kind = THON_RELAY_MQTT, .driver = driver, .channel = channel};

        strcpy(conf.topic, topic);
        return conf;
}

static struct lightd_report read_it(const struct thon_relay_conf *conf, const char *topic,
                                    const char *payload)
{
        struct lightd_report report = {.state = THON_UNKNOWN, .kwh = -1, .watts = -1};

        if (!lightd_driver_read(conf, US, topic, payload, strlen(payload), &report))
                return (struct lightd_report){.state = THON_UNKNOWN, .kwh = -2, .watts = -2};
        return report;
}

START_TEST(each_make_is_ordered_in_its_own_words)
{
        static const struct {
                enum thon_relay_driver driver;
                const char *topic;
                int channel;
                const char *order_topic, *on;
        } rows[] = {
                {THON_DRIVER_TASMOTA, "tu-3", 2, "cmnd/tu-3/POWER2", "ON"},
                {THON_DRIVER_SHELLY2, "shelly-tu-3", 0, "shelly-tu-3/rpc",
                 "{\"id\":1,\"src\":\"" US
                 "\",\"method\":\"Switch.Set\",\"params\":{\"id\":0,\"on\":true}}"},
                {THON_DRIVER_ZIGBEE2MQTT, "zigbee2mqtt/den-3", 1, "zigbee2mqtt/den-3/set",
                 "{\"state\":\"ON\"}"},
                {THON_DRIVER_PLAIN, "relay/tu-3", 1, "relay/tu-3/set", "ON"},
        };
        struct thon_relay_conf conf = relay(rows[_i].driver, rows[_i].topic, rows[_i].channel);
        struct lightd_message message;

        lightd_driver_command(&conf, US, true, &message);
        ck_assert_str_eq(message.topic, rows[_i].order_topic);
        ck_assert_str_eq(message.payload, rows[_i].on);
}
END_TEST

START_TEST(every_topic_of_the_longest_names_fits)
{
        char topic[LIGHTD_TOPIC_MAX], longest[128], us[2 * THON_SLUG_MAX + 16];

        memset(longest, 't', sizeof(longest) - 1);
        longest[sizeof(longest) - 1] = '\0';
        memset(us, 'u', sizeof(us) - 1);
        us[sizeof(us) - 1] = '\0';
        struct thon_relay_conf conf = relay((enum thon_relay_driver)_i, longest, 99);
        struct lightd_message message;

        for (size_t i = 0; lightd_driver_topic(&conf, us, i, topic); i++)
                ck_assert_str_ne(topic, "");
        lightd_driver_command(&conf, us, false, &message);
        ck_assert_str_ne(message.topic, "");
        ck_assert_str_ne(message.payload, "");
        lightd_driver_query(&conf, us, &message);
        ck_assert_str_ne(message.topic, "");
}
END_TEST

START_TEST(a_tasmota_of_two_channels_reports_each_by_its_own)
{
        struct thon_relay_conf one = relay(THON_DRIVER_TASMOTA, "tu-3", 1),
                               two = relay(THON_DRIVER_TASMOTA, "tu-3", 2);
        const char *meter =
                "{\"Time\":\"2026-11-21T18:00:00\",\"ENERGY\":{\"Total\":[1.5,20.25],\"Power\":[300,480]}}";

        ck_assert_int_eq(read_it(&one, "stat/tu-3/RESULT", "{\"POWER1\":\"ON\"}").state, THON_ON);
        ck_assert_double_eq(read_it(&two, "stat/tu-3/RESULT", "{\"POWER1\":\"ON\"}").kwh, -2);
        ck_assert_double_eq(read_it(&two, "tele/tu-3/SENSOR", meter).kwh, 20.25);
        ck_assert_double_eq(read_it(&one, "tele/tu-3/SENSOR", meter).watts, 300);
}
END_TEST

START_TEST(a_lone_relays_power_is_not_another_channels)
{
        struct thon_relay_conf one = relay(THON_DRIVER_TASMOTA, "tu-3", 1),
                               two = relay(THON_DRIVER_TASMOTA, "tu-3", 2);

        ck_assert_int_eq(read_it(&one, "tele/tu-3/STATE", "{\"POWER\":\"OFF\"}").state, THON_OFF);
        ck_assert_int_eq(read_it(&one, "stat/tu-3/POWER", "ON").state, THON_ON);
        ck_assert_double_eq(read_it(&two, "tele/tu-3/STATE", "{\"POWER\":\"OFF\"}").kwh, -2);
        ck_assert_double_eq(read_it(&two, "stat/tu-3/POWER", "ON").kwh, -2);
}
END_TEST

START_TEST(a_shelly_counts_watt_hours)
{
        struct thon_relay_conf conf = relay(THON_DRIVER_SHELLY2, "shelly-tu-3", 0);
        struct lightd_report r = read_it(&conf, "shelly-tu-3/status/switch:0",
                                         "{\"output\":true,\"apower\":560.5,\"aenergy\":{\"total\":12500}}");

        ck_assert_int_eq(r.state, THON_ON);
        ck_assert_double_eq_tol(r.kwh, 12.5, 1e-9);
        ck_assert_double_eq(r.watts, 560.5);
        ck_assert(read_it(&conf, "shelly-tu-3/online", "false").is_online);
        ck_assert_int_eq(read_it(&conf, US "/rpc", "{\"id\":2,\"result\":{\"output\":false}}").state,
                         THON_OFF);
}
END_TEST

START_TEST(nonsense_is_not_understood)
{
        static const char *const payloads[] = {
                "",
                "{",
                "[]",
                "null",
                "{\"POWER1\":1}",
                "{\"ENERGY\":{\"Total\":-5}}",
                "{\"ENERGY\":{\"Total\":1e300}}",
                "{\"ENERGY\":{\"Total\":[]}}",
                "\xff",
                "ONN",
                "{\"POWER1\":{\"x\":\"ON\"}}",
        };
        static const char *const topics[] = {"stat/tu-3/POWER1", "stat/tu-3/RESULT",  "tele/tu-3/SENSOR",
                                             "tele/tu-3/LWT",    "stat/other/POWER1", ""};
        struct thon_relay_conf conf = relay(THON_DRIVER_TASMOTA, "tu-3", 1);

        for (size_t t = 0; t < sizeof(topics) / sizeof(topics[0]); t++)
                ck_assert_double_eq(read_it(&conf, topics[t], payloads[_i]).kwh, -2);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("MQTT relays");
        TCase *tc = tcase_create("drivers");

        tcase_add_loop_test(tc, each_make_is_ordered_in_its_own_words, 0, 4);
        tcase_add_loop_test(tc, every_topic_of_the_longest_names_fits, 0, 4);
        tcase_add_test(tc, a_tasmota_of_two_channels_reports_each_by_its_own);
        tcase_add_test(tc, a_lone_relays_power_is_not_another_channels);
        tcase_add_test(tc, a_shelly_counts_watt_hours);
        tcase_add_loop_test(tc, nonsense_is_not_understood, 0, 11);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
