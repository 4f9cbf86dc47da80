/* Whether an alert is taken, and what it ends. */
#include "cap_story.h"

START_TEST(who_has_signed_it)
{
        story_begin("Lũ");
        ck_assert_refused(story_decide_as(THON_CAP_SIGNED, NOON, true), THON_CAP_TAKEN);
        ck_assert_refused(story_decide_as(THON_CAP_UNSIGNED, NOON, true), THON_CAP_REFUSED_UNSIGNED);
        ck_assert_refused(story_decide_as(THON_CAP_STRANGER, NOON, true), THON_CAP_REFUSED_STRANGER);
        ck_assert_refused(story_decide_as(THON_CAP_BAD, NOON, true), THON_CAP_REFUSED_SIGNATURE);
        story_commune.unsigned_accepted = true;
        ck_assert_refused(story_decide_as(THON_CAP_UNSIGNED, NOON, true), THON_CAP_TAKEN);
        ck_assert_refused(story_decide_as(THON_CAP_STRANGER, NOON, true), THON_CAP_TAKEN);
        ck_assert_refused(story_decide_as(THON_CAP_BAD, NOON, true), THON_CAP_REFUSED_SIGNATURE);
}
END_TEST

START_TEST(what_kind_of_message_it_is)
{
        story_begin("Lũ");
        story.status = THON_CAP_DRAFT;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_DRAFT);
        story.status = THON_CAP_SYSTEM;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_SYSTEM);
        story.status = THON_CAP_TEST;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_TEST);
        story_commune.tests_aired = true;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert(story_decision.exercise && !story_decision.notify && !story_decision.lamps);
        story.status = THON_CAP_ACTUAL;
        story.scope = THON_CAP_RESTRICTED;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_SCOPE);
        story.scope = THON_CAP_PRIVATE;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_SCOPE);
        story.scope = THON_CAP_PUBLIC;
        story.msg = THON_CAP_ACK;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_MSG);
        story.msg = THON_CAP_ERROR;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_MSG);
        story.msg = THON_CAP_ALERT;
        story.n_infos = 0;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_EMPTY);
}
END_TEST

START_TEST(dates_count_while_the_clock_is_trusted)
{
        story_begin("Lũ");
        ck_assert_refused(story_decide_as(THON_CAP_SIGNED, NOON + 6 * HOUR - 1, true), THON_CAP_TAKEN);
        ck_assert_refused(story_decide_as(THON_CAP_SIGNED, NOON + 6 * HOUR, true), THON_CAP_REFUSED_EXPIRED);
        ck_assert_refused(story_decide_as(THON_CAP_SIGNED, NOON - 600, true), THON_CAP_TAKEN);
        ck_assert_refused(story_decide_as(THON_CAP_SIGNED, NOON - 601, true), THON_CAP_REFUSED_FUTURE);
        /* After a power cut without a battery it is 1970, or next year: nothing is dropped for that. */
        ck_assert_refused(story_decide_as(THON_CAP_SIGNED, 0, false), THON_CAP_TAKEN);
        ck_assert_refused(story_decide_as(THON_CAP_SIGNED, NOON + 9000 * HOUR, false), THON_CAP_TAKEN);
        ck_assert_int_eq(story_decision.expires.s, NOON + 6 * HOUR);
}
END_TEST

START_TEST(without_an_expiry_it_holds_for_a_day)
{
        story_begin("Lũ");
        story_infos[0].expires = THON_WALL_NEVER;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_int_eq(story_decision.expires.s, NOON + 24 * HOUR);
        ck_assert_refused(story_decide_as(THON_CAP_SIGNED, NOON + 24 * HOUR, true),
                          THON_CAP_REFUSED_EXPIRED);
        story.sent.s = INT64_MAX - 5; /* no time overflows */
        ck_assert_refused(story_decide_as(THON_CAP_SIGNED, NOON, false), THON_CAP_TAKEN);
}
END_TEST

START_TEST(it_begins_when_it_takes_effect_and_never_waits_for_the_onset)
{
        story_begin("Bão");
        story_infos[0].urgency = THON_CAP_FUTURE;
        story_infos[0].onset.s = NOON + 5 * HOUR;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_int_eq(story_decision.begins.s, NOON + 60);
        story_infos[0].effective.s = NOON + HOUR;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_int_eq(story_decision.begins.s, NOON + HOUR);
        story_infos[0].effective.s =
                NOON + 60 * HOUR; /* after its own end: a mistake, and no reason to be silent */
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_int_eq(story_decision.begins.s, NOON + 60);
}
END_TEST

START_TEST(the_same_again_is_known)
{
        story_begin("Lũ");
        (void)story_knows("A1", NOON);
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_KNOWN);
        story_known[0].over = true;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_OLD);
        story_known[0].sender = "tin@khac";
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
}
END_TEST

START_TEST(an_update_replaces_what_it_refers_to)
{
        story_begin("Lũ");
        (void)story_knows("A0", NOON - HOUR);
        (void)story_knows("B0", NOON - HOUR);
        story.msg = THON_CAP_UPDATE;
        story_refers("A0", NOON - HOUR);
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_uint_eq(story_decision.ends_known, 1);
        ck_assert(story_decision.closes);
        ck_assert(strstr(story_decision.text, "Tin cập nhật."));
}
END_TEST

START_TEST(an_update_of_what_never_came_is_an_alert)
{
        story_begin("Lũ");
        story.msg = THON_CAP_UPDATE;
        story_refers("A0", NOON - HOUR);
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_uint_eq(story_decision.ends_known, 0);
        ck_assert(story_decision.closes);
}
END_TEST

START_TEST(a_cancel_ends_it_in_every_zone_and_says_so)
{
        story_begin(NULL);
        (void)story_knows("A0", NOON - HOUR);
        story.msg = THON_CAP_CANCEL;
        story_refers("A0", NOON - HOUR);
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert(story_decision.all_clear && !story_decision.lamps && story_decision.notify);
        ck_assert_int_eq(story_decision.class, THON_CLASS_PRIORITY);
        ck_assert_uint_eq(story_decision.zones, 7);
        ck_assert_uint_eq(story_decision.ends_known, 1);
        ck_assert_str_eq(story_decision.text,
                         "Báo yên. Tin cảnh báo phát trước đây đã được hủy, không còn hiệu lực.");
}
END_TEST

START_TEST(a_cancel_of_nothing_we_know_says_nothing)
{
        story_begin("Lũ");
        story.msg = THON_CAP_CANCEL;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_REFERENCE);
        story_refers("A0", NOON - HOUR);
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_REFERENCE);
        ck_assert(story_decision.closes); /* the alert may come later, and is over by then */
        story_knows("A0", NOON - HOUR)->over = true;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_OLD);
}
END_TEST

START_TEST(only_its_own_sender_ends_an_alert_and_only_later)
{
        story_begin("Lũ");
        story.msg = THON_CAP_CANCEL;
        story_knows("A0", NOON - HOUR)->sender = "tin@khac";
        story_refers("A0", NOON - HOUR);
        story_references[0].sender = (char *)"tin@khac";
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_REFERENCE);
        story_begin("Lũ");
        story.msg = THON_CAP_CANCEL;
        (void)story_knows("A2", NOON + 30);
        story_refers("A2", NOON + 30);
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_REFERENCE);
        ck_assert_uint_eq(story_decision.ends_known, 0);
}
END_TEST

START_TEST(what_is_not_trusted_ends_nothing)
{
        story_begin("Lũ");
        story.msg = THON_CAP_CANCEL;
        (void)story_knows("A0", NOON - HOUR);
        story_refers("A0", NOON - HOUR);
        ck_assert_refused(story_decide_as(THON_CAP_BAD, NOON, true), THON_CAP_REFUSED_SIGNATURE);
        ck_assert(story_decision.ends_known == 0 && !story_decision.closes);
        ck_assert_refused(story_decide_as(THON_CAP_UNSIGNED, NOON, true), THON_CAP_REFUSED_UNSIGNED);
        ck_assert(story_decision.ends_known == 0 && !story_decision.closes);
        story.status = THON_CAP_EXERCISE;
        story.scope = THON_CAP_PRIVATE;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_SCOPE);
        ck_assert(story_decision.ends_known == 0 && !story_decision.closes);
}
END_TEST

/* ---- out of order: A0 at nine, U1 at ten, U2 at eleven ---- */

START_TEST(an_update_that_comes_after_its_successor_is_old)
{
        story_begin("Lũ");
        story.identifier = (char *)"U1";
        story.sent.s = NOON - 2 * HOUR;
        story.msg = THON_CAP_UPDATE;
        story_refers("A0", NOON - 3 * HOUR);
        (void)story_knows("U2", NOON - HOUR);
        /* U2 named the first only: it ended that, later than U1 would have. */
        story_knows("A0", NOON - 3 * HOUR)->over = true;
        story_known[1].ended_by.s = NOON - HOUR;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_OLD);
        /* U2 named U1, which had not come; the first still stands, and ends now. */
        story_known[1].over = false;
        story_known[1].ended_by.s = 0;
        story_knows("U1", NOON - 2 * HOUR)->over = true;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_OLD);
        ck_assert_uint_eq(story_decision.ends_known, 2);
}
END_TEST

START_TEST(who_names_the_first_of_a_chain_ends_the_last)
{
        story_begin("Lũ");
        story.msg = THON_CAP_CANCEL;
        story_refers("A0", NOON - 3 * HOUR);
        story_knows("A0", NOON - 3 * HOUR)->over = true;
        story_known[0].ended_by.s = NOON - 2 * HOUR;
        story_knows("U1", NOON - 2 * HOUR)->over = true;
        story_known[1].ended_by.s = NOON - HOUR;
        (void)story_knows("U2", NOON - HOUR);
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_uint_eq(story_decision.ends_known, 4);
}
END_TEST

START_TEST(an_alert_whose_cancel_came_first_is_not_said)
{
        story_begin("Lũ");
        story_knows("A1", NOON)->over = true;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_OLD);
}
END_TEST

START_TEST(an_update_that_leaves_us_out_ends_the_alert_all_the_same)
{
        story_begin("Lũ");
        story.msg = THON_CAP_UPDATE;
        story_codes[0].value = (char *)"99999";
        (void)story_knows("A0", NOON - HOUR);
        story_refers("A0", NOON - HOUR);
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_AREA);
        ck_assert_uint_eq(story_decision.ends_known, 1);
}
END_TEST

START_TEST(an_update_that_we_cannot_read_leaves_the_old_one_on_air)
{
        story_begin("Flood");
        story.msg = THON_CAP_UPDATE;
        story_infos[0].language = (char *)"en-US";
        (void)story_knows("A0", NOON - HOUR);
        story_refers("A0", NOON - HOUR);
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_LANGUAGE);
        ck_assert_uint_eq(story_decision.ends_known, 0);
}
END_TEST

/* ---- several infos ---- */

START_TEST(the_worst_that_means_us_speaks_first)
{
        struct thon_cap_info *info;

        story_begin("Mưa lớn");
        story_infos[0].severity = THON_CAP_MINOR;
        (void)story_info("Lũ quét");
        info = story_info("Vỡ đập");
        info->severity = THON_CAP_EXTREME;
        story_codes[2].value = (char *)"99999"; /* elsewhere */
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_str_eq(story_decision.title, "Lũ quét");
        ck_assert_int_eq(story_decision.class, THON_CLASS_EMERGENCY);
        ck_assert_int_eq(story_decision.level, 3);
        ck_assert(strstr(story_decision.text, "Lũ quét") < strstr(story_decision.text, "Mưa lớn"));
        ck_assert(!strstr(story_decision.text, "Vỡ đập"));
}
END_TEST

START_TEST(what_is_over_of_it_is_left_out)
{
        story_begin("Mưa lớn");
        story_info("Lũ")->expires.s = NOON;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert(!strstr(story_decision.text, "Lũ"));
        ck_assert_int_eq(story_decision.level, 3);
}
END_TEST

START_TEST(part_safe_part_not_is_no_all_clear)
{
        story_begin("Vùng trên đê an toàn");
        story_infos[0].response = THON_CAP_ALL_CLEAR;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert(story_decision.all_clear);
        ck_assert_int_eq(story_decision.class, THON_CLASS_PRIORITY);
        story_info("Vùng ngoài đê sơ tán")->response = THON_CAP_EVACUATE;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert(!story_decision.all_clear && story_decision.lamps);
        ck_assert_int_eq(story_decision.class, THON_CLASS_EMERGENCY);
}
END_TEST

START_TEST(more_infos_than_are_read_leave_out_the_least)
{
        story_begin("Tin 0");
        for (int i = 1; i < 12; i++)
                story_info("Tin phụ")->severity = THON_CAP_MINOR;
        story_infos[11].severity = THON_CAP_EXTREME;
        story_infos[11].event = (char *)"Vỡ đập";
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_str_eq(story_decision.title, "Vỡ đập");
        ck_assert(strstr(story_decision.text, "Tin 0"));
}
END_TEST

START_TEST(one_part_in_danger_is_heard_before_many_that_are_safe)
{
        story_begin("Vùng 0 an toàn");
        story_infos[0].response = THON_CAP_ALL_CLEAR;
        story_infos[0].severity = THON_CAP_EXTREME;
        for (int i = 1; i < 11; i++) {
                struct thon_cap_info *info = story_info("Vùng an toàn");

                info->severity = THON_CAP_EXTREME;
                info->response = THON_CAP_ALL_CLEAR;
        }
        story_info("Vùng ngoài đê phải đi")->severity = THON_CAP_MODERATE;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert(!story_decision.all_clear && !story_decision.lamps);
        ck_assert_str_eq(story_decision.title, "Vùng ngoài đê phải đi");
        ck_assert_int_eq(story_decision.class, THON_CLASS_PRIORITY);
}
END_TEST

START_TEST(zones_of_all_infos_count_also_of_those_that_are_not_read)
{
        static struct thon_cap_circle river = {{19.90, 105.64}, 0.1};

        story_begin("Tin 0");
        for (int i = 1; i < 12; i++)
                (void)story_info("Tin phụ");
        for (int i = 0; i < 11; i++)
                story_areas[i] = (struct thon_cap_area){
                        .description = (char *)"x", .n_circles = 1, .circles = &river};
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_uint_eq(story_decision.zones, 7);
}
END_TEST

START_TEST(the_best_language_is_read_and_no_other)
{
        story_begin("Flood");
        story_infos[0].language = (char *)"en-US";
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_LANGUAGE);
        story_info("Lũ")->language = (char *)"vi";
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_str_eq(story_decision.title, "Lũ");
        ck_assert(!strstr(story_decision.text, "Flood"));
        story_commune.languages[0] = "hmn";
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_LANGUAGE);
        story_commune.languages[1] = "vi-VN";
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
}
END_TEST

START_TEST(vietnamese_without_its_language_is_recognised)
{
        story_begin("Xả lũ hồ chứa lúc 18 giờ");
        story_infos[0].language = (char *)"en-US"; /* the standard's default for none */
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        story_infos[0].event = (char *)"Typhoon near Đà Nẵng and Huế today";
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_LANGUAGE);
        story_infos[0].event = (char *)"Crue éclair à Genève";
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_LANGUAGE);
}
END_TEST

START_TEST(small_and_past_and_nothing_to_do)
{
        story_begin("Động đất nhỏ");
        story_infos[0].urgency = THON_CAP_PAST;
        story_infos[0].severity = THON_CAP_MINOR;
        ck_assert_refused(story_decide(), THON_CAP_REFUSED_PAST);
        story_infos[0].instruction = (char *)"Kiểm tra nhà cửa.";
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_int_eq(story_decision.class, THON_CLASS_NORMAL);
}
END_TEST

START_TEST(an_exercise_is_no_emergency_but_works_the_lamps)
{
        story_begin("Sóng thần");
        story_infos[0].severity = THON_CAP_EXTREME;
        story_infos[0].response = THON_CAP_EVACUATE;
        story.status = THON_CAP_EXERCISE;
        ck_assert_refused(story_decide(), THON_CAP_TAKEN);
        ck_assert_int_eq(story_decision.class, THON_CLASS_PRIORITY);
        ck_assert(story_decision.exercise && story_decision.lamps && story_decision.notify);
        ck_assert_uint_eq(story_decision.repeats, 1);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("cap_decide");
        TCase *tc = tcase_create("decide");

        tcase_add_test(tc, who_has_signed_it);
        tcase_add_test(tc, what_kind_of_message_it_is);
        tcase_add_test(tc, dates_count_while_the_clock_is_trusted);
        tcase_add_test(tc, without_an_expiry_it_holds_for_a_day);
        tcase_add_test(tc, it_begins_when_it_takes_effect_and_never_waits_for_the_onset);
        tcase_add_test(tc, the_same_again_is_known);
        tcase_add_test(tc, an_update_replaces_what_it_refers_to);
        tcase_add_test(tc, an_update_of_what_never_came_is_an_alert);
        tcase_add_test(tc, a_cancel_ends_it_in_every_zone_and_says_so);
        tcase_add_test(tc, a_cancel_of_nothing_we_know_says_nothing);
        tcase_add_test(tc, only_its_own_sender_ends_an_alert_and_only_later);
        tcase_add_test(tc, what_is_not_trusted_ends_nothing);
        tcase_add_test(tc, an_update_that_comes_after_its_successor_is_old);
        tcase_add_test(tc, who_names_the_first_of_a_chain_ends_the_last);
        tcase_add_test(tc, an_alert_whose_cancel_came_first_is_not_said);
        tcase_add_test(tc, an_update_that_leaves_us_out_ends_the_alert_all_the_same);
        tcase_add_test(tc, an_update_that_we_cannot_read_leaves_the_old_one_on_air);
        tcase_add_test(tc, the_worst_that_means_us_speaks_first);
        tcase_add_test(tc, what_is_over_of_it_is_left_out);
        tcase_add_test(tc, part_safe_part_not_is_no_all_clear);
        tcase_add_test(tc, more_infos_than_are_read_leave_out_the_least);
        tcase_add_test(tc, one_part_in_danger_is_heard_before_many_that_are_safe);
        tcase_add_test(tc, zones_of_all_infos_count_also_of_those_that_are_not_read);
        tcase_add_test(tc, the_best_language_is_read_and_no_other);
        tcase_add_test(tc, vietnamese_without_its_language_is_recognised);
        tcase_add_test(tc, small_and_past_and_nothing_to_do);
        tcase_add_test(tc, an_exercise_is_no_emergency_but_works_the_lamps);
        suite_add_tcase(suite, tc);
        return story_run(suite);
}
