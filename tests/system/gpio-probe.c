/* The GPIO interface against the kernel's own gpio-sim, in a guest as root: what cannot be tried where there is no chip.
 *
 * Makes its chips in configfs, drives and reads them through sysfs, and says what it saw as TAP. Chips "thon-probe"
 * (lines "relay" 0, "contact" 1, "meter" 2, two named "twin" 6 and 7), and two labelled "thon-twin".
 *
 * `gpio-probe hold CHIP LINE` is a service instead, which makes that line active and keeps it so: what happens to it when
 * the service dies is for others to see. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include <linux/gpio.h>
#include <systemd/sd-daemon.h>

#include "thon/cleanup.h"
#include "thon/gpio.h"

#define CONFIG "/sys/kernel/config/gpio-sim"
#define MS     UINT64_C(1000)
/* The kernel reads the level after the edge, in a thread: on a busy machine without KVM shorter pulses are gone by then. */
#define PULSE_US    (150 * MS)
#define DEADLINE_US (20000 * MS) /* a guest without KVM is slow */

static unsigned tests, failures;

static void check(bool ok, const char *what, const char *seen)
{
        tests++;
        failures += !ok;
        printf("%sok %u - %s%s%s\n", ok ? "" : "not ", tests, what, ok ? "" : ": ", ok ? "" : seen);
}

static void check_is(long seen, long wanted, const char *what)
{
        char text[64];
        (void)snprintf(text, sizeof text, "%ld, not %ld", seen, wanted);
        check(seen == wanted, what, text);
}

static void bail(const char *what, const char *path)
{
        printf("Bail out! %s %s: %s\n", what, path, strerror(errno));
        exit(1);
}

static void put(const char *path, const char *text)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
                bail("cannot write", path);
}

static void get(const char *path, char *text, size_t size)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
        if (n < 0)
                bail("cannot read", path);
        text[n] = '\0';
        text[strcspn(text, "\n")] = '\0';
}

static void make_dir(const char *path)
{
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
                bail("cannot make", path);
}

struct chip {
        const char *id;
        char sysfs[256]; /* where its lines are driven */
        char device[64]; /* "gpiochip0" */
};

static void make_chip(struct chip *chip, const char *id, const char *label, const char *const names[8])
{
        char path[256];
        chip->id = id;
        (void)snprintf(path, sizeof path, CONFIG "/%s", id);
        make_dir(path);
        (void)snprintf(path, sizeof path, CONFIG "/%s/bank0", id);
        make_dir(path);
        (void)snprintf(path, sizeof path, CONFIG "/%s/bank0/num_lines", id);
        put(path, "8");
        (void)snprintf(path, sizeof path, CONFIG "/%s/bank0/label", id);
        put(path, label);
        for (int i = 0; names && i < 8; i++) {
                if (!names[i])
                        continue;
                (void)snprintf(path, sizeof path, CONFIG "/%s/bank0/line%d", id, i);
                make_dir(path);
                (void)snprintf(path, sizeof path, CONFIG "/%s/bank0/line%d/name", id, i);
                put(path, names[i]);
        }
        (void)snprintf(path, sizeof path, CONFIG "/%s/live", id);
        put(path, "1");

        char device[64];
        (void)snprintf(path, sizeof path, CONFIG "/%s/dev_name", id);
        get(path, device, sizeof device);
        (void)snprintf(path, sizeof path, CONFIG "/%s/bank0/chip_name", id);
        get(path, chip->device, sizeof chip->device);
        (void)snprintf(chip->sysfs, sizeof chip->sysfs, "/sys/devices/platform/%s/%s", device, chip->device);
}

static void unplug(const struct chip *chip)
{
        char path[256];
        (void)snprintf(path, sizeof path, CONFIG "/%s/live", chip->id);
        put(path, "0");
}

static void drive(const struct chip *chip, int line, bool up)
{
        char path[320];
        (void)snprintf(path, sizeof path, "%s/sim_gpio%d/pull", chip->sysfs, line);
        put(path, up ? "pull-up" : "pull-down");
}

static bool level_of(const struct chip *chip, int line)
{
        char path[320], text[16];
        (void)snprintf(path, sizeof path, "%s/sim_gpio%d/value", chip->sysfs, line);
        get(path, text, sizeof text);
        return text[0] == '1';
}

struct heard {
        unsigned calls, edges;
        bool level;
        int lost;
};

static sd_event *event;

static void on_input(bool level, unsigned edges, void *userdata)
{
        struct heard *heard = userdata;
        heard->calls++;
        heard->edges += edges;
        heard->level = level;
}

static void on_lost(int error, void *userdata)
{
        ((struct heard *)userdata)->lost = error;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        *(bool *)userdata = true;
        return 0;
}

/* Turns the loop until *what reaches `wanted` (NULL: never) or the time is over. */
static void turn(const unsigned *what, unsigned wanted, uint64_t us)
{
        bool over = false;
        sd_event_source *timer = NULL;
        if (sd_event_add_time_relative(event, &timer, CLOCK_MONOTONIC, us, 1, on_time, &over) < 0)
                bail("timer", "");
        while (!over && !(what && *what >= wanted))
                if (sd_event_run(event, UINT64_MAX) < 0)
                        bail("loop", "");
        sd_event_source_disable_unref(timer);
}

/* The length of a pulse, while the loop does not turn. */
static void last(uint64_t us)
{
        struct timespec length = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL);
}

static struct thon_line_ref ref(const char *chip, const char *line, bool active_low)
{
        struct thon_line_ref r = {.active_low = active_low};
        (void)snprintf(r.chip, sizeof r.chip, "%s", chip);
        (void)snprintf(r.line, sizeof r.line, "%s", line);
        return r;
}

static void try_finding(struct thon_gpio *gpio)
{
        static const struct {
                const char *chip, *line;
                int wanted;
                const char *what;
        } tries[] = {
                {"thon-twin", "0", THON_GPIO_AMBIGUOUS, "two chips with one label are refused"},
                {"thon-probe", "twin", THON_GPIO_AMBIGUOUS, "two lines with one name are refused"},
                {"thon-probe", "8", THON_GPIO_NO_LINE, "an offset beyond the chip"},
                {"thon-probe", "nothing", THON_GPIO_NO_LINE, "a name that no line has"},
                {"thon-none", "0", THON_GPIO_NO_CHIP, "a label that no chip has"},
                {"gpiochip0", "0", THON_GPIO_BY_NUMBER, "a chip by number"},
        };
        for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
                struct thon_line_ref line = ref(tries[i].chip, tries[i].line, false);
                struct thon_gpio_output *output = NULL;
                int r = thon_gpio_output_open(gpio, &line, "probe", true, &output);
                check_is(r, tries[i].wanted, tries[i].what);
                thon_gpio_output_close(output);
        }
}

static void try_output(struct thon_gpio *gpio, const struct chip *chip)
{
        struct thon_line_ref line = ref("thon-probe", "relay", false);
        struct thon_gpio_output *output = NULL, *second = NULL;
        check_is(thon_gpio_output_open(gpio, &line, "duong-lang", true, &output), THON_GPIO_OK,
                 "an output by name");
        check(level_of(chip, 0), "is born active", "low");
        bool active = false;
        check_is(thon_gpio_output_set(output, false), 0, "is set");
        check(!level_of(chip, 0), "and is low", "high");
        check_is(thon_gpio_output_get(output, &active), 0, "is read back");
        check(!active, "as it was set", "active");
        check_is(thon_gpio_output_open(gpio, &line, "other", true, &second), THON_GPIO_BUSY,
                 "is busy for a second one");
        check(strcmp(thon_gpio_holder(gpio), "probe duong-lang") == 0, "which is told the holder",
              thon_gpio_holder(gpio));
        check(!level_of(chip, 0), "and changes nothing", "high");

        (void)thon_gpio_output_set(output, true);
        thon_gpio_output_close(output);
        check(level_of(chip, 0), "closed, its level stands", "low");
        line.active_low = true;
        check_is(thon_gpio_output_open(gpio, &line, "duong-lang", false, &output), THON_GPIO_OK,
                 "opened again, now active-low and inactive");
        check(level_of(chip, 0), "its level stands", "low");
        (void)thon_gpio_output_set(output, true);
        check(!level_of(chip, 0), "and active is low now", "high");
        thon_gpio_output_close(output);
        thon_gpio_release_unused(gpio);

        char path[80];
        (void)snprintf(path, sizeof path, "/dev/%s", chip->device);
        _cleanup_close_ int chip_fd = open(path, O_RDWR | O_CLOEXEC);
        struct gpio_v2_line_info info = {.offset = 0};
        if (chip_fd < 0 || ioctl(chip_fd, GPIO_V2_GET_LINEINFO_IOCTL, &info) < 0)
                bail("cannot ask", path);
        check(!(info.flags & GPIO_V2_LINE_FLAG_USED), "given up, it is free", info.consumer);
}

static void try_change_of_plan(struct thon_gpio *gpio, const struct chip *chip)
{
        struct heard heard = {0};
        struct thon_line_ref line = ref("thon-probe", "5", false);
        struct thon_gpio_output *output = NULL;
        struct thon_gpio_input *input = NULL;
        check_is(thon_gpio_output_open(gpio, &line, "old", false, &output), THON_GPIO_OK,
                 "an output of the old plan");
        thon_gpio_output_close(output);
        struct thon_gpio_input_options options = {.lost = on_lost};
        check_is(thon_gpio_input_open(gpio, &line, "new", &options, on_input, &heard, &input), THON_GPIO_OK,
                 "is an input in the new one");
        drive(chip, 5, true);
        turn(&heard.calls, 1, DEADLINE_US);
        check(heard.level, "which works", "nothing heard");
        thon_gpio_input_close(input);
}

static void try_contact(struct thon_gpio *gpio, const struct chip *chip)
{
        struct heard heard = {0};
        struct thon_line_ref line = ref("thon-probe", "contact", true);
        struct thon_gpio_input_options options = {
                .bias = THON_BIAS_UP, .debounce_us = 20 * (unsigned)MS, .lost = on_lost};
        struct thon_gpio_input *input = NULL;
        check_is(thon_gpio_input_open(gpio, &line, "door", &options, on_input, &heard, &input), THON_GPIO_OK,
                 "an active-low contact with pull-up");
        bool active = true;
        check_is(thon_gpio_input_get(input, &active), 0, "is read");
        check(!active, "the pull-up makes it inactive", "active");
        check_is(thon_gpio_input_refused(input), 0, "nothing was refused");

        drive(chip, 1, false);
        turn(&heard.calls, 1, DEADLINE_US);
        check(heard.calls == 1 && heard.level, "its closing is told", "nothing");
        drive(chip, 1, true);
        turn(&heard.calls, 2, DEADLINE_US);
        check(heard.calls == 2 && !heard.level, "its opening is told", "nothing");

        for (int i = 0; i < 5; i++) {
                drive(chip, 1, false);
                drive(chip, 1, true);
        }
        turn(NULL, 0, 300 * MS);
        check_is((long)heard.calls, 2, "glitches are not told");
        for (int i = 0; i < 20; i++) {
                drive(chip, 1, true);
                drive(chip, 1, false);
        }
        turn(&heard.calls, 3, DEADLINE_US);
        turn(NULL, 0, 300 * MS);
        check_is((long)heard.calls, 3,
                 "a bouncing closing, more edges than a queue of v1 holds, is told once");
        check(heard.level, "as closed", "open");
        check_is((long)heard.edges, 2, "two closings in all");
        thon_gpio_input_close(input);
}

static void try_meter(struct thon_gpio *gpio, const struct chip *chip)
{
        struct heard heard = {0};
        struct thon_line_ref line = ref("thon-probe", "2", false);
        struct thon_gpio_input_options options = {
                .bias = THON_BIAS_DOWN, .rising_only = true, .lost = on_lost};
        struct thon_gpio_input *input = NULL;
        check_is(thon_gpio_input_open(gpio, &line, "meter", &options, on_input, &heard, &input),
                 THON_GPIO_OK, "a meter by offset, without debounce");
        for (int i = 0; i < 7; i++) { /* 14 edges: what the queue of v1 holds */
                drive(chip, 2, true);
                last(PULSE_US);
                drive(chip, 2, false);
                last(PULSE_US);
        }
        turn(&heard.edges, 7, DEADLINE_US);
        turn(NULL, 0, 100 * MS);
        check_is((long)heard.edges, 7, "a burst that nobody read meanwhile is counted in full");
        thon_gpio_input_close(input);

        memset(&heard, 0, sizeof heard);
        options.debounce_us = 10 * (unsigned)MS;
        check_is(thon_gpio_input_open(gpio, &line, "meter", &options, on_input, &heard, &input),
                 THON_GPIO_OK, "the meter with debounce");
        for (unsigned i = 0; i < 10; i++) {
                drive(chip, 2, true);
                turn(NULL, 0, PULSE_US);
                drive(chip, 2, false);
                turn(NULL, 0, PULSE_US);
        }
        turn(&heard.edges, 10, DEADLINE_US);
        check_is((long)heard.edges, 10, "pulses that come while the loop turns are counted");
        drive(chip, 2, true);
        turn(&heard.edges, 11, DEADLINE_US);
        turn(NULL, 0, 500 * MS);
        check_is((long)heard.edges, 11, "stuck at high is one pulse");
        thon_gpio_input_close(input);
}

static void try_unplugging(struct thon_gpio *gpio, struct chip *chip)
{
        struct heard heard = {0};
        struct thon_line_ref line = ref("thon-away", "3", false), relay = ref("thon-away", "4", false);
        struct thon_gpio_input_options options = {.debounce_us = 10 * (unsigned)MS, .lost = on_lost};
        struct thon_gpio_input *input = NULL;
        struct thon_gpio_output *output = NULL;
        check_is(thon_gpio_input_open(gpio, &line, "in", &options, on_input, &heard, &input), THON_GPIO_OK,
                 "an input of a chip that will go");
        check_is(thon_gpio_output_open(gpio, &relay, "out", true, &output), THON_GPIO_OK, "and an output");
        unplug(chip);
        turn(NULL, 0, 300 * MS);
        bool active;
        check_is(thon_gpio_output_set(output, false), -ENODEV, "the output says that the chip is gone");
        check_is(thon_gpio_input_get(input, &active), -ENODEV, "so does the input");
        /* Older kernels wake nobody at an unplugging; those that do must not make us spin, which `turn` would show by
         * never ending its loop early. */
        check(heard.lost == 0 || heard.lost == -ENODEV, "the loss was told rightly or not at all",
              strerror(-heard.lost));
        printf("# unplugging was told by %s\n", heard.lost ? "the kernel" : "the next reading only");
        thon_gpio_output_close(output);
        thon_gpio_input_close(input);

        make_chip(chip, chip->id, "thon-away", NULL);
        check_is(thon_gpio_output_open(gpio, &relay, "out", true, &output), THON_GPIO_OK,
                 "plugged in again, it opens");
        check(level_of(chip, 4), "and is active", "low");
        thon_gpio_output_close(output);
        thon_gpio_release_unused(gpio);
}

static int hold(const char *chip, const char *name)
{
        struct thon_gpio *gpio = NULL;
        struct thon_gpio_options options = {.consumer = "hold"};
        if (sd_event_new(&event) < 0 || thon_gpio_new(event, &options, &gpio) < 0)
                bail("no", "loop");
        struct thon_line_ref line = ref(chip, name, false);
        struct thon_gpio_output *output = NULL;
        int r = thon_gpio_output_open(gpio, &line, name, true, &output);
        if (r != 0) {
                (void)fprintf(stderr, "%s %s: %s\n", chip, name, thon_gpio_error_text(r));
                return 1;
        }
        (void)sd_notify(0, "READY=1");
        return sd_event_loop(event) < 0;
}

int main(int argc, char **argv)
{
        setvbuf(stdout, NULL, _IOLBF, 0);
        if (argc == 4 && strcmp(argv[1], "hold") == 0)
                return hold(argv[2], argv[3]);
        struct chip probe, twin_a, twin_b, away;
        make_chip(&probe, "thonprobe", "thon-probe",
                  (const char *const[8]){"relay", "contact", "meter", NULL, NULL, NULL, "twin", "twin"});
        make_chip(&twin_a, "thontwina", "thon-twin", NULL);
        make_chip(&twin_b, "thontwinb", "thon-twin", NULL);
        make_chip(&away, "thonaway", "thon-away", NULL);

        struct thon_gpio *gpio = NULL;
        struct thon_gpio_options options = {.consumer = "probe"};
        if (sd_event_new(&event) < 0 || thon_gpio_new(event, &options, &gpio) < 0)
                bail("no", "loop");
        try_finding(gpio);
        try_output(gpio, &probe);
        try_change_of_plan(gpio, &probe);
        try_contact(gpio, &probe);
        try_meter(gpio, &probe);
        try_unplugging(gpio, &away);
        gpio = thon_gpio_free(gpio);
        event = sd_event_unref(event);
        printf("1..%u\n", tests);

        const struct chip *const chips[] = {&probe, &twin_a, &twin_b, &away};
        for (size_t i = 0; i < sizeof chips / sizeof *chips; i++)
                unplug(chips[i]);
        return failures > 0;
}
