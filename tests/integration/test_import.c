/* Lists from Excel into the registry and back: what is wrong is told with its line and column, and nothing is half done. */
#include "registry_fixture.h"

#include "thon/csv.h"

struct told {
        char text[6000];
        size_t size, calls;
        struct thon_import_report report;
};

static void tell(void *userdata, const struct thon_import_problem *problem)
{
        struct told *told = userdata;

        told->calls++;
        if (told->size < sizeof told->text - 600)
                told->size +=
                        (size_t)snprintf(told->text + told->size, sizeof told->text - told->size,
                                         "%u|%s|%s\n", problem->line, problem->column, problem->reason);
}

static int import_bytes(enum thon_noun noun, const char *csv, size_t size, bool dry_run, struct told *told)
{
        *told = (struct told){.report = {.tell = tell}};
        told->report.userdata = told;
        return thon_registry_import(store, noun, csv, size, dry_run, &officer, &told->report);
}

static int import_text(enum thon_noun noun, const char *csv, struct told *told)
{
        return import_bytes(noun, csv, strlen(csv), false, told);
}

static void must_import(enum thon_noun noun, const char *csv, unsigned added, unsigned changed,
                        unsigned unchanged)
{
        struct told told;
        int r = import_text(noun, csv, &told);

        ck_assert_msg(r == 0, "%d %s: %s", r, thon_store_message(store), told.text);
        ck_assert_uint_eq(told.report.added, added);
        ck_assert_uint_eq(told.report.changed, changed);
        ck_assert_uint_eq(told.report.unchanged, unchanged);
        ck_assert_uint_eq(told.report.rows, added + changed + unchanged);
}

#define HEADER                                                                                                \
        "Mã hộ;Thôn;Số nhà;Ngõ;Chủ hộ;Điện thoại;Số khẩu;Vĩ độ;Kinh độ;Internet;" \
        "Điện thoại thông minh;Thanh toán điện tử;Kỹ năng số\r\n"

START_TEST(a_list_from_excel)
{
        make_commune();
        must_import(THON_HOUSEHOLD,
                    "\xef\xbb\xbf" HEADER "CP-001;Thôn Chí Phúc;12;\"ngõ Đông;\nhẻm 3\";Nguye\u0302\u0303n "
                    "Văn Ân;912345678;4;\"19,807685\";105.65;"
                    "TRUE;x;KHÔNG;cơ bản\r\n"
                    "CP-002;chi-phuc;;;Lê \"Tám\" Thị;;;;;FALSE;;1;\r\n"
                    ";;;;;;;;;;;;\r\n",
                    2, 0, 0);
        is(THON_HOUSEHOLD, "CP-001", "head_name", "\"Nguyễn Văn Ân\"");
        is(THON_HOUSEHOLD, "CP-001", "lane", "\"ngõ Đông; hẻm 3\"");
        is(THON_HOUSEHOLD, "CP-001", "phone", "\"+84912345678\"");
        is(THON_HOUSEHOLD, "CP-001", "lat", "19.807685");
        is(THON_HOUSEHOLD, "CP-001", "lon", "105.65");
        is(THON_HOUSEHOLD, "CP-001", "internet", "true");
        is(THON_HOUSEHOLD, "CP-001", "smartphone", "true");
        is(THON_HOUSEHOLD, "CP-001", "e_payment", "false");
        is(THON_HOUSEHOLD, "CP-002", "head_name", "\"Lê \\\"Tám\\\" Thị\"");
        is(THON_HOUSEHOLD, "CP-002", "e_payment", "true");
        is(THON_HOUSEHOLD, "CP-002", "smartphone", "null");
        ck_assert_str_eq(found("nguyen van an dong"), "CP-001");
}
END_TEST

static const char *const headers[] = {
        "code,area,head_name\nH1,chi-phuc,Ân\n",
        "code;area;head_name\nH1;chi-phuc;Ân\n",
        "code\tarea\thead_name\nH1\tchi-phuc\tÂn\n",
        "sep=,\r\nCODE,Area,HEAD NAME\r\nH1,chi-phuc,Ân\r\n",
        "ma ho;thon;chu ho\nH1;chi-phuc;Ân\n",
        "MÃ HỘ;THÔN;CHỦ HỘ\nH1;chi-phuc;Ân\n",
        "Ma\u0303 h\u00f4\u0323;Th\u00f4n;Chủ h\u1ed9\nH1;chi-phuc;A\u0302n\n",
        "\xef\xbb\xbf\"mã hộ\";\"thôn\";\"chủ hộ\";;\nH1;chi-phuc;Ân;;\n",
        "code,area,head_name\rH1,chi-phuc,Ân\r",
};

START_TEST(columns_are_known_by_name)
{
        make_commune();
        must_import(THON_HOUSEHOLD, headers[_i], 1, 0, 0);
        is(THON_HOUSEHOLD, "H1", "head_name", "\"Ân\"");
        is(THON_HOUSEHOLD, "H1", "area", "\"chi-phuc\"");
}
END_TEST

START_TEST(every_bad_line_is_told_and_nothing_is_written)
{
        struct told told;

        make_commune();
        int64_t before = audits();
        int r = import_text(THON_HOUSEHOLD,
                            HEADER "CP-001;chi-phuc;;;Tốt;;;;;;;;\r\n"
                                   "CP-002;thon-la;;;A;12;bốn;91;105;có lẽ;;;\r\n"
                                   ";chi-phuc;;;B;;;;;;;;\r\n"
                                   "cp-001;chi-phuc;;;C;;;;;;;;\r\n"
                                   "CP-005;chi-phuc;1\r\n"
                                   "CP 006;chi-phuc;;;D;;;;;;;;\r\n"
                                   "CP-007;chi-phuc;;;E;;;19,9;;;;;\r\n"
                                   "CP-008;chi-phuc;;;F;;;;;;;;;thừa\r\n"
                                   "CP-009;chi-phuc;;;\"G\"x;;;;;;;;\r\n"
                                   "CP-010;chi-phuc;;;\xd0\xcd;;;;;;;;\r\n",
                            &told);
        ck_assert_int_eq(r, THON_STORE_INVALID);
        ck_assert_str_eq(told.text,
                         "3|Thôn|there is no area with the id or name \"thon-la\"\n"
                         "3|Điện thoại|is no telephone number (Vietnamese: mobile 03 05 07 08 09 with 10 "
                         "digits, fixed 02 with 11; "
                         "others with + and the country)\n"
                         "3|Số khẩu|is not a whole number\n"
                         "3|Vĩ độ|is not from -90 to 90 degrees\n"
                         "3|Internet|is neither yes nor no (có, không, yes, no, true, false, 1, 0, x)\n"
                         "4|Mã hộ|is required\n"
                         "5|Mã hộ|cp-001 is on line 2 already\n"
                         "6||the line has 3 fields, the first row has 13\n"
                         "7|Mã hộ|is not a code (letters without marks, digits, . _ and -, a letter or "
                         "digit first, at most 63 "
                         "characters)\n"
                         "8|Kinh độ|is missing: a place has lat and lon, or neither\n"
                         "9||a field stands under no column name\n"
                         "10||column 5 goes on after its closing quotation mark\n"
                         "11||column 5 is not UTF-8: save the file as \"CSV UTF-8\"\n");
        ck_assert_uint_eq(told.report.problems, 13);
        ck_assert_str_eq(thon_store_message(store), "13 problems in the file: nothing was imported");
        ck_assert_str_eq(ids(THON_HOUSEHOLD, NULL, NULL), "");
        ck_assert_int_eq(audits(), before);
}
END_TEST

static const struct {
        const char *csv, *want;
} unreadable[] = {
        {"", "1||the file is empty: a row with the names of the columns comes first\n"},
        {"\xef\xbb\xbf\r\n", "1||the file is empty: a row with the names of the columns comes first\n"},
        {"\xff\xfem", "1||the file is UTF-16 (Excel's \"Unicode Text\"): save it as \"CSV UTF-8\"\n"},
        {"PK\003\004", "1||the file is an Excel workbook: save it as \"CSV UTF-8\"\n"},
        {"M\xe3 h\xd0;th\xf4n\nH1;a\n", "1||column 1 is not UTF-8: save the file as \"CSV UTF-8\"\n"},
        {"H1;chi-phuc\n", "1|H1|there is no such column; known are code, area, house_no, lane, head_name, "
                          "phone, members, lat, lon, "
                          "internet, smartphone, e_payment, digital_skills, notes\n"
                          "1|chi-phuc|there is no such column; known are code, area, house_no, lane, "
                          "head_name, phone, members, lat, lon, "
                          "internet, smartphone, e_payment, digital_skills, notes\n"
                          "1|code|the column is missing: the first row names the columns\n"},
        {"code;mã hộ\nH1;H2\n", "1|mã hộ|the column is there twice\n"},
        {"code;tuổi\nH1;x\nH 2;y\n", "1|tuổi|there is no such column; known are code, area, house_no, lane, "
                                     "head_name, phone, members, lat, lon, "
                                     "internet, smartphone, e_payment, digital_skills, notes\n"
                                     "3|code|is not a code (letters without marks, digits, . _ and -, a "
                                     "letter or digit first, at most 63 "
                                     "characters)\n"},
};

START_TEST(a_file_that_is_no_such_list)
{
        struct told told;

        ck_assert_int_eq(import_text(THON_HOUSEHOLD, unreadable[_i].csv, &told), THON_STORE_INVALID);
        ck_assert_str_eq(told.text, unreadable[_i].want);
}
END_TEST

START_TEST(at_most_a_thousand_problems_are_told)
{
        _cleanup_free_ char *csv = NULL;
        size_t size = 0;
        struct told told;

        ck_assert_int_eq(thon_csv_append(&csv, &size, "code", ';', true), 0);
        for (int i = 0; i < 3000; i++)
                ck_assert_int_eq(thon_csv_append(&csv, &size, "H 1", ';', true), 0);
        ck_assert_int_eq(import_text(THON_HOUSEHOLD, csv, &told), THON_STORE_INVALID);
        ck_assert_uint_eq(told.calls, 1000);
        ck_assert_uint_eq(told.report.problems, 1000);
}
END_TEST

START_TEST(known_rows_are_updated_and_missing_columns_stay)
{
        make_commune();
        must_import(THON_HOUSEHOLD, "code;head_name;phone;lane\nH1;Ân;0912345678;ngõ Đông\nH2;Bình;;\n", 2,
                    0, 0);
        int64_t before = audits();
        must_import(THON_HOUSEHOLD, "code;phone\nh1;0912 345 678\nH2;\n", 0, 0, 2);
        ck_assert_int_eq(audits(), before);
        must_import(THON_HOUSEHOLD, "code;phone;lane\nh1;;ngõ Tây\nH2;;\nH3;;\n", 1, 1, 1);
        is(THON_HOUSEHOLD, "H1", "head_name", "\"Ân\"");
        is(THON_HOUSEHOLD, "H1", "phone", "null");
        is(THON_HOUSEHOLD, "H1", "lane", "\"ngõ Tây\"");
        ck_assert_str_eq(ids(THON_HOUSEHOLD, NULL, NULL), "H1 H2 H3");
}
END_TEST

START_TEST(a_rehearsal_counts_and_writes_nothing)
{
        static const char csv[] = "code;head_name\nH1;Ân\nH2;Bình\n";
        struct told told;
        int64_t generation, later;

        add(THON_HOUSEHOLD, "H1", "head_name", "An");
        must_do(thon_registry_generation(store, &generation));
        must_do(import_bytes(THON_HOUSEHOLD, csv, sizeof csv - 1, true, &told));
        ck_assert_uint_eq(told.report.added, 1);
        ck_assert_uint_eq(told.report.changed, 1);
        ck_assert_str_eq(ids(THON_HOUSEHOLD, NULL, NULL), "H1");
        is(THON_HOUSEHOLD, "H1", "head_name", "\"An\"");
        must_do(thon_registry_generation(store, &later));
        ck_assert_int_eq(later, generation);
}
END_TEST

START_TEST(an_import_is_one_row_of_the_audit_log)
{
        /* printf 'code\nH1\n' | sha256sum */
        must_import(THON_HOUSEHOLD, "code\nH1\n", 1, 0, 0);
        ck_assert_str_eq(last_audit(),
                         "officer household.import household {\"rows\":1,\"added\":1,\"changed\":0,"
                         "\"sha256\":\"0611df4ef36c29cb4a06a082f45789a694deaa980a53a552e51fa94c4aedb066\"}");
        ck_assert_int_eq(audits(), 1);
        struct thon_audit_result result;
        must_do(thon_audit_verify(store, NULL, &result));
}
END_TEST

START_TEST(areas_come_in_any_order)
{
        must_import(
                THON_AREA,
                "Mã;Tên;Loại;Thuộc\nngo-dong;Ngõ Đông;ngõ;Thôn Chí Phúc\nchi-phuc;Thôn Chí Phúc;thôn;xa\n"
                "xa;Xã Thường Xuân;xã;\n",
                3, 0, 0);
        is(THON_AREA, "ngo-dong", "parent", "\"chi-phuc\"");
        is(THON_AREA, "chi-phuc", "parent", "\"xa\"");
        ck_assert_str_eq(ids(THON_AREA, NULL, "commune"), "xa");
        is(THON_AREA, "chi-phuc", "history", "[]");
        /* two that change places */
        must_import(THON_AREA, "id;parent\nchi-phuc;ngo-dong\nngo-dong;xa\nxa;\n", 0, 2, 1);
        is(THON_AREA, "chi-phuc", "parent", "\"ngo-dong\"");
}
END_TEST

START_TEST(areas_in_a_circle_are_refused)
{
        struct told told;

        ck_assert_int_eq(import_text(THON_AREA, "id;name;parent\na;A;c\nb;B;a\nc;C;b\nd;D;\n", &told),
                         THON_STORE_INVALID);
        ck_assert_str_eq(told.text, "2|parent|lies in the area itself\n3|parent|lies in the area itself\n"
                                    "4|parent|lies in the area itself\n");
        ck_assert_int_eq(import_text(THON_AREA, "id;name;parent\na;A;a\n", &told), THON_STORE_INVALID);
        ck_assert_str_eq(told.text, "2|parent|lies in the area itself\n");
        ck_assert_int_eq(import_text(THON_AREA, "id;name;parent\na;A;nowhere\n", &told), THON_STORE_INVALID);
        ck_assert_str_eq(told.text, "2|parent|there is no area with the id or name \"nowhere\"\n");
        ck_assert_str_eq(ids(THON_AREA, NULL, NULL), "");
}
END_TEST

START_TEST(people_bring_their_groups)
{
        add(THON_GROUP, "nong-dan", "name", "Hội Nông dân");
        add(THON_HOUSEHOLD, "H1");
        must_import(THON_PERSON,
                    "Mã;Họ và tên;Hộ gia đình;Vai trò;Điện thoại;Kênh;Đồng ý;Ngày đồng ý;Nhóm\n"
                    "an;Nguyễn Văn Ân;h1;Trưởng thôn;912345678;\"oa:1;bot:2\";thông báo, khẩn "
                    "cấp;01/03/2026;nong-dan\n",
                    1, 0, 0);
        is(THON_PERSON, "an", "household", "\"H1\"");
        is(THON_PERSON, "an", "role", "\"hamlet-head\"");
        is(THON_PERSON, "an", "consent_at", "\"2026-03-01\"");
        is(THON_GROUP, "nong-dan", "members", "[\"an\"]");
        must_import(THON_PERSON, "id;consent\nan;notices,emergency\n", 0, 0, 1);
        is(THON_PERSON, "an", "consent_at", "\"2026-03-01\"");
}
END_TEST

START_TEST(an_import_stands_alone)
{
        struct told told;

        must_do(thon_store_begin(store));
        ck_assert_int_ne(import_text(THON_HOUSEHOLD, "code\nH1\n", &told), 0);
        thon_store_rollback(store);
        ck_assert_str_eq(ids(THON_HOUSEHOLD, NULL, NULL), "");
}
END_TEST

static uint32_t next(uint32_t *state)
{
        *state = *state * 1664525u + 1013904223u;
        return *state >> 8;
}

static const char *some_text(uint32_t *state, char *out)
{
        static const char *const pieces[] = {"Nguyễn", "=1+1", "'",  "\"", ";", ",",  "-",
                                             "+84",    "@x",   "12", " ",  "Đ", "\t", "'0"};

        out[0] = '\0';
        for (unsigned i = next(state) % 5; i > 0; i--)
                (void)strcat(out, pieces[next(state) % (sizeof pieces / sizeof *pieces)]);
        return out;
}

/* Whatever a record holds, its export read back changes nothing, and an import into an empty store makes the same. */
START_TEST(an_export_read_back_changes_nothing)
{
        static const enum thon_noun nouns[] = {THON_AREA, THON_GROUP, THON_HOUSEHOLD, THON_PERSON,
                                               THON_DEVICE};
        static const char *const yes_no[] = {"", "yes", "no"};
        char *files[5];
        uint32_t state = seed();

        make_commune();
        add(THON_GROUP, "g1", "name", "=cmd|' /C calc'!A0", "area", "chi-phuc");
        add(THON_GROUP, "g2", "name", "+Hội");
        for (int i = 0; i < 200; i++) {
                char id[16], name[100], lane[100], notes[100], phone[20], lat[20], lon[20], config[200];

                (void)snprintf(id, sizeof id, "h-%d", i);
                (void)snprintf(phone, sizeof phone, "09%08u", next(&state) % 100000000);
                (void)snprintf(lat, sizeof lat, "-%u.%07u", next(&state) % 90, next(&state) % 10000000);
                (void)snprintf(lon, sizeof lon, "%u.%u", next(&state) % 180, next(&state) % 1000000);
                add(THON_HOUSEHOLD, id, "head_name", some_text(&state, name), "lane",
                    some_text(&state, lane), "phone", next(&state) % 2 ? phone : "", "area",
                    next(&state) % 2 ? "ngo-dong" : "", "lat", lat, "lon", lon, "internet",
                    yes_no[next(&state) % 3], "smartphone", yes_no[next(&state) % 3], "notes",
                    some_text(&state, notes));
                (void)snprintf(name, sizeof name, "p%s", some_text(&state, notes));
                add(THON_PERSON, id, "name", name, "household", id, "channels",
                    next(&state) % 2 ? "oa:=1;bot:-2" : "", "consent", next(&state) % 2 ? "notices" : "",
                    "groups", next(&state) % 2 ? "g1 g2" : "g2");
                (void)snprintf(config, sizeof config, "{\"n\":%u,\"t\":\";\\\"'=\\n\"}", next(&state));
                add(THON_DEVICE, id, "kind", "siren", "name", name, "config", config);
        }
        int64_t before = audits();
        for (size_t i = 0; i < 5; i++) {
                _cleanup_json_ json_t *list = NULL;
                struct told told;
                size_t size;

                must_do(thon_registry_export(store, nouns[i], &files[i], &size));
                ck_assert_uint_eq(size, strlen(files[i]));
                must_do(thon_registry_list(store, nouns[i], NULL, NULL, &list));
                must_do(import_bytes(nouns[i], files[i], size, false, &told));
                ck_assert_uint_eq(told.report.unchanged, json_array_size(list));
        }
        ck_assert_int_eq(audits(), before);

        store_drop();
        store_make();
        for (size_t i = 0; i < 5; i++) {
                _cleanup_free_ char *again = NULL;
                struct told told;
                size_t size;
                int r = import_text(nouns[i], files[i], &told);

                ck_assert_msg(r == 0, "%s", told.text);
                must_do(thon_registry_export(store, nouns[i], &again, &size));
                ck_assert_str_eq(again, files[i]);
                free(files[i]);
        }
}
END_TEST

START_TEST(an_export_is_for_excel)
{
        _cleanup_free_ char *csv = NULL;
        size_t size;

        make_commune();
        add(THON_HOUSEHOLD, "CP-1", "area", "chi-phuc", "head_name", "=Ân", "phone", "0912345678", "lat",
            "19.5", "lon", "105.65", "internet", "có");
        must_do(thon_registry_export(store, THON_HOUSEHOLD, &csv, &size));
        ck_assert_str_eq(
                csv, "\xef\xbb\xbf"
                     "code;area;house_no;lane;head_name;phone;members;lat;lon;internet;smartphone;e_payment;"
                     "digital_skills;notes\r\n"
                     "CP-1;chi-phuc;;;\"'=Ân\";+84912345678;;\"19,5\";\"105,65\";yes;;;;\r\n");
}
END_TEST

static void progress(void *userdata, unsigned rows)
{
        unsigned *last = userdata;

        ck_assert_uint_gt(rows, *last);
        *last = rows;
}

START_TEST(ten_thousand_households)
{
        _cleanup_free_ char *csv = NULL;
        struct thon_import_report report = {.progress = progress};
        char *buffer = NULL;
        size_t size;
        FILE *out = open_memstream(&buffer, &size);
        unsigned last = 0;

        make_commune();
        fputs(HEADER, out);
        for (int i = 0; i < 10000; i++)
                fprintf(out,
                        "CP-%05d;Thôn Chí Phúc;%d;ngõ Đông;Nguyễn Văn "
                        "%c%c;0912%06d;4;19,99%02d;105,65;có;x;0;cơ bản\r\n",
                        i, i % 300, 'A' + i % 26, 'a' + i / 26 % 26, i, i % 100);
        ck_assert_int_eq(fclose(out), 0);
        csv = buffer;
        report.userdata = &last;

        double start = monotonic();
        must_do(thon_registry_import(store, THON_HOUSEHOLD, csv, size, false, &officer, &report));
        double took = monotonic() - start;
        ck_assert_uint_eq(report.added, 10000);
        ck_assert_uint_eq(last, 10000);

        json_t *list;
        double find_start = monotonic();
        for (int i = 0; i < 100; i++) {
                must_do(thon_household_find(store, i % 2 ? "nguyen van" : "0912000042", 20, &list));
                ck_assert_uint_eq(json_array_size(list), i % 2 ? 20 : 1);
                json_decref(list);
        }
        double find = (monotonic() - find_start) / 100;
        printf("import of 10,000 households: %.0f ms; a search: %.2f ms\n", took * 1e3, find * 1e3);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("import");
        TCase *tc = tcase_create("import");
        SRunner *runner;
        int failed;

        tcase_add_checked_fixture(tc, store_make, store_drop);
        tcase_set_timeout(tc, 60);
        tcase_add_test(tc, a_list_from_excel);
        tcase_add_loop_test(tc, columns_are_known_by_name, 0, sizeof headers / sizeof *headers);
        tcase_add_test(tc, every_bad_line_is_told_and_nothing_is_written);
        tcase_add_loop_test(tc, a_file_that_is_no_such_list, 0, sizeof unreadable / sizeof *unreadable);
        tcase_add_test(tc, at_most_a_thousand_problems_are_told);
        tcase_add_test(tc, known_rows_are_updated_and_missing_columns_stay);
        tcase_add_test(tc, a_rehearsal_counts_and_writes_nothing);
        tcase_add_test(tc, an_import_is_one_row_of_the_audit_log);
        tcase_add_test(tc, areas_come_in_any_order);
        tcase_add_test(tc, areas_in_a_circle_are_refused);
        tcase_add_test(tc, people_bring_their_groups);
        tcase_add_test(tc, an_import_stands_alone);
        tcase_add_test(tc, an_export_read_back_changes_nothing);
        tcase_add_test(tc, an_export_is_for_excel);
        tcase_add_test(tc, ten_thousand_households);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
