/* Which kinds a pattern means. No character classes, no escapes: kinds are slugs, and who writes a route is no
 * programmer. */
#include <string.h>

#include "thon/relay_route.h"

static const char *const severities[] = {
        [THON_SEVERITY_INFO] = "info",
        [THON_SEVERITY_WARNING] = "warning",
        [THON_SEVERITY_CRITICAL] = "critical",
};

const char *thon_severity_text(enum thon_severity severity)
{
        return severities[severity];
}

bool thon_severity_parse(const char *text, enum thon_severity *ret)
{
        for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]); i++)
                if (strcmp(text, severities[i]) == 0) {
                        *ret = (enum thon_severity)i;
                        return true;
                }
        return false;
}

/* Going back to the last star only is enough, and keeps hostile patterns from taking exponential time. */
bool thon_kind_match(const char *pattern, const char *kind)
{
        const char *star = NULL, *back = NULL;

        while (*kind) {
                if (*pattern == '*') {
                        star = ++pattern;
                        back = kind;
                } else if (*pattern == *kind) {
                        pattern++;
                        kind++;
                } else if (star) {
                        pattern = star;
                        kind = ++back;
                } else {
                        return false;
                }
        }
        while (*pattern == '*')
                pattern++;
        return *pattern == '\0';
}
