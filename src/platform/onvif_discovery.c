/* WS-Discovery: anybody on the segment may answer a probe with anything, so an answer is taken for a hint: where to look,
 * and what a camera calls itself. Its words are cleaned before anybody sees them. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "onvif_xml.h"
#include "thon/cleanup.h"
#include "thon/onvif.h"

#define PACKET_MAX (8u * 1024)
#define LIST_MAX   4096 /* of the scopes, of the addresses */

THON_DEFINE_CLEANUP(xmlDoc *, xmlFreeDoc)

/* ---- words of a list, parted by white space ---- */

/* The text of a list may be long: it is taken whole or not at all. Owned. */
static char *list_of(const xmlNode *match, const char *name)
{
        char *text = malloc(LIST_MAX);

        if (text)
                (void)onvif_xml_text(onvif_xml_child(match, ONVIF_DISCOVERY, name), text, LIST_MAX);
        return text;
}

static bool take_word(const char **p, const char **ret_word, size_t *ret_size)
{
        *p += strspn(*p, " ");
        *ret_word = *p;
        *ret_size = strcspn(*p, " ");
        *p += *ret_size;
        return *ret_size > 0;
}

/* ---- what it is ---- */

static bool is_video(const char *types, const char *scopes)
{
        const char *word;
        size_t size;

        if (!types[0] || strstr(scopes, "onvif://"))
                return true;
        while (take_word(&types, &word, &size)) {
                const char *colon = memchr(word, ':', size);
                const char *local = colon ? colon + 1 : word;

                if (strncmp(local, "NetworkVideo", 12) == 0)
                        return true;
        }
        return false;
}

static int hex(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        c = (char)tolower((unsigned char)c);
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void decode(const char *text, size_t size, char *ret, size_t room)
{
        char raw[256];
        size_t n = 0;

        for (size_t i = 0; i < size && n < sizeof raw; i++) {
                int high = text[i] == '%' && i + 2 < size ? hex(text[i + 1]) : -1;
                int low = high >= 0 ? hex(text[i + 2]) : -1;

                if (low >= 0) {
                        raw[n++] = (char)(high * 16 + low);
                        i += 2;
                } else
                        raw[n++] = text[i];
        }
        (void)onvif_clean(raw, n, ret, room);
}

static void read_scopes(const char *scopes, struct thon_onvif_match *ret)
{
        const struct {
                const char *begin;
                char *to;
                size_t room;
        } kinds[] = {
                {"onvif://www.onvif.org/name/", ret->name, sizeof ret->name},
                {"onvif://www.onvif.org/hardware/", ret->hardware, sizeof ret->hardware},
                {"onvif://www.onvif.org/location/", ret->location, sizeof ret->location},
        };
        const char *word;
        size_t size;

        while (take_word(&scopes, &word, &size))
                for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
                        size_t n = strlen(kinds[i].begin);

                        if (!kinds[i].to[0] && size > n && strncasecmp(word, kinds[i].begin, n) == 0)
                                decode(word + n, size - n, kinds[i].to, kinds[i].room);
                }
}

/* ---- where it is ---- */

static bool is_http(const char *word, size_t size)
{
        return (size > 7 && strncasecmp(word, "http://", 7) == 0) ||
               (size > 8 && strncasecmp(word, "https://", 8) == 0);
}

/* A numeric IPv4 address that others can reach. */
static bool is_plain_v4(const char *word, size_t size)
{
        const char *host = strstr(word, "://") + 3;
        size_t n = strcspn(host, ":/ ");
        char text[INET_ADDRSTRLEN];
        struct in_addr address;

        if (host + n > word + size || n >= sizeof text)
                return false;
        memcpy(text, host, n);
        text[n] = '\0';
        return inet_pton(AF_INET, text, &address) == 1 && ntohl(address.s_addr) >> 16 != 0xa9fe;
}

static void read_addresses(const char *list, char *ret, size_t room)
{
        const char *word;
        size_t size;

        while (take_word(&list, &word, &size)) {
                bool good;

                if (!is_http(word, size) || size >= room)
                        continue;
                good = is_plain_v4(word, size);
                if (good || !ret[0]) {
                        memcpy(ret, word, size);
                        ret[size] = '\0';
                }
                if (good)
                        return;
        }
}

static void read_endpoint(const xmlNode *match, char *ret, size_t room)
{
        const xmlNode *reference = onvif_xml_child(match, ONVIF_ADDRESSING, "EndpointReference");

        if (!onvif_xml_text(onvif_xml_child(reference, ONVIF_ADDRESSING, "Address"), ret, room))
                ret[0] = '\0'; /* part of a name is another one's */
        for (char *p = ret; *p; p++)
                *p = (char)tolower((unsigned char)*p);
}

/* ---- whole ---- */

static const char *bare(const char *id)
{
        if (strncasecmp(id, "urn:", 4) == 0)
                id += 4;
        return strncasecmp(id, "uuid:", 5) == 0 ? id + 5 : id;
}

static bool answers_us(xmlDoc *doc, const char *uuid)
{
        const xmlNode *header = onvif_xml_envelope(doc, "Header");
        char id[96];

        return onvif_xml_text(onvif_xml_child(header, ONVIF_ADDRESSING, "RelatesTo"), id, sizeof id) &&
               strcasecmp(bare(id), bare(uuid)) == 0;
}

/* 1, 0 when it is something else, -ENOMEM. */
static int read_match(const xmlNode *node, struct thon_onvif_match *ret)
{
        _cleanup_free_ char *types = list_of(node, "Types"), *scopes = list_of(node, "Scopes");
        _cleanup_free_ char *addresses = list_of(node, "XAddrs");
        struct thon_onvif_match match = {0};

        if (!types || !scopes || !addresses)
                return -ENOMEM;
        if (!is_video(types, scopes))
                return 0;
        read_endpoint(node, match.endpoint, sizeof match.endpoint);
        read_addresses(addresses, match.xaddr, sizeof match.xaddr);
        read_scopes(scopes, &match);
        *ret = match;
        return 1;
}

int thon_onvif_matches(const char *body, size_t size, const char *uuid, struct thon_onvif_match *ret,
                       size_t room)
{
        _cleanup_(xmlFreeDocp) xmlDoc *doc = NULL;
        const xmlNode *all, *one;
        size_t n = 0;
        int r = onvif_xml_parse(body, size, PACKET_MAX, &doc);

        if (r < 0)
                return r;
        all = onvif_xml_child(onvif_xml_envelope(doc, "Body"), ONVIF_DISCOVERY, "ProbeMatches");
        if (!all || !answers_us(doc, uuid))
                return -EINVAL;
        for (one = onvif_xml_child(all, ONVIF_DISCOVERY, "ProbeMatch"); one && n < room;
             one = onvif_xml_next(one, ONVIF_DISCOVERY, "ProbeMatch")) {
                r = read_match(one, &ret[n]);
                if (r < 0)
                        return r;
                n += (size_t)r;
        }
        return (int)n;
}
