/* The registry as an officer uses it: areas, households, people, groups and devices, one at a time. */
#include "registry_fixture.h"

START_TEST(a_household_is_added_and_shown)
{
        make_commune();
        add(THON_HOUSEHOLD, "CP-001", "chủ hộ", "Nguye\u0302\u0303n  Văn Ân", "thôn", "Thôn Chí Phúc",
            "lane", "ngõ Đông", "house_no", "12", "Điện thoại", "912345678", "members", "4", "lat",
            "19,9931", "lon", "105.6512", "internet", "có", "smartphone", "TRUE", "e-payment", "không",
            "kỹ năng số", "cơ bản");
        is(THON_HOUSEHOLD, "CP-001", "head_name", "\"Nguyễn Văn Ân\"");
        is(THON_HOUSEHOLD, "CP-001", "area", "\"chi-phuc\"");
        is(THON_HOUSEHOLD, "CP-001", "phone", "\"+84912345678\"");
        is(THON_HOUSEHOLD, "CP-001", "members", "4");
        is(THON_HOUSEHOLD, "CP-001", "lat", "19.9931");
        is(THON_HOUSEHOLD, "CP-001", "internet", "true");
        is(THON_HOUSEHOLD, "CP-001", "e_payment", "false");
        is(THON_HOUSEHOLD, "CP-001", "notes", "null");
        is(THON_HOUSEHOLD, "cp-001", "areas",
           "[{\"id\":\"chi-phuc\",\"name\":\"Thôn Chí Phúc\"},{\"id\":\"thuong-xuan\",\"name\":\"Xã Thường "
           "Xuân\"}]");
}
END_TEST

static const struct {
        const char *field, *value, *word;
} wrong_values[] = {
        {"phone", "12", "telephone"},
        {"area", "Thôn Lạ", "Thôn Lạ"},
        {"members", "four", "whole number"},
        {"members", "1001", "0 to 1000"},
        {"members", "-1", "whole number"},
        {"members", "99999999999999999999", "0 to"},
        {"lat", "91", "-90 to 90"},
        {"lat", "1.2.3", "degrees"},
        {"lat", ".", "degrees"},
        {"lat", "19.9", "lon is missing"},
        {"lon", "105", "lat is missing"},
        {"internet", "maybe", "yes nor no"},
        {"head_name", "a\x01", "control"},
        {"head_name", "\xff", "UTF-8"},
        {"nickname", "x", "no field \"nickname\""},
        {"code", "CP-002", "not change"},
};

START_TEST(a_wrong_value_is_refused_by_name)
{
        make_commune();
        int64_t before = audits();
        refused(try_add(THON_HOUSEHOLD, "CP-001", wrong_values[_i].field, wrong_values[_i].value, NULL),
                THON_STORE_INVALID, wrong_values[_i].word);
        ck_assert_str_eq(ids(THON_HOUSEHOLD, NULL, NULL), "");
        ck_assert_int_eq(audits(), before);
}
END_TEST

START_TEST(codes_and_ids_are_checked)
{
        refused(try_add(THON_HOUSEHOLD, "CP 1", NULL), THON_STORE_INVALID, "not a code");
        refused(try_add(THON_HOUSEHOLD, "", NULL), THON_STORE_INVALID, "required");
        refused(try_add(THON_AREA, "Chi-Phuc", "name", "x", NULL), THON_STORE_INVALID, "not an id");
        refused(try_add(THON_AREA, "-a", "name", "x", NULL), THON_STORE_INVALID, "not an id");
        refused(try_add(THON_AREA, "a", NULL), THON_STORE_INVALID, "name is required");
        add(THON_HOUSEHOLD, "CP-1");
        refused(try_add(THON_HOUSEHOLD, "cp-1", NULL), THON_STORE_EXISTS, "exists");
        refused(try_set(THON_HOUSEHOLD, "CP-2", "lane", "x", NULL), THON_STORE_NOT_FOUND, "CP-2");
        refused(try_set(THON_HOUSEHOLD, "CP-1", "lane", "x", "ngõ", "y", NULL), THON_STORE_INVALID, "twice");
        ck_assert_str_eq(ids(THON_HOUSEHOLD, NULL, NULL), "CP-1");
}
END_TEST

START_TEST(a_change_touches_only_what_was_given)
{
        make_commune();
        add(THON_HOUSEHOLD, "CP-1", "head_name", "Lê Thị Bình", "lane", "ngõ Tây", "phone", "0912345678");
        set(THON_HOUSEHOLD, "CP-1", "lane", "ngõ Đông");
        is(THON_HOUSEHOLD, "CP-1", "head_name", "\"Lê Thị Bình\"");
        is(THON_HOUSEHOLD, "CP-1", "lane", "\"ngõ Đông\"");
        set(THON_HOUSEHOLD, "CP-1", "phone", "");
        is(THON_HOUSEHOLD, "CP-1", "phone", "null");
        refused(try_set(THON_AREA, "chi-phuc", "name", " ", NULL), THON_STORE_INVALID, "name is required");
}
END_TEST

START_TEST(every_write_is_in_the_audit_log)
{
        int64_t generation, later;

        must_do(thon_registry_generation(store, &generation));
        add(THON_AREA, "a", "name", "Xã A");
        ck_assert_str_eq(last_audit(), "officer area.add a {\"name\":\"Xã A\"}");
        set(THON_AREA, "a", "name", "Xã B");
        ck_assert_str_eq(last_audit(), "officer area.set a {\"name\":[\"Xã A\",\"Xã B\"]}");
        must_do(thon_registry_generation(store, &later));
        ck_assert_int_eq(later, generation + 2);

        set(THON_AREA, "a", "name", "Xã B");
        must_do(thon_registry_generation(store, &later));
        ck_assert_int_eq(later, generation + 2);

        must_do(thon_registry_remove(store, THON_AREA, "a", &officer));
        ck_assert_ptr_nonnull(strstr(last_audit(), "officer area.remove a {\"id\":\"a\",\"name\":\"Xã B\""));
        must_do(thon_registry_generation(store, &later));
        ck_assert_int_eq(later, generation + 3);
        ck_assert_int_eq(audits(), 3);
}
END_TEST

START_TEST(several_writes_can_be_one)
{
        must_do(thon_store_begin(store));
        add(THON_AREA, "a", "name", "A");
        refused(try_add(THON_AREA, "b", "parent", "nowhere", "name", "B", NULL), THON_STORE_INVALID,
                "nowhere");
        thon_store_rollback(store);
        ck_assert_str_eq(ids(THON_AREA, NULL, NULL), "");

        must_do(thon_store_begin(store));
        add(THON_AREA, "a", "name", "A");
        add(THON_AREA, "b", "parent", "a", "name", "B");
        must_do(thon_store_commit(store));
        ck_assert_str_eq(ids(THON_AREA, NULL, NULL), "a b");
}
END_TEST

START_TEST(areas_make_a_tree)
{
        make_commune();
        refused(try_set(THON_AREA, "thuong-xuan", "parent", "ngo-dong", NULL), THON_STORE_INVALID,
                "in the area itself");
        refused(try_set(THON_AREA, "chi-phuc", "parent", "chi-phuc", NULL), THON_STORE_INVALID,
                "in the area itself");
        is(THON_AREA, "ngo-dong", "areas",
           "[{\"id\":\"ngo-dong\",\"name\":\"Ngõ Đông\"},{\"id\":\"chi-phuc\",\"name\":\"Thôn Chí Phúc\"},"
           "{\"id\":\"thuong-xuan\",\"name\":\"Xã Thường Xuân\"}]");
        ck_assert_str_eq(ids(THON_AREA, "chi-phuc", NULL), "chi-phuc ngo-dong");
        ck_assert_str_eq(ids(THON_AREA, NULL, "hamlet"), "chi-phuc hong-ky");
}
END_TEST

START_TEST(a_tree_has_a_deepest_level)
{
        char id[16], parent[16] = "";
        int r = 0, level;

        for (level = 1; r == 0 && level < 40; level++) {
                (void)snprintf(id, sizeof id, "a%d", level);
                r = try_add(THON_AREA, id, "name", id, "parent", parent, NULL);
                memcpy(parent, id, sizeof id);
        }
        ck_assert_int_eq(r, THON_STORE_INVALID);
        ck_assert_int_eq(level, 18); /* 16 levels stand, the 17th was refused */
}
END_TEST

START_TEST(a_renamed_area_is_known_by_its_old_name)
{
        make_commune();
        add(THON_HOUSEHOLD, "CP-1", "area", "chi-phuc", "head_name", "Lê Văn Tám");
        ck_assert_str_eq(found("tam chi phuc"), "CP-1");
        set(THON_AREA, "chi-phuc", "name", "Thôn Tân Phúc");
        is(THON_AREA, "chi-phuc", "history",
           "[{\"name\":\"Thôn Chí Phúc\",\"parent\":\"thuong-xuan\",\"until\":\"2026-11-21T12:00:00Z\"}]");
        is(THON_AREA, "Thôn Chí Phúc", "name", "\"Thôn Tân Phúc\"");
        ck_assert_str_eq(found("tam tan phuc"), "CP-1");
        ck_assert_str_eq(found("tam chi phuc"), "");
}
END_TEST

START_TEST(a_merged_area_leads_to_the_one_that_took_it_in)
{
        make_commune();
        add(THON_HOUSEHOLD, "CP-1", "area", "chi-phuc", "head_name", "Lê Văn Tám");
        add(THON_PERSON, "tam", "name", "Lê Văn Tám", "area", "chi-phuc");
        add(THON_GROUP, "chi-bo", "name", "Chi bộ", "kind", "chi bộ", "area", "chi-phuc");
        add(THON_DEVICE, "loa", "kind", "speaker", "area", "chi-phuc");
        must_do(thon_area_merge(store, "chi-phuc", "hong-ky", &officer));
        ck_assert_str_eq(last_audit(), "officer area.merge chi-phuc {\"into\":\"hong-ky\"}");

        ck_assert_str_eq(ids(THON_AREA, NULL, NULL), "hong-ky ngo-dong thuong-xuan");
        is(THON_HOUSEHOLD, "CP-1", "area", "\"hong-ky\"");
        is(THON_PERSON, "tam", "area", "\"hong-ky\"");
        is(THON_GROUP, "chi-bo", "area", "\"hong-ky\"");
        is(THON_DEVICE, "loa", "area", "\"hong-ky\"");
        is(THON_AREA, "ngo-dong", "parent", "\"hong-ky\"");
        is(THON_AREA, "ngo-dong", "history",
           "[{\"name\":\"Ngõ Đông\",\"parent\":\"chi-phuc\",\"until\":\"2026-11-21T12:00:00Z\"}]");
        is(THON_AREA, "hong-ky", "aliases", "[\"chi-phuc\"]");
        ck_assert_str_eq(found("tam hong ky"), "CP-1");

        /* by its id and by its name, in look-ups and in new records */
        is(THON_AREA, "chi-phuc", "id", "\"hong-ky\"");
        ck_assert_str_eq(ids(THON_HOUSEHOLD, "Thôn Chí Phúc", NULL), "CP-1");
        add(THON_HOUSEHOLD, "CP-2", "area", "chi-phuc");
        is(THON_HOUSEHOLD, "CP-2", "area", "\"hong-ky\"");

        /* and its id is not free for another */
        refused(try_add(THON_AREA, "chi-phuc", "name", "Khác", NULL), THON_STORE_INVALID,
                "merged into hong-ky");
        refused(try_set(THON_AREA, "chi-phuc", "name", "Khác", NULL), THON_STORE_INVALID,
                "merged into hong-ky");
        refused(thon_registry_remove(store, THON_AREA, "chi-phuc", &officer), THON_STORE_INVALID,
                "merged into");
        refused(thon_area_merge(store, "chi-phuc", "hong-ky", &officer), THON_STORE_INVALID, "merged into");
}
END_TEST

START_TEST(aliases_lead_straight_to_the_last)
{
        make_commune();
        must_do(thon_area_merge(store, "chi-phuc", "hong-ky", &officer));
        add(THON_AREA, "lien-xa", "name", "Xã Liên");
        must_do(thon_area_merge(store, "hong-ky", "lien-xa", &officer));
        is(THON_AREA, "lien-xa", "aliases", "[\"chi-phuc\",\"hong-ky\"]");
        is(THON_AREA, "chi-phuc", "id", "\"lien-xa\"");
}
END_TEST

START_TEST(an_impossible_merge_changes_nothing)
{
        make_commune();
        int64_t before = audits();
        refused(thon_area_merge(store, "chi-phuc", "chi-phuc", &officer), THON_STORE_INVALID, "itself");
        refused(thon_area_merge(store, "chi-phuc", "ngo-dong", &officer), THON_STORE_INVALID, "itself");
        refused(thon_area_merge(store, "chi-phuc", "nowhere", &officer), THON_STORE_NOT_FOUND, "nowhere");
        refused(thon_area_merge(store, "nowhere", "chi-phuc", &officer), THON_STORE_NOT_FOUND, "nowhere");
        ck_assert_int_eq(audits(), before);
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area_history"), 0);
}
END_TEST

START_TEST(a_name_of_two_areas_is_not_guessed)
{
        make_commune();
        add(THON_AREA, "ngo-dong-2", "name", "Ngõ Đông", "parent", "hong-ky");
        refused(try_add(THON_HOUSEHOLD, "CP-1", "area", "Ngõ Đông", NULL), THON_STORE_INVALID,
                "more than one");
        add(THON_HOUSEHOLD, "CP-1", "area", "ngo-dong-2");
}
END_TEST

START_TEST(what_is_still_needed_is_not_removed)
{
        make_commune();
        add(THON_HOUSEHOLD, "CP-1", "area", "ngo-dong");
        add(THON_PERSON, "an", "name", "Ân", "household", "cp-1");
        refused(thon_registry_remove(store, THON_AREA, "chi-phuc", &officer), THON_STORE_REFERENCED,
                "area ngo-dong");
        refused(thon_registry_remove(store, THON_AREA, "ngo-dong", &officer), THON_STORE_REFERENCED,
                "household CP-1");
        refused(thon_registry_remove(store, THON_HOUSEHOLD, "CP-1", &officer), THON_STORE_REFERENCED,
                "person an");
        refused(thon_registry_remove(store, THON_PERSON, "binh", &officer), THON_STORE_NOT_FOUND, "binh");
        must_do(thon_registry_remove(store, THON_PERSON, "an", &officer));
        must_do(thon_registry_remove(store, THON_HOUSEHOLD, "cp-1", &officer));
        must_do(thon_registry_remove(store, THON_AREA, "ngo-dong", &officer));
        must_do(thon_registry_remove(store, THON_AREA, "chi-phuc", &officer));
}
END_TEST

START_TEST(an_area_takes_its_aliases_along_when_it_goes)
{
        make_commune();
        must_do(thon_area_merge(store, "chi-phuc", "hong-ky", &officer));
        must_do(thon_registry_remove(store, THON_AREA, "ngo-dong", &officer));
        must_do(thon_registry_remove(store, THON_AREA, "hong-ky", &officer));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM area"), 1);
}
END_TEST

START_TEST(consent_has_a_date)
{
        add(THON_PERSON, "an", "name", "Nguyễn Văn Ân", "role", "Trưởng thôn", "channels",
            " bot:42; oa:123-abc ", "consent", "khẩn cấp, thông báo", "consent_at", "1/3/2026");
        is(THON_PERSON, "an", "role", "\"hamlet-head\"");
        is(THON_PERSON, "an", "channels", "{\"bot\":\"42\",\"oa\":\"123-abc\"}");
        is(THON_PERSON, "an", "consent", "[\"notices\",\"emergency\"]");
        is(THON_PERSON, "an", "consent_at", "\"2026-03-01\"");

        set(THON_PERSON, "an", "phone", "0912345678");
        is(THON_PERSON, "an", "consent_at", "\"2026-03-01\"");
        set(THON_PERSON, "an", "consent", "emergency");
        is(THON_PERSON, "an", "consent_at", "\"2026-11-21\"");
        set(THON_PERSON, "an", "consent", "");
        is(THON_PERSON, "an", "consent", "[]");
        is(THON_PERSON, "an", "consent_at", "null");
}
END_TEST

START_TEST(today_is_the_day_in_vietnam)
{
        struct thon_actor late = {"officer", {NOON + 5 * 3600 + 60}}; /* 00:01 on the 22nd at UTC+7 */
        struct thon_field fields[] = {{"name", "Ân"}, {"consent", "notices"}};

        must_do(thon_registry_add(store, THON_PERSON, "an", fields, 2, &late));
        is(THON_PERSON, "an", "consent_at", "\"2026-11-22\"");
}
END_TEST

static const struct {
        const char *field, *value, *word;
} wrong_people[] = {
        {"consent", "everything", "notices"},    {"consent_at", "31/2/2026", "date"},
        {"consent_at", "yesterday", "date"},     {"channels", "oa", "oa:ID"},
        {"channels", "oa:1;oa:2", "twice"},      {"channels", "Oa:1", "id"},
        {"channels", "oa:số", "other than"},     {"household", "CP-9", "CP-9"},
        {"groups", "nobody", "no group nobody"}, {"role", "!", "not an id"},
};

START_TEST(a_wrong_value_of_a_person_is_refused)
{
        refused(try_add(THON_PERSON, "an", "name", "Ân", wrong_people[_i].field, wrong_people[_i].value,
                        NULL),
                THON_STORE_INVALID, wrong_people[_i].word);
}
END_TEST

START_TEST(people_belong_to_groups)
{
        add(THON_GROUP, "nong-dan", "name", "Hội Nông dân", "kind", "Hội nông dân");
        add(THON_GROUP, "to-so", "name", "Tổ công nghệ số", "kind", "digital-team");
        add(THON_PERSON, "an", "name", "Ân", "groups", "to-so, nong-dan to-so");
        add(THON_PERSON, "binh", "name", "Bình");
        is(THON_PERSON, "an", "groups", "[\"nong-dan\",\"to-so\"]");
        is(THON_GROUP, "nong-dan", "kind", "\"farmers\"");
        is(THON_GROUP, "nong-dan", "members", "[\"an\"]");

        must_do(thon_group_member(store, "nong-dan", "binh", true, &officer));
        ck_assert_str_eq(last_audit(), "officer group.join nong-dan {\"person\":\"binh\"}");
        is(THON_GROUP, "nong-dan", "members", "[\"an\",\"binh\"]");
        int64_t before = audits();
        must_do(thon_group_member(store, "nong-dan", "binh", true, &officer));
        ck_assert_int_eq(audits(), before);
        must_do(thon_group_member(store, "nong-dan", "an", false, &officer));
        set(THON_GROUP, "to-so", "members", "binh");
        is(THON_PERSON, "an", "groups", "[]");
        is(THON_PERSON, "binh", "groups", "[\"nong-dan\",\"to-so\"]");

        refused(thon_group_member(store, "nobody", "an", true, &officer), THON_STORE_NOT_FOUND,
                "group nobody");
        refused(thon_group_member(store, "to-so", "nobody", true, &officer), THON_STORE_NOT_FOUND,
                "person nobody");
        must_do(thon_registry_remove(store, THON_GROUP, "to-so", &officer));
        is(THON_PERSON, "binh", "groups", "[\"nong-dan\"]");
}
END_TEST

START_TEST(lists_are_narrowed_to_an_area)
{
        make_commune();
        add(THON_HOUSEHOLD, "CP-2", "area", "ngo-dong");
        add(THON_HOUSEHOLD, "CP-1", "area", "chi-phuc");
        add(THON_HOUSEHOLD, "HK-1", "area", "hong-ky");
        add(THON_PERSON, "an", "name", "Ân", "household", "CP-2");
        add(THON_PERSON, "binh", "name", "Bình", "area", "hong-ky");
        ck_assert_str_eq(ids(THON_HOUSEHOLD, "chi-phuc", NULL), "CP-1 CP-2");
        ck_assert_str_eq(ids(THON_HOUSEHOLD, "thuong-xuan", NULL), "CP-1 CP-2 HK-1");
        ck_assert_str_eq(ids(THON_PERSON, "chi-phuc", NULL), "an");
        ck_assert_str_eq(ids(THON_PERSON, NULL, NULL), "an binh");
        json_t *list;
        refused(thon_registry_list(store, THON_HOUSEHOLD, "nowhere", NULL, &list), THON_STORE_NOT_FOUND,
                "nowhere");
        refused(thon_registry_list(store, THON_HOUSEHOLD, NULL, "x", &list), THON_STORE_INVALID, "no kind");
}
END_TEST

START_TEST(a_household_is_found_by_what_is_remembered)
{
        make_commune();
        add(THON_HOUSEHOLD, "CP-1", "head_name", "Nguyễn Văn Ân", "lane", "ngõ Đông", "house_no", "12",
            "area", "chi-phuc", "phone", "0912 345 678");
        add(THON_HOUSEHOLD, "CP-2", "head_name", "Nguyễn Văn Anh", "lane", "ngõ Đông", "house_no", "3",
            "area", "chi-phuc");
        add(THON_HOUSEHOLD, "HK-1", "head_name", "Đặng Thị Đông", "lane", "đường Làng", "area", "hong-ky");
        ck_assert_str_eq(found("nguyen van an dong"), "CP-1 CP-2");
        ck_assert_str_eq(found("Nguyễn Văn Ân, ngõ Đông"), "CP-1 CP-2");
        ck_assert_str_eq(found("dang"), "HK-1");
        ck_assert_str_eq(found("ĐÔNG"), "HK-1 CP-1 CP-2");
        ck_assert_str_eq(found("cp-2"), "CP-2");
        ck_assert_str_eq(found("0912345678"), "CP-1");
        ck_assert_str_eq(found("dong chi phuc 12"), "CP-1");
        ck_assert_str_eq(found("nguyen van khac"), "");
        ck_assert_str_eq(found(" ,. "), "");
        set(THON_HOUSEHOLD, "CP-1", "head_name", "Trần Văn Cường");
        ck_assert_str_eq(found("cuong"), "CP-1");
        ck_assert_str_eq(found("nguyen"), "CP-2");
        json_t *list;
        refused(thon_household_find(store, "\xff", 5, &list), THON_STORE_INVALID, "UTF-8");
        must_do(thon_household_find(store, "dong", 1, &list));
        ck_assert_uint_eq(json_array_size(list), 1);
        json_decref(list);
}
END_TEST

static const struct {
        const char *kind, *config, *word; /* NULL: good */
} configs[] = {
        {"camera", "{\"url\":\"rtsp://10.0.0.9/s\",\"ptz\":true,\"interval\":60}", NULL},
        {"camera", "{\"url\":\"rtsp://10.0.0.9/s\",\"parent\":\"sw-1\"}", "no device \"sw-1\""},
        {"camera", "{}", "\"url\" is missing"},
        {"camera", "{\"url\":\"ftp://x\"}", "rtsp"},
        {"camera", "{\"url\":\"rtsp:///s\"}", "must be a numeric address"},
        {"camera", "{\"url\":\"rtsp://admin:12345@10.0.0.9/s\"}", "no part of a configuration"},
        {"camera", "{\"url\":\"rtsp://10.0.0.9/s?a=b@c\"}", NULL},
        {"camera", "{\"url\":\"rtsp://10.0.0.9/s\",\"ptz\":1}", "true or false"},
        {"camera", "{\"url\":\"rtsp://10.0.0.9/s\",\"password\":\"x\"}", "password"},
        {"switch", "{\"address\":\"10.0.0.1\",\"ports\":[22,80]}", NULL},
        {"switch", "{\"address\":\"10.0.0.1\",\"ports\":[0]}", "65535"},
        {"host", "{\"address\":\"\"}", "must be a numeric address"},
        {"access-point", "{\"address\":\"10.0.0.2\",\"parent\":\"No\"}", "must be an id"},
        {"siren", "{\"anything\":[1,{\"goes\":null}]}", NULL},
        {"siren", "[]", "not a JSON object"},
        {"siren", "{\"a\":1,\"a\":2}", "not JSON"},
        {"siren", "{", "not JSON"},
};

START_TEST(a_configuration_fits_its_kind)
{
        int r = try_add(THON_DEVICE, "d-1", "kind", configs[_i].kind, "config", configs[_i].config, NULL);
        if (configs[_i].word) {
                ck_assert_int_eq(r, THON_STORE_INVALID);
                ck_assert_msg(strstr(thon_store_message(store), configs[_i].word), "message: %s",
                              thon_store_message(store));
        } else {
                must_do(r);
                is(THON_DEVICE, "d-1", "config", configs[_i].config);
                is(THON_DEVICE, "d-1", "name", "\"d-1\"");
        }
}
END_TEST

START_TEST(a_long_configuration_is_refused)
{
        char config[8000] = "{\"a\":\"";
        memset(config + 6, 'x', 6000);
        (void)snprintf(config + 6006, 3, "\"}");
        refused(try_add(THON_DEVICE, "d-1", "kind", "siren", "config", config, NULL), THON_STORE_INVALID,
                "longer");
}
END_TEST

START_TEST(the_kind_cannot_change_under_its_configuration)
{
        add(THON_DEVICE, "d-1", "kind", "siren", "config", "{\"tone\":1}");
        refused(try_set(THON_DEVICE, "d-1", "kind", "camera", NULL), THON_STORE_INVALID, "tone");
        set(THON_DEVICE, "d-1", "kind", "camera", "config", "{\"url\":\"rtsp://10.0.0.9/s\"}");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("registry");
        TCase *tc = tcase_create("registry");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(tc, store_make, store_drop);
        tcase_set_timeout(tc, 30);
        tcase_add_test(tc, a_household_is_added_and_shown);
        tcase_add_loop_test(tc, a_wrong_value_is_refused_by_name, 0,
                            sizeof wrong_values / sizeof *wrong_values);
        tcase_add_test(tc, codes_and_ids_are_checked);
        tcase_add_test(tc, a_change_touches_only_what_was_given);
        tcase_add_test(tc, every_write_is_in_the_audit_log);
        tcase_add_test(tc, several_writes_can_be_one);
        tcase_add_test(tc, areas_make_a_tree);
        tcase_add_test(tc, a_tree_has_a_deepest_level);
        tcase_add_test(tc, a_renamed_area_is_known_by_its_old_name);
        tcase_add_test(tc, a_merged_area_leads_to_the_one_that_took_it_in);
        tcase_add_test(tc, aliases_lead_straight_to_the_last);
        tcase_add_test(tc, an_impossible_merge_changes_nothing);
        tcase_add_test(tc, a_name_of_two_areas_is_not_guessed);
        tcase_add_test(tc, what_is_still_needed_is_not_removed);
        tcase_add_test(tc, an_area_takes_its_aliases_along_when_it_goes);
        tcase_add_test(tc, consent_has_a_date);
        tcase_add_test(tc, today_is_the_day_in_vietnam);
        tcase_add_loop_test(tc, a_wrong_value_of_a_person_is_refused, 0,
                            sizeof wrong_people / sizeof *wrong_people);
        tcase_add_test(tc, people_belong_to_groups);
        tcase_add_test(tc, lists_are_narrowed_to_an_area);
        tcase_add_test(tc, a_household_is_found_by_what_is_remembered);
        tcase_add_loop_test(tc, a_configuration_fits_its_kind, 0, sizeof configs / sizeof *configs);
        tcase_add_test(tc, a_long_configuration_is_refused);
        tcase_add_test(tc, the_kind_cannot_change_under_its_configuration);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
