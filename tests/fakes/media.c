/* Pictures and files that people sent: as many bytes as a test wants, beginning as such a file does. */
#include <stdlib.h>
#include <string.h>

#include "fakes.h"

#define MEDIA_MAX (64 * 1024 * 1024)

static const struct {
        const char *extension, *type, *magic;
        size_t magic_size;
} kinds[] = {
        {".jpg", "image/jpeg", "\xff\xd8\xff\xe0\0\x10JFIF\0\x01", 12},
        {".png", "image/png", "\x89PNG\r\n\x1a\n", 8},
        {".pdf", "application/pdf", "%PDF-1.7\n", 9},
        {".html", "text/html", "<!DOCTYPE html><script>", 23},
        {".mp4", "video/mp4",
         "\0\0\0\x18"
         "ftypmp42",
         12},
};

void media_judge(struct answer *answer, json_int_t size, const char *name)
{
        const char *dot = strrchr(name, '.');
        size_t i;

        for (i = 0; dot && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                if (strcmp(kinds[i].extension, dot) != 0)
                        continue;
                if (size < (json_int_t)kinds[i].magic_size || size > MEDIA_MAX)
                        break;
                answer->body = calloc(1, (size_t)size);
                if (!answer->body)
                        break;
                memcpy(answer->body, kinds[i].magic, kinds[i].magic_size);
                answer->size = (size_t)size;
                answer->type = kinds[i].type;
                snprintf(answer->verdict, sizeof(answer->verdict), "file");
                return;
        }
        answer_json(answer, 404, json_pack("{s:s}", "error", "no such file"), 404, "no such file");
}
