"""thon-announced, measured as it runs: how soon a warning is heard, what eight zones cost, how fast text becomes sound."""

import contextlib
import os
import socket
import struct
import time

import announce
import thon
from figures import median, quantile
from town import Meter

RUNS = int(os.environ.get("THON_BENCH_WARNINGS", 200))
ZONES = 8
IDLE_ZONES = 5
AIRING_S = 20
BULLETIN = "Thông báo lịch gieo sạ vụ đông xuân. Bà con chú ý lịch lấy nước. " * 40
WARNING = "Xả lũ, lần {}."


class Station(contextlib.ExitStack):
    def __init__(self, work):
        super().__init__()
        self.broker = thon.Broker(work / f"broker{time.monotonic_ns()}")
        self.callback(self.broker.close)
        self.site = thon.Site(work / f"site{time.monotonic_ns()}", self.broker.port)
        self.callback(self.site.close)
        self.site.ok("store", "init")
        self.mqtt = thon.Mqtt(self.broker)
        self.callback(self.mqtt.close)
        self.air = announce.Air(self.site, self.mqtt)


def start_station(commune, clock, env=None, bulletins=True):
    """thon-announced of a commune of lights: five zones that are silent now, and with `bulletins` one for every dawn and dusk."""
    commune.site.write_conf("announced.conf", announce={"approval": "no"}, **{
        f"zone thon-{i}": {"sink": f"file:{commune.site.state}/loa-{i}", "quiet": "21:30-05:30", "airtime": "45min/day"}
        for i in range(IDLE_ZONES)})
    env = {"THON_PLAYER": str(thon.BUILD / "thon-player"), **(env or {})}
    daemon = commune.site.start("announced", "--sim-clock", clock, env=env, timeout=60)
    if not bulletins:
        return daemon
    with contextlib.closing(thon.Mqtt(commune.broker, "bench")) as client:
        answer = client.request("announce/submit", {"zones": "all", "class": "normal", "text": BULLETIN, "by": "an", "repeat": {
            "days": {"every": 1, "phase": 0}, "at": ["05:45", "17:30"]}}, 60)
        assert answer["ok"], answer
        client.wait_state(f"announce/{answer['id']}/state", lambda d: d["seconds"], 120)
    return daemon


class Receiver:
    """A loudspeaker on the network: hears RTP on a port of this machine."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def new_stream(self, known, timeout=30):
        """(time, SSRC) of the first packet of a stream that is none of these."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            packet = self.socket.recv(2048)
            ssrc = struct.unpack(">I", packet[8:12])[0]
            if ssrc not in known:
                return time.monotonic(), ssrc
        raise SystemExit("announce: no sound came")


def warnings(figures, work):
    took = []
    receiver = Receiver()
    with Station(work) as station, contextlib.closing(receiver.socket):
        air = station.air
        air.conf(announce={"pin": "yes"}, **{"zone thon-4": {"sink": f"rtp:127.0.0.1:{receiver.port}"}})
        station.site.ok("area", "add", "xa", "--name", "Xã Mẫu", "--kind", "commune")
        station.site.ok("person", "add", "an", "--name", "Nguyễn Văn An", "--area", "xa")
        station.site.ok("person", "pin", "an", "--pin-file", "-", stdin="271828\n")
        air.start()
        known = set()
        air.submit(text=BULLETIN, resume="resume")
        known.add(receiver.new_stream(known)[1])
        for run in range(RUNS):
            text = WARNING.format(run)
            began = time.monotonic()
            station.mqtt.publish("announce/submit", thon.json.dumps(
                {"zones": "all", "class": "emergency", "text": text, "reason": "xả lũ", "by": "an", "pin": "271828", "id": f"w{run}"}))
            at, ssrc = receiver.new_stream(known)
            took.append(at - began)
            known.add(ssrc)
            air.ask(f"w{run}/cancel", {"by": "an"})
            known.add(receiver.new_stream(known)[1])  # the bulletin goes on
    figures.add("announce.emergency_p50", median(took), "s")
    figures.add("announce.emergency_p99", quantile(took, 0.99), "s")
    figures.method(
        f"announce.emergency: from publishing announce/submit (a text never said before, PIN of a person) to the first RTP packet of its "
        f"alarm on 127.0.0.1, with a bulletin on air that is faded out first and goes on afterwards; n={RUNS}"
    )


def eight(figures, work):
    with Station(work) as station:
        air = station.air
        air.zones(*(f"thon-{i}" for i in range(ZONES)))
        daemon = air.start()
        bulletin = air.submit(text=BULLETIN)
        for i in range(ZONES):
            air.airing(bulletin, f"thon-{i}", "on-air")
        meter = Meter(daemon.pid)
        began = time.monotonic()
        while time.monotonic() - began < AIRING_S:
            meter.look()
            time.sleep(1)
        seconds, used, pss = time.monotonic() - began, meter.processor(), meter.pss
    figures.add("announce.eight_cpu", 100 * used / seconds, "% of a core")
    figures.add("announce.eight_pss", pss, "MB")
    figures.method(f"announce.eight: thon-announced and its players with a bulletin on air in {ZONES} zones (files), over {AIRING_S} s")



def speech(figures, work):
    """A text of five minutes or so, never said before; and again, from the cache."""
    with Station(work) as station:
        air = station.air
        air.conf(announce={"approval": "yes"})
        air.zones("thon-4")
        air.start()
        began = time.monotonic()
        first = air.submit(text=BULLETIN + "Hết.", id="speech")
        made = air.state(first, lambda d: d["seconds"])
        took = time.monotonic() - began
        figures.add("announce.speech_speed", made["seconds"] / took, "s of sound per s")
    figures.method("announce.speech_speed: from announce/submit to ready: normaliser, espeak-ng, loudness measured and set, by one job")


def parts(figures, work):
    return {
        "warnings": lambda: warnings(figures, work),
        "eight": lambda: eight(figures, work),
        "speech": lambda: speech(figures, work),
    }
