/* The shell of announced: what it holds, and the calls between its files. What airs when is decided in
 * src/core/announce; here it is carried out, told and kept. The store and the broker may be away: what was approved
 * airs, emergencies are taken, and what happened waits in memory. */
#pragma once

#include "plant.h"
#include "thon/announce_store.h"
#include "thon/announced_conf.h"
#include "thon/clock.h"
#include "thon/digest.h"
#include "thon/gpio.h"
#include "thon/http.h"
#include "thon/loop.h"
#include "thon/mqtt.h"
#include "thon/outbox.h"
#include "thon/zone.h"
#include "voice.h"

struct announced;
struct announced_item;

/* One sound that an announcement needs: asked of the voice when it is wanted, held until the announcement has ended. */
struct announced_sound {
        struct announced_item *item;
        struct voice_job *job;
        char *path; /* held; NULL: not there (yet) */
        uint64_t length_us;
        char *problem; /* it cannot be made: English; NULL */
        unsigned tries;
};

/* A change that the store does not have yet: each is a row of the audit log. */
struct announced_change {
        const char *action; /* "announce-submit" ...; static */
        char actor[64];
        struct thon_wall at;
};
#define ANNOUNCED_CHANGES_MAX 8

/* An announcement that is not over. */
struct announced_item {
        struct announced *daemon;
        struct thon_announcement a;
        uint64_t zones; /* bits, resolved with the configuration as it is */
        struct announced_sound body[THON_DIALECTS], drill[THON_DIALECTS], fallback;
        bool stored; /* the store has a row of it */
        int refused; /* what the store said of it when it was written last; 0: taken */
        bool planned_dirty;
        size_t n_changes;
        struct announced_change changes[ANNOUNCED_CHANGES_MAX];
        char *published;
};

#define ANNOUNCED_AUDIO 160

/* One airing that has not ended, and for a moment one that has, until the store took it. */
struct announced_airing {
        struct announced_item *item; /* NULL: the announcement is over */
        thon_slug announcement, zone_id;
        char *title, *by;
        enum thon_class class;
        int64_t serial;                     /* of the queue and the plant: of this process */
        int64_t row;                        /* of the store; 0: it has none yet */
        size_t zone;                        /* SIZE_MAX: it is no longer configured */
        struct thon_wall due, began, ended; /* NEVER */
        enum thon_airing_state state;
        enum thon_air_reason reason, held;
        uint64_t sounded_us, position_us;
        double level_energy; /* sum over pieces of seconds times mean power */
        double returned_db;
        enum thon_proof proof; /* of its pieces, the worst */
        char audio[ANNOUNCED_AUDIO],
                piece[ANNOUNCED_AUDIO]; /* of the whole; of what sounds beyond its first piece, "" */
        unsigned pieces;
        int64_t audio_size;
        char audio_digest[THON_DIGEST_TEXT]; /* "" until it ended */
        bool failing_over;                   /* its source is silent: stopped, to go on with the fallback */
        bool on_fallback;
        uint64_t fallback_from_us;
        bool dirty;
};

struct announced_fault {
        char *problem; /* NULL: well */
        char id[80];   /* of its event */
        struct thon_wall began;
};
enum announced_part { PART_SILENT, PART_STUCK, PART_RETURN, PART_PLAYER, PART_AMPLIFIER, PARTS };

struct announced_zone {
        enum thon_proof proof;
        struct announced_fault faults[PARTS];
        char *published;
};

struct announced {
        sd_event *event;
        struct thon_clock *clock;
        char *config_dir, *state_dir;
        const char *player;
        struct thon_site_conf site;
        struct thon_announced_conf conf;
        bool conf_refused;
        bool conf_waits; /* another one was read; it comes into force when nothing is on air */
        struct thon_announced_conf next_conf;
        struct thon_zone *tz;
        struct thon_dictionary *dictionary;

        struct thon_mqtt *mqtt;
        struct thon_http *http;
        struct thon_gpio *gpio;
        struct thon_store *store; /* NULL while it is away: ask announced_store() */
        int store_error;
        struct thon_mono store_failed;
        struct thon_outbox *outbox;
        struct plant *plant;
        struct voice *voice;
        struct announced_alerts *alerts; /* alert.c */
        struct thon_air *air;

        struct announced_item **items; /* in order of id */
        size_t n_items;
        struct announced_airing **airings; /* in order of serial */
        size_t n_airings;
        int64_t serial;
        struct announced_zone *zones; /* one each of conf.zones */

        struct thon_alarm *look; /* the queue's next */
        struct thon_alarm *gather, *retry, *hour, *tell;
        struct thon_wall pruned;
        bool loaded;  /* what the store had was taken up */
        bool looking; /* the queue is being asked: events wait for the end of it */
        bool told_all;
        bool clock_trusted;
        bool stopping;
};

static inline struct thon_air_now announced_now(const struct announced *d)
{
        return (struct thon_air_now){thon_clock_wall(d->clock), thon_clock_mono(d->clock),
                                     thon_clock_trusted(d->clock)};
}
void announced_alarm_in(struct announced *d, struct thon_alarm *alarm, uint64_t us);
void announced_alarm_within(struct announced *d, struct thon_alarm *alarm, uint64_t us); /* unless pending */

/* ---- items.c: the announcements that are not over ---- */
struct announced_item *announced_find(const struct announced *d, const char *id);
/* Takes what `a` owns, and leaves it empty; also on failure. -EEXIST, -ENOSPC, -ENOMEM. Its sounds are asked for. */
int announced_item_new(struct announced *d, struct thon_announcement *a, bool stored,
                       struct announced_item **ret);
/* A state that it goes into, by somebody; kept soon. */
void announced_item_changed(struct announced_item *item, const char *action, const char *actor);
/* All of it has ended, or is to: CANCELLED, REFUSED, DONE. Open airings are cancelled for `reason`. */
void announced_item_end(struct announced_item *item, enum thon_announce_state state,
                        enum thon_air_reason reason, const char *by, const char *why);
/* It was never taken: as if it had not been. */
void announced_item_withdraw(struct announced_item *item);
void announced_items_resolve(struct announced *d); /* zones anew, after a reload */
void announced_items_reap(struct announced *d); /* those that are over, have no airing left and are kept */
void announced_items_done(struct announced *d);

/* ---- sounds.c ---- */
void announced_sounds_want(struct announced_item *item);
void announced_sounds_drop(
        struct announced_item *item); /* to be made anew: its reading changed; or it goes */
/* All sound of it in a zone, tones too; 0: not there yet. *ret_problem (may be NULL): it will never be there. */
uint64_t announced_length(const struct announced_item *item, size_t zone, const char **ret_problem);
/* 0 and at most ANNOUNCED_INPUTS inputs. */
#define ANNOUNCED_INPUTS 5
size_t announced_inputs(const struct announced_item *item, size_t zone,
                        struct plant_input inputs[static ANNOUNCED_INPUTS]);
/* What will be spoken, as told when it is read back; owned. */
int announced_reading(const struct announced *d, const struct thon_announcement *a,
                      enum thon_dialect dialect, char **ret);

/* ---- occurrence.c: occurrences become airings ---- */
/* Occurrences that are near are given to the queue; those that were missed are told; announcements that are over
 * end. The next time at which this must be done. */
struct thon_wall announced_plan(struct announced *d);
/* After a reload: what lies ahead airs in zones that came with it too. */
void announced_occur_in_new_zones(struct announced *d, struct announced_item *item);
struct announced_airing *announced_airing_find(const struct announced *d, int64_t serial);
int announced_airing_queue(struct announced *d, struct announced_airing *airing);
void announced_airing_end(struct announced *d, struct announced_airing *airing, enum thon_airing_state state,
                          enum thon_air_reason reason);
/* Of a row of the store that had not ended: waits (again), or ends for a reason. `item` of the latter may be NULL. */
int announced_airing_resume(struct announced *d, struct announced_item *item,
                            const struct thon_airing_row *row, size_t zone);
int announced_airing_lost(struct announced *d, struct announced_item *item,
                          const struct thon_airing_row *row, enum thon_air_reason reason);
void announced_airings_reap(struct announced *d); /* ended and kept */

/* ---- audio.c: what was aired, kept as a file ---- */
/* Name of the file that the next piece goes into, below STATE_DIR/announce/aired; NULL: not kept. */
const char *announced_audio_begin(struct announced *d, struct announced_airing *airing);
void announced_audio_piece(struct announced *d,
                           struct announced_airing *airing); /* it has ended: joined to the whole */
void announced_audio_end(struct announced *d,
                         struct announced_airing *airing); /* of the airing: its size and digest */
void announced_audio_sweep(const struct announced *d);     /* at start */

/* ---- airing.c: the queue's orders are carried out, and what the plant says is told to it ---- */
void announced_look(struct announced *d);
void announced_look_soon(struct announced *d);
void announced_sounds_ready(struct announced_item *item);
/* The queue anew, for other zones, with what waits. */
int announced_air_rebuild(struct announced *d);
void announced_air_history(
        struct announced *d); /* what was on air in the last weeks counts against the rules */
extern const struct plant_ops announced_plant_ops;

/* ---- keep.c ---- */
int announced_keep_start(struct announced *d);
void announced_keep_stop(struct announced *d);
struct thon_store *announced_store(struct announced *d);     /* the open one, or NULL */
struct thon_store *announced_store_now(struct announced *d); /* tried at once: a warning waits for nothing */
void announced_store_failed(struct announced *d, int error);
void announced_keep_soon(struct announced *d);
/* All that waits. `durable`: on the disk when it returns 0; what fails leaves all waiting. 0, or the store's error. */
int announced_keep(struct announced *d, bool durable);

/* ---- plan_file.c: what is approved, for a start without the store ---- */
void announced_plan_write(struct announced *d);
int announced_plan_read(struct announced *d);

/* ---- commands.c, submit.c: announce/... over MQTT ---- */
void announced_command(struct announced *d, const struct thon_mqtt_message *message);

/* ---- alert.c: CAP ---- */
int announced_alerts_start(struct announced *d);
void announced_alerts_conf(struct announced *d);
void announced_alerts_stop(struct announced *d);
/* announce/cap {"xml"}; answered. */
void announced_alert_command(struct announced *d, const struct thon_mqtt_message *message);

/* ---- load.c ---- */
/* What the store (or, without it, the plan's file) has of announcements that are not over; what was on air when we died is
 * told. Once; again after the store came back. */
void announced_load(struct announced *d);

/* ---- publish.c, events.c, broker.c, start.c ---- */
/* A new configuration that waited for the air to be free. */
void announced_conf_take(struct announced *d);
void announced_zone_gone(struct announced *d, size_t zone); /* its topic and faults, before zones change */
int announced_broker_connect(struct announced *d);
void announced_publish_item(struct announced_item *item, bool force);
void announced_unpublish_item(struct announced_item *item);
void announced_publish_all(struct announced *d);
void announced_publish_soon(struct announced *d);                            /* zones and health, together */
json_t *announced_time_json(const struct announced *d, struct thon_wall at); /* null: NEVER */
/* `values` is stolen; severity "info", "warning", "critical". */
void announced_event(struct announced *d, const char *kind, const char *id, struct thon_wall when,
                     bool raised, const char *severity, const char *subject, const char *text,
                     json_t *values);
/* NULL: well again. */
void announced_zone_fault(struct announced *d, size_t zone, enum announced_part part, const char *problem);
void announced_told_dropped(struct announced *d, const struct announced_airing *airing);
extern const struct thon_daemon_ops announced_ops;
