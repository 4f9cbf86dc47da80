/* The other side of the farm: what tests and the demo ask it and tell it, below /control on 127.0.0.1, as the fake providers
 * have it. Answers are JSON; what cannot be done is 400 with {"error"} and has changed nothing, or only what comes before the
 * member that is wrong. */
#include "farm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_MAX (8u << 20)
#define WAIT_MAX_MS  600000

static void answer(struct conn *conn, unsigned status, json_t *doc)
{
        _cleanup_json_ json_t *owned = doc;
        _cleanup_free_ char *text = owned ? json_dumps(owned, JSON_COMPACT) : NULL;
        size_t n = text ? strlen(text) : 0;

        http_head(conn, text ? status : 500, "application/json", (ssize_t)n);
        bytes_add(&conn->out, text, n);
        conn_answer(conn);
}

static void bad(struct conn *conn, const char *text)
{
        answer(conn, 400, json_pack("{s:s}", "error", text));
}

static void done(struct conn *conn)
{
        answer(conn, 200, json_pack("{s:b}", "ok", 1));
}

/* ---- the query ---- */

struct query {
        char id[128], what[32], count[24], timeout[24];
};

static void read_query(const char *url, struct query *ret)
{
        const char *at = strchr(url, '?');

        *ret = (struct query){"", "", "", ""};
        while (at) {
                const struct {
                        const char *name;
                        char *to;
                        size_t room;
                } known[] = {{"id=", ret->id, sizeof(ret->id)},
                             {"what=", ret->what, sizeof(ret->what)},
                             {"count=", ret->count, sizeof(ret->count)},
                             {"timeout=", ret->timeout, sizeof(ret->timeout)}};
                size_t i, n;

                at++;
                n = strcspn(at, "&");
                for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
                        size_t name = strlen(known[i].name);

                        if (n >= name && strncmp(at, known[i].name, name) == 0 && n - name < known[i].room)
                                (void)snprintf(known[i].to, known[i].room, "%.*s", (int)(n - name),
                                               at + name);
                }
                at = at[n] == '&' ? at + n : NULL;
        }
}

/* ---- waiting ---- */

void waiter_free(struct waiter *waiter)
{
        timer_stop(&waiter->conn->farm->loop, &waiter->timer);
        TAILQ_REMOVE(&waiter->conn->farm->waiters, waiter, entries);
        waiter->conn->waiter = NULL;
        free(waiter);
}

static uint64_t counted(const struct farm *farm, const struct waiter *waiter)
{
        if (waiter->idle)
                return (waiter->host ? waiter->host->open + waiter->host->n_sessions
                                     : farm->open + farm->n_sessions) == 0;
        return waiter->host ? waiter->host->counts[waiter->what] : farm->counts[waiter->what];
}

static void waited(struct waiter *waiter, bool ok)
{
        struct conn *conn = waiter->conn;
        uint64_t count = counted(conn->farm, waiter);

        waiter_free(waiter);
        answer(conn, 200, json_pack("{s:b, s:I}", "ok", ok, "count", (json_int_t)count));
}

void control_look(struct farm *farm)
{
        struct waiter *waiter = TAILQ_FIRST(&farm->waiters);

        /* From the first one again: an answer that cannot be sent ends its connection, which looks here too. */
        while (waiter) {
                bool ready = counted(farm, waiter) >= waiter->count;

                if (ready)
                        waited(waiter, true);
                waiter = ready ? TAILQ_FIRST(&farm->waiters) : TAILQ_NEXT(waiter, entries);
        }
}

static void too_late(struct timer *timer)
{
        waited(container(timer, struct waiter, timer), false);
}

static int find_count(const char *name)
{
        int i;

        for (i = 0; i < COUNTS; i++)
                if (strcmp(name, count_names[i]) == 0)
                        return i;
        return -1;
}

static void wait_for(struct conn *conn, const struct query *query)
{
        struct host *host = query->id[0] ? hosts_find(conn->farm, query->id) : NULL;
        bool idle = strcmp(query->what, "idle") == 0;
        int what = idle ? 0 : find_count(query->what);
        unsigned long long ms = query->timeout[0] ? strtoull(query->timeout, NULL, 10) : 10000;
        struct waiter *waiter;

        if (what < 0 || (query->id[0] && !host) || ms > WAIT_MAX_MS || conn->waiter) {
                bad(conn, "no such count or host, or a timeout over ten minutes");
                return;
        }
        waiter = calloc(1, sizeof(*waiter));
        if (!waiter) {
                bad(conn, "out of memory");
                return;
        }
        *waiter = (struct waiter){.conn = conn,
                                  .host = host,
                                  .what = (enum count)what,
                                  .idle = idle,
                                  .count = query->count[0] ? strtoull(query->count, NULL, 10) : 1,
                                  .timer.fn = too_late};
        conn->waiter = waiter;
        TAILQ_INSERT_TAIL(&conn->farm->waiters, waiter, entries);
        if (counted(conn->farm, waiter) >= waiter->count)
                waited(waiter, true);
        else if (timer_set(&conn->farm->loop, &waiter->timer, ms * 1000) < 0)
                waited(waiter, false);
}

/* ---- whom it concerns ---- */

static bool hangs_on(const struct host *host, const struct host *above)
{
        for (host = host->parent; host; host = host->parent)
                if (host == above)
                        return true;
        return false;
}

typedef bool (*act_fn)(struct host *host, const json_t *doc, struct thon_json_error *error);

static const char *const who[] = {"id", "ids", "switch", "all", "on", "up", "members", NULL};

/* "id", "ids", "switch" (the cameras that hang on it) or "all": true (all cameras). */
static bool each(struct farm *farm, const json_t *doc, act_fn act, struct thon_json_error *error)
{
        const json_t *id = json_object_get(doc, "id"), *ids = json_object_get(doc, "ids");
        const char *above = json_string_value(json_object_get(doc, "switch"));
        const struct host *parent = hosts_find(farm, above);
        bool all = json_is_true(json_object_get(doc, "all"));
        size_t i;

        if (!id && !ids && !all && !parent) {
                thon_json_fail(error, "", "wants id, ids, a switch that there is, or all");
                return false;
        }
        for (i = 0; i < (id ? 1 : json_array_size(ids)); i++) {
                const char *name = json_string_value(id ? id : json_array_get(ids, i));
                struct host *host = hosts_find(farm, name);

                if (!host) {
                        thon_json_fail(error, "id", "no such host: %s", name ? name : "");
                        return false;
                }
                if (!act(host, doc, error))
                        return false;
        }
        for (i = 0; (all || parent) && i < farm->n_hosts; i++) {
                struct host *host = farm->hosts[i];

                if (host->camera && (all || hangs_on(host, parent)) && !act(host, doc, error))
                        return false;
        }
        return true;
}

static bool act_set(struct host *host, const json_t *doc, struct thon_json_error *error)
{
        return host_set(host, doc, who, error);
}

static bool act_switch(struct host *host, const json_t *doc, struct thon_json_error *error)
{
        const json_t *up = json_object_get(doc, "up"), *members = json_object_get(doc, "members");

        if ((up && !json_is_boolean(up)) || (members && !json_is_boolean(members)) || (!up && !members)) {
                thon_json_fail(error, "", "wants up or members, true or false");
                return false;
        }
        if (up)
                host->up = json_is_true(up);
        if (members)
                host->members = json_is_true(members);
        return true;
}

static bool act_power(struct host *host, const json_t *doc, struct thon_json_error *error)
{
        const json_t *on = json_object_get(doc, "on");

        if (!json_is_boolean(on)) {
                thon_json_fail(error, "on", "wants true or false");
                return false;
        }
        host_power(host, json_is_true(on));
        return true;
}

static bool act_reboot(struct host *host, const json_t *doc, struct thon_json_error *error)
{
        (void)doc;
        (void)error;
        host_reboot(host);
        return true;
}

static void reset(struct farm *farm)
{
        size_t i;

        for (i = 0; i < farm->n_hosts; i++)
                host_reset(farm->hosts[i]);
        memset(farm->counts, 0, sizeof(farm->counts));
}

static void clear_counts(struct farm *farm)
{
        size_t i;

        for (i = 0; i < farm->n_hosts; i++) {
                struct host *host = farm->hosts[i];

                memset(host->counts, 0, sizeof(host->counts));
                host->most_open = host->open;
                host->most_sessions = host->n_sessions;
        }
        memset(farm->counts, 0, sizeof(farm->counts));
}

/* ---- what can be asked ---- */

static void get_hosts(struct conn *conn, const struct query *query)
{
        struct farm *farm = conn->farm;
        const struct host *host = hosts_find(farm, query->id);
        json_t *list;
        size_t i;

        if (query->id[0]) {
                if (host)
                        answer(conn, 200, host_json(host));
                else
                        bad(conn, "no such host");
                return;
        }
        list = json_array();
        for (i = 0; i < farm->n_hosts; i++)
                (void)json_array_append_new(list, host_json(farm->hosts[i]));
        answer(conn, 200, list);
}

static void get_counts(struct conn *conn)
{
        const struct farm *farm = conn->farm;
        json_t *doc = json_pack("{s:i, s:I, s:I}", "hosts", (int)farm->n_hosts, "open",
                                (json_int_t)farm->open, "sessions", (json_int_t)farm->n_sessions);
        unsigned i;

        for (i = 0; i < COUNTS; i++)
                (void)json_object_set_new(doc, count_names[i], json_integer((json_int_t)farm->counts[i]));
        answer(conn, 200, doc);
}

static bool set_clock(struct farm *farm, const json_t *doc, struct thon_json_error *error)
{
        const char *sim = json_string_value(json_object_get(doc, "sim_clock"));
        struct thon_clock *clock;

        if (!sim || thon_clock_new(farm->event, sim, &clock) < 0) {
                thon_json_fail(error, "sim_clock", "TIME[,xSPEED], TIME as RFC 3339");
                return false;
        }
        thon_clock_free(farm->clock);
        farm->clock = clock;
        return true;
}

static void post(struct conn *conn, const char *path, const json_t *doc)
{
        struct farm *farm = conn->farm;
        struct thon_json_error error = {"no such control"};
        bool ok = true;

        if (strcmp(path, "set") == 0)
                ok = each(farm, doc, act_set, &error);
        else if (strcmp(path, "switch") == 0)
                ok = each(farm, doc, act_switch, &error);
        else if (strcmp(path, "power") == 0)
                ok = each(farm, doc, act_power, &error);
        else if (strcmp(path, "reboot") == 0)
                ok = each(farm, doc, act_reboot, &error);
        else if (strcmp(path, "add") == 0)
                ok = hosts_add(farm, doc, &error);
        else if (strcmp(path, "clock") == 0)
                ok = set_clock(farm, doc, &error);
        else if (strcmp(path, "reset") == 0)
                reset(farm);
        else if (strcmp(path, "clear") == 0)
                clear_counts(farm);
        else
                ok = false;
        hosts_look(farm);
        if (ok)
                done(conn);
        else
                bad(conn, error.text);
}

void control_serve(struct conn *conn, const struct message *message)
{
        struct thon_json_error error = {""};
        _cleanup_json_ json_t *doc = NULL;
        struct query query;
        char path[32];

        if (strncmp(message->url, "/control/", 9) != 0) {
                answer(conn, 404, json_pack("{s:s}", "error", "see tests/fakes/cameras/README.md"));
                return;
        }
        (void)snprintf(path, sizeof(path), "%.*s", (int)strcspn(message->url + 9, "?"), message->url + 9);
        read_query(message->url, &query);
        if (strcmp(message->method, "POST") == 0) {
                if (message->body_size > 0 &&
                    thon_json_parse(message->body, message->body_size, DOCUMENT_MAX, &doc, &error) < 0)
                        bad(conn, error.text);
                else
                        post(conn, path, doc);
        } else if (strcmp(path, "hosts") == 0) {
                get_hosts(conn, &query);
        } else if (strcmp(path, "counts") == 0) {
                get_counts(conn);
        } else if (strcmp(path, "wait") == 0) {
                wait_for(conn, &query);
        } else {
                bad(conn, "no such control");
        }
}
