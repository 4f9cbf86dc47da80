/* The registry's part, and all parts together.
 *
 * The store and the files change as nearly at once as they can: rows are written in a transaction, the files are on the
 * disk beside the old ones, the transaction is committed, the files take their places. Until the commit nothing has
 * changed; what fails after it is named, and running setup again finishes it, because what is done already is no change. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "setup.h"
#include "setup_tell.h"
#include "thon/cleanup.h"
#include "thon/user.h"

static const char *text_of(const json_t *object, const char *member)
{
        const char *text = json_string_value(json_object_get(object, member));

        return text ? text : "";
}

/* ---- one record ---- */

/* A refusal that is an answer: the transaction goes on. */
static int show(struct setup *s, enum thon_noun noun, const char *id, json_t **ret)
{
        struct thon_store *store = s->ctl->store;
        int r = thon_store_mark(store);

        if (r != 0)
                return r;
        r = thon_store_unmark(store, thon_registry_show(store, noun, id, ret));
        return r == THON_STORE_NOT_FOUND ? 0 : r;
}

/* Adds to the changes when the write before was one. */
static int note(struct setup *s, int64_t *generation, const char *what, const char *id, bool there,
                const char *format, ...) __attribute__((format(printf, 6, 7)));
static int note(struct setup *s, int64_t *generation, const char *what, const char *id, bool there,
                const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        int64_t before = *generation;
        va_list ap;
        int r = thon_registry_generation(s->ctl->store, generation);

        if (r != 0 || *generation == before)
                return r;
        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        if (r < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return setup_change(s, what, id, there ? "set" : "add", "%s", text);
}

static int write_area(struct setup *s, int64_t *generation, const struct thon_actor *actor)
{
        _cleanup_json_ json_t *area = NULL;
        struct thon_field name = {"name", *s->area_name ? s->area_name : s->area};
        int r;

        if (!*s->area)
                return 0;
        r = show(s, THON_AREA, s->area, &area);
        if (r == 0 && !area)
                r = thon_registry_add(s->ctl->store, THON_AREA, s->area, &name, 1, actor);
        else if (r == 0 && *s->area_name)
                r = thon_registry_set(s->ctl->store, THON_AREA, text_of(area, "id"), &name, 1, actor);
        return r != 0 ? r
                      : note(s, generation, "area", s->area, area != NULL, "khu vực %s (%s)", s->area,
                             name.value);
}

/* ---- when lamps burn ---- */

static const struct {
        const char *id, *program, *calendar, *words;
} nights[SETUP_NIGHTS] = {
        [SETUP_NIGHT_WHOLE] =
                {"ca-dem",
                 "{\"id\":\"ca-dem\",\"name\":\"Sáng cả đêm\",\"start\":\"off\",\"steps\":["
                 "{\"at\":\"dusk\",\"set\":\"on\"},{\"at\":\"dawn\",\"set\":\"off\"}]}",
                 "{\"id\":\"ca-dem\",\"name\":\"Sáng cả đêm, quanh năm\",\"rules\":[],\"default\":\"ca-dem\"}",
                 "sáng cả đêm"},
        [SETUP_NIGHT_SAVING] =
                {"tiet-kiem-22h",
                 "{\"id\":\"tiet-kiem-22h\",\"name\":\"Tiết kiệm: tắt từ 22:00 đến 4:30\",\"start\":\"off\",\"steps\":["
                 "{\"at\":\"dusk\",\"set\":\"on\"},{\"at\":\"22:00\",\"set\":\"off\"},"
                 "{\"at\":\"04:30\",\"set\":\"on\"},{\"at\":\"dawn\",\"set\":\"off\"}]}",
                 "{\"id\":\"tiet-kiem-22h\",\"name\":\"Tiết kiệm, quanh năm\",\"rules\":[],\"default\":\"tiet-kiem-22h\"}",
                 "tắt từ 22:00 đến 4:30"},
};

/* What has the name already is people's, whatever it says. */
static int write_doc(struct setup *s, enum thon_light_doc kind, const char *id, const char *text,
                     const struct thon_actor *actor)
{
        struct thon_store *store = s->ctl->store;
        _cleanup_json_ json_t *present = NULL, *doc = NULL;
        int r = thon_store_mark(store);

        if (r != 0)
                return r;
        r = thon_store_unmark(store, thon_light_doc_get(store, kind, id, &present));
        if (r != THON_STORE_NOT_FOUND)
                return r;
        doc = json_loads(text, 0, NULL);
        return doc ? thon_light_doc_set(store, kind, doc, actor) : -ENOMEM;
}

static int write_night(struct setup *s, int64_t *generation, const struct thon_actor *actor)
{
        const char *id = nights[s->night].id, *words = nights[s->night].words;
        int r = write_doc(s, THON_DOC_PROGRAM, id, nights[s->night].program, actor);

        if (r == 0)
                r = note(s, generation, "program", id, false, "chương trình đèn %s (%s)", id, words);
        if (r == 0)
                r = write_doc(s, THON_DOC_CALENDAR, id, nights[s->night].calendar, actor);
        return r != 0 ? r : note(s, generation, "calendar", id, false, "lịch đèn %s (%s)", id, words);
}

/* ---- circuits ---- */

/* What setup does not ask for (feedback, meter, door ...) stays. */
static int circuit_config(struct setup *s, const struct setup_relay *relay, const json_t *present,
                          char **ret)
{
        _cleanup_json_ json_t *config = present ? json_deep_copy(json_object_get(present, "config"))
                                                : json_object(),
                              *line = NULL;

        line = json_pack("{s:{s:s,s:s}}", "gpio", "chip", relay->line.chip, "line", relay->line.line);
        if (!config || !line ||
            (relay->line.active_low &&
             json_object_set_new(json_object_get(line, "gpio"), "active_low", json_true()) < 0))
                return -ENOMEM;
        if ((!present || s->night_given) &&
            json_object_set_new(config, "calendar", json_string(nights[s->night].id)) < 0)
                return -ENOMEM;
        if (relay->lamps >= 0 && (relay->lamps > 0 || json_object_get(config, "lamps")) &&
            json_object_set_new(config, "lamps", json_integer(relay->lamps)) < 0)
                return -ENOMEM;
        if (relay->watts >= 0 && (relay->watts > 0 || json_object_get(config, "watts")) &&
            json_number_value(json_object_get(config, "watts")) != relay->watts &&
            json_object_set_new(config, "watts", json_real(relay->watts)) < 0)
                return -ENOMEM;
        /* Another spelling of the same line is no change. */
        if (!present || setup_circuit_of_line(s, relay->seen) != setup_circuit_named(s, relay->circuit) ||
            json_is_true(json_object_get(json_object_get(json_object_get(config, "relay"), "gpio"),
                                         "active_low")) != relay->line.active_low)
                if (json_object_set(config, "relay", line) < 0)
                        return -ENOMEM;
        *ret = json_dumps(config, JSON_COMPACT | JSON_REAL_PRECISION(12));
        return *ret ? 0 : -ENOMEM;
}

static int write_relay(struct setup *s, const struct setup_relay *relay, int64_t *generation,
                       const struct thon_actor *actor)
{
        _cleanup_json_ json_t *present = NULL;
        _cleanup_free_ char *config = NULL;
        struct thon_field fields[4];
        size_t n = 0;
        char pin[96];
        int r = show(s, THON_DEVICE, relay->circuit, &present);

        if (r != 0)
                return r;
        if (present && strcmp(text_of(present, "kind"), "circuit") != 0) {
                (void)setup_refuse(s, "%s đã là tên của một thiết bị khác (%s); chọn mã khác cho mạch đèn",
                                   relay->circuit, text_of(present, "kind"));
                return THON_STORE_EXISTS;
        }
        r = circuit_config(s, relay, present, &config);
        if (r < 0)
                return r;
        fields[n++] = (struct thon_field){"name", *relay->name ? relay->name : relay->circuit};
        fields[n++] = (struct thon_field){"config", config};
        if (*s->area)
                fields[n++] = (struct thon_field){"area", s->area};
        if (!present)
                fields[n++] = (struct thon_field){"kind", "circuit"};
        r = present ? thon_registry_set(s->ctl->store, THON_DEVICE, relay->circuit, fields, n, actor)
                    : thon_registry_add(s->ctl->store, THON_DEVICE, relay->circuit, fields, n, actor);
        return r != 0 ? r
                      : note(s, generation, "circuit", relay->circuit, present != NULL,
                             "mạch đèn %s (%s): %s, rơ le kích mức %s", relay->circuit, fields[0].value,
                             setup_pin_text(s, relay->seen, pin), relay->line.active_low ? "thấp" : "cao");
}

static bool needs_night(const struct setup *s)
{
        for (size_t i = 0; i < s->n_relays; i++)
                if (s->night_given || !setup_circuit_named(s, s->relays[i].circuit))
                        return true;
        return false;
}

/* ---- people ---- */

/* Who has that id already is not given another name by the way; the account's own person may be. */
static int write_person(struct setup *s, bool theirs, int64_t *generation, const struct thon_actor *actor)
{
        _cleanup_json_ json_t *person = NULL;
        struct thon_field fields[2];
        size_t n = 0;
        int r = show(s, THON_PERSON, s->user, &person);

        if (r != 0)
                return r;
        if (person && !theirs && *s->user_name && strcmp(text_of(person, "name"), s->user_name) != 0) {
                (void)setup_refuse(s, "mã %s đã là của người khác (%s); chọn tên đăng nhập khác", s->user,
                                   text_of(person, "name"));
                return THON_STORE_EXISTS;
        }
        if (!person || *s->user_name)
                fields[n++] = (struct thon_field){"name", *s->user_name ? s->user_name : s->user};
        if (!person || !*text_of(person, "role"))
                fields[n++] = (struct thon_field){"role", "officer"};
        r = person ? thon_registry_set(s->ctl->store, THON_PERSON, s->user, fields, n, actor)
                   : thon_registry_add(s->ctl->store, THON_PERSON, s->user, fields, n, actor);
        return r != 0 ? r
                      : note(s, generation, "person", s->user, person != NULL, "người: %s (%s), cán bộ",
                             *s->user_name ? s->user_name
                             : person      ? text_of(person, "name")
                                           : s->user,
                             s->user);
}

static int write_user(struct setup *s, int64_t *generation, const struct thon_actor *actor)
{
        const struct thon_user_fields fields = {NULL, s->user, thon_role_text(THON_ROLE_ADMIN)};
        struct thon_store *store = s->ctl->store;
        _cleanup_json_ json_t *user = NULL;
        bool same = false;
        int r;

        if (!s->with_user)
                return 0;
        r = thon_store_mark(store);
        if (r != 0)
                return r;
        r = thon_store_unmark(store, thon_user_show(store, s->user, &user));
        if (r == 0 || r == THON_STORE_NOT_FOUND)
                r = write_person(s, user && strcmp(text_of(user, "person"), s->user) == 0, generation,
                                 actor);
        if (r == 0 && !user)
                r = thon_user_add(store, s->user, &fields, s->password.text, actor);
        else if (r == 0 && s->password.size > 0)
                r = thon_user_password_same(store, s->user, s->password.text, &same);
        if (r == 0 && user && s->password.size > 0 && !same)
                r = thon_user_password(store, s->user, s->password.text, actor);
        return r != 0 ? r
                      : note(s, generation, "user", s->user, user != NULL,
                             user ? "tài khoản %s: mật khẩu mới" : "tài khoản %s, quản trị", s->user);
}

/* ---- all ---- */

static int write_registry(struct setup *s)
{
        struct thon_actor actor = ctl_actor(s->ctl);
        int64_t generation = 0;
        int r = thon_registry_generation(s->ctl->store, &generation);

        if (r == 0)
                r = write_area(s, &generation, &actor);
        if (r == 0 && needs_night(s))
                r = write_night(s, &generation, &actor);
        for (size_t i = 0; r == 0 && i < s->n_relays; i++)
                r = write_relay(s, &s->relays[i], &generation, &actor);
        return r == 0 ? write_user(s, &generation, &actor) : r;
}

static int told(struct setup *s, int r)
{
        const char *message = *s->error ? s->error : thon_store_message(s->ctl->store);

        r = setup_fail_store(s, r, message);
        thon_store_rollback(s->ctl->store);
        return r;
}

/* In an open transaction when it is CTL_OK. */
static int write_all(struct setup *s, bool write, struct setup_files *files)
{
        int r;

        json_array_clear(s->changes);
        *s->error = '\0';
        r = thon_store_begin(s->ctl->store);
        if (r == 0)
                r = write_registry(s);
        if (r != 0)
                return told(s, r);
        r = setup_files_prepare(s, write, files);
        if (r != CTL_OK)
                thon_store_rollback(s->ctl->store);
        return r;
}

int setup_rehearse(struct setup *s)
{
        _cleanup_(setup_files_done) struct setup_files files = {.restart = false};
        int r = write_all(s, false, &files);

        if (r == CTL_OK)
                thon_store_rollback(s->ctl->store);
        return r;
}

int setup_perform(struct setup *s)
{
        _cleanup_(setup_files_done) struct setup_files files = {.restart = false};
        const char *failed;
        int r = write_all(s, true, &files), error;

        if (r != CTL_OK)
                return r;
        r = thon_store_commit(s->ctl->store);
        if (r != 0)
                return told(s, r);
        failed = setup_files_publish(&files, &error);
        if (failed)
                return ctl_fail(
                        s->ctl, "half",
                        "kho dữ liệu%s đã ghi xong; %s/%s chưa thay được: %s. Chạy lại thonctl setup để làm nốt",
                        files.site && strcmp(failed, "thon.conf") != 0 ? " và thon.conf" : "",
                        s->ctl->config_dir, failed, strerror(-error));
        return setup_tell(s, files.site || files.announced, files.restart);
}
