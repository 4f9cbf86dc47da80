/* thonctl store restore: a copy in the place of a damaged store, and what is lost by it.
 *
 * One command, because whoever needs it stands before a machine that has lost its memory: it takes the newest copy that is
 * sound, stops what runs and starts it again however the restore ends, and tells what a person has to type in anew. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl.h"
#include "thon/backup_dir.h"
#include "thon/cleanup.h"

#define YEAR_S (365 * INT64_C(86400))

extern char **environ;

/* ---- the daemons ---------------------------------------------------------------------------------------------------------- */

static const char *const units[] = {"thon-lightd", "thon-announced", "thon-relayd", "thon-camerad",
                                    "thon-webd"};
#define N_UNITS (sizeof(units) / sizeof(units[0]))

struct stopped {
        const char *units[N_UNITS]; /* those that ran */
        size_t n;
        sigset_t before;
};

/* Its exit status; -errno when it could not be run. */
static int systemctl(const char *verb, const char *option, const char *const *names, size_t n)
{
        const char *argv[N_UNITS + 4] = {"systemctl", verb, option};
        size_t argc = option ? 3 : 2;
        posix_spawnattr_t attributes;
        sigset_t none;
        pid_t pid;
        int status = 0, r;

        for (size_t i = 0; i < n && i < N_UNITS; i++)
                argv[argc++] = names[i];
        argv[argc] = NULL;
        r = posix_spawnattr_init(&attributes);
        if (r != 0)
                return -r;
        (void)sigemptyset(&none);
        (void)posix_spawnattr_setsigmask(&attributes, &none);
        (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        r = posix_spawnp(&pid, "systemctl", NULL, &attributes, (char *const *)argv, environ);
        (void)posix_spawnattr_destroy(&attributes);
        if (r != 0)
                return -r;
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

/* Who hangs up or presses Ctrl-C now leaves no station without its daemons. */
static void hold_signals(struct stopped *stopped)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGHUP);
        (void)sigprocmask(SIG_BLOCK, &set, &stopped->before);
}

static int start_again(struct ctl *ctl, struct stopped *stopped)
{
        int r = stopped->n > 0 ? systemctl("start", NULL, stopped->units, stopped->n) : 0;

        (void)sigprocmask(SIG_SETMASK, &stopped->before, NULL);
        return r == 0 ? CTL_OK
                      : ctl_fail(ctl, "systemctl",
                                 "the daemons could not be started again: systemctl start thon.target");
}

static int stop_all(struct ctl *ctl, struct stopped *stopped)
{
        int r = 0;

        hold_signals(stopped);
        for (size_t i = 0; r >= 0 && i < N_UNITS; i++) {
                r = systemctl("is-active", "--quiet", &units[i], 1);
                if (r == 0)
                        stopped->units[stopped->n++] = units[i];
        }
        if (r >= 0)
                r = stopped->n > 0 ? systemctl("stop", NULL, stopped->units, stopped->n) : 0;
        if (r == 0)
                return CTL_OK;
        (void)start_again(ctl, stopped);
        if (r < 0)
                return ctl_fail(ctl, "systemctl", "systemctl cannot be run: %s", strerror(-r));
        return ctl_fail(ctl, "systemctl", "the daemons could not be stopped; nothing was restored");
}

/* ---- which copy ----------------------------------------------------------------------------------------------------------- */

struct restored {
        char *from;
        struct thon_wall made; /* NEVER: not known */
        size_t unknown;
        json_t *passed_over;
};

static int try_copy(struct ctl *ctl, const char *file, struct restored *ret, char **ret_message)
{
        const struct thon_restore order = {
                .path = ctl->store_path, .backup = file, .by = ctl->by, .now = ctl->now};
        const char *name = strrchr(file, '/');
        struct stat st;
        int r = thon_store_restore(&order, &ret->unknown, ret_message);

        if (r != 0)
                return r;
        ret->from = strdup(file);
        if (!thon_backup_name_parse(name ? name + 1 : file, &ret->made) && stat(file, &st) == 0)
                ret->made.s = st.st_mtime;
        return ret->from ? 0 : -ENOMEM;
}

static int fail_restore(struct ctl *ctl, int r, const char *message)
{
        if (r == THON_STORE_BUSY)
                return ctl_fail(ctl, "busy", "%s; with --stop this command does so, and starts them again",
                                message ? message : "the store is in use");
        if (r > 0)
                return ctl_fail(ctl, thon_store_error_slug(r), "%s", message ? message : "refused");
        return ctl_fail(ctl, "io", "%s: %s", ctl->store_path, strerror(-r));
}

/* A copy that cannot be used is passed over for the one before it; what concerns the store itself ends the search. A read
 * error may be of either. */
static bool of_the_copy(int r)
{
        return r == THON_STORE_CORRUPT || r == THON_STORE_NEWER || r == THON_STORE_MISSING ||
               r == THON_STORE_IO;
}

/* A copy that was made by a clock that was ahead has the newest name and may be the oldest: it is the last resort. A clock
 * that nobody vouches for may itself be weeks behind the copies, after a power cut. */
static bool made_ahead(const struct ctl *ctl, const struct thon_backup_copy *copy)
{
        return copy->at.s > ctl->now.s + (ctl->clock_trusted ? 0 : YEAR_S);
}

static int restore_newest(struct ctl *ctl, struct restored *ret)
{
        _cleanup_free_ char *dir = thon_backup_dir(ctl->store_path), *message = NULL;
        struct thon_backup_list list = {0};
        int r = dir ? thon_backup_list(dir, &list) : -ENOMEM;

        if (r < 0)
                return ctl_fail(ctl, "io", "%s: %s", dir ? dir : ctl->store_path, strerror(-r));
        r = THON_STORE_MISSING;
        for (size_t i = 0; of_the_copy(r) && i < 2 * list.n; i++) {
                const struct thon_backup_copy *copy = &list.copies[i % list.n];
                _cleanup_free_ char *file = NULL;

                if (made_ahead(ctl, copy) != (i >= list.n))
                        continue;
                if (asprintf(&file, "%s/%s", dir, copy->name) < 0) {
                        file = NULL;
                        r = -ENOMEM;
                        break;
                }
                free(message);
                message = NULL;
                r = try_copy(ctl, file, ret, &message);
                if (!of_the_copy(r))
                        break;
                ctl_say(ctl, "Passed over: %s", message ? message : file);
                (void)json_array_append_new(ret->passed_over, json_string(copy->name));
        }
        thon_backup_list_done(&list);
        if (r == THON_STORE_MISSING && json_array_size(ret->passed_over) == 0)
                return ctl_fail(
                        ctl, "no-backup",
                        "there is no copy in %s; one on a stick or another machine: thonctl store restore FILE",
                        dir);
        return r == 0 ? CTL_OK : fail_restore(ctl, r, message);
}

/* ---- what is lost --------------------------------------------------------------------------------------------------------- */

static const struct {
        const char *table, *one;
} nouns[] = {
        {"area", "area"},
        {"household", "household"},
        {"person", "person"},
        {"group_", "group"},
        {"group_member", "member of a group"},
        {"device", "device"},
        {"device_secret", "password of device"},
        {"light_program", "light program"},
        {"light_calendar", "light calendar"},
        {"person_pin", "PIN of person"},
        {"notification", "notices"},
        {"report", "citizens' reports"},
        {"announcement", "announcements"},
        {"airing", "airings"},
        {"audit", "rows of the audit log"},
};

static const char *noun_of(const char *table)
{
        for (size_t i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++)
                if (strcmp(table, nouns[i].table) == 0)
                        return nouns[i].one;
        return table;
}

static const char *text_of(const json_t *object, const char *name)
{
        const char *text = json_string_value(json_object_get(object, name));

        return text ? text : "";
}

static void say_record(struct ctl *ctl, const char *noun, const json_t *record)
{
        const char *change = text_of(record, "change");
        _cleanup_free_ char *was = json_dumps(json_object_get(record, "was"), JSON_COMPACT);

        if (strcmp(change, "added") == 0)
                ctl_say(ctl, "  %s %s was added since: %s", noun, text_of(record, "id"), was ? was : "");
        else if (strcmp(change, "changed") == 0)
                ctl_say(ctl, "  %s %s was changed since, to: %s", noun, text_of(record, "id"),
                        was ? was : "");
        else
                ctl_say(ctl, "  %s %s was removed since, and is there again", noun, text_of(record, "id"));
}

static void say_lost(struct ctl *ctl, const json_t *lost)
{
        bool any = false;
        size_t i, k;
        const json_t *table, *record;

        if (!json_is_true(json_object_get(lost, "readable"))) {
                ctl_say(ctl,
                        "Nothing can be read of the store that was replaced: all that was done since the copy is lost.");
                return;
        }
        ctl_say(ctl, "Done after the copy was made, and lost with it:");
        json_array_foreach (json_object_get(lost, "registry"), i, table) {
                const char *noun = noun_of(text_of(table, "table"));

                json_array_foreach (json_object_get(table, "records"), k, record) {
                        say_record(ctl, noun, record);
                        any = true;
                }
                if (!json_is_true(json_object_get(table, "whole"))) {
                        ctl_say(ctl, "  (damaged: not every %s could be read; there may be more)", noun);
                        any = true;
                }
        }
        json_array_foreach (json_object_get(lost, "history"), i, table) {
                json_int_t n = json_integer_value(json_object_get(table, "new"));
                bool whole = json_is_true(json_object_get(table, "whole"));

                if (n > 0 || !whole)
                        ctl_say(ctl, "  %s%" JSON_INTEGER_FORMAT " %s", whole ? "" : "at least ", n,
                                noun_of(text_of(table, "table")));
                any = any || n > 0 || !whole;
        }
        if (!any)
                ctl_say(ctl, "  nothing");
}

static int tell(struct ctl *ctl, const struct restored *restored, bool existed)
{
        _cleanup_free_ char *kept = NULL;
        char made[THON_TIME_TEXT] = "";
        _cleanup_json_ json_t *lost = NULL;
        int64_t age = restored->made.s == INT64_MAX ? -1 : ctl->now.s - restored->made.s;
        int r;

        if (asprintf(&kept, "%s" THON_RESTORE_KEPT, ctl->store_path) < 0) {
                kept = NULL;
                return ctl_fail(ctl, "memory", "restored, but out of memory for the report");
        }
        r = existed ? thon_store_lost(kept, ctl->store_path, &lost) : 0;
        if (r < 0)
                return ctl_fail(ctl, "memory", "restored, but out of memory for the report");
        if (restored->made.s != INT64_MAX)
                thon_time_text(ctl->zone, restored->made, made);
        ctl_say(ctl, "The copy was made %s, %" PRId64 " h %" PRId64 " min ago.", made, age / 3600,
                age / 60 % 60);
        if (lost)
                say_lost(ctl, lost);
        if (restored->unknown > 0)
                ctl_say(ctl,
                        "%zu messages waited when the copy was made: nobody knows whether they were sent since. They are "
                        "settled as unknown, not sent again in silence: thonctl notify list",
                        restored->unknown);
        return ctl_done(ctl,
                        json_pack("{s:s,s:s,s:s?,s:I,s:I,s:O,s:O?,s:s?}", "path", ctl->store_path, "from",
                                  restored->from, "made", made[0] ? made : NULL, "age", (json_int_t)age,
                                  "unknown", (json_int_t)restored->unknown, "passed_over",
                                  restored->passed_over, "lost", lost, "kept", existed ? kept : NULL),
                        "%s is restored from %s; the one before is kept as %s", ctl->store_path,
                        restored->from, existed ? kept : "nothing: there was none");
}

static int restore(struct ctl *ctl, int argc, char **argv)
{
        bool stop = false;
        const struct ctl_option options[] = {{"stop", NULL, &stop}};
        struct restored restored = {.made = THON_WALL_NEVER};
        struct stopped stopped = {0};
        _cleanup_free_ char *message = NULL;
        struct stat st;
        bool existed;
        int r, r2;

        r = ctl_options(ctl, argc, argv, options, 1, &argc);
        if (r != CTL_OK)
                return r;
        if (argc > 1)
                return ctl_usage(
                        ctl, "store restore takes at most one FILE; without it the newest copy is taken");
        r = ctl_zone(ctl);
        if (r == CTL_OK && stop)
                r = stop_all(ctl, &stopped);
        if (r != CTL_OK)
                return r;
        existed = lstat(ctl->store_path, &st) == 0;
        restored.passed_over = json_array();
        if (!restored.passed_over) {
                r = ctl_fail(ctl, "memory", "out of memory");
        } else if (argc == 1) {
                r = try_copy(ctl, argv[0], &restored, &message);
                r = r == 0 ? CTL_OK : fail_restore(ctl, r, message);
        } else {
                r = restore_newest(ctl, &restored);
        }
        /* The roads do not wait for the report. */
        r2 = stop ? start_again(ctl, &stopped) : CTL_OK;
        if (r == CTL_OK && r2 == CTL_OK)
                r = tell(ctl, &restored, existed);
        free(restored.from);
        json_decref(restored.passed_over);
        return r != CTL_OK ? r : r2;
}

const struct ctl_command ctl_restore_commands[] = {
        {"store restore", "[FILE] [--stop]", restore},
        {NULL, NULL, NULL},
};
