/* The SMS modem: which one, and is it ready.
 *
 * Modems are unplugged, reset themselves and come back under another name, and ModemManager is started again by
 * updates. So nothing is taken as settled: every sign of change leads to one question (which modems are there?), and the
 * answer replaces what was known. Nothing here waits for a reply.
 *
 * Without NetworkManager nobody switches a modem on; we do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "modem_private.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define BUS_AGAIN_US  (UINT64_C(2) * 1000000)
#define LOOK_AGAIN_US (UINT64_C(30) * 1000000)
#define SLACK_US      (UINT64_C(250) * 1000)

THON_DEFINE_CLEANUP(struct relayd_modem *, relayd_modem_free)

static void look(struct relayd_modem *m);

int relayd_modem_call(struct relayd_modem *m, const char *path, const char *interface, const char *member,
                      sd_bus_message **ret)
{
        if (!m->bus || m->lost)
                return -ENOTCONN;
        return sd_bus_message_new_method_call(m->bus, ret, MM_SERVICE, path, interface, member);
}

static void again_in(struct relayd_modem *m, uint64_t us)
{
        (void)sd_event_source_set_time_relative(m->timer, us);
        (void)sd_event_source_set_enabled(m->timer, SD_EVENT_ONESHOT);
}

/* ---- which one ---- */

struct found {
        const char *path; /* borrowed of the reply */
        int state;
        bool messaging, modem;
};

static int read_state(sd_bus_message *reply, int *ret)
{
        const char *name;
        int r;

        r = sd_bus_message_enter_container(reply, 'a', "{sv}");
        while (r > 0 && (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
                r = sd_bus_message_read(reply, "s", &name);
                if (r < 0)
                        return r;
                r = strcmp(name, "State") == 0 && sd_bus_message_verify_type(reply, 'v', "i") > 0
                            ? sd_bus_message_read(reply, "v", "i", ret)
                            : sd_bus_message_skip(reply, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        return r < 0 ? r : sd_bus_message_exit_container(reply);
}

/* One object and its interfaces. */
static int read_object(sd_bus_message *reply, struct found *ret)
{
        const char *interface;
        int r;

        r = sd_bus_message_read(reply, "o", &ret->path);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "{sa{sv}}");
        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "sa{sv}")) > 0) {
                r = sd_bus_message_read(reply, "s", &interface);
                if (r < 0)
                        return r;
                if (strcmp(interface, MM_MODEM) == 0) {
                        ret->modem = true;
                        r = read_state(reply, &ret->state);
                } else {
                        ret->messaging = ret->messaging || strcmp(interface, MM_MESSAGING) == 0;
                        r = sd_bus_message_skip(reply, "a{sv}");
                }
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        return r < 0 ? r : sd_bus_message_exit_container(reply);
}

/* Of several, the one in use stays while it can send; else the most ready one. */
static bool better(const struct relayd_modem *m, const struct found *a, const struct found *b)
{
        bool used = m->path && strcmp(a->path, m->path) == 0 && a->state >= RELAYD_MODEM_REGISTERED;

        return !b->path || used ||
               (a->state > b->state &&
                (!m->path || strcmp(b->path, m->path) != 0 || b->state < RELAYD_MODEM_REGISTERED));
}

static int choose(struct relayd_modem *m, sd_bus_message *reply, struct found *ret)
{
        int r = sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}");

        while (r > 0 && (r = sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}")) > 0) {
                struct found found = {.state = 0};

                r = read_object(reply, &found);
                if (r < 0)
                        return r;
                if (found.modem && found.messaging && (!m->wanted || strcmp(m->wanted, found.path) == 0) &&
                    better(m, &found, ret))
                        *ret = found;
                r = sd_bus_message_exit_container(reply);
        }
        return r;
}

static int on_enabled(sd_bus_message *reply, void *userdata, sd_bus_error *ret)
{
        (void)userdata;
        (void)ret;
        if (sd_bus_message_is_method_error(reply, NULL))
                thon_warning("SMS: the modem cannot be switched on: %s",
                             sd_bus_message_get_error(reply)->name);
        return 0; /* the signal of its new state tells the rest */
}

static void enable(struct relayd_modem *m)
{
        _cleanup_(relayd_bus_message_unrefp) sd_bus_message *call = NULL;

        if (relayd_modem_call(m, m->path, MM_MODEM, "Enable", &call) >= 0 &&
            sd_bus_message_append(call, "b", 1) >= 0)
                (void)sd_bus_call_async(m->bus, NULL, call, on_enabled, m, 4 * RELAYD_MODEM_CALL_US);
}

static void take_state(struct relayd_modem *m, int state)
{
        if (state == RELAYD_MODEM_DISABLED)
                enable(m);
        m->state = state;
}

static void take_modem(struct relayd_modem *m, const struct found *found)
{
        if (!found->path) {
                if (m->path)
                        thon_warning("SMS: the modem %s has gone", m->path);
                m->path = (free(m->path), NULL);
                relayd_modem_receive_clear(m);
                return;
        }
        if (!m->path || strcmp(m->path, found->path) != 0) {
                char *path = strdup(found->path);
                if (!path)
                        return;
                free(m->path);
                m->path = path;
                thon_info("SMS: the modem is %s", m->path);
                take_state(m, found->state);
                relayd_modem_receive_all(m);
                return;
        }
        take_state(m, found->state);
}

static int on_objects(sd_bus_message *reply, void *userdata, sd_bus_error *ret)
{
        struct relayd_modem *m = userdata;
        struct found found = {.path = NULL};
        int r;

        (void)ret;
        m->look = sd_bus_slot_unref(m->look);
        r = sd_bus_message_is_method_error(reply, NULL) ? -EIO : choose(m, reply, &found);
        if (r < 0) {
                thon_debug("SMS: no list of modems: %s", sd_bus_message_is_method_error(reply, NULL)
                                                                 ? sd_bus_message_get_error(reply)->name
                                                                 : strerror(-r));
                found.path = NULL;
                again_in(m, LOOK_AGAIN_US);
        }
        take_modem(m, &found);
        if (m->look_again)
                look(m);
        relayd_modem_send_parked(m);
        return 0;
}

static void look(struct relayd_modem *m)
{
        _cleanup_(relayd_bus_message_unrefp) sd_bus_message *call = NULL;

        m->look_again = m->look != NULL;
        if (m->look)
                return;
        if (relayd_modem_call(m, MM_ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", &call) <
                    0 ||
            sd_bus_call_async(m->bus, &m->look, call, on_objects, m, RELAYD_MODEM_CALL_US) < 0)
                again_in(m, LOOK_AGAIN_US);
}

/* ---- signals ---- */

static int on_change(sd_bus_message *signal, void *userdata, sd_bus_error *ret)
{
        (void)signal;
        (void)ret;
        look(userdata);
        return 0;
}

/* A service that begins anew numbers its modems and messages anew. */
static int on_owner(sd_bus_message *signal, void *userdata, sd_bus_error *ret)
{
        struct relayd_modem *m = userdata;
        const char *name, *old, *new;

        (void)ret;
        if (sd_bus_message_read(signal, "sss", &name, &old, &new) < 0 || strcmp(name, MM_SERVICE) != 0)
                return 0;
        take_modem(m, &(struct found){.path = NULL});
        if (*new)
                look(m);
        return 0;
}

static int on_state(sd_bus_message *signal, void *userdata, sd_bus_error *ret)
{
        struct relayd_modem *m = userdata;
        int old, new;
        unsigned reason;

        (void)ret;
        if (sd_bus_message_read(signal, "iiu", &old, &new, &reason) < 0 || !m->path ||
            strcmp(sd_bus_message_get_path(signal), m->path) != 0)
                return 0;
        take_state(m, new);
        if (new < RELAYD_MODEM_REGISTERED && !m->wanted)
                look(m); /* another one may do better */
        return 0;
}

static int on_disconnected(sd_bus_message *signal, void *userdata, sd_bus_error *ret)
{
        struct relayd_modem *m = userdata;

        (void)signal;
        (void)ret;
        thon_warning("SMS: the connection to the system bus is lost");
        m->lost = true;
        take_modem(m, &(struct found){.path = NULL});
        again_in(m, BUS_AGAIN_US);
        return 0;
}

/* ---- the bus ---- */

static int watch(struct relayd_modem *m, const char *sender, const char *path, const char *interface,
                 const char *member, sd_bus_message_handler_t fn)
{
        return sd_bus_match_signal_async(m->bus, NULL, sender, path, interface, member, fn, NULL, m);
}

static void disconnect(struct relayd_modem *m)
{
        m->look = sd_bus_slot_unref(m->look);
        m->look_again = false;
        relayd_modem_receive_clear(m);
        m->bus = sd_bus_close_unref(m->bus);
        m->lost = false;
}

static int connect_bus(struct relayd_modem *m)
{
        static const char MANAGER[] = "org.freedesktop.DBus.ObjectManager";
        int r;

        disconnect(m);
        r = sd_bus_open_system(&m->bus);
        if (r >= 0)
                r = sd_bus_attach_event(m->bus, m->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_add_match_async(
                        m->bus, NULL,
                        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/"
                        "DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                        "arg0='" MM_SERVICE "'",
                        on_owner, NULL, m);
        if (r >= 0)
                r = watch(m, MM_SERVICE, MM_ROOT, MANAGER, "InterfacesAdded", on_change);
        if (r >= 0)
                r = watch(m, MM_SERVICE, MM_ROOT, MANAGER, "InterfacesRemoved", on_change);
        if (r >= 0)
                r = watch(m, MM_SERVICE, NULL, MM_MODEM, "StateChanged", on_state);
        if (r >= 0)
                r = watch(m, MM_SERVICE, NULL, MM_MESSAGING, "Added", relayd_modem_on_added);
        if (r >= 0)
                r = sd_bus_add_match_async(m->bus, NULL,
                                           "type='signal',sender='" MM_SERVICE "',path_namespace='" MM_ROOT
                                           "/SMS',interface='org.freedesktop.DBus.Properties',member="
                                           "'PropertiesChanged'",
                                           relayd_modem_on_sms_changed, NULL, m);
        if (r >= 0)
                r = watch(m, "org.freedesktop.DBus.Local", "/org/freedesktop/DBus/Local",
                          "org.freedesktop.DBus.Local", "Disconnected", on_disconnected);
        if (r < 0)
                disconnect(m);
        return r;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct relayd_modem *m = userdata;
        int r = 0;

        (void)source;
        (void)usec;
        if (!m->bus || m->lost)
                r = connect_bus(m);
        if (r < 0) {
                thon_debug("SMS: no system bus: %s", strerror(-r));
                again_in(m, BUS_AGAIN_US);
        } else
                look(m);
        return 0;
}

int relayd_modem_new(sd_event *event, const char *modem, struct relayd_modem **ret)
{
        _cleanup_(relayd_modem_freep) struct relayd_modem *m = NULL;
        int r;

        if (strcmp(modem, "any") != 0 && sd_bus_object_path_is_valid(modem) <= 0)
                return -EINVAL;
        m = calloc(1, sizeof *m);
        if (!m)
                return -ENOMEM;
        TAILQ_INIT(&m->sends);
        TAILQ_INIT(&m->incoming);
        m->event = sd_event_ref(event);
        if (strcmp(modem, "any") != 0 && !(m->wanted = strdup(modem)))
                return -ENOMEM;
        r = sd_event_add_time_relative(event, &m->timer, CLOCK_MONOTONIC, 0, SLACK_US, on_timer, m);
        if (r >= 0)
                r = sd_event_add_defer(event, &m->soon, relayd_modem_send_on_soon, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->soon, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(m->timer, "modem-timer");
        (void)sd_event_source_set_description(m->soon, "modem-soon");
        (void)on_timer(m->timer, 0, m);
        *ret = THON_TAKE(m);
        return 0;
}

struct relayd_modem *relayd_modem_free(struct relayd_modem *m)
{
        if (!m)
                return NULL;
        relayd_modem_send_clear(m);
        disconnect(m);
        sd_event_source_disable_unref(m->timer);
        sd_event_source_disable_unref(m->soon);
        sd_event_unref(m->event);
        free(m->path);
        free(m->wanted);
        free(m);
        return NULL;
}
