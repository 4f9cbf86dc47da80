/* Who is meant by the words of `to`, and who writes to us. */
#include "registry_fixture.h"

#include "thon/relay_store.h"

/* Chí Phúc: H-1 (two persons), H-2 (nobody known), and in its lane H-3. Hồng Kỳ: H-4. Sông lives in no household. */
static void people(void)
{
        store_make();
        make_commune();
        add(THON_HOUSEHOLD, "H-1", "area", "chi-phuc", "phone", "0912345678", "head_name", "Nguyễn Văn Ân");
        add(THON_HOUSEHOLD, "H-2", "area", "chi-phuc");
        add(THON_HOUSEHOLD, "H-3", "area", "ngo-dong");
        add(THON_HOUSEHOLD, "H-4", "area", "hong-ky");
        add(THON_GROUP, "phu-nu", "name", "Hội phụ nữ");
        add(THON_GROUP, "trong", "name", "Chưa có ai");
        add(THON_PERSON, "an", "name", "Ân", "household", "h-1", "role", "trưởng thôn", "channels",
            "oa:111;bot:112", "phone", "0912345671", "consent", "notices,emergency", "consent_at",
            "2026-01-02");
        add(THON_PERSON, "binh", "name", "Bình", "household", "H-1", "groups", "phu-nu", "consent",
            "emergency", "consent_at", "2026-01-02");
        add(THON_PERSON, "chi", "name", "Chi", "household", "H-3", "groups", "phu-nu");
        add(THON_PERSON, "dung", "name", "Dũng", "household", "H-4", "role", "technician");
        add(THON_PERSON, "song", "name", "Sông", "area", "hong-ky", "channels", "oa:511");
}

/* "song- *an@H-1 binh@H-1 | *H-1 H-3": a star is named; the person's household behind an @. */
static const char *audience_text(const struct thon_audience *audience)
{
        static char text[1000];
        size_t used = 0;
        text[0] = '\0';
        for (size_t i = 0; i < audience->n_persons; i++) {
                const struct thon_audience_person *p = &audience->persons[i];
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s@%s ", p->named ? "*" : "",
                                         p->id, p->household ? p->household : "");
        }
        used += (size_t)snprintf(text + used, sizeof(text) - used, "|");
        for (size_t i = 0; i < audience->n_households; i++)
                used += (size_t)snprintf(text + used, sizeof(text) - used, " %s%s",
                                         audience->households[i].named ? "*" : "",
                                         audience->households[i].code);
        ck_assert_uint_lt(used, sizeof(text));
        return text;
}

static const char *audience_of(const char *const *to, size_t n)
{
        struct thon_audience *audience = NULL;
        must_do(thon_audience_load(store, to, n, &audience));
        const char *text = audience_text(audience);
        ck_assert_ptr_null(thon_audience_free(audience));
        return text;
}
#define TO(...) \
        (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
#define means(want, ...) ck_assert_str_eq(audience_of(TO(__VA_ARGS__)), want)

START_TEST(a_household_is_meant_with_all_who_live_there)
{
        means("an@H-1 binh@H-1 | *H-1", "household:H-1");
        means("an@H-1 binh@H-1 | *H-1", "household:h-1");
        means("| *H-2", "household:H-2");
}
END_TEST

START_TEST(persons_are_meant_by_id_group_or_role_and_bring_their_household)
{
        means("*binh@H-1 | H-1", "person:binh");
        means("*song@ |", "person:song");
        means("*binh@H-1 *chi@H-3 | H-1 H-3", "group:phu-nu");
        means("*an@H-1 | H-1", "role:hamlet-head");
        means("*an@H-1 | H-1", "role:trưởng thôn");
        means("*dung@H-4 | H-4", "role:technician");
}
END_TEST

START_TEST(an_area_is_meant_with_all_below_it_by_any_of_its_names)
{
        means("an@H-1 binh@H-1 chi@H-3 | *H-1 *H-2 *H-3", "area:chi-phuc");
        means("chi@H-3 | *H-3", "area:Ngõ Đông");
        means("*song@ dung@H-4 | *H-4", "area:hong-ky");
        means("*song@ an@H-1 binh@H-1 chi@H-3 dung@H-4 | *H-1 *H-2 *H-3 *H-4", "area:thuong-xuan");
        must_do(thon_area_merge(store, "hong-ky", "chi-phuc", &officer));
        means("*song@ an@H-1 binh@H-1 chi@H-3 dung@H-4 | *H-1 *H-2 *H-3 *H-4", "area:hong-ky");
}
END_TEST

START_TEST(all_are_meant)
{
        means("*song@ an@H-1 binh@H-1 chi@H-3 dung@H-4 | *H-1 *H-2 *H-3 *H-4", "all");
}
END_TEST

START_TEST(who_is_meant_twice_is_there_once_and_named_if_one_word_names_him)
{
        means("*binh@H-1 an@H-1 | *H-1", "household:H-1", "person:binh", "household:h-1", "person:binh");
        means("*binh@H-1 an@H-1 | *H-1", "person:binh", "household:H-1");
        means("*an@H-1 *binh@H-1 | H-1", "person:binh", "role:hamlet-head");
}
END_TEST

START_TEST(nobody_is_no_error)
{
        means("|", "group:trong");
        means("|", "role:chairman");
        means("|", "channel:loa");
        means("|", "channel:loa/abc");
        ck_assert_str_eq(audience_of(NULL, 0), "|");
}
END_TEST

START_TEST(a_wrong_word_is_named_and_ends_no_transaction)
{
        static const char *const WRONG[] = {"household:H-9", "person:x", "group:x",  "area:x", "everybody",
                                            "household:",    "area:",    "channel:", "",       "all ",
                                            "person:an;x",   "role:",    "person",   ":",      "ALL"};
        must_do(thon_store_begin(store));
        for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
                const char *const to[] = {"household:H-1", WRONG[i]};
                struct thon_audience *audience = NULL;
                char quoted[100];
                (void)snprintf(quoted, sizeof(quoted), "\"%s\"", WRONG[i]);
                refused(thon_audience_load(store, to, 2, &audience), THON_STORE_INVALID, quoted);
                ck_assert_ptr_null(audience);
        }
        must_do(add_area(store, "moi"));
        must_do(thon_store_commit(store));
}
END_TEST

START_TEST(a_word_without_end_is_refused)
{
        static char word[5000] = "area:";
        const char *const to[] = {word};
        struct thon_audience *audience = NULL;
        memset(word + 5, 'a', sizeof(word) - 6);
        refused(thon_audience_load(store, to, 1, &audience), THON_STORE_INVALID, "longer than");
}
END_TEST

START_TEST(a_person_comes_with_what_a_ladder_and_consent_need)
{
        struct thon_audience *audience = NULL;
        must_do(thon_audience_load(store, TO("household:H-1", "person:song"), &audience));
        const struct thon_audience_person *song = &audience->persons[0], *an = &audience->persons[1],
                                          *binh = &audience->persons[2];
        ck_assert_str_eq(song->area, "hong-ky");
        ck_assert_ptr_null(song->phone);
        ck_assert(!song->consent_notices && !song->consent_emergency);
        ck_assert_str_eq(an->area, "chi-phuc");
        ck_assert_str_eq(an->phone, "+84912345671");
        ck_assert_str_eq(an->channels, "oa:111;bot:112");
        ck_assert(an->consent_notices && an->consent_emergency);
        ck_assert(!binh->consent_notices && binh->consent_emergency);
        ck_assert_str_eq(audience->households[0].phone, "+84912345678");
        ck_assert_str_eq(audience->households[0].area, "chi-phuc");
        (void)thon_audience_free(audience);
}
END_TEST

START_TEST(a_whole_commune_is_read_at_once)
{
        struct thon_audience *audience = NULL;
        must_do(thon_sql_exec(
                store,
                "INSERT INTO household (code, area, search) WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL"
                " SELECT i + 1 FROM n WHERE i < 10000) SELECT printf('K-%05d', i), 'hong-ky', '' FROM n;"
                "INSERT INTO person (id, name, household, channels) SELECT lower(code), code, code,"
                " 'oa:' || code FROM household WHERE code LIKE 'K-%'"));
        double began = monotonic();
        must_do(thon_audience_load(store, TO("area:thuong-xuan", "all"), &audience));
        ck_assert_msg(monotonic() - began < 5, "took %.1f s", monotonic() - began);
        ck_assert_uint_eq(audience->n_households, 10004);
        ck_assert_uint_eq(audience->n_persons, 10005);
        for (size_t i = 1; i < audience->n_households; i++)
                ck_assert_int_lt(strcmp(audience->households[i - 1].code, audience->households[i].code), 0);
        (void)thon_audience_free(audience);
}
END_TEST

/* ---- senders ---- */

static const char *sender(const char *channel, const char *address)
{
        static char text[600];
        struct thon_sender found;
        must_do(thon_sender_find(store, channel, address, &found));
        (void)snprintf(text, sizeof(text), "%s/%s/%s/%s/%s", found.person, found.household, found.area,
                       found.name, found.role);
        return text;
}

START_TEST(who_writes_to_us_is_found_by_channel_or_number)
{
        ck_assert_str_eq(sender("bot", "112"), "an/H-1/chi-phuc/Ân/hamlet-head");
        ck_assert_str_eq(sender("oa", "511"), "song//hong-ky/Sông/");
        ck_assert_str_eq(sender("sms", "+84912345671"), "an/H-1/chi-phuc/Ân/hamlet-head");
        ck_assert_str_eq(sender("sms", "+84912345678"), "/H-1/chi-phuc/Nguyễn Văn Ân/");
        ck_assert_str_eq(sender("bot", "11"), "////");
        ck_assert_str_eq(sender("oa", "112"), "////");
        ck_assert_str_eq(sender("oa", "%"), "////");
}
END_TEST

int main(void)
{
        const TTest *const TESTS[] = {a_household_is_meant_with_all_who_live_there,
                                      persons_are_meant_by_id_group_or_role_and_bring_their_household,
                                      an_area_is_meant_with_all_below_it_by_any_of_its_names,
                                      all_are_meant,
                                      who_is_meant_twice_is_there_once_and_named_if_one_word_names_him,
                                      nobody_is_no_error,
                                      a_wrong_word_is_named_and_ends_no_transaction,
                                      a_word_without_end_is_refused,
                                      a_person_comes_with_what_a_ladder_and_consent_need,
                                      a_whole_commune_is_read_at_once,
                                      who_writes_to_us_is_found_by_channel_or_number};
        Suite *suite = suite_create("relay audience");
        TCase *tc = tcase_create("relay audience");
        tcase_add_checked_fixture(tc, people, store_drop);
        tcase_set_timeout(tc, 60);
        for (size_t i = 0; i < sizeof(TESTS) / sizeof(TESTS[0]); i++)
                tcase_add_test(tc, TESTS[i]);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}
