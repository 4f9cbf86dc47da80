/* What the daemons' connection and thonctl's client share: names of topics, what is let in, the login, and
 * words for libmosquitto's results. */
#pragma once

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/conf.h"
#include "thon/mqtt.h"

/* "127.0.0.1" for "localhost", the host itself when it is a numeric address, else NULL. Borrowed. */
const char *thon_mqtt_address(const char *host);

/* "thon/1/<site>/"; -EINVAL when the site's id is no slug. The caller frees it. */
int thon_mqtt_root_of(const char *site, char **ret);

/* Printable UTF-8 of 1 to THON_MQTT_TOPIC_MAX bytes by MQTT's rules, without a wildcard. */
bool thon_mqtt_topic_valid(const char *topic);

/* The whole topic for one in the form of thon/mqtt.h. -EINVAL, -ENOMEM; the caller frees it. */
int thon_mqtt_resolve(const char *root, const char *topic, bool filter, char **ret);
/* The inverse: borrowed from `topic`. */
const char *thon_mqtt_below(const char *root, const char *topic);

/* NULL, or why a payload is refused, as the slug of an error reply: "too-large" or "not-utf8" (NUL
 * included). */
const char *thon_mqtt_payload_problem(const void *payload, size_t size);

/* False for a topic that only we may write: below the root and the name of a state, command or event. */
bool thon_mqtt_may_answer_on(const char *root, const char *topic);

/* The client id that belongs to a login: `name`, and a digest of its password. A broker lets any login take over the
 * session of a client whose id it can name: who does not know the password cannot name ours. Always the same one for a
 * password, so that a session is found again; `name` alone where the login has none. 0, -ENOMEM, or -errno of reading the
 * credential; the caller frees it. */
int thon_mqtt_client_id(const struct thon_site_conf *site, const char *name, char **ret);

/* A client ready to connect: MQTT 5, small window, login; `fresh`: what the broker kept of an earlier connection is
 * dropped. 0, -ENOMEM, or -errno of reading the credential. The caller ends it with mosquitto_destroy(). */
int thon_mqtt_session(const struct thon_site_conf *site, const char *client_id, bool fresh, void *userdata,
                      struct mosquitto **ret);

/* libmosquitto writes without MSG_NOSIGNAL. A handler that the program has set is left alone. */
void thon_mqtt_ignore_sigpipe(void);

/* -errno for a MOSQ_ERR_*. */
int thon_mqtt_errno(int rc);
/* Words for the code of a CONNACK, DISCONNECT or PUBACK (>= 0x80), or for a MOSQ_ERR_*. `error` is the errno
 * that was seen with MOSQ_ERR_ERRNO. Borrowed, until the next call. */
const char *thon_mqtt_words(int rc, int error);
