/* Answers that may only be given once the disk has what they speak of. */
#include <stdlib.h>

#include "relayd.h"

struct reply {
        struct thon_mqtt_message *request;
        json_t *extra;
};

static void free_reply(struct reply *reply)
{
        (void)thon_mqtt_unkeep(reply->request);
        json_decref(reply->extra);
        free(reply);
}

static void answer(struct relayd *d, int result, void *userdata)
{
        struct reply *reply = userdata;

        if (!d->mqtt) /* we are ending, and the broker is gone before the disk */
                ;
        else if (result == 0)
                thon_mqtt_reply_ok(d->mqtt, reply->request, json_incref(reply->extra));
        else
                thon_mqtt_reply_error(
                        d->mqtt, reply->request, result > 0 ? thon_store_error_slug(result) : "store",
                        "the store could not take it, and nothing was changed; see: journalctl -u "
                        "thon-relayd");
        free_reply(reply);
}

void relayd_reply_after_commit(struct relayd *d, const struct thon_mqtt_message *request, json_t *extra)
{
        struct reply *reply = request->response_topic ? calloc(1, sizeof(*reply)) : NULL;

        if (!reply) {
                json_decref(extra);
                return;
        }
        reply->extra = extra;
        reply->request = thon_mqtt_keep(request);
        if (!extra || !reply->request || relayd_batch_then(d, answer, reply) < 0)
                free_reply(reply);
}
