/* What we say: one SOAP 1.2 envelope a call.
 *
 * Requests are written, not built as a tree: there are ten of them, and all that varies is the login and one token. What
 * varies is escaped, and refused when XML cannot hold it at all (control characters, no UTF-8).
 *
 * The login is WS-Security's UsernameToken with a digest: the password itself never goes out. "Created" is the camera's
 * time, not ours; a camera whose clock is wrong refuses a good password otherwise. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cleanup.h"
#include "thon/onvif.h"

#define SOAP      "http://www.w3.org/2003/05/soap-envelope"
#define DEVICE    "http://www.onvif.org/ver10/device/wsdl"
#define MEDIA     "http://www.onvif.org/ver10/media/wsdl"
#define SEARCH    "http://www.onvif.org/ver10/search/wsdl"
#define SCHEMA    "http://www.onvif.org/ver10/schema"
#define WSS       "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
#define DISCOVERY "http://schemas.xmlsoap.org/ws/2005/04/discovery"

#define TEXT_MAX 512 /* of a user, a password, a token */

/* ---- the calls ---- */

static const struct {
        const char *service, *name, *before, *after; /* what stands around the profile's token */
        bool profile;
} calls[] = {
        [THON_ONVIF_TIME] = {DEVICE, "GetSystemDateAndTime", "", "", false},
        [THON_ONVIF_CAPABILITIES] = {DEVICE, "GetCapabilities", "<Category>All</Category>", "", false},
        [THON_ONVIF_SERVICES] = {DEVICE, "GetServices", "<IncludeCapability>false</IncludeCapability>", "",
                                 false},
        [THON_ONVIF_INFORMATION] = {DEVICE, "GetDeviceInformation", "", "", false},
        [THON_ONVIF_INTERFACES] = {DEVICE, "GetNetworkInterfaces", "", "", false},
        [THON_ONVIF_REBOOT] = {DEVICE, "SystemReboot", "", "", false},
        [THON_ONVIF_PROFILES] = {MEDIA, "GetProfiles", "", "", false},
        [THON_ONVIF_SNAPSHOT_URI] = {MEDIA, "GetSnapshotUri", "<ProfileToken>", "</ProfileToken>", true},
        [THON_ONVIF_STREAM_URI] = {MEDIA, "GetStreamUri",
                                   "<StreamSetup><Stream xmlns=\"" SCHEMA "\">RTP-Unicast</Stream>"
                                   "<Transport xmlns=\"" SCHEMA "\"><Protocol>RTSP</Protocol></Transport>"
                                   "</StreamSetup><ProfileToken>",
                                   "</ProfileToken>", true},
        [THON_ONVIF_RECORDINGS] = {SEARCH, "GetRecordingSummary", "", "", false},
};

const char *thon_onvif_action(enum thon_onvif_call call)
{
        switch (call) {
        case THON_ONVIF_TIME:
                return DEVICE "/GetSystemDateAndTime";
        case THON_ONVIF_CAPABILITIES:
                return DEVICE "/GetCapabilities";
        case THON_ONVIF_SERVICES:
                return DEVICE "/GetServices";
        case THON_ONVIF_INFORMATION:
                return DEVICE "/GetDeviceInformation";
        case THON_ONVIF_INTERFACES:
                return DEVICE "/GetNetworkInterfaces";
        case THON_ONVIF_REBOOT:
                return DEVICE "/SystemReboot";
        case THON_ONVIF_PROFILES:
                return MEDIA "/GetProfiles";
        case THON_ONVIF_SNAPSHOT_URI:
                return MEDIA "/GetSnapshotUri";
        case THON_ONVIF_STREAM_URI:
                return MEDIA "/GetStreamUri";
        case THON_ONVIF_RECORDINGS:
                return SEARCH "/GetRecordingSummary";
        }
        return "";
}

/* ---- text that XML can hold ---- */

static bool fits_xml(const char *text)
{
        const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
        size_t left = strnlen(text, TEXT_MAX + 1);

        if (left > TEXT_MAX)
                return false;
        while (left > 0) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate(p, (utf8proc_ssize_t)left, &c);

                if (n <= 0 || c < ' ' || c == 0x7f || c == 0xfffe || c == 0xffff)
                        return false;
                p += n;
                left -= (size_t)n;
        }
        return true;
}

static const char *entity(char c)
{
        switch (c) {
        case '&':
                return "&amp;";
        case '<':
                return "&lt;";
        case '>':
                return "&gt;";
        case '"':
                return "&quot;";
        case '\'':
                return "&apos;";
        default:
                return NULL;
        }
}

static char *escape(const char *text)
{
        char *copy, *to;

        if (!fits_xml(text))
                return NULL;
        copy = to = malloc(strlen(text) * 6 + 1);
        if (!copy)
                return NULL;
        for (; *text; text++) {
                const char *e = entity(*text);

                to = e ? stpcpy(to, e) : (*to = *text, to + 1);
        }
        *to = '\0';
        return copy;
}

/* ---- the login ---- */

#define CREATED_TEXT 48

static const char *created_text(struct thon_wall at, char buf[static CREATED_TEXT])
{
        int64_t days = at.s / 86400, second = at.s % 86400;
        char date[THON_DATE_TEXT];

        if (second < 0) {
                second += 86400;
                days--;
        }
        days = days < INT32_MIN ? INT32_MIN : days > INT32_MAX ? INT32_MAX : days;
        (void)snprintf(buf, CREATED_TEXT, "%.20sT%02d:%02d:%02dZ",
                       thon_date_text(thon_date_of((int32_t)days), date), (int)(second / 3600),
                       (int)(second / 60 % 60), (int)(second % 60));
        return buf;
}

/* Base64(SHA-1(nonce + created + password)). */
static bool digest_text(const struct thon_onvif_login *login, const char *created, char ret[static 32])
{
        unsigned char sum[EVP_MAX_MD_SIZE];
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1 &&
                  EVP_DigestUpdate(ctx, login->nonce, sizeof login->nonce) == 1 &&
                  EVP_DigestUpdate(ctx, created, strlen(created)) == 1 &&
                  EVP_DigestUpdate(ctx, login->password, strlen(login->password)) == 1 &&
                  EVP_DigestFinal_ex(ctx, sum, NULL) == 1;

        EVP_MD_CTX_free(ctx);
        if (ok)
                (void)EVP_EncodeBlock((unsigned char *)ret, sum, 20);
        return ok;
}

static char *header_of(const struct thon_onvif_login *login)
{
        _cleanup_free_ char *user = NULL;
        char created[CREATED_TEXT], digest[32], nonce[32], *header = NULL;

        if (!login || !login->user)
                return strdup("");
        user = escape(login->user);
        if (!user || !login->password || !fits_xml(login->password))
                return NULL;
        (void)created_text(login->created, created);
        if (!digest_text(login, created, digest))
                return NULL;
        (void)EVP_EncodeBlock((unsigned char *)nonce, login->nonce, (int)sizeof login->nonce);
        if (asprintf(&header,
                     "<s:Header><Security s:mustUnderstand=\"1\" xmlns=\"" WSS "wssecurity-secext-1.0.xsd\">"
                     "<UsernameToken><Username>%s</Username>"
                     "<Password Type=\"" WSS "username-token-profile-1.0#PasswordDigest\">%s</Password>"
                     "<Nonce EncodingType=\"" WSS "soap-message-security-1.0#Base64Binary\">%s</Nonce>"
                     "<Created xmlns=\"" WSS "wssecurity-utility-1.0.xsd\">%s</Created>"
                     "</UsernameToken></Security></s:Header>",
                     user, digest, nonce, created) < 0)
                return NULL;
        return header;
}

/* ---- whole ---- */

char *thon_onvif_request(enum thon_onvif_call call, const struct thon_onvif_login *login,
                         const char *profile)
{
        _cleanup_free_ char *header = header_of(login), *token = NULL;
        char *text = NULL;

        token = escape(calls[call].profile && profile ? profile : "");
        if (!header || !token ||
            asprintf(&text,
                     "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"" SOAP "\">%s<s:Body>"
                     "<%s xmlns=\"%s\">%s%s%s</%s></s:Body></s:Envelope>",
                     header, calls[call].name, calls[call].service, calls[call].before, token,
                     calls[call].after, calls[call].name) < 0)
                return NULL;
        return text;
}

char *thon_onvif_probe(const char *uuid)
{
        _cleanup_free_ char *id = escape(uuid);
        char *text = NULL;

        if (!id ||
            asprintf(
                    &text,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><e:Envelope xmlns:e=\"" SOAP "\" "
                    "xmlns:w=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:d=\"" DISCOVERY "\" "
                    "xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\"><e:Header>"
                    "<w:MessageID>uuid:%s</w:MessageID>"
                    "<w:To e:mustUnderstand=\"true\">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
                    "<w:Action e:mustUnderstand=\"true\">" DISCOVERY "/Probe</w:Action></e:Header><e:Body>"
                    "<d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>",
                    id) < 0)
                return NULL;
        return text;
}
