/* Three fences, each of which may be missing: limits, Landlock (no file and no port but those that are open; since 5.13) and
 * seccomp (no call that the work does not need). They are set once everything is open and every plugin is loaded, by the one
 * thread that there is: Landlock holds for the thread that sets it and for those that it begins.
 *
 * seccomp allows by list and answers all else with EPERM, not with death: what a library tries beside its work is to fail like
 * any other try. What makes a fence of it: no execve, no new process (clone only for threads; clone3, whose arguments a filter
 * cannot see, is "not there", and libc then uses clone), no socket but for streams, no ptrace, mount, keys, modules or other
 * processes' memory, and no memory that can be executed. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/log.h"

#define MEMORY_MAX (UINT64_C(512) << 20)
#define FILES_MAX  256

/* Of headers younger than Debian 12's. */
#define FS_REFER     (UINT64_C(1) << 13) /* ABI 2 */
#define FS_TRUNCATE  (UINT64_C(1) << 14) /* ABI 3 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define FS_ABI_1     ((UINT64_C(1) << 13) - 1)
#define NET_TCP      UINT64_C(3) /* ABI 4: bind, connect */
#define SCOPES       UINT64_C(3) /* ABI 6: abstract sockets, signals */
struct ruleset {
        uint64_t fs, net, scoped;
};

static int limit(int resource, uint64_t most)
{
        struct rlimit now;

        if (getrlimit((__rlimit_resource_t)resource, &now) < 0)
                return -errno;
        if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
                most = now.rlim_max;
        now = (struct rlimit){most, most};
        return setrlimit((__rlimit_resource_t)resource, &now) < 0 ? -errno : 0;
}

static void set_limits(const struct sandbox *sandbox)
{
        const struct {
                int resource;
                uint64_t most; /* 0: without, but for core */
        } limits[] = {
                {RLIMIT_CORE, 0},
                {RLIMIT_NOFILE, FILES_MAX},
#ifndef __SANITIZE_ADDRESS__ /* whose shadow is terabytes of nothing */
                {RLIMIT_DATA, MEMORY_MAX},
#endif
                {RLIMIT_CPU, sandbox->cpu_s},
                {RLIMIT_FSIZE, sandbox->file_max},
        };

        for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
                int r = limits[i].most > 0 || limits[i].resource == RLIMIT_CORE
                                ? limit(limits[i].resource, limits[i].most)
                                : 0;

                if (r < 0)
                        thon_warning("no limit %d in this sandbox: %s", limits[i].resource, strerror(-r));
        }
}

static int allow_path(int ruleset, const char *path, uint64_t access)
{
        _cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
        struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

        if (fd < 0)
                return -errno;
        return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ? -errno
                                                                                                 : 0;
}

/* Names and certificates for streams, and the libraries that look up names; but of /etc no more than that, as our own
 * credentials are there. What of it is missing is not needed here. */
static int allow_streams(int ruleset)
{
        static const char *const directories[] = {
                "/usr", "/lib", "/etc/ssl", "/etc/gnutls", "/etc/ca-certificates", "/run/systemd/resolve",
                NULL};
        static const char *const files[] = {
                "/etc/resolv.conf", "/etc/hosts",       "/etc/nsswitch.conf", "/etc/host.conf",
                "/etc/gai.conf",    "/etc/ld.so.cache", "/etc/services",      NULL};
        const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE;
        int r = 0;

        for (const char *const *path = directories; r == 0 && *path; path++) {
                r = allow_path(ruleset, *path, read | LANDLOCK_ACCESS_FS_READ_DIR);
                r = r == -ENOENT || r == -EACCES ? 0 : r;
        }
        for (const char *const *path = files; r == 0 && *path; path++) {
                r = allow_path(ruleset, *path, read);
                r = r == -ENOENT || r == -EACCES ? 0 : r;
        }
        return r;
}

static int lock_files(const struct sandbox *sandbox)
{
        long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
        struct ruleset all = {.fs = FS_ABI_1};
        _cleanup_close_ int ruleset = -1;
        int r = 0;

        if (abi < 0)
                return -errno;
        if (abi >= 2)
                all.fs |= FS_REFER;
        if (abi >= 3)
                all.fs |= FS_TRUNCATE;
        if (abi >= 4 && !sandbox->live)
                all.net = NET_TCP;
        if (abi >= 5)
                all.fs |= FS_IOCTL_DEV;
        if (abi >= 6)
                all.scoped = SCOPES;
        ruleset = (int)syscall(SYS_landlock_create_ruleset, &all,
                               abi >= 6   ? sizeof all
                               : abi >= 4 ? sizeof all - sizeof all.scoped
                                          : sizeof all.fs,
                               0);
        if (ruleset < 0)
                return -errno;
        if (sandbox->directory)
                r = allow_path(ruleset, sandbox->directory,
                               LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE);
        if (r == 0 && sandbox->live)
                r = allow_streams(ruleset);
        if (r == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
                r = -errno;
        return r;
}

static const char *const calls[] = {
        /* files that are open, and names within what Landlock leaves */
        "read",
        "write",
        "readv",
        "writev",
        "pread64",
        "pwrite64",
        "lseek",
        "_llseek",
        "close",
        "fstat",
        "fstat64",
        "newfstatat",
        "fstatat64",
        "statx",
        "stat",
        "stat64",
        "lstat",
        "lstat64",
        "fcntl",
        "fcntl64",
        "dup",
        "dup2",
        "dup3",
        "ftruncate",
        "ftruncate64",
        "fdatasync",
        "fsync",
        "ioctl",
        "open",
        "openat",
        "access",
        "faccessat",
        "faccessat2",
        "readlink",
        "readlinkat",
        "getdents64",
        "linkat",
        "unlink",
        "unlinkat",
        "getcwd",
        "statfs",
        "fstatfs",
        "fadvise64",
        "arm_fadvise64_64",
        /* memory (executable: below) */
        "brk",
        "munmap",
        "mremap",
        "madvise",
        "msync",
        "shmdt",
        "semop",
        "semtimedop",
        "semctl",
        "shmctl",
        /* threads, time and signals */
        "futex",
        "futex_time64",
        "set_robust_list",
        "get_robust_list",
        "rseq",
        "membarrier",
        "gettid",
        "getpid",
        "getppid",
        "tgkill",
        "exit",
        "exit_group",
        "rt_sigaction",
        "rt_sigprocmask",
        "rt_sigreturn",
        "sigreturn",
        "sigaltstack",
        "restart_syscall",
        "sched_yield",
        "sched_getaffinity",
        "sched_getparam",
        "sched_getscheduler",
        "sched_setscheduler",
        "sched_get_priority_max",
        "sched_get_priority_min",
        "setpriority",
        "getpriority",
        "clock_gettime",
        "clock_gettime64",
        "clock_getres",
        "clock_getres_time64",
        "clock_nanosleep",
        "clock_nanosleep_time64",
        "nanosleep",
        "gettimeofday",
        "time",
        "times",
        "getrusage",
        "sysinfo",
        "uname",
        "getuid",
        "geteuid",
        "getgid",
        "getegid",
        "getuid32",
        "geteuid32",
        "getgid32",
        "getegid32",
        "getrandom",
        "prctl",
        "prlimit64",
        "getrlimit",
        "ugetrlimit",
        "getcpu",
        "set_tid_address",
        "alarm",
        "setitimer",
        /* waiting, and sockets that are open */
        "poll",
        "ppoll",
        "ppoll_time64",
        "select",
        "_newselect",
        "pselect6",
        "pselect6_time64",
        "epoll_create1",
        "epoll_ctl",
        "epoll_wait",
        "epoll_pwait",
        "epoll_pwait2",
        "eventfd2",
        "pipe",
        "pipe2",
        "timerfd_create",
        "timerfd_settime",
        "timerfd_gettime",
        "send",
        "sendto",
        "sendmsg",
        "sendmmsg",
        "recv",
        "recvfrom",
        "recvmsg",
        "recvmmsg",
        "getsockname",
        "getpeername",
        "getsockopt",
        "setsockopt",
        "shutdown",
        "socketpair",
};
static const char *const stream_calls[] = {"connect",          "bind",          "listen",
                                           "accept4",          "inotify_init1", "inotify_add_watch",
                                           "inotify_rm_watch", "memfd_create"};

static int allow(scmp_filter_ctx filter, const char *const *names, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                int call = seccomp_syscall_resolve_name(names[i]);
                int r = call == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);

                if (r < 0 && r != -EDOM) /* which this architecture does not have */
                        return r;
        }
        return 0;
}

/* Of the network: IP and local sockets, and netlink, by which libc looks what addresses the machine has. */
static int allow_sockets(scmp_filter_ctx filter)
{
        static const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
        int r = allow(filter, stream_calls, sizeof stream_calls / sizeof *stream_calls);

        for (size_t i = 0; r == 0 && i < sizeof families / sizeof *families; i++)
                r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                     (struct scmp_arg_cmp){0, SCMP_CMP_EQ, (scmp_datum_t)families[i], 0});
        return r;
}

/* A stream may load what looks up names. */
static int allow_memory(scmp_filter_ctx filter, bool executable)
{
        const int maps[] = {SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)};
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof maps / sizeof *maps; i++) {
                if (executable)
                        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, maps[i], 0);
                else
                        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, maps[i], 1,
                                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
                if (r == -EDOM)
                        r = 0;
        }
        return r;
}

static void release(scmp_filter_ctx *filter)
{
        if (*filter)
                seccomp_release(*filter);
}

static int filter_calls(const struct sandbox *sandbox)
{
        _cleanup_(release) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
        int r;

        if (!filter)
                return -ENOMEM;
        r = allow(filter, calls, sizeof calls / sizeof *calls);
        if (r == 0)
                r = allow_memory(filter, sandbox->live);
        if (r == 0 && sandbox->live)
                r = allow_sockets(filter);
        if (r == 0)
                r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
        if (r == 0)
                r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                     SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
        /* A sound server's library may have threads already. */
        if (r == 0)
                r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
        return r == 0 ? seccomp_load(filter) : r;
}

int sandbox_enter(const struct sandbox *sandbox)
{
        int r;

        set_limits(sandbox);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        r = lock_files(sandbox);
        if (r < 0)
                thon_warning("no Landlock in this sandbox: %s", strerror(-r));
        r = filter_calls(sandbox);
        if (r < 0)
                thon_warning("no seccomp in this sandbox: %s", strerror(-r));
        return 0;
}
