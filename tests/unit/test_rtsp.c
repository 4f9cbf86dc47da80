/* The stream of an RTSP connection: answers and frames come out the same however the bytes are cut, and what is hostile ends
 * at its limit. Addresses of tracks. RTP. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay_random.h"
#include "thon/rtsp.h"

#define NONE ((struct thon_rtsp_text){0})

static struct thon_rtsp_text text(const char *t)
{
        return (struct thon_rtsp_text){t, strlen(t)};
}

static void expect_text(struct thon_rtsp_text got, const char *want)
{
        char copy[512];

        ck_assert_ptr_nonnull(got.at);
        ck_assert_uint_lt(got.size, sizeof copy);
        memcpy(copy, got.at, got.size);
        copy[got.size] = '\0';
        ck_assert_str_eq(copy, want);
}

/* One whole answer. */
static int read_one(const char *said, struct thon_rtsp_item *ret)
{
        static char data[100000];
        struct thon_rtsp_reader reader = {0};
        size_t used = 0, n = strlen(said);

        memcpy(data, said, n);
        return thon_rtsp_read(&reader, data, n, &used, ret);
}

static const struct thon_rtsp_answer *answer(const char *said)
{
        static struct thon_rtsp_item item;

        ck_assert_int_eq(read_one(said, &item), 0);
        ck_assert_int_eq(item.kind, THON_RTSP_ANSWER);
        return &item.answer;
}

START_TEST(an_answer_is_read_with_all_that_a_check_needs)
{
        const struct thon_rtsp_answer *a =
                answer("RTSP/1.0 200 OK\r\nCSeq: 4\r\nSession: 66334873;timeout=90\r\n"
                       "Transport: RTP/AVP/TCP;unicast;interleaved=2-3\r\nContent-Base: rtsp://h/a/\r\n"
                       "Content-Type: application/sdp\r\nContent-Location: rtsp://h/b\r\n"
                       "WWW-Authenticate: Basic realm=\"a\"\r\nWWW-Authenticate: Digest x=y\r\n"
                       "Connection: Close\r\nContent-Length: 3\r\n\r\nv=0");

        ck_assert_int_eq(a->status, 200);
        expect_text(a->reason, "OK");
        ck_assert(a->has_cseq && a->cseq == 4 && a->closes);
        expect_text(a->session, "66334873");
        ck_assert_uint_eq(a->session_timeout_s, 90);
        expect_text(a->transport, "RTP/AVP/TCP;unicast;interleaved=2-3");
        expect_text(a->content_base, "rtsp://h/a/");
        expect_text(a->content_location, "rtsp://h/b");
        expect_text(a->content_type, "application/sdp");
        ck_assert_uint_eq(a->n_challenges, 2);
        expect_text(a->challenges[1], "Digest x=y");
        expect_text(a->body, "v=0");
}
END_TEST

START_TEST(odd_heads_are_understood)
{
        static const struct {
                const char *said;
                int status;
                bool has_cseq;
        } odd[] = {
                {"RTSP/1.0 200\r\nCSeq: 1\r\n\r\n", 200, true},
                {"RTSP/1.0   401   Unauthorized \r\nCSeq:1\r\n\r\n", 401, true},
                {"rtsp/1.0 200 ok\ncseq : 1\n\n", 200, true},
                {"RTSP/2.0 200 OK\nCSeq: 1\r\n\n", 200, true},
                {"\r\n\r\nRTSP/1.0 200 OK\r\nCSEQ:\t1\r\n\r\n", 200, true},
                {"RTSP/1.0 200 OK\r\nno header at all\r\n: nothing\r\nCSeq:\r\n 1\r\n\r\n", 200, true},
                {"RTSP/1.0 200 OK\r\n\r\n", 200, false},
                {"RTSP/1.0 200 OK\r\nCSeq: one\r\n\r\n", 200, false},
                {"RTSP/1.0 200 OK\r\nCSeq: 99999999999\r\n\r\n", 200, false},
        };
        const struct thon_rtsp_answer *a = answer(odd[_i].said);

        ck_assert_int_eq(a->status, odd[_i].status);
        ck_assert_int_eq(a->has_cseq, odd[_i].has_cseq);
        ck_assert(!a->has_cseq || a->cseq == 1);
        ck_assert_uint_eq(a->session_timeout_s, 60);
}
END_TEST

START_TEST(folded_lines_are_one)
{
        const struct thon_rtsp_answer *a =
                answer("RTSP/1.0 401 No\r\nWWW-Authenticate: Digest realm=\"a\",\r\n"
                       "\tnonce=\"b\"\r\n\r\n");

        expect_text(a->challenges[0], "Digest realm=\"a\",  \tnonce=\"b\"");
}
END_TEST

START_TEST(a_session_that_would_write_our_next_line_is_none)
{
        ck_assert_ptr_null(answer("RTSP/1.0 200 OK\r\nSession: a b\r\n\r\n")->session.at);
        ck_assert_ptr_null(answer("RTSP/1.0 200 OK\r\nSession: a\rX: y\r\n\r\n")->session.at);
        ck_assert_ptr_null(answer("RTSP/1.0 200 OK\r\nSession:\r\n\r\n")->session.at);
        ck_assert_uint_eq(answer("RTSP/1.0 200 OK\r\nSession: a; Timeout = 0\r\n\r\n")->session_timeout_s,
                          60);
        ck_assert_uint_eq(answer("RTSP/1.0 200 OK\r\nSession: a; Timeout = 5\r\n\r\n")->session_timeout_s,
                          5);
}
END_TEST

START_TEST(what_is_no_rtsp_is_told_by_its_first_bytes)
{
        static const struct {
                const char *said;
                int error;
        } wrong[] = {
                {"S", THON_RTSP_NOT_RTSP},
                {"HTTP/1.1 200 OK\r\n\r\n", THON_RTSP_NOT_RTSP},
                {"RTSX", THON_RTSP_NOT_RTSP},
                {"$", THON_RTSP_NOT_RTSP}, /* nothing was set up yet */
                {"\r\n220 ready\r\n", THON_RTSP_NOT_RTSP},
                {"RTSP/1.0\r\n\r\n", THON_RTSP_DAMAGED},
                {"RTSP/1.0 OK\r\n\r\n", THON_RTSP_DAMAGED},
                {"RTSP/1.0 99 OK\r\n\r\n", THON_RTSP_DAMAGED},
                {"RTSP/1.0 1000 OK\r\n\r\n", THON_RTSP_DAMAGED},
                {"RTSP/1.0 -200 OK\r\n\r\n", THON_RTSP_DAMAGED},
                {"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", THON_RTSP_DAMAGED},
                {"RTSP/1.0 200 OK\r\nContent-Length:\r\n\r\n", THON_RTSP_DAMAGED},
                {"RTSP/1.0 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", THON_RTSP_DAMAGED},
                {"RTSP/1.0 200 OK\r\nContent-Length: 65537\r\n\r\n", THON_RTSP_TOO_LONG},
                {"RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999999999\r\n\r\n",
                 THON_RTSP_TOO_LONG},
        };
        struct thon_rtsp_item item;

        ck_assert_int_eq(read_one(wrong[_i].said, &item), wrong[_i].error);
}
END_TEST

START_TEST(a_nul_in_a_head_is_damage)
{
        char said[] = "RTSP/1.0 200 OK\r\nCSeq\0: 1\r\n\r\n";
        struct thon_rtsp_reader reader = {0};
        struct thon_rtsp_item item;
        size_t used;

        ck_assert_int_eq(thon_rtsp_read(&reader, said, sizeof said - 1, &used, &item), THON_RTSP_DAMAGED);
}
END_TEST

START_TEST(a_head_without_end_ends_at_the_limit)
{
        static char said[THON_RTSP_HEAD_MAX + 100];
        struct thon_rtsp_reader reader = {0};
        struct thon_rtsp_item item;
        size_t used = 1, n;

        memset(said, 'a', sizeof said);
        memcpy(said, "RTSP/1.0 200 OK\r\nX: ", 20);
        for (n = 1; n <= THON_RTSP_HEAD_MAX; n++) {
                ck_assert_int_eq(thon_rtsp_read(&reader, said, n, &used, &item), 0);
                ck_assert(item.kind == THON_RTSP_MORE && used == 0);
        }
        ck_assert_int_eq(thon_rtsp_read(&reader, said, n, &used, &item), THON_RTSP_TOO_LONG);
}
END_TEST

/* ---- the stream ---- */
static size_t frame(char *p, uint8_t channel, uint16_t size, char fill)
{
        p[0] = '$';
        p[1] = (char)channel;
        p[2] = (char)(size >> 8);
        p[3] = (char)size;
        memset(p + 4, fill, size);
        return 4u + size;
}

static size_t put(char *p, const char *words)
{
        memcpy(p, words, strlen(words));
        return strlen(words);
}

/* What comes out, as words: "200/5" an answer with its body, "$0:1200" a frame, "?" a request. */
static void listen_to(const char *said, size_t size, bool cut, char *ret, size_t room)
{
        static char data[4 + THON_RTSP_HEAD_MAX + THON_RTSP_BODY_MAX];
        struct thon_rtsp_reader reader = {0};
        size_t filled = 0, at = 0;

        *ret = '\0';
        while (at < size) {
                size_t n = cut ? 1 + (size_t)random_below(random_below(4) ? 300 : 9000) : size, used;
                struct thon_rtsp_item item;

                if (n > size - at)
                        n = size - at;
                if (n > sizeof data - filled)
                        n = sizeof data - filled;
                ck_assert_uint_gt(n, 0);
                memcpy(data + filled, said + at, n);
                filled += n;
                at += n;
                do {
                        char word[64] = "";

                        ck_assert_int_eq(thon_rtsp_read(&reader, data, filled, &used, &item), 0);
                        ck_assert_uint_le(used, filled);
                        switch (item.kind) {
                        case THON_RTSP_MORE:
                                break;
                        case THON_RTSP_ANSWER:
                                (void)snprintf(word, sizeof word, "%d/%zu ", item.answer.status,
                                               item.answer.body.size);
                                break;
                        case THON_RTSP_FRAME:
                                ck_assert_uint_eq(item.frame.head_size,
                                                  item.frame.size < THON_RTSP_FRAME_HEAD
                                                          ? item.frame.size
                                                          : THON_RTSP_FRAME_HEAD);
                                for (size_t i = 0; i < item.frame.head_size; i++)
                                        ck_assert_uint_eq(item.frame.head[i], item.frame.channel);
                                (void)snprintf(word, sizeof word, "$%u:%u ", item.frame.channel,
                                               item.frame.size);
                                break;
                        case THON_RTSP_REQUEST:
                                (void)snprintf(word, sizeof word, "? ");
                                break;
                        }
                        ck_assert_uint_lt(strlen(ret) + strlen(word), room);
                        strcat(ret, word);
                        memmove(data, data + used, filled - used);
                        filled -= used;
                } while (item.kind != THON_RTSP_MORE);
        }
}

START_TEST(answers_and_frames_come_out_alike_however_they_are_cut)
{
        static char said[200000];
        char whole[512], cut[512];
        size_t n = 0;

        random_begin();
        n += put(said + n, "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nv=0\r\n");
        n += frame(said + n, 0, 1200, 0);
        n += frame(said + n, 1, 0, 1);
        n += frame(said + n, 1, 65535, 1);
        n += put(said + n, "\r\n"); /* between messages */
        n += put(said + n, "ANNOUNCE rtsp://us RTSP/1.0\r\nCSeq: 9\r\nContent-Length: 2\r\n\r\n$$");
        n += frame(said + n, 2, 160, 2);
        n += put(said + n, "RTSP/1.0 454 Session Not Found\r\nCSeq: 2\r\n\r\n");
        n += frame(said + n, 255, 3, (char)255);
        memset(said + n, 'x', 100); /* garbage, then all is well again */
        n += 100;
        n += frame(said + n, 0, 161, 0);
        memset(said + n, 'y', 100);
        n += 100;
        n += put(said + n, "RTSP/1.0 200 OK\r\nContent-Length: 65536\r\n\r\n");
        memset(said + n, 'b', 65536);
        n += 65536;

        listen_to(said, n, false, whole, sizeof whole);
        ck_assert_str_eq(whole, "200/5 $0:1200 $1:0 $1:65535 ? $2:160 454/0 $255:3 $0:161 200/65536 ");
        for (unsigned i = 0; i < 300; i++) {
                listen_to(said, n, true, cut, sizeof cut);
                ck_assert_str_eq(cut, whole);
        }
}
END_TEST

START_TEST(garbage_ends_at_its_limit)
{
        static char said[THON_RTSP_GARBAGE_MAX + 100];
        struct thon_rtsp_reader reader = {.spoke = true};
        struct thon_rtsp_item item;
        size_t used;

        memset(said, 'x', sizeof said);
        ck_assert_int_eq(thon_rtsp_read(&reader, said, THON_RTSP_GARBAGE_MAX, &used, &item), 0);
        ck_assert_uint_eq(used, THON_RTSP_GARBAGE_MAX);
        ck_assert_int_eq(thon_rtsp_read(&reader, said, 1, &used, &item), THON_RTSP_NOT_RTSP);
}
END_TEST

START_TEST(answers_find_their_questions)
{
        struct thon_rtsp_cseq cseq = {0};
        struct thon_rtsp_answer a = {.has_cseq = true, .cseq = 1};

        ck_assert_uint_eq(thon_rtsp_cseq_next(&cseq), 1);
        ck_assert_int_eq(thon_rtsp_cseq_match(&cseq, &a), THON_RTSP_MATCH);
        ck_assert_uint_eq(thon_rtsp_cseq_next(&cseq), 2);
        /* Always 1: odd, since 1 was answered. */
        ck_assert_int_eq(thon_rtsp_cseq_match(&cseq, &a), THON_RTSP_ODD);
        a.has_cseq = false;
        ck_assert_int_eq(thon_rtsp_cseq_match(&cseq, &a), THON_RTSP_ODD);
        /* 3 was given up; its answer comes when 4 is waited for, once. */
        ck_assert_uint_eq(thon_rtsp_cseq_next(&cseq), 3);
        ck_assert_uint_eq(thon_rtsp_cseq_next(&cseq), 4);
        a = (struct thon_rtsp_answer){.has_cseq = true, .cseq = 3};
        ck_assert_int_eq(thon_rtsp_cseq_match(&cseq, &a), THON_RTSP_STALE);
        ck_assert_int_eq(thon_rtsp_cseq_match(&cseq, &a), THON_RTSP_ODD);
        a.cseq = 4;
        ck_assert_int_eq(thon_rtsp_cseq_match(&cseq, &a), THON_RTSP_MATCH);
        a.cseq = 4000000000u;
        ck_assert_int_eq(thon_rtsp_cseq_match(&cseq, &a), THON_RTSP_ODD);
}
END_TEST

START_TEST(the_channel_of_a_transport)
{
        uint8_t channel = 77;

        ck_assert(thon_rtsp_interleaved(text("RTP/AVP/TCP;unicast; Interleaved = 4-5;ssrc=1"), &channel));
        ck_assert_uint_eq(channel, 4);
        ck_assert(!thon_rtsp_interleaved(text("RTP/AVP;unicast;client_port=1-2"), &channel));
        ck_assert(!thon_rtsp_interleaved(text("RTP/AVP/TCP;interleaved=256-257"), &channel));
        ck_assert(!thon_rtsp_interleaved(NONE, &channel));
        ck_assert_uint_eq(channel, 4);
}
END_TEST

START_TEST(unprintable_text_is_printed)
{
        char shown[8] = "xxxxxxx";

        thon_rtsp_printable(text("a\r\n\xc3\xa9z and more"), shown, sizeof shown);
        ck_assert_str_eq(shown, "a????z ");
        thon_rtsp_printable(NONE, shown, sizeof shown);
        ck_assert_str_eq(shown, "");
        thon_rtsp_printable(text("abc"), shown, 0);
}
END_TEST

/* ---- addresses ---- */
START_TEST(a_track_is_where_cameras_mean_it_to_be)
{
        static const struct {
                const char *base, *control, *want;
        } tracks[] = {
                {"rtsp://h/a", "trackID=1", "rtsp://h/a/trackID=1"},
                {"rtsp://h/a/", "trackID=1", "rtsp://h/a/trackID=1"},
                {"rtsp://h/a/", "/trackID=1", "rtsp://h/a/trackID=1"},
                {"rtsp://h/cam?channel=1&subtype=0", "trackID=0",
                 "rtsp://h/cam?channel=1&subtype=0/trackID=0"},
                {"rtsp://h/a", "rtsp://10.0.0.5:554/b/track1", "rtsp://10.0.0.5:554/b/track1"},
                {"rtsps://h/a", "RTSPS://h/b", "RTSPS://h/b"},
                {"rtsp://h/a", "*", "rtsp://h/a"},
                {"rtsp://h/a", "", "rtsp://h/a"},
                {"rtsp://h/a", "r\xe1ng", "rtsp://h/a/r\xe1ng"},
                {"rtsp://h/a", "a b", NULL},
                {"rtsp://h/a", "a\r\nX: y", NULL},
                {"rtsp://h/a", "a\"b", NULL},
                {"rtsp://h/a", "rtsp://h/a b", NULL},
                {"http://h/a", "track", NULL},
        };
        char got[THON_RTSP_URL_MAX] = "untouched";

        if (tracks[_i].want) {
                ck_assert_int_eq(thon_rtsp_resolve(tracks[_i].base, text(tracks[_i].control), got), 0);
                ck_assert_str_eq(got, tracks[_i].want);
        } else {
                ck_assert_int_eq(thon_rtsp_resolve(tracks[_i].base, text(tracks[_i].control), got), -EINVAL);
                ck_assert_str_eq(got, "untouched");
        }
}
END_TEST

START_TEST(a_track_fills_its_room_and_not_more)
{
        static char control[THON_RTSP_URL_MAX];
        char got[THON_RTSP_URL_MAX];
        size_t fits = THON_RTSP_URL_MAX - 1 - strlen("rtsp://h/a/");

        memset(control, 'c', fits);
        ck_assert_int_eq(thon_rtsp_resolve("rtsp://h/a", (struct thon_rtsp_text){control, fits}, got), 0);
        ck_assert_uint_eq(strlen(got), THON_RTSP_URL_MAX - 1);
        control[fits] = 'c';
        ck_assert_int_eq(thon_rtsp_resolve("rtsp://h/a", (struct thon_rtsp_text){control, fits + 1}, got),
                         -EINVAL);
}
END_TEST

START_TEST(controls_are_relative_to_the_content)
{
        struct thon_rtsp_answer a = {.content_base = text("rtsp://h/base/"),
                                     .content_location = text("rtsp://h/location")};
        char got[THON_RTSP_URL_MAX];

        ck_assert_int_eq(thon_rtsp_base(&a, "rtsp://h/asked", got), 0);
        ck_assert_str_eq(got, "rtsp://h/base/");
        a.content_base = text("/base");
        ck_assert_int_eq(thon_rtsp_base(&a, "rtsp://h/asked", got), 0);
        ck_assert_str_eq(got, "rtsp://h/location");
        a.content_location = NONE;
        ck_assert_int_eq(thon_rtsp_base(&a, "rtsp://h/asked", got), 0);
        ck_assert_str_eq(got, "rtsp://h/asked");
        ck_assert_int_eq(thon_rtsp_base(&a, "rtsp://h/as ked", got), -EINVAL);
}
END_TEST

/* ---- RTP ---- */
static void packet(struct thon_rtp_watch *watch, uint16_t sequence, uint32_t timestamp, uint8_t nal)
{
        const uint8_t p[14] = {0x80,
                               0xe0,
                               (uint8_t)(sequence >> 8),
                               (uint8_t)sequence,
                               (uint8_t)(timestamp >> 24),
                               (uint8_t)(timestamp >> 16),
                               (uint8_t)(timestamp >> 8),
                               (uint8_t)timestamp,
                               0,
                               0,
                               0,
                               1,
                               nal};

        thon_rtp_watch(watch, THON_VIDEO_H264, p, sizeof p);
}

START_TEST(rtp_heads_are_read_past_sources_and_extensions)
{
        uint8_t p[64] = {0x92, 0xe0, 1, 2, 0, 0, 0, 9, 0, 0, 0, 7};
        struct thon_rtp rtp;

        p[20] = 0xbe, p[21] = 0xde, p[22] = 0, p[23] = 1; /* two sources, an extension of one word */
        p[28] = 0x65;
        ck_assert_int_eq(thon_rtp_read(p, 30, &rtp), 0);
        ck_assert(rtp.marker && rtp.payload_type == 96 && rtp.sequence == 258 && rtp.timestamp == 9 &&
                  rtp.ssrc == 7);
        ck_assert_uint_eq(rtp.payload_size, 2);
        ck_assert_uint_eq(*rtp.payload, 0x65);
        for (size_t n = 12; n < 28; n++) {
                ck_assert_int_eq(thon_rtp_read(p, n, &rtp), 0);
                ck_assert_uint_eq(rtp.payload_size, 0);
        }
        ck_assert_int_eq(thon_rtp_read(p, 11, &rtp), -EINVAL);
        p[0] = 0x40;
        ck_assert_int_eq(thon_rtp_read(p, 30, &rtp), -EINVAL);
        p[0] = 0x80, p[1] = 200; /* RTCP */
        ck_assert_int_eq(thon_rtp_read(p, 30, &rtp), -EINVAL);
}
END_TEST

START_TEST(keyframes_of_each_codec_are_seen)
{
        static const struct {
                enum thon_video_codec codec;
                const char *payload;
                size_t size;
                bool keyframe;
        } payloads[] = {
                {THON_VIDEO_H264, "\x65", 1, true},
                {THON_VIDEO_H264, "\x41", 1, false},
                {THON_VIDEO_H264, "\x67", 1, false},
                {THON_VIDEO_H264, "\x7c\x85", 2, true},  /* FU-A, first */
                {THON_VIDEO_H264, "\x7c\x05", 2, true},  /* FU-A, middle */
                {THON_VIDEO_H264, "\x7c\x81", 2, false}, /* FU-A of a P slice */
                {THON_VIDEO_H264, "\x7c", 1, false},
                {THON_VIDEO_H264, "\x78\x00\x02\x67\x01\x00\x01\x68\x00\x02\x65\x88", 12, true}, /* STAP-A */
                {THON_VIDEO_H264, "\x78\x00\x02\x67\x01\x00\x01\x68", 8, false},
                {THON_VIDEO_H264, "\x78\xff\xff\x67", 4, false},
                {THON_VIDEO_H264, "\x78\x00\x00\x00\x00\x00", 6, false},
                {THON_VIDEO_H264, "", 0, false},
                {THON_VIDEO_H265, "\x26\x01", 2, true},      /* IDR_W_RADL */
                {THON_VIDEO_H265, "\x2a\x01", 2, true},      /* CRA */
                {THON_VIDEO_H265, "\x02\x01", 2, false},     /* TRAIL_R */
                {THON_VIDEO_H265, "\x40\x01", 2, false},     /* VPS */
                {THON_VIDEO_H265, "\x62\x01\x93", 3, true},  /* FU of an IDR */
                {THON_VIDEO_H265, "\x62\x01\x81", 3, false}, /* FU of TRAIL_R */
                {THON_VIDEO_H265, "\x62\x01", 2, false},
                {THON_VIDEO_H265, "\x60\x01\x00\x02\x40\x01\x00\x02\x26\x01", 10, true}, /* AP */
                {THON_VIDEO_H265, "\x60\x01\x00\x02\x40\x01", 6, false},
                {THON_VIDEO_JPEG, "\x00", 1, true},
                {THON_VIDEO_OTHER, "\x65", 1, false},
        };

        ck_assert_int_eq(thon_rtp_keyframe(payloads[_i].codec, (const uint8_t *)payloads[_i].payload,
                                           payloads[_i].size),
                         payloads[_i].keyframe);
}
END_TEST

START_TEST(a_stream_that_moves_is_told_from_one_that_stands)
{
        struct thon_rtp_watch moves = {0}, stands = {0}, one_picture = {0}, counts = {0}, turned = {0};

        /* Over the end of both counters. */
        packet(&moves, 65534, UINT32_MAX, 0x65);
        packet(&moves, 65535, UINT32_MAX, 0x65);
        ck_assert(!thon_rtp_advancing(&moves));
        packet(&moves, 0, 3599, 0x41);
        ck_assert(thon_rtp_advancing(&moves) && moves.keyframe && moves.packets == 3);

        for (unsigned i = 0; i < 1000; i++) {
                packet(&stands, 5, 9, 0x41);
                packet(&one_picture, (uint16_t)i, 9, 0x41); /* a timestamp that stands still */
                packet(&counts, 5, i, 0x41);                /* a sequence number that does */
                packet(&turned, (uint16_t)(5000 - i), i, 0x41);
        }
        ck_assert(!thon_rtp_advancing(&stands) && !thon_rtp_advancing(&one_picture));
        ck_assert(!thon_rtp_advancing(&counts) && !thon_rtp_advancing(&turned));

        thon_rtp_watch(&stands, THON_VIDEO_H264, (const uint8_t *)"short", 5);
        ck_assert(stands.damaged == 1 && stands.packets == 1000);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("rtsp");
        TCase *heads = tcase_create("heads"), *stream = tcase_create("stream"),
              *addresses = tcase_create("addresses"), *rtp = tcase_create("rtp");
        SRunner *runner;
        int failed;

        tcase_add_test(heads, an_answer_is_read_with_all_that_a_check_needs);
        tcase_add_loop_test(heads, odd_heads_are_understood, 0, 9);
        tcase_add_test(heads, folded_lines_are_one);
        tcase_add_test(heads, a_session_that_would_write_our_next_line_is_none);
        tcase_add_loop_test(heads, what_is_no_rtsp_is_told_by_its_first_bytes, 0, 15);
        tcase_add_test(heads, a_nul_in_a_head_is_damage);
        tcase_add_test(heads, a_head_without_end_ends_at_the_limit);
        tcase_add_test(heads, the_channel_of_a_transport);
        tcase_add_test(heads, unprintable_text_is_printed);
        suite_add_tcase(suite, heads);

        tcase_set_timeout(stream, 60);
        tcase_add_test(stream, answers_and_frames_come_out_alike_however_they_are_cut);
        tcase_add_test(stream, garbage_ends_at_its_limit);
        tcase_add_test(stream, answers_find_their_questions);
        suite_add_tcase(suite, stream);

        tcase_add_loop_test(addresses, a_track_is_where_cameras_mean_it_to_be, 0, 14);
        tcase_add_test(addresses, a_track_fills_its_room_and_not_more);
        tcase_add_test(addresses, controls_are_relative_to_the_content);
        suite_add_tcase(suite, addresses);

        tcase_add_test(rtp, rtp_heads_are_read_past_sources_and_extensions);
        tcase_add_loop_test(rtp, keyframes_of_each_codec_are_seen, 0, 23);
        tcase_add_test(rtp, a_stream_that_moves_is_told_from_one_that_stands);
        suite_add_tcase(suite, rtp);

        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? 0 : 1;
}
