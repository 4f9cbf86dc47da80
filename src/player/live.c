/* What is live comes on a thread of its own (GStreamer's, or one that reads a card) into a ring, and is read at the
 * beat of the sink. The two clocks are not the same, so the ring runs empty or full in the long run: empty, there
 * is silence until half a second is there again; full, the oldest goes. Before it is its turn it is heard by
 * nobody, and only the newest second is kept, so that it begins with what is said now.
 *
 * A recording (file:) is the exception: nothing of it may be lost, so its decoder waits, and its end is no trouble. */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <gst/app/app.h>
#include <gst/audio/audio.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "gst.h"
#include "thon/announced_conf.h"
#include "thon/cleanup.h"
#include "tones.h"

#define RING        ((size_t)PLAYER_RATE * 10)
#define FILL        ((size_t)PLAYER_RATE / 2)
#define KEPT        ((size_t)PLAYER_RATE)
#define SILENCE     33 /* of 32768: -60 dBFS */
#define TIMEOUT_S   10
#define RECORDING_S 1 /* that it is waited for */
#define TAIL                                                                                    \
        " ! audioconvert ! audioresample ! audio/x-raw,format=" GST_AUDIO_NE(                   \
                S16) ",layout=interleaved,rate=48000,channels=1 ! appsink name=out sync=false " \
                     "max-buffers=16"
#define RTP_HEAD "udpsrc name=src ! rtpjitterbuffer latency=200 ! "

static const char
        over_http[] = "souphttpsrc name=src ! decodebin" TAIL,
        from_file[] = "fdsrc name=src ! decodebin" TAIL, over_l16[] = RTP_HEAD "rtpL16depay" TAIL,
        over_opus[] = RTP_HEAD "rtpopusdepay ! opusdec" TAIL,
        l16_caps[] =
                "application/x-rtp,media=audio,encoding-name=L16,payload=11,clock-rate=44100,channels=1",
        opus_caps[] = "application/x-rtp,media=audio,encoding-name=OPUS,payload=96,clock-rate=48000";

struct live {
        GstElement *pipeline;
        struct capture *capture; /* instead of it */
        int file;
        uint64_t silent, silent_for; /* of the reader */

        pthread_mutex_t lock;   /* of what follows */
        pthread_cond_t changed; /* of a recording: there is more, or room for more */
        bool recording, read, filling, ended;
        struct thon_json_error why;
        size_t first, count;
        int16_t ring[RING];
};

static void drop(struct live *l, size_t n)
{
        l->first = (l->first + n) % RING;
        l->count -= n;
}

static void put(struct live *l, const int16_t *samples, size_t n)
{
        while (n > 0) {
                size_t now = n < RING ? n : RING, at, piece;

                pthread_mutex_lock(&l->lock);
                while (l->recording && l->count + now > RING)
                        pthread_cond_wait(&l->changed, &l->lock);
                if (l->count + now > RING)
                        drop(l, l->count + now - RING);
                at = (l->first + l->count) % RING;
                piece = RING - at < now ? RING - at : now;
                memcpy(l->ring + at, samples, piece * sizeof *samples);
                memcpy(l->ring, samples + piece, (now - piece) * sizeof *samples);
                l->count += now;
                pthread_cond_signal(&l->changed);
                if (!l->read && !l->recording && l->count > KEPT)
                        drop(l, l->count - KEPT);
                pthread_mutex_unlock(&l->lock);
                samples += now;
                n -= now;
        }
}

/* A recording that is broken is not over. */
static void end(struct live *l, const struct thon_json_error *why, bool broken)
{
        pthread_mutex_lock(&l->lock);
        if (!l->ended) {
                l->recording &= !broken;
                l->ended = true;
                l->why = *why;
                pthread_cond_signal(&l->changed);
        }
        pthread_mutex_unlock(&l->lock);
}

static GstFlowReturn came(GstAppSink *out, gpointer userdata)
{
        GstSample *sample = gst_app_sink_pull_sample(out);
        GstBuffer *buffer = sample ? gst_sample_get_buffer(sample) : NULL;
        GstMapInfo map;

        if (buffer && gst_buffer_map(buffer, &map, GST_MAP_READ)) {
                put(userdata, (const int16_t *)(const void *)map.data, map.size / sizeof(int16_t));
                gst_buffer_unmap(buffer, &map);
        }
        if (sample)
                gst_sample_unref(sample);
        return GST_FLOW_OK;
}

static GstBusSyncReply told(GstBus *bus, GstMessage *message, gpointer userdata)
{
        struct thon_json_error why = {.text = "the stream has ended"};
        struct live *l = userdata;

        (void)bus;
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
                gst_told_error(message, &why);
                end(l, &why, true);
        } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
                end(l, &why, false);
        gst_message_unref(message);
        return GST_BUS_DROP;
}

static void *listen_on(void *userdata)
{
        struct thon_json_error why = {0};
        int16_t block[CAPTURE_BLOCK];
        struct live *l = userdata;
        int n;

        while ((n = capture_read(l->capture, block, CAPTURE_BLOCK, &why)) > 0)
                put(l, block, (size_t)n);
        end(l, &why, true);
        return NULL;
}

static int build(struct live *l, const char *description, struct thon_json_error *error)
{
        GstAppSinkCallbacks callbacks = {.new_sample = came};
        GstElement *out;
        GstBus *bus;

        l->pipeline = gst_pipeline_of(description, error);
        if (!l->pipeline)
                return -ENOSYS;
        out = gst_bin_get_by_name(GST_BIN(l->pipeline), "out");
        gst_app_sink_set_callbacks(GST_APP_SINK(out), &callbacks, l, NULL);
        gst_object_unref(out);
        bus = gst_element_get_bus(l->pipeline);
        gst_bus_set_sync_handler(bus, told, l, NULL);
        gst_object_unref(bus);
        return 0;
}

static int open_http(struct live *l, const char *url, struct thon_json_error *error)
{
        GstElement *src;
        int r = build(l, over_http, error);

        if (r < 0)
                return r;
        src = gst_bin_get_by_name(GST_BIN(l->pipeline), "src");
        g_object_set(src, "location", url, "is-live", TRUE, "timeout", (guint)TIMEOUT_S, "user-agent",
                     "thon/" THON_VERSION, NULL);
        gst_object_unref(src);
        return 0;
}

/* "GROUP:PORT" of L16 at 44.1 kHz, or "GROUP:PORT/opus", as a sink sends them. */
static int open_rtp(struct live *l, const char *address, struct thon_json_error *error)
{
        char text[sizeof((struct thon_sink *)NULL)->address];
        struct thon_sink from;
        GstElement *src;
        GstCaps *caps;
        int r = snprintf(text, sizeof text, "rtp:%s", address);

        if (r < 0 || (size_t)r >= sizeof text || thon_sink_parse(text, &from)) {
                thon_json_fail(error, address, "is no address of RTP");
                return -EINVAL;
        }
        r = build(l, from.opus ? over_opus : over_l16, error);
        if (r < 0)
                return r;
        src = gst_bin_get_by_name(GST_BIN(l->pipeline), "src");
        caps = gst_caps_from_string(from.opus ? opus_caps : l16_caps);
        g_object_set(src, "address", from.address, "port", from.port, "caps", caps, NULL);
        gst_caps_unref(caps);
        gst_object_unref(src);
        return 0;
}

static int open_recording(struct live *l, const char *path, struct thon_json_error *error)
{
        struct stat status;
        GstElement *src;
        int r;

        while (path[0] == '/' && path[1] == '/')
                path++;
        l->recording = true;
        l->file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (l->file < 0 || fstat(l->file, &status) < 0 || !S_ISREG(status.st_mode)) {
                r = l->file < 0 ? -errno : -EINVAL;
                thon_json_fail(error, path, "%s", r == -EINVAL ? "not a file" : strerror(-r));
                return r;
        }
        r = build(l, from_file, error);
        if (r < 0)
                return r;
        src = gst_bin_get_by_name(GST_BIN(l->pipeline), "src");
        g_object_set(src, "fd", l->file, NULL);
        gst_object_unref(src);
        return 0;
}

int live_open(const char *address, uint64_t silent, struct live **ret, struct thon_json_error *error)
{
        struct live *l = calloc(1, sizeof *l);
        int r;

        if (!l)
                return -ENOMEM;
        l->silent = silent;
        l->filling = true;
        l->file = -1;
        (void)pthread_mutex_init(&l->lock, NULL);
        (void)pthread_cond_init(&l->changed, NULL);
        if (strncmp(address, "alsa:", 5) == 0)
                r = capture_open(address + 5, &l->capture, error);
        else if (strncmp(address, "rtp://", 6) == 0)
                r = open_rtp(l, address + 6, error);
        else if (strncmp(address, "file:", 5) == 0)
                r = open_recording(l, address + 5, error);
        else
                r = open_http(l, address, error);
        if (r < 0) {
                live_free(l);
                return r;
        }
        *ret = l;
        return 0;
}

/* A recording has no reason to begin with the silence of its decoder's beginning. */
static void wait_for_recording(struct live *l)
{
        struct timespec until;

        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += RECORDING_S;
        pthread_mutex_lock(&l->lock);
        while (l->recording && l->count < FILL && !l->ended)
                if (pthread_cond_timedwait(&l->changed, &l->lock, &until) == ETIMEDOUT)
                        break;
        pthread_mutex_unlock(&l->lock);
}

int live_start(struct live *l, struct thon_json_error *error)
{
        pthread_t thread;
        int r;

        if (l->capture) {
                r = pthread_create(&thread, NULL, listen_on, l);
                if (r == 0)
                        (void)pthread_detach(thread);
                return -r;
        }
        if (gst_element_set_state(l->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE) {
                wait_for_recording(l);
                return 0;
        }
        pthread_mutex_lock(&l->lock);
        thon_json_fail(error, NULL, "%s", l->ended ? l->why.text : "the stream does not start");
        pthread_mutex_unlock(&l->lock);
        return -EIO;
}

/* n samples, of which those that are not there are silence. 0, LIVE_OVER or -EPIPE. */
static int get(struct live *l, int16_t *ret, size_t n, struct thon_json_error *error)
{
        size_t there, piece;

        l->read = true;
        if (l->filling && (l->count >= FILL || l->ended))
                l->filling = false;
        if (l->ended && l->count == 0) {
                *error = l->why;
                return l->recording ? LIVE_OVER : -EPIPE;
        }
        there = l->filling ? 0 : l->count < n ? l->count : n;
        piece = RING - l->first < there ? RING - l->first : there;
        memcpy(ret, l->ring + l->first, piece * sizeof *ret);
        memcpy(ret + piece, l->ring, (there - piece) * sizeof *ret);
        memset(ret + there, 0, (n - there) * sizeof *ret);
        drop(l, there);
        if (there < n)
                l->filling = true;
        pthread_cond_signal(&l->changed);
        return 0;
}

static bool is_silent(const int16_t *samples, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (samples[i] > SILENCE || samples[i] < -SILENCE)
                        return false;
        return true;
}

int live_read(struct live *l, int16_t *ret, size_t n, bool *ret_silent, struct thon_json_error *error)
{
        uint64_t before = l->silent_for;
        int r;

        pthread_mutex_lock(&l->lock);
        r = get(l, ret, n, error);
        pthread_mutex_unlock(&l->lock);
        if (r != 0)
                return r;
        l->silent_for = is_silent(ret, n) ? before + n : 0;
        *ret_silent = l->silent > 0 && before < l->silent && l->silent_for >= l->silent;
        return 0;
}

struct live *live_free(struct live *l)
{
        if (!l)
                return NULL;
        if (l->pipeline) {
                (void)gst_element_set_state(l->pipeline, GST_STATE_NULL);
                gst_object_unref(l->pipeline);
        }
        capture_free(l->capture);
        if (l->file >= 0)
                (void)close(l->file);
        free(l);
        return NULL;
}
