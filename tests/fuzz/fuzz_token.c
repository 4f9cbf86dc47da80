/* The answer to a refresh, the file of a chain, and a credential: the first byte says which. What is taken can stand in a
 * header, what goes into the journal is printable, and a file that was read is written as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/relayd/credential.h"
#include "../../src/relayd/token_pair.h"
#include "thon/cleanup.h"
#include "thon/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
        if (!ok)
                abort();
}

static void try_answer(const char *text, size_t size)
{
        struct relayd_token_answer answer;
        int r = relayd_token_answer_read(text, size, &answer);

        switch (r) {
        case RELAYD_READ_PAIR:
                must(relayd_token_fits(answer.access) &&
                     (!answer.refresh || relayd_token_fits(answer.refresh)));
                must(answer.lifetime_s >= 10 && answer.lifetime_s <= INT64_C(400) * 86400);
                break;
        case RELAYD_READ_REFUSED:
                must(!answer.access && answer.code != 0 && strlen(answer.words) < sizeof answer.words);
                for (const char *p = answer.words; *p; p++)
                        must(*p >= ' ' && *p <= '~');
                break;
        case RELAYD_READ_UNCLEAR:
                must(!answer.access);
                break;
        default:
                abort();
        }
        relayd_token_answer_done(&answer);
}

static bool same(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_pair(const struct relayd_pair *a, const struct relayd_pair *b)
{
        return same(a->access, b->access) && same(a->refresh, b->refresh) && a->expires.s == b->expires.s &&
               a->refreshed.s == b->refreshed.s;
}

static void try_file(const char *text, size_t size)
{
        struct relayd_token_file file, again;
        char *written;

        if (relayd_token_file_read(text, size, &file) != 0)
                return;
        must(file.now.refresh && file.tries >= 0 && file.tries <= RELAYD_TOKEN_TRIES);
        written = relayd_token_file_text(&file);
        must(written && relayd_token_file_read(written, strlen(written), &again) == 0);
        must(same_pair(&file.now, &again.now) && strcmp(file.seed, again.seed) == 0 &&
             file.tries == again.tries);
        must(!file.previous.refresh || same_pair(&file.previous, &again.previous));
        thon_secret_free(written);
        relayd_token_file_done(&file);
        relayd_token_file_done(&again);
}

static void try_credential(const char *text, size_t size)
{
        struct relayd_secrets *secrets;

        if (relayd_credential_parse(text, size, &secrets) == 0)
                relayd_secrets_free(secrets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size == 0)
                return 0;
        switch (data[0] % 3) {
        case 0:
                try_answer((const char *)data + 1, size - 1);
                break;
        case 1:
                try_file((const char *)data + 1, size - 1);
                break;
        case 2:
                try_credential((const char *)data + 1, size - 1);
                break;
        }
        return 0;
}
