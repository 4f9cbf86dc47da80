/* Between the files of self-heal: heal.c decides and ends, heal_power.c switches circuits, heal_digest.c tells in the morning. */
#pragma once

#include "camerad.h"

enum heal_phase {
        HEAL_ORDERED, /* until the camera has taken the order, or its circuit is seen off */
        HEAL_OFF,     /* until its circuit is seen on again */
        HEAL_BACK,    /* until it is well */
};

/* What is under way with one device. */
struct camerad_heal {
        struct camerad_device *c;
        enum thon_heal_how how;
        enum heal_phase phase;
        bool off_last; /* its circuit, as last heard of */
        struct thon_wall began;
        struct thon_mono back; /* what was seen before says nothing */
        struct thon_alarm *deadline;
        struct onvif_call *call;
        struct thon_mqtt_message *order; /* who waits for an answer; NULL */
        char by[64];
};

struct camerad_healer {
        struct camerad *d;
        bool lightd; /* it is there */
        char **filters;
        size_t n_filters;

        struct thon_alarm *digest;
        struct thon_wall told; /* what was done up to then was told */
        char standing[64];     /* id of the digest that was told last, and not yet taken back; "" none */
        struct thon_wall since;
};

/* heal.c */
void heal_alarm_in(struct camerad_heal *heal, uint64_t us);
/* The device has the order, or its power is back: from here on it is waited for. */
void heal_back(struct camerad_heal *heal);
void heal_answer(struct camerad_heal *heal);
/* It could not be carried out. Ends `heal`. */
void heal_broken(struct camerad_heal *heal, const char *slug, const char *why);

/* heal_power.c */
int heal_power_off(struct camerad_heal *heal);
void heal_filters_done(struct camerad_healer *healer);

/* heal_digest.c */
int heal_digest_start(struct camerad_healer *healer);
void heal_digest_plan(struct camerad_healer *healer); /* the hour may be another one now */
