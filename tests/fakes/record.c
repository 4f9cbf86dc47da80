/* What was received: every request with its verdict, every message that was accepted, and counters by second. Tests
 * count losses and doubles by it, so nothing is ever merged or corrected here; the file outlives this program.
 *
 * A list that has grown to its limit loses its older half: the demo may run for days. */
#include "fakes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT_MAX    1000000u
#define SECONDS_MAX 200000u

struct message {
        uint64_t number, request, at_us;
        int64_t clock_ms;
        enum provider_id provider;
        enum fault_act fault;
        const char *endpoint;
        char *address, *text, *message_id;
        json_t *more;
        bool answered;
};

struct row {
        uint64_t number, at_us, took_us;
        enum provider_id provider;
        enum fault_act fault;
        const char *endpoint;
        char method[8];
        unsigned status;
        int64_t code;
        bool accepted;
        char address[64], verdict[64];
        char *path; /* of what was nobody's; NULL */
};

struct counter {
        uint64_t messages, requests;
        uint32_t *by_second;
        size_t n_seconds;
};

struct record {
        struct fakes *fakes;
        int fd;
        bool show;
        uint64_t began_us;
        struct message *messages;
        size_t n_messages, room_messages;
        struct row *rows;
        size_t n_rows, room_rows;
        uint64_t last_message, last_request;
        struct counter counters[PROVIDERS + 1]; /* the last: all */
};

int record_new(struct fakes *fakes, const char *path, bool show, struct record **ret)
{
        struct record *record = calloc(1, sizeof(*record));

        if (!record)
                return -ENOMEM;
        *record = (struct record){.fakes = fakes, .fd = -1, .show = show, .began_us = fakes_mono_us()};
        if (path) {
                record->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
                if (record->fd < 0) {
                        int r = -errno;

                        free(record);
                        return r;
                }
        }
        *ret = record;
        return 0;
}

static void message_done(struct message *message)
{
        free(message->address);
        free(message->text);
        free(message->message_id);
        json_decref(message->more);
}

void record_clear(struct record *record)
{
        size_t i;

        for (i = 0; i < record->n_messages; i++)
                message_done(&record->messages[i]);
        for (i = 0; i < record->n_rows; i++)
                free(record->rows[i].path);
        for (i = 0; i <= PROVIDERS; i++) {
                free(record->counters[i].by_second);
                record->counters[i] = (struct counter){0};
        }
        record->n_messages = record->n_rows = 0;
        record->last_message = record->last_request = 0;
        record->began_us = fakes_mono_us();
}

struct record *record_free(struct record *record)
{
        if (!record)
                return NULL;
        record_clear(record);
        if (record->fd >= 0)
                (void)close(record->fd);
        free(record->messages);
        free(record->rows);
        free(record);
        return NULL;
}

/* ---- keeping ---- */

static bool message_room(struct record *record)
{
        struct message *grown;
        size_t i, room, half = record->n_messages / 2;

        if (record->n_messages < record->room_messages)
                return true;
        if (record->n_messages >= KEPT_MAX) {
                for (i = 0; i < half; i++)
                        message_done(&record->messages[i]);
                record->n_messages -= half;
                memmove(record->messages, record->messages + half,
                        record->n_messages * sizeof(*record->messages));
                return true;
        }
        room = record->room_messages ? 2 * record->room_messages : 1024;
        grown = reallocarray(record->messages, room, sizeof(*grown));
        if (!grown)
                return false;
        record->messages = grown;
        record->room_messages = room;
        return true;
}

static bool row_room(struct record *record)
{
        struct row *grown;
        size_t i, room, half = record->n_rows / 2;

        if (record->n_rows < record->room_rows)
                return true;
        if (record->n_rows >= KEPT_MAX) {
                for (i = 0; i < half; i++)
                        free(record->rows[i].path);
                record->n_rows -= half;
                memmove(record->rows, record->rows + half, record->n_rows * sizeof(*record->rows));
                return true;
        }
        room = record->room_rows ? 2 * record->room_rows : 1024;
        grown = reallocarray(record->rows, room, sizeof(*grown));
        if (!grown)
                return false;
        record->rows = grown;
        record->room_rows = room;
        return true;
}

static void count_second(struct counter *counter, uint64_t second)
{
        if (second >= SECONDS_MAX)
                return;
        if (second >= counter->n_seconds) {
                size_t n = (size_t)second + 64;
                uint32_t *grown = reallocarray(counter->by_second, n, sizeof(*grown));

                if (!grown)
                        return;
                memset(grown + counter->n_seconds, 0, (n - counter->n_seconds) * sizeof(*grown));
                counter->by_second = grown;
                counter->n_seconds = n;
        }
        counter->by_second[second]++;
}

/* Numbers are those of all requests, whatever a list has lost since. */
static struct row *row_of(struct record *record, uint64_t number)
{
        uint64_t first = record->n_rows > 0 ? record->rows[0].number : 0;

        return record->n_rows > 0 && number >= first && number - first < record->n_rows
                       ? &record->rows[number - first]
                       : NULL;
}

static struct message *message_of(struct record *record, uint64_t number)
{
        uint64_t first = record->n_messages > 0 ? record->messages[0].number : 0;

        return record->n_messages > 0 && number >= first && number - first < record->n_messages
                       ? &record->messages[number - first]
                       : NULL;
}

void record_request(struct record *record, struct request *request)
{
        char buf[32];
        struct row *row;

        request->number = ++record->last_request;
        record->counters[request->provider].requests++;
        if (request->provider != PROVIDER_NONE)
                record->counters[PROVIDERS].requests++;
        if (!row_room(record))
                return;
        row = &record->rows[record->n_rows++];
        *row = (struct row){.number = request->number,
                            .at_us = request->at_us,
                            .provider = request->provider,
                            .endpoint = request->endpoint};
        snprintf(row->method, sizeof(row->method), "%s", request->method);
        snprintf(row->address, sizeof(row->address), "%s", request_address(request, buf));
        if (!request->endpoint)
                row->path = strdup(request->whole_path);
}

void record_verdict(struct record *record, const struct request *request, const struct answer *answer,
                    const struct fault *fault, uint64_t took_us)
{
        struct row *row = row_of(record, request->number);

        if (!row)
                return;
        row->status = answer->status;
        row->code = answer->code;
        row->accepted = answer->accepted;
        row->fault = fault->act;
        row->took_us = took_us;
        snprintf(row->verdict, sizeof(row->verdict), "%.*s", (int)sizeof(row->verdict) - 1, answer->verdict);
}

static uint64_t since_us(const struct record *record, uint64_t at_us)
{
        return at_us > record->began_us ? at_us - record->began_us : 0;
}

static json_t *message_json(const struct record *record, const struct message *message)
{
        json_t *doc =
                json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:f, s:I, s:b, s:s?}", "number",
                          (json_int_t)message->number, "request", (json_int_t)message->request, "provider",
                          providers[message->provider]->name, "endpoint", message->endpoint, "address",
                          message->address, "text", message->text, "message_id", message->message_id, "at",
                          (double)since_us(record, message->at_us) / 1000.0, "clock",
                          (json_int_t)message->clock_ms, "answered", message->answered, "fault",
                          message->fault == FAULT_NONE ? NULL : fault_name(message->fault));

        if (doc && message->more)
                (void)json_object_update_missing(doc, message->more);
        return doc;
}

/* One write a line: a kill leaves whole lines. */
static void write_down(const struct record *record, const struct message *message)
{
        _cleanup_json_ json_t *doc = message_json(record, message);
        _cleanup_free_ char *line = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
        size_t size = line ? strlen(line) : 0;

        if (!line)
                return;
        line[size++] = '\n'; /* in the NUL's place */
        if (write(record->fd, line, size) != (ssize_t)size)
                fprintf(stderr, "fake-providers: the record was not written: %m\n");
}

static void show(const struct message *message)
{
        const char *c;

        printf("[%s → %s] ", providers[message->provider]->label, message->address);
        for (c = message->text; *c; c++)
                if (*c == '\n')
                        fputs("\n    ", stdout);
                else if ((unsigned char)*c >= ' ')
                        fputc(*c, stdout);
        fputc('\n', stdout);
        (void)fflush(stdout);
}

void record_accept(struct request *request, const char *address, const char *text, const char *message_id,
                   json_t *more)
{
        struct record *record = request->fakes->record;
        struct message *message;
        uint64_t second = since_us(record, request->at_us) / 1000000;

        request->answer.accepted = true;
        request->message = ++record->last_message;
        record->counters[request->provider].messages++;
        record->counters[PROVIDERS].messages++;
        count_second(&record->counters[request->provider], second);
        count_second(&record->counters[PROVIDERS], second);
        if (!message_room(record)) {
                json_decref(more);
                return;
        }
        message = &record->messages[record->n_messages++];
        *message = (struct message){.number = request->message,
                                    .request = request->number,
                                    .at_us = request->at_us,
                                    .clock_ms = fakes_now_ms(request->fakes),
                                    .provider = request->provider,
                                    .fault = request->fault.act,
                                    .endpoint = request->endpoint,
                                    .address = strdup(address),
                                    .text = strdup(text),
                                    .message_id = strdup(message_id),
                                    .more = more};
        if (record->fd >= 0)
                write_down(record, message);
        if (record->show && message->address && message->text)
                show(message);
}

void record_answered(struct record *record, const struct request *request)
{
        struct message *message = message_of(record, request->message);

        if (message)
                message->answered = true;
}

/* ---- looking ---- */

uint64_t record_messages(const struct record *record, enum provider_id provider)
{
        return record->counters[provider].messages;
}

uint64_t record_requests(const struct record *record, enum provider_id provider)
{
        return record->counters[provider].requests;
}

json_t *record_list_messages(const struct record *record, uint64_t since, enum provider_id provider,
                             const char *address, uint64_t limit)
{
        json_t *list = json_array();
        size_t i;

        for (i = 0; i < record->n_messages && json_array_size(list) < limit; i++) {
                const struct message *message = &record->messages[i];

                if (message->number > since &&
                    (provider == PROVIDER_NONE || message->provider == provider) &&
                    (!address || strcmp(message->address, address) == 0))
                        (void)json_array_append_new(list, message_json(record, message));
        }
        return list;
}

static json_t *row_json(const struct record *record, const struct row *row)
{
        return json_pack(
                "{s:I, s:s?, s:s?, s:s?, s:s, s:s, s:i, s:I, s:b, s:s, s:s?, s:f, s:f}", "number",
                (json_int_t)row->number, "provider",
                row->provider == PROVIDER_NONE ? NULL : providers[row->provider]->name, "endpoint",
                row->endpoint, "path", row->path, "method", row->method, "address", row->address, "status",
                (int)row->status, "code", (json_int_t)row->code, "accepted", row->accepted, "verdict",
                row->verdict, "fault", row->fault == FAULT_NONE ? NULL : fault_name(row->fault), "at",
                (double)since_us(record, row->at_us) / 1000.0, "took", (double)row->took_us / 1000.0);
}

json_t *record_list_requests(const struct record *record, uint64_t since, enum provider_id provider,
                             uint64_t limit)
{
        json_t *list = json_array();
        size_t i;

        for (i = 0; i < record->n_rows && json_array_size(list) < limit; i++)
                if (record->rows[i].number > since &&
                    (provider == PROVIDER_NONE || record->rows[i].provider == provider))
                        (void)json_array_append_new(list, row_json(record, &record->rows[i]));
        return list;
}

static json_t *seconds_json(const struct counter *counter)
{
        json_t *object = json_object();
        char key[24];
        size_t i;

        for (i = 0; i < counter->n_seconds; i++)
                if (counter->by_second[i] > 0) {
                        snprintf(key, sizeof(key), "%zu", i);
                        (void)json_object_set_new(object, key, json_integer(counter->by_second[i]));
                }
        return object;
}

json_t *record_counts(const struct record *record)
{
        json_t *by_provider = json_object();
        unsigned i;

        for (i = 0; i < PROVIDERS; i++) {
                const struct counter *counter = &record->counters[i];

                (void)json_object_set_new(
                        by_provider, providers[i]->name,
                        json_pack("{s:I, s:I, s:o}", "messages", (json_int_t)counter->messages, "requests",
                                  (json_int_t)counter->requests, "per_second", seconds_json(counter)));
        }
        return json_pack("{s:I, s:I, s:o, s:o}", "messages",
                         (json_int_t)record->counters[PROVIDERS].messages, "requests",
                         (json_int_t)record->counters[PROVIDERS].requests, "per_second",
                         seconds_json(&record->counters[PROVIDERS]), "providers", by_provider);
}
