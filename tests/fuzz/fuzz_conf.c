/* Configuration files of any bytes: every type, a repeated section, and the small formats that values and options use. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/platform/sim_clock.h"
#include "thon/cleanup.h"
#include "thon/conf.h"
#include "thon/light.h"

#define ELEMENTS_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct element {
        char name[64];
        char *text;
        int64_t wait;
};

struct target {
        char *text, *path;
        thon_slug id;
        int number, port;
        double real;
        bool yes;
        int64_t wait;
        struct element elements[ELEMENTS_MAX];
        size_t n_elements;
};

#define AT(name) .offset = offsetof(struct target, name)

static const struct thon_conf_item items[] = {
        {"a", "text", THON_CONF_STRING, AT(text), .max = 100, .def = "default"},
        {"a", "path", THON_CONF_PATH, AT(path)},
        {"a", "id", THON_CONF_SLUG, AT(id)},
        {"a", "number", THON_CONF_INT, AT(number), .min = -100, .max = 100},
        {"b", "port", THON_CONF_PORT, AT(port)},
        {"b", "real", THON_CONF_REAL, AT(real), .min = -90, .max = 90},
        {"b", "yes", THON_CONF_BOOL, AT(yes)},
        {"b", "wait", THON_CONF_DURATION, AT(wait), .def = "90s"},
        {"element ", "text", THON_CONF_STRING, .offset = offsetof(struct element, text), .def = "x"},
        {"element ", "wait", THON_CONF_DURATION, .offset = offsetof(struct element, wait)},
};
#define N_ITEMS (sizeof(items) / sizeof(items[0]))

static void *get_element(void *userdata, const char *name)
{
        struct target *t = userdata;

        for (size_t i = 0; i < t->n_elements; i++)
                if (strcmp(t->elements[i].name, name) == 0)
                        return &t->elements[i];
        if (t->n_elements == ELEMENTS_MAX)
                return NULL;
        (void)snprintf(t->elements[t->n_elements].name, sizeof(t->elements[0].name), "%s", name);
        return &t->elements[t->n_elements++];
}

static const struct thon_conf_group groups[] = {{"element ", get_element}};

/* What is told must be one line of text: it goes into the log. */
static void hear(void *userdata, bool is_error, const char *text)
{
        unsigned *count = userdata;

        (void)is_error;
        if (*text == '\0' || strpbrk(text, "\n\r\x1b"))
                abort();
        (*count)++;
}

static void check(const struct target *t, int r)
{
        if (t->number < -100 || t->number > 100 || !(t->real >= -90 && t->real <= 90) || t->wait < 0 ||
            t->port < 0)
                abort();
        if (t->text && strlen(t->text) > 100)
                abort();
        if (t->path && *t->path != '/')
                abort();
        if (*t->id && !thon_slug_valid(t->id))
                abort();
        if (r > 0)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = strndup((const char *)data, size);
        _cleanup_close_ int fd = memfd_create("conf", MFD_CLOEXEC);
        unsigned count = 0;
        struct thon_conf_report report = {.tell = hear, .userdata = &count};
        struct target target = {0};
        struct thon_sim sim;
        char name[16];
        int64_t seconds;

        if (!text || fd < 0 || write(fd, data, size) != (ssize_t)size)
                return 0;
        (void)snprintf(name, sizeof(name), "%d", fd);
        int r = thon_conf_read("/proc/self/fd", name, items, N_ITEMS, groups, 1, &target, &report);
        check(&target, r);
        if (r == -EINVAL && report.errors == 0)
                abort();
        thon_conf_done(items, N_ITEMS, &target);
        for (size_t i = 0; i < target.n_elements; i++)
                thon_conf_done_section(items, N_ITEMS, "element ", &target.elements[i]);

        if (thon_duration_parse(text, &seconds) == 0 && seconds < 0)
                abort();
        if (thon_sim_parse(text, &sim) == 0 && sim.speed_ppm == 0)
                abort();
        return 0;
}
