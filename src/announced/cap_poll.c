/* One web address that is asked again and again: an alert, or a feed of links to alerts.
 *
 * One request at a time, each with its deadline and its limit of bytes; a round that is not over when the next is
 * due leaves that one out. Links are followed to the feed's own host only: who writes into a feed shall not make us
 * ask around in our network. A link is remembered with its version once its alert was brought and taken, so that a
 * round costs one request while nothing is new. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cap_ways.h"
#include "thon/cleanup.h"

#define CONNECT_MS 10000u
#define TOTAL_MS   20000u
#define SEEN_MAX   256u

struct cap_poll {
        struct thon_clock *clock;
        struct thon_http *http;
        const struct cap_intake_ops *ops;
        void *userdata;
        char *url, origin[CAP_ORIGIN];
        int64_t every_s;
        uint64_t random;
        struct thon_alarm *alarm;
        struct thon_http_call *call; /* the feed, or one of its links; NULL: none */
        struct thon_cap_link *links; /* of this round, what is left of them from `next` on */
        size_t n_links, next;
        uint64_t seen[SEEN_MAX]; /* a ring of what was brought */
        size_t n_seen;
        bool troubled, failed; /* failed: in this round */
};

THON_DEFINE_CLEANUP(struct cap_poll *, cap_poll_free)

/* ---- small things ---- */

/* splitmix64 */
static uint64_t random_of(struct cap_poll *poll)
{
        uint64_t z = (poll->random += UINT64_C(0x9e3779b97f4a7c15));

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

/* FNV-1a: to know what was seen, not to keep anybody from anything: an alert that comes twice is known to the daemon. */
static uint64_t digest(uint64_t hash, const char *data, size_t size)
{
        for (size_t i = 0; i < size; i++)
                hash = (hash ^ (unsigned char)data[i]) * UINT64_C(0x100000001b3);
        return hash;
}
#define DIGEST_BEGIN UINT64_C(0xcbf29ce484222325)

static uint64_t digest_of(const struct thon_cap_link *link)
{
        uint64_t hash = digest(DIGEST_BEGIN, link->url, strlen(link->url) + 1);

        return digest(hash, link->version, strlen(link->version));
}

static bool was_seen(const struct cap_poll *poll, uint64_t what)
{
        for (size_t i = 0; i < SEEN_MAX && i < poll->n_seen; i++)
                if (poll->seen[i] == what)
                        return true;
        return false;
}

static void has_seen(struct cap_poll *poll, uint64_t what)
{
        poll->seen[poll->n_seen++ % SEEN_MAX] = what;
}

static void fails(struct cap_poll *poll, const char *problem)
{
        poll->failed = true;
        if (!poll->troubled)
                poll->ops->trouble(poll->origin, problem, poll->userdata);
        poll->troubled = true;
}

/* ---- rounds ---- */

static void next_round(struct cap_poll *poll, uint64_t us)
{
        thon_alarm_set(poll->alarm, THON_WALL_NEVER, thon_mono_add(thon_clock_mono(poll->clock), us));
}

static uint64_t interval_us(struct cap_poll *poll)
{
        uint64_t us = (uint64_t)poll->every_s * 1000000u, spread = us / 5;

        return us - us / 10 + (spread > 0 ? random_of(poll) % spread : 0);
}

static void end_round(struct cap_poll *poll)
{
        poll->links = thon_cap_links_free(poll->links, poll->n_links);
        poll->n_links = poll->next = 0;
        if (poll->failed)
                return;
        if (poll->troubled)
                poll->ops->trouble(poll->origin, NULL, poll->userdata);
        poll->troubled = false;
}

/* True: it need not be brought again. */
static bool bring(struct cap_poll *poll, const char *xml, size_t size)
{
        char why[CAP_WHY] = "";

        switch (poll->ops->alert(xml, size, poll->origin, why, poll->userdata)) {
        case CAP_TAKEN:
        case CAP_REFUSED:
                return true;
        case CAP_AGAIN:
                return false;
        }
        return false;
}

/* Whether there is a document to read. */
static bool is_answer(struct cap_poll *poll, const struct thon_http_answer *answer)
{
        char problem[120];

        switch (answer->result) {
        case THON_HTTP_ANSWERED:
                if (answer->status == 200)
                        return true;
                (void)snprintf(problem, sizeof problem, "it answers with HTTP status %u", answer->status);
                break;
        case THON_HTTP_TOO_LARGE:
                (void)snprintf(problem, sizeof problem, "its answer is larger than %d bytes", THON_CAP_MAX);
                break;
        case THON_HTTP_NOT_SENT:
        case THON_HTTP_UNKNOWN:
                (void)snprintf(problem, sizeof problem, "it cannot be asked: %.90s",
                               answer->error ? answer->error : "no answer");
                break;
        }
        fails(poll, problem);
        return false;
}

static int get(struct cap_poll *poll, const char *url, thon_http_fn fn)
{
        static const char *const headers[] = {
                "Accept: application/cap+xml, application/atom+xml, application/rss+xml, application/xml, text/xml",
                NULL};
        const struct thon_http_request request = {.method = "GET",
                                                  .url = url,
                                                  .headers = headers,
                                                  .connect_ms = CONNECT_MS,
                                                  .total_ms = TOTAL_MS,
                                                  .max_answer = THON_CAP_MAX};

        return thon_http_send(poll->http, &request, fn, poll, &poll->call);
}

/* ---- links of a feed ---- */

/* Absolute, below the root, or beside the feed. NULL: it is none that may be followed. */
static char *resolve(const struct cap_poll *poll, const char *link)
{
        const char *host = strstr(poll->url, "://") + 3, *end = host + strcspn(host, "/?"),
                   *query = end + strcspn(end, "?"), *slash;
        char *url = NULL;

        if (strstr(link, "://"))
                url = strdup(link);
        else if (link[0] == '/' && link[1] != '/')
                return asprintf(&url, "%.*s%s", (int)(end - poll->url), poll->url, link) < 0 ? NULL : url;
        else if (link[0] != '/' && !strchr(link, ':')) {
                slash = memrchr(end, '/', (size_t)(query - end));
                return asprintf(&url, "%.*s%s%s", (int)((slash ? slash + 1 : end) - poll->url), poll->url,
                                slash ? "" : "/", link) < 0
                               ? NULL
                               : url;
        }
        if (url && (thon_http_url_problem(url) ||
                    (strncmp(poll->url, "https:", 6) == 0 && strncmp(url, "https:", 6) != 0) ||
                    !thon_http_url_same_host(poll->url, url))) {
                free(url);
                url = NULL;
        }
        return url;
}

static void follow(struct cap_poll *poll);

static void on_link(const struct thon_http_answer *answer, void *userdata)
{
        struct cap_poll *poll = userdata;
        const struct thon_cap_link *link = &poll->links[poll->next++];

        poll->call = NULL;
        if (is_answer(poll, answer) && bring(poll, answer->body, answer->size))
                has_seen(poll, digest_of(link));
        follow(poll);
}

/* The oldest first, as feeds have the newest on top: an update comes after its alert. */
static void follow(struct cap_poll *poll)
{
        for (; poll->next < poll->n_links; poll->next++) {
                const struct thon_cap_link *link = &poll->links[poll->next];
                _cleanup_free_ char *url = NULL;

                if (was_seen(poll, digest_of(link)))
                        continue;
                url = resolve(poll, link->url);
                if (!url) {
                        fails(poll,
                              "its feed links to another host, which is not asked; poll that one itself");
                        continue;
                }
                if (get(poll, url, on_link) == 0)
                        return;
                fails(poll, "a link of its feed cannot be asked");
        }
        end_round(poll);
}

static void reverse(struct thon_cap_link *links, size_t n)
{
        for (size_t i = 0; i < n / 2; i++) {
                struct thon_cap_link swap = links[i];

                links[i] = links[n - 1 - i];
                links[n - 1 - i] = swap;
        }
}

static void on_document(const struct thon_http_answer *answer, void *userdata)
{
        struct cap_poll *poll = userdata;
        enum thon_cap_document kind;
        char error[160], problem[200];
        int r;

        poll->call = NULL;
        if (!is_answer(poll, answer)) {
                end_round(poll);
                return;
        }
        r = thon_cap_feed_parse(answer->body, answer->size, &kind, &poll->links, &poll->n_links, error);
        if (r == 0 && kind == THON_CAP_DOCUMENT_ALERT) {
                uint64_t hash = digest(DIGEST_BEGIN, answer->body, answer->size);

                if (!was_seen(poll, hash) && bring(poll, answer->body, answer->size))
                        has_seen(poll, hash);
                end_round(poll);
                return;
        }
        if (r < 0) {
                (void)snprintf(problem, sizeof problem, "what it sends cannot be read: %s",
                               r == -ENOMEM ? "out of memory" : error);
                fails(poll, problem);
                end_round(poll);
                return;
        }
        reverse(poll->links, poll->n_links);
        follow(poll);
}

static void on_alarm(void *userdata)
{
        struct cap_poll *poll = userdata;

        next_round(poll, interval_us(poll));
        if (poll->call)
                return;
        poll->failed = false;
        if (thon_clock_simulated(poll->clock) && !thon_http_local(poll->url)) {
                fails(poll, "it is not asked under a simulated clock");
                return;
        }
        if (get(poll, poll->url, on_document) < 0)
                fails(poll, "it cannot be asked");
}

/* ---- life ---- */

static void name_origin(struct cap_poll *poll)
{
        const char *host = strstr(poll->url, "://");
        size_t n;

        host = host ? host + 3 : poll->url;
        n = strcspn(host, "/?");
        (void)snprintf(poll->origin, sizeof poll->origin, "poll:%.*s", (int)(n < 100 ? n : 100), host);
}

int cap_poll_new(const struct cap_intake_options *options, const char *url, uint64_t seed,
                 const struct cap_intake_ops *ops, void *userdata, struct cap_poll **ret)
{
        _cleanup_(cap_poll_freep) struct cap_poll *poll = NULL;
        int r;

        if (!options->http || options->poll_s < 1 || thon_http_url_problem(url))
                return -EINVAL;
        poll = calloc(1, sizeof *poll);
        if (!poll)
                return -ENOMEM;
        poll->clock = options->clock;
        poll->http = options->http;
        poll->ops = ops;
        poll->userdata = userdata;
        poll->every_s = options->poll_s < 86400 ? options->poll_s : 86400;
        poll->random = seed;
        poll->url = strdup(url);
        r = poll->url ? thon_alarm_new(options->clock, "cap-poll", on_alarm, poll, &poll->alarm) : -ENOMEM;
        if (r < 0)
                return r;
        name_origin(poll);
        next_round(poll, random_of(poll) % 1000000u); /* at once, but several not in one moment */
        *ret = THON_TAKE(poll);
        return 0;
}

struct cap_poll *cap_poll_free(struct cap_poll *poll)
{
        if (!poll)
                return NULL;
        thon_http_cancel(poll->call);
        poll->alarm = thon_alarm_free(poll->alarm);
        poll->links = thon_cap_links_free(poll->links, poll->n_links);
        free(poll->url);
        free(poll);
        return NULL;
}
