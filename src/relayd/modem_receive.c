/* What comes in by SMS.
 *
 * A message stays on the modem until somebody has stored it, so that a crash loses none; it is then told again, under the
 * same id, which is made of what the network sent. What nobody can answer (a word instead of a number, a binary message)
 * is deleted, since a full memory would take nothing any more. A long message comes in pieces, and is read when it is
 * whole. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "modem_private.h"
#include "thon/cleanup.h"
#include "thon/log.h"
#include "thon/text.h"

#define INCOMING_MAX    256 /* of a memory that holds a few dozen */
#define STATE_RECEIVING 2
#define STATE_RECEIVED  3
#define PDU_DELIVER     1
#define PDU_REPORT      3

struct relayd_modem_incoming {
        struct relayd_modem *modem;
        TAILQ_ENTRY(relayd_modem_incoming) entry;
        char *path;
        char update_id[40];
        sd_bus_slot *slot; /* being read */
        bool told;
};

/* Borrowed of a reply. */
struct properties {
        uint32_t state, pdu, reference, delivery;
        const char *number, *text, *timestamp;
};

static void incoming_free(struct relayd_modem_incoming *in)
{
        TAILQ_REMOVE(&in->modem->incoming, in, entry);
        sd_bus_slot_unref(in->slot);
        free(in->path);
        free(in);
}

void relayd_modem_receive_clear(struct relayd_modem *m)
{
        struct relayd_modem_incoming *in;

        m->list = sd_bus_slot_unref(m->list);
        while ((in = TAILQ_FIRST(&m->incoming)))
                incoming_free(in);
}

void relayd_modem_delete(struct relayd_modem *m, const char *sms)
{
        _cleanup_(relayd_bus_message_unrefp) sd_bus_message *call = NULL;

        if (m->path && relayd_modem_call(m, m->path, MM_MESSAGING, "Delete", &call) >= 0 &&
            sd_bus_message_append(call, "o", sms) >= 0 && sd_bus_message_set_expect_reply(call, 0) >= 0)
                (void)sd_bus_send(m->bus, call, NULL);
}

static struct relayd_modem_incoming *find(struct relayd_modem *m, const char *path)
{
        struct relayd_modem_incoming *in;

        TAILQ_FOREACH (in, &m->incoming, entry)
                if (strcmp(in->path, path) == 0)
                        return in;
        return NULL;
}

/* ---- reading one ---- */

static int read_property(sd_bus_message *reply, struct properties *ret)
{
        struct {
                const char *name;
                const char *type;
                void *to;
        } wanted[] = {{"State", "u", &ret->state},
                      {"PduType", "u", &ret->pdu},
                      {"MessageReference", "u", &ret->reference},
                      {"DeliveryState", "u", &ret->delivery},
                      {"Number", "s", &ret->number},
                      {"Text", "s", &ret->text},
                      {"Timestamp", "s", &ret->timestamp}};
        const char *name;
        int r = sd_bus_message_read(reply, "s", &name);

        if (r < 0)
                return r;
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
                if (strcmp(name, wanted[i].name) == 0 &&
                    sd_bus_message_verify_type(reply, 'v', wanted[i].type) > 0)
                        return sd_bus_message_read(reply, "v", wanted[i].type, wanted[i].to);
        return sd_bus_message_skip(reply, "v");
}

static int read_properties(sd_bus_message *reply, struct properties *ret)
{
        int r = sd_bus_message_enter_container(reply, 'a', "{sv}");

        while (r > 0 && (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
                r = read_property(reply, ret);
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        return r;
}

static int make_id(const struct properties *p, char *buf, size_t size)
{
        const char *const parts[] = {p->number, p->timestamp, p->text};
        unsigned char md[EVP_MAX_MD_SIZE];
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
        size_t n;

        for (size_t i = 0; i < 3; i++)
                ok = ok && EVP_DigestUpdate(ctx, parts[i], strlen(parts[i]) + 1) == 1;
        ok = ok && EVP_DigestUpdate(ctx, &p->pdu, sizeof p->pdu) == 1 &&
             EVP_DigestUpdate(ctx, &p->reference, sizeof p->reference) == 1 &&
             EVP_DigestFinal_ex(ctx, md, NULL) == 1;
        EVP_MD_CTX_free(ctx);
        if (!ok)
                return -ENOMEM;
        n = (size_t)snprintf(buf, size, "sms-");
        for (size_t i = 0; i < 16 && n + 3 <= size; i++, n += 2)
                (void)snprintf(buf + n, size - n, "%02x", md[i]);
        return 0;
}

static void tell(struct relayd_modem_incoming *in, struct relayd_update *update)
{
        update->update_id = in->update_id;
        update->at = THON_WALL_NEVER;
        in->told = true;
        in->modem->fn(update, in->modem->userdata); /* may free it */
}

/* MMSmsDeliveryState: received, or replaced by the network. One that was only handed on (1) proves nothing, and neither do
 * the errors, which a person can do nothing about. */
static bool delivered(uint32_t state)
{
        return state == 0 || state == 2;
}

/* False: of no use to anybody. */
static bool understand(struct relayd_modem_incoming *in, const struct properties *p)
{
        char number[THON_PHONE_TEXT], id[THON_MESSAGE_ID], text[2048];

        if (thon_phone_normalise(p->number, number) != 0)
                return false;
        if (p->pdu == PDU_REPORT) {
                if (!delivered(p->delivery))
                        return false;
                (void)snprintf(id, sizeof id, "%s:%u", number, (unsigned)p->reference);
                tell(in, &(struct relayd_update){.kind = RELAYD_RECEIPT,
                                                 .address = number,
                                                 .sender = number,
                                                 .message_id = id,
                                                 .receipt = THON_RECEIPT_DELIVERED});
                return true;
        }
        if (p->pdu != PDU_DELIVER || !*p->text || strlen(p->text) >= sizeof text)
                return false;
        (void)snprintf(text, sizeof text, "%s", p->text);
        tell(in, &(struct relayd_update){.kind = RELAYD_TEXT,
                                         .address = number,
                                         .sender = number,
                                         .text = text,
                                         .interaction = true});
        return true;
}

static int on_properties(sd_bus_message *reply, void *userdata, sd_bus_error *ret)
{
        struct relayd_modem_incoming *in = userdata;
        struct relayd_modem *m = in->modem;
        struct properties p = {.number = "", .text = "", .timestamp = "", .delivery = UINT32_MAX};

        (void)ret;
        in->slot = sd_bus_slot_unref(in->slot);
        if (sd_bus_message_is_method_error(reply, NULL) || read_properties(reply, &p) < 0) {
                incoming_free(in); /* gone, or to be read after the next start */
                return 0;
        }
        if (p.state == STATE_RECEIVING)
                return 0;
        if (p.state != STATE_RECEIVED || make_id(&p, in->update_id, sizeof in->update_id) < 0) {
                incoming_free(in);
                return 0;
        }
        if (!understand(in, &p)) {
                thon_debug("SMS: an incoming message of no use is deleted");
                relayd_modem_delete(m, in->path);
                incoming_free(in);
        }
        return 0;
}

static void read_one(struct relayd_modem_incoming *in)
{
        _cleanup_(relayd_bus_message_unrefp) sd_bus_message *call = NULL;
        struct relayd_modem *m = in->modem;

        if (in->slot || in->told)
                return;
        if (relayd_modem_call(m, in->path, "org.freedesktop.DBus.Properties", "GetAll", &call) < 0 ||
            sd_bus_message_append(call, "s", MM_SMS) < 0 ||
            sd_bus_call_async(m->bus, &in->slot, call, on_properties, in, RELAYD_MODEM_CALL_US) < 0)
                incoming_free(in);
}

static void add(struct relayd_modem *m, const char *path)
{
        struct relayd_modem_incoming *in = find(m, path);
        size_t n = 0;

        if (!m->fn || in)
                return;
        TAILQ_FOREACH (in, &m->incoming, entry)
                n++;
        in = n < INCOMING_MAX ? calloc(1, sizeof *in) : NULL;
        if (!in)
                return;
        in->modem = m;
        in->path = strdup(path);
        TAILQ_INSERT_TAIL(&m->incoming, in, entry);
        if (in->path)
                read_one(in);
        else
                incoming_free(in);
}

/* ---- all that is there ---- */

static int on_list(sd_bus_message *reply, void *userdata, sd_bus_error *ret)
{
        struct relayd_modem *m = userdata;
        const char *path;

        (void)ret;
        m->list = sd_bus_slot_unref(m->list);
        if (sd_bus_message_is_method_error(reply, NULL) ||
            sd_bus_message_enter_container(reply, 'a', "o") <= 0)
                return 0;
        while (sd_bus_message_read(reply, "o", &path) > 0)
                add(m, path);
        return 0;
}

void relayd_modem_receive_all(struct relayd_modem *m)
{
        _cleanup_(relayd_bus_message_unrefp) sd_bus_message *call = NULL;

        relayd_modem_receive_clear(m);
        if (m->fn && m->path && relayd_modem_call(m, m->path, MM_MESSAGING, "List", &call) >= 0)
                (void)sd_bus_call_async(m->bus, &m->list, call, on_list, m, RELAYD_MODEM_CALL_US);
}

int relayd_modem_on_added(sd_bus_message *signal, void *userdata, sd_bus_error *ret)
{
        struct relayd_modem *m = userdata;
        const char *path;
        int received;

        (void)ret;
        if (m->path && strcmp(sd_bus_message_get_path(signal), m->path) == 0 &&
            sd_bus_message_read(signal, "ob", &path, &received) >= 0 && received)
                add(m, path);
        return 0;
}

int relayd_modem_on_sms_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret)
{
        struct relayd_modem_incoming *in = find(userdata, sd_bus_message_get_path(signal));

        (void)ret;
        if (in)
                read_one(in);
        return 0;
}

/* ---- what others call ---- */

void relayd_modem_listen(struct relayd_modem *m, relayd_modem_update_fn fn, void *userdata)
{
        m->fn = fn;
        m->userdata = userdata;
        relayd_modem_receive_all(m);
}

void relayd_modem_taken(struct relayd_modem *m, const char *update_id)
{
        struct relayd_modem_incoming *in;

        TAILQ_FOREACH (in, &m->incoming, entry)
                if (in->told && strcmp(in->update_id, update_id) == 0) {
                        relayd_modem_delete(m, in->path);
                        incoming_free(in);
                        return;
                }
}
