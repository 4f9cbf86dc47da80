/* Whoever watches the others is watched by itself: how often it died is known to the next life.
 *
 * The record is a file of the runtime directory, which the service manager keeps between two lives and which ends with the
 * boot: a power cut is no death of a daemon, and a daemon that dies every two seconds wears no card. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relayd.h"
#include "thon/cleanup.h"
#include "thon/file.h"
#include "thon/json.h"
#include "thon/log.h"

#define FILE_MAX 4096
#define KEPT_MAX 16

static char *path_of(void)
{
        const char *dir = getenv("RUNTIME_DIRECTORY");
        char *path = NULL;

        /* Not under the service manager, or with several: nobody keeps anything for us. */
        if (!dir || dir[0] != '/' || strchr(dir, ':') || asprintf(&path, "%s/lives.json", dir) < 0)
                return NULL;
        return path;
}

static json_t *read_record(const char *path)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        json_t *doc = NULL;

        if (thon_file_read(path, FILE_MAX, &text, &size) < 0 ||
            thon_json_parse(text, size, FILE_MAX, &doc, NULL) < 0)
                return NULL;
        return doc;
}

static void write_record(const char *path, bool alive, const struct thon_mono *deaths, size_t n)
{
        _cleanup_json_ json_t *doc = NULL, *list = json_array();
        _cleanup_free_ char *text = NULL;
        int r = -ENOMEM;

        for (size_t i = 0; list && i < n; i++)
                (void)json_array_append_new(list, json_integer((json_int_t)deaths[i].us));
        doc = list ? json_pack("{s:b,s:O}", "alive", alive, "deaths", list) : NULL;
        text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
        if (text)
                r = thon_file_write_atomic(path, text, strlen(text), 0640);
        if (r < 0)
                thon_warning("How often this daemon dies cannot be kept in %s: %s", path, strerror(-r));
}

/* Those of this boot: what lies ahead of now is of a clock that is no more. */
static size_t deaths_of(const json_t *doc, struct thon_mono now, struct thon_mono *deaths, size_t max)
{
        const json_t *list = json_object_get(doc, "deaths"), *item;
        size_t n = 0, i;

        json_array_foreach (list, i, item) {
                json_int_t us = json_integer_value(item);

                if (n < max && us > 0 && (uint64_t)us <= now.us)
                        deaths[n++].us = (uint64_t)us;
        }
        return n;
}

size_t relayd_lives_begin(struct thon_mono now, struct thon_mono *deaths, size_t max)
{
        _cleanup_free_ char *path = path_of();
        _cleanup_json_ json_t *doc = path ? read_record(path) : NULL;
        size_t n;

        if (!path || max == 0)
                return 0;
        n = deaths_of(doc, now, deaths, max);
        if (json_is_true(json_object_get(doc, "alive"))) {
                if (n == max)
                        memmove(deaths, deaths + 1, --n * sizeof(*deaths));
                deaths[n++] = now; /* it was restarted a moment ago */
        }
        write_record(path, true, deaths, n);
        return n;
}

void relayd_lives_end(void)
{
        _cleanup_free_ char *path = path_of();
        _cleanup_json_ json_t *doc = path ? read_record(path) : NULL;
        struct thon_mono deaths[KEPT_MAX];
        size_t n;

        if (!path)
                return;
        n = deaths_of(doc, THON_MONO_NEVER, deaths, KEPT_MAX);
        write_record(path, false, deaths, n);
}
