/* Who is told, and by what ladder: the registry's rows in, one recipient a household out.
 *
 * A household is one recipient, however many words of `to` lead to it, since a notice read aloud at the table has reached
 * it. Somebody named (by role, group or id) is meant as a person: then only the addresses of the named ones serve. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "thon/relay_decide.h"

static bool consents(const struct thon_audience_person *person, enum thon_purpose purpose)
{
        return purpose == THON_PURPOSE_EMERGENCY ? person->consent_emergency : person->consent_notices;
}

static bool same_text(const char *a, const char *b)
{
        return a && b && strcmp(a, b) == 0;
}

/* The address after "NAME:" in "oa:ID;bot:ID"; false when there is none. */
static bool address_in(const char *channels, const char *name, char ret[static THON_ADDRESS_MAX])
{
        size_t n = strlen(name);

        while (channels && *channels) {
                size_t size = strcspn(channels, ";");
                if (size > n + 1 && size - n - 1 < THON_ADDRESS_MAX && channels[n] == ':' &&
                    strncmp(channels, name, n) == 0) {
                        memcpy(ret, channels + n + 1, size - n - 1);
                        ret[size - n - 1] = '\0';
                        return true;
                }
                channels += size + (channels[size] == ';');
        }
        return false;
}

static const struct thon_ladder_channel *channel_of(const struct thon_ladder_conf *conf, const char *name,
                                                    size_t n)
{
        for (size_t i = 0; i < conf->n_channels; i++)
                if (strlen(conf->channels[i].name) == n && strncmp(conf->channels[i].name, name, n) == 0)
                        return &conf->channels[i];
        return NULL;
}

/* Everybody of one recipient, as rungs are looked for in them. */
struct party {
        const struct thon_audience_person *persons;
        size_t n;
        const struct thon_audience_household *household; /* NULL */
        enum thon_purpose purpose;
        const struct thon_ladder_conf *conf;
        bool named_only;
        bool use_phone; /* the household's own */
};

static bool serves(const struct party *party, const struct thon_audience_person *person)
{
        return consents(person, party->purpose) && (person->named || !party->named_only);
}

/* Rungs of one channel, person by person. */
static void add_channel(const struct party *party, const struct thon_ladder_channel *channel, char *ladder)
{
        char address[THON_ADDRESS_MAX];

        for (size_t i = 0; i < party->n; i++) {
                const struct thon_audience_person *person = &party->persons[i];
                if (!serves(party, person))
                        continue;
                if (channel->by_phone) {
                        if (person->phone)
                                (void)thon_ladder_add(ladder, channel->name, person->phone);
                } else if (address_in(person->channels, channel->name, address) ||
                           (channel->address_of &&
                            address_in(person->channels, channel->address_of, address))) {
                        (void)thon_ladder_add(ladder, channel->name, address);
                }
        }
        if (channel->by_phone && party->use_phone)
                (void)thon_ladder_add(ladder, channel->name, party->household->phone);
}

/* In the order in which each person gave their channels; a channel that borrows another's address comes after it. */
static void add_own_order(const struct party *party, char *ladder)
{
        for (size_t i = 0; i < party->n; i++) {
                const char *channels = party->persons[i].channels;
                if (!serves(party, &party->persons[i]))
                        continue;
                while (channels && *channels) {
                        size_t size = strcspn(channels, ";"), name = strcspn(channels, ":;");
                        const struct thon_ladder_channel *channel = channel_of(party->conf, channels, name);
                        char address[THON_ADDRESS_MAX];
                        if (channel && !channel->by_phone && name + 1 < size &&
                            size - name - 1 < sizeof(address)) {
                                memcpy(address, channels + name + 1, size - name - 1);
                                address[size - name - 1] = '\0';
                                (void)thon_ladder_add(ladder, channel->name, address);
                        }
                        channels += size + (channels[size] == ';');
                }
        }
        for (size_t i = 0; i < party->conf->n_channels; i++) {
                const struct thon_ladder_channel *channel = &party->conf->channels[i];
                if (channel->by_phone || channel->address_of)
                        add_channel(party, channel, ladder);
        }
}

static int make_ladder(const struct party *party, char **ret)
{
        char ladder[THON_LADDER_MAX] = "";

        for (size_t i = 0; i < party->conf->n_order; i++) {
                const char *name = party->conf->order[i];
                const struct thon_ladder_channel *channel = channel_of(party->conf, name, strlen(name));
                if (channel)
                        add_channel(party, channel, ladder);
        }
        if (party->conf->n_order == 0)
                add_own_order(party, ladder);
        *ret = strdup(ladder);
        return *ret ? 0 : -ENOMEM;
}

static int add(struct thon_recipients *recipients, size_t *room, const struct party *party)
{
        const struct thon_audience_person *meant = NULL;
        char *ladder;

        for (size_t i = 0; i < party->n && !meant; i++)
                if (serves(party, &party->persons[i]))
                        meant = &party->persons[i];
        if (recipients->n == *room) {
                size_t more = *room ? *room * 2 : 16;
                void *items = reallocarray(recipients->items, more, sizeof(*recipients->items));
                if (!items)
                        return -ENOMEM;
                recipients->items = items;
                *room = more;
        }
        if (make_ladder(party, &ladder) < 0)
                return -ENOMEM;
        recipients->items[recipients->n++] = (struct thon_recipient){
                .household = party->household ? party->household->code : NULL,
                .person = meant ? meant->id : NULL,
                .area = party->household ? party->household->area
                        : meant          ? meant->area
                                         : NULL,
                .ladder = ladder,
        };
        return 0;
}

/* The household's number may be somebody's there who refused. */
static bool phone_free(const struct party *party)
{
        if (!party->conf->household_phone || !party->household->phone || party->named_only)
                return false;
        for (size_t i = 0; i < party->n; i++)
                if (same_text(party->persons[i].phone, party->household->phone) &&
                    !consents(&party->persons[i], party->purpose))
                        return false;
        return true;
}

/* One household with its persons. */
static int add_household(struct thon_recipients *recipients, size_t *room, struct party *party)
{
        bool named = false, willing = false;

        for (size_t i = 0; i < party->n; i++)
                named = named || party->persons[i].named;
        if (!named && !party->household->named)
                return 0;
        party->named_only = named && !party->household->named;
        for (size_t i = 0; i < party->n; i++)
                willing = willing || serves(party, &party->persons[i]);
        party->use_phone = phone_free(party);
        if (party->n > 0 && !willing && !(party->use_phone && party->purpose == THON_PURPOSE_EMERGENCY)) {
                recipients->left_out++;
                return 0;
        }
        return add(recipients, room, party);
}

int thon_recipients_build(const struct thon_audience *audience, enum thon_purpose purpose,
                          const struct thon_ladder_conf *conf, struct thon_recipients *ret)
{
        struct thon_recipients recipients = {0};
        size_t room = 0, p = 0;
        int r = 0;

        /* Persons who live in none of the households come one by one; they are sorted in front. */
        for (; p < audience->n_persons && !audience->persons[p].household && r == 0; p++) {
                struct party party = {
                        .persons = &audience->persons[p], .n = 1, .purpose = purpose, .conf = conf};
                if (!consents(&audience->persons[p], purpose))
                        recipients.left_out++;
                else
                        r = add(&recipients, &room, &party);
        }
        for (size_t h = 0; h < audience->n_households && r == 0; h++) {
                const struct thon_audience_household *household = &audience->households[h];
                struct party party = {.household = household, .purpose = purpose, .conf = conf};
                while (p < audience->n_persons &&
                       strcasecmp(audience->persons[p].household, household->code) < 0)
                        p++;
                party.persons = &audience->persons[p];
                while (p < audience->n_persons &&
                       strcasecmp(audience->persons[p].household, household->code) == 0)
                        p++, party.n++;
                r = add_household(&recipients, &room, &party);
        }
        if (r < 0) {
                thon_recipients_done(&recipients);
                return r;
        }
        *ret = recipients;
        return 0;
}

void thon_recipients_done(struct thon_recipients *recipients)
{
        for (size_t i = 0; i < recipients->n; i++)
                free(recipients->items[i].ladder);
        free(recipients->items);
        *recipients = (struct thon_recipients){0};
}
