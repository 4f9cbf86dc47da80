/* CAP 1.2 out of XML.
 *
 * Strict where an alert could be misread (one value twice, a word that the standard does not have, a time without
 * its offset, the elements of another version), since what is misread is said over loudspeakers; patient where the
 * meaning is plain (the case of a word, "Z" for "-00:00", a polygon that was left open, blanks in a sender's name),
 * since what is refused is not said at all. Elements that this programme has no use for (resources, extensions, the
 * signature) are passed over. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cap_element.h"
#include "thon/cleanup.h"
#include "thon/zone.h"

THON_DEFINE_CLEANUP(struct thon_cap *, thon_cap_free)
THON_DEFINE_CLEANUP(xmlDoc *, xmlFreeDoc)

/* ---- places ---- */

/* A decimal fraction as people write it: no exponent, no hexadecimal, no "nan". */
static bool number(const char **p, char until, double *ret)
{
        const char *s = *p;
        bool minus = *s == '-', digits = false;
        double value = 0, part = 1;

        if (*s == '-' || *s == '+')
                s++;
        for (; *s >= '0' && *s <= '9'; s++, digits = true)
                value = value * 10 + (*s - '0');
        if (*s == '.')
                for (s++; *s >= '0' && *s <= '9'; s++, digits = true)
                        value += (*s - '0') * (part /= 10);
        if (!digits || *s != until)
                return false;
        *ret = minus ? -value : value;
        *p = s + 1;
        return true;
}

/* "21.03,105.85"; `token` ends with a NUL. */
static bool place(const char **token, struct thon_geo *ret)
{
        return number(token, ',', &ret->lat) && number(token, '\0', &ret->lon) && ret->lat >= -90 &&
               ret->lat <= 90 && ret->lon >= -180 && ret->lon <= 180;
}

static int polygon(struct cap_reader *reader, const xmlNode *node, struct thon_cap_polygon *ret)
{
        _cleanup_free_ char *text = NULL;
        char *rest, *token, buf[CAP_SHOWN];
        size_t room = 1; /* for the first again */
        int r = cap_text(reader, node, &text);

        if (r < 0)
                return r;
        if (!text)
                return cap_fail(reader, node, "is empty");
        for (const char *p = text; *(p += strspn(p, CAP_BLANKS)); p += strcspn(p, CAP_BLANKS))
                room++;
        ret->points = calloc(room, sizeof *ret->points);
        if (!ret->points)
                return -ENOMEM;
        rest = text;
        while ((token = strsep(&rest, CAP_BLANKS))) {
                const char *p = token;

                if (!*token)
                        continue;
                if (!place(&p, &ret->points[ret->n++]))
                        return cap_fail(reader, node, "\"%s\" is no \"latitude,longitude\"",
                                        cap_shown(token, buf));
        }
        if (ret->n < 3)
                return cap_fail(reader, node, "has fewer than three points");
        if (ret->points[0].lat != ret->points[ret->n - 1].lat ||
            ret->points[0].lon != ret->points[ret->n - 1].lon)
                ret->points[ret->n++] = ret->points[0];
        return ret->n < 4 ? cap_fail(reader, node, "has fewer than three points") : 0;
}

static int circle(struct cap_reader *reader, const xmlNode *node, struct thon_cap_circle *ret)
{
        _cleanup_free_ char *text = NULL;
        char *radius, buf[CAP_SHOWN];
        const char *p;
        int r = cap_text(reader, node, &text);

        if (r < 0)
                return r;
        if (!text)
                return cap_fail(reader, node, "is empty");
        radius = text + strcspn(text, CAP_BLANKS);
        if (*radius)
                *radius++ = '\0';
        radius += strspn(radius, CAP_BLANKS);
        p = text;
        if (!place(&p, &ret->centre))
                return cap_fail(reader, node, "\"%s\" is no \"latitude,longitude\"", cap_shown(text, buf));
        p = radius;
        if (!number(&p, '\0', &ret->radius_km) || ret->radius_km < 0)
                return cap_fail(reader, node, "\"%s\" is no radius in kilometres", cap_shown(radius, buf));
        return 0;
}

static int area(struct cap_reader *reader, const xmlNode *node, struct thon_cap_area *ret)
{
        size_t polygons = cap_count(node, "polygon"), circles = cap_count(node, "circle");
        int r = cap_child_text(reader, node, "areaDesc", true, &ret->description);

        if (r < 0)
                return r;
        ret->polygons = calloc(polygons + 1, sizeof *ret->polygons);
        ret->circles = calloc(circles + 1, sizeof *ret->circles);
        if (!ret->polygons || !ret->circles)
                return -ENOMEM;
        for (const xmlNode *p = node->children; r == 0 && (p = cap_next(p, "polygon")); p = p->next)
                r = polygon(reader, p, &ret->polygons[ret->n_polygons++]);
        for (const xmlNode *p = node->children; r == 0 && (p = cap_next(p, "circle")); p = p->next)
                r = circle(reader, p, &ret->circles[ret->n_circles++]);
        return r < 0 ? r : cap_pairs(reader, node, "geocode", &ret->geocodes, &ret->n_geocodes);
}

/* ---- the alert ---- */

static int info(struct cap_reader *reader, const xmlNode *node, struct thon_cap_info *ret)
{
        const struct {
                const char *name;
                bool required;
                char **to;
        } texts[] = {
                {"language", false, &ret->language},       {"event", true, &ret->event},
                {"headline", false, &ret->headline},       {"description", false, &ret->description},
                {"instruction", false, &ret->instruction}, {"senderName", false, &ret->sender_name},
                {"audience", false, &ret->audience},
        };
        unsigned urgency, severity, certainty;
        size_t areas = cap_count(node, "area");
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof texts / sizeof *texts; i++)
                r = cap_child_text(reader, node, texts[i].name, texts[i].required, texts[i].to);
        if (r == 0 && !ret->language && !(ret->language = strdup("en-US")))
                r = -ENOMEM;
        if (r == 0)
                r = cap_child_words(reader, node, "category", THON_CAP_LIST_CATEGORY, &ret->category);
        if (r == 0 && !ret->category)
                r = cap_fail(reader, node, "has no <category>");
        if (r == 0)
                r = cap_child_words(reader, node, "responseType", THON_CAP_LIST_RESPONSE, &ret->response);
        if (r == 0)
                r = cap_child_word(reader, node, "urgency", THON_CAP_LIST_URGENCY, &urgency);
        if (r == 0)
                r = cap_child_word(reader, node, "severity", THON_CAP_LIST_SEVERITY, &severity);
        if (r == 0)
                r = cap_child_word(reader, node, "certainty", THON_CAP_LIST_CERTAINTY, &certainty);
        if (r == 0)
                r = cap_child_time(reader, node, "effective", false, &ret->effective);
        if (r == 0)
                r = cap_child_time(reader, node, "onset", false, &ret->onset);
        if (r == 0)
                r = cap_child_time(reader, node, "expires", false, &ret->expires);
        if (r == 0)
                r = cap_pairs(reader, node, "parameter", &ret->parameters, &ret->n_parameters);
        if (r == 0)
                r = cap_pairs(reader, node, "eventCode", &ret->event_codes, &ret->n_event_codes);
        if (r < 0)
                return r;
        ret->urgency = (enum thon_cap_urgency)urgency;
        ret->severity = (enum thon_cap_severity)severity;
        ret->certainty = (enum thon_cap_certainty)certainty;
        ret->areas = calloc(areas + 1, sizeof *ret->areas);
        if (!ret->areas)
                return -ENOMEM;
        for (const xmlNode *p = node->children; r == 0 && (p = cap_next(p, "area")); p = p->next)
                r = area(reader, p, &ret->areas[ret->n_areas++]);
        return r;
}

/* "sender,identifier,sent" */
static bool reference(char *text, struct thon_cap_reference *ret)
{
        char *identifier = strchr(text, ','), *sent = strrchr(text, ',');

        if (!identifier || identifier == sent || identifier == text ||
            !thon_time_parse(NULL, sent + 1, &ret->sent))
                return false;
        *identifier++ = '\0';
        *sent = '\0';
        ret->sender = strdup(text);
        ret->identifier = strdup(identifier);
        return true;
}

/* Blanks part the references. One within a sender's name, which the standard forbids, is told from them by what a
 * reference ends with. */
static int references(struct cap_reader *reader, const xmlNode *alert, struct thon_cap *cap)
{
        _cleanup_free_ char *text = NULL;
        size_t room = 1;
        char *from, buf[CAP_SHOWN];
        int r = cap_child_text(reader, alert, "references", false, &text);

        if (r < 0 || !text)
                return r;
        for (const char *p = text; (p = strpbrk(p, CAP_BLANKS)); p++)
                room++;
        cap->references = calloc(room, sizeof *cap->references);
        if (!cap->references)
                return -ENOMEM;
        from = text;
        for (char *p = text;;) {
                size_t n = strcspn(p, CAP_BLANKS);
                char *end = p + n, *comma = memrchr(p, ',', n), ended = *end;
                struct thon_wall at;

                *end = '\0';
                if (comma && thon_time_parse(NULL, comma + 1, &at)) {
                        struct thon_cap_reference *ref = &cap->references[cap->n_references];

                        if (!reference(from, ref))
                                break;
                        cap->n_references++;
                        if (!ref->sender || !ref->identifier)
                                return -ENOMEM;
                        from = end + 1 + (ended ? strspn(end + 1, CAP_BLANKS) : 0);
                        if (!ended)
                                return 0;
                        p = from;
                } else {
                        if (!ended)
                                break;
                        *end = ' ';
                        p = end + 1 + strspn(end + 1, CAP_BLANKS);
                }
        }
        return cap_fail(reader, cap_next(alert->children, "references"),
                        "\"%s\" is no \"sender,identifier,sent\"", cap_shown(from, buf));
}

static int alert(struct cap_reader *reader, const xmlNode *node, struct thon_cap *cap)
{
        unsigned status, msg, scope;
        size_t infos = cap_count(node, "info");
        int r = cap_child_name(reader, node, "identifier", &cap->identifier);

        if (r == 0)
                r = cap_child_name(reader, node, "sender", &cap->sender);
        if (r == 0)
                r = cap_child_time(reader, node, "sent", true, &cap->sent);
        if (r == 0)
                r = cap_child_word(reader, node, "status", THON_CAP_LIST_STATUS, &status);
        if (r == 0)
                r = cap_child_word(reader, node, "msgType", THON_CAP_LIST_MSG, &msg);
        if (r == 0)
                r = cap_child_word(reader, node, "scope", THON_CAP_LIST_SCOPE, &scope);
        if (r == 0)
                r = cap_child_text(reader, node, "source", false, &cap->source);
        if (r == 0)
                r = cap_child_text(reader, node, "restriction", false, &cap->restriction);
        if (r == 0)
                r = cap_child_text(reader, node, "addresses", false, &cap->addresses);
        if (r == 0)
                r = cap_child_text(reader, node, "note", false, &cap->note);
        if (r == 0)
                r = references(reader, node, cap);
        if (r < 0)
                return r;
        cap->status = (enum thon_cap_status)status;
        cap->msg = (enum thon_cap_msg)msg;
        cap->scope = (enum thon_cap_scope)scope;
        cap->infos = calloc(infos + 1, sizeof *cap->infos);
        if (!cap->infos)
                return -ENOMEM;
        for (const xmlNode *p = node->children; r == 0 && (p = cap_next(p, "info")); p = p->next)
                r = info(reader, p, &cap->infos[cap->n_infos++]);
        return r;
}

static int check_root(struct cap_reader *reader, const xmlNode *root)
{
        const char *space = root->ns ? (const char *)root->ns->href : "";
        char buf[CAP_SHOWN];

        if (cap_is(root, "alert"))
                return 0;
        if (strcmp((const char *)root->name, "alert") != 0)
                return cap_fail(reader, root, "is no CAP alert");
        if (strcmp(space, "urn:oasis:names:tc:emergency:cap:1.1") == 0)
                return cap_fail(reader, root, "is of CAP 1.1; only CAP 1.2 is read here");
        if (strcmp(space, "http://www.incident.com/cap/1.0") == 0)
                return cap_fail(reader, root, "is of CAP 1.0; only CAP 1.2 is read here");
        if (!*space)
                return cap_fail(reader, root, "has no namespace; CAP 1.2 is " CAP_SPACE);
        return cap_fail(reader, root, "is of the namespace %s, not CAP 1.2", cap_shown(space, buf));
}

int thon_cap_parse(const char *xml, size_t size, struct thon_cap **ret, char error[static 160])
{
        _cleanup_(xmlFreeDocp) xmlDoc *doc = NULL;
        _cleanup_(thon_cap_freep) struct thon_cap *cap = NULL;
        struct cap_reader reader = {.error = error};
        int r;

        r = cap_tree_read(xml, size, &doc, error);
        if (r < 0)
                return r;
        r = check_root(&reader, xmlDocGetRootElement(doc));
        if (r < 0)
                return r;
        cap = calloc(1, sizeof *cap);
        if (!cap)
                return -ENOMEM;
        r = alert(&reader, xmlDocGetRootElement(doc), cap);
        if (r < 0)
                return r;
        *ret = THON_TAKE(cap);
        return 0;
}
