/* The plant with players that behave, and with every kind that does not (fake_player.py): whatever one does, each airing ends once, in
 * time, and nothing of it is left. Amplifiers are lines of a simulated chip, or a circuit of a lightd that is played here over a real broker. */
#define PLANT_PLAYER "tests/integration/fake_player.py"
#include "plant_fixture.h"

/* Microseconds at which the player of a zone noted something, 0: not yet. */
static uint64_t noted(size_t zone, const char *what)
{
        char path[160], line[128], word[32];
        unsigned long long at, found = 0;
        FILE *f;

        sink_of(zone, path);
        f = fopen(path, "re");
        if (!f)
                return 0;
        while (fgets(line, sizeof line, f))
                if (sscanf(line, "%31s %llu", word, &at) == 2 && strcmp(word, what) == 0)
                        found = at;
        (void)fclose(f);
        return found;
}

/* The raw level of an amplifier's line, -1: there is none. */
static int line_level(const char *line)
{
        char path[160];
        FILE *f;
        int c;

        (void)snprintf(path, sizeof path, "%s/gpio/amps/%s/value", dir, line);
        f = fopen(path, "re");
        if (!f)
                return -1;
        c = fgetc(f);
        (void)fclose(f);
        return c - '0';
}

/* When it last went to that level. */
static uint64_t line_went(const char *line, int level)
{
        char path[160], text[64];
        unsigned long long at, found = 0;
        int to;
        FILE *f;

        (void)snprintf(path, sizeof path, "%s/gpio/amps/%s/log", dir, line);
        f = fopen(path, "re");
        ck_assert_ptr_nonnull(f);
        while (fgets(text, sizeof text, f))
                if (sscanf(text, "%llu %d", &at, &to) == 2 && to == level)
                        found = at;
        (void)fclose(f);
        return found;
}

/* ---- players that behave ---- */

START_TEST(a_bulletin_is_played_to_its_end)
{
        struct plant_view view;

        plant_open(NULL);
        air(0, 7, "/x/play-700.wav");
        UNTIL(event, NULL, 5000, n_started == 1);
        plant_look(plant, 0, &view);
        ck_assert(view.sounding);
        ck_assert_str_eq(view.amplifier, "none");
        UNTIL(event, NULL, 5000, n_ended == 1);
        ck_assert_int_eq(ended[0].serial, 7);
        ck_assert_int_eq(ended[0].how, PLANT_PLAYED);
        ck_assert_uint_eq(ended[0].position_us, 700000);
        ck_assert_uint_eq(ended[0].sounded_us, 700000);
        /* two of -30, two of -20 dB: their mean power */
        ck_assert_double_eq_tol(ended[0].level_db, -22.6, 0.2);
        plant_look(plant, 0, &view);
        ck_assert(!view.sounding);
}
END_TEST

START_TEST(the_order_says_all)
{
        struct plant_input inputs[] = {{.tone = "chime-in"},
                                       {.live = "http://x/y", .live_us = 5000000, .silent_us = 9000000}};
        struct plant_programme p = {.serial = 3,
                                    .zone = 1,
                                    .inputs = inputs,
                                    .n_inputs = 2,
                                    .from_us = 4000,
                                    .limit_us = 60000000,
                                    .gain_db = -6,
                                    .archive = "3.opus"};
        char path[200];
        json_t *doc = NULL;

        zones[1].delay_ms = 120;
        zones[1].highpass_hz = 300;
        plant_open(NULL);
        ck_assert_int_eq(plant_start(plant, &p), 0);
        UNTIL(event, NULL, 5000, noted(1, "ready") > 0);
        (void)snprintf(path, sizeof path, "%s/sink-1.order", dir);
        ck_assert_int_eq(thon_json_read_file(path, 65536, &doc, NULL), 0);
        ck_assert_str_eq(json_string_value(json_object_get(doc, "mode")), "air");
        ck_assert_str_eq(json_string_value(json_object_get(doc, "start")), "go");
        ck_assert_int_eq(json_integer_value(json_object_get(doc, "delay_ms")), 120);
        ck_assert_int_eq(json_integer_value(json_object_get(doc, "highpass_hz")), 300);
        ck_assert_int_eq(json_integer_value(json_object_get(doc, "from_us")), 4000);
        ck_assert_int_eq(json_integer_value(json_object_get(doc, "limit_us")), 60000000);
        ck_assert_double_eq(json_number_value(json_object_get(doc, "gain_db")), -6);
        ck_assert_uint_eq(json_array_size(json_object_get(doc, "inputs")), 2);
        (void)snprintf(path, sizeof path, "%s/announce/aired/3.opus", dir);
        ck_assert_str_eq(json_string_value(json_object_get(doc, "archive")), path);
        json_decref(doc);
        /* A name is no path: nobody reaches above the directory. */
        p.archive = "../3.opus";
        p.zone = 0;
        ck_assert_int_eq(plant_start(plant, &p), -EINVAL);
}
END_TEST

START_TEST(a_stop_ends_it_where_it_is)
{
        uint64_t at;

        plant_open(NULL);
        ck_assert_int_eq(air_from(0, 1, "/x/play.wav", 30000000, false), 0);
        UNTIL(event, NULL, 5000, n_started == 1);
        at = mono_ms();
        plant_stop(plant, 1);
        plant_stop(plant, 1); /* twice is once */
        UNTIL(event, NULL, 2000, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_STOPPED);
        ck_assert_uint_ge(ended[0].position_us, 30000000);
        ck_assert_uint_le(ended[0].position_us, 36000000);
        ck_assert_uint_le(ended[0].at_ms - at, 1500);
}
END_TEST

START_TEST(a_stop_before_the_first_sound_is_silence)
{
        plant_open(NULL);
        ck_assert_int_eq(air_from(0, 1, "/x/ready-60000.wav", 5000000, false), 0);
        UNTIL(event, NULL, 5000, noted(0, "order") > 0);
        plant_stop(plant, 1);
        UNTIL(event, NULL, 1000, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_STOPPED);
        ck_assert_uint_eq(ended[0].position_us, 5000000);
        ck_assert_uint_eq(ended[0].sounded_us, 0);
        ck_assert(isnan(ended[0].level_db));
        ck_assert_uint_eq(n_started, 0);
}
END_TEST

START_TEST(a_zone_has_one_player)
{
        plant_open(NULL);
        air(0, 1, "/x/play.wav");
        UNTIL(event, NULL, 5000, n_started == 1);
        ck_assert_int_eq(air_from(0, 2, "/x/play.wav", 0, true), -EBUSY);
        /* the old one was told to stop by that */
        UNTIL(event, NULL, 2000, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_STOPPED);
        ck_assert_int_eq(air_from(0, 2, "/x/play.wav", 0, true), 0);
        UNTIL(event, NULL, 5000, n_started == 2);
}
END_TEST

START_TEST(a_silent_source_is_told_and_goes_on)
{
        plant_open(NULL);
        air(0, 1, "/x/silent-1500.wav");
        UNTIL(event, NULL, 5000, n_silent == 1);
        ck_assert_uint_eq(n_ended, 0);
        UNTIL(event, NULL, 5000, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_PLAYED);
}
END_TEST

/* ---- players that do not ---- */

/* What it does, how it ends, a word of why, and how long after its start at most. */
static const struct {
        const char *file;
        enum plant_ended how;
        const char *why;
        unsigned ms;
} bad[] = {
        {"/x/error.wav", PLANT_BROKE, "sink: the card is gone", 3000},
        {"/x/mute.wav", PLANT_BROKE, "no sound came", 5000},
        {"/x/hang-air.wav", PLANT_BROKE, "says nothing any more", 4500},
        {"/x/die-air.wav", PLANT_BROKE, "KILL", 3000},
        {"/x/leave-child.wav", PLANT_BROKE, "status 3", 3000},
        {"/x/garbage.wav", PLANT_BROKE, "should not", 3000},
        {"/x/long-line.wav", PLANT_BROKE, "should not", 3000},
        {"/x/flood.wav", PLANT_BROKE, "should not", 5000},
        {"/x/linger-300.wav", PLANT_PLAYED, "", 4500},
        {"/x/far-300.wav", PLANT_PLAYED, "", 3000},
        {"/x/chatty-300.wav", PLANT_PLAYED, "", 3000},
};

START_TEST(whatever_a_player_does_its_airing_ends_once)
{
        plant_open(NULL);
        UNTIL(event, NULL, 5000, no_children()); /* the one that warms */
        air(0, 1, bad[_i].file);
        /* Another zone does not notice. */
        air(1, 2, "/x/play-600.wav");
        UNTIL(event, NULL, bad[_i].ms + 2000, n_ended == 2);
        struct told *t = ended[0].serial == 1 ? &ended[0] : &ended[1],
                    *other = t == ended ? &ended[1] : &ended[0];
        ck_assert_int_eq(t->how, bad[_i].how);
        ck_assert_msg(strstr(t->why, bad[_i].why), "why: %s", t->why);
        ck_assert_int_eq(other->how, PLANT_PLAYED);
        /* A claim of an hour was not heard in three seconds. */
        ck_assert_uint_le(t->position_us, 6000000);
        ck_assert((PLAYER(0)[0] != '\0') == (t->how == PLANT_BROKE));
        UNTIL(event, NULL, 2000, no_children());
        ck_assert_uint_le(log_lines, 30);
        /* The next one finds a zone that works. */
        air(0, 3, "/x/play-200.wav");
        UNTIL(event, NULL, 5000, n_ended == 3);
        ck_assert_int_eq(ended[2].how, PLANT_PLAYED);
        ck_assert_str_eq(PLAYER(0), "");
}
END_TEST

START_TEST(a_player_that_hangs_is_told_within_three_seconds)
{
        plant_open(NULL);
        air(0, 1, "/x/hang-air.wav");
        UNTIL(event, NULL, 5000, n_started == 1);
        UNTIL(event, NULL, 4000, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_BROKE);
        ck_assert_uint_le(ended[0].at_ms - started_ms[0], 3100);
        ck_assert_uint_le(ended[0].sounded_us, 1000000);
}
END_TEST

START_TEST(one_that_hangs_while_it_opens_is_replaced_sooner_in_an_emergency)
{
        plant_open(NULL);
        ck_assert_int_eq(air_from(0, 1, "/x/hang-open.wav", 0, true), 0);
        UNTIL(event, NULL, 6500, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_BROKE);
        ck_assert_ptr_nonnull(strstr(ended[0].why, "ready"));
}
END_TEST

START_TEST(one_that_does_not_stop_is_killed)
{
        uint64_t at;

        plant_open(NULL);
        air(0, 1, "/x/deaf.wav");
        UNTIL(event, NULL, 5000, n_started == 1);
        at = mono_ms();
        plant_stop(plant, 1);
        UNTIL(event, NULL, 3000, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_STOPPED); /* it is silent, as was ordered */
        ck_assert_uint_le(ended[0].at_ms - at, 2100);
}
END_TEST

START_TEST(one_that_does_not_keep_its_limit_is_ended)
{
        struct plant_input input = {.file = "/x/play.wav"};
        struct plant_programme p = {
                .serial = 1, .zone = 0, .inputs = &input, .n_inputs = 1, .limit_us = 300000};

        plant_open(NULL);
        ck_assert_int_eq(plant_start(plant, &p), 0);
        UNTIL(event, NULL, 5000, n_started == 1);
        UNTIL(event, NULL, 3500, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_BROKE);
        ck_assert_ptr_nonnull(strstr(ended[0].why, "limit"));
}
END_TEST

START_TEST(a_player_dies_with_us)
{
        int fds[2], player_pid = 0, status;
        pid_t us;

        ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
        ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* orphans come to this test */
        us = fork();
        ck_assert_int_ge(us, 0);
        if (us == 0) {
                event = NULL; /* another process's */
                ck_assert_int_eq(sd_event_new(&event), 0);
                plant_open(NULL);
                UNTIL(event, NULL, 5000, no_children());
                air(0, 1, "/x/deaf.wav");
                UNTIL(event, NULL, 5000, n_started == 1);
                char path[64], text[64] = "";
                (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
                int fd = open(path, O_RDONLY | O_CLOEXEC);
                ck_assert_int_gt(read(fd, text, sizeof text - 1), 0);
                ck_assert_int_gt(write(fds[1], text, strlen(text)), 0);
                for (;;)
                        (void)pause();
        }
        char text[64] = "";
        struct pollfd p = {.fd = fds[0], .events = POLLIN};
        ck_assert_int_eq(poll(&p, 1, 15000), 1);
        ck_assert_int_gt(read(fds[0], text, sizeof text - 1), 0);
        ck_assert_int_eq(sscanf(text, "%d", &player_pid), 1);
        ck_assert_int_eq(kill(player_pid, 0), 0);
        ck_assert_int_eq(kill(us, SIGKILL), 0);
        ck_assert_int_eq(waitpid(us, &status, 0), us);
        ck_assert_int_eq(waitpid(player_pid, &status, 0), player_pid);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        (void)close(fds[0]);
        (void)close(fds[1]);
}
END_TEST

/* The loop stands still, as one does in a card that stalls: that is not the player's doing. */
START_TEST(one_is_not_blamed_for_our_own_standing_still)
{
        plant_open(NULL);
        air(0, 1, "/x/play.wav");
        UNTIL(event, NULL, 5000, n_started == 1);
        uint64_t at = mono_ms() + 4000;
        UNTIL(NULL, NULL, 5000, mono_ms() >= at);
        at = mono_ms() + 1000;
        UNTIL(event, NULL, 5000, mono_ms() >= at);
        ck_assert_uint_eq(n_ended, 0);
}
END_TEST

START_TEST(no_player_is_an_error_at_once)
{
        (void)snprintf(player, sizeof player, "%s/nothing", dir);
        plant_open(NULL);
        ck_assert_int_eq(air_from(0, 1, "/x/play.wav", 0, false), -ENOENT);
        ck_assert_int_eq(air_from(9, 1, "/x/play.wav", 0, false), -EINVAL);
}
END_TEST

/* ---- together ---- */

static uint64_t apart(uint64_t a, uint64_t b)
{
        return a > b ? a - b : b - a;
}

START_TEST(zones_of_one_announcement_begin_together)
{
        plant_open(NULL);
        air(0, 1, "/x/ready-50.wav");
        air(1, 2, "/x/ready-300.wav");
        UNTIL(event, NULL, 5000, noted(0, "go") && noted(1, "go"));
        ck_assert_uint_ge(noted(0, "go"), noted(1, "ready"));
        ck_assert_uint_le(apart(noted(0, "go"), noted(1, "go")), 50000);
}
END_TEST

START_TEST(one_that_is_late_does_not_hold_up_the_others)
{
        plant_open(NULL);
        air(0, 1, "/x/ready-0.wav");
        air(1, 2, "/x/ready-1500.wav");
        UNTIL(event, NULL, 5000, noted(0, "go") > 0);
        ck_assert_uint_le(noted(0, "go") - noted(0, "ready"), 500000);
        UNTIL(event, NULL, 5000, noted(1, "go") > 0);
        ck_assert_uint_le(noted(1, "go") - noted(1, "ready"), 200000);
}
END_TEST

/* ---- configuration ---- */

START_TEST(what_is_on_air_goes_on_where_its_zone_does)
{
        zone_set(2, "xom-3");
        plant_open(NULL);
        air(0, 1, "/x/play.wav");
        air(1, 2, "/x/play.wav");
        air(2, 3, "/x/play.wav");
        UNTIL(event, NULL, 5000, n_started == 3);
        /* xom-1 is gone, xom-2 comes first, xom-3 has another sink */
        struct thon_air_zone_conf next[2] = {zones[1], zones[2]};
        struct thon_announced_conf changed = conf;
        changed.zones = next;
        changed.n_zones = 2;
        (void)snprintf(next[1].sink.address, sizeof next[1].sink.address, "%s/other", dir);
        plant_conf(plant, &changed);
        UNTIL(event, NULL, 3000, n_ended == 2);
        for (size_t i = 0; i < 2; i++) {
                ck_assert_int_ne(ended[i].serial, 2);
                ck_assert_int_eq(ended[i].how, PLANT_BROKE);
        }
        struct plant_view view;
        plant_look(plant, 0, &view);
        ck_assert(view.sounding);
        plant_stop(plant, 2);
        UNTIL(event, NULL, 3000, n_ended == 3);
        plant_conf(plant, &conf);
}
END_TEST

START_TEST(a_simulated_night_wakes_nobody)
{
        thon_clock_free(clock_);
        ck_assert_int_eq(thon_clock_new(event, "2027-01-01T03:15:00+07:00,x60", &clock_), 0);
        zones[1].sink = (struct thon_sink){.kind = THON_SINK_ALSA, .address = "default"};
        plant_open(NULL);
        ck_assert_int_eq(air_from(1, 1, "/x/play.wav", 0, true), -EPERM);
        ck_assert_ptr_nonnull(strstr(PLAYER(1), "simulated"));
        zones[1].sink = (struct thon_sink){.kind = THON_SINK_RTP, .address = "239.1.2.3", .port = 5004};
        plant_conf(plant, &conf);
        ck_assert_int_eq(air_from(1, 1, "/x/play.wav", 0, true), -EPERM);
        air(0, 2, "/x/play-200.wav");
        UNTIL(event, NULL, 5000, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_PLAYED);
}
END_TEST

/* ---- amplifiers of our own ---- */

START_TEST(the_amplifier_is_on_before_the_first_sound_and_off_after_it)
{
        struct plant_view view;

        amplifier_line(0, "17");
        plant_open(NULL);
        ck_assert_int_eq(line_level("17"), 0);
        air(0, 1, "/x/play-500.wav");
        ck_assert_int_eq(line_level("17"), 1);
        plant_look(plant, 0, &view);
        ck_assert_str_eq(view.amplifier, "warming");
        UNTIL(event, NULL, 5000, n_started == 1);
        ck_assert_uint_ge(noted(0, "go"), line_went("17", 1) + 300000);
        UNTIL(event, NULL, 5000, n_ended == 1);
        uint64_t end = mono_ms();
        ck_assert_int_eq(line_level("17"), 1);
        UNTIL(event, NULL, 3000, line_level("17") == 0);
        ck_assert_uint_ge(mono_ms() - end, 950);
        ck_assert_uint_le(mono_ms() - end, 1500);
}
END_TEST

START_TEST(an_amplifier_that_is_on_still_is_not_waited_for)
{
        zones[0].warm_up_ms = 1500;
        zones[0].hold_s = 30;
        amplifier_line(0, "17");
        plant_open(NULL);
        air(0, 1, "/x/play-200.wav");
        UNTIL(event, NULL, 6000, n_ended == 1);
        air(0, 2, "/x/play-200.wav");
        UNTIL(event, NULL, 6000, n_started == 2);
        ck_assert_uint_le(noted(0, "go") - noted(0, "ready"), 200000);
        ck_assert_int_eq(line_level("17"), 1);
}
END_TEST

START_TEST(an_amplifier_is_never_left_on)
{
        amplifier_line(0, "17");
        zones[0].hold_s = 600;
        plant_open(NULL);
        air(0, 1, "/x/play.wav");
        UNTIL(event, NULL, 5000, n_started == 1);
        plant = plant_free(plant);
        ck_assert_int_eq(line_level("17"), 0);
        ck_assert(no_children());
        ck_assert_uint_eq(n_ended, 0);
}
END_TEST

START_TEST(after_a_crash_the_next_start_switches_it_off)
{
        pid_t pid;
        int status;

        amplifier_line(0, "17");
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) { /* a run of ours that airs, and is killed; an event loop is for one process */
                struct thon_gpio_output *output;
                struct thon_line_ref line;

                line_ref(&line, "17");
                if (thon_gpio_output_open(gpio, &line, "amplifier", true, &output) != 0)
                        _exit(1);
                _exit(0);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        ck_assert_int_eq(line_level("17"), 1);
        plant_open(NULL);
        ck_assert_int_eq(line_level("17"), 0);
}
END_TEST

START_TEST(an_amplifier_of_two_zones_stays_on_for_the_second)
{
        amplifier_line(0, "17");
        amplifier_line(1, "17");
        plant_open(NULL);
        air(0, 1, "/x/play-200.wav");
        air(1, 2, "/x/play.wav");
        UNTIL(event, NULL, 5000, n_started == 2);
        UNTIL(event, NULL, 5000, n_ended == 1);
        uint64_t end = mono_ms();
        UNTIL(event, NULL, 5000, mono_ms() > end + 1500);
        ck_assert_int_eq(line_level("17"), 1);
        plant_stop(plant, 2);
        UNTIL(event, NULL, 5000, n_ended == 2);
        UNTIL(event, NULL, 3000, line_level("17") == 0);
}
END_TEST

START_TEST(an_amplifier_of_a_zone_that_goes_is_switched_off)
{
        amplifier_line(1, "17");
        zones[1].hold_s = 600;
        plant_open(NULL);
        air(1, 1, "/x/play.wav");
        UNTIL(event, NULL, 5000, n_started == 1);
        conf.n_zones = 1;
        plant_conf(plant, &conf);
        ck_assert_int_eq(line_level("17"), 0);
        UNTIL(event, NULL, 2000, n_ended == 1);
}
END_TEST

START_TEST(a_line_that_cannot_be_had_is_a_fault_and_an_emergency_airs_all_the_same)
{
        zones[0].amplifier.kind = THON_AMPLIFIER_GPIO;
        zones[0].amplifier.line = (struct thon_line_ref){.chip = "no-such-chip", .line = "1"};
        plant_open(NULL);
        UNTIL(event, NULL, 1000, AMPLIFIER(0)[0]);
        uint64_t at = mono_ms();
        ck_assert_int_eq(air_from(0, 1, "/x/play.wav", 0, true), 0);
        UNTIL(event, NULL, 5000, n_started == 1);
        ck_assert_uint_ge(started_ms[0] - at, 290);
        ck_assert_uint_le(started_ms[0] - at, 2000);
}
END_TEST

/* ---- amplifiers of lightd ---- */

static struct broker broker;
static struct observer lightd;
static struct thon_mqtt *mqtt;
static bool connected;

static void on_connect(void *userdata)
{
        (void)userdata;
        connected = true;
        if (plant)
                plant_connected(plant);
}

static void on_message(const struct thon_mqtt_message *m, void *userdata)
{
        (void)userdata;
        if (plant)
                (void)plant_message(plant, m);
}

static void broker_setup(void)
{
        static const struct thon_mqtt_ops mqtt_ops = {.on_connect = on_connect, .on_message = on_message};
        struct thon_site_conf site = {.id = "chi-phuc", .broker_host = (char *)"127.0.0.1"};

        setup();
        broker_open(&broker, NULL);
        site.broker_port = broker.port;
        ck_assert_int_eq(
                thon_mqtt_new(event,
                              &(struct thon_mqtt_options){.site = &site, .client_id = "thon-announced"},
                              &mqtt_ops, NULL, &mqtt),
                0);
        observer_open(&lightd, &broker, "thon/1/#", event);
        UNTIL(event, &lightd, 5000, connected);
        zones[0].amplifier.kind = THON_AMPLIFIER_CIRCUIT;
        (void)snprintf(zones[0].amplifier.circuit, sizeof zones[0].amplifier.circuit, "tang-am");
}

static void broker_teardown(void)
{
        plant = plant_free(plant);
        mqtt = thon_mqtt_free(mqtt);
        observer_close(&lightd);
        broker_close(&broker);
        teardown();
}

#define SET   "thon/1/chi-phuc/light/tang-am/set"
#define STATE "thon/1/chi-phuc/light/tang-am/state"

static void lightd_says(const char *doc)
{
        observer_send(&lightd, STATE, doc, strlen(doc), true, NULL, NULL);
}

START_TEST(a_circuit_is_ordered_on_for_a_while_and_believed_when_it_says_so)
{
        uint64_t on;

        plant_open(mqtt);
        air(0, 1, "/x/play-400.wav");
        UNTIL(event, &lightd, 5000, saw(&lightd, SET, "\"on\":true"));
        ck_assert_ptr_nonnull(saw(&lightd, SET, "\"for\":"));
        ck_assert_ptr_nonnull(saw(&lightd, SET, "thon-announced"));
        /* It only says that it was told: nothing sounds, however ready the player is. */
        lightd_says("{\"in_effect\":\"on\",\"physical\":\"off\"}");
        UNTIL(event, &lightd, 5000, noted(0, "ready") > 0);
        uint64_t wait = mono_ms() + 600;
        UNTIL(event, &lightd, 5000, mono_ms() > wait);
        ck_assert_uint_eq(n_started, 0);
        on = mono_ms();
        lightd_says("{\"in_effect\":\"on\",\"physical\":\"on\"}");
        UNTIL(event, &lightd, 5000, n_started == 1);
        ck_assert_uint_ge(mono_ms() - on, 295);
        UNTIL(event, &lightd, 5000, n_ended == 1);
        ck_assert_ptr_null(saw(&lightd, SET, "\"auto\":true"));
        UNTIL(event, &lightd, 3000, saw(&lightd, SET, "\"auto\":true"));
        ck_assert_str_eq(AMPLIFIER(0), "");
}
END_TEST

START_TEST(the_order_is_renewed_while_sound_lasts)
{
        plant_open(mqtt);
        lightd_says("{\"physical\":\"on\"}");
        air(0, 1, "/x/play.wav");
        UNTIL(event, &lightd, 5000, n_started == 1);
        size_t first = saw_count(&lightd, SET);
        UNTIL(event, &lightd, 24000, saw_count(&lightd, SET) > first);
        /* switched off by somebody meanwhile: ordered on again at once, nearly */
        lightd_says("{\"physical\":\"off\"}");
        size_t second = saw_count(&lightd, SET);
        UNTIL(event, &lightd, 5000, saw_count(&lightd, SET) > second);
        ck_assert_uint_eq(n_ended, 0);
}
END_TEST

START_TEST(what_a_run_before_left_on_is_taken_back)
{
        lightd_says("{\"physical\":\"on\",\"override\":{\"on\":true,\"by\":\"thon-announced\"}}");
        plant_open(mqtt);
        UNTIL(event, &lightd, 5000, saw(&lightd, SET, "\"auto\":true"));
}
END_TEST

START_TEST(what_others_switched_on_is_theirs)
{
        struct plant_view view = {.amplifier = ""};

        lightd_says("{\"physical\":\"on\",\"override\":{\"on\":true,\"by\":\"ky-thuat\"}}");
        plant_open(mqtt);
        while (strcmp(view.amplifier, "on") != 0) {
                UNTIL(event, &lightd, 5000,
                      (plant_look(plant, 0, &view), strcmp(view.amplifier, "on") == 0));
        }
        uint64_t wait = mono_ms() + 500;
        UNTIL(event, &lightd, 5000, mono_ms() > wait);
        ck_assert_uint_eq(saw_count(&lightd, SET), 0);
}
END_TEST

START_TEST(an_emergency_does_not_wait_for_a_circuit_that_does_not_answer)
{
        plant_open(mqtt);
        uint64_t at = mono_ms();
        ck_assert_int_eq(air_from(0, 1, "/x/play.wav", 0, true), 0);
        UNTIL(event, &lightd, 5000, n_started == 1);
        ck_assert_uint_le(mono_ms() - at, 2000);
        UNTIL(event, &lightd, 7000, AMPLIFIER(0)[0]);
        ck_assert_ptr_nonnull(strstr(AMPLIFIER(0), "tang-am"));
}
END_TEST

START_TEST(a_bulletin_without_its_amplifier_breaks)
{
        plant_open(mqtt);
        air(0, 1, "/x/play.wav");
        lightd_says("{\"physical\":\"off\"}");
        UNTIL(event, &lightd, 13000, n_ended == 1);
        ck_assert_int_eq(ended[0].how, PLANT_BROKE);
        ck_assert_ptr_nonnull(strstr(ended[0].why, "stays off"));
        ck_assert_uint_eq(n_started, 0);
}
END_TEST

START_TEST(at_our_end_the_circuit_is_given_back)
{
        plant_open(mqtt);
        lightd_says("{\"physical\":\"on\"}");
        air(0, 1, "/x/play.wav");
        UNTIL(event, &lightd, 5000, n_started == 1);
        plant = plant_free(plant);
        UNTIL(event, &lightd, 5000, saw(&lightd, SET, "\"auto\":true"));
}
END_TEST

/* ---- what comes back ---- */

static void back_file(const char *text)
{
        write_text(dir, "back", "%s", text);
}

START_TEST(a_return_that_dies_is_told_and_listened_to_again)
{
        zones[0].back.kind = THON_RETURN_ALSA;
        (void)snprintf(zones[0].back.address, sizeof zones[0].back.address, "%s/back", dir);
        back_file("-70");
        plant_open(NULL);
        UNTIL(event, NULL, 5000, proof[0] == THON_PROOF_IDLE);
        back_file("die");
        UNTIL(event, NULL, 5000, RETURN(0)[0]);
        ck_assert_ptr_nonnull(strstr(RETURN(0), "no such device"));
        back_file("-70");
        UNTIL(event, NULL, 8000, !RETURN(0)[0]);
        back_file("hang");
        UNTIL(event, NULL, 8000, RETURN(0)[0]);
        ck_assert_ptr_nonnull(strstr(RETURN(0), "hangs"));
}
END_TEST

/* The station's card writes for six seconds, as it does while an upgrade is unpacked: the players play and listen on, and what they say is
 * heard of when it is over. The sound takes a third of a second to come back. */
static void the_card_writes(void)
{
        uint64_t until = mono_ms() + 6000;

        (void)poll(NULL, 0, 300);
        back_file("-18");
        while (mono_ms() < until)
                (void)poll(NULL, 0, (int)(until - mono_ms()));
}

START_TEST(a_station_that_stands_still_calls_nothing_silent_that_was_heard)
{
        zones[0].back.kind = THON_RETURN_ALSA;
        (void)snprintf(zones[0].back.address, sizeof zones[0].back.address, "%s/back", dir);
        back_file("-70");
        plant_open(NULL);
        UNTIL(event, NULL, 5000, proof[0] == THON_PROOF_IDLE);
        at_start = the_card_writes;
        air(0, 1, "/x/play.wav");
        UNTIL(event, NULL, 15000, n_started == 1);
        at_start = NULL;
        UNTIL(event, NULL, 2000, proof[0] == THON_PROOF_HEARD);
        plant_stop(plant, 1);
        UNTIL(event, NULL, 2000, n_ended == 1);
        ck_assert_int_eq(ended[0].proof, THON_PROOF_HEARD);
        ck_assert_double_eq_tol(ended[0].returned_db, -18, 0.01);
        ck_assert_uint_eq(proof_told[THON_PROOF_SILENT], 0);
        ck_assert_uint_eq(proof_told[THON_PROOF_STUCK], 0);
        ck_assert_uint_eq(proof_told[THON_PROOF_LOST], 0);
}
END_TEST

START_TEST(aired_but_silent_is_known_within_five_seconds)
{
        zones[0].back.kind = THON_RETURN_ALSA;
        (void)snprintf(zones[0].back.address, sizeof zones[0].back.address, "%s/back", dir);
        back_file("-70");
        plant_open(NULL);
        UNTIL(event, NULL, 5000, proof[0] == THON_PROOF_IDLE);
        air(0, 1, "/x/play.wav");
        UNTIL(event, NULL, 5000, n_started == 1);
        UNTIL(event, NULL, 5000, proof[0] == THON_PROOF_SILENT);
        back_file("-18");
        UNTIL(event, NULL, 3000, proof[0] == THON_PROOF_HEARD);
        struct plant_view view;
        plant_look(plant, 0, &view);
        ck_assert_int_eq(view.proof, THON_PROOF_HEARD);
        ck_assert_double_eq_tol(view.returned_db, -18, 0.01);
        plant_stop(plant, 1);
        UNTIL(event, NULL, 2000, n_ended == 1);
        ck_assert_int_eq(ended[0].proof, THON_PROOF_SILENT);
        uint64_t at = mono_ms(); /* and it goes on: stuck */
        UNTIL(event, NULL, 8000, proof[0] == THON_PROOF_STUCK);
        ck_assert_uint_le(mono_ms() - at, 7000);
}
END_TEST

static void contact(const char *pull)
{
        char path[128];

        (void)snprintf(path, sizeof path, "%s/gpio/amps/5", dir);
        write_text(path, "pull", "%s\n", pull);
}

START_TEST(a_contact_is_a_return)
{
        zones[0].back.kind = THON_RETURN_GPIO;
        line_ref(&zones[0].back.line, "5");
        plant_open(NULL);
        UNTIL(event, NULL, 3000, proof[0] == THON_PROOF_IDLE);
        air(0, 1, "/x/play.wav");
        UNTIL(event, NULL, 5000, n_started == 1);
        contact("pull-up");
        UNTIL(event, NULL, 3000, proof[0] == THON_PROOF_HEARD);
        contact("pull-down");
        UNTIL(event, NULL, 6000, proof[0] == THON_PROOF_SILENT);
        ck_assert_str_eq(RETURN(0), "");
}
END_TEST

START_TEST(a_value_of_mqtt_is_a_return)
{
        zones[0].amplifier.kind = THON_AMPLIFIER_NONE;
        zones[0].back.kind = THON_RETURN_MQTT;
        zones[0].return_level = 0.5;
        (void)snprintf(zones[0].back.address, sizeof zones[0].back.address, "plug/amp");
        plant_open(mqtt);
        UNTIL(event, &lightd, 5000, thon_mqtt_connected(mqtt));
        observer_send(&lightd, "plug/amp", "0.1", 3, true, NULL, NULL);
        UNTIL(event, &lightd, 5000, proof[0] == THON_PROOF_IDLE);
        air(0, 1, "/x/play.wav");
        UNTIL(event, &lightd, 5000, n_started == 1);
        observer_send(&lightd, "plug/amp", "{\"value\":2.5}", 13, true, NULL, NULL);
        UNTIL(event, &lightd, 5000, proof[0] == THON_PROOF_HEARD);
        observer_send(&lightd, "plug/amp", "nonsense", 8, false, NULL, NULL);
        UNTIL(event, &lightd, 5000, RETURN(0)[0]);
}
END_TEST

int main(void)
{
        Suite *s = suite_create("plant");
        TCase *good = tcase_create("players that behave"), *evil = tcase_create("players that do not"),
              *conf_ = tcase_create("configuration"), *lines = tcase_create("amplifiers of our own"),
              *circuits = tcase_create("amplifiers of lightd"), *back = tcase_create("returns"),
              *values = tcase_create("returns by MQTT");
        TCase *all[] = {good, evil, conf_, lines, circuits, back, values};

        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
                bool by_broker = all[i] == circuits || all[i] == values;

                tcase_add_checked_fixture(all[i], by_broker ? broker_setup : setup,
                                          by_broker ? broker_teardown : teardown);
                tcase_set_timeout(all[i], 60);
                suite_add_tcase(s, all[i]);
        }
        tcase_add_test(good, a_bulletin_is_played_to_its_end);
        tcase_add_test(good, the_order_says_all);
        tcase_add_test(good, a_stop_ends_it_where_it_is);
        tcase_add_test(good, a_stop_before_the_first_sound_is_silence);
        tcase_add_test(good, a_zone_has_one_player);
        tcase_add_test(good, a_silent_source_is_told_and_goes_on);
        tcase_add_test(good, zones_of_one_announcement_begin_together);
        tcase_add_test(good, one_that_is_late_does_not_hold_up_the_others);
        tcase_add_loop_test(evil, whatever_a_player_does_its_airing_ends_once, 0, sizeof bad / sizeof *bad);
        tcase_add_test(evil, a_player_that_hangs_is_told_within_three_seconds);
        tcase_add_test(evil, one_that_hangs_while_it_opens_is_replaced_sooner_in_an_emergency);
        tcase_add_test(evil, one_that_does_not_stop_is_killed);
        tcase_add_test(evil, one_that_does_not_keep_its_limit_is_ended);
        tcase_add_test(evil, a_player_dies_with_us);
        tcase_add_test(evil, one_is_not_blamed_for_our_own_standing_still);
        tcase_add_test(evil, no_player_is_an_error_at_once);
        tcase_add_test(conf_, what_is_on_air_goes_on_where_its_zone_does);
        tcase_add_test(conf_, a_simulated_night_wakes_nobody);
        tcase_add_test(lines, the_amplifier_is_on_before_the_first_sound_and_off_after_it);
        tcase_add_test(lines, an_amplifier_that_is_on_still_is_not_waited_for);
        tcase_add_test(lines, an_amplifier_is_never_left_on);
        tcase_add_test(lines, after_a_crash_the_next_start_switches_it_off);
        tcase_add_test(lines, an_amplifier_of_two_zones_stays_on_for_the_second);
        tcase_add_test(lines, an_amplifier_of_a_zone_that_goes_is_switched_off);
        tcase_add_test(lines, a_line_that_cannot_be_had_is_a_fault_and_an_emergency_airs_all_the_same);
        tcase_add_test(circuits, a_circuit_is_ordered_on_for_a_while_and_believed_when_it_says_so);
        tcase_add_test(circuits, the_order_is_renewed_while_sound_lasts);
        tcase_add_test(circuits, what_a_run_before_left_on_is_taken_back);
        tcase_add_test(circuits, what_others_switched_on_is_theirs);
        tcase_add_test(circuits, an_emergency_does_not_wait_for_a_circuit_that_does_not_answer);
        tcase_add_test(circuits, a_bulletin_without_its_amplifier_breaks);
        tcase_add_test(circuits, at_our_end_the_circuit_is_given_back);
        tcase_add_test(back, a_return_that_dies_is_told_and_listened_to_again);
        tcase_add_test(back, a_station_that_stands_still_calls_nothing_silent_that_was_heard);
        tcase_add_test(back, aired_but_silent_is_known_within_five_seconds);
        tcase_add_test(back, a_contact_is_a_return);
        tcase_add_test(values, a_value_of_mqtt_is_a_return);

        SRunner *runner = srunner_create(s);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed != 0;
}
