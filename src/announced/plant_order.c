/* What a player is told of an airing, in the form of docs/player.md: what to play, from where to where, and into what. */
#include <stdio.h>
#include <string.h>

#include "plant_private.h"

#define DAY_US (86400 * PLANT_S)

static json_t *input_json(const struct plant_input *input)
{
        if (input->file)
                return json_pack("{s:s}", "file", input->file);
        if (input->tone)
                return json_pack("{s:s}", "tone", input->tone);
        return json_pack("{s:s,s:I,s:I}", "live", input->live, "for_us", (json_int_t)input->live_us,
                         "silent_us", (json_int_t)input->silent_us);
}

static json_t *inputs_json(const struct plant_programme *p)
{
        json_t *inputs = json_array();

        for (size_t i = 0; inputs && i < p->n_inputs; i++) {
                if (json_array_append_new(inputs, input_json(&p->inputs[i])) < 0) {
                        json_decref(inputs);
                        return NULL;
                }
        }
        return inputs;
}

static char *sink_text(const struct thon_sink *sink)
{
        char *text = NULL;
        int n = -1;

        switch (sink->kind) {
        case THON_SINK_ALSA:
                n = asprintf(&text, "alsa:%s", sink->address);
                break;
        case THON_SINK_RTP:
                n = asprintf(&text, strchr(sink->address, ':') ? "rtp:[%s]:%d%s" : "rtp:%s:%d%s",
                             sink->address, sink->port, sink->opus ? "/opus" : "");
                break;
        case THON_SINK_SNAPCAST:
                n = asprintf(&text, "snapcast:%s", sink->address);
                break;
        case THON_SINK_FILE:
                n = asprintf(&text, "file:%s", sink->address);
                break;
        }
        return n < 0 ? NULL : text;
}

/* The player takes no more than a day: what never ends is a day long. */
static json_int_t number(uint64_t us)
{
        return us > DAY_US ? (json_int_t)DAY_US : (json_int_t)us;
}

json_t *airing_order(const struct plant_zone *z, const struct plant_programme *p)
{
        _cleanup_free_ char *sink = sink_text(&z->sink), *archive = NULL;

        if (!sink)
                return NULL;
        if (p->archive && asprintf(&archive, "%s/announce/aired/%s", z->plant->state_dir, p->archive) < 0) {
                archive = NULL;
                return NULL;
        }
        return json_pack("{s:s,s:o,s:s,s:i,s:f,s:i,s:I,s:I,s:s?,s:s}", "mode", "air", "inputs",
                         inputs_json(p), "sink", sink, "delay_ms", z->conf->delay_ms, "gain_db", p->gain_db,
                         "highpass_hz", z->conf->highpass_hz, "from_us", number(p->from_us), "limit_us",
                         number(p->limit_us), "archive", archive, "start", "go");
}
