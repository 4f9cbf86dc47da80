/* The form of an announcement. It is the one door through which words come to the loudspeakers, so what could be
 * meant in two ways is refused here, with the member that is in the way. */
#include "thon/announce_form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "thon/cleanup.h"
#include "thon/text.h"

#define PIN_MAX 64 /* longer is no PIN, whatever its rules are */

static const char *const class_words[] = {[THON_CLASS_NORMAL] = "normal",
                                          [THON_CLASS_PRIORITY] = "priority",
                                          [THON_CLASS_EMERGENCY] = "emergency",
                                          [THON_CLASSES] = NULL};
static const char *const resume_words[] = {[THON_RESUME_POSITION] = "resume",
                                           [THON_RESUME_RESTART] = "restart",
                                           [THON_RESUME_DROP] = "drop",
                                           NULL};

/* One line for people: NFC. NULL when it is not there. */
static int read_line(struct form *form, const json_t *doc, const char *key, size_t max, char **ret)
{
        const json_t *value = json_object_get(doc, key);
        _cleanup_free_ char *line = NULL;
        int r;

        if (!value)
                return 0;
        if (!json_is_string(value))
                return form_fail_at(form, key, "must be a string");
        r = strlen(json_string_value(value)) == json_string_length(value)
                    ? thon_text_nfc(json_string_value(value), max, &line)
                    : -EINVAL;
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !*line)
                return form_fail_at(form, key, "must be text of 1 to %zu bytes without control characters",
                                    max);
        *ret = THON_TAKE(line);
        return 0;
}

/* Lines are pauses to a voice, so they are kept; each is NFC, and more than one empty one is one. */
static int read_text(struct form *form, const json_t *doc, const char *key, size_t max, char **ret)
{
        const json_t *value = json_object_get(doc, key);
        _cleanup_free_ char *whole = NULL, *text = NULL;
        size_t length = 0, empty = 0;
        char *rest, *line;
        bool said = false;
        int r;

        if (!value)
                return 0;
        if (!json_is_string(value))
                return form_fail_at(form, key, "must be a string");
        if (json_string_length(value) > max || strlen(json_string_value(value)) != json_string_length(value))
                return form_fail_at(form, key, "must be text of 1 to %zu bytes", max);
        whole = strdup(json_string_value(value));
        text = malloc(max + 1);
        if (!whole || !text)
                return -ENOMEM;
        for (rest = whole; (line = strsep(&rest, "\n"));) {
                _cleanup_free_ char *clean = NULL;
                size_t size, ends = said ? (empty > 0 ? 2 : 1) : 0;

                r = thon_text_nfc(line, max, &clean);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        return form_fail_at(form, key, "must be text without control characters");
                size = strlen(clean);
                if (size == 0) {
                        empty++;
                        continue;
                }
                /* NFC may be longer than what it is made of. */
                if (length + ends + size > max)
                        return form_fail_at(form, key, "must be text of 1 to %zu bytes", max);
                memcpy(text + length, "\n\n", ends);
                length += ends;
                memcpy(text + length, clean, size);
                length += size;
                said = true;
                empty = 0;
        }
        if (!said)
                return form_fail_at(form, key, "must not be empty");
        text[length] = '\0';
        *ret = THON_TAKE(text);
        return 0;
}

/* A name of a file, and of nothing beyond its directory. */
static int read_media(struct form *form, const json_t *doc, char **ret)
{
        const json_t *value = json_object_get(doc, "media");
        const char *name = json_string_value(value);
        bool bad = false;

        if (!value)
                return 0;
        for (size_t i = 0; name && i < json_string_length(value); i++)
                bad |= name[i] == '/' || (unsigned char)name[i] < 0x20 || name[i] == 0x7f;
        if (!name || bad || !*name || *name == '.' || json_string_length(value) > THON_ANNOUNCE_MEDIA_MAX)
                return form_fail_at(
                        form, "media",
                        "must be the name of a recording, 1 to %d bytes, without a slash and not "
                        "beginning with a dot",
                        THON_ANNOUNCE_MEDIA_MAX);
        *ret = strdup(name);
        return *ret ? 0 : -ENOMEM;
}

static int read_source(struct form *form, const json_t *doc, struct thon_announcement *ret)
{
        thon_slug source;
        int seconds, r = form_slug(form, doc, "source", false, source);

        if (r < 0)
                return r;
        if (!*source)
                return json_object_get(doc, "for") ? form_fail_at(form, "for", "goes with \"source\" only")
                                                   : 0;
        r = form_integer(form, doc, "for", THON_ANNOUNCE_SOURCE_MIN, THON_ANNOUNCE_SOURCE_MAX, 0, &seconds);
        if (r < 0)
                return r;
        ret->source = strdup(source);
        ret->source_s = seconds;
        return ret->source ? 0 : -ENOMEM;
}

/* Exactly one of a text, a recording and a station. */
static int read_content(struct form *form, const json_t *doc, struct thon_announcement *ret)
{
        static const char *const kinds[] = {"text", "media", "source"};
        const char *found = NULL;
        int r;

        for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
                if (!json_object_get(doc, kinds[i]))
                        continue;
                if (found)
                        return form_fail_at(form, kinds[i], "does not go with \"%s\"", found);
                found = kinds[i];
        }
        if (!found)
                return form_fail(form, "must have one of \"text\", \"media\", \"source\"");
        r = read_text(form, doc, "text", THON_ANNOUNCE_TEXT_MAX, &ret->text);
        if (r == 0)
                r = read_text(form, doc, "reading", THON_ANNOUNCE_READING_MAX, &ret->reading);
        if (r == 0 && ret->reading && !ret->text)
                r = form_fail_at(form, "reading", "goes with \"text\" only");
        if (r == 0)
                r = read_media(form, doc, &ret->media);
        return r == 0 ? read_source(form, doc, ret) : r;
}

/* A list, or one name. */
static int read_zones(struct form *form, const json_t *doc, struct thon_announcement *ret)
{
        int r;
        const json_t *zones = form_member(form, doc, "zones", true, &r);
        size_t n = json_is_array(zones) ? json_array_size(zones) : 1;

        if (r < 0)
                return r;
        if (n < 1 || n > THON_ANNOUNCE_ZONES_MAX)
                return form_fail_at(form, "zones", "must be 1 to %d zones, groups or areas",
                                    THON_ANNOUNCE_ZONES_MAX);
        ret->zones = calloc(n, sizeof(*ret->zones));
        if (!ret->zones)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                const json_t *item = json_is_array(zones) ? json_array_get(zones, i) : zones;
                const char *name = json_string_value(item);
                size_t back = json_is_array(zones) ? form_enter_index(form, "zones", i)
                                                   : form_enter(form, "zones");

                if (!name || json_string_length(item) > THON_SLUG_MAX || !thon_slug_valid(name))
                        return form_fail(form, "must be the id of a zone, a group or an area, or \"all\"");
                for (size_t j = 0; j < i; j++)
                        if (strcmp(ret->zones[j], name) == 0)
                                return form_fail(form, "\"%s\" comes twice", name);
                memcpy(ret->zones[i], name, strlen(name) + 1);
                ret->n_zones++;
                form_leave(form, back);
        }
        return 0;
}

static int read_manner(struct form *form, const json_t *doc, bool chime, struct thon_announcement *ret)
{
        int class, resume, late, r;

        r = form_word(form, doc, "class", class_words, THON_CLASS_NORMAL, &class);
        if (r == 0)
                r = form_word(form, doc, "resume", resume_words, THON_RESUME_POSITION, &resume);
        if (r == 0)
                r = form_integer(form, doc, "latest", 0, THON_ANNOUNCE_LATE_MAX, 0, &late);
        if (r == 0)
                r = form_bool(form, doc, "chime", chime, &ret->chime);
        if (r == 0)
                r = form_bool(form, doc, "exercise", false, &ret->exercise);
        if (r == 0)
                r = form_bool(form, doc, "lamps", false, &ret->lamps);
        if (r == 0)
                r = form_bool(form, doc, "notify", false, &ret->notify);
        if (r < 0)
                return r;
        ret->class = (enum thon_class) class;
        ret->resume = (enum thon_announce_resume)resume;
        ret->late_s = json_object_get(doc, "latest") ? late : -1;
        return 0;
}

/* What both forms have. */
static int read_common(struct form *form, const json_t *doc, const struct thon_zone *zone,
                       struct thon_wall now, bool chime, bool whole, struct thon_announcement *ret)
{
        size_t line = whole ? THON_ANNOUNCE_WHOLE_MAX : THON_ANNOUNCE_LINE_MAX;
        int r = read_zones(form, doc, ret);

        if (r == 0)
                r = read_content(form, doc, ret);
        if (r == 0)
                r = read_manner(form, doc, chime, ret);
        if (r == 0)
                r = form_air_schedule(form, doc, zone, now, &ret->schedule);
        if (r == 0)
                r = form_time(form, doc, "expires", zone, &ret->expires);
        if (r == 0)
                r = read_line(form, doc, "title", line, &ret->title);
        if (r == 0)
                r = read_line(form, doc, "by", line, &ret->by);
        if (r == 0)
                r = read_line(form, doc, "reason", whole ? line : THON_ANNOUNCE_REASON_MAX, &ret->reason);
        return r;
}

/* That it will air at all, as far as its times can tell. */
static int check_times(struct form *form, const struct thon_announce_form_options *options,
                       const struct thon_announcement *announcement)
{
        const struct thon_air_schedule *schedule = &announcement->schedule;
        struct thon_wall first = schedule->at, next;
        bool calendar = schedule->kind == THON_AIR_CALENDAR,
             found = thon_air_schedule_next(schedule, options->zone, options->now, &next);

        if (calendar) {
                if (!found)
                        return form_fail_at(form, "repeat", "has no time within the next 400 days");
                first = next;
        } else if (first.s < options->now.s - THON_ANNOUNCE_PAST_MAX) {
                return form_fail_at(form, "at", "is more than a day ago");
        } else if (first.s > options->now.s && !found) {
                return form_fail_at(form, "at", "is more than 400 days ahead");
        }
        if (announcement->expires.s <= options->now.s)
                return form_fail_at(form, "expires", "is over");
        if (announcement->expires.s <= first.s)
                return form_fail_at(form, "expires", "comes before it would first air");
        return 0;
}

static int read_pin(struct form *form, const json_t *doc, const char **ret)
{
        const json_t *value = json_object_get(doc, "pin");

        if (!value)
                return 0;
        if (!json_is_string(value) || json_string_length(value) < 1 || json_string_length(value) > PIN_MAX)
                return form_fail_at(form, "pin", "must be a PIN in quotation marks");
        *ret = json_string_value(value);
        return 0;
}

int thon_announce_form_read(const json_t *doc, const struct thon_announce_form_options *options,
                            struct thon_announcement *ret, const char **ret_pin,
                            struct thon_json_error *error)
{
        static const char *const members[] = {"id",     "zones",   "class",  "text",  "media",    "at",
                                              "repeat", "expires", "by",     "title", "reading",  "source",
                                              "for",    "latest",  "resume", "chime", "exercise", "reason",
                                              "pin",    "lamps",   "notify", NULL};
        struct form form = {.error = error};
        struct thon_announcement announcement = {.submitted = options->now,
                                                 .approved = THON_WALL_NEVER,
                                                 .ended = THON_WALL_NEVER,
                                                 .planned = THON_WALL_NEVER};
        const char *pin = NULL;
        int r = form_object(&form, doc, members);

        if (r == 0)
                r = form_slug(&form, doc, "id", false, announcement.id);
        if (r == 0)
                r = read_common(&form, doc, options->zone, options->now, options->chime, false,
                                &announcement);
        if (r == 0)
                r = read_pin(&form, doc, &pin);
        if (r == 0)
                r = check_times(&form, options, &announcement);
        if (r < 0)
                thon_announcement_done(&announcement);
        else if (ret_pin)
                *ret_pin = pin;
        *ret = announcement;
        return r;
}

int thon_announce_form_whole(const json_t *doc, const struct thon_zone *zone, struct thon_announcement *ret,
                             struct thon_json_error *error)
{
        static const char *const members[] = {
                "id",           "zones",     "class",    "text",  "media",       "at",
                "repeat",       "expires",   "by",       "title", "reading",     "source",
                "for",          "latest",    "resume",   "chime", "exercise",    "reason",
                "lamps",        "notify",    "cap",      "state", "approved_by", "ended_by",
                "ended_reason", "submitted", "approved", "ended", "planned",     NULL};
        static const char *const states[] = {
                [THON_ANNOUNCE_SUBMITTED] = "submitted", [THON_ANNOUNCE_APPROVED] = "approved",
                [THON_ANNOUNCE_DONE] = "done",           [THON_ANNOUNCE_CANCELLED] = "cancelled",
                [THON_ANNOUNCE_REFUSED] = "refused",     [THON_ANNOUNCE_STATES] = NULL};
        struct form form = {.error = error};
        struct thon_announcement announcement = {.state = THON_ANNOUNCE_SUBMITTED};
        int state = 0, r = form_object(&form, doc, members);

        if (r == 0)
                r = form_slug(&form, doc, "id", true, announcement.id);
        if (r == 0)
                r = read_common(&form, doc, zone, THON_WALL_NEVER, true, true, &announcement);
        if (r == 0)
                r = form_word(&form, doc, "state", states, -1, &state);
        announcement.state = (enum thon_announce_state)state;
        if (r == 0)
                r = read_line(&form, doc, "cap", THON_ANNOUNCE_CAP_MAX, &announcement.cap);
        if (r == 0)
                r = read_line(&form, doc, "approved_by", THON_ANNOUNCE_WHOLE_MAX, &announcement.approved_by);
        if (r == 0)
                r = read_line(&form, doc, "ended_by", THON_ANNOUNCE_WHOLE_MAX, &announcement.ended_by);
        if (r == 0)
                r = read_line(&form, doc, "ended_reason", THON_ANNOUNCE_WHOLE_MAX,
                              &announcement.ended_reason);
        if (r == 0)
                r = form_time(&form, doc, "submitted", zone, &announcement.submitted);
        if (r == 0)
                r = form_time(&form, doc, "approved", zone, &announcement.approved);
        if (r == 0)
                r = form_time(&form, doc, "ended", zone, &announcement.ended);
        if (r == 0)
                r = form_time(&form, doc, "planned", zone, &announcement.planned);
        if (r < 0)
                thon_announcement_done(&announcement);
        *ret = announcement;
        return r;
}

/* ---- writing ---- */

static int put(json_t *doc, const char *key, json_t *value)
{
        return json_object_set_new(doc, key, value) < 0 ? -ENOMEM : 0;
}

static int put_text(json_t *doc, const char *key, const char *text)
{
        return text ? put(doc, key, json_string(text)) : 0;
}

static json_t *zones_of(const struct thon_announcement *announcement)
{
        json_t *list = json_array();

        for (size_t i = 0; list && i < announcement->n_zones; i++)
                if (json_array_append_new(list, json_string(announcement->zones[i])) < 0) {
                        json_decref(list);
                        list = NULL;
                }
        return list;
}

json_t *thon_announce_form_write(const struct thon_announcement *a, const struct thon_zone *zone)
{
        _cleanup_json_ json_t *doc = json_object();
        int r = doc ? 0 : -ENOMEM;
        const struct {
                const char *key, *text;
        } texts[] = {
                {"class", class_words[a->class]},
                {"state", thon_announce_state_text(a->state)},
                {"title", a->title},
                {"text", a->text},
                {"reading", a->reading},
                {"media", a->media},
                {"source", a->source},
                {"resume", resume_words[a->resume]},
                {"by", a->by},
                {"reason", a->reason},
                {"approved_by", a->approved_by},
                {"ended_by", a->ended_by},
                {"ended_reason", a->ended_reason},
                {"cap", a->cap},
        };
        const struct {
                const char *key;
                struct thon_wall at;
        } times[] = {{"expires", a->expires},
                     {"submitted", a->submitted},
                     {"approved", a->approved},
                     {"ended", a->ended},
                     {"planned", a->planned}};
        const struct {
                const char *key;
                bool is;
        } flags[] = {{"exercise", a->exercise}, {"lamps", a->lamps}, {"notify", a->notify}};

        if (r == 0)
                r = put(doc, "id", json_string(a->id));
        if (r == 0)
                r = put(doc, "zones", zones_of(a));
        for (size_t i = 0; r == 0 && i < sizeof(texts) / sizeof(*texts); i++)
                r = put_text(doc, texts[i].key, texts[i].text);
        if (r == 0 && a->source)
                r = put(doc, "for", json_integer(a->source_s));
        if (r == 0 && a->late_s >= 0)
                r = put(doc, "latest", json_integer(a->late_s));
        if (r == 0)
                r = put(doc, "chime", json_boolean(a->chime));
        for (size_t i = 0; r == 0 && i < sizeof(flags) / sizeof(*flags); i++)
                if (flags[i].is)
                        r = put(doc, flags[i].key, json_true());
        if (r == 0)
                r = form_air_schedule_write(doc, &a->schedule, zone);
        for (size_t i = 0; r == 0 && i < sizeof(times) / sizeof(*times); i++)
                r = form_time_write(doc, times[i].key, times[i].at, zone);
        return r == 0 ? json_incref(doc) : NULL;
}
