/* fake-cameras: thousands of IP cameras in one process, each with an address of its own, which speak RTSP, HTTP snapshots,
 * ONVIF and WS-Discovery, and misbehave when told to. README.md beside this file has the scene file and the control API.
 *
 * One thread, one epoll: nothing here is locked, and what the control API counts is true between two requests. It is the
 * yardstick beside which clients are measured, so that a check must cost it few system calls and no memory of its own:
 * everything big (pictures, video) is made once and shared. */
#pragma once

#include <jansson.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "thon/cleanup.h"
#include "thon/clock.h"
#include "thon/json.h"

struct farm;
struct host;
struct conn;
struct message;

/* ---- loop.c ---- */
struct watch {
        int fd;
        void (*fn)(struct watch *watch, uint32_t events); /* NULL: nobody listens any more */
};
struct timer {
        void (*fn)(struct timer *timer);
        uint64_t at_us;
        size_t place; /* in the heap, from 1; 0: not set */
};
struct loop {
        int epoll;
        bool over;
        uint64_t now_us; /* monotonic, of this turn */
        struct timer **heap;
        size_t n_heap, room_heap;
};
#define container(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

int loop_init(struct loop *loop);
void loop_done(struct loop *loop);
int loop_watch(struct loop *loop, struct watch *watch, uint32_t events);
void loop_change(struct loop *loop, struct watch *watch, uint32_t events);
/* Before the descriptor is closed. What of it waits in this turn is not told any more. */
void loop_unwatch(struct loop *loop, struct watch *watch);
/* Set again, it replaces what was. -ENOMEM. */
int timer_set(struct loop *loop, struct timer *timer, uint64_t in_us);
void timer_stop(struct loop *loop, struct timer *timer);
/* `turn` is called after each turn: the place to free what a turn has ended. */
int loop_run(struct loop *loop, void (*turn)(void *userdata), void *userdata);

/* ---- bytes.c ---- */
struct bytes {
        char *data;
        size_t n, room;
        bool failed; /* no memory: what was added is not whole */
};
/* Room for so many more, and a NUL. */
bool bytes_room(struct bytes *bytes, size_t more);
void bytes_add(struct bytes *bytes, const void *data, size_t n);
void bytes_text(struct bytes *bytes, const char *text);
void bytes_printf(struct bytes *bytes, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bytes_cut(struct bytes *bytes, size_t n); /* from the front */
void bytes_done(struct bytes *bytes);
uint64_t dice(uint64_t *state); /* a number from a seed, the same everywhere */

/* ---- settings.c: how a camera behaves ---- */
enum mode {
        MODE_OK,
        MODE_SILENT,      /* nothing comes back at all: no power, no cable */
        MODE_REFUSED,     /* its ports are closed */
        MODE_HUNG,        /* accepts, and says nothing */
        MODE_HANG_UP,     /* ends a connection as soon as it is made */
        MODE_RESET,       /* RST on the first request */
        MODE_401,         /* no password is right */
        MODE_CLOSE_401,   /* answers 401 and closes */
        MODE_WRONG_NONCE, /* a nonce is good for one request */
        MODE_SLOW,        /* every answer `delay_ms` late */
        MODE_DRIP,        /* a byte every `drip_ms` */
        MODE_ENDLESS,     /* a head without an end */
        MODE_HUGE_LENGTH, /* a body without an end is announced */
        MODE_GARBAGE,     /* bytes by `seed`: half right, or not at all */
        MODE_404,         /* no such path */
        MODE_NO_VIDEO,    /* the SDP has sound alone */
        MODE_NO_RTP,      /* PLAY is answered, nothing comes */
        MODE_STALLED,     /* ... or always the same packet */
        MODE_503,         /* no SETUP: too much to do */
        MODES
};
enum service { SERVICE_RTSP, SERVICE_HTTP, SERVICE_PLAIN, SERVICE_CONTROL };
enum scope { SCOPE_BOTH, SCOPE_RTSP, SCOPE_HTTP, SCOPES };
enum login { LOGIN_MD5, LOGIN_SHA256, LOGIN_BOTH, LOGIN_BASIC, LOGIN_ANY, LOGIN_NONE, LOGINS };
enum picture {
        PICTURE_OK,
        PICTURE_FROZEN, /* always the same, but for the clock in it */
        PICTURE_STUCK,  /* always the same bytes */
        PICTURE_BLACK,
        PICTURE_COVERED,
        PICTURE_SPRAYED,
        PICTURE_BLURRED,
        PICTURE_MOVED,
        PICTURE_INFRARED,
        PICTURE_PAGE,      /* an HTML page, status 200, called image/jpeg */
        PICTURE_EMPTY,     /* status 200, no bytes */
        PICTURE_TRUNCATED, /* half of it */
        PICTURE_SCANS,     /* progressive, 883 scans of four million pixels */
        PICTURE_GIANT,     /* 65,000 x 65,000 by its head */
        PICTURE_FLOOD,     /* begins well and never ends */
        PICTURE_404,
        PICTURES
};
enum uri { URI_OK, URI_RTSP, URI_NULL, URI_FOREIGN, URI_GONE, URIS };
enum recorder { RECORDER_NONE, RECORDER_RECORDING, RECORDER_STOPPED, RECORDERS };
enum healed_by { HEALED_NEVER, HEALED_REBOOT, HEALED_POWER, HEALED_BYS };

struct settings {
        int mode, scope, login, picture, uri, recorder, healed_by;
        bool login_options; /* OPTIONS wants a login too */
        bool qop;           /* Digest of RTSP with qop=auth; HTTP always */
        bool audio;         /* sound stands before the video in the SDP */
        bool local_clock;   /* ONVIF tells local time and zone only */
        bool onvif, discoverable;
        int64_t delay_ms, drip_ms, skew_s, sessions, session_s, boot_s, seed, lock_after, stopped_s, scene,
                hour, strength, variant;
        char user[64], password[64], realm[64], path[128], snapshot_path[128], maker[64], model[64],
                firmware[64], name[96], mac[18], endpoint[64];
};
extern const struct settings settings_default;
/* Members of `doc` that are settings are taken, others but those of `also` refused. False: error filled, `settings` as it was. */
bool settings_read(struct settings *settings, const json_t *doc, const char *const *also,
                   struct thon_json_error *error);
json_t *settings_json(const struct settings *settings);
const char *mode_text(enum mode mode);

/* ---- hosts.c: who there is, on which switch, with or without power ---- */
enum count {
        N_CONNECTIONS,
        N_REQUESTS,
        N_OPTIONS,
        N_DESCRIBE,
        N_SETUP,
        N_PLAY,
        N_TEARDOWN,
        N_LOST,         /* sessions whose connection ended without TEARDOWN */
        N_NO_SESSION,   /* SETUPs that found none free */
        N_LOGINS,       /* right ones, RTSP and HTTP */
        N_WRONG_LOGINS, /* ... and wrong ones */
        N_STALE,        /* right ones with a nonce that is used up */
        N_BASIC,        /* passwords in the clear */
        N_SNAPSHOTS,    /* that were given */
        N_ONVIF,
        N_ONVIF_WRONG, /* password, or time */
        N_PROBES,      /* of WS-Discovery */
        N_REBOOTS,     /* that were ordered by ONVIF */
        N_POWER_CYCLES,
        N_RTP,
        N_BAD, /* requests that could not be understood */
        COUNTS
};
struct session {
        TAILQ_ENTRY(session) entries;
        struct host *host;
        struct conn *conn; /* NULL: it was lost, and runs out */
        struct timer timer;
        char id[20];
        uint8_t channel;
        bool playing;
        uint16_t sequence;
        uint32_t stamp, source;
        unsigned frame;
};
TAILQ_HEAD(sessions, session);
TAILQ_HEAD(conns, conn);

struct listener {
        struct watch watch;
        struct host *host;
        enum service service;
        uint16_t port;
        int plug;           /* our own connection that fills the queue of a silent one; -1 */
        uint16_t plug_port; /* of the last one, which lies in the queue still; 0 none */
};
struct host {
        struct farm *farm;
        char *id;
        bool camera; /* else a switch, or any other thing with ports */
        struct in_addr address;
        struct host *parent; /* the switch that it hangs on; NULL */
        bool up;             /* of a switch: cut or not; of any: not switched off by hand */
        bool members;        /* of a switch: what hangs on it is reached */
        bool power, booting;
        bool silent; /* what follows of all that */
        bool locked; /* too many wrong logins */
        struct timer boot;
        struct settings settings, first; /* now, and of the scene */
        int64_t picture_since;           /* by its clock: the picture is so */
        struct listener *listeners;
        size_t n_listeners;
        struct conns conns;
        struct sessions sessions;
        unsigned open, most_open, n_sessions, most_sessions, wrong_in_a_row, boots;
        uint64_t counts[COUNTS];
        uint64_t dice;
        char ha1_md5[33], ha1_sha256[65]; /* of user, realm and password; "" not computed */
};
/* Adds what a scene names. False: error filled; what was added before stays. */
bool hosts_add(struct farm *farm, const json_t *scene, struct thon_json_error *error);
struct host *hosts_find(struct farm *farm, const char *id);
struct host *hosts_at(struct farm *farm, struct in_addr address);
void hosts_free(struct farm *farm);
bool host_set(struct host *host, const json_t *doc, const char *const *also, struct thon_json_error *error);
/* Everything is looked at again: who is silent, who refuses. */
void hosts_look(struct farm *farm);
void host_power(struct host *host, bool on);
void host_reboot(struct host *host);
void host_reset(struct host *host); /* settings of the scene, nothing counted, power on */
void host_count(struct host *host, enum count count);
extern const char *const count_names[COUNTS];
json_t *host_json(const struct host *host);
int64_t host_clock(const struct host *host); /* what it takes for the time */
bool host_does(const struct host *host, enum service service, enum mode mode);

/* ---- reach.c ---- */
int listener_open(struct listener *listener);
void listener_close(struct listener *listener);
void listener_silence(struct listener *listener, bool silent);
/* A route that swallows all to an address, or takes it away again. -errno. */
int route_blackhole(struct in_addr address, bool on);

/* ---- conn.c ---- */
enum conn_flow { FLOW_PLAIN, FLOW_DRIP, FLOW_ENDLESS, FLOW_FLOOD };
struct conn {
        struct watch watch;
        struct timer timer;
        TAILQ_ENTRY(conn) entries;
        struct farm *farm;
        struct host *host; /* NULL: control */
        enum service service;
        enum conn_flow flow;
        struct bytes in, out;
        bool held;    /* an answer waits for its time: nothing is read meanwhile */
        bool closing; /* when all is written */
        bool frozen;  /* its host is silent */
        bool dead, writing;
        struct session *session;
        char nonce[48]; /* the last that was given here */
        unsigned nonce_uses;
        struct waiter *waiter;
};
void conn_accept(struct farm *farm, struct host *host, enum service service, int fd);
void conn_end(struct conn *conn, bool reset);
void conn_freeze(struct conn *conn, bool frozen);
/* What is in `out` goes as the mode of its host wants it. */
void conn_answer(struct conn *conn);
void conn_flush(struct conn *conn);
void conns_bury(struct farm *farm);

/* ---- message.c: heads of RTSP and HTTP are alike ---- */
#define MESSAGE_HEADERS 48
struct message {
        const char *method, *url, *version; /* in the connection's buffer, ended with NUL */
        struct {
                const char *name, *value;
        } headers[MESSAGE_HEADERS];
        size_t n_headers;
        const char *body;
        size_t body_size;
};
/* Bytes that it takes, 0 when it is not whole yet, -EBADMSG. Writes NULs into `data`, which has room for one more byte. */
ssize_t message_read(struct message *message, char *data, size_t size);
const char *message_header(const struct message *message, const char *name); /* NULL */

/* ---- login.c ---- */
enum login_result { LOGIN_GOOD, LOGIN_MISSING, LOGIN_WRONG, LOGIN_STALE };
/* Counts what it finds. */
enum login_result login_check(struct conn *conn, const struct message *message);
/* "WWW-Authenticate: ..." lines, with a nonce that is remembered. */
void login_challenge(struct conn *conn, bool stale, struct bytes *out);
struct digests {
        EVP_MD *md5, *sha1, *sha256; /* fetched once: that is what costs */
        EVP_MD_CTX *context;
};
int digests_init(struct digests *digests);
void digests_done(struct digests *digests);

/* ---- rtsp.c, rtp.c, h264.c ---- */
void rtsp_serve(struct conn *conn, const struct message *message);
void session_lost(struct session *session); /* its connection is gone */
void session_free(struct session *session);
void session_stream(struct session *session); /* from PLAY on */
struct video_frame {
        const uint8_t *nals[3];
        size_t sizes[3];
        unsigned n;
};
struct video;
int video_new(struct video **ret);
struct video *video_free(struct video *video);
const struct video_frame *video_frame(const struct video *video, unsigned number);
const char *video_parameters(const struct video *video); /* sprop-parameter-sets */

/* ---- http.c, onvif.c, discovery.c, picture.c ---- */
void http_serve(struct conn *conn, const struct message *message);
/* `size` < 0: until the connection ends. */
void http_head(struct conn *conn, unsigned status, const char *type, ssize_t size);
void onvif_serve(struct conn *conn, const struct message *message);
int discovery_open(struct farm *farm);
void discovery_close(struct farm *farm);
uint16_t host_port(const struct host *host, enum service service); /* 0: none */
struct album;
int album_new(unsigned w, unsigned h, struct album **ret);
struct album *album_free(struct album *album);
/* What a camera sees now, or gives out as a picture. Borrowed until the next call. -errno. */
int album_picture(struct album *album, const struct host *host, const void **ret, size_t *ret_size);

/* ---- control.c ---- */
struct waiter {
        TAILQ_ENTRY(waiter) entries;
        struct conn *conn;
        struct host *host; /* NULL: all */
        enum count what;
        bool idle; /* no connection, no session is open */
        uint64_t count;
        struct timer timer;
};
TAILQ_HEAD(waiters, waiter);
void control_serve(struct conn *conn, const struct message *message);
void control_look(struct farm *farm); /* something was counted */
void waiter_free(struct waiter *waiter);

struct farm {
        struct loop loop;
        struct thon_clock *clock;
        sd_event *event; /* of the clock alone */
        struct host **hosts;
        size_t n_hosts;
        json_t *index; /* id and address: place in hosts */
        uint16_t rtsp_port, http_port, discovery_port;
        int error;      /* that ended the loop */
        bool blackhole; /* silence by routes: in a network namespace of our own */
        struct listener control;
        struct watch discovery, signals;
        struct conns others, graves; /* of the control API; ended in this turn */
        struct waiters waiters;
        uint64_t counts[COUNTS];
        uint64_t open, n_sessions;
        uint64_t serial, dice;
        struct digests digests;
        struct video *video;
        struct album *album;
};
