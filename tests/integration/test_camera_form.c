/* Watched devices as they are written into the registry: what is taken, what is refused and with which words; what one hangs
 * on; passwords, which come out nowhere. */
#include "registry_fixture.h"

#include "thon/camera_form.h"
#include "thon/conf.h"

static void make(void)
{
        store_make();
        make_commune();
}

#define CAMERA "{\"url\":\"rtsp://10.0.0.9/s\"}"

static struct thon_watch_device device;
static struct thon_json_error error;

static int read_form(enum thon_watch_kind kind, const char *text)
{
        json_t *doc = json_loads(text, 0, NULL);
        ck_assert_msg(doc != NULL, "no JSON: %s", text);
        int r = thon_watch_device_from_json("d-1", kind, NULL, NULL, doc, &device, &error);
        json_decref(doc);
        return r;
}

START_TEST(a_camera_says_all_that_it_has)
{
        ck_assert_int_eq(
                read_form(
                        THON_WATCH_CAMERA,
                        "{\"url\":\"rtsps://[fd00::20]:8322/ch1?x=a@b\",\"user\":\"xem\","
                        "\"snapshot_url\":\"http://10.0.0.9/snap.jpg\",\"onvif_url\":"
                        "\"https://10.0.0.9:8443/onvif/device_service\",\"parent\":\"sw-1\",\"interval\":30,"
                        "\"power\":{\"circuit\":\"nguon-1\",\"off\":20,\"reboot\":false},\"ptz\":true,"
                        "\"recorder\":true,\"pictures\":false}"),
                0);
        ck_assert_str_eq(device.host, "fd00::20");
        ck_assert_int_eq(device.port, 8322);
        ck_assert(device.tls);
        ck_assert_str_eq(device.url, "rtsps://[fd00::20]:8322/ch1?x=a@b");
        ck_assert_str_eq(device.user, "xem");
        ck_assert_str_eq(device.snapshot_url, "http://10.0.0.9/snap.jpg");
        ck_assert_str_eq(device.onvif_url, "https://10.0.0.9:8443/onvif/device_service");
        ck_assert_str_eq(device.parent, "sw-1");
        ck_assert_int_eq(device.interval_s, 30);
        ck_assert_str_eq(device.power.circuit, "nguon-1");
        ck_assert_int_eq(device.power.off_s, 20);
        ck_assert(!device.power.reboot && device.ptz && device.recorder && !device.pictures);
        ck_assert_str_eq(device.name, "d-1");
        ck_assert_str_eq(device.area, "");
        thon_watch_device_done(&device);
}
END_TEST

START_TEST(what_is_not_said_has_its_usual_value)
{
        ck_assert_int_eq(read_form(THON_WATCH_CAMERA, "{\"url\":\"rtsp://localhost\"}"), 0);
        ck_assert_str_eq(device.host, "127.0.0.1"); /* of all names the one that needs no look-up */
        ck_assert_int_eq(device.port, 554);
        ck_assert_int_eq(device.interval_s, 0);
        ck_assert_int_eq(device.power.off_s, 10);
        ck_assert(!device.tls && !device.ptz && !device.recorder && device.pictures && device.power.reboot);
        ck_assert_ptr_null(device.user);
        ck_assert_ptr_null(device.snapshot_url);
        ck_assert_str_eq(device.parent, "");
        thon_watch_device_done(&device);
        ck_assert_int_eq(read_form(THON_WATCH_CAMERA, "{\"url\":\"rtsps://10.0.0.9/\"}"), 0);
        ck_assert_int_eq(device.port, 322);
        thon_watch_device_done(&device);
}
END_TEST

START_TEST(a_switch_has_an_address_and_ports)
{
        ck_assert_int_eq(read_form(THON_WATCH_SWITCH, "{\"address\":\"fd00::1\",\"ports\":[22,443],"
                                                      "\"power\":{\"circuit\":\"nguon-1\"}}"),
                         0);
        ck_assert_str_eq(device.host, "fd00::1");
        ck_assert_uint_eq(device.n_ports, 2);
        ck_assert_int_eq(device.ports[1], 443);
        ck_assert_str_eq(device.power.circuit, "nguon-1");
        ck_assert(!device.power.reboot); /* there is no ONVIF to ask for it */
        thon_watch_device_done(&device);
}
END_TEST

START_TEST(the_mains_is_read_from_a_circuit_or_a_topic)
{
        ck_assert_int_eq(read_form(THON_WATCH_MAINS, "{\"circuit\":\"duong-lang\"}"), 0);
        ck_assert_str_eq(device.mains.circuit, "duong-lang");
        ck_assert_ptr_null(device.mains.topic);
        ck_assert_ptr_null(device.host);
        thon_watch_device_done(&device);
        ck_assert_int_eq(read_form(THON_WATCH_MAINS, "{\"topic\":\"ups/xã/status\",\"member\":\"input.ok\","
                                                     "\"on\":\"true\",\"off\":\"false\"}"),
                         0);
        ck_assert_str_eq(device.mains.topic, "ups/xã/status");
        ck_assert_str_eq(device.mains.member, "input.ok");
        ck_assert_str_eq(device.mains.on, "true");
        thon_watch_device_done(&device);
        ck_assert_int_eq(read_form(THON_WATCH_MAINS, "{\"topic\":\"ups\"}"), 0);
        ck_assert_str_eq(device.mains.on, "ON");
        ck_assert_str_eq(device.mains.off, "OFF");
        ck_assert_ptr_null(device.mains.member);
        thon_watch_device_done(&device);
}
END_TEST

static const struct {
        enum thon_watch_kind kind;
        const char *config, *word;
} wrong[] = {
        {THON_WATCH_CAMERA, "[]", "object"},
        {THON_WATCH_CAMERA, "{}", "\"url\" is missing"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://camera-1.lan/s\"}", "url: must be a numeric address"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9.evil.com/s\"}", "numeric"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.9/s\"}", "numeric"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://010.0.0.9/s\"}", "numeric"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://[10.0.0.9]/s\"}", "numeric"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://[fd00::1/s\"}", "numeric"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://fd00::1/s\"}", "numeric"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://[fe80::1%eth0]/s\"}", "numeric"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://[fd00::1]x/s\"}", "port"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9:/s\"}", "port"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9:0/s\"}", "port"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9:65536/s\"}", "port"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9:5x4/s\"}", "port"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/a b\"}", "address such as"},
        {THON_WATCH_CAMERA, "{\"url\":\"http://10.0.0.9/s\"}", "must begin as rtsp://"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://u:p@10.0.0.9/s\"}", "no part of a configuration"},
        {THON_WATCH_CAMERA, "{\"url\":7}", "address such as"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/s\",\"snapshot_url\":\"rtsp://10.0.0.9/\"}",
         "snapshot_url: must begin as http://"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/s\",\"onvif_url\":\"http://cam.lan/\"}",
         "onvif_url: must be a numeric"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/s\",\"user\":\"a:b\"}", "colon"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/s\",\"user\":\"\"}", "user: must be text"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/s\",\"interval\":0}", "1 to 86400"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/s\",\"power\":{\"off\":2}}", "power.off"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/s\",\"power\":{\"off\":121}}", "3 to 120"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/s\",\"power\":{\"circuit\":\"X\"}}",
         "power.circuit"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/s\",\"power\":{\"gpio\":1}}", "gpio"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/s\",\"parent\":\"d-1\"}", "another device"},
        {THON_WATCH_CAMERA, "{\"url\":\"rtsp://10.0.0.9/s\",\"pictures\":\"no\"}", "true or false"},
        {THON_WATCH_HOST, "{\"address\":\"server.lan\"}", "address: must be a numeric address"},
        {THON_WATCH_HOST, "{\"address\":\"10.0.0.1:80\"}", "numeric"},
        {THON_WATCH_HOST, "{\"address\":\"10.0.0.1\",\"ports\":[80,0]}", "ports[1]"},
        {THON_WATCH_HOST, "{\"address\":\"10.0.0.1\",\"ports\":\"80\"}", "list"},
        {THON_WATCH_HOST, "{\"address\":\"10.0.0.1\",\"url\":\"x\"}", "url"},
        {THON_WATCH_HOST, "{\"address\":\"10.0.0.1\",\"power\":{\"circuit\":\"a\",\"reboot\":true}}",
         "reboot"},
        {THON_WATCH_HOST, "{\"address\":\"10.0.0.1\",\"power\":{}}", "circuit"},
        {THON_WATCH_MAINS, "{}", "either"},
        {THON_WATCH_MAINS, "{\"circuit\":\"a\",\"topic\":\"b\"}", "topic"},
        {THON_WATCH_MAINS, "{\"topic\":\"ups/+/x\"}", "without + and #"},
        {THON_WATCH_MAINS, "{\"topic\":\"$SYS/broker\"}", "own"},
        {THON_WATCH_MAINS, "{\"topic\":\"ups\",\"on\":\"x\",\"off\":\"x\"}", "differ"},
        {THON_WATCH_MAINS, "{\"topic\":\"ups\",\"parent\":\"sw-1\"}", "parent"},
};

START_TEST(what_is_wrong_is_named)
{
        ck_assert_int_eq(read_form(wrong[_i].kind, wrong[_i].config), -EINVAL);
        ck_assert_msg(strstr(error.text, wrong[_i].word), "%s: %s", wrong[_i].config, error.text);
        ck_assert_ptr_null(device.id); /* zeroed: there is nothing to free */
}
END_TEST

START_TEST(more_ports_than_fit_are_refused)
{
        char text[400] = "{\"address\":\"10.0.0.1\",\"ports\":[1";
        for (int i = 0; i < THON_WATCH_PORTS; i++)
                (void)memcpy(text + strlen(text), ",2", 3);
        (void)memcpy(text + strlen(text), "]}", 3);
        ck_assert_int_eq(read_form(THON_WATCH_HOST, text), -EINVAL);
        ck_assert_msg(strstr(error.text, "32"), "%s", error.text);
}
END_TEST

/* ---- what one hangs on ---- */

/* `more` ends the configuration: ",\"load\":...", or nothing. */
static void add_circuit(const char *id, const char *line, const char *more)
{
        char config[300];
        json_t *program = json_pack("{s:s,s:s,s:s,s:[]}", "id", "p", "name", "p", "start", "off", "steps");
        json_t *calendar = json_pack("{s:s,s:s,s:[],s:s}", "id", "c", "name", "c", "rules", "default", "p");
        must_do(thon_light_doc_set(store, THON_DOC_PROGRAM, program, &officer));
        must_do(thon_light_doc_set(store, THON_DOC_CALENDAR, calendar, &officer));
        json_decref(program);
        json_decref(calendar);
        (void)snprintf(config, sizeof config,
                       "{\"calendar\":\"c\",\"relay\":{\"gpio\":{\"chip\":\"sim:r\",\"line\":\"%s\"}}%s}",
                       line, more);
        add(THON_DEVICE, id, "kind", "circuit", "config", config);
}

#define EQUIPMENT ",\"load\":\"equipment\""

static int camera_with(const char *id, const char *members)
{
        char config[300];
        (void)snprintf(config, sizeof config, "{\"url\":\"rtsp://10.0.0.9/s\",%s}", members);
        return try_add(THON_DEVICE, id, "kind", "camera", "config", config, NULL);
}

START_TEST(a_parent_must_be_there_and_be_watched_by_address)
{
        refused(camera_with("c-1", "\"parent\":\"sw-1\""), THON_STORE_INVALID,
                "parent: there is no device \"sw-1\"");
        add(THON_DEVICE, "sw-1", "kind", "tủ mạng", "config", "{\"address\":\"10.0.0.1\"}");
        add(THON_DEVICE, "dien", "kind", "điện lưới", "config", "{\"topic\":\"ups\"}");
        is(THON_DEVICE, "dien", "kind", "\"mains\"");
        add(THON_DEVICE, "loa", "kind", "siren");
        must_do(camera_with("c-1", "\"parent\":\"sw-1\""));
        refused(camera_with("c-2", "\"parent\":\"loa\""), THON_STORE_INVALID, "\"loa\" is a siren");
        refused(camera_with("c-2", "\"parent\":\"dien\""), THON_STORE_INVALID, "\"dien\" is a mains");
        must_do(camera_with("c-2", "\"parent\":\"c-1\"")); /* behind the port of another camera */
}
END_TEST

START_TEST(a_power_circuit_must_be_a_circuit)
{
        add_circuit("nguon-1", "0", EQUIPMENT);
        add(THON_DEVICE, "sw-1", "kind", "switch", "config", "{\"address\":\"10.0.0.1\"}");
        refused(camera_with("c-1", "\"power\":{\"circuit\":\"nguon-2\"}"), THON_STORE_INVALID,
                "power.circuit: there is no device \"nguon-2\"");
        refused(camera_with("c-1", "\"power\":{\"circuit\":\"sw-1\"}"), THON_STORE_INVALID,
                "\"sw-1\" is a switch and no circuit");
        must_do(camera_with("c-1", "\"power\":{\"circuit\":\"nguon-1\"}"));
        refused(try_add(THON_DEVICE, "dien", "kind", "mains", "config", "{\"circuit\":\"c-1\"}", NULL),
                THON_STORE_INVALID, "circuit: \"c-1\" is a camera");
        /* A street light feeds no camera, and tells of no mains unless it has a contact for it. */
        add_circuit("duong", "1", "");
        refused(camera_with("c-2", "\"power\":{\"circuit\":\"duong\"}"), THON_STORE_INVALID, "feeds lamps");
        refused(try_add(THON_DEVICE, "dien", "kind", "mains", "config", "{\"circuit\":\"duong\"}", NULL),
                THON_STORE_INVALID, "without a \"mains\" contact");
        add_circuit("tu-dien", "2", ",\"mains\":{\"gpio\":{\"chip\":\"sim:r\",\"line\":\"9\"}}");
        add(THON_DEVICE, "dien", "kind", "mains", "config", "{\"circuit\":\"tu-dien\"}");
}
END_TEST

START_TEST(what_others_hang_on_does_not_go)
{
        add_circuit("nguon-1", "0", EQUIPMENT);
        add(THON_DEVICE, "sw-1", "kind", "switch", "config", "{\"address\":\"10.0.0.1\"}");
        must_do(camera_with("c-1", "\"parent\":\"sw-1\",\"power\":{\"circuit\":\"nguon-1\"}"));
        refused(thon_registry_remove(store, THON_DEVICE, "sw-1", &officer), THON_STORE_REFERENCED,
                "camera c-1 still refers to");
        refused(thon_registry_remove(store, THON_DEVICE, "nguon-1", &officer), THON_STORE_REFERENCED,
                "camera c-1 still refers to");
        /* Nor does it become something else under them. */
        refused(try_set(THON_DEVICE, "sw-1", "kind", "siren", NULL), THON_STORE_INVALID,
                "parent of device \"c-1\"");
        refused(try_set(THON_DEVICE, "nguon-1", "config",
                        "{\"calendar\":\"c\",\"relay\":{\"gpio\":{\"chip\":\"sim:r\",\"line\":\"0\"}}}",
                        NULL),
                THON_STORE_INVALID, "power.circuit of device \"c-1\"");
        set(THON_DEVICE, "sw-1", "kind", "access-point");
        must_do(thon_registry_remove(store, THON_DEVICE, "c-1", &officer));
        must_do(thon_registry_remove(store, THON_DEVICE, "sw-1", &officer));
}
END_TEST

START_TEST(parents_make_no_circle)
{
        add(THON_DEVICE, "a", "kind", "switch", "config", "{\"address\":\"10.0.0.1\"}");
        add(THON_DEVICE, "b", "kind", "switch", "config", "{\"address\":\"10.0.0.2\",\"parent\":\"a\"}");
        add(THON_DEVICE, "c", "kind", "switch", "config", "{\"address\":\"10.0.0.3\",\"parent\":\"b\"}");
        refused(try_set(THON_DEVICE, "a", "config", "{\"address\":\"10.0.0.1\",\"parent\":\"c\"}", NULL),
                THON_STORE_INVALID, "hangs on itself");
        is(THON_DEVICE, "a", "config", "{\"address\":\"10.0.0.1\"}");
}
END_TEST

static char told[2000];
static void tell_problem(void *userdata, const struct thon_import_problem *problem)
{
        size_t used = strlen(told);
        (void)userdata;
        (void)snprintf(told + used, sizeof told - used, "%u %s: %s\n", problem->line, problem->column,
                       problem->reason);
}

static int import(const char *csv)
{
        struct thon_import_report report = {.tell = tell_problem};
        told[0] = '\0';
        return thon_registry_import(store, THON_DEVICE, csv, strlen(csv), false, &officer, &report);
}

START_TEST(an_import_may_name_what_comes_further_down)
{
        must_do(import("Mã;Loại;Cấu hình\n"
                       "c-1;camera;\"{\"\"url\"\":\"\"rtsp://10.0.0.9/s\"\",\"\"parent\"\":\"\"sw-1\"\"}\"\n"
                       "sw-1;bộ chuyển mạch;\"{\"\"address\"\":\"\"10.0.0.1\"\"}\"\n"
                       "dien-1;Nguồn điện lưới;\"{\"\"topic\"\":\"\"ups\"\"}\"\n"));
        is(THON_DEVICE, "dien-1", "kind", "\"mains\"");
        ck_assert_int_eq(
                import("id;kind;config\n"
                       "c-2;camera;\"{\"\"url\"\":\"\"rtsp://10.0.0.9/s\"\",\"\"parent\"\":\"\"sw-9\"\"}\"\n"
                       "x;switch;\"{\"\"address\"\":\"\"10.0.0.1\"\",\"\"parent\"\":\"\"y\"\"}\"\n"
                       "y;switch;\"{\"\"address\"\":\"\"10.0.0.1\"\",\"\"parent\"\":\"\"x\"\"}\"\n"),
                THON_STORE_INVALID);
        ck_assert_msg(strstr(told, "2 config: parent: there is no device \"sw-9\""), "%s", told);
        ck_assert_int_eq(
                import("id;kind;config\n"
                       "x;switch;\"{\"\"address\"\":\"\"10.0.0.1\"\",\"\"parent\"\":\"\"y\"\"}\"\n"
                       "y;switch;\"{\"\"address\"\":\"\"10.0.0.1\"\",\"\"parent\"\":\"\"x\"\"}\"\n"),
                THON_STORE_INVALID);
        ck_assert_msg(strstr(told, "2 config: parent: by its parents") && strstr(told, "3 config: parent"),
                      "%s", told);
        ck_assert_str_eq(ids(THON_DEVICE, NULL, NULL), "c-1 dien-1 sw-1");
}
END_TEST

/* ---- all of them ---- */

static void tell_device(void *userdata, const char *id, const char *problem)
{
        size_t used = strlen(told);
        (void)userdata;
        (void)snprintf(told + used, sizeof told - used, "%s: %s\n", id, problem);
}

START_TEST(all_watched_devices_come_in_order_and_a_broken_one_is_told)
{
        struct thon_watch_device *devices = NULL;
        size_t n = 0;

        add(THON_DEVICE, "sw-1", "kind", "switch", "area", "chi-phuc", "name", "Tủ mạng thôn", "config",
            "{\"address\":\"10.0.0.1\"}");
        add(THON_DEVICE, "c-1", "kind", "camera", "config", CAMERA);
        add(THON_DEVICE, "loa", "kind", "siren");
        add(THON_DEVICE, "c-0", "kind", "camera", "config", CAMERA);
        must_do(thon_sql_exec(store, "UPDATE device SET config = '{\"url\":\"rtsp://old.name/s\"}'"
                                     " WHERE id = 'c-0'"));
        told[0] = '\0';
        must_do(thon_watch_devices_load(store, &devices, &n, tell_device, NULL));
        ck_assert_uint_eq(n, 2);
        ck_assert_str_eq(devices[0].id, "c-1");
        ck_assert_int_eq(devices[0].kind, THON_WATCH_CAMERA);
        ck_assert_str_eq(devices[1].id, "sw-1");
        ck_assert_str_eq(devices[1].name, "Tủ mạng thôn");
        ck_assert_str_eq(devices[1].area, "chi-phuc");
        ck_assert_msg(strncmp(told, "c-0: url: must be a numeric address", 35) == 0, "%s", told);
        thon_watch_devices_free(devices, n);
        must_do(thon_watch_devices_load(store, &devices, &n, NULL, NULL)); /* nobody to tell */
        thon_watch_devices_free(devices, n);
}
END_TEST

START_TEST(an_area_is_itself_and_all_below_it)
{
        char **areas = NULL;
        size_t n = 0;

        must_do(thon_area_below(store, "chi-phuc", &areas, &n));
        ck_assert_uint_eq(n, 2);
        ck_assert_str_eq(areas[0], "chi-phuc");
        ck_assert_str_eq(areas[1], "ngo-dong");
        ck_assert_ptr_null(areas[2]);
        for (size_t i = 0; i < n; i++)
                free(areas[i]);
        free(areas);
        must_do(thon_area_below(store, "khong-con", &areas, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_str_eq(areas[0], "khong-con");
        free(areas[0]);
        free(areas);
}
END_TEST

/* ---- passwords ---- */

static int64_t serial_of(const char *id, const char *want)
{
        char *password = NULL;
        int64_t serial = -1;

        must_do(thon_device_secret_get(store, id, &password, &serial));
        if (want)
                ck_assert_str_eq(password, want);
        else
                ck_assert_ptr_null(password);
        thon_secret_free(password);
        return serial;
}

START_TEST(a_password_is_kept_and_told_to_nobody)
{
        int64_t generation, after;
        char *csv = NULL;
        size_t size;

        add(THON_DEVICE, "c-1", "kind", "camera", "config", CAMERA);
        must_do(thon_registry_generation(store, &generation));
        ck_assert_int_eq(serial_of("c-1", NULL), 0);
        must_do(thon_device_secret_set(store, "c-1", "mật khẩu: 7'; --", &officer));
        int64_t first = serial_of("c-1", "mật khẩu: 7'; --");
        ck_assert_int_gt(first, 0);
        must_do(thon_registry_generation(store, &after));
        ck_assert_int_gt(after, generation);
        ck_assert_str_eq(last_audit(), "officer device.secret c-1 {\"set\":true}");
        must_do(thon_registry_export(store, THON_DEVICE, &csv, &size));
        ck_assert_ptr_null(strstr(csv, "kh\xe1\xba\xa9u"));
        free(csv);
        /* Another one, or none and the first again: never the same serial. */
        must_do(thon_device_secret_set(store, "c-1", "b", &officer));
        int64_t second = serial_of("c-1", "b");
        ck_assert_int_ne(second, first);
        must_do(thon_device_secret_set(store, "c-1", NULL, &officer));
        ck_assert_str_eq(last_audit(), "officer device.secret c-1 {\"set\":false}");
        ck_assert_int_eq(serial_of("c-1", NULL), 0);
        int64_t rows = audits();
        must_do(thon_device_secret_set(store, "c-1", NULL, &officer)); /* there is none: nothing happens */
        ck_assert_int_eq(audits(), rows);
        must_do(thon_device_secret_set(store, "c-1", "b", &officer));
        int64_t third = serial_of("c-1", "b");
        ck_assert(third != first && third != second);
        /* It goes with its device. */
        must_do(thon_registry_remove(store, THON_DEVICE, "c-1", &officer));
        ck_assert_int_eq(integer(store, "SELECT count(*) FROM device_secret"), 0);
}
END_TEST

START_TEST(what_is_no_password_is_refused)
{
        char longest[257];

        add(THON_DEVICE, "c-1", "kind", "camera", "config", CAMERA);
        memset(longest, 'x', 256);
        longest[256] = '\0';
        refused(thon_device_secret_set(store, "c-1", longest, &officer), THON_STORE_INVALID, "255");
        refused(thon_device_secret_set(store, "c-1", "", &officer), THON_STORE_INVALID, "255");
        refused(thon_device_secret_set(store, "c-1", "a\nb", &officer), THON_STORE_INVALID, "printable");
        refused(thon_device_secret_set(store, "c-1", "a\xff", &officer), THON_STORE_INVALID, "printable");
        refused(thon_device_secret_set(store, "c-9", "a", &officer), THON_STORE_NOT_FOUND, "no device c-9");
        longest[255] = '\0';
        must_do(thon_device_secret_set(store, "c-1", longest, &officer));
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("camera_form");
        TCase *tc = tcase_create("form");

        tcase_add_checked_fixture(tc, make, store_drop);
        tcase_set_timeout(tc, 30);
        tcase_add_test(tc, a_camera_says_all_that_it_has);
        tcase_add_test(tc, what_is_not_said_has_its_usual_value);
        tcase_add_test(tc, a_switch_has_an_address_and_ports);
        tcase_add_test(tc, the_mains_is_read_from_a_circuit_or_a_topic);
        tcase_add_loop_test(tc, what_is_wrong_is_named, 0, sizeof wrong / sizeof *wrong);
        tcase_add_test(tc, more_ports_than_fit_are_refused);
        tcase_add_test(tc, a_parent_must_be_there_and_be_watched_by_address);
        tcase_add_test(tc, a_power_circuit_must_be_a_circuit);
        tcase_add_test(tc, what_others_hang_on_does_not_go);
        tcase_add_test(tc, parents_make_no_circle);
        tcase_add_test(tc, an_import_may_name_what_comes_further_down);
        tcase_add_test(tc, all_watched_devices_come_in_order_and_a_broken_one_is_told);
        tcase_add_test(tc, an_area_is_itself_and_all_below_it);
        tcase_add_test(tc, a_password_is_kept_and_told_to_nobody);
        tcase_add_test(tc, what_is_no_password_is_refused);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}
