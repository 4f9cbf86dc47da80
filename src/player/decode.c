/* GStreamer reads the file through a descriptor, and it has nothing else of the system. It is believed nothing: a
 * file may claim any length and a decoder may turn in circles, so the one who takes the samples says when it is
 * enough, and a silence of the decoder has an end. */
#include "decode.h"

#include <errno.h>
#include <gst/app/app.h>
#include <gst/audio/audio.h>
#include <stdio.h>

#include "gst.h"
#include "thon/cleanup.h"
#include "tones.h"

#define MOMENT_MS 100

struct decode {
        GstElement *pipeline;
        GstAppSink *out;
};

int decode_open(int fd, struct decode **ret, struct thon_json_error *error)
{
        _cleanup_free_ char *description = NULL;
        struct decode *d;
        int r = gst_begin(error);

        if (r < 0)
                return r;
        gst_load_decoders(false);
        if (asprintf(&description,
                     "fdsrc fd=%d ! decodebin ! audioconvert ! audioresample ! "
                     "audio/x-raw,format=" GST_AUDIO_NE(F32) ",layout=interleaved,rate=%d,channels=1 ! "
                                                             "appsink name=out sync=false max-buffers=8",
                     fd, PLAYER_RATE) < 0) {
                description = NULL;
                return -ENOMEM;
        }
        d = calloc(1, sizeof *d);
        if (!d)
                return -ENOMEM;
        d->pipeline = gst_pipeline_of(description, error);
        if (!d->pipeline) {
                free(d);
                return -ENOSYS;
        }
        d->out = GST_APP_SINK(gst_bin_get_by_name(GST_BIN(d->pipeline), "out"));
        *ret = d;
        return 0;
}

static int take_sample(GstSample *sample, decode_take take, void *userdata)
{
        GstBuffer *buffer = gst_sample_get_buffer(sample);
        GstMapInfo map;
        int r = 0;

        if (buffer && gst_buffer_map(buffer, &map, GST_MAP_READ)) {
                r = take(userdata, (const float *)(const void *)map.data, map.size / sizeof(float));
                gst_buffer_unmap(buffer, &map);
        }
        gst_sample_unref(sample);
        return r;
}

/* True, with error filled, when the bus says that something failed. */
static bool went_wrong(GstBus *bus, struct thon_json_error *error)
{
        GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);

        if (!message)
                return false;
        gst_told_error(message, error);
        gst_message_unref(message);
        return true;
}

static int pull(struct decode *d, GstBus *bus, decode_take take, void *userdata,
                struct thon_json_error *error)
{
        unsigned stalled = 0;

        for (;;) {
                GstSample *sample = gst_app_sink_try_pull_sample(d->out, MOMENT_MS * GST_MSECOND);
                int r = sample ? take_sample(sample, take, userdata) : take(userdata, NULL, 0);

                if (r != 0)
                        return r < 0 ? r : DECODE_STOPPED;
                if (went_wrong(bus, error))
                        return DECODE_FORMAT;
                if (sample) {
                        stalled = 0;
                        continue;
                }
                if (gst_app_sink_is_eos(d->out))
                        return DECODE_ENDED;
                stalled += MOMENT_MS;
                if (stalled >= DECODE_STALL_MS) {
                        thon_json_fail(error, NULL, "the decoder hangs");
                        return DECODE_FORMAT;
                }
        }
}

int decode_run(struct decode *d, decode_take take, void *userdata, struct thon_json_error *error)
{
        GstBus *bus = gst_element_get_bus(d->pipeline);
        int r;

        if (gst_element_set_state(d->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
                if (!went_wrong(bus, error))
                        thon_json_fail(error, NULL, "the decoder does not start");
                r = DECODE_FORMAT;
        } else {
                r = pull(d, bus, take, userdata, error);
        }
        gst_object_unref(bus);
        return r;
}

struct decode *decode_free(struct decode *d)
{
        if (!d)
                return NULL;
        (void)gst_element_set_state(d->pipeline, GST_STATE_NULL);
        gst_object_unref(d->out);
        gst_object_unref(d->pipeline);
        free(d);
        return NULL;
}
