/* A store whose file was damaged: the input is a list of spots, four bytes of place (the lowest bit of the fourth: put
 * them at a page's header) and four bytes to put there, over a sound store. Whatever comes of it, every call returns. */
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "thon/light_energy.h"
#include "thon/light_store.h"
#include "thon/registry.h"
#include "thon/relay_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGE 4096

static char directory[] = "/tmp/thon-fuzz-XXXXXX";
static char path[sizeof(directory) + 16];
static uint8_t *sound;
static size_t sound_size;

static int drop(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st, (void)type, (void)ftw;
        return remove(name);
}

static void finish(void)
{
        free(sound);
        (void)nftw(directory, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static void require(bool truth)
{
        if (!truth)
                abort();
}

static void write_whole(const uint8_t *bytes)
{
        int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640);
        require(fd >= 0 && write(fd, bytes, sound_size) == (ssize_t)sound_size);
        (void)close(fd);
}

/* A notice to three chats, one of them shared; what becomes of its messages varies with `i`. */
static int settle_one(const struct thon_message *message, void *userdata)
{
        struct thon_store *store = userdata;
        static const enum thon_next NEXT[] = {THON_NEXT_DONE, THON_NEXT_RUNG, THON_NEXT_UNKNOWN,
                                              THON_NEXT_AGAIN};
        char id[32];
        (void)snprintf(id, sizeof(id), "id-%d", (int)message->id);
        const struct thon_settle s = {.message = message->id,
                                      .next = NEXT[message->id % 4],
                                      .due = {message->id % 40},
                                      .message_id = id,
                                      .detail = "x",
                                      .at = {30}};
        (void)thon_message_settle(store, &s, NULL, NULL);
        return 0;
}

static int merge_one(const struct thon_merge *merge, void *userdata)
{
        int64_t id;
        (void)thon_messages_merge(userdata, merge, "x", (struct thon_wall){20}, &id);
        return 0;
}

static void relay(struct thon_store *store, int64_t i)
{
        static char ladders[][40] = {"oa:1 sms:+84912345678", "oa:1", "oa:2 bot:3"};
        static const struct thon_recipient recipients[] = {
                {.household = "H-1", .area = "chi-phuc", .ladder = ladders[0]},
                {.household = "H-2", .area = "chi-phuc", .ladder = ladders[1]},
                {.person = "an", .ladder = ladders[2]},
        };
        struct thon_recipient_first firsts[3];
        struct thon_notice notice = {.audience = "[\"all\"]",
                                     .text = "Họp thôn",
                                     .not_before = THON_WALL_NEVER,
                                     .expires = i % 3 ? THON_WALL_NEVER : (struct thon_wall){i + 60},
                                     .supersedes = i % 7 == 6 ? i - 3 : 0,
                                     .ack = i % 2 ? "{}" : NULL,
                                     .escalate_at = i % 2 ? (struct thon_wall){i} : THON_WALL_NEVER,
                                     .at = {i}};
        bool existing;
        for (size_t r = 0; r < 3; r++)
                firsts[r] = (struct thon_recipient_first){.recipient = &recipients[r], .due = {i}};
        require(thon_notice_submit(store, &notice, firsts, 3, &existing) == 0);
}

static void start_relay(struct thon_store *store)
{
        const struct thon_inbound in = {
                .channel = "bot", .update_id = "1", .kind = "text", .address = "3", .doc = "{}", .at = {1}};
        const struct thon_wall at = {40};
        int64_t id;
        unsigned n;
        for (int64_t i = 0; i < 20; i++)
                relay(store, i);
        require(thon_queue_claim(store, "oa", THON_CLASS_NORMAL, (struct thon_wall){12}, 12, settle_one,
                                 store, &n) == 0);
        require(thon_queue_mergeable(store, (struct thon_wall){18}, 2, merge_one, store) == 0);
        require(thon_inbound_add(store, &in, &id) == 0);
        require(thon_chat_bad(store, "oa", "1", at, true, -1, "x") == 0);
        require(thon_incident_put(store, "a", "lamps", "{}", at) == 0);
        require(thon_event_push(store, THON_EVENT_RELAY, "event/relay-x", "{}", &id) == 0);
}

static void start(void)
{
        static const struct thon_actor actor = {"fuzz", {1795262400}};
        static const struct thon_field area[] = {{"name", "Thôn Chí Phúc"}};
        struct thon_store *store = NULL;
        int64_t serial;

        require(mkdtemp(directory) && atexit(finish) == 0);
        (void)snprintf(path, sizeof(path), "%s/thon.db", directory);
        require(thon_store_open(path, THON_STORE_CREATE, &store, NULL) == 0);
        require(thon_registry_add(store, THON_AREA, "chi-phuc", area, 1, &actor) == 0);
        require(thon_store_begin(store) == 0);
        for (int i = 0; i < 150; i++) {
                const struct thon_light_history row = {.at = {i},
                                                       .circuit = i % 3 ? "duong-lang" : "ngo-dong",
                                                       .what = i % 2 ? "in_effect" : "physical",
                                                       .value = i % 4 < 2 ? "on" : "off",
                                                       .kwh = i};
                require(thon_light_history_add(store, &row, 1) == 0);
                require(thon_audit_add(store, row.at, "fuzz", "set", "circuit duong-lang", NULL) == 0);
                require(thon_event_push(store, THON_EVENT_LIGHT, "thon/1/x/event/light-dark", "{}",
                                        &serial) == 0);
        }
        start_relay(store);
        require(thon_store_commit(store) == 0);
        store = thon_store_close(store);

        struct stat st;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        require(fd >= 0 && fstat(fd, &st) == 0);
        sound_size = (size_t)st.st_size;
        sound = malloc(sound_size);
        require(sound && read(fd, sound, sound_size) == st.st_size);
        (void)close(fd);
}

static int ignore_event(const struct thon_event_row *row, void *userdata)
{
        (void)userdata;
        require(row->topic && row->payload);
        return 0;
}

static int ignore_incident(const char *id, const char *route, const char *doc, void *userdata)
{
        (void)userdata;
        require(id && route && doc);
        return 0;
}

static int ignore_id(int64_t id, void *userdata)
{
        (void)id, (void)userdata;
        return 0;
}

static int ignore_escalation(const struct thon_escalation *escalation, void *userdata)
{
        (void)userdata;
        require(escalation->text && escalation->source);
        return 0;
}

static void use_relay(struct thon_store *store)
{
        static const char *const to[] = {"area:chi-phuc", "all"};
        static const struct thon_wall now = {45};
        struct thon_audience *audience = NULL;
        struct thon_lane_state lanes[THON_CLASSES];
        struct thon_sender sender;
        struct thon_chat chat;
        struct thon_wall next;
        json_t *json[5] = {0};
        int64_t id;
        size_t n;
        unsigned taken;
        bool flag;

        if (thon_audience_load(store, to, 2, &audience) == 0)
                (void)thon_audience_free(audience);
        (void)thon_sender_find(store, "oa", "1", &sender);
        (void)thon_queue_look(store, "oa", lanes);
        (void)thon_queue_interrupted(store, settle_one, store);
        (void)thon_queue_claim(store, "oa", THON_CLASS_NORMAL, now, 100, settle_one, store, &taken);
        (void)thon_queue_claim(store, "sms", THON_CLASS_NORMAL, now, 100, settle_one, store, &taken);
        (void)thon_queue_undefer(store, now);
        (void)thon_queue_mergeable(store, now, 2, merge_one, store);
        (void)thon_message_receipt(store, "oa", "id-5", THON_RECEIPT_SEEN, now, &id);
        (void)thon_notice_waiting(store, "oa", "1", 0, &id);
        (void)thon_notice_acknowledge(store, 3, "fuzz", "oa", "1", now, &flag);
        (void)thon_escalation_due(store, now, ignore_escalation, NULL, &next);
        (void)thon_notice_resolve(store, 2, NULL, NULL, THON_OUTCOME_NOT_SENT, "fuzz", now, NULL, NULL, &n);
        (void)thon_notice_retry(store, 1, "fuzz", now, NULL, NULL, &n);
        (void)thon_queue_expire(store, (struct thon_wall){65}, &n, &next);
        (void)thon_notice_withdraw(store, 4, THON_NOTICE_WITHDRAWN, "x", "fuzz", now, &n);
        (void)thon_message_notices(store, 5, ignore_id, NULL);
        (void)thon_notice_open_each(store, ignore_id, NULL);
        if (thon_notice_show(store, 1, true, &json[0]) == 0)
                require(json_is_array(json_object_get(json[0], "deliveries")));
        (void)thon_notice_list(store, false, 100, &json[1]);
        (void)thon_notice_counts(store, 1, &json[2], &flag);
        (void)thon_notice_coverage(store, 1, &json[3]);
        (void)thon_notice_visits(store, 1, true, &json[4]);
        for (size_t i = 0; i < 5; i++)
                json_decref(json[i]);
        (void)thon_inbound_done(store, 1);
        (void)thon_incident_each(store, ignore_incident, NULL);
        (void)thon_event_each(store, THON_EVENT_RELAY, 0, ignore_event, NULL);
        (void)thon_chat_get(store, "oa", "1", &chat);
        (void)thon_notice_finish(store, 1, now);
        (void)thon_notice_prune(store, (struct thon_wall){100}, &n);
}

static void use(struct thon_store *store)
{
        static const struct thon_wall from = {10}, to = {140};
        struct thon_light_counter counter = {.circuit = "duong-lang"};
        struct thon_audit_result audit;
        struct thon_lit_interval *lit = NULL;
        json_t *list = NULL, *areas = NULL;
        int64_t serial;
        double kwh;
        size_t n;

        /* Sound according to SQLite may still be a broken chain; a sound chain has a head. */
        (void)thon_store_check(store, NULL, NULL);
        if (thon_audit_verify(store, NULL, &audit) == 0)
                require(strlen(audit.head) == 64);
        (void)thon_event_each(store, THON_EVENT_LIGHT, 0, ignore_event, NULL);
        (void)thon_light_history_list(store, NULL, from, to, 100, &list);
        if (thon_light_lit(store, "duong-lang", from, to, &lit, &n) == 0)
                for (size_t i = 0; i < n; i++)
                        require(lit[i].from.s >= from.s && lit[i].from.s < lit[i].to.s &&
                                lit[i].to.s <= to.s);
        (void)thon_light_metered(store, "duong-lang", from, to, &kwh);
        (void)thon_registry_list(store, THON_AREA, NULL, NULL, &areas);
        (void)thon_light_counter_save(store, &counter, 1);
        (void)thon_event_push(store, THON_EVENT_LIGHT, "t", "{}", &serial);
        (void)thon_audit_add(store, to, "fuzz", "set", "x", NULL);
        (void)thon_light_history_prune(store, (struct thon_wall){70});
        use_relay(store);
        json_decref(list);
        json_decref(areas);
        free(lit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct thon_store *store = NULL;
        char beside[sizeof(path) + 8];

        if (!sound)
                start();
        if (size > 512)
                return 0;
        uint8_t *damaged = malloc(sound_size);
        require(damaged);
        (void)memcpy(damaged, sound, sound_size);
        for (; size >= 8; data += 8, size -= 8) {
                size_t at = ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % (sound_size - 4);
                if (data[3] & 1)
                        at = at / PAGE * PAGE + (at < PAGE ? 100 : 0) + (data[3] >> 1) % 12;
                (void)memcpy(damaged + at, data + 4, 4);
        }
        (void)snprintf(beside, sizeof(beside), "%s-wal", path);
        (void)unlink(beside);
        (void)snprintf(beside, sizeof(beside), "%s-shm", path);
        (void)unlink(beside);
        write_whole(damaged);
        free(damaged);

        if (thon_store_open(path, THON_STORE_WRITE, &store, NULL) == 0)
                use(store);
        (void)thon_store_close(store);
        return 0;
}
