"""Self-heal with the real thon-lightd: a relay of its simulated chip cuts the power of a camera of the farm, and what becomes
of that is told in the morning. By a clock that runs twenty times as fast: six minutes of cool-down are 18 seconds."""

import contextlib
import json
import sqlite3
import threading

import pytest

from lights import INPUTS, LOG, RELAYS, gpio

NIGHT = "2026-11-22T02:00:00+07:00"
CLOCK = f"{NIGHT},x20"
ALWAYS = {"id": "luon-bat", "name": "Luôn bật", "start": "on", "steps": []}
LINE = 5
HEAL = {"after": "40s", "wait": "60s", "cooldown": "6min", "attempts": 2, "digest": "never"}
CONF = {
    "camera": {
        "interval": "20s",
        "retry": "10s",
        "play": 0,
        "picture": 0,
        "connect_ms": 400,
        "answer_ms": 400,
        "rtp_ms": 400,
    },
    "alert": {"confirm": "20s", "confirm_checks": 2, "recover": "20s", "hold": "20s", "together": "40s", "settle": "60s"},
    "heal": HEAL,
    "discover": {"follow": "no"},
}


class Power:
    """The cabinet: a relay of lightd feeds the camera, which the farm is told of."""

    def __init__(self, lights, farm, camera="c1", line=LINE, **more):
        self.lights, self.farm, self.camera, self.line = lights, farm, camera, line
        lights.program(ALWAYS)
        lights.calendar({"id": "luon-bat", "rules": [], "default": "luon-bat"})
        config = {"calendar": "luon-bat", "load": "equipment", "relay": gpio(RELAYS, line), **more}
        lights.circuit("nguon-c1", config)

    def cut(self, timeout=60):
        """Until it is cut; then the camera is dead."""
        self.lights.dark(self.line, timeout)
        self.farm.power(self.camera, False)

    def back(self, timeout=20):
        self.lights.lit(self.line, timeout)
        self.farm.power(self.camera, True)

    def cuts(self):
        return self.lights.changes(self.line).count(0)


@pytest.fixture
def power(site, lights, farm):
    """c1 hangs on a relay; c2 does not. Both are watched, and heal in a second once they have power."""
    power = Power(lights, farm)
    farm.set(healed_by="power", boot_s=1)
    farm.enrol(site, names=["c1"], power={"circuit": "nguon-c1", "off": 10, "reboot": False})
    farm.enrol(site, names=["c2"])
    lights.start(CLOCK, env=LOG)
    lights.lit(LINE)
    return power


def heals(site, camera="c1"):
    """(value, detail, by) of what was done to it, in order of time."""
    uri = f"file:{site.state / 'thon.db'}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
        rows = db.execute(
            "SELECT value, detail, by FROM camera_history WHERE what = 'heal' AND device = ? ORDER BY id", (camera,)
        )
        return rows.fetchall()


def test_a_camera_that_hangs_is_power_cycled_once_in_its_cool_down_and_the_morning_is_told(site, power, watch, farm, mqtt):
    watch.conf(**{**CONF, "heal": {**HEAL, "digest": "02:05"}})
    watch.start(CLOCK)
    watch.ok("c1", "c2")

    farm.set("c1", mode="hung")
    watch.state("c1", verdict="hung")
    power.cut()
    asked = mqtt.wait_for("light/nguon-c1/set").data
    assert asked == {"on": False, "for": 10, "reason": "khởi động lại Camera c1", "by": "thon-camerad"}
    watch.state("c1", healing="power-cycle")
    power.back()
    watch.ok("c1")
    watch.state("c1", healing=None)

    # It hangs again at once: not before the cool-down is over, whoever looks how often.
    farm.set("c1", mode="hung")
    watch.state("c1", verdict="hung")
    digest = watch.event("camera-digest", timeout=60)
    assert power.cuts() == 1
    assert digest["id"] == "camera-digest-2026-11-22" and digest["severity"] == "info"
    assert digest["text"].startswith("Đêm qua: Camera c1 được tự động ngắt điện và bật lại lúc 02:0")
    assert digest["text"].endswith(", đã hoạt động")
    assert digest["values"]["recovered"] == 1 and digest["values"]["failed"] == 0
    assert [(h["device"], h["how"], h["result"]) for h in digest["values"]["healed"]] == [("c1", "power-cycle", "recovered")]

    power.cut()
    power.back()
    watch.ok("c1")
    watch.daemon.stop()
    assert power.cuts() == 2
    rows = heals(site)
    assert [row[1] for row in rows][:3] == ["began", "recovered", "began"]
    assert {row[0] for row in rows} == {"power-cycle"} and {row[2] for row in rows} == {"thon-camerad"}
    # Nobody was called in the night, but for the failure itself.
    assert {kind for kind, *_ in watch.events()} <= {"camera-hung", "camera-digest"}


def test_a_kill_in_the_midst_of_it_repeats_nothing_and_the_camera_is_not_left_dark(site, power, watch, farm):
    watch.conf(**{**CONF, "heal": {**HEAL, "wait": "3min", "digest": "02:06"}})
    watch.start(CLOCK)
    watch.ok("c1", "c2")
    farm.set("c1", mode="hung")
    power.cut()
    watch.daemon.kill()
    power.back()

    # About as late by the clock as if it had gone on.
    since = watch.mqtt.mark()
    watch.start("2026-11-22T02:01:40+07:00,x20")
    digest = watch.event("camera-digest", since=since, timeout=60)
    assert digest["values"]["recovered"] == 1
    assert power.cuts() == 1

    # The same morning once more: nothing is told anew. (The outbox may tell the same again, if it was ended first.)
    watch.daemon.stop()
    watch.start("2026-11-22T02:07:00+07:00,x20")
    watch.checks(farm, "c1", 3)
    watch.daemon.stop()
    assert {(m.data["id"], m.data["at"]) for m in watch.mqtt.seen("event/camera-digest")} == {(digest["id"], digest["at"])}
    assert [row[1] for row in heals(site)] == ["began", "recovered"]


def test_what_no_restart_mends_is_left_to_a_person_who_is_told(site, power, watch, farm):
    watch.conf(**{**CONF, "heal": {**HEAL, "attempts": 1, "cooldown": "60s", "digest": "02:05"}})
    farm.set("c1", healed_by="never")
    watch.start(CLOCK)
    watch.ok("c1", "c2")
    farm.set("c1", mode="hung")
    power.cut()
    power.back()
    watch.daemon.wait_log("power-cycle did not help", timeout=60)
    digest = watch.event("camera-digest", timeout=60)
    assert digest["values"]["failed"] == 1
    assert "cần người đến kiểm tra" in digest["text"]
    assert power.cuts() == 1  # the cool-down is long over

    # By the evening it is no news any more, also when we were restarted meanwhile.
    watch.daemon.stop()
    since = watch.mqtt.mark()
    watch.start("2026-11-22T15:00:00+07:00,x20")
    assert watch.event("camera-digest", "cleared", since=since)["id"] == digest["id"]
    watch.daemon.stop()
    since = watch.mqtt.mark()
    watch.start("2026-11-22T15:10:00+07:00,x20")
    watch.checks(farm, "c2", 2)
    assert not any(kind == "camera-digest" for kind, *_ in watch.events(since))


def test_a_camera_that_is_taken_off_its_circuit_is_not_without_power_for_ever(site, power, lights, watch, farm):
    watch.conf(**CONF)
    watch.start(CLOCK)
    watch.ok("c1")
    farm.set("c1", mode="silent")
    assert watch.mqtt.request("light/nguon-c1/set", {"on": False, "for": 3600, "reason": "thử", "by": "thử"})["ok"]
    watch.state("c1", verdict="no-power")
    farm.enrol(site, names=["c1"])
    watch.mqtt.publish("registry/changed", {"tables": ["device"]})
    watch.state("c1", verdict="no-network")


def test_a_clock_that_is_set_forward_makes_no_wait_shorter(site, power, watch, farm):
    # Three hours, half a minute after the start: while it is awaited, and with it the cool-down.
    watch.conf(**{**CONF, "heal": {**HEAL, "wait": "3min", "cooldown": "30min"}})
    farm.set("c1", healed_by="never")
    watch.start(f"{NIGHT},x20,step=10800@180")
    watch.ok("c1")
    farm.set("c1", mode="hung")
    power.cut()
    power.back()
    watch.daemon.wait_log("clock was stepped", timeout=60)
    watch.daemon.wait_log("did not help", timeout=60)
    watch.checks(farm, "c2", 6)
    watch.daemon.stop()
    assert power.cuts() == 1

def test_an_order_is_carried_out_proven_and_guarded(site, power, watch, farm):
    watch.conf(**CONF)
    watch.start(CLOCK)
    watch.ok("c1", "c2")
    assert watch.ask("c2", "power-cycle")["error"] == "no-means"
    assert watch.ask("c1", "power-cycle", {"nonsense": 1})["error"] == "invalid"

    answers = []
    asking = threading.Thread(target=lambda: answers.append(watch.ask("c1", "power-cycle", {"by": "kỹ thuật viên"})))
    asking.start()
    power.cut()
    watch.state("c1", healing="power-cycle")
    power.back()
    asking.join()
    assert answers == [
        {"ok": True, "camera": "c1", "how": "power-cycle", "circuit": "nguon-c1", "off_s": 10}
    ], answers
    assert watch.ask("c1", "power-cycle", {"by": "kỹ thuật viên"})["error"] in ("under-way", "cooldown")
    watch.ok("c1")
    watch.state("c1", healing=None)
    assert watch.ask("c1", "power-cycle")["error"] == "cooldown"

    # Ten seconds without power are no power failure of the camera: nobody was told of one.
    watch.daemon.stop()
    assert watch.events() == []
    rows = heals(site)
    assert [row[1] for row in rows if row[2] == "kỹ thuật viên"][:1] == ["began"]
    assert ("power-cycle", "recovered", "kỹ thuật viên") in rows
    assert ("power-cycle", "refused: cooldown", "mqtt") in rows
    assert power.cuts() == 1


def test_without_lightd_nothing_is_ordered_and_a_relay_that_sticks_is_told(site, lights, watch, farm):
    # Its contact says that it stays on, whatever the relay does.
    power = Power(lights, farm, feedback=gpio(INPUTS, 1))
    lights.gpio.pull(INPUTS, 1, True)
    farm.enrol(site, names=["c1"], power={"circuit": "nguon-c1", "off": 10})
    watch.conf(**CONF)
    watch.start(CLOCK)
    watch.ok("c1")
    assert watch.ask("c1", "power-cycle")["error"] == "circuit-silent"

    lights.start(CLOCK, env=LOG)
    lights.lit(LINE)
    watch.mqtt.wait_state("light/nguon-c1/state", lambda d: d["physical"] == "on")
    answer = watch.ask("c1", "power-cycle", timeout=30)
    assert answer["error"] == "circuit-silent", answer
    assert "not seen to go off" in answer["detail"]
    watch.daemon.wait_log("did not help")
    assert power.cuts() == 1


def test_the_one_on_which_others_hang_is_never_switched(site, lights, watch, make_farm):
    farm = make_farm(switches={"tu-1": 2})
    Power(lights, farm)
    site.ok(
        "device", "add", "tu-1", "--kind", "switch", "--area", "xa", "--name", "Tủ mạng", "--config",
        json.dumps(farm.config("tu-1", power={"circuit": "nguon-c1"})),
    )
    farm.enrol(site, names=["tu-1-1"], power={"circuit": "nguon-c1"})
    watch.conf(**CONF)
    lights.start(CLOCK, env=LOG)
    lights.lit(LINE)
    watch.start(CLOCK)
    watch.ok("tu-1", "tu-1-1")
    assert watch.ask("tu-1", "power-cycle")["error"] == "uplink"
    assert watch.ask("tu-1-1", "power-cycle")["error"] == "shared-circuit"


def test_a_camera_that_speaks_onvif_is_told_to_reboot_first(site, watch, farm):
    farm.set(healed_by="reboot", boot_s=1)
    farm.enrol(site, names=["c1", "c2"])
    watch.conf(**CONF)
    watch.start(CLOCK)
    watch.ok("c1", "c2")
    farm.set("c1", mode="hung", scope="rtsp")
    farm.wait("reboots", 1, name="c1", timeout=60)
    watch.ok("c1")
    watch.state("c1", healing=None)
    watch.daemon.stop()
    assert farm.counts("c1")["reboots"] == 1
    assert heals(site) == [("onvif-reboot", "began", "thon-camerad"), ("onvif-reboot", "recovered", "thon-camerad")]


def test_the_mains_of_a_cabinet_is_a_contact_or_any_topic(site, lights, watch, mqtt):
    Power(lights, None, mains=gpio(INPUTS, 2))
    site.ok(
        "device", "add", "luoi-1", "--kind", "mains", "--area", "xa", "--name", "Điện lưới tủ 1", "--config",
        json.dumps({"circuit": "nguon-c1"}),
    )
    site.ok(
        "device", "add", "luoi-2", "--kind", "mains", "--area", "xa", "--name", "Điện lưới nhà văn hóa", "--config",
        json.dumps({"topic": "ups/nha-van-hoa", "member": "ups.status", "on": "OL", "off": "OB"}),
    )
    lights.gpio.pull(INPUTS, 2, True)
    mqtt.publish("/ups/nha-van-hoa", {"ups": {"status": "OL"}}, retain=True)
    lights.start(CLOCK)
    watch.conf(**CONF)
    watch.start(CLOCK)
    watch.ok("luoi-1", "luoi-2")

    lights.gpio.pull(INPUTS, 2, False)
    watch.state("luoi-1", verdict="no-power")
    mqtt.publish("/ups/nha-van-hoa", {"ups": {"status": "OB"}}, retain=True)
    watch.state("luoi-2", verdict="no-power")
    lights.gpio.pull(INPUTS, 2, True)
    mqtt.publish("/ups/nha-van-hoa", {"ups": {"status": "OL"}}, retain=True)
    watch.ok("luoi-1", "luoi-2")
