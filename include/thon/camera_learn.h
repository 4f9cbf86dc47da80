/* Groups that were learned: devices that fell together before, and so hang on something that nobody declared. Pure.
 *
 * Each common failure teaches one group: it is matched with the known ones by overlap (Jaccard), and adds to the best or
 * begins a new one. A group is believed after THON_LEARN_BELIEVE failures; a device belongs to it while it fell in more than
 * half of the last eight of them. What a declared parent explains is not taught. Bounded: at most THON_LEARN_GROUPS groups,
 * the least believed and oldest give way. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thon/time.h"

#define THON_LEARN_GROUPS  256
#define THON_LEARN_BELIEVE 2
#define THON_LEARN_MEMBERS 1024 /* more fell together: that is no switch, and is not taught */

struct thon_learn;
int thon_learn_new(struct thon_learn **ret);
struct thon_learn *thon_learn_free(struct thon_learn *learn);

/* These devices (ids, each once; copied) fell together; fewer than two, or more than THON_LEARN_MEMBERS, teach nothing.
 * -EINVAL: an id that is no slug. -ENOMEM: nothing was learned. */
int thon_learn_teach(struct thon_learn *learn, const char *const *ids, size_t n, struct thon_wall at);
/* The believed group of which at least `share_percent` of the members are among `ids` and which covers most of them; 0
 * none. */
int64_t thon_learn_match(const struct thon_learn *learn, const char *const *ids, size_t n,
                         unsigned share_percent);
/* Members of a group, in order of id; returns how many there are, fills at most `room`. Borrowed until the next change. */
size_t thon_learn_members(const struct thon_learn *learn, int64_t group, const char **ret, size_t room);
void thon_learn_forget(struct thon_learn *learn, const char *id); /* the device is gone */

/* Keeping: one row a group, `doc` a text of our own form. Visits the groups that changed since they were kept, and with `doc`
 * NULL those that are no more. What `visit` returns other than 0 ends the walk and is returned; the rest stays changed. */
int thon_learn_keep(struct thon_learn *learn, int (*visit)(int64_t group, const char *doc, void *userdata),
                    void *userdata);
/* -EINVAL: damaged, passed over. */
int thon_learn_restore(struct thon_learn *learn, int64_t group, const char *doc);
bool thon_learn_changed(const struct thon_learn *learn); /* something is to be kept */
