/* What must hold of causes whatever happens: on random plants with random trouble, and on traces of which we know the causes. */
#include <time.h>

#include "cause_story.h"
#include "relay_random.h"

#define MAINS_MAX 4

struct plant {
        struct story *s;
        const char *fed[MAINS_MAX][1];
        bool maintenance[STORY_DEVICES];
        size_t mains[MAINS_MAX], n_mains;
};

static const char *const areas[] = {"", "thon-1", "thon-2", "thon-3"};

static size_t any_parent(const struct story *s, size_t n)
{
        size_t i = n ? random_below(n + 1) : 0;

        return i < n && s->devices[i].kind == THON_WATCH_SWITCH ? i : THON_NO_DEVICE;
}

static void random_plant(struct plant *plant)
{
        size_t switches = random_below(8), cameras = 3 + random_below(40);
        struct story *s = calloc(1, sizeof(*s));
        char id[32];

        *plant = (struct plant){.s = s};
        story_init(s);
        for (size_t i = 0; i < switches; i++) {
                snprintf(id, sizeof(id), "tu-%zu", i);
                story_device(s, THON_WATCH_SWITCH, id, areas[random_below(4)], any_parent(s, i),
                             random_below(3) << 8);
        }
        for (size_t i = 0; i < cameras; i++) {
                snprintf(id, sizeof(id), "cam-%zu", i);
                story_device(s, THON_WATCH_CAMERA, id, areas[random_below(4)], any_parent(s, switches),
                             random_below(3) << 8);
        }
        plant->n_mains = random_below(3);
        for (size_t i = 0; i < plant->n_mains; i++) {
                snprintf(id, sizeof(id), "dien-%zu", i);
                plant->fed[i][0] = areas[1 + i];
                plant->mains[i] = story_device(s, THON_WATCH_MAINS, id, areas[1 + i], THON_NO_DEVICE, 0);
                s->devices[plant->mains[i]].areas = plant->fed[i];
                s->devices[plant->mains[i]].n_areas = 1;
        }
        ck_assert_int_eq(thon_learn_new(&s->learn), 0);
}

/* A device goes, and what hangs on it is cut off with it. */
static void fall(struct story *s, size_t device)
{
        s->world[device] = THON_CAMERA_NO_NETWORK;
        for (size_t i = 0; i < s->n; i++)
                if (s->devices[i].parent == device && s->devices[i].kind != THON_WATCH_MAINS)
                        fall(s, i);
}

static void come_back(struct story *s, size_t device)
{
        s->world[device] = THON_CAMERA_OK;
        for (size_t i = 0; i < s->n; i++)
                if (s->devices[i].parent == device)
                        come_back(s, i);
}

static void power(struct plant *plant, size_t i, bool on)
{
        struct story *s = plant->s;

        mains_says(s, plant->mains[i], on);
        for (size_t d = 0; d < s->n; d++)
                if (s->devices[d].kind != THON_WATCH_MAINS &&
                    strcmp(s->devices[d].area, plant->fed[i][0]) == 0)
                        (on ? come_back : fall)(s, d);
}

/* Everything that was told, by id. */
struct told_of {
        char id[THON_INCIDENT_ID];
        bool stands;
};
struct ledger {
        struct told_of items[STORY_TOLD];
        size_t n, read;
};

static struct told_of *entry(struct ledger *ledger, const char *id)
{
        for (size_t i = 0; i < ledger->n; i++)
                if (strcmp(ledger->items[i].id, id) == 0)
                        return &ledger->items[i];
        return NULL;
}

/* Each begins once and ends once. */
static void keep_ledger(struct ledger *ledger, struct story *s)
{
        for (size_t i = 0; i < s->n_told; i++) {
                const struct story_told *t = &s->told[i];
                struct told_of *known = entry(ledger, t->id);

                if (t->what == THON_CAUSE_RAISE) {
                        ck_assert_msg(!known, "%s twice:%s", t->id, story_print(s));
                        ck_assert_uint_lt(ledger->n, STORY_TOLD);
                        ledger->items[ledger->n].stands = true;
                        memcpy(ledger->items[ledger->n++].id, t->id, sizeof(t->id));
                } else if (t->what == THON_CAUSE_CLEAR) {
                        struct told_of *by = *t->absorbed_by ? entry(ledger, t->absorbed_by) : NULL;

                        ck_assert_msg(known && known->stands, "%s ends unasked:%s", t->id, story_print(s));
                        ck_assert_msg(!*t->absorbed_by || (by && by->stands), "%s told on by nobody:%s",
                                      t->id, story_print(s));
                        known->stands = false;
                }
        }
        s->n_told = 0;
}

static bool below(const struct story *s, size_t device, size_t above)
{
        for (size_t p = s->devices[device].parent, hops = 0; p != THON_NO_DEVICE && hops < s->n;
             p = s->devices[p].parent, hops++) {
                if (p == above)
                        return true;
                if (!thon_camera_silent(s->states[p].hard) || !thon_camera_silent(s->states[p].now))
                        return false;
        }
        return false;
}

/* An assertion for every second of weeks: check's own writes to a file each time. */
#define must(condition)                                                    \
        do {                                                               \
                if (!(condition))                                          \
                        ck_abort_msg("%s:%s", #condition, story_print(s)); \
        } while (0)

static void check_now(struct plant *plant, size_t told_before)
{
        struct story *s = plant->s;
        const struct thon_incident *held[STORY_DEVICES] = {NULL};

        for (size_t i = 0; i < thon_cause_count(s->cause); i++) {
                const struct thon_incident *x = thon_cause_at(s->cause, i);

                must(x->raised);
                must(x->most >= x->n_members);
                if (x->device != THON_NO_DEVICE) {
                        must(!held[x->device]);
                        held[x->device] = x;
                }
                for (size_t m = 0; m < x->n_members; m++) {
                        must(!held[x->members[m]]);
                        must(!m || x->members[m - 1] < x->members[m]);
                        must(!plant->maintenance[x->members[m]]);
                        held[x->members[m]] = x;
                }
        }
        for (size_t i = 0; i < s->n; i++)
                must(thon_cause_of(s->cause, i) == held[i]);
        for (size_t i = told_before; i < s->n_told; i++) {
                const struct story_told *t = &s->told[i];

                if (t->what == THON_CAUSE_CLEAR && !*t->absorbed_by)
                        for (size_t m = 0; m < t->n_members; m++)
                                must(held[t->members[m]]);
                if (t->what != THON_CAUSE_RAISE || t->kind != THON_CAUSE_DEVICE)
                        continue;
                for (size_t k = 0; k < thon_cause_count(s->cause); k++) {
                        const struct thon_incident *x = thon_cause_at(s->cause, k);

                        ck_assert_msg(x->kind != THON_CAUSE_PARENT ||
                                              !thon_camera_silent(s->states[x->device].now) ||
                                              !thon_camera_silent(s->states[t->device].hard) ||
                                              !below(s, t->device, x->device),
                                      "%s told below %s:%s", t->id, x->id, story_print(s));
                }
        }
}

static void something_happens(struct plant *plant)
{
        struct story *s = plant->s;
        size_t d = random_below(s->n);

        if (plant->n_mains && random_below(20) == 0) {
                size_t i = random_below(plant->n_mains);

                power(plant, i, s->world[plant->mains[i]] != THON_CAMERA_OK);
                return;
        }
        if (s->devices[d].kind == THON_WATCH_MAINS)
                return;
        switch (random_below(6)) {
        case 0:
        case 1:
                fall(s, d);
                break;
        case 2:
        case 3:
                come_back(s, d);
                break;
        case 4:
                s->world[d] = (enum thon_camera_verdict)(1 + random_below(THON_CAMERA_VERDICTS - 1));
                break;
        case 5:
                plant->maintenance[d] = !plant->maintenance[d];
                thon_cause_maintenance(s->cause, d, plant->maintenance[d]);
                s->next = s->now.mono;
                break;
        }
}

static void restart(struct plant *plant)
{
        struct story *s = plant->s;
        size_t n = thon_cause_count(s->cause);
        struct thon_cause *next;

        ck_assert_int_eq(thon_cause_new(&s->rules, s->devices, s->n, s->learn, &next), 0);
        for (size_t i = 0; i < s->n; i++)
                thon_cause_maintenance(next, i, plant->maintenance[i]);
        for (size_t i = 0; i < n; i++)
                ck_assert_int_eq(thon_cause_restore(next, thon_cause_at(s->cause, i)), 0);
        thon_cause_free(s->cause);
        s->cause = next;
        for (size_t i = 0; i < s->n; i++) {
                struct thon_device_state was = s->states[i];

                thon_device_state_restore(&s->states[i], was.hard, was.since, was.flapping,
                                          was.flapping_since);
                s->due[i] = (struct thon_mono){s->now.mono.us + random_below(60) * STORY_SECOND};
        }
        s->next = s->now.mono;
}

START_TEST(whatever_happens_every_message_has_its_end)
{
        random_begin();
        for (int round = 0; round < 60; round++) {
                struct plant plant;
                struct ledger *ledger = calloc(1, sizeof(*ledger));
                struct story *s;

                random_plant(&plant);
                s = plant.s;
                story_begin(s);
                for (int64_t second = 0; second < 8000; second++) {
                        if (random_below(90) == 0)
                                something_happens(&plant);
                        if (random_below(3000) == 0)
                                restart(&plant);
                        story_second(s);
                        check_now(&plant, 0);
                        keep_ledger(ledger, s);
                }
                /* All is mended. */
                for (size_t i = 0; i < s->n; i++) {
                        s->world[i] = THON_CAMERA_OK;
                        plant.maintenance[i] = false;
                        thon_cause_maintenance(s->cause, i, false);
                        if (s->devices[i].kind == THON_WATCH_MAINS)
                                s->due[i] = s->now.mono;
                }
                for (int64_t second = 0; second < 5000; second++) {
                        story_second(s);
                        check_now(&plant, 0);
                        keep_ledger(ledger, s);
                }
                ck_assert_msg(thon_cause_count(s->cause) == 0, "%s stands in round %d",
                              thon_cause_count(s->cause) ? thon_cause_at(s->cause, 0)->id : "", round);
                for (size_t i = 0; i < ledger->n; i++)
                        ck_assert_msg(!ledger->items[i].stands, "%s never ended", ledger->items[i].id);
                free(ledger);
                story_end(s);
                free(s);
        }
}
END_TEST

/* ---- no more messages than causes ---- */
/* Uplink 0; switches 1..4 in areas thon-1, thon-1, thon-2, thon-3; 6 cameras on each; the mains of thon-3 is read. */
static void commune(struct plant *plant)
{
        struct story *s = calloc(1, sizeof(*s));
        static const char *const of[] = {"thon-1", "thon-1", "thon-2", "thon-3"};
        char id[32];

        *plant = (struct plant){.s = s};
        story_init(s);
        story_device(s, THON_WATCH_SWITCH, "cau", "trung-tam", THON_NO_DEVICE, 0x100);
        for (size_t i = 0; i < 4; i++) {
                snprintf(id, sizeof(id), "tu-%zu", i + 1);
                story_device(s, THON_WATCH_SWITCH, id, of[i], 0, 0x100);
        }
        for (size_t i = 0; i < 4; i++) {
                snprintf(id, sizeof(id), "cam-%zu", i + 1);
                story_cameras(s, id, 6, of[i], i + 1, 0x100);
        }
        story_cameras(s, "le", 3, "trung-tam", THON_NO_DEVICE, 0x200);
        plant->n_mains = 1;
        plant->fed[0][0] = "thon-3";
        plant->mains[0] = story_device(s, THON_WATCH_MAINS, "dien-3", "thon-3", THON_NO_DEVICE, 0);
        s->devices[plant->mains[0]].areas = plant->fed[0];
        s->devices[plant->mains[0]].n_areas = 1;
}

static void cause_of_kind(struct plant *plant, unsigned kind, bool begins)
{
        struct story *s = plant->s;
        void (*turn)(struct story *, size_t) = begins ? fall : come_back;

        switch (kind) {
        case 0: /* a camera */
                turn(s, 5 + 7);
                break;
        case 1: /* a switch */
                turn(s, 3);
                break;
        case 2: /* the uplink */
                turn(s, 0);
                break;
        case 3: /* the mains of an area that nobody reads */
                turn(s, 1);
                turn(s, 2);
                break;
        case 4: /* the mains that is read */
                power(plant, 0, !begins);
                break;
        case 5: /* the power of a switch's ports */
                for (size_t i = 0; i < 6; i++)
                        turn(s, 5 + i);
                break;
        case 6: /* our own network */
                for (size_t i = 0; i < s->n; i++)
                        if (s->devices[i].kind != THON_WATCH_MAINS)
                                turn(s, i);
                break;
        }
}

START_TEST(as_many_messages_as_causes)
{
        static const enum thon_cause_kind wanted[] = {
                THON_CAUSE_DEVICE, THON_CAUSE_PARENT,   THON_CAUSE_PARENT, THON_CAUSE_MAINS,
                THON_CAUSE_MAINS,  THON_CAUSE_CHILDREN, THON_CAUSE_SELF};
        unsigned seen[7] = {0};

        random_begin();
        for (int round = 0; round < 40; round++) {
                struct plant plant;
                struct story *s;

                commune(&plant);
                s = plant.s;
                story_begin(s);
                passes(s, 200 + (int64_t)random_below(200));
                for (int i = 0; i < 6; i++) {
                        unsigned kind = (unsigned)random_below(7);

                        seen[kind]++;
                        s->n_told = 0;
                        passes(s, (int64_t)random_below(120));
                        cause_of_kind(&plant, kind, true);
                        passes(s, 400 + (int64_t)random_below(6000));
                        told_so_far(s, 1);
                        told_is(s, 0, THON_CAUSE_RAISE, wanted[kind]);
                        cause_of_kind(&plant, kind, false);
                        passes(s, 1800);
                        told_so_far(s, 2);
                        ck_assert_int_eq(told(s, 1)->what, THON_CAUSE_CLEAR);
                        ck_assert_uint_eq(told(s, 1)->n_members, 0);
                        /* Quiet for an hour, so that nothing counts as coming and going. */
                        passes(s, 3700);
                }
                story_end(s);
                free(s);
        }
        for (unsigned i = 0; i < 7; i++)
                ck_assert_uint_gt(seen[i], 0);
}
END_TEST

/* ---- thousands at once ---- */
static double cpu_ms(void)
{
        struct timespec t;

        ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
        return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

START_TEST(the_fall_of_2700_devices_costs_no_square)
{
        enum { SWITCHES = 169, ALL = 2700 };
        static struct thon_cause_device devices[ALL];
        static struct thon_device_state states[ALL];
        static char ids[ALL][16];
        struct thon_state_now now = {{STORY_BEGAN}, {UINT64_C(1000) * STORY_SECOND}};
        struct thon_cause_actions actions;
        struct thon_cause *cause;
        size_t raised = 0, members = 0;
        double worst = 0;

        for (size_t i = 0; i < ALL; i++) {
                snprintf(ids[i], sizeof(ids[i]), "cam-%zu", i);
                devices[i] = (struct thon_cause_device){
                        .id = ids[i],
                        .name = ids[i],
                        .area = i % 2 ? "a" : "b",
                        .kind = i < SWITCHES ? THON_WATCH_SWITCH : THON_WATCH_CAMERA,
                        .parent = i < SWITCHES ? THON_NO_DEVICE : i % SWITCHES,
                        .network = UINT64_C(0x0a000000) + (i % 12 << 8)};
                thon_device_state_init(&states[i]);
        }
        ck_assert_int_eq(thon_cause_new(&thon_cause_defaults, devices, ALL, NULL, &cause), 0);
        for (int second = 0; second < 400; second++) {
                double before;

                for (size_t i = 0; i < ALL; i++) {
                        if (i % 15 != (size_t)second % 15)
                                continue;
                        thon_device_state_look(&states[i], &thon_state_defaults,
                                               second < 60 || i == ALL - 1 ? THON_CAMERA_OK
                                                                           : THON_CAMERA_NO_NETWORK,
                                               false, now);
                        thon_cause_device(cause, i, &states[i], now);
                }
                before = cpu_ms();
                ck_assert_int_eq(thon_cause_look(cause, now, &actions), 0);
                if (cpu_ms() - before > worst)
                        worst = cpu_ms() - before;
                for (size_t i = 0; i < actions.n; i++) {
                        if (actions.items[i].what != THON_CAUSE_RAISE)
                                continue;
                        raised++;
                        members += actions.items[i].incident->n_members +
                                   (actions.items[i].incident->device < ALL);
                }
                thon_cause_actions_done(&actions);
                now.wall.s++;
                now.mono.us += STORY_SECOND;
        }
        printf("2,700 devices: the slowest look took %.2f ms; %zu messages for %zu devices\n", worst, raised,
               members);
        ck_assert_uint_eq(members, ALL - 1);
        ck_assert_uint_le(raised, 3);
#if !defined(__SANITIZE_ADDRESS__)
        ck_assert_double_lt(worst, 20);
#endif
        thon_cause_free(cause);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_cause_property");
        TCase *tc = tcase_create("properties");
        tcase_set_timeout(tc, 120);
        tcase_add_test(tc, whatever_happens_every_message_has_its_end);
        tcase_add_test(tc, as_many_messages_as_causes);
        tcase_add_test(tc, the_fall_of_2700_devices_costs_no_square);
        suite_add_tcase(suite, tc);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
