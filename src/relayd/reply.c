/* Answers that may only be given once the disk has what they speak of. */
#include <stdlib.h>
#include <string.h>

#include "relayd.h"

struct reply {
        struct thon_mqtt_message request; /* its strings are ours */
        json_t *extra;
};

static void free_reply(struct reply *reply)
{
        free((char *)reply->request.topic);
        free((char *)reply->request.response_topic);
        free((void *)reply->request.correlation);
        json_decref(reply->extra);
        free(reply);
}

static void answer(struct relayd *d, int result, void *userdata)
{
        struct reply *reply = userdata;

        if (!d->mqtt) /* we are ending, and the broker is gone before the disk */
                ;
        else if (result == 0)
                thon_mqtt_reply_ok(d->mqtt, &reply->request, json_incref(reply->extra));
        else
                thon_mqtt_reply_error(
                        d->mqtt, &reply->request, result > 0 ? thon_store_error_slug(result) : "store",
                        "the store could not take it, and nothing was changed; see: journalctl -u "
                        "thon-relayd");
        free_reply(reply);
}

void relayd_reply_after_commit(struct relayd *d, const struct thon_mqtt_message *request, json_t *extra)
{
        struct reply *reply;

        if (!request->response_topic) {
                json_decref(extra);
                return;
        }
        reply = calloc(1, sizeof(*reply));
        if (!reply) {
                json_decref(extra);
                return;
        }
        reply->extra = extra;
        reply->request.topic = strdup(request->topic);
        reply->request.response_topic = strdup(request->response_topic);
        reply->request.correlation_size = request->correlation_size;
        if (request->correlation_size > 0) {
                void *copy = malloc(request->correlation_size);
                if (copy)
                        memcpy(copy, request->correlation, request->correlation_size);
                else
                        reply->request.correlation_size = 0;
                reply->request.correlation = copy;
        }
        /* Without memory nobody is answered, and whoever asked takes it for unknown: that is what it is. */
        if (!extra || !reply->request.topic || !reply->request.response_topic ||
            relayd_batch_then(d, answer, reply) < 0)
                free_reply(reply);
}
