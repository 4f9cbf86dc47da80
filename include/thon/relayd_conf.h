/* relayd.conf: channels, routes, inhibitions. relayd runs by it; thonctl reads the names of channels and templates. */
#pragma once

#include "thon/conf.h"
#include "thon/relay_decide.h"
#include "thon/relay_limits.h"
#include "thon/relay_route.h"
#include "thon/relay_text.h"
#include "thon/slug.h"

enum thon_channel_kind {
        THON_KIND_ZALO_OA,
        THON_KIND_ZALO_TEMPLATE,
        THON_KIND_ZALO_GROUP,
        THON_KIND_ZALO_BOT,
        THON_KIND_TELEGRAM,
        THON_KIND_NTFY,
        THON_KIND_FACEBOOK_PAGE,
        THON_KIND_SMS,
        THON_KIND_WEBHOOK,
        THON_CHANNEL_KINDS
};
const char *thon_channel_kind_text(enum thon_channel_kind kind); /* "zalo-oa" ... */

struct thon_channel_conf {
        thon_slug name;
        enum thon_channel_kind kind;
        bool enabled;       /* enabled = yes */
        char *api_url;      /* base; default by kind */
        char *oauth_url;    /* whole; zalo kinds */
        char *template_url; /* whole; zalo-template by phone */
        char *credential;   /* name of a credential; NULL: none (ntfy, webhook, sms may) */
        /* The channel whose addresses of people are used when somebody has none for this one; "" none. Default for
         * zalo-template by uid: the zalo-oa channel of the same credential. */
        thon_slug addresses;
        struct thon_rate rate; /* default by kind */
        int64_t daily_quota;   /* -1: none */
        int64_t reserve;
        struct thon_hours hours; /* default: always; zalo-template: 06:00-22:00 */
        int parallel;            /* requests under way at once; default 4, zalo-bot and telegram 4, sms 1 */
        /* ask | receipt | repeat; default receipt where the kind can, else ask */
        enum thon_unknown_policy unknown;
        enum thon_unknown_policy unknown_emergency; /* default repeat */
        bool appsecret_proof;                       /* zalo kinds; default no */
        bool by_phone;          /* zalo-template: by = phone (default) | uid; sms: always */
        char *template;         /* zalo-template: the approved template for free text, NULL none */
        char *text_parameter;   /* its parameter that takes the text; default noi_dung */
        int text_parameter_max; /* characters it takes; default 300 */
        bool receive;           /* zalo-bot, telegram: long-poll; default yes */
        char *topic;            /* ntfy: address for to = channel:NAME */
        char *page;             /* facebook-page: page id */
        char *chat;             /* default address of the channel itself: to = channel:NAME */
        bool plain;             /* sms: without marks; default no */
        int max_parts;          /* longest message in parts; default 5, sms 3 */
        char *modem;            /* sms: ModemManager object path or "any" */
};

struct thon_relayd_conf {
        struct thon_channel_conf *channels;
        size_t n_channels;
        struct thon_route_conf *routes;
        size_t n_routes;
        struct thon_inhibit_conf *inhibits;
        size_t n_inhibits;
        /* [relay] */
        /* ladder, ladder_priority, ladder_emergency (default: ladder); names of channels, and "visit" at the end */
        char **ladder[THON_CLASSES];
        size_t n_ladder[THON_CLASSES];
        bool household_phone; /* default yes */
        int64_t patience_s; /* an emergency on a channel that is held or broken goes to its next rung after; default 60 */
        int64_t merge_after_s; /* normal notices to one chat that waited so long are merged; default 10min */
        int64_t keep_s;        /* done notices; default 1100d */
        char *templates;       /* directory; default CONFIG_DIR/templates */
        int64_t report_due_s;  /* default 5d */
        int64_t attachment_max; /* bytes; default 10 MiB */
        char *sender; /* name in front of SMS and in answers: "UBND xã Sao Mai"; NULL: the site's name */
};
/* Everything is checked: URLs, names of channels in ladders, words of `to`, templates parse. Errors as thon_conf_read().
 * `state` of credentials is not looked at. *ret is untouched on failure. */
int thon_relayd_conf_read(const char *config_dir, struct thon_relayd_conf *ret,
                          struct thon_conf_report *report);
void thon_relayd_conf_done(struct thon_relayd_conf *conf);
/* The template of that id from conf->templates, ID.txt; -ENOENT; -EINVAL with `error`; -errno. */
int thon_relayd_template(const struct thon_relayd_conf *conf, const char *id, struct thon_template *ret,
                         char error[static 200]);
/* Splits "a b" or "a, b" into words; NULL-terminated too. 0, -ENOMEM. */
int thon_words_split(const char *text, char ***ret, size_t *ret_n);
void thon_words_free(char **words);
