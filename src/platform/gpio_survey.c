/* Chips and lines as gpiodetect and gpioinfo show them, and the simulated ones as their files are.
 *
 * It is a picture of one moment: a line that is free here may be taken when lightd asks for it, which then says so. */
#include "thon/gpio_survey.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "gpio_backend.h"
#include "thon/cleanup.h"

#define LINES_MAX 4096 /* of one chip */
#define CHIPS_MAX 256

static void close_dir(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

struct thon_gpio_survey *thon_gpio_survey_free(struct thon_gpio_survey *survey)
{
        if (!survey)
                return NULL;
        for (size_t i = 0; i < survey->n_chips; i++)
                free(survey->chips[i].lines);
        free(survey->chips);
        free(survey);
        return NULL;
}
THON_DEFINE_CLEANUP(struct thon_gpio_survey *, thon_gpio_survey_free)

/* A terminal must not act on what another program calls itself. */
static void clean(char *text)
{
        for (; *text; text++)
                if ((unsigned char)*text < 0x20 || *text == 0x7f)
                        *text = '?';
}

static void copy(char *to, size_t size, const char *from)
{
        size_t n = from ? strnlen(from, size - 1) : 0;

        if (n > 0)
                memcpy(to, from, n);
        to[n] = '\0';
        clean(to);
}

static int add_line(void *userdata, unsigned offset, const char *name, bool used, const char *consumer)
{
        struct thon_gpio_survey_chip *chip = userdata;
        struct thon_gpio_survey_line *lines, *line;

        if (chip->n_lines == LINES_MAX)
                return -E2BIG;
        lines = reallocarray(chip->lines, chip->n_lines + 1, sizeof(*lines));
        if (!lines)
                return -ENOMEM;
        chip->lines = lines;
        line = &lines[chip->n_lines++];
        *line = (struct thon_gpio_survey_line){.offset = offset, .used = used};
        copy(line->name, sizeof(line->name), name);
        copy(line->consumer, sizeof(line->consumer), used ? consumer : NULL);
        return 0;
}

static int by_offset(const void *a, const void *b)
{
        const struct thon_gpio_survey_line *x = a, *y = b;

        return x->offset < y->offset ? -1 : x->offset > y->offset ? 1 : strcmp(x->name, y->name);
}

static int by_label(const void *a, const void *b)
{
        const struct thon_gpio_survey_chip *x = a, *y = b;
        int order = strcmp(x->label, y->label);

        return order != 0 ? order : strcmp(x->kernel_name, y->kernel_name);
}

/* The chip is taken over. */
static int add_chip(struct thon_gpio_survey *survey, struct thon_gpio_survey_chip *chip)
{
        struct thon_gpio_survey_chip *chips =
                survey->n_chips < CHIPS_MAX
                        ? reallocarray(survey->chips, survey->n_chips + 1, sizeof(*chips))
                        : NULL;

        if (!chips) {
                free(chip->lines);
                return survey->n_chips < CHIPS_MAX ? -ENOMEM : -E2BIG;
        }
        survey->chips = chips;
        if (chip->n_lines > 0)
                qsort(chip->lines, chip->n_lines, sizeof(*chip->lines), by_offset);
        chips[survey->n_chips++] = *chip;
        return 0;
}

/* ---- the kernel's ---- */

static int survey_kernel_chip(struct thon_gpio_survey *survey, const char *name)
{
        struct thon_gpio_survey_chip chip = {.n_lines = 0};
        _cleanup_free_ char *path = NULL, *label = NULL;
        int r;

        if (asprintf(&path, "%s/%s", THON_GPIO_DEV_DIR, name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        r = thon_gpio_kernel_label(path, &label);
        if (r == 0)
                r = thon_gpio_kernel_lines(path, add_line, &chip);
        if (r == -ENOMEM) {
                free(chip.lines);
                return r;
        }
        if (r < 0) {
                /* Unplugged while we look, or not ours to open. */
                free(chip.lines);
                survey->n_unreadable += r != -ENOENT && r != -ENODEV;
                return 0;
        }
        copy(chip.label, sizeof(chip.label), label);
        copy(chip.kernel_name, sizeof(chip.kernel_name), name);
        return add_chip(survey, &chip);
}

static int survey_kernel(struct thon_gpio_survey *survey)
{
        _cleanup_(close_dir) DIR *dir = opendir(THON_GPIO_BUS_DIR);
        const struct dirent *entry;
        int r = 0;

        if (!dir)
                return errno == ENOENT ? 0 : -errno;
        while (r == 0 && (entry = readdir(dir)))
                if (strncmp(entry->d_name, "gpiochip", 8) == 0)
                        r = survey_kernel_chip(survey, entry->d_name);
        return r;
}

/* ---- the simulated ---- */

/* The lock on it is what holds a line; a file without one is left of a program that ended. */
static void read_consumer(int line_fd, struct thon_gpio_survey_line *line)
{
        _cleanup_close_ int fd =
                openat(line_fd, "consumer", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        ssize_t n;

        if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
                return;
        line->used = true;
        n = read(fd, line->consumer, sizeof(line->consumer) - 1);
        line->consumer[n > 0 ? n : 0] = '\0';
        line->consumer[strcspn(line->consumer, "\n")] = '\0';
        clean(line->consumer);
}

static int survey_sim_lines(int chip_fd, struct thon_gpio_survey_chip *chip)
{
        int fd = fcntl(chip_fd, F_DUPFD_CLOEXEC, 3);
        _cleanup_(close_dir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        const struct dirent *entry;
        int r = 0;

        if (!dir) {
                r = -errno;
                if (fd >= 0)
                        (void)close(fd);
                return r;
        }
        while (r == 0 && (entry = readdir(dir))) {
                unsigned offset = 0;
                _cleanup_close_ int line_fd =
                        *entry->d_name == '.' ? -1
                                              : openat(chip_fd, entry->d_name,
                                                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (line_fd < 0)
                        continue;
                /* A name that is digits only is the offset. */
                if (!thon_gpio_line_offset(entry->d_name, &offset))
                        offset = UINT_MAX;
                r = add_line(chip, offset, entry->d_name, false, NULL);
                if (r == 0)
                        read_consumer(line_fd, &chip->lines[chip->n_lines - 1]);
        }
        return r;
}

static int survey_sim(struct thon_gpio_survey *survey, const char *sim_dir)
{
        _cleanup_(close_dir) DIR *dir = opendir(sim_dir);
        const struct dirent *entry;
        int r = 0;

        if (!dir)
                return errno == ENOENT ? 0 : -errno;
        while (r == 0 && (entry = readdir(dir))) {
                struct thon_gpio_survey_chip chip = {.n_lines = 0};
                _cleanup_close_ int fd = *entry->d_name == '.'
                                                 ? -1
                                                 : openat(dirfd(dir), entry->d_name,
                                                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (fd < 0 || strlen(entry->d_name) + sizeof("sim:") > sizeof(chip.label))
                        continue;
                copy(chip.label, sizeof(chip.label), "sim:");
                copy(chip.label + 4, sizeof(chip.label) - 4, entry->d_name);
                r = survey_sim_lines(fd, &chip);
                if (r == 0)
                        r = add_chip(survey, &chip);
                else
                        free(chip.lines);
        }
        return r;
}

int thon_gpio_survey(const char *sim_dir, struct thon_gpio_survey **ret)
{
        _cleanup_(thon_gpio_survey_freep) struct thon_gpio_survey *survey = calloc(1, sizeof(*survey));
        int r;

        if (!survey)
                return -ENOMEM;
        r = survey_kernel(survey);
        if (r == 0 && sim_dir && *sim_dir)
                r = survey_sim(survey, sim_dir);
        if (r < 0)
                return r;
        if (survey->n_chips > 0)
                qsort(survey->chips, survey->n_chips, sizeof(*survey->chips), by_label);
        *ret = THON_TAKE(survey);
        return 0;
}

/* ---- finding ---- */

const struct thon_gpio_survey_chip *thon_gpio_survey_chip(const struct thon_gpio_survey *survey,
                                                          const char *wanted)
{
        const struct thon_gpio_survey_chip *found = NULL;
        const char *number = strncmp(wanted, "/dev/", 5) == 0 ? wanted + 5 : wanted;
        _cleanup_free_ char *path = NULL;

        for (size_t i = 0; i < survey->n_chips; i++) {
                const struct thon_gpio_survey_chip *chip = &survey->chips[i];

                if (strcmp(chip->label, wanted) != 0 &&
                    (!*chip->kernel_name || strcmp(chip->kernel_name, number) != 0))
                        continue;
                if (found)
                        return NULL;
                found = chip;
        }
        if (found || thon_gpio_chip_find(THON_GPIO_BUS_DIR, THON_GPIO_DEV_DIR, wanted,
                                         thon_gpio_kernel_label, &path) != THON_GPIO_OK)
                return found;
        number = strrchr(path, '/') + 1;
        for (size_t i = 0; i < survey->n_chips; i++)
                if (strcmp(survey->chips[i].kernel_name, number) == 0)
                        found = &survey->chips[i];
        return found;
}

const struct thon_gpio_survey_line *thon_gpio_survey_line(const struct thon_gpio_survey_chip *chip,
                                                          const char *wanted)
{
        const struct thon_gpio_survey_line *found = NULL;
        unsigned offset = UINT_MAX;
        bool number = thon_gpio_line_offset(wanted, &offset);

        if (number && offset == UINT_MAX)
                return NULL;
        for (size_t i = 0; i < chip->n_lines; i++) {
                const struct thon_gpio_survey_line *line = &chip->lines[i];

                if (number ? line->offset != offset : strcmp(line->name, wanted) != 0)
                        continue;
                if (found)
                        return NULL;
                found = line;
        }
        return found;
}
