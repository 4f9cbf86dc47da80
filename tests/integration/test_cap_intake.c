/* Alerts that come as files and from the web. The clock runs a hundred times as fast; nothing sleeps. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../src/announced/cap_intake.h"
#include "hostile_http.h"
#include "thon/cleanup.h"
#include "thon/file.h"

#define DEADLINE_US 20000000u
#define ALERT(id) \
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>" id "</identifier></alert>"

static char directory[64], *inbox;
static sd_event *event;
static struct thon_clock *sim;
static struct thon_http *http;
static struct cap_intake *intake;
static struct hostile server;

/* What the daemon of these tests has got, and what it says. */
static struct {
        char xml[4096], origin[CAP_ORIGIN];
        size_t size;
} got[400];
static size_t n_got;
static unsigned troubles, mends, agains, agains_wanted = 1;
static char trouble_text[256];

static enum cap_taken on_alert(const char *xml, size_t size, const char *origin, char why[static CAP_WHY],
                               void *userdata)
{
        (void)userdata;
        ck_assert_int_eq(xml[size], '\0');
        ck_assert_str_eq(why, "");
        if (strstr(xml, "later") && agains++ < agains_wanted)
                return CAP_AGAIN;
        ck_assert_uint_lt(n_got, 400);
        (void)snprintf(got[n_got].xml, sizeof got[n_got].xml, "%s", xml);
        (void)snprintf(got[n_got].origin, CAP_ORIGIN, "%s", origin);
        got[n_got++].size = size;
        if (strstr(xml, "<alert"))
                return CAP_TAKEN;
        (void)snprintf(why, CAP_WHY, "Đây không phải tin CAP.");
        return CAP_REFUSED;
}

static void on_trouble(const char *origin, const char *problem, void *userdata)
{
        (void)userdata;
        ck_assert(strncmp(origin, "inbox", 5) == 0 || strncmp(origin, "poll:127.0.0.1", 14) == 0);
        if (problem)
                (void)snprintf(trouble_text, sizeof trouble_text, "%s", problem);
        *(problem ? &troubles : &mends) += 1;
}

static const struct cap_intake_ops ops = {on_alert, on_trouble};

static void begin(void)
{
        (void)snprintf(directory, sizeof directory, "/tmp/thon-intake-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(directory));
        ck_assert_int_gt(asprintf(&inbox, "%s/cap", directory), 0);
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(thon_clock_new(event, "2026-11-21T12:00:00+07:00,x100", &sim), 0);
        ck_assert_int_eq(thon_http_new(event, &http), 0);
}

static void done(void)
{
        _cleanup_free_ char *command = NULL;

        intake = cap_intake_free(intake);
        http = thon_http_free(http);
        sim = thon_clock_free(sim);
        event = sd_event_unref(event);
        ck_assert_int_gt(asprintf(&command, "chmod -R u+rwx %s; rm -rf %s", directory, directory), 0);
        ck_assert_int_eq(system(command), 0);
        free(inbox);
}

static uint64_t monotonic_us(void)
{
        struct timespec t;

        ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &t), 0);
        return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

#define AWAIT(condition)                                                                                  \
        do {                                                                                              \
                uint64_t deadline = monotonic_us() + DEADLINE_US;                                         \
                while (!(condition)) {                                                                    \
                        ck_assert_msg(monotonic_us() < deadline,                                          \
                                      "%s did not come; %zu alerts, %u troubles (%s)", #condition, n_got, \
                                      troubles, trouble_text);                                            \
                        ck_assert_int_ge(sd_event_run(event, 50000), 0);                                  \
                }                                                                                         \
        } while (0)

/* So many seconds of the simulated clock pass. */
static void pass(int64_t s)
{
        struct thon_wall until = {thon_clock_wall(sim).s + s};

        AWAIT(thon_clock_wall(sim).s >= until.s);
}

static void watch_inbox(void)
{
        const struct cap_intake_options options = {.event = event, .clock = sim, .inbox = inbox};

        ck_assert_int_eq(cap_intake_new(&options, &ops, NULL, &intake), 0);
}

static char *path_of(const char *name)
{
        char *path;

        ck_assert_int_gt(asprintf(&path, "%s/%s", inbox, name), 0);
        return path;
}

static bool is_there(const char *name)
{
        _cleanup_free_ char *path = path_of(name);
        struct stat st;

        return lstat(path, &st) == 0;
}

/* As a copy does it: opened, written, closed. */
static void drop(const char *name, const char *text, size_t size)
{
        _cleanup_free_ char *path = path_of(name);
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
}

static void drop_alert(const char *name)
{
        drop(name, ALERT("A1"), strlen(ALERT("A1")));
}

static char *content(const char *name)
{
        _cleanup_free_ char *path = path_of(name);
        char *text = NULL;

        ck_assert_int_eq(thon_file_read(path, 65536, &text, NULL), 0);
        return text;
}

static size_t entries(const char *name)
{
        _cleanup_free_ char *path = path_of(name);
        DIR *dir = opendir(path);
        const struct dirent *entry;
        size_t n = 0;

        while (dir && (entry = readdir(dir)))
                n += entry->d_name[0] != '.';
        (void)closedir(dir);
        return n;
}

/* ---- files ---- */

START_TEST(a_file_that_is_put_there_is_taken_and_kept)
{
        watch_inbox();
        AWAIT(is_there("refused"));
        drop_alert("bão số 12.xml");
        AWAIT(n_got == 1);
        ck_assert_str_eq(got[0].origin, "inbox:bão số 12.xml");
        ck_assert_str_eq(got[0].xml, ALERT("A1"));
        ck_assert(is_there("done/bão số 12.xml") && !is_there("bão số 12.xml"));
}
END_TEST

START_TEST(a_file_that_is_renamed_into_place_is_taken_once_and_whole)
{
        _cleanup_free_ char *from = NULL, *to = path_of("a.xml");

        watch_inbox();
        AWAIT(is_there("refused"));
        drop_alert("a.xml.part");
        from = path_of("a.xml.part");
        drop_alert(".hidden");
        pass(5);
        ck_assert_uint_eq(n_got, 0);
        ck_assert_int_eq(rename(from, to), 0);
        AWAIT(n_got == 1);
        pass(5);
        ck_assert_uint_eq(n_got, 1);
        ck_assert(is_there(".hidden"));
}
END_TEST

START_TEST(what_is_refused_lies_beside_its_reason)
{
        _cleanup_free_ char *why = NULL;

        watch_inbox();
        AWAIT(is_there("refused"));
        drop("letter.doc", "xin chào", 9);
        AWAIT(is_there("refused/letter.doc.txt"));
        why = content("refused/letter.doc.txt");
        ck_assert_str_eq(why, "Đây không phải tin CAP.\n");
        ck_assert(is_there("refused/letter.doc"));
}
END_TEST

START_TEST(what_lay_there_before_is_read_in_the_order_in_which_it_came)
{
        ck_assert_int_eq(mkdir(inbox, 0755), 0);
        for (int i = 9; i >= 0; i--) {
                char name[16], xml[200];
                struct timespec times[2] = {{1795000000 + 10 - i, 0}, {1795000000 + 10 - i, 0}};
                _cleanup_free_ char *path = NULL;

                (void)snprintf(name, sizeof name, "%d", i);
                (void)snprintf(xml, sizeof xml, "<alert>%d</alert>", i);
                drop(name, xml, strlen(xml));
                path = path_of(name);
                ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
        }
        watch_inbox();
        AWAIT(n_got == 10);
        for (int i = 0; i < 10; i++)
                ck_assert_int_eq(got[i].xml[7], '9' - i);
}
END_TEST

START_TEST(what_is_half_written_at_the_start_is_waited_for)
{
        _cleanup_free_ char *path = path_of("slow.xml");
        int fd;

        ck_assert_int_eq(mkdir(inbox, 0755), 0);
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, "<alert>", 7), 7);
        watch_inbox();
        AWAIT(is_there("refused"));
        ck_assert_int_eq(write(fd, "x</alert>", 9), 9);
        ck_assert_int_eq(close(fd), 0);
        AWAIT(n_got == 1);
        ck_assert_str_eq(got[0].xml, "<alert>x</alert>");
}
END_TEST

START_TEST(links_devices_and_giants_are_not_read)
{
        _cleanup_free_ char *link = path_of("link.xml"), *fifo = path_of("fifo.xml"),
                            *nested = path_of("dir"), *why = NULL, *giant = calloc(1, THON_CAP_MAX + 1);

        ck_assert_int_eq(mkdir(inbox, 0755), 0);
        ck_assert_int_eq(symlink("/etc/passwd", link), 0);
        ck_assert_int_eq(mkfifo(fifo, 0644), 0);
        ck_assert_int_eq(mkdir(nested, 0755), 0);
        drop("giant.xml", giant, THON_CAP_MAX + 1);
        watch_inbox();
        AWAIT(is_there("refused/link.xml.txt") && is_there("refused/fifo.xml.txt") &&
              is_there("refused/giant.xml.txt"));
        ck_assert_uint_eq(n_got, 0);
        why = content("refused/giant.xml.txt");
        ck_assert(strstr(why, "quá lớn"));
        ck_assert(is_there("dir"));
        /* As large as one may be. */
        drop("large.xml", giant, THON_CAP_MAX);
        AWAIT(n_got == 1);
        ck_assert_uint_eq(got[0].size, THON_CAP_MAX);
}
END_TEST

START_TEST(the_same_name_again_overwrites_nothing)
{
        watch_inbox();
        AWAIT(is_there("refused"));
        for (size_t i = 1; i <= 3; i++) {
                drop_alert("a.xml");
                AWAIT(n_got == i);
        }
        ck_assert(is_there("done/a.xml") && is_there("done/a.xml.2") && is_there("done/a.xml.3"));
}
END_TEST

START_TEST(only_the_latest_are_kept)
{
        watch_inbox();
        AWAIT(is_there("refused"));
        for (int i = 0; i < 215; i++) {
                char name[32];

                (void)snprintf(name, sizeof name, "%03d.xml", i);
                drop_alert(name);
                AWAIT(n_got == (size_t)i + 1);
        }
        ck_assert_uint_eq(entries("done"), 200);
        ck_assert(is_there("done/214.xml") && !is_there("done/000.xml"));
}
END_TEST

START_TEST(what_cannot_be_kept_now_is_brought_again)
{
        watch_inbox();
        AWAIT(is_there("refused"));
        drop("a.xml", "<alert>later</alert>", 20);
        AWAIT(n_got == 1);
        ck_assert_uint_eq(agains, 2);
        ck_assert(is_there("done/a.xml"));
}
END_TEST

START_TEST(many_that_cannot_be_kept_now_do_not_keep_the_daemon_busy)
{
        ck_assert_int_eq(mkdir(inbox, 0755), 0);
        for (int i = 0; i < 40; i++) {
                char name[16];

                (void)snprintf(name, sizeof name, "%d.xml", i);
                drop(name, "<alert>later</alert>", 20);
        }
        agains_wanted = UINT_MAX;
        watch_inbox();
        AWAIT(agains > 0);
        pass(300);
        ck_assert_uint_le(agains, 8 * 12);
        agains_wanted = 0;
        AWAIT(n_got == 40);
        ck_assert_uint_eq(entries("done"), 40);
}
END_TEST

START_TEST(an_inbox_that_goes_is_made_again)
{
        _cleanup_free_ char *away = NULL;

        watch_inbox();
        AWAIT(is_there("refused"));
        ck_assert_int_gt(asprintf(&away, "%s/away", directory), 0);
        ck_assert_int_eq(rename(inbox, away), 0);
        AWAIT(is_there("refused"));
        drop_alert("a.xml");
        AWAIT(n_got == 1);
}
END_TEST

START_TEST(an_inbox_that_cannot_be_is_told_and_tried_again)
{
        int fd = open(inbox, O_WRONLY | O_CREAT | O_CLOEXEC, 0644); /* a file in its place */

        ck_assert_int_ge(fd, 0);
        (void)close(fd);
        watch_inbox();
        AWAIT(troubles == 1);
        ck_assert(strstr(trouble_text, inbox));
        pass(70);
        ck_assert_uint_eq(troubles, 1);
        ck_assert_int_eq(unlink(inbox), 0);
        AWAIT(mends == 1);
        drop_alert("a.xml");
        AWAIT(n_got == 1);
}
END_TEST

START_TEST(hostile_names_are_one_line)
{
        watch_inbox();
        AWAIT(is_there("refused"));
        drop_alert("a\nb\x1b[2J\xff.xml");
        AWAIT(n_got == 1);
        ck_assert_str_eq(got[0].origin, "inbox:a?b?[2J?.xml");
        char name[256];
        memset(name, 'x', 255);
        name[255] = '\0';
        drop_alert(name);
        AWAIT(n_got == 2);
        ck_assert_uint_lt(strlen(got[1].origin), CAP_ORIGIN);
        ck_assert_uint_eq(entries("done"), 2);
}
END_TEST

/* ---- the web ---- */

static char answers[8][4096];
static const char *paths[8];
static unsigned statuses[8];

static bool serve(int fd, const struct hostile_request *request, void *userdata)
{
        (void)userdata;
        for (size_t i = 0; i < 8 && paths[i]; i++)
                if (strcmp(request->path, paths[i]) == 0) {
                        hostile_answer(fd, statuses[i] ? statuses[i] : 200, "", answers[i]);
                        return true;
                }
        hostile_answer(fd, 404, "", "");
        return true;
}

static void begin_server(void)
{
        begin();
        hostile_begin(&server, serve, NULL);
}

static void done_server(void)
{
        done();
        hostile_end(&server);
}

static int poll_url(const char *url)
{
        const struct cap_intake_options options = {.event = event,
                                                   .clock = sim,
                                                   .http = http,
                                                   .polls = &url,
                                                   .n_polls = 1,
                                                   .poll_s = 30,
                                                   .seed = 7};

        return cap_intake_new(&options, &ops, NULL, &intake);
}

static void poll_path(const char *path)
{
        char url[200];

        (void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", server.port, path);
        ck_assert_int_eq(poll_url(url), 0);
}

START_TEST(an_alert_at_an_address_is_brought_once_until_it_changes)
{
        paths[0] = "/latest.xml";
        (void)snprintf(answers[0], sizeof answers[0], ALERT("A1"));
        poll_path("/latest.xml");
        AWAIT(n_got == 1);
        ck_assert_str_eq(got[0].xml, ALERT("A1"));
        ck_assert(strncmp(got[0].origin, "poll:127.0.0.1:", 15) == 0);
        AWAIT(atomic_load(&server.requests) >= 4);
        ck_assert_uint_eq(n_got, 1);
        answers[0][strlen(answers[0]) - strlen("2</identifier></alert>")] = '2';
        AWAIT(n_got == 2);
        ck_assert_str_eq(got[1].xml, ALERT("A2"));
}
END_TEST

START_TEST(a_feed_is_followed_oldest_first_and_only_what_is_new)
{
        paths[0] = "/feeds/all.atom";
        paths[1] = "/feeds/2.xml";
        paths[2] = "/1.xml";
        (void)snprintf(
                answers[0], sizeof answers[0],
                "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>x</title>"
                "<entry><id>2</id><updated>t2</updated><link rel=\"alternate\" href=\"/page.html\"/>"
                "<link type=\"application/cap+xml\" href=\"2.xml\"/></entry>"
                "<entry><id>0</id><updated>t0</updated></entry>"
                "<entry><id>1</id><updated>t1</updated><link href=\"http://127.0.0.1:%u/1.xml\"/></entry></feed>",
                server.port);
        (void)snprintf(answers[1], sizeof answers[1], ALERT("A2"));
        (void)snprintf(answers[2], sizeof answers[2], ALERT("A1"));
        poll_path("/feeds/all.atom");
        AWAIT(n_got == 2);
        ck_assert_str_eq(got[0].xml, ALERT("A1"));
        ck_assert_str_eq(got[1].xml, ALERT("A2"));
        AWAIT(atomic_load(&server.requests) >= 6); /* 3, and one a round */
        ck_assert_uint_eq(n_got, 2);
        ck_assert_uint_eq(troubles, 0);
}
END_TEST

START_TEST(rss_too)
{
        paths[0] = "/rss";
        paths[1] = "/a/1.xml";
        (void)snprintf(answers[0], sizeof answers[0],
                       "<rss version=\"2.0\"><channel><title>x</title><item><link> /a/1.xml </link>"
                       "<pubDate>Sat, 21 Nov 2026 05:00:00 GMT</pubDate></item><item/></channel></rss>");
        (void)snprintf(answers[1], sizeof answers[1], ALERT("A1"));
        poll_path("/rss");
        AWAIT(n_got == 1);
}
END_TEST

START_TEST(another_host_is_not_asked)
{
        static struct hostile other;

        hostile_begin(&other, serve, NULL);
        paths[0] = "/feed";
        (void)snprintf(answers[0], sizeof answers[0],
                       "<feed xmlns=\"http://www.w3.org/2005/Atom\">"
                       "<entry><link href=\"http://127.0.0.2:%u/1.xml\"/></entry>"
                       "<entry><link href=\"//127.0.0.2:%u/1.xml\"/></entry>"
                       "<entry><link href=\"file:///etc/passwd\"/></entry>"
                       "<entry><link href=\"javascript:1\"/></entry></feed>",
                       other.port, other.port);
        poll_path("/feed");
        AWAIT(atomic_load(&server.requests) >= 3);
        ck_assert_uint_eq(n_got, 0);
        ck_assert_uint_eq(troubles, 1);
        ck_assert(strstr(trouble_text, "another host"));
        ck_assert_uint_eq(atomic_load(&other.connections), 0);
        hostile_end(&other);
}
END_TEST

START_TEST(what_fails_is_told_once_and_so_is_its_end)
{
        static const struct {
                unsigned status;
                const char *body, *problem;
        } cases[] = {{500, "", "status 500"},
                     {200, "<html/>", "neither a CAP alert"},
                     {200, "", "cannot be read"}};

        for (size_t i = 0; i < 3; i++) {
                unsigned before = atomic_load(&server.requests), told = troubles, mended = mends;

                paths[0] = "/x";
                statuses[0] = cases[i].status;
                (void)snprintf(answers[0], sizeof answers[0], "%s", cases[i].body);
                poll_path("/x");
                AWAIT(atomic_load(&server.requests) >= before + 3 && troubles > told);
                ck_assert_uint_eq(troubles, told + 1);
                ck_assert_msg(strstr(trouble_text, cases[i].problem) != NULL, "%s", trouble_text);
                statuses[0] = 200;
                (void)snprintf(answers[0], sizeof answers[0], ALERT("A1"));
                AWAIT(mends == mended + 1);
                intake = cap_intake_free(intake);
        }
        ck_assert_uint_eq(n_got, 3);
}
END_TEST

START_TEST(a_link_that_is_gone_keeps_no_other)
{
        paths[0] = "/feed";
        (void)snprintf(answers[0], sizeof answers[0],
                       "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry><link href=\"gone.xml\"/></entry>"
                       "<entry><link href=\"1.xml\"/></entry></feed>");
        paths[1] = "/1.xml";
        (void)snprintf(answers[1], sizeof answers[1], ALERT("A1"));
        poll_path("/feed");
        /* One that is missing keeps no other, and is asked for again. */
        AWAIT(n_got == 1 && troubles == 1);
        ck_assert(strstr(trouble_text, "status 404"));
        paths[2] = "/gone.xml";
        (void)snprintf(answers[2], sizeof answers[2], ALERT("A0"));
        AWAIT(n_got == 2 && mends == 1);
}
END_TEST

START_TEST(what_cannot_be_kept_now_is_asked_for_again)
{
        paths[0] = "/x";
        (void)snprintf(answers[0], sizeof answers[0], "<alert>later</alert>");
        poll_path("/x");
        AWAIT(n_got == 1);
        ck_assert_uint_eq(agains, 2);
}
END_TEST

START_TEST(nobody_there_is_told)
{
        char url[100];
        uint16_t port;
        int fd = hostile_socket(&port); /* bound, and not listening */

        (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
        ck_assert_int_eq(poll_url(url), 0);
        AWAIT(troubles == 1);
        ck_assert(strstr(trouble_text, "cannot be asked"));
        (void)close(fd);
}
END_TEST

START_TEST(it_can_be_freed_at_any_time)
{
        paths[0] = "/x";
        (void)snprintf(answers[0], sizeof answers[0], ALERT("A1"));
        for (int i = 0; i < 50; i++) {
                uint64_t until = monotonic_us() + (uint64_t)i * 500;

                poll_path("/x");
                while (monotonic_us() < until)
                        ck_assert_int_ge(sd_event_run(event, 500), 0);
                intake = cap_intake_free(intake);
        }
        ck_assert_uint_eq(thon_http_busy(http), 0);
}
END_TEST

START_TEST(what_is_no_address)
{
        ck_assert_int_eq(poll_url("ftp://127.0.0.1/"), -EINVAL);
        ck_assert_int_eq(poll_url("x"), -EINVAL);
        ck_assert_ptr_null(intake);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("cap_intake");
        TCase *files = tcase_create("files"), *web = tcase_create("web");

        tcase_add_checked_fixture(files, begin, done);
        tcase_add_test(files, a_file_that_is_put_there_is_taken_and_kept);
        tcase_add_test(files, a_file_that_is_renamed_into_place_is_taken_once_and_whole);
        tcase_add_test(files, what_is_refused_lies_beside_its_reason);
        tcase_add_test(files, what_lay_there_before_is_read_in_the_order_in_which_it_came);
        tcase_add_test(files, what_is_half_written_at_the_start_is_waited_for);
        tcase_add_test(files, links_devices_and_giants_are_not_read);
        tcase_add_test(files, the_same_name_again_overwrites_nothing);
        tcase_add_test(files, only_the_latest_are_kept);
        tcase_add_test(files, what_cannot_be_kept_now_is_brought_again);
        tcase_add_test(files, many_that_cannot_be_kept_now_do_not_keep_the_daemon_busy);
        tcase_add_test(files, an_inbox_that_goes_is_made_again);
        tcase_add_test(files, an_inbox_that_cannot_be_is_told_and_tried_again);
        tcase_add_test(files, hostile_names_are_one_line);
        suite_add_tcase(suite, files);
        tcase_add_checked_fixture(web, begin_server, done_server);
        tcase_add_test(web, an_alert_at_an_address_is_brought_once_until_it_changes);
        tcase_add_test(web, a_feed_is_followed_oldest_first_and_only_what_is_new);
        tcase_add_test(web, rss_too);
        tcase_add_test(web, another_host_is_not_asked);
        tcase_add_test(web, what_fails_is_told_once_and_so_is_its_end);
        tcase_add_test(web, a_link_that_is_gone_keeps_no_other);
        tcase_add_test(web, what_cannot_be_kept_now_is_asked_for_again);
        tcase_add_test(web, nobody_there_is_told);
        tcase_add_test(web, it_can_be_freed_at_any_time);
        tcase_add_test(web, what_is_no_address);
        suite_add_tcase(suite, web);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
