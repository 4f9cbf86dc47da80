/* Sending by SMS: Create, Send, ask for the reference, delete.
 *
 * Until Send was called nothing can have gone out; from then on only the modem's answer tells. An error is looked up by
 * its name: some say that the network never took it, some that nobody knows. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "modem_private.h"
#include "thon/cleanup.h"

#define SEND_US    (UINT64_C(120) * 1000000)
#define ASK_US     (UINT64_C(5) * 1000000)
#define WAIT_S     60
#define REMEMBER_S (INT64_C(30) * 86400)
#define NUMBER_MAX 15
#define TEXT_MAX   4096
#define MM_ERROR   "org.freedesktop.ModemManager1.Error."
#define DBUS_ERROR "org.freedesktop.DBus.Error."

enum phase { PARKED, CREATING, SENDING, ASKING, OVER };

struct relayd_modem_sms {
        struct relayd_modem *modem;
        TAILQ_ENTRY(relayd_modem_sms) entry;
        char *number, *text;
        relayd_modem_fn fn;
        void *userdata;
        enum phase phase;
        char *path;                      /* at ModemManager, once created */
        sd_bus_slot *slot;               /* the call under way */
        struct thon_judgement judgement; /* once OVER */
};

static struct relayd_modem_sms *sms_free(struct relayd_modem_sms *s)
{
        if (!s)
                return NULL;
        sd_bus_slot_unref(s->slot);
        free(s->number);
        free(s->text);
        free(s->path);
        free(s);
        return NULL;
}

THON_DEFINE_CLEANUP(struct relayd_modem_sms *, sms_free)

/* ---- what an error means ---- */

static const struct {
        const char *name;
        enum thon_verdict verdict;
        const char *meaning;
} ERRORS[] = {
        {MM_ERROR "Core.Unauthorized", THON_VERDICT_CHANNEL,
         "Thôn chưa được phép dùng modem (quy tắc polkit)"},
        {DBUS_ERROR "AccessDenied", THON_VERDICT_CHANNEL, "Thôn chưa được phép dùng modem (quy tắc D-Bus)"},
        {MM_ERROR "Core.Unsupported", THON_VERDICT_CHANNEL, "modem này không gửi được SMS"},
        {MM_ERROR "Core.InvalidArgs", THON_VERDICT_MESSAGE, "modem không nhận nội dung tin"},
        {MM_ERROR "Core.WrongState", THON_VERDICT_WAIT, "modem chưa sẵn sàng"},
        {MM_ERROR "Core.WrongSimState", THON_VERDICT_CHANNEL, "SIM bị khóa hoặc hỏng"},
        {MM_ERROR "Core.Retry", THON_VERDICT_WAIT, "modem đang bận"},
        {MM_ERROR "Core.InProgress", THON_VERDICT_WAIT, "modem đang bận"},
        {MM_ERROR "Core.NotFound", THON_VERDICT_WAIT, "modem đã bị rút"},
        {MM_ERROR "Core.Cancelled", THON_VERDICT_UNKNOWN, "việc gửi bị ngắt giữa chừng"},
        {MM_ERROR "Core.Aborted", THON_VERDICT_UNKNOWN, "việc gửi bị ngắt giữa chừng"},
        {MM_ERROR "Message.InvalidPduParameter", THON_VERDICT_MESSAGE, "modem không nhận nội dung tin"},
        {MM_ERROR "Message.InvalidTextParameter", THON_VERDICT_MESSAGE, "modem không nhận nội dung tin"},
        {MM_ERROR "Message.SimNotInserted", THON_VERDICT_CHANNEL, "modem chưa có SIM"},
        {MM_ERROR "Message.SimPin", THON_VERDICT_CHANNEL, "SIM đòi mã PIN"},
        {MM_ERROR "Message.PhSimPin", THON_VERDICT_CHANNEL, "SIM đòi mã PIN"},
        {MM_ERROR "Message.SimPin2", THON_VERDICT_CHANNEL, "SIM đòi mã PIN"},
        {MM_ERROR "Message.SimPuk", THON_VERDICT_CHANNEL, "SIM bị khóa, đòi mã PUK"},
        {MM_ERROR "Message.SimPuk2", THON_VERDICT_CHANNEL, "SIM bị khóa, đòi mã PUK"},
        {MM_ERROR "Message.SimWrong", THON_VERDICT_CHANNEL, "SIM không dùng được với modem này"},
        {MM_ERROR "Message.SimFailure", THON_VERDICT_CHANNEL, "SIM hỏng"},
        {MM_ERROR "Message.SimBusy", THON_VERDICT_WAIT, "SIM đang bận"},
        {MM_ERROR "Message.SmscAddressUnknown", THON_VERDICT_CHANNEL, "SIM chưa có số trung tâm nhắn tin"},
        {MM_ERROR "Message.NoNetwork", THON_VERDICT_WAIT, "modem không có sóng"},
        {MM_ERROR "Message.NetworkTimeout", THON_VERDICT_UNKNOWN, "nhà mạng không trả lời"},
        {MM_ERROR "MobileEquipment.NoNetwork", THON_VERDICT_WAIT, "modem không có sóng"},
        {MM_ERROR "MobileEquipment.NetworkTimeout", THON_VERDICT_UNKNOWN, "nhà mạng không trả lời"},
        {MM_ERROR "MobileEquipment.SimNotInserted", THON_VERDICT_CHANNEL, "modem chưa có SIM"},
        {MM_ERROR "MobileEquipment.SimPin", THON_VERDICT_CHANNEL, "SIM đòi mã PIN"},
        {MM_ERROR "MobileEquipment.SimPuk", THON_VERDICT_CHANNEL, "SIM bị khóa, đòi mã PUK"},
        {MM_ERROR "MobileEquipment.SimFailure", THON_VERDICT_CHANNEL, "SIM hỏng"},
        {MM_ERROR "MobileEquipment.SimWrong", THON_VERDICT_CHANNEL, "SIM không dùng được với modem này"},
        {MM_ERROR "MobileEquipment.SimBusy", THON_VERDICT_WAIT, "SIM đang bận"},
        {MM_ERROR "MobileEquipment.NetworkNotAllowed", THON_VERDICT_CHANNEL,
         "nhà mạng chỉ cho gọi khẩn cấp"},
        {MM_ERROR "MobileEquipment.DialStringTooLong", THON_VERDICT_PERSON, "số điện thoại không hợp lệ"},
        {MM_ERROR "MobileEquipment.DialStringInvalid", THON_VERDICT_PERSON, "số điện thoại không hợp lệ"},
        {MM_ERROR "MobileEquipment.FixedDialNumberOnly", THON_VERDICT_PERSON,
         "SIM chỉ gửi được tới số đã định"},
        {MM_ERROR "MobileEquipment.CallBarred", THON_VERDICT_PERSON, "nhà mạng chặn gửi tới số này"},
        {MM_ERROR "Serial.ResponseTimeout", THON_VERDICT_UNKNOWN, "modem không trả lời"},
        {MM_ERROR "Serial.ParseFailed", THON_VERDICT_UNKNOWN, "không hiểu câu trả lời của modem"},
        {DBUS_ERROR "NoReply", THON_VERDICT_UNKNOWN, "ModemManager không trả lời"},
        {DBUS_ERROR "Timeout", THON_VERDICT_UNKNOWN, "ModemManager không trả lời"},
        {DBUS_ERROR "TimedOut", THON_VERDICT_UNKNOWN, "ModemManager không trả lời"},
        {DBUS_ERROR "Disconnected", THON_VERDICT_UNKNOWN, "mất kết nối D-Bus"},
        {DBUS_ERROR "ServiceUnknown", THON_VERDICT_WAIT, "ModemManager không chạy"},
        {DBUS_ERROR "NameHasNoOwner", THON_VERDICT_WAIT, "ModemManager không chạy"},
        {DBUS_ERROR "UnknownObject", THON_VERDICT_WAIT, "modem đã bị rút"},
        {DBUS_ERROR "UnknownInterface", THON_VERDICT_WAIT, "modem đã bị rút"},
        {DBUS_ERROR "UnknownMethod", THON_VERDICT_WAIT, "modem đã bị rút"},
};

static struct thon_judgement judgement(enum thon_verdict verdict, const char *meaning)
{
        return (struct thon_judgement){.verdict = verdict,
                                       .meaning = meaning,
                                       .wait_s = verdict == THON_VERDICT_WAIT ? WAIT_S : 0,
                                       .until = THON_WALL_NEVER,
                                       .remember_s = verdict == THON_VERDICT_PERSON ? REMEMBER_S : 0,
                                       .quota_left = -1};
}

/* The name of an error is a constant of ModemManager; its words may hold the number. */
static struct thon_judgement judge(const char *name, bool handed_over)
{
        struct thon_judgement j = judgement(THON_VERDICT_RETRY, "modem báo lỗi khi gửi");

        for (size_t i = 0; i < sizeof ERRORS / sizeof ERRORS[0]; i++)
                if (strcmp(name, ERRORS[i].name) == 0)
                        j = judgement(ERRORS[i].verdict, ERRORS[i].meaning);
        if (j.verdict == THON_VERDICT_UNKNOWN && !handed_over)
                j = judgement(THON_VERDICT_WAIT, j.meaning);
        if (strncmp(name, MM_ERROR, strlen(MM_ERROR)) == 0)
                name += strlen(MM_ERROR);
        (void)snprintf(j.detail, sizeof j.detail, "%s", name);
        return j;
}

/* NULL: it may be sent. */
static const char *not_ready(const struct relayd_modem *m, enum thon_verdict *ret)
{
        *ret = THON_VERDICT_WAIT;
        if (!m->bus || m->lost)
                return "không nối được D-Bus của hệ thống";
        if (!m->path)
                return "không thấy modem nào";
        if (m->state >= RELAYD_MODEM_REGISTERED)
                return NULL;
        if (m->state == RELAYD_MODEM_SEARCHING)
                return "modem chưa bắt được sóng";
        if (m->state != RELAYD_MODEM_FAILED && m->state != RELAYD_MODEM_LOCKED)
                return "modem chưa sẵn sàng";
        *ret = THON_VERDICT_CHANNEL;
        return m->state == RELAYD_MODEM_LOCKED ? "SIM bị khóa, đòi mã PIN" : "modem hỏng hoặc chưa có SIM";
}

/* ---- the steps ---- */

static void finish(struct relayd_modem_sms *s, const struct thon_judgement *j)
{
        struct relayd_modem *m = s->modem;

        TAILQ_REMOVE(&m->sends, s, entry);
        if (s->path)
                relayd_modem_delete(m, s->path);
        s->fn(j, s->userdata);
        sms_free(s);
}

/* Its function is not called from within relayd_modem_send(). */
static void finish_soon(struct relayd_modem_sms *s, struct thon_judgement j)
{
        s->judgement = j;
        s->phase = OVER;
        (void)sd_event_source_set_enabled(s->modem->soon, SD_EVENT_ONESHOT);
}

static struct relayd_modem_sms *first_over(const struct relayd_modem *m)
{
        struct relayd_modem_sms *s;

        TAILQ_FOREACH (s, &m->sends, entry)
                if (s->phase == OVER)
                        return s;
        return NULL;
}

int relayd_modem_send_on_soon(sd_event_source *source, void *userdata)
{
        struct relayd_modem_sms *s;

        (void)source;
        while ((s = first_over(userdata)))
                finish(s, &s->judgement);
        return 0;
}

static int next_call(struct relayd_modem_sms *s, sd_bus_message *call, enum phase phase,
                     sd_bus_message_handler_t fn, uint64_t timeout_us)
{
        int r;

        s->slot = sd_bus_slot_unref(s->slot);
        r = sd_bus_call_async(s->modem->bus, &s->slot, call, fn, s, timeout_us);
        if (r >= 0)
                s->phase = phase;
        return r;
}

/* A reference is one of 256: with the number it names the message for as long as a report may take. */
static int on_reference(sd_bus_message *reply, void *userdata, sd_bus_error *ret)
{
        struct relayd_modem_sms *s = userdata;
        struct thon_judgement j = judgement(THON_VERDICT_SENT, "đã gửi");
        uint32_t reference;

        (void)ret;
        if (!sd_bus_message_is_method_error(reply, NULL) &&
            sd_bus_message_read(reply, "v", "u", &reference) >= 0)
                (void)snprintf(j.message_id, sizeof j.message_id, "%s:%u", s->number, (unsigned)reference);
        finish(s, &j);
        return 0;
}

static int ask_reference(struct relayd_modem_sms *s)
{
        _cleanup_(relayd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r = relayd_modem_call(s->modem, s->path, "org.freedesktop.DBus.Properties", "Get", &call);

        if (r >= 0)
                r = sd_bus_message_append(call, "ss", MM_SMS, "MessageReference");
        return r < 0 ? r : next_call(s, call, ASKING, on_reference, ASK_US);
}

static int on_sent(sd_bus_message *reply, void *userdata, sd_bus_error *ret)
{
        struct relayd_modem_sms *s = userdata;
        struct thon_judgement j = judgement(THON_VERDICT_SENT, "đã gửi");

        (void)ret;
        if (sd_bus_message_is_method_error(reply, NULL))
                j = judge(sd_bus_message_get_error(reply)->name, true);
        else if (ask_reference(s) >= 0)
                return 0;
        finish(s, &j);
        return 0;
}

static int on_created(sd_bus_message *reply, void *userdata, sd_bus_error *ret)
{
        struct relayd_modem_sms *s = userdata;
        _cleanup_(relayd_bus_message_unrefp) sd_bus_message *call = NULL;
        struct thon_judgement j = judgement(THON_VERDICT_RETRY, "lỗi trong máy");
        const char *path;
        int r;

        (void)ret;
        if (sd_bus_message_is_method_error(reply, NULL)) {
                j = judge(sd_bus_message_get_error(reply)->name, false);
                finish(s, &j);
                return 0;
        }
        r = sd_bus_message_read(reply, "o", &path);
        if (r >= 0)
                r = (s->path = strdup(path)) ? 0 : -ENOMEM;
        if (r >= 0)
                r = relayd_modem_call(s->modem, s->path, MM_SMS, "Send", &call);
        if (r >= 0)
                r = next_call(s, call, SENDING, on_sent, SEND_US);
        if (r < 0)
                finish(s, &j);
        return 0;
}

static int create(struct relayd_modem_sms *s)
{
        _cleanup_(relayd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r = relayd_modem_call(s->modem, s->modem->path, MM_MESSAGING, "Create", &call);

        if (r >= 0)
                r = sd_bus_message_append(call, "a{sv}", 3, "number", "s", s->number, "text", "s", s->text,
                                          "delivery-report-request", "b", 1);
        return r < 0 ? r : next_call(s, call, CREATING, on_created, RELAYD_MODEM_CALL_US);
}

static void begin(struct relayd_modem_sms *s)
{
        enum thon_verdict verdict;
        const char *why = not_ready(s->modem, &verdict);

        if (why)
                finish_soon(s, judgement(verdict, why));
        else if (create(s) < 0)
                finish_soon(s, judgement(THON_VERDICT_RETRY, "lỗi trong máy"));
}

void relayd_modem_send_parked(struct relayd_modem *m)
{
        struct relayd_modem_sms *s;

        TAILQ_FOREACH (s, &m->sends, entry)
                if (s->phase == PARKED)
                        begin(s);
}

void relayd_modem_send_clear(struct relayd_modem *m)
{
        struct relayd_modem_sms *s;

        while ((s = TAILQ_FIRST(&m->sends))) {
                TAILQ_REMOVE(&m->sends, s, entry);
                sms_free(s);
        }
}

static bool could_be_number(const char *number)
{
        size_t n = strspn(number + (*number == '+'), "0123456789");

        return n >= 3 && n <= NUMBER_MAX && !number[n + (*number == '+')];
}

static bool copy(struct relayd_modem_sms *s, const char *number, const char *text)
{
        s->number = strdup(number);
        s->text = strdup(text);
        return s->number && s->text;
}

int relayd_modem_send(struct relayd_modem *m, const char *number, const char *text, relayd_modem_fn fn,
                      void *userdata)
{
        _cleanup_(sms_freep) struct relayd_modem_sms *s = NULL;

        if (!could_be_number(number) || !*text || strnlen(text, TEXT_MAX + 1) > TEXT_MAX)
                return -EINVAL;
        s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->modem = m;
        s->fn = fn;
        s->userdata = userdata;
        if (!copy(s, number, text))
                return -ENOMEM;
        TAILQ_INSERT_TAIL(&m->sends, s, entry);
        /* While it is not known which modems there are, it waits for that. */
        if (m->path || !m->look)
                begin(s);
        s = NULL;
        return 0;
}
