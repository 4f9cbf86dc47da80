/* thonctl store, thonctl audit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "evidence.h"
#include "thon/cleanup.h"

static int init(struct ctl *ctl, int argc, char **argv)
{
        int r;

        (void)argv;
        if (argc > 0)
                return ctl_usage(ctl, "store init takes no arguments");
        r = ctl_open_store(ctl, THON_STORE_CREATE);
        if (r != CTL_OK)
                return r;
        return ctl_done(
                ctl,
                json_pack("{s:s,s:i}", "path", ctl->store_path, "version", thon_store_version(ctl->store)),
                "%s is ready (version %d)", ctl->store_path, thon_store_version(ctl->store));
}

static void tell_finding(void *userdata, const char *finding)
{
        (void)json_array_append_new(userdata, json_string(finding));
}

static int check(struct ctl *ctl, int argc, char **argv)
{
        _cleanup_json_ json_t *findings = json_array();
        size_t i;
        json_t *finding;
        int r;

        (void)argv;
        if (argc > 0)
                return ctl_usage(ctl, "store check takes no arguments");
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_store_check(ctl->store, tell_finding, findings);
        if (r == 0)
                return ctl_done(ctl, json_pack("{s:O}", "findings", findings), "%s is sound",
                                ctl->store_path);
        if (r != THON_STORE_CORRUPT)
                return ctl_fail_store(ctl, r);
        json_array_foreach (findings, i, finding)
                fprintf(stderr, "thonctl: %s\n", json_string_value(finding));
        return ctl_fail(
                ctl, "corrupt",
                "%s is damaged (%zu findings). The last backup in its place: sudo thonctl store restore "
                "--stop",
                ctl->store_path, json_array_size(findings));
}

static int audit_verify(struct ctl *ctl, int argc, char **argv)
{
        const char *head = NULL, *pack = NULL;
        const struct ctl_option options[] = {{"head", &head, NULL}, {"pack", &pack, NULL}};
        struct thon_audit_result result;
        int r;

        r = ctl_options(ctl, argc, argv, options, 2, &argc);
        if (r != CTL_OK)
                return r;
        if (argc > 0 || (head && (strlen(head) != 64 || strspn(head, "0123456789abcdef") != 64)))
                return ctl_usage(
                        ctl, "audit verify takes [--head HASH], 64 hexadecimal digits, and [--pack FILE]");
        if (pack)
                return ctl_evidence_verify(ctl, pack, head);
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r != CTL_OK)
                return r;
        r = thon_audit_verify(ctl->store, head, &result);
        if (r == THON_STORE_CORRUPT)
                return ctl_fail(ctl, "broken-chain", "%s", thon_store_message(ctl->store));
        if (r != 0)
                return ctl_fail_store(ctl, r);
        return ctl_done(ctl, json_pack("{s:I,s:s}", "rows", (json_int_t)result.rows, "head", result.head),
                        "%lld rows, unbroken; head %s", (long long)result.rows, result.head);
}

struct export
{
        struct ctl *ctl;
        json_t *rows;
};

static int export_row(const struct thon_audit_row *row, void *userdata)
{
        struct export *x = userdata;
        char at[THON_TIME_TEXT];
        json_t *doc =
                json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s}", "id", (json_int_t)row->id, "at",
                          thon_time_text(x->ctl->zone, row->at, at), "actor", row->actor, "action",
                          row->action, "object", row->object, "detail", row->detail, "hash", row->hash);

        return doc && json_array_append_new(x->rows, doc) == 0 ? 0 : -ENOMEM;
}

static int audit_export(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"id", "at", "actor", "action", "object", "detail", NULL};
        struct export x = {ctl, json_array()};
        int r;

        (void)argv;
        if (argc > 0)
                r = ctl_usage(ctl, "audit export takes no arguments");
        else if ((r = ctl_zone(ctl)) == CTL_OK && (r = ctl_open_store(ctl, THON_STORE_READ)) == CTL_OK) {
                r = thon_audit_each(ctl->store, 0, export_row, &x);
                if (r == 0)
                        return ctl_print(ctl, x.rows, columns);
                r = ctl_fail_store(ctl, r);
        }
        json_decref(x.rows);
        return r;
}

const struct ctl_command ctl_store_commands[] = {
        {"store init", "", init},
        {"store check", "", check},
        {"audit verify", "[--head HASH] [--pack FILE]", audit_verify},
        {"audit export", "", audit_export},
        {NULL, NULL, NULL},
};
