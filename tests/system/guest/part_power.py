"""The guest's side of power cuts (../power): a commune's office with all its daemons at work, which tells the host at once
what it was told is kept; and the look at what was on the card afterwards."""

import json
import os
import pathlib
import subprocess
import tempfile
import threading

import part_package
import providers
import rig
from gpiosim import TRACE
from rig import MEMORY, Part, eventually, expect, run, set_clock
from thon import (CALENDARS, CAMERA_UNIT, CHO, CIRCUITS, DINH, LANG, PROGRAMS, RELAY_UNIT, UNIT, Mqtt, expect_lamps, lamps, set_circuit,
                  thonctl, thonctl_file)

ready = Part("power: taken into use")
load = Part("power: everything writes")
after = Part("power: after the cut")
PARTS = [ready, load, after]

UNITS = [UNIT, RELAY_UNIT, CAMERA_UNIT, "thon-announced.service"]
ZONE, CAMERA = "rig-loa", "rig-cam"
PEOPLE = 20
EVENING, LATER = "2027-03-10 22:00:00", "2027-03-10 22:40:00"
HELD = 6 * 3600  # an order of the load still holds when it is looked for
CANARY = pathlib.Path("/var/lib/rig-canary")
CARD = pathlib.Path("/run/card")
BINDS = ("/var/lib/thon", "/etc/thon")

ready.scenario(part_package.installs)
ready.scenario(part_package.takes_the_site)


def files(document):
    for name, text in document.items():
        path = pathlib.Path("/etc/thon") / name
        path.touch(mode=0o600 if "credentials" in name else 0o644)
        path.write_text(text, encoding="utf-8")


@ready.scenario
def is_set_up():
    """Roads, a camera, a loudspeaker zone, a channel and the people on it"""
    set_clock(EVENING)
    providers.set_clock(EVENING.replace(" ", "T") + "+07:00")
    files({"credentials/relay/bot": json.dumps(providers.SECRETS["bot"]),
           "relayd.conf": f"[relay]\nladder = bot visit\n[channel bot]\nkind = zalo-bot\napi_url = {providers.url()}/zalo-bot\ncredential = bot\nrate = 50/s\n",
           "announced.conf": f"[zone {ZONE}]\nname = Loa thử\nsink = file:/var/lib/thon/announce/rig.wav\n",
           "camerad.conf": "[camera]\ninterval = 5s\nretry = 5s\npicture = 0\nping = no\n"})
    thonctl("area", "add", "rig", "--name", "Nhà thử")
    for program in PROGRAMS:
        thonctl_file("light", "program", "set", document=program)
    for calendar in CALENDARS:
        thonctl_file("light", "calendar", "set", document=calendar)
    for circuit, config in CIRCUITS.items():
        set_circuit(circuit, config, verb="add")
    thonctl("device", "add", CAMERA, "--kind", "camera", "--name", "Camera thử", "--area", "rig", "--config",
            json.dumps({"url": "rtsp://127.9.9.1:5554/live"}))
    for noun, text in (("household", "code,area,head_name\n" + "".join(f"B{n},rig,Chủ hộ {n}\n" for n in range(PEOPLE))),
                       ("person", "id,name,household,channels,consent\n"
                        + "".join(f'b{n},Người {n},B{n},bot:91{n:08d},"notices,emergency"\n' for n in range(PEOPLE)))):
        with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            thonctl(noun, "import", file.name)
    for name in UNITS:  # each would start with its last good configuration otherwise
        run(f"/usr/sbin/{name.removesuffix('.service')}", "--check-config")
    with Mqtt() as mqtt:
        run("systemctl", "restart", *UNITS)
        mqtt.wait("status/relayd", lambda doc: doc["state"] == "online" and "bot" in (doc["health"] or {}).get("channels", ()), within=40)
        mqtt.wait("status/announced", lambda doc: doc["state"] == "online", within=40)
        mqtt.wait("status/camerad", lambda doc: doc["state"] == "online", within=40)
    expect_lamps(lang=True, dinh=True, cho=True, within=10)
    CANARY.write_text(f"{0:08d}\n", encoding="ascii")
    os.sync()


class Worker(threading.Thread):
    """Does one kind of work again and again, and tells the host of each piece when it was told that it is kept: its number
    is that of the last one plus one, so of work that was under way at the cut there is one piece at most."""

    ended = threading.Event()

    def __init__(self, work, *givens):
        super().__init__(daemon=True)
        self.work, self.givens, self.done, self.broke = work, givens, 0, None
        self.start()

    def run(self):
        try:
            while not self.ended.is_set():
                kept = self.work(self.done + 1, *self.givens)
                self.done += 1
                rig.WIRE.say("mark", json.dumps({"what": self.work.__name__, "n": self.done, **(kept or {})}))
        except Exception as error:  # told by the scenario
            self.broke = error


def asked(client, topic, **document):
    """The answer that says that it is kept. What the store had no time for was not accepted, and is asked again."""
    def kept():
        answer = client.ask(topic, document)
        if answer and not answer["ok"] and answer["error"] not in ("busy", "store"):
            raise rig.Failure(f"{topic} was answered {answer}")
        return answer and answer["ok"] and answer.get("durable", True) and answer
    return eventually(kept, 90, f"{topic} is not taken", every=0.5)


def notice(n, client):
    answer = asked(client, "notify/submit", to=[f"person:b{n % PEOPLE}"], text=f"Tin thử số {n}.", by="thu")
    return {"id": answer["id"]}


def order(n, client):
    asked(client, "light/rig-cho/set", **{"on": n % 2 == 1, "for": HELD, "reason": f"lệnh {n}", "by": "thu"})


def maintenance(n, client):
    asked(client, f"camera/{CAMERA}/maintenance", **{"on": True, "for": HELD, "reason": f"thay {n}", "by": "thu"})


def announcement(n, client):
    answer = asked(client, "announce/submit", zones=[ZONE], text=f"Bản tin {n}.", at="2027-03-12T10:00:00+07:00", by="van-thu")
    rig.WIRE.say("mark", json.dumps({"what": "submitted", "id": answer["id"]}))
    asked(client, f"announce/{answer['id']}/approve", by="chu-tich")
    return {"id": answer["id"]}


def household(n):
    thonctl("household", "add", f"R{n}", "--area", "rig", "--head-name", f"Chủ hộ {n}")


def calendar(n):
    thonctl_file("light", "calendar", "set", document={**CALENDARS[0], "name": f"Lịch theo giờ {n}"})


def canary(n):
    """What nobody asked the card to keep, over what was there: it shows that this card loses what may be lost."""
    with open(CANARY, "r+b", buffering=0) as file:
        file.write(f"{n:08d}\n".encode())
    Worker.ended.wait(0.5)


@load.scenario
def works():
    """Notices, orders to lamps, announcements, the registry and the watch over a camera are written at once"""
    import mqtt5  # pylint: disable=import-outside-toplevel
    password = pathlib.Path("/etc/thon/credentials/thonctl").read_text(encoding="ascii").strip()
    clients = [mqtt5.Client("thonctl", password, "thon/1/chi-phuc/") for _ in range(4)]
    rig.WIRE.say("mark", json.dumps({"what": "begin"}))
    workers = [Worker(work, client) for work, client in zip((notice, order, maintenance, announcement), clients)]
    workers += [Worker(work) for work in (household, calendar, canary)]
    Worker.ended.wait(MEMORY["seconds"])
    rig.WIRE.say("mark", json.dumps({"what": "end"}))
    Worker.ended.set()
    for worker in workers:
        worker.join()
        expect(worker.broke is None, f"{worker.work.__name__}: {worker.broke!r}")
        expect(worker.done, f"{worker.work.__name__} was never done")
    return ", ".join(f"{worker.done} {worker.work.__name__}" for worker in workers)


def properties():
    text = run("systemctl", "show", "-p", "Id,ActiveState,NRestarts,ExecMainStartTimestampMonotonic,ActiveEnterTimestampMonotonic", *UNITS)
    return {unit["Id"]: unit for unit in (dict(line.split("=", 1) for line in block.splitlines()) for block in text.split("\n\n"))}


def looked_at(boot):
    """What becomes of the daemons on what is on the card: how long each took to be ready and lightd to have the lamps right."""
    if not boot:
        run("systemctl", "start", *UNITS, check=False)
    found = eventually(lambda: all(unit["ActiveState"] == "active" for unit in properties().values()) and properties(), 20, lambda: "\n".join(
        f"{name} is {unit['ActiveState']}\n" + run("journalctl", "--no-pager", "-b", "-n", "12", "-u", name) for name, unit in properties().items()
        if unit["ActiveState"] != "active"), every=0.2)
    crashed = [name for name, unit in found.items() if unit["NRestarts"] != "0"]
    expect(not crashed, f"{crashed} crashed: " + "".join(run("journalctl", "--no-pager", "-b", "-n", "30", "-u", name) for name in crashed))
    began = int(found[UNIT]["ExecMainStartTimestampMonotonic"]) / 1e6
    expect_lamps(lang=True, dinh=True, within=10)
    eventually(lambda: TRACE.told(CHO, since=began), 10, "the third road was not told anything")
    told = TRACE.told(LANG, DINH, CHO, since=began)
    for line in (LANG, DINH, CHO):
        levels = [t.level for t in told if t.line is line]
        expect(len(set(levels)) == 1, f"a lamp was told {levels}")  # right from the first, no flash
    seconds = {name.removeprefix("thon-").removesuffix(".service"):
               (int(unit["ActiveEnterTimestampMonotonic"]) - int(unit["ExecMainStartTimestampMonotonic"])) / 1e6 for name, unit in found.items()}
    return {"ready": seconds, "lights": max(t.at for t in told) - began, "cho": lamps()["cho"], "slow": rig.slowness(),
            "boot": began if boot else None}


def on_the_card(boot):
    """The card of a machine that booted from it is its root; other ones take the place of the state and the settings of this
    machine. Leaves it clean, for the host to read."""
    if boot:
        try:
            return looked_at(True)
        finally:
            run("systemctl", "stop", *UNITS)
            os.sync()
            pathlib.Path("/proc/sysrq-trigger").write_text("u", encoding="ascii")  # all file systems read-only
            eventually(lambda: " ro," in next(line for line in pathlib.Path("/proc/mounts").read_text(encoding="ascii").splitlines()
                                              if line.split()[1] == "/"), 20, "the root stays writable")
    CARD.mkdir(exist_ok=True)
    run("blockdev", "--flushbufs", "/dev/vdc")
    run("mount", "-t", "ext4", "/dev/vdc", CARD)
    try:
        for place in BINDS:
            run("mount", "--bind", f"{CARD}{place}", place)
        try:
            return looked_at(False)
        finally:
            run("systemctl", "stop", *UNITS)
            for place in BINDS:
                run("umount", place, check=False)
    finally:
        run("umount", CARD)


@after.scenario
def is_looked_at():
    """Each card is looked at"""
    if not MEMORY["boot"]:
        run("systemctl", "stop", *UNITS)
    set_clock(LATER)
    while rig.WIRE.ask("next")["more"]:
        try:
            found = on_the_card(MEMORY["boot"])
        except (rig.Failure, OSError, subprocess.SubprocessError) as error:
            found = {"failed": str(error)}
        rig.WIRE.say("looked", json.dumps(found))
