"""Marked secrets in every place that has one; then all that the programs said, with --debug, is searched for them."""

import json
import subprocess
from pathlib import Path

import thon
from test_broker_rights import ACL, settings

BROKER, TOKEN, CAMERA, COMMON, PIN = "BIMAT-broker", "BIMAT-token", "BIMAT-camera", "BIMAT-common", "31415926"
MARKS = ("BIMAT-", PIN)
DAEMONS = ("lightd", "relayd", "camerad", "announced")


def test_no_secret_is_said_anywhere(make_broker, make_site, make_mqtt):
    users = {name: f"{BROKER}-{name}" for name in ("thonctl", *(f"thon-{name}" for name in DAEMONS))}
    broker = make_broker(users={**users, "all": "all"}, acl=ACL + "\nuser all\ntopic readwrite #\n", extra=settings())
    site = make_site(broker, site_id="xa")
    for name in (*(f"thon-{name}" for name in DAEMONS), "thonctl"):
        directory = site.dir / f"secrets-{name}"
        directory.mkdir()
        (directory / "mqtt").write_text(users[name])
        (directory / "bot").write_text(json.dumps({"token": f"123456:{TOKEN}"}))
        (directory / "camera_chung").write_text(COMMON)
    own = {"CREDENTIALS_DIRECTORY": str(site.dir / "secrets-thonctl")}
    login = {"host": broker.host, "port": broker.port, "user": "thonctl", "credential": "mqtt"}
    closed = thon.free_port()  # whoever is called there answers nothing; that is told, and how is the question
    site.ok("store", "init")
    site.write_conf("relayd.conf", relay={"ladder": "bot visit"},
                    **{"channel bot": {"kind": "telegram", "api_url": f"http://127.0.0.1:{closed}", "credential": "bot"}})
    site.write_conf("camerad.conf", **{"camera": {"user": "admin", "credential": "chung"}})
    site.write_conf("announced.conf", announce={"chime": "no", "approval": "no", "pin": "yes"},
                    **{"zone thon-4": {"sink": f"file:{site.dir}/sink"}})
    said = []

    def ctl(*words, **options):
        done = site.ctl(*words, env=own, **options)
        said.append((" ".join(map(str, words)), f"{done.out}\n{done.err}"))
        return done

    assert ctl("area", "add", "xa", "--name", "Xã").code == 0
    assert ctl("person", "add", "an", "--name", "Nguyễn An", "--channels", "bot:910001").code == 0
    assert ctl("person", "pin", "an", "--pin-file", "-", stdin=f"{PIN}\n").code == 0
    for camera in ("c1", "c2"):
        config = json.dumps({"url": f"rtsp://127.0.0.1:{closed}/x", "user": "xem"})
        assert ctl("device", "add", camera, "--kind", "camera", "--area", "xa", "--name", camera, "--config", config).code == 0
    assert ctl("device", "secret", "c1", stdin=f"{CAMERA}\n").code == 0

    daemons = {name: site.start(name, "--debug", "--sim-clock", "2026-11-21T12:00:00+07:00",
                                env={"CREDENTIALS_DIRECTORY": str(site.dir / f"secrets-thon-{name}")}) for name in DAEMONS}
    mqtt = make_mqtt(broker, site="xa", user="all", password="all")
    for name in DAEMONS:
        mqtt.wait_state(f"status/{name}", lambda doc: doc["state"] == "online", timeout=20)
    site.write_conf("thon.conf", broker=login)
    order = {"zones": ["thon-4"], "class": "emergency", "text": "Xả lũ.", "reason": "xả lũ", "by": "an"}
    assert mqtt.request("announce/submit", {**order, "pin": PIN})["ok"]
    assert mqtt.request("announce/submit", {**order, "pin": f"BIMAT-{PIN}"})["error"] in ("pin", "invalid")
    assert mqtt.request("notify/submit", {"to": "person:an", "text": "Mời họp."})["ok"]
    assert mqtt.request("camera/c1/check", {"by": "an"})["ok"]
    mqtt.request("camera/none/check", {"by": "an"})
    for words in (("status",), ("device", "list"), ("device", "show", "c1"), ("device", "export"), ("person", "list"), ("person", "show", "an"),
                  ("person", "export"), ("camera", "list"), ("camera", "show", "c1"), ("notify", "list"), ("announce", "list"), ("audit", "export")):
        ctl(*words)
    daemons["relayd"].wait_log("bot")

    emitted = dict(said)
    for name, daemon in daemons.items():
        emitted[f"the log of {name}"] = daemon.log()
        emitted[f"the status of {name}"] = repr(daemon.notifications)
        for part in ("cmdline", "environ"):
            emitted[f"{part} of {name}"] = Path(f"/proc/{daemon.pid}/{part}").read_text(encoding="utf-8", errors="replace")
    emitted["the log of the broker"] = broker.process.log()
    orders = ("announce/submit",)
    emitted["topics"] = repr([m for m in mqtt.messages if m.topic not in orders])
    for path in site.state.rglob("*"):  # but the store, where the camera's password has to be
        if path.is_file() and not path.name.startswith("thon.db"):
            emitted[str(path)] = path.read_bytes().decode("utf-8", "replace")
    assert not [(where, mark) for where, text in emitted.items() for mark in MARKS if mark in text]

    store = b"".join(path.read_bytes() for path in site.state.glob("thon.db*"))
    assert CAMERA.encode() in store, "the search finds nothing where it must find something"
    for mark in (BROKER, TOKEN, COMMON, PIN):
        assert mark.encode() not in store, f"{mark} is in the store"
    assert not subprocess.run(["grep", "-rl", "BIMAT-", site.config], check=False, stdout=subprocess.PIPE).stdout
