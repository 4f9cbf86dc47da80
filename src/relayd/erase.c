/* notify/erase: what the relay keeps of people who asked to be forgotten. Who they are, and what their addresses are, is the
 * registry's to say, so it comes with the command; thonctl is the only one whom the broker lets send it. */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "reports.h"
#include "thon/cleanup.h"
#include "thon/erasure.h"
#include "thon/log.h"

#define BY_MAX    64
#define CODE_MAX  63
#define ITEM_MAX  512
#define ITEMS_MAX 1000

static bool texts(const json_t *doc, const char *member, struct thon_json_error *error)
{
        const json_t *list = json_object_get(doc, member), *one;
        bool good = !list || (json_is_array(list) && json_array_size(list) <= ITEMS_MAX);
        size_t i;

        json_array_foreach (list, i, one)
                good = good && json_is_string(one) && json_string_length(one) > 0 &&
                       json_string_length(one) <= ITEM_MAX;
        if (!good)
                thon_json_fail(error, member, "must be a list of at most %d texts", ITEMS_MAX);
        return good;
}

static void note_file(const char *file, void *userdata)
{
        (void)json_array_append_new(userdata, json_string(file));
}

/* Only what the disk has forgotten is unlinked. */
static void unlink_all(struct relayd *d, int result, void *userdata)
{
        json_t *names = userdata;
        const json_t *one;
        size_t i;

        if (result == 0)
                json_array_foreach (names, i, one)
                        relayd_attachment_unlink(json_string_value(one), d);
        json_decref(names);
}

void relayd_command_erase(struct relayd *d, const struct thon_mqtt_message *m)
{
        static const char *const members[] = {"household", "persons", "addresses", "shared", "by", NULL};
        _cleanup_json_ json_t *doc = NULL, *counts = NULL, *names = json_array();
        struct thon_json_error error = {""};
        const char *by = NULL, *household = NULL;
        int r = thon_mqtt_command(m, members, &doc, &error);

        if (r == 0 && (!thon_json_line(doc, "by", BY_MAX, &by, &error) ||
                       !thon_json_line(doc, "household", CODE_MAX, &household, &error) ||
                       !texts(doc, "persons", &error) || !texts(doc, "addresses", &error)))
                r = -EINVAL;
        if (r == 0 && !names)
                r = -ENOMEM;
        if (r < 0) {
                thon_mqtt_reply_invalid(d->mqtt, m, r, &error);
                return;
        }
        r = relayd_batch_mark(d);
        if (r == 0)
                r = relayd_batch_unmark(d, thon_relay_erase(d->store, doc, false, relayd_wall(d), note_file,
                                                            names, &counts));
        if (r != 0) {
                relayd_reply_store(d, m, r);
                return;
        }
        /* Before the answer, so that who hears it finds no file. */
        if (relayd_batch_then(d, unlink_all, json_incref(names)) < 0)
                json_decref(names);
        thon_log_full(LOG_NOTICE, THON_MSG_NONE, (const char *const[]){"THON_BY=", by ? by : "", NULL},
                      "What was kept of a household or person was erased%s%s", by ? " by " : "",
                      by ? by : "");
        relayd_reply_after_commit(d, m, THON_TAKE(counts));
}
