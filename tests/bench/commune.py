"""A commune to measure on: a broker, a store with circuits, simulated lines. The store lies below the build directory, on
the disk whose writes are counted; the lines lie in memory, since on a Pi they are no files."""

import contextlib
import csv
import io
import json
import re
import shutil
import tempfile
from pathlib import Path

import thon

PROGRAMS = {
    "ca-dem": [("dusk", "on"), ("dawn", "off")],
    "tiet-kiem": [("dusk", "on"), ("23:00", "off"), ("04:30", "on"), ("dawn", "off")],
    "den-22h": [("dusk", "on"), ("22:00", "off")],
}
CALENDARS = {
    "chan": ([({"tet": [-7, 7]}, "ca-dem"), ({"every": 2, "phase": 0}, "tiet-kiem")], "ca-dem"),
    "le": ([({"tet": [-7, 7]}, "ca-dem"), ({"every": 2, "phase": 1}, "tiet-kiem")], "ca-dem"),
    "ram": ([({"lunar": ["1", "14", "15"]}, "ca-dem")], "tiet-kiem"),
    "san": ([({"weekdays": ["fri", "sat"]}, "ca-dem")], "den-22h"),
    "ca-dem": ([], "ca-dem"),
}


def broker_settings():
    """What the package gives the broker, but for where it listens and who may log in."""
    lines = (thon.ROOT / "etc/mosquitto-thon.conf").read_text().splitlines()
    return "\n".join(line for line in lines if re.match(r"(max_|set_|autosave_)", line))


class Commune:
    """`meters`, `contacts`: so many of the first circuits have an S0 meter, a contact that follows the relay. Each simulated
    input is an inotify instance, of which a user has 128 by default."""

    def __init__(self, work, circuits, meters=0, contacts=0, manual=False, persistent=False, **light):
        self.lines = Path(tempfile.mkdtemp(prefix="thon-bench.", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        self.dir = Path(tempfile.mkdtemp(prefix="commune.", dir=work))
        self.broker = thon.Broker(self.dir / "broker", extra=broker_settings(), persistent=persistent)
        self.site = thon.Site(self.dir / "site", self.broker.port, site_id="bench")
        self.site.gpio = thon.Gpio(self.lines)
        self.site.write_conf("lightd.conf", light={"gpio_sim_dir": self.lines, **light})
        self.circuits = circuits
        self.meters = meters
        self.contacts = contacts
        self.manual = manual  # no program ever switches: for what commands do
        self._fill()

    def _fill(self):
        ok = self.site.ok
        ok("store", "init")
        ok("area", "add", "thon", "--name", "Thôn")
        programs = {"khong": []} if self.manual else PROGRAMS
        calendars = {"khong": ([], "khong")} if self.manual else CALENDARS
        for program, steps in programs.items():
            self._form("program", {"id": program, "steps": [{"at": at, "set": to} for at, to in steps]})
        for calendar, (rules, default) in calendars.items():
            rules = [{"days": days, "program": program} for days, program in rules]
            self._form("calendar", {"id": calendar, "rules": rules, "default": default})
        names = list(calendars)
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(("id", "kind", "area", "name", "config"))
        for i in range(self.circuits):
            config = {
                "calendar": names[i % len(names)],
                "lamps": 10,
                "watts": 100,
                "relay": {"gpio": {"chip": "sim:relays", "line": str(i)}},
                "min_dwell": 0 if self.manual else 60,
            }
            if i < self.meters:
                config["meter"] = {"gpio": {"chip": "sim:meters", "line": str(i)}, "pulses_per_kwh": 1000}
            if i < self.contacts:
                config["feedback"] = {"gpio": {"chip": "sim:contacts", "line": str(i)}}
                line = self.lines / "relays" / str(i)
                line.mkdir(parents=True)
                (line / "drives").write_text(f"contacts/{i}\n")
            rows.writerow((f"c-{i}", "circuit", "thon", f"Mạch {i}", json.dumps(config)))
        path = self.dir / "circuits.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        ok("device", "import", path)

    def _form(self, kind, form):
        path = self.dir / f"{kind}.json"
        path.write_text(json.dumps(form), encoding="utf-8")
        self.site.ok("light", kind, "set", path)

    def lit(self, circuit):
        return (self.lines / "relays" / str(circuit) / "value").read_text().strip() == "1"

    def pulse(self, circuit, count):
        line = self.lines / "meters" / str(circuit)
        with (line / "pulses").open("a") as f:
            f.write(f"{count}\n")

    def start(self, *args, env=None):
        """lightd, serving, with the broker, and settled."""
        daemon = self.site.start("lightd", *args, env=env, timeout=60)
        with contextlib.closing(thon.Mqtt(self.broker, "bench")) as client:
            client.wait_state("status/lightd", lambda s: s["state"] == "online" and s["health"]["circuits"] == self.circuits, 60)
            client.wait_state(f"light/c-{self.circuits - 1}/state", lambda s: s["in_effect"] != "unknown", 60)
            if self.contacts:
                client.wait_state(f"light/c-{self.contacts - 1}/state", lambda s: s["physical"] != "unknown", 60)
        return daemon

    def close(self):
        with contextlib.redirect_stdout(io.StringIO()):  # the daemons' logs, which tests print
            self.site.close()
        self.broker.close()
        shutil.rmtree(self.lines, ignore_errors=True)
        shutil.rmtree(self.dir, ignore_errors=True)


def processor_s(pid):
    """Processor time of a process, in seconds, by the scheduler's own count."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def fields(pid, name):
    """Lines "key: value" of a file of a process, as integers."""
    found = {}
    for line in Path(f"/proc/{pid}/{name}").read_text().splitlines():
        key, _, value = line.partition(":")
        with contextlib.suppress(ValueError, IndexError):
            found[key] = int(value.split()[0])
    return found


def wakeups(pid):
    status = fields(pid, "status")
    return status["voluntary_ctxt_switches"] + status["nonvoluntary_ctxt_switches"]
