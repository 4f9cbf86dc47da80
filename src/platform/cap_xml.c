/* CAP 1.2 out of XML.
 *
 * Strict where an alert could be misread (one value twice, a word that the standard does not have, a time without
 * its offset, the elements of another version), since what is misread is said over loudspeakers; patient where the
 * meaning is plain (the case of a word, "Z" for "-00:00", a polygon that was left open, blanks in a sender's name),
 * since what is refused is not said at all. Elements that this programme has no use for (resources, extensions, the
 * signature) are passed over.
 *
 * Every error names the element and its line: who reads it is the one who made the file. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cap_private.h"
#include "thon/cleanup.h"
#include "thon/zone.h"

#define BLANKS    " \t\r\n"
#define NAME_MAX_ 255u /* bytes of an identifier or a sender: they are kept */

THON_DEFINE_CLEANUP(struct thon_cap *, thon_cap_free)
THON_DEFINE_CLEANUP(xmlDoc *, xmlFreeDoc)

struct reader {
        char *error;
};

static int fail(struct reader *reader, const xmlNode *node, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
static int fail(struct reader *reader, const xmlNode *node, const char *format, ...)
{
        char what[120];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(what, sizeof what, format, ap);
        va_end(ap);
        (void)snprintf(reader->error, 160, "line %ld: <%.24s> %s", xmlGetLineNo(node),
                       (const char *)node->name, what);
        return -EINVAL;
}

/* A value for an error: printable, short. */
#define SHOWN 40
static const char *shown(const char *value, char buf[static SHOWN])
{
        size_t n = strnlen(value, SHOWN - 1);

        for (size_t i = 0; i < n; i++)
                buf[i] = value[i] >= ' ' && value[i] < 0x7f ? value[i] : '?';
        buf[n] = '\0';
        return buf;
}

/* ---- elements ---- */

static bool is(const xmlNode *node, const char *name)
{
        return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 && node->ns &&
               strcmp((const char *)node->ns->href, CAP_SPACE) == 0;
}

static const xmlNode *next_of(const xmlNode *node, const char *name)
{
        while (node && !is(node, name))
                node = node->next;
        return node;
}

static size_t count(const xmlNode *parent, const char *name)
{
        size_t n = 0;

        for (const xmlNode *p = parent->children; (p = next_of(p, name)); p = p->next)
                n++;
        return n;
}

/* NULL: there is none. */
static int only(struct reader *reader, const xmlNode *parent, const char *name, bool required,
                const xmlNode **ret)
{
        const xmlNode *node = next_of(parent->children, name);
        const xmlNode *again = node ? next_of(node->next, name) : NULL;

        if (again)
                return fail(reader, again, "is there twice in <%s>", (const char *)parent->name);
        if (!node && required)
                return fail(reader, parent, "has no <%s>", name);
        *ret = node;
        return 0;
}

/* The text of an element without its outer blanks, NULL when that is nothing. */
static int text_of(struct reader *reader, const xmlNode *node, char **ret)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0, used = 0, from;

        for (const xmlNode *p = node->children; p; p = p->next)
                if (p->type == XML_ELEMENT_NODE)
                        return fail(reader, p, "stands in <%s>, which takes text only",
                                    (const char *)node->name);
                else if ((p->type == XML_TEXT_NODE || p->type == XML_CDATA_SECTION_NODE) && p->content)
                        size += strlen((const char *)p->content);
        text = malloc(size + 1);
        if (!text)
                return -ENOMEM;
        for (const xmlNode *p = node->children; p; p = p->next)
                if ((p->type == XML_TEXT_NODE || p->type == XML_CDATA_SECTION_NODE) && p->content) {
                        size_t n = strlen((const char *)p->content);

                        memcpy(text + used, p->content, n);
                        used += n;
                }
        while (used > 0 && strchr(BLANKS, text[used - 1]))
                used--;
        text[used] = '\0';
        from = strspn(text, BLANKS);
        memmove(text, text + from, used - from + 1);
        *ret = *text ? THON_TAKE(text) : NULL;
        return 0;
}

static int child_text(struct reader *reader, const xmlNode *parent, const char *name, bool required,
                      char **ret)
{
        const xmlNode *node = NULL;
        int r = only(reader, parent, name, required, &node);

        if (r < 0 || !node)
                return r;
        r = text_of(reader, node, ret);
        return r == 0 && required && !*ret ? fail(reader, node, "is empty") : r;
}

/* An identifier or a sender: one line that can be kept. */
static int child_name(struct reader *reader, const xmlNode *parent, const char *name, char **ret)
{
        int r = child_text(reader, parent, name, true, ret);

        if (r < 0)
                return r;
        if (strlen(*ret) > NAME_MAX_)
                return fail(reader, next_of(parent->children, name), "is longer than %u bytes", NAME_MAX_);
        if (strpbrk(*ret, "\t\r\n"))
                return fail(reader, next_of(parent->children, name), "is more than one line");
        return 0;
}

static int word_of(struct reader *reader, const xmlNode *node, enum thon_cap_list list, unsigned *ret)
{
        _cleanup_free_ char *text = NULL;
        char buf[SHOWN];
        int r = text_of(reader, node, &text), value;

        if (r < 0)
                return r;
        value = text ? thon_cap_word_find(list, text) : -1;
        if (value < 0)
                return fail(reader, node, "has no value \"%s\" in CAP 1.2", shown(text ? text : "", buf));
        *ret = (unsigned)value;
        return 0;
}

static int child_word(struct reader *reader, const xmlNode *parent, const char *name,
                      enum thon_cap_list list, unsigned *ret)
{
        const xmlNode *node = NULL;
        int r = only(reader, parent, name, true, &node);

        return r < 0 ? r : word_of(reader, node, list, ret);
}

static int child_words(struct reader *reader, const xmlNode *parent, const char *name,
                       enum thon_cap_list list, unsigned *ret)
{
        unsigned bits = 0, value;

        for (const xmlNode *p = parent->children; (p = next_of(p, name)); p = p->next) {
                int r = word_of(reader, p, list, &value);

                if (r < 0)
                        return r;
                bits |= 1u << value;
        }
        *ret = bits;
        return 0;
}

static int child_time(struct reader *reader, const xmlNode *parent, const char *name, bool required,
                      struct thon_wall *ret)
{
        _cleanup_free_ char *text = NULL;
        char buf[SHOWN];
        int r = child_text(reader, parent, name, required, &text);

        *ret = THON_WALL_NEVER;
        if (r < 0 || !text)
                return r;
        if (!thon_time_parse(NULL, text, ret))
                return fail(reader, next_of(parent->children, name),
                            "\"%s\" is no date and time with an offset (2026-11-21T17:00:00+07:00)",
                            shown(text, buf));
        return 0;
}

static int pairs(struct reader *reader, const xmlNode *parent, const char *name, struct thon_cap_pair **ret,
                 size_t *ret_n)
{
        size_t room = count(parent, name);

        if (room == 0)
                return 0;
        *ret = calloc(room, sizeof **ret);
        if (!*ret)
                return -ENOMEM;
        for (const xmlNode *p = parent->children; (p = next_of(p, name)); p = p->next) {
                struct thon_cap_pair *pair = &(*ret)[(*ret_n)++];
                int r = child_text(reader, p, "valueName", true, &pair->name);

                if (r == 0)
                        r = child_text(reader, p, "value", false, &pair->value);
                if (r == 0 && !pair->value && !(pair->value = strdup("")))
                        r = -ENOMEM;
                if (r < 0)
                        return r;
        }
        return 0;
}

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

static int polygon(struct reader *reader, const xmlNode *node, struct thon_cap_polygon *ret)
{
        _cleanup_free_ char *text = NULL;
        char *rest, *token, buf[SHOWN];
        size_t room = 1; /* for the first again */
        int r = text_of(reader, node, &text);

        if (r < 0)
                return r;
        if (!text)
                return fail(reader, node, "is empty");
        for (const char *p = text; *(p += strspn(p, BLANKS)); p += strcspn(p, BLANKS))
                room++;
        ret->points = calloc(room, sizeof *ret->points);
        if (!ret->points)
                return -ENOMEM;
        rest = text;
        while ((token = strsep(&rest, BLANKS))) {
                const char *p = token;

                if (!*token)
                        continue;
                if (!place(&p, &ret->points[ret->n++]))
                        return fail(reader, node, "\"%s\" is no \"latitude,longitude\"", shown(token, buf));
        }
        if (ret->n < 3)
                return fail(reader, node, "has fewer than three points");
        if (ret->points[0].lat != ret->points[ret->n - 1].lat ||
            ret->points[0].lon != ret->points[ret->n - 1].lon)
                ret->points[ret->n++] = ret->points[0];
        return ret->n < 4 ? fail(reader, node, "has fewer than three points") : 0;
}

static int circle(struct reader *reader, const xmlNode *node, struct thon_cap_circle *ret)
{
        _cleanup_free_ char *text = NULL;
        char *radius, buf[SHOWN];
        const char *p;
        int r = text_of(reader, node, &text);

        if (r < 0)
                return r;
        if (!text)
                return fail(reader, node, "is empty");
        radius = text + strcspn(text, BLANKS);
        if (*radius)
                *radius++ = '\0';
        radius += strspn(radius, BLANKS);
        p = text;
        if (!place(&p, &ret->centre))
                return fail(reader, node, "\"%s\" is no \"latitude,longitude\"", shown(text, buf));
        p = radius;
        if (!number(&p, '\0', &ret->radius_km) || ret->radius_km < 0)
                return fail(reader, node, "\"%s\" is no radius in kilometres", shown(radius, buf));
        return 0;
}

static int area(struct reader *reader, const xmlNode *node, struct thon_cap_area *ret)
{
        size_t polygons = count(node, "polygon"), circles = count(node, "circle");
        int r = child_text(reader, node, "areaDesc", true, &ret->description);

        if (r < 0)
                return r;
        ret->polygons = calloc(polygons + 1, sizeof *ret->polygons);
        ret->circles = calloc(circles + 1, sizeof *ret->circles);
        if (!ret->polygons || !ret->circles)
                return -ENOMEM;
        for (const xmlNode *p = node->children; r == 0 && (p = next_of(p, "polygon")); p = p->next)
                r = polygon(reader, p, &ret->polygons[ret->n_polygons++]);
        for (const xmlNode *p = node->children; r == 0 && (p = next_of(p, "circle")); p = p->next)
                r = circle(reader, p, &ret->circles[ret->n_circles++]);
        return r < 0 ? r : pairs(reader, node, "geocode", &ret->geocodes, &ret->n_geocodes);
}

/* ---- the alert ---- */

static int info(struct reader *reader, const xmlNode *node, struct thon_cap_info *ret)
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
        size_t areas = count(node, "area");
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof texts / sizeof *texts; i++)
                r = child_text(reader, node, texts[i].name, texts[i].required, texts[i].to);
        if (r == 0 && !ret->language && !(ret->language = strdup("en-US")))
                r = -ENOMEM;
        if (r == 0)
                r = child_words(reader, node, "category", THON_CAP_LIST_CATEGORY, &ret->category);
        if (r == 0 && !ret->category)
                r = fail(reader, node, "has no <category>");
        if (r == 0)
                r = child_words(reader, node, "responseType", THON_CAP_LIST_RESPONSE, &ret->response);
        if (r == 0)
                r = child_word(reader, node, "urgency", THON_CAP_LIST_URGENCY, &urgency);
        if (r == 0)
                r = child_word(reader, node, "severity", THON_CAP_LIST_SEVERITY, &severity);
        if (r == 0)
                r = child_word(reader, node, "certainty", THON_CAP_LIST_CERTAINTY, &certainty);
        if (r == 0)
                r = child_time(reader, node, "effective", false, &ret->effective);
        if (r == 0)
                r = child_time(reader, node, "onset", false, &ret->onset);
        if (r == 0)
                r = child_time(reader, node, "expires", false, &ret->expires);
        if (r == 0)
                r = pairs(reader, node, "parameter", &ret->parameters, &ret->n_parameters);
        if (r == 0)
                r = pairs(reader, node, "eventCode", &ret->event_codes, &ret->n_event_codes);
        if (r < 0)
                return r;
        ret->urgency = (enum thon_cap_urgency)urgency;
        ret->severity = (enum thon_cap_severity)severity;
        ret->certainty = (enum thon_cap_certainty)certainty;
        ret->areas = calloc(areas + 1, sizeof *ret->areas);
        if (!ret->areas)
                return -ENOMEM;
        for (const xmlNode *p = node->children; r == 0 && (p = next_of(p, "area")); p = p->next)
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
static int references(struct reader *reader, const xmlNode *alert, struct thon_cap *cap)
{
        _cleanup_free_ char *text = NULL;
        size_t room = 1;
        char *from, buf[SHOWN];
        int r = child_text(reader, alert, "references", false, &text);

        if (r < 0 || !text)
                return r;
        for (const char *p = text; (p = strpbrk(p, BLANKS)); p++)
                room++;
        cap->references = calloc(room, sizeof *cap->references);
        if (!cap->references)
                return -ENOMEM;
        from = text;
        for (char *p = text;;) {
                size_t n = strcspn(p, BLANKS);
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
                        from = end + 1 + (ended ? strspn(end + 1, BLANKS) : 0);
                        if (!ended)
                                return 0;
                        p = from;
                } else {
                        if (!ended)
                                break;
                        *end = ' ';
                        p = end + 1 + strspn(end + 1, BLANKS);
                }
        }
        return fail(reader, next_of(alert->children, "references"),
                    "\"%s\" is no \"sender,identifier,sent\"", shown(from, buf));
}

static int alert(struct reader *reader, const xmlNode *node, struct thon_cap *cap)
{
        unsigned status, msg, scope;
        size_t infos = count(node, "info");
        int r = child_name(reader, node, "identifier", &cap->identifier);

        if (r == 0)
                r = child_name(reader, node, "sender", &cap->sender);
        if (r == 0)
                r = child_time(reader, node, "sent", true, &cap->sent);
        if (r == 0)
                r = child_word(reader, node, "status", THON_CAP_LIST_STATUS, &status);
        if (r == 0)
                r = child_word(reader, node, "msgType", THON_CAP_LIST_MSG, &msg);
        if (r == 0)
                r = child_word(reader, node, "scope", THON_CAP_LIST_SCOPE, &scope);
        if (r == 0)
                r = child_text(reader, node, "source", false, &cap->source);
        if (r == 0)
                r = child_text(reader, node, "restriction", false, &cap->restriction);
        if (r == 0)
                r = child_text(reader, node, "addresses", false, &cap->addresses);
        if (r == 0)
                r = child_text(reader, node, "note", false, &cap->note);
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
        for (const xmlNode *p = node->children; r == 0 && (p = next_of(p, "info")); p = p->next)
                r = info(reader, p, &cap->infos[cap->n_infos++]);
        return r;
}

static int check_root(struct reader *reader, const xmlNode *root)
{
        const char *space = root->ns ? (const char *)root->ns->href : "";
        char buf[SHOWN];

        if (is(root, "alert"))
                return 0;
        if (strcmp((const char *)root->name, "alert") != 0)
                return fail(reader, root, "is no CAP alert");
        if (strcmp(space, "urn:oasis:names:tc:emergency:cap:1.1") == 0)
                return fail(reader, root, "is of CAP 1.1; only CAP 1.2 is read here");
        if (strcmp(space, "http://www.incident.com/cap/1.0") == 0)
                return fail(reader, root, "is of CAP 1.0; only CAP 1.2 is read here");
        if (!*space)
                return fail(reader, root, "has no namespace; CAP 1.2 is " CAP_SPACE);
        return fail(reader, root, "is of the namespace %s, not CAP 1.2", shown(space, buf));
}

static void tell_problem(const struct xml_problem *problem, char error[static 160])
{
        const char *what = "";

        switch (problem->fault) {
        case XML_FAULT_NONE:
                break;
        case XML_FAULT_SIZE:
                what = "the document is empty";
                break;
        case XML_FAULT_DOCTYPE:
                what = "a document type is not allowed in CAP";
                break;
        case XML_FAULT_DEPTH:
                what = "elements are nested too deeply";
                break;
        case XML_FAULT_ELEMENTS:
                what = "there are too many elements";
                break;
        case XML_FAULT_ATTRIBUTES:
                what = "a tag has too many attributes";
                break;
        case XML_FAULT_FORM:
                what = *problem->text ? problem->text : "it is no XML";
                break;
        }
        if (problem->line > 0)
                (void)snprintf(error, 160, "line %d: %s", problem->line, what);
        else
                (void)snprintf(error, 160, "%s", what);
}

/* Encodings that write markup in the bytes of ASCII, or of UTF-16: what guards the parser looks at bytes. libxml2
 * knows more, and would load them from files. */
static bool encoding_allowed(const char *xml, size_t size)
{
        static const char *const allowed[] = {"utf-8", "utf8",      "utf-16",     "us-ascii",
                                              "ascii", "iso-8859-", "windows-125"};
        const char *end = memmem(xml, size < 256 ? size : 256, "?>", 2),
                   *at = end ? memmem(xml, (size_t)(end - xml), "encoding", 8) : NULL;

        if (size >= 2 && memcmp(xml, "\x4c\x6f", 2) == 0) /* "<?" of EBCDIC */
                return false;
        if (!at)
                return true;
        at += 8;
        while (at < end && strchr(BLANKS "=\"'", *at))
                at++;
        for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
                if (strncasecmp(at, allowed[i], strlen(allowed[i])) == 0)
                        return true;
        return false;
}

int cap_tree_read(const char *xml, size_t size, xmlDoc **ret, char error[static 160])
{
        static const struct xml_limits limits = {
                .bytes = THON_CAP_MAX, .depth = 32, .elements = 20000, .blanks = true};
        struct xml_problem problem = {0};
        int r;

        if (size > THON_CAP_MAX) {
                (void)snprintf(error, 160, "the document has more than %d bytes", THON_CAP_MAX);
                return -E2BIG;
        }
        if (!encoding_allowed(xml, size)) {
                (void)snprintf(error, 160, "line 1: the encoding is not read here; UTF-8 is");
                return -EINVAL;
        }
        r = xml_tree_read(xml, size, &limits, ret, &problem);
        if (r == -EINVAL)
                tell_problem(&problem, error);
        return r;
}

int thon_cap_parse(const char *xml, size_t size, struct thon_cap **ret, char error[static 160])
{
        _cleanup_(xmlFreeDocp) xmlDoc *doc = NULL;
        _cleanup_(thon_cap_freep) struct thon_cap *cap = NULL;
        struct reader reader = {.error = error};
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
