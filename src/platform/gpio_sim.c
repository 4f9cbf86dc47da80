/* Simulated chips: a line is a directory of small files (their meaning is in the header).
 *
 * Names come from the configuration, so that every step below sim_dir is taken by openat() without following
 * links, and only regular files are read or written. The stamps of edges, which the kernel gives on real
 * chips, are made here. */
#include "gpio_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>

#include "thon/cleanup.h"

#define NAME_LIMIT   63
#define FILE_LIMIT   4096    /* bytes of a file that are read */
#define PULSES_LIMIT 1000000 /* in one file */

struct sim_line {
        struct thon_gpio_line base; /* fd: the inotify watch of an input */
        int dir_fd;
        int lock_fd;  /* of `consumer` */
        int value_fd; /* outputs */
        int log_fd;   /* outputs, or -1 */
        bool active_low;
        bool raw; /* inputs: the level of the last edge */
};

static uint64_t monotonic_us(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static bool name_valid(const char *name)
{
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
        size_t n = strspn(name, allowed);
        return n > 0 && n <= NAME_LIMIT && name[n] == '\0' && strcmp(name, ".") != 0 &&
               strcmp(name, "..") != 0;
}

static int open_regular(int dir_fd, const char *name, int flags)
{
        /* Without O_NONBLOCK a FIFO would hold up the loop before we see that it is one. */
        _cleanup_close_ int fd = openat(dir_fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
        if (fd < 0)
                return -errno;
        struct stat st;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        int opened = fd;
        fd = -1;
        return opened;
}

/* The directory below `parent`, made when it is not there. */
static int open_dir(int parent_fd, const char *name)
{
        if (mkdirat(parent_fd, name, 0755) < 0 && errno != EEXIST)
                return -errno;
        int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int read_file(int dir_fd, const char *name, char text[static FILE_LIMIT + 1])
{
        _cleanup_close_ int fd = open_regular(dir_fd, name, O_RDONLY);
        if (fd < 0)
                return fd;
        ssize_t n = pread(fd, text, FILE_LIMIT, 0);
        if (n < 0)
                return -errno;
        text[n] = '\0';
        return 0;
}

static int read_pull(const struct sim_line *sim, bool *ret_raw)
{
        char text[FILE_LIMIT + 1];
        int r = read_file(sim->dir_fd, "pull", text);
        if (r == -ENOENT) {
                *ret_raw = sim->active_low; /* inactive */
                return 0;
        }
        if (r < 0)
                return r;
        text[strcspn(text, "\r\n")] = '\0';
        if (strcmp(text, "pull-up") == 0)
                *ret_raw = true;
        else if (strcmp(text, "pull-down") == 0)
                *ret_raw = false;
        else
                *ret_raw = sim->raw; /* truncated, and about to be written */
        return 0;
}

static unsigned sum_of_lines(const char *text)
{
        unsigned sum = 0, number = 0;
        for (; *text; text++) {
                if (*text >= '0' && *text <= '9') {
                        number = number * 10 + (unsigned)(*text - '0');
                        if (number > PULSES_LIMIT)
                                number = PULSES_LIMIT;
                } else {
                        sum += number;
                        number = 0;
                }
                if (sum > PULSES_LIMIT)
                        sum = PULSES_LIMIT;
        }
        sum += number;
        return sum > PULSES_LIMIT ? PULSES_LIMIT : sum;
}

/* Renamed before it is read, so that a writer who comes meanwhile makes a new file and a new event. */
static int take_pulses(struct sim_line *sim, unsigned *ret_pulses)
{
        static const char taken[] = "pulses.taken";
        if (renameat(sim->dir_fd, "pulses", sim->dir_fd, taken) < 0) {
                if (errno != ENOENT)
                        return -errno;
                *ret_pulses = 0;
                return 0;
        }
        char text[FILE_LIMIT + 1];
        int r = read_file(sim->dir_fd, taken, text);
        if (r < 0)
                return r;
        (void)unlinkat(sim->dir_fd, taken, 0);
        *ret_pulses = sum_of_lines(text);
        return 0;
}

/* The contactor of the demo: an output whose directory has a file `drives` ("CHIP/LINE") pulls that input along, as fast
 * as a wire would, which no other process could do under a simulated clock. */
static int drive(const struct sim_line *sim, bool raw)
{
        char text[FILE_LIMIT + 1], *chip = text, *line;
        int r = read_file(sim->dir_fd, "drives", text);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        text[strcspn(text, "\r\n")] = '\0';
        line = strchr(text, '/');
        if (!line)
                return -EINVAL;
        *line++ = '\0';
        if (!name_valid(chip) || !name_valid(line))
                return -EINVAL;
        _cleanup_close_ int top_fd = openat(sim->dir_fd, "../..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_close_ int chip_fd = top_fd < 0 ? -1 : open_dir(top_fd, chip);
        _cleanup_close_ int line_fd = chip_fd < 0 ? -1 : open_dir(chip_fd, line);
        if (line_fd < 0)
                return -EIO;
        _cleanup_close_ int pull_fd = open_regular(line_fd, "pull", O_WRONLY | O_CREAT | O_TRUNC);
        if (pull_fd < 0)
                return pull_fd;
        return dprintf(pull_fd, "%s\n", raw ? "pull-up" : "pull-down") < 0 ? -errno : 0;
}

/* A removed directory is a chip that was unplugged. */
static int still_there(const struct sim_line *sim)
{
        struct stat st;
        if (fstat(sim->dir_fd, &st) < 0)
                return -errno;
        return st.st_nlink == 0 ? -ENODEV : 0;
}

static int sim_set(struct thon_gpio_line *base, bool active)
{
        struct sim_line *sim = (struct sim_line *)base;
        bool raw = active != sim->active_low;
        int r = still_there(sim);
        if (r < 0)
                return r;
        ssize_t n = pwrite(sim->value_fd, raw ? "1\n" : "0\n", 2, 0);
        if (n != 2)
                return n < 0 ? -errno : -EIO;
        if (sim->log_fd >= 0 &&
            dprintf(sim->log_fd, "%llu %d\n", (unsigned long long)monotonic_us(), raw) < 0)
                return -errno;
        return drive(sim, raw);
}

static int sim_get(struct thon_gpio_line *base, bool *ret_active)
{
        struct sim_line *sim = (struct sim_line *)base;
        bool raw;
        if (sim->value_fd >= 0) {
                char digit;
                ssize_t n = pread(sim->value_fd, &digit, 1, 0);
                if (n != 1)
                        return n < 0 ? -errno : -EIO;
                raw = digit == '1';
        } else {
                int r = read_pull(sim, &raw);
                if (r < 0)
                        return r;
        }
        *ret_active = raw != sim->active_low;
        return 0;
}

/* Takes every event. *ret_pulses: the file of that name was completed. */
static int drain_watch(int fd, bool *ret_any, bool *ret_pulses)
{
        bool any = false, pulses = false;
        for (;;) {
                _Alignas(struct inotify_event) char buf[4096];
                ssize_t n = read(fd, buf, sizeof buf);
                if (n < 0 && (errno == EAGAIN || errno == EINTR))
                        break;
                if (n <= 0)
                        return n < 0 ? -errno : -EIO;
                any = true;
                const struct inotify_event *event;
                for (const char *p = buf; p < buf + n; p += sizeof *event + event->len) {
                        event = (const struct inotify_event *)p;
                        if ((event->mask & IN_Q_OVERFLOW) ||
                            ((event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) && event->len > 0 &&
                             strcmp(event->name, "pulses") == 0))
                                pulses = true;
                }
        }
        *ret_any = any;
        *ret_pulses = pulses;
        return 0;
}

static int sim_read(struct thon_gpio_line *base, struct thon_gpio_edge edges[static THON_GPIO_BATCH])
{
        struct sim_line *sim = (struct sim_line *)base;
        bool any, pulses;
        int r = drain_watch(sim->base.fd, &any, &pulses);
        if (r < 0)
                return r;
        if (!any)
                return 0;
        r = still_there(sim);
        if (r < 0)
                return r;

        bool raw;
        r = read_pull(sim, &raw);
        if (r < 0)
                return r;
        int n = 0;
        uint64_t now_us = monotonic_us();
        if (raw != sim->raw)
                edges[n++] = (struct thon_gpio_edge){.at_us = now_us, .level = raw != sim->active_low};
        sim->raw = raw;

        unsigned count = 0;
        if (pulses) {
                r = take_pulses(sim, &count);
                if (r < 0)
                        return r;
        }
        if (count > 0)
                edges[n++] = (struct thon_gpio_edge){
                        .at_us = now_us, .level = raw != sim->active_low, .pulses = count};
        return n;
}

static struct thon_gpio_line *sim_close(struct thon_gpio_line *base)
{
        if (!base)
                return NULL;
        struct sim_line *sim = (struct sim_line *)base;
        thon_closep(&sim->base.fd);
        thon_closep(&sim->log_fd);
        thon_closep(&sim->value_fd);
        thon_closep(&sim->lock_fd);
        thon_closep(&sim->dir_fd);
        free(sim);
        return NULL;
}

static const struct thon_gpio_ops sim_ops = {
        .set = sim_set, .get = sim_get, .read = sim_read, .close = sim_close};

THON_DEFINE_CLEANUP(struct thon_gpio_line *, sim_close)

static int hold(struct sim_line *sim, const char *consumer, char **ret_holder)
{
        sim->lock_fd = open_regular(sim->dir_fd, "consumer", O_RDWR | O_CREAT);
        if (sim->lock_fd < 0)
                return sim->lock_fd;
        if (flock(sim->lock_fd, LOCK_EX | LOCK_NB) < 0) {
                if (errno != EWOULDBLOCK)
                        return -errno;
                char text[FILE_LIMIT + 1];
                if (read_file(sim->dir_fd, "consumer", text) == 0 && text[0] != '\0') {
                        text[strcspn(text, "\n")] = '\0';
                        *ret_holder = strdup(text);
                }
                return THON_GPIO_BUSY;
        }
        if (ftruncate(sim->lock_fd, 0) < 0 || dprintf(sim->lock_fd, "%s\n", consumer) < 0)
                return -errno;
        return 0;
}

static int open_output(struct sim_line *sim, bool initial)
{
        sim->value_fd = open_regular(sim->dir_fd, "value", O_RDWR | O_CREAT);
        if (sim->value_fd < 0)
                return sim->value_fd;
        if (getenv("THON_GPIO_SIM_LOG")) {
                sim->log_fd = open_regular(sim->dir_fd, "log", O_WRONLY | O_CREAT | O_APPEND);
                if (sim->log_fd < 0)
                        return sim->log_fd;
        }
        return sim_set(&sim->base, initial);
}

static int watch_dir(int fd, const char *path, uint32_t events)
{
        return inotify_add_watch(fd, path, events | IN_ONLYDIR | IN_DONT_FOLLOW) < 0 ? -errno : 0;
}

static int open_input(struct sim_line *sim, const char *sim_dir, const char *chip, const char *line)
{
        _cleanup_free_ char *path = NULL;
        if (asprintf(&path, "%s/%s/%s", sim_dir, chip, line) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        sim->base.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (sim->base.fd < 0)
                return -errno;
        int r = watch_dir(sim->base.fd, path,
                          IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE);
        if (r < 0)
                return r;
        /* The removal of a directory that is open, as ours is, is an event of the one above only. */
        path[strlen(path) - strlen(line) - 1] = '\0';
        r = watch_dir(sim->base.fd, path, IN_DELETE);
        if (r < 0)
                return r;
        r = read_pull(sim, &sim->raw);
        if (r < 0)
                return r;
        /* Pulses from before: closing the file makes the event for which they wait. */
        _cleanup_close_ int pulses_fd = open_regular(sim->dir_fd, "pulses", O_WRONLY);
        return pulses_fd < 0 && pulses_fd != -ENOENT ? pulses_fd : 0;
}

int thon_gpio_sim_open(const char *sim_dir, const char *chip, const char *name,
                       const struct thon_gpio_request *request, struct thon_gpio_line **ret,
                       char **ret_holder)
{
        if (!name_valid(chip))
                return THON_GPIO_NO_CHIP;
        if (!name_valid(name))
                return THON_GPIO_NO_LINE;
        struct sim_line *sim = calloc(1, sizeof *sim);
        if (!sim)
                return -ENOMEM;
        _cleanup_(sim_closep) struct thon_gpio_line *line = &sim->base;
        *sim = (struct sim_line){
                .base = {.ops = &sim_ops, .fd = -1},
                .dir_fd = -1,
                .lock_fd = -1,
                .value_fd = -1,
                .log_fd = -1,
                .active_low = request->active_low,
                .raw = request->active_low,
        };

        if (mkdir(sim_dir, 0755) < 0 && errno != EEXIST)
                return -errno;
        _cleanup_close_ int top_fd = open(sim_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (top_fd < 0)
                return -errno;
        _cleanup_close_ int chip_fd = open_dir(top_fd, chip);
        if (chip_fd < 0)
                return chip_fd;
        sim->dir_fd = open_dir(chip_fd, name);
        if (sim->dir_fd < 0)
                return sim->dir_fd;
        int r = hold(sim, request->consumer, ret_holder);
        if (r != 0)
                return r;
        r = request->output ? open_output(sim, request->initial) : open_input(sim, sim_dir, chip, name);
        if (r < 0)
                return r;
        *ret = THON_TAKE(line);
        return THON_GPIO_OK;
}
