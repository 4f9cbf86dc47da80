/* Which sink is which. */
#include <errno.h>

#include "sink.h"

int sink_open(const struct thon_sink *conf, struct sink **ret, struct thon_json_error *error)
{
        switch (conf->kind) {
        case THON_SINK_ALSA:
                return sink_alsa_open(conf->address, ret, error);
        case THON_SINK_RTP:
                return sink_rtp_open(conf, ret, error);
        case THON_SINK_SNAPCAST:
                return sink_pipe_open(conf->address, ret, error);
        case THON_SINK_FILE:
                return sink_file_open(conf->address, ret, error);
        }
        return -EINVAL;
}
