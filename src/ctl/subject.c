/* thonctl household export ID, household erase ID, and the same for a person: what somebody may ask of who keeps their data.
 *
 * An erasure has several hands, since each table has one writer: the relay first, which may refuse; then the list of
 * digests, so that no copy from before can bring them back; then the registry; then the bytes. Cut off anywhere, the same
 * command finds what is left to do, as long as the registry knows whom it is about, which it forgets last. */
#include "subject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "thon/backup_dir.h"
#include "thon/cleanup.h"
#include "thon/erasure.h"

static int read_subject(struct ctl *ctl, enum thon_noun noun, const char *id, json_t **ret)
{
        bool household = noun == THON_HOUSEHOLD;
        int r = ctl_open_store(ctl, THON_STORE_WRITE);

        if (r != CTL_OK)
                return r;
        r = thon_subject_read(ctl->store, household ? id : NULL, household ? NULL : id, ret);
        return r != 0 ? ctl_fail_store(ctl, r) : CTL_OK;
}

/* ---- export ---- */

/* What a citizen reads; the order is that of the document. */
static const struct {
        const char *key, *words;
} words[] = {
        {"household", "Hộ gia đình"},
        {"people", "Những người trong hộ"},
        {"notices", "Thông báo đã gửi"},
        {"messages", "Tin nhắn"},
        {"chats", "Địa chỉ nhận tin"},
        {"inbound", "Tin gửi đến xã"},
        {"reports", "Phản ánh"},
        {"audit", "Nhật ký thay đổi"},
        {"code", "Mã hộ"},
        {"id", "Mã"},
        {"name", "Họ tên"},
        {"head_name", "Chủ hộ"},
        {"area", "Khu vực"},
        {"house_no", "Số nhà"},
        {"lane", "Ngõ"},
        {"phone", "Điện thoại"},
        {"members", "Số nhân khẩu"},
        {"lat", "Vĩ độ"},
        {"lon", "Kinh độ"},
        {"internet", "Có Internet"},
        {"smartphone", "Có điện thoại thông minh"},
        {"e_payment", "Thanh toán điện tử"},
        {"digital_skills", "Kỹ năng số"},
        {"notes", "Ghi chú"},
        {"role", "Vai trò"},
        {"channels", "Kênh nhận tin"},
        {"consent", "Đã đồng ý nhận"},
        {"consent_at", "Ngày đồng ý"},
        {"pin", "Có mã PIN"},
        {"groups", "Nhóm"},
        {"notice", "Thông báo số"},
        {"submitted_at", "Lúc gửi"},
        {"text", "Nội dung"},
        {"person", "Người"},
        {"ladder", "Các kênh lần lượt"},
        {"outcome", "Kết quả"},
        {"receipt", "Xác nhận"},
        {"detail", "Chi tiết"},
        {"at", "Lúc"},
        {"channel", "Kênh"},
        {"address", "Địa chỉ"},
        {"state", "Trạng thái"},
        {"interaction_at", "Lần cuối liên hệ"},
        {"bad_until", "Không gửi được cho đến"},
        {"bad_detail", "Vì"},
        {"kind", "Loại"},
        {"doc", "Bản gốc"},
        {"reason", "Lý do"},
        {"opened_at", "Lúc mở"},
        {"closed_at", "Lúc đóng"},
        {"entries", "Diễn biến"},
        {"by", "Do"},
        {"file", "Tệp"},
        {"size", "Dung lượng"},
        {"actor", "Người làm"},
        {"action", "Việc"},
        {"object", "Đối tượng"},
};

static const char *word(const char *key)
{
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(words[i].key, key) == 0)
                        return words[i].words;
        return key;
}

static void put_value(FILE *f, const char *key, const json_t *value)
{
        _cleanup_free_ char *text = NULL;

        if (json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0))
                return;
        if (json_is_boolean(value))
                text = strdup(json_is_true(value) ? "có" : "không");
        else if (json_is_string(value))
                text = strdup(json_string_value(value));
        else
                text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        fprintf(f, "  %s: ", word(key));
        /* What came from outside must not steer a terminal. */
        for (const char *c = text ? text : "?"; *c; c++)
                fputc((unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c, f);
        fputc('\n', f);
}

static void put_text(FILE *f, const json_t *doc)
{
        const char *part, *key;
        json_t *rows, *row, *value;
        size_t i;

        fprintf(f, "Dữ liệu cá nhân đang lưu tại %s, lập lúc %s\n",
                json_string_value(json_object_get(doc, "site")),
                json_string_value(json_object_get(doc, "made_at")));
        json_object_foreach (json_object_get(doc, "data"), part, rows) {
                fprintf(f, "\n%s: %zu\n", word(part), json_array_size(rows));
                json_array_foreach (rows, i, row) {
                        if (i > 0)
                                fputc('\n', f);
                        json_object_foreach (row, key, value)
                                put_value(f, key, value);
                }
        }
        fputs("\nKhông có trong bản này: ảnh camera (không gắn với hộ nào), bản sao lưu (chứa cùng dữ liệu, tự hết hạn), "
              "nhật ký hệ thống của máy.\n",
              f);
}

static int write_export(struct ctl *ctl, json_t *doc, const char *path, bool text)
{
        _cleanup_close_ int fd = -1;
        FILE *f = stdout;
        int r;

        if (!path && !text)
                return ctl_print(ctl, json_incref(doc), NULL);
        if (path && !text) {
                r = thon_json_write_file(path, doc, 0600);
                return r < 0 ? ctl_fail(ctl, "io", "%s: %s", path, strerror(-r)) : CTL_OK;
        }
        if (path) {
                fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
                f = fd < 0 ? NULL : fdopen(fd, "w");
                if (!f)
                        return ctl_fail(ctl, "io", "%s: %s", path, strerror(errno));
                fd = -1;
        }
        put_text(f, doc);
        r = path ? fclose(f) : 0;
        return r != 0 ? ctl_fail(ctl, "io", "%s: %s", path, strerror(errno)) : CTL_OK;
}

int ctl_subject_export(struct ctl *ctl, enum thon_noun noun, int argc, char **argv)
{
        _cleanup_json_ json_t *subject = NULL, *data = NULL, *doc = NULL;
        bool text = false;
        const struct ctl_option options[] = {{"text", NULL, &text}};
        char at[THON_TIME_TEXT], action[40];
        int r = ctl_options(ctl, argc, argv, options, 1, &argc);

        if (r != CTL_OK)
                return r;
        if (argc < 1 || argc > 2)
                return ctl_usage(ctl, "%s export takes an ID, a FILE to write to, and --text",
                                 thon_noun_text(noun));
        r = ctl_zone(ctl);
        if (r == CTL_OK)
                r = read_subject(ctl, noun, argv[0], &subject);
        if (r != CTL_OK)
                return r;
        r = thon_subject_export(ctl->store, subject, &data);
        if (r == 0) {
                /* That it was asked for, and by whom, is itself something to answer for. */
                (void)snprintf(action, sizeof(action), "%s.export", thon_noun_text(noun));
                r = thon_audit_add(ctl->store, ctl->now, ctl->by, action, argv[0], NULL);
        }
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_civil(ctl, data);
        doc = json_pack("{s:s,s:s,s:O,s:O}", "made_at", thon_time_text(ctl->zone, ctl->now, at), "site",
                        ctl->site.name, "subject", subject, "data", data);
        if (!doc)
                return ctl_fail(ctl, "memory", "out of memory");
        r = write_export(ctl, doc, argc == 2 ? argv[1] : NULL, text);
        if (r == CTL_OK && argc == 2)
                return ctl_done(
                        ctl, json_pack("{s:s}", "file", argv[1]),
                        "%s: all that is kept on %s %s; it holds personal data, give it to nobody else",
                        argv[1], thon_noun_text(noun), argv[0]);
        return r;
}

/* ---- erase ---- */

static int confirm(struct ctl *ctl, enum thon_noun noun, const char *id, const json_t *subject)
{
        _cleanup_json_ json_t *data = NULL;
        const char *part;
        json_t *rows;
        int r = thon_subject_export(ctl->store, subject, &data);

        if (r != 0)
                return ctl_fail_store(ctl, r);
        json_object_foreach (data, part, rows)
                ctl_say(ctl, "%s: %zu", part, json_array_size(rows));
        return ctl_fail(
                ctl, "unconfirmed",
                "this would erase all of it for good. Give it to them first if they want it (%s export %s), "
                "then: thonctl %s erase %s --yes",
                thon_noun_text(noun), id, thon_noun_text(noun), id);
}

/* What SQLite set aside when a copy was restored holds everybody of that day. */
static json_t *set_aside(const struct ctl *ctl)
{
        _cleanup_free_ char *path = NULL;
        struct stat st;

        if (asprintf(&path, "%s.before-restore", ctl->store_path) < 0) {
                path = NULL;
                return json_null();
        }
        return stat(path, &st) == 0 ? json_string(path) : json_null();
}

static int answer(struct ctl *ctl, enum thon_noun noun, const char *id, json_t *erased, bool scrubbed,
                  const json_t *shared)
{
        const struct thon_site_conf *site = &ctl->site;
        struct thon_keep keep = {site->backup_days, site->backup_weeks, site->backup_months};
        _cleanup_(thon_backup_list_done) struct thon_backup_list list = {0};
        _cleanup_free_ char *dir = thon_backup_dir(ctl->store_path);
        struct thon_wall until = {ctl->now.s + thon_keep_longest(&keep)};
        char date[THON_TIME_TEXT];
        json_t *aside = set_aside(ctl);

        int r = dir ? thon_backup_list(dir, &list) : -ENOMEM;

        if (r < 0)
                ctl_say(ctl, "The nightly copies could not be listed (%s): whether one has it is not known",
                        strerror(-r));
        (void)thon_time_text(ctl->zone, until, date);
        date[10] = '\0';
        if (json_is_string(aside))
                ctl_say(ctl, "%s still has it: remove it when it is no longer wanted",
                        json_string_value(aside));
        if (json_array_size(shared) > 0)
                ctl_say(ctl, "What went over %zu addresses that somebody else has too was left",
                        json_array_size(shared));
        if (!scrubbed)
                ctl_say(ctl, "Somebody is reading the store: the last bytes go with the next night's work");
        ctl_say(ctl,
                "Stays: rows of the audit log without names or numbers; who submitted or approved what was "
                "announced. %zu copies of the store have it until %s at the latest; restored, they are rid of it "
                "again. Copies on a stick or another host: docs/privacy.md",
                list.n, date);
        return ctl_done(ctl,
                        json_pack("{s:s,s:o,s:b,s:i,s:s,s:o,s:O}", "id", id, "erased", erased, "scrubbed",
                                  scrubbed, "copies", (int)list.n, "copies_until", date, "before_restore",
                                  aside, "shared", shared),
                        "%s %s: erased", thon_noun_text(noun), id);
}

static int relay_part(struct ctl *ctl, const json_t *subject, json_t **ret)
{
        json_t *order = json_copy((json_t *)subject);

        if (!order || json_object_set_new(order, "by", json_string(ctl->by)) < 0 ||
            json_object_del(order, "shared") < 0) {
                json_decref(order);
                return ctl_fail(ctl, "memory", "out of memory");
        }
        return ctl_call(ctl, "notify/erase", order, "thon-relayd", ret);
}

int ctl_subject_erase(struct ctl *ctl, enum thon_noun noun, int argc, char **argv)
{
        _cleanup_json_ json_t *subject = NULL, *relay = NULL, *registry = NULL, *once_more = NULL;
        struct thon_actor actor = ctl_actor(ctl);
        bool yes = false, scrubbed;
        const struct ctl_option options[] = {{"yes", NULL, &yes}};
        int r = ctl_options(ctl, argc, argv, options, 1, &argc);

        if (r != CTL_OK)
                return r;
        if (argc != 1)
                return ctl_usage(ctl, "%s erase takes an ID, and --yes", thon_noun_text(noun));
        r = ctl_zone(ctl);
        if (r == CTL_OK)
                r = read_subject(ctl, noun, argv[0], &subject);
        if (r != CTL_OK)
                return r;
        if (!yes)
                return confirm(ctl, noun, argv[0], subject);

        r = thon_erasure_allowed(ctl->store, subject);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        r = relay_part(ctl, subject, &relay);
        if (r != CTL_OK)
                return r;
        r = thon_erasure_note(ctl->store, ctl->store_path, subject, actor.at);
        if (r < 0)
                return ctl_fail(ctl, "io", "the list of who was erased cannot be written: %s", strerror(-r));
        if (r == 0)
                r = thon_registry_erase(ctl->store, subject, &actor, &registry);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, "household");
        ctl_touched(ctl, "person");
        /* A notice that was submitted meanwhile. */
        r = relay_part(ctl, subject, &once_more);
        if (r != CTL_OK)
                return r;
        r = thon_store_scrub(ctl->store);
        if (r != 0 && r != THON_STORE_BUSY)
                return ctl_fail_store(ctl, r);
        scrubbed = r == 0;
        (void)json_object_del(relay, "ok");
        (void)json_object_update(registry, relay);
        return answer(ctl, noun, argv[0], THON_TAKE(registry), scrubbed, json_object_get(subject, "shared"));
}

static int household_erase(struct ctl *ctl, int argc, char **argv)
{
        return ctl_subject_erase(ctl, THON_HOUSEHOLD, argc, argv);
}

static int person_erase(struct ctl *ctl, int argc, char **argv)
{
        return ctl_subject_erase(ctl, THON_PERSON, argc, argv);
}

/* For a copy that was put in place by other means than `store restore`, which does it by itself. */
static int erase_again(struct ctl *ctl, int argc, char **argv)
{
        struct thon_actor actor = ctl_actor(ctl);
        size_t n = 0;
        int r;

        (void)argv;
        if (argc > 0)
                return ctl_usage(ctl, "store erase-again takes no arguments");
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r != CTL_OK)
                return r;
        r = thon_store_erase_again(ctl->store, ctl->store_path, NULL, &actor, &n);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        return ctl_done(ctl, json_pack("{s:I}", "erased", (json_int_t)n),
                        "%zu households and people who were erased since this copy was made are so again",
                        n);
}

const struct ctl_command ctl_subject_commands[] = {
        {"store erase-again", "", erase_again},
        {"household erase", "ID [--yes]", household_erase},
        {"person erase", "ID [--yes]", person_erase},
        {NULL, NULL, NULL},
};
