/* What a camera says that it streams: is there a video, in which codec, and by which address is its track set up. The first
 * video counts; a second one is the same camera smaller. Everything else of the description is not looked at. */
#include "rtsp_head.h"

#include <errno.h>
#include <string.h>

/* The next line, ended by CR LF, LF or CR. */
static bool line(struct thon_rtsp_text *rest, struct thon_rtsp_text *ret)
{
        size_t n = 0;

        if (rest->size == 0)
                return false;
        while (n < rest->size && rest->at[n] != '\n' && rest->at[n] != '\r')
                n++;
        *ret = (struct thon_rtsp_text){rest->at, n};
        if (n < rest->size)
                n++;
        rest->at += n;
        rest->size -= n;
        return true;
}

static bool after(struct thon_rtsp_text l, const char *prefix, struct thon_rtsp_text *ret)
{
        size_t n = strlen(prefix);

        if (l.size < n || !thon_rtsp_is((struct thon_rtsp_text){l.at, n}, prefix))
                return false;
        *ret = thon_rtsp_trim((struct thon_rtsp_text){l.at + n, l.size - n});
        return true;
}

static struct thon_rtsp_text word(struct thon_rtsp_text *rest, const char *ends)
{
        struct thon_rtsp_text w;
        size_t n = 0;

        *rest = thon_rtsp_trim(*rest);
        while (n < rest->size && !memchr(ends, rest->at[n], strlen(ends)))
                n++;
        w = (struct thon_rtsp_text){rest->at, n};
        rest->at += n;
        rest->size -= n;
        return w;
}

static void name_codec(struct thon_rtsp_text name, struct thon_sdp *sdp)
{
        size_t n = 0;

        sdp->codec = thon_rtsp_is(name, "H264")                                 ? THON_VIDEO_H264
                     : thon_rtsp_is(name, "H265") || thon_rtsp_is(name, "HEVC") ? THON_VIDEO_H265
                     : thon_rtsp_is(name, "JPEG")                               ? THON_VIDEO_JPEG
                                                                                : THON_VIDEO_OTHER;
        if (sdp->codec == THON_VIDEO_H265)
                name = (struct thon_rtsp_text){"H265", 4};
        for (; n < name.size && n + 1 < sizeof sdp->codec_name; n++)
                sdp->codec_name[n] =
                        name.at[n] > ' ' && name.at[n] <= '~' ? thon_rtsp_upper(name.at[n]) : '?';
        sdp->codec_name[n] = '\0';
}

/* "video 0 RTP/AVP 96 97": the first format is what is sent. */
static void media(struct thon_rtsp_text rest, struct thon_sdp *sdp)
{
        uint32_t type;

        for (int i = 0; i < 3; i++)
                (void)word(&rest, " \t");
        sdp->video = true;
        if (!thon_rtsp_number(word(&rest, " \t"), 127, &type))
                return;
        sdp->payload_type = (int)type;
        if (type == 26) /* the static types of RFC 3551 that a camera could have */
                name_codec((struct thon_rtsp_text){"JPEG", 4}, sdp);
        else if (type == 32)
                name_codec((struct thon_rtsp_text){"MPV", 3}, sdp);
        else if (type == 33)
                name_codec((struct thon_rtsp_text){"MP2T", 4}, sdp);
}

/* "96 H264/90000" */
static void rtpmap(struct thon_rtsp_text rest, struct thon_sdp *sdp)
{
        uint32_t type;
        struct thon_rtsp_text name;

        if (!thon_rtsp_number(word(&rest, " \t"), 127, &type) || (int)type != sdp->payload_type)
                return;
        name = word(&rest, "/ \t");
        if (name.size > 0)
                name_codec(name, sdp);
}

int thon_sdp_read(const char *body, size_t size, struct thon_sdp *ret)
{
        struct thon_sdp sdp = {.payload_type = -1};
        struct thon_rtsp_text rest = {body, size}, l, v;
        bool any = false, in_media = false, in_first_video = false;

        if (size > THON_RTSP_BODY_MAX)
                return -EINVAL;
        while (line(&rest, &l)) {
                if (l.size < 2 || l.at[1] != '=')
                        continue;
                any = any || *l.at == 'v' || *l.at == 'm';
                if (*l.at == 'm') {
                        in_media = true;
                        in_first_video = !sdp.video && after(l, "M=VIDEO", &v) && l.size > 7 &&
                                         (l.at[7] == ' ' || l.at[7] == '\t');
                        if (in_first_video)
                                media((struct thon_rtsp_text){l.at + 2, l.size - 2}, &sdp);
                } else if (after(l, "A=CONTROL:", &v)) {
                        struct thon_rtsp_text *to = in_first_video ? &sdp.control
                                                    : in_media     ? NULL
                                                                   : &sdp.session_control;
                        if (to && !to->at)
                                *to = v;
                } else if (in_first_video && after(l, "A=RTPMAP:", &v))
                        rtpmap(v, &sdp);
        }
        if (!any)
                return -EINVAL;
        *ret = sdp;
        return 0;
}
