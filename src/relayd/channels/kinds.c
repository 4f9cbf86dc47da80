/* Which kind is which, and the end of what kinds hand out. */
#include <string.h>

#include "wire.h"

const struct relayd_kind *relayd_kind_of(enum thon_channel_kind kind)
{
        switch (kind) {
        case THON_KIND_ZALO_OA:
                return &relayd_zalo_oa;
        case THON_KIND_ZALO_TEMPLATE:
                return &relayd_zalo_template;
        case THON_KIND_ZALO_GROUP:
                return &relayd_zalo_group;
        case THON_KIND_ZALO_BOT:
                return &relayd_zalo_bot;
        case THON_KIND_TELEGRAM:
                return &relayd_telegram;
        case THON_KIND_NTFY:
                return &relayd_ntfy;
        case THON_KIND_FACEBOOK_PAGE:
                return &relayd_facebook_page;
        case THON_KIND_SMS:
                return &relayd_sms;
        case THON_KIND_WEBHOOK:
        case THON_CHANNEL_KINDS:
                break;
        }
        return &relayd_webhook;
}

static void wipe(char *text, size_t size)
{
        if (text)
                explicit_bzero(text, size);
        free(text);
}

void relayd_request_done(struct relayd_request *request)
{
        if (!request)
                return;
        wipe(request->url, request->url ? strlen(request->url) : 0);
        for (size_t i = 0; i < sizeof request->headers / sizeof *request->headers && request->headers[i];
             i++)
                wipe(request->headers[i], strlen(request->headers[i]));
        wipe(request->body, request->size);
        *request = (struct relayd_request){0};
}

void relayd_update_done(struct relayd_update *update)
{
        if (!update)
                return;
        free(update->update_id);
        free(update->address);
        free(update->sender);
        free(update->name);
        free(update->text);
        free(update->url);
        free(update->message_id);
        *update = (struct relayd_update){.at = THON_WALL_NEVER};
}
