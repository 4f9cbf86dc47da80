/* What camerad keeps and what is computed from it: states over a restart, history, incidents, pictures, the monthly report. */
#include "registry_fixture.h"

#include "thon/camera_store.h"
#include "thon/event_store.h"
#include "thon/zone.h"

#define DAY 86400

static void make(void)
{
        store_make();
        make_commune();
}

static struct thon_wall at(int64_t s)
{
        return (struct thon_wall){s};
}

static char told[4000];

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
        size_t used = strlen(told);
        va_list args;

        va_start(args, format);
        (void)vsnprintf(told + used, sizeof told - used, format, args);
        va_end(args);
}

/* ---- states ---- */

static int see_row(const struct thon_camera_row *row, void *userdata)
{
        (void)userdata;
        tell("%s %s %" PRId64 " flap %d/%" PRId64 " m %" PRId64 " %s '%s' heal %u", row->device,
             thon_camera_slug(row->verdict), row->since.s, row->flapping, row->flapping_since.s,
             row->maintenance_until.s, row->maintenance_by, row->maintenance_reason, row->heal.n_tries);
        for (unsigned i = 0; i < row->heal.n_tries; i++)
                tell(" %" PRId64, row->heal.tries[i].s);
        tell(" %u %" PRId64 " %d %" PRId64 " auth %u %s net %s %s %s '%s' '%s' '%s'\n", row->heal.attempts,
             row->heal.failure.s, row->heal.under_way, row->heal.began.s, row->auth_refused, row->auth_tag,
             row->mac, row->endpoint, row->address, row->baselines, row->profile, row->snapshot_url);
        return 0;
}

static const char *rows(void)
{
        told[0] = '\0';
        must_do(thon_camera_rows(store, see_row, NULL));
        return told;
}

static const struct thon_camera_row full = {
        .device = "cong-chua",
        .verdict = THON_CAMERA_NO_RTP,
        .since = {1000},
        .flapping = true,
        .flapping_since = {900},
        .maintenance_until = {5000},
        .maintenance_by = "anh Tư",
        .maintenance_reason = "thay dây",
        .heal = {.tries = {{100}, {200}},
                 .n_tries = 2,
                 .attempts = 1,
                 .failure = {1000},
                 .under_way = THON_HEAL_POWER,
                 .began = {1300}},
        .auth_refused = 2,
        .auth_tag = "a1b2",
        .mac = "00:11:22:33:44:55",
        .endpoint = "urn:uuid:1",
        .address = "10.0.0.77",
        .baselines = "day 1 2 3",
        .profile = "main",
        .snapshot_url = "http://10.0.0.9/s.jpg",
};

START_TEST(a_state_outlives_a_restart_whole)
{
        must_do(thon_camera_row_put(store, &full));
        const char *want =
                "cong-chua no-rtp 1000 flap 1/900 m 5000 anh Tư 'thay dây' heal 2 100 200 1 1000 2 "
                "1300 auth 2 a1b2 net 00:11:22:33:44:55 urn:uuid:1 10.0.0.77 'day 1 2 3' 'main' "
                "'http://10.0.0.9/s.jpg'\n";
        store = thon_store_close(store);
        store = must_open(THON_STORE_WRITE);
        ck_assert_str_eq(rows(), want);
}
END_TEST

START_TEST(a_state_is_replaced_not_doubled)
{
        struct thon_camera_row plain = {.device = "cong-chua", .verdict = THON_CAMERA_OK, .since = {2000}};

        must_do(thon_camera_row_put(store, &full));
        must_do(thon_camera_row_put(store, &plain)); /* texts may be NULL */
        ck_assert_str_eq(rows(),
                         "cong-chua ok 2000 flap 0/0 m 0  '' heal 0 0 0 0 0 auth 0  net    '' '' ''\n");
        plain.maintenance_until = THON_WALL_NEVER; /* until it is ended */
        must_do(thon_camera_row_put(store, &plain));
        ck_assert_msg(strstr(rows(), "m 9223372036854775807 "), "%s", told);
        must_do(thon_camera_row_remove(store, "cong-chua"));
        must_do(thon_camera_row_remove(store, "cong-chua"));
        ck_assert_str_eq(rows(), "");
}
END_TEST

START_TEST(what_a_newer_version_wrote_or_a_disk_damaged_does_not_stop_the_others)
{
        must_do(thon_camera_row_put(store, &full));
        must_do(thon_sql_exec(store, "UPDATE camera_state SET verdict = 'haunted', heal_tries = '[1,'"));
        ck_assert_msg(strncmp(rows(), "cong-chua unknown 1000", 22) == 0 && strstr(told, "heal 0 1 "), "%s",
                      told);
}
END_TEST

static int stop_at_once(const struct thon_camera_row *row, void *userdata)
{
        (void)row;
        ++*(int *)userdata;
        return -ECANCELED;
}

START_TEST(a_walk_ends_where_it_is_told_to)
{
        int seen = 0;
        struct thon_camera_row other = {.device = "ao-lang", .verdict = THON_CAMERA_OK};

        must_do(thon_camera_row_put(store, &full));
        must_do(thon_camera_row_put(store, &other));
        ck_assert_int_eq(thon_camera_rows(store, stop_at_once, &seen), -ECANCELED);
        ck_assert_int_eq(seen, 1);
}
END_TEST

/* ---- history ---- */

static void happened(int64_t s, const char *device, enum thon_camera_what what, const char *value,
                     const char *detail)
{
        const struct thon_camera_did row = {
                .at = at(s), .device = device, .what = what, .value = value, .detail = detail, .by = ""};
        must_do(thon_camera_did(store, &row));
}

static void verdict(int64_t s, const char *device, const char *slug)
{
        happened(s, device, THON_CAMERA_DID_VERDICT, slug, "");
}

static int see_did(const struct thon_camera_did *row, void *userdata)
{
        (void)userdata;
        tell("%" PRId64 " %s %s %s|", row->at.s, row->device, thon_camera_what_slug(row->what), row->value);
        return 0;
}

static const char *history(const char *device, int64_t from, int64_t to, bool oldest_first, size_t limit)
{
        const struct thon_camera_span span = {device, at(from), at(to), oldest_first, limit};

        told[0] = '\0';
        must_do(thon_camera_history(store, &span, see_did, NULL));
        return told;
}

START_TEST(the_history_is_told_newest_first_or_as_it_went)
{
        verdict(10, "a", "ok");
        verdict(20, "b", "ok");
        happened(30, "a", THON_CAMERA_DID_BLIP, "hung", "");
        happened(30, "a", THON_CAMERA_DID_FLAP, "begin", "");
        happened(40, "b", THON_CAMERA_DID_HEAL, "power-cycle", "began");
        happened(50, "a", THON_CAMERA_DID_ADDRESS, "10.0.0.7", "");
        happened(60, "a", THON_CAMERA_DID_MAINTENANCE, "begin", "");
        ck_assert_str_eq(history("a", 0, 100, false, 0),
                         "60 a maintenance begin|50 a address 10.0.0.7|30 a flap begin|30 a blip hung|"
                         "10 a verdict ok|");
        ck_assert_str_eq(history("a", 30, 60, true, 0),
                         "30 a blip hung|30 a flap begin|50 a address 10.0.0.7|");
        ck_assert_str_eq(history(NULL, 0, 100, false, 3),
                         "60 a maintenance begin|50 a address 10.0.0.7|40 b heal power-cycle|");
        ck_assert_str_eq(history(NULL, 15, 41, true, 2), "20 b verdict ok|30 a blip hung|");
        ck_assert_str_eq(history("nobody", 0, 100, false, 0), "");
}
END_TEST

static int see_all(const struct thon_camera_did *row, void *userdata)
{
        (void)userdata;
        ck_assert_str_eq(row->detail, "thay dây");
        ck_assert_str_eq(row->by, "anh Tư");
        ck_assert_int_eq(row->seconds, 75);
        ck_assert_int_eq(row->incident, 3);
        ck_assert_int_gt(row->id, 0);
        return 7;
}

START_TEST(a_row_of_history_has_all_that_was_said)
{
        const struct thon_camera_did row = {.at = at(5),
                                            .device = "a",
                                            .what = THON_CAMERA_DID_BLIP,
                                            .value = "hung",
                                            .detail = "thay dây",
                                            .by = "anh Tư",
                                            .seconds = 75,
                                            .incident = 3};
        const struct thon_camera_span span = {.from = at(0), .to = at(10)};

        must_do(thon_camera_did(store, &row));
        ck_assert_int_eq(thon_camera_history(store, &span, see_all, NULL), 7);
}
END_TEST

/* ---- uptime ---- */

/* "up warned down maintenance unknown failures longest" */
static const char *uptime(const char *device, int64_t from, int64_t to)
{
        static char text[200];
        struct thon_uptime u;

        must_do(thon_camera_uptime(store, device, at(from), at(to), &u));
        (void)snprintf(text, sizeof text,
                       "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %u %" PRId64, u.up_s,
                       u.warned_s, u.down_s, u.maintenance_s, u.unknown_s, u.failures, u.longest_s);
        return text;
}

START_TEST(uptime_goes_by_history_and_watch)
{
        ck_assert_str_eq(uptime("a", 0, 1000), "0 0 0 0 1000 0 0");
        must_do(thon_camera_watching(store, at(100), at(300)));
        must_do(thon_camera_watching(store, at(100), at(900))); /* drawn out */
        ck_assert_str_eq(uptime("a", 0, 1000), "0 0 0 0 1000 0 0");
        verdict(110, "a", "ok");
        verdict(300, "a", "no-network");
        verdict(400, "a", "clock-skew");
        happened(500, "a", THON_CAMERA_DID_MAINTENANCE, "begin", "");
        happened(600, "a", THON_CAMERA_DID_MAINTENANCE, "end", "");
        happened(650, "a", THON_CAMERA_DID_BLIP, "hung", ""); /* nobody's phone, nobody's report */
        verdict(700, "b", "no-network");
        ck_assert_str_eq(uptime("a", 0, 1000), "590 400 100 100 210 1 100");
        /* A span in the midst knows what stood when it began. */
        ck_assert_str_eq(uptime("a", 350, 550), "100 100 50 50 0 0 50");
        ck_assert_str_eq(uptime("a", 300, 400), "0 0 100 0 0 1 100");
}
END_TEST

START_TEST(spans_of_watching_may_overlap_when_the_clock_was_set_back)
{
        verdict(0, "a", "ok");
        must_do(thon_camera_watching(store, at(100), at(400)));
        must_do(thon_camera_watching(store, at(200), at(300)));
        must_do(thon_camera_watching(store, at(800), at(500))); /* ends before it begins: nothing */
        ck_assert_str_eq(uptime("a", 0, 1000), "300 0 0 0 700 0 0");
}
END_TEST

START_TEST(pruning_keeps_how_a_device_stood)
{
        add(THON_DEVICE, "a", "kind", "camera", "config", "{\"url\":\"rtsp://10.0.0.9/s\"}");
        must_do(thon_camera_watching(store, at(0), at(50)));
        must_do(thon_camera_watching(store, at(60), at(5000)));
        verdict(10, "a", "ok");
        verdict(20, "a", "no-power");
        verdict(30, "a", "ok");
        happened(40, "a", THON_CAMERA_DID_MAINTENANCE, "begin", "");
        happened(45, "a", THON_CAMERA_DID_BLIP, "hung", "");
        verdict(30, "gone", "ok"); /* no longer in the registry */
        verdict(2000, "a", "black");
        must_do(thon_camera_prune(store, at(1000)));
        ck_assert_str_eq(history(NULL, 0, 9999, true, 0),
                         "30 a verdict ok|40 a maintenance begin|2000 a verdict black|");
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM camera_watching"), 1);
        ck_assert_str_eq(uptime("a", 1000, 3000), "0 0 0 2000 0 0 0");
}
END_TEST

/* ---- incidents ---- */

static int see_incident(const struct thon_incident_row *row, void *userdata)
{
        (void)userdata;
        tell("%s %s %s %s '%s' %s %s %" PRId64 " %" PRId64 "..%" PRId64 " most %zu:", row->id, row->cause,
             row->verdict, row->root, row->name, row->area, row->cause_id, row->group, row->began.s,
             row->ended.s == INT64_MAX ? -1 : row->ended.s, row->most);
        for (size_t i = 0; i < row->n_members; i++)
                tell(" %s", row->members[i]);
        tell("\n");
        return 0;
}

static const char *incidents(bool standing, int64_t from, int64_t to)
{
        told[0] = '\0';
        must_do(thon_camera_incidents(store, standing, at(from), at(to), see_incident, NULL));
        return told;
}

START_TEST(an_incident_is_kept_with_those_it_holds_down)
{
        static const char *const three[] = {"c-1", "c-2", "c-3"}, *const two[] = {"c-3", "c-4"};
        struct thon_incident_row row = {.id = "camera-sw-1-100",
                                        .cause = "parent",
                                        .verdict = "no-power",
                                        .root = "sw-1",
                                        .name = "Tủ mạng thôn 4",
                                        .area = "chi-phuc",
                                        .cause_id = "",
                                        .text = "Tủ mạng thôn 4: mất điện",
                                        .end_text = "",
                                        .began = {100},
                                        .ended = THON_WALL_NEVER,
                                        .most = 3,
                                        .members = three,
                                        .n_members = 3};
        int64_t serial, again;

        must_do(thon_camera_incident_put(store, &row));
        ck_assert_str_eq(incidents(true, 0, 1000),
                         "camera-sw-1-100 parent no-power sw-1 'Tủ mạng thôn 4' chi-phuc  0 "
                         "100..-1 most 3: c-1 c-2 c-3\n");
        must_do(thon_camera_incident_serial(store, row.id, &serial));
        row.members = two;
        row.n_members = 2;
        must_do(thon_camera_incident_put(store, &row));
        ck_assert_msg(strstr(incidents(true, 0, 1000), "most 3: c-3 c-4\n"), "%s", told);
        row.ended = at(400);
        row.n_members = 0;
        must_do(thon_camera_incident_put(store, &row));
        must_do(thon_camera_incident_serial(store, row.id, &again));
        ck_assert_int_eq(serial, again); /* history refers to it */
        ck_assert_str_eq(incidents(true, 0, 1000), "");
        ck_assert_msg(strstr(incidents(false, 400, 1000), "100..400 most 3:\n"), "%s", told);
        ck_assert_str_eq(incidents(false, 401, 1000), "");
        ck_assert_str_eq(incidents(false, 0, 100), "");
        ck_assert_int_eq(thon_camera_incident_serial(store, "nobody", &again), THON_STORE_NOT_FOUND);
        must_do(thon_camera_prune(store, at(401)));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM camera_incident"), 0);
}
END_TEST

START_TEST(an_incident_that_stands_is_never_pruned)
{
        static const char *const one[] = {"c-1"};
        const struct thon_incident_row row = {.id = "i",
                                              .cause = "device",
                                              .began = {1},
                                              .ended = THON_WALL_NEVER,
                                              .members = one,
                                              .n_members = 1};

        must_do(thon_camera_incident_put(store, &row));
        must_do(thon_camera_prune(store, at(1000000)));
        ck_assert_msg(strstr(incidents(true, 0, 1000), "c-1"), "%s", told);
}
END_TEST

static int see_group(int64_t group, const char *doc, void *userdata)
{
        (void)userdata;
        tell("%" PRId64 " %s|", group, doc);
        return 0;
}

START_TEST(learned_groups_come_and_go)
{
        must_do(thon_camera_learned_put(store, 2, "{}"));
        must_do(thon_camera_learned_put(store, 1, "{\"a\":1}"));
        must_do(thon_camera_learned_put(store, 1, "{\"a\":2}"));
        told[0] = '\0';
        must_do(thon_camera_learned(store, see_group, NULL));
        ck_assert_str_eq(told, "1 {\"a\":2}|2 {}|");
        must_do(thon_camera_learned_put(store, 1, NULL));
        told[0] = '\0';
        must_do(thon_camera_learned(store, see_group, NULL));
        ck_assert_str_eq(told, "2 {}|");
}
END_TEST

/* ---- pictures ---- */

static void picture(int64_t s, const char *device, bool bad, int64_t size)
{
        char file[80];
        const struct thon_camera_picture_row row = {.at = at(s),
                                                    .device = device,
                                                    .file = file,
                                                    .kind = bad ? THON_PICTURE_BAD : THON_PICTURE_GOOD,
                                                    .verdict = bad ? THON_CAMERA_BLACK : THON_CAMERA_OK,
                                                    .size = size};
        (void)snprintf(file, sizeof file, "%s/%" PRId64 "-%s.jpg", device, s, bad ? "bad" : "good");
        must_do(thon_camera_picture_add(store, &row));
}

static int see_picture(const struct thon_camera_picture_row *row, void *userdata)
{
        (void)userdata;
        tell("%s %s|", row->file, thon_camera_slug(row->verdict));
        return 0;
}

static const char *pictures(const char *device)
{
        told[0] = '\0';
        must_do(thon_camera_pictures(store, device, see_picture, NULL));
        return told;
}

static const char *pruned(int64_t before, int64_t max_bytes)
{
        told[0] = '\0';
        must_do(thon_camera_pictures_prune(store, at(before), max_bytes, see_picture, NULL));
        return told;
}

START_TEST(old_pictures_go_but_never_the_newest_of_a_kind)
{
        add(THON_DEVICE, "a", "kind", "camera", "config", "{\"url\":\"rtsp://10.0.0.9/s\"}");
        picture(10, "a", false, 100);
        picture(20, "a", true, 100);
        picture(30, "a", true, 100);
        picture(40, "a", false, 100);
        picture(50, "gone", false, 100);
        ck_assert_str_eq(pictures("a"),
                         "a/40-good.jpg ok|a/30-bad.jpg black|a/20-bad.jpg black|a/10-good.jpg ok|");
        ck_assert_str_eq(pruned(20, 1000), "a/10-good.jpg ok|");
        ck_assert_str_eq(pruned(1000, 1000), "a/20-bad.jpg black|gone/50-good.jpg ok|");
        ck_assert_str_eq(pruned(1000, 0), "");
        ck_assert_str_eq(pictures(NULL), "a/40-good.jpg ok|a/30-bad.jpg black|");
}
END_TEST

START_TEST(the_oldest_go_first_when_there_are_too_many_bytes)
{
        add(THON_DEVICE, "a", "kind", "camera", "config", "{\"url\":\"rtsp://10.0.0.9/s\"}");
        for (int i = 0; i < 200; i++) /* more than one batch */
                picture(1000 + i, "a", true, 10);
        ck_assert_str_eq(pruned(0, 2000), "");
        ck_assert_str_eq(pruned(0, 1985), "a/1000-bad.jpg black|a/1001-bad.jpg black|");
        (void)pruned(0, 300);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM camera_picture"), 30);
        ck_assert_int_eq(integer(store, "SELECT min(at) FROM camera_picture"), 1170);
}
END_TEST

static int cannot_remove(const struct thon_camera_picture_row *row, void *userdata)
{
        (void)row;
        return ++*(int *)userdata == 2 ? -EROFS : 0;
}

START_TEST(a_file_that_could_not_be_removed_keeps_its_row)
{
        int tries = 0;

        for (int i = 0; i < 3; i++)
                picture(i, "gone", false, 1);
        ck_assert_int_eq(thon_camera_pictures_prune(store, at(100), 0, cannot_remove, &tries), -EROFS);
        ck_assert_str_eq(pictures("gone"), "gone/2-good.jpg ok|gone/1-good.jpg ok|");
}
END_TEST

/* ---- events ---- */

static int see_event(const struct thon_event_row *row, void *userdata)
{
        (void)userdata;
        tell("%s|", row->topic);
        return thon_event_done(store, THON_EVENT_CAMERA, row->serial);
}

START_TEST(events_of_cameras_wait_in_an_outbox_of_their_own)
{
        int64_t serial;

        must_do(thon_event_push(store, THON_EVENT_CAMERA, "event/camera-down", "{}", &serial));
        must_do(thon_event_push(store, THON_EVENT_LIGHT, "event/light-dark", "{}", &serial));
        told[0] = '\0';
        must_do(thon_event_each(store, THON_EVENT_CAMERA, 0, see_event, NULL));
        ck_assert_str_eq(told, "event/camera-down|");
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM camera_event"), 0);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM light_event"), 1);
}
END_TEST

/* ---- the report ---- */

static char *text_of(json_t *doc, const char *name)
{
        return json_dumps(json_object_get(doc, name),
                          JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(4));
}

static json_t *month(const char *area)
{
        struct thon_zone *zone = NULL;
        json_t *doc = NULL;

        must_do(thon_zone_fixed(7 * 3600, &zone));
        must_do(thon_camera_report(store, area, at(NOON), at(NOON + DAY), zone, &doc));
        thon_zone_free(zone);
        return doc;
}

static void add_camera(const char *id, const char *area)
{
        add(THON_DEVICE, id, "kind", "camera", "area", area, "config", "{\"url\":\"rtsp://10.0.0.9/s\"}");
}

/* c-1 in Ngõ Đông was down for six hours in the fall of the switch, c-2 in Hồng Kỳ was fine, c-3 nobody ever saw; w-1 is a
 * Wi-Fi point that was healed. */
static void make_month(void)
{
        static const char *const members[] = {"c-1"};
        const struct thon_incident_row incident = {.id = "camera-sw-1-1",
                                                   .cause = "parent",
                                                   .verdict = "no-power",
                                                   .root = "sw-1",
                                                   .name = "Tủ mạng",
                                                   .area = "chi-phuc",
                                                   .cause_id = "",
                                                   .text = "Tủ mạng: mất điện",
                                                   .began = {NOON + 3600},
                                                   .ended = {NOON + 3600 + 6 * 3600},
                                                   .most = 1,
                                                   .members = members,
                                                   .n_members = 1};

        add(THON_DEVICE, "sw-1", "kind", "switch", "config", "{\"address\":\"10.0.0.1\"}");
        add_camera("c-1", "ngo-dong");
        add_camera("c-2", "hong-ky");
        add_camera("c-3", "hong-ky");
        add(THON_DEVICE, "w-1", "kind", "access-point", "area", "hong-ky", "config",
            "{\"address\":\"10.0.0.5\"}");
        add(THON_DEVICE, "dien", "kind", "mains", "config", "{\"topic\":\"ups\"}");
        must_do(thon_camera_watching(store, at(NOON - DAY), at(NOON + DAY)));
        verdict(NOON - 100, "sw-1", "ok");
        verdict(NOON - 100, "c-1", "ok");
        verdict(NOON - 100, "c-2", "ok");
        verdict(NOON - 100, "w-1", "ok");
        verdict(NOON - 100, "c-3", "no-network");
        verdict(NOON + 3600, "c-1", "no-power");
        verdict(NOON + 3600 + 6 * 3600, "c-1", "ok");
        must_do(thon_camera_incident_put(store, &incident));
        happened(NOON + 7200, "w-1", THON_CAMERA_DID_HEAL, "power-cycle", "began");
        happened(NOON + 7300, "w-1", THON_CAMERA_DID_HEAL, "power-cycle", "recovered");
        happened(NOON + 9000, "w-1", THON_CAMERA_DID_HEAL, "power-cycle", "refused: cooldown");
        happened(NOON + 9900, "w-1", THON_CAMERA_DID_HEAL, "onvif-reboot", "began");
        happened(NOON + 10000, "c-2", THON_CAMERA_DID_HEAL, "onvif-reboot", "began");
        happened(NOON + 10200, "c-2", THON_CAMERA_DID_HEAL, "onvif-reboot", "failed: it refuses");
}

START_TEST(the_report_tells_the_worst_first)
{
        make_month();
        _cleanup_json_ json_t *doc = month(NULL);
        _cleanup_free_ char *from = text_of(doc, "from"), *never = text_of(doc, "never"),
                            *healed = text_of(doc, "healed"), *incident = text_of(doc, "incidents"),
                            *devices = text_of(doc, "devices"), *areas = text_of(doc, "areas"),
                            *total = text_of(doc, "total");

        ck_assert_str_eq(from, "\"2026-11-21T19:00:00+07:00\"");
        ck_assert_str_eq(never, "[\"c-3\"]");
        ck_assert_str_eq(
                healed, "[{\"device\":\"w-1\",\"how\":\"power-cycle\",\"at\":\"2026-11-21T21:00:00+07:00\","
                        "\"result\":\"recovered\",\"by\":\"\"},{\"device\":\"w-1\",\"how\":\"onvif-reboot\","
                        "\"at\":\"2026-11-21T21:45:00+07:00\",\"result\":null,\"by\":\"\"},"
                        "{\"device\":\"c-2\",\"how\":\"onvif-reboot\",\"at\":\"2026-11-21T21:46:40+07:00\","
                        "\"result\":\"failed\",\"by\":\"\"}]");
        ck_assert_str_eq(
                incident,
                "[{\"id\":\"camera-sw-1-1\",\"cause\":\"parent\",\"verdict\":\"no-power\",\"root\":\"sw-1\","
                "\"name\":\"Tủ mạng\",\"area\":\"chi-phuc\",\"began\":\"2026-11-21T20:00:00+07:00\","
                "\"ended\":\"2026-11-22T02:00:00+07:00\",\"minutes\":360,\"most\":1,"
                "\"text\":\"Tủ mạng: mất điện\"}]");
        ck_assert_msg(strncmp(devices, "[{\"id\":\"c-3\",", 13) == 0, "%s", devices);
        ck_assert_msg(strstr(devices,
                             "{\"id\":\"c-1\",\"name\":\"c-1\",\"area\":\"ngo-dong\",\"kind\":\"camera\","
                             "\"uptime\":0.75,\"up\":64800,\"warned\":0,\"down\":21600,\"maintenance\":0,"
                             "\"unknown\":0,\"failures\":1,\"longest\":21600}"),
                      "%s", devices);
        ck_assert_ptr_null(strstr(devices, "dien"));
        /* A hamlet counts its lanes, the commune its hamlets. */
        ck_assert_uint_eq(json_array_size(json_object_get(doc, "areas")), 4);
        ck_assert_msg(strstr(areas,
                             "{\"id\":\"chi-phuc\",\"name\":\"Thôn Chí Phúc\",\"parent\":\"thuong-xuan\","
                             "\"uptime\":0.75,"),
                      "%s", areas);
        ck_assert_msg(strstr(areas, "\"kinds\":{\"camera\":{\"devices\":2,\"uptime\":0.5},\"access-point\":"
                                    "{\"devices\":1,\"uptime\":1.0}}"),
                      "%s", areas);
        ck_assert_msg(strstr(total, "\"devices\":5") && strstr(total, "\"failures\":1,"), "%s", total);
}
END_TEST

START_TEST(a_report_of_an_area_is_of_what_lies_in_it)
{
        make_month();
        _cleanup_json_ json_t *doc = month("chi-phuc"), *other = month("hong-ky");
        _cleanup_free_ char *never = text_of(doc, "never"), *healed = text_of(doc, "healed"),
                            *devices = text_of(doc, "devices"), *incident = text_of(doc, "incidents");

        ck_assert_str_eq(never, "[]");
        ck_assert_str_eq(healed, "[]");
        ck_assert_msg(strncmp(devices, "[{\"id\":\"c-1\",", 13) == 0, "%s", devices);
        ck_assert_uint_eq(json_array_size(json_object_get(doc, "devices")), 1);
        ck_assert_msg(strstr(incident, "camera-sw-1-1"), "%s", incident);
        ck_assert_uint_eq(json_array_size(json_object_get(other, "incidents")), 0);
        ck_assert_uint_eq(json_array_size(json_object_get(other, "devices")), 3);
}
END_TEST

START_TEST(a_report_of_nothing_is_empty)
{
        _cleanup_json_ json_t *doc = month(NULL);
        _cleanup_free_ char *total = text_of(doc, "total");

        ck_assert_msg(strstr(total, "\"uptime\":null"), "%s", total);
        ck_assert_uint_eq(json_array_size(json_object_get(doc, "devices")), 0);
        ck_assert_uint_eq(json_array_size(json_object_get(doc, "areas")), 0);
}
END_TEST

/* A former district for a month: what the console waits for. */
START_TEST(a_district_is_reported_within_seconds)
{
        must_do(thon_store_begin(store));
        must_do(thon_sql_exec(
                store, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2700)"
                       " INSERT INTO device (id, kind, name, area, config) SELECT 'c-' || i, 'camera',"
                       " 'c', 'chi-phuc', '{\"url\":\"rtsp://10.0.0.9/s\"}' FROM n"));
        must_do(thon_sql_exec(store,
                              "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59)"
                              " INSERT INTO camera_history (at, device, what, value, detail, by, seconds)"
                              " SELECT 1795262400 + i * 1440, device.id, 'verdict',"
                              " CASE i % 2 WHEN 0 THEN 'ok' ELSE 'hung' END, '', '', 0 FROM device, n"));
        must_do(thon_store_commit(store));
        must_do(thon_camera_watching(store, at(NOON), at(NOON + DAY)));
        double began = monotonic();
        _cleanup_json_ json_t *doc = month(NULL);
        double took = monotonic() - began;
        printf("report of 2,700 cameras, 162,000 changes: %.0f ms\n", took * 1000);
        ck_assert(took < 20);
        ck_assert_double_eq_tol(json_real_value(json_object_get(json_object_get(doc, "total"), "uptime")),
                                0.5, 1e-9);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_store");
        TCase *tc = tcase_create("store");

        tcase_add_checked_fixture(tc, make, store_drop);
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, a_state_outlives_a_restart_whole);
        tcase_add_test(tc, a_state_is_replaced_not_doubled);
        tcase_add_test(tc, what_a_newer_version_wrote_or_a_disk_damaged_does_not_stop_the_others);
        tcase_add_test(tc, a_walk_ends_where_it_is_told_to);
        tcase_add_test(tc, the_history_is_told_newest_first_or_as_it_went);
        tcase_add_test(tc, a_row_of_history_has_all_that_was_said);
        tcase_add_test(tc, uptime_goes_by_history_and_watch);
        tcase_add_test(tc, spans_of_watching_may_overlap_when_the_clock_was_set_back);
        tcase_add_test(tc, pruning_keeps_how_a_device_stood);
        tcase_add_test(tc, an_incident_is_kept_with_those_it_holds_down);
        tcase_add_test(tc, an_incident_that_stands_is_never_pruned);
        tcase_add_test(tc, learned_groups_come_and_go);
        tcase_add_test(tc, old_pictures_go_but_never_the_newest_of_a_kind);
        tcase_add_test(tc, the_oldest_go_first_when_there_are_too_many_bytes);
        tcase_add_test(tc, a_file_that_could_not_be_removed_keeps_its_row);
        tcase_add_test(tc, events_of_cameras_wait_in_an_outbox_of_their_own);
        tcase_add_test(tc, the_report_tells_the_worst_first);
        tcase_add_test(tc, a_report_of_an_area_is_of_what_lies_in_it);
        tcase_add_test(tc, a_report_of_nothing_is_empty);
        tcase_add_test(tc, a_district_is_reported_within_seconds);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}
