/* What people are answerable for, in the words of the audit log: "notice 17". */
#include "relay_audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

int thon_relay_audit(struct thon_store *store, struct thon_wall at, const char *by, const char *action,
                     int64_t notice, json_t *detail)
{
        _cleanup_json_ json_t *object = detail;
        _cleanup_free_ char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
        char name[40];
        if (!text)
                return -ENOMEM;
        (void)snprintf(name, sizeof(name), "notice %" PRId64, notice);
        return thon_audit_add(store, at, by && *by ? by : "thon-relayd", action, name, text);
}
