/* From a command to the edge of a relay, as somebody who orders light lives it: a client of the broker publishes, the
 * daemon drives the line. Both stamps are of CLOCK_MONOTONIC: ours before the publish, the simulated line's own when it
 * was driven ($THON_GPIO_SIM_LOG), so that nothing of our waking up is counted.
 *
 * Beside each command one message of the same size goes to the broker and back to us, on the same connection: the part
 * that is the broker's and the loopback's.
 *
 * The commands come in rounds, and the p99 told is the median of the rounds' p99: a single stall of the machine then does
 * not decide it, and a slow path cannot hide. The worst of all is told too.
 *
 * usage: bench_edge PORT ROOT GPIO-DIR CIRCUITS COMMANDS; the circuits are c-0, c-1, ... on the lines of those numbers of
 * the chip "relays", all of them off. */
#include <mosquitto.h>
#include <mqtt_protocol.h>

#include "bench.h"

#define DEADLINE_S 10.0
#define ROUNDS     5

struct client {
        struct mosquitto *session;
        char reply[160], echo[160];
        int subscribed;
        bool listening, replied, echoed, refused;
        double replied_at, echoed_at;
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
        (void)mosquitto_subscribe(session, NULL, c->echo, 1);
}

static void on_subscribe(struct mosquitto *session, void *userdata, int mid, int n, const int *granted)
{
        struct client *c = userdata;

        (void)session;
        (void)mid;
        (void)n;
        (void)granted;
        c->listening = ++c->subscribed == 2;
}

static void on_message(struct mosquitto *session, void *userdata, const struct mosquitto_message *m)
{
        struct client *c = userdata;

        (void)session;
        if (strcmp(m->topic, c->echo) == 0) {
                c->echoed = true;
                c->echoed_at = bench_now();
        } else {
                c->replied = true;
                c->replied_at = bench_now();
                c->refused = !strstr(m->payload, "\"ok\":true");
        }
}

static void wait_for(struct client *c, const bool *done, const char *what)
{
        double deadline = bench_now() + DEADLINE_S;

        while (!*done) {
                int rc = mosquitto_loop(c->session, 100, 1);
                if (rc != MOSQ_ERR_SUCCESS)
                        bench_die("%s: %s", what, mosquitto_strerror(rc));
                if (bench_now() > deadline)
                        bench_die("no %s within %.0f s", what, DEADLINE_S);
        }
}

static double publish(struct client *c, const char *topic, const char *payload, bool ask)
{
        mosquitto_property *props = NULL;
        double at;

        if (ask && (mosquitto_property_add_string(&props, MQTT_PROP_RESPONSE_TOPIC, c->reply) != 0 ||
                    mosquitto_property_add_binary(&props, MQTT_PROP_CORRELATION_DATA, "1", 1) != 0))
                bench_die("out of memory");
        at = bench_now();
        int rc = mosquitto_publish_v5(c->session, NULL, topic, (int)strlen(payload), payload, 1, false,
                                      props);
        mosquitto_property_free_all(&props);
        if (rc != MOSQ_ERR_SUCCESS)
                bench_die("%s: %s", topic, mosquitto_strerror(rc));
        return at;
}

/* The stamp of the last edge of a line, in seconds; it must be to that level. */
static double last_edge(const char *gpio, int line, bool on)
{
        char path[512], text[64];
        unsigned long long us;
        int level;
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/relays/%d/log", gpio, line);
        f = fopen(path, "re");
        if (!f || fseek(f, 0, SEEK_END) < 0)
                bench_die("%s cannot be read", path);
        long size = ftell(f), tail = size < (long)sizeof(text) - 1 ? size : (long)sizeof(text) - 1;
        if (tail <= 0 || fseek(f, -tail, SEEK_END) < 0 || fread(text, 1, (size_t)tail, f) != (size_t)tail)
                bench_die("%s: no edge", path);
        text[tail] = '\0';
        (void)fclose(f);
        text[tail - 1] = '\0'; /* the last newline */
        const char *start = strrchr(text, '\n');
        if (sscanf(start ? start + 1 : text, "%llu %d", &us, &level) != 2 || level != on)
                bench_die("%s: the last edge is not to %d", path, on);
        return (double)us / 1e6;
}

static double rounds_p99(double *values, size_t n)
{
        double p99[ROUNDS];

        for (size_t i = 0; i < ROUNDS; i++)
                p99[i] =
                        bench_quantile(values + n * i / ROUNDS, n * (i + 1) / ROUNDS - n * i / ROUNDS, 0.99);
        return bench_quantile(p99, ROUNDS, 0.5);
}

int main(int argc, char **argv)
{
        struct client c = {.session = NULL};
        char topic[160], payload[128], text[256];

        if (argc != 6)
                bench_die("usage: bench_edge PORT ROOT GPIO-DIR CIRCUITS COMMANDS");
        const char *root = argv[2], *gpio = argv[3];
        int circuits = (int)strtol(argv[4], NULL, 10);
        size_t n = strtoul(argv[5], NULL, 10);
        double *edges = calloc(n, sizeof(*edges)), *answers = calloc(n, sizeof(*answers)),
               *echoes = calloc(n, sizeof(*echoes));
        if (circuits < 1 || n < 100 * ROUNDS || !edges || !answers || !echoes)
                bench_die("nothing to measure");
        (void)snprintf(c.reply, sizeof(c.reply), "%sreply/bench", root);
        (void)snprintf(c.echo, sizeof(c.echo), "%sreply/bench-echo", root);

        (void)mosquitto_lib_init();
        c.session = mosquitto_new("bench-edge", true, &c);
        if (!c.session ||
            mosquitto_int_option(c.session, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5) != 0 ||
            mosquitto_int_option(c.session, MOSQ_OPT_TCP_NODELAY, 1) != 0)
                bench_die("no client");
        mosquitto_connect_v5_callback_set(c.session, on_connect);
        mosquitto_subscribe_callback_set(c.session, on_subscribe);
        mosquitto_message_callback_set(c.session, on_message);
        if (mosquitto_connect(c.session, "127.0.0.1", (int)strtol(argv[1], NULL, 10), 60) != 0)
                bench_die("no broker at port %s", argv[1]);
        wait_for(&c, &c.listening, "subscription");

        for (size_t i = 0; i < n; i++) {
                int line = (int)(i % (size_t)circuits);
                bool on = (i / (size_t)circuits) % 2 == 0;

                (void)snprintf(payload, sizeof(payload),
                               "{\"on\":%s,\"for\":3600,\"reason\":\"bench %06zu\",\"by\":\"bench\"}",
                               on ? "true" : "false", i);
                (void)snprintf(topic, sizeof(topic), "%slight/c-%d/set", root, line);
                c.replied = c.echoed = false;
                double at = publish(&c, topic, payload, true);
                wait_for(&c, &c.replied, "answer");
                if (c.refused)
                        bench_die("%s: refused", topic);
                edges[i] = (last_edge(gpio, line, on) - at) * 1e3;
                answers[i] = (c.replied_at - at) * 1e3;
                if (edges[i] < 0)
                        bench_die("%s: the edge came before the command", topic);
                at = publish(&c, c.echo, payload, false);
                wait_for(&c, &c.echoed, "echo");
                echoes[i] = (c.echoed_at - at) * 1e3;
        }
        mosquitto_destroy(c.session);
        (void)mosquitto_lib_cleanup();

        (void)snprintf(text, sizeof(text),
                       "%d circuits, n=%zu commands one after the other in %d rounds, each a change of "
                       "level; p99 is the median of the rounds' p99",
                       circuits, n, ROUNDS);
        bench_method(text);
        /* The quantiles sort: what is of all rounds comes last. */
        static const char peer[] = "broker round trip";
        double p99 = rounds_p99(edges, n), beside = rounds_p99(echoes, n), answer = rounds_p99(answers, n);
        bench_beside("light.command_to_edge_p50", bench_quantile(edges, n, 0.50), "ms", peer,
                     bench_quantile(echoes, n, 0.50));
        bench_beside("light.command_to_edge_p99", p99, "ms", peer, beside);
        bench_beside("light.command_to_edge_worst", bench_quantile(edges, n, 1), "ms", peer,
                     bench_quantile(echoes, n, 1));
        bench_figure("light.command_to_answer_p50", bench_quantile(answers, n, 0.50), "ms");
        bench_figure("light.command_to_answer_p99", answer, "ms");
        free(edges);
        free(answers);
        free(echoes);
        return 0;
}
