/* Answers as cameras of several makers give them, and as nobody should. The shapes follow what those makers send; names,
 * numbers and addresses are made up. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/onvif.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"

/* Hikvision: env, every namespace declared at the top. */
#define HIK(body)                                                                                           \
        HEAD "<env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\" "                         \
             "xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" xmlns:trt=\"http://www.onvif.org/ver10/" \
             "media/wsdl\" xmlns:tt=\"http://www.onvif.org/ver10/schema\" "                                 \
             "xmlns:ter=\"http://www.onvif.org/ver10/error\" "                                              \
             "xmlns:tse=\"http://www.onvif.org/ver10/search/wsdl\"><env:Body>" body                         \
             "</env:Body></env:Envelope>"
/* Dahua: s and sc, a header, its own letters. */
#define DAHUA(body)                                                                                        \
        HEAD "<s:Envelope xmlns:sc=\"http://www.w3.org/2003/05/soap-encoding\" "                           \
             "xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:q=\"http://www.onvif.org/ver10/"   \
             "device/wsdl\" xmlns:m=\"http://www.onvif.org/ver10/media/wsdl\" "                            \
             "xmlns:o=\"http://www.onvif.org/ver10/schema\" xmlns:e=\"http://www.onvif.org/ver10/error\">" \
             "<s:Header/><s:Body>" body "</s:Body></s:Envelope>"
/* Axis: SOAP-ENV, and namespaces where they are used. */
#define AXIS(body)                                                                                           \
        HEAD "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://www.w3.org/2003/05/soap-envelope\"><SOAP-ENV:Body>" \
             "" body "</SOAP-ENV:Body></SOAP-ENV:Envelope>"
/* Unbranded: SOAP 1.1, and a namespace that no version of ONVIF has. */
#define CHEAP(body)                                                                \
        "<SOAP:Envelope xmlns:SOAP=\"http://schemas.xmlsoap.org/soap/envelope/\" " \
        "xmlns=\"http://www.onvif.org/ver99/all/wsdl\"><SOAP:Body>" body "</SOAP:Body></SOAP:Envelope>"

static struct thon_onvif_answer got;

static int read_as(enum thon_onvif_call call, const char *text)
{
        memset(&got, 0x5a, sizeof got);
        return thon_onvif_read(call, text, strlen(text), &got);
}

/* ---- time ---- */

START_TEST(the_time_is_the_cameras_utc)
{
        ck_assert_int_eq(
                read_as(THON_ONVIF_TIME,
                        HIK("<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP"
                            "</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone>"
                            "<tt:TZ>CST-7:00:00</tt:TZ></tt:TimeZone><tt:UTCDateTime><tt:Time><tt:Hour>20</tt:Hour>"
                            "<tt:Minute>15</tt:Minute><tt:Second>30</tt:Second></tt:Time><tt:Date><tt:Year>2026"
                            "</tt:Year><tt:Month>11</tt:Month><tt:Day>21</tt:Day></tt:Date></tt:UTCDateTime>"
                            "<tt:LocalDateTime><tt:Time><tt:Hour>3</tt:Hour><tt:Minute>15</tt:Minute><tt:Second>30"
                            "</tt:Second></tt:Time><tt:Date><tt:Year>2026</tt:Year><tt:Month>11</tt:Month><tt:Day>22"
                            "</tt:Day></tt:Date></tt:LocalDateTime></tds:SystemDateAndTime>"
                            "</tds:GetSystemDateAndTimeResponse>")),
                0);
        ck_assert(got.has_time);
        ck_assert(!got.local_as_utc);
        ck_assert_int_eq(got.utc.s, 1795292130); /* 2026-11-21T20:15:30Z */
}
END_TEST

static const char *local_time(const char *zone, const char *summer)
{
        static char text[2048];

        (void)snprintf(
                text, sizeof text,
                DAHUA("<q:GetSystemDateAndTimeResponse><q:SystemDateAndTime><o:DateTimeType>Manual"
                      "</o:DateTimeType><o:DaylightSavings>%s</o:DaylightSavings>%s<o:LocalDateTime><o:Time>"
                      "<o:Hour>3</o:Hour><o:Minute>15</o:Minute><o:Second>30</o:Second></o:Time><o:Date>"
                      "<o:Year>2026</o:Year><o:Month>11</o:Month><o:Day>22</o:Day></o:Date></o:LocalDateTime>"
                      "</q:SystemDateAndTime></q:GetSystemDateAndTimeResponse>"),
                summer, zone);
        return text;
}

START_TEST(local_time_is_taken_by_its_zone_where_utc_is_missing)
{
        static const struct {
                const char *zone, *summer;
                int64_t utc;
        } cases[] = {
                {"<o:TimeZone><o:TZ>ICT-7</o:TZ></o:TimeZone>", "false", 1795292130},
                {"<o:TimeZone><o:TZ>&lt;+07&gt;-7</o:TZ></o:TimeZone>", "false", 1795292130},
                {"<o:TimeZone><o:TZ>GMT-07:00</o:TZ></o:TimeZone>", "false", 1795292130},
                {"<o:TimeZone><o:TZ>IST-5:30</o:TZ></o:TimeZone>", "false", 1795297530},
                {"<o:TimeZone><o:TZ>EST5EDT,M3.2.0,M11.1.0</o:TZ></o:TimeZone>", "true", 1795331730},
                {"<o:TimeZone><o:TZ>Asia/Ho_Chi_Minh</o:TZ></o:TimeZone>", "false", 1795317330},
                {"<o:TimeZone><o:TZ>X-99</o:TZ></o:TimeZone>", "false", 1795317330},
                {"", "false", 1795317330}, /* as it stands */
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                ck_assert_int_eq(read_as(THON_ONVIF_TIME, local_time(cases[i].zone, cases[i].summer)), 0);
                ck_assert(got.has_time && got.local_as_utc);
                ck_assert_msg(got.utc.s == cases[i].utc, "%s: %lld", cases[i].zone, (long long)got.utc.s);
        }
}
END_TEST

START_TEST(a_time_that_cannot_be_is_damage_and_none_is_none)
{
        static const char *const values[] = {"<Year>2026</Year><Month>2</Month><Day>30</Day>",
                                             "<Year>2026</Year><Month>13</Month><Day>1</Day>",
                                             "<Year>99999999999999999999</Year><Month>1</Month><Day>1</Day>",
                                             "<Year>-5</Year><Month>1</Month><Day>1</Day>",
                                             "<Year>2026</Year>"};
        char text[1024];

        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
                (void)snprintf(
                        text, sizeof text,
                        CHEAP("<GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime><Time><Hour>1"
                              "</Hour><Minute>2</Minute><Second>3</Second></Time><Date>%s</Date></UTCDateTime>"
                              "</SystemDateAndTime></GetSystemDateAndTimeResponse>"),
                        values[i]);
                ck_assert_int_eq(read_as(THON_ONVIF_TIME, text), THON_ONVIF_DAMAGED);
        }
        ck_assert_int_eq(read_as(THON_ONVIF_TIME, CHEAP("<GetSystemDateAndTimeResponse/>")), 0);
        ck_assert(!got.has_time);
}
END_TEST

/* ---- where services are ---- */

START_TEST(capabilities_name_the_addresses_of_media_and_search)
{
        ck_assert_int_eq(
                read_as(THON_ONVIF_CAPABILITIES,
                        HIK("<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>"
                            "http://192.168.4.21/onvif/device_service</tt:XAddr></tt:Device><tt:Media><tt:XAddr>\n"
                            "  http://192.168.4.21/onvif/Media </tt:XAddr></tt:Media><tt:Extension><hik/>"
                            "<tt:Search><tt:XAddr>http://192.168.4.21/onvif/SearchRecording</tt:XAddr></tt:Search>"
                            "</tt:Extension></tds:Capabilities></tds:GetCapabilitiesResponse>")),
                0);
        ck_assert_str_eq(got.media, "http://192.168.4.21/onvif/Media");
        ck_assert_str_eq(got.search, "http://192.168.4.21/onvif/SearchRecording");
        ck_assert_int_eq(
                read_as(THON_ONVIF_CAPABILITIES,
                        DAHUA("<q:GetCapabilitiesResponse><q:Capabilities><o:Media><o:XAddr>(null)</o:XAddr>"
                              "</o:Media></q:Capabilities></q:GetCapabilitiesResponse>")),
                0);
        ck_assert_str_eq(got.media, "");
        ck_assert_str_eq(got.search, "");
}
END_TEST

START_TEST(services_are_known_by_their_namespace)
{
        ck_assert_int_eq(
                read_as(THON_ONVIF_SERVICES,
                        AXIS("<GetServicesResponse xmlns=\"http://www.onvif.org/ver10/device/wsdl\"><Service>"
                             "<Namespace>http://www.onvif.org/ver20/media/wsdl</Namespace><XAddr>http://10.0.0.9/m2"
                             "</XAddr></Service><Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace>"
                             "<XAddr>http://10.0.0.9/onvif/services</XAddr></Service><Service><Namespace>"
                             "http://www.onvif.org/ver10/search/wsdl</Namespace><XAddr>http://10.0.0.9/search"
                             "</XAddr></Service></GetServicesResponse>")),
                0);
        ck_assert_str_eq(got.media, "http://10.0.0.9/onvif/services");
        ck_assert_str_eq(got.search, "http://10.0.0.9/search");
}
END_TEST

/* ---- what it is ---- */

START_TEST(what_a_camera_calls_itself_is_made_printable_and_cut)
{
        ck_assert_int_eq(
                read_as(THON_ONVIF_INFORMATION,
                        DAHUA("<q:GetDeviceInformationResponse><q:Manufacturer>  Dahua\n\t<!-- ? -->  Việt &amp; Co "
                              "</q:Manufacturer><q:Model>IPC\xe2\x80\xae"
                              "evil\xc2\x85</q:Model><q:FirmwareVersion><![CDATA[V<2>]]></q:FirmwareVersion>"
                              "<q:SerialNumber>ạạạạạạạạạạạạạạạạạạạạạạạạạạạạạạ</q:SerialNumber>"
                              "</q:GetDeviceInformationResponse>")),
                0);
        ck_assert_str_eq(got.maker, "Dahua Việt & Co");
        ck_assert_str_eq(got.model, "IPC evil");
        ck_assert_str_eq(got.firmware, "V<2>");
        ck_assert_uint_eq(strlen(got.serial), 63); /* 21 whole characters */
}
END_TEST

START_TEST(a_mac_is_read_however_it_is_written)
{
        static const struct {
                const char *written, *read;
        } cases[] = {{"44:19:B6:01:02:0a", "44:19:b6:01:02:0a"},
                     {"44-19-B6-01-02-0A", "44:19:b6:01:02:0a"},
                     {"4419b601020A", "44:19:b6:01:02:0a"},
                     {"00:00:00:00:00:00", ""},
                     {"44:19:b6:01:02", ""},
                     {"44:19:b6:01:02:0a:0b", ""},
                     {"not a mac", ""}};
        char text[1024];

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                (void)snprintf(
                        text, sizeof text,
                        HIK("<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token=\"eth0\"><tt:Enabled>"
                            "true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>%s</tt:HwAddress>"
                            "</tt:Info></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>"),
                        cases[i].written);
                ck_assert_int_eq(read_as(THON_ONVIF_INTERFACES, text), 0);
                ck_assert_str_eq(got.mac, cases[i].read);
        }
        ck_assert_int_eq(
                read_as(THON_ONVIF_INTERFACES,
                        CHEAP("<GetNetworkInterfacesResponse><NetworkInterfaces><Enabled>false</Enabled><Info>"
                              "<HwAddress>00:11:22:33:44:55</HwAddress></Info></NetworkInterfaces>"
                              "<NetworkInterfaces><Info><HwAddress>00:11:22:33:44:66</HwAddress></Info>"
                              "</NetworkInterfaces></GetNetworkInterfacesResponse>")),
                0);
        ck_assert_str_eq(got.mac, "00:11:22:33:44:66");
}
END_TEST

#define PROFILE(token, video) \
        "<trt:Profiles fixed=\"true\" token=\"" token "\"><tt:Name>a</tt:Name>" video "</trt:Profiles>"
#define WIDTH(n)                                                                                           \
        "<tt:VideoEncoderConfiguration token=\"v\"><tt:Resolution><tt:Width>" #n "</tt:Width><tt:Height>1" \
        "</tt:Height></tt:Resolution></tt:VideoEncoderConfiguration>"

static void profiles(const char *list, const char *token, unsigned width)
{
        char text[4096];

        (void)snprintf(text, sizeof text, HIK("<trt:GetProfilesResponse>%s</trt:GetProfilesResponse>"),
                       list);
        ck_assert_int_eq(read_as(THON_ONVIF_PROFILES, text), 0);
        ck_assert_str_eq(got.profile, token);
        ck_assert_uint_eq(got.profile_width, width);
}

START_TEST(the_smallest_picture_that_is_large_enough_is_chosen)
{
        profiles(PROFILE("Profile_1", WIDTH(2560)) PROFILE("Profile_2", WIDTH(704))
                         PROFILE("Profile_3", WIDTH(176)),
                 "Profile_2", 704);
        profiles(PROFILE("tiny", WIDTH(176)) PROFILE("huge", WIDTH(3840)), "huge", 3840);
        profiles(PROFILE("tiny", WIDTH(176)), "tiny", 176);
        profiles(PROFILE("sound", "<tt:AudioEncoderConfiguration/>")
                         PROFILE("odd", "<tt:VideoSourceConfiguration/>"),
                 "odd", 0);
        profiles(PROFILE("", WIDTH(640)) PROFILE("a&#9;b", WIDTH(640)) PROFILE(" x", WIDTH(640)), "", 0);
        profiles(PROFILE("0123456789012345678901234567890123456789012345678901234567890123456789xx",
                         WIDTH(640)),
                 "", 0); /* part of a token is no token */
        profiles(PROFILE("a&amp;&quot;b", WIDTH(640)), "a&\"b", 640);
        profiles("", "", 0);
}
END_TEST

START_TEST(an_address_of_a_picture_is_whole_or_there_is_none)
{
        char text[2048], path[600];

        ck_assert_int_eq(read_as(THON_ONVIF_SNAPSHOT_URI,
                                 HIK("<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>"
                                     "http://192.168.4.21/onvif/snapshot?channel=1&amp;profile=2</tt:Uri>"
                                     "</trt:MediaUri></trt:GetSnapshotUriResponse>")),
                         0);
        ck_assert_str_eq(got.uri, "http://192.168.4.21/onvif/snapshot?channel=1&profile=2");
        ck_assert_int_eq(
                read_as(THON_ONVIF_STREAM_URI,
                        AXIS("<t:GetStreamUriResponse xmlns:t=\"http://www.onvif.org/ver10/media/wsdl\">"
                             "<t:MediaUri><Uri xmlns=\"http://www.onvif.org/ver10/schema\">rtsp://10.0.0.9/a"
                             "</Uri></t:MediaUri></t:GetStreamUriResponse>")),
                0);
        ck_assert_str_eq(got.uri, "rtsp://10.0.0.9/a");
        ck_assert_int_eq(
                read_as(THON_ONVIF_SNAPSHOT_URI,
                        DAHUA("<m:GetSnapshotUriResponse><m:MediaUri><o:Uri>(null)</o:Uri></m:MediaUri>"
                              "</m:GetSnapshotUriResponse>")),
                0);
        ck_assert_str_eq(got.uri, "");
        memset(path, 'a', sizeof path);
        path[sizeof path - 1] = '\0';
        (void)snprintf(text, sizeof text,
                       DAHUA("<m:GetSnapshotUriResponse><m:MediaUri><o:Uri>http://h/%s</o:Uri></m:MediaUri>"
                             "</m:GetSnapshotUriResponse>"),
                       path);
        ck_assert_int_eq(read_as(THON_ONVIF_SNAPSHOT_URI, text), 0);
        ck_assert_str_eq(got.uri, "");
}
END_TEST

static int recordings(const char *until)
{
        char text[1024];

        (void)snprintf(
                text, sizeof text,
                HIK("<tse:GetRecordingSummaryResponse><tse:Summary><tt:DataFrom>2026-10-01T00:00:00Z</tt:DataFrom>"
                    "<tt:DataUntil>%s</tt:DataUntil><tt:NumberRecordings>4</tt:NumberRecordings></tse:Summary>"
                    "</tse:GetRecordingSummaryResponse>"),
                until);
        return read_as(THON_ONVIF_RECORDINGS, text);
}

START_TEST(a_recorder_tells_until_when_it_recorded)
{
        static const char *const written[] = {
                "2026-11-21T20:15:30Z", "2026-11-22T03:15:30+07:00", "2026-11-21T20:15:30.123456Z",
                "2026-11-21T20:15:30",  "2026-11-21T20:15:30.5",     "2026-11-21T15:15:30.000-05:00"};

        for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
                ck_assert_msg(recordings(written[i]) == 0, "%s", written[i]);
                ck_assert(got.has_recordings);
                ck_assert_int_eq(got.recorded_until.s, 1795292130);
        }
        ck_assert_int_eq(recordings(""), 0);
        ck_assert(!got.has_recordings);
        ck_assert_int_eq(recordings("yesterday"), THON_ONVIF_DAMAGED);
}
END_TEST

/* ---- faults ---- */

START_TEST(faults_are_told_apart)
{
        ck_assert_int_eq(
                read_as(THON_ONVIF_REBOOT,
                        HIK("<env:Fault><env:Code><env:Value>env:Sender</env:Value><env:Subcode><env:Value>"
                            "ter:NotAuthorized</env:Value></env:Subcode></env:Code><env:Reason><env:Text "
                            "xml:lang=\"en\">Sender not\nAuthorized</env:Text></env:Reason></env:Fault>")),
                THON_ONVIF_NOT_AUTHORISED);
        ck_assert_str_eq(got.text, "ter:NotAuthorized: Sender not Authorized");
        ck_assert_int_eq(
                read_as(THON_ONVIF_PROFILES,
                        AXIS("<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Receiver"
                             "</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>x:ActionNotSupported"
                             "</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>x:NoSuchService"
                             "</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Subcode></SOAP-ENV:Code>"
                             "</SOAP-ENV:Fault>")),
                THON_ONVIF_NOT_SUPPORTED);
        ck_assert_str_eq(got.text, "x:NoSuchService");
        ck_assert_int_eq(
                read_as(THON_ONVIF_TIME,
                        CHEAP("<SOAP:Fault><faultcode>wsse:FailedAuthentication</faultcode><faultstring>no"
                              "</faultstring></SOAP:Fault>")),
                THON_ONVIF_NOT_AUTHORISED);
        ck_assert_int_eq(
                read_as(THON_ONVIF_SNAPSHOT_URI,
                        DAHUA("<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>Error: "
                              "Username token: Not authorized (log-in)</s:Text></s:Reason></s:Fault>")),
                THON_ONVIF_NOT_AUTHORISED);
        ck_assert_int_eq(
                read_as(THON_ONVIF_SNAPSHOT_URI,
                        DAHUA("<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>"
                              "e:InvalidArgVal</s:Value><s:Subcode><s:Value>e:NoProfile</s:Value></s:Subcode>"
                              "</s:Subcode></s:Code><s:Reason><s:Text>Profile</s:Text></s:Reason></s:Fault>")),
                THON_ONVIF_FAULT);
        ck_assert_str_eq(got.text, "e:NoProfile: Profile");
        ck_assert_int_eq(read_as(THON_ONVIF_TIME, CHEAP("<SOAP:Fault/>")), THON_ONVIF_FAULT);
        ck_assert_str_eq(got.text, "a fault without a reason");
}
END_TEST

START_TEST(a_reboot_is_believed_only_when_it_is_confirmed)
{
        ck_assert_int_eq(read_as(THON_ONVIF_REBOOT, HIK("<tds:SystemRebootResponse><tds:Message>Rebooting"
                                                        "</tds:Message></tds:SystemRebootResponse>")),
                         0);
        ck_assert_int_eq(read_as(THON_ONVIF_REBOOT, HIK("<tds:GetProfilesResponse/>")), THON_ONVIF_DAMAGED);
        ck_assert_int_eq(read_as(THON_ONVIF_REBOOT, HIK("")), THON_ONVIF_DAMAGED);
}
END_TEST

/* ---- hostile ---- */

static void damaged(const char *text, size_t size)
{
        for (int call = THON_ONVIF_TIME; call <= THON_ONVIF_RECORDINGS; call++)
                ck_assert_int_eq(thon_onvif_read((enum thon_onvif_call)call, text, size, &got),
                                 THON_ONVIF_DAMAGED);
        ck_assert_str_ne(got.text, "");
}

START_TEST(what_is_no_soap_is_damage)
{
        static const char *const texts[] = {"",
                                            " ",
                                            "<html><body>404</body></html>",
                                            "{\"error\":1}",
                                            "<a",
                                            "<a/><b/>",
                                            "<Envelope><Body><GetProfilesResponse/></Body></Envelope>",
                                            "<s:Envelope xmlns:s=\"urn:x\"><s:Body/></s:Envelope>",
                                            "\xff\xfe<\0a"};

        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
                damaged(texts[i], strlen(texts[i]));
        damaged("\0\0\0\0", 4);
}
END_TEST

START_TEST(a_document_type_is_refused_before_it_declares_anything)
{
        damaged("<!DOCTYPE x SYSTEM \"file:///etc/passwd\">" AXIS(""),
                strlen("<!DOCTYPE x SYSTEM \"file:///etc/passwd\">" AXIS("")));
        static const char bomb[] =
                "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"aaaaaaaaaaaaaaaaaaaa\">"
                "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">"
                "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\">"
                "<!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;\"><!ENTITY x SYSTEM \"file:///etc/hostname\">]>"
                "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" a=\"&f;\"><s:Body>&f;&x;"
                "<t:GetDeviceInformationResponse xmlns:t=\"http://www.onvif.org/ver10/device/wsdl\">"
                "<t:Model>&x;</t:Model></t:GetDeviceInformationResponse></s:Body></s:Envelope>";
        damaged(bomb, sizeof bomb - 1);
}
END_TEST

START_TEST(depth_number_and_size_are_limited)
{
        size_t room = 300000, n = 0;
        char *text = malloc(room);

        n = (size_t)snprintf(text, room,
                             "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>");
        for (int i = 0; i < 60000; i++)
                n += (size_t)snprintf(text + n, room - n, "<a>");
        damaged(text, n);

        n = (size_t)snprintf(text, room,
                             "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>");
        for (int i = 0; i < 30000; i++)
                n += (size_t)snprintf(text + n, room - n, "<a/>");
        n += (size_t)snprintf(text + n, room - n, "</s:Body></s:Envelope>");
        damaged(text, n);

        /* 100 deep within the limit of libxml2, beyond ours. */
        n = (size_t)snprintf(text, room,
                             "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>");
        for (int i = 0; i < 100; i++)
                n += (size_t)snprintf(text + n, room - n, "<a>");
        for (int i = 0; i < 100; i++)
                n += (size_t)snprintf(text + n, room - n, "</a>");
        n += (size_t)snprintf(text + n, room - n, "</s:Body></s:Envelope>");
        damaged(text, n);

        memset(text, ' ', room);
        memcpy(text, HIK("<tds:SystemRebootResponse/>"), strlen(HIK("<tds:SystemRebootResponse/>")));
        ck_assert_int_eq(thon_onvif_read(THON_ONVIF_REBOOT, text, 256u * 1024, &got), 0);
        ck_assert_int_eq(thon_onvif_read(THON_ONVIF_REBOOT, text, 256u * 1024 + 1, &got),
                         THON_ONVIF_DAMAGED);
        free(text);
}
END_TEST

START_TEST(nothing_goes_to_standard_error)
{
        char path[] = "/tmp/thon-onvif-XXXXXX", seen[64];
        int fd = mkstemp(path), saved = dup(2);

        ck_assert_int_ge(fd, 0);
        (void)dup2(fd, 2);
        damaged("<a b='&undefined;'>", 19);
        damaged("<?xml version='1.0' encoding='klingon'?><a>\xff</a>", 47);
        damaged("<x:a y:b='1'><x:a>", 18);
        (void)dup2(saved, 2);
        ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
        ck_assert_int_eq(read(fd, seen, sizeof seen), 0);
        (void)close(fd);
        (void)close(saved);
        (void)unlink(path);
}
END_TEST

/* ---- what we say ---- */

START_TEST(a_login_is_the_digest_of_the_standard)
{
        /* The example of the WS-Security profile as ONVIF's application guide prints it. */
        struct thon_onvif_login login = {
                .user = "user", .password = "userpassword", .created = {1284623445}};
        static const unsigned char nonce[16] = {0x2c, 0xaa, 0x88, 0xe8, 0x6f, 0xc0, 0x8a, 0x42,
                                                0x82, 0x42, 0xb3, 0x74, 0xce, 0xa6, 0x45, 0x96};
        _cleanup_free_ char *text = NULL;

        memcpy(login.nonce, nonce, sizeof nonce);
        text = thon_onvif_request(THON_ONVIF_PROFILES, &login, NULL);
        ck_assert_ptr_nonnull(text);
        ck_assert_ptr_nonnull(strstr(text, "<Username>user</Username>"));
        ck_assert_ptr_nonnull(strstr(text, ">2010-09-16T07:50:45Z</Created>"));
        ck_assert_ptr_nonnull(strstr(text, ">LKqI6G/AikKCQrN0zqZFlg==</Nonce>"));
        ck_assert_ptr_nonnull(strstr(text, "#PasswordDigest\">tuOSpGlFlIXsozq4HFNeeGeFLEI=</Password>"));
        ck_assert_ptr_null(strstr(text, "userpassword"));
        ck_assert_ptr_nonnull(
                strstr(text, "<GetProfiles xmlns=\"http://www.onvif.org/ver10/media/wsdl\"></GetProfiles>"));
}
END_TEST

START_TEST(what_varies_is_escaped_or_refused)
{
        struct thon_onvif_login login = {.user = "a<&>\"'", .password = "ngõ ☂"};
        char *text = thon_onvif_request(THON_ONVIF_SNAPSHOT_URI, &login, "</ProfileToken>&");
        char long_text[600];

        ck_assert_ptr_nonnull(strstr(text, "<Username>a&lt;&amp;&gt;&quot;&apos;</Username>"));
        ck_assert_ptr_nonnull(strstr(text, "<ProfileToken>&lt;/ProfileToken&gt;&amp;</ProfileToken>"));
        ck_assert_ptr_nonnull(strstr(text, ">1970-01-01T00:00:00Z</Created>"));
        free(text);
        ck_assert_ptr_null(thon_onvif_request(THON_ONVIF_SNAPSHOT_URI, NULL, "a\nb"));
        ck_assert_ptr_null(thon_onvif_request(THON_ONVIF_SNAPSHOT_URI, NULL, "\xff"));
        memset(long_text, 'a', sizeof long_text);
        long_text[sizeof long_text - 1] = '\0';
        ck_assert_ptr_null(thon_onvif_request(THON_ONVIF_SNAPSHOT_URI, NULL, long_text));
        login.user = "a\x01";
        ck_assert_ptr_null(thon_onvif_request(THON_ONVIF_REBOOT, &login, NULL));
        text = thon_onvif_request(THON_ONVIF_TIME, NULL, NULL);
        ck_assert_ptr_null(strstr(text, "Security"));
        free(text);
}
END_TEST

START_TEST(each_call_names_its_action)
{
        for (int call = THON_ONVIF_TIME; call <= THON_ONVIF_RECORDINGS; call++) {
                const char *action = thon_onvif_action((enum thon_onvif_call)call);
                char *text = thon_onvif_request((enum thon_onvif_call)call, NULL, "p");
                char element[200];

                (void)snprintf(element, sizeof element, "<s:Body><%s xmlns=\"%.*s\">",
                               strrchr(action, '/') + 1, (int)(strrchr(action, '/') - action), action);
                ck_assert_msg(strstr(text, element), "%s in %s", element, text);
                free(text);
        }
}
END_TEST

/* ---- discovery ---- */

#define UUID "5f5a69c2-e0ae-504f-829b-00fa1c8c4f3e"
#define MATCHES(relates, body)                                                                        \
        HEAD "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://www.w3.org/2003/05/soap-envelope\" "         \
             "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "                        \
             "xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" "                           \
             "xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\"><SOAP-ENV:Header><wsa:MessageID>"  \
             "urn:uuid:1</wsa:MessageID><wsa:RelatesTo>" relates "</wsa:RelatesTo></SOAP-ENV:Header>" \
             "<SOAP-ENV:Body><d:ProbeMatches>" body "</d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>"
#define MATCH(endpoint, types, scopes, addresses)                                                       \
        "<d:ProbeMatch><wsa:EndpointReference><wsa:Address>" endpoint                                   \
        "</wsa:Address></wsa:EndpointReference>"                                                        \
        "<d:Types>" types "</d:Types><d:Scopes>" scopes "</d:Scopes><d:XAddrs>" addresses "</d:XAddrs>" \
        "<d:MetadataVersion>10</d:MetadataVersion></d:ProbeMatch>"

static struct thon_onvif_match found[8];

static int matches(const char *text, size_t room)
{
        memset(found, 0, sizeof found);
        return thon_onvif_matches(text, strlen(text), UUID, found, room);
}

START_TEST(a_camera_that_answers_is_read)
{
        ck_assert_int_eq(
                matches(MATCHES("uuid:" UUID,
                                MATCH("urn:uuid:7D4ACA00-72BA-11B3-82A0-4419B60102AA",
                                      "dn:NetworkVideoTransmitter tds:Device",
                                      "onvif://www.onvif.org/type/video_encoder\n onvif://www.onvif.org/name/HIK%20C%E1%BB%95ng"
                                      "%0Ach%C3%B9a onvif://www.onvif.org/hardware/DS-2CD%2 onvif://www.onvif.org/location/"
                                      "hamlet%FF4",
                                      "http://169.254.8.9/onvif/device_service http://[fe80::1]/onvif/device_service "
                                      "http://192.168.4.21/onvif/device_service")),
                        8),
                1);
        ck_assert_str_eq(found[0].endpoint, "urn:uuid:7d4aca00-72ba-11b3-82a0-4419b60102aa");
        ck_assert_str_eq(found[0].xaddr, "http://192.168.4.21/onvif/device_service");
        ck_assert_str_eq(found[0].name, "HIK Cổng chùa");
        ck_assert_str_eq(found[0].hardware, "DS-2CD%2");
        ck_assert_str_eq(found[0].location, "hamlet 4");
}
END_TEST

START_TEST(only_answers_to_our_own_question_count)
{
        ck_assert_int_eq(matches(MATCHES("urn:uuid:" UUID, MATCH("urn:uuid:1", "", "", "")), 8), 1);
        ck_assert_int_eq(matches(MATCHES(UUID, MATCH("urn:uuid:1", "", "", "")), 8), 1);
        ck_assert_int_eq(matches(MATCHES("uuid:5f5a69c2-e0ae-504f-829b-00fa1c8c4f3f",
                                         MATCH("urn:uuid:1", "", "", "")),
                                 8),
                         -EINVAL);
        ck_assert_int_eq(matches(MATCHES("", MATCH("urn:uuid:1", "", "", "")), 8), -EINVAL);
        ck_assert_int_eq(matches(AXIS(""), 8), -EINVAL);
        ck_assert_int_eq(matches("no XML", 8), -EINVAL);
        ck_assert_int_eq(matches(MATCHES(UUID, ""), 8), 0);
}
END_TEST

START_TEST(several_come_in_one_packet_and_printers_are_left_out)
{
        const char *text = MATCHES(
                UUID, MATCH("urn:uuid:1", "dn:NetworkVideoTransmitter", "", "http://cam.local/onvif")
                              MATCH("urn:uuid:2", "wprt:PrintDeviceType wsdp:Device", "http://printer", "")
                                      MATCH("urn:uuid:3", "x:Other", "onvif://www.onvif.org/name/nvr",
                                            "ftp://1.2.3.4/ https://1.2.3.4:8443/onvif")
                                              MATCH("urn:uuid:4", "", "", "rtsp://1.2.3.4/"));

        ck_assert_int_eq(matches(text, 8), 3);
        ck_assert_str_eq(found[0].xaddr, "http://cam.local/onvif");
        ck_assert_str_eq(found[1].name, "nvr");
        ck_assert_str_eq(found[1].xaddr, "https://1.2.3.4:8443/onvif");
        ck_assert_str_eq(found[2].endpoint, "urn:uuid:4");
        ck_assert_str_eq(found[2].xaddr, "");
        ck_assert_int_eq(matches(text, 1), 1);
}
END_TEST

START_TEST(the_probe_bears_its_id)
{
        char *text = thon_onvif_probe(UUID);

        ck_assert_ptr_nonnull(strstr(text, "<w:MessageID>uuid:" UUID "</w:MessageID>"));
        ck_assert_ptr_nonnull(strstr(text, "dn:NetworkVideoTransmitter"));
        free(text);
        ck_assert_ptr_null(thon_onvif_probe("a\x02"));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("onvif");
        TCase *answers = tcase_create("answers"), *hostile = tcase_create("hostile"),
              *said = tcase_create("said"), *discovery = tcase_create("discovery");
        SRunner *runner = srunner_create(suite);

        tcase_add_test(answers, the_time_is_the_cameras_utc);
        tcase_add_test(answers, local_time_is_taken_by_its_zone_where_utc_is_missing);
        tcase_add_test(answers, a_time_that_cannot_be_is_damage_and_none_is_none);
        tcase_add_test(answers, capabilities_name_the_addresses_of_media_and_search);
        tcase_add_test(answers, services_are_known_by_their_namespace);
        tcase_add_test(answers, what_a_camera_calls_itself_is_made_printable_and_cut);
        tcase_add_test(answers, a_mac_is_read_however_it_is_written);
        tcase_add_test(answers, the_smallest_picture_that_is_large_enough_is_chosen);
        tcase_add_test(answers, an_address_of_a_picture_is_whole_or_there_is_none);
        tcase_add_test(answers, a_recorder_tells_until_when_it_recorded);
        tcase_add_test(answers, faults_are_told_apart);
        tcase_add_test(answers, a_reboot_is_believed_only_when_it_is_confirmed);
        tcase_add_test(hostile, what_is_no_soap_is_damage);
        tcase_add_test(hostile, a_document_type_is_refused_before_it_declares_anything);
        tcase_add_test(hostile, depth_number_and_size_are_limited);
        tcase_add_test(hostile, nothing_goes_to_standard_error);
        tcase_add_test(said, a_login_is_the_digest_of_the_standard);
        tcase_add_test(said, what_varies_is_escaped_or_refused);
        tcase_add_test(said, each_call_names_its_action);
        tcase_add_test(discovery, a_camera_that_answers_is_read);
        tcase_add_test(discovery, only_answers_to_our_own_question_count);
        tcase_add_test(discovery, several_come_in_one_packet_and_printers_are_left_out);
        tcase_add_test(discovery, the_probe_bears_its_id);
        suite_add_tcase(suite, answers);
        suite_add_tcase(suite, hostile);
        suite_add_tcase(suite, said);
        suite_add_tcase(suite, discovery);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
