"""thon-announced in tests: its zones with files for loudspeakers, what it tells of them, and what was really played. The fixture is `air`.

A zone's sink is a directory: each airing is a WAV file in it, written in real time as a sound card would take it. Voices are espeak-ng;
texts are short, and there is no chime but where a story is about it."""

import contextlib
import datetime
import math
import select
import sqlite3
import struct
import time
import wave

import thon

NOON = "2026-11-23T12:00:00+07:00"


class Sound:
    """What a sink was given: samples from -1 to 1."""

    def __init__(self, path):
        with wave.open(str(path), "rb") as file:
            self.rate, self.channels = file.getframerate(), file.getnchannels()
            data = file.readframes(file.getnframes())
        values = struct.unpack(f"<{len(data) // 2}h", data[: len(data) // 2 * 2])
        self.samples = [v / 32768 for v in values[:: self.channels]]

    @property
    def seconds(self):
        return len(self.samples) / self.rate

    def level(self, begin=0.0, end=None):
        """dBFS (RMS) of a part, in seconds."""
        part = self.samples[int(begin * self.rate) : None if end is None else int(end * self.rate)]
        if not part:
            return -120.0
        power = sum(s * s for s in part) / len(part)
        return 10 * math.log10(power) if power > 1e-12 else -120.0


class Air:
    def __init__(self, site, mqtt):
        self.site, self.mqtt = site, mqtt
        self.daemon = None
        self.sections = {"announce": {"chime": "no", "approval": "no", "pin": "no", "gpio_sim_dir": site.gpio.dir}}

    def conf(self, **sections):
        """Sections of announced.conf: conf(**{"zone thon-4": {"quiet": ...}}); a zone's sink is given by default."""
        for name, keys in sections.items():
            if name.startswith("zone "):
                keys = {"sink": f"file:{self.sink(name.split()[1])}", **keys}
            self.sections[name] = {**self.sections.get(name, {}), **keys}
        self.site.write_conf("announced.conf", **self.sections)

    def zones(self, *names, **keys):
        self.conf(**{f"zone {name}": dict(keys) for name in names})

    def sink(self, zone):
        place = self.site.dir / "sinks" / zone
        place.mkdir(parents=True, exist_ok=True)
        return place

    def start(self, clock=NOON, *args, **options):
        """At noon of a clock that is trusted, which runs at the speed of sound."""
        self.zero = datetime.datetime.fromisoformat(clock.split(",")[0]), time.monotonic()
        since = self.mqtt.mark()
        env = {"THON_PLAYER": str(thon.BUILD / "thon-player"), **options.pop("env", {})}
        self.daemon = self.site.start("announced", "--sim-clock", clock, *args, env=env, **options)
        self.mqtt.wait_for("status/announced", lambda d: d["state"] == "online", timeout=20, since=since)
        return self.daemon

    def at(self, seconds):
        """So many seconds from now, by the daemon's clock."""
        start, then = self.zero
        return (start + datetime.timedelta(seconds=seconds + time.monotonic() - then)).isoformat(timespec="seconds")

    def ask(self, topic, payload, timeout=30):
        return self.mqtt.request(f"announce/{topic}", payload, timeout)

    def submit(self, zones="all", **members):
        """Accepted; its id."""
        answer = self.ask("submit", {"zones": zones, "class": "normal", "by": "chị Hoa", **members})
        assert answer["ok"], answer
        return answer["id"]

    def refused(self, zones="all", **members):
        answer = self.ask("submit", {"zones": zones, "class": "normal", "by": "chị Hoa", **members})
        assert not answer["ok"], answer
        return answer

    def state(self, announcement, predicate, timeout=40):
        return self.mqtt.wait_state(f"announce/{announcement}/state", lambda d: d and predicate(d), timeout).data

    def airing(self, announcement, zone, state, timeout=40, since=0, **members):
        """Until the airing of it in the zone is told to be so."""

        def fits(doc):
            return bool(doc) and any(
                a["zone"] == zone and a["state"] == state and all(a.get(k) == v for k, v in members.items()) for a in doc["airings"]
            )

        message = self.mqtt.wait_for(f"announce/{announcement}/state", fits, timeout, since)
        return next(a for a in message.data["airings"] if a["zone"] == zone and a["state"] == state)

    def aired(self, announcement, zone, timeout=40):
        return self.airing(announcement, zone, "aired", timeout)

    def zone(self, zone, predicate, timeout=40):
        return self.mqtt.wait_state(f"zone/{zone}/state", predicate, timeout).data

    def event(self, kind, state="raised", timeout=40, since=0, predicate=None):
        return self.mqtt.wait_for(
            f"event/{kind}", lambda d: d["state"] == state and (predicate is None or predicate(d)), timeout, since
        ).data

    def kept(self, announcement, timeout=20):
        """It is over, and the store has all of it: then its topic is empty."""
        self.mqtt.wait_for(f"announce/{announcement}/state", lambda d: d == "", timeout)

    def kept_on_air(self, timeout=15):
        """Until the store, read as any reader may, says that something is on air."""
        deadline = thon.Deadline(timeout)
        with contextlib.closing(sqlite3.connect(f"file:{self.site.state}/thon.db?mode=ro", uri=True)) as db:
            while not db.execute("SELECT count(*) FROM airing WHERE state = 'on-air'").fetchone()[0]:
                assert not deadline.passed(), "the store never said that it is on air"
                select.select([], [], [], 0.1)

    def log(self):
        """Of the days around the daemon's own."""
        day = self.zero[0].date()
        return self.site.ok("announce", "log", "--from", f"{day - datetime.timedelta(days=1)} 00:00", "--to", f"{day + datetime.timedelta(days=2)} 00:00")

    def played(self, zone):
        """The files that the zone's sink has, in order of time."""
        return sorted(self.sink(zone).glob("*.wav"))

    def sounds(self, zone):
        return [Sound(path) for path in self.played(zone)]

