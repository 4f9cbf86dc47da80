/* appsrc and appsink are the only ends that GStreamer gets: it opens no file and no socket here. Time stamps are counted, not
 * taken from a clock, so that those of RTP go on evenly whatever the scheduler does. */
#include "coder.h"

#include <errno.h>
#include <gst/app/app.h>
#include <gst/audio/audio.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "gst.h"
#include "thon/cleanup.h"
#include "tones.h"

struct coder {
        GstElement *pipeline;
        GstAppSrc *in;
        GstAppSink *out;
        coder_write write;
        void *userdata;
        uint64_t pushed; /* samples */
        guint64 behind;  /* bytes */
        atomic_int failed;
};

static GstFlowReturn taken(GstAppSink *out, gpointer userdata)
{
        struct coder *c = userdata;
        GstSample *sample = gst_app_sink_pull_sample(out);
        GstBuffer *buffer;
        GstMapInfo map;
        int r = -EIO;

        if (!sample)
                return GST_FLOW_EOS;
        buffer = gst_sample_get_buffer(sample);
        if (buffer && gst_buffer_map(buffer, &map, GST_MAP_READ)) {
                r = c->write(c->userdata, map.data, map.size);
                gst_buffer_unmap(buffer, &map);
        }
        gst_sample_unref(sample);
        if (r >= 0)
                return GST_FLOW_OK;
        atomic_store(&c->failed, r);
        return GST_FLOW_ERROR;
}

static int failed(struct coder *c, int r, struct thon_json_error *error)
{
        thon_json_fail(error, NULL, "the sound could not be coded: %s", strerror(-r));
        (void)c;
        return r;
}

int coder_new(const char *elements, unsigned behind_ms, coder_write write, void *userdata,
              struct coder **ret, struct thon_json_error *error)
{
        GstAppSinkCallbacks callbacks = {.new_sample = taken};
        _cleanup_free_ char *description = NULL;
        struct coder *c = calloc(1, sizeof *c);

        if (!c)
                return -ENOMEM;
        if (asprintf(
                    &description,
                    "appsrc name=in format=time max-bytes=0 caps=audio/x-raw,format=" GST_AUDIO_NE(
                            S16) ",layout=interleaved,rate=%d,channels=1 ! %s ! appsink name=out sync=false",
                    PLAYER_RATE, elements) < 0) {
                description = NULL;
                free(c);
                return -ENOMEM;
        }
        c->pipeline = gst_pipeline_of(description, error);
        if (!c->pipeline) {
                free(c);
                return -ENOSYS;
        }
        c->in = GST_APP_SRC(gst_bin_get_by_name(GST_BIN(c->pipeline), "in"));
        c->out = GST_APP_SINK(gst_bin_get_by_name(GST_BIN(c->pipeline), "out"));
        c->behind = (guint64)behind_ms * PLAYER_RATE / 1000 * sizeof(int16_t);
        c->write = write;
        c->userdata = userdata;
        gst_app_sink_set_callbacks(c->out, &callbacks, c, NULL);
        *ret = c;
        return 0;
}

int coder_start(struct coder *c, struct thon_json_error *error)
{
        if (gst_element_set_state(c->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
                return 0;
        return failed(c, -EIO, error);
}

int coder_push(struct coder *c, const int16_t *samples, size_t n, struct thon_json_error *error)
{
        int r = atomic_load(&c->failed);
        GstBuffer *buffer;

        if (r < 0)
                return failed(c, r, error);
        if (n == 0)
                return 0;
        if (gst_app_src_get_current_level_bytes(c->in) > c->behind)
                return failed(c, -ETIMEDOUT, error);
        buffer = gst_buffer_new_memdup(samples, n * sizeof *samples);
        if (!buffer)
                return failed(c, -ENOMEM, error);
        GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(c->pushed, GST_SECOND, PLAYER_RATE);
        GST_BUFFER_DURATION(buffer) =
                gst_util_uint64_scale(c->pushed + n, GST_SECOND, PLAYER_RATE) - GST_BUFFER_PTS(buffer);
        GST_BUFFER_OFFSET(buffer) = c->pushed;
        c->pushed += n;
        return gst_app_src_push_buffer(c->in, buffer) == GST_FLOW_OK ? 0 : failed(c, -EIO, error);
}

int coder_finish(struct coder *c, struct thon_json_error *error)
{
        GstBus *bus = gst_element_get_bus(c->pipeline);
        GstMessage *end;
        int r;

        (void)gst_app_src_end_of_stream(c->in);
        end = gst_bus_timed_pop_filtered(bus, CODER_FINISH_MS * GST_MSECOND,
                                         GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        gst_object_unref(bus);
        r = atomic_load(&c->failed);
        if (!end)
                r = -ETIMEDOUT;
        else if (r == 0 && GST_MESSAGE_TYPE(end) == GST_MESSAGE_ERROR)
                r = -EIO;
        if (end)
                gst_message_unref(end);
        return r < 0 ? failed(c, r, error) : 0;
}

struct coder *coder_free(struct coder *c)
{
        if (!c)
                return NULL;
        (void)gst_element_set_state(c->pipeline, GST_STATE_NULL);
        gst_object_unref(c->in);
        gst_object_unref(c->out);
        gst_object_unref(c->pipeline);
        free(c);
        return NULL;
}
