/* What the readers of an alert share: the tree that the signature covers is the tree that is understood. */
#pragma once

#include "thon/cap.h"
#include "xml_tree.h"

#define CAP_BLANKS " \t\r\n"
#define CAP_SPACE  "urn:oasis:names:tc:emergency:cap:1.2"
/* 0, -E2BIG, -EINVAL with a sentence in `error`, -ENOMEM. */
int cap_tree_read(const char *xml, size_t size, xmlDoc **ret, char error[static 160]);
