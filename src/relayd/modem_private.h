/* The inside of the modem, shared by modem.c (bus, choice of a modem, its state), modem_send.c and modem_receive.c. */
#pragma once

#include <sys/queue.h>
#include <systemd/sd-bus.h>

#include "channel.h"

#define MM_SERVICE   "org.freedesktop.ModemManager1"
#define MM_ROOT      "/org/freedesktop/ModemManager1"
#define MM_MODEM     MM_SERVICE ".Modem"
#define MM_MESSAGING MM_MODEM ".Messaging"
#define MM_SMS       MM_SERVICE ".Sms"

#define RELAYD_MODEM_CALL_US (UINT64_C(25) * 1000000)

/* MMModemState; what is not named is treated as its neighbours are. */
enum relayd_modem_state {
        RELAYD_MODEM_FAILED = -1,
        RELAYD_MODEM_LOCKED = 2,
        RELAYD_MODEM_DISABLED = 3,
        RELAYD_MODEM_SEARCHING = 7,
        RELAYD_MODEM_REGISTERED = 8,
};

struct relayd_modem {
        sd_event *event;
        sd_bus *bus; /* NULL: none; replaced when it was lost */
        bool lost;
        char *wanted; /* NULL: any */

        char *path; /* of the modem in use; NULL: none */
        int state;
        sd_bus_slot *look; /* the question which there are, under way */
        bool look_again;
        sd_event_source *timer; /* the next look, or the next try of the bus */

        TAILQ_HEAD(relayd_modem_sms_list, relayd_modem_sms) sends;
        sd_event_source *soon; /* tells what is over already */

        TAILQ_HEAD(relayd_modem_incoming_list, relayd_modem_incoming) incoming;
        sd_bus_slot *list;
        relayd_modem_update_fn fn;
        void *userdata;
};

/* ---- modem_send.c ---- */
/* A modem is there, or it is known that there is none: what waited for that goes on. */
void relayd_modem_send_parked(struct relayd_modem *m);
void relayd_modem_send_clear(struct relayd_modem *m);
int relayd_modem_send_on_soon(sd_event_source *source, void *userdata);

/* ---- modem_receive.c ---- */
/* The modem in use is another one, or its service began anew: forgets, and reads what is there. */
void relayd_modem_receive_all(struct relayd_modem *m);
void relayd_modem_receive_clear(struct relayd_modem *m);
/* Signals Messaging.Added and PropertiesChanged of an SMS. */
int relayd_modem_on_added(sd_bus_message *signal, void *userdata, sd_bus_error *ret);
int relayd_modem_on_sms_changed(sd_bus_message *signal, void *userdata, sd_bus_error *ret);
/* Asks the modem to delete one; nobody waits for the answer. */
void relayd_modem_delete(struct relayd_modem *m, const char *sms);

/* ---- modem.c ---- */
/* A method call without arguments yet. 0 or -errno. */
int relayd_modem_call(struct relayd_modem *m, const char *path, const char *interface, const char *member,
                      sd_bus_message **ret);
static inline void relayd_bus_message_unrefp(sd_bus_message **p)
{
        sd_bus_message_unref(*p);
}
