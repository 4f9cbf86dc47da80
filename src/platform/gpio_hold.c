/* Why a restart does not blink a lamp. When the last descriptor of a requested line is closed, many kernels make the pin
 * an input again; a contactor falls off, and discharge lamps need minutes before they strike again. So the service
 * manager is given a copy of each output's descriptor (FileDescriptorStoreMax= in the unit): while the daemon is dead
 * the line is still requested and its level stands, and the next run is passed the descriptor and goes on with it.
 * A real stop of the service closes them all. Without a service manager this is a list and nothing more. */
#include "gpio_hold.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "thon/cleanup.h"

#define NAME_PREFIX "gpio-" /* of the names in the service manager's store */
#define BARRIER_US  500000  /* it answers at once, or has other troubles than ours */

struct thon_gpio_held {
        struct thon_gpio_held *next;
        char *name;
        int fd;
        bool used;
};

struct thon_gpio_hold {
        struct thon_gpio_held *first;
};

THON_DEFINE_CLEANUP(struct thon_gpio_hold *, thon_gpio_hold_free)

static struct thon_gpio_held *held_free(struct thon_gpio_held *held)
{
        thon_closep(&held->fd);
        free(held->name);
        free(held);
        return NULL;
}

static int insert(struct thon_gpio_hold *hold, const char *name, int fd, struct thon_gpio_held **ret)
{
        struct thon_gpio_held *held = calloc(1, sizeof *held);
        char *copy = strdup(name);
        if (!held || !copy) {
                free(held);
                free(copy);
                (void)close(fd);
                return -ENOMEM;
        }
        *held = (struct thon_gpio_held){.next = hold->first, .name = copy, .fd = fd};
        hold->first = held;
        *ret = held;
        return 0;
}

static void free_names(char ***names)
{
        for (char **name = *names; name && *name; name++)
                free(*name);
        free(*names);
}

/* Descriptors that are not ours are left alone: another module may know them. */
static int take_passed(struct thon_gpio_hold *hold)
{
        _cleanup_(free_names) char **names = NULL;
        int n = sd_listen_fds_with_names(0, &names);
        if (n < 0)
                return n;
        int result = 0;
        for (int i = 0; i < n; i++) {
                if (strncmp(names[i], NAME_PREFIX, strlen(NAME_PREFIX)) != 0)
                        continue;
                struct thon_gpio_held *held;
                int r = insert(hold, names[i] + strlen(NAME_PREFIX), SD_LISTEN_FDS_START + i, &held);
                if (r < 0)
                        result = r;
        }
        return result;
}

int thon_gpio_hold_new(struct thon_gpio_hold **ret)
{
        _cleanup_(thon_gpio_hold_freep) struct thon_gpio_hold *hold = calloc(1, sizeof *hold);
        if (!hold)
                return -ENOMEM;
        int r = take_passed(hold);
        if (r < 0)
                return r;
        *ret = THON_TAKE(hold);
        return 0;
}

struct thon_gpio_hold *thon_gpio_hold_free(struct thon_gpio_hold *hold)
{
        if (!hold)
                return NULL;
        while (hold->first) {
                struct thon_gpio_held *held = hold->first;
                hold->first = held->next;
                held_free(held);
        }
        free(hold);
        return NULL;
}

struct thon_gpio_held *thon_gpio_hold_find(struct thon_gpio_hold *hold, const char *name)
{
        for (struct thon_gpio_held *held = hold->first; held; held = held->next)
                if (!held->used && strcmp(held->name, name) == 0)
                        return held;
        return NULL;
}

int thon_gpio_hold_add(struct thon_gpio_hold *hold, const char *name, int fd, struct thon_gpio_held **ret)
{
        struct thon_gpio_held *held;
        int r = insert(hold, name, fd, &held);
        if (r < 0)
                return r;
        /* Where nobody keeps it, the lamp is no worse off than without. */
        _cleanup_free_ char *message = NULL;
        if (asprintf(&message, "FDSTORE=1\nFDNAME=" NAME_PREFIX "%s", name) < 0)
                message = NULL;
        else
                (void)sd_pid_notify_with_fds(0, 0, message, &fd, 1);
        *ret = held;
        return 0;
}

int thon_gpio_held_fd(const struct thon_gpio_held *held)
{
        return held->fd;
}

void thon_gpio_held_use(struct thon_gpio_held *held, bool used)
{
        held->used = used;
}

static void forget(struct thon_gpio_hold *hold, struct thon_gpio_held *held)
{
        struct thon_gpio_held **p = &hold->first;
        while (*p != held)
                p = &(*p)->next;
        *p = held->next;

        _cleanup_free_ char *message = NULL;
        if (asprintf(&message, "FDSTOREREMOVE=1\nFDNAME=" NAME_PREFIX "%s", held->name) < 0)
                message = NULL;
        else
                (void)sd_notify(0, message);
        held_free(held);
}

/* Whoever requests the line next, ourselves included, would find it still held by the service manager. */
static void wait_for_manager(void)
{
        (void)sd_notify_barrier(0, BARRIER_US);
}

void thon_gpio_hold_drop(struct thon_gpio_hold *hold, struct thon_gpio_held *held)
{
        forget(hold, held);
        wait_for_manager();
}

void thon_gpio_hold_drop_unused(struct thon_gpio_hold *hold)
{
        bool any = false;
        struct thon_gpio_held *next;
        for (struct thon_gpio_held *held = hold->first; held; held = next) {
                next = held->next;
                if (held->used)
                        continue;
                forget(hold, held);
                any = true;
        }
        if (any)
                wait_for_manager();
}
