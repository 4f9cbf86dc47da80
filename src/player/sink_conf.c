/* What a sink's address means, until announced's configuration brings it. */
#include <stdlib.h>
#include <string.h>

#include "thon/announced_conf.h"

static bool take_rtp(const char *text, struct thon_sink *ret)
{
        const char *end = strrchr(text, ':'), *slash = end ? strchr(end, '/') : NULL;
        size_t host = end ? (size_t)(end - text) : 0;
        char *rest;
        long port;

        if (host == 0 || host >= sizeof ret->address)
                return false;
        if (*text == '[' && end[-1] == ']') {
                text++;
                host -= 2;
        }
        memcpy(ret->address, text, host);
        ret->address[host] = '\0';
        ret->opus = slash && strcmp(slash, "/opus") == 0;
        port = strtol(end + 1, &rest, 10);
        ret->port = (int)port;
        return port > 0 && port < 65536 && (ret->opus ? rest == slash : *rest == '\0');
}

const char *thon_sink_parse(const char *text, struct thon_sink *ret)
{
        static const struct {
                const char *prefix;
                enum thon_sink_kind kind;
        } kinds[] = {
                {"alsa:", THON_SINK_ALSA}, {"snapcast:/", THON_SINK_SNAPCAST}, {"file:/", THON_SINK_FILE}};
        struct thon_sink sink = {.kind = THON_SINK_RTP};

        if (strncmp(text, "rtp:", 4) == 0) {
                if (!take_rtp(text + 4, &sink))
                        return "must be rtp:ADDRESS:PORT";
                *ret = sink;
                return NULL;
        }
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
                const char *rest = strchr(text, ':');

                if (strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
                        continue;
                if (!rest[1] || strlen(rest + 1) >= sizeof sink.address)
                        break;
                sink.kind = kinds[i].kind;
                memcpy(sink.address, rest + 1, strlen(rest));
                *ret = sink;
                return NULL;
        }
        return "must be alsa:PCM, rtp:ADDRESS:PORT, snapcast:PIPE or file:PATH";
}
