/* Options of a command: taken out of the line wherever they stand, the rest stays in order. */
#include "ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool ctl_int(const char *text, long min, long max, long *ret)
{
        char *end;
        long value;

        if (!*text)
                return false;
        errno = 0;
        value = strtol(text, &end, 10);
        if (errno != 0 || *end != '\0' || value < min || value > max)
                return false;
        *ret = value;
        return true;
}

static const struct ctl_option *find(const char *name, size_t len, const struct ctl_option *options,
                                     size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (strlen(options[i].name) == len && strncmp(options[i].name, name, len) == 0)
                        return &options[i];
        return NULL;
}

int ctl_options(struct ctl *ctl, int argc, char **argv, const struct ctl_option *options, size_t n,
                int *ret_n)
{
        int kept = 0;

        for (int i = 0; i < argc; i++) {
                const char *name, *equals;
                const struct ctl_option *o;

                if (strcmp(argv[i], "--") == 0) {
                        while (++i < argc)
                                argv[kept++] = argv[i];
                        break;
                }
                if (strncmp(argv[i], "--", 2) != 0) {
                        argv[kept++] = argv[i];
                        continue;
                }
                name = argv[i] + 2;
                /* The one global option that people put behind the command, and that no command has. */
                if (strcmp(name, "json") == 0) {
                        ctl->json = true;
                        continue;
                }
                equals = strchr(name, '=');
                o = find(name, equals ? (size_t)(equals - name) : strlen(name), options, n);
                if (!o)
                        return ctl_usage(ctl, "unknown option %s", argv[i]);
                if (o->flag && equals)
                        return ctl_usage(ctl, "--%s takes no value", o->name);
                if (o->flag)
                        *o->flag = true;
                else if (equals)
                        *o->value = equals + 1;
                else if (i + 1 < argc)
                        *o->value = argv[++i];
                else
                        return ctl_usage(ctl, "--%s needs a value", o->name);
        }
        *ret_n = kept;
        return CTL_OK;
}

int ctl_option_list(struct ctl *ctl, int *argc, char **argv, const char *name, struct ctl_list *ret)
{
        size_t len = strlen(name);
        int kept = 0, i;

        for (i = 0; i < *argc && strcmp(argv[i], "--") != 0; i++) {
                const char *value = NULL;

                if (strncmp(argv[i], "--", 2) == 0 && strncmp(argv[i] + 2, name, len) == 0 &&
                    argv[i][len + 2] == '=')
                        value = argv[i] + len + 3;
                else if (strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, name) == 0) {
                        if (i + 1 == *argc)
                                return ctl_usage(ctl, "--%s needs a value", name);
                        value = argv[++i];
                } else {
                        argv[kept++] = argv[i];
                        continue;
                }
                if (ret->n == CTL_LIST_MAX)
                        return ctl_usage(ctl, "--%s stands more than %d times", name, CTL_LIST_MAX);
                ret->items[ret->n++] = value;
        }
        for (; i < *argc; i++)
                argv[kept++] = argv[i];
        *argc = kept;
        return CTL_OK;
}
