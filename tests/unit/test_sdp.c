/* Session descriptions as cameras write them. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "thon/rtsp.h"

static struct thon_sdp sdp;

static int read_sdp(const char *body)
{
        return thon_sdp_read(body, strlen(body), &sdp);
}

static void expect_text(struct thon_rtsp_text got, const char *want)
{
        if (!want) {
                ck_assert_ptr_null(got.at);
                return;
        }
        ck_assert_ptr_nonnull(got.at);
        ck_assert_uint_eq(got.size, strlen(want));
        ck_assert_int_eq(memcmp(got.at, want, got.size), 0);
}

START_TEST(descriptions_of_cameras_are_understood)
{
        static const struct {
                const char *body;
                bool video;
                const char *codec;
                enum thon_video_codec kind;
                int type;
                const char *session_control, *control;
        } bodies[] = {
                {"v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=a\r\nt=0 0\r\na=control:*\r\n"
                 "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n"
                 "m=audio 0 RTP/AVP 0\r\na=control:trackID=2\r\n",
                 true, "H264", THON_VIDEO_H264, 96, "*", "trackID=1"},
                /* sound first, LF alone, an absolute control, another case */
                {"v=0\nm=audio 0 RTP/AVP 8\na=control:rtsp://h/a\nm=Video 0 RTP/AVP 98\n"
                 "a=RTPMAP:98 hevc/90000\nA=Control: rtsp://h/v \n",
                 true, "H265", THON_VIDEO_H265, 98, NULL, "rtsp://h/v"},
                /* a static type and no rtpmap; CR alone */
                {"v=0\rm=video 0 RTP/AVP 26\ra=control:track1\r", true, "JPEG", THON_VIDEO_JPEG, 26, NULL,
                 "track1"},
                {"v=0\r\nm=video 0 RTP/AVP 33\r\n", true, "MP2T", THON_VIDEO_OTHER, 33, NULL, NULL},
                {"v=0\r\nm=video 0 RTP/AVP 32\r\n", true, "MPV", THON_VIDEO_OTHER, 32, NULL, NULL},
                /* of two videos the first, of two formats the first, whatever is said of the others */
                {"v=0\r\nm=video 0 RTP/AVP 97 96\r\na=rtpmap:96 H264/90000\r\na=rtpmap:97 mp4v-es/90000\r\n"
                 "a=control:one\r\na=control:again\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 H265/90000\r\n"
                 "a=control:two\r\n",
                 true, "MP4V-ES", THON_VIDEO_OTHER, 97, NULL, "one"},
                /* no format that is a number */
                {"v=0\r\nm=video 0 RTP/AVP H264\r\na=rtpmap:96 H264/90000\r\n", true, "", THON_VIDEO_OTHER,
                 -1, NULL, NULL},
                {"v=0\r\nm=video\t0 udp\r\n", true, "", THON_VIDEO_OTHER, -1, NULL, NULL},
                {"v=0\r\nm=video 0 RTP/AVP 128\r\n", true, "", THON_VIDEO_OTHER, -1, NULL, NULL},
                {"v=0\r\nm=audio 0 RTP/AVP 8\r\na=control:a\r\n", false, "", THON_VIDEO_OTHER, -1, NULL,
                 NULL},
                {"v=0\r\nm=videos 0 RTP/AVP 96\r\n", false, "", THON_VIDEO_OTHER, -1, NULL, NULL},
                {"v=0\r\nm=video\r\n", false, "", THON_VIDEO_OTHER, -1, NULL, NULL},
                {"v=0", false, "", THON_VIDEO_OTHER, -1, NULL, NULL},
                /* no version, as some leave it away; a name that is too long or unprintable is cut and shown */
                {"m=video 0 RTP/AVP 96\na=rtpmap:96 \x01very-long-name-of-a-codec/1\n", true,
                 "?VERY-LONG-NAME", THON_VIDEO_OTHER, 96, NULL, NULL},
                {"v=0\na=rtpmap:96 H265/90000\nm=video 0 RTP/AVP 96\na=rtpmap:96\na=rtpmap:\na=\n\n=\n",
                 true, "", THON_VIDEO_OTHER, 96, NULL, NULL},
        };

        ck_assert_int_eq(read_sdp(bodies[_i].body), 0);
        ck_assert_int_eq(sdp.video, bodies[_i].video);
        ck_assert_str_eq(sdp.codec_name, bodies[_i].codec);
        ck_assert_int_eq(sdp.codec, bodies[_i].kind);
        ck_assert_int_eq(sdp.payload_type, bodies[_i].type);
        expect_text(sdp.session_control, bodies[_i].session_control);
        expect_text(sdp.control, bodies[_i].control);
}
END_TEST

START_TEST(what_is_no_description_is_refused)
{
        static const char *const bodies[] = {"", "<html><body>404</body></html>", "\r\n\r\n",
                                             "a=control:*\r\n", "v"};

        memset(&sdp, 0x5a, sizeof sdp);
        ck_assert_int_eq(read_sdp(bodies[_i]), -EINVAL);
        ck_assert_int_eq(sdp.codec_name[0], 0x5a);
}
END_TEST

START_TEST(one_over_the_limit_is_refused)
{
        char *body = malloc(THON_RTSP_BODY_MAX + 1);

        memset(body, '\n', THON_RTSP_BODY_MAX + 1);
        memcpy(body, "v=0", 3);
        ck_assert_int_eq(thon_sdp_read(body, THON_RTSP_BODY_MAX, &sdp), 0);
        ck_assert_int_eq(thon_sdp_read(body, THON_RTSP_BODY_MAX + 1, &sdp), -EINVAL);
        free(body);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("sdp");
        TCase *all = tcase_create("all");
        SRunner *runner;
        int failed;

        tcase_add_loop_test(all, descriptions_of_cameras_are_understood, 0, 15);
        tcase_add_loop_test(all, what_is_no_description_is_refused, 0, 5);
        tcase_add_test(all, one_over_the_limit_is_refused);
        suite_add_tcase(suite, all);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? 0 : 1;
}
