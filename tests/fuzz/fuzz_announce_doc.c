/* The form of an announcement as a damaged card may give it back: refused, or an announcement that is written and read again as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/store/announce_doc.h"
#include "thon/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
        if (!condition)
                abort();
}

static char *written(const struct thon_announcement *announcement)
{
        struct thon_json_error error = {""};
        _cleanup_json_ json_t *doc = NULL;
        char *text;

        require(thon_announce_doc_write(announcement, &doc, &error) == 0);
        text = thon_announce_doc_text(doc);
        require(text != NULL);
        return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(thon_announcement_done) struct thon_announcement first = {.n_zones = 0},
                                                                   second = {.n_zones = 0};
        _cleanup_free_ char *text = strndup((const char *)data, size), *once = NULL, *twice = NULL;

        if (!text || thon_announce_doc_read(text, "a-1", THON_ANNOUNCE_APPROVED, &first) != 0)
                return 0;
        require(first.n_zones >= 1 && first.n_zones <= THON_ANNOUNCE_ZONES_MAX);
        require(strcmp(first.id, "a-1") == 0 && first.state == THON_ANNOUNCE_APPROVED);
        once = written(&first);
        require(thon_announce_doc_read(once, "a-1", THON_ANNOUNCE_APPROVED, &second) == 0);
        twice = written(&second);
        require(strcmp(once, twice) == 0);
        return 0;
}
