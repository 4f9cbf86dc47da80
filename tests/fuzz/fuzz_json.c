/* JSON from anywhere: what is read can be written and read again as the same, and what is refused is refused in printable
 * words. */
#include <stdint.h>
#include <stdlib.h>

#include "thon/cleanup.h"
#include "thon/json.h"

#define MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const members[] = {"id", "name", "steps", NULL};
        _cleanup_json_ json_t *doc = NULL, *again = NULL, *words = NULL;
        _cleanup_free_ char *text = NULL;
        struct thon_json_error error = {""};
        size_t text_size;

        if (thon_json_parse((const char *)data, size, MAX, &doc, &error) != 0) {
                words = json_string(error.text);
                if (doc || !words || !error.text[0])
                        abort();
                return 0;
        }

        text = json_dumps(doc, JSON_COMPACT | JSON_ENCODE_ANY);
        if (!text)
                abort();
        /* Escapes may make it longer, never deeper. */
        text_size = json_dumpb(doc, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
        if (thon_json_parse(text, text_size, text_size, &again, NULL) != 0 || !json_equal(doc, again))
                abort();

        if (!thon_json_only(doc, "doc", members, &error)) {
                words = json_string(error.text);
                if (!words)
                        abort();
        }
        return 0;
}
