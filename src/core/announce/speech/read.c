/* The reading itself: at each place the first rule that fits says what it takes. The order is from the particular to
 * the common: an address is made of numbers and words, a document's number of a fraction and an abbreviation. */
#include <errno.h>
#include <string.h>

#include "lexicon.h"
#include "reader.h"
#include "thon/cleanup.h"
#include "thon/speech.h"

static size_t (*const rules[])(struct reader *r, size_t at) = {
        speech_read_marker,   speech_read_address,  speech_read_code,     speech_read_lexicon,
        speech_read_document, speech_read_letters,  speech_read_phone,    speech_read_date,
        speech_read_hour,     speech_read_fraction, speech_read_quantity, speech_read_roman,
        speech_read_word,     speech_read_sign,
};

static void end_line(struct reader *r)
{
        speech_mark(&r->out, '.');
        r->about = 0;
        r->last = LAST_MARK;
        r->roman = r->counted = false;
}

static void read_all(struct reader *r)
{
        for (size_t at = 0; at < r->n && r->out.error == 0;) {
                size_t used = 0;

                if (r->tokens[at].kind == TOKEN_BREAK) {
                        end_line(r);
                        at++;
                        continue;
                }
                for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && used == 0; i++)
                        used = rules[i](r, at);
                at += used > 0 ? used : 1;
        }
        end_line(r);
}

static int read_text(const char *text, const struct thon_speech_options *options, bool marks, char **ret)
{
        struct tokens tokens;
        struct lexicon *lexicon;
        struct reader reader;
        int r;

        if (strlen(text) > THON_SPEECH_MAX)
                return -E2BIG;
        r = speech_scan(text, &tokens);
        if (r < 0)
                return r;
        lexicon = speech_lexicon_new();
        if (!lexicon) {
                speech_tokens_done(&tokens);
                return -ENOMEM;
        }
        reader = (struct reader){
                .tokens = tokens.items,
                .n = tokens.n,
                .out = {.marks = marks},
                .dialect = options ? options->dialect : THON_DIALECT_NORTH,
                .dictionary = options ? options->dictionary : NULL,
                .built_in = lexicon,
                .last = LAST_MARK,
        };
        read_all(&reader);
        r = speech_out_take(&reader.out, ret);
        speech_out_done(&reader.out);
        lexicon = speech_lexicon_free(lexicon);
        speech_tokens_done(&tokens);
        return r;
}

int thon_speech_read(const char *text, const struct thon_speech_options *options, char **ret)
{
        return read_text(text, options, true, ret);
}

int thon_speech_words(const char *text, const struct thon_speech_options *options, char **ret)
{
        return read_text(text, options, false, ret);
}

static const char *const dialects[THON_DIALECTS] = {"north", "central", "south"};

const char *thon_dialect_text(enum thon_dialect dialect)
{
        return dialects[dialect];
}

bool thon_dialect_parse(const char *text, enum thon_dialect *ret)
{
        for (int i = 0; i < THON_DIALECTS; i++)
                if (strcmp(dialects[i], text) == 0) {
                        *ret = (enum thon_dialect)i;
                        return true;
                }
        return false;
}
