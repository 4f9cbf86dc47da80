/* Configuration files as people write them: what is taken, what is refused, and what is said about it. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/conf.h"
#include "thon/file.h"
#include "thon/light.h"

#define CHANNELS_MAX 2

struct channel {
        char name[64];
        int rate;
        char *url;
};

struct sample {
        char *name;
        thon_slug id;
        int number;
        double real;
        bool yes;
        int64_t wait;
        int port;
        char *path;
        int answer;
        struct channel channels[CHANNELS_MAX];
        size_t n_channels;
};

static const char *parse_answer(const char *value, void *field)
{
        if (strcmp(value, "forty-two") != 0)
                return "must be the answer";
        *(int *)field = 42;
        return NULL;
}

#define AT(name) .offset = offsetof(struct sample, name)

static const struct thon_conf_item items[] = {
        {"a", "name", THON_CONF_STRING, AT(name), .max = 20, .def = "nobody"},
        {"a", "id", THON_CONF_SLUG, AT(id)},
        {"a", "number", THON_CONF_INT, AT(number), .min = -5, .max = 5, .def = "3"},
        {"a", "real", THON_CONF_REAL, AT(real), .min = -90, .max = 90},
        {"b", "yes", THON_CONF_BOOL, AT(yes), .def = "yes"},
        {"b", "wait", THON_CONF_DURATION, AT(wait), .min = 1, .max = 86400, .def = "15min"},
        {"b", "port", THON_CONF_PORT, AT(port)},
        {"b", "path", THON_CONF_PATH, AT(path)},
        {"b", "answer", THON_CONF_CUSTOM, AT(answer), .parse = parse_answer},
        {"channel ", "rate", THON_CONF_INT, .offset = offsetof(struct channel, rate), .def = "10"},
        {"channel ", "url", THON_CONF_STRING, .offset = offsetof(struct channel, url)},
};
#define N_ITEMS (sizeof(items) / sizeof(items[0]))

static void *get_channel(void *target, const char *name)
{
        struct sample *s = target;

        for (size_t i = 0; i < s->n_channels; i++)
                if (strcmp(s->channels[i].name, name) == 0)
                        return &s->channels[i];
        if (s->n_channels == CHANNELS_MAX)
                return NULL;
        struct channel *c = &s->channels[s->n_channels++];
        (void)snprintf(c->name, sizeof(c->name), "%s", name);
        return c;
}

static const struct thon_conf_group groups[] = {{"channel ", get_channel}};

/* One test's directory, target and what was told, each line after "E " or "W ". */
static char dir[] = "/tmp/thon-conf.XXXXXX";
static struct sample sample;
static char *told;

static void hear(void *userdata, bool is_error, const char *text)
{
        char *more = NULL;

        (void)userdata;
        ck_assert_int_ge(asprintf(&more, "%s%s %s\n", told, is_error ? "E" : "W", text), 0);
        free(told);
        told = more;
}

static void set_up(void)
{
        memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
        ck_assert_ptr_nonnull(mkdtemp(dir));
        memset(&sample, 0, sizeof(sample));
        told = strdup("");
        ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static const char *in_dir(const char *name)
{
        static char path[256];
        (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
        return path;
}

static void tear_down(void)
{
        thon_conf_done(items, N_ITEMS, &sample);
        for (size_t i = 0; i < sample.n_channels; i++)
                thon_conf_done_section(items, N_ITEMS, "channel ", &sample.channels[i]);
        free(told);
        (void)unlink(in_dir("f.conf"));
        (void)unlink(in_dir("thon.conf"));
        (void)unlink(in_dir("mqtt"));
        (void)unlink(in_dir("credentials/test_conf"));
        (void)rmdir(in_dir("credentials"));
        ck_assert_int_eq(rmdir(dir), 0);
}

static int read_bytes(const char *text, size_t size)
{
        struct thon_conf_report report = {.tell = hear};

        ck_assert_int_eq(thon_file_write_atomic(in_dir("f.conf"), text, size, 0600), 0);
        return thon_conf_read(dir, "f.conf", items, N_ITEMS, groups, 1, &sample, &report);
}

static int read_text(const char *text)
{
        return read_bytes(text, strlen(text));
}

START_TEST(a_missing_file_leaves_the_defaults)
{
        struct thon_conf_report report = {.tell = hear};

        ck_assert_int_eq(thon_conf_read(dir, "f.conf", items, N_ITEMS, groups, 1, &sample, &report), 0);
        ck_assert_str_eq(sample.name, "nobody");
        ck_assert_int_eq(sample.number, 3);
        ck_assert(sample.yes);
        ck_assert_int_eq(sample.wait, 900);
        ck_assert_ptr_null(sample.path);
        ck_assert_str_eq(told, "");
}
END_TEST

START_TEST(every_type_is_read)
{
        ck_assert_int_eq(
                read_text("[a]\nname = Đường làng\nid=chi-phuc\nnumber: -5\nreal = -21.50\n"
                          "[b]\nyes = Off\nwait = 2 h\nport = 8883\npath = /a/b\nanswer = forty-two\n"),
                0);
        ck_assert_str_eq(told, "");
        ck_assert_str_eq(sample.name, "Đường làng");
        ck_assert_str_eq(sample.id, "chi-phuc");
        ck_assert_int_eq(sample.number, -5);
        ck_assert_double_eq(sample.real, -21.5);
        ck_assert(!sample.yes);
        ck_assert_int_eq(sample.wait, 7200);
        ck_assert_int_eq(sample.port, 8883);
        ck_assert_str_eq(sample.path, "/a/b");
        ck_assert_int_eq(sample.answer, 42);
}
END_TEST

START_TEST(every_mistake_is_told_with_file_line_and_key)
{
        ck_assert_int_eq(read_text("[a]\n"
                                   "number = 6\n"
                                   "id = Chi Phuc\n"
                                   "real = 21,5\n"
                                   "\n"
                                   "[b]\n"
                                   "yes = maybe\n"
                                   "wait = 0\n"
                                   "port = 65536\n"
                                   "path = a/b\n"
                                   "answer = 41\n"),
                         -EINVAL);
        ck_assert_str_eq(
                told, "E f.conf:2: a.number: must be a whole number from -5 to 5\n"
                      "E f.conf:3: a.id: must be of a-z, 0-9 and \"-\", not begin with \"-\", and have at "
                      "most 63 of them\n"
                      "E f.conf:4: a.real: must be a number, with a point before its decimals\n"
                      "E f.conf:7: b.yes: must be yes or no\n"
                      "E f.conf:8: b.wait: must be a duration in seconds from 1 to 86400\n"
                      "E f.conf:9: b.port: must be a port from 1 to 65535\n"
                      "E f.conf:10: b.path: must be an absolute path\n"
                      "E f.conf:11: b.answer: must be the answer\n");
        /* What is wrong changes nothing. */
        ck_assert_int_eq(sample.number, 3);
        ck_assert_int_eq(sample.wait, 900);
}
END_TEST

START_TEST(numbers_that_are_no_plain_numbers_are_refused)
{
        static const char *const bad[] = {"number = 0x3", "number = 3 ", "number = 3.0",
                                          "number = --3", "number = +",  "number = 3a",
                                          "real = nan",   "real = inf",  "real = 1e1",
                                          "real = 1.2.3", "real = .",    "number = 99999999999999999999"};
        static const bool fine[sizeof(bad) / sizeof(bad[0])] = {
                [1] = true}; /* white space at the end is no part */

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                char text[64];
                (void)snprintf(text, sizeof(text), "[a]\n%s\n", bad[i]);
                ck_assert_msg(read_text(text) == (fine[i] ? 0 : -EINVAL), "%s", bad[i]);
        }
}
END_TEST

START_TEST(what_nobody_knows_is_a_warning)
{
        ck_assert_int_eq(read_text("[a]\ncolour = red\n[c]\nnumber = 7\nnumber = 8\n[a]\nnumber = 4\n"), 0);
        ck_assert_str_eq(told, "W f.conf:2: a.colour: unknown key, ignored\n"
                               "W f.conf:3: [c]: unknown section, ignored\n");
        ck_assert_int_eq(sample.number, 4);
}
END_TEST

START_TEST(a_key_given_twice_is_an_error_also_across_sections)
{
        ck_assert_int_eq(read_text("[a]\nnumber = 1\n[b]\n[a]\nnumber = 2\n"), -EINVAL);
        ck_assert_str_eq(told, "E f.conf:5: a.number: given before, on line 2\n");
        ck_assert_int_eq(sample.number, 1);
}
END_TEST

START_TEST(repeated_sections_are_elements_with_their_own_defaults)
{
        ck_assert_int_eq(
                read_text(
                        "[channel oa]\nrate = 5\n[channel bot]\nurl = https://x/\n[channel oa]\nurl = u\n"),
                0);
        ck_assert_str_eq(told, "");
        ck_assert_uint_eq(sample.n_channels, 2);
        ck_assert_int_eq(sample.channels[0].rate, 5);
        ck_assert_str_eq(sample.channels[0].url, "u");
        ck_assert_int_eq(sample.channels[1].rate, 10);
        ck_assert_str_eq(sample.channels[1].url, "https://x/");
}
END_TEST

START_TEST(an_empty_section_is_an_element_too)
{
        ck_assert_int_eq(read_text("[channel oa]\n"), 0);
        ck_assert_uint_eq(sample.n_channels, 1);
        ck_assert_int_eq(sample.channels[0].rate, 10);
}
END_TEST

START_TEST(names_of_elements_and_their_number_are_limited)
{
        ck_assert_int_eq(
                read_text("[channel Zalo OA]\nrate = x\n[channel ]\n[channel a]\n[channel b]\n[channel c]\n"
                          "rate = 1\n[channel a]\nrate = x\n"),
                -EINVAL);
        ck_assert_str_eq(
                told, "E f.conf:1: [channel Zalo OA]: the name must be of a-z, 0-9 and \"-\", at most 63 of "
                      "them\n"
                      "E f.conf:3: [channel ]: the name must be of a-z, 0-9 and \"-\", at most 63 of them\n"
                      "E f.conf:6: [channel c]: there may be no more of these\n"
                      "E f.conf:9: channel a.rate: must be a whole number\n");
}
END_TEST

START_TEST(a_long_section_name_is_not_cut)
{
        /* inih would cut both to the same 49 bytes. */
        ck_assert_int_eq(
                read_text("[channel aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1]\nrate "
                          "= 1\n"
                          "[channel aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2]\nrate "
                          "= 2\n"),
                0);
        ck_assert_uint_eq(sample.n_channels, 2);
        ck_assert_int_eq(sample.channels[1].rate, 2);
}
END_TEST

START_TEST(comments_continuations_and_empty_values)
{
        ck_assert_int_eq(read_text("\xEF\xBB\xBF# head\r\n"
                                   "; too\r\n"
                                   "[a] # the first\r\n"
                                   "name = a#b;c   # why\r\n"
                                   "  # an indented comment\r\n"
                                   "   and more ; so\r\n"
                                   "\r\n"
                                   "number =\r\n"
                                   "[b]\r\n"
                                   "  yes = no\r\n"),
                         0);
        ck_assert_str_eq(told, "");
        ck_assert_str_eq(sample.name, "a#b;c and more");
        ck_assert_int_eq(sample.number, 3);
        ck_assert(!sample.yes);
}
END_TEST

START_TEST(a_continued_value_is_told_at_its_first_line)
{
        ck_assert_int_eq(read_text("[a]\nname = 1234567890\n 1234567890\nnumber = 1"), -EINVAL);
        ck_assert_str_eq(told, "E f.conf:2: a.name: must have from 0 to 20 bytes\n");
        ck_assert_int_eq(sample.number, 1);
}
END_TEST

START_TEST(lines_that_are_nothing_are_all_told)
{
        ck_assert_int_eq(read_text("number = 1\nhello\n[a\nnumber = 2\n[a]\n= 5\nworld\nnumber = 1"),
                         -EINVAL);
        ck_assert_str_eq(told, "E f.conf:1: number: stands before any [section]\n"
                               "E f.conf:2: neither \"[section]\" nor \"key = value\"\n"
                               "E f.conf:3: section without \"]\"\n"
                               "E f.conf:6: no key before the \"=\"\n"
                               "E f.conf:7: neither \"[section]\" nor \"key = value\"\n");
        ck_assert_int_eq(sample.number, 1);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_refused)
{
        static const char text[] = "[a]\nname = \xff\nname = a\0b\nname = a\x1b[31m\n[a\r]\n";

        ck_assert_int_eq(read_bytes(text, sizeof(text) - 1), -EINVAL);
        ck_assert_str_eq(told, "E f.conf:2: not UTF-8\n"
                               "E f.conf:3: holds a control character\n"
                               "E f.conf:4: holds a control character\n"
                               "E f.conf:5: holds a control character\n");
}
END_TEST

START_TEST(a_line_that_inih_would_tear_is_refused)
{
        char text[512] = "[a]\nnumber = 1 # ";
        size_t head = strlen(text);

        /* A long comment is none of inih's business. */
        memset(text + head, 'x', 300);
        text[head + 300] = '\n';
        ck_assert_int_eq(read_text(text), 0);
        ck_assert_int_eq(sample.number, 1);

        text[head - 2] = 'y';
        ck_assert_int_eq(read_text(text), -EINVAL);
        ck_assert_str_eq(told,
                         "E f.conf:2: longer than 198 bytes: go on with it on the next line, indented\n");
}
END_TEST

START_TEST(a_file_of_rubbish_is_told_briefly)
{
        char text[4096];
        unsigned lines = 0;

        memset(text, '\n', sizeof(text));
        for (size_t i = 0; i < sizeof(text); i += 2)
                text[i] = 'x';
        ck_assert_int_eq(read_bytes(text, sizeof(text)), -EINVAL);
        for (const char *p = told; (p = strchr(p, '\n')); p++)
                lines++;
        ck_assert_uint_eq(lines, 51);
        ck_assert_ptr_nonnull(strstr(told, "E ... and more of it\n"));
}
END_TEST

START_TEST(a_file_over_256_kib_is_refused)
{
        _cleanup_free_ char *text = malloc(300000);

        memset(text, '#', 300000);
        ck_assert_int_eq(read_bytes(text, 300000), -EFBIG);
        ck_assert_str_eq(told, "E f.conf: larger than 256 KiB\n");
}
END_TEST

START_TEST(durations)
{
        int64_t s = -1;

        ck_assert_int_eq(thon_duration_parse("0", &s), 0);
        ck_assert_int_eq(s, 0);
        ck_assert_int_eq(thon_duration_parse("90s", &s), 0);
        ck_assert_int_eq(s, 90);
        ck_assert_int_eq(thon_duration_parse("15min", &s), 0);
        ck_assert_int_eq(s, 900);
        ck_assert_int_eq(thon_duration_parse("2h", &s), 0);
        ck_assert_int_eq(s, 7200);
        ck_assert_int_eq(thon_duration_parse("3d", &s), 0);
        ck_assert_int_eq(s, 259200);
        ck_assert_int_eq(thon_duration_parse("9223372036854775807", &s), 0);
        ck_assert_int_eq(s, INT64_MAX);
        ck_assert_int_eq(thon_duration_parse("9223372036854775807min", &s), -ERANGE);
        ck_assert_int_eq(thon_duration_parse("9223372036854775808", &s), -ERANGE);
        ck_assert_int_eq(thon_duration_parse("99999999999999999999999999", &s), -ERANGE);
        ck_assert_int_eq(thon_duration_parse("-1", &s), -EINVAL);
        ck_assert_int_eq(thon_duration_parse("", &s), -EINVAL);
        ck_assert_int_eq(thon_duration_parse("h", &s), -EINVAL);
        ck_assert_int_eq(thon_duration_parse("2m", &s), -EINVAL);
        ck_assert_int_eq(thon_duration_parse("2h30", &s), -EINVAL);
        ck_assert_int_eq(s, INT64_MAX);
}
END_TEST

static int read_site(const char *text, struct thon_site_conf *ret)
{
        struct thon_conf_report report = {.tell = hear};

        if (text)
                ck_assert_int_eq(thon_file_write_atomic(in_dir("thon.conf"), text, strlen(text), 0600), 0);
        return thon_site_conf_read(dir, ret, &report);
}

START_TEST(a_site_without_a_file_works_and_says_where_its_sun_is)
{
        struct thon_site_conf site;

        ck_assert_int_eq(setenv("THON_STATE_DIR", "/tmp/state", 1), 0);
        ck_assert_int_eq(read_site(NULL, &site), 0);
        ck_assert_str_eq(site.id, "commune");
        ck_assert_str_eq(site.tz, "Asia/Ho_Chi_Minh");
        ck_assert_str_eq(site.broker_host, "localhost");
        ck_assert_int_eq(site.broker_port, 1883);
        ck_assert_str_eq(site.store_path, "/tmp/state/thon.db");
        ck_assert_ptr_null(site.broker_user);
        ck_assert(!site.ha_discovery);
        ck_assert_double_eq_tol(site.lat, 21.03, 0.01);
        ck_assert_str_eq(told, "W thon.conf: site.lat, site.lon: not set, the sun is taken as in Hà Nội\n");
        thon_site_conf_done(&site);
}
END_TEST

START_TEST(a_site_is_read_whole)
{
        struct thon_site_conf site;

        ck_assert_int_eq(
                read_site("[site]\nid = chi-phuc\nname = Xã Chí Phúc\nlat = 20.5\nlon = 106.25\ntz = UTC\n"
                          "[broker]\nhost = 10.0.0.2\nport = 8883\nuser = lightd\ncredential = broker\n"
                          "[store]\npath = /srv/thon.db\n"
                          "[homeassistant]\ndiscovery = yes\nprefix = ha/xa\n",
                          &site),
                0);
        ck_assert_str_eq(told, "");
        ck_assert_str_eq(site.name, "Xã Chí Phúc");
        ck_assert_double_eq(site.lat, 20.5);
        ck_assert_double_eq(site.lon, 106.25);
        ck_assert_str_eq(site.broker_host, "10.0.0.2");
        ck_assert_str_eq(site.broker_user, "lightd");
        ck_assert_str_eq(site.broker_credential, "broker");
        ck_assert_str_eq(site.store_path, "/srv/thon.db");
        ck_assert(site.ha_discovery);
        ck_assert_str_eq(site.ha_prefix, "ha/xa");
        thon_site_conf_done(&site);
}
END_TEST

START_TEST(a_site_that_cannot_be_is_refused_and_the_output_untouched)
{
        struct thon_site_conf site = {.broker_port = 7};

        ck_assert_int_eq(read_site("[site]\nlat = 91\nlon = 181\ntz = ../../etc/passwd\n"
                                   "[broker]\nhost = broker.example\n[homeassistant]\nprefix = a/#\n",
                                   &site),
                         -EINVAL);
        ck_assert_str_eq(told,
                         "E thon.conf:2: site.lat: must be a number from -90 to 90\n"
                         "E thon.conf:3: site.lon: must be a number from -180 to 180\n"
                         "E thon.conf:4: site.tz: is no zone of the tz database (package tzdata)\n"
                         "E thon.conf:6: broker.host: must be a numeric address or \"localhost\"\n"
                         "E thon.conf:8: homeassistant.prefix: must be part of a topic: without + # . and "
                         "spaces, without / at its ends\n");
        ck_assert_int_eq(site.broker_port, 7);
}
END_TEST

START_TEST(the_login_is_the_one_made_for_this_program)
{
        struct thon_site_conf site;
        char *secret = NULL;

        /* By hand: a file of the program's name. */
        ck_assert_int_eq(mkdir(in_dir("credentials"), 0700), 0);
        ck_assert_int_eq(thon_file_write_atomic(in_dir("credentials/test_conf"), "hand\n", 5, 0600), 0);
        ck_assert_int_eq(read_site("", &site), 0);
        ck_assert_str_eq(site.broker_user, "test_conf");
        ck_assert_int_eq(thon_secret_read(site.broker_credential, &secret), 0);
        ck_assert_str_eq(secret, "hand");
        thon_secret_free(secret);
        thon_site_conf_done(&site);

        /* As a service: the unit's credential. */
        ck_assert_int_eq(thon_file_write_atomic(in_dir("mqtt"), "unit\n", 5, 0600), 0);
        ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
        ck_assert_int_eq(read_site("", &site), 0);
        ck_assert_str_eq(site.broker_user, "test_conf");
        ck_assert_str_eq(site.broker_credential, "mqtt");
        thon_site_conf_done(&site);

        /* What is configured goes first. */
        ck_assert_int_eq(read_site("[broker]\nuser = somebody\n", &site), 0);
        ck_assert_str_eq(site.broker_user, "somebody");
        ck_assert_ptr_null(site.broker_credential);
        thon_site_conf_done(&site);
        ck_assert_int_eq(read_site("[broker]\ncredential = other\n", &site), 0);
        ck_assert_str_eq(site.broker_user, "test_conf");
        ck_assert_str_eq(site.broker_credential, "other");
        thon_site_conf_done(&site);
}
END_TEST

START_TEST(a_secret_comes_from_the_credentials_without_its_newline)
{
        char *secret = NULL;

        ck_assert_int_eq(
                thon_file_write_atomic(in_dir("f.conf"), "mật khẩu \r\n", strlen("mật khẩu \r\n"), 0600), 0);
        ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
        ck_assert_int_eq(thon_secret_read("f.conf", &secret), 0);
        ck_assert_str_eq(secret, "mật khẩu ");
        thon_secret_free(secret);
        secret = NULL;
        ck_assert_int_eq(thon_secret_read(in_dir("f.conf"), &secret), 0);
        ck_assert_str_eq(secret, "mật khẩu ");
        thon_secret_free(secret);
}
END_TEST

START_TEST(a_secret_that_is_none_is_an_error_of_its_own)
{
        char big[65537];
        char *secret = NULL;

        memset(big, 'x', sizeof(big));
        ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
        ck_assert_int_eq(thon_secret_read("f.conf", &secret), -ENOENT);
        ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
        ck_assert_int_eq(thon_secret_read("f.conf", &secret), -ENOENT);
        ck_assert_int_eq(thon_secret_read("", &secret), -EINVAL);
        ck_assert_int_eq(thon_secret_read("..", &secret), -EINVAL);
        ck_assert_int_eq(thon_secret_read("../passwd", &secret), -EINVAL);
        ck_assert_int_eq(thon_secret_read(dir, &secret), -EINVAL);
        ck_assert_int_eq(thon_file_write_atomic(in_dir("f.conf"), "\n", 1, 0600), 0);
        ck_assert_int_eq(thon_secret_read("f.conf", &secret), -ENODATA);
        ck_assert_int_eq(thon_file_write_atomic(in_dir("f.conf"), "a\0b", 3, 0600), 0);
        ck_assert_int_eq(thon_secret_read("f.conf", &secret), -EBADMSG);
        ck_assert_int_eq(thon_file_write_atomic(in_dir("f.conf"), big, sizeof(big), 0600), 0);
        ck_assert_int_eq(thon_secret_read("f.conf", &secret), -EFBIG);
        ck_assert_ptr_null(secret);
        thon_secret_free(NULL);
}
END_TEST

START_TEST(the_sample_file_of_the_package_names_every_key_with_its_default)
{
        struct thon_site_conf plain, sampled;
        _cleanup_free_ char *text = NULL;

        ck_assert_int_eq(thon_file_read("etc/thon.conf", 65536, &text, NULL), 0);
        ck_assert_int_eq(setenv("THON_STATE_DIR", "/var/lib/thon", 1), 0);
        ck_assert_int_eq(read_site(NULL, &plain), 0);
        /* "#key = value" is a default, "# Sentence." is not. */
        for (char *p = text; (p = strstr(p, "\n#")); p++)
                if (p[2] >= 'a' && p[2] <= 'z')
                        p[1] = ' ', memmove(p + 1, p + 2, strlen(p + 2) + 1);
        free(told);
        told = strdup("");
        ck_assert_int_eq(read_site(text, &sampled), 0);
        ck_assert_str_eq(told, "");
        ck_assert_str_eq(sampled.id, plain.id);
        ck_assert_str_eq(sampled.name, plain.name);
        ck_assert_double_eq(sampled.lat, plain.lat);
        ck_assert_double_eq(sampled.lon, plain.lon);
        ck_assert_str_eq(sampled.tz, plain.tz);
        ck_assert_str_eq(sampled.broker_host, plain.broker_host);
        ck_assert_int_eq(sampled.broker_port, plain.broker_port);
        ck_assert_ptr_null(sampled.broker_user);
        ck_assert_ptr_null(sampled.broker_credential);
        ck_assert_str_eq(sampled.store_path, plain.store_path);
        ck_assert_int_eq(sampled.ha_discovery, plain.ha_discovery);
        ck_assert_str_eq(sampled.ha_prefix, plain.ha_prefix);
        thon_site_conf_done(&plain);
        thon_site_conf_done(&sampled);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("conf");
        TCase *tc = tcase_create("conf");

        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_add_test(tc, a_missing_file_leaves_the_defaults);
        tcase_add_test(tc, every_type_is_read);
        tcase_add_test(tc, every_mistake_is_told_with_file_line_and_key);
        tcase_add_test(tc, numbers_that_are_no_plain_numbers_are_refused);
        tcase_add_test(tc, what_nobody_knows_is_a_warning);
        tcase_add_test(tc, a_key_given_twice_is_an_error_also_across_sections);
        tcase_add_test(tc, repeated_sections_are_elements_with_their_own_defaults);
        tcase_add_test(tc, an_empty_section_is_an_element_too);
        tcase_add_test(tc, names_of_elements_and_their_number_are_limited);
        tcase_add_test(tc, a_long_section_name_is_not_cut);
        tcase_add_test(tc, comments_continuations_and_empty_values);
        tcase_add_test(tc, a_continued_value_is_told_at_its_first_line);
        tcase_add_test(tc, lines_that_are_nothing_are_all_told);
        tcase_add_test(tc, bytes_that_are_no_text_are_refused);
        tcase_add_test(tc, a_line_that_inih_would_tear_is_refused);
        tcase_add_test(tc, a_file_of_rubbish_is_told_briefly);
        tcase_add_test(tc, a_file_over_256_kib_is_refused);
        tcase_add_test(tc, durations);
        tcase_add_test(tc, a_site_without_a_file_works_and_says_where_its_sun_is);
        tcase_add_test(tc, a_site_is_read_whole);
        tcase_add_test(tc, a_site_that_cannot_be_is_refused_and_the_output_untouched);
        tcase_add_test(tc, the_login_is_the_one_made_for_this_program);
        tcase_add_test(tc, a_secret_comes_from_the_credentials_without_its_newline);
        tcase_add_test(tc, a_secret_that_is_none_is_an_error_of_its_own);
        tcase_add_test(tc, the_sample_file_of_the_package_names_every_key_with_its_default);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}
