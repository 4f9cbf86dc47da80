/* What cameras answer, as they really do: UTC missing, "(null)" for an address, a MAC with dashes or without anything, a
 * profile without a width, a fault with HTTP 200, SOAP 1.1 where 1.2 was spoken. Whatever is left out stays "not told";
 * only what is there and cannot be is damage. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "onvif_xml.h"
#include "thon/cleanup.h"
#include "thon/onvif.h"
#include "thon/zone.h"

#define ANSWER_MAX (256u * 1024)
#define PROFILES   64 /* looked at */

THON_DEFINE_CLEANUP(xmlDoc *, xmlFreeDoc)
THON_DEFINE_CLEANUP(struct thon_zone *, thon_zone_free)

/* Text below a node, by path; "" when it is not there. */
static bool text_at(const xmlNode *node, const char *path, char *ret, size_t room)
{
        return onvif_xml_text(onvif_xml_path(node, path), ret, room);
}

/* Digits only, at most nine of them. */
static bool number_at(const xmlNode *node, const char *path, int *ret)
{
        char text[12];
        int value = 0;

        if (!text_at(node, path, text, sizeof text) || !text[0] || strlen(text) > 9)
                return false;
        for (const char *p = text; *p; p++) {
                if (*p < '0' || *p > '9')
                        return false;
                value = value * 10 + (*p - '0');
        }
        *ret = value;
        return true;
}

/* ---- faults ---- */

/* Prefixes are the sender's own. */
static const char *local_part(const char *name)
{
        const char *colon = strrchr(name, ':');

        return colon ? colon + 1 : name;
}

static int error_of(const char *code)
{
        static const char *const refused[] = {"NotAuthorized", "FailedAuthentication", "SenderNotAuthorized",
                                              "InvalidSecurityToken", "FailedCheck"};
        static const char *const unsupported[] = {"ActionNotSupported", "OptionalActionNotImplemented",
                                                  "UnknownAction", "NotImplemented"};

        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
                if (strcasecmp(local_part(code), refused[i]) == 0)
                        return THON_ONVIF_NOT_AUTHORISED;
        for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
                if (strcasecmp(local_part(code), unsupported[i]) == 0)
                        return THON_ONVIF_NOT_SUPPORTED;
        return THON_ONVIF_FAULT;
}

/* Code, Subcode and Subcode's own, outermost first: the innermost that says something counts. SOAP 1.1 has faultcode. */
static int fault_codes(const xmlNode *fault, char *ret_code, size_t room)
{
        const xmlNode *code = onvif_xml_child(fault, ONVIF_ANY, "Code");
        int error = THON_ONVIF_FAULT;

        (void)onvif_xml_text(onvif_xml_child(fault, ONVIF_ANY, "faultcode"), ret_code, room);
        if (ret_code[0])
                error = error_of(ret_code);
        for (int depth = 0; code && depth < 4; depth++) {
                char text[80];

                (void)onvif_xml_text(onvif_xml_child(code, ONVIF_ANY, "Value"), text, sizeof text);
                if (text[0] && strlen(text) < room)
                        (void)snprintf(ret_code, room, "%s", text);
                if (text[0] && error_of(text) != THON_ONVIF_FAULT)
                        error = error_of(text);
                code = onvif_xml_child(code, ONVIF_ANY, "Subcode");
        }
        return error;
}

static int read_fault(const xmlNode *fault, struct thon_onvif_answer *ret)
{
        const xmlNode *reason = onvif_xml_child(fault, ONVIF_ANY, "Reason");
        char code[80], words[120];
        int error = fault_codes(fault, code, sizeof code), n;

        (void)onvif_xml_text(reason ? onvif_xml_child(reason, ONVIF_ANY, "Text")
                                    : onvif_xml_child(fault, ONVIF_ANY, "faultstring"),
                             words, sizeof words);
        /* Some say it in words alone. */
        if (error == THON_ONVIF_FAULT &&
            (strcasestr(words, "not authorized") || strcasestr(words, "unauthorized") ||
             strcasestr(words, "authentication fail")))
                error = THON_ONVIF_NOT_AUTHORISED;
        n = snprintf(ret->text, sizeof ret->text, "%s%s%s", code, code[0] && words[0] ? ": " : "", words);
        if (n >= (int)sizeof ret->text)
                (void)onvif_clean(ret->text, strlen(ret->text), ret->text, sizeof ret->text);
        if (!ret->text[0])
                (void)snprintf(ret->text, sizeof ret->text, "a fault without a reason");
        return error;
}

/* ---- time ---- */

enum found { MISSING, FOUND, IMPOSSIBLE };

static enum found read_civil(const xmlNode *node, struct thon_wall *ret)
{
        int year, month, day, hour, minute, second;
        struct thon_date date;

        if (!number_at(node, "Date/Year", &year) || !number_at(node, "Date/Month", &month) ||
            !number_at(node, "Date/Day", &day) || !number_at(node, "Time/Hour", &hour) ||
            !number_at(node, "Time/Minute", &minute) || !number_at(node, "Time/Second", &second))
                return node ? IMPOSSIBLE : MISSING;
        if (year < 1900 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
            minute > 59 || second > 60)
                return IMPOSSIBLE;
        date = (struct thon_date){(int16_t)year, (int8_t)month, (int8_t)day};
        if (!thon_date_valid(date))
                return IMPOSSIBLE;
        ret->s = (int64_t)thon_date_days(date) * 86400 + hour * 3600 + minute * 60 + second;
        return FOUND;
}

/* Of a POSIX zone ("CST-8", "<+07>-7", "GMT+05:30:00DST..."), seconds to be added to local time; the names are the camera's.
 * False: it tells none. */
static bool zone_seconds(const char *zone, int *ret)
{
        int sign = 1, part[3] = {0};

        zone += *zone == '<' ? strcspn(zone, ">") : 0;
        while (*zone && *zone != '+' && *zone != '-' && !isdigit((unsigned char)*zone))
                zone++;
        if (*zone == '-')
                sign = -1;
        if (*zone == '+' || *zone == '-')
                zone++;
        if (!isdigit((unsigned char)*zone))
                return false;
        for (int i = 0; i < 3; i++) {
                for (int digits = 0; digits < 2 && isdigit((unsigned char)*zone); digits++)
                        part[i] = part[i] * 10 + (*zone++ - '0');
                if (*zone != ':' || !isdigit((unsigned char)zone[1]))
                        break;
                zone++;
        }
        if (part[0] > 24 || part[1] > 59 || part[2] > 59)
                return false;
        *ret = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
        return true;
}

static int read_time(const xmlNode *answer, struct thon_onvif_answer *ret)
{
        const xmlNode *all = onvif_xml_path(answer, "SystemDateAndTime");
        char zone[80], summer[8];
        int seconds;

        switch (read_civil(onvif_xml_path(all, "UTCDateTime"), &ret->utc)) {
        case FOUND:
                ret->has_time = true;
                return 0;
        case IMPOSSIBLE:
                return THON_ONVIF_DAMAGED;
        case MISSING:
                break;
        }
        switch (read_civil(onvif_xml_path(all, "LocalDateTime"), &ret->utc)) {
        case MISSING:
                return 0;
        case IMPOSSIBLE:
                return THON_ONVIF_DAMAGED;
        case FOUND:
                break;
        }
        ret->has_time = ret->local_as_utc = true;
        (void)text_at(all, "TimeZone/TZ", zone, sizeof zone);
        if (zone_seconds(zone, &seconds))
                ret->utc.s += seconds;
        (void)text_at(all, "DaylightSavings", summer, sizeof summer);
        if (strcmp(summer, "true") == 0 || strcmp(summer, "1") == 0)
                ret->utc.s -= 3600;
        return 0;
}

/* xs:dateTime; one without a zone is taken for UTC. */
static int read_recordings(const xmlNode *answer, struct thon_onvif_answer *ret)
{
        _cleanup_(thon_zone_freep) struct thon_zone *utc = NULL;
        char text[40], *dot;

        if (!text_at(answer, "Summary/DataUntil", text, sizeof text))
                return THON_ONVIF_DAMAGED;
        if (!text[0])
                return 0;
        if (thon_zone_fixed(0, &utc) != 0)
                return -ENOMEM;
        /* A fraction without a zone is more than the civil form takes. */
        dot = strchr(text, '.');
        if (dot && !dot[1 + strspn(dot + 1, "0123456789")])
                *dot = '\0';
        if (!thon_time_parse(utc, text, &ret->recorded_until))
                return THON_ONVIF_DAMAGED;
        ret->has_recordings = true;
        return 0;
}

/* ---- where and what ---- */

/* One that was cut, or is no address at all, is none. */
static void read_address(const xmlNode *node, char *ret, size_t room)
{
        if (!onvif_xml_text(node, ret, room) || strcmp(ret, "(null)") == 0 || strchr(ret, ' '))
                ret[0] = '\0';
}

static int read_capabilities(const xmlNode *answer, struct thon_onvif_answer *ret)
{
        const xmlNode *all = onvif_xml_path(answer, "Capabilities");

        read_address(onvif_xml_path(all, "Media/XAddr"), ret->media, sizeof ret->media);
        read_address(onvif_xml_path(all, "Extension/Search/XAddr"), ret->search, sizeof ret->search);
        return 0;
}

static int read_services(const xmlNode *answer, struct thon_onvif_answer *ret)
{
        const xmlNode *service = onvif_xml_child(answer, ONVIF_ITSELF, "Service");

        for (; service; service = onvif_xml_next(service, ONVIF_ITSELF, "Service")) {
                const xmlNode *address = onvif_xml_path(service, "XAddr");
                char space[80];

                (void)text_at(service, "Namespace", space, sizeof space);
                if (!ret->media[0] && strcasecmp(space, "http://www.onvif.org/ver10/media/wsdl") == 0)
                        read_address(address, ret->media, sizeof ret->media);
                if (!ret->search[0] && strcasecmp(space, "http://www.onvif.org/ver10/search/wsdl") == 0)
                        read_address(address, ret->search, sizeof ret->search);
        }
        return 0;
}

static int read_information(const xmlNode *answer, struct thon_onvif_answer *ret)
{
        (void)text_at(answer, "Manufacturer", ret->maker, sizeof ret->maker);
        (void)text_at(answer, "Model", ret->model, sizeof ret->model);
        (void)text_at(answer, "FirmwareVersion", ret->firmware, sizeof ret->firmware);
        (void)text_at(answer, "SerialNumber", ret->serial, sizeof ret->serial);
        return 0;
}

/* Twelve hex digits, whatever stands between them; not all zeros. */
static bool mac_of(const char *text, char ret[static 18])
{
        char digits[13];
        size_t n = 0;

        for (; *text; text++) {
                if (*text == ':' || *text == '-' || *text == '.')
                        continue;
                if (!isxdigit((unsigned char)*text) || n == 12)
                        return false;
                digits[n++] = (char)tolower((unsigned char)*text);
        }
        digits[n] = '\0';
        if (n != 12 || strcmp(digits, "000000000000") == 0)
                return false;
        (void)snprintf(ret, 18, "%.2s:%.2s:%.2s:%.2s:%.2s:%.2s", digits, digits + 2, digits + 4, digits + 6,
                       digits + 8, digits + 10);
        return true;
}

static int read_interfaces(const xmlNode *answer, struct thon_onvif_answer *ret)
{
        const xmlNode *one = onvif_xml_child(answer, ONVIF_ITSELF, "NetworkInterfaces");

        for (; one; one = onvif_xml_next(one, ONVIF_ITSELF, "NetworkInterfaces")) {
                char enabled[8], mac[32];

                (void)text_at(one, "Enabled", enabled, sizeof enabled);
                (void)text_at(one, "Info/HwAddress", mac, sizeof mac);
                if (strcmp(enabled, "false") != 0 && strcmp(enabled, "0") != 0 && mac_of(mac, ret->mac))
                        return 0;
        }
        return 0;
}

/* A token goes back as it came, or not at all. */
static bool token_of(const xmlNode *profile, char *ret, size_t room)
{
        xmlChar *value = xmlGetNoNsProp(profile, (const xmlChar *)"token");
        bool whole = value && value[0] &&
                     onvif_clean((const char *)value, strlen((const char *)value), ret, room) &&
                     strcmp((const char *)value, ret) == 0;

        xmlFree(value);
        return whole;
}

static int read_profiles(const xmlNode *answer, struct thon_onvif_answer *ret)
{
        const xmlNode *one = onvif_xml_child(answer, ONVIF_ITSELF, "Profiles");

        for (int i = 0; one && i < PROFILES; i++, one = onvif_xml_next(one, ONVIF_ITSELF, "Profiles")) {
                const xmlNode *encoder = onvif_xml_path(one, "VideoEncoderConfiguration");
                char token[sizeof ret->profile];
                int width = 0;

                if ((!encoder && !onvif_xml_path(one, "VideoSourceConfiguration")) ||
                    !token_of(one, token, sizeof token))
                        continue;
                (void)number_at(encoder, "Resolution/Width", &width);
                if (!ret->profile[0] ||
                    (width >= 320 && (ret->profile_width < 320 || (unsigned)width < ret->profile_width))) {
                        (void)snprintf(ret->profile, sizeof ret->profile, "%s", token);
                        ret->profile_width = (unsigned)width;
                }
        }
        return 0;
}

static int read_uri(const xmlNode *answer, struct thon_onvif_answer *ret)
{
        read_address(onvif_xml_path(answer, "MediaUri/Uri"), ret->uri, sizeof ret->uri);
        return 0;
}

static int read_nothing(const xmlNode *answer, struct thon_onvif_answer *ret)
{
        (void)answer;
        (void)ret;
        return 0;
}

/* ---- whole ---- */

static const struct {
        const char *name;
        int (*read)(const xmlNode *answer, struct thon_onvif_answer *ret);
} answers[] = {
        [THON_ONVIF_TIME] = {"GetSystemDateAndTimeResponse", read_time},
        [THON_ONVIF_CAPABILITIES] = {"GetCapabilitiesResponse", read_capabilities},
        [THON_ONVIF_SERVICES] = {"GetServicesResponse", read_services},
        [THON_ONVIF_INFORMATION] = {"GetDeviceInformationResponse", read_information},
        [THON_ONVIF_INTERFACES] = {"GetNetworkInterfacesResponse", read_interfaces},
        [THON_ONVIF_REBOOT] = {"SystemRebootResponse", read_nothing},
        [THON_ONVIF_PROFILES] = {"GetProfilesResponse", read_profiles},
        [THON_ONVIF_SNAPSHOT_URI] = {"GetSnapshotUriResponse", read_uri},
        [THON_ONVIF_STREAM_URI] = {"GetStreamUriResponse", read_uri},
        [THON_ONVIF_RECORDINGS] = {"GetRecordingSummaryResponse", read_recordings},
};

static int read_body(enum thon_onvif_call call, xmlDoc *doc, struct thon_onvif_answer *ret)
{
        const xmlNode *body = onvif_xml_envelope(doc, "Body");
        const xmlNode *fault = onvif_xml_child(body, ONVIF_SOAP, "Fault");
        const xmlNode *answer = onvif_xml_child(body, ONVIF_ITSELF, answers[call].name);

        if (fault)
                return read_fault(fault, ret);
        return answer ? answers[call].read(answer, ret) : THON_ONVIF_DAMAGED;
}

int thon_onvif_read(enum thon_onvif_call call, const char *body, size_t size, struct thon_onvif_answer *ret)
{
        _cleanup_(xmlFreeDocp) xmlDoc *doc = NULL;
        struct thon_onvif_answer answer = {0};
        int r = onvif_xml_parse(body, size, ANSWER_MAX, &doc);

        if (r == -ENOMEM)
                return r;
        r = r < 0 ? THON_ONVIF_DAMAGED : read_body(call, doc, &answer);
        if (r == THON_ONVIF_DAMAGED) {
                answer = (struct thon_onvif_answer){0};
                (void)snprintf(answer.text, sizeof answer.text,
                               doc ? "no answer to what was asked" : "no SOAP");
        }
        if (r >= 0)
                *ret = answer;
        return r;
}
