/* How a zone's plant is written: where its sound goes, what comes back, what feeds the amplifier, how loud at which
 * hour. A form that is nearly right is refused here and not by a silent loudspeaker: addresses must be numeric (a
 * name server that is down must not make a station mute), paths absolute, and an address of RTP one that somebody
 * can be at. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced_conf_private.h"
#include "conf_value.h"
#include "thon/cleanup.h"

#define GAIN_MIN -60.0
#define GAIN_MAX 12.0

bool announced_piece(const char **text, const char *separators, char *ret, size_t size)
{
        const char *p = *text;
        size_t n;

        if (!p)
                return false;
        n = strcspn(p, separators);
        *text = p[n] ? p + n + 1 : NULL;
        while (n > 0 && (*p == ' ' || *p == '\t'))
                p++, n--;
        while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
                n--;
        if (n >= size)
                n = 0;
        memcpy(ret, p, n);
        ret[n] = '\0';
        return true;
}

/* Printable ASCII without blanks. */
static bool plain(const char *text, size_t max)
{
        size_t n = 0;

        while (text[n] > ' ' && text[n] <= '~')
                n++;
        return n > 0 && n <= max && text[n] == '\0';
}

static bool path(const char *text, size_t max)
{
        size_t n = strlen(text);

        return *text == '/' && n > 1 && n <= max;
}

static bool take_port(const char *text, int *ret)
{
        int port = 0;
        size_t n = strspn(text, "0123456789");

        if (n == 0 || n > 5 || text[n] != '\0')
                return false;
        while (*text)
                port = port * 10 + (*text++ - '0');
        if (port < 1 || port > 65535)
                return false;
        *ret = port;
        return true;
}

static bool numeric_address(const char *text)
{
        struct in_addr v4;
        struct in6_addr v6;

        if (inet_pton(AF_INET, text, &v4) == 1)
                return v4.s_addr != htonl(INADDR_ANY) && v4.s_addr != htonl(INADDR_BROADCAST);
        return inet_pton(AF_INET6, text, &v6) == 1 && !IN6_IS_ADDR_UNSPECIFIED(&v6);
}

/* "239.1.2.3:5004" or "[ff15::1]:5004", then nothing or "/l16" or "/opus". */
static bool take_rtp(const char *text, struct thon_sink *ret)
{
        char copy[sizeof ret->address];
        char *host = copy, *end, *slash;

        if (strlen(text) >= sizeof copy)
                return false;
        memcpy(copy, text, strlen(text) + 1);
        slash = strchr(copy, '/');
        if (slash) {
                *slash = '\0';
                ret->opus = strcmp(slash + 1, "opus") == 0;
                if (!ret->opus && strcmp(slash + 1, "l16") != 0)
                        return false;
        }
        end = strrchr(copy, ':');
        if (!end || !take_port(end + 1, &ret->port))
                return false;
        *end = '\0';
        if (*host == '[') {
                if (end[-1] != ']' || !strchr(host, ':'))
                        return false;
                host++;
                end[-1] = '\0';
        } else if (strchr(host, ':'))
                return false;
        if (!numeric_address(host))
                return false;
        memcpy(ret->address, host, strlen(host) + 1);
        return true;
}

/* What stands behind "kind:", or NULL. */
static const char *behind(const char *text, const char *kind)
{
        size_t n = strlen(kind);

        return strncmp(text, kind, n) == 0 && text[n] == ':' ? text + n + 1 : NULL;
}

const char *thon_sink_parse(const char *text, struct thon_sink *ret)
{
        struct thon_sink sink = {.kind = THON_SINK_ALSA};
        const char *rest;

        if ((rest = behind(text, "alsa"))) {
                if (!plain(rest, sizeof sink.address - 1))
                        return "must have the name of an ALSA device behind alsa:, such as alsa:default";
        } else if ((rest = behind(text, "rtp"))) {
                sink.kind = THON_SINK_RTP;
                if (!take_rtp(rest, &sink))
                        return "must be rtp:ADDRESS:PORT, the address in figures, with /opus or nothing "
                               "behind it";
                *ret = sink;
                return NULL;
        } else if ((rest = behind(text, "snapcast")) || (rest = behind(text, "file"))) {
                sink.kind = *text == 's' ? THON_SINK_SNAPCAST : THON_SINK_FILE;
                if (!path(rest, sizeof sink.address - 1))
                        return "must have an absolute path of at most 159 bytes behind the colon";
        } else
                return "must be alsa:PCM, rtp:ADDRESS:PORT, snapcast:PIPE or file:PATH";
        memcpy(sink.address, rest, strlen(rest) + 1);
        *ret = sink;
        return NULL;
}

/* "CHIP/LINE" or "CHIP/LINE/low". A chip's number changes with the kernel: it is no name. */
static const char *take_line(const char *text, struct thon_line_ref *ret)
{
        struct thon_line_ref line = {0};
        const char *slash = strchr(text, '/'), *rest;
        size_t chip = slash ? (size_t)(slash - text) : 0, n;

        if (!slash || !plain(text, 160))
                return "must be gpio:CHIP/LINE, with /low behind it where low is active";
        rest = slash + 1;
        n = strlen(rest);
        if (n > 4 && strcmp(rest + n - 4, "/low") == 0) {
                line.active_low = true;
                n -= 4;
        }
        if (chip == 0 || chip >= sizeof line.chip || n == 0 || n >= sizeof line.line || memchr(rest, '/', n))
                return "must be gpio:CHIP/LINE, with /low behind it where low is active";
        if (strncmp(text, "gpiochip", 8) == 0)
                return "must name the chip by its label, such as pinctrl-bcm2711: numbers change with the "
                       "kernel";
        memcpy(line.chip, text, chip);
        memcpy(line.line, rest, n);
        *ret = line;
        return NULL;
}

const char *announced_return_parse(const char *value, void *field)
{
        struct thon_return back = {.kind = THON_RETURN_NONE};
        const char *rest, *why;

        if ((rest = behind(value, "gpio"))) {
                back.kind = THON_RETURN_GPIO;
                why = take_line(rest, &back.line);
                if (why)
                        return why;
        } else if ((rest = behind(value, "alsa"))) {
                back.kind = THON_RETURN_ALSA;
                if (!plain(rest, sizeof back.address - 1))
                        return "must have the name of an ALSA device behind alsa:";
                memcpy(back.address, rest, strlen(rest) + 1);
        } else if ((rest = behind(value, "mqtt"))) {
                back.kind = THON_RETURN_MQTT;
                if (!plain(rest, sizeof back.address - 1) || strpbrk(rest, "#+"))
                        return "must have a topic without wildcards behind mqtt:";
                memcpy(back.address, rest, strlen(rest) + 1);
        } else
                return "must be alsa:PCM, gpio:CHIP/LINE or mqtt:TOPIC";
        *(struct thon_return *)field = back;
        return NULL;
}

const char *announced_amplifier_parse(const char *value, void *field)
{
        struct thon_amplifier amplifier = {.kind = THON_AMPLIFIER_CIRCUIT};
        const char *rest = behind(value, "gpio"), *why;

        if (rest) {
                amplifier.kind = THON_AMPLIFIER_GPIO;
                why = take_line(rest, &amplifier.line);
                if (why)
                        return why;
        } else if (thon_slug_valid(value))
                memcpy(amplifier.circuit, value, strlen(value) + 1);
        else
                return "must be the id of a circuit, or gpio:CHIP/LINE";
        *(struct thon_amplifier *)field = amplifier;
        return NULL;
}

/* ---- gain --------------------------------------------------------------------------------------------- */

static bool take_db(const char *text, double *ret)
{
        static const struct thon_conf_item item = {.type = THON_CONF_REAL, .min = GAIN_MIN, .max = GAIN_MAX};
        _cleanup_free_ char *why = NULL;

        return thon_conf_value_set(&item, ret, text, &why) == 0;
}

const char *announced_gain_parse(const char *value, void *field)
{
        static const char *const form = "must be dB from -60 to 12, such as 0, 19:00-21:00 -6, 05:30-06:30 "
                                        "-3";
        struct thon_gain gain = {0};
        const char *next = value;
        char piece[32];

        for (bool first = true; announced_piece(&next, ";,", piece, sizeof piece); first = false) {
                char *blank = strchr(piece, ' ');

                if (!blank) {
                        /* Only the first is for all hours. */
                        if (!first || !take_db(piece, &gain.db))
                                return form;
                        continue;
                }
                *blank = '\0';
                if (gain.n == THON_GAIN_HOURS_MAX)
                        return "must not have more than six hours of its own";
                if (thon_hours_parse(piece, &gain.at[gain.n].hours) ||
                    gain.at[gain.n].hours.from_min == gain.at[gain.n].hours.to_min ||
                    !take_db(blank + 1 + strspn(blank + 1, " "), &gain.at[gain.n].db))
                        return form;
                gain.n++;
        }
        *(struct thon_gain *)field = gain;
        return NULL;
}

double thon_gain_at(const struct thon_gain *gain, const struct thon_zone *zone, struct thon_wall at)
{
        for (size_t i = 0; i < gain->n; i++)
                if (thon_hours_open(&gain->at[i].hours, zone, at))
                        return gain->at[i].db;
        return gain->db;
}
