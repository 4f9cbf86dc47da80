/* thonctl user: who may use the console. A password comes from the terminal, a file or standard input, never from the
 * command line, which every process of the machine can read and every shell writes down. */
#include "thon/user.h"

#include <stdio.h>

#include "secret.h"
#include "thon/cleanup.h"

static int take_password(struct ctl *ctl, const char *id, const char *file, struct ctl_secret *ret)
{
        char prompt[THON_SLUG_MAX + 40];
        int r;

        (void)snprintf(prompt, sizeof(prompt), "Password of %.63s: ", id);
        r = file ? ctl_secret_file(ctl, "password", file, prompt, ret)
                 : ctl_secret_ask(ctl, "password", prompt, true, ret);
        if (r == CTL_OK && ret->size == 0)
                return ctl_fail(ctl, "invalid", "no password was given; nothing was changed");
        return r;
}

/* The ID, and a store that may be written. */
static int begin(struct ctl *ctl, int argc, char **argv, const char *verb)
{
        if (argc != 1 || argv[0][0] == '-')
                return ctl_usage(ctl, "user %s takes one ID, and options", verb);
        return ctl_open_store(ctl, THON_STORE_WRITE);
}

static int done(struct ctl *ctl, int r, const char *id, const char *what)
{
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, "user");
        return ctl_done(ctl, json_pack("{s:s}", "id", id), "user %s %s", id, what);
}

static int user_list(struct ctl *ctl, int argc, char **argv)
{
        static const char *const columns[] = {"id",       "name",       "role", "person",
                                              "disabled", "changed_at", NULL};
        json_t *rows;
        int r;

        (void)argv;
        if (argc > 0)
                return ctl_usage(ctl, "user list takes no arguments");
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r == CTL_OK)
                r = ctl_zone(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_user_list(ctl->store, &rows);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_civil(ctl, rows);
        return ctl_print(ctl, rows, columns);
}

static int user_show(struct ctl *ctl, int argc, char **argv)
{
        json_t *doc;
        int r;

        if (argc != 1)
                return ctl_usage(ctl, "user show takes one ID");
        r = ctl_open_store(ctl, THON_STORE_READ);
        if (r == CTL_OK)
                r = ctl_zone(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_user_show(ctl->store, argv[0], &doc);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_civil(ctl, doc);
        return ctl_print(ctl, doc, NULL);
}

static int user_add(struct ctl *ctl, int argc, char **argv)
{
        _cleanup_(ctl_secret_done) struct ctl_secret secret = {.size = 0};
        struct thon_user_fields fields = {NULL, NULL, NULL};
        struct thon_actor actor = ctl_actor(ctl);
        const char *file = NULL;
        const struct ctl_option options[] = {{"name", &fields.name, NULL},
                                             {"person", &fields.person, NULL},
                                             {"role", &fields.role, NULL},
                                             {"password-file", &file, NULL}};
        int r = ctl_options(ctl, argc, argv, options, 4, &argc);

        if (r == CTL_OK)
                r = begin(ctl, argc, argv, "add");
        if (r == CTL_OK)
                r = take_password(ctl, argv[0], file, &secret);
        if (r != CTL_OK)
                return r;
        return done(ctl, thon_user_add(ctl->store, argv[0], &fields, secret.text, &actor), argv[0],
                    "is added");
}

static int user_set(struct ctl *ctl, int argc, char **argv)
{
        struct thon_user_fields fields = {NULL, NULL, NULL};
        struct thon_actor actor = ctl_actor(ctl);
        const struct ctl_option options[] = {{"name", &fields.name, NULL},
                                             {"person", &fields.person, NULL},
                                             {"role", &fields.role, NULL}};
        int r = ctl_options(ctl, argc, argv, options, 3, &argc);

        if (r == CTL_OK)
                r = begin(ctl, argc, argv, "set");
        if (r != CTL_OK)
                return r;
        return done(ctl, thon_user_set(ctl->store, argv[0], &fields, &actor), argv[0], "is set");
}

static int user_passwd(struct ctl *ctl, int argc, char **argv)
{
        _cleanup_(ctl_secret_done) struct ctl_secret secret = {.size = 0};
        _cleanup_json_ json_t *there = NULL;
        struct thon_actor actor = ctl_actor(ctl);
        const char *file = NULL;
        const struct ctl_option options[] = {{"password-file", &file, NULL}};
        int r = ctl_options(ctl, argc, argv, options, 1, &argc);

        if (r == CTL_OK)
                r = begin(ctl, argc, argv, "passwd");
        if (r != CTL_OK)
                return r;
        /* Said before it is asked for. */
        r = thon_user_show(ctl->store, argv[0], &there);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        r = take_password(ctl, argv[0], file, &secret);
        if (r != CTL_OK)
                return r;
        return done(ctl, thon_user_password(ctl->store, argv[0], secret.text, &actor), argv[0],
                    "has a new password");
}

static int disable(struct ctl *ctl, int argc, char **argv, bool disabled)
{
        struct thon_actor actor = ctl_actor(ctl);
        int r = begin(ctl, argc, argv, disabled ? "disable" : "enable");

        if (r != CTL_OK)
                return r;
        return done(ctl, thon_user_disable(ctl->store, argv[0], disabled, &actor), argv[0],
                    disabled ? "may not log in any more" : "may log in");
}

static int user_disable(struct ctl *ctl, int argc, char **argv)
{
        return disable(ctl, argc, argv, true);
}

static int user_enable(struct ctl *ctl, int argc, char **argv)
{
        return disable(ctl, argc, argv, false);
}

static int user_remove(struct ctl *ctl, int argc, char **argv)
{
        struct thon_actor actor = ctl_actor(ctl);
        int r = begin(ctl, argc, argv, "remove");

        if (r != CTL_OK)
                return r;
        return done(ctl, thon_user_remove(ctl->store, argv[0], &actor), argv[0], "is removed");
}

const struct ctl_command ctl_user_commands[] = {
        {"user list", "", user_list},
        {"user show", "ID", user_show},
        {"user add", "ID [--name NAME] [--person ID] [--role ROLE] [--password-file FILE|-]", user_add},
        {"user set", "ID [--name NAME] [--person ID] [--role ROLE]", user_set},
        {"user passwd", "ID [--password-file FILE|-]", user_passwd},
        {"user disable", "ID", user_disable},
        {"user enable", "ID", user_enable},
        {"user remove", "ID", user_remove},
        {NULL, NULL, NULL},
};
