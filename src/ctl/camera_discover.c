/* thonctl camera discover: what cameras there are, and the new ones into the registry. Looking is camerad's (it has the
 * network, and knows which are known); writing is done here, through the same call as `thonctl device add`. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"
#include "thon/cleanup.h"
#include "thon/text.h"

#define WAIT_DEFAULT 4
#define WAIT_MAX     10
#define SPARE_MS     8000 /* beyond the wait: another may be under way, and the answer is long */
#define NAME_PART    40   /* of an id */
#define TRIES        1000

static const char *text_of(const json_t *doc, const char *member)
{
        const char *text = json_string_value(json_object_get(doc, member));

        return text ? text : "";
}

static bool is_new(const json_t *found)
{
        return !json_is_string(json_object_get(found, "known"));
}

/* ---- what it becomes ---- */

/* "DS-2CD1023 cổng" as "ds-2cd1023-cong", at most NAME_PART characters; "" when nothing of it can stand in an id. */
static int name_part(const char *name, char ret[static NAME_PART + 1])
{
        _cleanup_free_ char *folded = NULL;
        size_t n = 0;
        int r = thon_text_fold(name, NAME_PART * 4, &folded);

        if (r == -ENOMEM)
                return r;
        for (const char *p = folded ? folded : ""; *p && n < NAME_PART; p++)
                ret[n++] = *p == ' ' ? '-' : *p;
        while (n > 0 && ret[n - 1] == '-')
                n--;
        ret[n] = '\0';
        if (!thon_slug_valid(ret))
                *ret = '\0';
        return 0;
}

/* What it calls itself, and the last two groups of its address, by which it is found on a plan: "cong-dinh-4-20". */
static int base_id(const json_t *found, char ret[static THON_SLUG_MAX + 1])
{
        const char *address = text_of(found, "address"), *tail = address + strlen(address);
        char name[NAME_PART + 1];
        int r = name_part(text_of(found, "name"), name);

        if (r == 0 && !*name)
                r = name_part(text_of(found, "hardware"), name);
        if (r < 0)
                return r;
        for (int groups = 0; tail > address; tail--)
                if (strchr(".:", tail[-1]) && ++groups == 2)
                        break;
        tail += strspn(tail, ".:");
        (void)snprintf(ret, THON_SLUG_MAX + 1, "%s-%.20s", *name ? name : "camera", tail);
        for (char *p = ret; *p; p++)
                if (*p == '.' || *p == ':')
                        *p = '-';
        return thon_slug_valid(ret) ? 0 : -EINVAL;
}

/* One that no device has. */
static int free_id(struct ctl *ctl, const json_t *found, char ret[static THON_SLUG_MAX + 1])
{
        thon_slug base;
        int r = base_id(found, base);

        if (r < 0)
                return ctl_fail(ctl, "invalid", "no id can be made for %s", text_of(found, "address"));
        memcpy(ret, base, sizeof(base));
        for (int i = 2; i < TRIES; i++) {
                json_t *there = NULL;

                r = thon_registry_show(ctl->store, THON_DEVICE, ret, &there);
                json_decref(there);
                if (r == THON_STORE_NOT_FOUND)
                        return CTL_OK;
                if (r != 0)
                        return ctl_fail_store(ctl, r);
                (void)snprintf(ret, THON_SLUG_MAX + 1, "%.58s-%d", base, i);
        }
        return ctl_fail(ctl, "invalid", "every id like %s is taken", base);
}

/* The service's address is taken when it is where the camera itself answered from: it says what it likes. */
static bool same_host(const char *xaddr, const char *address)
{
        static const char *const schemes[] = {"http://", "https://"};
        size_t n = strlen(address);

        for (size_t i = 0; i < 2; i++) {
                const char *host = xaddr + strlen(schemes[i]);

                if (strncmp(xaddr, schemes[i], strlen(schemes[i])) == 0 && strncmp(host, address, n) == 0 &&
                    strchr(":/", host[n]))
                        return true;
        }
        return false;
}

static json_t *config_of(const json_t *found, const char *user)
{
        const char *address = text_of(found, "address"), *xaddr = text_of(found, "xaddr");
        bool six = strchr(address, ':');
        json_t *config = json_pack(
                "{s:o}", "url", json_sprintf("rtsp://%s%s%s:554/", six ? "[" : "", address, six ? "]" : ""));

        if (user)
                (void)json_object_set_new(config, "user", json_string(user));
        if (same_host(xaddr, address))
                (void)json_object_set_new(config, "onvif_url", json_string(xaddr));
        return config;
}

static int add_one(struct ctl *ctl, json_t *found, const char *area, const char *user, const char *id)
{
        _cleanup_json_ json_t *config = config_of(found, user);
        _cleanup_free_ char *text = config ? json_dumps(config, JSON_COMPACT) : NULL;
        struct thon_actor actor = ctl_actor(ctl);
        const char *name = *text_of(found, "name") ? text_of(found, "name") : id;
        const struct thon_field fields[] = {{"kind", "camera"},
                                            {"name", name},
                                            {"config", text ? text : ""},
                                            {"area", area ? area : ""}};
        int r = thon_registry_add(ctl->store, THON_DEVICE, id, fields, 4, &actor);

        if (r != 0)
                return ctl_fail_store(ctl, r);
        (void)json_object_set_new(found, "added", json_string(id));
        return CTL_OK;
}

/* ---- asking ---- */

/* An answer of a person at the terminal, without its line end; false at the end of input. */
static bool ask(char *buf, size_t size)
{
        size_t n;

        (void)fflush(stderr);
        if (!fgets(buf, (int)size, stdin))
                return false;
        n = strlen(buf);
        if (n > 0 && buf[n - 1] == '\n')
                buf[n - 1] = '\0';
        return true;
}

struct wish {
        const char *area, *user;
        bool asks;
        char said_area[200], said_user[200]; /* of the one before: cameras of a hamlet come together */
};

/* False: not this one. */
static bool wanted(struct wish *wish, const json_t *found, const char *id)
{
        char answer[200];

        if (!wish->asks)
                return true;
        fprintf(stderr, "Add %s%s%s at %s as %s? [y/N] ", text_of(found, "name"),
                *text_of(found, "name") ? " " : "", text_of(found, "hardware"), text_of(found, "address"),
                id);
        if (!ask(answer, sizeof(answer)) || (answer[0] != 'y' && answer[0] != 'Y'))
                return false;
        if (!wish->area) {
                fprintf(stderr, "In which area? [%s] ", wish->said_area);
                if (!ask(answer, sizeof(answer)))
                        return false;
                if (*answer)
                        memcpy(wish->said_area, answer, sizeof(answer));
        }
        if (!wish->user) {
                fprintf(stderr, "Which user logs in? [%s] ", wish->said_user);
                if (!ask(answer, sizeof(answer)))
                        return false;
                if (*answer)
                        memcpy(wish->said_user, answer, sizeof(answer));
        }
        return true;
}

static const char *chosen(const char *given, const char *said)
{
        return given ? given : *said ? said : NULL;
}

static int add_new(struct ctl *ctl, json_t *list, struct wish *wish, size_t *ret_added)
{
        json_t *found;
        size_t i;

        json_array_foreach (list, i, found) {
                thon_slug id;
                int r;

                (void)json_object_set_new(found, "added", json_null());
                if (!is_new(found))
                        continue;
                r = free_id(ctl, found, id);
                if (r != CTL_OK)
                        return r;
                if (!wanted(wish, found, id))
                        continue;
                r = add_one(ctl, found, chosen(wish->area, wish->said_area),
                            chosen(wish->user, wish->said_user), id);
                if (r != CTL_OK)
                        return r;
                ++*ret_added;
        }
        return CTL_OK;
}

/* ---- saying ---- */

static void say_moved(const json_t *list)
{
        const json_t *found;
        size_t i;

        json_array_foreach (list, i, found)
                if (json_is_true(json_object_get(found, "moved")))
                        fprintf(stderr,
                                "thonctl: %s answers at %s now, which is not its configured address: thonctl "
                                "device set %s --config ...\n",
                                text_of(found, "known"), text_of(found, "address"), text_of(found, "known"));
}

static void say_added(const json_t *list)
{
        const json_t *found;
        size_t i;

        json_array_foreach (list, i, found) {
                const char *id = json_string_value(json_object_get(found, "added"));

                if (id)
                        printf("%s: added with rtsp port 554. Still to be filled in: its password (thonctl device "
                               "secret %s) and the path of its stream (thonctl device set %s --config ...); then: "
                               "thonctl camera check %s\n",
                               id, id, id, id);
        }
}

static int say(struct ctl *ctl, json_t *reply, size_t added)
{
        static const char *const columns[] = {"address", "name", "hardware", "mac", "known", "moved", NULL};
        json_t *list = json_object_get(reply, "found");
        int64_t left_out = json_integer_value(json_object_get(reply, "left_out"));

        if (left_out > 0)
                fprintf(stderr, "thonctl: %lld more answered than fit into one reply; add these first\n",
                        (long long)left_out);
        if (ctl->json)
                return ctl_done(ctl, json_incref(reply), "%s", "");
        if (json_array_size(list) == 0) {
                printf("No camera answered. Those of other networks, and those whose ONVIF is switched off, do not: "
                       "thonctl device add ID --kind camera ...\n");
                return CTL_OK;
        }
        say_moved(list);
        if (added > 0) {
                say_added(list);
                return CTL_OK;
        }
        return ctl_print(ctl, json_incref(list), columns);
}

static int run(struct ctl *ctl, long wait, bool add, struct wish *wish)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *list;
        size_t added = 0;
        int r = ctl_call_within(ctl, "camera/discover", json_pack("{s:I}", "wait", (json_int_t)wait),
                                "thon-camerad", (unsigned)wait * 1000 + SPARE_MS, &reply);

        if (r != CTL_OK)
                return r;
        list = json_object_get(reply, "found");
        if (!json_is_array(list))
                return ctl_fail(ctl, "broker", "the answer of thon-camerad has no list of what was found");
        if (add) {
                r = ctl_open_store(ctl, THON_STORE_WRITE);
                if (r == CTL_OK)
                        r = add_new(ctl, list, wish, &added);
                /* Those before the one that failed are there. */
                if (added > 0)
                        ctl_touched(ctl, "device");
                if (r != CTL_OK)
                        return r;
        }
        return say(ctl, reply, added);
}

static int discover(struct ctl *ctl, int argc, char **argv)
{
        const char *wait = NULL;
        struct wish wish = {.area = NULL};
        bool add = false;
        const struct ctl_option options[] = {{"wait", &wait, NULL},
                                             {"area", &wish.area, NULL},
                                             {"user", &wish.user, NULL},
                                             {"add", NULL, &add}};
        long seconds = WAIT_DEFAULT;
        int r = ctl_options(ctl, argc, argv, options, 4, &argc);

        if (r != CTL_OK)
                return r;
        if (argc > 0)
                return ctl_usage(ctl, "camera discover takes options only");
        if (wait && !ctl_int(wait, 1, WAIT_MAX, &seconds))
                return ctl_usage(ctl, "--wait takes 1 to %d seconds", WAIT_MAX);
        if (!add && (wish.area || wish.user))
                return ctl_usage(ctl, "--area and --user are for --add");
        wish.asks = !wish.area;
        if (add && wish.asks && (ctl->json || !isatty(STDIN_FILENO)))
                return ctl_usage(ctl, "--add asks at a terminal; else give --area, and --user");
        return run(ctl, seconds, add, &wish);
}

const struct ctl_command ctl_camera_discover_commands[] = {
        {"camera discover", "[--wait S] [--add [--area A] [--user U]]", discover},
        {NULL, NULL, NULL},
};
