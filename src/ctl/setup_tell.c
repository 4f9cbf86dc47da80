/* The daemons of the system are told by systemctl, which waits until they are ready again; those of another directory
 * (a trial, a test) are whoever's who started them. Restarting blinks no lamp: the service manager keeps the lines. */
#include "setup_tell.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "thon/cleanup.h"

extern char **environ;

static bool of_the_system(const struct setup *s)
{
        _cleanup_free_ char *dir = realpath(s->ctl->config_dir, NULL);

        return dir && strcmp(dir, "/etc/thon") == 0 && access("/run/systemd/system", F_OK) == 0;
}

static int systemctl(const char *verb)
{
        const char *argv[] = {"systemctl",
                              "--no-ask-password",
                              verb,
                              "thon-lightd.service",
                              "thon-relayd.service",
                              "thon-camerad.service",
                              "thon-announced.service",
                              NULL};
        posix_spawnattr_t attributes;
        sigset_t none;
        pid_t child;
        int status, r;

        /* Ours are blocked; it is to hear its own. */
        (void)sigemptyset(&none);
        r = posix_spawnattr_init(&attributes);
        if (r == 0)
                r = posix_spawnattr_setsigmask(&attributes, &none);
        if (r == 0)
                r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        if (r == 0)
                r = posix_spawnp(&child, argv[0], NULL, &attributes, (char **)argv, environ);
        (void)posix_spawnattr_destroy(&attributes);
        if (r != 0)
                return -r;
        while (waitpid(child, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static bool changed(const struct setup *s, const char *what)
{
        const json_t *change;
        size_t i;

        json_array_foreach (s->changes, i, change) {
                const char *of = json_string_value(json_object_get(change, "what"));

                if (of && strcmp(of, what) == 0)
                        return true;
        }
        return false;
}

/* The registry's tables that were written, as registry/changed names them. */
static void publish(struct setup *s)
{
        static const struct {
                const char *what, *table;
        } tables[] = {{"area", "area"},      {"program", "program"}, {"calendar", "calendar"},
                      {"circuit", "device"}, {"person", "person"},   {"user", "user"}};

        for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
                if (changed(s, tables[i].what) && !ctl_touched_quietly(s->ctl, tables[i].table)) {
                        fprintf(s->out,
                                "Chưa báo được cho các dịch vụ qua MQTT; chúng tự xem lại trong nửa giờ.\n");
                        return;
                }
}

int setup_tell(struct setup *s, bool files, bool restart)
{
        bool system = of_the_system(s);
        int r = 0;

        /* A restart reads all anew. */
        if (!system || !restart)
                publish(s);
        if (!files)
                return CTL_OK;
        if (!system) {
                fprintf(s->out, "Cấu hình đã đổi: %s các dịch vụ Thôn.\n",
                        restart ? "khởi động lại" : "nạp lại");
                return CTL_OK;
        }
        fprintf(s->out, "Đang %s các dịch vụ…\n", restart ? "khởi động lại" : "nạp lại");
        (void)fflush(s->out);
        r = systemctl(restart ? "try-restart" : "try-reload-or-restart");
        if (r == 0)
                return CTL_OK;
        return ctl_fail(
                s->ctl, "not-told",
                "mọi thứ đã ghi xong, nhưng chưa %s được hết các dịch vụ (%s). Xem: systemctl status 'thon-*'",
                restart ? "khởi động lại" : "nạp lại", strerror(-r));
}
