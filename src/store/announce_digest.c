/* What is long, or private, stands in the audit log as its digest. */
#include "announce_digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>

int thon_digest(const void *data, size_t size, char ret[static THON_DIGEST_TEXT])
{
        unsigned char md[EVP_MAX_MD_SIZE];
        unsigned n = 0;

        if (EVP_Digest(data, size, md, &n, EVP_sha256(), NULL) != 1 || n != 32)
                return -EIO;
        for (unsigned i = 0; i < n; i++)
                (void)snprintf(ret + (size_t)2 * i, 3, "%02x", md[i]);
        return 0;
}
