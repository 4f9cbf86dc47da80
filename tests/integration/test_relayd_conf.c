/* relayd.conf: what it makes of a file, and that nothing which would fail in the storm is let through before it. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "thon/file.h"
#include "thon/relayd_conf.h"

static char dir[] = "/tmp/thon-relayd-conf-XXXXXX", path[64], templates[64], told[4096];
static struct thon_relayd_conf conf;

static void set_up(void)
{
        ck_assert_ptr_nonnull(mkdtemp(dir));
        snprintf(path, sizeof(path), "%s/relayd.conf", dir);
        snprintf(templates, sizeof(templates), "%s/templates", dir);
        told[0] = '\0';
        conf = (struct thon_relayd_conf){0};
}

static void tear_down(void)
{
        char command[128];

        thon_relayd_conf_done(&conf);
        snprintf(command, sizeof(command), "%s/bao-lu.txt", templates);
        (void)unlink(command);
        snprintf(command, sizeof(command), "%s/Giấy mời.txt", templates);
        (void)unlink(command);
        (void)rmdir(templates);
        (void)unlink(path);
        (void)rmdir(dir);
        memcpy(strrchr(dir, '-'), "-XXXXXX", sizeof("-XXXXXX"));
}

static void hear(void *userdata, bool is_error, const char *text)
{
        size_t n = strlen(told);

        (void)userdata;
        snprintf(told + n, sizeof(told) - n, "%s%s\n", is_error ? "" : "warning: ", text);
}

static int read_text(const char *text)
{
        struct thon_conf_report report = {.tell = hear};

        thon_relayd_conf_done(&conf);
        told[0] = '\0';
        ck_assert_int_eq(thon_file_write_atomic(path, text, strlen(text), 0600), 0);
        return thon_relayd_conf_read(dir, &conf, &report);
}

static void write_template(const char *name, const char *text)
{
        char file[128];

        (void)mkdir(templates, 0700);
        snprintf(file, sizeof(file), "%s/%s", templates, name);
        ck_assert_int_eq(thon_file_write_atomic(file, text, strlen(text), 0600), 0);
}

/* Whether these words are the list's, in order. */
static void check_words(char *const *words, size_t n, const char *want)
{
        char got[500] = "";

        for (size_t i = 0; i < n; i++)
                snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "", words[i]);
        ck_assert_str_eq(got, want);
        ck_assert_ptr_null(words[n]);
}

START_TEST(without_a_file_everything_has_its_default)
{
        struct thon_conf_report report = {.tell = hear};

        ck_assert_int_eq(thon_relayd_conf_read(dir, &conf, &report), 0);
        ck_assert_str_eq(told, "");
        ck_assert_uint_eq(conf.n_channels, 0);
        ck_assert_uint_eq(conf.n_routes, 0);
        ck_assert_uint_eq(conf.n_inhibits, 0);
        check_words(conf.ladder[THON_CLASS_EMERGENCY], conf.n_ladder[THON_CLASS_EMERGENCY], "");
        ck_assert(conf.household_phone);
        ck_assert_int_eq(conf.patience_s, 60);
        ck_assert_int_eq(conf.merge_after_s, 600);
        ck_assert_int_eq(conf.keep_s, 1100LL * 86400);
        ck_assert_int_eq(conf.report_due_s, 5 * 86400);
        ck_assert_int_eq(conf.attachment_max, 10 << 20);
        ck_assert_str_eq(conf.templates, templates);
        ck_assert_ptr_null(conf.sender);
}
END_TEST

START_TEST(the_channel_of_the_design_is_read)
{
        const struct thon_channel_conf *oa;

        ck_assert_int_eq(
                read_text("[channel oa]\nkind = zalo-oa # the OA\napi_url = http://127.0.0.1:8080/zalo\n"
                          "credential = oa\nrate = 10/s\ndaily_quota = 5000\nreserve = 500\n"
                          "hours = 06:00-22:00\n"),
                0);
        ck_assert_str_eq(told, "");
        ck_assert_uint_eq(conf.n_channels, 1);
        oa = &conf.channels[0];
        ck_assert_str_eq(oa->name, "oa");
        ck_assert_int_eq(oa->kind, THON_KIND_ZALO_OA);
        ck_assert(oa->enabled);
        ck_assert_str_eq(oa->api_url, "http://127.0.0.1:8080/zalo");
        ck_assert_str_eq(oa->oauth_url, "https://oauth.zaloapp.com/v4/oa/access_token");
        ck_assert_ptr_null(oa->template_url);
        ck_assert_str_eq(oa->credential, "oa");
        ck_assert_uint_eq(oa->rate.count, 10);
        ck_assert_uint_eq(oa->rate.per_us, 1000000);
        ck_assert_int_eq(oa->daily_quota, 5000);
        ck_assert_int_eq(oa->reserve, 500);
        ck_assert_int_eq(oa->hours.from_min, 6 * 60);
        ck_assert_int_eq(oa->hours.to_min, 22 * 60);
        ck_assert_int_eq(oa->parallel, 4);
        ck_assert_int_eq(oa->max_parts, 5);
        ck_assert_int_eq(oa->unknown, THON_UNKNOWN_RECEIPT);
        ck_assert_int_eq(oa->unknown_emergency, THON_UNKNOWN_REPEAT);
        ck_assert(!oa->receive);
        ck_assert(!oa->by_phone);
}
END_TEST

static const struct {
        const char *kind, *api_url;
        uint32_t count;
        uint64_t per_us;
        int from_min;
        enum thon_unknown_policy unknown;
        int parallel, max_parts;
        bool receive, by_phone;
} defaults[THON_CHANNEL_KINDS] = {
        {"zalo-oa", "https://openapi.zalo.me", 10, 1000000, 0, THON_UNKNOWN_RECEIPT, 4, 5, false, false},
        {"zalo-template", "https://openapi.zalo.me", 10, 1000000, 360, THON_UNKNOWN_RECEIPT, 4, 5, false,
         true},
        {"zalo-group", "https://openapi.zalo.me", 10, 1000000, 0, THON_UNKNOWN_RECEIPT, 4, 5, false, false},
        {"zalo-bot", "https://bot-api.zaloplatforms.com", 5, 1000000, 0, THON_UNKNOWN_ASK, 4, 5, true,
         false},
        {"telegram", "https://api.telegram.org", 25, 1000000, 0, THON_UNKNOWN_ASK, 4, 5, true, false},
        {"ntfy", "https://x.vn", 10, 1000000, 0, THON_UNKNOWN_ASK, 4, 5, false, false},
        {"facebook-page", "https://graph.facebook.com/v21.0", 1, 1000000, 0, THON_UNKNOWN_ASK, 4, 5, false,
         false},
        {"sms", NULL, 10, 60000000, 0, THON_UNKNOWN_ASK, 1, 3, false, true},
        {"webhook", "https://x.vn", 50, 1000000, 0, THON_UNKNOWN_ASK, 4, 5, false, false},
};

START_TEST(each_kind_has_its_defaults)
{
        const struct thon_channel_conf *channel;
        bool own = _i == THON_KIND_NTFY || _i == THON_KIND_WEBHOOK;
        char text[200];

        snprintf(text, sizeof(text), "[channel x]\nkind = %s\ncredential = k\n%s", defaults[_i].kind,
                 own ? "api_url = https://x.vn\n" : "");
        ck_assert_int_eq(read_text(text), 0);
        ck_assert_str_eq(told, "");
        channel = &conf.channels[0];
        ck_assert_int_eq(channel->kind, _i);
        ck_assert_str_eq(thon_channel_kind_text(channel->kind), defaults[_i].kind);
        ck_assert_pstr_eq(channel->api_url, defaults[_i].api_url);
        ck_assert_uint_eq(channel->rate.count, defaults[_i].count);
        ck_assert_uint_eq(channel->rate.per_us, defaults[_i].per_us);
        ck_assert_int_eq(channel->daily_quota, -1);
        ck_assert_int_eq(channel->hours.from_min, defaults[_i].from_min);
        ck_assert_int_eq(channel->unknown, defaults[_i].unknown);
        ck_assert_int_eq(channel->parallel, defaults[_i].parallel);
        ck_assert_int_eq(channel->max_parts, defaults[_i].max_parts);
        ck_assert_int_eq(channel->receive, defaults[_i].receive);
        ck_assert_int_eq(channel->by_phone, defaults[_i].by_phone);
        ck_assert_pstr_eq(channel->text_parameter, _i == THON_KIND_ZALO_TEMPLATE ? "noi_dung" : NULL);
        ck_assert_pstr_eq(channel->modem, _i == THON_KIND_SMS ? "any" : NULL);
}
END_TEST

START_TEST(a_template_by_user_id_takes_the_ids_of_its_oa)
{
        ck_assert_int_eq(
                read_text(
                        "[channel mau]\nkind = zalo-template\nby = uid\ncredential = oa\n"
                        "[channel oa2]\nkind = zalo-oa\ncredential = oa2\n"
                        "[channel oa]\nkind = zalo-oa\ncredential = oa\n"
                        "[channel mau2]\nkind = zalo-template\nby = uid\ncredential = oa\naddresses = oa2\n"
                        "[channel zns]\nkind = zalo-template\ncredential = oa\n"),
                0);
        ck_assert_str_eq(conf.channels[0].addresses, "oa");
        ck_assert(!conf.channels[0].by_phone);
        ck_assert_str_eq(conf.channels[3].addresses, "oa2");
        ck_assert_str_eq(conf.channels[4].addresses, "");
        ck_assert(conf.channels[4].by_phone);
}
END_TEST

#define CHANNELS                                                                                         \
        "[channel oa]\nkind = zalo-oa\ncredential = oa\n[channel sms]\nkind = sms\n"                     \
        "[channel trang]\nkind = facebook-page\ncredential = fb\npage = 123456\n[channel nhom]\nkind = " \
        "zalo-group\ncredential = oa\n"

START_TEST(ladders_are_of_channels_and_end_on_foot)
{
        ck_assert_int_eq(read_text(CHANNELS
                                   "[relay]\nladder = nhom, oa sms visit\nladder_emergency = sms oa\n"
                                   "household_phone = no\npatience = 30\nattachment_max = 500KiB\n"
                                   "sender = UBND xã Sao Mai\n"),
                         0);
        check_words(conf.ladder[THON_CLASS_NORMAL], conf.n_ladder[THON_CLASS_NORMAL], "nhom oa sms visit");
        check_words(conf.ladder[THON_CLASS_PRIORITY], conf.n_ladder[THON_CLASS_PRIORITY],
                    "nhom oa sms visit");
        check_words(conf.ladder[THON_CLASS_EMERGENCY], conf.n_ladder[THON_CLASS_EMERGENCY], "sms oa");
        ck_assert(!conf.household_phone);
        ck_assert_int_eq(conf.patience_s, 30);
        ck_assert_int_eq(conf.attachment_max, 500 * 1024);
        ck_assert_str_eq(conf.sender, "UBND xã Sao Mai");
}
END_TEST

START_TEST(a_route_says_who_is_told_and_who_next)
{
        const struct thon_route_conf *route;

        ck_assert_int_eq(
                read_text(
                        CHANNELS
                        "[route lamps]\nmatch = light-* camera-lost\nto = role:technician, channel:trang\n"
                        "    channel:nhom/2812 household:CP-001.a person:an-1 group:dang-vien area:thon-4 all\n"
                        "class = priority\nseverity = warning\ngroup_wait = 5s\ngroup_interval = 10min\n"
                        "repeat = 1h\nexpires = 2d\nquiet = 21:30-05:30\ncleared = no\n"
                        "escalate = role:officer channel:sms/+84912345678 after 10min, role:chair after 30 min\n"
                        "[route bao]\nmatch = cap-*\nto = all\nclass = emergency\n"
                        "[route hop]\nmatch = hop\nto = all\nclass = emergency\npurpose = notices\nack = yes\n"),
                0);
        ck_assert_ptr_nonnull(strstr(told, "[route lamps]: quiet: means nothing here"));
        ck_assert_uint_eq(conf.n_routes, 3);
        route = &conf.routes[0];
        check_words(route->match, route->n_match, "light-* camera-lost");
        check_words(route->to, route->n_to,
                    "role:technician channel:trang channel:nhom/2812 household:CP-001.a person:an-1 "
                    "group:dang-vien area:thon-4 all");
        ck_assert_int_eq(route->class, THON_CLASS_PRIORITY);
        ck_assert_int_eq(route->purpose, THON_PURPOSE_NOTICES);
        ck_assert_int_eq(route->severity, THON_SEVERITY_WARNING);
        ck_assert_int_eq(route->group_wait_s, 5);
        ck_assert_int_eq(route->group_interval_s, 600);
        ck_assert_int_eq(route->repeat_s, 3600);
        ck_assert_int_eq(route->expires_s, 2 * 86400);
        ck_assert_int_eq(route->quiet.from_min, 21 * 60 + 30);
        ck_assert_int_eq(route->quiet.to_min, 5 * 60 + 30);
        ck_assert(!route->cleared);
        ck_assert(route->ack);
        ck_assert_uint_eq(route->n_escalate, 2);
        check_words(route->escalate[0].to, route->escalate[0].n_to, "role:officer channel:sms/+84912345678");
        ck_assert_int_eq(route->escalate[0].after_s, 600);
        check_words(route->escalate[1].to, route->escalate[1].n_to, "role:chair");
        ck_assert_int_eq(route->escalate[1].after_s, 1800);

        route = &conf.routes[1];
        ck_assert_int_eq(route->purpose, THON_PURPOSE_EMERGENCY);
        ck_assert(!route->ack);
        ck_assert(route->cleared);
        ck_assert_int_eq(route->severity, THON_SEVERITY_INFO);
        ck_assert_int_eq(route->group_wait_s, 1);
        ck_assert_int_eq(route->group_interval_s, 300);
        ck_assert_int_eq(route->repeat_s, 0);
        ck_assert_int_eq(route->expires_s, 86400);
        ck_assert_int_eq(route->quiet.from_min, route->quiet.to_min);
        ck_assert_int_eq(conf.routes[2].purpose, THON_PURPOSE_NOTICES);
        ck_assert(conf.routes[2].ack);
}
END_TEST

START_TEST(an_inhibition_names_what_stands_for_what)
{
        ck_assert_int_eq(read_text("[inhibit tu-dien]\nsource = light-no-power\ntarget = light-* camera-*\n"
                                   "same = area\n[inhibit mang]\nsource = net-down\ntarget = camera-*\n"),
                         0);
        ck_assert_uint_eq(conf.n_inhibits, 2);
        check_words(conf.inhibits[0].source, conf.inhibits[0].n_source, "light-no-power");
        check_words(conf.inhibits[0].target, conf.inhibits[0].n_target, "light-* camera-*");
        ck_assert_str_eq(conf.inhibits[0].same, "area");
        ck_assert_ptr_null(conf.inhibits[1].same);
}
END_TEST

/* Each is refused, by the words that follow it. */
static const struct {
        const char *text, *error;
} mistakes[] = {
        {"[channel x]\nrate = 5/s\n", "[channel x]: kind: missing"},
        {"[channel x]\nkind = zalo\n", "relayd.conf:2: channel x.kind: must be zalo-oa"},
        {"[channel x]\nkind = zalo-oa\n", "[channel x]: credential: missing, kind zalo-oa needs one"},
        {"[channel x]\nkind = zalo-oa\ncredential = /etc/oa\n",
         "channel x.credential: must be a credential's name"},
        {"[channel x]\nkind = ntfy\n", "[channel x]: api_url: missing"},
        {"[channel x]\nkind = ntfy\napi_url = ftp://x.vn\n", "channel x.api_url: must begin with http"},
        {"[channel x]\nkind = ntfy\napi_url = https://an:mat@x.vn\n", "channel x.api_url: must"},
        {"[channel x]\nkind = ntfy\napi_url = https://x.vn/?a=b\n", "[channel x]: api_url: must be a base"},
        {"[channel x]\nkind = sms\nrate = fast\n", "channel x.rate: must be"},
        {"[channel x]\nkind = sms\nhours = 6-22\n", "channel x.hours: must be hours"},
        {"[channel x]\nkind = sms\ndaily_quota = -5\n", "channel x.daily_quota: must be a whole number"},
        {"[channel x]\nkind = sms\ndaily_quota = 99999999999999999999\n", "channel x.daily_quota: must be"},
        {"[channel x]\nkind = sms\nreserve = 5\n", "[channel x]: reserve: of no daily_quota"},
        {"[channel x]\nkind = sms\ndaily_quota = 5\nreserve = 6\n",
         "[channel x]: reserve: must not be more"},
        {"[channel x]\nkind = sms\nreserve = none\n", "[channel x]: reserve: must be a whole number"},
        {"[channel x]\nkind = sms\nunknown = never\n", "channel x.unknown: must be ask"},
        {"[channel x]\nkind = sms\nmax_parts = 21\n", "channel x.max_parts: must be"},
        {"[channel x]\nkind = sms\nmodem = ttyUSB0\n", "channel x.modem: must be any"},
        {"[channel x]\nkind = sms\nchat = số 1\n", "channel x.chat: must be printable"},
        {"[channel x]\nkind = zalo-template\ncredential = k\nby = email\n",
         "channel x.by: must be phone or uid"},
        {"[channel x]\nkind = sms\naddresses = x\n", "[channel x]: addresses: no other channel"},
        {"[channel x]\nkind = sms\naddresses = y\n", "[channel x]: addresses: no other channel"},
        {"[channel visit]\nkind = sms\n", "[channel visit]: \"visit\" is"},
        {"[channel a23456789012345678901234567890123]\nkind = sms\n", "at most 31 characters"},
        {"[channel a]\nkind = telegram\ncredential = t\n[channel b]\nkind = telegram\ncredential = t\n",
         "[channel b]: receive: [channel a] receives"},
        {"[channel a]\nkind = zalo-oa\ncredential = t\n[channel b]\nkind = zalo-group\ncredential = t\n"
         "oauth_url = https://x.vn/t\n",
         "[channel b]: oauth_url: another"},
        {"[relay]\nladder = oa\n", "relay.ladder: \"oa\" must be the name of a channel"},
        {CHANNELS "[relay]\nladder_emergency = visit oa\n",
         "relay.ladder_emergency: \"visit\" must be the last"},
        {CHANNELS "[relay]\nladder = oa sms oa\n", "relay.ladder: \"oa\" is there twice"},
        {"[relay]\nattachment_max = 1GiB\n", "relay.attachment_max: must be a size"},
        {"[relay]\ntemplates = templates\n", "relay.templates: must be an absolute path"},
        {"[relay]\ntemplates = /nonexistent/templates\n",
         "relay.templates: /nonexistent/templates: No such"},
        {"[route x]\nto = all\n", "[route x]: match: missing"},
        {"[route x]\nmatch = a\n", "[route x]: to: missing"},
        {"[route x]\nmatch = A#\nto = all\n", "[route x]: match: \"A#\" must be a kind"},
        {"[route x]\nmatch = a\nto = everyone\n", "[route x]: to: \"everyone\" must be household:ID"},
        {"[route x]\nmatch = a\nto = household:\n", "[route x]: to: \"household:\" must have"},
        {"[route x]\nmatch = a\nto = person:An\n", "[route x]: to: \"person:An\" must have"},
        {"[route x]\nmatch = a\nto = channel:oa\n", "names no channel"},
        {CHANNELS "[route x]\nmatch = a\nto = channel:nhom\n", "names a channel without a chat"},
        {CHANNELS "[route x]\nmatch = a\nto = channel:nhom/\n", "must have an address"},
        {"[route x]\nmatch = a\nto = all\nclass = urgent\n", "route x.class: must be normal"},
        {"[route x]\nmatch = a\nto = all\nquiet = night\n", "route x.quiet: must be hours such as"},
        {"[route x]\nmatch = a\nto = all\nescalate = role:officer\n",
         "escalate: \"role:officer\" must be \"TO"},
        {"[route x]\nmatch = a\nto = all\nescalate = role:officer after soon\n",
         "escalate: \"soon\" must be a"},
        {"[route x]\nmatch = a\nto = all\nescalate = role: after 5min\n",
         "escalate: \"role:\" must have a role"},
        {"[route x]\nmatch = a\nto = all\nescalate = all after 9min, all after 5min\n", "must come later"},
        {"[route x]\nmatch = a\nto = all\nescalate = all after 9min\nack = no\n",
         "[route x]: ack: must be yes"},
        {"[inhibit x]\nsource = a\n", "[inhibit x]: target: missing"},
        {"[inhibit x]\nsource = a\ntarget = b\nsame = Khu vực\n", "inhibit x.same: must be area"},
};

START_TEST(a_mistake_is_refused_by_its_place)
{
        ck_assert_int_eq(read_text(mistakes[_i].text), -EINVAL);
        ck_assert_msg(strstr(told, mistakes[_i].error) != NULL, "%s", told);
        ck_assert_ptr_null(conf.templates); /* untouched */
}
END_TEST

START_TEST(all_mistakes_are_told_in_one_round)
{
        ck_assert_int_eq(
                read_text("[channel x]\nkind = zalo\n[channel y]\nrate = much\n[route z]\nmatch = a\n"),
                -EINVAL);
        ck_assert_ptr_nonnull(strstr(told, "channel x.kind"));
        ck_assert_ptr_null(strstr(told, "[channel x]: kind: missing"));
        ck_assert_ptr_nonnull(strstr(told, "channel y.rate"));
        ck_assert_ptr_nonnull(strstr(told, "[channel y]: kind: missing"));
        ck_assert_ptr_nonnull(strstr(told, "[route z]: to: missing"));
}
END_TEST

START_TEST(a_channel_that_rests_may_be_incomplete)
{
        ck_assert_int_eq(read_text("[channel x]\nkind = zalo-oa\nenabled = no\n[relay]\nladder = x\n"), 0);
        ck_assert(!conf.channels[0].enabled);
        ck_assert_str_eq(told, "warning: relayd.conf: relay.ladder: [channel x] is not enabled\n");
}
END_TEST

START_TEST(a_key_of_another_kind_is_warned_of)
{
        ck_assert_int_eq(read_text("[channel x]\nkind = sms\ntopic = t\napi_url = https://x.vn\n"), 0);
        ck_assert_ptr_nonnull(
                strstr(told, "warning: relayd.conf: [channel x]: topic: means nothing to kind sms"));
        ck_assert_ptr_nonnull(
                strstr(told, "warning: relayd.conf: [channel x]: api_url: means nothing to kind sms"));
}
END_TEST

START_TEST(a_template_that_cannot_be_filled_is_refused_when_loaded)
{
        write_template("bao-lu.txt", "title = Bão\n\nBão số {so} {\n");
        ck_assert_int_eq(read_text(""), -EINVAL);
        ck_assert_ptr_nonnull(strstr(told, "templates/bao-lu.txt: line 3: "));
}
END_TEST

START_TEST(templates_are_found_by_their_ids)
{
        struct thon_template template = {0};
        char error[200];

        write_template("bao-lu.txt", "title = Bão\n\nBão số {so}.\n");
        write_template("Giấy mời.txt", "}");
        ck_assert_int_eq(read_text(""), 0);
        ck_assert_ptr_nonnull(strstr(told, "warning: relayd.conf: templates/Giấy mời.txt: no template"));
        ck_assert_int_eq(thon_relayd_template(&conf, "bao-lu", &template, error), 0);
        ck_assert_str_eq(template.title, "Bão");
        thon_template_done(&template);
        ck_assert_int_eq(thon_relayd_template(&conf, "khong-co", &template, error), -ENOENT);
        ck_assert_int_eq(thon_relayd_template(&conf, "../relayd", &template, error), -ENOENT);
        write_template("bao-lu.txt", "}");
        ck_assert_int_eq(thon_relayd_template(&conf, "bao-lu", &template, error), -EINVAL);
        ck_assert_ptr_nonnull(strstr(error, "line 1"));
}
END_TEST

/* The file of the package with everything in it uncommented: "#key" and "#[section]", not "# words". */
START_TEST(the_packaged_examples_are_valid)
{
        static const char *const ids[] = {"bao-lu",        "cat-dien",      "giay-moi-hop",
                                          "ket-qua-ho-so", "lich-gieo-cay", "tiem-chung"};
        char text[16384], *out = text, *content, *line, *next, cwd[4000];

        ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
        ck_assert_int_eq(thon_file_read("etc/relayd.conf", sizeof(text) / 2, &content, NULL), 0);
        next = content;
        while ((line = strsep(&next, "\n"))) {
                bool option = line[0] == '#' && (line[1] == '[' || (line[1] >= 'a' && line[1] <= 'z'));

                if (strncmp(line, "#templates = ", strlen("#templates = ")) == 0)
                        out += sprintf(out, "templates = %s/etc/templates\n", cwd);
                else
                        out += sprintf(out, "%s\n", option ? line + 1 : line);
        }
        free(content);
        ck_assert_int_eq(read_text(text), 0);
        ck_assert_str_eq(told, "");
        ck_assert_uint_eq(conf.n_channels, 9);
        ck_assert_uint_eq(conf.n_routes, 3);
        ck_assert_uint_eq(conf.n_inhibits, 1);
        for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
                struct thon_template template = {0};
                char error[200];

                ck_assert_int_eq(thon_relayd_template(&conf, ids[i], &template, error), 0);
                ck_assert_ptr_nonnull(template.title);
                ck_assert_uint_ge(template.n_names, 4);
                thon_template_done(&template);
        }
}
END_TEST

START_TEST(the_packaged_file_as_it_is_is_valid)
{
        char *content;

        ck_assert_int_eq(thon_file_read("etc/relayd.conf", 65536, &content, NULL), 0);
        ck_assert_int_eq(read_text(content), 0);
        free(content);
        ck_assert_str_eq(told, "");
        ck_assert_uint_eq(conf.n_channels, 0);
}
END_TEST

START_TEST(there_is_an_end_to_channels)
{
        char text[4000] = "";

        for (int i = 0; i < 33; i++)
                snprintf(text + strlen(text), sizeof(text) - strlen(text), "[channel c%d]\nkind = sms\n", i);
        ck_assert_int_eq(read_text(text), -EINVAL);
        ck_assert_ptr_nonnull(strstr(told, "[channel c32]: there may be no more"));
}
END_TEST

START_TEST(words_are_parted_by_blanks_and_commas)
{
        char **words;
        size_t n;

        ck_assert_int_eq(thon_words_split(" a, b,,c\td ,", &words, &n), 0);
        ck_assert_uint_eq(n, 4);
        check_words(words, n, "a b c d");
        thon_words_free(words);
        ck_assert_int_eq(thon_words_split("", &words, &n), 0);
        check_words(words, n, "");
        thon_words_free(words);
}
END_TEST

#define N(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
        Suite *suite = suite_create("relayd_conf");
        TCase *tc = tcase_create("relayd_conf");

        tcase_add_checked_fixture(tc, set_up, tear_down);
        tcase_add_test(tc, without_a_file_everything_has_its_default);
        tcase_add_test(tc, the_channel_of_the_design_is_read);
        tcase_add_loop_test(tc, each_kind_has_its_defaults, 0, N(defaults));
        tcase_add_test(tc, a_template_by_user_id_takes_the_ids_of_its_oa);
        tcase_add_test(tc, ladders_are_of_channels_and_end_on_foot);
        tcase_add_test(tc, a_route_says_who_is_told_and_who_next);
        tcase_add_test(tc, an_inhibition_names_what_stands_for_what);
        tcase_add_loop_test(tc, a_mistake_is_refused_by_its_place, 0, N(mistakes));
        tcase_add_test(tc, all_mistakes_are_told_in_one_round);
        tcase_add_test(tc, a_channel_that_rests_may_be_incomplete);
        tcase_add_test(tc, a_key_of_another_kind_is_warned_of);
        tcase_add_test(tc, a_template_that_cannot_be_filled_is_refused_when_loaded);
        tcase_add_test(tc, templates_are_found_by_their_ids);
        tcase_add_test(tc, the_packaged_examples_are_valid);
        tcase_add_test(tc, the_packaged_file_as_it_is_is_valid);
        tcase_add_test(tc, there_is_an_end_to_channels);
        tcase_add_test(tc, words_are_parted_by_blanks_and_commas);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}
