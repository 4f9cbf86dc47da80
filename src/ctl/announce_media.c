/* A recording for announced, which opens files of its own directory only. It gets a name of its digest: nobody must
 * think of one, and the same recording is there once. */
#include "announce.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "thon/cleanup.h"
#include "thon/digest.h"

#define STATE_DIR  "/var/lib/thon"
#define MEDIA_MAX  (INT64_C(1) << 30)
#define ENDING_MAX 5

int ctl_announce_dir(struct ctl *ctl, const char *part, char **ret)
{
        const char *state = secure_getenv("THON_STATE_DIR");

        if (asprintf(ret, "%s/announce/%s", state && *state ? state : STATE_DIR, part) < 0)
                return ctl_fail(ctl, "memory", "out of memory");
        return CTL_OK;
}

/* ".mp3" of "Bản tin.MP3"; "" when there is none that is plain. */
static void ending_of(const char *path, char ret[static ENDING_MAX + 2])
{
        const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
        size_t n = dot ? strlen(dot + 1) : 0;

        ret[0] = '\0';
        if (n < 1 || n > ENDING_MAX)
                return;
        ret[0] = '.';
        for (size_t i = 1; i <= n; i++) {
                char c = dot[i] >= 'A' && dot[i] <= 'Z' ? (char)(dot[i] - 'A' + 'a') : dot[i];

                if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
                        ret[0] = '\0';
                        return;
                }
                ret[i] = c;
        }
        ret[n + 1] = '\0';
}

static int copy_all(int from, int to)
{
        char buffer[65536];

        for (;;) {
                ssize_t n = read(from, buffer, sizeof(buffer)), done = 0;

                if (n == 0)
                        return fsync(to) < 0 ? -errno : 0;
                if (n < 0 && errno != EINTR)
                        return -errno;
                while (done < n) {
                        ssize_t put = write(to, buffer + done, (size_t)(n - done));

                        if (put < 0 && errno != EINTR)
                                return -errno;
                        done += put > 0 ? put : 0;
                }
        }
}

/* As announced may read it: what root makes is given to the directory's owner. */
static int give_away(int fd, const char *dir)
{
        struct stat st;

        if (fchmod(fd, 0640) < 0 ||
            (geteuid() == 0 && (stat(dir, &st) < 0 || fchown(fd, st.st_uid, st.st_gid) < 0)))
                return -errno;
        return 0;
}

/* Whole or not at all. */
static int copy_file(const char *file, const char *dir, const char *path)
{
        _cleanup_close_ int from = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY), to = -1;
        _cleanup_free_ char *temporary = NULL;
        int r;

        if (from < 0)
                return -errno;
        if (asprintf(&temporary, "%s/.media-XXXXXX", dir) < 0)
                return -ENOMEM;
        to = mkostemp(temporary, O_CLOEXEC);
        if (to < 0)
                return -errno;
        r = copy_all(from, to);
        if (r == 0)
                r = give_away(to, dir);
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0)
                (void)unlink(temporary);
        return r;
}

static int refused(struct ctl *ctl, const char *file, const char *dir, const char *name, int r)
{
        if (r == -EACCES || r == -EPERM || r == -EROFS)
                return ctl_fail(
                        ctl, "access",
                        "%s cannot be written by you. Run thonctl with sudo, or copy the file yourself: "
                        "sudo install -o thon -g thon -m 0640 '%s' %s/%s, and then give --media %s",
                        dir, file, dir, name, name);
        if (r == -ENOENT)
                return ctl_fail(ctl, "io", "%s is not there: is the package thon installed on this machine?",
                                dir);
        return ctl_fail(ctl, "io", "%s: %s", dir, strerror(-r));
}

int ctl_announce_media(struct ctl *ctl, const char *file, char **ret)
{
        _cleanup_free_ char *dir = NULL, *path = NULL;
        char digest[THON_DIGEST_TEXT], ending[ENDING_MAX + 2], name[64];
        struct stat st;
        int64_t size;
        int r = ctl_announce_dir(ctl, "media", &dir);

        if (r != CTL_OK)
                return r;
        r = thon_digest_file(file, digest, &size);
        if (r == -ENOENT && !strchr(file, '/')) {
                /* The daemon says whether it has it. */
                *ret = strdup(file);
                return *ret ? CTL_OK : ctl_fail(ctl, "memory", "out of memory");
        }
        if (r < 0)
                return ctl_fail(ctl, "file", "%s: %s", file, strerror(-r));
        if (size > MEDIA_MAX)
                return ctl_fail(ctl, "file", "%s: a recording has at most 1 GiB", file);
        ending_of(file, ending);
        (void)snprintf(name, sizeof(name), "%.32s%s", digest, ending);
        if (asprintf(&path, "%s/%s", dir, name) < 0)
                return ctl_fail(ctl, "memory", "out of memory");
        if (stat(path, &st) < 0 || st.st_size != size) {
                r = copy_file(file, dir, path);
                if (r < 0)
                        return refused(ctl, file, dir, name, r);
        }
        *ret = strdup(name);
        return *ret ? CTL_OK : ctl_fail(ctl, "memory", "out of memory");
}
