/* Which chip is meant. The number of a chip is an accident of probe order (the header of a Pi 5 was
 * gpiochip4, then 0, then 10 and more), so every chip of the machine is asked for its label and its
 * device-tree node, and two that answer are refused rather than one of them guessed. */
#include "gpio_backend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "thon/cleanup.h"

#define COMPATIBLE_MAX 4096 /* bytes; sysfs gives a property as one page at most */

/* The kernel's own ENOTSUPP, which has no name here and comes from some drivers all the same. */
#define KERNEL_ENOTSUPP 524

static void close_dir(DIR **dir)
{
        if (*dir)
                (void)closedir(*dir);
}

static bool all_digits(const char *text)
{
        return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool is_chip_name(const char *text)
{
        static const char prefix[] = "gpiochip";
        return strncmp(text, prefix, sizeof prefix - 1) == 0 && all_digits(text + sizeof prefix - 1);
}

bool thon_gpio_line_offset(const char *line, unsigned *ret_offset)
{
        if (!all_digits(line))
                return false;

        unsigned offset = 0;
        for (const char *p = line; *p; p++) {
                unsigned digit = (unsigned)(*p - '0');
                offset = offset > (UINT_MAX - digit) / 10 ? UINT_MAX : offset * 10 + digit;
                if (offset == UINT_MAX)
                        break;
        }
        *ret_offset = offset;
        return true;
}

bool thon_gpio_config_refused(int error)
{
        return error == -EINVAL || error == -ENXIO || error == -EOPNOTSUPP || error == -ENOTSUP ||
               error == -KERNEL_ENOTSUPP;
}

/* The property is a list of strings, each with its NUL. Having none is no error. */
static int compatible_has(int bus_fd, const char *chip, const char *wanted, bool *ret_has)
{
        char path[NAME_MAX + sizeof "/of_node/compatible"];
        (void)snprintf(path, sizeof path, "%s/of_node/compatible", chip);
        _cleanup_close_ int fd = openat(bus_fd, path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
                *ret_has = false;
                return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
        }

        char list[COMPATIBLE_MAX + 1];
        ssize_t n = read(fd, list, COMPATIBLE_MAX);
        if (n < 0)
                return -errno;
        list[n] = '\0';

        bool has = false;
        for (const char *p = list; p < list + n && !has; p += strlen(p) + 1)
                has = strcmp(p, wanted) == 0;
        *ret_has = has;
        return 0;
}

static int chip_matches(int bus_fd, const char *chip, const char *path, const char *wanted,
                        thon_gpio_label_fn label, bool *ret_matches)
{
        _cleanup_free_ char *text = NULL;
        int r = label(path, &text);
        if (r < 0)
                return r;
        if (strcmp(text, wanted) == 0) {
                *ret_matches = true;
                return 0;
        }
        return compatible_has(bus_fd, chip, wanted, ret_matches);
}

int thon_gpio_chip_find(const char *bus_dir, const char *dev_dir, const char *wanted,
                        thon_gpio_label_fn label, char **ret_path)
{
        if (is_chip_name(wanted) || all_digits(wanted) || strncmp(wanted, "/dev/", 5) == 0)
                return THON_GPIO_BY_NUMBER;

        _cleanup_(close_dir) DIR *dir = opendir(bus_dir);
        if (!dir)
                return errno == ENOENT ? THON_GPIO_NO_CHIP : -errno;

        _cleanup_free_ char *found = NULL;
        int unreadable = 0;
        for (;;) {
                errno = 0;
                const struct dirent *entry = readdir(dir);
                if (!entry) {
                        if (errno != 0)
                                return -errno;
                        break;
                }
                if (!is_chip_name(entry->d_name))
                        continue;

                _cleanup_free_ char *path = NULL;
                if (asprintf(&path, "%s/%s", dev_dir, entry->d_name) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                bool matches = false;
                int r = chip_matches(dirfd(dir), entry->d_name, path, wanted, label, &matches);
                if (r == -ENOMEM)
                        return r;
                if (r < 0) {
                        /* Unplugged while we look, or not ours to open: it matters only when no other one is
                         * found. */
                        if (r != -ENOENT && r != -ENODEV)
                                unreadable = r;
                        continue;
                }
                if (!matches)
                        continue;
                if (found)
                        return THON_GPIO_AMBIGUOUS;
                found = THON_TAKE(path);
        }
        if (!found)
                return unreadable < 0 ? unreadable : THON_GPIO_NO_CHIP;
        *ret_path = THON_TAKE(found);
        return THON_GPIO_OK;
}
