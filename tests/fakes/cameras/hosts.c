/* Who there is, and what reaches whom. A host is silent when it has no power, boots, is told to be, or hangs on a switch of
 * which one of these is true: looked at afresh after every change, so that cuts within cuts end in any order. */
#include "farm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOSTS_MAX 20000

const char *const count_names[COUNTS] = {
        "connections", "requests",    "options", "describe",     "setup",        "play",  "teardown",
        "lost",        "no_session",  "logins",  "wrong_logins", "stale",        "basic", "snapshots",
        "onvif",       "onvif_wrong", "probes",  "reboots",      "power_cycles", "rtp",   "bad"};

void host_count(struct host *host, enum count count)
{
        host->counts[count]++;
        host->farm->counts[count]++;
        if (!TAILQ_EMPTY(&host->farm->waiters))
                control_look(host->farm);
}

int64_t host_clock(const struct host *host)
{
        return thon_clock_wall(host->farm->clock).s + host->settings.skew_s;
}

bool host_does(const struct host *host, enum service service, enum mode mode)
{
        return host->settings.mode == (int)mode &&
               (host->settings.scope == SCOPE_BOTH ||
                host->settings.scope == (service == SERVICE_RTSP ? SCOPE_RTSP : SCOPE_HTTP));
}

/* ---- reach ---- */

static bool is_silent(const struct host *host)
{
        const struct host *above;

        if (!host->power || host->booting || !host->up ||
            (host->settings.mode == MODE_SILENT && host->settings.scope == SCOPE_BOTH))
                return true;
        for (above = host->parent; above; above = above->parent)
                if (!above->up || !above->members || !above->power || above->booting)
                        return true;
        return false;
}

static void look(struct host *host)
{
        bool silent = is_silent(host), was = host->silent;
        struct conn *conn, *next;
        size_t i;

        host->silent = silent;
        for (i = 0; i < host->n_listeners; i++) {
                struct listener *listener = &host->listeners[i];

                if (host_does(host, listener->service, MODE_REFUSED) && !silent) {
                        listener_close(listener);
                        continue;
                }
                if (listener->watch.fd < 0 && listener_open(listener) < 0)
                        continue; /* taken meanwhile: it stays refused, which tests see */
                listener_silence(listener,
                                 !host->farm->blackhole &&
                                         (silent || host_does(host, listener->service, MODE_SILENT)));
        }
        if (silent == was)
                return;
        if (host->farm->blackhole && host->address.s_addr)
                (void)route_blackhole(host->address, silent);
        for (conn = TAILQ_FIRST(&host->conns); conn; conn = next) {
                next = TAILQ_NEXT(conn, entries);
                conn_freeze(conn, silent);
        }
}

void hosts_look(struct farm *farm)
{
        size_t i;

        for (i = 0; i < farm->n_hosts; i++)
                look(farm->hosts[i]);
}

/* ---- power ---- */

static void hang_up(struct host *host)
{
        /* Sessions first: it is not the client that loses them. */
        while (!TAILQ_EMPTY(&host->sessions))
                session_free(TAILQ_FIRST(&host->sessions));
        while (!TAILQ_EMPTY(&host->conns))
                conn_end(TAILQ_FIRST(&host->conns), true);
}

static void booted(struct timer *timer)
{
        struct host *host = container(timer, struct host, boot);

        host->booting = false;
        hang_up(host); /* it knows nothing of what was before */
        look(host);
}

static void boot(struct host *host)
{
        host->booting = true;
        host->boots++;
        host->locked = false;
        host->wrong_in_a_row = 0;
        if (host->settings.boot_s == 0 ||
            timer_set(&host->farm->loop, &host->boot, (uint64_t)host->settings.boot_s * 1000000) < 0)
                booted(&host->boot);
        hosts_look(host->farm);
}

static void heal(struct host *host)
{
        host->settings.mode = MODE_OK;
        host->settings.picture = PICTURE_OK;
}

void host_reboot(struct host *host)
{
        host_count(host, N_REBOOTS);
        if (host->settings.healed_by == HEALED_REBOOT)
                heal(host);
        boot(host);
}

void host_power(struct host *host, bool on)
{
        if (host->power == on)
                return;
        host->power = on;
        if (!on) {
                timer_stop(&host->farm->loop, &host->boot);
                host->booting = false;
                hosts_look(host->farm);
                return;
        }
        host_count(host, N_POWER_CYCLES);
        if (host->settings.healed_by != HEALED_NEVER)
                heal(host);
        boot(host);
}

void host_reset(struct host *host)
{
        timer_stop(&host->farm->loop, &host->boot);
        host->booting = false;
        host->power = host->up = host->members = true;
        host->locked = false;
        host->wrong_in_a_row = 0;
        host->settings = host->first;
        host->dice = (uint64_t)host->settings.seed;
        host->ha1_md5[0] = host->ha1_sha256[0] = '\0';
        hang_up(host);
        memset(host->counts, 0, sizeof(host->counts));
        host->most_open = host->most_sessions = 0;
}

bool host_set(struct host *host, const json_t *doc, const char *const *also, struct thon_json_error *error)
{
        struct settings before = host->settings;

        if (!settings_read(&host->settings, doc, also, error))
                return false;
        host->ha1_md5[0] = host->ha1_sha256[0] = '\0';
        if (before.seed != host->settings.seed || before.mode != host->settings.mode)
                host->dice = (uint64_t)host->settings.seed;
        if (before.picture != host->settings.picture)
                host->picture_since = host_clock(host);
        return true;
}

/* ---- the scene ---- */

static struct host *host_free(struct host *host)
{
        size_t i;

        if (!host)
                return NULL;
        hang_up(host);
        timer_stop(&host->farm->loop, &host->boot);
        if (host->silent && host->farm->blackhole && host->address.s_addr)
                (void)route_blackhole(host->address, false);
        for (i = 0; i < host->n_listeners; i++)
                listener_close(&host->listeners[i]);
        free(host->listeners);
        free(host->id);
        free(host);
        return NULL;
}

void hosts_free(struct farm *farm)
{
        while (farm->n_hosts > 0)
                host_free(farm->hosts[--farm->n_hosts]);
        free(farm->hosts);
        farm->hosts = NULL;
        json_decref(farm->index);
        farm->index = NULL;
}

struct host *hosts_find(struct farm *farm, const char *id)
{
        const json_t *place = id ? json_object_get(farm->index, id) : NULL;

        return place ? farm->hosts[json_integer_value(place)] : NULL;
}

struct host *hosts_at(struct farm *farm, struct in_addr address)
{
        char text[INET_ADDRSTRLEN];

        return inet_ntop(AF_INET, &address, text, sizeof(text)) ? hosts_find(farm, text) : NULL;
}

static bool listen_on(struct host *host, enum service service, int64_t port, struct thon_json_error *error)
{
        struct listener *listener = &host->listeners[host->n_listeners];
        int r;

        if (port == 0)
                return true;
        if (port < 0 || port > 65535) {
                thon_json_fail(error, host->id, "no port: %lld", (long long)port);
                return false;
        }
        *listener = (struct listener){
                .watch.fd = -1, .host = host, .service = service, .port = (uint16_t)port, .plug = -1};
        r = listener_open(listener);
        if (r < 0) {
                thon_json_fail(error, host->id, "port %lld: %s", (long long)port, strerror(-r));
                return false;
        }
        host->n_listeners++;
        return true;
}

static int64_t port_of(const json_t *doc, const char *member, int64_t def)
{
        const json_t *port = json_object_get(doc, member);

        return port ? json_integer_value(port) : def;
}

static bool listen_all(struct host *host, const json_t *doc, struct thon_json_error *error)
{
        const json_t *ports = json_object_get(doc, "ports");
        size_t i, n = host->camera ? 2 : json_array_size(ports);

        if (!host->address.s_addr)
                return true;
        host->listeners = calloc(n + 1, sizeof(*host->listeners));
        if (!host->listeners) {
                thon_json_fail(error, host->id, "out of memory");
                return false;
        }
        if (host->camera)
                return listen_on(host, SERVICE_RTSP, port_of(doc, "rtsp_port", host->farm->rtsp_port),
                                 error) &&
                       listen_on(host, SERVICE_HTTP, port_of(doc, "http_port", host->farm->http_port),
                                 error);
        for (i = 0; i < n; i++)
                if (!listen_on(host, SERVICE_PLAIN, json_integer_value(json_array_get(ports, i)), error))
                        return false;
        return true;
}

/* What is not told follows from the address, so that every camera has its own. */
static void name(struct host *host)
{
        struct settings *s = &host->settings;
        const unsigned char *a = (const unsigned char *)&host->address;

        if (s->mac[0] == '\0')
                (void)snprintf(s->mac, sizeof(s->mac), "02:54:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3]);
        if (s->endpoint[0] == '\0')
                (void)snprintf(s->endpoint, sizeof(s->endpoint),
                               "urn:uuid:7468306e-0000-4000-8000-0254%02x%02x%02x%02x", a[0], a[1], a[2],
                               a[3]);
        if (s->name[0] == '\0')
                (void)snprintf(s->name, sizeof(s->name), "%s", host->id);
}

static bool is_new(struct farm *farm, const char *id, struct in_addr address, struct thon_json_error *error)
{
        if (!hosts_find(farm, id) && !(address.s_addr && hosts_at(farm, address)))
                return true;
        thon_json_fail(error, id, "there is one with this id or address");
        return false;
}

static bool keep(struct farm *farm, struct host *host, struct thon_json_error *error)
{
        char address[INET_ADDRSTRLEN] = "";
        struct host **hosts = reallocarray(farm->hosts, farm->n_hosts + 1, sizeof(struct host *));

        if (hosts)
                farm->hosts = hosts;
        if (host->address.s_addr)
                (void)inet_ntop(AF_INET, &host->address, address, sizeof(address));
        if (!hosts || farm->n_hosts == HOSTS_MAX ||
            json_object_set_new(farm->index, host->id, json_integer((json_int_t)farm->n_hosts)) < 0 ||
            (address[0] &&
             json_object_set_new(farm->index, address, json_integer((json_int_t)farm->n_hosts)) < 0)) {
                (void)json_object_del(farm->index, host->id);
                thon_json_fail(error, host->id, "too many, or out of memory");
                return false;
        }
        farm->hosts[farm->n_hosts++] = host;
        return true;
}

static bool add(struct farm *farm, bool camera, const char *id, struct in_addr address, const json_t *doc,
                const struct settings *defaults, struct thon_json_error *error)
{
        static const char *const of_camera[] = {"id",    "address", "switch", "rtsp_port", "http_port",
                                                "first", "count",   "prefix", NULL};
        static const char *const of_switch[] = {"id", "address", "parent", "ports", NULL};
        const char *parent = json_string_value(json_object_get(doc, camera ? "switch" : "parent"));
        struct host *host;

        if (!is_new(farm, id, address, error))
                return false;
        host = calloc(1, sizeof(*host));
        if (!host || !(host->id = strdup(id))) {
                free(host);
                thon_json_fail(error, id, "out of memory");
                return false;
        }
        host->farm = farm;
        host->camera = camera;
        host->address = address;
        host->power = host->up = host->members = true;
        host->settings = *defaults;
        TAILQ_INIT(&host->conns);
        TAILQ_INIT(&host->sessions);
        host->boot.fn = booted;
        host->parent = hosts_find(farm, parent);
        if (parent && !host->parent)
                thon_json_fail(error, id, "no such switch: %s", parent);
        else if (host_set(host, doc, camera ? of_camera : of_switch, error)) {
                name(host);
                host->first = host->settings;
                host->dice = (uint64_t)host->settings.seed;
                if (listen_all(host, doc, error) && keep(farm, host, error))
                        return true;
        }
        host_free(host);
        return false;
}

static bool add_one(struct farm *farm, bool camera, const json_t *doc, const struct settings *defaults,
                    struct thon_json_error *error)
{
        const char *id = json_string_value(json_object_get(doc, "id")),
                   *address = json_string_value(json_object_get(doc, "address"));
        struct in_addr at = {0};

        if (!id || (camera && !address) || (address && inet_pton(AF_INET, address, &at) != 1)) {
                thon_json_fail(error, id ? id : "", "wants an id and an address");
                return false;
        }
        return add(farm, camera, id, at, doc, defaults, error);
}

static bool add_range(struct farm *farm, const json_t *doc, const struct settings *defaults,
                      struct thon_json_error *error)
{
        const char *first = json_string_value(json_object_get(doc, "first")),
                   *prefix = json_string_value(json_object_get(doc, "prefix"));
        json_int_t count = json_integer_value(json_object_get(doc, "count")), i;
        struct in_addr at;

        if (!first || !prefix || inet_pton(AF_INET, first, &at) != 1 || count < 1 || count > HOSTS_MAX) {
                thon_json_fail(error, "ranges", "wants prefix, first (an address) and count");
                return false;
        }
        for (i = 0; i < count; i++) {
                char id[128];
                struct in_addr address = {htonl(ntohl(at.s_addr) + (uint32_t)i)};

                (void)snprintf(id, sizeof(id), "%s%lld", prefix, (long long)i + 1);
                if (!add(farm, true, id, address, doc, defaults, error))
                        return false;
        }
        return true;
}

bool hosts_add(struct farm *farm, const json_t *scene, struct thon_json_error *error)
{
        static const char *const members[] = {"rtsp_port", "http_port", "discovery_port", "defaults",
                                              "switches",  "cameras",   "ranges",         NULL};
        const json_t *list, *defaults = json_object_get(scene, "defaults");
        struct settings base = settings_default;
        size_t i;

        if (!thon_json_only(scene, "", members, error) ||
            (defaults && !settings_read(&base, defaults, NULL, error)))
                return false;
        farm->rtsp_port = (uint16_t)port_of(scene, "rtsp_port", farm->rtsp_port);
        farm->http_port = (uint16_t)port_of(scene, "http_port", farm->http_port);
        farm->discovery_port = (uint16_t)port_of(scene, "discovery_port", farm->discovery_port);
        list = json_object_get(scene, "switches");
        for (i = 0; i < json_array_size(list); i++)
                if (!add_one(farm, false, json_array_get(list, i), &base, error))
                        return false;
        list = json_object_get(scene, "cameras");
        for (i = 0; i < json_array_size(list); i++)
                if (!add_one(farm, true, json_array_get(list, i), &base, error))
                        return false;
        list = json_object_get(scene, "ranges");
        for (i = 0; i < json_array_size(list); i++)
                if (!add_range(farm, json_array_get(list, i), &base, error))
                        return false;
        hosts_look(farm);
        return true;
}

uint16_t host_port(const struct host *host, enum service service)
{
        size_t i;

        for (i = 0; i < host->n_listeners; i++)
                if (host->listeners[i].service == service)
                        return host->listeners[i].port;
        return 0;
}

json_t *host_json(const struct host *host)
{
        char address[INET_ADDRSTRLEN] = "";
        json_t *counts = json_object();
        unsigned i;

        if (host->address.s_addr)
                (void)inet_ntop(AF_INET, &host->address, address, sizeof(address));
        for (i = 0; i < COUNTS; i++)
                (void)json_object_set_new(counts, count_names[i], json_integer((json_int_t)host->counts[i]));
        return json_pack("{s:s, s:s, s:b, s:s?, s:b, s:b, s:b, s:b, s:b, s:b, s:i, s:i, s:i, s:i, s:o, s:o}",
                         "id", host->id, "address", address, "camera", host->camera, "switch",
                         host->parent ? host->parent->id : NULL, "up", host->up, "members", host->members,
                         "power", host->power, "booting", host->booting, "silent", host->silent, "locked",
                         host->locked, "open", (int)host->open, "most_open", (int)host->most_open,
                         "sessions", (int)host->n_sessions, "most_sessions", (int)host->most_sessions,
                         "counts", counts, "settings", settings_json(&host->settings));
}
