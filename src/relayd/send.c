/* The calls of one message: whether this person may be written to, its parts one by one, and, when nobody knows what became
 * of them, what the provider's history says.
 *
 * A message is claimed on disk before its first call, so a call is only ever started for what is SENDING there. What has
 * not gone out when its channel is shut goes back to the queue as it was, so that it is no unknown after a crash. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pump.h"
#include "thon/cleanup.h"
#include "thon/log.h"

/* The longest time between two tries of a network that is away. */
#define PROBE_US UINT64_C(30000000)
/* What waits for a clock that can be believed is looked at when there is one, and else now and then. */
#define CLOCK_S 3600
/* Tries of a message that take its picture along. */
#define PICTURE_TRIES 2u

static struct thon_judgement judgement_of(enum thon_verdict verdict, const char *meaning)
{
        return (struct thon_judgement){
                .verdict = verdict, .meaning = meaning, .until = THON_WALL_NEVER, .quota_left = -1};
}

/* ---- from the row ---- */

static bool by_template(const struct relayd_channel *c)
{
        return c->kind->kind == THON_KIND_ZALO_TEMPLATE;
}

static int take_template(struct relayd_send *s)
{
        struct thon_template template = {0};
        char error[200];
        int r;

        r = thon_relayd_template(&s->channel->daemon->conf, s->template_id, &template, error);
        if (r < 0)
                return r == -ENOMEM ? r : 0; /* removed since: the text was rendered when it was submitted */
        s->title = THON_TAKE(template.title);
        s->zalo_template = THON_TAKE(template.zalo_template);
        thon_template_done(&template);
        return 0;
}

/* No parts at all: too long for this channel. */
static int take_text(struct relayd_send *s, const char *text)
{
        const struct relayd_channel *c = s->channel;
        _cleanup_free_ char *signed_text = NULL, *plain = NULL;
        int r;

        /* A number says nothing of who writes. */
        if (c->kind->kind == THON_KIND_SMS && c->daemon->conf.sender && *c->daemon->conf.sender) {
                if (asprintf(&signed_text, "%s: %s", c->daemon->conf.sender, text) < 0) {
                        signed_text = NULL;
                        return -ENOMEM;
                }
                text = signed_text;
        }
        if (c->conf->plain) {
                r = thon_sms_plain(text, &plain);
                if (r < 0)
                        return r;
                text = plain;
        }
        if (by_template(c)) {
                s->parts.text = calloc(1, sizeof(char *));
                if (!s->parts.text || !(s->parts.text[0] = strdup(text)))
                        return -ENOMEM;
                s->parts.n = 1;
                return 0;
        }
        r = thon_text_split(text, c->kind->unit, c->kind->text_max, &s->parts);
        if (r == 0 && c->conf->max_parts > 0 && s->parts.n > (size_t)c->conf->max_parts)
                thon_text_parts_done(&s->parts);
        return r == -E2BIG ? 0 : r;
}

/* Text comes first: where the two do not fit into one message, or the file is gone, there is no picture; nor is there when
 * tries with it keep failing. */
static void take_picture(struct relayd_send *s, const char *name)
{
        const struct relayd_kind *kind = s->channel->kind;
        int r;

        if (!name || kind->picture_text_max == 0 || s->parts.n != 1 || s->attempts > PICTURE_TRIES ||
            thon_text_count(s->parts.text[0], kind->unit) > kind->picture_text_max)
                return;
        r = relayd_picture_read(s->channel->daemon, name, &s->picture, &s->picture_size);
        if (r < 0)
                thon_warning("%s: message %" PRId64 " goes without its picture %.100s: %s",
                             s->channel->conf->name, s->id, name, strerror(-r));
}

void relayd_send_drop_picture(struct relayd_send *s)
{
        free(s->picture);
        free(s->attachment);
        s->picture = s->attachment = NULL;
        s->picture_size = 0;
}

struct relayd_send *relayd_send_new(struct relayd_channel *c, const struct thon_message *m)
{
        struct relayd_send *s = calloc(1, sizeof(*s));

        if (!s)
                return NULL;
        s->channel = c;
        s->id = m->id;
        s->notification = m->notification;
        s->lane = m->class;
        s->attempts = m->attempts;
        s->unknowns = m->unknowns;
        s->first = s->part = m->part;
        s->expires = thon_clock_trusted(c->daemon->clock) ? m->expires : THON_WALL_NEVER;
        s->stale = s->expires.s != m->expires.s && m->class == THON_CLASS_NORMAL;
        s->over_until = THON_WALL_NEVER;
        s->more_rungs = m->more_rungs;
        s->address = strdup(m->address);
        s->template_id = m->template_id ? strdup(m->template_id) : NULL;
        if (!s->address || (m->template_id && !s->template_id))
                return relayd_send_free(s);
        if (m->values)
                s->values = json_loads(m->values, 0, NULL);
        if ((s->template_id && take_template(s) < 0) || take_text(s, m->text) < 0)
                return relayd_send_free(s);
        if (s->part >= s->parts.n)
                s->first = s->part = 0;
        take_picture(s, m->picture);
        return s;
}

struct relayd_send *relayd_send_free(struct relayd_send *s)
{
        if (!s)
                return NULL;
        if (s->call)
                thon_http_cancel(s->call);
        relayd_request_done(&s->request);
        thon_text_parts_done(&s->parts);
        relayd_send_drop_picture(s);
        json_decref(s->values);
        thon_secret_free(s->access_token);
        free(s->address);
        free(s->template_id);
        free(s->title);
        free(s->zalo_template);
        free(s);
        return NULL;
}

/* ---- calls ---- */

static struct relayd_outgoing outgoing(const struct relayd_send *s)
{
        return (struct relayd_outgoing){
                .message = s->id,
                .part = s->part,
                .class = s->lane,
                .address = s->address,
                .title = s->title,
                .text = s->parts.text[s->part],
                .at = relayd_wall(s->channel->daemon),
                .template_id = s->zalo_template ? s->zalo_template : s->channel->conf->template,
                .values = s->zalo_template ? s->values : NULL,
                .picture = s->picture,
                .picture_size = s->picture_size,
                .attachment = s->attachment,
        };
}

static void call_ended(struct relayd_send *s)
{
        s->call = NULL;
        relayd_request_done(&s->request);
        if (s->on_call)
                s->channel->sends->calls--;
        s->on_call = false;
}

static int call(struct relayd_send *s, thon_http_fn fn, enum relayd_send_state state)
{
        struct relayd *d = s->channel->daemon;
        int r = relayd_call(d, &s->request, fn, s, &s->call);

        if (r < 0) {
                relayd_request_done(&s->request);
                return r;
        }
        s->state = state;
        s->on_call = true;
        s->channel->sends->calls++;
        s->called_at = relayd_wall(d);
        return 0;
}

/* What cannot even be asked: nothing has gone out. */
static void refused(struct relayd_send *s, int error, const char *unfit)
{
        struct thon_judgement j;

        switch (error) {
        case -ENOKEY:
                j = judgement_of(THON_VERDICT_CHANNEL, "thiếu khóa truy cập của kênh; bổ sung tệp khóa rồi "
                                                       "khởi động lại thon-relayd");
                break;
        case -ENOMEM:
                relayd_send_end(s, THON_NEXT_AGAIN,
                                (struct thon_wall){relayd_wall(s->channel->daemon).s + 5}, THON_DUE_BACKOFF,
                                "thiếu bộ nhớ, thử lại sau");
                return;
        default:
                j = judgement_of(THON_VERDICT_MESSAGE,
                                 unfit ? unfit : "kênh này không gửi được nội dung này");
        }
        relayd_send_judged(s, &j);
}

/* While other channels work it is this one's own trouble, which uses up tries; else it is the network's, and waits. */
static void not_sent(struct relayd_send *s, const struct thon_http_answer *answer)
{
        struct relayd_channel *c = s->channel;
        struct relayd *d = c->daemon;
        const char *meaning = answer->offline ? "không có mạng" : "không kết nối được tới máy chủ";
        bool opened = thon_breaker_failed(&c->gate.breaker, relayd_mono(d), relayd_jitter());
        struct thon_mono soonest = thon_mono_add(relayd_mono(d), PROBE_US);
        int64_t wait = 0;

        thon_debug("%s: message %" PRId64 " did not go out: %s", c->conf->name, s->id,
                   answer->error ? answer->error : "");
        /* A try that reaches nobody is a burden to nobody, and people wait for the network's return. */
        if (c->gate.breaker.open && c->gate.breaker.retry_at.us > soonest.us)
                c->gate.breaker.retry_at = soonest;
        relayd_channel_failing(c, answer->error ? answer->error : "no connection", opened);
        relayd_offline_seen(d, c, false);
        s->probe = false; /* its failure is counted */
        s->counted = s->more_rungs && !relayd_offline(d);
        if (s->counted && s->attempts >= THON_RETRIES_MAX) {
                relayd_send_end(s, THON_NEXT_RUNG, relayd_wall(d), THON_DUE_NOW, meaning);
                return;
        }
        if (s->attempts > 1)
                wait = thon_backoff(s->attempts, 2, 60, relayd_jitter());
        relayd_send_end(s, THON_NEXT_AGAIN, (struct thon_wall){relayd_wall(d).s + wait}, THON_DUE_BACKOFF,
                        meaning);
}

static void on_answer(const struct thon_http_answer *answer, void *userdata)
{
        struct relayd_send *s = userdata;
        struct relayd_channel *c = s->channel;
        struct relayd *d = c->daemon;
        struct thon_judgement j = judgement_of(THON_VERDICT_UNKNOWN, "");

        call_ended(s);
        if (answer->result == THON_HTTP_NOT_SENT) {
                not_sent(s, answer);
        } else {
                if (answer->result == THON_HTTP_ANSWERED)
                        relayd_offline_seen(d, c, true);
                c->kind->judge(c->conf, answer, d->zone, relayd_wall(d), relayd_jitter(), &j);
                relayd_send_judged(s, &j);
        }
        relayd_sends_run(c);
}

static void on_modem(const struct thon_judgement *judgement, void *userdata)
{
        struct relayd_send *s = userdata;
        struct relayd_channel *c = s->channel;

        s->by_modem = false;
        call_ended(s);
        relayd_send_judged(s, judgement);
        relayd_sends_run(c);
}

static void speak(struct relayd_send *s)
{
        struct relayd_channel *c = s->channel;
        struct relayd_outgoing out = outgoing(s);
        const char *unfit = c->kind->unfit ? c->kind->unfit(c->conf, &out) : NULL;
        int r;

        if (unfit) {
                refused(s, -EINVAL, unfit);
                return;
        }
        if (c->modem) {
                r = relayd_modem_send(c->modem, s->address, out.text, on_modem, s);
                if (r == 0) {
                        s->state = RELAYD_SEND_CALL;
                        s->by_modem = s->on_call = true;
                        c->sends->calls++;
                        s->called_at = relayd_wall(c->daemon);
                }
        } else {
                thon_secret_free(s->access_token);
                s->access_token =
                        c->secrets && c->secrets->access_token ? strdup(c->secrets->access_token) : NULL;
                r = c->kind->prepare(c->conf, c->secrets, &out, &s->request);
                if (r == 0)
                        r = call(s, on_answer, RELAYD_SEND_CALL);
        }
        s->spent = r == 0;
        if (r < 0)
                refused(s, r, NULL);
}

/* ---- the picture ---- */

/* Whatever becomes of it, the words are next; what it says of token or network, their own call will say again. */
static void on_attached(const struct thon_http_answer *answer, void *userdata)
{
        struct relayd_send *s = userdata;
        struct relayd_channel *c = s->channel;

        call_ended(s);
        if (c->kind->read_attach(answer, &s->attachment) < 0) {
                thon_warning("%s: message %" PRId64 " goes without its picture, which was not taken",
                             c->conf->name, s->id);
                relayd_send_drop_picture(s);
        }
        s->state = RELAYD_SEND_READY;
        relayd_sends_run(c);
}

/* False: there is none to be left, or it cannot be. */
static bool attach(struct relayd_send *s)
{
        struct relayd_channel *c = s->channel;

        if (!s->picture || !c->kind->attach || s->attachment)
                return false;
        if (c->kind->attach(c->conf, c->secrets, s->picture, s->picture_size, &s->request) == 0 &&
            call(s, on_attached, RELAYD_SEND_WINDOW) == 0)
                return true;
        relayd_request_done(&s->request);
        relayd_send_drop_picture(s);
        return false;
}

/* ---- the window of 7 days ---- */

static bool window_open(const struct relayd_send *s, struct thon_wall last)
{
        /* By a clock that nobody vouches for no days are counted: the provider has the last word. */
        if (!thon_clock_trusted(s->channel->daemon->clock))
                return true;
        switch (thon_interaction_window(last, relayd_wall(s->channel->daemon))) {
        case THON_WINDOW_FREE:
        case THON_WINDOW_PAID:
                return true;
        case THON_WINDOW_SHUT:
        case THON_WINDOW_UNKNOWN:
                return false;
        }
        return false;
}

static void on_window(const struct thon_http_answer *answer, void *userdata)
{
        struct relayd_send *s = userdata;
        struct relayd_channel *c = s->channel;
        struct relayd *d = c->daemon;
        struct thon_wall last = THON_WALL_NEVER;
        struct thon_judgement j = judgement_of(THON_VERDICT_UNKNOWN, "");
        int r;

        call_ended(s);
        if (answer->result == THON_HTTP_NOT_SENT) {
                not_sent(s, answer);
                relayd_sends_run(c);
                return;
        }
        if (answer->result == THON_HTTP_ANSWERED)
                relayd_offline_seen(d, c, true);
        r = c->kind->read_window(answer, d->zone, relayd_wall(d), relayd_jitter(), &last, &j);
        if (r == 0 && last.s != THON_WALL_NEVER.s && relayd_batch_enter(d) == 0)
                (void)thon_chat_interaction(d->store, c->conf->name, s->address, last);
        if (r == 0 && window_open(s, last)) {
                s->may_go = true;
                s->state = RELAYD_SEND_READY;
        } else {
                if (r == 0)
                        j = judgement_of(THON_VERDICT_PERSON,
                                         last.s == THON_WALL_NEVER.s
                                                 ? "người nhận chưa từng tương tác với OA"
                                                 : "người nhận không tương tác với OA trong 7 ngày qua");
                else if (j.verdict == THON_VERDICT_UNKNOWN || j.verdict == THON_VERDICT_SENT)
                        j.verdict = THON_VERDICT_RETRY; /* of the question: the message has not gone out */
                relayd_send_judged(s, &j);
        }
        relayd_sends_run(c);
}

/* What we have seen is enough while it says yes; a no may only mean that no webhook tells us. */
static void ask_window(struct relayd_send *s)
{
        struct relayd_channel *c = s->channel;
        struct relayd *d = c->daemon;
        struct thon_chat chat = {.interaction_at = THON_WALL_NEVER};
        int r;

        if (relayd_store(d) && thon_chat_get(d->store, c->conf->name, s->address, &chat) == 0 &&
            window_open(s, chat.interaction_at)) {
                s->may_go = true;
                if (!attach(s))
                        speak(s);
                return;
        }
        thon_secret_free(s->access_token);
        s->access_token = c->secrets && c->secrets->access_token ? strdup(c->secrets->access_token) : NULL;
        r = c->kind->ask_window(c->conf, c->secrets, s->address, &s->request);
        if (r == 0)
                r = call(s, on_window, RELAYD_SEND_WINDOW);
        if (r < 0)
                refused(s, r, NULL);
}

/* ---- doubt ---- */

static void on_inquiry(const struct thon_http_answer *answer, void *userdata)
{
        struct relayd_send *s = userdata;
        struct relayd_channel *c = s->channel;
        struct relayd_outgoing out = outgoing(s);
        struct thon_judgement j = judgement_of(THON_VERDICT_SENT, "");
        int r;

        call_ended(s);
        r = answer->result == THON_HTTP_ANSWERED
                    ? c->kind->read_inquiry(answer, &out, s->called_at, j.message_id)
                    : -EAGAIN;
        if (r == 1) {
                relayd_send_judged(s, &j);
        } else if (r == 0 && !s->undated && thon_clock_trusted(c->daemon->clock)) {
                s->counted = true;
                relayd_send_end(s, THON_NEXT_AGAIN, relayd_wall(c->daemon), THON_DUE_NOW,
                                "máy chủ xác nhận tin chưa được gửi");
        } else {
                relayd_send_doubt(s);
        }
        relayd_sends_run(c);
}

static void inquire(struct relayd_send *s)
{
        struct relayd_channel *c = s->channel;
        struct relayd_outgoing out = outgoing(s);
        struct thon_wall sent_at = s->called_at;
        int r;

        s->inquiries++;
        out.at = sent_at;
        r = c->kind->inquire(c->conf, c->secrets, &out, &s->request);
        if (r == 0)
                r = call(s, on_inquiry, RELAYD_SEND_INQUIRY);
        s->called_at = sent_at;
        if (r < 0)
                relayd_send_doubt(s);
}

/* ---- turns ---- */

/* Why it may not go now though it was claimed; NULL: it may. */
static const char *shut(const struct relayd_channel *c, const struct relayd_send *s)
{
        struct thon_mono now = relayd_mono(c->daemon);

        if (c->daemon->stopping)
                return "thon-relayd dừng";
        if (c->retired)
                return "kênh không còn trong cấu hình";
        if (c->gate.held)
                return "kênh đang bị giữ";
        if (now.us < c->gate.paused_until.us)
                return "kênh tạm dừng theo yêu cầu của máy chủ";
        if (c->gate.breaker.open && !s->probe)
                return "kênh đang mất kết nối";
        /* It may take as long as the network is away, and what waits outside the queue is out of a withdrawal's reach. */
        if (!relayd_token_ready(c))
                return "chờ khóa truy cập của kênh";
        return NULL;
}

static void go(struct relayd_send *s)
{
        struct relayd_channel *c = s->channel;
        struct relayd *d = c->daemon;
        const char *why = shut(c, s);
        struct thon_mono at = THON_MONO_NEVER;

        if (s->expires.s <= relayd_wall(d).s) {
                relayd_send_end(s, THON_NEXT_EXPIRED, relayd_wall(d), THON_DUE_NOW, THON_DETAIL_EXPIRED);
        } else if (why) {
                relayd_send_end(s, THON_NEXT_AGAIN, relayd_wall(d), THON_DUE_NOW, why);
        } else if (s->stale) {
                relayd_send_end(s, THON_NEXT_AGAIN, (struct thon_wall){relayd_wall(d).s + CLOCK_S},
                                THON_DUE_HOURS, "chờ đồng hồ đúng giờ");
        } else if (s->over_until.s != THON_WALL_NEVER.s) {
                relayd_send_end(s, THON_NEXT_AGAIN, s->over_until, THON_DUE_QUOTA,
                                "hết hạn mức gửi trong ngày của kênh");
        } else if (s->parts.n == 0) {
                refused(s, -EINVAL, "thông báo quá dài đối với kênh này");
        } else if (s->part > s->first &&
                   thon_pacer_take(&c->gate.pacer, &c->conf->rate, relayd_mono(d), 1, &at) == 0) {
                s->look_at = at;
        } else if (c->kind->ask_window && !s->may_go) {
                ask_window(s);
        } else if (!attach(s)) {
                speak(s);
        }
}

void relayd_sends_run(struct relayd_channel *c)
{
        struct relayd *d = c->daemon;
        struct thon_mono now = relayd_mono(d);
        struct relayd_send *s, *next;
        unsigned most = c->conf->parallel > 0 ? (unsigned)c->conf->parallel : 1;

        for (int lane = THON_CLASSES - 1; lane >= 0; lane--)
                for (s = TAILQ_FIRST(&c->sends->list); s; s = next) {
                        next = TAILQ_NEXT(s, entry);
                        if (s->lane != (enum thon_class)lane ||
                            (s->state != RELAYD_SEND_READY && s->state != RELAYD_SEND_DOUBT))
                                continue;
                        if (s->look_at.us > now.us)
                                ;
                        else if (s->state == RELAYD_SEND_READY && shut(c, s))
                                go(s); /* returned */
                        else if (c->sends->calls >= most || !relayd_token_ready(c))
                                continue; /* whoever ends next comes by here */
                        else if (s->state == RELAYD_SEND_READY)
                                go(s);
                        else
                                inquire(s);
                        if ((s->state == RELAYD_SEND_READY || s->state == RELAYD_SEND_DOUBT) &&
                            s->look_at.us > now.us)
                                relayd_pump_look(d, THON_WALL_NEVER, s->look_at);
                }
}

void relayd_sends_undate(struct relayd_channel *c)
{
        struct relayd_send *s;

        TAILQ_FOREACH (s, &c->sends->list, entry)
                s->undated = true;
}

void relayd_sends_give_up(struct relayd_channel *c)
{
        struct relayd_send *s, *next;

        for (s = TAILQ_FIRST(&c->sends->list); s; s = next) {
                next = TAILQ_NEXT(s, entry);
                switch (s->state) {
                case RELAYD_SEND_READY:
                        go(s);
                        break;
                case RELAYD_SEND_WINDOW:
                        thon_http_cancel(THON_TAKE(s->call));
                        call_ended(s);
                        relayd_send_end(s, THON_NEXT_AGAIN, relayd_wall(c->daemon), THON_DUE_NOW,
                                        shut(c, s));
                        break;
                case RELAYD_SEND_CALL:
                        if (s->call)
                                thon_http_cancel(THON_TAKE(s->call));
                        call_ended(s);
                        relayd_send_interrupted(s, c->retired ? "kênh được gỡ khỏi cấu hình khi đang gửi"
                                                              : "thon-relayd dừng khi đang gửi");
                        break;
                case RELAYD_SEND_CLAIMED:
                case RELAYD_SEND_SETTLING:
                case RELAYD_SEND_DOUBT:
                case RELAYD_SEND_INQUIRY: /* unknown on disk already */
                        break;
                }
        }
}
