/* GStreamer, kept small: its registry once, and of its plugins only those that are named here. */
#pragma once

#include <gst/gst.h>

#include "thon/json.h"

/* Makes the registry when it is old or not there (which takes seconds); for {"mode":"warm"}. 0 or -errno. */
int gst_warm(struct thon_json_error *error);
/* Initialises it and forgets all plugins but ours. The registry is taken as it is; only when there is none is it made. May be
 * called again. */
int gst_begin(struct thon_json_error *error);
/* Loads the plugins that sound of any kind needs to be decoded, as nothing can be loaded in the sandbox. `live`:
 * streams too. */
void gst_load_decoders(bool live);
/* A pipeline of elements that are all loaded then; NULL, error filled. */
GstElement *gst_pipeline_of(const char *description, struct thon_json_error *error);
/* What the bus says is wrong. */
void gst_told_error(GstMessage *message, struct thon_json_error *error);
