/* The inside of the chain of tokens, shared by token.c (state, file, time) and token_refresh.c (one refresh). */
#pragma once

#include "token.h"
#include "token_pair.h"

#define RELAYD_MINUTE_US    UINT64_C(60000000)
#define RELAYD_SAVE_TROUBLE "không ghi được token xuống đĩa (%s); sẽ thử lại"

struct relayd_token {
        struct thon_clock *clock;
        struct thon_http *http;
        char *name, *path, *url;
        struct relayd_secrets *secrets; /* borrowed */
        relayd_token_fn fn;
        void *userdata;

        enum relayd_token_state state;
        char trouble[200];
        struct relayd_token_file file;
        bool unsaved; /* the pair in memory is newer than the file */
        bool refused; /* the access token, by a provider */
        bool unsure;  /* `due` is a guess until the clock is trusted */

        struct thon_alarm *alarm;
        struct thon_http_call *call;
        struct thon_mono due;       /* the next refresh, unless LOST or under way */
        struct thon_mono ends;      /* of the access token; NEVER: not known */
        struct thon_mono tried;     /* NEVER: not in this run */
        struct thon_mono refreshed; /* NEVER: not in this run */
        struct thon_mono save_at;   /* while unsaved */
        uint64_t backoff_us, save_backoff_us;
};

static inline struct thon_mono relayd_token_now(const struct relayd_token *t)
{
        return thon_clock_mono(t->clock);
}

static inline uint64_t relayd_token_doubled(uint64_t us, uint64_t min, uint64_t max)
{
        return us == 0 ? min : us > max / 2 ? max : us * 2;
}

/* `format` NULL: nothing is wrong. Arms the alarm, and tells what changed. */
void relayd_token_become(struct relayd_token *t, enum relayd_token_state state, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* `why` in Vietnamese. */
void relayd_token_lost(struct relayd_token *t, const char *why);
/* The file as it is in memory. 0 or -errno. */
int relayd_token_save(struct relayd_token *t);
/* A new pair: on disk, else kept in memory until it is; then in use. */
void relayd_token_save_pair(struct relayd_token *t);
/* Seconds after which a token of that lifetime is refreshed. */
int64_t relayd_token_refresh_after(int64_t lifetime_s);

/* token_refresh.c: writes the attempt down and asks. */
void relayd_token_refresh(struct relayd_token *t);
