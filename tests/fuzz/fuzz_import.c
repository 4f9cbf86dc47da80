/* Any bytes as a list for the registry: the first says of what. The import refuses or rehearses, and what it refused or
 * rehearsed left the store as it was. */
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thon/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/tmp/thon-fuzz-XXXXXX";
static struct thon_store *store;
static const struct thon_actor actor = {"fuzz", {1795262400}};

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)st, (void)type, (void)ftw;
        return remove(path);
}

static void finish(void)
{
        store = thon_store_close(store);
        (void)nftw(directory, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static void require(bool truth, const char *what)
{
        if (truth)
                return;
        (void)fprintf(stderr, "%s: %s\n", what, thon_store_message(store));
        abort();
}

static void start(void)
{
        static const struct thon_field area[] = {{"name", "Thôn Chí Phúc"}};
        static const struct thon_field group[] = {{"name", "Hội Nông dân"}};
        char path[sizeof directory + 16];

        if (!mkdtemp(directory))
                abort();
        (void)snprintf(path, sizeof path, "%s/thon.db", directory);
        if (thon_store_open(path, THON_STORE_CREATE, &store, NULL) != 0)
                abort();
        require(atexit(finish) == 0, "atexit");
        require(thon_registry_add(store, THON_AREA, "chi-phuc", area, 1, &actor) == 0, "area");
        require(thon_registry_add(store, THON_GROUP, "nong-dan", group, 1, &actor) == 0, "group");
        require(thon_registry_add(store, THON_HOUSEHOLD, "CP-001", NULL, 0, &actor) == 0, "household");
}

static void tell(void *userdata, const struct thon_import_problem *problem)
{
        unsigned *told = userdata;

        require(problem->line > 0 && problem->column && problem->reason[0] != '\0', "problem");
        (*told)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        unsigned told = 0;
        struct thon_import_report report = {.tell = tell, .userdata = &told};
        int64_t before, after;
        int r;

        if (!store)
                start();
        if (size == 0)
                return 0;
        require(thon_registry_generation(store, &before) == 0, "generation");
        r = thon_registry_import(store, data[0] % THON_NOUNS, (const char *)data + 1, size - 1, true, &actor,
                                 &report);
        require(told == report.problems, "problems");
        require(told > 0 ? r == THON_STORE_INVALID : r == 0, "result");
        require(r != 0 || report.rows == report.added + report.changed + report.unchanged, "counts");
        require(thon_registry_generation(store, &after) == 0 && after == before, "generation");
        return 0;
}
