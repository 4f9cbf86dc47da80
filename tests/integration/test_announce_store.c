/* What announced keeps: stories of announcements and airings, what damage, hostile values and a full disk leave of them, and that the audit
 * log tells of all of it. */
#include <math.h>
#include <sys/resource.h>

#include "store_fixture.h"
#include "thon/announce_store.h"
#include "thon/event_store.h"
#include "thon/light.h"

#define MONDAY 1795392000 /* 2026-11-23T00:00:00Z */

static struct thon_store *store;

static void make(void)
{
        scratch_make();
        store = must_open(THON_STORE_CREATE);
}

static void drop(void)
{
        store = thon_store_close(store);
        scratch_remove();
}

static struct thon_wall at(int64_t s)
{
        return (struct thon_wall){MONDAY + s};
}

/* Texts are copies, so that thon_announcement_done() is at home with it. */
static struct thon_announcement bulletin(const char *id)
{
        struct thon_announcement a = {
                .class = THON_CLASS_PRIORITY,
                .title = strdup("Lịch tiêm phòng"),
                .text = strdup("Sáng mai, 24/11, trạm y tế tiêm phòng dại cho chó, mèo."),
                .n_zones = 2,
                .zones = calloc(2, sizeof(*a.zones)),
                .schedule = {.kind = THON_AIR_ONCE, .at = at(3600)},
                .expires = THON_WALL_NEVER,
                .late_s = -1,
                .chime = true,
                .by = strdup("can-bo-nga"),
                .submitted = at(0),
                .approved = THON_WALL_NEVER,
                .ended = THON_WALL_NEVER,
                .planned = THON_WALL_NEVER};

        (void)snprintf(a.id, sizeof(a.id), "%s", id);
        (void)snprintf(a.zones[0], sizeof(a.zones[0]), "thon-4");
        (void)snprintf(a.zones[1], sizeof(a.zones[1]), "cum-bac");
        return a;
}

static void added(const char *id)
{
        struct thon_announcement a = bulletin(id);

        must(thon_announcement_add(store, &a, "can-bo-nga", at(0)));
        thon_announcement_done(&a);
}

static int64_t aired(const char *announcement, const char *zone, int64_t due)
{
        const struct thon_airing_row row = {.announcement = announcement,
                                            .zone = zone,
                                            .class = THON_CLASS_PRIORITY,
                                            .due = at(due),
                                            .began = THON_WALL_NEVER,
                                            .ended = THON_WALL_NEVER,
                                            .level_db = (double)NAN,
                                            .returned_db = (double)NAN,
                                            .by = "can-bo-nga"};
        int64_t serial;

        must(thon_airing_add(store, &row, &serial));
        return serial;
}

static void expect_sound_log(void)
{
        struct thon_audit_result result;

        must(thon_audit_verify(store, NULL, &result));
}

START_TEST(an_announcement_comes_back_as_it_was_kept)
{
        struct thon_announcement a = bulletin("a-20261123-1"), got = {.n_zones = 0};

        a.schedule =
                (struct thon_air_schedule){.kind = THON_AIR_CALENDAR, .from = INT32_MIN, .until = 20800};
        a.schedule.n_days = 3;
        a.schedule.days = calloc(3, sizeof(*a.schedule.days));
        a.schedule.days[0] = (struct thon_days){.kind = THON_DAYS_WEEKDAYS, .weekdays = 0x11, .nth = 0x101};
        a.schedule.days[1] = (struct thon_days){.kind = THON_DAYS_LUNAR, .n = 1};
        a.schedule.days[1].lunar = calloc(1, sizeof(struct thon_lunar_range));
        a.schedule.days[1].lunar[0] = (struct thon_lunar_range){{15, 6, true}, {15, 6, true}};
        a.schedule.days[2] = (struct thon_days){.kind = THON_DAYS_TET, .tet_from = -3, .tet_to = 5};
        a.schedule.n_except = 1;
        a.schedule.except = calloc(1, sizeof(*a.schedule.except));
        a.schedule.except[0] = (struct thon_days){.kind = THON_DAYS_DATES, .n = 1};
        a.schedule.except[0].dates = calloc(1, sizeof(struct thon_date_range));
        a.schedule.except[0].dates[0] = (struct thon_date_range){{2026, 12, 24}, {2027, 1, 2}};
        a.schedule.n_times = 2;
        a.schedule.times[0] = 5 * 60 + 30;
        a.schedule.times[1] = 17 * 60;
        a.resume = THON_RESUME_DROP;
        a.exercise = true;
        a.reading =
                strdup("Sáng mai, ngày hai mươi tư tháng mười một, trạm y tế tiêm phòng dại cho chó, mèo.");
        a.expires = at(86400);
        a.late_s = 600;
        must(thon_announcement_add(store, &a, "can-bo-nga", at(0)));
        must(thon_announcement_get(store, a.id, &got));

        ck_assert_str_eq(got.id, a.id);
        ck_assert_int_eq(got.class, THON_CLASS_PRIORITY);
        ck_assert_str_eq(got.title, a.title);
        ck_assert_str_eq(got.text, a.text);
        ck_assert_str_eq(got.reading, a.reading);
        ck_assert_ptr_null(got.media);
        ck_assert_uint_eq(got.n_zones, 2);
        ck_assert_str_eq(got.zones[1], "cum-bac");
        ck_assert_int_eq(got.schedule.kind, THON_AIR_CALENDAR);
        ck_assert_uint_eq(got.schedule.n_days, 3);
        ck_assert_int_eq(got.schedule.days[0].weekdays, 0x11);
        ck_assert_int_eq(got.schedule.days[0].nth, 0x101);
        ck_assert_int_eq(got.schedule.days[1].lunar[0].from.day, 15);
        ck_assert(got.schedule.days[1].lunar[0].to.leap);
        ck_assert_int_eq(got.schedule.days[2].tet_from, -3);
        ck_assert_int_eq(got.schedule.days[2].tet_to, 5);
        ck_assert_int_eq(got.schedule.except[0].dates[0].to.year, 2027);
        ck_assert_int_eq(got.schedule.from, INT32_MIN);
        ck_assert_int_eq(got.schedule.until, 20800);
        ck_assert_uint_eq(got.schedule.n_times, 2);
        ck_assert_int_eq(got.schedule.times[1], 17 * 60);
        ck_assert_int_eq(got.resume, THON_RESUME_DROP);
        ck_assert(got.chime && got.exercise && !got.lamps);
        ck_assert_int_eq(got.expires.s, a.expires.s);
        ck_assert_int_eq(got.late_s, 600);
        ck_assert_int_eq(got.state, THON_ANNOUNCE_SUBMITTED);
        ck_assert_str_eq(got.by, "can-bo-nga");
        ck_assert_ptr_null(got.approved_by);
        ck_assert_int_eq(got.approved.s, INT64_MAX);
        ck_assert_int_eq(got.planned.s, INT64_MAX);
        thon_announcement_done(&a);
        thon_announcement_done(&got);
}
END_TEST

START_TEST(an_id_is_added_once_and_put_when_it_is_there)
{
        struct thon_announcement a = bulletin("a-20261123-1"), got = {.n_zones = 0};

        ck_assert_int_eq(thon_announcement_put(store, &a, "announce-edit", "x", at(0)),
                         THON_STORE_NOT_FOUND);
        must(thon_store_begin(store));
        must(thon_announcement_add(store, &a, "can-bo-nga", at(0)));
        ck_assert_int_eq(thon_announcement_add(store, &a, "can-bo-nga", at(1)), THON_STORE_EXISTS);
        must(thon_announcement_planned(store, a.id, at(3600)));
        must(thon_store_commit(store));
        must(thon_announcement_get(store, a.id, &got));
        ck_assert_int_eq(got.planned.s, at(3600).s);
        ck_assert_int_eq(thon_announcement_planned(store, "a-20261123-2", at(0)), THON_STORE_NOT_FOUND);
        ck_assert_int_eq(thon_announcement_get(store, "a-20261123-2", &got), THON_STORE_NOT_FOUND);
        thon_announcement_done(&got);
        thon_announcement_done(&a);
}
END_TEST

static int remember(const struct thon_audit_row *row, void *userdata)
{
        (void)snprintf(userdata, 1024, "%s|%s|%s|%s", row->actor, row->action, row->object, row->detail);
        return 0;
}

START_TEST(the_log_says_who_changed_what_and_holds_no_text)
{
        struct thon_announcement a = bulletin("a-20261123-1");
        char last[1024] = "";

        must(thon_announcement_add(store, &a, "can-bo-nga", at(0)));
        must(thon_audit_each(store, 0, remember, last));
        ck_assert_ptr_nonnull(strstr(last, "can-bo-nga|announce-submit|a-20261123-1|"));
        ck_assert_ptr_nonnull(strstr(last, "\"zones\":[\"thon-4\",\"cum-bac\"]"));
        ck_assert_ptr_null(strstr(last, "tiêm phòng"));

        a.reading = strdup("Sáng mai trạm y tế tiêm phòng dại.");
        must(thon_announcement_put(store, &a, "announce-edit", "truong-thon", at(60)));
        must(thon_audit_each(store, 0, remember, last));
        ck_assert_ptr_nonnull(strstr(last, "truong-thon|announce-edit|"));
        ck_assert_ptr_nonnull(strstr(last, "\"changed\":[\"reading\"]"));

        a.state = THON_ANNOUNCE_APPROVED;
        a.approved_by = strdup("chu-tich-an");
        a.approved = at(90);
        must(thon_announcement_put(store, &a, "announce-approve", "chu-tich-an", at(90)));
        must(thon_audit_each(store, 0, remember, last));
        ck_assert_ptr_nonnull(strstr(last, "chu-tich-an|announce-approve|"));
        ck_assert_ptr_nonnull(strstr(last, "\"was\":\"submitted\""));
        ck_assert_ptr_nonnull(strstr(last, "\"approved_by\":\"chu-tich-an\",\"by\":\"can-bo-nga\""));
        ck_assert_ptr_null(strstr(last, "changed"));
        expect_sound_log();
        thon_announcement_done(&a);
}
END_TEST

struct ids {
        char text[2000];
        bool end;
};

static int collect(const struct thon_announcement *a, void *userdata)
{
        struct ids *ids = userdata;
        size_t n = strlen(ids->text);

        (void)snprintf(ids->text + n, sizeof(ids->text) - n, "%s ", a->id);
        /* A visitor may write: here it ends each one that it is given. */
        if (ids->end) {
                struct thon_announcement b = {.n_zones = 0};

                must(thon_announcement_copy(a, &b));
                b.state = THON_ANNOUNCE_DONE;
                b.ended = at(7200);
                must(thon_announcement_put(store, &b, "announce-done", "thon-announced", at(7200)));
                thon_announcement_done(&b);
        }
        return 0;
}

START_TEST(lists_begin_with_the_newest_and_leave_out_what_is_closed)
{
        struct ids all = {.text = ""}, open = {.text = "", .end = true}, none = {.text = ""},
                   two = {.text = ""};

        for (int i = 1; i <= 11; i++) {
                thon_slug id;

                must(thon_announcement_id(store, (struct thon_date){2026, 11, 23}, id));
                added(id);
        }
        added("cap-nchmf-17");
        must(thon_announcements(store, false, 0, collect, &all));
        ck_assert_ptr_nonnull(strstr(all.text, "cap-nchmf-17 a-20261123-11 a-20261123-10 a-20261123-9 "));
        must(thon_announcements(store, true, 2, collect, &two));
        ck_assert_str_eq(two.text, "cap-nchmf-17 a-20261123-11 ");
        must(thon_announcements(store, true, 0, collect, &open));
        ck_assert_str_eq(open.text, all.text);
        must(thon_announcements(store, true, 0, collect, &none));
        ck_assert_str_eq(none.text, "");
}
END_TEST

START_TEST(an_id_is_free_whatever_stands_beside_it)
{
        thon_slug id;

        added("a-20261123-2");
        added("a-20261123-bao");
        added("a-20261123-10");
        added("a-20261124-99");
        must(thon_announcement_id(store, (struct thon_date){2026, 11, 23}, id));
        ck_assert_str_eq(id, "a-20261123-11");
        must(thon_announcement_id(store, (struct thon_date){2026, 11, 25}, id));
        ck_assert_str_eq(id, "a-20261125-1");
}
END_TEST

static int serials(const struct thon_airing_row *row, void *userdata)
{
        struct ids *ids = userdata;
        size_t n = strlen(ids->text);

        (void)snprintf(ids->text + n, sizeof(ids->text) - n, "%" PRId64 " ", row->serial);
        if (ids->end) {
                struct thon_airing_row ended = *row;

                ended.ended = at(9000);
                ended.state = THON_AIRING_DROPPED;
                ended.reason = THON_AIR_MISSED;
                must(thon_airing_put(store, &ended));
        }
        return 0;
}

static const char *listed(struct thon_airing_span span)
{
        static struct ids ids;

        ids = (struct ids){.text = ""};
        must(thon_airings(store, &span, serials, &ids));
        return ids.text;
}

START_TEST(airings_are_found_by_time_zone_and_announcement)
{
        added("a-20261123-1");
        for (int i = 0; i < 3; i++) {
                ck_assert_int_eq(aired("a-20261123-1", "thon-4", 3600 - 600 * i), 2 * i + 1);
                ck_assert_int_eq(aired("a-20261123-2", "thon-5", 3600 - 600 * i), 2 * i + 2);
        }
        ck_assert_str_eq(listed((struct thon_airing_span){.oldest_first = true}), "5 6 3 4 1 2 ");
        ck_assert_str_eq(listed((struct thon_airing_span){.limit = 3}), "2 1 4 ");
        ck_assert_str_eq(listed((struct thon_airing_span){.zone = "thon-5"}), "2 4 6 ");
        ck_assert_str_eq(
                listed((struct thon_airing_span){.announcement = "a-20261123-1", .oldest_first = true}),
                "5 3 1 ");
        ck_assert_str_eq(listed((struct thon_airing_span){.from = at(3000), .to = at(3600)}), "4 3 ");
        ck_assert_str_eq(listed((struct thon_airing_span){.announcement = "a-20261123-1", .zone = "thon-5"}),
                         "");
}
END_TEST

START_TEST(what_was_open_at_a_restart_is_found_and_ended_in_one_walk)
{
        struct ids ids = {.text = "", .end = true};

        for (int i = 0; i < 5; i++)
                (void)aired("a-20261123-1", "thon-4", 60 * i);
        store = thon_store_close(store);
        store = must_open(THON_STORE_WRITE);
        must(thon_airings(store, &(struct thon_airing_span){.open = true, .oldest_first = true}, serials,
                          &ids));
        ck_assert_str_eq(ids.text, "1 2 3 4 5 ");
        ck_assert_str_eq(listed((struct thon_airing_span){.open = true}), "");
        ck_assert_int_eq(aired("a-20261123-1", "thon-4", 0), 6);
}
END_TEST

static int same_airing(const struct thon_airing_row *row, void *userdata)
{
        const struct thon_airing_row *want = userdata;

        ck_assert_str_eq(row->title, "Lịch tiêm phòng");
        ck_assert_int_eq(row->began.s, want->began.s);
        ck_assert_int_eq(row->state, want->state);
        ck_assert_int_eq(row->reason, want->reason);
        ck_assert_int_eq(row->seconds_ms, want->seconds_ms);
        ck_assert_double_eq(row->level_db, want->level_db);
        ck_assert(isnan(row->returned_db));
        ck_assert_str_eq(row->proof, want->proof);
        ck_assert_str_eq(row->audio, want->audio);
        ck_assert_int_eq(row->audio_size, want->audio_size);
        ck_assert_str_eq(row->audio_sha256, want->audio_sha256);
        ck_assert_str_eq(row->by, want->by);
        return 77;
}

START_TEST(how_an_airing_ended_is_kept_and_logged_once)
{
        struct thon_airing_row row = {
                .serial = 1,
                .announcement = "a-20261123-1",
                .zone = "thon-4",
                .class = THON_CLASS_PRIORITY,
                .due = at(3600),
                .began = at(3602),
                .ended = at(3640),
                .state = THON_AIRING_AIRED,
                .reason = THON_AIR_NO_REASON,
                .seconds_ms = 37800,
                .position_ms = 37800,
                .level_db = -17.5,
                .returned_db = (double)INFINITY, /* of nonsense nothing is kept */
                .proof = "silent",
                .audio = "2026/a-20261123-1-1.opus",
                .audio_size = 151200,
                .audio_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                .by = "can-bo-nga, chu-tich-an",
        };
        char last[1024] = "";

        added("a-20261123-1");
        (void)aired("a-20261123-1", "thon-4", 3600);
        must(thon_airing_put(store, &row));
        must(thon_airing_put(store, &row)); /* told twice, after a restart */
        ck_assert_int_eq(thon_airings(store, &(struct thon_airing_span){.limit = 1}, same_airing, &row), 77);
        must(thon_audit_each(store, 0, remember, last));
        ck_assert_ptr_nonnull(strstr(last, "thon-announced|announce-aired|airing:1|"));
        ck_assert_ptr_nonnull(strstr(last, row.audio_sha256));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit"), 2);
        row.serial = 2;
        ck_assert_int_eq(thon_airing_put(store, &row), THON_STORE_NOT_FOUND);
        expect_sound_log();
}
END_TEST

START_TEST(what_never_sounded_costs_the_log_nothing_but_an_emergency_does)
{
        struct thon_airing_row row = {.serial = 1,
                                      .announcement = "a-20261123-1",
                                      .zone = "thon-4",
                                      .due = at(3600),
                                      .began = THON_WALL_NEVER,
                                      .ended = at(9000),
                                      .state = THON_AIRING_DROPPED,
                                      .reason = THON_AIR_QUIET};

        (void)aired("a-20261123-1", "thon-4", 3600);
        (void)aired("a-20261123-1", "thon-4", 3600);
        must(thon_airing_put(store, &row));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit"), 0);
        row.serial = 2;
        row.class = THON_CLASS_EMERGENCY;
        must(thon_airing_put(store, &row));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit"), 1);
}
END_TEST

START_TEST(events_wait_for_the_broker_in_an_outbox_of_their_own)
{
        int64_t serial;

        must(thon_event_push(store, THON_EVENT_ANNOUNCE, "event/announce-silent", "{}", &serial));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM announce_event"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM camera_event"), 0);
        must(thon_event_done(store, THON_EVENT_ANNOUNCE, serial));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM announce_event"), 0);
}
END_TEST

/* ---- faults ---- */

static int collect_fault(const struct thon_zone_fault_row *row, void *userdata)
{
        struct ids *ids = userdata;
        size_t n = strlen(ids->text);

        (void)snprintf(ids->text + n, sizeof(ids->text) - n, "%s/%s/%s%s ", row->zone, row->fault,
                       row->detail, row->ended.s == INT64_MAX ? "!" : "");
        return 0;
}

START_TEST(a_fault_is_one_row_from_its_beginning_to_its_end)
{
        struct ids now = {.text = ""}, later = {.text = ""}, before = {.text = ""};

        must(thon_zone_fault(store, "thon-4", "silent", "dây đứt", at(100), THON_WALL_NEVER));
        must(thon_zone_fault(store, "thon-5", "stuck", "", at(200), THON_WALL_NEVER));
        must(thon_zone_fault(store, "thon-4", "silent", "dây đứt", at(100), at(300)));
        ck_assert_int_eq(thon_zone_fault(store, "thon-4", "mất điện", "", at(1), at(2)), THON_STORE_INVALID);
        must(thon_zone_faults(store, at(0), at(1000), collect_fault, &now));
        ck_assert_str_eq(now.text, "thon-4/silent/dây đứt thon-5/stuck/! ");
        must(thon_zone_faults(store, at(301), at(1000), collect_fault, &later));
        ck_assert_str_eq(later.text, "thon-5/stuck/! ");
        must(thon_zone_faults(store, at(0), at(100), collect_fault, &before));
        ck_assert_str_eq(before.text, "");
}
END_TEST

/* ---- alerts ---- */

static void alert(const char *identifier, bool taken, const char *xml)
{
        const struct thon_cap_row row = {.sender = "nchmf@example.vn",
                                         .identifier = identifier,
                                         .origin = "inbox/bao-9.xml",
                                         .signer = "",
                                         .announcement = taken ? "cap-1" : "",
                                         .reason = taken ? "" : "unsigned",
                                         .sent = at(0),
                                         .received = at(5),
                                         .expires = at(7200),
                                         .taken = taken};

        must(thon_cap_add(store, &row, xml, strlen(xml)));
}

static int collect_cap(const struct thon_cap_row *row, void *userdata)
{
        struct ids *ids = userdata;
        size_t n = strlen(ids->text);

        (void)snprintf(ids->text + n, sizeof(ids->text) - n, "%s%s%s ", row->identifier,
                       row->taken ? "+" : "-", row->over ? "over" : "");
        return 0;
}

START_TEST(alerts_are_kept_with_their_bytes_and_a_forged_twin_ends_nothing)
{
        struct ids ids = {.text = ""};

        alert("bao-9", false, "<alert>forged</alert>");
        alert("bao-9", true, "<alert>genuine</alert>");
        must(thon_cap_over(store, "nchmf@example.vn", "bao-9", at(0)));
        must(thon_cap_over(store, "nchmf@example.vn", "bao-10", at(0)));
        must(thon_caps(store, 0, collect_cap, &ids));
        ck_assert_str_eq(ids.text, "bao-9+over bao-9- ");
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM cap_alert WHERE xml LIKE '%genuine%'"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit WHERE action = 'announce-cap'"), 1);
        expect_sound_log();
}
END_TEST

START_TEST(a_flood_of_refused_alerts_does_not_fill_the_card)
{
        alert("bao-9", true, "<alert>genuine</alert>");
        must(thon_store_begin(store));
        for (int i = 0; i < 1300; i++) {
                char identifier[20];

                (void)snprintf(identifier, sizeof(identifier), "rac-%d", i);
                alert(identifier, false, "<alert>rubbish</alert>");
        }
        must(thon_store_commit(store));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM cap_alert WHERE taken = 0"), 1000);
        ck_assert_int_eq(
                integer(store, "SELECT count(*) FROM cap_alert WHERE taken = 0 AND xml IS NOT NULL"), 50);
        ck_assert_int_eq(
                integer(store, "SELECT count(*) FROM cap_alert WHERE taken = 1 AND xml IS NOT NULL"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit"), 1);
}
END_TEST

/* ---- PINs ---- */

static const struct thon_actor officer = {.name = "can-bo-nga", .at = {MONDAY}};

static void person(const char *id, const char *name)
{
        const struct thon_field fields[] = {{"name", name}};

        must(thon_registry_add(store, THON_PERSON, id, fields, 1, &officer));
}

static enum thon_pin tried(const char *id, const char *pin, int64_t s)
{
        enum thon_pin result = THON_PIN_NONE;

        must(thon_pin_check(store, id, pin, at(s), &result, NULL));
        return result;
}

START_TEST(a_pin_is_kept_as_a_hash_only_and_answers_with_a_name)
{
        enum thon_pin result;
        char *name = NULL;

        person("chu-tich-an", "Nguyễn Văn An");
        must(thon_pin_set(store, "chu-tich-an", "270519", &officer));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM person_pin WHERE hash LIKE '$y$%'"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit WHERE detail LIKE '%270519%'"), 0);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit WHERE action = 'person.pin'"), 1);
        must(thon_pin_check(store, "chu-tich-an", "270519", at(0), &result, &name));
        ck_assert_int_eq(result, THON_PIN_RIGHT);
        ck_assert_str_eq(name, "Nguyễn Văn An");
        free(name);
        ck_assert_int_eq(tried("chu-tich-an", "270518", 1), THON_PIN_WRONG);
        ck_assert_int_eq(tried("chu-tich-an", "", 1), THON_PIN_WRONG);
        ck_assert_int_eq(tried("chu-tich-an", "270519270519270519", 1), THON_PIN_WRONG);
        ck_assert_int_eq(tried("ai-do", "270519", 1), THON_PIN_NONE);
        must(thon_pin_set(store, "chu-tich-an", NULL, &officer));
        ck_assert_int_eq(tried("chu-tich-an", "270519", 2), THON_PIN_NONE);
        expect_sound_log();
}
END_TEST

START_TEST(a_pin_that_is_guessed_first_is_refused)
{
        static const char *const bad[] = {"",     "123",  "0000", "1234",   "987654",
                                          "12a4", "1111", "4321", "٢٧٠٥١٩", "1234567890123"};

        person("chu-tich-an", "Nguyễn Văn An");
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                ck_assert_msg(thon_pin_set(store, "chu-tich-an", bad[i], &officer) == THON_STORE_INVALID,
                              "%s", bad[i]);
        must(thon_pin_set(store, "chu-tich-an", "1233", &officer));
        ck_assert_int_eq(thon_pin_set(store, "ai-do", "2705", &officer), THON_STORE_NOT_FOUND);
}
END_TEST

START_TEST(five_wrong_ones_lock_it_over_a_restart_and_a_right_one_forgets_them)
{
        person("chu-tich-an", "Nguyễn Văn An");
        must(thon_pin_set(store, "chu-tich-an", "270519", &officer));
        for (int i = 0; i < 4; i++)
                ck_assert_int_eq(tried("chu-tich-an", "111222", i), THON_PIN_WRONG);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 4), THON_PIN_RIGHT);
        for (int i = 0; i < 5; i++) {
                store = thon_store_close(store);
                store = must_open(THON_STORE_WRITE);
                ck_assert_int_eq(tried("chu-tich-an", "111222", 10 + i), THON_PIN_WRONG);
        }
        ck_assert_int_eq(tried("chu-tich-an", "270519", 20), THON_PIN_LOCKED);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 14 + 899), THON_PIN_LOCKED);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 14 + 900), THON_PIN_RIGHT);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM pin_try"), 0);
}
END_TEST

START_TEST(after_a_lock_each_further_wrong_one_locks_again)
{
        person("chu-tich-an", "Nguyễn Văn An");
        must(thon_pin_set(store, "chu-tich-an", "270519", &officer));
        for (int i = 0; i < 5; i++)
                (void)tried("chu-tich-an", "111222", 0);
        ck_assert_int_eq(tried("chu-tich-an", "111222", 900), THON_PIN_WRONG);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 901), THON_PIN_LOCKED);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 1800), THON_PIN_RIGHT);
}
END_TEST

START_TEST(a_clock_that_went_back_does_not_lock_for_years)
{
        person("chu-tich-an", "Nguyễn Văn An");
        must(thon_pin_set(store, "chu-tich-an", "270519", &officer));
        for (int i = 0; i < 5; i++)
                (void)tried("chu-tich-an", "111222", 86400 * 365);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 0), THON_PIN_LOCKED);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 899), THON_PIN_LOCKED);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 900), THON_PIN_RIGHT);
}
END_TEST

START_TEST(on_a_disk_that_takes_nothing_a_warning_is_possible_and_guessing_is_not)
{
        person("chu-tich-an", "Nguyễn Văn An");
        must(thon_pin_set(store, "chu-tich-an", "270519", &officer));
        store = thon_store_close(store);
        store = must_open(THON_STORE_READ);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 0), THON_PIN_RIGHT);
        for (int i = 0; i < 5; i++)
                ck_assert_int_eq(tried("chu-tich-an", "111222", i), THON_PIN_WRONG);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 9), THON_PIN_LOCKED);
}
END_TEST

START_TEST(a_lock_holds_on_a_disk_that_takes_nothing)
{
        person("chu-tich-an", "Nguyễn Văn An");
        must(thon_pin_set(store, "chu-tich-an", "270519", &officer));
        for (int i = 0; i < 5; i++)
                (void)tried("chu-tich-an", "111222", 0);
        store = thon_store_close(store);
        store = must_open(THON_STORE_READ);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 899), THON_PIN_LOCKED);
        ck_assert_int_eq(tried("chu-tich-an", "270519", 900), THON_PIN_RIGHT);
}
END_TEST

static double spent(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
        return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

START_TEST(who_has_no_pin_is_not_told_by_the_time_it_takes)
{
        double known, unknown, began;

        person("chu-tich-an", "Nguyễn Văn An");
        must(thon_pin_set(store, "chu-tich-an", "270519", &officer));
        began = spent();
        (void)tried("chu-tich-an", "111222", 0);
        known = spent() - began;
        began = spent();
        (void)tried("ai-do", "111222", 0);
        unknown = spent() - began;
        ck_assert_msg(unknown > known / 3 && unknown < known * 3, "%.3f s and %.3f s", known, unknown);
}
END_TEST

/* ---- retention, evidence ---- */

static void sounded(int64_t serial, int64_t due, int64_t size)
{
        char file[40];
        const struct thon_airing_row row = {.serial = serial,
                                            .announcement = "a-20261123-1",
                                            .zone = "thon-4",
                                            .due = at(due),
                                            .began = at(due),
                                            .ended = at(due + 60),
                                            .state = THON_AIRING_AIRED,
                                            .seconds_ms = 60000,
                                            .level_db = -16,
                                            .returned_db = (double)NAN,
                                            .audio = file,
                                            .audio_size = size,
                                            .audio_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822"
                                                            "cd15d6c15b0f00a08"};

        (void)snprintf(file, sizeof(file), "%" PRId64 ".opus", serial);
        must(thon_airing_put(store, &row));
}

static int collect_file(const char *audio, void *userdata)
{
        struct ids *ids = userdata;
        size_t n = strlen(ids->text);

        if (ids->end && strstr(audio, "2.opus"))
                return -EIO;
        (void)snprintf(ids->text + n, sizeof(ids->text) - n, "%s ", audio);
        return 0;
}

static size_t pruned(int64_t before, int64_t audio_before, int64_t max, struct ids *ids)
{
        size_t all = 0, n;

        do {
                must(thon_announce_prune(store, at(before), at(audio_before), max, collect_file, ids, &n));
                all += n;
        } while (n > 0);
        return all;
}

START_TEST(sound_goes_first_by_age_and_size_and_its_digest_stays)
{
        struct ids ids = {.text = ""};

        added("a-20261123-1");
        for (int i = 0; i < 6; i++) {
                (void)aired("a-20261123-1", "thon-4", 86400 * i);
                if (i < 5)
                        sounded(i + 1, 86400 * i, 1000);
        }
        ck_assert_uint_eq(pruned(-1, 86400, INT64_MAX, &ids), 1);
        ck_assert_str_eq(ids.text, "1.opus ");
        ids.text[0] = '\0';
        ck_assert_uint_eq(pruned(-1, 86400, 2500, &ids), 2);
        ck_assert_str_eq(ids.text, "2.opus 3.opus ");
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM airing WHERE audio_sha256 <> ''"), 5);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM airing"), 6);
}
END_TEST

START_TEST(a_file_that_cannot_be_removed_keeps_its_row)
{
        struct ids ids = {.text = "", .end = true};
        size_t n;

        added("a-20261123-1");
        for (int i = 0; i < 3; i++) {
                (void)aired("a-20261123-1", "thon-4", i);
                sounded(i + 1, i, 1000);
        }
        ck_assert_int_eq(thon_announce_prune(store, at(9999), at(9999), 0, collect_file, &ids, &n), -EIO);
        ck_assert_str_eq(ids.text, "1.opus ");
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM airing WHERE audio <> ''"), 2);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM airing"), 3);
}
END_TEST

START_TEST(what_is_over_goes_and_what_waits_stays)
{
        struct thon_announcement a = bulletin("a-20261123-1");
        struct ids ids = {.text = ""};

        must(thon_announcement_add(store, &a, "can-bo-nga", at(0)));
        added("a-20261123-2"); /* waits */
        must(thon_store_begin(store));
        for (int i = 0; i < 450; i++) {
                (void)aired("a-20261123-1", "thon-4", i);
                sounded(i + 1, i, 10);
        }
        (void)aired("a-20261123-2", "thon-4", 0); /* is open still */
        must(thon_store_commit(store));
        must(thon_zone_fault(store, "thon-4", "silent", "", at(1), at(2)));
        must(thon_zone_fault(store, "thon-4", "player", "", at(1), THON_WALL_NEVER));
        alert("bao-9", true, "<alert/>");
        a.state = THON_ANNOUNCE_DONE;
        a.ended = at(100);
        must(thon_announcement_put(store, &a, "announce-done", "thon-announced", at(100)));
        (void)pruned(7201, 7201, INT64_MAX, &ids);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM airing"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM zone_fault"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM cap_alert"), 0);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM announcement"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM announcement WHERE id = 'a-20261123-2'"), 1);
        expect_sound_log();
        thon_announcement_done(&a);
}
END_TEST

static size_t count(const json_t *pack, const char *member)
{
        return json_array_size(json_object_get(pack, member));
}

START_TEST(evidence_has_who_answers_and_the_log_from_before_it_to_its_head)
{
        struct thon_audit_result result;
        const json_t *audit, *row;
        json_t *pack = NULL;

        person("chu-tich-an", "Nguyễn Văn An");
        person("can-bo-nga", "Trần Thị Nga");
        added("a-20261123-1");
        (void)aired("a-20261123-1", "thon-4", 3600);
        sounded(1, 3600, 1000);
        (void)aired("a-20261123-1", "thon-4", 99999); /* after the span */
        alert("bao-9", true, "<alert>Bão số 9</alert>");
        must(thon_zone_fault(store, "thon-4", "silent", "dây đứt", at(100), at(300)));
        must(thon_announce_evidence(store, at(3000), at(4000), &pack));

        ck_assert_uint_eq(count(pack, "announcements"), 1);
        ck_assert_uint_eq(count(pack, "airings"), 1);
        ck_assert_uint_eq(count(pack, "faults"), 0);
        row = json_array_get(json_object_get(pack, "airings"), 0);
        ck_assert_str_eq(json_string_value(json_object_get(row, "audio")), "1.opus");
        ck_assert_str_eq(json_string_value(json_object_get(row, "due")), "2026-11-23T01:00:00Z");
        audit = json_object_get(json_object_get(pack, "audit"), "rows");
        ck_assert_uint_eq(json_array_size(audit), 4); /* the person before it, submitted, aired, the alert */
        ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(audit, 0), "id")), 2);
        must(thon_audit_verify(store, NULL, &result));
        ck_assert_str_eq(json_string_value(json_object_get(json_object_get(pack, "audit"), "head")),
                         result.head);
        json_decref(pack);
        must(thon_announce_evidence(store, at(-9000), at(-8000), &pack));
        ck_assert_uint_eq(count(pack, "airings"), 0);
        ck_assert_uint_eq(count(json_object_get(pack, "audit"), "rows"), 1);
        json_decref(pack);
}
END_TEST

/* ---- trouble ---- */

START_TEST(hostile_values_are_refused_and_leave_nothing)
{
        static const char *const what[] = {"slug", "zone", "text", "utf8", "name"};

        for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
                struct thon_announcement a = bulletin("a-20261123-1");

                if (i == 0)
                        (void)snprintf(a.id, sizeof(a.id), "../x");
                if (i == 1)
                        (void)snprintf(a.zones[1], sizeof(a.zones[1]), "thôn 4");
                if (i == 2 || i == 4) {
                        char **text = i == 2 ? &a.text : &a.by;

                        free(*text);
                        *text = calloc(1, 20001);
                        memset(*text, 'x', 20000);
                }
                if (i == 3) {
                        free(a.text);
                        a.text = strdup("bom \xC3\x28");
                }
                ck_assert_msg(thon_announcement_add(store, &a, "x", at(0)) == THON_STORE_INVALID, "%s",
                              what[i]);
                thon_announcement_done(&a);
        }
        {
                const struct thon_airing_row row = {
                        .announcement = "a-1", .zone = "thon-4", .audio = "../../thon.db"};
                int64_t serial;

                ck_assert_int_eq(thon_airing_add(store, &row, &serial), THON_STORE_INVALID);
        }
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM announcement"), 0);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM airing"), 0);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit"), 0);
}
END_TEST

START_TEST(one_damaged_form_hides_no_other_and_makes_no_sound)
{
        static const char *const bad[] = {"{}", "{\"zones\":7}", "{\"class\":\"loud\"}", "{nonsense}",
                                          "{\"schedule\":{\"kind\":99}}"};

        added("a-20261123-1");
        added("a-20261123-2");
        added("a-20261123-3");
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                struct thon_announcement got = {.n_zones = 0};
                struct ids ids = {.text = ""};

                must(thon_sql_do(store, "UPDATE announcement SET form = ?1 WHERE id = 'a-20261123-2'",
                                 SQL_TEXT(bad[i])));
                ck_assert_int_eq(thon_announcement_get(store, "a-20261123-2", &got), THON_STORE_CORRUPT);
                ck_assert_int_eq(thon_announcements(store, true, 0, collect, &ids), THON_STORE_CORRUPT);
                ck_assert_ptr_nonnull(strstr(thon_store_message(store), "a-20261123-2"));
                ck_assert_str_eq(ids.text, "a-20261123-3 a-20261123-1 ");
        }
}
END_TEST

START_TEST(on_a_full_disk_nothing_is_half_written_and_the_station_goes_on_after_it)
{
        struct thon_announcement a = bulletin("a-20261123-9");
        enum thon_pin result;
        int n = 0, r = 0;

        person("chu-tich-an", "Nguyễn Văn An");
        must(thon_pin_set(store, "chu-tich-an", "270519", &officer));
        added("a-20261123-1");
        must(thon_sql_exec(store, "PRAGMA max_page_count = 80"));
        while (r == 0 && n++ < 5000) {
                char identifier[20];

                (void)snprintf(identifier, sizeof(identifier), "bao-%d", n);
                r = thon_cap_add(
                        store,
                        &(struct thon_cap_row){.identifier = identifier, .taken = true, .sent = at(0)},
                        "<alert>Bão</alert>", 19);
        }
        ck_assert_int_eq(r, THON_STORE_FULL);
        /* Of what takes more pages than are left nothing stays, neither its row nor its audit row. */
        free(a.text);
        a.text = calloc(1, 16001);
        memset(a.text, 'x', 16000);
        ck_assert_int_eq(thon_announcement_add(store, &a, "can-bo-nga", at(0)), THON_STORE_FULL);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM announcement"), 1);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM audit WHERE object = 'a-20261123-9'"), 0);
        expect_sound_log();
        must(thon_sql_exec(store, "PRAGMA max_page_count = 100000"));
        must(thon_announcement_add(store, &a, "can-bo-nga", at(0)));
        must(thon_pin_check(store, "chu-tich-an", "270519", at(0), &result, NULL));
        ck_assert_int_eq(result, THON_PIN_RIGHT);
        expect_sound_log();
        thon_announcement_done(&a);
}
END_TEST

static void finding(void *userdata, const char *text)
{
        (void)userdata;
        ck_abort_msg("%s", text);
}

/* Some months of a station at random: what may be said of its store at any moment. */
START_TEST(after_any_course_of_events_the_store_is_sound)
{
        unsigned state = seed();

        person("chu-tich-an", "Nguyễn Văn An");
        must(thon_pin_set(store, "chu-tich-an", "270519", &officer));
        for (int i = 0; i < 400; i++) {
                struct ids ids = {.text = ""};
                thon_slug id;
                int64_t s = (int64_t)i * 7200;

                switch (rand_r(&state) % 6) {
                case 0:
                        must(thon_announcement_id(store, thon_date_of((int32_t)(at(s).s / 86400)), id));
                        added(id);
                        break;
                case 1:
                        (void)aired("a-20261123-1", rand_r(&state) % 2 ? "thon-4" : "thon-5", s);
                        break;
                case 2: {
                        struct ids end = {.text = "", .end = true};

                        must(thon_airings(store, &(struct thon_airing_span){.open = true, .limit = 3},
                                          serials, &end));
                        break;
                }
                case 3: {
                        struct ids end = {.text = "", .end = true};

                        must(thon_announcements(store, true, 2, collect, &end));
                        break;
                }
                case 4:
                        alert("bao-9", rand_r(&state) % 2 == 0, "<alert/>");
                        break;
                default:
                        (void)pruned(s - 86400 * 7, s - 86400, 5000, &ids);
                }
        }
        expect_sound_log();
        must(thon_store_check(store, finding, NULL));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM airing WHERE ended IS NULL AND state NOT IN"
                                        " ('waiting', 'on-air')"),
                         0);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("announce_store");
        TCase *kept = tcase_create("kept"), *air = tcase_create("aired"), *pins = tcase_create("pins"),
              *over = tcase_create("over"), *trouble = tcase_create("trouble");

        tcase_add_checked_fixture(kept, make, drop);
        tcase_add_test(kept, an_announcement_comes_back_as_it_was_kept);
        tcase_add_test(kept, an_id_is_added_once_and_put_when_it_is_there);
        tcase_add_test(kept, the_log_says_who_changed_what_and_holds_no_text);
        tcase_add_test(kept, lists_begin_with_the_newest_and_leave_out_what_is_closed);
        tcase_add_test(kept, an_id_is_free_whatever_stands_beside_it);
        tcase_add_test(kept, events_wait_for_the_broker_in_an_outbox_of_their_own);
        suite_add_tcase(suite, kept);
        tcase_add_checked_fixture(air, make, drop);
        tcase_add_test(air, airings_are_found_by_time_zone_and_announcement);
        tcase_add_test(air, what_was_open_at_a_restart_is_found_and_ended_in_one_walk);
        tcase_add_test(air, how_an_airing_ended_is_kept_and_logged_once);
        tcase_add_test(air, what_never_sounded_costs_the_log_nothing_but_an_emergency_does);
        suite_add_tcase(suite, air);
        tcase_add_test(air, a_fault_is_one_row_from_its_beginning_to_its_end);
        tcase_add_test(air, alerts_are_kept_with_their_bytes_and_a_forged_twin_ends_nothing);
        tcase_add_test(air, a_flood_of_refused_alerts_does_not_fill_the_card);
        tcase_add_checked_fixture(pins, make, drop);
        tcase_set_timeout(pins, 60);
        tcase_add_test(pins, a_pin_is_kept_as_a_hash_only_and_answers_with_a_name);
        tcase_add_test(pins, a_pin_that_is_guessed_first_is_refused);
        tcase_add_test(pins, five_wrong_ones_lock_it_over_a_restart_and_a_right_one_forgets_them);
        tcase_add_test(pins, after_a_lock_each_further_wrong_one_locks_again);
        tcase_add_test(pins, a_clock_that_went_back_does_not_lock_for_years);
        tcase_add_test(pins, on_a_disk_that_takes_nothing_a_warning_is_possible_and_guessing_is_not);
        tcase_add_test(pins, a_lock_holds_on_a_disk_that_takes_nothing);
        tcase_add_test(pins, who_has_no_pin_is_not_told_by_the_time_it_takes);
        suite_add_tcase(suite, pins);
        tcase_add_checked_fixture(over, make, drop);
        tcase_set_timeout(over, 60);
        tcase_add_test(over, sound_goes_first_by_age_and_size_and_its_digest_stays);
        tcase_add_test(over, a_file_that_cannot_be_removed_keeps_its_row);
        tcase_add_test(over, what_is_over_goes_and_what_waits_stays);
        tcase_add_test(over, evidence_has_who_answers_and_the_log_from_before_it_to_its_head);
        suite_add_tcase(suite, over);
        tcase_add_checked_fixture(trouble, make, drop);
        tcase_set_timeout(trouble, 60);
        tcase_add_test(trouble, hostile_values_are_refused_and_leave_nothing);
        tcase_add_test(trouble, one_damaged_form_hides_no_other_and_makes_no_sound);
        tcase_add_test(trouble, on_a_full_disk_nothing_is_half_written_and_the_station_goes_on_after_it);
        tcase_add_test(trouble, after_any_course_of_events_the_store_is_sound);
        suite_add_tcase(suite, trouble);
        return run_suite(suite);
}
