/* Log: sd-journal with fields when the service manager reads us ($JOURNAL_STREAM), plain lines on stderr otherwise.
 *
 * Library code returns errors and logs nothing above debug; the program logs once. One line an event; never a secret,
 * never a person's phone. A MESSAGE_ID has an entry in systemd/thon.catalog (English) and thon.vi.catalog. */
#pragma once

#include <stdbool.h>
#include <syslog.h>

/* Messages that a technician acts on. A new one gets its id in src/platform/log_ids.h, its line in log.c, and its
 * entry in both catalogs; a test holds them together. */
enum thon_msg {
        THON_MSG_NONE,
        THON_MSG_STARTED,
        THON_MSG_CONFIG_INVALID,
        THON_MSG_RELOADED,
        THON_MSG_BROKER_LOST,
        THON_MSG_BROKER_BACK,
        THON_MSG_STORE_TROUBLE,
        THON_MSG_STORE_BACK,
        THON_MSG_CLOCK_UNTRUSTED,
        THON_MSG_CLOCK_TRUSTED,
        THON_MSG_CLOCK_STEPPED,
        THON_MSG_SIM_CLOCK,
        THON_MSG_RELAY_FAILED,
        THON_MSG_SWITCHED,
        THON_MSG_OVERRIDE,
        THON_MSG_FAULT_RAISED,
        THON_MSG_FAULT_CLEARED,
        THON_MSG_PLAN_LOADED,
        THON_MSG_PLAN_KEPT,    /* the new plan is unusable: the last good one stays */
        THON_MSG_CHANNEL_HELD, /* a person must act before it sends again */
        THON_MSG_CHANNEL_BACK,
        THON_MSG_TOKEN_LOST,
        THON_MSG_OFFLINE, /* no channel reaches the network */
        THON_MSG_ONLINE,
        THON_MSG_INCIDENT_RAISED, /* of cameras and what they hang on */
        THON_MSG_INCIDENT_OVER,
        THON_MSG_HEAL_BEGUN, /* a device is restarted */
        THON_MSG_HEAL_FAILED,
        THON_MSG_LOGIN_STOPPED, /* a camera refused user and password twice */
        THON_MSG_AIRED,         /* an announcement is on air, and who answers for it */
        THON_MSG_NOT_AIRED,     /* it was dropped, and why */
        THON_MSG_DAEMON_DOWN,   /* another daemon of the site */
        THON_MSG_DAEMON_UP,
        THON_MSG_COUNT
};

/* Lines above `max_level` are not written. May be called again. */
void thon_log_open(const char *ident, int max_level);

/* `fields` is NULL or at most 16 pairs of a name with its "=" and a value, ended by NULL: {"THON_CIRCUIT=", id, NULL}. */
void thon_log_full(int level, enum thon_msg msg, const char *const *fields, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

#define thon_log(level, ...) thon_log_full((level), THON_MSG_NONE, NULL, __VA_ARGS__)
#define thon_debug(...)      thon_log(LOG_DEBUG, __VA_ARGS__)
#define thon_info(...)       thon_log(LOG_INFO, __VA_ARGS__)
#define thon_warning(...)    thon_log(LOG_WARNING, __VA_ARGS__)
#define thon_error(...)      thon_log(LOG_ERR, __VA_ARGS__)
/* With the circuit (or any id) as a field. */
#define thon_log_id(level, msg, field, id, ...) \
        thon_log_full((level), (msg), (const char *const[]){(field "="), (id), NULL}, __VA_ARGS__)

/* Tests and fuzzers take the lines instead. */
typedef void (*thon_log_sink)(int level, enum thon_msg msg, const char *line, void *userdata);
void thon_log_set_sink(thon_log_sink sink, void *userdata);

/* True at most once per `interval_s` for the same `*last` (monotonic seconds): for what could repeat for ever. */
bool thon_log_ratelimit(unsigned long *last, unsigned interval_s);
