/* Feeds of alerts. Centres publish a list (Atom, as the WMO's hub and the US weather service do, or RSS 2.0) whose entries link
 * to the alerts; what else stands in an entry is for people and is not believed: the alert itself says everything. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cap_private.h"
#include "thon/cleanup.h"

#define ATOM     "http://www.w3.org/2005/Atom"
#define BLANKS   " \t\r\n"
#define TEXT_MAX 4096u

THON_DEFINE_CLEANUP(xmlDoc *, xmlFreeDoc)

static bool is(const xmlNode *node, const char *space, const char *name)
{
        return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 &&
               (space ? node->ns && strcmp((const char *)node->ns->href, space) == 0 : !node->ns);
}

static const xmlNode *next_of(const xmlNode *node, const char *space, const char *name)
{
        while (node && !is(node, space, name))
                node = node->next;
        return node;
}

/* Trimmed, "" for what is not there or too long; NULL: no memory. Takes `text`. */
static char *trimmed(xmlChar *text)
{
        const char *p = text ? (const char *)text : "";
        size_t n;
        char *ret;

        p += strspn(p, BLANKS);
        for (n = strlen(p); n > 0 && strchr(BLANKS, p[n - 1]); n--)
                ;
        ret = n <= TEXT_MAX ? strndup(p, n) : strdup("");
        xmlFree(text);
        return ret;
}

static char *text_of(const xmlNode *parent, const char *space, const char *name)
{
        const xmlNode *node = next_of(parent->children, space, name);

        return trimmed(node ? xmlNodeGetContent(node) : NULL);
}

static bool has(const xmlNode *node, const char *attribute, const char *value)
{
        xmlChar *text = xmlGetNoNsProp(node, (const xmlChar *)attribute);
        bool same = text && strcmp((const char *)text, value) == 0;

        xmlFree(text);
        return same;
}

/* The link that says it is CAP; else the first that is the entry itself (its "rel" is "alternate" or not there). */
static char *atom_link(const xmlNode *entry)
{
        const xmlNode *best = NULL;

        for (const xmlNode *p = entry->children; (p = next_of(p, ATOM, "link")); p = p->next) {
                if (has(p, "type", "application/cap+xml")) {
                        best = p;
                        break;
                }
                if (!best && (has(p, "rel", "alternate") || !xmlHasProp(p, (const xmlChar *)"rel")))
                        best = p;
        }
        return trimmed(best ? xmlGetNoNsProp(best, (const xmlChar *)"href") : NULL);
}

static int add(const xmlNode *entry, bool atom, struct thon_cap_link *links, size_t *n)
{
        struct thon_cap_link *link = &links[*n];

        link->url = atom ? atom_link(entry) : text_of(entry, NULL, "link");
        link->version = atom ? text_of(entry, ATOM, "updated") : text_of(entry, NULL, "pubDate");
        if (link->url && link->version && *link->url) {
                ++*n;
                return 0;
        }
        if (link->url && link->version) { /* an entry without a link */
                free(link->url);
                free(link->version);
                *link = (struct thon_cap_link){0};
                return 0;
        }
        ++*n;
        return -ENOMEM;
}

static int links_of(const xmlNode *list, bool atom, struct thon_cap_link **ret, size_t *ret_n)
{
        struct thon_cap_link *links = calloc(THON_CAP_LINKS_MAX, sizeof *links);
        size_t n = 0;
        int r = links ? 0 : -ENOMEM;

        for (const xmlNode *p = list->children;
             r == 0 && n < THON_CAP_LINKS_MAX &&
             (p = next_of(p, atom ? ATOM : NULL, atom ? "entry" : "item"));
             p = p->next)
                r = add(p, atom, links, &n);
        if (r < 0) {
                (void)thon_cap_links_free(links, n);
                return r;
        }
        *ret = links;
        *ret_n = n;
        return 0;
}

int thon_cap_feed_parse(const char *xml, size_t size, enum thon_cap_document *ret_kind,
                        struct thon_cap_link **ret, size_t *ret_n, char error[static 160])
{
        _cleanup_(xmlFreeDocp) xmlDoc *doc = NULL;
        const xmlNode *root, *list;
        bool atom;
        int r = cap_tree_read(xml, size, &doc, error);

        if (r < 0)
                return r;
        root = xmlDocGetRootElement(doc);
        if (strcmp((const char *)root->name, "alert") == 0) {
                *ret_kind = THON_CAP_DOCUMENT_ALERT;
                *ret = NULL;
                *ret_n = 0;
                return 0;
        }
        atom = is(root, ATOM, "feed");
        list = atom ? root : is(root, NULL, "rss") ? next_of(root->children, NULL, "channel") : NULL;
        if (!list) {
                (void)snprintf(error, 160,
                               "line %ld: <%.40s> is neither a CAP alert nor an Atom or RSS feed",
                               xmlGetLineNo(root), (const char *)root->name);
                return -EINVAL;
        }
        r = links_of(list, atom, ret, ret_n);
        if (r < 0)
                return r;
        *ret_kind = THON_CAP_DOCUMENT_FEED;
        return 0;
}

struct thon_cap_link *thon_cap_links_free(struct thon_cap_link *links, size_t n)
{
        for (size_t i = 0; links && i < n; i++) {
                free(links[i].url);
                free(links[i].version);
        }
        free(links);
        return NULL;
}
