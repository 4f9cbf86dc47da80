/* ONVIF as a watchdog meets it: device, media and search service. Only the time is told without a login, since a login is
 * signed with the camera's time: five seconds off are too much, as on the strictest of real ones. */
#include "farm.h"

#include <arpa/inet.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOLERANCE_S 5
#define UTC7_S      25200
#define TYPE        "application/soap+xml; charset=utf-8"

struct call {
        struct conn *conn;
        struct host *host;
        xmlNode *body; /* the call itself */
        struct bytes out;
        char base[64]; /* "http://127.1.0.5:8080" */
};

static void free_docp(xmlDoc **p)
{
        if (*p)
                xmlFreeDoc(*p);
}

/* ---- reading ---- */

/* The first element of that name at or below `node`, in order of the document. */
static xmlNode *find(xmlNode *node, const char *name)
{
        xmlNode *found = NULL;

        for (; node && !found; node = node->next) {
                if (node->type != XML_ELEMENT_NODE)
                        continue;
                found = strcmp((const char *)node->name, name) == 0 ? node : find(node->children, name);
        }
        return found;
}

/* Its text; "" when it is none. */
static void text_of(xmlNode *within, const char *name, char *ret, size_t size)
{
        xmlNode *node = within ? find(within->children, name) : NULL;
        xmlChar *text = node ? xmlNodeGetContent(node) : NULL;

        (void)snprintf(ret, size, "%s", text ? (const char *)text : "");
        xmlFree(text);
}

static bool is_near(const struct host *host, const char *created)
{
        struct tm tm = {0};
        int64_t off;

        if (sscanf(created, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                   &tm.tm_min, &tm.tm_sec) != 6 ||
            created[strlen(created) - 1] != 'Z')
                return false;
        tm.tm_year -= 1900;
        tm.tm_mon--;
        off = (int64_t)timegm(&tm) - host_clock(host);
        return off >= -TOLERANCE_S && off <= TOLERANCE_S;
}

/* Base64( SHA-1( nonce + created + password ) ), the nonce decoded (WS-Security UsernameToken Profile 1.0). */
static bool is_signed(const struct host *host, const char *nonce64, const char *created, const char *digest)
{
        const struct digests *digests = &host->farm->digests;
        unsigned char nonce[192], raw[EVP_MAX_MD_SIZE], want[64];
        size_t n = strlen(nonce64);
        unsigned size = 0;
        int got;

        if (n == 0 || n % 4 != 0 || n > 240)
                return false;
        got = EVP_DecodeBlock(nonce, (const unsigned char *)nonce64, (int)n);
        for (; got > 0 && n > 0 && nonce64[n - 1] == '='; n--)
                got--;
        if (got <= 0)
                return false;
        (void)EVP_DigestInit_ex2(digests->context, digests->sha1, NULL);
        (void)EVP_DigestUpdate(digests->context, nonce, (size_t)got);
        (void)EVP_DigestUpdate(digests->context, created, strlen(created));
        (void)EVP_DigestUpdate(digests->context, host->settings.password, strlen(host->settings.password));
        (void)EVP_DigestFinal_ex(digests->context, raw, &size);
        (void)EVP_EncodeBlock(want, raw, (int)size);
        return strcmp((const char *)want, digest) == 0;
}

static bool let_in(const struct call *call, xmlNode *root)
{
        struct host *host = call->host;
        xmlNode *token = find(root, "UsernameToken");
        char user[80], password[80], nonce[260], created[40];
        bool good;

        text_of(token, "Username", user, sizeof(user));
        text_of(token, "Password", password, sizeof(password));
        text_of(token, "Nonce", nonce, sizeof(nonce));
        text_of(token, "Created", created, sizeof(created));
        good = token && !host->locked && !host_does(host, SERVICE_HTTP, MODE_401) &&
               strcmp(user, host->settings.user) == 0 && created[0] && is_near(host, created) &&
               is_signed(host, nonce, created, password);
        if (good) {
                host->wrong_in_a_row = 0;
                return true;
        }
        if (token) {
                host_count(host, N_ONVIF_WRONG);
                if (++host->wrong_in_a_row == (unsigned)host->settings.lock_after)
                        host->locked = true;
        }
        return false;
}

/* ---- answers ---- */

static void date_time(struct call *call, const char *name, int64_t at)
{
        time_t when = (time_t)at;
        struct tm tm = {0};

        (void)gmtime_r(&when, &tm);
        bytes_printf(
                &call->out,
                "<tt:%s><tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time>"
                "<tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date></tt:%s>",
                name, tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, name);
}

static void get_time(struct call *call)
{
        int64_t now = host_clock(call->host);

        bytes_text(&call->out,
                   "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP"
                   "</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
                   "<tt:TimeZone><tt:TZ>ICT-7</tt:TZ></tt:TimeZone>");
        if (!call->host->settings.local_clock)
                date_time(call, "UTCDateTime", now);
        date_time(call, "LocalDateTime", now + UTC7_S);
        bytes_text(&call->out, "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>");
}

static void get_capabilities(struct call *call)
{
        bytes_printf(&call->out,
                     "<tds:GetCapabilitiesResponse><tds:Capabilities>"
                     "<tt:Device><tt:XAddr>%s/onvif/device_service</tt:XAddr></tt:Device>"
                     "<tt:Media><tt:XAddr>%s/onvif/media_service</tt:XAddr></tt:Media>",
                     call->base, call->base);
        if (call->host->settings.recorder != RECORDER_NONE)
                bytes_printf(
                        &call->out,
                        "<tt:Extension><tt:Search><tt:XAddr>%s/onvif/search_service</tt:XAddr></tt:Search>"
                        "</tt:Extension>",
                        call->base);
        bytes_text(&call->out, "</tds:Capabilities></tds:GetCapabilitiesResponse>");
}

static void service(struct call *call, const char *namespace, const char *path)
{
        bytes_printf(
                &call->out,
                "<tds:Service><tds:Namespace>http://www.onvif.org/ver10/%s</tds:Namespace>"
                "<tds:XAddr>%s/onvif/%s</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>5</tt:Minor>"
                "</tds:Version></tds:Service>",
                namespace, call->base, path);
}

static void get_services(struct call *call)
{
        bytes_text(&call->out, "<tds:GetServicesResponse>");
        service(call, "device/wsdl", "device_service");
        service(call, "media/wsdl", "media_service");
        if (call->host->settings.recorder != RECORDER_NONE)
                service(call, "search/wsdl", "search_service");
        bytes_text(&call->out, "</tds:GetServicesResponse>");
}

static void get_information(struct call *call)
{
        const struct settings *s = &call->host->settings;

        bytes_printf(
                &call->out,
                "<tds:GetDeviceInformationResponse><tds:Manufacturer>%s</tds:Manufacturer><tds:Model>%s</tds:Model>"
                "<tds:FirmwareVersion>%s</tds:FirmwareVersion><tds:SerialNumber>%s</tds:SerialNumber>"
                "<tds:HardwareId>%s</tds:HardwareId></tds:GetDeviceInformationResponse>",
                s->maker, s->model, s->firmware, s->mac, s->model);
}

static void get_interfaces(struct call *call)
{
        char address[INET_ADDRSTRLEN] = "";

        (void)inet_ntop(AF_INET, &call->host->address, address, sizeof(address));
        bytes_printf(
                &call->out,
                "<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token=\"eth0\"><tt:Enabled>true</tt:Enabled>"
                "<tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>%s</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info>"
                "<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual><tt:Address>%s</tt:Address>"
                "<tt:PrefixLength>24</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4>"
                "</tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>",
                call->host->settings.mac, address);
}

/* Restarted when the answer is out: see conn's `closing`. */
static void reboot(struct call *call)
{
        bytes_text(
                &call->out,
                "<tds:SystemRebootResponse><tds:Message>Rebooting</tds:Message></tds:SystemRebootResponse>");
}

static void profile(struct call *call, const char *token, int w, int h)
{
        bytes_printf(
                &call->out,
                "<trt:Profiles token=\"%s\" fixed=\"true\"><tt:Name>%s</tt:Name>"
                "<tt:VideoSourceConfiguration token=\"vs\"><tt:Name>vs</tt:Name><tt:UseCount>2</tt:UseCount>"
                "<tt:SourceToken>0</tt:SourceToken><tt:Bounds x=\"0\" y=\"0\" width=\"1920\" height=\"1080\"/>"
                "</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token=\"ve-%s\"><tt:Name>%s</tt:Name>"
                "<tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>%d</tt:Width>"
                "<tt:Height>%d</tt:Height></tt:Resolution></tt:VideoEncoderConfiguration></trt:Profiles>",
                token, token, token, token, w, h);
}

static void get_profiles(struct call *call)
{
        bytes_text(&call->out, "<trt:GetProfilesResponse>");
        profile(call, "main", 1920, 1080);
        profile(call, "sub", 640, 360);
        bytes_text(&call->out, "</trt:GetProfilesResponse>");
}

static void uri(struct call *call, const char *response, const char *text)
{
        bytes_printf(
                &call->out,
                "<trt:%s><trt:MediaUri><tt:Uri>%s</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
                "<tt:InvalidAfterReboot>true</tt:InvalidAfterReboot><tt:Timeout>PT60S</tt:Timeout></trt:MediaUri>"
                "</trt:%s>",
                response, text, response);
}

static void get_snapshot_uri(struct call *call)
{
        const struct settings *s = &call->host->settings;
        char text[256] = "";

        switch ((enum uri)s->uri) {
        case URI_OK:
                (void)snprintf(text, sizeof(text), "%s%s", call->base, s->snapshot_path);
                break;
        case URI_RTSP:
                (void)snprintf(text, sizeof(text), "rtsp://%s%s", call->base + 7, s->path);
                break;
        case URI_NULL:
                (void)snprintf(text, sizeof(text), "(null)");
                break;
        case URI_FOREIGN:
                (void)snprintf(text, sizeof(text), "http://192.0.2.7/snapshot.jpg");
                break;
        case URI_GONE:
                (void)snprintf(text, sizeof(text), "%s/no/such/picture.jpg", call->base);
                break;
        case URIS:
                break;
        }
        uri(call, "GetSnapshotUriResponse", text);
}

static void get_stream_uri(struct call *call)
{
        char address[INET_ADDRSTRLEN] = "", text[256];

        (void)inet_ntop(AF_INET, &call->host->address, address, sizeof(address));
        (void)snprintf(text, sizeof(text), "rtsp://%s:%u%s", address, host_port(call->host, SERVICE_RTSP),
                       call->host->settings.path);
        uri(call, "GetStreamUriResponse", text);
}

static void get_recordings(struct call *call)
{
        const struct settings *s = &call->host->settings;
        time_t until =
                (time_t)(host_clock(call->host) - (s->recorder == RECORDER_STOPPED ? s->stopped_s : 0));
        time_t from = until - 30 * 86400;
        struct tm tm = {0};
        char first[32] = "", last[32] = "";

        (void)gmtime_r(&from, &tm);
        (void)strftime(first, sizeof(first), "%Y-%m-%dT%H:%M:%SZ", &tm);
        (void)gmtime_r(&until, &tm);
        (void)strftime(last, sizeof(last), "%Y-%m-%dT%H:%M:%SZ", &tm);
        bytes_printf(
                &call->out,
                "<tse:GetRecordingSummaryResponse><tse:Summary><tt:DataFrom>%s</tt:DataFrom>"
                "<tt:DataUntil>%s</tt:DataUntil><tt:NumberRecordings>1</tt:NumberRecordings></tse:Summary>"
                "</tse:GetRecordingSummaryResponse>",
                first, last);
}

/* ---- the envelope ---- */

static void send_out(struct call *call, unsigned status, const char *fault, const char *sub, const char *why)
{
        static const char begin[] =
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\""
                " xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" xmlns:trt=\"http://www.onvif.org/ver10/media/wsdl\""
                " xmlns:tse=\"http://www.onvif.org/ver10/search/wsdl\" xmlns:tt=\"http://www.onvif.org/ver10/schema\""
                " xmlns:ter=\"http://www.onvif.org/ver10/error\"><env:Body>";
        static const char end[] = "</env:Body></env:Envelope>";
        struct conn *conn = call->conn;

        if (fault)
                bytes_printf(
                        &call->out,
                        "<env:Fault><env:Code><env:Value>env:%s</env:Value><env:Subcode><env:Value>ter:%s</env:Value>"
                        "</env:Subcode></env:Code><env:Reason><env:Text xml:lang=\"en\">%s</env:Text></env:Reason>"
                        "</env:Fault>",
                        fault, sub, why);
        http_head(conn, status, TYPE, (ssize_t)(sizeof(begin) - 1 + call->out.n + sizeof(end) - 1));
        bytes_add(&conn->out, begin, sizeof(begin) - 1);
        bytes_add(&conn->out, call->out.data, call->out.n);
        bytes_add(&conn->out, end, sizeof(end) - 1);
        bytes_done(&call->out);
        conn_answer(conn);
}

static bool knows_profile(const struct call *call)
{
        char token[80];

        text_of(call->body, "ProfileToken", token, sizeof(token));
        return strcmp(token, "main") == 0 || strcmp(token, "sub") == 0;
}

static const struct operation {
        const char *name, *path;
        void (*fn)(struct call *call);
        bool open, of_profile;
} operations[] = {
        {"GetSystemDateAndTime", "/onvif/device_service", get_time, true, false},
        {"GetCapabilities", "/onvif/device_service", get_capabilities, false, false},
        {"GetServices", "/onvif/device_service", get_services, false, false},
        {"GetDeviceInformation", "/onvif/device_service", get_information, false, false},
        {"GetNetworkInterfaces", "/onvif/device_service", get_interfaces, false, false},
        {"SystemReboot", "/onvif/device_service", reboot, false, false},
        {"GetProfiles", "/onvif/media_service", get_profiles, false, false},
        {"GetSnapshotUri", "/onvif/media_service", get_snapshot_uri, false, true},
        {"GetStreamUri", "/onvif/media_service", get_stream_uri, false, true},
        {"GetRecordingSummary", "/onvif/search_service", get_recordings, false, false},
};

static const struct operation *operation_of(const struct call *call, const struct message *message)
{
        size_t i;

        for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
                if (strcmp((const char *)call->body->name, operations[i].name) == 0 &&
                    strcmp(message->url, operations[i].path) == 0 &&
                    (operations[i].fn != get_recordings || call->host->settings.recorder != RECORDER_NONE))
                        return &operations[i];
        return NULL;
}

void onvif_serve(struct conn *conn, const struct message *message)
{
        _cleanup_(free_docp) xmlDoc *doc =
                xmlReadMemory(message->body, (int)message->body_size, NULL, NULL,
                              XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL, *body = find(root, "Body");
        struct call call = {.conn = conn, .host = conn->host};
        const struct operation *operation;
        char address[INET_ADDRSTRLEN] = "";

        host_count(conn->host, N_ONVIF);
        (void)inet_ntop(AF_INET, &conn->host->address, address, sizeof(address));
        (void)snprintf(call.base, sizeof(call.base), "http://%s:%u", address,
                       host_port(conn->host, SERVICE_HTTP));
        for (call.body = body ? body->children : NULL; call.body && call.body->type != XML_ELEMENT_NODE;)
                call.body = call.body->next;
        if (!call.body) {
                host_count(conn->host, N_BAD);
                send_out(&call, 400, "Sender", "WellFormed", "Not a SOAP request");
                return;
        }
        operation = operation_of(&call, message);
        if (operation && !operation->open && !let_in(&call, root)) {
                send_out(&call, 400, "Sender", "NotAuthorized", "The action requires authorization");
                return;
        }
        if (!operation) {
                send_out(&call, 500, "Receiver", "ActionNotSupported", "Optional Action Not Implemented");
                return;
        }
        if (operation->of_profile && !knows_profile(&call)) {
                send_out(&call, 400, "Sender", "InvalidArgVal", "No such profile");
                return;
        }
        operation->fn(&call);
        send_out(&call, 200, NULL, NULL, NULL);
        if (operation->fn == reboot)
                host_reboot(conn->host);
}
