/* A backup that is not made is noticed when it is needed, unless somebody looks. The relay looks, because it is who can tell a
 * person; and it looks at what lies on the disk, not at whether a unit failed: a timer that was never enabled, a card that
 * takes nothing, a copy that was deleted all end in the same, that the newest good one is old. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "relayd.h"
#include "thon/backup_dir.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define SOON_US  UINT64_C(60000000) /* before what is not seen again after a restart counts as over */
#define EVERY_US UINT64_C(3600000000)
#define STICK_S  (35 * 86400)

struct relayd_backups {
        struct thon_alarm *alarm;
        bool raised;
};

static void judge(struct relayd *d, const struct thon_backup_age *age)
{
        int64_t old = relayd_wall(d).s - age->since.s;
        char text[160];

        if (old <= d->site.backup_warn_after_s) {
                relayd_event(d, "backup", "store", false, "warning", "Đã có bản sao lưu mới");
                d->backups->raised = false;
                return;
        }
        (void)snprintf(text, sizeof(text),
                       "%s %" PRId64 " ngày: chạy «thonctl store backups», «systemctl status thon-backup»",
                       age->any ? "Bản sao lưu mới nhất đã cũ" : "Chưa có bản sao lưu nào trong",
                       old / 86400);
        relayd_event(d, "backup", "store", true, "warning", text);
        if (!d->backups->raised)
                thon_warning("%s %" PRId64 " days: see systemctl status thon-backup",
                             age->any ? "The newest backup is older than" : "There has been no backup for",
                             old / 86400);
        d->backups->raised = true;
}

/* A copy elsewhere that was made once is expected again: every night at a host, now and then on a stick. */
static void judge_copy(struct relayd *d, const char *where, int64_t within_s, const char *old_text)
{
        _cleanup_free_ char *dir = thon_backup_dir(d->site.store_path), *path = NULL;
        struct stat st;

        if (!dir || asprintf(&path, "%s/copied-%s", dir, where) < 0) {
                path = NULL;
                return;
        }
        if (stat(path, &st) < 0 || thon_clock_simulated(d->clock))
                return;
        if (relayd_wall(d).s - st.st_mtim.tv_sec > within_s)
                relayd_event(d, "backup", where, true, "warning", old_text);
        else
                relayd_event(d, "backup", where, false, "warning", "Bản sao lưu ra nơi khác đã mới");
}

static void look(void *userdata)
{
        struct relayd *d = userdata;
        struct thon_backup_age age;
        int r = thon_backup_age(d->site.store_path, relayd_wall(d), &age);

        /* How old a file is can only be said by the clock that it was made by. */
        if (r == 0 && thon_clock_trusted(d->clock) && (age.any || !thon_clock_simulated(d->clock)))
                judge(d, &age);
        else if (r < 0 && r != -ENOENT)
                thon_warning("The backups cannot be looked at: %s", strerror(-r));
        if (thon_clock_trusted(d->clock)) {
                judge_copy(d, "host", d->site.backup_warn_after_s,
                           "Bản sao lưu sang máy khác đã cũ: xem «systemctl status thon-backup-host»");
                judge_copy(d, "usb", STICK_S, "Đã lâu chưa cắm USB sao lưu: cắm USB có nhãn THON-BACKUP");
        }
        thon_alarm_set(d->backups->alarm, THON_WALL_NEVER, thon_mono_add(relayd_mono(d), EVERY_US));
}

int relayd_backups_start(struct relayd *d)
{
        int r;

        d->backups = calloc(1, sizeof(*d->backups));
        if (!d->backups)
                return -ENOMEM;
        r = thon_alarm_new(d->clock, "backups", look, d, &d->backups->alarm);
        if (r == 0)
                thon_alarm_set(d->backups->alarm, THON_WALL_NEVER, thon_mono_add(relayd_mono(d), SOON_US));
        return r;
}

void relayd_backups_stop(struct relayd *d)
{
        if (d->backups)
                d->backups->alarm = thon_alarm_free(d->backups->alarm);
        free(d->backups);
        d->backups = NULL;
}
