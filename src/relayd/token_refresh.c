/* One refresh: the request, and what its answer means for the chain. Why it is so is told in token.c. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/conf.h"
#include "thon/log.h"
#include "token_private.h"

#define US             UINT64_C(1000000)
#define AGAIN_MIN_US   RELAYD_MINUTE_US
#define AGAIN_MAX_US   (30 * RELAYD_MINUTE_US)
#define BACKOFF_MAX_US (5 * RELAYD_MINUTE_US)

THON_DEFINE_CLEANUP(char *, thon_secret_free)

/* ---- the answer ---- */

static void again_after(struct relayd_token *t, uint64_t us)
{
        t->due = thon_mono_add(relayd_token_now(t), us);
}

/* Nothing was asked, or it was plainly not looked at: the token is as good as before. */
static void not_asked(struct relayd_token *t)
{
        t->file.tries--;
        (void)relayd_token_save(
                t); /* else the next run counts one too many, which errs on the careful side */
}

static void back_off(struct relayd_token *t, uint64_t at_least_us, const char *why)
{
        t->backoff_us = relayd_token_doubled(t->backoff_us, RELAYD_MINUTE_US, BACKOFF_MAX_US);
        again_after(t, t->backoff_us > at_least_us ? t->backoff_us : at_least_us);
        relayd_token_become(t, RELAYD_TOKEN_WAITING, "chưa làm mới được token: %s", why);
}

static void unclear(struct relayd_token *t, const char *why)
{
        struct thon_mono now = relayd_token_now(t);
        uint64_t left = t->refused || t->ends.us == UINT64_MAX ? 0 : thon_mono_since(now, t->ends);
        uint64_t wait = left / 4;

        thon_warning("token %s: a refresh was asked for and not clearly answered (%d of %d): %s", t->name,
                     t->file.tries, RELAYD_TOKEN_TRIES, why);
        if (t->file.tries >= RELAYD_TOKEN_TRIES) {
                relayd_token_lost(t, "hai lần làm mới không có câu trả lời rõ ràng");
                return;
        }
        again_after(t, wait < AGAIN_MIN_US ? AGAIN_MIN_US : wait > AGAIN_MAX_US ? AGAIN_MAX_US : wait);
        relayd_token_become(t, RELAYD_TOKEN_WAITING,
                            "lần làm mới token vừa rồi không có câu trả lời rõ ràng; sẽ hỏi lại một lần");
}

static void refused(struct relayd_token *t, const struct relayd_token_answer *answer)
{
        char why[160];

        t->file.tries = RELAYD_TOKEN_TRIES;
        (void)relayd_token_save(t); /* else the next run asks, and is refused again */
        (void)snprintf(why, sizeof why, "Zalo từ chối (mã %" PRId64 "%s%s)", answer->code,
                       answer->words[0] ? " " : "", answer->words);
        relayd_token_lost(t, why);
}

static void adopt(struct relayd_token *t, struct relayd_token_answer *answer)
{
        struct thon_wall wall = thon_clock_wall(t->clock);
        struct thon_mono now = relayd_token_now(t);
        struct relayd_pair pair = {.expires = {wall.s + answer->lifetime_s}, .refreshed = wall};

        pair.access = THON_TAKE(answer->access);
        pair.refresh = THON_TAKE(answer->refresh);
        if (!pair.refresh)
                pair.refresh = strdup(t->file.now.refresh);
        if (!pair.refresh) {
                relayd_pair_done(&pair);
                unclear(t, strerror(ENOMEM));
                return;
        }
        relayd_pair_done(&t->file.previous);
        t->file.previous = t->file.now;
        t->file.now = pair;
        t->file.tries = 0;
        t->refused = t->unsure = false;
        t->backoff_us = 0;
        t->refreshed = now;
        t->ends = thon_mono_add(now, (uint64_t)answer->lifetime_s * US);
        t->due = thon_mono_add(now, (uint64_t)relayd_token_refresh_after(answer->lifetime_s) * US);
        thon_info("token %s: refreshed, valid for %" PRId64 " s", t->name, answer->lifetime_s);
        relayd_token_save_pair(t);
}

/* A limit of rate says of itself that nothing was done. */
static bool too_fast(const struct thon_http_answer *http, const struct relayd_token_answer *answer)
{
        return http->status == 429 || (http->status == 503 && http->retry_after_s >= 0) ||
               answer->code == -32;
}

static void answered(struct relayd_token *t, const struct thon_http_answer *http)
{
        _cleanup_(relayd_token_answer_done) struct relayd_token_answer answer = {.code = 0};
        char why[48];
        int r = relayd_token_answer_read(http->body, http->size, &answer);

        (void)snprintf(why, sizeof why, "HTTP status %u", http->status);
        if (r == RELAYD_READ_PAIR && http->status / 100 == 2)
                adopt(t, &answer);
        else if (too_fast(http, &answer)) {
                not_asked(t);
                back_off(t,
                         http->retry_after_s > 3600 ? 3600 * US
                         : http->retry_after_s > 0  ? (uint64_t)http->retry_after_s * US
                                                    : 0,
                         "Zalo yêu cầu chờ");
        } else if (r == RELAYD_READ_REFUSED && http->status < 500)
                refused(t, &answer);
        else
                unclear(t, why);
}

static void on_answer(const struct thon_http_answer *http, void *userdata)
{
        struct relayd_token *t = userdata;

        t->call = NULL;
        switch (http->result) {
        case THON_HTTP_ANSWERED:
                answered(t, http);
                break;
        case THON_HTTP_NOT_SENT:
                thon_info("token %s: no refresh, nothing was sent: %s", t->name, http->error);
                not_asked(t);
                back_off(t, 0, http->offline ? "không có mạng" : "không nối được an toàn với máy chủ Zalo");
                break;
        case THON_HTTP_UNKNOWN:
        case THON_HTTP_TOO_LARGE:
                unclear(t, http->error);
                break;
        }
}

/* ---- the request ---- */

static char *append_escaped(char *to, const char *text)
{
        static const char HEX[] = "0123456789ABCDEF";

        for (; *text; text++) {
                unsigned char c = (unsigned char)*text;

                if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    strchr("-._~", c))
                        *to++ = (char)c;
                else {
                        *to++ = '%';
                        *to++ = HEX[c >> 4];
                        *to++ = HEX[c & 15];
                }
        }
        return to;
}

static char *form(const struct relayd_token *t)
{
        const char *refresh = t->file.now.refresh, *app_id = t->secrets->app_id;
        char *body = malloc(3 * (strlen(refresh) + strlen(app_id)) + 64), *end = body;

        if (!body)
                return NULL;
        end = append_escaped(stpcpy(end, "refresh_token="), refresh);
        end = append_escaped(stpcpy(end, "&app_id="), app_id);
        (void)stpcpy(end, "&grant_type=refresh_token");
        return body;
}

static int ask(struct relayd_token *t)
{
        _cleanup_(thon_secret_freep) char *body = form(t), *key = NULL;

        if (!body || asprintf(&key, "secret_key: %s", t->secrets->secret_key) < 0) {
                key = NULL;
                return -ENOMEM;
        }
        return thon_http_send(
                t->http,
                &(struct thon_http_request){
                        .method = "POST",
                        .url = t->url,
                        .headers =
                                (const char *const[]){key, "Content-Type: application/x-www-form-urlencoded",
                                                      NULL},
                        .body = body,
                        .size = strlen(body)},
                on_answer, t, &t->call);
}

void relayd_token_refresh(struct relayd_token *t)
{
        struct thon_mono now = relayd_token_now(t);
        int r;

        t->file.tries++;
        r = relayd_token_save(t);
        if (r < 0) {
                t->file.tries--;
                t->backoff_us = relayd_token_doubled(t->backoff_us, RELAYD_MINUTE_US, BACKOFF_MAX_US);
                again_after(t, t->backoff_us);
                relayd_token_become(t, RELAYD_TOKEN_WAITING, RELAYD_SAVE_TROUBLE, strerror(-r));
                return;
        }
        t->tried = now;
        r = ask(t);
        if (r == 0) {
                relayd_token_become(t, RELAYD_TOKEN_REFRESHING, NULL);
                return;
        }
        thon_warning("token %s: no refresh: %s", t->name, strerror(-r));
        not_asked(t);
        back_off(t, 0, "lỗi trong máy");
}
