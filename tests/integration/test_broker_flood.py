"""A hostile program with a login of the broker: ten thousand messages a second of everything that is no order, on the topics of
every daemon, and whoever has no login knocks in a loop. The lamps keep to their plan, and nothing fills up."""

import itertools
import os
import re
import select
import socket
import threading
import time

import pytest

import thon
from lights import RELAYS, at_relay
from test_broker_rights import ACL, SITE, settings

RATE, SECONDS = 10_000, 6
SPEED = 60  # of the simulated clock: a step of a minute is a second
DAEMONS = ("lightd", "relayd", "camerad", "announced")
SANITIZED = thon.BUILD.name == "asan"

ORDERS = [SITE + topic for topic in (
    "light/road/set", "light/all/set", "light/road/meter", "light/road/lockout", "light/none/set", "registry/changed", "camera/x/check",
    "camera/x/maintenance", "camera/x/power-cycle", "camera/x/relearn", "camera/discover", "announce/submit", "announce/cap",
    "announce/a-1/edit", "announce/a-1/approve", "announce/a-1/cancel", "notify/submit", "notify/1/ack", "notify/1/resolve",
    "notify/x/retry", "notify/99999999999999999999/cancel", "report/1/set")]
DEEP = b'{"on":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
GARBAGE = [
    b"", b"\0", b"\xff\xfe", b"{", b"[]", b"null", b'"x"', b'{"on":1e999}', b'{"on":true,"on":false}', b'{"on":true,"for":-1}',
    b'{"text":"' + b"\xc3\x28" * 20 + b'"}', b'{"to":[' + b'"household:x",' * 50 + b'"x"]}', b"%s%n" * 20, b"[" * 2000, b"9" * 3000,
    b'{"by":"' + b"a" * 4000 + b'"}', b'{"zones":"all","class":"emergency","pin":"000000"}', b"<alert>" * 50]


def varint(n):
    out = b""
    while True:
        n, digit = n >> 7, n & 0x7F
        out += bytes([digit | (0x80 if n else 0)])
        if not n:
            return out


def text(value):
    data = value.encode()
    return len(data).to_bytes(2, "big") + data


def packet(kind, body):
    return bytes([kind]) + varint(len(body)) + body


def order(topic, payload, retain=False):
    """At QoS 0; it asks for an answer, so that each has to be answered."""
    properties = b"\x08" + text(SITE + "reply/flood") + b"\x09" + text("x")
    return packet(0x31 if retain else 0x30, text(topic) + varint(len(properties)) + properties + payload)


def knock(broker, user, password):
    s = socket.create_connection((broker.host, broker.port), timeout=10 * thon.SLOW)
    body = text("MQTT") + bytes([5, 0xC2, 0, 60, 0]) + text(f"flood-{threading.get_ident()}") + text(user) + text(password)
    s.sendall(packet(0x10, body))
    return s


class Edges(threading.Thread):
    """When the relay's level changed, by the monotonic clock."""

    def __init__(self, gpio):
        super().__init__(daemon=True)
        self.path, self.at, self.ended = gpio.line(RELAYS, 1) / "value", [], False
        self.fd = thon.LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert thon.LIBC.inotify_add_watch(self.fd, os.fsencode(self.path.parent), 0x2 | 0x80) >= 0
        self.level = self.path.read_text().strip()
        self.changed = threading.Condition()
        self.start()

    def run(self):
        while not self.ended:
            if not select.select([self.fd], [], [], 0.2)[0]:
                continue
            now = time.monotonic()
            os.read(self.fd, 65536)
            level = self.path.read_text().strip()
            if level and level != self.level:
                self.level = level
                with self.changed:
                    self.at.append(now)
                    self.changed.notify_all()

    def wait(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.at) >= count, (count + 20) * thon.SLOW), f"{len(self.at)} edges only"

    def stop(self):
        self.ended = True
        self.join()
        os.close(self.fd)


class Knocker(threading.Thread):
    """Comes in without the right password, again and again, and with bytes that are no MQTT."""

    def __init__(self, broker):
        super().__init__(daemon=True)
        self.broker, self.ended, self.count = broker, False, 0
        self.start()

    def run(self):
        while not self.ended:
            try:
                with knock(self.broker, "thonctl", "wrong") as s:
                    s.recv(64)
                with socket.create_connection((self.broker.host, self.broker.port), timeout=10) as s:
                    s.sendall(b"\xff" * 64 + b"GET / HTTP/1.1\r\n\r\n")
                    s.recv(64)
            except OSError:
                pass
            self.count += 2

    def stop(self):
        self.ended = True
        self.join()


def memory(pid):
    """PSS, and the most that was resident, in KiB."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        pss = int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M)[1])
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        peak = int(re.search(r"^VmHWM:\s+(\d+)", file.read(), re.M)[1])
    return pss, peak


def written(pid):
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return int(re.search(r"^write_bytes: (\d+)", file.read(), re.M)[1])


def spent(pid):
    """Seconds of processor."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(officer, topic, payload, seconds=60):
    """As a person who hears nothing asks again: the broker drops what it has no room to keep for a daemon that is behind."""
    deadline = thon.Deadline(seconds)
    while True:
        try:
            return officer.request(topic, payload, timeout=3)
        except AssertionError:
            if deadline.passed():
                raise


def minutes(count):
    """A program that switches each minute from 18:00 on."""
    steps = [{"at": f"{18 + i // 60:02}:{i % 60:02}", "set": "off" if i % 2 else "on"} for i in range(count)]
    return {"id": "minutes", "steps": steps}


@pytest.fixture
def hostile(make_broker, make_site, make_mqtt):
    """Four daemons with their logins on the broker as shipped, and one lamp that switches each second."""
    users = {name: name[::-1] for name in ("thonctl", *(f"thon-{name}" for name in DAEMONS))}
    broker = make_broker(users=users, acl=ACL, extra=settings())
    site = make_site(broker, site_id="xa")
    site.ok("store", "init")
    return site, broker, make_mqtt


def idle(pids, seconds=30):
    """Waits until all together need less than a twentieth of a processor; that share."""
    deadline = thon.Deadline(seconds)
    quiet = threading.Event()
    while True:
        before, at = sum(map(spent, pids)), time.monotonic()
        quiet.wait(1)  # the length of the measurement
        share = (sum(map(spent, pids)) - before) / (time.monotonic() - at)
        if share < 0.05:
            return share
        assert not deadline.passed(), f"they still need {share:.0%} of a processor"


def test_lamps_keep_to_their_plan_and_nothing_fills_up(hostile, capsys):
    site, broker, make_mqtt = hostile
    site.ok("area", "add", "xa", "--name", "Xã")
    for kind, doc in (("program", minutes(48)), ("calendar", {"id": "nightly", "rules": [], "default": "minutes"})):
        site.ok("light", kind, "set", "-", stdin=thon.json.dumps(doc))
    site.ok("device", "add", "road", "--kind", "circuit", "--area", "xa", "--name", "Đường", "--config", thon.json.dumps(at_relay(1)))
    running = {}
    for name in DAEMONS:
        directory = site.dir / f"secrets-{name}"
        directory.mkdir()
        (directory / "mqtt").write_text(f"thon-{name}"[::-1])
        clock = f"2026-11-21T17:59:58+07:00,x{SPEED if name == 'lightd' else 1}"
        running[name] = site.start(name, "--sim-clock", clock, env={"CREDENTIALS_DIRECTORY": str(directory)})
    officer = make_mqtt(broker, site="xa", user="thonctl", password="thonctl"[::-1], watch=("status/+",))
    officer.watch("/" + officer.reply_topic)
    for name in DAEMONS:
        officer.wait_state(f"status/{name}", lambda doc: doc["state"] == "online", timeout=20)
    site.gpio.wait(RELAYS, 1, 1)
    pids = {**{name: daemon.pid for name, daemon in running.items()}, "mosquitto": broker.process.pid}
    edges = Edges(site.gpio)
    edges.wait(3)
    before = {name: (*memory(pid), written(pid)) for name, pid in pids.items()}
    marks = {name: daemon.mark() for name, daemon in running.items()}

    # A block is a tenth of a second: mostly small garbage, some of 64 KiB, some nested without end, some to be retained on topics that
    # nobody has heard of.
    pairs = itertools.cycle(itertools.product(ORDERS, GARBAGE))
    flood = knock(broker, "thonctl", "thonctl"[::-1])
    assert flood.recv(64)[0] == 0x20
    flood.settimeout(30 * thon.SLOW)
    knocker, sent, began = Knocker(broker), 0, time.monotonic()
    for block in range(SECONDS * 10):
        data = [order(*next(pairs)) for _ in range(RATE // 10 - 30)]
        data += [order(topic, b'{"by":"' + b"x" * 65_000 + b'"}') for topic in ORDERS[:10]] + [order(topic, DEEP) for topic in ORDERS[10:20]]
        data += [order(f"{SITE}light/c{block}-{i}/set", b"ON" * 400, retain=True) for i in range(10)]
        flood.sendall(b"".join(data))
        sent += len(data)
        threading.Event().wait(max(0, began + (block + 1) / 10 - time.monotonic()))
    lasted = time.monotonic() - began
    knocker.stop()
    flood.close()

    # All of it has been taken in, and each still does its work.
    for topic, wrong in (("light/none/set", "unknown-circuit"), ("camera/none/check", "unknown-camera"),
                         ("announce/none/cancel", "not-found"), ("notify/1/ack", "not-found")):
        answer = ask(officer, topic, {"on": True, "by": "chị Lan"} if topic.startswith("light") else {"by": "chị Lan"})
        assert answer["error"] == wrong, answer
    answered = time.monotonic() - began - lasted
    edges.wait(SECONDS + 5)
    edges.stop()
    share = idle([running[name].pid for name in DAEMONS])

    # A step each second; the clock of the plan began at the earliest that was seen.
    start = min(at - n for n, at in enumerate(edges.at))
    late = max(at - n - start for n, at in enumerate(edges.at))
    log_size = len("\n".join(broker.process.lines))
    with capsys.disabled():
        print(f"\nflood: {sent / lasted:.0f} messages/s for {lasted:.1f} s, {knocker.count / lasted:.0f} refused connections/s; "
              f"{len(edges.at)} edges, the latest {late * 1000:.0f} ms; all answer {answered:.1f} s after it, "
              f"and then need {share:.1%} of a processor")
        for name, pid in pids.items():
            pss, peak = memory(pid)
            lines = len(running[name].lines) - marks[name] if name in running else len(broker.process.lines)
            print(f"  {name}: PSS {before[name][0]} -> {pss} KiB, peak {peak} KiB, {written(pid) - before[name][2]} bytes to disk, {lines} lines")
    assert late < 1.0 * thon.SLOW, [round(at - n - start, 3) for n, at in enumerate(edges.at)]
    for name, daemon in running.items():
        assert daemon.running()
        assert len(daemon.lines) - marks[name] < 200, f"{name} filled its journal"
        assert written(daemon.pid) - before[name][2] < 4 << 20, f"{name} filled the disk"
        limit = int(re.search(r"^MemoryMax=(\d+)M$", (thon.ROOT / f"systemd/thon-{name}.service.in").read_text(encoding="utf-8"), re.M)[1])
        if not SANITIZED:
            assert memory(daemon.pid)[1] < limit * 1024 * 3 // 4, f"{name} came near its limit of memory"
    assert memory(broker.process.pid)[1] < 160 * 1024 and log_size < 10_000
