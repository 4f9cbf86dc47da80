/* camerad.conf: what would not do what it seems to say is refused. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "thon/camera_conf.h"
#include "thon/file.h"

static char dir[] = "/tmp/thon-camera-conf-XXXXXX", path[64], told[512];
static struct thon_camera_conf conf;

static void set_up(void)
{
        ck_assert_ptr_nonnull(mkdtemp(dir));
        snprintf(path, sizeof(path), "%s/camerad.conf", dir);
        told[0] = '\0';
        conf = (struct thon_camera_conf){0};
}

static void tear_down(void)
{
        thon_camera_conf_done(&conf);
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
        return thon_camera_conf_read(dir, &conf, &report);
}

START_TEST(without_a_file_the_rules_are_those_of_the_core)
{
        struct thon_conf_report report = {.tell = hear};

        ck_assert_int_eq(thon_camera_conf_read(dir, &conf, &report), 0);
        ck_assert_int_eq(conf.interval_s, 60);
        ck_assert_int_eq(conf.pictures_max, INT64_C(256) << 20);
        ck_assert_int_eq(conf.digest_min, 7 * 60);
        ck_assert(conf.heal.enabled);
        ck_assert_uint_eq(conf.state.confirm_checks, 3);
        ck_assert_uint_eq(conf.heal.attempts, 2);
        ck_assert_ptr_null(conf.user);
        ck_assert_ptr_null(conf.discover_probe);
}
END_TEST

START_TEST(a_technician_sets_what_his_cameras_need)
{
        ck_assert_int_eq(read_text("[camera]\ninterval = 2min\nuser = admin\ncredential = camera\n"
                                   "pictures_max = 1GiB\n[alert]\nconfirm = 3min\ntogether_min = 4\n"
                                   "[heal]\nenabled = no\ndigest = never\n"
                                   "[discover]\nprobe = 192.168.1.20:3702\n"),
                         0);
        ck_assert_int_eq(conf.interval_s, 120);
        ck_assert_str_eq(conf.user, "admin");
        ck_assert_int_eq(conf.pictures_max, INT64_C(1) << 30);
        ck_assert_int_eq(conf.state.confirm_s, 180);
        ck_assert_uint_eq(conf.cause.together_min, 4);
        ck_assert(!conf.heal.enabled);
        ck_assert_int_eq(conf.digest_min, -1);
        ck_assert_str_eq(conf.discover_probe, "192.168.1.20:3702");
}
END_TEST

static const struct {
        const char *text, *place;
} wrong[] = {
        {"[camera]\ninterval = 1s\n", "camera.interval"},
        {"[camera]\ninterval = 10s\nretry = 20s\n", "camera.retry"},
        {"[camera]\ncredential = camera\n", "camera.credential"},
        {"[camera]\npictures_max = 1kg\n", "camera.pictures_max"},
        {"[camera]\npictures_max = 100KiB\n", "camera.pictures_max"},
        {"[camera]\nin_flight = -4\n", "camera.in_flight"},
        {"[alert]\nflap_quiet = 2h\n", "alert.flap_quiet"},
        {"[alert]\nflap_changes = 16\n", "alert.flap_changes"},
        {"[heal]\nattempts = 0\n", "heal.attempts"},
        {"[heal]\ndigest = 25:00\n", "heal.digest"},
        {"[discover]\nprobe = camera.local:3702\n", "discover.probe"},
        {"[discover]\nprobe = 10.0.0.1:0\n", "discover.probe"},
        {"[discover]\nprobe = 10.0.0.1:99999\n", "discover.probe"},
};

START_TEST(a_mistake_is_told_with_its_place)
{
        ck_assert_int_eq(read_text(wrong[_i].text), -EINVAL);
        ck_assert_msg(strstr(told, wrong[_i].place) != NULL, "%s: %s", wrong[_i].text, told);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_conf");
        TCase *tc = tcase_create("camera_conf");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_add_test(tc, without_a_file_the_rules_are_those_of_the_core);
        tcase_add_test(tc, a_technician_sets_what_his_cameras_need);
        tcase_add_loop_test(tc, a_mistake_is_told_with_its_place, 0, sizeof(wrong) / sizeof(wrong[0]));
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
