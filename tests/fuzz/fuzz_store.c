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
