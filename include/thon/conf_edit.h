/* Changing one key of a configuration file and nothing else of it: comments, order and spelling are people's. Pure text to
 * text; the rules of lines are those of thon/conf.h. */
#pragma once

#include <stdbool.h>

/* Whether the key stands in the section (of that whole name, "zone thon-4") with a value. */
bool thon_conf_edit_has(const char *text, const char *section, const char *key);
bool thon_conf_edit_has_section(const char *text, const char *section);

/* `*ret` is the text with that value: in the place of the old one, with the comment behind it; else below the commented
 * default of that section ("#key = ..."); else at the end of the section; else in a new section at the end. The line
 * ends as others do (CR LF too). `value` is one line. 0 or -ENOMEM. */
int thon_conf_edit_set(const char *text, const char *section, const char *key, const char *value,
                       char **ret);
