/* SMS through ModemManager: a fake of it on a bus of its own answers, refuses, keeps silent, is unplugged, dies and comes
 * back. It counts what was really sent. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include "../../src/relayd/channel.h"
#include "thon/cleanup.h"
#include "thon/file.h"
#include "thon/log.h"

#define DEADLINE_US 20000000u
#define MM          "org.freedesktop.ModemManager1"
#define ROOT        "/org/freedesktop/ModemManager1"

/* ---- the fake, in a process of its own ---- */

struct sms {
        bool used;
        uint32_t state, pdu, reference, delivery;
        char number[32], text[1024], timestamp[40];
};

static struct {
        sd_bus *bus;
        sd_bus_slot *modem[3], *messaging[3];
        int32_t state[3];
        struct sms sms[32];
        uint32_t sent, enabled, report;
        char last[1100];
        sd_bus_message *hanging;
} fake;

static const char *modem_path(unsigned i)
{
        static char path[64];
        (void)snprintf(path, sizeof path, ROOT "/Modem/%u", i);
        return path;
}

static const char *sms_path(size_t i)
{
        static char path[64];
        (void)snprintf(path, sizeof path, ROOT "/SMS/%zu", i);
        return path;
}

static struct sms *new_sms(void)
{
        for (size_t i = 0; i < 32; i++)
                if (!fake.sms[i].used) {
                        fake.sms[i] = (struct sms){.used = true};
                        return &fake.sms[i];
                }
        return NULL;
}

static int on_enable(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
        int32_t *state = userdata, old = *state;

        (void)error;
        fake.enabled++;
        *state = 8;
        (void)sd_bus_reply_method_return(call, "");
        return sd_bus_emit_signal(fake.bus, sd_bus_message_get_path(call), MM ".Modem", "StateChanged",
                                  "iiu", old, *state, 1);
}

static int on_create(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
        struct sms *s = new_sms();
        const char *name, *text;
        int flag;

        (void)userdata;
        (void)sd_bus_message_enter_container(call, 'a', "{sv}");
        while (s && sd_bus_message_enter_container(call, 'e', "sv") > 0) {
                (void)sd_bus_message_read(call, "s", &name);
                if (strcmp(name, "delivery-report-request") == 0) {
                        (void)sd_bus_message_read(call, "v", "b", &flag);
                        s->delivery = (uint32_t)flag;
                } else if (sd_bus_message_read(call, "v", "s", &text) >= 0)
                        (void)snprintf(strcmp(name, "number") == 0 ? s->number : s->text,
                                       strcmp(name, "number") == 0 ? sizeof s->number : sizeof s->text, "%s",
                                       text);
                (void)sd_bus_message_exit_container(call);
        }
        if (!s || strncmp(s->text, "create ", 7) == 0) {
                static char full[128];
                (void)snprintf(full, sizeof full, "%s%s", MM ".Error.", s ? s->text + 7 : "Core.TooMany");
                if (s)
                        s->used = false;
                return sd_bus_error_set(error, full, "as asked");
        }
        s->state = 1;
        return sd_bus_reply_method_return(call, "o", sms_path((size_t)(s - fake.sms)));
}

static int on_list(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
        sd_bus_message *reply = NULL;

        (void)userdata;
        (void)error;
        (void)sd_bus_message_new_method_return(call, &reply);
        (void)sd_bus_message_open_container(reply, 'a', "o");
        for (size_t i = 0; i < 32; i++)
                if (fake.sms[i].used)
                        (void)sd_bus_message_append(reply, "o", sms_path(i));
        (void)sd_bus_message_close_container(reply);
        (void)sd_bus_send(fake.bus, reply, NULL);
        sd_bus_message_unref(reply);
        return 1;
}

static int on_delete(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
        const char *path;
        unsigned i;

        (void)userdata;
        (void)error;
        (void)sd_bus_message_read(call, "o", &path);
        if (sscanf(path, ROOT "/SMS/%u", &i) == 1 && i < 32)
                fake.sms[i].used = false;
        return sd_bus_reply_method_return(call, "");
}

static int on_send(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
        struct sms *s = userdata;
        static char full[128];

        if (strncmp(s->text, "send ", 5) == 0) {
                (void)snprintf(full, sizeof full, "%s%s", MM ".Error.", s->text + 5);
                return sd_bus_error_set(error, full, "as asked");
        }
        fake.sent++;
        (void)snprintf(fake.last, sizeof fake.last, "%s %s", s->number, s->text);
        fake.report = s->delivery;
        if (strcmp(s->text, "hang") == 0) {
                fake.hanging = sd_bus_message_ref(call);
                return 1;
        }
        s->state = 5;
        s->reference = 100 + fake.sent;
        return sd_bus_reply_method_return(call, "");
}

#define SMS_PROPERTY(name, type, member) \
        SD_BUS_PROPERTY(name, type, NULL, offsetof(struct sms, member), SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)

static int text_of(sd_bus *bus, const char *path, const char *interface, const char *property,
                   sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        (void)bus;
        (void)path;
        (void)interface;
        (void)property;
        (void)error;
        return sd_bus_message_append(reply, "s", (const char *)userdata);
}

#define SMS_TEXT(name, member) SD_BUS_PROPERTY(name, "s", text_of, offsetof(struct sms, member), 0)

static const sd_bus_vtable SMS_VTABLE[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Send", "", "", on_send, SD_BUS_VTABLE_UNPRIVILEGED),
        SMS_PROPERTY("State", "u", state),
        SMS_PROPERTY("PduType", "u", pdu),
        SMS_PROPERTY("MessageReference", "u", reference),
        SMS_PROPERTY("DeliveryState", "u", delivery),
        SMS_TEXT("Number", number),
        SMS_TEXT("Text", text),
        SMS_TEXT("Timestamp", timestamp),
        SD_BUS_VTABLE_END};
static const sd_bus_vtable MODEM_VTABLE[] = {
        SD_BUS_VTABLE_START(0), SD_BUS_METHOD("Enable", "b", "", on_enable, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_PROPERTY("State", "i", NULL, 0, 0), SD_BUS_SIGNAL("StateChanged", "iiu", 0),
        SD_BUS_VTABLE_END};
static const sd_bus_vtable MESSAGING_VTABLE[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Create", "a{sv}", "o", on_create, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("List", "", "ao", on_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Delete", "o", "", on_delete, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL("Added", "ob", 0),
        SD_BUS_VTABLE_END};

static int find_sms(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                    sd_bus_error *error)
{
        unsigned i;

        (void)bus;
        (void)interface;
        (void)userdata;
        (void)error;
        if (sscanf(path, ROOT "/SMS/%u", &i) != 1 || i >= 32 || !fake.sms[i].used)
                return 0;
        *ret = &fake.sms[i];
        return 1;
}

static int on_plug(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
        unsigned i;
        int32_t state;

        (void)userdata;
        (void)error;
        (void)sd_bus_message_read(call, "ui", &i, &state);
        if (fake.modem[i] && state != -9) {
                int32_t old = fake.state[i];
                fake.state[i] = state;
                (void)sd_bus_emit_signal(fake.bus, modem_path(i), MM ".Modem", "StateChanged", "iiu", old,
                                         state, 1);
        } else if (state == -9) {
                (void)sd_bus_emit_object_removed(fake.bus, modem_path(i));
                fake.modem[i] = sd_bus_slot_unref(fake.modem[i]);
                fake.messaging[i] = sd_bus_slot_unref(fake.messaging[i]);
        } else {
                fake.state[i] = state;
                (void)sd_bus_add_object_vtable(fake.bus, &fake.modem[i], modem_path(i), MM ".Modem",
                                               MODEM_VTABLE, &fake.state[i]);
                (void)sd_bus_add_object_vtable(fake.bus, &fake.messaging[i], modem_path(i),
                                               MM ".Modem.Messaging", MESSAGING_VTABLE, &fake);
                (void)sd_bus_emit_object_added(fake.bus, modem_path(i));
        }
        return sd_bus_reply_method_return(call, "");
}

/* state 2 is a message of which pieces are missing; a second call with the same slot completes it. */
static int on_receive(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
        const char *number, *text, *timestamp;
        uint32_t pdu, state, reference, delivery;
        struct sms *s = NULL;

        (void)userdata;
        (void)error;
        (void)sd_bus_message_read(call, "uuuusss", &pdu, &state, &reference, &delivery, &number, &text,
                                  &timestamp);
        for (size_t i = 0; i < 32; i++)
                if (fake.sms[i].used && fake.sms[i].state == 2)
                        s = &fake.sms[i];
        bool fresh = !s;
        if (fresh)
                s = new_sms();
        s->pdu = pdu;
        s->state = state;
        s->reference = reference;
        s->delivery = delivery;
        (void)snprintf(s->number, sizeof s->number, "%s", number);
        (void)snprintf(s->text, sizeof s->text, "%s", text);
        (void)snprintf(s->timestamp, sizeof s->timestamp, "%s", timestamp);
        if (fresh)
                (void)sd_bus_emit_signal(fake.bus, modem_path(0), MM ".Modem.Messaging", "Added", "ob",
                                         sms_path((size_t)(s - fake.sms)), 1);
        else
                (void)sd_bus_emit_properties_changed(fake.bus, sms_path((size_t)(s - fake.sms)), MM ".Sms",
                                                     "State", NULL);
        return sd_bus_reply_method_return(call, "");
}

static int on_count(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
        uint32_t kept = 0;

        (void)userdata;
        (void)error;
        for (size_t i = 0; i < 32; i++)
                kept += fake.sms[i].used;
        return sd_bus_reply_method_return(call, "uuuus", fake.sent, kept, fake.enabled, fake.report,
                                          fake.last);
}

static const sd_bus_vtable CONTROL_VTABLE[] = {
        SD_BUS_VTABLE_START(0), SD_BUS_METHOD("Plug", "ui", "", on_plug, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Receive", "uuuusss", "", on_receive, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Count", "", "uuuus", on_count, SD_BUS_VTABLE_UNPRIVILEGED), SD_BUS_VTABLE_END};

static void run_fake(int ready)
{
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (sd_bus_open_system(&fake.bus) < 0 || sd_bus_add_object_manager(fake.bus, NULL, ROOT) < 0 ||
            sd_bus_add_fallback_vtable(fake.bus, NULL, ROOT "/SMS", MM ".Sms", SMS_VTABLE, find_sms, NULL) <
                    0 ||
            sd_bus_add_object_vtable(fake.bus, NULL, "/control", "vn.thon.Control", CONTROL_VTABLE, NULL) <
                    0 ||
            sd_bus_request_name(fake.bus, MM, 0) < 0)
                _exit(1);
        if (write(ready, "x", 1) != 1)
                _exit(1);
        while (sd_bus_process(fake.bus, NULL) >= 0)
                (void)sd_bus_wait(fake.bus, UINT64_MAX);
        _exit(1);
}

/* ---- the fixture ---- */

static char scratch[64];
static pid_t bus_pid, fake_pid;
static sd_bus *control;
static sd_event *event;
static struct relayd_modem *modem;
static unsigned answers;
static struct thon_judgement last;
static unsigned updates;
static char seen_id[200], seen_text[2048], seen_address[64], seen_message[200];
static enum relayd_update_kind seen_kind;

static uint64_t monotonic_us(void)
{
        struct timespec ts;
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void read_until(int fd, char end, char *buf, size_t size)
{
        size_t n = 0;
        while (n + 1 < size && read(fd, buf + n, 1) == 1 && buf[n++] != end)
                ;
        ck_assert_uint_gt(n, 0);
        buf[n] = '\0';
}

static void start_bus(void)
{
        char conf[128], text[600], address[400], fd_option[40];
        int out[2];
        (void)snprintf(scratch, sizeof scratch, "/tmp/thon-bus.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(scratch));
        (void)snprintf(conf, sizeof conf, "%s/conf", scratch);
        int n = snprintf(
                text, sizeof text,
                "<busconfig><type>custom</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth>"
                "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>"
                "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
                scratch);
        ck_assert_int_eq(thon_file_write_atomic(conf, text, (size_t)n, 0600), 0);
        ck_assert_int_eq(pipe(out), 0);
        bus_pid = fork();
        if (bus_pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
                (void)dup2(null, STDERR_FILENO); /* it complains about its limits */
                (void)snprintf(text, sizeof text, "--config-file=%s", conf);
                (void)snprintf(fd_option, sizeof fd_option, "--print-address=%d", out[1]);
                (void)execlp("dbus-daemon", "dbus-daemon", text, "--nofork", "--nopidfile", fd_option, NULL);
                _exit(127);
        }
        (void)close(out[1]);
        read_until(out[0], '\n', address, sizeof address);
        (void)close(out[0]);
        address[strcspn(address, "\n")] = '\0';
        (void)setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
}

static void stop_bus(void)
{
        char name[128];
        (void)kill(bus_pid, SIGKILL);
        ck_assert_int_eq(waitpid(bus_pid, NULL, 0), bus_pid);
        (void)snprintf(name, sizeof name, "%s/bus", scratch);
        (void)unlink(name);
        (void)snprintf(name, sizeof name, "%s/conf", scratch);
        (void)unlink(name);
        (void)rmdir(scratch);
}

static void start_fake(void)
{
        int ready[2];
        char c[2];
        ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
        fake_pid = fork();
        if (fake_pid == 0)
                run_fake(ready[1]);
        (void)close(ready[1]);
        read_until(ready[0], 'x', c, sizeof c);
        (void)close(ready[0]);
}

static void stop_fake(void)
{
        (void)kill(fake_pid, SIGKILL);
        ck_assert_int_eq(waitpid(fake_pid, NULL, 0), fake_pid);
}

/* -9: unplugged. */
static void plug(unsigned i, int state)
{
        ck_assert_int_ge(sd_bus_call_method(control, MM, "/control", "vn.thon.Control", "Plug", NULL, NULL,
                                            "ui", i, state),
                         0);
}

static void receive(unsigned pdu, unsigned state, unsigned reference, unsigned delivery, const char *number,
                    const char *text)
{
        ck_assert_int_ge(sd_bus_call_method(control, MM, "/control", "vn.thon.Control", "Receive", NULL,
                                            NULL, "uuuusss", pdu, state, reference, delivery, number, text,
                                            "2027-02-05T08:00:00+07"),
                         0);
}

struct counts {
        uint32_t sent, kept, enabled, report;
        char last[1100];
};

static struct counts counts(void)
{
        struct counts c;
        sd_bus_message *reply = NULL;
        const char *text;
        ck_assert_int_ge(
                sd_bus_call_method(control, MM, "/control", "vn.thon.Control", "Count", NULL, &reply, ""),
                0);
        ck_assert_int_ge(sd_bus_message_read(reply, "uuuus", &c.sent, &c.kept, &c.enabled, &c.report, &text),
                         0);
        (void)snprintf(c.last, sizeof c.last, "%s", text);
        sd_bus_message_unref(reply);
        return c;
}

static void on_judged(const struct thon_judgement *judgement, void *userdata)
{
        (void)userdata;
        answers++;
        last = *judgement;
        ck_assert_ptr_nonnull(last.meaning);
        ck_assert_int_eq(last.quota_left, -1);
        ck_assert_int_eq(last.wait_s > 0, last.verdict == THON_VERDICT_WAIT);
}

static void on_update(const struct relayd_update *update, void *userdata)
{
        updates++;
        seen_kind = update->kind;
        (void)snprintf(seen_id, sizeof seen_id, "%s", update->update_id);
        (void)snprintf(seen_address, sizeof seen_address, "%s", update->address);
        (void)snprintf(seen_text, sizeof seen_text, "%s", update->text ? update->text : "");
        (void)snprintf(seen_message, sizeof seen_message, "%s",
                       update->message_id ? update->message_id : "");
        if (userdata)
                relayd_modem_taken(modem, update->update_id);
}

static void drop_line(int level, enum thon_msg msg, const char *line, void *userdata)
{
        (void)level;
        (void)msg;
        (void)line;
        (void)userdata;
}

static void begin_bus(void)
{
        thon_log_set_sink(drop_line, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
        start_bus();
        ck_assert_int_ge(sd_bus_open_system(&control), 0);
        ck_assert_int_ge(sd_event_new(&event), 0);
        answers = updates = 0;
}

static void begin(int state)
{
        begin_bus();
        start_fake();
        if (state != -9)
                plug(0, state);
        ck_assert_int_eq(relayd_modem_new(event, "any", &modem), 0);
}

static void end(void)
{
        modem = relayd_modem_free(modem);
        event = sd_event_unref(event);
        control = sd_bus_flush_close_unref(control);
        if (fake_pid > 0)
                stop_fake();
        stop_bus();
}

static void turn(uint64_t deadline)
{
        ck_assert_msg(monotonic_us() < deadline, "%u answers, %u updates", answers, updates);
        ck_assert_int_ge(sd_event_run(event, 20000), 0);
}

static enum thon_verdict send_sms(const char *text)
{
        unsigned before = answers;
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        ck_assert_int_eq(relayd_modem_send(modem, "+84912345678", text, on_judged, NULL), 0);
        ck_assert_uint_eq(answers, before);
        while (answers == before)
                turn(deadline);
        return last.verdict;
}

/* Until a send has another end: what changed at the modem has come round. */
static void await_verdict(const char *text, enum thon_verdict verdict)
{
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        while (send_sms(text) != verdict)
                turn(deadline);
}

static void await_updates(unsigned n)
{
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        while (updates < n)
                turn(deadline);
        ck_assert_uint_eq(updates, n);
}

static void await_kept(unsigned n)
{
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        while (counts().kept != n)
                turn(deadline);
}

/* ---- sending ---- */

START_TEST(an_sms_is_sent_and_leaves_nothing_on_the_modem)
{
        begin(8);
        ck_assert_int_eq(send_sms("Xã Sao Mai: mai tiêm phòng lúc 7 giờ"), THON_VERDICT_SENT);
        ck_assert_str_eq(last.message_id, "+84912345678:101");
        struct counts c = counts();
        ck_assert_uint_eq(c.sent, 1);
        ck_assert_uint_eq(c.report, 1);
        ck_assert_str_eq(c.last, "+84912345678 Xã Sao Mai: mai tiêm phòng lúc 7 giờ");
        await_kept(0);
        end();
}
END_TEST

START_TEST(many_at_once_are_each_sent_once)
{
        begin(8);
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        for (unsigned i = 0; i < 20; i++)
                ck_assert_int_eq(relayd_modem_send(modem, "0912345678", "tin", on_judged, NULL), 0);
        while (answers < 20)
                turn(deadline);
        ck_assert_uint_eq(counts().sent, 20);
        end();
}
END_TEST

static const struct {
        const char *text;
        enum thon_verdict verdict;
} ERRORS[] = {
        {"send Message.NoNetwork", THON_VERDICT_WAIT},
        {"send Message.NetworkTimeout", THON_VERDICT_UNKNOWN},
        {"send Serial.ResponseTimeout", THON_VERDICT_UNKNOWN},
        {"send Core.Aborted", THON_VERDICT_UNKNOWN},
        {"send Core.Unauthorized", THON_VERDICT_CHANNEL},
        {"send Message.SimPin", THON_VERDICT_CHANNEL},
        {"send Message.SmscAddressUnknown", THON_VERDICT_CHANNEL},
        {"send Message.InvalidTextParameter", THON_VERDICT_MESSAGE},
        {"send MobileEquipment.DialStringInvalid", THON_VERDICT_PERSON},
        {"send Message.Unknown", THON_VERDICT_RETRY},
        {"send Core.Failed", THON_VERDICT_RETRY},
        {"send New.Error.Of.Tomorrow", THON_VERDICT_RETRY},
        {"create Core.Unauthorized", THON_VERDICT_CHANNEL},
        {"create Core.InvalidArgs", THON_VERDICT_MESSAGE},
        {"create Core.Aborted", THON_VERDICT_WAIT}, /* it was not handed over yet */
        {"create Core.Failed", THON_VERDICT_RETRY},
};

START_TEST(errors_are_judged_by_name)
{
        begin(8);
        ck_assert_int_eq(send_sms(ERRORS[_i].text), ERRORS[_i].verdict);
        ck_assert_str_eq(last.detail, strchr(ERRORS[_i].text, ' ') + 1);
        ck_assert_uint_eq(counts().sent, 0);
        await_kept(0);
        end();
}
END_TEST

static const struct {
        int state;
        enum thon_verdict verdict;
} STATES[] = {{-1, THON_VERDICT_CHANNEL}, {0, THON_VERDICT_WAIT}, {1, THON_VERDICT_WAIT},
              {2, THON_VERDICT_CHANNEL},  {5, THON_VERDICT_WAIT}, {7, THON_VERDICT_WAIT},
              {8, THON_VERDICT_SENT},     {11, THON_VERDICT_SENT}};

START_TEST(a_modem_that_is_not_ready_is_not_tried)
{
        begin(STATES[_i].state);
        ck_assert_int_eq(send_sms("tin"), STATES[_i].verdict);
        ck_assert_uint_eq(counts().sent, STATES[_i].verdict == THON_VERDICT_SENT);
        plug(0, 8);
        await_verdict("tin", THON_VERDICT_SENT);
        end();
}
END_TEST

START_TEST(a_modem_that_is_off_is_switched_on)
{
        begin(3);
        await_verdict("tin", THON_VERDICT_SENT);
        ck_assert_uint_eq(counts().enabled, 1);
        end();
}
END_TEST

START_TEST(without_a_modem_it_waits_until_one_is_plugged_in)
{
        begin(-9);
        ck_assert_int_eq(send_sms("tin"), THON_VERDICT_WAIT);
        plug(0, 8);
        await_verdict("tin", THON_VERDICT_SENT);
        plug(0, -9);
        await_verdict("tin", THON_VERDICT_WAIT);
        plug(1, 8); /* it comes back under another name */
        await_verdict("tin", THON_VERDICT_SENT);
        end();
}
END_TEST

START_TEST(of_several_the_one_that_can_send_is_used)
{
        begin(7);
        plug(1, 8);
        plug(2, 2);
        await_verdict("tin", THON_VERDICT_SENT);
        end();
}
END_TEST

START_TEST(a_modem_by_name_is_the_only_one)
{
        begin_bus();
        start_fake();
        plug(0, 8);
        ck_assert_int_eq(relayd_modem_new(event, ROOT "/Modem/1", &modem), 0);
        ck_assert_int_eq(send_sms("tin"), THON_VERDICT_WAIT);
        plug(1, 8);
        await_verdict("tin", THON_VERDICT_SENT);
        end();
}
END_TEST

START_TEST(modem_manager_may_come_go_and_come_back)
{
        begin_bus();
        ck_assert_int_eq(relayd_modem_new(event, "any", &modem), 0);
        ck_assert_int_eq(send_sms("tin"), THON_VERDICT_WAIT);
        start_fake();
        plug(0, 8);
        await_verdict("tin", THON_VERDICT_SENT);
        stop_fake();
        await_verdict("tin", THON_VERDICT_WAIT);
        start_fake();
        plug(0, 8);
        await_verdict("tin", THON_VERDICT_SENT);
        end();
}
END_TEST

START_TEST(when_modem_manager_dies_over_it_nobody_knows)
{
        begin(8);
        ck_assert_int_eq(relayd_modem_send(modem, "+84912345678", "hang", on_judged, NULL), 0);
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        while (counts().sent == 0)
                turn(deadline);
        stop_fake();
        fake_pid = 0;
        while (answers == 0)
                turn(deadline);
        ck_assert_int_eq(last.verdict, THON_VERDICT_UNKNOWN);
        end();
}
END_TEST

START_TEST(when_the_bus_dies_over_it_nobody_knows_and_the_next_waits_for_another)
{
        begin(8);
        ck_assert_int_eq(relayd_modem_send(modem, "+84912345678", "hang", on_judged, NULL), 0);
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        while (counts().sent == 0)
                turn(deadline);
        (void)kill(bus_pid, SIGKILL);
        while (answers == 0)
                turn(deadline);
        ck_assert_int_eq(last.verdict, THON_VERDICT_UNKNOWN);
        await_verdict("tin", THON_VERDICT_WAIT);
        control = sd_bus_close_unref(control);
        stop_fake();
        stop_bus();
        start_bus();
        ck_assert_int_ge(sd_bus_open_system(&control), 0);
        start_fake();
        plug(0, 8);
        await_verdict("tin", THON_VERDICT_SENT);
        end();
}
END_TEST

START_TEST(without_a_bus_it_begins_all_the_same)
{
        (void)setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
        ck_assert_int_ge(sd_event_new(&event), 0);
        ck_assert_int_eq(relayd_modem_new(event, "any", &modem), 0);
        ck_assert_int_eq(send_sms("tin"), THON_VERDICT_WAIT);
        modem = relayd_modem_free(modem);
        event = sd_event_unref(event);
}
END_TEST

START_TEST(what_is_under_way_at_the_end_is_not_told)
{
        begin(8);
        ck_assert_int_eq(relayd_modem_send(modem, "+84912345678", "hang", on_judged, NULL), 0);
        uint64_t deadline = monotonic_us() + DEADLINE_US;
        while (counts().sent == 0)
                turn(deadline);
        end();
        ck_assert_uint_eq(answers, 0);
}
END_TEST

static const struct {
        const char *number, *text;
} BAD[] = {{"", "x"},      {"+", "x"}, {"12", "x"}, {"+84 912", "x"}, {"+8491234567890123", "x"},
           {"chanh", "x"}, {"113", ""}};

START_TEST(what_is_no_number_or_no_text_is_refused)
{
        begin(8);
        ck_assert_int_eq(relayd_modem_send(modem, BAD[_i].number, BAD[_i].text, on_judged, NULL), -EINVAL);
        struct relayd_modem *other;
        ck_assert_int_eq(relayd_modem_new(event, "not a path", &other), -EINVAL);
        end();
}
END_TEST

/* ---- what comes in ---- */

START_TEST(an_answer_by_sms_comes_in_and_is_deleted_once_it_is_stored)
{
        begin(8);
        relayd_modem_listen(modem, on_update, NULL);
        ck_assert_int_eq(send_sms("tin"), THON_VERDICT_SENT);
        receive(1, 3, 0, 0, "0987654321", "đã nhận");
        await_updates(1);
        ck_assert_int_eq(seen_kind, RELAYD_TEXT);
        ck_assert_str_eq(seen_address, "+84987654321");
        ck_assert_str_eq(seen_text, "đã nhận");
        ck_assert_int_eq(send_sms("tin"), THON_VERDICT_SENT);
        await_kept(1);
        relayd_modem_taken(modem, "another");
        relayd_modem_taken(modem, seen_id);
        await_kept(0);
        end();
}
END_TEST

START_TEST(what_was_not_stored_is_told_again_under_the_same_id)
{
        begin(8);
        relayd_modem_listen(modem, on_update, NULL);
        ck_assert_int_eq(send_sms("tin"), THON_VERDICT_SENT);
        receive(1, 3, 0, 0, "+84987654321", "ok 17");
        await_updates(1);
        char id[200];
        (void)snprintf(id, sizeof id, "%s", seen_id);
        modem = relayd_modem_free(modem);
        ck_assert_int_eq(relayd_modem_new(event, "any", &modem), 0);
        relayd_modem_listen(modem, on_update, &event); /* taken at once */
        await_updates(2);
        ck_assert_str_eq(seen_id, id);
        await_kept(0);
        end();
}
END_TEST

START_TEST(a_long_message_is_read_when_it_is_whole)
{
        begin(8);
        relayd_modem_listen(modem, on_update, &event);
        ck_assert_int_eq(send_sms("tin"), THON_VERDICT_SENT);
        receive(1, 2, 0, 0, "+84987654321", "phần đầu");
        ck_assert_int_eq(send_sms("tin"), THON_VERDICT_SENT);
        ck_assert_uint_eq(updates, 0);
        receive(1, 3, 0, 0, "+84987654321", "phần đầu và phần cuối");
        await_updates(1);
        ck_assert_str_eq(seen_text, "phần đầu và phần cuối");
        end();
}
END_TEST

START_TEST(a_report_of_delivery_names_the_message)
{
        begin(8);
        relayd_modem_listen(modem, on_update, &event);
        ck_assert_int_eq(send_sms("tin"), THON_VERDICT_SENT);
        receive(3, 3, 101, 0, "84912345678", "");
        await_updates(1);
        ck_assert_int_eq(seen_kind, RELAYD_RECEIPT);
        ck_assert_str_eq(seen_message, last.message_id);
        await_kept(0);
        end();
}
END_TEST

static const struct {
        unsigned pdu, delivery;
        const char *number, *text;
} USELESS[] = {{3, 1, "+84912345678", ""},
               {3, 0x40, "+84912345678", ""},
               {1, 0, "Viettel", "Khuyen mai 50%"},
               {1, 0, "+84912345678", ""},
               {32, 0, "+84912345678", "cdma"}};

START_TEST(what_is_of_no_use_does_not_fill_the_modem)
{
        begin(8);
        relayd_modem_listen(modem, on_update, NULL);
        ck_assert_int_eq(send_sms("tin"), THON_VERDICT_SENT);
        receive(USELESS[_i].pdu, 3, 0, USELESS[_i].delivery, USELESS[_i].number, USELESS[_i].text);
        await_kept(0);
        ck_assert_uint_eq(updates, 0);
        end();
}
END_TEST

static TCase *tcase(Suite *s, const char *name)
{
        TCase *t = tcase_create(name);
        tcase_set_timeout(t, 60);
        suite_add_tcase(s, t);
        return t;
}

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
        Suite *s = suite_create("relay modem");
        TCase *t = tcase(s, "send");
        tcase_add_test(t, an_sms_is_sent_and_leaves_nothing_on_the_modem);
        tcase_add_test(t, many_at_once_are_each_sent_once);
        tcase_add_loop_test(t, errors_are_judged_by_name, 0, N(ERRORS));
        tcase_add_loop_test(t, what_is_no_number_or_no_text_is_refused, 0, N(BAD));
        tcase_add_test(t, what_is_under_way_at_the_end_is_not_told);

        t = tcase(s, "come and go");
        tcase_add_loop_test(t, a_modem_that_is_not_ready_is_not_tried, 0, N(STATES));
        tcase_add_test(t, a_modem_that_is_off_is_switched_on);
        tcase_add_test(t, without_a_modem_it_waits_until_one_is_plugged_in);
        tcase_add_test(t, of_several_the_one_that_can_send_is_used);
        tcase_add_test(t, a_modem_by_name_is_the_only_one);
        tcase_add_test(t, modem_manager_may_come_go_and_come_back);
        tcase_add_test(t, when_modem_manager_dies_over_it_nobody_knows);
        tcase_add_test(t, when_the_bus_dies_over_it_nobody_knows_and_the_next_waits_for_another);
        tcase_add_test(t, without_a_bus_it_begins_all_the_same);

        t = tcase(s, "receive");
        tcase_add_test(t, an_answer_by_sms_comes_in_and_is_deleted_once_it_is_stored);
        tcase_add_test(t, what_was_not_stored_is_told_again_under_the_same_id);
        tcase_add_test(t, a_long_message_is_read_when_it_is_whole);
        tcase_add_test(t, a_report_of_delivery_names_the_message);
        tcase_add_loop_test(t, what_is_of_no_use_does_not_fill_the_modem, 0, N(USELESS));

        SRunner *r = srunner_create(s);
        srunner_run_all(r, CK_ENV);
        int failed = srunner_ntests_failed(r);
        srunner_free(r);
        return failed ? 1 : 0;
}
