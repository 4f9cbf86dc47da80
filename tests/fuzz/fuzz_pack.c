/* Evidence packs from hostile bytes: whatever is in one, it is judged; what is wrong is said in UTF-8, and where nothing is wrong there is a
 * log of at least one row with a head. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/ctl/audit_pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
        if (!condition)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ctl_pack_result result;
        _cleanup_json_ json_t *pack = NULL;
        const json_t *finding;
        size_t i;

        if (thon_json_parse((const char *)data, size, 1 << 20, &pack, NULL) < 0)
                return 0;
        if (ctl_pack_check(pack, "/nonexistent", NULL, &result) < 0)
                return 0;
        require(json_array_size(result.findings) <= CTL_PACK_FINDINGS);
        json_array_foreach (result.findings, i, finding)
                require(json_is_string(finding) && json_string_length(finding) > 0);
        require(result.sounds == 0);
        if (json_array_size(result.findings) == 0)
                require(result.rows > 0 && strspn(result.head, "0123456789abcdef") == 64);
        json_decref(result.findings);
        return 0;
}
