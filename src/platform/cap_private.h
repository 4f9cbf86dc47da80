/* What the two readers of an alert share: the tree that the signature covers is the tree that is understood. */
#pragma once

#include "thon/cap.h"
#include "xml_tree.h"

#define CAP_SPACE "urn:oasis:names:tc:emergency:cap:1.2"
#define CAP_LIMITS                                                                    \
        {                                                                             \
                .bytes = THON_CAP_MAX, .depth = 32, .elements = 20000, .blanks = true \
        }
