/* Between fork and exec only what is safe in a signal handler is called: a library of ours may have threads (name
 * look-ups of HTTP), and a lock that one of them held would stay locked in the child for ever. So paths, arguments
 * and environment are made before. */
#include "child_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "thon/cleanup.h"

#define ENV_MAX    16
#define CLOSE_FROM 3

extern char **environ;

/* What it may know of ours: where the user's sound server is, and how ALSA was told to be. */
static void environment(const char *registry, char *env[static ENV_MAX])
{
        static const char *const passed[] = {"HOME=",     "XDG_RUNTIME_DIR=", "ALSA_",
                                             "ORC_CODE=", "ASAN_OPTIONS=",    NULL};
        size_t n = 0;

        env[n++] = (char *)"PATH=/usr/local/bin:/usr/bin:/bin";
        env[n++] = (char *)"LANG=C.UTF-8";
        env[n++] = (char *)registry;
        for (char **p = environ; *p && n < ENV_MAX - 1; p++)
                for (const char *const *name = passed; *name; name++)
                        if (strncmp(*p, *name, strlen(*name)) == 0 && n < ENV_MAX - 1)
                                env[n++] = *p;
        env[n] = NULL;
}

static void limit(int what, uint64_t value)
{
        struct rlimit l = {.rlim_cur = value, .rlim_max = value};

        if (value > 0)
                (void)setrlimit((__rlimit_resource_t)what, &l);
}

static void fail_and_exit(int status)
{
        int error = errno;

        (void)!write(status, &error, sizeof error);
        _exit(CHILD_NOT_RUN);
}

/* We are the last that the kernel should take for want of memory: those that we start are not. */
static void first_to_go(const char *score)
{
        int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

        if (fd < 0)
                return;
        (void)!write(fd, score, strlen(score)); /* not taken: then the kernel chooses by size */
        (void)close(fd);
}

static void become(const struct child_options *o, char *const env[], pid_t parent, int in, int out, int err,
                   int status)
{
        struct sigaction fresh = {.sa_handler = SIG_DFL};
        struct rlimit core = {0, 0};
        sigset_t none;

        (void)setpgid(0, 0);
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
                _exit(CHILD_NOT_RUN); /* orphaned before it could be bound to us */
        for (int s = 1; s < NSIG; s++)
                (void)sigaction(s, &fresh, NULL);
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
                fail_and_exit(status);
        (void)close_range(CLOSE_FROM, ~0U, CLOSE_RANGE_CLOEXEC);
        (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        (void)setrlimit(RLIMIT_CORE, &core);
        limit(RLIMIT_CPU, o->cpu_s);
        limit(RLIMIT_DATA, o->data);
        limit(RLIMIT_FSIZE, o->file_size);
        first_to_go(o->expendable ? "500" : "0");
        (void)execve(o->argv[0], (char *const *)o->argv, env);
        fail_and_exit(status);
}

/* Until exec the child has our descriptors too. A socket that we closed meanwhile would stay in our epoll through
 * it, with a source that is gone, so we wait for the exec, which is milliseconds: the end of this pipe goes with
 * it. 0, or what stood in its way. */
static int wait_exec(int status)
{
        int error = 0;
        ssize_t n;

        do
                n = read(status, &error, sizeof error);
        while (n < 0 && errno == EINTR);
        return n == sizeof error && error > 0 ? -error : 0;
}

/* Ends above the three standard ones, so that dup2() in the child neither meets itself nor one that is still needed. */
static int make_pipe(int ret[static 2])
{
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        for (int i = 0; i < 2; i++) {
                if (fds[i] < CLOSE_FROM) {
                        int moved = fcntl(fds[i], F_DUPFD_CLOEXEC, CLOSE_FROM);

                        if (moved < 0) {
                                int r = -errno;

                                (void)close(fds[0]);
                                (void)close(fds[1]);
                                return r;
                        }
                        (void)close(fds[i]);
                        fds[i] = moved;
                }
        }
        ret[0] = fds[0];
        ret[1] = fds[1];
        return 0;
}

int child_spawn(const struct child_options *o, const char *registry, struct child_spawned *ret)
{
        int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1}, status[2] = {-1, -1}, pidfd = -1, r;
        pid_t parent = getpid(), pid = -1;
        char *env[ENV_MAX];

        environment(registry, env);
        r = make_pipe(in);
        if (r == 0)
                r = make_pipe(out);
        if (r == 0)
                r = make_pipe(err);
        if (r == 0)
                r = make_pipe(status);
        if (r == 0) {
                pid = fork();
                if (pid < 0)
                        r = -errno;
                else if (pid == 0)
                        become(o, env, parent, in[0], out[1], err[1], status[1]);
        }
        thon_closep(&in[0]);
        thon_closep(&out[1]);
        thon_closep(&err[1]);
        thon_closep(&status[1]);
        if (r == 0 && (r = wait_exec(status[0])) < 0)
                (void)waitpid(pid, NULL, 0);
        thon_closep(&status[0]);
        if (r == 0) {
                (void)setpgid(pid,
                              pid); /* whoever comes first; it fails when the child has exec'd already */
                pidfd = pidfd_open(pid, 0);
                if (pidfd < 0) {
                        r = -errno;
                        (void)kill(pid, SIGKILL);
                        (void)waitpid(pid, NULL, 0);
                }
        }
        if (r < 0) {
                thon_closep(&in[1]);
                thon_closep(&out[0]);
                thon_closep(&err[0]);
                return r;
        }
        *ret = (struct child_spawned){.pid = pid, .pidfd = pidfd, .in = in[1], .out = out[0], .err = err[0]};
        return 0;
}
