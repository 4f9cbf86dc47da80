/* thonctl retention: how long personal data are kept here, whether that holds, and the removal of what no daemon owns.
 *
 * Each daemon removes what is its own, when it runs and its clock is trusted. This looks from outside, every night: a daemon
 * that was switched off keeps what it has for ever without anybody noticing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "retention.h"
#include "thon/announced_conf.h"
#include "thon/backup_dir.h"
#include "thon/camera_conf.h"
#include "thon/cleanup.h"
#include "thon/erasure.h"
#include "thon/retention.h"

#define DAY   INT64_C(86400)
#define GRACE (3 * DAY) /* a daemon may have been off, or its clock not trusted */

struct sweep {
        struct ctl *ctl;
        bool enforce;
        json_t *rows, *removed;
        unsigned overdue;
};

static int row(struct sweep *s, const char *what, const char *where, const char *who, int64_t keep,
               struct thon_wall oldest)
{
        bool none = oldest.s == THON_WALL_NEVER.s, late;
        char at[THON_TIME_TEXT];

        late = !none && s->ctl->clock_trusted && oldest.s < s->ctl->now.s - keep - GRACE;
        s->overdue += late;
        if (json_array_append_new(s->rows,
                                  json_pack("{s:s,s:s,s:s,s:I,s:s?,s:b}", "what", what, "where", where,
                                            "who", who, "days", (json_int_t)(keep / DAY), "oldest",
                                            none ? NULL : thon_time_text(s->ctl->zone, oldest, at),
                                            "overdue", late)) < 0)
                return ctl_fail(s->ctl, "memory", "out of memory");
        return CTL_OK;
}

static int of_store(struct sweep *s, enum thon_retained class, const char *what, const char *where,
                    const char *who, int64_t keep)
{
        struct thon_wall oldest;
        int r = thon_retention_oldest(s->ctl->store, class, &oldest);

        return r != 0 ? ctl_fail_store(s->ctl, r) : row(s, what, where, who, keep, oldest);
}

static int owned(struct sweep *s)
{
        struct thon_conf_report report = {.tell = ctl_tell_conf};
        int64_t relay_s = 0;
        struct thon_camera_conf camera = {0};
        struct thon_announced_conf announce = {0};
        int r = ctl_retention_relay(s->ctl->config_dir, &report, &relay_s);

        if (r >= 0)
                r = thon_camera_conf_read(s->ctl->config_dir, &camera, &report);
        if (r >= 0)
                r = thon_announced_conf_read(s->ctl->config_dir, &announce, &report);
        if (r < 0)
                r = ctl_fail(s->ctl, "config", "%s: %s", s->ctl->config_dir, strerror(-r));
        else
                r = CTL_OK;
        if (r == CTL_OK)
                r = of_store(s, THON_RETAINED_NOTICES, "notices", "notification, delivery, message",
                             "thon-relayd", relay_s);
        if (r == CTL_OK)
                r = of_store(s, THON_RETAINED_INBOUND, "what came in", "inbound", "thon-relayd", relay_s);
        if (r == CTL_OK)
                r = of_store(s, THON_RETAINED_REPORTS, "citizens' reports", "report, reports/",
                             "thon-relayd", relay_s);
        if (r == CTL_OK)
                r = of_store(s, THON_RETAINED_CHATS, "addresses", "chat", "thon-relayd", relay_s);
        if (r == CTL_OK)
                r = of_store(s, THON_RETAINED_PICTURES, "pictures", "camera_picture, pictures/",
                             "thon-camerad", camera.pictures_keep_s);
        if (r == CTL_OK)
                r = of_store(s, THON_RETAINED_SOUND, "sound that was aired", "airing, announce/aired/",
                             "thon-announced", announce.audio_s);
        if (r == CTL_OK)
                r = of_store(s, THON_RETAINED_ANNOUNCEMENTS, "announcements", "announcement",
                             "thon-announced", announce.history_s);
        thon_camera_conf_done(&camera);
        thon_announced_conf_done(&announce);
        return r;
}

static int copies(struct sweep *s)
{
        const struct thon_site_conf *site = &s->ctl->site;
        struct thon_keep keep = {site->backup_days, site->backup_weeks, site->backup_months};
        _cleanup_(thon_backup_list_done) struct thon_backup_list list = {0};
        _cleanup_free_ char *dir = thon_backup_dir(s->ctl->store_path);
        struct thon_wall oldest = THON_WALL_NEVER;
        int r = dir ? thon_backup_list(dir, &list) : -ENOMEM;

        if (r < 0)
                return ctl_fail(s->ctl, "io", "backups: %s", strerror(-r));
        /* The newest stays in any case; one of the future is nobody's but a person's to judge. */
        for (size_t i = 0; i < list.n; i++) {
                if (list.copies[i].at.s > s->ctl->now.s + DAY)
                        ctl_say(s->ctl,
                                "%s/%s is dated in the future: remove it by hand when it is not wanted", dir,
                                list.copies[i].name);
                if (i > 0)
                        oldest = list.copies[i].at;
        }
        return row(s, "copies of the store", "backups/", "thon-backup.timer", thon_keep_longest(&keep),
                   oldest);
}

/* ---- files that no daemon owns ---- */

/* PATH.before-restore and what an interrupted restore or backup left; how long each stays. */
static int64_t stray(const struct sweep *s, const char *base, const char *name)
{
        size_t n = strlen(base);

        if (strncmp(name, base, n) != 0)
                return -1;
        if (strncmp(name + n, ".before-restore", 15) == 0)
                return s->ctl->site.before_restore_s;
        if (strncmp(name + n, ".new-", 5) == 0 || strncmp(name + n, ".restore-", 9) == 0)
                return DAY;
        return -1;
}

struct dir {
        DIR *dir;
        char *path;
};

static void dir_done(struct dir *d)
{
        if (d->dir)
                (void)closedir(d->dir);
        free(d->path);
}

static int remove_file(struct sweep *s, const struct dir *d, const char *name)
{
        if (unlinkat(dirfd(d->dir), name, 0) < 0 && errno != ENOENT)
                return ctl_fail(s->ctl, "io", "%s/%s: %s", d->path, name, strerror(errno));
        (void)json_array_append_new(s->removed, json_sprintf("%s/%s", d->path, name));
        return CTL_OK;
}

/* Of its inode: a name that was linked or renamed counts from then. */
static bool old_enough(const struct sweep *s, const struct dir *d, const char *name, int64_t keep,
                       struct thon_wall *oldest)
{
        struct stat st;

        if (fstatat(dirfd(d->dir), name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
                return false;
        if (st.st_ctim.tv_sec < oldest->s)
                oldest->s = st.st_ctim.tv_sec;
        return s->ctl->clock_trusted && st.st_ctim.tv_sec < s->ctl->now.s - keep;
}

static int strays(struct sweep *s)
{
        const char *slash = strrchr(s->ctl->store_path, '/'), *base = slash ? slash + 1 : s->ctl->store_path;
        _cleanup_(dir_done) struct dir d = {
                .path = slash ? strndup(s->ctl->store_path, (size_t)(slash - s->ctl->store_path))
                              : strdup(".")};
        struct thon_wall oldest = THON_WALL_NEVER;
        const struct dirent *entry;
        int r = CTL_OK;

        d.dir = d.path ? opendir(*d.path ? d.path : "/") : NULL;
        while (d.dir && r == CTL_OK && (entry = readdir(d.dir))) {
                int64_t keep = stray(s, base, entry->d_name);

                if (keep >= 0 && old_enough(s, &d, entry->d_name, keep, &oldest) && s->enforce)
                        r = remove_file(s, &d, entry->d_name);
        }
        return r != CTL_OK ? r
                           : row(s, "the store before a restore", ".before-restore", "thonctl retention",
                                 s->ctl->site.before_restore_s, s->enforce ? THON_WALL_NEVER : oldest);
}

/* Files of reports that are no more: left by a power cut between the row and the file. */
static int orphans(struct sweep *s)
{
        const char *slash = strrchr(s->ctl->store_path, '/');
        _cleanup_(dir_done) struct dir d = {0};
        struct thon_wall oldest = THON_WALL_NEVER;
        const struct dirent *entry;
        int r = CTL_OK;

        if (asprintf(&d.path, "%.*sreports", slash ? (int)(slash + 1 - s->ctl->store_path) : 0,
                     s->ctl->store_path) < 0) {
                d.path = NULL;
                return ctl_fail(s->ctl, "memory", "out of memory");
        }
        d.dir = opendir(d.path);
        while (d.dir && r == CTL_OK && s->enforce && (entry = readdir(d.dir))) {
                bool belongs = true;

                if (!old_enough(s, &d, entry->d_name, DAY, &oldest))
                        continue;
                r = thon_retention_report_file(s->ctl->store, entry->d_name, &belongs);
                if (r != 0)
                        r = ctl_fail_store(s->ctl, r);
                else if (!belongs)
                        r = remove_file(s, &d, entry->d_name);
        }
        return r;
}

/* ---- the store ---- */

static int mend(struct sweep *s, size_t *ret_blanked)
{
        struct thon_actor actor = ctl_actor(s->ctl);
        bool erased = false;
        size_t again = 0;
        int r = thon_audit_blank(s->ctl->store, NULL, true, &actor, "~", ret_blanked);

        /* A copy that was put in place by hand. */
        if (r == 0)
                r = thon_store_erase_again(s->ctl->store, s->ctl->store_path, NULL, &actor, &again);
        if (r == 0)
                r = thon_erasure_keep(s->ctl->store, s->ctl->store_path);
        if (r == 0 && again > 0)
                ctl_say(s->ctl,
                        "%zu households and people had come back with an older copy, and are erased again",
                        again);

        if (r == 0)
                r = thon_retention_erased_since(s->ctl->store, (struct thon_wall){s->ctl->now.s - 7 * DAY},
                                                &erased);
        if (r == 0 && (erased || *ret_blanked > 0))
                r = thon_store_scrub(s->ctl->store);
        /* Somebody reads for long: tomorrow is another night. */
        return r != 0 && r != THON_STORE_BUSY ? ctl_fail_store(s->ctl, r) : CTL_OK;
}

static int look(struct sweep *s)
{
        static const char *const columns[] = {"what", "where", "who", "days", "oldest", "overdue", NULL};
        size_t blanked = 0;
        int r = ctl_zone(s->ctl);

        if (r == CTL_OK)
                r = ctl_open_store(s->ctl, s->enforce ? THON_STORE_WRITE : THON_STORE_READ);
        if (r == CTL_OK && s->enforce)
                r = mend(s, &blanked);
        if (r == CTL_OK)
                r = owned(s);
        if (r == CTL_OK)
                r = copies(s);
        if (r == CTL_OK)
                r = strays(s);
        if (r == CTL_OK)
                r = orphans(s);
        if (r != CTL_OK)
                return r;
        if (s->ctl->json)
                (void)ctl_print(s->ctl,
                                json_pack("{s:b,s:O,s:O,s:i}", "ok", s->overdue == 0, "classes", s->rows,
                                          "removed", s->removed, "audit_blanked", (int)blanked),
                                NULL);
        else
                (void)ctl_print(s->ctl, json_incref(s->rows), columns);
        ctl_say(s->ctl, "%zu files were removed; %zu rows of the audit log lost names of an earlier version",
                json_array_size(s->removed), blanked);
        if (s->overdue > 0)
                fprintf(stderr,
                        "thonctl: %u kinds of personal data are older than they may be: see that their daemon runs "
                        "(systemctl status)\n",
                        s->overdue);
        return s->overdue > 0 ? CTL_FAILED : CTL_OK;
}

static int retention(struct ctl *ctl, int argc, char **argv)
{
        struct sweep s = {.ctl = ctl};
        const struct ctl_option options[] = {{"enforce", NULL, &s.enforce}};
        int r = ctl_options(ctl, argc, argv, options, 1, &argc);

        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "retention takes --enforce only");
        s.rows = json_array();
        s.removed = json_array();
        r = s.rows && s.removed ? look(&s) : ctl_fail(ctl, "memory", "out of memory");
        json_decref(s.rows);
        json_decref(s.removed);
        return r;
}

const struct ctl_command ctl_retention_commands[] = {
        {"retention", "[--enforce]", retention},
        {NULL, NULL, NULL},
};
