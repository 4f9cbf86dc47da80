/* A ladder as one line of text: what was planned for a recipient stays readable in the store and does not change when
 * the registry does. */
#include <string.h>

#include "thon/relay_decide.h"

static bool valid_channel(const char *text, size_t n)
{
        if (n == 0 || n >= THON_CHANNEL_NAME || text[0] == '-')
                return false;
        for (size_t i = 0; i < n; i++)
                if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') ||
                      text[i] == '-'))
                        return false;
        return true;
}

static bool valid_address(const char *text, size_t n)
{
        if (n == 0 || n >= THON_ADDRESS_MAX)
                return false;
        for (size_t i = 0; i < n; i++)
                if (text[i] <= ' ' || text[i] > '~')
                        return false;
        return true;
}

/* The rung that begins at `text`; its length, or 0 when it is none. */
static size_t read_rung(const char *text, struct thon_rung *ret)
{
        size_t size = strcspn(text, " ");
        const char *colon = memchr(text, ':', size);
        size_t channel = colon ? (size_t)(colon - text) : 0;

        if (!colon || !valid_channel(text, channel) || !valid_address(colon + 1, size - channel - 1))
                return 0;
        memcpy(ret->channel, text, channel);
        ret->channel[channel] = '\0';
        memcpy(ret->address, colon + 1, size - channel - 1);
        ret->address[size - channel - 1] = '\0';
        return size;
}

bool thon_ladder_rung(const char *ladder, unsigned rung, struct thon_rung *ret)
{
        struct thon_rung found;
        size_t size;

        if (rung >= THON_RUNGS_MAX)
                return false;
        for (;;) {
                size = read_rung(ladder, &found);
                if (size == 0)
                        return false;
                if (rung-- == 0)
                        break;
                ladder += size;
                if (*ladder != ' ')
                        return false;
                ladder++;
        }
        *ret = found;
        return true;
}

bool thon_ladder_add(char ladder[static THON_LADDER_MAX], const char *channel, const char *address)
{
        size_t used = strlen(ladder), c = strlen(channel), a = strlen(address);
        struct thon_rung rung;
        unsigned n = 0;

        if (!valid_channel(channel, c) || !valid_address(address, a))
                return false;
        for (; thon_ladder_rung(ladder, n, &rung); n++)
                if (strcmp(rung.channel, channel) == 0 && strcmp(rung.address, address) == 0)
                        return false;
        if (n >= THON_RUNGS_MAX || used + (used > 0) + c + 1 + a + 1 > THON_LADDER_MAX)
                return false;
        if (used > 0)
                ladder[used++] = ' ';
        memcpy(ladder + used, channel, c);
        ladder[used + c] = ':';
        memcpy(ladder + used + c + 1, address, a + 1);
        return true;
}

int thon_ladder_next(const char *ladder, int rung, bool (*usable)(const struct thon_rung *, void *),
                     void *userdata)
{
        struct thon_rung next;

        for (int i = rung < 0 ? 0 : rung + 1; i < THON_RUNGS_MAX; i++) {
                if (!thon_ladder_rung(ladder, (unsigned)i, &next))
                        return -1;
                if (usable(&next, userdata))
                        return i;
        }
        return -1;
}
