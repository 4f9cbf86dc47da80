/* Whatever happens, in whatever order: nobody who was told of something is left without its end, nobody is told twice,
 * nothing that stands is held back for ever, and it all comes to rest. */
#include "route_story.h"

#include <inttypes.h>

#define EVENTS 8

static uint64_t seed(void)
{
        const char *given = getenv("THON_SEED");
        uint64_t value = given ? strtoull(given, NULL, 10) : 20261121;

        printf("seed %" PRIu64 " (THON_SEED)\n", value);
        return value ? value : 1;
}

static uint64_t state;
static unsigned below(unsigned n)
{
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return (unsigned)((state >> 11) % n);
}

/* What a reader makes of what reached them. */
struct knowledge {
        unsigned first, update_over, end; /* how often: that it is there, that it is over */
        bool raised, over;
};

struct world {
        struct story s;
        struct knowledge knows[PEOPLE][2 * EVENTS]; /* the second half: as unstable */
        struct {
                bool up, source;
                struct thon_wall down_at;
                struct thon_event_in in;
                char id[32], name[32], text[80], cause[32], subject[32];
        } events[EVENTS];
        bool removed;
};

static char *lights[] = {"light-*"}, *all[] = {"*"}, *power[] = {"power-*"},
            *technician[] = {"role:technician"}, *officer[] = {"role:officer"}, *chair[] = {"role:chair"};
static struct thon_escalate_step steps[] = {{officer, 1, 600}, {chair, 1, 1800}};

/* Where a name stands in a text, and what is said there. */
static void read_name(struct world *w, int person, const struct notice *notice, const char *at, int event)
{
        const char *end_words = strstr(notice->text, "✓"), *over = strstr(notice->text, "Đã hết: ");
        const char *past = strstr(notice->text, "Đã xảy ra và đã hết"),
                   *fresh = strstr(notice->text, "Mới: ");
        const char *why = strstr(notice->text, "Nguyên nhân: ");
        struct knowledge *k = &w->knows[person][event];

        if (why && at == why + strlen("Nguyên nhân: "))
                return;
        if (strstr(at, ": chập chờn") == at + 6 || strstr(at, ": không còn chập chờn") == at + 6)
                k += EVENTS;
        if (notice->what == THON_ROUTE_END) {
                ck_assert_ptr_nonnull(end_words);
                k->end++;
                k->over = true;
        } else if ((over && at > over) || (past && at > past)) {
                k->update_over += over && at > over;
                k->over = k->raised = true;
        } else if (notice->what == THON_ROUTE_RAISED || notice->what == THON_ROUTE_DIGEST ||
                   (fresh && at > fresh)) {
                k->first++;
                k->raised = true;
                k->over = false;
        } else {
                k->raised = true;
        }
}

static void read_all(struct world *w)
{
        for (size_t i = 1; i <= w->s.n; i++)
                for (int p = 0; p < PEOPLE; p++) {
                        struct notice *notice = &w->s.notices[i];
                        bool known = notice->what != THON_ROUTE_END;

                        if (notice->fate[p] != SENT || notice->read[p])
                                continue;
                        notice->read[p] = true;
                        for (const char *at = strstr(notice->text, "tên-"); at;
                             at = strstr(at + 1, "tên-")) {
                                int event = at[5] - '0';

                                known = known || w->knows[p][event].raised ||
                                        w->knows[p][event + EVENTS].raised;
                                read_name(w, p, notice, at, event);
                        }
                        ck_assert_msg(known, "%d learns of the end of what they never heard of: %s", p,
                                      notice->text);
                }
}

static void send_event(struct world *w, int i, bool raised)
{
        struct thon_event_in in = w->events[i].in;

        if (raised && !w->events[i].up)
                w->events[i].in.at = in.at = w->s.now.wall;
        else if (!raised)
                w->events[i].down_at = in.at = w->s.now.wall;
        in.raised = raised;
        w->events[i].up = raised;
        happens(&w->s, &in);
}

static void make_event(struct world *w, int i, bool flaps, bool causes, bool sources)
{
        bool source = sources && below(4) == 0;

        snprintf(w->events[i].id, sizeof(w->events[i].id), "id-%d", i);
        snprintf(w->events[i].name, sizeof(w->events[i].name), "tên-%d", i);
        snprintf(w->events[i].subject, sizeof(w->events[i].subject), "s%d", flaps ? (int)below(2) : i);
        snprintf(w->events[i].text, sizeof(w->events[i].text), "tên-%d: hỏng", i);
        snprintf(w->events[i].cause, sizeof(w->events[i].cause), "id-%d", below(EVENTS));
        w->events[i].source = source;
        w->events[i].in = (struct thon_event_in){
                .id = w->events[i].id,
                .kind = source ? "power-cut" : "light-dark",
                .subject = w->events[i].subject,
                .name = w->events[i].name,
                .text = w->events[i].text,
                .area = below(2) ? "thon-1" : "thon-2",
                .cause_id = causes && below(2) ? w->events[i].cause : NULL,
                .severity = THON_SEVERITY_WARNING,
        };
}

static void a_world(struct world *w, bool inhibits)
{
        memset(w, 0, sizeof(*w));
        story_begin(&w->s);
        struct thon_route_conf *r = &w->s.routes[0];

        r->match = below(2) ? lights : all;
        r->class = below(2) ? THON_CLASS_NORMAL : THON_CLASS_PRIORITY;
        r->quiet = below(2) ? (struct thon_hours){21 * 60 + 30, 5 * 60 + 30} : (struct thon_hours){0, 0};
        r->group_wait_s = below(3);
        r->group_interval_s = below(2) ? 300 : 5;
        r->repeat_s = below(3) ? 0 : 3600;
        r->ack = below(2);
        if (below(2)) {
                r->escalate = steps;
                r->n_escalate = 2;
        }
        r->to = technician;
        if (inhibits && below(2)) {
                w->s.inhibits[0] = (struct thon_inhibit_conf){.name = "x",
                                                              .source = power,
                                                              .n_source = 1,
                                                              .target = lights,
                                                              .n_target = 1,
                                                              .same = below(2) ? "area" : NULL};
                w->s.n_inhibits = 1;
        }
        begin(&w->s);
}

static void something_happens(struct world *w, bool causes)
{
        static const int64_t spans[] = {0, 1, 2, 7, 60, 400, 3600, 20000};
        int i = (int)below(EVENTS);

        switch (below(10)) {
        case 0:
        case 1:
        case 2:
                if (causes && w->events[i].up && below(3) == 0)
                        w->events[i].in.cause_id = below(2) ? w->events[i].cause : NULL;
                if (w->events[i].in.id && !w->events[i].up && w->events[i].in.at.s == 0)
                        send_event(w, i, true);
                else if (w->events[i].up)
                        send_event(w, i, true); /* once more by an outbox */
                break;
        case 3:
        case 4:
                if (w->events[i].up)
                        send_event(w, i, false);
                else if (w->events[i].in.at.s != 0 && w->s.now.wall.s < w->events[i].down_at.s + 86400) {
                        struct thon_event_in late = w->events[i].in;

                        late.raised = true;
                        happens(&w->s, &late); /* long over */
                }
                break;
        case 5:
                w->s.offline = !w->s.offline;
                break;
        case 6:
                w->s.slow[below(PEOPLE)] = below(2);
                break;
        case 7:
                restart(&w->s);
                break;
        case 8:
                if (w->s.n > 0) {
                        char *headline = NULL;
                        int64_t id = 1 + below((unsigned)w->s.n);
                        int64_t root = w->s.notices[id].parent ? w->s.notices[id].parent : id;

                        ck_assert_int_eq(thon_router_acknowledge(w->s.router, root, w->s.now, &headline), 0);
                        free(headline);
                        look(&w->s);
                }
                break;
        case 9:
                passes(&w->s, spans[below(sizeof(spans) / sizeof(spans[0]))]);
                break;
        }
        read_all(w);
}

/* For whoever must find out why. */
static void print(const struct world *w, int person)
{
        for (size_t i = 1; i <= w->s.n; i++)
                if (w->s.notices[i].fate[person] != NOBODY)
                        printf("%zu at %" PRId64 ", %s: %s\n", i, w->s.notices[i].at.s,
                               w->s.notices[i].fate[person] == SENT ? "read" : "never read",
                               w->s.notices[i].text);
}

static size_t on_disk(const struct story *s, enum thon_route_record what)
{
        size_t n = 0;

        for (const struct kept *kept = s->disk; kept; kept = kept->next)
                n += kept->what == what;
        return n;
}

static void rest(struct world *w, int run)
{
        w->s.offline = false;
        memset(w->s.slow, 0, sizeof(w->s.slow));
        /* First the sources: what they held back, and what stands, is told at the latest in the morning. */
        for (int i = 0; i < EVENTS; i++)
                if (w->events[i].up && w->events[i].source)
                        send_event(w, i, false);
        passes(&w->s, 2 * 86400);
        read_all(w);
        for (int i = 0; i < EVENTS; i++)
                for (int p = 0; p < 2 && !w->removed; p++)
                        if (w->events[i].up)
                                ck_assert_msg(w->knows[p][i].raised && !w->knows[p][i].over,
                                              "run %d: %d does not know that %d stands", run, p, i);
        for (int i = 0; i < EVENTS; i++)
                if (w->events[i].up)
                        send_event(w, i, false);
        passes(&w->s, 2 * 86400);
        read_all(w);
        for (int i = 0; i < 2 * EVENTS; i++)
                for (int p = 0; p < PEOPLE; p++) {
                        const struct knowledge *k = &w->knows[p][i];

                        if ((k->raised && !k->over) ||
                            (i < EVENTS && (k->first > 1 || k->end > 1 || k->update_over > 1)))
                                print(w, p);
                        ck_assert_msg(k->over || !k->raised, "run %d: %d never learns that %d is over", run,
                                      p, i);
                        if (i < EVENTS) {
                                ck_assert_msg(k->first <= 1, "run %d: %d is told of %d twice", run, p, i);
                                ck_assert_msg(k->end <= 1 && k->update_over <= 1,
                                              "run %d: %d is told the end of %d twice", run, p, i);
                        }
                }
        ck_assert_uint_eq(on_disk(&w->s, THON_RECORD_INCIDENT), 0);
        ck_assert_uint_eq(on_disk(&w->s, THON_RECORD_ENDING), 0);
}

START_TEST(test_no_end_is_lost_and_nothing_is_told_twice)
{
        struct world *w = malloc(sizeof(*w));

        state = seed();
        for (int run = 0; run < 3000; run++) {
                a_world(w, true);
                for (int i = 0; i < EVENTS; i++)
                        make_event(w, i, false, true, true);
                for (unsigned step = 0, n = 10 + below(60); step < n; step++) {
                        something_happens(w, true);
                        if (below(200) == 0) {
                                w->s.n_routes = 0;
                                w->removed = true;
                                restart(&w->s);
                        }
                }
                rest(w, run);
                story_end(&w->s);
        }
        free(w);
}
END_TEST

START_TEST(test_what_flaps_leaves_nobody_without_the_last_word)
{
        struct world *w = malloc(sizeof(*w));

        state = seed();
        for (int run = 0; run < 300; run++) {
                a_world(w, false);
                for (int round = 0; round < 5; round++) {
                        for (int i = 0; i < EVENTS; i++) {
                                if (round > 0 && w->events[i].up)
                                        continue;
                                if (round == 0)
                                        make_event(w, i, true, false, false);
                                /* Each coming has an id of its own. */
                                snprintf(w->events[i].id, sizeof(w->events[i].id), "id-%d-%d", i, round);
                                send_event(w, i, true);
                                passes(&w->s, below(200));
                                if (below(4))
                                        send_event(w, i, false);
                                if (below(20) == 0)
                                        restart(&w->s);
                                passes(&w->s, below(200));
                                if (below(10) == 0)
                                        w->s.offline = !w->s.offline;
                        }
                        read_all(w);
                }
                w->s.offline = false;
                for (int i = 0; i < EVENTS; i++)
                        if (w->events[i].up)
                                send_event(w, i, false);
                passes(&w->s, 2 * 86400);
                read_all(w);
                for (int i = 0; i < 2 * EVENTS; i++)
                        for (int p = 0; p < PEOPLE; p++)
                                ck_assert_msg(w->knows[p][i].over || !w->knows[p][i].raised,
                                              "run %d: %d never learns that %d is over", run, p, i);
                ck_assert_uint_eq(on_disk(&w->s, THON_RECORD_INCIDENT), 0);
                ck_assert_uint_eq(on_disk(&w->s, THON_RECORD_ENDING), 0);
                story_end(&w->s);
        }
        free(w);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("relay_route_property");
        TCase *c = tcase_create("property");

        tcase_set_timeout(c, 120);
        tcase_add_test(c, test_no_end_is_lost_and_nothing_is_told_twice);
        tcase_add_test(c, test_what_flaps_leaves_nobody_without_the_last_word);
        suite_add_tcase(suite, c);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
