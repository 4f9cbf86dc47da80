/* Notices submitted as programs do it: notify/submit with a Response Topic, many under way, each answered when it is on
 * the disk. A client written in C, since one that is slower than the daemon would measure itself.
 *
 * The notices are counted by their answers, each of which must say "ok" and bear the correlation of a notice that had none
 * yet. What one alone waits is measured afterwards, one after the other.
 *
 * usage: bench_accept PORT ROOT NOTICES WINDOW HOUSEHOLDS ALONE; recipients are household:H0, H1, ... */
#include <mosquitto.h>
#include <mqtt_protocol.h>

#include "bench.h"

#define DEADLINE_S 60.0

struct client {
        struct mosquitto *session;
        char topic[160], reply[160];
        size_t households;
        bool listening;
        double *asked, *waited; /* by number of the notice; waited < 0: no answer yet */
        size_t n, sent, answered;
};

static void on_connect(struct mosquitto *session, void *userdata, int rc, int flags,
                       const mosquitto_property *props)
{
        struct client *c = userdata;

        (void)flags;
        (void)props;
        if (rc != 0)
                bench_die("the broker refuses us: %d", rc);
        (void)mosquitto_subscribe(session, NULL, c->reply, 1);
}

static void on_subscribe(struct mosquitto *session, void *userdata, int mid, int n, const int *granted)
{
        struct client *c = userdata;

        (void)session;
        (void)mid;
        (void)n;
        (void)granted;
        c->listening = true;
}

static void on_message(struct mosquitto *session, void *userdata, const struct mosquitto_message *m,
                       const mosquitto_property *props)
{
        struct client *c = userdata;
        void *data = NULL;
        uint16_t size = 0;
        uint32_t number;
        double now = bench_now();

        (void)session;
        if (!mosquitto_property_read_binary(props, MQTT_PROP_CORRELATION_DATA, &data, &size, false) ||
            size != sizeof(number))
                bench_die("an answer without our correlation");
        memcpy(&number, data, sizeof(number));
        free(data);
        if (number >= c->sent || c->waited[number] >= 0)
                bench_die("an answer to nothing that was asked");
        if (!strstr(m->payload, "\"ok\":true"))
                bench_die("refused: %.*s", m->payloadlen, (const char *)m->payload);
        c->waited[number] = now - c->asked[number];
        c->answered++;
}

static void submit(struct client *c)
{
        mosquitto_property *props = NULL;
        uint32_t number = (uint32_t)c->sent;
        char payload[256];

        (void)snprintf(payload, sizeof(payload),
                       "{\"to\":[\"household:H%zu\"],\"class\":\"normal\",\"by\":\"bench\",\"text\":"
                       "\"Mai 7 giờ tiêm phòng tại nhà văn hóa thôn, phiếu số %06u.\"}",
                       c->sent % c->households, number);
        if (mosquitto_property_add_string(&props, MQTT_PROP_RESPONSE_TOPIC, c->reply) != 0 ||
            mosquitto_property_add_binary(&props, MQTT_PROP_CORRELATION_DATA, &number, sizeof(number)) != 0)
                bench_die("out of memory");
        c->waited[number] = -1;
        c->sent++;
        c->asked[number] = bench_now();
        int rc = mosquitto_publish_v5(c->session, NULL, c->topic, (int)strlen(payload), payload, 1, false,
                                      props);
        mosquitto_property_free_all(&props);
        if (rc != MOSQ_ERR_SUCCESS)
                bench_die("%s: %s", c->topic, mosquitto_strerror(rc));
}

/* Up to `n` of them, `window` under way; seconds. */
static double run(struct client *c, size_t n, size_t window)
{
        double began = bench_now(), deadline = began + DEADLINE_S;

        while (c->answered < n) {
                while (c->sent < n && c->sent - c->answered < window)
                        submit(c);
                int rc = mosquitto_loop(c->session, 100, 1);
                if (rc != MOSQ_ERR_SUCCESS)
                        bench_die("the broker: %s", mosquitto_strerror(rc));
                if (bench_now() > deadline)
                        bench_die("%zu answers to %zu notices within %.0f s", c->answered, c->sent,
                                  DEADLINE_S);
        }
        return bench_now() - began;
}

int main(int argc, char **argv)
{
        struct client c = {.session = NULL};
        char text[300];

        if (argc != 7)
                bench_die("usage: bench_accept PORT ROOT NOTICES WINDOW HOUSEHOLDS ALONE");
        size_t many = strtoul(argv[3], NULL, 10), window = strtoul(argv[4], NULL, 10),
               alone = strtoul(argv[6], NULL, 10);
        c.households = strtoul(argv[5], NULL, 10);
        c.asked = calloc(many + alone, sizeof(*c.asked));
        c.waited = calloc(many + alone, sizeof(*c.waited));
        if (many < 1 || window < 1 || alone < 1 || c.households < 1 || !c.asked || !c.waited)
                bench_die("nothing to measure");
        (void)snprintf(c.topic, sizeof(c.topic), "%snotify/submit", argv[2]);
        (void)snprintf(c.reply, sizeof(c.reply), "%sreply/bench", argv[2]);

        (void)mosquitto_lib_init();
        c.session = mosquitto_new("bench-accept", true, &c);
        if (!c.session ||
            mosquitto_int_option(c.session, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5) != 0 ||
            mosquitto_int_option(c.session, MOSQ_OPT_TCP_NODELAY, 1) != 0)
                bench_die("no client");
        mosquitto_connect_v5_callback_set(c.session, on_connect);
        mosquitto_subscribe_callback_set(c.session, on_subscribe);
        mosquitto_message_v5_callback_set(c.session, on_message);
        if (mosquitto_connect(c.session, "127.0.0.1", (int)strtol(argv[1], NULL, 10), 60) != 0)
                bench_die("no broker at port %s", argv[1]);
        double deadline = bench_now() + DEADLINE_S;
        while (!c.listening)
                if (mosquitto_loop(c.session, 100, 1) != MOSQ_ERR_SUCCESS || bench_now() > deadline)
                        bench_die("no subscription");

        double seconds = run(&c, many, window);
        (void)run(&c, many + alone, 1);
        mosquitto_destroy(c.session);
        (void)mosquitto_lib_cleanup();

        (void)snprintf(text, sizeof(text),
                       "n=%zu notices of one recipient each, %zu under way, from the first publish to the "
                       "last answer; accept_alone: one after the other, n=%zu",
                       many, window, alone);
        bench_method(text);
        bench_figure("relay.accept", (double)many / seconds, "notices/s");
        bench_figure("relay.accept_p50", bench_quantile(c.waited, many, 0.50) * 1e3, "ms");
        bench_figure("relay.accept_p99", bench_quantile(c.waited, many, 0.99) * 1e3, "ms");
        bench_figure("relay.accept_alone_p50", bench_quantile(c.waited + many, alone, 0.50) * 1e3, "ms");
        bench_figure("relay.accept_alone_p99", bench_quantile(c.waited + many, alone, 0.99) * 1e3, "ms");
        free(c.asked);
        free(c.waited);
        return 0;
}
