/* Flapping: our rule, and beside it the published rules of Nagios and Icinga on the same traces. What counts is what
 * people get: messages a day, and real outages of which nobody was told. */
#include "cause_story.h"
#include "relay_random.h"

/* ---- Icinga 2: 20 bits "the state changed", weights 0.80 .. 1.18, begins over 30 %, ends at 25 % ---- */
struct icinga {
        bool changed[20]; /* oldest first */
        bool flapping;
        bool bad;
};

static double icinga_percent(const struct icinga *icinga)
{
        double sum = 0;

        for (int i = 0; i < 20; i++)
                sum += icinga->changed[i] ? 0.8 + 0.02 * i : 0;
        return 100 * sum / 20;
}

static void icinga_check(struct icinga *icinga, bool bad)
{
        memmove(icinga->changed, icinga->changed + 1, sizeof(icinga->changed) - sizeof(bool));
        icinga->changed[19] = bad != icinga->bad;
        icinga->bad = bad;
        icinga->flapping = icinga_percent(icinga) > (icinga->flapping ? 25 : 30);
}

/* ---- Nagios: 21 results, 20 transitions, weights 0.75 .. 1.25, begins at 20 %, ends at 5 % (Debian's nagios.cfg) ---- */
struct nagios {
        bool bad[21]; /* oldest first */
        bool flapping;
};

static double nagios_percent(const struct nagios *nagios)
{
        double sum = 0;

        for (int i = 1; i < 21; i++)
                sum += nagios->bad[i] != nagios->bad[i - 1] ? 0.75 + (i - 1) * 0.5 / 19 : 0;
        return 100 * sum / 20;
}

static void nagios_record(struct nagios *nagios, bool bad)
{
        double percent;

        memmove(nagios->bad, nagios->bad + 1, sizeof(nagios->bad) - sizeof(bool));
        nagios->bad[20] = bad;
        percent = nagios_percent(nagios);
        if (percent <= 5)
                nagios->flapping = false;
        else if (percent >= 20)
                nagios->flapping = true;
}

START_TEST(icinga_begins_after_6_alternations_and_ends_after_15_stable_checks)
{
        struct icinga icinga = {0};
        int begin = 0, end = 0;

        while (!icinga.flapping)
                icinga_check(&icinga, ++begin % 2);
        while (icinga.flapping) {
                icinga_check(&icinga, icinga.bad);
                end++;
        }
        ck_assert_int_eq(begin, 6);
        ck_assert_int_eq(end, 15);
}
END_TEST

START_TEST(nagios_begins_after_4_alternations_and_ends_after_19_stable_checks)
{
        struct nagios nagios = {0};
        int begin = 0, end = 0;

        while (!nagios.flapping)
                nagios_record(&nagios, ++begin % 2);
        while (nagios.flapping) {
                nagios_record(&nagios, nagios.bad[20]);
                end++;
        }
        ck_assert_int_eq(begin, 4);
        ck_assert_int_eq(end, 19);
}
END_TEST

/* ---- traces: minutes of a day, up or down; and the share of looks that fail though it is up ---- */
#define DAY  86400
#define DAYS 10 /* of which messages are compared */

struct trace {
        const char *name;
        double loss;
        bool down[DAY];
};

static void down_for(struct trace *trace, int from, int s)
{
        for (int i = from; i < from + s && i < DAY; i++)
                trace->down[i] = true;
}

static void flap(struct trace *trace, int from, int to, int down_s, int up_s)
{
        for (int at = from; at < to; at += down_s + up_s)
                down_for(trace, at, down_s);
}

/* A look at this second; the same for whoever looks then. */
static bool fails(const struct trace *trace, uint64_t seed, int second)
{
        uint64_t z = seed + (uint64_t)second * UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        z ^= z >> 31;
        return trace->down[second] || (double)(z >> 11) / (double)(UINT64_C(1) << 53) < trace->loss;
}

/* Trouble of which somebody must be told: away for half an hour on end, or for a third of an hour in pieces. */
#define OUTAGE_S 1800
#define TROUBLES 96
struct outcome {
        int messages, untold;
};
struct troubles {
        int from[TROUBLES], to[TROUBLES];
        bool known[TROUBLES], outage[TROUBLES];
        int n;
};

static void add_trouble(struct troubles *troubles, int from, int to, bool outage)
{
        ck_assert_int_lt(troubles->n, TROUBLES);
        troubles->from[troubles->n] = from;
        troubles->to[troubles->n] = to;
        troubles->outage[troubles->n++] = outage;
}

static void find_troubles(const struct trace *trace, struct troubles *ret)
{
        memset(ret, 0, sizeof(*ret));
        for (int i = 0, k; i < DAY; i = k) {
                for (k = i; k < DAY && trace->down[k] == trace->down[i]; k++)
                        ;
                if (trace->down[i] && k - i >= OUTAGE_S)
                        add_trouble(ret, i, k, true);
        }
        for (int hour = 0; hour < DAY; hour += 3600) {
                int down = 0;

                for (int i = hour; i < hour + 3600; i++)
                        down += trace->down[i];
                if (down >= 1200)
                        add_trouble(ret, hour, hour + 3600, false);
        }
}

/* At this second it is known to be down, or to come and go. Of an outage only the former is true. */
static void known_now(struct troubles *troubles, int second, bool down, bool flapping)
{
        for (int i = 0; i < troubles->n; i++)
                if (troubles->from[i] <= second && second < troubles->to[i])
                        troubles->known[i] |= down || (flapping && !troubles->outage[i]);
}

static int untold(const struct troubles *troubles)
{
        int n = 0;

        for (int i = 0; i < troubles->n; i++)
                n += !troubles->known[i];
        return n;
}

/* Both peers: 60 s between checks, 60 s between retries, hard at the third; a notice at each hard change unless it flaps,
 * one when flapping begins and one when it ends, and then what was missed meanwhile. */
static struct outcome peer(const struct trace *trace, uint64_t seed, bool is_nagios)
{
        struct nagios nagios = {0};
        struct icinga icinga = {0};
        struct troubles troubles;
        struct outcome outcome = {0};
        bool hard = false, noticed = false, flapped = false;
        int attempts = 0;

        find_troubles(trace, &troubles);
        for (int second = 30; second < DAY; second += 60) {
                bool bad = fails(trace, seed, second), was_hard = hard,
                     soft_recovery = !bad && attempts && !hard;
                bool flapping;

                attempts = bad ? attempts + 1 : 0;
                if (attempts >= 3 || (!bad && hard))
                        hard = bad;
                if (hard == bad || was_hard != hard || soft_recovery)
                        nagios_record(&nagios, bad);
                icinga_check(&icinga, bad);
                flapping = is_nagios ? nagios.flapping : icinga.flapping;
                outcome.messages += flapping != flapped;
                flapped = flapping;
                if (!flapping && hard != noticed) {
                        outcome.messages++;
                        noticed = hard;
                }
                known_now(&troubles, second, noticed && hard, flapping);
        }
        outcome.untold = untold(&troubles);
        return outcome;
}

/* Ours, through the cause finder: what begins, and what ends unless another message tells it on. */
static struct outcome ours(const struct trace *trace, uint64_t seed)
{
        struct story *s = calloc(1, sizeof(*s));
        struct troubles troubles;
        struct outcome outcome = {0};

        find_troubles(trace, &troubles);
        story_init(s);
        story_device(s, THON_WATCH_CAMERA, "cong-chua", "thon-4", THON_NO_DEVICE, 0);
        story_begin(s);
        for (int second = 0; second < DAY; second++) {
                const struct thon_incident *x = thon_cause_of(s->cause, 0);

                s->world[0] = fails(trace, seed, second) ? THON_CAMERA_NO_NETWORK : THON_CAMERA_OK;
                story_second(s);
                known_now(&troubles, second, x && x->kind == THON_CAUSE_DEVICE,
                          x && x->kind == THON_CAUSE_FLAPPING);
        }
        for (size_t i = 0; i < s->n_told; i++)
                outcome.messages += s->told[i].what == THON_CAUSE_RAISE ||
                                    (s->told[i].what == THON_CAUSE_CLEAR && !*s->told[i].absorbed_by);
        outcome.untold = untold(&troubles);
        story_end(s);
        free(s);
        return outcome;
}

static void add(struct outcome *sum, struct outcome day)
{
        sum->messages += day.messages;
        sum->untold += day.untold;
}

START_TEST(no_more_messages_than_nagios_and_icinga_and_no_trouble_untold)
{
        static struct trace traces[8];
        struct trace *t = traces;
        struct outcome than_nagios = {0}, than_icinga = {0};
        uint64_t seed;

        random_begin();
        seed = random_below(UINT64_MAX);
        *t = (struct trace){.name = "Wi-Fi camera, 5 % of looks lost", .loss = 0.05};
        t++;
        *t = (struct trace){.name = "Wi-Fi, 5 %, one outage of 50 min", .loss = 0.05};
        down_for(t, 40000, 3000);
        t++;
        *t = (struct trace){.name = "Wi-Fi camera, 30 % of looks lost", .loss = 0.3};
        t++;
        *t = (struct trace){.name = "10 min away, 10 min there, all day"};
        flap(t, 3600, DAY, 600, 600);
        t++;
        *t = (struct trace){.name = "reboots every 4 min for 6 h"};
        flap(t, 7200, 28800, 120, 120);
        t++;
        *t = (struct trace){.name = "flaps 2 h, away 3 h, flaps 2 h"};
        flap(t, 7200, 14400, 240, 240);
        down_for(t, 14400, 10800);
        flap(t, 25200, 32400, 240, 240);
        t++;
        *t = (struct trace){.name = "three outages, none else"};
        down_for(t, 10000, 2400);
        down_for(t, 30000, 7200);
        down_for(t, 60000, 1800);
        t++;
        *t = (struct trace){.name = "flaps by the hour, outages between"};
        for (int at = 3600; at < 80000; at += 14400) {
                flap(t, at, at + 3600, 200, 100);
                down_for(t, at + 7200, 2700);
        }
        t++;
        printf("%-38s %13s %13s %13s\n", "messages in ten days (troubles untold)", "Thôn", "Nagios",
               "Icinga");
        for (size_t i = 0; i < (size_t)(t - traces); i++) {
                struct outcome we = {0}, nagios = {0}, icinga = {0};

                /* On a single day, or with one kind of camera, chance may have it that who looks less often sees less. */
                for (uint64_t day = 0; day < DAYS; day++) {
                        add(&we, ours(&traces[i], seed + day));
                        add(&nagios, peer(&traces[i], seed + day, true));
                        add(&icinga, peer(&traces[i], seed + day, false));
                }
                printf("%-38s %8d (%d)  %8d (%d)  %8d (%d)\n", traces[i].name, we.messages, we.untold,
                       nagios.messages, nagios.untold, icinga.messages, icinga.untold);
                ck_assert_int_eq(we.untold, 0);
                /* Who says nothing of a camera that is away half of the time needs few messages. */
                if (nagios.untold == 0)
                        add(&than_nagios, (struct outcome){.messages = we.messages - nagios.messages});
                if (icinga.untold == 0)
                        add(&than_icinga, (struct outcome){.messages = we.messages - icinga.messages});
        }
        ck_assert_int_le(than_nagios.messages, 0);
        ck_assert_int_le(than_icinga.messages, 0);
}
END_TEST

/* ---- our rule ---- */
static struct story *one_camera(void)
{
        struct story *s = calloc(1, sizeof(*s));

        story_init(s);
        story_device(s, THON_WATCH_CAMERA, "cong-chua", "thon-4", THON_NO_DEVICE, 0);
        story_begin(s);
        passes(s, 300);
        return s;
}

static void comes_and_goes(struct story *s, int times, int64_t away, int64_t there)
{
        for (int i = 0; i < times; i++) {
                s->world[0] = THON_CAMERA_NO_NETWORK;
                passes(s, away);
                s->world[0] = THON_CAMERA_OK;
                passes(s, there);
        }
}

START_TEST(faster_than_it_can_be_confirmed_is_told_too)
{
        struct story *s = one_camera();

        comes_and_goes(s, 5, 80, 80);
        ck_assert(s->states[0].flapping);
        told_so_far(s, 1);
        told_is(s, 0, THON_CAUSE_RAISE, THON_CAUSE_FLAPPING);
        comes_and_goes(s, 20, 80, 80);
        told_so_far(s, 1);
        passes(s, 1700);
        told_so_far(s, 1);
        passes(s, 200);
        told_so_far(s, 2);
        told_is(s, 1, THON_CAUSE_CLEAR, THON_CAUSE_FLAPPING);
        passes(s, 7200);
        told_so_far(s, 2);
        story_end(s);
        free(s);
}
END_TEST

START_TEST(single_lost_looks_are_no_flapping)
{
        struct story *s = one_camera();

        for (int i = 0; i < 200; i++) {
                s->world[0] = THON_CAMERA_NO_NETWORK;
                s->due[0] = s->now.mono;
                passes(s, 1);
                s->world[0] = THON_CAMERA_OK;
                passes(s, 59);
        }
        told_so_far(s, 0);
        story_end(s);
        free(s);
}
END_TEST

START_TEST(an_outage_that_begins_in_flapping_is_told)
{
        struct story *s = one_camera();

        comes_and_goes(s, 6, 100, 100);
        told_so_far(s, 1);
        s->world[0] = THON_CAMERA_CABLE;
        passes(s, 1100);
        told_so_far(s, 3);
        told_is(s, 1, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        told_is(s, 2, THON_CAUSE_CLEAR, THON_CAUSE_FLAPPING);
        ck_assert_str_eq(told(s, 2)->absorbed_by, told(s, 1)->id);
        s->world[0] = THON_CAMERA_OK;
        passes(s, 300);
        told_so_far(s, 4);
        told_is(s, 3, THON_CAUSE_CLEAR, THON_CAUSE_DEVICE);
        story_end(s);
        free(s);
}
END_TEST

START_TEST(a_failure_that_was_told_and_begins_to_flap_is_told_on)
{
        struct story *s = one_camera();
        size_t i;

        s->state_rules.flap_changes = 5;
        comes_and_goes(s, 2, 500, 120);
        s->world[0] = THON_CAMERA_NO_NETWORK;
        passes(s, 600);
        i = s->n_told - 1;
        told_is(s, i, THON_CAUSE_RAISE, THON_CAUSE_FLAPPING);
        comes_and_goes(s, 1, 1, 3600);
        s->state_rules.flap_changes = 2;
        s->world[0] = THON_CAMERA_NO_NETWORK;
        passes(s, 400);
        told_is(s, s->n_told - 1, THON_CAUSE_RAISE, THON_CAUSE_DEVICE);
        s->world[0] = THON_CAMERA_OK;
        passes(s, 60);
        i = s->n_told - 1;
        told_is(s, i, THON_CAUSE_CLEAR, THON_CAUSE_DEVICE);
        told_is(s, i - 1, THON_CAUSE_RAISE, THON_CAUSE_FLAPPING);
        ck_assert_str_eq(told(s, i)->absorbed_by, told(s, i - 1)->id);
        story_end(s);
        free(s);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_flap");
        TCase *tc = tcase_create("rules");
        tcase_set_timeout(tc, 120);
        tcase_add_test(tc, icinga_begins_after_6_alternations_and_ends_after_15_stable_checks);
        tcase_add_test(tc, nagios_begins_after_4_alternations_and_ends_after_19_stable_checks);
        tcase_add_test(tc, no_more_messages_than_nagios_and_icinga_and_no_trouble_untold);
        tcase_add_test(tc, faster_than_it_can_be_confirmed_is_told_too);
        tcase_add_test(tc, single_lost_looks_are_no_flapping);
        tcase_add_test(tc, an_outage_that_begins_in_flapping_is_told);
        tcase_add_test(tc, a_failure_that_was_told_and_begins_to_flap_is_told_on);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
