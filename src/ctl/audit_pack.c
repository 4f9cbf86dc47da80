/* What a pack claims is proved against the rows of the audit log in it, those against each other, and the last of
 * them against a head that was noted where the station's people cannot reach. So each claim is looked up in the
 * log, and each row of the log among the claims: somebody who leaves an airing out is found as well as somebody who
 * changes one. */
#include "audit_pack.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "thon/cleanup.h"
#include "thon/digest.h"
#include "thon/erasure.h"
#include "thon/store.h"
#include "thon/zone.h"

struct check {
        const json_t *pack;
        const char *dir;
        struct ctl_pack_result *result;
        json_t *last; /* object of the log -> its last row's detail; owned */
        struct thon_wall from, to;
};

static void found(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void found(struct check *c, const char *format, ...)
{
        char text[512];
        va_list ap;

        if (json_array_size(c->result->findings) >= CTL_PACK_FINDINGS)
                return;
        va_start(ap, format);
        (void)vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        /* Of a text that was cut in the midst of a character the end is left out. */
        for (size_t n = strlen(text); n > 0; n--) {
                json_t *json = json_stringn(text, n);

                if (json) {
                        (void)json_array_append_new(c->result->findings, json);
                        return;
                }
        }
}

static const char *text_of(const json_t *doc, const char *member)
{
        const char *text = json_string_value(json_object_get(doc, member));

        return text ? text : "";
}

static bool same_text(const json_t *a, const json_t *b, const char *member)
{
        return strcmp(text_of(a, member), text_of(b, member)) == 0;
}

/* A time of the pack and seconds of the log; neither, or the same instant. */
static bool same_time(const json_t *claim, const json_t *detail, const char *member)
{
        const json_t *seconds = json_object_get(detail, member);
        struct thon_wall at;

        if (!json_is_integer(seconds))
                return !*text_of(claim, member);
        return thon_time_parse(NULL, text_of(claim, member), &at) && at.s == json_integer_value(seconds);
}

/* ---- the chain ---- */

static bool read_row(const json_t *row, struct thon_audit_row *ret, const char **ret_before)
{
        static const char *const members[] = {"actor", "action", "object", "detail", "before", "hash"};

        if (!json_is_integer(json_object_get(row, "id")) || !json_is_integer(json_object_get(row, "at")))
                return false;
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
                if (!json_is_string(json_object_get(row, members[i])))
                        return false;
        *ret = (struct thon_audit_row){.id = json_integer_value(json_object_get(row, "id")),
                                       .at = {json_integer_value(json_object_get(row, "at"))},
                                       .actor = text_of(row, "actor"),
                                       .action = text_of(row, "action"),
                                       .object = text_of(row, "object"),
                                       .detail = text_of(row, "detail"),
                                       .hash = text_of(row, "hash")};
        *ret_before = text_of(row, "before");
        return true;
}

/* Only rows of announced speak of its objects. */
static int remember(struct check *c, const struct thon_audit_row *row)
{
        json_t *detail;

        if (strncmp(row->action, "announce-", strlen("announce-")) != 0)
                return 0;
        detail = json_loads(row->detail, 0, NULL);
        return json_object_set_new(c->last, row->object, detail ? detail : json_null()) < 0 ? -ENOMEM : 0;
}

static int check_chain(struct check *c, const char *head)
{
        const json_t *audit = json_object_get(c->pack, "audit"), *rows = json_object_get(audit, "rows"),
                     *one;
        _cleanup_(thon_audit_gaps_done) struct thon_audit_gaps gaps = {0};
        bool head_seen = !head;
        int64_t id = 0;
        size_t i;

        json_array_foreach (rows, i, one) {
                struct thon_audit_row row;
                char hash[THON_DIGEST_TEXT];
                const char *before;
                int r;

                if (!read_row(one, &row, &before)) {
                        found(c, "row %zu of the log is not whole", i + 1);
                        return 0;
                }
                if (i > 0 && (row.id != id + 1 || strcmp(before, c->result->head) != 0)) {
                        found(c, "row %lld of the log does not follow the one before it", (long long)row.id);
                        return 0;
                }
                r = thon_audit_digest(&row, before, hash);
                if (r < 0)
                        return r;
                if (strcmp(hash, row.hash) == 0) {
                        thon_audit_gap_close(&gaps, &row);
                } else {
                        if (!thon_audit_is_blank(&row) || strlen(row.hash) != sizeof(hash) - 1) {
                                found(c, "row %lld of the log does not match its own digest",
                                      (long long)row.id);
                                return 0;
                        }
                        if (thon_audit_gap_open(&gaps, &row) < 0)
                                return -ENOMEM;
                        memcpy(hash, row.hash, sizeof(hash));
                }
                r = remember(c, &row);
                if (r < 0)
                        return r;
                id = row.id;
                memcpy(c->result->head, hash, sizeof(hash));
                head_seen = head_seen || strcasecmp(head, hash) == 0;
                c->result->rows++;
        }
        if (gaps.n > 0)
                found(c, "row %lld of the log was blanked, and no row says by whom",
                      (long long)gaps.rows[0].id);
        if (c->result->rows == 0 || strcmp(text_of(audit, "head"), c->result->head) != 0)
                found(c, "the log does not end with the head that it names");
        if (!head_seen)
                found(c, "the head that was noted before is not in the log");
        return 0;
}

/* ---- what is claimed ---- */

static int check_announcement(struct check *c, const json_t *one)
{
        const char *id = text_of(one, "id");
        const json_t *detail = json_object_get(c->last, id), *form = json_object_get(one, "form");
        _cleanup_free_ char *text = NULL;
        char digest[THON_DIGEST_TEXT];
        size_t before = json_array_size(c->result->findings);
        int r;

        if (!json_is_object(form) || !detail) {
                found(c, "announcement %.63s: the log knows nothing of it", id);
                return 0;
        }
        text = json_dumps(form, JSON_COMPACT | JSON_SORT_KEYS);
        if (!text)
                return -ENOMEM;
        r = thon_digest(text, strlen(text), digest);
        if (r < 0)
                return r;
        if (strcmp(text_of(detail, "form"), digest) != 0)
                found(c, "announcement %.63s: its words, zones or times are not those of the log", id);
        if (!same_text(one, detail, "state"))
                found(c, "announcement %.63s: it is not %.20s by the log", id, text_of(one, "state"));
        if (!same_text(one, detail, "by") || !same_text(one, detail, "approved_by"))
                found(c, "announcement %.63s: by the log others answer for it", id);
        c->result->announcements += json_array_size(c->result->findings) == before;
        return 0;
}

static int check_sound(struct check *c, const json_t *one)
{
        const char *name = text_of(one, "audio"), *digest = text_of(one, "sha256"),
                   *slash = strrchr(name, '/');
        _cleanup_free_ char *path = NULL;
        char now[THON_DIGEST_TEXT];
        int r;

        if (!c->dir || !*name)
                return 0;
        if (asprintf(&path, "%s/%s", c->dir, slash ? slash + 1 : name) < 0)
                return -ENOMEM;
        r = thon_digest_file(path, now, NULL);
        if (r == -ENOMEM)
                return r;
        if (r == -ENOENT)
                c->result->missing++;
        else if (r < 0)
                found(c, "%.200s: %s", path, strerror(-r));
        else if (strcasecmp(now, digest) != 0)
                found(c, "%.200s is not the sound that was aired", path);
        else
                c->result->sounds++;
        return 0;
}

/* Only what sounded, and emergencies, are in the log. */
static bool must_be_logged(const json_t *one)
{
        return *text_of(one, "ended") &&
               (*text_of(one, "began") || strcmp(text_of(one, "class"), "emergency") == 0);
}

static int check_airing(struct check *c, const json_t *one)
{
        static const char *const texts[] = {"announcement", "zone", "class", "state", "reason", "by"};
        long long serial = (long long)json_integer_value(json_object_get(one, "serial"));
        char object[40];
        const json_t *detail;
        bool same = true;

        (void)snprintf(object, sizeof(object), "airing:%lld", serial);
        detail = json_object_get(c->last, object);
        if (!detail && must_be_logged(one)) {
                found(c, "airing %lld: the log knows nothing of it", serial);
                return 0;
        }
        if (!detail)
                return 0;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                same = same && same_text(one, detail, texts[i]);
        same = same && same_time(one, detail, "due") && same_time(one, detail, "began") &&
               json_equal(json_object_get(one, "ms"), json_object_get(detail, "ms"));
        if (!same)
                found(c, "airing %lld: it is not as the log has it", serial);
        else if (*text_of(detail, "sha256") && !same_text(one, detail, "sha256"))
                found(c, "airing %lld: the digest of its sound is not that of the log", serial);
        else
                c->result->airings++;
        /* Each that is met is taken out: what is left was left out of the pack. */
        (void)json_object_del(c->last, object);
        return check_sound(c, one);
}

static int check_alert(struct check *c, const json_t *one)
{
        const char *xml = text_of(one, "xml");
        char object[40], digest[THON_DIGEST_TEXT];
        const json_t *detail;
        int r;

        if (!json_is_true(json_object_get(one, "taken")))
                return 0;
        (void)snprintf(object, sizeof(object), "cap:%lld",
                       (long long)json_integer_value(json_object_get(one, "id")));
        detail = json_object_get(c->last, object);
        r = thon_digest(xml, strlen(xml), digest);
        if (r < 0)
                return r;
        if (!same_text(one, detail, "sender") || !same_text(one, detail, "identifier") ||
            strcmp(text_of(detail, "sha256"), digest) != 0)
                found(c, "alert %.100s: it is not as the log has it", text_of(one, "identifier"));
        else
                c->result->alerts++;
        return 0;
}

static void check_left_out(struct check *c)
{
        const char *object;
        const json_t *detail;

        json_object_foreach (c->last, object, detail) {
                const json_t *due = json_object_get(detail, "due");

                if (strncmp(object, "airing:", 7) == 0 && json_is_integer(due) &&
                    json_integer_value(due) >= c->from.s && json_integer_value(due) < c->to.s)
                        found(c, "airing %.20s is in the log and not in the pack", object + 7);
        }
}

static int each(struct check *c, const char *member, int (*look)(struct check *, const json_t *))
{
        const json_t *list = json_object_get(c->pack, member), *one;
        size_t i;
        int r = 0;

        if (!json_is_array(list))
                found(c, "%s are not there", member);
        json_array_foreach (list, i, one)
                if (r == 0)
                        r = look(c, one);
        return r;
}

static int check_all(struct check *c, const char *head)
{
        int r;

        if (strcmp(text_of(c->pack, "kind"), "thon-announce-evidence-1") != 0 ||
            !thon_time_parse(NULL, text_of(c->pack, "from"), &c->from) ||
            !thon_time_parse(NULL, text_of(c->pack, "to"), &c->to)) {
                found(c, "this is no evidence pack of announcements");
                return 0;
        }
        r = check_chain(c, head);
        if (r == 0)
                r = each(c, "announcements", check_announcement);
        if (r == 0)
                r = each(c, "airings", check_airing);
        if (r == 0)
                r = each(c, "alerts", check_alert);
        if (r == 0)
                check_left_out(c);
        return r;
}

int ctl_pack_check(const json_t *pack, const char *dir, const char *head, struct ctl_pack_result *ret)
{
        struct check c = {.pack = pack, .dir = dir, .result = ret, .last = json_object()};
        int r;

        *ret = (struct ctl_pack_result){.findings = json_array()};
        r = ret->findings && c.last ? check_all(&c, head) : -ENOMEM;
        json_decref(c.last);
        if (r < 0) {
                json_decref(ret->findings);
                ret->findings = NULL;
        }
        return r;
}
