/* The one thing that cannot be told through the store is that there is none. All else waits for it, and waits in silence: a station
 * whose card has failed looks like one where nothing happens.
 *
 * So this event goes past the routes' memory and the queue: its people are looked up once, in what can still be read of the store or
 * else in the newest copy of the night (bare_people.c), and told by bare.c. Whom it was told is kept in the runtime directory, which no
 * card's failure takes away: not again after a restart, and so that they hear the end. A reboot forgets it, and tells it again.
 *
 * It is over when nobody had anything to say against the store for a while. A damaged page is met now and then, not always, so that
 * silence does not mend it: damage is over when there is another file in the place of that one. */
#include "store_down.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bare.h"
#include "bare_people.h"
#include "thon/cleanup.h"
#include "thon/event.h"
#include "thon/file.h"
#include "thon/log.h"

#define KIND "store-down"
/* Another program may hold the store for a moment, and a retained status may be older than its daemon. Damage that we found
 * ourselves is no matter of moments. A full card is met by what writes and forgotten by what does not: if it comes again
 * within as long it has never gone. A lock that is held now and then has. */
#define STANDS_US  UINT64_C(60000000)
#define QUIET_US   UINT64_C(600000000)
#define SEEN_MAX   64
#define RECORD_MAX 32768

struct seen {
        thon_slug daemon;
        char slug[24];
};

struct relayd_store_down {
        struct relayd_bare *bare;
        struct thon_alarm *look;
        struct seen seen[SEEN_MAX];
        size_t n;
        struct thon_mono bad_since, quiet_since; /* NEVER: it is not so */
        bool raised, said;                       /* said: by this process */
        char slug[24];                           /* as raised */
        struct thon_wall since;
        uint64_t file;               /* that was damaged, as file_of(); 0: none was there */
        uint64_t other;              /* in its place, of which `bad_since` speaks; 0: none is */
        char *told[RELAYD_BARE_MAX]; /* "tele:-100123": who has it, and where */
        size_t n_told;
        bool ending; /* what is being said is the end; `told` are those who have not heard it */
        /* Of the last one, which is over, and of whose end the broker has not been told; slug "": of none. */
        struct thon_wall owed_since;
        char owed_slug[24];
        char node[65]; /* this machine, as it stands in a status */
};

/* ---- words ---- */

/* Worse ones last; all others are one kind, the least. */
static const struct trouble {
        const char *slug, *text;
} troubles[] = {
        {"",
         "không dùng được; thông báo không gửi được, những gì mới không lưu được, đèn và loa vẫn chạy theo lịch. Việc cần làm: "
         "thonctl status, journalctl -u thon-relayd"},
        {"full",
         "thẻ nhớ đã đầy; thông báo không gửi được, những gì mới không lưu được, đèn và loa vẫn chạy theo lịch. Việc cần làm: "
         "df -h, rồi dọn bớt"},
        {"read-only",
         "thẻ nhớ chỉ còn đọc được, sắp hỏng; thông báo không gửi được, những gì mới không lưu được. Việc cần làm: sao lưu "
         "ngay, thay thẻ"},
        {"corrupt",
         "bị hỏng; thông báo không gửi được, những gì mới không lưu được, đèn và loa vẫn chạy theo lịch. Việc cần làm: sudo "
         "thonctl store restore --stop"},
};

static size_t rank_of(const char *slug)
{
        size_t i = sizeof(troubles) / sizeof(troubles[0]) - 1;

        while (i > 0 && strcmp(troubles[i].slug, slug) != 0)
                i--;
        return i;
}

static const char *text_of(const char *slug)
{
        return troubles[rank_of(slug)].text;
}

/* ---- whom it was told ---- */

static char *record_path(void)
{
        const char *dir = getenv("RUNTIME_DIRECTORY");
        char *path = NULL;

        if (!dir || dir[0] != '/' || strchr(dir, ':') || asprintf(&path, "%s/store-down.json", dir) < 0)
                return NULL;
        return path;
}

static void record(const struct relayd_store_down *s)
{
        _cleanup_free_ char *path = record_path(), *text = NULL;
        _cleanup_json_ json_t *doc = NULL, *told = json_array();
        int r = -ENOMEM;

        if (!path)
                return;
        if (!s->raised && s->n_told == 0 && !s->owed_slug[0]) {
                (void)unlink(path);
                return;
        }
        for (size_t i = 0; told && i < s->n_told; i++)
                (void)json_array_append_new(told, json_string(s->told[i]));
        doc = told ? json_pack("{s:s,s:I,s:I,s:b,s:O,s:s,s:I}", "error", s->slug, "since",
                               (json_int_t)s->since.s, "file", (json_int_t)s->file, "over", !s->raised,
                               "told", told, "owed", s->owed_slug, "owed_since", (json_int_t)s->owed_since.s)
                   : NULL;
        text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
        if (text)
                r = thon_file_write_atomic(path, text, strlen(text), 0640);
        if (r < 0)
                thon_warning("Who was told of the store cannot be kept in %s: %s", path, strerror(-r));
}

static void note_told(struct relayd_store_down *s, const char *rung)
{
        if (s->n_told < RELAYD_BARE_MAX && (s->told[s->n_told] = strdup(rung)))
                s->n_told++;
}

static void forget_one(struct relayd_store_down *s, const char *rung)
{
        for (size_t i = 0; i < s->n_told; i++)
                if (strcmp(s->told[i], rung) == 0) {
                        free(s->told[i]);
                        s->told[i] = s->told[--s->n_told];
                        return;
                }
}

static void forget_told(struct relayd_store_down *s)
{
        for (size_t i = 0; i < s->n_told; i++)
                free(s->told[i]);
        s->n_told = 0;
}

static void load_record(struct relayd_store_down *s)
{
        _cleanup_free_ char *path = record_path(), *text = NULL;
        _cleanup_json_ json_t *doc = NULL;
        const json_t *told, *item;
        const char *slug, *owed = "";
        json_int_t since, file, owed_since = 0;
        size_t size = 0, i;
        int over, r = path ? thon_file_read(path, RECORD_MAX, &text, &size) : -ENOENT;

        if (r == -ENOENT)
                return;
        if (r < 0 || thon_json_parse(text, size, RECORD_MAX, &doc, NULL) < 0 ||
            json_unpack(doc, "{s:s,s:I,s:I,s:b,s:o,s?s,s?I}", "error", &slug, "since", &since, "file", &file,
                        "over", &over, "told", &told, "owed", &owed, "owed_since", &owed_since) < 0) {
                thon_warning("Who was told of the store cannot be read in %s; what stands is told once more",
                             path);
                return;
        }
        s->raised = !over;
        s->ending = over;
        s->since.s = since;
        s->file = (uint64_t)file;
        snprintf(s->slug, sizeof(s->slug), "%s", slug);
        s->owed_since.s = owed_since;
        snprintf(s->owed_slug, sizeof(s->owed_slug), "%s", owed);
        json_array_foreach (told, i, item)
                if (json_is_string(item))
                        note_told(s, json_string_value(item));
}

static void on_told(const struct thon_rung *rung, void *userdata)
{
        struct relayd_store_down *s = userdata;
        _cleanup_free_ char *text = NULL;

        if (asprintf(&text, "%s:%s", rung->channel, rung->address) < 0) {
                text = NULL;
                return;
        }
        if (s->ending)
                forget_one(s, text);
        else
                note_told(s, text);
        record(s);
}

static bool was_told(const struct relayd_store_down *s, const char *ladder)
{
        struct thon_rung rung;

        for (unsigned i = 0; thon_ladder_rung(ladder, i, &rung); i++)
                for (size_t k = 0; k < s->n_told; k++) {
                        size_t n = strlen(rung.channel);

                        if (strncmp(s->told[k], rung.channel, n) == 0 && s->told[k][n] == ':' &&
                            strcmp(s->told[k] + n + 1, rung.address) == 0)
                                return true;
                }
        return false;
}

/* ---- raised and cleared ---- */

/* Past the outbox, which is in the store; readers know by its id what they hear again. */
static void publish(struct relayd *d, bool raised, const char *slug, struct thon_wall at)
{
        _cleanup_free_ char *payload = NULL;
        char id[64], since[THON_TIME_TEXT];
        const struct thon_event event = {.id = id,
                                         .at = relayd_wall(d),
                                         .raised = raised,
                                         .severity = "critical",
                                         .subject = "store",
                                         .text = raised ? text_of(slug) : "đã dùng lại được"};

        if (!d->mqtt || !thon_mqtt_connected(d->mqtt))
                return;
        snprintf(id, sizeof(id), KIND "-%lld", (long long)at.s);
        thon_time_text(d->zone, at, since);
        payload = thon_event_payload(
                &event, d->zone,
                json_pack("{s:s,s:s,s:s}", "name", "Kho dữ liệu", "since", since, "error", slug));
        int r = !payload ? -ENOMEM
                : raised ? thon_mqtt_publish(d->mqtt, "event/" KIND, payload, false)
                         : thon_mqtt_publish_tagged(d->mqtt, "event/" KIND, payload, RELAYD_STORE_END_TAG);
        if (r < 0)
                thon_warning("event/" KIND " cannot be told to the broker: %s", strerror(-r));
}

/* The beginning is said at every connection for as long as it stands. The end is owed until the broker has it. */
static void publish_end(struct relayd *d)
{
        const struct relayd_store_down *s = d->store_down;

        if (s->owed_slug[0])
                publish(d, false, s->owed_slug, s->owed_since);
}

static void say(struct relayd *d, const char *text, char *const *ladders, size_t n)
{
        int r = relayd_bare_say(d->store_down->bare, text, (const char *const *)ladders, n);

        if (r < 0)
                thon_error("Nobody is told of the store: %s", strerror(-r));
}

/* Which one it is. Its inode alone does not tell: ext4 gives that of one that was removed to the next that is made. */
static uint64_t file_of(const struct relayd *d)
{
        struct statx st;
        uint64_t born = 0;

        if (statx(AT_FDCWD, d->site.store_path, 0, STATX_INO | STATX_BTIME, &st) < 0)
                return 0;
        if (st.stx_mask & STATX_BTIME)
                born = (uint64_t)st.stx_btime.tv_sec * UINT64_C(1000000000) + st.stx_btime.tv_nsec;
        return st.stx_ino ^ born << 16;
}

static void raise_it(struct relayd *d, const char *slug)
{
        struct relayd_store_down *s = d->store_down;
        _cleanup_free_ char *text = NULL;
        struct relayd_ladders l = {.n = 0};
        char since[THON_TIME_TEXT];
        size_t n = 0;

        if (!s->raised)
                s->since = relayd_wall(d);
        s->file = file_of(d);
        if (s->slug != slug) {
                if (strcmp(s->slug, slug) != 0) /* other words than those that somebody has */
                        forget_told(s);
                snprintf(s->slug, sizeof(s->slug), "%s", slug);
        }
        s->raised = s->said = true;
        s->ending = false;
        record(s);
        publish(d, true, s->slug, s->since);
        relayd_bare_people(d, KIND, &l);
        while (n < l.n)
                if (was_told(s, l.items[n]))
                        relayd_ladders_drop(&l, n);
                else
                        n++;
        thon_time_text(d->zone, s->since, since);
        if (asprintf(&text, "⚠ Kho dữ liệu: %s (từ %.5s).", text_of(slug), since + 11) < 0)
                text = NULL;
        thon_log_full(LOG_ERR, THON_MSG_STORE_TROUBLE, (const char *const[]){"THON_ERROR=", slug, NULL},
                      "Store trouble (%s): %zu are told without the store", slug, l.n);
        if (text)
                say(d, text, l.items, l.n);
        relayd_ladders_done(&l);
}

static void say_end(struct relayd *d)
{
        say(d, "✓ Đã khắc phục: Kho dữ liệu đã dùng lại được.", d->store_down->told, d->store_down->n_told);
}

static void clear_it(struct relayd *d)
{
        struct relayd_store_down *s = d->store_down;

        thon_log_full(LOG_NOTICE, THON_MSG_STORE_BACK, NULL, "The store is well again, and %zu are told",
                      s->n_told);
        /* The broker has heard of no other since one that is owed to it. */
        if (!s->owed_slug[0]) {
                memcpy(s->owed_slug, s->slug, sizeof(s->owed_slug));
                s->owed_since = s->since;
        }
        s->raised = s->said = false;
        s->ending = true;
        s->slug[0] = '\0';
        record(s);
        publish_end(d);
        say_end(d);
}

/* ---- what is seen ---- */

/* Another file is in the place of the one that was told of. None is no better. */
static bool replaced(const struct relayd *d)
{
        const struct relayd_store_down *s = d->store_down;
        uint64_t file;

        if (!s->raised || strcmp(s->slug, "corrupt") != 0)
                return false;
        file = file_of(d);
        return file != 0 && file != s->file;
}

/* What was told before is not made light of by what is found later: it only grows worse, until it is over. */
static const char *worst(const struct relayd *d)
{
        const struct relayd_store_down *s = d->store_down;
        const char *slug = s->raised && !replaced(d) ? s->slug : s->seen[0].slug;

        for (size_t i = 0; i < s->n; i++)
                if (rank_of(s->seen[i].slug) > rank_of(slug))
                        slug = s->seen[i].slug;
        return slug;
}

static bool found_here(const struct relayd_store_down *s)
{
        for (size_t i = 0; i < s->n; i++)
                if (strcmp(s->seen[i].daemon, "relayd") == 0)
                        return strcmp(s->seen[i].slug, "corrupt") == 0;
        return false;
}

static bool begins_anew(const struct relayd *d, struct thon_mono now)
{
        const struct relayd_store_down *s = d->store_down;

        if (s->bad_since.us == THON_MONO_NEVER.us)
                return true;
        return s->quiet_since.us != THON_MONO_NEVER.us &&
               (rank_of(worst(d)) == 0 || thon_mono_since(s->quiet_since, now) >= STANDS_US);
}

static void look(struct relayd *d)
{
        struct relayd_store_down *s = d->store_down;
        struct thon_mono now = relayd_mono(d), next = THON_MONO_NEVER;
        uint64_t other = replaced(d) ? file_of(d) : 0;

        if (s->n > 0) {
                /* What is said in the first moments of another file is of the one before. */
                if (begins_anew(d, now) || (other != 0 && other != s->other))
                        s->bad_since = now;
                s->other = other;
                s->quiet_since = THON_MONO_NEVER;
                bool stands =
                        (found_here(s) && other == 0) || thon_mono_since(s->bad_since, now) >= STANDS_US;
                if (!stands)
                        next = thon_mono_add(s->bad_since, STANDS_US);
                else if (!s->said || other != 0 || strcmp(s->slug, worst(d)) != 0)
                        raise_it(d, worst(d));
        } else {
                if (s->quiet_since.us == THON_MONO_NEVER.us)
                        s->quiet_since = now;
                bool quiet = thon_mono_since(s->quiet_since, now) >= QUIET_US;
                if (s->raised && quiet && (strcmp(s->slug, "corrupt") != 0 || replaced(d)))
                        clear_it(d);
                else if (s->raised)
                        next = thon_mono_add(quiet ? now : s->quiet_since, QUIET_US);
        }
        thon_alarm_set(s->look, THON_WALL_NEVER, next);
}

static void on_look(void *userdata)
{
        look(userdata);
}

void relayd_store_seen(struct relayd *d, const char *daemon, const char *slug)
{
        struct relayd_store_down *s = d->store_down;
        size_t i = 0;

        if (!s || d->stopping)
                return;
        while (i < s->n && strcmp(s->seen[i].daemon, daemon) != 0)
                i++;
        if (!slug && i < s->n)
                s->seen[i] = s->seen[--s->n];
        else if (slug && i < SEEN_MAX) {
                snprintf(s->seen[i].daemon, sizeof(s->seen[i].daemon), "%s", daemon);
                snprintf(s->seen[i].slug, sizeof(s->seen[i].slug), "%s", slug);
                s->n += i == s->n;
        }
        look(d);
}

void relayd_store_message(struct relayd *d, const char *daemon, const struct thon_mqtt_message *message)
{
        _cleanup_json_ json_t *doc = NULL;
        const json_t *health, *store;
        const char *slug, *node;

        if (!d->store_down || strcmp(daemon, "relayd") == 0 || !thon_slug_valid(daemon))
                return;
        if (thon_json_parse(message->payload, message->size, THON_MQTT_PAYLOAD_MAX, &doc, NULL) < 0)
                doc = NULL; /* nothing to say, as that of one that is offline */
        health = json_object_get(doc, "health");
        store = json_object_get(health, "store");
        node = json_string_value(json_object_get(doc, "node"));
        /* A cabinet's own machine has a card of its own, and perhaps no store. */
        if (node && strcmp(node, d->store_down->node) != 0)
                return;
        slug = json_is_string(store) ? json_string_value(store)
                                     : json_string_value(json_object_get(health, "store_error"));
        relayd_store_seen(d, daemon, slug && thon_slug_valid(slug) && strcmp(slug, "ok") != 0 ? slug : NULL);
}

void relayd_store_connected(struct relayd *d)
{
        const struct relayd_store_down *s = d->store_down;

        if (!s)
                return;
        publish_end(d);
        if (s->said)
                publish(d, true, s->slug, s->since);
}

void relayd_store_end_taken(struct relayd *d)
{
        if (!d->store_down)
                return;
        d->store_down->owed_slug[0] = '\0';
        record(d->store_down);
}

/* ---- start and stop ---- */

int relayd_store_down_start(struct relayd *d)
{
        struct relayd_store_down *s = d->store_down = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->bad_since = s->quiet_since = THON_MONO_NEVER;
        if (gethostname(s->node, sizeof(s->node) - 1) < 0)
                s->node[0] = '\0';
        r = thon_alarm_new(d->clock, "store-down", on_look, d, &s->look);
        if (r == 0)
                r = relayd_bare_new(d, on_told, s, &s->bare);
        if (r < 0)
                return r;
        load_record(s);
        if (s->ending)
                say_end(d);
        relayd_store_seen(d, "relayd", relayd_store_slug(d));
        return 0;
}

void relayd_store_down_stop(struct relayd *d)
{
        struct relayd_store_down *s = d->store_down;

        if (!s)
                return;
        relayd_bare_free(s->bare);
        thon_alarm_free(s->look);
        forget_told(s);
        free(s);
        d->store_down = NULL;
}
