"""The camera watchdog, from the package: a camera that hangs is switched off and on through a relay of this board, once, and the
officer reads of it in the morning; a switch that falls is one message on a phone. The cameras are fake ones, which run in the
guest; the relay is the kernel's, the phone belongs to the fake providers."""

import contextlib
import csv
import http.client
import io
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

import part_package
import providers
from gpiosim import TRACE
from rig import Part, eventually, expect, run, set_clock
from thon import CAMERA_UNIT, RELAY_UNIT, RELAYS, Mqtt, running, thonctl, thonctl_file, unit

camera = Part("cameras")

FARM = pathlib.Path("/run/rig/fake-cameras")
CONF = pathlib.Path("/etc/thon/camerad.conf")
KEY = pathlib.Path("/etc/thon/credentials/camera/chung")
DIGEST = pathlib.Path("/var/lib/thon/camera-digest.json")
POWER = RELAYS[20]  # high: the camera has power
RTSP, HTTP = 8554, 8080
NAMES = {f"cam-{n}": f"127.45.1.{n}" for n in range(1, 5)}
SICK = "cam-1"
SWITCH, SWITCH_ADDRESS = "tu-cam", "127.45.0.1"
WELL = [name for name in NAMES if name != SICK]
NIGHT = "2027-03-13 23:40:00"
RELAY_CONF = pathlib.Path("/etc/thon/relayd.conf")
RELAY_KEY = pathlib.Path("/etc/thon/credentials/relay/bot")
BOT, TECHNICIAN = "zalo-bot", "910003"  # of the sample commune
ALWAYS = {"id": "luon-bat", "name": "Luôn bật", "start": "on", "steps": []}
HOLDER = {}  # the farm, which lives as long as the part


def control(method, path, **document):
    connection = http.client.HTTPConnection("127.0.0.1", HOLDER["port"], timeout=60)
    with contextlib.closing(connection):
        connection.request(method, f"/control/{path}", json.dumps(document).encode() if document else None)
        answer = connection.getresponse()
        text = answer.read()
    expect(answer.status == 200, f"the fake cameras refuse {path}: {text[:300]!r}")
    return json.loads(text)


def hosts():
    return {host["id"]: host for host in control("GET", "hosts")}


class Supply(threading.Thread):
    """What hangs on the relay: the camera has power as long as it is closed."""

    def run(self):
        fed = True
        while not HOLDER["ended"].wait(0.05):
            if bool(POWER.level()) != fed:
                fed = not fed
                control("POST", "power", id=SICK, on=fed)


def camerad(pid_before=None):
    return running(pid_before, CAMERA_UNIT)


def journal(name=CAMERA_UNIT):
    return run("journalctl", "--no-pager", "-b", "-u", name, "-n", "40")


def verdicts():
    return {row["camera"]: row["verdict"] for row in thonctl("camera", "list")}


def all_well(within=60):
    eventually(lambda: verdicts() == dict.fromkeys([SWITCH, *NAMES], "ok"), within, lambda: f"the cameras are {verdicts()}\n{journal()}", every=0.5)


def cycles(since=0.0):
    """Levels that the kernel was told to put on the relay."""
    return [told.level for told in TRACE.told(POWER, since=since)]


@camera.scenario
def runs_from_the_package():
    """The package's daemon runs since its installation, for itself, without a capability, and the kernel lets it ping"""
    pid = camerad()
    expect(pid and unit("UnitFileState", CAMERA_UNIT) == "enabled", f"it is {unit('ActiveState', CAMERA_UNIT)}\n{journal()}")
    expect(unit("NRestarts", CAMERA_UNIT) == "0", "it was started again and again")
    proc = pathlib.Path("/proc") / pid
    text = (proc / "status").read_text(encoding="ascii")
    expect(run("id", "-u", "thon").strip() in re.search(r"Uid:(.*)", text).group(1).split(), "it runs as another user")
    expect(set(re.findall(r"Cap(?:Prm|Eff|Bnd|Amb):\s*(\w+)", text)) == {"0000000000000000"}, f"it may do more: {text}")
    first, last = map(int, pathlib.Path("/proc/sys/net/ipv4/ping_group_range").read_text(encoding="ascii").split())
    group = int(run("id", "-g", "thon"))
    expect(first <= group <= last, f"group {group} may not ping: {first} to {last}")


@camera.scenario
def enrols_cameras():
    """Four cameras and the circuit that feeds one of them are enrolled with a password in a file, and all are well"""
    set_clock(NIGHT)
    scene = pathlib.Path(tempfile.mkdtemp()) / "scene.json"
    scene.write_text(json.dumps({
        "rtsp_port": RTSP, "http_port": HTTP, "defaults": {"password": "mật khẩu 7"},
        "switches": [{"id": SWITCH, "address": SWITCH_ADDRESS, "ports": [80]}],
        "cameras": [{"id": name, "address": address, "switch": SWITCH, "healed_by": "power", "boot_s": 2} for name, address in NAMES.items()]}),
        encoding="utf-8")
    farm = subprocess.Popen([FARM, "--scene", scene], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    HOLDER.update(port=int(farm.stdout.readline()), ended=threading.Event(), farm=farm)
    KEY.touch(mode=0o600)
    KEY.write_text("mật khẩu 7\n", encoding="utf-8")
    CONF.write_text("""[camera]
interval = 5s
retry = 2s
picture = 0
user = thon
credential = chung
answer_ms = 8000
[alert]
confirm = 5s
recover = 2s
hold = 2s
settle = 5s
flap_changes = 15
[heal]
after = 30s
cooldown = 1h
wait = 60s
""", encoding="utf-8")
    run("/usr/sbin/thon-camerad", "--check-config")
    thonctl_file("light", "program", "set", document=ALWAYS)
    thonctl_file("light", "calendar", "set", document={"id": "luon-bat", "name": "Luôn bật", "rules": [], "default": "luon-bat"})
    thonctl("device", "add", "nguon-cam-1", "--kind", "circuit", "--name", "Nguồn camera 1", "--area", "rig", "--config", json.dumps(
        {"calendar": "luon-bat", "load": "equipment", "relay": {"gpio": {"chip": "relays", "line": "RELAYS20"}}}))
    eventually(POWER.level, 10, "lightd does not feed the camera")
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["id", "kind", "area", "name", "config"])
    rows.writerow([SWITCH, "switch", "rig", "Tủ camera", json.dumps({"address": SWITCH_ADDRESS, "ports": [80]})])
    for name, address in NAMES.items():
        config = {"url": f"rtsp://{address}:{RTSP}/live", "parent": SWITCH}
        if name == SICK:
            config["power"] = {"circuit": "nguon-cam-1", "off": 4}
        rows.writerow([name, "camera", "rig", f"Camera {name[-1]}", json.dumps(config)])
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as file:
        file.write(text.getvalue())
        file.flush()
        thonctl("device", "import", file.name)
    before = camerad()
    DIGEST.unlink(missing_ok=True)  # whatever morning the parts before this one were in: one has one digest
    run("systemctl", "restart", CAMERA_UNIT)  # a new credential
    eventually(lambda: camerad(before), 20, journal)
    all_well()
    Supply(daemon=True).start()


@camera.scenario
def power_cycles_once():
    """A camera that hangs is switched off and on by its relay, once, and is well again; the others are left in peace"""
    began = HOLDER["began"] = time.monotonic()
    with Mqtt("thon/1/+/event/#", retained=False) as mqtt:
        control("POST", "set", id=SICK, mode="hung")
        mqtt.wait("event/camera-hung", lambda event: event["state"] == "raised" and event["subject"] == SICK, within=60)
        eventually(lambda: 0 in cycles(began), 90, lambda: f"the relay was told {cycles(began)}\n{journal()}", every=0.2)
        mqtt.wait("event/camera-hung", lambda event: event["state"] == "cleared" and event["subject"] == SICK, within=90)
    all_well()
    expect(cycles(began) == [0, 1], f"the relay was told {cycles(began)}")
    seen = hosts()
    expect(seen[SICK]["counts"]["power_cycles"] == 1, f"it was fed {seen[SICK]['counts']}")
    expect(not any(seen[name]["counts"]["power_cycles"] for name in WELL), "another one lost its power")
    told = TRACE.told(POWER, since=began)
    # lightd keeps the end of an order in whole seconds of the wall clock, which cuts up to one off; and the relay takes its time.
    expect(2 <= told[1].at - told[0].at <= 30, f"it was off for {told[1].at - told[0].at:.1f} s, not for 4")
    return f"off for {told[1].at - told[0].at:.1f} s"


@camera.scenario
def not_again_in_its_cool_down():
    """It hangs again within the hour: a person is told, and the relay stays closed, over a kill of the daemon too"""
    began = HOLDER["began"]
    with Mqtt("thon/1/+/event/#", retained=False) as mqtt:
        control("POST", "set", id=SICK, mode="hung")
        mqtt.wait("event/camera-hung", lambda event: event["state"] == "raised" and event["subject"] == SICK, within=60)
        before = camerad()
        os.kill(int(before), signal.SIGKILL)
        eventually(lambda: camerad(before), 20, journal)
        set_clock("2027-03-14 00:10:00")  # longer than `after`, shorter than `cooldown`
        looked = hosts()[SICK]["counts"]["connections"]
        eventually(lambda: hosts()[SICK]["counts"]["connections"] >= looked + 3, 120, journal, every=0.5)
        refused = run("thonctl", "camera", "power-cycle", SICK, check=False)
        expect(refused.returncode == 1 and "a short while ago" in refused.stderr, f"an order in the cool-down: {refused.stderr!r}")
        expect(cycles(began) == [0, 1], f"the relay was told {cycles(began)}")
        control("POST", "set", id=SICK, mode="ok")
        mqtt.wait("event/camera-hung", lambda event: event["state"] == "cleared" and event["subject"] == SICK, within=90)
    all_well()


@camera.scenario
def tells_it_in_the_morning():
    """At seven the digest says which camera was restarted and that it is well, and nobody was woken for it"""
    with Mqtt("thon/1/+/event/#", retained=False) as mqtt:
        set_clock("2027-03-14 06:59:50")
        _, event = mqtt.wait("event/camera-digest", lambda event: event["state"] == "raised", within=60)
    expect("Camera 1" in event["text"] and re.search(r"23:[45]\d", event["text"]), f"it says {event['text']!r}")
    expect(event["severity"] == "info", f"it is {event['severity']}")
    rows = [(row["value"], row["detail"]) for row in thonctl("camera", "history", SICK) if row["what"] == "heal"]
    expect(sum(value == "power-cycle" and detail.startswith("began") for value, detail in rows) == 1, f"the history has {rows}")
    return event["text"]


@contextlib.contextmanager
def technician_told():
    """While the block runs, the package's relay tells the technician of cameras, by the bot."""
    was = RELAY_CONF.read_text(encoding="utf-8")
    key = RELAY_KEY.read_text(encoding="ascii") if RELAY_KEY.exists() else None
    RELAY_KEY.touch(mode=0o600)
    RELAY_KEY.write_text(json.dumps(providers.SECRETS["bot"]), encoding="ascii")
    RELAY_CONF.write_text(f"""[relay]
ladder = bot visit
[channel bot]
kind = zalo-bot
api_url = {providers.url()}/zalo-bot
credential = bot
[route cameras]
match = camera-*
to = role:technician
class = priority
group_wait = 1s
group_interval = 5s
""", encoding="utf-8")
    try:
        run("/usr/sbin/thon-relayd", "--check-config")
        with Mqtt() as mqtt:
            run("systemctl", "restart", RELAY_UNIT)
            mqtt.wait("status/relayd", lambda doc: doc["state"] == "online" and "bot" in (doc["health"] or {}).get("channels", ()), within=40)
        yield
    finally:
        RELAY_CONF.write_text(was, encoding="utf-8")
        if key is None:
            RELAY_KEY.unlink()
        else:
            RELAY_KEY.write_text(key, encoding="ascii")
        run("systemctl", "restart", RELAY_UNIT)


@camera.scenario
def one_switch_is_one_message():
    """A switch falls silent with the four cameras behind it: one message on the technician's phone, and one when it is back"""
    providers.set_clock("2027-03-14T07:01:00+07:00")
    # What is cut on the loopback answers to ping all the same: that is the kernel.
    CONF.write_text(CONF.read_text(encoding="utf-8").replace("[alert]", "ping = no\n[alert]", 1), encoding="utf-8")
    run("systemctl", "reload", CAMERA_UNIT)
    since = providers.newest(BOT)
    with technician_told(), Mqtt("thon/1/+/event/#", retained=False) as mqtt:
        all_well()
        control("POST", "switch", id=SWITCH, up=False)
        _, out = providers.wait_message(BOT, since, 90, address=TECHNICIAN, text="Tủ camera")
        expect("4 camera" in out["text"], f"it says {out['text']!r}")
        control("POST", "switch", id=SWITCH, up=True, members=True)
        _, back = providers.wait_message(BOT, since, 90, address=TECHNICIAN, text="✓ Đã khắc phục: Tủ camera")
        all_well()
        looked = {name: hosts()[name]["counts"]["connections"] for name in NAMES}
        eventually(lambda: all(hosts()[name]["counts"]["connections"] >= looked[name] + 2 for name in NAMES), 60, journal, every=0.5)
        heard = [(json.loads(text)["state"], json.loads(text)["subject"]) for _, topic, text in mqtt.said() if "/event/camera-" in topic]
        told = [message["text"] for message in providers.messages(BOT, since=since) if message["address"] == TECHNICIAN and "amera" in message["text"]]
    expect(heard == [("raised", SWITCH), ("cleared", SWITCH)], f"the events are {heard}")
    expect(told == [out["text"], back["text"]], f"the technician was told {told}")
    expect(cycles(HOLDER["began"]) == [0, 1], f"the relay was told {cycles(HOLDER['began'])}")
    return f"{out['text']!r}, {back['text']!r}"


@camera.scenario
def leaves_no_password():
    """No password stands in the journal, in an argument, in a topic or in the list of devices"""
    said = run("journalctl", "--no-pager", "-b") + json.dumps(thonctl("device", "list"), ensure_ascii=False)
    for arguments in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # of one that has ended
            said += arguments.read_text(encoding="utf-8", errors="replace")
    with Mqtt("thon/1/#") as mqtt:
        mqtt.wait("status/camerad", lambda status: status["state"] == "online", within=20)
        said += str(mqtt.said())
    expect("mật khẩu 7" not in said, "it does")
    HOLDER["ended"].set()
    HOLDER["farm"].kill()
    HOLDER["farm"].wait()


@part_package.upgrade.scenario
def the_cameras_are_upgraded():
    """The cameras, their settings and what was done to them have outlived power cuts and the upgrade, and they are watched"""
    eventually(camerad, 20, journal)
    expect("credential = chung" in CONF.read_text(encoding="utf-8"), "the configuration was replaced")
    # No camera is left since the mains failed: each is looked at and found away.
    eventually(lambda: {SWITCH, *NAMES} <= set(verdicts()) and not {"ok", "unknown", None} & set(verdicts().values()), 90,
               lambda: f"the cameras are {verdicts()}\n{journal()}", every=0.5)
    # By now's clock that night is still to come.
    rows = [row["detail"] for row in thonctl("camera", "history", SICK, "--to", "2027-03-15 00:00")
            if row["value"] == "power-cycle" and not row["detail"].startswith("refused")]
    expect(rows[:2] == ["began", "recovered"], f"the history has {rows}")
