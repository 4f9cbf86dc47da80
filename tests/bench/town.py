"""A commune to measure the relay on: a broker, a store of many households, the fake providers, thon-relayd between them.
And what is measured of a process while it works."""

import contextlib
import io
import os
import tempfile
from pathlib import Path

import relay as relay_of
import thon
from commune import broker_settings, fields

HOUSEHOLDS = 10_000
CROWD = 2_700  # of one area, and of what is measured beside others


def addresses(n):
    """Of household n: a topic of ntfy, and a chat of a Zalo bot."""
    return {"ntfy": f"h{n}", "bot": relay_of.bot(n)}


class Town:
    """Households H0, H1, ... on fake providers, which are a program of their own, in C, and the same for peers.
    The first CROWD of them live in area:dong."""

    def __init__(self, work, households=HOUSEHOLDS):
        self.dir = Path(tempfile.mkdtemp(prefix="town.", dir=work))
        self.households = households
        self.clients = []
        self.broker = thon.Broker(self.dir / "broker", extra=broker_settings())
        self.site = thon.Site(self.dir / "site", self.broker.port, site_id="bench")
        self.site.ok("store", "init")
        self.fakes = relay_of.Fakes(self.dir, clock=None)
        self.relay = relay_of.Relay(self.site, self.fakes, self._client, self.broker)
        self.relay.area("dong")
        self.relay.families(0, min(households, CROWD), "dong", channels=addresses)
        if households > CROWD:
            self.relay.families(CROWD, households - CROWD, channels=addresses)

    def _client(self, broker):
        self.clients.append(thon.Mqtt(broker, "bench", watch=("status/#",)))
        self.clients[-1].watch("/" + self.clients[-1].reply_topic)
        return self.clients[-1]

    def channel(self, kind, **options):
        """The only one; the name is that of the addresses."""
        name = {"ntfy": "ntfy", "zalo-bot": "bot"}[kind]
        options = {"receive": "no", **options} if kind == "zalo-bot" else {"credential": None, **options}
        self.relay.channel(name, kind, **options)

    def start(self):
        """Nine in the morning, at the speed of a real clock: no hours are shut, whenever this runs."""
        return self.relay.start(relay_of.MORNING)

    def got(self, provider):
        """How many messages each address was sent."""
        seen = {}
        for message in self.fakes.messages(provider):
            seen[message["address"]] = seen.get(message["address"], 0) + 1
        return seen

    def close(self):
        with contextlib.redirect_stdout(io.StringIO()):  # the daemons' logs, which tests print
            self.site.close()
        for client in self.clients:
            client.close()
        self.broker.close()
        self.fakes.close()


def start_relay(stack, commune, clock, polled=True, env=None):
    """thon-relayd of a commune of lights, with an OA and, `polled`, a bot that is asked for news all the time. All of it ends
    with the stack."""
    fakes = relay_of.Fakes(commune.dir, clock=clock)
    stack.callback(fakes.close)

    def client(broker):
        mqtt = thon.Mqtt(broker, "bench", watch=("status/#",))
        stack.callback(mqtt.close)
        return mqtt

    relay = relay_of.Relay(commune.site, fakes, client, commune.broker)
    relay.families(0, HOUSEHOLDS, channels=addresses)
    relay.channel("oa", "zalo-oa")
    if polled:
        relay.channel("bot", "zalo-bot")
    daemon = relay.start(clock, env=env)
    if polled:
        fakes.wait(1, "zalo-bot", what="requests")
    return daemon


def arrived(fakes, count, seconds, meter=None, provider="ntfy"):
    """Until the fake has accepted so many messages; the memory is looked at meanwhile."""
    deadline = thon.Deadline(seconds)
    while not fakes.control("GET", "wait", count=count, provider=provider, timeout=100)["ok"]:
        if meter:
            meter.look()
        if deadline.passed():
            raise SystemExit(f"{provider}: not {count} messages within {seconds} s: {fakes.counts()}")


def quiet(fakes, seconds, limit=120, provider="ntfy"):
    """Until nothing has arrived for so long; how many there are."""
    deadline = thon.Deadline(limit)
    seen = fakes.counts()["providers"][provider]["messages"]
    while fakes.control("GET", "wait", count=seen + 1, provider=provider, timeout=int(seconds * 1000))["ok"]:
        seen = fakes.counts()["providers"][provider]["messages"]
        if deadline.passed():
            raise SystemExit(f"{provider}: messages still come after {limit} s")
    return seen


class Meter:
    """Processor time and the most memory of processes, with all below them, while they work. Memory is looked at whenever
    look() is called: RSS, and PSS, in which shared pages count by the share."""

    def __init__(self, *pids):
        self.roots = pids
        self.pss = self.rss = 0
        self.began = self._processor()
        self.look()

    def pids(self):
        pids = list(self.roots)
        for pid in pids:
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    pids += map(int, (task / "children").read_text().split())
        return pids

    def _processor(self):
        """Of all threads, of those that ended too, and of children that ended."""
        ticks = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def look(self):
        pss = rss = 0
        for pid in self.pids():
            with contextlib.suppress(OSError, KeyError):
                memory = fields(pid, "smaps_rollup")
                pss += memory["Pss"] / 1000
                rss += memory["Rss"] / 1000
        self.pss, self.rss = max(self.pss, pss), max(self.rss, rss)

    def processor(self):
        """Seconds since the beginning."""
        return self._processor() - self.began
