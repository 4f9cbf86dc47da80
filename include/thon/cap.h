/* CAP 1.2 (OASIS, 2010) alerts: what came in, whether this commune takes it, and what it does then. Pure but for
 * the reading of XML and of signatures (src/platform/cap_xml.c, cap_signature.c). */
#pragma once

#include "thon/class.h"
#include "thon/slug.h"
#include "thon/time.h"

enum thon_cap_status { THON_CAP_ACTUAL, THON_CAP_EXERCISE, THON_CAP_SYSTEM, THON_CAP_TEST, THON_CAP_DRAFT };
enum thon_cap_msg { THON_CAP_ALERT, THON_CAP_UPDATE, THON_CAP_CANCEL, THON_CAP_ACK, THON_CAP_ERROR };
enum thon_cap_scope { THON_CAP_PUBLIC, THON_CAP_RESTRICTED, THON_CAP_PRIVATE };
enum thon_cap_urgency {
        THON_CAP_IMMEDIATE,
        THON_CAP_EXPECTED,
        THON_CAP_FUTURE,
        THON_CAP_PAST,
        THON_CAP_URGENCY_UNKNOWN
};
enum thon_cap_severity {
        THON_CAP_EXTREME,
        THON_CAP_SEVERE,
        THON_CAP_MODERATE,
        THON_CAP_MINOR,
        THON_CAP_SEVERITY_UNKNOWN
};
enum thon_cap_certainty {
        THON_CAP_OBSERVED,
        THON_CAP_LIKELY,
        THON_CAP_POSSIBLE,
        THON_CAP_UNLIKELY,
        THON_CAP_CERTAINTY_UNKNOWN
};
/* Bits of thon_cap_info.response and .category, in the order of the standard. */
enum thon_cap_response {
        THON_CAP_SHELTER = 1 << 0,
        THON_CAP_EVACUATE = 1 << 1,
        THON_CAP_PREPARE = 1 << 2,
        THON_CAP_EXECUTE = 1 << 3,
        THON_CAP_AVOID = 1 << 4,
        THON_CAP_MONITOR = 1 << 5,
        THON_CAP_ASSESS = 1 << 6,
        THON_CAP_ALL_CLEAR = 1 << 7,
        THON_CAP_NONE = 1 << 8
};

struct thon_geo {
        double lat, lon; /* degrees, WGS 84 */
};
struct thon_cap_polygon {
        size_t n;
        struct thon_geo *points; /* owned; the last is the first again, n >= 4 */
};
struct thon_cap_circle {
        struct thon_geo centre;
        double radius_km;
};
struct thon_cap_pair {
        char *name, *value; /* owned */
};
struct thon_cap_area {
        char *description; /* owned */
        size_t n_polygons, n_circles, n_geocodes;
        struct thon_cap_polygon *polygons;
        struct thon_cap_circle *circles;
        struct thon_cap_pair *geocodes; /* valueName, value */
};
struct thon_cap_info {
        char *language; /* never NULL: "en-US" is the standard's default */
        char *event, *headline, *description, *instruction, *sender_name, *audience; /* NULL: none */
        unsigned category, response;                                                 /* bits */
        enum thon_cap_urgency urgency;
        enum thon_cap_severity severity;
        enum thon_cap_certainty certainty;
        struct thon_wall effective, onset, expires; /* NEVER: not given */
        size_t n_parameters, n_event_codes, n_areas;
        struct thon_cap_pair *parameters, *event_codes;
        struct thon_cap_area *areas;
};
struct thon_cap_reference {
        char *sender, *identifier;
        struct thon_wall sent;
};
struct thon_cap {
        char *identifier, *sender, *source, *restriction, *addresses, *note; /* the first two never NULL */
        struct thon_wall sent;
        enum thon_cap_status status;
        enum thon_cap_msg msg;
        enum thon_cap_scope scope;
        size_t n_references, n_infos;
        struct thon_cap_reference *references;
        struct thon_cap_info *infos;
};
struct thon_cap *thon_cap_free(struct thon_cap *cap);

/* The words of the standard, by the values of the enums above (of RESPONSE and CATEGORY the number of the bit). */
enum thon_cap_list {
        THON_CAP_LIST_STATUS,
        THON_CAP_LIST_MSG,
        THON_CAP_LIST_SCOPE,
        THON_CAP_LIST_URGENCY,
        THON_CAP_LIST_SEVERITY,
        THON_CAP_LIST_CERTAINTY,
        THON_CAP_LIST_RESPONSE,
        THON_CAP_LIST_CATEGORY,
        THON_CAP_LISTS
};
const char *thon_cap_word(enum thon_cap_list list, unsigned value); /* NULL: there is no such value */
/* Whatever its case: senders err in it, and an "extreme" must not be lost by a letter. -1: no such word. */
int thon_cap_word_find(enum thon_cap_list list, const char *word);

/* ---- src/platform/cap_xml.c ---- */
#define THON_CAP_MAX 524288 /* bytes of XML */
/* No entities, no DTD, no network; depth, numbers of elements and points bounded. 0; -EINVAL with a sentence in
 * `error` (English, which element and what is wrong); -E2BIG; -ENOMEM. */
int thon_cap_parse(const char *xml, size_t size, struct thon_cap **ret, char error[static 160]);

/* ---- src/platform/cap_feed.c: what a poll brings: an alert, or an Atom or RSS feed of links to alerts ---- */
#define THON_CAP_LINKS_MAX 64
struct thon_cap_link {
        char *url;     /* as it stands there, may be relative; owned */
        char *version; /* "updated" or "pubDate" of the entry, as it stands there; "" none; owned */
};
enum thon_cap_document { THON_CAP_DOCUMENT_ALERT, THON_CAP_DOCUMENT_FEED };
/* Of a feed the first THON_CAP_LINKS_MAX entries that have a link; of an alert none (it is not looked at further).
 * Limits and errors as thon_cap_parse(); -EINVAL also where it is neither. Ended with thon_cap_links_free(), which
 * returns NULL. */
int thon_cap_feed_parse(const char *xml, size_t size, enum thon_cap_document *ret_kind,
                        struct thon_cap_link **ret, size_t *ret_n, char error[static 160]);
struct thon_cap_link *thon_cap_links_free(struct thon_cap_link *links, size_t n);

/* ---- src/platform/cap_signature.c: enveloped XML signature over the whole alert ---- */
enum thon_cap_signed {
        THON_CAP_SIGNED,   /* by the holder of a key that stands in the directory */
        THON_CAP_UNSIGNED, /* there is no signature */
        THON_CAP_BAD, /* there is one, and it is wrong, covers something else, or uses a method that is not allowed */
        THON_CAP_STRANGER, /* right, but by a certificate that is not ours, or is out of date */
};
struct thon_cap_trust;
/* Every *.pem and *.crt of a directory; one that cannot be read is told in `error`, and the others are used. 0,
 * -ENOENT, -ENOMEM, -EINVAL (none could be read). */
int thon_cap_trust_load(const char *directory, struct thon_cap_trust **ret, char error[static 160]);
struct thon_cap_trust *thon_cap_trust_free(struct thon_cap_trust *trust);
/* `trust` NULL: nobody is known. `ret_signer`: subject of the certificate, owned; NULL when it is not SIGNED or
 * STRANGER. `at` judges validity; NEVER: the clock is not trusted, and dates are not looked at. */
int thon_cap_verify(const char *xml, size_t size, const struct thon_cap_trust *trust, struct thon_wall at,
                    enum thon_cap_signed *ret, char **ret_signer);

/* ---- src/core/announce/cap_*.c: what this commune does about it ---- */

/* One alert that was seen before, by (sender, identifier, sent); for Update, Cancel and repeats. The shell keeps
 * what was taken; and, as `over`, what a message that came refers to and that has not come itself: it may still
 * come, late. */
struct thon_cap_known {
        const char *sender, *identifier;
        struct thon_wall sent;
        bool over; /* cancelled, replaced or expired */
        /* `sent` of the message that replaced or cancelled it. 0: none did, or it is not known. */
        struct thon_wall ended_by;
};
/* A zone of loudspeakers, as far as an alert can mean it. */
struct thon_cap_zone {
        const char *id;
        bool placed; /* it has a place; else the commune's counts */
        struct thon_geo place;
        double reach_km; /* heard within */
};
struct thon_cap_commune {
        const char *const *geocodes; /* "VN:16012": valueName:value, or the value alone */
        size_t n_geocodes;
        struct thon_geo place; /* the site's */
        double reach_km;       /* of the commune, where zones have no place */
        const struct thon_cap_zone *zones;
        size_t n_zones;
        const char *languages[4]; /* best first: "vi-VN" */
        bool unsigned_accepted;
        bool tests_aired; /* status Test; default they are kept in the log only */
};

enum thon_cap_refusal {
        THON_CAP_TAKEN,
        THON_CAP_REFUSED_UNSIGNED,
        THON_CAP_REFUSED_SIGNATURE, /* BAD */
        THON_CAP_REFUSED_STRANGER,
        THON_CAP_REFUSED_DRAFT,
        THON_CAP_REFUSED_SYSTEM,    /* status System: noted, not aired */
        THON_CAP_REFUSED_TEST,      /* status Test, and tests are not aired here */
        THON_CAP_REFUSED_SCOPE,     /* Private or Restricted: not for everybody's ears */
        THON_CAP_REFUSED_MSG,       /* Ack, Error */
        THON_CAP_REFUSED_KNOWN,     /* the same again */
        THON_CAP_REFUSED_OLD,       /* an Update or Alert older than what replaced it */
        THON_CAP_REFUSED_REFERENCE, /* a Cancel of nothing that we know, or of another sender's alert */
        THON_CAP_REFUSED_EXPIRED,
        THON_CAP_REFUSED_FUTURE, /* sent more than some minutes ahead of a trusted clock */
        THON_CAP_REFUSED_AREA,
        THON_CAP_REFUSED_LANGUAGE, /* no text in a language that is read here */
        THON_CAP_REFUSED_EMPTY,    /* no info, nothing to say */
        THON_CAP_REFUSED_PAST,     /* urgency Past, severity Minor and no instruction: nothing to be done */
};
const char *thon_cap_refusal_slug(enum thon_cap_refusal refusal);
const char *thon_cap_refusal_text(enum thon_cap_refusal refusal); /* Vietnamese */

/* What is done. Disaster levels 1..5 of QĐ 18/2021/QĐ-TTg; the table severity -> level -> class is in cap_map.c and
 * docs/cap.md. Of several infos the best language; several in that language are several alerts in one: the worst of
 * those that mean us speaks first. Class, level and zones are then the highest and the sum of theirs. */
struct thon_cap_decision {
        enum thon_cap_refusal refusal;
        /* Of an exercise or an all-clear at most priority: neither breaks the quiet of a night. */
        enum thon_class class;
        int level;     /* 1..5; 0 not known */
        bool exercise; /* it is for practice (status Exercise or Test): said before and after */
        /* Cancel or AllClear: said as such. */
        bool all_clear;
        /* All lamps on: an evacuation, or level 4 and 5 that is there or near, in darkness or not. */
        bool lamps;
        bool notify;        /* to the households of the zones as well */
        uint64_t zones;     /* bits, by index of the commune's zones */
        char *title, *text; /* owned; Vietnamese, as it will be said before normalisation */
        /* begins: when it may air first: `effective` where that is ahead, else now (what is to come is told before its onset);
         * expires: never NEVER (default sent + 24 h). */
        struct thon_wall begins, expires;
        /* How often it airs in all (>= 1), and how far apart: Immediate more often. */
        unsigned repeats, every_s;
        /* Bits, by index of `known`: what it replaces or cancels, from now on over with ended_by = its `sent`. To
         * be done whatever the refusal: an update that no longer means us has ended the alert that did. */
        uint64_t ends_known;
        /* It may be believed as to what it refers to: of its references to alerts of its own sender the shell keeps
         * those that it does not know yet as known and over, ended_by = its `sent`. */
        bool closes;
};
/* 0 or -ENOMEM; a refused one has neither title nor text. `known` at most 64: the latest. Only an alert's own
 * sender ends it, and only by what was sent later. While the clock is not trusted, no date is a reason to refuse. */
int thon_cap_decide(const struct thon_cap *cap, enum thon_cap_signed how,
                    const struct thon_cap_commune *commune, const struct thon_cap_known *known,
                    size_t n_known, struct thon_wall now, bool clock_trusted, struct thon_cap_decision *ret);
void thon_cap_decision_done(struct thon_cap_decision *decision);
