/* CAP alerts: verified, decided on by the core, and carried out as one: the loudspeakers, the lamps, the notices to
 * households. What was taken or refused is kept with its XML; an alert that comes again with every poll is looked
 * at once. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "announced.h"
#include "cap_intake.h"
#include "known.h"
#include "submit.h"
#include "thon/cap_answer.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define SEEN_MAX     256
#define DIGEST       32
#define LAMPS_MAX_S  43200 /* what lightd takes as an order at once */
#define NOTICE_BYTES 2000

struct announced_alerts {
        struct thon_cap_trust *trust;
        struct cap_intake *intake;
        struct known_alerts known;
        unsigned char seen[SEEN_MAX][DIGEST]; /* whole documents */
        size_t n_seen;
};

static bool seen_before(struct announced_alerts *alerts, const char *xml, size_t size)
{
        unsigned char digest[DIGEST];

        if (EVP_Digest(xml, size, digest, NULL, EVP_sha256(), NULL) != 1)
                return false;
        for (size_t i = 0; i < alerts->n_seen && i < SEEN_MAX; i++)
                if (memcmp(alerts->seen[i], digest, DIGEST) == 0)
                        return true;
        memcpy(alerts->seen[alerts->n_seen++ % SEEN_MAX], digest, DIGEST);
        return false;
}

/* ---- deciding ---- */

static int decide(struct announced *d, const struct thon_cap *cap, enum thon_cap_signed how,
                  const char *signer, struct thon_cap_decision *ret, json_t **ret_answer)
{
        struct thon_air_now now = announced_now(d);
        struct thon_cap_zone zones[THON_ANNOUNCE_ZONES_MAX];
        struct thon_cap_known known[KNOWN_MAX];
        struct thon_cap_commune commune;
        size_t n = known_view(&d->alerts->known, now, known);
        int r;

        thon_cap_commune_of(&d->conf, (struct thon_geo){d->site.lat, d->site.lon}, zones, &commune);
        r = thon_cap_decide(cap, how, &commune, known, n, now.wall, now.trusted, ret);
        if (r < 0)
                return r;
        ret->lamps = ret->lamps && d->conf.cap_lamps;
        ret->notify = ret->notify && d->conf.cap_notify;
        *ret_answer = thon_cap_answer(cap, how, signer, ret, &commune, d->tz);
        return *ret_answer ? 0 : -ENOMEM;
}

/* ---- acting ---- */

static char *reference(const struct announced *d, const struct thon_cap *cap)
{
        char sent[THON_TIME_TEXT], *text;

        thon_time_text(d->tz, cap->sent, sent);
        return asprintf(&text, "%s,%s,%s", cap->sender, cap->identifier, sent) < 0 ? NULL : text;
}

static void name(const char *ref, thon_slug ret)
{
        unsigned char digest[DIGEST] = {0};

        (void)EVP_Digest(ref, strlen(ref), digest, NULL, EVP_sha256(), NULL);
        snprintf(ret, sizeof(thon_slug), "cap-%02x%02x%02x%02x%02x%02x", digest[0], digest[1], digest[2],
                 digest[3], digest[4], digest[5]);
}

static int fill(struct announced *d, const struct thon_cap *cap, const struct thon_cap_decision *decision,
                const char *ref, const char *by, struct thon_announcement *a)
{
        struct thon_wall now = announced_now(d).wall;
        struct thon_wall at = decision->begins.s != THON_WALL_NEVER.s && decision->begins.s > now.s
                                      ? decision->begins
                                      : now;

        *a = (struct thon_announcement){
                .class = decision->class,
                .title = strdup(decision->title ? decision->title : cap->identifier),
                .text = strdup(decision->text),
                .zones = calloc(d->conf.n_zones, sizeof(thon_slug)),
                .schedule = {.kind = decision->repeats > 1 ? THON_AIR_COUNT : THON_AIR_ONCE,
                             .at = at,
                             .count = decision->repeats,
                             .every_s = decision->every_s,
                             .from = INT32_MIN,
                             .until = INT32_MAX},
                .expires = decision->expires,
                .late_s = -1,
                .resume = THON_RESUME_RESTART,
                .chime = true,
                .exercise = decision->exercise,
                .lamps = decision->lamps,
                .notify = decision->notify,
                .cap = strdup(ref),
                .state = THON_ANNOUNCE_APPROVED,
                .by = strdup(by),
                .approved_by = strdup(by),
                .reason = strdup(decision->title ? decision->title : "CAP"),
                .submitted = now,
                .approved = now,
                .ended = THON_WALL_NEVER,
                .planned = THON_WALL_NEVER,
        };
        name(ref, a->id);
        for (size_t i = 0; a->zones && i < d->conf.n_zones; i++)
                if (decision->zones & UINT64_C(1) << i)
                        memcpy(a->zones[a->n_zones++], d->conf.zones[i].id, sizeof(thon_slug));
        if (!a->title || !a->text || !a->zones || !a->cap || !a->by || !a->approved_by || !a->reason) {
                thon_announcement_done(a);
                return -ENOMEM;
        }
        return 0;
}

/* Orders to the other daemons go the way of events: with the broker away they wait, and are told until the alert is over. */
static void order(struct announced *d, const char *topic, json_t *doc)
{
        _cleanup_free_ char *payload = doc ? json_dumps(doc, JSON_COMPACT) : NULL;

        json_decref(doc);
        if (payload)
                thon_outbox_hold(d->outbox, topic, payload);
        else
                thon_error("An order to %s could not be written, and is lost", topic);
}

static void light_up(struct announced *d, const struct announced_item *item)
{
        struct thon_wall now = announced_now(d).wall, until = item->a.expires;

        if (until.s > now.s + LAMPS_MAX_S)
                until.s = now.s + LAMPS_MAX_S;
        order(d, "light/all/set",
              json_pack("{s:b,s:o,s:s,s:s}", "on", 1, "until", announced_time_json(d, until), "reason",
                        "cảnh báo khẩn cấp", "by", "thon-announced"));
}

static json_t *areas(const struct announced *d, const struct announced_item *item)
{
        json_t *all = json_array();

        for (size_t i = 0; all && i < d->conf.n_zones; i++)
                for (size_t j = 0; item->zones & UINT64_C(1) << i && j < d->conf.zones[i].n_areas; j++) {
                        char to[THON_SLUG_MAX + 8];

                        snprintf(to, sizeof(to), "area:%s", d->conf.zones[i].areas[j]);
                        (void)json_array_append_new(all, json_string(to));
                }
        return all;
}

static void notify(struct announced *d, const struct announced_item *item)
{
        json_t *to = areas(d, item);
        size_t n = strlen(item->a.text);

        /* Zones without areas serve everybody. */
        if (json_array_size(to) == 0)
                (void)json_array_append_new(to, json_string("all"));
        if (n > NOTICE_BYTES)
                for (n = NOTICE_BYTES; n > 0 && ((unsigned char)item->a.text[n] & 0xc0) == 0x80; n--)
                        ;
        order(d, "notify/submit",
              json_pack("{s:o,s:s,s:s,s:s%,s:o,s:s,s:s}", "to", to, "class", thon_class_text(item->a.class),
                        "purpose", "emergency", "text", item->a.text, n, "expires",
                        announced_time_json(d, item->a.expires), "key", item->a.id, "by", "thon-announced"));
}

static void tell_taken(struct announced *d, const struct announced_item *item,
                       const struct thon_cap_decision *decision)
{
        char id[THON_SLUG_MAX + 16];

        snprintf(id, sizeof(id), "alert-%s", item->a.id);
        announced_event(d, "announce-alert", id, announced_now(d).wall, true,
                        item->a.class == THON_CLASS_EMERGENCY && !decision->exercise ? "critical" : "info",
                        item->a.id, item->a.title,
                        json_pack("{s:s,s:i,s:b,s:b,s:b,s:b}", "class", thon_class_text(item->a.class),
                                  "level", decision->level, "exercise", decision->exercise, "all_clear",
                                  decision->all_clear, "lamps", item->a.lamps, "notify", item->a.notify));
}

static int act(struct announced *d, const struct thon_cap *cap, const struct thon_cap_decision *decision,
               const char *ref, struct announced_item **ret)
{
        _cleanup_free_ char *by = NULL;
        struct thon_announcement a;
        struct announced_item *item;
        int r;

        if (asprintf(&by, "cap:%.50s", cap->sender) < 0)
                return -ENOMEM;
        r = fill(d, cap, decision, ref, by, &a);
        if (r == 0)
                r = announced_take(d, &a, "thon-announced", &item);
        if (r != 0)
                return r;
        d->looking = true; /* lamps, notices and the event are kept together */
        tell_taken(d, item, decision);
        if (item->a.lamps)
                light_up(d, item);
        if (item->a.notify)
                notify(d, item);
        d->looking = false;
        (void)announced_keep(d, true);
        thon_outbox_flush(d->outbox, d->mqtt);
        *ret = item;
        return 0;
}

/* ---- the way in ---- */

static void keep_row(struct announced *d, const char *xml, size_t size, const struct thon_cap *cap,
                     const struct thon_cap_decision *decision, const char *origin, const char *signer,
                     const char *announcement)
{
        const struct thon_cap_row row = {
                .sender = cap->sender,
                .identifier = cap->identifier,
                .origin = origin,
                .signer = signer ? signer : "",
                .announcement = announcement,
                .reason =
                        decision->refusal == THON_CAP_TAKEN ? "" : thon_cap_refusal_slug(decision->refusal),
                .sent = cap->sent,
                .received = announced_now(d).wall,
                .expires = decision->expires,
                .taken = decision->refusal == THON_CAP_TAKEN,
        };
        int r;

        if (!announced_store(d)) {
                thon_warning("CAP alert %s of %s is not kept as evidence: the store is away",
                             cap->identifier, cap->sender);
                return;
        }
        r = thon_cap_add(d->store, &row, xml, size);
        if (r != 0)
                announced_store_failed(d, r);
}

/* What it ends is ended whatever else is decided, but not before what takes its place is taken. */
static void end_others(struct announced *d, const struct thon_cap *cap,
                       const struct thon_cap_decision *decision, const char *announcement, const char *xml,
                       size_t size, const char *origin, const char *signer)
{
        struct known_alerts *known = &d->alerts->known;
        struct known_alert one = {.sender = cap->sender,
                                  .identifier = cap->identifier,
                                  .sent = cap->sent,
                                  .expires = decision->expires,
                                  .over = decision->all_clear};
        bool before = seen_before(d->alerts, xml, size);
        char actor[64];

        snprintf(actor, sizeof(actor), "cap:%.50s", cap->sender);
        known_end(d, known, decision->ends_known, cap->sent, actor);
        if (decision->closes)
                known_close(known, cap);
        if (*announcement) {
                snprintf(one.announcement, sizeof(one.announcement), "%s", announcement);
                (void)known_add(known, &one);
        }
        if (!before || *announcement)
                keep_row(d, xml, size, cap, decision, origin, signer, announcement);
        if (!before)
                thon_info("CAP alert %s of %s from %s: %s", cap->identifier, cap->sender, origin,
                          *announcement ? announcement : thon_cap_refusal_slug(decision->refusal));
}

/* One document: taken or refused, and *ret (owned) says what is done. -EINVAL, -E2BIG: it is none, `error` says
 * why; else what failed here, and it is to be tried again. `origin` "mqtt", or as cap_intake.h has it. */
static int take_alert(struct announced *d, const char *xml, size_t size, const char *origin, json_t **ret,
                      char error[static 160])
{
        struct thon_air_now now = announced_now(d);
        _cleanup_free_ char *signer = NULL, *ref = NULL;
        struct thon_cap *cap = NULL;
        struct thon_cap_decision decision = {0};
        enum thon_cap_signed how = THON_CAP_UNSIGNED;
        struct announced_item *item = NULL;
        _cleanup_json_ json_t *answer = NULL;
        int r = thon_cap_parse(xml, size, &cap, error);

        if (r < 0)
                return r;
        known_load(d, &d->alerts->known);
        r = thon_cap_verify(xml, size, d->alerts->trust, now.trusted ? now.wall : THON_WALL_NEVER, &how,
                            &signer);
        if (r == 0)
                r = decide(d, cap, how, signer, &decision, &answer);
        if (r == 0 && !(ref = reference(d, cap)))
                r = -ENOMEM;
        if (r == 0 && decision.refusal == THON_CAP_TAKEN)
                r = act(d, cap, &decision, ref, &item);
        if (r == 0) {
                end_others(d, cap, &decision, item ? item->a.id : "", xml, size, origin, signer);
                (void)json_object_set_new(answer, "id", item ? json_string(item->a.id) : json_null());
                announced_look_soon(d);
                *ret = THON_TAKE(answer);
        } else {
                snprintf(error, 160, "it cannot be taken now: %s",
                         r > 0 ? thon_store_error_slug(r) : strerror(-r));
        }
        thon_cap_decision_done(&decision);
        thon_cap_free(cap);
        return r;
}

void announced_alert_command(struct announced *d, const struct thon_mqtt_message *m)
{
        static const char *const members[] = {"xml", NULL};
        _cleanup_json_ json_t *doc = NULL;
        struct thon_json_error error = {""};
        char problem[160] = "";
        const json_t *xml;
        json_t *answer = NULL;
        int r;

        if (m->retained)
                return;
        r = thon_mqtt_command(m, members, &doc, &error);
        xml = json_object_get(doc, "xml");
        if (r == 0 && !json_is_string(xml)) {
                thon_json_fail(&error, "xml", "must be the alert, as text");
                r = -EINVAL;
        }
        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        r = take_alert(d, json_string_value(xml), json_string_length(xml), "mqtt", &answer, problem);
        if (r == 0)
                thon_mqtt_reply_ok(d->mqtt, m, answer);
        else
                thon_mqtt_reply_error(d->mqtt, m, r == -EINVAL || r == -E2BIG ? "invalid" : "store", "%s",
                                      problem);
}

static enum cap_taken on_alert(const char *xml, size_t size, const char *origin, char why[static CAP_WHY],
                               void *userdata)
{
        struct announced *d = userdata;
        char error[160] = "";
        _cleanup_json_ json_t *answer = NULL;
        int r = take_alert(d, xml, size, origin, &answer, error);
        const char *slug;

        if (r == -EINVAL || r == -E2BIG) {
                snprintf(why, CAP_WHY, "không phải bản tin CAP 1.2 hợp lệ: %s", error);
                return CAP_REFUSED;
        }
        if (r != 0)
                return CAP_AGAIN;
        /* What we have or what is not for us is no fault of who sent it. */
        slug = json_string_value(json_object_get(answer, "reason"));
        if (!slug || strcmp(slug, thon_cap_refusal_slug(THON_CAP_REFUSED_KNOWN)) == 0 ||
            strcmp(slug, thon_cap_refusal_slug(THON_CAP_REFUSED_OLD)) == 0 ||
            strcmp(slug, thon_cap_refusal_slug(THON_CAP_REFUSED_AREA)) == 0)
                return CAP_TAKEN;
        snprintf(why, CAP_WHY, "%s", json_string_value(json_object_get(answer, "detail")));
        return CAP_REFUSED;
}

static void on_trouble(const char *origin, const char *problem, void *userdata)
{
        (void)userdata;
        if (problem)
                thon_warning("CAP alerts of %s do not come in: %s", origin, problem);
        else
                thon_info("CAP alerts of %s come in again", origin);
}

static void open_intake(struct announced *d)
{
        static const struct cap_intake_ops ops = {on_alert, on_trouble};
        uint64_t seed = 0;
        struct cap_intake_options options = {.event = d->event,
                                             .clock = d->clock,
                                             .http = d->http,
                                             .inbox = d->conf.cap_inbox,
                                             .polls = (const char *const *)d->conf.polls,
                                             .n_polls = d->conf.n_polls,
                                             .poll_s = d->conf.poll_s};
        int r;

        (void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
        options.seed = seed;
        d->alerts->intake = cap_intake_free(d->alerts->intake);
        r = cap_intake_new(&options, &ops, d, &d->alerts->intake);
        if (r < 0)
                thon_error("CAP alerts come in over MQTT alone: %s", strerror(-r));
}

void announced_alerts_conf(struct announced *d)
{
        struct thon_cap_trust *trust = NULL;
        char error[160] = "";
        int r = d->conf.cap_certificates ? thon_cap_trust_load(d->conf.cap_certificates, &trust, error)
                                         : -ENOENT;

        if (*error && r != -ENOENT)
                thon_warning("CAP certificates: %s", error);
        if (r < 0 && r != -ENOENT && !*error)
                thon_warning("CAP certificates of %s cannot be read (%s): signed alerts are refused",
                             d->conf.cap_certificates, strerror(-r));
        thon_cap_trust_free(d->alerts->trust);
        d->alerts->trust = trust;
        open_intake(d);
}

int announced_alerts_start(struct announced *d)
{
        d->alerts = calloc(1, sizeof(*d->alerts));
        if (!d->alerts)
                return -ENOMEM;
        announced_alerts_conf(d);
        return 0;
}

void announced_alerts_stop(struct announced *d)
{
        struct announced_alerts *alerts = d->alerts;

        if (!alerts)
                return;
        known_done(&alerts->known);
        cap_intake_free(alerts->intake);
        thon_cap_trust_free(alerts->trust);
        free(alerts);
        d->alerts = NULL;
}
