/* thonctl announce submit, say: words for the loudspeakers. The answer brings them back as they will be spoken,
 * since what a voice makes of "30/12" is seen before it is heard. */
#include "announce.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"

#define FORM_MAX 65536
#define LOOK_MS  500

struct submit_options {
        const char *class, *text, *file, *media, *source, *source_for, *title, *at, *repeat, *every, *days,
                *except, *from, *until, *expires, *latest, *resume, *reason, *pin, *form, *id;
        bool no_chime, exercise, lamps, notify;
        struct ctl_list zones, times;
};

/* A time, or how long from now ("2h"); nothing without a value. */
static int put_time(struct ctl *ctl, json_t *doc, const char *option, const char *value)
{
        char text[THON_TIME_TEXT];
        struct thon_wall at = ctl->now;
        int64_t seconds;

        if (!value)
                return CTL_OK;
        if (thon_duration_parse(value, &seconds) == 0 && seconds > 0 && seconds < INT32_MAX)
                at.s += seconds;
        else if (!thon_time_parse(ctl->zone, value, &at))
                return ctl_usage(ctl,
                                 "--%s takes a time such as \"2026-11-21 06:00\", or how long from now: 2h",
                                 option);
        (void)json_object_set_new(doc, option, json_string(thon_time_text(ctl->zone, at, text)));
        return CTL_OK;
}

/* ---- the form ---- */

static int put(struct ctl *ctl, json_t *doc, const char *member, const char *value)
{
        if (value && json_object_set_new(doc, member, json_string(value)) < 0)
                return ctl_usage(ctl, "--%s takes UTF-8 text", member);
        return CTL_OK;
}

static int put_seconds(struct ctl *ctl, json_t *doc, const char *member, const char *option,
                       const char *value)
{
        int64_t seconds;

        if (!value)
                return CTL_OK;
        if (thon_duration_parse(value, &seconds) < 0)
                return ctl_usage(ctl, "--%s takes a duration such as 10min", option);
        (void)json_object_set_new(doc, member, json_integer(seconds));
        return CTL_OK;
}

/* DAYS as JSON. */
static int put_days(struct ctl *ctl, json_t *doc, const char *member, const char *value)
{
        struct thon_json_error error;
        json_t *days = NULL;

        if (!value)
                return CTL_OK;
        if (thon_json_parse(value, strlen(value), FORM_MAX, &days, &error) < 0)
                return ctl_usage(ctl, "--%s takes DAYS as JSON, such as '{\"lunar\":[\"1\",\"15\"]}': %s",
                                 member, error.text);
        (void)json_object_set_new(doc, member, days);
        return CTL_OK;
}

static int put_calendar(struct ctl *ctl, json_t *doc, const struct submit_options *o)
{
        json_t *repeat = json_object(), *times = json_array();
        int r;

        (void)json_object_set_new(doc, "repeat", repeat);
        for (size_t i = 0; i < o->times.n; i++) {
                const char *rest = o->times.items[i];

                /* "05:30,17:00", or one each */
                while (*rest) {
                        size_t n = strcspn(rest, ", ");

                        if (n > 0)
                                (void)json_array_append_new(times, json_stringn(rest, n));
                        rest += n + strspn(rest + n, ", ");
                }
        }
        (void)json_object_set_new(repeat, "at", times);
        r = json_array_size(times) == 0
                    ? ctl_usage(ctl, "a calendar needs --times, such as --times 05:30,17:00")
                    : put_days(ctl, repeat, "days", o->days);
        if (r == CTL_OK)
                r = put_days(ctl, repeat, "except", o->except);
        if (r == CTL_OK)
                r = put(ctl, repeat, "from", o->from);
        return r == CTL_OK ? put(ctl, repeat, "until", o->until) : r;
}

static int put_repeat(struct ctl *ctl, json_t *doc, const struct submit_options *o)
{
        json_t *repeat;
        long count = 0;

        if (o->repeat && !ctl_int(o->repeat, 1, 100, &count))
                return ctl_usage(ctl, "--repeat takes 1 to 100");
        if (o->days || o->except || o->from || o->until || o->times.n > 0) {
                if (o->repeat || o->every || o->at)
                        return ctl_usage(ctl,
                                         "a calendar (--days, --times) has no --at, --repeat or --every");
                return put_calendar(ctl, doc, o);
        }
        if (o->every && !o->repeat)
                return ctl_usage(ctl, "--every goes with --repeat");
        if (!o->repeat)
                return CTL_OK;
        if (!o->every)
                return json_object_set_new(doc, "repeat", json_integer(count)) < 0
                               ? ctl_fail(ctl, "memory", "out of memory")
                               : CTL_OK;
        repeat = json_pack("{s:I}", "count", (json_int_t)count);
        (void)json_object_set_new(doc, "repeat", repeat);
        return put_seconds(ctl, repeat, "every", "every", o->every);
}

static int put_text(struct ctl *ctl, json_t *doc, const char *file)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        int r = ctl_read(ctl, file, THON_ANNOUNCE_TEXT_MAX, &text, &size);

        if (r == CTL_OK && json_object_set_new(doc, "text", json_stringn(text, size)) < 0)
                return ctl_fail(ctl, "not-utf8", "%s is not UTF-8: save it as UTF-8", file);
        return r;
}

static int put_content(struct ctl *ctl, json_t *doc, const struct submit_options *o)
{
        _cleanup_free_ char *media = NULL;
        int r;

        if ((o->text != NULL) + (o->file != NULL) + (o->media != NULL) + (o->source != NULL) != 1)
                return ctl_usage(ctl, "announce submit takes one of --text, --file, --media and --source");
        if (o->file)
                return put_text(ctl, doc, o->file);
        if (o->media) {
                r = ctl_announce_media(ctl, o->media, &media);
                return r == CTL_OK ? put(ctl, doc, "media", media) : r;
        }
        r = put(ctl, doc, "text", o->text);
        if (r == CTL_OK)
                r = put(ctl, doc, "source", o->source);
        return r == CTL_OK ? put_seconds(ctl, doc, "for", "for", o->source_for) : r;
}

static int make_form(struct ctl *ctl, const struct submit_options *o, json_t *doc)
{
        json_t *zones = json_array();
        int r;

        (void)json_object_set_new(doc, "zones", zones);
        for (size_t i = 0; i < o->zones.n; i++)
                (void)json_array_append_new(zones, json_string(o->zones.items[i]));
        if (json_array_size(zones) == 0)
                return ctl_usage(ctl, "announce submit needs --zone: a zone, a group, an area, or all");
        if (o->no_chime)
                (void)json_object_set_new(doc, "chime", json_false());
        if (o->exercise)
                (void)json_object_set_new(doc, "exercise", json_true());
        if (o->lamps)
                (void)json_object_set_new(doc, "lamps", json_true());
        if (o->notify)
                (void)json_object_set_new(doc, "notify", json_true());
        r = put(ctl, doc, "id", o->id);
        if (r == CTL_OK)
                r = put(ctl, doc, "class", o->class);
        if (r == CTL_OK)
                r = put(ctl, doc, "title", o->title);
        if (r == CTL_OK)
                r = put(ctl, doc, "resume", o->resume);
        if (r == CTL_OK)
                r = put(ctl, doc, "reason", o->reason);
        if (r == CTL_OK)
                r = put_time(ctl, doc, "at", o->at);
        if (r == CTL_OK)
                r = put_time(ctl, doc, "expires", o->expires);
        if (r == CTL_OK)
                r = put_seconds(ctl, doc, "latest", "latest", o->latest);
        if (r == CTL_OK)
                r = put_repeat(ctl, doc, o);
        /* Last: a recording is copied only when all else is as it should be. */
        return r == CTL_OK ? put_content(ctl, doc, o) : r;
}

static int read_form(struct ctl *ctl, const char *file, json_t **ret)
{
        _cleanup_free_ char *text = NULL;
        struct thon_json_error error;
        size_t size = 0;
        int r = ctl_read(ctl, file, FORM_MAX, &text, &size);

        if (r != CTL_OK)
                return r;
        if (thon_json_parse(text, size, FORM_MAX, ret, &error) < 0)
                return ctl_fail(ctl, "invalid", "%s: %s", file, error.text);
        return json_is_object(*ret) ? CTL_OK : ctl_fail(ctl, "invalid", "%s: must be one object", file);
}

/* ---- sending it ---- */

static const char *text_of(const json_t *doc, const char *member)
{
        const char *text = json_string_value(json_object_get(doc, member));

        return text ? text : "";
}

static int send_form(struct ctl *ctl, json_t *form, const char *pin, json_t **ret)
{
        bool emergency = strcmp(text_of(form, "class"), "emergency") == 0;
        int r = CTL_OK;

        if (!json_object_get(form, "by"))
                (void)json_object_set_new(form, "by", json_string(ctl->by));
        r = ctl_announce_put_pin(ctl, form, pin, emergency && !json_object_get(form, "pin"));
        return r == CTL_OK ? ctl_call(ctl, "announce/submit", json_incref(form), CTL_ANNOUNCED, ret) : r;
}

static int submit(struct ctl *ctl, int argc, char **argv)
{
        struct submit_options o = {0};
        const struct ctl_option options[] = {
                {"class", &o.class, NULL},
                {"text", &o.text, NULL},
                {"file", &o.file, NULL},
                {"media", &o.media, NULL},
                {"source", &o.source, NULL},
                {"for", &o.source_for, NULL},
                {"title", &o.title, NULL},
                {"at", &o.at, NULL},
                {"repeat", &o.repeat, NULL},
                {"every", &o.every, NULL},
                {"days", &o.days, NULL},
                {"except", &o.except, NULL},
                {"from", &o.from, NULL},
                {"until", &o.until, NULL},
                {"expires", &o.expires, NULL},
                {"latest", &o.latest, NULL},
                {"resume", &o.resume, NULL},
                {"reason", &o.reason, NULL},
                {"pin-file", &o.pin, NULL},
                {"json-file", &o.form, NULL},
                {"id", &o.id, NULL},
                {"no-chime", NULL, &o.no_chime},
                {"exercise", NULL, &o.exercise},
                {"lamps", NULL, &o.lamps},
                {"notify", NULL, &o.notify},
        };
        _cleanup_json_ json_t *form = NULL, *reply = NULL;
        bool waits, more;
        int r = ctl_option_list(ctl, &argc, argv, "zone", &o.zones);

        if (r == CTL_OK)
                r = ctl_option_list(ctl, &argc, argv, "times", &o.times);
        if (r == CTL_OK)
                r = ctl_options(ctl, argc, argv, options, sizeof(options) / sizeof(options[0]), &argc);
        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "announce submit takes options only, not \"%s\"", argv[0]);
        more = o.zones.n + o.times.n > 0;
        for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
                more = more || (options[i].flag ? *options[i].flag
                                                : options[i].value != &o.form &&
                                                          options[i].value != &o.pin && *options[i].value);
        if (o.form && more)
                return ctl_usage(ctl, "--json-file is the whole of it: only --pin-file goes with it");
        r = ctl_zone(ctl);
        if (r == CTL_OK && o.form) {
                r = read_form(ctl, o.form, &form);
        } else if (r == CTL_OK) {
                form = json_object();
                r = make_form(ctl, &o, form);
        }
        if (r == CTL_OK)
                r = send_form(ctl, form, o.pin, &reply);
        if (r != CTL_OK)
                return r;
        ctl_announce_say_answer(ctl, reply);
        waits = strcmp(text_of(reply, "state"), "submitted") == 0;
        return ctl_done(ctl, json_incref(reply), "%s %s%s%s", text_of(reply, "id"),
                        waits ? "waits for approval by another person" : "is accepted",
                        *text_of(reply, "first") ? "; first due " : "", text_of(reply, "first"));
}

/* ---- say ---- */

/* What became of it, as far as it is known: true when there is nothing more to wait for. */
static int look(struct ctl *ctl, const char *id, json_t **ret_airings, bool *ret_over)
{
        _cleanup_(thon_announcement_done) struct thon_announcement a = {.n_zones = 0};
        int r = thon_announcement_get(ctl->store, id, &a);

        if (r != 0)
                return ctl_fail_store(ctl, r);
        *ret_over = a.state != THON_ANNOUNCE_APPROVED;
        return ctl_announce_airings(ctl, id, ret_airings);
}

static int tell_outcome(struct ctl *ctl, json_t *reply, const json_t *airings, bool over)
{
        size_t i, aired = 0;
        const json_t *one;

        json_array_foreach (airings, i, one) {
                bool well = strcmp(text_of(one, "state"), "aired") == 0;
                const char *why = text_of(one, "why");

                aired += well;
                ctl_say(ctl, "%s: %s%s%s", text_of(one, "zone"), text_of(one, "state"), *why ? ": " : "",
                        why);
        }
        (void)json_object_set(reply, "airings", (json_t *)airings);
        if (over && aired > 0 && aired == json_array_size(airings))
                return ctl_done(ctl, json_incref(reply), "%s was aired", text_of(reply, "id"));
        if (!over)
                return ctl_fail(ctl, "timeout", "%s is not over yet. See: thonctl announce show %s",
                                text_of(reply, "id"), text_of(reply, "id"));
        return ctl_fail(ctl, "not-aired", "%s was not aired everywhere. See: thonctl announce show %s",
                        text_of(reply, "id"), text_of(reply, "id"));
}

static int wait_for(struct ctl *ctl, json_t *reply, int64_t wait_s)
{
        const char *id = text_of(reply, "id");
        json_t *airings = NULL;
        bool over = false;
        int r;

        for (int64_t left = wait_s * 1000 / LOOK_MS;; left--) {
                r = look(ctl, id, &airings, &over);
                if (r != CTL_OK || over || left <= 0)
                        break;
                json_decref(airings);
                airings = NULL;
                /* Nothing else is to be done meanwhile; a signal ends us here as anywhere. */
                (void)poll(NULL, 0, LOOK_MS);
        }
        if (r == CTL_OK)
                r = tell_outcome(ctl, reply, airings, over);
        json_decref(airings);
        return r;
}

static int say(struct ctl *ctl, int argc, char **argv)
{
        struct submit_options o = {0};
        const char *wait = NULL;
        const struct ctl_option options[] = {{"wait", &wait, NULL},          {"title", &o.title, NULL},
                                             {"class", &o.class, NULL},      {"reason", &o.reason, NULL},
                                             {"pin-file", &o.pin, NULL},     {"no-chime", NULL, &o.no_chime},
                                             {"exercise", NULL, &o.exercise}};
        _cleanup_json_ json_t *form = json_object(), *reply = NULL;
        int64_t wait_s = 600;
        int r = ctl_option_list(ctl, &argc, argv, "zone", &o.zones);

        if (r == CTL_OK)
                r = ctl_options(ctl, argc, argv, options, sizeof(options) / sizeof(options[0]), &argc);
        if (r != CTL_OK)
                return r;
        if (argc != 1)
                return ctl_usage(ctl, "announce say takes one TEXT, in quotation marks");
        if (wait && (thon_duration_parse(wait, &wait_s) < 0 || wait_s > 86400))
                return ctl_usage(ctl, "--wait takes a duration such as 5min; 0 waits for nothing");
        o.text = argv[0];
        r = ctl_zone(ctl);
        if (r == CTL_OK)
                r = make_form(ctl, &o, form);
        if (r == CTL_OK && wait_s > 0)
                r = ctl_announce_open(ctl);
        if (r == CTL_OK)
                r = send_form(ctl, form, o.pin, &reply);
        if (r != CTL_OK)
                return r;
        ctl_announce_say_answer(ctl, reply);
        if (strcmp(text_of(reply, "state"), "submitted") == 0)
                return ctl_done(ctl, json_incref(reply),
                                "%s waits for approval by another person: thonctl announce approve %s",
                                text_of(reply, "id"), text_of(reply, "id"));
        if (wait_s == 0)
                return ctl_done(ctl, json_incref(reply), "%s is accepted", text_of(reply, "id"));
        return wait_for(ctl, reply, wait_s);
}

const struct ctl_command ctl_announce_submit_commands[] = {
        {"announce submit",
         "--zone Z... --text TEXT|--file FILE|--media FILE|--source S --for D [--class C] [--title T] [--at T] "
         "[--repeat N [--every D]] [--days JSON] [--times HH:MM,...] [--except JSON] [--from DATE] [--until DATE] "
         "[--expires T] [--latest D] [--resume resume|restart|drop] [--no-chime] [--exercise] [--lamps] [--notify] "
         "[--reason TEXT] [--id ID] [--pin-file FILE|-] | --json-file FORM [--pin-file FILE|-]",
         submit},
        {"announce say",
         "TEXT --zone Z... [--wait D] [--title T] [--class C] [--reason TEXT] [--no-chime] [--exercise] "
         "[--pin-file FILE|-]",
         say},
        {NULL, NULL, NULL},
};
