/* Alerts as files. Whoever can write into the directory (an SFTP login, a province's fetcher, an officer with a
 * stick) puts one there, and finds it again in done/, or in refused/ with a .txt beside it that says why.
 *
 * A file is whole when its writer closes it or renames it into place, and inotify says both. What lies there at the
 * start, or after inotify lost count, may be half written: such a file is taken when it looks the same at two looks
 * a second apart.
 *
 * Names are a stranger's. Every step goes through the directory's descriptor with one component, no link is
 * followed, and what is no regular file of a sensible size is moved aside unread. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utf8proc.h>

#include "cap_ways.h"
#include "thon/cleanup.h"

#define LOOK_US   1000000u  /* between two looks at what may be half written */
#define MEND_US   30000000u /* until an inbox that cannot be used, or a store, is tried again */
#define AT_ONCE   8u        /* files of a look; the next ones follow, so that nothing else waits */
#define NEXT_US   1000u
#define LISTED    256u /* files that are looked at together */
#define KEPT      200u /* files in done/, and in refused/ */
#define NAMES_MAX 4096u
#define MASK      (IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct looked {
        char name[NAME_MAX + 1];
        struct timespec modified;
        off_t size;
};

struct cap_inbox {
        sd_event *event;
        struct thon_clock *clock;
        const struct cap_intake_ops *ops;
        void *userdata;
        char *path;
        int fd; /* of the directory; -1: it cannot be used */
        sd_event_source *watch;
        struct thon_alarm *alarm;
        struct thon_mono due; /* of the alarm, while it is pending */
        bool troubled;
        struct looked *seen; /* LISTED of them, in order of their time, of the last look */
        size_t n_seen;
};

THON_DEFINE_CLEANUP(struct cap_inbox *, cap_inbox_free)
THON_DEFINE_CLEANUP(DIR *, closedir)

static void tell(struct cap_inbox *inbox, const char *what, int error)
{
        char problem[240];

        if (!what) {
                if (inbox->troubled)
                        inbox->ops->trouble("inbox", NULL, inbox->userdata);
                inbox->troubled = false;
                return;
        }
        (void)snprintf(problem, sizeof problem, "%.100s: %.40s: %.40s; look at its owner and mode",
                       inbox->path, what, strerror(error));
        if (!inbox->troubled)
                inbox->ops->trouble("inbox", problem, inbox->userdata);
        inbox->troubled = true;
}

/* What is to be looked at sooner stays so. */
static void look_in(struct cap_inbox *inbox, uint64_t us)
{
        struct thon_mono at = thon_mono_add(thon_clock_mono(inbox->clock), us);

        if (thon_alarm_pending(inbox->alarm) && inbox->due.us <= at.us)
                return;
        inbox->due = at;
        thon_alarm_set(inbox->alarm, THON_WALL_NEVER, at);
}

/* ---- where files go ---- */

static bool is_text(const char *name)
{
        size_t n = strlen(name);

        return n > 4 && strcmp(name + n - 4, ".txt") == 0;
}

struct kept {
        char *name;
        struct timespec modified;
};

static int by_age(const void *a, const void *b)
{
        const struct kept *x = a, *y = b;

        if (x->modified.tv_sec != y->modified.tv_sec)
                return x->modified.tv_sec < y->modified.tv_sec ? -1 : 1;
        if (x->modified.tv_nsec != y->modified.tv_nsec)
                return x->modified.tv_nsec < y->modified.tv_nsec ? -1 : 1;
        return strcmp(x->name, y->name);
}

static DIR *open_directory(int at, const char *name)
{
        int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);

        if (!dir && fd >= 0)
                (void)close(fd);
        return dir;
}

/* The oldest go when there are too many; a refused one with its text. */
static void prune(struct cap_inbox *inbox, const char *where)
{
        _cleanup_(closedirp) DIR *dir = open_directory(inbox->fd, where);
        struct kept *list = dir ? calloc(NAMES_MAX, sizeof *list) : NULL;
        const struct dirent *entry;
        size_t n = 0;

        while (list && n < NAMES_MAX && (entry = readdir(dir))) {
                struct stat st;

                if (entry->d_name[0] == '.' || is_text(entry->d_name) ||
                    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode))
                        continue;
                list[n] = (struct kept){strdup(entry->d_name), st.st_ctim};
                n += list[n].name != NULL;
        }
        if (n > KEPT) {
                qsort(list, n, sizeof *list, by_age);
                for (size_t i = 0; i < n - KEPT; i++) {
                        char text[NAME_MAX + 8];

                        (void)unlinkat(dirfd(dir), list[i].name, 0);
                        (void)snprintf(text, sizeof text, "%s.txt", list[i].name);
                        (void)unlinkat(dirfd(dir), text, 0);
                }
        }
        for (size_t i = 0; i < n; i++)
                free(list[i].name);
        free(list);
}

static void write_why(struct cap_inbox *inbox, const char *to, const char *why)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -1;

        if (asprintf(&path, "%s.txt", to) < 0)
                return;
        (void)unlinkat(inbox->fd, path, 0);
        fd = openat(inbox->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
        if (fd >= 0)
                (void)dprintf(fd, "%s\n", why);
}

/* Into done/ or refused/, beside what has the same name there. The name stays readable: it is the sender's. */
static int move(struct cap_inbox *inbox, const char *name, const char *where, const char *why)
{
        /* What is added must fit into a name too. */
        int n = (int)strnlen(name, NAME_MAX - 16);

        for (unsigned i = 1; i <= 1000; i++) {
                _cleanup_free_ char *to = NULL;

                if ((i == 1 ? asprintf(&to, "%s/%.*s", where, n, name)
                            : asprintf(&to, "%s/%.*s.%u", where, n, name, i)) < 0)
                        return -ENOMEM;
                if (renameat2(inbox->fd, name, inbox->fd, to, i < 1000 ? RENAME_NOREPLACE : 0) == 0) {
                        if (why)
                                write_why(inbox, to, why);
                        prune(inbox, where);
                        return 0;
                }
                if (errno != EEXIST)
                        return -errno;
        }
        return -EEXIST;
}

/* True when it is out of the way; else it is tried again, later. */
static bool put_away(struct cap_inbox *inbox, const char *name, const char *where, const char *why)
{
        int r = move(inbox, name, where, why);

        if (r < 0 && r != -ENOENT) {
                tell(inbox, "files cannot be moved", -r);
                look_in(inbox, MEND_US);
                return false;
        }
        tell(inbox, NULL, 0);
        return true;
}

/* ---- one file ---- */

/* Files that a program is still at, by the habits of those that copy: they come again under their real name. */
static bool is_passing(const char *name)
{
        static const char *const endings[] = {".part", ".filepart", ".tmp", ".swp", "~"};
        size_t n = strlen(name);

        for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
                if (n > strlen(endings[i]) && strcmp(name + n - strlen(endings[i]), endings[i]) == 0)
                        return true;
        return name[0] == '.';
}

static void name_origin(const char *name, char origin[static CAP_ORIGIN])
{
        size_t used = (size_t)snprintf(origin, CAP_ORIGIN, "inbox:");
        const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)name;

        while (*p) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate(p, -1, &c);
                bool good = n > 0 && utf8proc_category(c) < UTF8PROC_CATEGORY_ZL &&
                            utf8proc_category(c) != UTF8PROC_CATEGORY_CN;

                n = n > 0 ? n : 1;
                if (used + (size_t)n >= CAP_ORIGIN)
                        break;
                if (good)
                        memcpy(origin + used, p, (size_t)n);
                else
                        origin[used] = '?';
                used += good ? (size_t)n : 1;
                p += n;
        }
        origin[used] = '\0';
}

/* 0, -EMLINK (no regular file), -EFBIG, -errno. */
static int read_file(struct cap_inbox *inbox, const char *name, char **ret, size_t *ret_size)
{
        _cleanup_close_ int fd = -1;
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        struct stat st;

        /* Before it is opened: opening a device can act. */
        if (fstatat(inbox->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -EMLINK;
        fd = openat(inbox->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return errno == ELOOP ? -EMLINK : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EMLINK;
        if (st.st_size > THON_CAP_MAX)
                return -EFBIG;
        text = malloc(THON_CAP_MAX + 2);
        if (!text)
                return -ENOMEM;
        while (size <= THON_CAP_MAX) {
                ssize_t n = read(fd, text + size, THON_CAP_MAX + 1 - size);

                if (n == 0)
                        break;
                if (n < 0 && errno != EINTR)
                        return -errno;
                size += n > 0 ? (size_t)n : 0;
        }
        if (size > THON_CAP_MAX)
                return -EFBIG;
        text[size] = '\0';
        *ret = THON_TAKE(text);
        *ret_size = size;
        return 0;
}

static const char *unreadable(int error)
{
        switch (error) {
        case -EMLINK:
                return "Không phải tệp thường (liên kết hoặc thiết bị); đài không đọc.";
        case -EFBIG:
                return "Tệp quá lớn; một tin CAP không quá 512 KiB.";
        default:
                return "Không đọc được tệp; kiểm tra quyền đọc.";
        }
}

/* False: it still lies there, and a later look is arranged. */
static bool take(struct cap_inbox *inbox, const char *name)
{
        _cleanup_free_ char *xml = NULL;
        char origin[CAP_ORIGIN], why[CAP_WHY] = "";
        size_t size = 0;
        int r = read_file(inbox, name, &xml, &size);

        if (r == -ENOENT ||
            r == -EISDIR) /* taken away again; nobody's alert, and done/ and refused/ are such */
                return true;
        if (r == -ENOMEM) {
                look_in(inbox, MEND_US);
                return false;
        }
        if (r < 0)
                return put_away(inbox, name, "refused", unreadable(r));
        name_origin(name, origin);
        switch (inbox->ops->alert(xml, size, origin, why, inbox->userdata)) {
        case CAP_TAKEN:
                return put_away(inbox, name, "done", NULL);
        case CAP_REFUSED:
                return put_away(inbox, name, "refused", *why ? why : "Tin không được nhận.");
        case CAP_AGAIN:
                break;
        }
        look_in(inbox, MEND_US);
        return false;
}

/* ---- looks at the whole ---- */

static int by_time(const void *a, const void *b)
{
        const struct looked *x = a, *y = b;

        if (x->modified.tv_sec != y->modified.tv_sec)
                return x->modified.tv_sec < y->modified.tv_sec ? -1 : 1;
        if (x->modified.tv_nsec != y->modified.tv_nsec)
                return x->modified.tv_nsec < y->modified.tv_nsec ? -1 : 1;
        return strcmp(x->name, y->name);
}

static const struct looked *seen_before(const struct cap_inbox *inbox, const struct looked *now)
{
        for (size_t i = 0; i < inbox->n_seen; i++)
                if (strcmp(inbox->seen[i].name, now->name) == 0 && inbox->seen[i].size == now->size &&
                    inbox->seen[i].modified.tv_sec == now->modified.tv_sec &&
                    inbox->seen[i].modified.tv_nsec == now->modified.tv_nsec)
                        return &inbox->seen[i];
        return NULL;
}

/* In the order in which they came, so that an update follows its alert. Null when there is nothing to look at. */
static size_t list(struct cap_inbox *inbox, struct looked *ret)
{
        _cleanup_(closedirp) DIR *dir = open_directory(inbox->fd, ".");
        const struct dirent *entry;
        size_t n = 0;

        while (dir && n < LISTED && (entry = readdir(dir))) {
                struct stat st;

                if (is_passing(entry->d_name) ||
                    fstatat(inbox->fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode))
                        continue;
                memcpy(ret[n].name, entry->d_name, strlen(entry->d_name) + 1);
                ret[n].modified = st.st_mtim;
                ret[n].size = st.st_size;
                n++;
        }
        qsort(ret, n, sizeof *ret, by_time);
        return n;
}

static void look(struct cap_inbox *inbox)
{
        struct looked *now = calloc(LISTED, sizeof *now);
        size_t n = now ? list(inbox, now) : 0, gone = 0, stuck = 0;
        bool fresh = false;

        if (!now) {
                look_in(inbox, MEND_US);
                return;
        }
        for (size_t i = 0; i < n && gone < AT_ONCE && stuck < AT_ONCE; i++) {
                if (!seen_before(inbox, &now[i]))
                        fresh = true;
                else if (take(inbox, now[i].name))
                        gone++;
                else
                        stuck++;
        }
        free(inbox->seen);
        inbox->seen = now;
        inbox->n_seen = n;
        if (gone == AT_ONCE)
                look_in(inbox, NEXT_US);
        else if (fresh)
                look_in(inbox, LOOK_US);
        else if (stuck == 0)
                inbox->n_seen = 0;
}

/* ---- the directory ---- */

static void leave(struct cap_inbox *inbox)
{
        inbox->watch = sd_event_source_disable_unref(inbox->watch);
        if (inbox->fd >= 0)
                (void)close(inbox->fd);
        inbox->fd = -1;
        inbox->n_seen = 0;
}

static int on_change(sd_event_source *source, const struct inotify_event *change, void *userdata)
{
        struct cap_inbox *inbox = userdata;

        (void)source;
        if (change->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
                leave(inbox);
                look_in(inbox, 0);
        } else if (change->mask & IN_Q_OVERFLOW)
                look_in(inbox, LOOK_US);
        else if (change->len > 0 && !(change->mask & IN_ISDIR) && !is_passing(change->name))
                (void)take(inbox, change->name);
        return 0;
}

/* Watched before it is looked at, so that nothing falls between. */
static int enter(struct cap_inbox *inbox)
{
        int r;

        if (mkdir(inbox->path, 0770) < 0 && errno != EEXIST)
                return -errno;
        inbox->fd = open(inbox->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (inbox->fd < 0)
                return -errno;
        if ((mkdirat(inbox->fd, "done", 0750) < 0 && errno != EEXIST) ||
            (mkdirat(inbox->fd, "refused", 0750) < 0 && errno != EEXIST))
                return -errno;
        r = sd_event_add_inotify(inbox->event, &inbox->watch, inbox->path, MASK, on_change, inbox);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(inbox->watch, "cap-inbox");
        return 0;
}

static void on_alarm(void *userdata)
{
        struct cap_inbox *inbox = userdata;

        if (inbox->fd < 0) {
                int r = enter(inbox);

                if (r < 0) {
                        leave(inbox);
                        tell(inbox, "cannot be used", -r);
                        look_in(inbox, MEND_US);
                        return;
                }
                tell(inbox, NULL, 0);
        }
        look(inbox);
}

int cap_inbox_new(const struct cap_intake_options *options, const struct cap_intake_ops *ops, void *userdata,
                  struct cap_inbox **ret)
{
        _cleanup_(cap_inbox_freep) struct cap_inbox *inbox = calloc(1, sizeof *inbox);
        int r;

        if (!inbox)
                return -ENOMEM;
        inbox->fd = -1;
        inbox->event = sd_event_ref(options->event);
        inbox->clock = options->clock;
        inbox->ops = ops;
        inbox->userdata = userdata;
        inbox->path = strdup(options->inbox);
        r = inbox->path ? thon_alarm_new(options->clock, "cap-inbox", on_alarm, inbox, &inbox->alarm)
                        : -ENOMEM;
        if (r < 0)
                return r;
        look_in(inbox, 0);
        *ret = THON_TAKE(inbox);
        return 0;
}

struct cap_inbox *cap_inbox_free(struct cap_inbox *inbox)
{
        if (!inbox)
                return NULL;
        leave(inbox);
        inbox->alarm = thon_alarm_free(inbox->alarm);
        inbox->event = sd_event_unref(inbox->event);
        free(inbox->seen);
        free(inbox->path);
        free(inbox);
        return NULL;
}
