/* Pictures and files of citizens: fetched from where the provider keeps them, one at a time, within limits of size and
 * type, and noted in the report when they are on the disk.
 *
 * What a file is, is told by its first bytes, never by its name. Until it is fetched (or given up) its update stays open in
 * the store, so that a restart fetches it again: providers keep such files for days. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "reports.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define WAITING_MAX 256
#define TRIES       5
/* A card without room stops the lights' history and every notice; pictures give way first. */
#define FREE_MIN (UINT64_C(256) * 1024 * 1024)

struct fetch {
        struct fetch *next;
        struct relayd_channel *channel;
        int64_t inbound, report;
        bool image;
        char *url; /* as the update has it; of Telegram a file id */
        unsigned tries;
};

struct relayd_attachments {
        struct relayd *daemon;
        struct fetch *first, **end;
        size_t n;
        struct thon_http_call *call;
        struct thon_alarm *again;
        char path[512]; /* of what is being fetched */
};

static void next(struct relayd_attachments *a);

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

static void drop_first(struct relayd_attachments *a)
{
        struct fetch *fetch = a->first;

        a->first = fetch->next;
        if (!a->first)
                a->end = &a->first;
        a->n--;
        free(fetch->url);
        free(fetch);
}

/* The end of the first one, with a file or with the reason why there is none. A store that takes nothing now leaves the
 * update open: it is fetched again after a restart. */
static void finish(struct relayd_attachments *a, const char *file, const char *type, int64_t size,
                   const char *why)
{
        struct relayd *d = a->daemon;
        struct fetch *fetch = a->first;
        struct thon_report_entry entry = {
                .at = relayd_wall(d),
                .by = "",
                .kind = fetch->image ? "picture" : "file",
                .text = why ? why : "",
                .file = file,
                .type = type,
                .size = size,
        };
        int r = relayd_batch_enter(d);

        if (r == 0)
                r = relayd_batch_mark(d);
        if (r == 0) {
                r = thon_report_entry_add(d->store, fetch->report, &entry);
                if (r == 0)
                        r = thon_inbound_done(d->store, fetch->inbound);
                r = relayd_batch_unmark(d, r);
        }
        if (r != 0)
                thon_warning("Report %" PRId64 ": an attachment is not noted; it is fetched again later",
                             fetch->report);
        drop_first(a);
        next(a);
}

static void fetched(struct relayd_attachments *a)
{
        char name[96], to[544];
        struct stat st;
        int type = type_of(a->path);
        struct fetch *fetch = a->first;

        if (type < 0 || stat(a->path, &st) < 0) {
                (void)unlink(a->path);
                relayd_report_tell(a->daemon, fetch->report, THON_REPORT_SAID_TOO_BIG);
                finish(a, NULL, NULL, 0, "tệp không phải ảnh hoặc PDF, không lưu");
                return;
        }
        (void)snprintf(name, sizeof(name), "%" PRId64 "-%" PRId64 ".%s", fetch->report, fetch->inbound,
                       types[type].extension);
        (void)snprintf(to, sizeof(to), "%s/reports/%s", a->daemon->state_dir, name);
        if (rename(a->path, to) < 0) {
                (void)unlink(a->path);
                finish(a, NULL, NULL, 0, "không ghi được tệp xuống đĩa");
                return;
        }
        finish(a, name, types[type].type, st.st_size, NULL);
}

static void retry(struct relayd_attachments *a, const char *why)
{
        struct fetch *fetch = a->first;
        int64_t wait = thon_backoff(++fetch->tries, 10, 900, relayd_jitter());

        if (fetch->tries >= TRIES) {
                thon_warning("Report %" PRId64 ": an attachment cannot be fetched: %s", fetch->report, why);
                finish(a, NULL, NULL, 0, "không tải được tệp từ nhà cung cấp");
                return;
        }
        if (thon_alarm_set(a->again, THON_WALL_NEVER,
                           thon_mono_add(relayd_mono(a->daemon), (uint64_t)wait * 1000000)) < 0)
                finish(a, NULL, NULL, 0, "không tải được tệp");
}

static void on_file(const struct thon_http_answer *answer, void *userdata)
{
        struct relayd_attachments *a = userdata;

        a->call = NULL;
        if (answer->result == THON_HTTP_TOO_LARGE) {
                relayd_report_tell(a->daemon, a->first->report, THON_REPORT_SAID_TOO_BIG);
                finish(a, NULL, NULL, 0, "tệp quá lớn, không lưu");
        } else if (answer->result != THON_HTTP_ANSWERED || answer->status < 200 || answer->status > 299) {
                retry(a, answer->error ? answer->error : "refused");
        } else {
                fetched(a);
        }
}

/* A provider's file is fetched over TLS; what names this machine or is no https is no provider's, unless the channel
 * itself is a fake on this machine. */
static bool may_fetch(const struct relayd_channel *channel, const char *url)
{
        if (channel->conf->api_url && thon_http_local(channel->conf->api_url))
                return thon_http_local(url);
        return strncmp(url, "https://", 8) == 0 && !thon_http_local(url) && !thon_http_url_problem(url);
}

static void get(struct relayd_attachments *a, const char *url)
{
        struct thon_http_request request = {
                .method = "GET",
                .url = url,
                .total_ms = 120000,
                .max_answer = (size_t)a->daemon->conf.attachment_max,
                .file = a->path,
        };

        if (!may_fetch(a->first->channel, url))
                finish(a, NULL, NULL, 0, "địa chỉ tệp không hợp lệ, không tải");
        else if (thon_http_send(a->daemon->http, &request, on_file, a, &a->call) < 0)
                retry(a, "the request cannot be made");
}

static void on_place(const struct thon_http_answer *answer, void *userdata)
{
        struct relayd_attachments *a = userdata;
        const struct relayd_channel *channel = a->first->channel;
        char *url = NULL;
        int r;

        a->call = NULL;
        r = channel->kind->read_file(channel->conf, channel->secrets, answer, &url);
        if (r < 0)
                retry(a, "the provider does not say where it is");
        else
                get(a, url);
        if (url)
                explicit_bzero(url, strlen(url));
        free(url);
}

static bool room(const struct relayd *d)
{
        struct statvfs fs;

        return statvfs(d->state_dir, &fs) < 0 || (uint64_t)fs.f_bavail * fs.f_frsize > FREE_MIN;
}

static void next(struct relayd_attachments *a)
{
        struct relayd *d = a->daemon;
        struct fetch *fetch = a->first;
        struct relayd_request request = {0};
        int r;

        if (!fetch || a->call || d->stopping || thon_alarm_pending(a->again))
                return;
        if (!room(d)) {
                thon_warning("Report %" PRId64
                             ": an attachment is not kept: less than 256 MiB are free in %s",
                             fetch->report, d->state_dir);
                finish(a, NULL, NULL, 0, "máy hết chỗ, không lưu được tệp");
                return;
        }
        (void)snprintf(a->path, sizeof(a->path), "%s/reports/.fetch-%" PRId64, d->state_dir, fetch->inbound);
        (void)unlink(a->path); /* of a crash */
        if (!fetch->channel->kind->file) {
                get(a, fetch->url);
                return;
        }
        r = fetch->channel->kind->file(fetch->channel->conf, fetch->channel->secrets, fetch->url, &request);
        if (r == 0)
                r = relayd_call(d, &request, on_place, a, &a->call);
        relayd_request_done(&request);
        if (r < 0)
                retry(a, strerror(-r));
}

static void on_again(void *userdata)
{
        next(userdata);
}

int relayd_attachment_add(struct relayd *d, struct relayd_channel *channel, int64_t inbound, int64_t report,
                          bool image, const char *url)
{
        struct relayd_attachments *a = d->attachments;
        struct fetch *fetch;

        if (a->n >= WAITING_MAX)
                return -ENOBUFS;
        fetch = calloc(1, sizeof(*fetch));
        if (!fetch || !(fetch->url = strdup(url))) {
                free(fetch);
                return -ENOMEM;
        }
        fetch->channel = channel;
        fetch->inbound = inbound;
        fetch->report = report;
        fetch->image = image;
        *a->end = fetch;
        a->end = &fetch->next;
        a->n++;
        next(a);
        return 0;
}

/* Those of before a restart. */
static int again(const struct thon_report_attachment *row, void *userdata)
{
        struct relayd *d = userdata;
        struct relayd_channel *channel = relayd_channel_find(d, row->channel);

        if (channel)
                (void)relayd_attachment_add(d, channel, row->inbound, row->report, row->image, row->url);
        return 0;
}

int relayd_attachments_start(struct relayd *d)
{
        struct relayd_attachments *a = calloc(1, sizeof(*a));
        char path[512];
        int r;

        if (!a)
                return -ENOMEM;
        a->daemon = d;
        a->end = &a->first;
        d->attachments = a;
        (void)snprintf(path, sizeof(path), "%s/reports", d->state_dir);
        if (mkdir(path, 0750) < 0 && errno != EEXIST)
                thon_error("%s: %s; pictures of citizens cannot be kept", path, strerror(errno));
        r = thon_alarm_new(d->clock, "attachment", on_again, a, &a->again);
        if (r == 0 && relayd_store(d))
                (void)thon_report_attachments_waiting(d->store, again, d);
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
        thon_alarm_free(a->again);
        while (a->first)
                drop_first(a);
        free(a);
        d->attachments = NULL;
}
