/* Users of the console: who they are, what their passwords must not be, and what a log-in finds out. */
#include "registry_fixture.h"

#include "thon/user.h"

static const struct thon_actor admin = {.name = "quan-tri", .at = {NOON}};
#define PASSWORD "mưa rào tháng sáu"

static int try_user(const char *id, const char *role, const char *password)
{
        const struct thon_user_fields fields = {"Một người", NULL, role};

        return thon_user_add(store, id, &fields, password, &admin);
}

static void user(const char *id, const char *role)
{
        must_do(try_user(id, role, PASSWORD));
}

static enum thon_login tried(const char *id, const char *password, int64_t s)
{
        enum thon_login result = THON_LOGIN_WRONG;
        struct thon_user found;

        must_do(thon_user_check(store, id, password, (struct thon_wall){s}, &result, &found));
        return result;
}

static int64_t serial(const char *id)
{
        struct thon_user found;

        must_do(thon_user_get(store, id, &found));
        return found.serial;
}

static int64_t count(const char *sql)
{
        int64_t n = -1;

        must_do(thon_sql_integer(store, sql, NULL, &n));
        return n;
}

/* ---- who ---- */

START_TEST(a_user_is_who_the_person_is_and_no_list_or_log_has_the_password)
{
        const struct thon_user_fields fields = {NULL, "an", "officer"};
        json_t *list = NULL;
        char *text;

        add(THON_PERSON, "an", "name", "Nguyễn Văn Ân");
        must_do(thon_user_add(store, "an-ubnd", &fields, PASSWORD, &admin));
        must_do(thon_user_list(store, &list));
        text = json_dumps(list, JSON_COMPACT | JSON_SORT_KEYS);
        ck_assert_str_eq(
                text, "[{\"changed_at\":\"2026-11-21T12:00:00Z\",\"created_at\":\"2026-11-21T12:00:00Z\","
                      "\"disabled\":false,\"id\":\"an-ubnd\",\"name\":\"Nguyễn Văn Ân\",\"person\":\"an\","
                      "\"role\":\"officer\"}]");
        free(text);
        json_decref(list);
        ck_assert_int_eq(count("SELECT count(*) FROM user WHERE hash LIKE '$y$%'"), 1);
        ck_assert_int_eq(count("SELECT count(*) FROM audit WHERE action = 'user.add'"), 1);
        ck_assert_int_eq(
                count("SELECT count(*) FROM audit WHERE detail LIKE '%mưa%' OR detail LIKE '%$y$%'"), 0);
}
END_TEST

START_TEST(a_person_who_is_a_user_cannot_be_removed)
{
        const struct thon_user_fields fields = {NULL, "an", "admin"}, other = {"Ân", "", NULL};

        add(THON_PERSON, "an", "name", "Nguyễn Văn Ân");
        must_do(thon_user_add(store, "an", &fields, PASSWORD, &admin));
        ck_assert_int_eq(thon_registry_remove(store, THON_PERSON, "an", &admin), THON_STORE_REFERENCED);
        ck_assert_str_eq(thon_store_message(store), "user an still refers to person an");
        must_do(thon_user_set(store, "an", &other, &admin));
        must_do(thon_registry_remove(store, THON_PERSON, "an", &admin));
}
END_TEST

START_TEST(what_is_no_user_is_refused)
{
        const struct thon_user_fields nobody = {NULL, "ai-do", "viewer"}, nameless = {NULL, NULL, "viewer"},
                                      cleared = {"", NULL, NULL};

        user("an", "admin");
        ck_assert_int_eq(try_user("An", "viewer", PASSWORD), THON_STORE_INVALID);
        ck_assert_int_eq(try_user("an", "viewer", PASSWORD), THON_STORE_EXISTS);
        ck_assert_int_eq(try_user("be", "boss", PASSWORD), THON_STORE_INVALID);
        ck_assert_int_eq(thon_user_add(store, "be", &nobody, PASSWORD, &admin), THON_STORE_NOT_FOUND);
        ck_assert_int_eq(thon_user_add(store, "be", &nameless, PASSWORD, &admin), THON_STORE_INVALID);
        ck_assert_int_eq(thon_user_set(store, "an", &cleared, &admin), THON_STORE_INVALID);
        ck_assert_int_eq(thon_user_password(store, "be", PASSWORD, &admin), THON_STORE_NOT_FOUND);
        ck_assert_int_eq(thon_user_disable(store, "be", true, &admin), THON_STORE_NOT_FOUND);
        ck_assert_int_eq(thon_user_remove(store, "be", &admin), THON_STORE_NOT_FOUND);
        ck_assert_int_eq(count("SELECT count(*) FROM user"), 1);
}
END_TEST

START_TEST(the_last_administrator_stays_one)
{
        const struct thon_user_fields less = {NULL, NULL, "viewer"};

        user("an", "admin");
        user("be", "officer");
        ck_assert_int_eq(thon_user_disable(store, "an", true, &admin), THON_STORE_INVALID);
        ck_assert_int_eq(thon_user_set(store, "an", &less, &admin), THON_STORE_INVALID);
        ck_assert_int_eq(thon_user_remove(store, "an", &admin), THON_STORE_INVALID);
        user("cu", "admin");
        must_do(thon_user_disable(store, "cu", true, &admin));
        ck_assert_int_eq(thon_user_remove(store, "an", &admin), THON_STORE_INVALID);
        must_do(thon_user_disable(store, "cu", false, &admin));
        must_do(thon_user_remove(store, "an", &admin));
}
END_TEST

START_TEST(a_session_ends_with_what_it_rested_on)
{
        const struct thon_user_fields name = {"Tên khác", NULL, NULL}, role = {NULL, NULL, "viewer"};
        struct thon_user found;
        int64_t before;

        user("an", "admin");
        user("be", "officer");
        before = serial("be");
        must_do(thon_user_set(store, "be", &name, &admin));
        ck_assert_int_eq(serial("be"), before);
        must_do(thon_user_set(store, "be", &role, &admin));
        ck_assert_int_ne(serial("be"), before);
        before = serial("be");
        must_do(thon_user_password(store, "be", "một mật khẩu khác", &admin));
        ck_assert_int_ne(serial("be"), before);
        before = serial("be");
        must_do(thon_user_disable(store, "be", true, &admin));
        ck_assert_int_eq(thon_user_get(store, "be", &found), THON_STORE_NOT_FOUND);
        must_do(thon_user_disable(store, "be", false, &admin));
        ck_assert_int_ne(serial("be"), before);
}
END_TEST

/* ---- passwords ---- */

START_TEST(a_password_that_is_tried_first_is_refused)
{
        char long_one[3 * THON_PASSWORD_MAX + 1] = "";
        static const char *const bad[] = {
                "",
                "ngắn quá",
                "1234567890",
                "abcdefghijkl",
                "8901234567",
                "aaaaaaaaaaaaaa",
                "abababababa",
                "quan-tri-xa",
                "QUẢN  TRỊ xã",
                "nguyen van an xa",
                "Nguyễn Văn Ân xã",
                "mat khau\x01 dai",
                "\xff\xfe mat khau dai",
        };

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                ck_assert_msg(thon_password_refused(bad[i], "quan-tri-xa", "Nguyễn Văn Ân xã") != NULL, "%s",
                              bad[i]);
        for (int i = 0; i < THON_PASSWORD_MAX; i++)
                strcat(long_one, (const char *[]){"ậ", "b", "y", "ơ"}[i % 4]);
        ck_assert_ptr_null(thon_password_refused(long_one, "quan-tri-xa", NULL));
        strcat(long_one, "z");
        ck_assert_ptr_nonnull(thon_password_refused(long_one, "quan-tri-xa", NULL));
        ck_assert_ptr_null(thon_password_refused(PASSWORD, "quan-tri-xa", "Nguyễn Văn Ân xã"));
        ck_assert_int_eq(try_user("an", "admin", "ngắn"), THON_STORE_INVALID);
}
END_TEST

START_TEST(the_name_of_its_person_is_no_password_either)
{
        user("an", "admin");
        ck_assert_int_eq(thon_user_password(store, "an", "MỘT  người", &admin), THON_STORE_INVALID);
        ck_assert_int_eq(tried("an", PASSWORD, 0), THON_LOGIN_RIGHT);
}
END_TEST

START_TEST(two_keyboards_type_one_password)
{
        user("an", "admin");
        /* "ưà á" as letters and combining marks */
        ck_assert_int_eq(tried("an",
                               "mu\xcc\x9b"
                               "a ra\xcc\x80o tha\xcc\x81ng sa\xcc\x81u",
                               0),
                         THON_LOGIN_RIGHT);
        ck_assert_int_eq(tried("an", "mua rao thang sau", 0), THON_LOGIN_WRONG);
}
END_TEST

/* ---- logging in ---- */

START_TEST(only_the_right_password_of_somebody_who_may_gets_in)
{
        enum thon_login result;
        struct thon_user found;

        user("an", "admin");
        user("be", "hamlet-head");
        must_do(thon_user_check(store, "be", PASSWORD, (struct thon_wall){0}, &result, &found));
        ck_assert_int_eq(result, THON_LOGIN_RIGHT);
        ck_assert_str_eq(found.id, "be");
        ck_assert_int_eq(found.role, THON_ROLE_HAMLET_HEAD);
        ck_assert_int_eq(found.serial, serial("be"));
        ck_assert_int_eq(tried("be", "mưa rào tháng bảy", 0), THON_LOGIN_WRONG);
        ck_assert_int_eq(tried("be", "", 0), THON_LOGIN_WRONG);
        ck_assert_int_eq(tried("be", "\xff", 0), THON_LOGIN_WRONG);
        ck_assert_int_eq(tried("ai-do", PASSWORD, 0), THON_LOGIN_WRONG);
        ck_assert_int_eq(tried("", PASSWORD, 0), THON_LOGIN_WRONG);
        must_do(thon_user_disable(store, "be", true, &admin));
        ck_assert_int_eq(tried("be", PASSWORD, 1), THON_LOGIN_WRONG);
}
END_TEST

START_TEST(five_wrong_ones_lock_and_a_new_password_unlocks)
{
        user("an", "admin");
        for (int i = 0; i < 5; i++)
                ck_assert_int_eq(tried("an", "đoán mò thôi mà", i), THON_LOGIN_WRONG);
        ck_assert_int_eq(tried("an", PASSWORD, 5), THON_LOGIN_LOCKED);
        must_do(thon_user_password(store, "an", "một mật khẩu khác", &admin));
        ck_assert_int_eq(tried("an", "một mật khẩu khác", 6), THON_LOGIN_RIGHT);
        ck_assert_int_eq(count("SELECT count(*) FROM user_try"), 0);
}
END_TEST

START_TEST(names_that_nobody_has_fill_no_table_and_lock_nobody)
{
        user("an", "admin");
        for (int i = 0; i < 12; i++) {
                char id[20];

                (void)snprintf(id, sizeof(id), "ai-do-%d", i);
                ck_assert_int_eq(tried(id, PASSWORD, i), THON_LOGIN_WRONG);
        }
        ck_assert_int_eq(count("SELECT count(*) FROM user_try"), 1);
        ck_assert_int_eq(tried("an", PASSWORD, 20), THON_LOGIN_RIGHT);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("user");
        TCase *who = tcase_create("who"), *password = tcase_create("password"),
              *login = tcase_create("login");

        tcase_add_checked_fixture(who, store_make, store_drop);
        tcase_set_timeout(who, 60);
        tcase_add_test(who, a_user_is_who_the_person_is_and_no_list_or_log_has_the_password);
        tcase_add_test(who, a_person_who_is_a_user_cannot_be_removed);
        tcase_add_test(who, what_is_no_user_is_refused);
        tcase_add_test(who, the_last_administrator_stays_one);
        tcase_add_test(who, a_session_ends_with_what_it_rested_on);
        suite_add_tcase(suite, who);
        tcase_add_checked_fixture(password, store_make, store_drop);
        tcase_set_timeout(password, 60);
        tcase_add_test(password, a_password_that_is_tried_first_is_refused);
        tcase_add_test(password, the_name_of_its_person_is_no_password_either);
        tcase_add_test(password, two_keyboards_type_one_password);
        suite_add_tcase(suite, password);
        tcase_add_checked_fixture(login, store_make, store_drop);
        tcase_set_timeout(login, 60);
        tcase_add_test(login, only_the_right_password_of_somebody_who_may_gets_in);
        tcase_add_test(login, five_wrong_ones_lock_and_a_new_password_unlocks);
        tcase_add_test(login, names_that_nobody_has_fill_no_table_and_lock_nobody);
        suite_add_tcase(suite, login);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
