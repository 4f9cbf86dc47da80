/* The inside of ONVIF: hostile XML as a tree (xml_tree.h) in ONVIF's names, shared by what reads answers (onvif_read.c) and
 * what reads discovery (onvif_discovery.c). */
#pragma once

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>

/* Any service and version of ONVIF, of SOAP, of WS-Discovery, of WS-Addressing; ANY: whatever it calls itself. */
enum onvif_space { ONVIF_ANY, ONVIF_ITSELF, ONVIF_SOAP, ONVIF_DISCOVERY, ONVIF_ADDRESSING };

/* 0; -EINVAL (no XML, a document type, over a limit: `max` bytes, depth 64, 20,000 elements); -ENOMEM. */
int onvif_xml_parse(const char *text, size_t size, size_t max, xmlDoc **ret);

bool onvif_xml_is(const xmlNode *node, enum onvif_space space, const char *name);
/* The first child of that name, or the next one after `node`; NULL for none, and of NULL. */
xmlNode *onvif_xml_child(const xmlNode *parent, enum onvif_space space, const char *name);
xmlNode *onvif_xml_next(const xmlNode *node, enum onvif_space space, const char *name);
/* The child of a child and so on: names parted by "/". All of ONVIF. */
xmlNode *onvif_xml_path(const xmlNode *parent, const char *path);
/* Body of a SOAP 1.2 or 1.1 envelope; Header likewise. NULL. */
xmlNode *onvif_xml_envelope(xmlDoc *doc, const char *part);

/* Text of an element as one printable line, outer white space cut, at most `room` - 1 bytes. False when it was cut, or had
 * something unprintable, which is a space now; `ret` is filled all the same. NULL has "". */
bool onvif_xml_text(const xmlNode *node, char *ret, size_t room);
/* The same for any bytes. */
bool onvif_clean(const char *text, size_t size, char *ret, size_t room);
