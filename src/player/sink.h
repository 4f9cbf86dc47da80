/* Where the sound goes. A sink takes samples as fast as they are heard: writing to it waits, and that is the beat
 * of the player. It never waits longer than SINK_PATIENCE_MS for a device that takes nothing any more. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "thon/announced_conf.h"
#include "thon/json.h"

#define SINK_PATIENCE_MS 1500

struct sink;
struct sink_ops {
        int (*start)(struct sink *sink, struct thon_json_error *error);
        int (*write)(struct sink *sink, const int16_t *samples, size_t n, struct thon_json_error *error);
        int (*drain)(struct sink *sink, struct thon_json_error *error);
        void (*free)(struct sink *sink);
};
struct sink { /* the beginning of each kind */
        const struct sink_ops *ops;
};

/* Opens all that it needs of the system: before the sandbox. All errors are -errno, error filled. */
int sink_open(const struct thon_sink *conf, struct sink **ret, struct thon_json_error *error);
/* Begins its own threads, if it has any: after the sandbox. */
static inline int sink_start(struct sink *sink, struct thon_json_error *error)
{
        return sink->ops->start ? sink->ops->start(sink, error) : 0;
}
static inline int sink_write(struct sink *sink, const int16_t *samples, size_t n,
                             struct thon_json_error *error)
{
        return sink->ops->write(sink, samples, n, error);
}
/* Returns when the last sample was heard. */
static inline int sink_drain(struct sink *sink, struct thon_json_error *error)
{
        return sink->ops->drain(sink, error);
}
static inline struct sink *sink_free(struct sink *sink)
{
        if (sink)
                sink->ops->free(sink);
        return NULL;
}

/* The kinds. */
int sink_alsa_open(const char *pcm, struct sink **ret, struct thon_json_error *error);
int sink_rtp_open(const struct thon_sink *conf, struct sink **ret, struct thon_json_error *error);
int sink_pipe_open(const char *path, struct sink **ret, struct thon_json_error *error);
int sink_file_open(const char *path, struct sink **ret, struct thon_json_error *error);
