/* thonctl status: what runs, by the retained status of each daemon and by what relayd has seen of it, and whether the store can be
 * read. One that dies every two seconds is online at most moments: only who watches it knows. */
#include <errno.h>
#include <string.h>

#include "backup.h"
#include "thon/cleanup.h"

static json_t *store_status(struct ctl *ctl)
{
        _cleanup_free_ char *message = NULL;
        int r = thon_store_open(ctl->store_path, THON_STORE_READ, &ctl->store, &message);

        if (r == 0)
                return json_pack("{s:s,s:b,s:i}", "path", ctl->store_path, "ok", 1, "version",
                                 thon_store_version(ctl->store));
        return json_pack("{s:s,s:b,s:s}", "path", ctl->store_path, "ok", 0, "detail",
                         message ? message : strerror(r < 0 ? -r : EIO));
}

static const char *words_of(const char *trouble)
{
        if (strcmp(trouble, "dying") == 0)
                return "keeps dying and is restarted each time; see: journalctl -u thon-";
        if (strcmp(trouble, "dead") == 0)
                return "died and does not come back; see: journalctl -u thon-";
        return "was stopped and not started again: systemctl start thon-";
}

/* Those that relayd says are in trouble; false: there are some. */
static bool watched(struct ctl *ctl, const json_t *statuses)
{
        const json_t *health = json_object_get(json_object_get(statuses, "status/relayd"), "health");
        bool fine = true;
        const char *name;
        json_t *trouble;

        json_object_foreach (json_object_get(health, "daemons"), name, trouble) {
                if (!json_is_string(trouble))
                        continue;
                ctl_say(ctl, "thon-%s %s%s", name, words_of(json_string_value(trouble)), name);
                fine = false;
        }
        return fine;
}

static int status(struct ctl *ctl, int argc, char **argv)
{
        _cleanup_json_ json_t *all = NULL, *daemons = json_object(), *store = NULL, *copies = NULL;
        bool fine = true, copied = false;
        const char *topic;
        json_t *doc;
        int r;

        (void)argv;
        if (argc > 0)
                return ctl_usage(ctl, "status takes no arguments");
        store = store_status(ctl);
        fine = json_is_true(json_object_get(store, "ok"));
        r = ctl_connect(ctl);
        if (r != CTL_OK)
                return r;
        r = thon_mqtt_client_retained(ctl->client, "status/+", 5000, &all);
        if (r < 0)
                return ctl_fail(ctl, "broker", "the states could not be read: %s", strerror(-r));
        json_object_foreach (all, topic, doc) {
                const char *name = strncmp(topic, "status/", 7) == 0 ? topic + 7 : topic,
                           *state = json_string_value(json_object_get(doc, "state"));
                (void)json_object_set(daemons, name, doc);
                if (!state || strcmp(state, "online") != 0)
                        fine = false;
                _cleanup_free_ char *health =
                        json_dumps(json_object_get(doc, "health"), JSON_COMPACT | JSON_ENCODE_ANY);
                ctl_say(ctl, "thon-%s: %s %s", name, state ? state : "unknown", health ? health : "");
        }
        if (json_object_size(daemons) == 0 || !watched(ctl, all))
                fine = false;
        const char *detail = json_string_value(json_object_get(store, "detail"));
        ctl_say(ctl, "store: %s%s%s", ctl->store_path, detail ? ": " : " is readable", detail ? detail : "");
        r = ctl_backup_age(ctl, &copies, &copied);
        if (r != CTL_OK)
                return r;
        fine = fine && copied;
        if (json_object_size(daemons) == 0)
                ctl_say(ctl, "No daemon has told its status. See: systemctl status 'thon-*'");
        if (ctl->json)
                (void)ctl_print(ctl,
                                json_pack("{s:b,s:O,s:O,s:O}", "ok", fine, "daemons", daemons, "store",
                                          store, "backup", copies),
                                NULL);
        return fine ? CTL_OK : CTL_FAILED;
}

const struct ctl_command ctl_status_commands[] = {
        {"status", "", status},
        {NULL, NULL, NULL},
};
