/* Pictures and files of citizens: fetched from where the provider keeps them, one at a time, within limits of size and
 * type, and noted in the report when they are on the disk.
 *
 * What a file is, is told by its first bytes, never by its name. Which ones are wanted stands in the store: until one is
 * fetched (or given up) its update stays open there, and a restart fetches it again, since providers keep such files for
 * days. One that cannot be had now does not hold up the others. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "reports.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define LOADED_MAX 64    /* of those that wait in the store */
#define REFUSED    3     /* tries, when the provider itself says no */
#define TRY_FOR_S  86400 /* since it came, when nobody answers */
#define RESCAN_US  UINT64_C(60000000)
/* A card without room stops the lights' history and every notice; pictures give way first. */
#define FREE_MIN (UINT64_C(256) * 1024 * 1024)

struct fetch {
        TAILQ_ENTRY(fetch) entry;
        char channel[THON_CHANNEL_NAME];
        int64_t inbound, report;
        bool image;
        char *url; /* as the update has it; of Telegram a file id */
        struct thon_wall at;
        struct thon_mono due;
        unsigned tries, refusals;
};

struct relayd_attachments {
        struct relayd *daemon;
        TAILQ_HEAD(fetch_list, fetch) list;
        size_t n;
        int64_t last;        /* the update up to which they are loaded */
        bool rescan;         /* one of those is still open */
        struct fetch *fetch; /* under way; in the list */
        struct thon_http_call *call;
        struct thon_alarm *alarm;
        char path[PATH_MAX]; /* of what is being fetched */
};

static const struct {
        const char *type, *extension, *magic;
        size_t size, at;
} types[] = {
        {"image/jpeg", "jpg", "\xff\xd8\xff", 3, 0}, {"image/png", "png", "\x89PNG\r\n\x1a\n", 8, 0},
        {"image/gif", "gif", "GIF8", 4, 0},          {"image/webp", "webp", "WEBP", 4, 8},
        {"application/pdf", "pdf", "%PDF-", 5, 0},
};

/* The index in `types`, or -1. */
static int type_of(const char *path)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        char head[16] = "";
        ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (n >= 0 && types[i].at + types[i].size <= (size_t)n &&
                    memcmp(head + types[i].at, types[i].magic, types[i].size) == 0)
                        return (int)i;
        return -1;
}

static void look_in(struct relayd_attachments *a, uint64_t us)
{
        thon_alarm_set(a->alarm, THON_WALL_NEVER, thon_mono_add(relayd_mono(a->daemon), us));
}

static void drop(struct relayd_attachments *a, struct fetch *fetch)
{
        TAILQ_REMOVE(&a->list, fetch, entry);
        a->n--;
        free(fetch->url);
        free(fetch);
}

/* ---- the end of one ---- */

static int note(struct relayd *d, const struct fetch *fetch, const struct thon_report_entry *entry,
                const enum thon_report_word *word)
{
        struct thon_report report;
        int r = thon_report_entry_add(d->store, fetch->report, entry);

        if (r == 0 && word && thon_report_get(d->store, fetch->report, &report) == 0) {
                struct thon_report_facts facts = relayd_report_facts(d, &report);

                r = relayd_report_say_once(d, report.channel, report.address, *word, &facts);
        }
        return r;
}

static void fetch_again_later(struct relayd_attachments *a)
{
        thon_warning(
                "An attachment is not noted in its report: the store takes nothing; it is fetched again");
        a->rescan = true;
        look_in(a, RESCAN_US);
}

static void on_noted(struct relayd *d, int result, void *userdata)
{
        (void)userdata;
        if (result != 0 && d->attachments)
                fetch_again_later(d->attachments);
}

/* With a file, or with the reason why there is none; `word` (NULL) is said to the citizen. What the store does not take
 * now is fetched again. */
static void end(struct relayd_attachments *a, const struct thon_report_entry *what,
                const enum thon_report_word *word)
{
        struct relayd *d = a->daemon;
        struct fetch *fetch = a->fetch;
        struct thon_report_entry entry = *what;
        int r = relayd_batch_mark(d);

        entry.at = relayd_wall(d);
        entry.by = "";
        entry.kind = fetch->image ? "picture" : "file";
        if (r == 0) {
                r = relayd_batch_mark(d);
                if (r == 0)
                        r = relayd_batch_unmark(d, note(d, fetch, &entry, word));
                /* A report that is no more wants no picture. */
                if (r == 0 || r == THON_STORE_REFERENCED || r == THON_STORE_NOT_FOUND)
                        r = thon_inbound_done(d->store, fetch->inbound);
                r = relayd_batch_unmark(d, r);
        }
        a->fetch = NULL;
        drop(a, fetch);
        if (r == 0)
                r = relayd_batch_then(d, on_noted, NULL);
        if (r != 0)
                fetch_again_later(a);
        else
                look_in(a, 0);
}

static void give_up(struct relayd_attachments *a, const char *why, bool tell)
{
        static const enum thon_report_word too_big = THON_REPORT_SAID_TOO_BIG;
        const struct thon_report_entry entry = {.text = why};

        end(a, &entry, tell ? &too_big : NULL);
}

static void again(struct relayd_attachments *a, const char *why, bool refused)
{
        struct relayd *d = a->daemon;
        struct fetch *fetch = a->fetch;
        int64_t wait = thon_backoff(++fetch->tries, 10, 900, relayd_jitter());

        fetch->refusals += refused;
        if (fetch->refusals >= REFUSED || relayd_wall(d).s - fetch->at.s > TRY_FOR_S) {
                thon_warning("Report %" PRId64 ": an attachment cannot be fetched: %s", fetch->report, why);
                give_up(a, "không tải được tệp từ nhà cung cấp", false);
                return;
        }
        if (fetch->tries == 1)
                thon_info("Report %" PRId64 ": an attachment cannot be fetched now: %s", fetch->report, why);
        fetch->due = thon_mono_add(relayd_mono(d), (uint64_t)wait * 1000000);
        a->fetch = NULL;
        look_in(a, 0);
}

static int sync_directory(const char *path)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static void keep(struct relayd_attachments *a)
{
        char name[96], directory[PATH_MAX], to[PATH_MAX + 100];
        const struct fetch *fetch = a->fetch;
        struct thon_report_entry entry = {.file = name};
        struct stat st;
        int type = type_of(a->path);

        if (type < 0 || stat(a->path, &st) < 0) {
                (void)unlink(a->path);
                give_up(a, "tệp không phải ảnh hoặc PDF, không lưu", true);
                return;
        }
        (void)snprintf(name, sizeof(name), "%" PRId64 "-%" PRId64 ".%s", fetch->report, fetch->inbound,
                       types[type].extension);
        (void)snprintf(directory, sizeof(directory), "%s/reports", a->daemon->state_dir);
        (void)snprintf(to, sizeof(to), "%s/%s", directory, name);
        if (rename(a->path, to) < 0 || sync_directory(directory) < 0) {
                again(a, strerror(errno), false);
                return;
        }
        entry.type = types[type].type;
        entry.size = st.st_size;
        end(a, &entry, NULL);
}

/* ---- fetching ---- */

static bool says_no(const struct thon_http_answer *answer)
{
        return answer->result == THON_HTTP_ANSWERED && answer->status >= 400 && answer->status < 500 &&
               answer->status != 408 && answer->status != 429;
}

static void on_file(const struct thon_http_answer *answer, void *userdata)
{
        struct relayd_attachments *a = userdata;

        a->call = NULL;
        if (answer->result == THON_HTTP_TOO_LARGE)
                give_up(a, "tệp quá lớn, không lưu", true);
        else if (answer->result != THON_HTTP_ANSWERED || answer->status < 200 || answer->status > 299)
                again(a, answer->error ? answer->error : "the provider refuses", says_no(answer));
        else
                keep(a);
}

/* A provider's file is fetched over TLS; what names this machine or is no https is no provider's, unless the channel
 * itself is a fake on this machine. */
static bool may_fetch(const struct relayd_channel *channel, const char *url)
{
        if (thon_http_url_problem(url))
                return false;
        if (channel->conf->api_url && thon_http_local(channel->conf->api_url))
                return thon_http_local(url);
        return strncmp(url, "https://", 8) == 0 && !thon_http_local(url);
}

static void get(struct relayd_attachments *a, const struct relayd_channel *channel, const char *url)
{
        struct thon_http_request request = {
                .method = "GET",
                .url = url,
                .total_ms = 120000,
                .max_answer = (size_t)a->daemon->conf.attachment_max,
                .file = a->path,
        };

        if (!may_fetch(channel, url))
                give_up(a, "địa chỉ tệp không hợp lệ, không tải", false);
        else if (thon_http_send(a->daemon->http, &request, on_file, a, &a->call) < 0)
                again(a, "the request cannot be made", false);
}

static void on_place(const struct thon_http_answer *answer, void *userdata)
{
        struct relayd_attachments *a = userdata;
        const struct relayd_channel *channel = relayd_channel_find(a->daemon, a->fetch->channel);
        char *url = NULL;
        int r;

        a->call = NULL;
        r = channel && channel->kind->read_file
                    ? channel->kind->read_file(channel->conf, channel->secrets, answer, &url)
                    : -ENOENT;
        if (r < 0)
                again(a, "the provider does not say where it is", says_no(answer));
        else
                get(a, channel, url);
        if (url)
                explicit_bzero(url, strlen(url));
        free(url);
}

static bool room(const struct relayd *d)
{
        struct statvfs fs;

        return statvfs(d->state_dir, &fs) < 0 || (uint64_t)fs.f_bavail * fs.f_frsize > FREE_MIN;
}

static void begin(struct relayd_attachments *a)
{
        struct relayd *d = a->daemon;
        struct fetch *fetch = a->fetch;
        const struct relayd_channel *channel = relayd_channel_find(d, fetch->channel);
        struct relayd_request request = {0};
        int r;

        if (!channel) {
                give_up(a, "kênh không còn, không tải được tệp", false);
                return;
        }
        if (!room(d)) {
                thon_warning("Report %" PRId64
                             ": an attachment is not kept: less than 256 MiB are free in %s",
                             fetch->report, d->state_dir);
                give_up(a, "máy hết chỗ, không lưu được tệp", false);
                return;
        }
        (void)snprintf(a->path, sizeof(a->path), "%s/reports/.fetch-%" PRId64, d->state_dir, fetch->inbound);
        (void)unlink(a->path); /* of a crash */
        if (!channel->kind->file) {
                get(a, channel, fetch->url);
                return;
        }
        r = channel->kind->file(channel->conf, channel->secrets, fetch->url, &request);
        if (r == 0)
                r = relayd_call(d, &request, on_place, a, &a->call);
        relayd_request_done(&request);
        if (r < 0)
                again(a, strerror(-r), false);
}

/* ---- which one is next ---- */

static int load(const struct thon_report_attachment *row, void *userdata)
{
        struct relayd_attachments *a = userdata;
        struct fetch *fetch;

        if (a->n >= LOADED_MAX)
                return 1; /* the others when these are done */
        fetch = calloc(1, sizeof(*fetch));
        if (!fetch || !(fetch->url = strdup(row->url))) {
                free(fetch);
                return -ENOMEM;
        }
        (void)snprintf(fetch->channel, sizeof(fetch->channel), "%s", row->channel);
        fetch->inbound = a->last = row->inbound;
        fetch->report = row->report;
        fetch->image = row->image;
        fetch->at = row->at;
        TAILQ_INSERT_TAIL(&a->list, fetch, entry);
        a->n++;
        return 0;
}

static struct fetch *first_due(struct relayd_attachments *a)
{
        struct fetch *fetch, *first = NULL;

        TAILQ_FOREACH (fetch, &a->list, entry)
                if (!first || fetch->due.us < first->due.us)
                        first = fetch;
        return first;
}

static void next(struct relayd_attachments *a)
{
        struct relayd *d = a->daemon;
        struct thon_mono now = relayd_mono(d);
        struct fetch *first;

        if (a->fetch || d->stopping)
                return;
        if (a->n == 0 && a->rescan) {
                a->rescan = false;
                a->last = 0;
        }
        if (relayd_store(d) && a->n < LOADED_MAX &&
            thon_report_attachments_waiting(d->store, a->last, load, a) != 0 && a->n < LOADED_MAX)
                a->rescan = true;
        first = first_due(a);
        if (first && first->due.us <= now.us) {
                a->fetch = first;
                begin(a);
        } else if (first || a->rescan || !relayd_store(d)) {
                uint64_t wait = first ? first->due.us - now.us : RESCAN_US;

                look_in(a, wait < RESCAN_US ? wait : RESCAN_US);
        }
}

static void on_alarm(void *userdata)
{
        next(userdata);
}

void relayd_attachments_look(struct relayd *d)
{
        if (d->attachments && !d->attachments->fetch)
                look_in(d->attachments, 0);
}

void relayd_attachment_unlink(const char *file, void *userdata)
{
        const struct relayd *d = userdata;
        char path[PATH_MAX];

        /* A damaged row names nothing outside. */
        if (!*file || strchr(file, '/') || *file == '.')
                return;
        (void)snprintf(path, sizeof(path), "%s/reports/%s", d->state_dir, file);
        if (unlink(path) < 0 && errno != ENOENT)
                thon_warning("%s cannot be removed: %s", path, strerror(errno));
}

int relayd_attachments_start(struct relayd *d)
{
        struct relayd_attachments *a = calloc(1, sizeof(*a));
        char path[PATH_MAX];
        int r;

        if (!a)
                return -ENOMEM;
        a->daemon = d;
        TAILQ_INIT(&a->list);
        d->attachments = a;
        (void)snprintf(path, sizeof(path), "%s/reports", d->state_dir);
        if (mkdir(path, 0750) < 0 && errno != EEXIST)
                thon_error("%s: %s; pictures of citizens cannot be kept", path, strerror(errno));
        r = thon_alarm_new(d->clock, "attachment", on_alarm, a, &a->alarm);
        if (r == 0)
                look_in(a, 0);
        return r;
}

void relayd_attachments_stop(struct relayd *d)
{
        struct relayd_attachments *a = d->attachments;

        if (!a)
                return;
        if (a->call) {
                thon_http_cancel(a->call);
                (void)unlink(a->path);
        }
        thon_alarm_free(a->alarm);
        while (!TAILQ_EMPTY(&a->list))
                drop(a, TAILQ_FIRST(&a->list));
        free(a);
        d->attachments = NULL;
}
