/* thonctl announce cap: an alert from a file, to the daemon, or only looked at. A dry run needs no daemon and no
 * store, and is computed by the code that will act. What an Update or a Cancel refers to is taken for known there:
 * the question is what would be done then. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "thon/cap_answer.h"
#include "thon/cleanup.h"

#define DAEMON      "thon-announced"
#define MESSAGE_MAX 65536 /* bytes of a payload, see docs/mqtt-api.md */
#define KNOWN_MAX   64

THON_DEFINE_CLEANUP(struct thon_cap *, thon_cap_free)
THON_DEFINE_CLEANUP(struct thon_cap_trust *, thon_cap_trust_free)

static const char *refusal_text(const char *slug)
{
        for (int i = THON_CAP_TAKEN + 1; slug && i <= THON_CAP_REFUSED_PAST; i++)
                if (strcmp(slug, thon_cap_refusal_slug((enum thon_cap_refusal)i)) == 0)
                        return thon_cap_refusal_text((enum thon_cap_refusal)i);
        return "";
}

/* The document for machines, the reason on standard error, and the exit status. */
static int conclude(struct ctl *ctl, json_t *answer)
{
        _cleanup_json_ json_t *doc = answer;
        bool accepted = json_is_true(json_object_get(doc, "accepted"));
        const char *reason, *detail;

        if (!doc)
                return ctl_fail(ctl, "memory", "out of memory");
        reason = json_string_value(json_object_get(doc, "reason"));
        detail = json_string_value(json_object_get(doc, "detail"));
        if (!accepted)
                fprintf(stderr, "thonctl: refused (%s): %s\n", reason ? reason : "?",
                        detail ? detail : refusal_text(reason));
        if (accepted || ctl->json)
                (void)ctl_print(ctl, json_incref(doc), NULL);
        return accepted ? CTL_OK : CTL_FAILED;
}

/* What is wrong with the configuration as such is check-config's to tell. */
static void tell_error(void *userdata, bool is_error, const char *text)
{
        if (is_error)
                ctl_tell_conf(userdata, is_error, text);
}

/* Nobody is trusted where there is no directory; what cannot be read in it is only told. */
static int load_trust(struct ctl *ctl, const struct thon_announced_conf *conf, struct thon_cap_trust **ret)
{
        char error[160] = "";
        int r = thon_cap_trust_load(conf->cap_certificates, ret, error);

        if (r == -ENOMEM)
                return ctl_fail(ctl, "memory", "out of memory");
        if (*error && !(r == -ENOENT && conf->cap_unsigned))
                fprintf(stderr, "thonctl: warning: certificates: %s\n", error);
        return CTL_OK;
}

static int decide(struct ctl *ctl, const struct thon_announced_conf *conf, const struct thon_cap *cap,
                  const char *xml, size_t size, json_t **ret)
{
        _cleanup_(thon_cap_trust_freep) struct thon_cap_trust *trust = NULL;
        struct thon_cap_zone zones[THON_ANNOUNCE_ZONES_MAX];
        struct thon_geo site = {ctl->site.lat, ctl->site.lon};
        struct thon_cap_known known[KNOWN_MAX];
        struct thon_cap_decision decision;
        struct thon_cap_commune commune;
        enum thon_cap_signed how;
        _cleanup_free_ char *signer = NULL;
        size_t n = 0;
        int r = load_trust(ctl, conf, &trust);

        if (r != CTL_OK)
                return r;
        for (size_t i = 0; i < cap->n_references && n < KNOWN_MAX; i++)
                known[n++] = (struct thon_cap_known){.sender = cap->references[i].sender,
                                                     .identifier = cap->references[i].identifier,
                                                     .sent = cap->references[i].sent};
        thon_cap_commune_of(conf, site, zones, &commune);
        r = thon_cap_verify(xml, size, trust, ctl->now, &how, &signer);
        if (r == 0)
                r = thon_cap_decide(cap, how, &commune, known, n, ctl->now, true, &decision);
        if (r < 0)
                return ctl_fail(ctl, "io", "%s", strerror(-r));
        decision.lamps = decision.lamps && conf->cap_lamps;
        decision.notify = decision.notify && conf->cap_notify;
        *ret = thon_cap_answer(cap, how, signer, &decision, &commune, ctl->zone);
        thon_cap_decision_done(&decision);
        return CTL_OK;
}

static int dry_run(struct ctl *ctl, const struct thon_cap *cap, const char *xml, size_t size, const char *at)
{
        struct thon_conf_report report = {.tell = tell_error};
        struct thon_announced_conf conf = {0};
        json_t *answer = NULL;
        int r = ctl_zone(ctl);

        if (r != CTL_OK)
                return r;
        if (at && !thon_time_parse(ctl->zone, at, &ctl->now))
                return ctl_usage(ctl, "--at takes a time, not \"%s\"", at);
        r = thon_announced_conf_read(ctl->config_dir, &conf, &report);
        r = r < 0 ? ctl_fail(ctl, "config", "%s/announced.conf cannot be used: %s", ctl->config_dir,
                             strerror(-r))
                  : decide(ctl, &conf, cap, xml, size, &answer);
        thon_announced_conf_done(&conf);
        return r == CTL_OK ? conclude(ctl, answer) : r;
}

static int send(struct ctl *ctl, const char *xml, size_t size)
{
        json_t *text = json_stringn(xml, size), *payload, *reply = NULL;
        int r;

        if (!text)
                return ctl_fail(ctl, "encoding", "the file is not UTF-8; put it into the inbox instead");
        payload = json_pack("{s:o}", "xml", text);
        if (!payload)
                return ctl_fail(ctl, "memory", "out of memory");
        if (json_dumpb(payload, NULL, 0, JSON_COMPACT) > MESSAGE_MAX) {
                json_decref(payload);
                return ctl_fail(ctl, "too-large",
                                "the alert is larger than a message may be; put it into the inbox instead");
        }
        r = ctl_call(ctl, "announce/cap", payload, DAEMON, &reply);
        if (r != CTL_OK)
                return r;
        (void)json_object_del(reply, "ok");
        return conclude(ctl, reply);
}

static int cap(struct ctl *ctl, int argc, char **argv)
{
        _cleanup_(thon_cap_freep) struct thon_cap *alert = NULL;
        _cleanup_free_ char *xml = NULL;
        const char *at = NULL;
        bool dry = false;
        const struct ctl_option options[] = {{"dry-run", NULL, &dry}, {"at", &at, NULL}};
        char error[160];
        size_t size;
        int r = ctl_options(ctl, argc, argv, options, 2, &argc);

        if (r != CTL_OK)
                return r;
        if (argc != 1)
                return ctl_usage(ctl, "announce cap takes a file, or - for standard input");
        if (at && !dry)
                return ctl_usage(ctl, "--at goes with --dry-run only");
        r = ctl_read(ctl, argv[0], THON_CAP_MAX, &xml, &size);
        if (r != CTL_OK)
                return r;
        r = thon_cap_parse(xml, size, &alert, error);
        if (r == -ENOMEM)
                return ctl_fail(ctl, "memory", "out of memory");
        if (r < 0)
                return conclude(ctl, thon_cap_answer_invalid(error));
        return dry ? dry_run(ctl, alert, xml, size, at) : send(ctl, xml, size);
}

const struct ctl_command ctl_announce_cap_commands[] = {
        {"announce cap", "FILE|- [--dry-run [--at TIME]]", cap},
        {NULL, NULL, NULL},
};
