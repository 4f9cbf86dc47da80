/* What the circuits of a plan occupy. Two circuits on one relay would fight over it, two on one meter would both count
 * it; the kernel gives a line to one taker only. But a cabinet has one door, one manual switch, one lock-out, one
 * photocell and one mains for all its circuits, so these may be named by several, if they mean the same. Each node has lines and a
 * broker of its own. */
#include "form.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "thon/cleanup.h"

enum role {
        ROLE_RELAY,
        ROLE_FEEDBACK,
        ROLE_METER,
        ROLE_DOOR,
        ROLE_MANUAL,
        ROLE_LOCKOUT,
        ROLE_PHOTOCELL,
        ROLE_MAINS,
        ROLES
};

static const char *const places[ROLES] = {
        [ROLE_RELAY] = "relay.gpio",         [ROLE_FEEDBACK] = "feedback.gpio",
        [ROLE_METER] = "meter.gpio",         [ROLE_DOOR] = "door.gpio",
        [ROLE_MANUAL] = "manual.gpio",       [ROLE_LOCKOUT] = "lockout.gpio",
        [ROLE_PHOTOCELL] = "photocell.gpio", [ROLE_MAINS] = "mains.gpio",
};

struct use {
        uint32_t hash; /* compared first: of a thousand circuits' lines most are on one chip */
        enum role role;
        struct thon_line_ref line; /* or, of an MQTT relay, */
        char topic[128];
        int channel;
        enum thon_relay_driver driver;
        thon_slug node, circuit;
};

struct form_uses {
        size_t n, room;
        struct use *list;
};

struct form_uses *form_uses_free(struct form_uses *uses)
{
        if (uses)
                free(uses->list);
        free(uses);
        return NULL;
}

static uint32_t hash_text(uint32_t hash, const char *text)
{
        for (; *text; text++)
                hash = (hash ^ (uint8_t)*text) * UINT32_C(16777619);
        return (hash ^ 0xff) * UINT32_C(16777619);
}

static size_t uses_of(const struct thon_circuit_conf *circuit, struct use ret[static ROLES])
{
        const struct thon_line_ref *lines[ROLES] = {
                &circuit->relay.gpio, &circuit->feedback, &circuit->meter,     &circuit->door,
                &circuit->manual,     &circuit->lockout,  &circuit->photocell, &circuit->mains,
        };
        size_t n = 0;

        for (int role = 0; role < ROLES; role++) {
                bool mqtt = role == ROLE_RELAY && circuit->relay.kind == THON_RELAY_MQTT;
                struct use *use = &ret[n];

                if (!mqtt && !thon_line_ref_set(lines[role]))
                        continue;
                memset(use, 0, sizeof(*use));
                use->role = (enum role)role;
                memcpy(use->node, circuit->node, sizeof(use->node));
                memcpy(use->circuit, circuit->id, sizeof(use->circuit));
                use->hash = UINT32_C(2166136261);
                if (mqtt) {
                        memcpy(use->topic, circuit->relay.topic, sizeof(use->topic));
                        use->channel = circuit->relay.channel;
                        use->driver = circuit->relay.driver;
                        use->hash = hash_text(use->hash, use->topic);
                } else {
                        use->line = *lines[role];
                        use->hash = hash_text(hash_text(use->hash, use->line.chip), use->line.line);
                }
                n++;
        }
        return n;
}

static bool same_thing(const struct use *a, const struct use *b)
{
        if (a->hash != b->hash || strcmp(a->node, b->node) != 0 || strcmp(a->line.chip, b->line.chip) != 0 ||
            strcmp(a->line.line, b->line.line) != 0)
                return false;
        return strcmp(a->topic, b->topic) == 0 && a->channel == b->channel;
}

static bool may_share(const struct use *a, const struct use *b)
{
        return a->role == b->role && a->role >= ROLE_DOOR && a->line.active_low == b->line.active_low &&
               strcmp(a->circuit, b->circuit) != 0;
}

static int clash(struct form *form, const struct use *use, const struct use *with)
{
        if (*use->topic)
                return form_fail_at(form, "relay.mqtt", "is the relay of circuit \"%s\" already",
                                    with->circuit);
        return form_fail_at(form, places[use->role], "line \"%s\" of \"%s\" is %s of circuit \"%s\" already",
                            use->line.line, use->line.chip, places[with->role], with->circuit);
}

int form_uses_add(struct form *form, struct form_uses **uses, const struct thon_circuit_conf *circuit)
{
        struct use mine[ROLES];
        size_t n = uses_of(circuit, mine);
        struct form_uses *all = *uses;

        if (!all) {
                all = *uses = calloc(1, sizeof(*all));
                if (!all)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < n; i++) {
                for (size_t j = 0; j < i; j++)
                        if (same_thing(&mine[i], &mine[j]))
                                return clash(form, &mine[i], &mine[j]);
                for (size_t j = 0; j < all->n; j++)
                        if (same_thing(&mine[i], &all->list[j]) && !may_share(&mine[i], &all->list[j]))
                                return clash(form, &mine[i], &all->list[j]);
        }

        if (all->n + n > all->room) {
                size_t room = all->room * 2 + ROLES;
                struct use *list = reallocarray(all->list, room, sizeof(*list));

                if (!list)
                        return -ENOMEM;
                all->list = list;
                all->room = room;
        }
        memcpy(all->list + all->n, mine, n * sizeof(*mine));
        all->n += n;
        return 0;
}
