"""What a day without anything special writes to the card: every daemon, and the broker beside them."""

import contextlib
import json
import os
import re
import signal
import time

import announcements
import cameras
import thon
from commune import Commune, fields
from light import CIRCUITS
from town import start_relay

SPEED = 300  # simulated seconds a second
WRITEBACK_S = 30  # after which the kernel writes what is dirty
PULSES_S = 36  # 1 kW is 10 pulses in that time
DAY_S = 86400


class Store:
    """The files of a store, whose dirty pages are put on the disk as the kernel does: by simulated time."""

    def __init__(self, state):
        self.files = [os.open(p, os.O_RDONLY | os.O_CLOEXEC) for p in state.glob("thon.db*") if p.suffix != ".lock"]

    def write_back(self):
        for fd in self.files:
            os.fdatasync(fd)

    def close(self):
        for fd in self.files:
            os.close(fd)


def live(commune, people, store):
    """From noon to noon: lamps by their plan, pulses of the lit ones' meters, an order and its end in the evening. Pulses, orders."""
    began = time.monotonic()
    due = {"write-back": began, "pulses": began, "order": began + 3600 * 9 / SPEED}
    orders = pulses = 0
    while (now := time.monotonic()) < began + DAY_S / SPEED:
        if now >= due["write-back"]:
            store.write_back()
            due["write-back"] += WRITEBACK_S / SPEED
        if now >= due["pulses"]:
            for i in filter(commune.lit, range(commune.meters)):
                commune.pulse(i, 10)
                pulses += 10
            due["pulses"] += PULSES_S / SPEED
        if now >= due["order"]:
            order = {"auto": True} if orders % 2 else {"on": True, "reason": "họp thôn", "by": "truong-thon"}
            people.client.publish(people.root + "light/c-7/set", json.dumps(order), qos=1)
            orders += 1
            due["order"] += 3600 * (1 if orders % 2 else 24) / SPEED
        time.sleep(max(0, min(due.values()) - time.monotonic()))
    return pulses, orders


def remembered(broker):
    """Bytes that the broker writes each time that it saves what it remembers."""
    file = broker.dir / "mosquitto.db"
    os.kill(broker.process.pid, signal.SIGUSR1)
    deadline = thon.Deadline(10)
    while not file.exists():
        if deadline.passed():
            raise SystemExit("day: the broker does not save what it remembers")
        time.sleep(0.05)
    return file.stat().st_size


def measure(figures, build, work):
    with contextlib.ExitStack() as stack:
        commune = Commune(work, CIRCUITS, meters=5, persistent=True)
        stack.callback(commune.close)
        people = stack.enter_context(contextlib.closing(thon.Mqtt(commune.broker, "bench", watch=())))
        clock = f"2027-03-09T12:00:00+07:00,x{SPEED}"
        daemons = {"light": commune.start("--sim-clock", clock)}
        daemons["relay"] = start_relay(stack, commune, clock, polled=False)
        daemons["announce"] = announcements.start_station(commune, clock, bulletins=False)
        stack.enter_context(contextlib.closing(cameras.Farm(build, work, cameras.HAMLETS, clock=clock)))
        daemons["camera"] = cameras.start_hamlets(stack, commune, clock)
        store = stack.enter_context(contextlib.closing(Store(commune.site.state)))
        before = {name: (fields(d.pid, "io")["write_bytes"], len(d.lines)) for name, d in daemons.items()}
        pulses, orders = live(commune, people, store)
        written = {name: fields(d.pid, "io")["write_bytes"] - before[name][0] for name, d in daemons.items()}
        lines = {name: d.lines[before[name][1]:] for name, d in daemons.items()}
        # By such a clock a good picture is always fresh: all would be kept in this one day, and not again for a week.
        weekly = sum(p.stat().st_size for p in commune.site.state.glob("pictures/*/*-good.jpg"))
        written["camera"] += weekly // 7
        saves = DAY_S // int(re.search(r"^autosave_interval (\d+)$", commune.broker.settings, re.MULTILINE)[1])
        written["broker"] = remembered(commune.broker) * saves
    switched = [line for line in lines["light"] if re.search(r"c-\d+: (on|off) \(", line)]
    trouble = sum(bool(re.search(r"raised|cleared", line)) for some in lines.values() for line in some)
    if len(switched) < 2 * CIRCUITS or pulses < 5 * 1000:
        raise SystemExit(f"day: only {len(switched)} switchings and {pulses} pulses")
    figures.method(
        f"suite.disk: thon-lightd, {CIRCUITS} circuits and 5 meters at 1 kW, thon-relayd with an OA and nothing to tell "
        f"(what a notice writes is relay.notice_written), thon-announced with {announcements.IDLE_ZONES} zones and nothing to say, and thon-camerad "
        f"with {cameras.HAMLETS} cameras that are well, a seventh of their good pictures ({weekly / 1e6:.1f} MB), which are kept once a week; noon to "
        f"noon under a simulated clock x{SPEED}: {len(switched)} switchings, {orders} orders, {pulses} pulses, and {trouble} times that something was raised "
        f"or cleared, for each of which a quiet machine has none; write_bytes of /proc/PID/io (store, its WAL, snapshots), dirty pages put on the disk every "
        f"{WRITEBACK_S} simulated seconds as the kernel does; and the broker, which writes all that it remembers {saves} times a day. No contacts: what answers "
        "within milliseconds is seconds late at such a speed, and a fault. Not in it: the file system's own journal, and journald (suite.day_log is what it is told)"
    )
    for name, bytes_ in written.items():
        figures.add(f"{name}.day_written", bytes_ / 1e6, "MB/day")
    figures.add("suite.day_log", sum(len(line.encode()) + 1 for some in lines.values() for line in some) / 1e3, "kB/day")
    figures.add("suite.day_trouble", trouble, "")
    figures.add("suite.disk", sum(written.values()) / 1e6, "MB/day")
