/* Simulated chips as lightd, the demo and the tests use them; and how a chip is found. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../../src/platform/gpio_backend.h"
#include "thon/cleanup.h"
#include "thon/gpio.h"

#define MS          UINT64_C(1000)
#define DEADLINE_US (5000 * MS)

struct heard {
        unsigned calls, edges;
        bool level;
        int lost;
        struct thon_gpio_input **close_at_once; /* NULL: no */
};

static char dir[] = "/tmp/thon-gpio-XXXXXX";
static sd_event *event;
static struct thon_gpio *gpio;

static void on_input(bool level, unsigned edges, void *userdata)
{
        struct heard *heard = userdata;
        heard->calls++;
        heard->edges += edges;
        heard->level = level;
        if (heard->close_at_once)
                *heard->close_at_once = thon_gpio_input_close(*heard->close_at_once);
}

static void on_lost(int error, void *userdata)
{
        struct heard *heard = userdata;
        heard->lost = error;
}

static void setup(void)
{
        strcpy(dir + sizeof dir - 7, "XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(dir));
        ck_assert_int_ge(sd_event_new(&event), 0);
        struct thon_gpio_options options = {.consumer = "thon-lightd", .sim_dir = dir, .sim_only = true};
        ck_assert_int_eq(thon_gpio_new(event, &options, &gpio), 0);
}

static void teardown(void)
{
        gpio = thon_gpio_free(gpio);
        event = sd_event_unref(event);
        char command[64];
        (void)snprintf(command, sizeof command, "rm -rf %s", dir);
        ck_assert_int_eq(system(command), 0);
}

static void put(const char *path, const char *text, int flags)
{
        char full[256];
        (void)snprintf(full, sizeof full, "%s/%s", dir, path);
        int fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
        ck_assert_msg(fd >= 0, "%s: %s", full, strerror(errno));
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        ck_assert_int_eq(close(fd), 0);
}

static const char *text_of(const char *path)
{
        static char text[4096];
        char full[256];
        (void)snprintf(full, sizeof full, "%s/%s", dir, path);
        int fd = open(full, O_RDONLY | O_CLOEXEC);
        ck_assert_msg(fd >= 0, "%s: %s", full, strerror(errno));
        ssize_t n = read(fd, text, sizeof text - 1);
        ck_assert_int_ge(n, 0);
        text[n] = '\0';
        (void)close(fd);
        return text;
}

static bool exists(const char *path)
{
        char full[256];
        (void)snprintf(full, sizeof full, "%s/%s", dir, path);
        struct stat st;
        return stat(full, &st) == 0;
}

static struct thon_line_ref ref(const char *chip, const char *line, bool active_low)
{
        struct thon_line_ref r = {.active_low = active_low};
        (void)snprintf(r.chip, sizeof r.chip, "%s", chip);
        (void)snprintf(r.line, sizeof r.line, "%s", line);
        return r;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        *(bool *)userdata = true;
        return 0;
}

/* Turns the loop until `*what` is at least `wanted`, or for `us` when `what` is NULL. False: the time ran
 * out. */
static bool turn(const unsigned *what, unsigned wanted, uint64_t us)
{
        bool over = false;
        sd_event_source *timer = NULL;
        ck_assert_int_ge(
                sd_event_add_time_relative(event, &timer, CLOCK_MONOTONIC, us, 1, on_deadline, &over), 0);
        while (!over && (!what || *what < wanted))
                ck_assert_int_ge(sd_event_run(event, UINT64_MAX), 0);
        sd_event_source_disable_unref(timer);
        return what && *what >= wanted;
}

static struct thon_gpio_input *input(const struct thon_line_ref *line, struct heard *heard,
                                     unsigned debounce_us, bool rising_only)
{
        struct thon_gpio_input_options options = {
                .debounce_us = debounce_us, .rising_only = rising_only, .lost = on_lost};
        struct thon_gpio_input *in = NULL;
        ck_assert_int_eq(thon_gpio_input_open(gpio, line, "test", &options, on_input, heard, &in),
                         THON_GPIO_OK);
        return in;
}

START_TEST(output_is_born_with_its_level)
{
        ck_assert_int_eq(setenv("THON_GPIO_SIM_LOG", "1", 1), 0);
        struct thon_line_ref line = ref("sim:relays", "duong-lang", false);
        struct thon_gpio_output *out = NULL;
        ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "duong-lang", true, &out), THON_GPIO_OK);
        ck_assert_str_eq(text_of("relays/duong-lang/value"), "1\n");
        ck_assert_int_eq(thon_gpio_output_set(out, false), 0);
        ck_assert_str_eq(text_of("relays/duong-lang/value"), "0\n");
        ck_assert_int_eq(thon_gpio_output_set(out, true), 0);
        bool active = false;
        ck_assert_int_eq(thon_gpio_output_get(out, &active), 0);
        ck_assert(active);

        /* Closed and opened again with the same level: nothing else was ever on the line. */
        out = thon_gpio_output_close(out);
        ck_assert_str_eq(text_of("relays/duong-lang/value"), "1\n");
        ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "duong-lang", true, &out), THON_GPIO_OK);
        unsigned long long at[4], last = 0;
        int raw[4];
        ck_assert_int_eq(sscanf(text_of("relays/duong-lang/log"), "%llu %d\n%llu %d\n%llu %d\n%llu %d\n",
                                &at[0], &raw[0], &at[1], &raw[1], &at[2], &raw[2], &at[3], &raw[3]),
                         8);
        static const int wanted[] = {1, 0, 1, 1};
        for (int i = 0; i < 4; i++) {
                ck_assert_int_eq(raw[i], wanted[i]);
                ck_assert(at[i] >= last);
                last = at[i];
        }
        out = thon_gpio_output_close(out);
        ck_assert_int_eq(unsetenv("THON_GPIO_SIM_LOG"), 0);
}
END_TEST

START_TEST(active_low_is_below_the_interface)
{
        struct thon_line_ref line = ref("sim:relays", "2", true);
        struct thon_gpio_output *out = NULL;
        ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "a", false, &out), THON_GPIO_OK);
        ck_assert_str_eq(text_of("relays/2/value"), "1\n");
        ck_assert_int_eq(thon_gpio_output_set(out, true), 0);
        ck_assert_str_eq(text_of("relays/2/value"), "0\n");
        bool active = false;
        ck_assert_int_eq(thon_gpio_output_get(out, &active), 0);
        ck_assert(active);
        ck_assert(!exists("relays/2/log"));
        out = thon_gpio_output_close(out);
}
END_TEST

START_TEST(busy_line_names_its_holder)
{
        struct thon_line_ref line = ref("sim:relays", "3", false);
        struct thon_gpio_output *out = NULL, *second = NULL;
        ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "ngo-dong", false, &out), THON_GPIO_OK);
        ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "other", true, &second), THON_GPIO_BUSY);
        ck_assert_ptr_null(second);
        ck_assert_str_eq(thon_gpio_holder(gpio), "thon-lightd ngo-dong");
        ck_assert_str_eq(text_of("relays/3/value"), "0\n");
        out = thon_gpio_output_close(out);
        ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "other", true, &second), THON_GPIO_OK);
        second = thon_gpio_output_close(second);
}
END_TEST

START_TEST(names_cannot_leave_the_directory)
{
        static const char *const bad[] = {"", ".", "..", "a/b", "../x", "a b", "đ"};
        struct thon_gpio_output *out = NULL;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                struct thon_line_ref line = ref("sim:relays", bad[i], false);
                ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "x", true, &out), THON_GPIO_NO_LINE);
                char chip[32];
                (void)snprintf(chip, sizeof chip, "sim:%s", bad[i]);
                line = ref(chip, "1", false);
                ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "x", true, &out), THON_GPIO_NO_CHIP);
        }
        char link[64];
        (void)snprintf(link, sizeof link, "%s/elsewhere", dir);
        ck_assert_int_eq(symlink("/tmp", link), 0);
        struct thon_line_ref line = ref("sim:elsewhere", "1", false);
        ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "x", true, &out), -ENOTDIR);

        line = ref("sim:relays", "1", false);
        ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "x", true, &out), THON_GPIO_OK);
        out = thon_gpio_output_close(out);
        (void)snprintf(link, sizeof link, "%s/relays/1/value", dir);
        ck_assert_int_eq(unlink(link), 0);
        ck_assert_int_eq(symlink("/tmp/thon-gpio-victim", link), 0);
        ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "x", true, &out), -ELOOP);
        ck_assert_int_eq(unlink(link), 0);
        ck_assert_int_eq(mkfifo(link, 0644), 0);
        ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "x", true, &out), -EINVAL);
}
END_TEST

START_TEST(real_chips_are_refused_under_simulation)
{
        struct thon_line_ref line = ref("pinctrl-bcm2711", "17", false);
        struct thon_gpio_output *out = NULL;
        ck_assert_int_eq(thon_gpio_output_open(gpio, &line, "x", true, &out), -EPERM);

        struct thon_gpio_options options = {.consumer = "thon-lightd"};
        struct thon_gpio *none = NULL;
        ck_assert_int_eq(thon_gpio_new(event, &options, &none), 0);
        line = ref("sim:relays", "1", false);
        ck_assert_int_eq(thon_gpio_output_open(none, &line, "x", true, &out), THON_GPIO_NO_CHIP);
        line = ref("gpiochip0", "1", false);
        ck_assert_int_eq(thon_gpio_output_open(none, &line, "x", true, &out), THON_GPIO_BY_NUMBER);
        line = ref("no-chip-has-this-label", "1", false);
        ck_assert_int_eq(thon_gpio_output_open(none, &line, "x", true, &out), THON_GPIO_NO_CHIP);
        none = thon_gpio_free(none);
}
END_TEST

START_TEST(input_follows_its_pull)
{
        struct heard heard = {0};
        struct thon_line_ref line = ref("sim:inputs", "door", false);
        struct thon_gpio_input *in = input(&line, &heard, 0, false);
        bool active = true;
        ck_assert_int_eq(thon_gpio_input_get(in, &active), 0);
        ck_assert(!active);

        put("inputs/door/pull", "pull-up\n", O_TRUNC);
        ck_assert(turn(&heard.calls, 1, DEADLINE_US));
        ck_assert(heard.level);
        ck_assert_uint_eq(heard.edges, 1);
        ck_assert_int_eq(thon_gpio_input_get(in, &active), 0);
        ck_assert(active);

        put("inputs/door/pull.new", "pull-down", 0);
        char from[64], to[64];
        (void)snprintf(from, sizeof from, "%s/inputs/door/pull.new", dir);
        (void)snprintf(to, sizeof to, "%s/inputs/door/pull", dir);
        ck_assert_int_eq(rename(from, to), 0);
        ck_assert(turn(&heard.calls, 2, DEADLINE_US));
        ck_assert(!heard.level);
        ck_assert_uint_eq(heard.edges, 1);

        put("inputs/door/pull", "pull-up", O_TRUNC);
        ck_assert(turn(&heard.calls, 3, DEADLINE_US));
        ck_assert_int_eq(unlink(to), 0);
        ck_assert(turn(&heard.calls, 4, DEADLINE_US));
        ck_assert_msg(!heard.level, "a missing pull is the inactive level");
        in = thon_gpio_input_close(in);
}
END_TEST

START_TEST(active_low_input)
{
        struct heard heard = {0};
        struct thon_line_ref line = ref("sim:inputs", "aux", true);
        struct thon_gpio_input *in = input(&line, &heard, 0, false);
        bool active = true;
        ck_assert_int_eq(thon_gpio_input_get(in, &active), 0);
        ck_assert(!active);
        put("inputs/aux/pull", "pull-down", 0);
        ck_assert(turn(&heard.calls, 1, DEADLINE_US));
        ck_assert(heard.level);
        in = thon_gpio_input_close(in);
}
END_TEST

START_TEST(pulses_are_counted_and_taken)
{
        struct heard heard = {0};
        struct thon_line_ref line = ref("sim:inputs", "meter", false);
        ck_assert_int_eq(mkdir(strcat(strcpy((char[64]){0}, dir), "/inputs"), 0755), 0);
        struct thon_gpio_input *in = input(&line, &heard, 10000, true);
        put("inputs/meter/pulses", "1000\n", O_TRUNC);
        ck_assert(turn(&heard.edges, 1000, DEADLINE_US));
        ck_assert(!exists("inputs/meter/pulses"));
        put("inputs/meter/pulses", "3\n4", O_APPEND);
        ck_assert(turn(&heard.edges, 1007, DEADLINE_US));
        put("inputs/meter/pulses", "not a number\n", O_TRUNC);
        put("inputs/meter/pull", "pull-down", O_TRUNC);
        turn(NULL, 0, 50 * MS);
        ck_assert_uint_eq(heard.edges, 1007);
        in = thon_gpio_input_close(in);

        put("inputs/meter/pulses", "5", O_TRUNC);
        in = input(&line, &heard, 10000, true);
        ck_assert_uint_eq(heard.edges, 1007);
        ck_assert_msg(turn(&heard.edges, 1012, DEADLINE_US), "pulses from before the opening");
        in = thon_gpio_input_close(in);
}
END_TEST

START_TEST(chip_that_goes_away_is_told_once)
{
        struct heard heard = {0};
        struct thon_line_ref line = ref("sim:inputs", "gone", false);
        struct thon_gpio_input *in = input(&line, &heard, 10000, false);
        char command[128];
        (void)snprintf(command, sizeof command, "rm -rf %s/inputs/gone", dir);
        ck_assert_int_eq(system(command), 0);
        turn(NULL, 0, 50 * MS);
        ck_assert_int_eq(heard.lost, -ENODEV);
        bool active;
        ck_assert_int_eq(thon_gpio_input_get(in, &active), -ENODEV);

        heard.lost = 0;
        struct thon_gpio_input *again = input(&line, &heard, 0, false);
        put("inputs/gone/pull", "pull-up", 0);
        ck_assert(turn(&heard.calls, 1, DEADLINE_US));
        ck_assert_int_eq(heard.lost, 0);
        again = thon_gpio_input_close(again);
        in = thon_gpio_input_close(in);
}
END_TEST

START_TEST(input_may_be_closed_from_its_callback)
{
        struct heard heard = {0};
        struct thon_line_ref line = ref("sim:inputs", "once", false);
        struct thon_gpio_input *in = input(&line, &heard, 1000, false);
        heard.close_at_once = &in;
        put("inputs/once/pull", "pull-up", 0);
        ck_assert(turn(&heard.calls, 1, DEADLINE_US));
        ck_assert_ptr_null(in);
}
END_TEST

/* The door of a cabinet concerns all its circuits. */
START_TEST(one_contact_many_listeners)
{
        struct heard first = {0}, second = {0}, third = {0};
        struct thon_line_ref line = ref("sim:inputs", "shared", false);
        struct thon_gpio_input *a = input(&line, &first, 1000, false);
        struct thon_gpio_input *b = input(&line, &second, 1000, false);
        put("inputs/shared/pull", "pull-up", 0);
        ck_assert(turn(&first.calls, 1, DEADLINE_US));
        ck_assert(turn(&second.calls, 1, DEADLINE_US));
        ck_assert(first.level && second.level);

        struct thon_gpio_input *c = input(&line, &third, 1000, false);
        bool active = false;
        ck_assert_int_eq(thon_gpio_input_get(c, &active), 0);
        ck_assert(active);
        a = thon_gpio_input_close(a);
        put("inputs/shared/pull", "pull-down", O_TRUNC);
        ck_assert(turn(&third.calls, 1, DEADLINE_US));
        ck_assert_uint_eq(first.calls, 1);
        ck_assert_uint_eq(second.calls, 2);
        ck_assert(!second.level && !third.level);

        /* Another debounce would be another contact. */
        struct thon_gpio_input_options options = {.debounce_us = 2000};
        struct thon_gpio_input *other = NULL;
        ck_assert_int_eq(thon_gpio_input_open(gpio, &line, "x", &options, on_input, &first, &other),
                         THON_GPIO_BUSY);
        b = thon_gpio_input_close(b);
        c = thon_gpio_input_close(c);
        ck_assert_int_eq(thon_gpio_input_open(gpio, &line, "x", &options, on_input, &first, &other),
                         THON_GPIO_OK);
        other = thon_gpio_input_close(other);
}
END_TEST

struct closer {
        struct thon_gpio_input **all[3];
        unsigned calls;
};

static void close_all(bool level, unsigned edges, void *userdata)
{
        (void)level;
        (void)edges;
        struct closer *closer = userdata;
        closer->calls++;
        for (int i = 0; i < 3; i++)
                *closer->all[i] = thon_gpio_input_close(*closer->all[i]);
}

START_TEST(one_listener_may_close_the_others)
{
        struct thon_gpio_input *inputs[3] = {NULL};
        struct closer closer = {.all = {&inputs[0], &inputs[1], &inputs[2]}};
        struct thon_line_ref line = ref("sim:inputs", "shared", false);
        struct thon_gpio_input_options options = {0};
        for (int i = 0; i < 3; i++)
                ck_assert_int_eq(
                        thon_gpio_input_open(gpio, &line, "x", &options, close_all, &closer, &inputs[i]),
                        THON_GPIO_OK);
        put("inputs/shared/pull", "pull-up", 0);
        ck_assert(turn(&closer.calls, 1, DEADLINE_US));
        turn(NULL, 0, 20 * MS);
        ck_assert_uint_eq(closer.calls, 1);
}
END_TEST

START_TEST(all_listeners_are_told_of_the_loss)
{
        struct heard first = {0}, second = {0};
        struct thon_line_ref line = ref("sim:inputs", "gone", false);
        struct thon_gpio_input *a = input(&line, &first, 0, false);
        struct thon_gpio_input *b = input(&line, &second, 0, false);
        char command[128];
        (void)snprintf(command, sizeof command, "rm -rf %s/inputs/gone", dir);
        ck_assert_int_eq(system(command), 0);
        turn(NULL, 0, 50 * MS);
        ck_assert_int_eq(first.lost, -ENODEV);
        ck_assert_int_eq(second.lost, -ENODEV);
        struct thon_gpio_input *again = input(&line, &first, 0, false);
        bool active;
        ck_assert_int_eq(thon_gpio_input_get(again, &active), 0);
        ck_assert_int_eq(thon_gpio_input_get(b, &active), -ENODEV);
        a = thon_gpio_input_close(a);
        b = thon_gpio_input_close(b);
        again = thon_gpio_input_close(again);
}
END_TEST

/* A made-up /sys/bus/gpio/devices. */
static int label_of(const char *path, char **ret)
{
        if (strstr(path, "gpiochip3"))
                return -EACCES;
        const char *label = strstr(path, "gpiochip4")    ? "pinctrl-rp1"
                            : strstr(path, "gpiochip10") ? "brcmvirt-gpio"
                                                         : "expander";
        *ret = strdup(label);
        return *ret ? 0 : -ENOMEM;
}

static void put_chip(const char *name, const char *compatible, size_t n)
{
        char full[128];
        (void)snprintf(full, sizeof full, "%s/%s", dir, name);
        ck_assert_int_eq(mkdir(full, 0755), 0);
        if (!compatible)
                return;
        (void)snprintf(full, sizeof full, "%s/%s/of_node", dir, name);
        ck_assert_int_eq(mkdir(full, 0755), 0);
        (void)snprintf(full, sizeof full, "%s/%s/of_node/compatible", dir, name);
        int fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, compatible, n), (ssize_t)n);
        (void)close(fd);
}

static int find(const char *wanted, char **ret)
{
        return thon_gpio_chip_find(dir, "/dev", wanted, label_of, ret);
}

START_TEST(chip_is_found_by_label_or_compatible)
{
        static const char rp1[] = "raspberrypi,rp1-gpio";
        static const char expander[] = "nxp,pca9555\0nxp,pca9535";
        put_chip("gpiochip4", rp1, sizeof rp1);
        put_chip("gpiochip10", NULL, 0);
        put_chip("gpiochip0", expander, sizeof expander);
        put_chip("gpiochip1", expander, sizeof expander);
        put_chip("power", NULL, 0);

        _cleanup_free_ char *by_label = NULL;
        ck_assert_int_eq(find("pinctrl-rp1", &by_label), THON_GPIO_OK);
        ck_assert_str_eq(by_label, "/dev/gpiochip4");
        _cleanup_free_ char *by_compatible = NULL;
        ck_assert_int_eq(find("raspberrypi,rp1-gpio", &by_compatible), THON_GPIO_OK);
        ck_assert_str_eq(by_compatible, "/dev/gpiochip4");

        char *none = NULL;
        ck_assert_int_eq(find("expander", &none), THON_GPIO_AMBIGUOUS);
        ck_assert_int_eq(find("nxp,pca9535", &none), THON_GPIO_AMBIGUOUS);
        ck_assert_int_eq(find("nxp,pca953", &none), THON_GPIO_NO_CHIP);
        ck_assert_int_eq(find("", &none), THON_GPIO_NO_CHIP);
        static const char *const numbers[] = {"gpiochip0",      "gpiochip4", "/dev/gpiochip0",
                                              "/dev/gpiochip4", "0",         "4"};
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
                ck_assert_int_eq(find(numbers[i], &none), THON_GPIO_BY_NUMBER);

        /* One that we may not open could be the one that is meant. */
        put_chip("gpiochip3", NULL, 0);
        ck_assert_int_eq(find("elsewhere", &none), -EACCES);
        _cleanup_free_ char *still = NULL;
        ck_assert_int_eq(find("pinctrl-rp1", &still), THON_GPIO_OK);
        ck_assert_ptr_null(none);
}
END_TEST

START_TEST(offsets_are_digits_only)
{
        unsigned offset = 7;
        ck_assert(!thon_gpio_line_offset("GPIO17", &offset));
        ck_assert(!thon_gpio_line_offset("", &offset));
        ck_assert(!thon_gpio_line_offset("-1", &offset));
        ck_assert(!thon_gpio_line_offset("1 ", &offset));
        ck_assert_uint_eq(offset, 7);
        ck_assert(thon_gpio_line_offset("0", &offset));
        ck_assert_uint_eq(offset, 0);
        ck_assert(thon_gpio_line_offset("53", &offset));
        ck_assert_uint_eq(offset, 53);
        ck_assert(thon_gpio_line_offset("99999999999999999999999", &offset));
        ck_assert_uint_eq(offset, UINT32_MAX);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("gpio_sim");
        TCase *tc = tcase_create("simulated");
        tcase_add_checked_fixture(tc, setup, teardown);
        tcase_set_timeout(tc, 30);
        tcase_add_test(tc, output_is_born_with_its_level);
        tcase_add_test(tc, active_low_is_below_the_interface);
        tcase_add_test(tc, busy_line_names_its_holder);
        tcase_add_test(tc, names_cannot_leave_the_directory);
        tcase_add_test(tc, real_chips_are_refused_under_simulation);
        tcase_add_test(tc, input_follows_its_pull);
        tcase_add_test(tc, active_low_input);
        tcase_add_test(tc, pulses_are_counted_and_taken);
        tcase_add_test(tc, chip_that_goes_away_is_told_once);
        tcase_add_test(tc, input_may_be_closed_from_its_callback);
        tcase_add_test(tc, one_contact_many_listeners);
        tcase_add_test(tc, one_listener_may_close_the_others);
        tcase_add_test(tc, all_listeners_are_told_of_the_loss);
        tcase_add_test(tc, chip_is_found_by_label_or_compatible);
        tcase_add_test(tc, offsets_are_digits_only);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
