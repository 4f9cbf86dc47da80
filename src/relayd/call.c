/* A channel's request as one HTTP call. */
#include "relayd.h"

int relayd_call(struct relayd *d, const struct relayd_request *request, thon_http_fn fn, void *userdata,
                struct thon_http_call **ret)
{
        const struct thon_http_request http = {
                .method = request->method,
                .url = request->url,
                .headers = (const char *const *)request->headers,
                .body = request->body,
                .size = request->size,
                .total_ms = request->total_ms,
        };

        return thon_http_send(d->http, &http, fn, userdata, ret);
}
