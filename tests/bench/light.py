"""thon-lightd, measured as it runs."""

import contextlib
import socket
import subprocess
import time

import thon
from commune import Commune, processor_s
from figures import median, quantile

CIRCUITS = 50
COMMANDS = 1000
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
