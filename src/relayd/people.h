/* Who is meant by the words of `to`, and over which channels each is reached. */
#pragma once

#include "relayd.h"

struct relayd_people {
        struct thon_audience *audience;
        struct thon_recipients recipients;
        struct thon_recipient *posts; /* to = channel:... */
        size_t n_posts;
};

/* Into a zeroed struct, which relayd_people_done() empties, also after a failure. `store` is any that can be read. As
 * relayd_submit() answers. */
int relayd_people_load(struct relayd *d, struct thon_store *store, const char *const *to, size_t n,
                       enum thon_class class, enum thon_purpose purpose, struct relayd_people *ret,
                       struct relayd_refusal *refusal);
void relayd_people_done(struct relayd_people *people);

/* -EINVAL with what is wrong, in words that are printable whatever they quote. */
int relayd_refuse(struct relayd_refusal *refusal, const char *slug, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
