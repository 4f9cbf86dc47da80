/* Session descriptions: whatever comes, what is borrowed lies inside, a codec's name is printable and ends, and the address
 * that a control makes fits into one line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/rtsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void control(struct thon_rtsp_text t, const char *body, size_t size)
{
        char url[THON_RTSP_URL_MAX];

        if (t.at && (t.at < body || t.size > (size_t)(body + size - t.at)))
                abort();
        if (thon_rtsp_resolve("rtsp://host/stream", t, url) < 0)
                return;
        if (strnlen(url, sizeof url) == sizeof url ||
            !thon_rtsp_url_fine((struct thon_rtsp_text){url, strlen(url)}))
                abort();
        for (const char *p = url; *p; p++)
                if ((unsigned char)*p <= ' ')
                        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *body = malloc(size ? size : 1);
        struct thon_sdp sdp;

        if (!body)
                abort();
        if (size > 0)
                memcpy(body, data, size);
        if (thon_sdp_read(body, size, &sdp) == 0) {
                size_t n = strnlen(sdp.codec_name, sizeof sdp.codec_name);

                if (n == sizeof sdp.codec_name || sdp.payload_type < -1 || sdp.payload_type > 127 ||
                    (!sdp.video && (n > 0 || sdp.control.at)) ||
                    (sdp.codec == THON_VIDEO_H264 && strcmp(sdp.codec_name, "H264") != 0))
                        abort();
                for (size_t i = 0; i < n; i++)
                        if (sdp.codec_name[i] <= ' ' || sdp.codec_name[i] > '~')
                                abort();
                control(sdp.control, body, size);
                control(sdp.session_control, body, size);
        }
        free(body);
        return 0;
}
