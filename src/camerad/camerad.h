/* The shell of camerad: what it holds, and the calls between its files. Decisions are in src/core/camera; here they are
 * carried out, told and kept. The store and the broker may be away: checks go on, and what they bring waits. */
#pragma once

#include "discover.h"
#include "onvif_call.h"
#include "prober.h"
#include "snapshot.h"
#include "thon/camera_conf.h"
#include "thon/camera_learn.h"
#include "thon/camera_picture.h"
#include "thon/camera_store.h"
#include "thon/clock.h"
#include "thon/loop.h"
#include "thon/mqtt.h"
#include "thon/outbox.h"
#include "thon/zone.h"

struct camerad;

struct camerad_maintenance {
        bool on;
        struct thon_wall until; /* NEVER: until ended */
        char by[64], reason[160];
};

/* One watched device. Its address stays the same for as long as its id is in the registry; `conf` for as long as nothing in it
 * changed, and before it goes whatever is under way with it was ended (..._forget()). `index` changes with every load. */
struct camerad_device {
        struct camerad *daemon;
        struct thon_watch_device *conf; /* owned */
        size_t index;                   /* in d->devices, and in the cause finder */

        /* sweep.c */
        struct prober_check *check;
        struct thon_mono due, last_play; /* NEVER: not planned; none yet */
        bool play_next;                  /* somebody asked for the whole ladder */
        size_t heap;                     /* place in the sweep's heap */
        struct thon_probe probe;         /* the last one */
        enum thon_camera_verdict reach;  /* what it was judged to be */
        struct thon_wall checked;        /* when; NEVER: not in this process */

        /* logins.c */
        char *password; /* wiped; NULL none */
        char auth_tag[20];
        unsigned auth_refused;
        struct thon_mono auth_asked; /* when somebody had it tried again; NEVER */
        /* The same of the login at its web server, which may know other users than RTSP does: by what was asked there. */
        unsigned picture_refused, recorder_refused;
        /* devices.c */
        char **areas; /* MAINS: ids of those that it feeds, as the cause finder wants them */
        size_t n_areas;

        /* pictures.c; NULL: none taken of it */
        struct camerad_pictures *pictures;
        enum thon_camera_verdict picture; /* standing; OK */
        char *baselines;                  /* of the row, for pictures.c to take (and free) when it begins */
        /* recorder.c */
        struct onvif_call *recorder;
        enum thon_camera_verdict recorded; /* OK or RECORDER_DISK */
        struct thon_wall recorded_until;   /* by our clock */
        struct thon_mono recorder_due;     /* asked no sooner */
        bool recorder_failing;             /* it could not be asked; said once */

        struct thon_device_state state;
        struct camerad_maintenance maintenance;
        struct thon_heal_state heal;
        struct camerad_heal *healing; /* heal.c: what is under way */
        struct thon_mono healed;      /* the last restart that we began; NEVER: none in this process */
        bool circuit_off;             /* its power circuit, as lightd says */
        bool skew_known;
        int64_t skew_s; /* of ONVIF or HTTP, last seen */

        /* what discovery knows */
        char mac[18], endpoint[80], address[46];
        char profile[72], snapshot_url[512];

        struct camerad_asked *asked; /* commands.c: who waits for its check */
        bool row_dirty;              /* camera_row is to be written */
        char *published;             /* publish.c: what was told last */
        double uptime;               /* of 30 days, 0..1; negative not known */
        struct thon_mono uptime_at;  /* NEVER: not asked yet */
};

struct camerad {
        sd_event *event;
        struct thon_clock *clock;
        char *config_dir, *state_dir;
        struct thon_site_conf site;
        struct thon_camera_conf conf;
        struct thon_zone *zone;
        char *password; /* of conf.credential; NULL */
        bool conf_refused;

        struct thon_mqtt *mqtt;
        struct thon_http *http;
        struct prober *prober;
        struct thon_store *store; /* NULL while it is away: ask camerad_store() */
        int store_error;
        struct thon_outbox *outbox;

        struct camerad_device **devices; /* in order of id */
        size_t n;
        struct camerad_device **mains; /* those of them that are, each check asks for them */
        size_t n_mains;
        int64_t generation; /* of the registry that they come from; -1 unknown */

        struct thon_learn *learn;
        struct thon_cause *cause;

        struct camerad_sweep *sweep;
        struct camerad_album *album;   /* pictures.c */
        struct camerad_healer *healer; /* heal.c */
        struct camerad_finder *finder; /* follow.c */
        struct camerad_keep *keep;     /* keep.c */
        struct camerad_told *told;     /* incidents.c */

        bool looking;            /* incidents.c: events go out when what they tell of is written */
        struct thon_alarm *look; /* the next decision about causes */
        struct thon_alarm *tick; /* the next state that time alone changes: flapping, maintenance */
        struct thon_alarm
                *reload;         /* the registry, somewhat later: several writes of a person come together */
        struct thon_alarm *tell; /* publish.c: health */
        struct thon_wall tick_wall;
        struct thon_mono tick_mono;
        struct thon_alarm *uptime; /* publish.c: uptimes that are old */
        char **gone; /* publish.c: ids whose state is to be taken from a broker that was away */
        size_t n_gone;
        bool told_all;      /* nothing was refused by the connection since it was told everything */
        bool clock_trusted; /* looked at when it may have changed, since each check asks */
        bool stopping;
};

static inline struct thon_state_now camerad_now(const struct camerad *d)
{
        return (struct thon_state_now){thon_clock_wall(d->clock), thon_clock_mono(d->clock)};
}
struct camerad_device *camerad_find(struct camerad *d, const char *id);
void camerad_alarm_in(struct camerad *d, struct thon_alarm *alarm, uint64_t us);
void camerad_alarm_within(struct camerad *d, struct thon_alarm *alarm, uint64_t us); /* unless pending */

/* ---- devices.c: from the registry; replaced under living states ---- */
/* Reads the registry when its generation changed (or `force`): new devices are planned, gone ones ended and told. */
void camerad_devices_load(struct camerad *d, bool force);
void camerad_devices_done(struct camerad *d);

/* ---- logins.c: what cameras want of who looks at them ---- */
/* Passwords of all devices out of the store; one that changed is tried anew. 0 or an error of the store. */
int camerad_logins_load(struct camerad *d, struct thon_store *store);
/* The login to be tried, or NULL, NULL. A login refused twice is not tried until it changes or a person asks. */
void camerad_login(const struct camerad_device *c, const char **ret_user, const char **ret_password,
                   bool *ret_stopped);
bool camerad_login_stopped(const struct camerad_device *c);
/* After a check (or a call) that sent a login: two refusals in a row stop it. */
void camerad_login_told(struct camerad_device *c, bool refused);
/* Of a picture or a question by HTTP, likewise: RTSP goes on, and the good logins there forgive nothing here. */
void camerad_web_login_told(struct camerad_device *c, unsigned *count, bool refused);
bool camerad_web_login_stopped(unsigned count);

/* ---- sweep.c: who is checked when ---- */
int camerad_sweep_start(struct camerad *d);
void camerad_sweep_stop(struct camerad *d);
/* A device that is new, or whose plan changed. `soon`: at the next turn of the loop. */
void camerad_sweep_plan(struct camerad_device *c, bool soon);
void camerad_sweep_forget(struct camerad_device *c); /* cancels its check */

/* ---- judge.c: what is found becomes state, incidents, messages ---- */
/* A check ended: judged with what is known around it, then as below. */
void camerad_checked(struct camerad_device *c, const struct thon_probe *probe);
/* Whatever may have changed the verdict (picture, recorder, circuit, maintenance): looks at the state, tells the cause finder,
 * and has causes looked at soon. */
void camerad_judge(struct camerad_device *c, bool confirmed);
/* The mains of an area. */
void camerad_mains(struct camerad_device *c, bool on, bool known);
void camerad_maintenance(struct camerad_device *c, const struct camerad_maintenance *wanted);
void camerad_judge_tick(struct camerad *d); /* what time alone changes */

/* ---- incidents.c: the cause finder's actions carried out; events ---- */
void camerad_look_soon(struct camerad *d);
void camerad_incidents_look(struct camerad *d);
/* The finder anew, with the devices as they are now; standing incidents live on, or come from the store the first time. */
int camerad_incidents_rebuild(struct camerad *d);
/* Those that the store does not have yet, in its open transaction; and when that is committed. */
int camerad_incidents_keep(struct camerad *d);
void camerad_incidents_kept(struct camerad *d);
void camerad_incidents_done(struct camerad *d);

/* ---- pictures.c ---- */
int camerad_pictures_start(struct camerad *d);
void camerad_pictures_stop(struct camerad *d);
void camerad_pictures_plan(
        struct camerad_device *c); /* new or changed; also ends it when no pictures are wanted */
void camerad_pictures_forget(struct camerad_device *c);
void camerad_pictures_now(struct camerad_device *c); /* somebody asked */
/* For events and state: {"good":path|null,"bad":path|null,"at","verdict","baseline":"day"|...|null}; paths are relative to the
 * state directory. NULL: none taken of it. */
json_t *camerad_pictures_json(const struct camerad_device *c);
/* What a message about these shows, as a path like those: of one whose picture is bad what it should show and what it shows; of
 * others what they showed last, up to four of them. Owned; NULL: nothing is known. */
char *camerad_pictures_sheet(struct camerad_device *const *devices, size_t n);
/* A person says that it is meant to look as it does now. -ENOENT: no pictures are taken of it. */
int camerad_pictures_relearn(struct camerad_device *c);
/* What is to be kept of it: thon_baselines_text(); "" when there is nothing. */
void camerad_pictures_baselines(const struct camerad_device *c, char buf[static THON_BASELINES_TEXT]);

/* ---- recorder.c ---- */
/* After any check: asks a recorder whether it records, when that is due and it is reachable; does nothing for others. */
void camerad_recorder_look(struct camerad_device *c);

/* ---- heal.c ---- */
int camerad_heal_start(struct camerad *d);
void camerad_heal_stop(struct camerad *d);
void camerad_heal_forget(struct camerad_device *c);
/* After every look: what is under way is judged, and what may be begun is begun. */
void camerad_heal_look(struct camerad_device *c);
/* camera/<id>/power-cycle; answers `message`, at once or when lightd has answered. */
void camerad_heal_order(struct camerad_device *c, const struct thon_mqtt_message *message);
/* light/<circuit>/state, or the reply of lightd: true when it was one of ours. */
bool camerad_heal_message(struct camerad *d, const struct thon_mqtt_message *message);
/* Subscriptions of power circuits and mains inputs; after camerad_devices_load() and at every connect. */
void camerad_heal_subscribe(struct camerad *d);

/* ---- follow.c: discovery, for people and to find who moved ---- */
int camerad_follow_start(struct camerad *d);
void camerad_follow_stop(struct camerad *d);
/* Its looks at addresses end here: the prober goes. They are taken up within ten minutes. */
void camerad_follow_halt(struct camerad *d);
/* It is no longer followed to `address`, or is no more; "" it was not. */
void camerad_follow_over(struct camerad *d, const char *camera, const char *name, const char *address);
void camerad_follow_silent(
        struct camerad_device *c); /* hard-silent: looked for, at most every 10 minutes for all */
void camerad_discover(struct camerad *d, const struct thon_mqtt_message *message); /* camera/discover */

/* ---- keep.c: the store, as seen by a daemon that can do without ---- */
int camerad_keep_start(struct camerad *d);
void camerad_keep_stop(struct camerad *d);
struct thon_store *camerad_store(struct camerad *d); /* the open one, or NULL */
void camerad_store_failed(struct camerad *d, int error);
/* Waits in memory while the store is away; written together within seconds. */
void camerad_keep_did(struct camerad_device *c, enum thon_camera_what what, const char *value,
                      const char *detail, const char *by, int64_t seconds, int64_t incident);
void camerad_keep_did_at(struct camerad_device *c, struct thon_wall at, enum thon_camera_what what,
                         const char *value, const char *detail, const char *by, int64_t seconds,
                         int64_t incident);
void camerad_keep_row(struct camerad_device *c,
                      bool at_once);       /* camera_row; at once: before an act that must not repeat */
void camerad_keep_soon(struct camerad *d); /* something is to be written within half a minute */
void camerad_keep_flush(struct camerad *d);
void camerad_keep_now(struct camerad *d); /* flushed to the card: no power cut takes it */
void camerad_keep_last(
        struct camerad *d); /* we are ending: tried once more also when it was away just now */

/* ---- events.c, publish.c, discovery.c, commands.c, broker.c, start.c ---- */
int camerad_broker_connect(struct camerad *d);
void camerad_publish(struct camerad_device *c, bool force);
void camerad_publish_all(struct camerad *d);
void camerad_unpublish(struct camerad *d, const char *id);
void camerad_publish_health(struct camerad *d); /* soon */
void camerad_health_tell(struct camerad *d);    /* now */
void camerad_uptime_look(struct camerad *d);    /* asks the store for some of those that are old */
void camerad_publish_done(struct camerad_device *c);
json_t *camerad_time_json(const struct camerad *d, struct thon_wall at); /* null: NEVER */
/* One event of ours: "event/<kind>", with when it began or ended. `values` is stolen; severity "info", "warning", "critical". */
void camerad_event(struct camerad *d, const char *kind, const char *id, struct thon_wall when, bool raised,
                   const char *severity, const char *subject, const char *text, json_t *values,
                   const char *cause_id);
void camerad_command(struct camerad *d, const struct thon_mqtt_message *message);
void camerad_command_checked(struct camerad_device *c); /* answers who waits for this */
void camerad_command_gone(struct camerad_device *c);    /* it is no more, or we are ending */
void camerad_discovery_publish(struct camerad *d, const struct camerad_device *c); /* Home Assistant */
void camerad_discovery_remove(struct camerad *d, const char *id);
extern const struct thon_daemon_ops camerad_ops;
