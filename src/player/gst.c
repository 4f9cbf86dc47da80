/* A Pi has some two hundred plugins, of which a handful is any use here. decodebin would try every decoder, parser
 * and type finder of them on a hostile file; so what is not on the list is forgotten before anything is opened.
 *
 * To look whether the registry is up to date costs a stat() of every plugin, and to make it a process that loads
 * them all: "warm" does both once, when announced starts. ORC writes machine code at run time, which the service
 * forbids and a sandbox should: its C functions do as well. */
#include "gst.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* By plugin, as their packages in Debian name them; which is where is GStreamer's affair. What is not installed is
 * not there. */
static const char *const decoders[] = {
        "coreelements", "playback",     "typefindfunctions",
        "app",          "audioconvert", "audioresample",
        "wavparse",     "alaw",         "mulaw",
        "id3demux",     "apetag",       "audioparsers",
        "mpg123",       "ogg",          "vorbis",
        "opus",         "flac",         NULL,
};
/* Of streams: Icecast, HLS with MPEG-TS, AAC where a decoder for it is installed. */
static const char *const streams[] = {"soup",        "icydemux", "hls",        "adaptivedemux2",
                                      "mpegtsdemux", "faad",     "fdkaac",     "libav",
                                      "udp",         "rtp",      "rtpmanager", NULL};

static bool listed(const char *const *list, const char *name)
{
        for (; *list; list++)
                if (strcmp(*list, name) == 0)
                        return true;
        return false;
}

static int init(struct thon_json_error *error)
{
        GError *wrong = NULL;

        (void)setenv("ORC_CODE", "backup", 1);
        /* Of a desktop, which this is not: proxies from its settings, its settings, its remote files. */
        (void)setenv("GIO_USE_PROXY_RESOLVER", "dummy", 1);
        (void)setenv("GSETTINGS_BACKEND", "memory", 1);
        (void)setenv("GIO_USE_VFS", "local", 1);
        if (gst_init_check(NULL, NULL, &wrong))
                return 0;
        thon_json_fail(error, NULL, "GStreamer: %s", wrong ? wrong->message : "does not start");
        g_clear_error(&wrong);
        return -ENOSYS;
}

int gst_warm(struct thon_json_error *error)
{
        return init(error);
}

static gboolean unwanted(GstPlugin *plugin, gpointer userdata)
{
        const char *name = gst_plugin_get_name(plugin);

        (void)userdata;
        return !listed(decoders, name) && !listed(streams, name) && strcmp(name, "staticelements") != 0;
}

int gst_begin(struct thon_json_error *error)
{
        static bool begun;
        GstRegistry *registry;
        GList *plugins;
        int r;

        if (begun)
                return 0;
        (void)setenv("GST_REGISTRY_UPDATE", "no", 1);
        r = init(error);
        if (r < 0)
                return r;
        registry = gst_registry_get();
        plugins = gst_registry_plugin_filter(registry, unwanted, FALSE, NULL);
        for (GList *p = plugins; p; p = p->next)
                gst_registry_remove_plugin(registry, p->data);
        gst_plugin_list_free(plugins);
        begun = true;
        return 0;
}

static void load(const char *const *list)
{
        for (; *list; list++) {
                GstPlugin *plugin = gst_plugin_load_by_name(*list);

                if (plugin)
                        gst_object_unref(plugin);
        }
}

void gst_load_decoders(bool live)
{
        load(decoders);
        if (live)
                load(streams);
}

GstElement *gst_pipeline_of(const char *description, struct thon_json_error *error)
{
        GError *wrong = NULL;
        GstElement *pipeline = gst_parse_launch_full(description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &wrong);

        if (!pipeline)
                thon_json_fail(error, NULL, "GStreamer: %s", wrong ? wrong->message : "no pipeline");
        g_clear_error(&wrong);
        return pipeline;
}

void gst_told_error(GstMessage *message, struct thon_json_error *error)
{
        GError *wrong = NULL;

        gst_message_parse_error(message, &wrong, NULL);
        thon_json_fail(error, NULL, "%s", wrong ? wrong->message : "GStreamer failed");
        g_clear_error(&wrong);
}
