"""Lit roads for tests: a site with the program "night" (on at 18:00, off at 05:30) in the calendar "nightly", and circuits
on the simulated chip sim:relays whose contacts and meters are lines of sim:inputs."""

import json

RELAYS, INPUTS = "sim:relays", "sim:inputs"
NIGHT = {"id": "night", "steps": [{"at": "18:00", "set": "on"}, {"at": "05:30", "set": "off"}]}
DAY, EVENING = "2026-11-21T12:30:00+07:00", "2026-11-21T20:00:00+07:00"


def gpio(chip, line, **more):
    return {"gpio": {"chip": chip, "line": line, **more}}


def at_relay(line, calendar="nightly", **more):
    """The configuration of a circuit on a line of sim:relays."""
    return {"calendar": calendar, "relay": gpio(RELAYS, line), "min_dwell": 0, **more}


class Lights:
    def __init__(self, site):
        self.site = site
        self.gpio = site.gpio
        site.ok("area", "add", "xa", "--name", "Xã Mẫu", "--kind", "commune")
        self.program(NIGHT)
        self.calendar({"id": "nightly", "rules": [], "default": "night"})

    def program(self, doc):
        return self.site.ok("light", "program", "set", "-", stdin=json.dumps(doc))

    def calendar(self, doc):
        return self.site.ok("light", "calendar", "set", "-", stdin=json.dumps(doc))

    def circuit(self, name, config):
        """Adds it, or gives it another configuration."""
        text = json.dumps(config)
        if self.site.ctl("device", "show", name).code == 0:
            return self.site.ok("device", "set", name, "--config", text)
        return self.site.ok(
            "device", "add", name, "--kind", "circuit", "--area", "xa", "--name", f"Đường {name}", "--config", text
        )

    def road(self, name="road", line=1, **more):
        return self.circuit(name, at_relay(line, **more))

    def start(self, clock=EVENING, *args, **options):
        return self.site.start("lightd", "--sim-clock", clock, *args, **options)

    def lit(self, line=1, timeout=20):
        self.gpio.wait(RELAYS, line, 1, timeout)

    def dark(self, line=1, timeout=20):
        self.gpio.wait(RELAYS, line, 0, timeout)

    def level(self, line=1):
        return self.gpio.value(RELAYS, line)

    def history(self, circuit="road"):
        """(what, value) of every row, in the order of time."""
        rows = self.site.ok("light", "history", circuit, "--from", "2026-11-01 00:00", "--to", "2027-12-31 00:00")
        return [(row["what"], row["value"]) for row in sorted(rows, key=lambda row: row["at"])]

    def changes(self, line=1):
        """The levels that the pin took, in their order; needs LOG in the daemon's environment."""
        log = self.gpio.line(RELAYS, line) / "log"
        levels = [int(row.split()[1]) for row in log.read_text().splitlines()] if log.exists() else []
        return [level for i, level in enumerate(levels) if i == 0 or levels[i - 1] != level]


LOG = {"THON_GPIO_SIM_LOG": "1"}
