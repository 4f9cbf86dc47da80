/* What relayd says of itself and of the notices that are under way. */
#include <string.h>

#include "relayd.h"

void relayd_publish_health(struct relayd *d)
{
        const char *store = d->store_error == 0 ? "ok" : thon_store_error_slug(d->store_error);

        thon_loop_status("%zu channels%s", d->n_channels, d->store_error ? ", store away" : "");
        if (d->mqtt)
                thon_mqtt_health(d->mqtt, json_pack("{s:I,s:s}", "channels", (json_int_t)d->n_channels,
                                                    "store", store));
}
