"""thon-lightd, measured as it runs."""

import contextlib
import json
import os
import re
import socket
import subprocess
import time

import cameras
import thon
from commune import Commune, fields, processor_s
from figures import median, quantile
from town import start_relay

CIRCUITS = 50
COMMANDS = 1000
SPEED = 600  # simulated seconds a second
STARTS = 11
LOOKS = 200


def edge(figures, build, work):
    with contextlib.closing(Commune(work, CIRCUITS, manual=True, stagger_ms=1)) as commune:
        commune.start(env={"THON_GPIO_SIM_LOG": "1"})
        argv = [build / "bench/bench_edge", commune.broker.port, "thon/1/bench/", commune.lines, CIRCUITS, COMMANDS]
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"bench_edge: {done.stderr}")
    figures.take(
        done.stdout,
        "light.command_to_edge: real mosquitto and thon-lightd; from a client's publish of light/C/set to the stamp of the "
        "simulated line (CLOCK_MONOTONIC both). The path alone: stagger_ms=1 (default 300), min_dwell=0 (60). "
        "command_to_answer: until the client has the answer, the order being on the disk (fsync). Beside: a message "
        "of the same size from the client to the broker and back. ",
    )


def day(figures, build, work):
    """A day and a night under a simulated clock, from noon to noon."""
    commune = Commune(work, CIRCUITS, meters=5)
    with contextlib.ExitStack() as stack:
        stack.callback(commune.close)
        people = stack.enter_context(contextlib.closing(thon.Mqtt(commune.broker, "bench", watch=())))
        clock = f"2027-03-09T12:00:00+07:00,x{SPEED}"
        daemon = commune.start("--sim-clock", clock)
        relayd = start_relay(stack, commune, clock, polled=False)
        stack.enter_context(contextlib.closing(cameras.Farm(build, work, cameras.HAMLETS, clock=clock)))
        camerad = cameras.start_hamlets(stack, commune, clock)
        all_of_them = (daemon, relayd, camerad)
        before = [fields(d.pid, "io")["write_bytes"] for d in all_of_them]
        began = time.monotonic()
        # The kernel would write what is dirty after 30 s: of simulated time, too.
        store = [os.open(p, os.O_RDONLY | os.O_CLOEXEC) for p in commune.site.state.glob("thon.db*") if p.suffix != ".lock"]
        due = {"flush": began, "pulses": began, "order": began + 3600 * 9 / SPEED}
        orders = pulses = 0
        while (now := time.monotonic()) < began + 86400 / SPEED:
            if now >= due["flush"]:
                for fd in store:
                    os.fdatasync(fd)
                due["flush"] += 30 / SPEED
            if now >= due["pulses"]:  # 1 kW is 10 pulses in 36 s
                for i in filter(commune.lit, range(commune.meters)):
                    commune.pulse(i, 10)
                    pulses += 10
                due["pulses"] += 36 / SPEED
            if now >= due["order"]:
                orders += 1
                order = {"on": True, "reason": "họp thôn", "by": "truong-thon"} if orders % 2 else {"auto": True}
                people.client.publish(people.root + f"light/c-{(orders + 1) // 2 + 7}/set", json.dumps(order), qos=1)
                due["order"] += 3600 / SPEED
            time.sleep(max(0, min(due.values()) - time.monotonic()))
        written = [fields(d.pid, "io")["write_bytes"] - was for d, was in zip(all_of_them, before)]
        for fd in store:
            os.close(fd)
        weekly = sum(p.stat().st_size for p in commune.site.state.glob("pictures/*/*-good.jpg"))
        written[2] += weekly // 7
        switched = [line for line in daemon.lines if re.search(r"c-\d+: (on|off) \(", line)]
        faults = [line for line in daemon.lines if "raised" in line]
        log = sum(len(line.encode()) + 1 for line in daemon.lines)
    if len(switched) < 2 * CIRCUITS or pulses < 5 * 1000:
        raise SystemExit(f"day: only {len(switched)} switchings and {pulses} pulses")
    figures.method(
        f"suite.disk: thon-lightd, {CIRCUITS} circuits and 5 meters at 1 kW, thon-relayd with an OA and nothing to tell "
        f"(what a notice writes is relay.notice_written), and thon-camerad with {cameras.HAMLETS} cameras that are well, a seventh of "
        f"their good pictures ({weekly / 1e6:.1f} MB), which are kept once a week, noon to noon under a simulated clock x{SPEED}: "
        f"{len(switched)} switchings, {orders} orders, {pulses} pulses, {len(faults)} lines of faults; write_bytes of /proc/PID/io "
        "(store, its WAL, snapshot), dirty pages put on the disk every 30 simulated seconds as the kernel does. No contacts: what "
        "answers within milliseconds is seconds late at such a speed, and a fault. Not in it: "
        "the file system's own journal, journald (light.day_log is what lightd tells it) and the broker"
    )
    figures.add("light.day_log", log / 1e3, "kB/day")
    figures.add("light.day_written", written[0] / 1e6, "MB/day")
    figures.add("relay.day_written", written[1] / 1e6, "MB/day")
    figures.add("camera.day_written", written[2] / 1e6, "MB/day")  # with the share of the weekly pictures
    figures.add("suite.disk", sum(written) / 1e6, "MB/day")


def start_once(commune):
    """Seconds from the fork to READY=1."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as ready:
        ready.bind("")  # an abstract name of the kernel's choice
        ready.settimeout(60)
        name = ready.getsockname()
        env = {**commune.site.env(), "NOTIFY_SOCKET": "@" + name[1:].decode()}
        argv = [thon.BUILD / "thon-lightd", "--config-dir", commune.site.config, "--state-dir", commune.site.state]
        began = time.monotonic()
        child = subprocess.Popen([str(a) for a in argv], env=env, stderr=subprocess.DEVNULL)
        try:
            while b"READY=1" not in ready.recv(65536):
                pass
            return time.monotonic() - began
        finally:
            child.terminate()
            child.wait(30)


def start_and_look(figures, work):
    for circuits in (CIRCUITS, 1000):
        with contextlib.closing(Commune(work, circuits, meters=1)) as commune:
            seconds = [start_once(commune) for _ in range(STARTS)][1:]
            figures.add(f"light.start_{circuits}", median(seconds), "s")
            if circuits == 1000:
                look(figures, commune)
    figures.method(
        f"light.start: from fork to READY=1, plan compiled from the store, every line requested, 50 and 1,000 circuits; "
        f"median of n={STARTS - 1} after one that is not counted"
    )


def look(figures, commune):
    daemon = commune.start("--sim-clock", "2027-03-09T14:00:00+07:00")
    micros = []
    line = commune.lines / "meters/0/pulses"
    for _ in range(LOOKS):
        before = processor_s(daemon.pid)
        commune.pulse(0, 1)
        deadline = thon.Deadline(10)
        while line.exists():
            if deadline.passed():
                raise SystemExit("look: a pulse is not counted")
            time.sleep(0.001)
        time.sleep(0.02)  # the look comes at the next turn of its loop
        micros.append((processor_s(daemon.pid) - before) * 1e6)
    figures.add("light.look_1000", median(micros), "us CPU")
    figures.add("light.look_1000_p99", quantile(micros, 0.99), "us CPU")
    figures.method(
        f"light.look_1000: processor time of thon-lightd with 1,000 circuits for one pulse of one meter: the pulse taken, "
        f"every circuit decided, every state compared with what was published; /proc/PID/schedstat, n={LOOKS}"
    )
