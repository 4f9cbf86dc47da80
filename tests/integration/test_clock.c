/* The clock: who is believed, how the simulation counts, and who is told when. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "../../src/platform/clock_impl.h"
#include "../../src/platform/clock_trust.h"
#include "../../src/platform/sim_clock.h"
#include "thon/cleanup.h"
#include "thon/file.h"
#include "thon/zone.h"

#define DEADLINE_US 5000000u

static int64_t released(void)
{
        ck_assert_int_gt(thon_clock_not_before(), 1700000000);
        return thon_clock_not_before();
}

/* ---- trust, as a verdict ----------------------------------------------------------------------------- */

/* Nobody says anything, at a plausible time. */
static struct thon_clock_evidence silence(void)
{
        return (struct thon_clock_evidence){
                .wall_s = released() + 86400, .ntp_state = TIME_ERROR, .ntp_status = STA_UNSYNC};
}

START_TEST(a_plausible_date_alone_is_not_believed)
{
        struct thon_clock_evidence e = silence();

        ck_assert(!thon_clock_evidence_trusted(&e));
        e.ntp_state = -EPERM;
        e.ntp_status = 0;
        ck_assert(!thon_clock_evidence_trusted(&e));
}
END_TEST

START_TEST(a_disciplined_kernel_is_believed)
{
        struct thon_clock_evidence e = silence();

        e.ntp_state = TIME_OK;
        e.ntp_status = 0;
        ck_assert(thon_clock_evidence_trusted(&e));
        e.ntp_state = TIME_INS; /* a leap second is announced */
        ck_assert(thon_clock_evidence_trusted(&e));
        e.ntp_status = STA_UNSYNC;
        ck_assert(!thon_clock_evidence_trusted(&e));
}
END_TEST

START_TEST(the_mark_of_timesyncd_is_believed)
{
        struct thon_clock_evidence e = silence();

        e.timesync_mark = true;
        ck_assert(thon_clock_evidence_trusted(&e));
}
END_TEST

START_TEST(a_hardware_clock_that_set_the_time_and_agrees_is_believed)
{
        struct thon_clock_evidence e = silence();

        e.rtc_set_clock = true;
        e.rtc_s = e.wall_s - 100;
        ck_assert(thon_clock_evidence_trusted(&e));
        e.rtc_s = e.wall_s - 3600;
        ck_assert(!thon_clock_evidence_trusted(&e));
}
END_TEST

START_TEST(a_pi_5_without_a_battery_is_not_believed)
{
        struct thon_clock_evidence e = silence();

        /* Its RTC began at zero when the power came back, and systemd moved the clock on to where it had been. */
        e.rtc_set_clock = true;
        e.rtc_s = 40;
        ck_assert(!thon_clock_evidence_trusted(&e));
}
END_TEST

START_TEST(nobody_makes_an_impossible_date_right)
{
        struct thon_clock_evidence e = silence();

        e.timesync_mark = true;
        e.ntp_state = TIME_OK;
        e.ntp_status = 0;
        e.wall_s = released() - 1;
        ck_assert(!thon_clock_evidence_trusted(&e));
        e.wall_s = released() + 31LL * 366 * 86400;
        ck_assert(!thon_clock_evidence_trusted(&e));
}
END_TEST

/* ---- trust, as it is found -------------------------------------------------------------------------- */

static char root[] = "/tmp/thon-clock.XXXXXX";

static const char *below(const char *path)
{
        static char full[256];
        (void)snprintf(full, sizeof(full), "%s%s", root, path);
        return full;
}

static void make_dirs(const char *path)
{
        char full[256];

        (void)snprintf(full, sizeof(full), "%s%s", root, path);
        for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); *p++ = '/') {
                *p = '\0';
                ck_assert(mkdir(full, 0700) == 0 || errno == EEXIST);
        }
        ck_assert(mkdir(full, 0700) == 0 || errno == EEXIST);
}

static void put(const char *path, const char *content)
{
        ck_assert_int_eq(thon_file_write_atomic(below(path), content, strlen(content), 0600), 0);
}

static void make_root(void)
{
        memcpy(strrchr(root, '.'), ".XXXXXX", 7);
        ck_assert_ptr_nonnull(mkdtemp(root));
}

static void remove_root(void)
{
        static const char *const paths[] = {"/run/systemd/timesync/synchronized",
                                            "/run/systemd/timesync",
                                            "/run/systemd",
                                            "/run",
                                            "/sys/class/rtc/rtc0/hctosys",
                                            "/sys/class/rtc/rtc0/since_epoch",
                                            "/sys/class/rtc/rtc0",
                                            "/sys/class/rtc/rtc1/hctosys",
                                            "/sys/class/rtc/rtc1/since_epoch",
                                            "/sys/class/rtc/rtc1",
                                            "/sys/class/rtc",
                                            "/sys/class",
                                            "/sys",
                                            ""};

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
                (void)remove(below(paths[i]));
        ck_assert_int_ne(access(root, F_OK), 0);
}

START_TEST(a_machine_with_nothing_gives_no_evidence)
{
        struct thon_clock_evidence e;

        thon_clock_evidence_read(root, &e);
        ck_assert(!e.timesync_mark);
        ck_assert(!e.rtc_set_clock);
        ck_assert_int_eq(e.ntp_state, -EPERM);
        ck_assert_int_le(llabs(e.wall_s - time(NULL)), 1);
}
END_TEST

START_TEST(the_rtc_that_set_the_clock_is_found_among_others)
{
        struct thon_clock_evidence e;

        make_dirs("/sys/class/rtc/rtc0");
        make_dirs("/sys/class/rtc/rtc1");
        put("/sys/class/rtc/rtc0/hctosys", "0\n");
        put("/sys/class/rtc/rtc0/since_epoch", "77\n");
        put("/sys/class/rtc/rtc1/hctosys", "1\n");
        put("/sys/class/rtc/rtc1/since_epoch", "1795284000\n");
        thon_clock_evidence_read(root, &e);
        ck_assert(e.rtc_set_clock);
        ck_assert_int_eq(e.rtc_s, 1795284000);

        put("/sys/class/rtc/rtc1/since_epoch", "not a number\n");
        thon_clock_evidence_read(root, &e);
        ck_assert(!e.rtc_set_clock);
}
END_TEST

START_TEST(the_mark_is_found)
{
        struct thon_clock_evidence e;

        make_dirs("/run/systemd/timesync");
        put("/run/systemd/timesync/synchronized", "");
        thon_clock_evidence_read(root, &e);
        ck_assert(e.timesync_mark);
}
END_TEST

/* ---- trust, as it comes ------------------------------------------------------------------------------- */

static sd_event *event;
static unsigned told;

static void count(void *userdata)
{
        (void)userdata;
        told++;
}

static void make_loop(void)
{
        make_root();
        told = 0;
        ck_assert_int_ge(sd_event_new(&event), 0);
}

static void remove_loop(void)
{
        event = sd_event_unref(event);
        remove_root();
}

static uint64_t monotonic_us(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void run_until_told(unsigned times)
{
        uint64_t end = monotonic_us() + DEADLINE_US;

        while (told < times) {
                ck_assert_msg(monotonic_us() < end, "told %u times, not %u", told, times);
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        }
}

static void run_what_is_pending(void)
{
        while (sd_event_run(event, 0) > 0)
                ;
}

START_TEST(synchronisation_without_a_step_is_noticed)
{
        struct thon_clock *clock;

        make_dirs("/run/systemd");
        ck_assert_int_eq(thon_clock_new_real(event, root, &clock), 0);
        ck_assert_int_eq(thon_clock_watch(clock, count, NULL), 0);
        ck_assert(!thon_clock_trusted(clock));

        /* timesyncd starts ... */
        make_dirs("/run/systemd/timesync");
        run_what_is_pending();
        ck_assert_uint_eq(told, 0);
        /* ... and has its first answer. */
        put("/run/systemd/timesync/synchronized", "");
        run_until_told(1);
        ck_assert(thon_clock_trusted(clock));
        thon_clock_free(clock);
}
END_TEST

START_TEST(a_mark_that_comes_with_its_directory_is_noticed)
{
        struct thon_clock *clock;

        make_dirs("/run/systemd");
        ck_assert_int_eq(thon_clock_new_real(event, root, &clock), 0);
        ck_assert_int_eq(thon_clock_watch(clock, count, NULL), 0);
        make_dirs("/run/systemd/timesync");
        put("/run/systemd/timesync/synchronized", "");
        run_until_told(1);
        run_what_is_pending();
        ck_assert_uint_eq(told, 1);
        thon_clock_free(clock);
}
END_TEST

START_TEST(a_timesyncd_that_is_stopped_and_started_is_still_noticed)
{
        struct thon_clock *clock;

        make_dirs("/run/systemd/timesync");
        ck_assert_int_eq(thon_clock_new_real(event, root, &clock), 0);
        ck_assert_int_eq(thon_clock_watch(clock, count, NULL), 0);
        ck_assert_int_eq(rmdir(below("/run/systemd/timesync")), 0);
        run_what_is_pending();
        make_dirs("/run/systemd/timesync");
        run_what_is_pending();
        put("/run/systemd/timesync/synchronized", "");
        run_until_told(1);
        thon_clock_free(clock);
}
END_TEST

START_TEST(trust_outlives_its_witness)
{
        struct thon_clock *clock;

        make_dirs("/run/systemd/timesync");
        put("/run/systemd/timesync/synchronized", "");
        ck_assert_int_eq(thon_clock_new_real(event, root, &clock), 0);
        ck_assert(thon_clock_trusted(clock));
        ck_assert_int_eq(unlink(below("/run/systemd/timesync/synchronized")), 0);
        ck_assert(thon_clock_trusted(clock));
        thon_clock_free(clock);
}
END_TEST

START_TEST(a_watched_clock_does_not_wake_the_loop)
{
        struct thon_clock *clock;

        make_dirs("/run/systemd/timesync");
        ck_assert_int_eq(thon_clock_new_real(event, root, &clock), 0);
        ck_assert_int_eq(thon_clock_watch(clock, count, NULL), 0);
        ck_assert_int_eq(sd_event_run(event, 200000), 0);
        ck_assert_uint_eq(told, 0);
        thon_clock_free(clock);
}
END_TEST

START_TEST(the_real_clock_is_the_time)
{
        struct thon_clock *clock;
        struct timespec ts;

        ck_assert_int_eq(thon_clock_new(event, NULL, &clock), 0);
        ck_assert(!thon_clock_simulated(clock));
        ck_assert_int_le(llabs(thon_clock_wall(clock).s - time(NULL)), 1);
        (void)clock_gettime(CLOCK_BOOTTIME, &ts);
        ck_assert_int_le(llabs((int64_t)(thon_clock_mono(clock).us / 1000000) - ts.tv_sec), 1);
        thon_clock_free(clock);
        ck_assert_ptr_null(thon_clock_free(NULL));
}
END_TEST

/* ---- simulation --------------------------------------------------------------------------------------- */

START_TEST(the_form_of_a_simulation)
{
        struct thon_sim sim;

        ck_assert_int_eq(thon_sim_parse("2026-11-21T17:00:00+07:00", &sim), 0);
        ck_assert_int_eq(sim.start_us, INT64_C(1795255200) * 1000000);
        ck_assert_uint_eq(sim.speed_ppm, 1000000);
        ck_assert_int_eq(sim.trusted_s, 0);
        ck_assert_int_eq(thon_sim_parse("1969-12-31T23:59:59Z,x0.5", &sim), 0);
        ck_assert_int_eq(sim.start_us, -1000000);
        ck_assert_uint_eq(sim.speed_ppm, 500000);
        ck_assert_int_eq(thon_sim_parse("2026-11-21T17:00:00Z,x3600,untrusted=10min,step=-2h@90s", &sim), 0);
        ck_assert_uint_eq(sim.speed_ppm, UINT64_C(3600000000));
        ck_assert_int_eq(sim.trusted_s, 600);
        ck_assert_int_eq(sim.step_s, -7200);
        ck_assert_int_eq(sim.step_after_s, 90);
        ck_assert_int_eq(thon_sim_parse("2026-11-21T17:00:00Z,untrusted,x100000", &sim), 0);
        ck_assert_int_eq(sim.trusted_s, INT64_MAX);

        static const char *const bad[] = {
                "",
                "now",
                "2026-11-21T17:00:00",
                "2026-11-21T17:00:00Z,",
                "2026-11-21T17:00:00Z,60",
                "2026-11-21T17:00:00Z,x",
                "2026-11-21T17:00:00Z,x0",
                "2026-11-21T17:00:00Z,x0.0",
                "2026-11-21T17:00:00Z,x-1",
                "2026-11-21T17:00:00Z,x100001",
                "2026-11-21T17:00:00Z,x100000.1",
                "2026-11-21T17:00:00Z,x0.0000001",
                "2026-11-21T17:00:00Z,x1e3",
                "2026-11-21T17:00:00Z,x99999999999999999999",
                "2026-11-21T17:00:00Z,step=5",
                "2026-11-21T17:00:00Z,step=0@5",
                "2026-11-21T17:00:00Z,step=9223372036854775807@5",
                "2026-11-21T17:00:00Z,untrusted=9223372036854775807",
        };
        struct thon_sim before = sim;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                ck_assert_msg(thon_sim_parse(bad[i], &sim) == -EINVAL, "%s", bad[i]);
        ck_assert_mem_eq(&sim, &before, sizeof(sim));
}
END_TEST

static unsigned long seed(void)
{
        const char *given = getenv("THON_SEED");
        unsigned long s = (unsigned long)time(NULL);

        if (given)
                ck_assert_int_eq(sscanf(given, "%lu", &s), 1);
        printf("THON_SEED=%lu\n", s);
        return s;
}

static uint64_t draw(uint64_t *state)
{
        /* splitmix64 */
        uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

START_TEST(real_time_of_a_simulated_one_is_never_early_and_at_most_a_microsecond_late)
{
        uint64_t state = seed();

        for (int i = 0; i < 100000; i++) {
                struct thon_sim sim = {.speed_ppm = 1 + draw(&state) % UINT64_C(100000000000)};
                uint64_t at = draw(&state) % UINT64_C(3155760000000000); /* a century */
                uint64_t real = thon_sim_unscale(&sim, at);

                if (real == UINT64_MAX)
                        continue;
                ck_assert_uint_ge(thon_sim_scale(&sim, real), at);
                if (real > 0)
                        ck_assert_uint_lt(thon_sim_scale(&sim, real - 1), at);
        }
}
END_TEST

START_TEST(what_does_not_fit_is_the_end_of_time)
{
        struct thon_sim fast = {.speed_ppm = UINT64_C(100000000000)}, slow = {.speed_ppm = 1};

        ck_assert_uint_eq(thon_sim_scale(&fast, UINT64_MAX), UINT64_MAX);
        ck_assert_uint_eq(thon_sim_unscale(&slow, UINT64_MAX), UINT64_MAX);
        ck_assert_uint_eq(thon_sim_unscale(&slow, 1), 1000000);
        ck_assert_uint_eq(thon_sim_scale(&slow, 999999), 0);
}
END_TEST

START_TEST(a_simulated_clock_keeps_wall_and_mono_in_step)
{
        struct thon_clock *clock;
        uint64_t start = monotonic_us();

        ck_assert_int_eq(thon_clock_new(event, "2027-02-05T23:59:00+07:00,x100000", &clock), 0);
        struct thon_mono mono = thon_clock_mono(clock);
        struct thon_wall wall = thon_clock_wall(clock);
        ck_assert(thon_clock_simulated(clock));
        ck_assert(thon_clock_trusted(clock));
        ck_assert_int_ge(wall.s, 1801846740);
        /* However slow this machine: no more simulated time than the real one allows. */
        ck_assert_int_le(wall.s, 1801846740 + (int64_t)(monotonic_us() - start + 1000) / 10);

        while (thon_clock_wall(clock).s < wall.s + 1000)
                ;
        uint64_t passed = thon_mono_since(mono, thon_clock_mono(clock)) / 1000000;
        ck_assert_uint_ge(passed, 999);
        thon_clock_free(clock);
}
END_TEST

START_TEST(a_simulated_clock_before_1970_is_rounded_down)
{
        struct thon_clock *clock;

        ck_assert_int_eq(thon_clock_new(event, "1969-12-31T23:59:50Z,x0.001", &clock), 0);
        ck_assert_int_eq(thon_clock_wall(clock).s, -10);
        thon_clock_free(clock);
}
END_TEST

START_TEST(simulated_trust_comes_once_and_is_told)
{
        struct thon_clock *clock;

        ck_assert_int_eq(thon_clock_new(event, "2026-11-21T17:00:00Z,x100,untrusted=100s", &clock), 0);
        ck_assert_int_eq(thon_clock_watch(clock, count, NULL), 0);
        ck_assert(!thon_clock_trusted(clock));
        run_until_told(1);
        ck_assert(thon_clock_trusted(clock));
        thon_clock_free(clock);

        ck_assert_int_eq(thon_clock_new(event, "2026-11-21T17:00:00Z,x100000,untrusted", &clock), 0);
        ck_assert(!thon_clock_trusted(clock));
        thon_clock_free(clock);
}
END_TEST

START_TEST(a_simulated_step_moves_the_wall_only_and_tells_everybody)
{
        struct thon_clock *clock;

        ck_assert_int_eq(thon_clock_new(event, "2026-11-21T17:00:00Z,x1000,step=-2h@60s", &clock), 0);
        ck_assert_int_eq(thon_clock_watch(clock, count, NULL), 0);
        ck_assert_int_eq(thon_clock_watch(clock, count, NULL), 0);
        int64_t wall = thon_clock_wall(clock).s;
        struct thon_mono mono = thon_clock_mono(clock);
        run_until_told(2);
        int64_t passed = (int64_t)(thon_mono_since(mono, thon_clock_mono(clock)) / 1000000);
        /* A busy machine may have spent simulated seconds before the first look above. */
        struct thon_wall start;
        ck_assert(thon_time_parse(NULL, "2026-11-21T17:00:00Z", &start));
        ck_assert_int_ge(wall - start.s + passed, 59);
        ck_assert_int_le(llabs(thon_clock_wall(clock).s - (wall - 7200 + passed)), 600);
        thon_clock_free(clock);
}
END_TEST

START_TEST(a_simulation_that_cannot_be_read_is_refused)
{
        struct thon_clock *clock = NULL;

        ck_assert_int_eq(thon_clock_new(event, "tomorrow", &clock), -EINVAL);
        ck_assert_ptr_null(clock);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("clock");
        TCase *verdict = tcase_create("verdict"), *found = tcase_create("found"),
              *loop = tcase_create("loop");

        tcase_add_test(verdict, a_plausible_date_alone_is_not_believed);
        tcase_add_test(verdict, a_disciplined_kernel_is_believed);
        tcase_add_test(verdict, the_mark_of_timesyncd_is_believed);
        tcase_add_test(verdict, a_hardware_clock_that_set_the_time_and_agrees_is_believed);
        tcase_add_test(verdict, a_pi_5_without_a_battery_is_not_believed);
        tcase_add_test(verdict, nobody_makes_an_impossible_date_right);
        tcase_add_test(verdict, the_form_of_a_simulation);
        tcase_add_test(verdict, real_time_of_a_simulated_one_is_never_early_and_at_most_a_microsecond_late);
        tcase_add_test(verdict, what_does_not_fit_is_the_end_of_time);
        suite_add_tcase(suite, verdict);

        tcase_add_checked_fixture(found, make_root, remove_root);
        tcase_add_test(found, a_machine_with_nothing_gives_no_evidence);
        tcase_add_test(found, the_rtc_that_set_the_clock_is_found_among_others);
        tcase_add_test(found, the_mark_is_found);
        suite_add_tcase(suite, found);

        tcase_add_checked_fixture(loop, make_loop, remove_loop);
        tcase_set_timeout(loop, 30);
        tcase_add_test(loop, synchronisation_without_a_step_is_noticed);
        tcase_add_test(loop, a_mark_that_comes_with_its_directory_is_noticed);
        tcase_add_test(loop, a_timesyncd_that_is_stopped_and_started_is_still_noticed);
        tcase_add_test(loop, trust_outlives_its_witness);
        tcase_add_test(loop, a_watched_clock_does_not_wake_the_loop);
        tcase_add_test(loop, the_real_clock_is_the_time);
        tcase_add_test(loop, a_simulated_clock_keeps_wall_and_mono_in_step);
        tcase_add_test(loop, a_simulated_clock_before_1970_is_rounded_down);
        tcase_add_test(loop, simulated_trust_comes_once_and_is_told);
        tcase_add_test(loop, a_simulated_step_moves_the_wall_only_and_tells_everybody);
        tcase_add_test(loop, a_simulation_that_cannot_be_read_is_refused);
        suite_add_tcase(suite, loop);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}
