/* The other side of the fake: what tests and the demo ask it and tell it, below /control. Answers are JSON; what cannot
 * be done is 400 with {"error"}. */
#include "fakes.h"

#include <string.h>

#define WAIT_MAX_MS 600000

static void bad(struct answer *answer, const char *text)
{
        answer_json(answer, 400, json_pack("{s:s}", "error", text), 400, "bad");
}

static void done(struct answer *answer)
{
        answer_json(answer, 200, json_pack("{s:b}", "ok", 1), 0, "ok");
}

static void result(struct answer *answer, bool ok, const struct thon_json_error *error)
{
        if (ok)
                done(answer);
        else
                bad(answer, error->text);
}

static bool is(const struct request *request, const char *method, const char *path)
{
        return strcmp(request->method, method) == 0 && strcmp(request->path, path) == 0;
}

/* `provider` of the query: PROVIDER_NONE for any; false when it is wrong. */
static bool asked_provider(const struct request *request, enum provider_id *ret)
{
        const char *name = request_query(request, "provider");

        *ret = provider_find(name);
        return !name || *ret != PROVIDER_NONE;
}

/* ---- what was received ---- */

static void lists(struct fakes *fakes, struct request *request, struct answer *answer)
{
        uint64_t since = request_argument(request, "since", 0),
                 limit = request_argument(request, "limit", 1000000);
        enum provider_id provider;

        if (!asked_provider(request, &provider))
                bad(answer, "no such provider");
        else if (strcmp(request->path, "/messages") == 0)
                answer_json(answer, 200,
                            record_list_messages(fakes->record, since, provider,
                                                 request_query(request, "address"), limit),
                            0, "messages");
        else
                answer_json(answer, 200, record_list_requests(fakes->record, since, provider, limit), 0,
                            "requests");
}

static uint64_t counted(const struct fakes *fakes, enum provider_id provider, bool requests)
{
        return requests ? record_requests(fakes->record, provider)
                        : record_messages(fakes->record, provider);
}

/* ?count=N&timeout=MS[&provider=X][&what=requests]: answered when so many have come since the last reset. */
static void wait_for(struct fakes *fakes, struct request *request, struct answer *answer)
{
        uint64_t count = request_argument(request, "count", 1),
                 ms = request_argument(request, "timeout", 10000);
        const char *what = request_query(request, "what");
        bool requests = what && strcmp(what, "requests") == 0;
        enum provider_id provider;
        uint64_t now;

        if (!asked_provider(request, &provider) || ms > WAIT_MAX_MS) {
                bad(answer, "no such provider, or a timeout over ten minutes");
                return;
        }
        now = counted(fakes, provider, requests);
        if (now >= count || request->timed_out || ms == 0) {
                answer_json(answer, 200,
                            json_pack("{s:b, s:I}", "ok", now >= count, "count", (json_int_t)now), 0,
                            "waited");
                return;
        }
        if (fakes->n_waiters == sizeof(fakes->waiters) / sizeof(fakes->waiters[0]) ||
            request_sleep(request, ms) < 0) {
                bad(answer, "too many wait");
                return;
        }
        fakes_forget_waiter(request);
        fakes->waiters[fakes->n_waiters++] = (struct waiter){request, count, provider, requests};
        answer->sleeps = true;
}

void fakes_look(struct fakes *fakes)
{
        size_t i = 0;

        while (i < fakes->n_waiters) {
                struct waiter waiter = fakes->waiters[i];

                if (counted(fakes, waiter.provider, waiter.requests) < waiter.count) {
                        i++;
                        continue;
                }
                fakes->waiters[i] = fakes->waiters[--fakes->n_waiters];
                request_wake(waiter.request);
        }
}

void fakes_forget_waiter(struct request *request)
{
        struct fakes *fakes = request->fakes;
        size_t i;

        for (i = 0; i < fakes->n_waiters; i++)
                if (fakes->waiters[i].request == request) {
                        fakes->waiters[i] = fakes->waiters[--fakes->n_waiters];
                        return;
                }
}

/* ---- what is to happen ---- */

static void faults(struct fakes *fakes, struct request *request, struct answer *answer)
{
        struct thon_json_error error = {""};
        int64_t id;

        if (strcmp(request->method, "GET") == 0) {
                answer_json(answer, 200, faults_list(fakes->faults), 0, "faults");
        } else if (strcmp(request->method, "DELETE") == 0) {
                (void)faults_remove(fakes->faults, (int64_t)request_argument(request, "id", 0));
                server_release(fakes->door);
                done(answer);
        } else if (faults_add(fakes->faults, request->doc, &id, &error)) {
                answer_json(answer, 200, json_pack("{s:I}", "id", (json_int_t)id), 0, "fault");
        } else {
                bad(answer, error.text);
        }
}

/* {"sim_clock":"TIME[,xSPEED]"} as daemons take it, or {"advance":SECONDS}. */
static void set_clock(struct fakes *fakes, struct request *request, struct answer *answer)
{
        static const char *const members[] = {"sim_clock", "advance", NULL};
        const char *sim = request_text(request, "sim_clock");
        struct thon_json_error error = {""};
        struct thon_clock *clock = NULL;

        if (!thon_json_only(request->doc, "", members, &error)) {
                bad(answer, error.text);
                return;
        }
        if (sim) {
                if (thon_clock_new(fakes->event, sim, &clock) < 0) {
                        bad(answer, "sim_clock: TIME[,xSPEED], TIME as RFC 3339");
                        return;
                }
                thon_clock_free(fakes->clock);
                fakes->clock = clock;
                fakes->clock_offset_ms = 0;
        }
        fakes->clock_offset_ms += json_integer_value(json_object_get(request->doc, "advance")) * 1000;
        done(answer);
}

static void get_clock(struct fakes *fakes, struct answer *answer)
{
        int32_t day;
        int minute = fakes_minute_of_day(fakes, &day);

        answer_json(answer, 200,
                    json_pack("{s:I, s:i, s:i}", "ms", (json_int_t)fakes_now_ms(fakes), "minute", minute,
                              "day", (int)day),
                    0, "clock");
}

/* {"open":bool}: a closed door refuses every connection. It needs a control port of its own. */
static void door(struct fakes *fakes, struct request *request, struct answer *answer)
{
        const json_t *open = json_object_get(request->doc, "open");

        if (!json_is_boolean(open))
                bad(answer, "wants open: true or false");
        else if (!fakes->control || request->server != fakes->control)
                bad(answer, "only on --control-port");
        else if (server_door(fakes->door, json_is_true(open)) < 0)
                bad(answer, "the port cannot be had again");
        else
                done(answer);
}

static void settings(struct fakes *fakes, struct request *request, struct answer *answer, const char *name)
{
        enum provider_id id = provider_find(name);
        struct thon_json_error error = {""};

        if (id == PROVIDER_NONE || !providers[id]->set)
                bad(answer, "no such provider, or it has no settings");
        else if (strcmp(request->method, "GET") == 0)
                answer_json(answer, 200, providers[id]->get(fakes), 0, "settings");
        else
                result(answer, providers[id]->set(fakes, request->doc, &error), &error);
}

/* One, or a list of them. */
static void people(struct fakes *fakes, struct request *request, struct answer *answer)
{
        struct thon_json_error error = {""};
        size_t i;

        if (!json_is_array(request->doc)) {
                result(answer, people_set(fakes, request->doc, &error), &error);
                return;
        }
        for (i = 0; i < json_array_size(request->doc); i++)
                if (!people_set(fakes, json_array_get(request->doc, i), &error)) {
                        bad(answer, error.text);
                        return;
                }
        done(answer);
}

bool inbound_read(const json_t *doc, struct inbound *ret, struct thon_json_error *error)
{
        static const char *const members[] = {"provider", "from",  "name", "text",   "image", "location",
                                              "group",    "event", "size", "app_id", NULL};
        const json_t *place = json_object_get(doc, "location"), *image = json_object_get(doc, "image");
        const json_t *size = json_object_get(doc, "size");

        if (!thon_json_only(doc, "", members, error))
                return false;
        *ret = (struct inbound){
                .from = json_string_value(json_object_get(doc, "from")),
                .name = json_string_value(json_object_get(doc, "name")),
                .text = json_string_value(json_object_get(doc, "text")),
                .image = json_is_true(image) ? "" : json_string_value(image),
                .group = json_string_value(json_object_get(doc, "group")),
                .event = json_string_value(json_object_get(doc, "event")),
                .located = json_array_size(place) == 2,
                .lat = json_number_value(json_array_get(place, 0)),
                .lon = json_number_value(json_array_get(place, 1)),
                .size = size ? json_integer_value(size) : 20000,
        };
        if (!ret->name)
                ret->name = "Nguyễn Văn A";
        if (ret->from && (ret->text || ret->image || ret->located || ret->event))
                return true;
        thon_json_fail(error, "", "wants from, and text, image, location or event");
        return false;
}

static void somebody(struct fakes *fakes, struct request *request, struct answer *answer)
{
        enum provider_id id = provider_find(request_text(request, "provider"));
        bool receipt = strcmp(request->path, "/receipt") == 0;
        struct thon_json_error error = {"this provider has none"};
        json_t *doc = NULL;

        if (id == PROVIDER_NONE) {
                bad(answer, "no such provider");
                return;
        }
        if (receipt && providers[id]->receipt)
                doc = providers[id]->receipt(fakes, request->doc, &error);
        else if (!receipt && providers[id]->push)
                doc = providers[id]->push(fakes, request->doc, &error);
        if (doc)
                answer_json(answer, 200, doc, 0, "pushed");
        else
                bad(answer, error.text);
}

static void reset(struct fakes *fakes, struct answer *answer)
{
        server_reset(fakes->door);
        fakes_stop(fakes);
        if (fakes_start(fakes) < 0)
                bad(answer, "out of memory");
        else
                done(answer);
}

static void help(struct answer *answer)
{
        answer_json(answer, 200,
                    json_pack("[s, s, s, s, s, s, s, s, s, s, s, s, s]",
                              "GET messages?since&provider&address&limit",
                              "GET requests?since&provider&limit", "GET counts",
                              "GET wait?count&timeout&provider&what", "GET POST DELETE faults",
                              "GET POST clock", "GET POST apps", "GET POST providers/NAME", "POST people",
                              "POST limit", "POST push", "POST receipt", "POST door, reset"),
                    0, "help");
}

void control_judge(struct fakes *fakes, struct request *request, struct answer *answer)
{
        struct thon_json_error error = {""};
        const char *path = request->path;

        if (is(request, "GET", "/messages") || is(request, "GET", "/requests"))
                lists(fakes, request, answer);
        else if (is(request, "GET", "/counts"))
                answer_json(answer, 200, record_counts(fakes->record), 0, "counts");
        else if (is(request, "GET", "/wait"))
                wait_for(fakes, request, answer);
        else if (strcmp(path, "/faults") == 0)
                faults(fakes, request, answer);
        else if (is(request, "GET", "/clock"))
                get_clock(fakes, answer);
        else if (is(request, "POST", "/clock"))
                set_clock(fakes, request, answer);
        else if (is(request, "GET", "/apps"))
                answer_json(answer, 200, apps_get(fakes->apps), 0, "apps");
        else if (is(request, "POST", "/apps"))
                result(answer, apps_set(fakes, request->doc, &error), &error);
        else if (strncmp(path, "/providers/", 11) == 0)
                settings(fakes, request, answer, path + 11);
        else if (is(request, "POST", "/people"))
                people(fakes, request, answer);
        else if (is(request, "POST", "/limit"))
                result(answer, limits_set(fakes->limits, request->doc, &error), &error);
        else if (is(request, "POST", "/push") || is(request, "POST", "/receipt"))
                somebody(fakes, request, answer);
        else if (is(request, "POST", "/door"))
                door(fakes, request, answer);
        else if (is(request, "POST", "/reset"))
                reset(fakes, answer);
        else if (is(request, "GET", "") || is(request, "GET", "/"))
                help(answer);
        else
                answer_json(answer, 404, json_pack("{s:s}", "error", "no such control"), 404,
                            "no such control");
}
