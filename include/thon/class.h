/* The three classes of Circular 39/2020/TT-BTTTT, of notices as of announcements: thông thường, ưu tiên, khẩn cấp.
 * They are also the lanes of every queue. */
#pragma once

#include <stdbool.h>

enum thon_class { THON_CLASS_NORMAL, THON_CLASS_PRIORITY, THON_CLASS_EMERGENCY, THON_CLASSES };

const char *thon_class_text(enum thon_class value); /* "normal", "priority", "emergency" */
bool thon_class_parse(const char *text, enum thon_class *ret);
