/* thonctl announce evidence: what was aired, who answers for it, and the audit log that proves it, in one file for
 * an inspector; thonctl audit verify --pack checks it, there or anywhere. */
#include "announce.h"

#include <errno.h>
#include <string.h>

#include "audit_pack.h"
#include "evidence.h"
#include "thon/cleanup.h"
#include "thon/digest.h"

#define PACK_MAX ((size_t)256 * 1024 * 1024)

/* Where announced gave no digest, the one of the file as it is now. */
static int add_digests(struct ctl *ctl, json_t *pack, size_t *ret_files)
{
        _cleanup_free_ char *dir = NULL;
        json_t *one;
        size_t i, n = 0;
        int r = ctl_announce_dir(ctl, "aired", &dir);

        if (r != CTL_OK)
                return r;
        json_array_foreach (json_object_get(pack, "airings"), i, one) {
                const char *name = json_string_value(json_object_get(one, "audio")),
                           *known = json_string_value(json_object_get(one, "sha256"));
                _cleanup_free_ char *path = NULL;
                char digest[THON_DIGEST_TEXT];

                if (!name || !*name)
                        continue;
                n++;
                if (known && *known)
                        continue;
                if (asprintf(&path, "%s/%s", dir, name) < 0)
                        return ctl_fail(ctl, "memory", "out of memory");
                r = thon_digest_file(path, digest, NULL);
                if (r < 0)
                        fprintf(stderr, "thonctl: %s: %s\n", path, strerror(-r));
                else
                        (void)json_object_set_new(one, "sha256", json_string(digest));
        }
        *ret_files = n;
        return CTL_OK;
}

static int write_pack(struct ctl *ctl, const char *file, struct thon_wall from, struct thon_wall to)
{
        _cleanup_json_ json_t *pack = NULL;
        const char *head;
        size_t files = 0, airings;
        int r = thon_announce_evidence(ctl->store, from, to, &pack);

        if (r != 0)
                return ctl_fail_store(ctl, r);
        (void)json_object_set_new(pack, "site", json_string(ctl->site.id));
        (void)json_object_set_new(pack, "made", ctl_announce_time(ctl, ctl->now));
        (void)json_object_set_new(pack, "made_by", json_string(ctl->by));
        r = add_digests(ctl, pack, &files);
        if (r != CTL_OK)
                return r;
        r = thon_json_write_file(file, pack, 0640);
        if (r < 0)
                return ctl_fail(ctl, "io", "%s: %s", file, strerror(-r));
        airings = json_array_size(json_object_get(pack, "airings"));
        head = json_string_value(json_object_get(json_object_get(pack, "audit"), "head"));
        return ctl_done(ctl,
                        json_pack("{s:s,s:I,s:I,s:s}", "file", file, "airings", (json_int_t)airings,
                                  "sounds", (json_int_t)files, "head", head ? head : ""),
                        "%s has %zu airings, %zu of them with their sound below announce/aired of the state "
                        "directory; put those files beside it. Head of the log: %s",
                        file, airings, files, head ? head : "");
}

static int evidence(struct ctl *ctl, int argc, char **argv)
{
        const char *from = NULL, *to = NULL;
        const struct ctl_option options[] = {{"from", &from, NULL}, {"to", &to, NULL}};
        struct thon_wall begin, end;
        int r = ctl_options(ctl, argc, argv, options, 2, &argc);

        if (r != CTL_OK)
                return r;
        if (argc != 1)
                return ctl_usage(ctl, "announce evidence takes the FILE that it writes");
        r = ctl_zone(ctl);
        if (r == CTL_OK)
                r = ctl_announce_span(ctl, from, to, 31, &begin, &end);
        if (r == CTL_OK)
                r = ctl_announce_open(ctl);
        return r == CTL_OK ? write_pack(ctl, argv[0], begin, end) : r;
}

int ctl_evidence_verify(struct ctl *ctl, const char *file, const char *head)
{
        _cleanup_json_ json_t *pack = NULL, *findings = NULL;
        _cleanup_free_ char *dir = NULL;
        const char *slash = strrchr(file, '/');
        struct ctl_pack_result result;
        struct thon_json_error error;
        const json_t *finding;
        size_t i;
        int r = thon_json_read_file(file, PACK_MAX, &pack, &error);

        if (r < 0)
                return ctl_fail(ctl, "file", "%s", error.text);
        dir = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
        r = dir ? ctl_pack_check(pack, dir, head, &result) : -ENOMEM;
        if (r < 0)
                return ctl_fail(ctl, "memory", "%s", strerror(-r));
        findings = result.findings;
        json_array_foreach (findings, i, finding)
                fprintf(stderr, "thonctl: %s\n", json_string_value(finding));
        if (json_array_size(findings) > 0)
                return ctl_fail(ctl, "broken-pack", "%s does not hold: %s", file,
                                json_string_value(json_array_get(findings, 0)));
        return ctl_done(
                ctl,
                json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:s}", "rows", (json_int_t)result.rows, "announcements",
                          (json_int_t)result.announcements, "airings", (json_int_t)result.airings, "alerts",
                          (json_int_t)result.alerts, "sounds", (json_int_t)result.sounds, "missing",
                          (json_int_t)result.missing, "head", result.head),
                "%zu rows of the log, unbroken; %zu announcements and %zu airings as the log has them; "
                "%zu sound files as they were aired, %zu not beside it; head %s",
                result.rows, result.announcements, result.airings, result.sounds, result.missing,
                result.head);
}

const struct ctl_command ctl_announce_evidence_commands[] = {
        {"announce evidence", "FILE [--from T] [--to T]", evidence},
        {NULL, NULL, NULL},
};
