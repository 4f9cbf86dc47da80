/* announced.conf: what would not do what it seems to say is refused, and every zone that is named is there. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "thon/announced_conf.h"
#include "thon/file.h"

static char dir[] = "/tmp/thon-announced-conf-XXXXXX", path[64], told[4096];
static struct thon_announced_conf conf;
static struct thon_conf_report report;

static void hear(void *userdata, bool is_error, const char *text)
{
        size_t n = strlen(told);

        (void)userdata;
        (void)is_error;
        snprintf(told + n, sizeof(told) - n, "%s\n", text);
}

static void set_up(void)
{
        ck_assert_ptr_nonnull(mkdtemp(dir));
        snprintf(path, sizeof(path), "%s/announced.conf", dir);
        told[0] = '\0';
        conf = (struct thon_announced_conf){0};
        report = (struct thon_conf_report){.tell = hear};
}

static void tear_down(void)
{
        thon_announced_conf_done(&conf);
        (void)unlink(path);
        (void)rmdir(dir);
        memcpy(strrchr(dir, '-'), "-XXXXXX", sizeof("-XXXXXX"));
}

static int read_text(const char *text)
{
        ck_assert_int_eq(thon_file_write_atomic(path, text, strlen(text), 0600), 0);
        return thon_announced_conf_read(dir, &conf, &report);
}

START_TEST(without_a_file_there_is_no_zone_and_every_rule_has_its_default)
{
        char certificates[96];

        snprintf(certificates, sizeof(certificates), "%s/cap.d", dir);
        ck_assert_int_eq(unsetenv("THON_STATE_DIR"), 0);
        ck_assert_int_eq(thon_announced_conf_read(dir, &conf, &report), 0);
        ck_assert_uint_eq(conf.n_zones, 0);
        ck_assert(conf.chime && conf.approval && !conf.cap_unsigned && !conf.cap_tests);
        ck_assert(conf.cap_lamps && conf.cap_notify);
        ck_assert_int_eq(conf.history_s, INT64_C(1100) * 86400);
        ck_assert_int_eq(conf.audio_s, INT64_C(90) * 86400);
        ck_assert_int_eq(conf.audio_max, INT64_C(1) << 30);
        ck_assert_int_eq(conf.cache_max, INT64_C(512) << 20);
        ck_assert_int_eq(conf.media_max_s, 45 * 60);
        ck_assert_ptr_nonnull(strstr(conf.voice, "espeak-ng"));
        ck_assert_str_eq(conf.voices[THON_DIALECT_SOUTH], "vi-vn-x-south");
        ck_assert_double_eq(conf.loudness, -16);
        ck_assert_str_eq(conf.cap_certificates, certificates);
        ck_assert_str_eq(conf.cap_inbox, "/var/lib/thon/cap");
        ck_assert_int_eq(conf.poll_s, 60);
        ck_assert_uint_eq(report.warnings, 0);
}
END_TEST

START_TEST(the_form_of_the_design_is_read_whole)
{
        ck_assert_int_eq(
                read_text("[zone thon-4]\n"
                          "sink = alsa:default     # alsa:PCM rtp:GROUP:PORT snapcast:PIPE file:PATH\n"
                          "areas = thon-4\n"
                          "quiet = 21:30-05:30\n"
                          "airtime = 45min/day\n"
                          "amplifier = tang-am     # warm-up relay, optional\n"
                          "return = alsa:hw:1,0\n"
                          "[cap]\n"
                          "unsigned = refuse       # refuse | accept\n"
                          "certificates = /etc/thon/cap.d\n"
                          "geocodes = VN:16012     # codes of this commune\n"
                          "inbox = /var/lib/thon/cap\n"),
                0);
        ck_assert_msg(report.warnings == 0, "%s", told);
        ck_assert_uint_eq(conf.n_zones, 1);

        const struct thon_air_zone_conf *zone = &conf.zones[0];
        ck_assert_str_eq(zone->id, "thon-4");
        ck_assert_str_eq(zone->name, "thon-4");
        ck_assert_int_eq(zone->sink.kind, THON_SINK_ALSA);
        ck_assert_str_eq(zone->sink.address, "default");
        ck_assert_uint_eq(zone->n_areas, 1);
        ck_assert_str_eq(zone->areas[0], "thon-4");
        ck_assert_uint_eq(zone->rules.n_quiet, 1);
        ck_assert_int_eq(zone->rules.quiet[0].from_min, 21 * 60 + 30);
        ck_assert_int_eq(zone->rules.quiet[0].to_min, 5 * 60 + 30);
        ck_assert_int_eq(zone->rules.day_s, 45 * 60);
        ck_assert_int_eq(zone->rules.week_s, 0);
        ck_assert_int_eq(zone->rules.late_s, 30 * 60);
        ck_assert_uint_eq(zone->rules.warm_us, 2000000);
        ck_assert_int_eq(zone->amplifier.kind, THON_AMPLIFIER_CIRCUIT);
        ck_assert_str_eq(zone->amplifier.circuit, "tang-am");
        ck_assert_int_eq(zone->hold_s, 20);
        ck_assert_int_eq(zone->back.kind, THON_RETURN_ALSA);
        ck_assert_str_eq(zone->back.address, "hw:1,0");
        ck_assert_double_eq(zone->return_level, -45);
        ck_assert_uint_eq(conf.n_geocodes, 1);
        ck_assert_str_eq(conf.geocodes[0], "VN:16012");
}
END_TEST

START_TEST(a_commune_of_three_describes_all_its_plants)
{
        ck_assert_int_eq(
                read_text("[voice]\ndialect = central\ncommand = doc %d %o\n"
                          "[zone a]\nname = Loa xóm Chùa\nsink = rtp:239.1.2.3:5004/opus\n"
                          "quiet = 21:30-05:30, 11:30-13:30\nairtime = 45min/day, 3h/week\nrepeats = 3\n"
                          "latest = 10min\nneighbours = b\nwarm_up = 1500ms\namplifier = gpio:rp1/17/low\n"
                          "return = gpio:sim:tu/dong\ndelay = 350ms\ngain = -2; 19:00-21:00 -6, 05:30-06:30 "
                          "1.5\n"
                          "highpass = 300\ndialect = south\nplace = 19.8067, 105.7764 800m\n"
                          "areas = thon-1, thon-2 thon-1\n"
                          "[zone b]\nsink = snapcast:/run/snapfifo\nquiet = none\nwarm_up = 5s\n"
                          "return = mqtt:tele/loa/dong\nreturn_level = 150\nplace = 20,105\n"
                          "[zone c]\nsink = rtp:[ff15::1:2]:5004\nquiet = always\nareas = thon-2\n"
                          "[group song]\nzones = a, c\n"
                          "[source dai-tinh]\nurl = https://x.vn/live\nfallback = nhac/hieu.ogg\n"),
                0);
        ck_assert_msg(report.warnings == 0, "%s", told);

        const struct thon_air_zone_conf *a = &conf.zones[0], *b = &conf.zones[1], *c = &conf.zones[2];
        ck_assert_str_eq(a->name, "Loa xóm Chùa");
        ck_assert(a->sink.kind == THON_SINK_RTP && a->sink.opus && a->sink.port == 5004);
        ck_assert_str_eq(a->sink.address, "239.1.2.3");
        ck_assert_uint_eq(a->rules.n_quiet, 2);
        ck_assert_int_eq(a->rules.quiet[1].from_min, 11 * 60 + 30);
        ck_assert_int_eq(a->rules.week_s, 3 * 3600);
        ck_assert_uint_eq(a->rules.repeats, 3);
        ck_assert_uint_eq(a->rules.warm_us, 1500000);
        ck_assert_str_eq(a->amplifier.line.chip, "rp1");
        ck_assert_str_eq(a->amplifier.line.line, "17");
        ck_assert(a->amplifier.line.active_low);
        ck_assert_str_eq(a->back.line.chip, "sim:tu");
        ck_assert_str_eq(a->back.line.line, "dong");
        ck_assert_int_eq(a->delay_ms, 350);
        ck_assert_uint_eq(a->gain.n, 2);
        ck_assert_double_eq(a->gain.db, -2);
        ck_assert_double_eq(a->gain.at[1].db, 1.5);
        ck_assert(a->placed);
        ck_assert_double_eq_tol(a->reach_km, 0.8, 1e-9);
        ck_assert_double_eq_tol(a->place.lon, 105.7764, 1e-9);
        ck_assert_uint_eq(a->n_areas, 2);
        ck_assert_int_eq(a->dialect, THON_DIALECT_SOUTH);
        /* Neighbours are so of each other, wherever it is written. */
        ck_assert_uint_eq(a->rules.apart, 1u << 1);
        ck_assert_uint_eq(b->rules.apart, 1u << 0);
        ck_assert_uint_eq(c->rules.apart, 0);
        ck_assert_uint_eq(b->rules.n_quiet, 0);
        ck_assert_msg(b->rules.warm_us == 0, "there is no amplifier to warm");
        ck_assert_double_eq(b->return_level, 150);
        ck_assert_double_eq(b->reach_km, 1);
        ck_assert_int_eq(b->dialect, THON_DIALECT_CENTRAL);
        ck_assert_str_eq(c->sink.address, "ff15::1:2");
        ck_assert_int_eq(c->rules.quiet[0].from_min, c->rules.quiet[0].to_min);
        ck_assert_str_eq(conf.sources[0].name, "dai-tinh");
        ck_assert_int_eq(conf.sources[0].silent_s, 10);
        ck_assert_ptr_eq(thon_announced_conf_source(&conf, "dai-tinh"), &conf.sources[0]);
        ck_assert_ptr_null(thon_announced_conf_source(&conf, "a"));
}
END_TEST

START_TEST(names_become_zones)
{
        const thon_slug all[] = {"all"}, group[] = {"song"}, area[] = {"thon-2"},
                        mixed[] = {"b", "khong-co", "song"};
        const char *unknown;

        ck_assert_int_eq(
                read_text("[zone a]\nsink = file:/a\nareas = thon-1 thon-2\n[zone b]\nsink = file:/b\n"
                          "[zone c]\nsink = file:/c\nareas = thon-2\n[group song]\nzones = a b\n"),
                0);
        ck_assert_uint_eq(thon_announced_conf_resolve(&conf, all, 1, &unknown), 7);
        ck_assert_ptr_null(unknown);
        ck_assert_uint_eq(thon_announced_conf_resolve(&conf, group, 1, &unknown), 3);
        ck_assert_uint_eq(thon_announced_conf_resolve(&conf, area, 1, &unknown), 5);
        ck_assert_ptr_null(unknown);
        ck_assert_uint_eq(thon_announced_conf_resolve(&conf, mixed, 3, &unknown), 3);
        ck_assert_str_eq(unknown, "khong-co");
        ck_assert_uint_eq(thon_announced_conf_zone(&conf, "c"), 2);
        ck_assert_uint_eq(thon_announced_conf_zone(&conf, "song"), SIZE_MAX);
}
END_TEST

START_TEST(a_zone_that_may_sound_at_any_hour_is_pointed_out)
{
        ck_assert_int_eq(read_text("[zone a]\nsink = file:/a\n"), 0);
        ck_assert_uint_eq(report.warnings, 1);
        ck_assert_ptr_nonnull(strstr(told, "[zone a]: quiet"));
}
END_TEST

START_TEST(it_is_louder_when_the_road_is_loud)
{
        struct thon_zone *zone;
        const struct thon_wall noon = {INT64_C(1795000000) / 86400 * 86400 + 5 * 3600},
                               evening = {noon.s + 8 * 3600};

        ck_assert_int_eq(thon_zone_fixed(7 * 3600, &zone), 0);
        ck_assert_int_eq(read_text("[zone a]\nsink = file:/a\nquiet = none\ngain = 3, 19:00-21:01 -6.5\n"),
                         0);
        ck_assert_double_eq(thon_gain_at(&conf.zones[0].gain, zone, noon), 3);
        ck_assert_double_eq(thon_gain_at(&conf.zones[0].gain, zone, evening), -6.5);
        thon_zone_free(zone);
}
END_TEST

#define Z "[zone a]\nsink = file:/a\n"
static const struct {
        const char *text, *place;
} wrong[] = {
        {"[zone a]\nquiet = none\n", "[zone a]: sink: missing"},
        {"[zone a]\nsink = alsa:\n", "announced.conf:2: zone a.sink"},
        {"[zone a]\nsink = alsa:hw 1\n", "zone a.sink"},
        {"[zone a]\nsink = loa\n", "zone a.sink"},
        {"[zone a]\nsink = rtp:loa.local:5004\n", "zone a.sink"},
        {"[zone a]\nsink = rtp:239.1.2.3\n", "zone a.sink"},
        {"[zone a]\nsink = rtp:239.1.2.3:70000\n", "zone a.sink"},
        {"[zone a]\nsink = rtp:0.0.0.0:5004\n", "zone a.sink"},
        {"[zone a]\nsink = rtp:ff15::1:5004\n", "zone a.sink"},
        {"[zone a]\nsink = rtp:[ff15::1:5004\n", "zone a.sink"},
        {"[zone a]\nsink = rtp:239.1.2.3:5004/mp3\n", "zone a.sink"},
        {"[zone a]\nsink = snapcast:fifo\n", "zone a.sink"},
        {"[zone a]\nsink = file:\n", "zone a.sink"},
        {Z "[zone b]\nsink = file:/a\n", "[zone b]: sink: is that of [zone a]"},
        {"[zone a]\nsink = rtp:239.1.2.3:5004\n[zone b]\nsink = rtp:239.1.2.3:5004/opus\n",
         "[zone b]: sink"},
        {"[zone all]\nsink = file:/a\n", "[zone all]"},
        {Z "quiet = 25:00-05:00\n", "announced.conf:3: zone a.quiet"},
        {Z "quiet = 21:30\n", "zone a.quiet"},
        {Z "quiet = 22:00-22:00\n", "zone a.quiet"},
        {Z "quiet = 01:00-02:00, 03:00-04:00, 05:00-06:00, 07:00-08:00, 09:00-10:00\n", "zone a.quiet"},
        {Z "quiet = 21:30-05:30,\n", "zone a.quiet"},
        {Z "airtime = 45min\n", "zone a.airtime"},
        {Z "airtime = 45min/month\n", "zone a.airtime"},
        {Z "airtime = 45min/day, 50min/day\n", "zone a.airtime"},
        {Z "airtime = 25h/day\n", "zone a.airtime"},
        {Z "airtime = 0/day\n", "zone a.airtime"},
        {Z "airtime = 4h/day, 3h/week\n", "zone a.airtime"},
        {Z "repeats = -1\n", "zone a.repeats"},
        {Z "latest = 10s\n", "zone a.latest"},
        {Z "neighbours = b\n", "[zone a]: neighbours: b"},
        {Z "neighbours = a\n", "[zone a]: neighbours: a"},
        {Z "areas = Thôn-4\n", "[zone a]: areas"},
        {Z "amplifier = Tăng âm\n", "zone a.amplifier"},
        {Z "amplifier = gpio:gpiochip0/17\n", "zone a.amplifier"},
        {Z "amplifier = gpio:rp1\n", "zone a.amplifier"},
        {Z "amplifier = gpio:rp1/17/high\n", "zone a.amplifier"},
        {Z "warm_up = 31s\n", "zone a.warm_up"},
        {Z "warm_up = -1s\n", "zone a.warm_up"},
        {Z "hold = 2h\n", "zone a.hold"},
        {Z "return = mqtt:tele/+/dong\n", "zone a.return"},
        {Z "return = mic\n", "zone a.return"},
        {Z "return = alsa:mic\nreturn_level = 5\n", "[zone a]: return_level"},
        {Z "return = gpio:rp1/17\namplifier = gpio:rp1/17\n", "[zone a]: return"},
        {Z "delay = 6s\n", "zone a.delay"},
        {Z "gain = 13\n", "zone a.gain"},
        {Z "gain = -6, -7\n", "zone a.gain"},
        {Z "gain = 0, 19:00-21:00\n", "zone a.gain"},
        {Z "highpass = 2000\n", "zone a.highpass"},
        {Z "dialect = bac\n", "zone a.dialect"},
        {Z "place = 19.8\n", "zone a.place"},
        {Z "place = 91,105\n", "zone a.place"},
        {Z "place = 19,105 100km\n", "zone a.place"},
        {Z "place = 19,105 m\n", "zone a.place"},
        {Z "[group g]\nzones = a, b\n", "[group g]: zones: there is no zone b"},
        {Z "[group g]\n", "[group g]: zones: missing"},
        {Z "[group a]\nzones = a\n", "[group a]"},
        {"[source s]\nname = x\n", "[source s]: url: missing"},
        {"[source s]\nurl = ftp://x/y\n", "source s.url"},
        {"[source s]\nurl = http://ai:mk@x/y\n", "source s.url"},
        {"[source s]\nurl = rtp://dai:5004\n", "source s.url"},
        {"[source s]\nurl = http://x/\nfallback = ../x.wav\n", "source s.fallback"},
        {"[source s]\nurl = http://x/\nfallback = a/../../x.wav\n", "source s.fallback"},
        {"[source s]\nurl = http://x/\nsilent = 1s\n", "source s.silent"},
        {"[voice]\ncommand = espeak-ng --stdout\n", "voice.command"},
        {"[voice]\ncommand = espeak-ng %s %o\n", "voice.command"},
        {"[voice]\ncommand = espeak-ng %o %\n", "voice.command"},
        {"[voice]\nloudness = 3\n", "voice.loudness"},
        {"[voice]\ndialect = tay\n", "voice.dialect"},
        {"[cap]\nunsigned = yes\n", "cap.unsigned"},
        {"[cap]\ngeocodes = :16012\n", "cap.geocodes"},
        {"[cap]\npoll = canhbao.vn/x\n", "cap.poll"},
        {"[cap]\ncertificates = cap.d\n", "cap.certificates"},
        {"[announce]\naudio_max = 1KiB\n", "announce.audio_max"},
        {"[announce]\nmedia_max = 7h\n", "announce.media_max"},
};

START_TEST(a_mistake_is_told_with_its_place)
{
        ck_assert_int_eq(read_text(wrong[_i].text), -EINVAL);
        ck_assert_msg(strstr(told, wrong[_i].place) != NULL, "%s: %s", wrong[_i].text, told);
        ck_assert_msg(conf.zones == NULL, "nothing is handed over");
}
END_TEST

START_TEST(all_mistakes_are_told_in_one_round)
{
        ck_assert_int_eq(read_text("[zone a]\nsink = loa\nquiet = nua-dem\nneighbours = b\n"), -EINVAL);
        ck_assert_ptr_nonnull(strstr(told, "zone a.sink"));
        ck_assert_ptr_nonnull(strstr(told, "zone a.quiet"));
        ck_assert_ptr_nonnull(strstr(told, "[zone a]: neighbours"));
}
END_TEST

START_TEST(there_may_be_64_zones)
{
        char text[8192];
        size_t n = 0;
        const thon_slug all[] = {"all"};
        const char *unknown;

        for (int i = 0; i < 64; i++)
                n += (size_t)snprintf(text + n, sizeof(text) - n,
                                      "[zone z%d]\nsink = file:/%d\nquiet = none\n", i, i);
        ck_assert_int_eq(read_text(text), 0);
        ck_assert_uint_eq(thon_announced_conf_resolve(&conf, all, 1, &unknown), UINT64_MAX);
        thon_announced_conf_done(&conf);
        snprintf(text + n, sizeof(text) - n, "[zone z64]\nsink = file:/64\n");
        ck_assert_int_eq(read_text(text), -EINVAL);
        ck_assert_ptr_nonnull(strstr(told, "[zone z64]"));
}
END_TEST

START_TEST(the_package_s_file_is_valid_and_activates_no_zone)
{
        ck_assert_int_eq(thon_announced_conf_read("etc", &conf, &report), 0);
        ck_assert_uint_eq(conf.n_zones, 0);
        ck_assert_msg(report.warnings == 0, "%s", told);
}
END_TEST

/* Every example in it, with its "#" taken away, is one that works. */
START_TEST(the_package_s_examples_are_valid)
{
        char text[16384], out[16384];
        size_t n = 0;
        FILE *file = fopen("etc/announced.conf", "re");

        ck_assert_ptr_nonnull(file);
        while (fgets(text, sizeof(text), file)) {
                const char *line = text;

                if (line[0] == '#' && line[1] != ' ' && line[1] != '\n')
                        line++;
                ck_assert_uint_lt(n + strlen(line), sizeof(out));
                memcpy(out + n, line, strlen(line) + 1);
                n += strlen(line);
        }
        fclose(file);
        ck_assert_msg(read_text(out) == 0, "%s", told);
        ck_assert_msg(report.warnings == 0, "%s", told);
        ck_assert_uint_eq(conf.n_zones, 2);
        ck_assert_uint_eq(conf.n_groups, 1);
        ck_assert_uint_eq(conf.n_sources, 1);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("announced_conf");
        TCase *tc = tcase_create("announced_conf");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_add_test(tc, without_a_file_there_is_no_zone_and_every_rule_has_its_default);
        tcase_add_test(tc, the_form_of_the_design_is_read_whole);
        tcase_add_test(tc, a_commune_of_three_describes_all_its_plants);
        tcase_add_test(tc, names_become_zones);
        tcase_add_test(tc, a_zone_that_may_sound_at_any_hour_is_pointed_out);
        tcase_add_test(tc, it_is_louder_when_the_road_is_loud);
        tcase_add_loop_test(tc, a_mistake_is_told_with_its_place, 0, sizeof(wrong) / sizeof(wrong[0]));
        tcase_add_test(tc, all_mistakes_are_told_in_one_round);
        tcase_add_test(tc, there_may_be_64_zones);
        tcase_add_test(tc, the_package_s_file_is_valid_and_activates_no_zone);
        tcase_add_test(tc, the_package_s_examples_are_valid);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
