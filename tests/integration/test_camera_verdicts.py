"""The whole daemon before every way in which a fake camera can be wrong: each has its name, costs a bounded time, and leaves
nothing behind at the camera."""

import concurrent.futures
import json
import re
import time

import pytest

import cameras as of
import thon

# mode, or settings: the verdict, and the rung that held
WANT = {
    "ok": ("ok", "RTP"),
    "silent": ("no-network", "none"),
    "refused": ("port-closed", "none"),
    "hung": ("hung", "tcp"),
    "hang-up": ("hung", "tcp"),
    "reset": ("hung", "tcp"),
    "401": ("password", "OPTIONS"),
    "close-401": ("password", "OPTIONS"),
    "wrong-nonce": ("ok", "RTP"),
    "slow": ("ok", "RTP"),
    "drip": ("hung", "tcp"),
    "endless": ("bad-answer", "tcp"),
    "huge-length": ("bad-answer", "tcp"),
    "404": ("no-stream", "OPTIONS"),
    "no-video": ("no-video", "DESCRIBE"),
    "no-rtp": ("no-rtp", "PLAY"),
    "stalled": ("no-rtp", "PLAY"),
    "503": ("session-limit", "DESCRIBE"),
}
LOGINS = [
    {"login": "md5", "qop": True},
    {"login": "sha256"},
    {"login": "both"},
    {"login": "any"},
    {"login": "basic"},
    {"login": "none"},
    {"login_options": True},
    {"audio": True},
    {"sessions": 1},
]


@pytest.fixture
def watched(make_farm, site, mqtt):
    """watched({"c1": {...}}): a farm of cameras so, and check(id) of a daemon that looks only when it is asked to."""
    site.ok("area", "add", "xa", "--name", "Xã Mẫu", "--kind", "commune")

    def start(own, **camera):
        farm = make_farm(cameras=len(own), own=own)
        return farm, watch(farm, list(own), **camera)

    def watch(farm, names, **camera):
        farm.enrol(site, password=None)
        of.quick(site, camera={"interval": "1h", "retry": "1h", "play": "0s", **camera})
        site.start("camerad")
        for name in names:
            mqtt.wait_for(f"camera/{name}/state", timeout=20)

        def check(name):
            answer = mqtt.request(f"camera/{name}/check", {}, timeout=40)
            assert answer["ok"], answer
            return answer

        def check_all(names):
            with concurrent.futures.ThreadPoolExecutor(32) as pool:
                return dict(zip(names, pool.map(check, names)))

        check.all = check_all
        return check

    start.watch = watch
    return start


def test_every_fault_has_its_name(watched):
    names = {f"c{n}": mode for n, mode in enumerate(WANT, 1)}
    farm, check = watched({name: {"mode": mode, "delay_ms": 500} for name, mode in names.items()})
    found = {names[name]: f for name, f in check.all(list(names)).items()}
    assert {mode: (f["found"], f["reached"]) for mode, f in found.items()} == WANT
    assert all(f["sentence"] and f["detail"] for f in found.values())
    assert all(f["action"] for mode, f in found.items() if WANT[mode][0] != "ok")
    left = {names[n]: h for n, h in farm.hosts().items() if h["sessions"] or h["counts"]["lost"]}
    assert left == {}, "every session was torn down"
    for name, host in farm.hosts().items():
        assert host["most_sessions"] <= 1 and host["most_open"] <= 2, f"{names[name]}: one check at a time"
        assert host["counts"]["wrong_logins"] <= 2, f"{names[name]}: a password is tried twice at most"


def test_every_login_and_oddity_is_well(watched):
    own = {f"c{n}": settings for n, settings in enumerate(LOGINS, 1)}
    farm, check = watched(own)
    checked = {json.dumps(own[name]): f for name, f in check.all(list(own)).items()}
    found = {settings: (f["found"], f["reached"], f["login_basic"]) for settings, f in checked.items()}
    assert found == {json.dumps(s): ("ok", "RTP", s.get("login") == "basic") for s in LOGINS}
    hosts = farm.hosts()
    assert {h["counts"]["wrong_logins"] for h in hosts.values()} == {0}
    basic = {json.dumps(own[n]) for n, h in hosts.items() if h["counts"]["basic"]}
    assert basic == {json.dumps({"login": "basic"})}, "the password goes out in the clear only where nothing else is taken"
    farm.wait("idle")


def test_garbage_is_survived(watched):
    """Whatever it is called, the daemon stays up and has an answer in time."""
    farm, check = watched({f"c{n}": {"mode": "garbage", "seed": n} for n in range(1, 17)})
    for round_ in range(1, 6):
        began = time.monotonic()
        found = {f["found"] for f in check.all(farm.cameras).values()}
        assert found <= {"hung", "bad-answer", "no-stream", "no-video", "password", "no-rtp", "ok"}
        assert time.monotonic() - began < 20 * thon.SLOW
        for n, name in enumerate(farm.cameras):
            farm.set(name, seed=round_ * 100 + n)
    farm.set(mode="ok")
    assert {f["found"] for f in check.all(farm.cameras).values()} <= {"ok", "password"}


HOSTILE = [{"picture": p} for p in ("scans", "giant", "flood", "truncated", "page", "empty", "404")] + [
    {"mode": mode, "scope": "http", "drip_ms": 100, "seed": 7}
    for mode in ("garbage", "endless", "huge-length", "drip", "hung", "reset", "hang-up", "silent")
]


def test_pictures_of_hostile_cameras_cost_little(watched, site):
    """Every few seconds each gives a picture that is a bomb, a flood or nothing. Its stream is well, and so is the daemon."""
    farm, check = watched({f"c{n}": settings for n, settings in enumerate(HOSTILE, 1)}, picture="5s")
    daemon = site.daemons[-1]
    status = f"/proc/{daemon.pid}/status"
    for _ in range(2):
        began = time.monotonic()
        found = check.all(farm.cameras)
        assert time.monotonic() - began < 10 * thon.SLOW
        assert {f["reached"] for f in found.values()} == {"RTP"}
        assert {f["found"] for f in found.values()} == {"ok"}
        for name, settings in zip(farm.cameras, HOSTILE):
            if "picture" in settings:
                farm.wait("snapshots", farm.counts(name)["snapshots"] + 1, name=name, timeout=60)
    peak = int(re.search(r"VmHWM:\s+(\d+)", open(status).read())[1])
    assert peak < 80_000 or "asan" in str(thon.BUILD), f"{peak} KiB"
    assert farm.counts()["wrong_logins"] == 0


def test_cable_switch_and_port_are_told_apart(own_network, watched, make_farm):
    """Over a real network with ping: what hangs on a switch that answers is a cable; on a silent one it is the network."""
    farm = make_farm(switches={"tu-1": 3}, namespace=True)
    check = watched.watch(farm, ["tu-1", *farm.cameras], ping="yes")
    found = lambda: {name: f["found"] for name, f in check.all(list(farm.addresses)).items()}  # noqa: E731
    well = dict.fromkeys(farm.addresses, "ok")
    assert found() == well
    farm.set("tu-1-1", mode="silent")
    farm.set("tu-1-2", mode="refused")
    farm.set("tu-1-3", mode="hung")
    assert found() == {"tu-1": "ok", "tu-1-1": "cable", "tu-1-2": "port-closed", "tu-1-3": "hung"}
    farm.reset()
    farm.cut("tu-1")
    assert check("tu-1")["found"] == "no-network"
    assert found() == dict.fromkeys(farm.addresses, "no-network")
    farm.mend("tu-1")
    assert found() == well


def test_a_camera_that_answers_to_ping_alone_is_no_cable(watched):
    """On the loopback a silent camera still answers to ping, as one does whose service is behind a firewall."""
    farm, check = watched({"c1": {"mode": "silent"}}, ping="yes")
    assert check("c1")["found"] in ("port-closed", "hung", "no-network")
