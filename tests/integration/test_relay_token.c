/* The chain of tokens: whoever loses a refresh token's one answer has lost the chain, so these stories end a refresh in
 * every way that life has. The server keeps the truth: which token it gave last, and how often it was asked. */
#include "hostile_http.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "../../src/relayd/credential.h"
#include "../../src/relayd/token.h"
#include "../../src/relayd/token_pair.h"
#include "../../src/relayd/token_private.h"
#include "thon/cleanup.h"
#include "thon/file.h"
#include "thon/log.h"

#define DEADLINE_US 30000000u

/* ---- the provider ---- */

static struct {
        pthread_mutex_t lock;
        char refresh[64]; /* the one that works */
        unsigned given;   /* pairs */
        const char *mode; /* how the next ones are answered */
        const char *expires;
        char last[2048];
        void (*before_answer)(void);
} provider = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void set_mode(const char *mode)
{
        (void)pthread_mutex_lock(&provider.lock);
        provider.mode = mode;
        (void)pthread_mutex_unlock(&provider.lock);
}

static bool rotate(const struct hostile_request *r, char *body, size_t size)
{
        char wanted[128];

        (void)snprintf(wanted, sizeof wanted, "refresh_token=%s&", provider.refresh);
        if (!strstr(r->text + r->head, wanted)) {
                (void)snprintf(body, size,
                               "{\"error\":-14014,\"error_name\":\"Invalid refresh token\",\"error_reason\":"
                               "\"the-whole-body-is-secret\"}");
                return false;
        }
        provider.given++;
        (void)snprintf(provider.refresh, sizeof provider.refresh, "RT%u", provider.given);
        (void)snprintf(body, size, "{\"access_token\":\"AT%u\",\"refresh_token\":\"%s\",\"expires_in\":%s}",
                       provider.given, provider.refresh, provider.expires);
        return true;
}

static bool oauth(int fd, const struct hostile_request *r, void *userdata)
{
        char body[512];
        bool keep = true;

        (void)userdata;
        (void)pthread_mutex_lock(&provider.lock);
        memcpy(provider.last, r->text, r->head + r->body_size);
        provider.last[r->head + r->body_size] = '\0';
        if (strcmp(provider.mode, "ok") == 0) {
                (void)rotate(r, body, sizeof body);
                if (provider.before_answer)
                        provider.before_answer();
                hostile_answer(fd, 200, "Content-Type: application/json\r\n", body);
        } else if (strcmp(provider.mode, "used-up, no answer") == 0) {
                (void)rotate(r, body, sizeof body);
                keep = false;
        } else if (strcmp(provider.mode, "no answer") == 0)
                keep = false;
        else if (strcmp(provider.mode, "html") == 0)
                hostile_answer(fd, 200, "", "<html>Please log in to the hotel's network</html>");
        else if (strcmp(provider.mode, "error") == 0)
                hostile_answer(
                        fd, 200, "",
                        "{\"error\":\"-14002\",\"error_description\":\"App is not active\",\"x\":\"the-whole-body-is-secret\"}");
        else if (strcmp(provider.mode, "401") == 0)
                hostile_answer(fd, 401, "", "{\"error\":-14004,\"error_name\":\"Invalid secret key\"}");
        else if (strcmp(provider.mode, "500") == 0)
                hostile_answer(fd, 500, "", "{\"error\":-1,\"error_name\":\"Oops\"}");
        else if (strcmp(provider.mode, "zero") == 0)
                hostile_answer(fd, 200, "", "{\"error\":0,\"message\":\"Success\"}");
        else if (strcmp(provider.mode, "null") == 0)
                hostile_answer(fd, 200, "", "{\"access_token\":null,\"refresh_token\":\"RT9\"}");
        else if (strcmp(provider.mode, "429") == 0)
                hostile_answer(fd, 429, "Retry-After: 120\r\n", "slow down");
        else if (strcmp(provider.mode, "-32") == 0)
                hostile_answer(fd, 200, "", "{\"error\":-32,\"message\":\"rate limit\"}");
        else
                ck_abort_msg("mode %s", provider.mode);
        (void)pthread_mutex_unlock(&provider.lock);
        return keep;
}

/* ---- the fixture ---- */

/* 20 h are two seconds. */
#define BEGIN_S   INT64_C(1801789200)
#define FAST      "2027-02-05T08:00:00+07:00,x36000"
#define VERY_FAST "2027-02-05T08:00:00+07:00,x100000"
/* An hour is a second: it may stand still for half of one. */
#define SLOWLY "2027-02-05T08:00:00+07:00,x3600"

static struct hostile server;
static sd_event *event;
static struct thon_clock *clock_;
static struct thon_http *http;
static struct relayd_secrets *secrets;
static struct relayd_token *token;
/* What the chain itself says of its times. At these speeds a moment in which this process does not run, or waits for the
 * disk, is an hour: only what was planned can be held to the second, and that nothing came before it. */
static struct asking {
        struct thon_mono due, at;
} askings[8];
static struct thon_mono refreshed[8];
static unsigned n_askings, n_refreshed;
static char scratch[64], path[128], url[64], states[256], lines[4096];

static uint64_t monotonic_us(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void keep_line(int level, enum thon_msg msg, const char *line, void *userdata)
{
        size_t n = strlen(lines);

        (void)level;
        (void)msg;
        (void)userdata;
        (void)snprintf(lines + n, sizeof lines - n, "%s\n", line);
}

static void on_state(struct relayd_token *t, enum relayd_token_state state, void *userdata)
{
        size_t n = strlen(states);

        (void)userdata;
        ck_assert_int_eq(relayd_token_state(t), state);
        if (state == RELAYD_TOKEN_REFRESHING && n_askings < sizeof askings / sizeof askings[0])
                askings[n_askings++] = (struct asking){t->due, thon_clock_mono(clock_)};
        if (state == RELAYD_TOKEN_GOOD && n_refreshed < sizeof refreshed / sizeof refreshed[0])
                refreshed[n_refreshed++] = t->refreshed;
        if (n + 1 < sizeof states && (n == 0 || states[n - 1] != "GRWL"[state])) {
                states[n] = "GRWL"[state];
                states[n + 1] = '\0';
        }
}

static void begin_provider(void)
{
        (void)signal(SIGPIPE, SIG_IGN);
        (void)snprintf(provider.refresh, sizeof provider.refresh, "RT0");
        provider.given = 0;
        provider.mode = "ok";
        provider.expires = "\"90000\"";
        provider.before_answer = NULL;
        hostile_begin(&server, oauth, NULL);
        (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/v4/oa/access_token", server.port);
        (void)snprintf(scratch, sizeof scratch, "/tmp/thon-token.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(scratch));
        (void)snprintf(path, sizeof path, "%s/relay/token-oa.json", scratch);
        lines[0] = '\0';
        thon_log_set_sink(keep_line, NULL);
}

static const char CREDENTIAL[] =
        "{\"app_id\":1234567890123456789,\"secret_key\":\"KEY\",\"access_token\":\"AT0\","
        "\"refresh_token\":\"RT0\"}";

static int open_token(const char *sim, const char *credential)
{
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(thon_clock_new(event, sim, &clock_), 0);
        ck_assert_int_eq(thon_http_new(event, &http), 0);
        ck_assert_int_eq(relayd_credential_parse(credential, strlen(credential), &secrets), 0);
        states[0] = '\0';
        n_askings = n_refreshed = 0;
        return relayd_token_new(
                clock_, http,
                &(struct relayd_token_conf){.name = "oa", .oauth_url = url, .state_dir = scratch}, secrets,
                on_state, NULL, &token);
}

static void start(const char *sim)
{
        ck_assert_int_eq(open_token(sim, CREDENTIAL), 0);
        ck_assert_str_eq(states, "");
}

static void stop(void)
{
        token = relayd_token_free(token);
        secrets = relayd_secrets_free(secrets);
        http = thon_http_free(http);
        clock_ = thon_clock_free(clock_);
        event = sd_event_unref(event);
}

static void remove_scratch(void)
{
        char name[256];
        (void)unlink(path);
        (void)snprintf(name, sizeof name, "%s.damaged", path);
        (void)unlink(name);
        (void)snprintf(name, sizeof name, "%s/relay", scratch);
        ck_assert_int_eq(rmdir(name), 0); /* no temporary stayed */
        ck_assert_int_eq(rmdir(scratch), 0);
}

static void end(void)
{
        stop();
        hostile_end(&server);
        remove_scratch();
        ck_assert_ptr_null(strstr(lines, "RT"));
        ck_assert_ptr_null(strstr(lines, "AT0"));
        ck_assert_ptr_null(strstr(lines, "KEY"));
        ck_assert_ptr_null(strstr(lines, "the-whole-body-is-secret"));
}

static unsigned asked(void)
{
        return atomic_load(&server.requests);
}

static void await_state(enum relayd_token_state state)
{
        uint64_t deadline = monotonic_us() + DEADLINE_US;

        while (relayd_token_state(token) != state) {
                ck_assert_msg(monotonic_us() < deadline, "state %d, not %d; %s; %s",
                              (int)relayd_token_state(token), (int)state, states, lines);
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        }
}

static void await_access(const char *access)
{
        uint64_t deadline = monotonic_us() + DEADLINE_US;

        while (!secrets->access_token || strcmp(secrets->access_token, access) != 0 ||
               relayd_token_state(token) == RELAYD_TOKEN_REFRESHING) {
                ck_assert_msg(monotonic_us() < deadline, "access token %s; %s; %s", secrets->access_token,
                              states, lines);
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        }
}

/* Until the (simulated) clock has gone on by so much. */
static void run_for(int64_t s)
{
        struct thon_mono until = thon_mono_add(thon_clock_mono(clock_), (uint64_t)s * 1000000);

        while (thon_clock_mono(clock_).us < until.us)
                ck_assert_int_ge(sd_event_run(event, 2000), 0);
}

/* How long the simulated clock runs; it begins at 08:00 and is not set. */
static int64_t elapsed_s(void)
{
        return thon_clock_wall(clock_).s - BEGIN_S;
}

static int64_t seconds(struct thon_mono from, struct thon_mono to)
{
        return (int64_t)(thon_mono_since(from, to) / 1000000);
}

/* The last pair was asked for so long after the one before had come, and when it was due. */
static void assert_interval(int64_t s)
{
        ck_assert_uint_ge(n_refreshed, 2);
        ck_assert_uint_eq(n_askings, n_refreshed);
        const struct asking *last = &askings[n_askings - 1];
        ck_assert_int_eq(seconds(refreshed[n_refreshed - 2], last->due), s);
        ck_assert_uint_ge(last->at.us, last->due.us);
        ck_assert_int_lt(seconds(last->due, last->at), 200000);
}

static struct relayd_token_file file_now(void)
{
        struct relayd_token_file file;
        char *text;
        size_t size;

        ck_assert_int_eq(thon_file_read(path, 65536, &text, &size), 0);
        ck_assert_int_eq(relayd_token_file_read(text, size, &file), 0);
        free(text);
        return file;
}

static void assert_file(const char *access, const char *refresh, const char *previous, int tries)
{
        struct relayd_token_file file = file_now();

        ck_assert_str_eq(file.now.access, access);
        ck_assert_str_eq(file.now.refresh, refresh);
        ck_assert_str_eq(file.previous.refresh ? file.previous.refresh : "-", previous);
        ck_assert_int_eq(file.tries, tries);
        relayd_token_file_done(&file);
}

/* ---- a good day ---- */

START_TEST(the_chain_begins_with_the_pair_of_the_credential)
{
        begin_provider();
        start(NULL);
        assert_file("AT0", "RT0", "-", 0);
        struct stat st;
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0600);
        ck_assert_int_eq(relayd_token_state(token), RELAYD_TOKEN_GOOD);
        ck_assert(relayd_token_usable(token));
        ck_assert_int_eq(relayd_token_expires(token).s, THON_WALL_NEVER.s);
        ck_assert_uint_eq(asked(), 0);
        end();
}
END_TEST

START_TEST(a_refused_access_token_is_refreshed_and_the_new_pair_kept)
{
        begin_provider();
        start(NULL);
        relayd_token_refused(token, "AT0");
        ck_assert_int_eq(relayd_token_state(token), RELAYD_TOKEN_REFRESHING);
        ck_assert(!relayd_token_usable(token));
        await_access("AT1");
        ck_assert_str_eq(states, "RG");
        ck_assert(relayd_token_usable(token));
        ck_assert_ptr_null(relayd_token_trouble(token));
        assert_file("AT1", "RT1", "RT0", 0);
        ck_assert_ptr_nonnull(strstr(provider.last, "\r\nsecret_key: KEY\r\n"));
        ck_assert_ptr_nonnull(
                strstr(provider.last, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
        ck_assert_ptr_nonnull(
                strstr(provider.last,
                       "\r\n\r\nrefresh_token=RT0&app_id=1234567890123456789&grant_type=refresh_token"));
        ck_assert_int_le(llabs(relayd_token_expires(token).s - thon_clock_wall(clock_).s - 90000), 2);
        end();
}
END_TEST

START_TEST(it_is_refreshed_again_and_again_in_time)
{
        begin_provider();
        start(FAST);
        await_access("AT1"); /* of unknown age: within the hour */
        await_access("AT2"); /* after 20 of 25 h */
        assert_interval(72000);
        await_access("AT3");
        assert_interval(72000);
        assert_file("AT3", "RT3", "RT2", 0);
        end();
}
END_TEST

static const struct {
        const char *expires;
        int64_t lifetime_s, refresh_after_s;
} LIVES[] = {{"\"36000\"", 36000, 28800}, {"36000", 36000, 28800},        {"36000.0", 36000, 28800},
             {"\"90000\"", 90000, 72000}, {"8640000", 8640000, 72000},    {"0", 90000, 72000},
             {"\"-5\"", 90000, 72000},    {"\"tomorrow\"", 90000, 72000}, {"null", 90000, 72000},
             {"1e300", 90000, 72000},     {"\"3.6e4\"", 90000, 72000},    {"99999999999", 90000, 72000}};

START_TEST(the_life_of_a_token_is_believed_when_it_can_be)
{
        struct relayd_token_answer answer;
        char body[128];
        (void)snprintf(body, sizeof body, "{\"access_token\":\"A\",\"expires_in\":%s}", LIVES[_i].expires);
        ck_assert_int_eq(relayd_token_answer_read(body, strlen(body), &answer), RELAYD_READ_PAIR);
        ck_assert_int_eq(answer.lifetime_s, LIVES[_i].lifetime_s);
        ck_assert_int_eq(relayd_token_refresh_after(answer.lifetime_s), LIVES[_i].refresh_after_s);
        ck_assert_ptr_null(answer.refresh);
        relayd_token_answer_done(&answer);
}
END_TEST

START_TEST(a_short_life_is_refreshed_sooner)
{
        begin_provider();
        provider.expires = "36000";
        start(FAST);
        await_access("AT2");
        assert_interval(28800);
        end();
}
END_TEST

START_TEST(after_a_restart_the_file_counts_and_not_the_credential)
{
        begin_provider();
        start(NULL);
        relayd_token_refused(token, "AT0");
        await_access("AT1");
        stop();
        start(NULL);
        ck_assert_str_eq(secrets->access_token, "AT1");
        ck_assert_int_le(llabs(relayd_token_expires(token).s - thon_clock_wall(clock_).s - 90000), 2);
        relayd_token_refused(token, "AT1");
        await_access("AT2");
        assert_file("AT2", "RT2", "RT1", 0);
        end();
}
END_TEST

START_TEST(the_file_alone_is_enough)
{
        begin_provider();
        start(NULL);
        stop();
        ck_assert_int_eq(open_token(NULL, "{\"app_id\":\"1\",\"secret_key\":\"KEY\"}"), 0);
        ck_assert_str_eq(secrets->access_token, "AT0");
        relayd_token_refused(token, "AT0");
        await_access("AT1");
        end();
}
END_TEST

START_TEST(a_credential_that_a_person_replaced_begins_a_new_chain)
{
        begin_provider();
        start(NULL);
        relayd_token_refused(token, "AT0");
        await_access("AT1");
        stop();
        (void)snprintf(provider.refresh, sizeof provider.refresh, "RTnew");
        ck_assert_int_eq(open_token(NULL,
                                    "{\"app_id\":\"1\",\"secret_key\":\"KEY\",\"access_token\":\"ATnew\","
                                    "\"refresh_token\":\"RTnew\"}"),
                         0);
        ck_assert_str_eq(secrets->access_token, "ATnew");
        assert_file("ATnew", "RTnew", "RT1", 0);
        relayd_token_refused(token, "ATnew");
        await_access("AT2");
        end();
}
END_TEST

START_TEST(a_refresh_token_alone_is_enough)
{
        begin_provider();
        ck_assert_int_eq(
                open_token(NULL, "{\"app_id\":\"1\",\"secret_key\":\"KEY\",\"refresh_token\":\"RT0\"}"), 0);
        ck_assert(!relayd_token_usable(token));
        await_access("AT1");
        end();
}
END_TEST

START_TEST(a_token_is_escaped_in_the_form)
{
        begin_provider();
        set_mode("error");
        ck_assert_int_eq(
                open_token(NULL,
                           "{\"app_id\":\"a b\",\"secret_key\":\"KEY\",\"refresh_token\":\"R+T/0=&x\"}"),
                0);
        await_state(RELAYD_TOKEN_LOST);
        ck_assert_ptr_nonnull(strstr(provider.last, "refresh_token=R%2BT%2F0%3D%26x&app_id=a%20b&"));
        end();
}
END_TEST

static const char *const NO_PAIR[] = {"{\"app_id\":\"1\",\"secret_key\":\"K\"}",
                                      "{\"app_id\":\"1\",\"refresh_token\":\"RT0\"}",
                                      "{\"secret_key\":\"K\",\"refresh_token\":\"RT0\"}",
                                      "{\"app_id\":\"1\",\"secret_key\":\"K\",\"access_token\":\"AT0\"}"};

START_TEST(without_a_refresh_token_there_is_no_chain)
{
        begin_provider();
        ck_assert_int_eq(open_token(NULL, NO_PAIR[_i]), -ENOKEY);
        (void)mkdir(strncat(strcpy((char[160]){0}, scratch), "/relay", 7), 0700);
        end();
}
END_TEST

/* ---- refusals of the access token ---- */

START_TEST(two_refusals_at_once_are_one_refresh)
{
        begin_provider();
        start(NULL);
        relayd_token_refused(token, "AT0");
        relayd_token_refused(token, "AT0");
        await_access("AT1");
        relayd_token_refused(token, "AT0"); /* of a request that was still under way */
        ck_assert_int_eq(relayd_token_state(token), RELAYD_TOKEN_GOOD);
        ck_assert_uint_eq(asked(), 1);
        end();
}
END_TEST

START_TEST(a_fresh_token_that_is_refused_is_a_matter_for_people)
{
        begin_provider();
        start(NULL);
        relayd_token_refused(token, "AT0");
        await_access("AT1");
        relayd_token_refused(token, "AT1");
        ck_assert_int_eq(relayd_token_state(token), RELAYD_TOKEN_LOST);
        ck_assert(!relayd_token_usable(token));
        ck_assert_ptr_nonnull(relayd_token_trouble(token));
        ck_assert_uint_eq(asked(), 1);
        end();
}
END_TEST

START_TEST(refused_for_ever_it_does_not_ask_for_ever)
{
        begin_provider();
        start(FAST);
        for (unsigned i = 0; i < 200 && relayd_token_state(token) != RELAYD_TOKEN_LOST; i++) {
                relayd_token_refused(token, secrets->access_token);
                ck_assert_int_ge(sd_event_run(event, 1000), 0);
        }
        ck_assert_int_le(asked(), elapsed_s() / 60 + 1);
        end();
}
END_TEST

/* ---- refusals of the refresh ---- */

static const struct {
        const char *mode, *words;
} REFUSALS[] = {{"error", "-14002 App is not active"}, {"401", "-14004 Invalid secret key"}};

START_TEST(a_plain_refusal_is_the_end_of_the_chain)
{
        begin_provider();
        set_mode(REFUSALS[_i].mode);
        start(NULL);
        relayd_token_refused(token, "AT0");
        await_state(RELAYD_TOKEN_LOST);
        ck_assert_str_eq(states, "RL");
        ck_assert_ptr_nonnull(strstr(relayd_token_trouble(token), REFUSALS[_i].words));
        ck_assert_ptr_nonnull(strstr(lines, REFUSALS[_i].words));
        assert_file("AT0", "RT0", "-", RELAYD_TOKEN_TRIES);
        stop();
        set_mode("ok");
        start(VERY_FAST); /* nor does a restart ask again */
        ck_assert_int_eq(relayd_token_state(token), RELAYD_TOKEN_LOST);
        ck_assert_ptr_nonnull(relayd_token_trouble(token));
        run_for(2 * 86400);
        ck_assert_uint_eq(asked(), 1);
        end();
}
END_TEST

static const char *const UNCLEAR[] = {"no answer", "html", "500", "zero", "null"};

START_TEST(what_is_unclear_is_asked_once_more_with_the_same_token)
{
        begin_provider();
        set_mode(UNCLEAR[_i]);
        start(FAST);
        relayd_token_refused(token, "AT0");
        await_state(RELAYD_TOKEN_WAITING);
        ck_assert_ptr_nonnull(relayd_token_trouble(token));
        set_mode("ok");
        await_access("AT1");
        ck_assert_ptr_null(relayd_token_trouble(token));
        ck_assert_uint_eq(asked(), 2);
        assert_file("AT1", "RT1", "RT0", 0);
        end();
}
END_TEST

START_TEST(and_then_it_is_an_alarm)
{
        begin_provider();
        set_mode(UNCLEAR[_i]);
        start(VERY_FAST);
        relayd_token_refused(token, "AT0");
        await_state(RELAYD_TOKEN_LOST);
        ck_assert_str_eq(states, "RWRL");
        assert_file("AT0", "RT0", "-", 2);
        run_for(86400);
        ck_assert_uint_eq(asked(), 2);
        end();
}
END_TEST

START_TEST(a_provider_in_trouble_gets_time_while_the_access_token_lives)
{
        begin_provider();
        provider.expires = "8640000";
        start(FAST);
        await_access("AT1");
        set_mode("500");
        await_state(RELAYD_TOKEN_WAITING);
        ck_assert(relayd_token_usable(token));
        set_mode("ok");
        await_access("AT2");
        ck_assert_uint_eq(n_askings, 3);
        ck_assert_int_ge(seconds(askings[1].at, askings[2].at), 30 * 60);
        end();
}
END_TEST

static const char *const TOO_FAST[] = {"429", "-32"};

START_TEST(a_limit_of_rate_costs_no_try)
{
        begin_provider();
        set_mode(TOO_FAST[_i]);
        start(FAST);
        relayd_token_refused(token, "AT0");
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        while (asked() < 4) {
                ck_assert_uint_lt(monotonic_us(), deadline);
                ck_assert_int_ge(sd_event_run(event, 100000), 0);
        }
        run_for(8 * 3600);
        ck_assert_int_le(asked(), elapsed_s() / 60 + 1);
        ck_assert_int_ne(relayd_token_state(token), RELAYD_TOKEN_LOST);
        set_mode("ok");
        await_access("AT1");
        end();
}
END_TEST

/* ---- no network, no power, no room ---- */

START_TEST(without_a_network_it_waits_and_loses_nothing)
{
        begin_provider();
        char away[64];
        uint16_t port;
        (void)snprintf(away, sizeof away, "%s", url);
        int fd =
                hostile_socket(&port); /* bound, so that nobody else takes it; it refuses until it listens */
        (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
        start(FAST);
        relayd_token_refused(token, "AT0");
        await_state(RELAYD_TOKEN_WAITING);
        ck_assert_ptr_nonnull(strstr(relayd_token_trouble(token), "không có mạng"));
        run_for(4 * 3600);
        await_state(RELAYD_TOKEN_WAITING);
        assert_file("AT0", "RT0", "-", 0);
        int old = server.fd;
        ck_assert_int_eq(listen(fd, 16), 0);
        struct hostile second = {.fd = fd, .port = port, .fn = oauth};
        ck_assert_int_eq(pthread_create(&second.thread, NULL, hostile_accept, &second), 0);
        await_access("AT1");
        server.fd = old;
        hostile_end(&second);
        end();
}
END_TEST

static pid_t victim;
static void kill_victim(void)
{
        (void)kill(victim, SIGKILL);
        ck_assert_int_eq(waitpid(victim, NULL, 0), victim);
}

/* The provider has given the new pair; we have it not on disk. */
static void die_in_the_midst(void)
{
        int go[2];
        char c = 0;

        ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
        (void)pthread_mutex_lock(&provider.lock);
        victim = fork();
        if (victim == 0) {
                (void)read(go[0], &c, 1);
                if (open_token(NULL, CREDENTIAL) < 0)
                        _exit(1);
                relayd_token_refused(token, secrets->access_token);
                while (sd_event_run(event, UINT64_MAX) >= 0)
                        ;
                _exit(1);
        }
        provider.before_answer = kill_victim;
        (void)pthread_mutex_unlock(&provider.lock);
        ck_assert_int_eq(write(go[1], &c, 1), 1);
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        while (kill(victim, 0) == 0) {
                ck_assert_uint_lt(monotonic_us(), deadline);
                (void)sched_yield();
        }
        (void)close(go[0]);
        (void)close(go[1]);
        (void)pthread_mutex_lock(&provider.lock);
        provider.before_answer = NULL;
        (void)pthread_mutex_unlock(&provider.lock);
}

START_TEST(killed_before_the_new_pair_is_on_disk_it_asks_once_more_and_tells)
{
        begin_provider();
        die_in_the_midst();
        ck_assert_uint_eq(provider.given, 1);
        assert_file("AT0", "RT0", "-", 1);
        start(NULL);
        ck_assert_str_eq(secrets->access_token, "AT0"); /* which may still be good for hours */
        ck_assert(relayd_token_usable(token));
        relayd_token_refused(token, "AT0");
        await_state(RELAYD_TOKEN_LOST);
        ck_assert_ptr_nonnull(strstr(relayd_token_trouble(token), "-14014 Invalid refresh token"));
        ck_assert_uint_eq(asked(), 2);
        assert_file("AT0", "RT0", "-", 2);
        end();
}
END_TEST

START_TEST(with_a_provider_that_forgives_the_chain_goes_on)
{
        begin_provider();
        die_in_the_midst();
        (void)snprintf(provider.refresh, sizeof provider.refresh, "RT0");
        start(NULL);
        relayd_token_refused(token, "AT0");
        await_access("AT2");
        assert_file("AT2", "RT2", "RT0", 0);
        end();
}
END_TEST

static bool own_disk(void)
{
        uid_t uid = geteuid();
        gid_t gid = getegid();
        if (unshare(CLONE_NEWNS) < 0) {
                if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
                        return false;
                char map[64];
                const struct {
                        const char *path;
                        unsigned id;
                } MAPS[] = {{"/proc/self/setgroups", 0},
                            {"/proc/self/uid_map", uid},
                            {"/proc/self/gid_map", gid}};
                for (size_t i = 0; i < 3; i++) {
                        int n = i == 0 ? snprintf(map, sizeof map, "deny")
                                       : snprintf(map, sizeof map, "0 %u 1", MAPS[i].id);
                        int fd = open(MAPS[i].path, O_WRONLY | O_CLOEXEC);
                        if (fd < 0 || write(fd, map, (size_t)n) != n)
                                return false;
                        (void)close(fd);
                }
        }
        return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
               mount("thon-test", scratch, "tmpfs", 0, "size=256k,mode=0700") == 0;
}

/* A file as large as the room that is left. */
static void fill_disk(void)
{
        char name[128], block[4096] = "";
        (void)snprintf(name, sizeof name, "%s/filler", scratch);
        int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        while (write(fd, block, sizeof block) > 0)
                ;
        ck_assert_int_eq(errno, ENOSPC);
        (void)close(fd);
}

static void free_disk(void)
{
        char name[128];
        (void)snprintf(name, sizeof name, "%s/filler", scratch);
        ck_assert_int_eq(unlink(name), 0);
}

static void end_disk(void)
{
        stop();
        hostile_end(&server);
        ck_assert_int_eq(umount2(scratch, MNT_DETACH), 0);
        (void)rmdir(scratch);
}

/* The mounts are made before any thread is: they would be in a name space of their own. */
static bool begin_disk(void)
{
        begin_provider();
        hostile_end(&server);
        if (!own_disk()) {
                printf("not tried: this machine does not let us mount\n");
                (void)rmdir(scratch);
                return false;
        }
        hostile_begin(&server, oauth, NULL);
        (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/v4/oa/access_token", server.port);
        return true;
}

START_TEST(a_disk_that_fills_up_in_the_midst_does_not_cost_the_pair)
{
        if (!begin_disk())
                return;
        start(VERY_FAST);
        provider.before_answer = fill_disk;
        relayd_token_refused(token, "AT0");
        await_access("AT1");
        provider.before_answer = NULL;
        ck_assert_int_eq(relayd_token_state(token), RELAYD_TOKEN_WAITING);
        ck_assert_ptr_nonnull(strstr(relayd_token_trouble(token), "không ghi được"));
        ck_assert(relayd_token_usable(token));
        assert_file("AT0", "RT0", "-", 1);
        run_for(3 * 86400); /* long after it is due: first the disk */
        relayd_token_refused(token, "AT1");
        ck_assert_uint_eq(asked(), 1);
        free_disk();
        await_access("AT2");
        assert_file("AT2", "RT2", "RT1", 0);
        ck_assert_uint_eq(asked(), 2);
        end_disk();
}
END_TEST

START_TEST(with_a_full_disk_nothing_is_asked)
{
        if (!begin_disk())
                return;
        start(VERY_FAST);
        fill_disk();
        relayd_token_refused(token, "AT0");
        ck_assert_int_eq(relayd_token_state(token), RELAYD_TOKEN_WAITING);
        run_for(86400);
        ck_assert_uint_eq(asked(), 0);
        assert_file("AT0", "RT0", "-", 0);
        free_disk();
        await_access("AT1");
        end_disk();
}
END_TEST

START_TEST(what_was_in_memory_is_written_at_the_end)
{
        if (!begin_disk())
                return;
        start(NULL);
        provider.before_answer = fill_disk;
        relayd_token_refused(token, "AT0");
        await_access("AT1");
        provider.before_answer = NULL;
        free_disk();
        token = relayd_token_free(token);
        assert_file("AT1", "RT1", "RT0", 0);
        end_disk();
}
END_TEST

START_TEST(a_damaged_file_is_put_aside)
{
        begin_provider();
        start(NULL);
        stop();
        ck_assert_int_eq(thon_file_write_atomic(path, "{\"access_token\":", 16, 0600), 0);
        start(NULL);
        assert_file("AT0", "RT0", "-", 0);
        char aside[160];
        (void)snprintf(aside, sizeof aside, "%s.damaged", path);
        ck_assert_int_eq(access(aside, F_OK), 0);
        ck_assert_ptr_nonnull(strstr(lines, "damaged"));
        end();
}
END_TEST

/* ---- bad clocks ---- */

static const char *const CLOCKS[] = {"2027-02-05T08:00:00+07:00,x60000,step=+40d@7200s",
                                     "2027-02-05T08:00:00+07:00,x60000,step=-40d@7200s",
                                     "2027-02-05T08:00:00+07:00,x60000,untrusted",
                                     "2027-02-05T08:00:00+07:00,x60000,untrusted=10h"};

START_TEST(a_clock_that_jumps_or_lies_changes_nothing)
{
        begin_provider();
        start(CLOCKS[_i]);
        await_access("AT1");
        await_access("AT2");
        assert_interval(72000);
        await_access("AT3");
        assert_interval(72000);
        ck_assert_uint_eq(asked(), 3);
        end();
}
END_TEST

static void write_file(const char *refreshed_at, const char *expires_at)
{
        char text[400], name[128];
        struct relayd_token_file file;

        (void)snprintf(name, sizeof name, "%s/relay", scratch);
        ck_assert_int_eq(mkdir(name, 0700), 0);
        char seed[RELAYD_SEED];
        ck_assert_int_eq(relayd_token_seed("AT0", "RT0", seed), 0);
        (void)snprintf(text, sizeof text,
                       "{\"access_token\":\"AT0\",\"refresh_token\":\"RT0\",\"refreshed_at\":%s,"
                       "\"expires_at\":%s,\"seed\":\"%s\",\"tries\":0}",
                       refreshed_at, expires_at, seed);
        ck_assert_int_eq(relayd_token_file_read(text, strlen(text), &file), 0);
        relayd_token_file_done(&file);
        ck_assert_int_eq(thon_file_write_atomic(path, text, strlen(text), 0600), 0);
}

/* Due within these seconds of the start. */
static const struct {
        const char *refreshed, *expires;
        const char *clock;
        int64_t not_before_s, within_s;
} AGES[] = {
        {"1801785600", "1801875600", FAST, 68399, 68401}, /* an hour old: 19 h left */
        {"1801720000", "1801810000", FAST, 2799, 2801},   /* 19.2 h old */
        {"1700000000", "1700090000", SLOWLY, 0, 1800},    /* ages ago */
        {"1900000000", "1900090000", SLOWLY, 3599, 7200}, /* not yet: somebody's clock was wrong */
        {"1700000000", "1700090000", SLOWLY ",untrusted", 3599, 7200}, /* who knows */
        /* then it is known, within the ten minutes in which that is looked at */
        {"1700000000", "1700090000", SLOWLY ",untrusted=15min", 899, 3500},
        {"1801785600", "9000000000", FAST, 68399, 68401},
        {"null", "null", SLOWLY, 3599, 7200},
};

START_TEST(the_age_of_a_kept_token_is_taken_from_a_clock_that_can_be_trusted)
{
        begin_provider();
        write_file(AGES[_i].refreshed, AGES[_i].expires);
        start(AGES[_i].clock);
        await_access("AT1");
        ck_assert_uint_eq(asked(), 1);
        ck_assert_uint_eq(n_askings, 1);
        int64_t ago = seconds(askings[0].due, thon_clock_mono(clock_));
        int64_t due = elapsed_s() - ago;
        ck_assert_msg(due >= AGES[_i].not_before_s && due <= AGES[_i].within_s, "due after %lld s",
                      (long long)due);
        ck_assert_uint_ge(askings[0].at.us, askings[0].due.us);
        end();
}
END_TEST

/* ---- credentials ---- */

START_TEST(ids_of_nineteen_digits_stay_exact)
{
        struct relayd_secrets *s;
        static const char text[] =
                "{\"app_id\":1234567890123456789,\"oa_id\":\"9876543210987654321\",\"token\":\"\","
                "\"user\":null,\"expires_in\":\"90000\"}";
        ck_assert_int_eq(relayd_credential_parse(text, sizeof text - 1, &s), 0);
        ck_assert_str_eq(s->app_id, "1234567890123456789");
        ck_assert_str_eq(s->oa_id, "9876543210987654321");
        ck_assert_ptr_null(s->token);
        ck_assert_ptr_null(s->user);
        relayd_secrets_free(s);
}
END_TEST

static const char *const BAD_CREDENTIALS[] = {"",
                                              "the-token-itself",
                                              "[]",
                                              "\"token\"",
                                              "{\"token\":true}",
                                              "{\"token\":{}}",
                                              "{\"token\":1.5}",
                                              "{\"token\":\"a\\r\\nb\"}",
                                              "{\"token\":\"ạ\"}",
                                              "{\"token\":\"a\",\"token\":\"b\"}",
                                              "{\"token\":\"a\"} x"};

START_TEST(what_is_no_credential_is_refused)
{
        struct relayd_secrets *s;
        ck_assert_int_eq(relayd_credential_parse(BAD_CREDENTIALS[_i], strlen(BAD_CREDENTIALS[_i]), &s),
                         -EBADMSG);
}
END_TEST

START_TEST(a_credential_is_read_from_its_file)
{
        struct relayd_secrets *s;
        char dir[] = "/tmp/thon-cred.XXXXXX", name[64];
        ck_assert_ptr_nonnull(mkdtemp(dir));
        (void)snprintf(name, sizeof name, "%s/oa", dir);
        ck_assert_int_eq(thon_file_write_atomic(name, CREDENTIAL, sizeof CREDENTIAL - 1, 0600), 0);
        (void)setenv("CREDENTIALS_DIRECTORY", dir, 1);
        ck_assert_int_eq(relayd_credential_read("oa", &s), 0);
        ck_assert_str_eq(s->refresh_token, "RT0");
        relayd_secrets_free(s);
        ck_assert_int_eq(relayd_credential_read("other", &s), -ENOENT);
        (void)unlink(name);
        (void)rmdir(dir);
}
END_TEST

static TCase *tcase(Suite *s, const char *name)
{
        TCase *t = tcase_create(name);
        tcase_set_timeout(t, 90);
        suite_add_tcase(s, t);
        return t;
}

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
        Suite *s = suite_create("relay token");
        TCase *t = tcase(s, "good");
        tcase_add_test(t, the_chain_begins_with_the_pair_of_the_credential);
        tcase_add_test(t, a_refused_access_token_is_refreshed_and_the_new_pair_kept);
        tcase_add_test(t, it_is_refreshed_again_and_again_in_time);
        tcase_add_test(t, a_short_life_is_refreshed_sooner);
        tcase_add_loop_test(t, the_life_of_a_token_is_believed_when_it_can_be, 0, N(LIVES));
        tcase_add_test(t, after_a_restart_the_file_counts_and_not_the_credential);
        tcase_add_test(t, the_file_alone_is_enough);
        tcase_add_test(t, a_credential_that_a_person_replaced_begins_a_new_chain);
        tcase_add_test(t, a_refresh_token_alone_is_enough);
        tcase_add_test(t, a_token_is_escaped_in_the_form);
        tcase_add_loop_test(t, without_a_refresh_token_there_is_no_chain, 0, N(NO_PAIR));

        t = tcase(s, "refused");
        tcase_add_test(t, two_refusals_at_once_are_one_refresh);
        tcase_add_test(t, a_fresh_token_that_is_refused_is_a_matter_for_people);
        tcase_add_test(t, refused_for_ever_it_does_not_ask_for_ever);
        tcase_add_loop_test(t, a_plain_refusal_is_the_end_of_the_chain, 0, N(REFUSALS));
        tcase_add_loop_test(t, what_is_unclear_is_asked_once_more_with_the_same_token, 0, N(UNCLEAR));
        tcase_add_loop_test(t, and_then_it_is_an_alarm, 0, N(UNCLEAR));
        tcase_add_test(t, a_provider_in_trouble_gets_time_while_the_access_token_lives);
        tcase_add_loop_test(t, a_limit_of_rate_costs_no_try, 0, N(TOO_FAST));

        t = tcase(s, "bad days");
        tcase_add_test(t, without_a_network_it_waits_and_loses_nothing);
        tcase_add_test(t, killed_before_the_new_pair_is_on_disk_it_asks_once_more_and_tells);
        tcase_add_test(t, with_a_provider_that_forgives_the_chain_goes_on);
        tcase_add_test(t, a_disk_that_fills_up_in_the_midst_does_not_cost_the_pair);
        tcase_add_test(t, with_a_full_disk_nothing_is_asked);
        tcase_add_test(t, what_was_in_memory_is_written_at_the_end);
        tcase_add_test(t, a_damaged_file_is_put_aside);

        t = tcase(s, "clock");
        tcase_add_loop_test(t, a_clock_that_jumps_or_lies_changes_nothing, 0, N(CLOCKS));
        tcase_add_loop_test(t, the_age_of_a_kept_token_is_taken_from_a_clock_that_can_be_trusted, 0,
                            N(AGES));

        t = tcase(s, "people");
        tcase_add_test(t, ids_of_nineteen_digits_stay_exact);
        tcase_add_loop_test(t, what_is_no_credential_is_refused, 0, N(BAD_CREDENTIALS));
        tcase_add_test(t, a_credential_is_read_from_its_file);

        SRunner *r = srunner_create(s);
        srunner_run_all(r, CK_ENV);
        int failed = srunner_ntests_failed(r);
        srunner_free(r);
        return failed ? 1 : 0;
}
