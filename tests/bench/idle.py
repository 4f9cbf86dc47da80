"""All daemons together while nothing happens, which is what they do nearly always."""

import contextlib
import os
import re
import time

import announcements
import cameras
import thon
from commune import Commune, fields, processor_s, wakeups
from light import CIRCUITS
from town import HOUSEHOLDS, start_relay

IDLE_S = int(os.environ.get("THON_BENCH_IDLE", "60"))
HOURS = {"day": "14:00", "night": "23:15"}


def watchdog_env(name):
    """The watchdog's pings are wake-ups too: as the unit asks for them."""
    unit = (thon.ROOT / f"systemd/thon-{name}.service.in").read_text()
    seconds = re.search(r"^WatchdogSec=(\d+)s?$", unit, re.MULTILINE)[1]
    return {"WATCHDOG_USEC": str(int(seconds) * 1_000_000)}


class Window:
    """What a process uses between the beginning and now."""

    def __init__(self, daemon):
        self.pid = daemon.pid
        self.began = time.monotonic()
        self.before = processor_s(self.pid), wakeups(self.pid), fields(self.pid, "io")["write_bytes"]

    def tell(self, figures, name):
        """Percents of a core."""
        seconds = time.monotonic() - self.began
        now = processor_s(self.pid), wakeups(self.pid), fields(self.pid, "io")["write_bytes"]
        cpu, woken, written = (b - a for a, b in zip(self.before, now))
        memory = fields(self.pid, "smaps_rollup")
        percent = cpu / seconds * 100
        figures.add(f"{name}_cpu", percent, "% of a core")
        figures.add(f"{name}_wakeups", woken / seconds * 60, "/min")
        figures.add(f"{name}_written", written / seconds * 86400 / 1e6, "MB/day")
        figures.add(f"{name}_pss", memory["Pss"] / 1000, "MB")
        figures.add(f"{name}_rss", memory["Rss"] / 1000, "MB")
        return percent


def measure(figures, build, work):
    """Day and night side by side, so that both see the same machine."""
    with contextlib.ExitStack() as all_of_it:
        stacks, daemons = {}, {}
        all_of_it.enter_context(contextlib.closing(cameras.Farm(build, work, cameras.HAMLETS, clock=f"2027-03-09T{HOURS['day']}:00+07:00")))
        for state, hour in HOURS.items():
            stack = stacks[state] = all_of_it.enter_context(contextlib.ExitStack())
            clock = f"2027-03-09T{hour}:00+07:00"
            commune = Commune(work, CIRCUITS, meters=5, contacts=5)
            stack.callback(commune.close)
            lightd = commune.start("--sim-clock", clock, env=watchdog_env("lightd"))
            lamps = sum(commune.lit(i) for i in range(CIRCUITS))
            if (lamps > 0) != (state == "night"):
                raise SystemExit(f"idle: {lamps} lamps are lit by {state}")
            daemons[state] = {
                "light": lightd,
                "relay": start_relay(stack, commune, clock, env=watchdog_env("relayd")),
                "camera": cameras.start_hamlets(stack, commune, clock, env=watchdog_env("camerad")),
                "announce": announcements.start_station(commune, clock, env=watchdog_env("announced")),
            }
        time.sleep(70)  # what follows a start is over: the inrush of the lamps, the housekeeping after a minute
        windows = {(state, name): Window(d) for state, both in daemons.items() for name, d in both.items()}
        time.sleep(IDLE_S)
        cpu = dict.fromkeys(HOURS, 0)
        for (state, name), window in windows.items():
            cpu[state] += window.tell(figures, f"{name}.idle_{state}")
        stacks["day"].close()
        pss = sum(fields(d.pid, "smaps_rollup")["Pss"] for d in daemons["night"].values()) / 1000
    figures.method(
        f"light.idle, relay.idle, camera.idle, announce.idle: thon-lightd with {CIRCUITS} circuits (5 with meter and contact, no pulse) and thon-relayd with "
        f"{HOUSEHOLDS} households, a Zalo OA and a Zalo bot that is polled, thon-camerad with {cameras.HAMLETS} fake cameras checked every minute, with a picture of "
        f"each every five minutes, thon-announced with {announcements.IDLE_ZONES} zones and a bulletin for each dawn and dusk, connected to a broker, watchdog as in the units, "
        f"{IDLE_S} s by day and by night (a simulated clock at the speed of a real one, set to 14:00 and to 23:15: a machine for "
        "measuring may have no trusted clock). CPU: /proc/PID/schedstat; wake-ups: all context switches, those forced by others "
        "included; written: write_bytes of /proc/PID/io in the window, as for a day; PSS: smaps_rollup, in which libraries count "
        "by the share of who else has them open now; RSS counts them whole"
    )
    figures.add("suite.pss", pss, "MB")
    figures.add("suite.cpu", max(cpu.values()), "% of a core")
    figures.method(
        "suite.pss: thon-lightd, thon-relayd, thon-camerad and thon-announced together by night, after those of the day have ended, which shared their "
        "libraries; suite.cpu: all together, the worse of day and night"
    )
