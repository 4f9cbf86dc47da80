/* thonctl announce read: how a text will be spoken. It asks nobody, so that a text can be tried on any machine before it is
 * submitted, and a dictionary before it is installed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "thon/cleanup.h"
#include "thon/speech.h"

#define DICTIONARY_MAX (256 * 1024)

static void dictionary_freep(struct thon_dictionary **dictionary)
{
        *dictionary = thon_dictionary_free(*dictionary);
}

/* --dictionary, else the commune's where there is one. */
static int open_dictionary(struct ctl *ctl, const char *path, struct thon_dictionary **ret)
{
        _cleanup_free_ char *installed = NULL, *text = NULL;
        struct thon_dictionary_problem problem;
        size_t size;
        int r;

        if (!path) {
                if (asprintf(&installed, "%s/speech.dict", ctl->config_dir) < 0)
                        return ctl_fail(ctl, "memory", "out of memory");
                if (access(installed, F_OK) < 0)
                        return CTL_OK;
                path = installed;
        }
        r = ctl_read(ctl, path, DICTIONARY_MAX, &text, &size);
        if (r != CTL_OK)
                return r;
        r = thon_dictionary_parse(text, size, ret, &problem);
        if (r == -ENOMEM)
                return ctl_fail(ctl, "memory", "out of memory");
        if (r < 0)
                return ctl_fail(ctl, "config", "%s:%u: %s", path, problem.line, problem.reason);
        return CTL_OK;
}

static int text_of(struct ctl *ctl, int argc, char **argv, const char *file, char **ret)
{
        size_t size;
        int r;

        if (argc > 1 || (argc == 1) == (file != NULL))
                return ctl_usage(ctl, "announce read takes one text, or --file");
        if (argc == 1) {
                *ret = strdup(argv[0]);
                return *ret ? CTL_OK : ctl_fail(ctl, "memory", "out of memory");
        }
        r = ctl_read(ctl, file, THON_SPEECH_MAX, ret, &size);
        if (r == CTL_OK && strlen(*ret) != size)
                return ctl_fail(ctl, "invalid", "%s is no text", file);
        return r;
}

static int fail_speech(struct ctl *ctl, int r)
{
        switch (r) {
        case -ENOMEM:
                return ctl_fail(ctl, "memory", "out of memory");
        case -E2BIG:
                return ctl_fail(ctl, "too-long", "the text is longer than %d bytes", THON_SPEECH_MAX);
        default:
                return ctl_fail(ctl, "invalid", "the text has nothing to say, or is no UTF-8");
        }
}

static int run_read(struct ctl *ctl, int argc, char **argv)
{
        const char *dialect = NULL, *dictionary_path = NULL, *file = NULL;
        const struct ctl_option options[] = {
                {"dialect", &dialect, NULL}, {"dictionary", &dictionary_path, NULL}, {"file", &file, NULL}};
        _cleanup_(dictionary_freep) struct thon_dictionary *dictionary = NULL;
        _cleanup_free_ char *text = NULL, *words = NULL, *spoken = NULL;
        struct thon_speech_options speech = {.dialect = THON_DIALECT_NORTH};
        int r = ctl_options(ctl, argc, argv, options, sizeof(options) / sizeof(options[0]), &argc);

        if (r != CTL_OK)
                return r;
        if (dialect && !thon_dialect_parse(dialect, &speech.dialect))
                return ctl_usage(ctl, "--dialect is north, central or south, not \"%s\"", dialect);
        r = text_of(ctl, argc, argv, file, &text);
        if (r == CTL_OK)
                r = open_dictionary(ctl, dictionary_path, &dictionary);
        if (r != CTL_OK)
                return r;
        speech.dictionary = dictionary;
        r = thon_speech_words(text, &speech, &words);
        if (r == 0)
                r = thon_speech_read(text, &speech, &spoken);
        if (r < 0)
                return fail_speech(ctl, r);
        return ctl_print(ctl, json_pack("{s:s, s:s}", "reading", words, "spoken", spoken), NULL);
}

const struct ctl_command ctl_announce_read_commands[] = {
        {"announce read", "TEXT | --file FILE|- [--dialect north|central|south] [--dictionary FILE]",
         run_read},
        {NULL, NULL, NULL},
};
