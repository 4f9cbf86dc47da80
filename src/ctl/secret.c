/* thonctl device secret: the password of a device; thonctl person pin: the PIN of who may air an emergency. Both
 * come from the terminal or from standard input, never from the command line, which every process of the machine
 * can read and every shell writes down. */
#include "secret.h"

#include <stdio.h>
#include <string.h>

#include "thon/announce_store.h"
#include "thon/camera_form.h"
#include "thon/cleanup.h"

/* Said before it is asked for. */
static int check_there(struct ctl *ctl, enum thon_noun noun, const char *id)
{
        _cleanup_json_ json_t *record = NULL;
        int r = thon_registry_show(ctl->store, noun, id, &record);

        return r != 0 ? ctl_fail_store(ctl, r) : CTL_OK;
}

struct kind {
        enum thon_noun noun;
        const char *command, *what, *prompt, *table;
};
static const struct kind password = {THON_DEVICE, "device secret", "password", "Password", "device_secret"},
                         pin = {THON_PERSON, "person pin", "PIN", "PIN", "person_pin"};

static int take(struct ctl *ctl, const struct kind *kind, const char *id, const char *file,
                struct ctl_secret *ret)
{
        char prompt[THON_SLUG_MAX + 40];
        int r;

        (void)snprintf(prompt, sizeof(prompt), "%s of %.63s: ", kind->prompt, id);
        r = file && strcmp(file, "-") != 0 ? ctl_secret_file(ctl, kind->what, file, prompt, ret)
                                           : ctl_secret_ask(ctl, kind->what, prompt, true, ret);
        if (r == CTL_OK && ret->size == 0)
                return ctl_fail(
                        ctl, "invalid",
                        "no %s was given; nothing was changed. To take it away: thonctl %s %s --remove",
                        kind->what, kind->command, id);
        return r;
}

static int set(struct ctl *ctl, const struct kind *kind, int argc, char **argv)
{
        _cleanup_(ctl_secret_done) struct ctl_secret secret = {.size = 0};
        struct thon_actor actor = ctl_actor(ctl);
        const char *file = NULL, *text;
        bool away = false;
        const struct ctl_option options[] = {{"remove", NULL, &away}, {"pin-file", &file, NULL}};
        int r = ctl_options(ctl, argc, argv, options, kind->noun == THON_PERSON ? 2 : 1, &argc);

        if (r != CTL_OK)
                return r;
        if (argc != 1)
                return ctl_usage(ctl, "%s takes one %s; the %s is asked for, or read from standard input",
                                 kind->command, thon_noun_text(kind->noun), kind->what);
        r = ctl_open_store(ctl, THON_STORE_WRITE);
        if (r == CTL_OK)
                r = check_there(ctl, kind->noun, argv[0]);
        if (r == CTL_OK && !away)
                r = take(ctl, kind, argv[0], file, &secret);
        if (r != CTL_OK)
                return r;
        text = away ? NULL : secret.text;
        r = kind->noun == THON_DEVICE ? thon_device_secret_set(ctl->store, argv[0], text, &actor)
                                      : thon_pin_set(ctl->store, argv[0], text, &actor);
        if (r != 0)
                return ctl_fail_store(ctl, r);
        ctl_touched(ctl, kind->table);
        return ctl_done(ctl, json_pack("{s:s}", "id", argv[0]), "%s %s: its %s is %s",
                        thon_noun_text(kind->noun), argv[0], kind->what, away ? "removed" : "set");
}

static int device_secret(struct ctl *ctl, int argc, char **argv)
{
        return set(ctl, &password, argc, argv);
}

static int person_pin(struct ctl *ctl, int argc, char **argv)
{
        return set(ctl, &pin, argc, argv);
}

const struct ctl_command ctl_secret_commands[] = {
        {"device secret", "ID [--remove]", device_secret},
        {"person pin", "ID [--pin-file FILE|-] [--remove]", person_pin},
        {NULL, NULL, NULL},
};
