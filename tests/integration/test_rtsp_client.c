/* The RTSP client against one camera that behaves, and misbehaves in each way that has its own cause. What the camera was
 * asked, in order, is held against what it should have been: one login, one session, and that session ended. */
#include "rtsp_camera.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "../../src/camerad/rtsp_client.h"

#define DEADLINE_US 20000000u

static sd_event *event;
static struct camera camera;
static struct rtsp_want want;
static struct rtsp_check *check;
static struct thon_probe probe;
static unsigned told;
static char url[128];

static uint64_t monotonic_us(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void keep(const struct thon_probe *p, void *userdata)
{
        ck_assert_ptr_eq(userdata, &camera);
        probe = *p;
        told++;
        for (const char *c = p->detail; *c; c++)
                ck_assert_msg(*c >= ' ' && *c <= '~', "detail: %s", p->detail);
}

static void begin(void)
{
        struct sockaddr_in *to = (struct sockaddr_in *)&want.address;

        (void)signal(SIGPIPE, SIG_IGN);
        ck_assert_int_ge(sd_event_new(&event), 0);
        camera_begin(&camera, event);
        (void)snprintf(url, sizeof url, "rtsp://127.0.0.1:%u/live", camera.port);
        want = (struct rtsp_want){
                .address_size = sizeof *to,
                .url = url,
                .up_to = THON_RUNG_RTP,
                .connect_us = 5000000,
                .answer_us = 5000000,
                .rtp_us = 5000000,
        };
        *to = (struct sockaddr_in){
                .sin_family = AF_INET,
                .sin_port = htons(camera.port),
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        told = 0;
        check = NULL;
}

static void end(void)
{
        camera_end(&camera);
        event = sd_event_unref(event);
}

static void turn(uint64_t deadline)
{
        ck_assert_msg(monotonic_us() < deadline, "nothing more happens; asked: %s", camera.asked);
        ck_assert_int_ge(sd_event_run(event, 100000), 0);
}

/* Runs the check, and then until the camera has seen it leave. */
static const struct thon_probe *run(void)
{
        uint64_t deadline = monotonic_us() + DEADLINE_US;

        ck_assert_int_eq(rtsp_check_start(event, &want, keep, &camera, &check), 0);
        ck_assert_uint_eq(told, 0);
        while (told == 0)
                turn(deadline);
        while (camera.open > 0)
                turn(deadline);
        ck_assert_uint_eq(told, 1);
        return &probe;
}

static void expect(enum thon_rung reached, enum thon_probe_failure failure, int status, const char *asked)
{
        ck_assert_msg(probe.reached == reached && probe.failure == failure && probe.status == status,
                      "reached %d, failure %d, status %d: %s", (int)probe.reached, (int)probe.failure,
                      probe.status, probe.detail);
        ck_assert_str_eq(camera.asked, asked);
}

static void with_login(enum thon_challenge_scheme scheme, bool qop)
{
        want.user = camera.user = "quan\"tri";
        want.password = camera.password = "mật:khẩu";
        camera.login.scheme = scheme;
        camera.login.qop_auth = qop;
}

#define WHOLE "OPTIONS DESCRIBE SETUP PLAY TEARDOWN"

/* ---- cameras that work ---- */
START_TEST(a_camera_that_works_is_followed_to_its_pictures)
{
        camera.content_base = "rtsp://10.0.0.1/live/";
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, WHOLE);
        ck_assert(probe.video && probe.keyframe && !probe.auth_asked && !probe.auth_sent);
        ck_assert_str_eq(probe.codec, "H264");
        ck_assert_uint_ge(probe.rtp_packets, 3);
        ck_assert_uint_le(probe.connect_us, probe.total_us);
        ck_assert_str_eq(camera.setup_uri, "rtsp://10.0.0.1/live/trackID=1");
        ck_assert_str_eq(camera.play_uri, "rtsp://10.0.0.1/live/");
        ck_assert_str_eq(camera.teardown_uri, camera.play_uri);
        ck_assert_str_eq(camera.session, "4711");
}
END_TEST

START_TEST(it_goes_no_higher_than_it_was_asked_to)
{
        static const struct {
                enum thon_rung up_to;
                const char *asked;
        } rungs[] = {{THON_RUNG_TCP, ""},
                     {THON_RUNG_OPTIONS, "OPTIONS"},
                     {THON_RUNG_DESCRIBE, "OPTIONS DESCRIBE"},
                     {THON_RUNG_SETUP, "OPTIONS DESCRIBE SETUP TEARDOWN"},
                     {THON_RUNG_PLAY, WHOLE}};

        want.up_to = rungs[_i].up_to;
        run();
        expect(rungs[_i].up_to, THON_PROBE_FINE, rungs[_i].up_to == THON_RUNG_TCP ? 0 : 200,
               rungs[_i].asked);
}
END_TEST

START_TEST(every_kind_of_login_is_given_once_and_signs_each_address)
{
        static const struct {
                enum thon_challenge_scheme scheme;
                bool qop;
        } logins[] = {{THON_CHALLENGE_MD5, false},
                      {THON_CHALLENGE_MD5, true},
                      {THON_CHALLENGE_SHA256, true},
                      {THON_CHALLENGE_SHA256, false},
                      {THON_CHALLENGE_BASIC, false}};

        if (logins[_i].scheme == THON_CHALLENGE_BASIC)
                strcpy(camera.login.realm, "/");
        with_login(logins[_i].scheme, logins[_i].qop);
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, "OPTIONS DESCRIBE DESCRIBE SETUP PLAY TEARDOWN");
        ck_assert(probe.auth_asked && probe.auth_sent);
        ck_assert_int_eq(probe.auth_basic, logins[_i].scheme == THON_CHALLENGE_BASIC);
        ck_assert_uint_eq(camera.logins, 4);
        ck_assert_uint_eq(camera.refused, 0);
}
END_TEST

START_TEST(a_login_that_options_wants_already_is_used_at_once)
{
        with_login(THON_CHALLENGE_MD5, false);
        camera.login_for_options = true;
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, WHOLE);
}
END_TEST

START_TEST(of_two_logins_the_better_one_is_given)
{
        with_login(THON_CHALLENGE_SHA256, true);
        camera.offer = "Basic realm=\"/\", Digest realm=\"IP Camera \\\"1\\\"\", nonce=\"other\", "
                       "algorithm=MD5, Digest realm=\"IP Camera \\\"1\\\"\", nonce=\"nonce-1\", "
                       "algorithm=SHA-256, qop=\"auth\"";
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, "OPTIONS DESCRIBE DESCRIBE SETUP PLAY TEARDOWN");
        ck_assert(!probe.auth_basic);
}
END_TEST

START_TEST(a_nonce_that_is_stale_is_replaced_once)
{
        with_login(THON_CHALLENGE_MD5, true);
        camera.stale = 1;
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200,
               "OPTIONS DESCRIBE DESCRIBE DESCRIBE SETUP PLAY TEARDOWN");
}
END_TEST

START_TEST(a_nonce_that_is_always_stale_ends_the_check)
{
        with_login(THON_CHALLENGE_MD5, true);
        camera.stale = 100;
        run();
        expect(THON_RUNG_OPTIONS, THON_PROBE_STATUS, 401, "OPTIONS DESCRIBE DESCRIBE DESCRIBE");
}
END_TEST

START_TEST(a_nonce_that_is_no_new_one_is_no_reason_to_try_again)
{
        with_login(THON_CHALLENGE_MD5, false);
        want.password = "another";
        camera.offer = "Digest realm=\"IP Camera \\\"1\\\"\", nonce=\"nonce-1\", stale=true";
        run();
        expect(THON_RUNG_OPTIONS, THON_PROBE_STATUS, 401, "OPTIONS DESCRIBE DESCRIBE");
        ck_assert_uint_eq(camera.refused, 1);
}
END_TEST

START_TEST(a_nonce_for_one_request_is_replaced_after_the_login_was_accepted)
{
        with_login(THON_CHALLENGE_MD5, false);
        camera.nonce_once = true;
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200,
               "OPTIONS DESCRIBE DESCRIBE SETUP SETUP PLAY PLAY TEARDOWN TEARDOWN");
        ck_assert_uint_eq(camera.refused, 3);
}
END_TEST

START_TEST(a_camera_that_hangs_up_after_its_401_is_called_again)
{
        with_login(THON_CHALLENGE_MD5, false);
        camera.close_after_401 = _i != 1;
        camera.close_header = _i != 0; /* one says so and leaves it to us */
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, "OPTIONS DESCRIBE DESCRIBE SETUP PLAY TEARDOWN");
        ck_assert_uint_eq(camera.n_visits, 2);
}
END_TEST

START_TEST(pictures_that_overtake_the_answer_to_play_are_counted)
{
        camera.picture = CAMERA_BEFORE_PLAY;
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, WHOLE);
}
END_TEST

START_TEST(pictures_without_an_answer_to_play_are_pictures)
{
        camera.picture = CAMERA_MOVING_SILENT;
        want.answer_us = 200000;
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, WHOLE);
}
END_TEST

START_TEST(a_camera_that_waits_with_its_keyframe_is_well_too)
{
        camera.picture = CAMERA_NO_KEYFRAME;
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, WHOLE);
        ck_assert(!probe.keyframe);
        ck_assert_uint_ge(probe.total_us, 450000); /* it was given some time */
        ck_assert_uint_lt(probe.total_us, 3000000);
}
END_TEST

START_TEST(pictures_are_found_behind_a_heap_of_others)
{
        camera.picture = CAMERA_LATE;
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, WHOLE);
        ck_assert_uint_ge(probe.rtp_packets, 62);
}
END_TEST

START_TEST(a_camera_may_choose_other_channels)
{
        camera.transport = "RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=0";
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, WHOLE);
}
END_TEST

START_TEST(a_camera_that_counts_its_answers_wrongly_is_understood)
{
        camera.cseq_always_1 = true;
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, WHOLE);
}
END_TEST

START_TEST(a_camera_without_options_may_have_all_the_rest)
{
        camera.options = "RTSP/1.0 501\nCseq : $\n\n";
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, WHOLE);
}
END_TEST

START_TEST(an_answer_that_was_said_twice_is_taken_once)
{
        with_login(THON_CHALLENGE_MD5, false);
        camera.options = "RTSP/1.0 200 OK\r\nCSeq: $\r\n\r\nRTSP/1.0 401 No\r\nCSeq: $\r\n\r\n";
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, "OPTIONS DESCRIBE DESCRIBE SETUP PLAY TEARDOWN");
        ck_assert_uint_eq(camera.refused, 0);
}
END_TEST

START_TEST(what_the_camera_asks_of_us_does_not_disturb)
{
        camera.setup =
                "OPTIONS rtsp://you RTSP/1.0\r\nCSeq: 1\r\n\r\nRTSP/1.0 100 Continue\r\nCSeq: $\r\n\r\n"
                "RTSP/1.0 200 OK\r\nCSeq: $\r\nSession: 4711\r\n"
                "Transport: RTP/AVP/TCP;unicast;\r\n interleaved=0-1\r\n\r\n";
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, WHOLE);
}
END_TEST

START_TEST(a_long_description_is_read_to_its_end)
{
        static char sdp[60000];
        size_t n = (size_t)snprintf(sdp, sizeof sdp, "v=0\r\n");

        while (n + 200 < sizeof sdp)
                n += (size_t)snprintf(sdp + n, sizeof sdp - n, "a=x-of-the-maker:%zu\r\n", n);
        (void)snprintf(sdp + n, sizeof sdp - n, "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n");
        camera.sdp = sdp;
        want.up_to = THON_RUNG_DESCRIBE;
        run();
        expect(THON_RUNG_DESCRIBE, THON_PROBE_FINE, 200, "OPTIONS DESCRIBE");
        ck_assert_str_eq(probe.codec, "H265");
}
END_TEST

START_TEST(tls_is_spoken_whatever_its_certificate_says)
{
        camera_certificate(&camera);
        with_login(THON_CHALLENGE_SHA256, true);
        (void)snprintf(url, sizeof url, "rtsps://127.0.0.1:%u/live", camera.port);
        want.tls = true;
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, "OPTIONS DESCRIBE DESCRIBE SETUP PLAY TEARDOWN");
}
END_TEST

/* ---- cameras that do not ---- */
START_TEST(a_wrong_password_is_tried_once)
{
        with_login(_i ? THON_CHALLENGE_SHA256 : THON_CHALLENGE_MD5, _i);
        want.password = "another";
        run();
        expect(THON_RUNG_OPTIONS, THON_PROBE_STATUS, 401, "OPTIONS DESCRIBE DESCRIBE");
        ck_assert(probe.auth_asked && probe.auth_sent);
        ck_assert_uint_eq(camera.refused, 1);
}
END_TEST

START_TEST(without_a_password_none_is_tried)
{
        with_login(THON_CHALLENGE_MD5, false);
        want.user = NULL;
        run();
        expect(THON_RUNG_OPTIONS, THON_PROBE_STATUS, 401, "OPTIONS DESCRIBE");
        ck_assert(probe.auth_asked && !probe.auth_sent);
}
END_TEST

START_TEST(a_login_that_nobody_knows_is_not_answered)
{
        with_login(THON_CHALLENGE_MD5, false);
        camera.offer = "Negotiate";
        run();
        expect(THON_RUNG_OPTIONS, THON_PROBE_STATUS, 401, "OPTIONS DESCRIBE");
        ck_assert(probe.auth_asked && !probe.auth_sent);
}
END_TEST

START_TEST(a_refusal_is_told_with_its_number_and_no_session_is_left)
{
        static const struct {
                const char *method, *answer, *asked;
                enum thon_rung reached;
                int status;
                bool limit;
        } refusals[] = {
                {"DESCRIBE", "RTSP/1.0 404 Not Found\r\nCSeq: $\r\n\r\n", "OPTIONS DESCRIBE",
                 THON_RUNG_OPTIONS, 404, false},
                {"DESCRIBE", "RTSP/1.0 403 \x01\xff\r\nCSeq: $\r\n\r\n", "OPTIONS DESCRIBE",
                 THON_RUNG_OPTIONS, 403, false},
                {"DESCRIBE", "RTSP/1.0 453 Not Enough Bandwidth\r\nCSeq: $\r\n\r\n", "OPTIONS DESCRIBE",
                 THON_RUNG_OPTIONS, 453, true},
                {"DESCRIBE", "RTSP/1.0 503 Service Unavailable\r\nCSeq: $\r\n\r\n", "OPTIONS DESCRIBE",
                 THON_RUNG_OPTIONS, 503, false},
                {"SETUP", "RTSP/1.0 503 Service Unavailable\r\nCSeq: $\r\n\r\n", "OPTIONS DESCRIBE SETUP",
                 THON_RUNG_DESCRIBE, 503, true},
                {"SETUP", "RTSP/1.0 461 Unsupported Transport\r\nCSeq: $\r\n\r\n", "OPTIONS DESCRIBE SETUP",
                 THON_RUNG_DESCRIBE, 461, false},
                {"PLAY", "RTSP/1.0 453 Not Enough Bandwidth\r\nCSeq: $\r\n\r\n", WHOLE, THON_RUNG_SETUP, 453,
                 true},
                {"PLAY", "RTSP/1.0 500 Internal\r\nCSeq: $\r\n\r\n", WHOLE, THON_RUNG_SETUP, 500, false},
        };
        const char *method = refusals[_i].method;

        if (strcmp(method, "DESCRIBE") == 0)
                camera.describe = refusals[_i].answer;
        else if (strcmp(method, "SETUP") == 0)
                camera.setup = refusals[_i].answer;
        else
                camera.play = refusals[_i].answer;
        run();
        expect(refusals[_i].reached, THON_PROBE_STATUS, refusals[_i].status, refusals[_i].asked);
        ck_assert_int_eq(probe.server_limit, refusals[_i].limit);
}
END_TEST

START_TEST(sound_alone_is_no_video)
{
        camera.sdp = "v=0\r\nm=audio 0 RTP/AVP 8\r\na=control:track1\r\n";
        run();
        expect(THON_RUNG_DESCRIBE, THON_PROBE_NO_VIDEO, 200, "OPTIONS DESCRIBE");
}
END_TEST

START_TEST(no_session_description_is_told)
{
        camera.sdp = _i ? "<html>no camera</html>" : "";
        run();
        expect(THON_RUNG_OPTIONS, THON_PROBE_MALFORMED, 200, "OPTIONS DESCRIBE");
}
END_TEST

START_TEST(a_track_that_would_write_our_next_line_is_refused)
{
        camera.sdp = "v=0\r\nm=video 0 RTP/AVP 96\r\na=control:track 1\r\n";
        run();
        expect(THON_RUNG_DESCRIBE, THON_PROBE_MALFORMED, 200, "OPTIONS DESCRIBE");
}
END_TEST

START_TEST(silence_has_an_end_at_every_rung_and_so_has_the_session)
{
        static const struct {
                enum thon_rung reached;
                const char *asked;
        } silences[] = {{THON_RUNG_TCP, "OPTIONS"},
                        {THON_RUNG_OPTIONS, "OPTIONS DESCRIBE"},
                        {THON_RUNG_DESCRIBE, "OPTIONS DESCRIBE SETUP"},
                        {THON_RUNG_SETUP, WHOLE}};
        const char **scripts[] = {&camera.options, &camera.describe, &camera.setup, &camera.play};

        *scripts[_i] = CAMERA_SILENT;
        want.answer_us = 200000;
        run();
        expect(silences[_i].reached, THON_PROBE_TIMEOUT, _i == 0 ? 0 : 200, silences[_i].asked);
        ck_assert_uint_lt(probe.total_us, 2000000);
}
END_TEST

START_TEST(a_camera_that_hangs_up_is_told_from_one_that_is_silent)
{
        static const struct {
                enum thon_rung reached;
                const char *asked;
        } ends[] = {{THON_RUNG_TCP, "OPTIONS"},
                    {THON_RUNG_OPTIONS, "OPTIONS DESCRIBE DESCRIBE"},
                    {THON_RUNG_DESCRIBE, "OPTIONS DESCRIBE SETUP"},
                    {THON_RUNG_SETUP, "OPTIONS DESCRIBE SETUP PLAY"}};
        const char **scripts[] = {&camera.options, &camera.describe, &camera.setup, &camera.play};

        *scripts[_i / 2] = _i % 2 ? CAMERA_RESET : CAMERA_CLOSE;
        run();
        expect(ends[_i / 2].reached, THON_PROBE_RESET, _i / 2 == 0 ? 0 : 200, ends[_i / 2].asked);
}
END_TEST

START_TEST(a_port_of_another_trade_is_told)
{
        camera.greeting = _i == 0 ? "SSH-2.0-OpenSSH_9.2\r\n" : NULL;
        camera.options = _i == 0   ? CAMERA_SILENT
                         : _i == 1 ? "HTTP/1.1 400 Bad Request\r\n\r\n"
                         : _i == 2 ? "RTSP/1.0 OK\r\n\r\n"
                                   : "RTSP/1.0 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n";
        run();
        expect(THON_RUNG_TCP, THON_PROBE_MALFORMED, 0, "OPTIONS");
        if (_i == 0)
                ck_assert_ptr_nonnull(strstr(probe.detail, "SSH-2.0"));
}
END_TEST

START_TEST(a_length_over_the_limit_is_refused_at_once)
{
        camera.describe = "RTSP/1.0 200 OK\r\nCSeq: $\r\nContent-Length: 4294967295\r\n\r\nv=0\r\n";
        run();
        expect(THON_RUNG_OPTIONS, THON_PROBE_MALFORMED, 200, "OPTIONS DESCRIBE");
}
END_TEST

START_TEST(a_head_without_end_is_refused_at_its_limit)
{
        static char head[17000];

        (void)snprintf(head, sizeof head, "RTSP/1.0 200 OK\r\n");
        for (size_t n = strlen(head); n + 20 < sizeof head; n += 19)
                strcpy(head + n, "X-Filler: aaaaaaa\r\n");
        camera.options = head;
        run();
        expect(THON_RUNG_TCP, THON_PROBE_MALFORMED, 0, "OPTIONS");
        ck_assert_uint_lt(probe.total_us, want.answer_us);
}
END_TEST

START_TEST(an_answer_that_drips_does_not_hold_us_longer_than_silence)
{
        camera.flow = CAMERA_DRIP;
        want.answer_us = 300000;
        camera.options = "RTSP/1.0 200 OK\r\nCSeq: $\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY\r\n\r\n";
        run();
        expect(THON_RUNG_TCP, THON_PROBE_TIMEOUT, 0, "OPTIONS");
        ck_assert_uint_lt(probe.total_us, 2000000);
}
END_TEST

START_TEST(a_flood_before_an_answer_costs_no_more_than_the_deadline)
{
        struct rusage before, after;

        camera.flow = CAMERA_FLOOD;
        camera.play = CAMERA_SILENT;
        want.answer_us = 300000;
        (void)getrusage(RUSAGE_SELF, &before);
        run();
        (void)getrusage(RUSAGE_SELF, &after);
        expect(THON_RUNG_SETUP, probe.failure, 200, WHOLE);
        ck_assert(probe.failure == THON_PROBE_STALLED || probe.failure == THON_PROBE_MALFORMED);
#ifndef __SANITIZE_ADDRESS__
        ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 4096);
#endif
}
END_TEST

START_TEST(a_flood_has_an_end_of_its_own)
{
        camera.flow = CAMERA_FLOOD;
        camera.play = CAMERA_SILENT;
        want.answer_us = 15000000;
        run();
        expect(THON_RUNG_SETUP, THON_PROBE_MALFORMED, 200, WHOLE);
        ck_assert_ptr_nonnull(strstr(probe.detail, "flood"));
}
END_TEST

START_TEST(an_end_that_came_with_the_answer_is_seen_at_once)
{
        camera.play = "RTSP/1.0 200 OK\r\nCSeq: $\r\n\r\n!";
        run();
        expect(THON_RUNG_PLAY, THON_PROBE_RESET, 200, "OPTIONS DESCRIBE SETUP PLAY");
        ck_assert_uint_lt(probe.total_us, want.rtp_us);
}
END_TEST

START_TEST(after_an_answer_that_cannot_be_read_the_session_is_ended_too)
{
        uint64_t began = monotonic_us();

        camera.play = "RTSP/1.0 soon\r\nCSeq: $\r\n\r\n";
        run();
        expect(THON_RUNG_SETUP, THON_PROBE_MALFORMED, 200, WHOLE);
        ck_assert_uint_lt(monotonic_us() - began, 1000000); /* its answer was understood */
}
END_TEST

/* The answer to TEARDOWN is waited for, so that the end does not overtake it: for a second here. */
START_TEST(a_late_answer_to_play_is_not_that_to_teardown)
{
        uint64_t began = monotonic_us();

        camera.play = CAMERA_SILENT;
        camera.teardown = "RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n";
        want.answer_us = 1100000;
        run();
        expect(THON_RUNG_SETUP, THON_PROBE_TIMEOUT, 200, WHOLE);
        ck_assert_uint_ge(monotonic_us() - began, 2000000);
}
END_TEST

START_TEST(no_pictures_and_pictures_that_stand_still_are_two_things)
{
        static const struct {
                enum camera_picture picture;
                enum thon_probe_failure failure;
        } faults[] = {{CAMERA_NOTHING, THON_PROBE_TIMEOUT},
                      {CAMERA_STANDING, THON_PROBE_STALLED},
                      {CAMERA_NO_RTP, THON_PROBE_TIMEOUT}};

        camera.picture = faults[_i].picture;
        want.rtp_us = 200000;
        run();
        expect(THON_RUNG_PLAY, faults[_i].failure, 200, WHOLE);
        ck_assert_uint_eq(probe.rtp_packets, faults[_i].picture == CAMERA_STANDING ? 5 : 0);
}
END_TEST

START_TEST(a_camera_deaf_to_teardown_does_not_keep_us)
{
        camera.teardown = _i ? CAMERA_CLOSE : CAMERA_SILENT;
        run();
        expect(THON_RUNG_RTP, THON_PROBE_FINE, 200, WHOLE);
}
END_TEST

START_TEST(a_closed_port_is_refused_and_told_from_the_loop)
{
        camera_end(&camera);
        camera.fd = -1;
        camera.tls = NULL;
        run();
        ck_assert_int_eq(probe.failure, THON_PROBE_REFUSED);
        ck_assert_int_eq(probe.reached, THON_RUNG_NONE);
        ck_assert_int_eq(probe.error, ECONNREFUSED);
}
END_TEST

START_TEST(an_address_that_cannot_be_reached_is_told_from_the_loop)
{
        struct sockaddr_in *to = (struct sockaddr_in *)&want.address;

        to->sin_addr.s_addr = htonl(0xffffffff);
        run();
        ck_assert_int_eq(probe.failure, THON_PROBE_UNREACHABLE);
        ck_assert_int_eq(probe.reached, THON_RUNG_NONE);
}
END_TEST

START_TEST(tls_where_there_is_none_is_no_understanding)
{
        camera.greeting = "RTSP/1.0 400 Bad Request\r\n\r\n";
        (void)snprintf(url, sizeof url, "rtsps://127.0.0.1:%u/live", camera.port);
        want.tls = true;
        run();
        expect(THON_RUNG_TCP, THON_PROBE_MALFORMED, 0, "");
}
END_TEST

/* ---- our own side ---- */
START_TEST(what_cannot_be_asked_is_refused_before_anything_is_sent)
{
        static const char *const urls[] = {"rtsp://host/a b", "rtsp://host/\r\nX: y", "http://host/", "",
                                           NULL};
        static char long_user[400];

        for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
                want.url = urls[i];
                ck_assert_int_eq(rtsp_check_start(event, &want, keep, &camera, &check), -EINVAL);
        }
        want.url = url;
        memset(long_user, 'a', sizeof long_user - 1);
        want.user = want.password = long_user;
        ck_assert_int_eq(rtsp_check_start(event, &want, keep, &camera, &check), -EINVAL);
        ck_assert_ptr_null(check);
}
END_TEST

START_TEST(without_descriptors_nothing_is_begun)
{
        struct rlimit old, none = {0, 0};
        int probe_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
        none.rlim_cur = (rlim_t)probe_fd;
        none.rlim_max = old.rlim_max;
        (void)close(probe_fd);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
        ck_assert_int_eq(rtsp_check_start(event, &want, keep, &camera, &check), -EMFILE);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
        ck_assert_ptr_null(check);
}
END_TEST

/* Cancelled when the camera has been asked `until`. */
START_TEST(a_check_that_is_cancelled_is_silent_and_ends_its_session)
{
        static const struct {
                const char *until, *asked;
        } moments[] = {{"OPTIONS", "OPTIONS"}, {"OPTIONS DESCRIBE SETUP PLAY", WHOLE}, {WHOLE, WHOLE}};
        uint64_t deadline = monotonic_us() + DEADLINE_US;

        if (_i == 0)
                camera.options = CAMERA_SILENT;
        else if (_i == 1)
                camera.picture = CAMERA_STANDING;
        else
                camera.teardown = CAMERA_SILENT;
        ck_assert_int_eq(rtsp_check_start(event, &want, keep, &camera, &check), 0);
        while (strcmp(camera.asked, moments[_i].until) != 0)
                turn(deadline);
        ck_assert_ptr_null(rtsp_check_cancel(check));
        while (camera.open > 0)
                turn(deadline);
        ck_assert_uint_eq(told, 0);
        ck_assert_str_eq(camera.asked, moments[_i].asked);
}
END_TEST

START_TEST(cancelling_before_anything_happened_and_nothing_at_all)
{
        ck_assert_ptr_null(rtsp_check_cancel(NULL));
        ck_assert_int_eq(rtsp_check_start(event, &want, keep, &camera, &check), 0);
        ck_assert_ptr_null(rtsp_check_cancel(check));
        ck_assert_int_ge(sd_event_run(event, 0), 0);
        ck_assert_uint_eq(told, 0);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("rtsp client");
        TCase *works = tcase_create("works"), *faults = tcase_create("faults"), *ours = tcase_create("ours");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(works, begin, end);
        tcase_set_timeout(works, 60);
        tcase_add_test(works, a_camera_that_works_is_followed_to_its_pictures);
        tcase_add_loop_test(works, it_goes_no_higher_than_it_was_asked_to, 0, 5);
        tcase_add_loop_test(works, every_kind_of_login_is_given_once_and_signs_each_address, 0, 5);
        tcase_add_test(works, a_login_that_options_wants_already_is_used_at_once);
        tcase_add_test(works, of_two_logins_the_better_one_is_given);
        tcase_add_test(works, a_nonce_that_is_stale_is_replaced_once);
        tcase_add_test(works, a_nonce_that_is_always_stale_ends_the_check);
        tcase_add_test(works, a_nonce_that_is_no_new_one_is_no_reason_to_try_again);
        tcase_add_test(works, a_nonce_for_one_request_is_replaced_after_the_login_was_accepted);
        tcase_add_loop_test(works, a_camera_that_hangs_up_after_its_401_is_called_again, 0, 3);
        tcase_add_test(works, pictures_that_overtake_the_answer_to_play_are_counted);
        tcase_add_test(works, pictures_without_an_answer_to_play_are_pictures);
        tcase_add_test(works, a_camera_that_waits_with_its_keyframe_is_well_too);
        tcase_add_test(works, pictures_are_found_behind_a_heap_of_others);
        tcase_add_test(works, a_camera_may_choose_other_channels);
        tcase_add_test(works, a_camera_that_counts_its_answers_wrongly_is_understood);
        tcase_add_test(works, a_camera_without_options_may_have_all_the_rest);
        tcase_add_test(works, an_answer_that_was_said_twice_is_taken_once);
        tcase_add_test(works, what_the_camera_asks_of_us_does_not_disturb);
        tcase_add_test(works, a_long_description_is_read_to_its_end);
        tcase_add_test(works, tls_is_spoken_whatever_its_certificate_says);
        suite_add_tcase(suite, works);

        tcase_add_checked_fixture(faults, begin, end);
        tcase_set_timeout(faults, 60);
        tcase_add_loop_test(faults, a_wrong_password_is_tried_once, 0, 2);
        tcase_add_test(faults, without_a_password_none_is_tried);
        tcase_add_test(faults, a_login_that_nobody_knows_is_not_answered);
        tcase_add_loop_test(faults, a_refusal_is_told_with_its_number_and_no_session_is_left, 0, 8);
        tcase_add_test(faults, sound_alone_is_no_video);
        tcase_add_loop_test(faults, no_session_description_is_told, 0, 2);
        tcase_add_test(faults, a_track_that_would_write_our_next_line_is_refused);
        tcase_add_loop_test(faults, silence_has_an_end_at_every_rung_and_so_has_the_session, 0, 4);
        tcase_add_loop_test(faults, a_camera_that_hangs_up_is_told_from_one_that_is_silent, 0, 8);
        tcase_add_loop_test(faults, a_port_of_another_trade_is_told, 0, 4);
        tcase_add_test(faults, a_length_over_the_limit_is_refused_at_once);
        tcase_add_test(faults, a_head_without_end_is_refused_at_its_limit);
        tcase_add_test(faults, an_answer_that_drips_does_not_hold_us_longer_than_silence);
        tcase_add_test(faults, a_flood_before_an_answer_costs_no_more_than_the_deadline);
        tcase_add_test(faults, a_flood_has_an_end_of_its_own);
        tcase_add_test(faults, an_end_that_came_with_the_answer_is_seen_at_once);
        tcase_add_test(faults, after_an_answer_that_cannot_be_read_the_session_is_ended_too);
        tcase_add_test(faults, a_late_answer_to_play_is_not_that_to_teardown);
        tcase_add_loop_test(faults, no_pictures_and_pictures_that_stand_still_are_two_things, 0, 3);
        tcase_add_loop_test(faults, a_camera_deaf_to_teardown_does_not_keep_us, 0, 2);
        tcase_add_test(faults, a_closed_port_is_refused_and_told_from_the_loop);
        tcase_add_test(faults, an_address_that_cannot_be_reached_is_told_from_the_loop);
        tcase_add_test(faults, tls_where_there_is_none_is_no_understanding);
        suite_add_tcase(suite, faults);

        tcase_add_checked_fixture(ours, begin, end);
        tcase_set_timeout(ours, 60);
        tcase_add_test(ours, what_cannot_be_asked_is_refused_before_anything_is_sent);
        tcase_add_test(ours, without_descriptors_nothing_is_begun);
        tcase_add_loop_test(ours, a_check_that_is_cancelled_is_silent_and_ends_its_session, 0, 3);
        tcase_add_test(ours, cancelling_before_anything_happened_and_nothing_at_all);
        suite_add_tcase(suite, ours);

        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? 0 : 1;
}
