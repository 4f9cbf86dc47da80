/* lightd.conf: what would be lost in silence is refused. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "thon/file.h"
#include "thon/light_conf.h"

static char dir[] = "/tmp/thon-light-conf-XXXXXX", path[64], told[512];
static struct thon_light_conf conf;

static void set_up(void)
{
        ck_assert_ptr_nonnull(mkdtemp(dir));
        snprintf(path, sizeof(path), "%s/lightd.conf", dir);
        told[0] = '\0';
        conf = (struct thon_light_conf){0};
}

static void tear_down(void)
{
        thon_light_conf_done(&conf);
        (void)unlink(path);
        (void)rmdir(dir);
        memcpy(strrchr(dir, '-'), "-XXXXXX", sizeof("-XXXXXX"));
}

static void hear(void *userdata, bool is_error, const char *text)
{
        (void)userdata;
        (void)is_error;
        snprintf(told, sizeof(told), "%s", text);
}

static int read_text(const char *text)
{
        struct thon_conf_report report = {.tell = hear};

        ck_assert_int_eq(thon_file_write_atomic(path, text, strlen(text), 0600), 0);
        return thon_light_conf_read(dir, &conf, &report);
}

START_TEST(a_cabinet_takes_its_plan_under_its_name)
{
        ck_assert_int_eq(read_text("[light]\nnode = tu-3\nplan = mqtt\n"), 0);
        ck_assert_str_eq(conf.node, "tu-3");
        ck_assert_int_eq(conf.plan, THON_PLAN_MQTT);
        ck_assert(!conf.has_tariff);
}
END_TEST

START_TEST(a_cabinet_without_a_name_is_refused)
{
        ck_assert_int_eq(read_text("[light]\nplan = mqtt\n"), -EINVAL);
        ck_assert_ptr_nonnull(strstr(told, "light.node"));
        ck_assert_int_eq(read_text("[light]\nnode = Tủ 3\n"), -EINVAL);
        ck_assert_ptr_nonnull(strstr(told, "light.node"));
}
END_TEST

START_TEST(bands_have_their_hours_and_prices)
{
        ck_assert_int_eq(read_text("[tariff]\nvnd_per_kwh = 2226\n"
                                   "[band dem]\nfrom = 22:00\nto = 04:00\nvnd_per_kwh = 1300\n"),
                         0);
        ck_assert(conf.has_tariff);
        ck_assert_uint_eq(conf.tariff.n_bands, 1);
        ck_assert_int_eq(conf.tariff.bands[0].from_min, 22 * 60);
        ck_assert_int_eq(conf.tariff.bands[0].to_min, 4 * 60);
}
END_TEST

START_TEST(a_band_that_would_never_apply_is_refused_by_its_name)
{
        ck_assert_int_eq(read_text("[tariff]\nvnd_per_kwh = 2226\n"
                                   "[band ca-ngay]\nfrom = 22:00\nto = 22:00\nvnd_per_kwh = 1300\n"),
                         -EINVAL);
        ck_assert_ptr_nonnull(strstr(told, "[band ca-ngay]"));
        ck_assert_int_eq(read_text("[band dem]\nfrom = 22:00\nto = 04:00\nvnd_per_kwh = 1300\n"), -EINVAL);
        ck_assert_ptr_nonnull(strstr(told, "tariff.vnd_per_kwh"));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light_conf");
        TCase *tc = tcase_create("light_conf");

        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_add_test(tc, a_cabinet_takes_its_plan_under_its_name);
        tcase_add_test(tc, a_cabinet_without_a_name_is_refused);
        tcase_add_test(tc, bands_have_their_hours_and_prices);
        tcase_add_test(tc, a_band_that_would_never_apply_is_refused_by_its_name);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}
