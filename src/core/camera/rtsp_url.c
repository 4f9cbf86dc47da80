/* Which address a track has. The standard's rule (RFC 1808) is not what cameras mean: with a base of
 * "rtsp://host/stream?channel=1" and a control of "trackID=0" they want "rtsp://host/stream?channel=1/trackID=0", and so do
 * all players. A control that would not fit into one line of a request is refused: it comes from the network. */
#include "rtsp_head.h"

#include <errno.h>
#include <string.h>

/* The scheme's length with "://", or 0. */
static size_t scheme(struct thon_rtsp_text t)
{
        if (t.size > 7 && thon_rtsp_is((struct thon_rtsp_text){t.at, 7}, "RTSP://"))
                return 7;
        if (t.size > 8 && thon_rtsp_is((struct thon_rtsp_text){t.at, 8}, "RTSPS://"))
                return 8;
        return 0;
}

/* Bytes beyond ASCII are let through: cameras have them in paths, and they end neither line nor string. */
static bool one_word(struct thon_rtsp_text t)
{
        for (size_t i = 0; i < t.size; i++) {
                unsigned char c = (unsigned char)t.at[i];
                if (c <= ' ' || c == 0x7f || c == '"' || c == '\\')
                        return false;
        }
        return true;
}

bool thon_rtsp_url_fine(struct thon_rtsp_text url)
{
        return url.at && url.size < THON_RTSP_URL_MAX && scheme(url) > 0 && one_word(url);
}

static int take(struct thon_rtsp_text url, char *ret)
{
        memcpy(ret, url.at, url.size);
        ret[url.size] = '\0';
        return 0;
}

int thon_rtsp_base(const struct thon_rtsp_answer *answer, const char *url,
                   char ret[static THON_RTSP_URL_MAX])
{
        const struct thon_rtsp_text asked = {url, strlen(url)};

        if (thon_rtsp_url_fine(answer->content_base))
                return take(answer->content_base, ret);
        if (thon_rtsp_url_fine(answer->content_location))
                return take(answer->content_location, ret);
        return thon_rtsp_url_fine(asked) ? take(asked, ret) : -EINVAL;
}

int thon_rtsp_resolve(const char *base, struct thon_rtsp_text control, char ret[static THON_RTSP_URL_MAX])
{
        const struct thon_rtsp_text on = {base, strlen(base)};
        size_t n = on.size;

        if (!thon_rtsp_url_fine(on))
                return -EINVAL;
        if (control.size == 0 || thon_rtsp_is(control, "*"))
                return take(on, ret);
        if (scheme(control) > 0)
                return thon_rtsp_url_fine(control) ? take(control, ret) : -EINVAL;
        if (!one_word(control))
                return -EINVAL;
        if (*control.at == '/')
                control.at++, control.size--;
        if (n + 1 + control.size >= THON_RTSP_URL_MAX)
                return -EINVAL;
        (void)take(on, ret);
        if (ret[n - 1] != '/')
                ret[n++] = '/';
        memcpy(ret + n, control.at, control.size);
        ret[n + control.size] = '\0';
        return 0;
}
