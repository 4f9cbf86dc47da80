/* The forms of lighting, from text to structs: what is right, and for every mistake the place and the words. */
#include "thon/light_form.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "thon/cleanup.h"

static json_t *parse(const char *text)
{
        struct thon_json_error error;
        json_t *doc = NULL;

        ck_assert_msg(thon_json_parse(text, strlen(text), 65536, &doc, &error) == 0, "%s in %s", error.text,
                      text);
        return doc;
}

/* ---- programs ----------------------------------------------------------------------------------------------------- */

START_TEST(test_a_program_with_every_kind_of_point)
{
        _cleanup_json_ json_t *doc = parse(
                "{\"id\":\"tiet-kiem\",\"name\":\"Tie\u0302\u0301t "
                "kie\u0323\u0302m\",\"start\":\"on\",\"steps\":["
                "{\"at\":\"sunset+15\",\"set\":\"on\",\"not_before\":\"17:30\",\"not_after\":\"18:30\"},"
                "{\"at\":\"23:05\",\"set\":\"off\"},"
                "{\"at\":\"dawn-720\",\"set\":\"on\"},"
                "{\"at\":\"sunrise\",\"set\":\"off\",\"not_after\":\"05:45\"},"
                "{\"at\":\"dusk\",\"set\":\"on\"}]}");
        static const struct thon_point want[] = {
                {THON_POINT_SUNSET, 15, 1050, 1110}, {THON_POINT_CLOCK, 1385, -1, -1},
                {THON_POINT_DAWN, -720, -1, -1},     {THON_POINT_SUNRISE, 0, -1, 345},
                {THON_POINT_DUSK, 0, -1, -1},
        };
        struct thon_program p;

        ck_assert_int_eq(thon_program_from_json(doc, &p, NULL), 0);
        ck_assert_str_eq(p.id, "tiet-kiem");
        ck_assert_str_eq(p.name, "Tiết kiệm"); /* given decomposed, kept composed */
        ck_assert(p.start_on);
        ck_assert_uint_eq(p.n_steps, 5);
        for (size_t i = 0; i < 5; i++) {
                ck_assert_int_eq(p.steps[i].at.kind, want[i].kind);
                ck_assert_int_eq(p.steps[i].at.minutes, want[i].minutes);
                ck_assert_int_eq(p.steps[i].at.not_before, want[i].not_before);
                ck_assert_int_eq(p.steps[i].at.not_after, want[i].not_after);
                ck_assert(p.steps[i].on == (i % 2 == 0));
        }
        thon_program_done(&p);
}
END_TEST

START_TEST(test_the_shortest_program)
{
        _cleanup_json_ json_t *doc = parse("{\"id\":\"tat\",\"steps\":[]}");
        struct thon_program p;

        ck_assert_int_eq(thon_program_from_json(doc, &p, NULL), 0);
        ck_assert_str_eq(p.name, "tat");
        ck_assert(!p.start_on);
        ck_assert_uint_eq(p.n_steps, 0);
        thon_program_done(&p);
}
END_TEST

#define AT                                                                                                 \
        "must be \"HH:MM\", or sunset, sunrise, dusk or dawn with an offset of at most 720 minutes, such " \
        "as \"sunset+15\""
#define ID       "must be an id: small letters, digits and hyphens, at most 63"
#define STEP(at) "{\"id\":\"p\",\"steps\":[{\"at\":\"" at "\",\"set\":\"on\"}]}"

static const struct bad {
        const char *doc, *error;
} bad_programs[] = {
        {"[]", "must be an object"},
        {"null", "must be an object"},
        {"{\"steps\":[]}", "member \"id\" is missing"},
        {"{\"id\":\"Đèn\",\"steps\":[]}", "id: " ID},
        {"{\"id\":\"-a\",\"steps\":[]}", "id: " ID},
        {"{\"id\":7,\"steps\":[]}", "id: " ID},
        {"{\"id\":\"p\",\"name\":5,\"steps\":[]}", "name: must be a string"},
        {"{\"id\":\"p\",\"name\":\"  \",\"steps\":[]}", "name: must not be empty"},
        {"{\"id\":\"p\"}", "member \"steps\" is missing"},
        {"{\"id\":\"p\",\"steps\":{}}", "steps: must be a list"},
        {"{\"id\":\"p\",\"step\":[]}", "unknown member \"step\""},
        {"{\"id\":\"p\",\"steps\":[],\"start\":\"ON\"}", "start: must be one of \"off\", \"on\""},
        {"{\"id\":\"p\",\"steps\":[],\"start\":true}", "start: must be one of \"off\", \"on\""},
        {"{\"id\":\"p\",\"steps\":[7]}", "steps[0]: must be an object"},
        {"{\"id\":\"p\",\"steps\":[{\"set\":\"on\"}]}", "steps[0]: member \"at\" is missing"},
        {"{\"id\":\"p\",\"steps\":[{\"at\":\"05:00\"}]}", "steps[0]: member \"set\" is missing"},
        {"{\"id\":\"p\",\"steps\":[{\"at\":\"05:00\",\"set\":\"on\",\"days\":1}]}",
         "steps[0]: unknown member \"days\""},
        {"{\"id\":\"p\",\"steps\":[{\"at\":\"05:00\",\"set\":\"on\"},{\"at\":\"06:00\",\"set\":\"up\"}]}",
         "steps[1].set: must be one of \"off\", \"on\""},
        {STEP("24:00"), "steps[0].at: " AT},
        {STEP("5:00"), "steps[0].at: " AT},
        {STEP("noon"), "steps[0].at: " AT},
        {STEP("sunset15"), "steps[0].at: " AT},
        {STEP("sunset+"), "steps[0].at: " AT},
        {STEP("sunset+721"), "steps[0].at: " AT},
        {STEP("sunset+99999999999999999999"), "steps[0].at: " AT},
        {STEP("sunset+1h"), "steps[0].at: " AT},
        {STEP("sunset +15"), "steps[0].at: " AT},
        {STEP("Sunset"), "steps[0].at: " AT},
        {STEP(""), "steps[0].at: " AT},
        {"{\"id\":\"p\",\"steps\":[{\"at\":\"dusk\",\"set\":\"on\",\"not_before\":\"25:00\"}]}",
         "steps[0].not_before: must be a time from \"00:00\" to \"23:59\""},
        {"{\"id\":\"p\",\"steps\":[{\"at\":\"dusk\",\"set\":\"on\",\"not_after\":null}]}",
         "steps[0].not_after: must be a time from \"00:00\" to \"23:59\""},
        {"{\"id\":\"p\",\"steps\":[{\"at\":\"dusk\",\"set\":\"on\",\"not_before\":\"18:00\",\"not_after\":"
         "\"17:00\"}]}",
         "steps[0].not_after: must not be earlier than not_before"},
};

static void check_bad(const struct bad *bad, int r, const struct thon_json_error *error)
{
        ck_assert_msg(r == -EINVAL, "accepted: %s", bad->doc);
        ck_assert_msg(strcmp(error->text, bad->error) == 0, "%s\n  said: %s\n  want: %s", bad->doc,
                      error->text, bad->error);
}

START_TEST(test_every_mistake_in_a_program_is_named_with_its_place)
{
        for (size_t i = 0; i < sizeof(bad_programs) / sizeof(*bad_programs); i++) {
                _cleanup_json_ json_t *doc = parse(bad_programs[i].doc);
                struct thon_json_error error = {""};
                struct thon_program p;

                check_bad(&bad_programs[i], thon_program_from_json(doc, &p, &error), &error);
                ck_assert(!p.name && !p.steps && p.n_steps == 0);
                ck_assert_int_eq(thon_program_from_json(doc, &p, NULL), -EINVAL);
        }
}
END_TEST

START_TEST(test_a_program_has_at_most_48_steps)
{
        _cleanup_json_ json_t *doc = parse("{\"id\":\"p\",\"steps\":[]}");
        struct thon_json_error error = {""};
        struct thon_program p;

        for (int i = 0; i < THON_STEPS_MAX; i++)
                json_array_append_new(json_object_get(doc, "steps"),
                                      json_pack("{s:s,s:s}", "at", "20:00", "set", "on"));
        ck_assert_int_eq(thon_program_from_json(doc, &p, NULL), 0);
        thon_program_done(&p);
        json_array_append_new(json_object_get(doc, "steps"),
                              json_pack("{s:s,s:s}", "at", "20:00", "set", "on"));
        ck_assert_int_eq(thon_program_from_json(doc, &p, &error), -EINVAL);
        ck_assert_str_eq(error.text, "steps: has more than 48 entries");
}
END_TEST

/* ---- calendars ---------------------------------------------------------------------------------------------------- */

static const struct thon_program two_programs[] = {{.id = "thuong"}, {.id = "le"}};

static int read_calendar(const char *text, struct thon_calendar *ret, struct thon_json_error *error)
{
        _cleanup_json_ json_t *doc = parse(text);

        return thon_calendar_from_json(doc, two_programs, 2, ret, error);
}

START_TEST(test_a_calendar_with_every_kind_of_days)
{
        struct thon_calendar c;

        ck_assert_int_eq(
                read_calendar(
                        "{\"id\":\"lich\",\"default\":\"thuong\",\"rules\":["
                        "{\"days\":{\"dates\":[\"2027-02-05\",\"2027-02-05..2027-02-10\",\"12-24..01-02\","
                        "\"02-29\"]},\"program\":\"le\"},"
                        "{\"days\":{\"weekdays\":[\"mon\",\"sun\"],\"nth\":[1,5,-1,-5]},\"program\":\"le\"},"
                        "{\"days\":{\"lunar\":[\"1\",\"15\",\"23/12..5/1\",\"6/"
                        "1L\",\"14..16\"]},\"program\":\"le\"},"
                        "{\"days\":{\"tet\":[-3,5]},\"program\":\"le\"},"
                        "{\"days\":{\"every\":2,\"phase\":1},\"program\":\"thuong\"},"
                        "{\"days\":{\"weekdays\":[\"sat\"]},\"program\":\"thuong\"},"
                        "{\"days\":{\"monthdays\":[1,31,-1,-31]},\"program\":\"thuong\"}]}",
                        &c, NULL),
                0);
        ck_assert_uint_eq(c.n_rules, 7);
        ck_assert_uint_eq(c.default_program, 0);
        ck_assert_uint_eq(c.rules[0].program, 1);

        ck_assert_uint_eq(c.rules[0].days.n, 4);
        ck_assert_int_eq(c.rules[0].days.dates[0].from.day, 5);
        ck_assert_int_eq(c.rules[0].days.dates[0].to.day, 5);
        ck_assert_int_eq(c.rules[0].days.dates[1].to.day, 10);
        ck_assert_int_eq(c.rules[0].days.dates[1].to.year, 2027);
        ck_assert_int_eq(c.rules[0].days.dates[2].from.year, 0);
        ck_assert_int_eq(c.rules[0].days.dates[2].from.month, 12);
        ck_assert_int_eq(c.rules[0].days.dates[2].to.day, 2);
        ck_assert_int_eq(c.rules[0].days.dates[3].from.day, 29);

        ck_assert_int_eq(c.rules[1].days.kind, THON_DAYS_WEEKDAYS);
        ck_assert_uint_eq(c.rules[1].days.weekdays, 1 << 0 | 1 << 6);
        ck_assert_uint_eq(c.rules[1].days.nth, 1 << 0 | 1 << 4 | 1 << 8 | 1 << 12);
        ck_assert_uint_eq(c.rules[5].days.nth, 0);

        ck_assert_int_eq(c.rules[2].days.kind, THON_DAYS_LUNAR);
        ck_assert_uint_eq(c.rules[2].days.n, 5);
        ck_assert_int_eq(c.rules[2].days.lunar[1].from.day, 15);
        ck_assert_int_eq(c.rules[2].days.lunar[1].from.month, 0);
        ck_assert_int_eq(c.rules[2].days.lunar[2].from.month, 12);
        ck_assert_int_eq(c.rules[2].days.lunar[2].to.day, 5);
        ck_assert(c.rules[2].days.lunar[3].from.leap && c.rules[2].days.lunar[3].to.leap);
        ck_assert_int_eq(c.rules[2].days.lunar[3].from.day, 6);
        ck_assert_int_eq(c.rules[2].days.lunar[3].from.month, 1);
        ck_assert_int_eq(c.rules[2].days.lunar[4].to.day, 16);

        ck_assert_int_eq(c.rules[3].days.tet_from, -3);
        ck_assert_int_eq(c.rules[3].days.tet_to, 5);
        ck_assert_int_eq(c.rules[4].days.every, 2);
        ck_assert_int_eq(c.rules[4].days.phase, 1);
        ck_assert_int_eq(c.rules[6].days.kind, THON_DAYS_MONTHDAYS);
        ck_assert_uint_eq(c.rules[6].days.monthdays, 1u << 0 | 1u << 30);
        ck_assert_uint_eq(c.rules[6].days.monthdays_ahead, 1u << 0 | 1u << 30);
        thon_calendar_done(&c);
}
END_TEST

#define RULE(days) "{\"id\":\"c\",\"default\":\"le\",\"rules\":[{\"days\":" days ",\"program\":\"le\"}]}"
#define LUNAR \
        "must be a lunar day such as \"15\", \"23/12\", \"6/4L\" (leap month), or two with \"..\" between"
#define DATE "must be \"YYYY-MM-DD\", \"MM-DD\" for every year, or two of a kind with \"..\" between"

static const struct bad bad_calendars[] = {
        {"{\"id\":\"c\"}", "member \"default\" is missing"},
        {"{\"id\":\"c\",\"default\":\"khac\"}", "default: there is no program \"khac\""},
        {"{\"id\":\"c\",\"default\":\"le\",\"rules\":[{}]}", "rules[0]: member \"days\" is missing"},
        {"{\"id\":\"c\",\"default\":\"le\",\"rules\":[{\"days\":{\"every\":2}}]}",
         "rules[0]: member \"program\" is missing"},
        {"{\"id\":\"c\",\"default\":\"le\",\"rules\":[{\"days\":{\"every\":2},\"program\":\"x\"}]}",
         "rules[0].program: there is no program \"x\""},
        {RULE("{}"),
         "rules[0].days: must have one of \"dates\", \"weekdays\", \"monthdays\", \"lunar\", \"tet\", \"every\""},
        {RULE("{\"nth\":[1]}"),
         "rules[0].days: must have one of \"dates\", \"weekdays\", \"monthdays\", \"lunar\", \"tet\", \"every\""},
        {RULE("{\"date\":[]}"), "rules[0].days: unknown member \"date\""},
        {RULE("{\"tet\":[0,1],\"every\":2}"),
         "rules[0].days: has both \"tet\" and \"every\"; only one may be there"},
        {RULE("{\"tet\":[0,1],\"nth\":[2]}"), "rules[0].days: unknown member \"nth\""},
        {RULE("{\"dates\":[]}"), "rules[0].days.dates: must not be empty"},
        {RULE("{\"dates\":\"2027-02-05\"}"), "rules[0].days.dates: must be a list"},
        {RULE("{\"dates\":[\"2027-02-30\"]}"), "rules[0].days.dates[0]: " DATE},
        {RULE("{\"dates\":[\"02-05\",\"13-01\"]}"), "rules[0].days.dates[1]: " DATE},
        {RULE("{\"dates\":[\"02-30\"]}"), "rules[0].days.dates[0]: " DATE},
        {RULE("{\"dates\":[\"0000-02-05\"]}"), "rules[0].days.dates[0]: " DATE},
        {RULE("{\"dates\":[\"2027-02-05..\"]}"), "rules[0].days.dates[0]: " DATE},
        {RULE("{\"dates\":[\"02-05..02-06..02-07\"]}"), "rules[0].days.dates[0]: " DATE},
        {RULE("{\"dates\":[\"2027-02-05..02-10\"]}"), "rules[0].days.dates[0]: has a year at one end only"},
        {RULE("{\"dates\":[\"2027-02-05..2027-02-04\"]}"), "rules[0].days.dates[0]: ends before it begins"},
        {RULE("{\"dates\":[5]}"), "rules[0].days.dates[0]: must be a string"},
        {RULE("{\"monthdays\":[]}"), "rules[0].days.monthdays: must not be empty"},
        {RULE("{\"monthdays\":[1,0]}"),
         "rules[0].days.monthdays[1]: must be 1 to 31, or -1 for the last day of the month to -31 from it"},
        {RULE("{\"monthdays\":[32]}"),
         "rules[0].days.monthdays[0]: must be 1 to 31, or -1 for the last day of the month to -31 from it"},
        {RULE("{\"monthdays\":[-9223372036854775808]}"),
         "rules[0].days.monthdays[0]: must be 1 to 31, or -1 for the last day of the month to -31 from it"},
        {RULE("{\"monthdays\":[15,-1,-1]}"), "rules[0].days.monthdays[2]: -1 comes twice"},
        {RULE("{\"monthdays\":[1],\"nth\":[1]}"), "rules[0].days: unknown member \"nth\""},
        {RULE("{\"weekdays\":[]}"), "rules[0].days.weekdays: must not be empty"},
        {RULE("{\"weekdays\":[\"monday\"]}"),
         "rules[0].days.weekdays[0]: must be mon, tue, wed, thu, fri, sat or sun"},
        {RULE("{\"weekdays\":[\"mon\",\"mon\"]}"), "rules[0].days.weekdays[1]: \"mon\" comes twice"},
        {RULE("{\"weekdays\":[\"mon\"],\"nth\":[0]}"), "rules[0].days.nth[0]: must be 1 to 5 for the first "
                                                       "to the fifth of a month, or -1 to -5 from its end"},
        {RULE("{\"weekdays\":[\"mon\"],\"nth\":[1,1]}"), "rules[0].days.nth[1]: 1 comes twice"},
        {RULE("{\"weekdays\":[\"mon\"],\"nth\":[]}"), "rules[0].days.nth: must not be empty"},
        {RULE("{\"lunar\":[\"31\"]}"), "rules[0].days.lunar[0]: " LUNAR},
        {RULE("{\"lunar\":[\"0\"]}"), "rules[0].days.lunar[0]: " LUNAR},
        {RULE("{\"lunar\":[\"15L\"]}"), "rules[0].days.lunar[0]: " LUNAR},
        {RULE("{\"lunar\":[\"15/13\"]}"), "rules[0].days.lunar[0]: " LUNAR},
        {RULE("{\"lunar\":[\"15/\"]}"), "rules[0].days.lunar[0]: " LUNAR},
        {RULE("{\"lunar\":[\"/1\"]}"), "rules[0].days.lunar[0]: " LUNAR},
        {RULE("{\"lunar\":[\"1/2/3\"]}"), "rules[0].days.lunar[0]: " LUNAR},
        {RULE("{\"lunar\":[\"6/4LL\"]}"), "rules[0].days.lunar[0]: " LUNAR},
        {RULE("{\"lunar\":[\"\"]}"), "rules[0].days.lunar[0]: " LUNAR},
        {RULE("{\"lunar\":[\"23/12..5\"]}"), "rules[0].days.lunar[0]: has a month at one end only"},
        {RULE("{\"lunar\":[\"16..14\"]}"), "rules[0].days.lunar[0]: ends before it begins"},
        {RULE("{\"tet\":[1]}"),
         "rules[0].days.tet: must be two numbers of days from mùng 1 Tết, such as [-3,5]"},
        {RULE("{\"tet\":[5,-3]}"), "rules[0].days.tet: ends before it begins"},
        {RULE("{\"tet\":[0,201]}"), "rules[0].days.tet[1]: must be a whole number from -200 to 200"},
        {RULE("{\"every\":0}"), "rules[0].days.every: must be a whole number from 1 to 366"},
        {RULE("{\"every\":2.0}"), "rules[0].days.every: must be a whole number from 1 to 366"},
        {RULE("{\"every\":99999999999}"), "rules[0].days.every: must be a whole number from 1 to 366"},
        {RULE("{\"every\":2,\"phase\":2}"), "rules[0].days.phase: must be a whole number from 0 to 1"},
        {RULE("{\"phase\":0}"),
         "rules[0].days: must have one of \"dates\", \"weekdays\", \"monthdays\", \"lunar\", \"tet\", \"every\""},
};

START_TEST(test_every_mistake_in_a_calendar_is_named_with_its_place)
{
        for (size_t i = 0; i < sizeof(bad_calendars) / sizeof(*bad_calendars); i++) {
                struct thon_json_error error = {""};
                struct thon_calendar c;

                check_bad(&bad_calendars[i], read_calendar(bad_calendars[i].doc, &c, &error), &error);
                ck_assert(!c.name && !c.rules && c.n_rules == 0);
        }
}
END_TEST

START_TEST(test_without_programs_a_calendar_is_checked_all_the_same)
{
        _cleanup_json_ json_t *doc = parse("{\"id\":\"c\",\"default\":\"khac\"}"),
                              *wrong = parse("{\"id\":\"c\",\"default\":\"K\"}");
        struct thon_json_error error = {""};
        struct thon_calendar c;

        ck_assert_int_eq(thon_calendar_from_json(doc, NULL, 0, &c, NULL), 0);
        thon_calendar_done(&c);
        ck_assert_int_eq(thon_calendar_from_json(wrong, NULL, 0, &c, &error), -EINVAL);
        ck_assert_str_eq(error.text, "default: " ID);
}
END_TEST

/* ---- circuits ----------------------------------------------------------------------------------------------------- */

static const struct thon_calendar one_calendar[] = {{.id = "lich"}};

static int read_circuit(const char *text, struct thon_circuit_conf *ret, struct thon_json_error *error)
{
        _cleanup_json_ json_t *doc = parse(text);

        return thon_circuit_from_json("duong-lang", "Đường làng", "chi-phuc", doc, one_calendar, 1, ret,
                                      error);
}

START_TEST(test_a_circuit_with_everything)
{
        struct thon_circuit_conf c;

        ck_assert_int_eq(read_circuit("{\"calendar\":\"lich\",\"node\":\"tu-2\",\"lamps\":8,\"watts\":70.5,"
                                      "\"relay\":{\"gpio\":{\"chip\":\"pinctrl-bcm2711\",\"line\":"
                                      "\"GPIO17\",\"active_low\":true}},"
                                      "\"feedback\":{\"gpio\":{\"chip\":\"pinctrl-bcm2711\",\"line\":18}},"
                                      "\"meter\":{\"gpio\":{\"chip\":\"pinctrl-bcm2711\",\"line\":\"19\"},"
                                      "\"pulses_per_kwh\":3200},"
                                      "\"door\":{\"gpio\":{\"chip\":\"sim:cabinet\",\"line\":\"door\"}},"
                                      "\"manual\":{\"gpio\":{\"chip\":\"sim:cabinet\",\"line\":\"manual\"}},"
                                      "\"lockout\":{\"gpio\":{\"chip\":\"sim:cabinet\",\"line\":\"lockout\","
                                      "\"active_low\":true}},"
                                      "\"photocell\":{\"gpio\":{\"chip\":\"sim:cabinet\",\"line\":\"cell\"},"
                                      "\"join\":\"or\",\"delay\":30},"
                                      "\"min_dwell\":0,\"untrusted_clock\":\"on\"}",
                                      &c, NULL),
                         0);
        ck_assert_str_eq(c.id, "duong-lang");
        ck_assert_str_eq(c.name, "Đường làng");
        ck_assert_str_eq(c.area, "chi-phuc");
        ck_assert_str_eq(c.node, "tu-2");
        ck_assert_uint_eq(c.calendar, 0);
        ck_assert_int_eq(c.lamps, 8);
        ck_assert_double_eq(c.watts, 70.5);
        ck_assert_int_eq(c.relay.kind, THON_RELAY_GPIO);
        ck_assert_str_eq(c.relay.gpio.chip, "pinctrl-bcm2711");
        ck_assert_str_eq(c.relay.gpio.line, "GPIO17");
        ck_assert(c.relay.gpio.active_low);
        ck_assert_str_eq(c.feedback.line, "18");
        ck_assert(!c.feedback.active_low);
        ck_assert_str_eq(c.meter.line, "19");
        ck_assert_int_eq(c.pulses_per_kwh, 3200);
        ck_assert_str_eq(c.door.line, "door");
        ck_assert_str_eq(c.manual.line, "manual");
        ck_assert(c.lockout.active_low);
        ck_assert_int_eq(c.photocell_join, THON_PHOTOCELL_OR);
        ck_assert_double_eq(c.photocell_delay_s, 30);
        ck_assert_int_eq(c.min_dwell_s, 0);
        ck_assert_int_eq(c.untrusted, THON_UNTRUSTED_ON);
        thon_circuit_conf_done(&c);
}
END_TEST

START_TEST(test_the_shortest_circuit_and_its_defaults)
{
        struct thon_circuit_conf c;

        ck_assert_int_eq(
                read_circuit("{\"calendar\":\"lich\",\"relay\":{\"gpio\":{\"chip\":\"a\",\"line\":\"b\"}}}",
                             &c, NULL),
                0);
        ck_assert_int_eq(c.lamps, 0);
        ck_assert_int_eq(c.min_dwell_s, 60);
        ck_assert_double_eq(c.photocell_delay_s, 120);
        ck_assert_int_eq(c.untrusted, THON_UNTRUSTED_PLAN);
        ck_assert(!thon_line_ref_set(&c.feedback));
        thon_circuit_conf_done(&c);

        ck_assert_int_eq(
                read_circuit("{\"calendar\":\"lich\",\"relay\":{\"gpio\":{\"chip\":\"a\",\"line\":\"b\"}},"
                             "\"meter\":{\"gpio\":{\"chip\":\"a\",\"line\":\"c\"}},"
                             "\"photocell\":{\"gpio\":{\"chip\":\"a\",\"line\":\"d\"}}}",
                             &c, NULL),
                0);
        ck_assert_int_eq(c.pulses_per_kwh, 1000);
        ck_assert_int_eq(c.photocell_join, THON_PHOTOCELL_NONE);
        ck_assert_int_eq(c.untrusted, THON_UNTRUSTED_PHOTOCELL);
        thon_circuit_conf_done(&c);
}
END_TEST

START_TEST(test_each_driver_of_a_far_relay)
{
        static const struct {
                const char *mqtt;
                enum thon_relay_driver driver;
                int channel;
                bool feedback, energy;
        } table[] = {
                {"{\"driver\":\"tasmota\",\"topic\":\"tu-3\"}", THON_DRIVER_TASMOTA, 1, true, false},
                {"{\"driver\":\"tasmota\",\"topic\":\"tu-3\",\"channel\":4,\"energy\":true}",
                 THON_DRIVER_TASMOTA, 4, true, true},
                {"{\"driver\":\"shelly2\",\"topic\":\"shellyplus1-a8032a\",\"feedback\":true}",
                 THON_DRIVER_SHELLY2, 0, true, false},
                {"{\"driver\":\"zigbee2mqtt\",\"topic\":\"zigbee2mqtt/Đèn ngõ 3\"}", THON_DRIVER_ZIGBEE2MQTT,
                 0, true, false},
                {"{\"driver\":\"plain\",\"topic\":\"a/b\",\"feedback\":false}", THON_DRIVER_PLAIN, 0, false,
                 false},
        };

        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                struct thon_circuit_conf c;
                char text[300];

                snprintf(text, sizeof(text), "{\"calendar\":\"lich\",\"relay\":{\"mqtt\":%s}}",
                         table[i].mqtt);
                ck_assert_int_eq(read_circuit(text, &c, NULL), 0);
                ck_assert_int_eq(c.relay.kind, THON_RELAY_MQTT);
                ck_assert_int_eq(c.relay.driver, table[i].driver);
                ck_assert_int_eq(c.relay.channel, table[i].channel);
                ck_assert(c.relay.has_feedback == table[i].feedback);
                ck_assert(c.relay.has_energy == table[i].energy);
                thon_circuit_conf_done(&c);
        }
}
END_TEST

#define GPIO(chip, line)  "{\"gpio\":{\"chip\":" chip ",\"line\":" line "}}"
#define RELAY(chip, line) "{\"calendar\":\"lich\",\"relay\":" GPIO(chip, line) "}"
#define WITH(more)        "{\"calendar\":\"lich\",\"relay\":" GPIO("\"a\"", "\"b\"") "," more "}"
#define MQTT(members)     "{\"calendar\":\"lich\",\"relay\":{\"mqtt\":{" members "}}}"
#define CHIP              "must be a chip's label or device-tree compatible, at most 63 characters, or \"sim:NAME\""
#define NUMBER                                                                                       \
        "is a number, which changes from boot to boot; give the label, such as \"pinctrl-bcm2711\" " \
        "(gpiodetect shows it)"
#define LINE  "must be a line's name, at most 63 characters, or its offset, 0 to 1023"
#define TOPIC "must be the device's topic, 1 to 127 bytes without + # and without / at its ends"

static const struct bad bad_circuits[] = {
        {"7", "must be an object"},
        {"{}", "member \"calendar\" is missing"},
        {"{\"calendar\":\"khac\"}", "calendar: there is no calendar \"khac\""},
        {"{\"calendar\":\"lich\"}", "member \"relay\" is missing"},
        {"{\"calendar\":\"lich\",\"relay\":{}}", "relay: must have either \"gpio\" or \"mqtt\""},
        {"{\"calendar\":\"lich\",\"relay\":{\"gpio\":{},\"mqtt\":{}}}",
         "relay: must have either \"gpio\" or \"mqtt\""},
        {"{\"calendar\":\"lich\",\"relay\":{\"gpio\":{}}}", "relay.gpio: member \"chip\" is missing"},
        {RELAY("\"\"", "\"b\""), "relay.gpio.chip: " CHIP},
        {RELAY("\"a b\"", "\"b\""), "relay.gpio.chip: " CHIP},
        {RELAY("\"gpiochip0\"", "\"b\""), "relay.gpio.chip: " NUMBER},
        {RELAY("\"/dev/gpiochip0\"", "\"b\""), "relay.gpio.chip: " NUMBER},
        {RELAY("\"0\"", "\"b\""), "relay.gpio.chip: " NUMBER},
        {RELAY("0", "\"b\""), "relay.gpio.chip: " CHIP},
        {RELAY("\"a\"", "-1"), "relay.gpio.line: " LINE},
        {RELAY("\"a\"", "1024"), "relay.gpio.line: " LINE},
        {RELAY("\"a\"", "1.5"), "relay.gpio.line: " LINE},
        {RELAY("\"a\"", "\"\""), "relay.gpio.line: " LINE},
        {"{\"calendar\":\"lich\",\"relay\":{\"gpio\":{\"chip\":\"a\",\"line\":\"b\",\"active_low\":1}}}",
         "relay.gpio.active_low: must be true or false"},
        {"{\"calendar\":\"lich\",\"relay\":{\"gpio\":{\"chip\":\"a\",\"line\":\"b\",\"activ_low\":true}}}",
         "relay.gpio: unknown member \"activ_low\""},
        {MQTT(""), "relay.mqtt: member \"driver\" is missing"},
        {MQTT("\"driver\":\"sonoff\""),
         "relay.mqtt.driver: must be one of \"tasmota\", \"shelly2\", \"zigbee2mqtt\", \"plain\""},
        {MQTT("\"driver\":\"plain\""), "relay.mqtt: member \"topic\" is missing"},
        {MQTT("\"driver\":\"plain\",\"topic\":\"\""), "relay.mqtt.topic: " TOPIC},
        {MQTT("\"driver\":\"plain\",\"topic\":\"a/#\""), "relay.mqtt.topic: " TOPIC},
        {MQTT("\"driver\":\"plain\",\"topic\":\"+/a\""), "relay.mqtt.topic: " TOPIC},
        {MQTT("\"driver\":\"plain\",\"topic\":\"/a\""), "relay.mqtt.topic: " TOPIC},
        {MQTT("\"driver\":\"plain\",\"topic\":\"a/\""), "relay.mqtt.topic: " TOPIC},
        {MQTT("\"driver\":\"plain\",\"topic\":\"$SYS/a\""), "relay.mqtt.topic: " TOPIC},
        {MQTT("\"driver\":\"plain\",\"topic\":\"a\\nb\""), "relay.mqtt.topic: " TOPIC},
        {MQTT("\"driver\":\"plain\",\"topic\":\"thon/1/xa/light/all\""),
         "relay.mqtt.topic: must not lie below thon/, where our own topics are"},
        {MQTT("\"driver\":\"tasmota\",\"topic\":\"a\",\"channel\":0"),
         "relay.mqtt.channel: must be a whole number from 1 to 32"},
        {MQTT("\"driver\":\"shelly2\",\"topic\":\"a\",\"channel\":16"),
         "relay.mqtt.channel: must be a whole number from 0 to 15"},
        {MQTT("\"driver\":\"plain\",\"topic\":\"a\",\"channel\":1"),
         "relay.mqtt.channel: only tasmota and shelly2 have channels; each relay has a topic of its own "
         "here"},
        {MQTT("\"driver\":\"plain\",\"topic\":\"a\",\"feedback\":\"yes\""),
         "relay.mqtt.feedback: must be true or false"},
        {WITH("\"lamp\":5"), "unknown member \"lamp\""},
        {WITH("\"lamps\":-1"), "lamps: must be a whole number from 0 to 10000"},
        {WITH("\"lamps\":\"5\""), "lamps: must be a whole number from 0 to 10000"},
        {WITH("\"watts\":5001"), "watts: must be a number from 0 to 5000"},
        {WITH("\"node\":\"Tủ\""), "node: " ID},
        {WITH("\"feedback\":{}"), "feedback: member \"gpio\" is missing"},
        {WITH("\"feedback\":{\"chip\":\"a\",\"line\":\"c\"}"), "feedback: unknown member \"chip\""},
        {WITH("\"door\":" GPIO("\"gpiochip3\"", "\"c\"")), "door.gpio.chip: " NUMBER},
        {WITH("\"meter\":{\"gpio\":{\"chip\":\"a\",\"line\":\"c\"},\"pulses_per_kwh\":0}"),
         "meter.pulses_per_kwh: must be a whole number from 1 to 100000"},
        {WITH("\"pulses_per_kwh\":1000"), "unknown member \"pulses_per_kwh\""},
        {WITH("\"photocell\":{\"gpio\":{\"chip\":\"a\",\"line\":\"c\"},\"join\":\"xor\"}"),
         "photocell.join: must be one of \"none\", \"and\", \"or\""},
        {WITH("\"photocell\":{\"gpio\":{\"chip\":\"a\",\"line\":\"c\"},\"delay\":-1}"),
         "photocell.delay: must be a number from 0 to 3600"},
        {WITH("\"min_dwell\":3601"), "min_dwell: must be a whole number from 0 to 3600"},
        {WITH("\"untrusted_clock\":\"dark\""),
         "untrusted_clock: must be one of \"photocell\", \"plan\", \"on\", \"off\""},
        {WITH("\"feedback\":" GPIO("\"a\"", "\"b\"")),
         "feedback.gpio: line \"b\" of \"a\" is relay.gpio of circuit \"duong-lang\" already"},
};

START_TEST(test_every_mistake_in_a_circuit_is_named_with_its_place)
{
        for (size_t i = 0; i < sizeof(bad_circuits) / sizeof(*bad_circuits); i++) {
                struct thon_json_error error = {""};
                struct thon_circuit_conf c;

                check_bad(&bad_circuits[i], read_circuit(bad_circuits[i].doc, &c, &error), &error);
                ck_assert(!c.name);
        }
}
END_TEST

START_TEST(test_without_calendars_the_calendar_of_a_circuit_is_only_a_slug)
{
        _cleanup_json_ json_t *doc = parse(RELAY("\"a\"", "\"b\""));
        struct thon_json_error error = {""};
        struct thon_circuit_conf c;

        ck_assert_int_eq(thon_circuit_from_json("x", NULL, NULL, doc, NULL, 0, &c, NULL), 0);
        ck_assert_str_eq(c.name, "x");
        ck_assert_str_eq(c.area, "");
        thon_circuit_conf_done(&c);
        ck_assert_int_eq(thon_circuit_from_json("all", NULL, NULL, doc, NULL, 0, &c, &error), -EINVAL);
        ck_assert_str_eq(error.text, "id: \"all\" has a meaning of its own: choose another");
        ck_assert_int_eq(thon_circuit_from_json("plan", NULL, NULL, doc, NULL, 0, &c, &error), -EINVAL);
        ck_assert_int_eq(thon_circuit_from_json("X", NULL, NULL, doc, NULL, 0, &c, &error), -EINVAL);
        ck_assert_str_eq(error.text, "id: " ID);
}
END_TEST

/* ---- plans -------------------------------------------------------------------------------------------------------- */

#define HEAD "\"v\":1,\"site\":\"xa-mau\",\"place\":{\"lat\":20.9,\"lon\":105.5},\"tz\":\"Asia/Ho_Chi_Minh\""
#define PLAN(circuits)                                                                                 \
        "{" HEAD ",\"programs\":[{\"id\":\"dem\",\"steps\":[{\"at\":\"dusk\",\"set\":\"on\"},{\"at\":" \
        "\"dawn\",\"set\":\"off\"}]}],"                                                                \
        "\"calendars\":[{\"id\":\"lich\",\"default\":\"dem\"}],\"circuits\":[" circuits "]}"
#define CIRCUIT(id, more)                                                                                   \
        "{\"id\":\"" id "\",\"name\":\"Đường\",\"config\":{\"calendar\":\"lich\",\"relay\":{\"gpio\":{" \
        "\"chip\":\"c\",\"line\":\"" id "\"}}" more "}}"
#define DOOR(low) ",\"door\":{\"gpio\":{\"chip\":\"c\",\"line\":\"door\",\"active_low\":" low "}}"

START_TEST(test_a_plan_resolves_every_id_and_frees_all_it_owns)
{
        _cleanup_json_ json_t *doc =
                parse(PLAN(CIRCUIT("r1", DOOR("true")) "," CIRCUIT("r2", DOOR("true"))));
        struct thon_light_plan *plan = NULL;
        struct thon_json_error error = {""};

        ck_assert_msg(thon_light_plan_from_json(doc, &plan, &error) == 0, "%s", error.text);
        ck_assert_str_eq(plan->site, "xa-mau");
        ck_assert_str_eq(plan->zone, "Asia/Ho_Chi_Minh");
        ck_assert_double_eq(plan->place.lon, 105.5);
        ck_assert_uint_eq(plan->n_programs, 1);
        ck_assert_uint_eq(plan->n_calendars, 1);
        ck_assert_uint_eq(plan->n_circuits, 2);
        ck_assert_str_eq(plan->circuits[1].id, "r2");
        ck_assert_str_eq(plan->circuits[1].door.line, "door"); /* the cabinet's one door */
        ck_assert_ptr_null(thon_light_plan_free(plan));
        ck_assert_ptr_null(thon_light_plan_free(NULL));
}
END_TEST

START_TEST(test_each_node_has_lines_of_its_own)
{
        _cleanup_json_ json_t *doc = parse(PLAN(CIRCUIT("r1", "") "," CIRCUIT(
                "r2", ",\"feedback\":{\"gpio\":{\"chip\":\"c\",\"line\":\"r1\"}},"
                      "\"node\":\"tu-2\"")));
        struct thon_light_plan *plan = NULL;

        ck_assert_int_eq(thon_light_plan_from_json(doc, &plan, NULL), 0);
        thon_light_plan_free(plan);
}
END_TEST

START_TEST(test_an_empty_plan_is_a_plan)
{
        _cleanup_json_ json_t *doc = parse("{" HEAD ",\"programs\":[],\"calendars\":[],\"circuits\":[]}");
        struct thon_light_plan *plan = NULL;

        ck_assert_int_eq(thon_light_plan_from_json(doc, &plan, NULL), 0);
        thon_light_plan_free(plan);
}
END_TEST

static const struct bad bad_plans[] = {
        {"{}", "member \"v\" is missing"},
        {"{\"v\":2}", "v: must be a whole number from 1 to 1"},
        {"{\"v\":1,\"site\":\"a\",\"place\":{\"lat\":91,\"lon\":0}}",
         "place.lat: must be a number from -90 to 90"},
        {"{\"v\":1,\"site\":\"a\",\"place\":{\"lat\":9}}", "place: member \"lon\" is missing"},
        {"{\"v\":1,\"site\":\"a\",\"place\":{\"lat\":9,\"lon\":9},\"tz\":\"../../etc/passwd\"}",
         "tz: must be the name of a time zone, such as \"Asia/Ho_Chi_Minh\""},
        {"{\"v\":1,\"site\":\"a\",\"place\":{\"lat\":9,\"lon\":9},\"tz\":\"/etc/passwd\"}",
         "tz: must be the name of a time zone, such as \"Asia/Ho_Chi_Minh\""},
        {"{" HEAD "}", "member \"programs\" is missing"},
        {"{" HEAD ",\"programs\":[{\"id\":\"p\",\"steps\":[{\"at\":\"x\",\"set\":\"on\"}]}],\"calendars\":[]"
         ",\"circuits\":[]}",
         "programs[0].steps[0].at: " AT},
        {"{" HEAD ",\"programs\":[{\"id\":\"p\",\"steps\":[]},{\"id\":\"p\",\"steps\":[]}],\"calendars\":[],"
         "\"circuits\":[]}",
         "programs[1].id: \"p\" comes twice"},
        {"{" HEAD ",\"programs\":[],\"calendars\":[{\"id\":\"c\",\"default\":\"p\"}],\"circuits\":[]}",
         "calendars[0].default: there is no program \"p\""},
        {"{" HEAD ",\"programs\":[],\"calendars\":[],\"circuits\":[" CIRCUIT("r1", "") "]}",
         "circuits[0].config.calendar: there is no calendar \"lich\""},
        {PLAN("{\"id\":\"r1\"}"), "circuits[0]: member \"config\" is missing"},
        {PLAN(CIRCUIT("r1", "") "," CIRCUIT("r2", ",\"min_dwell\":-1")),
         "circuits[1].config.min_dwell: must be a whole number from 0 to 3600"},
        {PLAN(CIRCUIT("r1", DOOR("true")) "," CIRCUIT("r2", DOOR("false"))),
         "circuits[1].config.door.gpio: line \"door\" of \"c\" is door.gpio of circuit \"r1\" already"},
        {PLAN(CIRCUIT("r1", "") "," CIRCUIT("r2",
                                            ",\"feedback\":{\"gpio\":{\"chip\":\"c\",\"line\":\"r1\"}}")),
         "circuits[1].config.feedback.gpio: line \"r1\" of \"c\" is relay.gpio of circuit \"r1\" already"},
        {PLAN("{\"id\":\"a\",\"config\":{\"calendar\":\"lich\",\"relay\":{\"mqtt\":{\"driver\":\"plain\","
              "\"topic\":\"t\"}}}},"
              "{\"id\":\"b\",\"config\":{\"calendar\":\"lich\",\"relay\":{\"mqtt\":{\"driver\":\"plain\","
              "\"topic\":\"t\"}}}}"),
         "circuits[1].config.relay.mqtt: is the relay of circuit \"a\" already"},
        {PLAN(CIRCUIT("r1", "") ",{\"id\":\"r1\",\"config\":{\"calendar\":\"lich\",\"relay\":{\"mqtt\":{"
                                "\"driver\":\"plain\","
                                "\"topic\":\"t\"}}}}"),
         "circuits[1].id: \"r1\" comes twice"},
};

START_TEST(test_every_mistake_in_a_plan_is_named_with_its_place)
{
        for (size_t i = 0; i < sizeof(bad_plans) / sizeof(*bad_plans); i++) {
                _cleanup_json_ json_t *doc = parse(bad_plans[i].doc);
                struct thon_json_error error = {""};
                struct thon_light_plan *plan = NULL;

                check_bad(&bad_plans[i], thon_light_plan_from_json(doc, &plan, &error), &error);
                ck_assert_ptr_null(plan);
        }
}
END_TEST

START_TEST(test_a_plan_has_at_most_a_thousand_circuits)
{
        _cleanup_json_ json_t *doc = parse(PLAN(""));
        json_t *circuits = json_object_get(doc, "circuits");
        struct thon_json_error error = {""};
        struct thon_light_plan *plan = NULL;

        for (int i = 0; i <= THON_CIRCUITS_MAX; i++) {
                char id[20];

                if (i == THON_CIRCUITS_MAX) {
                        ck_assert_int_eq(thon_light_plan_from_json(doc, &plan, NULL), 0);
                        plan = thon_light_plan_free(plan);
                }
                snprintf(id, sizeof(id), "r%d", i);
                json_array_append_new(circuits, json_pack("{s:s,s:{s:s,s:{s:{s:s,s:i}}}}", "id", id,
                                                          "config", "calendar", "lich", "relay", "gpio",
                                                          "chip", i < 500 ? "a" : "b", "line", i % 500));
        }
        ck_assert_int_eq(thon_light_plan_from_json(doc, &plan, &error), -EINVAL);
        ck_assert_str_eq(error.text, "circuits: has more than 1000 entries");
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("light forms");
        TCase *tc = tcase_create("forms");
        SRunner *runner;
        int failed;

        tcase_add_test(tc, test_a_program_with_every_kind_of_point);
        tcase_add_test(tc, test_the_shortest_program);
        tcase_add_test(tc, test_every_mistake_in_a_program_is_named_with_its_place);
        tcase_add_test(tc, test_a_program_has_at_most_48_steps);
        tcase_add_test(tc, test_a_calendar_with_every_kind_of_days);
        tcase_add_test(tc, test_every_mistake_in_a_calendar_is_named_with_its_place);
        tcase_add_test(tc, test_without_programs_a_calendar_is_checked_all_the_same);
        tcase_add_test(tc, test_a_circuit_with_everything);
        tcase_add_test(tc, test_the_shortest_circuit_and_its_defaults);
        tcase_add_test(tc, test_each_driver_of_a_far_relay);
        tcase_add_test(tc, test_every_mistake_in_a_circuit_is_named_with_its_place);
        tcase_add_test(tc, test_without_calendars_the_calendar_of_a_circuit_is_only_a_slug);
        tcase_add_test(tc, test_a_plan_resolves_every_id_and_frees_all_it_owns);
        tcase_add_test(tc, test_each_node_has_lines_of_its_own);
        tcase_add_test(tc, test_an_empty_plan_is_a_plan);
        tcase_add_test(tc, test_every_mistake_in_a_plan_is_named_with_its_place);
        tcase_add_test(tc, test_a_plan_has_at_most_a_thousand_circuits);
        suite_add_tcase(suite, tc);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
