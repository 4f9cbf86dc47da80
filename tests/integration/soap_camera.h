/* A camera that speaks ONVIF and gives snapshots, on one port of 127.0.0.1, with the vices that a test asks for. It checks
 * logins as real ones do, by its own clock, and counts what it is asked. */
#pragma once

#include "hostile_http.h"

#include <openssl/evp.h>
#include <signal.h>
#include <time.h>

#include "thon/camera_form.h"
#include "thon/cleanup.h"
#include "thon/http.h"
#include "thon/onvif.h"
#include "thon/zone.h"

#define CAMERA_NOW      INT64_C(1795292130) /* ours, 2026-11-21T20:15:30Z */
#define CAMERA_USER     "operator"
#define CAMERA_PASSWORD "bí mật"
#define CAMERA_DEADLINE 20000000u

struct soap_camera {
        struct hostile server;
        /* Vices; set between the conversations. */
        int64_t clock_s;      /* its clock less ours */
        bool local_only;      /* tells local time alone, zone ICT-7 */
        bool time_fault;      /* has no time to tell */
        bool login;           /* the envelope must bear one, within 5 s of its clock */
        bool http_digest;     /* HTTP wants one */
        const char *media;    /* its XAddr; NULL: told by GetServices alone; "" nowhere */
        const char *search;   /* likewise */
        const char *profiles; /* inside of GetProfilesResponse */
        const char *token;    /* the only one that it knows; others are a fault */
        const char *uri;      /* of the snapshot */
        const char *recorded_until;
        const char *hang_up_on; /* name of a call: no answer to that */
        const char *not_found;  /* name of a call: 404 */
        /* Counted. */
        atomic_uint asked[THON_ONVIF_RECORDINGS + 1];
        atomic_uint with_login, with_digest, pictures;
        /* Snapshots are this program's own affair. */
        bool (*page)(int fd, const struct hostile_request *request, struct soap_camera *camera);
};

static inline const char *soap_text(const struct hostile_request *r, const char *from, const char *to,
                                    char *ret, size_t room)
{
        const char *p = strstr(r->body, from), *end;

        ret[0] = '\0';
        p = p ? p + strlen(from) : NULL;
        end = p ? strstr(p, to) : NULL;
        if (end)
                (void)snprintf(ret, room, "%.*s", (int)(end - p), p);
        return ret;
}

static inline bool soap_login_good(const struct soap_camera *camera, const struct hostile_request *r)
{
        char nonce64[64], created[48], digest[64], want[64];
        unsigned char nonce[64], sum[EVP_MAX_MD_SIZE], all[256];
        struct thon_wall at;
        int n;
        size_t used;

        soap_text(r, "#Base64Binary\">", "</Nonce>", nonce64, sizeof nonce64);
        soap_text(r, "utility-1.0.xsd\">", "</Created>", created, sizeof created);
        soap_text(r, "#PasswordDigest\">", "</Password>", digest, sizeof digest);
        n = EVP_DecodeBlock(nonce, (const unsigned char *)nonce64, (int)strlen(nonce64));
        if (n < 16 || !thon_time_parse(NULL, created, &at) ||
            !strstr(r->body, "<Username>" CAMERA_USER "</Username>"))
                return false;
        if (at.s - (CAMERA_NOW + camera->clock_s) > 5 || at.s - (CAMERA_NOW + camera->clock_s) < -5)
                return false;
        memcpy(all, nonce, 16);
        used = 16 + (size_t)snprintf((char *)all + 16, sizeof all - 16, "%s%s", created, CAMERA_PASSWORD);
        if (EVP_Digest(all, used, sum, NULL, EVP_sha1(), NULL) != 1)
                return false;
        (void)EVP_EncodeBlock((unsigned char *)want, sum, 20);
        return strcmp(want, digest) == 0;
}

static inline void soap_say(int fd, unsigned status, const char *body)
{
        static _Thread_local char text[8192];

        (void)snprintf(
                text, sizeof text,
                "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
                "xmlns:d=\"http://www.onvif.org/ver10/device/wsdl\" "
                "xmlns:m=\"http://www.onvif.org/ver10/media/wsdl\" "
                "xmlns:r=\"http://www.onvif.org/ver10/search/wsdl\" "
                "xmlns:o=\"http://www.onvif.org/ver10/schema\" xmlns:ter=\"http://www.onvif.org/ver10/error\">"
                "<s:Body>%s</s:Body></s:Envelope>",
                body);
        hostile_answer(fd, status, "Content-Type: application/soap+xml\r\n", text);
}

static inline void soap_fault(int fd, unsigned status, const char *code)
{
        char text[512];

        (void)snprintf(
                text, sizeof text,
                "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:%s</s:Value></s:Subcode>"
                "</s:Code><s:Reason><s:Text>%s it is</s:Text></s:Reason></s:Fault>",
                code, code);
        soap_say(fd, status, text);
}

static inline void soap_time(int fd, const struct soap_camera *camera)
{
        int64_t at = CAMERA_NOW + camera->clock_s + (camera->local_only ? 7 * 3600 : 0);
        struct thon_date date = thon_date_of((int32_t)(at / 86400));
        const char *element = camera->local_only ? "LocalDateTime" : "UTCDateTime";
        char text[1024];

        (void)snprintf(
                text, sizeof text,
                "<d:GetSystemDateAndTimeResponse><d:SystemDateAndTime><o:TimeZone><o:TZ>ICT-7</o:TZ>"
                "</o:TimeZone><o:%s><o:Time><o:Hour>%d</o:Hour><o:Minute>%d</o:Minute><o:Second>%d</o:Second>"
                "</o:Time><o:Date><o:Year>%d</o:Year><o:Month>%d</o:Month><o:Day>%d</o:Day></o:Date></o:%s>"
                "</d:SystemDateAndTime></d:GetSystemDateAndTimeResponse>",
                element, (int)(at % 86400 / 3600), (int)(at / 60 % 60), (int)(at % 60), date.year,
                date.month, date.day, element);
        soap_say(fd, 200, text);
}

static inline void soap_addresses(int fd, const struct soap_camera *camera, bool services)
{
        static const char *const spaces[] = {"http://www.onvif.org/ver10/media/wsdl",
                                             "http://www.onvif.org/ver10/search/wsdl"};
        char text[2048];
        size_t n = 0;

        if (!services) {
                (void)snprintf(
                        text, sizeof text,
                        "<d:GetCapabilitiesResponse><d:Capabilities><o:Media><o:XAddr>%s</o:XAddr></o:Media>"
                        "<o:Extension><o:Search><o:XAddr>%s</o:XAddr></o:Search></o:Extension>"
                        "</d:Capabilities></d:GetCapabilitiesResponse>",
                        camera->media ? camera->media : "", camera->search ? camera->search : "");
                soap_say(fd, 200, text);
                return;
        }
        n = (size_t)snprintf(text, sizeof text, "<d:GetServicesResponse>");
        for (unsigned i = 0; i < 2; i++)
                if (!(i ? camera->search : camera->media))
                        n += (size_t)snprintf(text + n, sizeof text - n,
                                              "<d:Service><d:Namespace>%s</d:Namespace><d:XAddr>"
                                              "http://127.0.0.1:%u/by-services</d:XAddr></d:Service>",
                                              spaces[i], camera->server.port);
        (void)snprintf(text + n, sizeof text - n, "</d:GetServicesResponse>");
        soap_say(fd, 200, text);
}

static inline void soap_reply(int fd, const struct hostile_request *r, struct soap_camera *camera,
                              enum thon_onvif_call call)
{
        char text[2048], token[128];

        switch (call) {
        case THON_ONVIF_TIME:
                if (camera->time_fault)
                        soap_fault(fd, 500, "NotAuthorized");
                else
                        soap_time(fd, camera);
                return;
        case THON_ONVIF_CAPABILITIES:
        case THON_ONVIF_SERVICES:
                soap_addresses(fd, camera, call == THON_ONVIF_SERVICES);
                return;
        case THON_ONVIF_INFORMATION:
                soap_say(
                        fd, 200,
                        "<d:GetDeviceInformationResponse><d:Model>DS-1</d:Model></d:GetDeviceInformationResponse>");
                return;
        case THON_ONVIF_INTERFACES:
                soap_say(fd, 200, "<d:GetNetworkInterfacesResponse/>");
                return;
        case THON_ONVIF_REBOOT:
                soap_say(fd, 200,
                         "<d:SystemRebootResponse><d:Message>yes</d:Message></d:SystemRebootResponse>");
                return;
        case THON_ONVIF_PROFILES:
                (void)snprintf(text, sizeof text, "<m:GetProfilesResponse>%s</m:GetProfilesResponse>",
                               camera->profiles);
                soap_say(fd, 200, text);
                return;
        case THON_ONVIF_SNAPSHOT_URI:
        case THON_ONVIF_STREAM_URI:
                if (strcmp(soap_text(r, "<ProfileToken>", "</ProfileToken>", token, sizeof token),
                           camera->token) != 0) {
                        soap_fault(fd, 400, "NoProfile");
                        return;
                }
                (void)snprintf(text, sizeof text,
                               "<m:%sResponse><m:MediaUri><o:Uri>%s</o:Uri></m:MediaUri></m:%sResponse>",
                               call == THON_ONVIF_STREAM_URI ? "GetStreamUri" : "GetSnapshotUri",
                               camera->uri,
                               call == THON_ONVIF_STREAM_URI ? "GetStreamUri" : "GetSnapshotUri");
                soap_say(fd, 200, text);
                return;
        case THON_ONVIF_RECORDINGS:
                (void)snprintf(
                        text, sizeof text,
                        "<r:GetRecordingSummaryResponse><r:Summary><o:DataUntil>%s</o:DataUntil></r:Summary>"
                        "</r:GetRecordingSummaryResponse>",
                        camera->recorded_until);
                soap_say(fd, 200, text);
                return;
        }
}

static inline int soap_call_of(const struct hostile_request *r)
{
        for (int call = THON_ONVIF_TIME; call <= THON_ONVIF_RECORDINGS; call++) {
                char element[64];

                (void)snprintf(element, sizeof element, "<s:Body><%s ",
                               strrchr(thon_onvif_action((enum thon_onvif_call)call), '/') + 1);
                if (strstr(r->body, element))
                        return call;
        }
        return -1;
}

static inline bool soap_serve(int fd, const struct hostile_request *r, void *userdata)
{
        struct soap_camera *camera = userdata;
        bool authorised = strcasestr(r->text, "\r\nAuthorization: Digest ") != NULL;
        const char *name;
        int call;

        if (strcmp(r->method, "GET") == 0) {
                atomic_fetch_add(&camera->pictures, 1);
                return camera->page(fd, r, camera);
        }
        if (camera->http_digest && !authorised) {
                hostile_answer(fd, 401,
                               "WWW-Authenticate: Digest realm=\"x\", qop=\"auth\", nonce=\"n\"\r\n", "");
                return true;
        }
        call = soap_call_of(r);
        if (call < 0) {
                hostile_answer(fd, 400, "", "what?");
                return true;
        }
        name = strrchr(thon_onvif_action((enum thon_onvif_call)call), '/') + 1;
        atomic_fetch_add(&camera->asked[call], 1);
        atomic_fetch_add(&camera->with_login, strstr(r->body, "UsernameToken") != NULL);
        atomic_fetch_add(&camera->with_digest, authorised);
        if (camera->hang_up_on && strcmp(camera->hang_up_on, name) == 0)
                return false;
        if (camera->not_found && strcmp(camera->not_found, name) == 0)
                hostile_answer(fd, 404, "", "<html>no such page</html>");
        else if (camera->login && call != THON_ONVIF_TIME && !soap_login_good(camera, r))
                soap_fault(fd, 400, "NotAuthorized");
        else
                soap_reply(fd, r, camera, (enum thon_onvif_call)call);
        return true;
}

#define SOAP_PROFILE(token, width)                                                                    \
        "<m:Profiles token=\"" token "\"><o:VideoEncoderConfiguration><o:Resolution><o:Width>" #width \
        "</o:Width></o:Resolution></o:VideoEncoderConfiguration></m:Profiles>"

static inline void soap_begin(struct soap_camera *camera)
{
        memset(camera, 0, sizeof *camera);
        camera->login = true;
        camera->media = camera->search = "";
        camera->profiles = SOAP_PROFILE("main", 1920) SOAP_PROFILE("sub", 704);
        camera->token = "sub";
        camera->uri = "http://127.0.0.1:1/";
        camera->recorded_until = "2026-11-21T20:00:00Z";
        (void)signal(SIGPIPE, SIG_IGN);
        hostile_begin(&camera->server, soap_serve, camera);
}

static inline uint64_t soap_monotonic_us(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}
